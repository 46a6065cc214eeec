//! Google's account side: the tokens Gmail accepts, and the broker's own OAuth client.
//!
//! Auth0's vault and the broker's direct mode both get their access tokens from here.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    mint::{Mint, token},
    pages::{self, Decision},
    pkce,
    wire::{Request, Response},
};

/// Where people meet Google's consent page.
pub const ACCOUNTS_HOST: &str = "accounts.google.com";
/// Where Google clients renew their tokens.
pub const TOKEN_HOST: &str = "oauth2.googleapis.com";

#[derive(Clone)]
struct AccessToken {
    text: String,
    /// Address of the account.
    owner: String,
    scopes: Vec<String>,
    expires: Instant,
}

/// A consent in progress, or the code that came out of it.
#[derive(Clone)]
struct Consent {
    redirect_uri: String,
    state: String,
    scopes: Vec<String>,
    challenge: String,
    offline: bool,
}

pub struct Google {
    /// Who gives consent, and whose tokens are issued unless somebody else is named.
    pub email: String,
    /// Lifetime of an access token, in seconds.
    pub token_lifetime_s: u64,
    /// The user's own Google client, id and secret: what `/token` accepts.
    pub client: (String, String),
    mint: Mint,
    tokens: Vec<AccessToken>,
    consents: HashMap<String, Consent>,
    codes: HashMap<String, Consent>,
    refresh_tokens: HashMap<String, Vec<String>>,
}

impl Google {
    pub fn new(mint: Mint) -> Google {
        Google {
            email: "ada@example.com".into(),
            token_lifetime_s: 3599,
            client: ("42.apps.googleusercontent.com".into(), mint.secret("GOCSPX-")),
            mint,
            tokens: Vec::new(),
            consents: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
        }
    }

    pub fn issue(&mut self, scopes: &[String], lifetime_s: u64) -> String {
        self.issue_for(self.email.clone(), scopes, lifetime_s)
    }

    pub fn issue_for(&mut self, owner: String, scopes: &[String], lifetime_s: u64) -> String {
        let text = self.mint.secret("ya29.a0");
        let expires = Instant::now() + Duration::from_secs(lifetime_s);
        self.tokens.push(AccessToken { text: text.clone(), owner, scopes: scopes.to_vec(), expires });
        text
    }

    /// The address of the account that a token belongs to.
    pub fn owner_of(&self, token: &str) -> Option<String> {
        self.live(token).map(|t| t.owner.clone())
    }

    /// What a token may do; `None` when it is unknown, expired or revoked.
    pub fn scopes_of(&self, token: &str) -> Option<Vec<String>> {
        self.live(token).map(|t| t.scopes.clone())
    }

    /// Whole seconds until a token expires.
    pub fn seconds_left(&self, token: &str) -> Option<u64> {
        self.live(token).map(|t| t.expires.saturating_duration_since(Instant::now()).as_secs())
    }

    pub fn expire_all(&mut self) {
        let now = Instant::now();
        self.tokens.iter_mut().for_each(|t| t.expires = now);
    }

    /// As if so much time had passed since the access tokens were issued.
    pub fn grow_older(&mut self, by: Duration) {
        self.tokens.iter_mut().for_each(|token| token.expires -= by);
    }

    pub fn revoke_all(&mut self) {
        self.tokens.clear();
    }

    fn live(&self, token: &str) -> Option<&AccessToken> {
        self.tokens.iter().find(|t| t.text == token && t.expires > Instant::now())
    }

    /// The pages of `accounts.google.com`.
    pub fn handle(&mut self, request: &Request) -> Response {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/o/oauth2/v2/auth") => self.authorize(request),
            ("GET", "/consent") => pages::question(
                "Google",
                "mcs-gmail wants to access the Google account ada@example.com.",
                "Allow",
                "Deny",
            ),
            ("POST", "/consent") => self.decide(request),
            _ => pages::notice(404, "Google", "The requested URL was not found on this server."),
        }
    }

    fn authorize(&mut self, request: &Request) -> Response {
        let value = |name: &str| request.query_value(name).unwrap_or_default();
        if value("response_type") != "code" || value("redirect_uri").is_empty() || value("scope").is_empty() {
            return pages::notice(400, "Access blocked", "Error 400: invalid_request");
        }
        let consent = Consent {
            redirect_uri: value("redirect_uri"),
            state: value("state"),
            scopes: value("scope").split_whitespace().map(str::to_owned).collect(),
            challenge: value("code_challenge"),
            offline: value("access_type") == "offline",
        };
        let id = token::<16>();
        self.consents.insert(id.clone(), consent);
        pages::redirect(&format!("https://{ACCOUNTS_HOST}/consent?id={id}"))
    }

    fn decide(&mut self, request: &Request) -> Response {
        let Some(consent) = request.query_value("id").and_then(|id| self.consents.remove(&id)) else {
            return pages::notice(400, "Google", "This page has expired.");
        };
        let mut address = url::Url::parse(&consent.redirect_uri).expect("the broker made this address");
        if Decision::of(&request.body) == Some(Decision::Allow) {
            let code = self.mint.secret("4/0A");
            address.query_pairs_mut().append_pair("code", &code).append_pair("state", &consent.state);
            self.codes.insert(code, consent);
        } else {
            address
                .query_pairs_mut()
                .append_pair("error", "access_denied")
                .append_pair("state", &consent.state);
        }
        pages::redirect(address.as_str())
    }

    /// Google revokes every refresh token.
    pub fn revoke_refresh_tokens(&mut self) {
        self.refresh_tokens.clear();
    }

    /// `POST /token` for a refresh token.
    pub fn renew(&mut self, request: &Request) -> Response {
        let body = request.json().unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let error = |status, name: &str| Response::json(status, &json!({"error": name}));
        if request.path != "/token" || text("grant_type") != "refresh_token" {
            return error(400, "unsupported_grant_type").misfit("only refreshes are served here");
        }
        if (text("client_id"), text("client_secret")) != (self.client.0.as_str(), self.client.1.as_str()) {
            return error(401, "invalid_client");
        }
        let Some(scopes) = self.refresh_tokens.get(text("refresh_token")).cloned() else {
            return error(400, "invalid_grant");
        };
        let token = self.issue(&scopes, self.token_lifetime_s);
        let (life, scope) = (self.token_lifetime_s, scopes.join(" "));
        let answer =
            json!({"access_token": token, "expires_in": life, "scope": scope, "token_type": "Bearer"});
        Response::json(200, &answer)
    }

    /// Redeems a code for the broker: Google's token answer, or `None` when the code is invalid.
    pub fn redeem(&mut self, code: &str, redirect_uri: &str, verifier: &str) -> Option<Value> {
        let consent = self.codes.remove(code)?;
        if consent.redirect_uri != redirect_uri || !pkce::matches(&consent.challenge, verifier) {
            return None;
        }
        let lifetime = self.token_lifetime_s;
        let mut answer = json!({
            "access_token": self.issue(&consent.scopes, lifetime),
            "expires_in": lifetime,
            "scope": consent.scopes.join(" "),
            "token_type": "Bearer",
        });
        if consent.offline {
            let refresh = self.mint.secret("1//0");
            self.refresh_tokens.insert(refresh.clone(), consent.scopes);
            answer["refresh_token"] = refresh.into();
        }
        Some(answer)
    }
}
