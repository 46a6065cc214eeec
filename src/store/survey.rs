//! What `doctor` sees of the cache. Unlike every other run, it corrects no mode, creates nothing and moves nothing.

use std::{
    fs::{self, Metadata},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::{
    Identity,
    cache::{FILE, beside},
    entries::{Records, parse},
    fault, file,
};
use crate::{
    disk::{self, shell_word},
    problem::Problem,
};

/// The state of the cache, in words where there is no problem.
pub(crate) struct Survey {
    pub(crate) directory: Result<String, Flaw>,
    pub(crate) file: Result<String, Flaw>,
    pub(crate) writable: Result<(), Problem>,
    pub(crate) lock: LockState,
    records: Option<Records>,
}

/// What is wrong with a directory or a file.
#[derive(Clone)]
pub(crate) enum Flaw {
    /// Somebody else can read or change it.
    NotPrivate(Problem),
    Unusable(Problem),
    /// It is not a cache.
    Damaged(Problem),
}

impl From<Problem> for Flaw {
    fn from(problem: Problem) -> Flaw {
        Flaw::Unusable(problem)
    }
}

/// Whether the cache can be locked.
pub(crate) enum LockState {
    Free,
    /// Another process holds it.
    Held,
    Unusable(Problem),
    /// The file system has no locks.
    Unsupported(io::Error),
}

impl Survey {
    /// The records of an identity, if the file could be read.
    pub(crate) fn records(&self, identity: &Identity) -> Option<Records> {
        let mut records = self.records.clone()?;
        records.adopt(identity);
        Some(records)
    }
}

/// Looks at the cache in this directory.
pub(crate) fn survey(directory: &Path) -> Survey {
    let link = directory.join(FILE);
    let path = file::resolve(&link).unwrap_or(link);
    let content = read(&path);
    let records = match &content {
        Ok(Some((_, bytes))) => parse(bytes),
        Ok(None) => Some(Records::default()),
        Err(_) => None,
    };
    Survey {
        directory: judge_directory(directory).and_then(|detail| match path.parent() {
            // The file is a link: the directory that it leads to counts, too.
            Some(real) if real != directory => {
                judge_directory(real).map(|real| format!("{detail}; file in {real}"))
            }
            _ => Ok(detail),
        }),
        file: content.map_err(Flaw::Unusable).and_then(|content| judge_file(&path, content)),
        writable: judge_writable(directory, &path),
        lock: judge_lock(&path),
        records,
    }
}

fn judge_directory(directory: &Path) -> Result<String, Flaw> {
    let shown = directory.display();
    let metadata = match fs::metadata(directory) {
        Ok(metadata) => metadata,
        Err(_) if directory.is_symlink() => {
            let to = fs::read_link(directory).unwrap_or_default();
            return Err(fault::dangling(directory, &directory.with_file_name(to)).into());
        }
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(format!("{shown}, which will be created")),
        Err(e) => return Err(fault::unusable(directory, &e).into()),
    };
    if !metadata.is_dir() {
        return Err(fault::unusable(directory, &ErrorKind::NotADirectory.into()).into());
    }
    if let Some(distrust) = disk::distrust(&metadata, directory) {
        let subject = format!("the cache directory {shown}");
        return Err(Flaw::NotPrivate(distrust.problem(&subject, directory, false)));
    }
    Ok(format!("{shown}{}", mode_of(&metadata)))
}

/// What is in the file; `None` if it is missing.
fn read(path: &Path) -> Result<Option<(Metadata, Vec<u8>)>, Problem> {
    let opened = match disk::open_regular(path) {
        Ok(opened) => opened,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(fault::unusable(path, &e)),
    };
    let metadata = opened.metadata().map_err(|e| fault::unusable(path, &e))?;
    let bytes = file::read(opened).map_err(|e| fault::unusable(path, &e))?;
    Ok(Some((metadata, bytes)))
}

fn judge_file(path: &Path, content: Option<(Metadata, Vec<u8>)>) -> Result<String, Flaw> {
    let shown = path.display();
    let Some((metadata, bytes)) = content else { return Ok("not there yet".to_owned()) };
    if let Some(distrust) = disk::distrust(&metadata, path) {
        return Err(Flaw::NotPrivate(distrust.problem(&format!("the cache file {shown}"), path, true)));
    }
    if let Some(mode) = readable_by_others(&metadata, path) {
        let problem = Problem::configuration(format!(
            "the cache file {shown} can be read by other users (mode {mode:04o})"
        ));
        return Err(Flaw::NotPrivate(problem.hint(format!("Run chmod 600 {}.", shell_word(path)))));
    }
    if parse(&bytes).is_none() {
        return Err(Flaw::Damaged(Problem::configuration(format!(
            "the cache file {shown} is not valid JSON"
        ))));
    }
    Ok(format!("{} bytes{}", bytes.len(), mode_of(&metadata)))
}

fn judge_writable(directory: &Path, path: &Path) -> Result<(), Problem> {
    let outcome = if directory.is_dir() {
        file::check_writable(path)
    } else {
        match directory.ancestors().skip(1).find(|above| above.exists()) {
            Some(above) if above.is_dir() => file::access(above, true),
            _ => Err(ErrorKind::NotADirectory.into()),
        }
    };
    outcome.map_err(|e| fault::read_only("a sign-in", path, &e))
}

fn judge_lock(path: &Path) -> LockState {
    let lock: PathBuf = beside(path, ".lock");
    if lock.is_symlink() {
        return LockState::Unusable(fault::unusable(&lock, &io::Error::other("it is a symbolic link")));
    }
    let file = match file::open_foreign_lock(&lock) {
        Ok(file) => file,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return LockState::Free;
        }
        Err(e) => return LockState::Unusable(fault::unusable(&lock, &e)),
    };
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => LockState::Free,
        Err(fs4::TryLockError::WouldBlock) => LockState::Held,
        Err(fs4::TryLockError::Error(e)) => LockState::Unsupported(e),
    }
}

#[cfg(unix)]
fn mode_of(metadata: &Metadata) -> String {
    format!(", mode {:04o}", std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777)
}

#[cfg(not(unix))]
fn mode_of(_: &Metadata) -> String {
    String::new()
}

/// The mode of a file that others may read.
#[cfg(unix)]
fn readable_by_others(metadata: &Metadata, path: &Path) -> Option<u32> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777;
    (mode & 0o077 != 0 && disk::keeps_modes(path)).then_some(mode)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Metadata, _: &Path) -> Option<u32> {
    None
}
