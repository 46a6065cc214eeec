//! Opens files of which only regular ones are wanted: a pipe, a device or a directory is refused at once, and a file is
//! read up to a limit.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// Opens a regular file for reading. Anything else is an error of the kind `Other`, and never blocks.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    // The first check spares a device the effect of being opened, the second one is about what was opened.
    check_regular(&fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    let file = without_blocking(&mut options).open(path)?;
    check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Adds that opening a pipe does not wait for its other end.
fn without_blocking(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits() as i32);
    }
    options
}

pub(crate) fn check_regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() { Ok(()) } else { Err(io::Error::other("it is not a regular file")) }
}

/// The whole content; an error of the kind `Other` if it is longer than `limit` bytes.
pub(crate) fn read_up_to(file: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it is larger than {limit} bytes")));
    }
    Ok(bytes)
}
