//! Breaks lines of text between words, or between the characters of scripts without spaces. Quote marks and indentation
//! continue on the next line. A word that is wider than the line, such as a link, is broken anywhere: a terminal would
//! continue it in the first column.

use unicode_width::UnicodeWidthChar;

use super::styled::width;

const TAB: usize = 8;
/// Marks and indentation that leave less room than this for words are words themselves.
const NARROWEST: usize = 10;

/// The widths at which mail programs break lines. A longer line is a whole paragraph.
const HARD_WRAPPED: std::ops::RangeInclusive<usize> = 60..=100;

/// The lines that a line of text becomes.
pub(super) fn wrapped(line: &str, columns: Option<usize>) -> Vec<String> {
    broken(&without_tabs(line), columns, Words::Broken).1
}

/// The same for a text of ours, whose links stay whole.
pub(super) fn wrapped_at_words(line: &str, columns: Option<usize>) -> Vec<String> {
    broken(&without_tabs(line), columns, Words::Whole).1
}

/// The same, broken only where the width ends: for source code.
pub(super) fn chopped(line: &str, columns: Option<usize>) -> Vec<String> {
    let line = without_tabs(line);
    let Some(columns) = columns else { return vec![line] };
    let mut parts = Vec::new();
    let mut rest = line.as_str();
    while let Some(end) = end_of(rest, columns) {
        let (part, later) = rest.split_at(end);
        parts.push(part.to_owned());
        rest = later;
    }
    parts.push(rest.to_owned());
    parts
}

/// What becomes of words that are wider than a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Broken,
    Whole,
}

/// What stands in front of the later ones, and the lines.
fn broken(line: &str, columns: Option<usize>, words: Words) -> (String, Vec<String>) {
    let Some(columns) = columns.filter(|columns| width(line) > *columns) else {
        return (String::new(), vec![line.to_owned()]);
    };
    let lead = lead(line);
    let (first, text) = line.split_at(lead);
    let next = continued(first);
    let room = columns.saturating_sub(width(&next).max(width(first)));
    let (first, text, next, room) =
        if room < NARROWEST { ("", line, String::new(), columns.max(1)) } else { (first, text, next, room) };
    let mut lines = Vec::new();
    let mut current = String::new();
    for mut piece in pieces(text) {
        if !current.is_empty() && width(&current) + width(piece.trim_end()) > room {
            lines.push(std::mem::take(&mut current));
        }
        while words == Words::Broken
            && let Some(end) = end_of(piece.trim_end(), room)
        {
            lines.push(piece[..end].to_owned());
            piece = &piece[end..];
        }
        current.push_str(piece);
    }
    lines.push(current);
    let mark = |(at, text): (usize, String)| {
        let lead = if at == 0 { first } else { next.as_str() };
        format!("{lead}{}", text.trim_end())
    };
    let lines = lines.into_iter().enumerate().map(mark).collect();
    (next, lines)
}

/// Where a text must be broken that takes more columns than this: after at least one character, in bytes.
fn end_of(text: &str, columns: usize) -> Option<usize> {
    let mut used = 0;
    let over = |&(at, c): &(usize, char)| {
        used += c.width().unwrap_or(0);
        used > columns && at > 0
    };
    text.char_indices().find(over).map(|(at, _)| at)
}

/// The lines of a text, broken where they are too wide. What is left of a line that a mail program had broken continues
/// in the next one of its paragraph.
pub(super) fn flowed<'l>(lines: impl Iterator<Item = &'l str>, columns: Option<usize>) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    // The start of a line to come, and its lead.
    let mut rest: Option<(String, String)> = None;
    for line in lines {
        let line = without_tabs(line);
        let mut whole = line.clone();
        if let Some((mark, words)) = rest.take() {
            let at = lead(&line);
            if continued(&line[..at]) == mark && line[..at].trim_end() == mark.trim_end() && at < line.len() {
                whole = format!("{mark}{words} {}", &line[at..]);
            } else {
                shown.push(mark + &words);
            }
        }
        let (mark, mut parts) = broken(&whole, columns, Words::Broken);
        if parts.len() > 1 && HARD_WRAPPED.contains(&width(&line)) {
            rest =
                parts.pop().map(|last| (mark.clone(), last.strip_prefix(&mark).unwrap_or(&last).to_owned()));
        }
        shown.extend(parts);
    }
    shown.extend(rest.map(|(mark, words)| mark + &words));
    shown
}

/// Whether a line is quoted: it begins with a quote mark.
pub(super) fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// The length of the quote marks, the indentation and the mark of a list at the start of a line, in bytes.
fn lead(line: &str) -> usize {
    let quotes = line.find(|c: char| !matches!(c, ' ' | '>' | '|')).unwrap_or(0);
    let rest = &line[quotes..];
    let number = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let mark = match rest[number..].chars().next() {
        Some('.' | ')') if (1..=3).contains(&number) => number + 1,
        Some(c @ ('-' | '*' | '•' | '·')) if number == 0 => c.len_utf8(),
        _ => return quotes,
    };
    let after = &rest[mark..];
    let blanks = after.len() - after.trim_start_matches(' ').len();
    if blanks == 0 { quotes } else { quotes + mark + blanks }
}

/// What stands in front of the lines that continue one with this lead.
fn continued(lead: &str) -> String {
    let marks = lead.rfind(['>', '|']).map_or(0, |at| at + 1);
    let (quotes, rest) = lead.split_at(marks);
    format!("{quotes}{}", " ".repeat(width(rest)))
}

/// The text in pieces between which it may be broken, each with the blanks after it.
fn pieces(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut last) = (0, ' ');
    for (at, c) in text.char_indices() {
        let after_blank = last == ' ' && c != ' ';
        let is_wide = |c: char| c.width() == Some(2);
        // Punctuation of these scripts is wide as well; it does not begin a line, nor does a bracket end one.
        let opens = matches!(last, '「' | '『' | '（' | '【' | '《' | '〈' | '［');
        let between =
            is_wide(c) && c.is_alphanumeric() && (is_wide(last) || last.is_alphanumeric()) && !opens;
        if at > start && (after_blank || between) {
            found.push(&text[start..at]);
            start = at;
        }
        last = c;
    }
    found.push(&text[start..]);
    found
}

fn without_tabs(line: &str) -> String {
    if !line.contains('\t') {
        return line.to_owned();
    }
    let mut shown = String::new();
    for c in line.chars() {
        match c {
            '\t' => shown.push_str(&" ".repeat(TAB - width(&shown) % TAB)),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{flowed, wrapped};

    #[test]
    fn a_paragraph_of_broken_lines_is_broken_anew() {
        let text = "I am in town on Thursday. Shall we meet at one, at the usual place? I would love to hear\n\
                    about the notes.\n\nMary\n\
                    > I am in town on Thursday. Shall we meet at one, at the usual place? I would\n\
                    > love to hear about the notes.\n- one\n- two";
        assert_eq!(
            flowed(text.split('\n'), Some(60)),
            [
                "I am in town on Thursday. Shall we meet at one, at the usual",
                "place? I would love to hear about the notes.",
                "",
                "Mary",
                "> I am in town on Thursday. Shall we meet at one, at the",
                "> usual place? I would love to hear about the notes.",
                "- one",
                "- two",
            ]
        );
        assert_eq!(flowed(text.split('\n'), None).join("\n"), text);
    }

    #[test]
    fn a_line_is_broken_between_words_and_its_marks_continue() {
        for (line, columns, lines) in [
            ("one two three four", 10, &["one two", "three four"][..]),
            ("> one two three four", 12, &["> one two", "> three four"]),
            (">> > a quoted thing again", 18, &[">> > a quoted", ">> > thing again"]),
            ("  - one two three four", 16, &["  - one two", "    three four"]),
            ("12. one two three four", 16, &["12. one two", "    three four"]),
            ("    one two three four", 16, &["    one two", "    three four"]),
            (
                "see https://example.com/a/very/long/link now",
                20,
                &["see", "https://example.com/", "a/very/long/link now"],
            ),
            ("日本語の文章には空白がない。次の文", 20, &["日本語の文章には空白", "がない。次の文"]),
            ("a\tb", 40, &["a       b"]),
            ("exactly ten", 11, &["exactly ten"]),
            ("-- a rule of words", 12, &["-- a rule of", "words"]),
            ("", 10, &[""]),
        ] {
            assert_eq!(wrapped(line, Some(columns)), lines, "{line}");
            assert_eq!(wrapped(line, None).len(), 1);
        }
    }
}
