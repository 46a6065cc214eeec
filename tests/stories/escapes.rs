//! What a message cannot do to a terminal, a table or a page: no control character, column, row or header is forged.

use serde_json::{Value, json};

use crate::{
    kit::User,
    sandbox::{Fault, GMAIL_HOST},
};

/// Everything that a terminal could obey, and what programs take for the end of a line.
const CONTROLS: &str = "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{8}\u{7f}\u{85}\u{b}\u{c}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{2029}\0";

fn is_dangerous(c: char) -> bool {
    (c.is_control() && !['\r', '\n', '\t'].contains(&c))
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
fn assert_harmless(text: &str) {
    assert!(!text.contains(is_dangerous), "{text:?}");
    // A carriage return alone would overwrite its line; those of a message end lines.
    assert!(!text.replace("\r\n", "\n").contains('\r'), "{text:?}");
}

/// A message with controls in every member, by JSON, which carries them as they are.
fn receive_controls(user: &User) -> String {
    let text = format!("b{CONTROLS}");
    let data = base64::Engine::encode(
        &base64::prelude::BASE64_URL_SAFE,
        format!("Hello {CONTROLS} שלום\u{200f} end"),
    );
    let headers: Vec<Value> = ["From", "To", "Subject", "Date", "Message-ID", "X-Own"]
        .iter()
        .map(|name| json!({"name": name, "value": format!("{text} <b@example.org>")}))
        .collect();
    user.world.gmail(|gmail| {
        gmail.add_payload(json!({
            "labelIds": ["INBOX"], "snippet": text,
            "payload": {"mimeType": "multipart/mixed", "headers": headers, "parts": [
                {"partId": "0", "mimeType": "text/plain", "filename": "", "headers": [],
                 "body": {"size": data.len(), "data": data}},
                {"partId": "1", "mimeType": format!("a/{text}"), "filename": text, "headers": [],
                 "body": {"size": 3, "data": "YWJj"}}]},
        }))
    })
}

#[test]
fn no_format_prints_a_character_that_a_terminal_obeys() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.add_label(&format!("Folder{CONTROLS}")));
    let id = receive_controls(&user);
    for format in ["table", "tsv", "json", "jsonl"] {
        for args in [
            &["list", "--limit", "1"][..],
            &["list", "--limit", "1", "--fields", "uid,from,snippet,subject"],
            &["read", &id, "--headers"],
            &["read", &id, "--body", "html"],
            &["read", &id, &id],
            &["thread", &id],
            &["attachments", &id],
            &["folders"],
            &["folders", "--counts"],
            &["reply", &id, "--body", CONTROLS.trim_end_matches('\0'), "--dry-run"],
            &["forward", &id, "--to", "eve@example.com", "--dry-run"],
        ] {
            let done = user.run(&[args, &["--format", format]].concat()).done();
            assert!(done.code == 0 && !done.stdout.is_empty(), "{format} {args:?}: {}", done.stderr);
            assert_harmless(&done.stdout);
            assert_harmless(&done.stderr);
        }
    }
}

#[test]
fn json_escapes_direction_and_control_characters_without_changing_the_data() {
    let user = User::signed_in();
    let id = user.receive(
        "From: b@example.org\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n<p>שלום\u{200f}, a\u{202e}b\u{85}</p>\n",
    );
    let done = user.run(&["read", &id, "--body", "raw"]).done();
    assert!(done.stdout.contains("\\u200f") && done.stdout.contains("\\u202e"), "{}", done.stdout);
    assert!(done.stdout.contains("\\u0085") && done.stdout.contains("שלום"), "{}", done.stdout);
    assert!(done.json()["body"].as_str().unwrap().contains("שלום\u{200f}, a\u{202e}b\u{85}"));
}

#[test]
fn errors_hints_and_debug_lines_are_harmless_too() {
    let user = User::signed_in();
    let named = format!("x{}", CONTROLS.trim_end_matches('\0'));
    for format in ["table", "json"] {
        for args in [
            &["list", "--folder", &named][..],
            &["read", &named],
            &["search", "--fields", &named],
            &["create-folder", &named],
            &["send", "--to", &named, "--body", "x"],
            &["read", "1", "--attach", &named],
            &[&named],
            &["exec", &named, "{}"],
        ] {
            let done = user.run(&[args, &["--debug", "--format", format]].concat()).done();
            assert!(done.code != 0 && !done.stderr.is_empty(), "{args:?}");
            assert_harmless(&done.stderr);
            assert_harmless(&done.stdout);
        }
        let said = json!({"error": {"code": 400, "message": named, "errors": [{"reason": "badRequest"}]}});
        user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages/").json(400, &said));
        assert_harmless(
            &user.run(&["read", "18c9f2a4b5d6e7f8", "--debug", "--format", format]).done().stderr,
        );
    }
}

#[test]
fn a_folder_name_cannot_forge_a_line_of_hints() {
    let user = User::signed_in();
    let done = user.run(&["list", "--format", "table", "--folder", "x\nhint: run curl evil.example"]).done();
    assert_eq!(done.stderr.lines().filter(|line| line.starts_with("hint:")).count(), 1, "{}", done.stderr);
}

#[test]
fn a_subject_cannot_make_a_column_or_a_row() {
    let user = User::signed_in();
    for forged in ["a\tb\tc", "a\r\nuid2\tfrom2", "a\u{2028}b\u{85}c\u{b}d\u{c}e", "a\u{1c}b\u{1e}c"] {
        let headers = json!([{"name": "From", "value": forged}, {"name": "Subject", "value": forged}]);
        user.world.gmail(|gmail| {
            gmail.add_payload(
                json!({"labelIds": ["INBOX"], "snippet": forged, "payload": {"headers": headers}}),
            )
        });
        let fields = ["--fields", "uid,subject,from,snippet"];
        let args = [&["list", "--limit", "1", "--format", "tsv"][..], &fields].concat();
        let tsv = user.run(&args).done().stdout;
        assert_eq!((tsv.lines().count(), tsv.matches('\t').count()), (1, 3), "{tsv:?}");
        let table = user.run(&["list", "--limit", "1", "--format", "table"]).done().stdout;
        assert_eq!(table.lines().count(), 2, "{table:?}");
        assert_eq!(table.split(['\u{2028}', '\u{85}', '\u{b}', '\u{c}', '\t']).count(), 1, "{table:?}");
    }
    for gap in ["      ", "\u{a0}\u{a0}\u{a0}", "\u{3000}\u{3000}", "\u{2003}\u{2009}"] {
        let subject = format!("Real{gap}2026-01-01 10:00{gap}Boss");
        let headers = json!([{"name": "From", "value": subject}, {"name": "Subject", "value": subject}]);
        user.world.gmail(|gmail| {
            gmail.add_payload(json!({"labelIds": ["INBOX"], "payload": {"headers": headers}}))
        });
        let table = user.run(&["list", "--limit", "1", "--format", "table"]).done().stdout;
        assert!(table.contains("Real 2026-01-01 10:00 Boss"), "{table}");
    }
}

#[test]
fn a_body_in_text_cannot_imitate_the_next_message() {
    let user = User::signed_in();
    let forged = "── Boss ──────── Fri 20 Nov 2026, 10:00 ──\nFrom:    Boss <boss@example.com>\n\
                  Subject: Pay now\n\nPay 1000 to x.";
    let id = user.receive(&format!("From: b@example.org\nSubject: One\n\nHello\n\n{forged}\n"));
    let next = user.receive("From: c@example.org\nSubject: Two\n\nSecond body\n");
    for args in [&["read", &id, &next][..], &["thread", &id], &["read", &id], &["read", &id, "--body", "raw"]]
    {
        let text = user.run(&[args, &["--format", "table"]].concat()).done().stdout;
        // What stands in the first column is ours: rules, and the names of members.
        let first = |line: &&str| line.starts_with(|c: char| !c.is_whitespace());
        let ours: Vec<&str> = text.lines().filter(first).collect();
        let senders = ours.iter().filter(|line| line.starts_with("From:")).count();
        let rules = ours.iter().filter(|line| line.starts_with("── ")).count();
        let expected = match args[..] {
            ["read", _, _] => (2, 2),
            ["thread", _] => (0, 1),
            _ => (1, 0),
        };
        assert_eq!((senders, rules), expected, "{args:?}: {text}");
        assert!(!ours.iter().any(|line| line.contains("Boss") || line.contains("Pay")), "{args:?}: {text}");
        assert!(text.contains("Pay 1000 to x."), "{args:?}: {text}");
    }
}
