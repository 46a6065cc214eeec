//! The tools that write mail: sends, answers and drafts of them. Everything that can be checked without a request
//! is checked in [`letter()`]; what leaves the mailbox leaves it once ([`Journal`]).

mod answer;
pub(super) mod drafts;
mod journal;
mod letter;

use serde_json::{Value, json};

pub(crate) use self::{
    journal::{Journal, Notes},
    letter::Letter,
};
use super::{Arguments, Context, Outcome};
use crate::{
    address::Address,
    gmail::{
        Gmail,
        send::{Delivered, Delivery, OutgoingIds, Purpose, Sender},
        write::{self, Outgoing},
    },
    policy::Policy,
    problem::{Code, Problem, Result},
    random,
    spec::{Id, Level},
};

/// What a call of this tool needs, which may be less than its row says: a draft sends nothing.
pub(crate) fn level(arguments: &Arguments, policy: &Policy) -> Level {
    match arguments.tool.id {
        Id::SendMessage | Id::SendHtmlMessage | Id::ReplyMessage | Id::ForwardMessage => {
            if makes_draft(arguments, policy) { Level::Draft } else { Level::Send }
        }
        _ => arguments.tool.level,
    }
}

/// Whether the result is a draft: asked for, or accepted where the policy allows no more.
fn makes_draft(arguments: &Arguments, policy: &Policy) -> bool {
    let is_draft = matches!(arguments.tool.id, Id::CreateDraft | Id::UpdateDraft);
    let instead = arguments.flag("or_draft") && policy.level() == Level::Draft;
    is_draft || arguments.flag("draft") || instead
}

/// Reads and checks what is to be written, and whom it goes to as far as that is known; no request is made.
/// None for tools that write nothing.
pub(crate) fn letter(
    arguments: &Arguments,
    policy: &Policy,
    sender_name: Option<&str>,
) -> Result<Option<Letter>> {
    let writes = [
        Id::SendMessage,
        Id::SendHtmlMessage,
        Id::ReplyMessage,
        Id::ForwardMessage,
        Id::CreateDraft,
        Id::UpdateDraft,
    ];
    if !writes.contains(&arguments.tool.id) {
        return Ok(None);
    }
    let letter = letter::read(arguments, sender_name)?;
    let draft = makes_draft(arguments, policy);
    if !draft {
        policy.check_recipients(&letter.message.recipients())?;
    }
    let complete = matches!(arguments.tool.id, Id::SendMessage | Id::SendHtmlMessage);
    let mut probe = letter.message.clone();
    stamp(&mut probe, None)?;
    match complete && !draft {
        true => write::gate(&probe)?,
        false => drop(write::lay_out(&probe)?),
    }
    Ok(Some(letter))
}

/// The answer of a call that needs no network: a dry run of a message that is complete as it was given.
pub(crate) fn offline(
    arguments: &Arguments,
    letter: Option<&Letter>,
    as_json: bool,
) -> Result<Option<Outcome>> {
    let complete = matches!(arguments.tool.id, Id::SendMessage | Id::SendHtmlMessage | Id::CreateDraft);
    match letter.filter(|_| complete && arguments.flag("dry_run")) {
        Some(letter) => {
            let mut message = letter.message.clone();
            stamp(&mut message, None)?;
            shown(&message, as_json).map(Some)
        }
        None => Ok(None),
    }
}

/// The answer that an earlier run got under the same idempotency key.
pub(crate) fn repeated(arguments: &Arguments, context: &Context<'_>) -> Result<Option<Outcome>> {
    let Some(letter) = context.letter.as_ref().filter(|_| !arguments.flag("dry_run")) else {
        return Ok(None);
    };
    context.journal.open(arguments, letter)?;
    Ok(context.journal.result().map(Outcome::Document))
}

fn shown(message: &Outgoing, as_json: bool) -> Result<Outcome> {
    let text = String::from_utf8_lossy(&write::compose(message)?).into_owned();
    Ok(match as_json {
        true => Outcome::Document(
            json!({"status": "dry_run", "raw": text, "recipients": message.recipient_lists()}),
        ),
        false => Outcome::Text(text),
    })
}

/// A message ready for Gmail.
struct Parcel {
    message: Outgoing,
    thread: Option<String>,
    purpose: Purpose,
}

pub(super) fn write_message(
    arguments: &Arguments,
    context: &Context<'_>,
    gmail: &Gmail<'_>,
) -> Result<Outcome> {
    // What may have been sent already is looked up before anything else.
    if let Some(answer) = settle_earlier(arguments, context, gmail)? {
        return Ok(answer);
    }
    let Some(letter) = &context.letter else {
        return Err(Problem::new(Code::Failed, "there is nothing to write"));
    };
    let draft = makes_draft(arguments, context.policy);
    let purpose = if draft { Purpose::NewDraft } else { Purpose::Send };
    let senders = gmail.senders()?;
    let mut parcel = match arguments.tool.id {
        Id::ReplyMessage => answer::reply(arguments, letter, gmail, &senders, purpose)?,
        Id::ForwardMessage => answer::forward(arguments, letter, gmail, purpose)?,
        Id::UpdateDraft => drafts::updated(arguments, letter, gmail)?,
        _ => Parcel { message: letter.message.clone(), thread: None, purpose },
    };
    parcel.message.from = sender(parcel.message.from.take(), &senders, letter.sender_name.as_deref())?;
    stamp(&mut parcel.message, context.journal.attempt())?;
    if parcel.purpose == Purpose::Send {
        write::gate(&parcel.message)?;
        context.policy.check_recipients(&parcel.message.recipients())?;
    }
    match arguments.flag("dry_run") {
        true => shown(&parcel.message, context.as_json),
        false => deliver(&parcel, context, gmail).map(Outcome::Document),
    }
}

fn settle_earlier(
    arguments: &Arguments,
    context: &Context<'_>,
    gmail: &Gmail<'_>,
) -> Result<Option<Outcome>> {
    let journal = context.journal;
    if let Some(result) = journal.result() {
        return Ok(Some(Outcome::Document(result)));
    }
    let Some(attempt) = journal.doubt() else { return Ok(None) };
    let drafted = makes_draft(arguments, context.policy);
    let found = if drafted { gmail.find_draft(&attempt)? } else { gmail.find_sent(&attempt)? };
    if let Some(found) = found {
        let people = journal.recipients();
        let status = if drafted { "drafted" } else { "sent" };
        let document = result(status, &found, &attempt, true, people);
        journal.done(&document);
        return Ok(Some(Outcome::Document(document)));
    }
    // A run that was killed long ago and left nothing in the mailbox did not send.
    match journal.may_try_again() {
        true => Ok(None),
        false => Err(unknown(&attempt, journal.retry_after())),
    }
}

/// Who a message is from: as given if the account may use it, else what Gmail would use.
fn sender(given: Option<Address>, senders: &[Sender], name: Option<&str>) -> Result<Option<Address>> {
    let default = || senders.iter().find(|s| s.default).or_else(|| senders.iter().find(|s| s.primary));
    let (known, asked_name) = match &given {
        Some(address) if senders.is_empty() => return Ok(Some(address.clone())),
        Some(address) => {
            let same = |s: &&Sender| s.address.canonical() == address.canonical();
            (Some(senders.iter().find(same).ok_or_else(|| no_sender(address, senders))?), address.name())
        }
        None => (default(), None),
    };
    let Some(known) = known else { return Ok(None) };
    match asked_name.or(name) {
        Some(name) => known.address.clone().with_name(name).map(Some),
        None => Ok(Some(known.address.clone())),
    }
}

fn no_sender(address: &Address, senders: &[Sender]) -> Problem {
    let usable: Vec<String> = senders.iter().map(|s| s.address.email()).collect();
    Problem::usage(format!("from: the account cannot send as {}", address.email()))
        .hint(format!("Usable are {}.", usable.join(", ")))
        .detail("usable", usable)
}

/// Date and ids. A second try of the same message carries the same ids.
fn stamp(message: &mut Outgoing, earlier: Option<OutgoingIds>) -> Result<()> {
    message.date = crate::clock::now() as i64;
    match earlier {
        Some(OutgoingIds { message_id, lookup_id }) => {
            message.message_id = message_id;
            message.lookup_id = lookup_id;
        }
        None => {
            let domain = message.from.as_ref().map_or("gmail.com", Address::domain);
            message.message_id = write::new_message_id(domain, random::bytes()?);
            message.lookup_id = format!("{:032x}", u128::from_be_bytes(random::bytes()?));
        }
    }
    Ok(())
}

fn deliver(parcel: &Parcel, context: &Context<'_>, gmail: &Gmail<'_>) -> Result<Value> {
    let message = &parcel.message;
    let layout = write::lay_out(message)?;
    let attempt =
        OutgoingIds { message_id: message.message_id.clone(), lookup_id: message.lookup_id.clone() };
    let people = super::value(&message.recipient_lists());
    context.journal.begin(&attempt, &people)?;
    let status = if parcel.purpose == Purpose::Send { "sent" } else { "drafted" };
    let delivery = gmail.deliver(&parcel.purpose, &layout, parcel.thread.as_deref());
    let find = || match &parcel.purpose {
        Purpose::Send => gmail.find_sent(&attempt),
        _ => gmail.find_draft(&attempt),
    };
    let (answer, verified) = settled(delivery, context.journal, &attempt, find)?;
    let document = result(status, &answer, &attempt, verified, people);
    context.journal.done(&document);
    Ok(document)
}

/// Gmail's answer, or what was found of a message whose sending had no clear end; true for the latter.
fn settled(
    delivery: Delivery,
    journal: &Journal<'_>,
    attempt: &OutgoingIds,
    find: impl Fn() -> Result<Option<Delivered>>,
) -> Result<(Delivered, bool)> {
    match delivery {
        Delivery::Done(answer) => Ok((answer, false)),
        Delivery::Refused(problem) => {
            journal.refused();
            Err(problem)
        }
        Delivery::Doubtful(why) => {
            journal.doubts(attempt);
            match find() {
                Ok(Some(found)) => Ok((found, true)),
                // Renewed once, the run comes back to the look-up and not to the send.
                Err(p) if p.code() == Code::TokenRefused => Err(p),
                _ => Err(unknown(attempt, journal.retry_after()).detail("cause", why.message())),
            }
        }
    }
}

/// The end of a send that nobody can tell.
pub(crate) fn unknown(attempt: &OutgoingIds, retry_after: Option<std::time::Duration>) -> Problem {
    let id = &attempt.message_id;
    let problem = Problem::new(Code::Unknown, "it is not known whether Gmail took the message")
        .detail("status", "unknown")
        .detail("message_id", format!("<{id}>"));
    match retry_after {
        Some(wait) => problem
            .hint("Run the same command with the same idempotency key again: it looks for the message first.")
            .retry_after(wait),
        None => problem.hint(format!(
            "Do not send it again before looking: mcs-gmail search 'rfc822msgid:{id}' --folder ALL"
        )),
    }
}

/// The Python skill's members, then ours.
fn result(
    status: &str,
    answer: &Delivered,
    attempt: &OutgoingIds,
    verified: bool,
    recipients: Value,
) -> Value {
    let mut document = json!({
        "status": status, "id": answer.id, "thread_id": answer.thread_id, "labels": answer.labels,
        "message_id": format!("<{}>", attempt.message_id), "verified": verified, "recipients": recipients,
    });
    if status == "drafted" {
        document["uid"] = answer.uid.clone().into();
    }
    document
}
