//! The one HTTP client: proxy, trust, deadline, and one connection per host and run.
//!
//! It knows nobody's protocol. A status is an answer, not an error; a [`Fault`] is what happened when there
//! was no answer, and whether the request may have been seen by the other side.

mod proxy;

use std::{
    cell::{Cell, RefCell},
    fmt,
    io::Read,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use ureq::{
    Agent, SendBody,
    http::{Request, header::HeaderName},
    tls::{Certificate, RootCerts, TlsConfig},
};

pub(crate) use self::proxy::ProxySetting;
use self::proxy::bypasses;
use crate::{
    clock::Deadline,
    observer::Observer,
    problem::{Code, Problem, Result},
    random,
    secret::Secret,
    url::{self, is_loopback},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Gmail compresses only for clients whose name says so
/// (<https://developers.google.com/workspace/gmail/api/guides/performance>).
const USER_AGENT: &str = concat!("mcs-gmail/", env!("CARGO_PKG_VERSION"), " (gzip)");
/// Larger answers than this are refused; the largest message is 35 MiB before base64.
const MAX_ANSWER: u64 = 96 << 20;
/// The first wait of a backoff, and its ceiling.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(32));
const MAX_TRIES: u32 = 5;

pub(crate) struct HttpSettings {
    pub(crate) proxy: ProxySetting,
    pub(crate) no_proxy: String,
    pub(crate) trust: Trust,
}

/// Files with root certificates that the environment names.
pub(crate) struct Trust {
    pub(crate) file: Option<PathBuf>,
    pub(crate) directory: Option<PathBuf>,
    /// Name of the variable and file.
    pub(crate) extra: Vec<(&'static str, PathBuf)>,
}

/// A request that is about to be made.
pub(crate) struct Call<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) bearer: Option<&'a Secret>,
    pub(crate) headers: Vec<(&'static str, Secret)>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body<'a>,
    /// How long this one may take; the run's deadline ends it in any case.
    pub(crate) timeout: Option<Duration>,
    /// What `--debug` shows instead of the URL.
    pub(crate) label: Option<String>,
}

pub(crate) enum Body<'a> {
    None,
    Bytes(&'a [u8]),
    /// A stream and its length.
    Stream(&'a mut dyn Read, u64),
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: &'static str, url: impl Into<String>) -> Self {
        Call {
            method,
            url: url.into(),
            bearer: None,
            headers: Vec::new(),
            content_type: None,
            body: Body::None,
            timeout: None,
            label: None,
        }
    }

    pub(crate) fn bearer(mut self, token: &'a Secret) -> Self {
        self.bearer = Some(token);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn json(self, body: &'a [u8]) -> Self {
        self.body("application/json", Body::Bytes(body))
    }

    pub(crate) fn body(mut self, content_type: impl Into<String>, body: Body<'a>) -> Self {
        self.content_type = Some(content_type.into());
        self.body = body;
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether this is a page for people, as reverse proxies and egress filters send it.
    pub(crate) fn is_html(&self) -> bool {
        let start =
            String::from_utf8_lossy(&self.body[..self.body.len().min(64)]).trim_start().to_lowercase();
        start.starts_with("<!doctype html") || start.starts_with("<html")
    }

    /// `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3).
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::parse(text).ok()?;
        let seconds = date.timestamp().as_second() as f64 - crate::clock::now();
        Some(Duration::from_secs_f64(seconds.max(0.0)))
    }

    /// An egress proxy's own refusal of a host, told by its headers.
    pub(crate) fn refused_by_egress(&self) -> bool {
        self.header("x-deny-reason").is_some() || self.header("x-proxy-error").is_some()
    }
}

type Response = ureq::http::Response<ureq::Body>;

fn whole(mut response: Response) -> Result<Reply, ureq::Error> {
    let headers = response
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
        .collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()?;
    Ok(Reply { status, headers, body })
}

/// What `--debug` says of an answer.
trait Measured {
    fn measure(&self) -> String;
}

impl Measured for Reply {
    fn measure(&self) -> String {
        format!("{}, {} bytes", self.status, self.body.len())
    }
}

impl Measured for Streamed<'_> {
    fn measure(&self) -> String {
        match self {
            Streamed::Whole(reply) => reply.measure(),
            Streamed::Flowing(_) => "200, read as it comes".to_owned(),
        }
    }
}

/// The answer to [`Http::stream`].
pub(crate) enum Streamed<'a> {
    Whole(Reply),
    Flowing(Flow<'a>),
}

/// The body of a success as it comes.
pub(crate) struct Flow<'a> {
    inner: Box<dyn Read>,
    host: String,
    observer: &'a dyn Observer,
    read: u64,
}

/// After each of so many bytes a person hears of it.
const PROGRESS_STEP: u64 = 1 << 20;

impl Flow<'_> {
    /// More of the body; 0 bytes are its end.
    pub(crate) fn more(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let count = self.inner.read(buffer).map_err(|e| fault(e.into(), self.host.clone(), true))?;
        let before = self.read;
        self.read += count as u64;
        if before / PROGRESS_STEP != self.read / PROGRESS_STEP {
            self.observer.progress(&format!("downloading, {} MB", self.read >> 20));
        }
        Ok(count)
    }
}

/// There was no (whole) answer.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// False when the request certainly did not reach the other side.
    pub(crate) sent: bool,
    host: String,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The proxy refused the host (403) or wants another login (407).
    ProxyRefused,
    ProxyLogin,
    /// No connection: name, route, refused.
    Unreachable,
    /// The certificate is not trusted.
    Untrusted,
    TimedOut,
    /// The connection broke or spoke nonsense.
    Broken,
    TooLarge,
}

impl Fault {
    pub(crate) fn problem(self) -> Problem {
        let Fault { kind, host, text, .. } = self;
        match kind {
            FaultKind::ProxyRefused => network_refused(&host),
            FaultKind::ProxyLogin => {
                Problem::configuration(format!("the proxy wants another login before it lets {host} through"))
                    .hint("Check user and password in HTTPS_PROXY (or the key proxy).")
            }
            FaultKind::Unreachable => Problem::temporary(format!("cannot reach {host}: {text}"))
                .hint("Check the network and the proxy settings, then try again."),
            FaultKind::Untrusted => Problem::configuration(format!("{host}: certificate refused ({text})"))
                .hint("If a proxy opens TLS here, name its CA in SSL_CERT_FILE."),
            FaultKind::TimedOut => Problem::temporary(format!("{host} did not answer in time"))
                .hint("Try again; --timeout allows more time."),
            FaultKind::Broken => {
                Problem::temporary(format!("the connection to {host} broke: {text}")).hint("Try again.")
            }
            FaultKind::TooLarge => Problem::new(Code::Failed, format!("the answer of {host} is too large"))
                .hint("Ask for less at once."),
        }
    }
}

/// The network policy of this place does not let a host through.
pub(crate) fn network_refused(host: &str) -> Problem {
    Problem::new(Code::NetworkRefused, format!("the network policy here does not allow {host}"))
        .hint(format!(
            "Allow {host} for network egress (in Claude: HttpSettings, Capabilities), then start a new session."
        ))
        .detail("host", host)
}

pub(crate) struct Http<'a> {
    settings: HttpSettings,
    /// What one run, or one attempt of a run that waits for a person, may take.
    budget: Duration,
    deadline: Cell<Deadline>,
    observer: &'a dyn Observer,
    agents: RefCell<Vec<(bool, Agent)>>,
    trust_all: Cell<bool>,
    always_proxied: Vec<String>,
}

impl<'a> Http<'a> {
    /// `budget` runs from now. `always_proxied`: hosts that go through a configured proxy whatever NO_PROXY says.
    pub(crate) fn new(
        settings: HttpSettings,
        budget: Duration,
        observer: &'a dyn Observer,
        always_proxied: &[&str],
    ) -> Self {
        let always_proxied = always_proxied.iter().map(|h| h.to_string()).collect();
        Http {
            settings,
            budget,
            deadline: Cell::new(Deadline::after(budget)),
            observer,
            agents: RefCell::default(),
            trust_all: Cell::new(false),
            always_proxied,
        }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline.get()
    }

    /// The whole budget again: the time that a person took is not the network's.
    pub(crate) fn start_over(&self) {
        self.deadline.set(Deadline::after(self.budget));
    }

    /// Makes one request and takes the whole answer.
    pub(crate) fn exchange(&self, mut call: Call<'_>) -> Result<Reply, Fault> {
        self.trusting(&mut call, whole)
    }

    /// Makes one request; the body of a success is read as it comes, any other answer is taken whole.
    pub(crate) fn stream(&self, mut call: Call<'_>) -> Result<Streamed<'a>, Fault> {
        let host = url::host(&call.url).to_owned();
        let observer = self.observer;
        self.trusting(&mut call, |response| {
            if !response.status().is_success() {
                return whole(response).map(Streamed::Whole);
            }
            let inner = response.into_body().into_with_config().limit(MAX_ANSWER).reader();
            Ok(Streamed::Flowing(Flow { inner: Box::new(inner), host: host.clone(), observer, read: 0 }))
        })
    }

    /// A connection that was refused for its certificate is tried once more with every root certificate this
    /// machine has, since reading all of them costs more than most runs.
    fn trusting<T: Measured>(
        &self,
        call: &mut Call<'_>,
        take: impl Fn(Response) -> Result<T, ureq::Error>,
    ) -> Result<T, Fault> {
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
        let uri: ureq::http::Uri = call.url.parse().map_err(|_| invalid(&call.url))?;
        let host = uri.host().unwrap_or_default().to_owned();
        let https = uri.scheme_str() == Some("https");
        if !https && !is_loopback(&host) {
            return Err(invalid(&call.url));
        }
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let agent = self.agent(&host, port);
        let mut sent = false;
        let outcome = self.perform(&agent, call, &mut sent).and_then(take);
        outcome.map_err(|e| fault(e, host, sent))
    }

    fn perform(&self, agent: &Agent, call: &mut Call<'_>, sent: &mut bool) -> Result<Response, ureq::Error> {
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
        let mut watched = Watched { inner: reader, touched: sent };
        if has_body {
            let request = request.body(SendBody::from_reader(&mut watched))?;
            return agent.run(agent.configure_request(request).timeout_global(Some(limit)).build());
        }
        *watched.touched = true;
        let request = request.body(())?;
        agent.run(agent.configure_request(request).timeout_global(Some(limit)).build())
    }

    /// The agent for a host: one that uses the proxy, or one that does not.
    fn agent(&self, host: &str, port: u16) -> Agent {
        let forced = self.always_proxied.iter().any(|h| h == host);
        // This machine is never asked of a proxy, whose own localhost is another one.
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
        let proxy = match &self.settings.proxy {
            ProxySetting::Through(proxy) if proxied => Some(proxy.clone()),
            _ => None,
        };
        let roots = RootCerts::Specific(Arc::new(self.roots()));
        Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .new_agent()
    }

    /// First only what SSL_CERT_FILE names (a sandbox puts everything there) or else the system's store;
    /// after a refusal everything that can be found.
    fn roots(&self) -> Vec<Certificate<'static>> {
        let trust = &self.settings.trust;
        if let Some(file) = trust.file.as_deref().filter(|_| !self.trust_all.get()) {
            let found = rustls_native_certs::load_certs_from_paths(Some(file), None);
            if found.errors.is_empty() && !found.certs.is_empty() {
                return certificates(found);
            }
            self.observer.warn(&format!("SSL_CERT_FILE: {} is not a file of certificates", file.display()));
        }
        let mut all = certificates(system_roots());
        all.extend(certificates(rustls_native_certs::load_certs_from_paths(
            trust.file.as_deref(),
            trust.directory.as_deref(),
        )));
        for (name, path) in &trust.extra {
            let found = rustls_native_certs::load_certs_from_paths(Some(path), None);
            if found.certs.is_empty() {
                self.observer.warn(&format!("{name}: no certificates in {}", path.display()));
            }
            all.extend(certificates(found));
        }
        all
    }

    fn trace<T: Measured>(&self, call: &Call<'_>, outcome: &Result<T, Fault>, took: Duration) {
        let target = call.label.as_deref().unwrap_or(&call.url);
        let ms = took.as_secs_f64() * 1000.0;
        let line = match outcome {
            Ok(r) => format!("{} {target}: {} ({ms:.1} ms)", call.method, r.measure()),
            Err(f) => format!("{} {target}: {:?} ({}, {ms:.1} ms)", call.method, f.kind, f.text),
        };
        self.observer.debug(&line);
    }

    /// A new series of waits inside this run's deadline.
    pub(crate) fn backoff(&self) -> Backoff<'_> {
        Backoff { tries: 0, deadline: self.deadline(), observer: self.observer }
    }
}

/// Notes that the body was asked for: from then on the request may have been seen.
struct Watched<'r, 't> {
    inner: &'r mut dyn Read,
    touched: &'t mut bool,
}

impl Read for Watched<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        *self.touched = true;
        self.inner.read(buffer)
    }
}

/// Truncated exponential backoff with full jitter.
pub(crate) struct Backoff<'a> {
    tries: u32,
    deadline: Deadline,
    observer: &'a dyn Observer,
}

impl Backoff<'_> {
    /// Sleeps before the next try and says true; false when there is no try left, or when waiting as long as
    /// the other side asks would pass the deadline.
    pub(crate) fn again(&mut self, asked: Option<Duration>) -> bool {
        self.tries += 1;
        if self.tries >= MAX_TRIES {
            return false;
        }
        let ceiling = (BACKOFF.0 * 2u32.pow(self.tries - 1)).min(BACKOFF.1);
        let wait = ceiling.mul_f64(random::fraction()).max(asked.unwrap_or_default());
        if wait >= self.deadline.left() {
            return false;
        }
        self.observer.debug(&format!("trying again in {} ms", wait.as_millis()));
        std::thread::sleep(wait);
        true
    }
}

fn secret_value(text: &str) -> Result<ureq::http::HeaderValue, ureq::Error> {
    let mut value = ureq::http::HeaderValue::from_str(text).map_err(ureq::http::Error::from)?;
    value.set_sensitive(true);
    Ok(value)
}

fn certificates(found: rustls_native_certs::CertificateResult) -> Vec<Certificate<'static>> {
    found.certs.iter().map(|c| Certificate::from_der(c).to_owned()).collect()
}

/// The store of this machine, whatever SSL_CERT_FILE says: one bundle, or else a directory of certificates.
#[cfg(all(unix, not(target_os = "macos")))]
fn system_roots() -> rustls_native_certs::CertificateResult {
    const BUNDLES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
        "/usr/local/share/certs/ca-root-nss.crt",
    ];
    let bundle = BUNDLES.iter().map(std::path::Path::new).find(|p| p.is_file());
    let directory = openssl_probe::candidate_cert_dirs().next().filter(|_| bundle.is_none());
    rustls_native_certs::load_certs_from_paths(bundle, directory)
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn system_roots() -> rustls_native_certs::CertificateResult {
    rustls_native_certs::load_native_certs()
}

fn invalid(url: &str) -> Fault {
    let host = url::host(url).to_owned();
    Fault { kind: FaultKind::Unreachable, sent: false, host, text: "only https is spoken".into() }
}

fn fault(error: ureq::Error, host: String, sent: bool) -> Fault {
    use ureq::{Error, Timeout};
    let text = error.to_string();
    let (kind, before) = match &error {
        Error::ConnectProxyFailed(why) if status_in(why) == Some(403) => (FaultKind::ProxyRefused, true),
        Error::ConnectProxyFailed(why) if status_in(why) == Some(407) => (FaultKind::ProxyLogin, true),
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => (FaultKind::Unreachable, true),
        Error::HostNotFound | Error::ConnectionFailed | Error::BadUri(_) => (FaultKind::Unreachable, true),
        Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => (FaultKind::Unreachable, true),
        _ if is_distrust(&error) => (FaultKind::Untrusted, true),
        // A name that does not resolve has no kind of its own.
        Error::Io(_) if !sent => (FaultKind::Unreachable, true),
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => (FaultKind::Unreachable, true),
        Error::Timeout(_) => (FaultKind::TimedOut, false),
        Error::BodyExceedsLimit(_) => (FaultKind::TooLarge, false),
        _ => (FaultKind::Broken, false),
    };
    Fault { kind, sent: sent && !before, host, text }
}

/// Whether the certificate of the other side was refused. It comes as an error of reading and writing.
fn is_distrust(error: &ureq::Error) -> bool {
    let tls = match error {
        ureq::Error::Rustls(tls) => Some(tls),
        ureq::Error::Io(e) => e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        _ => None,
    };
    matches!(tls, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::General(_)))
}

/// The status with which a proxy refused; ureq tells it in a text only.
fn status_in(text: &str) -> Option<u16> {
    text.split(|c: char| !c.is_ascii_digit()).find(|n| n.len() == 3)?.parse().ok()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.text)
    }
}
