//! The encodings of configuration files: UTF-8, and UTF-16 with a byte order mark, which PowerShell's `>` writes.
//! Every other encoding is named, since a guess could change a value.

/// The text of a file without its byte order mark, or else what the file is encoded in.
pub(super) fn decode(bytes: &[u8]) -> Result<String, String> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Err("is in UTF-32".into()),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    text.ok().filter(|_| rest.is_empty()).ok_or_else(|| "is damaged UTF-16".into())
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    match std::str::from_utf8(bytes) {
        // A NUL is no text: ASCII in wider units has one in each.
        _ if bytes.contains(&0) => Err(wide(bytes).into()),
        Ok(text) => Ok(text.to_owned()),
        Err(e) => {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
            Err(format!("is not UTF-8 (line {line}); it may be Windows-1252 or ISO 8859-1"))
        }
    }
}

fn wide(bytes: &[u8]) -> &'static str {
    let zeros = bytes.iter().filter(|b| **b == 0).count();
    if zeros * 8 >= bytes.len() * 5 {
        "is in UTF-32"
    } else if zeros * 4 >= bytes.len() {
        "is in UTF-16 without a byte order mark"
    } else {
        "is not a text file: it contains NUL bytes"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded<const N: usize>(text: &str, unit: impl Fn(u32) -> [u8; N]) -> Vec<u8> {
        text.chars().flat_map(|c| unit(c as u32)).collect()
    }

    #[test]
    fn utf8_and_utf16_with_a_mark_are_read() {
        let text = "sender_name = \"Zoë\"\r\n";
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        for mark in ["\u{feff}", ""] {
            let marked = format!("{mark}{text}");
            let little = encoded(&marked, |c| (c as u16).to_le_bytes());
            let big = encoded(&marked, |c| (c as u16).to_be_bytes());
            if mark.is_empty() {
                for bytes in [little, big] {
                    assert!(decode(&bytes).unwrap_err().contains("UTF-16 without"), "{bytes:?}");
                }
            } else {
                assert_eq!(decode(marked.as_bytes()).unwrap(), text);
                assert_eq!(decode(&little).unwrap(), text);
                assert_eq!(decode(&big).unwrap(), text);
            }
        }
        assert_eq!(decode(b"").unwrap(), "");
        assert_eq!(decode(&[0xff, 0xfe]).unwrap(), "");
        // A character beyond the first plane is two units.
        assert_eq!(decode(&[0xff, 0xfe, 0x3d, 0xd8, 0x00, 0xde]).unwrap(), "\u{1f600}");
    }

    #[test]
    fn other_encodings_are_named() {
        for mark in ["\u{feff}", ""] {
            let text = format!("{mark}timeout = 5\n");
            assert_eq!(decode(&encoded(&text, u32::to_le_bytes)).unwrap_err(), "is in UTF-32");
            assert_eq!(decode(&encoded(&text, u32::to_be_bytes)).unwrap_err(), "is in UTF-32");
        }
        assert!(decode(b"\nsender_name = \"Zo\xeb\"\n").unwrap_err().contains("(line 2)"));
        assert!(decode(b"timeout = 5\n\0").unwrap_err().contains("NUL"));
        for odd in [&[0xff, 0xfe, b'a'][..], &[0xff, 0xfe, 0x3d, 0xd8], &[0xfe, 0xff, 0xde, 0x00, 0x00, 0x41]]
        {
            assert_eq!(decode(odd).unwrap_err(), "is damaged UTF-16", "{odd:?}");
        }
    }
}
