//! The line above a quote that names its author and its time, as in `On 1 May 2024, 10:00, Bob wrote:`.
//!
//! No language is needed: one to three lines that end with a colon and begin with a time, or with an author and a
//! time. Words of known languages only make up for what is missing.

use super::words;
use crate::characters::is_bidi_control;

/// The most lines over which an attribution is wrapped.
const MAX_LINES: usize = 3;
/// In bytes. A longer line is a paragraph.
const MAX_LINE: usize = 400;
/// In bytes. A shorter text names no author and no time.
const SHORTEST: usize = 10;
/// In characters. A line that a mail program wrapped is at least about this long.
const WRAPPED: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attribution {
    pub(super) lines: usize,
    /// Whether it says enough to introduce a text without quote marks.
    pub(super) certain: bool,
}

/// The attribution that begins at the first of these lines. None begins there if it begins further down.
pub(super) fn attribution(lines: &[&str]) -> Option<Attribution> {
    let is_part = |line: &&&str| line.len() <= MAX_LINE && !line.trim().is_empty();
    let most = lines.iter().take(MAX_LINES).take_while(is_part).count();
    let height = 1 + lines[..most].iter().position(|line| is_end(line))?;
    let text = joined(&lines[..height]);
    if text.len() < SHORTEST || text.ends_with("--") {
        return None;
    }
    let words = Words::of(&text);
    if !words.is_attribution() || !(1..height).all(|at| continues(&lines[..at], &lines[at..height])) {
        return None;
    }
    Some(Attribution { lines: height, certain: words.is_certain() })
}

/// Whether a line ends as an attribution does.
fn is_end(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || c == '*' || is_bidi_control(c));
    line.ends_with([':', '：']) || line.ends_with("--")
}

/// The text between two rules, as in `---- On 1 May 2024 10:00 Bob wrote ----`.
fn unruled(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.trim_matches('-').trim();
    (text.starts_with("--") && text.ends_with("--") && !inner.is_empty()).then_some(inner)
}

fn joined(lines: &[&str]) -> String {
    let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let text = text.replace(is_bidi_control, "");
    unruled(&text).map(str::to_owned).unwrap_or(text)
}

/// Whether lines that are an attribution together are none without the first ones, which a mail program separated
/// from the rest.
fn continues(first: &[&str], rest: &[&str]) -> bool {
    let (before, after) = (joined(first), joined(rest));
    let (before, after) = (Words::of(&before), Words::of(&after));
    if after.is_complete() || ends_sentence(first) {
        return false;
    }
    let is_wrapped = first.last().is_some_and(|line| line.trim().chars().count() >= WRAPPED);
    let is_broken = !after.is_attribution();
    let is_time = before.is_time() && (before.starts() || is_broken && before.goes_on());
    is_time || is_broken && (is_wrapped || !after.has_name())
}

/// Whether the last of these lines ends with a full stop that is not that of an abbreviation.
fn ends_sentence(lines: &[&str]) -> bool {
    let last = lines.last().and_then(|line| line.split_whitespace().last()).unwrap_or_default();
    match last.strip_suffix('.') {
        Some(word) => word.chars().count() > 1 && !word.ends_with(char::is_numeric),
        None => last.ends_with(['!', '?', '…', '。', '！', '？', ':', ';']),
    }
}

/// The words of what may be an attribution, and where its marks are among them.
struct Words<'t> {
    text: &'t str,
    words: Vec<&'t str>,
    address: Option<usize>,
    /// The first word with a digit that is not an address.
    digit: Option<usize>,
    /// The last word with a time of day.
    clock: Option<usize>,
    /// Whether there is one date, and at most one time of day.
    is_dated: bool,
}

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Words<'t> {
        let is_gap = |c: char| c.is_whitespace() || matches!(c, '，' | '、' | '،');
        let words: Vec<&str> = text.split(is_gap).filter(|word| !word.is_empty()).collect();
        let address = words.iter().position(|word| is_address(word));
        let (mut digit, mut clock, mut date) = (None, None, Date::default());
        for (at, word) in words.iter().enumerate() {
            if let Some(numbers) = Numbers::of(word) {
                digit = digit.or(Some(at));
                clock = if numbers.is_clock() { Some(at) } else { clock };
                date.add(&numbers);
            }
        }
        Words { text, words, address, digit, clock, is_dated: date.is_whole() }
    }

    fn is_attribution(&self) -> bool {
        self.is_complete() || self.is_undated()
    }

    /// Whether the text names an author and a date where an attribution names them.
    fn is_complete(&self) -> bool {
        let begins_with_time = self.digit.is_some_and(|digit| digit < 3 || digit < 5 && self.starts());
        self.is_dated
            && match self.address {
                Some(_) if begins_with_time => self.clock.is_some() || self.has_verb(),
                Some(address) => self.begins_with_author(address),
                None if begins_with_time => self.has_verb() || self.ends_with_author(),
                None => self.begins_with_verb(),
            }
    }

    /// Whether the text is an attribution that a sender would hardly write by hand.
    fn is_certain(&self) -> bool {
        let is_known = self.address.is_some() || self.starts();
        is_known && self.clock.is_some() && self.is_complete() && self.has_verb()
    }

    /// An attribution without a date: `On Monday Ada wrote:`, `Quoting Bob <bob@example.org>:`.
    fn is_undated(&self) -> bool {
        if self.is_dated || self.words.len() > 8 {
            return false;
        }
        let Some(address) = self.address else {
            let names = self.words.iter().skip(1).filter(|word| is_name(word)).count();
            return names > 1 && self.starts() && self.has_verb();
        };
        let after = self.words.len() - address - 1;
        self.names_before(address) && (after == 0 && self.quotes() || after <= 3 && self.has_verb())
    }

    /// A date and a time of day, perhaps with a name after them, and nothing else.
    fn is_time(&self) -> bool {
        let (Some(digit), Some(clock), true) = (self.digit, self.clock, self.is_dated) else { return false };
        let (before, after) = (&self.words[..digit], &self.words[clock + 1..]);
        let is_day = |word: &&str| !word.contains(':') && (word.chars().count() <= 5 || word.ends_with(','));
        let begins = digit <= 4 && self.starts() || digit <= 1 && before.iter().all(is_day);
        let is_rest = |word: &&str| is_name(word) || is_zone(word) || words::is_verb(word);
        begins && self.address.is_none() && after.iter().all(is_rest)
    }

    /// Whether words follow the time of day, as where a line is broken inside a name.
    fn goes_on(&self) -> bool {
        self.clock.is_some_and(|clock| self.words[clock + 1..].iter().any(|word| !is_zone(word)))
    }

    fn starts(&self) -> bool {
        self.words.first().is_some_and(|word| words::starts_attribution(word))
    }

    fn quotes(&self) -> bool {
        self.words.first().is_some_and(|word| words::is_quoting(word))
    }

    /// An author with an address, then a time: `Bob <bob@example.org>, 1 May 2024 10:00:`.
    fn begins_with_author(&self, address: usize) -> bool {
        let is_next = self.digit == Some(address + 1);
        let says_so = is_next || self.has_verb() || self.quotes() && self.clock.is_some();
        self.names_before(address) && says_so
    }

    /// A name, a verb and a time: `Bob kirjoitti 1.5.2024 klo 10.00:`.
    fn begins_with_verb(&self) -> bool {
        let before = &self.words[..self.digit.unwrap_or(0).min(5)];
        let is_part = |word: &&str| is_name(word) || words::is_verb(word) || words::starts_attribution(word);
        let has_verb = before.iter().any(|word| words::is_verb(word));
        self.clock.is_some() && has_verb && before.iter().all(is_part)
    }

    /// Whether only a name, with or without a word like `from`, stands before the address.
    fn names_before(&self, address: usize) -> bool {
        let is_part = |word: &&str| is_name(word) || words::is_quoting(word);
        (1..=6).contains(&address) && self.words[..address].iter().all(is_part)
    }

    /// A name and at least one other word after the time of day: `09:00 Bob skribis:`.
    fn ends_with_author(&self) -> bool {
        let after = self.clock.map_or(&[][..], |clock| &self.words[clock + 1..]);
        let Some((last, names)) = after.split_last() else { return false };
        let is_verb = last.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_uppercase());
        is_verb && names.len() <= 5 && names.iter().any(|word| is_name(word) && !is_zone(word))
    }

    fn has_verb(&self) -> bool {
        self.words.iter().any(|word| words::is_verb(word)) || words::has_unspaced_verb(self.text)
    }

    fn has_name(&self) -> bool {
        self.words.iter().any(|word| is_name(word) && !is_address(word))
    }
}

/// The numbers of a date, wherever they stand.
#[derive(Default)]
struct Date {
    years: usize,
    days: usize,
    clocks: usize,
}

impl Date {
    fn add(&mut self, numbers: &Numbers) {
        let years = numbers.lengths().filter(|length| *length == 4).count();
        let days = numbers.lengths().filter(|length| *length <= 2).count();
        self.years += years;
        self.clocks += usize::from(numbers.is_clock());
        self.days += if numbers.is_clock() { usize::from(years > 0 && days > 3) } else { days };
    }

    /// A day and a year, or a day, a month and a year of two digits. Two dates or times are no attribution.
    fn is_whole(&self) -> bool {
        let is_date = self.years == 1 && self.days > 0 || self.years == 0 && self.days == 3;
        is_date && self.days <= 3 && self.clocks <= 1
    }
}

/// The runs of digits in a word: how long each is, and the character after it.
struct Numbers(Vec<(usize, Option<char>)>);

impl Numbers {
    fn of(word: &str) -> Option<Numbers> {
        // An offset from UTC is not a time.
        let is_offset = word.contains('+');
        if is_offset || is_address(word) || !word.contains(char::is_numeric) {
            return None;
        }
        let mut runs: Vec<(usize, Option<char>)> = Vec::new();
        for c in word.chars().filter(|c| !is_bidi_control(*c)) {
            match runs.last_mut() {
                Some((length, None)) if c.is_numeric() => *length += 1,
                _ if c.is_numeric() => runs.push((1, None)),
                Some((_, after @ None)) => *after = Some(c),
                _ => {}
            }
        }
        Some(Numbers(runs))
    }

    fn lengths(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(length, _)| *length)
    }

    /// A time of day in any notation: `9:00`, `09.00`, `9h00`, `9時00分`.
    fn is_clock(&self) -> bool {
        self.0.windows(2).any(|pair| {
            let ((hours, between), (minutes, after)) = (pair[0], pair[1]);
            let is_dotted = between == Some('.') && self.0.len() == 2 && after != Some('.');
            let is_time = matches!(between, Some(':' | '：' | 'h' | '時' | '时' | '시'));
            hours <= 2 && minutes == 2 && (is_time || is_dotted)
        })
    }
}

pub(super) fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(local, domain)| {
        local.ends_with(|c: char| c.is_alphanumeric() || c == '"')
            && domain.starts_with(char::is_alphanumeric)
    })
}

/// Whether a word begins with a capital, or with a letter of a script without them.
fn is_name(word: &str) -> bool {
    let first = word.chars().find(|c| c.is_alphanumeric());
    first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
}

/// `AM`, `GMT+1`, `+0100`, `(CET)`, `Uhr`.
fn is_zone(word: &str) -> bool {
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
    letters.len() <= 5 && letters.iter().all(char::is_ascii_uppercase) || letters == ['U', 'h', 'r']
}
