//! Turns a message resource of the Gmail API into what a person sees: a row of a list, or the whole message.
//!
//! It makes no requests. Gmail omits large bodies from a resource: [`missing`] lists them, the caller fetches them,
//! and [`fill`] inserts them. The sender controls nearly every member, so none is assumed to exist or to have the
//! right type.

mod attachments;
mod body;
mod branches;
mod calendar;
mod charset;
mod classify;
mod enriched;
mod file_text;
mod flowed;
mod header;
mod message;
mod name;
pub(crate) mod origin;
mod parameter;
mod part;
pub(crate) mod quotes;
mod report;
mod row;
mod sealed;
mod source;
#[cfg(test)]
mod tests;
mod words;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(crate) use self::{
    attachments::{Attachment, AttachmentRow, attachments, body_ids, file_ids, has_content_ids},
    file_text::{bytes, message_resource},
    header::{decoded, header_text},
    message::{Message, Truncated, message, message_of_thread},
    name::message_file_name,
    parameter::{parameter, raw_parameter},
    part::{is_message_type, mime_type},
    quotes::Known,
    row::{DraftRow, Row, ThreadRow},
    source::{BodyPlaces, body_places, html_source, part_text},
};
use self::{charset::Hints, part::Part};
use super::html::Removed;
use crate::characters::Scrubbed;

/// The form in which a body is returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BodyKind {
    /// The text that a person sees: the plain text if it says what the HTML says, or else the HTML converted to text.
    #[default]
    #[serde(rename = "text")]
    Auto,
    /// The plain text, whatever the HTML says.
    Plain,
    /// The HTML converted to text, also if there is a plain text.
    HtmlText,
    Html,
    /// The whole message as it was received, from `format=raw`.
    Raw,
    None,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadOptions {
    pub(crate) body: BodyKind,
    /// The longest body, in characters.
    pub(crate) max_body: Option<usize>,
    /// Include all headers.
    pub(crate) headers: bool,
    /// Keep the quoted history instead of folding it.
    pub(crate) quotes: bool,
}

/// The part with this id, and the message that is attached as it.
pub(crate) fn attached(message: &Value, part_id: &str) -> Option<Attached> {
    let mut found = None;
    Part::payload(message).walk((), |part, (), _| {
        if part.id() == part_id && !part_id.is_empty() {
            found.get_or_insert(part);
        }
        found.is_none().then_some(())
    });
    let part = found?;
    let message = part.attached_message().map(|inner| json!({"payload": inner.value()}));
    Some(Attached { file: Attachment::new(part, 1, None), message })
}

/// A part that may be an attached message.
pub(crate) struct Attached {
    pub(crate) file: Attachment,
    /// The message as a resource, if its parts are known.
    pub(crate) message: Option<Value>,
}

/// The bodies that `options` need and that must be fetched: `(partId, attachmentId)`.
pub(crate) fn missing(message: &Value, options: &ReadOptions) -> Vec<(String, String)> {
    body::missing(Part::payload(message), options)
}

/// Inserts a fetched body into its part, if the part exists.
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
        if let Some(children) = part.get_mut("parts").and_then(Value::as_array_mut) {
            parts.extend(children.iter_mut().rev());
        }
    }
}

/// The first header with this name, unfolded and decoded; empty if there is none.
pub(crate) fn header(message: &Value, name: &str) -> String {
    Part::payload(message).header(name).map(header::clean).unwrap_or_default()
}

/// A From header. Gmail decodes names, after which `victim@example.com, Bob <bob@example.org>` may be one name and its
/// address: such a name is quoted again.
fn quoted_sender(from: String) -> String {
    let split = from.trim_end().strip_suffix('>').and_then(|rest| rest.rsplit_once('<'));
    let Some((name, address)) = split else { return from };
    let name = name.trim();
    let quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
    if quoted || !name.contains(['@', '<', '>']) {
        return from;
    }
    format!("\"{}\" <{address}>", name.replace(['"', '\\'], ""))
}

/// The headers of which every occurrence counts.
const RECIPIENTS: [&str; 4] = ["to", "cc", "bcc", "reply-to"];

/// Reads what senders wrote into a message, and counts the characters that were removed because nobody sees them.
struct Border<'m> {
    message: &'m Value,
    removed: Removed,
}

impl<'m> Border<'m> {
    fn new(message: &'m Value) -> Self {
        Border { message, removed: Removed::default() }
    }

    /// The header with this name, on one line; empty if there is none. Of a header that occurs twice, the first one
    /// counts, but every recipient.
    fn header(&mut self, name: &str) -> String {
        let payload = Part::payload(self.message);
        let named = payload.headers().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        let count = if RECIPIENTS.contains(&name) { usize::MAX } else { 1 };
        let values = named
            .take(count)
            .map(|(_, value)| header::reread(value, &mut self.removed, || Hints::of(payload)));
        let values: Vec<String> = values.filter(|value| !value.is_empty()).collect();
        values.join(", ")
    }

    fn sender(&mut self) -> String {
        quoted_sender(self.header("from"))
    }

    /// Gmail's preview of the text, without its HTML entities. It repeats text that the HTML hides.
    fn snippet(&mut self) -> String {
        header::snippet(self.message["snippet"].as_str().unwrap_or_default(), &mut self.removed)
    }
}

/// The counts of the characters that were removed, as a member of a result.
pub(super) fn counts_of(scrubbed: Scrubbed) -> Map<String, Value> {
    let mut removed = Removed::default();
    removed.characters(scrubbed);
    counts(removed)
}

/// The counts of what was removed, as a member of a result.
fn counts(removed: Removed) -> Map<String, Value> {
    removed.counts().map(|(name, count)| (name.to_owned(), count.into())).collect()
}

/// The names of the members that a sender wrote and that are not empty.
fn named(members: &[(&str, &str)]) -> Vec<String> {
    members.iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| (*name).to_owned()).collect()
}

/// A string member of the resource; empty if it is missing.
pub(super) fn text(message: &Value, name: &str) -> String {
    message[name].as_str().unwrap_or_default().to_owned()
}

/// The ids of the labels that the message has.
pub(super) fn labels(message: &Value) -> Vec<String> {
    let ids = message["labelIds"].as_array().into_iter().flatten();
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// When Google received the message, in epoch milliseconds. Gmail returns it as a string.
pub(crate) fn accepted_at(message: &Value) -> Option<i64> {
    let date = &message["internalDate"];
    date.as_str().and_then(|date| date.parse().ok()).or_else(|| date.as_i64())
}

/// When Google received the message or, of a conversation, its newest message.
pub(crate) fn newest_at(resource: &Value) -> Option<i64> {
    let messages = resource["messages"].as_array().into_iter().flatten();
    accepted_at(resource).or_else(|| messages.filter_map(accepted_at).max())
}

/// The same as RFC 3339, in UTC.
fn internal_date(message: &Value) -> Option<String> {
    let time = Timestamp::from_millisecond(newest_at(message)?).ok()?;
    Some(time.to_string())
}
