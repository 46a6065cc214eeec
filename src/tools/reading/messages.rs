//! Messages and conversations by their ids.

use serde::Deserialize;

use super::fence::fence;
use crate::{
    gmail::{
        Gmail,
        messages::Listed,
        read::{BodyKind, Message, ReadOptions, origin::Risk},
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
    as_data: bool,
    risk: bool,
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
            let mut message = gmail.attached_message(id, part, &options)?;
            if self.as_data {
                fence(&mut message)?;
            }
            return Ok(Outcome::Document(Document::Message(Box::new(message))));
        }
        if let (true, [id]) = (self.uid.single, self.uid.values.as_slice()) {
            let message = self.finished(gmail, gmail.message(id, &options)?)?;
            return Ok(Outcome::Document(Document::Message(Box::new(message))));
        }
        let mut messages = Vec::with_capacity(self.uid.values.len());
        let mut missing = Vec::new();
        for (id, found) in self.uid.values.iter().zip(gmail.messages(&self.uid.values, &options)?) {
            match found {
                Ok(message) => messages.push(self.finished(gmail, message)?),
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

impl MessageReading {
    /// The message with what else was asked for.
    fn finished(&self, gmail: &Gmail<'_>, mut message: Message) -> Result<Message> {
        if self.risk && gmail.is_first_mail(&message)? {
            let risk = Risk::new("first_mail", message.from.as_str());
            message = message.with_risks(vec![risk]);
        }
        if self.as_data {
            fence(&mut message)?;
        }
        Ok(message)
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
    as_data: bool,
}

impl ThreadReading {
    fn finished(&self, mut thread: Thread) -> Result<Thread> {
        if self.as_data {
            thread.messages.iter_mut().try_for_each(fence)?;
        }
        Ok(thread)
    }

    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let options = ReadOptions {
            body: self.body,
            max_body: self.max_body,
            headers: self.headers,
            quotes: self.quotes,
        };
        if let (true, [id]) = (self.thread_id.single, self.thread_id.values.as_slice()) {
            let thread = self.finished(gmail.thread(id, &options)?)?;
            return Ok(Outcome::Document(Document::Thread(thread)));
        }
        let mut threads: Vec<Thread> = Vec::with_capacity(self.thread_id.values.len());
        let mut missing = Vec::new();
        for (id, found) in self.thread_id.values.iter().zip(gmail.threads(&self.thread_id.values, &options)?)
        {
            match found {
                // Two messages of one conversation.
                Ok(thread) if threads.iter().any(|known| known.thread_id == thread.thread_id) => {}
                Ok(thread) => threads.push(self.finished(thread)?),
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
