//! The text of a configuration file with given values. Of a file that exists, everything else stays byte for byte.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    Places,
    environment::Environment,
    files::{File, header, parse, read_file},
    import::Setting,
    paths,
};
use crate::{
    problem::{Code, Problem, Result},
    spec::Level,
    store,
};

/// A configuration file to write.
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    /// What is there already.
    old: Option<File>,
    /// Whether its directory is our own.
    is_usual: bool,
    /// The files whose keys are used instead of this one's.
    pub(crate) before: Vec<PathBuf>,
}

impl Target {
    /// The file of `--config` or `MCS_GMAIL_CONFIG`, or else the user's own. An existing file is an error unless it may
    /// be changed.
    pub(crate) fn find(explicit: Option<&Path>, force: bool, environment: &Environment) -> Result<Target> {
        let places = Places::find(explicit, environment)?;
        let home = paths::home(environment)?;
        let path = match (&places.named, &home) {
            (Some(path), _) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            (None, Some(home)) => home.join(".mcs/mcs-gmail.toml"),
            (None, None) => return Err(paths::no_home()),
        };
        if path.extension().is_some_and(|e| e == "json") {
            return Err(Problem::usage(format!(
                "cannot write {}: the file is written as TOML",
                path.display()
            ))
            .hint("Give a path that ends with .toml."));
        }
        let exists = fs::symlink_metadata(&path).is_ok();
        if exists && !force {
            return Err(taken(&path));
        }
        let old = if exists { read_file(&path, true, home.as_deref())? } else { None };
        let is_before = |other: &&PathBuf| places.named.is_none() && **other != path && other.exists();
        let before =
            places.usual.iter().take_while(|other| **other != path).filter(is_before).cloned().collect();
        Ok(Target { path, old, is_usual: places.named.is_none(), before })
    }

    /// The value of a key in the file that is there.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.old.as_ref()?.members.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether a file is there whose other content stays.
    pub(crate) fn exists(&self) -> bool {
        self.old.is_some()
    }

    /// Writes the values, readable only for the owner. Nobody sees a half of it.
    pub(crate) fn write(&self, settings: &[Setting], access: Option<Level>) -> Result<()> {
        let present = self.old.as_ref().and_then(|file| file.members.get("policy"));
        let access = match (access, present) {
            (Some(level), Some(policy)) if policy["access"] == level.name() => None,
            (Some(_), Some(_)) => return Err(self.has_policy()),
            (access, _) => access,
        };
        let text = self.text(settings, access)?;
        let failed = |e: io::Error| {
            Problem::new(Code::Failed, format!("cannot write {}: {e}", self.path.display()))
                .hint("Name a file in a directory that you can write to with --config FILE.")
        };
        match store::write_private(&self.path, self.is_usual, self.exists(), text.as_bytes()) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(taken(&self.path)),
            result => result.map_err(failed),
        }
    }

    /// A restriction among the imported values would get lost, or replace another one.
    fn has_policy(&self) -> Problem {
        Problem::configuration(format!("{} has another policy already", self.path.display()))
            .hint("Set access in its section [policy], and take MCS_GMAIL_POLICY out of what is imported.")
    }

    fn text(&self, settings: &[Setting], access: Option<Level>) -> Result<String> {
        let old = self.old.as_ref().map_or(HEAD, |file| file.text());
        let mut text = replaced(old, settings);
        let policy = access.map(|level| format!("\n[policy]\naccess = \"{}\"\n", level.name()));
        text.push_str(policy.as_deref().unwrap_or_default());
        let wanted = self.wanted(settings, access)?;
        // What cannot be changed line by line, such as a value of several lines, is noticed here.
        if parse(&self.path, &text).ok().as_ref() != Some(&wanted) {
            return Err(Problem::configuration(format!(
                "cannot change the values in {}",
                self.path.display()
            ))
            .hint("Write each key on one line of its own, or remove the file."));
        }
        Ok(text)
    }

    /// The content that the new file must have.
    fn wanted(&self, settings: &[Setting], access: Option<Level>) -> Result<Map<String, Value>> {
        let mut wanted = match &self.old {
            Some(file) => parse(&self.path, file.text())?,
            None => Map::new(),
        };
        for Setting { key, text } in settings {
            wanted.insert(key.name.to_owned(), text.as_str().into());
        }
        if let Some(level) = access {
            wanted.insert("policy".to_owned(), serde_json::json!({"access": level.name()}));
        }
        Ok(wanted)
    }
}

const HEAD: &str = "# Configuration of mcs-gmail, written by mcs-gmail config init.\n\
                    # Run mcs-gmail config example for all keys.\n";

fn taken(path: &Path) -> Problem {
    Problem::new(Code::Conflict, format!("{} already exists", path.display()))
        .hint("Add --force to replace the values in it; everything else in the file stays.")
}

/// The text with these values: a line that sets one is replaced, and the others are added before the first section.
fn replaced(old: &str, settings: &[Setting]) -> String {
    let start = old.split_inclusive('\n').take_while(|line| header(line).is_none()).map(str::len).sum();
    let (top, sections) = old.split_at(start);
    let mut left: Vec<&Setting> = settings.iter().collect();
    let mut text = String::new();
    for line in top.split_inclusive('\n') {
        match left.iter().position(|setting| sets(line, setting.key.name)) {
            Some(at) => text.push_str(&changed(line, &line_of(left.remove(at)))),
            None => text.push_str(line),
        }
    }
    let adds = !left.is_empty();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for setting in left {
        let gap = if text.ends_with("\n\n") { "" } else { "\n" };
        text.push_str(&format!("{gap}# {}\n{}", setting.key.text, line_of(setting)));
    }
    if adds && !sections.is_empty() {
        text.push('\n');
    }
    text + sections
}

/// The new line with the comment and the line end of the old one.
fn changed(old: &str, new: &str) -> String {
    let content = old.trim_end_matches(['\r', '\n']);
    let comment = content.split_once('=').map_or("", |(_, value)| after_value(value)).trim_end();
    let comment = if comment.trim_start().starts_with('#') { comment } else { "" };
    format!("{}{comment}{}", new.trim_end(), &old[content.len()..])
}

/// What follows a value on its line.
fn after_value(text: &str) -> &str {
    let value = text.trim_start();
    let Some(quote) = value.chars().next().filter(|c| ['"', '\''].contains(c)) else {
        let end = value.find('#').unwrap_or(value.len());
        return &value[value[..end].trim_end().len()..];
    };
    let mut escaped = false;
    for (at, c) in value.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return &value[at + 1..],
            _ => {}
        }
    }
    ""
}

fn sets(line: &str, key: &str) -> bool {
    let name = line.split_once('=').map(|(name, _)| name.trim().trim_matches(['"', '\'']));
    name == Some(key)
}

/// JSON escapes what TOML would escape, and nothing that TOML does not know.
fn line_of(setting: &Setting) -> String {
    format!("{} = {}\n", setting.key.name, Value::from(setting.text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_behind_a_value_and_the_end_of_its_line_stay() {
        for (old, new) in [
            ("a = \"x\" # why\r\n", "a = \"y\" # why\r\n"),
            ("a = \"x # \\\" y\"  # why\n", "a = \"y\"  # why\n"),
            ("a = 'x\\' # why", "a = \"y\" # why"),
            ("a = 40 # why\n", "a = \"y\" # why\n"),
            ("a = 40\n", "a = \"y\"\n"),
            ("a = \"x\"", "a = \"y\""),
            ("a = [\"#\"] # why\n", "a = \"y\"#\"] # why\n"),
        ] {
            // What cannot be told apart is noticed when the whole is read again.
            assert_eq!(changed(old, "a = \"y\"\n"), new);
        }
    }
}
