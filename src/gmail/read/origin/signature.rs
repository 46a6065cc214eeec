//! DKIM signatures (RFC 6376) as the message carries them. Whether one is valid is Gmail's to say.

use std::collections::HashMap;

use super::domain_name;

/// What a DKIM-Signature header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// The domain of its identity: `i=`, or else `d=`.
    pub(super) domain: String,
    /// The signed headers, in lower case.
    signed: Vec<String>,
}

impl Signature {
    /// `None` if a tag is missing, occurs twice or is malformed.
    pub(super) fn parse(value: &str) -> Option<Signature> {
        let mut tags: HashMap<&str, String> = HashMap::new();
        for tag in value.split(';').filter(|tag| !tag.trim().is_empty()) {
            let (name, text) = tag.split_once('=')?;
            let text = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            if tags.insert(name.trim(), text).is_some() {
                return None;
            }
        }
        let signing = domain_name(tags.get("d")?)?;
        let domain = match tags.get("i") {
            Some(identity) => domain_name(identity.rsplit_once('@')?.1)?,
            None => signing.clone(),
        };
        let is_below = domain == signing || domain.strip_suffix(&signing).is_some_and(|d| d.ends_with('.'));
        let signed = tags.get("h")?.split(':').map(str::to_ascii_lowercase).collect();
        is_below.then_some(Signature { domain, signed })
    }

    pub(super) fn covers(&self, header: &str) -> bool {
        self.signed.iter().any(|name| name.eq_ignore_ascii_case(header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_names_its_domain_and_headers() {
        let folded = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=News.Example; s=s1;\r\n h=From:To :List-Unsubscribe\r\n :LIST-Unsubscribe-Post; bh=x=; b=ab\r\n c==";
        let signature = Signature::parse(folded).unwrap();
        assert_eq!(signature.domain, "news.example");
        assert!(signature.covers("List-Unsubscribe") && signature.covers("list-unsubscribe-post"));
        assert!(!signature.covers("Subject") && !signature.covers(""));
        let below = Signature::parse("d=news.example; i=@mail.news.example; h=from; b=x").unwrap();
        assert_eq!(below.domain, "mail.news.example");
    }

    #[test]
    fn a_malformed_signature_is_none() {
        for value in [
            "",
            "d=a.example",
            "h=from; b=x",
            "d=a.example; d=b.example; h=from",
            "d=a.example; h=from; h=list-unsubscribe",
            "d=a.example; i=@b.example; h=from",
            "d=a.example; i=@xa.example; h=from",
            "d=a example<; h=from",
            "d=; h=from",
            "no tags",
        ] {
            assert_eq!(Signature::parse(value), None, "{value}");
        }
    }
}
