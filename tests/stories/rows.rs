//! What a row says of its message beside the headers: recipients, labels by name, its place, and attachments. It costs
//! no further request.

use serde_json::{Value, json};

use crate::{
    kit::{User, column, members},
    sandbox::{GMAIL_HOST, gmail::Gmail},
};

fn plain(subject: &str) -> String {
    format!("From: Bob <bob@example.org>\nTo: Ada <ada@example.com>\nSubject: {subject}\n\nhi\n")
}

fn with_file(subject: &str) -> String {
    format!(
        "From: bob@example.org\nTo: ada@example.com\nSubject: {subject}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; \
         boundary=b\n\n--b\nContent-Type: text/plain\n\nhi\n--b\nContent-Type: application/pdf; name=a.pdf\n\
         Content-Disposition: attachment; filename=a.pdf\n\nx\n--b--\n"
    )
}

/// A mailbox in which every third message has a file; the newest first, and whether it has.
fn mixed(count: usize) -> (User, Vec<(String, bool)>) {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    let mut sent: Vec<(String, bool)> = (0..count)
        .map(|n| {
            let has = n % 3 == 0;
            (user.receive(&if has { with_file("report") } else { plain("report") }), has)
        })
        .collect();
    sent.reverse();
    (user, sent)
}

fn marks(rows: &[Value]) -> Vec<(String, bool)> {
    let mark =
        |row: &Value| (row["uid"].as_str().unwrap().to_owned(), row["has_attachment"].as_bool().unwrap());
    rows.iter().map(mark).collect()
}

#[test]
fn a_row_has_recipients_label_names_and_place_after_the_members_of_the_python_skill() {
    let user = User::signed_in();
    user.receive_in(&["INBOX", "Work/Invoices"], &plain("zanzibar"));
    let invoices = user.world.gmail(|gmail| gmail.label_id("Work/Invoices").unwrap());
    user.world.clear_log();
    for line in [&["list", "--limit", "1"][..], &["search", "subject:zanzibar"]] {
        let row = &user.run(line).rows()[0];
        assert_eq!(members(row)[..6], ["uid", "from", "subject", "date", "labels", "thread_id"]);
        assert_eq!(members(row)[members(row).len() - 4..], ["to", "label_names", "in", "has_attachment"]);
        assert_eq!((&row["to"], &row["in"]), (&json!("Ada <ada@example.com>"), &json!("inbox")));
        assert_eq!(row["labels"], json!(["INBOX", invoices]));
        assert_eq!(row["label_names"], json!(["INBOX", "Work/Invoices"]));
        assert_eq!(row["has_attachment"], false);
        assert!(row["untrusted"].as_array().unwrap().contains(&json!("to")));
    }
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2 * 2);
    assert_eq!(user.world.connections(GMAIL_HOST), 2);
}

#[test]
fn a_row_says_where_its_message_is() {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    for (labels, place) in [
        (&["INBOX", "UNREAD"][..], "inbox"),
        (&["INBOX", "SENT"], "inbox"),
        (&["SENT"], "sent"),
        (&["Work"], "archive"),
        (&[], "archive"),
        (&["TRASH", "Work"], "trash"),
        (&["SPAM"], "spam"),
        (&["DRAFT"], "draft"),
    ] {
        let id = user.receive_in(labels, &plain("x"));
        let rows = user.run(&["search", &format!("UID {id}")]).rows();
        assert_eq!(rows[0]["in"], place, "{labels:?}");
    }
}

#[test]
fn every_row_has_gmails_mark_for_attachments_on_every_page() {
    let (user, expected) = mixed(70);
    assert_eq!(marks(&user.run(&["list", "--limit", "100"]).rows()), expected);
    assert_eq!(marks(&user.run(&["list", "--limit", "7"]).rows()), expected[..7]);
    assert_eq!(marks(&user.run(&["search", "report OR other", "--folder", "ALL", "--all"]).rows()), expected);
    user.world.gmail(|gmail| gmail.short_pages = true);
    assert_eq!(
        marks(&user.run(&["list", "--limit", "60", "--format", "jsonl"]).done().lines()),
        expected[..60]
    );
    let (mut found, mut token) = (Vec::new(), json!(""));
    while let Some(text) = token.as_str() {
        let arguments = json!({"limit": 20, "page_token": text}).to_string();
        let page = user.run(&["exec", "list_messages", &arguments]).json();
        found.extend(marks(page["messages"].as_array().unwrap()));
        token = page["next_page_token"].clone();
    }
    assert_eq!(found, expected);
    // A list that was interrupted goes on within a page.
    let token = format!("@{}", expected[29].0);
    let page = user.run(&["list", "--limit", "20", "--page-token", &token]).json();
    assert_eq!(marks(page["messages"].as_array().unwrap()), expected[30..50]);
}

#[test]
fn a_row_of_new_mail_says_as_much() {
    let user = User::signed_in();
    user.run(&["new", "--cursor", "c"]).says_nothing();
    let sent =
        [user.receive(&plain("zanzibar")), user.receive_in(&["INBOX", "Work"], &with_file("zanzibar"))];
    user.world.clear_log();
    let rows = user.run(&["new", "--cursor", "c"]).rows();
    assert_eq!(marks(&rows), [(sent[0].clone(), false), (sent[1].clone(), true)]);
    assert_eq!((&rows[1]["label_names"], &rows[1]["in"]), (&json!(["INBOX", "Work"]), &json!("inbox")));
    assert_eq!(column(&rows, "to"), ["Ada <ada@example.com>", "ada@example.com"]);
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2);
    // A message that is older than the cursor has no mark unless it is certain.
    let old = user.world.gmail(|gmail| {
        gmail.add_raw_at(with_file("old").replace('\n', "\r\n").as_bytes(), &["INBOX"], 1_600_000_000_000)
    });
    let late = user.run(&["new", "--cursor", "c", "--folder", "ALL"]).rows();
    assert!(late.iter().all(|row| row["uid"] != old.as_str() || row["has_attachment"] != false), "{late:?}");
}

#[test]
fn a_mark_is_right_among_messages_of_one_second() {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    let mut expected: Vec<(String, bool)> = (0..40)
        .map(|n| {
            let raw = if n % 2 == 0 { with_file("x") } else { plain("x") };
            let raw = raw.replace('\n', "\r\n");
            (
                user.world.gmail(|gmail| gmail.add_raw_at(raw.as_bytes(), &["INBOX"], 1_795_176_000_000)),
                n % 2 == 0,
            )
        })
        .collect();
    expected.sort_by(|a, b| b.0.cmp(&a.0));
    let first = user.run(&["list", "--limit", "15", "--page-token", ""]).json();
    let token = first["next_page_token"].as_str().unwrap();
    let second = user.run(&["list", "--limit", "25", "--page-token", token]).json();
    let rows =
        [first["messages"].as_array().unwrap().clone(), second["messages"].as_array().unwrap().clone()];
    assert_eq!(marks(&rows.concat()), expected);
}

#[test]
fn nothing_is_asked_that_the_output_does_not_show() {
    let (user, _) = mixed(5);
    let asked = |line: &[&str]| {
        user.world.gmail(|gmail| gmail.calls.clear());
        assert_eq!(user.run(line).done().code, 0);
        user.world.gmail(|gmail| {
            let count = |name: &str| gmail.calls.iter().filter(|call| call.ends_with(name)).count();
            (count("labels.list"), count("messages.list"))
        })
    };
    for (line, expected) in [
        (&["list"][..], (1, 2)),
        (&["list", "--fields", "uid,subject"], (0, 1)),
        (&["list", "--fields", "uid,has_attachment"], (0, 2)),
        (&["list", "--fields", "label_names"], (1, 1)),
        (&["list", "--fields", "labels"], (0, 1)),
        (&["list", "--format", "table"], (1, 3)),
        (&["list", "--format", "table", "--fields", "uid,subject"], (0, 1)),
        (&["list", "--fields", "uid,answered"], (0, 2)),
        (&["list", "--format", "tsv"], (0, 1)),
        (&["list", "--format", "tsv", "--fields", "uid,labels"], (1, 1)),
        (&["search", "in:anywhere", "--format", "jsonl"], (1, 2)),
    ] {
        assert_eq!(asked(line), expected, "{line:?}");
    }
}

#[test]
fn a_side_question_that_fails_costs_its_member_and_nothing_else() {
    for (needle, status, lost) in [
        ("/labels", 403, &["label_names"][..]),
        ("/labels", 500, &["label_names"]),
        ("/labels", 429, &["label_names"]),
    ] {
        let (user, expected) = mixed(4);
        user.world.gmail(|gmail| gmail.fail_part(needle, status, "backendError", 100));
        let rows = user.run(&["list"]).rows();
        assert_eq!(marks(&rows), expected);
        assert!(rows.iter().all(|row| lost.iter().all(|name| row.get(name).is_none())), "{needle} {status}");
        assert_eq!(user.world.count(GMAIL_HOST, "", ""), 2, "{needle} {status}");
    }
}

#[test]
fn texts_show_the_names_of_labels_and_dates_that_can_be_sorted() {
    let user = User::signed_in();
    let raw = plain("zanzibar").replace("Subject", "Date: Fri, 20 Nov 2026 12:34:56 +0200\nSubject");
    user.receive_in(&["INBOX", "Work/Invoices"], &raw);
    let tsv = user.run(&["list", "--limit", "1", "--format", "tsv", "--fields", "labels,date"]).done().stdout;
    let (labels, date) = tsv.trim().split_once('\t').unwrap();
    assert_eq!(labels, "INBOX, Work/Invoices");
    let internal = user.run(&["list", "--limit", "1"]).rows()[0]["internal_date"].clone();
    assert_eq!(date, internal.as_str().unwrap());
    let table =
        user.run(&["list", "--limit", "1", "--format", "table", "--fields", "date,labels"]).done().stdout;
    assert!(
        table.contains("Work/Invoices") && table.lines().nth(1).unwrap().starts_with("2026-11-"),
        "{table}"
    );
    let all = user.run(&["list", "--format", "tsv"]).done().stdout;
    let dates: Vec<&str> = all.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
    // A draft has no other date than its own.
    user.run(&["draft", "create", "--to", "x@example.com", "--subject", "Mine", "--body", "x"]).json();
    let draft = user.run(&["draft", "list", "--limit", "1", "--format", "tsv"]).done().stdout;
    assert!(draft.split('\t').nth(1).unwrap().ends_with('Z'), "{draft}");
}

#[test]
fn a_mail_without_recipients_has_an_empty_one() {
    let user = User::signed_in();
    user.receive("From: bob@example.org\nSubject: x\n\nhi\n");
    let rows = user.run(&["list", "--limit", "1"]).rows();
    assert_eq!(column(&rows, "to"), [""]);
    assert!(!rows[0]["untrusted"].as_array().unwrap().contains(&json!("to")));
}
