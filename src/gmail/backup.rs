//! A backup of mail that grows: one mailbox file (mboxrd) or a Maildir (<https://cr.yp.to/proto/maildir.html>), and beside
//! it a record of what it has, a JSON object a line. Each message is written, read back and compared before it is recorded,
//! so that a run that was killed goes on after the last one that is whole.
//!
//! What is new is found by listing the ids of the search, 5 quota units for 500: that is exact, and Gmail's history, which
//! Gmail forgets after some days and which knows no searches, would cost 2 for each page besides.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use fs4::FileExt;
use serde::{Deserialize, Serialize};

use super::{Gmail, save::Written};
use crate::{
    digest,
    disk::{Destination, OpenDirectory},
    problem::{Code, Problem, Result},
};

const VERSION: u32 = 1;
/// The record of a Maildir.
const RECORD: &str = ".mcs-gmail-backup.jsonl";
/// What stands between the name of a message in a Maildir and its flags.
pub(crate) const FLAGS: &str = if cfg!(windows) { ";2," } else { ":2," };
/// A longer record is refused.
const MAX_RECORD: u64 = 1 << 30;

/// Where a backup is.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file with this name in a directory.
    Mbox(Destination, String),
    Maildir(Destination),
}

/// Whose mail it is, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) account: String,
    /// The search, as it was given; empty for all mail.
    pub(crate) query: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    #[serde(flatten)]
    subject: Subject,
}

/// A line of the record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Done(Entry),
    /// The message was being written.
    Begun {
        begun: String,
    },
    /// It was not, and nothing of it is left.
    Ended {
        ended: String,
    },
}

/// A message of the backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    uid: String,
    /// Of the message.
    size: u64,
    sha256: String,
    #[serde(flatten)]
    stored: Stored,
}

/// Where it is in the backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    /// The bytes of the mailbox file up to `end`, with their hash.
    Region { start: u64, end: u64, region: String },
    /// The name of its file without the flags, which mail programs change.
    File { file: String },
}

/// A backup that this process has open. No other one can change it.
pub(crate) struct Backup<'p> {
    place: &'p Place,
    directory: OpenDirectory,
    record: File,
    path: PathBuf,
    ids: HashSet<String>,
    /// The messages of the Maildir: their directory and name, by their name without flags.
    names: HashMap<String, (&'static str, String)>,
    /// Of the mailbox file, as far as it is whole.
    end: u64,
}

/// What flags a message gets in a Maildir.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) seen: bool,
    pub(crate) flagged: bool,
}

impl<'p> Backup<'p> {
    /// Opens a backup, and begins one where there is none. What a killed run left behind is removed; a backup that somebody
    /// else changed, or that is of other mail, is refused. With `verify`, every message in it is read.
    pub(crate) fn open(place: &'p Place, subject: &Subject, verify: bool) -> Result<Backup<'p>> {
        let (destination, name) = match place {
            Place::Mbox(destination, name) => (destination, format!(".{name}.mcs-gmail.jsonl")),
            Place::Maildir(destination) => (destination, RECORD.to_owned()),
        };
        let directory = destination.open()?;
        let path = destination.path_of(&name);
        let is_new = !directory.has(&name);
        if let (Place::Mbox(_, name), true) = (place, is_new)
            && directory.has(name)
        {
            return Err(destination.taken(name));
        }
        let record = directory.append(&name).map_err(|e| failed(&path, &e))?;
        // Where there are no locks, two runs at once find that the backup was changed.
        if let Err(fs4::TryLockError::WouldBlock) = FileExt::try_lock(&record) {
            return Err(Problem::new(
                Code::Conflict,
                format!("another run writes the backup {}", path.display()),
            )
            .hint("Run it again when that one has ended."));
        }
        let mut backup =
            Backup { place, directory, record, path, ids: HashSet::new(), names: HashMap::new(), end: 0 };
        if let Place::Maildir(destination) = place {
            backup.list(destination)?;
            if is_new && !backup.names.is_empty() {
                let directory = destination.below("cur");
                return Err(directory.taken(backup.names.values().next().map_or("", |(_, name)| name)));
            }
        }
        let (entries, is_torn) = backup.read(&name, subject)?;
        backup.ids = entries.iter().map(|entry| entry.uid.clone()).collect();
        backup.check(&entries, is_torn, verify)?;
        Ok(backup)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// The number of its messages.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Lists the Maildir, whose directories are created if they are missing.
    fn list(&mut self, destination: &Destination) -> Result<()> {
        destination.below("tmp").open()?;
        for part in ["cur", "new"] {
            let names = destination.below(part).open()?.names().map_err(|e| self.failed(&e))?;
            for name in names.into_iter().filter(|name| !name.starts_with('.')) {
                let base = name.split(FLAGS).next().unwrap_or_default().to_owned();
                self.names.insert(base, (part, name));
            }
        }
        Ok(())
    }

    /// The hash of a message in the Maildir, if it is there.
    fn hash_of(&self, destination: &Destination, base: &str) -> Result<Option<String>> {
        let Some((part, name)) = self.names.get(base) else { return Ok(None) };
        let directory = destination.below(part).open()?;
        Ok(directory.read(name).and_then(digest::of_reader).ok())
    }

    /// Reads the record, or begins it. Says whether the last message is perhaps not whole.
    fn read(&mut self, name: &str, subject: &Subject) -> Result<(Vec<Entry>, bool)> {
        let mut text = Vec::new();
        let file = self.directory.read(name).map_err(|e| self.failed(&e))?;
        if file.metadata().map_err(|e| self.failed(&e))?.len() > MAX_RECORD {
            return Err(self.damaged());
        }
        file.take(MAX_RECORD).read_to_end(&mut text).map_err(|e| self.failed(&e))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < text.len() {
            self.record.set_len(whole as u64).map_err(|e| self.failed(&e))?;
            text.truncate(whole);
        }
        let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let Some(first) = lines.next() else {
            self.write(&Header { version: VERSION, subject: subject.clone() })?;
            return Ok((Vec::new(), false));
        };
        let header: Header = serde_json::from_slice(first).map_err(|_| self.damaged())?;
        if header.version != VERSION {
            return Err(self.damaged());
        }
        if header.subject != *subject {
            let Subject { account, query } = header.subject;
            let what = if query.is_empty() { "all mail".to_owned() } else { format!("\"{query}\"") };
            return Err(Problem::new(
                Code::Conflict,
                format!("{} is the record of a backup of {what} of {account}", self.path.display()),
            )
            .hint("Give the same query and account, or another place for this backup."));
        }
        let (mut entries, mut is_torn) = (Vec::new(), false);
        for line in lines {
            match serde_json::from_slice(line).map_err(|_| self.damaged())? {
                Line::Done(entry) => {
                    entries.push(entry);
                    is_torn = false;
                }
                Line::Begun { .. } => is_torn = true,
                Line::Ended { .. } => is_torn = false,
            }
        }
        Ok((entries, is_torn))
    }

    fn write(&mut self, line: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(line).unwrap_or_default() + "\n";
        let written = self.record.write_all(text.as_bytes()).and_then(|()| self.record.sync_data());
        written.map_err(|e| self.failed(&e))
    }

    /// Compares the backup with its record: the last message, or all of them.
    fn check(&mut self, entries: &[Entry], is_torn: bool, verify: bool) -> Result<()> {
        match self.place {
            Place::Mbox(_, name) => self.check_mbox(name, entries, is_torn, verify),
            Place::Maildir(destination) => {
                if verify {
                    self.check_maildir(destination, entries)
                } else {
                    Ok(())
                }
            }
        }
    }

    fn check_mbox(&mut self, name: &str, entries: &[Entry], is_torn: bool, verify: bool) -> Result<()> {
        let file = self.directory.append(name).map_err(|e| self.failed(&e))?;
        let length = file.metadata().map_err(|e| self.failed(&e))?.len();
        let regions = entries.iter().filter_map(|entry| match &entry.stored {
            Stored::Region { start, end, region } => Some((entry, *start, *end, region)),
            Stored::File { .. } => None,
        });
        let regions: Vec<_> = regions.collect();
        self.end = regions.last().map_or(0, |(_, _, end, _)| *end);
        let is_ours = is_torn && self.is_one_message(name, self.end).map_err(|e| self.failed(&e))?;
        if length < self.end || (length > self.end && !is_ours) {
            return Err(self.changed(&format!("has {length} bytes instead of {}", self.end)));
        }
        file.set_len(self.end).map_err(|e| self.failed(&e))?;
        if is_torn {
            self.write(&Line::Ended { ended: String::new() })?;
        }
        let checked = if verify { &regions[..] } else { &regions[regions.len().saturating_sub(1)..] };
        for (entry, start, end, region) in checked {
            if self.region(name, *start, *end)? != **region {
                return Err(self.changed(&format!("does not have message {} as it was written", entry.uid)));
            }
        }
        Ok(())
    }

    /// Whether there is no more than a part of one message after this place: in what this program writes, only the first
    /// line of a message begins with `From `.
    fn is_one_message(&self, name: &str, start: u64) -> io::Result<bool> {
        let mut file = self.directory.read(name)?;
        file.seek(SeekFrom::Start(start))?;
        let mut lines = BufReader::new(file).split(b'\n').skip(1);
        lines.try_fold(true, |is_one, line| Ok(is_one && !line?.starts_with(b"From ")))
    }

    /// The hash of some bytes of the mailbox file.
    fn region(&self, name: &str, start: u64, end: u64) -> Result<String> {
        let region = || -> io::Result<String> {
            let mut file = self.directory.read(name)?;
            file.seek(SeekFrom::Start(start))?;
            digest::of_reader(file.take(end.saturating_sub(start)))
        };
        region().map_err(|e| self.failed(&e))
    }

    fn check_maildir(&self, destination: &Destination, entries: &[Entry]) -> Result<()> {
        for entry in entries {
            let Stored::File { file } = &entry.stored else { continue };
            let is_whole = self.hash_of(destination, file)?.is_some_and(|sha256| sha256 == entry.sha256);
            if !is_whole {
                return Err(self.changed(&format!("does not have message {} as it was written", entry.uid)));
            }
        }
        Ok(())
    }

    /// Adds a message, which is then in the backup as Gmail has it. Returns the path of its file.
    pub(crate) fn add(&mut self, gmail: &Gmail<'_>, id: &str, flags: Flags) -> Result<(PathBuf, Written)> {
        self.write(&Line::Begun { begun: id.to_owned() })?;
        let added = match self.place {
            Place::Mbox(destination, name) => self
                .append(gmail, name, id)
                .map(|(written, stored)| (destination.path_of(name), written, stored)),
            Place::Maildir(destination) => self.store(gmail, destination, id, flags),
        };
        let (path, written, stored) = match added {
            Ok(added) => added,
            Err(problem) => {
                self.write(&Line::Ended { ended: id.to_owned() })?;
                return Err(problem);
            }
        };
        let entry = Entry { uid: id.to_owned(), size: written.size, sha256: written.sha256.clone(), stored };
        self.write(&Line::Done(entry))?;
        self.ids.insert(id.to_owned());
        Ok((path, written))
    }

    fn append(&mut self, gmail: &Gmail<'_>, name: &str, id: &str) -> Result<(Written, Stored)> {
        let mut file = self.directory.append(name).map_err(|e| self.failed(&e))?;
        let start = self.end;
        let write = |file: &mut File| {
            let mut hashed = Hashed::new(file);
            let written = gmail.export(id, true, &mut hashed)?;
            Ok((written, hashed.finish()))
        };
        let (written, (length, region)) = match again(gmail, &mut file, start, write) {
            Ok(written) => written,
            Err(problem) => {
                // What was written of it is of no use.
                let _ = file.set_len(start);
                return Err(problem);
            }
        };
        file.sync_data().map_err(|e| self.failed(&e))?;
        let end = start + length;
        if self.region(name, start, end)? != region {
            return Err(self.changed(&format!("does not have message {id} as it was written")));
        }
        self.end = end;
        Ok((written, Stored::Region { start, end, region }))
    }

    fn store(
        &self,
        gmail: &Gmail<'_>,
        destination: &Destination,
        id: &str,
        flags: Flags,
    ) -> Result<(PathBuf, Written, Stored)> {
        let messages = destination.below("cur");
        let directory = messages.open()?;
        // A name that begins with a dot is no message.
        let partial = format!(".{id}.part");
        let _ = directory.remove(&partial);
        let mut file = directory.create(&partial).map_err(|e| self.failed(&e))?;
        let written = again(gmail, &mut file, 0, |file| gmail.export(id, false, file));
        let written = written.inspect_err(|_| drop(directory.remove(&partial)))?;
        file.sync_all().map_err(|e| self.failed(&e))?;
        let is_whole = directory.read(&partial).and_then(digest::of_reader);
        if is_whole.map_err(|e| self.failed(&e))? != written.sha256 {
            return Err(self.changed(&format!("does not have message {id} as it was written")));
        }
        let base = format!("{id}.mcs-gmail");
        if let Some((part, name)) = self.names.get(&base) {
            // A run was killed before it recorded this message.
            let _ = directory.remove(&partial);
            if self.hash_of(destination, &base)?.as_ref() != Some(&written.sha256) {
                return Err(self.changed(&format!("has another message under the name {name}")));
            }
            return Ok((destination.below(part).path_of(name), written, Stored::File { file: base }));
        }
        let marks = [(flags.flagged, "F"), (flags.seen, "S")];
        let marks: String = marks.iter().filter(|(is_set, _)| *is_set).map(|(_, mark)| *mark).collect();
        let name = format!("{base}{FLAGS}{marks}");
        directory.rename(&partial, &name).map_err(|e| self.failed(&e))?;
        Ok((messages.path_of(&name), written, Stored::File { file: base }))
    }

    fn failed(&self, error: &io::Error) -> Problem {
        failed(&self.path, error)
    }

    fn damaged(&self) -> Problem {
        Problem::new(Code::Conflict, format!("{} is not the record of a backup", self.path.display()))
            .hint("Give another place for the backup; this one stays as it is.")
    }

    fn changed(&self, what: &str) -> Problem {
        let path = self.path.with_file_name(match self.place {
            Place::Mbox(_, name) => name.as_str(),
            Place::Maildir(_) => "",
        });
        Problem::new(Code::Conflict, format!("the backup was changed: {} {what}", path.display()))
            .hint("Nothing was written. Keep this backup as it is, and give another place for a new one.")
    }
}

/// Writes until it succeeds or fails for good; each time from the same place.
fn again<T>(
    gmail: &Gmail<'_>,
    file: &mut File,
    start: u64,
    write: impl Fn(&mut File) -> Result<T>,
) -> Result<T> {
    let mut backoff = gmail.http.backoff();
    loop {
        match write(file) {
            Err(p) if p.code() == Code::Temporary && backoff.again_after(&p) => {
                let cut = file.set_len(start).and_then(|()| file.seek(SeekFrom::Start(start)));
                cut.map_err(|e| failed(&PathBuf::from("the backup"), &e))?;
            }
            outcome => return outcome,
        }
    }
}

fn failed(path: &std::path::Path, error: &io::Error) -> Problem {
    Problem::new(Code::Failed, format!("cannot write {}: {error}", path.display()))
        .hint("Free some disk space and run the same command again: it goes on where it was.")
}

/// Counts and hashes what is written.
struct Hashed<'w> {
    out: &'w mut File,
    hash: digest::Hasher,
    length: u64,
}

impl<'w> Hashed<'w> {
    fn new(out: &'w mut File) -> Hashed<'w> {
        Hashed { out, hash: digest::Hasher::default(), length: 0 }
    }

    fn finish(self) -> (u64, String) {
        (self.length, self.hash.finish())
    }
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
