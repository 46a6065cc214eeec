//! `/oauth/token` with its three grants, and `/oauth/revoke`.

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Account, CONNECTION, MyAccountToken, Tenant};
use crate::sandbox::{
    AUTH0_DOMAIN, lock,
    mint::token,
    pkce,
    wire::{Request, Response},
};

const EXCHANGE: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
const REFRESH_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:refresh_token";
const FEDERATED_TOKEN_TYPE: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";
const DAY: u64 = 86_400;

/// The members of a JSON or form body.
type Members = HashMap<String, String>;

impl Tenant {
    pub(super) fn token(&mut self, request: &Request) -> Response {
        if self.rate_limited {
            return self.too_many_requests();
        }
        let members = match members(request) {
            Ok(members) => members,
            Err(refusal) => return refusal,
        };
        if !self.knows_client(request, &members) {
            return self.client_refused();
        }
        if let Some(refusal) = self.refuse_grant(member(&members, "grant_type")) {
            return refusal;
        }
        match member(&members, "grant_type") {
            "authorization_code" => self.redeem(&members),
            "refresh_token" => self.refresh(&members),
            EXCHANGE => self.exchange(&members),
            other => oauth_error(403, "unsupported_grant_type", &format!("Unsupported grant type: {other}"))
                .misfit("unknown grant_type"),
        }
    }

    /// A grant that the application does not have. That of Token Vault is judged after the form of the request.
    fn refuse_grant(&self, grant: &str) -> Option<Response> {
        let is_enabled = match grant {
            "refresh_token" => self.refresh_token_grant_enabled,
            "authorization_code" => self.authorization_code_grant_enabled,
            _ => true,
        };
        let text = format!("Grant type '{grant}' not allowed for the client.");
        (!is_enabled).then(|| oauth_error(403, "unauthorized_client", &text))
    }

    pub(super) fn revoke(&mut self, request: &Request) -> Response {
        let members = match members(request) {
            Ok(members) => members,
            Err(refusal) => return refusal,
        };
        if !self.knows_client(request, &members) {
            return self.client_refused();
        }
        let token = member(&members, "token");
        if token.is_empty() {
            return missing("token");
        }
        let family = self.refresh_tokens.iter().find(|t| t.text == token).map(|t| t.family);
        self.kill_family(family);
        Response::empty(200)
    }

    fn redeem(&mut self, members: &Members) -> Response {
        let Some(login) = self.codes.remove(member(members, "code")) else {
            return oauth_error(403, "invalid_grant", "Invalid authorization code");
        };
        if login.redirect_uri != member(members, "redirect_uri") {
            return oauth_error(403, "invalid_grant", "The redirect URI is wrong.");
        }
        if !pkce::matches(&login.challenge, member(members, "code_verifier")) {
            return oauth_error(403, "invalid_grant", "Failed to verify code verifier");
        }
        let mut answer = self.token_answer(&login.user, &login.scopes);
        if login.with_audience
            && self.offline_access_allowed
            && self.refresh_token_grant_enabled
            && login.scopes.iter().any(|s| s == "offline_access")
        {
            let family = self.refresh_tokens.len() as u64 + 1;
            answer["refresh_token"] = self.issue_refresh_token(family, login.user).into();
        }
        Response::json(200, &answer)
    }

    /// A multi-resource refresh: grants the scopes it may and drops the others silently.
    fn refresh(&mut self, members: &Members) -> Response {
        let old = member(members, "refresh_token");
        let Some((user, family)) = self.live_refresh_token(old) else { return self.dead_refresh_token(old) };
        let my_account = member(members, "audience") == format!("https://{AUTH0_DOMAIN}/me/");
        if my_account && !self.my_account_authorized {
            let text = format!(
                "Client \"{}\" is not authorized to access resource server \"https://{AUTH0_DOMAIN}/me/\".",
                self.client_id
            );
            return oauth_error(403, "access_denied", &text);
        }
        let granted = |scope: &&str| {
            !scope.contains(":me:") || my_account && self.mrrt_scopes_granted.iter().any(|g| g == scope)
        };
        let scopes: Vec<String> =
            member(members, "scope").split_whitespace().filter(granted).map(str::to_owned).collect();
        let mut answer = self.token_answer(&user, &scopes);
        if my_account {
            let token = answer["access_token"].as_str().expect("the answer has a token").to_owned();
            self.my_account_tokens.insert(token, MyAccountToken { user: user.clone(), scopes });
        }
        if self.rotation {
            self.refresh_tokens.iter_mut().filter(|t| t.text == old).for_each(|t| t.alive = false);
            answer["refresh_token"] = self.issue_refresh_token(family, user).into();
        }
        Response::json(200, &answer)
    }

    /// Token Vault: an Auth0 refresh token for Google's access token.
    fn exchange(&mut self, members: &Members) -> Response {
        if let Some(refusal) = self.refuse_exchange(members) {
            return refusal;
        }
        let subject = member(members, "subject_token");
        let Some((user, _)) = self.live_refresh_token(subject) else {
            return self.dead_refresh_token(subject);
        };
        let hint = member(members, "login_hint");
        let fits = |a: &&mut Account| a.user == user && (hint.is_empty() || a.email == hint);
        let account = self.accounts.iter_mut().find(fits).filter(|_| !self.google_offline_broken);
        let Some(account) = account else {
            return oauth_error(
                401,
                "federated_connection_refresh_token_not_found",
                "Federated connection Refresh Token not found.",
            );
        };
        if account.dead {
            let text = "Failed to refresh the token of the federated connection.";
            return oauth_error(401, "federated_connection_refresh_token_flow_failed", text);
        }
        let mut google = lock(&self.google);
        let current = account.google_token.take().filter(|t| google.scopes_of(t).is_some());
        let token = current.unwrap_or_else(|| {
            google.issue_for(account.email.clone(), &account.scopes, self.google_token_lifetime_s)
        });
        account.google_token = Some(token.clone());
        let answer = json!({
            "access_token": token,
            "scope": account.scopes.join(" "),
            "expires_in": google.seconds_left(&token).unwrap_or(0),
            "issued_token_type": FEDERATED_TOKEN_TYPE,
            "token_type": "Bearer",
        });
        Response::json(200, &answer)
    }

    /// Why an exchange is refused before the token is looked at.
    fn refuse_exchange(&self, members: &Members) -> Option<Response> {
        let wanted = [
            ("subject_token_type", REFRESH_TOKEN_TYPE),
            ("requested_token_type", FEDERATED_TOKEN_TYPE),
            ("connection", CONNECTION),
        ];
        if member(members, "subject_token").is_empty() {
            return Some(missing("subject_token"));
        }
        for (name, value) in wanted {
            if member(members, name) != value {
                return Some(
                    oauth_error(400, "invalid_request", &format!("Invalid {name}"))
                        .misfit(&format!("the exchange needs {name}={value}")),
                );
            }
        }
        if !self.token_vault_grant_enabled {
            let text = format!("Grant type '{EXCHANGE}' not allowed for the client.");
            return Some(oauth_error(403, "unauthorized_client", &text));
        }
        if self.mfa_required {
            return Some(Response::json(
                403,
                &json!({
                    "error": "mfa_required",
                    "error_description": "Multifactor authentication required",
                    "mfa_token": self.mint.secret("Fe26.2**"),
                    "mfa_requirements": {"challenge": [{"type": "otp"}]},
                }),
            ));
        }
        None
    }

    fn live_refresh_token(&self, text: &str) -> Option<(String, u64)> {
        let token = self.refresh_tokens.iter().find(|t| t.text == text && t.alive)?;
        Some((token.user.clone(), token.family))
    }

    /// With rotation, the reuse of a token is taken for theft and revokes the whole family.
    fn dead_refresh_token(&mut self, text: &str) -> Response {
        if self.rotation {
            let family = self.refresh_tokens.iter().find(|t| t.text == text).map(|t| t.family);
            self.kill_family(family);
        }
        oauth_error(403, "invalid_grant", "Unknown or invalid refresh token.")
    }

    fn kill_family(&mut self, family: Option<u64>) {
        let relatives = self.refresh_tokens.iter_mut().filter(|t| Some(t.family) == family);
        relatives.for_each(|t| t.alive = false);
    }

    fn token_answer(&self, user: &str, scopes: &[String]) -> Value {
        json!({
            "access_token": self.issue_jwe(),
            "id_token": self.issue_id_token(user),
            "scope": scopes.join(" "),
            "expires_in": DAY,
            "token_type": "Bearer",
        })
    }

    fn issue_id_token(&self, user: &str) -> String {
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "iss": format!("https://{AUTH0_DOMAIN}/"),
            "sub": "google-oauth2|100000000000000000001",
            "aud": self.client_id,
            "email": user,
        });
        let head = part(json!({"alg": "RS256", "typ": "JWT", "kid": "sandbox"}));
        let token = format!("{head}.{}.{}", part(claims), token::<32>());
        self.mint.keep(&token);
        token
    }

    /// HTTP Basic or members of the body.
    fn knows_client(&self, request: &Request, members: &Members) -> bool {
        let (id, secret) = basic(request).unwrap_or_else(|| {
            (member(members, "client_id").to_owned(), member(members, "client_secret").to_owned())
        });
        id == self.client_id && secret == self.client_secret
    }

    fn client_refused(&self) -> Response {
        if self.client_error_is_access_denied {
            return oauth_error(401, "access_denied", "Unauthorized");
        }
        oauth_error(401, "invalid_client", "Unauthorized")
    }

    fn too_many_requests(&self) -> Response {
        let text = "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.";
        let body = json!({"statusCode": 429, "error": "Too Many Requests", "message": text, "errorCode": "too_many_requests"});
        self.with_rate_limit(Response::json(429, &body))
    }

    pub(super) fn with_rate_limit(&self, answer: Response) -> Response {
        let reset = self.clock.now().as_second() + i64::try_from(self.retry_after_s).unwrap_or(i64::MAX);
        answer
            .with_header("Retry-After", &self.retry_after_s.to_string())
            .with_header("X-RateLimit-Limit", "300")
            .with_header("X-RateLimit-Remaining", "0")
            .with_header("X-RateLimit-Reset", &reset.to_string())
            .with_header("X-Auth0-Error-Kind", "global-rate-limit")
    }
}

fn members(request: &Request) -> Result<Members, Response> {
    let content_type = request.header("Content-Type").unwrap_or_default();
    let bad =
        |why: &str| oauth_error(400, "invalid_request", why).misfit(&format!("{}: {why}", request.path));
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return Ok(url::form_urlencoded::parse(&request.body).into_owned().collect());
    }
    if !content_type.starts_with("application/json") {
        return Err(bad("Content-Type is neither JSON nor a form"));
    }
    serde_json::from_slice(&request.body).map_err(|_| bad("the body is not a JSON object of strings"))
}

fn member<'a>(members: &'a Members, name: &str) -> &'a str {
    members.get(name).map_or("", String::as_str)
}

fn basic(request: &Request) -> Option<(String, String)> {
    let encoded = request.header("Authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    Some((decode(id), decode(secret)))
}

fn missing(name: &str) -> Response {
    let text = format!("Missing required parameter: {name}");
    oauth_error(400, "invalid_request", &text).misfit(&text)
}

fn oauth_error(status: u16, error: &str, description: &str) -> Response {
    Response::json(status, &json!({"error": error, "error_description": description}))
}
