//! Configuration: the environment, the files and the flags end here and become plain values.
//!
//! For each key, the first source that is set wins: flag, `MCS_GMAIL_<KEY>`, the plain variable of the set-up guide,
//! file. The policy is different: every file that is found can narrow it, and none can widen it.

mod files;
mod policy;
mod values;

use std::{
    collections::HashMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value};

pub(crate) use self::files::places;
use self::{
    files::{
        File, SYSTEM_FILE, candidates, home, read_file, readable_by_others, text_of, usual_places, wrong_kind,
    },
    values::{base_url, domain_name},
};
use crate::{
    access::{AccessSettings, Application, Broker, GoogleClient, Method, Via},
    http::{HttpSettings, ProxySetting, Trust},
    output::Colors,
    problem::{Problem, Result},
    secret::Secret,
    spec,
};

/// The time limit of a run, unless `timeout` is set. Agent hosts kill a command after 45 s.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(40);
const _: () = assert!(DEFAULT_TIMEOUT.as_secs() < 45);
const DEFAULT_SCOPES: &[&str] = &["https://mail.google.com/", "gmail.readonly", "gmail.send", "gmail.modify"];

/// A snapshot of the environment.
#[derive(Clone)]
pub(crate) struct Environment(HashMap<String, String>);

impl Environment {
    /// Reads the environment of the process, once.
    pub(crate) fn read() -> Self {
        let text = |s: std::ffi::OsString| s.into_string().ok();
        Environment(std::env::vars_os().filter_map(|(k, v)| Some((text(k)?, text(v)?))).collect())
    }

    /// The value of a variable; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|v| !v.trim().is_empty())
    }

    pub(crate) fn colors(&self) -> Colors {
        Colors {
            never: self.get("NO_COLOR").is_some(),
            always: self.get("CLICOLOR_FORCE").is_some_and(|v| v != "0"),
        }
    }

    /// The first of these variables that is set, with its name.
    fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|n| self.get(n).map(|v| (*n, v)))
    }
}

/// The flags, the environment and the files, from which each key takes its value.
pub(crate) struct Config {
    flags: Map<String, Value>,
    environment: Environment,
    files: Vec<File>,
    /// Files whose keys are not used: those after the first, and the usual ones if another is given. Their policy
    /// applies, so that it cannot be widened by giving another file.
    overruled: Vec<File>,
    searched: Vec<PathBuf>,
    pub(crate) warnings: Vec<String>,
}

impl Config {
    /// Finds and reads the files. `explicit` is the value of `--config`.
    pub(crate) fn load(
        explicit: Option<&str>,
        flags: Map<String, Value>,
        environment: Environment,
    ) -> Result<Config> {
        let mut config = Config {
            flags,
            environment,
            files: Vec::new(),
            overruled: Vec::new(),
            searched: Vec::new(),
            warnings: Vec::new(),
        };
        let named = explicit.or_else(|| config.environment.get("MCS_GMAIL_CONFIG")).is_some();
        for path in usual_places(&config.environment).into_iter().filter(|_| named) {
            config.overruled.extend(read_file(&path, false)?);
        }
        for (path, must_exist) in candidates(explicit, &config.environment) {
            if let Some(file) = read_file(&path, must_exist)? {
                config.warnings.extend(readable_by_others(&file));
                // The keys come from one file, and missing keys from the system's file. The keys of two user files
                // are not mixed.
                if config.files.is_empty() || path == Path::new(SYSTEM_FILE) {
                    config.files.push(file);
                } else {
                    config.overruled.push(file);
                }
            }
            config.searched.push(path);
        }
        Ok(config)
    }

    /// The value of a key, and the name of its source for messages.
    fn lookup(&self, name: &str) -> Result<Option<(String, String)>> {
        if let Some(value) = self.flags.get(name) {
            let flag = format!("--{}", name.replace('_', "-"));
            let text = text_of(value).unwrap_or_default().trim().to_owned();
            if text.is_empty() {
                return Err(
                    Problem::usage(format!("{flag} has no value")).hint("Give a value, or omit the option.")
                );
            }
            return Ok(Some((text, flag)));
        }
        let variable = format!("MCS_GMAIL_{}", name.to_uppercase());
        if let Some(value) = self.environment.get(&variable) {
            return Ok(Some((value.trim().to_owned(), variable)));
        }
        if let Some(plain) = spec::key(name).and_then(|k| k.plain)
            && let Some(value) = self.environment.get(plain)
        {
            return Ok(Some((value.trim().to_owned(), plain.to_owned())));
        }
        for file in &self.files {
            if let Some(value) = file.members.get(name) {
                let text = text_of(value).ok_or_else(|| wrong_kind(file, name, "a string"))?;
                if !text.trim().is_empty() {
                    return Ok(Some((text.trim().to_owned(), file.path.display().to_string())));
                }
            }
        }
        Ok(None)
    }

    fn optional(&self, name: &str) -> Result<Option<String>> {
        Ok(self.lookup(name)?.map(|(text, _)| text))
    }

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
        let name = self.optional("credentials")?.unwrap_or_else(|| "auth0-linkauth".into());
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
            "token" => Method::Token(Secret::new(self.required("access_token", &mut missing)?)),
            other => {
                return Err(Problem::configuration(format!("unknown credentials method \"{other}\""))
                    .hint("Use auth0-linkauth, auth0, linkauth or token."));
            }
        };
        if !missing.is_empty() {
            return Err(self.missing(&missing));
        }
        Ok(AccessSettings {
            method,
            account: self.optional("account")?,
            scopes: self.scopes()?,
            directory: self.cache_directory()?,
        })
    }

    fn application(&self, missing: &mut Vec<&'static str>) -> Result<Application> {
        let domain = self.required("auth0_domain", missing)?;
        Ok(Application {
            cache_name: domain.trim_end_matches('/').to_owned(),
            domain: if domain.is_empty() { domain } else { domain_name(&domain)? },
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
        let url = self.required("linkauth_broker_url", missing)?;
        let url = if url.is_empty() { url } else { base_url("linkauth_broker_url", &url)? };
        Ok(Broker { url, api_key: self.secret("linkauth_api_key")? })
    }

    fn google_client(&self) -> Result<Option<GoogleClient>> {
        match (self.optional("google_client_id")?, self.secret("google_client_secret")?) {
            (Some(id), Some(secret)) => Ok(Some(GoogleClient { id, secret })),
            (None, None) => Ok(None),
            _ => {
                Err(Problem::configuration("google_client_id and google_client_secret must be set together")
                    .hint("Set both, or neither of them."))
            }
        }
    }

    fn via(&self) -> Result<Via> {
        match self.optional("auth0_via")?.as_deref() {
            None | Some("broker") => Ok(Via::Broker),
            Some("direct") => Ok(Via::Direct),
            Some(other) => Err(Problem::configuration(format!("invalid auth0_via \"{other}\""))
                .hint("Use broker or direct.")),
        }
    }

    /// Full scope URLs; `gmail.readonly` is short for one.
    fn scopes(&self) -> Result<Vec<String>> {
        let text = self.optional("scopes")?;
        let names: Vec<&str> = match &text {
            Some(text) => text.split([' ', ',']).filter(|s| !s.is_empty()).collect(),
            None => DEFAULT_SCOPES.to_vec(),
        };
        Ok(names
            .into_iter()
            .map(|s| {
                if s.contains("://") { s.to_owned() } else { format!("https://www.googleapis.com/auth/{s}") }
            })
            .collect())
    }

    pub(crate) fn cache_directory(&self) -> Result<PathBuf> {
        if let Some(directory) = self.optional("cache_dir")? {
            let below_home = directory.strip_prefix("~/").zip(home(&self.environment));
            return Ok(below_home.map_or_else(|| PathBuf::from(&directory), |(rest, home)| home.join(rest)));
        }
        let home = home(&self.environment).ok_or_else(|| {
            Problem::configuration("cannot find a home directory for the cache")
                .hint("Set MCS_CACHE_DIR (or the key cache_dir) to a writable directory.")
        })?;
        Ok(home.join(".mcs/cache"))
    }

    /// The commands that the user prefers for opening a URL.
    pub(crate) fn browser(&self) -> Option<&OsStr> {
        self.environment.get("BROWSER").map(OsStr::new)
    }

    pub(crate) fn sender_name(&self) -> Result<Option<String>> {
        self.optional("sender_name")
    }

    /// The time limit of a run.
    pub(crate) fn timeout(&self) -> Result<Duration> {
        let Some((text, source)) = self.lookup("timeout")? else { return Ok(DEFAULT_TIMEOUT) };
        match text.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
            _ => Err(Problem::configuration(format!("invalid timeout \"{text}\" ({source})"))
                .hint("Give a number of seconds between 0 and 86400.")),
        }
    }

    /// The proxy and the trusted certificates, from the environment and the key `proxy`.
    pub(crate) fn http(&self) -> Result<HttpSettings> {
        let env = &self.environment;
        let proxy = match self.lookup("proxy")? {
            Some((text, _)) if text.eq_ignore_ascii_case("direct") => ProxySetting::Direct,
            Some((text, source)) => ProxySetting::url(&text, &source)?,
            None => match env.first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) {
                Some((name, text)) => ProxySetting::url(text, name)?,
                None => ProxySetting::Direct,
            },
        };
        let no_proxy = env.first(&["no_proxy", "NO_PROXY"]).map(|(_, v)| v.to_owned()).unwrap_or_default();
        let extra = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
        let extra = extra.into_iter().filter_map(|n| Some((n, PathBuf::from(env.get(n)?)))).collect();
        let trust = Trust {
            file: env.get("SSL_CERT_FILE").map(PathBuf::from),
            directory: env.get("SSL_CERT_DIR").map(PathBuf::from),
            extra,
        };
        Ok(HttpSettings { proxy, no_proxy, trust })
    }

    /// The problem for keys that are not set: it names key, variable and file.
    fn missing(&self, keys: &[&str]) -> Problem {
        let names: Vec<String> =
            keys.iter().map(|name| format!("{name} (variable MCS_GMAIL_{})", name.to_uppercase())).collect();
        let file = self.files.first().map(|f| f.path.clone()).or_else(|| self.searched.first().cloned());
        let file = file.map(|f| f.display().to_string()).unwrap_or_else(|| SYSTEM_FILE.into());
        Problem::configuration(format!("not configured: {}", names.join(", ")))
            .hint(format!(
                "Set the variables, or add the keys to {file}. Run mcs-gmail config example to print a template."
            ))
            .detail("missing", keys.iter().map(|k| Value::from(*k)).collect::<Vec<_>>())
            .detail(
                "searched",
                self.searched.iter().map(|p| Value::from(p.display().to_string())).collect::<Vec<_>>(),
            )
    }
}
