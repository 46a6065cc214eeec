//! The command line, parsed into a [`Line`] of plain data. No other module uses clap.
//!
//! Our own commands are clap structs; the commands of tools come from the table. The values of tools stay text here,
//! because `tools` checks them in the same way for the command line and for `exec`. This module imports only clap,
//! serde_json, `spec` and `suggest`, because `build.rs` compiles it, too.

mod complete;
mod definition;
mod help;
#[cfg(test)]
mod tests;
mod typed;
mod walk;
mod wrong;

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgMatches, Command, FromArgMatches, error::ErrorKind};
use serde_json::{Map, Value};

pub(crate) use self::{
    complete::{Known, offer},
    definition::command,
    help::{Page, Reader},
    typed::{
        Action, Auth, Builtin, Color, Configuration, Debug, Format, Global, Install, Line, Options, Pack,
        Settings, Shell, Skill, Stop, ToolStyle,
    },
    wrong::meant,
};
use self::{
    definition::named_by,
    typed::Habit,
    walk::Place,
    wrong::{no_options_among, not_utf8, stop},
};
use crate::spec::{self, Kind, Level, Spelling, Tool};

/// Parses the arguments of the process. `reader` says for whom help is; it is called only when help is shown.
pub(crate) fn parse(args: &[OsString], reader: impl Fn() -> Reader) -> Result<Line, Stop> {
    let reader = || {
        let reader = reader();
        Reader { level: levels_typed(args).fold(reader.level, Level::min), ..reader }
    };
    if let Some(path) = bare(args) {
        return Err(Stop::Shown(help::page(&path, reader())));
    }
    if let [_, flag] = args
        && (flag == "--version" || flag == "-V")
    {
        return Err(Stop::Shown(Page::plain(format!("{}\n", help::VERSION))));
    }
    let matches = matches(args).map_err(|e| match e.kind() {
        ErrorKind::DisplayHelp => Stop::Shown(help::page(&path_in(&words(args)), reader())),
        ErrorKind::DisplayVersion => Stop::Shown(Page::plain(e.render().to_string())),
        _ => not_utf8(&e, args).unwrap_or_else(|| stop(&e, args)),
    })?;
    if let Some(("help", inner)) = matches.subcommand() {
        let asked: Vec<&str> =
            inner.get_many::<String>("words").into_iter().flatten().map(String::as_str).collect();
        if asked == [help::OPTIONS] {
            return Err(Stop::Shown(help::options(reader())));
        }
        if let Some(path) = path_of_help(&asked) {
            return Err(Stop::Shown(help::page(&path, reader())));
        }
    }
    line_of(&matches, args)
}

fn line_of(matches: &ArgMatches, args: &[OsString]) -> Result<Line, Stop> {
    let stop = |e| stop(&e, args);
    let mut global = Global::from_arg_matches(matches).map_err(stop)?;
    if matches.subcommand_name() == Some("exec") {
        // The contract with models does not depend on the place, nor on what is configured.
        global.format.get_or_insert(Format::Json);
        global.exec = true;
    }
    let mut settings = settings(matches).map_err(stop)?;
    // Of an option that stands in front of the command and after it, clap keeps only the last.
    settings.access = levels_typed(args).collect();
    settings.config_is_late =
        settings.config.is_some() && matches.subcommand_name().is_some_and(|name| config_follows(name, args));
    let action = match tool_of(matches) {
        Some((tool, matches)) => {
            let arguments = arguments(tool, matches);
            no_options_among(tool, &arguments, args)?;
            Action::Tool { tool, arguments }
        }
        None => Action::Builtin(builtin(matches).map_err(stop)?),
    };
    Ok(Line { options: Options { global, settings }, action })
}

/// Most lines name a command and are correct. Only the whole definition knows what is wrong with the others.
fn matches(args: &[OsString]) -> Result<ArgMatches, clap::Error> {
    named_by(&words(args)).try_get_matches_from(args).or_else(|_| command().try_get_matches_from(args))
}

fn builtin(matches: &ArgMatches) -> Result<Builtin, clap::Error> {
    Ok(match Builtin::from_arg_matches(matches)? {
        Builtin::Habit(Habit::Login { new }) => Builtin::Auth(Auth::Login { new }),
        Builtin::Habit(Habit::Logout { disconnect }) => Builtin::Auth(Auth::Logout { disconnect }),
        other => other,
    })
}

/// The words after the program's name. What is not UTF-8 is neither a command nor an option.
fn words(args: &[OsString]) -> Vec<&str> {
    args.iter().skip(1).map(|arg| arg.to_str().unwrap_or_default()).collect()
}

/// The command that the words lead to.
fn path_in(words: &[&str]) -> Vec<String> {
    let mut top = named_by(words);
    top.build();
    Place::after(&top, words.iter().copied()).path.into_iter().map(str::to_owned).collect()
}

/// The command whose page is shown because nothing else was typed: the program alone, or a group of commands.
fn bare(args: &[OsString]) -> Option<Vec<String>> {
    let typed = words(args);
    let has_options = typed.iter().any(|word| word.starts_with('-'));
    if has_options || typed.len() > 1 {
        return None;
    }
    let is_bare = typed.first().is_none_or(|word| is_group(word));
    is_bare.then(|| path_in(&typed))
}

/// Whether a word names a group of commands.
fn is_group(word: &str) -> bool {
    let mut groups = spec::COMMANDS.iter().filter_map(|row| row.command.split_once(' '));
    groups.any(|(group, _)| group == word)
}

/// The command that `help` was asked about. The name of a tool stands for its command.
fn path_of_help(asked: &[&str]) -> Option<Vec<String>> {
    let path = path_in(asked);
    if path.len() == asked.len() {
        return Some(path);
    }
    let [name] = asked else { return None };
    let tool = spec::tool(name).filter(|tool| !tool.command.is_empty())?;
    Some(tool.command.split(' ').map(str::to_owned).collect())
}

/// Finds the requested format, colour and configuration file in a command line that cannot be parsed.
pub(crate) fn glimpse(args: &[OsString]) -> Options {
    let format = values_typed(args, "--format").find_map(Format::parse);
    let is_exec = || path_in(&words(args)).first().is_some_and(|name| name == "exec");
    let exec = args.iter().any(|arg| arg == "exec") && is_exec();
    let config = values_typed(args, "--config").next().map(PathBuf::from);
    let color =
        values_typed(args, "--color").find_map(|c| <Color as clap::ValueEnum>::from_str(c, true).ok());
    let color = color.unwrap_or_default();
    let format = format.or(exec.then_some(Format::Json));
    Options {
        global: Global { format, exec, color, ..Global::default() },
        settings: Settings { config, ..Settings::default() },
    }
}

/// The choice of the configuration and of the account among these words, for completion.
pub(crate) fn settings_typed(words: &[String]) -> Settings {
    let args: Vec<OsString> = words.iter().map(Into::into).collect();
    let account = values_typed(&args, "--account").last();
    Settings {
        config: values_typed(&args, "--config").last().map(PathBuf::from),
        keys: account.map(|account| ("account", account.to_owned())).into_iter().collect(),
        ..Settings::default()
    }
}

/// The values of an option in a command line that was not parsed.
fn values_typed<'a>(args: &'a [OsString], option: &'static str) -> impl Iterator<Item = &'a str> {
    let text = |at: usize| args.get(at).and_then(|arg| arg.to_str());
    (0..args.len()).filter_map(move |at| match text(at)?.strip_prefix(option)? {
        "" => text(at + 1),
        joined => joined.strip_prefix('='),
    })
}

/// Whether `--config` stands after the command, which can have several names.
fn config_follows(name: &str, args: &[OsString]) -> bool {
    let top = named_by(&[name]);
    let aliases = top.find_subcommand(name).into_iter().flat_map(Command::get_all_aliases);
    let names: Vec<&str> = aliases.chain([name]).collect();
    let is_name = |arg: &OsString| arg.to_str().is_some_and(|arg| names.contains(&arg));
    let after = args.iter().skip_while(|arg| !is_name(arg)).filter_map(|arg| arg.to_str());
    let mut options = after.take_while(|arg| *arg != "--");
    options.any(|arg| arg == "--config" || arg.starts_with("--config="))
}

fn levels_typed(args: &[OsString]) -> impl Iterator<Item = Level> {
    values_typed(args, "--access").filter_map(Level::parse)
}

/// The tool whose command was given, and its part of the matches.
fn tool_of(matches: &ArgMatches) -> Option<(&'static Tool, &ArgMatches)> {
    let (first, inner) = matches.subcommand()?;
    if let Some(tool) = spec::TOOLS.iter().find(|t| t.command == first) {
        return Some((tool, inner));
    }
    let (second, innermost) = inner.subcommand()?;
    let tool = spec::TOOLS.iter().find(|t| t.command.split_once(' ') == Some((first, second)))?;
    Some((tool, innermost))
}

/// The tool whose command has this path.
fn tool_at(path: &[&str]) -> Option<&'static Tool> {
    let command = path.join(" ");
    spec::TOOLS.iter().find(|tool| !tool.command.is_empty() && tool.command == command)
}

fn settings(matches: &ArgMatches) -> Result<Settings, clap::Error> {
    let settings = Settings::from_arg_matches(matches)?;
    let keys = spec::KEYS.iter().filter(|k| k.flag);
    let keys = keys.filter_map(|key| Some((key.name, matches.get_one::<String>(key.name)?.clone())));
    Ok(Settings { keys: keys.collect(), ..settings })
}

/// The given values as the JSON object that `exec` would receive.
fn arguments(tool: &Tool, matches: &ArgMatches) -> Map<String, Value> {
    let mut arguments = Map::new();
    for p in tool.parameters.iter().filter(|p| p.spelling != Spelling::ExecOnly) {
        let value = match p.kind {
            Kind::Boolean => matches.get_flag(p.name).then_some(Value::Bool(true)),
            Kind::Many | Kind::Addresses => {
                matches.get_many::<String>(p.name).map(|values| many(values.cloned().collect()))
            }
            _ => matches.get_one::<String>(p.name).map(|v| Value::from(v.as_str())),
        };
        arguments.extend(value.map(|v| (p.name.to_owned(), v)));
    }
    arguments
}

/// A single id stays a single value, so that `read ID` and `exec fetch_message` return the same.
fn many(mut values: Vec<String>) -> Value {
    match values.len() {
        1 => Value::from(values.remove(0)),
        _ => Value::from(values),
    }
}
