//! From the cache, the broker and Auth0 to a Google access token, or to a link for a person.
//!
//! What a run does is decided by the records it finds; nothing of a flow lives in this process only. Everything
//! that changes a record happens under the cache's lock. It never sees a tool, an argument or the terminal.

mod account;
mod auth0;
mod cache;
mod envelope;
mod linkauth;
mod records;
mod visit;

use std::path::PathBuf;

use serde_json::{Map, Value, json};

pub(crate) use self::{auth0::Application, linkauth::Broker};
use self::{
    auth0::{Completed, Connected, Grant, Granted, Tenant},
    cache::{Cache, Held},
    linkauth::NewSession,
    records::{Connect, SIGN_IN, fingerprint, sent},
    visit::{Visit, earliest},
};
use crate::{
    clock,
    http::Http,
    observer::Observer,
    problem::{Code, Problem, Result},
    random,
    secret::Secret,
};

/// Google's token endpoint, for a Google client of the user's own.
const GOOGLE_TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
pub(crate) const GOOGLE_TOKEN_HOST: &str = "oauth2.googleapis.com";
/// A token is not used in its last minute, so that it does not die on the way.
const TOKEN_MARGIN: f64 = 60.0;

const LINK_LOST: &str =
    "The earlier visit came to nothing: its link has expired, or the sign-in was not finished.";

pub(crate) struct Settings {
    pub(crate) method: Method,
    /// Login hint.
    pub(crate) account: Option<String>,
    /// Gmail scopes, in full.
    pub(crate) scopes: Vec<String>,
    /// Directory of the cache file.
    pub(crate) directory: PathBuf,
}

/// Where credentials come from.
pub(crate) enum Method {
    Auth0LinkAuth {
        application: Application,
        broker: Broker,
        via: Via,
    },
    /// A refresh token that was given to us; Auth0 is reached directly.
    Auth0 {
        application: Application,
        refresh_token: Secret,
    },
    /// The broker's own Google client; with a client of the user's own, tokens are renewed without a visit.
    LinkAuth {
        broker: Broker,
        google: Option<(String, Secret)>,
    },
    Token(Secret),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Broker,
    Direct,
}

/// How the credential flow ends.
#[derive(Debug)]
pub(crate) enum Access {
    Token(Secret),
    /// A person has to act first. No failure.
    Challenge(Challenge),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    SignIn,
    ConnectAccount,
    /// Sign-in and permission in one visit, with the broker's own Google client.
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

/// A link for a person.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) step: Step,
    pub(crate) url: String,
    pub(crate) code: String,
    /// Epoch seconds.
    pub(crate) expires_at: Option<f64>,
    /// Seconds until asking again makes sense.
    pub(crate) retry_after: f64,
    /// The same link was shown before.
    pub(crate) pending: bool,
    /// The person has confirmed the code and is at the provider's.
    pub(crate) confirmed: bool,
    /// What became of the visit before this one, if it failed.
    pub(crate) note: Option<String>,
}

/// What became of a pending connect step.
enum Pending {
    Waiting(Challenge),
    Connected,
    /// It came to nothing; why, if that is known.
    Dropped(Option<String>),
    LoginRefused,
}

pub(crate) struct Authority<'a> {
    settings: &'a Settings,
    http: &'a Http<'a>,
    cache: Cache<'a>,
    observer: &'a dyn Observer,
}

impl<'a> Authority<'a> {
    pub(crate) fn new(settings: &'a Settings, http: &'a Http<'a>, observer: &'a dyn Observer) -> Self {
        let cache = Cache::new(settings.directory.clone(), observer);
        Authority { settings, http, cache, observer }
    }

    /// A token if there is one to be had without a person, else the link.
    pub(crate) fn obtain(&self) -> Result<Access> {
        if let Method::Token(token) = &self.settings.method {
            return Ok(Access::Token(token.clone()));
        }
        if let Some(token) = self.cached_token()? {
            return Ok(Access::Token(token));
        }
        let mut held = self.hold()?;
        self.obtain_under_lock(&mut held)
    }

    /// After Gmail refused `token`: forgets it, unless another process has already replaced it.
    pub(crate) fn renew(&self, token: &Secret) -> Result<Access> {
        if let Method::Token(_) = &self.settings.method {
            return Err(Problem::configuration("Google does not accept the access token that was given")
                .hint("It has expired or was revoked; give a new access_token."));
        }
        let mut held = self.hold()?;
        if held.entries.access_token().is_some_and(|(t, _)| t == *token) {
            held.entries.forget_access_token();
        }
        self.obtain_under_lock(&mut held)
    }

    fn obtain_under_lock(&self, held: &mut Held<'_>) -> Result<Access> {
        if let Some((token, _)) = held.entries.access_token() {
            return Ok(Access::Token(token));
        }
        match &self.settings.method {
            Method::Token(token) => Ok(Access::Token(token.clone())),
            Method::Auth0LinkAuth { application, broker, via } => {
                let through = (*via == Via::Broker).then_some(broker);
                self.auth0_linkauth(held, broker, &self.tenant(application, through))
            }
            Method::Auth0 { application, refresh_token } => {
                self.auth0_given(held, refresh_token, &self.tenant(application, None))
            }
            Method::LinkAuth { broker, google } => self.linkauth_only(held, broker, google.as_ref()),
        }
    }

    /// The fresh token of our identity, read without a lock.
    fn cached_token(&self) -> Result<Option<Secret>> {
        let mut entries = self.cache.read()?;
        entries.adopt(&self.identity());
        Ok(entries.access_token().map(|(token, _)| token))
    }

    /// What was noted of a send under an idempotency key.
    pub(crate) fn note(&self, key: &str) -> Result<Option<String>> {
        let mut entries = self.cache.read()?;
        entries.adopt(&self.identity());
        Ok(entries.get(&sent(key)).map(str::to_owned))
    }

    /// Puts `text` in the place of `expected` until then (epoch seconds), or takes it away, durably; false when
    /// something else stands there.
    pub(crate) fn swap_note(
        &self,
        key: &str,
        expected: Option<&str>,
        text: Option<&str>,
        until: f64,
    ) -> Result<bool> {
        let mut held = self.hold()?;
        let key = sent(key);
        if held.entries.get(&key) != expected {
            return Ok(false);
        }
        match text {
            Some(text) => held.entries.set(&key, text, Some(until)),
            None => held.entries.remove(&key),
        }
        held.save()?;
        Ok(true)
    }

    /// Held by one process at a time, until it is dropped; None while another process has it.
    pub(crate) fn claim_cursor(&self, name: &str) -> Result<Option<std::fs::File>> {
        let job = fingerprint(&json!([self.identity(), name]).to_string());
        self.cache.claim(&format!("cursor-{}", &job[..16]))
    }

    /// What a job of this name left for its next run.
    pub(crate) fn cursor(&self, name: &str) -> Result<Option<String>> {
        Ok(self.hold()?.entries.cursor(name).map(str::to_owned))
    }

    pub(crate) fn set_cursor(&self, name: &str, mark: &str) -> Result<()> {
        let mut held = self.hold()?;
        held.entries.set_cursor(name, mark);
        held.save()
    }

    /// The lock, with our identity's records in place.
    fn hold(&self) -> Result<Held<'_>> {
        let mut held = self.cache.lock(self.http.deadline())?;
        if held.entries.adopt(&self.identity()) {
            self.observer.debug("the cache held another identity's sign-in; it is kept for its owner");
        }
        Ok(held)
    }

    fn first_step(&self) -> Step {
        match &self.settings.method {
            Method::LinkAuth { .. } => Step::SignInOnce,
            _ => Step::SignIn,
        }
    }

    /// What tokens belong to. No secret is in it.
    fn identity(&self) -> String {
        let account = self.settings.account.as_deref().unwrap_or_default();
        let parts = match &self.settings.method {
            Method::Auth0LinkAuth { application: a, broker, .. } => {
                vec!["auth0", &broker.url, &a.domain, &a.id, &a.audience, account]
            }
            Method::Auth0 { application: a, refresh_token } => {
                let login = fingerprint(refresh_token.expose());
                return json!(["auth0-given", a.domain, a.id, login, account]).to_string();
            }
            Method::LinkAuth { broker, .. } => vec!["linkauth", &broker.url, account],
            Method::Token(_) => vec!["token"],
        };
        json!(parts).to_string()
    }

    fn tenant(&self, application: &'a Application, broker: Option<&'a Broker>) -> Tenant<'a> {
        let through = broker.map(|broker| self.broker(broker));
        Tenant { application, http: self.http, through }
    }

    fn broker(&self, broker: &'a Broker) -> linkauth::Client<'a> {
        linkauth::Client { http: self.http, broker }
    }

    /// The state machine of the default way. Each turn uses what the records hold; a turn that only forgot
    /// something is followed by one that starts anew, and no turn can happen twice for the same reason.
    fn auth0_linkauth(&self, held: &mut Held<'_>, broker: &'a Broker, tenant: &Tenant<'_>) -> Result<Access> {
        let names = tenant.application.cache_names();
        let mut connected = false;
        let mut note = None;
        for _ in 0..5 {
            let Some(login) = held.entries.refresh_token(names) else {
                match self.sign_in(held, broker, tenant, note.take())? {
                    Some(challenge) => return Ok(Access::Challenge(challenge)),
                    None => continue,
                }
            };
            if !connected && held.entries.connect().is_some() {
                match self.finish_connect(held, broker, tenant, &login)? {
                    Pending::Waiting(challenge) => return Ok(Access::Challenge(challenge)),
                    Pending::Connected => connected = true,
                    Pending::Dropped(why) => note = why,
                    Pending::LoginRefused => note = Some(self.login_refused(held, names)?),
                }
                continue;
            }
            match tenant.exchange(&login, self.settings.account.as_deref())? {
                Grant::Token(granted) => {
                    return self.store_token(held, Some(tenant), granted).map(Access::Token);
                }
                Grant::LoginRefused => note = Some(self.login_refused(held, names)?),
                Grant::NotConnected if connected => return Err(still_not_connected()),
                Grant::NotConnected => match self.start_connect(held, broker, tenant, &login, note.take())? {
                    Some(challenge) => return Ok(Access::Challenge(challenge)),
                    None if held.entries.refresh_token(names).is_none() => {
                        note = Some("Auth0 no longer accepts the earlier sign-in.".into());
                    }
                    None => connected = true,
                },
            }
        }
        Err(Problem::new(Code::Failed, "the sign-in does not settle: Auth0 accepts a login and refuses it at once")
            .hint("In Auth0, switch Refresh Token Rotation off for the application, then sign in again with mcs-gmail auth login."))
    }

    /// Polls the pending session or opens one. None when a login was stored.
    fn sign_in(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        note: Option<String>,
    ) -> Result<Option<Challenge>> {
        let mut extra = Map::new();
        extra.insert("audience".into(), tenant.application.audience.as_str().into());
        extra.insert("connection".into(), auth0::CONNECTION.into());
        if let Some(account) = &self.settings.account {
            extra.insert("login_hint".into(), account.as_str().into());
        }
        let request = NewSession { extra, ..auth0_session() };
        let credential = match self.visit(held, broker, SIGN_IN, Step::SignIn, request, note)? {
            Visit::Waiting(challenge) => return Ok(Some(challenge)),
            Visit::Done(credential) => credential,
        };
        held.entries.drop_session(SIGN_IN);
        let Some(token) = text(&credential, "refresh_token") else {
            held.save()?;
            return Err(Problem::configuration("Auth0 returned no refresh token with the sign-in")
                .hint("In Auth0: switch on Allow Offline Access for the API that auth0_audience names, and the Refresh Token grant of the application."));
        };
        held.entries.set_refresh_token(&tenant.application.cache_name, &token);
        held.save()?;
        Ok(None)
    }

    /// Asks for what became of a pending connect step, and completes it when the person is done.
    fn finish_connect(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        login: &Secret,
    ) -> Result<Pending> {
        let Some(connect) = held.entries.connect() else { return Ok(Pending::Dropped(None)) };
        let name = connect.session_name();
        if held.entries.connect_code(&connect).is_none() {
            match self.ask(held, broker, &name, Step::ConnectAccount, Some(connect.expires_at))? {
                Some(Visit::Done(credential)) => {
                    held.entries.drop_session(&name);
                    let Some(code) = text(&credential, "connect_code").or_else(|| text(&credential, "code"))
                    else {
                        return self.drop_connect(
                            held,
                            Some("Allowing Gmail was not finished in the browser.".into()),
                        );
                    };
                    held.entries.set_connect_code(&connect, &code);
                    held.save()?;
                }
                Some(Visit::Waiting(challenge)) if connect.expires_at > clock::now() => {
                    return Ok(Pending::Waiting(challenge));
                }
                Some(Visit::Waiting(_)) => {
                    return self.drop_connect(held, Some("The earlier link has expired.".into()));
                }
                None => {
                    return self.drop_connect(held, Some(LINK_LOST.into()));
                }
            }
        }
        self.complete(held, tenant, &connect, login)
    }

    fn complete(
        &self,
        held: &mut Held<'_>,
        tenant: &Tenant<'_>,
        connect: &Connect,
        login: &Secret,
    ) -> Result<Pending> {
        let Some(code) = held.entries.connect_code(connect) else { return self.drop_connect(held, None) };
        let token = match tenant.my_account(login)? {
            Grant::Token(granted) => granted,
            Grant::LoginRefused | Grant::NotConnected => return Ok(Pending::LoginRefused),
        };
        self.keep_rotated(held, tenant, &token)?;
        let request = json!({
            "auth_session": connect.auth_session.expose(), "connect_code": code.expose(),
            "redirect_uri": connect.redirect_uri, "code_verifier": connect.code_verifier.expose(),
        });
        let completed = tenant.complete(&token.access_token, &request);
        if completed.as_ref().is_err_and(|p| !p.code().retryable()) {
            // Auth0 has seen the code; it is not shown to it twice.
            self.drop_connect(held, None)?;
        }
        match completed? {
            Completed::Done => {
                self.drop_connect(held, None)?;
                Ok(Pending::Connected)
            }
            Completed::Refused(why) => {
                self.drop_connect(held, Some(format!("Auth0 did not complete the earlier visit ({why}).")))
            }
        }
    }

    fn drop_connect(&self, held: &mut Held<'_>, why: Option<String>) -> Result<Pending> {
        held.entries.drop_connect();
        held.save()?;
        Ok(Pending::Dropped(why))
    }

    /// Opens the second visit. None when there is nothing to visit: connected already, or the login is dead.
    fn start_connect(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        login: &Secret,
        note: Option<String>,
    ) -> Result<Option<Challenge>> {
        let token = match tenant.my_account(login)? {
            Grant::Token(granted) => granted,
            Grant::LoginRefused | Grant::NotConnected => {
                self.login_refused(held, tenant.application.cache_names())?;
                return Ok(None);
            }
        };
        self.keep_rotated(held, tenant, &token)?;
        let (state, verifier) = (random::text::<16>()?, Secret::new(random::text::<32>()?));
        let redirect_uri = format!("{}/v1/oauth/callback", broker.url);
        let challenge = fingerprint(verifier.expose());
        let account = self.settings.account.as_deref();
        let request =
            auth0::connect_request(&redirect_uri, &state, &challenge, &self.settings.scopes, account);
        let (auth_session, url, expires_in) = match tenant.connect(&token.access_token, &request)? {
            Connected::Already => return Ok(None),
            Connected::Ticket { auth_session, url, expires_in } => (auth_session, url, expires_in),
        };
        let connect = Connect {
            auth_session,
            code_verifier: verifier,
            state: state.clone(),
            redirect_uri,
            connection: auth0::CONNECTION.into(),
            expires_at: clock::now() + expires_in,
        };
        held.entries.set_connect(&connect);
        let mut extra = Map::new();
        extra.insert("audience".into(), tenant.application.audience.as_str().into());
        extra.insert("connection".into(), auth0::CONNECTION.into());
        let request = NewSession { extra, passthrough: Some((url, state)), ..auth0_session() };
        let mut challenge =
            self.open(held, broker, &connect.session_name(), Step::ConnectAccount, request, note)?;
        challenge.expires_at = earliest(challenge.expires_at, Some(connect.expires_at));
        Ok(Some(challenge))
    }

    /// `credentials = "auth0"`: the exchange alone.
    fn auth0_given(&self, held: &mut Held<'_>, given: &Secret, tenant: &Tenant<'_>) -> Result<Access> {
        let login = held.entries.successor().unwrap_or_else(|| given.clone());
        match tenant.exchange(&login, self.settings.account.as_deref())? {
            Grant::Token(granted) => {
                if let Some(token) = &granted.refresh_token {
                    held.entries.set_successor(token);
                    held.save()?;
                }
                self.store_token(held, None, granted).map(Access::Token)
            }
            Grant::LoginRefused => Err(Problem::configuration("Auth0 does not accept auth0_refresh_token")
                .hint(
                    "It has expired or was revoked; give a new one, or use credentials = \"auth0-linkauth\".",
                )),
            Grant::NotConnected => {
                Err(Problem::configuration("no Google account is connected to this Auth0 login")
                    .hint("Connect it once with credentials = \"auth0-linkauth\" and mcs-gmail auth login."))
            }
        }
    }

    /// `credentials = "linkauth"`: the broker's own Google client.
    fn linkauth_only(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        google: Option<&(String, Secret)>,
    ) -> Result<Access> {
        let mut note = None;
        if let (Some((id, secret)), Some(login)) = (google, held.entries.google_refresh_token()) {
            match self.renew_at_google(id, secret, &login)? {
                Some(granted) => return self.store_token(held, None, granted).map(Access::Token),
                None => {
                    held.entries.forget_login([""; 2]);
                    held.save()?;
                    note = Some("Google no longer accepts the earlier sign-in.".to_owned());
                }
            }
        }
        let mut extra = Map::new();
        extra.insert("access_type".into(), "offline".into());
        extra.insert("prompt".into(), "consent".into());
        if let Some(account) = &self.settings.account {
            extra.insert("login_hint".into(), account.as_str().into());
        }
        let request = NewSession {
            display_name: "mcs-gmail",
            provider: "google",
            template: "google_mail",
            scopes: self.settings.scopes.clone(),
            extra,
            passthrough: None,
        };
        let credential = match self.visit(held, broker, SIGN_IN, Step::SignInOnce, request, note)? {
            Visit::Waiting(challenge) => return Ok(Access::Challenge(challenge)),
            Visit::Done(credential) => credential,
        };
        held.entries.drop_session(SIGN_IN);
        let Some(mut granted) = auth0::granted(&Value::Object(credential.clone())) else {
            held.save()?;
            return Err(Problem::configuration("the broker returned no Google access token").hint(
                "Check the broker's Google client (OAUTH_GOOGLE_CLIENT_ID, OAUTH_GOOGLE_CLIENT_SECRET).",
            ));
        };
        if let Some(at) = credential.get("expires_at").and_then(Value::as_f64) {
            granted.expires_in = at - clock::now();
        }
        if let Some(login) = granted.refresh_token.take() {
            held.entries.set_google_refresh_token(&login);
        }
        self.store_token(held, None, granted).map(Access::Token)
    }

    /// None when Google no longer accepts the refresh token.
    fn renew_at_google(&self, id: &str, secret: &Secret, login: &Secret) -> Result<Option<Granted>> {
        let body = json!({
            "grant_type": "refresh_token", "client_id": id, "client_secret": secret.expose(),
            "refresh_token": login.expose(),
        });
        let bytes = body.to_string().into_bytes();
        let reply = self.http.exchange(crate::http::Call::new("POST", GOOGLE_TOKEN_URL).json(&bytes));
        let reply = reply.map_err(crate::http::Fault::problem)?;
        let value = reply.json().unwrap_or_default();
        match (reply.status, value.get("error").and_then(Value::as_str)) {
            (200, _) => Ok(auth0::granted(&value)),
            (_, Some("invalid_grant")) => Ok(None),
            (_, Some("invalid_client" | "unauthorized_client")) => {
                Err(Problem::configuration("Google does not accept the client id or secret")
                    .hint("Check google_client_id and google_client_secret."))
            }
            (status, _) => Err(Problem::temporary(format!("Google's token endpoint answered HTTP {status}"))
                .hint("Try again in a minute.")),
        }
    }

    /// Forgets every copy of a login that is no longer accepted; the note tells the person why.
    fn login_refused(&self, held: &mut Held<'_>, names: [&str; 2]) -> Result<String> {
        held.entries.forget_login(names);
        held.save()?;
        Ok("Auth0 no longer accepts the earlier sign-in.".into())
    }

    /// A rotated refresh token is stored before anything else happens.
    fn keep_rotated(&self, held: &mut Held<'_>, tenant: &Tenant<'_>, granted: &Granted) -> Result<()> {
        if let Some(token) = &granted.refresh_token {
            held.entries.set_refresh_token(&tenant.application.cache_name, token);
            held.save()?;
        }
        Ok(())
    }

    fn store_token(
        &self,
        held: &mut Held<'_>,
        tenant: Option<&Tenant<'_>>,
        granted: Granted,
    ) -> Result<Secret> {
        if let Some(tenant) = tenant {
            self.keep_rotated(held, tenant, &granted)?;
        }
        if let Some(scope) = granted.scope.as_deref().filter(|s| !s.is_empty() && !allows_mail(s)) {
            held.save()?;
            return Err(Problem::new(Code::PermissionDenied, "Google was not asked to allow Gmail, or the person did not allow it")
                .hint("Run mcs-gmail auth logout --disconnect, then sign in again and tick every box on Google's page.")
                .detail("granted_scope", scope));
        }
        held.entries.set_access_token(
            &granted.access_token,
            clock::now() + (granted.expires_in - TOKEN_MARGIN).max(0.0),
        );
        held.save()?;
        Ok(granted.access_token)
    }
}

/// What both sessions of the Auth0 way have in common; the bytes are those of the Python skill.
fn auth0_session() -> NewSession {
    NewSession {
        display_name: "mcs-gmail via Auth0",
        provider: "auth0",
        template: "api_key",
        scopes: ["openid", "email", "offline_access"].map(str::to_owned).to_vec(),
        ..NewSession::default()
    }
}

fn text(credential: &Map<String, Value>, name: &str) -> Option<Secret> {
    credential.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(Secret::new)
}

fn allows_mail(scope: &str) -> bool {
    scope.split(' ').any(|s| s.starts_with("https://mail.google.com") || s.contains("/auth/gmail."))
}

fn still_not_connected() -> Problem {
    Problem::configuration("Auth0 says that no Google account is connected, although connecting it has just succeeded")
        .hint("In Auth0, connection google-oauth2: own Google client instead of Auth0's developer keys, Offline Access checked, purpose Connected Accounts for Token Vault on; application: Refresh Token Rotation off. Then mcs-gmail auth logout --disconnect and sign in again.")
}
