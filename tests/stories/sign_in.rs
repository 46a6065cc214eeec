//! Every way a session ends and every way a login ages: the next run works, shows a fresh link, or names the
//! fault of the set-up. Never the old link again.

use serde_json::{Value, json};

use crate::{
    kit::User,
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault, GMAIL_HOST, World, auth0::Tenant, broker::Broker},
};

const LIST: [&str; 3] = ["list", "--limit", "1"];

fn url(challenge: &Value) -> String {
    challenge["url"].as_str().unwrap().to_owned()
}

/// Nobody there yet, and a broker that may be asked at any time.
fn new_user() -> User {
    let user = User::new();
    user.world.broker(|b| b.interval_s = 0);
    user
}

/// Shows a link, lets something happen to it, and expects another link that leads to a result.
fn ends_in_a_fresh_link(happens: impl FnOnce(&User, &str)) {
    let user = new_user();
    let first = user.run(&LIST).done().challenge();
    happens(&user, &url(&first));
    let second = user.run(&LIST).done().challenge();
    assert_ne!(url(&first), url(&second));
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

/// With a login whose Google account is connected, and no access token.
fn with_login() -> User {
    let user = new_user();
    let login = user.world.signed_in_refresh_token();
    user.write_cache(&login_entries(&login));
    user
}

fn login_entries(login: &str) -> Value {
    json!({
        "rt:mcs-sandbox.eu.auth0.com": {"v": login},
        "linkauth:tokens": {"v": json!({"gmail": login}).to_string()},
    })
}

/// With a login that has never allowed Gmail.
fn with_bare_login(user: &User) {
    let login = user.world.auth0(Tenant::sign_in);
    user.write_cache(&login_entries(&login));
}

/// As if the pending session's clocks had moved on.
fn note(user: &User, member: &str, value: Value) {
    user.edit_cache(|cache| {
        for (key, entry) in cache.as_object_mut().unwrap() {
            if key.starts_with("mcs-gmail:session:") {
                let mut notes: Value = serde_json::from_str(entry["v"].as_str().unwrap()).unwrap();
                notes[member] = value.clone();
                entry["v"] = notes.to_string().into();
            }
        }
    });
}

#[test]
fn a_session_that_the_broker_forgot_is_replaced() {
    ends_in_a_fresh_link(|user, _| user.world.broker(Broker::restart));
}

#[test]
fn a_session_that_somebody_else_polls_is_replaced() {
    ends_in_a_fresh_link(|user, _| {
        user.edit_cache(|cache| {
            let sessions = cache["linkauth:sessions"]["v"].as_str().unwrap();
            let mut sessions: Value = serde_json::from_str(sessions).unwrap();
            sessions["gmail"]["poll_token"] = "pt_of-another-session".into();
            cache["linkauth:sessions"]["v"] = sessions.to_string().into();
        });
    });
}

#[test]
fn a_session_whose_answer_was_lost_is_replaced() {
    ends_in_a_fresh_link(|user, link| {
        user.world.approve(link).unwrap();
        user.world.fault(Fault::on(BROKER_HOST).method("GET").path("/v1/sessions/").reset_after());
        assert_eq!(user.run(&LIST).fails(8)["code"], "temporary");
    });
}

#[test]
fn an_envelope_for_another_key_is_replaced_together_with_the_key() {
    ends_in_a_fresh_link(|user, link| {
        user.world.broker(|b| b.wrong_key_envelope = true);
        user.world.approve(link).unwrap();
        user.world.broker(|b| b.wrong_key_envelope = false);
    });
}

#[test]
fn an_envelope_that_is_garbage_is_replaced() {
    ends_in_a_fresh_link(|user, link| {
        user.world.broker(|b| b.garbage_envelope = true);
        user.world.approve(link).unwrap();
        user.world.broker(|b| b.garbage_envelope = false);
    });
}

#[test]
fn a_private_key_that_was_lost_costs_a_new_link() {
    ends_in_a_fresh_link(|user, link| {
        user.world.approve(link).unwrap();
        user.edit_cache(|cache| cache["linkauth:privkey"]["v"] = "no key at all".into());
    });
}

#[test]
fn a_session_expires_before_and_after_the_person_confirmed() {
    for confirm in [false, true] {
        let user = new_user();
        user.world.broker(|b| b.ttl_s = 1);
        let first = user.run(&LIST).done().challenge();
        if confirm {
            user.world.confirm_only(&url(&first)).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(1100));
        user.world.broker(|b| b.ttl_s = 600);
        let second = user.run(&LIST).done().challenge();
        assert_ne!(url(&first), url(&second), "confirmed: {confirm}");
        assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    }
}

#[test]
fn a_link_with_no_life_left_is_not_shown_again() {
    let user = new_user();
    user.world.broker(|b| b.ttl_s = 10);
    let first = user.run(&LIST).done().challenge();
    let second = user.run(&LIST).done().challenge();
    assert_ne!(url(&first), url(&second));
}

#[test]
fn a_login_that_was_refused_gets_a_fresh_link_although_the_broker_says_confirmed_for_ten_minutes() {
    let user = new_user();
    let first = user.run(&LIST).done().challenge();
    user.world.refuse(&url(&first)).unwrap();
    let second = user.run(&LIST).done().challenge();
    assert!(second["message"].as_str().unwrap().contains("was started"), "{second}");
    let begun: f64 = {
        let cache = user.cache();
        let notes: Value =
            serde_json::from_str(cache["mcs-gmail:session:gmail"]["v"].as_str().unwrap()).unwrap();
        notes["confirmed_at"].as_f64().unwrap()
    };
    note(&user, "confirmed_at", json!(begun - 121.0));
    let third = user.run(&LIST).done().challenge();
    assert_ne!(url(&first), url(&third));
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_person_who_is_slow_at_the_provider_loses_nothing() {
    let user = new_user();
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    note(&user, "confirmed_at", json!(1.0));
    assert_eq!(user.run(&LIST).done().challenge()["step"], "connect_account");
}

#[test]
fn an_unknown_algorithm_is_named_and_the_next_run_has_a_fresh_link() {
    let user = new_user();
    let first = user.run(&LIST).done().challenge();
    user.world.broker(|b| b.unknown_algorithm = true);
    user.world.approve(&url(&first)).unwrap();
    let error = user.run(&LIST).fails(10);
    assert!(error["message"].as_str().unwrap().contains("RSA-OAEP-512"), "{error}");
    user.world.broker(|b| b.unknown_algorithm = false);
    assert_ne!(url(&user.run(&LIST).done().challenge()), url(&first));
}

#[test]
fn a_login_without_a_refresh_token_names_the_two_switches_and_the_next_run_has_a_fresh_link() {
    let user = new_user();
    user.world.auth0(|t| t.offline_access_allowed = false);
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    let error = user.run(&LIST).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("Allow Offline Access"), "{error}");
    user.world.auth0(|t| t.offline_access_allowed = true);
    assert_ne!(url(&user.run(&LIST).done().challenge()), url(&first));
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn the_broker_with_a_wrong_secret_leaves_a_session_that_is_replaced_in_time() {
    let user = new_user();
    user.world.broker(|b| b.auth0_client_secret = "wrong".into());
    let first = user.run(&LIST).done().challenge();
    assert!(user.world.approve(&url(&first)).is_err());
    let secret = user.world.auth0(|t| t.client_secret.clone());
    user.world.broker(|b| b.auth0_client_secret = secret);
    user.run(&LIST).done().challenge();
    note(&user, "confirmed_at", json!(1.0));
    assert_ne!(url(&user.run(&LIST).done().challenge()), url(&first));
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_refused_second_visit_gets_a_fresh_link_too() {
    let user = new_user();
    with_bare_login(&user);
    let first = user.run(&LIST).done().challenge();
    assert_eq!(first["step"], "connect_account");
    user.world.refuse(&url(&first)).unwrap();
    user.run(&LIST).done().challenge();
    note(&user, "confirmed_at", json!(1.0));
    let second = user.run(&LIST).done().challenge();
    assert_eq!(second["step"], "connect_account");
    assert_ne!(url(&first), url(&second));
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn an_access_token_that_expired_is_exchanged_silently() {
    let user = with_login();
    assert_eq!(user.run(&LIST).json().as_array().unwrap().len(), 1);
    user.world.auth0(Tenant::expire_google_tokens);
    user.edit_cache(|cache| cache["at:gmail"]["exp"] = json!(1.0));
    user.world.clear_log();
    user.run(&LIST).json();
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn an_access_token_that_was_revoked_is_renewed_once_and_never_in_a_loop() {
    let user = with_login();
    user.run(&LIST).json();
    user.world.auth0(Tenant::revoke_google_tokens);
    user.world.clear_log();
    user.run(&LIST).json();
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
    let refused = r#"{"error":{"code":401,"message":"Invalid Credentials","status":"UNAUTHENTICATED"}}"#;
    let json = ("Content-Type", "application/json");
    user.world.fault(Fault::on(GMAIL_HOST).always().status(401, &[json], refused));
    user.world.clear_log();
    assert_eq!(user.run(&LIST).fails(6)["code"], "token_refused");
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn a_dead_refresh_token_is_forgotten_everywhere_and_a_link_comes_in_the_same_run() {
    let user = with_login();
    user.world.auth0(Tenant::revoke_all_refresh_tokens);
    let challenge = user.run(&LIST).done().challenge();
    assert_eq!(challenge["step"], "sign_in");
    assert!(challenge["message"].as_str().unwrap().contains("refused the previous sign-in"), "{challenge}");
    let cache = user.cache();
    assert!(cache.get("rt:mcs-sandbox.eu.auth0.com").is_none());
    assert_eq!(cache["linkauth:tokens"]["v"], "{}");
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_login_that_dies_during_the_second_visit_starts_anew() {
    let user = new_user();
    with_bare_login(&user);
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    user.world.auth0(Tenant::revoke_all_refresh_tokens);
    let second = user.run(&LIST).done().challenge();
    assert_eq!(second["step"], "sign_in");
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn an_account_that_was_disconnected_is_connected_again() {
    let user = with_login();
    user.run(&LIST).json();
    user.world.auth0(|t| {
        t.disconnect_all();
        t.revoke_google_tokens();
    });
    assert_eq!(user.run(&LIST).done().challenge()["step"], "connect_account");
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_connection_that_auth0_does_not_complete_gives_a_fresh_link_and_says_why() {
    let user = new_user();
    with_bare_login(&user);
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    user.world.auth0(|t| t.complete_refused = true);
    let second = user.run(&LIST).done().challenge();
    assert_ne!(url(&first), url(&second));
    assert!(second["message"].as_str().unwrap().contains("connect_code is invalid"), "{second}");
    user.world.auth0(|t| t.complete_refused = false);
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/me/v1/connected-accounts/complete"), 1);
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_conflict_means_that_the_account_is_connected() {
    let user = new_user();
    with_bare_login(&user);
    user.world.auth0(|t| t.connect_conflict_409 = true);
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_code_whose_completion_met_a_broken_network_is_kept_and_completed_later() {
    let user = new_user();
    with_bare_login(&user);
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/complete").reset_before());
    assert_eq!(user.run(&LIST).fails(8)["code"], "temporary");
    user.run(&LIST).json();
}

#[test]
fn a_completion_whose_answer_was_lost_needs_no_third_visit() {
    let user = new_user();
    with_bare_login(&user);
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/complete").reset_after());
    user.run(&LIST).fails(8);
    user.run(&LIST).json();
}

#[test]
fn a_completion_that_auth0_refuses_to_hear_is_not_tried_with_the_same_code_again() {
    let user = new_user();
    with_bare_login(&user);
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    let complete = Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/complete");
    user.world.fault(complete.status(401, &[], r#"{"status":401,"title":"Unauthorized","detail":"no"}"#));
    user.run(&LIST).fails(10);
    let second = user.run(&LIST).done().challenge();
    assert_ne!(url(&first), url(&second));
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_ticket_that_auth0_has_forgotten_is_replaced() {
    for visited in [false, true] {
        let user = new_user();
        with_bare_login(&user);
        user.world.auth0(|t| t.ticket_lifetime_s = 1);
        let first = user.run(&LIST).done().challenge();
        if visited {
            user.world.approve(&url(&first)).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(1100));
        user.world.auth0(|t| t.ticket_lifetime_s = 300);
        let second = user.run(&LIST).done().challenge();
        assert_eq!(second["step"], "connect_account");
        assert_ne!(url(&first), url(&second), "visited: {visited}");
        assert_eq!(user.sign_in_and_run(&LIST).code, 0);
    }
}

#[test]
fn the_second_link_says_the_life_of_the_ticket_not_of_the_session() {
    let user = new_user();
    with_bare_login(&user);
    let challenge = user.run(&LIST).done().challenge();
    let message = challenge["message"].as_str().unwrap();
    assert!(
        message.contains("expires in 4 minutes") || message.contains("expires in 5 minutes"),
        "{message}"
    );
}

#[test]
fn a_rotated_refresh_token_is_stored_before_anything_else() {
    let user = new_user();
    with_bare_login(&user);
    user.world.auth0(|t| t.rotation = true);
    let old = user.cache()["rt:mcs-sandbox.eu.auth0.com"]["v"].clone();
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/connect").reset_before());
    user.run(&LIST).fails(8);
    let cache = user.cache();
    let new = cache["rt:mcs-sandbox.eu.auth0.com"]["v"].clone();
    assert_ne!(old, new);
    assert!(cache["linkauth:tokens"]["v"].as_str().unwrap().contains(new.as_str().unwrap()));
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

/// A fault of the set-up or of the day: its name, what is wrong, exit status, error code, and a word of the
/// hint that names the fix.
type Row = (&'static str, fn(&World), i32, &'static str, &'static str);

/// Rows that strike someone who is signed in and connected.
const EXCHANGE_ROWS: &[Row] = &[
    ("grant off", |w| w.auth0(|t| t.token_vault_grant_enabled = false), 10, "configuration", "Token Vault"),
    ("mfa always", |w| w.auth0(|t| t.mfa_required = true), 10, "configuration", "Multi-factor"),
    (
        "wrong secret",
        |w| w.auth0(|t| t.client_secret = "another-secret".into()),
        10,
        "configuration",
        "auth0_client_secret",
    ),
    ("wrong secret, other words", other_words, 10, "configuration", "auth0_client_secret"),
    ("second factor", |w| oauth(w, 403, "unmet_authentication_requirements"), 10, "configuration", "step-up"),
    ("policy", |w| oauth(w, 403, "access_denied"), 10, "configuration", "tenant's log"),
    ("request", |w| oauth(w, 400, "invalid_request"), 10, "configuration", "google-oauth2"),
    ("something new", |w| oauth(w, 403, "a_new_error"), 10, "configuration", "tenant's log"),
    ("rate limit", rate_limited, 7, "rate_limited", "Wait"),
    ("no tenant", |w| exchange(w, 404, "<html>no such page</html>"), 10, "configuration", "auth0_domain"),
    ("outage", |w| exchange(w, 503, "<html>down</html>"), 8, "temporary", "Try again"),
    ("google's token is gone for good", broken_offline, 10, "configuration", "Offline Access"),
];

fn exchange(world: &World, status: u16, body: &str) {
    world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/token").always().status(status, &[], body));
}

fn oauth(world: &World, status: u16, error: &str) {
    exchange(world, status, &json!({"error": error, "error_description": "because"}).to_string());
}

fn other_words(world: &World) {
    world.auth0(|t| (t.client_error_is_access_denied, t.client_secret) = (true, "another-secret".into()));
}

fn rate_limited(world: &World) {
    world.auth0(|t| (t.rate_limited, t.retry_after_s) = (true, 90));
}

fn broken_offline(world: &World) {
    world.auth0(|t| (t.google_offline_broken, t.connect_conflict_409) = (true, true));
    let connect = Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/connect").always();
    world.fault(connect.status(409, &[], r#"{"status":409,"title":"Conflict","detail":"connected"}"#));
}

/// Rows that strike someone who has to allow Gmail.
const CONNECT_ROWS: &[Row] = &[
    ("no scope", |w| w.auth0(|t| t.mrrt_scopes_granted.clear()), 10, "configuration", "Multi-Resource"),
    ("no access", |w| w.auth0(|t| t.my_account_authorized = false), 10, "configuration", "My Account API"),
    ("callback", |w| w.auth0(|t| t.allowed_callbacks.clear()), 10, "configuration", "Allowed Callback URLs"),
    (
        "purpose",
        |w| w.auth0(|t| t.connected_accounts_enabled = false),
        10,
        "configuration",
        "Connected Accounts for Token Vault",
    ),
    ("scopes", |w| connect(w, 403), 10, "configuration", "Application Access"),
    ("token", |w| connect(w, 401), 10, "configuration", "My Account API"),
    ("rate limit", |w| connect(w, 429), 7, "rate_limited", "Wait"),
    ("outage", |w| connect(w, 500), 8, "temporary", "Try again"),
    (
        "provider",
        |w| w.broker(|b| b.provider_configured = false),
        10,
        "configuration",
        "OAUTH_AUTH0_CLIENT_ID",
    ),
];

fn connect(world: &World, status: u16) {
    let body = json!({"type": "x", "status": status, "title": "A title", "detail": "A detail."}).to_string();
    let fault = Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/connect").always();
    world.fault(fault.status(status, &[("Retry-After", "90")], body));
}

/// Rows about the broker and its proxy.
const BROKER_ROWS: &[Row] = &[
    ("key", |w| w.broker(|b| b.api_keys = vec!["another".into()]), 10, "configuration", "linkauth_api_key"),
    ("proxy", |w| w.broker(|b| b.proxy_enabled = false), 10, "configuration", "auth0_via"),
    ("domain", |w| w.broker(|b| b.proxy_allow.clear()), 10, "configuration", "allowlist"),
    ("ssrf", |w| proxy(w, 403, "SSRF Blocked"), 10, "configuration", "auth0_domain"),
    ("bad gateway", |w| proxy(w, 502, "Bad Gateway"), 8, "temporary", "auth0_domain"),
    ("time-out", |w| proxy(w, 504, "Gateway Timeout"), 8, "temporary", "Try again"),
    ("html", |w| w.broker(|b| b.html_502 = true), 8, "temporary", "operator"),
    (
        "validation",
        |w| broker(w, 422, r#"{"detail":[{"loc":["body","url"],"msg":"bad","input":"v1.Msecret"}]}"#),
        1,
        "failed",
        "Update",
    ),
    ("rate limit", |w| broker(w, 429, "{}"), 7, "rate_limited", "Wait"),
    (
        "no broker",
        |w| broker(w, 404, "<html>nothing here</html>"),
        10,
        "configuration",
        "linkauth_broker_url",
    ),
    ("nonsense", |w| broker(w, 200, "<html>hello</html>"), 10, "configuration", "linkauth_broker_url"),
];

fn proxy(world: &World, status: u16, title: &str) {
    broker(
        world,
        status,
        &json!({"type": "about:blank", "title": title, "status": status, "detail": "d"}).to_string(),
    );
}

fn broker(world: &World, status: u16, body: &str) {
    world.fault(Fault::on(BROKER_HOST).always().status(status, &[], body));
}

fn check(rows: &[Row], prepare: impl Fn() -> User) {
    for (name, happens, exit, code, hint) in rows {
        let user = prepare();
        let run = user.run(&["list", "--timeout", "2"]);
        happens(&user.world);
        let before = user.cache();
        let error = run.fails(*exit);
        assert_eq!(error["code"], *code, "{name}: {error}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{name}: {error}");
        assert!(!error.to_string().contains("v1.Msecret"), "{name}: {error}");
        let logins = ["rt:mcs-sandbox.eu.auth0.com", "linkauth:tokens"];
        logins.iter().for_each(|k| assert_eq!(before[k], user.cache()[k], "{name} lost {k}"));
    }
}

#[test]
fn an_account_that_is_missing_right_after_it_was_connected_is_told_and_the_next_run_has_a_fresh_link() {
    let user = new_user();
    with_bare_login(&user);
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    user.world.auth0(|t| t.google_offline_broken = true);
    let error = user.run(&LIST).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("check Offline Access"), "{error}");
    let second = user.run(&LIST).done().challenge();
    assert_ne!(url(&first), url(&second));
    user.world.auth0(|t| t.google_offline_broken = false);
    assert_eq!(user.sign_in_and_run(&LIST).code, 0);
}

#[test]
fn a_mistyped_domain_is_told_by_the_brokers_proxy() {
    let user = with_login();
    let login = user.cache()["rt:mcs-sandbox.eu.auth0.com"].clone();
    user.edit_cache(|cache| cache["rt:mcs-sandboks.eu.auth0.com"] = login);
    let error = user.run(&LIST).env("MCS_GMAIL_AUTH0_DOMAIN", "mcs-sandboks.eu.auth0.com").fails(10);
    assert!(error["hint"].as_str().unwrap().contains("auth0_domain for a typo"), "{error}");
}

#[test]
fn a_poll_that_came_too_early_teaches_nothing_and_drops_nothing() {
    let user = User::new();
    let first = user.run(&LIST).done().challenge();
    user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    note(&user, "confirmed_at", json!(1.0));
    user.poll_time_has_come();
    assert_eq!(url(&user.run(&LIST).done().challenge()), url(&first));
    user.world.broker(|b| b.interval_s = 0);
    user.poll_time_has_come();
    assert_eq!(user.run(&LIST).done().challenge()["step"], "connect_account");
}

#[test]
fn every_fault_of_the_exchange_has_its_code_and_its_hint() {
    check(EXCHANGE_ROWS, with_login);
}

#[test]
fn every_fault_of_the_second_visit_has_its_code_and_its_hint() {
    check(CONNECT_ROWS, || {
        let user = new_user();
        with_bare_login(&user);
        user
    });
}

#[test]
fn every_fault_of_the_broker_has_its_code_and_its_hint() {
    check(BROKER_ROWS, with_login);
}

#[test]
fn no_fault_of_the_broker_is_mistaken_for_a_pending_or_a_lost_session() {
    for (name, happens, exit, code, _) in
        BROKER_ROWS.iter().filter(|r| !["proxy", "domain", "ssrf"].contains(&r.0))
    {
        let user = new_user();
        user.run(&LIST).done().challenge();
        let run = user.run(&["list", "--timeout", "2"]);
        happens(&user.world);
        let before = user.cache()["linkauth:sessions"].clone();
        assert_eq!(run.fails(*exit)["code"], *code, "{name}");
        assert_eq!(user.cache()["linkauth:sessions"], before, "{name} lost the session");
    }
}

#[test]
fn a_missing_key_and_an_unconfigured_provider_are_told_at_the_first_run() {
    let user = new_user();
    let error = user.run(&LIST).without("MCS_GMAIL_LINKAUTH_API_KEY").fails(10);
    assert!(error["message"].as_str().unwrap().contains("requires an API key"), "{error}");
    user.world.broker(|b| b.provider_configured = false);
    let error = user.run(&LIST).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("OAUTH_AUTH0_ISSUER"), "{error}");
    user.world.forbid(BROKER_HOST);
    assert_eq!(user.run(&LIST).fails(6)["host"], BROKER_HOST);
}

#[test]
fn an_early_run_shows_the_link_without_a_request_and_says_when_to_come_again() {
    let user = User::new();
    let first = user.run(&LIST).done().challenge();
    user.run(&LIST).done().challenge();
    user.world.clear_log();
    let early = user.run(&LIST).done().challenge();
    assert_eq!(user.world.log().len(), 0);
    assert_eq!(url(&first), url(&early));
    let wait = early["retry_after"].as_u64().unwrap();
    assert!((1..=5).contains(&wait), "{early}");
}

#[test]
fn slow_down_is_obeyed_by_the_next_process() {
    let user = User::new();
    user.run(&LIST).done().challenge();
    user.run(&LIST).done().challenge();
    user.poll_time_has_come();
    let slowed = user.run(&LIST).done().challenge();
    assert_eq!(slowed["retry_after"], 10);
    user.world.clear_log();
    user.run(&LIST).done().challenge();
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn the_first_poll_after_the_visit_gets_the_credential() {
    let user = new_user();
    let first = user.run(&LIST).done().challenge();
    user.world.approve(&url(&first)).unwrap();
    assert_eq!(user.run(&LIST).done().challenge()["step"], "connect_account");
}

#[test]
fn the_message_says_what_to_do_which_visit_it_is_and_how_long_the_link_lasts() {
    let user = new_user();
    let first = user.run(&LIST).done().challenge();
    let (link, code) = (url(&first), first["code"].as_str().unwrap().to_owned());
    let expected = format!(
        "Authentication required for 'gmail'. Please open {link} and check that the page shows the code: {code}. \
         This is the first of two visits: sign in with Google. A new user then gets a second link, to allow \
         access to Gmail. The link expires in 9 minutes. Afterwards, run the same command again."
    );
    assert_eq!(first["message"], expected);
    let again = user.run(&LIST).done().challenge();
    assert!(again["message"].as_str().unwrap().starts_with("Authentication pending for 'gmail'. "));
    user.world.approve(&link).unwrap();
    let second = user.run(&LIST).done().challenge();
    let message = second["message"].as_str().unwrap();
    assert!(message.contains("second and last visit: allow access to Gmail"), "{message}");
    assert!(message.contains("run the same command again"), "{message}");
}
