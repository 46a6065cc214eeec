//! What is in effect and where it was set, also if a part of it is broken. Secrets are only said to be set.

use std::path::{Path, PathBuf};

use super::{
    Config,
    environment::{self, Environment},
    paths,
};
use crate::{
    http::ProxySetting,
    problem::{Problem, Result},
    spec::{self, Key},
};

/// A key as it is in effect.
pub(crate) struct Shown {
    pub(crate) key: &'static Key,
    /// Absent for a secret, for what is wrong, which may be a secret in the wrong place, and for what is not set.
    pub(crate) value: Option<String>,
    /// The flag, variable or line; absent if the key is not set.
    pub(crate) source: Option<String>,
    pub(crate) fault: Option<Problem>,
}

/// What a configuration file is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    KeysAndPolicy,
    /// Its keys are overruled by another file.
    Policy,
    /// It exists, but is not used.
    None,
    Missing,
}

impl Config {
    /// The files in every place that is searched, in order.
    pub(crate) fn places(&self) -> Vec<(PathBuf, Use)> {
        let mut places = Vec::new();
        for path in self.searched.iter().chain(&self.usual) {
            let is_it = |file: &&super::File| file.path == *path;
            let found = match () {
                () if self.files.iter().any(|file| is_it(&file)) => Use::KeysAndPolicy,
                () if self.overruled.iter().any(|file| is_it(&file)) => Use::Policy,
                () if path.exists() => Use::None,
                () => Use::Missing,
            };
            if !places.iter().any(|(known, _)| known == path) {
                places.push((path.clone(), found));
            }
        }
        places
    }

    /// The section of the chosen account, or its address.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.name.as_deref()
    }

    /// Every key, and what is wrong apart from single keys, each once.
    pub(crate) fn shown(&self, found: Vec<Problem>) -> (Vec<Shown>, Vec<Problem>) {
        let keys: Vec<Shown> = spec::KEYS.iter().map(|key| self.shown_key(key)).collect();
        let others =
            [self.access().err(), self.http().err(), self.policy().err(), self.cache_directory().err()];
        let mut faults: Vec<Problem> = Vec::new();
        for fault in found.into_iter().chain(others.into_iter().flatten()) {
            let mut known = faults.iter().chain(keys.iter().filter_map(|key| key.fault.as_ref()));
            if !known.any(|known| known.message() == fault.message()) {
                faults.push(fault);
            }
        }
        (keys, faults)
    }

    fn shown_key(&self, key: &'static Key) -> Shown {
        let (found, broken) = match self.find(key) {
            Ok(found) => (found, None),
            Err(problem) => (None, Some(problem)),
        };
        let fault = broken.or_else(|| self.fault_of(key));
        let source = found.as_ref().map(|found| found.source.clone());
        let text = || Some(environment::text(&found.as_ref()?.value, "").ok()?.trim().to_owned());
        let value = match text() {
            _ if key.secret || fault.is_some() => None,
            Some(text) if key.name == "proxy" => Some(without_login(&text)),
            Some(text) => Some(text),
            // A path need not be text.
            None => found.as_ref().map(|found| found.value.to_string_lossy().into_owned()),
        };
        let default = || key.default.filter(|_| found.is_none()).map(str::to_owned);
        Shown { key, value: value.or_else(default), source, fault }
    }

    /// What is wrong with the value of a key, as its use would report it.
    fn fault_of(&self, key: &Key) -> Option<Problem> {
        let name = key.name;
        match name {
            "cache_dir" => self.cache_directory().err(),
            "timeout" => self.timeout().err(),
            "remember" => self.remembers().err(),
            "as_data" => self.fences().err(),
            "signature" => self.signs().err(),
            super::FORMAT => self.format().err(),
            "credentials" => self.credentials().err(),
            "auth0_via" => self.via().err(),
            "account" => self.choose_account().err(),
            "proxy" => self.proxy_key().err(),
            _ => self.checked(key).err(),
        }
    }

    fn checked(&self, key: &Key) -> Result<()> {
        match self.lookup(key.name)? {
            Some((text, subject)) => super::check_value(key, &text, &subject),
            None => Ok(()),
        }
    }

    fn proxy_key(&self) -> Result<()> {
        match self.lookup("proxy")? {
            Some((text, _)) if text.eq_ignore_ascii_case("direct") => Ok(()),
            Some((text, subject)) => ProxySetting::url(&text, &format!("the key {subject}")).map(drop),
            None => Ok(()),
        }
    }
}

/// The path as people write it: `~` for the home directory.
pub(crate) fn with_tilde(path: &Path, environment: &Environment) -> String {
    let home = paths::home(environment).ok().flatten();
    match home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// The URL of a proxy without user and password.
fn without_login(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://"));
            format!("{}{host}", scheme.unwrap_or_default())
        }
        None => url.to_owned(),
    }
}
