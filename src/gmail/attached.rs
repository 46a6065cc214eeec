//! Messages and texts that are attached to a message.

use base64::{Engine, prelude::BASE64_URL_SAFE};
use serde_json::Value;

use super::{
    Gmail, id_of, incomplete,
    messages::named,
    read::{self, Attached, Attachment, AttachmentRow, BodyKind, ReadOptions},
};
use crate::{
    phrase::phrase,
    problem::{Problem, Result},
    spec::{TEXT, ToolId},
    spelling::{command, set},
    url::segment,
};

impl Gmail<'_> {
    /// A message that is attached to another one, as a person sees it.
    pub(crate) fn attached_message(
        &self,
        id: &str,
        part_id: &str,
        options: &ReadOptions,
    ) -> Result<read::Message> {
        let path = format!("/messages/{}", segment(id));
        let outer = self.get(&path, &[("format", "full")]).map_err(|p| named(p, id))?;
        id_of(&outer)?;
        let attached = read::attached(&outer, part_id).ok_or_else(|| no_part(id, part_id))?;
        let mut inner = match attached {
            Attached { message: Some(message), .. } if options.body != BodyKind::Raw => message,
            Attached { file, .. } if file.is_message() => self.opened(id, &file, options)?,
            _ => return Err(no_message(part_id)),
        };
        if let Some(members) = inner.as_object_mut() {
            members.insert("id".to_owned(), id.into());
            members.insert("threadId".to_owned(), outer.get("threadId").cloned().unwrap_or_default());
        }
        self.complete(&mut inner, options)?;
        let message = read::message(&inner, options);
        Ok(read::Message { part_id: Some(part_id.to_owned()), ..message })
    }

    /// The resource of a message that is attached as a file.
    fn opened(&self, id: &str, file: &Attachment, options: &ReadOptions) -> Result<Value> {
        let bytes = read::bytes(&self.content(id, file)?);
        let mut resource = read::message_resource(&bytes);
        if options.body == BodyKind::Raw
            && let Some(members) = resource.as_object_mut()
        {
            members.insert("raw".to_owned(), BASE64_URL_SAFE.encode(&bytes).into());
        }
        Ok(resource)
    }

    /// The row of an attachment with its text, of at most `most` characters.
    pub(crate) fn with_text(
        &self,
        id: &str,
        attachment: &Attachment,
        row: AttachmentRow,
        most: Option<usize>,
    ) -> Result<AttachmentRow> {
        let text = match attachment.is_text() {
            true => attachment.text(&self.content(id, attachment)?, most),
            false => None,
        };
        Ok(row.with_text(text))
    }

    /// The content of an attachment in base64url.
    fn content(&self, id: &str, attachment: &Attachment) -> Result<String> {
        match (&attachment.data, &attachment.attachment_id) {
            (Some(data), _) => Ok(data.clone()),
            (None, Some(attachment_id)) => self.attachment(id, attachment_id),
            (None, None) if attachment.size == 0 => Ok(String::new()),
            (None, None) => Err(incomplete()),
        }
    }
}

fn no_part(id: &str, part_id: &str) -> Problem {
    Problem::not_found(format!("message {id} has no part \"{part_id}\"")).hint(phrase![
        "List its attachments with ",
        command(ToolId::SaveAttachments),
        "."
    ])
}

fn no_message(part_id: &str) -> Problem {
    Problem::usage(format!("part {part_id} is not a message")).hint(phrase![
        "Use ",
        command(ToolId::SaveAttachments),
        " with ",
        set(&TEXT),
        " for the text of other files."
    ])
}
