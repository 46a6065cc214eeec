//! The tools for filters: list, export, create and delete them, and give the mailbox those of a file.

use std::{fs::File, io::Read};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Document, Outcome, Receiver, ResultRow,
    arguments::{Arguments, Many},
};
use crate::{
    disk::{self, FileAccess},
    gmail::{
        Gmail,
        change::CHUNK,
        filters::{Difference, Filter, Filters, Ready},
        messages::{Listed, Selection},
    },
    input, json,
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ALSO_EXISTING, CREATE, DRY_RUN, FILE, ToolId, YES},
    spelling::{command, name, set},
};

/// A filter that finds more messages than this must be confirmed before it is applied to them.
const UNCONFIRMED: usize = 25;
/// The most ids of one request.
const ONE_PAGE: u64 = 500;
/// The largest file with filters, in bytes. A mailbox has at most 1,000 of them.
const MAX_FILE: u64 = 4 << 20;
/// What lists add to a filter, which a file may have, too.
const DERIVED: [&str; 3] = ["id", "search", "actions"];

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
}

impl FilterDeleted {
    pub(super) fn sentence(&self) -> String {
        let id = self.row.filter.id.as_deref().unwrap_or_default();
        format!("Filter {id} deleted: {}: {}", self.row.search, self.row.actions.join(", "))
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

/// `create_filter`.
#[derive(Debug)]
pub(crate) struct CreateFilter {
    filter: Filter,
    create: bool,
    also_existing: bool,
    dry_run: bool,
    confirmed: bool,
}

#[derive(Deserialize)]
struct CreateArguments {
    from: Option<String>,
    to: Option<String>,
    subject: Option<String>,
    query: Option<String>,
    without: Option<String>,
    has_attachment: bool,
    larger: Option<i32>,
    smaller: Option<i32>,
    #[serde(default)]
    label: Many,
    archive: bool,
    mark_read: bool,
    star: bool,
    important: bool,
    not_important: bool,
    not_spam: bool,
    trash: bool,
    create: bool,
    also_existing: bool,
    dry_run: bool,
    yes: bool,
}

impl CreateFilter {
    pub(super) fn parse(arguments: &Arguments) -> Result<CreateFilter> {
        let given: CreateArguments = arguments.read()?;
        let text = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let filter = Filter {
            from: text(given.from),
            to: text(given.to),
            subject: text(given.subject),
            query: text(given.query),
            without: text(given.without),
            has_attachment: given.has_attachment,
            larger: given.larger,
            smaller: given.smaller,
            label: given.label.values,
            archive: given.archive,
            mark_read: given.mark_read,
            star: given.star,
            important: given.important,
            not_important: given.not_important,
            not_spam: given.not_spam,
            trash: given.trash,
            ..Filter::default()
        };
        check(&filter)?;
        Ok(CreateFilter {
            filter,
            create: given.create,
            also_existing: given.also_existing,
            dry_run: given.dry_run,
            confirmed: given.yes,
        })
    }

    /// Nothing is created before the number of messages that it is applied to is accepted. One that exists is not created
    /// again, and is applied to them nevertheless.
    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let mut filters = gmail.filters()?;
        filters.ready(&self.filter, self.create).map_err(creatable)?;
        let found = if self.also_existing { Some(self.existing(gmail)?) } else { None };
        if self.create && !self.dry_run && make_labels(gmail, std::slice::from_ref(&self.filter))? {
            filters = gmail.filters()?;
        }
        let ready = filters.ready(&self.filter, self.create).map_err(creatable)?;
        let same = filters.same(&ready).map(str::to_owned);
        let created = same.is_none() && !self.dry_run;
        let id = if created { Some(gmail.create_filter(&ready)?) } else { same };
        let modified = match &found {
            Some((ids, _)) if !self.dry_run => Some(apply(gmail, &ready, ids)?),
            _ => None,
        };
        let matched = found.map(|(_, matched)| matched);
        Ok(Outcome::Document(Document::FilterMade(Box::new(FilterMade {
            row: Filter { id, ..ready.filter }.into(),
            created,
            dry_run: self.dry_run,
            matched,
            modified,
            needs_yes: self.dry_run && matched.is_some_and(|count| count > UNCONFIRMED),
        }))))
    }

    /// The messages that it concerns, and about how many these are.
    fn existing(&self, gmail: &Gmail<'_>) -> Result<(Vec<String>, usize)> {
        let selection = Selection { query: self.filter.search(), ..Selection::default() };
        let all = self.confirmed && !self.dry_run;
        let found = gmail.ids(&selection, if all { u64::MAX } else { ONE_PAGE })?;
        let count = found.about.unwrap_or(found.ids.len());
        if count > UNCONFIRMED && !self.confirmed && !self.dry_run {
            let message = phrase![name(&ALSO_EXISTING), format!(" would change {count} messages")];
            return Err(Problem::usage(message)
                .hint(phrase!["Look with ", set(&DRY_RUN), ", then confirm with ", set(&YES), "."])
                .detail("found", count));
        }
        Ok((found.ids, count))
    }
}

/// Does to these messages what the filter does to new ones.
fn apply(gmail: &Gmail<'_>, ready: &Ready, ids: &[String]) -> Result<usize> {
    let change = ready.change();
    for (at, chunk) in ids.chunks(CHUNK).enumerate() {
        let done = at * CHUNK;
        gmail.observer.count("changing", done, Some(ids.len()), "messages");
        gmail.change_all(chunk, &change).map_err(|p| match p.code() {
            Code::TokenRefused => p,
            _ => {
                let progress =
                    format!("the filter exists, but {done} of {} messages were changed: ", ids.len());
                Problem::new(Code::Partial, phrase![progress, p.phrases().0])
                    .hint("Run the same command again; changing a message twice does no harm.")
                    .detail("modified", done)
            }
        })?;
    }
    Ok(ids.len())
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

/// Creates the labels that do not exist; true if there were any.
fn make_labels(gmail: &Gmail<'_>, filters: &[Filter]) -> Result<bool> {
    let mut made = false;
    for label in filters.iter().flat_map(|filter| &filter.label) {
        made |= gmail.make_folder(label)?.created;
    }
    Ok(made)
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

/// `apply_filters` and `import_filters`.
#[derive(Debug)]
pub(crate) struct ApplyFilters {
    wanted: Vec<Filter>,
    /// Whether filters stay that the file does not have.
    keeps: bool,
    create: bool,
    dry_run: bool,
    confirmed: bool,
}

#[derive(Deserialize)]
struct ApplyArguments {
    file: String,
    create: bool,
    dry_run: bool,
    #[serde(default)]
    yes: bool,
}

impl ApplyFilters {
    pub(super) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<ApplyFilters> {
        let ApplyArguments { file, create, dry_run, yes } = arguments.read()?;
        let bytes = match file.as_str() {
            "-" => input::bytes()?,
            path => read(files.open(path, &FILE)?, path)?,
        };
        let wanted = filters_in(&bytes).map_err(|why| unusable(&file, &why))?;
        for (at, filter) in wanted.iter().enumerate() {
            check(filter).map_err(|p| p.introduced(&format!("filter {} of {file}", at + 1)))?;
        }
        let keeps = arguments.tool.id == ToolId::ImportFilters;
        Ok(ApplyFilters { wanted, keeps, create, dry_run, confirmed: yes })
    }

    /// New filters are created before others are deleted, so that no mail arrives between them unsorted.
    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let mut difference = self.difference(&gmail.filters()?)?;
        self.check(&difference)?;
        if self.create && !self.dry_run && make_labels(gmail, &self.wanted)? {
            difference = self.difference(&gmail.filters()?)?;
        }
        let Difference { missing, others, unchanged } = difference;
        let mut applied = FiltersApplied {
            needs_yes: self.dry_run && !others.is_empty(),
            created: Vec::new(),
            deleted: Vec::new(),
            unchanged,
            dry_run: self.dry_run,
        };
        let outcome = self.make(gmail, missing, others, &mut applied);
        match outcome {
            Ok(()) => Ok(Outcome::Document(Document::FiltersApplied(applied))),
            Err(p)
                if p.code() == Code::TokenRefused
                    || (applied.created.is_empty() && applied.deleted.is_empty()) =>
            {
                Err(p)
            }
            Err(p) => {
                let message = phrase!["not every filter was changed: ", p.phrases().0];
                let problem = Problem::new(Code::Partial, message)
                    .hint("Run the same command again: it does what is left.");
                Ok(Outcome::Incomplete(Document::FiltersApplied(applied), problem))
            }
        }
    }

    /// Refuses what must not be done, or not without a confirmation, before anything is changed.
    fn check(&self, Difference { missing, others, .. }: &Difference) -> Result<()> {
        if let Some(ready) = missing.iter().find(|ready| ready.filter.forward.is_some()) {
            let address = ready.filter.forward.as_deref().unwrap_or_default();
            return Err(Problem::new(
                Code::PolicyRefused,
                format!("a filter that forwards to {address} cannot be created: it would send mail out of the mailbox unseen"),
            )
            .hint("Create it in Gmail's settings. Afterwards it is unchanged here."));
        }
        if !others.is_empty() && !self.confirmed && !self.dry_run {
            let message = format!("{} filters that the file does not have would be deleted", others.len());
            return Err(Problem::usage(message).hint(phrase![
                "Look with ",
                set(&DRY_RUN),
                ", then confirm with ",
                set(&YES),
                ", or keep them: use ",
                command(ToolId::ImportFilters),
                "."
            ]));
        }
        Ok(())
    }

    fn difference(&self, filters: &Filters) -> Result<Difference> {
        let ready = |filter| filters.ready(filter, self.create).map_err(creatable);
        let mut difference = filters.difference(self.wanted.iter().map(ready).collect::<Result<_>>()?);
        if self.keeps {
            difference.others.clear();
        }
        Ok(difference)
    }

    fn make(
        &self,
        gmail: &Gmail<'_>,
        missing: Vec<Ready>,
        others: Vec<Filter>,
        applied: &mut FiltersApplied,
    ) -> Result<()> {
        for ready in missing {
            let id = if self.dry_run { None } else { Some(gmail.create_filter(&ready)?) };
            applied.created.push(Filter { id, ..ready.filter }.into());
        }
        for filter in others {
            if !self.dry_run {
                gmail.delete_filter(filter.id.as_deref().unwrap_or_default())?;
            }
            applied.deleted.push(filter.into());
        }
        Ok(())
    }
}

fn read(file: File, path: &str) -> Result<Vec<u8>> {
    let bytes = disk::read_up_to(file.take(MAX_FILE + 1), MAX_FILE + 1);
    let bytes = bytes.map_err(|e| unusable(path, &format!("cannot be read: {e}")))?;
    if bytes.len() as u64 > MAX_FILE { Err(unusable(path, "is larger than 4 MB")) } else { Ok(bytes) }
}

/// The filters of a file: what `filter export` prints, a list of filters, or what `filters --format json` prints.
fn filters_in(bytes: &[u8]) -> std::result::Result<Vec<Filter>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let is_list = text.trim_start().starts_with('[');
    let text = if is_list { format!("{{\"filters\":{text}}}") } else { text.to_owned() };
    let mut document = json::object(&text).map_err(|e| format!("is not JSON with filters: {e}"))?;
    let Some(Value::Array(list)) = document.shift_remove("filters") else {
        return Err("has no list of filters".to_owned());
    };
    // A misspelled member must not become an empty set of filters.
    if let Some(other) = document.keys().next() {
        return Err(format!("has an unknown member \"{other}\""));
    }
    list.into_iter()
        .enumerate()
        .map(|(at, value)| filter_in(value).map_err(|e| format!("has no valid filter {}: {e}", at + 1)))
        .collect()
}

fn filter_in(mut value: Value) -> serde_json::Result<Filter> {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, value| {
            let is_blank = value.as_str().is_some_and(|text| text.trim().is_empty());
            !is_blank && !DERIVED.contains(&name.as_str())
        });
    }
    serde_json::from_value(value)
}

fn unusable(path: &str, why: &str) -> Problem {
    Problem::usage(phrase![name(&FILE), format!(": {path} {why}")]).hint(phrase![
        "Give a file that ",
        command(ToolId::ExportFilters),
        " has printed, or one in its form."
    ])
}

#[cfg(test)]
mod tests {
    use super::filters_in;

    #[test]
    fn a_file_has_filters_in_three_forms() {
        let one = r#"{"from": "a@b.example", "archive": true}"#;
        let row = r#"{"id": "x", "from": "a@b.example", "archive": true, "search": "from:(a)", "actions": ["archive"]}"#;
        let expected = filters_in(format!("[{one}]").as_bytes()).unwrap();
        assert_eq!(expected.len(), 1);
        for text in [format!("{{\"filters\": [{one}]}}"), format!("[{row}]")] {
            assert_eq!(filters_in(text.as_bytes()).unwrap(), expected, "{text}");
        }
        for wrong in [
            "",
            "{}",
            "[1]",
            r#"{"filters": [], "filter": []}"#,
            r#"[{"from": "a", "from": "b"}]"#,
            "[",
            "[]]",
            r#"[{"form": "a"}]"#,
            r#"[{"larger": "big"}]"#,
            "[{\"from\": 7}]",
        ] {
            assert!(filters_in(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let blank = filters_in(br#"[{"from": " ", "to": "", "star": true}]"#).unwrap();
        assert!(!blank[0].has_criteria());
        assert!(filters_in(b"\xff").unwrap_err().contains("UTF-8"));
    }
}
