//! Drafts: made, changed, listed, shown, sent, deleted.

use mail_parser::{Message, MessageParser, MimeHeaders};
use serde_json::json;

use crate::{
    kit::User,
    sandbox::GMAIL_HOST,
    stories::send::{emails, last_sent},
};

fn parsed(user: &User, uid: &str) -> Message<'static> {
    let raw = user.world.gmail(|g| g.message(uid).unwrap().raw);
    MessageParser::new().parse(&raw).unwrap().into_owned()
}

#[test]
fn a_draft_lives_from_create_to_send() {
    let user = User::signed_in();
    let file = user.home().join("plan.txt");
    std::fs::write(&file, "Plan A").unwrap();
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
    let draft = parsed(&user, updated["uid"].as_str().unwrap());
    assert_eq!((draft.subject(), draft.body_text(0).unwrap().trim_end()), (Some("Plän"), "v2"));
    assert_eq!(draft.attachments().next().unwrap().attachment_name(), Some("plan.txt"));
    assert_eq!(draft.attachments().next().unwrap().contents(), b"Plan A");

    let other = user.home().join("other.txt");
    std::fs::write(&other, "Plan B").unwrap();
    let updated = user.run(&["draft", "update", id, "--attach", other.to_str().unwrap()]).json();
    let draft = parsed(&user, updated["uid"].as_str().unwrap());
    assert_eq!(draft.body_text(0).unwrap().trim_end(), "v2");
    let names: Vec<&str> = draft.attachments().filter_map(|a| a.attachment_name()).collect();
    assert_eq!(names, ["other.txt"]);

    let shown = user.run(&["draft", "show", id]).json();
    assert_eq!((&shown["draft_id"], &shown["to"]), (&json!(id), &json!("\"Bob\" <bob@example.org>")));

    let sent = user.run(&["draft", "send", id]).json();
    assert_eq!((&sent["status"], &sent["recipients"]["to"]), (&json!("sent"), &json!(["bob@example.org"])));
    assert_eq!(emails(last_sent(&user).to()), ["bob@example.org"]);
    assert!(!user.world.gmail(|g| g.draft_ids()).iter().any(|known| known == id));
    user.run(&["draft", "send", id]).fails(5);
    assert_eq!(user.world.gmail(|g| g.send_count()), 1);
}

#[test]
fn an_answer_keeps_its_thread_through_an_update() {
    let user = User::signed_in();
    let parent = user.world.gmail(|g| {
        g.add_raw(
            b"From: bob@example.org\r\nTo: ada@example.com\r\nSubject: x\r\nMessage-ID: <p@b>\r\n\r\nhi\r\n",
            &["INBOX"],
        )
    });
    let made = user.run(&["reply", &parent, "--body", "v1", "--draft"]).json();
    let updated = user.run(&["draft", "update", made["id"].as_str().unwrap(), "--body", "v2"]).json();
    assert_eq!(updated["thread_id"], made["thread_id"]);
    let draft = parsed(&user, updated["uid"].as_str().unwrap());
    assert_eq!(draft.in_reply_to().as_text(), Some("p@b"));
    assert_eq!(emails(draft.to()), ["bob@example.org"]);
}

#[test]
fn drafts_are_deleted_by_their_id_only() {
    let user = User::signed_in();
    let made =
        user.run(&["send", "--to", "b@example.org", "--subject", "s", "--body", "x", "--draft"]).json();
    user.run(&["draft", "delete", made["uid"].as_str().unwrap()]).fails(5);
    let id = made["id"].as_str().unwrap();
    assert_eq!(user.run(&["draft", "delete", id]).json(), json!({"draft_id": id, "deleted": true}));
    assert!(!user.world.gmail(|g| g.draft_ids()).iter().any(|known| known == id));
    user.run(&["draft", "delete", id]).fails(5);
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
fn a_large_draft_is_uploaded_and_an_update_is_repeated_until_it_is_there() {
    let user = User::signed_in();
    let file = user.home().join("scan.bin");
    std::fs::write(&file, vec![7u8; 6 << 20]).unwrap();
    let file = file.to_str().unwrap();
    let made =
        user.run(&["draft", "create", "--to", "b@example.org", "--body", "x", "--attach", file]).json();
    let id = made["id"].as_str().unwrap();
    user.world.gmail(|g| g.lose_answer("drafts.update", 503, 1));
    let updated = user.run(&["draft", "update", id, "--body", "y"]).json();
    let draft = parsed(&user, updated["uid"].as_str().unwrap());
    assert_eq!(draft.attachments().next().unwrap().contents().len(), 6 << 20);
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/upload/gmail/v1/users/me/drafts"), 1);
    assert_eq!(user.world.count(GMAIL_HOST, "PUT", "/upload/gmail/v1/users/me/drafts/"), 2);
    let known = user.world.gmail(|g| g.draft_ids());
    assert_eq!(known.iter().filter(|known| *known == id).count(), 1);
}
