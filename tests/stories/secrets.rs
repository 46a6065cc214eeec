//! No secret in any output, not even with `--debug`, nor on the command line, nor in a file that others may read.
//! The kit searches the output of every run of every story; these stories make the loudest runs.

use std::{path::Path, time::Duration};

use crate::{
    kit::{Done, User, finished},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault},
};

const LOUD: [&str; 4] = ["list", "--limit", "2", "--debug"];

/// What the cache holds beyond what the world issued: the private key and the connect step's verifier.
fn own_secrets(user: &User) -> Vec<String> {
    let cache = user.cache();
    let text = |key: &str| cache[key]["v"].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<String> = text("linkauth:privkey").lines().map(str::to_owned).collect();
    found.retain(|line| !line.starts_with("-----"));
    let connect: serde_json::Value = serde_json::from_str(&text("auth0:connect:gmail")).unwrap_or_default();
    let members = ["auth_session", "code_verifier"];
    found.extend(members.iter().filter_map(|m| connect[m].as_str().map(str::to_owned)));
    found
}

fn assert_silent(user: &User, done: &Done) {
    for secret in own_secrets(user) {
        assert!(!done.stdout.contains(&secret) && !done.stderr.contains(&secret), "{done:?}");
    }
}

#[test]
fn the_debug_log_shows_the_whole_chain_and_no_secret() {
    let user = User::new();
    user.world.broker(|b| b.interval_s = 0);
    let mut chain = String::new();
    for _ in 0..2 {
        let done = user.run(&LOUD).done();
        assert_silent(&user, &done);
        chain.push_str(&done.stderr);
        user.world.approve(done.challenge()["url"].as_str().unwrap()).unwrap();
    }
    let last = user.run(&LOUD).done();
    assert_eq!(last.code, 0);
    assert_silent(&user, &last);
    chain.push_str(&last.stderr);
    for step in [
        "POST https://broker.sandbox.example/v1/sessions: 201",
        "GET https://broker.sandbox.example/v1/sessions/",
        "/v1/proxy -> POST https://mcs-sandbox.eu.auth0.com/oauth/token: 200",
        "/me/v1/connected-accounts/connect: 200",
        "/me/v1/connected-accounts/complete: 200",
        "https://gmail.googleapis.com/",
    ] {
        assert!(chain.contains(step), "no {step} in {chain}");
    }
}

#[test]
fn what_goes_wrong_is_told_without_a_secret_too() {
    let strange = [
        Fault::on(BROKER_HOST).garbage("garbage\r\n\r\n"),
        Fault::on(BROKER_HOST).truncate(10),
        Fault::on(AUTH0_DOMAIN).status(400, &[], r#"{"error":"invalid_request","mfa_token":"Fe26.secret"}"#),
        Fault::on(AUTH0_DOMAIN).status(200, &[], r#"{"access_token":"","refresh_token":"v1.Msecret"}"#),
        Fault::on(AUTH0_DOMAIN).status(418, &[], "v1.Msecret Fe26.secret"),
    ];
    for fault in strange {
        let user = User::new();
        let login = user.world.signed_in_refresh_token();
        user.write_cache(&serde_json::json!({"rt:mcs-sandbox.eu.auth0.com": {"v": login}}));
        user.world.fault(fault.clone());
        let done = user.run(&LOUD).done();
        assert_ne!(done.code, 0, "{fault:?}");
        for secret in ["v1.Msecret", "Fe26.secret", login.as_str()] {
            assert!(!done.stderr.contains(secret), "{fault:?}: {done:?}");
        }
        assert!(done.error()["hint"].is_string());
    }
}

#[test]
fn auth_commands_show_no_secret() {
    let user = User::new();
    user.world.broker(|b| b.interval_s = 0);
    assert_eq!(user.sign_in_and_run(&["list"]).code, 0);
    for args in [
        &["auth", "status", "--check", "--debug"][..],
        &["auth", "login", "--debug"],
        &["auth", "logout", "--disconnect", "--debug"],
    ] {
        let done = user.run(args).done();
        assert_eq!(done.code, 0, "{done:?}");
        assert_silent(&user, &done);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_command_line_of_the_process_holds_no_secret() {
    let user = User::new();
    let login = user.world.signed_in_refresh_token();
    user.write_cache(&serde_json::json!({"rt:mcs-sandbox.eu.auth0.com": {"v": login}}));
    user.world.fault(Fault::on(AUTH0_DOMAIN).delay(Duration::from_millis(500)));
    let child = user.run(&LOUD).start();
    std::thread::sleep(Duration::from_millis(200));
    let line = std::fs::read_to_string(format!("/proc/{}/cmdline", child.id())).unwrap();
    assert!(line.contains("--debug"), "{line}");
    for secret in user.world.secrets() {
        assert!(!line.contains(&secret), "{line}");
    }
    assert_eq!(finished(&user, child).code, 0);
}

#[test]
fn no_secret_is_accepted_as_a_flag() {
    let user = User::new();
    for flag in ["--auth0-client-secret", "--linkauth-api-key", "--access-token", "--auth0-refresh-token"] {
        user.run(&["list", flag, "value"]).fails(2);
    }
}

#[test]
fn every_file_that_a_sign_in_leaves_is_its_owners_alone() {
    let user = User::new();
    user.world.broker(|b| b.interval_s = 0);
    assert_eq!(user.sign_in_and_run(&["list"]).code, 0);
    let files = std::fs::read_dir(user.cache_file().parent().unwrap()).unwrap();
    for path in files.map(|f| f.unwrap().path()).chain([user.cache_file().parent().unwrap().to_owned()]) {
        assert_eq!(mode_of_others(&path), 0, "{}", path.display());
    }
}

fn mode_of_others(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o077
}
