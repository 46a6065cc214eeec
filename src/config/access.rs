//! The configured credentials method, and everything that is needed to obtain a token with it.

use super::{Config, urls};
use crate::{
    access::{AccessSettings, Application, Broker, GoogleClient, Method, Via},
    problem::{Problem, Result},
    secret::Secret,
    spec::{self, Level},
};

/// The credentials methods; the first is the default.
const METHODS: [&str; 4] = ["auth0-linkauth", "auth0", "linkauth", "token"];

/// The scope to change settings (<https://developers.google.com/workspace/gmail/api/auth/scopes>).
const SETTINGS_SCOPE: &str = "gmail.settings.basic";

impl Config {
    fn secret(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.optional(name)?.map(Secret::new))
    }

    fn required(&self, name: &str, missing: &mut Vec<&'static str>) -> Result<String> {
        let value = self.optional(name)?;
        if value.is_none() {
            missing.extend(spec::key(name).map(|k| k.name));
        }
        Ok(value.unwrap_or_default())
    }

    /// The configured credentials method, with every key that it requires.
    pub(crate) fn access(&self) -> Result<AccessSettings> {
        let name = self.credentials()?;
        let mut missing = Vec::new();
        let method = match name.as_str() {
            "auth0-linkauth" => Method::Auth0LinkAuth {
                application: self.application_with_audience(&mut missing)?,
                broker: self.broker(&mut missing)?,
                via: self.via()?,
            },
            "auth0" => Method::Auth0 {
                application: self.application(&mut missing)?,
                refresh_token: Secret::new(self.required("auth0_refresh_token", &mut missing)?),
            },
            "linkauth" => {
                Method::LinkAuth { broker: self.broker(&mut missing)?, google: self.google_client()? }
            }
            // The last method is "token".
            _ => Method::Token(Secret::new(self.required("access_token", &mut missing)?)),
        };
        if !missing.is_empty() {
            return Err(self.missing(&missing));
        }
        self.bind_secrets(&name)?;
        Ok(AccessSettings {
            method,
            account: self.account.clone(),
            scopes: self.scopes()?,
            directory: self.cache_directory()?,
        })
    }

    /// The name of the configured credentials method.
    pub(crate) fn credentials(&self) -> Result<String> {
        match self.lookup("credentials")? {
            Some((name, _)) if METHODS.contains(&name.as_str()) => Ok(name),
            Some((name, subject)) => {
                Err(Problem::configuration(format!("{subject} is not a credentials method: \"{name}\""))
                    .hint(format!("Use one of {}.", METHODS.join(", "))))
            }
            None => Ok(METHODS[0].to_owned()),
        }
    }

    fn application(&self, missing: &mut Vec<&'static str>) -> Result<Application> {
        let (given, domain) = self.server("auth0_domain", urls::domain, missing)?;
        Ok(Application {
            cache_name: given.trim_end_matches('/').to_owned(),
            domain,
            id: self.required("auth0_client_id", missing)?,
            secret: Secret::new(self.required("auth0_client_secret", missing)?),
            audience: self.optional("auth0_audience")?.unwrap_or_default(),
        })
    }

    /// A sign-in requires the audience; the exchange of a configured refresh token does not.
    fn application_with_audience(&self, missing: &mut Vec<&'static str>) -> Result<Application> {
        let application = self.application(missing)?;
        Ok(Application { audience: self.required("auth0_audience", missing)?, ..application })
    }

    fn broker(&self, missing: &mut Vec<&'static str>) -> Result<Broker> {
        let (_, url) = self.server("linkauth_broker_url", urls::base, missing)?;
        let setting = self.lookup("linkauth_broker_url")?.map(|(_, subject)| subject).unwrap_or_default();
        Ok(Broker { url, setting, api_key: self.secret("linkauth_api_key")? })
    }

    /// A server as it is configured and in its usual spelling, both of them empty if it is missing.
    fn server(
        &self,
        name: &str,
        normalise: fn(&str, &str) -> Result<String>,
        missing: &mut Vec<&'static str>,
    ) -> Result<(String, String)> {
        match self.lookup(name)? {
            Some((text, subject)) => normalise(&text, &subject).map(|normal| (text, normal)),
            None => {
                missing.extend(spec::key(name).map(|k| k.name));
                Ok((String::new(), String::new()))
            }
        }
    }

    pub(super) fn google_client(&self) -> Result<Option<GoogleClient>> {
        match (self.optional("google_client_id")?, self.secret("google_client_secret")?) {
            (Some(id), Some(secret)) => Ok(Some(GoogleClient { id, secret })),
            (None, None) => Ok(None),
            _ => {
                Err(Problem::configuration("google_client_id and google_client_secret must be set together")
                    .hint("Set both, or neither of them."))
            }
        }
    }

    pub(super) fn via(&self) -> Result<Via> {
        match self.lookup("auth0_via")? {
            None => Ok(Via::Broker),
            Some((way, _)) if way == "broker" => Ok(Via::Broker),
            Some((way, _)) if way == "direct" => Ok(Via::Direct),
            Some((way, subject)) => {
                Err(Problem::configuration(format!("{subject} is not a way to Auth0: \"{way}\""))
                    .hint("Use broker or direct."))
            }
        }
    }

    /// Full scope URLs; `gmail.readonly` is short for one. Changing settings has a scope of its own.
    fn scopes(&self) -> Result<Vec<String>> {
        let default = || spec::key("scopes").and_then(|key| key.default).unwrap_or_default().to_owned();
        let text = self.optional("scopes")?.unwrap_or_else(default);
        // Asked for only where it is of use, since Google shows it to the person who signs in.
        let settings = self.policy().is_ok_and(|policy| policy.level() == Level::Settings);
        let settings = (settings && !text.contains(SETTINGS_SCOPE)).then_some(SETTINGS_SCOPE);
        Ok(text
            .split([' ', ','])
            .chain(settings)
            .filter(|s| !s.is_empty())
            .map(|s| {
                if s.contains("://") { s.to_owned() } else { format!("https://www.googleapis.com/auth/{s}") }
            })
            .collect())
    }
}
