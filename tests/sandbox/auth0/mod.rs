//! An Auth0 tenant: login pages, tokens, Token Vault and the My Account API.
//!
//! The fields are the dashboard: what an administrator sets there, right or wrong. Everything else is state
//! that only requests change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    AUTH0_DOMAIN,
    clock::Clock,
    google::Google,
    lock,
    mint::Mint,
    wire::{Request, Response},
};

mod login;
mod my_account;
mod token;

/// The connection with which every user signs in.
pub const CONNECTION: &str = "google-oauth2";

/// The scopes of the My Account API that a well-configured application holds.
pub const MY_ACCOUNT_SCOPES: [&str; 3] =
    ["create:me:connected_accounts", "read:me:connected_accounts", "delete:me:connected_accounts"];

pub struct Tenant {
    pub client_id: String,
    pub client_secret: String,
    /// Identifier of the one API of the tenant.
    pub audience: String,
    /// Allowed Callback URLs of the application.
    pub allowed_callbacks: Vec<String>,
    /// Who signs in, and whose Google account gets connected.
    pub email: String,
    /// Allow Refresh Token Rotation: a refresh revokes the token it used, and its reuse revokes the family.
    pub rotation: bool,
    /// The My Account scopes granted to the application; all others are dropped silently.
    pub mrrt_scopes_granted: Vec<String>,
    /// The application is authorised for the My Account API; otherwise a refresh for it is refused.
    pub my_account_authorized: bool,
    /// The connection's purpose "Connected Accounts" is on; otherwise `/connect` does not know it.
    pub connected_accounts_enabled: bool,
    /// `/complete` stores the account, then says 409, as for an account that is already connected.
    pub connect_conflict_409: bool,
    /// `/complete` refuses with a 400 problem document and spends the code.
    pub complete_refused: bool,
    /// The Token Vault grant of the application; without it the exchange says `unauthorized_client`.
    pub token_vault_grant_enabled: bool,
    /// The Refresh Token grant of the application.
    pub refresh_token_grant_enabled: bool,
    /// The Authorization Code grant of the application.
    pub authorization_code_grant_enabled: bool,
    /// The connection's purpose "Authentication" is on, and the application is enabled for it.
    pub sign_in_enabled: bool,
    /// There is a tenant with this domain; otherwise only Auth0's edge answers.
    pub exists: bool,
    /// The MFA policy is "Always": the exchange says `mfa_required`.
    pub mfa_required: bool,
    /// Allow Offline Access of the API; without it a sign-in returns no refresh token.
    pub offline_access_allowed: bool,
    /// Google never gave a refresh token: the exchange finds nothing, whatever is connected.
    pub google_offline_broken: bool,
    /// Lifetime of the Google access tokens that the vault returns.
    pub google_token_lifetime_s: u64,
    /// Lifetime of a connect ticket and of its `auth_session`.
    pub ticket_lifetime_s: u64,
    /// `/oauth/token` and the My Account API answer 429.
    pub rate_limited: bool,
    /// What `Retry-After` says while rate limited.
    pub retry_after_s: u64,
    /// A wrong secret is answered with `access_denied`/`Unauthorized` instead of `invalid_client`; both were observed.
    pub client_error_is_access_denied: bool,
    /// `/connect` says 409 to someone who has an account in the vault, even a dead one.
    pub connects_once: bool,
    clock: Clock,
    mint: Mint,
    google: Arc<Mutex<Google>>,
    pages: HashMap<String, login::Page>,
    codes: HashMap<String, login::Code>,
    refresh_tokens: Vec<RefreshToken>,
    my_account_tokens: HashMap<String, MyAccountToken>,
    connects: Vec<Connect>,
    accounts: Vec<Account>,
}

struct RefreshToken {
    text: String,
    family: u64,
    alive: bool,
    user: String,
}

struct MyAccountToken {
    user: String,
    scopes: Vec<String>,
}

/// A connect flow between `/connect` and `/complete`.
struct Connect {
    auth_session: String,
    ticket: String,
    user: String,
    redirect_uri: String,
    state: String,
    challenge: Option<String>,
    scopes: Vec<String>,
    expires: Instant,
    /// Set once the person consented; taken by `/complete`.
    code: Option<String>,
}

/// An entry of `connected_accounts`: what the vault can exchange.
struct Account {
    id: String,
    user: String,
    email: String,
    scopes: Vec<String>,
    created_at: String,
    google_token: Option<String>,
    /// Google accepts the vault's refresh token no more.
    dead: bool,
}

impl Tenant {
    pub fn new(mint: Mint, clock: Clock, google: Arc<Mutex<Google>>) -> Tenant {
        let client_secret = mint.secret("auth0-secret-");
        Tenant {
            client_id: "aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV".into(),
            client_secret,
            audience: "https://mcs-gmail/api".into(),
            allowed_callbacks: Vec::new(),
            email: "ada@example.com".into(),
            rotation: false,
            mrrt_scopes_granted: MY_ACCOUNT_SCOPES.map(String::from).to_vec(),
            my_account_authorized: true,
            connected_accounts_enabled: true,
            connect_conflict_409: false,
            complete_refused: false,
            token_vault_grant_enabled: true,
            refresh_token_grant_enabled: true,
            authorization_code_grant_enabled: true,
            sign_in_enabled: true,
            exists: true,
            mfa_required: false,
            offline_access_allowed: true,
            google_offline_broken: false,
            google_token_lifetime_s: 3599,
            ticket_lifetime_s: 300,
            rate_limited: false,
            retry_after_s: 2,
            client_error_is_access_denied: false,
            connects_once: false,
            clock,
            mint,
            google,
            pages: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: Vec::new(),
            my_account_tokens: HashMap::new(),
            connects: Vec::new(),
            accounts: Vec::new(),
        }
    }

    pub fn handle(&mut self, request: &Request) -> Response {
        if !self.exists {
            return Response::text(404, "text/html; charset=utf-8", format!("Unknown host: {AUTH0_DOMAIN}"));
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/authorize") => self.authorize(request),
            ("GET", "/connected-accounts/connect") => self.open_ticket(request),
            ("GET" | "POST", "/u/consent") => self.consent(request),
            ("POST", "/oauth/token") => self.token(request),
            ("POST", "/oauth/revoke") => self.revoke(request),
            ("GET", "/.well-known/openid-configuration") => discovery(),
            (_, path) if path.starts_with("/me/v1/connected-accounts") => self.my_account(request),
            (method, path) => Response::json(404, &json!({"error": "Not Found"}))
                .misfit(&format!("Auth0 has no {method} {path}")),
        }
    }

    /// As if so much time had passed since the tickets were issued.
    pub fn grow_older(&mut self, by: Duration) {
        self.connects.iter_mut().for_each(|connect| connect.expires -= by);
    }

    /// Signs every user out: logins, and what was refreshed from them.
    pub fn revoke_all_refresh_tokens(&mut self) {
        self.refresh_tokens.iter_mut().for_each(|t| t.alive = false);
    }

    /// Empties the vault.
    pub fn disconnect_all(&mut self) {
        self.accounts.clear();
    }

    /// Every Google access token expires now; the vault gets a new one at the next exchange.
    pub fn expire_google_tokens(&mut self) {
        lock(&self.google).expire_all();
    }

    /// Google revokes every access token; the vault gets a new one at the next exchange.
    pub fn revoke_google_tokens(&mut self) {
        lock(&self.google).revoke_all();
    }

    /// Google revokes every refresh token in the vault, and the access tokens with them. Connecting the account
    /// again helps.
    pub fn revoke_connected_accounts(&mut self) {
        self.accounts.iter_mut().for_each(|account| account.dead = true);
        self.revoke_google_tokens();
    }

    /// E-mail addresses of the connected accounts.
    pub fn connected_accounts(&self) -> Vec<String> {
        self.accounts.iter().map(|a| a.email.clone()).collect()
    }

    /// How many refresh tokens are alive.
    pub fn live_refresh_tokens(&self) -> usize {
        self.refresh_tokens.iter().filter(|t| t.alive).count()
    }

    /// The refresh token of someone who has signed in but has not allowed Gmail yet.
    pub fn sign_in(&mut self) -> String {
        let family = self.refresh_tokens.len() as u64 + 1;
        self.issue_refresh_token(family, self.email.clone())
    }

    /// Puts the user's Google account into the vault, as a finished connect flow does.
    pub fn connect_account(&mut self, scopes: &[&str]) {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        self.store_account(self.email.clone(), scopes);
    }

    fn issue_refresh_token(&mut self, family: u64, user: String) -> String {
        let text = self.mint.secret("v1.M");
        self.refresh_tokens.push(RefreshToken { text: text.clone(), family, alive: true, user });
        text
    }

    /// An access token of Auth0's own, opaque to clients.
    fn issue_jwe(&self) -> String {
        self.mint.secret("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..")
    }
}

fn discovery() -> Response {
    let issuer = format!("https://{AUTH0_DOMAIN}/");
    Response::json(
        200,
        &json!({
            "authorization_endpoint": format!("{issuer}authorize"),
            "token_endpoint": format!("{issuer}oauth/token"),
            "revocation_endpoint": format!("{issuer}oauth/revoke"),
            "issuer": issuer,
        }),
    )
}
