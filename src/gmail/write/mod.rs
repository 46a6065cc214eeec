//! Composes outgoing messages (RFC 5322) with a library.
//!
//! mail-builder writes ids and content types unchanged, so every value for a header is checked first ([`gate`]). It
//! writes the header ([`mod@head`]) and the texts. Files are encoded in their place while the message is read
//! ([`Layout`]), so they are never held in memory.

mod entity;
mod head;
mod layout;

use std::io::{self, Write};

use mail_builder::headers::Header;
use serde::{Deserialize, Serialize};

use self::{entity::body, head::head};
pub(crate) use self::{
    entity::{Entity, content_type, rendered},
    head::{address_list, subject_header},
    layout::{Layout, Piece},
};
use super::enclosure::{Content, Enclosure, check_filename, check_type};
use crate::{
    address::Address,
    characters::breaks_header,
    problem::{Code, Problem, Result},
};

/// The header by which a message is found again if it is not known whether it was sent.
pub(crate) const ID_HEADER: &str = "X-Mcs-Gmail-Id";

/// RFC 5322 2.1.1, without the line end.
const MAX_LINE: usize = 998;
const MAX_ID: usize = 900;
/// The end of the year 9999, since a Date header has four digits for the year.
const LAST_SECOND: i64 = 253_402_300_799;

/// A complete message, ready to be composed. Ids are without `<>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outgoing {
    /// If absent, Gmail uses the account's address.
    pub(crate) from: Option<Address>,
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    /// Written as a header, which Gmail removes before delivery: its API has no other way to name these recipients.
    pub(crate) bcc: Vec<Address>,
    pub(crate) reply_to: Vec<Address>,
    pub(crate) subject: String,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) attachments: Vec<Enclosure>,
    pub(crate) message_id: String,
    pub(crate) in_reply_to: Option<String>,
    pub(crate) references: Vec<String>,
    /// Seconds since the epoch.
    pub(crate) date: i64,
    /// The value of [`ID_HEADER`].
    pub(crate) lookup_id: String,
}

/// The addresses that a message goes to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recipients {
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
    pub(crate) bcc: Vec<String>,
}

impl Outgoing {
    pub(crate) fn recipients(&self) -> Vec<Address> {
        [&self.to, &self.cc, &self.bcc].into_iter().flatten().cloned().collect()
    }

    /// Everyone to whom the message leads, for the policy: its recipients, and those who get the replies.
    pub(crate) fn addressed(&self) -> Vec<Address> {
        [&self.to, &self.cc, &self.bcc, &self.reply_to].into_iter().flatten().cloned().collect()
    }

    /// The recipients by header, for results.
    pub(crate) fn recipient_lists(&self) -> Recipients {
        let emails = |list: &[Address]| list.iter().map(Address::email).collect();
        Recipients { to: emails(&self.to), cc: emails(&self.cc), bcc: emails(&self.bcc) }
    }
}

/// Checks that a message can be sent: it has a recipient, which a draft does not need, and valid values.
pub(crate) fn gate(message: &Outgoing) -> Result<()> {
    if message.to.is_empty() && message.cc.is_empty() && message.bcc.is_empty() {
        return Err(no_recipient().hint("Give at least one of to, cc and bcc."));
    }
    check_values(message)
}

pub(crate) fn no_recipient() -> Problem {
    Problem::usage("the message has no recipient")
}

/// Checks all values but the addresses, since an [`Address`] is always valid.
fn check_values(message: &Outgoing) -> Result<()> {
    check_subject(&message.subject)?;
    check_id("Message-ID", &message.message_id)?;
    check_id(ID_HEADER, &message.lookup_id)?;
    message.in_reply_to.iter().try_for_each(|id| check_id("In-Reply-To", id))?;
    message.references.iter().try_for_each(|id| check_id("References", id))?;
    let written = |one: &&Enclosure| !matches!(one.content, Content::Entity(_));
    for enclosure in message.attachments.iter().filter(written) {
        check_filename(&enclosure.filename)?;
        check_type(&enclosure.mime_type)?;
        enclosure.content_id.iter().try_for_each(|id| check_id("Content-ID", id))?;
    }
    if !(0..=LAST_SECOND).contains(&message.date) {
        return Err(Problem::usage(format!("{} is not a valid time for a Date header", message.date))
            .hint("Set the clock of this machine."));
    }
    check_body("text body", message.text.as_deref())?;
    check_body("HTML body", message.html.as_deref())
}

pub(crate) fn check_subject(subject: &str) -> Result<()> {
    if subject.chars().any(breaks_header) {
        return Err(Problem::usage("subject: contains a line break or a control character")
            .hint("Write the subject as one line and put the rest into the body."));
    }
    let mut encoded = Vec::new();
    subject_header(subject).write_header(&mut encoded, "Subject: ".len());
    if encoded.len() > MAX_LINE {
        return Err(Problem::usage(format!(
            "subject: {} bytes when encoded, more than the limit of {MAX_LINE}",
            encoded.len()
        ))
        .hint("Shorten the subject and put the rest into the body."));
    }
    Ok(())
}

/// An id is one word of printable ASCII without brackets.
fn check_id(header: &str, id: &str) -> Result<()> {
    if is_id(id) {
        return Ok(());
    }
    Err(Problem::usage(format!("{header}: invalid id {:?}", id.get(..80).unwrap_or(id)))
        .hint("Use one word of printable ASCII characters without < and >, such as 1a2b@example.com."))
}

pub(crate) fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

pub(crate) fn check_body(what: &str, body: Option<&str>) -> Result<()> {
    if body.is_some_and(|body| body.contains('\0')) {
        return Err(Problem::usage(format!("the {what} contains a NUL character"))
            .hint("Send binary content as an attachment."));
    }
    Ok(())
}

/// The whole message in memory, for a small message and for a dry run.
pub(crate) fn compose(message: &Outgoing) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_to(message, &mut bytes)?;
    Ok(bytes)
}

pub(crate) fn write_to(message: &Outgoing, mut output: impl Write) -> Result<()> {
    let layout = lay_out(message)?;
    let copied = io::copy(&mut layout.reader(), &mut output);
    copied.map_err(|error| failed("write", &error))?;
    Ok(())
}

fn failed(what: &str, error: &io::Error) -> Problem {
    Problem::new(Code::Failed, format!("cannot {what} the message: {error}"))
        .hint("Check the attached files, then run the same command again.")
}

/// Checks a message and lays it out. The layout knows its length, and its bytes can be read more than once.
pub(crate) fn lay_out(message: &Outgoing) -> Result<Layout<'_>> {
    check_values(message)?;
    let mut pieces = vec![Piece::Text(head(message))];
    body(message).write_to(&mut pieces);
    Layout::of(pieces)
}

/// A new Message-ID at the sender's domain, without `<>`.
pub(crate) fn new_message_id(domain: &str, random: [u8; 16]) -> String {
    format!("{:032x}@{domain}", u128::from_be_bytes(random))
}

#[cfg(test)]
mod tests;
