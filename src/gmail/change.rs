//! Changes the labels of messages and conversations. Nothing here deletes a message.
//!
//! `batchModify` ignores ids that do not exist. Ids that were not found by a search are therefore changed one by one
//! in a batch, or, if there are many, compared with Gmail's history after the change and with a list of those that were so
//! before: 50 units for a thousand messages, 2 for their history and 5 for a page of the list, instead of 5 for each. TRASH is a label that can be set as any other
//! (<https://developers.google.com/workspace/gmail/api/guides/labels>), which costs 5 units, and `trash` 20.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    Gmail, MAILBOX,
    batch::{InnerCall, Pace},
    id_of, incomplete,
    messages::{PAGE, Selection, named},
    read, target,
};
use crate::{
    problem::{Code, Problem, Result},
    url::segment,
};

/// The largest number of ids in a `batchModify` request.
pub(crate) const CHUNK: usize = 1000;
/// Up to this number of given ids, a change for each is one batch and says which do not exist.
pub(crate) const FEW: usize = 25;
/// From this number of messages on, `batchModify` costs no more than a change for each.
pub(crate) const CHEAP_IN_BULK: usize = 10;
const LABELS: [(&str, &str); 2] = [("format", "minimal"), ("fields", "id,labelIds")];

/// A change of the labels of messages. No label is in both lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) add: Vec<String>,
    pub(crate) remove: Vec<String>,
    pub(crate) trash: Option<Trash>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trash {
    In,
    Out,
}

/// What an id names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unit {
    #[default]
    Message,
    Conversation,
}

/// What became of the messages or conversations of a change.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) changed: Vec<String>,
    /// The number of messages in the changed conversations.
    pub(crate) messages: usize,
    pub(crate) not_found: Vec<String>,
    pub(crate) failed: Vec<(String, Problem)>,
    /// Why the change ended early, and what was not changed.
    pub(crate) interrupted: Option<(Problem, Vec<String>)>,
}

/// A method, with its body.
type Step = (&'static str, Option<Value>);

impl Change {
    /// The labels to add and to remove of messages, also where they are trashed or taken out of the trash.
    fn in_bulk(&self) -> (Vec<String>, Vec<String>) {
        let (mut add, mut remove) = (self.add.clone(), self.remove.clone());
        let put = |list: &mut Vec<String>, label: &str| {
            if !list.iter().any(|l| l == label) {
                list.push(label.to_owned());
            }
        };
        match self.trash {
            Some(Trash::In) => {
                put(&mut add, "TRASH");
                put(&mut remove, "INBOX");
                put(&mut remove, "SPAM");
            }
            Some(Trash::Out) => put(&mut remove, "TRASH"),
            None => {}
        }
        remove.retain(|label| !add.contains(label));
        (add, remove)
    }

    /// The methods that make the change.
    fn steps(&self, unit: Unit) -> Vec<Step> {
        match (unit, self.in_bulk()) {
            (Unit::Message, (add, remove)) => relabel(&add, &remove).into_iter().collect(),
            // What a conversation's change of TRASH does with its drafts is not documented.
            (Unit::Conversation, _) => self.separate_steps(),
        }
    }

    /// The methods that make the change if TRASH is not set as a label.
    fn separate_steps(&self) -> Vec<Step> {
        let trash = self.trash.map(|trash| match trash {
            Trash::In => ("trash", None),
            Trash::Out => ("untrash", None),
        });
        trash.into_iter().chain(relabel(&self.add, &self.remove)).collect()
    }

    /// The messages that are as the change makes them. `None` if one list cannot tell.
    fn selection(&self) -> Option<Selection> {
        let (add, remove) = self.in_bulk();
        let (label, query) = match (add.as_slice(), remove.as_slice()) {
            ([label], _) => (Some(label.clone()), ""),
            ([], [label]) => (None, without(label)?),
            _ => return None,
        };
        Some(Selection { label, query: query.to_owned(), spam_trash: true, ..Selection::default() })
    }

    /// Whether the change can be made in separate steps after it was refused as one of labels: labels cannot be added
    /// to a draft, but it can be trashed.
    fn has_another_way(&self, refusal: &Problem) -> bool {
        self.trash == Some(Trash::In) && matches!(refusal.code(), Code::Failed | Code::Usage)
    }

    /// The change that also takes messages out of trash and spam, unless it moves them there.
    pub(crate) fn out_of_hiding(mut self) -> Change {
        let stays = |label: &str| self.add.iter().chain(&self.remove).any(|l| l == label);
        let (trash, spam) = (self.trash.is_some() || stays("TRASH"), stays("SPAM"));
        if self.trash != Some(Trash::In) && !spam {
            self.remove.push("SPAM".to_owned());
        }
        if !trash {
            self.trash = Some(Trash::Out);
        }
        self
    }
}

/// Whether a failure means that nothing has this id. Gmail refuses a text that cannot be an id in other words.
fn is_missing(id: &str, problem: &Problem) -> bool {
    let refused = matches!(problem.code(), Code::Usage | Code::Failed);
    problem.code() == Code::NotFound || (refused && !is_id(id))
}

/// Finds the messages without this label.
fn without(label: &str) -> Option<&'static str> {
    let queries = [("INBOX", "-in:inbox"), ("UNREAD", "-is:unread"), ("STARRED", "-is:starred")];
    queries.into_iter().find(|(known, _)| *known == label).map(|(_, query)| query)
}

fn relabel(add: &[String], remove: &[String]) -> Option<Step> {
    let body = || json!({"addLabelIds": add, "removeLabelIds": remove});
    (!add.is_empty() || !remove.is_empty()).then(|| ("modify", Some(body())))
}

impl Tally {
    /// Adds what became of others.
    pub(crate) fn add(&mut self, other: Tally) {
        self.changed.extend(other.changed);
        self.messages += other.messages;
        self.not_found.extend(other.not_found);
        self.failed.extend(other.failed);
        self.interrupted = self.interrupted.take().or(other.interrupted);
    }
}

impl Unit {
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Unit::Message => "messages",
            Unit::Conversation => "conversations",
        }
    }

    /// The resource of the API.
    pub(super) fn collection(self) -> &'static str {
        match self {
            Unit::Message => "messages",
            Unit::Conversation => "threads",
        }
    }
}

/// Whether a text can be the id of a message or thread: Gmail refuses any other, and a whole request with one.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Gmail<'_> {
    /// Changes one message and returns the labels that it has now.
    pub(crate) fn change(&self, id: &str, change: &Change) -> Result<Vec<String>> {
        match self.step_by_step(id, change.steps(Unit::Message)) {
            Err(refusal) if is_id(id) && change.has_another_way(&refusal) => {
                self.step_by_step(id, change.separate_steps())
            }
            outcome => outcome,
        }
    }

    fn step_by_step(&self, id: &str, steps: Vec<Step>) -> Result<Vec<String>> {
        let path = format!("{MAILBOX}/messages/{}", segment(id));
        let mut message = Value::Null;
        for (end, body) in steps {
            let url = target(&format!("{path}/{end}"), &[]);
            message = self.json("POST", &url, body.as_ref()).map_err(|p| named(p, id))?;
        }
        id_of(&message)?;
        Ok(read::labels(&message))
    }

    /// The labels of a message.
    pub(crate) fn labels_of_one(&self, id: &str) -> Result<Vec<String>> {
        let path = format!("/messages/{}", segment(id));
        let message = self.get(&path, &LABELS).map_err(|p| named(p, id))?;
        id_of(&message).map(|_| read::labels(&message))
    }

    /// The labels of each of these messages.
    pub(crate) fn labels_of(&self, ids: &[String]) -> Result<Vec<Result<Vec<String>>>> {
        let path = |id: &String| target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &LABELS);
        let paths: Vec<String> = ids.iter().map(path).collect();
        let found = self.get_each(&paths, &mut self.pace())?;
        let labels = |(id, found): (&String, Result<Value>)| match found {
            Ok(message) => id_of(&message).map(|_| read::labels(&message)),
            Err(p) => Err(named(p, id)),
        };
        Ok(ids.iter().zip(found).map(labels).collect())
    }

    /// Changes at most [`CHUNK`] messages at once. Gmail ignores ids that do not exist.
    pub(crate) fn change_all(&self, ids: &[String], change: &Change) -> Result<()> {
        let (add, remove) = change.in_bulk();
        let body = json!({"ids": ids, "addLabelIds": add, "removeLabelIds": remove});
        self.json("POST", &format!("{MAILBOX}{}", target("/messages/batchModify", &[])), Some(&body))?;
        Ok(())
    }

    /// Makes the change for each message or conversation, in batches. A failure that concerns all of them ends it; it is
    /// an error if nothing was changed before.
    pub(crate) fn change_each(&self, unit: Unit, ids: &[String], change: &Change) -> Result<Tally> {
        let mut tally = Tally::default();
        let mut pace = self.pace();
        let mut rest = ids;
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(rest.len().min(pace.size()));
            self.observer.count("changing", ids.len() - rest.len(), Some(ids.len()), unit.plural());
            match self.change_chunk(unit, chunk, change, &mut pace) {
                Ok(part) => tally.add(part),
                Err(p) if tally.changed.is_empty() || p.code() == Code::TokenRefused => return Err(p),
                Err(p) => {
                    tally.interrupted = Some((p, rest.to_vec()));
                    return Ok(tally);
                }
            }
            rest = later;
        }
        Ok(tally)
    }

    fn change_chunk(&self, unit: Unit, ids: &[String], change: &Change, pace: &mut Pace) -> Result<Tally> {
        let mut tally = self.make_steps(unit, ids, &change.steps(unit), pace)?;
        let (refused, failed): (Vec<_>, Vec<_>) = std::mem::take(&mut tally.failed)
            .into_iter()
            .partition(|(_, problem)| unit == Unit::Message && change.has_another_way(problem));
        tally.failed = failed;
        if !refused.is_empty() {
            let refused: Vec<String> = refused.into_iter().map(|(id, _)| id).collect();
            match self.make_steps(unit, &refused, &change.separate_steps(), pace) {
                Ok(others) => tally.add(others),
                Err(p) if p.code() == Code::TokenRefused => return Err(p),
                // What was changed before is not to be lost.
                Err(p) => tally.failed.extend(refused.into_iter().map(|id| (id, p.clone()))),
            }
            let changed: HashSet<String> = tally.changed.drain(..).collect();
            tally.changed = ids.iter().filter(|id| changed.contains(*id)).cloned().collect();
        }
        Ok(tally)
    }

    fn make_steps(&self, unit: Unit, ids: &[String], steps: &[Step], pace: &mut Pace) -> Result<Tally> {
        let mut tally = Tally { changed: ids.to_vec(), ..Tally::default() };
        for (end, body) in steps {
            let collection = unit.collection();
            let call = |id: &String| {
                let path = format!("/gmail/v1/users/me/{collection}/{}/{end}", segment(id));
                InnerCall::post(target(&path, &[]), body.clone())
            };
            let calls: Vec<InnerCall> = tally.changed.iter().map(call).collect();
            let (outcomes, _) = self.call_each(&calls, &[], pace)?;
            tally.messages = 0;
            for (id, outcome) in std::mem::take(&mut tally.changed).into_iter().zip(outcomes) {
                match outcome {
                    Ok(answer) => {
                        tally.messages += answer["messages"].as_array().map_or(0, Vec::len);
                        tally.changed.push(id);
                    }
                    Err(p) if is_missing(&id, &p) => tally.not_found.push(id),
                    Err(p) => tally.failed.push((id, p)),
                }
            }
        }
        Ok(tally)
    }

    /// Those of these messages that Gmail does not list as changed already, newest first: they may not exist. A page of 500
    /// costs as much as the change of one message, and is asked for as long as it spares a batch of them.
    pub(crate) fn not_listed_as(&self, change: &Change, ids: &[String]) -> Vec<String> {
        let mut open: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let selection = change.selection().filter(|_| ids.len() > FEW);
        let mut token: Option<String> = None;
        // Without an answer, the change of each message tells.
        while let Some(selection) = &selection
            && let Ok(page) = self.page(selection, PAGE, token.as_deref())
        {
            let before = open.len();
            page.ids.iter().for_each(|id| {
                open.remove(id.as_str());
            });
            token = page.next;
            if token.is_none() || open.len() <= FEW || before - open.len() < FEW {
                break;
            }
        }
        ids.iter().filter(|id| open.contains(id.as_str())).cloned().collect()
    }

    /// The point of Gmail's history that [`Gmail::unchanged_since`] compares with.
    pub(crate) fn history_now(&self) -> Result<String> {
        let profile = self.get("/profile", &[("fields", "historyId")])?;
        profile["historyId"].as_str().map(str::to_owned).ok_or_else(incomplete)
    }

    /// The ids of messages whose labels did not change since then: they had these labels before, or do not exist.
    pub(crate) fn unchanged_since(&self, history_id: &str, ids: &[String]) -> Result<Vec<String>> {
        let mut open: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let mut token: Option<String> = None;
        loop {
            let mut query = vec![
                ("startHistoryId", history_id),
                ("historyTypes", "labelAdded"),
                ("historyTypes", "labelRemoved"),
                ("maxResults", "500"),
                ("fields", "history(labelsAdded/message/id,labelsRemoved/message/id),nextPageToken"),
            ];
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let page = self.get("/history", &query)?;
            let records = page["history"].as_array().into_iter().flatten();
            let changes = records.flat_map(|r| [&r["labelsAdded"], &r["labelsRemoved"]]);
            for change in changes.filter_map(Value::as_array).flatten() {
                open.remove(change["message"]["id"].as_str().unwrap_or_default());
            }
            token = page["nextPageToken"].as_str().map(str::to_owned);
            if token.is_none() || open.is_empty() {
                return Ok(ids.iter().filter(|id| open.contains(id.as_str())).cloned().collect());
            }
        }
    }
}
