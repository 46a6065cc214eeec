//! Messages that are complete as given: sent or kept as drafts byte for byte, under the same rules as any other.

use serde_json::{Value, json};

use crate::kit::{User, emails};

/// 8-bit bytes, a folded header, an alternative with odd boundaries, a bare line end.
const RAW: &[u8] = b"From: Ada <ada@example.com>\r\nTo: Bob <bob@example.org>,\r\n carl@example.org\r\nBcc: dora@example.org\r\n\
    Subject: =?utf-8?q?Pl=C3=A4ne?=\r\nMessage-ID: <raw-1@example.com>\r\nDate: Fri, 1 Jan 2027 10:00:00 +0000\r\n\
    X-Custom:  two  blanks \r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"= x\"\r\n\r\npreamble\r\n\
    --= x\r\n\r\n\xe9\xff\n--= x--\r\nepilogue";

fn with(header: &str) -> Vec<u8> {
    [header.as_bytes(), b"\r\n", RAW].concat()
}

fn draft_raw(user: &User, made: &Value) -> Vec<u8> {
    user.world.gmail(|gmail| gmail.message(made["uid"].as_str().unwrap()).unwrap().raw)
}

#[test]
fn a_raw_message_is_sent_byte_for_byte() {
    let user = User::signed_in();
    let file = user.write_file("mail.eml", RAW);
    let sent = user.run(&["send", "--raw", file.to_str().unwrap()]).json();
    assert_eq!((&sent["status"], &sent["message_id"]), (&json!("sent"), &json!("<raw-1@example.com>")));
    let to = ["bob@example.org", "carl@example.org"];
    assert_eq!(sent["recipients"], json!({"to": to, "cc": [], "bcc": ["dora@example.org"]}));
    assert_eq!(user.world.gmail(|gmail| gmail.sent().last().unwrap().raw.clone()), RAW);
    let again = user.run(&["exec", "send_message", &json!({"raw": file}).to_string()]).json();
    assert_eq!((&again["status"], user.sent()), (&json!("sent"), 2));
    user.run(&["send", "--raw", "-"]).stdin(RAW).json();
    assert_eq!(user.sent(), 3);
}

#[test]
fn a_raw_draft_is_stored_and_sent_byte_for_byte() {
    let user = User::signed_in();
    let short =
        b"From: ada@example.com\r\nDate: Fri, 1 Jan 2027 10:00:00 +0000\r\nMessage-ID: <s@x>\r\n\r\n\xff\nx";
    for raw in [RAW, short] {
        let made = user.run(&["draft", "create", "--raw", "-"]).stdin(raw).json();
        assert_eq!(made["status"], "drafted");
        assert_eq!(draft_raw(&user, &made), raw);
    }
    let made = user.run(&["send", "--raw", "-", "--draft"]).stdin(RAW).json();
    assert_eq!((draft_raw(&user, &made), user.sent()), (RAW.to_vec(), 0));
    user.run(&["draft", "send", made["id"].as_str().unwrap()]).json();
    assert_eq!(emails(user.last_sent().bcc()), ["dora@example.org"]);
}

#[test]
fn the_preview_of_a_raw_message_needs_no_network() {
    let user = User::new();
    let done = user.run(&["send", "--raw", "-", "--dry-run"]).stdin(RAW).done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("X-Custom:  two  blanks"));
    assert_eq!(user.world.count(crate::sandbox::GMAIL_HOST, "", ""), 0);
}

#[test]
fn every_recipient_in_the_head_of_a_raw_message_is_checked() {
    let user = User::signed_in();
    user.configure("[policy]\nrecipients = [\"*@example.org\"]\n");
    user.run(&["send", "--raw", "-"]).stdin(RAW).json();
    for raw in [
        with("Bcc: eve@evil.example"),
        with("Cc: =?utf-8?q?a?= <eve@evil.example>"),
        with("Resent-To: eve@evil.example"),
        with("Reply-To: eve@evil.example"),
        with("Disposition-Notification-To: eve@evil.example"),
        with("To: a@example.org\rBcc: eve@evil.example"),
        [b"To: a@example.org\r\n\nBcc: eve@evil.example\r\n\r\n".as_slice(), RAW].concat(),
    ] {
        let done = user.run(&["send", "--raw", "-"]).stdin(raw.clone()).done();
        assert!(matches!(done.code, 2 | 6), "{}: {done:?}", String::from_utf8_lossy(&raw));
    }
    assert_eq!(user.sent(), 1);
    user.run(&["--access", "draft", "send", "--raw", "-"]).stdin(RAW).fails(6);
    user.run(&["--access", "organise", "draft", "create", "--raw", "-"]).stdin(RAW).fails(6);
}

#[test]
fn what_is_no_message_or_has_no_recipient_is_refused_before_anything_is_sent() {
    let user = User::signed_in();
    let cases: [(&[u8], &str); 6] = [
        (b"", "not a message"),
        (b"\x89PNG\r\n\x1a\n", "not a message"),
        (b"just text\nwithout headers", "not a message"),
        (b"Subject: nobody\r\n\r\nx", "no recipient"),
        (b"From: eve@evil.example\r\nTo: bob@example.org\r\n\r\nx", "cannot send as"),
        (b"From: ada@example.com, eve@evil.example\r\nTo: bob@example.org\r\n\r\nx", "several senders"),
    ];
    for (raw, why) in cases {
        let error = user.run(&["send", "--raw", "-"]).stdin(raw).fails(2);
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    }
    for more in
        [["--to", "b@example.org"], ["--subject", "s"], ["--body", "x"], ["--attach", "x"], ["--from", "x"]]
    {
        let error = user.run(&[&["send", "--raw", "-"], &more[..]].concat()).stdin(RAW).fails(2);
        assert!(error["message"].as_str().unwrap().contains("combined"), "{error}");
    }
    user.run(&["send", "--subject", "s", "--body", "x"]).fails(2);
    user.run(&["send", "--raw", "/etc/hostname"]).fails(6);
    assert_eq!(user.sent(), 0);
}

#[test]
fn a_raw_message_is_sent_once_even_if_the_answer_is_lost() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.lose_answer("messages.send", 503, 1));
    let sent = user.run(&["send", "--raw", "-", "--idempotency-key", "k"]).stdin(RAW).json();
    assert_eq!((&sent["verified"], user.sent()), (&json!(true), 1));
    let again = user.run(&["send", "--raw", "-", "--idempotency-key", "k"]).stdin(RAW).json();
    assert_eq!((&again["id"], user.sent()), (&sent["id"], 1));
    user.run(&["send", "--raw", "-", "--idempotency-key", "k"]).stdin(with("X-Other: 1")).fails(2);

    // An older copy with the same Message-ID proves nothing.
    user.world.gmail(|gmail| gmail.fail_part("messages/send", 503, "backendError", 1));
    let error = user.run(&["send", "--raw", "-"]).stdin(RAW).fails(9);
    assert_eq!((&error["code"], user.sent()), (&json!("unknown"), 1));
}
