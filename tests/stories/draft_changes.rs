//! What a change of a draft leaves as it was: every byte that was not named.

use serde_json::json;

use crate::{kit::User, sandbox::GMAIL_HOST};

const HEAD: &str = "From: Ada Lovelace <ada@example.com>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\
    Message-ID: <d@example.com>\r\nTo: bob@example.org\r\nSubject: old\r\n";

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// A draft with this rest of its header and this body.
fn draft(rest: &str) -> String {
    format!("{HEAD}MIME-Version: 1.0\r\n{}", crlf(rest))
}

/// A multipart with the boundary `b` of parts with their headers.
fn multipart(kind: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
    format!("Content-Type: multipart/{kind}; boundary=b\n\n{parts}--b--\n")
}

fn add(user: &User, raw: &str) -> String {
    user.world.gmail(|gmail| gmail.add_draft(raw.as_bytes()))
}

/// The bytes of the draft.
fn raw(user: &User, id: &str) -> String {
    let shown = user.run(&["draft", "show", id, "--format", "json"]).json();
    let uid = shown["uid"].as_str().unwrap();
    String::from_utf8_lossy(&user.world.gmail(|gmail| gmail.message(uid).unwrap().raw)).into_owned()
}

/// The draft after a change.
fn changed(message: &str, change: &[&str]) -> String {
    let user = User::signed_in();
    let id = add(&user, message);
    user.run(&[&["draft", "update", &id][..], change].concat()).json();
    raw(&user, &id)
}

const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\n\n";
const HTML: &str = "Content-Type: text/html; charset=utf-8\n\n";
const PNG: &str = "Content-Type: image/png\nContent-ID: <i@x>\nContent-Disposition: inline; filename=i.png\nContent-Transfer-Encoding: base64\n\niVBORw0K";

#[test]
fn a_new_subject_changes_the_subject_field_and_nothing_else() {
    let plain = |text: &str| format!("{PLAIN}{text}");
    for rest in [
        multipart("mixed", &[&plain("one"), PNG, &plain("two")]),
        multipart(
            "alternative",
            &[
                &plain("one"),
                "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>one\n--c\n\
                 Content-Type: application/pdf; name=a.pdf\n\nPDF\n--c\nContent-Type: text/html\n\n<p>two\n--c--",
                "Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\nBEGIN:VCALENDAR\nEND:VCALENDAR",
            ],
        ),
        format!(
            "Importance: high\nX-Priority: 1 (Highest)\nDisposition-Notification-To: ada@example.com\nX-Own:  two  \n\tfolds \n{}",
            multipart(
                "mixed",
                &[
                    &plain("one"),
                    "Content-Type: message/rfc822\n\nBcc: eve@evil.example\nSubject: inner\n\nhi"
                ]
            )
        ),
        format!(
            "X-Long: {}\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ntext \n",
            "a".repeat(2000)
        ),
        multipart(
            "signed; micalg=sha-256; protocol=\"application/pgp-signature\"",
            &[&plain("one "), "Content-Type: application/pgp-signature\n\nx"],
        ),
        "Content-Type: multipart/digest; boundary=b\n\npreamble\n--b\n\nSubject: a\n\n1\n--b--\nepilogue"
            .to_owned(),
        "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR".to_owned(),
        "Bcc: a..b@host\n\nbody".to_owned(),
    ] {
        let before = draft(&rest);
        let expected = before.replace("Subject: old\r\n", "Subject: new\r\n");
        assert_eq!(changed(&before, &["--subject", "new"]), expected);
    }
    let folded = draft("\nbody")
        .replace("Subject: old", "sUBJECT: =?utf-8?q?old?=\r\n =?utf-8?q?_er?=\r\nSubject: again");
    assert_eq!(changed(&folded, &["--subject", "new"]), draft("\nbody").replace("old", "new"));
}

#[test]
fn new_recipients_are_put_in_the_place_of_the_old_ones() {
    let before = draft("Cc: carol@example.org\nX-Own: a\nCC: dan@example.org\n\nbody\n");
    let after = changed(&before, &["--cc", "eve@example.org", "--bcc", "fay@example.org"]);
    let expected = draft("Cc: <eve@example.org>\nX-Own: a\nBcc: <fay@example.org>\n\nbody\n");
    assert_eq!(after, expected);
    assert_eq!(changed(&before, &["--cc", ""]), draft("X-Own: a\n\nbody\n"));
}

const QUOTED: &str =
    "old answer\n\nOn Fri, 20 Nov 2026 10:00:00 +0000, Bob wrote:\n> first line\n> second line\n";
const QUOTED_HTML: &str = "<html><body style=\"color:red\"><b>old answer</b><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Fri, Bob \
    wrote:</div><blockquote class=\"gmail_quote\"><b>first</b> <img src=\"cid:i@x\"></blockquote></div></body></html>";

#[test]
fn a_new_body_stands_above_the_quoted_mail_in_both_forms() {
    let reply = "In-Reply-To: <p@example.org>\n";
    let text = format!("{reply}{PLAIN}{QUOTED}");
    let after = changed(&draft(&text), &["--body", "neu ü"]);
    assert!(after.starts_with(&draft(reply)), "{after}");
    assert!(!after.contains("old answer") && after.contains("> first line\r\n> second line"), "{after}");

    let html = format!("{HTML}{QUOTED_HTML}");
    let both = multipart(
        "alternative",
        &[
            &format!("{PLAIN}{QUOTED}"),
            &multipart("related", &[&html, PNG]).replace("=b\n", "=c\n").replace("--b", "--c"),
        ],
    );
    let user = User::signed_in();
    let id = add(&user, &draft(&format!("{reply}{both}")));
    let updated = user.run(&["draft", "update", &id, "--body", "new <answer>\nline two"]).json();
    let message = user.message(updated["uid"].as_str().unwrap());
    let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
    assert!(text.starts_with("new <answer>") && text.contains("> first line"), "{text}");
    assert!(html.contains("new &lt;answer&gt;<br>\r\nline two") && html.contains("<b>first</b>"), "{html}");
    assert!(!text.contains("old answer") && !html.contains("old answer"), "{html}");
    assert!(raw(&user, &id).contains(&crlf(PNG)));
    // Quoted lines of another kind are no reason to drop the quoted mail, a quotation of it is.
    user.run(&["draft", "update", &id, "--body", "see:\n> some code\n"]).json();
    let message = raw(&user, &id);
    assert!(message.contains("> some code") && message.contains("> first line"), "{message}");
    let given = "x\n\nOn Fri, 20 Nov 2026 10:00:00 +0000, Bob wrote:\n> second line\n";
    user.run(&["draft", "update", &id, "--body", given]).json();
    let message = raw(&user, &id);
    assert!(message.contains("> second line") && !message.contains("first"), "{message}");
    assert_eq!(message.matches("Bob wrote:").count(), 2, "{message}");
}

#[test]
fn a_new_html_body_keeps_the_quoted_mail_and_the_text_says_the_same() {
    let both = multipart("alternative", &[&format!("{PLAIN}{QUOTED}"), &format!("{HTML}{QUOTED_HTML}")]);
    let user = User::signed_in();
    let id = add(&user, &draft(&format!("In-Reply-To: <p@example.org>\n{both}")));
    let updated = user.run(&["draft", "update", &id, "--html-body", "<p>new <i>answer</i></p>"]).json();
    let message = user.message(updated["uid"].as_str().unwrap());
    let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
    assert!(html.starts_with("<p>new <i>answer</i></p>") && html.contains("<b>first</b>"), "{html}");
    assert!(
        text.starts_with("new answer") && text.contains("> first line") && !text.contains("old"),
        "{text}"
    );
    // The quotation of a draft in text alone is in its HTML, too.
    let id = add(&user, &draft(&format!("In-Reply-To: <p@example.org>\n{PLAIN}{QUOTED}")));
    let updated = user.run(&["draft", "update", &id, "--html-body", "<b>new</b>"]).json();
    let message = user.message(updated["uid"].as_str().unwrap());
    let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
    assert!(
        text.contains("> first line") && html.contains("&gt; first line") && html.contains("<b>new</b>"),
        "{html}"
    );
    // A draft in text alone gets both forms.
    let id = add(&user, &draft(&format!("{PLAIN}old\n")));
    let updated = user.run(&["draft", "update", &id, "--html-body", "<b>new</b>", "--body", "new"]).json();
    let message = user.message(updated["uid"].as_str().unwrap());
    assert_eq!(
        (message.body_text(0).unwrap().trim(), message.body_html(0).unwrap().trim()),
        ("new", "<b>new</b>")
    );
}

#[test]
fn files_are_replaced_and_nothing_else() {
    let user = User::signed_in();
    let file = user.write_file("new.txt", "new file");
    let file = file.to_str().unwrap();
    let text = format!("{PLAIN}text \n");
    let html = format!("{HTML}<img src=\"cid:i@x\">");
    let pdf = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nPDF";
    let invitation = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nEND:VCALENDAR";
    let related = multipart("related", &[&html, PNG]).replace("=b\n", "=c\n").replace("--b", "--c");
    let message = "Content-Type: message/rfc822\n\nSubject: inner\n\ninner";
    for (kind, parts) in [
        ("mixed", vec![&text[..], pdf]),
        ("mixed", vec![&text, message, pdf]),
        ("mixed", vec![&related, pdf]),
        ("alternative", vec![&text, &related, invitation]),
        ("mixed", vec![&text, PNG, &text]),
        ("mixed", vec![pdf]),
    ] {
        let id = add(&user, &draft(&multipart(kind, &parts)));
        user.run(&["draft", "update", &id, "--attach", file]).json();
        let after = raw(&user, &id);
        for part in parts {
            let is_gone = part == pdf || part == message || part == PNG;
            let part = part.trim_end().replace("boundary=b", "boundary=c");
            assert_eq!(after.contains(&crlf(&part)), !is_gone, "{kind}: {part}\n\n{after}");
        }
        assert!(after.starts_with(HEAD), "{after}");
        let shown = user.run(&["draft", "show", &id, "--format", "json"]).json();
        let files = shown["attachments"].as_array().unwrap();
        assert!(files.iter().any(|file| file["filename"] == "new.txt"), "{shown}");
        assert!(files.iter().all(|file| file["filename"] != "a.pdf"), "{shown}");
    }
}

#[test]
fn a_body_whose_place_is_not_certain_is_refused_before_anything_changes() {
    let text = format!("{PLAIN}one");
    let page = format!("{HTML}<p>one");
    let pages = "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>one\n--c\n\
        Content-Type: application/pdf; name=a.pdf\n\nPDF\n--c\nContent-Type: text/html\n\n<p>two\n--c--";
    for (rest, part) in [
        (multipart("mixed", &[&text, PNG, &text]), "part 2 (text/plain)"),
        (multipart("alternative", &[&text, pages]), "part 1.2 (text/html)"),
        (multipart("signed", &[&text, "Content-Type: application/pgp-signature\n\nx"]), "multipart/signed"),
        (
            multipart(
                "encrypted",
                &[
                    "Content-Type: application/pgp-encrypted\n\nVersion: 1",
                    "Content-Type: application/octet-stream\n\nx",
                ],
            ),
            "multipart/encrypted",
        ),
        (
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx".to_owned(),
            "application/pkcs7-mime",
        ),
        (format!("{PLAIN}-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----\n"), "text/plain"),
        (
            format!(
                "In-Reply-To: <p@x>\n{}",
                multipart("alternative", &[&format!("{PLAIN}{QUOTED}"), &page])
            ),
            "text/html",
        ),
    ] {
        for change in [["--body", "x"], ["--html-body", "<p>x"]] {
            let user = User::signed_in();
            let id = add(&user, &draft(&rest));
            let error = user.run(&[&["draft", "update", &id][..], &change].concat()).fails(2);
            assert!(error["part"].as_str().unwrap().contains(part), "{rest}: {error}");
            assert_eq!(user.world.count(GMAIL_HOST, "PUT", ""), 0);
        }
    }
}

#[test]
fn the_files_of_a_signed_or_encrypted_draft_are_not_replaced() {
    let pdf = "Content-Type: application/pdf; name=a.pdf\n\nPDF";
    let signed = multipart(
        "signed",
        &[
            &multipart("mixed", &["\ntext", pdf]).replace("=b\n", "=c\n").replace("--b", "--c"),
            "Content-Type: application/pgp-signature\n\nx",
        ],
    );
    let encrypted = multipart(
        "encrypted",
        &[
            "Content-Type: application/pgp-encrypted\n\nVersion: 1",
            "Content-Type: application/octet-stream\n\nx",
        ],
    );
    let smime = "Content-Type: application/pkcs7-mime; name=smime.p7m\n\nx".to_owned();
    for rest in [signed, encrypted, smime] {
        let user = User::signed_in();
        let file = user.write_file("new.txt", "new file");
        let id = add(&user, &draft(&rest));
        let error = user.run(&["draft", "update", &id, "--attach", file.to_str().unwrap()]).fails(2);
        assert!(error["part"].is_string(), "{error}");
        assert_eq!(user.world.count(GMAIL_HOST, "PUT", ""), 0);
    }
}

#[test]
fn a_new_inline_image_takes_the_place_of_the_one_with_its_id() {
    let user = User::signed_in();
    let image = user.write_file("new.png", "new image");
    let inline = format!("i@x={}", image.display());
    let related = multipart("related", &[&format!("{HTML}<img src=\"cid:i@x\">"), PNG]);
    let id = add(&user, &draft(&related));
    for _ in 0..2 {
        user.run(&[
            "draft",
            "update",
            &id,
            "--html-body",
            "<img src=\"cid:i@x\">new",
            "--body",
            "new",
            "--inline",
            &inline,
        ])
        .json();
        let after = raw(&user, &id);
        assert_eq!(after.matches("Content-ID: <i@x>").count(), 1, "{after}");
        assert!(after.contains("bmV3IGltYWdl") && after.contains("text/plain"), "{after}");
    }
}

#[test]
fn a_draft_that_is_nothing_but_files_gets_a_body_beside_them() {
    let notes = "Content-Type: text/plain; charset=utf-16\nContent-Disposition: attachment; filename=notes.txt\n\nnotes ";
    let inline = "Content-Type: text/html\nContent-Disposition: inline; filename=page.htm\n\n<p>page";
    let pdf = "Content-Type: application/pdf; name=a.pdf\n\nPDF";
    let message = "Content-Type: message/rfc822\n\nSubject: inner\n\ninner";
    for part in [notes, inline, pdf, message] {
        for rest in [part.to_owned(), multipart("mixed", &[part]), multipart("mixed", &[part, pdf])] {
            let after = changed(&draft(&rest), &["--body", "new body"]);
            assert!(after.contains("new body") && after.contains(&crlf(part)), "{after}");
            assert!(after.contains("Content-Type: multipart/mixed"), "{after}");
        }
    }
}

#[test]
fn an_update_takes_two_requests_and_can_be_shown_before() {
    let user = User::signed_in();
    let id = add(&user, &draft(&format!("{PLAIN}old\n")));
    let before = user.world.log().len();
    user.run(&["draft", "update", &id, "--subject", "s", "--body", "b"]).json();
    let log = user.world.log();
    let calls: Vec<&str> =
        log[before..].iter().filter(|e| e.method != "CONNECT").map(|e| &*e.method).collect();
    assert_eq!(calls, ["GET", "PUT"]);
    let shown = user.run(&["draft", "update", &id, "--subject", "t", "--dry-run", "--format", "json"]).json();
    assert!(shown["raw"].as_str().unwrap().contains("Subject: t\r\n"));
    assert_eq!(shown["recipients"]["to"], json!(["bob@example.org"]));
    assert!(raw(&user, &id).contains("Subject: s\r\n"));
}

#[test]
fn the_answered_mail_can_be_quoted_again() {
    let user = User::signed_in();
    let parent = user.receive(
        "From: Bob <bob@example.org>\nTo: ada@example.com\nSubject: x\nMessage-ID: <p@example.org>\n\nall of it\n",
    );
    let made = user.run(&["reply", &parent, "--body", "v1", "--no-quote", "--draft"]).json();
    let id = made["id"].as_str().unwrap();
    user.run(&["draft", "update", id, "--requote"]).json();
    let once = raw(&user, id);
    assert!(once.contains("v1") && once.contains("> all of it"), "{once}");
    user.run(&["draft", "update", id, "--requote", "--body", "v2"]).json();
    let twice = raw(&user, id);
    assert!(
        twice.contains("v2") && !twice.contains("v1") && twice.matches("> all of it").count() == 1,
        "{twice}"
    );
    let other = add(&user, &draft("\nbody\n"));
    user.run(&["draft", "update", &other, "--requote"]).fails(2);
}

#[test]
fn the_draft_of_an_answer_to_html_keeps_it_when_its_text_changes() {
    let user = User::signed_in();
    let related = multipart("related", &[&format!("{HTML}<p>all <b>of it</b> <img src=\"cid:i@x\">"), PNG]);
    let parent = user.receive(&format!(
        "From: Bob <bob@example.org>\nTo: ada@example.com\nSubject: x\nMessage-ID: <p@example.org>\n{related}"
    ));
    for write in [vec!["reply", &parent], vec!["forward", &parent, "--to", "dan@example.org"]] {
        let made = user.run(&[&write[..], &["--body", "v1", "--draft"]].concat()).json();
        let id = made["id"].as_str().unwrap();
        let mut changes = vec![vec!["--body", "v2"], vec!["--html-body", "<i>v3</i>"]];
        if write[0] == "reply" {
            changes.push(vec!["--requote"]);
        }
        for (number, change) in changes.iter().enumerate() {
            let updated = user.run(&[&["draft", "update", id][..], change].concat()).json();
            let message = user.message(updated["uid"].as_str().unwrap());
            let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
            let word = if number == 0 { "v2" } else { "v3" };
            assert!(text.starts_with(word) && text.contains("all of it"), "{text}");
            assert!(
                html.contains(word) && !html.contains("v1") && html.matches("<b>of it</b>").count() == 1,
                "{html}"
            );
            assert_eq!(raw(&user, id).matches("Content-ID: <i@x>").count(), 1, "{change:?}");
        }
    }
}
