//! A LinkAuth broker: sessions, the person's visit, and the proxy for calls to Auth0.
//!
//! The fields are its configuration, right or wrong. It never calls anyone itself: where the real one would
//! make a request, it hands a [`Step`] to the world, so that its lock is free in the meantime.

use std::time::{Duration, Instant};

use rsa::PublicKey;
use serde_json::{Value, json};

use super::{
    BROKER_HOST,
    clock::Clock,
    mint::Mint,
    wire::{Request, Response},
};

mod envelope;
pub mod proxy;
mod sessions;
mod visit;

pub use proxy::Call;

pub struct Broker {
    /// Valid values of `X-API-Key`; empty means an open broker.
    pub api_keys: Vec<String>,
    /// `/v1/proxy` is switched on.
    pub proxy_enabled: bool,
    /// Host patterns `/v1/proxy` may reach; `*.` matches any number of labels.
    pub proxy_allow: Vec<String>,
    /// Its answers have a `Date`.
    pub tells_time: bool,
    /// Seconds between two polls.
    pub interval_s: u64,
    /// Lifetime of a session that asks for none.
    pub ttl_s: i64,
    /// The longest lifetime that a session can ask for.
    pub max_ttl_s: i64,
    /// Encrypts to another RSA key than the client's.
    pub wrong_key_envelope: bool,
    /// The ciphertext is not an envelope.
    pub garbage_envelope: bool,
    /// Names an algorithm that does not exist.
    pub unknown_algorithm: bool,
    /// The broker has OAuth clients for `auth0` and `google`.
    pub provider_configured: bool,
    /// The service is down and its reverse proxy answers everything with 502 and HTML.
    pub html_502: bool,
    /// Another service answers at this address. It has a health check, too.
    pub is_another_service: bool,
    /// What the broker believes its address to be; the base of the links it gives out.
    pub public_base_url: String,
    /// The broker's own copy of the Auth0 application; a wrong secret makes sign-ins fail after the visit.
    pub auth0_client_id: String,
    pub auth0_client_secret: String,
    clock: Clock,
    mint: Mint,
    sessions: Vec<Session>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    Pending,
    Confirmed,
    Ready,
    Consumed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Confirmed => "confirmed",
            Status::Ready => "ready",
            Status::Consumed => "consumed",
        }
    }
}

struct Session {
    id: String,
    code: String,
    poll_token: String,
    key: PublicKey,
    display_name: String,
    /// None for a form session.
    provider: Option<Provider>,
    scopes: Vec<String>,
    extra: Vec<(String, String)>,
    passthrough: Option<Passthrough>,
    expires: Instant,
    /// The same moment, as clients see it.
    expires_at: jiff::Timestamp,
    status: Status,
    last_poll: Option<Instant>,
    page_requests: Vec<Instant>,
    connect_token: Option<String>,
    /// PKCE verifier of the sign-in in progress; empty in passthrough mode.
    login: Option<String>,
    envelope: String,
    algorithm: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Provider {
    Auth0,
    Google,
}

struct Passthrough {
    authorize_url: String,
    callback_params: Vec<String>,
    state: String,
}

/// What the broker does with a request.
pub enum Step {
    Answer(Response),
    /// The client asks for this request; its outcome is [`proxy::relayed`] to the client.
    Forward(Call),
    /// A code came back from the provider; the tokens for it go to [`Broker::redeemed`].
    Redeem(Redemption),
}

/// A code to be redeemed at the provider's token endpoint.
pub struct Redemption {
    pub session: String,
    pub from: Issuer,
    pub code: String,
    pub verifier: String,
    pub redirect_uri: String,
}

/// Whose token endpoint it is, with the broker's own client.
pub enum Issuer {
    Auth0 { client_id: String, client_secret: String },
    Google,
}

impl Broker {
    pub fn new(mint: Mint, clock: Clock) -> Broker {
        let api_key = mint.secret("la_");
        Broker {
            api_keys: vec![api_key],
            proxy_enabled: true,
            proxy_allow: vec!["*.auth0.com".into()],
            interval_s: 5,
            ttl_s: 600,
            max_ttl_s: 900,
            wrong_key_envelope: false,
            garbage_envelope: false,
            unknown_algorithm: false,
            provider_configured: true,
            html_502: false,
            is_another_service: false,
            public_base_url: format!("https://{BROKER_HOST}"),
            auth0_client_id: String::new(),
            auth0_client_secret: String::new(),
            tells_time: true,
            clock,
            mint,
            sessions: Vec::new(),
        }
    }

    /// Forgets all sessions, as a broker without a database does.
    pub fn restart(&mut self) {
        self.sessions.clear();
    }

    /// As if so much time had passed since the sessions were created, visited and polled.
    pub fn grow_older(&mut self, by: Duration) {
        for session in &mut self.sessions {
            session.expires -= by;
            session.expires_at -= by;
            session.last_poll = session.last_poll.map(|at| at - by);
            session.page_requests.iter_mut().for_each(|at| *at -= by);
        }
    }

    /// Links of the sessions that have not been confirmed yet.
    pub fn pending_urls(&self) -> Vec<String> {
        let pending = self.sessions.iter().filter(|s| s.alive() && s.status == Status::Pending);
        pending.map(|s| self.url_of(&s.code)).collect()
    }

    /// How many sessions are alive, consumed ones included.
    pub fn live_sessions(&self) -> usize {
        self.sessions.iter().filter(|s| s.alive()).count()
    }

    pub fn handle(&mut self, request: &Request) -> Step {
        if self.html_502 {
            return Step::Answer(dead_proxy());
        }
        if self.is_another_service && request.path != "/health" {
            return Step::Answer(Response::json(404, &json!({"error": "no such route"})));
        }
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let method = request.method.as_str();
        match (method, parts.as_slice()) {
            ("GET", ["health"]) => Step::Answer(Response::json(200, &json!({"status": "ok"}))),
            ("GET" | "POST", ["connect", code]) => Step::Answer(self.page(request, code)),
            ("GET", ["v1", "connect", code]) => Step::Answer(self.page_info(code)),
            ("POST", ["v1", "connect", code, "confirm"]) => Step::Answer(self.confirm(code)),
            ("GET", ["v1", "oauth", "authorize", code]) => Step::Answer(self.authorize(request, code)),
            ("GET", ["v1", "oauth", "callback"]) => self.callback(request),
            ("POST", ["v1", "sessions"]) => Step::Answer(self.guarded(request, Self::create)),
            ("GET", ["v1", "sessions", _]) => Step::Answer(self.guarded(request, Self::poll)),
            ("POST", ["v1", "proxy"]) => self.proxy(request),
            (_, ["v1", "sessions"] | ["v1", "proxy"]) => Step::Answer(not_allowed("POST", request)),
            (_, ["v1", "sessions", _] | ["health"]) => Step::Answer(not_allowed("GET", request)),
            _ => Step::Answer(
                Response::json(404, &json!({"detail": "Not Found"}))
                    .misfit(&format!("the broker has no {method} {}", request.path)),
            ),
        }
    }

    fn guarded(&mut self, request: &Request, then: fn(&mut Self, &Request) -> Response) -> Response {
        match self.refuse_key(request) {
            Some(refusal) => refusal,
            None => then(self, request),
        }
    }

    fn refuse_key(&self, request: &Request) -> Option<Response> {
        if self.api_keys.is_empty() {
            return None;
        }
        match request.header("X-API-Key") {
            None => Some(wrapped_problem(
                401,
                "API Key Required",
                "Missing X-API-Key header. Provide a valid API key to access this endpoint.",
            )),
            Some(key) if self.api_keys.iter().any(|k| k == key) => None,
            Some(_) => Some(wrapped_problem(403, "Invalid API Key", "The provided API key is not valid.")),
        }
    }

    fn url_of(&self, code: &str) -> String {
        format!("{}/connect/{code}", self.public_base_url)
    }

    fn redirect_uri(&self) -> String {
        format!("{}/v1/oauth/callback", self.public_base_url)
    }
}

impl Session {
    fn alive(&self) -> bool {
        self.expires > Instant::now()
    }

    /// Counts a request to the page's endpoints: more than ten a minute are too many.
    fn page_limit_reached(&mut self) -> bool {
        let now = Instant::now();
        self.page_requests.retain(|t| now.duration_since(*t) < Duration::from_secs(60));
        self.page_requests.push(now);
        self.page_requests.len() > 10
    }
}

/// A problem document (RFC 9457) with its members at the top.
fn problem(status: u16, title: &str, detail: &str) -> Response {
    Response::text(status, "application/problem+json", problem_document(status, title, detail).to_string())
}

/// The shape in which the framework's own errors come: the problem inside `detail`.
fn wrapped_problem(status: u16, title: &str, detail: &str) -> Response {
    Response::json(status, &json!({"detail": problem_document(status, title, detail)}))
}

fn problem_document(status: u16, title: &str, detail: &str) -> Value {
    json!({"type": "about:blank", "title": title, "status": status, "detail": detail})
}

fn not_allowed(allow: &str, request: &Request) -> Response {
    Response::json(405, &json!({"detail": "Method Not Allowed"}))
        .with_header("Allow", allow)
        .misfit(&format!("the broker has no {} {}", request.method, request.path))
}

/// The 422 of the framework: what is wrong with which member. It repeats the input, as the real one does.
fn unprocessable(errors: Vec<Value>) -> Response {
    Response::json(422, &json!({ "detail": errors })).misfit("a body that does not validate")
}

fn dead_proxy() -> Response {
    let html = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    Response::text(502, "text/html", html)
}
