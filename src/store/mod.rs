//! The state kept between runs: the key pair, sessions, tokens, cursors and sent notes, in one locked file.
//!
//! Records belong to an identity; those of another identity are kept for it and never used. The store knows neither
//! the broker nor Gmail: `access` and `tools` decide what a record means.

mod cache;
mod entries;
mod fault;
mod file;
mod lists;
mod owner;
mod records;
mod rows;
mod survey;
mod terminals;

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use serde_json::{Value, json};

use self::cache::{Cache, Claim, Lock};
pub(crate) use self::{
    cache::FILE,
    entries::Records,
    records::{Account, Connect, KeptSender, MAX_POLL_INTERVAL, SIGN_IN, SentNote, Session, SessionTimes},
    survey::{Flaw, LockState, Survey, survey},
    terminals::{ShownList, Terminals},
};
use crate::{
    clock::{Budget, Deadline},
    digest,
    observer::Observer,
    problem::Result,
};

/// How long a record that is not essential waits for another process.
const PATIENCE: Duration = Duration::from_millis(500);

/// The owner of the records: the source of the tokens, and the account. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    text: String,
    /// Whether records without an owner, which the Python skill wrote, may be its own.
    inherits: bool,
}

impl Identity {
    pub(crate) fn new(parts: &[&str]) -> Identity {
        Identity { text: identity_text(parts), inherits: true }
    }

    /// The same identity, which leaves records without an owner to another one.
    pub(crate) fn without_inheritance(self) -> Identity {
        Identity { inherits: false, ..self }
    }

    /// Whether it owns the records of an identity made of these parts, or those without an owner.
    pub(crate) fn owns(&self, parts: Option<&[String]>) -> bool {
        parts.map_or(self.inherits, |parts| self.text == identity_text(parts))
    }
}

fn identity_text<P: AsRef<str> + Serialize>(parts: &[P]) -> String {
    json!(parts).to_string()
}

/// The records of one identity.
pub(crate) struct Store<'a> {
    cache: Cache<'a>,
    identity: Identity,
    observer: &'a dyn Observer,
    budget: &'a Budget,
    /// Whether the rows of lists are kept.
    remembers: bool,
    /// Whether the user was told that something could not be stored.
    warned: Cell<bool>,
}

impl<'a> Store<'a> {
    /// Reads and writes nothing yet. `directory` contains the cache file.
    pub(crate) fn open(
        directory: PathBuf,
        identity: Identity,
        budget: &'a Budget,
        observer: &'a dyn Observer,
    ) -> Store<'a> {
        let cache = Cache::new(directory, observer);
        Store { cache, identity, observer, budget, remembers: false, warned: Cell::new(false) }
    }

    /// The same, which keeps the rows of lists if it is set.
    pub(crate) fn remembering(self, remembers: bool) -> Store<'a> {
        Store { remembers, ..self }
    }

    pub(crate) fn remembers(&self) -> bool {
        self.remembers
    }

    /// The cache file.
    pub(crate) fn path(&self) -> PathBuf {
        self.cache.path()
    }

    /// The current records, read without a lock and without a write.
    pub(crate) fn read(&self) -> Result<Records> {
        let mut records = self.cache.read()?;
        records.adopt(&self.identity);
        Ok(records)
    }

    /// Locks the records, so that no other process can change them, and reads them.
    pub(crate) fn lock(&self) -> Result<Held<'_>> {
        let (lock, saved) = self.cache.lock(self.budget.deadline())?;
        let mut records = saved.clone();
        if records.adopt(&self.identity) {
            self.observer.debug("the cache held another identity's sign-in, which is kept for it");
        }
        Ok(Held { store: self, records, saved, lock })
    }

    /// Reserves a cursor for this process until the claim is dropped; `None` while another process holds it.
    pub(crate) fn claim_cursor(&self, name: &str) -> Result<Option<CursorClaim>> {
        let job = digest::base64url(&json!([self.identity.text, name]).to_string());
        Ok(self.cache.claim(&format!("cursor-{}", &job[..16]))?.map(|claim| CursorClaim { _claim: claim }))
    }

    /// Where the last run with this cursor stopped, as JSON.
    pub(crate) fn cursor(&self, name: &str) -> Result<Option<String>> {
        Ok(self.lock()?.records.cursor(name).map(str::to_owned))
    }

    pub(crate) fn set_cursor(&self, name: &str, cursor: &Value) -> Result<()> {
        let mut held = self.lock()?;
        held.records.set_cursor(name, cursor);
        held.save()
    }

    /// Whether a regular job has shown this sign-in link.
    pub(crate) fn has_told(&self, url: &str) -> Result<bool> {
        Ok(self.read()?.told_link() == Some(url))
    }

    /// Records that a regular job has shown this sign-in link.
    pub(crate) fn tell(&self, url: &str) -> Result<()> {
        let mut held = self.lock()?;
        held.records.set_told_link(url);
        held.save_if_possible()
    }

    /// Names whose mailbox it is, and where its records are, without saying so.
    pub(crate) fn owner(&self) -> String {
        let place = json!([self.identity.text, self.cache.path().display().to_string()]);
        digest::base64url(&place.to_string())[..16].to_owned()
    }

    /// The names of the user's folders, as an earlier run saw them.
    pub(crate) fn folders(&self) -> Result<Vec<String>> {
        Ok(self.read()?.folders().unwrap_or_default())
    }

    /// Records the names of the user's folders for completion. It does not wait for other processes.
    pub(crate) fn set_folders(&self, names: &[String]) -> Result<()> {
        if self.read()?.has_folders(names) {
            return Ok(());
        }
        let (lock, mut records) = self.cache.lock(Deadline::after(PATIENCE))?;
        records.adopt(&self.identity);
        records.set_folders(names);
        self.cache.write(&records, &lock)
    }

    /// The id of the label that a folder had when it was last listed.
    pub(crate) fn folder_id(&self, name: &str) -> Option<String> {
        self.read().ok()?.folder_id(name)
    }

    /// Records the id of a folder's label, if somebody is signed in. It does not wait for other processes.
    pub(crate) fn set_folder_id(&self, name: &str, id: &str) -> Result<()> {
        if !self.read()?.has_login() {
            return Ok(());
        }
        let (lock, mut records) = self.cache.lock(Deadline::after(PATIENCE))?;
        records.adopt(&self.identity);
        records.set_folder_id(name, id);
        self.cache.write(&records, &lock)
    }

    /// Records the address that new mail of the account comes from. It does not wait for other processes.
    pub(crate) fn set_sender(&self, sender: &KeptSender) -> Result<()> {
        let (lock, mut records) = self.cache.lock(Deadline::after(PATIENCE))?;
        records.adopt(&self.identity);
        let account = records.account();
        records.set_account(&Account { sender: Some(sender.clone()), ..account });
        self.cache.write(&records, &lock)
    }

    /// The sent note of an idempotency key.
    pub(crate) fn sent_note(&self, key: &str) -> Result<Option<SentNote>> {
        Ok(self.read()?.sent_note(key))
    }

    /// Replaces a sent note durably, or removes it. Returns false if the recorded one is not `expected`, because
    /// another process was faster.
    pub(crate) fn replace_sent_note(
        &self,
        key: &str,
        expected: Option<&SentNote>,
        note: Option<&SentNote>,
    ) -> Result<bool> {
        let mut held = self.lock()?;
        if held.records.sent_note(key).as_ref() != expected {
            return Ok(false);
        }
        held.records.set_sent_note(key, note);
        held.save()?;
        Ok(true)
    }
}

/// Writes a file that only its owner can read, in a directory that is created for its owner if it is missing; `own` is
/// whether an existing directory is ours. A file that is there is replaced only if `replace` is set. Readers see the old
/// content or the new one.
pub(crate) fn write_private(path: &Path, own: bool, replace: bool, content: &[u8]) -> std::io::Result<()> {
    let real = if replace { file::resolve(path)? } else { path.to_owned() };
    let directory = real.parent().unwrap_or(Path::new("/"));
    file::create_directory(directory)?;
    if own {
        file::narrow(&std::fs::File::open(directory)?, 0o700);
    }
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let temporary = directory.join(format!(".{name}.{}.tmp", std::process::id()));
    if replace { file::replace(&real, &temporary, content) } else { file::create(&real, &temporary, content) }
}

/// The records of every identity in the cache, each with its identity, which the Python skill did not record. Nothing
/// is locked or written.
pub(crate) fn all(
    directory: PathBuf,
    observer: &dyn Observer,
) -> Result<Vec<(Option<Vec<String>>, Records)>> {
    Ok(Cache::new(directory, observer).read()?.by_identity())
}

/// The records, which only this process can change while it holds them.
pub(crate) struct Held<'a> {
    store: &'a Store<'a>,
    pub(crate) records: Records,
    saved: Records,
    lock: Lock,
}

impl Held<'_> {
    /// Writes the changes to disk, if there are any.
    pub(crate) fn save(&mut self) -> Result<()> {
        if self.records != self.saved {
            self.store.cache.write(&self.records, &self.lock)?;
            self.saved = self.records.clone();
        }
        Ok(())
    }

    /// An error if the cache is read-only. To be called before a request whose result must be saved, or else a sign-in
    /// is lost.
    pub(crate) fn writable(&self) -> Result<()> {
        self.lock.writable("a sign-in")
    }

    /// Writes the changes to disk. If the cache is read-only, the user is warned once and the changes are lost: this
    /// is for what the next run can obtain again, such as an access token.
    pub(crate) fn save_if_possible(&mut self) -> Result<()> {
        let Some(reason) = self.lock.denied() else { return self.save() };
        if !self.store.warned.replace(true) {
            self.store.observer.warn(&format!("{reason}: every run requests a new access token"));
        }
        Ok(())
    }
}

/// Ensures that no other process uses the same cursor, until it is dropped.
pub(crate) struct CursorClaim {
    _claim: Claim,
}
