//! Files that a run has left: their names and permissions.

use std::{os::unix::fs::PermissionsExt, path::Path, process::Command};

/// The names in a directory, sorted.
pub fn files_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The permission bits, such as 0o600.
pub fn permissions_of(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

pub fn set_permissions(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Copies a file to a place from where it can be executed. Another process does it: a file that a test writes itself may
/// still be open for writing in a process that a parallel test has just forked, and then it cannot be executed.
pub fn install_program(from: impl AsRef<Path>, to: &Path) {
    assert!(Command::new("cp").arg(from.as_ref()).arg(to).status().unwrap().success());
    set_permissions(to, 0o755);
}
