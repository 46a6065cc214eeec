//! Search criteria: Gmail's own syntax passes untouched, IMAP's SEARCH is translated into a Gmail `q`.
//!
//! `parse` reads the IMAP text into a tree, `term` holds the Gmail side of it; this file knows what each IMAP
//! key means to Gmail. It knows nothing of requests: folders, labels and ids are for the caller to act on.

mod parse;
mod term;
#[cfg(test)]
mod tests;

use jiff::{civil::Date, tz::TimeZone};

use self::{
    parse::{Meaning, SearchKey, SimpleKey, Token},
    term::Term,
};
use crate::problem::{Problem, Result};

/// Google documents no limit, but `q` is a part of the URL.
const LONGEST: usize = 2000;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// How the criteria are to be read.
///
/// `Auto` takes a text for IMAP where every word that stands in the place of a search key is one, in upper
/// case, with as many values as it needs. From there on a bad value (`SINCE 31-Feb-2025`, `LARGER big`) is an
/// error and no reason to search for words. A text with any other word in a key's place is Gmail's
/// (`ALL hands`, `NOT spam`), unless a date key is followed by something of a date's form: nobody means words
/// by `SINCE 01-Jan-2025`, so there the misfit is reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Syntax {
    #[default]
    Auto,
    Gmail,
    Imap,
}

/// What to ask Gmail for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) q: String,
    /// Spam and trash are looked for: ask with `includeSpamTrash`.
    pub(crate) spam_trash: bool,
    /// What is looked for lies outside of any folder: leave the folder's label away.
    pub(crate) any_folder: bool,
    /// Gmail syntax that says where to look (`in:`, `label:`): leave a folder away that nobody asked for.
    pub(crate) names_place: bool,
    /// Nothing can match: answer with an empty list, without a request.
    pub(crate) nothing: bool,
    /// The criteria name messages by their Gmail ids: fetch these.
    pub(crate) ids: Option<Vec<String>>,
}

/// Dates are days in `zone`; `now` is in epoch seconds and for `YOUNGER` and `OLDER` only.
pub(crate) fn translate(criteria: &str, syntax: Syntax, zone: &TimeZone, now: i64) -> Result<Query> {
    let text = criteria.trim();
    if text.is_empty() || text == "ALL" {
        return Ok(Query::default());
    }
    let query = match syntax {
        Syntax::Gmail => verbatim(criteria),
        Syntax::Imap => match parse::keys(criteria, false) {
            Ok(keys) => Translator { zone, now }.query(&keys)?,
            Err(misfit) => return Err(misfit.problem),
        },
        Syntax::Auto => match parse::keys(criteria, true) {
            Ok(keys) => Translator { zone, now }.query(&keys).map_err(or_gmail)?,
            Err(misfit) if misfit.certain || dated(criteria) => {
                return Err(or_gmail(misfit.problem));
            }
            Err(_) => verbatim(criteria),
        },
    };
    short_enough(query)
}

/// The way out for who did not mean IMAP.
fn or_gmail(problem: Problem) -> Problem {
    let way = "if these are words to search for, use the syntax `gmail`";
    let hint = match problem.hint_text() {
        Some(hint) => format!("{hint}; {way}"),
        None => way.to_owned(),
    };
    problem.hint(hint)
}

fn verbatim(criteria: &str) -> Query {
    Query { q: criteria.to_owned(), names_place: names_place(criteria), ..Query::default() }
}

/// Whether some term outside of quotes is `in:` or `label:`. One that is excluded names no place.
fn names_place(criteria: &str) -> bool {
    let mut quoted = false;
    let mut words = criteria.split(|c: char| {
        quoted ^= c == '"';
        !quoted && (c.is_whitespace() || "(){}\"".contains(c))
    });
    words.any(|word| {
        let word = word.trim_start_matches('+').to_ascii_lowercase();
        word.starts_with("in:") || word.starts_with("label:")
    })
}

fn short_enough(query: Query) -> Result<Query> {
    let length = query.q.chars().count();
    if length <= LONGEST {
        return Ok(query);
    }
    Err(Problem::usage(format!("the search is {length} characters long; Gmail takes about {LONGEST}"))
        .hint("split it into several searches, or use fewer terms"))
}

/// A date key in front of something of a date's form. Blanks and quotes inside words do not matter here.
fn dated(criteria: &str) -> bool {
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
        if let Some(leaf) = only(keys)
            && let Some(ids) = direct(leaf)?
        {
            return Ok(Query { ids: Some(ids), ..Query::default() });
        }
        let term = self.all(keys)?;
        let hidden = term.reaches_hidden();
        Ok(Query {
            q: term.to_query(),
            spam_trash: hidden,
            any_folder: hidden,
            names_place: false,
            nothing: term == Term::Nothing,
            ids: None,
        })
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
            SearchKey::Simple(leaf) => self.leaf(leaf),
        }
    }

    fn leaf(&self, leaf: &SimpleKey) -> Result<Term> {
        match leaf.meaning {
            Meaning::All => Ok(Term::Everything),
            Meaning::Is(is, isnt) => Ok(Term::word(is, isnt)),
            Meaning::Absent(hint) => Err(leaf.fault("Gmail has no counterpart for it").hint(hint)),
            Meaning::Field(operator) => Ok(Term::value(operator, leaf.value(0))),
            Meaning::Phrase(operator) => Ok(Term::phrase(operator, leaf.value(0))),
            Meaning::Since => self.since(&leaf.values[0]),
            Meaning::Before => self.before(&leaf.values[0]),
            Meaning::On => self.on(&leaf.values[0]),
            Meaning::Younger => Ok(after(self.ago(&leaf.values[0])?)),
            Meaning::Older => Ok(before(self.ago(&leaf.values[0])?)),
            Meaning::Size(operator) => size(operator, &leaf.values[0]),
            Meaning::Label => Ok(label(leaf.value(0))),
            Meaning::NoLabel => Ok(label(leaf.value(0)).not()),
            Meaning::Header => header(leaf),
            Meaning::Raw => raw(&leaf.values[0]),
            Meaning::Uid | Meaning::MessageId | Meaning::Sequence => Err(leaf
                .fault("ids can only stand alone")
                .hint("give the ids without other keys, or search without them")),
            Meaning::Thread => Err(thread(leaf)),
        }
    }

    /// IMAP includes the day; whether Gmail's `after:` includes its second is not documented, so begin one earlier.
    fn since(&self, token: &Token) -> Result<Term> {
        let start = self.midnight(date(token)?, token)?;
        let before = format!("before:{start}");
        Ok(Term::word(&format!("after:{}", (start - 1).max(0)), &before))
    }

    fn before(&self, token: &Token) -> Result<Term> {
        Ok(self.since(token)?.not())
    }

    /// The next calendar day, since days are 23 or 25 hours long when clocks change.
    fn on(&self, token: &Token) -> Result<Term> {
        let day = date(token)?;
        let next = day.tomorrow().map_err(|_| out_of_range(token))?;
        let end = self.midnight(next, token)?;
        Ok(Term::all(vec![self.since(token)?, Term::plain(format!("before:{end}"))]))
    }

    /// Gmail has no mail from before 1970, and no times either.
    fn midnight(&self, day: Date, token: &Token) -> Result<i64> {
        let start = day.to_zoned_datetime(self.zone.clone()).map_err(|_| out_of_range(token))?;
        Ok(start.timestamp().as_second().max(0))
    }

    fn ago(&self, token: &Token) -> Result<i64> {
        match token.text.parse::<u32>() {
            Ok(seconds) if seconds > 0 => Ok(self.now.saturating_sub(seconds.into()).max(0)),
            _ => Err(token
                .fault("is not a number of seconds above 0")
                .hint("for example YOUNGER 86400 for the last day")),
        }
    }
}

fn after(second: i64) -> Term {
    Term::plain(format!("after:{second}"))
}

fn before(second: i64) -> Term {
    Term::plain(format!("before:{second}"))
}

/// The only key there is, out of any parentheses around it.
fn only(keys: &[SearchKey]) -> Option<&SimpleKey> {
    match keys {
        [SearchKey::Simple(leaf)] => Some(leaf),
        [SearchKey::List(keys)] => only(keys),
        _ => None,
    }
}

/// The ids of a key that names messages; `None` for any other key.
fn direct(leaf: &SimpleKey) -> Result<Option<Vec<String>>> {
    if !matches!(leaf.meaning, Meaning::Uid | Meaning::MessageId | Meaning::Sequence) {
        return Ok(None);
    }
    let decimal = leaf.meaning == Meaning::MessageId;
    let ids: Option<Vec<String>> = leaf.value(0).split(',').map(|id| message_id(id, decimal)).collect();
    match ids {
        Some(ids) => Ok(Some(ids)),
        None => Err(leaf.values[0]
            .fault("is not a list of Gmail message ids")
            .hint("Gmail has no sequence numbers or ranges; its ids look like 18c9f2a4b5d6e7f8, as a list shows them")),
    }
}

/// A Gmail id is 64 bits: hexadecimal in the API, decimal (19 digits since 2006) in Gmail's IMAP. What is
/// shorter than 11 digits is an IMAP sequence number or UID, and no Gmail id.
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

fn thread(leaf: &SimpleKey) -> Problem {
    let hint = match message_id(leaf.value(0), true) {
        Some(id) => format!("fetch the thread {id} itself"),
        None => "fetch the thread itself by its id".to_owned(),
    };
    leaf.fault("Gmail cannot search by thread").hint(hint)
}

fn out_of_range(token: &Token) -> Problem {
    token.fault("is out of the calendar's range")
}

/// `D-Mon-YYYY`, and the ISO form that models like to write.
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
        return Err(no_date(token, "needs a year of four digits"));
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
    token.fault(what).hint("write dates like 01-Jan-2025")
}

/// Bytes, and the `K` and `M` of Gmail's own operator.
fn size(operator: &str, token: &Token) -> Result<Term> {
    let text = token.text.to_ascii_uppercase();
    let digits = text.strip_suffix(['K', 'M']).unwrap_or(&text);
    let number = digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u64>().is_ok();
    if !number {
        return Err(token.fault("is not a size").hint("give bytes, for example LARGER 1000000"));
    }
    Ok(Term::plain(format!("{operator}:{text}")))
}

/// An IMAP keyword or Gmail label. Gmail's `label:` wants `-` for what separates words in a label's name.
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
        _ => return Term::value("label:", &name.replace([' ', '/', '&', '(', ')'], "-")),
    };
    Term::word(system.0, system.1)
}

fn header(leaf: &SimpleKey) -> Result<Term> {
    let value = leaf.value(1);
    Ok(match leaf.value(0).to_ascii_lowercase().as_str() {
        "from" => Term::value("from:", value),
        "to" => Term::value("to:", value),
        "cc" => Term::value("cc:", value),
        "bcc" => Term::value("bcc:", value),
        "subject" => Term::phrase("subject:", value),
        "message-id" => Term::value("rfc822msgid:", bracketed(value)),
        "list-id" => Term::value("list:", bracketed(value)),
        "delivered-to" => Term::value("deliveredto:", bracketed(value)),
        _ => {
            return Err(leaf.values[0]
                .fault("is not a header that Gmail can search")
                .hint("it knows From, To, Cc, Bcc, Subject, Message-ID, List-Id and Delivered-To"));
        }
    })
}

/// `a@b` of `<a@b>` and of `Name <a@b>`.
fn bracketed(value: &str) -> &str {
    let inner = value.split_once('<').map_or(value, |(_, inner)| inner);
    inner.split('>').next().unwrap_or_default().trim()
}

fn raw(token: &Token) -> Result<Term> {
    match token.text.trim() {
        "" => Ok(Term::Everything),
        text if term::is_balanced(text) => Ok(Term::Raw(text.to_owned())),
        _ => Err(token.fault("has a quote, parenthesis or brace without its partner")),
    }
}
