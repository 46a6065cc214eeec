//! The cache file: the Python skill's map of strings, read without a lock and written whole under one.
//!
//! A cache that cannot be written can be read. Nothing here knows what a session or a token means; `entries` knows what
//! the file contains, and `file` how it is replaced.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    entries::{Records, parse},
    fault, file,
};
use crate::{
    clock::{self, Deadline},
    disk,
    observer::Observer,
    problem::{Problem, Result},
};

pub(crate) const FILE: &str = "mcs-gmail.json";

pub(super) struct Cache<'a> {
    directory: PathBuf,
    /// Whether this is the default directory, whose mode may be corrected. The mode of a configured one is not
    /// changed.
    private_directory: bool,
    observer: &'a dyn Observer,
}

impl<'a> Cache<'a> {
    pub(super) fn new(directory: PathBuf, observer: &'a dyn Observer) -> Self {
        let private_directory = directory.ends_with(".mcs/cache");
        Cache { directory, private_directory, observer }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// The entries, read without a lock and without a write. A missing or broken file reads as empty.
    pub(super) fn read(&self) -> Result<Records> {
        self.check_directory(&self.directory)?;
        let bytes = self.content(&self.path())?;
        Ok(bytes.and_then(|bytes| parse(&bytes)).unwrap_or_default())
    }

    /// The bytes of the file, unless it is missing. Its mode is corrected, and it is refused if somebody else could have
    /// written it. The mode of a file to which a link leads is not changed.
    fn content(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        let opened = match disk::open_regular(path) {
            Ok(opened) => opened,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(e) => return Err(self.unreadable(&e)),
        };
        let target = file::resolve(path).map_err(|e| self.unreadable(&e))?;
        if self.path().is_symlink() {
            self.check_directory(target.parent().unwrap_or(&target))?;
        } else {
            file::narrow(&opened, 0o600);
        }
        self.check_file(&opened, &target)?;
        file::read(opened).map(Some).map_err(|e| self.unreadable(&e))
    }

    /// Refuses a directory in which somebody else could exchange the file. The mode of an own one is corrected.
    fn check_directory(&self, directory: &Path) -> Result<()> {
        let above = directory.parent().filter(|_| directory.ends_with(".mcs/cache"));
        for place in [Some(directory), above].into_iter().flatten() {
            // What is missing is created later, and what is no directory is reported when it is used.
            if !place.is_dir() {
                continue;
            }
            if !place.is_symlink()
                && let Ok(opened) = File::open(place)
            {
                file::protect(&opened);
            }
            let subject = format!("cannot use the cache at {}: its directory", self.path().display());
            self.check_trust(std::fs::metadata(place), place, &subject)?;
        }
        Ok(())
    }

    /// Refuses a file of the cache that somebody else could have written.
    fn check_file(&self, opened: &File, path: &Path) -> Result<()> {
        let subject = format!("cannot use the cache at {}: the file", path.display());
        self.check_trust(opened.metadata(), path, &subject)
    }

    /// A mode that cannot be changed does not count: then the file system keeps none, or nobody can write there.
    fn check_trust(&self, metadata: io::Result<Metadata>, path: &Path, subject: &str) -> Result<()> {
        let metadata = metadata.map_err(|e| self.unreadable(&e))?;
        let Some(distrust) = disk::distrust(&metadata, path) else { return Ok(()) };
        if distrust.is_of_mode() && disk::is_own(&metadata) && !path.is_symlink() && !self.path().is_symlink()
        {
            self.observer.debug(&format!("{} does not keep its mode", path.display()));
            return Ok(());
        }
        Err(distrust.problem(subject, path, path.is_file()))
    }

    /// Waits for the lock, then reads the file: the process that held it may have changed everything.
    pub(super) fn lock(&self, deadline: Deadline) -> Result<(Lock, Records)> {
        let denied = self.prepare_directory()?;
        let path = self.target()?;
        let (file, denied) = match denied {
            Some(e) => (None, Some(e)),
            None => self.lock_file(&path)?,
        };
        let mut lock = Lock { path, exclusive: false, denied, file };
        lock.exclusive = self.acquire(&lock, deadline)?;
        let records = self.load(&lock.path)?;
        Ok((lock, records))
    }

    /// A lock that a job holds while it runs, separate from the lock of the file. `None` while another process holds
    /// it.
    pub(super) fn claim(&self, job: &str) -> Result<Option<Claim>> {
        let path = self.target()?;
        if let Some(e) = self.prepare_directory()?.or(file::check_writable(&path).err()) {
            return Err(fault::read_only("the cursor", &path, &e));
        }
        let lock = beside(&path, &format!(".{job}.lock"));
        match file::open_lock(&lock) {
            Ok(file) => {
                self.check_file(&file, &lock)?;
                match fs4::FileExt::try_lock(&file) {
                    Err(fs4::TryLockError::WouldBlock) => Ok(None),
                    // If the file system has no locks, the job runs without one.
                    _ => Ok(Some(Claim { _lock: Some(file) })),
                }
            }
            // The file can be written, but nothing can be created beside it: the job runs without a lock.
            Err(e) if file::is_denied(&e) && !lock.exists() => Ok(Some(Claim { _lock: None })),
            Err(e) => Err(fault::unusable(&lock, &e)),
        }
    }

    /// The file itself, if the cache file is a symbolic link. Everything is beside it, so that two directories with
    /// links to one file share its lock.
    fn target(&self) -> Result<PathBuf> {
        let path = file::resolve(&self.path()).map_err(|e| self.unreadable(&e))?;
        match path.parent() {
            Some(directory) if path != self.path() && matches!(directory.try_exists(), Ok(false)) => {
                Err(fault::dangling(&self.path(), directory))
            }
            _ => Ok(path),
        }
    }

    /// The file that is locked, and why nothing can be stored, if that is so. Where no lock file can be created,
    /// nobody can replace the cache file either, so it serves as its own lock.
    fn lock_file(&self, path: &Path) -> Result<(Option<File>, Option<io::Error>)> {
        let denied = file::check_writable(path).err();
        let lock = beside(path, ".lock");
        match file::open_lock(&lock) {
            Ok(file) => {
                file::narrow(&file, 0o600);
                self.check_file(&file, &lock)?;
                Ok((Some(file), denied))
            }
            // The directory is ours, and in it is a lock file that we may not open.
            Err(e) if !file::is_denied(&e) || (denied.is_none() && lock.exists()) => {
                Err(fault::unusable(&lock, &e))
            }
            Err(e) => {
                let file = file::open_foreign_lock(&lock).or_else(|_| disk::open_regular(path)).ok();
                let overwritable = OpenOptions::new().write(true).open(path).is_ok();
                Ok((file, denied.or((!overwritable).then_some(e))))
            }
        }
    }

    /// Returns false if the file system has no locks: a single process is then safe, but several at once are not.
    fn acquire(&self, lock: &Lock, deadline: Deadline) -> Result<bool> {
        let Some(file) = &lock.file else { return Ok(false) };
        let mut pause = Duration::from_millis(2);
        loop {
            match fs4::FileExt::try_lock(file) {
                Ok(()) => return Ok(true),
                Err(fs4::TryLockError::WouldBlock) if deadline.left() > pause => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
                Err(fs4::TryLockError::WouldBlock) => {
                    return Err(Problem::temporary(
                        "timed out waiting for another mcs-gmail process that uses the cache",
                    )
                    .hint("Try again in a few seconds."));
                }
                Err(fs4::TryLockError::Error(e)) if e.kind() == ErrorKind::Interrupted => {}
                // Nothing is stored, so nothing can collide.
                Err(fs4::TryLockError::Error(_)) if lock.denied.is_some() => return Ok(false),
                Err(fs4::TryLockError::Error(e)) => {
                    self.observer.warn(&format!(
                        "file locks are not supported in {} ({e}); do not run several commands at once",
                        self.directory.display()
                    ));
                    return Ok(false);
                }
            }
        }
    }

    /// Creates the directory if it is missing; returns the error if that is not permitted.
    fn prepare_directory(&self) -> Result<Option<io::Error>> {
        match file::create_directory(&self.directory) {
            Ok(()) => {}
            Err(e) if file::is_denied(&e) => return Ok(Some(e)),
            // Something else is there: a link that leads nowhere, or a file.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let link = self.directory.ancestors().find(|path| path.is_symlink() && !path.exists());
                let leads_to = |link: &Path| std::fs::read_link(link).map(|to| link.with_file_name(to));
                return Err(match link.map(|link| (link, leads_to(link))) {
                    Some((link, Ok(to))) => fault::dangling(link, &to),
                    _ => fault::unusable(&self.directory, &ErrorKind::NotADirectory.into()),
                });
            }
            Err(e) => return Err(fault::unusable(&self.directory, &e)),
        }
        if self.private_directory
            && !self.directory.is_symlink()
            && let Ok(directory) = File::open(&self.directory)
        {
            file::narrow(&directory, 0o700);
        }
        self.check_directory(&self.directory)?;
        Ok(None)
    }

    /// Reads the file under the lock. A file that cannot be parsed is moved aside, never overwritten.
    fn load(&self, path: &Path) -> Result<Records> {
        let Some(bytes) = self.content(path)? else { return Ok(Records::default()) };
        if let Some(records) = parse(&bytes) {
            return Ok(records);
        }
        let aside = aside(path);
        file::move_aside(path, &aside).map_err(|e| fault::unusable(path, &e))?;
        self.observer.warn(&format!(
            "the cache file is not valid JSON and was moved to {}; sign in again",
            aside.display()
        ));
        Ok(Records::default())
    }

    /// Replaces the file; readers see the old one or the new one.
    pub(super) fn write(&self, records: &Records, lock: &Lock) -> Result<()> {
        lock.writable("the changes")?;
        let replace = |text: String| {
            // Only the holder of the lock uses this name, so a file that a killed run left is replaced.
            let suffix =
                if lock.exclusive { ".tmp".to_owned() } else { format!(".tmp-{}", std::process::id()) };
            file::replace(&lock.path, &beside(&lock.path, &suffix), text.as_bytes())
        };
        records.encoded().and_then(replace).map_err(|e| fault::unusable(&lock.path, &e))
    }

    fn unreadable(&self, error: &io::Error) -> Problem {
        let links = file::resolve(&self.path()).err();
        fault::unusable(&self.path(), links.as_ref().unwrap_or(error))
    }
}

/// The lock of the cache file, held until it is dropped.
pub(super) struct Lock {
    /// The file itself, to which a link leads.
    path: PathBuf,
    /// False where the file system has no locks.
    exclusive: bool,
    /// Why nothing can be stored.
    denied: Option<io::Error>,
    file: Option<File>,
}

impl Lock {
    /// An error if nothing can be stored.
    pub(super) fn writable(&self, what: &str) -> Result<()> {
        match &self.denied {
            Some(e) => Err(fault::read_only(what, &self.path, e)),
            None => Ok(()),
        }
    }

    /// Why nothing can be stored, in words.
    pub(super) fn denied(&self) -> Option<String> {
        let error = self.denied.as_ref()?;
        Some(format!("the cache at {} is not writable ({error})", self.path.display()))
    }
}

/// The lock of a job, held until it is dropped.
pub(super) struct Claim {
    _lock: Option<File>,
}

/// The neighbour of a file whose name has this suffix.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// An unused name for the broken file.
fn aside(path: &Path) -> PathBuf {
    let time = clock::now() as u64;
    let suffixes = (0..).map(|n| match n {
        0 => format!(".corrupt-{time}"),
        n => format!(".corrupt-{time}-{n}"),
    });
    let mut paths = suffixes.map(|suffix| beside(path, &suffix));
    paths.find(|p| !p.exists()).unwrap_or_else(|| beside(path, ".corrupt"))
}
