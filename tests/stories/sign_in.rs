//! The tokens of a sign-in and how they age, and the connect visit: the next run works or shows a fresh link.

use std::time::Duration;

use crate::{
    kit::{LIST, REFRESH_TOKEN, User, url},
    sandbox::{AUTH0_DOMAIN, Fault, GMAIL_HOST, auth0::Tenant},
};

#[test]
fn a_sign_in_without_a_refresh_token_names_the_two_switches_and_the_next_run_has_a_fresh_link() {
    let user = User::ready_to_sign_in();
    user.world.auth0(|t| t.offline_access_allowed = false);
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    let error = user.run(&LIST).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("Allow Offline Access"), "{error}");
    user.world.auth0(|t| t.offline_access_allowed = true);
    assert_ne!(url(&user.run(&LIST).challenge()), url(&first));
    user.sign_in();
}

#[test]
fn a_refused_connect_visit_gets_a_fresh_link_too() {
    let user = User::not_connected();
    let first = user.run(&LIST).challenge();
    assert_eq!(first["step"], "connect_account");
    user.refuse(&first);
    user.run(&LIST).challenge();
    user.time_passes(Duration::from_secs(121));
    let second = user.run(&LIST).challenge();
    assert_eq!(second["step"], "connect_account");
    assert_ne!(url(&first), url(&second));
    user.sign_in();
}

#[test]
fn an_access_token_that_expired_is_exchanged_silently() {
    let user = User::with_refresh_token();
    assert_eq!(user.run(&LIST).rows().len(), 1);
    user.world.auth0(Tenant::expire_google_tokens);
    user.expire_access_token();
    user.world.clear_log();
    user.run(&LIST).json();
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn an_access_token_that_was_revoked_is_renewed_once_and_never_in_a_loop() {
    let user = User::with_refresh_token();
    user.run(&LIST).json();
    user.world.auth0(Tenant::revoke_google_tokens);
    user.world.clear_log();
    user.run(&LIST).json();
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
    user.world.fault(Fault::on(GMAIL_HOST).always().unauthenticated());
    user.world.clear_log();
    assert_eq!(user.run(&LIST).fails(6)["code"], "token_refused");
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn a_revoked_refresh_token_is_forgotten_everywhere_and_the_same_run_shows_a_link() {
    let user = User::with_refresh_token();
    user.world.auth0(Tenant::revoke_all_refresh_tokens);
    let challenge = user.run(&LIST).challenge();
    assert_eq!(challenge["step"], "sign_in");
    assert!(challenge["message"].as_str().unwrap().contains("refused the previous sign-in"), "{challenge}");
    let cache = user.cache();
    assert!(cache.get(REFRESH_TOKEN).is_none());
    assert_eq!(cache["linkauth:tokens"]["v"], "{}");
    user.sign_in();
}

#[test]
fn a_refresh_token_that_is_revoked_during_the_connect_visit_leads_to_a_new_sign_in() {
    let user = User::not_connected();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.world.auth0(Tenant::revoke_all_refresh_tokens);
    let second = user.run(&LIST).challenge();
    assert_eq!(second["step"], "sign_in");
    user.sign_in();
}

#[test]
fn an_account_that_was_disconnected_is_connected_again() {
    let user = User::with_refresh_token();
    user.run(&LIST).json();
    user.world.auth0(|t| {
        t.disconnect_all();
        t.revoke_google_tokens();
    });
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
    user.sign_in();
}

#[test]
fn a_connection_that_auth0_does_not_complete_gives_a_fresh_link_and_says_why() {
    let user = User::not_connected();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.world.auth0(|t| t.complete_refused = true);
    let done = user.run(&["list", "--debug"]).done();
    let second = done.challenge();
    assert_ne!(url(&first), url(&second));
    assert!(second["message"].as_str().unwrap().contains("HTTP 400"), "{second}");
    assert!(done.stderr.contains("connect_code is invalid"), "{}", done.stderr);
    user.world.auth0(|t| t.complete_refused = false);
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/me/v1/connected-accounts/complete"), 1);
    user.sign_in();
}

#[test]
fn a_conflict_means_that_the_account_is_connected() {
    let user = User::not_connected();
    user.world.auth0(|t| t.connect_conflict_409 = true);
    user.sign_in();
}

#[test]
fn a_code_whose_completion_failed_on_the_network_is_kept_and_completed_later() {
    let user = User::not_connected();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/complete").reset_before());
    assert_eq!(user.run(&LIST).fails(8)["code"], "temporary");
    user.run(&LIST).json();
}

#[test]
fn a_completion_whose_answer_was_lost_needs_no_third_visit() {
    let user = User::not_connected();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/complete").reset_after());
    user.run(&LIST).fails(8);
    user.run(&LIST).json();
}

#[test]
fn a_completion_that_auth0_does_not_authorise_is_not_tried_with_the_same_code_again() {
    let user = User::not_connected();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    let complete = Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/complete");
    user.world.fault(complete.status(401, &[], r#"{"status":401,"title":"Unauthorized","detail":"no"}"#));
    user.run(&LIST).fails(10);
    let second = user.run(&LIST).challenge();
    assert_ne!(url(&first), url(&second));
    user.sign_in();
}

#[test]
fn an_expired_ticket_is_replaced() {
    for visited in [false, true] {
        let user = User::not_connected();
        let first = user.run(&LIST).challenge();
        if visited {
            user.approve(&first);
        }
        user.time_passes(Duration::from_secs(300));
        let second = user.run(&LIST).challenge();
        assert_eq!(second["step"], "connect_account");
        assert_ne!(url(&first), url(&second), "visited: {visited}");
        user.sign_in();
    }
}

#[test]
fn the_link_of_the_connect_visit_expires_with_the_ticket_not_with_the_session() {
    let user = User::not_connected();
    let challenge = user.run(&LIST).challenge();
    let message = challenge["message"].as_str().unwrap();
    assert!(
        message.contains("expires in 4 minutes") || message.contains("expires in 5 minutes"),
        "{message}"
    );
}

#[test]
fn a_rotated_refresh_token_is_stored_before_anything_else() {
    let user = User::not_connected();
    user.world.auth0(|t| t.rotation = true);
    let old = user.cache()[REFRESH_TOKEN]["v"].clone();
    user.world
        .fault(Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/connect").times(3).reset_before());
    user.run(&LIST).fails(8);
    let cache = user.cache();
    let new = cache[REFRESH_TOKEN]["v"].clone();
    assert_ne!(old, new);
    assert!(cache["linkauth:tokens"]["v"].as_str().unwrap().contains(new.as_str().unwrap()));
    user.sign_in();
}

#[test]
fn an_account_that_is_missing_right_after_it_was_connected_is_reported_and_the_next_run_has_a_fresh_link() {
    let user = User::not_connected();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.world.auth0(|t| t.google_offline_broken = true);
    let error = user.run(&LIST).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("check Offline Access"), "{error}");
    let second = user.run(&LIST).challenge();
    assert_ne!(url(&first), url(&second));
    user.world.auth0(|t| t.google_offline_broken = false);
    user.sign_in();
}

#[test]
fn the_message_says_what_to_do_which_visit_it_is_and_when_the_link_expires() {
    let user = User::ready_to_sign_in();
    user.world.broker(|b| b.ttl_s = 630);
    let first = user.run(&LIST).challenge();
    let (link, code) = (url(&first), first["code"].as_str().unwrap());
    let expected = format!(
        "Authentication required for 'gmail'. Please open {link} and check that the page shows the code: {code}. \
         This is the first of two visits: sign in with Google. A new user then gets a second link, to allow \
         access to Gmail. The link expires in 10 minutes. Afterwards, run the same command again."
    );
    assert_eq!(first["message"], expected);
    let again = user.run(&LIST).challenge();
    assert!(again["message"].as_str().unwrap().starts_with("Authentication pending for 'gmail'. "));
    user.approve(&first);
    let second = user.run(&LIST).challenge();
    let message = second["message"].as_str().unwrap();
    assert!(message.contains("second and last visit: allow access to Gmail"), "{message}");
    assert!(message.contains("run the same command again"), "{message}");
}
