//! What is remembered of a list with `remember = true`: its rows, and the history id up to which they are known.
//! Gmail's history, which is asked for together with the list, says which of them are as they were.
//!
//! A row was fetched after its history id was told, in a later request. So whatever changed since it was fetched is
//! in the history since that id, and a row that the history does not name is what Gmail would return. It may name more
//! than that; every row that it names is fetched. Headers, snippet and time of a message never change, and a draft
//! that is changed has another id. The list and the history can be of different moments, as the list and the rows of a
//! batch are: the parts of a batch run in any order.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{batch::InnerCall, target};

/// How many rows of a list are remembered.
const ROWS: usize = 100;
/// A row with more text than this is not remembered.
const MAX_ROW: usize = 4096;
/// One page of the history. A longer one is not read.
const RECORDS: &str = "500";
const FIELDS: &str = "history(messages/id,messagesAdded/message/id,messagesDeleted/message/id,\
    labelsAdded/message/id,labelsRemoved/message/id),historyId,nextPageToken";

/// The rows of one list as Gmail returned them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Without it, nothing is known of the rows.
    known_to: Option<String>,
    pub(super) rows: Vec<Value>,
}

impl Memory {
    pub(super) fn is_empty(&self) -> bool {
        self.known_to.is_none()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.rows.iter().any(|row| row["id"] == id)
    }

    /// What is asked for with the list: the changes, or where they will begin.
    pub(super) fn question(&self) -> InnerCall {
        InnerCall::get(match &self.known_to {
            None => target("/gmail/v1/users/me/profile", &[("fields", "historyId")]),
            Some(id) => {
                let query = [("startHistoryId", id.as_str()), ("maxResults", RECORDS), ("fields", FIELDS)];
                target("/gmail/v1/users/me/history", &query)
            }
        })
    }

    /// The rows that are as they were, known up to the answer. Nothing, if it does not tell that.
    pub(super) fn after(self, answer: Option<&Value>) -> Memory {
        self.told(answer).unwrap_or_default()
    }

    fn told(mut self, answer: Option<&Value>) -> Option<Memory> {
        let now = answer?.get("historyId")?.as_str()?;
        if let Some(before) = &self.known_to {
            if now.parse::<u64>().ok()? < before.parse().ok()? {
                return None;
            }
            let changed = changed(answer?)?;
            self.rows.retain(|row| row["id"].as_str().is_some_and(|id| !changed.contains(id)));
        }
        Some(Memory { known_to: Some(now.to_owned()), rows: self.rows })
    }

    /// Adds a row that was fetched after the answer.
    pub(super) fn add(&mut self, id: &str, row: &Value) {
        let fits = || row["id"] == id && row.to_string().len() <= MAX_ROW;
        if !self.is_empty() && self.rows.len() < ROWS && has_lasting_labels(row) && fits() {
            self.rows.push(row.clone());
        }
    }
}

/// The messages that the history names. `None` if there is more of it, or a record without a message.
fn changed(history: &Value) -> Option<HashSet<&str>> {
    if history.get("nextPageToken").is_some() {
        return None;
    }
    let mut changed = HashSet::new();
    let records =
        history.get("history").map_or(Some(&[][..]), |records| Some(records.as_array()?.as_slice()))?;
    for record in records {
        let items = record.as_object()?.values().filter_map(Value::as_array).flatten();
        let ids: Vec<&str> = items
            .map(|item| item.get("message").unwrap_or(item).get("id")?.as_str())
            .collect::<Option<_>>()?;
        if ids.is_empty() {
            return None;
        }
        changed.extend(ids);
    }
    Some(changed)
}

/// Whether all labels are Gmail's own. A label of the user can be deleted, and Google does not say that the history
/// names the messages that had it.
fn has_lasting_labels(row: &Value) -> bool {
    let labels = row.get("labelIds").and_then(Value::as_array);
    let is_own = |label: &Value| {
        label.as_str().is_some_and(|id| id.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
    };
    labels.is_none_or(|labels| labels.iter().all(is_own))
}
