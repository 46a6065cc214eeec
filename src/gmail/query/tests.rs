//! Criteria in both syntaxes, and their translations.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{LONGEST, Query, Syntax, term::is_balanced, translate};
use crate::problem::Problem;

const NOW: i64 = 1_750_000_000;

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn auto(criteria: &str) -> Query {
    translate(criteria, Syntax::Auto, &TimeZone::UTC, NOW).unwrap()
}

fn refused(criteria: &str, syntax: Syntax) -> Problem {
    translate(criteria, syntax, &TimeZone::UTC, NOW).unwrap_err()
}

#[track_caller]
fn assert_translations(rows: &[(&str, &str)]) {
    for (criteria, q) in rows {
        assert_eq!(auto(criteria).q, *q, "{criteria}");
        let forced = translate(criteria, Syntax::Imap, &TimeZone::UTC, NOW).unwrap();
        assert_eq!(forced.q, *q, "{criteria}, as IMAP");
    }
}

#[test]
fn the_documented_examples_are_translated() {
    assert_translations(&[
        ("UNSEEN FROM \"alice\"", "is:unread from:alice"),
        ("OR FROM \"a b\" SUBJECT \"x y\"", "{from:\"a b\" subject:\"x y\"}"),
        ("SINCE 01-Jan-2025 BEFORE 01-Feb-2025", "after:1735689599 before:1738368000"),
        ("NOT (SEEN FLAGGED)", "-(is:read is:starred)"),
        ("HEADER Message-ID <a@b>", "rfc822msgid:a@b"),
    ]);
}

#[test]
fn every_key_is_translated() {
    assert_translations(&[
        ("UNSEEN", "is:unread"),
        ("SEEN", "is:read"),
        ("FLAGGED", "is:starred"),
        ("UNFLAGGED", "-is:starred"),
        ("DELETED", "in:trash"),
        ("UNDELETED", "-in:trash"),
        ("DRAFT", "in:drafts"),
        ("UNDRAFT", "-in:drafts"),
        ("NEW", "is:unread"),
        ("FROM amy", "from:amy"),
        ("TO amy@example.com", "to:amy@example.com"),
        ("CC amy", "cc:amy"),
        ("BCC amy", "bcc:amy"),
        ("SUBJECT invoice", "subject:\"invoice\""),
        ("BODY \"two words\"", "\"two words\""),
        ("TEXT hello", "\"hello\""),
        ("SINCE 1-Jan-2025", "after:1735689599"),
        ("BEFORE \"01-jan-2025\"", "before:1735689600"),
        ("ON 01-Jan-2025", "after:1735689599 before:1735776000"),
        ("SENTSINCE 01-Jan-2025", "after:1735689599"),
        ("SENTBEFORE 01-Jan-2025", "before:1735689600"),
        ("SENTON 01-Jan-2025", "after:1735689599 before:1735776000"),
        ("SINCE 2025-01-01", "after:1735689599"),
        ("SINCE 2025/01/01", "after:1735689599"),
        ("YOUNGER 3600", "after:1749996400"),
        ("OLDER 3600", "before:1749996400"),
        ("LARGER 1000000", "larger:1000000"),
        ("SMALLER 10m", "smaller:10M"),
        ("KEYWORD work", "label:work"),
        ("UNKEYWORD work", "-label:work"),
        ("KEYWORD $Important", "is:important"),
        ("KEYWORD $Junk", "in:spam"),
        ("KEYWORD $NotJunk", "-in:spam"),
        ("HEADER From amy", "from:amy"),
        ("HEADER to amy", "to:amy"),
        ("HEADER Cc amy", "cc:amy"),
        ("HEADER BCC amy", "bcc:amy"),
        ("HEADER Subject \"x y\"", "subject:\"x y\""),
        ("HEADER List-Id \"News <news.example.com>\"", "list:news.example.com"),
        ("HEADER Delivered-To ada@example.com", "deliveredto:ada@example.com"),
        ("X-GM-RAW \"has:attachment in:anywhere\"", "(has:attachment in:anywhere)"),
        ("X-GM-LABELS \"Work/Invoices & more\"", "label:Work-Invoices---more"),
        ("X-GM-LABELS \"\\\\Inbox\"", "in:inbox"),
        ("X-GM-LABELS \"\\Important\"", "is:important"),
        ("X-GM-LABELS Junk", "label:Junk"),
        ("CHARSET UTF-8 FROM Jörg", "from:Jörg"),
    ]);
}

#[test]
fn keys_combine() {
    assert_translations(&[
        ("NOT SEEN", "is:unread"),
        ("NOT UNSEEN", "is:read"),
        ("NOT FLAGGED", "-is:starred"),
        ("NOT UNFLAGGED", "is:starred"),
        ("NOT NOT FROM amy", "from:amy"),
        ("NOT FROM \"a b\"", "-from:\"a b\""),
        ("NOT TEXT x", "-\"x\""),
        ("NOT SINCE 01-Jan-2025", "before:1735689600"),
        ("NOT BEFORE 01-Jan-2025", "after:1735689599"),
        ("NOT ON 01-Jan-2025", "-(after:1735689599 before:1735776000)"),
        ("NOT OR FROM a FROM b", "-{from:a from:b}"),
        ("NOT X-GM-RAW \"a OR b\"", "-(a OR b)"),
        ("OR FROM a OR FROM b FROM c", "{from:a {from:b from:c}}"),
        ("OR (FROM a SEEN) FROM b", "{(from:a is:read) from:b}"),
        ("OR ON 01-Jan-2025 SEEN", "{(after:1735689599 before:1735776000) is:read}"),
        ("(FROM a) (SEEN (FLAGGED))", "from:a is:read is:starred"),
        ("OR ALL FROM a", ""),
        ("OR NOT ALL FROM a", "from:a"),
        ("ALL UNSEEN", "is:unread"),
        ("FROM \"\" UNSEEN", "is:unread"),
        ("NOT(SEEN)", "is:unread"),
    ]);
}

#[test]
fn empty_criteria_are_an_empty_query() {
    for syntax in [Syntax::Auto, Syntax::Gmail, Syntax::Imap] {
        for criteria in ["", "  ", "ALL", " ALL "] {
            let query = translate(criteria, syntax, &TimeZone::UTC, NOW).unwrap();
            assert_eq!(query, Query { unrestricted: true, ..Query::default() }, "{criteria:?} {syntax:?}");
        }
    }
}

#[test]
fn criteria_that_match_nothing_are_recognised() {
    for criteria in ["NOT ALL", "SEEN NOT ALL", "NOT FROM \"\"", "OR NOT ALL NOT ALL"] {
        let query = auto(criteria);
        assert!(query.nothing && query.q.is_empty(), "{criteria}");
    }
    assert!(!auto("SEEN").nothing);
}

#[test]
fn trash_and_spam_are_searched_outside_the_folder() {
    for criteria in ["DELETED", "NOT UNDELETED", "KEYWORD $Junk", "NOT (UNDELETED SEEN)"] {
        let query = auto(criteria);
        assert!(query.spam_trash && query.any_folder, "{criteria}");
    }
    for criteria in ["UNDELETED", "NOT DELETED", "SEEN", "NOT (DELETED SEEN)", "FROM in:trash"] {
        let query = auto(criteria);
        assert!(!query.spam_trash && !query.any_folder, "{criteria}");
    }
}

#[test]
fn values_that_gmail_would_read_as_operators_are_quoted() {
    assert_translations(&[
        ("FROM -spam", "from:\"-spam\""),
        ("FROM is:unread", "from:\"is:unread\""),
        ("FROM {a", "from:\"{a\""),
        ("FROM \"a(b\"", "from:\"a(b\""),
        ("FROM a|b", "from:\"a|b\""),
        ("FROM OR", "from:\"OR\""),
        ("FROM \"or\"", "from:\"or\""),
        ("FROM \"say \\\"hi\\\" now\"", "from:\"say hi now\""),
        ("SUBJECT \"a\\\\b\"", "subject:\"a\\b\""),
        ("SUBJECT \"two\nlines\"", "subject:\"two lines\""),
        ("HEADER Message-ID <a=b+c@d.example>", "rfc822msgid:a=b+c@d.example"),
    ]);
}

#[test]
fn ids_are_fetched_and_not_searched() {
    let ids = |criteria, syntax| {
        let query = translate(criteria, syntax, &TimeZone::UTC, NOW).unwrap();
        assert!(query.q.is_empty());
        query.ids.unwrap()
    };
    let two = ["18c9f2a4b5d6e7f8", "18c9f2a4b5d6e7f9"];
    assert_eq!(ids("UID 18c9f2a4b5d6e7f8", Syntax::Auto), two[..1]);
    assert_eq!(ids("(UID 18C9F2A4B5D6E7F8,18c9f2a4b5d6e7f9)", Syntax::Auto), two);
    assert_eq!(ids("X-GM-MSGID 1278455344230334865", Syntax::Auto), ["11bdfc5cae0c8191"]);
    assert_eq!(ids("18c9f2a4b5d6e7f8", Syntax::Imap), two[..1]);
}

#[test]
fn gmail_syntax_is_left_unchanged() {
    for criteria in [
        "ALL hands",
        "all",
        "TEXT",
        "NOT spam",
        "FROM alice is:unread",
        "from:amy OR from:bob",
        "{a b}",
        "unseen",
        "from alice",
        "subject:(dinner movie) -is:starred",
        "\"exact phrase\"",
        "FROM \"alice",
        "(UNSEEN",
        "UNSEEN)",
        "OR FROM a",
        "4711",
        "10:30",
        "2024 DRAFT",
        "18c9f2a4b5d6e7f8",
        "after:2026/01/31 before:2026/02/28",
        "rfc822msgid:a@b in:anywhere",
        "TO BE OR NOT TO BE",
        " from:amy ",
    ] {
        assert_eq!(auto(criteria).q, criteria);
        let forced = translate(criteria, Syntax::Gmail, &TimeZone::UTC, NOW).unwrap();
        assert_eq!(forced.q, criteria);
    }
}

#[test]
fn imap_keys_ignore_case_if_imap_is_requested() {
    let query = translate("unseen from Amy", Syntax::Imap, &TimeZone::UTC, NOW).unwrap();
    assert_eq!(query.q, "is:unread from:Amy");
}

#[test]
fn errors_name_the_position_and_the_token() {
    for (criteria, at, token) in [
        ("SINCE 31-Feb-2025", 7, "31-Feb-2025"),
        ("UNSEEN SINCE 01-Foo-2025", 14, "01-Foo-2025"),
        ("SINCE 01-Jan-25", 7, "01-Jan-25"),
        ("SINCE yesterday", 7, "yesterday"),
        ("ON 31-Dec-9999", 4, "31-Dec-9999"),
        ("FROM \"ä\" SINCE 01-Jan-2025 foo", 28, "foo"),
        ("(SINCE \"01-Jan-2025\"", 1, "("),
        ("LARGER big", 8, "big"),
        ("YOUNGER 0", 9, "0"),
        ("ANSWERED", 1, "ANSWERED"),
        ("SEEN RECENT", 6, "RECENT"),
        ("HEADER X-Spam yes", 8, "X-Spam"),
        ("1:* UNSEEN", 1, "1:*"),
        ("UID 1:5", 5, "1:5"),
        ("UID 18c9f2a4b5d6e7f8 SEEN", 1, "UID"),
        ("X-GM-THRID 1278455344230334865", 1, "X-GM-THRID"),
        ("X-GM-RAW \"from:(a\"", 10, "from:(a"),
        ("CHARSET KOI8-R FROM a SINCE 01-Jan-2025", 9, "KOI8-R"),
    ] {
        let document = refused(criteria, Syntax::Auto).document(crate::phrase::Caller::Line);
        assert_eq!(document["error"]["code"], "usage", "{criteria}");
        assert_eq!(document["error"]["position"], at, "{criteria}");
        assert_eq!(document["error"]["token"], token, "{criteria}");
        assert!(document["error"]["hint"].as_str().unwrap().contains("gmail"), "{criteria}");
    }
}

#[test]
fn other_text_is_an_error_if_imap_is_requested() {
    for (criteria, at) in [
        ("ALL hands", 5),
        ("FROM", 1),
        ("OR FROM a", 10),
        ("FROM \"a", 6),
        ("FROM a\"b\"", 7),
        ("()", 2),
        ("(SEEN", 1),
        ("SEEN)", 5),
        ("\"SEEN\"", 1),
        ("from:amy", 1),
        ("4711", 1),
    ] {
        let document = refused(criteria, Syntax::Imap).document(crate::phrase::Caller::Line);
        assert_eq!(document["error"]["position"], at, "{criteria}");
    }
}

#[test]
fn nesting_and_length_have_limits() {
    let deep = format!("{}SEEN{}", "(".repeat(60), ")".repeat(60));
    assert!(refused(&deep, Syntax::Auto).message().contains("nested too deep"));
    assert!(refused(&"NOT ".repeat(100_000), Syntax::Auto).message().contains("nested"));
    let long = "x".repeat(LONGEST + 1);
    assert!(refused(&long, Syntax::Gmail).message().contains("2001 characters"));
    assert!(translate(&long[1..], Syntax::Gmail, &TimeZone::UTC, NOW).is_ok());
}

#[test]
fn days_follow_the_time_zone_when_clocks_change() {
    let q = |criteria| translate(criteria, Syntax::Auto, &berlin(), NOW).unwrap().q;
    assert_eq!(q("SINCE 01-Jan-2025"), "after:1735685999");
    assert_eq!(q("BEFORE 01-Jul-2025"), "before:1751320800");
    let day = |from: i64, hours: i64| format!("after:{} before:{}", from - 1, from + hours * 3600);
    assert_eq!(q("ON 29-Mar-2025"), day(1_743_202_800, 24));
    assert_eq!(q("ON 30-Mar-2025"), day(1_743_289_200, 23));
    assert_eq!(q("ON 26-Oct-2025"), day(1_761_429_600, 25));
}

#[test]
fn a_day_without_midnight_begins_at_one() {
    let zone = TimeZone::posix("<-03>3<-02>,M10.3.0/0,M2.3.0/0").unwrap();
    let query = translate("BEFORE 19-Oct-2025", Syntax::Auto, &zone, NOW).unwrap();
    assert_eq!(query.q, "before:1760842800");
}

#[test]
fn a_syntax_is_read_from_its_name() {
    let read = |name: &str| serde_json::from_value::<Syntax>(name.into()).ok();
    assert_eq!(read("imap"), Some(Syntax::Imap));
    assert_eq!(read("gmail"), Some(Syntax::Gmail));
    assert_eq!(read("auto"), Some(Syntax::Auto));
    assert_eq!(read("IMAP4"), None);
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9@.:{}<>+-]{1,8}", "\"([^\"\\\\]|\\\\\"|\\\\\\\\){0,12}\""]
}

fn key() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        Just("FROM"),
        Just("SUBJECT"),
        Just("TEXT"),
        Just("KEYWORD"),
        Just("X-GM-LABELS"),
        Just("HEADER Message-ID"),
        Just("HEADER List-Id"),
        Just("X-GM-RAW"),
    ];
    let state = prop_oneof![Just("SEEN"), Just("ALL"), Just("DELETED"), Just("ON 3-Mar-2025")];
    let leaf = prop_oneof![
        state.prop_map(str::to_owned),
        (field, value()).prop_map(|(field, value)| format!("{field} {value}")),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|key| format!("NOT {key}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("OR {a} {b}")),
            prop::collection::vec(inner, 1..3).prop_map(|keys| format!("({})", keys.join(" "))),
        ]
    })
}

proptest! {
    #[test]
    fn an_accepted_expression_gives_a_balanced_query(criteria in key()) {
        if let Ok(query) = translate(&criteria, Syntax::Imap, &berlin(), NOW) {
            prop_assert!(is_balanced(&query.q), "{}", query.q);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}", words in "([A-Z()\"\\-0-9:* ]|NOT |OR |SINCE |UID |FROM ){0,40}") {
        for syntax in [Syntax::Auto, Syntax::Gmail, Syntax::Imap] {
            let _ = translate(&text, syntax, &berlin(), NOW);
            let _ = translate(&words, syntax, &berlin(), NOW);
        }
    }
}
