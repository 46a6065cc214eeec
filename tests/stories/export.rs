//! Messages out of the mailbox and into it, byte for byte.

use std::fs;

use serde_json::{Value, json};

use crate::{
    kit::{User, column, files_in, members},
    sandbox::{Fault, GMAIL_HOST},
};

/// No text in any charset, and lines that look like the beginning of a message in a mailbox file.
const ODD: &[u8] = b"From: bob@example.org\r\nDate: Fri, 1 Jan 2027 10:00:00 +0000\r\nMessage-ID: <odd@b>\r\n\
    X-Odd: \xff\xfe raw \x80\r\nSubject: odd\r\n\r\nFrom here on\r\n>From there\r\n\0\x01\xe9\r\n\nbare\n\r\n";
const PLAIN: &[u8] = b"From: eve@example.org\nSubject: second\nMessage-ID: <second@b>\n\nhi\n\n\n";

fn receive(user: &User, raw: &[u8]) -> String {
    user.world.gmail(|gmail| gmail.add_raw(raw, &["INBOX"]))
}

fn raw_of(user: &User, id: &str) -> Vec<u8> {
    user.world.gmail(|gmail| gmail.message(id).unwrap().raw)
}

fn stdout(user: &User, args: &[&str]) -> Vec<u8> {
    let output = user.run(args).start().output();
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()),
        (Some(0), "".into())
    );
    output.stdout
}

#[test]
fn a_message_is_exported_to_a_pipe_byte_for_byte() {
    let user = User::signed_in();
    for raw in [
        ODD,
        PLAIN,
        b"no head".as_slice(),
        &[b"Subject: big\r\n\r\n".as_slice(), &[0xe9; 3_000_000]].concat(),
    ] {
        let id = receive(&user, raw);
        assert!(stdout(&user, &["export", &id]) == raw);
        assert!(stdout(&user, &["export", &id, "--out", "-"]) == raw);
    }
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 8, "one request each");
}

#[test]
fn messages_are_exported_to_files_that_did_not_exist() {
    let user = User::signed_in();
    let ids = [receive(&user, ODD), receive(&user, PLAIN)];
    let out = user.home().join("work");
    fs::create_dir(&out).unwrap();
    let run = |args: &[&str]| user.run(&[&["export"], args].concat()).inside(&out);

    let rows = run(&[&ids[0], "--out", "mail.eml"]).json();
    assert_eq!(members(&rows[0]), ["uid", "path", "size", "sha256"]);
    assert_eq!((&rows[0]["path"], &rows[0]["size"]), (&json!("mail.eml"), &json!(ODD.len())));
    assert_eq!(fs::read(out.join("mail.eml")).unwrap(), ODD);
    let error = run(&[&ids[1], "--out", "mail.eml"]).fails(1);
    assert_eq!((&error["code"], &error["message"]), (&json!("conflict"), &json!("mail.eml already exists")));
    assert!(error["hint"].as_str().unwrap().contains("--out"), "{error}");
    assert_eq!(fs::read(out.join("mail.eml")).unwrap(), ODD);

    let rows = run(&[&ids[0], &ids[1], "--out", "all"]).json();
    assert_eq!(column(rows.as_array().unwrap(), "uid"), ids);
    assert_eq!(fs::read(out.join("all").join(format!("{}.eml", ids[1]))).unwrap(), PLAIN);
    run(&[&ids[0], "--out", "all"]).json();
    assert_eq!(files_in(&out.join("all")).len(), 3, "nothing is overwritten");
    run(&[&ids[0], "--out", "new/"]).json();
    assert_eq!(files_in(&out.join("new")), [format!("{}.eml", ids[0])]);
}

#[test]
fn a_mailbox_file_has_all_messages_and_is_imported_byte_for_byte() {
    let user = User::signed_in();
    let ids = [receive(&user, ODD), receive(&user, PLAIN)];
    let mbox = stdout(&user, &["export", &ids[0], &ids[1], "--mbox"]);
    let out = user.home().join("all.mbox");
    let rows = user.run(&["export", "-", "--mbox", "--out", "all.mbox"]).inside(user.home());
    assert_eq!(rows.stdin(ids.join("\n")).json().as_array().unwrap().len(), 2);
    assert_eq!(fs::read(&out).unwrap(), mbox);
    assert!(mbox.starts_with(b"From bob@example.org Fri Jan  1 10:00:00 2027\n"));

    let other = User::signed_in();
    let file = other.write_file("all.mbox", &mbox);
    let import = || other.run(&["import", file.to_str().unwrap(), "--folder", "Restored", "--create"]).json();
    let rows = import();
    assert_eq!(column(rows.as_array().unwrap(), "status"), ["imported", "imported"]);
    for (row, raw) in rows.as_array().unwrap().iter().zip([ODD, PLAIN]) {
        let uid = row["uid"].as_str().unwrap();
        assert_eq!(raw_of(&other, uid), raw);
        let label = other.world.gmail(|gmail| gmail.label_id("Restored")).unwrap();
        assert!(other.has_label(uid, &label) && !other.has_label(uid, "UNREAD"));
    }
    assert_eq!(
        other.run(&["read", rows[0]["uid"].as_str().unwrap()]).json()["internal_date"],
        "2027-01-01T10:00:00Z"
    );
    assert_eq!(column(import().as_array().unwrap(), "status"), ["exists", "exists"]);
}

#[test]
fn what_cannot_be_exported_is_named_and_does_not_stop_the_others() {
    let user = User::signed_in();
    let id = receive(&user, ODD);
    let done =
        user.run(&["export", "18c0ffee00000000", &id, "bad id", "--out", "out/"]).inside(user.home()).done();
    assert_eq!(done.code, 9, "{done:?}");
    assert_eq!(column(done.json().as_array().unwrap(), "uid"), [&id]);
    let missing = done.error()["missing"].clone();
    assert_eq!(column(missing.as_array().unwrap(), "uid"), ["18c0ffee00000000", "bad id"]);
    user.run(&["export", "18c0ffee00000000", "--out", "none.eml"]).inside(user.home()).fails(5);
    assert!(!user.home().join("none.eml").exists());
}

#[test]
fn a_broken_connection_leaves_no_half_message() {
    let user = User::signed_in();
    let big = [b"Subject: big\r\nMessage-ID: <big@b>\r\n\r\n".as_slice(), &[b'x'; 2_000_000]].concat();
    let ids = [receive(&user, ODD), receive(&user, &big)];
    user.world.gmail(|gmail| gmail.fail_part(&ids[1], 503, "backendError", 1));
    user.run(&["export", &ids[0], &ids[1], "--mbox", "--out", "a.mbox"]).inside(user.home()).json();
    let other = User::signed_in();
    let file = other.write_file("a.mbox", fs::read(user.home().join("a.mbox")).unwrap());
    let rows = other.run(&["import", file.to_str().unwrap()]).json();
    assert_eq!(raw_of(&other, rows[1]["uid"].as_str().unwrap()), [&big[..], b"\n"].concat());
}

#[test]
fn a_killed_or_cut_export_never_leaves_half_a_file_under_its_name() {
    let user = User::signed_in();
    // Does not become smaller when the answer is compressed.
    let noise: Vec<u8> = (0..2_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let big = [b"Subject: big\r\n\r\n".as_slice(), &noise, b"xxx\n"].concat();
    let ids = [receive(&user, ODD), receive(&user, &big)];
    let fault = || Fault::on(GMAIL_HOST).path(&format!("/gmail/v1/users/me/messages/{}", ids[1]));
    let run = || user.run(&["export", &ids[0], &ids[1], "--mbox", "--out", "a.mbox"]).inside(user.home());

    let second = user.world.hold(fault());
    let running = run().start();
    second.wait_for_arrival();
    running.kill();
    second.release();
    assert!(!user.home().join("a.mbox").exists());

    user.world.fault(fault().truncate(100_000));
    run().json();
    assert!(fs::read(user.home().join("a.mbox")).unwrap().ends_with(b"xxx\n\n"));
    user.world.fault(fault().truncate(100_000).always());
    let done = user.run(&["export", &ids[1], "--out", "b.eml", "--timeout", "2"]).inside(user.home()).done();
    assert!(matches!(done.code, 8 | 9), "{done:?}");
    assert!(!user.home().join("b.eml").exists());
}

#[test]
fn an_import_that_was_killed_is_finished_by_the_next_run() {
    let user = User::signed_in();
    let mbox: String =
        (0..4).map(|n| format!("From x\nSubject: {n}\nMessage-ID: <{n}@k>\n\nbody\n\n")).collect();
    let import = || user.run(&["import", "-", "--folder", "ALL"]).stdin(mbox.clone());
    let path = "/gmail/v1/users/me/messages/import";
    let third = user.world.hold(Fault::on(GMAIL_HOST).path(path).skip(2));
    let running = import().start();
    third.wait_for_arrival();
    running.kill();
    third.release();
    let rows = import().json();
    let statuses = column(rows.as_array().unwrap(), "status").into_iter().filter(|s| *s == "exists").count();
    assert!((2..=3).contains(&statuses), "{rows}");
    for n in 0..4 {
        let found = user.run(&["search", &format!("rfc822msgid:{n}@k"), "--folder", "ALL"]).json();
        assert_eq!(found.as_array().unwrap().len(), 1, "message {n}");
    }
}

#[test]
fn a_token_that_is_refused_in_the_middle_costs_and_repeats_nothing() {
    let user = User::with_refresh_token();
    let ids = [receive(&user, ODD), receive(&user, PLAIN)];
    let list = [ids[0].as_str(), "18c0ffee00000000", ids[1].as_str()];
    let expired =
        || Fault::on(GMAIL_HOST).path(&format!("/gmail/v1/users/me/messages/{}", ids[1])).unauthenticated();
    for to in [&["--out", "dir/"][..], &["--mbox", "--out", "a.mbox"]] {
        user.world.fault(expired());
        let done = user.run(&[&["export"], &list[..], to].concat()).inside(user.home()).done();
        assert_eq!(done.code, 9, "{done:?}");
        assert_eq!(column(done.json().as_array().unwrap(), "uid"), ids);
        assert_eq!(done.error()["missing"][0]["uid"], "18c0ffee00000000");
    }
    assert_eq!(files_in(&user.home().join("dir")).len(), 2);
    user.world.fault(expired());
    let output = user.run(&[&["export", "--mbox"], &list[..]].concat()).start().output();
    assert_eq!(output.status.code(), Some(9));
    assert_eq!(output.stdout, fs::read(user.home().join("a.mbox")).unwrap());

    let mbox =
        "From a\nSubject: one\n\nbody\n\nFrom b\nno header line\n\nx\n\nFrom c\nSubject: three\n\nbody\n\n";
    let import = Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages/import");
    user.world.fault(import.skip(1).unauthenticated());
    let before = user.world.gmail(|gmail| gmail.messages().len());
    let done = user.run(&["import", "-"]).stdin(mbox).done();
    assert_eq!((done.code, done.json().as_array().unwrap().len()), (9, 2), "{done:?}");
    assert_eq!(done.error()["missing"][0]["uid"], "message 2");
    assert_eq!(user.world.gmail(|gmail| gmail.messages().len()), before + 2);
}

#[test]
fn an_export_goes_only_where_files_may_go() {
    let user = User::signed_in();
    let id = receive(&user, ODD);
    let inside = user.home().join("work");
    fs::create_dir(&inside).unwrap();
    let run = |args: &[&str]| user.run(&[&["export", &id], args].concat()).inside(&inside);
    for out in ["../x.eml", "/etc/x.eml", ".hidden/x.eml", "/proc/self/x.eml"] {
        let error = run(&["--out", out]).fails(6);
        assert_eq!(error["code"], "policy_refused", "{out}");
    }
    for out in [".bashrc", "CLAUDE.md", "a\nb", "-x"] {
        assert!(matches!(run(&[&format!("--out={out}")]).done().code, 2 | 6), "{out}");
    }
    run(&[&id, "--out", ""]).fails(2);
    run(&["--mbox", "--out", "dir/"]).fails(2);
    assert!(files_in(&inside).is_empty());
    let error = user.run(&["exec", "export_messages", &json!({"uid": id}).to_string()]).fails(2);
    assert!(error["hint"].as_str().unwrap().contains("out"), "{error}");
}

#[test]
fn a_raw_body_that_is_not_text_comes_in_base64_too() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let user = User::signed_in();
    let (odd, plain) = (receive(&user, ODD), receive(&user, PLAIN));
    let message = user.run(&["read", &odd, "--body", "raw"]).json();
    assert_eq!(BASE64_STANDARD.decode(message["body_base64"].as_str().unwrap()).unwrap(), ODD);
    assert!(message["untrusted"].as_array().unwrap().contains(&json!("body_base64")));
    let message = user.run(&["read", &plain, "--body", "raw"]).json();
    assert_eq!(
        (&message["body"], &message["body_base64"]),
        (&json!(String::from_utf8_lossy(PLAIN)), &Value::Null)
    );
}

#[test]
fn an_import_reports_each_message_and_resolves_a_lost_answer() {
    let user = User::signed_in();
    let mbox = "From a\nSubject: one\nMessage-ID: <1@x>\n\nbody\n\nFrom b\nno header line\n\nx\n\n\
                From c\nSubject: three\n\nbody\n\nFrom d\nSubject: one\nMessage-ID: <1@x>\n\nbody\n\n";
    user.world.gmail(|gmail| gmail.lose_answer("messages.import", 503, 1));
    let done = user.run(&["import", "-", "--folder", "ALL", "--unread"]).stdin(mbox).done();
    assert_eq!(done.code, 9, "{done:?}");
    let rows = done.json();
    assert_eq!(column(rows.as_array().unwrap(), "status"), ["imported", "imported", "exists"]);
    assert_eq!(rows[0]["uid"], rows[2]["uid"]);
    assert_eq!(done.error()["missing"][0]["uid"], "message 2");
    let id = rows[0]["uid"].as_str().unwrap();
    assert!(user.has_label(id, "UNREAD") && !user.has_label(id, "INBOX"));
    let rows =
        user.run(&["import", "-", "--duplicates"]).stdin("Subject: one\nMessage-ID: <1@x>\n\nb\n").json();
    assert_eq!(rows[0]["status"], "imported");
}

#[test]
fn an_import_follows_the_policy_and_refuses_drafts() {
    let user = User::signed_in();
    user.run(&["--access", "read", "import", "-"]).stdin("Subject: x\n\nb\n").fails(6);
    user.run(&["import", "-", "--folder", "Drafts"]).stdin("Subject: x\n\nb\n").fails(2);
    user.run(&["import", "/etc/hostname"]).fails(6);
    user.run(&["import", "-"]).stdin("").fails(2);
}
