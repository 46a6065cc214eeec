//! The texts around the commands agree with the command line.

use std::ffi::OsString;

use clap::Command;

use super::*;
use crate::spec::{COMMANDS, HABITS, OPTION_HABITS};

const READER: Reader =
    Reader { level: Level::Send, width: 80, topics: &[("setup", "The way to the first mail")] };

fn parsed(words: &[&str]) -> Result<Line, Stop> {
    let args: Vec<OsString> =
        std::iter::once("mcs-gmail").chain(words.iter().copied()).map(Into::into).collect();
    parse(&args, || READER)
}

/// The words of a command line, as a shell reads it, up to a pipe or a redirection.
fn words_of(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_with(String::new);
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_with(String::new).push(c),
        }
    }
    words.extend(word);
    words.into_iter().take_while(|word| word != "|" && word != ">").collect()
}

/// The paths of all commands that help lists.
fn paths(command: &Command, above: &str) -> Vec<String> {
    let mut all = Vec::new();
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let path = format!("{above}{}", inner.get_name());
        all.extend(paths(inner, &format!("{path} ")));
        all.push(path);
    }
    all
}

#[test]
fn every_command_has_a_heading_a_description_and_two_examples() {
    let all = paths(&command(), "");
    let unknown: Vec<&str> =
        COMMANDS.iter().map(|row| row.command).filter(|row| !all.iter().any(|path| path == row)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    for path in all {
        let text = spec::command_text(&path).unwrap_or_else(|| panic!("no row for {path}"));
        assert_eq!(text.examples.len(), 2, "{path}");
        assert!(text.brief.len() <= 80 && !text.brief.ends_with('.'), "{path}");
    }
}

#[test]
fn every_example_is_a_command_line_that_is_understood() {
    let known = paths(&command(), "");
    for row in COMMANDS.iter().filter(|row| known.iter().any(|path| path == row.command)) {
        for example in row.examples {
            assert!(example.len() <= 78, "too long for a terminal: {example}");
            let words = words_of(example);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert_eq!(words[0], "mcs-gmail", "{example}");
            assert!(path_in(&words[1..]).join(" ").starts_with(row.command), "{example}");
            match parsed(&words[1..]) {
                Ok(_) | Err(Stop::Shown(_)) => {}
                Err(Stop::Wrong { message, .. }) => panic!("{example}: {message}"),
            }
        }
    }
}

#[test]
fn further_names_are_free_and_destroy_nothing() {
    let all = command();
    for row in COMMANDS {
        for alias in row.aliases {
            let harmful =
                ["trash", "spam", "draft delete", "delete-folder", "auth logout", "draft send", "send"];
            assert!(!harmful.contains(&row.command), "{alias} must not mean {}", row.command);
            let group = row.command.rsplit_once(' ').map_or(String::new(), |(group, _)| format!("{group} "));
            let typed = format!("{group}{alias}");
            assert!(!HABITS.iter().any(|(habit, _)| *habit == typed), "{typed} is suggested, too");
            if !row.command.contains(' ') {
                assert!(!all.get_subcommands().any(|c| c.get_name() == *alias), "{alias} is a command");
            }
        }
    }
}

#[test]
fn every_suggestion_exists() {
    let all = paths(&command(), "");
    let later = |here: &str| COMMANDS.iter().any(|row| here.starts_with(row.command));
    for (habit, here) in HABITS {
        assert!(!all.iter().any(|path| path == habit), "{habit} is a command");
        for here in here.split(", or mcs-gmail ") {
            let is_flag = here.starts_with("--");
            assert!(is_flag || later(here), "{habit}: {here} is not a command");
        }
    }
    let mut top = command();
    top.build();
    let has = |option: &str| {
        let leaves = all.iter().map(|path| Place::after(&top, path.split(' ')));
        leaves.into_iter().any(|place| place.long(option).is_some())
    };
    for (habit, here) in OPTION_HABITS {
        assert!(has(here[2..].split(' ').next().unwrap()), "{habit}: {here}");
    }
}

/// The message and the hint about a wrong command line.
fn complaint(line: &str) -> (String, String) {
    let words = words_of(line);
    match parsed(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Err(Stop::Wrong { message, hint }) => (message, hint),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_wrong_command_line_is_told_in_our_words_with_the_help_of_its_command() {
    for (line, message, hints) in [
        ("delete x", "unknown command \"delete\"", &["mcs-gmail trash?", "Run mcs-gmail help to"][..]),
        ("delet x", "unknown command \"delet\"", &["mcs-gmail trash?"]),
        ("rm x", "unknown command \"rm\"", &["mcs-gmail trash?"]),
        ("inbox", "unknown command \"inbox\"", &["mcs-gmail list?"]),
        ("view x", "unknown command \"view\"", &["mcs-gmail read?"]),
        ("drafts", "unknown command \"drafts\"", &["mcs-gmail draft list?"]),
        ("lst", "unknown command \"lst\"", &["mcs-gmail list?"]),
        ("unread", "unknown command \"unread\"", &["mcs-gmail search is:unread?"]),
        ("mail", "unknown command \"mail\"", &["mcs-gmail list, or mcs-gmail send?"]),
        ("fetch_message x", "unknown command \"fetch_message\"", &["mcs-gmail read?"]),
        (
            "send_html_message",
            "unknown command \"send_html_message\"",
            &["mcs-gmail exec send_html_message?"],
        ),
        ("xyzzy", "unknown command \"xyzzy\"", &["Run mcs-gmail help to list the commands"]),
        ("draft rm r-1", "unknown command \"draft rm\"", &["mcs-gmail draft delete?", "help draft to list"]),
        ("draft crate", "unknown command \"draft crate\"", &["mcs-gmail draft create?"]),
        ("auth --format json", "a command is missing", &["Run mcs-gmail help auth to list its commands."]),
        (
            "list --json",
            "unknown option --json for list",
            &["Did you mean --format json?", "help list to see"],
        ),
        ("list --limt 3", "unknown option --limt for list", &["Did you mean --limit?"]),
        ("draft list --max-results=3", "unknown option --max-results for draft list", &["mean --limit?"]),
        ("trash x -y", "unknown option -y for trash", &["Did you mean --yes?"]),
        ("folders --folder x", "unknown option --folder for folders", &["Run mcs-gmail help folders"]),
        ("list Work", "unexpected argument \"Work\" for list", &["mcs-gmail list --folder Work?"]),
        (
            "send bob@example.org",
            "unexpected argument \"bob@example.org\" for send",
            &["--to bob@example.org?"],
        ),
        ("search a b", "unexpected argument \"b\" for search", &["quotes around a text with blanks"]),
        ("read", "read requires UID", &["mcs-gmail read 18c9f2a4b5d6e7f8.", "mcs-gmail help read"]),
        ("move x", "move requires --to", &["mcs-gmail move 18c9"]),
        ("list --limit", "--limit requires a value", &["mcs-gmail help list"]),
        ("list --format yaml", "\"yaml\" is not a valid value of --format", &["Use one of json"]),
        ("list --wait soon", "\"soon\" is not a valid value of --wait", &["whole number"]),
        ("completions csh", "\"csh\" is not a valid value of SHELL", &["Use one of bash"]),
        ("list --all=3", "--all takes no value", &["without \"3\""]),
        ("list --quiet -q", "--quiet was given twice", &["once"]),
        ("list --folder --unread", "unknown option --unread for list", &["--folder=--unread"]),
        ("list --proxy x", "--proxy is not an option", &["Set proxy in a configuration file"]),
    ] {
        let (said, hint) = complaint(line);
        assert_eq!(said, message, "{line}");
        for part in hints {
            assert!(hint.contains(part), "{line}: {hint}");
        }
    }
}

#[test]
fn habits_of_other_programs_work_where_they_are_harmless() {
    for (line, like) in [
        (&["ls", "-n", "3"][..], &["list", "--limit", "3"][..]),
        (&["ls", "-L3"], &["list", "--limit", "3"]),
        (&["find", "x", "--max", "3"], &["search", "x", "--limit", "3"]),
        (&["show", "x"], &["read", "x"]),
        (&["labels"], &["folders"]),
        (&["mv", "x", "--to", "y"], &["move", "x", "--to", "y"]),
        (&["login", "--new"], &["auth", "login", "--new"]),
        (&["logout"], &["auth", "logout"]),
        (&["draft", "ls"], &["draft", "list"]),
    ] {
        let action = |line| format!("{:?}", parsed(line).unwrap().action);
        assert_eq!(action(line), action(like));
    }
}

#[test]
fn no_line_of_help_is_wider_than_the_page() {
    for width in [60, 80, 100] {
        for path in paths(&command(), "").iter().map(String::as_str).chain([""]) {
            let path: Vec<String> = path.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
            let page = help::page(&path, Reader { width, ..READER }).plain;
            let examples = page.find("Examples:").unwrap_or(page.len());
            let wide = page[..examples].lines().find(|line| line.chars().count() > width);
            assert_eq!(wide, None, "{path:?} at {width}");
        }
    }
}

/// The lines of the examples, and lines in which the name of a command is something else.
fn lines() -> Vec<Vec<String>> {
    let examples = COMMANDS.iter().flat_map(|row| row.examples).filter(|line| line.starts_with("mcs-gmail "));
    let words: Vec<&[&str]> = vec![
        &["--account", "list", "search", "send"],
        &["search", "draft", "--folder", "trash", "--limit=3"],
        &["draft", "ls", "--quiet"],
        &["search", "--", "-from:list"],
        &["draft", "show", "list"],
        &["help", "draft", "create"],
        &["auth", "--quiet", "status", "--check"],
        &["__complete", "--word", "li", "draft"],
        &["move", "read", "--to", "archive", "--access", "organize"],
    ];
    let words = words.into_iter().map(|line| line.iter().map(|word| (*word).to_owned()).collect());
    examples.map(|line| words_of(line).into_iter().skip(1).collect()).chain(words).collect()
}

#[test]
fn a_correct_line_is_read_with_the_commands_that_it_names() {
    for line in lines() {
        let args = || std::iter::once("mcs-gmail").chain(line.iter().map(String::as_str));
        let named = named_by(&line.iter().map(String::as_str).collect::<Vec<_>>());
        let names: Vec<&str> = named.get_subcommands().map(Command::get_name).collect();
        assert!(names.contains(&"import") == line.contains(&"import".to_owned()), "{line:?}: {names:?}");
        let matches = named.try_get_matches_from(args()).unwrap_or_else(|e| panic!("{line:?}: {e}"));
        let whole = command().try_get_matches_from(args()).unwrap();
        let read = |matches| format!("{:?}", line_of(matches, &args().map(Into::into).collect::<Vec<_>>()));
        assert_eq!(read(&matches), read(&whole), "{line:?}");
    }
}
