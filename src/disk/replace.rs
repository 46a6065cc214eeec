//! Replaces a file as a whole: readers see the old content or the new one, and a program that is running goes on.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The permissions of a file that is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// As far as the umask of the user permits.
    Usual(u32),
    /// From the first byte on, whatever the umask is.
    Exact(u32),
}

/// Replaces a file, or creates it. A symbolic link is replaced, not followed. Nothing stays if a step fails.
pub(crate) fn replace(path: &Path, mode: Mode, content: &[u8]) -> io::Result<()> {
    let temporary = beside(path);
    let written = write(&temporary, mode, content).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Whether this is the name of a file that a process left which was killed while it replaced `of`.
pub(crate) fn is_temporary(name: &str, of: &str) -> bool {
    let rest = name.strip_prefix('.').and_then(|rest| rest.strip_prefix(of)?.strip_prefix('.'));
    let number = rest.and_then(|rest| rest.strip_suffix(".tmp"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write(path: &Path, mode: Mode, content: &[u8]) -> io::Result<()> {
    let _ = fs::remove_file(path);
    let mut file = create(path, mode)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(unix)]
fn create(path: &Path, mode: Mode) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let (Mode::Usual(bits) | Mode::Exact(bits)) = mode;
    let file = OpenOptions::new().write(true).create_new(true).mode(bits).open(path)?;
    if let Mode::Exact(bits) = mode {
        file.set_permissions(fs::Permissions::from_mode(bits))?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn create(path: &Path, _: Mode) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_temporary_files_are_taken_for_them() {
        assert!(is_temporary(".SKILL.md.123.tmp", "SKILL.md"));
        for name in [".SKILL.md.tmp", ".SKILL.md..tmp", "SKILL.md.123.tmp", ".SKILL.md.1a.tmp", ".x.123.tmp"]
        {
            assert!(!is_temporary(name, "SKILL.md"), "{name}");
        }
    }
}
