//! The command line as clap sees it: our own commands, and those of the tools from their table.

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::{
    help::{self, GLOBAL},
    typed::Top,
};
use crate::spec::{self, COMMANDS, Kind, LIMIT, Parameter, Spelling, Tool};

/// The definition of the command line, for parsing and for everything derived from it.
pub(crate) fn command() -> Command {
    let mut top = Top::command().styles(help::styles()).arg_required_else_help(false);
    top = spec::TOOLS.iter().filter(|t| !t.command.is_empty()).fold(top, with_tool);
    top = COMMANDS.iter().fold(top, with_text);
    let keys = spec::KEYS.iter().filter(|k| k.flag);
    top.args(keys.map(key_argument)).arg(help::flag()).arg(help::version())
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

/// Adds a tool's command; `draft create` becomes `create` under `draft`.
fn with_tool(top: Command, tool: &'static Tool) -> Command {
    match tool.command.split_once(' ') {
        None => top.subcommand(tool_command(tool, tool.command)),
        Some((parent, name)) if top.find_subcommand(parent).is_some() => {
            top.mut_subcommand(parent, |p| p.subcommand(tool_command(tool, name)))
        }
        Some((parent, name)) => top
            .subcommand(Command::new(parent).subcommand_required(true).subcommand(tool_command(tool, name))),
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
    match parameter.kind {
        Kind::Boolean => arg.action(ArgAction::SetTrue),
        Kind::Many if parameter.spelling == Spelling::Positional => arg.num_args(1..),
        Kind::Many | Kind::Addresses => arg.action(ArgAction::Append),
        _ => arg.allow_hyphen_values(true),
    }
}
