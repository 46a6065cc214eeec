//! The tools that only read: they take a selection, an id or a filter, and return rows or a document.

use serde::Deserialize;

use super::{
    Document, Outcome, Receiver, ResultRow,
    arguments::{Arguments, Many},
    outcome::{RowPage, SNIPPET, incomplete, rows_or_failure},
};
use crate::{
    clock,
    disk::{Destination, FileAccess},
    gmail::{
        Gmail,
        history::{Filter, Position},
        labels::Folder,
        messages::{self, Listed, Selection},
        query::{self, Query, Syntax},
        read::{Attachment, AttachmentRow, BodyKind, ReadOptions},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{FOLDER, NAME, OUT_DIR, PART, ToolId},
    spelling::{command, name},
};

/// `list_folders`.
#[derive(Debug, Deserialize)]
pub(crate) struct FolderListing {
    counts: bool,
}

impl FolderListing {
    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let mut labels = gmail.labels()?;
        labels.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let rows: Vec<(String, Result<ResultRow>)> = if self.counts {
            gmail.counted(&labels)?.into_iter().map(|(id, row)| (id, row.map(ResultRow::Folder))).collect()
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

/// `list_messages`.
#[derive(Debug, Deserialize)]
pub(crate) struct Listing {
    folder: String,
    limit: u64,
    page_token: Option<String>,
}

impl Listing {
    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let selection = Selection {
            label: label(gmail, &self.folder)?,
            limit: self.limit,
            page_token: self.page_token.clone(),
            snippets: sink.wants(SNIPPET),
            ..Selection::default()
        };
        paged(self.page_token.is_some(), sink, |sink| gmail.list(&selection, sink))
    }
}

/// `search_messages`.
#[derive(Debug)]
pub(crate) struct Search {
    query: Query,
    /// `None` if the criteria decide where to search.
    folder: Option<String>,
    limit: u64,
    page_token: Option<String>,
}

#[derive(Deserialize)]
struct SearchArguments {
    criteria: String,
    folder: String,
    limit: u64,
    page_token: Option<String>,
    #[serde(default)]
    syntax: Syntax,
}

impl Search {
    pub(super) fn parse(arguments: &Arguments) -> Result<Search> {
        let SearchArguments { criteria, folder, limit, page_token, syntax } = arguments.read()?;
        let query = translate(&criteria, syntax)?;
        let folder = place(&query, folder, arguments.given(&FOLDER));
        Ok(Search { query, folder, limit, page_token })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let (pages, snippets) = (self.page_token.is_some(), sink.wants(SNIPPET));
        if self.query.nothing {
            return paged(pages, sink, |_| Ok(Listed::default()));
        }
        if let Some(ids) = &self.query.ids {
            return paged(pages, sink, |sink| {
                let mut listed = Listed::default();
                gmail.rows(ids, snippets, &mut listed, sink).map(|_| listed)
            });
        }
        let selection = Selection {
            label: self.folder.as_deref().map_or(Ok(None), |folder| label(gmail, folder))?,
            query: self.query.q.clone(),
            spam_trash: self.query.spam_trash,
            limit: self.limit,
            page_token: self.page_token.clone(),
            snippets,
        };
        paged(pages, sink, |sink| gmail.list(&selection, sink))
    }
}

/// Days are those of this machine's time zone.
pub(super) fn translate(criteria: &str, syntax: Syntax) -> Result<Query> {
    query::translate(criteria, syntax, &jiff::tz::TimeZone::system(), clock::now() as i64)
}

/// The folder to search, unless the query searches elsewhere.
fn place(query: &Query, folder: String, given: bool) -> Option<String> {
    let elsewhere = query.any_folder || (query.names_place && !given);
    (!elsewhere).then_some(folder)
}

/// Passes rows to the sink or, with a page token, returns one object with the next page token.
fn paged(
    as_page: bool,
    sink: &mut dyn Receiver,
    list: impl FnOnce(&mut messages::Sink<'_>) -> Result<Listed>,
) -> Result<Outcome> {
    if !as_page {
        return list(&mut |row| sink.row(ResultRow::Message(row))).map(Outcome::Rows);
    }
    let mut rows = Vec::new();
    let listed = list(&mut |row| {
        rows.push(ResultRow::Message(row));
        Ok(true)
    })?;
    let problem = incomplete(&listed);
    let page = Document::Page(RowPage { messages: rows, next_page_token: listed.next_page_token });
    Ok(match problem {
        Some(problem) => Outcome::Incomplete(page, problem),
        None => Outcome::Document(page),
    })
}

/// The label of a folder; `None` for the whole mailbox.
pub(super) fn label(gmail: &Gmail<'_>, folder: &str) -> Result<Option<String>> {
    Ok(match gmail.folder(folder)? {
        Folder::Everything => None,
        Folder::Label(id) => Some(id),
    })
}

/// `fetch_message`. The Python skill's `folder` has no effect.
#[derive(Debug, Deserialize)]
pub(crate) struct MessageReading {
    uid: Many,
    #[serde(rename = "folder")]
    _folder: String,
    body: BodyKind,
    max_body: Option<usize>,
    no_quotes: bool,
    headers: bool,
}

impl MessageReading {
    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let options = ReadOptions {
            body: self.body,
            max_body: self.max_body,
            headers: self.headers,
            quotes: !self.no_quotes,
        };
        if let (true, [id]) = (self.uid.single, self.uid.values.as_slice()) {
            let message = gmail.message(id, &options)?;
            return Ok(Outcome::Document(Document::Message(Box::new(message))));
        }
        let mut messages = Vec::with_capacity(self.uid.values.len());
        let mut missing = Vec::new();
        for id in &self.uid.values {
            match gmail.message(id, &options) {
                Ok(message) => messages.push(message),
                Err(p) if p.code() == Code::NotFound => missing.push((id.clone(), p)),
                Err(p) => return Err(p),
            }
        }
        let problem = incomplete(&Listed { rows: messages.len() as u64, missing, next_page_token: None });
        let messages = Document::Messages(messages);
        Ok(match problem {
            Some(problem) => Outcome::Incomplete(messages, problem),
            None => Outcome::Document(messages),
        })
    }
}

/// `fetch_thread`.
#[derive(Debug, Deserialize)]
pub(crate) struct ThreadReading {
    thread_id: String,
    quotes: bool,
    body: BodyKind,
    max_body: Option<usize>,
    headers: bool,
}

impl ThreadReading {
    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let options = ReadOptions {
            body: self.body,
            max_body: self.max_body,
            headers: self.headers,
            quotes: self.quotes,
        };
        gmail.thread(&self.thread_id, &options).map(|t| Outcome::Document(Document::Thread(t)))
    }
}

/// `save_attachments`.
#[derive(Debug)]
pub(crate) struct SavedAttachments {
    uid: String,
    place: SavingPlace,
    part: Many,
    name: Many,
}

/// Where attachments go.
#[derive(Debug)]
enum SavingPlace {
    /// They are only listed.
    Nowhere,
    /// The selected one is written to stdout.
    Stdout,
    Directory(Destination),
}

#[derive(Deserialize)]
struct SavingArguments {
    uid: String,
    out_dir: Option<String>,
    #[serde(default)]
    part: Many,
    #[serde(default)]
    name: Many,
}

impl SavedAttachments {
    pub(super) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<SavedAttachments> {
        let SavingArguments { uid, out_dir, part, name } = arguments.read()?;
        let place = match out_dir.as_deref().filter(|directory| !directory.trim().is_empty()) {
            None => SavingPlace::Nowhere,
            Some("-") => SavingPlace::Stdout,
            Some(directory) => SavingPlace::Directory(files.destination(directory, &OUT_DIR)?),
        };
        Ok(SavedAttachments { uid, place, part, name })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let chosen = self.chosen(gmail.attachments(&self.uid)?)?;
        if matches!(self.place, SavingPlace::Stdout) {
            gmail.write_attachment(&self.uid, &only(chosen)?, sink.bytes(&OUT_DIR)?)?;
            return Ok(Outcome::Bytes);
        }
        let mut listed = Listed::default();
        for attachment in &chosen {
            let row = match self.row(gmail, attachment) {
                Ok(row) => row,
                // A refused token is renewed, and then everything is done again.
                Err(p) if p.code() == Code::TokenRefused => return Err(p),
                Err(p) => {
                    listed.missing.push((format!("{}, part {}", self.uid, attachment.part_id), p));
                    continue;
                }
            };
            listed.rows += 1;
            if !sink.row(ResultRow::Attachment(row))? {
                break;
            }
        }
        rows_or_failure(listed)
    }

    /// The row of an attachment, which is saved first if there is a directory.
    fn row(&self, gmail: &Gmail<'_>, attachment: &Attachment) -> Result<AttachmentRow> {
        let row = attachment.marked_row();
        let SavingPlace::Directory(destination) = &self.place else { return Ok(row) };
        let (path, written) = gmail.save(&self.uid, attachment, destination)?;
        Ok(AttachmentRow {
            size: written.size,
            path: Some(path.display().to_string()),
            sha256: Some(written.sha256),
            ..row
        })
    }

    /// The attachments with the given parts or names. One that does not exist is an error.
    fn chosen(&self, all: Vec<Attachment>) -> Result<Vec<Attachment>> {
        let (parts, names) = (&self.part.values, &self.name.values);
        if parts.is_empty() && names.is_empty() {
            return Ok(all);
        }
        let named = |a: &Attachment, name: &String| a.filename.to_lowercase() == name.to_lowercase();
        let absent_part = parts.iter().find(|part| all.iter().all(|a| a.part_id != **part));
        let absent_name = names.iter().find(|name| !all.iter().any(|a| named(a, name)));
        if let Some(absent) = absent_part.or(absent_name) {
            let known: Vec<String> = all.iter().map(|a| format!("{} ({})", a.filename, a.part_id)).collect();
            let problem = Problem::not_found(format!("message {} has no attachment \"{absent}\"", self.uid));
            return Err(if known.is_empty() {
                problem.hint("Check the id: this message has no attachments.")
            } else {
                problem.hint(format!("Choose from its attachments: {}.", known.join(", ")))
            });
        }
        let wanted = |a: &Attachment| parts.contains(&a.part_id) || names.iter().any(|name| named(a, name));
        Ok(all.into_iter().filter(wanted).collect())
    }
}

fn only(mut chosen: Vec<Attachment>) -> Result<Attachment> {
    match (chosen.len(), chosen.pop()) {
        (1, Some(attachment)) => Ok(attachment),
        (0, _) => Err(Problem::not_found("the message has no attachments").hint(phrase![
            "Use ",
            command(ToolId::FetchMessage),
            " to read its text."
        ])),
        (count, _) => {
            let choose = phrase!["Choose one with ", name(&PART), " or ", name(&NAME)];
            Err(Problem::usage(format!("cannot write {count} attachments to stdout, only one"))
                .hint(phrase![choose, ", or set ", name(&OUT_DIR), " to a directory."]))
        }
    }
}

/// `new_messages`.
#[derive(Debug)]
pub(crate) struct NewMail {
    pub(super) cursor: String,
    query: Query,
    /// `None` if the query decides where to search.
    folder: Option<String>,
    limit: Option<u64>,
    from_now: bool,
}

#[derive(Deserialize)]
struct NewMailArguments {
    cursor: String,
    folder: String,
    #[serde(default)]
    query: String,
    limit: Option<u64>,
    from_now: bool,
}

impl NewMail {
    pub(super) fn parse(arguments: &Arguments) -> Result<NewMail> {
        let NewMailArguments { cursor, folder, query, limit, from_now } = arguments.read()?;
        let query = translate(&query, Syntax::Auto)?;
        if query.ids.is_some() || query.nothing {
            return Err(Problem::usage("this query cannot match new mail")
                .hint("Search for words, senders or states."));
        }
        let folder = place(&query, folder, arguments.given(&FOLDER));
        Ok(NewMail { cursor, query, folder, limit, from_now })
    }

    /// Passes the messages that arrived after `since` to the sink. Without it, or with `from_now`, only the position
    /// is returned.
    pub(super) fn run(
        &self,
        since: Option<&Position>,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<(Listed, Position)> {
        // Looked up on the first run, too, so that cron reports an unknown folder at once.
        let label = self.folder.as_deref().map_or(Ok(None), |folder| label(gmail, folder))?;
        let Some(since) = since.filter(|_| !self.from_now) else {
            return gmail.position().map(|position| (Listed::default(), position));
        };
        let snippets = sink.wants(SNIPPET);
        let filter = Filter { label, query: self.query.q.clone(), limit: self.limit, snippets };
        gmail.news(since, &filter, &mut |row| sink.row(ResultRow::Message(row)))
    }
}
