//! Writing at a terminal: a message without a body is written in an editor, and then sent, stored or discarded.

use std::path::PathBuf;

use crate::{
    kit::{User, files_in, set_permissions},
    sandbox::{Fault, GMAIL_HOST},
};

/// Makes an editor of a shell script, which gets the file as `$1`.
fn editor(user: &User, script: &str) -> String {
    let path = user.write_file("bin/editor", format!("#!/bin/sh\n{script}\n"));
    set_permissions(&path, 0o755);
    path.display().to_string()
}

/// What was written and not sent.
fn kept(user: &User) -> Vec<PathBuf> {
    let names = files_in(user.home()).into_iter().filter(|name| name.ends_with(".eml"));
    names.map(|name| user.home().join(name)).collect()
}

fn write(user: &User, line: &str, script: &str, typed: &str) -> Option<String> {
    let editor = editor(user, script);
    user.typing_at_terminal(&format!("mcs-gmail {line}"), typed, &[("VISUAL", &editor)])
}

#[test]
fn a_new_message_is_written_in_the_editor_and_sent_after_a_question() {
    let user = User::signed_in();
    let script = "cp \"$1\" seen; ls -l \"$1\" > mode; sed -i 's/^Subject:.*/Subject: Lunch/; s/^Cc:/Cc: carol@example.org/' \"$1\"; echo 'At noon?' >> \"$1\"";
    let Some(seen) = write(&user, "send --to bob@example.org", script, "s\n") else { return };
    assert!(seen.contains("Send (s), save as draft (d), edit (e) or discard (x)?"), "{seen}");
    assert!(seen.trim_end().ends_with("Sent \"Lunch\" to bob@example.org and carol@example.org"), "{seen}");
    let sheet = std::fs::read_to_string(user.home().join("seen")).unwrap();
    assert!(sheet.contains("\nTo: bob@example.org\nCc:\nBcc:\nSubject:\n\n"), "{sheet}");
    let mode = std::fs::read_to_string(user.home().join("mode")).unwrap();
    assert!(mode.starts_with("-rw-------"), "{mode}");
    let sent = user.world.gmail(|g| String::from_utf8_lossy(&g.sent()[0].raw).into_owned());
    assert!(sent.contains("Subject: Lunch") && sent.contains("At noon?"), "{sent}");
    assert!(kept(&user).is_empty(), "{:?}", kept(&user));
}

#[test]
fn an_editor_may_have_arguments_and_the_question_can_be_skipped() {
    let user = User::signed_in();
    let path = editor(
        &user,
        "[ \"$1\" = --wait ] || exit 3; printf 'To: bob@example.org\nSubject: s\n\nx\n' > \"$2\"",
    );
    let command = format!("'{path}' --wait");
    let Some(seen) = user.typing_at_terminal("mcs-gmail send --yes", "", &[("EDITOR", &command)]) else {
        return;
    };
    assert_eq!(seen.trim(), "Sent \"s\" to bob@example.org");
}

#[test]
fn a_reply_shows_its_people_and_its_quotation_and_keeps_what_is_left_of_it() {
    let user = User::signed_in();
    let rows = user.run(&["search", "from:charles", "--limit", "1", "--fields", "uid,from"]).rows();
    let id = rows[0]["uid"].as_str().unwrap();
    let script =
        "cp \"$1\" seen; awk '{print} /^$/ && !n {print \"Thank you.\"; n=1}' \"$1\" > new && cp new \"$1\"";
    let Some(seen) = write(&user, &format!("reply {id}"), script, "s\n") else { return };
    assert!(seen.contains("Sent \"Re: "), "{seen}");
    let sheet = std::fs::read_to_string(user.home().join("seen")).unwrap();
    assert!(sheet.contains("\nSubject: Re: ") && sheet.contains("wrote:\n> "), "{sheet}");
    let direct = user.run(&["reply", id, "--body", "Thank you.", "--dry-run"]).done().stdout;
    // Its parts without what separates them, which differs from message to message.
    let text = |raw: &str| -> Vec<String> {
        let body = raw.split_once("\r\n\r\n").unwrap().1;
        body.lines().filter(|line| !line.starts_with("--")).map(str::to_owned).collect()
    };
    let sent = user.world.gmail(|g| String::from_utf8_lossy(&g.sent()[0].raw).into_owned());
    assert_eq!(text(&sent), text(&direct), "the same as without an editor");
    // Whoever shortens the quotation sends it as it is then.
    let script = "sed -i '/^> /d; s/wrote:$/wrote: (cut)/' \"$1\"; echo 'Short.' >> \"$1\"";
    let seen = write(&user, &format!("reply {id}"), script, "s\n").unwrap();
    assert!(seen.contains("Sent \"Re: "), "{seen}");
    let sent = user.world.gmail(|g| String::from_utf8_lossy(&g.sent()[1].raw).into_owned());
    assert!(sent.contains("(cut)") && !sent.contains("\r\n> "), "{sent}");
}

#[test]
fn a_draft_can_be_made_of_it_or_nothing() {
    let user = User::signed_in();
    let script = "printf 'To: bob@example.org\nSubject: s\n\nx\n' > \"$1\"";
    let Some(seen) = write(&user, "send", script, "d\n") else { return };
    assert!(seen.contains("Draft r") && seen.contains(" created"), "{seen}");
    let seen = write(&user, "draft create", script, "d\n").unwrap();
    assert!(seen.contains("Save as draft (d)") && seen.contains(" created"), "{seen}");
    let seen = write(&user, "send", script, "x\n").unwrap();
    assert!(seen.contains("Discarded.") && kept(&user).is_empty(), "{seen}");
    let seen = write(&user, "send --to bob@example.org", "true", "").unwrap();
    assert!(seen.contains("nothing was written") && kept(&user).is_empty(), "{seen}");
    assert_eq!(user.world.gmail(|g| g.sent().len()), 0);
    // Where the policy does not allow sending, that is not offered.
    user.configure("[policy]\naccess = \"draft\"\n");
    let seen = write(&user, "send", script, "s\nd\n").unwrap();
    assert!(!seen.contains("Send (s)") && seen.contains(" created"), "{seen}");
}

#[test]
fn what_is_wrong_leads_back_to_the_editor_and_nothing_is_lost() {
    let user = User::signed_in();
    user.configure("[policy]\nrecipients = [\"*@example.org\"]\n");
    // Each time it is opened, the editor writes what is next.
    let script = "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; case $n in \
        0) printf 'Too: x\n\nfirst\n' > \"$1\";; \
        1) printf 'To: bob\nSubject: s\n\nsecond\n' > \"$1\";; \
        2) printf 'To: eve@evil.example\nSubject: s\n\nthird\n' > \"$1\";; \
        3) printf 'Subject: s\n\nfourth\n' > \"$1\";; \
        4) printf 'To: bob@example.org\nSubject: s\nAttach: missing.pdf\n\nfifth\n' > \"$1\";; \
        *) printf 'To: bob@example.org\nSubject: s\n\nlast\n' > \"$1\";; esac";
    let Some(seen) = write(&user, "send", script, "e\ne\ne\ne\ne\ns\n") else { return };
    for part in [
        "unknown line",
        "bob",
        "eve@evil.example",
        "no recipient",
        "missing.pdf",
        "Sent \"s\" to bob@example.org",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(kept(&user).is_empty());
    let sent = user.world.gmail(|g| String::from_utf8_lossy(&g.sent()[0].raw).into_owned());
    assert!(sent.contains("last"), "{sent}");
    // A failure that the person cannot correct keeps the text, and says where.
    let script = "printf 'To: bob@example.org\nSubject: s\n\nprecious\n' > \"$1\"";
    user.world.fault(Fault::on(GMAIL_HOST).method("POST").always().status(403, &[], "{}"));
    let seen = write(&user, "send", script, "s\n").unwrap();
    let [path] = kept(&user).try_into().unwrap();
    assert!(seen.contains("Your text is kept in"), "{seen}");
    assert!(std::fs::read_to_string(path).unwrap().contains("precious"));
}

#[test]
fn nothing_is_asked_where_nobody_can_answer() {
    let user = User::signed_in();
    for line in [&["send", "--to", "bob@example.org", "--subject", "s"][..], &["send"]] {
        assert_eq!(user.run(line).fails(2)["code"], "usage");
    }
    let script = "touch opened";
    let Some(seen) = write(&user, "send --to bob@example.org --subject s --no-input", script, "") else {
        return;
    };
    assert!(seen.contains("no body"), "{seen}");
    let seen = write(&user, "send --to bob@example.org --subject s --body x", script, "").unwrap();
    assert_eq!(seen.trim(), "Sent \"s\" to bob@example.org");
    assert!(!user.home().join("opened").exists());
}

#[test]
fn a_dry_run_shows_a_person_who_sends_what_and_a_pipe_the_bytes() {
    let user = User::signed_in();
    user.run(&["whoami"]).json();
    let line =
        ["send", "--to", "bob@example.org", "--subject", "Grüße", "--body", "Schöne Grüße", "--dry-run"];
    let raw = user.run(&line).done().stdout;
    assert!(raw.starts_with("From:") || raw.contains("MIME-Version"), "{raw}");
    let shell = "MCS_GMAIL_ACCOUNT=ada@example.com mcs-gmail send --to bob@example.org --subject 'Grüße' --body 'Schöne Grüße' --dry-run";
    let Some(seen) = user.at_terminal(shell) else { return };
    let seen = seen.replace("\r\n", "\n");
    assert!(
        seen.starts_with(
            "From:     ada@example.com\nTo:       bob@example.org\nSubject:  Grüße\n\nSchöne Grüße"
        ),
        "{seen}"
    );
    let json = user.at_terminal(&format!("{shell} --format json")).unwrap();
    assert!(json.contains("\"raw\""), "{json}");
}

#[test]
fn the_row_that_is_answered_is_the_one_that_was_shown_when_the_command_was_typed() {
    let user = User::signed_in();
    user.receive("From: First <first@example.org>\nMessage-ID: <1@example.org>\nSubject: one\n\nx\n");
    let program = env!("CARGO_BIN_EXE_mcs-gmail");
    // Another list comes to this terminal while the message is written.
    let script = format!("{program} search from:charles --limit 3; sed -i '0,/^$/s//\\nThank you./' \"$1\"");
    let editor = editor(&user, &script);
    let line = "sh -c 'mcs-gmail list --limit 2; mcs-gmail reply 1'";
    let Some(seen) = user.typing_at_terminal(line, "s\n", &[("VISUAL", &editor)]) else { return };
    assert!(
        seen.contains("Sent \"Re: one\" to First <first@example.org>")
            || seen.contains("to first@example.org"),
        "{seen}"
    );
}

#[test]
fn ctrl_c_at_the_question_ends_the_run_and_keeps_the_text() {
    let user = User::signed_in();
    let editor = editor(&user, "printf 'To: bob@example.org\nSubject: s\n\nx\n' > \"$1\"");
    let line =
        format!("env --default-signal=INT TMPDIR={} VISUAL={editor} mcs-gmail send", user.home().display());
    let Some(mut terminal) = user.terminal(&line) else { return };
    terminal.expect("discard (x)?");
    terminal.presses('\u{3}');
    let (code, screen) = terminal.ends();
    assert_eq!(code, Some(130), "{screen}");
    assert_eq!((user.world.gmail(|g| g.sent().len()), kept(&user).len()), (0, 1), "{screen}");
}
