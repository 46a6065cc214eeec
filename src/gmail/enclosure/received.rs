//! Parts of a message that are sent on. The bytes, the type with its parameters and the name stay as they were written.

use mail_builder::headers::content_type::ContentType;

use super::{Content, Enclosure};
use crate::{
    characters::clean_line,
    gmail::{
        mime::{Field, Part},
        write::{content_type, is_id},
    },
};

impl Enclosure {
    /// A part of a message. Of its header, the fields are kept that describe its content. `name` is for a part without
    /// one.
    pub(crate) fn received(part: Part<'_>, name: Option<&str>) -> Enclosure {
        Enclosure::of_part(part, name, None)
    }

    /// A part that the HTML body shows under this id.
    pub(crate) fn shown(part: Part<'_>, content_id: &str) -> Enclosure {
        Enclosure::of_part(part, None, Some(content_id))
    }

    fn of_part(part: Part<'_>, name: Option<&str>, content_id: Option<&str>) -> Enclosure {
        let mut entity = head(part, content_id);
        if let Some(name) = name.filter(|_| part.header("Content-Disposition").is_none()) {
            let disposition = ContentType::new("attachment").attribute("filename", plain_name(name));
            entity.extend(content_type(&disposition, "Content-Disposition"));
        }
        entity.extend(b"\r\n");
        match part.is_message() {
            true => entity.extend_from_slice(&part.decoded()),
            false => entity.extend_from_slice(part.body()),
        }
        Enclosure {
            filename: name.unwrap_or_default().to_owned(),
            mime_type: part.mime().to_owned(),
            content: Content::Entity(entity),
            content_id: content_id.map(str::to_owned),
        }
    }

    /// A whole message.
    pub(crate) fn message(name: &str, message: &[u8]) -> Enclosure {
        let mut entity = b"Content-Type: message/rfc822\r\n".to_vec();
        entity.extend(encoding_of(message));
        let disposition = ContentType::new("attachment").attribute("filename", plain_name(name));
        entity.extend(content_type(&disposition, "Content-Disposition"));
        entity.extend(b"\r\n");
        entity.extend_from_slice(message);
        Enclosure {
            filename: name.to_owned(),
            mime_type: "message/rfc822".to_owned(),
            content: Content::Entity(entity),
            content_id: None,
        }
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
