//! Header blocks, which mail programs put above an older mail, and the separators between the mails.

use super::{
    attribution::{attribution, is_address},
    words::{Field, Saying},
};

/// The most lines of a header block, with its blank lines.
const MAX_LINES: usize = 24;
/// In characters.
const MAX_NAME: usize = 32;
/// In bytes. A longer line separates nothing.
const MAX_SEPARATOR: usize = 200;
/// The number of underscores that Outlook puts above a header block, or fewer.
const OUTLOOK_RULE: usize = 20;

/// The number of lines that introduce an older mail: separators, and the header block or attribution after them.
/// `replies` is whether the mail is known to be a reply, which says enough to trust a block without addresses.
pub(super) fn introduction(lines: &[&str], replies: bool) -> Option<usize> {
    let line = lines.first()?;
    let (is_rule, is_original) = (is_rule(line), separator(line) == Some(Saying::Original));
    if !is_rule && !is_original {
        return header_block(lines, replies);
    }
    let after = 1 + blank_lines(&lines[1..]);
    let below = &lines[after..];
    if is_rule {
        let is_outlook = line.trim().trim_matches('_').is_empty() && line.trim().len() >= OUTLOOK_RULE;
        let block = header_block(below, replies).or_else(|| unknown_block(below).filter(|_| is_outlook));
        return block.map(|block| after + block);
    }
    let intro = header_block(below, true).or_else(|| attribution(below).map(|found| found.lines));
    Some(intro.map_or(1, |intro| after + intro))
}

/// Whether the lines below this one are a mail that is passed on.
pub(super) fn is_forward(lines: &[&str]) -> bool {
    let line = lines[0].trim();
    match separator(line) {
        Some(Saying::Forwarded) => true,
        Some(Saying::Original) => false,
        None if !line.ends_with([':', '：']) => false,
        _ => {
            let below = &lines[1 + blank_lines(&lines[1..])..];
            header_block(below, true).is_some()
        }
    }
}

/// The number of lines of the header block at the start of these lines, quoted or not.
pub(super) fn header_block(lines: &[&str], replies: bool) -> Option<usize> {
    let mut block = Block::default();
    let (mut end, mut blank) = (0, 0);
    for (at, line) in lines.iter().take(MAX_LINES).enumerate() {
        let text = unquoted(line);
        if text.is_empty() {
            blank += 1;
            if at == 0 || blank > 2 || block.is_whole() {
                break;
            }
            continue;
        }
        let is_part = match field(text) {
            Some((name, value)) => Field::named(name).is_some_and(|field| block.add(field, value)),
            None => block.last == Some(Field::To) && blank == 0 && text.contains(['@', ';']),
        };
        if !is_part {
            break;
        }
        (end, blank) = (at + 1, 0);
    }
    block.is_header(replies).then_some(end)
}

/// What a header block has so far.
#[derive(Default)]
struct Block {
    last: Option<Field>,
    /// Whether the author has an address.
    from: Option<bool>,
    sent: bool,
    to: bool,
    subject: bool,
}

impl Block {
    /// Whether a line can be the next one of the block.
    fn add(&mut self, field: Field, value: &str) -> bool {
        let is_first = self.last.is_none();
        match field {
            Field::From if self.from.is_none() && !value.is_empty() => self.from = Some(has_address(value)),
            Field::Sent if !self.sent && !value.is_empty() => self.sent = true,
            Field::To if !is_first => self.to = true,
            Field::Subject if !is_first && !self.subject => self.subject = true,
            _ => return false,
        }
        self.last = Some(field);
        true
    }

    fn is_whole(&self) -> bool {
        self.from.is_some() && self.sent && self.to && self.subject
    }

    fn is_header(&self, replies: bool) -> bool {
        let has_address = self.from == Some(true);
        self.sent && (has_address && (self.to || self.subject) || replies && self.is_whole())
    }
}

/// A header block in an unknown language: at least three fields, one with an address and one with a time.
fn unknown_block(lines: &[&str]) -> Option<usize> {
    let is_field =
        |line: &&str| field(unquoted(line)).is_some_and(|(name, _)| !name.contains(char::is_numeric));
    let fields = &lines[..lines.iter().take(8).take_while(|line| is_field(line)).count()];
    let has_time = |line: &&str| {
        let digit = |c: Option<&u8>| c.is_some_and(u8::is_ascii_digit);
        let bytes = line.as_bytes();
        bytes.len() < 400
            && (1..bytes.len()).any(|at| {
                matches!(bytes[at], b':' | b'.') && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1))
            })
    };
    let is_block =
        fields.len() > 2 && fields.iter().any(|line| has_address(line)) && fields.iter().any(has_time);
    is_block.then_some(fields.len())
}

/// The name and the value of a field.
fn field(text: &str) -> Option<(&str, &str)> {
    let (end, colon) = text.char_indices().take(MAX_NAME).find(|(_, c)| matches!(c, ':' | '：'))?;
    let is_frame = |c: char| c.is_whitespace() || matches!(c, '*' | '|');
    let value = text[end + colon.len_utf8()..].trim_matches(is_frame);
    Some((text[..end].trim_matches(is_frame), value))
}

fn has_address(text: &str) -> bool {
    text.len() <= 2_000 && text.split([' ', '<', '>', ';', ',', '\t', '"', '[', '(']).any(is_address)
}

/// The text of a line without quote marks.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || c == '>').trim_end()
}

pub(super) fn blank_lines(lines: &[&str]) -> usize {
    lines.iter().take_while(|line| line.trim().is_empty()).count()
}

fn is_rule_mark(c: char) -> bool {
    matches!(c, '-' | '_' | '=' | '‐' | '‑' | '–' | '—' | '─')
}

/// A line of at least three dashes or underscores.
fn is_rule(line: &str) -> bool {
    let line = unquoted(line);
    (3..=MAX_SEPARATOR).contains(&line.len()) && line.chars().all(|c| matches!(c, '_' | '-' | '—' | '─'))
}

/// What a line of words after at least two dashes says.
fn separator(line: &str) -> Option<Saying> {
    let line = unquoted(line);
    let is_separator = line.len() <= MAX_SEPARATOR
        && line.chars().take(2).filter(|c| is_rule_mark(*c)).count() == 2
        && line.contains(char::is_alphabetic);
    is_separator.then(|| Saying::of(line))
}
