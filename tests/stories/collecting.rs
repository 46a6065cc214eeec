//! Attachments of many messages: found by a query, named by a pattern, and never saved twice.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    kit::{User, column, files_in},
    sandbox::{Fault, GMAIL_HOST},
};

/// A message with these files.
fn mail(from: &str, subject: &str, files: &[(&str, &str, &str)]) -> String {
    let part = |(name, kind, content): &(&str, &str, &str)| {
        format!(
            "--B\nContent-Type: {kind}\nContent-Disposition: attachment; filename=\"{name}\"\n\n{content}\n"
        )
    };
    let parts: String = files.iter().map(part).collect();
    format!(
        "From: {from}\nTo: ada@example.com\nSubject: {subject}\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\nhello\n{parts}--B--\n"
    )
}

fn user_with_invoices(count: usize) -> (User, Vec<String>) {
    let user = User::signed_in();
    let one = |n: usize| {
        let (pdf, csv) = (format!("%PDF {n}"), format!("a,{n}"));
        let files = [("invoice.pdf", "application/pdf", &*pdf), ("lines.csv", "text/csv", &*csv)];
        user.receive_in(&["Work"], &mail("Bob <bob@b.example>", &format!("Invoice {n}"), &files))
    };
    let ids = (0..count).map(one).collect();
    (user, ids)
}

fn saved(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        files_in(directory).into_iter().filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

const QUERY: [&str; 5] = ["attachments", "--query", "subject:invoice from:bob", "--out-dir", "out"];

#[test]
fn the_attachments_of_all_mail_that_a_query_finds_are_saved_under_names_of_a_pattern() {
    let (user, ids) = user_with_invoices(3);
    let rows =
        user.run(&[&QUERY[..], &["--pattern", "{from}-{uid}-{name}", "--name", "*.PDF"]].concat()).rows();
    let newest: Vec<Value> = ids.iter().rev().map(|id| json!(id)).collect();
    assert_eq!(column(&rows, "uid"), newest);
    assert_eq!(column(&rows, "status"), ["saved", "saved", "saved"]);
    let mut expected: Vec<String> = ids.iter().map(|id| format!("bob@b.example-{id}-invoice.pdf")).collect();
    expected.sort();
    assert_eq!(saved(&user.home().join("out")), expected);
    let path = user.home().join(rows[2]["path"].as_str().unwrap());
    assert_eq!(fs::read_to_string(path).unwrap().trim_end(), "%PDF 0");
    let listed = user.run(&["attachments", &ids[0], &ids[1]]).rows();
    assert_eq!(column(&listed, "filename"), ["invoice.pdf", "lines.csv", "invoice.pdf", "lines.csv"]);
    assert_eq!(listed[0]["uid"], ids[0].as_str());
    assert!(listed[0].get("path").is_none());
}

#[test]
fn what_is_there_is_not_fetched_again_and_the_same_content_is_saved_once() {
    let (user, _) = user_with_invoices(2);
    user.receive(&mail("Bob <bob@b.example>", "Invoice copy", &[("kopie.pdf", "application/pdf", "%PDF 0")]));
    let rows = user.run(&QUERY).rows();
    assert_eq!(rows.iter().filter(|row| row["status"] == "exists").count(), 1, "{rows:?}");
    let names = saved(&user.home().join("out"));
    assert_eq!(names.len(), 4, "{names:?}");
    user.world.clear_log();
    let again = user.run(&QUERY).rows();
    assert!(column(&again, "status").iter().all(|status| *status == "exists"), "{again:?}");
    assert_eq!(column(&again, "path").len(), 5);
    assert_eq!(user.world.log().len(), 2, "the ids, and the messages in one batch");
    assert_eq!(saved(&user.home().join("out")), names);
    // What was changed is not what was saved: it stays, and is saved beside it.
    fs::write(user.home().join("out/lines.csv"), "changed").unwrap();
    let third = user.run(&QUERY).rows();
    assert_eq!(third.iter().filter(|row| row["status"] == "saved").count(), 1, "{third:?}");
    assert_eq!(fs::read_to_string(user.home().join("out/lines.csv")).unwrap(), "changed");
}

#[test]
fn a_run_that_was_cut_off_goes_on_where_it_was() {
    let (user, _) = user_with_invoices(6);
    let fault = Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages/").skip(3);
    user.world.fault(fault.always().status(403, &[], r#"{"error":{"code":403,"message":"no"}}"#));
    let many = |user: &User| user.run(&QUERY).done();
    let cut = many(&user);
    assert_ne!(cut.code, 0);
    let part = saved(&user.home().join("out")).len();
    user.world.clear_faults();
    // The last line of the record was not written whole.
    let record = user.home().join("out/.mcs-gmail-saved.jsonl");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, &text[..text.len() - 5]).unwrap();
    let rows = many(&user);
    assert_eq!(rows.code, 0, "{}", rows.stderr);
    assert_eq!(saved(&user.home().join("out")).len(), 12, "{part} were there");
}

#[test]
fn what_makes_no_sense_for_several_messages_is_refused() {
    let (user, ids) = user_with_invoices(2);
    user.world.clear_log();
    for (args, hint) in [
        (&["attachments"][..], "--query"),
        (&["attachments", &ids[0], "--query", "x"], "one of them"),
        (&["attachments", "--query", "x", "--out-dir", "-"], "directory"),
        (&["attachments", "--query", "x", "--text"], "one id"),
        (&["attachments", &ids[0], &ids[1], "--part", "1"], "one id"),
        (&["attachments", "--query", "x", "--out-dir", "out", "--pattern", "{nom}"], "{date}"),
        (&["attachments", "--query", "x", "--out-dir", "out", "--pattern", "a/{name}"], "{date}"),
    ] {
        let error = user.run(args).fails(2);
        assert!(error.to_string().contains(hint), "{args:?}: {error}");
    }
    assert_eq!(user.world.log().len(), 0);
    assert_eq!(user.run(&["attachments", "--query", "subject:nothing"]).json(), json!([]));
    let missing = user.run(&["attachments", &ids[0], "18c9f2a4b5d6e7f8"]).done();
    assert_eq!(missing.code, 9, "{}", missing.stderr);
}

#[test]
fn pictures_within_a_text_are_left_out_unless_they_are_named() {
    let user = User::signed_in();
    let id = user.receive(
        "From: b@b.example\nSubject: logo\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=B\n\n\
         --B\nContent-Type: text/html\n\n<img src=cid:l>\n\
         --B\nContent-Type: image/png; name=logo.png\nContent-ID: <l>\nContent-Disposition: inline; filename=logo.png\n\nx\n--B--\n",
    );
    let other = user.receive(&mail("b@b.example", "x", &[("a.txt", "text/plain", "x")]));
    let rows = user.run(&["attachments", &id, &other]).rows();
    assert_eq!(column(&rows, "filename"), ["a.txt"]);
    let named = user.run(&["attachments", &id, &other, "--name", "*.png"]).rows();
    assert_eq!(column(&named, "filename"), ["logo.png"]);
}
