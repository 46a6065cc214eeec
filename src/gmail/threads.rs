//! Threads: every message of a conversation, oldest first.

use serde::Serialize;
use serde_json::Value;

use super::{
    Gmail, id_of, incomplete,
    messages::seen,
    read::{self, Message, ReadOptions},
};
use crate::{
    problem::{Code, Problem, Result},
    url::segment,
};

/// A conversation with its messages, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Thread {
    pub(crate) thread_id: String,
    /// The subject of the oldest message.
    pub(crate) subject: String,
    pub(crate) messages: Vec<Message>,
    /// The members whose text the senders control.
    pub(crate) untrusted: Vec<String>,
}

impl Gmail<'_> {
    /// The thread with this id, or the thread of the message with this id.
    pub(crate) fn thread(&self, id: &str, options: &ReadOptions) -> Result<Thread> {
        let mut thread = match self.whole_thread(id) {
            Err(p) if p.code() == Code::NotFound => self.whole_thread(&self.thread_of(id)?),
            other => other,
        }?;
        let members = thread.as_object_mut().and_then(|thread| thread.shift_remove("messages"));
        let Some(Value::Array(mut messages)) = members else { return Err(incomplete()) };
        let is_message = |m: &Value| id_of(m).is_ok() && m.get("payload").is_some_and(Value::is_object);
        if messages.is_empty() || !messages.iter().all(is_message) {
            return Err(incomplete());
        }
        // Gmail returns the oldest first, but does not document it.
        messages.sort_by_key(|message| read::accepted_at(message).unwrap_or(0));
        for message in &mut messages {
            self.complete(message, options)?;
        }
        let subject = messages.first().map(|m| read::header(m, "subject")).unwrap_or_default();
        // What the oldest message quotes is in no other one.
        let oldest = ReadOptions { quotes: true, ..*options };
        let read = |(at, message): (usize, &Value)| seen(message, if at == 0 { &oldest } else { options });
        Ok(Thread {
            thread_id: read::text(&thread, "id"),
            subject,
            messages: messages.iter().enumerate().map(read).collect(),
            untrusted: ["subject", "messages"].map(str::to_owned).into(),
        })
    }

    fn whole_thread(&self, id: &str) -> Result<Value> {
        let query = [("format", "full"), ("fields", "id,messages")];
        self.get(&format!("/threads/{}", segment(id)), &query)
    }

    fn thread_of(&self, message: &str) -> Result<String> {
        let unknown = |problem: Problem| match problem.code() {
            Code::NotFound => Problem::not_found(format!("thread {message} not found"))
                .hint("Check the thread_id with list or search; the thread may have been deleted.")
                .detail("id", message),
            _ => problem,
        };
        let query = [("format", "minimal"), ("fields", "threadId")];
        let found = self.get(&format!("/messages/{}", segment(message)), &query).map_err(unknown)?;
        found.get("threadId").and_then(Value::as_str).map(str::to_owned).ok_or_else(incomplete)
    }
}
