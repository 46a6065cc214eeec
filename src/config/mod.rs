//! Configuration: the environment, the files and the flags end here and become plain values.
//!
//! For each key, the first source that is set wins: flag, `MCS_GMAIL_<KEY>`, the plain variable of the set-up guide,
//! the section of the chosen account, file. The policy is different: every file that is found can narrow it, and none
//! can widen it.

mod access;
mod accounts;
mod binding;
mod client;
mod encoding;
mod environment;
mod file_access;
mod files;
mod import;
mod packed;
mod paths;
mod permissions;
mod placeholders;
mod policy;
mod show;
mod survey;
mod urls;
mod values;
mod write;

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;

use self::files::{File, SYSTEM_FILE, read_file, text_for, wrong_kind};
pub(crate) use self::{
    environment::Environment,
    files::Places,
    import::{Imported, Setting},
    packed::{Packed, filled_in},
    show::{Shown, Use, with_tilde},
    write::Target,
};
use crate::{
    access::AccountChoice,
    cli::{Format, Options, Settings},
    http::{HttpSettings, ProxySetting, Trust},
    problem::{Problem, Result},
    spec::{self, Form, Key},
};

/// The time limit of a run, unless `timeout` is set. Agent hosts kill a command after 45 s.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(40);
const _: () = assert!(DEFAULT_TIMEOUT.as_secs() < 45);
const FORMAT: &str = "format";

/// The flags, the environment and the files, from which each key takes its value.
pub(crate) struct Config {
    flags: Settings,
    environment: Environment,
    files: Vec<File>,
    /// Files whose keys are not used: those after the first, and the usual ones if another is given. Their policy
    /// applies, so that it cannot be widened by giving another file.
    overruled: Vec<File>,
    searched: Vec<PathBuf>,
    /// The usual places of the user's files and the system's file.
    usual: Vec<PathBuf>,
    account: AccountChoice,
    pub(crate) warnings: Vec<String>,
}

/// A value, not yet checked, and the flag, variable or line of a file where it was set.
struct Found<'c> {
    key: &'static str,
    value: OsString,
    source: String,
    origin: Origin<'c>,
}

/// What kind of source a value comes from.
#[derive(Clone, Copy)]
enum Origin<'c> {
    Flag,
    Environment,
    File(&'c File),
}

impl Config {
    /// The configuration of a run, and the output format. A configuration that cannot be read is the problem of the
    /// commands that need it; its format may be known all the same.
    pub(crate) fn of_run(options: &Options, environment: &Environment) -> (Result<Config>, Option<Format>) {
        let typed = options.global.format;
        let config = Config::load(options.settings.clone(), environment.clone());
        let format = match (typed, &config) {
            (Some(format), _) => Ok(Some(format)),
            (None, Ok(config)) => config.format(),
            (None, Err(_)) => Ok(environment.format()),
        };
        match format {
            Ok(format) => (config, format),
            Err(problem) => (Err(problem), None),
        }
    }

    /// Finds and reads the files, and chooses the account.
    pub(crate) fn load(flags: Settings, environment: Environment) -> Result<Config> {
        first_of(Config::inspect(flags, environment))
    }

    /// The configuration as far as it can be read, and what is in the way of using it.
    pub(crate) fn inspect(flags: Settings, environment: Environment) -> (Config, Vec<Problem>) {
        let mut faults = Vec::new();
        kept(environment.check(), &mut faults);
        let mut config = Config::read_files(flags, environment, &mut faults);
        config.account = kept(config.choose_account(), &mut faults).unwrap_or_default();
        (config, faults)
    }

    /// The files that can be read. Nothing else is checked, and no account is chosen.
    fn read_files(flags: Settings, environment: Environment, faults: &mut Vec<Problem>) -> Config {
        let home = kept(paths::home(&environment), faults).flatten();
        let places = kept(Places::find(flags.config.as_deref(), &environment), faults).unwrap_or_default();
        let searched = places.searched();
        let mut config = Config {
            flags,
            environment,
            files: Vec::new(),
            overruled: Vec::new(),
            searched: Vec::new(),
            usual: Vec::new(),
            account: AccountChoice::default(),
            warnings: Vec::new(),
        };
        for path in places.usual.iter().filter(|_| places.named.is_some()) {
            let file = kept(read_file(path, false, home.as_deref()), faults);
            config.overruled.extend(file.flatten());
        }
        for path in &searched {
            let must_exist = places.named.as_ref() == Some(path);
            let file = kept(read_file(path, must_exist, home.as_deref()), faults);
            let Some(file) = file.flatten() else { continue };
            config.warnings.extend(warning(&file));
            // The keys come from one file, and missing keys from the system's file. The keys of two user files
            // are not mixed.
            if config.files.is_empty() || path == Path::new(SYSTEM_FILE) {
                config.files.push(file);
            } else {
                config.overruled.push(file);
            }
        }
        config.searched = searched;
        config.usual = places.usual;
        config.usual.push(PathBuf::from(SYSTEM_FILE));
        config
    }

    /// Where a key is set, by the order of the sources.
    fn find(&self, key: &'static Key) -> Result<Option<Found<'_>>> {
        if let Some(value) = self.flags.keys.get(key.name) {
            let source = format!("--{}", key.name.replace('_', "-"));
            if value.trim().is_empty() {
                return Err(Problem::usage(format!("{source} has no value"))
                    .hint("Give a value, or omit the option."));
            }
            return Ok(Some(Found { key: key.name, value: value.into(), source, origin: Origin::Flag }));
        }
        for source in variables(key) {
            if let Some(value) = self.environment.bytes(&source) {
                return Ok(Some(Found {
                    key: key.name,
                    value: value.to_owned(),
                    source,
                    origin: Origin::Environment,
                }));
            }
        }
        let in_sections = self.files.iter().flat_map(|file| {
            let chosen = file.sections.iter().filter(|section| section.is_chosen(&self.account));
            chosen.map(move |section| (file, Some(section.name.as_str()), &section.members))
        });
        let in_files = self.files.iter().map(|file| (file, None, &file.members));
        for (file, account, members) in in_sections.chain(in_files) {
            if let Some(value) = members.get(key.name) {
                let source = file.place(account, key.name);
                let text = text_for(key, value).ok_or_else(|| wrong_kind(&source, key.name, "a string"))?;
                if !text.trim().is_empty() {
                    return Ok(Some(Found {
                        key: key.name,
                        value: text.into(),
                        source,
                        origin: Origin::File(file),
                    }));
                }
            }
        }
        Ok(None)
    }

    /// The checked text of a key, and the key with its source for messages.
    fn lookup(&self, name: &str) -> Result<Option<(String, String)>> {
        let Some(key) = spec::key(name) else { return Ok(None) };
        let Some(Found { value, source, .. }) = self.find(key)? else { return Ok(None) };
        let text = environment::text(&value, &source)?.trim();
        let subject = format!("{name} ({source})");
        let text = if key.name == "access_token" { without_scheme(text, &subject)? } else { text };
        values::check(key, text, &subject)?;
        Ok(Some((text.to_owned(), subject)))
    }

    fn optional(&self, name: &str) -> Result<Option<String>> {
        Ok(self.lookup(name)?.map(|(text, _)| text))
    }

    /// The absolute path that a key gives.
    fn path(&self, name: &str) -> Result<Option<PathBuf>> {
        let Some(key) = spec::key(name) else { return Ok(None) };
        let Some(Found { value, source, .. }) = self.find(key)? else { return Ok(None) };
        paths::absolute(&value, &format!("{name} ({source})"), &self.environment).map(Some)
    }

    /// Where it is kept what each terminal showed. It is one place for every cache of the user.
    pub(crate) fn terminals_directory(&self) -> Result<PathBuf> {
        Ok(paths::home(&self.environment)?.ok_or_else(paths::no_home)?.join(".mcs/cache/terminals"))
    }

    pub(crate) fn cache_directory(&self) -> Result<PathBuf> {
        match self.path("cache_dir")? {
            Some(directory) => Ok(directory),
            None => Ok(paths::home(&self.environment)?.ok_or_else(paths::no_home)?.join(".mcs/cache")),
        }
    }

    /// The commands that the user prefers for opening a URL.
    pub(crate) fn browser(&self) -> Option<&OsStr> {
        self.environment.bytes("BROWSER")
    }

    pub(crate) fn sender_name(&self) -> Result<Option<String>> {
        self.optional("sender_name")
    }

    /// The time limit of a run.
    pub(crate) fn timeout(&self) -> Result<Duration> {
        let Some((text, subject)) = self.lookup("timeout")? else { return Ok(DEFAULT_TIMEOUT) };
        match text.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
            _ => Err(Problem::configuration(format!("{subject} is not a number of seconds: \"{text}\""))
                .hint("Give a number of seconds between 0 and 86400.")),
        }
    }

    /// Whether the rows of lists are kept.
    pub(crate) fn remembers(&self) -> Result<bool> {
        Ok(self.flag("remember")?.unwrap_or_default())
    }

    /// Whether `exec` fences the bodies of messages: unless it is told otherwise, in the skill.
    pub(crate) fn fences(&self) -> Result<bool> {
        Ok(self.flag("as_data")?.unwrap_or_else(|| self.environment.is_launched()))
    }

    /// Whether messages have the signature of their sender.
    pub(crate) fn signs(&self) -> Result<bool> {
        Ok(self.flag("signature")?.unwrap_or_default())
    }

    /// `None` if it is not set.
    fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.lookup(name)? {
            None => Ok(None),
            Some((text, _)) if matches!(&*text, "true" | "false") => Ok(Some(text == "true")),
            Some((text, subject)) => {
                Err(Problem::configuration(format!("{subject} is neither true nor false: \"{text}\""))
                    .hint("Give true or false."))
            }
        }
    }

    /// The output format that the environment or a file sets.
    fn format(&self) -> Result<Option<Format>> {
        let Some((text, subject)) = self.lookup(FORMAT)? else { return Ok(None) };
        let format = Format::of_setting(&text).ok_or_else(|| {
            Problem::configuration(format!("{subject} is not an output format: \"{text}\""))
                .hint(format!("Use one of {}.", Format::names_of_settings().join(", ")))
        });
        format.map(Some)
    }

    /// The proxy and the trusted certificates, from the environment and the key `proxy`.
    pub(crate) fn http(&self) -> Result<HttpSettings> {
        let env = &self.environment;
        let proxy = match self.lookup("proxy")? {
            Some((text, _)) if text.eq_ignore_ascii_case("direct") => ProxySetting::Direct,
            Some((text, subject)) => ProxySetting::url(&text, &format!("the key {subject}"))?,
            None => match env.first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])? {
                Some((name, text)) => ProxySetting::url(pasted(text, name, Form::Word)?, name)?,
                None => ProxySetting::Direct,
            },
        };
        let no_proxy = match env.first(&["no_proxy", "NO_PROXY"])? {
            Some((name, text)) => {
                pasted(&text.replace(['\n', '\r', '\t'], " "), name, Form::Words)?.to_owned()
            }
            None => String::new(),
        };
        let extra = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
        let path = |name: &str| env.bytes(name).map(|given| paths::expanded(given, env)).transpose();
        let extra = extra.into_iter().filter_map(|name| Some((name, path(name).transpose()?)));
        let extra = extra.map(|(name, path)| Ok((name, path?))).collect::<Result<_>>()?;
        let trust = Trust { file: path("SSL_CERT_FILE")?, directory: path("SSL_CERT_DIR")?, extra };
        Ok(HttpSettings { proxy, no_proxy, trust })
    }

    /// The problem for keys that are not set: it names key, variable and file.
    fn missing(&self, keys: &[&str]) -> Problem {
        let names: Vec<String> =
            keys.iter().map(|name| format!("{name} (variable MCS_GMAIL_{})", name.to_uppercase())).collect();
        let file = self.files.first().map(|f| f.path.clone()).or_else(|| self.searched.first().cloned());
        let file = file.map(|f| f.display().to_string()).unwrap_or_else(|| SYSTEM_FILE.into());
        let accounts = self.account_names();
        let hint = if accounts.is_empty() || self.account.name.is_some() {
            format!(
                "Run mcs-gmail config init to be asked for them, set the variables, or add the keys to {file}."
            )
        } else {
            format!("Choose an account with --account ({}), or add the keys to {file}.", accounts.join(", "))
        };
        Problem::configuration(format!("not configured: {}", names.join(", ")))
            .hint(hint)
            .detail("missing", keys.iter().map(|k| Value::from(*k)).collect::<Vec<_>>())
            .detail(
                "searched",
                self.searched.iter().map(|p| Value::from(p.display().to_string())).collect::<Vec<_>>(),
            )
    }
}

/// The configuration if nothing is in the way of using it, or else what comes first.
fn first_of((config, faults): (Config, Vec<Problem>)) -> Result<Config> {
    faults.into_iter().next().map_or(Ok(config), Err)
}

/// The value of a step; its failure is added to the faults.
fn kept<T>(result: Result<T>, faults: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

/// The variables that set a key, in their order.
fn variables(key: &Key) -> impl Iterator<Item = String> {
    [environment::variable(key)].into_iter().chain(key.plain.map(str::to_owned))
}

/// Checks the value of a key as it is checked when it is used. `subject` names key and source.
pub(crate) fn check_value(key: &Key, text: &str, subject: &str) -> Result<()> {
    values::check(key, text, subject)?;
    match key.name {
        "auth0_domain" => urls::domain(text, subject).map(drop),
        "linkauth_broker_url" => urls::base(text, subject).map(drop),
        _ => Ok(()),
    }
}

/// The text of a variable that belongs to no key, if it was not pasted wrongly.
fn pasted<'t>(text: &'t str, name: &str, form: Form) -> Result<&'t str> {
    let text = text.trim();
    match values::flaw(text, form) {
        Some(flaw) => Err(Problem::configuration(format!("{name} {}", flaw.what)).hint(flaw.fix)),
        None => Ok(text),
    }
}

/// An access token without `Bearer `, with which it is copied from a header.
fn without_scheme<'t>(text: &'t str, subject: &str) -> Result<&'t str> {
    match text.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim_start()),
        None if text.eq_ignore_ascii_case("bearer") => {
            Err(Problem::configuration(format!("{subject} is only the word \"Bearer\""))
                .hint("Give the token that follows this word."))
        }
        _ => Ok(text),
    }
}

/// The warning if other users can read a secret of the file.
fn warning(file: &File) -> Option<String> {
    let path = file.path.display();
    let all = file.sections.iter().map(|section| &section.members).chain([&file.members]);
    let is_secret = |(name, value): (&String, &Value)| {
        spec::key(name).is_some_and(|key| key.secret) && value.as_str() != Some("")
    };
    let holds_secret = all.into_iter().flatten().any(is_secret);
    (holds_secret && permissions::should_be_private(&file.path))
        .then(|| format!("{path} contains a secret and can be read by other users; run chmod 600 {path}"))
}
