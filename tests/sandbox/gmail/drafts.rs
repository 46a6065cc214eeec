//! The `drafts` methods. A draft is an id that stays over a message that is replaced with every update.

use serde_json::{Value, json};

use super::fault::Fault;
use super::messages::{Page, labelled, list_answer, reference, rendered};
use super::send;
use super::store::{Content, Delivery, Mail};
use super::{Answer, Call, Gmail};

#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) message: u64,
}

impl Gmail {
    pub(super) fn drafts_create(&mut self, call: &Call) -> Answer {
        let message = self.store_draft(call)?;
        let id = format!("r-{}", self.store.dice().next() >> 2);
        self.drafts.push(Draft { id, message });
        self.draft_reference(self.drafts.last().expect("just pushed"))
    }

    /// The draft id stays, the message id is a new one.
    pub(super) fn drafts_update(&mut self, call: &Call) -> Answer {
        let at = self.draft_position(call.path("id"))?;
        let message = self.store_draft(call)?;
        let old = std::mem::replace(&mut self.drafts[at].message, message);
        self.store.delete(old);
        self.draft_reference(&self.drafts[at])
    }

    pub(super) fn drafts_get(&mut self, call: &Call) -> Answer {
        let at = self.draft_position(call.path("id"))?;
        let serving = self.serving();
        let mail = self.store.get(self.drafts[at].message).ok_or_else(Fault::not_found)?;
        Ok(json!({"id": self.drafts[at].id, "message": rendered(mail, call, serving)?}))
    }

    pub(super) fn drafts_list(&mut self, call: &Call) -> Answer {
        let selection = self.selection(call)?;
        let page = self.page(call)?;
        let of_mail = |mail: &Mail| self.drafts.iter().find(|draft| draft.message == mail.id);
        let mut found = self
            .store
            .after(page.after)
            .filter(|mail| self.accepts(&selection, mail))
            .filter_map(|mail| Some((of_mail(mail)?, mail)))
            .peekable();
        let rows: Vec<(&Draft, &Mail)> = found.by_ref().take(page.size).collect();
        let more = found.peek().is_some();
        let items =
            rows.iter().map(|(draft, mail)| json!({"id": draft.id, "message": reference(mail)})).collect();
        Ok(list_answer("drafts", items, rows.last().filter(|_| more).map(|(_, mail)| Page::token(mail))))
    }

    pub(super) fn drafts_delete(&mut self, call: &Call) -> Answer {
        let at = self.draft_position(call.path("id"))?;
        let id = self.drafts[at].id.clone();
        self.remove_draft(&id);
        Ok(Value::Null)
    }

    /// Sends the draft, or the message that comes with the call in its place; the draft is gone afterwards.
    pub(super) fn drafts_send(&mut self, call: &Call) -> Answer {
        let at = self.draft_position(call.body["id"].as_str().unwrap_or_default())?;
        let replacing = call.media.is_some() || call.body["message"].is_object();
        let (raw, thread) = if replacing {
            let raw = send::raw_of(call, &call.body["message"])?;
            let thread = self.thread_for(&raw, call.body["message"]["threadId"].as_str())?;
            (raw, thread)
        } else {
            let mail = self.store.get(self.drafts[at].message).ok_or_else(Fault::not_found)?;
            (mail.raw(), (mail.thread != mail.id).then_some(mail.thread))
        };
        let answer = self.transmit(raw, thread)?;
        let draft = self.drafts.remove(at);
        self.store.delete(draft.message);
        Ok(answer)
    }

    fn store_draft(&mut self, call: &Call) -> Result<u64, Fault> {
        let message = &call.body["message"];
        let raw = send::raw_of(call, message)?;
        let thread = self.thread_for(&raw, message["threadId"].as_str())?;
        let raw = self.with_usual_headers(raw);
        Ok(self.store_as_draft(raw, thread))
    }

    /// A draft that another program wrote, byte for byte; gives its id.
    pub(crate) fn add_draft(&mut self, raw: &[u8]) -> String {
        let message = self.store_as_draft(raw.to_vec(), None);
        let id = format!("r-{}", self.store.dice().next() >> 2);
        self.drafts.push(Draft { id: id.clone(), message });
        id
    }

    /// Another program replaces the message of a draft.
    pub(crate) fn replace_draft(&mut self, id: &str, raw: &[u8]) {
        let at = self.draft_position(id).expect("a draft");
        let message = self.store_as_draft(raw.to_vec(), None);
        let old = std::mem::replace(&mut self.drafts[at].message, message);
        self.store.delete(old);
    }

    /// Another program deletes a draft.
    pub(crate) fn remove_draft(&mut self, id: &str) {
        let at = self.draft_position(id).expect("a draft");
        let draft = self.drafts.remove(at);
        self.store.delete(draft.message);
    }

    fn store_as_draft(&mut self, raw: Vec<u8>, thread: Option<u64>) -> u64 {
        let content = Content::Raw(raw.into());
        self.store.deliver(Delivery {
            content,
            labels: vec!["DRAFT".into()],
            date: None,
            thread,
            alone: true,
        })
    }

    fn draft_position(&self, id: &str) -> Result<usize, Fault> {
        self.drafts.iter().position(|draft| draft.id == id).ok_or_else(Fault::not_found)
    }

    fn draft_reference(&self, draft: &Draft) -> Answer {
        let mail = self.store.get(draft.message).ok_or_else(Fault::not_found)?;
        Ok(json!({"id": draft.id, "message": labelled(mail)}))
    }
}
