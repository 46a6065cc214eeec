//! Replies and forwards: what the letter does not give comes from the original message.

use serde_json::Value;

use super::{Dispatch, Letter};
use crate::{
    address::{Address, parse_header},
    gmail::{
        Gmail,
        read::{self, BodyKind, ReadOptions},
        reply::{self, People, header},
        send::Sender,
        write::Outgoing,
    },
    problem::Result,
};

const OPTIONS: ReadOptions =
    ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };

/// The message that is answered or forwarded: Gmail's resource, and its text.
struct Original {
    resource: Value,
    body: String,
    has_attachments: bool,
}

fn original(gmail: &Gmail<'_>, id: &str) -> Result<Original> {
    let resource = gmail.resource(id, &OPTIONS)?;
    let message = read::message(&resource, &OPTIONS);
    Ok(Original { resource, body: message.body, has_attachments: !message.attachments.is_empty() })
}

pub(super) fn reply(
    letter: &Letter,
    gmail: &Gmail<'_>,
    senders: &[Sender],
    uid: &str,
    all: bool,
    with_quote: bool,
) -> Result<Dispatch> {
    let original = original(gmail, uid)?;
    let resource = &original.resource;
    let mut own: Vec<Address> = senders.iter().map(|s| s.address.clone()).collect();
    if own.is_empty() {
        own.extend(own_address(gmail));
    }
    let (in_reply_to, references) = reply::reply_headers(resource)?;
    let people = reply::reply_recipients(&people(gmail, uid, resource, all)?, &own, all);
    let reply_to = if people.differs { people.to.clone() } else { Vec::new() };
    let mut message = Outgoing {
        to: people.to,
        subject: reply::reply_subject(&read::header(resource, "Subject")),
        in_reply_to: Some(in_reply_to),
        references,
        ..letter.message()
    };
    let known: Vec<String> = message.recipients().iter().map(Address::canonical).collect();
    message.cc.extend(people.cc.into_iter().filter(|a| !known.contains(&a.canonical())));
    if message.from.is_none() {
        message.from = addressed(resource, &own);
    }
    if with_quote {
        quote(&mut message, &original);
    }
    let thread = resource["threadId"].as_str().map(str::to_owned);
    Ok(Dispatch { message, thread, reply_to })
}

/// The people in the headers. The message itself is fetched if a name may look like one more address.
fn people(gmail: &Gmail<'_>, uid: &str, resource: &Value, all: bool) -> Result<People> {
    if !reply::is_ambiguous(resource, all) {
        return Ok(People::of(resource));
    }
    let raw = gmail.raw_message(uid)?;
    Ok(if raw.is_empty() { People::of(resource) } else { People::of_raw(&raw) })
}

/// The account's address, for tokens that cannot read its aliases.
fn own_address(gmail: &Gmail<'_>) -> Option<Address> {
    Address::parse(&gmail.profile().ok()?.email?, "account").ok()
}

/// The account's address to which the original was sent; the reply is sent from it.
fn addressed(resource: &Value, own: &[Address]) -> Option<Address> {
    let lists = ["To", "Cc", "Delivered-To"].map(|name| parse_header(header(resource, name)));
    let written = lists.into_iter().flatten().map(|a| a.canonical()).collect::<Vec<_>>();
    let found = written.iter().find_map(|a| own.iter().find(|mine| mine.canonical() == *a))?;
    // Without the name, so that the configured name or Gmail's is used.
    found.clone().with_name("").ok()
}

fn quote(message: &mut Outgoing, original: &Original) {
    let (from, date) = (read::header(&original.resource, "From"), read::header(&original.resource, "Date"));
    if let Some(text) = &mut message.text {
        text.push_str(&format!("\n\n{}\n", reply::quote_text(&from, &date, &original.body)));
    }
    if let Some(html) = &mut message.html {
        html.push_str(&format!("<br>{}", reply::quote_html(&from, &date, &original.body)));
    }
}

pub(super) fn forward(
    letter: &Letter,
    gmail: &Gmail<'_>,
    uid: &str,
    with_attachments: bool,
) -> Result<Dispatch> {
    let original = original(gmail, uid)?;
    let mut message = Outgoing {
        subject: reply::forward_subject(&read::header(&original.resource, "Subject")),
        ..letter.message()
    };
    let block = reply::forward_block_text(&original.resource, &original.body);
    if let Some(html) = &mut message.html {
        html.push_str(&format!("<br>{}", reply::forward_block_html(&original.resource, &original.body)));
    }
    message.text = match message.text.take() {
        Some(text) if !text.is_empty() => Some(format!("{text}\n\n{block}\n")),
        None if message.html.is_some() => None,
        _ => Some(format!("{block}\n")),
    };
    if original.has_attachments && with_attachments {
        let mut enclosures = gmail.attachments_of(uid)?;
        // The original's HTML is not sent along, so none of its images is shown inline.
        enclosures.iter_mut().for_each(|one| one.content_id = None);
        message.attachments.extend(enclosures);
    }
    Ok(Dispatch { message, thread: None, reply_to: Vec::new() })
}
