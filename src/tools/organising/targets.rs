//! The messages or conversations to change: the ids that were given, or those that a query finds.

use super::{
    super::{arguments::Arguments, reading::translate},
    TargetArguments,
    place::Place,
};
use crate::{
    gmail::{
        Gmail,
        change::Unit,
        messages::Selection,
        query::{Query, Syntax},
    },
    phrase::phrase,
    problem::{Problem, Result},
    spec::{DRY_RUN, LIMIT, QUERY, UIDS, YES},
    spelling::{name, set},
};

/// A query that finds more than this must be confirmed.
pub(in crate::tools) const UNCONFIRMED: usize = 25;
/// The most ids that one request returns.
const ONE_PAGE: usize = 500;

#[derive(Debug)]
pub(in crate::tools) enum Targets {
    /// A single id that was not in a list.
    One(String),
    Several(Vec<String>),
    Found {
        query: Query,
        limit: Option<usize>,
    },
}

impl Targets {
    pub(in crate::tools) fn parse(arguments: &Arguments, given: TargetArguments) -> Result<Targets> {
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

/// The messages that a call concerns.
#[derive(Debug, Default)]
pub(in crate::tools) struct Selected {
    pub(in crate::tools) ids: Vec<String>,
    /// Of a query: how many match, whether these are more, and whether it must be confirmed.
    pub(in crate::tools) matched: Option<usize>,
    pub(in crate::tools) more: bool,
    pub(in crate::tools) needs_yes: bool,
}

impl Targets {
    /// Finds the messages of a call that changes none of them. A query that must be confirmed is refused without that.
    pub(in crate::tools) fn select(
        &self,
        gmail: &Gmail<'_>,
        confirmed: bool,
        dry_run: bool,
    ) -> Result<Selected> {
        let (query, limit) = match self {
            Targets::One(id) => return Ok(Selected { ids: vec![id.clone()], ..Selected::default() }),
            Targets::Several(ids) => return Ok(Selected { ids: ids.clone(), ..Selected::default() }),
            Targets::Found { query, limit } => (query, *limit),
        };
        let most = most(limit, confirmed, dry_run);
        let found = Found::by(gmail, query, &Place::Mail, Unit::Message, limit, most)?;
        let needs_yes = query.unrestricted || found.count(limit) > UNCONFIRMED;
        if needs_yes && !confirmed && !dry_run {
            return Err(unconfirmed(query, &found, Unit::Message, limit));
        }
        let matched = Some(found.about.unwrap_or(found.ids.len()));
        Ok(Selected { ids: found.ids, matched, more: found.about.is_some(), needs_yes })
    }
}

/// What a query found.
pub(super) struct Found {
    pub(super) ids: Vec<String>,
    /// All that match, if not all of them are to be changed or known.
    pub(super) about: Option<usize>,
    /// Whether Gmail listed the ids, so that they exist.
    pub(super) listed: bool,
}

/// The most ids to look for. Without a confirmation, no more than one page is requested: it shows whether there are
/// too many.
pub(super) fn most(limit: Option<usize>, confirmed: bool, dry_run: bool) -> usize {
    match limit {
        Some(limit) if confirmed || dry_run => limit,
        None if confirmed && !dry_run => usize::MAX,
        limit => limit.unwrap_or(usize::MAX).min(ONE_PAGE),
    }
}

impl Found {
    pub(super) fn by(
        gmail: &Gmail<'_>,
        query: &Query,
        place: &Place,
        unit: Unit,
        limit: Option<usize>,
        most: usize,
    ) -> Result<Found> {
        if query.nothing {
            return Ok(Found { ids: Vec::new(), about: None, listed: true });
        }
        if let Some(ids) = &query.ids {
            let kept: Vec<String> = ids.iter().take(limit.unwrap_or(usize::MAX)).cloned().collect();
            let about = (kept.len() < ids.len()).then_some(ids.len());
            return Ok(Found { ids: kept, about, listed: false });
        }
        let selection = Selection { unit, ..place.selection(query) };
        let found = gmail.ids(&selection, most as u64)?;
        Ok(Found { ids: found.ids, about: found.about, listed: true })
    }

    /// How many would be changed.
    pub(super) fn count(&self, limit: Option<usize>) -> usize {
        self.about.unwrap_or(self.ids.len()).min(limit.unwrap_or(usize::MAX))
    }
}

/// The refusal of a query that finds many messages, or all of them.
pub(super) fn unconfirmed(query: &Query, found: &Found, unit: Unit, limit: Option<usize>) -> Problem {
    let count = found.count(limit);
    let estimated = found.about.is_some() && count > found.ids.len();
    let about = if estimated { "about " } else { "" };
    let units = unit.plural();
    let message = if query.unrestricted {
        format!("the query restricts nothing and finds {about}{count} {units}")
    } else {
        format!("the query finds {about}{count} {units}")
    };
    let look = phrase!["List them with ", set(&DRY_RUN), ", then confirm with ", set(&YES)];
    let hint = if query.unrestricted {
        phrase![look, ", or restrict ", name(&QUERY), "."]
    } else {
        phrase![look, ", or set a smaller ", name(&LIMIT), "."]
    };
    Problem::usage(message).hint(hint).detail("found", count).detail("estimated", estimated)
}
