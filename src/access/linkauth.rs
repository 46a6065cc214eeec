//! The LinkAuth broker: sessions, polls and its proxy. Responses are classified by status and title.
//!
//! It knows the wire format but not the records: `visit` decides what a poll means for them.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::{
    http::{Call, Fault, Http, Reply},
    problem::{Code, Problem, Result},
    secret::Secret,
    store::{MAX_POLL_INTERVAL, Session},
    url::host,
};

/// How long the broker's proxy may wait for Auth0, in seconds; our own timeout is longer.
const PROXY_TIMEOUT: u64 = 15;
const BROKER_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a request is sent, at most, if the broker fails. A session that no one has seen costs nothing, and a poll
/// whose answer was lost finds out by the next one.
pub(super) const TRIES: u32 = 3;

/// The longest wait before a request is sent again that the broker may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The broker as configured.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    /// Base URL without a trailing slash.
    pub(crate) url: String,
    /// The key that names it, with its source, for messages.
    pub(crate) setting: String,
    pub(crate) api_key: Option<Secret>,
}

/// What a poll found.
#[derive(Debug)]
pub(crate) enum Poll {
    Waiting(Waiting),
    /// The poll came too early. `interval`: seconds until the next poll.
    TooEarly {
        interval: f64,
    },
    Ready(Sealed),
    /// Expired, consumed, unknown or not ours: it will never be ready.
    Gone,
}

/// A session that is not done yet.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// Whether the person has confirmed the code.
    pub(crate) confirmed: bool,
    /// Seconds until the next poll.
    pub(crate) interval: f64,
    /// When the session expires, by the broker's clock.
    pub(crate) expires_at: Option<f64>,
    /// The broker's clock.
    pub(crate) date: Option<f64>,
}

/// The encrypted credential, which the broker returns only once.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) envelope: String,
    pub(crate) algorithm: Option<String>,
    /// The broker's clock.
    pub(crate) date: Option<f64>,
}

/// A response that came through the proxy.
pub(crate) struct Upstream {
    pub(crate) status: u16,
    pub(crate) headers: Map<String, Value>,
    pub(crate) body: String,
}

pub(crate) struct BrokerClient<'a> {
    pub(crate) http: &'a Http<'a>,
    pub(crate) broker: &'a Broker,
}

impl BrokerClient<'_> {
    /// Polls, again if the broker does not answer or fails.
    pub(crate) fn poll(&self, session: &Session) -> Result<Poll> {
        let path = format!("/v1/sessions/{}", crate::url::segment(&session.session_id));
        self.repeatedly(|| {
            let reply = self.exchange(self.call("GET", &path).bearer(&session.poll_token))?;
            self.polled(session, &reply)
        })
    }

    fn polled(&self, session: &Session, reply: &Reply) -> Result<Poll, Failure> {
        let value = reply.json().unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let date = reply.date();
        match reply.status {
            200 => match text("status") {
                Some(status @ ("pending" | "confirmed")) => Ok(Poll::Waiting(Waiting {
                    confirmed: status == "confirmed",
                    interval: interval(&value).unwrap_or(session.interval),
                    expires_at: expiry(&value),
                    date,
                })),
                Some("ready") => Ok(text("ciphertext").map_or(Poll::Gone, |envelope| {
                    let algorithm = text("algorithm").map(str::to_owned);
                    Poll::Ready(Sealed { envelope: envelope.to_owned(), algorithm, date })
                })),
                Some("consumed" | "expired") => Ok(Poll::Gone),
                _ => Err(Failure::passing(not_a_broker(&self.broker.url, reply))),
            },
            404 if title(&value) == Some("Session Not Found") => Ok(Poll::Gone),
            404 | 410 if !reply.is_html() && !value.is_null() => Ok(Poll::Gone),
            403 if title(&value) == Some("Forbidden") => Ok(Poll::Gone),
            429 if is_slow_down(&value) => {
                Ok(Poll::TooEarly { interval: interval(&value).unwrap_or(session.interval + 5.0) })
            }
            _ => Err(Failure { passing: is_passing(reply), ..self.refused(reply).into() }),
        }
    }

    /// Makes a request until it succeeds, fails for good or was tried often enough.
    pub(super) fn repeatedly<T>(&self, mut request: impl FnMut() -> Result<T, Failure>) -> Result<T> {
        let mut backoff = self.http.backoff().at_most(TRIES);
        loop {
            match request() {
                Ok(found) => return Ok(found),
                Err(failure) if failure.passing && backoff.again_after(&failure.problem) => {}
                Err(failure) => return Err(failure.problem),
            }
        }
    }

    /// Makes a request through the broker's proxy. Fails if the proxy fails; any response of Auth0 is returned.
    pub(crate) fn forward(
        &self,
        method: &str,
        url: &str,
        bearer: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Upstream> {
        let outcome = self.relay(method, url, bearer, body).map_err(Fault::problem)?;
        let reply = match outcome {
            Ok(upstream) => return Ok(upstream),
            Err(reply) => reply,
        };
        if reply.status == 200 {
            return Err(not_a_broker(&self.broker.url, &reply));
        }
        Err(self.proxy_refused(&reply, url))
    }

    /// The same; if the proxy fails, the broker's own response is returned.
    pub(super) fn relay(
        &self,
        method: &str,
        url: &str,
        bearer: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Result<Upstream, Reply>, Fault> {
        let mut headers = Map::new();
        if body.is_some() {
            headers.insert("Content-Type".into(), "application/json".into());
        }
        if let Some(token) = bearer {
            headers.insert("Authorization".into(), format!("Bearer {}", token.expose()).into());
        }
        let request = json!({
            "method": method, "url": url, "timeout": PROXY_TIMEOUT,
            "headers": headers, "body": body.map(Value::to_string),
        });
        let call =
            self.call("POST", "/v1/proxy").label(format!("{}/v1/proxy -> {method} {url}", self.broker.url));
        let reply = self.exchange(call.json(request.to_string().as_bytes()))?;
        Ok(upstream(&reply).ok_or(reply))
    }

    /// Says of a broker that cannot be reached which key names it.
    pub(super) fn exchange(&self, call: Call<'_>) -> Result<Reply, Fault> {
        self.http.exchange(call).map_err(|fault| {
            let Broker { url, setting, .. } = self.broker;
            fault.of(
                &format!("the broker at {url} does not answer"),
                &format!("Check {setting}, or run mcs-gmail doctor."),
            )
        })
    }

    pub(super) fn call<'c>(&self, method: &'static str, path: &str) -> Call<'c> {
        let call = Call::new(method, format!("{}{path}", self.broker.url)).timeout(BROKER_TIMEOUT);
        match &self.broker.api_key {
            Some(key) => call.header("x-api-key", key.clone()),
            None => call,
        }
    }

    /// Explains an unsuccessful response of any endpoint.
    pub(super) fn refused(&self, reply: &Reply) -> Problem {
        let value = reply.json().unwrap_or_default();
        let url = &self.broker.url;
        if let Some(problem) = reply.intercepted(host(url)) {
            return problem;
        }
        match (reply.status, title(&value)) {
            (401, Some("API Key Required")) => {
                Problem::configuration(format!("the broker at {url} requires an API key"))
                    .hint("Set linkauth_api_key (variable MCS_GMAIL_LINKAUTH_API_KEY).")
            }
            (403, Some("Invalid API Key")) => {
                Problem::configuration(format!("the broker at {url} refused the API key"))
                    .hint("Check linkauth_api_key (variable MCS_GMAIL_LINKAUTH_API_KEY).")
            }
            (400, Some("OAuth Provider Error")) => Problem::configuration(format!("the broker at {url} has no Auth0 client configured"))
            .said(describe(&value))
            .hint(
                "Ask the broker's operator to set OAUTH_AUTH0_CLIENT_ID, OAUTH_AUTH0_CLIENT_SECRET and OAUTH_AUTH0_ISSUER.",
            ),
            (422, _) => Problem::new(Code::Failed, "the broker rejected the request as invalid")
                .said(describe(&value))
                .hint("Update the broker or mcs-gmail: their versions do not match."),
            (429, _) => {
                let wait = reply.retry_after().unwrap_or(Duration::from_secs(5));
                Problem::new(Code::RateLimited, "rate limited by the broker")
                    .retry_after(wait)
                    .hint("Wait, then run the same command again.")
            }
            (500.., _) => {
                Problem::temporary(format!("the broker at {url} failed with HTTP {}", reply.status))
                    .hint("Try again in a minute; if it keeps failing, tell the broker's operator.")
            }
            _ if value.is_null() => not_a_broker(url, reply),
            (status, _) => Problem::new(Code::Failed, format!("the broker returned HTTP {status}"))
                .said(describe(&value))
                .hint("Check linkauth_broker_url and the broker's log."),
        }
    }

    /// Explains an unsuccessful response of the proxy itself, in addition to those of any endpoint.
    pub(super) fn proxy_refused(&self, reply: &Reply, target: &str) -> Problem {
        let value = reply.json().unwrap_or_default();
        let target = host(target);
        match (reply.status, title(&value)) {
            (403, Some("Proxy Disabled")) => Problem::configuration("the broker's HTTP proxy is disabled")
                .hint("Ask the broker's operator to enable it, or set auth0_via = \"direct\" if the network allows the Auth0 domain."),
            (403, Some("Domain Not Allowed")) => {
                Problem::configuration(format!("the broker's proxy does not allow {target}"))
                    .hint("Check auth0_domain for a typo, or ask the broker's operator to add the domain to the proxy's allowlist.")
            }
            (403, Some("SSRF Blocked")) => {
                Problem::configuration(format!("the broker's proxy refused to connect to {target}"))
                    .hint("Check auth0_domain for a typo.")
            }
            (502, Some(_)) => Problem::temporary(format!("the broker could not reach {target}"))
                .said(describe(&value))
                .hint("Try again. If it keeps failing, check auth0_domain."),
            (504, Some(_)) => Problem::temporary(format!("the broker timed out waiting for {target}"))
                .hint("Try again in a minute."),
            _ => self.refused(reply),
        }
    }
}

#[cfg(any(test, fuzzing))]
impl BrokerClient<'_> {
    /// Reads an answer as if it had come from each endpoint.
    pub(crate) fn take_answer(&self, reply: &Reply) {
        if let Ok(opened) = self.opened(reply) {
            assert!(opened.session.url.starts_with(&format!("{}/", self.broker.url)));
            assert!(super::link::is_code(&opened.session.code));
            let _ = self.polled(&opened.session, reply);
        }
        let poll_token = Secret::new("pt_1");
        let (session_id, code, url) = ("s".to_owned(), "ABCD-1234".to_owned(), self.broker.url.clone());
        let _ = self.polled(&Session { session_id, code, url, poll_token, interval: 5.0 }, reply);
        let _ = self.proxy_refused(reply, "https://tenant.example/oauth/token");
    }
}

/// A request that failed.
pub(super) struct Failure {
    pub(super) problem: Problem,
    /// Whether the next try may succeed.
    pub(super) passing: bool,
}

impl Failure {
    pub(super) fn passing(problem: Problem) -> Failure {
        Failure { problem, passing: true }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure { problem, passing: false }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        use crate::http::FaultKind::{Broken, TimedOut, Unreachable};
        let passing = matches!(fault.kind, Broken | TimedOut | Unreachable);
        Failure { problem: fault.problem(), passing }
    }
}

/// Whether the broker may accept the same request a little later. A longer wait is left to the caller, since other
/// runs wait for this one.
pub(super) fn is_passing(reply: &Reply) -> bool {
    match reply.status {
        429 => reply.retry_after().is_none_or(|wait| wait <= LONGEST_PAUSE),
        status => matches!(status, 408 | 425) || status >= 500,
    }
}

/// The response inside a response of the proxy.
fn upstream(reply: &Reply) -> Option<Upstream> {
    let value = reply.json().filter(|_| reply.status == 200)?;
    Some(Upstream {
        status: u16::try_from(value.get("status_code")?.as_u64()?).ok()?,
        headers: value.get("headers").and_then(Value::as_object).cloned().unwrap_or_default(),
        body: value.get("body").and_then(Value::as_str).unwrap_or_default().to_owned(),
    })
}

/// Seconds between polls, within sensible bounds.
pub(super) fn interval(value: &Value) -> Option<f64> {
    Some(value.get("interval")?.as_f64()?.clamp(0.0, MAX_POLL_INTERVAL))
}

/// When a session expires, in epoch seconds by the broker's clock.
pub(super) fn expiry(value: &Value) -> Option<f64> {
    value.get("expires_at").and_then(Value::as_str).and_then(epoch)
}

pub(super) fn not_a_broker(url: &str, reply: &Reply) -> Problem {
    if reply.status >= 500 {
        return Problem::temporary(format!("the broker at {url} failed with HTTP {}", reply.status))
            .hint("Try again in a minute; if it keeps failing, tell the broker's operator.");
    }
    Problem::configuration(format!("{url} is not a LinkAuth broker (HTTP {})", reply.status))
        .hint("Check linkauth_broker_url.")
}

/// The title of a problem document, bare or wrapped in FastAPI's `detail`.
pub(super) fn title(value: &Value) -> Option<&str> {
    value.pointer("/detail/title").or_else(|| value.get("title")).and_then(Value::as_str)
}

/// The message in an error body, in any of the broker's formats; never the `input` that a 422 echoes.
fn describe(value: &Value) -> String {
    match value.get("detail") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(inner)) => inner
            .get("detail")
            .or_else(|| inner.get("title"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .into(),
        Some(Value::Array(items)) => items.iter().map(validation_error).collect::<Vec<_>>().join("; "),
        _ => title(value).unwrap_or_default().to_owned(),
    }
}

fn validation_error(item: &Value) -> String {
    let message = item.get("msg").and_then(Value::as_str).unwrap_or_default();
    let place = item.get("loc").and_then(Value::as_array).into_iter().flatten();
    let place: Vec<&str> = place.filter_map(Value::as_str).collect();
    format!("{}: {message}", place.join("."))
}

fn is_slow_down(value: &Value) -> bool {
    let by_type = value.get("type").and_then(Value::as_str).is_some_and(|t| t.ends_with("slow_down"));
    by_type || value.get("error").and_then(Value::as_str) == Some("slow_down")
}

/// An ISO 8601 time in epoch seconds; a time without a zone is UTC.
fn epoch(text: &str) -> Option<f64> {
    let timestamp = text.parse().or_else(|_| format!("{text}Z").parse::<jiff::Timestamp>()).ok()?;
    Some(timestamp.as_millisecond() as f64 / 1000.0)
}
