//! The attachments of a received message: how they are listed.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Truncated,
    classify::{Unit, body_parts, files},
    counts, name, named,
    part::Part,
};
use crate::gmail::html::Removed;

/// Messages within messages below this depth are not opened.
const DEEPEST: usize = 32;

/// One file in a message. Its bytes are in `data` (base64url), or are fetched with `attachment_id`, which is
/// valid only for this fetch of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) part_id: String,
    pub(crate) attachment_id: Option<String>,
    pub(crate) data: Option<String>,
    /// Without directories, and never empty.
    pub(crate) filename: String,
    pub(crate) mime_type: String,
    pub(crate) size: u64,
    /// Shown within the body.
    pub(crate) inline: bool,
    pub(crate) content_id: Option<String>,
    /// Of a text, as the sender declares it.
    pub(super) charset: Option<String>,
    /// The attached message that it is in.
    pub(crate) within: Option<String>,
    /// What was removed from its name.
    pub(super) removed: Removed,
}

/// An attachment as results list it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct AttachmentRow {
    pub(crate) part_id: String,
    pub(crate) filename: String,
    pub(crate) mime_type: String,
    pub(crate) size: u64,
    pub(crate) inline: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_id: Option<String>,
    /// The message that it is in, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uid: Option<String>,
    /// `saved`, or `exists` if it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    /// The file it was saved to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Of the saved bytes, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    /// The `part_id` of the attached message that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) within: Option<String>,
    /// What a person reads in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// `text`, `html_to_text`, `message`, or `none` if it is not a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) truncated: Option<Truncated>,
    /// How many characters of each kind were left out of its name and text.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) removed: Map<String, Value>,
    /// The members whose text the sender controls. Absent within a message, which lists `attachments` as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) untrusted: Vec<String>,
}

impl Attachment {
    pub(super) fn new(part: Part<'_>, number: usize, within: Option<&str>) -> Self {
        let content_id = part.content_id();
        let mut removed = Removed::default();
        let filename = name::file_name(part, number, &mut removed);
        let inline = match part.disposition().as_str() {
            "inline" => true,
            "" => content_id.is_some(),
            _ => false,
        };
        Attachment {
            part_id: part.id().to_owned(),
            attachment_id: part.attachment_id().map(str::to_owned),
            data: part.data().map(str::to_owned),
            filename,
            mime_type: part.mime(),
            size: part.size(),
            inline,
            content_id,
            charset: part.parameter("charset"),
            within: within.map(str::to_owned),
            removed,
        }
    }

    pub(crate) fn row(&self) -> AttachmentRow {
        AttachmentRow {
            part_id: self.part_id.clone(),
            filename: self.filename.clone(),
            mime_type: self.mime_type.clone(),
            size: self.size,
            inline: self.inline,
            content_id: self.content_id.clone(),
            uid: None,
            status: None,
            path: None,
            sha256: None,
            within: self.within.clone(),
            text: None,
            text_type: None,
            truncated: None,
            removed: counts(self.removed),
            untrusted: Vec::new(),
        }
    }

    /// The same as a row of its own, which names what the sender wrote.
    pub(crate) fn marked_row(&self) -> AttachmentRow {
        let content_id = self.content_id.as_deref().unwrap_or_default();
        let texts =
            [("filename", &*self.filename), ("mime_type", &*self.mime_type), ("content_id", content_id)];
        AttachmentRow { untrusted: named(&texts), ..self.row() }
    }
}

/// The files of a message, and after each attached message those in it.
pub(crate) fn attachments(message: &Value) -> Vec<Attachment> {
    let mut found = Vec::new();
    collect(Part::payload(message), None, 0, &mut found);
    found
}

fn collect(payload: Part<'_>, within: Option<&str>, depth: usize, found: &mut Vec<Attachment>) {
    for part in files(payload, Unit::Part) {
        found.push(Attachment::new(part, found.len() + 1, within));
        let is_whole = part.data().is_some() || part.attachment_id().is_some();
        if let Some(inner) = part.attached_message().filter(|_| is_whole && depth < DEEPEST) {
            collect(inner, Some(part.id()), depth + 1, found);
        }
    }
}

/// The ids of the parts that are files, and a name for those without one. A file that consists of parts, such as an
/// encrypted message, is one.
pub(crate) fn file_ids(message: &Value) -> Vec<(String, Option<String>)> {
    let files = files(Part::payload(message), Unit::Whole);
    let named = |(index, part): (usize, Part<'_>)| {
        let name = Attachment::new(part, index + 1, None).filename;
        (part.id().to_owned(), Some(name).filter(|_| part.is_leaf() || part.is_message()))
    };
    files.into_iter().enumerate().map(named).collect()
}

/// The ids of the parts that are shown as the body.
pub(crate) fn body_ids(message: &Value) -> Vec<String> {
    body_parts(Part::payload(message)).iter().map(|leaf| leaf.part.id().to_owned()).collect()
}

/// Whether a part has one of these content ids.
pub(crate) fn has_content_ids(message: &Value, ids: &[String]) -> bool {
    let mut found = false;
    Part::payload(message).walk((), |part, (), _| {
        found |= part.content_id().is_some_and(|id| ids.contains(&id));
        (!part.is_message()).then_some(())
    });
    found
}
