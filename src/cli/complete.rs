//! What can stand at the end of a command line: commands, options and values, or a kind of name that `completion`
//! knows.

use clap::{Arg, Command};

use super::{command, help, tool_at, walk::Place};
use crate::spec::{self, Kind, Names, TOOLS, Tool};

/// What completes a word.
#[derive(Debug, Default)]
pub(crate) struct Offer {
    /// What stands in front of each name in the word, such as `--folder=`.
    pub(crate) prefix: String,
    /// Words with a short text about each.
    pub(crate) words: Vec<(String, String)>,
    /// A kind of names, instead of words or besides them.
    pub(crate) names: Option<Known>,
}

/// Names that the command line itself does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Folders,
    Accounts,
    /// The guides and the error codes.
    Topics,
    Files,
    Directories,
}

/// What completes `word`, which comes after `words`.
pub(crate) fn offer(words: &[String], word: &str) -> Offer {
    let mut top = command();
    top.build();
    let place = Place::after(&top, words.iter().map(String::as_str));
    let waits = place.option.filter(|option| needs_value(option) || !word.starts_with('-'));
    if let Some(option) = waits {
        return values(&place, words, option, word);
    }
    if !place.only_values
        && let Some((name, value)) = word.strip_prefix("--").and_then(|word| word.split_once('='))
    {
        let Some(option) = place.long(name) else { return Offer::default() };
        let offer = values(&place, words, option, value);
        return Offer { prefix: format!("--{name}={}", offer.prefix), ..offer };
    }
    if word.starts_with('-') && !place.only_values {
        return Offer { words: options(place.command), ..Offer::default() };
    }
    if place.path.first() == Some(&"help") {
        return about(&top, words);
    }
    if place.command.has_subcommands() && place.positionals == 0 {
        return Offer { words: commands(place.command), ..Offer::default() };
    }
    match positional(place.command, place.positionals) {
        Some(argument) => values(&place, words, argument, word),
        None => Offer::default(),
    }
}

/// Whether the next word is the value, whatever it looks like.
fn needs_value(option: &Arg) -> bool {
    option.get_num_args().is_none_or(|n| n.min_values() > 0)
}

/// The argument at this place; the last one may take several words.
fn positional(command: &Command, given: usize) -> Option<&Arg> {
    let all: Vec<&Arg> = command.get_positionals().collect();
    let last = all.last().filter(|last| last.get_num_args().is_some_and(|n| n.max_values() > 1));
    all.get(given).or(last).copied()
}

fn commands(command: &Command) -> Vec<(String, String)> {
    let shown = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    shown.map(|inner| (inner.get_name().to_owned(), text(inner.get_about()))).collect()
}

/// The command's own options come first.
fn options(command: &Command) -> Vec<(String, String)> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let (own, global): (Vec<&Arg>, Vec<&Arg>) = shown.partition(|arg| arg.get_help_heading().is_none());
    let named = own.into_iter().chain(global);
    named.filter_map(|arg| Some((format!("--{}", arg.get_long()?), text(arg.get_help())))).collect()
}

fn text(styled: Option<&clap::builder::StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

/// What `help` can be asked about: the commands below those that were typed, and the topics.
fn about(top: &Command, words: &[String]) -> Offer {
    let asked = words.iter().map(String::as_str).skip_while(|word| *word != "help").skip(1);
    let place = Place::after(top, asked);
    let mut offer = Offer { words: commands(place.command), ..Offer::default() };
    if place.path.is_empty() && place.positionals == 0 {
        offer.words.push((help::OPTIONS.to_owned(), "The options that every command takes".to_owned()));
        offer.names = Some(Known::Topics);
    }
    offer
}

/// The values of an option or an argument.
fn values(place: &Place<'_>, words: &[String], arg: &Arg, typed: &str) -> Offer {
    let possible = arg.get_possible_values();
    if !possible.is_empty() {
        let shown = possible.iter().filter(|value| !value.is_hide_set());
        let words = shown.map(|value| (value.get_name().to_owned(), text(value.get_help()))).collect();
        return Offer { words, ..Offer::default() };
    }
    let known = |names| Offer { names: Some(names), ..Offer::default() };
    let tool = tool_at(&place.path);
    match (arg.get_id().as_str(), tool) {
        ("config" | "import", _) | ("out" | "binary" | "with_config", None) => return known(Known::Files),
        ("dir", None) => return known(Known::Directories),
        ("account", _) => return known(Known::Accounts),
        ("fields", Some(tool)) => return fields(tool, typed),
        ("fields", None) => return exec_tool(words).map_or_else(Offer::default, |tool| fields(tool, typed)),
        ("tool", None) => {
            let words = TOOLS.iter().map(|tool| (tool.name.to_owned(), tool.summary.to_owned())).collect();
            return Offer { words, ..Offer::default() };
        }
        _ => {}
    }
    let Some(parameter) =
        tool.and_then(|tool| tool.parameters.iter().find(|p| p.name == arg.get_id().as_str()))
    else {
        return Offer::default();
    };
    match (parameter.names, parameter.kind) {
        (Names::Folder, _) => known(Known::Folders),
        (Names::File | Names::Path, _) => known(Known::Files),
        (Names::Directory, _) => known(Known::Directories),
        (_, Kind::Choice(choices)) => {
            let words = choices.iter().map(|choice| ((*choice).to_owned(), String::new())).collect();
            Offer { words, ..Offer::default() }
        }
        _ => Offer::default(),
    }
}

/// The fields of a tool's result that are not yet in the list with commas.
fn fields(tool: &Tool, typed: &str) -> Offer {
    let prefix = typed.rfind(',').map_or("", |at| &typed[..=at]);
    let chosen: Vec<&str> = prefix.split(',').collect();
    // There are many paths: they are offered once one was begun. Shells take brackets for patterns.
    let begun = &typed[prefix.len()..];
    let step = if begun.contains('[') { "[]" } else { "" };
    let paths = spec::paths_of(tool).into_iter().map(|path| path.replace("[]", step));
    let left = paths.filter(|path| {
        !chosen.contains(&path.as_str()) && (begun.contains(['.', '[']) || !path.contains('.'))
    });
    let words = left.map(|path| (path, String::new())).collect();
    Offer { prefix: prefix.to_owned(), words, names: None }
}

/// The tool that `exec` was given.
fn exec_tool(words: &[String]) -> Option<&'static Tool> {
    words.iter().skip_while(|word| *word != "exec").find_map(|word| spec::tool(word))
}
