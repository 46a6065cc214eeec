//! What a delivery has come to: sent, refused, or unknown until the message was looked up.

use super::Journal;
use crate::{
    gmail::{
        send::{Delivered, Delivery, OutgoingIds},
        write::{Outgoing, Recipients},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spelling,
    tools::outcome::Sent,
};

/// The ids by which an outgoing message is found again.
pub(super) fn outgoing_ids(message: &Outgoing) -> OutgoingIds {
    OutgoingIds { message_id: message.message_id.clone(), lookup_id: message.lookup_id.clone() }
}

/// Gmail's answer, or the message as found in the mailbox after an unclear response; true for the latter.
pub(super) fn confirmed(
    delivery: Delivery,
    journal: &Journal<'_>,
    ids: &OutgoingIds,
    find: impl Fn() -> Result<Option<Delivered>>,
) -> Result<(Delivered, bool)> {
    match delivery {
        Delivery::Done(answer) => Ok((answer, false)),
        Delivery::Refused(problem) => {
            journal.refused();
            Err(problem)
        }
        Delivery::Doubtful(why) => {
            journal.doubt();
            match find() {
                Ok(Some(found)) => Ok((found, true)),
                // With a renewed token, the run continues at the look-up and not at the send.
                Err(p) if p.code() == Code::TokenRefused => Err(p),
                _ => Err(unknown(ids, journal.retry_after()).detail("cause", why.message())),
            }
        }
    }
}

/// The problem if it is unknown whether a message was sent.
pub(super) fn unknown(ids: &OutgoingIds, retry_after: Option<std::time::Duration>) -> Problem {
    let id = &ids.message_id;
    let problem = Problem::new(Code::Unknown, "it is unknown whether Gmail accepted the message")
        .detail("status", "unknown")
        .detail("message_id", format!("<{id}>"));
    match retry_after {
        Some(wait) => problem
            .hint("Run the same command again with the same idempotency key; it looks for the message first.")
            .retry_after(wait),
        None => {
            let criteria = spelling::lookup(&format!("rfc822msgid:{id}"));
            problem.hint(phrase!["Look for the message before you send it again: ", criteria])
        }
    }
}

/// The members of the Python skill, then ours.
pub(super) fn sent(
    status: &str,
    answer: Delivered,
    ids: &OutgoingIds,
    verified: bool,
    recipients: Recipients,
) -> Sent {
    Sent {
        status: status.to_owned(),
        id: answer.id,
        thread_id: answer.thread_id,
        labels: answer.labels,
        message_id: if ids.message_id.is_empty() { String::new() } else { format!("<{}>", ids.message_id) },
        verified,
        recipients,
        uid: answer.uid,
        subject: None,
    }
}
