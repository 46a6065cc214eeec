//! The signature that Gmail has for an address of the account, below what the user writes and above what is quoted.

use super::senders::{default_of, no_sender};
use crate::{
    address::Address,
    gmail::{
        Gmail, html,
        quotation::{joined_html, page, sanitised},
        send::Sender,
        write::Outgoing,
    },
    phrase::phrase,
    problem::{Problem, Result},
    spec::SIGNATURE,
    spelling::name,
};

/// Stands above a signature in text (RFC 3676, section 4.3).
const SEPARATOR: &str = "-- ";

/// Whose signature is added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Signing {
    #[default]
    No,
    /// That of the sender, as the configuration wants it: one who has none does not sign.
    Always,
    /// That of the sender.
    Sender,
    /// That of another address of the account.
    Of(Address),
}

impl Signing {
    /// Reads the parameter. `always` is what the configuration says.
    pub(super) fn read(given: Option<&str>, always: bool) -> Result<Signing> {
        Ok(match given.map(str::trim) {
            None | Some("") if always => Signing::Always,
            None | Some("" | "none") => Signing::No,
            Some("default") => Signing::Sender,
            Some(address) => Signing::Of(Address::parse(address, SIGNATURE.name)?),
        })
    }

    pub(super) fn signs(&self) -> bool {
        *self != Signing::No
    }

    /// Whether this call asked for a signature.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self, Signing::Sender | Signing::Of(_))
    }

    /// The signature for mail from this address. `None` if it has none.
    pub(super) fn signature(
        &self,
        gmail: &Gmail<'_>,
        from: Option<&Address>,
        senders: &[Sender],
    ) -> Result<Option<Signature>> {
        let of = |address: &Address| senders.iter().find(|s| s.address.canonical() == address.canonical());
        let signer = match self {
            Signing::No => return Ok(None),
            Signing::Of(address) => Some(of(address).ok_or_else(|| no_sender(address, senders))?),
            Signing::Always | Signing::Sender => from.map_or_else(|| default_of(senders), of),
        };
        let signature = signer.and_then(|signer| Signature::of(signer.signature.as_deref()?));
        if signature.is_none() && self.is_asked() {
            let address = signer.map(|signer| signer.address.email());
            let who = address.as_deref().unwrap_or("the sender");
            let note = format!("{who} has no signature in Gmail's settings; the message has none");
            gmail.observer.note(&note.into(), &[("signature", false.into())]);
        }
        Ok(signature)
    }
}

/// A signature in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    text: String,
    html: String,
}

impl Signature {
    fn of(html: &str) -> Option<Signature> {
        let text = html::to_text(html).text.trim().to_owned();
        // What cannot be made safe is signed as text.
        let html = sanitised(html).unwrap_or_else(|| page(&text));
        let shows_image = html.contains("<img");
        (!text.is_empty() || shows_image).then_some(Signature { text, html })
    }

    /// The text with the signature below it.
    pub(super) fn below_text(&self, text: &str) -> String {
        match (text.trim_end(), self.text.as_str()) {
            (_, "") => text.to_owned(),
            ("", signature) => format!("{SEPARATOR}\n{signature}\n"),
            (text, signature) => format!("{text}\n\n{SEPARATOR}\n{signature}\n"),
        }
    }

    /// The HTML with the signature below it, marked as Gmail does.
    pub(super) fn below_html(&self, html: &str) -> String {
        let signature = format!(
            "<span class=\"gmail_signature_prefix\">{SEPARATOR}</span><br><div dir=\"ltr\" class=\"gmail_signature\" \
             data-smartmail=\"gmail_signature\">{}</div>",
            self.html
        );
        joined_html(html, &signature)
    }

    /// Signs a message in each form that it has. `becomes_html` says that a text will have HTML beside it.
    pub(super) fn sign(&self, message: &mut Outgoing, becomes_html: bool) {
        if message.html.is_none() && becomes_html {
            let text = message.text.as_deref().unwrap_or_default();
            message.html = Some(if text.trim().is_empty() { String::new() } else { page(text) });
        }
        message.text = message.text.take().map(|text| self.below_text(&text));
        message.html = message.html.take().map(|html| self.below_html(&html));
    }
}

/// A signature was asked for where no body is written.
pub(super) fn without_body() -> Problem {
    Problem::usage(phrase![name(&SIGNATURE), " signs a body, and none was given"]).hint(phrase![
        "Give the body as well, or leave out ",
        name(&SIGNATURE),
        "."
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_has_its_line_in_text_and_its_mark_in_html() {
        let signature = Signature::of("<div>Ada <b>Lovelace</b><br>Ltd</div>").unwrap();
        assert_eq!(signature.below_text("Hello\n\n"), "Hello\n\n-- \nAda Lovelace\nLtd\n");
        assert_eq!(signature.below_text(""), "-- \nAda Lovelace\nLtd\n");
        let html = signature.below_html("<html><body><p>Hello</p></body></html>");
        assert!(
            html.starts_with("<html><body><p>Hello</p><br><span class=\"gmail_signature_prefix\">-- "),
            "{html}"
        );
        assert!(html.ends_with("<b>Lovelace</b><br>Ltd</div></div></body></html>"), "{html}");
    }

    #[test]
    fn what_is_active_in_a_signature_is_not_sent() {
        let signature = Signature::of("<p onclick=\"x()\">Ada</p><script>alert(1)</script>").unwrap();
        let html = signature.below_html("");
        assert!(
            html.contains("<p>Ada</p>") && !html.contains("script") && !html.contains("onclick"),
            "{html}"
        );
        assert_eq!(Signature::of(" <br> "), None);
        assert_eq!(Signature::of("<img src=\"https://a.example/x.png\">").unwrap().below_text("x"), "x");
    }

    #[test]
    fn the_parameter_precedes_the_configuration() {
        let read = |given, always| Signing::read(given, always).unwrap();
        assert_eq!((read(None, false), read(None, true)), (Signing::No, Signing::Always));
        assert_eq!((read(Some("none"), true), read(Some("default"), false)), (Signing::No, Signing::Sender));
        assert!(matches!(read(Some("a@b.example"), false), Signing::Of(_)));
        assert!(Signing::read(Some("a@@b"), false).is_err());
    }
}
