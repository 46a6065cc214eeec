//! The point up to which a mailbox was read: a history id, and what a walk by date needs to know once Google no longer
//! has the history. It is what a cursor records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How far the dates of messages that arrive at the same time may differ, in milliseconds: a message may become
/// visible after another one with a later date.
pub(super) const MARGIN: i64 = 120_000;
/// The largest number of messages that are remembered as passed over.
const PASSED: usize = 500;
/// A message that could not be read in so many runs is not tried again.
const TRIES: u32 = 3;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) history_id: String,
    /// When it was taken, in epoch seconds.
    #[serde(default)]
    pub(crate) time: f64,
    /// `None` in a record of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Told>,
    /// Whether messages from before the history id are still to be found by date.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) walking: bool,
    /// Whether it was said that Google no longer has the history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) warned: bool,
    /// The messages that arrived outside the folder or did not match, newest last. A change of labels may bring them in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passed: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stuck: Option<Stuck>,
}

/// What was returned so far, by date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    /// In epoch milliseconds. Nothing that was accepted up to then is new.
    edge: i64,
    /// The messages after the edge that were returned, with their dates.
    ids: BTreeMap<String, i64>,
}

/// A message that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stuck {
    id: String,
    runs: u32,
}

impl Position {
    /// A position at which nothing is new that was accepted up to `newest`, in epoch milliseconds. `ids` are the
    /// messages that were there.
    pub(super) fn new(history_id: &str, time: f64, newest: i64, ids: Vec<String>) -> Position {
        let ids = ids.into_iter().map(|id| (id, newest)).collect();
        Position {
            history_id: history_id.to_owned(),
            time,
            told: Some(Told { edge: newest - MARGIN, ids }),
            walking: false,
            warned: false,
            passed: Vec::new(),
            stuck: None,
        }
    }

    fn told(&mut self) -> &mut Told {
        let since = (self.time * 1000.0) as i64 - MARGIN;
        self.told.get_or_insert_with(|| Told { edge: since.max(0), ids: BTreeMap::new() })
    }

    /// The date up to which nothing is new, in epoch milliseconds.
    pub(super) fn edge(&mut self) -> i64 {
        self.told().edge
    }

    pub(super) fn has_told(&self, id: &str) -> bool {
        self.told.as_ref().is_some_and(|told| told.ids.contains_key(id))
    }

    pub(super) fn tell(&mut self, id: &str, date: i64) {
        self.told().ids.insert(id.to_owned(), date);
        self.passed.retain(|passed| passed != id);
        self.stuck = None;
    }

    /// Records that everything that was accepted up to this date was returned or passed over.
    pub(super) fn raise(&mut self, date: i64) {
        let told = self.told();
        told.edge = told.edge.max(date.saturating_sub(MARGIN));
        let edge = told.edge;
        told.ids.retain(|_, date| *date > edge);
    }

    pub(super) fn has_passed(&self, id: &str) -> bool {
        self.passed.iter().any(|passed| passed == id)
    }

    pub(super) fn pass(&mut self, id: &str) {
        if !self.has_passed(id) {
            self.passed.push(id.to_owned());
            let surplus = self.passed.len().saturating_sub(PASSED);
            self.passed.drain(..surplus);
        }
    }

    /// Records one more run in which a message could not be read. True if it is not to be tried again.
    pub(super) fn gives_up(&mut self, id: &str) -> bool {
        let runs = self.stuck.as_ref().filter(|stuck| stuck.id == id).map_or(0, |stuck| stuck.runs) + 1;
        self.stuck = Some(Stuck { id: id.to_owned(), runs });
        runs >= TRIES
    }
}
