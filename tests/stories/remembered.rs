//! Lists with `remember = true`: rows are taken from memory as far as Gmail's history tells that they are as they were.
//! It saves quota units and changes nothing that is printed.

use std::{fs, path::PathBuf};

use serde_json::json;

use crate::{
    kit::{Done, User, column, files_in, for_each_in_parallel},
    sandbox::Costs,
};

fn remembering() -> User {
    let user = User::signed_in();
    user.configure("remember = true\n");
    user
}

fn kept(user: &User, kind: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let cache = user.home().join(".mcs/cache");
    let names = files_in(&cache).into_iter().filter(|name| name.starts_with(kind));
    names.map(|name| cache.join(name)).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn costs(user: &User, line: &[&str]) -> (Done, Costs) {
    user.world.clear_log();
    let done = user.run(line).done();
    (done, user.world.costs())
}

/// With an inbox whose newest messages have no label of the user.
fn remembering_plain_mail() -> User {
    let user = remembering();
    user.world.gmail(|gmail| gmail.bulk(30));
    user
}

const LIST: [&str; 3] = ["list", "--fields", "uid,from,subject,date,labels,snippet"];

#[test]
fn a_repeated_list_costs_the_list_and_its_changes() {
    let user = remembering_plain_mail();
    let (first, before) = costs(&user, &LIST);
    assert_eq!(before, Costs { connections: 1, requests: 2, units: 406 });
    for _ in 0..2 {
        let (done, cost) = costs(&user, &LIST);
        assert_eq!((done.code, &done.stdout), (0, &first.stdout));
        assert_eq!(cost, Costs { connections: 1, requests: 1, units: 7 });
    }
}

#[test]
fn what_the_history_names_is_fetched_and_remembered_again() {
    let user = remembering_plain_mail();
    user.run(&LIST).json();
    let ids = user.inbox(3);
    user.run(&["star", &ids[1]]).json();
    let new = user.receive("From: b@example.org\nTo: ada@example.com\nSubject: new\n\nhi\n");
    let (done, cost) = costs(&user, &LIST);
    let rows = done.json();
    assert_eq!(column(rows.as_array().unwrap(), "uid"), user.inbox(20));
    assert_eq!(rows[0]["uid"], json!(new));
    assert!(rows[2]["labels"].as_array().unwrap().contains(&json!("STARRED")));
    assert_eq!(cost, Costs { connections: 1, requests: 2, units: 7 + 2 * 20 });
    assert_eq!(costs(&user, &LIST).1.units, 7);
}

#[test]
fn a_forgotten_history_begins_anew() {
    let user = remembering_plain_mail();
    let first = user.run(&LIST).rows();
    user.world.gmail(|gmail| gmail.history_floor = gmail.history_id() + 1);
    assert_eq!(user.run(&LIST).rows(), first);
    user.world.gmail(|gmail| gmail.history_floor = 0);
    assert_eq!(user.run(&LIST).rows(), first);
    assert_eq!(costs(&user, &LIST).1.units, 7);
}

#[test]
fn rows_with_a_label_of_the_user_are_fetched() {
    let user = remembering_plain_mail();
    let id = user.inbox(1).remove(0);
    user.run(&["label", &id, "--add", "Work"]).json();
    user.run(&LIST).json();
    for _ in 0..2 {
        let (_, cost) = costs(&user, &LIST);
        assert_eq!(cost, Costs { connections: 1, requests: 1, units: 7 + 20 });
    }
}

#[test]
fn the_rows_are_private_and_go_with_the_setting_and_with_the_sign_in() {
    let user = User::signed_in();
    user.run(&LIST).json();
    assert!(kept(&user, "mcs-gmail.rows-").is_empty(), "off by default");
    user.configure("remember = true\n");
    let whole = user.run(&LIST).rows();
    let (path, bytes) = kept(&user, "mcs-gmail.rows-").remove(0);
    #[cfg(unix)]
    assert_eq!(crate::kit::permissions_of(&path), 0o600);
    for damaged in [&b""[..], b"{", b"[]", b"[{\"key\":1}]", &bytes[..bytes.len() / 2]] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(user.run(&LIST).rows(), whole);
    }
    user.configure("remember = false\n");
    user.run(&LIST).rows();
    assert!(kept(&user, "mcs-gmail.rows-").is_empty());
    user.configure("remember = true\n");
    user.run(&LIST).rows();
    assert_eq!(kept(&user, "mcs-gmail.rows-").len(), 1);
    user.run(&["auth", "logout"]).json();
    assert!(kept(&user, "mcs-gmail.rows-").is_empty());
    user.configure("remember = \"perhaps\"\n");
    assert_eq!(user.run(&LIST).done().code, 10);
}

/// What is printed without a memory. The memory is as it was afterwards.
fn unaided(user: &User, line: &[&str]) -> (i32, String, String) {
    let files = [kept(user, "mcs-gmail.rows-"), kept(user, "mcs-gmail.lists-")].concat();
    files.iter().for_each(|(path, _)| fs::remove_file(path).unwrap());
    user.configure("remember = false\n");
    let done = user.run(line).done();
    user.configure("remember = true\n");
    kept(user, "mcs-gmail.lists-").iter().for_each(|(path, _)| fs::remove_file(path).unwrap());
    files.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    (done.code, done.stdout, done.stderr)
}

/// Something happens in the mailbox.
fn happen(user: &User, step: usize, id: &str, roll: usize) {
    match roll {
        0 => {
            drop(user.receive(&format!("From: b@example.org\nTo: ada@example.com\nSubject: {step}\n\nhi\n")))
        }
        1 => user.world.gmail(|gmail| gmail.delete(id)),
        2 => drop(user.run(&["star", id]).json()),
        3 => drop(user.run(&["unstar", id]).json()),
        4 => drop(user.run(&["mark-read", id]).json()),
        5 => drop(user.run(&["archive", id]).json()),
        6 => drop(user.run(&["label", id, "--add", "Work"]).json()),
        7 => user.world.gmail(|gmail| gmail.history_floor = gmail.history_id() + 1),
        8 => user.world.gmail(|gmail| gmail.history_floor = 0),
        _ => {}
    }
}

#[test]
fn what_is_printed_does_not_depend_on_the_memory() {
    for_each_in_parallel(0..4, |seed: usize| {
        let user = remembering();
        let mut dice = seed * 7919 + 3;
        let mut roll = |sides: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % sides
        };
        for step in 0..30 {
            for _ in 0..roll(3) {
                let id = user.inbox(12)[roll(10)].clone();
                happen(&user, step, &id, roll(11));
            }
            let faults = [(404, "notFound"), (500, "backendError"), (429, "rateLimitExceeded")];
            let (status, reason) = faults[roll(faults.len())];
            let needle = ["/history?", "/profile?", "q=has%3Aattachment"][roll(3)];
            let is_broken = roll(4) == 0;
            let line: &[&str] = match roll(4) {
                0 => &["list", "--limit", "10"],
                1 => &["search", "in:inbox", "--limit", "12", "--fields", "uid,subject,labels,unread"],
                2 => &["list", "--limit", "6", "--page-token", ""],
                _ => &["list", "--limit", "10", "--format", "tsv"],
            };
            let line = [line, &["--timeout", "2"]].concat();
            let expected = unaided(&user, &line);
            if is_broken && needle != "q=has%3Aattachment" {
                user.world.gmail(|gmail| gmail.fail_part(needle, status, reason, 100_000));
            } else if is_broken {
                user.world.gmail(|gmail| gmail.fail_part(needle, 429, reason, 1));
            }
            let done = user.run(&line).done();
            user.world.gmail(|gmail| gmail.mend());
            let printed = (done.code, done.stdout, done.stderr);
            assert_eq!(printed, expected, "seed {seed}, step {step}: {line:?} {is_broken} {needle} {status}");
        }
    });
}
