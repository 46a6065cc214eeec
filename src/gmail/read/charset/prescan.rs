//! The charset that an HTML document declares in its first 1024 bytes, as a browser looks for it
//! (<https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding>).
//!
//! What a comment or a text says does not count.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

const WINDOW: usize = 1024;

pub(super) fn declared(html: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&html[..html.len().min(WINDOW)]).to_ascii_lowercase();
    let mut rest = head.as_str();
    if let Some(declaration) = rest.trim_start().strip_prefix("<?xml") {
        let declaration = declaration.split("?>").next().unwrap_or_default();
        let (attributes, _) = attributes(declaration);
        if let Some(encoding) = value(&attributes, "encoding").and_then(encoding) {
            return Some(encoding);
        }
    }
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        rest = if let Some(comment) = tag.strip_prefix("!--") {
            comment.split_once("-->")?.1
        } else if let Some(meta) = tag.strip_prefix("meta").filter(|meta| meta.starts_with(ends_name)) {
            let (attributes, after) = attributes(meta);
            if let Some(encoding) = of_meta(&attributes) {
                return Some(encoding);
            }
            after
        } else if tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            let name = tag.find(ends_name).unwrap_or(tag.len());
            attributes(&tag[name..]).1
        } else if tag.starts_with(['!', '?']) {
            tag.split_once('>')?.1
        } else {
            tag
        };
    }
    None
}

fn ends_name(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, '/' | '>')
}

fn of_meta(attributes: &[(&str, &str)]) -> Option<&'static Encoding> {
    let label = value(attributes, "charset").or_else(|| {
        let is_type = value(attributes, "http-equiv") == Some("content-type");
        let content = value(attributes, "content").filter(|_| is_type)?;
        let (_, label) = content.split_once("charset")?;
        let label = label.trim_start().strip_prefix('=')?.trim_start();
        let label = label.trim_start_matches(['"', '\'']);
        label.split(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | '"' | '\'')).next()
    });
    encoding(label?)
}

/// A document that is read as ASCII cannot be UTF-16.
fn encoding(label: &str) -> Option<&'static Encoding> {
    let encoding = super::encoding(label.trim())?;
    match encoding {
        e if e == UTF_16LE || e == UTF_16BE => Some(UTF_8),
        e if e == encoding_rs::X_USER_DEFINED => Some(WINDOWS_1252),
        e => Some(e),
    }
}

fn value<'a>(attributes: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

/// The attributes of a tag, and what follows it.
fn attributes(tag: &str) -> (Vec<(&str, &str)>, &str) {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        // An equals sign at the start belongs to the name.
        let end = rest.char_indices().skip(1).find(|(_, c)| ends_name(*c) || *c == '=');
        let (key, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(after) => quoted(after.trim_start()),
            None => ("", after),
        };
        found.push((key, value));
        rest = after;
    }
}

fn quoted(text: &str) -> (&str, &str) {
    for mark in ['"', '\''] {
        if let Some(text) = text.strip_prefix(mark) {
            return text.split_once(mark).unwrap_or((text, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len()))
}
