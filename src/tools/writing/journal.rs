//! Records a send, so that it happens only once: in this process, so that a renewed token does not send again, and as
//! a sent note under an idempotency key, so that the command can be run again after the process was killed.

use std::{cell::RefCell, time::Duration};

use serde_json::{Value, json};

use super::{Sent, unknown};
use crate::{
    clock,
    gmail::{
        Gmail,
        lookup::SentDraft,
        send::{Delivered, OutgoingIds},
        write::Recipients,
    },
    problem::{Problem, Result},
    store::{SentNote, Store},
};

/// Seconds after which a message that is not in the mailbox counts as not sent.
const QUIET: f64 = 300.0;

/// An idempotency key, and a fingerprint of its message.
#[derive(Debug)]
pub(crate) struct IdempotencyKey {
    key: String,
    fingerprint: String,
}

impl IdempotencyKey {
    pub(super) fn new(key: String, fingerprint: String) -> Result<IdempotencyKey> {
        if key.trim().is_empty() || key.chars().any(char::is_control) || key.len() > 200 {
            return Err(Problem::usage(
                "idempotency_key: empty, longer than 200 bytes, or with control characters",
            )
            .hint("Use a word such as invoice-2026-11."));
        }
        Ok(IdempotencyKey { key, fingerprint })
    }
}

/// One attempt to send a message.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) ids: OutgoingIds,
    pub(super) recipients: Recipients,
    /// The draft that was sent, if it was one.
    draft: Option<SentDraft>,
    /// Epoch seconds, in whole milliseconds.
    at: f64,
}

impl Attempt {
    /// Looks up the message of the attempt.
    pub(super) fn find_sent(&self, gmail: &Gmail<'_>) -> Result<Option<Delivered>> {
        match &self.draft {
            Some(draft) => gmail.find_sent_draft(&self.ids, draft),
            None => gmail.find_sent(&self.ids),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    ThisRun,
    EarlierRun,
}

#[derive(Debug)]
enum SendState {
    /// Nothing was sent.
    Free,
    /// The message is being sent to Gmail.
    Sending(Attempt),
    /// It is not known whether Gmail accepted it.
    Unknown(Attempt, By),
    /// It was sent, with this result.
    Sent(Value),
}

pub(crate) struct Journal<'a> {
    store: &'a Store<'a>,
    key: Option<&'a IdempotencyKey>,
    /// The sent note in the store, as far as this process knows.
    recorded: RefCell<Option<SentNote>>,
    state: RefCell<SendState>,
}

impl<'a> Journal<'a> {
    pub(crate) fn without_key(store: &'a Store<'a>) -> Self {
        Journal { store, key: None, recorded: RefCell::default(), state: RefCell::new(SendState::Free) }
    }

    /// Reads what an earlier run recorded under the key. Another message under the same key is an error.
    pub(crate) fn open(store: &'a Store<'a>, key: Option<&'a IdempotencyKey>) -> Result<Self> {
        let note = key.map(|key| store.sent_note(&key.key)).transpose()?.flatten();
        if let (Some(key), Some(note)) = (key, &note)
            && note.fingerprint != key.fingerprint
        {
            return Err(Problem::usage("idempotency_key: a different message was sent under this key")
                .hint("Use a new key for a new message."));
        }
        let state = note.clone().map_or(SendState::Free, SendState::recorded);
        Ok(Journal { store, key, recorded: RefCell::new(note), state: RefCell::new(state) })
    }

    /// The result, if the message has been sent.
    pub(crate) fn result(&self) -> Option<Value> {
        match &*self.state.borrow() {
            SendState::Sent(result) => Some(result.clone()),
            _ => None,
        }
    }

    /// The attempt whose outcome is not known.
    pub(super) fn unknown_attempt(&self) -> Option<Attempt> {
        match &*self.state.borrow() {
            SendState::Unknown(attempt, _) => Some(attempt.clone()),
            _ => None,
        }
    }

    /// The problem of a run whose own attempt has no known outcome.
    pub(crate) fn unknown(&self) -> Option<Problem> {
        let ids = match &*self.state.borrow() {
            SendState::Unknown(attempt, By::ThisRun) => attempt.ids.clone(),
            _ => return None,
        };
        Some(unknown(&ids, self.retry_after()))
    }

    /// The ids of an earlier attempt, which the next one uses again.
    pub(super) fn earlier_ids(&self) -> Option<OutgoingIds> {
        self.unknown_attempt().map(|attempt| attempt.ids)
    }

    /// Whether an attempt that left no message in the mailbox is recorded and old enough to count as not sent. One
    /// without its ids could not be found, so it never counts as not sent.
    pub(super) fn may_try_again(&self) -> bool {
        let recorded = self.recorded.borrow().is_some();
        recorded
            && self
                .unknown_attempt()
                .is_some_and(|attempt| attempt.ids.are_complete() && clock::now() - attempt.at >= QUIET)
    }

    /// The time until then; `None` without a key.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let at = self.unknown_attempt().map_or_else(clock::now, |attempt| attempt.at);
        self.key.map(|_| Duration::from_secs_f64((at + QUIET - clock::now()).clamp(1.0, QUIET)))
    }

    /// Records an attempt. Called when the connection stands, before the first byte of the message is sent: a run that is
    /// killed earlier leaves nothing that the next one would have to look for. An attempt that is repeated after a
    /// temporary refusal is recorded once.
    pub(super) fn begin(&self, ids: &OutgoingIds, recipients: &Recipients) -> Result<()> {
        self.start(ids, recipients, None)
    }

    /// Records the attempt to send a draft.
    pub(super) fn begin_draft(
        &self,
        ids: &OutgoingIds,
        recipients: &Recipients,
        draft: SentDraft,
    ) -> Result<()> {
        self.start(ids, recipients, Some(draft))
    }

    fn start(&self, ids: &OutgoingIds, recipients: &Recipients, draft: Option<SentDraft>) -> Result<()> {
        if matches!(*self.state.borrow(), SendState::Sending(_)) {
            return Ok(());
        }
        // Whole milliseconds are unchanged after they were written and parsed.
        let at = (clock::now() * 1000.0).floor() / 1000.0;
        let attempt = Attempt { ids: ids.clone(), recipients: recipients.clone(), draft, at };
        if self.write(|key| Some(note(key, &attempt, None)))? {
            self.state.replace(SendState::Sending(attempt));
            return Ok(());
        }
        Err(Problem::temporary("another run is sending under this idempotency key")
            .hint("Run the same command again to see its result."))
    }

    /// Records that nothing was sent: the key is free again. An attempt that did not begin leaves what was recorded.
    pub(super) fn refused(&self) {
        if !matches!(*self.state.borrow(), SendState::Sending(_)) {
            return;
        }
        self.state.replace(SendState::Free);
        // If this fails, the remaining note only makes the next run look for the message.
        let _ = self.write(|_| None);
    }

    /// Records that the outcome of the attempt is unknown.
    pub(super) fn doubt(&self) {
        let state = self.state.replace(SendState::Free);
        self.state.replace(match state {
            SendState::Sending(attempt) => SendState::Unknown(attempt, By::ThisRun),
            other => other,
        });
    }

    /// Records the result. If the note cannot be written, the result is still returned: the next run finds the
    /// attempt, and with it the message.
    pub(super) fn done(&self, sent: &Sent) {
        let result = json!(sent);
        let state = self.state.replace(SendState::Sent(result.clone()));
        if let SendState::Sending(attempt) | SendState::Unknown(attempt, _) = state {
            let _ = self.write(|key| Some(note(key, &attempt, Some(result))));
        }
    }

    /// Replaces the sent note. Returns true without a key, since there is nothing to write.
    fn write(&self, note: impl FnOnce(&IdempotencyKey) -> Option<SentNote>) -> Result<bool> {
        let Some(key) = self.key else { return Ok(true) };
        let note = note(key);
        let mut recorded = self.recorded.borrow_mut();
        let replaced = self.store.replace_sent_note(&key.key, recorded.as_ref(), note.as_ref())?;
        if replaced {
            *recorded = note;
        }
        Ok(replaced)
    }
}

impl SendState {
    /// The state that an earlier run recorded.
    fn recorded(note: SentNote) -> SendState {
        if let Some(result) = note.result.filter(Value::is_object) {
            return SendState::Sent(result);
        }
        let recipients = serde_json::from_value(note.recipients).unwrap_or_default();
        let ids = OutgoingIds { message_id: note.message_id, lookup_id: note.lookup_id };
        SendState::Unknown(Attempt { ids, recipients, draft: None, at: note.at }, By::EarlierRun)
    }
}

fn note(key: &IdempotencyKey, attempt: &Attempt, result: Option<Value>) -> SentNote {
    SentNote {
        fingerprint: key.fingerprint.clone(),
        at: attempt.at,
        message_id: attempt.ids.message_id.clone(),
        lookup_id: attempt.ids.lookup_id.clone(),
        recipients: json!(attempt.recipients),
        result,
    }
}
