//! The mail since a cursor, whatever happens: each message is told at least once, and once only unless a run crashed.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    kit::{Done, User, column},
    sandbox::{Fault, GMAIL_HOST},
};

const HISTORY: &str = "/gmail/v1/users/me/history";

/// A user whose cursor `c` was set by a first run, with a mailbox whose clock is right.
fn user() -> User {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.set_now(jiff::Timestamp::now().as_millisecond()));
    user.run(&["new", "--cursor", "c"]).says_nothing();
    user
}

fn arrive(user: &User, subject: &str) -> String {
    user.receive_in(&["INBOX"], &format!("From: b@example.org\nSubject: {subject}\n\nwords of {subject}\n"))
}

/// From now on Google has no history from before.
fn forget_history(user: &User) {
    user.world.gmail(|gmail| gmail.history_floor = gmail.history_id() + 1);
}

/// From now on Google never has any history.
fn never_any_history(user: &User) {
    user.world.gmail(|gmail| gmail.history_floor = u64::MAX);
}

fn new(user: &User, more: &[&str]) -> Done {
    user.run(&[&["new", "--cursor", "c", "--format", "jsonl"], more].concat()).done()
}

fn subjects(done: &Done) -> Vec<String> {
    column(&done.lines(), "subject").into_iter().map(str::to_owned).collect()
}

/// Whether the last row says that more messages wait.
fn has_more(done: &Done) -> bool {
    done.lines().last().is_some_and(|row| row["more"] == true)
}

#[test]
fn after_a_lost_history_every_message_comes_oldest_first_in_portions() {
    let user = user();
    user.world.gmail(|gmail| gmail.bulk(150));
    forget_history(&user);
    let first = new(&user, &[]);
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!((first.lines().len(), has_more(&first)), (100, true));
    assert_eq!(first.lines()[0]["subject"], "Bulk message 1");
    let note: Value = serde_json::from_str(first.stderr.lines().last().unwrap()).unwrap();
    assert!(note["note"].is_string() && note["more"] == true, "{note}");
    let second = new(&user, &[]);
    assert_eq!((second.lines().len(), has_more(&second)), (50, false));
    assert_eq!(second.lines()[49]["subject"], "Bulk message 150");
    assert_eq!(new(&user, &[]).stdout, "");
}

#[test]
fn a_limit_holds_in_a_walk_and_says_when_more_messages_wait() {
    let user = user();
    user.world.gmail(|gmail| gmail.bulk(25));
    forget_history(&user);
    let mut told = Vec::new();
    for (rows, more) in [(10, true), (10, true), (5, false), (0, false)] {
        let done = new(&user, &["--limit", "10"]);
        assert_eq!((done.code, done.lines().len(), has_more(&done)), (0, rows, more), "{done:?}");
        told.extend(subjects(&done));
    }
    let all: Vec<String> = (1..=25).map(|n| format!("Bulk message {n}")).collect();
    assert_eq!(told, all);
}

#[test]
fn a_limit_that_is_met_exactly_leaves_nothing() {
    let user = user();
    for n in 0..5 {
        arrive(&user, &format!("n{n}"));
    }
    let first = new(&user, &["--limit", "2"]);
    assert_eq!((first.lines().len(), has_more(&first)), (2, true));
    let text = user.run(&["new", "--cursor", "c", "--limit", "2", "--format", "table"]).done();
    assert!(text.stderr.starts_with("note: ") && text.stderr.contains("wait"), "{text:?}");
    let last = new(&user, &["--limit", "1"]);
    assert_eq!((subjects(&last), has_more(&last)), (vec!["n4".to_owned()], false));
}

#[test]
fn without_any_history_each_message_is_told_once_and_one_warning_is_given() {
    let user = user();
    never_any_history(&user);
    let mut warnings = 0;
    for round in 0..4 {
        arrive(&user, &format!("a{round}"));
        arrive(&user, &format!("b{round}"));
        let done = new(&user, &[]);
        assert_eq!(subjects(&done), [format!("a{round}"), format!("b{round}")]);
        warnings += done.stderr.matches("warning").count();
        assert_eq!(new(&user, &[]).stdout, "");
    }
    assert_eq!(warnings, 1);
    user.world.gmail(|gmail| gmail.history_floor = 0);
    arrive(&user, "after");
    assert_eq!(subjects(&new(&user, &[])), ["after"]);
    forget_history(&user);
    assert!(new(&user, &[]).stderr.contains("warning"), "a second loss is said again");
}

#[test]
fn messages_of_one_moment_are_told_apart_by_their_ids() {
    let user = user();
    let now = jiff::Timestamp::now().as_millisecond();
    let at = |n: i32| {
        user.world.gmail(|g| g.add_raw_at(format!("Subject: s{n}\n\nx\n").as_bytes(), &["INBOX"], now))
    };
    (0..7).for_each(|n| drop(at(n)));
    forget_history(&user);
    let mut told = subjects(&new(&user, &["--limit", "3"]));
    at(7);
    for _ in 0..3 {
        told.extend(subjects(&new(&user, &["--limit", "3"])));
    }
    told.sort();
    assert_eq!(told, (0..8).map(|n| format!("s{n}")).collect::<Vec<_>>());
}

#[test]
fn imported_mail_with_old_dates_is_told_by_the_history() {
    let user = user();
    let old = jiff::Timestamp::now().as_millisecond() - 400 * 86_400_000;
    arrive(&user, "today");
    user.world.gmail(|g| g.add_raw_at(b"Subject: imported\n\nx\n", &["INBOX"], old));
    arrive(&user, "later");
    assert_eq!(subjects(&new(&user, &["--limit", "2"])), ["today", "imported"]);
    assert_eq!(subjects(&new(&user, &[])), ["later"]);
    never_any_history(&user);
    assert_eq!(new(&user, &[]).stdout, "");
}

#[test]
fn mail_from_before_the_cursor_is_not_told_by_a_walk() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.set_now(jiff::Timestamp::now().as_millisecond() - 5000));
    arrive(&user, "just before");
    user.run(&["new", "--cursor", "c"]).says_nothing();
    forget_history(&user);
    arrive(&user, "after");
    assert_eq!(subjects(&new(&user, &[])), ["after"]);
}

#[test]
fn a_message_that_is_moved_into_the_folder_later_is_told_once() {
    let user = user();
    let spam = user.receive_in(&["SPAM"], "Subject: not spam\n\nx\n");
    let told = arrive(&user, "told");
    assert_eq!(subjects(&new(&user, &[])), ["told"]);
    user.run(&["unspam", &spam]).json();
    user.run(&["archive", &told]).json();
    user.run(&["move", &told, "--to", "INBOX", "--folder", "ALL"]).json();
    assert_eq!(subjects(&new(&user, &[])), ["not spam"]);
    user.run(&["star", &spam]).json();
    assert_eq!(new(&user, &[]).stdout, "");
}

#[test]
fn a_message_that_gmail_refuses_is_told_as_failed_once_and_passed() {
    for (status, reason) in [(400, "invalidArgument"), (403, "forbidden"), (410, "gone")] {
        for lost in [false, true] {
            let user = user();
            arrive(&user, "one");
            let bad = arrive(&user, "two");
            arrive(&user, "three");
            if lost {
                never_any_history(&user);
            }
            user.world.gmail(|gmail| gmail.fail_part(&bad, status, reason, usize::MAX));
            let done = new(&user, &[]);
            assert_eq!(done.code, 9, "{status} {done:?}");
            assert_eq!(subjects(&done), ["one", "", "three"]);
            assert!(done.lines()[1]["failed"].is_string() && done.lines()[1]["uid"] == bad.as_str());
            assert_eq!(done.error()["failed"][0]["uid"], bad.as_str());
            let next = new(&user, &[]);
            assert_eq!((next.code, next.stdout.as_str()), (0, ""), "{status} {lost}");
        }
    }
}

#[test]
fn a_message_that_is_never_readable_is_passed_after_some_runs() {
    let user = user();
    let bad = arrive(&user, "one");
    arrive(&user, "two");
    user.world.gmail(|gmail| gmail.fail_part(&bad, 500, "backendError", usize::MAX));
    let runs: Vec<Done> = (0..4).map(|_| new(&user, &["--timeout", "3"])).collect();
    let codes: Vec<i32> = runs.iter().map(|done| done.code).collect();
    assert_eq!(codes, [8, 8, 9, 0], "{runs:?}");
    assert_eq!(subjects(&runs[2]), ["", "two"]);
}

#[test]
fn a_trouble_of_the_whole_service_fails_no_message() {
    let user = user();
    arrive(&user, "one");
    for _ in 0..5 {
        user.world.gmail(|gmail| gmail.quota_errors(200));
        assert_ne!(new(&user, &["--timeout", "1"]).code, 0);
    }
    user.world.gmail(|gmail| gmail.quota_errors(0));
    assert_eq!(subjects(&new(&user, &[])), ["one"]);
}

#[test]
fn a_run_that_breaks_off_does_not_tell_its_rows_again() {
    let user = user();
    for format in ["jsonl", "json"] {
        user.world.gmail(|gmail| gmail.bulk(60));
        user.world.fault(Fault::on(GMAIL_HOST).skip(2).times(99).status(403, &[], ""));
        let run = user.run(&["new", "--cursor", "c", "--format", format]).done();
        assert_eq!(run.code, 9, "{run:?}");
        let rows = if format == "json" { run.json().as_array().unwrap().len() } else { run.lines().len() };
        assert_eq!(rows, 25);
        user.world.clear_faults();
        assert_eq!(new(&user, &[]).lines().len(), 35, "{format}");
    }
}

#[test]
fn a_cursor_of_an_earlier_version_goes_on() {
    let user = user();
    let history = user.world.gmail(|gmail| gmail.history_id());
    let time = jiff::Timestamp::now().as_millisecond() as f64 / 1000.0;
    let old = json!({"history_id": history.to_string(), "time": time}).to_string();
    for lost in [false, true] {
        user.edit_cache(|cache| cache["mcs-gmail:cursor:c"] = json!({"v": old}));
        arrive(&user, if lost { "two" } else { "one" });
        if lost {
            forget_history(&user);
        }
        let told = subjects(&new(&user, &[]));
        assert_eq!(told.last().unwrap(), if lost { "two" } else { "one" });
    }
}

#[test]
fn a_damaged_cursor_is_an_error_and_not_a_fresh_start() {
    let user = user();
    arrive(&user, "one");
    user.edit_cache(|cache| cache["mcs-gmail:cursor:c"] = json!({"v": "{\"history_id\":7}"}));
    let error = user.run(&["new", "--cursor", "c"]).fails(1);
    assert!(error["hint"].as_str().unwrap().contains("--from-now"), "{error}");
    user.run(&["new", "--cursor", "c", "--from-now"]).says_nothing();
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// How often each message was told, by its id, in runs of which none crashed and in all.
#[derive(Default)]
struct Told {
    safe: BTreeMap<String, usize>,
    all: BTreeMap<String, usize>,
}

impl Told {
    fn count(&mut self, rows: &[Value], safe: bool) {
        for id in column(rows, "uid") {
            *self.all.entry(id.to_owned()).or_default() += 1;
            *self.safe.entry(id.to_owned()).or_default() += usize::from(safe);
        }
    }
}

/// A run that is killed somewhere. What it wrote was told, if not recorded.
fn killed_run(user: &User, told: &mut Told) {
    let mut running = user.run(&["new", "--cursor", "c", "--format", "jsonl"]).start();
    let mut stdout = BufReader::new(running.take_stdout());
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    running.kill();
    stdout.read_to_string(&mut text).unwrap();
    let whole = text.lines().filter_map(|line| serde_json::from_str(line).ok());
    told.count(&whole.collect::<Vec<Value>>(), false);
}

/// A run whose reader goes before there is a row.
fn unread_run(user: &User) {
    let hold = user.world.hold(Fault::on(GMAIL_HOST));
    let mut running = user.run(&["new", "--cursor", "c", "--format", "jsonl"]).start();
    hold.wait_for_arrival();
    drop(running.take_stdout());
    // A process that another test has just forked has the pipe, too, until it executes its program.
    std::thread::sleep(Duration::from_millis(200));
    hold.release();
    assert_eq!(running.done().code, 0);
}

/// One step of a story of chance.
fn step(user: &User, dice: &mut Dice, told: &mut Told, arrived: &mut Vec<String>) {
    match dice.below(10) {
        0..=2 => {
            let now = user.world.gmail(|gmail| gmail.now());
            for n in 0..=dice.below(12) {
                let date = now + 1000 * (dice.below(3) as i64);
                let text = format!("Subject: {} {n}\n\nx\n", arrived.len());
                arrived.push(user.world.gmail(|g| g.add_raw_at(text.as_bytes(), &["INBOX"], date)));
            }
            user.world.gmail(|gmail| gmail.set_now(now + 3000));
        }
        3 => forget_history(user),
        4 => never_any_history(user),
        5 => user.world.gmail(|gmail| gmail.history_floor = 0),
        6 if dice.below(2) == 0 => killed_run(user, told),
        6 => unread_run(user),
        7 => {
            user.world.fault(Fault::on(GMAIL_HOST).path(HISTORY).status(403, &[], ""));
            told.count(&new(user, &[]).lines(), true);
            user.world.clear_faults();
        }
        limit => {
            let limit = (limit - 7 + dice.below(6)).to_string();
            told.count(&new(user, &["--limit", &limit]).lines(), true);
        }
    }
}

#[test]
fn whatever_happens_every_message_is_told_and_none_twice_by_runs_that_ended() {
    crate::kit::for_each_in_parallel(1..=4_u64, |seed| {
        let user = user();
        let (mut dice, mut told, mut arrived) =
            (Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)), Told::default(), Vec::new());
        for _ in 0..40 {
            step(&user, &mut dice, &mut told, &mut arrived);
        }
        user.world.gmail(|gmail| gmail.history_floor = 0);
        while let rows @ [_, ..] = &*new(&user, &[]).lines() {
            told.count(rows, true);
        }
        let lost: Vec<_> = arrived.iter().filter(|id| !told.all.contains_key(*id)).collect();
        assert!(lost.is_empty(), "seed {seed}: {} of {} are lost", lost.len(), arrived.len());
        let twice: Vec<_> = told.safe.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "seed {seed}: told twice: {twice:?}");
    });
}
