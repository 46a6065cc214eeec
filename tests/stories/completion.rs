//! Completion: what a shell offers, from the tables and from what earlier runs left in the cache, never from the network.

use std::process::Command;

use crate::kit::{Run, User};

/// What bash 5 offers at the end of a line. `COMP_WORDS` are split as readline splits them.
fn bash(user: &User, line: &str) -> Vec<String> {
    let script = user.write_file("completion.bash", user.run(&["completions", "bash"]).done().stdout);
    let words = comp_words(line);
    let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    let current = words.last().unwrap().trim_start_matches(['\'', '"']);
    let probe = format!(
        ". {}; COMP_LINE='{}'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({}); COMP_CWORD={}; \
         _mcs_gmail '{}' '{}' ''; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        line.replace('\'', "'\\''"),
        quoted.join(" "),
        words.len() - 1,
        env!("CARGO_BIN_EXE_mcs-gmail"),
        if breaks(current) { "" } else { current },
    );
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", &probe]).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", user.home());
    let output = command.envs(user.world.env()).current_dir(user.home()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    String::from_utf8_lossy(&output.stdout).lines().filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

fn breaks(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| "=:@".contains(c))
}

/// The words of a line: blanks separate them, and runs of `=`, `:` and `@` are words of their own.
fn comp_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut escaped = false;
    for c in line.chars() {
        let is_break = "=:@".contains(c) && quote.is_none() && !escaped;
        let last = words.last_mut().unwrap();
        match c {
            _ if escaped => last.push(c),
            ' ' if quote.is_none() => words.push(String::new()),
            _ if !last.is_empty() && quote.is_none() && is_break != breaks(last) => words.push(c.to_string()),
            _ => last.push(c),
        }
        escaped = !escaped && c == '\\';
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
    }
    words
}

/// What the program itself offers for a word.
fn offered(user: &User, words: &[&str], word: &str) -> Vec<String> {
    let word = format!("--word={word}");
    let done = user.run(&[&["__complete", &word, "--"], words].concat()).done();
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let mut lines = done.stdout.lines();
    let kind = lines.next().unwrap().to_owned();
    let names = lines.map(|line| line.split('\t').next().unwrap().to_owned());
    if kind == "words" { names.collect() } else { vec![kind] }
}

#[test]
fn bash_completes_commands_options_and_values() {
    let user = User::new();
    for (line, expected) in [
        ("mcs-gmail li", &["list"][..]),
        ("mcs-gmail mark", &["mark-read", "mark-unread"]),
        ("mcs-gmail draft s", &["show", "send"]),
        ("mcs-gmail list --lim", &["--limit"]),
        ("mcs-gmail ls --thr", &["--threads"]),
        ("mcs-gmail --format js", &["json", "jsonl"]),
        ("mcs-gmail list --format=ts", &["tsv"]),
        ("mcs-gmail list --access=or", &["organise"]),
        ("mcs-gmail read 18c9 --body html", &["html_text", "html"]),
        ("mcs-gmail exec list_m", &["list_messages"]),
        ("mcs-gmail list --fields uid,sub", &["uid,subject"]),
        ("mcs-gmail exec list_folders --fields unr", &["unread"]),
        ("mcs-gmail read 18c9 --fields attachments.f", &["attachments.filename"]),
        ("mcs-gmail completions z", &["zsh"]),
        ("mcs-gmail help dra", &["draft"]),
        ("mcs-gmail help draft cr", &["create"]),
        ("mcs-gmail help redirect_uri_m", &["redirect_uri_mismatch"]),
        ("mcs-gmail list --folder Se", &["Sent"]),
        ("mcs-gmail list --folder=Se", &["Sent"]),
        ("mcs-gmail list --folder \"Se", &["Sent"]),
        ("mcs-gmail nonsense ", &[]),
        ("mcs-gmail send -- --sub", &[]),
    ] {
        assert_eq!(bash(&user, line), expected, "{line}");
    }
    assert_eq!(user.world.log().len(), 0, "completion sends nothing");
}

#[test]
fn files_are_offered_only_where_a_file_is_meant() {
    let user = User::new();
    user.write_file("report one.pdf", "x");
    user.write_file("reports/may.pdf", "x");
    for line in [
        "send --attach rep",
        "send --body-file rep",
        "import rep",
        "export 18c9 --out rep",
        "--config rep",
        "config init --import rep",
    ] {
        assert_eq!(bash(&user, &format!("mcs-gmail {line}")), ["report one.pdf", "reports"], "{line}");
    }
    assert_eq!(bash(&user, "mcs-gmail attachments 18c9 --out-dir rep"), ["reports"]);
    assert_eq!(bash(&user, "mcs-gmail send --attach=rep"), ["report one.pdf", "reports"]);
    for line in [
        "read rep",
        "send --to rep",
        "send --subject rep",
        "search rep",
        "draft send rep",
        "list --limit rep",
    ] {
        assert_eq!(bash(&user, &format!("mcs-gmail {line}")), [] as [&str; 0], "{line}");
    }
}

#[test]
fn folders_are_those_that_an_ordinary_run_saw() {
    let user = User::signed_in();
    let folders = |words: &[&str], word: &str| offered(&user, words, word);
    assert!(!folders(&["list", "--folder"], "").contains(&"Follow up/2026".to_owned()));
    let Some(seen) = user.at_terminal("mcs-gmail create-folder 'Follow up/2026'") else { return };
    assert!(seen.contains("2026"), "{seen}");
    user.at_terminal("mcs-gmail create-folder \"it's\"");
    let requests = user.world.log().len();
    for words in
        [&["list", "--folder"][..], &["move", "x", "--to"], &["label", "x", "--add"], &["rename-folder"]]
    {
        let all = folders(words, "");
        for name in ["Follow up", "Follow up/2026", "INBOX", "Sent"] {
            assert!(all.contains(&name.to_owned()), "{words:?}: {all:?}");
        }
    }
    assert_eq!(bash(&user, "mcs-gmail list --folder Fol"), ["Follow\\ up", "Follow\\ up/2026"]);
    assert_eq!(bash(&user, "mcs-gmail list --folder Follow\\ up/2"), ["Follow\\ up/2026"]);
    assert_eq!(bash(&user, "mcs-gmail list --folder 'Follow up/2"), ["Follow up/2026"]);
    assert_eq!(bash(&user, "mcs-gmail list --folder it"), ["it\\'s"]);
    assert_eq!(bash(&user, "mcs-gmail list --folder=Follow\\ up/2"), ["Follow\\ up/2026"]);
    assert_eq!(user.world.log().len(), requests, "completion sends nothing");
    user.at_terminal("mcs-gmail rename-folder \"it's\" Its");
    user.at_terminal("mcs-gmail delete-folder 'Follow up/2026' --yes");
    let all = folders(&["list", "--folder"], "");
    assert!(all.contains(&"Its".to_owned()) && !all.contains(&"Follow up/2026".to_owned()), "{all:?}");
}

#[test]
fn a_list_leaves_the_names_of_the_folders_behind_and_writes_them_once() {
    let user = User::signed_in();
    let before = user.cache();
    user.run(&["list", "--limit", "1"]).rows();
    assert_eq!(user.cache(), before, "only a run at a terminal leaves them");
    if user.at_terminal("mcs-gmail list --limit 1").is_none() {
        return;
    }
    let seen = user.cache()["mcs-gmail:folders"].clone();
    assert!(seen["v"].as_str().is_some_and(|names| names.contains("Work/Invoices")), "{seen}");
    user.at_terminal("mcs-gmail list --limit 1");
    assert_eq!(user.cache()["mcs-gmail:folders"], seen, "nothing new was seen");
    // They belong to the account, and they are forgotten after a while.
    assert_eq!(offered(&user, &["list", "--folder"], "Work/I"), ["Work/Invoices"]);
    user.edit_cache(|cache| cache["mcs-gmail:folders"]["exp"] = 1.0.into());
    assert_eq!(offered(&user, &["list", "--folder"], "Work/I"), [] as [&str; 0]);
}

#[test]
fn accounts_are_those_that_are_configured_or_signed_in() {
    let user = User::signed_in();
    user.configure(
        "[accounts.work]\naccount = \"ada@example.org\"\n[accounts.home]\naccount = \"ada@example.com\"\n",
    );
    let accounts = offered(&user, &["list", "--account"], "");
    assert!(accounts.contains(&"work".to_owned()) && accounts.contains(&"home".to_owned()), "{accounts:?}");
    assert_eq!(bash(&user, "mcs-gmail --account wo"), ["work"]);
    assert_eq!(bash(&user, "mcs-gmail list --account=ho"), ["home"]);
}

#[test]
fn completion_works_without_configuration_and_never_complains() {
    let user = User::new();
    user.configure("not = [toml");
    let bare = |run: Run<'_>| {
        let run = user.world.env().into_iter().fold(run, |run, (name, _)| run.without(&name));
        let done = run.done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        done.stdout
    };
    assert_eq!(bare(user.run(&["__complete", "--word=Sen", "--", "list", "--folder"])), "words\nSent\n");
    assert_eq!(bare(user.run(&["__complete", "--word=", "--", "list", "--account"])), "words\n");
    assert!(bare(user.run(&["__complete", "--word=--h", "--", "list"])).contains("--help"));
    assert_eq!(std::fs::read_dir(user.home().join(".mcs")).unwrap().count(), 1, "nothing was written");
}

#[test]
fn every_script_is_valid_in_its_shell() {
    let user = User::new();
    for (shell, check) in [
        ("bash", &["bash", "-n"][..]),
        ("zsh", &["zsh", "-n"]),
        ("fish", &["fish", "--no-execute"]),
        ("elvish", &["elvish", "-compileonly"]),
        ("powershell", &["pwsh", "-NoProfile", "-File"]),
    ] {
        let done = user.run(&["completions", shell]).done();
        assert!(done.code == 0 && done.stdout.contains("__complete"), "{done:?}");
        let script = user.write_file(
            &format!("script.{}", if shell == "powershell" { "ps1" } else { shell }),
            done.stdout,
        );
        let mut command = Command::new(check[0]);
        // Where a shell is missing, `.ci/run` says so.
        if let Ok(output) = command.args(&check[1..]).arg(&script).env("HOME", user.home()).output() {
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn nothing_in_a_name_acts_in_the_shell() {
    let user = User::signed_in();
    let names = [
        "Work$(touch PWNED)",
        "Work`touch PWNED`",
        "Work\"; touch PWNED; \"",
        "Work'; touch PWNED; '",
        "Work\\ \\\"'$HOME !! \u{2019}; touch PWNED",
        "Work & touch PWNED | x > PWNED",
    ];
    for name in names {
        user.run(&["create-folder", name]).json();
    }
    if user.at_terminal("mcs-gmail folders").is_none() {
        return;
    }
    let (before, here) = (user.run(&["list", "--limit", "1"]).rows(), user.home());
    assert_eq!(before.len(), 1);
    for quote in ["", "\"", "'"] {
        for option in ["--folder ", "--folder="] {
            let typed = bash(&user, &format!("mcs-gmail list {option}{quote}Work"));
            // Readline puts the candidate after the open quote and closes it.
            let seen: Vec<String> = typed
                .iter()
                .map(|candidate| {
                    let line = format!("printf %s {quote}{candidate}{quote}");
                    let mut shell = Command::new("bash");
                    shell
                        .args(["--norc", "-c", &line])
                        .env_clear()
                        .env("PATH", "/usr/bin:/bin")
                        .current_dir(here);
                    String::from_utf8(shell.output().unwrap().stdout).unwrap()
                })
                .collect();
            for name in names {
                assert!(seen.contains(&name.to_owned()), "{quote} {option}: {name}: {typed:?} {seen:?}");
            }
            assert!(!here.join("PWNED").exists(), "{quote} {option}: {typed:?}");
        }
    }
}
