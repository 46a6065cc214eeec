//! Finds the quoted history in the text of a reply, by the marks of common mail programs, and folds it into one line.
//!
//! It works on lines of text and knows nothing of HTML or messages. In doubt, a line is the sender's own.

mod attribution;
mod header;
mod known;
mod subject;
mod words;

#[cfg(test)]
mod tests;

use self::{
    attribution::attribution,
    header::{blank_lines, header_block, introduction, is_forward},
};
pub(crate) use self::{known::Known, subject::Purpose};

/// A quote of at most this many lines is kept if the sender's own text follows it, which may be an answer to it.
const CONTEXT: usize = 3;

/// The lines `from..to`, which are quoted history. The first `intro` of them introduce it.
struct Span {
    from: usize,
    to: usize,
    intro: usize,
}

/// A text whose history is folded.
pub(crate) struct Folded {
    pub(crate) text: String,
    /// The number of lines that are not shown.
    pub(crate) lines: usize,
    /// Whether some of them have no quote marks, so that answers between them look like the rest.
    pub(crate) unmarked: bool,
}

/// Replaces each block of quoted history by `[quoted text: N lines]`. Text between quotes is kept. A mail that is passed
/// on, or that consists of quotes only, is returned unchanged. If the older messages are known, only their lines are
/// folded of those that have no quote marks.
pub(crate) fn fold_quotes(text: &str, purpose: Purpose, known: Option<&Known>) -> Folded {
    let unchanged = || Folded { text: text.to_owned(), lines: 0, unmarked: false };
    if purpose == Purpose::Forward {
        return unchanged();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len());
    let (mut next, mut folded, mut own, mut unmarked) = (0, 0, false, false);
    let mut spans = spans(&lines, purpose == Purpose::Reply);
    if let Some(known) = known {
        spans = spans.iter().flat_map(|span| known_spans(span, &lines, known)).collect();
    }
    for span in spans {
        let bare = |line: &&str| !line.trim().is_empty() && !is_quoted(line);
        unmarked |= lines[span.from + span.intro..span.to].iter().any(bare);
        own |= push_lines(&mut out, &lines[next..span.from]);
        let count = span.to - span.from;
        folded += count;
        out.push_str(&format!("[quoted text: {count} {}]\n", if count == 1 { "line" } else { "lines" }));
        next = span.to;
    }
    own |= push_lines(&mut out, &lines[next..]);
    if folded == 0 || !own {
        return unchanged();
    }
    out.truncate(out.trim_end().len());
    Folded { text: out, lines: folded, unmarked }
}

/// The parts of a block that have quote marks or are in an older message. A short one is kept if the sender's own text
/// follows it.
fn known_spans(span: &Span, lines: &[&str], known: &Known) -> Vec<Span> {
    let is_own = |at: usize| {
        let marked = at < span.from + span.intro || is_quoted(lines[at]);
        !marked && !known::words(lines[at]).is_empty() && !known.has(lines, at)
    };
    let mut found = Vec::new();
    let mut at = span.from;
    while at < span.to {
        let to = (at..span.to).find(|line| is_own(*line)).unwrap_or(span.to);
        let intro = (span.from + span.intro).saturating_sub(at);
        let is_text = |line: &usize| !lines[*line].trim().is_empty();
        let first = (at..to).find(is_text).unwrap_or(to);
        let last = (at..to).rev().find(is_text).map_or(first, |last| last + 1);
        let is_context = to < span.to && (first..last).filter(is_text).count() <= CONTEXT;
        // What only introduces a mail that is not known is kept with it.
        if last > at + intro && !is_context {
            found.push(Span { from: first, to: last, intro: intro.saturating_sub(first - at) });
        }
        at = to.max(at) + 1;
    }
    found
}

/// Where the older mail begins that a text quotes or passes on, with the lines that introduce it: a byte offset. Quoted
/// lines without an introduction count if there is none.
pub(crate) fn history(text: &str, purpose: Purpose) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut quote = None;
    let introduction = (0..lines.len()).find(|at| {
        let rest = &lines[*at..];
        match Start::of(rest, purpose == Purpose::Reply) {
            Some(Start::Forward) => true,
            Some(Start::Quote) => {
                quote = quote.or((purpose != Purpose::Unknown).then_some(*at));
                false
            }
            Some(start) => purpose != Purpose::Unknown && start.extent(rest, true) > 0,
            None => false,
        }
    });
    let found = introduction.or(quote)?;
    Some(text.split_inclusive('\n').take(found).map(str::len).sum())
}

/// Appends the lines; returns whether any of them is not blank.
fn push_lines(out: &mut String, lines: &[&str]) -> bool {
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    lines.iter().any(|line| !line.trim().is_empty())
}

fn spans(lines: &[&str], replies: bool) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let rest = &lines[at..];
        let (len, intro) = match Start::of(rest, replies) {
            Some(Start::Forward) => break,
            Some(start) => (start.extent(rest, replies), start.intro()),
            None => (0, 0),
        };
        let to = at + len;
        let is_context = (1..=CONTEXT).contains(&len) && has_own_text(&lines[to..], replies);
        if len > 0 && !is_context {
            spans.push(Span { from: at, to, intro });
        }
        at = to.max(at + 1);
    }
    spans
}

/// What begins at a line, apart from the sender's own text.
enum Start {
    /// Lines with quote marks.
    Quote,
    /// Lines that introduce an older mail. `certain` is whether the mail needs no quote marks.
    Introduction { lines: usize, certain: bool },
    /// A mail that is passed on.
    Forward,
}

impl Start {
    fn of(lines: &[&str], replies: bool) -> Option<Start> {
        if lines[0].trim().is_empty() {
            return None;
        }
        if is_quoted(lines[0]) {
            return Some(if header_block(lines, true).is_some() { Start::Forward } else { Start::Quote });
        }
        if let Some(found) = attribution(lines) {
            return Some(Start::Introduction { lines: found.lines, certain: found.certain });
        }
        if let Some(lines) = introduction(lines, replies) {
            return Some(Start::Introduction { lines, certain: true });
        }
        is_forward(lines).then_some(Start::Forward)
    }

    /// The number of lines that introduce an older mail.
    fn intro(&self) -> usize {
        if let Start::Introduction { lines, .. } = self { *lines } else { 0 }
    }

    /// The number of lines of history that begin here.
    fn extent(&self, lines: &[&str], replies: bool) -> usize {
        let &Start::Introduction { lines: intro, certain } = self else { return quoted(lines) };
        let body = intro + blank_lines(&lines[intro..]);
        match &lines[body..] {
            [first, ..] if is_quoted(first) => body + quoted(&lines[body..]),
            [] => 0,
            _ if !certain => 0,
            rest if is_marked(rest, replies) => intro,
            _ => lines.len(),
        }
    }
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Whether the lines of the mail before the next older one have quote marks, so that those without are the sender's.
fn is_marked(lines: &[&str], replies: bool) -> bool {
    let first = (0..lines.len()).find_map(|at| Start::of(&lines[at..], replies));
    matches!(first, Some(Start::Quote))
}

/// The number of lines in a block of `>` lines, including blank lines inside it.
fn quoted(lines: &[&str]) -> usize {
    let mut len = 0;
    for (at, line) in lines.iter().enumerate() {
        if is_quoted(line) {
            len = at + 1;
        } else if !line.trim().is_empty() {
            break;
        }
    }
    len
}

/// Whether the next line that is not blank is the sender's own text, not more history.
fn has_own_text(lines: &[&str], replies: bool) -> bool {
    let rest = &lines[blank_lines(lines)..];
    !rest.is_empty() && Start::of(rest, replies).is_none()
}
