//! Drafts: created, changed, listed, shown, sent, deleted.

use mail_parser::MimeHeaders;
use serde_json::json;

use crate::{
    kit::{User, emails},
    sandbox::GMAIL_HOST,
};

#[test]
fn a_draft_is_created_changed_listed_shown_and_sent() {
    let user = User::signed_in();
    let file = user.write_file("plan.txt", "Plan A");
    let made = user
        .run(&["draft", "create", "--subject", "Plän", "--body", "v1", "--attach", file.to_str().unwrap()])
        .json();
    assert_eq!(made["status"], "drafted");
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["labels"], json!(["DRAFT"]));

    let rows = user.run(&["draft", "list"]).json();
    assert_eq!((&rows[0]["draft_id"], &rows[0]["subject"]), (&json!(id), &json!("Plän")));

    let updated = user.run(&["draft", "update", id, "--to", "Bob <bob@example.org>", "--body", "v2"]).json();
    assert_eq!(updated["id"], id);
    assert_ne!(updated["uid"], made["uid"]);
    let draft = user.message(updated["uid"].as_str().unwrap());
    assert_eq!((draft.subject(), draft.body_text(0).unwrap().trim_end()), (Some("Plän"), "v2"));
    assert_eq!(draft.attachments().next().unwrap().attachment_name(), Some("plan.txt"));
    assert_eq!(draft.attachments().next().unwrap().contents(), b"Plan A");

    let other = user.write_file("other.txt", "Plan B");
    let updated = user.run(&["draft", "update", id, "--attach", other.to_str().unwrap()]).json();
    let draft = user.message(updated["uid"].as_str().unwrap());
    assert_eq!(draft.body_text(0).unwrap().trim_end(), "v2");
    let names: Vec<&str> = draft.attachments().filter_map(|a| a.attachment_name()).collect();
    assert_eq!(names, ["other.txt"]);

    let shown = user.run(&["draft", "show", id]).json();
    assert_eq!((&shown["draft_id"], &shown["to"]), (&json!(id), &json!("\"Bob\" <bob@example.org>")));

    let sent = user.run(&["draft", "send", id]).json();
    assert_eq!((&sent["status"], &sent["recipients"]["to"]), (&json!("sent"), &json!(["bob@example.org"])));
    assert_eq!(emails(user.last_sent().to()), ["bob@example.org"]);
    assert!(!user.draft_ids().iter().any(|known| known == id));
    user.run(&["draft", "send", id]).fails(5);
    assert_eq!(user.sent(), 1);
}

#[test]
fn the_draft_of_a_reply_keeps_its_thread_when_it_is_updated() {
    let user = User::signed_in();
    let parent =
        user.receive("From: bob@example.org\nTo: ada@example.com\nSubject: x\nMessage-ID: <p@b>\n\nhi\n");
    let made = user.run(&["reply", &parent, "--body", "v1", "--draft"]).json();
    let updated = user.run(&["draft", "update", made["id"].as_str().unwrap(), "--body", "v2"]).json();
    assert_eq!(updated["thread_id"], made["thread_id"]);
    let draft = user.message(updated["uid"].as_str().unwrap());
    assert_eq!(draft.in_reply_to().as_text(), Some("p@b"));
    assert_eq!(emails(draft.to()), ["bob@example.org"]);
}

#[test]
fn drafts_are_deleted_by_their_id_only_and_with_yes() {
    let user = User::signed_in();
    let made =
        user.run(&["send", "--to", "b@example.org", "--subject", "s", "--body", "x", "--draft"]).json();
    user.run(&["draft", "delete", made["uid"].as_str().unwrap(), "--yes"]).fails(5);
    let id = made["id"].as_str().unwrap();
    let error = user.run(&["draft", "delete", id]).fails(2);
    assert!(error["hint"].as_str().unwrap().contains("--yes"));
    let error = user.run(&["exec", "delete_draft", &json!({"draft_id": id}).to_string()]).fails(2);
    assert!(error["hint"].as_str().unwrap().contains("\"yes\": true"));
    assert_eq!(user.run(&["draft", "delete", id, "--yes"]).json(), json!({"draft_id": id, "deleted": true}));
    assert!(!user.draft_ids().iter().any(|known| known == id));
    user.run(&["draft", "delete", id, "--yes"]).fails(5);
    user.run(&["draft", "update", id, "--body", "x"]).fails(5);
}

#[test]
fn a_draft_without_a_recipient_is_not_sent() {
    let user = User::signed_in();
    let made = user.run(&["draft", "create", "--body", "x"]).json();
    let error = user.run(&["draft", "send", made["id"].as_str().unwrap()]).fails(2);
    assert!(error["hint"].as_str().unwrap().contains("draft update"));
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/gmail/v1/users/me/drafts/send"), 0);
}

#[test]
fn a_large_draft_is_uploaded_and_its_update_is_retried() {
    let user = User::signed_in();
    let file = user.write_file("scan.bin", vec![7u8; 6 << 20]);
    let file = file.to_str().unwrap();
    let create = ["draft", "create", "--to", "b@example.org", "--body", "x", "--attach", file];
    let made = user.run(&[&create[..], &["--timeout", "600"]].concat()).json();
    let id = made["id"].as_str().unwrap();
    user.world.gmail(|g| g.lose_answer("drafts.update", 503, 1));
    let updated = user.run(&["draft", "update", id, "--body", "y", "--timeout", "600"]).json();
    let draft = user.message(updated["uid"].as_str().unwrap());
    assert_eq!(draft.attachments().next().unwrap().contents().len(), 6 << 20);
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/upload/gmail/v1/users/me/drafts"), 1);
    assert_eq!(user.world.count(GMAIL_HOST, "PUT", "/upload/gmail/v1/users/me/drafts/"), 2);
    assert_eq!(user.draft_ids().iter().filter(|known| *known == id).count(), 1);
}

#[test]
fn an_update_keeps_repeated_recipients_and_other_headers() {
    let user = User::signed_in();
    let raw = "To: bob@example.org\r\nTo: carol@example.org\r\nImportance: high\r\nSubject: x\r\nX-Own: a\r\n b\r\n\r\ntext\r\n";
    let id = user.world.gmail(|g| g.add_draft(raw.as_bytes()));
    let updated = user.run(&["draft", "update", &id, "--subject", "new"]).json();
    assert_eq!(updated["recipients"]["to"], json!(["bob@example.org", "carol@example.org"]));
    let draft = user.message(updated["uid"].as_str().unwrap());
    let header = |name| draft.header_raw(name).map(str::trim);
    assert_eq!((header("Importance"), header("X-Own")), (Some("high"), Some("a\r\n b")));
    assert_eq!((draft.subject(), draft.body_text(0).unwrap().trim_end()), (Some("new"), "text"));
}

#[test]
fn a_header_that_cannot_be_read_can_be_replaced() {
    let user = User::signed_in();
    let id = user.world.gmail(|g| g.add_draft(b"To: a..b@example.org\r\nSubject: x\r\n\r\ntext\r\n"));
    let updated = user.run(&["draft", "update", &id, "--to", "bob@example.org"]).json();
    assert_eq!(updated["recipients"]["to"], json!(["bob@example.org"]));
}
