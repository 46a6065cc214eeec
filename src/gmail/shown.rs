//! A message that this program composed, as a person reads it before it is sent.

use mail_parser::{MessageParser, MimeHeaders};

use super::{drafts::head_of, write::Outgoing};

pub(crate) struct Shown {
    /// Addresses and subject.
    pub(crate) head: Outgoing,
    pub(crate) text: String,
    /// The names of the files and their sizes in bytes.
    pub(crate) files: Vec<(String, usize)>,
}

/// What an RFC 5322 text says.
pub(crate) fn shown(raw: &str) -> Shown {
    let parsed = MessageParser::default().parse(raw.as_bytes());
    let text = parsed.as_ref().and_then(|message| message.body_text(0)).unwrap_or_default();
    let files = parsed.iter().flat_map(|message| message.attachments()).map(|part| {
        let name = part.attachment_name().unwrap_or("a message");
        (name.to_owned(), part.contents().len())
    });
    Shown { head: head_of(raw.as_bytes()), text: text.replace("\r\n", "\n"), files: files.collect() }
}
