//! Removes invisible characters that serve no purpose in ordinary text.
//!
//! Joiners are kept inside emoji and in scripts that need them, as are direction marks and the three flags that are
//! spelled with tag characters. Every other invisible character is removed and counted.

use super::Removed;

const FLAG: char = '\u{1f3f4}';
/// England, Scotland and Wales: the only tag sequences in general use (Unicode, RGI_Emoji_Tag_Sequence).
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];
const CANCEL_TAG: char = '\u{e007f}';

/// Appends `text` without its invisible characters. Every line end becomes `\n`.
pub(super) fn scrub(text: &str, out: &mut String, removed: &mut Removed) {
    if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t')) {
        out.push_str(text);
        return;
    }
    let mut last = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match verdict(c, last, rest.as_str()) {
            Verdict::Keep => {
                out.push(c);
                last = Some(c);
            }
            Verdict::Line => {
                out.push('\n');
                last = Some('\n');
            }
            Verdict::Flag(len) => {
                let tags = rest.as_str();
                out.push(c);
                out.push_str(&tags[..len]);
                rest = tags[len..].chars();
                last = Some(c);
            }
            Verdict::Silent => {}
            Verdict::Invisible => removed.invisible += 1,
            Verdict::Bidi => removed.bidi += 1,
        }
    }
}

/// Whether any character of the text is visible.
pub(super) fn has_ink(text: &str) -> bool {
    text.chars()
        .any(|c| !c.is_whitespace() && !is_invisible(c) && !is_bidi(c) && !is_joiner(c) && c != '\u{ad}')
}

enum Verdict {
    Keep,
    /// A line end other than `\n`.
    Line,
    /// A flag, followed by this many bytes of tag characters.
    Flag(usize),
    /// Removed without being counted.
    Silent,
    Invisible,
    Bidi,
}

fn verdict(c: char, last: Option<char>, rest: &str) -> Verdict {
    match c {
        '\r' if rest.starts_with('\n') => Verdict::Silent,
        '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Verdict::Line,
        '\n' | '\t' | ' '..='~' => Verdict::Keep,
        // A soft hyphen inside a word is for hyphenation; a run of them is padding.
        '\u{ad}' if last.is_some_and(char::is_alphanumeric) => Verdict::Silent,
        '\u{ad}' => Verdict::Invisible,
        FLAG => flag_tags(rest).map_or(Verdict::Keep, Verdict::Flag),
        _ if is_bidi(c) => Verdict::Bidi,
        _ if is_joiner(c) => keep_if(joins(c, last, rest.chars().next())),
        '\u{fe00}'..='\u{fe0f}' => keep_if(last.is_some_and(|l| !l.is_whitespace() && !is_selector(l))),
        '\u{e0100}'..='\u{e01ef}' => keep_if(last.is_some_and(is_ideograph)),
        _ if is_invisible(c) => Verdict::Invisible,
        _ => Verdict::Keep,
    }
}

fn keep_if(keep: bool) -> Verdict {
    if keep { Verdict::Keep } else { Verdict::Invisible }
}

fn flag_tags(rest: &str) -> Option<usize> {
    let end = rest.find(CANCEL_TAG).filter(|&end| end == 5 * CANCEL_TAG.len_utf8())?;
    let letters: String =
        rest[..end].chars().filter_map(|c| char::from_u32((c as u32).wrapping_sub(0xe0000))).collect();
    FLAGS.contains(&letters.as_str()).then_some(end + CANCEL_TAG.len_utf8())
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether a joiner has its ordinary use here: to shape a letter, or to combine two emoji.
fn joins(c: char, last: Option<char>, next: Option<char>) -> bool {
    let Some(last) = last else { return false };
    let glues = c == '\u{200d}' && is_emoji(last) && next.is_some_and(is_emoji);
    shapes_letters(last) || glues
}

/// Scripts in which joiners change the shape of letters: Arabic, Syriac, Indic scripts and Mongolian.
fn shapes_letters(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1a20}'..='\u{1cff}' | '\u{a840}'..='\u{abff}'
        | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{11fff}')
        && c != '\u{61c}'
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Control characters, blank letters, and Unicode's default-ignorable characters except joiners.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{34f}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
