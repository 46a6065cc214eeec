//! Opens sessions at the broker: what is asked for, and our public key, which may still be generated meanwhile.
//!
//! It knows neither the records nor what the session is for.

use std::io::{self, Cursor, Read};

use serde_json::{Map, Value, json};

use super::{
    envelope::PUBLIC_LENGTH,
    link,
    linkauth::{BrokerClient, Failure, expiry, interval, is_passing, not_a_broker},
};
use crate::{
    http::{Body, Fault, Reply},
    problem::{Problem, Result},
    secret::Secret,
    store::Session,
};

const SESSIONS: &str = "/v1/sessions";
/// The start of the body that opens a session.
const BEFORE_KEY: &str = "{\"public_key\":\"";

/// A session that was just opened.
pub(crate) struct Opened {
    pub(crate) session: Session,
    /// When it expires, by the broker's clock.
    pub(crate) expires_at: Option<f64>,
    /// The broker's clock.
    pub(crate) date: Option<f64>,
}

/// The members of `POST /v1/sessions` that differ between the steps.
#[derive(Debug, Default)]
pub(crate) struct NewSession {
    pub(crate) display_name: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) template: &'static str,
    pub(crate) scopes: Vec<String>,
    pub(crate) extra: Map<String, Value>,
    /// Authorize URL and state of a passthrough session.
    pub(crate) passthrough: Option<(Secret, String)>,
}

impl NewSession {
    /// What follows the public key in the body.
    fn body(&self) -> String {
        let mut body = json!({
            "template": self.template, "display_name": self.display_name, "oauth_provider": self.provider,
            "oauth_scopes": self.scopes, "oauth_extra_params": self.extra,
        });
        if let Some((url, state)) = &self.passthrough {
            body["custom_authorize_url"] = url.expose().into();
            body["custom_callback_params"] = json!(["connect_code"]);
            body["custom_state"] = state.as_str().into();
        }
        format!("\",{}", &body.to_string()[1..])
    }
}

/// Our public key.
pub(crate) enum PublicKey<'k> {
    Known(String),
    /// It is being generated. The function waits for it and keeps it; it is called once, before the key is sent.
    Awaited(&'k mut dyn FnMut() -> Result<String>),
}

/// A key that is waited for when it is read.
struct Awaited<'a, 'k> {
    keep: &'a mut &'k mut dyn FnMut() -> Result<String>,
    text: Option<Cursor<String>>,
    /// Why there is no key.
    problem: Option<Problem>,
}

impl Read for Awaited<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.text.is_none() {
            let text = (self.keep)().map_err(|problem| {
                self.problem = Some(problem);
                io::Error::other("no key")
            })?;
            self.text = Some(Cursor::new(text));
        }
        self.text.as_mut().map_or(Ok(0), |text| text.read(buffer))
    }
}

impl BrokerClient<'_> {
    /// Opens a session.
    pub(crate) fn create(&self, new: &NewSession, mut key: PublicKey<'_>) -> Result<Opened> {
        let rest = new.body();
        self.repeatedly(|| {
            let reply = match &mut key {
                PublicKey::Known(key) => {
                    let body = format!("{BEFORE_KEY}{key}{rest}");
                    self.exchange(self.call("POST", SESSIONS).json(body.as_bytes()))?
                }
                PublicKey::Awaited(keep) => {
                    let mut awaited = Awaited { keep, text: None, problem: None };
                    let reply = self.send_awaited(&mut awaited, &rest);
                    let Awaited { text, problem, .. } = awaited;
                    if let Some(text) = text {
                        key = PublicKey::Known(text.into_inner());
                    }
                    match problem {
                        Some(problem) => return Err(problem.into()),
                        None => reply?,
                    }
                }
            };
            match reply.status / 100 {
                2 => self.opened(&reply),
                _ => Err(Failure { passing: is_passing(&reply), ..self.refused(&reply).into() }),
            }
        })
    }

    /// Opens a session with a key that may still be generated while the broker is connected.
    fn send_awaited(&self, key: &mut Awaited<'_, '_>, rest: &str) -> Result<Reply, Fault> {
        let length = (BEFORE_KEY.len() + PUBLIC_LENGTH + rest.len()) as u64;
        let mut body = BEFORE_KEY.as_bytes().chain(key).chain(rest.as_bytes());
        let body = Body::Stream(&mut body, length);
        self.exchange(self.call("POST", SESSIONS).body("application/json", body))
    }

    pub(super) fn opened(&self, reply: &Reply) -> Result<Opened, Failure> {
        let value = reply.json().unwrap_or_default();
        let url = &self.broker.url;
        let session = session_in(&value).ok_or_else(|| Failure::passing(not_a_broker(url, reply)))?;
        let given = session.url.clone();
        match link::showable(session, url) {
            Some(session) => Ok(Opened { session, expires_at: expiry(&value), date: reply.date() }),
            None => Err(link::foreign(url, &given).into()),
        }
    }
}

/// The session in a response that opened one.
fn session_in(value: &Value) -> Option<Session> {
    let text = |names: [&str; 2]| names.iter().find_map(|name| value.get(*name)?.as_str());
    Some(Session {
        session_id: text(["session_id", "id"]).filter(|id| !id.is_empty())?.to_owned(),
        code: text(["code", "user_code"])?.to_owned(),
        url: text(["url", "verification_uri_complete"])?.to_owned(),
        poll_token: Secret::token(value.get("poll_token")?.as_str()?)?,
        interval: interval(value).unwrap_or(5.0),
    })
}
