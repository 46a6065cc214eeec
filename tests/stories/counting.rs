//! `count` and `group`: how many messages match, and by what they have in common.

use serde_json::{Value, json};

use crate::{
    kit::User,
    sandbox::{Fault, GMAIL_HOST, gmail::Gmail},
};

fn mail(from: &str, subject: &str) -> String {
    format!(
        "From: {from}\nTo: ada@example.com\nSubject: {subject}\nDate: Fri, 20 Nov 2026 12:00:00 +0000\n\nx\n"
    )
}

fn empty() -> User {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    user
}

fn counts(rows: &[Value]) -> Vec<(String, u64)> {
    rows.iter()
        .map(|row| (row["group"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap()))
        .collect()
}

#[test]
fn a_count_is_exact_and_costs_a_page_of_ids_for_each_five_hundred() {
    let user = empty();
    user.world.gmail(|gmail| gmail.bulk(1203));
    user.run(&["count"]).json();
    user.world.clear_log();
    let units = user.world.units();
    assert_eq!(user.run(&["count"]).json(), json!({"count": 1203, "exact": true}));
    assert_eq!((user.world.log().len(), user.world.units() - units), (3, 15), "three pages of ids");
    assert_eq!(user.run(&["count", "subject:nowhere"]).json(), json!({"count": 0, "exact": true}));
    let estimate = user.run(&["count", "--estimate"]).json();
    assert_eq!(estimate["exact"], false);
    assert!(estimate["count"].as_u64().unwrap() > 500, "{estimate}");
    assert_eq!(user.run(&["count", "--format", "tsv", "--fields", "count"]).done().stdout, "1203\n");
    assert_eq!(user.run(&["count", "--format", "table"]).done().stdout, "1203\n");
    let exec = user.run(&["exec", "count_messages", r#"{"criteria":"in:inbox"}"#]).json();
    assert_eq!(exec["count"], 1203);
}

#[test]
fn an_empty_count_can_fail_and_names_where_there_is_more() {
    let user = empty();
    user.receive_in(&["Work"], &mail("b@example.org", "elsewhere"));
    let done = user.run(&["count", "subject:elsewhere", "--fail-empty"]).done();
    assert_eq!((done.code, done.stdout.trim()), (3, r#"{"count":0,"exact":true}"#));
    assert!(done.stderr.contains("1 in other folders"), "{}", done.stderr);
    let all = user.run(&["count", "subject:elsewhere", "--folder", "ALL", "--fail-empty"]).json();
    assert_eq!(all["count"], 1);
    let id = user.receive(&mail("b@example.org", "here"));
    let twice = format!("UID {id},{id},18c9f2a4b5d6e7f8");
    assert_eq!(user.run(&["count", &twice]).json()["count"], 1);
    user.run(&["count", &twice, "--threads"]).fails(2);
}

#[test]
fn a_count_that_is_cut_off_says_how_far_it_came() {
    let user = empty();
    user.world.gmail(|gmail| gmail.bulk(1203));
    user.run(&["count"]).json();
    let fault = Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages").skip(1);
    user.world.fault(fault.always().status(500, &[], "{}"));
    let done = user.run(&["count", "--timeout", "3"]).done();
    assert_eq!((done.code, done.stdout.trim()), (9, r#"{"count":500,"exact":false}"#), "{}", done.stderr);
    assert_eq!(done.error()["retryable"], true);
}

#[test]
fn groups_have_every_message_and_the_largest_is_the_first() {
    let user = empty();
    for (from, count) in [
        ("Zoe <zoe@B.example>", 3),
        ("\"Z. E.\" <ZOE@b.example>", 2),
        ("al@b.example", 1),
        ("Bob <b@c.example>", 4),
    ] {
        for n in 0..count {
            user.receive(&mail(from, &format!("{n}")));
        }
    }
    user.receive_in(&["Work"], &mail("w@c.example", "archived"));
    let rows = user.run(&["group", "sender"]).rows();
    let expected = [("zoe@b.example", 5), ("b@c.example", 4), ("al@b.example", 1)];
    assert_eq!(counts(&rows), expected.map(|(group, count)| (group.to_owned(), count)));
    assert_eq!(rows[0]["name"], "Z. E.", "that of the newest message");
    assert_eq!(rows[0]["untrusted"], json!(["group", "name"]));
    assert!(rows[0]["newest"].as_str().unwrap().ends_with('Z'));
    let domains = user.run(&["group", "domain", "--folder", "ALL"]).rows();
    assert_eq!(counts(&domains), [("b.example".to_owned(), 6), ("c.example".to_owned(), 5)]);
    let done = user.run(&["group", "sender", "--limit", "1", "--format", "jsonl"]).done();
    assert_eq!(done.stdout.lines().count(), 1);
    assert!(done.stderr.contains("2 more groups have 5 messages"), "{}", done.stderr);
    let exec = json!({"by": "sender", "criteria": "from:b@c.example"}).to_string();
    assert_eq!(counts(&user.run(&["exec", "group_messages", &exec]).rows()), [("b@c.example".to_owned(), 4)]);
    assert_eq!(user.run(&["group", "sender", "subject:none"]).json(), json!([]));
    user.run(&["group", "colour"]).fails(2);
    user.run(&["group", "sender", "--all", "--limit", "3"]).fails(2);
}

#[test]
fn labels_are_counted_by_lists_of_ids_and_days_in_their_order() {
    let user = empty();
    user.receive_in(&["INBOX", "Work"], &mail("a@example.org", "1"));
    user.receive_in(&["INBOX", "Work", "STARRED"], &mail("a@example.org", "2"));
    user.receive_in(&["Work"], &mail("a@example.org", "3"));
    let units = user.world.units();
    let rows = user.run(&["group", "label", "in:inbox"]).rows();
    let labels = user.run(&["folders"]).json().as_array().unwrap().len() as u64;
    let spent = user.world.units() - units;
    assert_eq!(counts(&rows), [("INBOX".to_owned(), 2), ("Work".to_owned(), 2), ("STARRED".to_owned(), 1)]);
    assert!(spent <= 5 * (labels + 20) + 2, "{spent} units for {labels} labels");
    let days = user.run(&["group", "day"]).env("TZ", "UTC").rows();
    assert_eq!(days.iter().map(|row| row["count"].as_u64().unwrap()).sum::<u64>(), 2);
    assert!(days.windows(2).all(|two| two[0]["group"].as_str() < two[1]["group"].as_str()), "{days:?}");
    let month = user.run(&["group", "month"]).env("TZ", "UTC").rows();
    assert_eq!(month[0]["group"].as_str().unwrap().len(), "2026-11".len());
}
