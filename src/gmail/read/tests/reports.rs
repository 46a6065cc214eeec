//! Bodies that are not sent as such: files, reports, notes, and types of text that few programs write.

use serde_json::{Value, json};

use super::{
    BodyKind, ReadOptions, TEXT, attached, elsewhere, html, leaf, mail, message, missing, multi, plain,
    with_header,
};

fn body(payload: Value) -> String {
    message(&mail(payload), &TEXT)["body"].as_str().unwrap().trim_end().to_owned()
}

fn named(name: &str, mut part: Value) -> Value {
    part["filename"] = name.into();
    part
}

#[test]
fn text_with_a_name_is_the_body_where_there_is_no_other() {
    let note = || named("note.txt", plain("From the file"));
    let inline = || with_header(note(), "Content-Disposition", "inline; filename=note.txt");
    let pdf = || attached("a.pdf", leaf("application/pdf", "x"));
    for alone in [
        note(),
        inline(),
        attached("note.txt", plain("From the file")),
        multi("mixed", vec![note(), pdf()]),
        multi("mixed", vec![plain(" \n"), inline()]),
        multi("mixed", vec![html("<p>&nbsp;<br>"), inline()]),
        named("page.html", html("<p>From the file")),
        multi("alternative", vec![note(), named("page.html", html("<p>From the file"))]),
        named("all", multi("mixed", vec![plain("From the file")])),
        with_header(multi("mixed", vec![plain("From the file")]), "Content-Disposition", "attachment"),
    ] {
        assert_eq!(body(alone.clone()), "From the file", "{alone}");
    }
    assert_eq!(body(multi("mixed", vec![plain("Hello"), inline()])), "Hello");
    assert_eq!(body(multi("mixed", vec![plain(""), attached("a.txt", plain("file"))])), "");
    let away = mail(multi("mixed", vec![plain(" "), elsewhere(inline(), "ANGjd1")]));
    assert_eq!(missing(&away, &TEXT), [("1".to_owned(), "ANGjd1".to_owned())]);
    let other = mail(multi("mixed", vec![plain("Hello"), elsewhere(inline(), "ANGjd1")]));
    assert!(missing(&other, &TEXT).is_empty());
}

#[test]
fn every_type_of_text_is_shown_as_text() {
    for (kind, text, shown) in [
        ("text/html charset=utf-8", "<p>Gr\u{fc}\u{df}e", "Grüße"),
        ("text/html, charset=utf-8", "<b>Hello</b>", "Hello"),
        ("text/html;charset=\"utf-8\"; format=flowed", "<b>Hello</b>", "Hello"),
        ("TEXT/HTML\tcharset=utf-8", "<b>Hello</b>", "Hello"),
        ("text/x-log", "Hello", "Hello"),
        ("text/csv", "a,b", "a,b"),
        ("text/vcard", "BEGIN:VCARD", "BEGIN:VCARD"),
        ("text", "Hello", "Hello"),
        (
            "text/enriched",
            "<bold>Now</bold> is\nthe time\n\nfor <param>red</param>all << 5 < 6 > 4",
            "Now is the time\nfor all < 5 < 6 > 4",
        ),
        ("text/richtext", "<bold>Now</bold><nl>is <lt>time<comment>unseen</comment>", "Now\nis <time"),
    ] {
        let mut part = leaf(kind, text);
        part["mimeType"] = kind.into();
        assert_eq!(body(part), shown, "{kind}");
    }
    let latin = leaf("text/html charset=iso-8859-2", b"<p>\xaelu\xbbou\xe8k\xfd");
    assert_eq!(body(latin), "Žluťoučký");
    let rich =
        multi("alternative", vec![leaf("text/enriched", "<bold>Hello</bold> Ada"), html("<p>Hello Ada")]);
    assert_eq!(message(&mail(rich), &TEXT)["body"], "Hello Ada");
    let log = multi(
        "mixed",
        vec![
            plain("See the log."),
            leaf("text/x-log", "line 1"),
            leaf("text/css", "p{}"),
            leaf("text/vcard", "BEGIN:VCARD"),
        ],
    );
    assert_eq!(body(log), "See the log.\n\nline 1");
    let counted = message(&mail(leaf("text/richtext", "a<comment>unseen</comment>")), &TEXT);
    assert_eq!(counted["removed"]["comments"], 1);
}

const FAILED: &str = "Reporting-MTA: dns; mail.example.com\r\nArrival-Date: Mon, 2 Nov 2026 09:00:00 +0000\r\n\r\n\
    Final-Recipient: rfc822; bob@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.example.org\r\n\
    Diagnostic-Code: smtp; 550 5.1.1 <bob@example.org>:\r\n  Recipient address rejected\r\n\r\n\
    Final-Recipient: rfc822;carl@example.org\r\nAction: delayed\r\nStatus: 4.4.1\r\n\
    Will-Retry-Until: Thu, 5 Nov 2026 09:00:00 +0000\r\n";

#[test]
fn a_delivery_status_is_summarised() {
    let summary = "Delivery failed: bob@example.org\nAction: failed\nStatus: 5.1.1\n\
        Diagnostic: 550 5.1.1 <bob@example.org>: Recipient address rejected\nRemote server: mx.example.org\n\n\
        Delivery delayed: carl@example.org\nAction: delayed\nStatus: 4.4.1\n\
        Retried until: Thu, 5 Nov 2026 09:00:00 +0000";
    let status = || leaf("message/delivery-status", FAILED);
    assert_eq!(body(status()), summary);
    assert_eq!(body(multi("report", vec![status()])), summary);
    let returned = json!({"mimeType": "message/rfc822", "headers": [], "parts": [plain("the letter")]});
    let report = multi("report", vec![plain("It was not delivered."), status(), returned]);
    assert_eq!(body(report), format!("It was not delivered.\n\n{summary}"));
    assert_eq!(body(leaf("message/global-delivery-status", FAILED)), summary);
    let read = |kind| message(&mail(status()), &ReadOptions { body: kind, ..TEXT })["body"].clone();
    assert_eq!(read(BodyKind::Html), read(BodyKind::Auto));
}

#[test]
fn a_delivery_status_whose_fields_are_headers_of_parts_is_summarised() {
    let field = |name: &str, value: &str| json!({"name": name, "value": value});
    let block =
        |headers: Vec<Value>| json!({"mimeType": "text/plain", "headers": headers, "body": {"size": 0}});
    let status = json!({"mimeType": "message/delivery-status", "headers": [], "body": {"size": 0}, "parts": [
        block(vec![field("Reporting-MTA", "dns; mail.example.com")]),
        block(vec![field("Final-Recipient", "rfc822; bob@example.org"), field("Action", "relayed"), field("Status", "2.0.0")]),
    ]});
    let shown = body(multi("report", vec![plain("Done."), status]));
    assert!(
        shown.contains("bob@example.org") && shown.contains("2.0.0") && shown.contains("Relayed"),
        "{shown}"
    );
}

#[test]
fn a_report_that_gmail_stores_separately_is_requested() {
    let status = elsewhere(leaf("message/delivery-status", FAILED), "ANGjd1");
    let report = mail(multi("report", vec![plain("It was not delivered."), status]));
    assert_eq!(missing(&report, &TEXT), [("1".to_owned(), "ANGjd1".to_owned())]);
}

#[test]
fn a_mail_of_many_reports_or_files_does_not_cost_as_many_requests() {
    for part in
        [leaf("message/delivery-status", FAILED), named("a.txt", plain("x")), leaf("application/ics", "x")]
    {
        let parts = (0..1_000).map(|n| elsewhere(part.clone(), &format!("ANGjd{n}"))).collect();
        assert_eq!(missing(&mail(multi("mixed", parts)), &TEXT).len(), 10);
    }
}

#[test]
fn receipts_and_complaints_are_summarised() {
    let receipt = "Reporting-UA: pc.example; Mailer\nFinal-Recipient: rfc822;bob@example.org\n\
        Original-Message-ID: <1@example.com>\nDisposition: manual-action/MDN-sent-manually; displayed\n";
    let shown = body(leaf("message/disposition-notification", receipt));
    assert!(shown.starts_with("Read receipt: displayed to bob@example.org"), "{shown}");
    assert!(shown.contains("<1@example.com>"), "{shown}");
    let deleted = receipt.replace("displayed", "deleted/error");
    assert!(body(leaf("message/disposition-notification", deleted)).contains("deleted"));

    let complaint = "Feedback-Type: abuse\nUser-Agent: Feedback/1.0\nVersion: 1\nOriginal-Mail-From: <ada@example.com>\n\
        Original-Rcpt-To: <bob@example.org>\nOriginal-Rcpt-To: <carl@example.org>\nSource-IP: 192.0.2.1\n\
        Reported-Domain: example.com\n";
    let shown =
        body(multi("report", vec![plain("A complaint."), leaf("message/feedback-report", complaint)]));
    for part in ["A complaint.", "abuse", "ada@example.com", "carl@example.org", "192.0.2.1", "example.com"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn what_only_other_programs_read_is_named() {
    let file = |name: &str, kind: &str| attached(name, leaf(kind, "x"));
    for part in [
        file("winmail.dat", "application/ms-tnef"),
        file("winmail.dat", "application/octet-stream"),
        file("WINMAIL.DAT", "application/vnd.ms-tnef"),
        file("smime.p7m", "application/pkcs7-mime"),
        file("smime.p7m", "application/octet-stream"),
        file("message.rpmsg", "application/x-microsoft-rpmsg-message"),
        leaf("application/pgp-encrypted", "Version: 1"),
    ] {
        for text in ["", "See the file."] {
            let shown = body(multi("mixed", vec![plain(text), part.clone()]));
            assert!(shown.starts_with(text) && shown.ends_with(']') && shown.contains("open"), "{shown}");
        }
    }
    let armor = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----";
    assert!(body(plain(armor)).ends_with("[encrypted OpenPGP text; open it in a mail program]"));
    let signed = multi("signed", vec![plain("Hello"), file("smime.p7s", "application/pkcs7-signature")]);
    assert_eq!(body(signed), "Hello");
}

#[test]
fn a_mail_nested_over_64_levels_is_read() {
    for kind in ["mixed", "alternative", "related", "signed", "report"] {
        for depth in [65, 100, 200] {
            let deep = |part| (0..depth).fold(part, |inner, _| multi(kind, vec![inner]));
            assert_eq!(body(deep(plain("found"))), "found", "{kind} {depth}");
            assert_eq!(body(deep(html("<p>found"))), "found", "{kind} {depth}");
        }
    }
}
