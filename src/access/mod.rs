//! The token source: gets a Google access token from the store, the broker and Auth0, or a challenge for a person.
//!
//! The records decide what a run does: no state of a visit is kept only in the process. Records change only under the
//! lock of the store. It never sees a tool, an argument or the terminal.

mod account;
mod auth0;
mod choice;
mod envelope;
mod flow;
mod google;
mod link;
mod linkauth;
mod opening;
mod standing;
mod visit;

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    time::Duration,
};

use self::auth0::{Exchange, Granted};
pub(crate) use self::{
    account::{SignedIn, accounts, is_same_mailbox},
    auth0::{Application, Login, Tenant, Verdict, tenant_in},
    choice::AccountChoice,
    google::{GoogleClient, TOKEN_HOST as GOOGLE_TOKEN_HOST},
    linkauth::{Broker, BrokerClient},
    standing::{Relay, Standing},
};
use crate::{
    clock, digest,
    http::Http,
    observer::Observer,
    phrase::phrase,
    problem::{Code, Problem, Result},
    quote::quoted,
    secret::Secret,
    store::{Account, Held, Identity, Records, Store},
};

/// Seconds before its expiry from which an access token is no longer used, so that it does not expire in transit.
const TOKEN_MARGIN: f64 = 60.0;

/// How often a run waits for the next poll, at most, and for how long. After the wait there is some time left for the
/// poll.
const RESTS: u32 = 2;
const LONGEST_REST: Duration = Duration::from_secs(10);
const TIME_AFTER_REST: Duration = Duration::from_secs(2);

pub(crate) struct AccessSettings {
    pub(crate) method: Method,
    pub(crate) account: AccountChoice,
    /// Gmail scopes, in full.
    pub(crate) scopes: Vec<String>,
    /// Directory of the cache file.
    pub(crate) directory: PathBuf,
}

/// Where access tokens come from.
pub(crate) enum Method {
    /// The person signs in through the broker; the refresh token is exchanged in Token Vault.
    Auth0LinkAuth { application: Application, broker: Broker, via: Via },
    /// A configured refresh token; Auth0 is reached directly.
    Auth0 { application: Application, refresh_token: Secret },
    /// The broker's own Google client. With the credentials of that client, tokens are renewed without a visit.
    LinkAuth { broker: Broker, google: Option<GoogleClient> },
    /// A configured access token.
    Token(Secret),
}

impl Method {
    /// The broker at which a person signs in.
    fn broker(&self) -> Option<&Broker> {
        match self {
            Method::Auth0LinkAuth { broker, .. } | Method::LinkAuth { broker, .. } => Some(broker),
            Method::Auth0 { .. } | Method::Token(_) => None,
        }
    }
}

/// How Auth0 is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Broker,
    Direct,
}

/// The outcome of obtaining a token.
#[derive(Debug)]
pub(crate) enum Access {
    Token(Secret),
    /// A person must sign in first. This is not a failure.
    Challenge(Challenge),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    SignIn,
    ConnectAccount,
    /// Sign-in and access to Gmail in one visit, with the broker's own Google client.
    SignInOnce,
}

impl Step {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Step::SignIn | Step::SignInOnce => "sign_in",
            Step::ConnectAccount => "connect_account",
        }
    }
}

/// A required sign-in: the link and code for a person.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) step: Step,
    pub(crate) url: String,
    pub(crate) code: String,
    /// The address or the name of the account that was chosen.
    pub(crate) account: Option<String>,
    /// Epoch seconds.
    pub(crate) expires_at: Option<f64>,
    /// Seconds until the next poll is due.
    pub(crate) retry_after: f64,
    /// Whether this link was opened just now.
    pub(crate) is_new: bool,
    /// Whether the broker was asked since this run began.
    pub(crate) is_current: bool,
    /// Whether the person has confirmed the code and continued to the provider's page.
    pub(crate) confirmed: bool,
    /// Why another visit is needed after an earlier one.
    pub(crate) reason: Option<String>,
}

impl AccessSettings {
    /// The owner of the records. It contains no secret.
    pub(crate) fn identity(&self) -> Identity {
        let identity = self.owner();
        // The mailbox of a login without an owner is not known, so an account that has only a name cannot claim it.
        if self.account.own_name().is_some() && self.address().is_none() {
            return identity.without_inheritance();
        }
        identity
    }

    fn owner(&self) -> Identity {
        let account = &self.account.identity();
        match &self.method {
            Method::Auth0LinkAuth { application: a, broker, .. } => {
                Identity::new(&["auth0", &broker.url, &a.domain, &a.id, &a.audience, account])
            }
            Method::Auth0 { application: a, refresh_token } => {
                let token = digest::base64url(refresh_token.expose());
                Identity::new(&["auth0-given", &a.domain, &a.id, &token, account])
            }
            Method::LinkAuth { broker, .. } => Identity::new(&["linkauth", &broker.url, account]),
            Method::Token(_) => match self.account.own_name() {
                // The tokens of two accounts have cursors of their own.
                Some(name) => Identity::new(&["token", name]),
                None => Identity::new(&["token"]),
            },
        }
    }

    /// The address of the account, if it is configured.
    pub(crate) fn address(&self) -> Option<&str> {
        self.account.address.as_deref()
    }

    fn first_step(&self) -> Step {
        match &self.method {
            Method::LinkAuth { .. } => Step::SignInOnce,
            _ => Step::SignIn,
        }
    }
}

/// Provides access tokens by the configured method.
pub(crate) struct TokenSource<'a> {
    settings: &'a AccessSettings,
    http: &'a Http<'a>,
    store: &'a Store<'a>,
    observer: &'a dyn Observer,
    /// Whether a run that comes before the next poll is due waits for it.
    waits_for_poll: Cell<bool>,
    /// Whether it only reports the state of the sign-in and starts no visit.
    only_looks: bool,
    /// When this run began, in epoch seconds.
    began: f64,
    is_unverified: Cell<bool>,
    /// The access token that Gmail has refused in this run. It stays in a cache that cannot be written.
    refused: RefCell<Option<Secret>>,
}

impl<'a> TokenSource<'a> {
    /// `waits_for_poll`: whether a run that comes before the next poll is due waits for it, for a few seconds.
    pub(crate) fn new(
        settings: &'a AccessSettings,
        http: &'a Http<'a>,
        store: &'a Store<'a>,
        observer: &'a dyn Observer,
        waits_for_poll: bool,
    ) -> Self {
        TokenSource {
            settings,
            http,
            store,
            observer,
            waits_for_poll: Cell::new(waits_for_poll),
            only_looks: false,
            began: clock::now(),
            is_unverified: Cell::new(false),
            refused: RefCell::default(),
        }
    }

    /// The same source, but it starts no visit: where one is needed, it fails with the code `auth_required`.
    pub(crate) fn looking(&self) -> TokenSource<'a> {
        let &TokenSource { settings, http, store, observer, began, .. } = self;
        let waits_for_poll = self.waits_for_poll.get();
        let source = TokenSource::new(settings, http, store, observer, waits_for_poll);
        TokenSource { only_looks: true, began, ..source }
    }

    /// From now on, a run that comes before the next poll is due waits for it.
    pub(crate) fn wait_for_poll(&self) {
        self.waits_for_poll.set(true);
    }

    /// An access token if no person is needed, or else a challenge. A pending visit is polled; if that would be too
    /// early, this waits until it is not, with the lock released.
    pub(crate) fn obtain(&self) -> Result<Access> {
        if let Method::Token(token) = &self.settings.method {
            // Without an account, nothing is read: such a run does not need a cache.
            let is_unverified =
                self.has_account() && self.store.read().map_or(true, |records| self.is_doubtful(&records));
            self.is_unverified.set(is_unverified);
            return Ok(Access::Token(token.clone()));
        }
        let records = self.store.read()?;
        if let Some(token) = self.recorded_token(&records) {
            return Ok(Access::Token(token));
        }
        let mut rests = RESTS;
        loop {
            let access = self.obtain_under_lock(&mut self.store.lock()?)?;
            match &access {
                Access::Challenge(c) if !c.is_current && self.rest(c, rests) => rests -= 1,
                _ => return Ok(access),
            }
        }
    }

    /// The recorded access token, unless Gmail has refused it in this run.
    fn recorded_token(&self, records: &Records) -> Option<Secret> {
        let (token, _) = records.access_token()?;
        if self.refused.borrow().as_ref() == Some(&token) {
            return None;
        }
        self.is_unverified.set(self.is_doubtful(records));
        Some(token)
    }

    /// Waits for the next poll. Returns false if this many rests are not enough for that.
    fn rest(&self, challenge: &Challenge, rests: u32) -> bool {
        let wait = Duration::from_secs_f64(challenge.retry_after);
        let fits = wait <= LONGEST_REST * rests && wait + TIME_AFTER_REST <= self.http.deadline().left();
        if !self.waits_for_poll.get() || rests == 0 || !fits {
            return false;
        }
        self.observer.debug(&format!("the next poll is due in {} ms", wait.as_millis()));
        std::thread::sleep(wait.min(LONGEST_REST));
        true
    }

    /// Replaces `token`, which Gmail refused, unless another process has already replaced it. The refusal is
    /// recorded first, so that no other run takes the token for a valid one.
    pub(crate) fn renew(&self, token: &Secret) -> Result<Access> {
        if let Method::Token(_) = &self.settings.method {
            return Err(Problem::configuration("Google refused the configured access token")
                .hint("Set a new access_token: this one has expired or was revoked."));
        }
        let mut held = self.store.lock()?;
        if held.records.access_token().is_some_and(|(t, _)| t == *token) {
            held.records.forget_access_token();
            held.save_if_possible()?;
        }
        drop(held);
        *self.refused.borrow_mut() = Some(token.clone());
        self.obtain()
    }

    /// If the set-up is the cause of a failure, that is recorded for `doctor`, which cannot make every request that a
    /// sign-in makes.
    fn obtain_under_lock(&self, held: &mut Held<'_>) -> Result<Access> {
        let outcome = self.obtain_with(held);
        if let Some(cause) = outcome.as_ref().err().and_then(Problem::cause)
            && held.writable().is_ok()
        {
            held.records.set_setback(Some(cause));
            if let Err(problem) = held.save() {
                self.observer.debug(&format!("cannot record what stopped the sign-in: {problem}"));
            }
        }
        outcome
    }

    fn obtain_with(&self, held: &mut Held<'_>) -> Result<Access> {
        if let Some(token) = self.recorded_token(&held.records) {
            return Ok(Access::Token(token));
        }
        match &self.settings.method {
            Method::Token(token) => Ok(Access::Token(token.clone())),
            Method::Auth0LinkAuth { application, broker, via } => {
                let through = (*via == Via::Broker).then_some(broker);
                self.auth0_linkauth(held, broker, &self.tenant(application, through))
            }
            Method::Auth0 { application, refresh_token } => {
                self.exchange_given(held, refresh_token, &self.tenant(application, None))
            }
            Method::LinkAuth { broker, google } => self.linkauth_only(held, broker, google.as_ref()),
        }
    }

    /// `credentials = "auth0"`: the exchange alone.
    fn exchange_given(&self, held: &mut Held<'_>, given: &Secret, tenant: &Tenant<'_>) -> Result<Access> {
        let refresh_token = held.records.rotated_refresh_token().unwrap_or_else(|| given.clone());
        match tenant.exchange(&refresh_token, self.hint(&held.records))? {
            Exchange::Token(granted) => {
                if let Some(token) = &granted.refresh_token {
                    held.records.set_rotated_refresh_token(token);
                    held.save().map_err(rotated)?;
                }
                self.store_token(held, granted).map(Access::Token)
            }
            Exchange::SignInRefused => Err(Problem::configuration("Auth0 refused auth0_refresh_token").hint(
                "Set a new auth0_refresh_token, since this one has expired or was revoked, or use credentials = \"auth0-linkauth\".",
            )),
            Exchange::Unexplained(problem) => Err(problem),
            Exchange::NotConnected => {
                Err(Problem::configuration("Token Vault has no Google account for this Auth0 user, or Google no longer accepts it")
                    .hint("Connect it with credentials = \"auth0-linkauth\" and mcs-gmail auth login."))
            }
        }
    }

    /// The address by which Token Vault finds the account.
    fn hint(&self, records: &Records) -> Option<&'a str> {
        self.settings.address().filter(|_| !records.account().found_without_hint)
    }

    fn tenant(&self, application: &'a Application, broker: Option<&'a Broker>) -> Tenant<'a> {
        let through = broker.map(|broker| self.broker(broker));
        Tenant { application, http: self.http, through }
    }

    fn broker(&self, broker: &'a Broker) -> linkauth::BrokerClient<'a> {
        linkauth::BrokerClient { http: self.http, broker }
    }

    /// Records an access token. Refuses one whose scopes do not include Gmail.
    fn store_token(&self, held: &mut Held<'_>, granted: Granted) -> Result<Secret> {
        if let Some(scope) = granted.scope.as_deref().filter(|s| !s.is_empty() && !covers_gmail(s)) {
            held.save_if_possible()?;
            return Err(Problem::new(Code::PermissionDenied, "the sign-in does not include access to Gmail")
                .hint(
                    "Run mcs-gmail auth logout --disconnect, then sign in again and tick every box on Google's page.",
                )
                .caused_by("insufficient_permissions")
                .detail("granted_scope", quoted(scope)));
        }
        let now = clock::now();
        let expires_at = now + (granted.expires_in - TOKEN_MARGIN).max(0.0);
        held.records.set_access_token(&granted.access_token, expires_at);
        let account = held.records.account();
        let scopes = granted.scope.or(account.scopes);
        let account = Account { scopes, used_at: Some(now), newly_connected: false, ..account };
        self.is_unverified.set(account.address.is_none() || self.is_doubtful(&held.records));
        held.records.set_account(&account);
        held.records.set_reason(None);
        held.records.set_setback(None);
        held.save_if_possible()?;
        Ok(granted.access_token)
    }
}

/// A refresh token was rotated, and the new one cannot be stored.
fn rotated(cause: Problem) -> Problem {
    let (message, hint) = cause.phrases();
    let message = phrase!["Auth0 replaced the refresh token, and the new one is lost: ", message];
    let problem = Problem::new(cause.code(), message);
    let problem = hint.into_iter().fold(problem, Problem::hint);
    problem.hint_also("Then sign in again, because the old one may no longer be valid.")
}

fn covers_gmail(scope: &str) -> bool {
    scope.split(' ').any(|s| s.starts_with("https://mail.google.com") || s.contains("/auth/gmail."))
}
