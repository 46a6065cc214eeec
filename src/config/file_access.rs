//! The key `files` of the policy, and what it means for a run: the directories that are allowed by default, and the
//! program's own files.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Config, files::wrong_kind, paths};
use crate::{
    disk::{DEFAULT, FileAccess, FileRule, Own, Root},
    policy::Policy,
    problem::{Problem, Result},
    store,
};

impl Config {
    /// What a run may do with files. `has_person` is whether somebody at a terminal typed their names.
    pub(crate) fn file_access(&self, policy: &Policy, has_person: bool) -> Result<FileAccess> {
        let mut rules = policy.files().to_vec();
        if !rules.iter().any(|rule| rule.is_usual) {
            let source = DEFAULT.to_owned();
            rules.push(FileRule { roots: self.default_roots(), source, is_usual: true });
        }
        Ok(FileAccess {
            rules,
            own: self.own_files()?,
            has_person,
            working_directory: std::env::current_dir().ok(),
            home: paths::home(&self.environment)?,
        })
    }

    /// The directories in a list of the key `files`. `place` names file and line.
    pub(super) fn roots(&self, value: &Value, place: &str) -> Result<Vec<Root>> {
        let wrong = || wrong_kind(place, "files", "a list of directories");
        let texts = value.as_array().ok_or_else(wrong)?;
        texts.iter().map(|text| self.root(text.as_str().ok_or_else(wrong)?, place)).collect()
    }

    fn root(&self, text: &str, place: &str) -> Result<Root> {
        let invalid = |what: &str| {
            Problem::configuration(format!("{place}: \"{text}\" in files {what}"))
                .hint("Give directories, such as \".\", \"~/Documents\" or \"/data\".")
        };
        if text.trim().is_empty() || text.contains(['*', '?']) || text.starts_with(['$', '%']) {
            return Err(invalid("is not the name of a directory"));
        }
        let path = paths::typed(Path::new(text), &format!("{place}: files"), &self.environment)?;
        if path.starts_with("~") || path.to_string_lossy().starts_with('~') {
            return Err(invalid("names the home of another user"));
        }
        let chosen = path.is_relative();
        let path = if chosen { working_directory().join(path) } else { path };
        Ok(Root { text: text.to_owned(), path, chosen })
    }

    /// The working directory and the system's directory for temporary files.
    fn default_roots(&self) -> Vec<Root> {
        let temporary = match self.environment.bytes("TMPDIR").map(PathBuf::from) {
            Some(path) if path.is_absolute() => Root { text: path.display().to_string(), path, chosen: true },
            _ if cfg!(unix) => Root { text: "/tmp".into(), path: "/tmp".into(), chosen: false },
            _ => {
                let path = std::env::temp_dir();
                Root { text: path.display().to_string(), path, chosen: true }
            }
        };
        vec![Root { text: ".".into(), path: working_directory(), chosen: true }, temporary]
    }

    /// The files and directories of the program, those of other accounts and of overruled files among them.
    fn own_files(&self) -> Result<Own> {
        let files = self.files.iter().chain(&self.overruled);
        let read: Vec<PathBuf> = files.clone().map(|file| file.path.clone()).collect();
        let members = files.flat_map(|file| {
            let sections = file.sections.iter().map(|section| &section.members);
            sections.chain([&file.members])
        });
        let configured = members.filter_map(|members| members.get("cache_dir")?.as_str()).map(PathBuf::from);
        let variables = ["MCS_GMAIL_CACHE_DIR", "MCS_CACHE_DIR"];
        let variables = variables.iter().filter_map(|name| self.environment.bytes(name)).map(PathBuf::from);
        let default = paths::home(&self.environment)?.map(|home| home.join(".mcs/cache"));
        let directories = configured.chain(variables);
        let directories =
            directories.filter_map(|path| paths::typed(&path, "cache_dir", &self.environment).ok());
        let caches = directories.chain(default).map(|directory| directory.join(store::FILE)).collect();
        let places = self.searched.iter().chain(&self.usual).cloned();
        let directories = self.usual.iter().filter_map(|path| path.parent()).map(Path::to_owned).collect();
        Ok(Own { files: read.into_iter().chain(places).map(absolute).collect(), caches, directories })
    }
}

/// The working directory; where it is unknown, a path that does not exist.
fn working_directory() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/nonexistent"))
}

fn absolute(path: PathBuf) -> PathBuf {
    if path.is_absolute() { path } else { working_directory().join(path) }
}
