//! The ids that each list had last time, in one small file per account beside the cache: what may be asked for before it
//! is known. It is a guess. A file that is damaged or cannot be written costs a request and nothing else, so it is
//! neither locked nor synced, and of several writers the last one wins.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{Store, terminals::opened};
use crate::{digest, disk};

/// The number of lists that are remembered, and of the ids of each.
const LISTS: usize = 8;
const IDS: usize = 100;
const MAX_SIZE: u64 = 64 * 1024;
/// The length of a list's key.
const KEY: usize = 16;

/// A list as it was the last time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LastList {
    /// A digest of what it selects, which may be private.
    key: String,
    ids: Vec<String>,
    /// Whether it had kept most of the ids of the time before, so that guessing again is worth it.
    steady: bool,
}

impl LastList {
    /// Whether it has at least three of four ids of the time before.
    fn keeps(before: &[String], ids: &[String]) -> bool {
        let kept = before.iter().filter(|id| ids.contains(id)).count();
        kept * 4 >= before.len() * 3
    }

    fn is_valid(&self) -> bool {
        let is_id = |id: &String| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric());
        self.ids.len() <= IDS && self.ids.iter().all(is_id)
    }
}

/// What is known of one list.
pub(crate) struct Remembered<'s> {
    store: &'s Store<'s>,
    key: String,
    path: PathBuf,
    before: Option<LastList>,
}

impl Remembered<'_> {
    /// The ids that the list is likely to have, in its order.
    pub(crate) fn likely(&self) -> Vec<String> {
        let steady = self.before.as_ref().filter(|before| before.steady);
        steady.map(|before| before.ids.clone()).unwrap_or_default()
    }

    /// Records the ids that the list begins with. Nothing is written if they are the recorded ones.
    pub(crate) fn keep(self, ids: &[String]) {
        let steady = self.before.as_ref().is_none_or(|before| LastList::keeps(&before.ids, ids));
        let now = LastList { key: self.key, ids: ids[..ids.len().min(IDS)].to_vec(), steady };
        if self.before.as_ref() == Some(&now) || (self.before.is_none() && now.ids.is_empty()) {
            return;
        }
        let mut lists = valid(&self.path);
        lists.retain(|last| last.key != now.key);
        lists.insert(0, now);
        lists.truncate(LISTS);
        if let Err(error) = write(&self.path, json!(lists).to_string().as_bytes()) {
            self.store.observer.debug(&format!("the ids of the list are not kept: {error}"));
        }
    }
}

impl<'s> Store<'s> {
    /// What is known of the list with this name.
    pub(crate) fn remembered(&'s self, list: &str) -> Remembered<'s> {
        let key = key_of(list);
        let path = self.lists();
        let before = valid(&path).into_iter().find(|last| last.key == key);
        Remembered { store: self, key, path, before }
    }

    /// Forgets the lists of this account.
    pub(crate) fn forget_lists(&self) {
        let _ = fs::remove_file(self.lists());
    }

    fn lists(&self) -> PathBuf {
        self.cache.path().with_file_name(format!("mcs-gmail.lists-{}.json", self.owner()))
    }
}

/// The key of the list with this name.
pub(super) fn key_of(list: &str) -> String {
    digest::base64url(list)[..KEY].to_owned()
}

fn valid(path: &Path) -> Vec<LastList> {
    read(path, MAX_SIZE).into_iter().filter(LastList::is_valid).take(LISTS).collect()
}

/// The lists in an own regular file. Where two runs wrote at once, the longer text can stand out behind the other one.
pub(super) fn read<T: DeserializeOwned>(path: &Path, max: u64) -> Vec<T> {
    let own = |file: &File| file.metadata().is_ok_and(|metadata| disk::is_own(&metadata));
    let file = disk::open_regular(path).ok().filter(own);
    let bytes = file.and_then(|file| disk::read_up_to(file, max).ok()).unwrap_or_default();
    let lists = serde_json::Deserializer::from_slice(&bytes).into_iter::<Vec<T>>().next();
    lists.and_then(Result::ok).unwrap_or_default()
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = opened(path, true)?;
    file.set_len(0)?;
    file.write_all(content)
}
