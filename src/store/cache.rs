//! The cache file: the Python skill's map of strings, read without a lock and written whole under one.
//!
//! Every write is a temporary file, fsync, rename and fsync of the directory, so a reader sees either the old file
//! or the new one. Unknown entries are kept. Nothing here knows what a session or a token means.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value, json};

use crate::{
    clock::{self, Deadline},
    observer::Observer,
    problem::{Code, Problem, Result},
};

const FILE: &str = "mcs-gmail.json";

/// The entries of the file, `{"key": {"v": "text", "exp": epoch seconds}}`. Their meaning is in `records`, which gives
/// them types.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Records(Map<String, Value>);

impl Records {
    /// The text under a key, unless it has expired or has another form.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.get_until(key).map(|(text, _)| text)
    }

    /// The text, and its expiry in epoch seconds.
    pub(super) fn get_until(&self, key: &str) -> Option<(&str, Option<f64>)> {
        let entry = self.0.get(key)?;
        let until = entry.get("exp").and_then(Value::as_f64);
        if until.is_some_and(|t| t <= clock::now()) {
            return None;
        }
        Some((entry.get("v")?.as_str()?, until))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn set(&mut self, key: &str, text: &str, until: Option<f64>) {
        let entry = match until {
            Some(t) => json!({"v": text, "exp": t}),
            None => json!({"v": text}),
        };
        self.0.insert(key.to_owned(), entry);
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.shift_remove(key);
    }

    /// Removes and returns the raw entries whose keys `ours` selects.
    pub(super) fn take(&mut self, ours: impl Fn(&str) -> bool) -> Map<String, Value> {
        let keys: Vec<String> = self.0.keys().filter(|k| ours(k)).cloned().collect();
        keys.into_iter().filter_map(|k| self.0.shift_remove(&k).map(|v| (k, v))).collect()
    }

    pub(super) fn put_back(&mut self, entries: Map<String, Value>) {
        self.0.extend(entries);
    }

    /// A member of the JSON object that is the text under a key.
    pub(super) fn member(&self, key: &str, name: &str) -> Option<Value> {
        self.object(key).get(name).cloned()
    }

    pub(super) fn set_member(&mut self, key: &str, name: &str, value: Value) {
        let mut object = self.object(key);
        object.insert(name.to_owned(), value);
        self.set(key, &Value::Object(object).to_string(), None);
    }

    pub(super) fn remove_member(&mut self, key: &str, name: &str) {
        let mut object = self.object(key);
        if object.shift_remove(name).is_some() {
            self.set(key, &Value::Object(object).to_string(), None);
        }
    }

    fn object(&self, key: &str) -> Map<String, Value> {
        self.get(key).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

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
        match fs::read(self.path()) {
            Ok(bytes) => Ok(parse(&bytes).unwrap_or_default()),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Records::default())
            }
            Err(e) => Err(unusable(&self.path(), &e)),
        }
    }

    /// Waits for the lock, then reads the file: the process that held it may have changed everything.
    pub(super) fn lock(&self, deadline: Deadline) -> Result<(Lock, Records)> {
        self.prepare_directory()?;
        let file = self.lock_file(&format!("{FILE}.lock"))?;
        let exclusive = self.acquire(&file, deadline)?;
        let records = self.load()?;
        Ok((Lock { exclusive, _file: file }, records))
    }

    /// A lock that a job holds while it runs, separate from the lock of the file. `None` while another process holds
    /// it.
    pub(super) fn claim(&self, job: &str) -> Result<Option<File>> {
        self.prepare_directory()?;
        let file = self.lock_file(&format!("{FILE}.{job}.lock"))?;
        match fs4::FileExt::try_lock(&file) {
            Err(fs4::TryLockError::WouldBlock) => Ok(None),
            // If the file system has no locks, the job runs without one.
            _ => Ok(Some(file)),
        }
    }

    fn lock_file(&self, name: &str) -> Result<File> {
        let path = self.directory.join(name);
        let file = private().read(true).write(true).create(true).truncate(false).open(&path);
        file.map_err(|e| unusable(&path, &e))
    }

    /// Returns false if the file system has no locks: a single process is then safe, but several at once are not.
    fn acquire(&self, file: &File, deadline: Deadline) -> Result<bool> {
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

    fn prepare_directory(&self) -> Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.directory).map_err(|e| unusable(&self.directory, &e))?;
        if self.private_directory {
            narrow(&self.directory, 0o700);
        }
        Ok(())
    }

    /// Reads the file under the lock. A file that cannot be parsed is moved aside, never overwritten.
    fn load(&self) -> Result<Records> {
        let path = self.path();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Records::default()),
            Err(e) => return Err(unusable(&path, &e)),
        };
        narrow(&path, 0o600);
        if let Some(records) = parse(&bytes) {
            return Ok(records);
        }
        let aside = self.aside();
        fs::rename(&path, &aside).map_err(|e| unusable(&path, &e))?;
        self.observer.warn(&format!(
            "the cache file is not valid JSON and was moved to {}; sign in again",
            aside.display()
        ));
        Ok(Records::default())
    }

    /// An unused name for the broken file.
    fn aside(&self) -> PathBuf {
        let time = clock::now() as u64;
        let names = (0..).map(|n| match n {
            0 => format!("{FILE}.corrupt-{time}"),
            n => format!("{FILE}.corrupt-{time}-{n}"),
        });
        let mut paths = names.map(|name| self.directory.join(name));
        paths.find(|p| !p.exists()).unwrap_or_else(|| self.directory.join(format!("{FILE}.corrupt")))
    }

    /// Replaces the file; readers see the old one or the new one.
    pub(super) fn write(&self, records: &Records, lock: &Lock) -> Result<()> {
        self.replace(records, lock).map_err(|e| unusable(&self.path(), &e))
    }

    fn replace(&self, records: &Records, lock: &Lock) -> std::io::Result<()> {
        // Only the holder of the lock uses this name, so a file that a killed run left is replaced.
        let temporary = if lock.exclusive {
            self.directory.join(format!("{FILE}.tmp"))
        } else {
            self.directory.join(format!("{FILE}.tmp-{}", std::process::id()))
        };
        let mut bytes = serde_json::to_vec_pretty(&records.0)?;
        bytes.push(b'\n');
        let _ = fs::remove_file(&temporary);
        let mut file = private().write(true).create_new(true).open(&temporary)?;
        let written = file.write_all(&bytes).and_then(|()| file.sync_all());
        if let Err(e) = written {
            let _ = fs::remove_file(&temporary);
            return Err(e);
        }
        fs::rename(&temporary, self.path())?;
        // Some file systems cannot sync a directory; the rename is valid anyway.
        let _ = File::open(&self.directory).and_then(|d| d.sync_all());
        Ok(())
    }
}

/// The lock of the cache file, held until it is dropped.
pub(super) struct Lock {
    /// False where the file system has no locks.
    exclusive: bool,
    _file: File,
}

fn parse(bytes: &[u8]) -> Option<Records> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Some(Records::default());
    }
    serde_json::from_slice(bytes).ok().map(Records)
}

/// Options for a file that only its owner can read from the first byte on.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Removes the access of group and others. Errors are ignored: the file may belong to another user.
fn narrow(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(found) = fs::metadata(path)
            && found.permissions().mode() & 0o077 != 0
        {
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

fn unusable(path: &Path, error: &std::io::Error) -> Problem {
    let message = format!("cannot use the cache at {}: {error}", path.display());
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Problem::new(Code::Failed, message)
                .hint("Free some space on that file system, then run the same command again.")
        }
        _ => Problem::configuration(message)
            .hint("Set MCS_CACHE_DIR (or the key cache_dir) to a directory that this user can write to."),
    }
}
