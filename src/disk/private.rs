//! What is for one user only: files in the system's temporary directory, with what a person is writing or ids to pass on,
//! and the directory of the cache.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
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

/// Creates a directory and those above it, for their owner only.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
