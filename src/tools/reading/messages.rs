//! Messages and conversations by their ids.

use serde::Deserialize;

use crate::{
    gmail::{
        Gmail,
        messages::Listed,
        read::{BodyKind, ReadOptions},
        threads::Thread,
    },
    problem::{Problem, Result},
    tools::{Document, Outcome, arguments::Many, outcome::incomplete},
};

/// `fetch_message`. The Python skill's `folder` has no effect.
#[derive(Debug, Deserialize)]
pub(crate) struct MessageReading {
    uid: Many,
    #[serde(rename = "folder")]
    _folder: String,
    body: BodyKind,
    max_body: Option<usize>,
    no_quotes: bool,
    headers: bool,
    part: Option<String>,
}

impl MessageReading {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let options = ReadOptions {
            body: self.body,
            max_body: self.max_body,
            headers: self.headers,
            quotes: !self.no_quotes,
        };
        if let Some(part) = &self.part {
            let [id] = self.uid.values.as_slice() else {
                return Err(Problem::usage("a part can be read of one message only").hint("Give one id."));
            };
            let message = gmail.attached_message(id, part, &options)?;
            return Ok(Outcome::Document(Document::Message(Box::new(message))));
        }
        if let (true, [id]) = (self.uid.single, self.uid.values.as_slice()) {
            let message = gmail.message(id, &options)?;
            return Ok(Outcome::Document(Document::Message(Box::new(message))));
        }
        let mut messages = Vec::with_capacity(self.uid.values.len());
        let mut missing = Vec::new();
        for (id, found) in self.uid.values.iter().zip(gmail.messages(&self.uid.values, &options)?) {
            match found {
                Ok(message) => messages.push(message),
                Err(not_found) => missing.push((id.clone(), not_found)),
            }
        }
        let problem = incomplete(&Listed { rows: messages.len() as u64, missing, ..Listed::default() });
        let messages = Document::Messages(messages);
        Ok(match problem {
            Some(problem) => Outcome::Incomplete(messages, problem),
            None => Outcome::Document(messages),
        })
    }
}

/// `fetch_thread`.
#[derive(Debug, Deserialize)]
pub(crate) struct ThreadReading {
    thread_id: Many,
    quotes: bool,
    body: BodyKind,
    max_body: Option<usize>,
    headers: bool,
}

impl ThreadReading {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let options = ReadOptions {
            body: self.body,
            max_body: self.max_body,
            headers: self.headers,
            quotes: self.quotes,
        };
        if let (true, [id]) = (self.thread_id.single, self.thread_id.values.as_slice()) {
            return gmail.thread(id, &options).map(|t| Outcome::Document(Document::Thread(t)));
        }
        let mut threads: Vec<Thread> = Vec::with_capacity(self.thread_id.values.len());
        let mut missing = Vec::new();
        for (id, found) in self.thread_id.values.iter().zip(gmail.threads(&self.thread_id.values, &options)?)
        {
            match found {
                // Two messages of one conversation.
                Ok(thread) if threads.iter().any(|known| known.thread_id == thread.thread_id) => {}
                Ok(thread) => threads.push(thread),
                Err(not_found) => missing.push((id.clone(), not_found)),
            }
        }
        let problem = incomplete(&Listed { rows: threads.len() as u64, missing, ..Listed::default() });
        let threads = Document::Threads(threads);
        Ok(match problem {
            Some(problem) => Outcome::Incomplete(threads, problem),
            None => Outcome::Document(threads),
        })
    }
}
