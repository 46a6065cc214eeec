//! Help: what a person sees who knows nothing but the program's name.

use std::process::Command;

use serde_json::json;

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
    for launcher in ["MCS_GMAIL_LAUNCHED", "MCS_GMAIL_SKILL_DIR"] {
        let error = user.run(&["ls", "--config", file.to_str().unwrap()]).env(launcher, "/skill").fails(2);
        assert!(error["hint"].as_str().unwrap().contains("--config FILE"), "{error}");
    }
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

/// The examples of a command, as its page shows them.
fn examples(user: &User, command: &str) -> Vec<String> {
    let words: Vec<&str> = std::iter::once("help").chain(command.split(' ')).collect();
    let page = user.run(&words).done().stdout;
    let (_, examples) = page.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command}: {page}"));
    let lines = examples.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.trim().to_owned()).collect()
}

/// The commands in the list of help, with those below a group.
fn commands(user: &User) -> Vec<String> {
    let list = user.run(&["help"]).done().stdout;
    let (list, _) = list.split_once("\nTopics:\n").unwrap();
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned));
    let mut all = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        let page = user.run(&["help", &name]).done().stdout;
        let inner =
            page.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        let inner = inner.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        all.extend(inner.filter(|inner| !inner.is_empty()).map(|inner| format!("{name} {inner}")));
        all.push(name);
    }
    all
}

#[test]
fn every_example_of_help_does_what_it_says() {
    let reader = User::new();
    let all = commands(&reader);
    assert!(all.len() > 50, "{all:?}");
    // What needs a person, a browser or another set-up has stories of its own.
    let apart = ["auth", "open", "doctor", "config", "man", "completions", "skill"];
    let lines: Vec<String> = all
        .iter()
        .filter(|command| !apart.contains(&command.split(' ').next().unwrap()))
        .flat_map(|command| examples(&reader, command))
        .collect();
    assert!(lines.len() > 80, "{}", lines.len());
    crate::kit::for_each_in_parallel(lines.chunks(12).map(<[String]>::to_vec), |lines| {
        for line in lines {
            let user = User::signed_in().allowing_settings();
            let rows = user.run(&["search", "has:attachment", "--limit", "1", "--fields", "uid"]).rows();
            let draft = user.run(&["draft", "create", "--to", "bob@example.org", "--body", "x"]).json();
            let filter = json!({"criteria": {"from": "a"}, "action": {"addLabelIds": ["STARRED"]}});
            let filter = user.world.gmail(|gmail| gmail.add_filter(filter));
            user.write_file("filters.json", r#"[{"from": "b", "star": true}]"#);
            for folder in ["Work/Bills", "Work/Old", "Follow up", "News"] {
                let _ = user.run(&["create-folder", folder]).done();
            }
            user.write_file("mail.eml", "From: bob@example.org\nMessage-ID: <1@example.org>\n\nHello\n");
            let name = env!("CARGO_BIN_EXE_mcs-gmail");
            let list =
                user.receive("From: a@example.org\nList-Unsubscribe: <mailto:b@example.org>\n\nNews\n");
            let uid = if line.contains(" unsubscribe ") { &list } else { rows[0]["uid"].as_str().unwrap() };
            let typed = line
                .replace("18c9f2a4b5d6e7f8", uid)
                .replace("ANe1BmhU0", &filter)
                .replace("r-123", draft["id"].as_str().unwrap());
            let typed = typed.replacen("mcs-gmail", name, 1);
            // What an example creates must not be there, and what it renames must.
            let gone = ["create-folder 'Follow", "rename-folder Work/Invoices Work/Bills"];
            if gone.iter().any(|part| line.contains(part)) {
                let folder = if line.contains("create") { "Follow up" } else { "Work/Bills" };
                user.run(&["delete-folder", folder, "--yes"]).json();
            }
            if line.contains("rename-folder Work/Bills") {
                user.run(&["delete-folder", "Work/Invoices", "--yes"]).json();
            }
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("echo Hello | {{ {typed}; }}")]).env_clear().envs(user.world.env());
            shell.env("HOME", user.home()).env("PATH", "/usr/bin:/bin").current_dir(user.home());
            let output = shell.output().unwrap();
            let seen = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{line}: {:?} {seen}", output.status.code());
        }
    });
}

#[test]
fn a_topic_that_is_not_markdown_keeps_its_lines_at_a_terminal() {
    let user = User::new();
    for (topic, line) in [
        ("exit-codes", "   7  "),
        ("environment", "  MCS_GMAIL_CONFIG"),
        ("setup", "two. mcs-gmail help setup"),
    ] {
        let Some(shown) = user.at_terminal(&format!("mcs-gmail help {topic} --no-pager")) else { return };
        assert!(shown.lines().any(|shown| shown.starts_with(line)), "{topic}: {shown}");
    }
}
