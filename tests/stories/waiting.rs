//! Runs that wait for a person, at a terminal and elsewhere, and the commands about the sign-in itself.

use std::{
    io::Write,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    kit::{LIST, PATIENCE, Run, Running, User, files_in, install_program, url, wait_until},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault, GMAIL_HOST},
};

/// A run that has a long time to wait, at the link of its first visit.
fn waiting(user: &User) -> Running<'_> {
    let running = user.run(&["list", "--limit", "1", "--wait", "600"]).start();
    wait_until("a link is shown", || !user.world.broker(|b| b.pending_urls()).is_empty());
    running
}

/// Approves every link that turns up until the run has ended.
fn approve_until_done(user: &User, running: &mut Running) {
    wait_until("the run ends", || {
        for url in user.world.broker(|b| b.pending_urls()) {
            user.world.approve(&url).unwrap();
        }
        running.has_ended()
    });
}

#[test]
fn a_run_that_waits_continues_by_itself_over_both_visits() {
    let user = User::ready_to_sign_in();
    let mut running = waiting(&user);
    approve_until_done(&user, &mut running);
    let done = running.done();
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.json().as_array().unwrap().len(), 1);
    assert!(done.stderr.contains("visit 1 of 2") && done.stderr.contains("visit 2 of 2"), "{}", done.stderr);
}

#[test]
fn a_wait_can_be_longer_than_the_time_out_of_the_network() {
    let user = User::ready_to_sign_in();
    let mut running = user.run(&["list", "--limit", "1", "--wait", "600", "--timeout", "5"]).start();
    std::thread::sleep(Duration::from_millis(5500));
    approve_until_done(&user, &mut running);
    assert_eq!(running.done().code, 0);
}

#[test]
fn a_wait_ends_with_the_challenge_when_no_one_signs_in() {
    let user = User::ready_to_sign_in();
    let start = Instant::now();
    let challenge = user.run(&["list", "--wait", "1"]).challenge();
    assert!(start.elapsed() >= Duration::from_secs(1) && start.elapsed() < PATIENCE);
    assert!(challenge["message"].as_str().unwrap().starts_with("Authentication pending"), "{challenge}");
}

#[test]
fn a_run_that_was_not_told_to_wait_ends_at_once() {
    let user = User::new();
    for args in [&["list"][..], &["list", "--wait", "0"], &["auth", "login"]] {
        user.world.clear_log();
        user.run(args).challenge();
        assert!(user.world.count(BROKER_HOST, "GET", "/v1/sessions/") <= 1, "{args:?}");
    }
}

#[test]
fn a_link_that_expires_while_a_run_waits_is_replaced_by_a_new_one() {
    let user = User::ready_to_sign_in();
    let mut running = waiting(&user);
    user.world.grow_older(Duration::from_secs(600));
    approve_until_done(&user, &mut running);
    let done = running.done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.matches("visit 1 of 2").count() >= 2, "{}", done.stderr);
}

#[test]
fn trouble_on_the_wire_does_not_end_a_wait() {
    let user = User::ready_to_sign_in();
    user.world.fault(Fault::on(BROKER_HOST).path("/v1/sessions/").times(2).status(502, &[], "<html>"));
    let mut running = waiting(&user);
    wait_until("two polls fail", || user.world.count(BROKER_HOST, "GET", "/v1/sessions/") >= 2);
    approve_until_done(&user, &mut running);
    assert_eq!(running.done().code, 0);
}

#[test]
fn auth_login_signs_in_and_does_nothing_else_and_is_idempotent() {
    let user = User::ready_to_sign_in();
    let signed_in = json!({"signed_in": true, "account": "ada@example.com"});
    assert_eq!(user.sign_in_and_run(&["auth", "login"]).json(), signed_in);
    user.world.clear_log();
    assert_eq!(user.run(&["auth", "login"]).json(), signed_in);
    assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/profile"), 1);
    assert_eq!(user.world.log().len(), 1);
}

#[test]
fn auth_wait_returns_as_soon_as_the_link_changes_and_when_the_sign_in_is_done() {
    let user = User::ready_to_sign_in();
    let first = user.run(&["auth", "login"]).challenge();
    let mut running = user.run(&["auth", "wait"]).start();
    approve_until_done(&user, &mut running);
    let second = running.done().challenge();
    assert_eq!(second["step"], "connect_account");
    assert_ne!(url(&first), url(&second));
    let mut running = user.run(&["auth", "wait"]).start();
    approve_until_done(&user, &mut running);
    assert_eq!(running.done().json()["account"], "ada@example.com");
}

#[test]
fn auth_logout_revokes_and_forgets_our_entries_and_keeps_the_account_connected() {
    let user = User::ready_to_sign_in();
    user.sign_in();
    user.edit_cache(|cache| cache["foreign"] = json!({"v": "kept"}));
    let done = user.run(&["auth", "logout"]).json();
    assert_eq!((&done["signed_out"], &done["revoked"]), (&json!(true), &json!(true)));
    assert_eq!(user.world.auth0(|t| t.live_refresh_tokens()), 0);
    assert_eq!(user.world.auth0(|t| t.connected_accounts().len()), 1);
    let cache = user.cache();
    let mut keys: Vec<&str> = cache.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["foreign", "linkauth:privkey", "mcs-gmail:identity"]);
    assert_eq!(user.run(&LIST).challenge()["step"], "sign_in");
}

#[test]
fn auth_logout_with_disconnect_empties_the_vault() {
    let user = User::ready_to_sign_in();
    user.sign_in();
    assert_eq!(user.run(&["auth", "logout", "--disconnect"]).json()["disconnected_accounts"], 1);
    assert!(user.world.auth0(|t| t.connected_accounts()).is_empty());
}

#[test]
fn auth_logout_forgets_even_when_auth0_cannot_be_reached_and_says_so() {
    let user = User::ready_to_sign_in();
    user.sign_in();
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/revoke").always().reset_before());
    user.run(&["auth", "logout"]).fails(8);
    assert!(user.cache().get("at:gmail").is_none());
    assert_eq!(user.run(&["auth", "status"]).done().json()["signed_in"], false);
    assert_eq!(user.run(&["auth", "logout"]).json()["revoked"], false);
}

/// Runs it at a terminal of its own, where the browser is a script that writes its link into `opened`.
fn at_terminal<'u>(user: &'u User, args: &[&str]) -> Option<Run<'u>> {
    if Command::new("script").arg("--version").output().is_err() {
        return None;
    }
    let opened = user.home().join("opened");
    let text = user.write_file("browser.txt", format!("#!/bin/sh\necho \"$1\" >> {}\n", opened.display()));
    let browser = text.with_file_name("browser");
    install_program(&text, &browser);
    let script = "exec script -qec \"$*\" /dev/null";
    let run = user.run(args).env("BROWSER", browser.to_str().unwrap()).env("TERM", "xterm");
    Some(run.stdin(Vec::new()).under(&["sh", "-c", script, "sh"]))
}

#[test]
fn at_a_terminal_the_link_is_shown_and_opened_and_the_run_continues() {
    let user = User::ready_to_sign_in();
    user.world.broker(|b| b.interval_s = 1);
    let Some(run) = at_terminal(&user, &["list", "--limit", "1", "--qr"]) else { return };
    let (mut running, _terminal) = run.start_interactive();
    approve_until_done(&user, &mut running);
    let done = running.done();
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("Sign in (visit 1 of 2)"), "{}", done.stdout);
    assert!(done.stdout.contains("waiting for the link to be opened"), "{}", done.stdout);
    assert!(done.stdout.contains('\u{2588}'), "no QR code: {}", done.stdout);
    let opened = std::fs::read_to_string(user.home().join("opened")).unwrap();
    assert_eq!(opened.lines().count(), 2, "{opened}");
}

#[test]
fn ctrl_c_at_a_terminal_leaves_a_state_that_the_next_run_continues() {
    let user = User::ready_to_sign_in();
    let Some(run) = at_terminal(&user, &["list", "--limit", "1"]) else { return };
    let (mut running, mut terminal) = run.start_interactive();
    wait_until("the program polls", || user.world.count(BROKER_HOST, "GET", "/v1/sessions/") > 0);
    // On a busy machine `script` may lose a key; a person would press it again.
    let mut next = Instant::now();
    wait_until("the run ends", || {
        if Instant::now() >= next {
            let _ = terminal.write_all(b"\x03");
            next += Duration::from_secs(3);
        }
        running.has_ended()
    });
    let done = running.done();
    assert_eq!(done.code, 130, "{done:?}");
    let pending = user.run(&LIST).challenge();
    assert!(done.stdout.contains(url(&pending)), "{} {pending}", done.stdout);
    // Where the key fell into a write, its temporary file is gone by now.
    assert_eq!(files_in(&user.cache_directory()), ["mcs-gmail.json", "mcs-gmail.json.lock"]);
    user.approve(&pending);
    user.sign_in();
}
