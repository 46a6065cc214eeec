//! New mail for cron: nothing is lost, and there is no output when there is no new mail.

use std::io::{BufRead, BufReader};

use serde_json::json;

use crate::{
    kit::{REFRESH_TOKEN, Run, User, column, members},
    sandbox::{Fault, GMAIL_HOST},
};

fn arrive(user: &User, subject: &str, labels: &[&str]) -> String {
    user.receive_in(labels, &format!("From: b@example.org\nSubject: {subject}\n\nwords of {subject}\n"))
}

/// A user whose cursor `inbox` was set by a first run.
fn with_cursor() -> User {
    let user = User::signed_in();
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
    user
}

/// A run for the cursor `inbox` that prints one document.
fn new<'u>(user: &'u User, more: &[&str]) -> Run<'u> {
    new_of(user, "inbox", more)
}

fn new_of<'u>(user: &'u User, cursor: &str, more: &[&str]) -> Run<'u> {
    user.run(&[&["new", "--cursor", cursor, "--format", "json"], more].concat())
}

fn subjects(run: Run<'_>) -> Vec<String> {
    column(&run.rows(), "subject").into_iter().map(str::to_owned).collect()
}

#[test]
fn the_first_run_sets_the_cursor_and_prints_nothing_in_any_format() {
    for format in ["table", "tsv", "jsonl"] {
        let user = User::signed_in();
        user.run(&["new", "--cursor", "inbox", "--format", format]).says_nothing();
        assert!(user.cache()["mcs-gmail:cursor:inbox"]["v"].is_string());
    }
    assert_eq!(new(&User::signed_in(), &[]).json(), json!([]));
    let exec = User::signed_in().run(&["exec", "new_messages", r#"{"cursor":"x"}"#]).json();
    assert_eq!(exec, json!([]));
}

#[test]
fn each_message_is_reported_once_oldest_first_and_then_there_is_no_output() {
    let user = with_cursor();
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
    arrive(&user, "one", &["INBOX", "UNREAD"]);
    arrive(&user, "two", &["INBOX", "UNREAD"]);
    let rows = user.run(&["new", "--cursor", "inbox"]).rows();
    assert_eq!(column(&rows, "subject"), ["one", "two"]);
    assert_eq!(members(&rows[0])[..6], ["uid", "from", "subject", "date", "labels", "thread_id"]);
    assert!(rows[0].get("resync").is_none());
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
}

#[test]
fn only_mail_that_was_received_and_still_exists_counts() {
    let user = with_cursor();
    for label in ["DRAFT", "SENT", "SPAM", "TRASH"] {
        arrive(&user, label, &[label]);
    }
    arrive(&user, "elsewhere", &["Work/Invoices"]);
    let gone = arrive(&user, "gone", &["INBOX"]);
    arrive(&user, "here", &["INBOX"]);
    user.world.gmail(|gmail| {
        gmail.fail_part(&gone, 404, "notFound", 1);
    });
    assert_eq!(subjects(new(&user, &[])), ["here"]);
}

#[test]
fn a_folder_and_a_query_narrow_what_is_reported() {
    let user = with_cursor();
    for cursor in ["all", "work", "spam"] {
        user.run(&["new", "--cursor", cursor]).says_nothing();
    }
    arrive(&user, "invoice 1", &["Work/Invoices"]);
    arrive(&user, "invoice 2", &["INBOX"]);
    arrive(&user, "lunch", &["INBOX"]);
    arrive(&user, "pills", &["SPAM"]);
    let of = |cursor: &str, more: &[&str]| new_of(&user, cursor, more);
    assert_eq!(subjects(of("work", &["--folder", "work/invoices"])), ["invoice 1"]);
    assert_eq!(subjects(of("spam", &["--folder", "Spam"])), ["pills"]);
    assert_eq!(subjects(of("inbox", &["--query", "subject:invoice"])), ["invoice 2"]);
    let all = of("all", &["--folder", "ALL", "--query", "SUBJECT \"invoice\""]);
    assert_eq!(subjects(all), ["invoice 1", "invoice 2"]);
    for cursor in ["all", "work", "spam", "inbox"] {
        user.run(&["new", "--cursor", cursor]).says_nothing();
    }
}

#[test]
fn a_limit_leaves_the_rest_for_the_next_run() {
    let user = with_cursor();
    for n in 0..7 {
        arrive(&user, &format!("n{n}"), &["INBOX"]);
    }
    assert_eq!(subjects(new(&user, &["--limit", "3"])), ["n0", "n1", "n2"]);
    assert_eq!(subjects(new(&user, &["--limit", "3"])), ["n3", "n4", "n5"]);
    assert_eq!(subjects(new(&user, &["--limit", "3"])), ["n6"]);
    assert_eq!(new(&user, &["--limit", "3"]).json(), json!([]));
}

#[test]
fn a_long_history_is_followed_page_by_page() {
    let user = with_cursor();
    user.world.gmail(|gmail| gmail.bulk(1_100));
    let rows = new(&user, &[]).rows();
    assert_eq!(rows.len(), 1_100);
    assert_eq!(rows[0]["subject"], "Bulk message 1");
    assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/history"), 3);
}

#[test]
fn from_now_skips_what_has_arrived() {
    let user = with_cursor();
    arrive(&user, "old", &["INBOX"]);
    user.run(&["new", "--cursor", "inbox", "--from-now"]).says_nothing();
    arrive(&user, "young", &["INBOX"]);
    assert_eq!(subjects(new(&user, &[])), ["young"]);
}

#[test]
fn cursors_are_independent_of_each_other() {
    let user = with_cursor();
    arrive(&user, "one", &["INBOX"]);
    user.run(&["new", "--cursor", "other"]).says_nothing();
    assert_eq!(subjects(new(&user, &[])), ["one"]);
    arrive(&user, "two", &["INBOX"]);
    assert_eq!(subjects(user.run(&["new", "--cursor", "other"])), ["two"]);
    assert_eq!(subjects(new(&user, &[])), ["two"]);
}

#[test]
fn another_account_has_its_own_cursors() {
    let user = with_cursor();
    arrive(&user, "one", &["INBOX"]);
    let login = user.world.signed_in_refresh_token();
    user.edit_cache(|cache| cache[REFRESH_TOKEN] = json!({"v": login}));
    let other = user.run(&["new", "--cursor", "inbox", "--account", "bob@example.com"]).done();
    assert_eq!(other.code, 4, "{other:?}");
    assert_eq!(subjects(new(&user, &[])), ["one"]);
}

#[test]
fn when_google_has_forgotten_the_position_the_messages_are_found_by_date() {
    let user = with_cursor();
    let now = jiff::Timestamp::now().as_millisecond();
    user.world.gmail(|gmail| {
        gmail.set_now(now);
        gmail.bulk(130);
    });
    user.world.gmail(|gmail| gmail.history_floor = gmail.history_id() + 1);
    let done = user.run(&["new", "--cursor", "inbox", "--format", "jsonl"]).done();
    assert_eq!(done.code, 0, "{}", done.stderr);
    let rows = done.lines();
    assert_eq!(rows.len(), 100);
    assert!(rows.iter().all(|row| row["resync"] == true));
    assert_eq!(
        (&rows[0]["subject"], &rows[99]["subject"]),
        (&json!("Bulk message 1"), &json!("Bulk message 100"))
    );
    assert!(done.stderr.contains("warning"), "{}", done.stderr);
    user.world.gmail(|gmail| gmail.history_floor = 0);
    assert_eq!(new(&user, &[]).rows().len(), 30);
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
    arrive(&user, "after", &["INBOX"]);
    assert_eq!(subjects(new(&user, &[])), ["after"]);
}

#[test]
fn a_resync_loses_nothing_if_our_clock_is_an_hour_ahead_of_google() {
    let user = User::signed_in();
    let there = jiff::Timestamp::now().as_millisecond() - 3_600_000;
    user.world.set_clocks_ahead(-3600);
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
    user.world.gmail(|gmail| {
        gmail.set_now(there + 60_000);
        gmail.bulk(3);
        gmail.history_floor = gmail.history_id() + 1;
    });
    let done = user.run(&["new", "--cursor", "inbox", "--format", "jsonl"]).done();
    assert_eq!(done.lines().len(), 3, "{done:?}");
}

#[test]
fn a_crash_before_the_cursor_is_stored_repeats_messages_and_loses_none() {
    let user = with_cursor();
    user.world.gmail(|gmail| gmail.bulk(60));
    let second_batch = user.world.hold(Fault::on(GMAIL_HOST).path("/batch").skip(1));
    let mut running = user.run(&["new", "--cursor", "inbox", "--format", "jsonl"]).start();
    let (mut stdout, mut first) = (BufReader::new(running.take_stdout()), String::new());
    stdout.read_line(&mut first).unwrap();
    assert!(first.contains("Bulk message 1"));
    second_batch.wait_for_arrival();
    running.kill();
    assert_eq!(new(&user, &[]).rows().len(), 60);
    assert_eq!(new(&user, &[]).json(), json!([]));
}

#[test]
fn a_closed_pipe_does_not_move_the_cursor() {
    let user = with_cursor();
    user.world.gmail(|gmail| gmail.bulk(60));
    for format in ["jsonl", "json"] {
        let mut running = user.run(&["new", "--cursor", "inbox", "--format", format]).start();
        drop(running.take_stdout());
        let done = running.done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{format}");
    }
    assert_eq!(new(&user, &[]).rows().len(), 60);
}

#[test]
fn a_message_that_cannot_be_fetched_now_comes_with_the_next_run() {
    let user = with_cursor();
    arrive(&user, "one", &["INBOX"]);
    let stuck = arrive(&user, "two", &["INBOX"]);
    arrive(&user, "three", &["INBOX"]);
    user.world.gmail(|gmail| gmail.fail_part(&stuck, 500, "backendError", 5));
    let done = new(&user, &[]).done();
    assert_eq!(done.code, 9);
    assert_eq!(column(done.json().as_array().unwrap(), "subject"), ["one"]);
    assert_eq!(done.error()["missing"][0]["uid"], stuck.as_str());
    assert_eq!(subjects(new(&user, &[])), ["two", "three"]);
}

#[test]
fn a_run_that_fails_leaves_the_cursor_and_one_that_needs_a_person_prints_one_line() {
    let user = with_cursor();
    arrive(&user, "one", &["INBOX"]);
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/history").times(20).status(503, &[], ""));
    let error = user.run(&["new", "--cursor", "inbox"]).fails(8);
    assert_eq!(error["code"], "temporary");
    user.run(&["new", "--cursor", "inbox", "--folder", "nowhere"]).fails(5);
    user.expire_access_token();
    let done = user.run(&["new", "--cursor", "inbox"]).done();
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.lines().count()), (4, "", 1));
}

/// What a run of cron's command says about a sign-in: its link, or nothing.
fn told(user: &User, more: &[&str]) -> Option<String> {
    let done = user.run(&[&["new", "--cursor", "inbox"], more].concat()).done();
    assert_eq!((done.code, done.stdout.as_str()), (4, ""), "{done:?}");
    let link = done.stderr.split_once("open ").map(|(_, rest)| rest.split(' ').next().unwrap().to_owned());
    assert_eq!(done.stderr.lines().count(), usize::from(link.is_some()), "{done:?}");
    link
}

#[test]
fn a_regular_job_tells_a_person_once_about_each_link() {
    let user = User::ready_to_sign_in();
    let first = told(&user, &[]).unwrap();
    for more in [&[][..], &["--format", "jsonl"], &["--format", "json", "--wait", "1"], &["--quiet"]] {
        assert_eq!(told(&user, more), None, "{more:?}");
    }
    let another_job = user.run(&["new", "--cursor", "other"]).done();
    assert_eq!((another_job.code, another_job.stderr.as_str()), (4, ""));
    assert_eq!(told(&user, &["--remind"]).as_ref(), Some(&first));
    assert_eq!(told(&user, &[]), None);
    user.time_passes(std::time::Duration::from_secs(700));
    let second = told(&user, &[]).unwrap();
    assert_ne!(second, first);
    assert_eq!(told(&user, &[]), None);
}

#[test]
fn each_account_has_links_of_its_own_that_are_told_once() {
    let user = User::ready_to_sign_in();
    let accounts = ["one@example.com", "two@example.com"];
    let links = accounts.map(|account| told(&user, &["--account", account]).unwrap());
    assert_ne!(links[0], links[1]);
    for account in accounts {
        assert_eq!(told(&user, &["--account", account]), None, "{account}");
    }
}

#[test]
fn the_second_visit_has_a_link_of_its_own_which_is_told_once() {
    let user = User::ready_to_sign_in();
    let first = told(&user, &[]).unwrap();
    user.world.approve(&first).unwrap();
    let second = told(&user, &[]).unwrap();
    assert_ne!(second, first);
    assert_eq!(told(&user, &[]), None);
    user.world.approve(&second).unwrap();
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
}

#[test]
fn every_other_command_shows_the_link_at_every_run() {
    let user = User::ready_to_sign_in();
    let link = told(&user, &[]).unwrap();
    let model = r#"{"cursor":"inbox"}"#;
    for args in
        [&["list"][..], &["exec", "new_messages", model], &["exec", "new_messages", model], &["whoami"]]
    {
        let done = user.run(args).done();
        assert_eq!(done.challenge()["url"], link.as_str(), "{args:?}");
        assert_eq!(done.stderr.matches(&link).count(), 1, "{args:?}");
    }
    for format in ["table", "tsv"] {
        let done = user.run(&["list", "--format", format, "--wait", "1"]).done();
        assert_eq!((done.code, done.stderr.matches(&link).count()), (4, 1), "{done:?}");
        assert!(done.stdout.contains(&link));
    }
}

#[test]
fn a_run_leaves_the_work_to_another_run_of_the_same_cursor() {
    let user = with_cursor();
    arrive(&user, "one", &["INBOX"]);
    let history = user.world.hold(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/history"));
    let first = new(&user, &[]).start();
    history.wait_for_arrival();
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
    let done = user.run(&["new", "--cursor", "inbox", "--debug"]).done();
    assert!(done.stderr.contains("debug: skipped: another run with this cursor"), "{done:?}");
    user.run(&["new", "--cursor", "other"]).says_nothing();
    history.release();
    assert_eq!(column(first.done().json().as_array().unwrap(), "subject"), ["one"]);
    assert_eq!(new(&user, &[]).json(), json!([]));
}
