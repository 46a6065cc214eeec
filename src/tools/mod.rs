//! From a row of the table and a JSON object to an operation on a mailbox: arguments become a [`Request`], a request
//! becomes an [`Operation`], and that ends in an [`Outcome`]. Nothing here prints or fetches a token.

mod arguments;
mod backing_up;
mod exporting;
mod filters;
mod importing;
mod news;
mod numbers;
mod organising;
mod outcome;
mod progress;
mod reading;
mod request;
mod schema;
mod sentence;
mod settings;
#[cfg(test)]
mod tests;
mod writing;

pub(crate) use self::{
    arguments::Arguments,
    numbers::NumberedRow,
    outcome::{Document, Outcome, Preview, Receiver, ResultRow, RowPage, Undo, incomplete},
    request::Request,
    schema::{annotations, mismatch, result_as_object, result_schema, schema},
    sentence::{Sentence, sentence},
    writing::Author,
};
use self::{news::Following, outcome::WriteResult, writing::Journal};
use crate::{
    gmail::{Gmail, messages::Listed},
    policy::Policy,
    problem::{Code, Problem, Result},
    store::Store,
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

/// When a run shows a sign-in link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    Always,
    /// Unless an earlier run has shown this link.
    Once,
    /// Even then.
    OnceMore,
}

impl<'a> Operation<'a> {
    fn start(request: &'a Request, policy: &'a Policy, store: &'a Store<'a>) -> Result<Operation<'a>> {
        let journal = match request {
            Request::Write(writing) => Journal::open(store, writing.key())?,
            _ => Journal::without_key(store),
        };
        let following = match request {
            Request::New(new) => Some(Following::start(new, store)?),
            _ => None,
        };
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
        self.following.as_ref().is_some_and(Following::is_busy)
    }

    /// Whether it is a regular job, which tells a person only once about a link; with `remind`, it tells again.
    pub(crate) fn telling(&self) -> Telling {
        match self.request {
            Request::New(new) if new.reminds() => Telling::OnceMore,
            Request::New(_) => Telling::Once,
            _ => Telling::Always,
        }
    }

    /// The command that gets each message, instead of the output.
    pub(crate) fn handler(&self) -> Option<&str> {
        match self.request {
            Request::New(new) => new.handler(),
            _ => None,
        }
    }

    /// Whether it waits for something to happen, however long one request may take.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.request, Request::New(new) if new.waits() || new.handler().is_some())
    }

    /// Whether the request changes something or writes files, so that it is not to be cut off while it goes on.
    pub(crate) fn changes(&self) -> bool {
        self.request.changes()
    }

    /// Runs the request against a mailbox. Rows are passed to the sink as they arrive.
    pub(crate) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        match self.request {
            Request::Folders(request) => request.run(gmail, sink),
            Request::List(request) => request.run(gmail, self.store, sink),
            Request::Search(request) => request.run(gmail, self.store, sink),
            Request::Count(request) => request.run(gmail, self.store),
            Request::Group(request) => request.run(gmail, self.store, sink),
            Request::Read(request) => request.run(gmail),
            Request::Thread(request) => request.run(gmail),
            Request::Links(request) => request.run(gmail, self.store),
            Request::Attachments(request) => request.run(gmail, sink),
            Request::Collect(request) => request.run(gmail, sink),
            Request::Export(request) => request.run(gmail, sink),
            Request::Import(request) => request.run(gmail, sink),
            Request::New(request) => match &self.following {
                Some(following) => following.run(request, gmail, self.store, sink).map(Outcome::Rows),
                None => Ok(Outcome::Rows(Listed::default())),
            },
            Request::Profile => gmail.profile().map(|p| Outcome::Document(Document::Profile(p))),
            Request::Change(request) => request.run(gmail, sink.is_for_person()),
            Request::CreateFolder(request) => request.run(gmail),
            Request::EditFolder(request) => request.run(gmail),
            Request::RenameFolder(request) => request.run(gmail),
            Request::DeleteFolder(request) => request.run(gmail),
            Request::Write(writing) => writing.run(&self.journal, self.policy, gmail, self.store),
            Request::ListDrafts(request) => request.run(gmail, self.store, sink),
            Request::ShowDraft(request) => request.show(gmail),
            Request::SendDraft(request) => request.send(&self.journal, self.policy, gmail),
            Request::DeleteDraft(request) => request.run(gmail),
            Request::Unsubscribe(request) => request.run(self.policy, gmail, self.store),
            Request::Filters => filters::list(gmail, sink),
            Request::ExportFilters => filters::export(gmail),
            Request::CreateFilter(request) => request.run(gmail),
            Request::DeleteFilter(request) => request.run(gmail),
            Request::ApplyFilters(request) => request.run(gmail),
            Request::Aliases => settings::aliases(gmail, sink),
            Request::Forwarding => settings::forwarding(gmail),
            Request::Vacation => settings::vacation(gmail),
            Request::SetVacation(request) => request.run(gmail),
        }
    }

    /// Moves the cursor, if there is one. Called once everything that was passed to the sink has been delivered, also if
    /// the operation failed afterwards.
    pub(crate) fn delivered(&self) -> Result<()> {
        match (&self.following, self.request) {
            (Some(following), Request::New(request)) => following.record(request, self.store),
            _ => Ok(()),
        }
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
