//! Single messages, threads and the mailbox itself: what a person would see, and nothing else.

use serde_json::{Value, json};

use crate::{
    kit::{DEFAULT_TIMEOUT, PATIENCE, User, column, for_each_in_parallel, members},
    sandbox::{Fault, GMAIL_HOST},
};

fn body(message: &Value) -> &str {
    message["body"].as_str().unwrap()
}

#[test]
fn text_that_a_sender_hid_from_people_is_hidden_from_the_model_and_counted() {
    let user = User::signed_in();
    let message = user.run(&["read", &user.id_of("Lunch tomorrow?")]).json();
    assert_eq!(body(&message).trim(), "Lunch tomorrow?");
    let removed = message["removed"].as_object().unwrap();
    let total: u64 = removed.values().filter_map(Value::as_u64).sum();
    assert!(total >= 9, "{message}");
    assert!(!message["body"].to_string().contains("SYSTEM"));

    let invisible = user.run(&["read", &user.id_of("See you at eight")]).json();
    assert_eq!(body(&invisible).trim(), "See you at eight.");
    assert!(invisible["removed"].is_object(), "{invisible}");
}

#[test]
fn everything_that_a_sender_wrote_is_named_as_untrusted() {
    let user = User::signed_in();
    let message = user.run(&["read", &user.id_of("Important notice for assistants"), "--headers"]).json();
    let untrusted: Vec<&str> =
        message["untrusted"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    for name in ["from", "to", "subject", "snippet", "body", "headers", "message_id"] {
        assert!(untrusted.contains(&name), "{name}: {untrusted:?}");
    }
    for name in ["uid", "thread_id", "labels", "internal_date", "size"] {
        assert!(!untrusted.contains(&name), "{name}");
    }
}

#[test]
fn a_message_is_shown_in_every_form_of_its_body() {
    let user = User::signed_in();
    let id = user.receive("From: Bob <bob@example.org>\nTo: ada@example.com\nSubject: Forms\nMessage-ID: <forms@example.org>\n\
         MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n\
         plain words\n--b\nContent-Type: text/html\n\n<p>rich <b>words</b></p>\n--b--\n",
    );
    let read = |kind: &str| user.run(&["read", &id, "--body", kind]).json();
    let text = read("text");
    assert_eq!((body(&text).trim(), &text["body_type"]), ("plain words", &json!("text")));
    let html = read("html");
    assert_eq!((body(&html).trim(), &html["body_type"]), ("<p>rich <b>words</b></p>", &json!("html")));
    let none = read("none");
    assert_eq!((body(&none), &none["body_type"]), ("", &json!("none")));
    let raw = read("raw");
    assert!(body(&raw).starts_with("From: Bob") && body(&raw).contains("--b--"), "{raw}");
    assert_eq!(raw["body_type"], "raw");
    for message in [&text, &html, &none, &raw] {
        assert_eq!(message["subject"], "Forms");
        assert_eq!(message["from"], "Bob <bob@example.org>");
        assert_eq!(message["message_id"], "<forms@example.org>");
        assert!(message["internal_date"].as_str().unwrap().ends_with('Z'));
    }
}

#[test]
fn a_large_body_that_gmail_stores_separately_is_fetched_and_can_be_truncated() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.inline_limit = 1000);
    let words = "All the words of a long letter. ".repeat(2_000);
    let id = user.receive(&format!(
        "From: b@example.org\nSubject: Long\nContent-Type: text/plain; charset=utf-8\n\n{words}\n"
    ));
    let whole = user.run(&["read", &id]).json();
    assert_eq!(body(&whole).trim(), words.trim());
    assert_eq!(
        user.world.count(GMAIL_HOST, "GET", &format!("/gmail/v1/users/me/messages/{id}/attachments")),
        1
    );
    let cut = user.run(&["read", &id, "--max-body", "100"]).json();
    assert!(body(&cut).chars().count() <= 100);
    assert_eq!(cut["truncated"]["shown"], body(&cut).chars().count());
    user.run(&["read", &id, "--body", "none"]).json();
    assert_eq!(
        user.world.count(GMAIL_HOST, "GET", &format!("/gmail/v1/users/me/messages/{id}/attachments")),
        2
    );
}

#[test]
fn quoted_history_is_folded_and_all_headers_are_shown_on_request() {
    let user = User::signed_in();
    let id = user.receive("From: b@example.org\nSubject: Re: plan\nX-Own: yes\n\nAgreed.\n\nOn 1 May 2024, 10:00, A wrote:\n> one\n> two\n> three\n> four\n",
    );
    let whole = user.run(&["read", &id]).json();
    assert!(body(&whole).contains("> three") && whole.get("headers").is_none());
    let folded = user.run(&["read", &id, "--no-quotes", "--headers"]).json();
    assert!(body(&folded).contains("Agreed.") && !body(&folded).contains("> three"), "{folded}");
    assert!(folded["quoted_lines_folded"].as_u64().unwrap() >= 4);
    let own = folded["headers"].as_array().unwrap().iter().find(|h| h["name"] == "X-Own").unwrap();
    assert_eq!(own["value"], "yes");
}

#[test]
fn an_attached_text_is_listed_and_is_not_the_body() {
    let user = User::signed_in();
    let id = user.receive("From: b@example.org\nSubject: Attached\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nSee the notes.\n--b\nContent-Type: text/plain; name=notes.txt\n\
         Content-Disposition: attachment; filename=notes.txt\n\nnot the body\n--b--\n",
    );
    let message = user.run(&["read", &id]).json();
    assert_eq!(body(&message).trim(), "See the notes.");
    let attachment = &message["attachments"][0];
    assert_eq!((&attachment["filename"], &attachment["part_id"]), (&json!("notes.txt"), &json!("1")));
}

#[test]
fn an_unknown_id_is_not_found_and_among_several_the_others_are_still_read() {
    let user = User::signed_in();
    let id = user.id_of("Lunch tomorrow?");
    let error = user.run(&["read", "00000000000000ff"]).fails(5);
    assert_eq!(error["id"], "00000000000000ff");
    let done = user.run(&["read", &id, "00000000000000ff", "--body", "none"]).done();
    assert_eq!((done.code, &done.json()[0]["uid"]), (9, &json!(id)));
    assert_eq!(done.error()["missing"][0]["uid"], "00000000000000ff");
    user.run(&["read", "../labels"]).fails(2);
}

#[test]
fn a_newsletter_of_100_kb_becomes_a_text_of_less_than_8_kb() {
    let user = User::signed_in();
    let mut html =
        String::from("<html><style>.pre{display:none}</style><div class=pre>preheader</div><table>");
    for n in 0..40 {
        let tracker =
            format!("https://click.example.com/ls/click?upn={}&amp;utm_source=nl", "Ab3_".repeat(150));
        let style = "padding:20px;font-family:Helvetica,Arial,sans-serif;".repeat(34);
        html += &format!(
            "<tr><td style='{style}'><h2>Article {n}</h2><p>Two sentences. They are short.</p>\
             <a href='{tracker}'><img src='https://img.example.com/{n}.jpg' alt=''></a></td></tr>"
        );
    }
    html += "</table><img src='https://track.example.com/open.gif' width=1 height=1></html>";
    let id = user.receive(&format!(
        "From: News <n@example.com>\nSubject: Weekly\nContent-Type: text/html; charset=utf-8\n\n{html}\n"
    ));
    assert!(html.len() > 100_000, "{}", html.len());
    let message = user.run(&["read", &id]).json();
    assert!(body(&message).len() < 8_000, "{} bytes", body(&message).len());
    assert!(body(&message).contains("Article 39") && !body(&message).contains("preheader"));
    assert_eq!(message["body_type"], "html_to_text");
}

#[test]
fn a_thread_comes_oldest_first_with_its_quotes_folded() {
    let user = User::signed_in();
    let first =
        user.receive("From: b@example.org\nSubject: Bridge\nMessage-ID: <b1@example.org>\n\nShall we?\n");
    let reply = "From: ada@example.com\nSubject: Re: Bridge\nMessage-ID: <b2@example.org>\nIn-Reply-To: <b1@example.org>\n\
                 References: <b1@example.org>\n\nYes.\n\nOn 1 May 2024, 10:00, B wrote:\n> Shall we?\n> really\n> now\n";
    let second = user.receive(reply);
    let thread = user.run(&["thread", &first]).json();
    assert_eq!((&thread["thread_id"], &thread["subject"]), (&json!(first), &json!("Bridge")));
    let messages = thread["messages"].as_array().unwrap();
    assert_eq!(column(messages, "uid"), [first.as_str(), second.as_str()]);
    assert!(!body(&messages[1]).contains("> really"), "{thread}");
    assert_eq!(members(&messages[0])[..10], members(&user.run(&["read", &first]).json())[..10]);

    let whole = user.run(&["thread", &first, "--quotes"]).json();
    assert!(body(&whole["messages"][1]).contains("> really"));
    assert_eq!(user.run(&["thread", &second]).json(), thread, "the id of a message leads to its thread");
    let exec = json!({"thread_id": first}).to_string();
    assert_eq!(user.run(&["exec", "fetch_thread", &exec]).json(), thread);
    let error = user.run(&["thread", "00000000000000ff"]).fails(5);
    assert!(error["message"].as_str().unwrap().contains("thread"), "{error}");
}

#[test]
fn bodies_of_a_thread_that_gmail_stores_separately_are_fetched() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.inline_limit = 100);
    let words = "word ".repeat(200);
    let id = user.receive(&format!("From: b@example.org\nSubject: Apart\n\n{words}\n"));
    let thread = user.run(&["thread", &id]).json();
    assert_eq!(body(&thread["messages"][0]).trim(), words.trim());
}

#[test]
fn whoami_names_the_mailbox() {
    let user = User::signed_in();
    let profile = user.run(&["whoami"]).json();
    assert_eq!(profile["email"], "ada@example.com");
    assert_eq!(profile["messages_total"], user.world.gmail(|gmail| gmail.messages().len()));
    assert!(profile["threads_total"].is_u64() && profile["history_id"].is_string());
    assert_eq!(user.run(&["exec", "get_profile"]).json(), profile);
}

/// Calls that read, each with a path that its first request begins with.
fn calls(user: &User) -> Vec<(Vec<String>, &'static str)> {
    let id = user.id_of("Lunch tomorrow?");
    let args = |line: &str| line.replace("ID", &id).split(' ').map(str::to_owned).collect();
    vec![
        (args("folders"), "/gmail/v1/users/me/labels"),
        (args("list --limit 2"), "/gmail/v1/users/me/messages"),
        (args("search lunch"), "/gmail/v1/users/me/messages"),
        (args("read ID"), "/gmail/v1/users/me/messages"),
        (args("thread ID"), "/gmail/v1/users/me/threads"),
        (args("attachments ID"), "/gmail/v1/users/me/messages"),
        (args("whoami"), "/gmail/v1/users/me/profile"),
    ]
}

/// Every call succeeds although each of these faults strikes its first requests, one after the other.
fn all_survive(faults: &[fn(Fault) -> Fault]) {
    let number_of_calls = calls(&User::signed_in()).len();
    for_each_in_parallel(0..number_of_calls, |number| {
        let user = User::signed_in();
        let (args, path) = &calls(&user)[number];
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        for fault in faults {
            user.world.fault(fault(Fault::on(GMAIL_HOST).path(path)));
            user.run(&args).json();
        }
    });
}

#[test]
fn every_call_retries_after_temporary_trouble() {
    const QUOTA: &str =
        r#"{"error":{"code":403,"message":"Quota","errors":[{"reason":"rateLimitExceeded"}]}}"#;
    all_survive(&[
        |fault| fault.times(2).status(503, &[], ""),
        |fault| fault.status(429, &[("Retry-After", "1")], ""),
        |fault| fault.status(403, &[], QUOTA),
    ]);
}

#[test]
fn every_call_retries_after_a_broken_connection() {
    all_survive(&[
        |fault| fault.reset_before(),
        |fault| fault.reset_after(),
        |fault| fault.truncate(20),
        |fault| fault.garbage("no HTTP at all\r\n\r\n"),
    ]);
}

#[test]
fn a_wait_beyond_the_deadline_ends_the_run_at_once_and_says_when_to_retry() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).always().status(429, &[("Retry-After", "3600")], ""));
    let start = std::time::Instant::now();
    let error = user.run(&["whoami", "--timeout", "600"]).fails(7);
    assert_eq!((&error["code"], &error["retry_after"]), (&json!("rate_limited"), &json!(3600)));
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 1);
}

#[test]
fn lasting_trouble_is_temporary_and_a_hang_ends_with_the_timeout() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/profile").times(20).status(503, &[], ""));
    let error = user.run(&["whoami"]).fails(8);
    assert_eq!((&error["code"], &error["retryable"]), (&json!("temporary"), &json!(true)));
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/labels").always().hang());
    let start = std::time::Instant::now();
    let error = user.run(&["folders", "--timeout", "2"]).fails(8);
    assert_eq!(error["code"], "temporary");
    assert!(start.elapsed() < DEFAULT_TIMEOUT);
}

#[test]
fn what_gmail_refuses_for_good_is_not_requested_again() {
    let user = User::signed_in();
    let refused = json!({"error": {"errors": [{"reason": "domainPolicy"}]}});
    user.world.fault(Fault::on(GMAIL_HOST).json(403, &refused));
    assert_eq!(user.run(&["whoami"]).fails(6)["code"], "permission_denied");
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 1);
}
