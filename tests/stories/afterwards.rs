//! What a person at a terminal is told after a command, and what takes it back.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kit::User;

/// The labels of every message of the mailbox.
fn labels(user: &User) -> BTreeMap<String, Vec<String>> {
    let rows = user.run(&["list", "--folder", "ALL", "--all", "--fields", "uid,labels"]).rows();
    let hidden = ["Trash", "Spam"]
        .map(|f| user.run(&["list", "--folder", f, "--all", "--fields", "uid,labels"]).rows());
    let all = rows.into_iter().chain(hidden.into_iter().flatten());
    all.map(|row| {
        let mut labels: Vec<String> =
            row["labels"].as_array().unwrap().iter().map(|l| l.as_str().unwrap().to_owned()).collect();
        labels.sort();
        (row["uid"].as_str().unwrap().to_owned(), labels)
    })
    .collect()
}

/// The sentence, and the command line that takes the change back.
fn told(seen: &str) -> (String, Option<String>) {
    let line = seen.trim();
    match line.split_once(" (undo: ") {
        Some((sentence, undo)) => (sentence.to_owned(), Some(undo.trim_end_matches(')').to_owned())),
        None => (line.to_owned(), None),
    }
}

fn inbox(user: &User, limit: &str) -> Vec<String> {
    let rows = user.run(&["list", "--limit", limit, "--fields", "uid"]).rows();
    rows.iter().map(|row| row["uid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_changed_is_told_in_a_sentence_with_what_restores_it_exactly() {
    let user = User::signed_in();
    let ids = inbox(&user, "30");
    let three = ids[..3].join(" ");
    user.run(&["star", &ids[0]]).json();
    user.run(&["mark-read", &ids[1], &ids[2]]).json();
    user.run(&["create-folder", "It's a test"]).json();
    let before = labels(&user);
    for (line, sentence) in [
        (format!("archive {three}"), "Archived 3 messages"),
        (format!("archive {}", ids[0]), "Archived 1 message"),
        (format!("trash {three}"), "Moved 3 messages to the trash"),
        (format!("spam {three}"), "Reported 3 messages as spam"),
        (format!("star {three}"), "Starred 3 messages"),
        (format!("unstar {three}"), "Removed the star from 3 messages"),
        (format!("mark-read {three}"), "Marked 3 messages as read"),
        (format!("mark-unread {three}"), "Marked 3 messages as unread"),
        (format!("move {three} --to 'Work/Invoices'"), "Moved 3 messages to Work/Invoices"),
        (format!("move {three} --to \"It's a test\""), "Moved 3 messages to It's a test"),
        (format!("label {} --add Work/Invoices --remove INBOX", ids[1]), "Changed the labels of 1 message"),
        (format!("flag {three} --flags '\\Seen'"), "Changed the flags of 3 messages"),
        ("archive --query 'is:unread' --limit 20".to_owned(), "Archived 20 messages"),
        ("trash --query 'newer_than:30d' --limit 25".to_owned(), "Moved 25 messages of about "),
        ("archive --query 'is:unread' --limit 60 --yes".to_owned(), "Archived "),
        (format!("archive --thread {}", ids[4]), "Archived 1 conversation"),
    ] {
        let Some(seen) = user.at_terminal(&format!("mcs-gmail {line}")) else { return };
        let (said, undo) = told(&seen);
        assert!(said.starts_with(sentence), "{line}: {said}");
        assert!(labels(&user) != before, "{line} changes something");
        let undo = undo.unwrap_or_else(|| panic!("{line}: no way back in {seen}"));
        for command in undo.split("; ") {
            let seen = user.at_terminal(command).unwrap();
            assert!(seen.contains(" message"), "{command}: {seen}");
        }
        let now = labels(&user);
        let differ: Vec<_> = before.iter().filter(|(id, labels)| now.get(*id) != Some(*labels)).collect();
        assert!(
            differ.is_empty(),
            "{line}: {undo}: {differ:?} {:?}",
            differ.iter().map(|d| now.get(d.0)).collect::<Vec<_>>()
        );
        assert!(now == before, "{undo} restores what {line} changed");
    }
}

#[test]
fn no_way_back_is_told_that_does_not_restore_everything() {
    let user = User::signed_in();
    let ids = inbox(&user, "3");
    user.run(&["mark-read", &ids[0]]).json();
    let Some(seen) = user.at_terminal(&format!("mcs-gmail mark-read {}", ids[0])) else { return };
    let (said, undo) = told(&seen);
    assert_eq!((said.as_str(), undo), ("Already read: 1 message", None));
    let seen = user.at_terminal("mcs-gmail archive --query 'from:nobody@nowhere.example'").unwrap();
    assert_eq!(told(&seen), ("No message matches the query".to_owned(), None));
    // A program gets the document as ever, and no further request is made for it.
    let before = user.world.log().len();
    let changed: Value = user.run(&["archive", &ids[1]]).json();
    assert!(changed["labels"].is_array() && changed.get("undo").is_none(), "{changed}");
    assert_eq!(user.world.log().len(), before + 1);
    let all = user.at_terminal(&format!("mcs-gmail star {} --format json", ids[1])).unwrap();
    assert!(all.contains("\"labels\""), "{all}");
}

#[test]
fn mail_and_drafts_and_folders_are_told_in_a_sentence_too() {
    let user = User::signed_in();
    let draft = user.run(&["draft", "create", "--to", "bob@example.org", "--body", "x"]).json();
    let id = draft["id"].as_str().unwrap();
    for (line, sentence) in [
        ("send --to bob@example.org --subject s --body x".to_owned(), "Sent \"s\" to bob@example.org"),
        (
            "send --to bob@example.org --cc carol@example.org --subject s --body x".to_owned(),
            "Sent \"s\" to bob@example.org and carol@example.org",
        ),
        ("draft create --to bob@example.org --body x".to_owned(), "Draft r"),
        (format!("draft update {id} --subject y"), &format!("Draft {id} changed: \"y\" to bob@example.org")),
        (format!("draft send {id}"), "Sent \"y\" to bob@example.org"),
        ("create-folder Plans".to_owned(), "Folder Plans created"),
        ("create-folder Plans".to_owned(), "Folder Plans already exists"),
        ("delete-folder Plans --yes".to_owned(), "Folder Plans deleted; its messages stay in All Mail"),
    ] {
        let Some(seen) = user.at_terminal(&format!("mcs-gmail {line}")) else { return };
        assert!(seen.trim().starts_with(sentence), "{line}: {seen}");
        assert_eq!(seen.trim().lines().count(), 1, "{line}: {seen}");
    }
}

#[test]
fn the_page_of_a_conversation_is_printed_or_opened_for_the_right_account() {
    let user = User::signed_in();
    user.run(&["whoami"]).json();
    let id = inbox(&user, "1").remove(0);
    let link = user.run(&["url", &id]).json();
    let url = link["url"].as_str().unwrap();
    let thread = link["thread_id"].as_str().unwrap();
    assert_eq!(url, format!("https://mail.google.com/mail/?authuser=ada%40example.com#all/{thread}"));
    assert_eq!(user.run(&["exec", "fetch_link", &format!("{{\"thread_id\":\"{id}\"}}")]).json(), link);
    user.run(&["trash", &id, "--thread"]).json();
    assert!(user.run(&["url", &id]).json()["url"].as_str().unwrap().contains("#trash/"));
    user.run(&["untrash", &id, "--thread"]).json();
    assert_eq!(user.run(&["url", "18c0000000000000"]).fails(5)["code"], "not_found");
    let Some(seen) = user.at_terminal(&format!("mcs-gmail url {id}")) else { return };
    assert_eq!(seen.trim(), url);
    let browser =
        user.write_file("browser", "#!/bin/sh\nprintf '%s' \"$*\" > opened.part && mv opened.part opened\n");
    crate::kit::set_permissions(&browser, 0o755);
    let home = user.home().display();
    let seen = user.at_terminal(&format!("cd {home}; BROWSER={home}/browser mcs-gmail open {id}")).unwrap();
    assert_eq!(seen.trim(), format!("Opened {url}"));
    crate::kit::wait_until("the page is opened", || user.home().join("opened").exists());
    assert_eq!(std::fs::read_to_string(user.home().join("opened")).unwrap(), url);
}

#[test]
fn a_filter_that_was_created_or_deleted_is_taken_back_as_it_was() {
    let user = User::signed_in().allowing_settings();
    let filters = || user.run(&["filters", "--fields", "search,actions"]).rows();
    let before = filters();
    let create = "filter create --from 'It'\"'\"'s <a@b.example>' --query=-in:chats --label Work --archive --larger 5000";
    let Some(seen) = user.at_terminal(&format!("mcs-gmail {create}")) else { return };
    let (said, undo) = told(&seen);
    assert!(said.starts_with("Filter ") && said.contains(" created: "), "{seen}");
    let after = filters();
    assert_eq!(after.len(), before.len() + 1);
    let seen = user.at_terminal(&undo.unwrap_or_else(|| panic!("no way back in {seen}"))).unwrap();
    assert_eq!(filters(), before);
    let (said, undo) = told(&seen);
    assert!(said.contains(" deleted: "), "{seen}");
    user.at_terminal(&undo.unwrap_or_else(|| panic!("no way back in {seen}"))).unwrap();
    assert_eq!(filters(), after);
}
