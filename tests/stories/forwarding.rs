//! What a recipient of a forwarded or answered mail gets of it: every file byte for byte, and its HTML.

use mail_parser::{MimeHeaders, PartType};
use serde_json::json;

use crate::kit::User;

const HEAD: &str = "Received: from secret.example\nFrom: Bob <bob@example.org>\nTo: ada@example.com\nBcc: eve@secret.example\n\
    Subject: Outer\nMessage-ID: <outer@example.org>\nX-Note: secret\nMIME-Version: 1.0\n";
const INNER: &str = "From: x@example.org\r\nSubject: Inner\r\nX-Odd:  two  blanks \r\n\r\ninner body \r\n";

/// A multipart with the boundary `b` of parts with their headers.
fn multipart(kind: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
    format!("Content-Type: multipart/{kind}; boundary=b\n\n{parts}--b--\n")
}

/// The source of what was sent last.
fn sent(user: &User) -> String {
    String::from_utf8_lossy(&user.world.gmail(|gmail| gmail.sent().last().unwrap().raw.clone())).into_owned()
}

fn forward(user: &User, rest: &str, options: &[&str]) -> String {
    let id = user.receive(&format!("{HEAD}{rest}"));
    user.run(&[&["forward", &id, "--to", "dan@example.org"][..], options].concat()).json();
    sent(user)
}

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

const TEXT: &str = "Content-Type: text/plain\n\nsee below";

#[test]
fn an_attached_mail_is_forwarded_as_it_is_and_the_outer_mail_is_not() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let user = User::signed_in();
    let plain = format!(
        "Content-Type: message/rfc822\nContent-Disposition: attachment; filename=\"Invoice 7.eml\"\n\n{INNER}"
    );
    let encoded = format!(
        "Content-Type: message/rfc822; name=\"Invoice 7.eml\"\nContent-Transfer-Encoding: base64\n\n{}",
        BASE64_STANDARD.encode(INNER)
    );
    let digest = format!(
        "Content-Type: multipart/digest; boundary=d\n\n--d\n\n{INNER}\n--d\n\n{}\n--d--",
        INNER.replace("Inner", "Second")
    );
    for (part, count) in [(&plain, 1), (&encoded, 1), (&digest, 2)] {
        let raw = forward(&user, &multipart("mixed", &[TEXT, part]), &[]);
        let message = user.last_sent();
        let inner: Vec<&[u8]> =
            message.parts.iter().filter_map(|part| Some(part.message()?.raw_message())).collect();
        assert_eq!(inner.len(), count, "{raw}");
        assert_eq!(String::from_utf8_lossy(inner[0]), INNER);
        assert!(!raw.contains("secret"), "{raw}");
        assert!(raw.contains("see below"), "{raw}");
    }
}

#[test]
fn every_file_is_forwarded_with_its_bytes_its_type_and_its_name() {
    let user = User::signed_in();
    for part in [
        "Content-Type: text/csv; charset=iso-8859-1; header=present\nContent-Disposition: attachment; filename*=iso-8859-1''caf%E9.csv\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9;1",
        "Content-Type: text/plain; charset=utf-16; format=flowed\nContent-Disposition: attachment;\n filename=\"=?utf-8?q?=C3=BC?=.txt\"\nContent-Transfer-Encoding: base64\n\naABpAA==",
        "Content-Type: text/calendar; method=REQUEST; charset=utf-8\nContent-Disposition: attachment\n\nBEGIN:VCALENDAR\nEND:VCALENDAR",
        "Content-Type: text/html\nContent-Disposition: inline; filename=webform.htm\n\n<p>form",
        "Content-Type: image/png; x-unix-mode=0644\nContent-Location: a.png\nContent-Description: a picture\nContent-Disposition: inline; filename=a.png\nContent-Transfer-Encoding: base64\n\niVBORw0K",
        "Content-Type: multipart/appledouble; boundary=a; name=\"a.pdf\"\n\n--a\nContent-Type: application/applefile\n\nx\n--a\nContent-Type: application/pdf\n\nPDF\n--a--",
        "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=a\n\n--a\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--a\nContent-Type: application/octet-stream\n\nx\n--a--",
        "Content-Type: multipart/mixed; boundary=a\nContent-Disposition: attachment; filename=folder\n\n--a\n\nunnamed text\n--a--",
        "Content-Type: application/octet-stream\nContent-Transfer-Encoding: 8bit\nContent-Disposition: attachment; filename=a.bin\n\n\u{e4}\u{7f}",
    ] {
        let raw = forward(&user, &multipart("mixed", &[TEXT, part]), &[]);
        assert_eq!(raw.matches(&crlf(part)).count(), 1, "{part}\n\n{raw}");
        assert!(!raw.contains("secret") && raw.contains("see below"), "{raw}");
        assert!(
            !forward(&user, &multipart("mixed", &[TEXT, part]), &["--no-attachments"]).contains(&crlf(part))
        );
    }
    // A file without a name gets the one that is shown.
    let raw = forward(
        &user,
        &multipart("mixed", &[TEXT, "Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR"]),
        &[],
    );
    let named = "Content-Type: text/calendar; method=REPLY\r\nContent-Disposition: attachment; filename=\"invite.ics\"";
    assert!(raw.contains(named), "{raw}");
    // A message that is nothing but a file.
    let raw = forward(&user, "Content-Type: application/pdf; name=a.pdf\n\nPDF", &[]);
    assert!(
        raw.contains("Content-Type: application/pdf; name=a.pdf\r\n") && !raw.contains("secret"),
        "{raw}"
    );
}

#[test]
fn no_text_and_no_file_of_an_odd_structure_is_lost() {
    let user = User::signed_in();
    let html = |word: &str| format!("Content-Type: text/html\n\n<p>{word}");
    let inner =
        |kind: &str, parts: &[&str]| multipart(kind, parts).replace("=b\n", "=c\n").replace("--b", "--c");
    let pdf = "Content-Type: application/pdf; name=a.pdf\n\nPDF";
    let pages = inner("mixed", &[&html("one"), pdf, &html("two")]);
    let signature = "Content-Type: application/pgp-signature; name=signature.asc\n\nSIGNATURE";
    let status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; z@x.example\nAction: failed";
    let headers = "Content-Type: text/rfc822-headers\n\nSubject: returned";
    for (kind, parts, words) in [
        ("alternative", vec!["\none two", &*pages], vec!["<p>one", "<p>two", "PDF"]),
        ("mixed", vec!["\none", PNG, "\ntwo"], vec!["one", "two", "iVBORw0K"]),
        ("signed", vec![&*inner("mixed", &["\none", pdf]), signature], vec!["one", "PDF", "SIGNATURE"]),
        (
            "mixed",
            vec!["\none", &*inner("signed", &["\ntwo", signature])],
            vec!["one", "two", "multipart/signed", "SIGNATURE"],
        ),
        (
            "report",
            vec!["\none", status, headers],
            vec!["one", "message/delivery-status", "Action: failed", "Subject: returned"],
        ),
        (
            "digest",
            vec!["\nSubject: first\n\none", "\nSubject: second\n\ntwo"],
            vec!["Subject: first\r\n\r\none", "Subject: second\r\n\r\ntwo"],
        ),
        ("mixed", vec![&*html("one"), "\ntwo"], vec!["<p>one", "two"]),
    ] {
        let raw = forward(&user, &multipart(kind, &parts), &[]);
        for word in words {
            assert!(raw.contains(word), "{kind}: {word}\n{raw}");
        }
        assert!(!raw.contains("secret"), "{raw}");
    }
}

#[test]
fn a_text_with_a_name_is_the_body_or_a_file_and_is_never_lost() {
    let user = User::signed_in();
    let page = "Content-Type: text/html; charset=utf-8\nContent-Disposition: inline; filename=webform.htm\n\n<p>a <b>form</b>";
    let named = "Content-Type: text/plain; name=body.txt\n\na form";
    let named_page = "Content-Type: text/html; name=body.html\n\n<p>a form";
    let pdf = "Content-Type: application/pdf; name=a.pdf\n\nPDF";
    for (kind, parts, body, files) in [
        ("mixed", vec![page, pdf], "a form", vec!["a.pdf"]),
        ("mixed", vec![TEXT, page], "see below", vec!["webform.htm"]),
        ("alternative", vec![named, named_page], "a form", vec![]),
        ("mixed", vec![named, pdf], "a form", vec!["a.pdf"]),
        ("mixed", vec![TEXT, named], "see below", vec!["body.txt"]),
    ] {
        let id = user.receive(&format!("{HEAD}{}", multipart(kind, &parts)));
        let shown = user.run(&["read", &id]).json();
        assert_eq!(shown["body"].as_str().unwrap().trim(), body, "{kind}");
        let names = |rows: &serde_json::Value| -> Vec<String> {
            rows.as_array().unwrap().iter().map(|row| row["filename"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&shown["attachments"]), files, "{kind}");
        let listed = user.run(&["attachments", &id, "--list", "--format", "json"]).done();
        if listed.code == 0 {
            assert_eq!(names(&listed.json()), files, "{kind}");
        }
        user.run(&["forward", &id, "--to", "dan@example.org"]).json();
        let message = user.last_sent();
        let sent: Vec<&str> = message.parts.iter().filter_map(|part| part.attachment_name()).collect();
        assert_eq!(sent, files, "{kind}");
        let html = message.html_part(0).is_some_and(|part| matches!(part.body, PartType::Html(_)));
        let text = if html { message.body_html(0).unwrap() } else { message.body_text(0).unwrap() };
        assert!(text.contains("form") || text.contains("see below"), "{text}");
    }
}

const PAGE: &str = "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n\
    <html><head><style>p{color:red}</style></head><body><p>gr=FC=DFe <b>bold</b> <img src=3D\"cid:i@x\"></p></blockquote>\
    <script>alert(1)</script><!-- open";
const PNG: &str = "Content-Type: image/png\nContent-ID: <i@x>\nContent-Disposition: inline; filename=i.png\nContent-Transfer-Encoding: base64\n\niVBORw0K";

fn page_with_image() -> String {
    let related = multipart("related", &[PAGE, PNG]).replace("=b\n", "=c\n").replace("--b", "--c");
    multipart("alternative", &["Content-Type: text/plain; charset=utf-8\n\ngr\u{fc}\u{df}e bold", &related])
}

#[test]
fn the_html_of_a_mail_is_kept_below_an_answer_with_the_images_that_it_shows() {
    let user = User::signed_in();
    let id = user.receive(&format!("{HEAD}{}", page_with_image()));
    for answer in [
        vec!["reply", &id, "--body", "my <answer>"],
        vec!["reply", &id, "--html-body", "<p>my &lt;answer&gt;</p>"],
        vec!["forward", &id, "--to", "dan@example.org", "--body", "my <answer>"],
        vec!["forward", &id, "--to", "dan@example.org", "--body", "my <answer>", "--no-attachments"],
    ] {
        user.run(&answer).json();
        let message = user.last_sent();
        let html = message.body_html(0).unwrap().into_owned();
        assert!(html.contains("my &lt;answer&gt;") && html.contains("gr\u{fc}\u{df}e <b>bold</b>"), "{html}");
        assert!(html.contains("<blockquote class=\"gmail_quote\"") && html.contains("cid:i@x"), "{html}");
        for active in ["<script", "<style", "<!--", "alert"] {
            assert!(!html.contains(active), "{html}");
        }
        assert_eq!(html.matches("</blockquote>").count(), 1, "{html}");
        let images: Vec<_> = message.parts.iter().filter(|part| part.content_id() == Some("i@x")).collect();
        assert_eq!(images.len(), 1, "{}", sent(&user));
        assert_eq!(images[0].contents(), b"\x89PNG\r\n");
        if answer.contains(&"--body") {
            assert!(message.body_text(0).unwrap().starts_with("my <answer>"));
        }
    }
    user.run(&["reply", &id, "--body", "x", "--no-quote"]).json();
    assert!(!sent(&user).contains("text/html"));
}

#[test]
fn an_image_of_the_answer_and_one_of_the_mail_keep_apart() {
    let user = User::signed_in();
    let id = user.receive(&format!("{HEAD}{}", page_with_image()));
    let own = user.write_file("own.png", "own image");
    let inline = format!("i@x={}", own.display());
    user.run(&["reply", &id, "--html-body", "<img src=\"cid:i@x\">", "--inline", &inline]).json();
    let message = user.last_sent();
    let html = message.body_html(0).unwrap().into_owned();
    let mut ids: Vec<&str> = message.parts.iter().filter_map(|part| part.content_id()).collect();
    ids.sort_unstable();
    assert_eq!(ids.len(), 2, "{html}");
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| html.contains(&format!("\"cid:{id}\""))), "{html}");
}

#[test]
fn an_answer_to_a_mail_in_text_stays_in_text() {
    let user = User::signed_in();
    let id = user.receive(&format!("{HEAD}{TEXT}\n"));
    for answer in [vec!["reply", &id, "--body", "x"], vec!["forward", &id, "--to", "dan@example.org"]] {
        user.run(&answer).json();
        assert!(sent(&user).contains("see below") && !sent(&user).contains("text/html"), "{}", sent(&user));
    }
}

#[test]
fn a_whole_mail_is_forwarded_as_a_file_without_its_bcc() {
    let user = User::signed_in();
    let rest = multipart(
        "mixed",
        &[TEXT, "Content-Type: message/rfc822\n\nBcc: kept@example.org\nSubject: Inner\n\nx"],
    );
    let raw = forward(&user, &rest, &["--as-attachment", "--body", "FYI"]);
    let original = crlf(&format!("{HEAD}{rest}"));
    assert!(raw.contains(&original.replace("Bcc: eve@secret.example\r\n", "")), "{raw}");
    assert!(
        raw.contains("filename=\"Outer.eml\"")
            && raw.contains("Subject: Fwd: Outer\r\n")
            && raw.contains("FYI"),
        "{raw}"
    );
    assert!(!raw.contains("eve@"), "{raw}");
    let id = user.receive(&format!("{HEAD}{rest}"));
    let both = json!({"uid": id, "to": "dan@example.org", "as_attachment": true, "no_attachments": true});
    user.run(&["exec", "forward_message", &both.to_string()]).fails(2);
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_file_is_not_in_memory_while_it_is_forwarded() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let user = User::signed_in();
    let bytes: Vec<u8> = (0..25u32 << 20).map(|n| (n ^ (n >> 8)) as u8).collect();
    let lines =
        |text: String| text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line) + "\n").collect();
    let file: String = lines(BASE64_STANDARD.encode(&bytes));
    let peak_of = |file: &str, how: &[&str]| {
        let file =
            format!("Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n{file}");
        let id = user.receive(&format!("{HEAD}{}", multipart("mixed", &[TEXT, &file])));
        let forward = ["forward", &id, "--to", "dan@example.org", "--timeout", "600"];
        let (done, peak) = user.run(&[&forward[..], how].concat()).with_peak_memory();
        assert_eq!(done.code, 0, "{}", done.stderr);
        peak
    };
    let (small, large) = (peak_of("aGk=", &[]), peak_of(&file, &[]));
    assert!(user.last_sent().attachments().next().unwrap().contents() == bytes.as_slice());
    assert!(large < small + 8_000, "a small file {small} kB, 25 MB {large} kB");
    let whole = peak_of(&file, &["--as-attachment"]);
    assert!(sent(&user).contains(&crlf(&file)));
    assert!(whole < small + 8_000, "a small file {small} kB, the whole mail {whole} kB");
}
