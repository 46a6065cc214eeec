//! The two base64 alphabets of mail over JSON: written URL-safe with padding as Gmail does, read in every form.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(super) fn encode(bytes: &[u8]) -> String {
    base64::prelude::BASE64_URL_SAFE.encode(bytes)
}

/// Either alphabet, with or without padding. `None` if it is not base64.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().map(url_safe).collect();
    LENIENT.decode(text).ok()
}

/// MIME's base64: line ends and stray characters are skipped, a broken tail is dropped.
pub(super) fn decode_mime(bytes: &[u8]) -> Vec<u8> {
    let text: String = bytes
        .iter()
        .map(|b| url_safe(char::from(*b)))
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    let whole = if text.len() % 4 == 1 { &text[..text.len() - 1] } else { &text };
    LENIENT.decode(whole).unwrap_or_default()
}

fn url_safe(c: char) -> char {
    match c {
        '+' => '-',
        '/' => '_',
        c => c,
    }
}
