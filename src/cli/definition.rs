//! The command line as clap sees it: our own commands, and those of the tools from their table.

use clap::{Arg, ArgAction, Command, CommandFactory, Subcommand};

use super::{
    help::{self, GLOBAL},
    typed::{Builtin, Top},
};
use crate::spec::{self, COMMANDS, Kind, LIMIT, Parameter, Spelling, Tool};

/// The definition of the whole command line, for everything that is derived from it.
pub(crate) fn command() -> Command {
    defined(None)
}

/// The definition without the commands that no word names, and which a line of these words can therefore not mean. It
/// reads a correct line as the whole definition does; making that one takes longer than anything else in a run.
pub(super) fn named_by(words: &[&str]) -> Command {
    let meant = COMMANDS.iter().filter(|row| row.aliases.iter().any(|alias| words.contains(alias)));
    let meant: Vec<&str> = meant.flat_map(|row| row.command.split(' ')).collect();
    defined(Some(&[words, &meant].concat()))
}

/// The definition with the commands whose words are among `names`, or with every command.
fn defined(names: Option<&[&str]>) -> Command {
    let is_named = |word: &str| names.is_none_or(|names| names.contains(&word));
    let mut top = Top::command().styles(help::styles()).subcommand_required(true);
    if names.is_none_or(|names| names.iter().any(|name| Builtin::has_subcommand(name))) {
        let about = top.get_about().cloned().unwrap_or_default();
        top = Builtin::augment_subcommands(top).about(about);
    }
    for tool in spec::TOOLS.iter().filter(|tool| !tool.command.is_empty()) {
        top = match tool.command.split_once(' ') {
            None if is_named(tool.command) => top.subcommand(tool_command(tool, tool.command)),
            Some((group, name)) if is_named(group) => with_tool(top, tool, group, name, is_named(name)),
            _ => top,
        };
    }
    top = COMMANDS.iter().filter(|row| row.command.split(' ').all(is_named)).fold(top, with_text);
    let keys = spec::KEYS.iter().filter(|k| k.flag);
    top.args(keys.map(key_argument)).arg(help::flag()).arg(help::version())
}

/// Adds `draft` unless it is there, and if it is named, the command `create` of a tool under it.
fn with_tool(
    top: Command,
    tool: &'static Tool,
    group: &'static str,
    name: &'static str,
    named: bool,
) -> Command {
    let top = match top.find_subcommand(group) {
        Some(_) => top,
        None => top.subcommand(Command::new(group).subcommand_required(true)),
    };
    if !named {
        return top;
    }
    top.mut_subcommand(group, |parent| parent.subcommand(tool_command(tool, name)))
}

/// The flag of a configuration key. Only the choice of the account is common enough for the page of each command.
fn key_argument(key: &'static spec::Key) -> Arg {
    let is_common = key.name == "account";
    Arg::new(key.name)
        .long(key.name.replace('_', "-"))
        .value_name(if is_common { "ACCOUNT" } else { "VALUE" })
        .help(key.text.trim_end_matches('.'))
        .global(true)
        .hide_short_help(!is_common)
        .help_heading(if is_common { GLOBAL } else { "Configuration" })
}

/// Gives a command its short description and its further names.
fn with_text(top: Command, row: &'static spec::CommandText) -> Command {
    let change = |command: Command| command.about(row.brief).aliases(row.aliases);
    match row.command.split_once(' ') {
        Some((parent, name))
            if top.find_subcommand(parent).is_some_and(|p| p.find_subcommand(name).is_some()) =>
        {
            top.mut_subcommand(parent, |p| p.mut_subcommand(name, change))
        }
        None if top.find_subcommand(row.command).is_some() => top.mut_subcommand(row.command, change),
        _ => top,
    }
}

fn tool_command(tool: &'static Tool, name: &'static str) -> Command {
    let typed = tool.parameters.iter().filter(|p| p.spelling != Spelling::ExecOnly);
    Command::new(name).about(tool.summary).args(typed.map(argument))
}

fn argument(parameter: &'static Parameter) -> Arg {
    let mut text = parameter.text.trim_end_matches('.').to_owned();
    if let Kind::Choice(values) = parameter.kind {
        text.push_str(&format!(" [one of: {}]", values.join(", ")));
    }
    if let Some(default) = parameter.default.filter(|d| *d != "false") {
        text.push_str(&format!(" [default: {default}]"));
    }
    let arg = Arg::new(parameter.name).help(text);
    let arg = match parameter.unless {
        _ if parameter.written => arg,
        Some(other) => arg.required_unless_present(other),
        None => arg.required(parameter.required),
    };
    let arg = if parameter.is_option() {
        arg.long(parameter.word()).value_name(parameter.value_name())
    } else {
        arg.value_name(parameter.word())
    };
    // The habits of head, of gh and of gog.
    let arg = match parameter.name {
        name if name == LIMIT.name => arg.short_aliases(['n', 'L']).alias("max"),
        _ => arg,
    };
    if let Some(bare) = parameter.bare {
        return arg.num_args(0..=1).require_equals(true).default_missing_value(bare);
    }
    match parameter.kind {
        Kind::Boolean => arg.action(ArgAction::SetTrue),
        Kind::Many if parameter.spelling == Spelling::Positional => arg.num_args(1..),
        Kind::Many | Kind::Addresses => arg.action(ArgAction::Append),
        _ => arg.allow_hyphen_values(true),
    }
}
