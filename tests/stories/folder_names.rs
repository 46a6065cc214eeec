//! One meaning for the name of a folder in every tool: a user's own label wins over our names for Gmail's folders.

use serde_json::json;

use crate::{
    kit::{User, column},
    sandbox::GMAIL_HOST,
};

const MAIL: &str = "From: bob@example.org\nTo: ada@example.com\nSubject: zanzibar\n\nhi\n";

#[test]
fn a_label_of_the_user_wins_over_our_names_in_every_tool() {
    for name in
        ["Archive", "Junk", "Bin", "Deleted Items", "Updates", "Primary", "All Mail", "all", "Flagged"]
    {
        let user = User::signed_in();
        let label = user.world.gmail(|gmail| gmail.add_label(name));
        let own = user.receive_in(&[name], MAIL);
        for spelled in [name, &name.to_lowercase()] {
            assert_eq!(
                column(&user.run(&["list", "--folder", spelled]).rows(), "uid"),
                [own.as_str()],
                "{spelled}"
            );
        }
        let found = user.run(&["search", "subject:zanzibar", "--folder", name]).rows();
        assert_eq!(column(&found, "uid"), [own.as_str()], "{name}");
        let id = user.receive(MAIL);
        user.run(&["move", &id, "--to", name]).json();
        assert!(
            user.has_label(&id, &label) && !user.has_label(&id, "INBOX") && !user.has_label(&id, "TRASH"),
            "{name}"
        );
        user.run(&["label", &id, "--remove", name]).json();
        assert!(!user.has_label(&id, &label), "{name}");
        user.run(&["label", &id, "--add", name]).json();
        assert!(user.has_label(&id, &label), "{name}");
        if !name.contains(' ') {
            user.run(&["flag", &id, "--flags", name, "--remove"]).json();
            assert!(!user.has_label(&id, &label), "{name}");
            user.run(&["flag", &id, "--flags", name]).json();
            assert!(user.has_label(&id, &label) && !user.has_label(&id, "SPAM"), "{name}");
        }
        user.run(&["new", "--cursor", "c", "--folder", name]).says_nothing();
        let arrived = user.receive_in(&[name], MAIL);
        let new = user.run(&["new", "--cursor", "c", "--folder", name]).rows();
        assert_eq!(column(&new, "uid"), [arrived.as_str()], "{name}");
        user.run(&["rename-folder", name, "Renamed"]).json();
        assert_eq!(user.run(&["delete-folder", "Renamed", "--yes"]).json()["id"], label.as_str());
    }
}

#[test]
fn the_names_of_gmail_stay_gmails() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.add_label("Drafts copies"));
    let id = user.receive(MAIL);
    user.run(&["move", &id, "--to", "Junk"]).json();
    assert!(user.has_label(&id, "SPAM"));
    user.run(&["flag", &id, "--flags", "NotJunk"]).json();
    assert!(!user.has_label(&id, "SPAM"));
    user.run(&["move", &id, "--to", "Archive"]).json();
    assert!(!user.has_label(&id, "INBOX"));
    for line in [&["list", "--folder", "archive"][..], &["search", "subject:zanzibar", "--folder", "Archive"]]
    {
        let rows = user.run(line).rows();
        assert!(column(&rows, "uid").contains(&id.as_str()), "{line:?}");
        assert!(rows.iter().all(|row| row["in"] == "archive"), "{line:?}");
    }
    for name in ["Bin", "Junk", "Promotions", "INBOX"] {
        let error = user.run(&["rename-folder", name, "Mine"]).fails(2);
        assert!(error["message"].as_str().unwrap().contains("system folder"), "{name}: {error}");
    }
    user.world.clear_log();
    user.run(&["list", "--folder", "Inbox", "--limit", "5"]).json();
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2);
}

#[test]
fn the_tabs_of_the_inbox_are_folders() {
    let user = User::signed_in();
    for (tab, label) in [
        ("Primary", "CATEGORY_PERSONAL"),
        ("Promotions", "CATEGORY_PROMOTIONS"),
        ("social", "CATEGORY_SOCIAL"),
        ("Updates", "CATEGORY_UPDATES"),
        ("FORUMS", "CATEGORY_FORUMS"),
    ] {
        let id = user.receive_in(&["INBOX", label], MAIL);
        for line in [["list", "--folder", tab], ["search", "--folder", tab]] {
            let rows = user.run(&line).rows();
            assert_eq!(rows[0]["uid"], id.as_str(), "{line:?}");
            assert!(
                rows.iter().all(|row| row["labels"].as_array().unwrap().contains(&json!(label))),
                "{line:?}"
            );
        }
        // A message in another tab is still in the inbox, and in one tab.
        let other = user.receive_in(&["INBOX", "CATEGORY_SOCIAL"], MAIL);
        user.run(&["move", &other, "--to", tab]).json();
        let labels = user.world.gmail(|gmail| gmail.message(&other).unwrap().labels);
        assert!(
            labels.iter().any(|l| l == label) && labels.iter().any(|l| l == "INBOX"),
            "{tab}: {labels:?}"
        );
        assert_eq!(labels.iter().filter(|l| l.starts_with("CATEGORY_")).count(), 1, "{tab}: {labels:?}");
    }
}
