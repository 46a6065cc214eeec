//! New mail since a mark: Gmail's history, and a bounded look at the newest messages where Google has
//! forgotten it.
//!
//! The mark is a value: it comes from the caller, and the next one goes back to it. A message that came is
//! handed out before the mark that stands behind it, so whoever keeps the mark last loses nothing.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Gmail, batch,
    messages::{Listed, PAGE, Row, Selection, Sink},
    read,
};
use crate::{
    clock,
    problem::{Code, Problem, Result},
};

/// How many messages a look without history shows at most.
const RESYNC: u64 = 100;
/// Seconds by which two clocks may differ.
const CLOCK_MARGIN: f64 = 120.0;
/// What was not received, or is not to be looked at; asked for by folder it counts all the same.
const APART: [&str; 4] = ["DRAFT", "SPAM", "TRASH", "CHAT"];

/// Where the mailbox was read up to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) history_id: String,
    /// When it was taken, in epoch seconds: used when Google no longer has the history since the id.
    #[serde(default)]
    pub(crate) time: f64,
}

/// Which of the new messages count.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) label: Option<String>,
    /// In Gmail syntax; empty for everything.
    pub(crate) query: String,
    pub(crate) limit: Option<u64>,
}

/// A message that came, and the history record that says so.
struct Arrival {
    id: String,
    record: String,
}

struct Changes {
    arrivals: Vec<Arrival>,
    now: String,
}

impl Gmail<'_> {
    /// The mark of this moment.
    pub(crate) fn position(&self) -> Result<Position> {
        let profile = self.get("/profile", &[("fields", "historyId")])?;
        match profile["historyId"].as_str() {
            Some(id) => Ok(position(id)),
            None => Err(strange()),
        }
    }

    /// Hands out what came since `since`, oldest first, and gives the mark behind it.
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

    /// None when Google no longer knows the mark.
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
                read_record(record, &mut changes.arrivals, &mut gone);
            }
            if let Some(now) = page["historyId"].as_str() {
                now.clone_into(&mut changes.now);
            }
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

    /// A row that cannot be had now ends the run there: the mark stays before it, and it comes the next time.
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
            let (chunk, behind) = rest.split_at(rest.len().min(pace.size()));
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
                        if !sink(Row::of(&message))? {
                            return Ok((listed, since.clone()));
                        }
                    }
                    Ok(_) => {}
                    // Deleted in between.
                    Err(p) if p.code() == Code::NotFound => {}
                    Err(p) => {
                        listed.missing.push((arrival.id.clone(), p));
                        return Ok((listed, Position { history_id: done, time: since.time }));
                    }
                }
                arrival.record.clone_into(&mut done);
            }
            rest = behind;
        }
        Ok((listed, position(&changes.now)))
    }

    /// The ids of those that count. The search runs at Gmail's, over just the time in which they came.
    fn matching(&self, messages: &[Result<Value>], filter: &Filter) -> Result<HashSet<String>> {
        let here = messages.iter().flatten().filter(|m| belongs(m, filter.label.as_deref()));
        let dates: Vec<i64> = here.clone().filter_map(read::accepted_at).collect();
        let ids: HashSet<String> = here.map(|m| id(m).to_owned()).collect();
        let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) else { return Ok(ids) };
        if filter.query.is_empty() {
            return Ok(ids);
        }
        let (after, before) = (first / 1000 - 1, last / 1000 + 2);
        let query = format!("({}) after:{after} before:{before}", filter.query);
        let selection =
            Selection { label: filter.label.clone(), query, spam_trash: true, ..Selection::default() };
        let found: HashSet<String> = self.ids(&selection, u64::MAX)?.into_iter().collect();
        Ok(ids.intersection(&found).cloned().collect())
    }

    /// The newest messages since the time of the mark, each said to come from a look without history.
    fn resync(&self, since: &Position, filter: &Filter, sink: &mut Sink<'_>) -> Result<(Listed, Position)> {
        let next = self.position()?;
        self.observer.warn("Google no longer knows what came since the last run; the newest messages since then are shown instead, some perhaps again");
        let after = format!("after:{}", (since.time - CLOCK_MARGIN).max(0.0) as i64);
        let query = match filter.query.as_str() {
            "" => after,
            query => format!("({query}) {after}"),
        };
        let selection = Selection { label: filter.label.clone(), query, ..Selection::default() };
        let mut ids = self.ids(&selection, filter.limit.unwrap_or(RESYNC).min(RESYNC))?;
        ids.reverse();
        let mut listed = Listed::default();
        let mut pace = batch::Pace::default();
        for (id, outcome) in ids.iter().zip(self.heads(&ids, &mut pace)?) {
            match outcome {
                Ok(message) if belongs(&message, filter.label.as_deref()) => {
                    listed.rows += 1;
                    if !sink(Row { resync: true, ..Row::of(&message) })? {
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

fn read_record(record: &Value, arrivals: &mut Vec<Arrival>, gone: &mut HashSet<String>) {
    let messages = |name: &str| {
        let changes = record[name].as_array().into_iter().flatten();
        changes.filter_map(|c| c["message"]["id"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let number = record["id"].as_str().unwrap_or_default();
    arrivals
        .extend(messages("messagesAdded").into_iter().map(|id| Arrival { id, record: number.to_owned() }));
    gone.extend(messages("messagesDeleted"));
}

/// Whether a message lies in the folder, or, without one, was received at all.
fn belongs(message: &Value, label: Option<&str>) -> bool {
    let labels: Vec<&str> =
        message["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let asked = |l: &str| label == Some(l);
    let apart = APART.iter().any(|l| labels.contains(l) && !asked(l));
    let sent = labels.contains(&"SENT") && !labels.contains(&"INBOX") && !asked("SENT");
    !apart && !sent && label.is_none_or(|l| labels.contains(&l))
}

fn id(message: &Value) -> &str {
    message["id"].as_str().unwrap_or_default()
}

fn position(history_id: &str) -> Position {
    Position { history_id: history_id.to_owned(), time: clock::now() }
}

fn strange() -> Problem {
    Problem::temporary("Gmail's answer names no history id").hint("Try again in a minute.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_received_mail_of_the_folder_counts() {
        let with = |labels: &[&str]| json!({"labelIds": labels});
        assert!(belongs(&with(&["INBOX", "UNREAD"]), Some("INBOX")));
        assert!(belongs(&with(&["INBOX", "SENT"]), Some("INBOX")), "a note to oneself");
        assert!(belongs(&with(&[]), None));
        assert!(belongs(&with(&["SPAM"]), Some("SPAM")));
        for apart in ["DRAFT", "SENT", "SPAM", "TRASH"] {
            assert!(!belongs(&with(&[apart]), None), "{apart}");
        }
        assert!(!belongs(&with(&["Label_1"]), Some("INBOX")));
        assert!(!belongs(&with(&["INBOX", "TRASH"]), Some("INBOX")));
    }
}
