//! Opens a file in the user's editor and waits until it is closed.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::Path,
    process::Command,
};

/// What every system has, if no editor is chosen.
const USUAL: &str = "if command -v vi >/dev/null 2>&1; then exec vi \"$@\"; else exec nano \"$@\"; fi";

/// `chosen` is a command line, such as `code --wait`; the file becomes its last argument.
#[cfg(unix)]
pub(super) fn edit(path: &Path, chosen: Option<&OsStr>) -> io::Result<()> {
    let line = match chosen {
        Some(line) => {
            let mut line = OsString::from(line);
            line.push(" \"$@\"");
            line
        }
        None => USUAL.into(),
    };
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).arg("sh").arg(path);
    ended(crate::interrupt::left_to_child(|| command.status())?)
}

#[cfg(not(unix))]
pub(super) fn edit(path: &Path, chosen: Option<&OsStr>) -> io::Result<()> {
    let line = chosen.map_or_else(|| "notepad".into(), OsStr::to_string_lossy);
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or("notepad");
    ended(Command::new(program).args(words).arg(path).status()?)
}

fn ended(status: std::process::ExitStatus) -> io::Result<()> {
    match status.code() {
        Some(0) => Ok(()),
        Some(127) => Err(io::Error::other("it was not found")),
        Some(code) => Err(io::Error::other(format!("it ended with exit status {code}"))),
        None => Err(io::Error::other("it was ended by a signal")),
    }
}
