//! No secret in any output, not even with `--debug`, nor on the command line, nor in a file that others may read.
//! The kit searches the output of every run of every story; these stories make the loudest runs.

use serde_json::Value;

use crate::{
    kit::{Done, REFRESH_TOKEN, User, files_in, permissions_of},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault},
};

const LOUD: [&str; 4] = ["list", "--limit", "2", "--debug"];

/// The secrets in the cache that the world did not issue: the private key and the verifier of the connect visit.
fn own_secrets(user: &User) -> Vec<String> {
    let cache = user.cache();
    let text = |key: &str| cache[key]["v"].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<String> = text("linkauth:privkey").lines().map(str::to_owned).collect();
    found.retain(|line| !line.starts_with("-----"));
    let connect: Value = serde_json::from_str(&text("auth0:connect:gmail")).unwrap_or_default();
    let members = ["auth_session", "code_verifier"];
    found.extend(members.iter().filter_map(|m| connect[m].as_str().map(str::to_owned)));
    found
}

fn assert_no_secret(user: &User, done: &Done) {
    for secret in own_secrets(user) {
        assert!(!done.stdout.contains(&secret) && !done.stderr.contains(&secret), "{done:?}");
    }
}

#[test]
fn the_debug_log_shows_the_whole_chain_and_no_secret() {
    let user = User::without_poll_interval();
    let mut chain = String::new();
    for _ in 0..2 {
        let done = user.run(&LOUD).done();
        assert_no_secret(&user, &done);
        chain.push_str(&done.stderr);
        user.world.approve(done.challenge()["url"].as_str().unwrap()).unwrap();
    }
    let last = user.run(&LOUD).done();
    assert_eq!(last.code, 0);
    assert_no_secret(&user, &last);
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

/// The kit looks for every secret of the world in the output of every run.
#[test]
fn headers_and_bodies_are_shown_without_any_secret_of_the_world() {
    let user = User::without_poll_interval();
    let loud = |args: &[&str]| user.run(&[args, &["--debug=http"]].concat()).done();
    let mut shown = String::new();
    for args in [&["list", "--limit", "2"][..], &["list", "--limit", "2"]] {
        let done = loud(args);
        shown.push_str(&done.stderr);
        assert_no_secret(&user, &done);
        user.approve(&done.challenge());
    }
    let id = user.receive("From: b@example.org\nSubject: Hi\n\nHello there\n");
    for args in [
        &["read", &id][..],
        &["archive", &id],
        &["send", "--to", "b@example.org", "--subject", "s", "--body", "words of the body"],
        &["auth", "status"],
        &["auth", "logout", "--disconnect"],
    ] {
        let done = loud(args);
        assert_eq!(done.code, 0, "{done:?}");
        assert_no_secret(&user, &done);
        shown.push_str(&done.stderr);
    }
    for part in [
        "> x-api-key: [redacted]",
        "> authorization: [redacted]",
        "\"poll_token\":\"[redacted]",
        "\"ciphertext\":\"[redacted]",
        "\"client_secret\":\"[redacted]",
        "\"subject_token\":\"[redacted]",
        "\"grant_type\":\"urn:auth0:params:oauth:grant-type:token-exchange",
        "\"error\":\"federated_connection_refresh_token_not_found\"",
        "< content-type: application/json",
        "\"emailAddress\":\"ada@example.com\"",
    ] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    let quiet = user.run(&["whoami", "--debug"]).done();
    assert!(!quiet.stderr.contains("debug: > ") && quiet.stderr.contains("debug: "), "{quiet:?}");
}

#[test]
fn a_refusal_is_shown_with_its_body_and_without_what_it_repeats() {
    let user = User::with_refresh_token();
    let token = user.cache()[REFRESH_TOKEN]["v"].as_str().unwrap().to_owned();
    let body = format!(
        r#"{{"error":"invalid_request","error_description":"bad {token}","mfa_token":"Fe26.secret"}}"#
    );
    user.world.fault(Fault::on(AUTH0_DOMAIN).status(400, &[("x-session", "v1.Msession")], body));
    let done = user.run(&["list", "--debug=http"]).done();
    assert!(done.stderr.contains(r#""error_description":"bad [redacted]""#), "{done:?}");
    for secret in [token.as_str(), "Fe26.secret", "v1.Msession"] {
        assert!(!done.stderr.contains(secret), "{done:?}");
    }
}

#[test]
fn errors_show_no_secret() {
    let strange = [
        Fault::on(BROKER_HOST).times(3).garbage("garbage\r\n\r\n"),
        Fault::on(BROKER_HOST).times(3).truncate(10),
        Fault::on(AUTH0_DOMAIN).status(400, &[], r#"{"error":"invalid_request","mfa_token":"Fe26.secret"}"#),
        Fault::on(AUTH0_DOMAIN).status(200, &[], r#"{"access_token":"","refresh_token":"v1.Msecret"}"#),
        Fault::on(AUTH0_DOMAIN).status(418, &[], "v1.Msecret Fe26.secret"),
    ];
    for fault in strange {
        let user = User::with_refresh_token();
        let refresh_token = user.cache()[REFRESH_TOKEN]["v"].as_str().unwrap().to_owned();
        user.world.fault(fault.clone());
        let done = user.run(&LOUD).done();
        assert_ne!(done.code, 0, "{fault:?}");
        for secret in ["v1.Msecret", "Fe26.secret", refresh_token.as_str()] {
            assert!(!done.stderr.contains(secret), "{fault:?}: {done:?}");
        }
        assert!(done.error()["hint"].is_string());
    }
}

#[test]
fn auth_commands_show_no_secret() {
    let user = User::ready_to_sign_in();
    user.sign_in();
    for args in [
        &["auth", "status", "--check", "--debug"][..],
        &["auth", "login", "--debug"],
        &["auth", "logout", "--disconnect", "--debug"],
    ] {
        let done = user.run(args).done();
        assert_eq!(done.code, 0, "{done:?}");
        assert_no_secret(&user, &done);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_command_line_of_the_process_contains_no_secret() {
    let user = User::with_refresh_token();
    let exchange = user.world.hold(Fault::on(AUTH0_DOMAIN));
    let running = user.run(&LOUD).start();
    exchange.wait_for_arrival();
    let line = std::fs::read_to_string(format!("/proc/{}/cmdline", running.id())).unwrap();
    assert!(line.contains("--debug"), "{line}");
    for secret in user.world.secrets() {
        assert!(!line.contains(&secret), "{line}");
    }
    exchange.release();
    assert_eq!(running.done().code, 0);
}

#[test]
fn no_secret_is_accepted_as_a_flag() {
    let user = User::new();
    for flag in ["--auth0-client-secret", "--linkauth-api-key", "--access-token", "--auth0-refresh-token"] {
        user.run(&["list", flag, "value"]).fails(2);
    }
}

#[test]
fn only_its_owner_may_read_a_file_that_a_sign_in_leaves() {
    let user = User::ready_to_sign_in();
    user.sign_in();
    let directory = user.cache_directory();
    let files = files_in(&directory).into_iter().map(|name| directory.join(name));
    for path in files.chain([directory.clone()]) {
        assert_eq!(permissions_of(&path) & 0o077, 0, "{}", path.display());
    }
}
