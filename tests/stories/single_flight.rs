//! Many processes at once: one session, one exchange, one poll; and a lock that no process can keep from others.

use crate::{
    kit::{DEFAULT_TIMEOUT, Done, LIST, Running, User, files_in, set_permissions, url, wait_until},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, FULL_SCOPES, Fault, GMAIL_HOST},
};

/// Starts 50 processes before it waits for the first.
fn fifty(user: &User) -> Vec<Done> {
    let running: Vec<Running> = (0..50).map(|_| user.run(&LIST).start()).collect();
    running.into_iter().map(Running::done).collect()
}

#[test]
fn fifty_processes_without_a_sign_in_make_one_session_and_show_one_link() {
    let user = User::new();
    user.world.broker(|b| b.interval_s = 50);
    let links: Vec<String> = fifty(&user).iter().map(|d| url(&d.challenge()).to_owned()).collect();
    assert!(links.windows(2).all(|w| w[0] == w[1]), "{links:?}");
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 1);
    assert!(user.world.count(BROKER_HOST, "GET", "/v1/sessions/") <= 2);
}

#[test]
fn fifty_processes_with_an_expired_token_make_one_exchange() {
    let user = User::with_refresh_token();
    for done in fifty(&user) {
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    }
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
    assert_eq!(user.world.count(GMAIL_HOST, "POST", "/batch"), 50);
}

#[test]
fn fifty_processes_with_a_revoked_token_make_one_exchange() {
    let user = User::with_refresh_token();
    user.run(&LIST).json();
    user.world.auth0(|t| t.revoke_google_tokens());
    user.world.clear_log();
    for done in fifty(&user) {
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    }
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn fifty_processes_on_a_ready_session_poll_once_and_all_have_a_result() {
    let user = User::new();
    user.world.auth0(|t| t.connect_account(&FULL_SCOPES));
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.world.clear_log();
    for done in fifty(&user) {
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    }
    assert_eq!(user.world.count(BROKER_HOST, "GET", "/v1/sessions/"), 1);
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn a_killed_lock_holder_blocks_nobody() {
    let user = User::with_refresh_token();
    let exchange = user.world.hold(Fault::on(AUTH0_DOMAIN).path("/oauth/token"));
    let holder = user.run(&LIST).start();
    exchange.wait_for_arrival();
    let waiting = user.run(&LIST).start();
    holder.kill();
    assert_eq!(waiting.done().code, 0);
}

#[test]
fn a_lock_holder_that_hangs_makes_others_say_so_in_time() {
    let user = User::with_refresh_token();
    let exchange = user.world.hold(Fault::on(AUTH0_DOMAIN).path("/oauth/token"));
    let holder = user.run(&LIST).start();
    exchange.wait_for_arrival();
    holder.signal("-STOP");
    let start = std::time::Instant::now();
    let error = user.run(&["list", "--timeout", "1"]).fails(8);
    assert!(start.elapsed() < DEFAULT_TIMEOUT);
    assert!(error["message"].as_str().unwrap().contains("another mcs-gmail process"), "{error}");
    holder.signal("-CONT");
    exchange.release();
    assert_eq!(holder.done().code, 0);
}

#[test]
fn the_lock_is_not_held_during_a_gmail_call() {
    let user = User::with_refresh_token();
    let call = user.world.hold(Fault::on(GMAIL_HOST));
    let slow = user.run(&LIST).start();
    call.wait_for_arrival();
    // The second run needs the lock, because there is no token for it.
    user.expire_access_token();
    user.run(&LIST).json();
    call.release();
    assert_eq!(slow.done().code, 0);
}

#[test]
fn the_lock_is_not_held_while_a_run_waits_for_a_person() {
    let user = User::new();
    let waiting = user.run(&["list", "--wait", "600"]).start();
    wait_until("a session is created", || user.world.count(BROKER_HOST, "POST", "/v1/sessions") == 1);
    user.run(&LIST).challenge();
    waiting.kill();
}

#[test]
fn a_fresh_token_needs_neither_lock_nor_write_nor_a_directory_that_can_be_written() {
    let user = User::signed_in();
    let written = || std::fs::metadata(user.cache_file()).unwrap().modified().unwrap();
    let before = written();
    set_permissions(&user.cache_directory(), 0o500);
    user.run(&LIST).json();
    set_permissions(&user.cache_directory(), 0o700);
    assert_eq!(written(), before);
    // Root could write the ids of the list.
    let mut files = files_in(&user.cache_directory());
    files.retain(|name| !name.starts_with("mcs-gmail.lists-"));
    assert_eq!(files, ["mcs-gmail.json"]);
}
