//! The Auth0 tenant: the exchange in Token Vault, the My Account token, Connected Accounts, revocation.
//!
//! Requests are the same through the broker's proxy and directly. Responses are classified by status and error code;
//! the errors of the My Account API are problem documents (RFC 9457) without an `error` member.

mod probe;
mod refusal;

use std::time::Duration;

use serde_json::{Map, Value, json};

pub(crate) use self::probe::{Login, Verdict, tenant_in};
use self::refusal::describe;
use super::linkauth::{self, Upstream};
use crate::{
    clock,
    http::{Call, Fault, Http, RATE_LIMITED, http_date},
    problem::{Code, Problem, Result},
    secret::Secret,
};

pub(crate) const CONNECTION: &str = "google-oauth2";
const CREATE_SCOPE: &str = "create:me:connected_accounts";
const MY_ACCOUNT_SCOPES: &str = "openid profile offline_access create:me:connected_accounts \
                                 read:me:connected_accounts delete:me:connected_accounts";
const FEDERATED: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";
const DIRECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The Auth0 application as configured.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    /// Domain of the tenant, without scheme and in lower case.
    pub(crate) domain: String,
    /// The domain as it was configured, which is its key in the Python skill's cache.
    pub(crate) cache_name: String,
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) audience: String,
}

impl Application {
    /// The names under which a refresh token can be cached; a new one is stored under the first.
    pub(crate) fn cache_names(&self) -> [&str; 2] {
        [&self.cache_name, &self.domain]
    }
}

/// The response of a token endpoint (RFC 6749 5.1).
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) access_token: Secret,
    /// Seconds until it expires.
    pub(crate) expires_in: f64,
    pub(crate) scope: Option<String>,
    /// A rotated refresh token, which replaces the old one at once.
    pub(crate) refresh_token: Option<Secret>,
}

/// The outcome of the exchange in Token Vault.
pub(crate) enum Exchange {
    Token(Granted),
    /// Token Vault has no Google account for this user, or one that Google no longer accepts.
    NotConnected,
    /// The refresh token was refused.
    SignInRefused,
    /// Refused without a known code, perhaps because of the Google account.
    Unexplained(Problem),
}

/// The outcome of obtaining a token for the My Account API.
pub(crate) enum MyAccount {
    Token(Granted),
    /// The refresh token was refused.
    SignInRefused,
}

/// Error codes of the token endpoint that name another cause than the Google account.
const EXPLAINED: [&str; 7] = [
    "access_denied",
    "invalid_client",
    "invalid_request",
    "mfa_required",
    "too_many_requests",
    "unauthorized_client",
    "unmet_authentication_requirements",
];

/// A refusal of the token endpoint.
struct TokenRefused {
    status: u16,
    /// The code (RFC 6749 5.2); empty if there is none.
    error: String,
    problem: Problem,
}

/// When a request is sent again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Auth0 answered that it is overloaded or failing.
    WhileOverloaded,
    /// Also if there was no answer, so that Auth0 may see the request twice.
    WhileUnavailable,
}

/// The outcome of `/connect`.
pub(crate) enum Connected {
    Ticket { auth_session: Secret, url: Secret, expires_in: f64 },
    Already,
}

/// The outcome of `/complete`.
pub(crate) enum Completed {
    Done,
    /// With this HTTP status. The code cannot be used again.
    Refused {
        status: u16,
        said: String,
    },
}

pub(crate) struct Tenant<'a> {
    pub(crate) application: &'a Application,
    pub(crate) http: &'a Http<'a>,
    /// The broker whose proxy is used; `None` to reach Auth0 directly.
    pub(crate) through: Option<linkauth::BrokerClient<'a>>,
}

impl Tenant<'_> {
    /// Exchanges the refresh token for a Google access token in Token Vault. `address` selects one of several Google
    /// accounts.
    pub(crate) fn exchange(&self, refresh_token: &Secret, address: Option<&str>) -> Result<Exchange> {
        let refused =
            match self.token(&self.exchange_body(refresh_token, address), Repeat::WhileUnavailable)? {
                Ok(granted) => return Ok(Exchange::Token(granted)),
                Err(refused) => refused,
            };
        Ok(match refused.error.as_str() {
            error if is_not_connected(error) => Exchange::NotConnected,
            "invalid_grant" | "expired_token" => Exchange::SignInRefused,
            error if refused.status == 401 && !EXPLAINED.contains(&error) => {
                Exchange::Unexplained(refused.problem)
            }
            _ => return Err(refused.problem),
        })
    }

    fn exchange_body(&self, refresh_token: &Secret, address: Option<&str>) -> Value {
        let mut body = json!({
            "grant_type": "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
            "client_id": self.application.id, "client_secret": self.application.secret.expose(),
            "subject_token": refresh_token.expose(),
            "subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token",
            "requested_token_type": FEDERATED, "connection": CONNECTION,
        });
        if let Some(address) = address {
            body["login_hint"] = address.into();
        }
        body
    }

    /// A token for the My Account API (multi-resource refresh token).
    pub(crate) fn my_account(&self, refresh_token: &Secret) -> Result<MyAccount> {
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": self.application.id, "client_secret": self.application.secret.expose(),
            "refresh_token": refresh_token.expose(),
            "audience": format!("https://{}/me/", self.application.domain), "scope": MY_ACCOUNT_SCOPES,
        });
        let granted = match self.token(&body, Repeat::WhileOverloaded)? {
            Ok(granted) => granted,
            Err(refused) if ["invalid_grant", "expired_token"].contains(&refused.error.as_str()) => {
                return Ok(MyAccount::SignInRefused);
            }
            Err(refused) => return Err(refused.problem),
        };
        // Auth0 silently omits scopes that the multi-resource refresh token does not allow.
        if !granted.scope.as_deref().unwrap_or_default().split(' ').any(|s| s == CREATE_SCOPE) {
            return Err(Problem::configuration("Auth0 did not grant the permission to connect accounts (Multi-Resource Refresh Token is not configured for the My Account API)")
                .hint("In Auth0: activate the My Account API, authorise the application with the Connected Accounts scopes, and switch the My Account API on under the application's Multi-Resource Refresh Token.")
                .caused_by("my_account_not_authorised"));
        }
        Ok(MyAccount::Token(granted))
    }

    fn token(&self, body: &Value, repeat: Repeat) -> Result<Result<Granted, TokenRefused>> {
        self.granted_in(&self.send("POST", "/oauth/token", None, Some(body), repeat)?)
    }

    /// What the token endpoint answered.
    fn granted_in(&self, upstream: &Upstream) -> Result<Result<Granted, TokenRefused>> {
        // A 401 without a body is a refusal of which nothing is known.
        let empty = upstream.status == 401 && upstream.body.trim().is_empty();
        let body = if empty { "{}" } else { &upstream.body };
        let value: Value = serde_json::from_str(body).unwrap_or_default();
        if upstream.status / 100 == 2 {
            return granted(&value).map(Ok).ok_or_else(|| self.unexpected(upstream));
        }
        let error = value.get("error").and_then(Value::as_str).unwrap_or_default();
        let problem = self.token_refused(upstream, &value, error);
        if value.is_null() {
            return Err(problem);
        }
        Ok(Err(TokenRefused { status: upstream.status, error: error.to_owned(), problem }))
    }

    /// Starts to connect the Google account; the person continues in the browser.
    pub(crate) fn connect(&self, token: &Secret, request: &Value) -> Result<Connected> {
        let path = "/me/v1/connected-accounts/connect";
        self.connected_in(&self.send("POST", path, Some(token), Some(request), Repeat::WhileUnavailable)?)
    }

    /// What `/connect` answered.
    fn connected_in(&self, upstream: &Upstream) -> Result<Connected> {
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        match upstream.status {
            200..=299 => ticket(&value, &self.application.domain).ok_or_else(|| self.unexpected(upstream)),
            409 => Ok(Connected::Already),
            _ => Err(self.my_account_refused(upstream, &value)),
        }
    }

    /// Redeems the code of the connect visit. After a 4xx it cannot be used again.
    pub(crate) fn complete(&self, token: &Secret, request: &Value) -> Result<Completed> {
        let path = "/me/v1/connected-accounts/complete";
        let upstream = self.send("POST", path, Some(token), Some(request), Repeat::WhileOverloaded)?;
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        match upstream.status {
            // 409: the account is already connected.
            200..=299 | 409 => Ok(Completed::Done),
            status @ (400 | 403 | 404) => Ok(Completed::Refused { status, said: describe(&value) }),
            _ => Err(self.my_account_refused(&upstream, &value)),
        }
    }

    /// Removes every connected Google account from the vault; returns how many there were.
    pub(crate) fn disconnect(&self, token: &Secret) -> Result<usize> {
        let path = format!("/me/v1/connected-accounts/accounts?connection={CONNECTION}&take=20");
        let upstream = self.send("GET", &path, Some(token), None, Repeat::WhileUnavailable)?;
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        if upstream.status / 100 != 2 {
            return Err(self.my_account_refused(&upstream, &value));
        }
        let Some(accounts) = value.get("accounts").and_then(Value::as_array) else {
            return Err(self.unexpected(&upstream));
        };
        for id in accounts.iter().filter_map(|a| a.get("id")?.as_str()) {
            let path = format!("/me/v1/connected-accounts/accounts/{}", crate::url::segment(id));
            let upstream = self.send("DELETE", &path, Some(token), None, Repeat::WhileUnavailable)?;
            if upstream.status / 100 != 2 && upstream.status != 404 {
                let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
                return Err(self.my_account_refused(&upstream, &value));
            }
        }
        Ok(accounts.len())
    }

    /// Revokes the refresh token.
    pub(crate) fn revoke(&self, refresh_token: &Secret) -> Result<()> {
        let body = json!({
            "client_id": self.application.id, "client_secret": self.application.secret.expose(),
            "token": refresh_token.expose(),
        });
        let upstream = self.send("POST", "/oauth/revoke", None, Some(&body), Repeat::WhileUnavailable)?;
        match upstream.status {
            200..=299 => Ok(()),
            _ => {
                let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
                let error = value.get("error").and_then(Value::as_str).unwrap_or_default().to_owned();
                Err(self.token_refused(&upstream, &value, &error))
            }
        }
    }

    /// One request, repeated as `repeat` allows and within the deadline.
    fn send(
        &self,
        method: &'static str,
        path: &str,
        bearer: Option<&Secret>,
        body: Option<&Value>,
        repeat: Repeat,
    ) -> Result<Upstream> {
        let url = format!("https://{}{path}", self.application.domain);
        let mut backoff = self.http.backoff();
        let mut unanswered = self.http.backoff().at_most(linkauth::TRIES);
        loop {
            match self.once(method, &url, bearer, body) {
                Ok(upstream) => {
                    let overloaded = upstream.status == 429 || upstream.status >= 500;
                    if !overloaded || !backoff.again(RATE_LIMITED, rate_limit_wait(&upstream)) {
                        return Ok(upstream);
                    }
                }
                Err(problem)
                    if problem.code() == Code::Temporary
                        && repeat == Repeat::WhileUnavailable
                        && unanswered.again_after(&problem) => {}
                Err(problem) => return Err(problem),
            }
        }
    }

    fn once(
        &self,
        method: &'static str,
        url: &str,
        bearer: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Upstream> {
        match &self.through {
            Some(broker) => broker.forward(method, url, bearer, body),
            None => self.direct(method, url, bearer, body),
        }
    }

    fn direct(
        &self,
        method: &'static str,
        url: &str,
        bearer: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Upstream> {
        let bytes = body.map(|b| b.to_string().into_bytes());
        let mut call = Call::new(method, url).timeout(DIRECT_TIMEOUT);
        if let Some(token) = bearer {
            call = call.bearer(token);
        }
        if let Some(bytes) = &bytes {
            call = call.json(bytes);
        }
        let reply = self.http.exchange(call).map_err(Fault::problem)?;
        if let Some(problem) = reply.intercepted(&self.application.domain) {
            return Err(problem);
        }
        let names = ["date", "location", "retry-after", "x-ratelimit-reset"];
        let headers = names.iter().filter_map(|n| Some((n.to_string(), reply.header(n)?.into()))).collect();
        Ok(Upstream {
            status: reply.status,
            headers,
            body: String::from_utf8_lossy(&reply.body).into_owned(),
        })
    }
}

#[cfg(any(test, fuzzing))]
impl Tenant<'_> {
    /// Reads an answer as if it had come from each endpoint.
    pub(crate) fn take_answer(&self, status: u16, body: &str) {
        let upstream = Upstream { status, headers: Map::new(), body: body.to_owned() };
        if let Ok(Ok(granted)) = self.granted_in(&upstream) {
            assert!(Secret::token(granted.access_token.expose()).is_some());
        }
        if let Ok(Connected::Ticket { url, .. }) = self.connected_in(&upstream) {
            assert!(url.expose().starts_with(&format!("https://{}/", self.application.domain)));
        }
        let _ = rate_limit_wait(&upstream);
    }
}

/// Whether Token Vault has no usable Google account.
fn is_not_connected(error: &str) -> bool {
    error.starts_with("federated_connection_") || error.starts_with("tokenset_")
}

/// `retry-after`, else the time until `x-ratelimit-reset` (Unix seconds), by Auth0's own clock.
fn rate_limit_wait(upstream: &Upstream) -> Option<Duration> {
    let text = |name: &str| upstream.headers.get(name)?.as_str().map(str::trim);
    let number = |name: &str| text(name)?.parse::<f64>().ok();
    let now = || text("date").and_then(http_date).unwrap_or_else(clock::now);
    let reset = || (upstream.status == 429).then(|| number("x-ratelimit-reset").map(|t| t - now())).flatten();
    let seconds = number("retry-after").or_else(reset)?;
    seconds.is_finite().then(|| Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)))
}

pub(crate) fn granted(value: &Value) -> Option<Granted> {
    let secret = |name: &str| value.get(name).and_then(Value::as_str).and_then(Secret::token);
    Some(Granted {
        access_token: secret("access_token")?,
        expires_in: value.get("expires_in").and_then(Value::as_f64).unwrap_or(3600.0),
        scope: value.get("scope").and_then(Value::as_str).filter(|s| is_scope(s)).map(str::to_owned),
        refresh_token: secret("refresh_token"),
    })
}

/// Visible ASCII and spaces (RFC 6749 3.3).
fn is_scope(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

/// The page of the tenant on which the person connects the account.
fn ticket(value: &Value, domain: &str) -> Option<Connected> {
    let uri = value.get("connect_uri")?.as_str()?;
    let ticket = value.pointer("/connect_params/ticket")?.as_str()?;
    let mut url = url::Url::parse(uri).ok()?;
    let tenant = url::Url::parse(&format!("https://{domain}")).ok()?;
    if url.origin() != tenant.origin() || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.query_pairs_mut().append_pair("ticket", ticket);
    Some(Connected::Ticket {
        auth_session: Secret::token(value.get("auth_session")?.as_str()?)?,
        url: Secret::new(url.as_str()),
        expires_in: value.get("expires_in").and_then(Value::as_f64).unwrap_or(300.0),
    })
}

/// The body of `/connect`.
pub(crate) fn connect_request(
    redirect_uri: &str,
    state: &str,
    challenge: &str,
    scopes: &[String],
    account: Option<&str>,
) -> Value {
    let mut wanted = vec!["openid".to_owned(), "profile".into(), "email".into()];
    wanted.extend(scopes.iter().filter(|s| !["openid", "profile", "email"].contains(&s.as_str())).cloned());
    let mut parameters = Map::new();
    parameters.insert("prompt".into(), "consent".into());
    if let Some(account) = account {
        parameters.insert("login_hint".into(), account.into());
    }
    json!({
        "connection": CONNECTION, "redirect_uri": redirect_uri, "state": state,
        "code_challenge": challenge, "code_challenge_method": "S256",
        "scopes": wanted, "authorization_params": parameters,
    })
}
