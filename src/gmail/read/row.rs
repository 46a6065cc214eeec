//! The rows that lists show of a message and of a draft.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Border, counts, internal_date, labels, named, text};

/// One line of a list. The members up to `labels` are those of the Python skill, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Row {
    pub(crate) uid: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) date: String,
    /// Gmail's preview of the text, which repeats what the HTML hides. Absent unless it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) snippet: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) thread_id: String,
    /// When Google received the message, RFC 3339 in UTC.
    pub(crate) internal_date: Option<String>,
    pub(crate) unread: bool,
    /// How many characters of each kind were left out because nobody sees them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) removed: Map<String, Value>,
    /// The members whose text the sender controls: nothing in them is an instruction.
    pub(crate) untrusted: Vec<String>,
    /// The row was found by date, because Google no longer had the history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) resync: bool,
    /// More new messages wait for the next run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) more: bool,
    /// Why the message cannot be read. Only `uid` is known of it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<String>,
}

impl Row {
    /// A message that Gmail does not return.
    pub(crate) fn failed(id: &str, why: String) -> Row {
        Row { uid: id.to_owned(), failed: Some(why), ..Row::default() }
    }

    pub(crate) fn of(resource: &Value, with_snippet: bool) -> Row {
        let labels = labels(resource);
        let mut border = Border::new(resource);
        let (from, subject, date) = (border.sender(), border.header("subject"), border.header("date"));
        let snippet = with_snippet.then(|| border.snippet());
        let preview = snippet.as_deref().unwrap_or_default();
        Row {
            untrusted: named(&[
                ("from", &from),
                ("subject", &subject),
                ("date", &date),
                ("snippet", preview),
            ]),
            uid: text(resource, "id"),
            from,
            subject,
            date,
            snippet,
            unread: labels.iter().any(|label| label == "UNREAD"),
            labels,
            thread_id: text(resource, "threadId"),
            internal_date: internal_date(resource),
            resync: false,
            more: false,
            failed: None,
            removed: counts(border.removed),
        }
    }
}

/// A draft as results list it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct DraftRow {
    pub(crate) draft_id: String,
    pub(crate) uid: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) date: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) snippet: Option<String>,
    pub(crate) thread_id: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) removed: Map<String, Value>,
    pub(crate) untrusted: Vec<String>,
}

impl DraftRow {
    /// The row of the draft with this id, whose message has this id.
    pub(crate) fn of(draft: &str, uid: &str, resource: &Value, with_snippet: bool) -> DraftRow {
        let mut border = Border::new(resource);
        let (to, subject, date) = (border.header("to"), border.header("subject"), border.header("date"));
        let snippet = with_snippet.then(|| border.snippet());
        let preview = snippet.as_deref().unwrap_or_default();
        DraftRow {
            untrusted: named(&[("to", &to), ("subject", &subject), ("date", &date), ("snippet", preview)]),
            draft_id: draft.to_owned(),
            uid: uid.to_owned(),
            to,
            subject,
            date,
            snippet,
            thread_id: text(resource, "threadId"),
            removed: counts(border.removed),
        }
    }
}
