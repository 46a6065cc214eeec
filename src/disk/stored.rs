//! A range of an open file, which several readers read at a time.

use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    sync::Arc,
};

#[derive(Clone, Debug)]
pub(crate) struct StoredRange {
    file: Arc<File>,
    range: Range<u64>,
}

impl StoredRange {
    pub(crate) fn new(file: Arc<File>, range: Range<u64>) -> StoredRange {
        StoredRange { file, range }
    }

    pub(crate) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Reads the range from its start. It is an error if the file has become shorter.
    pub(crate) fn reader(&self) -> impl Read + '_ {
        RangeReader { file: &self.file, left: self.range.clone() }
    }
}

/// Reads at a place of a file, whatever other readers of it do.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, at);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, at);
}

struct RangeReader<'f> {
    file: &'f File,
    left: Range<u64>,
}

impl Read for RangeReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        if most == 0 {
            return Ok(0);
        }
        let read = read_at(self.file, &mut buffer[..most], self.left.start)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left.start += read as u64;
        Ok(read)
    }
}
