//! Replies and forwards: what the letter does not give comes from the original message.

use serde_json::Value;

use super::{Dispatch, Letter, signature::Signature};
use crate::{
    address::Address,
    gmail::{
        Gmail,
        quotation::{Original, Quote, joined_html, joined_text, page},
        read,
        reply::{self, People},
        send::Sender,
        write::Outgoing,
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ANYWAY, AS_ATTACHMENT, ToolId},
    spelling::{command, name, set},
};

pub(super) fn reply(
    letter: &Letter,
    gmail: &Gmail<'_>,
    senders: &[Sender],
    original: &Original,
    all: bool,
    with_quote: bool,
    anyway: bool,
) -> Result<Dispatch> {
    let resource = &original.resource;
    let uid = resource["id"].as_str().unwrap_or_default();
    if !anyway {
        check_place(resource, uid)?;
    }
    let mut own: Vec<Address> = senders.iter().map(|s| s.address.clone()).collect();
    if own.is_empty() {
        own.extend(own_address(gmail));
    }
    let (in_reply_to, references) = reply::reply_headers(resource)?;
    let people = reply::reply_recipients(&people(gmail, uid, resource, all)?, &own, all);
    // A person who named the recipients has seen them.
    let is_chosen = letter.to.is_some();
    let reply_to = if people.differs && !is_chosen { people.to.clone() } else { Vec::new() };
    let subject = || reply::reply_subject(&read::header(resource, "Subject"));
    let mut message = Outgoing {
        to: letter.to.clone().unwrap_or(people.to),
        subject: letter.subject.clone().unwrap_or_else(subject),
        in_reply_to: Some(in_reply_to),
        references,
        ..letter.message()
    };
    let known: Vec<String> = message.recipients().iter().map(Address::canonical).collect();
    if !is_chosen {
        message.cc.extend(people.cc.into_iter().filter(|a| !known.contains(&a.canonical())));
    }
    if message.from.is_none() {
        message.from = addressed(resource, &own);
    }
    let quotation = with_quote.then(|| Quote::of_reply(original, &content_ids(&message)));
    if let Some(signature) = letter.signing.signature(gmail, message.from.as_ref(), senders)? {
        signature.sign(&mut message, quotation.as_ref().is_some_and(Quote::has_html));
    }
    if let Some(quotation) = quotation {
        quote(&mut message, quotation);
    }
    let thread = resource["threadId"].as_str().map(str::to_owned);
    Ok(Dispatch { message, thread, reply_to })
}

/// Refuses a reply to what the user has not sent or does not want.
fn check_place(resource: &Value, uid: &str) -> Result<()> {
    let labels = resource["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let found = labels.into_iter().find_map(|label| match label {
        "DRAFT" => Some("is a draft"),
        "SPAM" => Some("is in spam"),
        "TRASH" => Some("is in trash"),
        _ => None,
    });
    let Some(place) = found else { return Ok(()) };
    let problem = Problem::new(Code::Unconfirmed, format!("message {uid} {place}")).detail("id", uid);
    Err(problem.hint(match place {
        "is a draft" => phrase![
            "Change it with ",
            command(ToolId::UpdateDraft),
            ", or reply to it nevertheless with ",
            set(&ANYWAY),
            "."
        ],
        _ => phrase!["Check that it is the right message, then reply with ", set(&ANYWAY), "."],
    }))
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
pub(super) fn addressed(resource: &Value, own: &[Address]) -> Option<Address> {
    let lists = ["To", "Cc", "Delivered-To"].map(|name| reply::addresses(resource, name));
    let written = lists.concat();
    let same = |spelling: fn(&Address) -> String| {
        written.iter().find_map(|a| own.iter().find(|mine| spelling(mine) == spelling(a)))
    };
    let found = same(Address::canonical).or_else(|| same(Address::person))?;
    // Without the name, so that the configured name or Gmail's is used.
    found.clone().with_name("").ok()
}

/// The content ids that a message uses itself.
fn content_ids(message: &Outgoing) -> Vec<String> {
    message.attachments.iter().filter_map(|one| one.content_id.clone()).collect()
}

/// Puts a quotation below the message. A message in text alone becomes one in both forms if the quotation has HTML.
fn quote(message: &mut Outgoing, quote: Quote) {
    if message.html.is_none() && quote.has_html() {
        let text = message.text.as_deref().unwrap_or_default();
        message.html = Some(if text.trim().is_empty() { String::new() } else { page(text) });
    }
    message.text = message.text.take().map(|text| joined_text(&text, &quote.text));
    message.html = message.html.take().map(|html| joined_html(&html, &quote.html()));
    if message.html.is_some() {
        message.attachments.extend(quote.images);
    }
}

/// How a message is forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forwarding {
    WithFiles,
    WithoutFiles,
    /// The whole message as a file.
    AsFile,
}

/// Forwards a message in one request. Without its files, images that its HTML shows take one more.
pub(super) fn forward(
    letter: &Letter,
    gmail: &Gmail<'_>,
    uid: &str,
    how: Forwarding,
    signature: Option<&Signature>,
) -> Result<Dispatch> {
    let original = match how {
        Forwarding::WithoutFiles => Original::fetch(gmail, uid)?,
        _ => Original::fetch_whole(gmail, uid)?,
    };
    let subject = || reply::forward_subject(&read::header(&original.resource, "Subject"));
    let subject = letter.subject.clone().unwrap_or_else(subject);
    let mut message = Outgoing { subject, ..letter.message() };
    if message.text.is_none() && message.html.is_none() {
        message.text = Some(String::new());
    }
    if how == Forwarding::AsFile {
        signature.iter().for_each(|signature| signature.sign(&mut message, false));
        message.attachments.push(original.as_file().ok_or_else(|| no_source(uid))?);
        return Ok(Dispatch { message, thread: None, reply_to: Vec::new() });
    }
    let quotation = Quote::of_forward(&original, &content_ids(&message));
    signature.iter().for_each(|signature| signature.sign(&mut message, quotation.has_html()));
    let shown = quotation.shown.clone();
    quote(&mut message, quotation);
    if how == Forwarding::WithFiles {
        message.attachments.extend(original.files(&shown));
    }
    Ok(Dispatch { message, thread: None, reply_to: Vec::new() })
}

fn no_source(uid: &str) -> Problem {
    Problem::new(Code::Failed, format!("Gmail does not provide the source of message {uid}"))
        .hint(phrase!["Forward the message without ", name(&AS_ATTACHMENT), "."])
        .detail("id", uid)
}
