//! The commands that need neither a token nor the network, most of them derived from the tables.

use serde_json::{Map, Value, json};

use super::{
    End, Invocation,
    configure::{self, Source},
};
use crate::{
    cli::{self, Builtin, Configuration, ToolStyle},
    completion,
    config::Places,
    contract,
    doctor::{self, Report},
    guides, manual,
    policy::Policy,
    problem::{Problem, Result},
    reference, spec, suggest,
};

pub(super) fn perform(command: &Builtin, run: &Invocation<'_>) -> Result<End> {
    let console = run.console;
    match command {
        // `run` handles these itself.
        Builtin::Exec { .. }
        | Builtin::Auth(_)
        | Builtin::Skill(_)
        | Builtin::Habit(_)
        | Builtin::Open { .. } => {}
        Builtin::Help { words } => match guides::guide(&words.join(" ")) {
            Some(guide) if guide.is_markdown() => console.guide(&guide.text())?,
            Some(guide) => console.long_text(&guide.text())?,
            None => console.long_text(&topic(words)?)?,
        },
        Builtin::Config(Configuration::Init { from_env, import, force }) => {
            let source = match import {
                Some(path) => Source::File(path),
                None if *from_env => Source::Environment,
                None => Source::Questions,
            };
            return configure::init(run, &source, *force);
        }
        Builtin::Config(Configuration::Show) => return configure::show(run),
        Builtin::Schema => console.text(&format!("{}\n", contract::document(&policy(run)?)))?,
        Builtin::Status => console.text(&reference::status(&policy(run)?))?,
        Builtin::Tools { style } => {
            console.long_text(&reference::tools(tool_style(*style, run), &policy(run)?))?
        }
        Builtin::Completions { shell } => console.text(completion::script(*shell))?,
        Builtin::Complete { word, words } => {
            console.text(&completion::answer(words, word, &run.environment, console))?
        }
        Builtin::Doctor { offline } => return doctor(run, *offline),
        Builtin::Man if run.has_person() && !run.options.global.no_pager && manual::show(reference::MAN) => {}
        Builtin::Man if run.has_person() => console.long_text(&manual::plain(reference::MAN))?,
        Builtin::Man => console.text(reference::MAN)?,
        Builtin::Config(Configuration::Example) => console.text(&reference::config_example())?,
        Builtin::Config(Configuration::Path) => {
            let places = Places::find(run.options.settings.config.as_deref(), &run.environment)?;
            let row =
                |p: &std::path::PathBuf| json!({"path": p.display().to_string(), "exists": p.is_file()});
            console.document(&places.searched().iter().map(row).collect())?;
        }
    }
    Ok(End::Done)
}

/// The report is the result even if something is at fault. With faults, the exit code says so.
pub(super) fn doctor(run: &Invocation<'_>, offline: bool) -> Result<End> {
    run.console.expect_stdout()?;
    let report = examine(run, offline);
    run.console.stop_progress();
    run.console.report(&report)?;
    Ok(ended(&report))
}

pub(super) fn examine(run: &Invocation<'_>, offline: bool) -> Report {
    doctor::examine(run.options.settings.clone(), run.environment.clone(), run.console, offline)
}

pub(super) fn ended(report: &Report) -> End {
    report.code().map_or(End::Done, End::AtFault)
}

/// The text about what `help` was asked for, if it is neither a command nor a guide.
fn topic(words: &[String]) -> Result<String> {
    let name = words.join(" ");
    if let Some(text) = guides::explain(&name) {
        return Ok(text);
    }
    let problem = Problem::usage(format!("unknown command or topic \"{name}\""));
    let known = guides::GUIDES.iter().map(|guide| guide.name).chain(guides::explained());
    let look = "Run mcs-gmail help to list the commands and topics.";
    let topic = suggest::nearest(&name, known).map(str::to_owned);
    Err(match topic.or_else(|| cli::meant(words)) {
        Some(meant) => problem.hint(format!("Did you mean mcs-gmail help {meant}? {look}")),
        None => problem.hint(look),
    })
}

/// The policy in the files. Warnings about the files are left to the commands that use their other keys.
fn policy(run: &Invocation<'_>) -> Result<Policy> {
    run.config()?.policy()
}

/// `--format json` means JSON here too.
fn tool_style(style: ToolStyle, run: &Invocation<'_>) -> ToolStyle {
    match style {
        ToolStyle::Text if run.console.asked_for_json() => ToolStyle::Json,
        style => style,
    }
}

/// On the command line, a body of `-` is read from stdin.
pub(super) fn with_stdin_body(mut arguments: Map<String, Value>) -> Map<String, Value> {
    for (body, file) in [(&spec::BODY, &spec::BODY_FILE), (&spec::HTML_BODY, &spec::HTML_FILE)] {
        if arguments.get(body.name).and_then(Value::as_str) == Some("-") {
            arguments.shift_remove(body.name);
            arguments.insert(file.name.to_owned(), "-".into());
        }
    }
    arguments
}
