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
/// The most ids that one request returns.
const ONE_PAGE: usize = 500;

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
        limit: Option<usize>,
    },
}

/// The messages that a query found.
struct Found {
    ids: Vec<String>,
    /// All that match, if not all of them are to be changed or known.
    about: Option<usize>,
}

#[derive(Deserialize)]
struct TargetArguments {
    #[serde(default)]
    uid: Many,
    query: Option<String>,
    limit: Option<usize>,
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
        let (mut changed, ignored) = match &self.targets {
            Targets::One(id) => {
                let (change, ignored, _) = self.state.resolve(gmail, self.dry_run)?;
                (self.change_one(gmail, id, &change)?, ignored)
            }
            Targets::Several(ids) => {
                let (change, ignored, _) = self.state.resolve(gmail, self.dry_run)?;
                (self.change_all(gmail, ids, &change)?, ignored)
            }
            Targets::Found { query, limit } => self.change_found(gmail, query, *limit)?,
        };
        changed.ignored = ignored;
        Ok(Outcome::Document(Document::Changed(changed)))
    }

    /// Changes what a query finds. Nothing is changed and no folder is created before the query is accepted.
    fn change_found(
        &self,
        gmail: &Gmail<'_>,
        query: &Query,
        limit: Option<usize>,
    ) -> Result<(Changed, Vec<String>)> {
        let (mut change, ignored, place) = self.state.resolve(gmail, self.dry_run || self.state.creates())?;
        let found = self.found(gmail, query, limit, place)?;
        let needs_yes = query.unrestricted
            || found.about.unwrap_or(found.ids.len()).min(limit.unwrap_or(usize::MAX)) > UNCONFIRMED;
        if needs_yes && !self.confirmed && !self.dry_run {
            return Err(unconfirmed(query, &found, limit));
        }
        if self.state.creates() && !self.dry_run && !found.ids.is_empty() {
            change = self.state.resolve(gmail, false)?.0;
        }
        let mut changed = self.change_all(gmail, &found.ids, &change)?;
        changed.matched = Some(found.about.unwrap_or(found.ids.len()));
        changed.more = found.about.is_some();
        changed.needs_yes = needs_yes && self.dry_run;
        Ok((changed, ignored))
    }

    /// Without a confirmation, no more than one page is requested: it shows whether there are too many.
    fn found(
        &self,
        gmail: &Gmail<'_>,
        query: &Query,
        limit: Option<usize>,
        place: Option<String>,
    ) -> Result<Found> {
        if query.nothing {
            return Ok(Found { ids: Vec::new(), about: None });
        }
        if let Some(ids) = &query.ids {
            let kept: Vec<String> = ids.iter().take(limit.unwrap_or(usize::MAX)).cloned().collect();
            let about = (kept.len() < ids.len()).then_some(ids.len());
            return Ok(Found { ids: kept, about });
        }
        let most = match limit {
            Some(limit) if self.confirmed || self.dry_run => limit,
            None if self.confirmed && !self.dry_run => usize::MAX,
            limit => limit.unwrap_or(usize::MAX).min(ONE_PAGE),
        };
        let label = if query.any_folder { None } else { place };
        let (q, spam_trash) = (query.q.clone(), query.spam_trash);
        let found =
            gmail.ids(&Selection { label, query: q, spam_trash, ..Selection::default() }, most as u64)?;
        Ok(Found { ids: found.ids, about: found.about })
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

/// The refusal of a query that finds many messages, or all of them.
fn unconfirmed(query: &Query, found: &Found, limit: Option<usize>) -> Problem {
    let count = found.about.unwrap_or(found.ids.len()).min(limit.unwrap_or(usize::MAX));
    let estimated = found.about.is_some() && count > found.ids.len();
    let about = if estimated { "about " } else { "" };
    let message = if query.unrestricted {
        format!("the query restricts nothing and finds {about}{count} messages")
    } else {
        format!("the query finds {about}{count} messages")
    };
    let look = phrase!["List them with ", set(&DRY_RUN), ", then confirm with ", set(&YES)];
    let hint = if query.unrestricted {
        phrase![look, ", or restrict ", name(&QUERY), "."]
    } else {
        phrase![look, ", or set a smaller ", name(&LIMIT), "."]
    };
    Problem::usage(message).hint(hint).detail("found", count).detail("estimated", estimated)
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
        // Models send an empty text for a parameter that they do not use.
        let query = given.query.filter(|query| !query.trim().is_empty());
        match (arguments.given(&UIDS), query) {
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
