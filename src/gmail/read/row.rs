//! The row that lists and searches show of a message.

use serde::Serialize;
use serde_json::Value;

use super::{header, internal_date, labels, sender, snippet, text};

/// One line of a list. The members up to `labels` are those of the Python skill, in its order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Row {
    pub(crate) uid: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) date: String,
    pub(crate) snippet: String,
    pub(crate) labels: Vec<String>,
    pub(crate) thread_id: String,
    /// When Google received the message, RFC 3339 in UTC.
    pub(crate) internal_date: Option<String>,
    pub(crate) unread: bool,
    /// The row comes from a search by time and may be a repetition, because Google no longer had the history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) resync: bool,
}

impl Row {
    pub(crate) fn of(resource: &Value) -> Row {
        let labels = labels(resource);
        Row {
            uid: text(resource, "id"),
            from: sender(resource),
            subject: header(resource, "subject"),
            date: header(resource, "date"),
            snippet: snippet(resource),
            unread: labels.iter().any(|label| label == "UNREAD"),
            labels,
            thread_id: text(resource, "threadId"),
            internal_date: internal_date(resource),
            resync: false,
        }
    }
}
