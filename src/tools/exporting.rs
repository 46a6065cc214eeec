//! `export_messages`: messages as they were received, to a pipe, to one file, or to a directory.

use serde::{Deserialize, Serialize};

use super::{
    Outcome, Receiver, ResultRow,
    arguments::{Arguments, Many},
    outcome::{incomplete, rows_or_failure},
    progress::Progress,
};
use crate::{
    disk::{Destination, FileAccess},
    gmail::{
        Gmail,
        export::ExportFile,
        save::{Written, safe_name},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{MBOX, OUT},
    spelling::{name, set},
};

#[derive(Debug)]
pub(crate) struct Export {
    ids: Vec<String>,
    place: Place,
    mbox: bool,
    /// With a renewed token, the rest follows.
    progress: Progress,
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
    uid: Many,
    out: Option<String>,
    mbox: bool,
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

impl Export {
    pub(super) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<Export> {
        let ExportArguments { uid, out, mbox } = arguments.read()?;
        let several = uid.values.len() > 1;
        let out = out.filter(|out| !out.trim().is_empty() && out != "-");
        let place = match out {
            None if several && !mbox => return Err(one_only()),
            None => Place::Stdout,
            Some(out) => place(&out, several && !mbox, files)?,
        };
        if let (Place::Directory(_), true) = (&place, mbox) {
            let hint = phrase!["Set ", name(&OUT), " to the path of a new file."];
            return Err(Problem::usage(phrase![set(&MBOX), " writes one file, not a directory"]).hint(hint));
        }
        Ok(Export { ids: uid.values, place, mbox, progress: Progress::default() })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
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
        for id in &self.ids[self.progress.done()..] {
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
        for (at, id) in self.ids.iter().enumerate().skip(self.progress.done()) {
            gmail.observer.count("exporting", at, Some(self.ids.len()), "messages");
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

fn row(id: &str, path: String, written: Written) -> ExportRow {
    ExportRow { uid: id.to_owned(), path, size: written.size, sha256: written.sha256 }
}
