//! Charsets that write other scripts in ASCII characters, between escape sequences: ISO-2022-JP (RFC 1468), ISO-2022-KR
//! (RFC 1557), ISO-2022-CN (RFC 1922) and HZ (RFC 1843).

use encoding_rs::{EUC_KR, GBK, ISO_2022_JP};

const ESC: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;

/// The escape sequences of ISO-2022-JP that change from ASCII to another set.
const JAPANESE: [&[u8]; 5] = [b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(D"];

/// Decodes a text that has escape sequences. Programs often forget to declare them: in ASCII they mean nothing else.
pub(super) fn decode(bytes: &[u8], label: &str) -> Option<String> {
    match label {
        "hz-gb-2312" if contains(bytes, b"~{") => Some(hz(bytes)),
        "iso-2022-kr" | "iso-2022-cn" | "iso-2022-cn-ext" if bytes.contains(&ESC) => {
            Some(shifted(bytes, label))
        }
        _ if label.starts_with("iso-2022-") && bytes.contains(&ESC) => {
            Some(ISO_2022_JP.decode_without_bom_handling(bytes).0.into_owned())
        }
        _ => undeclared(bytes),
    }
}

fn undeclared(bytes: &[u8]) -> Option<String> {
    if !bytes.is_ascii() || !bytes.contains(&ESC) {
        return None;
    }
    if contains(bytes, b"\x1b$)C") && bytes.contains(&SHIFT_OUT) {
        return Some(shifted(bytes, "iso-2022-kr"));
    }
    if JAPANESE.iter().any(|sequence| contains(bytes, sequence)) {
        let text = ISO_2022_JP.decode_without_bom_handling(bytes).0;
        let errors = text.matches(char::REPLACEMENT_CHARACTER).count();
        let found = text.chars().filter(|c| !c.is_ascii()).count();
        return (errors * 2 < found).then(|| text.into_owned());
    }
    None
}

/// The Korean and Chinese charsets are 8-bit charsets without the high bit between shift-out and shift-in.
fn shifted(bytes: &[u8], label: &str) -> String {
    let mut wide = Vec::with_capacity(bytes.len());
    let mut shifted = false;
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            // ESC $ ) X selects the charset, which is always the same.
            ESC => _ = rest.nth(2),
            SHIFT_OUT => shifted = true,
            SHIFT_IN => shifted = false,
            _ if shifted && byte > b' ' => wide.push(byte | 0x80),
            _ => wide.push(byte),
        }
    }
    let encoding = if label == "iso-2022-kr" { EUC_KR } else { GBK };
    encoding.decode_without_bom_handling(&wide).0.into_owned()
}

/// `~{` and `~}` enclose Chinese, `~~` is a tilde, and `~` at the end of a line joins it with the next one.
fn hz(bytes: &[u8]) -> String {
    let mut wide = Vec::with_capacity(bytes.len());
    let mut chinese = false;
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'~', [b'{', tail @ ..]) if !chinese => (chinese, rest) = (true, tail),
            (b'~', [b'}', tail @ ..]) if chinese => (chinese, rest) = (false, tail),
            (b'~', [b'~', tail @ ..]) if !chinese => {
                wide.push(b'~');
                rest = tail;
            }
            (b'~', [b'\n', tail @ ..]) if !chinese => rest = tail,
            (b'\n', _) => {
                chinese = false;
                wide.push(b'\n');
            }
            (byte, _) if chinese && *byte > b' ' => wide.push(byte | 0x80),
            (byte, _) => wide.push(*byte),
        }
    }
    GBK.decode_without_bom_handling(&wide).0.into_owned()
}

fn contains(bytes: &[u8], sequence: &[u8]) -> bool {
    bytes.windows(sequence.len()).any(|window| window == sequence)
}
