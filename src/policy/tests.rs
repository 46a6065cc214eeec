//! A policy is only ever narrowed, but for the level `settings` of a trusted file, and no spelling of an address gets around it.

use super::{Level, Policy, Rule};
use crate::{
    address::{parse_header, parse_list},
    problem::Code,
};

fn policy(patterns: &[&str]) -> Policy {
    let mut policy = Policy::default();
    policy.narrow(recipients(patterns, "/etc/mcs-gmail/config.toml")).unwrap();
    policy
}

fn recipients(patterns: &[&str], source: &str) -> Rule {
    let recipients = Some(patterns.iter().map(|&p| p.to_owned()).collect());
    Rule { access: None, recipients, source: source.to_owned(), ..Rule::default() }
}

fn access(level: Level, source: &str) -> Rule {
    Rule { access: Some(level), source: source.to_owned(), ..Rule::default() }
}

fn passes(policy: &Policy, text: &str) -> bool {
    match parse_list(text, "to") {
        Ok(list) => !list.is_empty() && policy.check_recipients(&list).is_ok(),
        Err(_) => false,
    }
}

#[track_caller]
fn allowed(pattern: &str, text: &str) {
    assert!(passes(&policy(&[pattern]), text), "{pattern} must allow {text:?}");
}

#[track_caller]
fn refused(pattern: &str, text: &str) {
    assert!(!passes(&policy(&[pattern]), text), "{pattern} must refuse {text:?}");
}

#[track_caller]
fn no_pattern(text: &str) {
    let mut policy = Policy::default();
    let problem = policy.narrow(recipients(&["*@example.com", text], "POLICY_FILE")).expect_err(text);
    assert_eq!(problem.code(), Code::Configuration);
    assert!(problem.message().contains("POLICY_FILE"), "{problem}");
    assert!(!passes(&policy, "a@example.com"), "an invalid pattern must not widen");
}

macro_rules! cases {
    ($($name:ident: $check:ident($pattern:expr, $text:expr);)*) => {
        $(#[test] fn $name() { $check($pattern, $text); })*
    };
}

cases! {
    a_domain_pattern_allows_its_domain: allowed("*@example.com", "bob@example.com");
    a_bare_domain_is_a_domain_pattern: allowed("example.com", "bob@example.com");
    a_mailbox_pattern_allows_its_mailbox: allowed("bob@example.com", "bob@example.com");
    case_of_the_address_does_not_matter: allowed("bob@example.com", "BOB@EXAMPLE.COM");
    case_of_the_pattern_does_not_matter: allowed("*@EXAMPLE.com", "bob@example.COM");
    a_name_does_not_matter: allowed("*@example.com", "\"Bob, the\" <bob@example.com>");
    a_plus_tag_is_within_the_domain: allowed("*@example.com", "bob+x@example.com");
    a_plus_tag_is_another_mailbox: refused("bob@example.com", "bob+x@example.com");
    the_mailbox_without_its_tag_is_another: refused("bob+x@example.com", "bob@example.com");
    a_final_dot_is_the_same_domain: allowed("*@example.com", "bob@example.com.");
    a_final_dot_in_the_pattern_is_the_same: allowed("*@example.com.", "bob@example.com");
    two_final_dots_are_refused: refused("*@example.com", "bob@example.com..");
    another_domain_is_refused: refused("*@example.com", "bob@evil.com");
    another_mailbox_is_refused: refused("bob@example.com", "eve@example.com");
    a_sub_domain_is_refused: refused("*@example.com", "bob@mail.example.com");
    a_longer_name_is_refused: refused("*@example.com", "bob@evilexample.com");
    a_domain_with_a_suffix_is_refused: refused("*@example.com", "bob@example.com.evil.com");
    a_mailbox_with_a_suffix_is_refused: refused("bob@example.com", "bob@example.com.evil.com");
    a_longer_local_part_is_refused: refused("bob@example.com", "notbob@example.com");
    a_below_pattern_allows_a_sub_domain: allowed("*@*.example.com", "bob@mail.example.com");
    a_below_pattern_allows_deep_sub_domains: allowed("*@*.example.com", "bob@a.b.example.com");
    a_below_pattern_refuses_the_domain_itself: refused("*@*.example.com", "bob@example.com");
    a_below_pattern_refuses_a_longer_name: refused("*@*.example.com", "bob@evilexample.com");
    a_below_pattern_refuses_a_domain_with_a_suffix: refused("*@*.example.com", "bob@x.example.com.evil.com");
    two_ats_are_refused: refused("*@example.com", "a@example.com@evil.com");
    two_ats_the_other_way_are_refused: refused("*@example.com", "a@evil.com@example.com");
    a_spoofed_name_is_refused: refused("*@example.com", "\"a@example.com\" <b@evil.com>");
    an_unquoted_spoofed_name_is_refused: refused("*@example.com", "a@example.com <b@evil.com>");
    a_bracketed_spoof_is_refused: refused("*@example.com", "<a@example.com> <b@evil.com>");
    every_address_of_a_list_counts: refused("*@example.com", "a@example.com, b@evil.com");
    semicolons_hide_nothing: refused("*@example.com", "a@example.com; b@evil.com");
    a_quoted_comma_hides_nothing: refused("*@example.com", "\"x, y\" <b@evil.com>, a@example.com");
    an_unclosed_quote_is_refused: refused("*@example.com", "\"a@example.com, b@evil.com");
    an_escaped_quote_hides_nothing: refused("*@example.com", "\"a\\\" <a@example.com>, \" <b@evil.com>");
    a_comment_is_refused: refused("*@example.com", "b@evil.com (@example.com)");
    a_comment_in_the_domain_is_refused: refused("*@example.com", "a@example.com(.evil.com)");
    a_comment_before_the_domain_is_refused: refused("*@example.com", "b@(x@example.com)evil.com");
    a_group_is_refused: refused("*@example.com", "team: a@example.com, b@evil.com;");
    a_group_of_allowed_members_is_refused_too: refused("*@example.com", "team: a@example.com;");
    a_route_is_refused: refused("*@example.com", "<@evil.com:a@example.com>");
    a_route_through_the_allowed_domain_is_refused: refused("*@example.com", "<@example.com:b@evil.com>");
    the_percent_hack_is_refused: refused("*@example.com", "b%evil.com@example.com");
    the_percent_hack_below_is_refused: refused("*@*.example.com", "b%evil.com@x.example.com");
    a_bang_path_is_refused: refused("*@example.com", "evil.com!b@example.com");
    a_quoted_address_as_local_part_is_refused: refused("*@example.com", "\"b@evil.com\"@example.com");
    a_quoted_local_part_with_a_foreign_domain_is_refused: refused("*@example.com", "\"a@example.com\"@evil.com");
    a_quoted_bracket_in_the_local_part_is_refused: refused("*@example.com", "\"a@example.com>\"@evil.com");
    a_quoted_plain_local_part_is_the_mailbox: allowed("bob@example.com", "\"bob\"@example.com");
    a_blank_in_a_quoted_local_part_is_another_mailbox: refused("bob@example.com", "\"bob \"@example.com");
    a_cyrillic_look_alike_is_refused: refused("*@example.com", "bob@ex\u{430}mple.com");
    a_cyrillic_local_part_is_another_mailbox: refused("bob@example.com", "b\u{43e}b@example.com");
    a_look_alike_pattern_refuses_the_real_one: refused("*@ex\u{430}mple.com", "bob@example.com");
    a_kelvin_sign_is_folded_in_domains_as_dns_does: allowed("*@kelvin.com", "bob@\u{212a}elvin.com");
    full_width_letters_are_the_same_domain: allowed("*@example.com", "bob@ｅｘａｍｐｌｅ.com");
    an_ideographic_full_stop_is_a_dot: refused("*@example.com", "bob@example.com。evil.com");
    a_full_width_at_is_refused: refused("*@example.com", "b＠evil.com@example.com");
    punycode_is_the_international_name: allowed("*@bücher.example", "bob@xn--bcher-kva.example");
    the_international_name_is_punycode: allowed("*@xn--bcher-kva.example", "bob@BÜCHER.example");
    upper_case_punycode_is_the_same: allowed("*@bücher.example", "bob@XN--BCHER-KVA.example");
    a_zero_width_space_is_refused: refused("*@example.com", "bob@exam\u{200b}ple.com");
    a_soft_hyphen_is_refused: refused("*@example.com", "bob@exam\u{ad}ple.com");
    a_zero_width_local_part_is_refused: refused("*@example.com", "b\u{200d}ob@example.com");
    a_bidi_override_is_refused: refused("*@example.com", "\u{202e}moc.live@example.com");
    a_line_feed_is_refused: refused("*@example.com", "a@example.com\nb@evil.com");
    a_carriage_return_is_refused: refused("*@example.com", "a@example.com\r\nBcc: b@evil.com");
    a_tab_is_refused: refused("*@example.com", "a@example.com\tb@evil.com");
    a_nul_is_refused: refused("*@example.com", "a@example.com\0.evil.com");
    a_next_line_character_is_refused: refused("*@example.com", "a@example.com\u{85}, b@evil.com");
    an_ip_literal_is_refused: refused("*@example.com", "bob@[192.0.2.1]");
    an_ipv6_literal_is_refused: refused("*@example.com", "bob@[IPv6:2001:db8::1]");
    a_bare_ip_is_refused: refused("*@example.com", "bob@192.0.2.1");
    a_percent_encoded_domain_is_refused: refused("*@example.com", "bob@%65xample.com");
    a_url_is_refused: refused("*@example.com", "mailto:b@evil.com?x=@example.com");
    a_question_mark_in_the_domain_is_refused: refused("*@example.com", "b@evil.com?@example.com");
    a_hash_in_the_domain_is_refused: refused("*@example.com", "b@evil.com#.example.com");
    a_blank_before_the_domain_is_refused: refused("*@example.com", "b@evil.com @example.com");
    an_encoded_word_name_hides_nothing: refused("*@example.com", "=?utf-8?Q?a=40example.com?= <b@evil.com>");
}

#[test]
fn only_four_shapes_are_patterns() {
    for text in [
        "",
        " ",
        "*",
        "*@",
        "*@*",
        "@example.com",
        "bob*@example.com",
        "*.example.com",
        "*@*.*.com",
        "*@ex*mple.com",
        "*@com",
        "com",
        "bob@",
        "Bob <bob@example.com>",
        "bob@example.com, eve@evil.com",
        "*@example.com,*@evil.com",
        "*@example.com\n",
        "\t*@example.com",
        "*@exam\u{200b}ple.com",
        "/.*@example\\.com/",
        "*@[127.0.0.1]",
        "*@127.0.0.1",
        "*@ example.com",
        "**@example.com",
        "*@@example.com",
        "\"bob\"@example.com",
        "*@example.com (x)",
        "bob @example.com",
        "mailto:bob@example.com",
        "!*@example.com",
        "*@*.example.com@evil.com",
    ] {
        no_pattern(text);
    }
}

#[test]
fn an_address_must_match_every_source_that_has_patterns() {
    let mut policy = policy(&["*@example.com", "*@partner.org"]);
    policy.narrow(access(Level::Send, "a file without patterns")).unwrap();
    policy.narrow(recipients(&["*@example.com", "*@evil.com"], "user.toml")).unwrap();
    assert!(passes(&policy, "a@example.com"));
    assert!(!passes(&policy, "a@partner.org"), "the user's file does not allow it");
    assert!(!passes(&policy, "a@evil.com"), "the administrator's file does not allow it");
}

#[test]
fn an_empty_list_allows_nobody_and_no_list_allows_everybody() {
    assert!(!passes(&policy(&[]), "a@example.com"));
    assert!(passes(&Policy::default(), "a@anywhere.example"));
}

#[test]
fn the_lowest_level_applies_in_any_order() {
    for order in [[Level::Draft, Level::Send], [Level::Send, Level::Draft]] {
        let mut policy = Policy::default();
        for level in order {
            policy.narrow(access(level, level.name())).unwrap();
        }
        assert_eq!(policy.level(), Level::Draft);
        assert!(policy.allows(Level::Read).is_ok() && policy.allows(Level::Draft).is_ok());
        assert!(policy.allows(Level::Send).is_err());
    }
}

#[test]
fn a_refused_level_names_the_rule_and_its_file() {
    let mut policy = Policy::default();
    policy.narrow(access(Level::Read, "/etc/mcs-gmail/config.toml")).unwrap();
    policy.narrow(access(Level::Draft, "user.toml")).unwrap();
    let problem = policy.allows(Level::Send).unwrap_err();
    assert_eq!(problem.code(), Code::PolicyRefused);
    assert!(
        problem.message().contains("/etc/mcs-gmail/config.toml allows only access = \"read\""),
        "{problem}"
    );
    assert!(problem.phrases().1.is_some_and(|hint| hint.to_string().contains("access = \"send\"")));
}

#[test]
fn refused_recipients_are_all_named_with_the_file() {
    let list = parse_list("a@example.com, b@evil.com, c@evil.com", "to").unwrap();
    let problem = policy(&["example.com"]).check_recipients(&list).unwrap_err();
    assert_eq!(problem.code(), Code::PolicyRefused);
    assert_eq!(
        problem.message(),
        "cannot send to b@evil.com, c@evil.com: /etc/mcs-gmail/config.toml allows only *@example.com"
    );
    assert_eq!(
        problem.document(crate::phrase::Caller::Line)["error"]["refused"],
        serde_json::json!(["b@evil.com", "c@evil.com"])
    );
}

#[test]
fn recipients_from_a_received_mail_are_checked_like_typed_ones() {
    let policy = policy(&["*@example.com"]);
    for text in [
        "\"a@example.com\" <b@evil.com>",
        "b%evil.com@example.com",
        "Team: a@example.com, b@evil.com;",
        "a@example.com, b@evil.com",
        "<@example.com:b@evil.com>",
        "=?utf-8?Q?a=40example.com=3E?= <b@evil.com>",
        "\"b@evil.com\"@example.com",
        "a@example.com (b@evil.com), b@evil.com",
    ] {
        let found = parse_header(text);
        assert!(found.is_empty() || policy.check_recipients(&found).is_err(), "{text}: {found:?}");
    }
}

#[test]
fn level_names_can_be_parsed() {
    for level in Level::ALL {
        assert_eq!(Level::parse(level.name()), Some(level));
    }
    assert_eq!(Level::parse("organize"), Some(Level::Organise));
    assert_eq!(Level::parse("SEND"), None);
    assert_eq!(Level::parse(""), None);
    assert!(Level::Read < Level::Organise && Level::Draft < Level::Send);
}

#[test]
fn only_the_first_trusted_source_goes_beyond_the_default() {
    let rule = |access, extends| Rule { access: Some(access), extends, ..Rule::default() };
    let level = |rules: &[(Level, bool)]| {
        let mut policy = Policy::default();
        rules.iter().for_each(|(access, extends)| policy.narrow(rule(*access, *extends)).unwrap());
        policy.level()
    };
    assert_eq!(level(&[]), Level::Send);
    assert_eq!(level(&[(Level::Settings, true)]), Level::Settings);
    assert_eq!(level(&[(Level::Settings, false)]), Level::Send);
    assert_eq!(level(&[(Level::Settings, true), (Level::Draft, false)]), Level::Draft);
    assert_eq!(level(&[(Level::Send, true), (Level::Settings, true)]), Level::Send);
    assert_eq!(level(&[(Level::Read, true), (Level::Settings, true)]), Level::Read);
}
