//! The parts of a multipart body, by the lines of its boundary (RFC 2046 5.1.1).

use std::ops::Range;

/// Where a part is in a multipart.
pub(super) struct Piece {
    /// Where the boundary above the part begins, with the line end that belongs to it.
    pub(super) delimiter: usize,
    /// The part, without the line end that belongs to the boundary below it.
    pub(super) range: Range<usize>,
}

/// The parts. A body that is cut off ends its last part.
pub(super) fn split(source: &[u8], body: Range<usize>, boundary: &[u8]) -> Vec<Piece> {
    let mut parts = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = body.start;
    while at < body.end {
        let rest = &source[at..body.end];
        let end = rest.iter().position(|b| *b == b'\n').map_or(body.end, |length| at + length + 1);
        if let Some(closes) = delimiter(&source[at..end], boundary) {
            let start = open.map_or(body.start, |(_, start)| start);
            let before = without_line_end(source, start, at);
            parts.extend(open.map(|(delimiter, start)| Piece { delimiter, range: start..before }));
            if closes {
                return parts;
            }
            open = Some((before, end));
        }
        at = end;
    }
    parts.extend(open.map(|(delimiter, start)| Piece { delimiter, range: start..body.end }));
    parts
}

/// Whether a line is a boundary, and if so, whether it is the last one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    match rest.trim_ascii_end() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn without_line_end(source: &[u8], start: usize, end: usize) -> usize {
    let bytes = &source[start..end];
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    start + bytes.strip_suffix(b"\r").unwrap_or(bytes).len()
}
