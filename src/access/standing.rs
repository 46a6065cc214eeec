//! Requests by which `doctor` learns about a broker. They open no session that anybody could use, and none is polled.

use serde_json::json;

use super::linkauth::{BrokerClient, Upstream, not_a_broker, title};
use crate::{
    http::{Call, Fault, Reply},
    problem::Problem,
    secret::Secret,
    url::host,
};

/// An RSA key to which nobody has the private part.
const NOBODYS_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuFuNLaZvmLGAqG2StU/IMF0ufzpPAk2UFRamDasbRvIpeP4EPYnXigeur3t1/8+ZOKAsAlC4xBHSBasuEV+8XE1TZVceCXDdeOh1oTN5G6cXpzl/RcI2v6NRkBq+E79lddGfxAKS3MFo6MSl6FlKL16eRrfIkqtmJMEuPyKzBYmGSdHN9v4L9tytZMllBwhbHs/5RRlNyynS68d1CG+/rVQfta9q89G0fTlzSbl4vmPA9Uc+in+bnPoh6B/2rl494NwoPuOsXw/T35VM2foJlrNWIkluDoR/vu3EYbA/bHmbq3NK6fKAoU04M24z3/uS/lAT0e80vfsTcvBz9wPRNwIDAQAB";
/// The id of no session: an id is the SHA-256 of a code.
const NO_SESSION: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the broker, or something in its place, answered.
pub(crate) enum Standing {
    Good,
    KeyRefused(Problem),
    /// It has no OAuth client for the provider.
    NoProvider(Problem),
    NotABroker(Problem),
    /// An egress proxy or a login page answered.
    Intercepted(Problem),
    /// It fails, or asks to wait.
    Failing(Problem),
}

/// How the broker's proxy dealt with a request.
pub(crate) enum Relay {
    Reached(Upstream),
    Disabled(Problem),
    DomainNotAllowed(Problem),
    /// The domain does not exist, or is private.
    Blocked(Problem),
    /// The server behind it did not answer.
    Unreached(Problem),
    Other(Problem),
}

impl BrokerClient<'_> {
    /// Whether a broker answers, and the date of its answer. The API key is not sent.
    pub(crate) fn health(&self) -> Result<(Standing, Option<f64>), Fault> {
        let reply = self.http.exchange(Call::new("GET", format!("{}/health", self.broker.url)))?;
        let is_good = reply.json().is_some_and(|value| value["status"] == "ok");
        let standing = match reply.status {
            200 if is_good => Standing::Good,
            _ => self.unusual(&reply),
        };
        Ok((standing, reply.date()))
    }

    /// Polls no session. The API key is judged first, so that the answer tells whether it is accepted.
    pub(crate) fn key(&self) -> Result<Standing, Fault> {
        let nobody = Secret::new("mcs-gmail-doctor");
        let call = self.call("GET", &format!("/v1/sessions/{NO_SESSION}")).bearer(&nobody);
        let reply = self.http.exchange(call)?;
        let value = reply.json().unwrap_or_default();
        Ok(match (reply.status, title(&value)) {
            (404, Some("Session Not Found")) | (403, Some("Forbidden")) => Standing::Good,
            // Brokers before 0.1.0 have a sentence; the framework says the same of every unknown path.
            (404, None) if value["detail"].as_str().is_some_and(|d| d != "Not Found") => Standing::Good,
            (401 | 403, Some("API Key Required" | "Invalid API Key")) => {
                Standing::KeyRefused(self.refused(&reply))
            }
            _ => self.unusual(&reply),
        })
    }

    /// Asks for a session that is over before it begins. The broker looks for its OAuth client last, so that nothing
    /// else tells whether it has one.
    pub(crate) fn provider(&self, name: &str) -> Result<Standing, Fault> {
        let body = json!({
            "public_key": NOBODYS_KEY, "template": "api_key", "display_name": "mcs-gmail doctor",
            "oauth_provider": name, "oauth_scopes": ["openid"], "ttl": -1,
        });
        let reply =
            self.http.exchange(self.call("POST", "/v1/sessions").json(body.to_string().as_bytes()))?;
        let value = reply.json().unwrap_or_default();
        Ok(match (reply.status, title(&value)) {
            (200..=299, _) => Standing::Good,
            (400, Some("OAuth Provider Error")) => Standing::NoProvider(self.refused(&reply)),
            _ => Standing::Failing(self.refused(&reply)),
        })
    }

    /// Makes a request through the broker's proxy, once.
    pub(crate) fn try_relay(&self, url: &str) -> Result<Relay, Fault> {
        let reply = match self.relay("GET", url, None, None)? {
            Ok(upstream) => return Ok(Relay::Reached(upstream)),
            Err(reply) => reply,
        };
        let value = reply.json().unwrap_or_default();
        let problem = self.proxy_refused(&reply, url);
        Ok(match (reply.status, title(&value)) {
            (403, Some("Proxy Disabled")) => Relay::Disabled(problem),
            (403, Some("Domain Not Allowed")) => Relay::DomainNotAllowed(problem),
            (403, Some("SSRF Blocked")) => Relay::Blocked(problem),
            (502 | 504, Some(_)) => Relay::Unreached(problem),
            _ => Relay::Other(problem),
        })
    }

    fn unusual(&self, reply: &Reply) -> Standing {
        match reply.intercepted(host(&self.broker.url)) {
            Some(_) if reply.status / 100 == 2 => Standing::NotABroker(not_a_broker(&self.broker.url, reply)),
            Some(problem) => Standing::Intercepted(problem),
            None if reply.status == 429 || reply.status >= 500 => Standing::Failing(self.refused(reply)),
            None => Standing::NotABroker(not_a_broker(&self.broker.url, reply)),
        }
    }
}
