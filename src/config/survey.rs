//! What `doctor` asks about the configuration: each key alone, so that one wrong key does not hide the others.

use std::path::PathBuf;

use super::{Config, Environment, check_value, first_of, urls};
use crate::{
    access::{Application, Broker},
    cli::Settings,
    problem::Result,
    secret::Secret,
    spec::{self, KEYS},
};

/// A key as it is set.
pub(crate) struct Setting {
    pub(crate) text: String,
    /// The variable, flag or line of a file.
    pub(crate) source: String,
}

impl Config {
    /// The files alone: what the variables say was not checked, and no account was chosen.
    pub(crate) fn read(flags: Settings, environment: Environment) -> Result<Config> {
        let mut faults = Vec::new();
        let config = Config::read_files(flags, environment, &mut faults);
        first_of((config, faults))
    }

    /// Chooses the account, after [`Config::read`].
    pub(crate) fn choose(&mut self) -> Result<()> {
        self.environment.check()?;
        self.account = self.choose_account()?;
        Ok(())
    }

    /// The files whose keys are used.
    pub(crate) fn used_files(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }

    /// The first place of the user's file.
    pub(crate) fn usual_file(&self) -> Option<PathBuf> {
        self.used_files().into_iter().next().or_else(|| self.searched.first().cloned())
    }

    /// A key that was set, checked as every run checks it.
    pub(crate) fn setting(&self, name: &str) -> Result<Option<Setting>> {
        let Some((text, subject)) = self.lookup(name)? else { return Ok(None) };
        if let Some(key) = spec::key(name) {
            check_value(key, &text, &subject)?;
        }
        let source = subject.strip_prefix(name).unwrap_or(&subject).trim_matches([' ', '(', ')']).to_owned();
        Ok(Some(Setting { text, source }))
    }

    /// The first problem with a key that has no point of its own, with the policy, with the files that may be used, or
    /// with a secret that has another source than its endpoint.
    pub(crate) fn check_others(&self, own: impl Fn(&str) -> bool) -> Result<()> {
        for key in KEYS.iter().filter(|key| !own(key.name) && key.name != "proxy") {
            if key.name != "cache_dir" {
                self.lookup(key.name)?;
            }
        }
        self.cache_directory()?;
        self.bind_secrets(&self.credentials()?)?;
        self.format()?;
        self.via()?;
        self.google_client()?;
        self.timeout()?;
        self.remembers()?;
        self.signs()?;
        self.fences()?;
        let policy = self.policy()?;
        self.file_access(&policy, false).map(drop)
    }

    /// Whether Auth0 is reached without the broker.
    pub(crate) fn goes_directly(&self) -> bool {
        let is = |name: &str, value: &str| self.optional(name).is_ok_and(|v| v.as_deref() == Some(value));
        is("auth0_via", "direct") || is("credentials", "auth0")
    }

    /// The broker, as far as it is configured. Its key is left out if it may not be sent there.
    pub(crate) fn partial_broker(&self, may_send_secrets: bool) -> Option<Broker> {
        let (text, subject) = self.lookup("linkauth_broker_url").ok()??;
        let url = urls::base(&text, &subject).ok()?;
        let api_key = self.optional("linkauth_api_key").ok().flatten().filter(|_| may_send_secrets);
        Some(Broker { url, setting: subject, api_key: api_key.map(Secret::new) })
    }

    /// The application, as far as it is configured; what is missing is empty.
    pub(crate) fn partial_application(&self) -> Option<Application> {
        let (text, subject) = self.lookup("auth0_domain").ok()??;
        let optional = |name: &str| self.optional(name).ok().flatten().unwrap_or_default();
        Some(Application {
            domain: urls::domain(&text, &subject).ok()?,
            cache_name: text.trim_end_matches('/').to_owned(),
            id: optional("auth0_client_id"),
            secret: Secret::new(optional("auth0_client_secret")),
            audience: optional("auth0_audience"),
        })
    }
}
