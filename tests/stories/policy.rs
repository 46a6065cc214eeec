//! The policy: the narrowest of all sources wins, before any request, and what it refuses is not offered.

use serde_json::{Value, json};

use crate::{
    kit::{Run, User, column},
    sandbox::GMAIL_HOST,
};

/// Sets the policy of the user's own file and gives the file's name.
fn rule(user: &User, text: &str) -> String {
    user.configure(&format!("[policy]\n{text}\n")).display().to_string()
}

fn refused(run: Run<'_>) -> Value {
    let error = run.fails(6);
    assert_eq!(error["code"], "policy_refused");
    error
}

const SEND: [&str; 6] = ["send", "--to", "bob@example.org", "--subject", "s", "--body"];

#[test]
fn each_level_allows_what_it_says_and_nothing_else_reaches_the_network() {
    let user = User::signed_in();
    let id = user.world.gmail(|g| g.messages()[0].id.clone());
    let commands: [(&str, &[&str]); 7] = [
        ("read", &["list", "--limit", "1"]),
        ("organise", &["star", &id]),
        ("organise", &["create-folder", "Neu"]),
        ("draft", &["draft", "create", "--body", "x"]),
        ("draft", &["send", "--to", "bob@example.org", "--subject", "s", "--body", "x", "--draft"]),
        ("draft", &["reply", &id, "--body", "x", "--draft"]),
        ("send", &["send", "--to", "bob@example.org", "--subject", "s", "--body", "x"]),
    ];
    let levels = ["read", "organise", "draft", "send"];
    let rank = |level: &str| levels.iter().position(|l| *l == level).unwrap();
    for level in levels {
        let file = rule(&user, &format!("access = \"{level}\""));
        for (needs, args) in commands {
            user.world.clear_log();
            if rank(needs) <= rank(level) {
                user.run(args).json();
            } else {
                let error = refused(user.run(args));
                assert_eq!(
                    (&error["source"], &error["rule"]),
                    (&json!(file), &json!(format!("access = \"{level}\"")))
                );
                assert!(user.world.log().is_empty(), "{level}: {args:?}");
            }
        }
    }
    assert_eq!(user.sent(), 1);
}

#[test]
fn the_variable_narrows_and_never_widens() {
    let user = User::signed_in();
    rule(&user, "access = \"organise\"");
    refused(user.run(&["draft", "create", "--body", "x"]).env("MCS_GMAIL_POLICY", "send"));
    let id = user.world.gmail(|g| g.messages()[0].id.clone());
    let error = refused(user.run(&["star", &id]).env("MCS_GMAIL_POLICY", "read"));
    assert_eq!(error["source"], "MCS_GMAIL_POLICY");
    user.run(&["star", &id]).env("MCS_GMAIL_POLICY", "everything").fails(10);
}

#[test]
fn an_option_narrows_one_run_and_never_widens() {
    let user = User::signed_in();
    let id = user.world.gmail(|g| g.messages()[0].id.clone());
    let send = [&SEND[..], &["x"]].concat();
    for (line, rule) in [
        (["star", &id, "--access", "read"].to_vec(), "access = \"read\""),
        (vec!["--access=read", "star", &id], "access = \"read\""),
        (
            vec!["exec", "star_message", &format!(r#"{{"uid":"{id}"}}"#), "--access", "read"],
            "access = \"read\"",
        ),
        ([&send[..], &["--access", "draft"]].concat(), "access = \"draft\""),
        // The narrowest counts, wherever it stands.
        ([&["--access", "draft"], &send[..], &["--access", "send"]].concat(), "access = \"draft\""),
        ([&["--access", "send"], &send[..], &["--access", "organize"]].concat(), "access = \"organise\""),
        ([&["--access", "organise", "--access", "send"], &send[..]].concat(), "access = \"organise\""),
    ] {
        let error = refused(user.run(&line));
        assert_eq!((&error["rule"], &error["source"]), (&json!(rule), &json!("--access")), "{line:?}");
    }
    rule(&user, "access = \"read\"");
    let error = refused(user.run(&["star", &id, "--access", "send"]));
    assert!(error["source"].as_str().unwrap().ends_with("mcs-gmail.toml"), "{error}");
    refused(user.run(&["star", &id, "--access", "send"]).env("MCS_GMAIL_POLICY", "send"));
    assert!(user.world.log().is_empty());
    user.run(&["list", "--limit", "1", "--access", "read"]).json();
    let error = user.run(&["list", "--access", "everything"]).fails(2);
    assert!(error["hint"].as_str().unwrap().contains("organise"), "{error}");
    // What the run may not do is not offered.
    user.configure("");
    for (args, tool) in [
        (&["tools", "--access", "read"][..], "send_message"),
        (&["--access", "read", "--help"], "Send an email"),
        (&["--help", "--access=read"], "Send an email"),
    ] {
        let shown = user.run(args).done();
        assert!(shown.code == 0 && !shown.stdout.contains(tool), "{shown:?}");
    }
}

#[test]
fn behind_the_launcher_another_configuration_stands_in_front_of_the_command() {
    let user = User::signed_in();
    let file = user.write_file("other.toml", "timeout = \"30\"\n");
    let file = file.to_str().unwrap();
    let joined = format!("--config={file}");
    let launched = |args: &[&str]| user.run(args).env("MCS_GMAIL_LAUNCHED", "1");
    for args in [
        &["list", "--config", file][..],
        &["list", "--limit", "1", &joined],
        &["exec", "list_messages", "{}", "--config", file],
        &["tools", "--config", file],
        &["--config", file, "list", &joined],
    ] {
        let error = launched(args).fails(2);
        assert!(error["hint"].as_str().unwrap().contains("--config FILE"), "{error}");
    }
    assert!(user.world.log().is_empty());
    launched(&["--config", file, "list", "--limit", "1"]).json();
    launched(&[&joined, "exec", "list_messages", "{\"limit\":1}"]).json();
    user.run(&["list", "--limit", "1", "--config", file]).json();
}

#[test]
fn a_file_named_on_the_command_line_does_not_replace_the_policy_of_the_other() {
    let user = User::signed_in();
    rule(&user, "access = \"read\"");
    let wide = user.write_file("wide.toml", "[policy]\naccess = \"send\"\n");
    let wide = wide.to_str().unwrap();
    let done = user.run(&["--config", wide, "draft", "create", "--body", "x"]).done();
    assert_eq!(done.code, 6, "{done:?}");
    let narrow = user.write_file("narrow.toml", "[policy]\nrecipients = [\"*@example.com\"]\n");
    rule(&user, "recipients = [\"*@example.org\"]");
    for to in ["bob@example.org", "bob@example.com"] {
        let args =
            ["--config", narrow.to_str().unwrap(), "send", "--to", to, "--subject", "s", "--body", "x"];
        refused(user.run(&args));
    }
}

#[test]
fn tools_and_status_show_only_what_is_allowed() {
    let user = User::new();
    rule(&user, "access = \"organise\"");
    let tools = user.run(&["tools", "--as", "json"]).rows();
    let names = column(&tools, "name");
    assert!(names.contains(&"move_message") && names.contains(&"list_messages"), "{names:?}");
    assert!(
        !names.iter().any(|n| n.contains("send") || *n == "create_draft" || *n == "reply_message"),
        "{names:?}"
    );
    let status = user.run(&["status"]).json();
    assert_eq!(status["tools"].as_array().unwrap().len(), names.len());
    let text = user.run(&["tools"]).done().stdout;
    assert!(!text.contains("send_message") && text.contains("set_flags"));
    assert!(user.world.log().is_empty());
}

#[test]
fn at_draft_level_a_send_becomes_a_draft_only_with_or_draft_and_says_so() {
    let user = User::signed_in();
    let before = user.draft_ids().len();
    rule(&user, "access = \"draft\"");
    refused(user.run(&[&SEND[..6], &["x"]].concat()));
    let result = user.run(&[&SEND[..6], &["x", "--or-draft"]].concat()).json();
    assert_eq!(result["status"], "drafted");
    let id = result["id"].as_str().unwrap();
    refused(user.run(&["draft", "send", id]));
    rule(&user, "access = \"organise\"");
    refused(user.run(&[&SEND[..6], &["x", "--or-draft"]].concat()));
    rule(&user, "access = \"send\"");
    assert_eq!(user.run(&[&SEND[..6], &["x", "--or-draft"]].concat()).json()["status"], "sent");
    assert_eq!((user.sent(), user.draft_ids().len()), (1, before + 1));
}

#[test]
fn recipients_are_checked_before_any_request() {
    let user = User::signed_in();
    let file = rule(&user, "recipients = [\"*@example.org\", \"ada@example.com\"]");
    for (name, value) in
        [("--to", "eve@evil.example"), ("--cc", "eve@evil.example"), ("--bcc", "x@example.org.evil.example")]
    {
        let mut args = vec!["send", "--to", "bob@example.org", "--subject", "s", "--body", "x"];
        if name == "--to" {
            args[2] = value
        } else {
            args.extend([name, value])
        }
        let error = refused(user.run(&args));
        assert_eq!((&error["source"], &error["refused"]), (&json!(file), &json!([value])));
    }
    refused(user.run(&["forward", "18c0ffee00000000", "--to", "eve@evil.example"]));
    refused(user.run(&["reply", "18c0ffee00000000", "--body", "x", "--cc", "eve@evil.example"]));
    assert!(user.world.log().is_empty());
    user.run(&["send", "--to", "BOB@Example.ORG, ada@example.com", "--subject", "s", "--body", "x"]).json();
}

#[test]
fn the_recipients_of_a_reply_and_of_a_draft_are_checked_before_they_are_sent() {
    let user = User::signed_in();
    let evil = user.receive(
        "From: bob@example.org\nReply-To: eve@evil.example\nTo: ada@example.com\nSubject: x\n\
         Message-ID: <p@b>\n\nhi\n",
    );
    let draft = user
        .run(&["draft", "create", "--to", "bob@example.org", "--bcc", "eve@evil.example", "--body", "x"])
        .json();
    rule(&user, "recipients = [\"*@example.org\"]");
    refused(user.run(&["reply", &evil, "--body", "x"]));
    let error = refused(user.run(&["draft", "send", draft["id"].as_str().unwrap()]));
    assert_eq!(error["refused"], json!(["eve@evil.example"]));
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/gmail/v1/users/me/messages/send"), 0);
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/gmail/v1/users/me/drafts/send"), 0);
    assert_eq!(user.sent(), 0);
}

/// Texts that some parser takes for an address of example.org.
const TRICKS: [&str; 46] = [
    "eve@evil.example (bob@example.org)",
    "(bob@example.org) eve@evil.example",
    "eve@evil.example(@example.org)",
    "eve(@example.org)@evil.example",
    "bob@example.org <eve@evil.example>",
    "\"bob@example.org\" <eve@evil.example>",
    "\"bob@example.org>\" <eve@evil.example>",
    "<bob@example.org> <eve@evil.example>",
    "<eve@evil.example> bob@example.org",
    "<bob@example.org>eve@evil.example",
    "friends: eve@evil.example, bob@example.org;",
    "undisclosed:;, eve@evil.example",
    "bob@example.org:eve@evil.example",
    "@example.org:eve@evil.example",
    "<@example.org,@x.example:eve@evil.example>",
    "\"eve@evil.example,\"@example.org, eve@evil.example",
    "\"a, b\" <eve@evil.example>",
    "\"eve@evil.example\"@example.org",
    "eve%evil.example@example.org",
    "evil.example!eve@example.org",
    "\"@evil.example:eve\"@example.org",
    "eve@evil.example@example.org",
    "bob@example.org@evil.example",
    "bob@example.org.evil.example",
    "bob@evil-example.org",
    "bob@sub.example.org",
    "bob@example.orgg",
    "bob@xample.org",
    "bob@\u{435}xample.org",
    "bob@ex\u{430}mple.org",
    "bob@example\u{3002}org\u{3002}evil.example",
    "bob@exam\u{200b}ple.org.evil.example",
    "bob@example.org\u{200b}.evil.example",
    "bob@example.org..",
    "bob@.example.org",
    "bob@example..org",
    "bob@example.org%00.evil.example",
    "bob@evil.example#@example.org",
    "bob@evil.example/@example.org",
    "bob@evil.example\\@example.org",
    "bob@[example.org]",
    "bob@example.org;eve@evil.example",
    "bob@example.org,eve+example.org@evil.example",
    "eve@evil.example\tbob@example.org",
    "=?utf-8?q?bob=40example.org?= <eve@evil.example>",
    "eve\u{ff20}evil.example@example.org",
];

#[test]
fn no_spelling_gets_around_a_recipient_pattern() {
    let user = User::signed_in();
    rule(&user, "recipients = [\"*@example.org\"]");
    for trick in TRICKS {
        for name in ["--to", "--cc", "--bcc"] {
            let mut args = vec!["send", "--to", "", "--subject", "s", "--body", "x"];
            if name == "--to" {
                args[2] = trick
            } else {
                args.extend([name, trick])
            }
            let done = user.run(&args).done();
            assert!([2, 6].contains(&done.code), "{name} {trick}: {done:?}");
        }
    }
    assert!(user.world.log().is_empty());
}

#[test]
fn spellings_of_the_same_mailbox_pass() {
    let user = User::signed_in();
    rule(&user, "recipients = [\"*@example.org\", \"*@müller.example\"]");
    for fine in [
        "BOB@EXAMPLE.ORG",
        "bob+tag@example.org",
        "bob@example.org.",
        "Bob <bob@example.org>",
        "\"Eve <eve@evil.example>\" <bob@example.org>",
        "a@MÜLLER.example",
        "a@xn--mller-kva.example",
    ] {
        user.run(&["send", "--to", fine, "--subject", "s", "--body", "x"]).json();
    }
    let recipients: Vec<String> =
        user.world.gmail(|g| g.sent().iter().flat_map(|s| s.recipients.clone()).collect());
    assert!(
        recipients.iter().all(|r| r.ends_with("@example.org") || r.ends_with("@xn--mller-kva.example")),
        "{recipients:?}"
    );
}

#[test]
fn help_names_only_the_commands_that_are_allowed() {
    let user = User::new();
    let help = |args: &[&str]| user.run(args).done().stdout;
    assert!(help(&["--help"]).contains("Send an email"));
    rule(&user, "access = \"read\"");
    let short = help(&["--help"]);
    assert!(
        short.contains("search") && !short.contains("Send an email") && !short.contains("trash"),
        "{short}"
    );
    assert!(!help(&["draft", "--help"]).contains("Create a draft"));
}
