//! What is for one user only: files in the system's temporary directory, with what a person is writing or ids to pass on,
//! and the directory of the cache.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::random;

/// Creates a file that nobody else can read, with a name that nobody can guess, and returns its path.
pub(crate) fn create_private(ending: &str, content: &[u8]) -> io::Result<PathBuf> {
    let path = std::env::temp_dir().join(random_name(ending)?);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(content)?;
    Ok(path)
}

/// Opens a file that has no name, so that nobody else can open it and nothing of it is left. It is in this directory or, if
/// it cannot be there, in the system's temporary directory, which can be in memory.
pub(crate) fn unnamed_file(directory: &Path) -> io::Result<File> {
    unnamed_file_in(directory).or_else(|_| unnamed_file_in(&std::env::temp_dir()))
}

fn unnamed_file_in(directory: &Path) -> io::Result<File> {
    let path = directory.join(random_name("tmp")?);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // FILE_FLAG_DELETE_ON_CLOSE, and no other handle.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, 0x0400_0000).share_mode(0);
    let file = options.open(&path)?;
    #[cfg(unix)]
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn random_name(ending: &str) -> io::Result<String> {
    let number = random::bytes().map_err(|problem| io::Error::other(problem.to_string()))?;
    Ok(format!("mcsgmail-{:016x}.{ending}", u64::from_be_bytes(number)))
}

/// Creates a directory and those above it, for their owner only.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
