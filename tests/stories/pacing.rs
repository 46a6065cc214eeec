//! A Gmail that takes fewer parts of a batch at once than were sent, and one whose quota is used up: what is left is
//! asked for again, as fast as it is taken and no faster.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    kit::{User, column},
    sandbox::{Fault, GMAIL_HOST},
};

fn user_with(messages: u32) -> User {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(messages));
    user
}

fn ids(rows: &[Value]) -> Vec<&str> {
    column(rows, "uid")
}

fn batches(user: &User) -> Vec<usize> {
    user.world.gmail(|gmail| std::mem::take(&mut gmail.batches))
}

fn pauses(debug: &str) -> usize {
    debug.matches("retrying in").count()
}

#[test]
fn what_was_refused_beside_others_is_asked_for_at_once_in_the_size_that_was_taken() {
    let user = user_with(200);
    user.world.gmail(|gmail| gmail.limit_parts(&[10]));
    let done = user.run(&["list", "--limit", "100", "--debug"]).done();
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(ids(done.json().as_array().unwrap()), user.inbox(100));
    assert_eq!(pauses(&done.stderr), 0, "{}", done.stderr);
    let sizes = batches(&user);
    assert!(sizes[0] > 25 && sizes[1..].iter().all(|size| *size <= 15), "{sizes:?}");
    assert!(sizes.len() <= 14, "{sizes:?}");
}

#[test]
fn what_was_taken_at_once_is_known_for_the_whole_run() {
    let user = user_with(60);
    let ids = user.inbox(20);
    let args: Vec<&str> = ["trash"].into_iter().chain(ids.iter().map(String::as_str)).collect();
    user.run(&args).json();
    user.world.gmail(|gmail| gmail.limit_parts(&[10]));
    batches(&user);
    let args: Vec<&str> = ["untrash"].into_iter().chain(ids.iter().map(String::as_str)).collect();
    assert_eq!(user.run(&args).json()["modified"], 20);
    // The labels are read first: only their first batch is too large.
    assert_eq!(batches(&user), [20, 10, 10, 10]);
}

#[test]
fn a_limit_of_any_size_and_one_that_changes_delays_rows_and_loses_none() {
    for limits in [&[1][..], &[2], &[24], &[26], &[27], &[20, 3, 9, 1, 40], &[5, 5, 100]] {
        for (command, expected) in [("list --limit 60", 60), ("list --limit 60 --threads", 60)] {
            let user = user_with(100);
            user.world.gmail(|gmail| {
                gmail.limit_parts(limits);
                gmail.shuffle_batch_parts = true;
            });
            let args: Vec<&str> = command.split(' ').collect();
            let done = user.run(&[&args[..], &["--debug"]].concat()).done();
            assert_eq!(done.code, 0, "{limits:?} {command} {}", done.stderr);
            // What a batch of one had room for may have been a question of the list.
            let few = usize::from(limits[0] == 1);
            assert!(pauses(&done.stderr) <= few, "{limits:?} {command} {}", done.stderr);
            assert_eq!(done.json().as_array().unwrap().len(), expected, "{limits:?} {command}");
        }
    }
}

#[test]
fn names_and_marks_of_rows_come_though_their_questions_were_refused() {
    let whole = User::signed_in().run(&["list", "--limit", "25"]).rows();
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.limit_parts(&[10]));
    let rows = user.run(&["list", "--limit", "25"]).rows();
    assert_eq!(json!(rows), json!(whole));
}

#[test]
fn parts_that_fail_otherwise_are_asked_again_beside_those_that_were_refused() {
    let user = user_with(50);
    let expected = user.inbox(50);
    user.world.gmail(|gmail| {
        gmail.limit_parts(&[8]);
        gmail.fail_part(&expected[3], 500, "backendError", 2);
        gmail.fail_part(&expected[30], 503, "backendError", 1000);
    });
    let done = user.run(&["list", "--limit", "50", "--debug"]).done();
    assert_eq!(done.code, 9, "{}", done.stderr);
    assert_eq!(done.error()["missing"][0]["uid"], *expected[30]);
    let came: Vec<&String> = expected.iter().filter(|id| **id != expected[30]).collect();
    assert_eq!(ids(done.json().as_array().unwrap()), came);
    let sizes = batches(&user);
    assert!(sizes.len() < 18, "{sizes:?} {}", done.stderr);
}

#[test]
fn an_empty_quota_is_waited_for_at_the_rate_at_which_it_is_refilled() {
    let user = user_with(100);
    user.world.gmail(|gmail| gmail.limit_units(1000, 400));
    let done = user.run(&["list", "--limit", "80", "--debug"]).done();
    assert_eq!(ids(done.json().as_array().unwrap()), user.inbox(80));
    let sizes = batches(&user);
    assert!(sizes.len() < 20, "{sizes:?} {}", done.stderr);
}

#[test]
fn a_list_that_the_quota_cuts_off_says_when_and_where_it_goes_on() {
    let user = user_with(200);
    user.world.gmail(|gmail| gmail.limit_units(1000, 0));
    let done = user.run(&["list", "--limit", "100", "--timeout", "3"]).done();
    assert_eq!(done.code, 9, "{}", done.stderr);
    let (mut rows, error) = (done.json().as_array().unwrap().clone(), done.error());
    assert!(!rows.is_empty() && rows.len() < 50, "{}", rows.len());
    assert_eq!(
        (&error["cause"], &error["retryable"], &error["retry_after"]),
        (&json!("rate_limited"), &json!(true), &json!(60)),
        "{error}"
    );
    user.world.gmail(|gmail| gmail.limit_units(100_000, 0));
    let token = error["next_page_token"].as_str().unwrap();
    let left = (100 - rows.len()).to_string();
    let page = user.run(&["list", "--limit", &left, "--page-token", token]).json();
    rows.extend(page["messages"].as_array().unwrap().clone());
    assert_eq!(ids(&rows), user.inbox(100));
}

#[test]
fn a_page_that_the_quota_cuts_off_says_when_and_where_it_goes_on() {
    let user = user_with(200);
    user.world.gmail(|gmail| gmail.limit_units(1000, 0));
    let done = user.run(&["list", "--limit", "100", "--page-token", "", "--timeout", "3"]).done();
    assert_eq!(done.code, 9, "{}", done.stderr);
    assert!(done.json()["next_page_token"].is_string());
    let error = done.error();
    assert_eq!((&error["retryable"], &error["retry_after"]), (&json!(true), &json!(60)), "{error}");
}

#[test]
fn a_quota_that_nothing_is_left_of_costs_few_requests() {
    let user = user_with(100);
    user.world.gmail(|gmail| gmail.limit_units(5, 0));
    let error = user.run(&["list", "--limit", "100", "--timeout", "5"]).fails(7);
    assert_eq!((&error["retryable"], &error["retry_after"]), (&json!(true), &json!(60)), "{error}");
    let asked = user.world.costs().requests;
    assert!(asked < 15, "{asked} requests");
}

#[test]
fn a_time_that_gmail_names_is_waited_for_or_told() {
    let user = user_with(30);
    user.world.gmail(|gmail| {
        gmail.retry_after = Some(1);
        gmail.limit_parts(&[10, 100]);
    });
    let done = user.run(&["list", "--limit", "20", "--debug"]).done();
    assert_eq!((done.code, pauses(&done.stderr)), (0, 1), "{}", done.stderr);
    user.world.gmail(|gmail| {
        gmail.retry_after = Some(3600);
        gmail.limit_parts(&[0]);
    });
    let error = user.run(&["list", "--limit", "20"]).fails(7);
    assert_eq!((&error["retryable"], &error["retry_after"]), (&json!(true), &json!(3600)), "{error}");
}

#[test]
fn a_batch_that_is_refused_as_a_whole_is_sent_again() {
    let user = user_with(30);
    let busy = json!({"error": {"code": 429, "errors": [{"reason": "rateLimitExceeded"}]}});
    user.world.fault(Fault::on(GMAIL_HOST).path("/batch").times(3).json(429, &busy));
    assert_eq!(ids(&user.run(&["list", "--limit", "20"]).rows()), user.inbox(20));
    user.world.fault(Fault::on(GMAIL_HOST).path("/batch").always().json(429, &busy));
    let error = user.run(&["list", "--limit", "20", "--timeout", "2"]).fails(7);
    assert_eq!((&error["retryable"], &error["retry_after"]), (&json!(true), &json!(60)), "{error}");
}

#[test]
fn a_change_that_the_quota_cuts_off_names_what_remains() {
    let user = user_with(100);
    let ids = user.inbox(9);
    user.world.gmail(|gmail| gmail.limit_units(20, 0));
    let words: Vec<&str> = ids.iter().map(String::as_str).collect();
    let done = user.run(&[&["star"], &words[..], &["--timeout", "3"]].concat()).done();
    assert_eq!(done.code, 9, "{}", done.stderr);
    assert_eq!(done.json()["modified"], 4, "{}", done.stdout);
}

#[test]
fn a_patient_list_leaves_time_for_its_rows() {
    let user = user_with(60);
    user.world.gmail(|gmail| gmail.limit_parts(&[1]));
    user.world.fault(Fault::on(GMAIL_HOST).always().delay(Duration::from_millis(30)));
    let done = user.run(&["list", "--limit", "60", "--timeout", "1"]).done();
    assert_eq!(done.code, 9, "{}", done.stderr);
    assert!(done.error()["next_page_token"].is_string(), "{}", done.stderr);
}
