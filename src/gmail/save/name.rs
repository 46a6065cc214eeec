//! Names of saved files: any file system accepts them, they cannot lead to another directory, and no shell or program
//! takes them for anything else.

use crate::characters::{breaks_header, is_invisible, reorders};

/// File systems allow 255 bytes. The rest is for a number and a suffix.
pub(super) const LONGEST_NAME: usize = 200;
/// Device names of Windows, with or without an extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
const NUMBERED: [&str; 2] = ["com", "lpt"];
/// Characters with a meaning in paths or shells, or that Windows does not allow in names.
const FORBIDDEN: [char; 22] = [
    '/', '\\', ':', '*', '?', '<', '>', '|', '$', '`', ';', '&', '"', '\'', '‘', '’', '‚', '‛', '“', '”',
    '„', '‟',
];
/// At the beginning of a name, a program takes these for an option or for a home directory.
const NOT_FIRST: [char; 7] = ['-', '~', '‐', '–', '—', '―', '−'];
/// Names that agents, build tools, test runners and Windows read or run by themselves, in lower case.
const READ_BY_PROGRAMS: [&str; 25] = [
    "claude.md",
    "claude.local.md",
    "agents.md",
    "agent.md",
    "agents.override.md",
    "gemini.md",
    "qwen.md",
    "skill.md",
    "copilot-instructions.md",
    "mcs-gmail.toml",
    "config.toml",
    "config.json",
    "makefile",
    "gnumakefile",
    "justfile",
    "package.json",
    "build.rs",
    "conftest.py",
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "autorun.inf",
    "desktop.ini",
    "authorized_keys",
    "web.config",
];

/// A file name that any file system accepts, that cannot lead to another directory, and that no shell or program takes
/// for anything else.
pub(crate) fn safe_name(name: &str) -> String {
    let is_seen = |c: &char| !breaks_header(*c) && !reorders(*c) && !is_invisible(*c);
    let plain = |c: char| if FORBIDDEN.contains(&c) { '_' } else { c };
    let name: String = name.chars().filter(is_seen).map(plain).collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let mut name = if name.is_empty() { "attachment".to_owned() } else { shortened(name) };
    if name.starts_with(NOT_FIRST) {
        let rest: String = name.chars().skip(1).collect();
        name = format!("_{rest}");
    }
    if is_special(&name) { format!("_{name}") } else { name }
}

/// Whether the name is that of a device of Windows, or of a file that a program reads by itself.
fn is_special(name: &str) -> bool {
    let name = name.to_lowercase();
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    READ_BY_PROGRAMS.contains(&name.as_str())
        || RESERVED.contains(&stem)
        || NUMBERED.iter().any(|n| {
            let number = stem.strip_prefix(n).map(|rest| rest.chars().collect::<Vec<_>>());
            matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
        })
}

/// Cuts a name to [`LONGEST_NAME`] bytes and keeps its extension.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let extension = name.rsplit_once('.').map(|(_, e)| e).filter(|e| e.len() <= 16);
    let suffix = extension.map(|e| format!(".{e}")).unwrap_or_default();
    let stem = &name[..name.floor_char_boundary(LONGEST_NAME - suffix.len())];
    format!("{}{suffix}", stem.trim_end_matches(|c: char| c == '.' || c.is_whitespace()))
}
