//! `text/enriched` (RFC 1896) and its predecessor `text/richtext` (RFC 1341) as plain text.

use crate::gmail::html::Removed;

/// The text without its commands. What the mail programs that know the type do not show is counted.
pub(super) fn plain(text: &str, mime: &str, removed: &mut Removed) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut rest, mut is_filled) = (text, true);
    while let Some(start) = rest.find('<') {
        push(&mut plain, &rest[..start], is_filled);
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('<').filter(|_| mime == "text/enriched") {
            plain.push('<');
            rest = after;
            continue;
        }
        let Some(command) = command(rest) else {
            plain.push('<');
            continue;
        };
        rest = &rest[command.len() + 1..];
        match command.to_ascii_lowercase().as_str() {
            "nl" => plain.push('\n'),
            "lt" => plain.push('<'),
            "np" | "paragraph" | "/paragraph" => plain.push_str("\n\n"),
            "nofill" => is_filled = false,
            "/nofill" => is_filled = true,
            "param" => rest = end(rest, "</param>"),
            "comment" => {
                removed.comments += 1;
                rest = end(rest, "</comment>");
            }
            _ => {}
        }
    }
    push(&mut plain, rest, is_filled);
    plain
}

/// The name before `>`: at most 60 letters, digits and hyphens, and a slash before them.
fn command(text: &str) -> Option<&str> {
    let length = text.bytes().take(62).position(|b| b == b'>')?;
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let name = text.get(..length)?;
    let letters = name.strip_prefix('/').unwrap_or(name);
    (!letters.is_empty() && letters.bytes().all(is_name)).then_some(name)
}

/// What follows an element; nothing if it does not end.
fn end<'t>(text: &'t str, tag: &str) -> &'t str {
    let found = text.as_bytes().windows(tag.len()).position(|at| at.eq_ignore_ascii_case(tag.as_bytes()));
    found.map_or("", |at| &text[at + tag.len()..])
}

/// Appends text. Where it is filled, a line end is a space, and each further one breaks the line.
fn push(plain: &mut String, text: &str, is_filled: bool) {
    if !is_filled {
        return plain.push_str(text);
    }
    let mut breaks = 0;
    for line in text.split('\n') {
        if !line.is_empty() {
            match breaks {
                0 => {}
                1 => plain.push(' '),
                _ => plain.extend(std::iter::repeat_n('\n', breaks - 1)),
            }
            plain.push_str(line);
            breaks = 0;
        }
        breaks += 1;
    }
    // The last piece begins no line.
    match breaks - 1 {
        0 => {}
        1 => plain.push(' '),
        more => plain.extend(std::iter::repeat_n('\n', more - 1)),
    }
}
