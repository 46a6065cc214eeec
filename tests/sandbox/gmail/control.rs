//! What a story does to the mailbox without a request, what it lets go wrong, and what it looks at afterwards.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Gmail, OrderedFault, Sent, Stored,
    fault::Fault,
    messages,
    quota::{Allowance, PartLimits},
    store::{Content, Delivery, Mail},
};

impl Gmail {
    /// A message arrives. `labels` are ids or names of user labels, which are made if need be. Gives its id.
    pub(crate) fn add_raw(&mut self, rfc5322: &[u8], labels: &[&str]) -> String {
        self.deliver(rfc5322.to_vec(), labels, None)
    }

    /// The same with a date of arrival, in epoch milliseconds.
    pub(crate) fn add_raw_at(&mut self, rfc5322: &[u8], labels: &[&str], date: i64) -> String {
        self.deliver(rfc5322.to_vec(), labels, Some(date))
    }

    /// A ready-made message resource, served as it is. `labelIds` count; `id`, `threadId` and the dates are ours.
    pub(crate) fn add_payload(&mut self, message: Value) -> String {
        let labels = message["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let labels = labels.map(String::from).collect();
        let content = Content::Resource(Arc::new(message));
        let id = self.store.deliver(Delivery { content, labels, date: None, thread: None, alone: true });
        messages::write_id(id)
    }

    /// Somebody else deletes a message for good.
    pub(crate) fn delete(&mut self, id: &str) {
        let id = messages::parse_id(id).unwrap_or_else(|_| panic!("{id} is no id"));
        self.remove(id);
    }

    /// The bytes for an `attachmentId` of a ready-made resource.
    pub(crate) fn add_attachment(&mut self, attachment_id: &str, bytes: &[u8]) {
        self.attachments.insert(attachment_id.into(), bytes.to_vec());
    }

    /// `n` small unrelated messages in the inbox, one second apart, compact in memory.
    pub(crate) fn bulk(&mut self, n: u32) {
        for number in 1..=n {
            let labels = vec!["INBOX".to_string()];
            let content = Content::Bulk(number);
            self.store.deliver(Delivery { content, labels, date: None, thread: None, alone: true });
        }
    }

    /// A user label of that name; gives its id.
    pub(crate) fn add_label(&mut self, name: &str) -> String {
        self.labels.ensure(name)
    }

    /// A sender's address beside the primary one, accepted or still pending.
    pub(crate) fn add_alias(&mut self, address: &str, name: &str, accepted: bool) {
        self.aliases.push(json!({
            "sendAsEmail": address,
            "displayName": name,
            "replyToAddress": "",
            "signature": "",
            "isPrimary": false,
            "isDefault": false,
            "treatAsAlias": true,
            "verificationStatus": if accepted { "accepted" } else { "pending" },
        }));
    }

    /// The address that an administrator manages, which has no verification status.
    pub(crate) fn add_managed_alias(&mut self, address: &str) {
        self.aliases.push(json!({
            "sendAsEmail": address,
            "displayName": "",
            "replyToAddress": "",
            "signature": "",
            "isPrimary": false,
            "isDefault": false,
            "treatAsAlias": true,
        }));
    }

    /// Makes an address the default, with the address for replies.
    pub(crate) fn set_default_alias(&mut self, address: &str, reply_to: &str) {
        for alias in &mut self.aliases {
            let chosen = alias["sendAsEmail"] == address;
            alias["isDefault"] = chosen.into();
            if chosen {
                alias["replyToAddress"] = reply_to.into();
            }
        }
    }

    /// The signature of an address, in HTML.
    pub(crate) fn set_signature(&mut self, address: &str, html: &str) {
        self.aliases
            .iter_mut()
            .filter(|alias| alias["sendAsEmail"] == address)
            .for_each(|alias| alias["signature"] = html.into());
    }

    /// The next `times` calls whose path, query or body contains `needle` fail, inner calls of a batch one by one.
    /// An empty needle concerns every call.
    pub(crate) fn fail_part(&mut self, needle: &str, status: u16, reason: &str, times: usize) {
        let fault = Fault::ordered(status, reason);
        self.faults.push(OrderedFault { needle: needle.into(), fault, times, after: false });
    }

    /// Nothing fails any more that was ordered to.
    pub(crate) fn mend(&mut self) {
        self.faults.clear();
    }

    /// The next `times` calls of a method (part of its id, such as `messages.send`) are carried out and then
    /// answered with this status.
    pub(crate) fn lose_answer(&mut self, method: &str, status: u16, times: usize) {
        let fault = Fault::ordered(status, "backendError");
        self.faults.push(OrderedFault { needle: method.into(), fault, times, after: true });
    }

    /// The next `n` calls are answered with 429.
    pub(crate) fn quota_errors(&mut self, n: usize) {
        self.quota_errors = n;
    }

    /// The user may spend this many units, and so many more each second.
    pub(crate) fn limit_units(&mut self, most: u64, per_second: u64) {
        self.allowance = Some(Allowance::new(most, per_second));
    }

    /// No more parts of a batch than this are taken at once; the others are refused, whichever they are. Several limits
    /// hold for one batch each, and the last for all that follow.
    pub(crate) fn limit_parts(&mut self, limits: &[usize]) {
        self.part_limits = PartLimits::new(limits);
    }

    /// The mailbox's clock, in epoch milliseconds: the date of the next arrival, and now for `newer_than:`.
    pub(crate) fn set_now(&mut self, millisecond: i64) {
        self.store.now = millisecond;
    }

    /// The mailbox's clock, in epoch milliseconds.
    pub(crate) fn now(&self) -> i64 {
        self.store.now
    }

    /// Everything in the mailbox, newest first.
    pub(crate) fn messages(&self) -> Vec<Stored> {
        self.store.newest_first().map(stored).collect()
    }

    /// One message by its id.
    pub(crate) fn message(&self, id: &str) -> Option<Stored> {
        self.store.get(messages::parse_id(id).ok()?).map(stored)
    }

    /// The id of the newest message whose decoded subject contains `part`.
    pub(crate) fn id_of_subject(&self, part: &str) -> Option<String> {
        let mut mails = self.store.newest_first();
        let found = mails.find(|mail| mail.with_facts(|facts| facts.subject().contains(part)));
        found.map(|mail| messages::write_id(mail.id))
    }

    /// What was sent since the mailbox was made, oldest first.
    pub(crate) fn sent(&self) -> &[Sent] {
        &self.sent
    }

    pub(crate) fn send_count(&self) -> usize {
        self.sent.len()
    }

    /// The names of all labels, in the order of labels.list.
    pub(crate) fn label_names(&self) -> Vec<String> {
        self.labels.names()
    }

    /// The id of the label with that name.
    pub(crate) fn label_id(&self, name: &str) -> Option<String> {
        self.labels.by_name(name).map(|label| label.id.clone())
    }

    /// The ids of the drafts, oldest first.
    pub(crate) fn draft_ids(&self) -> Vec<String> {
        self.drafts.iter().map(|draft| draft.id.clone()).collect()
    }

    /// The mailbox's current history id.
    pub(crate) fn history_id(&self) -> u64 {
        self.store.history
    }

    fn deliver(&mut self, raw: Vec<u8>, labels: &[&str], date: Option<i64>) -> String {
        let labels = labels.iter().map(|label| match self.labels.by_id(label) {
            Some(known) => known.id.clone(),
            None => self.labels.ensure(label),
        });
        let labels = labels.collect();
        let content = Content::Raw(raw.into());
        let id = self.store.deliver(Delivery { content, labels, date, thread: None, alone: false });
        self.sort_arrival(id);
        messages::write_id(id)
    }
}

fn stored(mail: &Mail) -> Stored {
    Stored {
        id: messages::write_id(mail.id),
        thread_id: messages::write_id(mail.thread),
        labels: mail.labels.clone(),
        raw: mail.raw(),
    }
}
