//! Changes to the message of a draft. What is not named stays byte for byte; what cannot be changed without a loss is
//! an error.

mod bodies;
mod cuts;
mod files;
mod header;
mod own;
mod place;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{
    enclosure::Enclosure,
    mime::Tree,
    quotation::Quote,
    read,
    write::{Layout, check_body, check_subject},
};
use crate::{
    address::Address,
    phrase::phrase,
    problem::{Problem, Result},
    spec::ToolId,
    spelling::command,
};

/// What to change. `None` and empty lists stay as they are.
#[derive(Debug, Default)]
pub(crate) struct Changes<'a> {
    pub(crate) from: Option<Address>,
    pub(crate) to: Option<&'a [Address]>,
    pub(crate) cc: Option<&'a [Address]>,
    pub(crate) bcc: Option<&'a [Address]>,
    pub(crate) reply_to: Option<&'a [Address]>,
    pub(crate) subject: Option<&'a str>,
    pub(crate) text: Option<&'a str>,
    pub(crate) html: Option<&'a str>,
    /// The files, and the images that the HTML shows.
    pub(crate) enclosures: Vec<&'a Enclosure>,
    /// Takes the place of the quoted mail.
    pub(crate) quote: Option<&'a Quote>,
}

impl Changes<'_> {
    fn changes_body(&self) -> bool {
        self.text.is_some() || self.html.is_some() || self.quote.is_some()
    }
}

/// A message with its changes, but for its new files.
#[derive(Debug)]
pub(crate) struct Revision<'a> {
    pub(crate) bytes: Vec<u8>,
    files: Vec<&'a Enclosure>,
}

impl<'a> Revision<'a> {
    pub(crate) fn new(raw: &[u8], changes: &Changes<'a>) -> Result<Revision<'a>> {
        changes.subject.iter().try_for_each(|subject| check_subject(subject))?;
        check_body("text body", changes.text)?;
        check_body("HTML body", changes.html)?;
        let (images, files): (Vec<_>, Vec<_>) =
            changes.enclosures.iter().copied().partition(|one| one.content_id.is_some());
        let mut bytes = header::changed(raw, changes)?;
        if changes.changes_body() {
            bytes = bodies::changed(&bytes, changes, &images)?;
        }
        if !files.is_empty() {
            bytes = files::without_files(&bytes)?;
        }
        Ok(Revision { bytes, files })
    }

    pub(crate) fn layout(&self) -> Result<Layout<'_>> {
        if self.files.is_empty() {
            Ok(Layout::of_bytes(&self.bytes))
        } else {
            files::with_files(&self.bytes, &self.files)
        }
    }
}

const SEALED: &str = "it is signed or encrypted";

fn is_sealed(mime: &str) -> bool {
    matches!(
        mime,
        "multipart/signed" | "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime"
    )
}

/// A message as the API would return it.
fn resource(tree: &Tree<'_>) -> Value {
    serde_json::json!({"payload": tree.payload()})
}

/// The problem if a part stands in the way of a change.
fn in_the_way(tree: &Tree<'_>, id: &str, why: &str) -> Problem {
    let part = tree.part(id).unwrap_or(tree.root());
    let resource = resource(tree);
    let named = read::attachments(&resource).into_iter().find(|file| file.part_id == id);
    let described = match named {
        Some(file) => format!("{:?} ({})", file.filename, part.mime()),
        None if id.is_empty() => part.mime().to_owned(),
        None => format!("part {id} ({})", part.mime()),
    };
    Problem::usage(format!("cannot change this part of the draft: {why}"))
        .hint(phrase![
            "Change this draft in Gmail, or write it again with ",
            command(ToolId::CreateDraft),
            "."
        ])
        .detail("part", described)
}
