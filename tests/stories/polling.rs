//! A sign-in is called pending only after a poll that this run made, or that another process made meanwhile; and a
//! request to the broker that fails is repeated.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    kit::{Done, LIST, Run, Running, User, for_each_in_parallel, url},
    sandbox::{BROKER_HOST, Event, FULL_SCOPES, Fault, Verdict},
};

/// A short interval between polls, in seconds, that is still long for a run.
const SHORT: u64 = 3;
/// An interval that no run waits for.
const LONG: u64 = 50;

/// Someone who was told twice to sign in, so that the broker does not accept another poll for a while. One visit is
/// enough.
fn just_polled(interval_s: u64) -> (User, Value) {
    let user = User::ready_to_sign_in();
    user.world.broker(|b| b.interval_s = interval_s);
    user.world.auth0(|t| t.connect_account(&FULL_SCOPES));
    user.run(&LIST).challenge();
    let challenge = user.run(&LIST).challenge();
    user.world.clear_log();
    (user, challenge)
}

fn polls(user: &User) -> usize {
    user.world.count(BROKER_HOST, "GET", "/v1/sessions/")
}

fn ten(user: &User) -> Vec<Done> {
    let running: Vec<Running> = (0..10).map(|_| user.run(&LIST).start()).collect();
    running.into_iter().map(Running::done).collect()
}

/// How long a run takes.
fn timed(run: Run<'_>) -> (Done, Duration) {
    let start = Instant::now();
    (run.done(), start.elapsed())
}

#[test]
fn a_run_right_after_the_consent_has_a_result_although_the_last_poll_was_just_now() {
    let (user, challenge) = just_polled(SHORT);
    user.approve(&challenge);
    user.run(&LIST).json();
    assert_eq!(polls(&user), 1, "it polled too early");
}

#[test]
fn ten_runs_at_once_right_after_the_consent_make_one_poll_and_all_have_a_result() {
    let (user, challenge) = just_polled(SHORT);
    user.approve(&challenge);
    for done in ten(&user) {
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    }
    assert_eq!(polls(&user), 1);
}

#[test]
fn ten_runs_at_once_without_a_consent_make_one_poll() {
    let (user, challenge) = just_polled(SHORT);
    for done in ten(&user) {
        assert_eq!(url(&done.challenge()), url(&challenge));
    }
    assert_eq!(polls(&user), 1);
}

#[test]
fn a_consent_given_while_a_run_waits_for_its_poll_counts() {
    let (user, challenge) = just_polled(SHORT);
    let running = user.run(&LIST).start();
    std::thread::sleep(Duration::from_millis(500));
    user.approve(&challenge);
    assert_eq!(running.done().code, 0);
}

#[test]
fn a_poll_that_another_run_sent_before_this_one_began_does_not_count() {
    let (user, challenge) = just_polled(SHORT);
    user.set_session_time("next_poll", 0.0);
    user.time_passes(Duration::from_secs(SHORT));
    let (arrived, arrival) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    user.world.on_event(move |event| {
        if matches!(event, Event::Answer { path, .. } if path.starts_with("/v1/sessions/")) {
            let _ = arrived.send(());
            let _ = released.recv();
        }
        Verdict::Go
    });
    let before = user.run(&LIST).start();
    arrival.recv().unwrap();
    user.approve(&challenge);
    let after = user.run(&LIST).start();
    std::thread::sleep(Duration::from_millis(500));
    drop(release);
    assert_eq!(before.done().code, 4);
    assert_eq!(after.done().code, 0);
    assert_eq!(polls(&user), 2);
}

#[test]
fn a_time_of_the_next_poll_that_a_wrong_clock_recorded_is_not_waited_for() {
    let now = jiff::Timestamp::now().as_millisecond() as f64 / 1000.0;
    for_each_in_parallel([30.0, 65.0, 3600.0, 1e300], |ahead| {
        let (user, challenge) = just_polled(SHORT);
        user.set_session_time("next_poll", now + ahead);
        user.set_session_time("polled_at", now + ahead);
        user.approve(&challenge);
        user.run(&LIST).json();
        assert!(polls(&user) > 0, "{ahead}");
    });
}

#[test]
fn a_wait_that_is_shorter_than_the_interval_ends_with_a_poll() {
    for args in [&["list", "--limit", "1", "--wait", "1"][..], &["auth", "wait", "--wait", "1"]] {
        let (user, challenge) = just_polled(SHORT);
        user.approve(&challenge);
        let done = user.run(args).done();
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
        assert_eq!(polls(&user), 1, "{args:?}");
    }
}

#[test]
fn the_status_polls_at_a_terminal_too() {
    let (user, challenge) = just_polled(SHORT);
    user.approve(&challenge);
    let Some(screen) = user.at_terminal("mcs-gmail auth status --format json") else { return };
    assert!(screen.contains("\"usable\":true"), "{screen}");
    assert_eq!(polls(&user), 1);
}

#[test]
fn a_broker_that_is_busy_is_polled_again_soon_or_not_at_all() {
    let busy = |wait: &'static str| {
        let user = User::ready_to_sign_in();
        user.world.auth0(|t| t.connect_account(&FULL_SCOPES));
        user.approve(&user.run(&LIST).challenge());
        let fault = Fault::on(BROKER_HOST).path("/v1/sessions/").status(429, &[("Retry-After", wait)], "{}");
        user.world.fault(fault);
        user
    };
    busy("1").run(&LIST).json();
    let user = busy("30");
    let (done, took) = timed(user.run(&LIST));
    assert_eq!((done.code, &done.error()["retry_after"]), (7, &serde_json::json!(30)));
    assert!(took < Duration::from_secs(10), "it kept the other runs waiting for {took:?}");
    user.run(&LIST).json();
}

#[test]
fn a_poll_that_was_killed_makes_the_next_run_wait_and_poll() {
    let (user, challenge) = just_polled(SHORT);
    user.set_session_time("next_poll", 0.0);
    let poll = user.world.hold(Fault::on(BROKER_HOST).path("/v1/sessions/").reset_before());
    let running = user.run(&LIST).start();
    poll.wait_for_arrival();
    running.kill();
    poll.release();
    user.approve(&challenge);
    user.run(&LIST).json();
}

#[test]
fn a_poll_that_failed_is_repeated_in_the_same_run() {
    let fault = || Fault::on(BROKER_HOST).path("/v1/sessions/");
    let faults = [
        fault().status(502, &[], "<html>bad gateway</html>"),
        fault().status(503, &[], ""),
        fault().reset_before(),
        fault().garbage("not HTTP at all\r\n\r\n"),
        fault().status(200, &[], "<html>captive portal</html>"),
        fault().times(2).status(500, &[], "Internal Server Error"),
    ];
    for_each_in_parallel(faults, |fault| {
        let user = User::ready_to_sign_in();
        user.world.auth0(|t| t.connect_account(&FULL_SCOPES));
        user.approve(&user.run(&LIST).challenge());
        user.world.fault(fault);
        user.run(&LIST).json();
    });
}

#[test]
fn a_poll_that_keeps_failing_does_not_use_up_the_interval() {
    let user = User::ready_to_sign_in();
    user.world.broker(|b| b.interval_s = LONG);
    user.world.auth0(|t| t.connect_account(&FULL_SCOPES));
    let challenge = user.run(&LIST).challenge();
    user.world.fault(Fault::on(BROKER_HOST).path("/v1/sessions/").times(3).status(502, &[], "<html>"));
    assert_eq!(user.run(&LIST).fails(8)["code"], "temporary");
    user.approve(&challenge);
    user.run(&LIST).json();
}

#[test]
fn a_broker_that_finds_the_poll_too_early_is_polled_again_in_the_same_run() {
    let (user, challenge) = just_polled(SHORT);
    user.set_session_time("next_poll", 0.0);
    user.approve(&challenge);
    user.run(&LIST).json();
    assert_eq!(polls(&user), 2);
}

#[test]
fn a_run_that_must_not_wait_or_has_no_time_answers_at_once_and_says_when_to_come_back() {
    let (user, challenge) = just_polled(SHORT + 5);
    user.approve(&challenge);
    for args in [&["list", "--wait", "0"][..], &["list", "--timeout", "2"]] {
        let (done, took) = timed(user.run(args));
        let answer = done.challenge();
        assert!(took < Duration::from_secs(2), "{args:?} took {took:?}");
        assert!((1..=SHORT + 5).contains(&answer["retry_after"].as_u64().unwrap()), "{answer}");
    }
    assert_eq!(polls(&user), 0);
}

#[test]
fn a_session_is_opened_in_spite_of_one_failure() {
    let fault = || Fault::on(BROKER_HOST).method("POST").path("/v1/sessions");
    let faults = [
        fault().status(503, &[], ""),
        fault().status(500, &[], "Internal Server Error"),
        fault().status(408, &[], "{}"),
        fault().status(425, &[], "{}"),
        fault().status(429, &[("Retry-After", "1")], "{}"),
        fault().reset_before(),
        fault().reset_after(),
        fault().truncate(40),
        fault().garbage("HTTP/1.1 what\r\n\r\n"),
        fault().status(201, &[], r#"{"session_id":"a"}"#),
        fault().status(200, &[], "<html>captive portal</html>"),
        fault().times(2).status(502, &[], "<html>"),
    ];
    for_each_in_parallel(faults, |fault| {
        let user = User::ready_to_sign_in();
        user.world.fault(fault);
        assert_eq!(user.run(&LIST).challenge()["step"], "sign_in");
        user.sign_in();
    });
}

#[test]
fn the_connect_visit_starts_in_spite_of_one_failure_and_the_exchange_too() {
    let proxy = || Fault::on(BROKER_HOST).path("/v1/proxy");
    let faults = [
        proxy().body_contains("federated-connection-access-token").status(502, &[], "<html>"),
        proxy().body_contains("federated-connection-access-token").reset_before(),
        proxy().body_contains("connected-accounts/connect").status(503, &[], ""),
        Fault::on(BROKER_HOST).method("POST").path("/v1/sessions").status(503, &[], ""),
    ];
    for_each_in_parallel(faults, |fault| {
        let user = User::not_connected();
        user.world.fault(fault);
        assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
        user.sign_in();
    });
}

#[test]
fn a_session_for_which_the_broker_asks_to_wait_long_is_left_to_the_caller() {
    let user = User::ready_to_sign_in();
    user.world.fault(Fault::on(BROKER_HOST).status(429, &[("Retry-After", "30")], "{}"));
    let (done, took) = timed(user.run(&LIST));
    assert_eq!((done.code, &done.error()["retry_after"]), (7, &serde_json::json!(30)));
    assert!(took < Duration::from_secs(10), "it kept the other runs waiting for {took:?}");
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 1);
}

#[test]
fn a_session_that_cannot_be_opened_is_tried_three_times() {
    let user = User::ready_to_sign_in();
    user.world.fault(Fault::on(BROKER_HOST).always().status(503, &[], ""));
    assert_eq!(user.run(&LIST).fails(8)["code"], "temporary");
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 3);
}
