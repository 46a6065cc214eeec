//! Configuration files: where they are searched, how they are parsed, and which members they may have.

use std::{
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    encoding,
    environment::Environment,
    paths::{absolute, home, typed},
};
use crate::{
    problem::{Problem, Result},
    spec, suggest,
};

/// The administrator's file, which is read for its policy and as the last source of keys.
pub(super) const SYSTEM_FILE: &str = "/etc/mcs-gmail/config.toml";

/// A file that was read.
pub(super) struct File {
    pub(super) path: PathBuf,
    text: String,
    pub(super) members: Map<String, Value>,
}

/// The places that are searched for a configuration file.
pub(crate) struct Places {
    /// The file of `--config` or `MCS_GMAIL_CONFIG`. It must exist.
    pub(super) named: Option<PathBuf>,
    /// The usual places of the user's files, in order.
    pub(super) usual: Vec<PathBuf>,
}

impl Places {
    /// `explicit` is the value of `--config`.
    pub(crate) fn find(explicit: Option<&Path>, environment: &Environment) -> Result<Places> {
        let variable = environment.bytes("MCS_GMAIL_CONFIG");
        let named = match (explicit, variable) {
            (Some(path), _) => Some(typed(path, "--config", environment)?),
            (None, Some(path)) => Some(absolute(path, "MCS_GMAIL_CONFIG", environment)?),
            (None, None) => None,
        };
        Ok(Places { named, usual: usual(environment)? })
    }

    /// The files whose keys are used, in order: the first that exists, then the system's.
    pub(crate) fn searched(&self) -> Vec<PathBuf> {
        let user = self.named.as_ref().map_or(self.usual.clone(), |named| vec![named.clone()]);
        user.into_iter().chain([PathBuf::from(SYSTEM_FILE)]).collect()
    }
}

fn usual(environment: &Environment) -> Result<Vec<PathBuf>> {
    let mut places = Vec::new();
    if let Some(directory) = skill_directory(environment)? {
        places.push(directory.join("config.toml"));
        places.push(directory.join("config.json"));
    }
    if let Some(home) = home(environment)? {
        places.push(home.join(".mcs/mcs-gmail.toml"));
        places.push(home.join(".config/mcs-gmail/config.toml"));
    }
    Ok(places)
}

/// The directory of the skill whose launcher started this binary, or else of the skill whose `scripts` directory
/// contains it. Directories further up are not searched: they may belong to someone else.
fn skill_directory(environment: &Environment) -> Result<Option<PathBuf>> {
    let from_launcher = |path: &OsStr| absolute(path, "MCS_GMAIL_SKILL_DIR", environment);
    let launcher = environment.bytes("MCS_GMAIL_SKILL_DIR").map(from_launcher).transpose()?;
    let around = || {
        let binary = fs::canonicalize(std::env::current_exe().ok()?).ok()?;
        let scripts = binary.parent().filter(|d| d.ends_with("scripts"))?;
        scripts.parent().map(Path::to_path_buf)
    };
    Ok(launcher.or_else(around).filter(|directory| directory.join("SKILL.md").is_file()))
}

pub(super) fn read_file(path: &Path, must_exist: bool) -> Result<Option<File>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if !must_exist && matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => {
            return Err(Problem::configuration(format!("cannot read {}: {e}", path.display()))
                .hint("Fix the file or its permissions, or use another file with --config."));
        }
    };
    let text = encoding::decode(&bytes).map_err(|what| {
        Problem::configuration(format!("{} {what}", path.display()))
            .hint("Save the file as UTF-8: most editors offer the encoding under Save As.")
    })?;
    let members = parse(path, &text)?;
    let file = File { path: path.to_owned(), text, members };
    check_keys(&file)?;
    Ok(Some(file))
}

fn parse(path: &Path, text: &str) -> Result<Map<String, Value>> {
    let bad = |line: Option<usize>, what: String| {
        let place = line.map(|l| format!("{}:{l}", path.display())).unwrap_or(path.display().to_string());
        Problem::configuration(format!("{place}: {what}"))
            .hint("Fix the file. Run mcs-gmail config example to print a valid one.")
    };
    if path.extension().is_some_and(|e| e == "json") {
        // The message of serde_json may quote a value of the file; its category does not.
        return serde_json::from_str(text)
            .map_err(|e| bad(Some(e.line()), format!("not a valid JSON object ({:?})", e.classify())));
    }
    toml::from_str(text).map_err(|e: toml::de::Error| {
        let line = e.span().map(|s| text[..s.start.min(text.len())].lines().count().max(1));
        bad(line, e.message().to_owned())
    })
}

fn check_keys(file: &File) -> Result<()> {
    for name in file.members.keys() {
        if name == "policy" || spec::key(name).is_some() {
            continue;
        }
        let known = spec::KEYS.iter().map(|k| k.name).chain(["policy"]);
        let nearest = suggest::nearest(name, known);
        let mut problem = Problem::configuration(format!("{}: unknown key \"{name}\"", place(file, name)));
        problem = match nearest {
            Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
            None => problem.hint("Run mcs-gmail config example to list the keys."),
        };
        return Err(problem);
    }
    Ok(())
}

/// `file:line` of a member, or the file alone if the line cannot be found.
pub(super) fn place(file: &File, key: &str) -> String {
    let starts = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'', '[']);
        line.strip_prefix(key)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    match file.text.lines().position(starts) {
        Some(line) => format!("{}:{}", file.path.display(), line + 1),
        None => file.path.display().to_string(),
    }
}

pub(super) fn wrong_kind(file: &File, name: &str, kind: &str) -> Problem {
    Problem::configuration(format!("{}: {name} must be {kind}", place(file, name)))
        .hint("Fix the value. Run mcs-gmail config example to print a valid file.")
}

/// A scalar as text, or a list of strings joined by spaces.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Array(items) => {
            items.iter().map(|i| i.as_str()).collect::<Option<Vec<_>>>().map(|l| l.join(" "))
        }
        _ => None,
    }
}
