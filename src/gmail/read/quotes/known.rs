//! The lines of the older messages of a conversation: only these may be folded where the older messages are at hand.
//!
//! Mail programs wrap and mark the lines that they quote, so they are compared word by word.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

/// The number of words in a row by which a line is found again that was wrapped in another way.
const ROW: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Known {
    lines: HashSet<u64>,
    rows: HashSet<u64>,
    hasher: RandomState,
}

impl Known {
    pub(crate) fn add(&mut self, text: &str) {
        let mut all = Vec::new();
        for line in text.lines() {
            let words = words(line);
            if !words.is_empty() {
                self.lines.insert(self.hasher.hash_one(&words));
            }
            all.extend(words);
        }
        self.rows.extend(all.windows(ROW).map(|row| self.hasher.hash_one(row)));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the line at this place is in an older message, perhaps wrapped in another way.
    pub(super) fn has(&self, lines: &[&str], at: usize) -> bool {
        let line = words(lines[at]);
        if self.lines.contains(&self.hasher.hash_one(&line)) || self.has_rows(&line) {
            return true;
        }
        let neighbour = |at: Option<usize>| at.and_then(|at| lines.get(at)).map(|line| words(line));
        let before = neighbour(at.checked_sub(1)).unwrap_or_default();
        let after = neighbour(at.checked_add(1)).unwrap_or_default();
        line.len() < ROW
            && (!before.is_empty() && self.has_rows(&[before, line.clone()].concat())
                || !after.is_empty() && self.has_rows(&[line, after].concat()))
    }

    fn has_rows(&self, words: &[String]) -> bool {
        let mut rows = words.windows(ROW).map(|row| self.hasher.hash_one(row));
        words.len() >= ROW && rows.all(|row| self.rows.contains(&row))
    }
}

/// The words of a line in lower case, without quote marks and the marks of emphasis and links.
pub(super) fn words(line: &str) -> Vec<String> {
    let own = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|'));
    let bare = own.replace(['*', '<', '>', '~'], "").to_lowercase();
    bare.split_whitespace().map(str::to_owned).collect()
}
