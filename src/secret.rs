//! A string that is never shown: no `Display`, a redacted `Debug`, wiped from memory when dropped.
//!
//! A digest of each secret is kept, so that [`redact`] finds it in what a server says.

use std::{
    borrow::Cow,
    cell::RefCell,
    fmt,
    hash::{BuildHasher, RandomState},
};

use zeroize::Zeroizing;

/// Octets of the longest token that is accepted.
const MAX_TOKEN: usize = 8192;
/// Shorter texts than this are not looked for: they could be any word.
const MIN_LENGTH: usize = 8;

/// A token, key, password or verifier, from the place where it is read to the place where it is sent or stored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        KNOWN.with(|known| known.add(&text));
        Secret(Zeroizing::new(text))
    }

    /// A token from a server or the cache: 1 to 8,192 visible ASCII characters (RFC 6750 2.1, RFC 6749 appendix A).
    /// Anything else would break the header in which it is sent.
    pub(crate) fn token(text: &str) -> Option<Self> {
        let is_token = (1..=MAX_TOKEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_token.then(|| Secret::new(text))
    }

    /// The text itself. Call this only where it is written to the wire or the cache file.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Replaces every secret of this process that occurs in the text.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    KNOWN.with(|known| known.redact(text))
}

thread_local! {
    static KNOWN: Known = Known::default();
}

/// The length and a digest of each secret, with a key that no one knows.
#[derive(Default)]
struct Known {
    key: RandomState,
    secrets: RefCell<Vec<(usize, u64)>>,
}

impl Known {
    fn add(&self, text: &str) {
        let print = (text.len(), self.key.hash_one(text));
        let mut secrets = self.secrets.borrow_mut();
        if text.len() >= MIN_LENGTH && !secrets.contains(&print) {
            secrets.push(print);
        }
    }

    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = String::new();
        let mut done = 0;
        let mut at = 0;
        while at < text.len() {
            match self.found(text, at) {
                Some(length) => {
                    shown.push_str(&text[done..at]);
                    shown.push_str("[redacted]");
                    at += length;
                    done = at;
                }
                None => at = text.ceil_char_boundary(at + 1),
            }
        }
        if done == 0 { Cow::Borrowed(text) } else { Cow::Owned(shown + &text[done..]) }
    }

    /// The length of the longest secret that begins here.
    fn found(&self, text: &str, at: usize) -> Option<usize> {
        let secrets = self.secrets.borrow();
        let here = |(length, digest): &&(usize, u64)| {
            text.get(at..at + length).is_some_and(|piece| self.key.hash_one(piece) == *digest)
        };
        secrets.iter().filter(here).map(|(length, _)| *length).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_secret() {
        let secret = Secret::new("v1.Mk-secret");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(..) Some(Secret(..))");
    }

    #[test]
    fn a_secret_is_found_wherever_it_stands_and_nothing_else_is_touched() {
        for text in ["first-secret", "first-secret-and-more", "zwölf-Zeichen", "short"] {
            Secret::new(text);
        }
        for (said, shown) in [
            ("first-secret", "[redacted]"),
            ("token=first-secret;", "token=[redacted];"),
            ("first-secretfirst-secret", "[redacted][redacted]"),
            ("first-secret-and-more", "[redacted]"),
            ("äöüfirst-secretß", "äöü[redacted]ß"),
            ("xxzwölf-Zeichen", "xx[redacted]"),
            ("first-secre", "first-secre"),
            ("a short word", "a short word"),
            ("", ""),
        ] {
            assert_eq!(redact(said), shown);
        }
    }

    #[test]
    fn a_token_is_visible_ascii_of_limited_length() {
        assert_eq!(Secret::token("ya29.a-b_c~d/e+f=").unwrap().expose(), "ya29.a-b_c~d/e+f=");
        assert!(Secret::token(&"x".repeat(8192)).is_some());
        for text in ["", " ", "a b", "a\r\nb", "a\n", "\ta", "a\u{7f}", "é", "\u{200b}a", &"x".repeat(8193)]
        {
            assert!(Secret::token(text).is_none(), "{text:?}");
        }
    }
}
