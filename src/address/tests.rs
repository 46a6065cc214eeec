//! Which texts are one address or several, and which are refused.

use proptest::prelude::*;

use super::{Address, parse_header, parse_list};
use crate::{characters::breaks_header, problem::Code};

fn emails(text: &str) -> Vec<String> {
    parse_list(text, "to").unwrap().iter().map(Address::email).collect()
}

fn one(text: &str) -> Address {
    Address::parse(text, "to").unwrap()
}

#[track_caller]
fn refused(text: &str, because: &str) {
    let problem = parse_list(text, "cc").expect_err(text);
    assert_eq!(problem.code(), Code::Usage);
    assert!(problem.message().starts_with("cc: "), "{problem}");
    assert!(problem.message().contains(because), "{problem}");
    assert!(problem.phrases().1.is_some());
}

#[test]
fn a_plain_address_has_no_name() {
    let address = one(" ada@example.com ");
    assert_eq!((address.name(), address.local(), address.domain()), (None, "ada", "example.com"));
}

#[test]
fn a_name_may_be_words_or_quoted_or_both() {
    assert_eq!(one("Ada Lovelace <ada@example.com>").name(), Some("Ada Lovelace"));
    assert_eq!(one("\"Lovelace, Ada\" <ada@example.com>").name(), Some("Lovelace, Ada"));
    assert_eq!(one("Dr. \"A. \\\"Ada\\\"\"  King<ada@example.com>").name(), Some("Dr. A. \"Ada\" King"));
    assert_eq!(one("<ada@example.com>").name(), None);
    assert_eq!(one("Zoë Müller-O'Neil <z@example.com>").name(), Some("Zoë Müller-O'Neil"));
}

#[test]
fn commas_and_semicolons_separate_and_empty_pieces_are_skipped() {
    assert_eq!(emails("a@x.org, b@x.org;c@x.org,,"), ["a@x.org", "b@x.org", "c@x.org"]);
    assert_eq!(emails("\"X, Y; Z\" <a@x.org>; b@x.org"), ["a@x.org", "b@x.org"]);
    assert!(emails("").is_empty() && emails(" , ; ").is_empty());
}

#[test]
fn domains_become_lower_case_punycode_without_a_final_dot() {
    assert_eq!(emails("A@EXAMPLE.Com., b@bücher.example"), ["A@example.com", "b@xn--bcher-kva.example"]);
    assert_eq!(one("b@BÜCHER.example").canonical(), one("B@xn--bcher-kva.example").canonical());
    assert_eq!(one("b@例え。テスト").domain(), "xn--r8jz45g.xn--zckzah");
}

#[test]
fn local_parts_keep_their_case_but_compare_without_it() {
    assert_eq!(one("Ada.King+Mail@example.com").email(), "Ada.King+Mail@example.com");
    assert_eq!(one("ADA@example.com").canonical(), one("ada@Example.COM").canonical());
    assert_eq!(one("ünï@example.com").local(), "ünï");
}

#[test]
fn quoted_local_parts_keep_their_quotes_only_where_needed() {
    assert_eq!(one("\"ada\"@example.com").email(), "ada@example.com");
    assert_eq!(one("\"a b\\\"c\"@example.com").email(), "\"a b\\\"c\"@example.com");
    assert_eq!(one("X <\"a@b\"@example.com>").local(), "a@b");
}

#[test]
fn ambiguous_text_is_refused() {
    refused("ada@example.com (Ada)", "comments");
    refused("a(x)@example.com", "comments");
    refused("Team: a@x.org, b@x.org;", "groups");
    refused("mailto:a@x.org", "URLs");
    refused("<@a.org:b@c.org>", "routes");
    refused("a@x.org@y.org", "more than one @");
    refused("a@x.org <b@y.org>", "unquoted @");
    refused("\"a@x.org\" b@y.org", "must be in `<` and `>`");
    refused("a@x.org b@y.org", "more than one @");
    refused("Ada ada@x.org", "space");
    refused("<a@x.org> b", "after the `>`");
    refused("<a@x.org, b@x.org>", "not closed");
    refused("<<a@x.org>>", "do not match");
    refused("a@x.org>", "do not match");
    refused("\"Ada <a@x.org>", "not closed");
    refused("a\\@b@x.org", "backslash");
}

#[test]
fn undeliverable_addresses_are_refused() {
    refused("ada", "no @");
    refused("@example.com", "before the @");
    refused("ada@", "domain");
    refused("ada@localhost", "no dot");
    refused("ada@example..com", "not valid");
    refused("ada@example.com..", "not valid");
    refused("ada@-x.com", "not valid");
    refused("ada@exa_mple.com", "not valid");
    refused("ada@ex%61mple.com", "percent");
    refused("ada@[127.0.0.1]", "IP addresses");
    refused("ada@127.0.0.1", "IP addresses");
    refused("ada@0x7f.1", "IP addresses");
    refused(".ada@example.com", "before the @");
    refused("a..b@example.com", "before the @");
    refused("\"\"@example.com", "nothing before");
    refused("a@xn--zzzzzz-.com", "not valid");
}

#[test]
fn lengths_are_limited() {
    let local = "a".repeat(64);
    assert_eq!(one(&format!("{local}@example.com")).local(), local);
    refused(&format!("a{local}@example.com"), "64 bytes");
    let label = "b".repeat(63);
    refused(&format!("{local}@{label}.{label}.{label}.com"), "254 bytes");
    refused(&format!("a@{label}b.com"), "not valid");
    refused(&format!("{} <a@example.com>", "n".repeat(256)), "255 characters");
}

#[test]
fn control_and_invisible_characters_are_refused() {
    for c in ['\0', '\t', '\n', '\r', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{2029}'] {
        refused(&format!("a{c}b@example.com"), "control character");
        refused(&format!("Na{c}me <a@example.com>"), "control character");
        refused(&format!("\"Na{c}me\" <a@example.com>"), "control character");
        refused(&format!("a@example.com{c}"), "control character");
    }
    for c in ['\u{200b}', '\u{ad}', '\u{feff}', '\u{202e}', '\u{e0041}', '\u{2060}'] {
        refused(&format!("a{c}b@example.com"), "invisible");
        refused(&format!("a@exam{c}ple.com"), "invisible");
    }
    refused("evil\u{202e}eman <a@example.com>", "reorder");
    refused("a＠b.com", "no @");
    refused("a＠evil.com@b.com", "before the @");
    assert_eq!(one("❤\u{fe0f} <a@example.com>").name(), Some("❤\u{fe0f}"));
}

#[test]
fn an_error_shows_invisible_characters() {
    let problem = parse_list("b\u{200b}ob@example.com", "to").unwrap_err();
    assert!(problem.message().contains("b\\u{200b}ob@example.com"), "{problem}");
}

#[test]
fn a_name_can_be_replaced_but_not_by_a_header() {
    let ada = one("ada@example.com");
    assert_eq!(ada.clone().with_name(" Ada ").unwrap().name(), Some("Ada"));
    assert_eq!(ada.clone().with_name("").unwrap().name(), None);
    assert!(ada.with_name("Ada\r\nBcc: x@y.org").is_err());
}

#[test]
fn a_displayed_address_can_be_parsed_again() {
    for text in ["ada@example.com", "Ada King <ada@example.com>", "\"King, \\\"Ada\\\"\" <ada@example.com>"] {
        assert_eq!(one(text).to_string(), text);
        assert_eq!(one(&one(text).to_string()), one(text));
    }
}

#[test]
fn received_headers_are_parsed_leniently() {
    let found = parse_header(
        "=?utf-8?B?TcO8bGxlcg==?= <m@x.org>,\r\n\tTeam: a@x.org, \"B, C\" <b@x.org>;, junk, c@@x",
    );
    let shown: Vec<_> = found.iter().map(|a| (a.name().unwrap_or(""), a.email())).collect();
    assert_eq!(shown, [("Müller", "m@x.org".into()), ("", "a@x.org".into()), ("B, C", "b@x.org".into())]);
    assert!(parse_header("undisclosed-recipients:;").is_empty());
    assert!(parse_header("").is_empty());
    assert_eq!(parse_header("ada@example.com (Ada)")[0].email(), "ada@example.com");
}

#[test]
fn encoded_words_cannot_add_line_breaks() {
    // "Ada\r\nBcc: x@y.org"
    let found = parse_header("=?utf-8?B?QWRhDQpCY2M6IHhAeS5vcmc=?= <ada@example.com>");
    assert_eq!(found[0].name(), Some("Ada Bcc: x@y.org"));
}

proptest! {
    #[test]
    fn an_accepted_list_is_parsed_to_the_same_addresses_again(text in "[a-z\"@<>(),;:\\\\ .é\u{200b}%+-]{0,40}") {
        if let Ok(list) = parse_list(&text, "to") {
            let again = list.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(parse_list(&again, "to").unwrap(), list);
        }
    }

    #[test]
    fn the_lenient_parser_never_fails(text in any::<String>()) {
        for address in parse_header(&text) {
            prop_assert!(!address.to_string().chars().any(breaks_header));
            prop_assert_eq!(&Address::parse(&address.email(), "to").unwrap().email(), &address.email());
        }
    }
}
