//! Changes many messages or conversations, and says which of them do not exist or could not be changed.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::super::outcome::Changed;
use crate::{
    gmail::{
        Gmail,
        change::{CHEAP_IN_BULK, CHUNK, Change, FEW, Tally, Unit, is_id},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
};

/// A change, and where it is made.
pub(super) struct Bulk<'b> {
    pub(super) gmail: &'b Gmail<'b>,
    pub(super) change: &'b Change,
    /// The label without which a message is left as it is.
    pub(super) required: Option<&'static str>,
}

type Reported = (Changed, Option<Problem>);

impl Bulk<'_> {
    /// Changes what the user named. Ids that do not exist are reported.
    pub(super) fn given(&self, unit: Unit, ids: &[String]) -> Result<Reported> {
        match unit {
            Unit::Message => self.given_messages(ids),
            Unit::Conversation => self.conversations(ids),
        }
    }

    /// Changes what Gmail listed.
    pub(super) fn listed(&self, unit: Unit, ids: &[String]) -> Result<Reported> {
        match unit {
            Unit::Message if ids.len() < CHEAP_IN_BULK => {
                // What was deleted since Gmail listed it is not to be changed.
                let tally = Tally {
                    not_found: Vec::new(),
                    ..self.gmail.change_each(Unit::Message, ids, self.change)?
                };
                let problem = shortfall(Unit::Message, ids, &tally, 0)?;
                Ok((messages(tally.changed), problem))
            }
            Unit::Message => {
                self.all_at_once(ids)?;
                Ok((messages(ids.to_vec()), None))
            }
            Unit::Conversation => self.conversations(ids),
        }
    }

    fn given_messages(&self, ids: &[String]) -> Result<Reported> {
        let Sorted { ids: open, unchanged, not_found } = self.sorted(ids)?;
        let mut tally = match open.as_slice() {
            [] => Tally::default(),
            [id] if ids.len() == 1 => {
                self.gmail.change(id, self.change)?;
                Tally { changed: open, ..Tally::default() }
            }
            few if few.len() <= FEW => self.gmail.change_each(Unit::Message, few, self.change)?,
            many => self.many(many)?,
        };
        tally.not_found.extend(not_found);
        let problem = shortfall(Unit::Message, ids, &tally, unchanged.len())?;
        let changed =
            Changed { unchanged, not_found: in_order(ids, &tally.not_found), ..messages(tally.changed) };
        Ok((changed, problem))
    }

    /// The ids that the change concerns, and the others.
    fn sorted(&self, ids: &[String]) -> Result<Sorted> {
        // One malformed id would make Gmail refuse the whole request. A single one has Gmail's own answer.
        let is_id = |id: &String| ids.len() == 1 || is_id(id);
        let (known, not_found): (Vec<String>, Vec<String>) = ids.iter().cloned().partition(is_id);
        let Some(label) = self.required else {
            return Ok(Sorted { ids: known, unchanged: Vec::new(), not_found });
        };
        let mut sorted = Sorted { ids: Vec::new(), unchanged: Vec::new(), not_found };
        for (id, labels) in known.iter().zip(self.gmail.labels_of(&known)?) {
            match labels {
                Ok(labels) if labels.iter().any(|l| l == label) => sorted.ids.push(id.clone()),
                Ok(_) => sorted.unchanged.push(id.clone()),
                Err(p) if p.code() == Code::NotFound && ids.len() > 1 => sorted.not_found.push(id.clone()),
                Err(p) => return Err(p),
            }
        }
        Ok(sorted)
    }

    /// Changes more than a few messages, and then finds out which of them do not exist.
    fn many(&self, ids: &[String]) -> Result<Tally> {
        let before = self.gmail.history_now()?;
        self.all_at_once(ids)?;
        let checked = match self.gmail.unchanged_since(&before, ids) {
            // The second change of a message does no harm, and fails if it does not exist.
            Ok(unchanged) => {
                let open = self.gmail.not_listed_as(self.change, &unchanged);
                self.gmail.change_each(Unit::Message, &open, self.change)
            }
            Err(p) => Err(p),
        };
        let not_found = match checked {
            Ok(tally) => tally.not_found,
            Err(p) if p.code() == Code::TokenRefused => return Err(p),
            Err(p) => {
                let message = format!("the change was made, but could not be checked: {}", p.message());
                self.gmail.observer.warn(&message);
                Vec::new()
            }
        };
        let missing: HashSet<&String> = not_found.iter().collect();
        let changed = ids.iter().filter(|id| !missing.contains(id)).cloned().collect();
        Ok(Tally { changed, not_found, ..Tally::default() })
    }

    /// Changes made before a failure are kept, so the problem says how many there were.
    fn all_at_once(&self, ids: &[String]) -> Result<()> {
        for (at, chunk) in ids.chunks(CHUNK).enumerate() {
            let done = at * CHUNK;
            self.gmail.observer.count("changing", done, Some(ids.len()), Unit::Message.plural());
            match self.gmail.change_all(chunk, self.change) {
                Ok(()) => {}
                Err(p) if done == 0 || p.code() == Code::TokenRefused => return Err(p),
                Err(p) => {
                    let progress = format!("{done} of {} messages were changed: ", ids.len());
                    return Err(Problem::new(Code::Partial, phrase![progress, p.phrases().0])
                        .hint("Run the same command again; changing a message twice does no harm.")
                        .detail("modified", done)
                        .detail("remaining", ids[done..].to_vec()));
                }
            }
        }
        Ok(())
    }

    /// The ids may also be those of messages, which stand for their conversations.
    fn conversations(&self, ids: &[String]) -> Result<Reported> {
        if let Some(label) = self.required {
            return self.restored_conversations(ids, label);
        }
        let mut tally = self.gmail.change_each(Unit::Conversation, ids, self.change)?;
        let resolved = self.gmail.threads_of(&tally.not_found)?;
        tally.not_found = resolved.not_found;
        let known: HashSet<String> = tally.changed.iter().cloned().collect();
        let threads: Vec<String> = resolved.threads.into_iter().filter(|id| !known.contains(id)).collect();
        if !threads.is_empty() {
            tally.add(self.gmail.change_each(Unit::Conversation, &threads, self.change)?);
        }
        let problem = shortfall(Unit::Conversation, ids, &tally, 0)?;
        let changed = Changed {
            modified: Some(tally.messages),
            conversations: Some(tally.changed.len()),
            messages: Some(tally.messages),
            not_found: in_order(ids, &tally.not_found),
            thread_ids: Some(tally.changed),
            ..Changed::default()
        };
        Ok((changed, problem))
    }

    /// Restores the messages of conversations that are in trash or spam; the others stay where they are.
    fn restored_conversations(&self, ids: &[String], label: &str) -> Result<Reported> {
        let threads = self.gmail.threads_with_labels(ids)?;
        let mut tally = Tally { not_found: threads.not_found, ..Tally::default() };
        let (mut open, mut unchanged) = (Vec::new(), Vec::new());
        for (thread, messages) in threads.found {
            let concerned = messages.into_iter().filter(|m| m.labels.iter().any(|l| l == label));
            let before = open.len();
            open.extend(concerned.map(|m| m.id));
            if open.len() > before { tally.changed.push(thread) } else { unchanged.push(thread) }
        }
        if !open.is_empty() {
            self.all_at_once(&open)?;
        }
        let problem = shortfall(Unit::Conversation, ids, &tally, unchanged.len())?;
        let changed = Changed {
            modified: Some(open.len()),
            conversations: Some(tally.changed.len()),
            messages: Some(open.len()),
            not_found: in_order(ids, &tally.not_found),
            thread_ids: Some(tally.changed),
            unchanged,
            ..Changed::default()
        };
        Ok((changed, problem))
    }
}

/// Changes made before a failure are kept, so the problem says how many there were.
fn interrupted(unit: Unit, given: &[String], tally: &Tally, cause: &Problem) -> Problem {
    let (done, units) = (tally.changed.len(), unit.plural());
    let message = phrase![format!("{done} of {} {units} were changed: ", given.len()), cause.phrases().0];
    Problem::new(Code::Partial, message)
        .hint("Run the same command again; changing a message twice does no harm.")
        .detail("modified", done)
}

struct Sorted {
    ids: Vec<String>,
    unchanged: Vec<String>,
    not_found: Vec<String>,
}

fn messages(changed: Vec<String>) -> Changed {
    Changed { modified: Some(changed.len()), uids: Some(changed), ..Changed::default() }
}

/// The missing ids in the order in which they were given.
fn in_order(given: &[String], missing: &[String]) -> Vec<String> {
    let missing: HashSet<&String> = missing.iter().collect();
    given.iter().filter(|id| missing.contains(id)).cloned().collect()
}

/// The problem to report if not everything was changed. An error if nothing exists or could be changed.
fn shortfall(unit: Unit, given: &[String], tally: &Tally, unchanged: usize) -> Result<Option<Problem>> {
    let (missing, failed) = (in_order(given, &tally.not_found), &tally.failed);
    if let Some((cause, remaining)) = &tally.interrupted {
        return Ok(Some(interrupted(unit, given, tally, cause).detail("remaining", remaining.clone())));
    }
    if missing.is_empty() && failed.is_empty() {
        return Ok(None);
    }
    let nothing = tally.changed.is_empty() && unchanged == 0;
    let units = unit.plural();
    let problem = match failed.first() {
        None if nothing => Problem::not_found(format!("none of the {} {units} was found", given.len())),
        None => {
            let message = format!("{} of {} {units} were not found", missing.len(), given.len());
            Problem::new(Code::Partial, message)
        }
        Some((id, cause)) => {
            let count = missing.len() + failed.len();
            let message = phrase![
                format!("{count} of {} {units} could not be changed, such as {id}: ", given.len()),
                cause.phrases().0
            ];
            let alike = nothing && missing.is_empty() && failed.iter().all(|(_, p)| p.code() == cause.code());
            Problem::new(if alike { cause.code() } else { Code::Partial }, message)
        }
    };
    let reasons: Vec<Value> = failed
        .iter()
        .map(|(id, p)| json!({"id": id, "code": p.code().name(), "message": p.message()}))
        .collect();
    let mut problem = problem.hint(if failed.is_empty() {
        "Check the ids in not_found with list or search; the messages may have been deleted."
    } else {
        "Run the same command again with the ids in failed; the others were changed."
    });
    if !missing.is_empty() {
        problem = problem.detail("not_found", missing);
    }
    if !reasons.is_empty() {
        problem = problem.detail("failed", reasons);
    }
    if nothing { Err(problem) } else { Ok(Some(problem)) }
}
