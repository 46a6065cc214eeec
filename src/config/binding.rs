//! A secret is sent only to endpoints from its own source. Otherwise, whoever can set one variable or give one file
//! could have the secrets of another file sent to a server of their own.
//!
//! The secrets of a file belong to the endpoints in the same file. The secrets of the environment belong to the
//! endpoints in the environment or in a file in one of the usual places, but not to those of a file that was named.

use std::{fs, path::Path};

use super::{Config, Found, Origin};
use crate::{
    problem::{Problem, Result},
    spec,
};

/// What identifies an Auth0 application and how it is reached.
const TENANT: &[&str] = &["auth0_domain", "auth0_client_id", "auth0_audience", "auth0_via"];
const BROKER: &[&str] = &["linkauth_broker_url"];
const GOOGLE: &[&str] = &["google_client_id"];

impl Config {
    /// Refuses a secret that these credentials would send to an endpoint from another source.
    pub(super) fn bind_secrets(&self, credentials: &str) -> Result<()> {
        match credentials {
            "auth0-linkauth" => {
                self.bind("linkauth_api_key", &[BROKER, TENANT])?;
                self.bind("auth0_client_secret", &[BROKER, TENANT])
            }
            "auth0" => {
                self.bind("auth0_client_secret", &[TENANT])?;
                self.bind("auth0_refresh_token", &[TENANT])
            }
            "linkauth" => {
                self.bind("linkauth_api_key", &[BROKER])?;
                self.bind("google_client_secret", &[GOOGLE])
            }
            // The access token is sent only to Gmail.
            _ => Ok(()),
        }
    }

    fn bind(&self, secret: &str, endpoints: &[&[&str]]) -> Result<()> {
        let Some(secret) = self.found(secret)? else { return Ok(()) };
        for name in endpoints.iter().flat_map(|names| names.iter()) {
            if let Some(endpoint) = self.found(name)?
                && !self.belongs(secret.origin, endpoint.origin)
            {
                return Err(unbound(&secret, &endpoint));
            }
        }
        Ok(())
    }

    /// Where a key is set.
    fn found(&self, name: &str) -> Result<Option<Found<'_>>> {
        spec::key(name).map_or(Ok(None), |key| self.find(key))
    }

    fn belongs(&self, secret: Origin<'_>, endpoint: Origin<'_>) -> bool {
        match (secret, endpoint) {
            (Origin::File(one), Origin::File(other)) => std::ptr::eq(one, other),
            (Origin::Environment, Origin::Environment) => true,
            (Origin::Environment, Origin::File(file)) => self.is_usual(&file.path),
            (Origin::Flag, _) | (_, Origin::Flag) | (Origin::File(_), Origin::Environment) => false,
        }
    }

    /// Whether a file is in one of the usual places, even if it was named.
    pub(super) fn is_usual(&self, path: &Path) -> bool {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.usual.iter().any(|usual| real(usual) == real(path))
    }
}

fn unbound(secret: &Found<'_>, endpoint: &Found<'_>) -> Problem {
    Problem::configuration(format!(
        "{} ({}) is not sent to an endpoint from another source: {} ({})",
        secret.key, secret.source, endpoint.key, endpoint.source
    ))
    .hint("Set the secret and its endpoints in the same configuration file, or all of them as variables.")
}
