//! Configuration: the environment, the files and the flags end here and become plain values.
//!
//! Per key the first that is set wins: flag, `MCS_GMAIL_<KEY>`, the plain name of the set-up guide, the file.
//! The policy is different: every file found may narrow it, none can widen it.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value};
use url::Url;

use crate::{
    access::{Application, Broker, Method, Settings as AccessSettings, Via},
    http::{ProxySetting, Settings as HttpSettings, Trust},
    policy::{self, Policy},
    problem::{Problem, Result},
    secret::Secret,
    spec::{self, Level},
    suggest, url as urls,
};

/// Where an administrator's file may stand; read for its policy and as the last place for keys.
const SYSTEM_FILE: &str = "/etc/mcs-gmail/config.toml";
/// One run, unless `timeout` says otherwise. Agent hosts kill a command at 45 s.
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

    /// The first of these that is set, with its name.
    fn first(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|n| self.get(n).map(|v| (*n, v)))
    }
}

/// What a file said: its members, and where it stands.
struct File {
    path: PathBuf,
    text: String,
    members: Map<String, Value>,
}

/// The merged view: where each key's value comes from.
pub(crate) struct Config {
    flags: Map<String, Value>,
    environment: Environment,
    files: Vec<File>,
    /// Files that stand behind the one that gives the keys, and the usual ones while another is named: of them only
    /// the policy holds, or naming a file would widen it.
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
                // One file gives the keys, and the system's fills its gaps: keys of two users' files do not mix.
                match config.files.is_empty() || path == Path::new(SYSTEM_FILE) {
                    true => config.files.push(file),
                    false => config.overruled.push(file),
                }
            }
            config.searched.push(path);
        }
        Ok(config)
    }

    /// The text of a key and the name of its source, for messages.
    fn lookup(&self, name: &str) -> Result<Option<(String, String)>> {
        if let Some(value) = self.flags.get(name) {
            let flag = format!("--{}", name.replace('_', "-"));
            let text = text_of(value).unwrap_or_default().trim().to_owned();
            return match text.is_empty() {
                true => {
                    Err(Problem::usage(format!("{flag} has no value")).hint("Give one, or leave it out."))
                }
                false => Ok(Some((text, flag))),
            };
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
                let text = text_of(value).ok_or_else(|| wrong_kind(file, name, "a text"))?;
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

    /// Where the credentials come from, with every key that way needs.
    pub(crate) fn access(&self) -> Result<AccessSettings> {
        let way = self.optional("credentials")?.unwrap_or_else(|| "auth0-linkauth".into());
        let mut missing = Vec::new();
        let method = match way.as_str() {
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
                return Err(Problem::configuration(format!(
                    "credentials: there is no way called \"{other}\""
                ))
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

    /// A login asks for the audience; the exchange of a refresh token does not.
    fn application_with_audience(&self, missing: &mut Vec<&'static str>) -> Result<Application> {
        let application = self.application(missing)?;
        Ok(Application { audience: self.required("auth0_audience", missing)?, ..application })
    }

    fn broker(&self, missing: &mut Vec<&'static str>) -> Result<Broker> {
        let url = self.required("linkauth_broker_url", missing)?;
        let url = if url.is_empty() { url } else { base_url("linkauth_broker_url", &url)? };
        Ok(Broker { url, api_key: self.secret("linkauth_api_key")? })
    }

    fn google_client(&self) -> Result<Option<(String, Secret)>> {
        match (self.optional("google_client_id")?, self.secret("google_client_secret")?) {
            (Some(id), Some(secret)) => Ok(Some((id, secret))),
            (None, None) => Ok(None),
            _ => Err(Problem::configuration("google_client_id and google_client_secret go together")
                .hint("Set both, or none of them.")),
        }
    }

    fn via(&self) -> Result<Via> {
        match self.optional("auth0_via")?.as_deref() {
            None | Some("broker") => Ok(Via::Broker),
            Some("direct") => Ok(Via::Direct),
            Some(other) => Err(Problem::configuration(format!("auth0_via cannot be \"{other}\""))
                .hint("Use broker or direct.")),
        }
    }

    /// Full scope URLs; `gmail.readonly` stands for its long form.
    fn scopes(&self) -> Result<Vec<String>> {
        let text = self.optional("scopes")?;
        let names: Vec<&str> = match &text {
            Some(text) => text.split([' ', ',']).filter(|s| !s.is_empty()).collect(),
            None => DEFAULT_SCOPES.to_vec(),
        };
        Ok(names
            .into_iter()
            .map(|s| match s.contains("://") {
                true => s.to_owned(),
                false => format!("https://www.googleapis.com/auth/{s}"),
            })
            .collect())
    }

    pub(crate) fn cache_directory(&self) -> Result<PathBuf> {
        if let Some(directory) = self.optional("cache_dir")? {
            let below_home = directory.strip_prefix("~/").zip(home(&self.environment));
            return Ok(below_home.map_or_else(|| PathBuf::from(&directory), |(rest, home)| home.join(rest)));
        }
        let home = home(&self.environment).ok_or_else(|| {
            Problem::configuration("there is no home directory to keep the sign-in in")
                .hint("Set MCS_CACHE_DIR (or the key cache_dir) to a directory that can be written.")
        })?;
        Ok(home.join(".mcs/cache"))
    }

    pub(crate) fn sender_name(&self) -> Result<Option<String>> {
        self.optional("sender_name")
    }

    /// How long this run may take.
    pub(crate) fn timeout(&self) -> Result<Duration> {
        let Some((text, source)) = self.lookup("timeout")? else { return Ok(DEFAULT_TIMEOUT) };
        match text.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
            _ => Err(Problem::configuration(format!("timeout is \"{text}\" ({source})"))
                .hint("Give a number of seconds between 0 and 86400.")),
        }
    }

    /// Proxy and trust, from the environment and the key `proxy`.
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

    /// The commands that the person prefers for opening a URL.
    pub(crate) fn browser(&self) -> Option<&OsStr> {
        self.environment.get("BROWSER").map(OsStr::new)
    }

    /// The policy: every file narrows it, and so may the variable.
    pub(crate) fn policy(&self) -> Result<Policy> {
        let mut policy = Policy::default();
        for file in self.files.iter().chain(&self.overruled) {
            if let Some(value) = file.members.get("policy") {
                policy.narrow(policy_rule(file, value)?)?;
            }
        }
        if let Some(text) = self.environment.get("MCS_GMAIL_POLICY") {
            let source = "MCS_GMAIL_POLICY".to_owned();
            let access = Some(level(text.trim(), &source)?);
            policy.narrow(policy::Rule { access, recipients: None, source })?;
        }
        Ok(policy)
    }

    /// The message for keys that are not set anywhere: key, variable, file.
    fn missing(&self, keys: &[&str]) -> Problem {
        let names: Vec<String> =
            keys.iter().map(|name| format!("{name} (variable MCS_GMAIL_{})", name.to_uppercase())).collect();
        let file = self.files.first().map(|f| f.path.clone()).or_else(|| self.searched.first().cloned());
        let file = file.map(|f| f.display().to_string()).unwrap_or_else(|| SYSTEM_FILE.into());
        Problem::configuration(format!("not configured: {}", names.join(", ")))
            .hint(format!("Set the variables, or write the keys into {file}; config.toml.example shows how."))
            .detail("missing", keys.iter().map(|k| Value::from(*k)).collect::<Vec<_>>())
            .detail(
                "searched",
                self.searched.iter().map(|p| Value::from(p.display().to_string())).collect::<Vec<_>>(),
            )
    }
}

/// Every place that is looked at for a configuration file.
pub(crate) fn places(explicit: Option<&str>, environment: &Environment) -> Vec<PathBuf> {
    candidates(explicit, environment).into_iter().map(|(path, _)| path).collect()
}

/// The places to look, in order, and whether a missing file is an error.
fn candidates(explicit: Option<&str>, environment: &Environment) -> Vec<(PathBuf, bool)> {
    let mut places: Vec<(PathBuf, bool)> = Vec::new();
    if let Some(path) = explicit.or_else(|| environment.get("MCS_GMAIL_CONFIG")) {
        places.push((PathBuf::from(path), true));
    } else {
        places.extend(usual_places(environment).into_iter().map(|path| (path, false)));
    }
    places.push((PathBuf::from(SYSTEM_FILE), false));
    places
}

fn usual_places(environment: &Environment) -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(directory) = skill_directory(environment) {
        places.push(directory.join("config.toml"));
        places.push(directory.join("config.json"));
    }
    if let Some(home) = home(environment) {
        places.push(home.join(".mcs/mcs-gmail.toml"));
        places.push(home.join(".config/mcs-gmail/config.toml"));
    }
    places
}

/// The skill whose launcher started this binary, else the one in whose `scripts` it lies. Nothing further up:
/// those directories may be other people's.
fn skill_directory(environment: &Environment) -> Option<PathBuf> {
    let launcher = environment.get("MCS_GMAIL_SKILL_DIR").map(PathBuf::from);
    let around = || {
        let binary = fs::canonicalize(std::env::current_exe().ok()?).ok()?;
        let scripts = binary.parent().filter(|d| d.ends_with("scripts"))?;
        scripts.parent().map(Path::to_path_buf)
    };
    launcher.or_else(around).filter(|directory| directory.join("SKILL.md").is_file())
}

fn home(environment: &Environment) -> Option<PathBuf> {
    environment.get("HOME").map(PathBuf::from).or_else(dirs::home_dir)
}

fn read_file(path: &Path, must_exist: bool) -> Result<Option<File>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e)
            if !must_exist
                && matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Ok(None);
        }
        Err(e) => {
            return Err(Problem::configuration(format!("cannot read {}: {e}", path.display()))
                .hint("Mend the file or its permissions, or name another one with --config."));
        }
    };
    let members = parse(path, text.trim_start_matches('\u{feff}'))?;
    let file = File { path: path.to_owned(), text, members };
    check_keys(&file)?;
    Ok(Some(file))
}

fn parse(path: &Path, text: &str) -> Result<Map<String, Value>> {
    let bad = |line: Option<usize>, what: String| {
        let place = line.map(|l| format!("{}:{l}", path.display())).unwrap_or(path.display().to_string());
        Problem::configuration(format!("{place}: {what}"))
            .hint("Mend the file; config.toml.example shows the form.")
    };
    if path.extension().is_some_and(|e| e == "json") {
        // serde_json's own text may repeat a value of the file; its category does not.
        return serde_json::from_str(text)
            .map_err(|e| bad(Some(e.line()), format!("no valid JSON object ({:?})", e.classify())));
    }
    toml::from_str(text).map_err(|e: toml::de::Error| {
        let line = e.span().map(|s| text[..s.start.min(text.len())].lines().count().max(1));
        bad(line, e.message().to_owned())
    })
}

fn check_keys(file: &File) -> Result<()> {
    for name in file.members.keys() {
        if name == "policy" || spec::key(name).is_some() {
            continue;
        }
        let known = spec::KEYS.iter().map(|k| k.name).chain(["policy"]);
        let nearest = suggest::nearest(name, known);
        let mut problem =
            Problem::configuration(format!("{}: there is no key \"{name}\"", place(file, name)));
        problem = match nearest {
            Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
            None => problem.hint("config.toml.example lists the keys."),
        };
        return Err(problem);
    }
    Ok(())
}

/// `file:line` of a member, as far as the line can be found.
fn place(file: &File, key: &str) -> String {
    let starts = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'', '[']);
        line.strip_prefix(key)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    match file.text.lines().position(starts) {
        Some(line) => format!("{}:{}", file.path.display(), line + 1),
        None => file.path.display().to_string(),
    }
}

fn wrong_kind(file: &File, name: &str, kind: &str) -> Problem {
    Problem::configuration(format!("{}: {name} must be {kind}", place(file, name)))
        .hint("config.toml.example shows the form.")
}

/// The text of a scalar, or of a list of texts joined by blanks.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Array(items) => {
            items.iter().map(|i| i.as_str()).collect::<Option<Vec<_>>>().map(|l| l.join(" "))
        }
        _ => None,
    }
}

fn policy_rule(file: &File, value: &Value) -> Result<policy::Rule> {
    let table = value.as_object().ok_or_else(|| wrong_kind(file, "policy", "a table"))?;
    if let Some(unknown) = table.keys().find(|k| !["access", "recipients"].contains(&k.as_str())) {
        return Err(Problem::configuration(format!(
            "{}: there is no key \"{unknown}\" in [policy]",
            place(file, unknown)
        ))
        .hint("The keys of [policy] are access and recipients."));
    }
    let source = file.path.display().to_string();
    let access = match table.get("access") {
        Some(Value::String(name)) => Some(level(name, &place(file, "access"))?),
        Some(_) => return Err(wrong_kind(file, "access", "read, organise, draft or send")),
        None => None,
    };
    let recipients = match table.get("recipients") {
        Some(Value::Array(list)) => Some(
            list.iter()
                .map(|v| v.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| wrong_kind(file, "recipients", "a list of patterns"))?,
        ),
        Some(_) => return Err(wrong_kind(file, "recipients", "a list of patterns")),
        None => None,
    };
    Ok(policy::Rule { access, recipients, source })
}

fn level(name: &str, source: &str) -> Result<Level> {
    Level::parse(name).ok_or_else(|| {
        Problem::configuration(format!("{source}: there is no access level \"{name}\""))
            .hint("Use read, organise, draft or send.")
    })
}

/// A tenant's domain as it is spoken to: without scheme and slash, lower case.
fn domain_name(text: &str) -> Result<String> {
    let bare = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
    let url = Url::parse(&format!("https://{bare}/")).ok();
    match url {
        Some(url) if url.path() == "/" && url.query().is_none() && !bare.contains(['@', ' ', '/', '#']) => {
            Ok(bare.to_ascii_lowercase())
        }
        _ => Err(Problem::configuration(format!("auth0_domain \"{text}\" is no domain name"))
            .hint("Give the tenant's domain alone, such as dev-abc123.us.auth0.com.")),
    }
}

/// A base URL without its trailing slash: https, or http to this machine.
fn base_url(key: &str, text: &str) -> Result<String> {
    let wrong = |why: &str| {
        Problem::configuration(format!("{key} {why}"))
            .hint("Give an address such as https://broker.example.com.")
    };
    let url = Url::parse(text).map_err(|e| wrong(&format!("is no URL: {e}")))?;
    if !urls::is_https_or_loopback(&url) {
        return Err(wrong("must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("may not hold a login or a query"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(unix)]
fn readable_by_others(file: &File) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let holds_secret = file.members.keys().any(|k| spec::key(k).is_some_and(|k| k.secret));
    let mode = fs::metadata(&file.path).ok()?.permissions().mode();
    let path = file.path.display();
    (holds_secret && mode & 0o044 != 0)
        .then(|| format!("{path} holds a secret and can be read by others; chmod 600 {path}"))
}

#[cfg(not(unix))]
fn readable_by_others(_: &File) -> Option<String> {
    None
}
