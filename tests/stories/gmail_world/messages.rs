//! Messages as trees of parts, their attachments, threads and search.

use serde_json::{Value, json};

use super::{Client, decoded, letter};
use crate::sandbox::gmail::BASE_TIME;

/// Queries, and how many messages of the searchable mailbox they find.
const SEARCHES: &[(&str, usize)] = &[
    ("", 3),
    ("pizza", 1),
    ("pizza in:anywhere", 2),
    ("in:spam", 1),
    ("from:alice", 1),
    ("from:ali", 0),
    ("from:example.org", 2),
    ("from:alice@example.org", 1),
    ("from:me", 1),
    ("to:me", 2),
    ("to:carol", 1),
    ("cc:carol@example.net", 1),
    ("subject:(dinner movie)", 1),
    ("subject:(movie invoice)", 0),
    ("subject:{movie invoice}", 2),
    ("subject:\"a movie\"", 1),
    ("subject:\"movie dinner\"", 0),
    ("\"pay soon\"", 1),
    ("pay today", 1),
    ("from:alice OR from:bob", 2),
    ("{from:alice from:bob}", 2),
    ("from:(alice OR bob) is:unread", 1),
    ("-from:alice", 2),
    ("-(from:alice pizza)", 2),
    ("-{from:alice from:bob}", 1),
    ("is:unread", 1),
    ("is:read", 2),
    ("is:starred is:important", 1),
    ("in:inbox", 2),
    ("in:sent", 1),
    ("label:reise---urlaub", 1),
    ("label:\"Reise & Urlaub\"", 1),
    ("has:userlabels", 1),
    ("category:updates", 1),
    ("category:primary", 2),
    ("has:attachment", 1),
    ("filename:pdf", 1),
    ("filename:bill-42.pdf", 1),
    ("larger:1M", 0),
    ("smaller:1M", 3),
    ("size:10", 3),
    ("newer_than:2d", 1),
    ("older_than:1y", 1),
    ("after:2026/11/01", 1),
    ("before:2026/11/01", 2),
    ("after:11/01/2026", 1),
    ("after:1795089600000", 0),
    ("rfc822msgid:dinner@x", 1),
    ("rfc822msgid:<dinner@x>", 1),
    ("list:food.lists.example", 1),
    ("SINCE 01-Jan-2025", 0),
    ("http://pizza", 0),
    ("会議", 1),
    ("議会", 0),
    (") pizza (", 1),
];

fn a_searchable_mailbox() -> Client {
    let mut client = Client::empty();
    let day = 86_400_000;
    let mut add = |raw: &str, labels: &[&str], days_ago: i64| {
        client.gmail.add_raw_at(raw.as_bytes(), labels, BASE_TIME - days_ago * day);
    };
    add(
        "From: Alice Example <alice@example.org>\r\nTo: ada@example.com\r\nCc: carol@example.net\r\n\
         Subject: Dinner and a movie\r\nMessage-ID: <dinner@x>\r\nList-Id: <food.lists.example>\r\n\r\nPizza tonight?\r\n",
        &["INBOX", "UNREAD", "Reise & Urlaub"],
        1,
    );
    add(
        "From: Bob <bob@example.org>\r\nTo: Ada <ada@example.com>\r\nSubject: Invoice 42\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nPlease pay soon, ideally today.\r\n--b\r\n\
         Content-Type: application/pdf; name=\"bill-42.pdf\"\r\n\r\n%PDF\r\n--b--\r\n",
        &["INBOX", "STARRED", "IMPORTANT", "CATEGORY_UPDATES"],
        40,
    );
    add("From: spam@evil.example\r\nTo: ada@example.com\r\nSubject: Pizza\r\n\r\nCheap\r\n", &["SPAM"], 3);
    add("From: ada@example.com\r\nTo: bob@example.org\r\nSubject: 会議の予定\r\n\r\nOk\r\n", &["SENT"], 400);
    client
}

#[test]
fn a_full_message_is_a_tree_of_parts() {
    let mut client = Client::empty();
    let raw = b"From: =?utf-8?Q?J=C3=B6rg?= <j@example.org>\r\nTo: ada@example.com\r\nSubject: It's\r\n =?utf-8?B?8J+Yig==?=\r\n\
        Content-Type: multipart/mixed; boundary=\"b;1\"\r\n\r\npreamble\r\n--b;1\r\n\
        Content-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe & 'so'=\r\n\r\n--b2\r\nContent-Type: text/html\r\n\r\n\
        <p>Hi</p>\r\n--b2--\r\n--b;1\r\nContent-Type: application/pdf; name=a.pdf\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nSGVs\r\nbG8=\r\n--b;1\r\nContent-Type: text/plain\r\n\
        Content-Disposition: attachment; filename*=UTF-8''n%C3%B6te.txt\r\n\r\nNote\r\n--b;1\r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nInside\r\n--b;1--\r\n";
    let id = client.gmail.add_raw(raw, &["INBOX"]);
    let message = client.get(&format!("/messages/{id}"));
    let parts = &message["payload"]["parts"];
    assert_eq!(message["payload"]["partId"], "");
    assert_eq!(message["payload"]["headers"][0]["value"], "Jörg <j@example.org>");
    assert_eq!(message["payload"]["headers"][2]["value"], "It's 😊");
    assert_eq!(parts[0]["parts"][0]["partId"], "0.0");
    assert_eq!(decoded(&parts[0]["parts"][0]["body"]["data"]), "Grüße & 'so'".as_bytes());
    assert_eq!(parts[1]["filename"], "a.pdf");
    assert_eq!(parts[1]["body"]["size"], 5);
    assert_eq!(parts[2]["filename"], "nöte.txt");
    assert!(parts[2]["body"]["attachmentId"].is_string());
    assert_eq!(parts[3]["parts"][0]["headers"][0]["value"], "inner");
    assert_eq!(parts[3]["parts"][0]["partId"], "3.0");
    assert_eq!(message["snippet"], "Grüße &amp; &#39;so&#39;");
    assert_eq!(decoded(&client.get(&format!("/messages/{id}?format=raw"))["raw"]), raw);
    assert!(client.get(&format!("/messages/{id}?format=minimal"))["payload"].is_null());
    client.end();
}

#[test]
fn charsets_are_converted_only_if_the_switch_says_so() {
    let mut client = Client::empty();
    let raw =
        b"To: ada@example.com\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xd2\xc9\xd7\xc5\xd4";
    let id = client.gmail.add_raw(raw, &[]);
    let converted = client.get(&format!("/messages/{id}"));
    assert_eq!(decoded(&converted["payload"]["body"]["data"]), "Привет".as_bytes());
    client.gmail.convert_charsets = false;
    let kept = client.get(&format!("/messages/{id}"));
    assert_eq!(decoded(&kept["payload"]["body"]["data"]), b"\xf0\xd2\xc9\xd7\xc5\xd4");
    client.end();
}

#[test]
fn attachment_ids_change_and_the_old_ones_stay_valid() {
    let mut client = Client::empty();
    client.gmail.inline_limit = 10;
    let id = client.gmail.add_raw(b"To: ada@example.com\r\n\r\nA body of more than ten bytes", &[]);
    let fetch = |client: &mut Client| {
        let message = client.get(&format!("/messages/{id}?fields=payload"));
        message["payload"]["body"]["attachmentId"].as_str().unwrap().to_string()
    };
    let (first, second) = (fetch(&mut client), fetch(&mut client));
    assert_ne!(first, second);
    for attachment in [first, second] {
        let body = client.get(&format!("/messages/{id}/attachments/{attachment}"));
        assert_eq!(body["size"], 29);
        assert_eq!(decoded(&body["data"]), b"A body of more than ten bytes");
    }
    assert_eq!(client.call("GET", &format!("/messages/{id}/attachments/xyz"), Value::Null).0, 400);
    client.end();
}

#[test]
fn a_ready_made_resource_is_served_as_it_is() {
    let mut client = Client::empty();
    let payload = json!({"mimeType": "text/plain", "headers": [{"name": "Subject", "value": "odd"}],
        "body": {"attachmentId": "given", "size": 3}});
    let id = client.gmail.add_payload(json!({"labelIds": ["INBOX"], "snippet": "s", "payload": payload}));
    client.gmail.add_attachment("given", b"abc");
    assert_eq!(client.get(&format!("/messages/{id}"))["payload"], payload);
    assert_eq!(client.get(&format!("/messages/{id}/attachments/given"))["data"], "YWJj");
    assert_eq!(client.found("subject:odd"), 1);
    client.end();
}

#[test]
fn threads_are_listed_by_their_newest_message_and_changed_as_one() {
    let mut client = Client::empty();
    let first = client.gmail.add_raw(&letter("b@example.org", "Plans", "1"), &["INBOX"]);
    client.gmail.add_raw(&letter("c@example.org", "Other", "2"), &["INBOX"]);
    let reply = b"From: b@example.org\r\nTo: ada@example.com\r\nSubject: Re: Plans\r\nReferences: <Plans@x>\r\n\r\n3\r\n";
    client.gmail.add_raw(reply, &["INBOX"]);
    let list = client.get("/threads?maxResults=1");
    assert_eq!(list["threads"][0]["id"], first.as_str());
    assert_eq!(list["threads"][0]["snippet"], "3");
    let next = format!("/threads?pageToken={}", list["nextPageToken"].as_str().unwrap());
    let rest = client.get(&next);
    assert_eq!(rest["threads"].as_array().unwrap().len(), 1);
    let thread = client.get(&format!("/threads/{first}?format=metadata&metadataHeaders=Subject"));
    assert_eq!(thread["messages"][1]["payload"]["headers"][0]["value"], "Re: Plans");
    client.post(&format!("/threads/{first}/modify"), json!({"removeLabelIds": ["INBOX"]}));
    assert_eq!(client.found("in:inbox"), 1);
    client.post(&format!("/threads/{first}/trash"), Value::Null);
    assert_eq!((client.found("in:trash"), client.found("")), (2, 1));
    assert_eq!(client.gmail.messages().iter().filter(|stored| stored.thread_id == first).count(), 2);
    client.post(&format!("/threads/{first}/untrash"), Value::Null);
    assert_eq!(client.found("in:archive"), 2);
    client.end();
}

#[test]
fn search_understands_gmails_operators() {
    let mut client = a_searchable_mailbox();
    for (q, expected) in SEARCHES {
        assert_eq!(client.found(q), *expected, "{q}");
    }
    let day = 86_400;
    let alice = BASE_TIME / 1000 - day;
    assert_eq!(client.found(&format!("after:{} before:{}", alice - 1, alice + 1)), 1);
    client.gmail.set_now(BASE_TIME + 10 * 86_400_000);
    assert_eq!(client.found("newer_than:2d"), 0);
    client.end();
}

#[test]
fn spam_and_trash_show_up_only_when_asked_for() {
    let mut client = a_searchable_mailbox();
    let count = |client: &mut Client, query: &str| {
        client.get(&format!("/messages?{query}"))["messages"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count(&mut client, "maxResults=50"), 3);
    assert_eq!(count(&mut client, "includeSpamTrash=true"), 4);
    assert_eq!(count(&mut client, "labelIds=SPAM"), 1);
    assert_eq!(count(&mut client, "labelIds=INBOX&labelIds=STARRED"), 1);
    assert_eq!(
        client.refusal("GET", "/messages?labelIds=Inbox", Value::Null),
        (400, "Invalid label: Inbox".into())
    );
    client.end();
}
