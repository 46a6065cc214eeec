//! Files for one user only, in the system's temporary directory: what a person is writing, ids to pass on.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
};

use crate::random;

/// Creates a file that nobody else can read, with a name that nobody can guess, and returns its path.
pub(crate) fn create_private(ending: &str, content: &[u8]) -> io::Result<PathBuf> {
    let number = random::bytes().map_err(|problem| io::Error::other(problem.to_string()))?;
    let name = format!("mcsgmail-{:016x}.{ending}", u64::from_be_bytes(number));
    let path = std::env::temp_dir().join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(content)?;
    Ok(path)
}
