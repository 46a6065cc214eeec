//! What a server says, made fit to be quoted: one short line of visible characters, without our own secrets.

use crate::{
    characters::{clean_line, is_invisible},
    secret::redact,
};

/// Characters that are quoted at most.
const MAX_QUOTE: usize = 300;

/// The text on one line, without control, directional and invisible characters and without secrets, cut at 300
/// characters. Secrets are looked for last, since a character between their parts would hide them.
pub(crate) fn quoted(text: &str) -> String {
    // Secrets that continue beyond the cut are found as well.
    let line = clean_line(text);
    let visible: String = line.chars().filter(|c| !is_invisible(*c)).collect();
    let shown = redact(&visible);
    match shown.char_indices().nth(MAX_QUOTE) {
        None => shown.into_owned(),
        Some(_) => shown.chars().take(MAX_QUOTE - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_quote_is_one_short_line_without_secrets() {
        Secret::new("ya29.token-of-the-run");
        for (said, shown) in [
            ("Not Found", "Not Found"),
            ("a\r\nb\u{1b}[2Jc\u{9b}d", "a b[2Jcd"),
            ("\u{202e}gnp.exe \u{200b}\u{feff}\u{e0041}x", "gnp.exe x"),
            ("Bearer ya29.token-of-the-run", "Bearer [redacted]"),
            ("Bearer ya29.token-\u{200b}of\u{0}-the-run!", "Bearer [redacted]!"),
        ] {
            assert_eq!(quoted(said), shown);
        }
        assert_eq!(quoted(&"ä".repeat(300)), "ä".repeat(300));
        let long = quoted(&format!("{}ya29.token-of-the-run", "x".repeat(290)));
        assert_eq!(long, format!("{}[redacted]", "x".repeat(290)));
        assert_eq!(quoted(&"x".repeat(1 << 20)).chars().count(), 300);
    }
}
