//! `save_attachments` for several messages: those that were given, or those that a query finds.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashSet,
};

use serde::Deserialize;

use super::{attachments::fits, translate};
use crate::{
    disk::{Destination, FileAccess},
    gmail::{
        Gmail,
        messages::Selection,
        query::{Query, Syntax},
        read::{Attachment, AttachmentRow},
        save::{Ledger, MessageFiles, Named, Pattern, safe_name},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{OUT_DIR, PART, PATTERN, QUERY, TEXT, UIDS},
    spelling::name,
    tools::{
        Outcome, Receiver, ResultRow,
        arguments::{Arguments, Many},
        outcome::rows_or_failure,
        progress::Progress,
    },
};

/// The messages that are asked for at once: each has its text beside its files.
const AT_ONCE: usize = 10;

#[derive(Debug)]
pub(crate) struct Collecting {
    messages: Messages,
    destination: Option<Destination>,
    pattern: Option<Pattern>,
    names: Vec<String>,
    /// The messages, once they were found. With a renewed token, the rest follows.
    found: OnceCell<Vec<String>>,
    /// The files that cannot be saved.
    failed: RefCell<Vec<(String, Problem)>>,
    /// The rows that were passed on.
    passed: RefCell<HashSet<(String, String)>>,
    progress: Progress,
}

#[derive(Debug)]
enum Messages {
    Given(Vec<String>),
    Found { query: Query, limit: u64 },
}

#[derive(Deserialize)]
struct CollectingArguments {
    #[serde(default)]
    uid: Many,
    query: Option<String>,
    limit: Option<u64>,
    out_dir: Option<String>,
    pattern: Option<String>,
    #[serde(default)]
    part: Many,
    #[serde(default)]
    name: Many,
    text: bool,
}

impl Collecting {
    /// `None` for the attachments of a single message.
    pub(in crate::tools) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<Option<Collecting>> {
        let given: CollectingArguments = arguments.read()?;
        let query = given.query.filter(|query| !query.trim().is_empty());
        let messages = match (given.uid.values.as_slice(), query) {
            ([], None) => {
                let needs = format!("{} requires message ids or ", arguments.tool.name);
                return Err(Problem::usage(phrase![needs, name(&QUERY)]).hint(phrase![
                    "Give ids from a list or search, or ",
                    name(&QUERY),
                    " with a search."
                ]));
            }
            ([_, ..], Some(_)) => {
                return Err(Problem::usage(phrase!["both ids and ", name(&QUERY), " were given"])
                    .hint("Give one of them."));
            }
            ([], Some(criteria)) => Messages::Found {
                query: translate(&criteria, Syntax::Auto)?,
                limit: given.limit.unwrap_or(u64::MAX),
            },
            ([_], None) if given.uid.single && given.pattern.is_none() => return Ok(None),
            (_, None) => {
                let mut seen = HashSet::new();
                Messages::Given(given.uid.values.into_iter().filter(|id| seen.insert(id.clone())).collect())
            }
        };
        let refused = |parameter| {
            Err(Problem::usage(phrase![name(parameter), " is for a single message"]).hint(phrase![
                "Leave it out, or give one id as ",
                name(&UIDS),
                "."
            ]))
        };
        if !given.part.values.is_empty() {
            return refused(&PART);
        }
        if given.text {
            return refused(&TEXT);
        }
        let directory = given.out_dir.as_deref().filter(|directory| !directory.trim().is_empty());
        if directory == Some("-") {
            return Err(Problem::usage("only one attachment can be written to stdout").hint(phrase![
                "Set ",
                name(&OUT_DIR),
                " to a directory."
            ]));
        }
        let destination = directory.map(|directory| files.destination(directory, &OUT_DIR)).transpose()?;
        let pattern = given.pattern.as_deref().filter(|pattern| !pattern.trim().is_empty());
        let pattern = pattern.map(|text| {
            Pattern::parse(text).map_err(|why| {
                Problem::usage(phrase![name(&PATTERN), format!(": \"{text}\" {why}")])
                    .hint("Write it as in {date}-{from}-{name}.")
            })
        });
        Ok(Some(Collecting {
            messages,
            destination,
            pattern: pattern.transpose()?,
            names: given.name.values,
            found: OnceCell::new(),
            failed: RefCell::default(),
            passed: RefCell::default(),
            progress: Progress::default(),
        }))
    }

    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let ids = match self.found.get() {
            Some(ids) => ids,
            None => {
                let ids = self.find(gmail)?;
                self.found.get_or_init(|| ids)
            }
        };
        let mut ledger = self.destination.as_ref().map(Ledger::open).transpose()?;
        let mut at = self.progress.done();
        'messages: while at < ids.len() {
            let chunk = &ids[at..ids.len().min(at + AT_ONCE)];
            for (id, files) in chunk.iter().zip(gmail.files_of(chunk)?) {
                gmail.observer.count("looking through", self.progress.done(), Some(ids.len()), "messages");
                match files.and_then(|files| self.take(gmail, id, &files, ledger.as_mut(), sink)) {
                    Ok(true) => self.progress.advance(),
                    Ok(false) => break 'messages,
                    // What is wrong with one message does not stop the others.
                    Err(p) if matches!(p.code(), Code::NotFound | Code::Usage) => {
                        self.progress.fail(id.clone(), p)
                    }
                    Err(p) => return Err(p),
                }
            }
            at += chunk.len();
        }
        let mut listed = self.progress.listed();
        listed.missing.append(&mut self.failed.take());
        listed.rows = self.passed.borrow().len() as u64;
        rows_or_failure(listed)
    }

    fn find(&self, gmail: &Gmail<'_>) -> Result<Vec<String>> {
        match &self.messages {
            Messages::Given(ids) => Ok(ids.clone()),
            Messages::Found { query, .. } if query.nothing => Ok(Vec::new()),
            Messages::Found { query, limit } => {
                if let Some(ids) = &query.ids {
                    return Ok(ids.clone());
                }
                let q = match query.q.as_str() {
                    "" => "has:attachment".to_owned(),
                    // In front, since the query may have brackets or quotes that are not closed.
                    q => format!("has:attachment ({q})"),
                };
                let selection = Selection { query: q, spam_trash: query.spam_trash, ..Selection::default() };
                Ok(gmail.ids(&selection, *limit)?.ids)
            }
        }
    }

    /// Lists or saves the files of one message. Returns false when no more rows are needed.
    fn take(
        &self,
        gmail: &Gmail<'_>,
        id: &str,
        files: &MessageFiles,
        mut ledger: Option<&mut Ledger>,
        sink: &mut dyn Receiver,
    ) -> Result<bool> {
        for (at, attachment) in files.attachments.iter().enumerate() {
            let key = (id.to_owned(), attachment.part_id.clone());
            if !self.is_wanted(attachment) || self.passed.borrow().contains(&key) {
                continue;
            }
            let name = self.name_of(id, files, attachment, at + 1);
            let mut row = AttachmentRow { uid: Some(id.to_owned()), ..attachment.marked_row() };
            if let (Some(destination), Some(ledger)) = (&self.destination, ledger.as_deref_mut()) {
                let saved = gmail.save_once(id, attachment, &name, destination, ledger);
                let (path, written, was_there) = match saved {
                    Ok(saved) => saved,
                    // The others of the message can be saved.
                    Err(p) if p.code() == Code::NotFound => {
                        let part = format!("{id}, part {}", attachment.part_id);
                        self.failed.borrow_mut().push((part, p));
                        continue;
                    }
                    Err(p) => return Err(p),
                };
                row.status = Some(if was_there { "exists" } else { "saved" }.to_owned());
                row.size = written.size;
                row.path = Some(path.display().to_string());
                row.sha256 = Some(written.sha256);
            }
            self.passed.borrow_mut().insert(key);
            if !sink.row(ResultRow::Attachment(row))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Pictures that the text of a message shows, such as logos, are no files that somebody looks for.
    fn is_wanted(&self, attachment: &Attachment) -> bool {
        let is_shown = attachment.inline
            && attachment.content_id.is_some()
            && attachment.mime_type.starts_with("image/");
        let is_named =
            self.names.is_empty() || self.names.iter().any(|name| fits(&attachment.filename, name));
        is_named && (!is_shown || !self.names.is_empty())
    }

    fn name_of(&self, id: &str, files: &MessageFiles, attachment: &Attachment, number: usize) -> String {
        let Some(pattern) = &self.pattern else {
            return safe_name(&attachment.filename);
        };
        pattern.name(&Named {
            uid: id,
            from: &files.from,
            subject: &files.subject,
            received: files.received,
            filename: &attachment.filename,
            number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_anything() {
        for (name, pattern, expected) in [
            ("a.PDF", "*.pdf", true),
            ("a.pdf.exe", "*.pdf", false),
            ("report-2026-final.pdf", "report*final*", true),
            ("aXbXc", "a*b*c", true),
            ("ab", "a*b*c", false),
            ("a*.pdf", "a*.pdf", true),
            ("a.pdf", "A.pdf", true),
            ("aa", "a*a", true),
            ("a", "a*a", false),
        ] {
            assert_eq!(fits(name, pattern), expected, "{name} {pattern}");
        }
    }
}
