//! Threads: every message of a conversation, oldest first.

use serde::Serialize;
use serde_json::Value;

use super::{
    Gmail,
    change::is_id,
    id_of, incomplete,
    messages::seen_in_thread,
    read::{
        self, BodyKind, Message, ReadOptions,
        origin::{self, Risk},
    },
    target,
};
use crate::{
    address::{Address, parse_header},
    problem::{Code, Problem, Result},
    url::segment,
};

const WHOLE: [(&str, &str); 2] = [("format", "full"), ("fields", "id,messages")];
const THREAD_ID: [(&str, &str); 2] = [("format", "minimal"), ("fields", "threadId")];

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

/// The threads of messages, each once, and the messages that do not exist.
#[derive(Debug, Default)]
pub(crate) struct ThreadIds {
    pub(crate) threads: Vec<String>,
    pub(crate) not_found: Vec<String>,
}

/// Threads with their messages, and the ids that are neither of a thread nor of a message.
#[derive(Debug, Default)]
pub(crate) struct LabelledThreads {
    pub(crate) found: Vec<(String, Vec<LabelledMessage>)>,
    pub(crate) not_found: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct LabelledMessage {
    pub(crate) id: String,
    pub(crate) labels: Vec<String>,
}

impl LabelledMessage {
    fn of(resource: &Value) -> Result<LabelledMessage> {
        Ok(LabelledMessage { id: id_of(resource)?.to_owned(), labels: read::labels(resource) })
    }
}

impl Gmail<'_> {
    /// The thread with this id, or the thread of the message with this id.
    pub(crate) fn thread(&self, id: &str, options: &ReadOptions) -> Result<Thread> {
        let thread = match self.whole_thread(id) {
            Err(p) if p.code() == Code::NotFound => self.whole_thread(&self.thread_of(id)?),
            other => other,
        }?;
        self.read_thread(thread, options)
    }

    /// A whole thread as a person sees it.
    pub(super) fn read_thread(&self, mut thread: Value, options: &ReadOptions) -> Result<Thread> {
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
        let mut older = read::Known::default();
        let read = |(at, message): (usize, &Value)| {
            seen_in_thread(message, if at == 0 { &oldest } else { options }, &mut older)
        };
        Ok(Thread {
            thread_id: read::text(&thread, "id"),
            subject,
            messages: with_shared_names(messages.iter().enumerate().map(read).collect()),
            untrusted: ["subject", "messages"].map(str::to_owned).into(),
        })
    }

    /// The lines of the messages that are older than this one in its conversation; none if they are not to be had.
    pub(super) fn older_messages(&self, message: &Value) -> read::Known {
        let mut known = read::Known::default();
        let Ok(thread) = self.whole_thread(&read::text(message, "threadId")) else { return known };
        let date = read::accepted_at(message);
        let older = thread["messages"].as_array().into_iter().flatten();
        for other in older.filter(|other| other["id"] != message["id"] && read::accepted_at(other) < date) {
            let options = ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };
            read::message_of_thread(other, &options, &mut known);
        }
        known
    }

    /// The threads of these messages.
    pub(crate) fn threads_of(&self, messages: &[String]) -> Result<ThreadIds> {
        let path = |id: &String| target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &THREAD_ID);
        let paths: Vec<String> = messages.iter().map(path).collect();
        let mut resolved = ThreadIds::default();
        for (id, found) in messages.iter().zip(self.get_each(&paths, &mut self.pace())?) {
            match found {
                Err(p) if p.code() == Code::NotFound || !is_id(id) => resolved.not_found.push(id.clone()),
                found => {
                    let thread = read::text(&found?, "threadId");
                    if !resolved.threads.contains(&thread) {
                        resolved.threads.push(thread);
                    }
                }
            }
        }
        Ok(resolved)
    }

    /// The messages of these threads, or of the threads of these messages, with their labels.
    pub(crate) fn threads_with_labels(&self, ids: &[String]) -> Result<LabelledThreads> {
        let mut threads = LabelledThreads::default();
        let unknown = self.add_labelled(ids, &mut threads)?;
        let ThreadIds { threads: others, not_found } = self.threads_of(&unknown)?;
        let known = |id: &String| threads.found.iter().any(|(known, _)| known == id);
        let others: Vec<String> = others.into_iter().filter(|id| !known(id)).collect();
        self.add_labelled(&others, &mut threads)?;
        threads.not_found = not_found;
        Ok(threads)
    }

    /// Adds the threads that exist; returns the other ids.
    fn add_labelled(&self, ids: &[String], threads: &mut LabelledThreads) -> Result<Vec<String>> {
        let query = [("format", "minimal"), ("fields", "id,messages(id,labelIds)")];
        let path = |id: &String| target(&format!("/gmail/v1/users/me/threads/{}", segment(id)), &query);
        let paths: Vec<String> = ids.iter().map(path).collect();
        let mut unknown = Vec::new();
        for (id, found) in ids.iter().zip(self.get_each(&paths, &mut self.pace())?) {
            match found {
                Err(p) if p.code() == Code::NotFound || !is_id(id) => unknown.push(id.clone()),
                found => {
                    let thread = found?;
                    let messages = thread["messages"].as_array().into_iter().flatten();
                    let messages: Result<Vec<LabelledMessage>> = messages.map(LabelledMessage::of).collect();
                    threads.found.push((id.clone(), messages?));
                }
            }
        }
        Ok(unknown)
    }

    pub(super) fn whole_thread(&self, id: &str) -> Result<Value> {
        self.get(&format!("/threads/{}", segment(id)), &WHOLE)
    }

    fn thread_of(&self, message: &str) -> Result<String> {
        let found = self.get(&format!("/messages/{}", segment(message)), &THREAD_ID);
        thread_id(found, message)
    }

    /// The thread of each of these messages.
    pub(super) fn thread_of_each(&self, messages: &[String]) -> Result<Vec<Result<String>>> {
        let path = |id: &String| target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &THREAD_ID);
        let found = self.get_each(&messages.iter().map(path).collect::<Vec<_>>(), &mut self.pace())?;
        Ok(messages.iter().zip(found).map(|(id, found)| thread_id(found, id)).collect())
    }
}

/// Says of each message whether an earlier one has the same name of its sender with the address of another owner.
fn with_shared_names(messages: Vec<Message>) -> Vec<Message> {
    let mut earlier: Vec<Address> = Vec::new();
    let one = |message: Message| {
        let Some(sender) = parse_header(&message.from).pop() else { return message };
        let other = earlier.iter().find(|other| origin::shares_name(&sender, other));
        let risk = other.map(|other| Risk::new("name_of_another", other.email()));
        if !earlier.contains(&sender) {
            earlier.push(sender);
        }
        message.with_risks(risk.into_iter().collect())
    };
    messages.into_iter().map(one).collect()
}

/// The path of a whole thread in a batch.
pub(super) fn whole_path(id: &str) -> String {
    target(&format!("/gmail/v1/users/me/threads/{}", segment(id)), &WHOLE)
}

fn thread_id(found: Result<Value>, message: &str) -> Result<String> {
    let unknown = |problem: Problem| match problem.code() {
        Code::NotFound => Problem::not_found(format!("thread {message} not found"))
            .hint("Check the thread_id with list or search; the thread may have been deleted.")
            .detail("id", message),
        _ => problem,
    };
    let found = found.map_err(unknown)?;
    found.get("threadId").and_then(Value::as_str).map(str::to_owned).ok_or_else(incomplete)
}
