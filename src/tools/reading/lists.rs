//! Folders, lists and searches: a selection becomes rows, or a page of them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;

use super::{label, place, translate};
use crate::{
    gmail::{
        Gmail,
        change::Unit,
        labels::{self, FolderRow},
        memory::Memory,
        messages::{Listed, Selection},
        query::{Query, Syntax},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ALL, FOLDER, LIMIT, THREADS, ToolId},
    spelling::{command, name, with},
    store::Store,
    tools::{
        Document, Outcome, Receiver, ResultRow,
        arguments::Arguments,
        outcome::{RowPage, incomplete, row_members},
    },
};

/// The most ids of one request.
const ONE_PAGE: u64 = 500;

/// `list_folders`.
#[derive(Debug, Deserialize)]
pub(crate) struct FolderListing {
    counts: bool,
    long: bool,
    unread: bool,
}

impl FolderListing {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let mut labels = gmail.labels()?;
        labels.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let rows: Vec<(String, Result<ResultRow>)> = if self.counts || self.long || self.unread {
            let rows = gmail.counted(&labels, self.long)?.into_iter();
            // Without its counts, a folder may have unread mail.
            let is_wanted =
                |row: &Result<FolderRow>| !self.unread || row.as_ref().map_or(true, |row| row.unread > 0);
            let rows = rows.filter(|(_, row)| is_wanted(row));
            rows.map(|(id, row)| (id, row.map(ResultRow::Folder))).collect()
        } else {
            labels.into_iter().map(|l| (l.id, Ok(ResultRow::FolderName(l.name)))).collect()
        };
        let mut listed = Listed::default();
        for (id, row) in rows {
            match row {
                Err(problem) => listed.missing.push((id, problem)),
                Ok(row) => {
                    listed.rows += 1;
                    if !sink.row(row)? {
                        break;
                    }
                }
            }
        }
        Ok(Outcome::Rows(listed))
    }
}

/// How much of a selection is listed, and how.
#[derive(Debug, Default, Deserialize)]
struct Extent {
    limit: u64,
    all: bool,
    page_token: Option<String>,
    threads: bool,
}

impl Extent {
    fn parse(arguments: &Arguments) -> Result<Extent> {
        let extent: Extent = arguments.read()?;
        if extent.all && arguments.given(&LIMIT) {
            return Err(Problem::usage(phrase!["both ", name(&LIMIT), " and ", name(&ALL), " were given"])
                .hint("Give one of them."));
        }
        Ok(extent)
    }

    /// The selection with this extent, in the form that the output needs.
    fn of(&self, selection: Selection, sink: &dyn Receiver) -> Selection {
        Selection {
            limit: if self.all { u64::MAX } else { self.limit },
            page_token: self.page_token.clone(),
            members: row_members(sink),
            unit: if self.threads { Unit::Conversation } else { Unit::Message },
            ..selection
        }
    }

    /// Whether it is listed from its beginning.
    fn begins(&self) -> bool {
        self.page_token.as_deref().unwrap_or_default().is_empty()
    }

    /// What is listed, in a sentence.
    fn what(&self) -> &'static str {
        if self.threads { "conversations" } else { "messages" }
    }

    /// Passes rows to the sink or, with a page token, returns one object with the next page token.
    fn list(
        &self,
        sink: &mut dyn Receiver,
        list: impl FnOnce(&mut dyn FnMut(ResultRow) -> Result<bool>) -> Result<Listed>,
    ) -> Result<Outcome> {
        if self.page_token.is_none() {
            return list(&mut |row| sink.row(row)).map(Outcome::Rows);
        }
        let mut rows = Vec::new();
        let outcome = list(&mut |row| {
            rows.push(row);
            Ok(true)
        });
        let (next_page_token, problem) = match outcome {
            Ok(listed) => (listed.next_page_token.clone(), incomplete(&listed)),
            Err(problem) if !rows.is_empty() && problem.code() != Code::TokenRefused => {
                (problem.next_page_token().map(str::to_owned), Some(interrupted(rows.len(), problem)))
            }
            Err(problem) => return Err(problem),
        };
        let page = Document::Page(RowPage { messages: rows, next_page_token });
        Ok(match problem {
            Some(problem) => Outcome::Incomplete(page, problem),
            None => Outcome::Document(page),
        })
    }
}

/// Lists messages or conversations. The store knows with which ids the same list began last time.
fn list(
    gmail: &Gmail<'_>,
    store: &Store<'_>,
    selection: Selection,
    sink: &mut dyn FnMut(ResultRow) -> Result<bool>,
) -> Result<Listed> {
    let remembered = store.remembered(&selection.name());
    let memory = memory(store, &selection);
    let selection = Selection { last: remembered.likely(), memory, ..selection };
    let listed = match selection.unit {
        Unit::Message => gmail.list(&selection, &mut |row| sink(ResultRow::Message(row))),
        Unit::Conversation => gmail.list_threads(&selection, &mut |row| sink(ResultRow::Conversation(row))),
    }?;
    if let (true, Some(folder)) = (listed.misplaced, &selection.assumed) {
        let Selection { label, query, .. } = within(gmail, store, folder, false)?;
        let query = joined(&query, &selection.query);
        return list(gmail, store, Selection { label, query, assumed: None, ..selection }, sink);
    }
    if let Some(ids) = &listed.begins {
        remembered.keep(ids);
    }
    if let Some(memory) = listed.memory.as_ref().filter(|memory| selection.memory.as_ref() != Some(memory)) {
        store.keep_rows(&selection.name_of_rows(), json!(memory));
    }
    Ok(listed)
}

/// What is remembered of a list of messages, if the configuration wants that. Otherwise nothing stays of the time when it did.
fn memory(store: &Store<'_>, selection: &Selection) -> Option<Memory> {
    if !store.remembers() {
        store.forget_rows();
        return None;
    }
    if selection.unit == Unit::Conversation {
        return None;
    }
    let kept = store.kept_rows(&selection.name_of_rows());
    Some(kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default())
}

/// The messages of a folder. "Archive" is where archived mail is, unless the user has a label of this name.
///
/// If `assumes` is set, the label may be the one that the folder had last time.
fn within(gmail: &Gmail<'_>, store: &Store<'_>, folder: &str, assumes: bool) -> Result<Selection> {
    if labels::reserved(folder).is_some() {
        return Ok(Selection { label: label(gmail, folder)?, ..Selection::default() });
    }
    let known = store.folder_id(folder);
    if assumes && known.is_some() {
        return Ok(Selection { label: known, assumed: Some(folder.to_owned()), ..Selection::default() });
    }
    match label(gmail, folder) {
        Err(p) if p.code() == Code::NotFound && folder.trim().eq_ignore_ascii_case("archive") => {
            Ok(Selection { query: "in:archive".to_owned(), ..Selection::default() })
        }
        label => {
            let label = label?;
            if let Some(id) = label.as_ref().filter(|id| known.as_ref() != Some(id))
                && let Err(problem) = store.set_folder_id(folder, id)
            {
                gmail.observer.debug(&format!("the label of the folder is not kept: {problem}"));
            }
            Ok(Selection { label, ..Selection::default() })
        }
    }
}

/// Where a list looked, as the end of a sentence.
fn within_folder(folder: &str) -> String {
    match folder.trim() {
        all if all.is_empty() || all.eq_ignore_ascii_case("all") => String::new(),
        folder => format!(" in {folder}"),
    }
}

/// The query restricted to the place.
fn joined(place: &str, query: &str) -> String {
    match (place, query) {
        ("", query) => query.to_owned(),
        (place, "") => place.to_owned(),
        (place, query) => format!("{place} ({query})"),
    }
}

/// `list_messages`.
#[derive(Debug)]
pub(crate) struct Listing {
    folder: String,
    extent: Extent,
}

#[derive(Deserialize)]
struct ListArguments {
    folder: String,
}

impl Listing {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<Listing> {
        let ListArguments { folder } = arguments.read()?;
        Ok(Listing { folder, extent: Extent::parse(arguments)? })
    }

    /// Whether it lists conversations.
    pub(in crate::tools) fn of_threads(&self) -> bool {
        self.extent.threads
    }

    pub(in crate::tools) fn folder(&self) -> &str {
        &self.folder
    }

    /// The sentence for an empty list.
    pub(in crate::tools) fn nothing(&self) -> String {
        format!("No {}{}.", self.extent.what(), within_folder(&self.folder))
    }

    pub(in crate::tools) fn run(
        &self,
        gmail: &Gmail<'_>,
        store: &Store<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<Outcome> {
        let within = within(gmail, store, &self.folder, self.extent.begins())?;
        let selection = self.extent.of(within, sink);
        self.extent.list(sink, |sink| list(gmail, store, selection, sink))
    }
}

/// `search_messages`.
#[derive(Debug)]
pub(crate) struct Search {
    query: Query,
    /// `None` if the criteria decide where to search.
    folder: Option<String>,
    /// The criteria as they were given.
    criteria: String,
    /// Whether the folder is the default.
    folder_assumed: bool,
    extent: Extent,
}

#[derive(Deserialize)]
struct SearchArguments {
    criteria: String,
    folder: String,
    #[serde(default)]
    syntax: Syntax,
}

impl Search {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<Search> {
        let search = Search::within(arguments, Extent::parse(arguments)?)?;
        if search.extent.threads && search.query.ids.is_some() {
            return Err(Problem::usage(phrase![name(&THREADS), " cannot be used with message ids"])
                .hint(phrase!["Use ", command(ToolId::FetchThread), " with the ids."]));
        }
        Ok(search)
    }

    /// A search whose every message counts.
    pub(super) fn whole(arguments: &Arguments) -> Result<Search> {
        Search::within(arguments, Extent::default())
    }

    fn within(arguments: &Arguments, extent: Extent) -> Result<Search> {
        let SearchArguments { criteria, folder, syntax } = arguments.read()?;
        let query = translate(&criteria, syntax)?;
        let given = arguments.given(&FOLDER);
        let folder = place(&query, folder, given);
        Ok(Search { query, folder, criteria, folder_assumed: !given, extent })
    }

    /// Whether it lists conversations.
    pub(in crate::tools) fn of_threads(&self) -> bool {
        self.extent.threads
    }

    /// Whether no message can match.
    pub(super) fn finds_nothing(&self) -> bool {
        self.query.nothing
    }

    /// The messages that it names, if it names them, each once.
    pub(super) fn ids(&self) -> Option<Vec<String>> {
        let mut seen = HashSet::new();
        let ids = self.query.ids.as_ref()?.iter();
        Some(ids.filter(|id| seen.insert(id.as_str())).cloned().collect())
    }

    /// What it selects. The label of its folder may be the one that it had last time, if the list begins with it.
    fn selected(&self, gmail: &Gmail<'_>, store: &Store<'_>, assumes: bool) -> Result<Selection> {
        let folder = match &self.folder {
            Some(name) => within(gmail, store, name, assumes)?,
            None => Selection::default(),
        };
        Ok(Selection {
            query: joined(&folder.query, &self.query.q),
            label: folder.label,
            assumed: folder.assumed,
            spam_trash: self.query.spam_trash || (self.query.names_message && self.folder.is_none()),
            ..Selection::default()
        })
    }

    /// What it selects, in a folder with the label that it has now.
    pub(super) fn selection(&self, gmail: &Gmail<'_>, store: &Store<'_>) -> Result<Selection> {
        self.selected(gmail, store, false)
    }

    /// Where else to look if it finds nothing in the folder that was assumed.
    pub(super) fn elsewhere(&self, selection: &Selection) -> Option<Selection> {
        elsewhere(selection).filter(|_| self.folder_assumed)
    }

    pub(in crate::tools) fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }

    /// The sentence for an empty list.
    pub(in crate::tools) fn nothing(&self) -> String {
        let place = self.folder.as_deref().map(within_folder).unwrap_or_default();
        format!("No {}{place} match {}.", self.extent.what(), self.criteria.trim())
    }

    pub(in crate::tools) fn run(
        &self,
        gmail: &Gmail<'_>,
        store: &Store<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<Outcome> {
        if self.query.nothing {
            return self.extent.list(sink, |_| Ok(Listed::default()));
        }
        if let Some(ids) = &self.query.ids {
            let members = row_members(sink);
            return self
                .extent
                .list(sink, |sink| gmail.rows(ids, members, &mut |row| sink(ResultRow::Message(row))));
        }
        let selection = self.selected(gmail, store, self.extent.begins())?;
        let selection = self.extent.of(selection, sink);
        self.extent.list(sink, |sink| {
            let everywhere = self.elsewhere(&selection);
            let listed = list(gmail, store, selection, sink)?;
            if let Some(everywhere) = everywhere.filter(|_| listed.rows == 0 && listed.missing.is_empty()) {
                note_elsewhere(gmail, &everywhere);
            }
            Ok(listed)
        })
    }
}

/// The search of a folder from its beginning, everywhere.
fn elsewhere(selection: &Selection) -> Option<Selection> {
    let first_page = selection.page_token.as_deref().unwrap_or_default().is_empty();
    let is_search = selection.label.is_some() && !selection.query.is_empty() && first_page;
    is_search.then(|| Selection {
        query: selection.query.clone(),
        unit: selection.unit,
        ..Selection::default()
    })
}

/// Tells that a search without a result in the inbox has one elsewhere. It does not matter if that cannot be found out.
pub(super) fn note_elsewhere(gmail: &Gmail<'_>, everywhere: &Selection) {
    let Ok(found) = gmail.ids(everywhere, ONE_PAGE) else { return };
    let (count, about) = match found.about {
        Some(about) => (about, "about "),
        None => (found.ids.len(), ""),
    };
    if count > 0 {
        let what = format!("nothing in the inbox matches, but {about}{count} in other folders; use ");
        let note = phrase![what, with(&FOLDER, "ALL"), " to search everywhere"];
        gmail.observer.note(&note, &[("elsewhere", count.into())]);
    }
}

/// A page that ends early.
fn interrupted(rows: usize, problem: Problem) -> Problem {
    let message = phrase![format!("the page was interrupted after {rows} rows: "), problem.phrases().0];
    Problem::new(Code::Partial, message)
        .hint("Continue with next_page_token, or allow more time with --timeout.")
        .retryable_as(&problem)
        .detail("cause", problem.code().name())
}
