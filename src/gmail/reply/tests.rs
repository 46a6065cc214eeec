//! Replies to ordinary, unusual and hostile mail.

use serde_json::{Value, json};

use super::{
    People, ReplyRecipients, forward_block_text, forward_subject, header, quote_text, reply_headers,
    reply_recipients, reply_subject,
};
use crate::{
    address::{Address, parse_list},
    gmail::write::{Outgoing, gate},
    problem::Code,
};

fn mail(headers: &[(&str, &str)]) -> Value {
    let headers: Vec<Value> =
        headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({"id": "1", "payload": {"headers": headers}})
}

fn own() -> Vec<Address> {
    parse_list("me@example.com, alias@example.org", "own").unwrap()
}

fn emails(list: &[Address]) -> String {
    list.iter().map(Address::email).collect::<Vec<_>>().join(" ")
}

fn answered(headers: &[(&str, &str)], all: bool) -> (String, String) {
    let ReplyRecipients { to, cc, .. } = reply_recipients(&People::of(&mail(headers)), &own(), all);
    (emails(&to), emails(&cc))
}

#[test]
fn a_reply_has_one_prefix() {
    for (subject, reply) in [
        ("Invoice", "Re: Invoice"),
        ("", "Re:"),
        ("Re: Invoice", "Re: Invoice"),
        ("RE: Invoice", "RE: Invoice"),
        ("re:Invoice", "re: Invoice"),
        ("Re: Re: re: Invoice", "Re: Invoice"),
        ("Re: AW: Invoice", "Re: Invoice"),
        ("AW: Rechnung", "AW: Rechnung"),
        ("Antw: Rekening", "Antw: Rekening"),
        ("SV: Faktura", "SV: Faktura"),
        ("Re[2]: Invoice", "Re[2]: Invoice"),
        ("Re : Invoice", "Re : Invoice"),
        ("Re: Fwd: Invoice", "Re: Fwd: Invoice"),
        ("Fwd: Invoice", "Re: Fwd: Invoice"),
        ("Research: results", "Re: Research: results"),
        ("[re]: x", "Re: [re]: x"),
        ("日本: x", "Re: 日本: x"),
    ] {
        assert_eq!(reply_subject(subject), reply, "{subject}");
    }
}

#[test]
fn a_forward_has_one_prefix() {
    for (subject, forward) in [
        ("Invoice", "Fwd: Invoice"),
        ("Fwd: Invoice", "Fwd: Invoice"),
        ("FW: fwd: Invoice", "FW: Invoice"),
        ("WG: Rechnung", "WG: Rechnung"),
        ("Re: Invoice", "Fwd: Re: Invoice"),
    ] {
        assert_eq!(forward_subject(subject), forward, "{subject}");
    }
}

#[test]
fn a_reply_to_any_subject_passes_the_gate() {
    for subject in [
        "a\r\nBcc: eve@evil.com",
        "x\0y\u{85}z\u{2028}",
        &"日本語".repeat(400),
        &"x".repeat(5000),
        &"=ä?_".repeat(900),
    ] {
        for subject in [reply_subject(subject), forward_subject(subject)] {
            let message = Outgoing {
                to: own(),
                subject: subject.clone(),
                message_id: "1@x".into(),
                lookup_id: "1".into(),
                ..Outgoing::default()
            };
            assert!(gate(&message).is_ok(), "{subject}");
        }
    }
    assert_eq!(reply_subject("a\r\n\tb  c"), "Re: a b c");
}

#[test]
fn reply_headers_extend_the_references_of_the_parent() {
    let parent =
        mail(&[("Message-Id", "<3@x>"), ("References", "<1@x>\r\n <2@x>"), ("In-Reply-To", "<2@x>")]);
    let (in_reply_to, references) = reply_headers(&parent).unwrap();
    assert_eq!((in_reply_to.as_str(), references), ("3@x", vec!["1@x".into(), "2@x".into(), "3@x".into()]));
}

#[test]
fn without_references_the_in_reply_to_of_the_parent_is_used() {
    let parent = mail(&[("Message-ID", "<3@x>"), ("In-Reply-To", "<2@x>")]);
    assert_eq!(reply_headers(&parent).unwrap().1, ["2@x", "3@x"]);
    assert_eq!(reply_headers(&mail(&[("Message-ID", "<3@x>")])).unwrap().1, ["3@x"]);
    assert_eq!(reply_headers(&mail(&[("Message-ID", " 3@x ")])).unwrap().1, ["3@x"]);
}

#[test]
fn a_parent_without_a_usable_id_is_refused() {
    for id in [
        "",
        "<>",
        "garbage",
        "<a b@x>",
        "<a\r\nBcc: eve@evil.com>",
        "a@x\r\nBcc: eve@evil.com",
        "<ä@x>",
        "<a@x",
        "<\u{2028}>",
    ] {
        let problem = reply_headers(&mail(&[("Message-ID", id)])).expect_err(id);
        assert_eq!(problem.code(), Code::Usage);
    }
    assert!(reply_headers(&json!({})).is_err());
    assert!(reply_headers(&json!({"payload": {"headers": "none"}})).is_err());
}

#[test]
fn hostile_references_are_skipped() {
    let long = format!("<{}@x>", "l".repeat(600));
    let references = format!("<1@x> <a\r\nBcc:@x> {long} junk <2 2@x> <<2@x>> <1@x> <3@x> <ü@x> <open@x");
    let parent = mail(&[("Message-ID", "<3@x>"), ("References", &references)]);
    assert_eq!(reply_headers(&parent).unwrap().1, ["1@x", "2@x", "3@x"]);
}

#[test]
fn long_references_keep_the_first_and_the_last() {
    let ids: Vec<String> = (0..100).map(|i| format!("{i:03}-{}@example.com", "r".repeat(30))).collect();
    let references = ids.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ");
    let (_, kept) = reply_headers(&mail(&[("Message-ID", "<last@x>"), ("References", &references)])).unwrap();
    assert_eq!((kept[0].as_str(), kept.last().unwrap().as_str()), (ids[0].as_str(), "last@x"));
    assert_eq!(kept[kept.len() - 2], ids[99]);
    let line: usize = kept.iter().map(|id| id.len() + 3).sum();
    assert!(kept.len() > 15 && line < 998 - "References: ".len(), "{line}");
    let (first, last) = (format!("<{}@x>", "f".repeat(495)), format!("<{}@x>", "l".repeat(490)));
    let (id, kept) = reply_headers(&mail(&[("Message-ID", &last), ("References", &first)])).unwrap();
    assert_eq!(kept, [id]);
}

#[test]
fn a_reply_goes_to_reply_to_or_else_to_from() {
    assert_eq!(
        answered(&[("From", "Ann <a@x.org>"), ("To", "me@example.com")], false),
        ("a@x.org".into(), String::new())
    );
    let headers = [("From", "a@x.org"), ("Reply-To", "List <l@x.org>, b@x.org"), ("To", "me@example.com")];
    assert_eq!(answered(&headers, false).0, "l@x.org b@x.org");
    assert_eq!(answered(&[("From", "a@x.org"), ("Reply-To", "ME@example.com")], false).0, "a@x.org");
    assert_eq!(answered(&[("From", "a@x.org"), ("Reply-To", "junk")], false).0, "a@x.org");
}

#[test]
fn reply_all_adds_the_others_once_and_never_the_own_address() {
    let headers = [
        ("From", "Ann <a@x.org>"),
        ("To", "Me <ME@Example.com>, b@x.org, A@X.org"),
        ("Cc", "B <b@X.org>, alias@example.org, \"C, D\" <c@x.org>"),
    ];
    assert_eq!(answered(&headers, true), ("a@x.org".into(), "b@x.org c@x.org".into()));
    let cc = reply_recipients(&People::of(&mail(&headers)), &own(), true).cc;
    assert_eq!(cc[1].name(), Some("C, D"));
}

#[test]
fn a_reply_to_an_own_message_goes_to_its_recipients() {
    let headers = [
        ("From", "Me <me@example.com>"),
        ("Reply-To", "x@x.org"),
        ("To", "a@x.org, b@x.org"),
        ("Cc", "c@x.org, me@example.com"),
    ];
    assert_eq!(answered(&headers, false), ("a@x.org b@x.org".into(), String::new()));
    assert_eq!(answered(&headers, true), ("a@x.org b@x.org".into(), "c@x.org".into()));
    assert_eq!(
        answered(&[("From", "me@example.com"), ("To", "alias@example.org, a@x.org")], false).0,
        "a@x.org"
    );
    assert_eq!(answered(&[("From", "me@example.com"), ("To", "me@example.com")], true).0, "me@example.com");
}

#[test]
fn a_parent_without_addresses_has_no_recipients() {
    assert_eq!(reply_recipients(&People::of(&json!({})), &own(), true), ReplyRecipients::default());
}

#[test]
fn header_names_ignore_case() {
    let parent = mail(&[("SUBJECT", "a"), ("Subject", "b")]);
    assert_eq!(header(&parent, "subject"), "a");
    assert_eq!(header(&parent, "Date"), "");
}

#[test]
fn every_line_of_a_quoted_text_has_a_mark() {
    let quote = quote_text(
        "\"Ann Bee\" <a@x.org>",
        "Tue, 14 Nov 2023 22:13:20 +0000",
        "Hi\r\n\r\n> earlier\nBye\n\n",
    );
    assert_eq!(quote, "On Tue, 14 Nov 2023 22:13:20 +0000, Ann Bee wrote:\n> Hi\n>\n>> earlier\n> Bye");
    assert_eq!(quote_text("a@x.org", "", ""), "a@x.org wrote:");
    assert_eq!(quote_text("", "", "x"), "somebody wrote:\n> x");
    assert_eq!(quote_text("A\u{202e}nn\r\n> x <a@x.org>", "d\ne", "x").lines().count(), 2);
}

#[test]
fn a_forward_shows_the_existing_headers() {
    let parent = mail(&[
        ("From", "Ann <a@x.org>"),
        ("To", "me@example.com"),
        ("Subject", "Hi\r\n there"),
        ("Date", "Tue"),
    ]);
    assert_eq!(
        forward_block_text(&parent, "Body\n"),
        "---------- Forwarded message ---------\nFrom: Ann <a@x.org>\nDate: Tue\nSubject: Hi there\n\
         To: me@example.com\n\nBody\n"
    );
}
