//! The attachments of a message: listed, saved, or one of them written to stdout.

use std::cell::RefCell;

use serde::Deserialize;

use crate::{
    disk::{Destination, FileAccess},
    gmail::{
        Gmail,
        read::{Attachment, AttachmentRow},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{NAME, OUT_DIR, PART, ToolId},
    spelling::{command, name},
    tools::{
        Document, Outcome, Receiver, ResultRow,
        arguments::{Arguments, Many},
        outcome::{incomplete, rows_or_failure},
        progress::Progress,
    },
};

/// `save_attachments`.
#[derive(Debug)]
pub(crate) struct SavedAttachments {
    uid: String,
    place: SavingPlace,
    part: Many,
    name: Many,
    text: bool,
    max_body: Option<usize>,
    /// With a renewed token, the rest follows.
    progress: Progress,
    /// The rows with their texts, which are one document.
    texts: RefCell<Vec<AttachmentRow>>,
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
    uid: Many,
    out_dir: Option<String>,
    #[serde(default)]
    part: Many,
    #[serde(default)]
    name: Many,
    text: bool,
    max_body: Option<usize>,
}

impl SavedAttachments {
    pub(in crate::tools) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<SavedAttachments> {
        let SavingArguments { uid, out_dir, part, name, text, max_body } = arguments.read()?;
        let place = match out_dir.as_deref().filter(|directory| !directory.trim().is_empty()) {
            None => SavingPlace::Nowhere,
            Some("-") => SavingPlace::Stdout,
            Some(directory) => SavingPlace::Directory(files.destination(directory, &OUT_DIR)?),
        };
        Ok(SavedAttachments {
            uid: uid.values.concat(),
            place,
            part,
            name,
            text,
            max_body,
            progress: Progress::default(),
            texts: RefCell::default(),
        })
    }

    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let chosen = self.chosen(gmail.attachments(&self.uid)?)?;
        if matches!(self.place, SavingPlace::Stdout) {
            gmail.write_attachment(&self.uid, &only(chosen)?, sink.bytes(&OUT_DIR)?)?;
            return Ok(Outcome::Bytes);
        }
        for attachment in chosen.iter().skip(self.progress.done()) {
            gmail.observer.count("saving", self.progress.done(), Some(chosen.len()), "attachments");
            match self.row(gmail, attachment) {
                Ok(row) => {
                    self.progress.advance();
                    if self.text {
                        self.texts.borrow_mut().push(row);
                    } else if !sink.row(ResultRow::Attachment(row))? {
                        break;
                    }
                }
                Err(p) if p.code() == Code::TokenRefused => return Err(p),
                Err(p) => self.progress.fail(format!("{}, part {}", self.uid, attachment.part_id), p),
            }
        }
        let listed = self.progress.listed();
        if !self.text || listed.rows == 0 {
            return rows_or_failure(listed);
        }
        let texts = Document::Attachments(self.texts.take());
        Ok(match incomplete(&listed) {
            Some(problem) => Outcome::Incomplete(texts, problem),
            None => Outcome::Document(texts),
        })
    }

    /// The row of an attachment, which is saved first if there is a directory.
    fn row(&self, gmail: &Gmail<'_>, attachment: &Attachment) -> Result<AttachmentRow> {
        let mut row = attachment.marked_row();
        if self.text {
            row = gmail.with_text(&self.uid, attachment, row, self.max_body)?;
        }
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
        let named = |a: &Attachment, name: &String| fits(&a.filename, name);
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

/// Whether a file has this name, ignoring case; `*` stands for any characters.
pub(super) fn fits(filename: &str, pattern: &str) -> bool {
    let (filename, pattern) = (filename.to_lowercase(), pattern.to_lowercase());
    let Some((start, rest)) = pattern.split_once('*') else { return filename == pattern };
    let Some(mut left) = filename.strip_prefix(start) else { return filename == pattern };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let end = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return filename == pattern,
        }
    }
    left.ends_with(end) || filename == pattern
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
