//! Messages are taken apart where their bytes say so, and nothing of them is lost.

use super::Tree;

const NESTED: &str = "Subject: outer\r\nX-Odd:  a\r\n\tb\r\nContent-Type: multipart/mixed;\r\n boundary=\"b 1\"\r\n\r\n\
    preamble\r\n--b 1\r\n\r\ntext\r\n\r\n--b 1  \r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    U3ViamVjdDogaW5uZXINCg0KaGkNCg==\r\n--b 1\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n\
    Subject: one\r\n\r\n1\r\n--d\r\n\r\nSubject: two\r\n\r\n2\r\n--d--\r\n--b 1--\r\nepilogue\r\n";

#[test]
fn every_part_knows_its_bytes() {
    let tree = Tree::parse(NESTED.as_bytes());
    let ids: Vec<(&str, &str)> = tree.parts().map(|part| (part.id(), part.mime())).collect();
    let expected = [
        ("", "multipart/mixed"),
        ("0", "text/plain"),
        ("1", "message/rfc822"),
        ("2", "multipart/digest"),
        ("1.0", "text/plain"),
        ("2.0", "message/rfc822"),
        ("2.1", "message/rfc822"),
        ("2.0.0", "text/plain"),
        ("2.1.0", "text/plain"),
    ];
    assert_eq!(ids, expected);
    let bytes = |id: &str| {
        let part = tree.part(id).unwrap();
        &part.source()[part.range()]
    };
    assert_eq!(bytes("0"), b"\r\ntext\r\n");
    assert_eq!(&*tree.part("1").unwrap().decoded(), b"Subject: inner\r\n\r\nhi\r\n");
    assert_eq!(bytes("1.0"), b"Subject: inner\r\n\r\nhi\r\n");
    assert_eq!(&*tree.part("2.1").unwrap().decoded(), b"Subject: two\r\n\r\n2");
    assert_eq!(tree.root().header("x-odd").as_deref(), Some("a b"));
    assert_eq!(bytes(""), NESTED.as_bytes());
}

#[test]
fn the_payload_has_the_form_of_the_api() {
    let payload = Tree::parse(NESTED.as_bytes()).payload();
    assert_eq!(payload["partId"], "");
    assert_eq!(payload["headers"][1]["value"], "a b");
    assert_eq!(payload["parts"][0]["body"]["data"], "dGV4dA0K");
    let inner = &payload["parts"][1];
    assert_eq!((&inner["filename"], &inner["parts"][0]["partId"]), (&"noname.eml".into(), &"1.0".into()));
    assert_eq!(inner["parts"][0]["headers"][0]["value"], "inner");
    assert_eq!(payload["parts"][2]["parts"][1]["parts"][0]["body"]["data"], "Mg==");
}

#[test]
fn an_odd_message_is_taken_apart_as_far_as_possible() {
    for (raw, parts) in [
        ("", 1),
        ("\r\n", 1),
        ("no header", 1),
        ("Subject: x", 1),
        ("Content-Type: multipart/mixed\n\n--\n--b\n", 1),
        ("Content-Type: multipart/mixed; boundary=b\n\nonly a preamble", 1),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx", 2),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b", 2),
        ("Content-Type: multipart/mixed; boundary=b\n\n--bb\n\nx\n--b--", 1),
        ("Content-Type: multipart/mixed; boundary=\"=?utf-8?q?b?=\"\n\n--=?utf-8?q?b?=\n\nx", 2),
        ("Content-Type: multipart/mixed (x); boundary = b\n\n--b\n\nx\n--b--", 2),
        ("Content-Type: message/rfc822\n\n", 2),
    ] {
        let tree = Tree::parse(raw.as_bytes());
        assert_eq!(tree.parts().count(), parts, "{raw:?}");
        assert_eq!(tree.root().range(), 0..raw.len(), "{raw:?}");
        tree.payload();
    }
    let deep = "Content-Type: message/rfc822\n\n".repeat(500);
    assert_eq!(Tree::parse(deep.as_bytes()).parts().count(), super::DEEPEST + 1);
    let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\n".repeat(30_000));
    assert_eq!(Tree::parse(wide.as_bytes()).parts().count(), super::MOST_PARTS);
    Tree::parse(deep.as_bytes()).payload();
}

#[test]
fn a_transfer_encoding_is_undone_as_far_as_it_is_one() {
    for (encoding, body, expected) in [
        ("base64", "aGVsbG8=\r\n", &b"hello"[..]),
        ("BASE64 ", "aGVs\r\n!bG8=", b"hello"),
        ("base64", "QQ==QUI=", b"AAB"),
        ("quoted-printable", "a=3Db=\r\nc =20\r\nd=zz=4", b"a=bc  \r\nd=zz=4"),
        ("8bit", "\u{e4}=41", "\u{e4}=41".as_bytes()),
        ("x-uuencode", "=41", b"=41"),
    ] {
        let raw = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
        assert_eq!(&*Tree::parse(raw.as_bytes()).root().decoded(), expected, "{encoding}: {body}");
    }
}
