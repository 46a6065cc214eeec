//! New mail for cron: nothing lost, nothing said when nothing happened.

use std::{
    io::{BufRead, BufReader},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    kit::{Done, User},
    sandbox::{Event, Fault, GMAIL_HOST, Verdict},
};

fn arrive(user: &User, subject: &str, labels: &[&str]) -> String {
    let mail = format!("From: b@example.org\r\nSubject: {subject}\r\n\r\nwords of {subject}\r\n");
    user.world.gmail(|gmail| gmail.add_raw(mail.as_bytes(), labels))
}

/// A user whose job `inbox` ran once.
fn marked() -> User {
    let user = User::signed_in();
    assert_silent(&user.run(&["new", "--cursor", "inbox"]).done());
    user
}

fn assert_silent(done: &Done) {
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (0, "", ""));
}

fn subjects(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap()).collect()
}

fn new(user: &User, more: &[&str]) -> Value {
    let args = [&["new", "--cursor", "inbox", "--format", "json"], more].concat();
    user.run(&args).json()
}

#[test]
fn the_first_run_sets_the_mark_and_says_nothing_in_any_format() {
    for format in ["table", "tsv", "jsonl"] {
        let user = User::signed_in();
        assert_silent(&user.run(&["new", "--cursor", "inbox", "--format", format]).done());
        assert!(user.cache()["mcs-gmail:cursor:inbox"]["v"].is_string());
    }
    assert_eq!(new(&User::signed_in(), &[]), json!([]));
    let exec = User::signed_in().run(&["exec", "new_messages", r#"{"cursor":"x"}"#]).json();
    assert_eq!(exec, json!([]));
}

#[test]
fn each_message_is_told_once_oldest_first_and_then_there_is_silence() {
    let user = marked();
    assert_silent(&user.run(&["new", "--cursor", "inbox"]).done());
    arrive(&user, "one", &["INBOX", "UNREAD"]);
    arrive(&user, "two", &["INBOX", "UNREAD"]);
    let rows = user.run(&["new", "--cursor", "inbox"]).json();
    assert_eq!(subjects(&rows), ["one", "two"]);
    let members: Vec<&str> = rows[0].as_object().unwrap().keys().take(6).map(String::as_str).collect();
    assert_eq!(members, ["uid", "from", "subject", "date", "snippet", "labels"]);
    assert!(rows[0].get("resync").is_none());
    assert_silent(&user.run(&["new", "--cursor", "inbox"]).done());
}

#[test]
fn only_mail_that_was_received_and_is_still_there_counts() {
    let user = marked();
    for label in ["DRAFT", "SENT", "SPAM", "TRASH"] {
        arrive(&user, label, &[label]);
    }
    arrive(&user, "elsewhere", &["Work/Invoices"]);
    let gone = arrive(&user, "gone", &["INBOX"]);
    arrive(&user, "here", &["INBOX"]);
    user.world.gmail(|gmail| {
        gmail.fail_part(&gone, 404, "notFound", 1);
    });
    assert_eq!(subjects(&new(&user, &[])), ["here"]);
}

#[test]
fn a_folder_and_a_query_narrow_what_is_told() {
    let user = marked();
    for cursor in ["all", "work", "spam"] {
        assert_silent(&user.run(&["new", "--cursor", cursor]).done());
    }
    arrive(&user, "invoice 1", &["Work/Invoices"]);
    arrive(&user, "invoice 2", &["INBOX"]);
    arrive(&user, "lunch", &["INBOX"]);
    arrive(&user, "pills", &["SPAM"]);
    let of = |cursor: &str, more: &[&str]| {
        user.run(&[&["new", "--cursor", cursor, "--format", "json"], more].concat()).json()
    };
    assert_eq!(subjects(&of("work", &["--folder", "work/invoices"])), ["invoice 1"]);
    assert_eq!(subjects(&of("spam", &["--folder", "Spam"])), ["pills"]);
    assert_eq!(subjects(&of("inbox", &["--query", "subject:invoice"])), ["invoice 2"]);
    let all = of("all", &["--folder", "ALL", "--query", "SUBJECT \"invoice\""]);
    assert_eq!(subjects(&all), ["invoice 1", "invoice 2"]);
    for cursor in ["all", "work", "spam", "inbox"] {
        assert_silent(&user.run(&["new", "--cursor", cursor]).done());
    }
}

#[test]
fn a_limit_leaves_the_rest_for_the_next_run() {
    let user = marked();
    for n in 0..7 {
        arrive(&user, &format!("n{n}"), &["INBOX"]);
    }
    assert_eq!(subjects(&new(&user, &["--limit", "3"])), ["n0", "n1", "n2"]);
    assert_eq!(subjects(&new(&user, &["--limit", "3"])), ["n3", "n4", "n5"]);
    assert_eq!(subjects(&new(&user, &["--limit", "3"])), ["n6"]);
    assert_eq!(new(&user, &["--limit", "3"]), json!([]));
}

#[test]
fn a_long_history_is_followed_page_by_page() {
    let user = marked();
    user.world.gmail(|gmail| gmail.bulk(1_100));
    let rows = new(&user, &[]);
    assert_eq!(rows.as_array().unwrap().len(), 1_100);
    assert_eq!(rows[0]["subject"], "Bulk message 1");
    assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/history"), 3);
}

#[test]
fn from_now_skips_what_came() {
    let user = marked();
    arrive(&user, "old", &["INBOX"]);
    assert_silent(&user.run(&["new", "--cursor", "inbox", "--from-now"]).done());
    arrive(&user, "young", &["INBOX"]);
    assert_eq!(subjects(&new(&user, &[])), ["young"]);
}

#[test]
fn cursors_do_not_know_each_other() {
    let user = marked();
    arrive(&user, "one", &["INBOX"]);
    assert_silent(&user.run(&["new", "--cursor", "other"]).done());
    assert_eq!(subjects(&new(&user, &[])), ["one"]);
    arrive(&user, "two", &["INBOX"]);
    assert_eq!(subjects(&user.run(&["new", "--cursor", "other"]).json()), ["two"]);
    assert_eq!(subjects(&new(&user, &[])), ["two"]);
}

#[test]
fn another_account_has_cursors_of_its_own() {
    let user = marked();
    arrive(&user, "one", &["INBOX"]);
    let login = user.world.signed_in_refresh_token();
    user.edit_cache(|cache| cache["rt:mcs-sandbox.eu.auth0.com"] = json!({"v": login}));
    let other = user.run(&["new", "--cursor", "inbox", "--account", "bob@example.com"]).done();
    assert!(other.code == 4, "{} {}", other.stdout, other.stderr);
    assert_eq!(subjects(&new(&user, &[])), ["one"]);
}

#[test]
fn when_google_has_forgotten_the_mark_the_newest_are_told_as_a_resync() {
    let user = marked();
    let now = jiff::Timestamp::now().as_millisecond();
    user.world.gmail(|gmail| {
        gmail.set_now(now);
        gmail.bulk(130);
    });
    user.world.gmail(|gmail| gmail.history_floor = gmail.history_id() + 1);
    let done = user.run(&["new", "--cursor", "inbox", "--format", "jsonl"]).done();
    assert_eq!(done.code, 0, "{}", done.stderr);
    let rows: Vec<Value> = done.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 100);
    assert!(rows.iter().all(|row| row["resync"] == true));
    assert_eq!(
        (&rows[0]["subject"], &rows[99]["subject"]),
        (&json!("Bulk message 31"), &json!("Bulk message 130"))
    );
    assert!(done.stderr.contains("warning"), "{}", done.stderr);
    user.world.gmail(|gmail| gmail.history_floor = 0);
    assert_silent(&user.run(&["new", "--cursor", "inbox"]).done());
    arrive(&user, "after", &["INBOX"]);
    assert_eq!(subjects(&new(&user, &[])), ["after"]);
}

#[test]
fn a_crash_between_the_output_and_the_mark_repeats_and_does_not_lose() {
    let user = marked();
    user.world.gmail(|gmail| gmail.bulk(60));
    user.world.fault(Fault::on(GMAIL_HOST).path("/batch").skip(1).hang());
    let batches = Arc::new(AtomicUsize::new(0));
    let count = batches.clone();
    user.world.on_event(move |event| {
        if matches!(event, Event::Request { path, .. } if path.starts_with("/batch")) {
            count.fetch_add(1, Ordering::SeqCst);
        }
        Verdict::Go
    });
    let mut child = user.run(&["new", "--cursor", "inbox", "--format", "jsonl"]).start();
    let mut first = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut first).unwrap();
    assert!(first.contains("Bulk message 1"));
    let start = Instant::now();
    while batches.load(Ordering::SeqCst) < 2 {
        assert!(start.elapsed() < Duration::from_secs(20), "no second batch");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let rows = new(&user, &[]);
    assert_eq!(rows.as_array().unwrap().len(), 60);
    assert_eq!(new(&user, &[]), json!([]));
}

#[test]
fn a_pipe_that_closes_does_not_move_the_mark() {
    let user = marked();
    user.world.gmail(|gmail| gmail.bulk(60));
    for format in ["jsonl", "json"] {
        let mut child = user.run(&["new", "--cursor", "inbox", "--format", format]).start();
        drop(child.stdout.take());
        let done = crate::kit::finished(&user, child);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{format}");
    }
    assert_eq!(new(&user, &[]).as_array().unwrap().len(), 60);
}

#[test]
fn a_message_that_cannot_be_had_now_comes_with_the_next_run() {
    let user = marked();
    arrive(&user, "one", &["INBOX"]);
    let stuck = arrive(&user, "two", &["INBOX"]);
    arrive(&user, "three", &["INBOX"]);
    user.world.gmail(|gmail| gmail.fail_part(&stuck, 500, "backendError", 5));
    let done = user.run(&["new", "--cursor", "inbox", "--format", "json"]).done();
    assert_eq!(done.code, 9);
    assert_eq!(subjects(&done.json()), ["one"]);
    assert_eq!(done.error()["missing"][0]["uid"], stuck.as_str());
    assert_eq!(subjects(&new(&user, &[])), ["two", "three"]);
}

#[test]
fn a_run_that_fails_leaves_the_mark_and_one_that_needs_a_person_shows_one_line() {
    let user = marked();
    arrive(&user, "one", &["INBOX"]);
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/history").times(20).status(503, &[], ""));
    let error = user.run(&["new", "--cursor", "inbox", "--timeout", "2"]).fails(8);
    assert_eq!(error["code"], "temporary");
    user.run(&["new", "--cursor", "inbox", "--folder", "nowhere"]).fails(5);
    user.edit_cache(|cache| cache["at:gmail"]["exp"] = json!(1.0));
    let done = user.run(&["new", "--cursor", "inbox"]).done();
    assert_eq!((done.code, done.stderr.lines().count()), (4, 1));
}

#[test]
fn a_run_that_meets_another_one_of_its_cursor_leaves_the_work_to_it() {
    let user = marked();
    arrive(&user, "one", &["INBOX"]);
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/history").delay(Duration::from_secs(3)));
    let first = user.run(&["new", "--cursor", "inbox", "--format", "json"]).start();
    let start = Instant::now();
    while user.world.connections(GMAIL_HOST) < 2 {
        assert!(start.elapsed() < Duration::from_secs(20), "the first run does not reach Gmail");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_silent(&user.run(&["new", "--cursor", "inbox"]).done());
    assert_silent(&user.run(&["new", "--cursor", "other"]).done());
    assert_eq!(subjects(&crate::kit::finished(&user, first).json()), ["one"]);
    assert_eq!(new(&user, &[]), json!([]));
}
