//! Enclosures: which are accepted, and that streams have exactly the announced length.

use std::{
    fs,
    io::{Read, Write},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::{Content, Enclosure, MAX_MESSAGE, check_filename, check_type, guess_type};
use crate::problem::Code;

fn encoded(content: &Content) -> String {
    let mut text = String::new();
    content.encoded().read_to_string(&mut text).unwrap();
    assert_eq!(text.len() as u64, content.encoded_len());
    text
}

/// A file with these bytes.
fn content(bytes: &[u8]) -> Content {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Enclosure::from_file("a.bin", file).unwrap().content
}

fn text(bytes: &[u8], mime_type: &str) -> Enclosure {
    let content = content(bytes);
    Enclosure { filename: "a".into(), mime_type: mime_type.into(), content, content_id: None }
}

fn opened(path: &std::path::Path) -> crate::problem::Result<Enclosure> {
    Enclosure::from_file(path.to_str().unwrap(), fs::File::open(path).unwrap())
}

#[test]
fn lines_have_76_characters_at_every_length() {
    for len in (0..200).chain(57 * 1024 - 2..57 * 1024 + 3) {
        let bytes: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
        let text = encoded(&content(&bytes));
        assert!(text.split("\r\n").all(|line| line.len() <= 76), "{len}");
        assert_eq!(STANDARD.decode(text.replace("\r\n", "")).unwrap(), bytes);
    }
}

#[test]
fn a_file_is_encoded_like_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("Bericht für Zoë.pdf");
    let bytes: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    let attachment = opened(&path).unwrap();
    assert_eq!(
        (attachment.filename.as_str(), attachment.mime_type.as_str()),
        ("Bericht für Zoë.pdf", "application/pdf")
    );
    assert!(encoded(&attachment.content).replace("\r\n", "") == STANDARD.encode(&bytes));
}

#[test]
fn a_file_that_changed_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.bin");
    for new in [&b"short"[..], &[7; 1001]] {
        fs::write(&path, [0; 1000]).unwrap();
        let attachment = opened(&path).unwrap();
        fs::write(&path, new).unwrap();
        let error = attachment.content.encoded().read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("changed"), "{error}");
    }
}

#[test]
fn a_file_that_is_too_large_is_a_usage_error_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let huge = dir.path().join("huge.bin");
    fs::File::create(&huge).unwrap().set_len(MAX_MESSAGE * 3 / 4).unwrap();
    let problem = opened(&huge).unwrap_err();
    assert_eq!(problem.code(), Code::Usage);
    assert!(problem.message().contains("too large") && problem.message().contains("huge.bin"), "{problem}");
}

#[test]
fn types_are_guessed_from_names() {
    for (name, expected) in [
        ("a.pdf", "application/pdf"),
        ("A.PNG", "image/png"),
        ("notes.txt", "text/plain"),
        ("mail.eml", "message/rfc822"),
        ("unknown.zzzzz", "application/octet-stream"),
        ("", "application/octet-stream"),
    ] {
        assert_eq!(guess_type(name), expected, "{name}");
    }
}

#[test]
fn only_valid_utf8_text_names_a_charset() {
    assert_eq!(text("Zoë".as_bytes(), "text/plain").charset(), Some("utf-8"));
    assert_eq!(text("Zoë".as_bytes(), "TEXT/csv").charset(), Some("utf-8"));
    assert_eq!(text(b"Zo\xeb", "text/plain").charset(), None);
    assert_eq!(text("Zoë".as_bytes(), "application/json").charset(), None);
}

#[test]
fn an_attached_mail_is_sent_as_plain_bytes() {
    assert_eq!(text(b"", "message/rfc822").wire_type(), "application/octet-stream");
    assert_eq!(text(b"", "Multipart/mixed").wire_type(), "application/octet-stream");
    assert_eq!(text(b"", "image/png").wire_type(), "image/png");
}

#[test]
fn names_and_types_cannot_carry_a_header() {
    for bad in ["\r", "\n", "\r\n", "\0", "\u{85}", "\u{2028}", "\t", "\u{202e}"] {
        assert!(check_filename(&format!("a{bad}b.pdf")).is_err(), "{bad:?}");
        assert!(check_type(&format!("text/pl{bad}ain")).is_err(), "{bad:?}");
    }
    for bad in ["", " ", ".", "..", "../a", "a\\b", &"x".repeat(256)] {
        assert!(check_filename(bad).is_err(), "{bad:?}");
    }
    for bad in [
        "",
        "text",
        "text/",
        "/plain",
        "text/plain; charset=x",
        "te xt/plain",
        "text/plain/x",
        "té/xt",
        "a/b;",
    ] {
        assert!(check_type(bad).is_err(), "{bad:?}");
    }
    assert!(check_filename("Größe & \"Preis\" (1).pdf").is_ok());
    assert!(check_type("application/vnd.openxmlformats-officedocument.wordprocessingml.document").is_ok());
}

proptest! {
    #[test]
    fn small_reads_give_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..500), step in 1usize..90) {
        let content = content(&bytes);
        let (mut reader, mut text) = (content.encoded(), Vec::new());
        let mut buffer = vec![0; step];
        while let read @ 1.. = reader.read(&mut buffer).unwrap() {
            text.extend_from_slice(&buffer[..read]);
        }
        prop_assert_eq!(String::from_utf8(text).unwrap(), encoded(&content));
    }
}
