//! New mail since a position: from Gmail's history, or from a limited search where Google no longer has the history.
//!
//! The caller passes in a position and gets the next one back. Messages are passed to the sink before their position
//! is returned, so a caller that stores the position afterwards never misses a message.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Gmail, batch, id_of,
    messages::{Listed, PAGE, Row, Selection, Sink},
    read,
};
use crate::problem::{Code, Problem, Result};

/// The largest number of messages that a search without history returns.
const RESYNC: u64 = 100;
/// How far the clocks of Google's servers may differ, in seconds.
const CLOCK_MARGIN: f64 = 120.0;
/// Labels of messages that are not new mail, unless their folder was requested.
const EXCLUDED: [&str; 4] = ["DRAFT", "SPAM", "TRASH", "CHAT"];

/// The point up to which the mailbox was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) history_id: String,
    /// When it was taken, in epoch seconds, for a search when Google no longer has the history.
    #[serde(default)]
    pub(crate) time: f64,
}

/// Which of the new messages are returned.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) label: Option<String>,
    /// In Gmail syntax; empty for everything.
    pub(crate) query: String,
    pub(crate) limit: Option<u64>,
    /// Whether the rows have Gmail's snippets.
    pub(crate) snippets: bool,
}

/// A new message, and the id of its history record.
struct Arrival {
    id: String,
    record: String,
}

struct Changes {
    arrivals: Vec<Arrival>,
    now: String,
}

impl Gmail<'_> {
    /// The current position.
    pub(crate) fn position(&self) -> Result<Position> {
        let profile = self.get("/profile", &[("fields", "historyId")])?;
        match profile["historyId"].as_str() {
            Some(id) => Ok(self.position_at(id)),
            None => Err(no_history_id()),
        }
    }

    /// Passes the messages that arrived after `since` to the sink, oldest first, and returns the next position.
    pub(crate) fn news(
        &self,
        since: &Position,
        filter: &Filter,
        sink: &mut Sink<'_>,
    ) -> Result<(Listed, Position)> {
        match self.changes(since)? {
            Some(changes) => self.arrivals(since, changes, filter, sink),
            None => self.resync(since, filter, sink),
        }
    }

    /// None if Google no longer has the history since the position.
    fn changes(&self, since: &Position) -> Result<Option<Changes>> {
        let mut changes = Changes { arrivals: Vec::new(), now: since.history_id.clone() };
        let mut gone = HashSet::new();
        let mut token: Option<String> = None;
        loop {
            let page = match self.history_page(since, token.as_deref()) {
                Err(p) if p.code() == Code::NotFound => return Ok(None),
                other => other?,
            };
            for record in page["history"].as_array().into_iter().flatten() {
                read_record(record, &mut changes.arrivals, &mut gone)?;
            }
            page["historyId"].as_str().ok_or_else(no_history_id)?.clone_into(&mut changes.now);
            token = page["nextPageToken"].as_str().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        let mut seen = HashSet::new();
        changes.arrivals.retain(|a| !gone.contains(&a.id) && seen.insert(a.id.clone()));
        Ok(Some(changes))
    }

    fn history_page(&self, since: &Position, token: Option<&str>) -> Result<Value> {
        let size = PAGE.to_string();
        let mut query = vec![
            ("startHistoryId", since.history_id.as_str()),
            ("historyTypes", "messageAdded"),
            ("historyTypes", "messageDeleted"),
            ("maxResults", &size),
            (
                "fields",
                "history(id,messagesAdded/message/id,messagesDeleted/message/id),historyId,nextPageToken",
            ),
        ];
        query.extend(token.map(|t| ("pageToken", t)));
        self.get("/history", &query)
    }

    /// A row that cannot be fetched ends the run: the position stays before it, so the next run returns it.
    fn arrivals(
        &self,
        since: &Position,
        changes: Changes,
        filter: &Filter,
        sink: &mut Sink<'_>,
    ) -> Result<(Listed, Position)> {
        let mut listed = Listed::default();
        let mut done = since.history_id.clone();
        let mut pace = batch::Pace::default();
        let mut rest = changes.arrivals.as_slice();
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(rest.len().min(pace.size()));
            let ids: Vec<String> = chunk.iter().map(|a| a.id.clone()).collect();
            let messages = self.heads(&ids, &mut pace)?;
            let wanted = self.matching(&messages, filter)?;
            for (arrival, outcome) in chunk.iter().zip(messages) {
                let full = filter.limit.is_some_and(|limit| listed.rows >= limit);
                if full && arrival.record != done {
                    return Ok((listed, Position { history_id: done, time: since.time }));
                }
                match outcome {
                    Ok(message) if wanted.contains(id(&message)) => {
                        listed.rows += 1;
                        if !sink(Row::of(&message, filter.snippets))? {
                            return Ok((listed, since.clone()));
                        }
                    }
                    Ok(_) => {}
                    // Deleted since the history was read.
                    Err(p) if p.code() == Code::NotFound => {}
                    Err(p) => {
                        listed.missing.push((arrival.id.clone(), p));
                        return Ok((listed, Position { history_id: done, time: since.time }));
                    }
                }
                arrival.record.clone_into(&mut done);
            }
            rest = later;
        }
        Ok((listed, self.position_at(&changes.now)))
    }

    /// The ids of the messages that match the filter. The query is run by Gmail, limited to the time in which they
    /// arrived.
    fn matching(&self, messages: &[Result<Value>], filter: &Filter) -> Result<HashSet<String>> {
        let in_folder = messages.iter().flatten().filter(|m| belongs(m, filter.label.as_deref()));
        let dates: Vec<i64> = in_folder.clone().filter_map(read::accepted_at).collect();
        let ids: HashSet<String> = in_folder.map(|m| id(m).to_owned()).collect();
        let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) else { return Ok(ids) };
        if filter.query.is_empty() {
            return Ok(ids);
        }
        let (after, before) = (first / 1000 - 1, last / 1000 + 2);
        let query = format!("({}) after:{after} before:{before}", filter.query);
        let selection =
            Selection { label: filter.label.clone(), query, spam_trash: true, ..Selection::default() };
        let found: HashSet<String> = self.ids(&selection, u64::MAX)?.ids.into_iter().collect();
        Ok(ids.intersection(&found).cloned().collect())
    }

    /// Messages carry the time of Google, so the position does, too.
    fn position_at(&self, history_id: &str) -> Position {
        Position { history_id: history_id.to_owned(), time: self.http.server_time() }
    }

    /// The newest messages since the time of the position, with `resync` set.
    fn resync(&self, since: &Position, filter: &Filter, sink: &mut Sink<'_>) -> Result<(Listed, Position)> {
        let next = self.position()?;
        self.observer.warn(
            "Google no longer has the history since the last run; showing the newest messages since then, some of \
             which may be repeated",
        );
        let after = format!("after:{}", (since.time - CLOCK_MARGIN).max(0.0) as i64);
        let query = match filter.query.as_str() {
            "" => after,
            query => format!("({query}) {after}"),
        };
        let selection = Selection { label: filter.label.clone(), query, ..Selection::default() };
        let mut ids = self.ids(&selection, filter.limit.unwrap_or(RESYNC).min(RESYNC))?.ids;
        ids.reverse();
        let mut listed = Listed::default();
        let mut pace = batch::Pace::default();
        for (id, outcome) in ids.iter().zip(self.heads(&ids, &mut pace)?) {
            match outcome {
                Ok(message) if belongs(&message, filter.label.as_deref()) => {
                    listed.rows += 1;
                    if !sink(Row { resync: true, ..Row::of(&message, filter.snippets) })? {
                        return Ok((listed, since.clone()));
                    }
                }
                Ok(_) => {}
                Err(p) if p.code() == Code::NotFound => {}
                Err(p) => listed.missing.push((id.clone(), p)),
            }
        }
        let next = if listed.missing.is_empty() { next } else { since.clone() };
        Ok((listed, next))
    }
}

fn read_record(record: &Value, arrivals: &mut Vec<Arrival>, gone: &mut HashSet<String>) -> Result<()> {
    let messages = |name: &str| -> Result<Vec<String>> {
        let changes = record[name].as_array().into_iter().flatten();
        changes.map(|change| id_of(&change["message"]).map(str::to_owned)).collect()
    };
    let number = record["id"].as_str().unwrap_or_default();
    let added = messages("messagesAdded")?.into_iter();
    arrivals.extend(added.map(|id| Arrival { id, record: number.to_owned() }));
    gone.extend(messages("messagesDeleted")?);
    Ok(())
}

/// Whether a message is in the folder or, without a folder, was received.
fn belongs(message: &Value, label: Option<&str>) -> bool {
    let labels: Vec<&str> =
        message["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is_folder = |l: &str| label == Some(l);
    let excluded = EXCLUDED.iter().any(|l| labels.contains(l) && !is_folder(l));
    let sent = labels.contains(&"SENT") && !labels.contains(&"INBOX") && !is_folder("SENT");
    !excluded && !sent && label.is_none_or(|l| labels.contains(&l))
}

fn id(message: &Value) -> &str {
    message["id"].as_str().unwrap_or_default()
}

fn no_history_id() -> Problem {
    Problem::temporary("Gmail's response has no history id").hint("Try again in a minute.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_received_mail_in_the_folder_is_new() {
        let with = |labels: &[&str]| json!({"labelIds": labels});
        assert!(belongs(&with(&["INBOX", "UNREAD"]), Some("INBOX")));
        assert!(belongs(&with(&["INBOX", "SENT"]), Some("INBOX")), "a note to oneself");
        assert!(belongs(&with(&[]), None));
        assert!(belongs(&with(&["SPAM"]), Some("SPAM")));
        for excluded in ["DRAFT", "SENT", "SPAM", "TRASH"] {
            assert!(!belongs(&with(&[excluded]), None), "{excluded}");
        }
        assert!(!belongs(&with(&["Label_1"]), Some("INBOX")));
        assert!(!belongs(&with(&["INBOX", "TRASH"]), Some("INBOX")));
    }
}
