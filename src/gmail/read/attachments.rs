//! The attachments of a received message: how they are listed.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    classify::{Unit, files},
    counts, name, named,
    part::Part,
};
use crate::gmail::html::Removed;

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
    /// The file it was saved to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Of the saved bytes, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    /// How many characters of each kind were left out of its name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) removed: Map<String, Value>,
    /// The members whose text the sender controls. Absent within a message, which lists `attachments` as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) untrusted: Vec<String>,
}

impl Attachment {
    fn new(part: Part<'_>, number: usize) -> Self {
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
            path: None,
            sha256: None,
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

/// The files of a message.
pub(crate) fn attachments(message: &Value) -> Vec<Attachment> {
    let files = files(Part::payload(message), Unit::Part);
    files.into_iter().enumerate().map(|(index, part)| Attachment::new(part, index + 1)).collect()
}

/// The ids of the parts that are files. A file that consists of parts, such as an encrypted message, is one.
pub(crate) fn file_ids(message: &Value) -> Vec<String> {
    files(Part::payload(message), Unit::Whole).into_iter().map(|part| part.id().to_owned()).collect()
}
