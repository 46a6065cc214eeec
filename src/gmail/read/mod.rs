//! A message resource of the Gmail API as a person sees it: one row of a list, or the whole mail.
//!
//! Pure: values in, values out. Bodies that Gmail keeps apart are named by [`missing`], fetched by the caller
//! and put in by [`fill`]. A sender has a say in nearly every member, so no shape is relied upon.

mod attachments;
mod body;
mod calendar;
mod charset;
mod flowed;
mod header;
mod message;
mod part;
mod row;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::part::Part;
pub(crate) use self::{
    attachments::{Attachment, AttachmentRow, attachments},
    message::{Message, message},
    row::Row,
};

/// Which form of the body is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BodyKind {
    /// Text: the sender's own, or else made from the HTML.
    #[default]
    #[serde(rename = "text")]
    Auto,
    Html,
    /// The whole message as it came, from `format=raw`.
    Raw,
    None,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadOptions {
    pub(crate) body: BodyKind,
    /// In characters.
    pub(crate) max_body: Option<usize>,
    /// Show all headers.
    pub(crate) headers: bool,
    /// Keep the quoted history.
    pub(crate) quotes: bool,
}

/// The bodies that `options` need and that sit behind an attachment id: `(partId, attachmentId)`.
pub(crate) fn missing(message: &Value, options: &ReadOptions) -> Vec<(String, String)> {
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

/// A header of the message: the first of that name, unfolded and decoded; empty where there is none.
pub(crate) fn header(message: &Value, name: &str) -> String {
    Part::payload(message).header(name).map(header::clean).unwrap_or_default()
}

/// The preview, without the escapes and the padding that it comes with.
pub(crate) fn snippet(message: &Value) -> String {
    header::snippet(message["snippet"].as_str().unwrap_or_default())
}

/// A member of the resource that is a string; empty where it is missing.
pub(super) fn text(message: &Value, name: &str) -> String {
    message[name].as_str().unwrap_or_default().to_owned()
}

/// The ids of the labels that the message has.
pub(super) fn labels(message: &Value) -> Vec<String> {
    let ids = message["labelIds"].as_array().into_iter().flatten();
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// When Google took the message, in epoch milliseconds; Gmail says it as a string.
pub(crate) fn accepted_at(message: &Value) -> Option<i64> {
    let date = &message["internalDate"];
    date.as_str().and_then(|date| date.parse().ok()).or_else(|| date.as_i64())
}

/// The same as RFC 3339, in UTC.
fn internal_date(message: &Value) -> Option<String> {
    let time = Timestamp::from_millisecond(accepted_at(message)?).ok()?;
    Some(time.to_string())
}
