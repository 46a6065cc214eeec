//! Tokens of another broker, domain, application, audience or account are never used, and survive for their owner.

use serde_json::Value;

use crate::{
    kit::{LIST, REFRESH_TOKEN, User, for_each_in_parallel},
    sandbox::{AUTH0_DOMAIN, Exchange, GMAIL_HOST},
};

/// Other values in the configuration, to which nothing that was cached belongs.
const OTHERS: [(&str, &str); 5] = [
    ("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://other.sandbox.example"),
    ("MCS_GMAIL_AUTH0_DOMAIN", "another.eu.auth0.com"),
    ("MCS_GMAIL_AUTH0_CLIENT_ID", "anotherClient"),
    ("MCS_GMAIL_AUTH0_AUDIENCE", "https://another/api"),
    ("MCS_GMAIL_ACCOUNT", "grace@example.com"),
];

fn signed_in_by_ourselves() -> User {
    let user = User::ready_to_sign_in();
    user.sign_in();
    user
}

#[test]
fn another_identity_sees_nothing_and_switching_back_needs_no_new_sign_in() {
    for_each_in_parallel(OTHERS, |(name, value)| {
        let user = signed_in_by_ourselves();
        user.world.tolerate_unexpected();
        user.world.clear_log();
        let ours = user.cache();
        let done = user.run(&LIST).env(name, value).done();
        assert_ne!(done.code, 0, "{name}: {done:?}");
        assert_eq!(user.world.count(GMAIL_HOST, "", ""), 0, "{name}");
        let login = ours[REFRESH_TOKEN]["v"].as_str().unwrap();
        let used = |e: &Exchange| String::from_utf8_lossy(&e.request_body).contains(login);
        assert!(!user.world.log().iter().any(used), "{name}: the login of another identity was used");

        user.world.clear_log();
        user.run(&LIST).json();
        assert_eq!(user.world.count(AUTH0_DOMAIN, "", ""), 0, "{name}: the access token was lost");
        user.expire_access_token();
        user.run(&LIST).json();
    });
}

#[test]
fn two_accounts_take_turns_in_one_cache_each_with_its_own_tokens() {
    let user = signed_in_by_ourselves();
    user.world.auth0(|t| t.email = "grace@example.com".into());
    let grace = || user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com");
    user.approve_both_visits(grace);
    grace().json();
    user.world.clear_log();
    for _ in 0..2 {
        user.run(&LIST).json();
        grace().json();
    }
    assert_eq!(user.world.count(AUTH0_DOMAIN, "", ""), 0);
}

#[test]
fn a_pending_link_of_another_identity_is_not_shown_and_is_shown_again_after_switching_back() {
    let user = User::ready_to_sign_in();
    let ours = user.run(&LIST).challenge();
    let theirs = user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com").challenge();
    assert_ne!(ours["url"], theirs["url"]);
    assert_eq!(user.run(&LIST).challenge()["url"], ours["url"]);
}

#[test]
fn a_cache_without_an_identity_belongs_to_the_configuration_that_uses_it_first() {
    let user = User::with_refresh_token();
    user.run(&LIST).json();
    let other = user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com").challenge();
    assert_eq!(other["step"], "sign_in");
    user.run(&LIST).json();
}

#[test]
fn a_logout_forgets_one_identity_and_leaves_the_other() {
    let user = signed_in_by_ourselves();
    user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com").challenge();
    user.run(&["auth", "logout"]).env("MCS_GMAIL_ACCOUNT", "grace@example.com").json();
    user.run(&LIST).json();
    assert_eq!(user.world.auth0(|t| t.live_refresh_tokens()), 1);
}

#[test]
fn the_names_of_identities_hold_no_secret() {
    let user = signed_in_by_ourselves();
    let cache = user.cache();
    let identity = cache["mcs-gmail:identity"]["v"].as_str().unwrap();
    let parts: Vec<Value> = serde_json::from_str(identity).unwrap();
    assert!(parts.len() > 4, "{identity}");
    for secret in user.world.secrets() {
        assert!(!identity.contains(&secret));
    }
}
