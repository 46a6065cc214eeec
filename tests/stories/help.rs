//! Help: what a person sees who knows nothing but the program's name.

use std::process::Command;

use crate::kit::User;

#[test]
fn the_program_alone_shows_its_commands_under_headings() {
    let user = User::new();
    let alone = user.run(&[]).done();
    assert_eq!((alone.code, alone.stderr.as_str()), (0, ""));
    let mut rest = alone.stdout.as_str();
    for part in [
        "Usage: mcs-gmail COMMAND",
        "\nRead:\n",
        "\n  list ",
        "\nWrite:\n",
        "\n  send ",
        "\nOrganise:\n",
        "\n  archive ",
        "\nSign in:\n",
        "\n  auth ",
        "\nSet up:\n",
        "\nFor agents and scripts:\n",
        "\n  exec ",
        "\nTopics:\n",
        "\n  setup ",
        "\n  options ",
    ] {
        let at =
            rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing or misplaced: {}", alone.stdout));
        rest = &rest[at + part.len() - 1..];
    }
    for same in [&["help"][..], &["--help"], &["-h"]] {
        assert_eq!(user.run(same).done().stdout, alone.stdout, "{same:?}");
    }
    assert!(!alone.stdout.contains('\u{1b}'), "a pipe gets no escape sequences");
    // Something was asked for, but nothing that can be done.
    let error = user.run(&["--format", "json"]).fails(2);
    assert!(error["hint"].as_str().unwrap().contains("mcs-gmail help"), "{error}");
    let group = user.run(&["draft"]).done();
    assert!(group.code == 0 && group.stdout.contains("mcs-gmail draft create --to"), "{group:?}");
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn the_page_of_a_command_begins_with_its_own_options_and_ends_with_examples() {
    let user = User::new();
    let page = user.run(&["help", "draft", "create"]).done().stdout;
    let places: Vec<usize> = [
        "Usage: mcs-gmail draft create",
        "\nOptions:\n",
        "--subject <",
        "\nGlobal options:\n",
        "\nExamples:\n",
    ]
    .map(|part| page.find(part).unwrap_or_else(|| panic!("{part}: {page}")))
    .into();
    assert!(places.is_sorted(), "{page}");
    for same in [&["draft", "create", "--help"][..], &["draft", "create", "-h"], &["help", "create_draft"]] {
        assert_eq!(user.run(same).done().stdout, page, "{same:?}");
    }
    assert!(user.run(&["help", "auth"]).done().stdout.contains("logout"));
    let unknown = user.run(&["help", "draft", "crate"]).fails(2);
    assert!(unknown["message"].as_str().unwrap().contains("\"draft crate\""), "{unknown}");
}

#[test]
fn help_fills_the_terminal_and_emphasises_its_headings() {
    let user = User::new();
    for columns in [50, 80, 120] {
        let Some(seen) = user.at_terminal(&format!("stty rows 24 cols {columns}; mcs-gmail help search"))
        else {
            return;
        };
        assert!(seen.contains("\u{1b}[1mExamples:"), "{seen}");
        let lines = || seen.lines().map(|line| line.replace("\u{1b}[1m", "").replace("\u{1b}[0m", ""));
        let longest = lines()
            .take_while(|line| !line.starts_with("Examples"))
            .map(|l| l.trim_end().chars().count())
            .max();
        let limit = columns.min(100);
        assert!(longest.is_some_and(|l| l <= limit && l > limit - 15), "{columns}: {longest:?}\n{seen}");
    }
    let seen = user.at_terminal("mcs-gmail help search --color never").unwrap();
    assert!(!seen.contains('\u{1b}'), "{seen}");
}

#[test]
fn names_from_other_programs_run_the_command() {
    let user = User::signed_in();
    let two = user.run(&["ls", "-n", "2"]).rows();
    assert_eq!(two, user.run(&["list", "--limit", "2"]).rows());
    assert_eq!(two.len(), 2);
    // A rule that allows a command with what follows it does not allow another configuration, by any name.
    let file = user.write_file("other.toml", "timeout = \"30\"\n");
    let error = user.run(&["ls", "--config", file.to_str().unwrap()]).env("MCS_GMAIL_LAUNCHED", "1").fails(2);
    assert!(error["hint"].as_str().unwrap().contains("--config FILE"), "{error}");
}

#[test]
fn help_prints_guides_and_explains_errors() {
    let user = User::new();
    let setup = user.run(&["help", "setup"]).done();
    assert_eq!((setup.code, setup.stdout.as_str()), (0, include_str!("../../skill/references/setup.md")));
    for (name, part) in [
        ("rate_limited", "rate_limited (exit status 7)"),
        ("Rate-Limited", "rate_limited (exit status 7)"),
        ("10", "configuration (exit status 10)"),
        ("0", "exit status 0"),
        ("130", "Ctrl-C"),
        ("143", "SIGTERM"),
        ("redirect_uri_mismatch", "Fix:"),
    ] {
        let text = user.run(&["help", name]).done();
        assert!(text.code == 0 && text.stdout.contains(part), "{name}: {text:?}");
    }
    let options = user.run(&["help", "options"]).done().stdout;
    for option in ["--format <", "--no-input", "--access <", "--timeout <", "--version"] {
        assert!(options.contains(option), "{option}: {options}");
    }
    let nonsense = user.run(&["help", "nonsense"]).fails(2);
    assert!(!nonsense["hint"].as_str().unwrap().contains("is:unread"), "{nonsense}");
    for (typed, meant) in [
        (&["setop"][..], "mcs-gmail help setup?"),
        (&["rate_limit"], "mcs-gmail help rate_limited?"),
        (&["draft", "crate"], "mcs-gmail help draft create?"),
        (&["delete"], "mcs-gmail help trash?"),
    ] {
        let error = user.run(&[&["help"], typed].concat()).fails(2);
        assert!(error["hint"].as_str().unwrap().contains(meant), "{error}");
    }
}

#[test]
fn the_manual_has_every_command_and_what_surrounds_them() {
    let user = User::new();
    let page = user.run(&["man"]).done().stdout;
    for part in [
        ".SH NAME",
        ".SS \"draft create\"",
        ".SS \"auth login\"",
        ".SH \"EXIT STATUS\"",
        ".SH FILES",
        "mcs\\-gmail.json",
        ".SH ENVIRONMENT",
        "MCS_GMAIL_AUTH0_DOMAIN",
        ".SH EXAMPLES",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    // At a terminal, man(1) shows it.
    let Some(seen) = user.at_terminal("MANPAGER=cat mcs-gmail man") else { return };
    // A pager gets emphasis as overstrikes or escape sequences.
    let mut plain = String::new();
    for c in seen.chars() {
        match c {
            '\u{8}' => drop(plain.pop()),
            c => plain.push(c),
        }
    }
    let seen = plain.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    let rendered = Command::new("man").arg("--version").output().is_ok();
    assert_eq!(seen.contains(".SH NAME"), !rendered, "{}", &seen[..seen.len().min(2000)]);
    assert!(seen.contains("EXIT STATUS"));
}
