//! `export_messages` with `since_last`: a backup of all mail that a search finds, to which each run adds what is new.

use std::{cell::OnceCell, collections::HashSet};

use super::{Outcome, Receiver, ResultRow, exporting::row, outcome::rows_or_failure, progress::Progress};
use crate::{
    gmail::{
        Gmail,
        backup::{Backup, Flags, Place, Subject},
        messages::Selection,
        query::Query,
    },
    problem::{Code, Result},
};

#[derive(Debug)]
pub(crate) struct BackingUp {
    place: Place,
    /// As it was given.
    criteria: String,
    query: Query,
    verify: bool,
    /// The messages that the backup did not have. With a renewed token, the rest follows.
    new: OnceCell<Vec<String>>,
    progress: Progress,
}

impl BackingUp {
    pub(super) fn new(place: Place, criteria: String, query: Query, verify: bool) -> BackingUp {
        BackingUp { place, criteria, query, verify, new: OnceCell::new(), progress: Progress::default() }
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let account = gmail.profile()?.email.unwrap_or_default().to_lowercase();
        let subject = Subject { account, query: self.criteria.clone() };
        let is_first = self.new.get().is_none();
        let mut backup = Backup::open(&self.place, &subject, self.verify && is_first)?;
        let (new, seen, flagged) = self.find(gmail, &backup)?;
        for (at, id) in new.iter().enumerate().skip(self.progress.done()) {
            gmail.observer.count("saving", at, Some(new.len()), "messages");
            let flags = Flags { seen: seen.contains(id), flagged: flagged.contains(id) };
            match backup.add(gmail, id, flags) {
                Ok((path, written)) => {
                    self.progress.advance();
                    if !sink.row(ResultRow::Export(row(id, path.display().to_string(), written)))? {
                        break;
                    }
                }
                // It was deleted after it was listed.
                Err(p) if p.code() == Code::NotFound => self.progress.fail(id.clone(), p),
                Err(p) => return Err(p),
            }
        }
        gmail.observer.debug(&format!("the backup has {} messages", backup.len()));
        let mut listed = self.progress.listed();
        listed.gone = listed.missing.len() as u64;
        listed.missing.clear();
        rows_or_failure(listed)
    }

    /// The messages that the backup does not have, oldest first, and those that were read and that are starred.
    fn find(
        &self,
        gmail: &Gmail<'_>,
        backup: &Backup<'_>,
    ) -> Result<(Vec<String>, HashSet<String>, HashSet<String>)> {
        let everything = |also: Option<&str>| Selection {
            query: self.query.q.clone(),
            spam_trash: self.query.spam_trash,
            also: also.map(str::to_owned),
            ..Selection::default()
        };
        let ids = |also| -> Result<Vec<String>> {
            match (&self.query.ids, self.query.nothing) {
                (_, true) => Ok(Vec::new()),
                (Some(ids), _) => Ok(ids.clone()),
                (None, _) => Ok(gmail.ids(&everything(also), u64::MAX)?.ids),
            }
        };
        let new = match self.new.get() {
            Some(new) => new,
            None => {
                let found = ids(None)?;
                let new = found.into_iter().rev().filter(|id| !backup.has(id)).collect();
                self.new.get_or_init(|| new)
            }
        };
        if new.is_empty() || !matches!(self.place, Place::Maildir(_)) || self.query.ids.is_some() {
            return Ok((new.clone(), HashSet::new(), HashSet::new()));
        }
        let unread: HashSet<String> = ids(Some("UNREAD"))?.into_iter().collect();
        let seen = new.iter().filter(|id| !unread.contains(*id)).cloned().collect();
        Ok((new.clone(), seen, ids(Some("STARRED"))?.into_iter().collect()))
    }
}
