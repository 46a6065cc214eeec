//! Paths in `--fields`: members of the members of a result.

use serde_json::json;

use crate::kit::User;

const REPORT: &str = "From: Bob <bob@example.org>\nTo: ada@example.com\nSubject: Report\nMessage-ID: <1@example.org>\n\
    MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\nsee both\n\
    --B\nContent-Type: text/csv; name=a.csv\nContent-Disposition: attachment; filename=a.csv\n\nx,y\n\
    --B\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=b.pdf\n\n%PDF\n--B--\n";

#[test]
fn a_path_chooses_members_within_a_result() {
    let user = User::signed_in();
    let id = user.receive(REPORT);
    let read = |fields: &str| user.run(&["read", &id, "--fields", fields]).json();
    assert_eq!(
        read("uid,attachments[].filename"),
        json!({"uid": id, "attachments": [{"filename": "a.csv"}, {"filename": "b.pdf"}]})
    );
    assert_eq!(
        read("attachments.mime_type,subject,attachments[1].filename"),
        json!({
            "attachments": [{"mime_type": "text/csv"}, {"mime_type": "application/pdf", "filename": "b.pdf"}],
            "subject": "Report",
        })
    );
    let tsv = user.run(&[
        "read",
        &id,
        "--format",
        "tsv",
        "--fields",
        "subject,attachments[].filename,attachments[0].size",
    ]);
    assert_eq!(tsv.done().stdout, "Report\ta.csv, b.pdf\t3\n");
    let table =
        user.run(&["read", &id, "--format", "table", "--fields", "attachments[].filename"]).done().stdout;
    assert!(table.contains("a.csv") && table.contains("b.pdf") && !table.contains("csv;"), "{table}");
}

#[test]
fn a_path_goes_through_the_results_of_another_tool() {
    let user = User::signed_in();
    let id = user.receive(REPORT);
    let thread = |fields: &str| user.run(&["thread", &id, "--fields", fields]).json();
    assert_eq!(
        thread("messages[].id,messages[].attachments[0].part_id"),
        json!({
            "messages": [{"uid": id, "attachments": [{"part_id": "1"}]}],
        })
    );
    // Gmail's preview is never shown without the mark that the sender wrote it.
    let preview = thread("messages[0].snippet");
    assert!(!preview["messages"][0]["snippet"].as_str().unwrap().is_empty(), "{preview}");
    assert!(preview["messages"][0]["untrusted"].as_array().unwrap().contains(&json!("snippet")), "{preview}");
    let arguments = json!({"thread_id": id}).to_string();
    let exec = user.run(&["exec", "fetch_thread", &arguments, "--fields", "messages[].from"]).json();
    assert_eq!(exec["messages"][0]["from"], "Bob <bob@example.org>");
}

#[test]
fn a_path_that_no_result_has_is_refused_before_any_request() {
    let user = User::signed_in();
    for (fields, hint) in [
        ("attachments[].filenam", "filename"),
        ("atachments[].filename", "attachments"),
        ("subject.length", "--fields subject"),
        ("subject[]", "--fields subject"),
        ("attachments[][]", "--fields attachments"),
        ("attachments[x]", "[0]"),
        ("attachments[].filename.x", "--fields attachments"),
    ] {
        let error = user.run(&["read", "18c9f2a4b5d6e7f8", "--fields", fields]).fails(2);
        assert!(error["hint"].as_str().unwrap().contains(hint), "{fields}: {error}");
    }
    assert_eq!(user.world.log().len(), 0);
    let names = user.run(&["thread", "18c9f2a4b5d6e7f8", "--fields"]).json();
    for name in ["thread_id", "messages", "messages[].from"] {
        assert!(names.as_array().unwrap().contains(&json!(name)), "{name}: {names}");
    }
}
