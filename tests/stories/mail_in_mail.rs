//! Mail attached to mail, and the text of attached files.

use serde_json::json;

use crate::kit::{User, column, files_in};

/// A message with a text, an attached message that has a file and another message, and a file.
const OUTER: &str = "From: bob@example.org\nTo: ada@example.com\nSubject: outer\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=o\n\n--o\n\nouter text\n--o\n\
    Content-Type: message/rfc822\nContent-Disposition: attachment; filename=\"Invoice 7.eml\"\n\n\
    From: Eve <eve@evil.example>\nTo: carl@example.org\nSubject: inner\nDate: Fri, 1 Jan 2027 10:00:00 +0000\n\
    Message-ID: <inner@x>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\
    Content-Type: text/html\n\n<p>inner <b>text</b><span style=\"display:none\">hidden</span></p>\n--i\n\
    Content-Type: text/csv; charset=iso-8859-1\nContent-Disposition: attachment; filename=data.csv\n\
    Content-Transfer-Encoding: quoted-printable\n\nna=EFve;1\n--i\n\
    Content-Type: message/rfc822\n\nSubject: innermost\n\ndeep text\n--i--\n--o\n\
    Content-Type: application/pdf; name=x.pdf\n\n%PDF-\n--o--\n";

fn list(user: &User, id: &str, more: &[&str]) -> Vec<serde_json::Value> {
    user.run(&[&["attachments", id], more].concat()).json().as_array().unwrap().clone()
}

#[test]
fn files_within_an_attached_message_are_listed_and_saved() {
    let user = User::signed_in();
    let id = user.receive(OUTER);
    let rows = list(&user, &id, &[]);
    assert_eq!(column(&rows, "part_id"), ["1", "1.0.1", "1.0.2", "2"]);
    assert_eq!(column(&rows, "filename"), ["Invoice 7.eml", "data.csv", "innermost.eml", "x.pdf"]);
    let within: Vec<_> = rows.iter().map(|row| row["within"].as_str().unwrap_or_default()).collect();
    assert_eq!(within, ["", "1", "1", ""]);
    let read = user.run(&["read", &id]).json();
    assert_eq!(column(read["attachments"].as_array().unwrap(), "part_id"), ["1", "1.0.1", "1.0.2", "2"]);

    let out = user.home().join("out");
    let rows =
        user.run(&["attachments", &id, "--part", "1.0.1", "--out-dir", "out"]).inside(user.home()).json();
    assert_eq!(
        (std::fs::read(out.join("data.csv")).unwrap(), rows.as_array().unwrap().len()),
        (b"na\xefve;1".to_vec(), 1)
    );
    user.run(&["attachments", &id, "--out-dir", "all"]).inside(user.home()).json();
    assert_eq!(files_in(&user.home().join("all")).len(), 4);
    let raw = std::fs::read(user.home().join("all").join("Invoice 7.eml")).unwrap();
    assert!(raw.starts_with(b"From: Eve <eve@evil.example>\r\n") && raw.ends_with(b"--i--"));
}

#[test]
fn an_attached_message_is_read_like_any_other() {
    let user = User::signed_in();
    let id = user.receive(OUTER);
    let message = user.run(&["read", &id, "--part", "1", "--headers"]).json();
    assert_eq!((&message["uid"], &message["part_id"]), (&json!(id), &json!("1")));
    assert_eq!((&message["from"], &message["subject"]), (&json!("Eve <eve@evil.example>"), &json!("inner")));
    assert_eq!(
        (message["body"].as_str().unwrap().trim(), &message["body_type"]),
        ("inner text", &json!("html_to_text"))
    );
    assert!(message["removed"]["hidden"].as_u64().unwrap() > 0);
    assert!(message["untrusted"].as_array().unwrap().contains(&json!("body")));
    assert_eq!(column(message["attachments"].as_array().unwrap(), "filename"), ["data.csv", "innermost.eml"]);

    let deep = user.run(&["exec", "fetch_message", &json!({"uid": id, "part": "1.0.2"}).to_string()]).json();
    assert_eq!((&deep["subject"], deep["body"].as_str().unwrap().trim()), (&json!("innermost"), "deep text"));
    let raw = user.run(&["read", &id, "--part", "1", "--body", "raw"]).json();
    assert!(raw["body"].as_str().unwrap().starts_with("From: Eve"));

    user.run(&["read", &id, "--part", "9"]).fails(5);
    user.run(&["read", &id, "--part", "2"]).fails(2);
    user.run(&["read", &id, &id, "--part", "1"]).fails(2);
}

#[test]
fn a_message_that_is_attached_as_a_file_is_read_too() {
    let user = User::signed_in();
    for kind in ["application/octet-stream; name=note.eml", "text/plain; name=note.eml", "message/rfc822"] {
        let id = user.receive(&format!(
            "Subject: outer\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nx\n--o\n\
             Content-Type: {kind}\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n{}\n--o--\n",
            "U3ViamVjdDogbm90ZQ0KDQp0ZXh0IG9mIG5vdGUNCg=="
        ));
        let message = user.run(&["read", &id, "--part", "1"]).json();
        assert_eq!(
            (&message["subject"], message["body"].as_str().unwrap().trim()),
            (&json!("note"), "text of note"),
            "{kind}"
        );
        let rows = list(&user, &id, &["--text"]);
        assert!(rows[0]["text"].as_str().unwrap().contains("text of note"), "{rows:?}");
    }
}

#[test]
fn the_text_of_files_comes_with_the_marks_of_any_mail() {
    let user = User::signed_in();
    let part = |kind: &str, name: &str, text: &str| {
        format!("--o\nContent-Type: {kind}\nContent-Disposition: attachment; filename={name}\n\n{text}\n")
    };
    let parts = [
        part("text/plain; charset=iso-8859-1", "a.txt", "plain"),
        part("application/json", "b.json", "{\"a\": 1}"),
        part("application/octet-stream", "c.csv", "a;b"),
        part("text/html", "d.html", "<p>seen<span style=\"font-size:0\">unseen</span></p>"),
        part(
            "text/calendar",
            "e.ics",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Lunch\nDTSTART:20270101T120000Z\nEND:VEVENT\nEND:VCALENDAR",
        ),
        part("application/atom+xml", "f.atom", "<feed>zero\u{200b}width</feed>"),
        part("message/rfc822", "g.eml", "From: eve@evil.example\nSubject: hello\n\ninner"),
        part("application/pdf", "h.pdf", "%PDF-1.7"),
        part("image/png", "i.txt", "PNG"),
        part("text/plain", "j.txt", "%PDF-1.7"),
    ];
    let id = user.receive(&format!(
        "Subject: files\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n{}--o--\n",
        parts.concat()
    ));
    let rows = list(&user, &id, &["--text"]);
    let text = |at: usize| rows[at]["text"].as_str().unwrap_or("-").trim().to_owned();
    assert_eq!([text(0), text(1), text(2), text(3)], ["plain", "{\"a\": 1}", "a;b", "seen"]);
    assert!(text(4).contains("Lunch") && !text(4).contains("VEVENT"), "{}", text(4));
    assert_eq!(text(5), "<feed>zerowidth</feed>");
    assert!(text(6).contains("From: eve@evil.example\n") && text(6).ends_with("\n\ninner"), "{}", text(6));
    for row in &rows[7..10] {
        assert_eq!((row.get("text"), &row["text_type"]), (None, &json!("none")), "{row}");
    }
    for row in &rows[..7] {
        assert!(row["untrusted"].as_array().unwrap().contains(&json!("text")), "{row}");
    }
    assert!(
        !rows[3]["removed"].as_object().unwrap().is_empty()
            && !rows[5]["removed"].as_object().unwrap().is_empty()
    );

    let rows = list(&user, &id, &["--text", "--part", "0", "--max-body", "3"]);
    assert_eq!((&rows[0]["text"], &rows[0]["truncated"]["total"]), (&json!("pla"), &json!(5)));
    assert!(list(&user, &id, &[])[0].get("text").is_none());
    let page = user.run(&["attachments", &id, "--text", "--format", "table"]).done().stdout;
    assert!(page.contains("── 1  b.json ──") && page.contains("\n  {\"a\": 1}\n"), "{page}");
}
