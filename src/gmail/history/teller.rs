//! Passes new messages on and records in the position what was passed on, so that the two never differ.

use super::{
    super::{
        beside::Beside,
        messages::{Listed, Row, Sink},
    },
    position::Position,
};
use crate::problem::{Problem, Result};

/// Whether more messages may be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Go,
    Stop,
}

pub(super) struct Teller<'t, 's> {
    pub(super) position: &'t mut Position,
    pub(super) listed: &'t mut Listed,
    sink: &'t mut Sink<'s>,
    limit: Option<u64>,
    /// The last row that the limit allows, until it is known whether there are more.
    held: Option<Row>,
    /// Whether the rows are found by date.
    pub(super) resync: bool,
    pub(super) beside: Beside,
}

impl<'t, 's> Teller<'t, 's> {
    pub(super) fn new(
        position: &'t mut Position,
        listed: &'t mut Listed,
        sink: &'t mut Sink<'s>,
        limit: Option<u64>,
        beside: Beside,
    ) -> Self {
        Teller { position, listed, sink, limit, held: None, resync: false, beside }
    }

    /// Allows no more rows than this in all, unless a limit was given.
    pub(super) fn in_portions_of(&mut self, limit: u64) {
        self.listed.in_portions = self.limit.is_none();
        self.limit.get_or_insert(limit);
    }

    /// How many messages to fetch after `before` of them. It is one more than may be passed on, which shows whether there
    /// are more; where many are not wanted, it is more each time.
    pub(super) fn portion(&self, before: usize) -> usize {
        let room = self.limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.told()).saturating_add(1));
        usize::try_from(room).unwrap_or(usize::MAX).max(2 * before)
    }

    fn told(&self) -> u64 {
        self.listed.rows + u64::from(self.held.is_some())
    }

    /// Passes a row on. At the limit it is not passed on; the last row then says that there are more.
    pub(super) fn tell(&mut self, row: Row, date: i64) -> Result<Next> {
        let told = self.told();
        if self.limit.is_some_and(|limit| told >= limit) {
            self.listed.more = true;
            self.flush()?;
            return Ok(Next::Stop);
        }
        self.position.tell(&row.uid, date);
        let row = Row { resync: self.resync, ..row };
        if self.limit == Some(told + 1) {
            self.held = Some(row);
            return Ok(Next::Go);
        }
        self.pass_on(row)
    }

    /// Passes on that a message cannot be read, and why. It is not tried again.
    pub(super) fn tell_failure(&mut self, id: &str, problem: Problem, date: i64) -> Result<Next> {
        let next = self.tell(Row::failed(id, problem.message()), date)?;
        if self.position.has_told(id) {
            self.listed.failed.push((id.to_owned(), problem));
        }
        Ok(next)
    }

    fn pass_on(&mut self, row: Row) -> Result<Next> {
        self.listed.rows += 1;
        Ok(if (self.sink)(row)? { Next::Go } else { Next::Stop })
    }

    /// Passes on the row that was held back. To be called at the end, whatever happened.
    pub(super) fn flush(&mut self) -> Result<()> {
        let Some(row) = self.held.take() else { return Ok(()) };
        self.pass_on(Row { more: self.listed.more, ..row }).map(|_| ())
    }
}
