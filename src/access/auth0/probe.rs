//! Requests by which `doctor` tells the causes of a broken set-up apart. They change nothing: what they present is not a
//! token, or it is exchanged in Token Vault, which does not rotate it.

use serde_json::{Value, json};
use url::Url;

use super::{CONNECTION, Granted, Tenant, Upstream, granted, is_not_connected};
use crate::{
    http::http_date,
    problem::{Problem, Result},
    quote::quoted,
    secret::Secret,
    url::with_query,
};

/// Stands for a token or a code that Auth0 has never issued.
const NO_TOKEN: &str = "mcs-gmail-doctor";
/// A code challenge of the right form, to which nobody has the verifier.
const NO_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What the token endpoint says about client, grant and token. It judges them in this order.
pub(crate) enum Verdict {
    Granted(Granted),
    WrongClient,
    GrantMissing,
    SecondFactor,
    /// Client and grant are right; the token or code is not.
    TokenRefused,
    /// Client, grant and token are right; Token Vault has no usable Google account.
    NotConnected,
    /// An answer from which nothing follows.
    Unclear(Problem),
}

/// How `/authorize` answers the request with which a sign-in begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// It leads on, to Google's page or one of the tenant's.
    Continues,
    CallbackRefused,
    UnknownAudience,
    ConnectionRefused,
    /// It is refused for another reason, in these words.
    Unclear(String),
}

impl Tenant<'_> {
    /// Whether the domain is that of a tenant, and the date of its answer.
    pub(crate) fn discovery(&self) -> Result<(bool, Option<f64>)> {
        Ok(tenant_in(&self.once("GET", &self.discovery_url(), None, None)?))
    }

    /// The address of the document that every tenant has.
    pub(crate) fn discovery_url(&self) -> String {
        self.url("/.well-known/openid-configuration")
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.application.domain)
    }

    /// An exchange in Token Vault: of this refresh token, or of none.
    pub(crate) fn try_exchange(&self, token: Option<&Secret>, address: Option<&str>) -> Result<Verdict> {
        let none = Secret::new(NO_TOKEN);
        self.judge(&self.exchange_body(token.unwrap_or(&none), address))
    }

    /// A refresh without a token, for the grant.
    pub(crate) fn try_refresh(&self) -> Result<Verdict> {
        self.judge(&json!({
            "grant_type": "refresh_token", "client_id": self.application.id,
            "client_secret": self.application.secret.expose(), "refresh_token": NO_TOKEN,
        }))
    }

    /// The redemption of no code, for the grant.
    pub(crate) fn try_code(&self, redirect_uri: &str) -> Result<Verdict> {
        self.judge(&json!({
            "grant_type": "authorization_code", "client_id": self.application.id,
            "client_secret": self.application.secret.expose(), "code": NO_TOKEN,
            "redirect_uri": redirect_uri, "code_verifier": NO_CHALLENGE,
        }))
    }

    fn judge(&self, body: &Value) -> Result<Verdict> {
        let upstream = self.once("POST", &self.url("/oauth/token"), None, Some(body))?;
        let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
        let error = value.get("error").and_then(Value::as_str).unwrap_or_default();
        Ok(match (upstream.status, error) {
            (200..=299, _) => match granted(&value) {
                Some(granted) => Verdict::Granted(granted),
                None => Verdict::Unclear(self.unexpected(&upstream)),
            },
            (429 | 500.., _) => Verdict::Unclear(self.token_refused(&upstream, &value, error)),
            (_, "invalid_client") | (401, "access_denied") => Verdict::WrongClient,
            (_, "unauthorized_client") => Verdict::GrantMissing,
            (_, "mfa_required") => Verdict::SecondFactor,
            (_, "invalid_grant" | "expired_token") => Verdict::TokenRefused,
            (_, error) if is_not_connected(error) => Verdict::NotConnected,
            (_, error) => Verdict::Unclear(self.token_refused(&upstream, &value, error)),
        })
    }

    /// Asks for the page with which a sign-in begins, as the browser does that the broker sends there.
    pub(crate) fn try_login(&self, redirect_uri: &str) -> Result<Login> {
        let path = with_query(
            "/authorize",
            &[
                ("response_type", "code"),
                ("client_id", &self.application.id),
                ("redirect_uri", redirect_uri),
                ("scope", "openid email offline_access"),
                ("state", NO_TOKEN),
                ("code_challenge", NO_CHALLENGE),
                ("code_challenge_method", "S256"),
                ("audience", &self.application.audience),
                ("connection", CONNECTION),
            ],
        );
        let upstream = self.once("GET", &self.url(&path), None, None)?;
        Ok(login(&upstream, redirect_uri))
    }
}

/// Whether this is the OpenID document of an Auth0 tenant, and when it was sent.
pub(crate) fn tenant_in(upstream: &Upstream) -> (bool, Option<f64>) {
    let value: Value = serde_json::from_str(&upstream.body).unwrap_or_default();
    let is_tenant =
        upstream.status == 200 && value["issuer"].is_string() && value["token_endpoint"].is_string();
    let date = upstream.headers.get("date").and_then(Value::as_str).and_then(|text| http_date(text.trim()));
    (is_tenant, date)
}

/// Auth0 sends the browser back with an error if the callback is allowed, and shows a page if it is not. What is wrong
/// stands only in the text.
fn login(upstream: &Upstream, redirect_uri: &str) -> Login {
    let location = upstream.headers.get("location").and_then(Value::as_str);
    match (upstream.status, location) {
        (300..=399, Some(location)) if location.starts_with(redirect_uri) => {
            let text = description(location);
            if text.contains("Service not found") {
                Login::UnknownAudience
            } else if text.contains("connection") {
                Login::ConnectionRefused
            } else {
                Login::Unclear(quoted(&text))
            }
        }
        (200..=399, _) => Login::Continues,
        (status, _) => {
            let page = upstream.body.to_ascii_lowercase();
            if page.contains("callback") || page.contains("redirect_uri") {
                Login::CallbackRefused
            } else {
                Login::Unclear(format!("HTTP {status}"))
            }
        }
    }
}

/// What the address of a redirect says about an error.
fn description(location: &str) -> String {
    let Ok(url) = Url::parse(location) else { return String::new() };
    let value =
        |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, v)| v.into_owned());
    value("error_description").or_else(|| value("error")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    const CALLBACK: &str = "https://broker.example/v1/oauth/callback";

    fn answer(status: u16, location: &str, body: &str) -> Login {
        let mut headers = Map::new();
        if !location.is_empty() {
            headers.insert("location".into(), location.into());
        }
        login(&Upstream { status, headers, body: body.into() }, CALLBACK)
    }

    #[test]
    fn the_answer_to_a_sign_in_tells_what_is_wrong_with_it() {
        let back = |text: &str| {
            answer(302, &format!("{CALLBACK}?error=invalid_request&error_description={text}"), "")
        };
        assert_eq!(answer(302, "https://accounts.google.com/o/oauth2/auth?x=1", ""), Login::Continues);
        assert_eq!(answer(302, "/u/login?state=1", ""), Login::Continues);
        assert_eq!(answer(403, "", "<h1>Callback URL mismatch.</h1>"), Login::CallbackRefused);
        assert_eq!(answer(403, "", "<h1>Unknown client</h1>"), Login::Unclear("HTTP 403".into()));
        assert_eq!(back("Service%20not%20found:%20x"), Login::UnknownAudience);
        assert_eq!(back("the+connection+is+not+enabled"), Login::ConnectionRefused);
        assert!(matches!(back("something"), Login::Unclear(_)));
    }
}
