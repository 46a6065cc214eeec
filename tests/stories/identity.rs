//! Tokens of another broker, domain, application, audience or account are never used, and survive for their owner.

use serde_json::{Value, json};

use crate::{
    kit::User,
    sandbox::{AUTH0_DOMAIN, GMAIL_HOST, auth0::Tenant},
};

const LIST: [&str; 3] = ["list", "--limit", "1"];

/// What may stand in the configuration instead: nothing that was cached belongs to it.
const OTHERS: [(&str, &str); 5] = [
    ("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://other.sandbox.example"),
    ("MCS_GMAIL_AUTH0_DOMAIN", "another.eu.auth0.com"),
    ("MCS_GMAIL_AUTH0_CLIENT_ID", "anotherClient"),
    ("MCS_GMAIL_AUTH0_AUDIENCE", "https://another/api"),
    ("MCS_GMAIL_ACCOUNT", "grace@example.com"),
];

fn signed_in_by_ourselves() -> User {
    let user = User::new();
    user.world.broker(|b| b.interval_s = 0);
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    user
}

#[test]
fn another_identity_sees_nothing_and_switching_back_needs_no_new_sign_in() {
    for (name, value) in OTHERS {
        let user = signed_in_by_ourselves();
        user.world.tolerate_unexpected();
        user.world.clear_log();
        let ours = user.cache();
        let done = user.run(&["list", "--timeout", "2"]).env(name, value).done();
        assert_ne!(done.code, 0, "{name}: {done:?}");
        assert_eq!(user.world.count(GMAIL_HOST, "", ""), 0, "{name}");
        let login = ours["rt:mcs-sandbox.eu.auth0.com"]["v"].as_str().unwrap();
        let used = |e: &crate::sandbox::Exchange| String::from_utf8_lossy(&e.request_body).contains(login);
        assert!(!user.world.log().iter().any(used), "{name}: the login of another identity was used");

        user.world.clear_log();
        user.run(&LIST).json();
        assert_eq!(user.world.count(AUTH0_DOMAIN, "", ""), 0, "{name}: the access token was lost");
        user.edit_cache(|cache| cache["at:gmail"]["exp"] = json!(1.0));
        user.run(&LIST).json();
    }
}

#[test]
fn two_accounts_take_turns_in_one_cache_each_with_its_own_login() {
    let user = signed_in_by_ourselves();
    user.world.auth0(|t| t.email = "grace@example.com".into());
    let grace = || user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com");
    for _ in 0..2 {
        let challenge = grace().done().challenge();
        user.world.approve(challenge["url"].as_str().unwrap()).unwrap();
    }
    grace().json();
    user.world.clear_log();
    for _ in 0..2 {
        user.run(&LIST).json();
        grace().json();
    }
    assert_eq!(user.world.count(AUTH0_DOMAIN, "", ""), 0);
}

#[test]
fn a_pending_link_of_another_identity_is_not_shown_and_is_there_again_after_switching_back() {
    let user = User::new();
    user.world.broker(|b| b.interval_s = 0);
    let ours = user.run(&LIST).done().challenge();
    let theirs = user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com").done().challenge();
    assert_ne!(ours["url"], theirs["url"]);
    assert_eq!(user.run(&LIST).done().challenge()["url"], ours["url"]);
}

#[test]
fn a_cache_without_an_identity_belongs_to_the_configuration_at_hand_and_to_no_other_afterwards() {
    let user = User::new();
    let login = user.world.signed_in_refresh_token();
    user.write_cache(&json!({"rt:mcs-sandbox.eu.auth0.com": {"v": login}}));
    user.run(&LIST).json();
    let other = user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com").done().challenge();
    assert_eq!(other["step"], "sign_in");
    user.run(&LIST).json();
}

#[test]
fn a_logout_forgets_one_identity_and_leaves_the_other() {
    let user = signed_in_by_ourselves();
    user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com").done().challenge();
    user.run(&["auth", "logout"]).env("MCS_GMAIL_ACCOUNT", "grace@example.com").json();
    user.run(&LIST).json();
    assert_eq!(user.world.auth0(|t| Tenant::live_refresh_tokens(t)), 1);
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
