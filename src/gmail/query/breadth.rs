//! Whether a query in Gmail's syntax selects messages or only seems to: `in:anywhere`, `larger:0` and `{a -a}` match
//! everything. Only the form is judged. A term that is not known to be empty counts as a selection, and a query that
//! only excludes (`-from:bob`) does not select.

use jiff::Timestamp;

/// Gmail began in 2004, so a query for mail after an earlier year excludes next to nothing.
const FIRST_YEAR: i64 = 2005;
const FIRST_SECOND: i64 = 1_104_537_600;
/// Sizes in bytes that every message exceeds, and that none does.
const TINY: u64 = 200;
const HUGE: u64 = 25_000_000;
/// Nesting beyond this is not judged, and counts as no selection.
const MAX_DEPTH: usize = 50;

/// Whether at least one term of the query restricts what it matches. `now` is in epoch seconds.
pub(super) fn selects(query: &str, now: i64) -> bool {
    let mut reader = Reader { rest: query, now };
    let mut selective = false;
    while !reader.rest.is_empty() {
        selective |= reader.sequence(None, 0).selective;
        // A closing bracket that closes nothing.
        reader.skip(1);
    }
    selective
}

/// What is known about a part of a query.
#[derive(Default)]
struct Part {
    selective: bool,
    /// The words of its terms, in lower case, if it is one term.
    word: Option<String>,
}

struct Reader<'a> {
    rest: &'a str,
    now: i64,
}

impl Reader<'_> {
    fn skip(&mut self, characters: usize) {
        let end = self.rest.char_indices().nth(characters).map_or(self.rest.len(), |(at, _)| at);
        self.rest = &self.rest[end..];
    }

    /// Terms that must all match, up to a closing bracket or the end. One that selects is enough.
    fn sequence(&mut self, close: Option<char>, depth: usize) -> Part {
        let mut parts = Vec::new();
        while let Some(part) = self.alternatives(close, depth) {
            parts.push(part);
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => Part { selective: parts.iter().any(|part| part.selective), word: None },
        }
    }

    /// Terms joined by `OR`, or a single one.
    fn alternatives(&mut self, close: Option<char>, depth: usize) -> Option<Part> {
        let mut choices = vec![self.term(close, depth)?];
        while self.keyword("OR") {
            choices.extend(self.term(close, depth));
        }
        Some(if choices.len() == 1 { choices.remove(0) } else { any(&choices) })
    }

    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest[word.len()..].starts_with(|c: char| c.is_whitespace() || "({\"".contains(c));
        if found {
            self.rest = &rest[word.len()..];
        }
        found
    }

    fn term(&mut self, close: Option<char>, depth: usize) -> Option<Part> {
        while self.keyword("AND") {}
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        if Some(first) == close || (matches!(first, ')' | '}') && depth == 0) {
            return None;
        }
        match first {
            ')' | '}' => {
                self.skip(1);
                Some(Part::default())
            }
            '-' => {
                self.skip(1);
                // An exclusion: `-a` matches all but a few. Only the opposite of an exclusion could select.
                let inner = self.operand(close, depth).unwrap_or_default();
                Some(Part { selective: false, word: inner.word.map(|word| format!("-{word}")) })
            }
            '+' => {
                self.skip(1);
                self.operand(close, depth).or_else(|| Some(Part::default()))
            }
            _ => self.operand(close, depth),
        }
    }

    /// A group or a word. There is none after a `-` at the end.
    fn operand(&mut self, close: Option<char>, depth: usize) -> Option<Part> {
        match self.rest.chars().next()? {
            c if Some(c) == close || c.is_whitespace() => None,
            '-' | '+' if depth < MAX_DEPTH => self.term(close, depth + 1),
            '(' | '{' if depth >= MAX_DEPTH => {
                self.rest = "";
                Some(Part::default())
            }
            '(' => {
                self.skip(1);
                let part = self.sequence(Some(')'), depth + 1);
                self.skip(1);
                Some(part)
            }
            '{' => {
                self.skip(1);
                let choices: Vec<Part> =
                    std::iter::from_fn(|| self.alternatives(Some('}'), depth + 1)).collect();
                self.skip(1);
                Some(any(&choices))
            }
            _ => Some(self.word(depth)),
        }
    }

    fn word(&mut self, depth: usize) -> Part {
        let mut quoted = false;
        let ends = |c: char| {
            quoted ^= c == '"';
            !quoted && (c.is_whitespace() || "(){}".contains(c))
        };
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let word = word.to_lowercase();
        // `from:(a b)`: the group belongs to the operator.
        if word.ends_with(':') && self.rest.starts_with(['(', '{']) {
            let group = self.rest;
            let part = self.operand(None, depth + 1).unwrap_or_default();
            let inner = &group[..group.len() - self.rest.len()];
            let mut values = inner.split(|c: char| c.is_whitespace() || "(){}".contains(c));
            let selects = |value: &str| term_selects(&format!("{word}{}", value.to_lowercase()), self.now);
            return Part { selective: part.selective && values.any(selects), word: None };
        }
        Part { selective: term_selects(&word, self.now), word: Some(word) }
    }
}

/// Alternatives select only if each of them does, and no two of them are opposites.
fn any(choices: &[Part]) -> Part {
    let words: Vec<&str> = choices.iter().filter_map(|part| part.word.as_deref()).collect();
    let opposed =
        words.iter().enumerate().any(|(at, one)| words[..at].iter().any(|other| opposite(one, other)));
    Part {
        selective: !opposed && !choices.is_empty() && choices.iter().all(|part| part.selective),
        word: None,
    }
}

/// Whether two terms together match every message.
fn opposite(one: &str, other: &str) -> bool {
    const PAIRS: [(&str, &str); 7] = [
        ("is:read", "is:unread"),
        ("has:userlabels", "has:nouserlabels"),
        ("larger:", "smaller:"),
        ("size:", "smaller:"),
        ("after:", "before:"),
        ("newer:", "older:"),
        ("newer_than:", "older_than:"),
    ];
    let is =
        |word: &str, pattern: &str| word == pattern || (pattern.ends_with(':') && word.starts_with(pattern));
    PAIRS.iter().any(|(a, b)| (is(one, a) && is(other, b)) || (is(one, b) && is(other, a)))
}

fn term_selects(word: &str, now: i64) -> bool {
    let (operator, value) = word.split_once(':').unwrap_or(("", word));
    let value = value.trim_matches('"');
    if !value.chars().any(char::is_alphanumeric) {
        return false;
    }
    match operator {
        "" => !matches!(value, "or" | "and" | "not" | "around"),
        "in" | "is" | "label" => !matches!(value, "anywhere" | "all" | "all-mail" | "allmail"),
        "larger" | "size" | "larger_than" => bytes(value).is_some_and(|size| size > TINY),
        "smaller" | "smaller_than" => bytes(value).is_some_and(|size| size < HUGE),
        "newer_than" => days(value).is_some_and(|days| days < 3650),
        "older_than" => days(value).is_some_and(|days| days > 0),
        "after" | "newer" => after(value),
        "before" | "older" => before(value, now),
        _ => true,
    }
}

/// A number of bytes: `500`, `10K`, `2M`.
fn bytes(value: &str) -> Option<u64> {
    let value = value.trim_end_matches('b');
    let (digits, unit) = match value.strip_suffix(['k', 'm']) {
        Some(digits) => (digits, if value.ends_with('k') { 1000 } else { 1_000_000 }),
        None => (value, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// The days of `2d`, `3m` or `1y`.
fn days(value: &str) -> Option<u64> {
    let days = match value.chars().last()? {
        'd' => 1,
        'm' => 30,
        'y' => 365,
        _ => return None,
    };
    value[..value.len() - 1].parse::<u64>().ok()?.checked_mul(days)
}

fn after(value: &str) -> bool {
    match (value.parse::<i64>(), year(value)) {
        (Ok(second), _) => second > FIRST_SECOND,
        (_, Some(year)) => year >= FIRST_YEAR,
        _ => false,
    }
}

fn before(value: &str, now: i64) -> bool {
    match (value.parse::<i64>(), year(value)) {
        (Ok(second), _) => second < now,
        (_, Some(year)) => Timestamp::from_second(now)
            .is_ok_and(|now| year <= i64::from(jiff::tz::TimeZone::UTC.to_datetime(now).year())),
        _ => false,
    }
}

/// The year of `2026/01/31`, `2026-01-31` or `01/31/2026`.
fn year(value: &str) -> Option<i64> {
    let parts: Vec<&str> = value.split(['/', '-']).collect();
    let year = parts.iter().find(|part| part.len() == 4)?;
    (parts.len() == 3).then(|| year.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::selects;

    const NOW: i64 = 1_790_000_000;

    #[test]
    fn a_query_without_a_restricting_term_does_not_select() {
        for query in [
            "",
            " ",
            "*",
            "\"\"",
            "()",
            "{}",
            ".",
            "-",
            "+",
            "OR",
            "AND ",
            "in:anywhere",
            "in:(anywhere)",
            "larger:(0)",
            "IN:ANYWHERE",
            "in:all",
            "(in:anywhere)",
            "((*))",
            "label:all",
            "in:",
            "from:",
            "from:*",
            "subject:()",
            "-in:nothing",
            "--a",
            "-(a b)",
            "-from:bob -in:chats",
            "larger:0",
            "larger:1",
            "size:0",
            "larger:0K",
            "smaller:50M",
            "newer_than:100y",
            "newer_than:4000d",
            "older_than:0d",
            "after:1970/1/1",
            "after:0",
            "after:01/31/1999",
            "before:2099/1/1",
            "before:9999999999",
            "{a -a}",
            "a OR -a",
            "-a OR a",
            "is:read OR is:unread",
            "{is:unread is:read}",
            "{larger:5M smaller:5M}",
            "{after:2020/1/1 before:2020/1/1}",
            "{in:inbox in:anywhere}",
            "a OR *",
            "(a OR -b)",
            "a OR",
            "in:anywhere larger:0 -x",
            ")",
            "} *",
            "has:userlabels or has:nouserlabels",
        ] {
            let expected = query == "a OR";
            assert_eq!(selects(query, NOW), expected, "{query}");
        }
    }

    #[test]
    fn a_query_with_a_restricting_term_selects() {
        for query in [
            "a",
            "from:bob",
            "is:unread",
            "in:inbox",
            "label:work",
            "-a b",
            "in:anywhere from:bob",
            "larger:5M",
            "newer_than:2d",
            "older_than:1y",
            "after:2026/01/01",
            "before:2026/01/01",
            "{a b}",
            "a OR b",
            "(a -b) OR c",
            "subject:(x y)",
            "from:{a b}",
            "\"two words\"",
            "rfc822msgid:1@b",
            "(((a)))",
            "+a",
            "日本",
            "category:promotions",
            "has:attachment",
            "{(a b) c}",
            "AND a",
            "* a",
            ") a",
            "smaller:10K",
        ] {
            assert!(selects(query, NOW), "{query}");
        }
    }

    #[test]
    fn a_deeply_nested_query_is_judged_without_a_deep_stack() {
        assert!(!selects(&"(".repeat(200_000), NOW));
        assert!(!selects(&"-".repeat(200_000), NOW));
        assert!(!selects(&"}".repeat(2_000), NOW));
    }
}
