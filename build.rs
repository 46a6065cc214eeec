//! Writes the manual page from the tables of the command line. The binary embeds it.

#![allow(dead_code, unused_imports, reason = "only the shape of the command line is used here")]
#![allow(clippy::print_stdout, reason = "cargo reads instructions from stdout")]

#[path = "src/cli/mod.rs"]
mod cli;
#[path = "src/spec/mod.rs"]
mod spec;
#[path = "src/suggest.rs"]
mod suggest;

use std::{env, error::Error, fs, path::Path};

use clap::{Arg, Command};
use roff::{Roff, bold, italic, roman};

use crate::spec::{COMMANDS, CommandText, Group, TOOLS};

fn main() -> Result<(), Box<dyn Error>> {
    for source in ["cli", "spec", "suggest.rs"] {
        println!("cargo:rerun-if-changed=src/{source}");
    }
    #[expect(clippy::disallowed_methods, reason = "cargo passes the output directory in a variable")]
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    fs::write(Path::new(&out).join("mcs-gmail.1"), manual().render())?;
    Ok(())
}

fn manual() -> Roff {
    let mut top = cli::command();
    top.build();
    let mut page = Roff::new();
    let version = concat!("mcs-gmail ", env!("CARGO_PKG_VERSION"));
    page.control("TH", ["mcs-gmail", "1", "", version, "User Commands"]);
    section(&mut page, "NAME", "mcs-gmail - Gmail for agents, scripts and cron");
    page.control("SH", ["SYNOPSIS"]);
    page.text([bold("mcs-gmail"), roman(" "), italic("COMMAND"), roman(" ["), italic("OPTIONS"), roman("]")]);
    section(
        &mut page,
        "DESCRIPTION",
        "One process performs one operation in a Gmail mailbox and exits. The result goes to stdout, everything else \
         to stderr: text on a terminal, JSON elsewhere. If a person must sign in first, the result is a link, and the \
         same command works after the sign-in.",
    );
    page.control("SH", ["COMMANDS"]);
    for group in Group::ALL {
        let rows = COMMANDS.iter().filter(|row| row.group == group);
        for row in rows {
            if let Some(command) = find(&top, row.command).filter(|command| !command.has_subcommands()) {
                describe(&mut page, row, command);
            }
        }
    }
    page.control("SH", ["GLOBAL OPTIONS"]);
    arguments(&mut page, top.get_arguments());
    surroundings(&mut page);
    page
}

fn section(page: &mut Roff, title: &str, text: &str) {
    page.control("SH", [title]).text([roman(text)]);
}

fn find<'c>(top: &'c Command, words: &str) -> Option<&'c Command> {
    words.split(' ').try_fold(top, |command, word| command.find_subcommand(word))
}

/// A command with its own arguments and options.
fn describe(page: &mut Roff, row: &CommandText, command: &Command) {
    page.control("SS", [row.command]);
    let mut usage = vec![bold(format!("mcs-gmail {}", row.command))];
    for argument in command.get_positionals() {
        usage.push(roman(" "));
        usage.push(italic(shown_value(argument)));
    }
    usage.push(roman(" ["));
    usage.push(italic("OPTIONS"));
    usage.push(roman("]"));
    page.text(usage).control("PP", []);
    let tool = TOOLS.iter().find(|tool| tool.command == row.command);
    let summary = tool.map_or_else(|| format!("{}.", row.brief), |tool| tool.summary.to_owned());
    page.text([roman(summary)]);
    arguments(page, command.get_arguments().filter(|arg| !arg.is_global_set()));
}

/// UID..., or ADDRESSES.
fn shown_value(argument: &Arg) -> String {
    let name = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let several = argument.get_num_args().is_some_and(|n| n.max_values() > 1);
    format!("{}{}", name.unwrap_or_default(), if several { "..." } else { "" })
}

fn arguments<'a>(page: &mut Roff, all: impl Iterator<Item = &'a Arg>) {
    for argument in all.filter(|arg| !arg.is_hide_set()) {
        let short = argument.get_short().map(|c| format!("-{c}"));
        let long = argument.get_long().map(|name| format!("--{name}"));
        let names: Vec<String> = short.into_iter().chain(long).collect();
        let mut line = vec![bold(names.join(", "))];
        if names.is_empty() {
            line = vec![italic(shown_value(argument))];
        } else if argument.get_action().takes_values() {
            line.extend([roman(" "), italic(shown_value(argument))]);
        }
        let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .filter(|value| argument.get_action().takes_values() && !value.is_hide_set())
            .map(|value| value.get_name().to_owned())
            .collect();
        if !values.is_empty() {
            text.push_str(&format!(" [one of: {}]", values.join(", ")));
        }
        page.control("TP", []).text(line).text([roman(text)]);
    }
}

fn surroundings(page: &mut Roff) {
    page.control("SH", ["EXIT STATUS"]);
    for (status, text) in spec::EXITS {
        term(page, &status.to_string(), text);
    }
    page.control("SH", ["FILES"]);
    spec::FILES.iter().for_each(|(path, text)| term(page, path, text));
    page.control("SH", ["ENVIRONMENT"]);
    for key in spec::KEYS {
        let names = key.plain.iter().map(|plain| format!(", {plain}"));
        let names: String =
            std::iter::once(format!("MCS_GMAIL_{}", key.name.to_uppercase())).chain(names).collect();
        term(page, &names, key.text);
    }
    spec::VARIABLES.iter().for_each(|(name, text)| term(page, name, text));
    page.control("SH", ["EXAMPLES"]);
    for row in COMMANDS.iter().filter(|row| !row.command.contains(' ')) {
        if let Some(example) = row.examples.first().filter(|_| row.group != Group::Programs) {
            page.control("PP", []).text([roman(row.brief), roman(":")]);
            page.control("RS", ["4"]).control("nf", []).text([bold(*example)]);
            page.control("fi", []).control("RE", []);
        }
    }
    page.control("SH", ["SEE ALSO"]);
    page.text([
        bold("mcs-gmail help setup"),
        roman(" for the way from nothing to the first mail, "),
        bold("mcs-gmail help troubleshooting"),
        roman(" for error codes and causes, "),
        roman(env!("CARGO_PKG_REPOSITORY")),
    ]);
}

fn term(page: &mut Roff, name: &str, text: &str) {
    page.control("TP", []).text([bold(name)]).text([roman(text)]);
}
