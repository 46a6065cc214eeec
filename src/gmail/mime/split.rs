//! The parts of a multipart body, by the lines of its boundary (RFC 2046 5.1.1).

use std::ops::Range;

/// Where the parts are, without the line ends that belong to the boundary. A body that is cut off ends its last part.
pub(super) fn split(source: &[u8], body: Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = body.start;
    while at < body.end {
        let rest = &source[at..body.end];
        let end = rest.iter().position(|b| *b == b'\n').map_or(body.end, |length| at + length + 1);
        if let Some(closes) = delimiter(&source[at..end], boundary) {
            parts.extend(open.map(|start| start..without_line_end(source, start, at)));
            if closes {
                return parts;
            }
            open = Some(end);
        }
        at = end;
    }
    parts.extend(open.map(|start| start..body.end));
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
