//! `new --wait` and `new --exec`: a run that waits for mail, and a command that gets each message.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    kit::{Done, User, column, wait_until},
    sandbox::GMAIL_HOST,
};

fn user() -> User {
    let user = User::signed_in();
    user.run(&["new", "--cursor", "c"]).says_nothing();
    user
}

fn arrive(user: &User, subject: &str) -> String {
    user.receive(&format!("From: bob@example.org\nTo: ada@example.com\nSubject: {subject}\n\nhello\n"))
}

/// Runs a handler for each new message.
fn handle(user: &User, handler: &str) -> Done {
    user.run(&["new", "--cursor", "c", "--exec", handler]).inside(user.home()).done()
}

fn lines(user: &User, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(user.home().join(file)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn looks(user: &User) -> usize {
    user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/history")
}

#[test]
fn a_run_that_waits_ends_with_the_first_news() {
    let user = user();
    let run = user.run(&["new", "--cursor", "c", "--wait", "60", "--format", "json"]).start();
    wait_until("it looks", || looks(&user) > 1);
    let id = arrive(&user, "now");
    let started = Instant::now();
    let done = run.done();
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(column(&done.json().as_array().unwrap().clone(), "uid"), [id]);
    user.run(&["new", "--cursor", "c"]).says_nothing();
}

#[test]
fn a_wait_without_news_ends_in_time_and_as_any_run_without_news() {
    let user = user();
    user.world.clear_log();
    let started = Instant::now();
    user.run(&["new", "--cursor", "c", "--wait", "3"]).says_nothing();
    assert!((3..15).contains(&started.elapsed().as_secs()));
    assert_eq!(looks(&user), 3, "at once, after two seconds, and at the end");
    let exec = user.run(&["exec", "new_messages", r#"{"cursor":"c","wait":1}"#]).json();
    assert_eq!(exec, json!([]));
    user.run(&["exec", "new_messages", r#"{"cursor":"c","wait":3601}"#]).fails(2);
    let done = user.run(&["new", "--cursor", "c", "--wait", "1", "--fail-empty"]).done();
    assert_eq!(done.code, 3);
}

#[test]
fn a_first_run_that_waits_sets_the_cursor_before() {
    let user = User::signed_in();
    let run = user.run(&["new", "--cursor", "first", "--wait", "60"]).start();
    wait_until("it looks", || looks(&user) > 0);
    run.kill();
    arrive(&user, "while nobody looked");
    let rows = user.run(&["new", "--cursor", "first"]).rows();
    assert_eq!(column(&rows, "subject"), ["while nobody looked"]);
}

#[test]
fn only_one_run_waits_with_a_cursor() {
    let user = user();
    let run = user.run(&["new", "--cursor", "c", "--wait", "60"]).start();
    wait_until("it looks", || looks(&user) > 0);
    let started = Instant::now();
    user.run(&["new", "--cursor", "c", "--wait", "60"]).says_nothing();
    assert!(started.elapsed() < Duration::from_secs(10));
    run.kill();
}

#[test]
fn a_command_gets_each_message_as_json_and_in_its_order() {
    let user = user();
    let ids = ["one", "two", "three"].map(|subject| arrive(&user, subject));
    let done = handle(&user, "cat >> got.jsonl; echo handled");
    assert_eq!((done.code, done.stdout.as_str()), (0, "handled\nhandled\nhandled\n"), "{}", done.stderr);
    let got = lines(&user, "got.jsonl");
    assert_eq!(column(&got, "uid"), ids);
    assert_eq!((&got[0]["subject"], &got[0]["untrusted"][0]), (&json!("one"), &json!("from")));
    assert_eq!(handle(&user, "cat >> got.jsonl").code, 0);
    assert_eq!(lines(&user, "got.jsonl").len(), 3);
    // A command need not read the message.
    arrive(&user, "four");
    assert_eq!(handle(&user, "true").code, 0);
}

#[test]
fn the_cursor_stays_before_a_message_for_which_the_command_failed() {
    let user = user();
    for subject in ["one", "two", "three"] {
        arrive(&user, subject);
    }
    let flaky = "cat >> tried.jsonl; ! grep -q two tried.jsonl || test -e mended";
    let done = handle(&user, flaky);
    let error = done.error();
    assert_eq!((done.code, &error["code"]), (1, &json!("failed")), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("next run begins with it"), "{error}");
    assert_eq!(column(&lines(&user, "tried.jsonl"), "subject"), ["one", "two"]);
    user.write_file("mended", "");
    assert_eq!(handle(&user, flaky).code, 0);
    assert_eq!(column(&lines(&user, "tried.jsonl"), "subject"), ["one", "two", "two", "three"]);
    user.run(&["new", "--cursor", "c"]).says_nothing();
}

#[test]
fn a_run_that_is_killed_repeats_no_message_that_was_handled() {
    let user = user();
    for subject in ["one", "two", "three"] {
        arrive(&user, subject);
    }
    let slow =
        "cat >> got.jsonl; if grep -q two got.jsonl && ! test -e mended; then touch stuck; sleep 600; fi";
    let run = user.run(&["new", "--cursor", "c", "--exec", slow]).inside(user.home()).start();
    wait_until("the second is handled", || user.home().join("stuck").exists());
    run.kill();
    user.write_file("mended", "");
    assert_eq!(handle(&user, slow).code, 0);
    assert_eq!(column(&lines(&user, "got.jsonl"), "subject"), ["one", "two", "two", "three"]);
}

#[test]
fn a_command_is_run_for_people_and_scripts_only() {
    let user = user();
    arrive(&user, "one");
    let exec = user.run(&["exec", "new_messages", r#"{"cursor":"c","exec":"touch pwned"}"#]).done();
    assert_ne!(exec.code, 0, "{}", exec.stdout);
    let launched = user.run(&["new", "--cursor", "c", "--exec", "touch pwned"]);
    let error = launched.env("MCS_GMAIL_LAUNCHED", "1").inside(user.home()).fails(6);
    assert_eq!(error["code"], "policy_refused");
    assert!(!user.home().join("pwned").exists());
    let rows =
        user.run(&["new", "--cursor", "c", "--limit", "1", "--exec", "cat > /dev/null", "--format", "json"]);
    assert_eq!(rows.json(), json!([]));
}
