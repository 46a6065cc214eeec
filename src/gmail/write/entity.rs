//! The parts of an outgoing message: texts, files and groups of them.

use mail_builder::{
    headers::{Header, content_type::ContentType},
    mime::{MimePart, make_boundary},
};

use super::{Outgoing, Piece};
use crate::gmail::enclosure::{Content, Enclosure};

/// A part to be written.
pub(crate) enum Entity<'a> {
    /// A part that is complete, with its header.
    Whole(Vec<u8>),
    File(&'a Enclosure),
    /// Parts as a multipart of this type.
    Group(&'static str, Vec<Entity<'a>>),
}

impl<'a> Entity<'a> {
    /// A text of this type.
    pub(crate) fn text(kind: &'static str, text: &str) -> Entity<'a> {
        Entity::Whole(rendered(kind, text))
    }

    /// Parts as a multipart. One part stays alone.
    pub(crate) fn group(kind: &'static str, mut parts: Vec<Entity<'a>>) -> Entity<'a> {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Entity::Group(kind, parts)
            }
        }
    }

    /// The part with its header.
    pub(crate) fn write_to(self, pieces: &mut Vec<Piece<'a>>) {
        match self {
            Entity::Whole(bytes) => pieces.push(Piece::Text(bytes)),
            Entity::File(enclosure) => write_file(enclosure, pieces),
            Entity::Group(kind, parts) => {
                let boundary = make_boundary("_");
                let head = format!("Content-Type: {};\r\n\tboundary=\"{boundary}\"\r\n\r\n", kind);
                pieces.push(Piece::Text(head.into_bytes()));
                for (index, part) in parts.into_iter().enumerate() {
                    let line_end = if index == 0 { "" } else { "\r\n" };
                    pieces.push(Piece::Text(format!("{line_end}--{boundary}\r\n").into_bytes()));
                    part.write_to(pieces);
                }
                pieces.push(Piece::Text(format!("\r\n--{boundary}--\r\n").into_bytes()));
            }
        }
    }
}

/// A text with the header of its part.
pub(crate) fn rendered(kind: &'static str, text: &str) -> Vec<u8> {
    let mut part = Vec::new();
    MimePart::new(kind, with_crlf(text)).write_part(&mut part);
    part
}

/// The value of a Content-Type or Content-Disposition header.
pub(crate) fn content_type(value: &ContentType<'_>, name: &str) -> Vec<u8> {
    let mut line = format!("{name}: ").into_bytes();
    value.write_header(&mut line, name.len() + 2);
    line
}

fn write_file<'a>(enclosure: &'a Enclosure, pieces: &mut Vec<Piece<'a>>) {
    if let Content::Entity(part) = &enclosure.content {
        pieces.push(Piece::Bytes(part.head()));
        return pieces.extend(part.body().iter().map(Piece::Stretch));
    }
    let mut kind = ContentType::new(enclosure.wire_type());
    if let Some(charset) = enclosure.charset() {
        kind = kind.attribute("charset", charset);
    }
    let mut head = content_type(&kind, "Content-Type");
    if let Some(id) = &enclosure.content_id {
        head.extend(format!("Content-ID: <{id}>\r\n").into_bytes());
    }
    let disposition = ContentType::new(if enclosure.content_id.is_some() { "inline" } else { "attachment" });
    // Mail programs decode an encoded word here as well, and a space at the end would not prevent it.
    let disposition = disposition.attribute("filename", enclosure.filename.replace("=?", "=_"));
    head.extend(content_type(&disposition, "Content-Disposition"));
    head.extend(b"Content-Transfer-Encoding: base64\r\n\r\n");
    pieces.extend([Piece::Text(head), Piece::Encoded(&enclosure.content)]);
}

/// `multipart/mixed(multipart/alternative(text, multipart/related(html, images)), files)`, without the levels that
/// would have only one part.
pub(super) fn body(message: &Outgoing) -> Entity<'_> {
    let has_html = message.html.is_some();
    let is_inline = |enclosure: &&Enclosure| has_html && enclosure.content_id.is_some();
    let (inline, files): (Vec<_>, Vec<_>) = message.attachments.iter().partition(is_inline);
    let html = message.html.as_deref().map(|html| {
        let images = inline.into_iter().map(Entity::File);
        Entity::group(
            "multipart/related",
            std::iter::once(Entity::text("text/html", html)).chain(images).collect(),
        )
    });
    let text = message.text.as_deref().map(|text| Entity::text("text/plain", text));
    let mut texts: Vec<Entity<'_>> = text.into_iter().chain(html).collect();
    if texts.is_empty() {
        texts.push(Entity::text("text/plain", ""));
    }
    let content = Entity::group("multipart/alternative", texts);
    let all = std::iter::once(content).chain(files.into_iter().map(Entity::File));
    Entity::group("multipart/mixed", all.collect())
}

/// Turns every line end into CRLF.
fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}
