//! The settings file of Claude Code, a JSON object that belongs to the user: lines are added to its lists, and
//! everything else stays, in its order. Numbers are written as serde_json writes them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_json::{Map, Value, ser::PrettyFormatter};

use crate::{
    disk::{self, Mode},
    json,
    problem::{Code, Problem, Result},
};

/// Larger settings are none.
const MAX_SIZE: u64 = 4 * 1024 * 1024;
const INDENTATION: &str = "  ";

/// A settings file as it was read.
pub(crate) struct SettingsFile {
    /// Where it is, behind all links.
    path: PathBuf,
    /// As it was found; `None` if there is none.
    old: Option<Vec<u8>>,
    members: Map<String, Value>,
}

impl SettingsFile {
    /// Reads the file. What is not a JSON object is refused, and left as it is.
    pub(crate) fn read(path: &Path) -> Result<SettingsFile> {
        let shown = path.display();
        let unreadable = |what: &dyn std::fmt::Display| {
            Problem::configuration(format!("cannot read {shown}: {what}"))
                .hint("Fix the file or its permissions; nothing was changed in it.")
        };
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(_) if path.is_symlink() => {
                let what = "it is a symbolic link to a file that does not exist";
                return Err(unreadable(&what));
            }
            Err(_) => path.to_owned(),
        };
        let old = match disk::open_regular(&real) {
            Ok(file) => Some(disk::read_up_to(file, MAX_SIZE).map_err(|e| unreadable(&e))?),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(unreadable(&e)),
        };
        let members = match &old {
            Some(bytes) if !bytes.trim_ascii().is_empty() => {
                parse(bytes).map_err(|what| unreadable(&what))?
            }
            _ => Map::new(),
        };
        Ok(SettingsFile { path: real, old, members })
    }

    /// Adds what is missing of these lists, and gives it. Everything that has another form is refused.
    pub(crate) fn add(&mut self, lines: &Value) -> Result<Value> {
        let mut members = Value::Object(std::mem::take(&mut self.members));
        let added = merge(&mut members, lines, "");
        if let Value::Object(merged) = members {
            self.members = merged;
        }
        added.map_err(|what| {
            Problem::configuration(format!("cannot add to {}: {what}", self.path.display()))
                .hint("Fix the file; nothing was changed in it.")
        })
    }

    /// Writes the file as it is now, with the permissions that it has. Readers see the old content or the new one. False
    /// if another program changed the file since it was read: then nothing is written.
    pub(crate) fn write(&self) -> Result<bool> {
        let failed = |e: &dyn std::fmt::Display| {
            Problem::new(Code::Failed, format!("cannot write {}: {e}", self.path.display()))
                .hint("Add the lines by hand, or run the command again where the file can be written.")
        };
        let text = self.text().map_err(|e| failed(&e))?;
        let now = disk::open_regular(&self.path).and_then(|file| disk::read_up_to(file, MAX_SIZE)).ok();
        if now != self.old {
            return Ok(false);
        }
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory).map_err(|e| failed(&e))?;
        }
        disk::replace(&self.path, Mode::Exact(self.mode()), text.as_bytes()).map_err(|e| failed(&e))?;
        Ok(true)
    }

    /// The permissions of the file. A new one is for its owner only: it may get secrets.
    fn mode(&self) -> u32 {
        #[cfg(unix)]
        if let Ok(metadata) = fs::metadata(&self.path) {
            return std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        }
        0o600
    }

    /// The text, indented as it was.
    fn text(&self) -> Result<String, serde_json::Error> {
        let old = self.old.as_deref().unwrap_or_default();
        let indentation = old.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
            let blanks = line.iter().take_while(|byte| b" \t".contains(byte)).count();
            (blanks > 0 && line.get(blanks) == Some(&b'"')).then(|| &line[..blanks])
        });
        let mut text = Vec::new();
        let formatter = PrettyFormatter::with_indent(indentation.unwrap_or(INDENTATION.as_bytes()));
        self.members.serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
        text.push(b'\n');
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let members = json::object(text);
    members.map_err(|e| format!("it is not a valid JSON object, line {}: {e}", e.line()))
}

/// Adds the members and the items of `lines` that are missing, and gives them. An error says what has another form.
fn merge(into: &mut Value, lines: &Value, place: &str) -> Result<Value, String> {
    match (into, lines) {
        (Value::Object(members), Value::Object(lines)) => {
            let mut added = Map::new();
            for (name, lines) in lines {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                let empty =
                    if lines.is_object() { Value::Object(Map::new()) } else { Value::Array(Vec::new()) };
                let missing = match members.get_mut(name) {
                    Some(inner) => merge(inner, lines, &place)?,
                    None => {
                        let mut inner = empty;
                        let missing = merge(&mut inner, lines, &place)?;
                        if has_any(&missing) {
                            members.insert(name.clone(), inner);
                        }
                        missing
                    }
                };
                if has_any(&missing) {
                    added.insert(name.clone(), missing);
                }
            }
            Ok(Value::Object(added))
        }
        (Value::Array(items), Value::Array(lines)) => {
            let missing: Vec<Value> = lines.iter().filter(|line| !items.contains(line)).cloned().collect();
            items.extend(missing.iter().cloned());
            Ok(Value::Array(missing))
        }
        (_, Value::Object(_)) => Err(format!("{place} is not an object")),
        _ => Err(format!("{place} is not a list")),
    }
}

/// Whether there is anything in what was added.
pub(crate) fn has_any(added: &Value) -> bool {
    match added {
        Value::Object(members) => members.values().any(has_any),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_missing_is_added_and_nothing_else_changes() {
        let mut settings =
            json!({"model": "x", "permissions": {"deny": ["a"], "allow": ["b"]}, "z": [1.5, null]});
        let lines = json!({"permissions": {"allow": ["b", "c"]}, "sandbox": {"network": {"hosts": ["h"]}, "none": []}});
        let added = merge(&mut settings, &lines, "").unwrap();
        assert_eq!(added, json!({"permissions": {"allow": ["c"]}, "sandbox": {"network": {"hosts": ["h"]}}}));
        let expected = r#"{"model":"x","permissions":{"deny":["a"],"allow":["b","c"]},"z":[1.5,null],"sandbox":{"network":{"hosts":["h"]}}}"#;
        assert_eq!(settings.to_string(), expected);
        assert!(!has_any(&merge(&mut settings, &lines, "").unwrap()));
        assert_eq!(settings.to_string(), expected);
        for (settings, what) in [
            (json!({"permissions": []}), "permissions is not an object"),
            (json!({"permissions": {"allow": "b"}}), "permissions.allow is not a list"),
            (json!({"permissions": {"allow": null}}), "permissions.allow is not a list"),
        ] {
            assert_eq!(merge(&mut settings.clone(), &lines, "").unwrap_err(), what);
        }
    }
}
