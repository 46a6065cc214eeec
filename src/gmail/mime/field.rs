//! The header fields of a part, as ranges of its bytes.

use std::ops::Range;

use crate::gmail::read::header_text;

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Range<usize>,
    /// The value as it is written, with its line end.
    pub(crate) value: Range<usize>,
    /// Name and value.
    pub(crate) whole: Range<usize>,
}

impl Field {
    /// Whether the field has this name.
    pub(crate) fn is(&self, name: &str, source: &[u8]) -> bool {
        source[self.name.clone()].trim_ascii().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value on one line, not decoded.
    pub(super) fn text(&self, source: &[u8]) -> String {
        header_text(&source[self.value.clone()])
    }
}

/// The fields of the part in this range, and its body. A line without a name is part of the field above it.
pub(in crate::gmail) fn fields(source: &[u8], range: Range<usize>) -> (Vec<Field>, Range<usize>) {
    let mut found: Vec<Field> = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let rest = &source[at..range.end];
        let end = rest.iter().position(|b| *b == b'\n').map_or(range.end, |length| at + length + 1);
        let line = &source[at..end];
        if matches!(line, b"\n" | b"\r\n") {
            return (found, end..range.end);
        }
        let is_fold = matches!(line.first(), Some(b' ' | b'\t'));
        match (line.iter().position(|b| *b == b':').filter(|_| !is_fold), found.last_mut()) {
            (None, Some(field)) => {
                field.value.end = end;
                field.whole.end = end;
            }
            (colon, _) => {
                let name = at..at + colon.unwrap_or_default();
                let value = at + colon.map_or(0, |colon| colon + 1)..end;
                found.push(Field { name, value, whole: at..end });
            }
        }
        at = end;
    }
    (found, range.end..range.end)
}
