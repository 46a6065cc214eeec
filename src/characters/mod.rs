//! The one table of the characters that nobody sees or that change how a text is displayed: controls, marks of
//! direction, and what Unicode calls default-ignorable.
//!
//! [`scrub()`] cleans text from outside before it is shown. It knows nothing of mail, terminals or JSON.

mod scrub;

#[cfg(test)]
mod tests;

pub(crate) use scrub::{Scrubbed, scrub, scrub_into};

/// Control characters (C0, DEL, C1) and Unicode line separators, which must not reach a header or a line.
pub(crate) fn breaks_header(c: char) -> bool {
    c.is_control() || is_line_separator(c)
}

pub(crate) fn is_line_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Bidirectional embeddings, overrides and isolates, which change the order in which a line is displayed.
pub(crate) fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Marks that give a direction to what is next to them, in names and sentences written from right to left.
pub(crate) fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Unicode's `Bidi_Control`: everything that [`reorders`], and the marks of direction.
pub(crate) fn is_bidi_control(c: char) -> bool {
    reorders(c) || is_direction_mark(c)
}

pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

pub(crate) fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Copies of ASCII that no font shows.
pub(crate) fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Unicode's `Default_Ignorable_Code_Point`, line separators, interlinear annotations, and the letters that are
/// blank. Joiners, variation selectors and bidi controls are among them; controls are not.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether any character of the text is visible.
pub(crate) fn has_ink(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(c))
}

/// Makes text from outside one line: scrubbed, without line breaks, with single spaces.
pub(crate) fn clean_line(text: &str) -> String {
    line(text).0
}

/// Whether a text is one line of ASCII with single spaces already, as most headers are: there is nothing to clean.
pub(crate) fn is_clean_line(text: &str) -> bool {
    let edge = |text: &str| text.starts_with(' ') || text.ends_with(' ');
    text.bytes().all(|b| matches!(b, b' '..=b'~')) && !edge(text) && !text.contains("  ")
}

/// The same, and what was removed.
pub(crate) fn line(text: &str) -> (String, Scrubbed) {
    let (text, removed) = scrub(text);
    (text.split_whitespace().collect::<Vec<_>>().join(" "), removed)
}
