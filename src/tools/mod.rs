//! From a row of the table and a JSON object to an operation on a mailbox: arguments become a [`Request`], a request
//! becomes an [`Operation`], and that ends in an [`Outcome`]. Nothing here prints or fetches a token.

mod arguments;
mod exporting;
mod importing;
mod organising;
mod outcome;
mod reading;
mod request;
mod schema;
#[cfg(test)]
mod tests;
mod writing;

use std::cell::RefCell;

pub(crate) use self::{
    arguments::Arguments,
    outcome::{Document, Outcome, Receiver, ResultRow, incomplete},
    request::Request,
    schema::schema,
};
use self::{outcome::WriteResult, writing::Journal};
use crate::{
    gmail::{Gmail, history::Position, messages::Listed},
    policy::Policy,
    problem::{Code, Problem, Result},
    store::{Cursor, CursorClaim, Store},
};

/// A request that is being run. A process may run it again with a renewed token, so this records what must not happen
/// twice.
pub(crate) struct Operation<'a> {
    request: &'a Request,
    policy: &'a Policy,
    store: &'a Store<'a>,
    journal: Journal<'a>,
    following: Option<Following>,
}

/// A cursor that this process has reserved.
struct Following {
    /// `None` while another process holds it.
    claim: Option<CursorClaim>,
    since: Option<Position>,
    /// The position to which the cursor moves once the rows before it were printed.
    reached: RefCell<Option<Position>>,
}

impl<'a> Operation<'a> {
    fn start(request: &'a Request, policy: &'a Policy, store: &'a Store<'a>) -> Result<Operation<'a>> {
        let journal = match request {
            Request::Write(writing) => Journal::open(store, writing.key())?,
            _ => Journal::without_key(store),
        };
        let following = request.cursor().map(|name| follow(store, name)).transpose()?;
        Ok(Operation { request, policy, store, journal, following })
    }

    /// The outcome, if it is known without a request to Gmail: the result that an earlier run recorded under the same
    /// idempotency key, or an empty list while another run uses the same cursor.
    pub(crate) fn known(&self) -> Option<Outcome> {
        if let Some(result) = self.journal.result() {
            return Some(Outcome::Document(Document::Written(WriteResult::Earlier(result))));
        }
        self.is_busy().then(|| Outcome::Rows(Listed::default()))
    }

    /// Whether another process runs with the same cursor.
    pub(crate) fn is_busy(&self) -> bool {
        self.following.as_ref().is_some_and(|f| f.claim.is_none())
    }

    /// Runs the request against a mailbox. Rows are passed to the sink as they arrive.
    pub(crate) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        match self.request {
            Request::Folders(request) => request.run(gmail, sink),
            Request::List(request) => request.run(gmail, sink),
            Request::Search(request) => request.run(gmail, sink),
            Request::Read(request) => request.run(gmail),
            Request::Thread(request) => request.run(gmail),
            Request::Attachments(request) => request.run(gmail, sink),
            Request::Export(request) => request.run(gmail, sink),
            Request::Import(request) => request.run(gmail, sink),
            Request::New(request) => self.run_new(request, gmail, sink),
            Request::Profile => gmail.profile().map(|p| Outcome::Document(Document::Profile(p))),
            Request::Change(request) => request.run(gmail),
            Request::CreateFolder(request) => request.run(gmail),
            Request::RenameFolder(request) => request.run(gmail),
            Request::DeleteFolder(request) => request.run(gmail),
            Request::Write(writing) => writing.run(&self.journal, self.policy, gmail),
            Request::ListDrafts(request) => request.run(gmail, sink),
            Request::ShowDraft(request) => request.show(gmail),
            Request::SendDraft(request) => request.send(&self.journal, self.policy, gmail),
            Request::DeleteDraft(request) => request.run(gmail),
        }
    }

    fn run_new(
        &self,
        request: &reading::NewMail,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<Outcome> {
        let since = self.following.as_ref().and_then(|f| f.since.as_ref());
        let (listed, position) = request.run(since, gmail, sink)?;
        if let Some(following) = &self.following {
            following.reached.replace(Some(position));
        }
        Ok(Outcome::Rows(listed))
    }

    /// Moves the cursor. Called once everything that was passed to the sink has been printed.
    pub(crate) fn delivered(&self) -> Result<()> {
        let reached = self.following.as_ref().and_then(|f| f.reached.take());
        let (Some(Position { history_id, time }), Some(name)) = (reached, self.request.cursor()) else {
            return Ok(());
        };
        self.store.set_cursor(name, &Cursor { history_id, time })
    }

    /// The problem to report if the operation cannot be continued: as long as it is unknown whether a message was
    /// sent, a challenge, which says to run the command again, would be wrong.
    pub(crate) fn unfinished(&self) -> Option<Problem> {
        self.journal.unknown()
    }

    /// The problem to report. A send of this run whose outcome is unknown takes precedence over any later problem.
    pub(crate) fn explain(&self, problem: Problem) -> Problem {
        match self.unfinished() {
            Some(unknown) if problem.code() != Code::Unknown => unknown.detail("cause", problem.message()),
            _ => problem,
        }
    }
}

fn follow(store: &Store<'_>, name: &str) -> Result<Following> {
    let claim = store.claim_cursor(name)?;
    let cursor = if claim.is_some() { store.cursor(name)? } else { None };
    let since = cursor.map(|Cursor { history_id, time }| Position { history_id, time });
    Ok(Following { claim, since, reached: RefCell::default() })
}
