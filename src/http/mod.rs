//! The HTTP client: proxy, trust, deadline, and one connection per host and run.
//!
//! It knows no protocol above HTTP. A response with any status is an `Ok` [`Reply`]; a [`Fault`] means that there was
//! no response, and says whether the server may have seen the request.

mod backoff;
mod call;
mod certificate;
mod connect;
mod fault;
mod intercepted;
mod obstacle;
mod proxy;
mod reply;
mod stranger;
mod trust;
mod wire;

use std::{
    cell::{Cell, RefCell},
    io::{self, Read},
    sync::Arc,
    time::{Duration, Instant},
};

use ureq::{
    Agent, SendBody,
    http::{Request, header::HeaderName},
    tls::{RootCerts, TlsConfig},
};

pub(crate) use self::{
    backoff::{Backoff, RATE_LIMITED},
    call::{Body, Call},
    fault::{Fault, FaultKind, Origin},
    intercepted::web_page,
    proxy::ProxySetting,
    reply::{Flow, MAX_MAIL, Reply, Streamed, http_date},
    stranger::not_public,
    trust::Trust,
};
use self::{
    connect::{Route, Unresolved, Way},
    proxy::bypasses,
    reply::{Response, Summary, is_html},
};
use crate::{
    clock::{self, Budget, Deadline},
    observer::Observer,
    problem::Problem,
    url::{self, is_loopback},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest record of TLS. Each connection fills such a buffer with zeros first; that of ureq has 128 KiB.
const SENT_AT_ONCE: usize = 16 << 10;
/// The longest head of an answer that ureq accepts. Each connection fills such a buffer with zeros, too.
const RECEIVED_AT_ONCE: usize = 64 << 10;
/// Gmail compresses only for clients with "gzip" in their name
/// (<https://developers.google.com/workspace/gmail/api/guides/performance>).
const USER_AGENT: &str = concat!("mcs-gmail/", env!("CARGO_PKG_VERSION"), " (gzip)");

pub(crate) struct HttpSettings {
    pub(crate) proxy: ProxySetting,
    pub(crate) no_proxy: String,
    pub(crate) trust: Trust,
}

impl HttpSettings {
    pub(crate) fn has_proxy(&self) -> bool {
        matches!(self.proxy, ProxySetting::Through(_))
    }

    /// The proxy and the hosts among these that NO_PROXY excludes from it, in words.
    pub(crate) fn route(&self, hosts: &[&str]) -> String {
        let ProxySetting::Through(proxy) = &self.proxy else { return "no proxy".to_owned() };
        let excluded: Vec<&str> =
            hosts.iter().copied().filter(|host| bypasses(&self.no_proxy, host, 443)).collect();
        let no_proxy = match (self.no_proxy.is_empty(), excluded.is_empty()) {
            (true, _) => String::new(),
            (false, true) => "; NO_PROXY excludes none of the servers".to_owned(),
            (false, false) => format!("; NO_PROXY excludes {}", excluded.join(", ")),
        };
        format!("{proxy}{no_proxy}")
    }
}

pub(crate) struct Http<'a> {
    settings: HttpSettings,
    budget: &'a Budget,
    observer: &'a dyn Observer,
    /// An agent with the proxy (true) and one without it (false).
    agents: RefCell<Vec<(bool, Agent)>>,
    /// Whether every root certificate of this machine was loaded, after a refused certificate.
    trust_all: Cell<bool>,
    always_proxied: Vec<String>,
    /// Seconds by which the clock of the server that answered last is ahead of ours.
    ahead: Cell<f64>,
}

impl<'a> Http<'a> {
    /// `always_proxied`: hosts that use a configured proxy whatever NO_PROXY says.
    pub(crate) fn new(
        settings: HttpSettings,
        budget: &'a Budget,
        observer: &'a dyn Observer,
        always_proxied: &[&str],
    ) -> Self {
        let always_proxied = always_proxied.iter().map(|h| h.to_string()).collect();
        Http {
            settings,
            budget,
            observer,
            agents: RefCell::default(),
            trust_all: Cell::new(false),
            always_proxied,
            ahead: Cell::new(0.0),
        }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.budget.deadline()
    }

    /// Makes one request and reads the whole response.
    pub(crate) fn exchange(&self, mut call: Call<'_>) -> Result<Reply, Fault> {
        let limit = call.limit;
        let reply = self.trusting(&mut call, |response| Reply::read(response, limit))?;
        if let Some(date) = reply.date() {
            self.ahead.set(date - clock::now());
        }
        if reply.status / 100 == 2 {
            self.budget.progressed();
        }
        Ok(reply)
    }

    /// The time by the clock of the server that answered last, in epoch seconds; ours if no server has told.
    pub(crate) fn server_time(&self) -> f64 {
        clock::now() + self.ahead.get()
    }

    /// Makes one request. The body of a success is read as it arrives; any other response, and a web page, is
    /// read whole.
    pub(crate) fn stream(&self, mut call: Call<'_>) -> Result<Streamed<'a>, Fault> {
        let host = url::host(&call.url).to_owned();
        let (observer, budget, limit) = (self.observer, self.budget, call.limit);
        self.trusting(&mut call, |response| {
            let media_type = response.headers().get("content-type").and_then(|t| t.to_str().ok());
            if !response.status().is_success() || media_type.is_some_and(is_html) {
                return Reply::read(response, limit).map(Streamed::Whole);
            }
            Ok(Streamed::Flowing(Flow::new(response, host.clone(), observer, budget)))
        })
    }

    /// Retries once with every root certificate of this machine when a certificate is refused. They are not loaded
    /// at first because that takes longer than most runs.
    fn trusting<T: Summary>(
        &self,
        call: &mut Call<'_>,
        take: impl Fn(Response) -> Result<T, ureq::Error>,
    ) -> Result<T, Fault> {
        self.observer.waiting(url::host(&call.url));
        loop {
            let start = Instant::now();
            let outcome = self.attempt(call, &take);
            self.trace(call, &outcome, start.elapsed());
            match outcome {
                Err(f) if f.kind == FaultKind::Untrusted && !self.trust_all.replace(true) => {
                    self.agents.borrow_mut().clear();
                }
                other => return other,
            }
        }
    }

    fn attempt<T>(
        &self,
        call: &mut Call<'_>,
        take: impl Fn(Response) -> Result<T, ureq::Error>,
    ) -> Result<T, Fault> {
        let uri: ureq::http::Uri = call.url.parse().map_err(|_| Fault::unsupported_url(&call.url))?;
        let host = uri.host().unwrap_or_default().to_owned();
        let https = uri.scheme_str() == Some("https");
        if !https && !is_loopback(&host) {
            return Err(Fault::unsupported_url(&call.url));
        }
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let agent = self.agent(&host, port);
        let mut seen = Seen::default();
        let outcome = self.perform(&agent, call, &mut seen).and_then(take);
        outcome.map_err(|e| match seen.stopped {
            Some(problem) => Fault::stopped(problem),
            None => Fault::new(&e, &host, seen.body),
        })
    }

    fn perform(&self, agent: &Agent, call: &mut Call<'_>, seen: &mut Seen) -> Result<Response, ureq::Error> {
        let mut request = Request::builder().method(call.method).uri(&call.url);
        if let Some(token) = call.bearer {
            request = request.header("authorization", secret_value(&format!("Bearer {}", token.expose()))?);
        }
        for (name, value) in &call.headers {
            request = request.header(HeaderName::from_static(name), secret_value(value.expose())?);
        }
        if let Some(content_type) = &call.content_type {
            request = request.header("content-type", content_type);
        }
        let mut bytes: &[u8] = &[];
        let (reader, length): (&mut dyn Read, u64) = match &mut call.body {
            Body::None => (&mut bytes, 0),
            Body::Bytes(b) => {
                bytes = b;
                let length = bytes.len() as u64;
                (&mut bytes, length)
            }
            Body::Stream(reader, length) => (&mut **reader, *length),
        };
        let has_body = matches!(call.method, "POST" | "PUT" | "PATCH");
        if has_body {
            request = request.header("content-length", length);
        }
        let left = self.deadline().left().max(Duration::from_millis(1));
        let limit = call.timeout.map_or(left, |t| t.min(left));
        // If progress extends the limit, it applies to each step of a transfer.
        let (whole, step) =
            if self.budget.extends_with_progress() { (None, Some(limit)) } else { (Some(limit), None) };
        let before = call.before_body;
        let mut watched = Watched { inner: reader, before, seen, budget: self.budget };
        if has_body {
            let request = request.body(SendBody::from_reader(&mut watched))?;
            let config = agent.configure_request(request).timeout_global(whole);
            return agent.run(config.timeout_per_read(step).timeout_per_write(step).build());
        }
        watched.seen.body = true;
        let request = request.body(())?;
        let config = agent.configure_request(request).timeout_global(whole);
        agent.run(config.timeout_per_read(step).timeout_per_write(step).build())
    }

    /// The agent for a host, with or without the proxy.
    fn agent(&self, host: &str, port: u16) -> Agent {
        let forced = self.always_proxied.iter().any(|h| h == host);
        // To a proxy, localhost is another machine.
        let proxied = matches!(self.settings.proxy, ProxySetting::Through(_))
            && !is_loopback(host)
            && (forced || !bypasses(&self.settings.no_proxy, host, port));
        if let Some((_, agent)) = self.agents.borrow().iter().find(|(p, _)| *p == proxied) {
            return agent.clone();
        }
        let agent = self.build_agent(proxied);
        self.agents.borrow_mut().push((proxied, agent.clone()));
        agent
    }

    fn build_agent(&self, proxied: bool) -> Agent {
        let way = match &self.settings.proxy {
            ProxySetting::Through(proxy) if proxied => Way::Through(proxy.clone()),
            ProxySetting::Through(proxy) => Way::Around(proxy.clone()),
            ProxySetting::Direct => Way::Direct,
        };
        let trust = &self.settings.trust;
        let roots =
            if self.trust_all.get() { trust.all(self.observer) } else { trust.preferred(self.observer) };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .input_buffer_size(RECEIVED_AT_ONCE)
            .output_buffer_size(SENT_AT_ONCE)
            // The route knows the proxy; ureq would also read the environment.
            .proxy(None)
            .tls_config(TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots))).build())
            .build();
        Agent::with_parts(config, Route::new(way), Unresolved)
    }

    fn trace<T: Summary>(&self, call: &Call<'_>, outcome: &Result<T, Fault>, took: Duration) {
        let target = call.label.as_deref().unwrap_or(&call.url);
        let ms = took.as_secs_f64() * 1000.0;
        let line = match outcome {
            Ok(r) => format!("{} {target}: {} ({ms:.1} ms)", call.method, r.summary()),
            Err(f) => format!("{} {target}: {:?} ({}, {ms:.1} ms)", call.method, f.kind, f.text()),
        };
        self.observer.debug(&line);
        if self.observer.wants_wire() {
            wire::request_lines(call).iter().for_each(|line| self.observer.debug(line));
            let reply = outcome.as_ref().ok().and_then(Summary::reply);
            let lines = reply.map(|reply| wire::response_lines(reply, call.carries_mail));
            lines.iter().flatten().for_each(|line| self.observer.debug(line));
        }
    }

    /// A new backoff within the run's deadline.
    pub(crate) fn backoff(&self) -> Backoff<'_> {
        Backoff::new(self.budget, self.observer)
    }
}

/// What has become of a request.
#[derive(Default)]
struct Seen {
    /// The body was read: from then on the server may have seen the request.
    body: bool,
    /// Why the body was not sent.
    stopped: Option<Problem>,
}

/// A body that records when it is read. ureq reads it when the head was sent.
struct Watched<'r, 't> {
    inner: &'r mut dyn Read,
    before: Option<&'r dyn Fn() -> crate::problem::Result<()>>,
    seen: &'t mut Seen,
    budget: &'t Budget,
}

impl Read for Watched<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(before) = self.before.take() {
            before().map_err(|problem| {
                self.seen.stopped = Some(problem);
                io::Error::other("stopped")
            })?;
        }
        self.seen.body = true;
        self.budget.progressed();
        self.inner.read(buffer)
    }
}

fn secret_value(text: &str) -> Result<ureq::http::HeaderValue, ureq::Error> {
    let mut value = ureq::http::HeaderValue::from_str(text).map_err(ureq::http::Error::from)?;
    value.set_sensitive(true);
    Ok(value)
}
