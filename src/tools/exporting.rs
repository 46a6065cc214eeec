//! `export_messages`: messages as they were received, to a pipe, to one file, or to a directory.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};

use super::{
    Outcome, Receiver, ResultRow,
    arguments::{Arguments, Many},
    backing_up::BackingUp,
    outcome::{incomplete, rows_or_failure},
    progress::Progress,
    reading::translate,
};
use crate::{
    disk::{Destination, FileAccess},
    gmail::{
        Gmail, backup,
        export::ExportFile,
        messages::Selection,
        query::{Query, Syntax},
        save::{Written, safe_name},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{MAILDIR, MBOX, OUT, QUERY, SINCE_LAST, UIDS},
    spelling::{name, set, with},
};

#[derive(Debug)]
pub(crate) struct Export {
    messages: Messages,
    place: Place,
    mbox: bool,
    found: OnceCell<Vec<String>>,
    /// With a renewed token, the rest follows.
    progress: Progress,
}

#[derive(Debug)]
enum Messages {
    Given(Vec<String>),
    Found(Box<Query>),
}

/// What a call exports: some messages, or what a backup does not have.
#[derive(Debug)]
pub(crate) enum Exporting {
    Once(Box<Export>),
    Backup(Box<BackingUp>),
}

#[derive(Debug)]
enum Place {
    Stdout,
    Directory(Destination),
    /// A new file with this name.
    File(Destination, String),
}

#[derive(Deserialize)]
struct ExportArguments {
    #[serde(default)]
    uid: Many,
    query: Option<String>,
    out: Option<String>,
    mbox: bool,
    maildir: bool,
    since_last: bool,
    verify: bool,
}

/// A message that was exported.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct ExportRow {
    pub(super) uid: String,
    pub(super) path: String,
    /// Of the message, in bytes.
    pub(super) size: u64,
    /// Of the message, in hexadecimal.
    pub(super) sha256: String,
}

impl Exporting {
    pub(super) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<Exporting> {
        let given: ExportArguments = arguments.read()?;
        let criteria = given.query.filter(|query| !query.trim().is_empty());
        let out = given.out.filter(|out| !out.trim().is_empty() && out != "-");
        if given.maildir && given.mbox {
            return Err(Problem::usage(phrase![
                "both ",
                name(&MBOX),
                " and ",
                name(&MAILDIR),
                " were given"
            ])
            .hint("Give one of them."));
        }
        let query = criteria.as_deref().map(|criteria| translate(criteria, Syntax::Auto)).transpose()?;
        if given.since_last || given.maildir {
            let Some((criteria, query)) = criteria.zip(query) else {
                let option = if given.since_last { &SINCE_LAST } else { &MAILDIR };
                return Err(Problem::usage(phrase![name(option), " requires ", name(&QUERY)]).hint(phrase![
                    "Say which mail it has: ",
                    with(&QUERY, "ALL"),
                    " for all."
                ]));
            };
            if arguments.given(&UIDS) {
                return Err(both());
            }
            let place = backup_place(out.as_deref(), given.mbox, given.maildir, files)?;
            let backing_up = BackingUp::new(place, criteria.trim().to_owned(), query, given.verify);
            return Ok(Exporting::Backup(Box::new(backing_up)));
        }
        if given.verify {
            return Err(Problem::usage(phrase![
                "only ",
                name(&SINCE_LAST),
                " verifies what was exported before"
            ])
            .hint(phrase!["Set ", name(&SINCE_LAST), ", too."]));
        }
        let (messages, several) = match (given.uid.values, query) {
            (ids, None) if !ids.is_empty() => (Messages::Given(ids.clone()), ids.len() > 1),
            (ids, Some(query)) if ids.is_empty() => (Messages::Found(Box::new(query)), true),
            (_, Some(_)) => return Err(both()),
            (_, None) => {
                let needs = format!("{} requires message ids or ", arguments.tool.name);
                return Err(Problem::usage(phrase![needs, name(&QUERY)]).hint(phrase![
                    "Give ids from a list or search, or ",
                    name(&QUERY),
                    " with a search."
                ]));
            }
        };
        let mbox = given.mbox;
        let place = match out {
            None if several && !mbox => return Err(one_only()),
            None => Place::Stdout,
            Some(out) => place(&out, several && !mbox, files)?,
        };
        if let (Place::Directory(_), true) = (&place, mbox) {
            let hint = phrase!["Set ", name(&OUT), " to the path of a new file."];
            return Err(Problem::usage(phrase![set(&MBOX), " writes one file, not a directory"]).hint(hint));
        }
        let (found, progress) = (OnceCell::new(), Progress::default());
        Ok(Exporting::Once(Box::new(Export { messages, place, mbox, found, progress })))
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        match self {
            Exporting::Once(export) => export.run(gmail, sink),
            Exporting::Backup(backing_up) => backing_up.run(gmail, sink),
        }
    }
}

fn both() -> Problem {
    Problem::usage(phrase!["both ids and ", name(&QUERY), " were given"]).hint("Give one of them.")
}

/// Where a backup is.
fn backup_place(out: Option<&str>, mbox: bool, maildir: bool, files: &FileAccess) -> Result<backup::Place> {
    let Some(out) = out.filter(|_| mbox || maildir) else {
        let form = phrase![set(&MBOX), " and ", name(&OUT), " with a file, or ", set(&MAILDIR)];
        return Err(Problem::usage("a backup requires a place and a form").hint(phrase![
            "Use ",
            form,
            " and ",
            name(&OUT),
            " with a directory."
        ]));
    };
    if maildir {
        return Ok(backup::Place::Maildir(files.destination(out, &OUT)?));
    }
    match place(out, false, files)? {
        Place::File(destination, file) => Ok(backup::Place::Mbox(destination, file)),
        _ => {
            let hint = phrase!["Set ", name(&OUT), " to the path of a file."];
            Err(Problem::usage(phrase![set(&MBOX), " writes one file, not a directory"]).hint(hint))
        }
    }
}

impl Export {
    fn ids(&self) -> &[String] {
        match (&self.messages, self.found.get()) {
            (Messages::Given(ids), _) | (_, Some(ids)) => ids,
            (Messages::Found(_), None) => &[],
        }
    }

    /// Finds the messages of the query, oldest first.
    fn find(&self, gmail: &Gmail<'_>) -> Result<()> {
        let Messages::Found(query) = &self.messages else { return Ok(()) };
        if self.found.get().is_none() {
            let selection =
                Selection { query: query.q.clone(), spam_trash: query.spam_trash, ..Selection::default() };
            let ids = match &query.ids {
                _ if query.nothing => Vec::new(),
                Some(ids) => ids.clone(),
                None => gmail.ids(&selection, u64::MAX)?.ids.into_iter().rev().collect(),
            };
            self.found.get_or_init(|| ids);
        }
        Ok(())
    }

    fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        self.find(gmail)?;
        match &self.place {
            Place::Stdout => self.stream(gmail, sink),
            Place::Directory(destination) => {
                let save = |id: &str| {
                    let (path, written) = gmail.export_to(id, destination)?;
                    Ok(row(id, path.display().to_string(), written))
                };
                self.each(gmail, sink, save)?;
                rows_or_failure(self.progress.listed())
            }
            Place::File(destination, name) => {
                let file = ExportFile::create(destination, name, self.mbox)?;
                self.fill(file, gmail, sink)?;
                rows_or_failure(self.progress.listed())
            }
        }
    }

    /// Writes all messages to one file. What was written before a failure is kept, unless everything is done again.
    fn fill(&self, mut file: ExportFile, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<()> {
        self.progress.restart();
        let path = file.path();
        let add = |id: &str| Ok(row(id, path.clone(), file.add(gmail, id)?));
        let outcome = self.each(gmail, sink, add);
        let is_repeated = outcome.as_ref().is_err_and(|p| p.code() == Code::TokenRefused);
        if self.progress.has_rows() && !is_repeated {
            file.keep()?;
        }
        outcome
    }

    fn stream(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let out = sink.bytes(&OUT)?;
        for id in &self.ids()[self.progress.done()..] {
            match gmail.export(id, self.mbox, out) {
                Ok(_) => self.progress.advance(),
                Err(p) if is_of_one(&p) => self.progress.fail(id.clone(), p),
                Err(p) => return Err(p),
            }
        }
        let listed = self.progress.listed();
        match incomplete(&listed) {
            Some(problem) if listed.rows > 0 => Err(problem),
            None => Ok(Outcome::Bytes),
            Some(_) => rows_or_failure(listed),
        }
    }

    /// Exports each message. What is wrong with one does not stop the others.
    fn each(
        &self,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
        mut export: impl FnMut(&str) -> Result<ExportRow>,
    ) -> Result<()> {
        for (at, id) in self.ids().iter().enumerate().skip(self.progress.done()) {
            gmail.observer.count("exporting", at, Some(self.ids().len()), "messages");
            match export(id) {
                Ok(row) => {
                    self.progress.advance();
                    if !sink.row(ResultRow::Export(row))? {
                        break;
                    }
                }
                Err(p) if is_of_one(&p) => self.progress.fail(id.clone(), p),
                Err(p) => return Err(p),
            }
        }
        Ok(())
    }
}

/// Whether a failure concerns only this message: it does not exist, or its id is invalid.
fn is_of_one(problem: &Problem) -> bool {
    matches!(problem.code(), Code::NotFound | Code::Usage)
}

fn one_only() -> Problem {
    let hint = phrase!["Set ", name(&OUT), " to a directory, or add ", set(&MBOX), " for one mailbox file."];
    Problem::usage("cannot write several messages to stdout").hint(hint)
}

/// A directory if there is one, if several files are written, or if the path ends with a slash.
fn place(out: &str, several: bool, files: &FileAccess) -> Result<Place> {
    let directory = files.destination(out, &OUT)?;
    if several || directory.is_directory() {
        return Ok(Place::Directory(directory));
    }
    match directory.parent() {
        Some((parent, file)) if file == safe_name(&file) => Ok(Place::File(parent, file)),
        Some((_, file)) => {
            Err(Problem::usage(phrase![name(&OUT), format!(": \"{file}\" is not a safe name for a file")])
                .hint(format!("Use a name such as \"{}\".", safe_name(&file))))
        }
        None => Ok(Place::Directory(directory)),
    }
}

pub(super) fn row(id: &str, path: String, written: Written) -> ExportRow {
    ExportRow { uid: id.to_owned(), path, size: written.size, sha256: written.sha256 }
}
