//! The bytes of a message that is sent on. A message can have 35 MB: the content of its large files is on disk, in a file
//! without a name, while headers and texts are in memory.

mod spool;
mod thinner;

use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    sync::Arc,
};

use self::{spool::Spool, thinner::Gap};
use super::{
    Gmail,
    mime::{Part, Tree, holds_file},
};
use crate::{
    disk::StoredRange,
    problem::{Code, Result},
};

/// A message (RFC 5322).
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Without what is only on disk. The parts are the same.
    bytes: Arc<Vec<u8>>,
    /// What is only on disk, from the first to the last.
    gaps: Vec<Gap>,
    /// The whole message, if there are gaps.
    file: Option<Arc<File>>,
}

/// Some bytes of a message, in memory or on disk.
#[derive(Clone, Debug)]
pub(crate) enum Stretch {
    Memory(Arc<Vec<u8>>, Range<usize>),
    Disk(StoredRange),
}

impl Gmail<'_> {
    /// The bytes of a message.
    pub(super) fn source(&self, id: &str) -> Result<Source> {
        let mut backoff = self.http.backoff();
        loop {
            let mut spool = Spool::new(&self.directory);
            let outcome = self.copy_message(id, &mut spool).and_then(|()| spool.finish());
            match outcome {
                Err(p) if p.code() == Code::Temporary && backoff.again_after(&p) => {}
                outcome => return outcome,
            }
        }
    }
}

impl Source {
    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Source {
        Source { bytes: Arc::new(bytes), gaps: Vec::new(), file: None }
    }

    /// A message without what is in its gaps, and the whole of it. Where a gap is not in the content of a file, there are
    /// no gaps.
    fn thin(bytes: Vec<u8>, gaps: Vec<Gap>, file: File) -> io::Result<Source> {
        let file = Arc::new(file);
        if are_in_files(&gaps, &bytes) {
            return Ok(Source { bytes: Arc::new(bytes), gaps, file: Some(file) });
        }
        let length = file.metadata()?.len();
        let mut whole = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        StoredRange::new(file, 0..length).reader().read_to_end(&mut whole)?;
        Ok(Source::of_bytes(whole))
    }

    /// The message. Of large files, it has no more than the beginning and the end.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What the message has in this range of [`Source::bytes`], with everything that is only on disk.
    pub(crate) fn stretch(&self, range: Range<usize>) -> Stretch {
        match &self.file {
            Some(file) => {
                let range = self.place(range.start)..self.place(range.end);
                Stretch::Disk(StoredRange::new(file.clone(), range))
            }
            None => Stretch::Memory(self.bytes.clone(), range),
        }
    }

    /// Where a byte in memory is on disk. No gap is at the beginning or the end of a part.
    fn place(&self, at: usize) -> u64 {
        let before = self.gaps.iter().take_while(|gap| gap.at < at);
        at as u64 + before.map(|gap| gap.length).sum::<u64>()
    }

    /// Whether a part is in the message itself, and not in an attached message that was encoded.
    pub(crate) fn has(&self, part: Part<'_>) -> bool {
        std::ptr::eq(part.source(), self.bytes.as_slice())
    }
}

impl Stretch {
    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Stretch {
        let range = 0..bytes.len();
        Stretch::Memory(Arc::new(bytes), range)
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Stretch::Memory(_, range) => range.len() as u64,
            Stretch::Disk(stored) => stored.len(),
        }
    }

    pub(crate) fn reader(&self) -> Box<dyn Read + '_> {
        match self {
            Stretch::Memory(bytes, range) => Box::new(&bytes[range.clone()]),
            Stretch::Disk(stored) => Box::new(stored.reader()),
        }
    }
}

/// Whether each gap is within the body of a file, as the parts of the message are read.
fn are_in_files(gaps: &[Gap], bytes: &[u8]) -> bool {
    let tree = Tree::parse(bytes);
    let is_file = |part: &Part<'_>| {
        std::ptr::eq(part.source(), bytes)
            && part.children().len() == 0
            && holds_file(part.source(), part.fields())
    };
    let mut files: Vec<Range<usize>> = tree.parts().filter(is_file).map(Part::body_range).collect();
    files.sort_by_key(|range| range.start);
    gaps.iter().all(|gap| {
        let after = files.partition_point(|range| range.start < gap.at);
        after.checked_sub(1).and_then(|at| files.get(at)).is_some_and(|range| gap.at < range.end)
    })
}

#[cfg(test)]
mod tests;
