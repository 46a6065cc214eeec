//! What was saved into a directory before: a line for each file, in a file beside them. A run that was killed goes on from
//! there, and another one fetches nothing again that is still there unchanged.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use fs4::FileExt;
use serde::{Deserialize, Serialize};

use super::{Written, numbered, safe_name, unwritable};
use crate::{
    digest,
    disk::{Destination, OpenDirectory},
    problem::{Code, Problem, Result},
};

const NAME: &str = ".mcs-gmail-saved.jsonl";
/// A longer record is read as far as this.
const MAX: u64 = 64 << 20;

/// A file that was saved from a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    uid: String,
    part_id: String,
    name: String,
    size: u64,
    sha256: String,
}

/// The record of one directory.
pub(crate) struct Ledger {
    directory: OpenDirectory,
    path: PathBuf,
    file: File,
    of_parts: HashMap<(String, String), Entry>,
    of_contents: HashMap<String, Entry>,
}

impl Ledger {
    /// Opens the record, and creates it with its directory if it is missing.
    pub(crate) fn open(destination: &Destination) -> Result<Ledger> {
        let directory = destination.open()?;
        let path = destination.path_of(NAME);
        let mut file = directory.append(NAME).map_err(|e| unwritable(&path, &e))?;
        if let Err(fs4::TryLockError::WouldBlock) = FileExt::try_lock(&file) {
            return Err(Problem::new(
                Code::Conflict,
                format!("another run saves attachments beside {}", path.display()),
            )
            .hint("Run it again when that one has ended."));
        }
        let mut text = Vec::new();
        if let Ok(file) = directory.read(NAME) {
            file.take(MAX).read_to_end(&mut text).map_err(|e| unwritable(&path, &e))?;
        }
        if !text.is_empty() && !text.ends_with(b"\n") {
            // A run was killed while it wrote the last line.
            file.write_all(b"\n").map_err(|e| unwritable(&path, &e))?;
        }
        let mut ledger =
            Ledger { directory, path, file, of_parts: HashMap::new(), of_contents: HashMap::new() };
        let lines = text.split(|byte| *byte == b'\n');
        // Other lines are those of a run that was killed, or of nobody here.
        let entries = lines.filter_map(|line| serde_json::from_slice::<Entry>(line).ok());
        entries.filter(|entry| entry.name == safe_name(&entry.name)).for_each(|entry| ledger.add(entry));
        Ok(ledger)
    }

    fn add(&mut self, entry: Entry) {
        self.of_contents.insert(entry.sha256.clone(), entry.clone());
        self.of_parts.insert((entry.uid.clone(), entry.part_id.clone()), entry);
    }

    /// The file that this part was saved to, if it is there as it was saved.
    pub(crate) fn saved(&self, uid: &str, part_id: &str) -> Option<(PathBuf, Written)> {
        self.unchanged(self.of_parts.get(&(uid.to_owned(), part_id.to_owned()))?)
    }

    /// A file with this content: one that was saved, or one with this name or a number in it.
    pub(crate) fn same(&self, written: &Written, name: &str) -> Option<PathBuf> {
        let known = self.of_contents.get(&written.sha256).and_then(|entry| self.unchanged(entry));
        known.map(|(path, _)| path).or_else(|| {
            // A run can be killed before it records a file that is complete.
            let names =
                (1..).map(|number| numbered(name, number)).take_while(|name| self.directory.has(name));
            let entry = |name| Entry {
                uid: String::new(),
                part_id: String::new(),
                name,
                size: written.size,
                sha256: written.sha256.clone(),
            };
            names.map(entry).find_map(|entry| self.unchanged(&entry)).map(|(path, _)| path)
        })
    }

    fn unchanged(&self, entry: &Entry) -> Option<(PathBuf, Written)> {
        let file = self.directory.read(&entry.name).ok()?;
        let is_same_size = file.metadata().is_ok_and(|metadata| metadata.len() == entry.size);
        let is_same = is_same_size && digest::of_reader(file).is_ok_and(|sha256| sha256 == entry.sha256);
        let written = Written { size: entry.size, sha256: entry.sha256.clone() };
        is_same.then(|| (self.path.with_file_name(&entry.name), written))
    }

    /// Records what was saved, or found, for a part.
    pub(crate) fn note(&mut self, uid: &str, part_id: &str, path: &Path, written: &Written) -> Result<()> {
        let entry = Entry {
            uid: uid.to_owned(),
            part_id: part_id.to_owned(),
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            size: written.size,
            sha256: written.sha256.clone(),
        };
        let line = serde_json::to_string(&entry).unwrap_or_default() + "\n";
        // One write, so that the lines of two runs do not mix.
        self.file.write_all(line.as_bytes()).map_err(|e| unwritable(&self.path, &e))?;
        self.add(entry);
        Ok(())
    }
}
