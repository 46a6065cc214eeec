//! The commands that need neither a token nor the network, most of them derived from the tables, and the input of
//! `exec`.

use serde_json::{Map, Value, json};

use super::{End, Invocation};
use crate::{
    cli::{Builtin, Configuration, Format, ToolStyle},
    config::{Config, Places},
    input,
    policy::Policy,
    problem::{Problem, Result},
    reference,
    spec::{self, Tool},
    suggest,
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

/// The policy in the files. Warnings about the files are left to the commands that use their other keys.
fn policy(run: &Invocation<'_>) -> Result<Policy> {
    Config::load(run.options.settings.clone(), run.environment.clone())?.policy()
}

/// `--format json` means JSON here too.
fn tool_style(style: ToolStyle, run: &Invocation<'_>) -> ToolStyle {
    match (style, run.options.global.format) {
        (ToolStyle::Text, Some(Format::Json | Format::Jsonl)) => ToolStyle::Json,
        (style, _) => style,
    }
}

/// The tool and the parameters of `exec`.
pub(super) fn exec(name: &str, text: &str) -> Result<(&'static Tool, Map<String, Value>)> {
    let tool = spec::tool(name).ok_or_else(|| {
        let problem = Problem::usage(format!("unknown tool \"{name}\""));
        match suggest::nearest(name, spec::TOOLS.iter().map(|t| t.name)) {
            Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
            None => problem.hint("Run mcs-gmail tools to list the tools."),
        }
    })?;
    let text = if text == "-" { input::text()? } else { text.to_owned() };
    match serde_json::from_str(&text) {
        Ok(Value::Object(arguments)) if arguments.get("out_dir").is_some_and(|d| d == "-") => {
            Err(Problem::usage("exec prints JSON and cannot write an attachment to stdout")
                .hint("Set out_dir to a directory."))
        }
        Ok(Value::Object(arguments)) => Ok((tool, arguments)),
        Ok(_) => Err(Problem::usage("the parameters are not a JSON object")
            .hint(format!("Give a JSON object, as in mcs-gmail exec {name} '{{}}'."))),
        Err(e) => Err(Problem::usage(format!("the parameters are not valid JSON: {e}"))
            .hint("Give one JSON object in single quotes, or - to read it from stdin.")),
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
