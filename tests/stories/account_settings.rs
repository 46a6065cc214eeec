//! Settings of the mailbox: aliases, forwarding, and automatic replies.

use serde_json::json;

use crate::kit::{User, column};

fn user() -> User {
    User::signed_in().allowing_settings()
}

#[test]
fn aliases_are_listed_with_their_signatures_as_text() {
    let user = User::signed_in();
    let rows = user.run(&["aliases"]).rows();
    assert_eq!(column(&rows, "address"), ["ada@example.com", "ada.l@example.org", "ada@pending.example"]);
    assert_eq!(rows[0]["signature"], "Ada Lovelace\nAnalytical Engines Ltd");
    assert_eq!((&rows[0]["default"], &rows[0]["primary"]), (&json!(true), &json!(true)));
    assert_eq!((&rows[1]["verified"], &rows[2]["verified"]), (&json!(true), &json!(false)));
}

#[test]
fn forwarding_is_shown_in_one_request() {
    let user = User::signed_in();
    let none = json!({"enabled": false, "addresses": []});
    assert_eq!(user.run(&["forwarding"]).json(), none);
    user.world.gmail(|gmail| gmail.forward_all("eve@example.net"));
    user.world.clear_log();
    let shown = user.run(&["forwarding"]).json();
    assert_eq!((&shown["enabled"], &shown["address"]), (&json!(true), &json!("eve@example.net")));
    assert_eq!((&shown["kept"], &shown["addresses"][0]["verified"]), (&json!("archive"), &json!(true)));
    assert_eq!(user.world.log().len(), 1);
}

#[test]
fn automatic_replies_are_turned_on_for_some_days_and_off_again() {
    let user = user();
    let on = [
        "vacation",
        "on",
        "--from",
        "2026-12-24",
        "--to",
        "2027-01-06",
        "--body",
        "I am away.",
        "--subject",
        "Away",
    ];
    let zone = |args: &[&str]| user.run(args).env("TZ", "Europe/Berlin");
    let plan = zone(&[&on[..], &["--dry-run"]].concat()).json();
    assert_eq!(user.world.gmail(|gmail| gmail.responder().clone()), json!({"enableAutoReply": false}));
    let made = zone(&on).json();
    assert_eq!(made, plan);
    assert_eq!((&made["enabled"], &made["body"]), (&json!(true), &json!("I am away.")));
    // The last day is over at its end, by the user's clock.
    assert_eq!(
        (&made["starts"], &made["ends"]),
        (&json!("2026-12-23T23:00:00Z"), &json!("2027-01-06T23:00:00Z"))
    );
    assert_eq!((&made["first_day"], &made["last_day"]), (&json!("2026-12-24"), &json!("2027-01-06")));
    assert_eq!(zone(&["vacation", "show"]).json(), made);

    let off = user.run(&["vacation", "off"]).json();
    assert_eq!((&off["enabled"], &off["body"]), (&json!(false), &json!("I am away.")));
    let again = user.run(&["vacation", "on", "--contacts-only"]).json();
    assert_eq!((&again["body"], &again["contacts_only"]), (&json!("I am away."), &json!(true)));
    assert!(again.get("starts").is_none() && again.get("ends").is_none());
}

#[test]
fn html_and_text_replace_each_other() {
    let user = user();
    let html = json!({"enableAutoReply": false, "responseBodyHtml": "<b>Old</b>", "responseSubject": "s"});
    user.world.gmail(|gmail| gmail.set_responder(html));
    assert_eq!(user.run(&["vacation", "show"]).json()["body"], "Old");
    user.run(&["vacation", "on", "--body", "New"]).json();
    user.write_file("away.txt", "Back on Monday.\n\nAda\n");
    let from_file = user.run(&["vacation", "on", "--body-file", "away.txt", "--dry-run"]).json();
    assert_eq!(from_file["body"], "Back on Monday.\n\nAda\n");
    let piped = user.run(&["vacation", "on", "--body", "-", "--dry-run"]).stdin("Piped").json();
    assert_eq!(piped["body"], "Piped");
    user.run(&["vacation", "on", "--body", "x", "--body-file", "away.txt"]).fails(2);
    user.run(&["exec", "start_vacation", r#"{"body_file":"/etc/passwd"}"#]).fails(6);
    let stored = user.world.gmail(|gmail| gmail.responder().clone());
    assert_eq!((&stored["responseBodyPlainText"], stored.get("responseBodyHtml")), (&json!("New"), None));
    let shown = user.run(&["vacation", "on", "--html-body", "<p>Newer</p>"]).json();
    assert_eq!((&shown["body"], &shown["html_body"]), (&json!("Newer"), &json!("<p>Newer</p>")));
}

#[test]
fn what_cannot_be_a_reply_is_refused_before_it_is_set() {
    let user = user();
    for (args, said) in [
        (&[][..], "subject or a text"),
        (&["--body", "x", "--from", "tomorrow"], "is not a day"),
        (&["--body", "x", "--from", "2026-02-30"], "is not a day"),
        (&["--body", "x", "--from", "2026-12-24T08:00"], "is not a day"),
        (&["--body", "x", "--to", "2020-01-01"], "is over"),
        (&["--body", "x", "--subject", "a\nb"], "one line"),
        (&["--body", " "], "subject or a text"),
        (&["--body", "x", "--from", "2026-12-24", "--to", "2026-12-23"], "is before"),
        (&["--body", "x", "--html-body", "y"], "both"),
    ] {
        let error = user.run(&[&["vacation", "on"], args].concat()).fails(2);
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
    user.configure("[policy]\naccess = \"settings\"\nrecipients = [\"*@example.com\"]\n");
    assert_eq!(user.run(&["vacation", "on", "--body", "x"]).fails(6)["code"], "policy_refused");
    user.run(&["vacation", "off"]).json();
    user.configure("[policy]\naccess = \"send\"\n");
    user.run(&["vacation", "on", "--body", "x"]).fails(6);
    user.run(&["vacation", "off"]).fails(6);
    assert_eq!(user.run(&["vacation", "show"]).json()["enabled"], false);
}
