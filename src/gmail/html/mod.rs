//! Converts the HTML of a mail to plain text, without anything that a person would not see.
//!
//! It builds the tree that a browser builds ([`tree`]), computes the style of every element ([`cascade`]), and decides
//! from it what a person can see ([`sight`]). Everything that is left out (hidden elements, comments, trackers, invisible
//! characters) is counted. It knows nothing of messages, Gmail or the network.

mod alt;
mod cascade;
mod claim;
mod form;
mod link;
mod page;
mod role;
mod sight;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

use tree::Tree;
use typed_arena::Arena;

pub(crate) use self::claim::{OddLink, registrable};
use crate::characters::{Scrubbed, scrub_into};

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
    /// The links that can mislead.
    pub(crate) links: Vec<OddLink>,
}

/// Converts HTML to text with paragraphs, `# ` headings, lists, `> ` quotes, ` | ` between cells, and `text <url>`
/// for links.
pub(crate) fn to_text(html: &str) -> Rendered {
    let arena = Arena::new();
    let tree = Tree::parse(&arena, html);
    cascade::run(&tree);
    walk::walk(&tree)
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
    Rendered { text: out, removed, links: Vec::new() }
}
