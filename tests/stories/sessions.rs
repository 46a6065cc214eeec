//! Every way a sign-in session ends: the next run continues or shows a fresh link, never the old link again.

use std::time::Duration;

use serde_json::Value;

use crate::{
    kit::{LIST, User, url},
    sandbox::{BROKER_HOST, Fault, broker::Broker},
};

/// An interval between polls that no test machine is too slow for, in seconds.
const SLOW: u64 = 50;

fn of_a_slow_broker() -> User {
    let user = User::ready_to_sign_in();
    user.world.broker(|broker| broker.interval_s = SLOW);
    user
}

/// Shows a link, lets something happen to it, and expects another link that leads to a result.
fn ends_in_a_fresh_link(happens: impl FnOnce(&User, &Value)) {
    let user = User::ready_to_sign_in();
    let first = user.run(&LIST).challenge();
    happens(&user, &first);
    let second = user.run(&LIST).challenge();
    assert_ne!(url(&first), url(&second));
    user.sign_in();
}

#[test]
fn a_session_that_the_broker_forgot_is_replaced() {
    ends_in_a_fresh_link(|user, _| user.world.broker(Broker::restart));
}

#[test]
fn a_session_whose_poll_token_is_refused_is_replaced() {
    ends_in_a_fresh_link(|user, _| {
        user.edit_cache(|cache| {
            let sessions = cache["linkauth:sessions"]["v"].as_str().unwrap();
            let mut sessions: Value = serde_json::from_str(sessions).unwrap();
            sessions["gmail"]["poll_token"] = "pt_of-another-session".into();
            cache["linkauth:sessions"]["v"] = sessions.to_string().into();
        });
    });
}

#[test]
fn a_session_whose_answer_was_lost_is_replaced_in_the_same_run() {
    ends_in_a_fresh_link(|user, first| {
        user.approve(first);
        user.world.fault(Fault::on(BROKER_HOST).method("GET").path("/v1/sessions/").reset_after());
    });
}

#[test]
fn a_session_encrypted_for_another_key_is_replaced_together_with_the_key() {
    ends_in_a_fresh_link(|user, first| {
        user.world.broker(|b| b.wrong_key_envelope = true);
        user.approve(first);
        user.world.broker(|b| b.wrong_key_envelope = false);
    });
}

#[test]
fn a_session_with_a_garbled_envelope_is_replaced() {
    ends_in_a_fresh_link(|user, first| {
        user.world.broker(|b| b.garbage_envelope = true);
        user.approve(first);
        user.world.broker(|b| b.garbage_envelope = false);
    });
}

#[test]
fn a_private_key_that_was_lost_costs_a_new_link() {
    ends_in_a_fresh_link(|user, first| {
        user.approve(first);
        user.edit_cache(|cache| cache["linkauth:privkey"]["v"] = "no key at all".into());
    });
}

#[test]
fn a_key_pair_is_made_once_although_the_broker_could_not_be_asked() {
    let user = User::without_poll_interval();
    let key = || user.cache()["linkauth:privkey"]["v"].as_str().unwrap().to_owned();
    user.run(&["list", "--timeout", "3"]).env("HTTPS_PROXY", "http://127.0.0.1:1").fails(8);
    let first = key();
    user.run(&LIST).challenge();
    assert_eq!(key(), first);
}

#[test]
fn a_session_that_expires_before_or_after_the_person_confirmed_is_replaced() {
    for confirm in [false, true] {
        let user = User::ready_to_sign_in();
        let first = user.run(&LIST).challenge();
        if confirm {
            user.world.confirm_only(url(&first)).unwrap();
        }
        user.time_passes(Duration::from_secs(600));
        let second = user.run(&LIST).challenge();
        assert_ne!(url(&first), url(&second), "confirmed: {confirm}");
        user.sign_in();
    }
}

#[test]
fn a_link_that_is_about_to_expire_is_not_shown_again() {
    let user = User::ready_to_sign_in();
    user.world.broker(|b| b.ttl_s = 10);
    let first = user.run(&LIST).challenge();
    let second = user.run(&LIST).challenge();
    assert_ne!(url(&first), url(&second));
}

#[test]
fn a_refused_sign_in_gets_a_fresh_link_although_the_broker_says_confirmed_for_ten_minutes() {
    let user = User::ready_to_sign_in();
    let first = user.run(&LIST).challenge();
    user.refuse(&first);
    let second = user.run(&LIST).challenge();
    assert!(second["message"].as_str().unwrap().contains("was started"), "{second}");
    user.time_passes(Duration::from_secs(121));
    let third = user.run(&LIST).challenge();
    assert_ne!(url(&first), url(&third));
    user.sign_in();
}

#[test]
fn a_person_who_is_slow_at_the_provider_loses_nothing() {
    let user = User::ready_to_sign_in();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.set_session_time("confirmed_at", 1.0);
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
}

#[test]
fn an_unknown_algorithm_is_named_and_the_next_run_has_a_fresh_link() {
    let user = User::ready_to_sign_in();
    let first = user.run(&LIST).challenge();
    user.world.broker(|b| b.unknown_algorithm = true);
    user.approve(&first);
    let error = user.run(&LIST).fails(10);
    assert!(error["said"].as_str().unwrap().contains("RSA-OAEP-512"), "{error}");
    user.world.broker(|b| b.unknown_algorithm = false);
    assert_ne!(url(&user.run(&LIST).challenge()), url(&first));
}

#[test]
fn a_session_of_a_broker_with_a_wrong_secret_is_replaced_in_time() {
    let user = User::ready_to_sign_in();
    user.world.broker(|b| b.auth0_client_secret = "wrong".into());
    let first = user.run(&LIST).challenge();
    assert!(user.world.approve(url(&first)).is_err());
    let secret = user.world.auth0(|t| t.client_secret.clone());
    user.world.broker(|b| b.auth0_client_secret = secret);
    user.run(&LIST).challenge();
    user.set_session_time("confirmed_at", 1.0);
    assert_ne!(url(&user.run(&LIST).challenge()), url(&first));
    user.sign_in();
}

#[test]
fn a_poll_that_comes_too_early_drops_nothing() {
    let user = of_a_slow_broker();
    let first = user.run(&LIST).challenge();
    user.run(&LIST).challenge();
    user.approve(&first);
    user.set_session_time("confirmed_at", 1.0);
    user.set_session_time("next_poll", 0.0);
    assert_eq!(url(&user.run(&LIST).challenge()), url(&first));
    user.world.broker(|b| b.interval_s = 0);
    user.set_session_time("next_poll", 0.0);
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
}

#[test]
fn an_early_run_shows_the_link_without_a_request_and_says_when_to_run_again() {
    let user = of_a_slow_broker();
    let first = user.run(&LIST).challenge();
    user.run(&LIST).challenge();
    user.world.clear_log();
    let early = user.run(&LIST).challenge();
    assert_eq!(user.world.log().len(), 0);
    assert_eq!(url(&first), url(&early));
    let wait = early["retry_after"].as_u64().unwrap();
    assert!((1..=SLOW).contains(&wait), "{early}");
}

#[test]
fn slow_down_is_obeyed_by_the_next_process() {
    let user = of_a_slow_broker();
    user.run(&LIST).challenge();
    user.run(&LIST).challenge();
    // The broker counts from the last poll that it accepted.
    user.set_session_time("next_poll", 0.0);
    let wait = user.run(&LIST).challenge()["retry_after"].as_u64().unwrap();
    assert!((SLOW - 10..=SLOW).contains(&wait), "{wait}");
    // If that is not known, the interval in the answer is waited for.
    user.set_session_time("next_poll", 0.0);
    user.set_session_time("polled_at", 0.0);
    assert_eq!(user.run(&LIST).challenge()["retry_after"], SLOW + 5);
    user.world.clear_log();
    user.run(&LIST).challenge();
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn the_first_poll_after_the_visit_fetches_the_credential() {
    let user = User::ready_to_sign_in();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
}
