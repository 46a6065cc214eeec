//! What changes the mailbox: labels, sends, drafts, imports, and the history of it all.

use serde_json::{Value, json};

use super::{Client, base64url, letter, request, with_body};
use crate::sandbox::gmail::BASE_TIME;

#[test]
fn labels_are_created_changed_and_deleted() {
    let mut client = Client::empty();
    let visibility = json!({"labelListVisibility": "labelShow", "messageListVisibility": "show"});
    let named = |name: &str| {
        let mut body = visibility.clone();
        body["name"] = name.into();
        body
    };
    let label = client.post("/labels", named("Work/Invoices"));
    let id = label["id"].as_str().unwrap().to_string();
    for taken in ["work/invoices", "Work-Invoices", "WORK/INVOICES"] {
        let refusal = client.refusal("POST", "/labels", named(taken));
        assert_eq!(refusal, (409, "Label name exists or conflicts".into()), "{taken}");
    }
    for bad in ["Inbox", "trash", " x", "x ", "", "a^b"] {
        assert_eq!(
            client.refusal("POST", "/labels", named(bad)),
            (400, "Invalid label name".into()),
            "{bad}"
        );
    }
    let (_, renamed) = client.call("PATCH", &format!("/labels/{id}"), json!({"name": "Paid"}));
    assert_eq!(renamed["name"], "Paid");
    let message = client.gmail.add_raw(&letter("b@example.org", "x", "y"), &["Paid", "UNREAD"]);
    let counted = client.get(&format!("/labels/{id}"));
    assert_eq!((&counted["messagesTotal"], &counted["threadsUnread"]), (&json!(1), &json!(1)));
    assert_eq!(client.call("DELETE", &format!("/labels/{id}"), Value::Null), (204, Value::Null));
    assert_eq!(client.gmail.message(&message).unwrap().labels, ["UNREAD"]);
    assert_eq!(client.call("DELETE", "/labels/INBOX", Value::Null).0, 400);
    client.end();
}

#[test]
fn modify_moves_labels_and_refuses_unknown_ones() {
    let mut client = Client::empty();
    let id = client.gmail.add_raw(&letter("b@example.org", "x", "y"), &["INBOX", "UNREAD"]);
    let path = format!("/messages/{id}/modify");
    let changed = client.post(&path, json!({"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}));
    assert_eq!(changed["labelIds"], json!(["INBOX", "STARRED"]));
    let refusal = client.refusal("POST", &path, json!({"addLabelIds": ["Work"]}));
    assert_eq!(refusal, (400, "Invalid label: Work".into()));
    assert_eq!(client.refusal("POST", &path, json!({"addLabelIds": ["SENT"]})).0, 400);
    assert_eq!(client.refusal("POST", &path, json!({})).0, 400);
    let trashed = client.post(&format!("/messages/{id}/trash"), Value::Null);
    assert_eq!(trashed["labelIds"], json!(["STARRED", "TRASH"]));
    let back = client.post(&format!("/messages/{id}/untrash"), Value::Null);
    assert_eq!(back["labelIds"], json!(["STARRED"]));
    client.end();
}

#[test]
fn batch_modify_takes_a_thousand_ids_and_answers_nothing() {
    let mut client = Client::empty();
    client.gmail.bulk(1001);
    let ids: Vec<String> = client.gmail.messages().into_iter().map(|m| m.id).collect();
    let body = |ids: &[String]| json!({"ids": ids, "removeLabelIds": ["INBOX"]});
    assert_eq!(client.call("POST", "/messages/batchModify", body(&ids)).0, 400);
    assert_eq!(client.call("POST", "/messages/batchModify", body(&ids[1..])), (204, Value::Null));
    assert_eq!(client.found("in:inbox"), 1);
    client.end();
}

#[test]
fn sending_reads_recipients_and_keeps_bcc() {
    let mut client = Client::empty();
    let sent =
        client.send("To: Bob <bob@example.org>\r\nBcc: eve@example.org\r\nSubject: Hi\r\n\r\nText\r\n");
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    let mail = &client.gmail.sent()[0];
    assert_eq!((&sent["id"], &sent["threadId"]), (&json!(mail.id), &json!(mail.thread_id)));
    assert_eq!(mail.labels, ["SENT"]);
    assert_eq!(mail.recipients, ["bob@example.org", "eve@example.org"]);
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    assert!(raw.contains("Bcc: eve@example.org\r\n"));
    assert!(raw.contains("From: Ada Lovelace <ada@example.com>\r\n"));
    assert!(raw.contains("Message-ID: <CA+"));
    assert!(raw.ends_with("\r\n\r\nText\r\n"));
    let missing = json!({"raw": base64url("Subject: nobody\r\n\r\n")});
    assert_eq!(client.refusal("POST", "/messages/send", missing), (400, "Recipient address required".into()));
    let invalid = json!({"raw": base64url("To: bob\r\n\r\n")});
    assert_eq!(client.refusal("POST", "/messages/send", invalid), (400, "Invalid To header".into()));
    assert_eq!(client.refusal("POST", "/messages/send", json!({})).0, 400);
    assert_eq!(client.gmail.send_count(), 1);
    client.end();
}

#[test]
fn only_accepted_aliases_stay_in_from() {
    let mut client = Client::empty();
    for (from, kept) in
        [("ada.l@example.org", true), ("ada@pending.example", false), ("eve@evil.example", false)]
    {
        client.send(&format!("From: {from}\r\nTo: bob@example.org\r\n\r\n"));
        let raw = String::from_utf8(client.gmail.sent().last().unwrap().raw.clone()).unwrap();
        assert_eq!(raw.contains(from), kept, "{raw}");
        assert_eq!(raw.matches("From:").count(), 1);
    }
    let aliases = client.get("/settings/sendAs");
    assert_eq!(aliases["sendAs"].as_array().unwrap().len(), 3);
    assert!(aliases["sendAs"][0]["verificationStatus"].is_null());
    assert_eq!(client.get("/settings/sendAs/ada.l%40example.org")["displayName"], "Ada L.");
    client.end();
}

#[test]
fn gmail_may_replace_the_message_id() {
    let mut client = Client::empty();
    client.send("To: b@example.org\r\nMessage-ID: <mine@x>\r\n\r\n");
    client.gmail.omit_message_id_on_send = true;
    client.send("To: b@example.org\r\nMessage-ID: <other@x>\r\n\r\n");
    assert_eq!(client.found("rfc822msgid:mine@x in:anywhere"), 1);
    assert_eq!(client.found("rfc822msgid:<other@x>"), 0);
    client.end();
}

#[test]
fn mail_to_oneself_lands_in_the_inbox_too() {
    let mut client = Client::empty();
    assert_eq!(client.send("To: ADA@example.com\r\n\r\n")["labelIds"], json!(["SENT", "UNREAD", "INBOX"]));
    client.end();
}

#[test]
fn a_reply_joins_the_thread_only_with_thread_id_subject_and_references() {
    let mut client = Client::empty();
    let id = client.gmail.add_raw(&letter("bob@example.org", "Plans", "?"), &["INBOX"]);
    let mut reply = |headers: &str, thread: bool| {
        let raw = format!("To: bob@example.org\r\n{headers}\r\n\r\nYes\r\n");
        let mut body = json!({"raw": base64url(&raw)});
        if thread {
            body["threadId"] = id.as_str().into();
        }
        client.post("/messages/send", body)["threadId"] == id.as_str()
    };
    assert!(reply("Subject: Re: Plans\r\nIn-Reply-To: <Plans@x>\r\nReferences: <Plans@x>", true));
    assert!(!reply("Subject: Re: Plans\r\nReferences: <Plans@x>", false));
    assert!(!reply("Subject: Re: Other\r\nReferences: <Plans@x>", true));
    assert!(!reply("Subject: Re: Plans", true));
    assert_eq!(client.get(&format!("/threads/{id}"))["messages"].as_array().unwrap().len(), 2);
    client.end();
}

#[test]
fn messages_can_be_uploaded_as_media_or_multipart() {
    let mut client = Client::empty();
    let path = "/upload/gmail/v1/users/me/messages/send?uploadType";
    let message = "To: bob@example.org\r\nSubject: Up\r\n\r\nLoad";
    let media = with_body(request("POST", &format!("{path}=media"), "modify"), "message/rfc822", message);
    assert_eq!(client.ask(&media).status, 200);
    let related = format!(
        "--b7\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{{}}\r\n--b7\r\n\
         Content-Type: message/rfc822\r\n\r\n{message}\r\n--b7--\r\n"
    );
    let kind = "multipart/related; boundary=\"b7\"";
    let multipart = with_body(request("POST", &format!("{path}=multipart"), "modify"), kind, related);
    assert_eq!(client.ask(&multipart).status, 200);
    assert!(client.gmail.sent().iter().all(|sent| sent.raw.ends_with(b"\r\n\r\nLoad")));
    assert_eq!(client.gmail.send_count(), 2);
    client.end();
}

#[test]
fn a_lost_answer_hides_a_send_that_happened() {
    let mut client = Client::empty();
    client.gmail.lose_answer("messages.send", 503, 1);
    let body = json!({"raw": base64url("To: b@example.org\r\nMessage-ID: <once@x>\r\n\r\n")});
    assert_eq!(client.call("POST", "/messages/send", body).0, 503);
    assert_eq!(client.found("rfc822msgid:once@x"), 1);
    client.end();
}

#[test]
fn import_takes_the_date_of_the_header_and_insert_the_clock() {
    let mut client = Client::empty();
    let raw = base64url("To: a@b.c\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n");
    let body = json!({"raw": raw, "labelIds": ["INBOX"]});
    let date = |client: &mut Client, answer: &Value| {
        let id = answer["id"].as_str().unwrap().to_string();
        client.get(&format!("/messages/{id}?fields=internalDate"))["internalDate"].clone()
    };
    let imported = client.post("/messages/import", body.clone());
    assert_eq!(date(&mut client, &imported), "1767225600000");
    let inserted = client.post("/messages", body);
    assert_eq!(date(&mut client, &inserted), (BASE_TIME + 1000).to_string());
    client.end();
}

#[test]
fn a_draft_keeps_its_id_and_ends_with_the_send() {
    let mut client = Client::empty();
    let message =
        |body: &str| json!({"message": {"raw": base64url(&format!("To: b@example.org\r\n\r\n{body}"))}});
    let draft = client.post("/drafts", message("one"));
    let id = draft["id"].as_str().unwrap().to_string();
    let (status, updated) = client.call("PUT", &format!("/drafts/{id}"), message("two"));
    assert_eq!((status, &updated["id"]), (200, &draft["id"]));
    assert_ne!(updated["message"]["id"], draft["message"]["id"]);
    assert_eq!(client.get("/drafts")["drafts"].as_array().unwrap().len(), 1);
    let label = json!({"addLabelIds": ["STARRED"]});
    let message_id = updated["message"]["id"].as_str().unwrap().to_string();
    assert_eq!(client.refusal("POST", &format!("/messages/{message_id}/modify"), label).0, 400);
    assert_eq!(client.get(&format!("/drafts/{id}?format=minimal"))["message"]["labelIds"], json!(["DRAFT"]));
    let sent = client.post("/drafts/send", json!({"id": id}));
    assert_eq!(sent["labelIds"], json!(["SENT"]));
    assert!(client.gmail.sent()[0].raw.ends_with(b"two"));
    assert_eq!(client.get("/drafts"), json!({"resultSizeEstimate": 0}));
    assert_eq!(client.call("DELETE", &format!("/drafts/{id}"), Value::Null).0, 404);
    assert!(client.gmail.draft_ids().is_empty());
    client.end();
}

#[test]
fn history_lists_what_has_changed_since() {
    let mut client = Client::empty();
    let start = client.gmail.history_id();
    assert_eq!(
        client.get(&format!("/history?startHistoryId={start}")),
        json!({"historyId": start.to_string()})
    );
    let id = client.gmail.add_raw(&letter("b@example.org", "new", "x"), &["INBOX", "UNREAD"]);
    client.post(&format!("/messages/{id}/modify"), json!({"removeLabelIds": ["UNREAD"]}));
    client.post(&format!("/messages/{id}/trash"), Value::Null);
    let all = client.get(&format!("/history?startHistoryId={start}"));
    let kinds = ["messagesAdded", "labelsRemoved", "labelsAdded", "labelsRemoved"];
    for (record, kind) in all["history"].as_array().unwrap().iter().zip(kinds) {
        assert_eq!(record[kind][0]["message"]["id"], id.as_str(), "{record}");
    }
    let added =
        client.get(&format!("/history?startHistoryId={start}&historyTypes=messageAdded&labelId=INBOX"));
    assert_eq!(added["history"].as_array().unwrap().len(), 1);
    let page = client.get(&format!("/history?startHistoryId={start}&maxResults=3"));
    let rest =
        format!("/history?startHistoryId={start}&pageToken={}", page["nextPageToken"].as_str().unwrap());
    assert_eq!(client.get(&rest)["history"].as_array().unwrap().len(), 1);
    client.gmail.history_floor = start + 1;
    assert_eq!(client.call("GET", &format!("/history?startHistoryId={start}"), Value::Null).0, 404);
    client.end();
}
