//! The configuration that is packed with the skill: a file that was named is checked as it will be read there, alone.
//! The one that is already in the skill's directory is only noticed.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{
    Config, Environment,
    files::{File, parse, read_file, text_of},
    paths, placeholders,
};
use crate::{
    access::AccountChoice,
    cli::Settings,
    disk,
    problem::{Problem, Result},
    spec::{self, KEYS},
};

/// A configuration file that can be packed.
pub(crate) struct Packed {
    /// The name under which the skill reads it.
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// The keys that a sign-in requires and that are not set in it.
    pub(crate) missing: Vec<String>,
    /// The keys in it that hold secrets.
    pub(crate) secrets: Vec<&'static str>,
    /// Whether it says where the sign-in is kept.
    pub(crate) has_cache: bool,
}

impl Packed {
    /// Reads and checks a file. What is set elsewhere on this machine does not count.
    pub(crate) fn from_file(path: &Path, environment: &Environment) -> Result<Packed> {
        let path = paths::typed(path, "--with-config", environment)?;
        let home = paths::home(environment)?;
        let file = read_file(&path, true, home.as_deref())?;
        let file = file.ok_or_else(|| Problem::configuration(format!("cannot read {}", path.display())))?;
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        let packed = Packed {
            name: if is_json { "config.json" } else { "config.toml" },
            text: file.text().to_owned(),
            missing: Vec::new(),
            secrets: KEYS
                .iter()
                .filter(|key| key.secret && is_set(&file, key.name))
                .map(|key| key.name)
                .collect(),
            has_cache: is_set(&file, "cache_dir"),
        };
        if KEYS.iter().all(|key| !is_set(&file, key.name)) {
            return Err(Problem::configuration(format!("{} sets no key", path.display()))
                .hint("Fill it in: mcs-gmail config example prints all keys."));
        }
        Ok(Packed { missing: Config::alone(file)?.check_packed()?, ..packed })
    }
}

impl Config {
    /// A configuration that consists of one file.
    fn alone(file: File) -> Result<Config> {
        let mut config = Config {
            flags: Settings::default(),
            // A home directory is there wherever the file is read.
            environment: Environment::made_of([("HOME", "/")]),
            searched: vec![file.path.clone()],
            files: vec![file],
            overruled: Vec::new(),
            usual: Vec::new(),
            account: AccountChoice::default(),
            warnings: Vec::new(),
        };
        config.account = config.choose_account()?;
        Ok(config)
    }

    /// Checks every key, for each account in the file, and gives the names of those that are missing for all of them.
    fn check_packed(mut self) -> Result<Vec<String>> {
        let sections = self.files.iter().flat_map(|file| &file.sections);
        let choice = |name: &String| AccountChoice { name: Some(name.clone()), address: None };
        let mut choices: Vec<AccountChoice> = sections.map(|section| choice(&section.name)).collect();
        choices.insert(0, self.account.clone());
        let mut missing: Option<Vec<String>> = None;
        for account in choices {
            self.account = account;
            for key in KEYS {
                self.setting(key.name)?;
            }
            self.check_others(|_| false)?;
            self.http()?;
            let absent = self.absent();
            if missing.as_ref().is_none_or(|known| known.len() > absent.len()) {
                missing = Some(absent);
            }
        }
        Ok(missing.unwrap_or_default())
    }

    /// The keys that the credentials method requires and that are not set.
    fn absent(&self) -> Vec<String> {
        let problem = self.access().err();
        let names = problem.as_ref().and_then(|problem| problem.member("missing")?.as_array());
        names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }
}

/// Whether a file or one of its accounts sets a key.
fn is_set(file: &File, key: &str) -> bool {
    let mut all = file.sections.iter().map(|section| &section.members).chain([&file.members]);
    all.any(|members| members.get(key).and_then(text_of).is_some_and(|text| !text.trim().is_empty()))
}

/// The configuration file in the skill's directory in which somebody filled in a value, or which cannot be judged.
pub(crate) fn filled_in(environment: &Environment) -> Result<Option<PathBuf>> {
    let Some(directory) = environment.skill_directory()? else { return Ok(None) };
    let files = ["config.toml", "config.json"].map(|name| directory.join(name));
    Ok(files.into_iter().find(|path| path.exists() && has_values(path)))
}

fn has_values(path: &Path) -> bool {
    let read = || {
        let file = disk::open_regular(path).ok()?;
        let bytes = disk::read_up_to(file, super::files::MAX_SIZE).ok()?;
        parse(path, &super::encoding::decode(&bytes).ok()?).ok()
    };
    read().is_none_or(|members| has_value(&members))
}

/// Whether a key has a value that is not the example's.
fn has_value(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| match (value, spec::key(name)) {
        (Value::Object(inner), _) => has_value(inner),
        (value, Some(key)) => text_of(value).is_some_and(|text| {
            let text = text.trim();
            !text.is_empty() && text != key.example && !placeholders::is_placeholder(key, text)
        }),
        (_, None) => false,
    })
}
