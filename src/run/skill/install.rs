//! `skill install`: the files of the skill for Claude Code, and the lines that its settings need.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use url::Url;

use super::{MAX_SIZE, program};
use crate::{
    access::{self, Method},
    cli::Install,
    config::with_tilde,
    disk, gmail,
    observer::Observer,
    problem::{Code, Problem, Result},
    run::{End, Invocation},
    skill::{self, Installed, Needs, Part, Platform, SettingsFile},
};

/// How often a file that others change is read again.
const ATTEMPTS: usize = 20;
/// The systems on which the launcher works.
const SYSTEMS: [&str; 2] = ["linux", "darwin"];

pub(super) fn perform(install: &Install, run: &Invocation<'_>) -> Result<End> {
    run.console.expect_stdout()?;
    // An agent must not widen what it may do.
    if run.environment.is_launched() {
        return Err(Problem::usage("skill install is not available through the skill's launcher")
            .hint("Ask the user to run mcs-gmail skill install in a terminal."));
    }
    let client = run.environment.client_directory()?;
    let skills = match &install.dir {
        Some(directory) => run.environment.typed_path(directory, "--dir")?,
        None => client.join("skills"),
    };
    let directory = skills.join(skill::NAME);
    let shown = with_tilde(&directory, &run.environment);
    let needs = Needs { directory: &directory, shown, writes: writes(run), hosts: hosts(run) };
    let lines = skill::lines(&needs)?;
    // Settings that cannot be changed are a reason to change nothing.
    let path = client.join("settings.json");
    let missing = SettingsFile::read(&path).and_then(|mut file| file.add(&lines));
    if install.apply {
        missing.as_ref().map_err(Problem::clone)?;
    }
    let installed = skill::install(&directory, &parts(install)?)?;
    for kept in &installed.kept {
        let changed = kept.strip_suffix(".bak").unwrap_or(kept);
        run.console.warn(&format!("{changed} had been changed: the changed file is kept as {kept}"));
    }
    let (missing, is_complete) = match missing {
        Ok(_) if install.apply => {
            prepare_writes(run);
            (add(&path, &lines)?, true)
        }
        Ok(missing) => {
            let is_complete = !skill::has_any(&missing);
            (missing, is_complete)
        }
        Err(problem) => {
            run.console.warn(&problem.message());
            (lines, false)
        }
    };
    told(run, install, &directory, &installed, &path, &missing, is_complete)
}

/// Adds the lines to the settings, and gives those that were missing. Another program may change the file at the same
/// time: then it is read again.
fn add(path: &Path, lines: &Value) -> Result<Value> {
    for _ in 0..ATTEMPTS {
        let mut file = SettingsFile::read(path)?;
        let missing = file.add(lines)?;
        if !skill::has_any(&missing) || file.write()? {
            return Ok(missing);
        }
    }
    Err(Problem::new(
        Code::Failed,
        format!("cannot write {}: other programs keep changing it", path.display()),
    )
    .hint("Run the same command again."))
}

/// The files to install, among them the program for this machine.
fn parts(install: &Install) -> Result<Vec<Part>> {
    let own = Platform::own();
    if !SYSTEMS.contains(&own.system) {
        return Err(Problem::usage("the skill requires Linux or macOS")
            .hint("Install it in WSL, or use the commands of mcs-gmail themselves."));
    }
    let content = match &install.binary {
        Some(path) => program(path, &[own])?.1,
        None => running().map_err(|e| {
            Problem::new(Code::Failed, format!("cannot read the running program: {e}"))
                .hint("Name the binary with --binary FILE.")
        })?,
    };
    let mut parts = skill::texts();
    parts.push(Part::program(own, content));
    Ok(parts)
}

/// The program that is running, also if its file was replaced in the meantime.
fn running() -> std::io::Result<Vec<u8>> {
    let kept = Path::new("/proc/self/exe");
    let file = fs::File::open(kept).or_else(|_| fs::File::open(std::env::current_exe()?))?;
    let mut bytes = Vec::new();
    file.take(MAX_SIZE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The directory with the state between runs.
fn writes(run: &Invocation<'_>) -> Vec<String> {
    let directory = run.config().and_then(|config| config.written_directory());
    vec![directory.unwrap_or_else(|_| "~/.mcs/cache".to_owned())]
}

/// A sandbox can only allow a directory that exists. It is for its owner only.
fn prepare_writes(run: &Invocation<'_>) {
    let Ok(directory) = run.config().and_then(|config| config.cache_directory()) else { return };
    if let Err(e) = disk::create_private_directory(&directory) {
        run.console.warn(&format!("cannot create {}: {e}", directory.display()));
    }
}

/// The hosts of a sign-in and of Gmail, as far as they are configured.
fn hosts(run: &Invocation<'_>) -> Vec<String> {
    let mut hosts = vec![gmail::HOST.to_owned()];
    let Ok(config) = run.config() else { return hosts };
    let credentials = config.credentials().unwrap_or_default();
    let asks_broker = credentials.ends_with("linkauth");
    let broker = config.partial_broker(false).filter(|_| asks_broker);
    let tenant = config.partial_application().filter(|_| config.goes_directly());
    let of_google =
        config.access().is_ok_and(|access| matches!(access.method, Method::LinkAuth { google: Some(_), .. }));
    if asks_broker && broker.is_none() {
        run.console.warn("no broker is configured, so that its host is missing from sandbox.network.allowedDomains: run mcs-gmail config init, then this command again");
    }
    // The rules of the client are about names, for every port.
    let broker = broker.and_then(|broker| Some(Url::parse(&broker.url).ok()?.host_str()?.to_owned()));
    hosts.splice(0..0, broker);
    hosts.extend(tenant.map(|tenant| tenant.domain));
    hosts.extend(of_google.then(|| access::GOOGLE_TOKEN_HOST.to_owned()));
    hosts
}

/// How many rules there are, and which directories and hosts.
fn counted(lines: &Value) -> String {
    let list = |place: &str| lines.pointer(place).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rules = |place: &str, what: &str| match list(place).len() {
        0 => None,
        1 => Some(format!("1 rule for what {what}")),
        count => Some(format!("{count} rules for what {what}")),
    };
    let names = |place: &str, what: &str| {
        let names: Vec<&str> = list(place).iter().filter_map(Value::as_str).collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(" and ")))
    };
    let parts = [
        rules("/permissions/allow", "runs without a question"),
        rules("/permissions/ask", "is asked about"),
        names("/sandbox/filesystem/allowWrite", "the directory"),
        names("/sandbox/network/allowedDomains", "the hosts"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn told(
    run: &Invocation<'_>,
    install: &Install,
    directory: &Path,
    installed: &Installed,
    settings: &Path,
    missing: &Value,
    is_complete: bool,
) -> Result<End> {
    let shown = |path: &Path| with_tilde(path, &run.environment);
    let configuration: Option<PathBuf> = ["config.toml", "config.json"]
        .map(|name| directory.join(name))
        .into_iter()
        .find(|path| path.exists());
    let document = json!({
        "directory": directory.display().to_string(),
        "real_directory": installed.directory.display().to_string(),
        "version": skill::VERSION,
        "platform": Platform::own().name(),
        "written": installed.written,
        "unchanged": installed.unchanged,
        "removed": installed.removed,
        "kept": installed.kept,
        "configuration": configuration.map(|path| path.display().to_string()),
        "settings": {
            "path": settings.display().to_string(),
            "applied": is_complete,
            if install.apply { "added" } else { "missing" }: missing,
        },
    });
    let skills = directory.parent().unwrap_or(directory);
    let (skill, settings) = (shown(directory), shown(settings));
    let first =
        format!("The skill is in {skill}, version {} for {}.", skill::VERSION, Platform::own().name());
    let sentence = if !is_complete {
        let directory = install.dir.as_ref().map(|_| format!(" --dir {}", disk::shell_word(skills)));
        let again = format!("mcs-gmail skill install{} --apply", directory.unwrap_or_default());
        format!(
            "{first}\nIt needs these lines in {settings}:\n\n{missing:#}\n\nThey are {}.\nTo add them: {again}",
            counted(missing)
        )
    } else if skill::has_any(missing) {
        format!("{first}\nAdded to {settings}: {}. Start a new session of Claude Code.", counted(missing))
    } else {
        format!("{first}\n{settings} has its rules.")
    };
    run.console.statement(&sentence, &document)?;
    Ok(End::Done)
}
