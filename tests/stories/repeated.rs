//! A list that is repeated: what it had last time is asked for together with it. It saves a round trip and changes
//! nothing else.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    kit::{Done, User, column, files_in, for_each_in_parallel},
    sandbox::{Costs, Fault, GMAIL_HOST, gmail::BatchMode},
};

fn cache(user: &User) -> PathBuf {
    user.home().join(".mcs/cache")
}

/// The file with the ids of the last lists.
fn record(user: &User) -> Option<PathBuf> {
    let names = files_in(&cache(user));
    names.iter().find(|name| name.starts_with("mcs-gmail.lists-")).map(|name| cache(user).join(name))
}

fn forget(user: &User) {
    record(user).into_iter().for_each(|path| fs::remove_file(path).unwrap());
}

fn costs(user: &User, line: &[&str]) -> (Done, Costs) {
    user.world.clear_log();
    let done = user.run(line).done();
    (done, user.world.costs())
}

fn receive(user: &User, subject: &str) -> String {
    user.receive(&format!("From: b@example.org\nTo: ada@example.com\nSubject: {subject}\n\nhi\n"))
}

#[test]
fn a_repeated_list_is_one_request() {
    let user = User::signed_in();
    for (line, units) in [
        (&["list"][..], 411),
        (&["list", "--limit", "5", "--fields", "subject"], 105),
        (&["list", "--threads"], 811),
        (&["search", "in:inbox", "--format", "tsv"], 405),
        (&["exec", "list_messages", r#"{"limit":10,"page_token":""}"#], 211),
    ] {
        let (first, before) = costs(&user, line);
        let (second, after) = costs(&user, line);
        assert_eq!((first.code, &first.stdout), (0, &second.stdout), "{line:?}");
        assert_eq!(before.requests, 2, "{line:?}");
        assert_eq!(after, Costs { connections: 1, requests: 1, units }, "{line:?}");
    }
}

#[test]
fn what_is_new_is_fetched_by_a_second_batch_and_what_is_gone_is_not_shown() {
    let user = User::signed_in();
    user.run(&["list"]).json();
    let new = receive(&user, "new");
    let (done, cost) = costs(&user, &["list"]);
    assert_eq!(column(done.json().as_array().unwrap(), "uid"), user.inbox(20));
    assert_eq!((done.json()[0]["uid"].as_str(), cost.requests), (Some(&*new), 2));
    // One row was asked for that is no longer in the list.
    assert_eq!(cost.units, 411 + 20);
    let ids = user.inbox(3);
    user.world.gmail(|gmail| gmail.delete(&ids[1]));
    user.run(&["archive", &ids[2]]).json();
    user.run(&["star", &ids[0]]).json();
    let (done, cost) = costs(&user, &["list"]);
    let rows = done.json();
    assert_eq!(column(rows.as_array().unwrap(), "uid"), user.inbox(20));
    assert!(rows[0]["labels"].as_array().unwrap().contains(&json!("STARRED")));
    assert_eq!((done.code, done.stderr.as_str(), cost.requests), (0, "", 2));
}

#[test]
fn a_longer_list_asks_for_what_one_batch_holds_and_no_guess_is_made_about_ids_alone() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(200));
    let first = user.run(&["list", "--limit", "100"]).rows();
    let (second, cost) = costs(&user, &["list", "--limit", "100"]);
    assert_eq!((second.json(), cost.requests, cost.units), (json!(first), 4, 2011));
    assert!(user.world.gmail(|gmail| gmail.batches.iter().all(|parts| *parts <= 29)));
    forget(&user);
    user.run(&["list", "--fields", "uid"]).json();
    assert_eq!(record(&user), None);
    user.run(&["list"]).json();
    assert_eq!(costs(&user, &["list", "--fields", "uid"]).1, Costs { connections: 1, requests: 1, units: 5 });
}

#[test]
fn a_list_that_changes_much_is_not_guessed_until_it_is_steady_again() {
    let user = User::signed_in();
    let list = ["list", "--limit", "10", "--fields", "subject"];
    let receive = |count: usize| (0..count).for_each(|n| drop(receive(&user, &format!("new {n}"))));
    user.run(&list).json();
    receive(2);
    assert_eq!(costs(&user, &list).1.units, 5 + 12 * 20);
    receive(8);
    assert_eq!(costs(&user, &list).1.units, 5 + 18 * 20, "guessed, in vain");
    receive(8);
    assert_eq!(costs(&user, &list).1, Costs { connections: 1, requests: 2, units: 205 });
    assert_eq!(costs(&user, &list).1, Costs { connections: 1, requests: 2, units: 205 }, "steady from here");
    assert_eq!(costs(&user, &list).1, Costs { connections: 1, requests: 1, units: 205 });
}

/// What is printed, without what the previous runs left.
fn unaided(user: &User, line: &[&str]) -> (i32, String, String) {
    let kept = record(user).map(|path| (path.clone(), fs::read(path).unwrap()));
    forget(user);
    let done = user.run(line).done();
    if let Some((path, bytes)) = kept {
        fs::write(path, bytes).unwrap();
    }
    (done.code, done.stdout, done.stderr)
}

#[test]
fn what_is_printed_does_not_depend_on_what_is_remembered() {
    for_each_in_parallel(0..4, |seed: usize| {
        let user = User::signed_in();
        let mut dice = seed * 7919 + 1;
        let mut roll = |sides: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % sides
        };
        for step in 0..24 {
            let ids = user.inbox(12);
            let id = ids[roll(ids.len())].clone();
            match roll(7) {
                0 | 1 => drop(receive(&user, &format!("step {step}"))),
                2 => user.world.gmail(|gmail| gmail.delete(&id)),
                3 => drop(user.run(&["star", &id]).json()),
                4 => drop(user.run(&["archive", &id]).json()),
                5 => drop(user.run(&["trash", &id]).json()),
                _ => {}
            }
            let faults =
                [(404, "notFound"), (500, "backendError"), (403, "forbidden"), (400, "invalidArgument")];
            let broken = (roll(3) == 0).then(|| faults[roll(faults.len())]);
            let needle = match roll(6) {
                0 => "/messages?".to_owned(),
                1 => "/labels?".to_owned(),
                _ => user.inbox(12)[roll(10)].clone(),
            };
            let line: &[&str] = match roll(5) {
                0 => &["list", "--limit", "10"],
                1 => &["list", "--threads", "--limit", "8"],
                2 => &["search", "in:inbox", "--limit", "10", "--fields", "uid,has_attachment,labels"],
                3 => &["list", "--limit", "6", "--page-token", ""],
                _ => &["list", "--limit", "10", "--format", "tsv"],
            };
            let run = |aided: bool| {
                if let Some((status, reason)) = broken {
                    user.world.gmail(|gmail| gmail.fail_part(&needle, status, reason, 100_000));
                }
                let line = [line, &["--timeout", "2"]].concat();
                let printed = if aided {
                    let done = user.run(&line).done();
                    (done.code, done.stdout, done.stderr)
                } else {
                    unaided(&user, &line)
                };
                user.world.gmail(|gmail| gmail.mend());
                printed
            };
            let expected = run(false);
            assert_eq!(run(true), expected, "seed {seed}, step {step}: {line:?} {broken:?} {needle}");
        }
    });
}

#[test]
fn a_failing_part_costs_a_request_and_is_tried_as_ever() {
    let user = User::signed_in();
    let whole = user.run(&["list", "--limit", "5"]).rows();
    let ids = user.inbox(5);
    for (needle, status, reason) in [
        (&*ids[2], 429, "rateLimitExceeded"),
        (&*ids[2], 404, "notFound"),
        ("/labels?", 429, "rateLimitExceeded"),
        ("/labels?", 500, "backendError"),
        ("q=has%3Aattachment", 429, "rateLimitExceeded"),
        ("/messages?maxResults=5&", 429, "rateLimitExceeded"),
        ("/messages?maxResults=5&", 500, "backendError"),
    ] {
        user.world.gmail(|gmail| gmail.fail_part(needle, status, reason, 1));
        let (done, cost) = costs(&user, &["list", "--limit", "5"]);
        assert_eq!((done.code, cost.requests, done.json()), (0, 2, json!(whole)), "{needle} {status}");
    }
    for mode in [BatchMode::Missing, BatchMode::Broken] {
        user.world.gmail(|gmail| gmail.batch_mode = mode);
        assert_eq!(user.run(&["list", "--limit", "5"]).rows(), whole, "{mode:?}");
    }
    user.world.gmail(|gmail| gmail.batch_mode = BatchMode::On);
    user.world.fault(Fault::on(GMAIL_HOST).path("/batch").unauthenticated());
    let error = user.run(&["list", "--limit", "5"]).done();
    assert_eq!(error.code, 0, "asked again alone: {}", error.stderr);
}

#[test]
fn an_unchanged_list_writes_nothing_and_what_cannot_be_read_or_written_is_no_error() {
    let user = User::signed_in();
    let whole = user.run(&["list"]).rows();
    let path = record(&user).unwrap();
    let modified = || fs::metadata(&path).unwrap().modified().unwrap();
    let (before, text) = (modified(), fs::read_to_string(&path).unwrap());
    assert_eq!(user.run(&["list"]).rows(), whole);
    assert_eq!(modified(), before);
    #[cfg(unix)]
    assert_eq!(crate::kit::permissions_of(&path), 0o600);
    for damaged in [
        "",
        "{",
        "[]",
        "[{\"key\":1}]",
        &text.replace("steady", "steddy"),
        &text.replace("\",\"", "/../x\",\""),
    ] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(user.run(&["list"]).rows(), whole, "{damaged}");
    }
    // A directory in its place cannot be replaced.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(user.run(&["list"]).rows(), whole);
    assert!(user.run(&["list", "--debug"]).done().stderr.contains("not kept"));
}

#[test]
fn the_record_is_bounded_and_has_ids_and_no_words() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(200));
    for n in 0..12 {
        user.run(&["search", &format!("zanzibar OR in:inbox OR {n}"), "--limit", "150"]).rows();
    }
    let text = fs::read_to_string(record(&user).unwrap()).unwrap();
    let lists: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(lists.as_array().unwrap().len(), 8);
    assert!(lists.as_array().unwrap().iter().all(|list| list["ids"].as_array().unwrap().len() <= 100));
    assert!(!text.contains("zanzibar") && !text.contains("inbox"), "{text}");
    user.run(&["auth", "logout"]).json();
    assert_eq!(record(&user), None);
}

#[test]
fn thirty_lists_at_once_all_have_their_rows() {
    let user = User::signed_in();
    let whole = user.run(&["list"]).rows();
    for_each_in_parallel(0..30, |n| {
        let limit = (n % 3 + 18).to_string();
        assert_eq!(user.run(&["list", "--limit", &limit]).rows(), whole[..n % 3 + 18]);
    });
    // Whatever was written last is good enough to guess from.
    user.run(&["list"]).rows();
    assert_eq!(costs(&user, &["list"]).1.requests, 1);
    assert_eq!(files_in(&cache(&user)).len(), 2, "the cache and the ids of the lists");
}

#[test]
fn accounts_do_not_share_their_lists() {
    let user = User::signed_in();
    user.run(&["list"]).json();
    user.configure("[accounts.work]\naccount = \"work@example.com\"\n");
    let done = user.run(&["list", "--account", "work"]).done();
    assert_eq!(done.code, 4);
    assert_eq!(costs(&user, &["list"]).1.requests, 1);
}
