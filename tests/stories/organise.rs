//! Organising: folders by name, one id or many, queries as a source, and nothing that deletes a message for good.

use serde_json::json;

use crate::{
    kit::{User, members},
    sandbox::{Fault, GMAIL_HOST, gmail::Gmail},
};

fn nothing_was_deleted(user: &User) {
    let calls = user.world.gmail(|g| g.calls.clone());
    assert!(!calls.iter().any(|c| c.ends_with("messages.delete") || c.ends_with("batchDelete")), "{calls:?}");
}

#[test]
fn a_message_moves_by_folder_name_with_the_result_of_the_python_skill() {
    let user = User::signed_in();
    let id = &user.inbox(1)[0];
    let result = user.run(&["move", id, "--to", "work/invoices"]).json();
    assert_eq!(members(&result), ["uid", "labels"]);
    let invoices = user.world.gmail(|g| g.label_id("Work/Invoices").unwrap());
    assert_eq!(result["uid"], id.as_str());
    assert!(user.has_label(id, &invoices) && !user.has_label(id, "INBOX"));
    let back = json!({"uid": id, "destination": "INBOX", "folder": "Work/Invoices"});
    user.run(&["exec", "move_message", &back.to_string()]).json();
    assert!(!user.has_label(id, &invoices) && user.has_label(id, "INBOX"));
    user.run(&["move", id, "--to", "Archive"]).json();
    assert!(!user.has_label(id, "INBOX"));
    user.run(&["move", id, "--to", "Trash"]).json();
    assert!(user.has_label(id, "TRASH"));
    user.run(&["move", id, "--to", "Inbox", "--folder", "Trash"]).json();
    assert!(user.has_label(id, "INBOX") && !user.has_label(id, "TRASH"));
    nothing_was_deleted(&user);
}

#[test]
fn an_unknown_folder_is_reported_with_the_nearest_names_or_created_with_create() {
    let user = User::signed_in();
    let id = &user.inbox(1)[0];
    let error = user.run(&["move", id, "--to", "Work/Invoises"]).fails(5);
    assert_eq!(error["nearest"][0], "Work/Invoices");
    user.run(&["move", id, "--to", "Sent"]).fails(2);
    user.run(&["move", id, "--to", "A/B/C", "--create"]).json();
    let made = user.world.gmail(|g| g.label_id("A/B/C").unwrap());
    assert!(user.has_label(id, &made));
    assert!(user.world.gmail(|g| g.label_id("A").is_some() && g.label_id("A/B").is_some()));
}

#[test]
fn many_ids_take_one_request_for_a_thousand_and_may_come_from_stdin() {
    let user = User::signed_in();
    user.world.gmail(|g| g.bulk(2100));
    let ids = user.inbox(2050);
    let result = user.run(&["mark-read", "-"]).stdin(ids.join("\n")).json();
    assert_eq!((&result["modified"], &result["uids"][0]), (&json!(2050), &json!(ids[0])));
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/gmail/v1/users/me/messages/batchModify"), 3);
    assert!(ids.iter().all(|id| !user.has_label(id, "UNREAD")));
    user.world.clear_log();
    user.run(&["star", &ids[0], &ids[1]]).json();
    assert_eq!(user.world.count(GMAIL_HOST, "POST", ""), 1);
    let piped = user.run(&["list", "--limit", "2", "--format", "jsonl"]).done().stdout;
    assert_eq!(user.run(&["archive", "-"]).stdin(piped).json()["modified"], 2);
    assert_eq!(user.run(&["archive", "-"]).stdin("").json(), json!({"modified": 0, "uids": []}));
}

#[test]
fn a_failure_in_the_middle_reports_what_was_done() {
    let user = User::signed_in();
    user.world.gmail(|g| g.bulk(1500));
    let ids = user.inbox(1500);
    let second = Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages/batchModify").skip(1);
    user.world.fault(second.json(400, &json!({"error": {"code": 400, "message": "no"}})));
    let error = user.run(&["archive", "-"]).stdin(ids.join("\n")).fails(9);
    assert_eq!((&error["code"], &error["modified"]), (&json!("partial"), &json!(1000)));
    assert_eq!(error["remaining"].as_array().unwrap().len(), 500);
}

#[test]
fn every_state_can_be_set_and_undone() {
    let user = User::signed_in();
    let ids = user.inbox(3);
    for (there, back, label, set) in [
        ("star", "unstar", "STARRED", true),
        ("mark-unread", "mark-read", "UNREAD", true),
        ("trash", "untrash", "TRASH", true),
        ("spam", "unspam", "SPAM", true),
    ] {
        for ids in [&ids[..1], &ids[1..]] {
            let line = |command: &str| -> Vec<String> {
                std::iter::once(command.to_owned()).chain(ids.iter().cloned()).collect()
            };
            let run = |command| {
                let line = line(command);
                user.run(&line.iter().map(String::as_str).collect::<Vec<_>>()).json()
            };
            run(there);
            assert!(ids.iter().all(|id| user.has_label(id, label) == set), "{there}");
            if matches!(label, "TRASH" | "SPAM") {
                assert!(ids.iter().all(|id| !user.has_label(id, "INBOX")), "{there}");
            }
            run(back);
            assert!(ids.iter().all(|id| user.has_label(id, label) != set), "{back}");
            assert!(ids.iter().all(|id| user.has_label(id, "INBOX")), "{back}");
        }
    }
    user.run(&["archive", &ids[0]]).json();
    assert!(!user.has_label(&ids[0], "INBOX"));
    nothing_was_deleted(&user);
}

#[test]
fn flags_are_understood_in_every_documented_spelling() {
    let user = User::signed_in();
    let id = &user.inbox(1)[0];
    for flags in [r"\Seen \Flagged", r"\seen,\flagged", "Seen FLAGGED"] {
        user.run(&["mark-unread", id]).json();
        user.run(&["unstar", id]).json();
        let result = user.run(&["exec", "set_flags", &json!({"uid": id, "flags": flags}).to_string()]).json();
        assert_eq!(members(&result), ["uid", "labels"]);
        assert!(user.has_label(id, "STARRED") && !user.has_label(id, "UNREAD"), "{flags}");
    }
    let keep = json!({"uid": id, "flags": "\\Flagged", "remove": "false", "folder": "INBOX"});
    user.run(&["exec", "set_flags", &keep.to_string()]).json();
    assert!(user.has_label(id, "STARRED"));
    user.run(&["flag", id, "--flags", r"\Flagged", "--remove"]).json();
    assert!(!user.has_label(id, "STARRED"));
    let some = user.run(&["flag", id, "--flags", r"\Answered \Seen"]).json();
    assert_eq!(some["ignored"], json!(["\\Answered"]));
    user.run(&["flag", id, "--flags", r"\Answered"]).fails(2);
    user.run(&["flag", id, "--flags", r"\Draft"]).fails(2);
    user.run(&["flag", id, "--flags", "NoSuchLabel"]).fails(5);
    user.run(&["flag", id, "--flags", r"\Deleted"]).json();
    assert!(user.has_label(id, "TRASH"));
    nothing_was_deleted(&user);
}

#[test]
fn labels_are_added_and_removed_by_name() {
    let user = User::signed_in();
    let ids = user.inbox(2);
    user.run(&["label", &ids[0], &ids[1], "--add", "Neu/Unter", "--create", "--remove", "INBOX"]).json();
    let made = user.world.gmail(|g| g.label_id("Neu/Unter").unwrap());
    assert!(ids.iter().all(|id| user.has_label(id, &made) && !user.has_label(id, "INBOX")));
    user.run(&["label", &ids[0], "--remove", "neu/unter"]).json();
    assert!(!user.has_label(&ids[0], &made));
    user.run(&["label", &ids[0]]).fails(2);
    user.run(&["label", &ids[0], "--add", "Starred", "--remove", "STARRED"]).fails(2);
}

#[test]
fn a_query_can_name_the_messages_and_more_than_25_need_yes() {
    let user = User::signed_in();
    user.world.gmail(|g| g.bulk(60));
    let run = |more: &[&str]| user.run(&[&["star", "--query", "in:inbox"], more].concat());
    let count = user
        .world
        .gmail(|g| g.messages().iter().filter(|m| m.labels.iter().any(|label| label == "INBOX")).count());
    run(&["--limit", "20", "--yes"]).json();
    user.world.clear_log();
    for (more, found) in [(&[][..], count), (&["--limit", "40"], 40)] {
        let error = run(more).fails(2);
        assert_eq!((&error["found"], &error["estimated"]), (&json!(found), &json!(false)), "{more:?}");
        assert!(error["hint"].as_str().unwrap().contains("--yes"));
    }
    assert_eq!(user.world.count(GMAIL_HOST, "POST", ""), 0);
    let dry = run(&["--limit", "40", "--dry-run"]).json();
    assert_eq!((&dry["dry_run"], dry["uids"].as_array().unwrap().len()), (&json!(true), 40));
    assert_eq!((&dry["needs_yes"], &dry["more"]), (&json!(true), &json!(true)));
    let dry = run(&["--dry-run"]).json();
    assert_eq!((&dry["matched"], dry["uids"].as_array().unwrap().len()), (&json!(count), count));
    assert_eq!(user.world.count(GMAIL_HOST, "POST", ""), 0);
    let few = run(&["--limit", "25"]).json();
    assert_eq!((&few["modified"], &few["more"]), (&json!(25), &json!(true)));
    let all = run(&["--yes"]).json();
    assert_eq!((&all["modified"], &all["matched"]), (&json!(count), &json!(count)));
    assert_eq!(all.get("more"), None);
    let id = &user.inbox(1)[0];
    user.run(&["star", id, "--query", "x"]).fails(2);
    user.run(&["star"]).fails(2);
    assert_eq!(user.run(&["star", "--query", "subject:nosuchwordanywhere"]).json()["modified"], 0);
}

#[test]
fn a_query_that_finds_thousands_is_refused_after_one_request_with_an_estimate() {
    let user = User::signed_in();
    user.world.gmail(|g| g.bulk(1200));
    let error = user.run(&["trash", "--query", "in:inbox"]).fails(2);
    assert!(error["found"].as_u64().unwrap() > 500 && error["estimated"] == true, "{error}");
    assert!(error["message"].as_str().unwrap().contains("about"));
    let requests = || user.world.log().iter().filter(|e| e.method != "CONNECT").count();
    assert_eq!(requests(), 1);
    let dry = user.run(&["trash", "--query", "in:inbox", "--dry-run"]).json();
    assert_eq!((dry["uids"].as_array().unwrap().len(), &dry["more"]), (500, &json!(true)));
    assert!(dry["matched"].as_u64().unwrap() > 500 && dry["needs_yes"] == true);
    assert_eq!(requests(), 2);
    let done = user.run(&["mark-read", "--query", "in:inbox", "--yes"]).json();
    assert_eq!(
        (&done["modified"], &done["matched"]),
        (&json!(done["uids"].as_array().unwrap().len()), &done["modified"])
    );
}

/// Queries that match every message, or all but a few.
const ALL_MATCHING: [&str; 22] = [
    "ALL",
    " ALL ",
    "*",
    "in:anywhere",
    "in:anywhere in:all",
    "-in:nothing",
    "-from:nobody",
    "larger:0",
    "size:0",
    "newer_than:100y",
    "older_than:0d",
    "after:1970/1/1",
    "before:2099/1/1",
    "{a -a}",
    "a OR -a",
    "is:read OR is:unread",
    "()",
    "\"\"",
    "NOT DELETED",
    "OR ALL SEEN",
    "SINCE 01-Jan-1970",
    "in:(anywhere)",
];

const BY_QUERY: [&[&str]; 12] = [
    &["archive"],
    &["trash"],
    &["untrash"],
    &["mark-read"],
    &["mark-unread"],
    &["star"],
    &["unstar"],
    &["spam"],
    &["unspam"],
    &["move", "--to", "Neu", "--create"],
    &["flag", "--flags", "\\Seen"],
    &["label", "--add", "Neu", "--create"],
];

#[test]
fn a_query_that_matches_everything_needs_yes_and_an_empty_one_is_not_a_query() {
    let user = User::signed_in();
    // So small that the number of messages alone needs no confirmation.
    user.world.gmail(|g| *g = Gmail::empty(1));
    let id = user.receive("From: bob@example.org\nSubject: x\n\nhi\n");
    for command in BY_QUERY {
        for query in ["", "  ", "\t"] {
            let error = user.run(&[command, &["--query", query]].concat()).fails(2);
            assert!(error["message"].as_str().unwrap().contains("--query"), "{command:?} {query:?}: {error}");
        }
        let queries = if command == ["trash"] { &ALL_MATCHING[..] } else { &ALL_MATCHING[..4] };
        for query in queries {
            let error = user.run(&[command, &["--query", query]].concat()).fails(2);
            assert!(error["hint"].as_str().unwrap().contains("--yes"), "{command:?} {query:?}: {error}");
        }
    }
    assert_eq!(user.world.count(GMAIL_HOST, "POST", ""), 0);
    assert_eq!(user.run(&["trash", "--query", "ALL", "--dry-run"]).json()["needs_yes"], true);
    assert!(user.has_label(&id, "INBOX") && user.world.gmail(|g| g.label_id("Neu").is_none()));
    assert_eq!(user.run(&["archive", "--query", "ALL", "--yes"]).json()["uids"], json!([id]));
    let both = json!({"uid": id, "query": ""});
    assert_eq!(user.run(&["exec", "star_message", &both.to_string()]).json()["uid"], json!(id));
}

#[test]
fn folders_are_created_with_their_parents_and_one_that_exists_is_reported_as_such() {
    let user = User::signed_in();
    let made = user.run(&["create-folder", "Projekte/2026/Äther"]).json();
    assert_eq!(members(&made), ["id", "name", "created", "parents"]);
    assert_eq!(made["parents"], json!(["Projekte", "Projekte/2026"]));
    let again = user.run(&["exec", "create_folder", r#"{"name":"projekte/2026/äther"}"#]).json();
    assert_eq!(again, json!({"id": made["id"], "name": "Projekte/2026/Äther", "created": false}));
    // Gmail takes - and / for the same.
    let clash = user.run(&["create-folder", "Projekte-2026"]).json();
    assert_eq!((&clash["name"], &clash["created"]), (&json!("Projekte/2026"), &json!(false)));
    assert_eq!(user.run(&["create-folder", "inbox"]).json()["created"], false);
    for name in ["", "a//b", "/a", " a", "all", "a\nb", "Muted"] {
        user.run(&["create-folder", name]).fails(2);
    }
}

#[test]
fn folders_are_renamed_with_their_subfolders_and_deleted_only_with_yes() {
    let user = User::signed_in();
    let id = user.inbox(1).remove(0);
    user.run(&["move", &id, "--to", "Alt/Kind", "--create"]).json();
    let renamed = user.run(&["rename-folder", "Alt", "Neu"]).json();
    assert_eq!(renamed["renamed"].as_array().unwrap().len(), 2);
    let names = user.world.gmail(|g| g.label_names());
    assert!(
        names.contains(&"Neu/Kind".to_owned()) && !names.iter().any(|n| n.starts_with("Alt")),
        "{names:?}"
    );
    user.run(&["rename-folder", "INBOX", "Mine"]).fails(2);
    assert_eq!(user.run(&["rename-folder", "Neu", "Work"]).fails(1)["code"], "conflict");
    user.run(&["delete-folder", "Neu/Kind"]).fails(2);
    user.run(&["delete-folder", "Trash", "--yes"]).fails(2);
    assert_eq!(user.run(&["delete-folder", "Neu/Kind", "--yes"]).json()["deleted"], true);
    assert!(user.world.gmail(|g| g.message(&id).is_some()));
    nothing_was_deleted(&user);
}

#[test]
fn no_id_and_no_name_reaches_another_endpoint() {
    let user = User::signed_in();
    user.world.tolerate_unexpected();
    let evil = [
        "../../labels",
        "../labels/INBOX",
        "..",
        ".",
        "x/../../drafts",
        "a?b=c",
        "a#b",
        "%2e%2e%2flabels",
        "a b",
        "a\\b",
        "@evil.example/",
        "http://evil.example/",
        "x%00",
        "\u{2025}/labels",
    ];
    for id in evil {
        for command in ["trash", "untrash", "star", "archive", "read"] {
            let done = user.run(&[command, id]).done();
            assert!([2, 5].contains(&done.code), "{command} {id}: {done:?}");
        }
        user.run(&["reply", id, "--body", "x"]).done();
        user.run(&["draft", "send", id]).done();
        user.run(&["draft", "delete", id, "--yes"]).done();
        user.run(&["delete-folder", id, "--yes"]).fails(5);
    }
    let before: usize = user.world.gmail(|g| g.label_names().len());
    assert!(before > 10);
    let calls: Vec<String> = user.world.gmail(|g| g.calls.clone());
    let known = [
        "messages.trash",
        "messages.untrash",
        "messages.modify",
        "messages.get",
        "labels.list",
        "drafts.get",
        "drafts.delete",
        "settings.sendAs.list",
    ];
    assert!(calls.iter().all(|c| known.iter().any(|k| c.ends_with(k))), "{calls:?}");
    for exchange in user.world.log() {
        assert!(exchange.host == GMAIL_HOST, "{exchange:?}");
        if exchange.path == "/batch/gmail/v1" {
            continue;
        }
        let last =
            exchange.path.strip_prefix("/gmail/v1/users/me/").unwrap_or_else(|| panic!("{}", exchange.path));
        assert!(last.split('/').count() <= 3 && !last.split('/').any(|s| s == ".."), "{}", exchange.path);
    }
}
