//! Message resources, and what a person sees of them.

mod alternatives;
mod headers;
mod messages;
mod names;
mod reports;

use base64::{Engine, prelude::BASE64_URL_SAFE};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{BodyKind, Border, ReadOptions, Row, attachments, fill, header, missing};

const TEXT: ReadOptions = ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };

/// A part with a body as the API returns it: without transfer encoding, in base64url.
fn leaf(content_type: &str, body: impl AsRef<[u8]>) -> Value {
    let body = body.as_ref();
    json!({
        "mimeType": content_type.split(';').next(),
        "filename": "",
        "headers": [{"name": "Content-Type", "value": content_type}],
        "body": {"size": body.len(), "data": BASE64_URL_SAFE.encode(body)},
    })
}

fn plain(body: &str) -> Value {
    leaf("text/plain; charset=utf-8", body)
}

fn html(body: &str) -> Value {
    leaf("text/html; charset=utf-8", body)
}

fn multi(kind: &str, parts: Vec<Value>) -> Value {
    json!({"mimeType": format!("multipart/{kind}"), "filename": "", "headers": [], "body": {"size": 0}, "parts": parts})
}

fn with_header(mut part: Value, name: &str, value: &str) -> Value {
    part["headers"].as_array_mut().unwrap().push(json!({"name": name, "value": value}));
    part
}

fn attached(name: &str, mut part: Value) -> Value {
    part["filename"] = name.into();
    with_header(part, "Content-Disposition", &format!("attachment; filename=\"{name}\""))
}

/// A body that is too large to be in the resource.
fn elsewhere(mut part: Value, attachment_id: &str) -> Value {
    part["body"].as_object_mut().unwrap().remove("data");
    part["body"]["attachmentId"] = attachment_id.into();
    part
}

fn number(part: &mut Value, id: &str) {
    let Some(members) = part.as_object_mut() else { return };
    members.insert("partId".into(), id.into());
    for (index, child) in part["parts"].as_array_mut().into_iter().flatten().enumerate() {
        let id = if id.is_empty() { index.to_string() } else { format!("{id}.{index}") };
        number(child, &id);
    }
}

fn mail(mut payload: Value) -> Value {
    number(&mut payload, "");
    for (name, value) in [
        ("From", "Bob <bob@example.org>"),
        ("To", "ada@example.com"),
        ("Subject", "Invoice"),
        ("Date", "Thu, 1 Jan 2026 00:00:00 +0000"),
    ] {
        payload["headers"].as_array_mut().unwrap().push(json!({"name": name, "value": value}));
    }
    json!({
        "id": "18c9f2a4b5d6e7f8",
        "threadId": "18c9f2a4b5d6e7f0",
        "labelIds": ["UNREAD", "INBOX"],
        "snippet": "Your invoice is ready",
        "internalDate": "1767225600000",
        "sizeEstimate": 48213,
        "payload": payload,
    })
}

/// The JSON of a message.
fn message(resource: &Value, options: &ReadOptions) -> Value {
    serde_json::to_value(super::message(resource, options)).unwrap()
}

fn snippet_of(message: &Value) -> String {
    Border::new(message).snippet()
}

/// The JSON of a row.
fn row(resource: &Value) -> Value {
    serde_json::to_value(Row::of(resource, true)).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_python_keys_come_first_and_in_their_order() {
    let read = message(&mail(plain("Hello")), &TEXT);
    assert_eq!(
        keys(&read),
        [
            "uid",
            "thread_id",
            "from",
            "to",
            "cc",
            "subject",
            "date",
            "labels",
            "snippet",
            "body",
            "body_type",
            "message_id",
            "in_reply_to",
            "references",
            "reply_to",
            "internal_date",
            "size",
            "attachments",
            "untrusted",
        ]
    );
    assert_eq!(read["uid"], "18c9f2a4b5d6e7f8");
    assert_eq!(read["thread_id"], "18c9f2a4b5d6e7f0");
    assert_eq!(read["from"], "Bob <bob@example.org>");
    assert_eq!(read["cc"], "");
    assert_eq!(read["labels"], json!(["UNREAD", "INBOX"]));
    assert_eq!(read["internal_date"], "2026-01-01T00:00:00Z");
    assert_eq!(read["size"], 48213);
}

#[test]
fn a_row_begins_with_the_python_keys() {
    let row_of_mail = row(&mail(plain("Hello")));
    let python = ["uid", "from", "subject", "date", "snippet", "labels"];
    assert_eq!(keys(&row_of_mail)[..6], python);
    assert_eq!(keys(&row_of_mail)[6..], ["thread_id", "internal_date", "unread", "untrusted", "to", "in"]);
    assert_eq!(row_of_mail["unread"], true);
    assert_eq!(row(&json!({"id": "1"}))["unread"], false);
}

#[test]
fn untrusted_names_the_members_that_the_sender_controls() {
    let mut mail = mail(plain("Hello"));
    let read = message(&mail, &TEXT);
    assert_eq!(read["untrusted"], json!(["from", "to", "subject", "date", "snippet", "body"]));
    mail["payload"] = multi("mixed", vec![html(""), attached("a.pdf", leaf("application/pdf", "x"))]);
    mail["snippet"] = "".into();
    let read = message(&mail, &ReadOptions { headers: true, ..TEXT });
    assert_eq!(read["untrusted"], json!(["attachments"]));
}

#[test]
fn a_snippet_is_cut_without_being_counted_or_decoded() {
    let flag = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
    for end in [flag, "👩\u{200d}💻", "❤\u{fe0f}"] {
        for width in 193..=200 {
            let text = format!("{}{end} end", "a".repeat(width));
            let read = message(&mail(plain(&text)), &TEXT);
            assert_eq!((&read["body"], read.get("removed")), (&json!(text), None), "{width}");
            let snippet = read["snippet"].as_str().unwrap();
            assert!(snippet.starts_with(&"a".repeat(193)) && snippet.chars().count() <= 200, "{snippet}");
        }
    }
    let literal = "Write =?utf-8?B?SGVsbG8=?=\nfor Hello";
    let read = message(&mail(plain(literal)), &TEXT);
    assert_eq!(read["snippet"], literal.replace('\n', " "));
}

#[test]
fn headers_are_returned_on_request_and_bcc_if_there_is_one() {
    let mail = mail(with_header(plain("x"), "BCC", "carl@example.net"));
    assert!(message(&mail, &TEXT).get("headers").is_none());
    let read = message(&mail, &ReadOptions { headers: true, ..TEXT });
    assert_eq!(read["bcc"], "carl@example.net");
    assert_eq!(read["headers"][1], json!({"name": "BCC", "value": "carl@example.net"}));
    assert_eq!(read["headers"].as_array().unwrap().len(), 6);
}

#[test]
fn html_is_kept_on_request_and_text_next_to_it_is_wrapped() {
    let options = ReadOptions { body: BodyKind::Html, ..TEXT };
    let both = multi("alternative", vec![plain("Hello"), html("<p>Hallo</p>")]);
    let read = message(&mail(both), &options);
    assert_eq!(read["body_type"], "html");
    assert!(read["body"].as_str().unwrap().contains("<p>Hallo"));
    let read = message(&mail(multi("mixed", vec![html("<p>a</p>"), plain("1 < 2")])), &options);
    assert!(read["body"].as_str().unwrap().contains("1 &lt; 2"));
    let read = message(&mail(plain("Hello")), &options);
    assert_eq!((&read["body_type"], &read["body"]), (&json!("text"), &json!("Hello")));
}

#[test]
fn the_body_can_be_raw_or_omitted() {
    let raw = json!({"id": "1", "raw": BASE64_URL_SAFE.encode("Subject: x\r\n\r\nHello \u{e9}\r\n")});
    let read = message(&raw, &ReadOptions { body: BodyKind::Raw, ..TEXT });
    assert_eq!(read["body_type"], "raw");
    assert_eq!(read["body"], "Subject: x\r\n\r\nHello \u{e9}\r\n");
    let read = message(&mail(plain("Hello")), &ReadOptions { body: BodyKind::None, ..TEXT });
    assert_eq!((&read["body_type"], &read["body"]), (&json!("none"), &json!("")));
}

#[test]
fn a_cut_body_is_marked_and_ends_at_a_near_line_end() {
    let cut = |body: &str, most| {
        let read = message(&mail(plain(body)), &ReadOptions { max_body: Some(most), ..TEXT });
        (read["body"].as_str().unwrap().to_owned(), read["truncated"].clone())
    };
    assert_eq!(cut("Grüße", 5), ("Grüße".into(), Value::Null));
    assert_eq!(cut("Grüße", 4), ("Grüß".into(), json!({"total": 5, "shown": 4})));
    assert_eq!(cut("123456789\n1234", 11), ("123456789\n".into(), json!({"total": 14, "shown": 10})));
    assert_eq!(cut("1\n23456789012", 11).0, "1\n234567890");
    assert_eq!(cut("😀😀", 0), (String::new(), json!({"total": 2, "shown": 0})));
}

#[test]
fn quoted_history_is_folded_unless_requested() {
    let mail = mail(plain("Yes.\n\nOn Monday Ada wrote:\n> one\n> two\n> three\n> four\n"));
    let folded = message(&mail, &ReadOptions { quotes: false, ..TEXT });
    assert!(folded["quoted_lines_folded"].as_u64().unwrap() >= 4);
    assert!(!folded["body"].as_str().unwrap().contains("> two"));
    assert!(message(&mail, &TEXT)["body"].as_str().unwrap().contains("> two"));
}

#[test]
fn a_large_body_is_fetched_and_inserted() {
    let big = elsewhere(plain("x"), "ANGjd1");
    let rich = elsewhere(html("x"), "ANGjd2");
    let mut mail = mail(multi("mixed", vec![multi("alternative", vec![big, rich])]));
    let text = ("0.0".to_owned(), "ANGjd1".to_owned());
    let html = ("0.1".to_owned(), "ANGjd2".to_owned());
    let missing_for = |kind| missing(&mail, &ReadOptions { body: kind, ..TEXT });
    assert_eq!(missing_for(BodyKind::Auto), [text.clone(), html.clone()]);
    assert_eq!(missing_for(BodyKind::Plain), [text]);
    assert_eq!(
        (missing_for(BodyKind::Html), missing_for(BodyKind::HtmlText)),
        (vec![html.clone()], vec![html])
    );
    assert!(missing_for(BodyKind::None).is_empty());
    fill(&mut mail, "0.0", &BASE64_URL_SAFE.encode("A long story"));
    fill(&mut mail, "0.1", &BASE64_URL_SAFE.encode("<p>A long story"));
    fill(&mut mail, "7.7", "AAAA");
    assert!(missing(&mail, &TEXT).is_empty());
    assert_eq!(message(&mail, &TEXT)["body"], "A long story");
}

#[test]
fn a_large_body_without_other_parts_is_inserted_too() {
    let mut mail = mail(elsewhere(plain("x"), "ANGjd1"));
    assert_eq!(missing(&mail, &TEXT), [(String::new(), "ANGjd1".to_owned())]);
    fill(&mut mail, "", &BASE64_URL_SAFE.encode("A long story"));
    assert_eq!(message(&mail, &TEXT)["body"], "A long story");
    assert!(attachments(&mail).is_empty());
}

#[test]
fn attachments_are_listed_with_all_that_is_needed_to_save_them() {
    let image = with_header(leaf("image/png", "png"), "Content-ID", "<logo@example>");
    let body = multi("related", vec![html("<img src=cid:logo@example>"), image]);
    let pdf = elsewhere(attached("invoice.pdf", leaf("application/pdf", "pdf")), "ANGjd3");
    let notes = attached("notes.txt", plain("attached text"));
    let mail = mail(multi("mixed", vec![body, pdf, notes]));
    let rows = message(&mail, &TEXT)["attachments"].clone();
    assert_eq!(
        rows,
        json!([
            {"part_id": "0.1", "filename": "image-1.png", "mime_type": "image/png", "size": 3, "inline": true,
             "content_id": "logo@example"},
            {"part_id": "1", "filename": "invoice.pdf", "mime_type": "application/pdf", "size": 3, "inline": false},
            {"part_id": "2", "filename": "notes.txt", "mime_type": "text/plain", "size": 13, "inline": false},
        ])
    );
    let found = attachments(&mail);
    assert_eq!(found[1].attachment_id.as_deref(), Some("ANGjd3"));
    assert_eq!(found[2].data.as_deref(), Some("YXR0YWNoZWQgdGV4dA=="));
}

#[test]
fn a_part_is_in_the_body_or_an_attachment() {
    let names = |part: Value| {
        let mail = mail(multi("alternative", vec![plain("Hello"), html("<p>Hallo</p>"), part]));
        attachments(&mail).into_iter().map(|a| a.filename).collect::<Vec<_>>()
    };
    assert_eq!(names(leaf("text/calendar", "BEGIN:VCALENDAR")), ["invite.ics"]);
    assert_eq!(names(leaf("text/csv", "1,2")), ["attachment-1.csv"]);
    assert!(names(leaf("text/x-amp-html", "<html amp4email>")).is_empty());
    assert!(names(multi("mixed", vec![])).is_empty());
}

#[test]
fn an_attached_message_is_listed_and_after_it_the_files_within() {
    let inner = multi("mixed", vec![plain("inner text"), attached("a.pdf", leaf("application/pdf", "x"))]);
    let mut forwarded =
        json!({"mimeType": "message/rfc822", "filename": "", "headers": [], "parts": [inner]});
    let names = |forwarded: &Value| {
        let mail = mail(multi("mixed", vec![plain("see below"), forwarded.clone()]));
        let name = |a: crate::gmail::read::Attachment| {
            format!("{}{}", a.filename, a.within.map(|_| " within").unwrap_or_default())
        };
        attachments(&mail).into_iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&forwarded), ["message.eml", "a.pdf"]);
    forwarded["body"] = json!({"attachmentId": "ANGjd4", "size": 2000});
    assert_eq!(names(&forwarded), ["message.eml", "a.pdf within"]);
}

#[test]
fn a_part_that_the_body_shows_is_inline() {
    let inline = |disposition: &str, content_id: bool| {
        let mut part = leaf("image/png", "x");
        if !disposition.is_empty() {
            part = with_header(part, "content-disposition", disposition);
        }
        if content_id {
            part = with_header(part, "Content-Id", "<x@y>");
        }
        attachments(&mail(multi("mixed", vec![part])))[0].inline
    };
    assert!(inline("inline; filename=x.png", false));
    assert!(inline("", true));
    assert!(!inline("", false));
    assert!(!inline("ATTACHMENT", true));
}

#[test]
fn a_body_may_be_in_either_base64_alphabet_with_or_without_padding() {
    let mut mail = mail(plain(""));
    for data in ["4oKsPz4_", "4oKsPz4/", "4oKs\r\nPz4_", "4oKsPz4_4"] {
        mail["payload"]["body"]["data"] = data.into();
        assert_eq!(message(&mail, &TEXT)["body"], "€?>?", "{data}");
    }
    for data in ["SGVsbG8=", "SGVsbG8"] {
        mail["payload"]["body"]["data"] = data.into();
        assert_eq!(message(&mail, &TEXT)["body"], "Hello", "{data}");
    }
}

#[test]
fn times_may_be_strings_numbers_or_missing() {
    let date = |date: Value| row(&json!({"internalDate": date}))["internal_date"].clone();
    assert_eq!(date(json!("1767225600123")), "2026-01-01T00:00:00.123Z");
    assert_eq!(date(json!(1_767_225_600_000_i64)), "2026-01-01T00:00:00Z");
    assert_eq!(date(json!("soon")), Value::Null);
    assert_eq!(date(json!("9223372036854775807")), Value::Null);
}

#[test]
fn ten_thousand_levels_are_cut() {
    let mut payload = plain("too deep");
    for _ in 0..10_000 {
        let mut outer = multi("mixed", vec![]);
        outer["parts"] = Value::Array(vec![payload]);
        payload = outer;
    }
    let mut mail = json!({});
    mail["payload"] = payload;
    assert_eq!(message(&mail, &TEXT)["body"], "");
    fill(&mut mail, "nowhere", "");
    // The value is taken apart level by level, since its destructor recurses.
    let mut rest = std::mem::take(&mut mail["payload"]);
    while let Some(part) = rest["parts"].get_mut(0).map(std::mem::take) {
        rest = part;
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[A-Za-z0-9+/=_-]{0,24}".prop_map(Value::from),
        prop_oneof![
            Just("text/plain"),
            Just("text/html"),
            Just("multipart/alternative"),
            Just("text/calendar"),
            Just("message/rfc822"),
            Just("application/pkcs7-mime"),
            Just("Content-Type"),
            Just("text/plain; charset=iso-2022-jp; format=flowed"),
            Just("=?utf-8?Q?=C3?= =?utf-8?Q?=A4"),
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let key = prop_oneof![
            Just("payload"),
            Just("parts"),
            Just("body"),
            Just("data"),
            Just("headers"),
            Just("name"),
            Just("value"),
            Just("mimeType"),
            Just("filename"),
            Just("partId"),
            Just("attachmentId"),
            Just("size"),
            Just("snippet"),
            Just("labelIds"),
            Just("internalDate"),
            Just("raw"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..8).prop_map(|members| {
                Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

fn read_everything(mut value: Value) {
    use BodyKind::{Auto, Html, HtmlText, None as Nothing, Plain, Raw};
    for body in [Auto, Plain, HtmlText, Html, Raw, Nothing] {
        let options = ReadOptions { body, max_body: Some(3), headers: true, quotes: false };
        message(&value, &options);
        missing(&value, &options);
    }
    row(&value);
    header(&value, "Subject");
    fill(&mut value, "", "AAAA");
    fill(&mut value, "0", "AAAA");
}

proptest! {
    #[test]
    fn no_json_causes_a_panic(message in any_json(), payload in any_json()) {
        read_everything(message);
        read_everything(json!({"payload": payload}));
    }

    #[test]
    fn no_bytes_cause_a_panic(body in prop::collection::vec(any::<u8>(), 0..60), kind in 0..6_usize) {
        let types = [
            "text/plain; charset=utf-16; format=flowed; delsp=yes", "text/plain; charset=iso-2022-kr",
            "text/plain; charset=gb18030", "text/calendar", "text/html", "text/plain; charset=nonsense",
        ];
        read_everything(mail(leaf(types[kind], body)));
    }

    #[test]
    fn no_text_causes_a_panic_in_headers_and_snippets(text in "([=?&#;x0-9BbQq_a-z \r\n\t\u{e4}\u{200c}]|=\\?utf-8\\?|\\?=){0,40}") {
        super::header::clean(&text);
        snippet_of(&json!({"snippet": text}));
        read_everything(mail(leaf("text/calendar", text.replace('x', "\nBEGIN:VEVENT\nDTSTART:"))));
    }
}
