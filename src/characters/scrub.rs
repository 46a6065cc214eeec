//! Removes characters that serve no purpose in ordinary text, and counts them.
//!
//! What shapes letters and emoji is kept where it does so: joiners, variation selectors, marks of direction, and the
//! three flags that are spelled with tag characters.

use std::borrow::Cow;

use super::{
    is_bidi_control, is_direction_mark, is_invisible, is_joiner, is_line_separator, is_variation_selector,
};

const FLAG: char = '\u{1f3f4}';
/// England, Scotland and Wales: the only tag sequences in general use (Unicode, RGI_Emoji_Tag_Sequence).
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];
const CANCEL_TAG: char = '\u{e007f}';
const KEYCAP: char = '\u{20e3}';

/// How many characters were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scrubbed {
    /// Zero-width, blank, tag and control characters.
    pub(crate) invisible: usize,
    /// Characters that change the direction of text.
    pub(crate) bidi: usize,
}

/// The text without its invisible characters. Every line end becomes `\n`.
pub(crate) fn scrub(text: &str) -> (Cow<'_, str>, Scrubbed) {
    if is_plain(text) {
        return (Cow::Borrowed(text), Scrubbed::default());
    }
    let mut out = String::with_capacity(text.len());
    let removed = scrub_into(text, &mut out);
    (Cow::Owned(out), removed)
}

/// The same, appended to `out`.
pub(crate) fn scrub_into(text: &str, out: &mut String) -> Scrubbed {
    let mut removed = Scrubbed::default();
    if is_plain(text) {
        out.push_str(text);
        return removed;
    }
    let mut last = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match verdict(c, last, rest.as_str(), text) {
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
    removed
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t'))
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

fn verdict(c: char, last: Option<char>, rest: &str, text: &str) -> Verdict {
    let next = || rest.chars().next();
    match c {
        '\r' if rest.starts_with('\n') => Verdict::Silent,
        '\r' | '\u{85}' => Verdict::Line,
        '\n' | '\t' | ' '..='~' => Verdict::Keep,
        // A soft hyphen inside a word is for hyphenation; a run of them is padding.
        '\u{ad}' if last.is_some_and(char::is_alphanumeric) => Verdict::Silent,
        FLAG => flag_tags(rest).map_or(Verdict::Keep, Verdict::Flag),
        _ if is_line_separator(c) => Verdict::Line,
        _ if is_direction_mark(c) && gives_direction(last, next(), text) => Verdict::Keep,
        _ if is_bidi_control(c) => Verdict::Bidi,
        _ if is_joiner(c) => keep_if(joins(c, last, next())),
        _ if is_variation_selector(c) => keep_if(last.is_some_and(|last| varies(c, last, next()))),
        _ if c.is_control() || is_invisible(c) => Verdict::Invisible,
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

/// Whether a mark of direction has its ordinary use here: alone, at the edge of a word, in a text that has letters
/// written from right to left.
fn gives_direction(last: Option<char>, next: Option<char>, text: &str) -> bool {
    let is_mark = |c: Option<char>| c.is_some_and(is_bidi_control);
    let is_rightward = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() && !is_right_to_left(c));
    let within_word = is_rightward(last) && is_rightward(next);
    !is_mark(last) && !is_mark(next) && !within_word && text.contains(is_right_to_left)
}

/// Letters of Hebrew, Arabic and the other scripts written from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        && !is_direction_mark(c)
}

/// Whether a joiner has its ordinary use here: to shape a letter, or to combine two emoji.
fn joins(c: char, last: Option<char>, next: Option<char>) -> bool {
    let Some(last) = last else { return false };
    let glues = c == '\u{200d}' && is_emoji(last) && next.is_some_and(is_emoji);
    shapes_letters(last) || glues
}

/// Whether a variation selector can have a use after this character (Unicode, StandardizedVariants and the
/// Ideographic Variation Database). Selectors in any other place carry hidden data.
fn varies(selector: char, last: char, next: Option<char>) -> bool {
    match selector {
        '\u{fe0e}' | '\u{fe0f}' => {
            is_emoji(last) && !is_variation_selector(last)
                || matches!(last, '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙')
                || (matches!(last, '0'..='9' | '#' | '*') && next == Some(KEYCAP))
        }
        '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e010f}' => is_ideograph(last),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(last, '\u{1820}'..='\u{18aa}'),
        _ => false,
    }
}

/// Scripts in which joiners change the shape of letters: Arabic, Syriac, Indic scripts and Mongolian.
fn shapes_letters(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1a20}'..='\u{1cff}' | '\u{a840}'..='\u{abff}'
        | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{11fff}')
        && !is_invisible(c)
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{27ff}' | '\u{2900}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}
