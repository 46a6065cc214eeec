//! The pages of help: the list of commands under their headings, and one page per command.

use clap::{
    Arg, ArgAction, Command,
    builder::styling::{Style, Styles},
};

use super::command;
use crate::spec::{self, COMMANDS, CommandText, Group, Level, TOOLS};

/// The heading of the options that every command takes.
pub(super) const GLOBAL: &str = "Global options";

/// A text for stdout, plain and with the styles of a terminal.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) plain: String,
    pub(crate) styled: String,
}

impl Page {
    /// A text without styles.
    pub(super) fn plain(text: String) -> Page {
        Page { styled: text.clone(), plain: text }
    }
}

/// What help depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    /// What the policy allows. Commands above it are left out.
    pub(crate) level: Level,
    /// The columns to fill.
    pub(crate) width: usize,
    /// What `help` knows besides the commands, each with one line about it.
    pub(crate) topics: &'static [(&'static str, &'static str)],
}

const BOLD: Style = Style::new().bold();
/// The columns of the names in the list of commands, with their margins.
const NAMES: usize = 19;
const ONE: &str = "{about}\n\n{usage-heading} {usage}\n\n{all-args}{after-help}";
const END: &str = "\nRun mcs-gmail help COMMAND or mcs-gmail help TOPIC for more.\n";
const ONE_END: &str = "\nRun mcs-gmail help options for all global options.\n";
const USAGE: &str = "mcs-gmail COMMAND [OPTIONS]";
/// What `--version` prints, as clap does.
pub(super) const VERSION: &str = concat!("mcs-gmail ", env!("CARGO_PKG_VERSION"));
/// The topic with the options of every command.
pub(super) const OPTIONS: &str = "options";

pub(super) fn styles() -> Styles {
    Styles::plain().header(BOLD).usage(BOLD).literal(BOLD)
}

/// The flag of every command. Both spellings show the same page.
pub(super) fn flag() -> Arg {
    let flag = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort);
    flag.global(true).help("Print help").help_heading(GLOBAL).display_order(1000)
}

pub(super) fn version() -> Arg {
    let flag = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    flag.help("Print the version").help_heading(GLOBAL).display_order(1001)
}

/// The page of the command with this path; the list of all commands for the empty path.
pub(super) fn page(path: &[String], reader: Reader) -> Page {
    let mut top = allowed(reader.level).term_width(reader.width);
    if path.is_empty() {
        return list(top, reader);
    }
    top.build();
    let found = path.iter().fold(&top, |command, name| command.find_subcommand(name).unwrap_or(command));
    let words = path.join(" ");
    let mut page = found.clone().help_template(ONE);
    if let Some(tool) = TOOLS.iter().find(|tool| tool.command == words) {
        page = page.about(tool.summary);
    }
    if let Some(text) = spec::command_text(&words) {
        page = page.after_help(examples(text));
    }
    rendered(page, ONE_END)
}

/// The command line without the commands that the policy refuses.
fn allowed(level: Level) -> Command {
    let refused = TOOLS.iter().filter(|t| !t.command.is_empty() && t.level > level);
    refused.fold(command(), |top, tool| match tool.command.split_once(' ') {
        Some((parent, name)) => {
            top.mut_subcommand(parent, |p| p.mut_subcommand(name, |command| command.hide(true)))
        }
        None => top.mut_subcommand(tool.command, |command| command.hide(true)),
    })
}

/// All commands under their headings, and the topics.
fn list(top: Command, Reader { width, topics, .. }: Reader) -> Page {
    let mut groups = String::new();
    for group in Group::ALL {
        let rows = COMMANDS.iter().filter(|row| row.group == group && is_shown(&top, row));
        let rows: String = rows.map(|row| line(row.command, row.brief, width)).collect();
        if !rows.is_empty() {
            groups.push_str(&format!("{}\n{rows}\n", heading(group.heading())));
        }
    }
    let topics: String = topics.iter().map(|(name, about)| line(name, about, width)).collect();
    let options = line(OPTIONS, "The options that every command takes", width);
    let topics = format!("{}\n{topics}{options}", heading("Topics"));
    let top = top.override_usage(USAGE);
    rendered(top.help_template(format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}{topics}")), END)
}

/// The options of every command.
pub(super) fn options(reader: Reader) -> Page {
    let top = command().term_width(reader.width).override_usage(USAGE);
    let top = top.mut_args(|arg| arg.hide_short_help(false)).mut_subcommands(|command| command.hide(true));
    rendered(top.help_template(ONE).about("The options that every command takes."), "")
}

fn is_shown(top: &Command, row: &CommandText) -> bool {
    top.find_subcommand(row.command).is_some_and(|command| {
        let has_any = command.get_subcommands().any(|inner| !inner.is_hide_set());
        !command.is_hide_set() && (has_any || !command.has_subcommands())
    })
}

fn heading(text: &str) -> String {
    format!("{BOLD}{text}:{BOLD:#}")
}

/// A name and what stands behind it, wrapped beside the name.
fn line(name: &str, text: &str, width: usize) -> String {
    let margin = " ".repeat(NAMES.saturating_sub(name.len() + 2));
    let mut lines = format!("  {BOLD}{name}{BOLD:#}{margin}");
    let mut column = NAMES;
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 && column + 1 + word.len() > width {
            lines.push_str(&format!("\n{}", " ".repeat(NAMES)));
            column = NAMES;
        } else if at > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word.len();
    }
    format!("{lines}\n")
}

fn examples(text: &CommandText) -> String {
    let lines: String = text.examples.iter().map(|line| format!("\n  {line}")).collect();
    format!("{}{lines}", heading("Examples"))
}

fn rendered(mut command: Command, end: &str) -> Page {
    let text = command.render_help();
    let tidy = |text: String| {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        format!("{}\n{end}", lines.join("\n").trim_end())
    };
    Page { plain: tidy(text.to_string()), styled: tidy(text.ansi().to_string()) }
}
