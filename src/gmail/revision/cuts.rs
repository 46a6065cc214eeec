//! Replaces ranges of bytes by others.

use std::ops::Range;

use crate::{
    gmail::write::{Layout, Piece},
    problem::{Code, Problem, Result},
};

/// What to replace in a message.
pub(super) struct Cuts<'a> {
    raw: &'a [u8],
    cuts: Vec<(Range<usize>, Vec<Piece<'a>>)>,
}

impl<'a> Cuts<'a> {
    pub(super) fn new(raw: &'a [u8]) -> Cuts<'a> {
        Cuts { raw, cuts: Vec::new() }
    }

    pub(super) fn replace(&mut self, range: Range<usize>, pieces: Vec<Piece<'a>>) {
        self.cuts.push((range, pieces));
    }

    pub(super) fn write(&mut self, range: Range<usize>, text: Vec<u8>) {
        self.replace(range, vec![Piece::Text(text)]);
    }

    /// The changed message. Of two overlapping cuts, the outer one counts.
    pub(super) fn pieces(mut self) -> Vec<Piece<'a>> {
        self.cuts.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut pieces = Vec::new();
        let mut at = 0;
        for (range, new) in self.cuts {
            if range.start < at {
                continue;
            }
            pieces.push(Piece::Bytes(&self.raw[at..range.start]));
            pieces.extend(new);
            at = range.end;
        }
        pieces.push(Piece::Bytes(&self.raw[at..]));
        pieces
    }

    pub(super) fn bytes(self) -> Result<Vec<u8>> {
        let layout = Layout::of(self.pieces())?;
        let mut bytes = Vec::with_capacity(usize::try_from(layout.len()).unwrap_or_default());
        std::io::Read::read_to_end(&mut layout.reader(), &mut bytes).map_err(|error| {
            Problem::new(Code::Failed, format!("cannot read an attached file: {error}"))
                .hint("Check the attached files, then run the same command again.")
        })?;
        Ok(bytes)
    }
}
