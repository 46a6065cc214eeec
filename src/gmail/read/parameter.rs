//! Parameters of a MIME header, `type/subtype; name="value"` (RFC 2045), with the continuations and charsets of RFC 2231
//! and the spellings that mail programs use in their place.
//!
//! Nothing here fails. A value may contain anything: who shows it must clean it.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::{charset, header};

/// The value of the parameter `name`. RFC 2231 spellings come before a plain one, which is their fallback for old
/// programs.
pub(crate) fn parameter(header: &str, name: &str) -> Option<String> {
    let spellings = Spellings::collect(header, name);
    let values = [spellings.extended(), spellings.continued(), spellings.plain.map(|value| plain(&value))];
    let values: Vec<String> = values.into_iter().flatten().filter(|value| !value.is_empty()).collect();
    let is_whole = |value: &&String| !value.contains(char::REPLACEMENT_CHARACTER);
    values.iter().find(is_whole).or(values.first()).cloned()
}

/// The same without any decoding, for a value that stands elsewhere in the message as well.
pub(crate) fn raw_parameter(header: &str, name: &str) -> Option<String> {
    let spellings = Spellings::collect(header, name);
    spellings.plain.clone().or_else(|| spellings.extended()).or_else(|| spellings.continued())
}

/// A value in one piece, which may hold encoded words although RFC 2047 forbids them in parameters. Some programs
/// forget the asterisk before a value with a charset.
fn plain(value: &str) -> String {
    let charset = value.split('\'').next().unwrap_or_default();
    if value.matches('\'').count() >= 2 && value.contains('%') && charset::is_known(charset) {
        return Section { value: value.to_owned(), extended: true }.decoded();
    }
    header::decoded(value)
}

/// The same parameter in all its spellings. The first of equal ones counts.
#[derive(Default)]
struct Spellings {
    /// `name=`
    plain: Option<String>,
    /// `name*=`
    extended: Option<Section>,
    /// `name*0=`, `name*1*=`, ...
    sections: BTreeMap<u32, Section>,
}

struct Section {
    value: String,
    /// Whether it is percent-encoded.
    extended: bool,
}

impl Spellings {
    fn collect(header: &str, name: &str) -> Spellings {
        let mut spellings = Spellings::default();
        let mut rest = header
            .trim_start()
            .split_once(|c: char| matches!(c, ';' | ',') || c.is_whitespace())
            .map_or("", |(_, rest)| rest);
        while let Some((key, value, after)) = next(rest) {
            spellings.add(&key, value, name);
            rest = after;
        }
        spellings
    }

    fn add(&mut self, key: &str, value: String, name: &str) {
        let Some(suffix) = key.strip_prefix(name) else { return };
        match suffix {
            "" => _ = self.plain.get_or_insert(value),
            "*" => _ = self.extended.get_or_insert(Section { value, extended: true }),
            _ => {
                let number = suffix.strip_prefix('*').unwrap_or_default();
                let extended = number.ends_with('*');
                if let Ok(number) = number.trim_end_matches('*').parse() {
                    self.sections.entry(number).or_insert(Section { value, extended });
                }
            }
        }
    }

    fn extended(&self) -> Option<String> {
        self.extended.as_ref().map(Section::decoded)
    }

    /// The sections in the order of their numbers. A character may be split over two of them.
    fn continued(&self) -> Option<String> {
        let (_, first) = self.sections.first_key_value()?;
        if self.sections.values().all(|section| !section.extended) {
            let whole: String = self.sections.values().map(|section| section.value.as_str()).collect();
            return Some(plain(&whole));
        }
        let (label, start) = first.split();
        let mut bytes = start;
        for section in self.sections.values().skip(1) {
            bytes.extend(section.bytes(&section.value));
        }
        Some(charset::decode(&bytes, label))
    }
}

impl Section {
    fn bytes(&self, value: &str) -> Vec<u8> {
        if self.extended { percent_decode_str(value).collect() } else { value.as_bytes().to_vec() }
    }

    /// The charset and the bytes of the first section: `charset'language'text`.
    fn split(&self) -> (Option<&str>, Vec<u8>) {
        let mut fields = self.value.splitn(3, '\'');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(label), Some(_), Some(text)) if self.extended => (Some(label), self.bytes(text)),
            _ => (None, self.bytes(&self.value)),
        }
    }

    fn decoded(&self) -> String {
        let (label, bytes) = self.split();
        charset::decode(&bytes, label)
    }
}

/// The next parameter: its name in lower case, its value, and what follows.
fn next(rest: &str) -> Option<(String, String, &str)> {
    let mut rest = rest;
    loop {
        rest = rest.trim_start_matches(|c: char| matches!(c, ';' | ',') || c.is_whitespace());
        let (key, after) = rest.split_at(rest.find(['=', ';'])?);
        let Some(after) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let key = key.trim().to_ascii_lowercase();
        let (value, after) = value(after.trim_start());
        return Some((key, value, after));
    }
}

fn value(text: &str) -> (String, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        return unquoted(quoted);
    }
    let (value, after) = text.split_at(text.find(';').unwrap_or(text.len()));
    let value = value.trim();
    let inner = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
    (inner.unwrap_or(value).to_owned(), after)
}

/// A value up to its closing quotation mark. A mark before other text belongs to the value if another one follows:
/// `name="the "new" plan.pdf"`. A backslash is part of a path unless it quotes a mark or another backslash.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.push(chars.next_if(|(_, c)| matches!(c, '"' | '\\')).map_or('\\', |(_, c)| c)),
            '"' if is_closing(&text[at + 1..]) => return (value, &text[at + 1..]),
            c => value.push(c),
        }
    }
    // It is not closed: the value ends where the next parameter could begin.
    let (value, after) = text.split_at(text.find(';').unwrap_or(text.len()));
    (value.trim().to_owned(), after)
}

fn is_closing(after: &str) -> bool {
    let until = after.split(';').next().unwrap_or_default();
    until.trim().is_empty() || !until.contains('"')
}
