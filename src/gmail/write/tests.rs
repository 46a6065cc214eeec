//! Every message that is written here is parsed by another library and compared field by field.

use std::io::{Read, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use mail_parser::{Message, MessageParser, MimeHeaders};
use proptest::prelude::*;

use super::{Outgoing, compose, gate, lay_out, new_message_id};
use crate::{
    address::{Address, parse_list},
    gmail::enclosure::{Enclosure, MAX_MESSAGE},
    problem::Code,
};

fn list(text: &str) -> Vec<Address> {
    parse_list(text, "to").unwrap()
}

fn simple() -> Outgoing {
    Outgoing {
        to: list("bob@example.com"),
        subject: "Hello".into(),
        text: Some("Hi Bob".into()),
        message_id: "1@example.com".into(),
        lookup_id: "1".into(),
        date: 1_700_000_000,
        ..Outgoing::default()
    }
}

fn file(filename: &str, mime_type: &str, bytes: &[u8]) -> Enclosure {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let content = Enclosure::from_file("a.bin", file).unwrap().content;
    Enclosure { filename: filename.into(), mime_type: mime_type.into(), content, content_id: None }
}

fn image(id: &str, bytes: &[u8]) -> Enclosure {
    Enclosure { content_id: Some(id.into()), ..file("logo.png", "image/png", bytes) }
}

fn encoded(enclosure: &Enclosure) -> String {
    std::io::read_to_string(enclosure.content.encoded()).unwrap().replace("\r\n", "")
}

/// Composes a message and checks the properties that every message must have.
fn written(message: &Outgoing) -> String {
    let bytes = compose(message).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{text:?}");
    text
}

fn parsed(text: &str) -> Message<'_> {
    MessageParser::new().parse(text.as_bytes()).unwrap()
}

fn header_names(text: &str) -> Vec<&str> {
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split(':').next().unwrap()).collect()
}

fn pairs(address: Option<&mail_parser::Address<'_>>) -> Vec<(String, String)> {
    let list = address.into_iter().flat_map(|address| address.iter().collect::<Vec<_>>());
    list.map(|a| (a.name().unwrap_or("").to_owned(), a.address().unwrap_or("").to_owned())).collect()
}

fn expected(list: &[Address]) -> Vec<(String, String)> {
    list.iter().map(|a| (a.name().unwrap_or("").to_owned(), a.email())).collect()
}

/// The tree of MIME types, as `multipart/mixed(text/plain,image/png)`.
fn shape(message: &Message<'_>, at: usize) -> String {
    let part = &message.parts[at];
    let kind = part
        .content_type()
        .map_or_else(|| "none".into(), |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("")));
    match part.sub_parts() {
        Some(parts) => format!(
            "{kind}({})",
            parts.iter().map(|&p| shape(message, p as usize)).collect::<Vec<_>>().join(",")
        ),
        None => kind,
    }
}

#[test]
fn a_plain_message_has_only_the_necessary_headers() {
    let text = written(&simple());
    assert_eq!(
        text,
        "To: <bob@example.com>\r\nSubject: Hello\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
         Message-ID: <1@example.com>\r\nX-Mcs-Gmail-Id: 1\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHi Bob"
    );
}

#[test]
fn names_addresses_and_subject_are_kept_in_every_script() {
    let message = Outgoing {
        from: Some(Address::parse("Zoë Müller <zoe@bücher.example>", "from").unwrap()),
        to: list(
            "\"Last, First\" <a@example.com>, 山田太郎 <yamada@例え.テスト>, \"Q \\\"uote\\\" \\\\\" <q@example.com>",
        ),
        cc: list("Ада Лавлейс <ada@example.com>; plain@example.com"),
        bcc: list("سارة <sara@example.com>, hidden@example.com"),
        reply_to: list("Ответ <reply@example.com>"),
        subject:
            "Übermäßig lange Überschrift für 日本語 und 🎉, damit sie gefaltet werden muss — ganz sicher"
                .into(),
        ..simple()
    };
    let text = written(&message);
    let mail = parsed(&text);
    assert_eq!(mail.subject(), Some(message.subject.as_str()));
    assert_eq!(pairs(mail.from()), expected(message.from.as_slice()));
    for (found, wanted) in [
        (mail.to(), &message.to),
        (mail.cc(), &message.cc),
        (mail.bcc(), &message.bcc),
        (mail.reply_to(), &message.reply_to),
    ] {
        assert_eq!(pairs(found), expected(wanted));
    }
    assert!(text.is_ascii());
}

#[test]
fn a_local_part_in_utf8_or_quotes_reaches_the_header_as_it_is() {
    let text = written(&Outgoing { to: list("ünï@example.com, \"a b\"@example.com"), ..simple() });
    assert!(text.starts_with("To: <ünï@example.com>, <\"a b\"@example.com>\r\n"), "{text}");
}

#[test]
fn text_and_html_are_alternatives_with_text_first() {
    let message =
        Outgoing { html: Some("<p>Grüße</p>\n".into()), text: Some("Grüße\n\nZoë".into()), ..simple() };
    let text = written(&message);
    let mail = parsed(&text);
    assert_eq!(shape(&mail, 0), "multipart/alternative(text/plain,text/html)");
    assert_eq!(mail.body_text(0).unwrap(), "Grüße\r\n\r\nZoë");
    assert_eq!(mail.body_html(0).unwrap(), "<p>Grüße</p>\r\n");
}

#[test]
fn html_can_be_the_only_body_and_without_a_body_the_text_is_empty() {
    let text = written(&Outgoing { text: None, html: Some("<b>x</b>".into()), ..simple() });
    assert_eq!(shape(&parsed(&text), 0), "text/html");
    let text = written(&Outgoing { text: None, ..simple() });
    assert_eq!(
        (shape(&parsed(&text), 0).as_str(), parsed(&text).body_text(0).unwrap().as_ref()),
        ("text/plain", "")
    );
}

#[test]
fn images_are_related_to_the_html_and_files_are_mixed_in() {
    let pdf: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let message = Outgoing {
        html: Some("<img src=\"cid:logo@x\">".into()),
        attachments: vec![
            file("a.pdf", "application/pdf", &pdf),
            image("logo@x", b"PNG"),
            file("b", "application/zip", b""),
        ],
        ..simple()
    };
    let text = written(&message);
    let mail = parsed(&text);
    assert_eq!(
        shape(&mail, 0),
        "multipart/mixed(multipart/alternative(text/plain,multipart/related(text/html,image/png)),application/pdf,application/zip)"
    );
    let logo = mail.parts.iter().find(|part| part.content_id().is_some()).unwrap();
    assert_eq!((logo.content_id(), logo.contents()), (Some("logo@x"), &b"PNG"[..]));
    let files: Vec<_> = mail.attachments().map(|part| (part.attachment_name(), part.contents())).collect();
    assert!(files.contains(&(Some("a.pdf"), &pdf[..])) && files.contains(&(Some("b"), &b""[..])));
}

#[test]
fn an_image_without_html_is_an_ordinary_attachment() {
    let text = written(&Outgoing { attachments: vec![image("logo@x", b"PNG")], ..simple() });
    assert_eq!(shape(&parsed(&text), 0), "multipart/mixed(text/plain,image/png)");
}

#[test]
fn attachments_keep_their_names_and_every_byte() {
    let long = format!("{}.txt", "ä".repeat(120));
    let names = [
        "plain.bin",
        "Größe & Preis (1).pdf",
        "報告書.docx",
        "a\"b;c=d'e%20.txt",
        "🎉.png",
        long.as_str(),
        "=?utf-8?Q?x?=.txt",
    ];
    let contents: [&[u8]; 7] =
        [b"\r\n\r\n--x\n.\n", b"\0\xff\xfe", b"", b"lone \r and \n", &[b'x'; 2000], "ünï".as_bytes(), b"=?"];
    let attachments =
        names.iter().zip(contents).map(|(name, bytes)| file(name, "application/x-test", bytes)).collect();
    let text = written(&Outgoing { attachments, ..simple() });
    let mail = parsed(&text);
    assert_eq!(mail.attachment_count(), names.len());
    for (part, (name, bytes)) in mail.attachments().zip(names.iter().zip(contents)) {
        assert_eq!(part.attachment_name(), Some(name.replace("=?", "=_").as_str()));
        assert_eq!(part.contents(), bytes, "{name}");
    }
    assert!(text.is_ascii());
}

#[test]
fn an_attached_text_names_its_charset_only_when_it_is_known() {
    let files = vec![file("a.txt", "text/plain", "Zoë".as_bytes()), file("b.txt", "text/plain", b"Zo\xeb")];
    let text = written(&Outgoing { attachments: files, ..simple() });
    let mail = parsed(&text);
    let charsets: Vec<_> =
        mail.attachments().map(|part| part.content_type().unwrap().attribute("charset")).collect();
    assert_eq!(charsets, [Some("utf-8"), None]);
    assert_eq!(mail.attachment(0).unwrap().text_contents(), Some("Zoë"));
}

#[test]
fn bodies_keep_long_lines_bare_line_ends_and_dots() {
    for (body, read) in [
        ("a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd".to_owned()),
        (".\r\n..\r\nFrom here", ".\r\n..\r\nFrom here".to_owned()),
        ("trailing \t\nblank ", "trailing \t\r\nblank ".to_owned()),
        (&"x".repeat(5000), "x".repeat(5000)),
        (&"日本語".repeat(2000), "日本語".repeat(2000)),
        ("a literal \\n stays", "a literal \\n stays".to_owned()),
        ("--boundary\n=3D =?utf-8?Q?x?=", "--boundary\r\n=3D =?utf-8?Q?x?=".to_owned()),
    ] {
        let text = written(&Outgoing { text: Some(body.into()), ..simple() });
        assert_eq!(parsed(&text).body_text(0).unwrap(), read);
    }
}

#[test]
fn text_that_looks_like_an_encoded_word_is_kept() {
    let subject = "=?utf-8?Q?=41?= and =?utf-8?B?QQ==?=";
    let name = "=?utf-8?Q?Boss?=";
    let to = vec![Address::parse("bob@example.com", "to").unwrap().with_name(name).unwrap()];
    let text = written(&Outgoing { subject: subject.into(), to, ..simple() });
    let mail = parsed(&text);
    assert_eq!(mail.subject().map(str::trim), Some(subject));
    assert_eq!(mail.to().unwrap().first().unwrap().name().map(str::trim), Some(name));
}

#[test]
fn reply_headers_are_written_and_folded() {
    let references: Vec<String> = (0..30).map(|i| format!("reference-{i}@mail.example.com")).collect();
    let message =
        Outgoing { in_reply_to: references.last().cloned(), references: references.clone(), ..simple() };
    let text = written(&message);
    let mail = parsed(&text);
    assert_eq!(mail.in_reply_to().as_text(), Some("reference-29@mail.example.com"));
    assert_eq!(mail.references().as_text_list().unwrap(), references);
    assert_eq!(mail.message_id(), Some("1@example.com"));
    assert!(text.split("\r\n").all(|line| line.len() <= 78));
}

const BREAKS: [&str; 9] = ["\r", "\n", "\r\n", "\0", "\u{85}", "\u{2028}", "\u{2029}", "\u{7f}", "\u{1b}"];

#[test]
fn no_header_value_can_contain_a_line_break() {
    let evil = |text: &str| BREAKS.map(|b| format!("{text}{b}Bcc: eve@evil.com"));
    let mut messages: Vec<Outgoing> = Vec::new();
    messages.extend(evil("Hi").map(|subject| Outgoing { subject, ..simple() }));
    messages.extend(evil("1@x").map(|message_id| Outgoing { message_id, ..simple() }));
    messages.extend(evil("1@x").map(|id| Outgoing { in_reply_to: Some(id), ..simple() }));
    messages.extend(evil("1@x").map(|id| Outgoing { references: vec!["ok@x".into(), id], ..simple() }));
    messages.extend(evil("1").map(|lookup_id| Outgoing { lookup_id, ..simple() }));
    for value in evil("a") {
        let mime_type = format!("text/{value}");
        for attachment in [file(&value, "text/plain", b""), file("a", &mime_type, b""), image(&value, b"")] {
            messages.push(Outgoing { attachments: vec![attachment], html: Some(String::new()), ..simple() });
        }
    }
    assert_eq!(messages.len(), 8 * BREAKS.len());
    for message in messages {
        assert_eq!(gate(&message).unwrap_err().code(), Code::Usage, "{message:?}");
        assert!(compose(&message).is_err(), "{message:?}");
    }
}

#[test]
fn ids_must_be_one_word_without_brackets() {
    for id in ["", " ", "a b@x", "<a@x>", "a@x>", "a@x> <b@x", "ä@x", &"x".repeat(901)] {
        assert!(gate(&Outgoing { message_id: id.into(), ..simple() }).is_err(), "{id}");
        assert!(gate(&Outgoing { in_reply_to: Some(id.into()), ..simple() }).is_err(), "{id}");
        assert!(gate(&Outgoing { references: vec![id.into()], ..simple() }).is_err(), "{id}");
    }
    assert!(gate(&Outgoing { message_id: "CAH+x$y=%_@mail.gmail.com".into(), ..simple() }).is_ok());
}

#[test]
fn a_send_needs_a_recipient_and_a_draft_does_not() {
    let nobody = Outgoing { to: Vec::new(), ..simple() };
    assert_eq!(gate(&nobody).unwrap_err().code(), Code::Usage);
    assert!(!header_names(&written(&nobody)).contains(&"To"));
    assert!(gate(&Outgoing { bcc: list("b@example.com"), ..nobody }).is_ok());
}

#[test]
fn the_length_of_a_subject_is_limited() {
    for (subject, fits) in [
        ("x".repeat(600), true),
        ("x".repeat(1000), false),
        ("日".repeat(180), true),
        ("日".repeat(200), false),
        (String::new(), true),
        (" \u{a0} ".into(), true),
    ] {
        let message = Outgoing { subject, ..simple() };
        assert_eq!(gate(&message).is_ok(), fits, "{}", message.subject);
        if fits {
            assert_eq!(parsed(&written(&message)).subject().unwrap_or(""), message.subject.trim());
        }
    }
}

#[test]
fn binary_bodies_and_impossible_dates_are_refused() {
    assert!(gate(&Outgoing { text: Some("a\0b".into()), ..simple() }).is_err());
    assert!(gate(&Outgoing { html: Some("a\0b".into()), ..simple() }).is_err());
    assert!(gate(&Outgoing { date: -1, ..simple() }).is_err());
    assert!(gate(&Outgoing { date: i64::MAX, ..simple() }).is_err());
}

#[test]
fn a_message_above_the_limit_is_refused_by_its_encoded_size() {
    let half = || file("a.bin", "application/octet-stream", &vec![0; 14_000_000]);
    let message = Outgoing { attachments: vec![half(), half()], ..simple() };
    let problem = compose(&message).unwrap_err();
    assert!(problem.message().contains("too large"), "{problem}");
    assert!(problem.message().contains(&MAX_MESSAGE.to_string()), "{problem}");
}

#[test]
fn a_large_file_is_streamed_with_a_known_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("video.mp4");
    std::fs::File::create(&path).unwrap().set_len(25_000_000).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    let attachments = vec![Enclosure::from_file("video.mp4", file).unwrap()];
    let message = Outgoing { attachments, ..simple() };
    let layout = lay_out(&message).unwrap();
    for _ in 0..2 {
        let length = std::io::copy(&mut layout.reader(), &mut std::io::sink()).unwrap();
        assert_eq!(length, layout.len());
    }
    let mut start = [0; 300];
    layout.reader().read_exact(&mut start).unwrap();
    assert!(start.starts_with(b"To: <bob@example.com>\r\n"));
}

#[test]
fn message_ids_are_random_and_have_the_domain() {
    assert_eq!(new_message_id("example.com", [1; 16]), "01010101010101010101010101010101@example.com");
    assert_eq!(new_message_id("example.com", [0; 16]).len(), 32 + "@example.com".len());
}

fn any_outgoing() -> impl Strategy<Value = Outgoing> {
    let ids = proptest::collection::vec(".{0,30}|[a-z]{1,9}@[a-z]{1,9}", 0..3);
    let attachment = ("[^/]{0,20}|[a-z]{1,8}", "[a-z]{1,9}/[a-z]{1,9}|.{0,20}", any::<Vec<u8>>());
    let name = "\\PC{0,60}|[a-z<>@,;:\"\\\\()=?é ]{0,30}";
    ("\\PC{0,90}|.{0,90}", any::<String>(), proptest::option::of(any::<String>()), ids, attachment, name)
        .prop_map(|(subject, text, html, ids, (filename, mime_type, bytes), name)| {
            let to = list("bob@example.com").remove(0);
            Outgoing {
                to: vec![to.clone().with_name(&name).unwrap_or(to)],
                subject,
                text: Some(text),
                html,
                in_reply_to: ids.first().cloned(),
                references: ids,
                attachments: vec![file(&filename, &mime_type, &bytes)],
                ..simple()
            }
        })
}

proptest! {
    #[test]
    fn any_strings_either_fail_or_give_exactly_the_expected_headers(message in any_outgoing()) {
        if compose(&message).is_err() {
            return Ok(());
        }
        let text = written(&message);
        let mail = parsed(&text);
        let mut wanted = vec!["To", "Subject", "Date", "Message-ID"];
        wanted.extend(message.in_reply_to.as_ref().map(|_| "In-Reply-To"));
        wanted.extend((!message.references.is_empty()).then_some("References"));
        wanted.extend(["X-Mcs-Gmail-Id", "MIME-Version", "Content-Type"]);
        prop_assert_eq!(header_names(&text), wanted);
        prop_assert_eq!(mail.subject().unwrap_or("").trim(), message.subject.trim());
        prop_assert_eq!(pairs(mail.to()).len(), 1);
        let (name, email) = pairs(mail.to()).remove(0);
        prop_assert_eq!(email, "bob@example.com");
        let shown = message.to[0].name().filter(|name| !crate::address::has_at(name));
        prop_assert_eq!(name.trim(), shown.unwrap_or(""));
        let file = mail.attachments().next().unwrap();
        let name = message.attachments[0].filename.replace("=?", "=_");
        prop_assert_eq!(file.attachment_name(), Some(name.as_str()));
        prop_assert_eq!(STANDARD.encode(file.contents()), encoded(&message.attachments[0]));
    }
}
