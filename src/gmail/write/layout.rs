//! A message as pieces that are read one after the other, so that a file is never held in memory.

use std::io::{self, Read};

use crate::{
    gmail::{
        enclosure::{Content, MAX_MESSAGE, too_large},
        source::Stretch,
    },
    problem::Result,
};

/// A message whose enclosures are encoded when it is read.
pub(crate) struct Layout<'a> {
    pieces: Vec<Piece<'a>>,
}

pub(crate) enum Piece<'a> {
    Text(Vec<u8>),
    Bytes(&'a [u8]),
    Stretch(&'a Stretch),
    Encoded(&'a Content),
}

impl Piece<'_> {
    fn len(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Stretch(stretch) => stretch.len(),
            Piece::Encoded(content) => content.encoded_len(),
        }
    }

    fn reader(&self) -> Box<dyn Read + '_> {
        match self {
            Piece::Text(text) => Box::new(text.as_slice()),
            Piece::Bytes(bytes) => Box::new(*bytes),
            Piece::Stretch(stretch) => stretch.reader(),
            Piece::Encoded(content) => Box::new(content.encoded()),
        }
    }
}

impl<'a> Layout<'a> {
    /// A message that is complete as it is.
    pub(crate) fn of_bytes(raw: &'a [u8]) -> Self {
        Layout { pieces: vec![Piece::Bytes(raw)] }
    }

    /// An error if the message is larger than Gmail accepts.
    pub(crate) fn of(pieces: Vec<Piece<'a>>) -> Result<Self> {
        let layout = Layout { pieces };
        match layout.len() {
            len if len > MAX_MESSAGE => Err(too_large("the message", len)),
            _ => Ok(layout),
        }
    }
}

impl Layout<'_> {
    /// The length in bytes, for a Content-Length header.
    pub(crate) fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Reads the message from its first byte. The bytes are the same each time, unless a file changed, which is an
    /// error.
    pub(crate) fn reader(&self) -> impl Read + '_ {
        Pieces { rest: self.pieces.iter(), current: Box::new(io::empty()) }
    }
}

struct Pieces<'a> {
    rest: std::slice::Iter<'a, Piece<'a>>,
    current: Box<dyn Read + 'a>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let read = self.current.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            match self.rest.next() {
                Some(piece) => self.current = piece.reader(),
                None => return Ok(0),
            }
        }
    }
}
