//! The mailbox that every world starts with.

use serde_json::{Value, json};

use super::{Client, decoded};
use crate::sandbox::gmail::Gmail;

/// The first part of that type without parts of its own, as a client sees it.
fn leaf<'a>(part: &'a Value, kind: &str) -> Option<&'a Value> {
    let children = part["parts"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    if part["mimeType"] == kind && children.is_empty() {
        return Some(part);
    }
    children.iter().find_map(|child| leaf(child, kind))
}

fn payload_of(client: &mut Client, subject: &str) -> Value {
    let id = client.gmail.id_of_subject(subject).unwrap_or_else(|| panic!("no message `{subject}`"));
    client.get(&format!("/messages/{id}"))["payload"].clone()
}

#[test]
fn the_mailbox_is_the_same_for_the_same_seed() {
    let listing =
        |seed| Gmail::new(seed).messages().into_iter().map(|m| (m.id, m.labels, m.raw)).collect::<Vec<_>>();
    let first = listing(7);
    assert!((300..360).contains(&first.len()), "{} messages", first.len());
    assert!(first == listing(7));
    assert!(first != listing(8));
}

#[test]
fn every_message_of_the_mailbox_can_be_served_in_every_format() {
    let mut client = Client::new();
    for stored in client.gmail.messages() {
        for format in ["full", "metadata", "minimal"] {
            client.get(&format!("/messages/{}?format={format}", stored.id));
        }
        let raw = client.get(&format!("/messages/{}?format=raw", stored.id));
        assert_eq!(decoded(&raw["raw"]), stored.raw);
    }
    client.end();
}

#[test]
fn the_mailbox_has_something_for_every_folder() {
    let mut client = Client::new();
    let least = [
        ("in:inbox", 60),
        ("in:sent", 20),
        ("in:drafts", 4),
        ("in:spam", 5),
        ("in:trash", 5),
        ("in:archive", 50),
        ("is:unread", 20),
        ("is:starred", 5),
        ("has:attachment", 40),
        ("label:work-invoices", 5),
        ("label:reise---urlaub", 2),
        ("label:ünïcode", 2),
        ("category:promotions", 10),
    ];
    for (q, at_least) in least {
        assert!(client.found(q) >= at_least, "{q}: {}", client.found(q));
    }
    let names = client.gmail.label_names();
    for name in ["INBOX", "Work", "Work/Invoices", "Reise & Urlaub", "Ünïcode"] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
    let work = client.gmail.label_id("Work").unwrap();
    assert_eq!(client.get(&format!("/labels/{work}"))["name"], "Work");
    client.end();
}

#[test]
fn foreign_messages_are_served_in_utf8_with_their_declared_charset() {
    let mut client = Client::new();
    let letters = [
        ("会議の予定", "iso-2022-jp", "東京本社"),
        ("合同确认", "gb18030", "请在周五之前确认"),
        ("Чертежи машины", "koi8-r", "Машина работает"),
        ("表示テスト", "shift_jis", "ソフト機能"),
        ("Fähre nach Föhr", "utf-8", "heißt „Größe“"),
        ("L’été à Nîmes", "windows-1252", "cœur de l’œuvre"),
        ("UTF-8 labelled windows-1252", "windows-1252", "cœur de l’œuvre"),
    ];
    for (subject, charset, words) in letters {
        let payload = payload_of(&mut client, subject);
        let text = String::from_utf8(decoded(&payload["body"]["data"])).unwrap();
        assert!(text.contains(words), "{subject}: {text}");
        let declared =
            payload["headers"].as_array().unwrap().iter().find(|h| h["name"] == "Content-Type").unwrap();
        assert!(declared["value"].as_str().unwrap().contains(charset), "{declared}");
    }
    let broken = payload_of(&mut client, "windows-1252 labelled UTF-8");
    assert!(String::from_utf8(decoded(&broken["body"]["data"])).is_err(), "left as the sender wrote it");
    client.end();
}

#[test]
fn a_body_of_two_megabytes_has_an_attachment_id() {
    let mut client = Client::new();
    let payload = payload_of(&mut client, "Nightly build log");
    assert!(payload["body"]["data"].is_null());
    assert!(payload["body"]["size"].as_u64().unwrap() > 1_500_000);
    assert_eq!(payload["filename"], "");
    client.end();
}

#[test]
fn odd_messages_are_served_as_they_are() {
    let mut client = Client::new();
    let nested = payload_of(&mut client, "Trip photos");
    assert_eq!(leaf(&nested, "image/png").unwrap()["partId"], "0.1");
    let notes = payload_of(&mut client, "Notes before the letter");
    assert_eq!(notes["parts"][0]["filename"], "notes.txt");
    let forwarded = payload_of(&mut client, "Fwd: The inner letter");
    assert_eq!(forwarded["parts"][1]["parts"][0]["mimeType"], "text/plain");
    let ansi = client.gmail.id_of_subject("\u{1b}[5mthere").unwrap();
    assert!(client.gmail.message(&ansi).is_some());
    let leftover = payload_of(&mut client, "still encoded");
    assert!(leftover["headers"].to_string().contains("=?utf-8?Q?Gr=C3=BC=C3=9Fe?="));
    let chaos = payload_of(&mut client, "Line ends of all kinds");
    assert!(decoded(&chaos["body"]["data"]).starts_with(b"one\ntwo\r\nthree\r"));
    let name = payload_of(&mut client, "A long file name");
    assert_eq!(name["parts"][1]["filename"], "Übersicht der Zahnräder 2026.pdf");
    let unfinished = payload_of(&mut client, "Unfinished");
    assert_eq!(unfinished["parts"].as_array().unwrap().len(), 2);
    let scan = payload_of(&mut client, "Scan from the office printer");
    assert!(scan["body"]["attachmentId"].is_string());
    let flowing = client.gmail.id_of_subject("entities").unwrap();
    let snippet = client.get(&format!("/messages/{flowing}"))["snippet"].as_str().unwrap().to_string();
    assert!(snippet.starts_with("It&#39;s Tom &amp; Jerry"), "{snippet}");
    client.end();
}

#[test]
fn conversations_of_the_mailbox_are_threads() {
    let mut client = Client::new();
    let last = client.gmail.id_of_subject("Re: Notes on the engine").unwrap();
    let thread = client.gmail.message(&last).unwrap().thread_id;
    let thread = client.get(&format!("/threads/{thread}?format=minimal"));
    assert_eq!(thread["messages"].as_array().unwrap().len(), 4);
    client.end();
}

#[test]
fn drafts_of_the_mailbox_can_be_sent() {
    let mut client = Client::new();
    let drafts = client.get("/drafts")["drafts"].as_array().unwrap().clone();
    assert_eq!(drafts.len(), 4);
    let outcomes =
        drafts.iter().map(|draft| client.call("POST", "/drafts/send", json!({"id": draft["id"]})).0);
    let mut outcomes: Vec<u16> = outcomes.collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [200, 200, 200, 400], "one draft has no recipient");
    client.end();
}

#[test]
fn a_hundred_thousand_messages_are_listed_quickly() {
    let mut client = Client::empty();
    client.gmail.bulk(100_000);
    let page = client.get("/messages?maxResults=500&labelIds=INBOX");
    assert_eq!(page["messages"].as_array().unwrap().len(), 500);
    let id = page["messages"][0]["id"].as_str().unwrap();
    let newest = client.get(&format!("/messages/{id}"));
    assert_eq!(newest["snippet"], "Number 100000.");
    assert_eq!(client.gmail.add_label("Later"), "Label_1");
    client.end();
}
