//! The Auth0 tenant: the exchange in Token Vault, the My Account token, Connected Accounts, revocation.
//!
//! Requests are the same through the broker's proxy and directly. Responses are classified by status and error code;
//! the errors of the My Account API are problem documents (RFC 9457) without an `error` member.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::linkauth::{self, Upstream};
use crate::{
    clock,
    http::{Call, Fault, Http},
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

#[derive(Debug)]
pub(crate) enum Grant {
    Token(Granted),
    /// Token Vault has no Google account for this user.
    NotConnected,
    /// The refresh token was refused.
    SignInRefused,
}

/// The outcome of `/connect`.
pub(crate) enum Connected {
    Ticket { auth_session: Secret, url: Secret, expires_in: f64 },
    Already,
}

/// The outcome of `/complete`.
pub(crate) enum Completed {
    Done,
    /// The reason that Auth0 gave. The code cannot be used again.
    Refused(String),
}

pub(crate) struct Tenant<'a> {
    pub(crate) application: &'a Application,
    pub(crate) http: &'a Http<'a>,
    /// The broker whose proxy is used; `None` to reach Auth0 directly.
    pub(crate) through: Option<linkauth::BrokerClient<'a>>,
}

impl Tenant<'_> {
    /// Exchanges the refresh token for a Google access token in Token Vault.
    pub(crate) fn exchange(&self, refresh_token: &Secret, account: Option<&str>) -> Result<Grant> {
        let mut body = json!({
            "grant_type": "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
            "client_id": self.application.id, "client_secret": self.application.secret.expose(),
            "subject_token": refresh_token.expose(),
            "subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token",
            "requested_token_type": FEDERATED, "connection": CONNECTION,
        });
        if let Some(account) = account {
            body["login_hint"] = account.into();
        }
        self.token(&body)
    }

    /// A token for the My Account API (multi-resource refresh token).
    pub(crate) fn my_account(&self, refresh_token: &Secret) -> Result<Grant> {
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": self.application.id, "client_secret": self.application.secret.expose(),
            "refresh_token": refresh_token.expose(),
            "audience": format!("https://{}/me/", self.application.domain), "scope": MY_ACCOUNT_SCOPES,
        });
        let grant = self.token(&body)?;
        // Auth0 silently omits scopes that the multi-resource refresh token does not allow.
        if let Grant::Token(granted) = &grant
            && !granted.scope.as_deref().unwrap_or_default().split(' ').any(|s| s == CREATE_SCOPE)
        {
            return Err(Problem::configuration("Auth0 did not grant the permission to connect accounts (Multi-Resource Refresh Token is not configured for the My Account API)")
                .hint("In Auth0: activate the My Account API, authorise the application with the Connected Accounts scopes, and switch the My Account API on under the application's Multi-Resource Refresh Token."));
        }
        Ok(grant)
    }

    fn token(&self, body: &Value) -> Result<Grant> {
        let upstream = self.send("POST", "/oauth/token", None, Some(body))?;
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        if upstream.status / 100 == 2 {
            return granted(&value).map(Grant::Token).ok_or_else(|| self.unexpected(&upstream));
        }
        let error = value.get("error").and_then(Value::as_str).unwrap_or_default();
        match error {
            "federated_connection_refresh_token_not_found" | "tokenset_not_found" => Ok(Grant::NotConnected),
            "invalid_grant" => Ok(Grant::SignInRefused),
            _ => Err(self.token_refused(&upstream, &value, error)),
        }
    }

    /// Starts to connect the Google account; the person continues in the browser.
    pub(crate) fn connect(&self, token: &Secret, request: &Value) -> Result<Connected> {
        let upstream = self.send("POST", "/me/v1/connected-accounts/connect", Some(token), Some(request))?;
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        match upstream.status {
            200..=299 => ticket(&value).ok_or_else(|| self.unexpected(&upstream)),
            409 => Ok(Connected::Already),
            _ => Err(self.my_account_refused(&upstream, &value)),
        }
    }

    /// Redeems the code of the connect visit. After a 4xx it cannot be used again.
    pub(crate) fn complete(&self, token: &Secret, request: &Value) -> Result<Completed> {
        let upstream = self.send("POST", "/me/v1/connected-accounts/complete", Some(token), Some(request))?;
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        match upstream.status {
            // 409: the account is already connected.
            200..=299 | 409 => Ok(Completed::Done),
            400 | 403 | 404 => Ok(Completed::Refused(describe(&upstream, &value))),
            _ => Err(self.my_account_refused(&upstream, &value)),
        }
    }

    /// Removes every connected Google account from the vault; returns how many there were.
    pub(crate) fn disconnect(&self, token: &Secret) -> Result<usize> {
        let path = format!("/me/v1/connected-accounts/accounts?connection={CONNECTION}&take=20");
        let upstream = self.send("GET", &path, Some(token), None)?;
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        if upstream.status / 100 != 2 {
            return Err(self.my_account_refused(&upstream, &value));
        }
        let accounts = value.get("accounts").and_then(Value::as_array).cloned().unwrap_or_default();
        for id in accounts.iter().filter_map(|a| a.get("id")?.as_str()) {
            let path = format!("/me/v1/connected-accounts/accounts/{}", crate::url::segment(id));
            let upstream = self.send("DELETE", &path, Some(token), None)?;
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
        let upstream = self.send("POST", "/oauth/revoke", None, Some(&body))?;
        match upstream.status {
            200..=299 => Ok(()),
            _ => {
                let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
                let error = value.get("error").and_then(Value::as_str).unwrap_or_default().to_owned();
                Err(self.token_refused(&upstream, &value, &error))
            }
        }
    }

    /// One request, retried while Auth0 is overloaded or failing and the deadline allows it.
    fn send(
        &self,
        method: &'static str,
        path: &str,
        bearer: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Upstream> {
        let url = format!("https://{}{path}", self.application.domain);
        let mut backoff = self.http.backoff();
        loop {
            let upstream = match &self.through {
                Some(broker) => broker.forward(method, &url, bearer, body)?,
                None => self.direct(method, &url, bearer, body)?,
            };
            let overloaded = upstream.status == 429 || upstream.status >= 500;
            if !overloaded || !backoff.again(rate_limit_wait(&upstream)) {
                return Ok(upstream);
            }
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
        if reply.refused_by_egress() {
            return Err(crate::http::network_refused(&self.application.domain));
        }
        let names = ["retry-after", "x-ratelimit-reset"];
        let headers = names.iter().filter_map(|n| Some((n.to_string(), reply.header(n)?.into()))).collect();
        Ok(Upstream {
            status: reply.status,
            headers,
            body: String::from_utf8_lossy(&reply.body).into_owned(),
        })
    }

    /// Explains an error of the token endpoint. Most are caused by the set-up.
    fn token_refused(&self, upstream: &Upstream, value: &Value, error: &str) -> Problem {
        let said = describe(upstream, value);
        let configuration = |message: &str, hint: &str| {
            Problem::configuration(format!("{message} ({said})")).hint(hint).detail("auth0_error", error)
        };
        match (upstream.status, error) {
            (429, _) | (_, "too_many_requests") => rate_limited(upstream),
            (500.., _) => Problem::temporary(format!("Auth0 failed with HTTP {}", upstream.status))
                .hint("Try again in a minute."),
            (_, "invalid_client") | (401, "access_denied") => configuration(
                "Auth0 refused the application's client id or secret",
                "Check auth0_client_id and auth0_client_secret, and that they belong to this auth0_domain.",
            ),
            (_, "unauthorized_client") => configuration(
                "the Auth0 application is not allowed to use this grant",
                "In Auth0, Application, Advanced, Grant Types: switch on Authorization Code, Refresh Token and Token Vault; the application must be a Regular Web Application.",
            ),
            (_, "mfa_required") => configuration(
                "Auth0 requires a second factor, which Token Vault cannot provide",
                "In Auth0, Security, Multi-factor Auth: set the policy to Never for this tenant or application.",
            ),
            (_, "unmet_authentication_requirements") => configuration(
                "the My Account API requires a second factor",
                "Relax the step-up policy of the My Account API, or sign in again with mcs-gmail auth login.",
            ),
            (_, "access_denied" | "invalid_request") if said.contains("/me/") => configuration(
                "the application is not allowed to use the My Account API",
                "In Auth0: authorise the application on the My Account API and switch it on under Multi-Resource Refresh Token.",
            ),
            (_, "access_denied") => configuration(
                "a rule, Action or policy in Auth0 denied access",
                "Check the tenant's log (Monitoring, Logs).",
            ),
            (_, "invalid_request") => configuration(
                "Auth0 rejected the request as invalid",
                "Check that the google-oauth2 connection has Connected Accounts for Token Vault switched on.",
            ),
            _ if value.is_null() => self.unexpected(upstream),
            _ => configuration("Auth0 refused the request", "Check the tenant's log (Monitoring, Logs)."),
        }
    }

    fn my_account_refused(&self, upstream: &Upstream, value: &Value) -> Problem {
        let said = describe(upstream, value);
        let configuration =
            |message: &str, hint: &str| Problem::configuration(format!("{message} ({said})")).hint(hint);
        let field = value.pointer("/validation_errors/0/field").and_then(Value::as_str).unwrap_or_default();
        match upstream.status {
            400 if field == "redirect_uri" => configuration(
                "the broker's callback URL is not allowed in Auth0",
                "In Auth0, Application, Allowed Callback URLs: add https://<broker>/v1/oauth/callback.",
            ),
            400 | 404 => configuration(
                "Auth0 could not start connecting the Google account",
                "In Auth0, Connections, google-oauth2: switch on the purpose Connected Accounts for Token Vault, and enable the application on the Applications tab.",
            ),
            401 => configuration(
                "Auth0 refused its own My Account token",
                "Activate the My Account API of the tenant, then run the same command again.",
            ),
            403 => configuration(
                "the application is not allowed to connect accounts",
                "In Auth0, My Account API, Application Access: grant the Connected Accounts scopes to the application.",
            ),
            429 => rate_limited(upstream),
            500.. => Problem::temporary(format!("Auth0 failed with HTTP {}", upstream.status))
                .hint("Try again in a minute."),
            _ => configuration(
                "Auth0's My Account API refused the request",
                "Check the tenant's log (Monitoring, Logs).",
            ),
        }
    }

    fn unexpected(&self, upstream: &Upstream) -> Problem {
        let domain = &self.application.domain;
        Problem::configuration(format!("{domain} is not an Auth0 tenant (HTTP {})", upstream.status))
            .hint("Check auth0_domain.")
            .detail("http_status", upstream.status)
    }
}

fn rate_limited(upstream: &Upstream) -> Problem {
    let wait = rate_limit_wait(upstream).unwrap_or(Duration::from_secs(30));
    Problem::new(Code::RateLimited, "rate limited by Auth0")
        .retry_after(wait)
        .hint("Wait, then run the same command again.")
}

/// `retry-after`, else the time until `x-ratelimit-reset` (Unix seconds).
fn rate_limit_wait(upstream: &Upstream) -> Option<Duration> {
    let number = |name: &str| upstream.headers.get(name)?.as_str()?.trim().parse::<f64>().ok();
    let reset =
        || (upstream.status == 429).then(|| number("x-ratelimit-reset").map(|t| t - clock::now())).flatten();
    let seconds = number("retry-after").or_else(reset)?;
    seconds.is_finite().then(|| Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0)))
}

pub(crate) fn granted(value: &Value) -> Option<Granted> {
    let secret =
        |name: &str| value.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(Secret::new);
    Some(Granted {
        access_token: secret("access_token")?,
        expires_in: value.get("expires_in").and_then(Value::as_f64).unwrap_or(3600.0),
        scope: value.get("scope").and_then(Value::as_str).map(str::to_owned),
        refresh_token: secret("refresh_token"),
    })
}

fn ticket(value: &Value) -> Option<Connected> {
    let uri = value.get("connect_uri")?.as_str()?;
    let ticket = value.pointer("/connect_params/ticket")?.as_str()?;
    let mut url = url::Url::parse(uri).ok()?;
    url.query_pairs_mut().append_pair("ticket", ticket);
    Some(Connected::Ticket {
        auth_session: Secret::new(value.get("auth_session")?.as_str()?),
        url: Secret::new(url.as_str()),
        expires_in: value.get("expires_in").and_then(Value::as_f64).unwrap_or(300.0),
    })
}

/// The message in an error body, in any of Auth0's formats; never the body itself.
fn describe(upstream: &Upstream, value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let validation = value.pointer("/validation_errors/0/detail").and_then(Value::as_str);
    let said =
        text("error_description").or(text("message")).or(validation).or(text("detail")).or(text("title"));
    match (said, text("error")) {
        (Some(said), Some(error)) => format!("{error}: {said}"),
        (Some(said), None) => said.to_owned(),
        (None, Some(error)) => error.to_owned(),
        (None, None) => format!("HTTP {}", upstream.status),
    }
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
