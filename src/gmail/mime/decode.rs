//! Undoes transfer encodings (RFC 2045 6). What a sender encoded wrongly is decoded as far as possible.

use std::borrow::Cow;

use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode_char};

pub(super) fn decoded<'b>(body: &'b [u8], encoding: &str) -> Cow<'b, [u8]> {
    let encoding = encoding.trim().to_ascii_lowercase();
    match encoding.split([';', ' ', '\t']).next().unwrap_or_default() {
        "base64" => Cow::Owned(base64(body)),
        "quoted-printable" => Cow::Owned(quoted_printable(body)),
        _ => Cow::Borrowed(body),
    }
}

fn base64(body: &[u8]) -> Vec<u8> {
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    base64_decode(body).unwrap_or_else(|| {
        let digits: Vec<u8> = body.iter().copied().filter(is_digit).collect();
        base64_decode(&digits).unwrap_or_default()
    })
}

/// A `=` that encodes nothing stays. Blanks at the end of a line were added on the way.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let end = &line[text.len()..];
        let mut rest = text.trim_ascii_end();
        let soft = rest.strip_suffix(b"=");
        rest = soft.unwrap_or(rest);
        while let Some((first, after)) = rest.split_first() {
            let code = match (first, after) {
                (b'=', [high, low, ..]) => quoted_printable_decode_char(*high, *low),
                _ => None,
            };
            out.push(code.unwrap_or(*first));
            rest = if code.is_some() { &after[2..] } else { after };
        }
        if soft.is_none() {
            out.extend_from_slice(end);
        }
    }
    out
}
