//! Jobs that take longer than the time limit: what progresses is not cut off, and a document that is cut says where it
//! goes on.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    kit::{User, column},
    sandbox::{Fault, GMAIL_HOST},
};

/// A mailbox of so many messages, in which each round trip takes a while.
fn slow_mailbox(messages: u32, round_trip: u64) -> User {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(messages));
    slow_down(&user, round_trip);
    user
}

fn slow_down(user: &User, round_trip: u64) {
    user.world.fault(Fault::on(GMAIL_HOST).always().delay(Duration::from_millis(round_trip)));
}

fn ids(rows: &[Value]) -> Vec<&str> {
    column(rows, "uid")
}

#[test]
fn rows_that_are_printed_as_they_come_are_not_cut_off() {
    let user = slow_mailbox(600, 200);
    for format in ["jsonl", "tsv"] {
        let start = Instant::now();
        let args = ["list", "--limit", "600", "--timeout", "3", "--format", format];
        let done = user.run(&args).done();
        assert_eq!((done.code, done.stdout.lines().count()), (0, 600), "{}", done.stderr);
        assert!(start.elapsed() > Duration::from_secs(3), "the time limit was reached");
    }
}

#[test]
fn a_list_for_a_terminal_is_not_cut_off() {
    let user = slow_mailbox(300, 300);
    let Some(screen) = user.at_terminal("mcs-gmail list --limit 300 --timeout 2") else {
        return;
    };
    assert!(screen.contains("Bulk message 1  "), "{screen}");
}

#[test]
fn an_array_that_takes_too_long_says_where_it_goes_on() {
    let user = slow_mailbox(600, 150);
    for words in [&["list"][..], &["search", "from:bulk.example"]] {
        let list = |more: &[&str]| user.run(&[words, more].concat());
        let done = list(&["--limit", "600", "--timeout", "2", "--format", "json"]).done();
        assert_eq!(done.code, 9, "{}", done.stderr);
        let error = done.error();
        let mut rows = done.json().as_array().unwrap().clone();
        assert!(!rows.is_empty() && rows.len() < 600, "{}", rows.len());
        assert_eq!((&error["code"], &error["rows"]), (&"partial".into(), &rows.len().into()));
        assert!(error["hint"].as_str().unwrap().contains("--timeout"), "{error}");
        user.world.clear_faults();
        let mut token = error["next_page_token"].clone();
        while let Some(text) = token.as_str() {
            let page = list(&["--limit", "100", "--page-token", text]).json();
            rows.extend(page["messages"].as_array().unwrap().clone());
            token = page["next_page_token"].clone();
        }
        let expected = list(&["--limit", "2000"]).rows();
        assert_eq!(ids(&rows), ids(&expected), "nothing is lost or repeated");
        slow_down(&user, 150);
    }
}

#[test]
fn a_page_that_takes_too_long_has_the_token_of_the_rest() {
    let user = slow_mailbox(600, 250);
    let args = ["list", "--limit", "500", "--page-token", "", "--timeout", "2"];
    let done = user.run(&args).done();
    assert_eq!(done.code, 9, "{}", done.stderr);
    let page = done.json();
    let rows = page["messages"].as_array().unwrap().clone();
    assert!(!rows.is_empty() && rows.len() < 500);
    user.world.clear_faults();
    let next =
        user.run(&["list", "--limit", "5", "--page-token", page["next_page_token"].as_str().unwrap()]).json();
    let all = user.run(&["list", "--limit", "500"]).rows();
    assert_eq!(ids(next["messages"].as_array().unwrap()), ids(&all)[rows.len()..rows.len() + 5]);
}

#[test]
fn a_change_of_many_messages_is_not_cut_off() {
    let user = slow_mailbox(3_000, 500);
    let args = ["archive", "--query", "from:bulk.example", "--yes", "--timeout", "3"];
    let start = Instant::now();
    let changed = user.run(&args).json();
    assert_eq!(changed["modified"], 3_000, "{}", changed["modified"]);
    assert!(start.elapsed() > Duration::from_secs(3));
}

#[test]
fn a_change_that_is_broken_off_says_what_was_done() {
    let user = slow_mailbox(3_000, 0);
    user.world.clear_faults();
    let modify = "/gmail/v1/users/me/messages/batchModify";
    user.world.fault(Fault::on(GMAIL_HOST).path(modify).skip(1).always().hang());
    let args = ["archive", "--query", "from:bulk.example", "--yes", "--timeout", "2"];
    let error = user.run(&args).fails(9);
    assert_eq!(
        (&error["code"], &error["modified"]),
        (&"partial".into(), &1_000.into()),
        "{}",
        error["message"]
    );
    assert_eq!(error["remaining"].as_array().unwrap().len(), 2_000);
}

#[test]
fn a_job_without_progress_ends_at_the_time_limit() {
    let user = slow_mailbox(100, 0);
    user.world.clear_faults();
    user.world.fault(Fault::on(GMAIL_HOST).path("/batch").skip(1).always().hang());
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages/").always().hang());
    let start = Instant::now();
    let done = user.run(&["list", "--limit", "100", "--format", "jsonl", "--timeout", "2"]).done();
    assert_eq!((done.code, done.lines().len()), (9, 25), "{}", done.stderr);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(done.error()["hint"].as_str().unwrap().contains("--timeout"));
}

#[test]
fn new_mail_that_takes_too_long_comes_with_the_next_run() {
    let user = User::signed_in();
    user.run(&["new", "--cursor", "c"]).says_nothing();
    user.world.gmail(|gmail| gmail.bulk(300));
    slow_down(&user, 300);
    let first = user.run(&["new", "--cursor", "c", "--timeout", "2", "--format", "json"]).done();
    assert_eq!(first.code, 9, "{}", first.stderr);
    user.world.clear_faults();
    let told = first.json().as_array().unwrap().len();
    assert!(told > 0);
    assert_eq!(user.run(&["new", "--cursor", "c"]).rows().len(), 300 - told);
}
