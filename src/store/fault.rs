//! Why the cache cannot be used: problems that name the file, its owner and the fix.

use std::{
    io::{self, ErrorKind},
    path::Path,
};

use crate::{
    disk::{shell_word, user},
    problem::{Code, Problem},
};

/// The cause, in the table of causes, of what may be forbidden by a sandbox.
const NOT_WRITABLE: &str = "cache_not_writable";
const ELSEWHERE: &str =
    "Set MCS_CACHE_DIR (or the key cache_dir) to a directory that this user can write to.";

/// An error of the operating system about this path.
pub(super) fn unusable(path: &Path, error: &io::Error) -> Problem {
    let message = format!("cannot use the cache at {}: {error}", path.display());
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Problem::new(Code::Failed, message)
                .hint("Free some space on that file system, then run the same command again.")
        }
        ErrorKind::PermissionDenied => match (owner(path), shell_word(path)) {
            // Only files get this hint: a directory can be a system's own.
            (Some(owner), word) if path.is_file() => Problem::configuration(format!(
                "{message}; the file belongs to {owner}"
            ))
            .hint(format!("Run sudo chown \"$(id -u)\" {word}, or remove the file with rm -f {word}.")),
            (Some(owner), _) => not_writable(format!("{message}; it belongs to {owner}")),
            (None, _) => not_writable(message + &owner_of_directory(path)),
        },
        ErrorKind::ReadOnlyFilesystem => not_writable(message),
        // Ours: a loop of links, or something that is not a file.
        ErrorKind::Other => Problem::configuration(message)
            .hint(format!("Remove {}, or set MCS_CACHE_DIR to another directory.", shell_word(path))),
        _ => Problem::configuration(message).hint(ELSEWHERE),
    }
}

/// A link that leads into a directory which does not exist.
pub(super) fn dangling(link: &Path, directory: &Path) -> Problem {
    Problem::configuration(format!(
        "cannot use the cache at {}: it is a symbolic link into {}, which does not exist",
        link.display(),
        directory.display()
    ))
    .hint(format!("Run mkdir -p {}, or remove the link.", shell_word(directory)))
}

/// Something must be stored and cannot be.
pub(super) fn read_only(what: &str, path: &Path, error: &io::Error) -> Problem {
    let message = format!("cannot store {what}: the cache at {} is not writable: {error}", path.display());
    let denied = error.kind() == ErrorKind::PermissionDenied;
    let owner = if denied { owner_of_directory(path) } else { String::new() };
    if super::file::is_denied(error) {
        return not_writable(message + &owner);
    }
    Problem::configuration(message + &owner).hint(ELSEWHERE)
}

fn not_writable(message: String) -> Problem {
    Problem::configuration(message).hint(ELSEWHERE).caused_by(NOT_WRITABLE)
}

/// To whom the directory of a file belongs, as the end of a sentence, unless it is the current user's.
fn owner_of_directory(path: &Path) -> String {
    let directory = path.ancestors().skip(1).find(|p| p.exists());
    directory.and_then(owner).map_or_else(String::new, |owner| format!("; its directory belongs to {owner}"))
}

/// The user to whom this belongs, unless it is the current one.
fn owner(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        let id = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(path).ok()?);
        (id != rustix::process::geteuid().as_raw()).then(|| user(id))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
