//! Outgoing messages: RFC 5322 by a library, behind one gate.
//!
//! mail-builder writes ids and content types as they are, so everything bound for a header passes [`gate`] first.
//! The library lays out the message around a marker per attachment; the files are encoded in between while the
//! message is read ([`Layout`]), so the size of an attachment is known but never held in memory.

use std::io::{self, Read, Write};

use mail_builder::{
    MessageBuilder,
    headers::{
        Header, HeaderType, address, content_type::ContentType, date::Date, message_id::MessageId, raw::Raw,
        text::Text,
    },
    mime::{BodyPart, MimePart, make_boundary},
};
use serde::{Deserialize, Serialize};

use super::enclosure::{Content, Enclosure, MAX_MESSAGE, check_filename, check_type, too_large};
use crate::{
    address::{Address, breaks_header},
    problem::{Code, Problem, Result},
};

/// The header by which a message of ours is found again when the outcome of a send is unknown.
pub(crate) const ID_HEADER: &str = "X-Mcs-Gmail-Id";

/// RFC 5322 2.1.1, without the line end.
const MAX_LINE: usize = 998;
const MAX_ID: usize = 900;
/// The end of the year 9999: a Date header has four digits for it.
const LAST_SECOND: i64 = 253_402_300_799;

/// A message to be written. Ids are without their `<>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outgoing {
    /// Without it Gmail puts the account's address.
    pub(crate) from: Option<Address>,
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    /// Written as a header: Gmail has no other way to name them, and removes it for the recipients.
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
    /// Every recipient, for the policy.
    pub(crate) fn recipients(&self) -> Vec<Address> {
        [&self.to, &self.cc, &self.bcc].into_iter().flatten().cloned().collect()
    }

    /// The recipients by header, for results.
    pub(crate) fn recipient_lists(&self) -> Recipients {
        let emails = |list: &[Address]| list.iter().map(Address::email).collect();
        Recipients { to: emails(&self.to), cc: emails(&self.cc), bcc: emails(&self.bcc) }
    }
}

/// Whether a message may be sent: everything [`lay_out`] checks, and that it has a recipient (a draft needs none).
pub(crate) fn gate(message: &Outgoing) -> Result<()> {
    if message.to.is_empty() && message.cc.is_empty() && message.bcc.is_empty() {
        return Err(
            Problem::usage("the message has no recipient").hint("Give at least one of to, cc and bcc.")
        );
    }
    check_values(message)
}

/// Addresses need no check here: an [`Address`] is clean or does not exist.
fn check_values(message: &Outgoing) -> Result<()> {
    check_subject(&message.subject)?;
    check_id("Message-ID", &message.message_id)?;
    check_id(ID_HEADER, &message.lookup_id)?;
    message.in_reply_to.iter().try_for_each(|id| check_id("In-Reply-To", id))?;
    message.references.iter().try_for_each(|id| check_id("References", id))?;
    for attachment in &message.attachments {
        check_filename(&attachment.filename)?;
        check_type(&attachment.mime_type)?;
        attachment.content_id.iter().try_for_each(|id| check_id("Content-ID", id))?;
    }
    if !(0..=LAST_SECOND).contains(&message.date) {
        return Err(Problem::usage(format!("{} is no time for a Date header", message.date)));
    }
    check_body("text body", message.text.as_deref())?;
    check_body("HTML body", message.html.as_deref())
}

fn check_subject(subject: &str) -> Result<()> {
    if subject.chars().any(breaks_header) {
        return Err(Problem::usage("subject: it holds a line break or a control character")
            .hint("Write the subject as one line and put the rest into the body."));
    }
    let mut encoded = Vec::new();
    subject_header(subject).write_header(&mut encoded, "Subject: ".len());
    if encoded.len() > MAX_LINE {
        return Err(Problem::usage(format!(
            "subject: it has {} bytes when encoded, more than {MAX_LINE}",
            encoded.len()
        ))
        .hint("Shorten the subject and put the rest into the body."));
    }
    Ok(())
}

/// `<id>` must be one token: visible ASCII without brackets.
fn check_id(header: &str, id: &str) -> Result<()> {
    match is_id(id) {
        true => Ok(()),
        false => Err(Problem::usage(format!("{header}: {:?} is no usable id", id.get(..80).unwrap_or(id)))
            .hint(
                "An id is one word of visible ASCII characters without < and >, such as 1a2b@example.com.",
            )),
    }
}

pub(crate) fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

fn check_body(what: &str, body: Option<&str>) -> Result<()> {
    match body.is_some_and(|body| body.contains('\0')) {
        true => Err(Problem::usage(format!("the {what} holds a NUL character"))
            .hint("Send binary content as an attachment.")),
        false => Ok(()),
    }
}

/// The whole message in memory, for the JSON form of a small send.
pub(crate) fn compose(message: &Outgoing) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_to(message, &mut bytes)?;
    Ok(bytes)
}

pub(crate) fn write_to(message: &Outgoing, mut output: impl Write) -> Result<()> {
    let layout = lay_out(message)?;
    let copied = io::copy(&mut layout.reader(), &mut output);
    copied.map_err(|error| failed("written", &error))?;
    Ok(())
}

fn failed(what: &str, error: &io::Error) -> Problem {
    Problem::new(Code::Failed, format!("the message could not be {what}: {error}"))
}

/// Checks the message and lays it out: from here its length is known and its bytes can be read as often as needed.
pub(crate) fn lay_out(message: &Outgoing) -> Result<Layout<'_>> {
    check_values(message)?;
    let marker = make_boundary("-");
    let skeleton = skeleton(message, &marker).write_to_string().map_err(|error| failed("built", &error))?;
    let (inline, mixed) = attachments(message);
    let mut texts = skeleton.split(&marker);
    let mut pieces: Vec<Piece<'_>> = texts.next().map(Piece::text).into_iter().collect();
    for (attachment, text) in inline.into_iter().chain(mixed).zip(texts) {
        pieces.extend([Piece::Encoded(&attachment.content), Piece::text(text)]);
    }
    let layout = Layout { pieces };
    match layout.len() {
        len if len > MAX_MESSAGE => Err(too_large("the message", len)),
        _ => Ok(layout),
    }
}

/// A message whose attachments are still to be encoded.
pub(crate) struct Layout<'a> {
    pieces: Vec<Piece<'a>>,
}

enum Piece<'a> {
    Text(String),
    Encoded(&'a Content),
}

impl Piece<'_> {
    fn text(text: &str) -> Self {
        Piece::Text(text.to_owned())
    }

    fn len(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Encoded(content) => content.encoded_len(),
        }
    }

    fn reader(&self) -> Box<dyn Read + '_> {
        match self {
            Piece::Text(text) => Box::new(text.as_bytes()),
            Piece::Encoded(content) => Box::new(content.encoded()),
        }
    }
}

impl Layout<'_> {
    /// The number of bytes that [`Layout::reader`] gives: the Content-Length.
    pub(crate) fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// The message from its first byte. Every call gives the same bytes, or fails because a file has changed.
    pub(crate) fn reader(&self) -> impl Read + '_ {
        Pieces { rest: self.pieces.iter(), current: Box::new(io::empty()) }
    }
}

struct Pieces<'a> {
    rest: std::slice::Iter<'a, Piece<'a>>,
    current: Box<dyn Read + 'a>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let read = self.current.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            match self.rest.next() {
                Some(piece) => self.current = piece.reader(),
                None => return Ok(0),
            }
        }
    }
}

/// The message with `marker` where the text of an attachment belongs.
fn skeleton<'a>(message: &'a Outgoing, marker: &'a str) -> MessageBuilder<'a> {
    let mut headers: Vec<(&'static str, HeaderType<'a>)> = Vec::new();
    headers.extend(message.from.as_ref().map(|from| ("From", mailbox(from).into())));
    let lists =
        [("To", &message.to), ("Cc", &message.cc), ("Bcc", &message.bcc), ("Reply-To", &message.reply_to)];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let list = list.iter().map(mailbox).collect();
        headers.push((name, address::Address::new_list(list).into()));
    }
    headers.push(("Subject", subject_header(&message.subject).into()));
    headers.push(("Date", Date::new(message.date).into()));
    headers.push(("Message-ID", MessageId::new(&message.message_id).into()));
    headers.extend(message.in_reply_to.as_ref().map(|id| ("In-Reply-To", MessageId::new(id).into())));
    if !message.references.is_empty() {
        headers.push(("References", MessageId::new_list(message.references.iter()).into()));
    }
    headers.push((ID_HEADER, Raw::new(&message.lookup_id).into()));
    headers
        .into_iter()
        .fold(MessageBuilder::new(), |message, (name, value)| message.header(name, value))
        .body(body(message, marker))
}

fn mailbox(address: &Address) -> address::Address<'static> {
    address::Address::new_address(address.name().map(literal), address.email())
}

fn subject_header(subject: &str) -> Text<'static> {
    Text::new(literal(subject.trim()))
}

/// Text that looks like an encoded word must be encoded itself, or it would be decoded at the other end. The
/// library does so for a text with a blank at its end, which readers drop.
fn literal(text: &str) -> String {
    match text.contains("=?") {
        true => format!("{text} "),
        false => text.to_owned(),
    }
}

/// multipart/mixed of ( multipart/alternative of ( plain, multipart/related of ( html, images ) ), attachments ),
/// each level only where it has more than one part.
fn body<'a>(message: &'a Outgoing, marker: &'a str) -> MimePart<'a> {
    let (inline, mixed) = attachments(message);
    let attached =
        |list: Vec<&'a Enclosure>| list.into_iter().map(|one| part(one, marker)).collect::<Vec<_>>();
    let text = message.text.as_deref().map(|text| MimePart::new("text/plain", with_crlf(text)));
    let html = message.html.as_deref().map(|html| {
        let html = MimePart::new("text/html", with_crlf(html));
        group("multipart/related", html, attached(inline))
    });
    let content = match (text, html) {
        (Some(text), Some(html)) => group("multipart/alternative", text, vec![html]),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => MimePart::new("text/plain", ""),
    };
    group("multipart/mixed", content, attached(mixed))
}

fn group<'a>(kind: &'static str, first: MimePart<'a>, rest: Vec<MimePart<'a>>) -> MimePart<'a> {
    if rest.is_empty() {
        return first;
    }
    let parts: Vec<_> = std::iter::once(first).chain(rest).collect();
    MimePart::new(kind, parts)
}

/// Images that the HTML body shows, and all the rest; in the order in which the message holds them.
fn attachments(message: &Outgoing) -> (Vec<&Enclosure>, Vec<&Enclosure>) {
    let has_html = message.html.is_some();
    message.attachments.iter().partition(|attachment| has_html && attachment.content_id.is_some())
}

fn part<'a>(attachment: &'a Enclosure, marker: &'a str) -> MimePart<'a> {
    let mut kind = ContentType::new(attachment.wire_type());
    if let Some(charset) = attachment.charset() {
        kind = kind.attribute("charset", charset);
    }
    let disposition = match attachment.content_id {
        Some(_) => ContentType::new("inline"),
        None => ContentType::new("attachment"),
    };
    // Readers decode what looks like an encoded word here too, and no blank could prevent it.
    let disposition = disposition.attribute("filename", attachment.filename.replace("=?", "=_"));
    let mut part = MimePart::new(kind, BodyPart::Binary(marker.as_bytes().into()));
    if let Some(id) = &attachment.content_id {
        part = part.cid(id);
    }
    part.header("Content-Disposition", disposition).transfer_encoding("base64")
}

/// Every kind of line end becomes CRLF.
fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// A new id at the sender's domain, without `<>`.
pub(crate) fn new_message_id(domain: &str, random: [u8; 16]) -> String {
    format!("{:032x}@{domain}", u128::from_be_bytes(random))
}

#[cfg(test)]
mod tests;
