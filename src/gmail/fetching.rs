//! Fetches the rows of a list in batches. What the list had last time is asked for in one request with the list itself,
//! so that only what is new needs another one. Such an answer is used if it is there, and asked for again if not.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    Gmail,
    batch::{InnerCall, Pace},
    beside::Beside,
    identified, labels,
    memory::Memory,
    messages::{IdPage, Selection, Visit},
    needs::{Paths, RowMembers},
};
use crate::problem::Result;

/// The paths of messages or conversations with what these members need.
pub(super) type PathsOf = fn(RowMembers) -> Paths;

/// What the rows of one list are made of.
pub(super) struct Fetching {
    paths: Paths,
    pub(super) beside: Beside,
    pace: Pace,
    /// The rows that came with the list, by their ids.
    known: HashMap<String, Value>,
    /// Those of them that were fetched in the request that asked for changes, so that it may not tell theirs.
    unsettled: HashSet<String>,
    /// What will be known of this list the next time.
    pub(super) memory: Option<Memory>,
    /// Whether a question that was asked with the list has no answer.
    is_asking: bool,
}

/// How many rows are asked for with a list: those of one batch.
pub(super) fn most_rows() -> usize {
    Pace::default().size()
}

impl Fetching {
    pub(super) fn new(paths: PathsOf, beside: Beside, pace: Pace) -> Fetching {
        let paths = paths(beside.members);
        let (known, unsettled) = (HashMap::new(), HashSet::new());
        Fetching { paths, beside, pace, known, unsettled, memory: None, is_asking: false }
    }

    fn call(&self, id: &str) -> InnerCall {
        InnerCall::get(self.paths.of(id))
    }

    /// The ids that are asked for with the list. A memory that is empty begins after this request.
    fn likely(&self, last: &[String], most: usize) -> Vec<String> {
        let last = last[..last.len().min(most)].iter();
        match &self.memory {
            Some(memory) if memory.is_empty() => Vec::new(),
            memory => last.filter(|id| memory.as_ref().is_none_or(|m| !m.has(id))).cloned().collect(),
        }
    }

    /// Takes the changes of what is remembered.
    fn recall(&mut self, answer: Option<&Value>) {
        let Some(memory) = &mut self.memory else { return };
        let mut told = std::mem::take(memory).after(answer);
        let rows = std::mem::take(&mut told.rows).into_iter();
        self.known.extend(rows.filter_map(|row| Some((row["id"].as_str()?.to_owned(), row))));
        *memory = told;
    }

    fn remember(&mut self, id: &str, row: &Value) {
        if let Some(memory) = self.memory.as_mut().filter(|_| !self.unsettled.contains(id)) {
            memory.add(id, row);
        }
    }

    /// How many of these ids can be visited after one batch: those that are known need no place in it.
    fn portion(&self, ids: &[String]) -> usize {
        let mut unknown = 0;
        let is_beyond = |id: &String| {
            unknown += usize::from(!self.known.contains_key(id));
            unknown > self.pace.size()
        };
        ids.iter().position(is_beyond).unwrap_or(ids.len())
    }
}

impl Gmail<'_> {
    /// Fetches these messages or conversations in batches; the questions of `beside` ride in the first. `passed` are those
    /// of the same page that are not fetched. False when the visitor needs no more.
    pub(super) fn each(
        &self,
        passed: &[String],
        ids: &[String],
        fetching: &mut Fetching,
        visit: &mut Visit<'_>,
    ) -> Result<bool> {
        let mut rest = ids;
        let mut questions = Some(passed.len() + ids.len());
        let mut passed = passed.iter();
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(fetching.portion(rest));
            let mut known: Vec<Option<Value>> = chunk.iter().map(|id| fetching.known.remove(id)).collect();
            if std::mem::take(&mut fetching.is_asking) && known.iter().all(Option::is_some) {
                // Questions ride with a row.
                known.truncate(chunk.len() - 1);
                known.push(None);
            }
            let unknown = chunk.iter().zip(&known).filter(|(_, row)| row.is_none());
            let calls: Vec<InnerCall> = unknown.map(|(id, _)| fetching.call(id)).collect();
            let mut found = Vec::new();
            if !calls.is_empty() {
                let questions = questions.take().map(|rows| fetching.beside.questions(rows));
                let answers;
                (found, answers) =
                    self.call_each(&calls, &questions.unwrap_or_default(), &mut fetching.pace)?;
                answers.iter().flatten().for_each(|answer| self.notice(answer));
                fetching.beside.learn(answers);
            }
            for id in passed.by_ref() {
                fetching.beside.has_attachment(id);
            }
            let mut found = found.into_iter();
            for (id, row) in chunk.iter().zip(known) {
                let Some(outcome) = row.map(Ok).or_else(|| found.next()) else { break };
                // The list goes on here in another run.
                if let Err(problem) = &outcome
                    && fetching.pace.is_over()
                    && problem.code().retryable()
                {
                    return Err(problem.clone());
                }
                if let Ok(row) = &outcome {
                    fetching.remember(id, row);
                }
                if !visit(id, outcome.and_then(identified), &mut fetching.beside)? {
                    return Ok(false);
                }
            }
            rest = later;
        }
        Ok(true)
    }

    /// The first page of a list, asked for together with the rows that it had last time, and with the labels if that of
    /// its folder is assumed. `None` if it must be asked for alone, which says what is wrong, or is that of another label.
    pub(super) fn page_with_rows(
        &self,
        selection: &Selection,
        size: u64,
        fetching: &mut Fetching,
    ) -> Option<IdPage> {
        let rows = usize::try_from(size).unwrap_or(usize::MAX);
        let most = if selection.members.only_ids() { 0 } else { rows.min(most_rows()) };
        let likely = fetching.likely(&selection.last, most);
        let mut calls = vec![InnerCall::get(selection.page_path(size))];
        calls.extend(likely.iter().map(|id| fetching.call(id)));
        calls.extend(fetching.memory.iter().map(Memory::question));
        calls.extend(selection.assumed.iter().map(|_| labels::call()));
        let asked = calls.len();
        calls.extend(fetching.beside.questions(rows));
        let mut answers = self.call_once(&calls, &mut fetching.pace).unwrap_or_default();
        let told = answers.split_off(answers.len().min(asked));
        told.iter().flatten().for_each(|answer| self.notice(answer));
        fetching.is_asking = fetching.beside.learn_some(told);
        if let Some(folder) = &selection.assumed {
            let labels = answers.pop().flatten()?;
            if self.folder_in(&labels, folder).ok()?.label() != selection.label {
                return None;
            }
        }
        if fetching.memory.is_some() {
            fetching.recall(answers.pop().flatten().as_ref());
        }
        let found = answers.split_off(answers.len().min(1));
        let rows = likely.iter().zip(found).filter_map(|(id, row)| {
            let row = row.filter(|row| row.get("id").and_then(Value::as_str) == Some(id))?;
            Some((id.clone(), row))
        });
        for (id, row) in rows {
            fetching.unsettled.insert(id.clone());
            fetching.known.insert(id, row);
        }
        answers.pop().flatten().and_then(|list| IdPage::read(&list, selection.unit).ok())
    }
}
