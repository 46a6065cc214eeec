//! Filters: what Gmail does with mail that arrives. They are listed, created and deleted, and a whole set of them is put
//! in place of another. Gmail cannot change a filter.
//!
//! <https://developers.google.com/workspace/gmail/api/guides/filter_settings>

mod form;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub(crate) use self::form::Filter;
use self::form::Wire;
use super::{
    Gmail, MAILBOX,
    change::{Change, Trash},
    id_of, incomplete, labels, permitted, target,
};
use crate::{
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::ToolId,
    spelling::command,
    url::segment,
};

const FILTERS: &str = "/gmail/v1/users/me/settings/filters";

/// The filters of a mailbox, and the labels that they name.
pub(crate) struct Filters {
    labels: Vec<labels::Label>,
    /// With their ids.
    present: Vec<(String, Wire)>,
}

/// A filter as Gmail takes it, with its form for people.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) filter: Filter,
    wire: Wire,
}

/// What has to be done so that the mailbox has certain filters.
pub(crate) struct Difference {
    pub(crate) missing: Vec<Ready>,
    /// With their ids.
    pub(crate) others: Vec<Filter>,
    pub(crate) unchanged: usize,
}

impl Ready {
    /// What it does, as a change of messages that are in the mailbox already.
    pub(crate) fn change(&self) -> Change {
        let (add, remove) = self.wire.labels();
        let is_trash = |label: &&String| *label == "TRASH";
        Change {
            add: add.iter().filter(|label| !is_trash(label)).cloned().collect(),
            remove: remove.iter().filter(|label| *label != "SPAM").cloned().collect(),
            trash: add.iter().any(|label| is_trash(&label)).then_some(Trash::In),
        }
    }
}

impl Filters {
    /// All of them, in Gmail's order.
    pub(crate) fn all(&self) -> Vec<Filter> {
        self.present.iter().map(|(id, wire)| wire.filter(id, &self.labels)).collect()
    }

    /// Finds the labels that a filter names. One to add that does not exist is an error, unless it is to be created.
    pub(crate) fn ready(&self, filter: &Filter, creates_labels: bool) -> Result<Ready> {
        let known = |name: &String| labels::find(&self.labels, name).map(|label| label.id.clone());
        let added = |name: &String| match known(name) {
            Err(p) if creates_labels && p.code() == Code::NotFound => Ok(name.clone()),
            found => found,
        };
        let wire = Wire::of(filter, &added, &known)?;
        wire.check()?;
        // A system label is told by the name of what it does.
        let filter = Filter { id: None, ..wire.filter("", &self.labels) };
        Ok(Ready { filter, wire })
    }

    /// The id of the filter that does the same.
    pub(crate) fn same(&self, ready: &Ready) -> Option<&str> {
        self.present.iter().find(|(_, wire)| *wire == ready.wire).map(|(id, _)| id.as_str())
    }

    pub(crate) fn with_id(&self, id: &str) -> Result<Filter> {
        let found = self.present.iter().find(|(known, _)| known == id);
        found.map(|(id, wire)| wire.filter(id, &self.labels)).ok_or_else(|| unknown(id))
    }

    /// How the mailbox differs from these filters, each of which counts once.
    pub(crate) fn difference(&self, wanted: Vec<Ready>) -> Difference {
        let mut missing: Vec<Ready> = Vec::new();
        let mut kept = Vec::new();
        for ready in wanted {
            match self.same(&ready) {
                Some(id) => kept.push(id.to_owned()),
                None if missing.iter().any(|known| known.wire == ready.wire) => {}
                None => missing.push(ready),
            }
        }
        let others = self.present.iter().filter(|(id, _)| !kept.contains(id));
        let others = others.map(|(id, wire)| wire.filter(id, &self.labels)).collect();
        kept.sort_unstable();
        kept.dedup();
        Difference { missing, others, unchanged: kept.len() }
    }
}

impl Gmail<'_> {
    /// The filters and the labels, in one request.
    pub(crate) fn filters(&self) -> Result<Filters> {
        let paths =
            [target(FILTERS, &[]), target("/gmail/v1/users/me/labels", &[("fields", labels::FIELDS)])];
        let mut answers = self.get_each(&paths, &mut self.pace())?.into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err(incomplete()));
        let (filters, labels) = (next()?, next()?);
        self.notice(&labels);
        let labels = labels.get("labels").and_then(Value::as_array).ok_or_else(incomplete)?;
        let labels = labels.iter().map(|found| labels::label(found).ok_or_else(incomplete));
        Ok(Filters { labels: labels.collect::<Result<_>>()?, present: present(&filters)? })
    }

    /// Creates a filter that does not exist, and returns its id. If an answer was lost, Gmail may have created it: it is
    /// looked up.
    pub(crate) fn create_filter(&self, ready: &Ready) -> Result<String> {
        let url = format!("{MAILBOX}{}", target("/settings/filters", &[]));
        let (created, tries) = self.counted_json("POST", &url, Some(&ready.wire.json()));
        match created {
            Ok(answer) => id_of(&answer).map(str::to_owned),
            Err(p) if tries > 1 || p.code() == Code::Temporary => match self.filters() {
                Ok(filters) => filters.same(ready).map(str::to_owned).ok_or(p),
                Err(_) => Err(p),
            },
            Err(p) if p.code() == Code::Usage => Err(p.hint(
                "Check the addresses, the search and the labels; Gmail refuses a filter that it cannot carry out.",
            )),
            Err(p) => Err(permitted(p)),
        }
    }

    /// Deletes a filter. It is no error if it no longer exists after a lost answer.
    pub(crate) fn delete_filter(&self, id: &str) -> Result<()> {
        let url = format!("{MAILBOX}{}", target(&format!("/settings/filters/{}", segment(id)), &[]));
        match self.counted_json("DELETE", &url, None) {
            (Ok(_), _) => Ok(()),
            (Err(p), tries) if p.code() == Code::NotFound && tries > 1 => Ok(()),
            (Err(p), _) if p.code() == Code::NotFound => Err(unknown(id)),
            (Err(p), _) => Err(permitted(p)),
        }
    }
}

fn present(answer: &Value) -> Result<Vec<(String, Wire)>> {
    // Gmail leaves the member out where there are none.
    let list = answer.get("filter").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let filter = |found: &Value| {
        let id = found.get("id").and_then(Value::as_str).ok_or_else(incomplete)?;
        Ok((id.to_owned(), Wire::read(found)))
    };
    list.iter().map(filter).collect()
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("filter \"{id}\" not found"))
        .hint(phrase!["Use ", command(ToolId::ListFilters), " to list the filters."])
        .detail("id", id)
}
