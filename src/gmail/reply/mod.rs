//! Replies and forwards: the subject, ids, recipients and quotation that come from the original message.
//!
//! Someone else wrote that message, so every value from it is cleaned or refused before it reaches a header or a
//! body. Nothing is fetched or sent here.

use serde_json::Value;

use super::{recipients::raw_addresses, write::is_id};
use crate::{
    address::{Address, parse_header},
    characters::clean_line,
    problem::{Problem, Result},
};

/// `Re:` and `Fwd:` in various languages.
const REPLY: [&str; 6] = ["re", "aw", "sv", "antw", "odp", "vs"];
const FORWARD: [&str; 4] = ["fwd", "fw", "wg", "tr"];

/// The length of a References header on one line (RFC 5322 2.1.1).
const MAX_REFERENCES: usize = 998 - "References: ".len();
/// Longer ids are dropped; usual ones have about 80 bytes.
const MAX_PARENT_ID: usize = 500;
/// In bytes: a subject of this length stays within the limit of [`super::write::gate`] in any encoding.
const MAX_SUBJECT: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReplyRecipients {
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    /// `to` is not simply the sender.
    pub(crate) differs: bool,
}

/// The subject for a reply. If the message is itself a reply, only repeated prefixes are removed from its subject,
/// since Gmail starts a new thread when the subject changes.
pub(crate) fn reply_subject(subject: &str) -> String {
    prefixed(subject, &REPLY, "Re: ")
}

pub(crate) fn forward_subject(subject: &str) -> String {
    prefixed(subject, &FORWARD, "Fwd: ")
}

fn prefixed(subject: &str, known: &[&str], prefix: &str) -> String {
    let subject = clean_line(subject);
    let Some((first, mut rest)) = split_prefix(&subject, known) else {
        return shortened(&format!("{prefix}{subject}"));
    };
    while let Some((_, after)) = split_prefix(rest, known) {
        rest = after;
    }
    shortened(format!("{first} {rest}").trim_end())
}

/// Splits `Re: rest` or `Re[2]: rest`, ignoring case.
fn split_prefix<'a>(subject: &'a str, known: &[&str]) -> Option<(&'a str, &'a str)> {
    let colon = subject.find(':')?;
    let word = subject[..colon].trim_end();
    let name = match word.strip_suffix(']') {
        Some(counted) => counted.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('[')?,
        None => word,
    };
    let is_known = known.iter().any(|prefix| prefix.eq_ignore_ascii_case(name.trim_end()));
    is_known.then(|| (&subject[..=colon], subject[colon + 1..].trim_start()))
}

fn shortened(subject: &str) -> String {
    subject[..subject.floor_char_boundary(MAX_SUBJECT)].trim_end().to_owned()
}

/// The value of a header, unchanged; empty if there is none.
pub(crate) fn header<'a>(message: &'a Value, name: &str) -> &'a str {
    headers(message, name).next().unwrap_or_default()
}

/// The values of every header with this name, unchanged.
fn headers<'a>(message: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    let headers = message["payload"]["headers"].as_array().map_or(&[][..], Vec::as_slice);
    let named =
        move |header: &&Value| header["name"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(name));
    headers.iter().filter(named).filter_map(|header| header["value"].as_str())
}

/// The addresses in every header with this name.
pub(crate) fn addresses(message: &Value, name: &str) -> Vec<Address> {
    headers(message, name).flat_map(parse_header).collect()
}

/// The values of In-Reply-To and References, without `<>`.
pub(crate) fn reply_headers(parent: &Value) -> Result<(String, Vec<String>)> {
    let Some(id) = ids(header(parent, "Message-ID")).into_iter().next() else {
        return Err(Problem::usage("cannot reply in the thread: the message has no valid Message-ID")
            .hint("Send a new message instead."));
    };
    let mut references = ids(header(parent, "References"));
    if references.is_empty() {
        references.extend(ids(header(parent, "In-Reply-To")).into_iter().take(1));
    }
    references.retain(|reference| *reference != id);
    references.push(id.clone());
    Ok((id, trimmed(references)))
}

/// The valid ids of a header: those in `<>`, or the whole value if a mail program left out the brackets.
fn ids(value: &str) -> Vec<String> {
    let usable = |id: &str| id.len() <= MAX_PARENT_ID && is_id(id);
    if !value.contains('<') {
        let bare = value.trim_matches(' ');
        return (usable(bare) && bare.contains('@')).then(|| bare.to_owned()).into_iter().collect();
    }
    let bracketed = value.split('<').skip(1).filter_map(|piece| piece.split_once('>'));
    let mut found: Vec<String> = Vec::new();
    for (id, _) in bracketed.filter(|(id, _)| usable(id)) {
        if !found.iter().any(|known| known == id) {
            found.push(id.to_owned());
        }
    }
    found
}

/// The first id, which identifies the thread, and as many of the last ones as fit on one header line.
fn trimmed(references: Vec<String>) -> Vec<String> {
    let size = |id: &String| id.len() + "<> ".len();
    let Some((first, rest)) = references.split_first() else { return references };
    let mut left = MAX_REFERENCES.saturating_sub(size(first));
    let last = rest.iter().rev().take_while(|id| {
        let fits = size(id) <= left;
        left = left.saturating_sub(size(id));
        fits
    });
    let kept = last.count();
    let mut result = vec![first.clone()];
    result.extend_from_slice(&rest[rest.len() - kept..]);
    // If the first id leaves no room for the id of the original message, it is dropped.
    match kept {
        0 => references.last().cloned().into_iter().collect(),
        _ => result,
    }
}

/// The people in the headers of a message.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    from: Vec<Address>,
    reply_to: Vec<Address>,
    to: Vec<Address>,
    cc: Vec<Address>,
}

impl People {
    /// From the headers as Gmail serves them, with decoded names.
    pub(crate) fn of(message: &Value) -> People {
        let list = |name| addresses(message, name);
        let from = senders(header(message, "From"));
        People { from, reply_to: list("Reply-To"), to: list("To"), cc: list("Cc") }
    }

    /// From the message as it was received, whose names are still encoded.
    pub(crate) fn of_raw(raw: &[u8]) -> People {
        let list = |name| raw_addresses(raw, name);
        People { from: list("From"), reply_to: list("Reply-To"), to: list("To"), cc: list("Cc") }
    }
}

/// Whether a decoded name in a list that a reply uses can look like one more address.
pub(crate) fn is_ambiguous(message: &Value, all: bool) -> bool {
    let used: &[&str] = if all { &["Reply-To", "To", "Cc"] } else { &["Reply-To"] };
    used.iter()
        .flat_map(|name| headers(message, name))
        .any(|value| value.contains('<') && (parse_header(value).len() > 1 || value.matches('@').count() > 1))
}

/// The senders in a From header with decoded names: only the address in the last `<>` counts.
fn senders(from: &str) -> Vec<Address> {
    let last = from.trim_end().strip_suffix('>').and_then(|rest| rest.rsplit_once('<'));
    let Some((name, address)) = last else { return parse_header(from) };
    let found = parse_header(&format!("<{address}>"));
    let name = clean_line(name.trim().trim_matches('"'));
    found.into_iter().map(|address| address.clone().with_name(&name).unwrap_or(address)).collect()
}

/// The recipients of a reply. `own` are the addresses and aliases of the account, which reply-all leaves out.
pub(crate) fn reply_recipients(people: &People, own: &[Address], all: bool) -> ReplyRecipients {
    let own: Vec<String> = own.iter().map(Address::person).collect();
    let is_own = |address: &Address| own.contains(&address.person());
    let People { from, reply_to, to, cc } = people;
    let from_self = from.iter().any(is_own);
    let (asked, otherwise) = if from_self { (to, to) } else { (reply_to, from) };
    let asked: Vec<Address> = asked.iter().filter(|address| !is_own(address)).cloned().collect();
    let mut chosen = without_repeats(if asked.is_empty() { otherwise.clone() } else { asked }, &[]);
    let mut others = if all { [to.as_slice(), cc].concat() } else { Vec::new() };
    others.retain(|address| !is_own(address));
    let cc = without_repeats(others, &chosen);
    if chosen.is_empty() && cc.is_empty() {
        chosen.clone_from(from);
    }
    ReplyRecipients { differs: !from_self && differs(from, &chosen), to: chosen, cc }
}

/// Whether a reply goes to more than one mailbox, or to another domain than that of the sender.
fn differs(from: &[Address], to: &[Address]) -> bool {
    let elsewhere = |address: &Address| from.first().is_none_or(|from| from.domain() != address.domain());
    to.len() > 1 || to.iter().any(elsewhere)
}

/// The addresses that a reply to a received message goes to, if it differs from what its From says.
pub(crate) fn unusual(message: &Value) -> Vec<Address> {
    let written_here = |label: &Value| label == "SENT" || label == "DRAFT";
    if message["labelIds"].as_array().into_iter().flatten().any(written_here) {
        return Vec::new();
    }
    let recipients = reply_recipients(&People::of(message), &[], false);
    if recipients.differs { recipients.to } else { Vec::new() }
}

fn without_repeats(list: Vec<Address>, known: &[Address]) -> Vec<Address> {
    let mut seen: Vec<String> = known.iter().map(Address::canonical).collect();
    let mut is_new = |address: &Address| {
        let canonical = address.canonical();
        let new = !seen.contains(&canonical);
        seen.push(canonical);
        new
    };
    list.into_iter().filter(|address| is_new(address)).collect()
}

/// Quotes a message: an attribution, and every line of the text after a `>`.
pub(crate) fn quote_text(parent_from: &str, parent_date: &str, body: &str) -> String {
    let mut quote = attribution(parent_from, parent_date);
    for line in body.trim_end().lines() {
        quote.push_str(match line.as_bytes().first() {
            None | Some(b'>') => "\n>",
            Some(_) => "\n> ",
        });
        quote.push_str(line);
    }
    quote
}

/// The line above the quotation, as HTML.
pub(crate) fn attribution_html(parent_from: &str, parent_date: &str) -> String {
    escaped(&attribution(parent_from, parent_date))
}

/// The text of a forwarded message after its most important headers.
pub(crate) fn forward_block_text(parent: &Value, body: &str) -> String {
    let mut block = String::from("---------- Forwarded message ---------\n");
    for name in ["From", "Date", "Subject", "To", "Cc"] {
        let every = matches!(name, "To" | "Cc");
        let values: Vec<&str> = headers(parent, name).take(if every { usize::MAX } else { 1 }).collect();
        let value = clean_line(&values.join(", "));
        if !value.is_empty() {
            block.push_str(&format!("{name}: {value}\n"));
        }
    }
    block.push('\n');
    block.push_str(body);
    block
}

fn attribution(from: &str, date: &str) -> String {
    let sender = senders(from).into_iter().next();
    let who = match &sender {
        Some(sender) => sender.name().map_or_else(|| sender.email(), str::to_owned),
        None => clean_line(from),
    };
    let who = if who.is_empty() { "somebody" } else { &who };
    match clean_line(date) {
        date if date.is_empty() => format!("{who} wrote:"),
        date => format!("On {date}, {who} wrote:"),
    }
}

/// The lines of a text as HTML.
pub(crate) fn html_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("<br>\n")
}

/// Escapes text for HTML and keeps runs of spaces.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let mut after_blank = true;
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            ' ' if after_blank => html.push_str("&nbsp;"),
            c => html.push(c),
        }
        after_blank = c == ' ';
    }
    html
}

#[cfg(test)]
mod tests;
