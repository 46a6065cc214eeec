//! Filters: listed, exported, created, deleted, and made those of a file.

use serde_json::{Value, json};

use crate::{
    kit::{User, column},
    sandbox::GMAIL_HOST,
};

fn user() -> User {
    User::signed_in().allowing_settings()
}

fn stored(user: &User) -> Vec<Value> {
    user.world.gmail(|gmail| gmail.filters().to_vec())
}

fn message(from: &str) -> String {
    format!("From: {from}\nTo: ada@example.com\nSubject: s\n\ntext\n")
}

#[test]
fn a_filter_is_created_listed_and_deleted_and_sorts_mail_between() {
    let user = user();
    let made = user
        .run(&[
            "filter",
            "create",
            "--from",
            "news@example.net",
            "--label",
            "News/Weekly",
            "--create",
            "--archive",
        ])
        .json();
    assert_eq!((&made["created"], &made["search"]), (&json!(true), &json!("from:(news@example.net)")));
    assert_eq!(made["actions"], json!(["label News/Weekly", "archive"]));
    let id = made["id"].as_str().unwrap();

    let label = user.world.gmail(|gmail| gmail.label_id("News/Weekly").unwrap());
    let arrived = user.receive(&message("news@example.net"));
    assert!(user.has_label(&arrived, &label) && !user.has_label(&arrived, "INBOX"));
    let other = user.receive(&message("bob@example.org"));
    assert!(user.has_label(&other, "INBOX"));

    let rows = user.run(&["filters"]).rows();
    assert_eq!(column(&rows, "id"), [id]);
    assert_eq!((&rows[0]["label"], &rows[0]["archive"]), (&json!(["News/Weekly"]), &json!(true)));

    let error = user.run(&["filter", "delete", id]).fails(2);
    assert!(error["hint"].as_str().unwrap().contains("--yes"));
    let deleted = user.run(&["filter", "delete", id, "--yes"]).json();
    assert_eq!((&deleted["deleted"], &deleted["from"]), (&json!(true), &json!("news@example.net")));
    assert!(user.run(&["filters"]).rows().is_empty());
    user.run(&["filter", "delete", id, "--yes"]).fails(5);
    let later = user.receive(&message("news@example.net"));
    assert!(user.has_label(&later, "INBOX"));
}

#[test]
fn the_same_filter_is_created_once_also_if_an_answer_was_lost() {
    let user = user();
    let create = ["filter", "create", "--query", "list:builds.example.org", "--mark-read"];
    user.world.gmail(|gmail| gmail.lose_answer("settings.filters.create", 503, 1));
    let made = user.run(&create).json();
    assert_eq!(made["created"], true);
    assert_eq!(stored(&user).len(), 1);
    let again = user.run(&create).json();
    assert_eq!((&again["created"], &again["id"]), (&json!(false), &made["id"]));
    let shouted = ["filter", "create", "--query", "  list:builds.example.org ", "--mark-read"];
    assert_eq!(user.run(&shouted).json()["created"], false);
    assert_eq!(stored(&user).len(), 1);
}

#[test]
fn a_filter_can_be_applied_to_the_mail_that_is_there() {
    let user = user();
    let ids: Vec<String> = (0..3).map(|_| user.receive(&message("shop@example.net"))).collect();
    let create = ["filter", "create", "--from", "shop@example.net", "--star", "--archive", "--also-existing"];
    let plan = user.run(&[&create[..], &["--dry-run"]].concat()).json();
    assert_eq!(
        (&plan["dry_run"], &plan["matched"], &plan["created"]),
        (&json!(true), &json!(3), &json!(false))
    );
    assert!(stored(&user).is_empty() && user.has_label(&ids[0], "INBOX"));
    let made = user.run(&create).json();
    assert_eq!((&made["created"], &made["modified"]), (&json!(true), &json!(3)));
    assert!(ids.iter().all(|id| user.has_label(id, "STARRED") && !user.has_label(id, "INBOX")));
}

#[test]
fn many_messages_are_changed_only_with_yes_and_the_filter_is_not_created_before() {
    let user = user();
    (0..30).for_each(|_| drop(user.receive(&message("shop@example.net"))));
    let create = ["filter", "create", "--from", "shop@example.net", "--trash", "--also-existing"];
    let error = user.run(&create).fails(2);
    assert_eq!(error["found"], 30);
    assert!(stored(&user).is_empty());
    assert_eq!(user.run(&[&create[..], &["--dry-run"]].concat()).json()["needs_yes"], true);
    assert_eq!(user.run(&[&create[..], &["--yes"]].concat()).json()["modified"], 30);
    let found = user.run(&["search", "from:shop@example.net in:trash", "--limit", "50"]).rows();
    assert_eq!(found.len(), 30);
}

#[test]
fn a_filter_needs_a_criterion_and_an_action_and_labels_that_exist() {
    let user = user();
    for (args, said) in [
        (&["--archive"][..], "criterion"),
        (&["--from", "a"], "action"),
        (&["--from", "a", "--important", "--not-important"], "not both"),
        (&["--from", "a", "--larger", "5", "--smaller", "9", "--star"], "one size"),
        (&["--larger", "9999999999", "--star"], "more than a mail"),
    ] {
        let error = user.run(&[&["filter", "create"], args].concat()).fails(2);
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
    let error = user.run(&["filter", "create", "--from", "a", "--label", "Nowhere"]).fails(5);
    assert!(error["hint"].as_str().unwrap().contains("--create"), "{error}");
    assert!(stored(&user).is_empty());
}

#[test]
fn exported_filters_are_imported_into_another_mailbox() {
    let user = user();
    user.run(&["create-folder", "News"]).json();
    user.run(&["filter", "create", "--from", "a@example.net", "--label", "News", "--not-spam"]).json();
    user.run(&["filter", "create", "--query", "x OR y", "--without", "z", "--larger", "5000", "--trash"])
        .json();
    let exported = user.run(&["filter", "export"]).json();
    assert!(exported["filters"].as_array().unwrap().iter().all(|filter| filter.get("id").is_none()));

    let other = self::user();
    let file = other.write_file("filters.json", exported.to_string());
    let file = file.to_str().unwrap();
    other.run(&["filter", "import", file]).fails(5);
    let plan = other.run(&["filter", "import", file, "--create", "--dry-run"]).json();
    assert_eq!(plan["created_filters"].as_array().unwrap().len(), 2);
    assert!(stored(&other).is_empty());
    other.run(&["filter", "import", file, "--create"]).json();
    assert_eq!(other.run(&["filter", "export"]).json(), exported);
    let again = other.run(&["filter", "import", file]).json();
    assert_eq!((&again["created_filters"], &again["unchanged_filters"]), (&json!([]), &json!(2)));
    let piped = other.run(&["filter", "import", "-"]).stdin(exported.to_string()).json();
    assert_eq!(piped["unchanged_filters"], 2);
}

#[test]
fn apply_makes_the_filters_those_of_the_file_and_deletes_only_with_yes() {
    let user = user();
    let kept = json!({"criteria": {"from": "keep@example.net"}, "action": {"addLabelIds": ["STARRED"]}});
    let old = json!({"criteria": {"from": "old@example.net"}, "action": {"removeLabelIds": ["INBOX"]}});
    let (kept, _) = user.world.gmail(|gmail| (gmail.add_filter(kept), gmail.add_filter(old)));
    let file = json!([
        {"from": "keep@example.net", "star": true},
        {"from": "new@example.net", "archive": true},
        {"from": " new@example.net", "archive": true},
    ]);
    let file = user.write_file("filters.json", file.to_string());
    let apply = ["filter", "apply", file.to_str().unwrap()];
    let plan = user.run(&[&apply[..], &["--dry-run"]].concat()).json();
    assert_eq!(column(plan["created_filters"].as_array().unwrap(), "from"), ["new@example.net"]);
    assert_eq!(column(plan["deleted_filters"].as_array().unwrap(), "from"), ["old@example.net"]);
    assert_eq!((&plan["unchanged_filters"], &plan["needs_yes"]), (&json!(1), &json!(true)));
    user.run(&apply).fails(2);
    assert_eq!(stored(&user).len(), 2);
    user.run(&[&apply[..], &["--yes"]].concat()).json();
    let ids: Vec<Value> = stored(&user).iter().map(|filter| filter["id"].clone()).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &json!(kept)));
    assert_eq!(user.run(&apply).json()["unchanged_filters"], 2);
}

#[test]
fn a_filter_that_forwards_is_shown_and_never_created() {
    let user = user();
    let forwards = json!({"criteria": {"from": "a"}, "action": {"forward": "eve@example.net"}});
    user.world.gmail(|gmail| gmail.add_filter(forwards));
    let exported = user.run(&["filter", "export"]).json();
    assert_eq!(exported["filters"][0]["forward"], "eve@example.net");
    let file = user.write_file("filters.json", exported.to_string());
    assert_eq!(user.run(&["filter", "apply", file.to_str().unwrap()]).json()["unchanged_filters"], 1);
    user.world.gmail(|gmail| {
        gmail.add_filter(json!({"criteria": {"from": "b"}, "action": {"addLabelIds": ["STARRED"]}}))
    });
    let other =
        user.write_file("other.json", json!([{"from": "b", "forward": "eve@example.net"}]).to_string());
    let error = user.run(&["filter", "apply", other.to_str().unwrap(), "--yes"]).fails(6);
    assert!(error["message"].as_str().unwrap().contains("eve@example.net"));
    assert_eq!(stored(&user).len(), 2);
}

#[test]
fn a_file_that_is_wrong_changes_nothing_and_the_error_says_where() {
    let user = user();
    for (text, said) in [
        ("not json", "is not JSON"),
        ("{}", "no list of filters"),
        (r#"{"filters": [], "filter": []}"#, "unknown member"),
        (r#"[{"from": "a", "from": "b", "star": true}]"#, "twice"),
        (r#"[{"from": "a", "star": true}, {"form": "a", "star": true}]"#, "filter 2"),
        (r#"[{"from": "a"}]"#, "filter 1"),
        (r#"{"filters": [{"star": true}]}"#, "filter 1"),
    ] {
        let file = user.write_file("filters.json", text);
        let error = user.run(&["filter", "apply", file.to_str().unwrap(), "--yes"]).fails(2);
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
    assert!(stored(&user).is_empty());
}

#[test]
fn what_is_refused_changes_nothing_not_even_labels() {
    let user = user();
    user.world.gmail(|gmail| {
        gmail.add_filter(json!({"criteria": {"from": "old"}, "action": {"addLabelIds": ["STARRED"]}}))
    });
    for (file, code) in [
        // Without a confirmation, with a filter that forwards, and with a label to remove that does not exist.
        (json!([{"from": "a", "label": ["Brandnew"]}]), 2),
        (json!([{"from": "a", "label": ["Brandnew"], "forward": "eve@example.net"}]), 6),
        (json!([{"from": "a", "label": ["Brandnew"], "unlabel": ["Ghost"]}]), 5),
        (json!([{"from": "a", "label": ["Brandnew", "SENT"]}]), 2),
        (json!([{"from": "a) OR in:inbox OR (b", "label": ["Brandnew"]}]), 2),
    ] {
        let file = user.write_file("filters.json", file.to_string());
        user.run(&["filter", "apply", file.to_str().unwrap(), "--create"]).fails(code);
        user.run(&["filter", "apply", file.to_str().unwrap(), "--create", "--dry-run"]).done();
    }
    assert!(user.world.gmail(|gmail| gmail.label_id("Brandnew")).is_none());
    assert_eq!(stored(&user).len(), 1);
    let wide = ["filter", "create", "--from", "a) OR in:inbox OR from:(b", "--trash", "--also-existing"];
    user.run(&wide).fails(2);
}

#[test]
fn a_system_label_is_told_as_what_it_does() {
    let user = user();
    let made = user.run(&["filter", "create", "--from", "a", "--label", "TRASH", "--dry-run"]).json();
    assert_eq!((&made["trash"], made.get("label")), (&json!(true), None));
    assert_eq!(made["actions"], json!(["trash"]));
}

#[test]
fn without_the_level_settings_filters_are_only_read() {
    let user = User::signed_in();
    user.world.gmail(|gmail| {
        gmail.add_filter(json!({"criteria": {"from": "a"}, "action": {"addLabelIds": ["STARRED"]}}))
    });
    assert_eq!(user.run(&["filters"]).rows().len(), 1);
    user.world.clear_log();
    for args in [&["filter", "create", "--from", "a", "--star"][..], &["filter", "delete", "x", "--yes"]] {
        let error = user.run(args).fails(6);
        assert!(error["hint"].as_str().unwrap().contains("[policy]"), "{error}");
        // Neither a flag nor a variable allows more than the default.
        user.run(&[&["--access", "settings"], args].concat()).fails(6);
        user.run(args).env("MCS_GMAIL_POLICY", "settings").fails(6);
        // Nor does a file that the caller names, beside the usual one or alone.
        let named = user.write_file("named.toml", "[policy]\naccess = \"settings\"\n");
        let named = ["--config", named.to_str().unwrap()];
        user.run(&[&named, args].concat()).fails(6);
        user.run(args).env("MCS_GMAIL_CONFIG", named[1]).fails(6);
    }
    user.configure("[policy]\nrecipients = [\"boss@example.org\"]\n");
    let named = ["--config", "named.toml", "filter", "create", "--from", "a", "--star"];
    user.run(&named).inside(user.home()).fails(6);
    assert!(user.world.log().iter().all(|exchange| exchange.host != GMAIL_HOST));
}

#[test]
fn the_sign_in_asks_for_the_scope_where_the_policy_allows_to_change_settings() {
    let user = User::ready_to_sign_in().allowing_settings();
    user.sign_in();
    assert_eq!(user.run(&["filter", "create", "--from", "a", "--star"]).json()["created"], true);
}

#[test]
fn a_sign_in_without_the_scope_is_told_how_to_get_it() {
    let user = User::signed_in();
    user.configure("[policy]\naccess = \"settings\"\n");
    let error = user.run(&["filter", "create", "--from", "a", "--star"]).fails(6);
    assert_eq!(error["code"], "permission_denied");
    assert!(error["hint"].as_str().unwrap().contains("gmail.settings.basic"), "{error}");
    let labelled = ["filter", "create", "--from", "a", "--label", "News", "--create"];
    assert_eq!(user.run(&labelled).fails(6)["created_labels"], json!(["News"]));
}
