//! Which files a run may send, and where it may save: the key `files` of the policy, hidden directories, and the
//! program's own files. It also knows how files are opened and whose they are.
//!
//! A file is judged by where its path really leads, and what was judged is what is opened. A refusal does not tell
//! whether the file exists.

mod open;
mod private;
mod replace;
mod stored;
mod trust;
#[cfg(unix)]
mod walk;
#[cfg(not(unix))]
#[path = "walk_by_name.rs"]
mod walk;

use std::{
    fs::{self, File},
    path::{Component, Path, PathBuf},
};

use serde_json::Value;

#[cfg(unix)]
pub(crate) use self::trust::keeps_modes;
use self::walk::Walk;
pub(crate) use self::{
    open::{check_regular, open_regular, read_up_to},
    private::{create_private, create_private_directory, unnamed_file},
    replace::{Mode, is_temporary, replace},
    stored::{StoredRange, read_at},
    trust::{distrust, is_own, shell_word, user},
    walk::OpenDirectory,
};
use crate::{
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::Parameter,
    spelling::name,
};

/// Directories that everybody writes to: a hidden directory right below them hides nothing.
const TEMPORARY: [&str; 4] = ["/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp"];

/// The source of the rule that applies if no file in a usual place has one, and the file that can have one.
pub(crate) const DEFAULT: &str = "the default";
const POLICY_FILE: &str = "~/.mcs/mcs-gmail.toml";

/// An allowed directory.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// As it was written.
    pub(crate) text: String,
    /// The absolute path.
    pub(crate) path: PathBuf,
    /// Whether the caller chooses it, as the working directory. It then counts only if it is an ordinary directory.
    pub(crate) chosen: bool,
}

/// The directories that one source allows. An empty list allows none.
#[derive(Clone, Debug)]
pub(crate) struct FileRule {
    pub(crate) roots: Vec<Root>,
    pub(crate) source: String,
    /// Whether the source is a file in a usual place, which can allow more than the default. A file that the caller
    /// names can only restrict it.
    pub(crate) is_usual: bool,
}

/// The program's own files and directories.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    /// Configuration files.
    pub(crate) files: Vec<PathBuf>,
    /// Cache files, beside which are locks, temporary and broken files.
    pub(crate) caches: Vec<PathBuf>,
    /// Directories in which configuration is searched.
    pub(crate) directories: Vec<PathBuf>,
}

/// What a run may do with the files of the caller.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileAccess {
    /// Each of them restricts the others. Without any, nothing is allowed.
    pub(crate) rules: Vec<FileRule>,
    pub(crate) own: Own,
    /// Whether a person at a terminal chose the file.
    pub(crate) has_person: bool,
    pub(crate) working_directory: Option<PathBuf>,
    pub(crate) home: Option<PathBuf>,
}

impl FileAccess {
    /// Opens a regular file that is sent or printed. Errors name the parameter.
    pub(crate) fn open(&self, given: &str, parameter: &Parameter) -> Result<File> {
        let unreadable = |e: std::io::Error| {
            Problem::usage(phrase![name(parameter), format!(": cannot read {given}: {e}")])
                .hint("Give the path of a regular file that you can read.")
        };
        check_home(given, parameter)?;
        let absolute = self.absolute(given).map_err(unreadable)?;
        let walk = Walk::to(&absolute).map_err(unreadable)?;
        let real = walk.real();
        if walk.through_system || walk::is_system(&real) {
            return Err(system_file(given));
        }
        if !self.has_person {
            let directory = absolute.parent().unwrap_or(&absolute);
            self.check(&real, given, directory)?;
        }
        let file = walk.open_file().map_err(unreadable)?;
        if walk::is_of_system(&file) {
            return Err(system_file(given));
        }
        if self.own.contains(&file, &real) {
            return Err(own_file(given));
        }
        Ok(file)
    }

    /// Judges a directory in which files are saved. Nothing is created yet.
    pub(crate) fn destination(&self, given: &str, parameter: &'static Parameter) -> Result<Destination> {
        check_home(given, parameter)?;
        let destination = Destination { access: self.clone(), given: given.to_owned(), parameter };
        destination.walk().map(|_| destination)
    }

    /// An error unless every source allows this path, on which nothing hidden may be below the allowed directory.
    fn check(&self, real: &Path, given: &str, directory: &Path) -> Result<()> {
        let allows = |rule: &&FileRule| rule.roots.iter().any(|root| self.is_below(root, real));
        match self.rules.iter().find(|rule| !allows(rule)) {
            Some(rule) => Err(self.refusal(rule, given, directory)),
            None if self.rules.is_empty() => {
                let rule = FileRule { roots: Vec::new(), source: DEFAULT.to_owned(), is_usual: true };
                Err(self.refusal(&rule, given, directory))
            }
            None => Ok(()),
        }
    }

    fn is_below(&self, root: &Root, real: &Path) -> bool {
        let Ok(place) = Walk::to(&root.path).map(|walk| walk.real()) else { return false };
        let rest = real.strip_prefix(&place).ok();
        rest.is_some_and(|rest| !has_hidden(rest)) && (!root.chosen || self.is_ordinary(&place))
    }

    /// Whether being in this directory is a reason to use its files: it is not hidden, and it is neither the root of
    /// the file system nor above the home directory.
    fn is_ordinary(&self, place: &Path) -> bool {
        if TEMPORARY.iter().any(|temporary| place == Path::new(temporary)) {
            return true;
        }
        let temporary = TEMPORARY.iter().find_map(|temporary| place.strip_prefix(temporary).ok());
        let visible: PathBuf = temporary.map_or(place.to_owned(), |rest| rest.components().skip(1).collect());
        let home = self.home.as_deref().and_then(|home| Walk::to(home).ok()).map(|walk| walk.real());
        let is_above_home = home.is_some_and(|home| home != place && home.starts_with(place));
        place.parent().is_some() && !is_above_home && !has_hidden(&visible)
    }

    /// The absolute path, with the home directory for `~`: a shell does not see the values of `exec`.
    fn absolute(&self, given: &str) -> std::io::Result<PathBuf> {
        let path = Path::new(given);
        if let Ok(rest) = path.strip_prefix("~") {
            let home = self.home.as_ref();
            return home
                .map(|home| home.join(rest))
                .ok_or_else(|| std::io::Error::other("there is no home directory"));
        }
        match &self.working_directory {
            _ if path.is_absolute() => Ok(path.to_owned()),
            Some(directory) => Ok(directory.join(path)),
            None => Err(std::io::Error::other("the working directory is unknown")),
        }
    }

    fn refusal(&self, rule: &FileRule, given: &str, directory: &Path) -> Problem {
        let texts: Vec<&str> = rule.roots.iter().map(|root| root.text.as_str()).collect();
        let allowed = match texts.as_slice() {
            [] => "no files".to_owned(),
            texts => format!("only files in {}, except hidden ones", texts.join(", ")),
        };
        let file = if rule.source == DEFAULT { POLICY_FILE } else { &rule.source };
        let added = plain(directory).display().to_string();
        let list = texts.iter().map(|text| (*text).to_owned()).chain([added]);
        let list: Vec<String> = list.map(|text| Value::from(text).to_string()).collect();
        let rule_text = format!("files = {}", Value::from(texts.clone()));
        Problem::new(Code::PolicyRefused, format!("cannot use {given}: {} allows {allowed}", rule.source))
            .hint(format!("Add the directory to files in [policy] of {file}: files = [{}]", list.join(", ")))
            .detail("rule", rule_text)
            .detail("source", rule.source.as_str())
    }
}

/// A directory in which files are saved.
#[derive(Debug)]
pub(crate) struct Destination {
    access: FileAccess,
    given: String,
    parameter: &'static Parameter,
}

impl Destination {
    /// Opens the directory, and creates it if it is missing.
    pub(crate) fn open(&self) -> Result<OpenDirectory> {
        let directory = self.walk()?.open_directory().map_err(|e| self.unusable(&e))?;
        // A name that was missing may have become a link: what was opened is judged, too.
        self.judge(directory.path())?;
        Ok(directory)
    }

    /// Where a file with this name is, as the directory was given, but for `~`.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        let given = Path::new(&self.given);
        let expanded = given.starts_with("~").then(|| self.access.absolute(&self.given).ok()).flatten();
        expanded.unwrap_or_else(|| given.to_owned()).join(name)
    }

    /// A directory in it.
    pub(crate) fn below(&self, name: &str) -> Destination {
        let given = Path::new(&self.given).join(name).to_string_lossy().into_owned();
        Destination { access: self.access.clone(), given, parameter: self.parameter }
    }

    /// Whether a directory is meant: the path ends with a slash, or there is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        let there = self.access.absolute(&self.given).and_then(fs::metadata);
        self.given.ends_with('/') || there.is_ok_and(|there| there.is_dir())
    }

    /// The directory above and the last name of the path; `None` if it does not end with a name.
    pub(crate) fn parent(&self) -> Option<(Destination, String)> {
        let path = Path::new(&self.given);
        let name = path.file_name()?.to_str()?.to_owned();
        let given = path.parent()?.to_str()?.to_owned();
        Some((Destination { access: self.access.clone(), given, parameter: self.parameter }, name))
    }

    fn walk(&self) -> Result<Walk> {
        let absolute = self.access.absolute(&self.given).map_err(|e| self.unusable(&e))?;
        let walk = Walk::to(&absolute).map_err(|e| self.unusable(&e))?;
        if walk.through_system {
            return Err(system_file(&self.given));
        }
        self.judge(&walk.real())?;
        Ok(walk)
    }

    fn judge(&self, real: &Path) -> Result<()> {
        if walk::is_system(real) {
            return Err(system_file(&self.given));
        }
        if self.access.own.holds(real) {
            return Err(own_file(&self.given));
        }
        let directory = self.access.absolute(&self.given).unwrap_or_else(|_| real.to_owned());
        // A person chooses the directory, but not a hidden one: programs run or read what is in there.
        let is_chosen = self.access.has_person && !has_hidden(real);
        if is_chosen { Ok(()) } else { self.access.check(real, &self.given, &directory) }
    }

    /// The problem if there is a file with this name, which is never replaced.
    pub(crate) fn taken(&self, file: &str) -> Problem {
        let hint =
            phrase!["Set ", name(self.parameter), " to the path of a new file: nothing is overwritten."];
        Problem::new(Code::Conflict, format!("{} already exists", self.path_of(file).display())).hint(hint)
    }

    /// The problem if the directory cannot be opened, or a file in it cannot be created.
    pub(crate) fn unusable(&self, error: &std::io::Error) -> Problem {
        use std::io::ErrorKind as Kind;
        let is_wrong_place = matches!(
            error.kind(),
            Kind::NotFound | Kind::PermissionDenied | Kind::NotADirectory | Kind::Other
        );
        let code = if is_wrong_place { Code::Usage } else { Code::Failed };
        let hint = phrase!["Set ", name(self.parameter), " to a directory that you can write to."];
        let given = if self.given.is_empty() { "the working directory" } else { &self.given };
        Problem::new(code, format!("cannot write to {given}: {error}")).hint(hint)
    }
}

impl Own {
    /// Whether this is one of the own files, under whatever name.
    fn contains(&self, file: &File, real: &Path) -> bool {
        let paths = || self.files.iter().cloned().chain(self.caches.iter().flat_map(|cache| family(cache)));
        let Ok(metadata) = file.metadata() else { return true };
        let own = |path: PathBuf| {
            let same = fs::metadata(&path).is_ok_and(|own| {
                walk::identity(&own).is_some_and(|own| walk::identity(&metadata) == Some(own))
            });
            same || Walk::to(&path).is_ok_and(|walk| walk.real() == real)
        };
        paths().any(own)
    }

    /// Whether the directory is one of the own ones, or in one.
    fn holds(&self, real: &Path) -> bool {
        let resolved = |path: &Path| Walk::to(path).map(|walk| walk.real());
        let is_of_cache = |cache: &PathBuf| {
            let parent = |path: &Path| path.parent().is_some_and(|directory| directory == real);
            resolved(cache).is_ok_and(|cache| parent(&cache))
                || cache.parent().is_some_and(|directory| resolved(directory).is_ok_and(|d| d == real))
        };
        let is_in = |directory: &PathBuf| resolved(directory).is_ok_and(|own| real.starts_with(own));
        self.caches.iter().any(is_of_cache) || self.directories.iter().any(is_in)
    }
}

/// A cache file and its neighbours: the lock, temporary and broken files, beside the link and beside its target.
fn family(cache: &Path) -> Vec<PathBuf> {
    let target = Walk::to(cache).map(|walk| walk.real());
    let mut found = vec![cache.to_owned()];
    for cache in [Some(cache.to_owned()), target.ok()].into_iter().flatten() {
        let (Some(directory), Some(name)) = (cache.parent(), cache.file_name()) else { continue };
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let is_neighbour =
            |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(name.as_encoded_bytes());
        found.extend(entries.filter(is_neighbour).map(|entry| entry.path()));
    }
    found
}

/// Whether any name on the path begins with a dot.
fn has_hidden(path: &Path) -> bool {
    path.components().any(|part| matches!(part, Component::Normal(name) if walk::is_hidden(name)))
}

/// The path without `.` and `..`, for a message.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// Refuses `~name`, the home of another user, which is not known here.
fn check_home(given: &str, parameter: &Parameter) -> Result<()> {
    if !given.starts_with('~') || Path::new(given).starts_with("~") {
        return Ok(());
    }
    Err(Problem::usage(phrase![name(parameter), format!(": {given} names the home of another user")])
        .hint(format!("Write the full path, or ./{given} for a file of that name.")))
}

fn system_file(given: &str) -> Problem {
    Problem::new(Code::PolicyRefused, format!("cannot use {given}: it is not a file on a disk"))
        .hint("Use an ordinary file, or - for stdin.")
        .detail("rule", "files of the system are never used")
}

fn own_file(given: &str) -> Problem {
    Problem::new(Code::PolicyRefused, format!("cannot use {given}: it belongs to mcs-gmail"))
        .hint("Choose another path: the cache and the configuration are never sent or written to.")
        .detail("rule", "own files are never used")
}

#[cfg(test)]
mod tests;
