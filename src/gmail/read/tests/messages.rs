//! Messages as mail programs send them, each with the body that a person reads.

use serde_json::{Value, json};

use super::{TEXT, attached, html, leaf, mail, message, multi, plain, with_header};

/// A name, the payload, the expected body and its type.
type Case = (&'static str, Value, &'static str, &'static str);

#[track_caller]
fn assert_bodies(cases: Vec<Case>) {
    for (name, payload, body, kind) in cases {
        let read = message(&mail(payload), &TEXT);
        assert_eq!(read["body"].as_str().unwrap().trim_end(), body, "{name}");
        assert_eq!(read["body_type"], kind, "{name}");
    }
}

/// Text in a charset: the label, the bytes, the expected text.
#[track_caller]
fn assert_charsets(rows: &[(&str, &[u8], &str)]) {
    for (label, bytes, text) in rows {
        let content_type = format!("text/plain; charset=\"{label}\"");
        let read = message(&mail(leaf(&content_type, bytes)), &TEXT);
        assert_eq!(read["body"], *text, "{label}");
    }
}

#[test]
fn every_charset_is_read() {
    assert_charsets(&[
        ("utf-8", b"caf\xc3\xa9 \xe2\x82\xac", "café €"),
        ("GB18030", b"\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7 \x949\xfc6", "你好，世界 😀"),
        ("gb2312", b"\xd6\xd0\xce\xc4\xd3\xca\xbc\xfe", "中文邮件"),
        ("cp936", b"\xd6\xd0\xce\xc4\xd3\xca\xbc\xfe", "中文邮件"),
        ("ISO-2022-JP", b"\x1b$B$3$s$K$A$O@$3&\x1b(B", "こんにちは世界"),
        ("iso-2022-jp-ms", b"\x1b$B$3$s$K$A$O@$3&\x1b(B", "こんにちは世界"),
        ("iso-2022-kr", b"\x1b$)C\x0e>H3g\x0f Mail", "안녕 Mail"),
        ("KOI8-R", b"\xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2", "Привет, мир"),
        ("koi8-u", b"\xf0\xd2\xc9\xd7\xa6\xd4, \xd3\xd7\xa6\xd4\xc5", "Привіт, світе"),
        ("windows-1252", b"caf\xe9 \x96 \x93na\xefve\x94 \x80", "café – “naïve” €"),
        ("iso-8859-1", b"caf\xe9 \x80", "café €"),
        ("ISO-8859-15", b"10 \xa4 f\xfcr \xbcuvre", "10 € für Œuvre"),
        ("iso-8859-2", b"\xaelu\xbbou\xe8k\xfd k\xf9\xf2", "Žluťoučký kůň"),
        ("iso-8859-7", b"\xca\xe1\xeb\xe7\xec\xdd\xf1\xe1", "Καλημέρα"),
        ("windows-1251", b"\xc4\xee\xe1\xf0\xfb\xe9 \xe4\xe5\xed\xfc", "Добрый день"),
        ("windows-1254", b"\xddyi g\xfcnler", "İyi günler"),
        ("windows-1255", b"\xf9\xec\xe5\xed", "שלום"),
        ("windows-1256", b"\xe3\xd1\xcd\xc8\xc7", "مرحبا"),
        ("Shift_JIS", b"\x93\xfa\x96{\x8c\xea\x82\xcc\x83\x81\x81[\x83\x8b", "日本語のメール"),
        ("cp932", b"\x87@\x87A\xee\xe0", "①②髙"),
        ("EUC-JP", b"\xb7\xef\xcc\xbe\xa4\xc7\xa4\xb9", "件名です"),
        ("Big5", b"\xc1c\xc5\xe9\xa4\xa4\xa4\xe5", "繁體中文"),
        ("ks_c_5601-1987", b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4", "안녕하세요"),
        ("tis-620", b"\xca\xc7\xd1\xca\xb4\xd5", "สวัสดี"),
        ("utf-16le", b"G\x00r\x00\xfc\x00\xdf\x00e\x00 \x00\x13'", "Grüße ✓"),
        ("utf-16", b"\xff\xfeG\x00r\x00\xfc\x00\xdf\x00e\x00", "Grüße"),
        ("utf-16", b"\xfe\xff\x00G\x00r\x00\xfc\x00\xdf\x00e", "Grüße"),
        ("utf-16le", b"H\x00i\x00", "Hi"),
    ]);
}

#[test]
fn a_wrong_label_does_not_garble_the_text() {
    assert_charsets(&[
        ("utf-8", b"caf\xe9 \x80", "café €"),
        ("windows-1252", b"caf\xc3\xa9 \xe2\x82\xac", "café €"),
        ("iso-2022-jp", "こんにちは".as_bytes(), "こんにちは"),
        ("utf-16", "Grüße".as_bytes(), "Grüße"),
        ("us-ascii", b"caf\xe9", "café"),
        ("x-unknown", b"caf\xe9", "café"),
        ("", b"caf\xe9", "café"),
        ("utf-8", b"Gr\xc3\xbc\xc3\x9fe aus K\xc3", "Grüße aus K\u{fffd}"),
        ("utf-8", b"\xef\xbb\xbfBOM", "BOM"),
        ("hz-gb-2312", b"plain", "plain"),
    ]);
}

#[test]
fn html_may_name_its_charset_itself() {
    let html = |bytes: &[u8]| message(&mail(leaf("text/html", bytes)), &TEXT)["body"].clone();
    assert_eq!(html(b"<meta charset=\"koi8-r\">\xf0\xd2\xc9\xd7\xc5\xd4").as_str().unwrap().trim(), "Привет");
    let older = b"<meta content='text/html; charset=GB2312'>\xd6\xd0\xce\xc4";
    assert_eq!(html(older).as_str().unwrap().trim(), "中文");
}

#[test]
fn one_branch_of_an_alternative_is_read() {
    let both = || multi("alternative", vec![plain("Hello"), html("<p><b>Hello</b></p>")]);
    let inline = || with_header(leaf("image/png", "png"), "Content-ID", "<logo@example>");
    assert_bodies(vec![
        ("text only", plain("Hello"), "Hello", "text"),
        ("html only", html("<p><b>Hello</b></p>"), "Hello", "html_to_text"),
        ("text and html", both(), "Hello", "text"),
        (
            "html first",
            multi("alternative", vec![html("<p><b>Hello</b></p>"), plain("Hello")]),
            "Hello",
            "text",
        ),
        ("within related", multi("related", vec![both(), inline()]), "Hello", "text"),
        (
            "related within",
            multi(
                "alternative",
                vec![plain("Hello"), multi("related", vec![html("<p><b>Hello</b></p>"), inline()])],
            ),
            "Hello",
            "text",
        ),
        (
            "related html",
            multi("related", vec![html("<p><b>Hello</b></p>"), inline()]),
            "Hello",
            "html_to_text",
        ),
        (
            "the richest html",
            multi("alternative", vec![html("<p>poor</p>"), html("<p>rich</p>")]),
            "rich",
            "html_to_text",
        ),
        ("text twice", multi("alternative", vec![plain("one"), plain("two")]), "two", "text"),
        (
            "mixed within an alternative",
            multi(
                "alternative",
                vec![multi("mixed", vec![plain("one"), inline(), plain("two")]), html("<p>one<p>two")],
            ),
            "one\n\ntwo",
            "text",
        ),
        (
            "amp beside html",
            multi("alternative", vec![leaf("text/x-amp-html", "amp"), html("<p><b>Hello</b></p>")]),
            "Hello",
            "html_to_text",
        ),
        ("upper-case types", leaf("TEXT/PLAIN", "Hello"), "Hello", "text"),
        ("signed", multi("signed", vec![both(), leaf("application/pgp-signature", "sig")]), "Hello", "text"),
    ]);
}

#[test]
fn parts_next_to_each_other_are_read_in_order() {
    let file = || attached("a.pdf", leaf("application/pdf", "x"));
    assert_bodies(vec![
        ("two texts", multi("mixed", vec![plain("one\n"), plain("two")]), "one\n\ntwo", "text"),
        ("around a file", multi("mixed", vec![plain("one"), file(), plain("two")]), "one\n\ntwo", "text"),
        (
            "an html footer",
            multi("mixed", vec![plain("one"), html("<p>two</p>")]),
            "one\n\ntwo",
            "html_to_text",
        ),
        ("an empty part", multi("mixed", vec![plain("\n"), plain("two"), plain(" ")]), "two", "text"),
        (
            "a list's footer",
            multi(
                "mixed",
                vec![multi("alternative", vec![plain("one"), html("<p>one</p>")]), plain("footer")],
            ),
            "one\n\nfooter",
            "text",
        ),
        (
            "two alternatives",
            multi(
                "mixed",
                vec![
                    multi("alternative", vec![plain("a"), html("<p>a</p>")]),
                    multi("alternative", vec![plain("b"), html("<p>b</p>")]),
                ],
            ),
            "a\n\nb",
            "text",
        ),
        ("a patch", multi("mixed", vec![plain("fix"), leaf("text/x-patch", "+1")]), "fix\n\n+1", "text"),
    ]);
}

#[test]
fn attached_text_is_not_part_of_the_body() {
    let inner = multi("mixed", vec![plain("inner")]);
    let forwarded = json!({"mimeType": "message/rfc822", "headers": [], "parts": [inner]});
    let unnamed = with_header(plain("attached"), "Content-Disposition", "ATTACHMENT");
    assert_bodies(vec![
        (
            "a text file first",
            multi("mixed", vec![attached("a.txt", plain("file")), plain("Hello")]),
            "Hello",
            "text",
        ),
        ("an unnamed text file", multi("mixed", vec![unnamed, plain("Hello")]), "Hello", "text"),
        (
            "an html file",
            multi("mixed", vec![plain("Hello"), attached("a.html", html("<p>x"))]),
            "Hello",
            "text",
        ),
        ("a forwarded mail", multi("mixed", vec![plain("see"), forwarded.clone()]), "see", "text"),
        ("nothing but a forwarded mail", multi("mixed", vec![forwarded]), "", "none"),
        ("nothing but a file", attached("a.pdf", leaf("application/pdf", "x")), "", "none"),
        ("a text file beside nothing", multi("mixed", vec![attached("a.txt", plain("file"))]), "", "none"),
        ("an image", leaf("image/png", "png"), "", "none"),
        ("an empty text", plain(""), "", "text"),
        ("no parts", multi("mixed", vec![]), "", "none"),
    ]);
}

#[test]
fn flowed_text_is_joined() {
    let flowed = |body: &str| leaf("text/plain; charset=utf-8; format=flowed", body);
    let del_sp = |body: &str| leaf("text/plain; charset=utf-8; format=Flowed; DelSp=\"yes\"", body);
    assert_bodies(vec![
        ("soft breaks", flowed("one \r\ntwo \r\nthree\r\nfour"), "one two three\nfour", "text"),
        ("deleted blanks", del_sp("日本 \r\n語\r\n"), "日本語", "text"),
        ("quotes", flowed("> a \r\n> b\r\n>> c\r\nd"), "> a b\n>> c\nd", "text"),
        ("a depth that changes", flowed(">> a \r\n> b"), ">> a \n> b", "text"),
        ("stuffing", flowed(" From here\r\n >no quote"), "From here\n>no quote", "text"),
        ("a signature", flowed("bye \r\n-- \r\nAda"), "bye \n-- \nAda", "text"),
        ("not flowed", plain("one \r\ntwo"), "one \ntwo", "text"),
    ]);
}

#[test]
fn encrypted_messages_have_a_note_as_their_body() {
    let smime = |kind: &str| {
        let part = leaf(&format!("application/pkcs7-mime; smime-type={kind}; name=smime.p7m"), "x");
        attached("smime.p7m", part)
    };
    let pgp = multi(
        "encrypted",
        vec![
            leaf("application/pgp-encrypted", "Version: 1"),
            attached("encrypted.asc", leaf("application/octet-stream", "x")),
        ],
    );
    let encrypted = "[encrypted S/MIME message; open smime.p7m in a mail program]";
    assert_bodies(vec![
        ("enveloped", smime("enveloped-data"), encrypted, "text"),
        ("signed", smime("signed-data"), "[signed S/MIME message; open smime.p7m in a mail program]", "text"),
        (
            "unsaid",
            smime("x"),
            "[encrypted or signed S/MIME message; open smime.p7m in a mail program]",
            "text",
        ),
        ("pgp", pgp, "[encrypted OpenPGP message; open it in a mail program]", "text"),
        (
            "beside a text",
            multi("mixed", vec![plain("Hello"), smime("signed-data")]),
            "Hello\n\n[signed S/MIME message; open smime.p7m in a mail program]",
            "text",
        ),
    ]);
}

#[test]
fn broken_messages_are_read_as_far_as_possible() {
    let typeless = json!({"headers": [], "body": {"data": "SGVsbG8"}});
    let deep = (0..50).fold(plain("deep"), |part, _| multi("mixed", vec![part]));
    let wrong = json!({
        "mimeType": 7, "filename": ["x"], "headers": [], "body": "none",
        "parts": [null, 5, {"mimeType": "text/plain", "headers": {}, "body": {"data": "SGVsbG8"}}, "x"],
    });
    assert_bodies(vec![
        ("no type", typeless, "Hello", "text"),
        ("deep", deep, "deep", "text"),
        ("wrong types", wrong, "Hello", "text"),
        ("line ends of all kinds", plain("a\r\r\nb\rc\nd\r\n\r\ne"), "a\nb\nc\nd\n\ne", "text"),
        ("emoji", plain("👩‍💻 ok 🇩🇪"), "👩‍💻 ok 🇩🇪", "text"),
        ("right to left", plain("שלום עולם (a)"), "שלום עולם (a)", "text"),
    ]);
}

#[test]
fn an_empty_resource_is_a_message() {
    for nothing in
        [json!({}), json!(null), json!([]), json!({"payload": null}), json!({"id": "1", "labelIds": 4})]
    {
        let read = message(&nothing, &TEXT);
        assert_eq!((&read["subject"], &read["from"], &read["body"]), (&json!(""), &json!(""), &json!("")));
        assert_eq!(read["labels"], json!([]));
    }
}
