//! Runs that wait for a person, at a terminal and elsewhere, and the commands about the sign-in itself.

use std::{
    io::Write,
    process::{Child, Command},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    kit::{Run, User, finished},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Event, Fault, GMAIL_HOST, Verdict},
};

const LIST: [&str; 3] = ["list", "--limit", "1"];

fn new_user(interval_s: u64) -> User {
    let user = User::new();
    user.world.broker(|b| b.interval_s = interval_s);
    user
}

fn url(challenge: &Value) -> &str {
    challenge["url"].as_str().unwrap()
}

/// Approves every link that turns up until the child has ended.
fn approve_until_done(user: &User, child: &mut Child) {
    let end = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "the run does not end");
        for url in user.world.broker(|b| b.pending_urls()) {
            user.world.approve(&url).unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_run_that_waits_carries_on_by_itself_over_both_visits() {
    let user = new_user(0);
    let mut child = user.run(&["list", "--limit", "1", "--wait", "30"]).start();
    approve_until_done(&user, &mut child);
    let done = finished(&user, child);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.json().as_array().unwrap().len(), 1);
    assert!(done.stderr.contains("visit 1 of 2") && done.stderr.contains("visit 2 of 2"), "{}", done.stderr);
}

#[test]
fn a_wait_may_be_longer_than_the_time_out_of_the_network() {
    let user = new_user(0);
    let mut child = user.run(&["list", "--limit", "1", "--wait", "30", "--timeout", "1"]).start();
    std::thread::sleep(Duration::from_millis(1500));
    approve_until_done(&user, &mut child);
    assert_eq!(finished(&user, child).code, 0);
}

#[test]
fn a_wait_ends_with_the_challenge_when_nobody_comes() {
    let user = new_user(0);
    let start = Instant::now();
    let challenge = user.run(&["list", "--wait", "1"]).done().challenge();
    assert!(start.elapsed() >= Duration::from_secs(1) && start.elapsed() < Duration::from_secs(4));
    assert!(challenge["message"].as_str().unwrap().starts_with("Authentication pending"), "{challenge}");
}

#[test]
fn without_a_wish_to_wait_a_run_ends_at_once_and_wait_0_says_so_too() {
    let user = User::new();
    for args in [&["list"][..], &["list", "--wait", "0"], &["auth", "login"]] {
        let start = Instant::now();
        user.run(args).done().challenge();
        assert!(start.elapsed() < Duration::from_secs(4), "{args:?}");
    }
}

#[test]
fn a_link_that_expires_while_somebody_waits_is_replaced_by_a_new_one() {
    let user = new_user(0);
    user.world.broker(|b| b.ttl_s = 1);
    let mut child = user.run(&["list", "--limit", "1", "--wait", "30"]).start();
    std::thread::sleep(Duration::from_millis(1500));
    user.world.broker(|b| b.ttl_s = 600);
    approve_until_done(&user, &mut child);
    let done = finished(&user, child);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.matches("visit 1 of 2").count() >= 2, "{}", done.stderr);
}

#[test]
fn trouble_on_the_wire_does_not_end_a_wait() {
    let user = new_user(0);
    user.world.fault(Fault::on(BROKER_HOST).path("/v1/sessions/").times(2).status(502, &[], "<html>"));
    let mut child = user.run(&["list", "--limit", "1", "--wait", "30"]).start();
    std::thread::sleep(Duration::from_millis(500));
    approve_until_done(&user, &mut child);
    assert_eq!(finished(&user, child).code, 0);
}

#[test]
fn auth_login_signs_in_and_does_nothing_else_and_is_idempotent() {
    let user = new_user(0);
    assert_eq!(user.sign_in_and_run(&["auth", "login"]).json(), json!({"signed_in": true}));
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 0);
    user.world.clear_log();
    assert_eq!(user.run(&["auth", "login"]).json(), json!({"signed_in": true}));
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn auth_wait_waits_for_the_pending_link() {
    let user = new_user(0);
    user.run(&["auth", "login"]).done().challenge();
    let mut child = user.run(&["auth", "wait"]).start();
    approve_until_done(&user, &mut child);
    assert_eq!(finished(&user, child).json(), json!({"signed_in": true}));
}

#[test]
fn auth_status_tells_what_is_cached_without_a_packet() {
    let user = new_user(0);
    let status = user.run(&["auth", "status"]).json();
    assert_eq!((&status["signed_in"], &status["pending"]), (&json!(false), &Value::Null));
    assert!(!user.cache_file().exists());
    let challenge = user.run(&LIST).done().challenge();
    user.world.clear_log();
    let status = user.run(&["auth", "status"]).json();
    assert_eq!(status["pending"]["url"], challenge["url"]);
    assert_eq!(status["signed_in"], false);
    assert_eq!(user.world.log().len(), 0);
    user.world.approve(url(&challenge)).unwrap();
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    user.world.clear_log();
    let status = user.run(&["auth", "status"]).json();
    assert_eq!((&status["signed_in"], &status["access_token"]), (&json!(true), &json!(true)));
    assert_eq!(status["credentials"], "auth0-linkauth");
    assert!(status["access_token_expires_at"].as_str().unwrap().ends_with('Z'), "{status}");
    assert_eq!(status["pending"], Value::Null);
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn auth_status_with_check_asks_google_for_the_account_and_renews_what_is_stale() {
    let user = new_user(0);
    assert_eq!(user.run(&["auth", "status", "--check"]).json()["pending"]["step"], "sign_in");
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    user.world.auth0(|t| t.revoke_google_tokens());
    let status = user.run(&["auth", "status", "--check"]).json();
    assert!(status["account"].as_str().unwrap().contains('@'), "{status}");
    assert_eq!(status["signed_in"], true);
}

#[test]
fn auth_logout_revokes_and_forgets_what_is_ours_and_keeps_the_account_connected() {
    let user = new_user(0);
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    user.edit_cache(|cache| cache["foreign"] = json!({"v": "kept"}));
    let done = user.run(&["auth", "logout"]).json();
    assert_eq!((&done["signed_out"], &done["revoked"]), (&json!(true), &json!(true)));
    assert_eq!(user.world.auth0(|t| t.live_refresh_tokens()), 0);
    assert_eq!(user.world.auth0(|t| t.connected_accounts().len()), 1);
    let cache = user.cache();
    let mut keys: Vec<&str> = cache.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["foreign", "linkauth:privkey", "mcs-gmail:identity"]);
    assert_eq!(user.run(&LIST).done().challenge()["step"], "sign_in");
}

#[test]
fn auth_logout_with_disconnect_empties_the_vault() {
    let user = new_user(0);
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    assert_eq!(user.run(&["auth", "logout", "--disconnect"]).json()["disconnected_accounts"], 1);
    assert!(user.world.auth0(|t| t.connected_accounts()).is_empty());
}

#[test]
fn auth_logout_forgets_even_when_auth0_cannot_be_reached_and_says_so() {
    let user = new_user(0);
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/revoke").always().reset_before());
    user.run(&["auth", "logout", "--timeout", "2"]).fails(8);
    assert!(user.cache().get("at:gmail").is_none());
    assert_eq!(user.run(&["auth", "status"]).json()["signed_in"], false);
    assert_eq!(user.run(&["auth", "logout"]).json()["revoked"], false);
}

/// Runs it at a terminal of its own, on which every browser writes its link into `opened`.
fn at_terminal<'u>(user: &'u User, args: &[&str]) -> Option<Run<'u>> {
    if Command::new("script").arg("--version").output().is_err() {
        return None;
    }
    let browser = user.home().join("browser");
    let opened = user.home().join("opened");
    std::fs::write(&browser, format!("#!/bin/sh\necho \"$1\" >> {}\n", opened.display())).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&browser, executable).unwrap();
    let script = "exec script -qec \"$*\" /dev/null";
    let run = user.run(args).env("BROWSER", browser.to_str().unwrap()).env("TERM", "xterm");
    Some(run.stdin(Vec::new()).under(&["sh", "-c", script, "sh"]))
}

#[test]
fn at_a_terminal_the_link_is_shown_and_opened_and_the_run_carries_on() {
    let user = new_user(1);
    let Some(run) = at_terminal(&user, &["list", "--limit", "1", "--qr"]) else { return };
    let (mut child, _terminal) = run.start_interactive();
    approve_until_done(&user, &mut child);
    let done = finished(&user, child);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("Sign in (visit 1 of 2)"), "{}", done.stdout);
    assert!(done.stdout.contains("waiting for the sign-in"), "{}", done.stdout);
    assert!(done.stdout.contains('\u{2588}'), "no QR code: {}", done.stdout);
    let opened = std::fs::read_to_string(user.home().join("opened")).unwrap();
    assert_eq!(opened.lines().count(), 2, "{opened}");
}

#[test]
fn ctrl_c_at_a_terminal_leaves_a_state_that_is_carried_on() {
    let user = new_user(0);
    let Some(run) = at_terminal(&user, &["list", "--limit", "1"]) else { return };
    let (sender, polled) = std::sync::mpsc::channel();
    user.world.on_event(move |event| {
        if matches!(event, Event::Answer { path, .. } if path.starts_with("/v1/sessions/")) {
            let _ = sender.send(());
        }
        Verdict::Go
    });
    let (child, mut terminal) = run.start_interactive();
    polled.recv_timeout(Duration::from_secs(10)).unwrap();
    terminal.write_all(b"\x03").unwrap();
    let done = finished(&user, child);
    assert_eq!(done.code, 130, "{done:?}");
    let pending = user.run(&LIST).done().challenge();
    assert!(done.stdout.contains(url(&pending)), "{} {pending}", done.stdout);
    // Where the key fell into a write, its temporary file is gone by now.
    assert_eq!(std::fs::read_dir(user.cache_file().parent().unwrap()).unwrap().count(), 2);
    user.world.approve(url(&pending)).unwrap();
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}
