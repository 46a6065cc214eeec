//! The rows of the last lists, in an own file per account beside the cache, if the configuration has `remember = true`.
//! The file is replaced as a whole. It has no lock: what one of several writers does not know is fetched again.

use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Store,
    lists::{key_of, read},
};
use crate::disk::{self, Mode};

/// The number of lists whose rows are kept, and the size of their text.
const LISTS: usize = 8;
const MAX_SIZE: usize = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct KeptRows {
    /// A digest of what the list selects and shows, which may be private.
    key: String,
    rows: Value,
}

impl Store<'_> {
    /// What is kept of the list with this name.
    pub(crate) fn kept_rows(&self, list: &str) -> Option<Value> {
        let key = key_of(list);
        self.all_rows().into_iter().find(|kept| kept.key == key).map(|kept| kept.rows)
    }

    pub(crate) fn keep_rows(&self, list: &str, rows: Value) {
        let now = KeptRows { key: key_of(list), rows };
        let mut lists = self.all_rows();
        lists.retain(|kept| kept.key != now.key);
        lists.insert(0, now);
        lists.truncate(LISTS);
        while json!(lists).to_string().len() > MAX_SIZE {
            lists.pop();
        }
        let text = json!(lists).to_string();
        if let Err(error) = disk::replace(&self.rows_path(), Mode::Exact(0o600), text.as_bytes()) {
            self.observer.debug(&format!("the rows of the list are not kept: {error}"));
        }
    }

    /// Forgets the rows of this account.
    pub(crate) fn forget_rows(&self) {
        let _ = fs::remove_file(self.rows_path());
    }

    fn all_rows(&self) -> Vec<KeptRows> {
        read(&self.rows_path(), MAX_SIZE as u64)
    }

    fn rows_path(&self) -> PathBuf {
        self.cache.path().with_file_name(format!("mcs-gmail.rows-{}.json", self.owner()))
    }
}
