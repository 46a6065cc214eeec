//! Exactly once: whatever the network does to a send, there is never a second message and never a wrong claim.

use serde_json::{Value, json};

use crate::{
    kit::User,
    sandbox::{Event, Fault, GMAIL_HOST, Verdict, gmail::Gmail},
};

const SEND: &str = "/gmail/v1/users/me/messages/send";
const ARGS: [&str; 9] =
    ["send", "--to", "bob@example.org", "--subject", "once", "--body", "x", "--timeout", "20"];

fn posts(user: &User) -> usize {
    user.world.count(GMAIL_HOST, "POST", SEND)
}

fn sent(user: &User) -> usize {
    user.world.gmail(|g| g.send_count())
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
        assert_eq!((posts(&user), sent(&user)), (1, 1));
    }
}

#[test]
fn a_5xx_after_the_work_was_done_is_looked_up() {
    let user = User::signed_in();
    user.world.gmail(|g| g.lose_answer("messages.send", 503, 1));
    let result = user.run(&ARGS).json();
    assert_eq!(result["verified"], true);
    assert_eq!((posts(&user), sent(&user)), (1, 1));
}

#[test]
fn what_cannot_be_found_is_unknown_and_not_sent_again() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_before());
    let error = user.run(&ARGS).fails(9);
    assert_eq!(error["code"], "unknown");
    assert!(error["message_id"].as_str().unwrap().ends_with("@example.com>"));
    assert!(error["hint"].as_str().unwrap().contains("rfc822msgid:"));
    assert_eq!((posts(&user), sent(&user)), (1, 0));
}

#[test]
fn refusals_that_pass_are_waited_out_and_a_refused_token_is_renewed() {
    for (status, reason) in [(429, "rateLimitExceeded"), (403, "userRateLimitExceeded")] {
        let user = User::signed_in();
        user.world.gmail(|g| g.fail_part("messages/send", status, reason, 1));
        assert_eq!(user.run(&ARGS).json()["verified"], false);
        assert_eq!((posts(&user), sent(&user)), (2, 1));
    }
    let user = User::new();
    let login = user.world.signed_in_refresh_token();
    let token = user.world.issue_google_token(&crate::sandbox::FULL_SCOPES, 3600);
    user.write_cache(&json!({
        "rt:mcs-sandbox.eu.auth0.com": {"v": login}, "at:gmail": {"v": token, "exp": 4_000_000_000.0},
    }));
    user.world.gmail(|g| g.fail_part("messages/send", 401, "authError", 1));
    assert_eq!(user.run(&ARGS).json()["status"], "sent");
    assert_eq!((posts(&user), sent(&user)), (2, 1));
}

#[test]
fn a_connection_that_never_came_about_is_tried_again() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).method("CONNECT").status(503, &[], "busy"));
    assert_eq!(user.run(&ARGS).json()["status"], "sent");
    assert_eq!((posts(&user), sent(&user)), (1, 1));
}

#[test]
fn a_token_refused_during_the_look_up_never_leads_to_a_second_send() {
    let user = User::new();
    let login = user.world.signed_in_refresh_token();
    let token = user.world.issue_google_token(&crate::sandbox::FULL_SCOPES, 3600);
    user.write_cache(&json!({
        "rt:mcs-sandbox.eu.auth0.com": {"v": login}, "at:gmail": {"v": token, "exp": 4_000_000_000.0},
    }));
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_after());
    user.world.gmail(|g| g.fail_part("/gmail/v1/users/me/messages", 401, "authError", 1));
    // The ordered 401 would strike the send itself; its fault swallows the answer of either.
    let done = user.run(&ARGS).done();
    assert!(sent(&user) <= 1, "{done:?}");
    assert_eq!(posts(&user), 1);
}

#[test]
fn without_a_way_to_renew_a_doubtful_send_ends_as_unknown_and_not_as_a_sign_in() {
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_after());
    let unauthorized = r#"{"error":{"code":401,"message":"Invalid Credentials"}}"#;
    user.world.fault(
        Fault::on(GMAIL_HOST).method("GET").path("/gmail/v1/users/me/messages").always().status(
            401,
            &[("Content-Type", "application/json")],
            unauthorized,
        ),
    );
    assert_eq!(user.run(&ARGS).fails(9)["code"], "unknown");
    assert_eq!((posts(&user), sent(&user)), (1, 1));
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
    assert_eq!(sent(&user), 2);
    user.run(&with_key("a\nb", "x")).fails(2);
    let expires = user.cache()["mcs-gmail:sent:invoice-7"]["exp"].as_f64().unwrap();
    let week = std::time::Duration::from_secs(7 * 86_400);
    let in_a_week = user.cache_file().metadata().unwrap().modified().unwrap() + week;
    let in_a_week = in_a_week.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((expires - in_a_week).abs() < 60.0);
}

#[test]
fn a_run_that_was_killed_after_the_post_is_looked_up_by_the_next_one() {
    let user = User::signed_in();
    user.world.fault(
        Fault::on(GMAIL_HOST)
            .path("/gmail/v1/users/me/messages")
            .method("GET")
            .delay(std::time::Duration::from_secs(2)),
    );
    user.world.fault(Fault::on(GMAIL_HOST).path(SEND).reset_after());
    let mut child = user.run(&with_key("k", "once")).start();
    while sent(&user) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let result = user.run(&with_key("k", "once")).json();
    assert_eq!((&result["status"], &result["verified"]), (&json!("sent"), &json!(true)));
    assert_eq!(result["recipients"]["to"], json!(["bob@example.org"]));
    assert_eq!((posts(&user), sent(&user)), (1, 1));
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
    assert_eq!((posts(&user), sent(&user)), (1, 0));
    user.edit_cache(|cache| {
        let entry = &mut cache["mcs-gmail:sent:k"]["v"];
        let mut record: Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
        record["at"] = json!(record["at"].as_f64().unwrap() - 400.0);
        *entry = record.to_string().into();
    });
    let result = user.run(&with_key("k", "once")).json();
    assert_eq!(result["message_id"], error["message_id"]);
    assert_eq!((posts(&user), sent(&user)), (2, 1));
}

#[test]
fn a_key_is_free_again_after_a_refusal() {
    let user = User::signed_in();
    user.world.gmail(|g| g.fail_part("messages/send", 403, "dailyLimitExceeded", 1));
    user.run(&with_key("k", "once")).fails(7);
    assert_eq!(user.run(&with_key("k", "once")).json()["verified"], false);
    assert_eq!(sent(&user), 1);
}

#[test]
fn parallel_runs_with_one_key_send_once() {
    let user = User::signed_in();
    let children: Vec<_> = (0..6).map(|_| user.run(&with_key("k", "once")).start()).collect();
    let codes: Vec<i32> = children.into_iter().map(|c| crate::kit::finished(&user, c).code).collect();
    assert_eq!(sent(&user), 1, "{codes:?}");
    assert!(codes.contains(&0) && codes.iter().all(|c| [0, 8, 9].contains(c)), "{codes:?}");
}

#[test]
fn a_draft_whose_answer_was_lost_is_made_once() {
    let user = User::signed_in();
    let before = user.world.gmail(|g| g.draft_ids().len());
    user.world.fault(Fault::on(GMAIL_HOST).method("POST").path("/gmail/v1/users/me/drafts").reset_after());
    let result = user.run(&["draft", "create", "--subject", "s", "--body", "x"]).json();
    assert_eq!((&result["status"], &result["verified"]), (&json!("drafted"), &json!(true)));
    assert_eq!(user.world.gmail(|g| g.draft_ids().len()), before + 1);
    let id = result["id"].as_str().unwrap();
    user.run(&["draft", "update", id, "--to", "bob@example.org"]).json();
    user.world.fault(Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/drafts/send").reset_after());
    let result = user.run(&["draft", "send", id]).json();
    assert_eq!((&result["status"], &result["verified"]), (&json!("sent"), &json!(true)));
    assert_eq!(sent(&user), 1);
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
    let mut args = ARGS;
    args[8] = "6";
    let done = user.run(&args).done();
    let sent = sent(user);
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
        // Nothing was claimed, and nothing happened.
        code => {
            assert!(sent == 0 && [1, 7, 8].contains(&code), "{number}: {sent} messages, {done:?}");
            false
        }
    }
}

/// The cuts of one world, one after the other.
fn cuts(first: usize, step: usize) -> usize {
    let user = User::signed_in();
    (first..200).step_by(step).filter(|number| one_cut(&user, *number)).count()
}

#[test]
fn two_hundred_cuts_make_no_second_message_and_no_wrong_claim() {
    let workers: Vec<_> = (0..7).map(|first| std::thread::spawn(move || cuts(first, 7))).collect();
    let found: usize = workers.into_iter().map(|w| w.join().unwrap()).sum();
    // Most of them did reach the mailbox, and that was found out.
    assert!(found > 100, "{found}");
}
