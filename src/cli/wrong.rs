//! What is wrong with a command line, and what to write instead.

use std::ffi::OsString;

use serde_json::{Map, Value};

use super::Stop;
use crate::spec::{self, Kind, Tool};

/// Values may begin with a hyphen (`-from:bob`), but a word such as `--unread` was meant as an option: one that the
/// command does not have, or one that was read as the value of the option before it.
pub(super) fn no_options_among(
    tool: &Tool,
    arguments: &Map<String, Value>,
    args: &[OsString],
) -> Result<(), Stop> {
    if args.iter().any(|a| a == "--") {
        return Ok(());
    }
    let shaped = |v: &str| v.starts_with("--") && v[2..].starts_with(|c: char| c.is_ascii_lowercase());
    let typed = |v: &str| args.iter().any(|a| a == v);
    for p in tool.parameters.iter().filter(|p| p.kind == Kind::Text) {
        let value = arguments.get(p.name).and_then(Value::as_str).unwrap_or_default();
        if shaped(value) && !value.contains(' ') && typed(value) {
            let as_text = if p.is_option() {
                format!("write {}={value} or put -- before it", p.typed())
            } else {
                "put -- before it".to_owned()
            };
            return Err(Stop::Wrong {
                message: format!("unknown option {value} for {}", tool.command),
                hint: format!("To pass it as text, {as_text}. Add --help to list the options."),
            });
        }
    }
    Ok(())
}

/// Names the argument that is not UTF-8. Only the path of the configuration need not be.
pub(super) fn not_utf8(error: &clap::Error, args: &[OsString]) -> Option<Stop> {
    (error.kind() == clap::error::ErrorKind::InvalidUtf8).then_some(())?;
    let option = |at: usize| args[at].to_str().filter(|a| a.starts_with("--") && !a.contains('='));
    let wrong = (1..args.len()).find(|&at| {
        let text = args[at].to_string_lossy();
        let name = option(at - 1).unwrap_or(text.split_once('=').map_or("", |(name, _)| name));
        args[at].to_str().is_none() && name != "--config"
    })?;
    let shown: String = args[wrong].to_string_lossy().chars().take(60).collect();
    let what = option(wrong - 1).map_or("the argument".to_owned(), |name| format!("the value of {name}"));
    let hint = "Give it in UTF-8. If it is the name of a file, rename the file or make a link to it.";
    Some(Stop::Wrong { message: format!("{what} is not UTF-8: {shown:?}"), hint: hint.to_owned() })
}

pub(super) fn stop(error: clap::Error) -> Stop {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Stop::Shown(error.render().to_string());
    }
    let rendered = error.render().to_string();
    let first = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let message = match error.kind() {
        ErrorKind::MissingRequiredArgument => format!("missing arguments: {}", details(&rendered)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "a subcommand is missing".to_owned()
        }
        _ => first.to_owned(),
    };
    let usage = error.get(ContextKind::Usage).map(|u| u.to_string()).unwrap_or_default();
    let usage = usage.lines().next().unwrap_or_default().replace("Usage: ", "");
    let hint = match suggested(&error) {
        _ if error.kind() == ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(values)) if !values.is_empty() => {
                format!("Use one of {}.", values.join(", "))
            }
            _ => "Give a value of the right kind; add --help to list the options.".to_owned(),
        },
        _ if let Some(hint) = key_hint(&error) => hint,
        Some(word) => format!("Did you mean {word}? Add --help to list the commands and options."),
        None if usage.is_empty() => "Add --help to list the commands and options.".to_owned(),
        None => format!("Use it as follows: {usage}"),
    };
    Stop::Wrong { message, hint }
}

/// Where a key is set that is not a flag.
fn key_hint(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue};
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return None };
    let name = option.split('=').next()?.trim_start_matches("--").replace('-', "_");
    let key = spec::key(&name).filter(|key| !key.flag)?;
    Some(match key.secret {
        true => {
            format!("Set {name} in a configuration file, or the variable MCS_GMAIL_{}.", name.to_uppercase())
        }
        false => format!("Set {name} in a configuration file, and choose the file with --config FILE."),
    })
}

/// The option or command that was probably meant.
fn suggested(error: &clap::Error) -> Option<&str> {
    use clap::error::{ContextKind, ContextValue};
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word.as_str()),
        // The best one comes last.
        ContextValue::Strings(words) => words.last().map(String::as_str),
        _ => None,
    })
}

/// What clap lists between the error and the usage.
fn details(rendered: &str) -> String {
    let lines = rendered.lines().skip(1).take_while(|line| !line.starts_with("Usage:"));
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
