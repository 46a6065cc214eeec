//! Composes outgoing messages (RFC 5322) with a library.
//!
//! mail-builder writes ids and content types unchanged, so every value for a header is checked first
//! ([`gate`]). The library builds the message with a marker in place of each enclosure. The files are encoded in
//! their place while the message is read ([`Layout`]), so they are never held in memory.

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
    address::{Address, has_at},
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
    /// Headers of a draft that are kept as they are.
    pub(crate) other_headers: Vec<(String, String)>,
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
    for enclosure in &message.attachments {
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

fn check_subject(subject: &str) -> Result<()> {
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

fn check_body(what: &str, body: Option<&str>) -> Result<()> {
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
    let marker = make_boundary("-");
    let skeleton = skeleton(message, &marker).write_to_string().map_err(|error| failed("build", &error))?;
    let (inline, mixed) = enclosures(message);
    let mut texts = skeleton.split(&marker);
    let mut pieces: Vec<Piece<'_>> = texts.next().map(Piece::text).into_iter().collect();
    for (enclosure, text) in inline.into_iter().chain(mixed).zip(texts) {
        pieces.extend([Piece::Encoded(&enclosure.content), Piece::text(text)]);
    }
    let layout = Layout { pieces };
    match layout.len() {
        len if len > MAX_MESSAGE => Err(too_large("the message", len)),
        _ => Ok(layout),
    }
}

/// A message whose enclosures are encoded when it is read.
pub(crate) struct Layout<'a> {
    pieces: Vec<Piece<'a>>,
}

enum Piece<'a> {
    Text(String),
    Bytes(&'a [u8]),
    Encoded(&'a Content),
}

impl Piece<'_> {
    fn text(text: &str) -> Self {
        Piece::Text(text.to_owned())
    }

    fn len(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Encoded(content) => content.encoded_len(),
        }
    }

    fn reader(&self) -> Box<dyn Read + '_> {
        match self {
            Piece::Text(text) => Box::new(text.as_bytes()),
            Piece::Bytes(bytes) => Box::new(*bytes),
            Piece::Encoded(content) => Box::new(content.encoded()),
        }
    }
}

impl<'a> Layout<'a> {
    /// A message that is complete as it is.
    pub(crate) fn of_bytes(raw: &'a [u8]) -> Self {
        Layout { pieces: vec![Piece::Bytes(raw)] }
    }
}

impl Layout<'_> {
    /// The length in bytes, for a Content-Length header.
    pub(crate) fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Reads the message from its first byte. The bytes are the same each time, unless a file changed, which is an
    /// error.
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

/// The message with `marker` in place of the content of each enclosure.
fn skeleton<'a>(message: &'a Outgoing, marker: &'a str) -> MessageBuilder<'a> {
    let mut headers: Vec<(&str, HeaderType<'a>)> = Vec::new();
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
    let others = message.other_headers.iter();
    headers.extend(others.map(|(name, value)| (name.as_str(), Raw::new(value.as_str()).into())));
    headers
        .into_iter()
        .fold(MessageBuilder::new(), |message, (name, value)| message.header(name.to_owned(), value))
        .body(body(message, marker))
}

/// A name with an @ is left out: some programs read an address in a name as one more recipient.
fn mailbox(address: &Address) -> address::Address<'static> {
    let name = address.name().filter(|name| !has_at(name));
    address::Address::new_address(name.map(literal), address.email())
}

fn subject_header(subject: &str) -> Text<'static> {
    Text::new(literal(subject.trim()))
}

/// Text that looks like an encoded word must itself be encoded, or the recipient's program would decode it. The
/// library encodes it if it ends with a space, which mail programs remove.
fn literal(text: &str) -> String {
    if text.contains("=?") { format!("{text} ") } else { text.to_owned() }
}

/// `multipart/mixed(multipart/alternative(text, multipart/related(html, images)), files)`, without the levels that
/// would have only one part.
fn body<'a>(message: &'a Outgoing, marker: &'a str) -> MimePart<'a> {
    let (inline, mixed) = enclosures(message);
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

/// The images that the HTML body shows, and all other enclosures, in the order in which they are written.
fn enclosures(message: &Outgoing) -> (Vec<&Enclosure>, Vec<&Enclosure>) {
    let has_html = message.html.is_some();
    message.attachments.iter().partition(|enclosure| has_html && enclosure.content_id.is_some())
}

fn part<'a>(enclosure: &'a Enclosure, marker: &'a str) -> MimePart<'a> {
    let mut kind = ContentType::new(enclosure.wire_type());
    if let Some(charset) = enclosure.charset() {
        kind = kind.attribute("charset", charset);
    }
    let disposition = match enclosure.content_id {
        Some(_) => ContentType::new("inline"),
        None => ContentType::new("attachment"),
    };
    // Mail programs decode an encoded word here as well, and a space at the end would not prevent it.
    let disposition = disposition.attribute("filename", enclosure.filename.replace("=?", "=_"));
    let mut part = MimePart::new(kind, BodyPart::Binary(marker.as_bytes().into()));
    if let Some(id) = &enclosure.content_id {
        part = part.cid(id);
    }
    part.header("Content-Disposition", disposition).transfer_encoding("base64")
}

/// Turns every line end into CRLF.
fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// A new Message-ID at the sender's domain, without `<>`.
pub(crate) fn new_message_id(domain: &str, random: [u8; 16]) -> String {
    format!("{:032x}@{domain}", u128::from_be_bytes(random))
}

#[cfg(test)]
mod tests;
