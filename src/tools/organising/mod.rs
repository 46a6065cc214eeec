//! The tools that change the state of messages and conversations. The result for a single id has its labels, as in the
//! Python skill; for several ids or a query, it has the number of changed messages.

mod bulk;
mod folders;
mod place;
mod state;
mod targets;
mod undo;

use serde::Deserialize;

use self::{
    bulk::Bulk,
    state::{MessageState, Resolved},
    targets::Found,
    undo::Before,
};
pub(super) use self::{
    folders::{CreateFolder, DeleteFolder, EditFolder, RenameFolder},
    targets::{Selected, Targets, UNCONFIRMED},
};
use super::{
    Document, Outcome,
    arguments::{Arguments, Many},
    outcome::Changed,
};
use crate::{
    gmail::{Gmail, change::Unit, query::Query},
    problem::{Problem, Result},
};

/// A change to the state of messages.
#[derive(Debug)]
pub(crate) struct MessageChange {
    targets: Targets,
    state: MessageState,
    /// What the ids name, and what a query finds.
    unit: Unit,
    confirmed: bool,
    dry_run: bool,
}

#[derive(Deserialize)]
pub(super) struct TargetArguments {
    #[serde(default)]
    uid: Many,
    query: Option<String>,
    limit: Option<usize>,
    pub(super) yes: bool,
    pub(super) dry_run: bool,
    #[serde(default)]
    thread: bool,
}

impl MessageChange {
    pub(super) fn parse(arguments: &Arguments) -> Result<MessageChange> {
        let given: TargetArguments = arguments.read()?;
        let (confirmed, dry_run) = (given.yes, given.dry_run);
        let unit = if given.thread { Unit::Conversation } else { Unit::Message };
        let targets = Targets::parse(arguments, given)?;
        Ok(MessageChange { targets, state: MessageState::parse(arguments)?, unit, confirmed, dry_run })
    }

    /// For a person, what takes the change back is found out, too.
    pub(super) fn run(&self, gmail: &Gmail<'_>, for_person: bool) -> Result<Outcome> {
        let before = |ids: &[String]| {
            (for_person && !self.dry_run).then(|| Before::of(gmail, self.unit, ids)).flatten()
        };
        let (known, (mut changed, problem, ignored)) = match &self.targets {
            Targets::Found { query, limit } => self.change_found(gmail, query, *limit, &before)?,
            Targets::One(id) if self.unit == Unit::Message => {
                let resolved = self.state.resolve(gmail, self.dry_run)?;
                let known = before(std::slice::from_ref(id));
                (known, (self.change_one(gmail, id, &resolved)?, None, resolved.ignored))
            }
            Targets::One(id) => {
                let ids = std::slice::from_ref(id);
                (before(ids), self.change_given(gmail, ids)?)
            }
            Targets::Several(ids) => (before(ids), self.change_given(gmail, ids)?),
        };
        changed.ignored = ignored;
        changed.destination = self.state.destination().map(str::to_owned);
        if let Some((touched, undo)) = known.and_then(|before| before.compared(gmail)) {
            changed.touched = Some(touched);
            changed.undo = undo;
        }
        Ok(match problem {
            Some(problem) => Outcome::Incomplete(Document::Changed(changed), problem),
            None => Outcome::Document(Document::Changed(changed)),
        })
    }

    fn change_one(&self, gmail: &Gmail<'_>, id: &str, resolved: &Resolved) -> Result<Changed> {
        if self.dry_run {
            return Ok(planned(self.unit, &[id.to_owned()]));
        }
        let change = &resolved.change;
        let labels = match self.state.restores(change) {
            None => gmail.change(id, change)?,
            Some(label) => {
                let labels = gmail.labels_of_one(id)?;
                if labels.iter().any(|l| l == label) { gmail.change(id, change)? } else { labels }
            }
        };
        Ok(Changed { uid: Some(id.to_owned()), labels: Some(labels), ..Changed::default() })
    }

    fn change_given(&self, gmail: &Gmail<'_>, ids: &[String]) -> Result<Reported> {
        let Resolved { change, ignored, .. } = self.state.resolve(gmail, self.dry_run)?;
        if self.dry_run {
            return Ok((planned(self.unit, ids), None, ignored));
        }
        let bulk = Bulk { gmail, change: &change, required: self.state.restores(&change) };
        let (changed, problem) = bulk.given(self.unit, ids)?;
        Ok((changed, problem, ignored))
    }

    /// Changes what a query finds. Nothing is changed and no folder is created before the query is accepted.
    fn change_found(
        &self,
        gmail: &Gmail<'_>,
        query: &Query,
        limit: Option<usize>,
        before: &dyn Fn(&[String]) -> Option<Before>,
    ) -> Result<(Option<Before>, Reported)> {
        let Resolved { mut change, ignored, place } =
            self.state.resolve(gmail, self.dry_run || self.state.creates())?;
        let most = targets::most(limit, self.confirmed, self.dry_run);
        let found = Found::by(gmail, query, &place, self.unit, limit, most)?;
        let needs_yes = query.unrestricted || found.count(limit) > targets::UNCONFIRMED;
        if needs_yes && !self.confirmed && !self.dry_run {
            return Err(targets::unconfirmed(query, &found, self.unit, limit));
        }
        if self.state.creates() && !self.dry_run && !found.ids.is_empty() {
            change = self.state.resolve(gmail, false)?.change;
        }
        if place.yields_to_hidden(query) {
            change = change.out_of_hiding();
        }
        let known = before(&found.ids);
        let (mut changed, problem) = if self.dry_run {
            (planned(self.unit, &found.ids), None)
        } else {
            let bulk = Bulk { gmail, change: &change, required: self.state.restores(&change) };
            if found.listed {
                bulk.listed(self.unit, &found.ids)?
            } else {
                bulk.given(self.unit, &found.ids)?
            }
        };
        changed.matched = Some(found.about.unwrap_or(found.ids.len()));
        changed.changed = changed.conversations.or(changed.modified);
        changed.more = found.about.is_some();
        changed.needs_yes = needs_yes && self.dry_run;
        Ok((known, (changed, problem, ignored)))
    }
}

/// The result, the problem if it is not complete, and the flags that were ignored.
type Reported = (Changed, Option<Problem>, Vec<String>);

fn planned(unit: Unit, ids: &[String]) -> Changed {
    let plan = Changed { dry_run: true, modified: Some(0), ..Changed::default() };
    let ids = Some(ids.to_vec());
    match unit {
        Unit::Message => Changed { uids: ids, ..plan },
        Unit::Conversation => Changed { conversations: Some(0), messages: Some(0), thread_ids: ids, ..plan },
    }
}
