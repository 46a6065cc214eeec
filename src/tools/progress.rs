//! How far a tool has come with a list of messages. A run that renews its token goes on from there.

use std::cell::{Cell, RefCell};

use crate::{gmail::messages::Listed, problem::Problem};

/// How many messages are done, and those among them that failed.
#[derive(Debug, Default)]
pub(super) struct Progress {
    done: Cell<usize>,
    failed: RefCell<Vec<(String, Problem)>>,
}

impl Progress {
    pub(super) fn done(&self) -> usize {
        self.done.get()
    }

    pub(super) fn advance(&self) {
        self.done.set(self.done.get() + 1);
    }

    pub(super) fn fail(&self, what: String, problem: Problem) {
        self.failed.borrow_mut().push((what, problem));
        self.advance();
    }

    /// Whether anything succeeded.
    pub(super) fn has_rows(&self) -> bool {
        self.done() > self.failed.borrow().len()
    }

    /// How the list ended.
    pub(super) fn listed(&self) -> Listed {
        let missing = self.failed.take();
        Listed { rows: (self.done() - missing.len()) as u64, missing, ..Listed::default() }
    }

    /// Everything is done again.
    pub(super) fn restart(&self) {
        self.done.set(0);
        self.failed.take();
    }
}
