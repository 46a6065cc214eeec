//! The tools for filters: they are listed, exported and deleted here, created in `create`, and made those of a file in
//! `apply`.

mod apply;
mod create;

use serde::{Deserialize, Serialize};

pub(super) use self::{apply::ApplyFilters, create::CreateFilter};
use super::{Document, Outcome, Receiver, ResultRow, Undo, arguments::Arguments};
use crate::{
    gmail::{Gmail, filters::Filter, messages::Listed},
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{CREATE, ToolId, YES},
    spelling::{command, set},
};

/// A filter in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct FilterRow {
    #[serde(flatten)]
    filter: Filter,
    /// The search that finds the mail that it concerns.
    search: String,
    actions: Vec<String>,
}

impl From<Filter> for FilterRow {
    fn from(filter: Filter) -> FilterRow {
        FilterRow { search: filter.search(), actions: filter.actions(), filter }
    }
}

impl FilterRow {
    pub(super) fn id(&self) -> String {
        self.filter.id.clone().unwrap_or_default()
    }
}

/// A filter that was created, or would be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct FilterMade {
    #[serde(flatten)]
    row: FilterRow,
    pub(super) created: bool,
    #[serde(skip_serializing_if = "is_false")]
    dry_run: bool,
    /// How many messages in the mailbox it concerns, and how many were changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) modified: Option<usize>,
    #[serde(skip_serializing_if = "is_false")]
    needs_yes: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct FilterDeleted {
    #[serde(flatten)]
    row: FilterRow,
    deleted: bool,
}

impl FilterMade {
    pub(super) fn sentence(&self) -> Option<String> {
        let done = match (self.dry_run, self.created, &self.row.filter.id) {
            (_, true, _) => "created",
            (true, _, None) => "would be created",
            _ => "already exists",
        };
        let id = self.row.filter.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        let also = match self
            .modified
            .map(|count| (count, "changed"))
            .or(self.matched.map(|count| (count, "found")))
        {
            None => String::new(),
            Some((1, what)) => format!("; 1 message was {what}"),
            Some((count, what)) => format!("; {count} messages were {what}"),
        };
        let yes = if self.needs_yes { " (confirm with --yes)" } else { "" };
        Some(format!("Filter{id} {done}: {}: {}{also}{yes}", self.row.search, self.row.actions.join(", ")))
    }

    /// Mail that it has sorted stays as it is.
    pub(super) fn undo(&self) -> Vec<Undo> {
        let id = self.row.filter.id.clone().filter(|_| self.created);
        id.into_iter()
            .map(|id| Undo { command: "filter delete", ids: vec![id], options: "--yes".into() })
            .collect()
    }
}

impl FilterDeleted {
    pub(super) fn sentence(&self) -> String {
        let id = self.row.filter.id.as_deref().unwrap_or_default();
        format!("Filter {id} deleted: {}: {}", self.row.search, self.row.actions.join(", "))
    }

    /// Nothing for a filter that cannot be created here.
    pub(super) fn undo(&self) -> Vec<Undo> {
        let options = self.row.filter.options();
        options
            .map(|options| Undo { command: "filter create", ids: Vec::new(), options })
            .into_iter()
            .collect()
    }
}

impl FiltersApplied {
    pub(super) fn sentence(&self) -> Option<String> {
        let line = |sign: &str, row: &FilterRow| format!("{sign} {}: {}", row.search, row.actions.join(", "));
        let created = self.created.iter().map(|row| line("+", row));
        let deleted = self.deleted.iter().map(|row| line("-", row));
        let would = if self.dry_run { " would be" } else { "" };
        let (new, old) = (self.created.len(), self.deleted.len());
        let last = format!("{new}{would} created, {old}{would} deleted, {} unchanged", self.unchanged);
        Some(created.chain(deleted).chain([last]).collect::<Vec<_>>().join("\n"))
    }
}

/// All filters, as a file has them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct FilterFile {
    filters: Vec<Filter>,
}

/// What the filters of a file changed, or would change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct FiltersApplied {
    #[serde(rename = "unchanged_filters")]
    unchanged: usize,
    #[serde(rename = "created_filters")]
    pub(super) created: Vec<FilterRow>,
    #[serde(rename = "deleted_filters")]
    pub(super) deleted: Vec<FilterRow>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) dry_run: bool,
    #[serde(skip_serializing_if = "is_false")]
    needs_yes: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// `list_filters`.
pub(super) fn list(gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
    let mut listed = Listed::default();
    for filter in gmail.filters()?.all() {
        listed.rows += 1;
        if !sink.row(ResultRow::Filter(Box::new(filter.into())))? {
            break;
        }
    }
    Ok(Outcome::Rows(listed))
}

/// `export_filters`.
pub(super) fn export(gmail: &Gmail<'_>) -> Result<Outcome> {
    let without_id = |filter: Filter| Filter { id: None, ..filter };
    let filters = gmail.filters()?.all().into_iter().map(without_id).collect();
    Ok(Outcome::Document(Document::FilterFile(FilterFile { filters })))
}

/// A filter without criteria or without an effect is none.
fn check(filter: &Filter) -> Result<()> {
    let problem = |message: &str| Err(Problem::usage(message.to_owned()));
    if filter.larger.is_some() && filter.smaller.is_some() {
        return problem("a filter has one size: larger or smaller")
            .map_err(|p: Problem| p.hint("Leave one of them out."));
    }
    if filter.important && filter.not_important {
        return problem("a filter marks mail as important or not, not both")
            .map_err(|p: Problem| p.hint("Leave one of them out."));
    }
    if !filter.has_criteria() {
        return problem("a filter requires a criterion")
            .map_err(|p: Problem| p.hint("Say which mail it concerns: from, to, subject, query, without, has_attachment, larger or smaller."));
    }
    if !filter.has_actions() {
        return problem("a filter requires an action")
            .map_err(|p: Problem| p.hint("Say what it does: label, archive, mark_read, star, important, not_important, not_spam or trash."));
    }
    Ok(())
}

/// Creates the labels that do not exist; returns their names.
fn make_labels(gmail: &Gmail<'_>, filters: &[Filter]) -> Result<Vec<String>> {
    let mut made = Vec::new();
    for label in filters.iter().flat_map(|filter| &filter.label) {
        let folder = gmail.make_folder(label)?;
        made.extend(folder.created.then_some(folder.label.name));
    }
    Ok(made)
}

/// Names the labels that were created before something failed: they stay.
fn with_labels(problem: Problem, made: &[String]) -> Problem {
    if made.is_empty() { problem } else { problem.detail("created_labels", made.to_vec()) }
}

fn creatable(problem: Problem) -> Problem {
    match problem.code() {
        Code::NotFound => problem.hint(phrase![
            "Use ",
            command(ToolId::ListFolders),
            " to list the labels, or create it with ",
            set(&CREATE),
            "."
        ]),
        _ => problem,
    }
}

/// `delete_filter`, confirmed.
#[derive(Debug)]
pub(crate) struct DeleteFilter {
    id: String,
}

#[derive(Deserialize)]
struct DeleteArguments {
    id: String,
    yes: bool,
}

impl DeleteFilter {
    pub(super) fn parse(arguments: &Arguments) -> Result<DeleteFilter> {
        let DeleteArguments { id, yes } = arguments.read()?;
        if !yes {
            let hint = phrase!["Confirm with ", set(&YES), ". Mail that it has sorted stays as it is."];
            return Err(Problem::usage("deleting a filter must be confirmed").hint(hint));
        }
        Ok(DeleteFilter { id })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let filter = gmail.filters()?.with_id(&self.id)?;
        gmail.delete_filter(&self.id)?;
        Ok(Outcome::Document(Document::FilterDeleted(Box::new(FilterDeleted {
            row: filter.into(),
            deleted: true,
        }))))
    }
}
