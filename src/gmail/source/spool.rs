//! Takes the bytes of a message as they arrive. A large one is written to a file without a name that nobody else can read.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use super::{Source, thinner::Thinner};
use crate::{
    disk::unnamed_file,
    problem::{Code, Problem, Result},
};

/// A message up to this size stays in memory.
const SMALL: usize = 1 << 20;

pub(super) struct Spool<'d> {
    directory: &'d Path,
    /// The message, as long as it is in memory.
    bytes: Vec<u8>,
    stored: Option<Stored>,
    /// Whether no file can be created.
    refused: bool,
}

struct Stored {
    file: File,
    thinner: Thinner,
}

impl Stored {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).map_err(explained)?;
        self.thinner.take(bytes);
        Ok(())
    }
}

impl<'d> Spool<'d> {
    /// `directory` is where the file is if one can be created there; otherwise, it is in the system's temporary directory.
    pub(super) fn new(directory: &'d Path) -> Spool<'d> {
        Spool { directory, bytes: Vec::new(), stored: None, refused: false }
    }

    pub(super) fn finish(self) -> Result<Source> {
        let Some(Stored { file, thinner }) = self.stored else { return Ok(Source::of_bytes(self.bytes)) };
        let (bytes, gaps) = thinner.finish();
        Source::thin(bytes, gaps, file).map_err(|error| {
            Problem::new(Code::Failed, format!("cannot read the temporary file: {error}"))
                .hint("Run the same command again.")
        })
    }
}

impl Write for Spool<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(stored) = &mut self.stored {
            stored.write(bytes)?;
            return Ok(bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > SMALL && !self.refused {
            match unnamed_file(self.directory) {
                Ok(file) => {
                    let mut stored = Stored { file, thinner: Thinner::default() };
                    stored.write(&std::mem::take(&mut self.bytes))?;
                    self.stored = Some(stored);
                }
                // It costs memory then.
                Err(_) => self.refused = true,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn explained(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("temporary file: {error}"))
}
