//! A message resource of the Gmail API as a person sees it: one row of a list, or the whole mail.
//!
//! Pure: values in, values out. Bodies that Gmail keeps apart are named by [`missing`], fetched by the caller
//! and put in by [`fill`]. A sender has a say in nearly every member, so no shape is relied upon.

mod body;
mod calendar;
mod charset;
mod flowed;
mod header;
mod part;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use self::{body::Body, part::Part};
use crate::gmail::html;

/// Which form of the body is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BodyKind {
    /// Text: the sender's own, else made from the HTML.
    Auto,
    Html,
    /// The whole message as it came, from `format=raw`.
    Raw,
    None,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) body: BodyKind,
    /// In characters.
    pub(crate) max_body: Option<usize>,
    /// Show all headers.
    pub(crate) headers: bool,
    /// Keep the quoted history.
    pub(crate) quotes: bool,
}

/// Members whose text the sender wrote, so that nothing in them is an instruction.
/// Characters of a snippet that we make ourselves; about as many as Gmail gives.
const SNIPPET: usize = 200;

const UNTRUSTED: [&str; 14] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "snippet",
    "body",
    "message_id",
    "in_reply_to",
    "references",
    "reply_to",
    "bcc",
    "attachments",
    "headers",
];

/// The bodies that `options` need and that sit behind an attachment id: `(partId, attachmentId)`.
pub(crate) fn missing(message: &Value, options: &Options) -> Vec<(String, String)> {
    body::missing(Part::payload(message), options)
}

/// Puts a fetched body where it belongs. A part that does not exist is left alone.
pub(crate) fn fill(message: &mut Value, part_id: &str, data_base64url: &str) {
    let mut parts: Vec<&mut Value> = message.get_mut("payload").into_iter().collect();
    while let Some(part) = parts.pop() {
        let Some(part) = part.as_object_mut() else { continue };
        let id = part.get("partId").and_then(Value::as_str).unwrap_or_default();
        if id == part_id {
            let body = part.entry("body").or_insert_with(|| json!({}));
            if let Some(body) = body.as_object_mut() {
                body.insert("data".into(), data_base64url.into());
            }
            return;
        }
        if let Some(below) = part.get_mut("parts").and_then(Value::as_array_mut) {
            parts.extend(below.iter_mut().rev());
        }
    }
}

/// The result of `read`: the keys of the Python skill in their order, then ours.
pub(crate) fn message(message: &Value, options: &Options) -> Value {
    let (body, notes) = shown(message, options);
    let mut out = python_keys(message, body.text);
    if notes.iter().any(|(name, _)| *name == "removed") {
        // Gmail makes its snippet of the hidden text too.
        let visible: String = out["body"].as_str().unwrap_or_default().chars().take(SNIPPET).collect();
        out.insert("snippet".into(), header::clean(&visible).into());
    }
    out.insert("body_type".into(), body.kind.into());
    for name in ["message_id", "in_reply_to", "references", "reply_to"] {
        out.insert(name.into(), header(message, &name.replace('_', "-")).into());
    }
    let bcc = header(message, "bcc");
    if !bcc.is_empty() {
        out.insert("bcc".into(), bcc.into());
    }
    out.insert("internal_date".into(), internal_date(message));
    out.insert("size".into(), message["sizeEstimate"].as_u64().into());
    out.insert("attachments".into(), attachments(message).iter().map(Attachment::row).collect());
    out.extend(notes);
    if options.headers {
        let headers = Part::payload(message).headers();
        let row = |(name, value)| json!({"name": name, "value": header::clean(value)});
        out.insert("headers".into(), headers.map(row).collect());
    }
    let untrusted: Value = UNTRUSTED.into_iter().filter(|name| is_filled(out.get(*name))).collect();
    out.insert("untrusted".into(), untrusted);
    out.into()
}

fn python_keys(message: &Value, body: String) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("uid".into(), text(message, "id"));
    out.insert("thread_id".into(), text(message, "threadId"));
    for name in ["from", "to", "cc", "subject", "date"] {
        out.insert(name.into(), header(message, name).into());
    }
    out.insert("labels".into(), labels(message).into());
    out.insert("snippet".into(), snippet(message).into());
    out.insert("body".into(), body.into());
    out
}

/// One row of a list; `with_labels` for `list_messages`, whose Python rows have them.
pub(crate) fn row(message: &Value, with_labels: bool) -> Value {
    let labels = labels(message);
    let unread = labels.contains(&"UNREAD");
    let mut out = Map::new();
    out.insert("uid".into(), text(message, "id"));
    for name in ["from", "subject", "date"] {
        out.insert(name.into(), header(message, name).into());
    }
    out.insert("snippet".into(), snippet(message).into());
    if with_labels {
        out.insert("labels".into(), labels.into());
    }
    out.insert("thread_id".into(), text(message, "threadId"));
    out.insert("internal_date".into(), internal_date(message));
    out.insert("unread".into(), unread.into());
    out.into()
}

/// Something to save, and where its bytes are: in `data` (base64url) or behind `attachment_id`, which is good
/// for this fetch of the message only.
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
}

impl Attachment {
    fn new(part: Part<'_>) -> Self {
        let content_id = part.content_id();
        let inline = match part.disposition().as_str() {
            "inline" => true,
            "" => content_id.is_some(),
            _ => false,
        };
        Attachment {
            part_id: part.id().to_owned(),
            attachment_id: part.attachment_id().map(str::to_owned),
            data: part.data().map(str::to_owned),
            filename: file_name(part),
            mime_type: part.mime(),
            size: part.size(),
            inline,
            content_id,
        }
    }

    pub(crate) fn row(&self) -> Value {
        let mut row = json!({
            "part_id": self.part_id,
            "filename": self.filename,
            "mime_type": self.mime_type,
            "size": self.size,
            "inline": self.inline,
        });
        if let Some(id) = &self.content_id {
            row["content_id"] = id.as_str().into();
        }
        row
    }
}

/// The sender's name, else one of ours.
fn file_name(part: Part<'_>) -> String {
    let name = part.filename();
    if !name.is_empty() {
        return name;
    }
    match part.mime().as_str() {
        "message/rfc822" => "message.eml".to_owned(),
        "text/calendar" => "invite.ics".to_owned(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m".to_owned(),
        _ if part.id().bytes().all(|b| b.is_ascii_digit() || b == b'.') => format!("part-{}", part.id()),
        _ => "part".to_owned(),
    }
}

/// Whatever has a name, and whatever is no form of the body. What is inside of an attached message comes with it, if it
/// can be had at all.
pub(crate) fn attachments(message: &Value) -> Vec<Attachment> {
    let mut found = Vec::new();
    Part::payload(message).walk((), |part, (), _| {
        let mime = part.mime();
        let other = part.is_leaf() && !body::is_body(&mime);
        if part.is_attached() || other {
            found.push(Attachment::new(part));
        }
        let whole = part.data().is_some() || part.attachment_id().is_some();
        (!(mime.starts_with("message/") && whole)).then_some(())
    });
    found
}

/// A header of the message: the first of that name, unfolded and decoded; empty where there is none.
pub(crate) fn header(message: &Value, name: &str) -> String {
    Part::payload(message).header(name).map(header::clean).unwrap_or_default()
}

/// The preview, without the escapes and the padding that it comes with.
pub(crate) fn snippet(message: &Value) -> String {
    header::snippet(message["snippet"].as_str().unwrap_or_default())
}

fn text(message: &Value, name: &str) -> Value {
    message[name].as_str().unwrap_or_default().into()
}

fn labels(message: &Value) -> Vec<&str> {
    message["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// When Google took the message, in epoch milliseconds; Gmail says it as a string.
pub(crate) fn accepted_at(message: &Value) -> Option<i64> {
    let date = &message["internalDate"];
    date.as_str().and_then(|date| date.parse().ok()).or_else(|| date.as_i64())
}

/// The same as RFC 3339, in UTC.
fn internal_date(message: &Value) -> Value {
    let time = accepted_at(message).and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    time.map(|time| time.to_string()).into()
}

/// Worth a warning: there is something in it.
fn is_filled(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        _ => false,
    }
}

/// The body as `options` want it, and beside it what was done to it: `removed`, `truncated` and
/// `quoted_lines_folded`, each only where it was.
fn shown(message: &Value, options: &Options) -> (Body, Map<String, Value>) {
    let mut body = match options.body {
        BodyKind::None => Body::new("none", String::new()),
        BodyKind::Raw => {
            let bytes = charset::base64(message["raw"].as_str().unwrap_or_default());
            Body::new("raw", String::from_utf8_lossy(&bytes).into_owned())
        }
        kind => body::body(Part::payload(message), kind),
    };
    let mut notes = Map::new();
    if !body.removed.is_empty() {
        let counts = body.removed.counts().filter(|(_, count)| *count > 0);
        let counts: Map<String, Value> = counts.map(|(name, count)| (name.into(), count.into())).collect();
        notes.insert("removed".into(), counts.into());
    }
    let mut folded = 0;
    if !options.quotes && matches!(body.kind, "text" | "html_to_text") {
        (body.text, folded) = html::fold_quotes(&body.text);
    }
    if let Some((total, shown)) = options.max_body.and_then(|most| cut(&mut body.text, most)) {
        notes.insert("truncated".into(), json!({"total": total, "shown": shown}));
    }
    if folded > 0 {
        notes.insert("quoted_lines_folded".into(), folded.into());
    }
    (body, notes)
}

/// Cuts a text behind `most` characters, or at a line end shortly before; how many there were and are left.
fn cut(text: &mut String, most: usize) -> Option<(usize, usize)> {
    let (end, _) = text.char_indices().nth(most)?;
    let total = text.chars().count();
    let line_end = text[..end].rfind('\n').map(|at| at + 1);
    let end = line_end.filter(|at| *at >= end - end / 5).unwrap_or(end);
    text.truncate(end);
    Some((total, text.chars().count()))
}
