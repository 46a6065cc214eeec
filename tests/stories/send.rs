//! Sending: every message that leaves is parsed by an independent parser and compared field by field.

use mail_parser::{MessageParser, MimeHeaders, PartType};
use serde_json::json;

use crate::{
    kit::{Run, User, emails, members, names_and_emails},
    sandbox::GMAIL_HOST,
};

/// A message to Bob with the subject `s`.
const TO_BOB: [&str; 5] = ["send", "--to", "bob@example.org", "--subject", "s"];

fn to_bob<'u>(user: &'u User, more: &[&str]) -> Run<'u> {
    user.run(&[&TO_BOB, more].concat())
}

#[test]
fn a_message_reaches_everybody_and_its_result_has_the_python_members_first() {
    let user = User::signed_in();
    let result = user
        .run(&[
            "send",
            "--to",
            "Bob <bob@example.org>, carol@example.org",
            "--subject",
            "Grüße 👋",
            "--body",
            "Hällo\nline 2\n.\n",
            "--cc",
            "dan@example.org",
            "--bcc",
            "eve@example.org",
            "--reply-to",
            "desk@example.com",
        ])
        .json();
    assert_eq!(members(&result), ["status", "id", "thread_id", "labels", "message_id", "recipients"]);
    assert_eq!((&result["status"], result.get("verified")), (&json!("sent"), None));
    assert_eq!(result["recipients"]["bcc"], json!(["eve@example.org"]));
    let sent = user.last_sent();
    assert_eq!(sent.subject(), Some("Grüße 👋"));
    assert_eq!(
        names_and_emails(sent.to()),
        [("Bob".into(), "bob@example.org".into()), (String::new(), "carol@example.org".into())]
    );
    assert_eq!(emails(sent.cc()), ["dan@example.org"]);
    assert_eq!(emails(sent.bcc()), ["eve@example.org"]);
    assert_eq!(emails(sent.reply_to()), ["desk@example.com"]);
    assert_eq!(names_and_emails(sent.from()), [("Ada Lovelace".into(), "ada@example.com".into())]);
    assert_eq!(sent.body_text(0).unwrap().replace("\r\n", "\n"), "Hällo\nline 2\n.\n");
    assert_eq!(result["message_id"], format!("<{}>", sent.message_id().unwrap()));
    let recipients = user.world.gmail(|g| g.sent()[0].recipients.clone());
    assert_eq!(recipients, ["bob@example.org", "carol@example.org", "dan@example.org", "eve@example.org"]);
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/gmail/v1/users/me/messages/send"), 1);
}

#[test]
fn the_python_tools_send_text_and_html() {
    let user = User::signed_in();
    let text =
        json!({"to": "bob@example.org", "subject": "s", "body": "literal \\n stays", "cc": "", "bcc": ""});
    user.run(&["exec", "send_message", &text.to_string()]).json();
    assert_eq!(user.last_sent().body_text(0).unwrap().trim_end(), "literal \\n stays");
    let html = json!({"to": ["bob@example.org", "carol@example.org"], "subject": "s", "html_body": "<p>Hi</p>",
        "text_body": "Hi", "reply_to": ""});
    user.run(&["exec", "send_html_message", &html.to_string()]).json();
    let sent = user.last_sent();
    assert_eq!(emails(sent.to()), ["bob@example.org", "carol@example.org"]);
    assert_eq!(
        (sent.body_text(0).unwrap().trim_end(), sent.body_html(0).unwrap().trim_end()),
        ("Hi", "<p>Hi</p>")
    );
    assert!(matches!(sent.html_part(0).unwrap().body, PartType::Html(_)));
    let alone = json!({"to": "bob@example.org", "subject": "s", "html_body": "<p>Hi</p>", "text_body": ""});
    user.run(&["exec", "send_html_message", &alone.to_string()]).json();
    assert_eq!(user.last_sent().parts.len(), 1);
}

#[test]
fn bodies_come_from_files_and_stdin_and_newlines_are_unescaped_only_on_demand() {
    let user = User::signed_in();
    let file = user.write_file("letter.html", "<b>aus der Datei</b>");
    let run = |more: &[&str]| to_bob(&user, more);
    run(&["--body", "-", "--html-file", file.to_str().unwrap()]).stdin("von stdin\n").json();
    let sent = user.last_sent();
    assert_eq!(sent.body_text(0).unwrap().trim_end(), "von stdin");
    assert_eq!(sent.body_html(0).unwrap().trim_end(), "<b>aus der Datei</b>");
    run(&["--body", r"a\nb", "--unescape-newlines"]).json();
    assert_eq!(user.last_sent().body_text(0).unwrap().replace("\r\n", "\n"), "a\nb");
    run(&["--body", r"a\nb"]).json();
    assert_eq!(user.last_sent().body_text(0).unwrap(), r"a\nb");
    run(&["--body", "x", "--body-file", "y"]).fails(2);
    run(&["--body-file", "-", "--html-file", "-"]).stdin("x").fails(2);
    run(&["--body-file", "nowhere.txt"]).fails(2);
    run(&[]).fails(2);
    assert_eq!(user.sent(), 3);
}

#[test]
fn files_keep_their_names_and_bytes_and_images_are_inline() {
    let user = User::signed_in();
    let report = user.write_file("Bericht für März ✓.pdf", b"%PDF-\x00\x01\xff");
    let logo = user.write_file("logo.png", b"\x89PNG\r\n");
    let (attach, inline) = (report.to_str().unwrap(), format!("logo={}", logo.display()));
    let html = "<img src=\"cid:logo\">";
    to_bob(&user, &["--html-body", html, "--attach", attach, "--inline", &inline]).json();
    let sent = user.last_sent();
    let named = |name: &str| sent.attachments().find(|a| a.attachment_name() == Some(name)).unwrap();
    let pdf = named("Bericht für März ✓.pdf");
    assert_eq!(pdf.contents(), b"%PDF-\x00\x01\xff");
    assert_eq!(pdf.content_type().unwrap().subtype(), Some("pdf"));
    assert_eq!(named("logo.png").content_id(), Some("logo"));
    for wrong in [&["--attach", "nowhere"][..], &["--inline", "x"], &["--inline", "a b=logo.png"]] {
        to_bob(&user, &[&["--body", "x"], wrong].concat()).fails(2);
    }
}

#[test]
fn the_sender_must_be_an_accepted_alias() {
    let user = User::signed_in();
    let from = |from: &str| to_bob(&user, &["--body", "x", "--from", from]);
    from("ada.l@example.org").json();
    assert_eq!(names_and_emails(user.last_sent().from()), [("Ada L.".into(), "ada.l@example.org".into())]);
    from("\"Countess, Ada\" <ada@example.com>").json();
    assert_eq!(
        names_and_emails(user.last_sent().from()),
        [("Countess, Ada".into(), "ada@example.com".into())]
    );
    let error = from("ada@pending.example").fails(2);
    assert_eq!(error["usable"], json!(["ada@example.com", "ada.l@example.org"]));
    from("ceo@example.com").fails(2);
    assert_eq!(user.sent(), 2);
    to_bob(&user, &["--body", "x"]).env("MCS_GMAIL_SENDER_NAME", "Büro Lovelace").json();
    assert_eq!(
        names_and_emails(user.last_sent().from()),
        [("Büro Lovelace".into(), "ada@example.com".into())]
    );
}

#[test]
fn international_addresses_keep_their_names_and_get_ascii_domains() {
    let user = User::signed_in();
    user.run(&[
        "send",
        "--to",
        "Jürgen Müller <juergen@müller.example>, 用户@例子.example",
        "--subject",
        "s",
        "--body",
        "x",
    ])
    .json();
    let recipients = user.world.gmail(|g| g.sent()[0].recipients.clone());
    assert_eq!(recipients[0], "juergen@xn--mller-kva.example");
    assert!(recipients[1].starts_with("用户@xn--"), "{recipients:?}");
    assert_eq!(names_and_emails(user.last_sent().to())[0].0, "Jürgen Müller");
}

#[test]
fn a_dry_run_prints_the_message_and_sends_no_request() {
    let user = User::new();
    let args = ["send", "--to", "bob@example.org", "--subject", "Grüße", "--body", "Hi", "--dry-run"];
    for args in [&args[..], &[&args[..], &["--from", "Ada <ada@example.com>"]].concat()] {
        let done = user.run(args).done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        let message = MessageParser::new().parse(done.stdout.as_bytes()).unwrap();
        assert_eq!(message.subject(), Some("Grüße"));
        assert_eq!(emails(message.to()), ["bob@example.org"]);
        assert_eq!(message.from().is_some(), args.len() > 8);
    }
    let exec = json!({"to": "bob@example.org", "subject": "s", "body": "x", "dry_run": true});
    let shown = user.run(&["exec", "send_message", &exec.to_string()]).json();
    assert_eq!(shown["status"], "dry_run");
    assert!(shown["raw"].as_str().unwrap().contains("bob@example.org"));
    assert!(user.world.log().is_empty());
    assert!(!user.cache_file().exists());
}

#[test]
fn no_header_accepts_a_line_break_or_a_control_character() {
    let user = User::signed_in();
    let good = json!({"to": "bob@example.org", "subject": "s", "body": "x", "from": "ada@example.com",
        "cc": "c@example.org", "bcc": "d@example.org", "reply_to": "e@example.org"});
    for evil in ["\r\nBcc: eve@evil.example", "\nX: y", "\r", "\u{0}", "\u{7}", "\u{85}", "\u{2028}"] {
        for name in ["to", "subject", "from", "cc", "bcc", "reply_to"] {
            let mut arguments = good.clone();
            arguments[name] = format!("{}{evil}x", good[name].as_str().unwrap()).into();
            // NUL cannot be in an argument of a process, except as JSON's own escape.
            user.run(&["exec", "send_message", &arguments.to_string()]).fails(2);
        }
    }
    let hostile = user.write_file("a\r\nBcc: eve@evil.example.txt", "x");
    to_bob(&user, &["--body", "x", "--attach", hostile.to_str().unwrap()]).fails(2);
    assert!(user.world.log().is_empty());
}

#[test]
fn a_message_without_a_recipient_or_with_a_broken_one_is_refused_before_any_request() {
    let user = User::signed_in();
    for to in
        ["", " , ", "bob", "bob@", "a@b@c.example", "bob@example", "<bob@example.org", "bob@[127.0.0.1]"]
    {
        user.run(&["send", "--to", to, "--subject", "s", "--body", "x"]).fails(2);
    }
    assert!(user.world.log().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_file_is_streamed_with_little_memory() {
    let user = User::signed_in();
    let bytes: Vec<u8> = (0..25u32 << 20).map(|n| (n ^ (n >> 8)) as u8).collect();
    let path = user.write_file("video.bin", &bytes);
    let path = path.to_str().unwrap();
    let run = to_bob(&user, &["--body", "x", "--attach", path, "--timeout", "600"]);
    let (done, peak) = run.with_peak_memory();
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(peak > 1000 && peak < 60 << 10, "{peak} kB");
    let sent = user.last_sent();
    assert!(sent.attachments().next().unwrap().contents() == bytes.as_slice());
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/upload/gmail/v1/users/me/messages/send"), 1);
}

#[test]
fn what_is_too_large_for_gmail_is_refused_before_any_request() {
    let user = User::signed_in();
    let path = user.home().join("huge.bin");
    std::fs::File::create(&path).unwrap().set_len(40 << 20).unwrap();
    to_bob(&user, &["--body", "x", "--attach", path.to_str().unwrap()]).fails(2);
    assert!(user.world.log().is_empty());
}
