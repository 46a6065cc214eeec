//! history.list: the journal of the store as Google's records.

use serde_json::{Value, json};

use super::fault::Fault;
use super::messages::write_id;
use super::store::{Change, Record};
use super::{Answer, Call, Gmail};

impl Record {
    fn kind(&self) -> &'static str {
        match self.change {
            Change::Added => "messageAdded",
            Change::Deleted => "messageDeleted",
            Change::LabelsAdded(_) => "labelAdded",
            Change::LabelsRemoved(_) => "labelRemoved",
        }
    }

    fn concerns(&self, label: &str) -> bool {
        let changed: &[String] = match &self.change {
            Change::LabelsAdded(labels) | Change::LabelsRemoved(labels) => labels,
            _ => &[],
        };
        self.labels.iter().chain(changed).any(|l| l == label)
    }

    fn json(&self) -> Value {
        let reference = json!({"id": write_id(self.message), "threadId": write_id(self.thread)});
        let mut message = reference.clone();
        if !self.labels.is_empty() {
            message["labelIds"] = self.labels.iter().map(String::as_str).collect();
        }
        let mut value = json!({"id": self.id.to_string(), "messages": [reference]});
        match &self.change {
            Change::Added => value["messagesAdded"] = json!([{"message": message}]),
            Change::Deleted => value["messagesDeleted"] = json!([{"message": message}]),
            Change::LabelsAdded(labels) => {
                value["labelsAdded"] = json!([{"message": message, "labelIds": labels}]);
            }
            Change::LabelsRemoved(labels) => {
                value["labelsRemoved"] = json!([{"message": message, "labelIds": labels}]);
            }
        }
        value
    }
}

impl Gmail {
    pub(super) fn history_list(&mut self, call: &Call) -> Answer {
        let start = call.query("startHistoryId").and_then(|id| id.parse::<u64>().ok());
        let start = start.ok_or_else(|| Fault::invalid("Missing required field: startHistoryId"))?;
        if start < self.history_floor {
            return Err(Fault::not_found());
        }
        let after = match call.query("pageToken") {
            None => start,
            Some(token) => token.parse().map_err(|_| Fault::invalid("Invalid pageToken"))?,
        };
        let (kinds, label) = (call.all("historyTypes"), call.query("labelId"));
        let first = self.store.journal.partition_point(|record| record.id <= after);
        let mut wanted = self.store.journal[first..]
            .iter()
            .filter(|record| kinds.is_empty() || kinds.contains(&record.kind()))
            .filter(|record| label.is_none_or(|label| record.concerns(label)))
            .peekable();
        let records: Vec<&Record> = wanted.by_ref().take(self.page_size(call)).collect();
        let mut answer = json!({});
        if let Some(last) = records.last() {
            answer["history"] = records.iter().map(|record| record.json()).collect();
            if wanted.peek().is_some() {
                answer["nextPageToken"] = last.id.to_string().into();
            }
        }
        answer["historyId"] = self.store.history.to_string().into();
        Ok(answer)
    }
}
