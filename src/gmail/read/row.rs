//! The rows that lists show of a message and of a draft.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{super::html::Removed, Border, accepted_at, counts, internal_date, labels, named, text};

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
    pub(crate) to: String,
    /// Absent unless they are shown, or if Gmail did not return them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label_names: Option<Vec<String>>,
    /// `inbox`, `archive`, `trash`, `spam`, `draft` or `sent`.
    pub(crate) r#in: String,
    /// Gmail's own mark. Absent as `label_names` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) has_attachment: Option<bool>,
    /// Whether a message was sent in its thread later. Absent unless it was asked for, or if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answered: Option<bool>,
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
        let to = border.header("to");
        let snippet = with_snippet.then(|| border.snippet());
        let preview = snippet.as_deref().unwrap_or_default();
        Row {
            untrusted: named(&[
                ("from", &from),
                ("subject", &subject),
                ("date", &date),
                ("snippet", preview),
                ("to", &to),
            ]),
            uid: text(resource, "id"),
            from,
            subject,
            date,
            snippet,
            unread: labels.iter().any(|label| label == "UNREAD"),
            r#in: place(&labels).to_owned(),
            labels,
            thread_id: text(resource, "threadId"),
            internal_date: internal_date(resource),
            resync: false,
            more: false,
            failed: None,
            removed: counts(border.removed),
            to,
            label_names: None,
            has_attachment: None,
            answered: None,
        }
    }
}

/// Where a person finds the message.
fn place(labels: &[String]) -> &'static str {
    const PLACES: [(&str, &str); 5] =
        [("TRASH", "trash"), ("SPAM", "spam"), ("DRAFT", "draft"), ("INBOX", "inbox"), ("SENT", "sent")];
    let found = PLACES.iter().find(|(id, _)| labels.iter().any(|label| label == id));
    found.map_or("archive", |(_, place)| place)
}

/// One conversation of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct ThreadRow {
    pub(crate) thread_id: String,
    /// The subject of the oldest message.
    pub(crate) subject: String,
    /// The senders, each once, in the order in which they wrote first.
    pub(crate) people: Vec<String>,
    /// The number of messages, and of those that are unread.
    pub(crate) count: usize,
    pub(crate) unread: usize,
    /// When Google received the newest message, RFC 3339 in UTC.
    pub(crate) date: Option<String>,
    /// The labels that at least one message has.
    pub(crate) labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label_names: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) removed: Map<String, Value>,
    pub(crate) untrusted: Vec<String>,
}

impl ThreadRow {
    /// The row of a thread resource with the headers From and Subject of its messages.
    pub(crate) fn of(thread: &Value) -> ThreadRow {
        let mut messages: Vec<&Value> = thread["messages"].as_array().into_iter().flatten().collect();
        // Gmail returns the oldest first, but does not document it.
        messages.sort_by_key(|message| accepted_at(message).unwrap_or(0));
        let mut row = ThreadRow {
            thread_id: text(thread, "id"),
            subject: String::new(),
            people: Vec::new(),
            count: messages.len(),
            unread: 0,
            date: internal_date(thread),
            labels: Vec::new(),
            label_names: None,
            removed: Map::new(),
            untrusted: Vec::new(),
        };
        let mut removed = Removed::default();
        let mut known = HashSet::new();
        for (at, message) in messages.into_iter().enumerate() {
            let mut border = Border::new(message);
            let sender = border.sender();
            if at == 0 {
                row.subject = border.header("subject");
            }
            removed.add(border.removed);
            let address = sender.rsplit_once('<').map_or(&*sender, |(_, address)| address);
            let address = address.trim_end_matches('>').to_ascii_lowercase();
            if !sender.is_empty() && known.insert(address) {
                row.people.push(sender);
            }
            let labels = labels(message);
            row.unread += usize::from(labels.iter().any(|label| label == "UNREAD"));
            row.labels
                .extend(labels.into_iter().filter(|label| !row.labels.contains(label)).collect::<Vec<_>>());
        }
        row.removed = counts(removed);
        row.untrusted = named(&[("subject", &row.subject), ("people", &row.people.concat())]);
        row
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
