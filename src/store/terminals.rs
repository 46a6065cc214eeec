//! The list that each terminal of a user showed last, one small file per terminal. Every list that a terminal shows
//! replaces it, whatever its format, its account and its cache, so that a row number never means a row of an older list.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::file;
use crate::{clock, digest, disk};

/// Seconds for which row numbers are accepted: an hour.
const RETENTION: f64 = 3_600.0;
const MAX_SIZE: u64 = 1 << 20;
/// The length of a file's name.
const NAME: usize = 16;

/// A list as a terminal showed it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShownList {
    /// What its rows are; empty if they have no numbers.
    pub(crate) kind: String,
    /// What the numbers stand for.
    pub(crate) ids: Vec<String>,
    /// Whose mailbox it is.
    pub(crate) owner: String,
    /// When it was shown, in epoch seconds.
    at: f64,
}

impl ShownList {
    pub(crate) fn new(kind: &str, ids: &[String], owner: String) -> ShownList {
        ShownList { kind: kind.to_owned(), ids: ids.to_vec(), owner, at: clock::now() }
    }
}

/// The files of all terminals.
#[derive(Debug)]
pub(crate) struct Terminals {
    directory: PathBuf,
}

impl Terminals {
    pub(crate) fn new(directory: PathBuf) -> Terminals {
        Terminals { directory }
    }

    fn path(&self, terminal: &str) -> PathBuf {
        self.directory.join(&digest::base64url(terminal)[..NAME])
    }

    /// Records what a terminal shows. The file is emptied first: if it cannot be written, no number is accepted.
    pub(crate) fn set(&self, terminal: &str, list: &ShownList) -> io::Result<()> {
        file::create_directory(&self.directory)?;
        self.remove_old();
        let mut file = opened(&self.path(terminal), true)?;
        file.set_len(0)?;
        file.write_all(json!(list).to_string().as_bytes())
    }

    /// What a terminal showed last, if that was within the hour. A file that cannot be written is not believed, since
    /// a later list could not have replaced it.
    pub(crate) fn shown(&self, terminal: &str) -> Option<ShownList> {
        let file = opened(&self.path(terminal), false).ok()?;
        let bytes = disk::read_up_to(file, MAX_SIZE).ok()?;
        let list: ShownList = serde_json::from_slice(&bytes).ok()?;
        (list.at..list.at + RETENTION).contains(&clock::now()).then_some(list)
    }

    /// Removes the files of terminals that have shown nothing for an hour.
    fn remove_old(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name().len() == NAME) {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            if age.is_some_and(|time| time.as_secs_f64() + RETENTION < clock::now()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Opens the user's own regular file for reading and writing, and follows no link.
pub(super) fn opened(path: &Path, create: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits() as i32);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && disk::is_own(&metadata) {
        return Ok(file);
    }
    Err(io::ErrorKind::PermissionDenied.into())
}
