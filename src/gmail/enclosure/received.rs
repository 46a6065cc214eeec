//! Parts of a message that are sent on. The bytes, the type with its parameters and the name stay as they were written.

use std::{borrow::Cow, io::Read, ops::Range};

use mail_builder::headers::content_type::ContentType;

use super::{Content, Enclosure};
use crate::{
    characters::clean_line,
    gmail::{
        mime::{Field, Part, Tree},
        source::{Source, Stretch},
        write::{content_type, is_id},
    },
};

/// A part of a message: its header as it is sent, and where its body is.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(super) head: Vec<u8>,
    body: Vec<Stretch>,
}

impl Received {
    fn of(head: Vec<u8>, body: Stretch) -> Received {
        Received { head, body: vec![body] }
    }

    pub(crate) fn body(&self) -> &[Stretch] {
        &self.body
    }

    /// Header and body.
    pub(super) fn reader(&self) -> Box<dyn Read + '_> {
        let head: Box<dyn Read + '_> = Box::new(self.head.as_slice());
        self.body.iter().fold(head, |before, stretch| Box::new(before.chain(stretch.reader())))
    }

    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) fn len(&self) -> u64 {
        self.head.len() as u64 + self.body.iter().map(Stretch::len).sum::<u64>()
    }
}

impl Enclosure {
    /// A part of this message. Of its header, the fields are kept that describe its content. `name` is for a part without
    /// one.
    pub(crate) fn received(message: &Source, part: Part<'_>, name: Option<&str>) -> Enclosure {
        let mut head = head(part, None);
        if let Some(name) = name.filter(|_| part.header("Content-Disposition").is_none()) {
            let disposition = ContentType::new("attachment").attribute("filename", plain_name(name));
            head.extend(content_type(&disposition, "Content-Disposition"));
        }
        head.extend(b"\r\n");
        Enclosure {
            filename: name.unwrap_or_default().to_owned(),
            mime_type: part.mime().to_owned(),
            content: Content::Entity(Received::of(head, sent_body(message, part))),
            content_id: None,
        }
    }

    /// A part that the HTML body shows under this id.
    pub(crate) fn shown(message: &Source, part: Part<'_>, content_id: &str) -> Enclosure {
        let mut head = head(part, Some(content_id));
        head.extend(b"\r\n");
        Enclosure {
            filename: String::new(),
            mime_type: part.mime().to_owned(),
            content: Content::Entity(Received::of(head, sent_body(message, part))),
            content_id: Some(content_id.to_owned()),
        }
    }

    /// A whole message, without the header fields that have one of these names.
    pub(crate) fn message(name: &str, message: &Source, without: &[&str]) -> Enclosure {
        let mut entity = b"Content-Type: message/rfc822\r\n".to_vec();
        entity.extend(encoding_of(message.bytes()));
        let disposition = ContentType::new("attachment").attribute("filename", plain_name(name));
        entity.extend(content_type(&disposition, "Content-Disposition"));
        entity.extend(b"\r\n");
        Enclosure {
            filename: name.to_owned(),
            mime_type: "message/rfc822".to_owned(),
            content: Content::Entity(Received { head: entity, body: whole(message, without) }),
            content_id: None,
        }
    }
}

/// The bytes of a message without these fields of its header.
fn whole(message: &Source, without: &[&str]) -> Vec<Stretch> {
    let bytes = message.bytes();
    let tree = Tree::parse(bytes);
    let mut at = 0;
    let mut kept: Vec<Range<usize>> = Vec::new();
    for field in tree.root().fields().iter().filter(|field| without.iter().any(|name| field.is(name, bytes)))
    {
        kept.push(at..field.whole.start);
        at = field.whole.end;
    }
    kept.push(at..bytes.len());
    kept.into_iter().map(|range| message.stretch(range)).collect()
}

/// A message is sent without a transfer encoding, any other part as it is.
fn sent_body(message: &Source, part: Part<'_>) -> Stretch {
    let body = if part.is_message() { part.decoded() } else { Cow::Borrowed(part.body()) };
    match body {
        Cow::Borrowed(_) if message.has(part) => message.stretch(part.body_range()),
        body => Stretch::of_bytes(body.into_owned()),
    }
}

/// Mail programs decode encoded words in names.
fn plain_name(name: &str) -> String {
    clean_line(&name.replace(['/', '\\'], "_")).replace("=?", "=_")
}

/// The fields that describe the content, and those that must be there.
fn head(part: Part<'_>, new_id: Option<&str>) -> Vec<u8> {
    let mut head = Vec::new();
    let source = part.source();
    for field in part.fields().iter().filter(|field| describes_content(field, source)) {
        let is_encoding = field.is("Content-Transfer-Encoding", source);
        let is_id = field.is("Content-ID", source) && new_id.is_some();
        let is_replaced = is_id || is_encoding && part.is_message();
        if !is_replaced {
            write_field(&mut head, &source[field.whole.clone()]);
        }
    }
    head.extend(new_id.map(|id| format!("Content-ID: <{id}>\r\n")).unwrap_or_default().into_bytes());
    // In a digest, a part without a type is a message.
    if part.header("Content-Type").is_none() && part.mime() != "text/plain" {
        head.extend(format!("Content-Type: {}\r\n", part.mime()).into_bytes());
    }
    if part.is_message() {
        head.extend(encoding_of(&part.decoded()));
    }
    head
}

fn describes_content(field: &Field, source: &[u8]) -> bool {
    let name = &source[field.name.clone()];
    name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"))
}

/// A field with its folds. Line breaks of other kinds become blanks.
fn write_field(head: &mut Vec<u8>, field: &[u8]) {
    for line in field.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        head.extend(line.iter().map(|b| if matches!(b, b'\r' | 0) { b' ' } else { *b }));
        head.extend(b"\r\n");
    }
}

/// A message must not be encoded (RFC 2046 5.2.1).
fn encoding_of(message: &[u8]) -> &'static [u8] {
    if message.is_ascii() { b"" } else { b"Content-Transfer-Encoding: 8bit\r\n" }
}

/// The id in a Content-ID header, without `<>`.
pub(crate) fn content_id(part: Part<'_>) -> Option<String> {
    let id = part.header("Content-ID")?;
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    is_id(id).then(|| id.to_owned())
}
