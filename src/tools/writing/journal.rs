//! What is remembered of a send so that it happens once: in this run, so that a renewed token does not send again,
//! and under an idempotency key, so that a run that was killed can simply be run again.

use std::{cell::RefCell, time::Duration};

use rsa::sha2::{Digest, Sha256};
use serde_json::{Value, json};

use super::{super::Arguments, Letter};
use crate::{
    clock,
    gmail::send::OutgoingIds,
    problem::{Problem, Result},
};

const WEEK: f64 = 7.0 * 86_400.0;
/// After so many seconds a message that is nowhere in the mailbox was not sent.
const QUIET: f64 = 300.0;

/// Small texts that outlive the process, each under an idempotency key.
pub(crate) trait Notes {
    fn note(&self, key: &str) -> Result<Option<String>>;

    /// Puts `text` in the place of `expected` until then (epoch seconds), or takes it away; false when something
    /// else stands there, because another process was faster.
    fn swap_note(&self, key: &str, expected: Option<&str>, text: Option<&str>, until: f64) -> Result<bool>;
}

pub(crate) struct Journal<'a> {
    notes: &'a dyn Notes,
    page: RefCell<Page>,
}

#[derive(Default)]
struct Page {
    key: Option<String>,
    fingerprint: String,
    /// What stands in the notes, as this run knows it.
    text: Option<String>,
    attempt: Option<OutgoingIds>,
    recipients: Value,
    /// Epoch seconds of the attempt.
    at: f64,
    tried: bool,
    /// The attempt has no known end.
    doubtful: bool,
    result: Option<Value>,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(notes: &'a dyn Notes) -> Self {
        Journal { notes, page: RefCell::default() }
    }

    /// Reads what an earlier run left under the key of this one. Another message under the same key is a mistake.
    pub(super) fn open(&self, arguments: &Arguments, letter: &Letter) -> Result<()> {
        let Some(key) = arguments.text("idempotency_key") else { return Ok(()) };
        if key.trim().is_empty() || key.chars().any(char::is_control) || key.len() > 200 {
            return Err(Problem::usage("idempotency_key: it is empty, too long, or no plain text")
                .hint("Use a word such as invoice-2026-11."));
        }
        let key = key.to_owned();
        let fingerprint = fingerprint(arguments, letter);
        let text = self.notes.note(&key)?;
        let mut page = Page { key: Some(key), fingerprint, ..Page::default() };
        if let Some(record) = text.as_deref().and_then(|t| serde_json::from_str::<Value>(t).ok()) {
            if record["fingerprint"] != page.fingerprint.as_str() {
                return Err(Problem::usage("idempotency_key: another message was sent under this key")
                    .hint("Use a new key for a new message."));
            }
            page.read(&record);
        }
        page.text = text;
        *self.page.borrow_mut() = page;
        Ok(())
    }

    /// The result of an earlier run.
    pub(super) fn result(&self) -> Option<Value> {
        self.page.borrow().result.clone()
    }

    /// The attempt whose end is not known.
    pub(crate) fn doubt(&self) -> Option<OutgoingIds> {
        let page = self.page.borrow();
        page.attempt.clone().filter(|_| page.doubtful)
    }

    /// Whether this run itself made the attempt.
    pub(crate) fn was_tried(&self) -> bool {
        self.page.borrow().tried
    }

    /// The ids of an earlier attempt, for trying it again.
    pub(super) fn attempt(&self) -> Option<OutgoingIds> {
        self.page.borrow().attempt.clone()
    }

    pub(super) fn recipients(&self) -> Value {
        self.page.borrow().recipients.clone()
    }

    /// Whether an attempt that is nowhere to be found was made by another run, long enough ago.
    pub(super) fn may_try_again(&self) -> bool {
        let page = self.page.borrow();
        page.text.is_some() && clock::now() - page.at >= QUIET
    }

    /// When that will be; None without a key.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let page = self.page.borrow();
        page.key.as_ref().map(|_| Duration::from_secs_f64((page.at + QUIET - clock::now()).clamp(1.0, QUIET)))
    }

    /// Before the first byte of a send leaves.
    pub(super) fn begin(&self, attempt: &OutgoingIds, recipients: &Value) -> Result<()> {
        let mut page = self.page.borrow_mut();
        page.attempt = Some(attempt.clone());
        page.recipients = recipients.clone();
        page.at = clock::now();
        page.doubtful = false;
        let record = page.record();
        let written = page.write(self.notes, Some(record))?;
        match written {
            true => Ok(()),
            false => Err(Problem::temporary("another run is sending under this idempotency key")
                .hint("Run the same command again to see what it came to.")),
        }
    }

    /// Nothing was sent: the key is free again.
    pub(super) fn refused(&self) {
        let mut page = self.page.borrow_mut();
        page.attempt = None;
        page.doubtful = false;
        // Left behind, the note only makes the next run look once.
        let _ = page.write(self.notes, None);
    }

    pub(super) fn doubts(&self, attempt: &OutgoingIds) {
        let mut page = self.page.borrow_mut();
        page.attempt = Some(attempt.clone());
        (page.doubtful, page.tried) = (true, true);
    }

    /// It was sent, with this result. A note that cannot be written is no reason to hide that: the next run finds
    /// the attempt, and with it the message.
    pub(super) fn done(&self, result: &Value) {
        let mut page = self.page.borrow_mut();
        page.doubtful = false;
        page.result = Some(result.clone());
        let record = page.record();
        let _ = page.write(self.notes, Some(record));
    }
}

impl Page {
    fn read(&mut self, record: &Value) {
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        self.attempt = Some(OutgoingIds { message_id: text("message_id"), lookup_id: text("lookup_id") });
        self.recipients = record["recipients"].clone();
        self.at = record["at"].as_f64().unwrap_or_default();
        self.result = Some(record["result"].clone()).filter(Value::is_object);
        self.doubtful = self.result.is_none();
    }

    fn record(&self) -> String {
        let (message_id, lookup_id) = match &self.attempt {
            Some(attempt) => (attempt.message_id.as_str(), attempt.lookup_id.as_str()),
            None => ("", ""),
        };
        json!({
            "fingerprint": self.fingerprint, "at": self.at, "message_id": message_id, "lookup_id": lookup_id,
            "recipients": self.recipients, "result": self.result,
        })
        .to_string()
    }

    /// True without a key: then there is nothing to write.
    fn write(&mut self, notes: &dyn Notes, text: Option<String>) -> Result<bool> {
        let Some(key) = &self.key else { return Ok(true) };
        let until = clock::now() + WEEK;
        let swapped = notes.swap_note(key, self.text.as_deref(), text.as_deref(), until)?;
        if swapped {
            self.text = text;
        }
        Ok(swapped)
    }
}

/// Tells one message from another: everything that was given, with bodies as they were read.
fn fingerprint(arguments: &Arguments, letter: &Letter) -> String {
    let mut given = arguments.values.clone();
    for name in ["idempotency_key", "dry_run"] {
        given.shift_remove(name);
    }
    given.sort_keys();
    let attached: Vec<u64> = letter.message.attachments.iter().map(|a| a.content.len()).collect();
    let all = json!([arguments.tool.name, given, letter.message.text, letter.message.html, attached]);
    let hash = Sha256::digest(all.to_string().as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
