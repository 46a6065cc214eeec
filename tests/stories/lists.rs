//! Lists and searches: pages, order, rate limits, rows that cannot be fetched, folders and criteria.

use serde_json::{Value, json};

use crate::{
    kit::{User, column, members},
    sandbox::{Fault, GMAIL_HOST, gmail::BatchMode},
};

fn uids(rows: &[Value]) -> Vec<&str> {
    column(rows, "uid")
}

#[test]
fn a_list_of_1200_follows_pages_of_500_on_one_connection_and_keeps_the_order() {
    let user = User::signed_in();
    user.world.gmail(|gmail| {
        gmail.bulk(1200);
        gmail.shuffle_batch_parts = true;
    });
    let rows = user.run(&["list", "--limit", "1200"]).rows();
    assert_eq!(uids(&rows), user.inbox(1200));
    let lists: Vec<String> = user
        .world
        .log()
        .iter()
        .filter(|e| e.path.ends_with("/messages"))
        .map(|e| e.query.split('&').next().unwrap().to_owned())
        .collect();
    assert_eq!(lists, ["maxResults=500", "maxResults=500", "maxResults=200"]);
    assert_eq!(user.world.connections(GMAIL_HOST), 1);
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 3 + 1200 / 25);
}

#[test]
fn pages_that_are_shorter_than_asked_for_are_followed_too() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.short_pages = true);
    assert_eq!(user.run(&["list", "--limit", "60", "--folder", "ALL"]).rows().len(), 60);
}

#[test]
fn page_tokens_lead_through_a_folder_without_gaps_or_repetitions() {
    let user = User::signed_in();
    let whole = user.inbox(30);
    let mut found = Vec::new();
    let mut token = json!("");
    for _ in 0..3 {
        let arguments = json!({"limit": 10, "page_token": token}).to_string();
        let page = user.run(&["exec", "list_messages", &arguments]).json();
        let rows = page["messages"].as_array().unwrap();
        assert_eq!(rows.len(), 10);
        found.extend(rows.iter().map(|row| row["uid"].clone()));
        token = page["next_page_token"].clone();
        assert!(token.is_string());
    }
    assert_eq!(found, whole);
    let everything = user.run(&["list", "--limit", "100000", "--page-token", ""]).json();
    assert!(everything["next_page_token"].is_null());
    let nothing = user.run(&["search", "NOT ALL", "--page-token", ""]).json();
    assert_eq!(nothing, json!({"messages": [], "next_page_token": null}));
    let wrong = user.run(&["list", "--page-token", "nonsense"]).fails(2);
    assert_eq!(wrong["code"], "usage");
}

#[test]
#[cfg(target_os = "linux")]
fn twenty_thousand_rows_stream_with_flat_memory() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(20_000));
    let list = |limit: &str| user.run(&["list", "--limit", limit, "--format", "jsonl", "--timeout", "600"]);
    let (short, small) = list("500").with_peak_memory();
    assert_eq!(short.stdout.lines().count(), 500);
    let (long, large) = list("20000").with_peak_memory();
    assert_eq!((long.code, long.stdout.lines().count()), (0, 20_000));
    let note = format!("peak with 500 rows {small} kB, with 20,000 rows {large} kB");
    assert!(large < 40_000 && large < small + 6_000, "{note}");
}

#[test]
#[cfg(target_os = "linux")]
fn of_twenty_thousand_rows_in_one_document_hardly_more_than_their_text_is_kept() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(20_000));
    let list = |limit: &str| user.run(&["list", "--limit", limit, "--format", "json", "--timeout", "600"]);
    let (short, small) = list("500").with_peak_memory();
    let (long, large) = list("20000").with_peak_memory();
    let rows: Vec<Value> = serde_json::from_str(&long.stdout).unwrap();
    assert_eq!((long.code, rows.len()), (0, 20_000));
    let text = (long.stdout.len() - short.stdout.len()) as u64 / 1024;
    let note =
        format!("peak with 500 rows {small} kB, with 20,000 rows {large} kB, of which {text} kB are printed");
    assert!(large < small + text * 5 / 4 + 2_000, "{note}");
}

#[test]
fn lists_are_requested_compressed_with_a_field_mask_and_without_white_space() {
    let user = User::signed_in();
    user.run(&["list", "--limit", "25"]).json();
    for exchange in user.world.log().iter().filter(|e| e.host == GMAIL_HOST) {
        let asked = |name: &str| {
            let found = exchange.request_headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.map(|(_, v)| v.clone()).unwrap_or_default()
        };
        assert!(asked("accept-encoding").contains("gzip") && asked("user-agent").contains("gzip"));
        if exchange.path.starts_with("/batch") {
            assert!(exchange.sent * 2 < exchange.answer_body.len(), "{} bytes", exchange.sent);
        }
        let asked_for = String::from_utf8_lossy(&exchange.request_body).into_owned() + &exchange.query;
        assert!(asked_for.contains("fields=") && asked_for.contains("prettyPrint=false"), "{asked_for}");
    }
}

#[test]
fn parts_that_are_refused_for_a_moment_are_requested_again_in_smaller_batches() {
    for (status, reason) in [
        (429, "rateLimitExceeded"),
        (403, "userRateLimitExceeded"),
        (503, "backendError"),
        (500, "backendError"),
    ] {
        let user = User::signed_in();
        let whole = user.inbox(25);
        user.world.gmail(|gmail| whole.iter().take(10).for_each(|id| gmail.fail_part(id, status, reason, 1)));
        let rows = user.run(&["list", "--limit", "25"]).rows();
        assert_eq!(uids(&rows), whole, "{status} {reason}");
        assert_eq!(user.world.gmail(|gmail| gmail.batches.clone()), [27, 10], "{status} {reason}");
    }
}

#[test]
fn batches_shrink_while_gmail_limits_the_rate_and_grow_again_afterwards() {
    let user = User::signed_in();
    user.world.gmail(|gmail| {
        gmail.bulk(100);
        gmail.fail_part("/messages/", 429, "rateLimitExceeded", 25 + 12);
    });
    let rows = user.run(&["list", "--limit", "100"]).rows();
    assert_eq!(uids(&rows), user.inbox(100));
    let batches = user.world.gmail(|gmail| gmail.batches.clone());
    assert_eq!(batches[..3], [27, 12, 12], "{batches:?}");
    assert!(batches[3..].contains(&25), "{batches:?}");
}

#[test]
fn a_row_that_cannot_be_fetched_is_named_beside_the_rows_that_were() {
    let user = User::signed_in();
    let whole = user.inbox(5);
    user.world.gmail(|gmail| gmail.fail_part(&whole[2], 500, "backendError", 1000));
    let done = user.run(&["list", "--limit", "5"]).done();
    assert_eq!(done.code, 9);
    let error = done.error();
    assert_eq!(error["code"], "partial");
    assert_eq!(error["missing"][0]["uid"], whole[2].as_str());
    assert_eq!(error["missing"][0]["code"], "temporary");
    let came: Vec<&String> = whole.iter().filter(|id| **id != whole[2]).collect();
    assert_eq!(uids(done.json().as_array().unwrap()), came);
}

#[test]
fn what_is_deleted_between_the_list_and_its_row_is_left_out_and_counted_for_who_asks() {
    let user = User::signed_in();
    let whole = user.inbox(3);
    let threads = user.run(&["list", "--threads", "--limit", "3"]).rows();
    user.run(&["new", "--cursor", "c"]).says_nothing();
    let arrived = [1, 2].map(|n| user.receive(&format!("From: b@example.org\nSubject: {n}\n\nhi\n")));
    let gone = |ids: &[&str]| {
        user.world.gmail(|gmail| {
            gmail.mend();
            ids.iter().for_each(|id| gmail.fail_part(id, 404, "notFound", usize::MAX));
        });
    };
    gone(&[&arrived[0]]);
    assert_eq!(uids(&user.run(&["new", "--cursor", "c"]).rows()), [&arrived[1]]);
    arrived.iter().for_each(|id| user.world.gmail(|gmail| gmail.delete(id)));
    gone(&[&whole[0]]);
    assert_eq!(uids(&user.run(&["list", "--limit", "3"]).rows()), whole[1..]);
    gone(&[threads[1]["thread_id"].as_str().unwrap()]);
    let rest = user.run(&["list", "--threads", "--limit", "3"]).rows();
    assert_eq!(rest, [threads[0].clone(), threads[2].clone()]);
    gone(&[&whole[1], &whole[2]]);
    let done = user.run(&["list", "--limit", "3", "--debug"]).done();
    assert_eq!((done.code, uids(done.json().as_array().unwrap())), (0, vec![&*whole[0]]));
    assert!(done.stderr.lines().any(|line| line.ends_with("gone: 2")), "{}", done.stderr);
    // The page goes on where it would have gone on.
    gone(&[&whole[2]]);
    let paged = user.run(&["list", "--limit", "3", "--page-token", ""]).json();
    assert_eq!(uids(paged["messages"].as_array().unwrap()), whole[..2]);
    let token = paged["next_page_token"].as_str().unwrap();
    let next = user.run(&["list", "--limit", "1", "--page-token", token]).json();
    assert_eq!(uids(next["messages"].as_array().unwrap()), user.inbox(4)[3..]);
    gone(&[&whole[0]]);
    assert_eq!(user.run(&["list", "--limit", "1", "--fail-empty"]).done().code, 3);
    // An id that the user named is an error.
    let named = user.run(&["search", &format!("UID {}", whole[0])]).done();
    assert_eq!((named.code, &named.error()["missing"][0]["uid"]), (5, &json!(whole[0])));
}

#[test]
fn without_a_working_batch_endpoint_rows_are_fetched_one_by_one() {
    for mode in [BatchMode::OnlyPlainPath, BatchMode::Missing, BatchMode::Broken] {
        let user = User::signed_in();
        user.world.gmail(|gmail| gmail.batch_mode = mode);
        assert_eq!(user.run(&["list", "--limit", "60", "--folder", "all"]).rows().len(), 60, "{mode:?}");
        let tries = user.world.count(GMAIL_HOST, "POST", "/batch");
        let expected = if mode == BatchMode::OnlyPlainPath { 6 } else { 2 };
        assert_eq!(tries, expected, "{mode:?}");
        assert_eq!(user.world.connections(GMAIL_HOST), 1, "{mode:?}");
    }
}

#[test]
fn after_an_invalid_batch_answer_rows_are_fetched_one_by_one() {
    let user = User::signed_in();
    let html = ("Content-Type", "text/html");
    user.world.fault(Fault::on(GMAIL_HOST).path("/batch").status(200, &[html], "<p>Hi"));
    let rows = user.run(&["list", "--limit", "5"]).rows();
    assert_eq!(uids(&rows), user.inbox(5));
}

#[test]
fn a_list_without_a_single_row_is_not_a_partial_success() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.fail_part("/messages/", 429, "rateLimitExceeded", 100_000));
    let error = user.run(&["list", "--limit", "3", "--timeout", "3"]).fails(7);
    assert_eq!((&error["code"], &error["retryable"]), (&json!("rate_limited"), &json!(true)));
}

#[test]
fn a_folder_is_found_by_every_name_that_people_use_for_it() {
    let user = User::signed_in();
    let id = user.world.gmail(|gmail| gmail.label_id("Work/Invoices")).unwrap();
    let list = |name: &str| user.run(&["list", "--folder", name]).rows();
    let by_name = list("Work/Invoices");
    assert!(!by_name.is_empty());
    for name in [id.as_str(), "work/invoices", "WORK/INVOICES"] {
        assert_eq!(list(name), by_name, "{name}");
    }
    let sent = list("SENT");
    for name in ["Sent", "sent mail", "[Gmail]/Sent Mail", "[Google Mail]/sent mail"] {
        assert_eq!(list(name), sent, "{name}");
    }
    for name in ["Bin", "Trash", "[Gmail]/Trash", "deleted items"] {
        list(name);
    }
    assert_eq!(list("[Gmail]/All Mail"), list("ALL"));
}

#[test]
fn an_unknown_folder_is_not_found_and_the_nearest_are_named() {
    let user = User::signed_in();
    let error = user.run(&["list", "--folder", "Work/Invoces"]).fails(5);
    assert!(error["hint"].as_str().unwrap().contains("Work/Invoices"), "{error}");
    let error = user.run(&["list", "--folder", "qqqq"]).fails(5);
    assert!(error["hint"].as_str().unwrap().contains("folders"), "{error}");
}

#[test]
fn folders_are_counted_by_one_batch() {
    let user = User::signed_in();
    let rows = user.run(&["folders", "--counts"]).rows();
    let invoices = rows.iter().find(|r| r["name"] == "Work/Invoices").unwrap();
    assert_eq!(members(invoices), ["name", "id", "type", "total", "unread"]);
    let listed = user.run(&["list", "--folder", "Work/Invoices", "--limit", "1000"]).rows();
    assert_eq!(invoices["total"], listed.len());
    assert_eq!(invoices["type"], "user");
    assert_eq!(user.world.gmail(|gmail| gmail.batches.len()), 1 + 1);
    assert_eq!(user.run(&["exec", "list_folders", r#"{"counts":true}"#]).rows(), rows);
}

#[test]
fn a_search_that_names_a_folder_looks_there_unless_folder_is_given() {
    let user = User::signed_in();
    let archived = user.receive_in(&["Work/Invoices"], "From: x@x.example\nSubject: zanzibar\n\nhi\n");
    assert_eq!(user.run(&["search", "subject:zanzibar"]).done().json(), json!([]));
    for criteria in [
        "label:work-invoices subject:zanzibar",
        "in:anywhere subject:zanzibar",
        "subject:zanzibar (in:anywhere)",
    ] {
        assert_eq!(uids(&user.run(&["search", criteria]).rows()), [archived.as_str()], "{criteria}");
    }
    let kept = user.run(&["search", "in:anywhere subject:zanzibar", "--folder", "INBOX"]).json();
    assert_eq!(kept, json!([]));
    for criteria in ["\"in:anywhere\" subject:zanzibar", "-in:chats subject:zanzibar"] {
        assert_eq!(user.run(&["search", criteria]).done().json(), json!([]), "{criteria}");
    }
}

#[test]
fn imap_criteria_reach_gmail_translated_and_gmail_syntax_reaches_it_unchanged() {
    let user = User::signed_in();
    let asked = |criteria: &[&str]| {
        user.world.clear_log();
        user.run(&[&["search"], criteria].concat()).json();
        let log = user.world.log();
        let query = log.first().map(|e| e.query.clone()).unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == "q").map(|(_, q)| q.into_owned())
    };
    assert_eq!(asked(&["UNSEEN FROM \"alice\""]).as_deref(), Some("is:unread from:alice"));
    assert_eq!(asked(&["from:bob  has:attachment"]).as_deref(), Some("from:bob  has:attachment"));
    assert_eq!(asked(&["UNSEEN", "--syntax", "gmail"]).as_deref(), Some("UNSEEN"));
    assert_eq!(asked(&["ALL"]), None);
    let error = user.run(&["search", "SINCE 31-Feb-2025"]).fails(2);
    assert!(error["message"].as_str().unwrap().contains("31-Feb-2025"), "{error}");
    user.run(&["search", "ANSWERED"]).fails(2);
    user.run(&["search", "hello", "--syntax", "imap"]).fails(2);
}

#[test]
fn dates_are_days_of_the_users_zone() {
    let user = User::signed_in();
    user.run(&["search", "SINCE 01-Jan-2025"]).env("TZ", "CET-1").json();
    let query = user.world.log()[0].query.clone();
    assert!(query.contains(&format!("after%3A{}", 1_735_689_600 - 3600 - 1)), "{query}");
}

#[test]
fn ids_in_criteria_are_fetched_directly_and_deleted_mail_is_searched_in_the_trash() {
    let user = User::signed_in();
    let id = user.inbox(1).remove(0);
    assert_eq!(uids(&user.run(&["search", &format!("UID {id}")]).rows()), [id.as_str()]);
    assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/messages"), 0);
    user.receive_in(&["TRASH"], "From: x@x.example\nSubject: binned\n\n.\n");
    assert_eq!(user.run(&["search", "DELETED SUBJECT \"binned\""]).rows().len(), 1);
}

#[test]
fn a_list_that_breaks_off_prints_the_rows_it_has_and_ends_as_partial() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(600));
    for format in ["json", "jsonl"] {
        let page = Fault::on(GMAIL_HOST).method("GET").path("/gmail/v1/users/me/messages").skip(1).always();
        user.world.fault(page.status(403, &[("Content-Type", "text/html")], "<!DOCTYPE html>no"));
        let done = user.run(&["list", "--folder", "all", "--limit", "700", "--format", format]).done();
        let rows = if format == "json" { done.json().as_array().unwrap().len() } else { done.lines().len() };
        assert_eq!((done.code, rows), (9, 500), "{format}");
        let error = done.error();
        assert_eq!((&error["code"], &error["rows"]), (&json!("partial"), &json!(500)));
        assert_eq!(error["cause"], "network_refused");
        user.world.clear_faults();
    }
}

#[test]
fn a_list_whose_token_expires_continues_with_a_new_one_and_repeats_no_row() {
    let user = User::with_refresh_token();
    user.world.gmail(|gmail| gmail.bulk(600));
    let second_page = Fault::on(GMAIL_HOST).method("GET").path("/gmail/v1/users/me/messages").skip(1);
    user.world.fault(second_page.unauthenticated());
    let done = user.run(&["list", "--folder", "all", "--limit", "700", "--format", "jsonl"]).done();
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let rows: std::collections::HashSet<&str> = done.stdout.lines().collect();
    assert_eq!((rows.len(), done.lines().len()), (700, 700));
}

#[test]
fn a_list_that_was_cut_tells_a_person_how_much_there_is() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(700));
    let text = |line: &[&str]| user.run(&[line, &["--format", "table"]].concat()).done();
    for line in
        [&["list"][..], &["search", "in:inbox"], &["list", "--threads"], &["draft", "list", "--limit", "1"]]
    {
        let done = text(line);
        let rows = done.stdout.lines().count() - 1;
        // The sandbox estimates as roughly as Gmail.
        assert_eq!(done.stderr, format!("note: {rows} of about 201 (--limit, --all)\n"), "{line:?}");
        assert_eq!(text(&[line, &["--quiet"]].concat()).stderr, "");
        for format in ["json", "jsonl", "tsv"] {
            assert_eq!(
                user.run(&[line, &["--format", format]].concat()).done().stderr,
                "",
                "{line:?} {format}"
            );
        }
    }
    let many = text(&["list", "--limit", "600"]);
    assert!(many.stderr.contains("600 of about 601 "), "{}", many.stderr);
    let all = text(&["list", "--all"]);
    assert_eq!((all.stdout.lines().count() - 1, all.stderr.as_str()), (user.inbox(5000).len(), ""));
    assert_eq!(
        user.run(&["exec", "search_messages", r#"{"all":true}"#]).rows().len(),
        user.inbox(5000).len()
    );
    user.run(&["list", "--all", "--limit", "3"]).fails(2);
    if let Some(screen) = user.at_terminal("mcs-gmail list --limit 5") {
        assert!(screen.contains("5 of about 201 (--limit, --all)"), "{screen}");
    }
}
