//! Where searches and the queries of organising tools look: the natural place of a tool, or the place in the query.

use serde_json::{Value, json};

use crate::{
    kit::{User, column},
    sandbox::{GMAIL_HOST, gmail::Gmail},
};

/// A mailbox with one message in each place, all with the same subject; gives the ids by place.
fn scattered() -> (User, [(&'static str, String); 6]) {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    let put = |place: &'static str, labels: &[&str]| {
        (
            place,
            user.receive_in(labels, "From: bob@example.org\nTo: ada@example.com\nSubject: zanzibar\n\nhi\n"),
        )
    };
    let ids = [
        put("inbox", &["INBOX"]),
        put("archive", &[]),
        put("work", &["Work"]),
        put("trash", &["TRASH"]),
        put("spam", &["SPAM"]),
        put("sent", &["SENT"]),
    ];
    (user, ids)
}

/// The places of the messages with these ids.
fn places(ids: &[(&'static str, String)], found: &Value) -> Vec<&'static str> {
    let found: Vec<&str> = found.as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    ids.iter().filter(|(_, id)| found.contains(&id.as_str())).map(|(place, _)| *place).collect()
}

#[test]
fn every_organising_tool_looks_in_its_natural_place() {
    for (command, expected) in [
        (&["untrash"][..], &["trash"][..]),
        (&["unspam"], &["spam"]),
        (&["archive"], &["inbox"]),
        (&["trash"], &["inbox", "archive", "work", "spam", "sent"]),
        (&["spam"], &["inbox", "archive", "work", "trash", "sent"]),
        (&["mark-read"], &["inbox", "archive", "work", "sent"]),
        (&["mark-unread"], &["inbox", "archive", "work", "sent"]),
        (&["star"], &["inbox", "archive", "work", "sent"]),
        (&["unstar"], &["inbox", "archive", "work", "sent"]),
        (&["label", "--add", "Neu", "--create"], &["inbox", "archive", "work", "sent"]),
        (&["label", "--add", "Neu", "--create", "--remove", "INBOX"], &["inbox", "archive", "work", "sent"]),
        (&["flag", "--flags", "\\Seen"], &["inbox", "archive", "work", "sent"]),
        (&["flag", "--flags", "\\Deleted"], &["inbox", "archive", "work", "spam", "sent"]),
        (&["flag", "--flags", "\\Deleted", "--remove"], &["trash"]),
        (&["flag", "--flags", "$Junk", "--remove"], &["spam"]),
        (&["flag", "--flags", "$NotJunk"], &["spam"]),
        (&["move", "--to", "Work"], &["inbox"]),
        (&["move", "--to", "INBOX", "--folder", "Trash"], &["trash"]),
        (&["move", "--to", "INBOX", "--folder", "Work"], &["work"]),
        (&["label", "--remove", "TRASH"], &["trash"]),
    ] {
        let (user, ids) = scattered();
        for query in ["subject:zanzibar", "SUBJECT \"zanzibar\"", "(subject:zanzibar"] {
            let dry = user.run(&[command, &["--query", query, "--dry-run"]].concat()).json();
            assert_eq!(places(&ids, &dry["uids"]), expected, "{command:?} {query}");
        }
        let done = user.run(&[command, &["--query", "subject:zanzibar"]].concat()).json();
        assert_eq!(places(&ids, &done["uids"]), expected, "{command:?}");
        let everything = user.run(&[command, &["--query", "ALL", "--dry-run"]].concat()).json();
        assert!(everything["needs_yes"] == true, "{command:?}");
    }
}

#[test]
fn a_place_that_the_query_names_takes_the_place_of_the_natural_one() {
    for (command, query, expected) in [
        (&["archive"][..], "subject:zanzibar label:work", &["work"][..]),
        (&["mark-read"], "in:trash subject:zanzibar", &["trash"]),
        (&["mark-read"], "DELETED SUBJECT \"zanzibar\"", &["trash"]),
        (&["star"], "{in:spam in:trash} zanzibar", &["trash", "spam"]),
        (
            &["mark-read"],
            "subject:zanzibar in:anywhere",
            &["inbox", "archive", "work", "trash", "spam", "sent"],
        ),
        (&["move", "--to", "Neu", "--create"], "-in:inbox zanzibar", &["archive", "work", "sent"]),
        (&["move", "--to", "Neu", "--create"], "in:archive zanzibar", &["archive", "work"]),
        (&["trash"], "zanzibar in:sent", &["sent"]),
        (&["star"], "\"in:trash\" OR zanzibar", &["inbox", "archive", "work", "sent"]),
    ] {
        let (user, ids) = scattered();
        let done = user.run(&[command, &["--query", query]].concat()).json();
        assert_eq!(places(&ids, &done["uids"]), expected, "{command:?} {query}");
        assert_eq!(done["modified"], expected.len(), "{command:?} {query}");
    }
    let (user, ids) = scattered();
    let kept =
        user.run(&["move", "--to", "Work", "--folder", "INBOX", "--query", "in:anywhere zanzibar"]).json();
    assert_eq!(places(&ids, &kept["uids"]), ["inbox"], "a folder that was given is kept");
}

#[test]
fn nothing_but_trash_and_spam_is_ever_restored_to_the_inbox() {
    for (command, place) in [("untrash", "trash"), ("unspam", "spam")] {
        for query in
            ["subject:zanzibar", "in:anywhere zanzibar", "zanzibar -in:inbox", "in:archive OR in:inbox"]
        {
            let (user, ids) = scattered();
            user.run(&[command, "--query", query]).json();
            for (home, id) in &ids {
                let expected = *home == "inbox" || (*home == place && !query.contains("OR"));
                assert_eq!(user.has_label(id, "INBOX"), expected, "{command} {query}: {home}");
            }
        }
        let (user, ids) = scattered();
        let all: Vec<&str> = ids.iter().map(|(_, id)| id.as_str()).collect();
        let one = user.run(&[command, all[1]]).json();
        assert_eq!(one, json!({"uid": all[1], "labels": []}));
        let done = user.run(&[&[command], &all[..]].concat()).json();
        assert_eq!(places(&ids, &done["uids"]), [place], "{command}");
        assert_eq!(done["unchanged"].as_array().unwrap().len(), 5);
        for (home, id) in &ids {
            assert_eq!(user.has_label(id, "INBOX"), ["inbox", place].contains(home), "{command}: {home}");
        }
        let restored =
            user.world.gmail(|gmail| gmail.message(&ids.iter().find(|i| i.0 == place).unwrap().1).unwrap());
        assert_eq!(restored.labels, ["INBOX"]);
    }
}

#[test]
fn what_is_moved_out_of_trash_or_spam_by_a_query_does_not_stay_there() {
    for place in ["trash", "spam"] {
        let (user, ids) = scattered();
        let query = format!("in:{place} zanzibar");
        user.run(&["move", "--to", "Work", "--query", &query]).json();
        let (_, id) = ids.iter().find(|(home, _)| *home == place).unwrap();
        assert!(!user.has_label(id, &place.to_uppercase()), "{place}");
        user.run(&["move", "--to", place, "--query", "label:work zanzibar"]).json();
        assert!(user.has_label(id, &place.to_uppercase()), "{place}");
    }
}

#[test]
fn a_search_that_can_only_match_outside_the_inbox_looks_everywhere() {
    let (user, ids) = scattered();
    let snoozed =
        user.receive_in(&["SNOOZED"], "From: bob@example.org\nSubject: zanzibar\nMessage-ID: <s@x>\n\nhi\n");
    let id = |place: &str| ids.iter().find(|(home, _)| *home == place).unwrap().1.clone();
    for (criteria, expected) in [
        ("-in:inbox zanzibar", vec![snoozed.clone(), id("sent"), id("work"), id("archive")]),
        ("zanzibar -(in:inbox from:bob)", vec![snoozed.clone(), id("sent"), id("work"), id("archive")]),
        ("is:snoozed", vec![snoozed.clone()]),
        ("in:snoozed zanzibar", vec![snoozed.clone()]),
        ("in:archive label:work", vec![id("work")]),
        ("is:sent", vec![id("sent")]),
        ("rfc822msgid:s@x", vec![snoozed.clone()]),
        ("HEADER Message-ID <s@x>", vec![snoozed.clone()]),
        ("KEYWORD work", vec![id("work")]),
        ("NOT X-GM-LABELS \"\\Inbox\" TO ada", vec![id("sent"), id("work"), id("archive")]),
        ("in:trash", vec![id("trash")]),
        ("from:bob in:(spam OR trash)", vec![id("spam"), id("trash")]),
    ] {
        let rows = user.run(&["search", criteria]).rows();
        assert_eq!(column(&rows, "uid"), expected, "{criteria}");
    }
    user.world.clear_log();
    user.run(&["search", "from:bob in:trash"]).json();
    assert!(user.world.log().iter().any(|e| e.query.contains("includeSpamTrash=true")));
    // A message that is named by its id is found wherever it is.
    user.run(&["trash", &snoozed]).json();
    assert_eq!(user.run(&["search", "rfc822msgid:s@x"]).rows().len(), 1);
}

#[test]
fn a_search_that_finds_nothing_in_the_inbox_says_what_there_is_elsewhere() {
    let (user, ids) = scattered();
    user.run(&["archive", &ids[0].1]).json();
    user.world.clear_log();
    let done = user.run(&["search", "subject:zanzibar"]).done();
    assert_eq!((done.code, done.json()), (0, json!([])));
    let note: Value = serde_json::from_str(done.stderr.trim()).unwrap();
    assert_eq!(note["elsewhere"], 4, "{note}");
    assert!(note["note"].as_str().unwrap().contains("--folder ALL"), "{note}");
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2);
    let told =
        user.run(&["exec", "search_messages", r#"{"criteria":"subject:zanzibar","page_token":""}"#]).done();
    assert!(told.stderr.contains(r#"\"folder\": \"ALL\""#), "{}", told.stderr);
    assert_eq!(told.json()["messages"], json!([]));
    let text = user.run(&["search", "subject:zanzibar", "--format", "table"]).done();
    assert!(text.stderr.starts_with("note: ") && text.stderr.contains("4"), "{}", text.stderr);
    let empty = user.run(&["search", "subject:zanzibar", "--format", "jsonl", "--fail-empty"]).done();
    assert_eq!((empty.code, empty.stdout.as_str()), (3, ""));
    assert!(empty.stderr.contains(r#""elsewhere":4"#), "{}", empty.stderr);
    // Nothing is said where nothing is, where the folder was given, or where nobody wants to know.
    for line in [
        &["search", "subject:nosuchword"][..],
        &["search", "subject:zanzibar", "--folder", "INBOX"],
        &["search", "subject:zanzibar in:inbox"],
        &["search", "subject:zanzibar", "--quiet"],
        &["search", "subject:zanzibar", "--folder", "ALL"],
    ] {
        user.run(line).json();
    }
}

#[test]
fn a_search_succeeds_although_it_cannot_be_found_out_what_is_elsewhere() {
    let (user, ids) = scattered();
    user.run(&["archive", &ids[0].1]).json();
    let second = crate::sandbox::Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages").skip(1).always();
    user.world.fault(second.json(403, &json!({"error": {"code": 403, "message": "no"}})));
    assert_eq!(user.run(&["search", "subject:zanzibar"]).json(), json!([]));
}
