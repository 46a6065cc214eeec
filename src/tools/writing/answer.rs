//! Replies and forwards: the message that is answered is read, and decides what the letter leaves open.

use serde_json::Value;

use super::{super::Arguments, Letter, Parcel};
use crate::{
    address::{Address, parse_header},
    gmail::{
        Gmail,
        read::{self, BodyKind},
        reply::{self, header},
        send::{Purpose, Sender},
        write::Outgoing,
    },
    problem::Result,
};

const OPTIONS: read::ReadOptions =
    read::ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };

/// The message that is answered: as Gmail tells it, and its text.
struct Parent {
    resource: Value,
    body: String,
    has_attachments: bool,
}

fn parent(gmail: &Gmail<'_>, id: &str) -> Result<Parent> {
    let resource = gmail.resource(id, &OPTIONS)?;
    let seen = read::message(&resource, &OPTIONS);
    Ok(Parent { resource, body: seen.body, has_attachments: !seen.attachments.is_empty() })
}

pub(super) fn reply(
    arguments: &Arguments,
    letter: &Letter,
    gmail: &Gmail<'_>,
    senders: &[Sender],
    purpose: Purpose,
) -> Result<Parcel> {
    let parent = parent(gmail, arguments.text("uid").unwrap_or_default())?;
    let resource = &parent.resource;
    let mut own: Vec<Address> = senders.iter().map(|s| s.address.clone()).collect();
    if own.is_empty() {
        own.extend(own_address(gmail));
    }
    let (in_reply_to, references) = reply::reply_headers(resource)?;
    let people = reply::reply_recipients(resource, &own, arguments.flag("all"));
    let mut message = Outgoing {
        to: people.to,
        subject: reply::reply_subject(&read::header(resource, "Subject")),
        in_reply_to: Some(in_reply_to),
        references,
        ..letter.message.clone()
    };
    let known: Vec<String> = message.recipients().iter().map(Address::canonical).collect();
    message.cc.extend(people.cc.into_iter().filter(|a| !known.contains(&a.canonical())));
    if message.from.is_none() {
        message.from = addressed(resource, &own);
    }
    if !arguments.flag("no_quote") {
        quote(&mut message, &parent);
    }
    let thread = resource["threadId"].as_str().map(str::to_owned);
    Ok(Parcel { message, thread, purpose })
}

/// The account's address, where its aliases cannot be seen.
fn own_address(gmail: &Gmail<'_>) -> Option<Address> {
    Address::parse(&gmail.profile().ok()?.email?, "account").ok()
}

/// An answer comes from the address that was written to.
fn addressed(resource: &Value, own: &[Address]) -> Option<Address> {
    let lists = ["To", "Cc", "Delivered-To"].map(|name| parse_header(header(resource, name)));
    let written = lists.into_iter().flatten().map(|a| a.canonical()).collect::<Vec<_>>();
    let found = written.iter().find_map(|a| own.iter().find(|mine| mine.canonical() == *a))?;
    // Without the name, so that the configured one or Gmail's is used.
    found.clone().with_name("").ok()
}

fn quote(message: &mut Outgoing, parent: &Parent) {
    let (from, date) = (read::header(&parent.resource, "From"), read::header(&parent.resource, "Date"));
    if let Some(text) = &mut message.text {
        text.push_str(&format!("\n\n{}\n", reply::quote_text(&from, &date, &parent.body)));
    }
    if let Some(html) = &mut message.html {
        html.push_str(&format!("<br>{}", reply::quote_html(&from, &date, &parent.body)));
    }
}

pub(super) fn forward(
    arguments: &Arguments,
    letter: &Letter,
    gmail: &Gmail<'_>,
    purpose: Purpose,
) -> Result<Parcel> {
    let id = arguments.text("uid").unwrap_or_default();
    let parent = parent(gmail, id)?;
    let mut message = Outgoing {
        subject: reply::forward_subject(&read::header(&parent.resource, "Subject")),
        ..letter.message.clone()
    };
    let block = reply::forward_block_text(&parent.resource, &parent.body);
    if let Some(html) = &mut message.html {
        html.push_str(&format!("<br>{}", reply::forward_block_html(&parent.resource, &parent.body)));
    }
    message.text = match message.text.take() {
        Some(text) if !text.is_empty() => Some(format!("{text}\n\n{block}\n")),
        None if message.html.is_some() => None,
        _ => Some(format!("{block}\n")),
    };
    if parent.has_attachments && !arguments.flag("no_attachments") {
        let mut kept = gmail.attachments_of(id)?;
        // Foreign HTML is not embedded, so no image of it is shown inline.
        kept.iter_mut().for_each(|one| one.content_id = None);
        message.attachments.extend(kept);
    }
    Ok(Parcel { message, thread: None, purpose })
}
