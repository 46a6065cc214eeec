//! The `threads` methods: conversations as the sum of their messages.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::fault::Fault;
use super::messages::{Page, list_answer, parse_id, rendered, write_id};
use super::store::{Mail, Place};
use super::{Answer, Call, Gmail};

impl Gmail {
    /// A thread has the place of its newest matching message.
    pub(super) fn threads_list(&mut self, call: &Call) -> Answer {
        let selection = self.selection(call)?;
        let page = self.page(call)?;
        let mut seen = HashSet::new();
        let matching = self.store.newest_first().filter(|mail| self.accepts(&selection, mail));
        let heads = matching.filter(|mail| seen.insert(mail.thread));
        let mut rest = heads
            .skip_while(|mail| {
                page.after.is_some_and(|place| Place { date: mail.date, id: mail.id } >= place)
            })
            .peekable();
        let rows: Vec<&Mail> = rest.by_ref().take(page.size).collect();
        let more = rest.peek().is_some();
        let items: Vec<Value> = rows.iter().map(|mail| self.thread_row(mail.thread)).collect();
        Ok(list_answer("threads", items, rows.last().filter(|_| more).map(|mail| Page::token(mail))))
    }

    fn thread_row(&self, id: u64) -> Value {
        let mails = self.store.thread(id);
        let snippet =
            mails.last().map(|mail| mail.with_facts(|facts| facts.snippet.clone())).unwrap_or_default();
        let mut row = json!({"id": write_id(id)});
        if !snippet.is_empty() {
            row["snippet"] = snippet.into();
        }
        row["historyId"] = newest_change(&mails).into();
        row
    }

    pub(super) fn threads_get(&mut self, call: &Call) -> Answer {
        let id = parse_id(call.path("id"))?;
        let serving = self.serving();
        let mails = self.store.thread(id);
        if mails.is_empty() {
            return Err(Fault::not_found());
        }
        let history = newest_change(&mails);
        let messages: Result<Vec<Value>, Fault> =
            mails.iter().map(|mail| rendered(mail, call, serving)).collect();
        Ok(json!({"id": write_id(id), "historyId": history, "messages": messages?}))
    }

    pub(super) fn threads_modify(&mut self, call: &Call) -> Answer {
        let labels = |name: &str| -> Vec<&str> {
            call.body[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let ids = self.thread_ids(call)?;
        self.relabel(&ids, &labels("addLabelIds"), &labels("removeLabelIds"))?;
        self.thread_reference(call)
    }

    pub(super) fn threads_trash(&mut self, call: &Call) -> Answer {
        for id in self.thread_ids(call)? {
            self.store.relabel(id, &["TRASH"], &["INBOX", "SPAM"]);
        }
        self.thread_reference(call)
    }

    pub(super) fn threads_untrash(&mut self, call: &Call) -> Answer {
        for id in self.thread_ids(call)? {
            self.store.relabel(id, &[], &["TRASH"]);
        }
        self.thread_reference(call)
    }

    pub(super) fn threads_delete(&mut self, call: &Call) -> Answer {
        for id in self.thread_ids(call)? {
            self.remove(id);
        }
        Ok(Value::Null)
    }

    fn thread_ids(&self, call: &Call) -> Result<Vec<u64>, Fault> {
        let ids: Vec<u64> =
            self.store.thread(parse_id(call.path("id"))?).iter().map(|mail| mail.id).collect();
        if ids.is_empty() { Err(Fault::not_found()) } else { Ok(ids) }
    }

    fn thread_reference(&self, call: &Call) -> Answer {
        let id = parse_id(call.path("id"))?;
        let messages: Value = self.store.thread(id).into_iter().map(super::messages::labelled).collect();
        Ok(json!({"id": write_id(id), "messages": messages}))
    }
}

fn newest_change(mails: &[&Mail]) -> String {
    mails.iter().map(|mail| mail.history).max().unwrap_or_default().to_string()
}
