//! The Gmail operations. They are given an HTTP client and an access token; they never fetch a token, read the
//! configuration or print.
//!
//! Wire facts: <https://developers.google.com/workspace/gmail/api/reference/rest>.

pub(crate) mod attached;
pub(crate) mod backup;
pub(crate) mod batch;
pub(crate) mod beside;
pub(crate) mod change;
pub(crate) mod colors;
mod counting;
pub(crate) mod drafts;
pub(crate) mod enclosure;
pub(crate) mod export;
mod fetching;
pub(crate) mod filters;
pub(crate) mod flags;
mod headers;
pub(crate) mod history;
pub(crate) mod html;
pub(crate) mod import;
pub(crate) mod labels;
pub(crate) mod lookup;
pub(crate) mod mbox;
pub(crate) mod memory;
pub(crate) mod messages;
pub(crate) mod mime;
pub(crate) mod needs;
pub(crate) mod organise;
mod paging;
pub(crate) mod query;
pub(crate) mod quotation;
pub(crate) mod read;
pub(crate) mod recipients;
pub(crate) mod reply;
pub(crate) mod revision;
pub(crate) mod save;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod shown;
pub(crate) mod source;
pub(crate) mod standing;
pub(crate) mod threads;
mod whole;
pub(crate) mod write;

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    http::{Body, Call, Fault, Http, MAX_MAIL, Reply, web_page},
    observer::Observer,
    problem::{Code, Problem, Result},
    quote::quoted,
    secret::Secret,
    url::with_query,
};

pub(crate) const HOST: &str = "gmail.googleapis.com";
const MAILBOX: &str = "https://gmail.googleapis.com/gmail/v1/users/me";

/// The time in which a user's quota is full again
/// (<https://developers.google.com/workspace/gmail/api/reference/quota>).
const QUOTA_MINUTE: Duration = Duration::from_secs(60);

/// A path with its query. A name may occur several times.
fn target(path: &str, query: &[(&str, &str)]) -> String {
    with_query(path, &[query, &[("prettyPrint", "false")]].concat())
}

/// The mailbox of the account that the token belongs to.
pub(crate) struct Gmail<'a> {
    pub(crate) http: &'a Http<'a>,
    pub(crate) token: &'a Secret,
    pub(crate) observer: &'a dyn Observer,
    /// The names of the user's folders, if an answer listed them.
    pub(crate) folders: &'a RefCell<Option<Vec<String>>>,
    /// Where large messages are kept for a moment.
    pub(crate) directory: PathBuf,
    /// How many parts of a batch Gmail takes at once, if it took fewer than it was sent.
    pub(crate) taken: Cell<Option<batch::Limit>>,
}

/// Owner and size of a mailbox.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Profile {
    pub(crate) email: Option<String>,
    pub(crate) messages_total: Option<u64>,
    pub(crate) threads_total: Option<u64>,
    pub(crate) history_id: Option<String>,
}

impl Profile {
    /// `None` if the answer does not say whose mailbox it is.
    fn read(profile: &Value) -> Option<Profile> {
        let text = |name: &str| profile[name].as_str().map(str::to_owned);
        Some(Profile {
            email: Some(text("emailAddress")?),
            messages_total: profile["messagesTotal"].as_u64(),
            threads_total: profile["threadsTotal"].as_u64(),
            history_id: text("historyId"),
        })
    }
}

/// A response that is not a success.
#[derive(Debug)]
struct Refusal {
    problem: Problem,
    /// Whether the same request may succeed later in this run.
    temporary: bool,
}

impl Gmail<'_> {
    /// GET below the mailbox, such as `/labels`. The answer is an object.
    fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        self.read(&format!("{MAILBOX}{}", target(path, query)))
    }

    /// GET. The answer is an object.
    fn read(&self, url: &str) -> Result<Value> {
        let answer = self.json("GET", url, None)?;
        if answer.is_object() { Ok(answer) } else { Err(incomplete()) }
    }

    pub(crate) fn profile(&self) -> Result<Profile> {
        Profile::read(&self.get("/profile", &[])?).ok_or_else(incomplete)
    }

    /// Sends a JSON request that is safe to repeat.
    fn json(&self, method: &'static str, url: &str, body: Option<&Value>) -> Result<Value> {
        self.counted_json(method, url, body).0
    }

    /// The same; also returns how often the request was sent.
    fn counted_json(&self, method: &'static str, url: &str, body: Option<&Value>) -> (Result<Value>, u32) {
        let bytes = body.map(|b| b.to_string().into_bytes());
        let tries = Cell::new(0);
        let reply = self.repeat(|| {
            tries.set(tries.get() + 1);
            let call = Call::new(method, url).bearer(self.token).limit(MAX_MAIL).of_mail();
            match &bytes {
                Some(bytes) => call.json(bytes),
                None if method == "GET" => call,
                None => call.body("application/json", Body::Bytes(b"")),
            }
        });
        (reply.and_then(|reply| document(&reply)), tries.get())
    }

    /// Repeats an idempotent request while the failure is temporary and the deadline allows it.
    fn repeat<'c>(&self, call: impl Fn() -> Call<'c>) -> Result<Reply> {
        self.repeat_at_most(u32::MAX, call)
    }

    /// The same for a request that has an alternative: it ends after `tries` failures, not counting rate limits.
    fn repeat_at_most<'c>(&self, tries: u32, call: impl Fn() -> Call<'c>) -> Result<Reply> {
        let backoff = self.http.backoff();
        let mut backoff = if tries == u32::MAX { backoff } else { backoff.patient() };
        let mut failures = 0;
        loop {
            let refusal = match self.http.exchange(call()) {
                Ok(reply) if reply.status / 100 == 2 => return Ok(reply),
                Ok(reply) => refusal(&reply),
                Err(fault) => broken(fault),
            };
            failures += u32::from(refusal.problem.code() == Code::Temporary);
            if !refusal.temporary || failures >= tries || !backoff.again_after(&refusal.problem) {
                return Err(spent(refusal));
            }
        }
    }
}

/// The JSON of a successful response; null if the body is empty.
fn document(reply: &Reply) -> Result<Value> {
    if reply.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    let answer = reply.json().ok_or_else(|| {
        if reply.is_too_deep() {
            return too_deep();
        }
        intercepted(reply).unwrap_or_else(|| {
            Problem::temporary("Gmail's response is not valid JSON")
                .hint("Try again; a proxy may have changed the response.")
        })
    })?;
    if answer.is_object() { Ok(answer) } else { Err(incomplete()) }
}

fn too_deep() -> Problem {
    Problem::new(Code::Failed, "the parts of the message are nested too deeply")
        .hint("Open the message in Gmail.")
}

/// A member of a response that is an array. Gmail omits empty ones, but then says that there are no results.
fn listed<'v>(answer: &'v Value, name: &str) -> Result<&'v [Value]> {
    match (answer.get(name), answer.get("resultSizeEstimate")) {
        (Some(Value::Array(items)), _) => Ok(items),
        (None, Some(Value::Number(_))) => Ok(&[]),
        _ => Err(incomplete()),
    }
}

/// An id in a response: it can be passed to another command, and contains nothing that a shell would act on.
fn id_of(value: &Value) -> Result<&str> {
    let id = value.get("id").and_then(Value::as_str).ok_or_else(incomplete)?;
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_id { Ok(id) } else { Err(incomplete()) }
}

/// A resource, if it has an id.
fn identified(resource: Value) -> Result<Value> {
    id_of(&resource)?;
    Ok(resource)
}

/// A success that lacks a member which it must have.
fn incomplete() -> Problem {
    Problem::temporary("Gmail's response is not complete").hint("Run the same command again.")
}

/// What answered in place of Gmail, which never redirects.
fn intercepted(reply: &Reply) -> Option<Problem> {
    let redirected = || (reply.status / 100 == 3).then(|| web_page(HOST, reply.status));
    reply.intercepted(HOST).or_else(redirected)
}

fn broken(fault: Fault) -> Refusal {
    let problem = fault.problem();
    let temporary = problem.code() == Code::Temporary;
    Refusal { problem, temporary }
}

fn refusal(reply: &Reply) -> Refusal {
    if let Some(problem) = intercepted(reply) {
        return Refusal { problem, temporary: false };
    }
    let body = reply.json().unwrap_or_default();
    let mut refusal = classify(reply.status, &body, reply.now());
    if let Some(wait) = reply.retry_after() {
        refusal.problem = refusal.problem.retry_after(wait);
    }
    refusal
}

/// What a status and an error body mean, in a response or in a part of a batch
/// (<https://developers.google.com/workspace/gmail/api/guides/handle-errors>). `now` is the time of the server.
fn classify(status: u16, body: &Value, now: f64) -> Refusal {
    let reason = reason(body);
    let said = message(body);
    let (problem, temporary) = match (status, reason) {
        (401, _) => (
            Problem::new(Code::TokenRefused, "Google refused the access token")
                .hint("Sign in again: run mcs-gmail auth logout, then mcs-gmail auth login."),
            false,
        ),
        (403, "rateLimitExceeded" | "userRateLimitExceeded") | (429, _) => (limited(said, now), true),
        (403, "dailyLimitExceeded") => (
            limited(said, now).hint("Try again tomorrow: the daily quota of the Google project is used up."),
            false,
        ),
        (403, _) => (forbidden(reason), false),
        (404, _) => {
            (Problem::not_found("not found in Gmail").hint("Check the id with list or search."), false)
        }
        (409, _) => {
            (Problem::new(Code::Conflict, "it already exists in Gmail").hint("Choose another name."), false)
        }
        (400, "failedPrecondition") => (
            Problem::new(Code::Failed, "Gmail cannot do this now")
                .hint("Check that the account has a Gmail mailbox."),
            false,
        ),
        (400, _) => (
            Problem::usage("Gmail refused the request").hint("Check the ids, the folder and the search."),
            false,
        ),
        (500.., _) => (
            Problem::temporary(format!("Gmail failed with HTTP {status}")).hint("Try again in a minute."),
            true,
        ),
        _ => (
            Problem::new(Code::Failed, format!("Gmail returned HTTP {status}"))
                .hint("Run again with --debug to see the requests."),
            false,
        ),
    };
    let problem = problem.said(said);
    let problem = if reason.is_empty() { problem } else { problem.detail("reason", quoted(reason)) };
    Refusal { problem, temporary }
}

/// The problem of a run that ends with this refusal. A rate limit without a time to wait is the quota of a minute.
fn spent(refusal: Refusal) -> Problem {
    let Refusal { problem, temporary } = refusal;
    let unnamed = temporary && problem.code() == Code::RateLimited && problem.wait().is_none();
    if unnamed { problem.retry_after(QUOTA_MINUTE) } else { problem }
}

/// The problem of a change of settings, which may lack the scope for that.
fn permitted(problem: Problem) -> Problem {
    if problem.code() != Code::PermissionDenied {
        return problem;
    }
    problem.hint(
        "Run mcs-gmail auth logout --disconnect and sign in again: with access = \"settings\", Google asks for the scope gmail.settings.basic.",
    )
}

fn limited(said: &str, now: f64) -> Problem {
    let problem = Problem::new(Code::RateLimited, "Gmail rate limited the request")
        .hint("Wait, then run the same command again.");
    // Gmail gives the time only in the message: "Retry after 2026-01-31T10:00:00.000Z".
    let time = said
        .split("Retry after ")
        .nth(1)
        .and_then(|t| t.split_whitespace().next()?.parse::<jiff::Timestamp>().ok());
    match time {
        Some(t) => {
            let seconds = t.as_millisecond() as f64 / 1000.0 - now;
            problem.retry_after(Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)))
        }
        None => problem,
    }
}

fn forbidden(reason: &str) -> Problem {
    match reason {
        "accessNotConfigured" | "SERVICE_DISABLED" => Problem::configuration(
            "the Gmail API is not enabled in the Google project",
        )
        .hint("Enable the Gmail API in the Google Cloud project of the OAuth client, then wait a minute."),
        "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT" => Problem::new(
            Code::PermissionDenied,
            "the sign-in does not include a Gmail scope that this operation requires",
        )
        .hint("Check the key scopes, run mcs-gmail auth logout --disconnect, and sign in again."),
        "domainPolicy" => Problem::new(
            Code::PermissionDenied,
            "the Google Workspace administrator does not allow this app to use Gmail",
        )
        .hint("Ask the administrator to allow the app."),
        _ => Problem::new(Code::PermissionDenied, "Google denied permission")
            .hint("Check that the mailbox belongs to the account that signed in."),
    }
}

/// The reason in `errors`, or else in `details`, or else the status.
fn reason(body: &Value) -> &str {
    let details = body.pointer("/error/details").and_then(Value::as_array).into_iter().flatten();
    let detail = details.filter_map(|d| d.get("reason")?.as_str()).next();
    let old = body.pointer("/error/errors/0/reason").and_then(Value::as_str);
    old.or(detail).or_else(|| body.pointer("/error/status")?.as_str()).unwrap_or_default()
}

fn message(body: &Value) -> &str {
    let said = body.pointer("/error/message").or_else(|| body.get("error_description"));
    said.and_then(Value::as_str).unwrap_or_default()
}
