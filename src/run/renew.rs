//! The only loop: if Google refuses the token, it is renewed once and the operation runs again.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    io::Write,
};

use serde_json::json;

use super::{Connection, End, Invocation, handler, wait};
use crate::{
    access::Access,
    clock::Budget,
    observer::Observer,
    output::{Pipe, Rows},
    phrase::{Phrase, phrase},
    problem::{Code, NEXT_PAGE_TOKEN, Problem, Result},
    secret::Secret,
    spec::{PAGE_TOKEN, Parameter, Tool},
    spelling::with,
    tools::{self, Operation, Outcome, ResultRow, Telling},
};

/// Runs an operation against Gmail, with a token.
pub(super) fn operate<'r>(
    run: &Invocation<'_>,
    tool: &'r Tool,
    operation: &'r Operation<'_>,
    connection: &'r Connection<'_>,
    rows: Rows<'r>,
) -> Result<End> {
    let mut handed_out = HandedOut {
        tool,
        handler: operation.handler(),
        budget: connection.budget,
        rows,
        keys: HashSet::new(),
        hasher: RandomState::new(),
        pipe: None,
        is_late: false,
    };
    let mut access = connection.obtain();
    let mut renewed_at = None;
    loop {
        let token = match access {
            Ok(Access::Token(token)) => token,
            Ok(Access::Challenge(challenge)) => {
                if let Some(problem) = operation.unfinished() {
                    return Err(problem);
                }
                let is_job = run.is_regular_job(operation);
                if is_job
                    && operation.telling() == Telling::Once
                    && connection.store.has_told(&challenge.url)?
                {
                    run.console.has_shown(&challenge.url);
                    run.console.debug("an earlier run has shown the link; --remind shows it again");
                }
                match wait::for_person(run, connection, challenge, wait::Until::SignedIn)? {
                    Access::Token(token) => token,
                    Access::Challenge(challenge) => {
                        // Rows that were printed as they came are not printed again after the sign-in.
                        if handed_out.rows.written > 0 && handed_out.rows.are_printed() {
                            operation.delivered()?;
                        }
                        if is_job {
                            run.console.show_link_once(&challenge);
                            connection.store.tell(&challenge.url)?;
                            return Ok(End::Challenged);
                        }
                        return run.challenged(&challenge);
                    }
                }
            }
            Err(problem) => return handed_out.failed(operation, problem),
        };
        match handed_out.receive(operation, connection, &token) {
            // Once, and again only if rows have arrived since: the token can expire during a long list.
            Err(p)
                if p.code() == Code::TokenRefused
                    && renewed_at.is_none_or(|at| at < handed_out.rows.written) =>
            {
                renewed_at = Some(handed_out.rows.written);
                access = connection.renew(&token);
            }
            // A closed pipe counts as success.
            Err(_) if run.console.is_closed() => return Ok(End::Done),
            Err(problem) => return handed_out.failed(operation, problem),
            Ok(outcome) => return finish(run, tool, operation, outcome, handed_out.rows),
        }
    }
}

fn finish(
    run: &Invocation<'_>,
    tool: &Tool,
    operation: &Operation<'_>,
    outcome: Outcome,
    rows: Rows<'_>,
) -> Result<End> {
    let Outcome::Rows(listed) = outcome else { return run.finish(outcome, tool, rows) };
    deliver(rows, operation)?;
    run.ended(&listed)
}

/// Prints the rows that were kept. A cursor moves only after the rows before it were received.
fn deliver(rows: Rows<'_>, operation: &Operation<'_>) -> Result<()> {
    if rows.finish()? { operation.delivered() } else { Ok(()) }
}

/// What an operation has delivered. After a renewal, a list starts again, perhaps with new mail at the top; rows that
/// were already delivered are skipped.
struct HandedOut<'r> {
    tool: &'r Tool,
    /// The command that gets each row.
    handler: Option<&'r str>,
    budget: &'r Budget,
    rows: Rows<'r>,
    /// Hashes of their keys, so that a long list stays small in memory.
    keys: HashSet<u64>,
    hasher: RandomState,
    pipe: Option<Pipe<'r>>,
    /// Whether the time limit was reached.
    is_late: bool,
}

impl tools::Receiver for HandedOut<'_> {
    fn wants(&self, member: &str) -> bool {
        self.rows.wants(member)
    }

    fn shows(&self, member: &str) -> bool {
        // A command gets the whole message.
        self.handler.is_some_and(|_| self.rows.has_no_fields()) || self.rows.shows(member)
    }

    fn is_for_person(&self) -> bool {
        self.rows.is_for_person()
    }

    fn row(&mut self, row: ResultRow) -> Result<bool> {
        if !self.keys.insert(self.hasher.hash_one(row.key())) {
            return Ok(true);
        }
        debug_assert_eq!(
            tools::mismatch(self.tool, &json!(row)),
            None,
            "a row of {} is not what the table says",
            self.tool.name
        );
        let Some(handler) = self.handler else { return self.rows.push(&row) };
        handler::run(handler, &row.key(), &self.rows.json(&row))?;
        self.budget.progressed();
        Ok(true)
    }

    fn bytes(&mut self, instead: &Parameter) -> Result<&mut dyn Write> {
        Ok(self.pipe.insert(self.rows.pipe(instead)?))
    }
}

impl HandedOut<'_> {
    /// Runs the operation. Progress extends its time limit, unless the caller waits for one document.
    fn receive(
        &mut self,
        operation: &Operation<'_>,
        connection: &Connection<'_>,
        token: &Secret,
    ) -> Result<Outcome> {
        let budget = connection.budget;
        let extends = operation.changes() || operation.waits() || connection.console.shows_progress();
        budget.extend_with_progress(extends);
        budget.progressed();
        let outcome = operation.run(&connection.gmail(token), self);
        budget.extend_with_progress(false);
        self.is_late = budget.deadline().left().is_zero();
        outcome
    }

    fn failed(self, operation: &Operation<'_>, problem: Problem) -> Result<End> {
        if self.rows.written > 0 {
            return self.broken_off(operation, problem);
        }
        if problem.code() == Code::TokenRefused && operation.unfinished().is_none() {
            return Err(problem.hint(
                "Sign in again, since a renewed token was refused, too: run mcs-gmail auth logout, then mcs-gmail auth login.",
            ));
        }
        Err(operation.explain(problem))
    }

    /// Ends a list early: the rows that arrived are printed and reported as incomplete.
    fn broken_off(self, operation: &Operation<'_>, problem: Problem) -> Result<End> {
        let (written, is_late) = (self.rows.written, self.is_late);
        deliver(self.rows, operation)?;
        let message =
            phrase![format!("the list was interrupted after {written} rows: "), problem.phrases().0];
        // What running it again cannot fix keeps the hint of its cause.
        let own = problem.phrases().1.filter(|_| !problem.code().retryable());
        let again = "Run the same command again: the printed rows are correct, but incomplete.";
        let hint = match own {
            Some(own) => own.clone(),
            None if is_late => late_hint(&problem),
            None => again.into(),
        };
        let mut partial = Problem::new(Code::Partial, message)
            .hint(hint)
            .retryable_as(&problem)
            .detail("rows", written)
            .detail("cause", problem.code().name());
        if let Some(token) = problem.next_page_token() {
            partial = partial.detail(NEXT_PAGE_TOKEN, token);
        }
        Err(partial)
    }
}

/// What to do about a list that took longer than its time limit.
fn late_hint(problem: &Problem) -> Phrase {
    let more = phrase!["Allow more time with --timeout, or print rows as they come with --format jsonl"];
    match problem.next_page_token() {
        Some(token) => phrase![more, ", or continue with ", with(&PAGE_TOKEN, token), "."],
        None => phrase![more, "."],
    }
}
