//! The My Account API: connecting a Google account to the vault, listing and deleting what is connected.
//!
//! It answers with problem documents, which have no `error` member.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Account, CONNECTION, Connect, Tenant};
use crate::sandbox::{
    AUTH0_DOMAIN,
    mint::word,
    pkce,
    wire::{Request, Response},
};

const BASE: &str = "/me/v1/connected-accounts";
const AUTHORIZATION_PARAMS: [&str; 9] = [
    "acr_values",
    "audience",
    "resource",
    "display",
    "id_token_hint",
    "login_hint",
    "max_age",
    "prompt",
    "ui_locales",
];

impl Tenant {
    pub(super) fn my_account(&mut self, request: &Request) -> Response {
        if self.rate_limited {
            return self.with_rate_limit(problem(429, "Too Many Requests", "Global rate limit reached."));
        }
        let path = request.path.strip_prefix(BASE).expect("routed by this prefix");
        let (scope, json) = match (request.method.as_str(), path) {
            ("POST", "/connect" | "/complete") => ("create:me:connected_accounts", true),
            ("GET", "/accounts" | "/connections") => ("read:me:connected_accounts", false),
            ("DELETE", p) if p.starts_with("/accounts/") => ("delete:me:connected_accounts", false),
            _ => return problem(404, "Not Found", "Not found.").misfit("no such My Account endpoint"),
        };
        let user = match self.authorize_call(request, scope) {
            Ok(user) => user,
            Err(refusal) => return refusal,
        };
        let content_type = request.header("Content-Type").unwrap_or_default();
        if json && !content_type.starts_with("application/json") {
            return problem(415, "Unsupported Media Type", "Use application/json.").misfit("no JSON");
        }
        match path {
            "/connect" => self.connect(user, request),
            "/complete" => self.complete(request),
            "/accounts" => self.list_accounts(&user, request),
            "/connections" => connections(),
            _ => self.delete_account(&user, path.trim_start_matches("/accounts/")),
        }
    }

    fn authorize_call(&self, request: &Request, scope: &str) -> Result<String, Response> {
        let token =
            request.header("Authorization").and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
        let Some(token) = self.my_account_tokens.get(token) else {
            return Err(problem(401, "Unauthorized", "Invalid or missing access token."));
        };
        if !token.scopes.iter().any(|s| s == scope) {
            return Err(problem(
                403,
                "Insufficient Scope",
                &format!("Insufficient scope, expected: {scope}"),
            ));
        }
        Ok(token.user.clone())
    }

    fn connect(&mut self, user: String, request: &Request) -> Response {
        let body = request.json().unwrap_or_default();
        let faults = connect_faults(&body);
        if !faults.is_empty() {
            return invalid(&faults).misfit(&format!("/connect: {faults:?}"));
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        if !self.allowed_callbacks.contains(&text("redirect_uri")) {
            return invalid(&[("redirect_uri", "redirect_uri is not allowed".into())]);
        }
        if !self.connected_accounts_enabled {
            return invalid(&[("connection", "connection is not enabled for connected accounts".into())]);
        }
        if self.connects_once && self.accounts.iter().any(|a| a.user == user) {
            return problem(409, "Conflict", "The account is already connected.");
        }
        let connect = Connect {
            auth_session: self.mint.secret("PKM-"),
            ticket: self.mint.secret(""),
            user,
            redirect_uri: text("redirect_uri"),
            state: text("state"),
            challenge: body["code_challenge"].as_str().map(str::to_owned),
            scopes: strings(&body["scopes"]),
            expires: Instant::now() + Duration::from_secs(self.ticket_lifetime_s),
            code: None,
        };
        let answer = json!({
            "auth_session": connect.auth_session,
            "connect_uri": format!("https://{AUTH0_DOMAIN}/connected-accounts/connect"),
            "connect_params": {"ticket": connect.ticket},
            "expires_in": self.ticket_lifetime_s,
        });
        self.connects.push(connect);
        Response::json(201, &answer)
    }

    fn complete(&mut self, request: &Request) -> Response {
        let body = request.json().unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let faults = complete_faults(&body);
        if !faults.is_empty() {
            return invalid(&faults).misfit(&format!("/complete: {faults:?}"));
        }
        let now = Instant::now();
        let session = self.connects.iter().position(|c| c.auth_session == text("auth_session"));
        let Some(session) = session.filter(|&at| self.connects[at].expires > now) else {
            return invalid(&[("auth_session", "auth_session is invalid or has expired".into())]);
        };
        let code = self.connects[session].code.take();
        if code.is_none() || code.as_deref() != Some(text("connect_code")) || self.complete_refused {
            return invalid(&[("connect_code", "connect_code is invalid or was already used".into())]);
        }
        let connect = self.connects.remove(session);
        if connect.redirect_uri != text("redirect_uri") {
            return invalid(&[("redirect_uri", "redirect_uri does not match".into())]);
        }
        if connect.challenge.is_some_and(|wanted| !pkce::matches(&wanted, text("code_verifier"))) {
            return invalid(&[("code_verifier", "code_verifier does not match".into())]);
        }
        let answer = self.store_account(connect.user, connect.scopes);
        if self.connect_conflict_409 {
            return problem(409, "Conflict", "The account is already connected.");
        }
        Response::json(201, &answer)
    }

    /// Connecting the same account again replaces its entry.
    pub(super) fn store_account(&mut self, user: String, scopes: Vec<String>) -> Value {
        let account = Account {
            id: format!("cac_{}", word(b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", 14)),
            user,
            email: self.email.clone(),
            scopes,
            created_at: self.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            google_token: None,
            dead: false,
        };
        let answer = account.document();
        self.accounts.retain(|a| a.user != account.user || a.email != account.email);
        self.accounts.push(account);
        answer
    }

    fn list_accounts(&self, user: &str, request: &Request) -> Response {
        let take = request.query_value("take").map_or(Ok(10), |t| t.parse::<usize>());
        let Some(take) = take.ok().filter(|t| (1..=20).contains(t)) else {
            return invalid(&[("take", "take must be between 1 and 20".into())]).misfit("take out of range");
        };
        let from = request.query_value("from").and_then(|f| f.parse::<usize>().ok()).unwrap_or(0);
        let asked = request.query_value("connection");
        let of_connection = asked.is_none_or(|c| c == CONNECTION);
        let all: Vec<Value> =
            self.accounts.iter().filter(|a| of_connection && a.user == user).map(Account::document).collect();
        let page: Vec<Value> = all.iter().skip(from).take(take).cloned().collect();
        let mut answer = json!({ "accounts": page });
        if from + take < all.len() {
            answer["next"] = (from + take).to_string().into();
        }
        Response::json(200, &answer)
    }

    fn delete_account(&mut self, user: &str, id: &str) -> Response {
        let before = self.accounts.len();
        self.accounts.retain(|a| a.user != user || a.id != id);
        if self.accounts.len() == before {
            return problem(404, "Not Found", "The account does not exist.");
        }
        Response::empty(204)
    }
}

impl Account {
    fn document(&self) -> Value {
        json!({
            "id": self.id,
            "connection": CONNECTION,
            "access_type": "offline",
            "scopes": self.scopes,
            "created_at": self.created_at,
        })
    }
}

fn connections() -> Response {
    let scopes = ["openid", "profile", "email", "https://mail.google.com/"];
    let one = json!({"name": CONNECTION, "strategy": CONNECTION, "scopes": scopes});
    Response::json(200, &json!({ "connections": [one] }))
}

/// A member and what is wrong with it.
type Fault = (&'static str, String);

fn connect_faults(body: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut check = |fine: bool, field: &'static str, text: &str| {
        if !fine {
            faults.push((field, text.to_owned()));
        }
    };
    let length = |name: &str| body[name].as_str().map(str::len);
    let known = [
        "connection",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
        "scopes",
        "authorization_params",
    ];
    let stranger = body.as_object().and_then(|b| b.keys().find(|k| !known.contains(&k.as_str())));
    check(stranger.is_none(), "body", &format!("unknown member {stranger:?}"));
    check(body["connection"] == CONNECTION, "connection", "connection does not exist");
    check(length("redirect_uri").is_some_and(|l| l <= 2048), "redirect_uri", "required, at most 2048");
    check(length("state").unwrap_or(0) <= 4096, "state", "at most 4096");
    check(length("code_challenge").is_none_or(|l| (43..=128).contains(&l)), "code_challenge", "43..128");
    let method = body.get("code_challenge_method").and_then(Value::as_str);
    let wanted = length("code_challenge").map(|_| "S256");
    check(method == wanted, "code_challenge_method", "S256 together with a challenge");
    let scopes = strings(&body["scopes"]);
    let distinct: std::collections::HashSet<_> = scopes.iter().collect();
    let fine = distinct.len() == scopes.len() && scopes.iter().all(|s| s.len() <= 255);
    check(fine && (1..=100).contains(&scopes.len()), "scopes", "1..100 unique strings");
    let params = body["authorization_params"].as_object();
    let fine = params.is_none_or(|p| p.keys().all(|k| AUTHORIZATION_PARAMS.contains(&k.as_str())));
    check(fine, "authorization_params", "unknown member");
    faults
}

fn complete_faults(body: &Value) -> Vec<Fault> {
    let length = |name: &str| body[name].as_str().unwrap_or_default().len();
    let mut faults = Vec::new();
    for (name, range) in [("auth_session", 1..=4096), ("connect_code", 1..=46), ("redirect_uri", 1..=2048)] {
        if !range.contains(&length(name)) {
            faults.push((name, format!("length must be in {range:?}")));
        }
    }
    if body.get("code_verifier").is_some() && !(43..=128).contains(&length("code_verifier")) {
        faults.push(("code_verifier", "length must be in 43..=128".into()));
    }
    faults
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn invalid(faults: &[Fault]) -> Response {
    let errors: Vec<Value> = faults
        .iter()
        .map(|(field, detail)| {
            json!({"detail": detail, "field": field, "pointer": format!("/{field}"), "source": "body"})
        })
        .collect();
    problem_with(400, "Bad Request", "Invalid request payload.", json!({ "validation_errors": errors }))
}

fn problem(status: u16, title: &str, detail: &str) -> Response {
    problem_with(status, title, detail, json!({}))
}

fn problem_with(status: u16, title: &str, detail: &str, more: Value) -> Response {
    let kind = format!("https://auth0.com/api-errors/A0E-{status}");
    let mut body = json!({"type": kind, "status": status, "title": title, "detail": detail});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name.as_str()] = value.clone();
    }
    Response::text(status, "application/problem+json", body.to_string())
}
