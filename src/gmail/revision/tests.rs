//! Where the quoted mail begins in the HTML of various mail programs.

use super::{Changes, Revision, place::places};

#[test]
fn the_quoted_mail_begins_at_the_mark_of_the_mail_program() {
    for (mark, answers, found) in [
        ("<div class=\"gmail_quote gmail_quote_container\">", false, true),
        ("<BLOCKQUOTE type=\"cite\">", false, true),
        ("<div class=\"moz-cite-prefix\">", false, true),
        ("<div id=\"appendonsend\">", false, true),
        ("<div id=\"x_divRplyFwdMsg\">", false, true),
        ("<div class=\"yahoo_quoted\">", false, true),
        ("<blockquote>", true, true),
        ("<blockquote>", false, false),
        ("<div class=\"gmail_quoted\">", true, false),
        ("<!-- <div class=gmail_quote> -->", true, false),
        ("<style>.x{content:'<blockquote type=cite>'}</style>", true, false),
    ] {
        let html = format!("<html><body bgcolor=red>\u{fc}<p>x{mark}old</html>");
        let places = places(&html, answers);
        assert_eq!(&html[..places.content], "<html><body bgcolor=red>");
        assert_eq!(places.quote, found.then(|| html.find(mark).unwrap()), "{mark}");
    }
}

fn with_subject(raw: &str) -> String {
    let changes = Changes { subject: Some("new"), ..Changes::default() };
    String::from_utf8(Revision::new(raw.as_bytes(), &changes).unwrap().bytes).unwrap()
}

#[test]
fn an_odd_header_is_changed_in_its_own_way() {
    for (raw, expected) in [
        ("To: b@x\nSubject: old\n\nbody\n", "To: b@x\nSubject: new\n\nbody\n"),
        ("To: b@x\n\nbody\n", "To: b@x\nSubject: new\n\nbody\n"),
        ("To: b@x", "To: b@x\r\nSubject: new\r\n"),
        ("", "Subject: new\r\n"),
        ("\r\nbody", "Subject: new\r\n\r\nbody"),
        ("Subject: old", "Subject: new\r\n"),
        ("Subject : old\r\n\tfolded\r\nno name\r\n\r\nSubject: body", "Subject: new\r\n\r\nSubject: body"),
    ] {
        assert_eq!(with_subject(raw), expected, "{raw:?}");
    }
}
