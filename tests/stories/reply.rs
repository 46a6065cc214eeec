//! Replies and forwards, parsed as the recipient's program would parse them.

use mail_parser::MimeHeaders;
use serde_json::json;

use crate::{
    kit::{User, emails, names_and_emails},
    sandbox::GMAIL_HOST,
};

const PARENT: &str = "From: \"Bob, the Builder\" <bob@example.org>\r\nTo: Ada <ada@example.com>, carol@example.org\r\n\
    Cc: Ada L. <ada.l@example.org>, Dan <dan@example.org>, CAROL@example.org\r\nSubject: Brücke\r\n\
    Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <parent@example.org>\r\n\
    References: <root@example.org> <mid@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Hallo Ada,\r\n\r\nhält sie?\r\n";

fn sent_text(user: &User) -> String {
    user.last_sent().body_text(0).unwrap().replace("\r\n", "\n")
}

#[test]
fn a_reply_joins_its_thread_and_quotes_the_message() {
    let user = User::signed_in();
    let id = user.receive(PARENT);
    let result = user.run(&["reply", &id, "--body", "Ja."]).json();
    let sent = user.last_sent();
    assert_eq!(sent.subject(), Some("Re: Brücke"));
    assert_eq!(sent.in_reply_to().as_text(), Some("parent@example.org"));
    assert_eq!(
        sent.references().as_text_list().unwrap(),
        ["root@example.org", "mid@example.org", "parent@example.org"]
    );
    assert_eq!(names_and_emails(sent.to()), [("Bob, the Builder".into(), "bob@example.org".into())]);
    assert!(sent.cc().is_none());
    assert_eq!(names_and_emails(sent.from()), [("Ada Lovelace".into(), "ada@example.com".into())]);
    let thread = user.world.gmail(|g| g.message(&id).unwrap().thread_id);
    assert_eq!(result["thread_id"], thread);
    assert!(
        sent_text(&user).starts_with(
            "Ja.\n\nOn Fri, 20 Nov 2026 10:00:00 +0000, Bob, the Builder wrote:\n> Hallo Ada,\n>\n> hält sie?"
        ),
        "{}",
        sent_text(&user)
    );
    user.run(&["reply", &id, "--body", "Ja.", "--no-quote"]).json();
    assert_eq!(sent_text(&user).trim_end(), "Ja.");
    // A reply to the reply does not add another prefix.
    let again = user.world.gmail(|g| g.sent()[0].id.clone());
    user.run(&["reply", &again, "--body", "Noch etwas."]).json();
    let sent = user.last_sent();
    assert_eq!((sent.subject(), emails(sent.to())), (Some("Re: Brücke"), vec!["bob@example.org".to_owned()]));
}

#[test]
fn reply_all_leaves_out_the_user_and_the_users_aliases() {
    let user = User::signed_in();
    let id = user.receive(PARENT);
    user.run(&["reply", &id, "--all", "--body", "x", "--cc", "dan@example.org", "--bcc", "eve@example.org"])
        .json();
    let sent = user.last_sent();
    assert_eq!(emails(sent.to()), ["bob@example.org"]);
    assert_eq!(emails(sent.cc()), ["dan@example.org", "carol@example.org"]);
    assert_eq!(emails(sent.bcc()), ["eve@example.org"]);
}

#[test]
fn a_reply_comes_from_the_alias_that_was_addressed_and_goes_to_reply_to() {
    let user = User::signed_in();
    let id = user.receive(
        "From: list@example.org\r\nReply-To: desk@example.org\r\nTo: ada.l@example.org\r\nSubject: AW: x\r\n\
         Message-ID: <a@b>\r\n\r\nhi\r\n",
    );
    user.run(&["reply", &id, "--html-body", "<p>Gut</p>"]).json();
    let sent = user.last_sent();
    assert_eq!(names_and_emails(sent.from()), [("Ada L.".into(), "ada.l@example.org".into())]);
    assert_eq!(emails(sent.to()), ["desk@example.org"]);
    assert_eq!(sent.subject(), Some("AW: x"));
    assert!(sent.body_html(0).unwrap().contains("gmail_quote"));
}

#[test]
fn a_parent_without_a_message_id_is_refused() {
    let user = User::signed_in();
    let resource = json!({"labelIds": ["INBOX"], "payload": {"mimeType": "text/plain",
        "headers": [{"name": "From", "value": "bob@example.org"}, {"name": "Subject", "value": "x"}],
        "body": {"size": 2, "data": "aGk="}}});
    let id = user.world.gmail(|g| g.add_payload(resource));
    let error = user.run(&["reply", &id, "--body", "x"]).fails(2);
    assert!(error["message"].as_str().unwrap().contains("Message-ID"));
    user.run(&["reply", "18c0ffee00000000", "--body", "x"]).fails(5);
    assert_eq!(user.sent(), 0);
}

#[test]
fn no_text_of_a_hostile_message_gets_into_a_header_of_the_reply() {
    let user = User::signed_in();
    let header = |name: &str, value: &str| json!({"name": name, "value": value});
    let resource = json!({"labelIds": ["INBOX"], "payload": {"mimeType": "multipart/mixed", "headers": [
        header("From", "\"x\r\nBcc: eve@evil.example\" <bob@example.org>"),
        header("Subject", "hi\r\nBcc: eve@evil.example\u{0}\u{202e}"),
        header("Message-ID", "<ok@example.org>\r\nBcc: eve@evil.example"),
        header("References", "<a@b>\r\nX-Evil: 1 <c\rd@e> <f@g>"),
        header("Cc", "carol@example.org\r\nX-Evil: 1"),
    ], "parts": [{"partId": "0", "mimeType": "text/plain", "filename": "", "headers": [], "body": {"size": 2, "data": "aGk="}}]}});
    let id = user.world.gmail(|g| g.add_payload(resource));
    user.run(&["reply", &id, "--all", "--body", "x"]).json();
    user.run(&["forward", &id, "--to", "dan@example.org"]).json();
    for sent in user.world.gmail(|g| g.sent().to_vec()) {
        assert!(!sent.recipients.iter().any(|r| r.contains("evil")), "{:?}", sent.recipients);
        let raw = String::from_utf8_lossy(&sent.raw).into_owned();
        let head = raw.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(!head.contains("\r\nbcc:") && !head.contains("\r\nx-evil:"), "{head}");
    }
}

const WITH_FILES: &str = "From: bob@example.org\r\nTo: ada@example.com\r\nSubject: Files\r\nMessage-ID: <f@example.org>\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n\
    --b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--b\r\nContent-Type: message/rfc822\r\n\
    Content-Disposition: attachment; filename=\"old.eml\"\r\n\r\nFrom: x@example.org\r\nSubject: inner\r\n\r\ninner body\r\n--b--\r\n";

#[test]
fn a_forward_keeps_the_attachments_and_shows_the_headers() {
    let user = User::signed_in();
    let id = user.receive(WITH_FILES);
    user.run(&["forward", &id, "--to", "dan@example.org", "--body", "FYI"]).json();
    let sent = user.last_sent();
    assert_eq!((sent.subject(), emails(sent.to())), (Some("Fwd: Files"), vec!["dan@example.org".to_owned()]));
    assert!(sent.in_reply_to().as_text().is_none());
    let text = sent_text(&user);
    assert!(
        text.starts_with("FYI\n\n---------- Forwarded message ---------\nFrom: bob@example.org\n"),
        "{text}"
    );
    assert!(text.contains("see below"));
    let names: Vec<&str> = sent.attachments().filter_map(|a| a.attachment_name()).collect();
    assert_eq!(names, ["a.pdf", "old.eml"]);
    let contents: Vec<&[u8]> = sent.attachments().map(|a| a.contents()).collect();
    assert_eq!(contents[0], b"%PDF-");
    let inner = String::from_utf8_lossy(contents[1]);
    assert!(inner.contains("Subject: inner") && inner.contains("inner body"), "{inner}");
    user.run(&["forward", &id, "--to", "dan@example.org", "--no-attachments"]).json();
    assert_eq!(user.last_sent().attachments().count(), 0);
}

#[test]
fn a_reply_that_is_drafted_or_only_shown_is_not_sent() {
    let user = User::signed_in();
    let id = user.receive(PARENT);
    let reply = user.run(&["reply", &id, "--body", "x", "--draft"]).json();
    assert_eq!(reply["status"], "drafted");
    assert_eq!(reply["thread_id"], user.world.gmail(|g| g.message(&id).unwrap().thread_id));
    let forward = user.run(&["forward", &id, "--to", "dan@example.org", "--draft"]).json();
    let drafts = user.draft_ids();
    assert!(drafts.ends_with(&[&reply["id"], &forward["id"]].map(|id| id.as_str().unwrap().to_owned())));
    let shown = user.run(&["reply", &id, "--body", "x", "--dry-run"]).done();
    assert!(shown.stdout.contains("In-Reply-To: <parent@example.org>"), "{}", shown.stdout);
    assert_eq!(user.sent(), 0);
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/gmail/v1/users/me/messages/send"), 0);
}

/// A message whose Reply-To leads elsewhere than its From.
fn asking_for(reply_to: &str) -> String {
    format!(
        "From: Bob <bob@example.org>\nReply-To: {reply_to}\nTo: ada@example.com\nSubject: x\nMessage-ID: <p@b>\n\nhi\n"
    )
}

#[test]
fn a_reply_that_does_not_go_to_the_sender_alone_must_be_confirmed() {
    for (reply_to, goes_to) in [
        ("bob@other.example", json!(["bob@other.example"])),
        ("bob@example.org, eve@example.org", json!(["bob@example.org", "eve@example.org"])),
        ("bob@mail.example.org", json!(["bob@mail.example.org"])),
        ("Team: bob@example.org, eve@evil.example;", json!(["bob@example.org", "eve@evil.example"])),
        ("\"bob@example.org\" <eve@evil.example>", json!(["eve@evil.example"])),
    ] {
        let user = User::signed_in();
        let id = user.receive(&asking_for(reply_to));
        let shown = user.run(&["read", &id]).json();
        assert_eq!(
            (&shown["reply_goes_to"], &shown["reply_to_differs"]),
            (&goes_to, &json!(true)),
            "{reply_to}"
        );
        assert!(shown["untrusted"].as_array().unwrap().contains(&json!("reply_goes_to")));
        for all in [&[][..], &["--all"]] {
            let reply = [&["reply", &id, "--body", "x", "--format", "json"], all].concat();
            let dry = user.run(&[&reply[..], &["--dry-run"]].concat()).json();
            assert_eq!((&dry["reply_goes_to"], &dry["reply_to_differs"]), (&goes_to, &json!(true)));
            let error = user.run(&reply).fails(6);
            assert_eq!(error["code"], "unconfirmed");
            assert!(error["hint"].as_str().unwrap().contains("--to-reply-to"), "{error}");
            assert_eq!(error["reply_goes_to"], goes_to);
        }
        assert_eq!(user.sent(), 0);
        user.run(&["reply", &id, "--body", "x", "--draft"]).json();
        let confirmed = json!({"uid": id, "body": "x", "confirm_reply_to": true});
        user.run(&["exec", "reply_message", &confirmed.to_string()]).json();
        assert_eq!(json!(emails(user.last_sent().to())), goes_to);
    }
}

#[test]
fn a_reply_to_at_the_domain_of_the_sender_needs_no_confirmation() {
    let user = User::signed_in();
    for reply_to in ["desk@EXAMPLE.org", "Bob <bob@example.org>", "", "ada@example.com, bob@example.org"] {
        let id = user.receive(&asking_for(reply_to));
        if reply_to.contains("ada") {
            user.run(&["reply", &id, "--body", "x"]).json();
            continue;
        }
        let shown = user.run(&["read", &id]).json();
        assert_eq!((shown.get("reply_goes_to"), shown.get("reply_to_differs")), (None, None), "{reply_to}");
        user.run(&["reply", &id, "--body", "x"]).json();
    }
    assert_eq!(user.sent(), 4);
}

#[test]
fn a_name_in_a_header_never_adds_a_recipient_to_a_reply() {
    for name in [
        "\"victim@corp.example, Bob\"",
        "=?utf-8?q?victim=40corp.example=2C_Bob?=",
        "=?utf-8?q?Victim_=3Cvictim=40corp.example=3E=2C_Bob?=",
        "=?utf-8?q?victim=40corp.example=2C_B=C3=B6b?=",
        "=?utf-8?b?dmljdGltQGNvcnAuZXhhbXBsZSwgQm9i?=",
    ] {
        for header in ["From", "Cc", "Reply-To"] {
            let user = User::signed_in();
            let from = if header == "From" { "" } else { "From: bob@example.org\n" };
            let id = user.receive(&format!(
                "{from}{header}: {name} <bob@example.org>\nTo: ada@example.com\nSubject: x\nMessage-ID: <p@b>\n\nhi\n"
            ));
            let done = user.run(&["reply", &id, "--body", "x", "--all"]).done();
            assert!([0, 6].contains(&done.code), "{header}: {name}: {done:?}");
            user.run(&["reply", &id, "--body", "x", "--all", "--to-reply-to"]).json();
            user.run(&["reply", &id, "--body", "x", "--draft"]).json();
            if let Some(draft) = user.draft_ids().last() {
                user.run(&["draft", "send", draft]).json();
            }
            for sent in user.world.gmail(|g| g.sent().to_vec()) {
                assert_eq!(sent.recipients, ["bob@example.org"], "{header}: {name}");
            }
        }
    }
}

#[test]
fn read_quotes_a_name_that_looks_like_an_address() {
    let user = User::signed_in();
    let id =
        user.receive("From: =?utf-8?q?victim=40corp.example=2C_Bob?= <bob@x.example>\nSubject: s\n\nhi\n");
    let quoted = "\"victim@corp.example, Bob\" <bob@x.example>";
    assert_eq!(user.run(&["read", &id]).json()["from"], quoted);
    assert_eq!(user.run(&["list", "--limit", "1"]).rows()[0]["from"], quoted);
}
