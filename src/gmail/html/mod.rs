//! Converts the HTML of a mail to plain text, without anything that a person would not see.
//!
//! It makes one pass over the tokens, without a tree and without recursion, so deep nesting and large documents
//! do no harm. Everything that is left out (hidden elements, comments, trackers, invisible
//! characters) is counted. It knows nothing of messages, Gmail or the network.

mod color;
mod css;
mod deep;
mod link;
mod page;
mod sheet;
mod stack;
mod style;
mod walk;

#[cfg(test)]
mod tests;

use html5gum::{State, Token, Tokenizer};

use sheet::Sheet;
use walk::Walk;

use crate::characters::{Scrubbed, scrub_into};

type StartTag = html5gum::StartTag<()>;

/// How much was removed because a person would not see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    /// Elements with text that style or markup hides.
    pub(crate) hidden: usize,
    /// HTML comments, including Outlook's conditional comments.
    pub(crate) comments: usize,
    /// One-pixel images.
    pub(crate) trackers: usize,
    /// Zero-width, tag and control characters.
    pub(crate) invisible: usize,
    /// Characters that override the direction of text.
    pub(crate) bidi: usize,
    /// Words of a plain text that says something else than the HTML.
    pub(crate) alternative: usize,
}

impl Removed {
    /// Counts characters that were removed.
    pub(crate) fn characters(&mut self, scrubbed: Scrubbed) {
        self.invisible += scrubbed.invisible;
        self.bidi += scrubbed.bidi;
    }

    pub(crate) fn add(&mut self, other: Removed) {
        self.hidden += other.hidden;
        self.comments += other.comments;
        self.trackers += other.trackers;
        self.invisible += other.invisible;
        self.bidi += other.bidi;
        self.alternative += other.alternative;
    }

    /// The name and count of each kind that was removed. The names are part of the output and never change.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        [
            ("hidden", self.hidden),
            ("comments", self.comments),
            ("trackers", self.trackers),
            ("invisible", self.invisible),
            ("bidi", self.bidi),
            ("alternative", self.alternative),
        ]
        .into_iter()
        .filter(|&(_, count)| count > 0)
    }
}

/// Clean text, and what was removed from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    pub(crate) removed: Removed,
}

/// Converts HTML to text with paragraphs, `# ` headings, lists, `> ` quotes, ` | ` between cells, and `text <url>`
/// for links.
pub(crate) fn to_text(html: &str) -> Rendered {
    let sheet = Sheet::of(html);
    let mut walk = Walk::new(&sheet);
    let mut tokens = Tokenizer::new(html);
    while let Some(Ok(token)) = tokens.next() {
        match token {
            Token::StartTag(tag) => {
                if let Some(state) = raw_text(&tag.name) {
                    tokens.set_state(state);
                }
                walk.open(&tag);
            }
            Token::EndTag(tag) => walk.close(&tag.name),
            Token::String(text) => walk.text(&String::from_utf8_lossy(&text)),
            Token::Comment(comment) => walk.comment(&comment),
            Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    walk.finish()
}

/// Cleans `text/plain`: removes invisible characters, turns line ends into `\n`, and keeps at most two blank lines
/// in a row.
pub(crate) fn clean(text: &str) -> Rendered {
    let mut removed = Removed::default();
    let mut scrubbed = String::with_capacity(text.len());
    removed.characters(scrub_into(text, &mut scrubbed));
    let mut out = String::with_capacity(scrubbed.len());
    let mut blank = 0;
    for line in scrubbed.lines() {
        let line = if line.trim().is_empty() { "" } else { line };
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank <= 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    if !scrubbed.ends_with('\n') {
        out.pop();
    }
    Rendered { text: out, removed }
}

/// The tokenizer state for an element whose content is not markup (WHATWG HTML, 13.2.6.4).
fn raw_text(name: &[u8]) -> Option<State> {
    match name {
        b"title" | b"textarea" => Some(State::RcData),
        b"style" | b"xmp" | b"iframe" | b"noembed" | b"noframes" => Some(State::RawText),
        b"script" => Some(State::ScriptData),
        b"plaintext" => Some(State::PlainText),
        _ => None,
    }
}
