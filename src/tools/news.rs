//! `new_messages`: the mail that arrived since the position of a cursor, and the cursor that a run has reserved. It moves
//! when the messages before it were delivered; when that is, is known to the run.

use std::cell::RefCell;

use serde::Deserialize;
use serde_json::json;

use super::{
    Receiver, ResultRow,
    arguments::Arguments,
    outcome::row_members,
    reading::{label, place, translate},
};
use crate::{
    gmail::{
        Gmail,
        history::{Filter, Position},
        messages::Listed,
        query::{Query, Syntax},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{FOLDER, FROM_NOW},
    spelling::set,
    store::{CursorClaim, Store},
};

/// `new_messages`.
#[derive(Debug)]
pub(crate) struct NewMail {
    pub(super) cursor: String,
    query: Query,
    /// `None` if the query decides where to search.
    folder: Option<String>,
    limit: Option<u64>,
    from_now: bool,
    remind: bool,
}

#[derive(Deserialize)]
struct NewMailArguments {
    cursor: String,
    folder: String,
    #[serde(default)]
    query: String,
    limit: Option<u64>,
    from_now: bool,
    remind: bool,
}

impl NewMail {
    pub(super) fn parse(arguments: &Arguments) -> Result<NewMail> {
        let NewMailArguments { cursor, folder, query, limit, from_now, remind } = arguments.read()?;
        let query = translate(&query, Syntax::Auto)?;
        if query.ids.is_some() || query.nothing {
            return Err(Problem::usage("this query cannot match new mail")
                .hint("Search for words, senders or states."));
        }
        let folder = place(&query, folder, arguments.given(&FOLDER));
        Ok(NewMail { cursor, query, folder, limit, from_now, remind })
    }

    /// Whether a link is shown again that an earlier run has shown.
    pub(super) fn reminds(&self) -> bool {
        self.remind
    }

    /// Passes the messages that arrived after the position to the sink, and moves the position with them. Without a
    /// position, or with `from_now`, it is only set.
    pub(super) fn run(
        &self,
        reached: &mut Reached,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<()> {
        // Looked up on the first run, too, so that cron reports an unknown folder at once.
        let label = self.folder.as_deref().map_or(Ok(None), |folder| label(gmail, folder))?;
        let Some(position) = reached.position.as_mut().filter(|_| !self.from_now) else {
            reached.position = Some(gmail.position()?);
            return Ok(());
        };
        let members = row_members(sink);
        let filter = Filter { label, query: self.query.q.clone(), limit: self.limit, members };
        gmail.news(position, &filter, &mut reached.listed, &mut |row| sink.row(ResultRow::Message(row)))
    }
}

/// How far a run has come with a cursor. If the token is renewed, the run goes on from there.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) position: Option<Position>,
    pub(super) listed: Listed,
}

/// A cursor that this process has reserved.
pub(super) struct Following {
    /// `None` while another process holds it.
    claim: Option<CursorClaim>,
    reached: RefCell<Reached>,
}

impl Following {
    pub(super) fn start(request: &NewMail, store: &Store<'_>) -> Result<Following> {
        let claim = store.claim_cursor(&request.cursor)?;
        let record = if claim.is_some() { store.cursor(&request.cursor)? } else { None };
        let position = match record.map(|text| serde_json::from_str(&text)) {
            Some(Err(_)) if !request.from_now => return Err(damaged(&request.cursor)),
            other => other.and_then(|position| position.ok()),
        };
        Ok(Following { claim, reached: RefCell::new(Reached { position, ..Reached::default() }) })
    }

    /// Whether another process runs with the same cursor.
    pub(super) fn is_busy(&self) -> bool {
        self.claim.is_none()
    }

    pub(super) fn run(
        &self,
        request: &NewMail,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<Listed> {
        let mut reached = self.reached.borrow_mut();
        request.run(&mut reached, gmail, sink)?;
        Ok(std::mem::take(&mut reached.listed))
    }

    /// Records how far the run has come. Called once everything that was passed to the sink has been delivered.
    pub(super) fn record(&self, request: &NewMail, store: &Store<'_>) -> Result<()> {
        match &self.reached.borrow().position {
            Some(position) => store.set_cursor(&request.cursor, &json!(position)),
            None => Ok(()),
        }
    }
}

/// To begin again would skip what has arrived since the last run.
fn damaged(cursor: &str) -> Problem {
    Problem::new(Code::Failed, format!("the record of the cursor \"{cursor}\" in the cache is damaged"))
        .hint(phrase!["Set the cursor to now with ", set(&FROM_NOW), ", and list the older messages."])
}
