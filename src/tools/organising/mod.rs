//! The tools that change the state of messages. The result for a single id has its labels, as in the Python skill;
//! for several ids or a query, it has the number of changed messages.

mod folders;
mod state;

use serde::Deserialize;

pub(super) use self::folders::{CreateFolder, DeleteFolder, RenameFolder};
use self::state::MessageState;
use super::{
    Document, Outcome,
    arguments::{Arguments, Many},
    outcome::Changed,
    reading::translate,
};
use crate::{
    gmail::{
        Gmail,
        messages::Selection,
        organise::{self, CHUNK},
        query::{Query, Syntax},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{DRY_RUN, LIMIT, QUERY, UIDS, YES},
    spelling::{name, set},
};

/// A query that finds more messages than this must be confirmed.
const UNCONFIRMED: usize = 25;

/// A change to the state of messages.
#[derive(Debug)]
pub(crate) struct MessageChange {
    targets: Targets,
    state: MessageState,
    confirmed: bool,
    dry_run: bool,
}

/// The messages to change.
#[derive(Debug)]
enum Targets {
    /// A single id that was not in a list.
    One(String),
    Several(Vec<String>),
    Found {
        query: Query,
        limit: u64,
    },
}

#[derive(Deserialize)]
struct TargetArguments {
    #[serde(default)]
    uid: Many,
    query: Option<String>,
    limit: u64,
    yes: bool,
    dry_run: bool,
}

impl MessageChange {
    pub(super) fn parse(arguments: &Arguments) -> Result<MessageChange> {
        let given: TargetArguments = arguments.read()?;
        let (confirmed, dry_run) = (given.yes, given.dry_run);
        let targets = Targets::parse(arguments, given)?;
        Ok(MessageChange { targets, state: MessageState::parse(arguments)?, confirmed, dry_run })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let (change, ignored, place) = self.state.resolve(gmail, self.dry_run)?;
        let mut changed = match &self.targets {
            Targets::One(id) => self.change_one(gmail, id, &change)?,
            Targets::Several(ids) => self.change_all(gmail, ids, &change)?,
            Targets::Found { query, limit } => {
                self.change_all(gmail, &self.found(gmail, query, *limit, place)?, &change)?
            }
        };
        changed.ignored = ignored;
        Ok(Outcome::Document(Document::Changed(changed)))
    }

    fn found(
        &self,
        gmail: &Gmail<'_>,
        query: &Query,
        limit: u64,
        place: Option<String>,
    ) -> Result<Vec<String>> {
        let ids = match &query.ids {
            _ if query.nothing => Vec::new(),
            Some(ids) => ids.clone(),
            None => {
                let label = if query.any_folder { None } else { place };
                let (q, spam_trash) = (query.q.clone(), query.spam_trash);
                gmail.ids(&Selection { label, query: q, spam_trash, ..Selection::default() }, limit)?
            }
        };
        if ids.len() > UNCONFIRMED && !self.confirmed && !self.dry_run {
            let look = phrase!["List them with ", set(&DRY_RUN), ", then confirm with ", set(&YES)];
            return Err(Problem::usage(format!("the query finds {} messages", ids.len()))
                .hint(phrase![look, ", or set a smaller ", name(&LIMIT), "."])
                .detail("found", ids.len()));
        }
        Ok(ids)
    }

    fn change_one(&self, gmail: &Gmail<'_>, id: &str, change: &organise::Change) -> Result<Changed> {
        if self.dry_run {
            return Ok(planned(&[id.to_owned()]));
        }
        let labels = gmail.change(id, change)?;
        Ok(Changed { uid: Some(id.to_owned()), labels: Some(labels), ..Changed::default() })
    }

    fn change_all(&self, gmail: &Gmail<'_>, ids: &[String], change: &organise::Change) -> Result<Changed> {
        if self.dry_run {
            return Ok(planned(ids));
        }
        match ids {
            // Unlike the bulk endpoint, this one reports an id that does not exist.
            [id] => drop(gmail.change(id, change)?),
            _ => in_bulk(gmail, ids, change)?,
        }
        Ok(Changed { modified: Some(ids.len()), uids: Some(ids.to_vec()), ..Changed::default() })
    }
}

fn planned(ids: &[String]) -> Changed {
    Changed { dry_run: true, modified: Some(0), uids: Some(ids.to_vec()), ..Changed::default() }
}

/// Changes made before a failure are kept, so the problem says how many there were.
fn in_bulk(gmail: &Gmail<'_>, ids: &[String], change: &organise::Change) -> Result<()> {
    for (at, chunk) in ids.chunks(CHUNK).enumerate() {
        let done = at * CHUNK;
        match gmail.change_all(chunk, change) {
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

impl Targets {
    fn parse(arguments: &Arguments, given: TargetArguments) -> Result<Targets> {
        match (arguments.given(&UIDS), given.query) {
            (true, Some(_)) => Err(Problem::usage(phrase!["both ids and ", name(&QUERY), " were given"])
                .hint("Give one of them.")),
            (false, None) => {
                let needs = format!("{} requires message ids or ", arguments.tool.name);
                Err(Problem::usage(phrase![needs, name(&QUERY)]).hint(phrase![
                    "Give ids from a list or search, or ",
                    name(&QUERY),
                    " with a search."
                ]))
            }
            (false, Some(criteria)) => {
                Ok(Targets::Found { query: translate(&criteria, Syntax::Auto)?, limit: given.limit })
            }
            (true, None) if given.uid.single => Ok(Targets::One(given.uid.values.concat())),
            (true, None) => {
                let mut seen = std::collections::HashSet::new();
                let ids = given.uid.values.into_iter().filter(|id| seen.insert(id.clone()));
                Ok(Targets::Several(ids.collect()))
            }
        }
    }
}
