//! UTF-7 (RFC 2152), which no library for the web decodes. What it contains is not trusted more than other text: it is
//! decoded before anything is cleaned.

/// The names of UTF-7 in lower case.
pub(super) fn is_label(label: &str) -> bool {
    matches!(
        label,
        "utf-7"
            | "utf7"
            | "csutf7"
            | "unicode-1-1-utf-7"
            | "x-unicode-1-1-utf-7"
            | "unicode-2-0-utf-7"
            | "x-unicode-2-0-utf-7"
    )
}

/// Decodes the sequences from `+` to `-` or to another character that is not base64. One that is not valid is kept as it
/// is, so that a text that was decoded before, such as `C++`, does not change.
pub(super) fn decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('+') {
        decoded.push_str(&rest[..start]);
        let from = &rest[start + 1..];
        let end = from.find(|c: char| !is_digit(c)).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        match sequence(digits, after.is_empty()) {
            Some(sequence) => {
                decoded.push_str(&sequence);
                rest = after.strip_prefix('-').unwrap_or(after);
            }
            None => {
                decoded.push('+');
                decoded.push_str(digits);
                rest = if digits.is_empty() { after.strip_prefix('-').unwrap_or(after) } else { after };
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

fn is_digit(c: char) -> bool {
    value(c).is_some()
}

fn value(digit: char) -> Option<u32> {
    let digit = u32::from(digit);
    Some(match u8::try_from(digit).ok()? {
        b'A'..=b'Z' => digit - u32::from(b'A'),
        b'a'..=b'z' => digit - u32::from(b'a') + 26,
        b'0'..=b'9' => digit - u32::from(b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// The text of a sequence, if it is UTF-16 in base64. The last one may be cut.
fn sequence(digits: &str, is_last: bool) -> Option<String> {
    let (mut units, mut bits, mut count) = (Vec::new(), 0, 0);
    for value in digits.chars().filter_map(value) {
        bits = bits << 6 | value;
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push((bits >> count) as u16);
            bits &= (1 << count) - 1;
        }
    }
    let is_whole = count < 6 && bits == 0;
    if units.is_empty() || !is_whole && !is_last {
        return None;
    }
    let text = char::decode_utf16(units);
    if is_last {
        return Some(text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect());
    }
    text.collect::<Result<String, _>>().ok()
}
