//! Conversations: one row for each, changes of whole conversations, and several of them read at once.

use serde_json::{Value, json};

use crate::{
    kit::{User, column, members},
    sandbox::{GMAIL_HOST, gmail::Gmail},
};

fn mail(from: &str, subject: &str, id: &str, answers: &str) -> String {
    let references = if answers.is_empty() { String::new() } else { format!("References: <{answers}>\n") };
    format!("From: {from}\nTo: ada@example.com\nSubject: {subject}\nMessage-ID: <{id}>\n{references}\nhi\n")
}

/// Two conversations: `a` of three messages, of which one is archived and two are unread, and `b` of one message.
fn talks() -> (User, [Vec<String>; 2]) {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    let a = vec![
        user.receive_in(&["Work"], &mail("Bob <bob@example.org>", "Plan", "1@x", "")),
        user.receive_in(
            &["INBOX", "UNREAD"],
            &mail("\"Zoe, Q\" <zoe@example.org>", "Re: Plan", "2@x", "1@x"),
        ),
        user.receive_in(&["INBOX", "UNREAD"], &mail("bob <BOB@example.org>", "Re: Plan", "3@x", "2@x")),
    ];
    let b = vec![user.receive(&mail("eve@example.org", "Other", "9@x", ""))];
    (user, [a, b])
}

fn thread(user: &User, id: &str) -> String {
    user.world.gmail(|gmail| gmail.message(id).unwrap().thread_id)
}

fn lacks(user: &User, ids: &[String], label: &str) -> bool {
    ids.iter().all(|id| !user.has_label(id, label))
}

#[test]
fn a_list_of_conversations_has_one_row_for_each() {
    let (user, [a, b]) = talks();
    user.world.clear_log();
    for line in [&["list", "--threads"][..], &["search", "from:bob OR from:eve", "--threads"]] {
        let rows = user.run(line).rows();
        assert_eq!(column(&rows, "thread_id"), [thread(&user, &b[0]), thread(&user, &a[0])], "{line:?}");
        let row = &rows[1];
        assert_eq!(
            members(row),
            [
                "thread_id",
                "subject",
                "people",
                "count",
                "unread",
                "date",
                "labels",
                "label_names",
                "untrusted"
            ]
        );
        assert_eq!((&row["subject"], &row["count"], &row["unread"]), (&json!("Plan"), &json!(3), &json!(2)));
        assert_eq!(row["people"], json!(["Bob <bob@example.org>", "\"Zoe, Q\" <zoe@example.org>"]));
        assert_eq!(row["label_names"], json!(["Work", "INBOX", "UNREAD"]));
        assert_eq!(row["untrusted"], json!(["subject", "people"]));
        let newest = user.run(&["search", &format!("UID {}", a[2])]).rows();
        assert_eq!(row["date"], newest[0]["internal_date"]);
        assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2 + 1);
        user.world.clear_log();
    }
    let page = user.run(&["exec", "list_messages", r#"{"threads":true,"limit":1,"page_token":""}"#]).json();
    let token = page["next_page_token"].as_str().unwrap();
    let arguments = json!({"threads": true, "limit": 1, "page_token": token}).to_string();
    let rest = user.run(&["exec", "list_messages", &arguments]).json();
    assert_eq!(rest["messages"][0]["thread_id"], thread(&user, &a[0]).as_str());
    let table = user.run(&["list", "--threads", "--format", "table"]).done().stdout;
    assert!(table.lines().nth(2).unwrap().contains("Plan") && table.contains("2026-"), "{table}");
    let chosen =
        user.run(&["list", "--threads", "--fields", "subject,count", "--format", "tsv"]).done().stdout;
    assert_eq!(chosen, "Other\t1\nPlan\t3\n");
}

#[test]
fn every_organising_tool_changes_whole_conversations() {
    for (line, label, has) in [
        (&["archive"][..], "INBOX", false),
        (&["mark-read"], "UNREAD", false),
        (&["mark-unread"], "UNREAD", true),
        (&["star"], "STARRED", true),
        (&["unstar"], "STARRED", false),
        (&["trash"], "TRASH", true),
        (&["spam"], "SPAM", true),
        (&["move", "--to", "Neu", "--create"], "Neu", true),
        (&["label", "--add", "Neu", "--create"], "Neu", true),
        (&["label", "--remove", "Work"], "Work", false),
        (&["flag", "--flags", "\\Seen"], "UNREAD", false),
    ] {
        let (user, [a, b]) = talks();
        let id = thread(&user, &a[0]);
        let result = user.run(&[line, &[&id, "--thread"]].concat()).json();
        assert_eq!((&result["conversations"], &result["messages"]), (&json!(1), &json!(3)), "{line:?}");
        assert_eq!((&result["modified"], &result["thread_ids"]), (&json!(3), &json!([id])), "{line:?}");
        let label = user.world.gmail(|gmail| gmail.label_id(label)).unwrap();
        assert!(a.iter().all(|id| user.has_label(id, &label) == has), "{line:?}");
        let untouched = user.world.gmail(|gmail| gmail.message(&b[0]).unwrap().labels);
        assert_eq!(untouched, ["INBOX"], "{line:?}");
    }
}

#[test]
fn conversations_are_named_by_their_messages_by_stdin_and_by_a_query() {
    let (user, [a, b]) = talks();
    // Two messages of one conversation, and one of another.
    let result = user.run(&["archive", "--thread", &a[1], &a[2], &b[0]]).json();
    assert_eq!((&result["conversations"], &result["messages"]), (&json!(2), &json!(4)));
    assert!(lacks(&user, &a, "INBOX") && lacks(&user, &b, "INBOX"));
    let (user, [a, b]) = talks();
    let rows = user.run(&["list", "--threads", "--format", "jsonl"]).done().stdout;
    assert_eq!(user.run(&["mark-read", "--thread", "-"]).stdin(rows).json()["conversations"], 2);
    assert!(lacks(&user, &a, "UNREAD"));
    // The query matches one message; the whole conversation moves.
    let arguments = json!({"query": "from:zoe", "thread": true}).to_string();
    let result = user.run(&["exec", "trash_message", &arguments]).json();
    assert_eq!(
        (&result["matched"], &result["changed"], &result["messages"]),
        (&json!(1), &json!(1), &json!(3))
    );
    assert!(a.iter().all(|id| user.has_label(id, "TRASH")) && lacks(&user, &b, "TRASH"));
}

#[test]
fn only_what_was_in_the_trash_comes_back_with_its_conversation() {
    for (there, back) in [("trash", "untrash"), ("spam", "unspam")] {
        let (user, [a, b]) = talks();
        user.run(&[there, &a[1]]).json();
        let ids = [thread(&user, &a[0]), thread(&user, &b[0])];
        let result = user.run(&[back, "--thread", &ids[0], &ids[1]]).json();
        assert_eq!((&result["conversations"], &result["messages"]), (&json!(1), &json!(1)), "{back}");
        assert_eq!(result["unchanged"], json!([ids[1]]));
        assert!(user.has_label(&a[1], "INBOX") && !user.has_label(&a[0], "INBOX"), "{back}");
        user.run(&[there, &a[1]]).json();
        let found = user.run(&[back, "--thread", "--query", "from:zoe"]).json();
        assert_eq!((&found["matched"], &found["messages"]), (&json!(1), &json!(1)), "{back}");
        assert!(user.has_label(&a[1], "INBOX") && !user.has_label(&a[0], "INBOX"), "{back}");
    }
}

#[test]
fn the_rules_for_queries_count_conversations() {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    for n in 0..26 {
        user.receive(&mail("bob@example.org", &format!("Talk {n}"), &format!("{n}@x"), ""));
        user.receive(&mail("bob@example.org", &format!("Talk {n}"), &format!("b{n}@x"), &format!("{n}@x")));
    }
    let run = |more: &[&str]| user.run(&[&["archive", "--thread", "--query", "from:bob"], more].concat());
    let error = run(&[]).fails(2);
    assert_eq!(error["found"], 26);
    assert!(error["message"].as_str().unwrap().contains("26 conversations"), "{error}");
    let dry = run(&["--dry-run"]).json();
    assert_eq!((dry["thread_ids"].as_array().unwrap().len(), &dry["needs_yes"]), (26, &json!(true)));
    let few = run(&["--limit", "2"]).json();
    assert_eq!((&few["conversations"], &few["messages"], &few["more"]), (&json!(2), &json!(4), &json!(true)));
    let rest = run(&["--yes"]).json();
    assert_eq!((&rest["changed"], &rest["messages"], rest.get("more")), (&json!(24), &json!(48), None));
}

#[test]
fn a_conversation_that_does_not_exist_is_named() {
    let (user, [a, _]) = talks();
    let done = user.run(&["archive", "--thread", "00000000deadbeef", &a[0], "nonsense"]).done();
    assert_eq!((done.code, &done.json()["conversations"]), (9, &json!(1)));
    assert_eq!(done.json()["not_found"], json!(["00000000deadbeef", "nonsense"]));
    assert_eq!(user.run(&["untrash", "--thread", "00000000deadbeef"]).fails(5)["code"], "not_found");
    let read = user.run(&["--access", "read", "archive", "--thread", &a[0]]).fails(6);
    assert_eq!(read["code"], "policy_refused");
}

#[test]
fn several_conversations_are_read_at_once() {
    let (user, [a, b]) = talks();
    let one = user.run(&["thread", &thread(&user, &a[0])]).json();
    assert_eq!(members(&one), ["thread_id", "subject", "messages", "untrusted"]);
    let both = user.run(&["thread", &a[1], &b[0], &a[2]]).rows();
    assert_eq!(both.len(), 2);
    assert_eq!(both[0], one);
    let listed = json!({"thread_id": [thread(&user, &b[0])]}).to_string();
    assert_eq!(user.run(&["exec", "fetch_thread", &listed]).rows(), [both[1].clone()]);
    let done = user.run(&["thread", &a[0], "00000000deadbeef"]).done();
    let error = done.error();
    assert_eq!((done.code, &error["missing"][0]["uid"]), (9, &json!("00000000deadbeef")));
    let read: Vec<Value> = done.json().as_array().unwrap().clone();
    assert_eq!(read, [one]);
}
