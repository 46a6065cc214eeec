//! What the agent sees: creating a session and polling it.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use rsa::{
    PublicKey,
    pkcs8::DecodePublicKey,
    sha2::{Digest, Sha256},
    traits::PublicKeyParts,
};
use serde_json::{Map, Value, json};

use super::{Broker, Passthrough, Provider, Session, Status, problem, unprocessable};
use crate::sandbox::{
    mint::word,
    wire::{Request, Response},
};

const FORM_TEMPLATES: [&str; 5] = ["api_key", "basic_auth", "aws", "openai", "anthropic"];
const CODE_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Broker {
    pub(super) fn create(&mut self, request: &Request) -> Response {
        let body = match validated(&request.body) {
            Ok(body) => body,
            Err(errors) => return unprocessable(errors),
        };
        let session = match self.make_session(&body) {
            Ok(session) => session,
            Err(refusal) => return refusal,
        };
        let answer = json!({
            "session_id": session.id,
            "code": session.code,
            "url": self.url_of(&session.code),
            "poll_token": session.poll_token,
            "expires_at": session.expires_at_text(),
            "interval": self.interval_s,
            "callback_secret": body.get("callback_url").filter(|u| !u.is_null()).map(|_| self.mint.secret("cs_")),
            "webhook_url": null,
        });
        self.sessions.push(session);
        Response::json(201, &answer)
    }

    fn make_session(&self, body: &Map<String, Value>) -> Result<Session, Response> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = public_key(&text("public_key").unwrap_or_default())
            .map_err(|detail| problem(400, "Invalid Public Key", &detail))?;
        let (provider, mut scopes) = template(body)?;
        refuse_callback(body)?;
        let provider = provider.map(|name| self.provider(&name)).transpose()?;
        if body.get("oauth_scopes").is_some_and(Value::is_array) {
            scopes = strings(&body["oauth_scopes"]);
        }
        let letters = word(CODE_ALPHABET, 8);
        let (expires, expires_at) = self.end_of_life(body.get("ttl").and_then(Value::as_i64));
        Ok(Session {
            id: hex(&Sha256::digest(letters.as_bytes())),
            code: format!("{}-{}", &letters[..4], &letters[4..]),
            poll_token: self.mint.secret("pt_"),
            key,
            display_name: text("display_name").unwrap_or_else(|| "An application".into()),
            provider,
            scopes,
            extra: pairs(body.get("oauth_extra_params")),
            passthrough: text("custom_authorize_url").map(|authorize_url| Passthrough {
                authorize_url,
                callback_params: body.get("custom_callback_params").map(strings).unwrap_or_default(),
                state: text("custom_state").unwrap_or_default(),
            }),
            expires,
            expires_at,
            status: Status::Pending,
            last_poll: None,
            page_requests: Vec::new(),
            connect_token: None,
            login: None,
            envelope: String::new(),
            algorithm: "",
        })
    }

    /// `0` and a missing lifetime mean the default; with a negative one the session expires at once.
    fn end_of_life(&self, ttl: Option<i64>) -> (Instant, jiff::Timestamp) {
        let ttl = ttl.filter(|t| *t != 0).unwrap_or(self.ttl_s).min(self.max_ttl_s);
        let at = self.clock.now() + jiff::SignedDuration::from_secs(ttl);
        let life = Duration::from_secs(ttl.max(0).unsigned_abs());
        (Instant::now() + life, at)
    }

    fn provider(&self, name: &str) -> Result<Provider, Response> {
        match name {
            "auth0" if self.provider_configured => Ok(Provider::Auth0),
            "google" if self.provider_configured => Ok(Provider::Google),
            _ => {
                let upper = name.to_uppercase();
                let detail = format!(
                    "OAuth provider '{name}' is not configured. Set OAUTH_{upper}_CLIENT_ID and OAUTH_{upper}_CLIENT_SECRET \
                     environment variables. Provider '{name}' is not a known provider — also set OAUTH_{upper}_ISSUER \
                     for OIDC Discovery, or OAUTH_{upper}_AUTH_URL + OAUTH_{upper}_TOKEN_URL."
                );
                Err(problem(400, "OAuth Provider Error", &detail))
            }
        }
    }

    pub(super) fn poll(&mut self, request: &Request) -> Response {
        let Some(token) = request.header("Authorization").and_then(|v| v.strip_prefix("Bearer ")) else {
            let detail = "Missing or invalid Authorization header. Use: Bearer <poll_token>";
            return problem(401, "Unauthorized", detail).with_header("WWW-Authenticate", "Bearer");
        };
        let id = request.path.rsplit('/').next().unwrap_or_default();
        let Some(session) = self.sessions.iter_mut().find(|s| s.id == id && s.alive()) else {
            return problem(404, "Session Not Found", "Session not found or expired.");
        };
        if session.poll_token != token {
            return problem(403, "Forbidden", "Invalid poll_token.");
        }
        let now = Instant::now();
        let interval = Duration::from_secs(self.interval_s);
        if session.last_poll.is_some_and(|last| now.duration_since(last) < interval) {
            return slow_down(self.interval_s + 5);
        }
        session.last_poll = Some(now);
        session.answer_poll(self.interval_s)
    }
}

impl Session {
    fn expires_at_text(&self) -> String {
        self.expires_at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
    }

    /// A ready session returns its ciphertext once and is consumed by that.
    fn answer_poll(&mut self, interval_s: u64) -> Response {
        let ready = self.status == Status::Ready;
        let answer = json!({
            "status": self.status.as_str(),
            "expires_at": self.expires_at_text(),
            "interval": if ready { Value::Null } else { interval_s.into() },
            "ciphertext": ready.then(|| std::mem::take(&mut self.envelope)),
            "algorithm": ready.then_some(self.algorithm),
        });
        if ready {
            self.status = Status::Consumed;
        }
        Response::json(200, &answer)
    }
}

fn slow_down(interval_s: u64) -> Response {
    let body = json!({
        "type": "urn:ietf:params:oauth:error:slow_down",
        "title": "Slow Down",
        "status": 429,
        "detail": "Polling too frequently. Increase your polling interval.",
        "interval": interval_s,
    });
    Response::text(429, "application/problem+json", body.to_string())
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    if text.is_empty() {
        return Err("public_key is required and must not be empty.".into());
    }
    let der = BASE64_STANDARD.decode(text).map_err(|_| {
        "public_key is not valid base64. Expected base64-encoded DER (SubjectPublicKeyInfo).".to_owned()
    })?;
    let key = PublicKey::from_public_key_der(&der).map_err(|_| {
        "public_key is not a valid public key. Expected RSA SubjectPublicKeyInfo in DER format.".to_owned()
    })?;
    match key.size() * 8 {
        bits if bits < 2048 => Err(format!("RSA key too small ({bits} bits). Minimum is 2048 bits.")),
        _ => Ok(key),
    }
}

/// The OAuth provider, if any, and the scopes of the template: `oauth_provider` wins over `template`, that
/// over `fields`.
fn template(body: &Map<String, Value>) -> Result<(Option<String>, Vec<String>), Response> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if let Some(provider) = text("oauth_provider") {
        return Ok((Some(provider.to_owned()), Vec::new()));
    }
    match text("template") {
        Some("google_mail") => {
            let scope = "https://www.googleapis.com/auth/gmail.readonly";
            Ok((Some("google".into()), vec![scope.into()]))
        }
        Some(name) if FORM_TEMPLATES.contains(&name) => Ok((None, Vec::new())),
        None if body.get("fields").is_some_and(Value::is_array) => Ok((None, Vec::new())),
        name => {
            let detail = format!(
                "Unknown template '{}' and no custom fields or OAuth provider provided",
                name.unwrap_or("None")
            );
            Err(problem(400, "Invalid Template", &detail))
        }
    }
}

fn refuse_callback(body: &Map<String, Value>) -> Result<(), Response> {
    let Some(address) = body.get("callback_url").and_then(Value::as_str) else { return Ok(()) };
    let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    if address.starts_with("https://") || local.iter().any(|l| address.starts_with(l)) {
        return Ok(());
    }
    let detail = "callback_url must use HTTPS in production. HTTP is only allowed for localhost.";
    Err(problem(400, "Invalid Callback URL", detail))
}

/// The members and their types; `null` means a missing one, except for the key.
fn validated(body: &[u8]) -> Result<Map<String, Value>, Vec<Value>> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Err(vec![
            json!({"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error", "input": {}, "ctx": {"error": "Expecting value"}}),
        ]);
    };
    let Value::Object(members) = value else {
        return Err(vec![
            json!({"type": "model_attributes_type", "loc": ["body"], "msg": "Input should be a valid dictionary or object to extract fields from", "input": value}),
        ]);
    };
    let mut errors = Vec::new();
    if !members.contains_key("public_key") {
        errors.push(
            json!({"type": "missing", "loc": ["body", "public_key"], "msg": "Field required", "input": members}),
        );
    }
    for (name, value) in &members {
        if let Some((kind, text)) = wrong_type(name, value) {
            errors.push(json!({"type": kind, "loc": ["body", name], "msg": text, "input": value}));
        }
    }
    if errors.is_empty() { Ok(members) } else { Err(errors) }
}

fn wrong_type(name: &str, value: &Value) -> Option<(&'static str, &'static str)> {
    let (fine, kind, text) = match name {
        "public_key" => (value.is_string(), "string_type", "Input should be a valid string"),
        _ if value.is_null() => return None,
        "template"
        | "display_name"
        | "oauth_provider"
        | "callback_url"
        | "custom_authorize_url"
        | "custom_state" => (value.is_string(), "string_type", "Input should be a valid string"),
        "oauth_scopes" | "custom_callback_params" => {
            let fine = value.as_array().is_some_and(|a| a.iter().all(Value::is_string));
            (fine, "list_type", "Input should be a valid list")
        }
        "fields" => (value.is_array(), "list_type", "Input should be a valid list"),
        "oauth_extra_params" => {
            let fine = value.as_object().is_some_and(|o| o.values().all(Value::is_string));
            (fine, "dict_type", "Input should be a valid dictionary")
        }
        "ttl" => (value.is_i64(), "int_type", "Input should be a valid integer"),
        "enable_webhook" => (value.is_boolean(), "bool_type", "Input should be a valid boolean"),
        _ => return None,
    };
    (!fine).then_some((kind, text))
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let object = value.and_then(Value::as_object).into_iter().flatten();
    object.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
