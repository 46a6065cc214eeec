//! What each search operator means for one message: whole words, places, sizes and dates. The list of operators
//! follows support.google.com/mail/answer/7190.

use super::facts::Facts;
use super::search::Context;
use super::store::Mail;
use super::words;

const FIELDS: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "deliveredto",
    "list",
    "rfc822msgid",
    "filename",
    "is",
    "in",
    "label",
    "category",
    "has",
    "size",
    "larger",
    "smaller",
    "after",
    "newer",
    "before",
    "older",
    "newer_than",
    "older_than",
];

pub(super) fn is_field(name: &str) -> bool {
    FIELDS.contains(&name.to_lowercase().as_str())
}

pub(super) fn matches(field: &str, value: &str, mail: &Mail, context: &Context) -> bool {
    match field {
        "" => mail.with_facts(|facts| words_anywhere(facts, value)),
        "from" => mail.with_facts(|facts| in_people(facts, &["From"], value, context)),
        // Observed: a search for To finds Cc as well.
        "to" => mail.with_facts(|facts| in_people(facts, &["To", "Cc"], value, context)),
        "cc" => mail.with_facts(|facts| in_people(facts, &["Cc"], value, context)),
        "bcc" => mail.with_facts(|facts| in_people(facts, &["Bcc"], value, context)),
        "deliveredto" => mail.with_facts(|facts| in_people(facts, &["Delivered-To"], value, context)),
        "list" => mail.with_facts(|facts| in_headers(facts, &["List-Id"], value)),
        "subject" => mail.with_facts(|facts| in_headers(facts, &["Subject"], value)),
        "filename" => mail.with_facts(|facts| facts.filenames.iter().any(|name| has_words(name, value))),
        "rfc822msgid" => mail.with_facts(|facts| {
            facts.message_id().as_deref() == Some(value.trim_start_matches('<').trim_end_matches('>'))
        }),
        "is" => is(value, mail, context),
        "in" | "label" => in_place(value, mail, context),
        "category" => in_category(value, mail),
        "has" => has(value, mail, context),
        "size" | "larger" => size(value).is_some_and(|limit| mail.size() >= limit),
        "smaller" => size(value).is_some_and(|limit| mail.size() < limit),
        "after" | "newer" => moment(value).is_some_and(|limit| mail.date > limit),
        "before" | "older" => moment(value).is_some_and(|limit| mail.date < limit),
        "newer_than" => age(value).is_some_and(|age| mail.date > context.now - age),
        "older_than" => age(value).is_some_and(|age| mail.date < context.now - age),
        _ => false,
    }
}

fn has_words(hay: &str, needle: &str) -> bool {
    words::contains(&words::split(hay), &words::split(needle))
}

fn words_anywhere(facts: &Facts, value: &str) -> bool {
    in_headers(facts, &["Subject", "From", "To", "Cc", "Bcc"], value)
        || facts.filenames.iter().any(|name| has_words(name, value))
        || has_words(&facts.text, value)
}

fn in_headers(facts: &Facts, names: &[&str], value: &str) -> bool {
    let fields = facts.headers.iter().filter(|(name, _)| names.iter().any(|n| n.eq_ignore_ascii_case(name)));
    fields.into_iter().any(|(_, text)| has_words(text, value))
}

fn in_people(facts: &Facts, names: &[&str], value: &str, context: &Context) -> bool {
    let value = if value.eq_ignore_ascii_case("me") { context.owner } else { value };
    in_headers(facts, names, value)
}

fn is(value: &str, mail: &Mail, context: &Context) -> bool {
    match value.to_lowercase().as_str() {
        "unread" => mail.has("UNREAD"),
        "read" => !mail.has("UNREAD"),
        "starred" => mail.has("STARRED"),
        "important" => mail.has("IMPORTANT"),
        _ => in_place(value, mail, context),
    }
}

fn in_place(value: &str, mail: &Mail, context: &Context) -> bool {
    match value.to_lowercase().as_str() {
        "anywhere" | "all" => true,
        "sent" => mail.has("SENT"),
        "draft" | "drafts" => mail.has("DRAFT"),
        "archive" => !["INBOX", "SENT", "DRAFT", "SPAM", "TRASH"].iter().any(|label| mail.has(label)),
        _ => context.labels.searched(value).is_some_and(|label| mail.has(&label.id)),
    }
}

fn in_category(value: &str, mail: &Mail) -> bool {
    match value.to_uppercase().as_str() {
        "PRIMARY" | "PERSONAL" => {
            mail.has("CATEGORY_PERSONAL") || !mail.labels.iter().any(|label| label.starts_with("CATEGORY_"))
        }
        name => mail.has(&format!("CATEGORY_{name}")),
    }
}

fn has(value: &str, mail: &Mail, context: &Context) -> bool {
    let user_labels = || context.labels.user().any(|label| mail.has(&label.id));
    match value.to_lowercase().as_str() {
        "attachment" => mail.with_facts(|facts| !facts.filenames.is_empty()),
        "userlabels" => user_labels(),
        "nouserlabels" => !user_labels(),
        "yellow-star" => mail.has("STARRED"),
        _ => false,
    }
}

/// Bytes: `1000000`, `500K`, `10M`.
fn size(value: &str) -> Option<usize> {
    let (digits, unit) = match value.to_ascii_uppercase().trim_end_matches('B') {
        text if text.ends_with('K') => (text.trim_end_matches('K').to_string(), 1 << 10),
        text if text.ends_with('M') => (text.trim_end_matches('M').to_string(), 1 << 20),
        text => (text.to_string(), 1),
    };
    digits.parse::<usize>().ok().map(|n| n * unit)
}

/// Epoch milliseconds of epoch seconds, or of a date at midnight Pacific time (documented).
fn moment(value: &str) -> Option<i64> {
    if value.chars().all(|c| c.is_ascii_digit()) {
        return value.parse::<i64>().ok()?.checked_mul(1000);
    }
    let numbers: Option<Vec<i16>> = value.split(['/', '-']).map(|n| n.parse().ok()).collect();
    let (year, month, day) = match numbers?[..] {
        [year, month, day] if year > 31 => (year, month, day),
        [month, day, year] => (year, month, day),
        _ => return None,
    };
    let date = jiff::civil::Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let pacific = jiff::tz::TimeZone::get("America/Los_Angeles")
        .unwrap_or_else(|_| jiff::tz::TimeZone::fixed(jiff::tz::offset(-8)));
    Some(date.to_zoned_datetime(pacific).ok()?.timestamp().as_millisecond())
}

/// Milliseconds of `2d`, `3m` (30 days each) or `1y`.
fn age(value: &str) -> Option<i64> {
    let (number, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let days = match unit {
        "d" => 1,
        "m" => 30,
        "y" => 365,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(days * 86_400_000)
}
