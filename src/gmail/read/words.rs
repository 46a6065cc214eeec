//! Compares what two texts say, word by word: the plain text of a mail and the text of its HTML.
//!
//! Only letters and digits make a word. Addresses of pages are no words, since a plain text writes out the links that
//! HTML hides behind their text; nor are the marks of lists, quotes and images. In scripts without spaces, two
//! characters that follow each other count as half a word. The time is linear in the length of both texts.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
};

use crate::characters::is_invisible;

/// The weight of a word, and of two characters in a script without spaces.
const WORD: usize = 2;
const PAIR: usize = 1;

/// How many words of a plain text may be missing from its HTML: one for each hundred words of the HTML, within limits.
/// They are too few to say much.
const FEW: usize = 3;
const FEW_IN_LONG_TEXT: usize = 8;

/// What precedes the address of something rather than text.
const SCHEMES: [&str; 4] = ["mailto", "tel", "cid", "callto"];

/// A plain text beside the HTML that a person sees instead.
pub(super) struct Comparison {
    /// Whether the plain text says what the HTML says, and nothing else.
    pub(super) is_same: bool,
    /// The words of the plain text, and its addresses of pages.
    pub(super) words: usize,
}

pub(super) fn compare(plain: &str, html: &str) -> Comparison {
    let mut seen = Words::of(html);
    let (mut shared, mut extra, mut total) = (0, 0, 0);
    let mut reader = Reader::new(plain);
    while let Some(token) = reader.next() {
        let weight = token.weight();
        total += weight;
        match seen.take(&token) {
            Some(Place::Text) => shared += weight,
            Some(Place::Image) => {}
            None => extra += weight,
        }
    }
    let few = WORD * (seen.shown / (100 * WORD)).clamp(FEW, FEW_IN_LONG_TEXT);
    let is_comparable = seen.shown > 0 || plain.split_whitespace().eq(html.split_whitespace());
    Comparison {
        is_same: is_comparable && 2 * shared >= seen.shown && extra <= few,
        words: total.div_ceil(WORD) + reader.links,
    }
}

/// Where a word stands.
#[derive(Clone, Copy)]
enum Place {
    Text,
    /// The description of an image.
    Image,
}

/// The words of a text by their hashes, and how often each is in its text and in descriptions of images.
#[derive(Default)]
struct Words {
    counts: HashMap<u64, (u32, u32)>,
    state: RandomState,
    /// The weight of all words of the text, without descriptions.
    shown: usize,
}

impl Words {
    fn of(text: &str) -> Words {
        let mut words = Words::default();
        let mut reader = Reader::new(text);
        while let Some(token) = reader.next() {
            let count = words.counts.entry(token.hash(&words.state)).or_default();
            if reader.in_image {
                count.1 = count.1.saturating_add(1);
            } else {
                count.0 = count.0.saturating_add(1);
                words.shown += token.weight();
            }
        }
        words
    }

    /// Removes a word once, if it is among the words.
    fn take(&mut self, token: &Token<'_>) -> Option<Place> {
        let (text, image) = self.counts.get_mut(&token.hash(&self.state))?;
        let (count, place) = if *text > 0 { (text, Place::Text) } else { (image, Place::Image) };
        *count = count.checked_sub(1)?;
        Some(place)
    }
}

enum Token<'t> {
    Word(&'t str),
    Pair([char; 2]),
}

impl Token<'_> {
    fn weight(&self) -> usize {
        match self {
            Token::Word(_) => WORD,
            Token::Pair(_) => PAIR,
        }
    }

    fn hash(&self, state: &RandomState) -> u64 {
        let mut hasher = state.build_hasher();
        match self {
            Token::Word(word) => {
                let seen = word.chars().filter(|c| !is_invisible(*c));
                seen.flat_map(char::to_lowercase).for_each(|c| hasher.write_u32(c.into()));
            }
            Token::Pair(pair) => pair.iter().for_each(|c| hasher.write_u32((*c).into())),
        }
        hasher.finish()
    }
}

struct Reader<'t> {
    rest: &'t str,
    /// The character before the rest; `\n` at the start of a line, also after blanks.
    before: char,
    /// The last character of a script without spaces.
    previous: char,
    /// Whether the reader is in the description of an image.
    in_image: bool,
    /// The addresses that were passed.
    links: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Reader { rest: text, before: '\n', previous: '\0', in_image: false, links: 0 }
    }

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let c = self.rest.chars().next()?;
            if is_unspaced(c) {
                self.rest = &self.rest[c.len_utf8()..];
                self.before = c;
                return Some(Token::Pair([std::mem::replace(&mut self.previous, c), c]));
            }
            if !c.is_alphanumeric() {
                self.rest = &self.rest[c.len_utf8()..];
                self.pass(c);
            } else if let Some(word) = self.word() {
                return Some(Token::Word(word));
            }
        }
    }

    fn pass(&mut self, c: char) {
        self.in_image &= c != ']';
        if !(self.before == '\n' && (c.is_whitespace() || c == '>')) {
            self.before = c;
        }
    }

    /// The word at the start of the rest; `None` if it is part of an address or of a mark, which is passed.
    fn word(&mut self) -> Option<&'t str> {
        let is_part = |c: char| (c.is_alphanumeric() || is_invisible(c)) && !is_unspaced(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let before = std::mem::replace(&mut self.before, 'x');
        if is_scheme(word, rest) {
            let is_end = |c: char| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"');
            self.rest = &rest[rest.find(is_end).unwrap_or(rest.len())..];
            self.links += 1;
            return None;
        }
        self.rest = rest;
        if before == '[' && rest.starts_with(':') && word.eq_ignore_ascii_case("image") {
            self.in_image = true;
            return None;
        }
        (!is_number_of_item(before, word, rest)).then_some(word)
    }
}

/// Whether this is the start of an address, as `https://`, `mailto:` or `www.`.
fn is_scheme(word: &str, rest: &str) -> bool {
    let is = |name: &&str| word.eq_ignore_ascii_case(name);
    rest.starts_with("://")
        || (rest.starts_with(':') && SCHEMES.iter().any(is))
        || (rest.starts_with('.') && is(&"www"))
}

/// `1.` at the start of a line, or `[1]`.
fn is_number_of_item(before: char, word: &str, rest: &str) -> bool {
    let is_short = word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit());
    let is_item = before == '\n' && rest.starts_with(['.', ')']);
    is_short && (is_item || (before == '[' && rest.starts_with(']')))
}

/// Letters of the scripts that are written without spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han; and
/// the signs of Braille and of flags, which can spell a text, too.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
        && (c.is_alphanumeric() || matches!(c, '\u{e00}'..='\u{17ff}'))
        || matches!(c, '\u{2801}'..='\u{28ff}' | '\u{1f1e6}'..='\u{1f1ff}')
}
