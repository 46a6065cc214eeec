//! Paths in the configuration: `~` is the home directory, and any other path must be absolute. A relative one would
//! put the private key into the directory in which the program happens to run.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use super::{
    environment::Environment,
    values::{self, Flaw},
};
use crate::{
    problem::{Problem, Result},
    spec::Form,
};

/// The home directory; `None` if there is none.
pub(super) fn home(environment: &Environment) -> Result<Option<PathBuf>> {
    match environment.bytes("HOME") {
        Some(home) if Path::new(home).is_absolute() => Ok(Some(PathBuf::from(home))),
        Some(home) => Err(Problem::configuration(format!("HOME is not an absolute path: {home:?}"))
            .hint("Set HOME to the full path of your home directory.")),
        None => Ok(dirs::home_dir().filter(|home| home.is_absolute())),
    }
}

/// The absolute path that was given. `subject` names key and source.
pub(super) fn absolute(given: &OsStr, subject: &str, environment: &Environment) -> Result<PathBuf> {
    let given = checked(given, subject)?;
    let path = expanded(given, environment)?;
    if path.is_absolute() {
        return Ok(path);
    }
    Err(Problem::configuration(format!("{subject} is not an absolute path: {given:?}"))
        .hint("Give a path that begins with / or with ~/. Variables such as $HOME are not expanded here."))
}

/// A path on the command line, which may be relative, as for every command.
pub(super) fn typed(given: &Path, subject: &str, environment: &Environment) -> Result<PathBuf> {
    expanded(checked(given.as_os_str(), subject)?, environment)
}

/// The path without blanks around it, if it is not a pasted value of another kind.
fn checked<'g>(given: &'g OsStr, subject: &str) -> Result<&'g OsStr> {
    let trimmed = given.to_str().map_or(given, |text| OsStr::new(text.trim()));
    match values::flaw(&trimmed.to_string_lossy(), Form::Path) {
        Some(Flaw { what, fix }) => Err(Problem::configuration(format!("{subject} {what}")).hint(fix)),
        None => Ok(trimmed),
    }
}

/// The path with the home directory for `~`. `~name`, the home of another user, is not known here.
pub(super) fn expanded(given: &OsStr, environment: &Environment) -> Result<PathBuf> {
    let Ok(rest) = Path::new(given).strip_prefix("~") else { return Ok(PathBuf::from(given)) };
    let home = home(environment)?.ok_or_else(no_home)?;
    // Joining nothing would add a slash.
    Ok(if rest.as_os_str().is_empty() { home } else { home.join(rest) })
}

pub(super) fn no_home() -> Problem {
    Problem::configuration("cannot find a home directory").hint(
        "Set MCS_CACHE_DIR (or the key cache_dir) to the full path of a writable directory, or set HOME.",
    )
}
