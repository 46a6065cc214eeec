//! Backups that grow: what is new is added, and what was written is never changed.

use std::{fs, path::Path};

use crate::{
    kit::{Done, User, column, files_in, permissions_of, wait_until},
    sandbox::{Fault, GMAIL_HOST, gmail::Gmail},
};

const MBOX: [&str; 7] = ["export", "--query", "subject:keep", "--mbox", "--since-last", "--out", "mail.mbox"];
const MAILDIR: [&str; 7] =
    ["export", "--query", "subject:keep", "--maildir", "--since-last", "--out", "mail"];

fn arrive(user: &User, labels: &[&str], n: usize) -> String {
    let raw = format!(
        "From: Bob <bob@example.org>\nTo: ada@example.com\nSubject: keep {n}\nMessage-ID: <{n}@example.org>\n\n\
         From here on {n}\n>From quoted\n\u{e4}\n\n"
    );
    user.receive_in(labels, &raw)
}

fn user_with(count: usize) -> (User, Vec<String>) {
    let user = User::signed_in();
    let ids = (0..count).map(|n| arrive(&user, &["INBOX"], n)).collect();
    (user, ids)
}

fn run(user: &User, args: &[&str]) -> Done {
    user.run(args).inside(user.home()).done()
}

/// The ids that a run wrote.
fn written(user: &User, args: &[&str]) -> Vec<String> {
    let done = run(user, args);
    assert_eq!(done.code, 0, "{}", done.stderr);
    column(done.json().as_array().unwrap(), "uid").iter().map(|id| (*id).to_owned()).collect()
}

fn raw(user: &User, id: &str) -> Vec<u8> {
    user.world.gmail(|gmail| gmail.message(id).unwrap().raw)
}

#[test]
fn each_run_adds_what_is_new_and_nothing_twice() {
    for args in [MBOX, MAILDIR] {
        let (user, ids) = user_with(3);
        assert_eq!(written(&user, &args), ids, "oldest first");
        assert_eq!(written(&user, &args), Vec::<String>::new());
        let new = arrive(&user, &["Work"], 7);
        user.world.clear_log();
        assert_eq!(written(&user, &[&args[..], &["--verify"]].concat()), [new]);
        assert!(user.world.log().len() <= 5, "{}", user.world.log().len());
        // What Gmail no longer has stays.
        user.world.gmail(|gmail| gmail.delete(&ids[0]));
        assert_eq!(written(&user, &args), Vec::<String>::new());
    }
}

#[test]
fn a_mailbox_file_is_what_one_export_of_all_would_be() {
    let (user, mut ids) = user_with(2);
    written(&user, &MBOX);
    ids.push(arrive(&user, &["INBOX"], 5));
    written(&user, &MBOX);
    let whole = [
        &["export", "--mbox", "--out", "whole.mbox"][..],
        &ids.iter().map(String::as_str).collect::<Vec<_>>(),
    ]
    .concat();
    assert_eq!(run(&user, &whole).code, 0);
    let file = |name: &str| fs::read(user.home().join(name)).unwrap();
    assert_eq!(file("mail.mbox"), file("whole.mbox"));
    assert_eq!(permissions_of(&user.home().join("mail.mbox")), 0o600);
}

#[test]
fn a_backup_restores_an_empty_mailbox_byte_for_byte() {
    for (args, place) in [(MBOX, "mail.mbox"), (MAILDIR, "mail")] {
        let (user, ids) = user_with(2);
        let unread = arrive(&user, &["INBOX", "UNREAD", "STARRED"], 3);
        let originals: Vec<Vec<u8>> = ids.iter().chain([&unread]).map(|id| raw(&user, id)).collect();
        written(&user, &args);
        user.world.gmail(|gmail| *gmail = Gmail::empty(1));
        let done = run(&user, &["import", place, "--folder", "INBOX"]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let rows = done.json();
        let restored = column(rows.as_array().unwrap(), "uid");
        let bytes: Vec<Vec<u8>> = restored.iter().map(|id| raw(&user, id)).collect();
        assert_eq!(bytes, originals, "{place}");
        if place == "mail" {
            assert!(user.has_label(restored[2], "UNREAD") && user.has_label(restored[2], "STARRED"));
            assert!(!user.has_label(restored[0], "UNREAD") && !user.has_label(restored[0], "STARRED"));
        }
        let again = run(&user, &["import", place]).json();
        assert!(column(again.as_array().unwrap(), "status").iter().all(|status| *status == "exists"));
    }
}

#[test]
fn a_run_that_was_killed_goes_on_after_the_last_whole_message() {
    for (args, place, record) in
        [(MBOX, "mail.mbox", ".mail.mbox.mcs-gmail.jsonl"), (MAILDIR, "mail", "mail/.mcs-gmail-backup.jsonl")]
    {
        let (user, ids) = user_with(4);
        let fault = Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages/").skip(2);
        user.world.fault(fault.hang());
        let running = user.run(&args).inside(user.home()).start();
        let record = user.home().join(record);
        wait_until("the third message hangs", || {
            fs::read_to_string(&record).unwrap_or_default().lines().count() == 6
        });
        running.kill();
        // As a kill while it writes leaves it.
        if place == "mail.mbox" {
            let path = user.home().join(place);
            let mut bytes = fs::read(&path).unwrap();
            bytes.extend_from_slice(b"From torn");
            fs::write(&path, bytes).unwrap();
        }
        user.world.clear_faults();
        assert_eq!(written(&user, &args), ids[2..], "{place}");
        assert_eq!(run(&user, &[&args[..], &["--verify"]].concat()).code, 0);
    }
}

#[test]
fn a_backup_that_somebody_changed_or_that_is_of_other_mail_is_left_alone() {
    let (user, _) = user_with(2);
    written(&user, &MBOX);
    let path = user.home().join("mail.mbox");
    let good = fs::read(&path).unwrap();
    let refused = |args: &[&str], said: &str| {
        let error = user.run(args).inside(user.home()).done();
        assert!(error.code != 0 && error.stderr.contains(said), "{}", error.stderr);
    };
    for bad in [[&good[..], b"From x\n"].concat(), good[..good.len() - 1].to_vec(), {
        let mut bytes = good.clone();
        *bytes.last_mut().unwrap() = b'x';
        bytes
    }] {
        fs::write(&path, &bad).unwrap();
        refused(&MBOX, "was changed");
        assert_eq!(fs::read(&path).unwrap(), bad);
    }
    let mut early = good.clone();
    early[8] = b'x';
    fs::write(&path, &early).unwrap();
    refused(&[&MBOX[..], &["--verify"]].concat(), "was changed");
    fs::write(&path, &good).unwrap();
    refused(&["export", "--query", "ALL", "--mbox", "--since-last", "--out", "mail.mbox"], "subject:keep");
    fs::write(user.home().join("other.mbox"), "mine").unwrap();
    refused(&["export", "--query", "ALL", "--mbox", "--since-last", "--out", "other.mbox"], "already exists");
    assert_eq!(fs::read_to_string(user.home().join("other.mbox")).unwrap(), "mine");
    for args in [
        &["export", "--since-last", "--mbox", "--out", "x.mbox"][..],
        &["export", "--query", "x", "--since-last", "--out", "x"],
        &["export", "--query", "x", "--since-last", "--mbox"],
        &["export", "--query", "x", "--mbox", "--maildir", "--out", "x"],
        &["export", "--query", "x", "--verify", "--mbox", "--out", "x"],
        &["export", "18c9f2a4b5d6e7f8", "--query", "x", "--out", "x"],
        &["export"],
    ] {
        user.run(args).fails(2);
    }
    assert!(!Path::new(&user.home().join("x.mbox")).exists());
}

#[test]
fn a_query_exports_once_without_a_record() {
    let (user, ids) = user_with(3);
    let rows = written(&user, &["export", "--query", "subject:keep", "--out", "some"]);
    assert_eq!(rows, ids);
    let mut expected: Vec<String> = ids.iter().map(|id| format!("{id}.eml")).collect();
    expected.sort();
    let mut names = files_in(&user.home().join("some"));
    names.sort();
    assert_eq!(names, expected);
}

#[test]
fn mail_that_somebody_else_added_is_never_cut_off_or_replaced() {
    let (user, _) = user_with(2);
    let criteria = format!("UID ffffffffffffffff,{}", user.inbox(1)[0]);
    let args = ["export", "--query", &criteria, "--mbox", "--since-last", "--out", "a.mbox"];
    assert_eq!(written(&user, &args).len(), 1, "the other one does not exist");
    let path = user.home().join("a.mbox");
    let own = [fs::read(&path).unwrap(), b"From me\nSubject: mine\n\nx\n".to_vec()].concat();
    fs::write(&path, &own).unwrap();
    let done = run(&user, &args);
    assert!(done.code != 0 && done.stderr.contains("was changed"), "{}", done.stderr);
    assert_eq!(fs::read(&path).unwrap(), own);
    // A Maildir that is there without a record is somebody's.
    written(&user, &MAILDIR);
    let record = user.home().join("mail/.mcs-gmail-backup.jsonl");
    fs::remove_file(&record).unwrap();
    let done = run(&user, &MAILDIR);
    assert!(done.code != 0 && done.stderr.contains("already exists"), "{}", done.stderr);
}

#[test]
fn a_message_that_was_written_and_not_recorded_is_found_whatever_its_flags_are() {
    let (user, ids) = user_with(2);
    written(&user, &MAILDIR);
    let record = user.home().join("mail/.mcs-gmail-backup.jsonl");
    let text = fs::read_to_string(&record).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&record, lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    let cur = user.home().join("mail/cur");
    fs::rename(cur.join(format!("{}.mcs-gmail:2,S", ids[1])), cur.join(format!("{}.mcs-gmail:2,RS", ids[1])))
        .unwrap();
    assert_eq!(written(&user, &MAILDIR), [ids[1].clone()]);
    assert_eq!(files_in(&cur).len(), 2);
    assert_eq!(run(&user, &[&MAILDIR[..], &["--verify"]].concat()).code, 0);
}

#[test]
fn what_is_no_message_in_a_maildir_does_not_stop_the_others() {
    let (user, _) = user_with(1);
    written(&user, &MAILDIR);
    fs::create_dir(user.home().join("mail/cur/zz")).unwrap();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    let done = run(&user, &["import", "mail"]);
    assert_eq!(done.code, 9, "{}", done.stderr);
    assert_eq!(done.json().as_array().unwrap().len(), 1);
}
