//! Charsets: what a person reads is what the model reads, whether the charset is declared, missing or wrong.

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, KOI8_R, SHIFT_JIS, WINDOWS_874, WINDOWS_1251, WINDOWS_1255, WINDOWS_1256,
};
use serde_json::{Value, json};

use crate::kit::User;

const LETTERS: [(&str, &Encoding, &str); 8] = [
    ("Добрый день, во вложении счёт за этот месяц.", WINDOWS_1251, "ru"),
    ("Добрый день, во вложении счёт за этот месяц.", KOI8_R, "ru"),
    ("您好，附件是本月的发票，请在星期五之前确认，谢谢您的支持。", GBK, "cn"),
    ("您好，附件是本月的發票，請於星期五之前確認，謝謝您的支持。", BIG5, "tw"),
    ("いつもお世話になっております。今月の請求書を添付いたします。", SHIFT_JIS, "jp"),
    ("안녕하세요. 이번 달 청구서를 첨부하오니 금요일까지 확인해 주세요.", EUC_KR, "kr"),
    ("שלום רב, מצורפת החשבונית של החודש, נא לאשר עד יום שישי.", WINDOWS_1255, "il"),
    ("السلام عليكم، تجدون في المرفق فاتورة هذا الشهر.", WINDOWS_1256, "sa"),
];

/// A message with one part of these bytes, as the sandbox receives it.
fn receive(user: &User, headers: &str, body: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(body);
    user.receive(&format!("{headers}\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n{body}\n"))
}

/// The same, as a resource that Gmail did not convert.
fn served(user: &User, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let content_type =
        headers.iter().find(|(name, _)| *name == "Content-Type").map_or("text/plain", |(_, value)| value);
    let headers: Vec<Value> =
        headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let id = user.world.gmail(|gmail| {
        gmail.add_payload(json!({"labelIds": ["INBOX"], "payload": {
            "partId": "", "mimeType": content_type.split(';').next(), "filename": "", "headers": headers,
            "body": {"size": body.len(), "data": BASE64_URL_SAFE.encode(body)},
        }}))
    });
    user.run(&["read", &id]).json()
}

#[test]
fn a_charset_that_is_not_declared_or_wrong_is_found() {
    let user = User::signed_in();
    for (text, encoding, domain) in LETTERS {
        let bytes = encoding.encode(text).0;
        for kind in [
            "",
            "\nContent-Type: text/plain",
            "\nContent-Type: text/plain; charset=us-ascii",
            "\nContent-Type: text/plain; charset=unknown-8bit",
            "\nContent-Type: text/plain; charset=utf-8",
            "\nContent-Type: text/plain; charset=iso-8859-1",
        ] {
            let id = receive(&user, &format!("From: b@example.{domain}\nSubject: x{kind}"), &bytes);
            assert_eq!(
                user.run(&["read", &id]).json()["body"].as_str().unwrap().trim(),
                text,
                "{} {kind}",
                encoding.name()
            );
        }
        let id = receive(
            &user,
            "From: b@example.com\nSubject: x\nContent-Type: text/html",
            &[b"<p>".as_slice(), &bytes, b"</p>"].concat(),
        );
        assert_eq!(
            user.run(&["read", &id]).json()["body"].as_str().unwrap().trim(),
            text,
            "{}",
            encoding.name()
        );
    }
}

#[test]
fn what_is_decoded_is_cleaned_afterwards() {
    let user = User::signed_in();
    let hidden = "+ADw-b+AD4-seen+ADw-/b+AD4 +ADw-p style+AD0AIg-display:none+ACIAPg-unseen+ADw-/p+AD4-";
    let html = [
        ("From", "b@example.org"),
        ("Subject", "=?utf-7?Q?Gr+APwA3w-e+IC4-_+ABs-[31m+AAo-Bcc:?="),
        ("Content-Type", "text/html; charset=utf-7"),
    ];
    let message = served(&user, &html, hidden.as_bytes());
    assert_eq!(message["body"].as_str().unwrap().trim(), "seen");
    assert_eq!(message["subject"], "Grüße [31m Bcc:");
    assert_eq!(
        (&message["removed"]["bidi"], message["removed"].as_object().unwrap().len() > 1),
        (&json!(1), true)
    );
    let plain = [("Subject", "x"), ("Content-Type", "text/plain; charset=utf-7")];
    let message = served(&user, &plain, b"a+IC4gCw-+ABsAAA-b +AAo-next +APw-ber C++");
    assert_eq!(message["body"].as_str().unwrap().replace('\n', "|"), "ab |next über C++");
    // Without its label it is not decoded, as no mail program does it.
    for label in ["us-ascii", "utf-8"] {
        let plain = [("Content-Type", &*format!("text/plain; charset={label}"))];
        assert_eq!(served(&user, &plain, b"+ADw-b+AD4-")["body"], "+ADw-b+AD4-");
    }
}

#[test]
fn escape_sequences_are_text_and_do_not_reach_the_reader() {
    let user = User::signed_in();
    for label in ["us-ascii", "iso-2022-jp", "utf-8"] {
        let headers = [("Content-Type", &*format!("text/plain; charset={label}"))];
        assert_eq!(
            served(&user, &headers, b"\x1b$B$3$s$K$A$O\x1b(B \x1b[31m")["body"].as_str().unwrap().trim(),
            "こんにちは \u{fffd}[31m"
        );
    }
}

#[test]
fn the_charset_that_html_declares_is_used() {
    let user = User::signed_in();
    let body = WINDOWS_874.encode("<p>ครับ</p>").0;
    let html = [b"<!-- <meta charset=koi8-r> --><meta charset='tis-620'>".as_slice(), &body].concat();
    for kind in ["text/html", "text/html; charset=us-ascii", "text/html; charset=\"\""] {
        assert_eq!(
            served(&user, &[("Content-Type", kind)], &html)["body"].as_str().unwrap().trim(),
            "ครับ",
            "{kind}"
        );
    }
}

#[test]
fn a_header_in_raw_bytes_is_read_and_its_address_is_not_changed() {
    let user = User::signed_in();
    for (text, encoding, domain) in &LETTERS[..3] {
        let latin = encoding_rs::WINDOWS_1252.decode(&encoding.encode(text).0).0.into_owned();
        let from = format!("{latin} <b@example.{domain}>");
        let message = served(&user, &[("Subject", &latin), ("From", &from)], b"x");
        assert_eq!(
            (&message["subject"], &message["from"]),
            (&json!(text), &json!(format!("{text} <b@example.{domain}>")))
        );
    }
    let message = served(&user, &[("Subject", "ÄÖÜäöüß"), ("From", "Jörg Groß <b@example.ru>")], b"x");
    assert_eq!(
        (&message["subject"], &message["from"]),
        (&json!("ÄÖÜäöüß"), &json!("Jörg Groß <b@example.ru>"))
    );
}
