//! Several whole messages or conversations, a few of them in one request. Their sizes are not known before they come, so
//! few of them are fetched at once. What Gmail stores separately, such as a large body, takes a request of its own.

use serde_json::Value;

use super::{
    Gmail,
    batch::InnerCall,
    change::is_id,
    messages::{checked, named},
    read::{BodyKind, Message, ReadOptions},
    send::Sender,
    target,
    threads::{self, Thread},
};
use crate::{
    problem::{Code, Problem, Result},
    url::segment,
};

/// The most whole messages in one batch.
const MESSAGES: usize = 10;
/// The most whole conversations in one batch.
const CONVERSATIONS: usize = 4;

impl Gmail<'_> {
    /// Each of these messages as a person sees it, in this order, or that it was not found.
    pub(crate) fn messages(&self, ids: &[String], options: &ReadOptions) -> Result<Vec<Result<Message>>> {
        let mut messages = Vec::with_capacity(ids.len());
        let mut pace = self.pace();
        while messages.len() < ids.len() {
            self.observer.count("reading", messages.len(), Some(ids.len()), "messages");
            // The source of a message is as large as its files.
            let most = if options.body == BodyKind::Raw { 1 } else { MESSAGES.min(pace.size()) };
            match ids[messages.len()..].chunks(most).next().unwrap_or_default() {
                [id] => {
                    let message = self.message(id, options).map_err(|p| missing(id, ids.len(), p));
                    messages.push(one_of_several(message)?);
                }
                chunk => {
                    let paths: Vec<String> = chunk.iter().map(|id| message_path(id)).collect();
                    for (id, found) in chunk.iter().zip(self.get_each(&paths, &mut pace)?) {
                        let resource = found.map_err(|p| missing(id, ids.len(), p)).and_then(checked);
                        let message = resource.and_then(|found| self.completed(found, options));
                        messages.push(one_of_several(message)?);
                    }
                }
            }
        }
        Ok(messages)
    }

    /// A message in the format `full` as a person sees it.
    pub(super) fn completed(&self, mut resource: Value, options: &ReadOptions) -> Result<Message> {
        self.complete(&mut resource, options)?;
        Ok(self.shown(&resource, options))
    }

    /// Each of these conversations, in this order, or that it was not found. The ids may also be those of messages.
    pub(crate) fn threads(&self, ids: &[String], options: &ReadOptions) -> Result<Vec<Result<Thread>>> {
        let read =
            |found: Result<Value>| one_of_several(found.and_then(|thread| self.read_thread(thread, options)));
        let mut found: Vec<Result<Thread>> =
            self.whole_threads(ids)?.into_iter().map(read).collect::<Result<_>>()?;
        let is_missing = |at: &usize| found[*at].as_ref().is_err_and(|p| p.code() == Code::NotFound);
        let missing: Vec<usize> = (0..ids.len()).filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let messages: Vec<String> = missing.iter().map(|at| ids[*at].clone()).collect();
        let (mut places, mut threads) = (Vec::new(), Vec::new());
        for (at, thread) in missing.into_iter().zip(self.thread_of_each(&messages)?) {
            match one_of_several(thread)? {
                Ok(thread) => {
                    places.push(at);
                    threads.push(thread);
                }
                Err(not_found) => found[at] = Err(not_found),
            }
        }
        for (at, thread) in places.into_iter().zip(self.whole_threads(&threads)?) {
            found[at] = read(thread)?;
        }
        Ok(found)
    }

    fn whole_threads(&self, ids: &[String]) -> Result<Vec<Result<Value>>> {
        let mut threads = Vec::with_capacity(ids.len());
        let mut pace = self.pace();
        for chunk in ids.chunks(CONVERSATIONS) {
            self.observer.count("reading", threads.len(), Some(ids.len()), "conversations");
            match chunk {
                [id] => threads.push(one_of_several(self.whole_thread(id))?),
                chunk => {
                    let paths: Vec<String> = chunk.iter().map(|id| threads::whole_path(id)).collect();
                    threads.extend(self.get_each(&paths, &mut pace)?);
                }
            }
        }
        Ok(threads)
    }

    /// A message as [`Gmail::resource`] returns it, and the verified addresses of the account, in one request.
    pub(crate) fn resource_and_senders(
        &self,
        id: &str,
        options: &ReadOptions,
    ) -> Result<(Value, Vec<Sender>)> {
        let message = InnerCall::get(message_path(id));
        let (found, senders) = self.with_senders(message).map_err(|p| named(p, id))?;
        let mut resource = found.map_err(|p| named(p, id)).and_then(checked)?;
        self.complete(&mut resource, options)?;
        Ok((resource, senders))
    }
}

/// The problem of a message, one of so many. What cannot be an id is not found, where Gmail refuses it in other words.
fn missing(id: &str, of: usize, problem: Problem) -> Problem {
    let is_refused = of > 1 && problem.code() == Code::Usage && !is_id(id);
    named(if is_refused { Problem::not_found("") } else { problem }, id)
}

/// Whether the others can be read, too: only a message that does not exist concerns no other one.
fn one_of_several<T>(outcome: Result<T>) -> Result<Result<T>> {
    match outcome {
        Err(problem) if problem.code() != Code::NotFound => Err(problem),
        outcome => Ok(outcome),
    }
}

fn message_path(id: &str) -> String {
    target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &[("format", "full")])
}
