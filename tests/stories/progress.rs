//! What a person sees of work that takes longer than a second, and that nobody else sees anything of it.

use std::time::Duration;

use serde_json::json;

use crate::{
    kit::User,
    sandbox::{Fault, GMAIL_HOST},
};

const SIZE: (usize, usize) = (100, 24);
/// Longer than the second for which nothing is said.
const SLOW: Duration = Duration::from_millis(1_300);

fn slow(user: &User, path: &str, skip: usize) {
    user.world.fault(Fault::on(GMAIL_HOST).path(path).skip(skip).delay(SLOW));
}

fn mail(n: usize) -> String {
    format!("From: b@example.org\nSubject: s{n}\nMessage-ID: <{n}@x>\n\nhi\n")
}

#[test]
fn a_slow_request_shows_whom_it_waits_for_and_a_fast_one_shows_nothing() {
    let user = User::signed_in();
    let line = "mcs-gmail list --limit 3 --format json > /dev/null";
    let Some(screen) = user.at_terminal_of(SIZE, line) else { return };
    assert_eq!(screen, "");
    slow(&user, "/batch", 0);
    let screen = user.at_terminal_of(SIZE, line).unwrap();
    assert!(screen.contains("waiting for gmail.googleapis.com"), "{screen:?}");
    // It leaves nothing behind: the last thing is that its line is cleared.
    assert!(screen.trim_end().ends_with("\u{1b}[2K"), "{screen:?}");
}

#[test]
fn nobody_but_a_person_at_a_terminal_sees_progress() {
    let user = User::signed_in();
    slow(&user, "/gmail/v1/users/me/messages", 0);
    let done = user.run(&["list", "--limit", "3", "--format", "table"]).done();
    assert_eq!((done.code, done.stderr.contains("waiting")), (0, false), "{done:?}");
    slow(&user, "/batch", 0);
    let Some(screen) =
        user.at_terminal_of(SIZE, "mcs-gmail list --limit 3 --quiet --format json > /dev/null")
    else {
        return;
    };
    assert_eq!(screen, "");
}

#[test]
fn a_terminal_that_cannot_draw_gets_one_plain_line() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(1_200));
    slow(&user, "/gmail/v1/users/me/messages", 0);
    slow(&user, "/gmail/v1/users/me/messages", 1);
    let line = "TERM=dumb mcs-gmail list --limit 1200 --format json > /dev/null";
    let Some(screen) = user.at_terminal_of(SIZE, line) else { return };
    assert_eq!(screen.lines().count(), 1, "{screen:?}");
    assert!(screen.contains("...") && !screen.contains('\u{1b}'), "{screen:?}");
}

#[test]
fn long_work_is_shown_with_a_count() {
    let user = User::signed_in();
    user.world.gmail(|gmail| gmail.bulk(1_100));
    let ids = user.inbox(3);
    let mbox: String =
        (0..3).map(|n| format!("From b@example.org Fri Nov 20 10:00:00 2026\n{}\n", mail(n))).collect();
    user.write_file("in.mbox", mbox);
    let messages = "/gmail/v1/users/me/messages";
    for (line, path, skip, shown) in [
        ("mcs-gmail list --limit 1100 --format json > /dev/null".to_owned(), messages, 1, "listing, "),
        (
            "mcs-gmail star --query subject:bulk --yes > /dev/null".to_owned(),
            "/gmail/v1/users/me/messages/batchModify",
            1,
            "changing, 1,000 of 1,100 messages",
        ),
        (
            format!("mcs-gmail read {} > /dev/null", user.inbox(12).join(" ")),
            "/batch/gmail/v1",
            1,
            "reading, 10 of 12 messages",
        ),
        (
            format!("mcs-gmail export {} --out out/ > /dev/null", ids.join(" ")),
            &*format!("{messages}/{}", ids[2]),
            0,
            "exporting, 2 of 3 messages",
        ),
        (
            "mcs-gmail import in.mbox > /dev/null".to_owned(),
            "/gmail/v1/users/me/messages/import",
            1,
            "importing, 1 message so far",
        ),
    ] {
        slow(&user, path, skip);
        let line = format!("cd {}; {line}", user.home().display());
        let Some(screen) = user.at_terminal_of(SIZE, &line) else { return };
        assert!(screen.contains(shown), "{line}: {screen:?}");
    }
}

#[test]
fn a_retry_says_why_and_when() {
    let user = User::signed_in();
    let limited =
        json!({"error": {"code": 429, "message": "slow down", "errors": [{"reason": "rateLimitExceeded"}]}});
    let headers = [("retry-after", "2"), ("content-type", "application/json")];
    let fault = Fault::on(GMAIL_HOST).path("/gmail/v1/users/me/messages");
    user.world.fault(fault.status(429, &headers, limited.to_string()));
    let Some(screen) = user.at_terminal_of(SIZE, "mcs-gmail list --limit 3 > /dev/null") else { return };
    assert!(screen.contains("rate limited, trying again in 2 s"), "{screen:?}");
}
