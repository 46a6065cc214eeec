//! Exactly once: whatever the network does to a send, there is never a second message and never a wrong report.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    kit::{User, for_each_in_parallel},
    sandbox::{Event, Fault, GMAIL_HOST, Verdict, gmail::Gmail},
};

const SEND: &str = "/gmail/v1/users/me/messages/send";
const ARGS: [&str; 7] = ["send", "--to", "bob@example.org", "--subject", "once", "--body", "x"];

fn posts(user: &User) -> usize {
    user.world.count(GMAIL_HOST, "POST", SEND)
}

/// With an access token, and a refresh token to renew it with.
fn renewable() -> User {
    let user = User::with_refresh_token();
    user.cache_access_token();
    user
}

#[test]
fn a_send_whose_answer_was_lost_is_found_in_the_mailbox() {
    for own_id_is_kept in [true, false] {
        let user = User::signed_in();
        user.world.gmail(|g| g.omit_message_id_on_send = !own_id_is_kept);
        user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_after());
        let result = user.run(&ARGS).json();
        assert_eq!((&result["status"], &result["verified"]), (&json!("sent"), &json!(true)));
        assert_eq!(result["id"], user.world.gmail(|g| g.sent()[0].id.clone()));
        assert_eq!((posts(&user), user.sent()), (1, 1));
    }
}

#[test]
fn a_5xx_after_the_message_was_sent_is_looked_up() {
    let user = User::signed_in();
    user.world.gmail(|g| g.lose_answer("messages.send", 503, 1));
    let result = user.run(&ARGS).json();
    assert_eq!(result["verified"], true);
    assert_eq!((posts(&user), user.sent()), (1, 1));
}

#[test]
fn what_cannot_be_found_is_unknown_and_not_sent_again() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_before());
    let error = user.run(&ARGS).fails(9);
    assert_eq!(error["code"], "unknown");
    assert!(error["message_id"].as_str().unwrap().ends_with("@example.com>"));
    assert!(error["hint"].as_str().unwrap().contains("rfc822msgid:"));
    assert_eq!((posts(&user), user.sent()), (1, 0));
}

#[test]
fn temporary_refusals_are_retried_and_a_refused_token_is_renewed() {
    for (status, reason) in [(429, "rateLimitExceeded"), (403, "userRateLimitExceeded")] {
        let user = User::signed_in();
        user.world.gmail(|g| g.fail_part("messages/send", status, reason, 1));
        assert!(user.run(&ARGS).json().get("verified").is_none());
        assert_eq!((posts(&user), user.sent()), (2, 1));
    }
    let user = renewable();
    user.world.gmail(|g| g.fail_part("messages/send", 401, "authError", 1));
    assert_eq!(user.run(&ARGS).json()["status"], "sent");
    assert_eq!((posts(&user), user.sent()), (2, 1));
}

#[test]
fn a_connection_that_was_never_made_is_retried() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).method("CONNECT").status(503, &[], "busy"));
    assert_eq!(user.run(&ARGS).json()["status"], "sent");
    assert_eq!((posts(&user), user.sent()), (1, 1));
}

#[test]
fn a_token_refused_during_the_look_up_never_leads_to_a_second_send() {
    let user = renewable();
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_after());
    user.world.gmail(|g| g.fail_part("/gmail/v1/users/me/messages", 401, "authError", 1));
    // The 401 would be the answer to the send itself; its fault drops the answer in either case.
    let done = user.run(&ARGS).done();
    assert!(user.sent() <= 1, "{done:?}");
    assert_eq!(posts(&user), 1);
}

#[test]
fn without_a_way_to_renew_an_ambiguous_send_ends_as_unknown_and_not_as_a_sign_in() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_after());
    let search = Fault::on(GMAIL_HOST).method("GET").path("/gmail/v1/users/me/messages");
    user.world.fault(search.always().unauthenticated());
    assert_eq!(user.run(&ARGS).fails(9)["code"], "unknown");
    assert_eq!((posts(&user), user.sent()), (1, 1));
}

fn with_key<'a>(key: &'a str, subject: &'a str) -> Vec<&'a str> {
    vec!["send", "--to", "bob@example.org", "--subject", subject, "--body", "x", "--idempotency-key", key]
}

#[test]
fn the_same_key_sends_once_and_answers_with_the_first_result() {
    let user = User::signed_in();
    let first = user.run(&with_key("invoice-7", "once")).json();
    user.world.clear_log();
    let second = user.run(&with_key("invoice-7", "once")).json();
    assert_eq!(first, second);
    assert!(user.world.log().is_empty());
    let error = user.run(&with_key("invoice-7", "another")).fails(2);
    assert!(error["message"].as_str().unwrap().contains("idempotency_key"));
    user.run(&with_key("invoice-8", "another")).json();
    assert_eq!(user.sent(), 2);
    user.run(&with_key("a\nb", "x")).fails(2);
    let a_week = 7.0 * 86_400.0;
    assert!((user.lifetime_of("mcs-gmail:sent:invoice-7") - a_week).abs() < 60.0);
}

#[test]
fn a_damaged_note_never_leads_to_a_second_send() {
    let user = User::signed_in();
    let first = user.run(&with_key("invoice-7", "Invoice 7")).json();
    for damaged in ["[]", "7", "null", "garbage", "{}", r#"{"fingerprint":null}"#] {
        user.edit_cache(|cache| cache["mcs-gmail:sent:invoice-7"]["v"] = damaged.into());
        let error = user.run(&with_key("invoice-7", "Invoice 7")).fails(2);
        assert!(error["message"].as_str().unwrap().contains("idempotency_key"), "{damaged}: {error}");
    }
    assert_eq!(posts(&user), 1);

    // A result from another version may have members that this one does not know.
    let user = User::signed_in();
    assert_eq!(user.run(&with_key("invoice-7", "Invoice 7")).json()["status"], first["status"]);
    user.edit_cache(|cache| {
        let mut note: Value =
            serde_json::from_str(cache["mcs-gmail:sent:invoice-7"]["v"].as_str().unwrap()).unwrap();
        note["result"]["later"] = true.into();
        note.as_object_mut().unwrap().remove("lookup_id");
        cache["mcs-gmail:sent:invoice-7"]["v"] = note.to_string().into();
    });
    assert_eq!(user.run(&with_key("invoice-7", "Invoice 7")).json()["later"], true);
    assert_eq!(posts(&user), 1);
}

#[test]
fn a_run_that_was_killed_after_the_post_is_looked_up_by_the_next_one() {
    let user = User::signed_in();
    let search = user.world.hold(Fault::on(GMAIL_HOST).method("GET").path("/gmail/v1/users/me/messages"));
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_after());
    let running = user.run(&with_key("k", "once")).start();
    search.wait_for_arrival();
    assert_eq!(user.sent(), 1);
    running.kill();
    let result = user.run(&with_key("k", "once")).json();
    assert_eq!((&result["status"], &result["verified"]), (&json!("sent"), &json!(true)));
    assert_eq!(result["recipients"]["to"], json!(["bob@example.org"]));
    assert_eq!((posts(&user), user.sent()), (1, 1));
    assert_eq!(user.run(&with_key("k", "once")).json(), result);
}

#[test]
fn a_run_that_was_killed_before_the_post_is_sent_later_under_the_same_message_id() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_before());
    let error = user.run(&with_key("k", "once")).fails(9);
    assert!(error["retry_after"].as_u64().unwrap() > 200, "{error}");
    // Still too early to know: no second send.
    user.run(&with_key("k", "once")).fails(9);
    assert_eq!((posts(&user), user.sent()), (1, 0));
    user.time_passes(Duration::from_secs(400));
    let result = user.run(&with_key("k", "once")).json();
    assert_eq!(result["message_id"], error["message_id"]);
    assert_eq!((posts(&user), user.sent()), (2, 1));
}

#[test]
fn a_run_that_was_killed_while_it_connects_leaves_the_key_free() {
    let user = User::signed_in();
    let connect = user.world.hold(Fault::on(GMAIL_HOST).method("CONNECT").status(503, &[], "busy"));
    let running = user.run(&with_key("k", "once")).start();
    connect.wait_for_arrival();
    running.kill();
    connect.release();
    assert_eq!(user.cache()["mcs-gmail:sent:k"], Value::Null);
    assert!(user.run(&with_key("k", "once")).json().get("verified").is_none());
    assert_eq!((posts(&user), user.sent()), (1, 1));
}

#[test]
fn a_send_is_on_disk_before_gmail_has_it() {
    let user = User::signed_in();
    let send = user.world.hold(Fault::on(GMAIL_HOST).path(SEND).reset_before());
    let running = user.run(&with_key("k", "once")).start();
    send.wait_for_arrival();
    running.kill();
    send.release();
    assert!(user.cache()["mcs-gmail:sent:k"]["v"].is_string());
    user.run(&with_key("k", "once")).fails(9);
    assert_eq!((posts(&user), user.sent()), (1, 0));
}

#[test]
fn a_run_that_connected_too_late_sends_nothing() {
    let user = User::signed_in();
    let connect = user.world.hold(Fault::on(GMAIL_HOST).method("CONNECT"));
    let late = user.run(&with_key("k", "once")).start();
    connect.wait_for_arrival();
    let first = user.run(&with_key("k", "once")).json();
    connect.release();
    let error = late.done().error();
    assert!(error["message"].as_str().unwrap().contains("another run is sending"), "{error}");
    assert_eq!(user.sent(), 1);
    assert_eq!(user.run(&with_key("k", "once")).json(), first);
}

#[test]
fn a_key_is_free_again_after_a_refusal() {
    let user = User::signed_in();
    user.world.gmail(|g| g.fail_part("messages/send", 403, "dailyLimitExceeded", 1));
    user.run(&with_key("k", "once")).fails(7);
    assert!(user.run(&with_key("k", "once")).json().get("verified").is_none());
    assert_eq!(user.sent(), 1);
}

#[test]
fn parallel_runs_with_one_key_send_once() {
    let user = User::signed_in();
    let running: Vec<_> = (0..6).map(|_| user.run(&with_key("k", "once")).start()).collect();
    let codes: Vec<i32> = running.into_iter().map(|r| r.done().code).collect();
    assert_eq!(user.sent(), 1, "{codes:?}");
    assert!(codes.contains(&0) && codes.iter().all(|c| [0, 8, 9].contains(c)), "{codes:?}");
}

#[test]
fn a_draft_whose_answer_was_lost_is_made_once() {
    let user = User::signed_in();
    let before = user.draft_ids().len();
    user.world.fault(Fault::on(GMAIL_HOST).method("POST").path("/gmail/v1/users/me/drafts").reset_after());
    let result = user.run(&["draft", "create", "--subject", "s", "--body", "x"]).json();
    assert_eq!((&result["status"], &result["verified"]), (&json!("drafted"), &json!(true)));
    assert_eq!(user.draft_ids().len(), before + 1);
    let id = result["id"].as_str().unwrap();
    user.run(&["draft", "update", id, "--to", "bob@example.org"]).json();
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/drafts/send").reset_after());
    let result = user.run(&["draft", "send", id]).json();
    assert_eq!((&result["status"], &result["verified"]), (&json!("sent"), &json!(true)));
    assert_eq!(user.sent(), 1);
}

const DRAFTS_SEND: &str = "/gmail/v1/users/me/drafts/send";

/// A draft of another program, with or without a Message-ID, beside a sent message that it must not be taken for.
fn foreign_draft(user: &User, id_header: &str) -> String {
    user.receive_in(&["SENT"], "To: carol@example.org\nSubject: other\nMessage-ID: <o@b>\n\nx\n");
    let raw = format!("{id_header}To: Bob <bob@example.org>\r\nSubject: once\r\n\r\nx\r\n");
    user.world.gmail(|gmail| gmail.add_draft(raw.as_bytes()))
}

#[test]
fn a_draft_of_another_program_that_was_not_sent_is_never_reported_as_sent() {
    for id_header in
        ["", "Message-ID: <own@b>\r\n", "Message-ID: <>\r\n", "X-Mcs-Gmail-Id: \r\n", "Message-ID: <o@b>\r\n"]
    {
        let user = User::signed_in();
        let id = foreign_draft(&user, id_header);
        user.world.fault(Fault::on(GMAIL_HOST).path(DRAFTS_SEND).status(503, &[], "busy"));
        let error = user.run(&["draft", "send", &id]).fails(9);
        assert_eq!((&error["code"], user.sent()), (&json!("unknown"), 0), "{id_header}");
        assert!(user.draft_ids().contains(&id));
    }
}

#[test]
fn a_draft_of_another_program_whose_answer_was_lost_is_found_by_what_it_shows() {
    for id_header in ["", "Message-ID: <own@b>\r\n"] {
        for own_id_is_kept in [true, false] {
            let user = User::signed_in();
            let id = foreign_draft(&user, id_header);
            user.world.gmail(|g| g.omit_message_id_on_send = !own_id_is_kept);
            user.world.gmail(|g| g.lose_answer("drafts.send", 503, 1));
            let result = user.run(&["draft", "send", &id]).json();
            assert_eq!((&result["status"], &result["verified"]), (&json!("sent"), &json!(true)));
            assert_eq!(result["id"], user.world.gmail(|g| g.sent()[0].id.clone()));
        }
    }
}

#[test]
fn a_message_that_only_resembles_the_draft_does_not_count_as_its_send() {
    for sent in [
        "To: bob@example.org\nSubject: other\n\nx\n",
        "To: bob@example.org, carol@example.org\nSubject: once\n\nx\n",
        "To: carol@example.org\nSubject: once\n\nx\n",
    ] {
        let user = User::signed_in();
        let id = foreign_draft(&user, "");
        user.receive_in(&["SENT"], sent);
        // Somebody deletes the draft, so that it is gone.
        let send = user.world.hold(Fault::on(GMAIL_HOST).path(DRAFTS_SEND).status(503, &[], "busy"));
        let running = user.run(&["draft", "send", &id]).start();
        send.wait_for_arrival();
        user.world.gmail(|gmail| gmail.remove_draft(&id));
        send.release();
        assert_eq!(running.done().error()["code"], "unknown");
    }
}

#[test]
fn an_earlier_message_with_the_same_id_does_not_count_as_the_send_of_a_draft() {
    let user = User::signed_in();
    user.receive_in(&["SENT"], "To: bob@example.org\nSubject: once\nMessage-ID: <own@b>\n\nx\n");
    let id = foreign_draft(&user, "Message-ID: <own@b>\r\n");
    user.world.fault(Fault::on(GMAIL_HOST).path(DRAFTS_SEND).status(503, &[], "busy"));
    user.run(&["draft", "send", &id]).fails(9);
}

#[test]
fn a_note_without_ids_finds_no_message_and_sends_none() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_before());
    user.run(&with_key("k", "once")).fails(9);
    user.edit_cache(|cache| {
        let value = &mut cache["mcs-gmail:sent:k"]["v"];
        let mut note: Value = serde_json::from_str(value.as_str().unwrap()).unwrap();
        note["message_id"] = "".into();
        note["lookup_id"] = "".into();
        *value = note.to_string().into();
    });
    user.receive_in(&["SENT"], "To: carol@example.org\nSubject: other\n\nx\n");
    user.run(&with_key("k", "once")).fails(9);
    user.time_passes(Duration::from_secs(400));
    user.run(&with_key("k", "once")).fails(9);
    assert_eq!(user.sent(), 0);
}

#[test]
fn a_key_belongs_to_the_content_of_the_attachments() {
    let user = User::signed_in();
    let file = user.write_file("a.txt", "one");
    let path = file.to_str().unwrap();
    let image = format!("logo={path}");
    for (key, extra) in [
        ("attached", ["--attach", path].as_slice()),
        ("inline", ["--html-body", "<img src=cid:logo>", "--inline", &image].as_slice()),
    ] {
        user.write_file("a.txt", "one");
        let args = [&with_key(key, "once")[..], extra].concat();
        let first = user.run(&args).json();
        assert_eq!(user.run(&args).json(), first);
        // As long as before.
        user.write_file("a.txt", "two");
        let error = user.run(&args).fails(2);
        assert!(error["message"].as_str().unwrap().contains("idempotency_key"), "{key}");
    }
    assert_eq!(user.sent(), 2);
}

/// What the network does to a send at one of the cut points.
fn cut(user: &User, number: usize) {
    let send = Fault::on(GMAIL_HOST).path(SEND);
    match number % 10 {
        0 => user.world.fault(send.reset_before()),
        1 | 2 => user.world.fault(send.reset_after()),
        3 => user.world.fault(send.garbage(b"\x00\xffHTTP/9".to_vec())),
        4 => user.world.gmail(|g| g.lose_answer("messages.send", 500 + (number as u16 % 5), 1)),
        // A step of any exchange of the run, on either side of the service.
        8 | 9 => {
            let mut left = 1 + number / 10 % 8;
            user.world.on_event(move |event: &Event| {
                let (Event::Request { host, .. } | Event::Answer { host, .. }) = event;
                left = left.saturating_sub(usize::from(host == GMAIL_HOST));
                if left == 0 {
                    left = usize::MAX;
                    return Verdict::Cut;
                }
                Verdict::Go
            });
        }
        // So many bytes of the answer.
        _ => user.world.fault(send.truncate(number * 7 % 160)),
    }
}

/// One send through a cut; true when it was reported as sent.
fn one_cut(user: &User, number: usize) -> bool {
    user.world.on_event(|_| Verdict::Go);
    user.world.gmail(|g| {
        *g = Gmail::empty(number as u64);
        g.omit_message_id_on_send = number.is_multiple_of(3);
    });
    cut(user, number);
    let done = user.run(&[&ARGS[..], &["--timeout", "600"]].concat()).done();
    let sent = user.sent();
    assert!(sent <= 1, "{number}: {sent} messages, {done:?}");
    match done.code {
        0 => {
            assert_eq!((sent, &done.json()["status"]), (1, &json!("sent")), "{number}");
            assert_eq!(done.json()["id"], user.world.gmail(|g| g.sent()[0].id.clone()), "{number}");
            true
        }
        9 => {
            assert_eq!(done.error()["code"], "unknown");
            false
        }
        // Nothing was reported, and nothing happened.
        code => {
            assert!(sent == 0 && [1, 7, 8].contains(&code), "{number}: {sent} messages, {done:?}");
            false
        }
    }
}

#[test]
fn two_hundred_cuts_make_no_second_message_and_no_wrong_report() {
    const WORLDS: usize = 67;
    let found = AtomicUsize::new(0);
    for_each_in_parallel(0..WORLDS, |first| {
        let user = User::signed_in();
        let cuts = (first..200).step_by(WORLDS).filter(|number| one_cut(&user, *number)).count();
        found.fetch_add(cuts, Ordering::SeqCst);
    });
    // Most of them did reach the mailbox, and that was found out.
    assert!(found.into_inner() > 100);
}
