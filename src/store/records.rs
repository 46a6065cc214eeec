//! The records in the cache: typed values, under the key names of the Python skill and under our own.
//!
//! The Python skill builds its session object from exactly five members, so the times of a session have a separate
//! key. Whose records they are is known to `owner`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::entries::Records;
use crate::{clock, secret::Secret};

const PRIVATE_KEY: &str = "linkauth:privkey";
pub(super) const SESSIONS: &str = "linkauth:sessions";
pub(super) const TOKENS: &str = "linkauth:tokens";
pub(super) const ACCESS_TOKEN: &str = "at:gmail";
pub(super) const CONNECT: &str = "auth0:connect:gmail";
pub(super) const ACCOUNT: &str = "mcs-gmail:account";
pub(super) const REASON: &str = "mcs-gmail:reason";
pub(super) const SETBACK: &str = "mcs-gmail:setback";
pub(super) const ROTATION: &str = "mcs-gmail:rotation";
pub(super) const REFRESH_PREFIX: &str = "rt:";
pub(super) const GOOGLE_REFRESH: &str = "mcs-gmail:google-refresh";
pub(super) const ROTATED_REFRESH: &str = "mcs-gmail:auth0-refresh";
pub(super) const TIMES_PREFIX: &str = "mcs-gmail:session:";
pub(super) const FOLDERS: &str = "mcs-gmail:folders";
pub(super) const FOLDER_IDS: &str = "mcs-gmail:folder-ids";
pub(super) const CURSOR_PREFIX: &str = "mcs-gmail:cursor:";
pub(super) const TOLD: &str = "mcs-gmail:told";
pub(super) const SENT_PREFIX: &str = "mcs-gmail:sent:";

/// Name of the sign-in session, and of the Auth0 refresh token among the tokens.
pub(crate) const SIGN_IN: &str = "gmail";

/// The longest interval between polls that is accepted from a broker, in seconds.
pub(crate) const MAX_POLL_INTERVAL: f64 = 60.0;

/// Seconds for which a sent note is kept: a week.
const SENT_NOTE_RETENTION: f64 = 7.0 * 86_400.0;
/// Seconds for which the names of the folders are kept: a week.
const FOLDERS_RETENTION: f64 = 7.0 * 86_400.0;
/// How many folders are remembered with their ids.
const MOST_FOLDER_IDS: usize = 50;
/// Seconds after which names that did not change are recorded again: a day.
const FOLDERS_REFRESH: f64 = 86_400.0;

/// A session at the broker, with the members that the Python skill knows.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) session_id: String,
    pub(crate) code: String,
    pub(crate) url: String,
    pub(crate) poll_token: Secret,
    /// Seconds between polls.
    pub(crate) interval: f64,
}

/// The times of a session, in epoch seconds. A session that the Python skill opened has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct SessionTimes {
    /// When the link expires, by our clock.
    pub(crate) expires_at: Option<f64>,
    /// The same moment by the broker's clock, which decides.
    pub(crate) broker_expires_at: Option<f64>,
    /// When the broker accepts the next poll.
    pub(crate) next_poll: f64,
    /// Seconds to `next_poll` when it was recorded.
    pub(crate) poll_wait: f64,
    /// When the last poll was sent that the broker accepted.
    pub(crate) asked_at: Option<f64>,
    /// When the broker answered it.
    pub(crate) polled_at: Option<f64>,
    /// When a poll first reported that the person had confirmed the code but not yet finished at the provider; by the
    /// broker's clock.
    pub(crate) confirmed_at: Option<f64>,
    /// Why the visit is needed after an earlier one.
    pub(crate) reason: Option<String>,
}

impl SessionTimes {
    fn parse(text: &str) -> SessionTimes {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let time = |name: &str| value.get(name).and_then(Value::as_f64);
        SessionTimes {
            expires_at: time("expires_at"),
            broker_expires_at: time("broker_expires_at"),
            next_poll: time("next_poll").unwrap_or(0.0),
            poll_wait: time("poll_wait").unwrap_or(MAX_POLL_INTERVAL).clamp(0.0, MAX_POLL_INTERVAL),
            asked_at: time("asked_at"),
            polled_at: time("polled_at"),
            confirmed_at: time("confirmed_at"),
            reason: value.get("reason").and_then(Value::as_str).map(str::to_owned),
        }
    }
}

/// What is known about the account that is signed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Account {
    /// Its address, as Gmail reported it.
    pub(crate) address: Option<String>,
    /// The scopes that were granted, separated by spaces.
    pub(crate) scopes: Option<String>,
    /// When a token was last obtained for it, in epoch seconds.
    pub(crate) used_at: Option<f64>,
    /// Whether a connect visit was completed and no token has been granted since.
    pub(crate) newly_connected: bool,
    /// Whether Token Vault finds the account only if no address is given.
    pub(crate) found_without_hint: bool,
    /// Digest of the configured access token that this address owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// The address that new mail comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sender: Option<KeptSender>,
}

/// The default address of the account, as a run saw it in Gmail's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptSender {
    pub(crate) address: String,
    /// The display name; may be empty.
    pub(crate) name: String,
    /// Where the replies go, if that is another address.
    pub(crate) reply_to: Option<String>,
    /// The address of the mailbox that it belongs to.
    pub(crate) mailbox: String,
    /// Digest of the access token that it was read with.
    pub(crate) token: String,
    /// When it was read, in epoch seconds.
    pub(crate) at: f64,
}

impl Account {
    fn parse(text: &str) -> Account {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let set = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
        Account {
            address: text("address"),
            scopes: text("scopes"),
            used_at: value.get("used_at").and_then(Value::as_f64),
            newly_connected: set("newly_connected"),
            found_without_hint: set("found_without_hint"),
            token: text("token"),
            sender: value.get("sender").and_then(|sender| KeptSender::deserialize(sender).ok()),
        }
    }
}

/// A pending connect visit: what is kept between processes because `/complete` requires it.
#[derive(Clone, Debug)]
pub(crate) struct Connect {
    pub(crate) auth_session: Secret,
    pub(crate) code_verifier: Secret,
    pub(crate) state: String,
    pub(crate) redirect_uri: String,
    pub(crate) connection: String,
}

impl Connect {
    /// Name of its session, and of its code among the tokens.
    pub(crate) fn session_name(&self) -> String {
        format!("gmail:connect:redirect:{}", self.state)
    }
}

/// What is known about a send under an idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SentNote {
    /// Identifies the message.
    pub(crate) fingerprint: String,
    /// The time of the attempt, in epoch seconds.
    pub(crate) at: f64,
    pub(crate) message_id: String,
    pub(crate) lookup_id: String,
    /// The recipients, as the result lists them.
    pub(crate) recipients: Value,
    /// The result that was printed; `None` while the outcome of the attempt is not known.
    pub(crate) result: Option<Value>,
}

impl SentNote {
    /// A note that is damaged is still a note, or the message would be sent again: without a fingerprint it belongs
    /// to no message, and the key is refused.
    fn parse(text: &str) -> SentNote {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        SentNote {
            fingerprint: text("fingerprint"),
            at: value.get("at").and_then(Value::as_f64).unwrap_or(0.0),
            message_id: text("message_id"),
            lookup_id: text("lookup_id"),
            recipients: value.get("recipients").cloned().unwrap_or_default(),
            result: value.get("result").cloned().filter(Value::is_object),
        }
    }
}

impl Records {
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
            poll_token: Secret::token(&text("poll_token")?)?,
            interval: value
                .get("interval")
                .and_then(Value::as_f64)
                .unwrap_or(5.0)
                .clamp(0.0, MAX_POLL_INTERVAL),
        })
    }

    pub(crate) fn set_session(&mut self, name: &str, session: &Session, times: &SessionTimes) {
        let whole = session.interval.fract() == 0.0;
        let interval = if whole { json!(session.interval as i64) } else { json!(session.interval) };
        let value = json!({
            "session_id": session.session_id, "code": session.code, "url": session.url,
            "poll_token": session.poll_token.expose(), "interval": interval,
        });
        self.set_member(SESSIONS, name, value);
        self.set_session_times(name, times);
    }

    pub(crate) fn drop_session(&mut self, name: &str) {
        self.remove_member(SESSIONS, name);
        self.remove(&format!("{TIMES_PREFIX}{name}"));
    }

    pub(crate) fn session_times(&self, name: &str) -> SessionTimes {
        SessionTimes::parse(self.get(&format!("{TIMES_PREFIX}{name}")).unwrap_or_default())
    }

    pub(crate) fn set_session_times(&mut self, name: &str, times: &SessionTimes) {
        self.set(&format!("{TIMES_PREFIX}{name}"), &json!(times).to_string(), None);
    }

    pub(crate) fn account(&self) -> Account {
        self.get(ACCOUNT).map(Account::parse).unwrap_or_default()
    }

    pub(crate) fn set_account(&mut self, account: &Account) {
        self.set(ACCOUNT, &json!(account).to_string(), None);
    }

    /// Why the next visit is needed, if a run has found that out but could not start the visit.
    pub(crate) fn reason(&self) -> Option<String> {
        self.get(REASON).map(str::to_owned)
    }

    pub(crate) fn set_reason(&mut self, reason: Option<&str>) {
        match reason {
            Some(reason) => self.set(REASON, reason, None),
            None => self.remove(REASON),
        }
    }

    /// Why the last attempt to obtain a token failed, if the set-up is the cause: the name of the cause, and when that
    /// was, in epoch seconds.
    pub(crate) fn setback(&self) -> Option<(String, f64)> {
        let value: Value = serde_json::from_str(self.get(SETBACK)?).ok()?;
        Some((value.get("cause")?.as_str()?.to_owned(), value.get("at")?.as_f64()?))
    }

    pub(crate) fn set_setback(&mut self, cause: Option<&str>) {
        match cause {
            Some(cause) => self.set(SETBACK, &json!({"cause": cause, "at": clock::now()}).to_string(), None),
            None => self.remove(SETBACK),
        }
    }

    /// Whether Auth0 replaced the refresh token that was spent last, and when that was, in epoch seconds.
    pub(crate) fn rotation(&self) -> Option<(bool, f64)> {
        let value: Value = serde_json::from_str(self.get(ROTATION)?).ok()?;
        Some((value.get("rotates")?.as_bool()?, value.get("at")?.as_f64()?))
    }

    pub(crate) fn forget_rotation(&mut self) {
        self.remove(ROTATION);
    }

    pub(crate) fn set_rotation(&mut self, rotates: bool) {
        self.set(ROTATION, &json!({"rotates": rotates, "at": clock::now()}).to_string(), None);
    }

    /// The Auth0 refresh token, from either of the two places where the Python skill keeps it.
    pub(crate) fn refresh_token(&self, domains: [&str; 2]) -> Option<Secret> {
        let by_domain =
            domains.iter().find_map(|d| self.get(&format!("{REFRESH_PREFIX}{d}")).map(str::to_owned));
        let by_session = || self.member(TOKENS, SIGN_IN).and_then(|v| v.as_str().map(str::to_owned));
        by_domain.or_else(by_session).and_then(|token| Secret::token(&token))
    }

    /// Replaces the refresh token and its copies. A copy under another spelling of the domain would be sent again
    /// after a rotation, and Auth0 then revokes the sign-in.
    pub(crate) fn set_refresh_token(&mut self, domain: &str, token: &Secret) {
        self.remove_copies([domain; 2]);
        self.set(&format!("{REFRESH_PREFIX}{domain}"), token.expose(), None);
        self.set_member(TOKENS, SIGN_IN, token.expose().into());
    }

    /// Removes every copy of the refresh token, and everything that was obtained with it.
    pub(crate) fn forget_refresh_token(&mut self, domains: [&str; 2]) {
        self.remove_copies(domains);
        domains.iter().for_each(|d| self.remove(&format!("{REFRESH_PREFIX}{d}")));
        self.remove_member(TOKENS, SIGN_IN);
        self.remove(GOOGLE_REFRESH);
        self.remove(ACCOUNT);
        self.forget_access_token();
        self.drop_connect();
    }

    /// Removes the current refresh token wherever it is cached under the name of a domain.
    fn remove_copies(&mut self, domains: [&str; 2]) {
        let Some(token) = self.refresh_token(domains) else { return };
        let is_copy = |key: &&str| key.starts_with(REFRESH_PREFIX) && self.get(key) == Some(token.expose());
        let copies: Vec<String> = self.keys().filter(is_copy).map(str::to_owned).collect();
        copies.iter().for_each(|key| self.remove(key));
    }

    /// The Google access token and when it expires, in epoch seconds.
    pub(crate) fn access_token(&self) -> Option<(Secret, Option<f64>)> {
        let (token, until) = self.get_until(ACCESS_TOKEN)?;
        Some((Secret::token(token)?, until))
    }

    pub(crate) fn set_access_token(&mut self, token: &Secret, until: f64) {
        self.set(ACCESS_TOKEN, token.expose(), Some(until));
    }

    pub(crate) fn forget_access_token(&mut self) {
        self.remove(ACCESS_TOKEN);
    }

    pub(crate) fn google_refresh_token(&self) -> Option<Secret> {
        self.get(GOOGLE_REFRESH).and_then(Secret::token)
    }

    pub(crate) fn set_google_refresh_token(&mut self, token: &Secret) {
        self.set(GOOGLE_REFRESH, token.expose(), None);
    }

    /// The refresh token with which Auth0 replaced the configured one.
    pub(crate) fn rotated_refresh_token(&self) -> Option<Secret> {
        self.get(ROTATED_REFRESH).and_then(Secret::token)
    }

    pub(crate) fn set_rotated_refresh_token(&mut self, token: &Secret) {
        self.set(ROTATED_REFRESH, token.expose(), None);
    }

    /// The pending connect visit. It is kept after it expires, so that a late answer is still found.
    pub(crate) fn connect(&self) -> Option<Connect> {
        let value: Value = serde_json::from_str(self.get(CONNECT)?).ok()?;
        let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        Some(Connect {
            auth_session: Secret::token(&text("auth_session")?)?,
            code_verifier: Secret::token(&text("code_verifier")?)?,
            state: text("state")?,
            redirect_uri: text("redirect_uri")?,
            connection: text("connection")?,
        })
    }

    pub(crate) fn set_connect(&mut self, connect: &Connect) {
        let value = json!({
            "auth_session": connect.auth_session.expose(), "code_verifier": connect.code_verifier.expose(),
            "state": connect.state, "redirect_uri": connect.redirect_uri,
            "connection": connect.connection,
        });
        self.set(CONNECT, &value.to_string(), None);
    }

    pub(crate) fn connect_code(&self, connect: &Connect) -> Option<Secret> {
        self.member(TOKENS, &connect.session_name())?.as_str().and_then(Secret::token)
    }

    pub(crate) fn set_connect_code(&mut self, connect: &Connect, code: &Secret) {
        self.set_member(TOKENS, &connect.session_name(), code.expose().into());
    }

    /// Removes the connect visit with its session and its code.
    pub(crate) fn drop_connect(&mut self) {
        if let Some(connect) = self.connect() {
            self.drop_session(&connect.session_name());
            self.remove_member(TOKENS, &connect.session_name());
        }
        self.remove(CONNECT);
    }

    /// Where the last run with a cursor stopped, as JSON.
    pub(super) fn cursor(&self, name: &str) -> Option<&str> {
        self.get(&format!("{CURSOR_PREFIX}{name}"))
    }

    pub(super) fn set_cursor(&mut self, name: &str, cursor: &Value) {
        self.set(&format!("{CURSOR_PREFIX}{name}"), &cursor.to_string(), None);
    }

    /// The sign-in link that a regular job has shown.
    pub(super) fn told_link(&self) -> Option<&str> {
        self.get(TOLD)
    }

    pub(super) fn set_told_link(&mut self, url: &str) {
        self.set(TOLD, url, None);
    }

    /// The names of the user's folders, as a run saw them within a week.
    pub(super) fn folders(&self) -> Option<Vec<String>> {
        serde_json::from_str(self.get(FOLDERS)?).ok()
    }

    /// Whether these are the recorded names, and were so today.
    pub(super) fn has_folders(&self, names: &[String]) -> bool {
        let until = self.get_until(FOLDERS).and_then(|(_, until)| until).unwrap_or_default();
        let is_fresh = until > clock::now() + FOLDERS_RETENTION - FOLDERS_REFRESH;
        is_fresh && self.folders().is_some_and(|known| known == names)
    }

    pub(super) fn set_folders(&mut self, names: &[String]) {
        self.set(FOLDERS, &json!(names).to_string(), Some(clock::now() + FOLDERS_RETENTION));
    }

    /// The id of the label that this folder had when it was last listed.
    pub(super) fn folder_id(&self, name: &str) -> Option<String> {
        let known = self.folder_ids().into_iter().find(|(known, _)| known == name);
        known.map(|(_, id)| id)
    }

    /// Names and ids, the one that was recorded last at the end.
    fn folder_ids(&self) -> Vec<(String, String)> {
        self.get(FOLDER_IDS).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub(super) fn set_folder_id(&mut self, name: &str, id: &str) {
        let mut known = self.folder_ids();
        known.retain(|(known, _)| known != name);
        known.push((name.to_owned(), id.to_owned()));
        known.drain(..known.len().saturating_sub(MOST_FOLDER_IDS));
        self.set(FOLDER_IDS, &json!(known).to_string(), None);
    }

    pub(super) fn sent_note(&self, key: &str) -> Option<SentNote> {
        self.get(&format!("{SENT_PREFIX}{key}")).map(SentNote::parse)
    }

    /// Records a sent note for a week, or removes it.
    pub(super) fn set_sent_note(&mut self, key: &str, note: Option<&SentNote>) {
        let key = format!("{SENT_PREFIX}{key}");
        match note {
            Some(note) => self.set(&key, &json!(note).to_string(), Some(clock::now() + SENT_NOTE_RETENTION)),
            None => self.remove(&key),
        }
    }

    /// Whether there is anything with which a token can be obtained, or a token.
    pub(crate) fn has_login(&self) -> bool {
        let login = |key: &str| {
            [GOOGLE_REFRESH, ROTATED_REFRESH, ACCESS_TOKEN].contains(&key) || key.starts_with(REFRESH_PREFIX)
        };
        self.keys().any(|key| login(key) && self.get(key).is_some()) || self.member(TOKENS, SIGN_IN).is_some()
    }
}
