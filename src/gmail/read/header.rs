//! Header values and snippets as text: unfolds lines, decodes encoded words that Gmail did not decode, and HTML
//! entities.

use std::borrow::Cow;

use super::charset::{self, Hints};
use crate::{characters, gmail::html::Removed};

/// The longest encoded word that is decoded. RFC 2047 allows 75 characters, but mail programs exceed that.
const LONGEST_WORD: usize = 4096;

/// A header value on one line, with encoded words decoded and without characters that nobody sees.
pub(super) fn clean(value: &str) -> String {
    counted(value, &mut Removed::default())
}

/// The same, with hints for a header that is not encoded at all, against the standard. Counts what was removed.
pub(super) fn reread(value: &str, removed: &mut Removed, hints: impl Fn() -> Hints) -> String {
    if value.is_ascii() {
        return counted(value, removed);
    }
    let mut text = String::with_capacity(value.len());
    // An address stays as it is.
    for piece in value.split_inclusive('>') {
        let (name, address) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        let same_address = |read: &String| read.matches('@').count() == name.matches('@').count();
        let name = charset::reread(name, &hints).filter(same_address).map_or(Cow::Borrowed(name), Cow::Owned);
        text.push_str(&name);
        text.push_str(address);
    }
    counted(&text, removed)
}

/// The same. Counts what was removed.
pub(super) fn counted(value: &str, removed: &mut Removed) -> String {
    if characters::is_clean_line(value) && !value.contains("=?") {
        return value.to_owned();
    }
    let (line, scrubbed) = characters::line(&decoded(value));
    removed.characters(scrubbed);
    line
}

/// A header value without folds, with encoded words decoded, wherever they are. It may contain any character.
pub(crate) fn decoded(value: &str) -> String {
    let value = unfold(value);
    if value.contains("=?") { decode_words(&value) } else { value }
}

/// The value of a header as it is in the bytes of a message, on one line. Encoded words are kept.
pub(crate) fn header_text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => unfold(text),
        Err(_) => unfold(&charset::decode(value, None)),
    }
}

/// Replaces line breaks and the spaces around them by one space.
fn unfold(value: &str) -> String {
    let lines = value.split(['\r', '\n']).map(|line| line.trim_matches([' ', '\t']));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Decodes encoded words (RFC 2047), leniently. A character may be split over adjacent words, so their bytes
/// are joined before they are decoded. The spaces between them are not part of the text.
fn decode_words(value: &str) -> String {
    let mut text = String::new();
    let mut run = Run::default();
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some(word) = EncodedWord::parse(from) else {
            run.flush(&mut text);
            text.push_str(before);
            text.push_str("=?");
            rest = &from[2..];
            continue;
        };
        if run.is_empty() || !before.trim().is_empty() {
            run.flush(&mut text);
            text.push_str(before);
        }
        if run.charset != word.charset {
            run.flush(&mut text);
        }
        run.charset = word.charset;
        run.bytes.extend(word.bytes);
        rest = &from[word.length..];
    }
    run.flush(&mut text);
    text.push_str(rest);
    unfold(&text)
}

/// Adjacent encoded words with the same charset.
#[derive(Default)]
struct Run {
    charset: String,
    bytes: Vec<u8>,
}

impl Run {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn flush(&mut self, text: &mut String) {
        text.push_str(&charset::decode(&self.bytes, Some(&self.charset)));
        self.bytes.clear();
    }
}

/// `=?charset*language?B|Q?text?=`
struct EncodedWord {
    charset: String,
    bytes: Vec<u8>,
    length: usize,
}

impl EncodedWord {
    fn parse(from: &str) -> Option<EncodedWord> {
        let (charset, rest) = from.strip_prefix("=?")?.split_once('?')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:*+()".contains(&b);
        if charset.is_empty() || charset.len() > 64 || !charset.bytes().all(plain) {
            return None;
        }
        let (encoding, text) = rest.split_once('?')?;
        let window = &text.as_bytes()[..text.len().min(LONGEST_WORD)];
        let end = window.windows(2).position(|pair| pair == b"?=")?;
        let bytes = match encoding {
            "B" | "b" => charset::base64(&text[..end]),
            "Q" | "q" => quoted(&text.as_bytes()[..end]),
            _ => return None,
        };
        let charset = charset.split('*').next().unwrap_or_default().to_ascii_lowercase();
        Some(EncodedWord { charset, bytes, length: from.len() - text.len() + end + 2 })
    }
}

fn quoted(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'_', _) => bytes.push(b' '),
            (b'=', [high, low, tail @ ..]) if let Some(byte) = hex(*high, *low) => {
                bytes.push(byte);
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Decodes the HTML entities in a snippet and removes the invisible padding of newsletters.
pub(super) fn snippet(value: &str, removed: &mut Removed) -> String {
    let (line, scrubbed) = characters::line(&decode_entities(value));
    removed.characters(scrubbed);
    line
}

/// Decodes the entities that Gmail uses, once: `&amp;lt;` is the text `&lt;`.
fn decode_entities(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find('&') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = rest.bytes().take(10).position(|b| b == b';');
        match length.and_then(|length| Some((length, entity(&rest[1..length])?))) {
            Some((length, c)) => {
                text.push(c);
                rest = &rest[length + 1..];
            }
            None => {
                text.push('&');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
