//! `config init`, which writes a configuration file, and `config show`, which says what is in effect.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{
    End, Invocation,
    builtin::{doctor, ended, examine},
};
use crate::{
    config::{self, Config, Imported, Setting, Shown, Target, Use, check_value},
    contract::policy_document,
    input,
    observer::Observer,
    problem::{Problem, Result},
    secret::Secret,
    spec::{self, Key},
};

/// The widest column that others are aligned to.
const MAX_WIDTH: usize = 31;

/// Where the values of a new file come from.
pub(super) enum Source<'a> {
    Questions,
    Environment,
    File(&'a Path),
}

/// Writes a configuration file.
pub(super) fn init(run: &Invocation<'_>, source: &Source<'_>, force: bool) -> Result<End> {
    if run.environment.is_launched() {
        return Err(Problem::usage("config init is not available through the skill's launcher")
            .hint("Ask the user to run mcs-gmail config init in a terminal, or to set the variables."));
    }
    let asks = matches!(source, Source::Questions);
    if asks && !(run.has_person() && input::is_terminal()) {
        return Err(Problem::usage("config init asks questions, and there is no terminal").hint(
            "Use --from-env to take the variables, or --import FILE for a .env, config.toml or config.json.",
        ));
    }
    let target = Target::find(run.options.settings.config.as_deref(), force, &run.environment)?;
    let imported = match source {
        Source::Questions => Imported { settings: ask(run, &target)?, ..Imported::default() },
        Source::Environment => Imported::from_environment(&run.environment)?,
        Source::File(path) => Imported::from_file(path)?,
    };
    let missing = imported.missing();
    if !missing.is_empty() {
        return Err(Problem::configuration(format!("not set: {}", missing.join(", ")))
            .hint("Set what is missing there, or run mcs-gmail config init in a terminal to be asked for it.")
            .detail("missing", missing));
    }
    target.write(&imported.settings, imported.access)?;
    written(run, &target, &imported, asks)
}

/// Says what was written, and judges the set-up with it.
fn written(run: &Invocation<'_>, target: &Target, imported: &Imported, asked: bool) -> Result<End> {
    if !imported.ignored.is_empty() {
        run.console.warn(&format!("unknown keys were not imported: {}", imported.ignored.join(", ")));
    }
    for other in &target.before {
        run.console
            .warn(&format!("the keys in {} are used instead of those in the new file", other.display()));
    }
    let path = target.path.display().to_string();
    let keys: Vec<&str> = imported.settings.iter().map(|setting| setting.key.name).collect();
    // A script may have no network yet.
    let offline = !asked;
    if run.console.for_people() {
        let keys = keys.join(", ");
        let path = config::with_tilde(&target.path, &run.environment);
        run.console.explain(&format!("\nWrote {path}, which only you can read: {keys}."));
        run.console.explain("Checking the set-up, as mcs-gmail doctor does:\n\n");
        let end = doctor(run, offline)?;
        run.console.explain(&format!("\nThe configuration is in {path}."));
        return Ok(end);
    }
    let report = examine(run, offline);
    run.console.document(&json!({"written": path, "keys": keys, "doctor": report.document()}))?;
    Ok(ended(&report))
}

/// Asks for every value of the usual credentials method. What is there already can be kept.
fn ask(run: &Invocation<'_>, target: &Target) -> Result<Vec<Setting>> {
    let keys: Vec<&'static Key> = spec::KEYS.iter().filter(|key| key.found_at.is_some()).collect();
    let what = if target.exists() { "replaces them in" } else { "writes" };
    let path = config::with_tilde(&target.path, &run.environment);
    run.console.explain(&format!(
        "This asks for {} values and {what} {path}. Ctrl-C ends it, and nothing is written.",
        keys.len(),
    ));
    let mut settings = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let place = key.found_at.unwrap_or_default();
        run.console.explain(&format!("\n{}/{} {}\n    Where: {place}.", at + 1, keys.len(), key.text));
        settings.extend(answer(run, key, target.value(key.name))?);
    }
    Ok(settings)
}

/// Asks until the answer is a value, or nothing where that is possible.
fn answer(run: &Invocation<'_>, key: &'static Key, old: Option<&str>) -> Result<Option<Setting>> {
    let note = match (old, key.secret, key.optional) {
        (Some(_), true, _) => " (Enter keeps the present one)".to_owned(),
        (Some(old), false, _) => format!(" [{old}]"),
        (None, _, true) => " (Enter for none)".to_owned(),
        (None, _, false) => String::new(),
    };
    loop {
        let ask = || run.console.prompt(&format!("{}{note}: ", key.name));
        let line = if key.secret {
            input::hidden_line(ask)?
        } else {
            ask();
            input::line()?
        };
        let Some(line) = line else {
            return Err(Problem::usage("the input ended before all values were given")
                .hint("Nothing was written. Run mcs-gmail config init again."));
        };
        let text = match (line.trim(), old) {
            ("", Some(old)) => old,
            ("", None) if key.optional => return Ok(None),
            ("", None) => {
                run.console.explain("A value is required.");
                continue;
            }
            (text, _) => text,
        };
        match check_value(key, text, key.name).and_then(|()| check_place(key, text)) {
            Ok(()) => {
                if key.secret {
                    // What is known as a secret appears in no message.
                    drop(Secret::new(text));
                    let note = if line.trim().is_empty() { "Kept." } else { "Received, not shown." };
                    run.console.explain(note);
                }
                return Ok(Some(Setting { key, text: text.to_owned() }));
            }
            Err(problem) => run.console.problem_in_dialogue(&problem),
        }
    }
}

/// Refuses what looks like the value of another question: a paste that came one question late puts a secret where it is
/// shown. Such an identifier is possible, so the configuration accepts it.
fn check_place(key: &Key, text: &str) -> Result<()> {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    let is_random = has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let limit = match key.name {
        "auth0_audience" => 24,
        "auth0_client_id" => 48,
        _ => return Ok(()),
    };
    if is_random && text.len() >= limit {
        return Err(Problem::configuration(format!("{} looks like a secret or an id of something else", key.name))
            .hint("Give the value that this question asks for. If it is really this one, write it into the file by hand."));
    }
    Ok(())
}

/// Prints the effective configuration, as far as it can be read.
pub(super) fn show(run: &Invocation<'_>) -> Result<End> {
    let (config, found) = Config::inspect(run.options.settings.clone(), run.environment.clone());
    let (mut keys, faults) = config.shown(found);
    if let (Some(format), Some(shown)) =
        (run.options.global.format, keys.iter_mut().find(|k| k.key.name == "format"))
    {
        *shown = Shown {
            key: shown.key,
            value: Some(format.name()),
            source: Some("--format".into()),
            fault: None,
        };
    }
    let policy = config.policy().ok().map(|policy| policy_document(&policy));
    let document = json!({
        "files": config.places().iter().map(place_document).collect::<Vec<_>>(),
        "account": config.account(),
        "keys": keys.iter().map(key_document).collect::<Vec<_>>(),
        "policy": policy,
        "faults": faults.iter().map(fault_document).collect::<Vec<_>>(),
    });
    let page = page(run, &config, &keys, policy.as_ref(), &faults);
    if run.console.for_people() && run.console.fields().is_empty() {
        run.console.long_text(&format!("{page}\n"))?;
    } else {
        run.console.statement(&page, &document)?;
    }
    Ok(End::Done)
}

fn use_name(used: Use) -> &'static str {
    match used {
        Use::KeysAndPolicy => "keys and policy",
        Use::Policy => "policy",
        Use::None => "not used",
        Use::Missing => "missing",
    }
}

fn place_document((path, used): &(PathBuf, Use)) -> Value {
    json!({"path": path.display().to_string(), "used_for": use_name(*used)})
}

fn fault_document(problem: &Problem) -> Value {
    let (message, hint) = problem.phrases();
    json!({"message": message.to_string(), "hint": hint.map(ToString::to_string)})
}

fn key_document(shown: &Shown) -> Value {
    let is_default = shown.source.is_none() && shown.value.is_some();
    let source = if is_default { Some("default") } else { shown.source.as_deref() };
    let mut document = json!({
        "key": shown.key.name, "set": shown.source.is_some(), "secret": shown.key.secret,
        "value": shown.value, "source": source,
    });
    if let Some(fault) = &shown.fault {
        document["fault"] = fault_document(fault);
    }
    document
}

/// The same for a person. Keys that are not set are left out, except those that a sign-in requires.
fn page(
    run: &Invocation<'_>,
    config: &Config,
    keys: &[Shown],
    policy: Option<&Value>,
    faults: &[Problem],
) -> String {
    let places = config.places();
    let places = places
        .iter()
        .map(|(path, used)| [config::with_tilde(path, &run.environment), use_name(*used).to_owned()]);
    let is_told = |shown: &&Shown| {
        shown.source.is_some() || shown.value.is_some() || shown.fault.is_some() || !shown.key.optional
    };
    let short = |[name, value, source]: [String; 3]| {
        [name, value, config::with_tilde(Path::new(&source), &run.environment)]
    };
    let keys_told = keys.iter().filter(is_told).map(key_line).map(short);
    let rules = policy.map(|policy| table(&policy_lines(policy).into_iter().map(short).collect::<Vec<_>>()));
    let mut page = format!(
        "Files\n{}\nKeys\n{}\nPolicy\n{}",
        table(&places.collect::<Vec<_>>()),
        table(&keys_told.collect::<Vec<_>>()),
        rules.unwrap_or("  It cannot be read.\n".to_owned()),
    );
    let faulty = keys.iter().filter_map(|shown| shown.fault.as_ref());
    for (at, problem) in faulty.chain(faults).enumerate() {
        let (message, hint) = problem.phrases();
        page += if at == 0 { "\nFaults\n" } else { "" };
        page += &format!("  {message}\n");
        page += &hint.map(|hint| format!("    {hint}\n")).unwrap_or_default();
    }
    page.trim_end().to_owned()
}

fn key_line(shown: &Shown) -> [String; 3] {
    let value = match (&shown.value, &shown.source, &shown.fault) {
        (_, _, Some(_)) => "faulty, see below".to_owned(),
        (Some(value), ..) => value.clone(),
        (None, Some(_), _) => "set, not shown".to_owned(),
        (None, None, _) => "not set".to_owned(),
    };
    let default = if shown.value.is_some() { "default" } else { "" };
    [shown.key.name.to_owned(), value, shown.source.clone().unwrap_or(default.to_owned())]
}

fn policy_lines(policy: &Value) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![["access".to_owned(), text(&policy["access"]), text(&policy["access_source"])]];
    for name in ["recipients", "files"] {
        for rule in policy[name].as_array().into_iter().flatten() {
            let allowed: Vec<String> = rule["allow"].as_array().into_iter().flatten().map(text).collect();
            let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            lines.push([name.to_owned(), allowed, text(&rule["source"])]);
        }
    }
    lines
}

/// Indented columns.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    // A long cell moves only its own line.
    let lengths = |at: usize| rows.iter().map(move |row| row[at].chars().count());
    let width = |at: usize| lengths(at).filter(|length| *length <= MAX_WIDTH).max().unwrap_or(0);
    let line = |row: &[String; N]| {
        let cells = row.iter().enumerate().map(|(at, cell)| format!("{cell:<width$}", width = width(at)));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
