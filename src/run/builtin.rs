//! The commands that need neither a token nor the network, most of them derived from the tables.

use serde_json::{Map, Value, json};

use super::{End, Invocation};
use crate::{
    cli::{Builtin, Configuration, ToolStyle},
    config::Places,
    doctor,
    policy::Policy,
    problem::Result,
    reference, spec,
};

pub(super) fn perform(command: &Builtin, run: &Invocation<'_>) -> Result<End> {
    let console = run.console;
    match command {
        // `run` handles these two itself.
        Builtin::Exec { .. } | Builtin::Auth(_) => {}
        Builtin::Status => console.text(&reference::status(&policy(run)?))?,
        Builtin::Tools { style } => {
            console.text(&reference::tools(tool_style(*style, run), &policy(run)?))?
        }
        Builtin::Completions { shell } => console.text(reference::completions(*shell))?,
        Builtin::Doctor { offline } => return doctor(run, *offline),
        Builtin::Man => console.text(reference::man())?,
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
fn doctor(run: &Invocation<'_>, offline: bool) -> Result<End> {
    run.console.expect_stdout()?;
    let report = doctor::examine(run.options.settings.clone(), run.environment.clone(), run.console, offline);
    run.console.report(&report)?;
    Ok(report.code().map_or(End::Done, End::AtFault))
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
