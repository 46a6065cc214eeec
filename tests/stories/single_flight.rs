//! Many processes at once: one session, one exchange, one poll; and a lock that nobody can sit on.

use std::{
    process::{Child, Command},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    kit::{Done, User, finished},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Event, Fault, GMAIL_HOST, Verdict},
};

const LIST: [&str; 3] = ["list", "--limit", "1"];

/// Starts 50 processes before it waits for the first.
fn fifty(user: &User) -> Vec<Done> {
    let children: Vec<Child> = (0..50).map(|_| user.run(&LIST).start()).collect();
    children.into_iter().map(|child| finished(user, child)).collect()
}

fn with_login() -> User {
    let user = User::new();
    let login = user.world.signed_in_refresh_token();
    user.write_cache(&json!({"rt:mcs-sandbox.eu.auth0.com": {"v": login}}));
    user
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Waits until the world has seen so many requests of this kind.
fn until_asked(user: &User, host: &str, path: &str) -> impl Fn() + use<> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (host, path) = (host.to_owned(), path.to_owned());
    user.world.on_event(move |event| {
        if let Event::Request { host: h, path: p, .. } = event
            && *h == host
            && p.starts_with(&path)
        {
            let _ = sender.send(());
        }
        Verdict::Go
    });
    move || receiver.recv_timeout(Duration::from_secs(10)).unwrap()
}

#[test]
fn fifty_processes_without_a_sign_in_make_one_session_and_show_one_link() {
    let user = User::new();
    let links: Vec<String> = fifty(&user).iter().map(|d| d.challenge()["url"].to_string()).collect();
    assert!(links.windows(2).all(|w| w[0] == w[1]), "{links:?}");
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 1);
    assert!(user.world.count(BROKER_HOST, "GET", "/v1/sessions/") <= 2);
}

#[test]
fn fifty_processes_with_an_expired_token_make_one_exchange() {
    let user = with_login();
    for done in fifty(&user) {
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    }
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
    assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/messages"), 50);
}

#[test]
fn fifty_processes_with_a_revoked_token_make_one_exchange() {
    let user = with_login();
    user.run(&LIST).json();
    user.world.auth0(|t| t.revoke_google_tokens());
    user.world.clear_log();
    for done in fifty(&user) {
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    }
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn fifty_processes_on_a_ready_session_poll_once_and_all_end_alike() {
    let user = User::new();
    user.world.auth0(|t| t.connect_account(&crate::sandbox::FULL_SCOPES));
    let first = user.run(&LIST).done().challenge();
    user.world.approve(first["url"].as_str().unwrap()).unwrap();
    user.world.clear_log();
    for done in fifty(&user) {
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    }
    assert_eq!(user.world.count(BROKER_HOST, "GET", "/v1/sessions/"), 1);
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn a_killed_lock_holder_blocks_nobody() {
    let user = with_login();
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/token").delay(Duration::from_secs(3)));
    let asked = until_asked(&user, BROKER_HOST, "/v1/proxy");
    let mut holder = user.run(&LIST).start();
    asked();
    let waiting = user.run(&LIST).start();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(finished(&user, waiting).code, 0);
}

#[test]
fn a_lock_holder_that_hangs_makes_others_say_so_in_time() {
    let user = with_login();
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/token").delay(Duration::from_secs(3)));
    let asked = until_asked(&user, BROKER_HOST, "/v1/proxy");
    let holder = user.run(&LIST).start();
    asked();
    signal(&holder, "-STOP");
    let start = Instant::now();
    let error = user.run(&["list", "--timeout", "1"]).fails(8);
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(error["message"].as_str().unwrap().contains("another mcs-gmail process"), "{error}");
    signal(&holder, "-CONT");
    assert_eq!(finished(&user, holder).code, 0);
}

#[test]
fn the_lock_is_not_held_during_a_gmail_call() {
    let user = with_login();
    user.world.fault(Fault::on(GMAIL_HOST).delay(Duration::from_secs(2)));
    let asked = until_asked(&user, GMAIL_HOST, "/");
    let slow = user.run(&LIST).start();
    asked();
    // Needs the lock, because its token is taken away.
    user.edit_cache(|cache| cache["at:gmail"]["exp"] = json!(1.0));
    let start = Instant::now();
    user.run(&["list", "--limit", "1", "--timeout", "1"]).json();
    assert!(start.elapsed() < Duration::from_millis(1500));
    assert_eq!(finished(&user, slow).code, 0);
}

#[test]
fn the_lock_is_not_held_while_a_run_waits_for_a_person() {
    let user = User::new();
    let mut waiting = user.run(&["list", "--wait", "20"]).start();
    let asked = until_asked(&user, BROKER_HOST, "/v1/sessions");
    asked();
    let start = Instant::now();
    user.run(&["list", "--timeout", "2"]).done().challenge();
    assert!(start.elapsed() < Duration::from_secs(2));
    waiting.kill().unwrap();
    waiting.wait().unwrap();
}

#[test]
fn a_fresh_token_needs_neither_lock_nor_write_nor_a_directory_that_can_be_written() {
    let user = User::signed_in();
    let directory = user.cache_file().parent().unwrap().to_owned();
    let before = std::fs::metadata(user.cache_file()).unwrap().modified().unwrap();
    let mode = |mode| {
        std::fs::set_permissions(&directory, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    mode(0o500);
    user.run(&LIST).json();
    mode(0o700);
    assert_eq!(std::fs::metadata(user.cache_file()).unwrap().modified().unwrap(), before);
    assert_eq!(std::fs::read_dir(directory).unwrap().count(), 1);
}
