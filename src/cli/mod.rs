//! The command line, parsed into a [`Line`] of plain data. No other module uses clap.
//!
//! Our own commands are clap structs; the commands of tools come from the table. The values of tools stay text here,
//! because `tools` checks them in the same way for the command line and for `exec`. This module imports only clap,
//! serde_json, `spec` and `suggest`, because `build.rs` compiles it, too.

mod complete;
mod help;
#[cfg(test)]
mod tests;
mod walk;
mod wrong;

use std::{collections::HashMap, ffi::OsString, path::PathBuf};

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
    error::ErrorKind,
};
use serde_json::{Map, Value};

pub(crate) use self::{
    complete::{Known, offer},
    help::{Page, Reader},
    wrong::meant,
};
use self::{
    help::GLOBAL,
    walk::Place,
    wrong::{no_options_among, not_utf8, stop},
};
use crate::spec::{self, COMMANDS, Kind, LIMIT, Level, Parameter, Spelling, Tool};

/// What was typed.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) options: Options,
    pub(crate) action: Action,
}

/// The options that every command takes.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) global: Global,
    pub(crate) settings: Settings,
}

/// What the command line says about the configuration.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = GLOBAL)]
pub(crate) struct Settings {
    /// Configuration file to read instead of the usual ones
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Refuse commands above this level, even if the policy allows them
    #[arg(long, global = true, hide_short_help = true, value_name = "LEVEL", value_parser = levels())]
    pub(crate) access: Vec<Level>,
    /// Whether `--config` stands after the command.
    #[arg(skip)]
    pub(crate) config_is_late: bool,
    /// The configuration keys that were given as flags.
    #[arg(skip)]
    pub(crate) keys: HashMap<&'static str, String>,
}

#[derive(Debug)]
pub(crate) enum Action {
    Tool { tool: &'static Tool, arguments: Map<String, Value> },
    Builtin(Builtin),
}

/// Why parsing ended without a [`Line`].
#[derive(Debug)]
pub(crate) enum Stop {
    /// Help or version: text for stdout, success.
    Shown(Page),
    /// A usage error.
    Wrong { message: String, hint: String },
}

#[derive(Args, Debug, Default, Clone)]
#[command(next_help_heading = GLOBAL)]
pub(crate) struct Global {
    /// Output format (default: the key format, or else text on a terminal, json elsewhere)
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Print only these fields, separated by commas; without a value, list all fields
    #[arg(long, global = true, value_name = "NAMES", num_args = 0..=1, default_missing_value = "", require_equals = false)]
    pub(crate) fields: Option<String>,
    /// Exit with status 3 if nothing was found
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) fail_empty: bool,
    /// Wait up to this many seconds for a person to sign in; 0 does not wait
    #[arg(long, global = true, hide_short_help = true, value_name = "SECONDS")]
    pub(crate) wait: Option<u64>,
    /// Also show the sign-in link as a QR code
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) qr: bool,
    /// Never prompt, never open a browser
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_input: bool,
    /// Print no warnings and no progress, and a sign-in link in one line
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Show every member in texts, such as ids, labels and sizes
    #[arg(long, global = true)]
    pub(crate) verbose: bool,
    /// Never show a long text in $PAGER
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    /// Print every request to stderr, without secrets; --debug=http adds headers and bodies
    #[arg(long, global = true, hide_short_help = true, value_enum, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "requests")]
    pub(crate) debug: Option<Debug>,
    /// When to use colour
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub(crate) color: Color,
    /// Whether `exec` was called: messages then spell parameters as in JSON.
    #[arg(skip)]
    pub(crate) exec: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Jsonl,
    #[value(name = "text", alias = "table")]
    Table,
    Tsv,
}

/// What `--debug` shows.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Debug {
    Requests,
    /// Also the headers and bodies.
    Http,
}

impl Format {
    /// The format with this name, as a value of `--format` or of the key `format`.
    pub(crate) fn parse(name: &str) -> Option<Format> {
        <Format as clap::ValueEnum>::from_str(name, true).ok()
    }

    pub(crate) fn name(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self);
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    pub(crate) const ALL: [Format; 4] = [Format::Json, Format::Jsonl, Format::Table, Format::Tsv];

    pub(crate) fn text(self) -> &'static str {
        match self {
            Format::Json => "One JSON document. The default where stdout is not a terminal, and for exec.",
            Format::Jsonl => "One JSON document per row, as it arrives.",
            Format::Table => "The page for people. The default on a terminal; table is another name.",
            Format::Tsv => {
                "One line per row with its columns, or the fields that --fields names, separated by tabs."
            }
        }
    }

    /// Their names, for messages.
    pub(crate) fn names() -> Vec<String> {
        Format::ALL.into_iter().map(Format::name).collect()
    }
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Parser, Debug)]
#[command(
    name = "mcs-gmail",
    bin_name = "mcs-gmail",
    version,
    about = "Gmail for agents, scripts and cron: one process, one operation",
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true,
    subcommand_required = true
)]
struct Top {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    builtin: Builtin,
}

/// Commands that are not tools.
#[derive(Subcommand, Debug)]
pub(crate) enum Builtin {
    /// Run a tool by its contract name, with its parameters as one JSON object
    Exec {
        /// Name of the tool, such as list_messages
        tool: String,
        /// Its parameters as a JSON object; @FILE reads them from a file, - from stdin
        #[arg(default_value = "{}")]
        json: String,
    },
    /// Open Gmail's page of a conversation in the browser
    Open {
        /// Thread id from a list or search, or the id of one of its messages; several are allowed
        #[arg(required = true, value_name = "THREAD_ID")]
        ids: Vec<String>,
    },
    /// List the tools and their parameters
    Tools {
        /// Format: text as the Python skill prints it, json, or function schemas for openai, anthropic or mcp
        #[arg(long = "as", value_enum, default_value = "text")]
        style: ToolStyle,
    },
    /// Print the contract as one JSON document: tools with their results, errors, keys, formats and the policy
    Schema,
    /// Show name, version and tools as JSON
    Status,
    /// Set up the configuration, show what is in effect, or print an example
    #[command(subcommand)]
    Config(Configuration),
    /// Sign in, show the state of the sign-in, sign out
    #[command(subcommand)]
    Auth(Auth),
    /// Check the whole set-up, and say what to fix
    Doctor {
        /// Only what can be checked without the network
        #[arg(long)]
        offline: bool,
    },
    /// Print the completion script for a shell
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Show help for a command, a topic or an error code
    Help {
        /// The words of a command, a topic, an error code or an exit status
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
    /// Print what completes a word, for the completion scripts
    #[command(name = "__complete", hide = true)]
    Complete {
        /// The word at the cursor, as far as it is typed
        #[arg(long, default_value = "", allow_hyphen_values = true)]
        word: String,
        /// The words before it, without the program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// As in gh and docker
    #[command(flatten)]
    Habit(Habit),
}

/// Commands that people know from other programs.
#[derive(Subcommand, Debug)]
pub(crate) enum Habit {
    #[command(hide = true)]
    Login {
        #[arg(long)]
        new: bool,
    },
    #[command(hide = true)]
    Logout {
        #[arg(long)]
        disconnect: bool,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum Configuration {
    /// Ask for the values of your installation and write them to a file that only you can read
    Init {
        /// Take the values from the variables instead of asking
        #[arg(long, conflicts_with = "import")]
        from_env: bool,
        /// Take the values from a .env, config.toml or config.json instead of asking
        #[arg(long, value_name = "FILE")]
        import: Option<PathBuf>,
        /// Replace the values in a file that exists; everything else in it stays
        #[arg(long)]
        force: bool,
    },
    /// Show every value in effect with its source, the policy, and what is wrong; no secrets
    Show,
    /// Print a commented example to save as ~/.mcs/mcs-gmail.toml
    Example,
    /// List the files that are read, in order, and whether each exists
    Path,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Auth {
    /// Sign in, and show the account
    Login {
        /// Drop a pending sign-in and show a fresh link
        #[arg(long)]
        new: bool,
    },
    /// Check whether Gmail can be used: account, scopes, policy and pending sign-in
    Status {
        /// For compatibility: the sign-in is always checked
        #[arg(long, hide = true)]
        check: bool,
    },
    /// List the accounts signed in on this machine
    List,
    /// Wait for a pending sign-in, until it is completed or the link changes
    Wait,
    /// Revoke the sign-in and delete it from the cache
    Logout {
        /// Also remove the Google account from Auth0's Token Vault
        #[arg(long)]
        disconnect: bool,
    },
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToolStyle {
    Text,
    Json,
    Openai,
    Anthropic,
    /// Tools of the Model Context Protocol, with the schemas of their results
    Mcp,
    /// The tool reference of the skill
    Markdown,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell", alias = "pwsh")]
    Power,
    Elvish,
}

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

/// Parses the arguments of the process. `reader` says for whom help is; it is called only when help is shown.
pub(crate) fn parse(args: &[OsString], reader: impl Fn() -> Reader) -> Result<Line, Stop> {
    let reader = || {
        let reader = reader();
        Reader { level: levels_typed(args).fold(reader.level, Level::min), ..reader }
    };
    if let Some(path) = bare(args) {
        return Err(Stop::Shown(help::page(&path, reader())));
    }
    let matches = command().try_get_matches_from(args).map_err(|e| match e.kind() {
        ErrorKind::DisplayHelp => Stop::Shown(help::page(&path_in(words(args)), reader())),
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
    let stop = |e| stop(&e, args);
    let mut global = Global::from_arg_matches(&matches).map_err(stop)?;
    if matches.subcommand_name() == Some("exec") {
        // The contract with models does not depend on the place, nor on what is configured.
        global.format.get_or_insert(Format::Json);
        global.exec = true;
    }
    let mut settings = settings(&matches).map_err(stop)?;
    // Of an option that stands in front of the command and after it, clap keeps only the last.
    settings.access = levels_typed(args).collect();
    settings.config_is_late = matches.subcommand_name().is_some_and(|name| config_follows(name, args));
    let action = match tool_of(&matches) {
        Some((tool, matches)) => {
            let arguments = arguments(tool, matches);
            no_options_among(tool, &arguments, args)?;
            Action::Tool { tool, arguments }
        }
        None => Action::Builtin(builtin(&matches).map_err(stop)?),
    };
    Ok(Line { options: Options { global, settings }, action })
}

fn builtin(matches: &ArgMatches) -> Result<Builtin, clap::Error> {
    Ok(match Builtin::from_arg_matches(matches)? {
        Builtin::Habit(Habit::Login { new }) => Builtin::Auth(Auth::Login { new }),
        Builtin::Habit(Habit::Logout { disconnect }) => Builtin::Auth(Auth::Logout { disconnect }),
        other => other,
    })
}

/// The words after the program's name. What is not UTF-8 is neither a command nor an option.
fn words(args: &[OsString]) -> impl Iterator<Item = &str> {
    args.iter().skip(1).map(|arg| arg.to_str().unwrap_or_default())
}

/// The command that the words lead to.
fn path_in<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
    let mut top = command();
    top.build();
    Place::after(&top, words).path.into_iter().map(str::to_owned).collect()
}

/// The command whose page is shown because nothing else was typed: the program alone, or a group of commands.
fn bare(args: &[OsString]) -> Option<Vec<String>> {
    let typed: Vec<&str> = words(args).collect();
    let has_options = typed.iter().any(|word| word.starts_with('-'));
    if has_options || typed.len() > 1 {
        return None;
    }
    let top = command();
    let group = typed.first().map(|word| top.find_subcommand(word));
    let is_bare = group.is_none_or(|found| found.is_some_and(Command::has_subcommands));
    is_bare.then(|| path_in(typed))
}

/// The command that `help` was asked about. The name of a tool stands for its command.
fn path_of_help(asked: &[&str]) -> Option<Vec<String>> {
    let path = path_in(asked.iter().copied());
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
    let mut words = args.iter().skip(1).filter_map(|a| a.to_str());
    let exec = words.find(|a| !a.starts_with('-')) == Some("exec");
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
    let top = command();
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

/// The names of the access levels, in either spelling.
fn levels() -> impl TypedValueParser<Value = Level> {
    let names = Level::ALL.map(|level| match level {
        Level::Organise => PossibleValue::new(level.name()).alias("organize"),
        _ => PossibleValue::new(level.name()),
    });
    PossibleValuesParser::new(names).try_map(|name| Level::parse(&name).ok_or("not an access level"))
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
