//! What can be typed: the options of every command, and the commands that are not tools.

use std::{collections::HashMap, path::PathBuf};

use clap::{
    Args, Parser, Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use serde_json::{Map, Value};

use super::help::{GLOBAL, Page};
use crate::spec::{Level, Tool};

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
    /// Print only these fields or paths (attachments[].filename), separated by commas; alone, list all
    #[arg(long, global = true, value_name = "NAMES", num_args = 0..=1, default_missing_value = "", require_equals = false)]
    pub(crate) fields: Option<String>,
    /// Exit with status 3 if nothing was found
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) fail_empty: bool,
    /// Wait up to this many seconds for a person to sign in, and with new for mail; 0 does not wait
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
    Ids,
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

    pub(crate) const ALL: [Format; 5] =
        [Format::Json, Format::Jsonl, Format::Table, Format::Tsv, Format::Ids];

    pub(crate) fn text(self) -> &'static str {
        match self {
            Format::Json => "One JSON document. The default where stdout is not a terminal, and for exec.",
            Format::Jsonl => "One JSON document per row, as it arrives.",
            Format::Table => "The page for people. The default on a terminal; table is another name.",
            Format::Tsv => {
                "One line per row with its columns, or the fields that --fields names, separated by tabs."
            }
            Format::Ids => "The id of each row on a line of its own, as xargs takes them.",
        }
    }

    /// The format with this name that a setting may choose for every command. Not every command has ids.
    pub(crate) fn of_setting(name: &str) -> Option<Format> {
        Format::parse(name).filter(|format| *format != Format::Ids)
    }

    /// The names of those that a setting may choose, for messages.
    pub(crate) fn names_of_settings() -> Vec<String> {
        Format::ALL.into_iter().filter(|format| *format != Format::Ids).map(Format::name).collect()
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
    disable_version_flag = true
)]
pub(super) struct Top {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    settings: Settings,
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
    /// Make the bundle of the skill, or install the skill
    #[command(subcommand)]
    Skill(Skill),
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
pub(crate) enum Skill {
    /// Make the zip of the skill that is uploaded for Cowork and claude.ai
    Pack(Pack),
    /// Install the skill into Claude Code, and show the lines that its settings need
    Install(Install),
}

#[derive(Args, Debug)]
pub(crate) struct Pack {
    /// File to write (default mcs-gmail.zip in the working directory); - writes to stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Binary for Linux to include, once for each machine (default: this one and those beside it)
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Vec<PathBuf>,
    /// Configuration file to include; everyone who has the zip then has its secrets
    #[arg(long, value_name = "FILE", conflicts_with = "without_config")]
    pub(crate) with_config: Option<PathBuf>,
    /// Leave out the configuration that is in the directory of the skill
    #[arg(long)]
    pub(crate) without_config: bool,
    /// Replace a file that is not a bundle of this skill
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Install {
    /// Directory of skills (default ~/.claude/skills)
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Binary for this machine (default: this one)
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
    /// Write the lines into ~/.claude/settings.json instead of showing them
    #[arg(long)]
    pub(crate) apply: bool,
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

/// The names of the access levels, in either spelling.
fn levels() -> impl TypedValueParser<Value = Level> {
    let names = Level::ALL.map(|level| match level {
        Level::Organise => PossibleValue::new(level.name()).alias("organize"),
        _ => PossibleValue::new(level.name()),
    });
    PossibleValuesParser::new(names).try_map(|name| Level::parse(&name).ok_or("not an access level"))
}
