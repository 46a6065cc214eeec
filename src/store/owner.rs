//! Whose records they are: those of one identity are in use, under the usual keys, and those of every other one are set
//! aside for it under a key of ours.

use serde_json::{Map, Value, json};

use super::{
    Identity,
    entries::Records,
    records::{
        ACCESS_TOKEN, ACCOUNT, CONNECT, CURSOR_PREFIX, FOLDER_IDS, FOLDERS, GOOGLE_REFRESH, REASON,
        REFRESH_PREFIX, ROTATED_REFRESH, ROTATION, SENT_PREFIX, SESSIONS, SETBACK, TIMES_PREFIX, TOKENS,
        TOLD,
    },
};
use crate::digest;

const IDENTITY: &str = "mcs-gmail:identity";
const KEPT_PREFIX: &str = "mcs-gmail:kept:";
/// Stands for the owner of records without an identity.
const NO_OWNER: &str = "";

impl Records {
    /// Removes the records of this identity, including those of the Python skill. The private key stays, and so do
    /// the sent notes, since an idempotency key that was used stays used.
    pub(crate) fn forget_all(&mut self) {
        let _ = self.take(|key| belongs_to_identity(key) && !key.starts_with(SENT_PREFIX));
    }

    /// Moves the records of `identity` to the usual keys. A file without an identity was written by the Python skill
    /// and belongs to the first identity that reads it and inherits. Returns whether the records belonged to another
    /// identity.
    pub(super) fn adopt(&mut self, identity: &Identity) -> bool {
        let Identity { text, inherits } = identity;
        let current = self.get(IDENTITY).map(str::to_owned);
        if current.as_ref() == Some(text) {
            return false;
        }
        if current.is_none() && *inherits {
            self.set(IDENTITY, text, None);
            return false;
        }
        self.set_aside(current.as_deref());
        if !self.bring_back(text) && *inherits {
            self.bring_back(NO_OWNER);
        }
        self.set(IDENTITY, text, None);
        current.is_some()
    }

    /// Moves the current records from the usual keys to those of their owner.
    fn set_aside(&mut self, owner: Option<&str>) {
        let mut theirs = self.take(belongs_to_identity);
        if theirs.is_empty() {
            return;
        }
        if let Some(owner) = owner {
            theirs.insert(IDENTITY.to_owned(), json!({"v": owner}));
        }
        self.set(&kept(owner.unwrap_or(NO_OWNER)), &Value::Object(theirs).to_string(), None);
    }

    /// Moves records that were set aside to the usual keys. Returns false if there are none.
    fn bring_back(&mut self, owner: &str) -> bool {
        let Some(text) = self.get(&kept(owner)).map(str::to_owned) else { return false };
        self.remove(&kept(owner));
        self.put_back(serde_json::from_str(&text).unwrap_or_default());
        true
    }
    /// The records of each identity, those in use first.
    pub(super) fn by_identity(mut self) -> Vec<(Option<Vec<String>>, Records)> {
        let others: Vec<Map<String, Value>> = self
            .take(|key| key.starts_with(KEPT_PREFIX))
            .values()
            .filter_map(|entry| serde_json::from_str(entry.get("v")?.as_str()?).ok())
            .collect();
        let others = others.into_iter().map(|entries| {
            let mut records = Records::default();
            records.put_back(entries);
            records
        });
        std::iter::once(self).chain(others).map(|records| (records.identity(), records)).collect()
    }

    /// What the identity was made of.
    fn identity(&self) -> Option<Vec<String>> {
        serde_json::from_str(self.get(IDENTITY)?).ok()
    }
}

fn kept(identity: &str) -> String {
    format!("{KEPT_PREFIX}{}", &digest::base64url(identity)[..16])
}

fn belongs_to_identity(key: &str) -> bool {
    [SESSIONS, TOKENS, ACCESS_TOKEN, CONNECT, ACCOUNT, GOOGLE_REFRESH, ROTATED_REFRESH, REASON, TOLD]
        .contains(&key)
        || [SETBACK, ROTATION, FOLDERS, FOLDER_IDS].contains(&key)
        || key.starts_with(REFRESH_PREFIX)
        || key.starts_with(TIMES_PREFIX)
        || key.starts_with(CURSOR_PREFIX)
        || key.starts_with(SENT_PREFIX)
}
