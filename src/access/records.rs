//! What the entries of the cache mean: typed records under the Python key names, and ours beside them.
//!
//! Python builds its session object from exactly five members, so what only we know about a session stands
//! under a key of our own. Tokens belong to an identity; those of another one are kept aside for it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};
use serde_json::{Map, Value, json};

use super::cache::Entries;
use crate::secret::Secret;

const PRIVATE_KEY: &str = "linkauth:privkey";
const SESSIONS: &str = "linkauth:sessions";
const TOKENS: &str = "linkauth:tokens";
const ACCESS_TOKEN: &str = "at:gmail";
const CONNECT: &str = "auth0:connect:gmail";
const REFRESH_PREFIX: &str = "rt:";
const GOOGLE_REFRESH: &str = "mcs-gmail:google-refresh";
const GIVEN_SUCCESSOR: &str = "mcs-gmail:auth0-refresh";
const NOTES_PREFIX: &str = "mcs-gmail:session:";
const IDENTITY: &str = "mcs-gmail:identity";
const CURSOR_PREFIX: &str = "mcs-gmail:cursor:";
/// What the tools that send note under an idempotency key.
const SENT_PREFIX: &str = "mcs-gmail:sent:";
const KEPT_PREFIX: &str = "mcs-gmail:kept:";

/// Name of the sign-in session, and of the Auth0 refresh token among the tokens.
pub(crate) const SIGN_IN: &str = "gmail";

/// A session at the broker, as Python knows it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) session_id: String,
    pub(crate) code: String,
    pub(crate) url: String,
    pub(crate) poll_token: Secret,
    /// Seconds between polls.
    pub(crate) interval: f64,
}

/// What only we know about a session; times in epoch seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Notes {
    pub(crate) expires_at: Option<f64>,
    pub(crate) next_poll: f64,
    /// When a poll first found that the person had pressed the button; the provider had not answered yet.
    pub(crate) confirmed_at: Option<f64>,
}

/// The connect step between two processes: all that `/complete` will ask for.
#[derive(Clone, Debug)]
pub(crate) struct Connect {
    pub(crate) auth_session: Secret,
    pub(crate) code_verifier: Secret,
    pub(crate) state: String,
    pub(crate) redirect_uri: String,
    pub(crate) connection: String,
    /// Epoch seconds; after that Auth0 has forgotten the ticket.
    pub(crate) expires_at: f64,
}

impl Connect {
    /// Name of its session and of its code among the tokens.
    pub(crate) fn session_name(&self) -> String {
        format!("gmail:connect:redirect:{}", self.state)
    }
}

impl Entries {
    pub(crate) fn private_key(&self) -> Option<Secret> {
        self.get(PRIVATE_KEY).map(Secret::new)
    }

    pub(crate) fn set_private_key(&mut self, pem: &Secret) {
        self.set(PRIVATE_KEY, pem.expose(), None);
    }

    pub(crate) fn forget_private_key(&mut self) {
        self.remove(PRIVATE_KEY);
    }

    pub(crate) fn session(&self, name: &str) -> Option<Session> {
        let value = self.member(SESSIONS, name)?;
        let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        Some(Session {
            session_id: text("session_id")?,
            code: text("code")?,
            url: text("url")?,
            poll_token: Secret::new(text("poll_token")?),
            interval: value.get("interval").and_then(Value::as_f64).unwrap_or(5.0),
        })
    }

    pub(crate) fn set_session(&mut self, name: &str, session: &Session, notes: Notes) {
        let whole = session.interval.fract() == 0.0;
        let interval = if whole { json!(session.interval as i64) } else { json!(session.interval) };
        let value = json!({
            "session_id": session.session_id, "code": session.code, "url": session.url,
            "poll_token": session.poll_token.expose(), "interval": interval,
        });
        self.set_member(SESSIONS, name, value);
        self.set_notes(name, notes);
    }

    pub(crate) fn drop_session(&mut self, name: &str) {
        self.remove_member(SESSIONS, name);
        self.remove(&format!("{NOTES_PREFIX}{name}"));
    }

    /// Our notes about a session; a session that Python made has none.
    pub(crate) fn notes(&self, name: &str) -> Notes {
        let text = self.get(&format!("{NOTES_PREFIX}{name}")).unwrap_or_default();
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        Notes {
            expires_at: value.get("expires_at").and_then(Value::as_f64),
            next_poll: value.get("next_poll").and_then(Value::as_f64).unwrap_or(0.0),
            confirmed_at: value.get("confirmed_at").and_then(Value::as_f64),
        }
    }

    pub(crate) fn set_notes(&mut self, name: &str, notes: Notes) {
        let Notes { expires_at, next_poll, confirmed_at } = notes;
        let value = json!({"expires_at": expires_at, "next_poll": next_poll, "confirmed_at": confirmed_at});
        self.set(&format!("{NOTES_PREFIX}{name}"), &value.to_string(), None);
    }

    /// The Auth0 refresh token, from either of the two places Python keeps it in.
    pub(crate) fn refresh_token(&self, domains: [&str; 2]) -> Option<Secret> {
        let by_domain =
            domains.iter().find_map(|d| self.get(&format!("{REFRESH_PREFIX}{d}")).map(str::to_owned));
        let by_session = || self.member(TOKENS, SIGN_IN).and_then(|v| v.as_str().map(str::to_owned));
        by_domain.or_else(by_session).filter(|t| !t.is_empty()).map(Secret::new)
    }

    pub(crate) fn set_refresh_token(&mut self, domain: &str, token: &Secret) {
        self.set(&format!("{REFRESH_PREFIX}{domain}"), token.expose(), None);
        self.set_member(TOKENS, SIGN_IN, token.expose().into());
    }

    /// Every copy of the login, and what was made from it.
    pub(crate) fn forget_login(&mut self, domains: [&str; 2]) {
        domains.iter().for_each(|d| self.remove(&format!("{REFRESH_PREFIX}{d}")));
        self.remove_member(TOKENS, SIGN_IN);
        self.remove(GOOGLE_REFRESH);
        self.forget_access_token();
        self.drop_connect();
    }

    /// The Google access token and when it expires.
    pub(crate) fn access_token(&self) -> Option<(Secret, Option<f64>)> {
        self.get_until(ACCESS_TOKEN).map(|(t, until)| (Secret::new(t), until))
    }

    pub(crate) fn set_access_token(&mut self, token: &Secret, until: f64) {
        self.set(ACCESS_TOKEN, token.expose(), Some(until));
    }

    pub(crate) fn forget_access_token(&mut self) {
        self.remove(ACCESS_TOKEN);
    }

    pub(crate) fn google_refresh_token(&self) -> Option<Secret> {
        self.get(GOOGLE_REFRESH).map(Secret::new)
    }

    pub(crate) fn set_google_refresh_token(&mut self, token: &Secret) {
        self.set(GOOGLE_REFRESH, token.expose(), None);
    }

    /// What Auth0 put in the place of the refresh token that the configuration gives.
    pub(crate) fn successor(&self) -> Option<Secret> {
        self.get(GIVEN_SUCCESSOR).map(Secret::new)
    }

    pub(crate) fn set_successor(&mut self, token: &Secret) {
        self.set(GIVEN_SUCCESSOR, token.expose(), None);
    }

    /// The pending connect step. Kept beyond its expiry, so that a late answer can still be looked for.
    pub(crate) fn connect(&self) -> Option<Connect> {
        let value: Value = serde_json::from_str(self.get(CONNECT)?).ok()?;
        let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        Some(Connect {
            auth_session: Secret::new(text("auth_session")?),
            code_verifier: Secret::new(text("code_verifier")?),
            state: text("state")?,
            redirect_uri: text("redirect_uri")?,
            connection: text("connection")?,
            expires_at: value.get("expires_at").and_then(Value::as_f64).unwrap_or(0.0),
        })
    }

    pub(crate) fn set_connect(&mut self, connect: &Connect) {
        let value = json!({
            "auth_session": connect.auth_session.expose(), "code_verifier": connect.code_verifier.expose(),
            "state": connect.state, "redirect_uri": connect.redirect_uri,
            "connection": connect.connection, "expires_at": connect.expires_at,
        });
        self.set(CONNECT, &value.to_string(), None);
    }

    pub(crate) fn connect_code(&self, connect: &Connect) -> Option<Secret> {
        self.member(TOKENS, &connect.session_name())?.as_str().map(Secret::new)
    }

    pub(crate) fn set_connect_code(&mut self, connect: &Connect, code: &Secret) {
        self.set_member(TOKENS, &connect.session_name(), code.expose().into());
    }

    /// The connect step with its session and its code.
    pub(crate) fn drop_connect(&mut self) {
        if let Some(connect) = self.connect() {
            self.drop_session(&connect.session_name());
            self.remove_member(TOKENS, &connect.session_name());
        }
        self.remove(CONNECT);
    }

    /// What a job of this name left for its next run.
    pub(crate) fn cursor(&self, name: &str) -> Option<&str> {
        self.get(&format!("{CURSOR_PREFIX}{name}"))
    }

    pub(crate) fn set_cursor(&mut self, name: &str, mark: &str) {
        self.set(&format!("{CURSOR_PREFIX}{name}"), mark, None);
    }

    /// Everything of this program and of the Python skill except the private key, what is kept aside, and what
    /// was sent: a key that was used stays used, whoever signs in next.
    pub(crate) fn forget_all(&mut self) {
        let _ = self.take(|key| belongs_to_identity(key) && !key.starts_with(SENT_PREFIX));
    }

    /// Makes the records in the usual places those of `identity`. A file without an identity was written by
    /// Python and belongs to whoever asks. Returns whether the records were another's.
    pub(crate) fn adopt(&mut self, identity: &str) -> bool {
        let current = self.get(IDENTITY).map(str::to_owned);
        if current.as_deref() == Some(identity) {
            return false;
        }
        let other = current.is_some();
        if let Some(current) = current {
            let theirs = self.take(belongs_to_identity);
            if !theirs.is_empty() {
                self.set(&kept(&current), &Value::Object(theirs).to_string(), None);
            }
        }
        if let Some(text) = self.get(&kept(identity)).map(str::to_owned) {
            let ours: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
            self.remove(&kept(identity));
            self.put_back(ours);
        }
        self.set(IDENTITY, identity, None);
        other
    }
}

/// The entry of a send under an idempotency key.
pub(crate) fn sent(key: &str) -> String {
    format!("{SENT_PREFIX}{key}")
}

fn kept(identity: &str) -> String {
    format!("{KEPT_PREFIX}{}", &fingerprint(identity)[..16])
}

fn belongs_to_identity(key: &str) -> bool {
    [SESSIONS, TOKENS, ACCESS_TOKEN, CONNECT, GOOGLE_REFRESH, GIVEN_SUCCESSOR].contains(&key)
        || key.starts_with(REFRESH_PREFIX)
        || key.starts_with(NOTES_PREFIX)
        || key.starts_with(CURSOR_PREFIX)
        || key.starts_with(SENT_PREFIX)
}

/// SHA-256 in base64url, 43 characters: the challenge of a PKCE verifier (RFC 7636), the name of an identity.
pub(crate) fn fingerprint(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}
