//! Replaces header fields in their place.

use mail_builder::headers::Header;

use super::{Changes, cuts::Cuts};
use crate::{
    address::Address,
    gmail::{
        mime::{Part, Tree},
        write::{address_list, subject_header},
    },
    problem::Result,
};

/// The message with the header fields that are named.
pub(super) fn changed(raw: &[u8], changes: &Changes<'_>) -> Result<Vec<u8>> {
    let tree = Tree::parse(raw);
    let mut cuts = Cuts::new(raw);
    let from = changes.from.as_ref().map(std::slice::from_ref);
    let lists = [
        ("From", from),
        ("To", changes.to),
        ("Cc", changes.cc),
        ("Bcc", changes.bcc),
        ("Reply-To", changes.reply_to),
    ];
    for (name, list) in lists {
        if let Some(list) = list {
            set(&mut cuts, tree.root(), name, &addresses(name, list));
        }
    }
    if let Some(subject) = changes.subject {
        set(&mut cuts, tree.root(), "Subject", &field("Subject", &subject_header(subject)));
    }
    cuts.bytes()
}

fn addresses(name: &str, list: &[Address]) -> Vec<u8> {
    if list.is_empty() { Vec::new() } else { field(name, &address_list(list)) }
}

fn field(name: &str, value: &impl Header) -> Vec<u8> {
    let mut field = format!("{name}: ").into_bytes();
    value.write_header(&mut field, name.len() + 2);
    field
}

/// Puts a field in the place of the first one with its name, and removes the others. An empty field removes all.
pub(super) fn set(cuts: &mut Cuts<'_>, part: Part<'_>, name: &str, field: &[u8]) {
    let source = part.source();
    let field = with_line_ends_of(part, field);
    let mut old = part.fields().iter().filter(|old| old.is(name, source));
    match old.next() {
        Some(first) => cuts.write(first.whole.clone(), field),
        None if field.is_empty() => {}
        None => {
            let end = part.head().end;
            let is_open = !part.head().is_empty() && !source[..end].ends_with(b"\n");
            let line_end: &[u8] = if is_open { b"\r\n" } else { b"" };
            cuts.write(end..end, [line_end, &field].concat());
        }
    }
    for repeated in old {
        cuts.write(repeated.whole.clone(), Vec::new());
    }
}

/// Text with the line ends of the header of the part.
pub(super) fn with_line_ends_of(part: Part<'_>, text: &[u8]) -> Vec<u8> {
    let line = part.source()[part.head()].split_inclusive(|b| *b == b'\n').next().unwrap_or_default();
    if !line.ends_with(b"\n") || line.ends_with(b"\r\n") {
        return text.to_vec();
    }
    text.iter()
        .enumerate()
        .filter(|(at, b)| !(**b == b'\r' && text.get(at + 1) == Some(&b'\n')))
        .map(|(_, b)| *b)
        .collect()
}
