//! The local half: configuration, cache, proxy setting and certificates. Nothing is sent.

use std::time::Duration;

use super::report::Report;
use crate::{
    access::{AccessSettings, Application, Broker},
    cli::Settings,
    config::{Config, Environment},
    gmail::HOST as GMAIL_HOST,
    http::HttpSettings,
    problem::Problem,
    spec::{self, POINTS},
    store::{self, Flaw, LockState, Survey},
    url::host,
};

/// What is known after the local half, as far as it is configured.
pub(super) struct Facts {
    pub(super) credentials: String,
    /// Whether Auth0 is reached through the broker.
    pub(super) through_broker: bool,
    pub(super) broker: Option<Broker>,
    pub(super) application: Option<Application>,
    pub(super) http: Option<HttpSettings>,
    /// The time limit that was configured.
    pub(super) patience: Option<Duration>,
    /// Only if nothing is missing.
    pub(super) access: Option<AccessSettings>,
    pub(super) survey: Option<Survey>,
}

/// Judges the local points. `None` if the configuration cannot be read.
pub(super) fn examine(report: &mut Report, settings: Settings, environment: Environment) -> Option<Facts> {
    let mut config = match Config::read(settings, environment) {
        Ok(config) => config,
        Err(problem) => {
            report.keep_those_of("auth0-linkauth");
            report.fault_of("config.file", "configuration", &problem);
            return None;
        }
    };
    let credentials = config.credentials().unwrap_or_else(|_| "auth0-linkauth".to_owned());
    report.keep_those_of(&credentials);
    let through_broker = !config.goes_directly();
    if !through_broker {
        report.omit("broker.proxy");
        report.omit("broker.proxy_domain");
    }
    judge_file(report, &config);
    let chosen = config.choose();
    let points = POINTS.iter().filter_map(|point| point.name.strip_prefix("config."));
    for name in points.filter(|name| spec::key(name).is_some()) {
        judge_key(report, &config, name);
    }
    let access = judge_settings(report, &config, chosen);
    let survey = judge_cache(report, &config);
    let may_send_secrets = report.is_ok("config.settings");
    let broker = config.partial_broker(may_send_secrets);
    let application = config.partial_application();
    let http = judge_network(report, &config, broker.as_ref(), application.as_ref());
    let patience = config.setting("timeout").ok().flatten().and_then(|_| config.timeout().ok());
    Some(Facts { patience, credentials, through_broker, broker, application, http, access, survey })
}

fn judge_file(report: &mut Report, config: &Config) {
    let files = config.used_files();
    if let Some(warning) = config.warnings.first() {
        let (detail, fix) = warning.split_once("; run ").unwrap_or((warning, ""));
        return report.fault_with("config.file", "cache_not_private", detail, &format!("Run {fix}."));
    }
    let shown: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    match (shown.as_slice(), config.usual_file()) {
        ([], Some(usual)) => {
            report.ok("config.file", format!("no file at {}, only variables", usual.display()))
        }
        (files, _) => report.ok("config.file", files.join(", ")),
    }
}

fn judge_key(report: &mut Report, config: &Config, name: &'static str) {
    let point = format!("config.{name}");
    if !report.can_judge(&point) {
        return;
    }
    let Some(key) = spec::key(name) else { return };
    match config.setting(name) {
        Err(problem) => report.fault_of(&point, "configuration", &problem),
        Ok(Some(setting)) if key.secret => report.ok(&point, format!("set ({})", setting.source)),
        Ok(Some(setting)) => report.ok(&point, format!("{} ({})", setting.text, setting.source)),
        Ok(None) if name == "linkauth_api_key" => report.ok(&point, "not set"),
        Ok(None) => {
            let file = config.usual_file().map(|path| format!(" in {}", path.display())).unwrap_or_default();
            let variable = format!("MCS_GMAIL_{}", name.to_uppercase());
            let what = lower_first(key.text.trim_end_matches('.'));
            let fix =
                format!("Set {name}{file}, or the variable {variable}: {what} (step {}).", step_of(name));
            report.fault_with(&point, "configuration", format!("{name} is not set"), &fix);
        }
    }
}

/// The step of the set-up guide in which a value is found.
fn step_of(key: &str) -> &'static str {
    match key {
        "auth0_audience" => "A6",
        "linkauth_broker_url" => "B1",
        "auth0_refresh_token" | "access_token" => "M2",
        _ => "A1",
    }
}

/// Judges the other keys, and whether secrets belong to their endpoints. Gives all that is configured if nothing is
/// missing.
fn judge_settings(
    report: &mut Report,
    config: &Config,
    chosen: Result<(), Problem>,
) -> Option<AccessSettings> {
    let has_point = |name: &str| spec::point(&format!("config.{name}")).is_some();
    if let Err(problem) = chosen.and_then(|()| config.check_others(has_point)) {
        report.fault_of("config.settings", "configuration", &problem);
        return None;
    }
    // What is missing has a point of its own.
    let access = config.access().ok();
    let account = access.as_ref().and_then(|access| access.account.name.as_ref());
    let account = account.map(|name| format!("account {name}, ")).unwrap_or_default();
    report
        .ok("config.settings", format!("{account}credentials {}", config.credentials().unwrap_or_default()));
    access
}

fn judge_cache(report: &mut Report, config: &Config) -> Option<Survey> {
    let Ok(directory) = config.cache_directory() else {
        report.skip("cache.directory", "config.settings");
        return None;
    };
    let survey = store::survey(&directory);
    judge_place(report, config, "cache.directory", &survey.directory);
    if report.can_judge("cache.file") {
        judge_place(report, config, "cache.file", &survey.file);
    }
    if report.can_judge("cache.writable") {
        match &survey.writable {
            Ok(()) => report.ok("cache.writable", "a sign-in can be stored"),
            Err(problem) => {
                report.fault_of("cache.writable", "cache_not_writable", &config.advised(problem.clone()))
            }
        }
    }
    if report.can_judge("cache.lock") {
        judge_lock(report, &survey.lock);
    }
    Some(survey)
}

fn judge_place(report: &mut Report, config: &Config, name: &str, place: &Result<String, Flaw>) {
    match place {
        Ok(detail) => report.ok(name, detail),
        Err(Flaw::NotPrivate(problem)) => report.fault_of(name, "cache_not_private", problem),
        Err(Flaw::Unusable(problem)) => {
            report.fault_of(name, "cache_not_writable", &config.advised(problem.clone()))
        }
        Err(Flaw::Damaged(problem)) => report.fault_of(name, "cache_damaged", problem),
    }
}

fn judge_lock(report: &mut Report, lock: &LockState) {
    match lock {
        LockState::Free => report.ok("cache.lock", "free"),
        LockState::Held => report.unknown(
            "cache.lock",
            "another mcs-gmail process is using the cache",
            "Run doctor again; if the lock is still held, look for that process with ps.",
        ),
        LockState::Unsupported(error) => report.unknown(
            "cache.lock",
            format!("file locks are not supported here ({error})"),
            "Do not run several commands at once, or set MCS_CACHE_DIR to a local file system.",
        ),
        LockState::Unusable(problem) => report.fault_of("cache.lock", "cache_not_writable", problem),
    }
}

fn judge_network(
    report: &mut Report,
    config: &Config,
    broker: Option<&Broker>,
    application: Option<&Application>,
) -> Option<HttpSettings> {
    let http = match config.http() {
        Ok(http) => http,
        Err(problem) => {
            report.fault_of("network.proxy", "configuration", &problem);
            ["network.ca", "broker.reachable", "auth0.tenant", "gmail.reachable", "clock"]
                .iter()
                .for_each(|name| report.skip(name, "network.proxy"));
            return None;
        }
    };
    let hosts: Vec<&str> = broker
        .map(|broker| host(&broker.url))
        .into_iter()
        .chain(application.filter(|_| config.goes_directly()).map(|a| a.domain.as_str()))
        .collect();
    let always = if http.has_proxy() { format!("; {GMAIL_HOST} always uses it") } else { String::new() };
    report.ok("network.proxy", format!("{}{always}", http.route(&hosts)));
    match http.trust.survey() {
        Ok(detail) => report.ok("network.ca", detail),
        Err(detail) => report.fault("network.ca", "no_certificates", detail),
    }
    Some(http)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
