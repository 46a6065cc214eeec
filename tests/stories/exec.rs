//! `exec`: where its JSON comes from, what an empty value means, and the words of its errors.

use serde_json::{Value, json};

use crate::kit::{User, column, members};

const LIST: [&str; 2] = ["exec", "list_messages"];

fn told(error: &Value) -> String {
    format!("{} {}", error["message"].as_str().unwrap(), error["hint"].as_str().unwrap())
}

#[test]
fn the_parameters_come_from_an_argument_a_file_or_stdin() {
    let user = User::signed_in();
    let given = r#"{"limit": 2}"#;
    let rows = user.run(&["exec", "list_messages", given]).rows();
    assert_eq!(rows.len(), 2);
    user.write_file("work/two.json", format!("\u{feff}{given}\r\n"));
    for (args, input) in [(["@two.json"], ""), (["@./two.json"], ""), (["-"], given)] {
        let run = user.run(&LIST).arg(args[0]).inside(&user.home().join("work"));
        assert_eq!(run.stdin(input).rows(), rows, "{args:?}");
    }
    let path = user.home().join("work/two.json");
    let absolute = user.run(&LIST).arg(format!("@{}", path.display())).inside(&user.home().join("work"));
    assert_eq!(absolute.rows(), rows);
    assert_eq!(user.run(&LIST).rows().len(), 20, "no parameters are none");
}

#[test]
fn a_file_of_parameters_is_subject_to_the_rules_for_files() {
    let user = User::signed_in();
    user.write_file("work/x", "");
    user.write_file("elsewhere/to.json", r#"{"limit": 1}"#);
    user.write_file("work/.hidden/to.json", r#"{"limit": 1}"#);
    let inside = user.home().join("work");
    let run = |given: &str| user.run(&LIST).arg(given).inside(&inside);
    for path in ["@../elsewhere/to.json", "@.hidden/to.json", "@~/.mcs/cache/mcs-gmail.json", "@/etc/passwd"]
    {
        let error = run(path).fails(6);
        assert_eq!(error["code"], "policy_refused", "{path}: {error}");
    }
    for (path, what) in [("@gone.json", "gone.json"), ("@", "cannot read"), ("@x", "not valid JSON")] {
        let error = run(path).fails(2);
        assert!(told(&error).contains(what), "{path}: {error}");
    }
    assert_eq!(user.world.log().len(), 0, "no request was made");
}

#[test]
fn what_is_no_object_of_parameters_is_refused_without_showing_it() {
    let user = User::signed_in();
    for given in ["[1]", "null", "\"h1dden\"", "{\"to\": \"h1dden\"", "h1dden", "", "{\"limit\": 1} {}"] {
        let error = user.run(&LIST).arg(given).fails(2);
        assert!(!told(&error).contains("h1dden"), "{error}");
        assert!(told(&error).contains("object"), "{given}: {error}");
    }
    let error = user.run(&["exec", "list"]).fails(2);
    assert!(told(&error).contains("list_messages"), "{error}");
    let error = user.run(&["exec", "draft create"]).fails(2);
    assert!(told(&error).contains("create_draft"), "{error}");
}

#[test]
fn null_and_an_empty_string_are_not_given() {
    let user = User::signed_in();
    let id = user.inbox(1).remove(0);
    let listed = || user.run(&["exec", "list_messages", r#"{"limit": 3}"#]).rows();
    for blank in [json!(""), json!(null)] {
        let rows = listed();
        let all = json!({"folder": blank, "limit": 3, "all": blank, "threads": blank});
        assert_eq!(user.run(&LIST).arg(all.to_string()).rows(), rows, "{all}");
        let found = json!({"criteria": "in:inbox", "folder": blank, "limit": 3, "syntax": blank});
        let found = user.run(&["exec", "search_messages"]).arg(found.to_string()).rows();
        assert_eq!(column(&found, "uid"), column(&rows, "uid"));
        let read = json!({"uid": id, "folder": blank, "body": blank, "max_body": blank, "part": blank});
        let read = user.run(&["exec", "fetch_message"]).arg(read.to_string()).json();
        assert!(read["body"].as_str().is_some_and(|body| !body.is_empty()), "{read}");
        let flagged = json!({"uid": id, "flags": "\\Seen", "query": blank, "limit": blank, "thread": blank});
        user.run(&["exec", "set_flags"]).arg(flagged.to_string()).json();
        let listed = json!({"uid": id, "out_dir": blank, "part": blank, "name": [blank], "max_body": blank});
        user.run(&["exec", "save_attachments"]).arg(listed.to_string()).rows();
        // What is required is missing then, and no request is made.
        user.world.clear_log();
        for (tool, parameters, missing) in [
            ("fetch_message", json!({"uid": blank}), "uid"),
            ("fetch_message", json!({"uid": [blank]}), "uid"),
            ("move_message", json!({"uid": "x", "destination": blank}), "destination"),
            ("new_messages", json!({"cursor": blank}), "cursor"),
            ("send_message", json!({"to": blank, "subject": "s", "body": "x"}), "to"),
            ("archive_message", json!({"uid": blank, "query": blank}), "query"),
        ] {
            let error = user.run(&["exec", tool]).arg(parameters.to_string()).fails(2);
            assert!(told(&error).contains(missing), "{tool}: {error}");
        }
        assert_eq!(user.world.log().len(), 0);
    }
    // An empty token asks for the first page.
    let page = user.run(&["exec", "list_messages", r#"{"limit": 3, "page_token": ""}"#]).json();
    assert_eq!(page["messages"].as_array(), Some(&listed()));
}

#[test]
fn a_mail_may_be_empty_on_purpose_and_a_draft_loses_nothing_by_accident() {
    let user = User::signed_in();
    let blank = json!({"to": "bob@example.org", "subject": "", "body": "", "cc": "", "bcc": null, "from": "",
        "attach": "", "inline": [], "raw": "", "html_body": "", "idempotency_key": "", "reply_to": []});
    user.run(&["exec", "send_message"]).arg(blank.to_string()).json();
    assert_eq!(user.last_sent().subject().unwrap_or_default(), "");

    let made = json!({"to": "bob@example.org", "cc": "eve@example.org", "subject": "s", "body": "text"});
    let id = user.run(&["exec", "create_draft"]).arg(made.to_string()).json()["id"].clone();
    let shown = || user.run(&["exec", "fetch_draft"]).arg(json!({"draft_id": id}).to_string()).json();
    let before = shown();
    let update =
        json!({"draft_id": id, "to": "", "cc": "", "subject": "", "body": "", "html_body": "", "from": ""});
    user.run(&["exec", "update_draft"]).arg(update.to_string()).json();
    for member in ["to", "cc", "subject", "body"] {
        assert_eq!(shown()[member], before[member]);
    }
    user.run(&["exec", "update_draft"]).arg(json!({"draft_id": id, "cc": []}).to_string()).json();
    assert_eq!((&shown()["cc"], &shown()["to"]), (&json!(""), &before["to"]));

    user.write_file("m.eml", "To: bob@example.org\nSubject: raw\n\nx\n");
    let raw =
        json!({"raw": "m.eml", "to": "", "subject": "", "body": "", "cc": [], "unescape_newlines": false});
    user.run(&["exec", "send_message"]).arg(raw.to_string()).json();
    assert_eq!(user.last_sent().subject(), Some("raw"));
}

#[test]
fn exec_prints_json_whatever_is_configured_unless_a_format_is_given() {
    let user = User::signed_in();
    user.configure("format = \"tsv\"\n");
    let run = || user.run(&["exec", "list_messages", r#"{"limit": 1}"#]).env("MCS_GMAIL_FORMAT", "text");
    let rows = run().rows();
    assert!(members(&rows[0]).contains(&"thread_id"));
    let text = run().arg("--format").arg("tsv").done();
    assert!(text.code == 0 && text.stdout.contains('\t') && !text.stdout.contains('{'), "{text:?}");
    // Nor does a value that is invalid elsewhere.
    run().env("MCS_GMAIL_FORMAT", "xml").rows();
    let error = run().env("MCS_GMAIL_FORMAT", "text").arg("--unknown").fails(2);
    assert!(error["message"].as_str().unwrap().contains("--unknown"), "{error}");
}
