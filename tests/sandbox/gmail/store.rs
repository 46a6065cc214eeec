//! The messages at rest: by date, by id and by thread, with the mailbox's clock and the journal of changes.
//! Parsing is put off until a message is looked at, so that a hundred thousand of them stay small.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::dice::Dice;
use super::facts::Facts;
use super::mime::Part;
use super::words;

/// The place of a message in the list: by date, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) date: i64,
    pub(super) id: u64,
}

#[derive(Clone)]
pub(super) struct Mail {
    pub(super) id: u64,
    pub(super) thread: u64,
    /// Epoch milliseconds.
    pub(super) date: i64,
    pub(super) labels: Vec<String>,
    pub(super) history: u64,
    pub(super) content: Content,
    facts: OnceCell<Arc<Facts>>,
}

#[derive(Clone)]
pub(super) enum Content {
    Raw(Arc<[u8]>),
    /// A message resource given by a story, served as it is.
    Resource(Arc<Value>),
    /// The n-th of many small messages, written out when looked at.
    Bulk(u32),
}

impl Mail {
    pub(super) fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|l| l == label)
    }

    /// The whole message; empty for a ready-made resource without `raw`.
    pub(super) fn raw(&self) -> Vec<u8> {
        match &self.content {
            Content::Raw(raw) => raw.to_vec(),
            Content::Resource(message) => {
                message["raw"].as_str().and_then(super::base64url::decode).unwrap_or_default()
            }
            Content::Bulk(n) => bulk_raw(*n),
        }
    }

    pub(super) fn parse(&self) -> Part {
        Part::parse(&self.raw())
    }

    /// The facts of the header alone: enough for threading, and cheap for a large message.
    fn head_facts(&self) -> Facts {
        match &self.content {
            Content::Raw(raw) => Facts::of_head(raw),
            Content::Resource(message) => Facts::of_resource(message),
            Content::Bulk(n) => Facts::of_head(&bulk_raw(*n)),
        }
    }

    pub(super) fn size(&self) -> usize {
        match &self.content {
            Content::Raw(raw) => raw.len(),
            Content::Resource(message) => message["sizeEstimate"].as_u64().unwrap_or(1000) as usize,
            Content::Bulk(n) => bulk_raw(*n).len(),
        }
    }

    /// Facts are kept for later, except those of bulk messages.
    pub(super) fn with_facts<R>(&self, look: impl FnOnce(&Facts) -> R) -> R {
        match &self.content {
            Content::Bulk(_) => look(&Facts::of(&self.parse())),
            Content::Raw(_) => look(self.facts.get_or_init(|| Arc::new(Facts::of(&self.parse())))),
            Content::Resource(message) => {
                look(self.facts.get_or_init(|| Arc::new(Facts::of_resource(message))))
            }
        }
    }
}

fn bulk_raw(n: u32) -> Vec<u8> {
    format!(
        "From: Sender {n} <sender{n}@bulk.example>\r\nTo: Ada Lovelace <ada@example.com>\r\nSubject: Bulk message \
         {n}\r\nDate: Fri, 20 Nov 2026 12:00:00 +0000\r\nMessage-ID: <bulk-{n}@bulk.example>\r\n\r\nNumber {n}.\r\n"
    )
    .into_bytes()
}

/// One line of the journal that history.list reads.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) message: u64,
    pub(super) thread: u64,
    pub(super) change: Change,
    /// The labels after the change.
    pub(super) labels: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Added,
    Deleted,
    LabelsAdded(Vec<String>),
    LabelsRemoved(Vec<String>),
}

/// What is to be put into the mailbox.
pub(super) struct Delivery {
    pub(super) content: Content,
    pub(super) labels: Vec<String>,
    /// Epoch milliseconds; now if absent.
    pub(super) date: Option<i64>,
    /// The conversation it joins; found by References and Subject if absent.
    pub(super) thread: Option<u64>,
    /// Drafts and sends that name no thread start one, whatever their References say.
    pub(super) alone: bool,
}

#[derive(Clone)]
pub(super) struct Store {
    mails: BTreeMap<Place, Mail>,
    dates: HashMap<u64, i64>,
    threads: HashMap<u64, Vec<u64>>,
    by_message_id: HashMap<String, u64>,
    pub(super) journal: Vec<Record>,
    pub(super) history: u64,
    /// Epoch milliseconds; every delivery without a date moves it on by one second.
    pub(super) now: i64,
    dice: Dice,
}

impl Store {
    pub(super) fn new(now: i64, seed: u64) -> Store {
        Store {
            mails: BTreeMap::new(),
            dates: HashMap::new(),
            threads: HashMap::new(),
            by_message_id: HashMap::new(),
            journal: Vec::new(),
            history: 8_120_000,
            now,
            dice: Dice::new(seed),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.mails.len()
    }

    pub(super) fn thread_count(&self) -> usize {
        self.threads.len()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Mail> {
        self.mails.get(&Place { date: *self.dates.get(&id)?, id })
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut Mail> {
        self.mails.get_mut(&Place { date: *self.dates.get(&id)?, id })
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Mail> {
        self.mails.values().rev()
    }

    /// Newest first, only what follows `place` in the list.
    pub(super) fn after(&self, place: Option<Place>) -> impl Iterator<Item = &Mail> {
        let end = place.unwrap_or(Place { date: i64::MAX, id: u64::MAX });
        self.mails.range(..end).rev().map(|(_, mail)| mail)
    }

    /// The messages of a thread, oldest first.
    pub(super) fn thread(&self, id: u64) -> Vec<&Mail> {
        let mut mails: Vec<&Mail> =
            self.threads.get(&id).into_iter().flatten().filter_map(|m| self.get(*m)).collect();
        mails.sort_by_key(|mail| Place { date: mail.date, id: mail.id });
        mails
    }

    pub(super) fn tick(&mut self) -> i64 {
        self.now += 1000;
        self.now
    }

    /// A new id of 16 hexadecimal digits that begins with the time, as Gmail's do.
    fn fresh_id(&mut self, date: i64) -> u64 {
        loop {
            let id = ((date as u64) << 20) | self.dice.below(1 << 20);
            if !self.dates.contains_key(&id) {
                return id;
            }
        }
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) -> u64 {
        let date = delivery.date.unwrap_or_else(|| self.tick());
        let id = self.fresh_id(date);
        self.history += 1;
        let history = self.history;
        let Delivery { content, labels, thread, alone, .. } = delivery;
        let mut mail = Mail { id, thread: id, date, labels, history, content, facts: OnceCell::new() };
        mail.thread = match thread {
            Some(thread) => thread,
            None if alone || matches!(mail.content, Content::Bulk(_)) => id,
            None => self.conversation_of(&mail).unwrap_or(id),
        };
        self.index(&mail);
        self.record(&mail, history, Change::Added);
        self.mails.insert(Place { date, id }, mail);
        id
    }

    fn index(&mut self, mail: &Mail) {
        self.dates.insert(mail.id, mail.date);
        self.threads.entry(mail.thread).or_default().push(mail.id);
        if let Content::Raw(_) = mail.content
            && let Some(message_id) = mail.head_facts().message_id()
        {
            self.by_message_id.insert(message_id, mail.id);
        }
    }

    /// The thread of a known ancestor with the same subject.
    fn conversation_of(&self, mail: &Mail) -> Option<u64> {
        let facts = mail.head_facts();
        let subject = words::base_subject(facts.subject());
        let ancestors = facts.ancestors().into_iter().rev();
        let mut known = ancestors.filter_map(|id| self.get(*self.by_message_id.get(&id)?));
        known
            .find(|parent| words::base_subject(parent.head_facts().subject()) == subject)
            .map(|parent| parent.thread)
    }

    fn record(&mut self, mail: &Mail, id: u64, change: Change) {
        let labels = mail.labels.clone();
        self.journal.push(Record { id, message: mail.id, thread: mail.thread, change, labels });
    }

    /// Adds and removes labels; what changes is written to the journal. False if there is no such message.
    pub(super) fn relabel(&mut self, id: u64, add: &[&str], remove: &[&str]) -> bool {
        let Some(mail) = self.get(id) else { return false };
        let owned = |labels: Vec<&&str>| labels.into_iter().map(|l| l.to_string()).collect::<Vec<_>>();
        let added = owned(add.iter().filter(|l| !mail.has(l)).collect());
        let removed = owned(remove.iter().filter(|l| mail.has(l)).collect());
        self.apply(id, Change::LabelsAdded(added));
        self.apply(id, Change::LabelsRemoved(removed));
        true
    }

    fn apply(&mut self, id: u64, change: Change) {
        let history = self.history + 1;
        let Some(mail) = self.get_mut(id) else { return };
        match &change {
            Change::LabelsAdded(labels) if !labels.is_empty() => mail.labels.extend(labels.iter().cloned()),
            Change::LabelsRemoved(labels) if !labels.is_empty() => {
                mail.labels.retain(|l| !labels.contains(l))
            }
            _ => return,
        }
        mail.history = history;
        let (message, thread, labels) = (mail.id, mail.thread, mail.labels.clone());
        self.history = history;
        self.journal.push(Record { id: history, message, thread, change, labels });
    }

    /// Final deletion.
    pub(super) fn delete(&mut self, id: u64) -> Option<Mail> {
        let date = self.dates.remove(&id)?;
        let mail = self.mails.remove(&Place { date, id })?;
        let rest = self.threads.entry(mail.thread).or_default();
        rest.retain(|other| *other != id);
        if rest.is_empty() {
            self.threads.remove(&mail.thread);
        }
        self.by_message_id.retain(|_, known| *known != id);
        self.history += 1;
        self.record(&mail, self.history, Change::Deleted);
        Some(mail)
    }

    /// A label is gone: every message loses it.
    pub(super) fn forget_label(&mut self, label: &str) {
        let ids: Vec<u64> = self.mails.values().filter(|m| m.has(label)).map(|m| m.id).collect();
        for id in ids {
            self.relabel(id, &[], &[label]);
        }
    }

    pub(super) fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}
