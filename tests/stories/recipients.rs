//! Who was checked is who is written to: under a recipients policy, and whatever a name looks like.

use serde_json::json;

use crate::{
    kit::{User, emails},
    sandbox::{Fault, GMAIL_HOST},
};

const DRAFTS_SEND: &str = "/gmail/v1/users/me/drafts/send";

/// A user whose policy allows mail to example.org only.
fn restricted() -> User {
    let user = User::signed_in();
    user.configure("[policy]\nrecipients = [\"*@example.org\", \"kim@corp.example\"]\n");
    user
}

fn add_draft(user: &User, raw: impl AsRef<[u8]>) -> String {
    user.world.gmail(|gmail| gmail.add_draft(raw.as_ref()))
}

/// The recipients of everything that was sent.
fn reached(user: &User) -> Vec<String> {
    user.world.gmail(|gmail| gmail.sent().iter().flat_map(|sent| sent.recipients.clone()).collect())
}

/// Heads of drafts that lead to people whom the policy does not allow, or that can be read so.
const HOSTILE: [&str; 40] = [
    "To: eve@evil.example",
    "To: bob@example.org\r\nTo: eve@evil.example",
    "To: bob@example.org\r\nBcc: a..b@evil.example",
    "To: bob@example.org, b@host",
    "To: bob@example.org\r\nCc: <@example.org:eve@evil.example>",
    "To: bob@example.org, @example.org:eve@evil.example",
    "To: =?utf-8?q?eve=40evil.example?=",
    "To: =?utf-8?q?eve=40evil.example=2C?= <bob@example.org>",
    "To: =?utf-8?b?ZXZlQGV2aWwuZXhhbXBsZSw=?= <bob@example.org>",
    "To: \"x\\\" <eve@evil.example>, y\" <bob@example.org>",
    "To: \"eve@evil.example,\" =?utf-8?q?=22?= <bob@example.org>",
    "To: =?utf-8?q?eve=40evil.example=2C?=@example.org",
    "To: bob@example.org (x, eve@evil.example)",
    "To: bob@example.org eve@evil.example",
    "To: eve@evil.example <bob@example.org>",
    "To: <eve@evil.example> <bob@example.org>",
    "To: friends: bob@example.org, eve@evil.example;",
    "To: eve@evil.example: bob@example.org;",
    "To: bob@example.org; eve@evil.example",
    "To: \"eve@evil.example\"@example.org",
    "To: eve%evil.example@example.org",
    "To: bob@[192.0.2.1]",
    "To: bob@example.org\r\nbCC: eve@evil.example",
    "To: bob@example.org\r\nBcc : eve@evil.example",
    "To: bob@example.org\r\nBcc:\r\n\teve@evil.example",
    "To: bob@example.org\r\nResent-To: eve@evil.example",
    "To: bob@example.org\r\nResent-Bcc: eve@evil.example",
    "To: bob@example.org\r\nReply-To: eve@evil.example",
    "To: bob@example.org\r\nMail-Followup-To: eve@evil.example",
    "To: bob@example.org\r\nDisposition-Notification-To: eve@evil.example",
    "To: bob@example.org\r\nReturn-Receipt-To: eve@evil.example",
    "To: bob@example.org\rBcc: eve@evil.example",
    "To: bob@example.org\nBcc: eve@evil.example",
    "To: bob@example.org\r\n\nBcc: eve@evil.example",
    "To: bob@example.org\r\nB\0cc: eve@evil.example",
    "To: bob@example.org\r\nBcc\u{200b}: eve@evil.example",
    "To: bob@example.org\r\nBcc eve@evil.example",
    "To: bob\u{200b}@example.org",
    "To: \u{212a}im@corp.example",
    "To: bob@ex\u{e4}mple.org",
];

#[test]
fn a_draft_is_refused_unless_every_byte_of_its_address_headers_is_allowed() {
    let user = restricted();
    for head in HOSTILE {
        let id = add_draft(&user, format!("{head}\r\nSubject: x\r\n\r\nhi\r\n"));
        let error = user.run(&["draft", "send", &id]).fails(6);
        assert_eq!(error["code"], "policy_refused", "{head}");
    }
    for local in [70, 65_000] {
        let id = add_draft(&user, format!("To: {}@example.org\r\n\r\nhi\r\n", "a".repeat(local)));
        user.run(&["draft", "send", &id]).fails(6);
    }
    let id = add_draft(
        &user,
        format!("To: bob@example.org{}\r\n\r\nhi\r\n", ",\r\n bob@example.org".repeat(6000)),
    );
    user.run(&["draft", "send", &id]).fails(6);
    let id = add_draft(&user, b"To: b\xfcb <bob@example.org>\r\n\r\nhi\r\n");
    user.run(&["draft", "send", &id]).fails(6);
    assert_eq!((user.sent(), user.world.count(GMAIL_HOST, "POST", DRAFTS_SEND)), (0, 0));
}

#[test]
fn a_draft_with_ordinary_headers_is_sent_under_a_recipients_policy() {
    let heads = [
        "To: Bob <bob@example.org>,\r\n \"Last, First\" <l@example.org>",
        "To: =?utf-8?Q?M=C3=BCller?= <bob@example.org>\r\nCc: Team: a@example.org, b@example.org;",
        "To: \"bob@example.org\" <bob@example.org>\r\nX-Other: eve@evil.example",
        "To: undisclosed-recipients:;\r\nBcc: bob@example.org (Bob)",
        "TO: KIM@corp.example\r\nReply-To: desk@example.org\r\nSubject: eve@evil.example",
    ];
    let user = restricted();
    for head in heads {
        for end in ["\r\n", "\n"] {
            let raw = format!("{head}\r\n\r\nBcc: this is text\r\n").replace("\r\n", end);
            let id = add_draft(&user, raw.replace("Bcc: this", "This"));
            let result = user.run(&["draft", "send", &id]).json();
            assert_eq!(result["status"], "sent", "{head}");
        }
    }
    assert!(reached(&user).iter().all(|to| to.ends_with("@example.org") || to == "kim@corp.example"));
}

#[test]
fn a_draft_that_changes_between_check_and_send_goes_out_as_it_was_checked() {
    for policy in [true, false] {
        let user = if policy { restricted() } else { User::signed_in() };
        let id = add_draft(&user, "To: bob@example.org\r\nSubject: x\r\n\r\nchecked\r\n");
        let send = user.world.hold(Fault::on(GMAIL_HOST).path(DRAFTS_SEND));
        let running = user.run(&["draft", "send", &id]).start();
        send.wait_for_arrival();
        user.world.gmail(|g| g.replace_draft(&id, b"To: eve@evil.example\r\nSubject: x\r\n\r\nchanged\r\n"));
        send.release();
        assert_eq!(running.done().json()["recipients"]["to"], json!(["bob@example.org"]));
        assert_eq!(reached(&user), ["bob@example.org"]);
        assert_eq!(user.last_sent().body_text(0).unwrap().trim_end(), "checked");
        assert!(!user.draft_ids().contains(&id));
    }
}

#[test]
fn a_draft_is_sent_byte_for_byte_in_two_requests() {
    let user = restricted();
    let raw = "From: Ada <ada@example.com>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <d@b>\r\n\
        To: bob@example.org\r\nX-Own:  two  spaces \r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    let id = add_draft(&user, raw);
    user.run(&["draft", "send", &id]).json();
    assert_eq!(user.world.gmail(|g| String::from_utf8(g.sent()[0].raw.clone()).unwrap()), raw);
    assert_eq!(user.world.log().iter().filter(|e| e.method != "CONNECT").count(), 2);
}

#[test]
fn the_local_part_of_an_address_is_compared_in_ascii_only() {
    let user = restricted();
    for address in ["\u{212a}im@corp.example", "k\u{130}m@corp.example", "k\u{131}m@corp.example"] {
        user.run(&["send", "--to", address, "--subject", "s", "--body", "x"]).fails(6);
    }
    user.run(&["send", "--to", "KIM@Corp.Example", "--subject", "s", "--body", "x"]).json();
}

#[test]
fn an_address_for_replies_must_be_allowed_like_a_recipient() {
    let user = restricted();
    let send = ["send", "--to", "bob@example.org", "--subject", "s", "--body", "x", "--reply-to"];
    let error = user.run(&[&send[..], &["eve@evil.example"]].concat()).fails(6);
    assert_eq!(error["refused"], json!(["eve@evil.example"]));
    assert!(user.world.log().is_empty());
    user.run(&[&send[..], &["desk@example.org"]].concat()).json();
    let draft =
        ["draft", "create", "--to", "bob@example.org", "--body", "x", "--reply-to", "eve@evil.example"];
    let made = user.run(&draft).json();
    user.run(&["draft", "send", made["id"].as_str().unwrap()]).fails(6);
}

#[test]
fn no_display_name_adds_a_recipient() {
    let user = restricted();
    for to in [
        "\"eve@evil.example, Bob\" <bob@example.org>",
        "\"eve@evil.example, \u{dc}\" <bob@example.org>",
        "\"x\\\" <eve@evil.example>, y\" <bob@example.org>",
        "\"x\\\" <eve@evil.example>, \u{dc}\" <bob@example.org>",
        "\"=?utf-8?q?eve=40evil.example=2C?=\" <bob@example.org>",
        "\"=\\?utf-8?q?eve=40evil.example=2C?=\" <bob@example.org>",
        "\"\u{dc}\\\"\" <bob@example.org>, \"eve@evil.example, \" <l@example.org>",
    ] {
        let done = user.run(&["send", "--to", to, "--subject", "s", "--body", "x"]).done();
        assert!([0, 2, 6].contains(&done.code), "{to}: {done:?}");
    }
    assert!(user.sent() > 2);
    assert!(reached(&user).iter().all(|to| to.ends_with("@example.org")), "{:?}", reached(&user));
    for to in [
        "=?utf-8?q?eve=40evil.example=2C?=@example.org",
        "\"=?utf-8?q?eve=40evil.example=2C?=\"@example.org",
        "\"=\\?utf-8?q?eve=40evil.example=2C?=\"@example.org",
        "\"=?utf-8?q?eve=40evil.example=2C?\\=\"@example.org",
    ] {
        user.run(&["send", "--to", to, "--subject", "s", "--body", "x"]).fails(2);
    }
    assert_eq!(emails(user.last_sent().cc()), Vec::<String>::new());
}

#[test]
fn a_draft_of_our_own_passes_the_check_whatever_its_names_are() {
    let user = restricted();
    for name in [
        "Bob",
        "\"Last, First (Sales)\"",
        "\"J\u{fc}rgen \\\"Jay\\\" M\u{fc}ller (Sales)\"",
        "\u{5c71}\u{7530}\u{592a}\u{90ce}",
        "\"bob@example.org\"",
        "\"Eve <eve@evil.example>, \u{dc}\"",
        "\"=?utf-8?q?eve=40evil.example?=\"",
    ] {
        let long = vec![format!("{name} <bob@example.org>"); 9].join(", ");
        let draft = [
            "draft",
            "create",
            "--to",
            &long,
            "--cc",
            "\u{43f}\u{43e}\u{447}\u{442}\u{430}@example.org",
            "--body",
            "x",
        ];
        let made = user.run(&draft).json();
        user.run(&["draft", "send", made["id"].as_str().unwrap()]).json();
    }
    assert!(reached(&user).iter().all(|to| to.ends_with("@example.org")));
}
