//! The tools for drafts that are there already.

use serde_json::{Value, json};

use super::{
    super::{Arguments, Context, Outcome, ValueSink, value},
    Letter, Parcel, result, settled,
};
use crate::{
    gmail::{
        Gmail,
        messages::Listed,
        read::{self, BodyKind},
        send::{Delivered, Delivery, OutgoingIds, Purpose},
        write::Outgoing,
    },
    problem::{Problem, Result},
};

pub(in crate::tools) fn list(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    let drafts = gmail.draft_ids(arguments.integer("limit").unwrap_or(20))?;
    let mut listed = Listed::default();
    for row in gmail.draft_rows(&drafts)? {
        listed.rows += 1;
        if !sink(value(&row))? {
            break;
        }
    }
    Ok(Outcome::Rows(listed))
}

pub(in crate::tools) fn fetch(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Outcome> {
    let id = arguments.text("draft_id").unwrap_or_default();
    let options = read::ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };
    let mut message = value(&gmail.message(&gmail.draft_uid(id)?, &options)?);
    message["draft_id"] = id.into();
    Ok(Outcome::Document(message))
}

pub(in crate::tools) fn delete(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Outcome> {
    let id = arguments.text("draft_id").unwrap_or_default();
    gmail.delete_draft(id)?;
    Ok(Outcome::Document(json!({"draft_id": id, "deleted": true})))
}

/// The draft with what the letter says in place of what it said before.
pub(super) fn updated(arguments: &Arguments, letter: &Letter, gmail: &Gmail<'_>) -> Result<Parcel> {
    let id = arguments.text("draft_id").unwrap_or_default();
    let old = gmail.draft(id)?;
    let new = &letter.message;
    let mut message = old.message;
    let lists = [
        ("to", &mut message.to, &new.to),
        ("cc", &mut message.cc, &new.cc),
        ("bcc", &mut message.bcc, &new.bcc),
        ("reply_to", &mut message.reply_to, &new.reply_to),
    ];
    for (name, there, given) in lists {
        if arguments.given(name) {
            there.clone_from(given);
        }
    }
    if letter.has_subject {
        message.subject.clone_from(&new.subject);
    }
    if new.from.is_some() {
        message.from.clone_from(&new.from);
    }
    // A new text makes the old HTML of the same mail a lie, and the other way round.
    if new.text.is_some() || new.html.is_some() {
        message.text.clone_from(&new.text);
        message.html.clone_from(&new.html);
    }
    if !new.attachments.is_empty() {
        message.attachments.clone_from(&new.attachments);
    }
    // A draft alone in its thread takes the thread along when its message is replaced.
    let thread = old.thread.filter(|_| message.in_reply_to.is_some());
    Ok(Parcel { message, thread, purpose: Purpose::Draft(id.to_owned()) })
}

/// Sends a draft as it is. Its recipients are read first: the policy holds for them too.
pub(in crate::tools) fn send(
    arguments: &Arguments,
    context: &Context<'_>,
    gmail: &Gmail<'_>,
) -> Result<Outcome> {
    let id = arguments.text("draft_id").unwrap_or_default();
    let journal = context.journal;
    if let Some(attempt) = journal.doubt() {
        return match gmail.find_sent(&attempt)? {
            Some(found) => Ok(sent(&found, &attempt, true, journal.recipients())),
            None => Err(super::unknown(&attempt, None)),
        };
    }
    let message = gmail.draft(id)?.message;
    check(&message, id)?;
    context.policy.check_recipients(&message.recipients())?;
    let Outgoing { message_id, lookup_id, .. } = &message;
    let attempt = OutgoingIds { message_id: message_id.clone(), lookup_id: lookup_id.clone() };
    let people = value(&message.recipient_lists());
    journal.begin(&attempt, &people)?;
    let delivery: Delivery = gmail.deliver_draft(id);
    let (answer, verified) = settled(delivery, journal, &attempt, || gmail.find_sent(&attempt))?;
    Ok(sent(&answer, &attempt, verified, people))
}

fn sent(answer: &Delivered, attempt: &OutgoingIds, verified: bool, people: Value) -> Outcome {
    Outcome::Document(result("sent", answer, attempt, verified, people))
}

fn check(message: &Outgoing, id: &str) -> Result<()> {
    match message.recipients().is_empty() {
        true => Err(Problem::usage(format!("the draft {id} has no recipient"))
            .hint(format!("Add one: mcs-gmail draft update {id} --to someone@example.com"))),
        false => Ok(()),
    }
}
