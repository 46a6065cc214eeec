//! Whether a query in Gmail's syntax selects messages or only seems to: `in:anywhere`, `larger:0` and `{a -a}` match
//! everything. Only the form is judged. A term that is not known to be empty counts as a selection, and a query that
//! only excludes (`-from:bob`) does not select.

use jiff::Timestamp;

use super::syntax::Node;

/// Gmail began in 2004, so a query for mail after an earlier year excludes next to nothing.
const FIRST_YEAR: i64 = 2005;
const FIRST_SECOND: i64 = 1_104_537_600;
/// Sizes in bytes that every message exceeds, and that none does.
const TINY: u64 = 200;
const HUGE: u64 = 25_000_000;

/// Whether at least one term of the query restricts what it matches. `now` is in epoch seconds.
pub(super) fn selects(query: &Node, now: i64) -> bool {
    match query {
        Node::All(nodes) => nodes.iter().any(|node| selects(node, now)),
        Node::Any(nodes) => {
            !nodes.is_empty() && !are_opposed(nodes) && nodes.iter().all(|node| selects(node, now))
        }
        // An exclusion: `-a` matches all but a few.
        Node::Not(_) | Node::Unread => false,
        Node::Term { field, value } => term_selects(field, value, now),
    }
}

/// Whether two of the alternatives are opposites.
fn are_opposed(choices: &[Node]) -> bool {
    let word = |node: &Node| match node {
        Node::Term { field, value } => Some(format!("{field}:{value}")),
        _ => None,
    };
    let words: Vec<String> = choices.iter().filter_map(word).collect();
    words.iter().enumerate().any(|(at, one)| words[..at].iter().any(|other| opposite(one, other)))
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

fn term_selects(operator: &str, value: &str, now: i64) -> bool {
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
    use super::super::syntax::parse;

    const NOW: i64 = 1_790_000_000;

    fn selects(query: &str, now: i64) -> bool {
        super::selects(&parse(query), now)
    }

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
