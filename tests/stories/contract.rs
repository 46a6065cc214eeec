//! One contract in two spellings: results have every field of the tool table, and messages use the caller's names.

use serde_json::{Value, json};

use crate::kit::{LIST, Run, User, members};

fn hint(error: &Value) -> &str {
    error["hint"].as_str().unwrap()
}

#[test]
fn every_field_that_a_result_has_can_be_chosen() {
    let user = User::signed_in();
    let draft = user.run(&["draft", "create", "--to", "bob@example.org", "--body", "x"]).json();
    let id = draft["id"].as_str().unwrap();
    let shown = user.run(&["draft", "show", id, "--fields", "draft_id,to"]).json();
    assert_eq!(shown, json!({"draft_id": id, "to": "<bob@example.org>"}));

    let send = ["send", "--to", "bob@example.org", "--subject", "s", "--body", "x"];
    let preview =
        user.run(&[&send[..], &["--dry-run", "--format", "json", "--fields", "raw"]].concat()).json();
    assert_eq!(members(&preview), ["raw"]);
    assert!(preview["raw"].as_str().unwrap().contains("Subject: s"));

    let status = user.run(&[&send[..], &["--dry-run", "--fields", "status"]].concat()).json();
    assert_eq!(status, json!({"status": "dry_run"}));

    let listed = user.run(&["list", "--limit", "3", "--fields", "uid,labels"]).json();
    let found = user.run(&["search", "in:inbox", "--limit", "3", "--fields", "uid,labels"]).json();
    assert_eq!(found, listed, "a search has the labels that a list has");
    assert!(found[0]["labels"].as_array().is_some_and(|labels| !labels.is_empty()));
}

#[test]
fn an_id_is_the_id_of_the_result_or_the_uid_of_a_message() {
    let user = User::signed_in();
    let rows = user.run(&[&LIST[..], &["--fields", "id"]].concat()).json();
    assert!(rows[0]["uid"].is_string(), "{rows}");
    let folders = user.run(&["folders", "--counts", "--fields", "id,name"]).json();
    assert!(folders.as_array().unwrap().iter().any(|f| f["id"] == "INBOX"), "{folders}");
    let made = user.run(&["draft", "create", "--body", "x", "--fields", "id"]).json();
    assert!(made["id"].is_string(), "{made}");
}

#[test]
fn a_hint_names_flags_on_the_command_line_and_parameters_for_exec() {
    let user = User::signed_in();
    user.run(&["create-folder", "Work/Old"]).json();
    for (line, tool, arguments, flag, member) in [
        (
            &["delete-folder", "Work/Old"][..],
            "delete_folder",
            r#"{"name":"Work/Old"}"#,
            "--yes",
            "\"yes\": true",
        ),
        (&["archive"], "archive_message", "{}", "--query", "query"),
        (
            &["trash", "--query", "larger:1", "--limit", "99"],
            "trash_message",
            r#"{"query":"larger:1","limit":99}"#,
            "--dry-run",
            "\"dry_run\": true",
        ),
        (&["label", "x"], "label_message", r#"{"uid":"x"}"#, "--add", "add"),
        (
            &["move", "x", "--to", "Nowhere"],
            "move_message",
            r#"{"uid":"x","destination":"Nowhere"}"#,
            "mcs-gmail folders",
            "list_folders",
        ),
        (
            &["draft", "show", "r-0"],
            "fetch_draft",
            r#"{"draft_id":"r-0"}"#,
            "mcs-gmail draft list",
            "list_drafts",
        ),
    ] {
        let typed = error(user.run(line));
        assert!(hint(&typed).contains(flag), "{line:?}: {typed}");
        let called = error(user.run(&["exec", tool, arguments]));
        assert!(hint(&called).contains(member), "{tool}: {called}");
        assert!(!hint(&called).contains("--"), "{tool}: {called}");
        assert_eq!(typed["code"], called["code"]);
    }
}

#[test]
fn a_message_names_the_parameter_as_the_caller_spelled_it() {
    let user = User::new();
    for (line, tool, arguments, flag, name) in [
        (&["list", "--limit", "many"][..], "list_messages", r#"{"limit":"many"}"#, "--limit", "limit"),
        (
            &["read", "x", "--max-body", "0"],
            "fetch_message",
            r#"{"uid":"x","max_body":0}"#,
            "--max-body",
            "max_body",
        ),
        (
            &["move", "x", "--to", " "],
            "move_message",
            r#"{"uid":"x","destination":" "}"#,
            "--to",
            "destination",
        ),
    ] {
        let typed = user.run(line).fails(2);
        assert!(typed["message"].as_str().unwrap().starts_with(flag), "{typed}");
        let called = user.run(&["exec", tool, arguments]).fails(2);
        assert!(called["message"].as_str().unwrap().starts_with(name), "{called}");
    }
    assert_eq!(user.world.log().len(), 0, "no request was made");
}

fn error(run: Run<'_>) -> Value {
    let done = run.done();
    assert_ne!(done.code, 0, "{done:?}");
    done.error()
}
