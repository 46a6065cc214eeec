//! A mail costs memory in proportion to its size, however it is written, and deep nesting is readable.
#![cfg(target_os = "linux")]

use base64::{Engine, prelude::BASE64_URL_SAFE};
use serde_json::{Value, json};

use crate::{
    kit::{User, for_each_in_parallel},
    sandbox::{Fault, GMAIL_HOST},
};

/// Peak memory of a debug build that reads a line of HTML with a style, in kB, with some room.
const BASE: u64 = 38_000;
const BODY: usize = 2 << 20;

fn leaf(kind: &str, text: &str) -> Value {
    json!({"partId": "0", "mimeType": kind, "filename": "", "headers": [],
        "body": {"size": text.len(), "data": BASE64_URL_SAFE.encode(text)}})
}

/// The peak of reading a message with this payload, in kB, and the message.
fn read(payload: Value) -> (u64, Value) {
    let user = User::signed_in();
    let id = user.world.gmail(|gmail| gmail.add_payload(json!({"labelIds": ["INBOX"], "payload": payload})));
    let (done, peak) = user.run(&["read", &id, "--timeout", "600"]).with_peak_memory();
    assert_eq!(done.code, 0, "{}", done.stderr);
    (peak, done.json())
}

#[test]
fn a_body_costs_less_than_twelve_times_its_size() {
    let filled = |unit: &str| unit.repeat(BODY / unit.len());
    let bodies = [
        ("text/html", filled("<b>")),
        ("text/html", filled("<p>")),
        ("text/html", filled("<div>x")),
        ("text/html", filled("<a href=x>")),
        ("text/html", filled("<a href='https://a.example/x'>y</a>")),
        ("text/html", filled("&amp;")),
        ("text/html", filled("<table><tr><td>x")),
        ("text/html", filled("<ul><li>x")),
        ("text/html", filled("<blockquote>x<br>")),
        ("text/html", format!("<style>{}</style>x", filled("a.b,c d{color:red}"))),
        ("text/html", format!("<p title='{}'>x", filled("t"))),
        ("text/html", format!("<p style='{}'>x", filled("color:red;"))),
        ("text/html", (0..BODY / 16).map(|n| format!("<x{n:x}></y{n:x}>")).collect()),
        ("text/html", (0..BODY / 16).map(|n| format!("<p class=c{n:x}>")).collect()),
        ("text/html", filled("<!-- c -->")),
        ("text/html", filled("words ")),
        ("text/plain", filled("> ")),
        ("text/plain", filled("words\r\n")),
        ("text/plain", filled("\u{200b}\u{e0041}")),
    ];
    for_each_in_parallel(bodies, |(kind, body)| {
        let (peak, _) = read(leaf(kind, &body));
        let most = BASE + 12 * body.len() as u64 / 1024;
        let start: String = body.chars().take(40).collect();
        assert!(peak < most, "{peak} of {most} kB: {start}");
    });
}

#[test]
fn branches_that_are_compared_and_summaries_cost_no_more() {
    let filled = |unit: &str| unit.repeat(BODY / unit.len());
    let words: String = (0..BODY / 16).map(|n| format!("w{n:06x} ")).collect();
    let signs: String = (0..BODY / 6).filter_map(|n| char::from_u32(0x4e00 + n as u32 % 20_000)).collect();
    let both = |text: &str| json!({"mimeType": "multipart/alternative", "headers": [], "parts": [leaf("text/plain", text), leaf("text/html", text)]});
    let payloads = [
        both(&words),
        both(&signs),
        leaf("text/calendar", &filled("BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n")),
        leaf("text/calendar", &filled("BEGIN:VTIMEZONE\nA:\n")),
        leaf("text/calendar", &format!("BEGIN:VEVENT\n{}", filled("ATTENDEE:\n"))),
        leaf("message/delivery-status", &filled("a:\n")),
        leaf("message/delivery-status", &filled("Final-Recipient:x\n\n")),
        leaf("text/enriched", &filled("<b>\n")),
    ];
    for_each_in_parallel(payloads, |payload| {
        let (peak, _) = read(payload.clone());
        let most = BASE + 12 * payload.to_string().len() as u64 * 3 / 4 / 1024;
        assert!(peak < most, "{peak} of {most} kB: {:.300}", payload.to_string());
    });
}

#[test]
fn many_parts_headers_and_addresses_cost_no_more_than_their_size() {
    let header = |name: &str, value: String| json!({"name": name, "value": value});
    let addresses: Vec<String> = (0..10_000).map(|n| format!("Person {n} <p{n}@example.com>")).collect();
    let parts: Vec<Value> = (0..20_000).map(|n| json!({"partId": n.to_string(), "mimeType": "text/plain", "body": {"size": 1, "data": "eA=="}})).collect();
    let lines: Vec<Value> = (0..20_000).map(|n| header("X-Line", format!("value {n}"))).collect();
    for_each_in_parallel(
        [
            json!({"mimeType": "multipart/mixed", "headers": [], "parts": parts}),
            json!({"mimeType": "text/plain", "headers": lines, "body": {"size": 1, "data": "eA=="}}),
            json!({"mimeType": "text/plain", "headers": [header("To", addresses.join(", "))], "body": {"size": 1, "data": "eA=="}}),
            json!({"mimeType": "text/plain", "headers": [header("Subject", "s".repeat(1 << 20))], "body": {"size": 1, "data": "eA=="}}),
        ],
        |payload| {
            let size = payload.to_string().len() as u64 / 1024;
            let (peak, message) = read(payload);
            assert!(peak < BASE + 24 * size, "{peak} kB for {size} kB");
            assert!(message["body"].as_str().unwrap().starts_with('x'), "{}", message["body"]);
        },
    );
}

#[test]
fn a_part_that_is_nested_more_deeply_than_any_program_nests_is_read() {
    let nested = |depth: usize| {
        (0..depth).fold(leaf("text/plain", "found"), |inner, _| {
            json!({"partId": "", "mimeType": "multipart/mixed", "headers": [], "body": {"size": 0}, "parts": [inner]})
        })
    };
    for depth in [63, 64, 100, 200] {
        assert_eq!(read(nested(depth)).1["body"], "found", "{depth}");
    }
    // No text can be parsed into a tree of any depth, but every text has an answer.
    let user = User::signed_in();
    for depth in [300, 10_000, 1_000_000] {
        let deep =
            format!(r#"{{"id":"1","payload":{}7{}}}"#, r#"{"parts":["#.repeat(depth), "]}".repeat(depth));
        let answer = Fault::on(GMAIL_HOST).status(200, &[("Content-Type", "application/json")], deep);
        user.world.fault(answer);
        let error = user.run(&["read", "18c9f2a4b5d6e7f8"]).fails(1);
        assert!(error["message"].as_str().unwrap().contains("nested"), "{error}");
    }
}
