//! The two visits of the default method: sign in at Auth0, then connect the Google account.
//!
//! The refresh token of the sign-in visit is exchanged in Token Vault. A new user's vault is empty, so the connect
//! visit follows. It is kept between processes as a record.

use serde_json::{Map, Value, json};

use super::{
    Access, Broker, Challenge, Step, TokenSource,
    auth0::{self, Completed, Connected, Exchange, Granted, MyAccount, Tenant},
    opening::NewSession,
    rotated,
    visit::{Polled, Visit},
};
use crate::{
    digest,
    problem::{Code, Problem, Result},
    quote::quoted,
    random,
    secret::Secret,
    store::{Account, Connect, Held, SIGN_IN},
};

const REFUSED: &str = "Auth0 refused the previous sign-in.";

/// The state of a pending connect visit.
enum Pending {
    Waiting(Challenge),
    Connected,
    /// It failed, for this reason if it is known.
    Failed(Option<String>),
    SignInRefused,
}

/// The outcome of starting a connect visit.
enum Started {
    Challenge(Challenge),
    /// Auth0 says that the account is already connected.
    Connected,
    SignInRefused,
}

/// What is known about the Google account in Token Vault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vault {
    Unknown,
    /// Auth0 says that it is connected; Google may no longer accept it.
    SaidToBeConnected,
    /// It was connected in this run.
    Connected,
}

/// What the turns of one run have learned.
struct Attempt {
    vault: Vault,
    /// Why the next visit is needed.
    reason: Option<String>,
}

impl<'a> TokenSource<'a> {
    /// Each turn acts on the current records. A turn that only changed them is followed by another one. The turns are
    /// limited, so that a tenant that refuses every new token ends in an error.
    pub(super) fn auth0_linkauth(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
    ) -> Result<Access> {
        let mut attempt = Attempt { vault: Vault::Unknown, reason: held.records.reason() };
        for _ in 0..6 {
            if let Some(access) = self.turn(held, broker, tenant, &mut attempt)? {
                return Ok(access);
            }
        }
        Err(Problem::new(Code::Failed, "the sign-in keeps looping: Auth0 issues a refresh token and refuses it at once")
            .hint("In Auth0, switch Refresh Token Rotation off for the application, then sign in again with mcs-gmail auth login.")
            .caused_by("rotation_is_on"))
    }

    fn turn(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        attempt: &mut Attempt,
    ) -> Result<Option<Access>> {
        let Some(refresh_token) = held.records.refresh_token(tenant.application.cache_names()) else {
            let challenge = self.sign_in(held, broker, tenant, attempt.reason.take())?;
            return Ok(challenge.map(Access::Challenge));
        };
        if attempt.vault == Vault::Unknown && held.records.connect().is_some() {
            match self.finish_connect(held, broker, tenant, &refresh_token)? {
                Pending::Waiting(challenge) => return Ok(Some(Access::Challenge(challenge))),
                Pending::Connected => attempt.vault = Vault::Connected,
                Pending::Failed(why) => attempt.reason = why.or(attempt.reason.take()),
                Pending::SignInRefused => attempt.reason = Some(self.forget_sign_in(held, tenant)?),
            }
            return Ok(None);
        }
        match self.exchange(held, tenant, &refresh_token, attempt.vault)? {
            Exchange::Token(granted) => {
                self.keep_rotated(held, tenant, &granted)?;
                return self.store_token(held, granted).map(|token| Some(Access::Token(token)));
            }
            Exchange::SignInRefused => {
                attempt.reason = Some(self.forget_sign_in(held, tenant)?);
                return Ok(None);
            }
            Exchange::NotConnected if attempt.vault == Vault::Connected => return Err(still_not_connected()),
            Exchange::NotConnected => {}
            // Unless the account was just connected, connecting it may help.
            Exchange::Unexplained(problem)
                if attempt.vault == Vault::Connected || held.records.account().newly_connected =>
            {
                return Err(problem);
            }
            Exchange::Unexplained(problem) => {
                attempt.reason.get_or_insert(format!("Auth0 did not return a Google token: {problem}."));
            }
        }
        self.connect(held, broker, tenant, &refresh_token, attempt)
    }

    /// Starts the connect visit.
    fn connect(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        refresh_token: &Secret,
        attempt: &mut Attempt,
    ) -> Result<Option<Access>> {
        match self.start_connect(held, broker, tenant, refresh_token, attempt)? {
            Started::Challenge(challenge) => return Ok(Some(Access::Challenge(challenge))),
            Started::Connected if attempt.vault == Vault::SaidToBeConnected => {
                attempt.vault = Vault::Connected;
            }
            Started::Connected => attempt.vault = Vault::SaidToBeConnected,
            Started::SignInRefused => attempt.reason = Some(self.forget_sign_in(held, tenant)?),
        }
        Ok(None)
    }

    /// The exchange for the configured account. If Token Vault does not find that account although one was just
    /// connected, another one was connected, or the vault does not know it by its address: any account is taken then,
    /// and its address is compared.
    fn exchange(
        &self,
        held: &mut Held<'_>,
        tenant: &Tenant<'_>,
        refresh_token: &Secret,
        vault: Vault,
    ) -> Result<Exchange> {
        let hint = self.hint(&held.records);
        let exchange = tenant.exchange(refresh_token, hint)?;
        if hint.is_none() || vault == Vault::Unknown || !matches!(exchange, Exchange::NotConnected) {
            return Ok(exchange);
        }
        let exchange = tenant.exchange(refresh_token, None)?;
        if matches!(exchange, Exchange::Token(_)) {
            let account = Account { found_without_hint: true, ..held.records.account() };
            held.records.set_account(&account);
        }
        Ok(exchange)
    }

    /// Polls the pending session or opens one. `None` if a refresh token was recorded.
    fn sign_in(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        reason: Option<String>,
    ) -> Result<Option<Challenge>> {
        let mut extra = session_parameters(tenant);
        if let Some(address) = self.settings.address() {
            extra.insert("login_hint".into(), address.into());
        }
        let request = NewSession { extra, ..auth0_session() };
        let credential = match self.visit(held, broker, SIGN_IN, Step::SignIn, request, reason)? {
            Visit::Waiting(challenge) => return Ok(Some(challenge)),
            Visit::Done(credential) => credential,
        };
        held.records.drop_session(SIGN_IN);
        let Some(token) = text(&credential.members, "refresh_token") else {
            held.save()?;
            return Err(Problem::configuration("Auth0 returned no refresh token with the sign-in")
                .hint("In Auth0, switch on Allow Offline Access for the API that auth0_audience names, and the Refresh Token grant for the application.")
                .caused_by("no_refresh_token"));
        };
        held.records.set_refresh_token(&tenant.application.cache_name, &token);
        // Whether this one rotates is not known before it is spent.
        held.records.forget_rotation();
        // It may be another account than before.
        let account = held.records.account();
        let account = Account { address: None, sender: None, found_without_hint: false, ..account };
        held.records.set_account(&account);
        held.save()?;
        Ok(None)
    }

    /// Polls a pending connect visit, and completes it once the person is done.
    fn finish_connect(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        refresh_token: &Secret,
    ) -> Result<Pending> {
        held.writable()?;
        let Some(connect) = held.records.connect() else { return Ok(Pending::Failed(None)) };
        let name = connect.session_name();
        if held.records.connect_code(&connect).is_none() {
            // Without a session, the run that was to start the visit did not come to that.
            let Some(session) = held.records.session(&name) else { return drop_connect(held, None) };
            match self.poll_visit(held, broker, &name, session, Step::ConnectAccount)? {
                Polled::Visit(Visit::Done(credential)) => {
                    held.records.drop_session(&name);
                    let members = &credential.members;
                    let code = text(members, "connect_code").or_else(|| text(members, "code"));
                    let Some(code) = code else {
                        return drop_connect(held, Some("Access to Gmail was not granted in the browser."));
                    };
                    held.records.set_connect_code(&connect, &code);
                    held.save()?;
                }
                Polled::Visit(Visit::Waiting(challenge)) => return Ok(Pending::Waiting(challenge)),
                Polled::Over(why) => return drop_connect(held, Some(&why)),
            }
        }
        self.complete(held, tenant, &connect, refresh_token)
    }

    fn complete(
        &self,
        held: &mut Held<'_>,
        tenant: &Tenant<'_>,
        connect: &Connect,
        refresh_token: &Secret,
    ) -> Result<Pending> {
        let Some(code) = held.records.connect_code(connect) else { return drop_connect(held, None) };
        let token = match self.my_account(held, tenant, refresh_token)? {
            MyAccount::Token(granted) => granted,
            MyAccount::SignInRefused => return Ok(Pending::SignInRefused),
        };
        let request = json!({
            "auth_session": connect.auth_session.expose(), "connect_code": code.expose(),
            "redirect_uri": connect.redirect_uri, "code_verifier": connect.code_verifier.expose(),
        });
        let completed = tenant.complete(&token.access_token, &request);
        if completed.as_ref().is_err_and(|p| !p.code().retryable()) {
            // Auth0 has seen the code, which can be redeemed only once.
            drop_connect(held, None)?;
        }
        match completed? {
            Completed::Done => {
                // It may be another Google account than before.
                let account = Account { newly_connected: true, ..Account::default() };
                held.records.set_account(&account);
                drop_connect(held, None)?;
                Ok(Pending::Connected)
            }
            Completed::Refused { status, said } => {
                self.observer.debug(&format!("Auth0 said: {}", quoted(&said)));
                drop_connect(
                    held,
                    Some(&format!("Auth0 did not complete the previous visit (HTTP {status}).")),
                )
            }
        }
    }

    /// Opens the connect visit. An account that is said to be connected, but for which there is no token, is removed
    /// first.
    fn start_connect(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        tenant: &Tenant<'_>,
        refresh_token: &Secret,
        attempt: &mut Attempt,
    ) -> Result<Started> {
        let not_connected = "Access to Gmail has not been allowed yet.";
        self.require_visit(held, attempt.reason.as_deref(), not_connected)?;
        held.writable()?;
        let token = match self.my_account(held, tenant, refresh_token)? {
            MyAccount::Token(granted) => granted,
            MyAccount::SignInRefused => return Ok(Started::SignInRefused),
        };
        if attempt.vault == Vault::SaidToBeConnected {
            tenant.disconnect(&token.access_token)?;
        }
        let (state, verifier) = (random::text::<16>()?, Secret::new(random::text::<32>()?));
        let redirect_uri = format!("{}/v1/oauth/callback", broker.url);
        let challenge = digest::base64url(verifier.expose());
        let address = self.settings.address();
        let request =
            auth0::connect_request(&redirect_uri, &state, &challenge, &self.settings.scopes, address);
        let (auth_session, url, expires_in) = match tenant.connect(&token.access_token, &request)? {
            Connected::Already => return Ok(Started::Connected),
            Connected::Ticket { auth_session, url, expires_in } => (auth_session, url, expires_in),
        };
        let connect = Connect {
            auth_session,
            code_verifier: verifier,
            state: state.clone(),
            redirect_uri,
            connection: auth0::CONNECTION.into(),
        };
        held.records.set_connect(&connect);
        // What stopped an earlier run did not stop this one.
        held.records.set_setback(None);
        let extra = session_parameters(tenant);
        let request = NewSession { extra, passthrough: Some((url, state)), ..auth0_session() };
        let opened = self.open(held, broker, request)?;
        let (name, reason) = (connect.session_name(), attempt.reason.take());
        self.begin(held, &name, Step::ConnectAccount, opened, Some(expires_in), reason)
            .map(Started::Challenge)
    }

    /// Forgets every copy of a refresh token that Auth0 refused; returns why the next visit is needed.
    fn forget_sign_in(&self, held: &mut Held<'_>, tenant: &Tenant<'_>) -> Result<String> {
        held.records.forget_refresh_token(tenant.application.cache_names());
        held.save()?;
        Ok(REFUSED.to_owned())
    }

    /// A token for the My Account API. It shows whether the refresh token rotates.
    fn my_account(
        &self,
        held: &mut Held<'_>,
        tenant: &Tenant<'_>,
        refresh_token: &Secret,
    ) -> Result<MyAccount> {
        let outcome = tenant.my_account(refresh_token)?;
        if let MyAccount::Token(granted) = &outcome {
            held.records.set_rotation(granted.refresh_token.is_some());
            self.keep_rotated(held, tenant, granted)?;
        }
        Ok(outcome)
    }

    /// Records a rotated refresh token before anything else happens.
    fn keep_rotated(&self, held: &mut Held<'_>, tenant: &Tenant<'_>, granted: &Granted) -> Result<()> {
        if let Some(token) = &granted.refresh_token {
            held.records.set_refresh_token(&tenant.application.cache_name, token);
            held.save().map_err(rotated)?;
        }
        Ok(())
    }
}

fn drop_connect(held: &mut Held<'_>, why: Option<&str>) -> Result<Pending> {
    held.records.drop_connect();
    held.save()?;
    Ok(Pending::Failed(why.map(str::to_owned)))
}

/// What both sessions have in common, exactly as in the Python skill.
fn auth0_session() -> NewSession {
    NewSession {
        display_name: "mcs-gmail via Auth0",
        provider: "auth0",
        template: "api_key",
        scopes: ["openid", "email", "offline_access"].map(str::to_owned).to_vec(),
        ..NewSession::default()
    }
}

fn session_parameters(tenant: &Tenant<'_>) -> Map<String, Value> {
    let mut extra = Map::new();
    extra.insert("audience".into(), tenant.application.audience.as_str().into());
    extra.insert("connection".into(), auth0::CONNECTION.into());
    extra
}

fn text(credential: &Map<String, Value>, name: &str) -> Option<Secret> {
    credential.get(name).and_then(Value::as_str).and_then(Secret::token)
}

fn still_not_connected() -> Problem {
    Problem::configuration("Auth0 reports no connected Google account, although connecting it has just succeeded")
        .hint("In Auth0, connection google-oauth2: use your own Google client instead of Auth0's developer keys, check Offline Access, and switch on the purpose Connected Accounts for Token Vault. Switch Refresh Token Rotation off for the application. Then run mcs-gmail auth logout --disconnect and sign in again.")
        .caused_by("not_found_after_connecting")
}
