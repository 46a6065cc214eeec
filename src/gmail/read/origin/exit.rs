//! What leaves a mailing list: the message for a `mailto:` address, or a web address that a request may go to. A stranger
//! chose both.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::{
    address::Address,
    characters::{breaks_header, clean_line},
    gmail::html,
};

/// Characters of a subject and of a text.
const LONGEST_SUBJECT: usize = 300;
const LONGEST_TEXT: usize = 2_000;

/// Whether a request may go to this address, which a stranger chose: https on the usual port, to a name that cannot be
/// one of this machine or network.
pub(crate) fn is_public(url: &Url) -> bool {
    const LOCAL: [&str; 10] = [
        "localhost",
        "local",
        "localdomain",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "private",
        "arpa",
    ];
    let Some(Host::Domain(host)) = url.host() else { return false };
    let host = host.trim_end_matches('.');
    let top = host.rsplit('.').next().unwrap_or_default();
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && host.contains('.')
        && !LOCAL.contains(&top)
        && !top.bytes().all(|b| b.is_ascii_digit())
}

/// The message that leaves a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListExit {
    pub(crate) to: Address,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl ListExit {
    /// Reads a `mailto:` address (RFC 6068). The error says why it is not written to.
    pub(crate) fn parse(uri: &str) -> Result<ListExit, &'static str> {
        let rest = uri.get(7..).filter(|_| uri[..7].eq_ignore_ascii_case("mailto:"));
        let rest = rest.ok_or("it is not a mail address")?.split('#').next().unwrap_or_default();
        let (to, fields) = rest.split_once('?').unwrap_or((rest, ""));
        let to = Address::parse(&decoded(to)?, "mailto").map_err(|_| "it is not one valid address")?;
        let to = to.with_name("").map_err(|_| "it is not one valid address")?;
        let (mut subject, mut text) = (None, None);
        for field in fields.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let slot = match decoded(name)?.to_ascii_lowercase().as_str() {
                "to" | "cc" | "bcc" => return Err("it names further recipients"),
                "subject" => &mut subject,
                "body" => &mut text,
                // Nothing else is for a stranger to choose (RFC 6068 4).
                _ => continue,
            };
            if slot.replace(decoded(value)?.into_owned()).is_some() {
                return Err("it gives two subjects or two texts");
            }
        }
        let subject = subject.unwrap_or_else(|| "unsubscribe".to_owned());
        let text = text.unwrap_or_default();
        if subject.contains(breaks_header) {
            return Err("its subject has a line break");
        }
        if subject.chars().count() > LONGEST_SUBJECT || text.chars().count() > LONGEST_TEXT {
            return Err("its subject or text is too long");
        }
        Ok(ListExit { to, subject: clean_line(&subject), text: html::clean(&text).text })
    }
}

fn decoded(text: &str) -> Result<Cow<'_, str>, &'static str> {
    percent_decode_str(text).decode_utf8().map_err(|_| "it is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_gives_the_message() {
        let exit =
            ListExit::parse("mailto:leave%2B1@a.example?subject=Leave%20me&BODY=line%0D%0Atwo&x-mailer=y")
                .unwrap();
        assert_eq!(exit.to.email(), "leave+1@a.example");
        assert_eq!((exit.subject.as_str(), exit.text.as_str()), ("Leave me", "line\ntwo"));
        let plain = ListExit::parse("MAILTO:leave@a.example").unwrap();
        assert_eq!((plain.subject.as_str(), plain.text.as_str()), ("unsubscribe", ""));
    }

    #[test]
    fn a_mail_address_that_asks_for_more_is_refused() {
        for (uri, why) in [
            ("https://a.example", "it is not a mail address"),
            ("mailto:", "it is not one valid address"),
            ("mailto:a@a.example,b@b.example", "it is not one valid address"),
            ("mailto:a@a.example%2Cb@b.example", "it is not one valid address"),
            ("mailto:a@a.example%0D%0ABcc:b@b.example", "it is not one valid address"),
            ("mailto:a@a.example?cc=b@b.example", "it names further recipients"),
            ("mailto:a@a.example?%62cc=b@b.example", "it names further recipients"),
            ("mailto:a@a.example?to=b@b.example", "it names further recipients"),
            ("mailto:a@a.example?subject=x%0D%0ABcc:b@b.example", "its subject has a line break"),
            ("mailto:a@a.example?subject=x&subject=y", "it gives two subjects or two texts"),
            ("mailto:a@a.example?body=%FF", "it is not UTF-8"),
        ] {
            assert_eq!(ListExit::parse(uri), Err(why), "{uri}");
        }
        let long = format!("mailto:a@a.example?body={}", "x".repeat(2001));
        assert_eq!(ListExit::parse(&long), Err("its subject or text is too long"));
    }

    #[test]
    fn only_public_names_may_be_requested() {
        for (url, public) in [
            ("https://news.example/u?x=1", true),
            ("https://news.example:443/", true),
            ("http://news.example/", false),
            ("https://news.example:8443/", false),
            ("https://localhost/", false),
            ("https://LOCALHOST./", false),
            ("https://x.localhost/", false),
            ("https://printer.local/", false),
            ("https://metadata.google.internal/", false),
            ("https://intranet/", false),
            ("https://127.0.0.1/", false),
            ("https://2130706433/", false),
            ("https://0x7f.1/", false),
            ("https://10.0.0.1/", false),
            ("https://169.254.169.254/", false),
            ("https://8.8.8.8/", false),
            ("https://[::1]/", false),
            ("https://[fe80::1]/", false),
            ("https://user@news.example/", false),
        ] {
            assert_eq!(is_public(&Url::parse(url).unwrap()), public, "{url}");
        }
    }
}
