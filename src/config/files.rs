//! Configuration files: where they are searched, how they are parsed, and which members they may have.

use std::{
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    accounts::{self, Section},
    encoding,
    environment::Environment,
    paths::{absolute, home, typed},
};
use crate::{
    disk, json,
    problem::{Problem, Result},
    spec::{self, Form, Key},
    suggest,
};

/// The administrator's file, which is read for its policy and as the last source of keys.
pub(super) const SYSTEM_FILE: &str = "/etc/mcs-gmail/config.toml";

/// A longer configuration is none.
pub(super) const MAX_SIZE: u64 = 1024 * 1024;
/// The longest unknown key that is shown.
const MAX_KEY: usize = 40;

/// A file that was read.
pub(super) struct File {
    pub(super) path: PathBuf,
    text: String,
    pub(super) members: Map<String, Value>,
    /// Its accounts, which are not among the members.
    pub(super) sections: Vec<Section>,
}

/// The places that are searched for a configuration file.
#[derive(Default)]
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

impl Environment {
    /// The directory of the skill to which this program belongs.
    pub(crate) fn skill_directory(&self) -> Result<Option<PathBuf>> {
        skill_directory(self)
    }
}

/// Reads a file, unless it is missing. `home` is the home directory of the user.
pub(super) fn read_file(path: &Path, must_exist: bool, home: Option<&Path>) -> Result<Option<File>> {
    let unreadable = |what: &dyn std::fmt::Display| {
        Problem::configuration(format!("cannot read {}: {what}", path.display()))
            .hint("Fix the file or its permissions, or use another file with --config.")
    };
    let opened = match disk::open_regular(path) {
        Err(e) if is_missing(&e) => match obstacle(path) {
            Some(problem) => return Err(problem),
            None if must_exist => return Err(unreadable(&e)),
            None => return Ok(None),
        },
        opened => opened.map_err(|e| unreadable(&e))?,
    };
    check_trust(&opened, path, home)?;
    let bytes = disk::read_up_to(opened, MAX_SIZE).map_err(|e| unreadable(&e))?;
    let text = encoding::decode(&bytes).map_err(|what| {
        Problem::configuration(format!("{} {what}", path.display()))
            .hint("Save the file as UTF-8: most editors offer the encoding under Save As.")
    })?;
    let members = parse(path, &text)?;
    let mut file = File { path: path.to_owned(), text, members, sections: Vec::new() };
    accounts::take_sections(&mut file)?;
    for key in file.members.keys() {
        known_key(key, true, || file.place(None, key), "")?;
    }
    Ok(Some(file))
}

fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Why a missing file is more than missing, if so: a link on its path leads nowhere, or its directory is none.
fn obstacle(path: &Path) -> Option<Problem> {
    let problem = |what: String| Problem::configuration(format!("cannot read {}: {what}", path.display()));
    if let Some(link) = path.ancestors().find(|above| above.is_symlink() && !above.exists()) {
        let target = link.with_file_name(fs::read_link(link).unwrap_or_default());
        let what =
            format!("{} is a symbolic link to {}, which does not exist", link.display(), target.display());
        let fix = if link == path {
            "Create that file"
        } else {
            &format!("Run mkdir -p {}", disk::shell_word(&target))
        };
        return Some(problem(what).hint(format!("{fix}, or remove the link.")));
    }
    let directory = path.parent().filter(|directory| directory.is_file())?;
    let what = format!("{} is not a directory", directory.display());
    Some(problem(what).hint("Remove that file, or make a directory of it."))
}

/// Refuses a file that somebody else could have written: by its owner and mode, and those of its directory. In the
/// home directory, those above it count, too.
fn check_trust(opened: &fs::File, path: &Path, home: Option<&Path>) -> Result<()> {
    let subject = format!("the configuration file {}", path.display());
    let metadata = opened.metadata().ok();
    if let Some(distrust) = metadata.and_then(|metadata| disk::distrust(&metadata, path)) {
        return Err(distrust.problem(&subject, path, false));
    }
    let home = home.and_then(|home| fs::canonicalize(home).ok());
    let places = [path.parent().and_then(|directory| fs::canonicalize(directory).ok()), real_directory(path)];
    for directory in places.into_iter().flatten() {
        let is_in_home = |above: &&Path| home.as_deref().is_some_and(|home| above.starts_with(home));
        let above = directory.ancestors().skip(1).take_while(is_in_home);
        for place in [directory.as_path()].into_iter().chain(above) {
            let metadata = fs::metadata(place).ok();
            if let Some(distrust) = metadata.and_then(|metadata| disk::distrust(&metadata, place)) {
                let subject = format!("cannot trust {}: its directory", path.display());
                return Err(distrust.problem(&subject, place, false));
            }
        }
    }
    Ok(())
}

/// The directory of the file itself, if the path is a link.
fn real_directory(path: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(path).ok()?;
    real.parent().map(Path::to_owned)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Map<String, Value>> {
    let bad = |line: Option<usize>, what: String| {
        let place = line.map(|l| format!("{}:{l}", path.display())).unwrap_or(path.display().to_string());
        Problem::configuration(format!("{place}: {what}"))
            .hint("Fix the file. Run mcs-gmail config example to print a valid one.")
    };
    if path.extension().is_some_and(|e| e == "json") {
        // The message of serde_json may quote a value of the file; its category does not.
        return json::object(text).map_err(|e| {
            let what = if e.to_string().starts_with(json::DUPLICATE) {
                json::DUPLICATE.to_owned()
            } else {
                format!("not a valid JSON object ({:?})", e.classify())
            };
            bad(Some(e.line()).filter(|line| *line > 0), what)
        });
    }
    toml::from_str(text).map_err(|e: toml::de::Error| {
        let line = e.span().map(|s| text[..s.start.min(text.len())].lines().count().max(1));
        // The message quotes nothing of the text, which can be any file that was named.
        bad(line, e.message().to_owned())
    })
}

/// Refuses a key that does not exist. `at_top` is whether sections may be there, too.
pub(super) fn known_key(name: &str, at_top: bool, place: impl Fn() -> String, within: &str) -> Result<()> {
    let tables = if at_top { &["policy", "accounts"][..] } else { &["policy"] };
    if tables.contains(&name) || spec::key(name).is_some() {
        return Ok(());
    }
    let known = spec::KEYS.iter().map(|k| k.name).chain(tables.iter().copied());
    let nearest = suggest::nearest(name, known);
    // Any file can be named as a configuration: what does not look like a key is not shown.
    let is_plain =
        name.len() <= MAX_KEY && name.bytes().all(|b| b.is_ascii_alphabetic() || b"_-".contains(&b));
    let shown = if is_plain || nearest.is_some() { format!(" \"{name}\"") } else { String::new() };
    let problem = Problem::configuration(format!("{}: unknown key{shown}{within}", place()));
    Err(match nearest {
        Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
        None => problem.hint("Run mcs-gmail config example to list the keys."),
    })
}

impl File {
    /// The text of the file, without a byte order mark.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// `file:line` of a member of the file or of an account, or the file alone if the line cannot be found.
    pub(super) fn place(&self, account: Option<&str>, key: &str) -> String {
        if self.is_json() {
            return self.line(self.only_line(key));
        }
        let mut inside = account.is_none();
        for (number, line) in self.text.lines().enumerate() {
            if let Some(header) = header(line) {
                inside = match account {
                    Some(name) => leads_to(header, name),
                    None => !header.starts_with("accounts"),
                };
            }
            if inside && (begins_with(line, key) || header(line).is_some_and(|h| ends_with(h, key))) {
                return self.line(Some(number));
            }
        }
        account.map_or(self.line(None), |name| self.section_place(name))
    }

    /// `file:line` of the section of an account.
    pub(super) fn section_place(&self, account: &str) -> String {
        if self.is_json() {
            return self.line(self.only_line(account));
        }
        let path =
            |line: &'_ str| header(line).or(line.split('=').next()).is_some_and(|p| leads_to(p, account));
        self.line(self.text.lines().position(path).or_else(|| self.only_line(account)))
    }

    fn is_json(&self) -> bool {
        self.path.extension().is_some_and(|e| e == "json")
    }

    /// The line that begins with this key, if there is exactly one. JSON does not say on a line where it belongs.
    fn only_line(&self, key: &str) -> Option<usize> {
        let mut lines = self.text.lines().enumerate().filter(|(_, line)| begins_with(line, key));
        let (number, _) = lines.next()?;
        lines.next().is_none().then_some(number)
    }

    fn line(&self, number: Option<usize>) -> String {
        match number {
            Some(number) => format!("{}:{}", self.path.display(), number + 1),
            None => self.path.display().to_string(),
        }
    }
}

/// The path in the header of a TOML table.
pub(super) fn header(line: &str) -> Option<&str> {
    let (path, _) = line.trim_start().strip_prefix('[')?.rsplit_once(']')?;
    Some(path.trim())
}

/// Whether a header is that of an account or of a table in it.
fn leads_to(header: &str, account: &str) -> bool {
    let rest = header.trim_start().strip_prefix("accounts").map(|rest| rest.trim_start());
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix('.')).map(str::trim_start) else { return false };
    let quoted = [account.to_owned(), format!("\"{account}\""), format!("'{account}'")];
    let after = quoted.iter().filter_map(|name| rest.strip_prefix(name.as_str())).map(str::trim_start);
    after.into_iter().any(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a header is that of a table with this name in another one.
fn ends_with(header: &str, key: &str) -> bool {
    header.rsplit_once('.').is_some_and(|(_, last)| last.trim() == key)
}

/// Whether a line sets this key, alone or as `policy.key`, or is the header of this table.
fn begins_with(line: &str, key: &str) -> bool {
    let line = line.trim_start().trim_start_matches(['"', '\'', '[', '{']);
    let line = line.strip_prefix("policy.").unwrap_or(line);
    line.strip_prefix(key).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The problem for a value at `place` that has the wrong type.
pub(super) fn wrong_kind(place: &str, name: &str, kind: &str) -> Problem {
    Problem::configuration(format!("{place}: {name} must be {kind}"))
        .hint("Fix the value. Run mcs-gmail config example to print a valid file.")
}

/// The value of a key as text.
pub(super) fn text_for(key: &Key, value: &Value) -> Option<String> {
    match value {
        Value::Bool(is) if key.form == Form::Boolean => Some(is.to_string()),
        _ => text_of(value),
    }
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
