//! Delivers messages and drafts. A send cannot be repeated safely, so a delivery ends in one of three ways: done,
//! refused, or in doubt. A message in doubt is looked up in the mailbox, never sent again.
//!
//! Wire facts: <https://developers.google.com/workspace/gmail/api/guides/uploads>.

use std::{
    io::{self, Read},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Gmail, HOST, MAILBOX, Refusal, broken, document, read, refusal,
    reply::header,
    target,
    write::{ID_HEADER, Layout},
};
use crate::{
    address::Address,
    characters::clean_line,
    http::{Body, Call, Fault, Reply},
    observer::Observer,
    problem::{Code, Problem, Result},
    url::segment,
};

/// Smaller messages are sent as JSON, larger ones as a streamed upload.
const SMALL: u64 = 5 << 20;
/// The pauses before each look-up: Gmail may not find a message immediately after it was sent.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(700), Duration::from_secs(2), Duration::from_secs(5)];
/// The part of a run's time that is reserved for the look-up.
const RESERVE: Duration = Duration::from_secs(15);
/// How many of the newest sent messages are searched for [`ID_HEADER`].
const NEWEST: &str = "20";

/// The ids by which an outgoing message is found again, without `<>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutgoingIds {
    pub(crate) message_id: String,
    pub(crate) lookup_id: String,
}

/// The purpose of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Send,
    NewDraft,
    /// Replace the message of the draft with this id.
    Draft(String),
    /// Send the draft with this id unchanged.
    SendDraft(String),
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
    fn read(answer: &Value) -> Option<Delivered> {
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
        }
    }

    /// The JSON around a message with these members.
    fn envelope(&self, message: Value) -> Value {
        match self {
            Purpose::Send => message,
            _ => json!({ "message": message }),
        }
    }
}

impl Gmail<'_> {
    /// The verified addresses of the account; none if the token may not list them.
    pub(crate) fn senders(&self) -> Result<Vec<Sender>> {
        let fields = "sendAs(sendAsEmail,displayName,isPrimary,isDefault,verificationStatus)";
        let list = match self.get("/settings/sendAs", &[("fields", fields)]) {
            Err(p) if p.code() == Code::PermissionDenied => return Ok(Vec::new()),
            other => other?,
        };
        Ok(list.get("sendAs").and_then(Value::as_array).into_iter().flatten().filter_map(sender).collect())
    }

    /// Delivers a message once. It retries after a temporary refusal, such as a rate limit, but never in doubt.
    pub(crate) fn deliver(&self, purpose: &Purpose, layout: &Layout<'_>, thread: Option<&str>) -> Delivery {
        let mut message = json!({});
        if let Some(thread) = thread {
            message["threadId"] = thread.into();
        }
        if layout.len() * 4 / 3 >= SMALL {
            let envelope = purpose.envelope(message).to_string();
            return self.with_retries(purpose, || self.upload(purpose, layout, &envelope));
        }
        let mut raw = Vec::with_capacity(usize::try_from(layout.len()).unwrap_or_default());
        if let Err(e) = layout.reader().read_to_end(&mut raw) {
            return Delivery::Refused(unreadable(&e.to_string()));
        }
        message["raw"] = BASE64_URL_SAFE.encode(raw).into();
        let body = purpose.envelope(message).to_string();
        self.post(purpose, body.as_bytes())
    }

    /// Sends a draft unchanged.
    pub(crate) fn deliver_draft(&self, id: &str) -> Delivery {
        self.post(&Purpose::SendDraft(id.to_owned()), json!({"id": id}).to_string().as_bytes())
    }

    fn post(&self, purpose: &Purpose, body: &[u8]) -> Delivery {
        let url = format!("{MAILBOX}{}", target(&purpose.path(), &[]));
        self.with_retries(purpose, || {
            let call = Call::new(purpose.method(), &*url).bearer(self.token).json(body);
            verdict(self.http.exchange(call.timeout(self.time_limit())))
        })
    }

    fn upload(&self, purpose: &Purpose, layout: &Layout<'_>, envelope: &str) -> Result<Delivered, Failure> {
        let boundary = mail_builder::mime::make_boundary("_");
        let head = format!(
            "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{envelope}\r\n\
             --{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let length = head.len() as u64 + layout.len() + tail.len() as u64;
        let inner = head.as_bytes().chain(layout.reader()).chain(tail.as_bytes());
        let mut stream = Upload { inner, length, done: 0, observer: self.observer, failure: None };
        let query = target(&purpose.path(), &[("uploadType", "multipart")]);
        let url = format!("https://{HOST}/upload/gmail/v1/users/me{query}");
        let call = Call::new(purpose.method(), url).bearer(self.token).timeout(self.time_limit());
        let kind = format!("multipart/related; boundary=\"{boundary}\"");
        let outcome = self.http.exchange(call.body(kind, Body::Stream(&mut stream, length)));
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
                    if !backoff.again(problem.wait()) {
                        return Delivery::Refused(problem);
                    }
                }
                Err(Failure::Doubtful(problem)) => return Delivery::Doubtful(problem),
                Err(Failure::Refused(r)) if r.temporary && backoff.again(r.problem.wait()) => {}
                Err(Failure::Refused(r)) => return Delivery::Refused(r.problem),
            }
        }
    }

    /// Looks up a message that may have been sent, for several seconds.
    pub(crate) fn find_sent(&self, ids: &OutgoingIds) -> Result<Option<Delivered>> {
        self.look_up(|| match self.sent_by_id(ids)? {
            None => self.sent_by_header(ids),
            found => Ok(found),
        })
    }

    /// Looks up a draft that may have been created, for several seconds.
    pub(crate) fn find_draft(&self, ids: &OutgoingIds) -> Result<Option<Delivered>> {
        let q = format!("rfc822msgid:{}", ids.message_id);
        self.look_up(|| {
            let list = self.get("/drafts", &[("q", &q), ("maxResults", "1")])?;
            Ok(list.pointer("/drafts/0").and_then(Delivered::read))
        })
    }

    fn look_up(&self, look: impl Fn() -> Result<Option<Delivered>>) -> Result<Option<Delivered>> {
        let mut outcome = Ok(None);
        for pause in LOOKS {
            if !pause.is_zero() && pause >= self.http.deadline().left() {
                break;
            }
            std::thread::sleep(pause);
            outcome = look();
            let again = matches!(&outcome, Ok(None))
                || outcome.as_ref().is_err_and(|p| matches!(p.code(), Code::Temporary | Code::RateLimited));
            if !again {
                break;
            }
        }
        outcome
    }

    fn sent_by_id(&self, ids: &OutgoingIds) -> Result<Option<Delivered>> {
        let q = format!("rfc822msgid:{} in:anywhere", ids.message_id);
        let list = self.get("/messages", &[("q", &q), ("maxResults", "5"), ("fields", "messages/id")])?;
        for id in listed_ids(&list) {
            let query = [("format", "minimal"), ("fields", "id,threadId,labelIds")];
            let message = self.get(&format!("/messages/{}", segment(id)), &query)?;
            if is_sent(&message) {
                return Ok(Delivered::read(&message));
            }
        }
        Ok(None)
    }

    /// It is not documented that Gmail keeps a Message-ID, so [`ID_HEADER`] is searched as well.
    fn sent_by_header(&self, ids: &OutgoingIds) -> Result<Option<Delivered>> {
        let query = [("labelIds", "SENT"), ("maxResults", NEWEST), ("fields", "messages/id")];
        let list = self.get("/messages", &query)?;
        let fields = "id,threadId,labelIds,payload/headers";
        let query = [("format", "metadata"), ("fields", fields), ("metadataHeaders", ID_HEADER)];
        let path = |id: &str| target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &query);
        let paths: Vec<String> = listed_ids(&list).map(path).collect();
        if paths.is_empty() {
            return Ok(None);
        }
        let found = self.get_each(&paths, &mut super::batch::Pace::default())?.into_iter().flatten();
        let mut ours = found.filter(|m| header(m, ID_HEADER) == ids.lookup_id && is_sent(m));
        Ok(ours.next().as_ref().and_then(Delivered::read))
    }
}

fn listed_ids(list: &Value) -> impl Iterator<Item = &str> {
    let messages = list.get("messages").and_then(Value::as_array).into_iter().flatten();
    messages.filter_map(|m| m.get("id")?.as_str())
}

fn is_sent(message: &Value) -> bool {
    message["labelIds"].as_array().is_some_and(|labels| labels.iter().any(|l| l == "SENT"))
}

/// A primary address has no verification status; an alias must be verified.
fn sender(value: &Value) -> Option<Sender> {
    let primary = value["isPrimary"] == true;
    if !primary && value["verificationStatus"] != "accepted" {
        return None;
    }
    let address = Address::parse(value["sendAsEmail"].as_str()?, "sendAs").ok()?;
    let name = clean_line(value["displayName"].as_str().unwrap_or_default());
    let address = address.clone().with_name(&name).unwrap_or(address);
    Some(Sender { address, default: value["isDefault"] == true, primary })
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
            self.observer.progress(&format!("sending, {} of {} MB", self.done >> 20, self.length >> 20));
        }
        Ok(read)
    }
}
