//! What a draft would lose if it were written anew: parts and headers that an [`Outgoing`](super::write::Outgoing)
//! cannot represent. A draft that would lose something is not changed.

use mail_parser::{ContentType, Message, MessagePart, MimeHeaders, PartType};

use super::recipients::{Field, fields, raw_addresses};
use crate::{
    address::{Address, account_for},
    characters::breaks_header,
    phrase::phrase,
    problem::{Problem, Result},
    spec::ToolId,
    spelling::command,
};

/// The headers that are written anew.
const WRITTEN: [&str; 14] = [
    "from",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "x-mcs-gmail-id",
];
/// The longest header that is kept, in bytes.
const MAX_KEPT: usize = 900;

/// What of a draft is not replaced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) to: bool,
    pub(crate) cc: bool,
    pub(crate) bcc: bool,
    pub(crate) reply_to: bool,
    pub(crate) from: bool,
    pub(crate) bodies: bool,
    pub(crate) attachments: bool,
}

/// The headers that are kept as they are, or the problem if anything else would be lost.
pub(super) fn kept_headers(raw: &[u8], message: &Message<'_>, kept: Kept) -> Result<Vec<(String, String)>> {
    let fields = fields(raw).map_err(|why| would_lose(&format!("its headers: {why}")))?;
    check_addresses(raw, &fields, kept).map_err(|name| would_lose(&format!("its {name} header")))?;
    check_parts(message, kept).map_err(|part| would_lose(&part))?;
    let others = fields.iter().filter(|field| !is_written(field.name));
    others
        .map(|field| kept_header(field).ok_or_else(|| would_lose(&format!("its {} header", field.name))))
        .collect()
}

fn would_lose(what: &str) -> Problem {
    Problem::usage(format!("the update would lose a part of the draft: {what}"))
        .hint(phrase![
            "Change this draft in Gmail, or write it again with ",
            command(ToolId::CreateDraft),
            "."
        ])
        .detail("part", what)
}

fn is_written(name: &str) -> bool {
    WRITTEN.iter().any(|written| written.eq_ignore_ascii_case(name))
}

fn kept_header(field: &Field<'_>) -> Option<(String, String)> {
    let value = std::str::from_utf8(&field.value).ok()?;
    let lines: Vec<&str> = value.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let value = lines.join(" ");
    let fits = value.len() <= MAX_KEPT && !value.chars().any(|c| c != '\t' && breaks_header(c));
    fits.then(|| (field.name.to_owned(), value))
}

/// The name of an address header that is kept and cannot be read completely.
fn check_addresses(raw: &[u8], fields: &[Field<'_>], kept: Kept) -> Result<(), String> {
    let lists = [
        ("To", kept.to),
        ("Cc", kept.cc),
        ("Bcc", kept.bcc),
        ("Reply-To", kept.reply_to),
        ("From", kept.from),
    ];
    for (name, _) in lists.into_iter().filter(|(_, kept)| *kept) {
        let named = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        let strict: Result<Vec<Vec<Address>>, _> = named.map(|field| account_for(&field.value)).collect();
        let emails = |list: Vec<Address>| list.iter().map(Address::email).collect::<Vec<_>>();
        let complete = strict.is_ok_and(|lists| emails(lists.concat()) == emails(raw_addresses(raw, name)));
        if !complete || (name == "From" && raw_addresses(raw, name).len() > 1) {
            return Err(name.to_owned());
        }
    }
    Ok(())
}

/// The description of a part that would be lost.
fn check_parts(message: &Message<'_>, kept: Kept) -> Result<(), String> {
    let is_attached = |index: usize| message.attachments.iter().any(|at| *at as usize == index);
    for (index, part) in message.parts.iter().enumerate() {
        let is = |list: &[u32]| list.first().is_some_and(|first| *first as usize == index);
        let (replaced, flaw) = match &part.body {
            PartType::Multipart(children) => {
                (false, check_group(part, children.iter().any(|child| is_attached(*child as usize))))
            }
            PartType::Text(_) if is(&message.text_body) => (!kept.bodies, check_body(part)),
            PartType::Html(_) if is(&message.html_body) => (!kept.bodies, check_body(part)),
            _ if is_attached(index) && index > 0 => (!kept.attachments, check_attachment(part)),
            _ => (false, Err("its place in the message")),
        };
        if let Err(why) = flaw
            && !replaced
        {
            return Err(described(part, why));
        }
    }
    Ok(())
}

/// A group with files in it must not be one of alternatives: files are written beside the text.
fn check_group(part: &MessagePart<'_>, has_files: bool) -> Result<(), &'static str> {
    let subtype = part.content_type().and_then(ContentType::subtype).unwrap_or_default();
    match subtype.to_ascii_lowercase().as_str() {
        "mixed" | "related" => Ok(()),
        "alternative" if !has_files => Ok(()),
        _ => Err("its structure"),
    }
}

fn check_body(part: &MessagePart<'_>) -> Result<(), &'static str> {
    let kind = part.content_type();
    let plain = kind.is_none_or(|kind| {
        kind.subtype().is_some_and(|s| s.eq_ignore_ascii_case("plain") || s.eq_ignore_ascii_case("html"))
    });
    if !plain {
        return Err("its type");
    }
    if part.is_encoding_problem { Err("its encoding") } else { Ok(()) }
}

fn check_attachment(part: &MessagePart<'_>) -> Result<(), &'static str> {
    if part.message().is_some() {
        return Err("it is an attached message");
    }
    if part.is_encoding_problem {
        return Err("its encoding");
    }
    let attributes = part.content_type().and_then(ContentType::attributes).unwrap_or_default();
    for attribute in attributes {
        match attribute.name.to_ascii_lowercase().as_str() {
            "name" | "x-unix-mode" => {}
            "charset"
                if is_utf8(&attribute.value)
                    || !matches!(part.body, PartType::Text(_) | PartType::Html(_)) => {}
            "charset" => return Err("its charset"),
            _ => return Err("the parameters of its type"),
        }
    }
    if matches!(&part.body, PartType::Text(text) | PartType::Html(text) if text.contains('\u{fffd}')) {
        return Err("its charset");
    }
    let known = ["type", "disposition", "transfer-encoding", "id"];
    let lost = part.headers.iter().filter_map(|header| {
        header.name.as_str().get(8..).filter(|_| {
            header.name.as_str().get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"))
        })
    });
    let mut lost = lost.filter(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(name)));
    if lost.next().is_some() { Err("its headers") } else { Ok(()) }
}

fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("us-ascii")
}

fn described(part: &MessagePart<'_>, why: &str) -> String {
    let kind = part.content_type().map_or_else(
        || "text/plain".to_owned(),
        |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()),
    );
    match part.attachment_name() {
        Some(name) => format!("{name:?} ({kind}, {why})"),
        None => format!("a part of type {kind} ({why})"),
    }
}
