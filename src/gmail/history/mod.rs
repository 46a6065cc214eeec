//! New mail since a position: from Gmail's history, or by date where Google no longer has the history.
//!
//! The caller passes in a position, which moves with every message that is passed to the sink. A caller that stores the
//! position after it delivered the messages, however the run ended, never misses one and repeats none.

mod position;
mod teller;
mod walk;

use std::collections::HashSet;

use serde_json::Value;

pub(crate) use self::position::Position;
use self::teller::{Next, Teller};
use super::{
    Gmail, HOST, batch,
    beside::Beside,
    id_of, identified,
    messages::{Listed, PAGE, Row, Selection, Sink},
    needs::RowMembers,
    read,
};
use crate::problem::{Code, Problem, Result};

const HISTORY_ID: [(&str, &str); 1] = [("fields", "historyId")];
/// Labels of messages that are not new mail, unless their folder was requested.
const EXCLUDED: [&str; 4] = ["DRAFT", "SPAM", "TRASH", "CHAT"];

/// Those of them that Gmail sets and never removes from a message: a draft that is sent becomes another message.
const LASTING: [&str; 2] = ["DRAFT", "CHAT"];

/// Which of the new messages are returned.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) label: Option<String>,
    /// In Gmail syntax; empty for everything.
    pub(crate) query: String,
    pub(crate) limit: Option<u64>,
    pub(crate) members: RowMembers,
}

/// A message that arrived or got a label.
struct Arrival {
    id: String,
    /// The id of its history record.
    record: String,
    /// Whether it arrived earlier and only got a label.
    labelled: bool,
    /// The label that makes it no mail that was received, and that it never loses.
    lasting: Option<&'static str>,
}

struct Changes {
    arrivals: Vec<Arrival>,
    now: String,
}

impl Gmail<'_> {
    /// Passes the messages that arrived after `position` to the sink, oldest first, and moves the position.
    pub(crate) fn news(
        &self,
        position: &mut Position,
        filter: &Filter,
        listed: &mut Listed,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let beside = Beside::since(filter.members, position.edge());
        let mut teller = Teller::new(position, listed, sink, filter.limit, beside);
        let outcome = self.tell_news(&mut teller, filter);
        let flushed = teller.flush();
        outcome.and(flushed)
    }

    fn tell_news(&self, teller: &mut Teller<'_, '_>, filter: &Filter) -> Result<()> {
        if !teller.position.walking {
            match self.changes(teller.position, filter)? {
                Some(changes) => return self.follow(changes, filter, teller),
                None => self.start_walk(teller.position)?,
            }
        }
        self.walk(filter, teller)
    }

    /// None if Google no longer has the history since the position.
    fn changes(&self, since: &Position, filter: &Filter) -> Result<Option<Changes>> {
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
        changes.arrivals.retain(|a| {
            let is_new = !since.has_told(&a.id) && (!a.labelled || since.has_passed(&a.id));
            let is_never_wanted = a.lasting.is_some() && a.lasting != filter.label.as_deref();
            is_new && !is_never_wanted && !gone.contains(&a.id) && seen.insert(a.id.clone())
        });
        Ok(Some(changes))
    }

    fn history_page(&self, since: &Position, token: Option<&str>) -> Result<Value> {
        let size = PAGE.to_string();
        let mut query = vec![
            ("startHistoryId", since.history_id.as_str()),
            ("historyTypes", "messageAdded"),
            ("historyTypes", "messageDeleted"),
            ("historyTypes", "labelAdded"),
            ("maxResults", &size),
            (
                "fields",
                "history(id,messagesAdded/message(id,labelIds),messagesDeleted/message/id,labelsAdded/message/id),historyId,nextPageToken",
            ),
        ];
        query.extend(token.map(|t| ("pageToken", t)));
        self.get("/history", &query)
    }

    /// Passes on what the history lists. The position moves with each of its records.
    fn follow(&self, changes: Changes, filter: &Filter, teller: &mut Teller<'_, '_>) -> Result<()> {
        let mut pace = self.pace();
        let mut rest = changes.arrivals.as_slice();
        let (mut newest, mut fetched) = (None, 0);
        while !rest.is_empty() {
            fetched = rest.len().min(pace.size()).min(teller.portion(fetched));
            let (chunk, later) = rest.split_at(fetched);
            let ids: Vec<String> = chunk.iter().map(|a| a.id.clone()).collect();
            let messages = self.heads_of(&ids, &mut teller.beside, &mut pace)?;
            let wanted = self.matching(&messages, filter)?;
            for (at, (arrival, outcome)) in chunk.iter().zip(messages).enumerate() {
                let date = outcome.as_ref().ok().and_then(read::accepted_at).unwrap_or_else(|| self.now());
                newest = newest.max(Some(date));
                if self.told(&arrival.id, outcome, date, &wanted, filter, teller)? == Next::Stop {
                    return Ok(());
                }
                let next = chunk.get(at + 1).or_else(|| later.first());
                if next.is_some_and(|next| next.record != arrival.record) {
                    arrival.record.clone_into(&mut teller.position.history_id);
                }
            }
            rest = later;
        }
        let position = &mut *teller.position;
        position.history_id = changes.now;
        position.time = self.http.server_time();
        position.warned = false;
        if let Some(newest) = newest {
            position.raise(newest.min(self.now()));
        }
        Ok(())
    }

    /// Passes on a message if it is wanted.
    fn told(
        &self,
        message_id: &str,
        outcome: Result<Value>,
        date: i64,
        wanted: &HashSet<String>,
        filter: &Filter,
        teller: &mut Teller<'_, '_>,
    ) -> Result<Next> {
        match outcome {
            Ok(message) if wanted.contains(id(&message)) => {
                let mark = teller.beside.has_attachment_since(message_id, date);
                let row = Row::of(&message, filter.members.snippet);
                teller.tell(teller.beside.complete(row, mark), date)
            }
            Ok(_) => {
                teller.position.pass(message_id);
                Ok(Next::Go)
            }
            Err(p) if p.code() == Code::NotFound => {
                teller.listed.gone += 1;
                Ok(Next::Go)
            }
            Err(p) => self.told_failure(message_id, p, teller),
        }
    }

    /// A message that cannot be read is tried again in the next run, unless Gmail refuses it, or did not return it in
    /// several runs though it returned other things.
    fn told_failure(&self, id: &str, problem: Problem, teller: &mut Teller<'_, '_>) -> Result<Next> {
        let given_up = match problem.code() {
            Code::RateLimited => false,
            Code::Temporary => self.history_id().is_ok() && teller.position.gives_up(id),
            _ => true,
        };
        if given_up {
            return teller.tell_failure(id, problem, self.now());
        }
        teller.listed.missing.push((id.to_owned(), problem));
        Ok(Next::Stop)
    }

    /// The heads of these messages. If permission is denied, it may be for only some of them.
    fn heads_of(
        &self,
        ids: &[String],
        beside: &mut Beside,
        pace: &mut batch::Pace,
    ) -> Result<Vec<Result<Value>>> {
        match self.heads(ids, beside, pace) {
            Err(p) if p.code() == Code::PermissionDenied && self.history_id().is_ok() => {
                ids.iter().map(|id| self.head(id, beside.members)).collect()
            }
            outcome => outcome,
        }
    }

    /// The head of one message. It fails only for a reason that concerns every message.
    fn head(&self, id: &str, members: RowMembers) -> Result<Result<Value>> {
        let url = format!("https://{HOST}{}", members.with_labels().message_path(id));
        match self.read(&url) {
            Err(p) if matches!(p.code(), Code::TokenRefused | Code::NetworkRefused) => Err(p),
            outcome => Ok(outcome.and_then(identified)),
        }
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

    fn history_id(&self) -> Result<String> {
        let profile = self.get("/profile", &HISTORY_ID)?;
        profile["historyId"].as_str().map(str::to_owned).ok_or_else(no_history_id)
    }

    /// The time of Google, in epoch milliseconds: messages carry it, too.
    fn now(&self) -> i64 {
        milliseconds(self.http.server_time())
    }
}

fn read_record(record: &Value, arrivals: &mut Vec<Arrival>, gone: &mut HashSet<String>) -> Result<()> {
    let messages = |name: &str| -> Result<Vec<(String, Option<&'static str>)>> {
        let changes = record[name].as_array().into_iter().flatten();
        changes
            .map(|change| Ok((id_of(&change["message"])?.to_owned(), lasting(&change["message"]))))
            .collect()
    };
    let number = record["id"].as_str().unwrap_or_default();
    for (name, labelled) in [("messagesAdded", false), ("labelsAdded", true)] {
        let arrival = |(id, lasting)| Arrival { id, record: number.to_owned(), labelled, lasting };
        arrivals.extend(messages(name)?.into_iter().map(arrival));
    }
    gone.extend(messages("messagesDeleted")?.into_iter().map(|(id, _)| id));
    Ok(())
}

fn lasting(message: &Value) -> Option<&'static str> {
    LASTING.into_iter().find(|label| read::labels(message).iter().any(|l| l == label))
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

fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
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
