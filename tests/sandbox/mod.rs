//! A stateful world on the loopback, in which the program runs as it does in an agent's sandbox: a CONNECT
//! proxy with an allowlist and its own CA, and behind the proxy a LinkAuth broker, an Auth0 tenant and Gmail.
//!
//! The program does not know that: it is started with the environment of [`World::env`]. The tests reach
//! the services directly, to set what an administrator would set and to see what happened. Dropping the
//! world fails the test if something was asked that a real service would never have been asked.
#![allow(dead_code, reason = "the stories and the example each use a part of it")]
#![allow(unreachable_pub, reason = "a module tree shared by two targets that are not libraries")]

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub mod auth0;
pub mod broker;
mod clock;
pub mod discovery;
mod entrances;
pub mod faults;
pub mod gmail;
pub mod google;
mod http1;
pub mod lists;
mod mint;
mod pages;
mod pkce;
pub mod server;
mod services;
mod shared;
mod tls;
pub mod user;
pub mod wire;

pub use faults::{Event, Fault, Hold, Verdict};
pub use shared::Exchange;
pub use tls::Flaw;
use {pages::Decision, server::Listener, shared::Shared};

pub const BROKER_HOST: &str = "broker.sandbox.example";
pub const AUTH0_DOMAIN: &str = "mcs-sandbox.eu.auth0.com";
pub const GMAIL_HOST: &str = "gmail.googleapis.com";

/// The scopes of a connected account, unless a test chooses others.
pub const FULL_SCOPES: [&str; 4] = ["openid", "profile", "email", "https://mail.google.com/"];

/// What runs of the program cost: TLS connections, requests (a batch is one), and quota units of Gmail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    pub connections: usize,
    pub requests: usize,
    pub units: u64,
}

pub struct World {
    shared: Arc<Shared>,
    proxy: Listener,
    pages: Mutex<Option<Listener>>,
    entrances: Mutex<Vec<Listener>>,
    directory: tempfile::TempDir,
}

impl World {
    /// A healthy world: everything is configured as in the set-up guide, and no user is signed in.
    pub fn start() -> World {
        let shared = Arc::new(Shared::new());
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("ca.pem"), shared.authority.pem()).expect("the CA is written");
        let proxy = Listener::start(&shared, server::serve_proxy);
        World { shared, proxy, pages: Mutex::default(), entrances: Mutex::default(), directory }
    }

    /// The environment in which the program finds this world, and nothing else.
    pub fn env(&self) -> Vec<(String, String)> {
        let mut env = vec![
            ("HTTPS_PROXY", self.proxy_url()),
            ("SSL_CERT_FILE", self.ca_path().display().to_string()),
            ("NO_PROXY", "localhost,127.0.0.1,*.googleapis.com".into()),
            ("MCS_GMAIL_AUTH0_DOMAIN", AUTH0_DOMAIN.into()),
            ("MCS_GMAIL_LINKAUTH_BROKER_URL", self.broker(|broker| broker.public_base_url.clone())),
        ];
        self.auth0(|tenant| {
            env.push(("MCS_GMAIL_AUTH0_CLIENT_ID", tenant.client_id.clone()));
            env.push(("MCS_GMAIL_AUTH0_CLIENT_SECRET", tenant.client_secret.clone()));
            env.push(("MCS_GMAIL_AUTH0_AUDIENCE", tenant.audience.clone()));
        });
        if let Some(key) = self.broker(|broker| broker.api_keys.first().cloned()) {
            env.push(("MCS_GMAIL_LINKAUTH_API_KEY", key));
        }
        env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy.address)
    }

    /// The same proxy over TLS: `https://localhost:...`.
    pub fn open_secure_proxy(&self) -> String {
        format!("https://{}", self.open_entrance(entrances::serve_secure_proxy))
    }

    /// A SOCKS 5 proxy with the same rules: `socks5h://localhost:...`.
    pub fn open_socks_proxy(&self) -> String {
        format!("socks5h://{}", self.open_entrance(entrances::serve_socks))
    }

    fn open_entrance(&self, serve: server::Serve) -> String {
        let listener = Listener::start(&self.shared, serve);
        let address = format!("{}:{}", entrances::NAME, listener.address.port());
        lock(&self.entrances).push(listener);
        address
    }

    /// What is wrong with the certificate of a host, or of the proxies at `localhost`, from the next connection on.
    pub fn spoil_certificate(&self, host: &str, flaw: Flaw) {
        self.shared.authority.spoil(host, flaw);
    }

    /// The CA certificate as PEM.
    pub fn ca_path(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Lets the proxy connect to `host`. If the sandbox has no such host, the answer is 502, as after a failed look-up.
    pub fn allow(&self, host: &str) {
        self.shared.gate().allow(host);
    }

    /// Refuses `host` with the egress proxy's 403, and expects that it is asked for.
    pub fn forbid(&self, host: &str) {
        self.shared.gate().forbid(host);
    }

    /// Asks for these (decoded) credentials from now on; 407 without them.
    pub fn require_proxy_login(&self, user: &str, password: &str) {
        self.shared.gate().login = Some((user.to_owned(), password.to_owned()));
    }

    /// Every exchange with the program since the start or the last [`World::clear_log`], in the order of
    /// the answers. What people's browsers do is not in it.
    pub fn log(&self) -> Vec<Exchange> {
        lock(&self.shared.log).clone()
    }

    /// Forgets the log and the counts of connections and of quota units.
    pub fn clear_log(&self) {
        lock(&self.shared.log).clear();
        lock(&self.shared.handshakes).clear();
        self.gmail(|gmail| gmail.units = 0);
    }

    /// How many logged exchanges went to this host with this method and a path that begins like this.
    pub fn count(&self, host: &str, method: &str, path_prefix: &str) -> usize {
        let fits = |e: &&Exchange| {
            e.host == host && (method.is_empty() || e.method == method) && e.path.starts_with(path_prefix)
        };
        lock(&self.shared.log).iter().filter(fits).count()
    }

    /// TLS handshakes completed for a host.
    pub fn connections(&self, host: &str) -> usize {
        lock(&self.shared.handshakes).get(host).copied().unwrap_or(0)
    }

    /// Quota units of the calls to Gmail since the start or the last [`World::clear_log`], each part of a batch on
    /// its own.
    pub fn units(&self) -> u64 {
        self.gmail(|gmail| gmail.units)
    }

    /// What the program cost since the start or the last [`World::clear_log`], of all hosts together.
    pub fn costs(&self) -> Costs {
        let connections = lock(&self.shared.handshakes).values().sum();
        let requests = lock(&self.shared.log).iter().filter(|exchange| !exchange.inner).count();
        Costs { connections, requests, units: self.units() }
    }

    /// Faults strike the program's requests and those the broker's proxy makes for it, never a browser's.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Ends every fault that has not struck yet.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Holds the next request that fits until it is released; then the fault strikes, if it has a harm.
    pub fn hold(&self, fault: Fault) -> Hold {
        let hold = Hold::default();
        self.fault(fault.held_by(&hold));
        hold
    }

    /// How long each round trip through the proxy takes: one for TCP, for the CONNECT, for TLS, and for each request. What
    /// the services themselves would take is not part of it.
    pub fn set_round_trip(&self, time: Duration) {
        self.shared.set_round_trip(time);
    }

    /// Sets the clocks of all services ahead of the program's, by so many seconds.
    pub fn set_clocks_ahead(&self, seconds: i64) {
        self.shared.services.clock.set_ahead(seconds);
    }

    /// As if so much time had passed: every session, ticket and access token grows older.
    pub fn grow_older(&self, by: Duration) {
        self.broker(|broker| broker.grow_older(by));
        self.auth0(|tenant| tenant.grow_older(by));
        self.google(|google| google.grow_older(by));
    }

    /// Calls `hook` at every step of every exchange on a connection, one step at a time. It replaces the
    /// hook before it and must not set another.
    pub fn on_event(&self, hook: impl FnMut(&Event) -> Verdict + Send + 'static) {
        *lock(&self.shared.hook) = Some(Box::new(hook));
    }

    /// Everything secret that was ever issued or configured. Session ids, links and codes are not
    /// secret: people see them.
    pub fn secrets(&self) -> Vec<String> {
        let mint = &self.shared.services.mint;
        self.broker(|broker| broker.api_keys.iter().for_each(|key| mint.keep(key)));
        self.auth0(|tenant| mint.keep(&tenant.client_secret));
        mint.secrets()
    }

    /// Lets a test request unknown hosts and send requests that no service would accept.
    pub fn tolerate_unexpected(&self) {
        self.shared.tolerate_unexpected();
    }

    pub fn auth0<R>(&self, f: impl FnOnce(&mut auth0::Tenant) -> R) -> R {
        f(&mut lock(&self.shared.services.tenant))
    }

    pub fn broker<R>(&self, f: impl FnOnce(&mut broker::Broker) -> R) -> R {
        f(&mut lock(&self.shared.services.broker))
    }

    pub fn gmail<R>(&self, f: impl FnOnce(&mut gmail::Gmail) -> R) -> R {
        f(&mut lock(&self.shared.services.gmail))
    }

    /// The web server of a mailing list; the proxy lets through to it only after [`World::allow`].
    pub fn lists<R>(&self, f: impl FnOnce(&mut lists::ListServer) -> R) -> R {
        f(&mut lock(&self.shared.services.lists))
    }

    /// Google's account side, for its direct mode and for tokens without a vault.
    pub fn google<R>(&self, f: impl FnOnce(&mut google::Google) -> R) -> R {
        f(&mut lock(&self.shared.services.google))
    }

    /// The person opens the link, confirms the code, signs in or allows Gmail, and ends at the success page.
    pub fn approve(&self, url: &str) -> Result<(), String> {
        user::visit(&self.shared, url, Decision::Allow)
    }

    /// The person confirms the code, then says no at the provider.
    pub fn refuse(&self, url: &str) -> Result<(), String> {
        user::visit(&self.shared, url, Decision::Deny)
    }

    /// The person confirms the code and does nothing more.
    pub fn confirm_only(&self, url: &str) -> Result<(), String> {
        user::confirm(&self.shared, url).map(|_| ())
    }

    /// A Google access token that Gmail accepts, for tests that start signed in.
    pub fn issue_google_token(&self, scopes: &[&str], lifetime_s: u64) -> String {
        let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
        self.google(|google| google.issue(&scopes, lifetime_s))
    }

    /// An Auth0 refresh token of someone whose Google account is in the vault with [`FULL_SCOPES`].
    pub fn signed_in_refresh_token(&self) -> String {
        self.auth0(|tenant| {
            tenant.connect_account(&FULL_SCOPES);
            tenant.sign_in()
        })
    }

    /// Serves the browser's pages and the broker over plain HTTP on a loopback port, so that a person can visit the
    /// broker's links. Returns their base, which is then the address of the broker.
    pub fn open_pages(&self) -> String {
        let mut pages = lock(&self.pages);
        let listener = pages.get_or_insert_with(|| Listener::start(&self.shared, server::serve_pages));
        let base = format!("http://{}", listener.address);
        self.broker(|broker| broker.public_base_url.clone_from(&base));
        self.auth0(|tenant| tenant.allowed_callbacks.push(format!("{base}/v1/oauth/callback")));
        base
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shared.stop();
        self.proxy.stop();
        if let Some(pages) = lock(&self.pages).as_mut() {
            pages.stop();
        }
        lock(&self.entrances).iter_mut().for_each(Listener::stop);
        self.shared.close_connections();
        let complaints = self.shared.complaints();
        assert!(
            complaints.is_empty() || std::thread::panicking(),
            "the sandbox saw what it should not have seen:\n{}",
            complaints.join("\n")
        );
    }
}

/// A panic in a handler is reported once, at the end; until then its lock still works.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
