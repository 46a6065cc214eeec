//! `new_messages`: the mail that arrived since the position of a cursor, and the cursor that a run has reserved. It moves
//! when the messages before it were delivered; when that is, is known to the run.

use std::{cell::RefCell, thread, time::Duration};

use serde::Deserialize;
use serde_json::json;

use super::{
    Receiver, ResultRow,
    arguments::Arguments,
    outcome::row_members,
    reading::{label, place, translate},
};
use crate::{
    clock::Deadline,
    gmail::{
        Gmail,
        history::{Filter, Position},
        messages::Listed,
        query::{Query, Syntax},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{FOLDER, FROM_NOW, WAIT},
    spelling::{name, set},
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
    /// How long to look for news, at most.
    wait: Duration,
    /// The shell command that gets each message.
    handler: Option<String>,
}

/// The pauses between two looks.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_WAIT: u64 = 3600;

#[derive(Deserialize)]
struct NewMailArguments {
    cursor: String,
    folder: String,
    #[serde(default)]
    query: String,
    limit: Option<u64>,
    from_now: bool,
    remind: bool,
    wait: Option<u64>,
    exec: Option<String>,
}

impl NewMail {
    pub(super) fn parse(arguments: &Arguments) -> Result<NewMail> {
        let given: NewMailArguments = arguments.read()?;
        let NewMailArguments { cursor, folder, query, limit, from_now, remind, wait, exec } = given;
        if wait.is_some_and(|wait| wait > LONGEST_WAIT) {
            return Err(Problem::usage(phrase![
                name(&WAIT),
                format!(" is more than {LONGEST_WAIT} seconds")
            ])
            .hint("Wait for less, and run the command again: no message is lost in between."));
        }
        let query = translate(&query, Syntax::Auto)?;
        if query.ids.is_some() || query.nothing {
            return Err(Problem::usage("this query cannot match new mail")
                .hint("Search for words, senders or states."));
        }
        let folder = place(&query, folder, arguments.given(&FOLDER));
        let wait = Duration::from_secs(wait.unwrap_or_default());
        let handler = exec.filter(|command| !command.trim().is_empty());
        Ok(NewMail { cursor, query, folder, limit, from_now, remind, wait, handler })
    }

    /// Whether a link is shown again that an earlier run has shown.
    pub(super) fn reminds(&self) -> bool {
        self.remind
    }

    /// The command that gets each message.
    pub(super) fn handler(&self) -> Option<&str> {
        self.handler.as_deref()
    }

    pub(super) fn waits(&self) -> bool {
        !self.wait.is_zero()
    }

    /// Passes the messages that arrived after the position to the sink, and moves the position with them.
    fn look(
        &self,
        reached: &mut Reached,
        label: Option<&String>,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<()> {
        let Some(position) = &mut reached.position else { return Ok(()) };
        let (members, query) = (row_members(sink), self.query.q.clone());
        let filter = Filter { label: label.cloned(), query, limit: self.limit, members };
        gmail.news(position, &filter, &mut reached.listed, &mut |row| sink.row(ResultRow::Message(row)))
    }

    /// The same for a command that must succeed before the position moves: one message after the other, and `record` after
    /// each. After a failure, the position is the one before that message.
    fn look_one_by_one(
        &self,
        reached: &mut Reached,
        label: Option<&String>,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
        record: &dyn Fn(&Position) -> Result<()>,
    ) -> Result<()> {
        while self.limit.is_none_or(|limit| reached.listed.rows < limit) {
            let Some(before) = reached.position.clone() else { return Ok(()) };
            let mut position = before.clone();
            let (members, query) = (row_members(sink), self.query.q.clone());
            let filter = Filter { label: label.cloned(), query, limit: Some(1), members };
            let (mut found, mut listed) = (None, Listed::default());
            gmail.news(&mut position, &filter, &mut listed, &mut |row| {
                found = Some(row);
                Ok(true)
            })?;
            reached.listed.failed.append(&mut listed.failed);
            let Some(row) = found else {
                reached.position = Some(position);
                return Ok(());
            };
            sink.row(ResultRow::Message(row))?;
            record(&position)?;
            reached.position = Some(position);
            reached.listed.rows += 1;
        }
        Ok(())
    }
}

/// How far a run has come with a cursor. If the token is renewed, the run goes on from there.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) position: Option<Position>,
    pub(super) listed: Listed,
    /// Whether this run has set the position to now.
    is_set: bool,
}

/// A cursor that this process has reserved.
pub(super) struct Following {
    /// Until when it looks for news.
    end: Deadline,
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
        let reached = RefCell::new(Reached { position, ..Reached::default() });
        Ok(Following { end: Deadline::after(request.wait), claim, reached })
    }

    /// Whether another process runs with the same cursor.
    pub(super) fn is_busy(&self) -> bool {
        self.claim.is_none()
    }

    pub(super) fn run(
        &self,
        request: &NewMail,
        gmail: &Gmail<'_>,
        store: &Store<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<Listed> {
        let reached = &mut *self.reached.borrow_mut();
        // Looked up on the first run, too, so that cron reports an unknown folder at once.
        let label = request.folder.as_deref().map_or(Ok(None), |folder| label(gmail, folder))?;
        let record = |position: &Position| store.set_cursor(&request.cursor, &json!(position));
        if reached.position.is_none() || (request.from_now && !reached.is_set) {
            let position = gmail.position()?;
            // What arrives while this waits is new for the next run, if this one is killed.
            record(&position)?;
            (reached.position, reached.is_set) = (Some(position), true);
            if !request.waits() {
                return Ok(Listed::default());
            }
        }
        let mut pause = FIRST_PAUSE;
        loop {
            match request.handler() {
                Some(_) => request.look_one_by_one(reached, label.as_ref(), gmail, sink, &record)?,
                None => request.look(reached, label.as_ref(), gmail, sink)?,
            }
            let left = self.end.left();
            if reached.listed.rows > 0 || !reached.listed.failed.is_empty() || left.is_zero() {
                return Ok(std::mem::take(&mut reached.listed));
            }
            gmail.observer.count("waiting for mail", 0, None, "messages");
            thread::sleep(pause.min(left));
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
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
