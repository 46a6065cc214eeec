//! Ids only, and lists that ask for no more than the chosen fields need.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    kit::{User, column, schema},
    sandbox::{Costs, GMAIL_HOST, gmail::Gmail},
};

/// Messages, conversations, an answered one, a file, and labels.
fn mixed() -> User {
    let user = User::signed_in();
    user.world.gmail(|gmail| *gmail = Gmail::empty(1));
    for n in 0..12 {
        let kind = if n % 3 == 0 { "multipart/mixed; boundary=b" } else { "text/plain" };
        let body = "--b\nContent-Type: text/plain\n\nhi\n--b\nContent-Type: application/pdf; name=a.pdf\n\
                    Content-Disposition: attachment; filename=a.pdf\n\nx\n--b--\n";
        let raw = format!(
            "From: Bob {n} <b{n}@example.org>\nTo: Ada <ada@example.com>\nSubject: report \u{202e}{n}\n\
             Message-ID: <{n}@example.org>\nDate: Fri, 20 Nov 2026 12:34:{n:02} +0200\nMIME-Version: 1.0\nContent-Type: {kind}\n\n{body}"
        );
        let labels: &[&str] = if n % 2 == 0 { &["INBOX", "UNREAD", "Work"] } else { &["INBOX"] };
        user.receive_in(labels, &raw);
    }
    let first = user.inbox(1).remove(0);
    user.run(&["reply", &first, "--body", "yes"]).json();
    user
}

fn fields() -> Vec<&'static str> {
    let tool = schema()["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "list_messages");
    let rows = tool.unwrap()["result"]["anyOf"].as_array().unwrap().iter().find(|one| one["type"] == "array");
    rows.unwrap()["items"]["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// What the requests of the last run asked for.
fn asked(user: &User) -> String {
    let of = |exchange: &crate::sandbox::Exchange| {
        String::from_utf8_lossy(&exchange.request_body).into_owned() + &exchange.query
    };
    user.world.log().iter().map(of).collect()
}

#[test]
fn five_thousand_ids_cost_ten_requests_and_no_message() {
    let user = User::signed_in();
    user.world.gmail(|gmail| {
        *gmail = Gmail::empty(1);
        gmail.bulk(5000);
    });
    for line in [
        &["list", "--all", "--format", "ids"][..],
        &["list", "--limit", "5000", "--fields", "uid"],
        &["search", "in:inbox", "--limit", "5000", "--format", "tsv", "--fields", "id,thread_id"],
        &["list", "--threads", "--all", "--format", "ids"],
    ] {
        user.world.clear_log();
        user.world.gmail(|gmail| gmail.calls.clear());
        let done = user.run(line).done();
        let rows = if line.contains(&"uid") {
            done.json().as_array().unwrap().len()
        } else {
            done.stdout.lines().count()
        };
        assert_eq!((done.code, rows), (0, 5000), "{line:?}");
        let units = if line.contains(&"--threads") { 100 } else { 50 };
        assert_eq!(user.world.costs(), Costs { connections: 1, requests: 10, units }, "{line:?}");
        assert!(user.world.gmail(|gmail| gmail.calls.iter().all(|call| call.ends_with(".list"))), "{line:?}");
    }
}

#[test]
fn a_change_by_query_asks_for_no_message() {
    let user = User::signed_in();
    user.world.gmail(|gmail| {
        *gmail = Gmail::empty(1);
        gmail.bulk(1500);
    });
    assert_eq!(user.run(&["archive", "--query", "in:inbox", "--yes"]).json()["modified"], 1500);
    assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/messages"), 3);
    assert!(user.world.gmail(|gmail| !gmail.calls.iter().any(|call| call.ends_with(".get"))));
}

#[test]
fn ids_are_printed_one_per_line_by_every_list_that_has_them() {
    let user = mixed();
    let draft =
        user.run(&["draft", "create", "--to", "x@example.com", "--subject", "x", "--body", "x"]).json();
    user.run(&["new", "--cursor", "c"]).says_nothing();
    let ids = |line: &[&str]| {
        let done = user.run(line).arg("--format").arg("ids").done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{line:?}");
        lines(&done.stdout).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = user.inbox(100);
    assert_eq!(ids(&["list"]), whole);
    assert_eq!(ids(&["list", "--limit", "3"]), whole[..3]);
    assert_eq!(ids(&["search", "subject:report", "--limit", "2"]), whole[..2]);
    assert_eq!(ids(&["search", &format!("UID {}", whole[4])]), [whole[4].clone()]);
    assert_eq!(ids(&["exec", "search_messages", r#"{"criteria":"label:work"}"#]).len(), 6);
    let threads = user.run(&["list", "--threads"]).rows();
    assert_eq!(ids(&["list", "--threads"]), column(&threads, "thread_id"));
    assert_eq!(ids(&["export", &whole[0], &whole[1], "--out", "mails/"]), whole[..2]);
    user.world.clear_log();
    assert_eq!(ids(&["draft", "list", "--limit", "5"]), [draft["id"].as_str().unwrap()]);
    assert_eq!(user.world.costs(), Costs { connections: 1, requests: 1, units: 5 });
    let drafts = user.run(&["draft", "list", "--fields", "uid,to,thread_id"]).rows();
    assert_eq!((&drafts[0]["to"], &drafts[0]["uid"]), (&json!("<x@example.com>"), &draft["uid"]));
    assert_eq!(drafts[0]["thread_id"], draft["thread_id"]);
    let arrived = user.receive("From: b@example.org\nSubject: x\n\nhi\n");
    assert_eq!(ids(&["new", "--cursor", "c"]), [arrived]);
    assert_eq!(ids(&["new", "--cursor", "c"]), [""; 0]);
    assert_eq!(user.run(&["search", "nothing-like-it", "--format", "ids", "--fail-empty"]).done().code, 3);
    // A page goes on with a token, which is no id.
    let page = user.run(&["list", "--limit", "4", "--page-token", "", "--format", "ids"]).done();
    assert_eq!(page.stdout.lines().count(), 4);
    let token = page.stderr.trim().rsplit_once(' ').unwrap().1;
    assert_eq!(ids(&["list", "--limit", "100", "--page-token", token])[0], user.inbox(5)[4]);
}

#[test]
fn what_has_no_ids_says_what_prints_them_before_it_does_anything() {
    let user = User::signed_in();
    for (line, hint) in [
        (&["folders"][..], "--format tsv --fields id"),
        (&["read", "18c9f2a4b5d6e7f8"], "--format tsv --fields uid"),
        (&["send", "--to", "x@example.com", "--subject", "x", "--body", "x"], "--format tsv --fields uid"),
        (&["whoami"], "Leave out"),
        (&["auth", "status"], "Leave out"),
        (&["list", "--fields", "subject"], "--format tsv"),
    ] {
        let done = user.run(line).arg("--format").arg("ids").done();
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{line:?}");
        assert!(done.stderr.contains(hint), "{line:?}: {}", done.stderr);
    }
    assert_eq!(user.world.log().len(), 0);
    let error = user.run(&["list"]).env("MCS_GMAIL_FORMAT", "ids").fails(10);
    assert!(error["hint"].as_str().unwrap().ends_with("tsv."), "{error}");
}

#[test]
fn a_sign_in_that_is_needed_is_not_among_the_ids() {
    let user = User::ready_to_sign_in();
    let done = user.run(&["list", "--format", "ids"]).done();
    assert_eq!((done.code, done.stdout.as_str()), (4, ""));
    assert!(done.stderr.contains("sign-in needed"), "{}", done.stderr);
}

#[test]
fn every_field_alone_is_what_it_is_among_all_of_them() {
    let user = mixed();
    let names = fields();
    let all = names.join(",");
    for line in [&["list"][..], &["list", "--threads"], &["search", "in:anywhere", "--limit", "5"]] {
        let whole = user.run(&[line, &["--fields", &all]].concat()).rows();
        let only = |names: &[&str]| -> Vec<Value> {
            let pick = |row: &Value| {
                let chosen =
                    names.iter().filter_map(|name| Some(((*name).to_owned(), row.get(*name)?.clone())));
                let mut chosen: Map<String, Value> = chosen.collect();
                if chosen.get("snippet").is_some_and(|text| text != "") && !chosen.contains_key("untrusted") {
                    chosen.insert("untrusted".to_owned(), json!(["snippet"]));
                }
                // What the row does not show needs no warning.
                let has_snippet = chosen.contains_key("snippet");
                let untrusted = chosen.get_mut("untrusted").and_then(Value::as_array_mut);
                untrusted.into_iter().for_each(|all| all.retain(|one| has_snippet || one != "snippet"));
                Value::Object(chosen)
            };
            whole.iter().map(pick).collect()
        };
        for (at, name) in names.iter().enumerate() {
            let two = [*name, names[(at + 5) % names.len()]];
            for chosen in [&[*name][..], &two] {
                let fields = chosen.join(",");
                let rows = user.run(&[line, &["--fields", &fields]].concat()).rows();
                assert_eq!(rows, only(chosen), "{line:?} {fields}");
            }
        }
        let cells = |fields: &str| {
            let done = user.run(&[line, &["--format", "tsv", "--fields", fields]].concat()).done();
            let rows = done.stdout.lines().map(|row| row.split('\t').map(str::to_owned).collect());
            rows.collect::<Vec<Vec<String>>>()
        };
        let whole = cells(&all);
        let id = names.iter().position(|name| *name == "thread_id").unwrap();
        for (at, name) in names.iter().enumerate() {
            let expected: Vec<Vec<String>> =
                whole.iter().map(|row| vec![row[id].clone(), row[at].replace("snippet, ", "")]).collect();
            assert_eq!(cells(&format!("thread_id,{name}")), expected, "{line:?} {name}");
        }
    }
}

#[test]
fn new_mail_is_asked_for_what_the_fields_need_too() {
    let user = User::signed_in();
    for cursor in ["a", "b", "c"] {
        user.run(&["new", "--cursor", cursor]).says_nothing();
    }
    let ids = [user.receive("From: b@example.org\nSubject: x\n\nhi\n"), {
        user.receive_in(&["Work"], "From: b@example.org\nSubject: elsewhere\n\nhi\n");
        user.receive("From: c@example.org\nSubject: y\n\nhi\n")
    }];
    let run = |cursor: &str, fields: &str| {
        user.world.clear_log();
        user.run(&["new", "--cursor", cursor, "--fields", fields]).rows()
    };
    assert_eq!(column(&run("a", "uid"), "uid"), ids);
    assert!(asked(&user).contains("format=minimal") && !asked(&user).contains("metadataHeaders"));
    assert_eq!(column(&run("b", "subject"), "subject"), ["x", "y"]);
    let headers: BTreeSet<String> = headers_in(&asked(&user));
    assert_eq!(headers, BTreeSet::from(["Subject".to_owned()]));
    assert_eq!(column(&run("c", "uid,from"), "from"), ["b@example.org", "c@example.org"]);
}

fn headers_in(asked: &str) -> BTreeSet<String> {
    let after = asked.split("metadataHeaders=").skip(1);
    after.map(|rest| rest.chars().take_while(char::is_ascii_alphabetic).collect()).collect()
}

#[test]
fn a_list_asks_for_the_headers_that_its_fields_are_made_of() {
    let user = mixed();
    for (line, format, headers) in [
        (&["list"][..], "metadata", &["Date", "From", "Subject", "To"][..]),
        (&["list", "--fields", "uid,subject,date"], "metadata", &["Date", "Subject"]),
        (&["list", "--fields", "labels,unread,in"], "minimal", &[]),
        (&["list", "--fields", "snippet"], "minimal", &[]),
        (&["list", "--fields", "uid,internal_date,thread_id"], "minimal", &[]),
        (&["list", "--format", "table", "--fields", "from"], "metadata", &["From"]),
        (&["list", "--threads", "--fields", "thread_id,count,unread,date"], "minimal", &[]),
        (&["list", "--threads", "--fields", "people"], "metadata", &["From"]),
        (&["search", "subject:report", "--fields", "answered"], "minimal", &[]),
    ] {
        user.world.clear_log();
        assert_eq!(user.run(line).done().code, 0);
        let asked = asked(&user);
        assert!(asked.contains(&format!("format={format}")), "{line:?} {asked}");
        assert_eq!(headers_in(&asked), headers.iter().map(|h| (*h).to_owned()).collect(), "{line:?}");
        let snippet = asked.contains("snippet");
        assert_eq!(snippet, line.contains(&"snippet"), "{line:?}");
    }
}

#[test]
fn pages_of_ids_lead_through_a_folder_and_other_lists_go_on_from_them() {
    let user = mixed();
    let marks = |rows: &[Value]| -> Vec<(String, Value)> {
        rows.iter()
            .map(|row| (row["uid"].as_str().unwrap().to_owned(), row["has_attachment"].clone()))
            .collect()
    };
    let whole = marks(&user.run(&["list", "--limit", "100"]).rows());
    let page = |token: &str, fields: &[&str]| {
        user.run(&[&["list", "--limit", "4", "--page-token", token], fields].concat()).json()
    };
    let token = |page: &Value| page["next_page_token"].as_str().unwrap().to_owned();
    let first = page("", &["--fields", "uid"]);
    assert_eq!(first["messages"].as_array().unwrap().len(), 4);
    let second = page(&token(&first), &["--fields", "uid"]);
    assert_eq!(second["messages"][0], json!({"uid": whole[4].0}));
    for (begun, at) in [(first, 4), (second, 8)] {
        // What is not known of a row is left out; nothing wrong is said.
        let rows = marks(page(&token(&begun), &[])["messages"].as_array().unwrap());
        for (row, expected) in rows.iter().zip(&whole[at..]) {
            assert_eq!(row.0, expected.0);
            assert!(row.1.is_null() || row.1 == expected.1, "{row:?}");
        }
    }
    // A page with times, then one of ids: the time of the former is not that of the latter.
    let mut last = page("", &[]);
    for fields in [&["--fields", "uid"][..], &[]] {
        last = page(&token(&last), fields);
    }
    let rows = marks(last["messages"].as_array().unwrap());
    assert!(
        rows.iter().zip(&whole[8..]).all(|(row, expected)| row.1.is_null() || row == expected),
        "{rows:?}"
    );
}

#[test]
fn ids_at_a_terminal_have_numbers_and_a_named_id_is_looked_for() {
    let user = mixed();
    let gone = user.run(&["search", "UID 00000000deadbeef", "--fields", "uid"]).done();
    assert_eq!((gone.code, &gone.error()["missing"][0]["code"]), (5, &json!("not_found")));
    let Some(screen) = user.at_terminal("mcs-gmail list --fields uid; mcs-gmail read 2 --fields uid") else {
        return;
    };
    let second = user.inbox(2).remove(1);
    assert_eq!(screen.matches(&second).count(), 2, "{screen}");
}
