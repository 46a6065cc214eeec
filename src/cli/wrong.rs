//! What is wrong with a command line, and what to write instead.

use std::ffi::OsString;

use clap::{
    Command,
    error::{ContextKind, ContextValue, ErrorKind},
};
use serde_json::{Map, Value};

use super::{Stop, command, walk::Place, words};
use crate::{
    spec::{self, HABITS, Kind, OPTION_HABITS, Tool},
    suggest,
};

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
            let mut top = command();
            top.build();
            let Stop::Wrong { message, hint } = unknown_option(&Place::after(&top, words(args)), value)
            else {
                return Ok(());
            };
            return Err(Stop::Wrong { message, hint: format!("{hint} To pass it as text, {as_text}.") });
        }
    }
    Ok(())
}

/// Names the argument that is not UTF-8. Only the path of the configuration need not be.
pub(super) fn not_utf8(error: &clap::Error, args: &[OsString]) -> Option<Stop> {
    (error.kind() == ErrorKind::InvalidUtf8).then_some(())?;
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

/// The error of the parser in our words.
pub(super) fn stop(error: &clap::Error, args: &[OsString]) -> Stop {
    let mut top = command();
    top.build();
    let place = Place::after(&top, words(args));
    let text = |kind| context(error, kind);
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let name = name_of(&argument);
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            unknown_command(&place, &text(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::UnknownArgument if argument.starts_with('-') => unknown_option(&place, &argument),
        ErrorKind::UnknownArgument => unexpected(&place, &argument),
        ErrorKind::MissingRequiredArgument => missing(&place, error),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            wrong("a command is missing".to_owned(), where_to_look(&place))
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals | ErrorKind::TooFewValues if value.is_empty() => {
            wrong(format!("{name} requires a value"), valid_values(error, &place))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            wrong(format!("\"{value}\" is not a valid value of {name}"), valid_values(error, &place))
        }
        ErrorKind::TooManyValues => {
            wrong(format!("{name} takes no value"), format!("Write {name} without \"{value}\"."))
        }
        ErrorKind::ArgumentConflict => {
            let prior = text(ContextKind::PriorArg).map(|prior| name_of(&prior));
            match prior.filter(|prior| *prior != name) {
                Some(prior) => wrong(
                    format!("{name} cannot be combined with {prior}"),
                    "Leave one of them out.".to_owned(),
                ),
                None => wrong(format!("{name} was given twice"), format!("Give {name} once.")),
            }
        }
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ");
            wrong(first.to_owned(), where_to_look(&place))
        }
    }
}

fn wrong(message: String, hint: String) -> Stop {
    Stop::Wrong { message, hint }
}

/// A fact of the error as text; several are separated by commas.
fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    }
}

/// `--to` of `--to <ADDRESSES>`, and UID of `<UID>...`.
fn name_of(argument: &str) -> String {
    let first = argument.split([' ', '=']).next().unwrap_or_default();
    if first.starts_with('-') {
        return first.to_owned();
    }
    first.chars().filter(|c| !"<>[].".contains(*c)).collect()
}

fn unknown_command(place: &Place<'_>, word: &str) -> Stop {
    let typed = [&place.path[..], &[word]].concat().join(" ");
    let look = where_to_look(place);
    let hint = match meant_at(place, word) {
        Some(meant) => format!("Did you mean mcs-gmail {meant}? {look}"),
        None => look,
    };
    wrong(format!("unknown command \"{typed}\""), hint)
}

/// The command that was probably meant by these words, which are none.
pub(crate) fn meant(words: &[String]) -> Option<String> {
    let mut top = command();
    top.build();
    let place = Place::after(&top, words.iter().map(String::as_str));
    let word = words.get(place.path.len())?;
    let is_command = |line: &String| {
        let words: Vec<&str> = line.split(' ').collect();
        Place::after(&top, words.iter().copied()).path.len() == words.len()
    };
    meant_at(&place, word).filter(is_command)
}

/// The command line that was probably meant by a word at this place.
fn meant_at(place: &Place<'_>, word: &str) -> Option<String> {
    let word = word.to_lowercase();
    if let Some(tool) = spec::tool(&word).filter(|_| place.path.is_empty()) {
        return Some(if tool.command.is_empty() { format!("exec {word}") } else { tool.command.to_owned() });
    }
    let group: String = place.path.iter().map(|word| format!("{word} ")).collect();
    let here =
        |typed: &str| HABITS.iter().find(|(habit, _)| *habit == typed).map(|(_, here)| (*here).to_owned());
    if let Some(here) = here(&format!("{group}{word}")) {
        return Some(here);
    }
    let names = place.command.get_subcommands().filter(|inner| !inner.is_hide_set()).map(Command::get_name);
    let habits = HABITS.iter().filter_map(|(habit, _)| habit.strip_prefix(group.as_str()));
    let nearest = suggest::nearest(&word, names.chain(habits.filter(|word| !word.contains(' '))))?;
    let nearest = format!("{group}{nearest}");
    Some(here(&nearest).unwrap_or(nearest))
}

fn unknown_option(place: &Place<'_>, typed: &str) -> Stop {
    if let Some(hint) = key_hint(typed) {
        return wrong(format!("{} is not an option", name_of(typed)), hint);
    }
    let name = typed.split('=').next().unwrap_or_default();
    let long = |option: &str| option.strip_prefix("--").and_then(|long| place.long(long));
    let option_of = |here: &str| long(here.split(' ').next().unwrap_or_default());
    let habit = OPTION_HABITS.iter().find(|(habit, here)| *habit == name && option_of(here).is_some());
    let longs: Vec<String> = place
        .command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
        .collect();
    let near = || {
        let bare: Vec<&str> = longs.iter().map(|l| l.trim_start_matches('-')).collect();
        let nearest = suggest::nearest(name.trim_start_matches('-'), bare.into_iter())?;
        Some(format!("--{nearest}"))
    };
    let near = || if name.starts_with("--") { near() } else { None };
    let look = where_to_look(place);
    let hint = match habit.map(|(_, here)| (*here).to_owned()).or_else(near) {
        Some(here) => format!("Did you mean {here}? {look}"),
        None => look,
    };
    wrong(format!("unknown option {name}{}", of_command(place)), hint)
}

/// An argument where the command takes none, or no more.
fn unexpected(place: &Place<'_>, word: &str) -> Stop {
    let has = |option: &str| place.long(option).is_some();
    let quoted = if word.contains(' ') { format!("'{word}'") } else { word.to_owned() };
    let command = place.path.join(" ");
    let meant = if has("to") && word.contains('@') {
        Some(format!("--to {quoted}"))
    } else if has("folder") && place.command.get_positionals().next().is_none() {
        Some(format!("--folder {quoted}"))
    } else {
        None
    };
    let look = where_to_look(place);
    let hint = match meant {
        Some(meant) => format!("Did you mean mcs-gmail {command} {meant}? {look}"),
        None if place.positionals > 1 => format!("Put quotes around a text with blanks. {look}"),
        None => look,
    };
    wrong(format!("unexpected argument \"{word}\"{}", of_command(place)), hint)
}

/// Required arguments that were not given.
fn missing(place: &Place<'_>, error: &clap::Error) -> Stop {
    let names: Vec<String> = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.iter().map(|name| name_of(name)).collect(),
        Some(ContextValue::String(name)) => vec![name_of(name)],
        _ => Vec::new(),
    };
    let path = place.path.join(" ");
    let example = spec::command_text(&path).and_then(|text| text.examples.first());
    let hint = match example {
        Some(example) => format!("Write it as in: {example}. {}", where_to_look(place)),
        None => where_to_look(place),
    };
    wrong(format!("{path} requires {}", names.join(" and ")), hint)
}

fn valid_values(error: &clap::Error, place: &Place<'_>) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            format!("Use one of {}.", values.join(", "))
        }
        _ if error.kind() == ErrorKind::ValueValidation => "Give a whole number.".to_owned(),
        _ => where_to_look(place),
    }
}

/// ` for draft create`
fn of_command(place: &Place<'_>) -> String {
    if place.path.is_empty() { String::new() } else { format!(" for {}", place.path.join(" ")) }
}

fn suffix(place: &Place<'_>) -> String {
    place.path.iter().map(|word| format!(" {word}")).collect()
}

/// The help of the command in question.
fn where_to_look(place: &Place<'_>) -> String {
    match (place.path.is_empty(), place.command.has_subcommands()) {
        (true, _) => "Run mcs-gmail help to list the commands and options.".to_owned(),
        (false, true) => format!("Run mcs-gmail help{} to list its commands.", suffix(place)),
        (false, false) => format!("Run mcs-gmail help{} to see its options.", suffix(place)),
    }
}

/// Where a key is set that is not a flag.
fn key_hint(option: &str) -> Option<String> {
    let name = option.split('=').next()?.trim_start_matches("--").replace('-', "_");
    let key = spec::key(&name).filter(|key| !key.flag)?;
    Some(match key.secret {
        true => {
            format!("Set {name} in a configuration file, or the variable MCS_GMAIL_{}.", name.to_uppercase())
        }
        false => format!("Set {name} in a configuration file, and choose the file with --config FILE."),
    })
}
