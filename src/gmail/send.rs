//! Delivers messages and drafts. A send cannot be repeated safely, so a delivery ends in one of three ways: done,
//! refused, or in doubt. A message in doubt is looked up in the mailbox (`lookup`), never sent again.
//!
//! Wire facts: <https://developers.google.com/workspace/gmail/api/guides/uploads>.

use std::{
    io::{self, Read},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Gmail, HOST, MAILBOX, Refusal,
    batch::InnerCall,
    broken, document, incomplete, read, refusal, target,
    write::{Layout, is_id},
};
use crate::{
    address::Address,
    characters::clean_line,
    http::{Body, Call, Fault, FaultKind, Reply},
    observer::Observer,
    problem::{Code, Problem, Result},
    url::segment,
};

/// Smaller messages are sent as JSON, larger ones as a streamed upload.
const SMALL: u64 = 5 << 20;
/// What is requested of each address of the account.
const SENDER_FIELDS: [(&str, &str); 1] = [(
    "fields",
    "sendAs(sendAsEmail,displayName,replyToAddress,signature,isPrimary,isDefault,verificationStatus)",
)];
/// The part of a run's time that is reserved for the look-up.
const RESERVE: Duration = Duration::from_secs(15);

/// The ids by which an outgoing message is found again, without `<>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutgoingIds {
    pub(crate) message_id: String,
    pub(crate) lookup_id: String,
}

impl OutgoingIds {
    /// Whether the message can be found again by either id.
    pub(crate) fn are_complete(&self) -> bool {
        is_id(&self.message_id) && is_id(&self.lookup_id)
    }
}

/// The purpose of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Send,
    NewDraft,
    /// Replace the message of the draft with this id.
    Draft(String),
    /// Send the draft with this id, with the given message as its content.
    SendDraft(String),
    /// Put the message into the mailbox with these labels.
    Import(Vec<String>),
}

/// A message that Gmail has sent or stored as a draft.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Delivered {
    /// The id of the message, or of the draft.
    pub(crate) id: String,
    pub(crate) thread_id: Option<String>,
    pub(crate) labels: Vec<String>,
    /// The id of the draft's message; absent for a sent message.
    pub(crate) uid: Option<String>,
}

impl Delivered {
    /// Reads a message resource, or a draft resource that contains its message.
    pub(super) fn read(answer: &Value) -> Option<Delivered> {
        let message = answer.get("message").unwrap_or(answer);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Delivered {
            id: text(&answer["id"])?,
            thread_id: text(&message["threadId"]),
            labels: read::labels(message),
            uid: answer.get("message").and_then(|message| text(&message["id"])),
        })
    }
}

/// The end of a delivery.
pub(crate) enum Delivery {
    Done(Delivered),
    /// Gmail certainly did not accept the message.
    Refused(Problem),
    /// Gmail may have accepted the message. The problem says why this is not known.
    Doubtful(Problem),
}

/// An address that the account can send from.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// With the display name from Gmail's settings.
    pub(crate) address: Address,
    /// Where the account wants the replies to mail from this address.
    pub(crate) reply_to: Option<Address>,
    /// In HTML.
    pub(crate) signature: Option<String>,
    pub(crate) default: bool,
    pub(crate) primary: bool,
}

impl Purpose {
    fn method(&self) -> &'static str {
        if matches!(self, Purpose::Draft(_)) { "PUT" } else { "POST" }
    }

    fn path(&self) -> String {
        match self {
            Purpose::Send => "/messages/send".to_owned(),
            Purpose::NewDraft => "/drafts".to_owned(),
            Purpose::Draft(id) => format!("/drafts/{}", segment(id)),
            Purpose::SendDraft(_) => "/drafts/send".to_owned(),
            Purpose::Import(_) => "/messages/import".to_owned(),
        }
    }

    fn query(&self) -> &[(&str, &str)] {
        match self {
            Purpose::Import(_) => &[("internalDateSource", "dateHeader"), ("neverMarkSpam", "true")],
            _ => &[],
        }
    }

    /// The JSON around a message with these members.
    fn envelope(&self, mut message: Value) -> Value {
        match self {
            Purpose::Send => message,
            Purpose::Import(labels) => {
                if let Some(members) = message.as_object_mut() {
                    members.insert("labelIds".to_owned(), json!(labels));
                }
                message
            }
            Purpose::SendDraft(id) => json!({ "id": id, "message": message }),
            _ => json!({ "message": message }),
        }
    }
}

impl Gmail<'_> {
    /// The verified addresses of the account; none if the token may not list them.
    pub(crate) fn senders(&self) -> Result<Vec<Sender>> {
        match self.get("/settings/sendAs", &SENDER_FIELDS) {
            Err(p) if p.code() == Code::PermissionDenied => Ok(Vec::new()),
            other => senders_in(&other?),
        }
    }

    /// The answer to a call, and the verified addresses of the account, in one request.
    pub(super) fn with_senders(&self, call: InnerCall) -> Result<(Result<Value>, Vec<Sender>)> {
        let senders = InnerCall::get(target("/gmail/v1/users/me/settings/sendAs", &SENDER_FIELDS));
        let (mut found, answers) = self.call_each(&[call], &[senders], &mut self.pace())?;
        let found = found.pop().unwrap_or_else(|| Err(incomplete()));
        let listed = answers.iter().flatten().find_map(|answer| senders_in(answer).ok());
        // A refusal has its own meaning, which only the request itself tells.
        let senders = match (&found, listed) {
            (Err(_), _) => Vec::new(),
            (Ok(_), Some(senders)) => senders,
            (Ok(_), None) => self.senders()?,
        };
        Ok((found, senders))
    }

    /// Delivers a message once. It retries after a temporary refusal, such as a rate limit, but never in doubt. `before`
    /// runs each time before the first byte of the message is sent; if it fails, nothing is.
    pub(crate) fn deliver(
        &self,
        purpose: &Purpose,
        layout: &Layout<'_>,
        thread: Option<&str>,
        before: &dyn Fn() -> Result<()>,
    ) -> Delivery {
        let mut message = Map::new();
        message.extend(thread.map(|thread| ("threadId".to_owned(), thread.into())));
        if layout.len() * 4 / 3 >= SMALL {
            let envelope = purpose.envelope(message.into()).to_string();
            return self.with_retries(purpose, || self.upload(purpose, layout, &envelope, before));
        }
        let mut raw = Vec::with_capacity(usize::try_from(layout.len()).unwrap_or_default());
        if let Err(e) = layout.reader().read_to_end(&mut raw) {
            return Delivery::Refused(unreadable(&e.to_string()));
        }
        message.insert("raw".to_owned(), BASE64_URL_SAFE.encode(raw).into());
        let body = purpose.envelope(message.into()).to_string();
        self.post(purpose, body.as_bytes(), before)
    }

    fn post(&self, purpose: &Purpose, body: &[u8], before: &dyn Fn() -> Result<()>) -> Delivery {
        let url = format!("{MAILBOX}{}", target(&purpose.path(), purpose.query()));
        self.with_retries(purpose, || {
            let call = Call::new(purpose.method(), &*url).bearer(self.token).json(body).of_mail();
            verdict(self.http.exchange(call.timeout(self.time_limit()).before_body(before)))
        })
    }

    fn upload(
        &self,
        purpose: &Purpose,
        layout: &Layout<'_>,
        envelope: &str,
        before: &dyn Fn() -> Result<()>,
    ) -> Result<Delivered, Failure> {
        let boundary = mail_builder::mime::make_boundary("_");
        let head = format!(
            "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{envelope}\r\n\
             --{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let length = head.len() as u64 + layout.len() + tail.len() as u64;
        let inner = head.as_bytes().chain(layout.reader()).chain(tail.as_bytes());
        let mut stream = Upload { inner, length, done: 0, observer: self.observer, failure: None };
        let query = [purpose.query(), &[("uploadType", "multipart")]].concat();
        let query = target(&purpose.path(), &query);
        let url = format!("https://{HOST}/upload/gmail/v1/users/me{query}");
        let call = Call::new(purpose.method(), url).bearer(self.token).timeout(self.time_limit()).of_mail();
        let kind = format!("multipart/related; boundary=\"{boundary}\"");
        let call = call.body(kind, Body::Stream(&mut stream, length)).before_body(before);
        let outcome = self.http.exchange(call);
        match stream.failure {
            // Gmail did not receive the announced length, so it cannot have accepted the message.
            Some(why) => Err(Failure::Refused(Refusal { problem: unreadable(&why), temporary: false })),
            None => verdict(outcome),
        }
    }

    /// The time limit of a delivery, which leaves time for the look-up.
    fn time_limit(&self) -> Duration {
        let left = self.http.deadline().left();
        left - RESERVE.min(left / 3)
    }

    /// Replacing a draft is safe to repeat, so it is retried even in doubt.
    fn with_retries(&self, purpose: &Purpose, deliver: impl Fn() -> Result<Delivered, Failure>) -> Delivery {
        let mut backoff = self.http.backoff();
        let repeatable = matches!(purpose, Purpose::Draft(_));
        loop {
            match deliver() {
                Ok(answer) => return Delivery::Done(answer),
                Err(Failure::Doubtful(problem)) if repeatable => {
                    if !backoff.again_after(&problem) {
                        return Delivery::Refused(problem);
                    }
                }
                Err(Failure::Doubtful(problem)) => return Delivery::Doubtful(problem),
                Err(Failure::Refused(r)) if r.temporary && backoff.again_after(&r.problem) => {}
                Err(Failure::Refused(r)) => return Delivery::Refused(r.problem),
            }
        }
    }
}

fn senders_in(list: &Value) -> Result<Vec<Sender>> {
    let listed = list.get("sendAs").and_then(Value::as_array).ok_or_else(incomplete)?;
    Ok(listed.iter().filter_map(sender).collect())
}

/// The primary address and aliases that an administrator manages have no verification status.
fn sender(value: &Value) -> Option<Sender> {
    let primary = value["isPrimary"] == true;
    if !primary && value["verificationStatus"] == "pending" {
        return None;
    }
    let address = Address::parse(value["sendAsEmail"].as_str()?, "sendAs").ok()?;
    let name = clean_line(value["displayName"].as_str().unwrap_or_default());
    let address = address.clone().with_name(&name).unwrap_or(address);
    let reply_to =
        Address::parse(value["replyToAddress"].as_str().unwrap_or_default(), "replyToAddress").ok();
    let reply_to = reply_to.filter(|reply_to| reply_to.canonical() != address.canonical());
    let signature = value["signature"].as_str().filter(|html| !html.trim().is_empty()).map(str::to_owned);
    Some(Sender { address, reply_to, signature, default: value["isDefault"] == true, primary })
}

enum Failure {
    Refused(Refusal),
    Doubtful(Problem),
}

/// Decides what an exchange means. After a 5xx or a lost response, the message may or may not have been sent.
fn verdict(outcome: Result<Reply, Fault>) -> Result<Delivered, Failure> {
    match outcome {
        Ok(reply) if reply.status / 100 == 2 => match document(&reply) {
            Ok(answer) => Delivered::read(&answer).ok_or_else(|| {
                Failure::Doubtful(
                    Problem::temporary("Gmail's response does not name a message")
                        .hint("Look for the message in Gmail before you send it again."),
                )
            }),
            Err(problem) => Err(Failure::Doubtful(problem)),
        },
        Ok(reply) if reply.status / 100 == 4 && reply.status != 408 => Err(Failure::Refused(refusal(&reply))),
        Ok(reply) => Err(Failure::Doubtful(refusal(&reply).problem)),
        Err(fault) if fault.kind == FaultKind::Stopped => {
            Err(Failure::Refused(Refusal { problem: fault.problem(), temporary: false }))
        }
        Err(fault) if fault.sent => Err(Failure::Doubtful(broken(fault).problem)),
        Err(fault) => Err(Failure::Refused(broken(fault))),
    }
}

fn unreadable(why: &str) -> Problem {
    Problem::new(Code::Failed, format!("cannot read the message while sending it: {why}"))
        .hint("Try again without changing the attached files; nothing was sent.")
}

/// The body of an upload. It reports progress and records a failure to read the message.
struct Upload<'o, R> {
    inner: R,
    length: u64,
    done: u64,
    observer: &'o dyn Observer,
    failure: Option<String>,
}

impl<R: Read> Read for Upload<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).inspect_err(|e| self.failure = Some(e.to_string()))?;
        let before = self.done >> 20;
        self.done += read as u64;
        if self.done >> 20 != before {
            self.observer.progress(&format!(
                "uploading, {} of {} MB",
                self.done >> 20,
                (self.length >> 20).max(self.done >> 20)
            ));
        }
        Ok(read)
    }
}
