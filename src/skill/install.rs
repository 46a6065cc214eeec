//! Puts the files of the skill into a directory. A command that is running there goes on, and what the user added stays:
//! a configuration, other files, and a copy of what was changed.

use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{NAME, Part, TEXTS, VERSION};
use crate::{
    digest,
    disk::{self, Mode, shell_word},
    problem::{Code, Problem, Result},
};

/// What was installed, so that the next version can remove what it no longer has.
const RECORD: &str = ".installed.json";
/// What a directory may contain that has no SKILL.md yet.
const KNOWN: [&str; 6] = [RECORD, "LICENSE", "SKILL.md", "references", "scripts", "config"];
const MAX_SIZE: u64 = 1 << 30;

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    /// The directory, behind a link.
    pub(crate) directory: PathBuf,
    pub(crate) written: Vec<String>,
    pub(crate) unchanged: Vec<String>,
    pub(crate) removed: Vec<String>,
    /// Files that somebody changed, and that are kept under another name.
    pub(crate) kept: Vec<String>,
}

/// Installs the files into the directory, which is created if it is missing.
pub(crate) fn install(directory: &Path, parts: &[Part]) -> Result<Installed> {
    let real = place(directory)?;
    fs::create_dir_all(&real).map_err(|e| unwritable(&real, &e))?;
    // Where directories cannot be locked, two installations write the same files.
    let lock = File::open(&real).ok();
    let _locked = lock.as_ref().map(File::lock);
    let record = Record::read(&real);
    let mut installed = Installed { directory: real.clone(), ..Installed::default() };
    let mut parts: Vec<&Part> = parts.iter().collect();
    // The text comes last: it tells of what the program can do.
    parts.sort_by_key(|part| (part.path == "SKILL.md", !part.path.starts_with("scripts/"), &part.path));
    for part in &parts {
        put(&real, part, &record, &mut installed)?;
    }
    for (path, digest) in &record.0 {
        let is_part = parts.iter().any(|part| part.path == *path);
        if !is_part && digest_of(&real.join(path)) == *digest && fs::remove_file(real.join(path)).is_ok() {
            installed.removed.push(path.clone());
        }
    }
    Record::of(&parts).write(&real).map_err(|e| unwritable(&real.join(RECORD), &e))?;
    installed.written.sort();
    Ok(installed)
}

/// The real directory. One that belongs to something else is refused.
fn place(directory: &Path) -> Result<PathBuf> {
    let shown = directory.display();
    let real = match fs::canonicalize(directory) {
        Ok(real) => real,
        Err(e) if e.kind() == ErrorKind::NotFound && directory.is_symlink() => {
            let what = format!("cannot install into {shown}: it is a symbolic link that leads nowhere");
            return Err(Problem::new(Code::Conflict, what).hint(format!("Run rm {}.", shell_word(directory))));
        }
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(directory.to_owned()),
        Err(e) => return Err(unwritable(directory, &e)),
    };
    let what = if !real.is_dir() {
        "it is not a directory".to_owned()
    } else {
        match fs::read_to_string(real.join("SKILL.md")) {
            Ok(text) if name_of(&text) == Some(NAME) => return Ok(real),
            Ok(text) => format!("it is the skill {}", name_of(&text).unwrap_or("without a name")),
            Err(_) if has_only_known(&real) => return Ok(real),
            Err(_) => "it contains other files and no SKILL.md".to_owned(),
        }
    };
    Err(Problem::new(Code::Conflict, format!("cannot install into {shown}: {what}"))
        .hint("Move it away, or give another directory of skills with --dir."))
}

/// The name in the head of a SKILL.md.
fn name_of(text: &str) -> Option<&str> {
    let head = text.trim_start_matches('\u{feff}').strip_prefix("---")?.split("\n---").next()?;
    let name = head.lines().find_map(|line| line.strip_prefix("name:"))?;
    Some(name.trim().trim_matches(['"', '\'']))
}

/// Whether an installation could have been interrupted here, or somebody put only a configuration here.
fn has_only_known(directory: &Path) -> bool {
    let is_known = |name: &str| {
        let plain = name.trim_start_matches('.');
        KNOWN
            .iter()
            .any(|known| name == *known || plain.starts_with(&format!("{}.", known.trim_start_matches('.'))))
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.into_iter().all(|entry| entry.file_name().to_str().is_some_and(is_known))
}

/// Writes one file, unless it is there already.
fn put(directory: &Path, part: &Part, record: &Record, installed: &mut Installed) -> Result<()> {
    let path = directory.join(&part.path);
    let above = path.parent().unwrap_or(directory);
    fs::create_dir_all(above).map_err(|e| unwritable(above, &e))?;
    // A link in its place would lead the files elsewhere.
    if above.is_symlink() {
        let what = format!("cannot install into {}: it is a symbolic link", above.display());
        return Err(Problem::new(Code::Conflict, what).hint("Replace the link with a directory."));
    }
    clear_temporary(above, &part.path);
    if is_there(&path, part) {
        installed.unchanged.push(part.path.clone());
        return Ok(());
    }
    let is_changed = record.get(&part.path).is_some_and(|digest| {
        let found = digest_of(&path);
        !found.is_empty() && found != *digest && found != digest_of_bytes(&part.content)
    });
    if is_changed {
        let kept = format!("{}.bak", part.path);
        fs::rename(&path, directory.join(&kept)).map_err(|e| unwritable(&path, &e))?;
        installed.kept.push(kept);
    }
    disk::replace(&path, Mode::Usual(part.mode), &part.content).map_err(|e| unwritable(&path, &e))?;
    installed.written.push(part.path.clone());
    Ok(())
}

/// Removes what an installation left that was killed.
fn clear_temporary(directory: &Path, path: &str) {
    let name = path.rsplit('/').next().unwrap_or_default();
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries
        .filter(|entry| entry.file_name().to_str().is_some_and(|found| disk::is_temporary(found, name)))
    {
        let _ = fs::remove_file(entry.path());
    }
}

/// Whether the file has this content, and can be executed if it must be.
fn is_there(path: &Path, part: &Part) -> bool {
    let same = |metadata: Metadata| {
        metadata.len() == part.content.len() as u64 && is_executable(&metadata, part.mode)
    };
    fs::metadata(path).is_ok_and(same) && digest_of(path) == digest_of_bytes(&part.content)
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata, mode: u32) -> bool {
    mode & 0o100 == 0 || std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata, _: u32) -> bool {
    true
}

/// The digest of a file; empty if it cannot be read.
fn digest_of(path: &Path) -> String {
    let read = || disk::read_up_to(disk::open_regular(path)?, MAX_SIZE);
    read().map(|bytes| digest_of_bytes(&bytes)).unwrap_or_default()
}

fn digest_of_bytes(bytes: &[u8]) -> String {
    digest::of_reader(bytes).unwrap_or_default()
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    let code = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory => {
            Code::Configuration
        }
        _ => Code::Failed,
    };
    Problem::new(code, format!("cannot write {}: {error}", path.display())).hint(
        "Make the directory writable and free some space, or give another directory of skills with --dir.",
    )
}

/// The files that an installation wrote, each with its digest.
struct Record(Vec<(String, String)>);

impl Record {
    fn get(&self, path: &str) -> Option<&String> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, digest)| digest)
    }

    /// The record in the directory; empty if there is none. Only paths of the kind that are written are believed.
    fn read(directory: &Path) -> Record {
        let text = fs::read_to_string(directory.join(RECORD)).unwrap_or_default();
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        let entries = document["files"].as_object().into_iter().flatten();
        let entries = entries.filter_map(|(path, digest)| Some((path.clone(), digest.as_str()?.to_owned())));
        Record(entries.filter(|(path, _)| is_of_skill(path)).collect())
    }

    fn of(parts: &[&Part]) -> Record {
        Record(parts.iter().map(|part| (part.path.clone(), digest_of_bytes(&part.content))).collect())
    }

    fn write(&self, directory: &Path) -> io::Result<()> {
        let files: Map<String, Value> =
            self.0.iter().map(|(path, digest)| (path.clone(), digest.clone().into())).collect();
        let text = format!("{:#}\n", json!({"version": VERSION, "files": files}));
        let path = directory.join(RECORD);
        clear_temporary(directory, RECORD);
        if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(());
        }
        disk::replace(&path, Mode::Usual(0o644), text.as_bytes())
    }
}

/// Whether a file of the skill, of whatever version, can have this path.
fn is_of_skill(path: &str) -> bool {
    let name = path.strip_prefix("references/").or(path.strip_prefix("scripts/")).unwrap_or(path);
    let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    is_plain && (name != path || TEXTS.iter().any(|(known, _)| *known == path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_skill_is_in_the_head_of_its_text() {
        assert_eq!(name_of(super::super::SKILL), Some(NAME));
        assert_eq!(name_of("---\nname: \"x\"\n---\nname: y\n"), Some("x"));
        assert_eq!(name_of("# Notes\nname: mcs-gmail\n"), None);
        assert_eq!(name_of("---\ndescription: x\n---\nname: mcs-gmail\n"), None);
    }

    #[test]
    fn a_record_names_only_files_of_the_skill() {
        for path in ["SKILL.md", "references/old.md", "scripts/mcs-gmail-linux-x86_64"] {
            assert!(is_of_skill(path), "{path}");
        }
        for path in
            ["config.toml", "../x", "references/../../x", "/etc/passwd", "references/", "scripts/.x", "other"]
        {
            assert!(!is_of_skill(path), "{path}");
        }
    }
}
