//! The user's own addresses: which of them can send, which one does, where its replies go, and that reply-all leaves all
//! of them out; and mail that is not to be answered by mistake.

use crate::kit::{User, emails};

const TO_BOB: [&str; 7] = ["send", "--to", "bob@example.org", "--subject", "s", "--body", "x"];

fn mail(from: &str, more: &str) -> String {
    format!("From: {from}\nSubject: Plan\nMessage-ID: <p@example.org>\n{more}\n\nhello\n")
}

/// The recipients of a reply to all: To and Cc.
fn reply_to_all(user: &User, mail: &str) -> (Vec<String>, Vec<String>) {
    let id = user.receive(mail);
    user.run(&["reply", &id, "--all", "--body", "x", "--to-reply-to"]).json();
    let sent = user.last_sent();
    (emails(sent.to()), if sent.cc().is_some() { emails(sent.cc()) } else { Vec::new() })
}

#[test]
fn an_alias_that_an_administrator_manages_can_send_and_a_pending_one_cannot() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.add_managed_alias("sales@example.com"));
    user.run(&[&TO_BOB[..], &["--from", "sales@example.com"]].concat()).json();
    assert_eq!(emails(user.last_sent().from()), ["sales@example.com"]);
    let error = user.run(&[&TO_BOB[..], &["--from", "ada@pending.example"]].concat()).fails(2);
    let usable = error["usable"].to_string();
    assert!(usable.contains("sales@example.com") && !usable.contains("pending"), "{error}");
}

#[test]
fn the_default_alias_sends_and_names_its_address_for_replies() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.set_default_alias("ada.l@example.org", "desk@example.org"));
    user.run(&TO_BOB).json();
    let sent = user.last_sent();
    assert_eq!(
        (emails(sent.from()), emails(sent.reply_to())),
        (vec!["ada.l@example.org".to_owned()], vec!["desk@example.org".to_owned()])
    );
    user.run(&[&TO_BOB[..], &["--from", "ada@example.com"]].concat()).json();
    assert!(user.last_sent().reply_to().is_none(), "the primary address has none");
    user.run(&[&TO_BOB[..], &["--reply-to", "me@example.org"]].concat()).json();
    assert_eq!(emails(user.last_sent().reply_to()), ["me@example.org"]);
    user.configure("[policy]\nrecipients = [\"bob@example.org\"]\n");
    user.run(&TO_BOB).json();
    assert_eq!(emails(user.last_sent().reply_to()), ["desk@example.org"]);
}

#[test]
fn a_draft_can_be_sent_under_a_policy_of_recipients() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.set_default_alias("ada.l@example.org", "desk@example.org"));
    user.configure("[policy]\nrecipients = [\"bob@example.org\"]\n");
    let draft =
        user.run(&["draft", "create", "--to", "bob@example.org", "--subject", "s", "--body", "x"]).json();
    user.run(&["draft", "send", draft["id"].as_str().unwrap()]).json();
    assert_eq!(emails(user.last_sent().from()), ["ada.l@example.org"]);
}

#[test]
fn reply_all_leaves_out_the_user_in_every_spelling() {
    let user = User::signed_in();
    user.world.gmail(|gmail| {
        gmail.add_managed_alias("ada.lovelace@gmail.com");
        gmail.add_managed_alias("sales@example.com");
    });
    let to = "To: ADA+shop@example.com, adalovelace+x@googlemail.com, A.da.Lovelace@gmail.com, Sales@Example.com\n\
              Cc: ada.l+y@example.org, a.da@example.com, carol+list@example.org";
    let (to, cc) = reply_to_all(&user, &mail("bob@example.org", to));
    assert_eq!(to, ["bob@example.org"]);
    assert_eq!(
        cc,
        ["a.da@example.com", "carol+list@example.org"],
        "dots count elsewhere, others keep their plus"
    );
}

#[test]
fn a_second_recipient_header_counts() {
    let user = User::signed_in();
    let raw = mail(
        "bob@example.org",
        "To: ada@example.com\nCc: dan@example.org\nTo: carol@example.org\nCC: eve@example.org",
    );
    let (to, cc) = reply_to_all(&user, &raw);
    assert_eq!(
        (to, cc.join(" ")),
        (vec!["bob@example.org".to_owned()], "carol@example.org dan@example.org eve@example.org".into())
    );
    let read = user.run(&["read", &user.receive(&raw)]).json();
    assert_eq!(read["to"], "ada@example.com, carol@example.org");
    assert_eq!(read["cc"], "dan@example.org, eve@example.org");
    let forwarded = user.receive(&raw);
    user.run(&["forward", &forwarded, "--to", "zoe@example.org"]).json();
    let text = user.last_sent().body_text(0).unwrap().into_owned();
    assert!(text.contains("To: ada@example.com, carol@example.org"), "{text}");
}

#[test]
fn mail_to_oneself_can_be_answered() {
    let user = User::signed_in();
    for more in
        ["To: ada+note@example.com", "To: ada@example.com\nCc: ada.l@example.org", "Bcc: ada@example.com"]
    {
        let (to, _) = reply_to_all(&user, &mail("ada@example.com", more));
        assert!(to.len() == 1 && to[0].starts_with("ada"), "{more}: {to:?}");
    }
}

#[test]
fn a_reply_comes_from_the_address_that_was_written_with_a_plus() {
    let user = User::signed_in();
    let id = user.receive(&mail("bob@example.org", "To: ada.l+shop@example.org"));
    user.run(&["reply", &id, "--body", "x"]).json();
    assert_eq!(emails(user.last_sent().from()), ["ada.l@example.org"]);
}

#[test]
fn a_draft_and_mail_in_trash_or_spam_are_answered_only_on_request() {
    let user = User::signed_in();
    let drafts = user.draft_ids().len();
    for (label, word) in [("DRAFT", "draft"), ("TRASH", "trash"), ("SPAM", "spam")] {
        let id = user.receive_in(&[label], &mail("bob@example.org", "To: ada@example.com"));
        for more in [&["--body", "x"][..], &["--body", "x", "--draft"], &["--body", "x", "--dry-run"]] {
            let error = user.run(&[&["reply", &id], more].concat()).fails(6);
            assert_eq!(error["code"], "unconfirmed");
            assert!(error["message"].as_str().unwrap().contains(word), "{error}");
            assert!(error["hint"].as_str().unwrap().contains("--anyway"), "{error}");
        }
        assert_eq!((user.draft_ids().len(), user.sent()), (drafts, 0), "{label}");
    }
    let spam = user.receive_in(&["SPAM"], &mail("bob@example.org", "To: ada@example.com"));
    let call = format!("{{\"uid\":\"{spam}\",\"body\":\"x\"}}");
    let error = user.run(&["exec", "reply_message", &call]).fails(6);
    assert!(error["hint"].as_str().unwrap().contains("\"anyway\": true"), "{error}");
    user.run(&["reply", &spam, "--body", "x", "--anyway"]).json();
    assert_eq!(emails(user.last_sent().to()), ["bob@example.org"]);
}
