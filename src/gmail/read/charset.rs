//! Decodes base64url and the charsets of mail.
//!
//! Nothing here fails. Gmail often converts a text to UTF-8 while the part still declares the original charset, so
//! text that is valid UTF-8 is read as UTF-8.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use encoding_rs::{EUC_KR, Encoding, GBK, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

const ESC: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 in either alphabet, with or without padding, and skips invalid characters.
pub(super) fn base64(data: &str) -> Vec<u8> {
    let mut digits: Vec<u8> = data
        .bytes()
        .filter_map(|b| match b {
            b'+' => Some(b'-'),
            b'/' => Some(b'_'),
            b'-' | b'_' => Some(b),
            _ => b.is_ascii_alphanumeric().then_some(b),
        })
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    BASE64.decode(digits).unwrap_or_default()
}

/// Decodes `bytes` of a part that declares the charset `label`.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    let label = label.unwrap_or_default().trim().to_ascii_lowercase();
    if label.starts_with("iso-2022-") && bytes.contains(&ESC) {
        return iso_2022(bytes, &label);
    }
    let declared = encoding(&label);
    let wide = declared == Some(UTF_16LE) || declared == Some(UTF_16BE);
    if !(wide && bytes.contains(&0))
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    }
    let encoding = match declared {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ if is_mostly_utf8(bytes) => UTF_8,
        _ => WINDOWS_1252,
    };
    encoding.decode(bytes).0.into_owned()
}

/// Whether texts in the charset with this label can be decoded.
pub(super) fn is_known(label: &str) -> bool {
    encoding(&label.trim().to_ascii_lowercase()).is_some()
}

/// The charset that an HTML document declares.
pub(super) fn label_in_html(html: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&html[..html.len().min(1024)]).to_ascii_lowercase();
    let (_, label) = head.split_once("charset=")?;
    let label = label.trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:".contains(c));
    Some(label[..end.unwrap_or(label.len())].to_owned())
}

/// The charset with this label; `None` if the label does not identify one, such as `unknown-8bit`, or `us-ascii` for
/// a text with other bytes.
fn encoding(label: &str) -> Option<&'static Encoding> {
    let label = match label {
        "cp932" => "shift_jis",
        "cp936" => "gbk",
        "cp949" => "euc-kr",
        "cp950" => "big5",
        "us-ascii" | "ascii" | "ansi_x3.4-1968" => return None,
        other => other,
    };
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != REPLACEMENT)
}

/// Whether most non-ASCII characters are valid. A text that was cut inside a character is still UTF-8.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

/// The Korean and Chinese charsets (RFC 1557, RFC 1922) are 8-bit charsets without the high bit between shift-out and
/// shift-in.
fn iso_2022(bytes: &[u8], label: &str) -> String {
    let encoding = match label {
        "iso-2022-kr" => EUC_KR,
        "iso-2022-cn" | "iso-2022-cn-ext" => GBK,
        _ => return ISO_2022_JP.decode_without_bom_handling(bytes).0.into_owned(),
    };
    let mut wide = Vec::with_capacity(bytes.len());
    let mut shifted = false;
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            // ESC $ ) X selects the charset, which is always the same.
            ESC => {
                rest.nth(2);
            }
            SHIFT_OUT => shifted = true,
            SHIFT_IN => shifted = false,
            _ if shifted && byte > b' ' => wide.push(byte | 0x80),
            _ => wide.push(byte),
        }
    }
    encoding.decode_without_bom_handling(&wide).0.into_owned()
}
