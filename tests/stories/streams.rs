//! Standard streams that are closed, full, or open in the wrong direction: nothing that a run has to tell gets lost in
//! silence, and what is discarded on purpose is a success.

use std::fs::OpenOptions;

use crate::{
    kit::{LIST, Run, User, column},
    sandbox::GMAIL_HOST,
};

/// Runs it with streams redirected by a shell, such as `>&-`.
fn redirected<'u>(run: Run<'u>, how: &str) -> Run<'u> {
    run.under(&["sh", "-c", &format!("exec \"$@\" {how}"), "sh"])
}

/// A user whose cursor `inbox` was set, and then a message arrived.
fn with_news() -> User {
    let user = User::signed_in();
    user.run(&["new", "--cursor", "inbox"]).says_nothing();
    user.receive_in(&["INBOX"], "From: b@example.org\nSubject: news\n\nHello\n");
    user
}

fn news(user: &User) -> Run<'_> {
    user.run(&["new", "--cursor", "inbox"])
}

#[test]
fn news_that_cannot_be_written_are_an_error_and_come_again() {
    for how in [">&-", "1</dev/null", ">/dev/full"] {
        for format in ["json", "jsonl", "table"] {
            let user = with_news();
            let run = user.run(&["new", "--cursor", "inbox", "--format", format]);
            let done = redirected(run, how).done();
            assert_eq!(done.code, 1, "{how} {format}: {done:?}");
            assert!(done.stderr.contains("cannot write the result"), "{how} {format}: {done:?}");
            assert_eq!(column(&news(&user).rows(), "subject"), ["news"], "{how} {format}");
        }
    }
}

#[test]
fn a_run_that_has_nothing_to_tell_needs_no_stdout() {
    let user = User::signed_in();
    redirected(news(&user), ">&-").says_nothing();
    user.receive_in(&["INBOX"], "From: b@example.org\nSubject: later\n\nHello\n");
    assert_eq!(column(&news(&user).rows(), "subject"), ["later"]);
    redirected(news(&user), ">&-").says_nothing();
}

/// Programs open /dev/null for reading and writing where a shell opens it for writing only.
#[test]
fn what_is_discarded_on_purpose_is_a_success() {
    for (reads, writes) in [(false, true), (true, true)] {
        let user = with_news();
        let null = OpenOptions::new().read(reads).write(writes).open("/dev/null").unwrap();
        assert_eq!(news(&user).with_stdout(null), (Some(0), String::new()));
        news(&user).says_nothing();
    }
}

#[test]
fn a_run_whose_result_cannot_be_written_does_nothing_in_the_mailbox() {
    let user = User::signed_in();
    let id = user.inbox(1).remove(0);
    for how in [">&-", "1</dev/null"] {
        let letter = ["send", "--to", "a@example.com", "--subject", "x", "--body", "y"];
        for args in [&letter[..], &["archive", &id], &LIST, &["read", &id]] {
            let error = redirected(user.run(args), how).fails(1);
            assert!(error["hint"].as_str().unwrap().contains("/dev/null"), "{error}");
        }
    }
    assert_eq!((user.sent(), user.world.count(GMAIL_HOST, "", "")), (0, 0));
}

#[test]
fn commands_without_gmail_fail_without_stdout_too() {
    let user = User::ready_to_sign_in();
    for args in [&["--help"][..], &["tools"], &["config", "path"], &["auth", "status"], &["auth", "login"]] {
        redirected(user.run(args), ">&-").fails(1);
    }
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn the_link_reaches_stderr_when_stdout_is_closed() {
    let user = User::ready_to_sign_in();
    let done = redirected(news(&user), ">&-").done();
    // Cron's command has nothing to print on stdout.
    assert_eq!(done.code, 4, "{done:?}");
    let link = user.world.broker(|broker| broker.pending_urls()).pop().unwrap();
    assert!(done.stderr.contains(&link), "{done:?}");
}

#[test]
fn a_closed_stderr_changes_no_exit_code() {
    let user = User::signed_in();
    for (args, code) in
        [(&LIST[..], 0), (&["list", "--folder", "nowhere"], 5), (&["list", "--limit", "x"], 2)]
    {
        let done = redirected(user.run(args), "2>&-").done();
        assert_eq!((done.code, done.stderr.as_str()), (code, ""), "{args:?}");
    }
    assert_eq!(redirected(user.run(&LIST), ">&- 2>&-").done().code, 1);
    assert_eq!(redirected(User::new().run(&LIST), "2>&-").done().code, 4);
}

#[test]
fn input_from_a_closed_stdin_is_an_error_and_not_empty() {
    let user = User::signed_in();
    let letter = ["send", "--to", "a@example.com", "--subject", "x", "--body", "-"];
    for how in ["<&-", "0>/dev/null"] {
        for args in [&letter[..], &["archive", "-"], &["exec", "list_messages", "-"]] {
            let error = redirected(user.run(args), how).fails(2);
            assert!(error["message"].as_str().unwrap().contains("stdin"), "{how} {args:?}: {error}");
        }
        assert_eq!(redirected(user.run(&LIST), how).done().code, 0);
    }
    assert_eq!(user.sent(), 0);
}

#[test]
fn an_attachment_that_cannot_be_written_is_an_error() {
    let user = User::signed_in();
    let id = user.receive(
        "From: b@example.org\nSubject: file\nMIME-Version: 1.0\nContent-Type: text/plain; name=a.txt\n\
         Content-Disposition: attachment; filename=a.txt\n\nwords\n",
    );
    for how in [">&-", "1</dev/null", ">/dev/full"] {
        redirected(user.run(&["attachments", &id, "--out-dir", "-"]), how).fails(1);
    }
}
