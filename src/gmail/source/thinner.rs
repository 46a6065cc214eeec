//! Leaves the content of files out of a message: the lines of base64 in parts whose type is that of a file, but for the
//! first and the last line. It sees line by line what may be a part, so it can be wrong: whether every gap is in a file is
//! decided by the parts of what is left.

use super::super::mime::{fields, holds_file};

/// A longer line is taken in pieces.
const PIECE: usize = 4096;
/// The most gaps. Real messages have one for each file.
const MOST_GAPS: usize = 10_000;

/// What was left out before a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The byte, among those that were kept.
    pub(super) at: usize,
    pub(super) length: u64,
}

#[derive(Debug)]
pub(super) struct Thinner {
    kept: Vec<u8>,
    gaps: Vec<Gap>,
    place: Place,
    /// The piece of a line that is not complete.
    piece: Vec<u8>,
    /// Whether the next piece begins a line.
    starts: bool,
    /// What is left out at this place, and its last piece, which is kept.
    left_out: u64,
    last: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// In what may be a header that begins here among the bytes that were kept.
    Head(usize),
    Text,
    /// In the body of a file, before its first line.
    FileStart,
    File,
}

impl Default for Thinner {
    fn default() -> Self {
        Thinner {
            kept: Vec::new(),
            gaps: Vec::new(),
            place: Place::Head(0),
            piece: Vec::new(),
            starts: true,
            left_out: 0,
            last: Vec::new(),
        }
    }
}

impl Thinner {
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            for part in line.chunks(PIECE) {
                if self.piece.is_empty() && part.ends_with(b"\n") {
                    self.add(part);
                    continue;
                }
                self.piece.extend_from_slice(part);
                if self.piece.ends_with(b"\n") || self.piece.len() >= PIECE {
                    let piece = std::mem::take(&mut self.piece);
                    self.add(&piece);
                    self.piece = piece;
                    self.piece.clear();
                }
            }
        }
    }

    /// What was kept, and the gaps in it.
    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<Gap>) {
        let piece = std::mem::take(&mut self.piece);
        if !piece.is_empty() {
            self.add(&piece);
        }
        self.close_gap();
        (self.kept, self.gaps)
    }

    /// Takes a line, or a piece of a long one.
    fn add(&mut self, piece: &[u8]) {
        let starts = std::mem::replace(&mut self.starts, piece.ends_with(b"\n"));
        if starts && piece.starts_with(b"--") {
            self.keep(piece);
            self.place = Place::Head(self.kept.len());
            return;
        }
        match self.place {
            Place::Head(start) => {
                self.keep(piece);
                if starts && is_blank(piece) {
                    let (fields, _) = fields(&self.kept, start..self.kept.len());
                    let is_file = self.gaps.len() < MOST_GAPS && holds_file(&self.kept, &fields);
                    self.place = if is_file { Place::FileStart } else { Place::Text };
                }
            }
            Place::Text => self.keep(piece),
            Place::FileStart => {
                self.keep(piece);
                self.place = Place::File;
            }
            // A line end can belong to the boundary below it.
            Place::File if is_blank(piece) && self.gaps.len() < MOST_GAPS => self.keep(piece),
            Place::File if is_base64(piece) => {
                self.left_out += self.last.len() as u64;
                self.last.clear();
                self.last.extend_from_slice(piece);
            }
            // No line like this is in a file.
            Place::File => {
                self.keep(piece);
                self.place = Place::Text;
            }
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        self.close_gap();
        self.kept.extend_from_slice(piece);
    }

    fn close_gap(&mut self) {
        let length = std::mem::take(&mut self.left_out);
        if length > 0 {
            self.gaps.push(Gap { at: self.kept.len(), length });
        }
        self.kept.append(&mut self.last);
    }
}

fn is_blank(piece: &[u8]) -> bool {
    matches!(piece, b"\n" | b"\r\n")
}

fn is_base64(piece: &[u8]) -> bool {
    piece.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\r' | b'\n'))
}
