//! What can be wrong with the set-up of Auth0 and of the broker, or with their day: each fault has its exit code,
//! its error code and a hint that names the fix, and none of them costs what is cached.

use serde_json::json;

use crate::{
    kit::{LIST, REFRESH_TOKEN, User, for_each_in_parallel},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault, World},
};

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

fn check(rows: &[Row], prepare: impl Fn() -> User + Sync) {
    for_each_in_parallel(rows, |(name, happens, exit, code, hint)| {
        let user = prepare();
        let run = user.run(&LIST);
        happens(&user.world);
        let before = user.cache();
        let error = run.fails(*exit);
        assert_eq!(error["code"], *code, "{name}: {error}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{name}: {error}");
        assert!(!error.to_string().contains("v1.Msecret"), "{name}: {error}");
        let logins = [REFRESH_TOKEN, "linkauth:tokens"];
        logins.iter().for_each(|k| assert_eq!(before[k], user.cache()[k], "{name} lost {k}"));
    });
}

#[test]
fn every_fault_of_the_exchange_has_its_code_and_its_hint() {
    check(EXCHANGE_ROWS, User::with_refresh_token);
}

#[test]
fn every_fault_of_the_connect_visit_has_its_code_and_its_hint() {
    check(CONNECT_ROWS, User::not_connected);
}

#[test]
fn every_fault_of_the_broker_has_its_code_and_its_hint() {
    check(BROKER_ROWS, User::with_refresh_token);
}

#[test]
fn no_fault_of_the_broker_is_mistaken_for_a_pending_or_a_lost_session() {
    let rows = BROKER_ROWS.iter().filter(|r| !["proxy", "domain", "ssrf"].contains(&r.0));
    for_each_in_parallel(rows, |(name, happens, exit, code, _)| {
        let user = User::ready_to_sign_in();
        user.run(&LIST).challenge();
        let run = user.run(&LIST);
        happens(&user.world);
        let before = user.cache()["linkauth:sessions"].clone();
        assert_eq!(run.fails(*exit)["code"], *code, "{name}");
        assert_eq!(user.cache()["linkauth:sessions"], before, "{name} lost the session");
    });
}

#[test]
fn a_mistyped_domain_is_reported_by_the_brokers_proxy() {
    let user = User::with_refresh_token();
    let login = user.cache()[REFRESH_TOKEN].clone();
    user.edit_cache(|cache| cache["rt:mcs-sandboks.eu.auth0.com"] = login);
    let error = user.run(&LIST).env("MCS_GMAIL_AUTH0_DOMAIN", "mcs-sandboks.eu.auth0.com").fails(10);
    assert!(error["hint"].as_str().unwrap().contains("auth0_domain for a typo"), "{error}");
}

#[test]
fn a_missing_key_and_an_unconfigured_provider_are_reported_by_the_first_run() {
    let user = User::ready_to_sign_in();
    let error = user.run(&LIST).without("MCS_GMAIL_LINKAUTH_API_KEY").fails(10);
    assert!(error["message"].as_str().unwrap().contains("requires an API key"), "{error}");
    user.world.broker(|b| b.provider_configured = false);
    let error = user.run(&LIST).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("OAUTH_AUTH0_ISSUER"), "{error}");
    user.world.forbid(BROKER_HOST);
    assert_eq!(user.run(&LIST).fails(6)["host"], BROKER_HOST);
}
