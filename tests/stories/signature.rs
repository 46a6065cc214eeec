//! Signatures: those of Gmail's settings, below what is written and above what is quoted.

use crate::kit::User;

const TO: [&str; 4] = ["--to", "b@example.org", "--subject", "Hello"];

fn text(user: &User) -> String {
    user.last_sent().body_text(0).unwrap().replace("\r\n", "\n")
}

fn send(user: &User, more: &[&str]) {
    user.run(&[&["send"], &TO[..], more].concat()).json();
}

fn with_alias(signature: &str) -> User {
    let user = User::signed_in();
    user.world.gmail(|gmail| {
        gmail.add_alias("work@ada.example", "Ada at work", true);
        gmail.set_signature("work@ada.example", signature);
    });
    user
}

#[test]
fn a_message_is_signed_in_each_form_that_it_has() {
    let user = with_alias("<b>Ada</b> at work");
    send(&user, &["--body", "Hi\n", "--signature"]);
    assert_eq!(text(&user), "Hi\n\n-- \nAda Lovelace\nAnalytical Engines Ltd\n");
    assert_eq!(user.last_sent().html_body_count(), 1, "the text alone");
    send(&user, &["--body", "Hi", "--html-body", "<p>Hi</p>", "--signature"]);
    let html = user.last_sent().body_html(0).unwrap().into_owned();
    assert!(html.starts_with("<p>Hi</p><br><span class=\"gmail_signature_prefix\">-- </span>"), "{html}");
    assert!(html.contains("Ada Lovelace<br>Analytical Engines Ltd"), "{html}");
    assert!(text(&user).ends_with("-- \nAda Lovelace\nAnalytical Engines Ltd\n"));
    // That of the address that sends, and that of another one.
    send(&user, &["--body", "Hi", "--from", "work@ada.example", "--signature"]);
    assert!(text(&user).ends_with("-- \nAda at work\n"), "{}", text(&user));
    send(&user, &["--body", "Hi", "--signature=work@ada.example"]);
    assert!(text(&user).ends_with("-- \nAda at work\n"), "{}", text(&user));
    let error =
        user.run(&[&["send"], &TO[..], &["--body", "x", "--signature=nobody@ada.example"]].concat()).fails(2);
    assert_eq!(error["usable"].as_array().unwrap().len(), 3, "{error}");
    user.run(&[
        "exec",
        "send_message",
        r#"{"to":"b@example.org","subject":"s","body":"Hi","signature":true}"#,
    ])
    .json();
    assert!(text(&user).ends_with("-- \nAda Lovelace\nAnalytical Engines Ltd\n"));
}

#[test]
fn a_reply_and_a_forward_are_signed_above_the_quotation() {
    let user = User::signed_in();
    let id = user.receive(
        "From: Bob <bob@example.org>\nTo: ada@example.com\nSubject: Plan\nMessage-ID: <p@example.org>\n\
         MIME-Version: 1.0\nContent-Type: text/html\n\n<p>The <b>plan</b></p>\n",
    );
    user.run(&["reply", &id, "--body", "Yes", "--signature"]).json();
    let reply = text(&user);
    let at = |part: &str| reply.find(part).unwrap_or_else(|| panic!("no {part} in {reply}"));
    assert!(at("Yes") < at("-- \nAda Lovelace") && at("-- \nAda Lovelace") < at("> The plan"), "{reply}");
    let html = user.last_sent().body_html(0).unwrap().into_owned();
    assert!(html.find("gmail_signature").unwrap() < html.find("gmail_quote").unwrap(), "{html}");
    assert_eq!(html.matches("Analytical Engines Ltd").count(), 1, "{html}");
    user.run(&["forward", &id, "--to", "c@example.org", "--body", "See", "--signature"]).json();
    let forward = text(&user);
    assert!(forward.starts_with("See\n\n-- \nAda Lovelace\nAnalytical Engines Ltd\n\n"), "{forward}");
    user.run(&["reply", &id, "--body", "Yes", "--no-quote", "--signature"]).json();
    assert_eq!(text(&user), "Yes\n\n-- \nAda Lovelace\nAnalytical Engines Ltd\n");
}

#[test]
fn a_draft_that_is_rewritten_is_signed_once() {
    let user = User::signed_in();
    let draft = user.run(&["draft", "create", "--body", "One", "--signature"]).json();
    let id = draft["id"].as_str().unwrap().to_owned();
    let body = || user.run(&["draft", "show", &id]).json()["body"].as_str().unwrap().trim_end().to_owned();
    assert_eq!(body(), "One\n\n-- \nAda Lovelace\nAnalytical Engines Ltd");
    user.run(&["draft", "update", &id, "--body", "Two", "--signature"]).json();
    assert_eq!(body(), "Two\n\n-- \nAda Lovelace\nAnalytical Engines Ltd");
    user.run(&["draft", "update", &id, "--subject", "Only this"]).env("MCS_GMAIL_SIGNATURE", "true").json();
    assert_eq!(body(), "Two\n\n-- \nAda Lovelace\nAnalytical Engines Ltd");
    user.run(&["draft", "update", &id, "--subject", "x", "--signature"]).fails(2);
}

#[test]
fn the_configuration_signs_every_message_and_a_run_can_leave_it_out() {
    let user = User::signed_in();
    user.write_file(".config/mcs-gmail/config.toml", "signature = true\n");
    send(&user, &["--body", "Hi"]);
    assert!(text(&user).ends_with("-- \nAda Lovelace\nAnalytical Engines Ltd\n"));
    send(&user, &["--body", "Hi", "--signature=none"]);
    assert_eq!(text(&user).trim_end(), "Hi");
    let shown = user.run(&[&["send"], &TO[..], &["--body", "Hi", "--dry-run"]].concat()).done().stdout;
    assert!(shown.contains("Analytical Engines"), "{shown}");
    assert_eq!(user.sent(), 2);
    user.run(&LIST_OF_BAD).env("MCS_GMAIL_SIGNATURE", "perhaps").fails(10);
}

const LIST_OF_BAD: [&str; 7] = ["send", "--to", "b@example.org", "--subject", "s", "--body", "x"];

#[test]
fn an_address_without_a_signature_is_said_if_one_was_asked_for() {
    let user = with_alias("<script>alert(1)</script>");
    let from = ["--body", "Hi", "--from", "work@ada.example"];
    let done = user.run(&[&["send"], &TO[..], &from, &["--signature"]].concat()).done();
    assert_eq!(done.code, 0);
    assert!(done.stderr.contains("has no signature"), "{}", done.stderr);
    assert_eq!(text(&user).trim_end(), "Hi");
    let quiet = user.run(&[&["send"], &TO[..], &from].concat()).env("MCS_GMAIL_SIGNATURE", "true").done();
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}
