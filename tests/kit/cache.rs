//! The cache file: what a story puts into it, and how time passes for it.

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use rsa::{
    PrivateKey,
    pkcs8::{EncodePrivateKey, LineEnding},
};
use serde_json::{Value, json};

use super::{ACCESS_TOKEN, FULL_SCOPES, REFRESH_TOKEN, User};

/// Later than every test, in epoch seconds.
const FAR_FUTURE: f64 = 4_000_000_000.0;
/// Numbers from here on are epoch seconds.
const A_TIME: f64 = 1_000_000_000.0;

/// One RSA key pair for all users of this process, as PEM: making one takes a tenth of a second.
pub(super) fn key_pair() -> &'static str {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        let key = PrivateKey::new(&mut rand::rngs::SysRng, 2048).unwrap();
        key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
    })
}

impl User {
    pub fn cache_file(&self) -> PathBuf {
        self.home().join(".mcs/cache/mcs-gmail.json")
    }

    pub fn cache_directory(&self) -> PathBuf {
        self.home().join(".mcs/cache")
    }

    pub fn cache(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.cache_file()).unwrap()).unwrap()
    }

    pub fn write_cache(&self, value: &Value) {
        self.write_file(".mcs/cache/mcs-gmail.json", value.to_string());
    }

    /// Changes the cache file as another program would.
    pub fn edit_cache(&self, edit: impl FnOnce(&mut Value)) {
        let mut value = self.cache();
        edit(&mut value);
        self.write_cache(&value);
    }

    /// Adds this refresh token in both places where the Python skill keeps it.
    pub fn cache_refresh_token(&self, token: &str) {
        self.edit_cache(|cache| {
            cache[REFRESH_TOKEN] = json!({"v": token});
            cache["linkauth:tokens"] = json!({"v": json!({"gmail": token}).to_string()});
        });
    }

    /// Adds an access token that never expires as far as the program can see.
    pub fn cache_access_token(&self) {
        let token = self.world.issue_google_token(&FULL_SCOPES, 3600);
        self.edit_cache(|cache| cache[ACCESS_TOKEN] = json!({"v": token, "exp": FAR_FUTURE}));
    }

    /// The program finds that its access token has expired; Google may think otherwise.
    pub fn expire_access_token(&self) {
        self.edit_cache(|cache| cache[ACCESS_TOKEN]["exp"] = json!(1.0));
    }

    /// Seconds between the last write of the cache file and the end of this entry.
    pub fn lifetime_of(&self, key: &str) -> f64 {
        let written = self.cache_file().metadata().unwrap().modified().unwrap();
        let written = written.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        self.cache()[key]["exp"].as_f64().unwrap() - written
    }

    /// As if so much time had passed: all that the cache and the world know grows older.
    pub fn time_passes(&self, by: Duration) {
        self.world.grow_older(by);
        self.edit_cache(|cache| {
            for entry in cache.as_object_mut().unwrap().values_mut() {
                grow_older(entry, by.as_secs_f64());
                edit_record(entry, |record| grow_older(record, by.as_secs_f64()));
            }
        });
    }

    /// Changes what is recorded of the account.
    pub fn edit_account(&self, edit: impl FnOnce(&mut Value)) {
        self.edit_cache(|cache| edit_record(&mut cache["mcs-gmail:account"], edit));
    }

    /// Sets one of the times that are recorded of the pending sessions.
    pub fn set_session_time(&self, member: &str, epoch_s: f64) {
        self.edit_cache(|cache| {
            let entries = cache.as_object_mut().unwrap().iter_mut();
            for (_, entry) in entries.filter(|(key, _)| key.starts_with("mcs-gmail:session:")) {
                edit_record(entry, |times| times[member] = json!(epoch_s));
            }
        });
    }
}

/// Changes the JSON inside an entry, if that is what it holds.
fn edit_record(entry: &mut Value, edit: impl FnOnce(&mut Value)) {
    let record = entry["v"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    if let Some(mut record) = record.filter(Value::is_object) {
        edit(&mut record);
        entry["v"] = record.to_string().into();
    }
}

/// Every time in this value becomes so many seconds earlier.
fn grow_older(value: &mut Value, by: f64) {
    match value {
        Value::Number(number) => {
            if let Some(time) = number.as_f64().filter(|time| *time > A_TIME) {
                *value = json!(time - by);
            }
        }
        Value::Object(members) => members.values_mut().for_each(|member| grow_older(member, by)),
        _ => {}
    }
}
