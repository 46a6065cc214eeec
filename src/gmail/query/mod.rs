//! Search criteria: Gmail's own syntax is left unchanged, IMAP SEARCH is translated into a Gmail query.
//!
//! `parse` reads the IMAP text into a tree, `term` writes Gmail's syntax, and this file knows what each IMAP key
//! means in Gmail. It makes no requests: the caller acts on folders, labels and ids.

mod breadth;
mod parse;
mod place;
mod syntax;
mod term;
#[cfg(test)]
mod tests;

use jiff::{civil::Date, tz::TimeZone};

use self::{
    parse::{Meaning, SearchKey, SimpleKey, Token},
    place::Places,
    term::Term,
};
use crate::{
    phrase::{Phrase, phrase},
    problem::{Problem, Result},
};

/// Google documents no limit, but the query is part of a URL.
const LONGEST: usize = 2000;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The syntax of the criteria.
///
/// With `Auto`, a text is IMAP if it consists of search keys in upper case, each with its values. An invalid value
/// (`SINCE 31-Feb-2025`, `LARGER big`) is then an error. Any other text is in Gmail's syntax (`ALL hands`,
/// `NOT spam`), unless it has a date key with a date: `SINCE 01-Jan-2025` is certainly meant as IMAP, so the
/// IMAP error is returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Syntax {
    #[default]
    Auto,
    Gmail,
    Imap,
}

/// What to request from Gmail.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// The query in Gmail's syntax.
    pub(crate) q: String,
    /// The criteria ask for spam or trash: request with `includeSpamTrash`.
    pub(crate) spam_trash: bool,
    /// IMAP keys ask for spam or trash, which are outside any folder: omit the label of the folder.
    pub(crate) any_folder: bool,
    /// The query names a place, or has a part that only matches outside the inbox: omit the label of a default folder.
    pub(crate) names_place: bool,
    /// The query names a message by its Message-ID, wherever it is: omit the label of a default folder.
    pub(crate) names_message: bool,
    /// Nothing can match: return an empty list without a request.
    pub(crate) nothing: bool,
    /// The criteria are these message ids: fetch them.
    pub(crate) ids: Option<Vec<String>>,
    /// By its form, the query restricts nothing: it is empty, only excludes, or has only terms such as `in:anywhere`.
    pub(crate) unrestricted: bool,
}

/// Translates criteria. Dates are days in `zone`. `now`, in epoch seconds, is used for `YOUNGER` and `OLDER`.
pub(crate) fn translate(criteria: &str, syntax: Syntax, zone: &TimeZone, now: i64) -> Result<Query> {
    let text = criteria.trim();
    if text.is_empty() || text == "ALL" {
        return Ok(Query { unrestricted: true, ..Query::default() });
    }
    let gmail = || Query { q: criteria.to_owned(), ..Query::default() };
    let (is_imap, query) = match syntax {
        Syntax::Gmail => (false, gmail()),
        Syntax::Imap => match parse::keys(criteria, false) {
            Ok(keys) => (true, Translator { zone, now }.query(&keys)?),
            Err(not_imap) => return Err(not_imap.problem),
        },
        Syntax::Auto => match parse::keys(criteria, true) {
            Ok(keys) => (true, Translator { zone, now }.query(&keys).map_err(or_gmail)?),
            Err(not_imap) if not_imap.certain || has_date(criteria) => {
                return Err(or_gmail(not_imap.problem));
            }
            Err(_) => (false, gmail()),
        },
    };
    Ok(judged(short_enough(query)?, is_imap, now))
}

/// The query with what its form says about the places and the number of the messages.
fn judged(query: Query, is_imap: bool, now: i64) -> Query {
    let tree = syntax::parse(&query.q);
    let places = Places::of(&tree);
    Query {
        spam_trash: places.hidden,
        any_folder: places.hidden && is_imap,
        names_place: places.named,
        names_message: places.message_id,
        unrestricted: query.ids.is_none() && !query.nothing && !breadth::selects(&tree, now),
        ..query
    }
}

/// Adds a hint for a text that was not meant as IMAP.
fn or_gmail(problem: Problem) -> Problem {
    let syntax = Phrase::spelled("--syntax gmail", "\"syntax\": \"gmail\"");
    problem.hint_also(phrase!["If these are words to search for, use ", syntax, "."])
}

fn short_enough(query: Query) -> Result<Query> {
    let length = query.q.chars().count();
    if length <= LONGEST {
        return Ok(query);
    }
    Err(Problem::usage(format!(
        "the search is {length} characters long, but Gmail's limit is about {LONGEST}"
    ))
    .hint("Split it into several searches, or use fewer terms."))
}

/// Whether a date key is followed by a date.
fn has_date(criteria: &str) -> bool {
    let words: Vec<&str> = criteria.split_whitespace().collect();
    words.windows(2).any(|pair| {
        let key = pair[0].trim_start_matches('(');
        let value = pair[1].trim_matches(['"', '(', ')']);
        let parts: Vec<&str> = value.split('-').collect();
        parse::is_date_key(key)
            && parts.len() == 3
            && [parts[0], parts[2]].iter().all(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    })
}

struct Translator<'a> {
    zone: &'a TimeZone,
    now: i64,
}

impl Translator<'_> {
    fn query(&self, keys: &[SearchKey]) -> Result<Query> {
        if let Some(key) = only(keys)
            && let Some(ids) = direct(key)?
        {
            return Ok(Query { ids: Some(ids), ..Query::default() });
        }
        let term = self.all(keys)?;
        Ok(Query { q: term.to_query(), nothing: term == Term::Nothing, ..Query::default() })
    }

    fn all(&self, keys: &[SearchKey]) -> Result<Term> {
        let terms: Result<Vec<Term>> = keys.iter().map(|key| self.term(key)).collect();
        Ok(Term::all(terms?))
    }

    fn term(&self, key: &SearchKey) -> Result<Term> {
        match key {
            SearchKey::List(keys) => self.all(keys),
            SearchKey::Not(key) => Ok(self.term(key)?.not()),
            SearchKey::Or(pair) => Ok(Term::any(vec![self.term(&pair.0)?, self.term(&pair.1)?])),
            SearchKey::Simple(key) => self.simple(key),
        }
    }

    fn simple(&self, key: &SimpleKey) -> Result<Term> {
        match key.meaning {
            Meaning::All => Ok(Term::Everything),
            Meaning::Is(is, isnt) => Ok(Term::word(is, isnt)),
            Meaning::Absent(hint) => Err(key.fault("Gmail has no counterpart").hint(hint)),
            Meaning::Field(operator) => Ok(Term::value(operator, key.value(0))),
            Meaning::Phrase(operator) => Ok(Term::phrase(operator, key.value(0))),
            Meaning::Since => self.since(&key.values[0]),
            Meaning::Before => self.before(&key.values[0]),
            Meaning::On => self.on(&key.values[0]),
            Meaning::Younger => Ok(after(self.ago(&key.values[0])?)),
            Meaning::Older => Ok(before(self.ago(&key.values[0])?)),
            Meaning::Size(operator) => size(operator, &key.values[0]),
            Meaning::Label => Ok(label(key.value(0))),
            Meaning::GmailLabel if key.value(0).starts_with(['\\', '$']) => Ok(label(key.value(0))),
            Meaning::GmailLabel => Ok(own_label(key.value(0))),
            Meaning::NoLabel => Ok(label(key.value(0)).not()),
            Meaning::Header => header(key),
            Meaning::Raw => raw(&key.values[0]),
            Meaning::Uid | Meaning::MessageId | Meaning::Sequence => Err(key
                .fault("ids cannot be combined with other keys")
                .hint("Give only the ids, or search without them.")),
            Meaning::Thread => Err(thread(key)),
        }
    }

    /// IMAP includes the day itself. It is not documented whether Gmail's `after:` includes its second, so the
    /// query starts one second earlier.
    fn since(&self, token: &Token) -> Result<Term> {
        let start = self.midnight(date(token)?, token)?;
        let before = format!("before:{start}");
        Ok(Term::word(&format!("after:{}", (start - 1).max(0)), &before))
    }

    fn before(&self, token: &Token) -> Result<Term> {
        Ok(self.since(token)?.not())
    }

    /// Ends at the next midnight, since a day has 23 or 25 hours when clocks change.
    fn on(&self, token: &Token) -> Result<Term> {
        let day = date(token)?;
        let next = day.tomorrow().map_err(|_| out_of_range(token))?;
        let end = self.midnight(next, token)?;
        Ok(Term::all(vec![self.since(token)?, Term::plain(format!("before:{end}"))]))
    }

    /// Gmail has no times before 1970.
    fn midnight(&self, day: Date, token: &Token) -> Result<i64> {
        let start = day.to_zoned_datetime(self.zone.clone()).map_err(|_| out_of_range(token))?;
        Ok(start.timestamp().as_second().max(0))
    }

    fn ago(&self, token: &Token) -> Result<i64> {
        match token.text.parse::<u32>() {
            Ok(seconds) if seconds > 0 => Ok(self.now.saturating_sub(seconds.into()).max(0)),
            _ => Err(token
                .fault("is not a positive number of seconds")
                .hint("Use seconds, for example YOUNGER 86400 for the last day.")),
        }
    }
}

fn after(second: i64) -> Term {
    Term::plain(format!("after:{second}"))
}

fn before(second: i64) -> Term {
    Term::plain(format!("before:{second}"))
}

/// The only key, without the parentheses around it.
fn only(keys: &[SearchKey]) -> Option<&SimpleKey> {
    match keys {
        [SearchKey::Simple(key)] => Some(key),
        [SearchKey::List(keys)] => only(keys),
        _ => None,
    }
}

/// The message ids of a key that has ids; `None` for any other key.
fn direct(key: &SimpleKey) -> Result<Option<Vec<String>>> {
    if !matches!(key.meaning, Meaning::Uid | Meaning::MessageId | Meaning::Sequence) {
        return Ok(None);
    }
    let decimal = key.meaning == Meaning::MessageId;
    let ids: Option<Vec<String>> = key.value(0).split(',').map(|id| message_id(id, decimal)).collect();
    match ids {
        Some(ids) => Ok(Some(ids)),
        None => Err(key.values[0].fault("is not a list of Gmail message ids").hint(
            "Use ids as lists show them, such as 18c9f2a4b5d6e7f8; Gmail has no sequence numbers or ranges.",
        )),
    }
}

/// A Gmail id has 64 bits. It is hexadecimal in the API and decimal in Gmail's IMAP, with 19 digits since 2006. A
/// number with fewer than 11 digits is an IMAP sequence number or UID.
fn message_id(id: &str, decimal: bool) -> Option<String> {
    let digits = id.bytes().all(|b| b.is_ascii_digit());
    let hex = id.bytes().all(|b| b.is_ascii_hexdigit());
    match id.len() {
        11..=16 if hex => Some(id.to_ascii_lowercase()),
        17..=20 if digits => id.parse::<u64>().ok().map(|id| format!("{id:x}")),
        1..=10 if digits && decimal => id.parse::<u64>().ok().map(|id| format!("{id:x}")),
        _ => None,
    }
}

fn thread(key: &SimpleKey) -> Problem {
    let hint = match message_id(key.value(0), true) {
        Some(id) => format!("Fetch the thread {id} instead."),
        None => "Fetch the thread by its id instead.".to_owned(),
    };
    key.fault("Gmail cannot search by thread").hint(hint)
}

fn out_of_range(token: &Token) -> Problem {
    token.fault("is out of the range of dates")
}

/// `D-Mon-YYYY`, and the ISO form, which models often use.
fn date(token: &Token) -> Result<Date> {
    let text = token.text.replace('/', "-");
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle, last] = parts[..] else {
        return Err(no_date(token, "is not a date"));
    };
    let (day, month, year) = match middle.parse() {
        Ok(month) => (last, month, first),
        Err(_) => {
            let month = MONTHS
                .iter()
                .position(|name| name.eq_ignore_ascii_case(middle))
                .ok_or_else(|| no_date(token, "is not a date with an English month name"))?;
            (first, month as i8 + 1, last)
        }
    };
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return Err(no_date(token, "requires a year with four digits"));
    }
    if !(1..=2).contains(&day.len()) || !day.bytes().all(|b| b.is_ascii_digit()) {
        return Err(no_date(token, "is not a date"));
    }
    let (Ok(day), Ok(year)) = (day.parse(), year.parse()) else {
        return Err(no_date(token, "is not a date"));
    };
    Date::new(year, month, day).map_err(|_| no_date(token, "is a day that does not exist"))
}

fn no_date(token: &Token, what: &str) -> Problem {
    token.fault(what).hint("Write dates as in 01-Jan-2025.")
}

/// A number of bytes, or with the suffix `K` or `M` of Gmail's operator.
fn size(operator: &str, token: &Token) -> Result<Term> {
    let text = token.text.to_ascii_uppercase();
    let digits = text.strip_suffix(['K', 'M']).unwrap_or(&text);
    let number = digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u64>().is_ok();
    if !number {
        return Err(token.fault("is not a size").hint("Give bytes, for example LARGER 1000000."));
    }
    Ok(Term::plain(format!("{operator}:{text}")))
}

/// An IMAP keyword or Gmail label. In Gmail's `label:`, spaces and separators in the name are written as `-`.
fn label(name: &str) -> Term {
    let system = match name.to_ascii_lowercase().as_str() {
        "" => return Term::Everything,
        "\\seen" => ("is:read", "is:unread"),
        "\\flagged" | "\\starred" => ("is:starred", "-is:starred"),
        "\\important" | "$important" => ("is:important", "-is:important"),
        "\\inbox" => ("in:inbox", "-in:inbox"),
        "\\sent" => ("in:sent", "-in:sent"),
        "\\draft" | "\\drafts" => ("in:drafts", "-in:drafts"),
        "\\trash" | "\\deleted" => ("in:trash", "-in:trash"),
        "\\junk" | "\\spam" | "$junk" | "junk" => ("in:spam", "-in:spam"),
        "$notjunk" | "nonjunk" | "notjunk" => ("-in:spam", "in:spam"),
        _ => return own_label(name),
    };
    Term::word(system.0, system.1)
}

/// A label by its name.
fn own_label(name: &str) -> Term {
    Term::value("label:", &name.replace([' ', '/', '&', '(', ')'], "-"))
}

fn header(key: &SimpleKey) -> Result<Term> {
    let value = key.value(1);
    Ok(match key.value(0).to_ascii_lowercase().as_str() {
        "from" => Term::value("from:", value),
        "to" => Term::value("to:", value),
        "cc" => Term::value("cc:", value),
        "bcc" => Term::value("bcc:", value),
        "subject" => Term::phrase("subject:", value),
        "message-id" => Term::value("rfc822msgid:", bracketed(value)),
        "list-id" => Term::value("list:", bracketed(value)),
        "delivered-to" => Term::value("deliveredto:", bracketed(value)),
        _ => {
            return Err(key.values[0]
                .fault("is not a header that Gmail can search")
                .hint("Use From, To, Cc, Bcc, Subject, Message-ID, List-Id or Delivered-To."));
        }
    })
}

/// The `a@b` in `<a@b>` or in `Name <a@b>`.
fn bracketed(value: &str) -> &str {
    let inner = value.split_once('<').map_or(value, |(_, inner)| inner);
    inner.split('>').next().unwrap_or_default().trim()
}

fn raw(token: &Token) -> Result<Term> {
    match token.text.trim() {
        "" => Ok(Term::Everything),
        text if term::is_balanced(text) => Ok(Term::Raw(text.to_owned())),
        _ => Err(token.fault("has an unmatched quote, parenthesis or brace")),
    }
}
