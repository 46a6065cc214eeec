//! `import_messages`: messages from a file or a mailbox file, put into the mailbox as they are. What the mailbox has
//! already is skipped, so that the same command can be run again.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Seek},
    iter,
    rc::Rc,
};

use serde::{Deserialize, Serialize};

use super::{
    Outcome, Receiver, ResultRow, arguments::Arguments, outcome::rows_or_failure, progress::Progress,
    reading::label,
};
use crate::{
    disk::{self, Destination, FileAccess},
    gmail::{
        Gmail,
        backup::FLAGS,
        import::MAX_IMPORT,
        mbox,
        recipients::{check_head, raw_id},
    },
    input,
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{FILE, RAW, ToolId},
    spelling::{command, name},
};

/// How many messages, and about how many bytes, are read before their ids are looked up.
const AT_ONCE: usize = 25;
const BYTES_AT_ONCE: usize = 16 << 20;

#[derive(Debug)]
pub(crate) struct Import {
    source: Source,
    /// The path, for messages.
    path: String,
    folder: String,
    create: bool,
    unread: bool,
    duplicates: bool,
    /// With a renewed token, the rest follows.
    progress: Progress,
}

#[derive(Debug)]
enum Source {
    File(File),
    Stdin(Vec<u8>),
    /// The directories with its messages.
    Maildir(Box<[Destination; 2]>),
}

#[derive(Deserialize)]
struct ImportArguments {
    file: String,
    folder: String,
    create: bool,
    unread: bool,
    duplicates: bool,
}

/// A message of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct ImportRow {
    /// Its place in the file, from 1.
    pub(super) number: usize,
    /// `imported` or `exists`.
    pub(super) status: String,
    pub(super) uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_id: Option<String>,
    /// With angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_id: Option<String>,
}

/// A message of the file, with its place and id.
struct Entry {
    number: usize,
    bytes: Vec<u8>,
    message_id: Option<String>,
    /// Those of a Maildir's flags.
    labels: Vec<String>,
}

impl Entry {
    fn new(number: usize, bytes: Vec<u8>) -> Entry {
        Entry { number, message_id: raw_id(&bytes, "Message-ID"), bytes, labels: Vec::new() }
    }
}

impl Import {
    pub(super) fn parse(arguments: &Arguments, files: &FileAccess) -> Result<Import> {
        let ImportArguments { file, folder, create, unread, duplicates } = arguments.read()?;
        let source = match file.as_str() {
            "-" => Source::Stdin(input::bytes()?),
            path => match maildir(path, files)? {
                Some(directories) => Source::Maildir(Box::new(directories)),
                None => Source::File(files.open(path, &FILE)?),
            },
        };
        Ok(Import { source, path: file, folder, create, unread, duplicates, progress: Progress::default() })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let labels = self.labels(gmail)?;
        let mut known = HashMap::new();
        let mut entries = self.entries()?.skip(self.progress.done());
        loop {
            let chunk = chunk(&mut entries)?;
            if chunk.is_empty() {
                return rows_or_failure(self.progress.listed());
            }
            if !self.duplicates {
                let ids: Vec<String> = chunk.iter().filter_map(|entry| entry.message_id.clone()).collect();
                known.extend(gmail.with_message_ids(&ids)?);
            }
            for entry in chunk {
                gmail.observer.count("importing", self.progress.done(), None, "messages");
                match self.store(gmail, &entry, &labels, &mut known) {
                    Ok(row) => {
                        self.progress.advance();
                        if !sink.row(ResultRow::Import(row))? {
                            return Ok(Outcome::Rows(self.progress.listed()));
                        }
                    }
                    // What is wrong with one message does not stop the others.
                    Err(p) if p.code() == Code::Usage => {
                        self.progress.fail(format!("message {}", entry.number), p);
                    }
                    Err(p) => return Err(p),
                }
            }
        }
    }

    fn store(
        &self,
        gmail: &Gmail<'_>,
        entry: &Entry,
        labels: &[String],
        known: &mut HashMap<String, String>,
    ) -> Result<ImportRow> {
        let id = entry.message_id.as_ref().filter(|_| !self.duplicates);
        let row = |status: &str, uid: String, thread_id| ImportRow {
            number: entry.number,
            status: status.to_owned(),
            uid,
            thread_id,
            message_id: entry.message_id.as_ref().map(|id| format!("<{id}>")),
        };
        if let Some(uid) = id.and_then(|id| known.get(id)) {
            return Ok(row("exists", uid.clone(), None));
        }
        check_head(&entry.bytes).map_err(|why| self.unusable(entry.number, &why))?;
        let mut labels = labels.to_vec();
        labels.extend(entry.labels.iter().cloned());
        labels.dedup();
        let stored = gmail.import(&entry.bytes, &labels, id.map(String::as_str))?;
        if let Some(id) = id {
            known.insert(id.clone(), stored.id.clone());
        }
        Ok(row("imported", stored.id, stored.thread_id))
    }

    /// The labels of the new messages.
    fn labels(&self, gmail: &Gmail<'_>) -> Result<Vec<String>> {
        let folder = match label(gmail, &self.folder) {
            Err(p) if p.code() == Code::NotFound && self.create => {
                Some(gmail.make_folder(&self.folder)?.label.id)
            }
            found => found?,
        };
        if folder.as_deref().is_some_and(|label| matches!(label, "DRAFT" | "CHAT")) {
            let hint = phrase!["Use ", command(ToolId::CreateDraft), " with ", name(&RAW), " for a draft."];
            return Err(Problem::usage(format!("cannot import into \"{}\"", self.folder)).hint(hint));
        }
        let unread = self.unread.then(|| "UNREAD".to_owned());
        Ok(folder.into_iter().chain(unread).collect())
    }

    /// The messages of the file, one after the other.
    fn entries(&self) -> Result<Box<dyn Iterator<Item = Result<Entry>> + '_>> {
        let mut reader: Box<dyn BufRead> = match &self.source {
            Source::Maildir(directories) => return self.maildir_entries(&**directories),
            Source::Stdin(bytes) => Box::new(bytes.as_slice()),
            Source::File(file) => {
                let mut file = file.try_clone().map_err(|e| self.unreadable(&e))?;
                file.rewind().map_err(|e| self.unreadable(&e))?;
                Box::new(BufReader::new(file))
            }
        };
        let is_mbox = mbox::is_mbox(reader.fill_buf().map_err(|e| self.unreadable(&e))?);
        let messages: Box<dyn Iterator<Item = io::Result<Vec<u8>>>> = if is_mbox {
            Box::new(mbox::messages(reader, MAX_IMPORT))
        } else {
            Box::new(iter::once_with(|| disk::read_up_to(reader, MAX_IMPORT as u64)))
        };
        Ok(Box::new(messages.enumerate().map(|(at, bytes)| {
            let bytes = bytes.map_err(|e| self.unreadable(&e))?;
            Ok(Entry::new(at + 1, bytes))
        })))
    }

    /// The messages of a Maildir, in the order of their names. Each is read when it is its turn.
    fn maildir_entries(
        &self,
        directories: &[Destination],
    ) -> Result<Box<dyn Iterator<Item = Result<Entry>> + '_>> {
        let mut found = Vec::new();
        for destination in directories {
            let directory = Rc::new(destination.open()?);
            let names = directory.names().map_err(|e| self.unreadable(&e))?;
            let names = names.into_iter().filter(|name| !name.starts_with('.'));
            found.extend(names.map(|name| (name, Rc::clone(&directory))));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Box::new(found.into_iter().enumerate().map(|(at, (name, directory))| {
            let file = directory.read(&name).and_then(|file| disk::read_up_to(file, MAX_IMPORT as u64));
            // What is no file, or cannot be read, is no message: the others are imported.
            let bytes = file.unwrap_or_default();
            let flags = name.split_once(FLAGS).map_or("", |(_, flags)| flags);
            let labels = [("UNREAD", !flags.contains('S')), ("STARRED", flags.contains('F'))];
            let labels = labels.into_iter().filter(|(_, has)| *has).map(|(label, _)| label.to_owned());
            Ok(Entry { labels: labels.collect(), ..Entry::new(at + 1, bytes) })
        })))
    }

    fn unreadable(&self, error: &io::Error) -> Problem {
        Problem::new(Code::Failed, phrase![name(&FILE), format!(": cannot read {}: {error}", self.path)])
            .hint("Give a file with one message (RFC 5322), or with several in the mbox format.")
    }

    fn unusable(&self, number: usize, why: &str) -> Problem {
        let message = format!(": message {number} of {} is not a message: {why}", self.path);
        Problem::usage(phrase![name(&FILE), message])
            .hint("Give a file with one message (RFC 5322), or with several in the mbox format.")
    }
}

/// The directories of a Maildir, if the path is that of one.
fn maildir(path: &str, files: &FileAccess) -> Result<Option<[Destination; 2]>> {
    if !std::path::Path::new(path).is_dir() && !path.starts_with('~') {
        return Ok(None);
    }
    let destination = files.destination(path, &FILE)?;
    let parts = ["cur", "new"].map(|part| destination.below(part));
    Ok(parts.iter().all(Destination::is_directory).then_some(parts))
}

/// The next messages, as many as are looked up at once.
fn chunk(entries: &mut dyn Iterator<Item = Result<Entry>>) -> Result<Vec<Entry>> {
    let (mut chunk, mut size) = (Vec::new(), 0);
    while chunk.len() < AT_ONCE && size < BYTES_AT_ONCE {
        let Some(entry) = entries.next() else { break };
        let entry = entry?;
        size += entry.bytes.len();
        chunk.push(entry);
    }
    Ok(chunk)
}
