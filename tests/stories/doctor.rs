//! `doctor` names what is wrong with a set-up, and nothing else; it changes nothing.

use serde_json::{Value, json};

use crate::{
    kit::{Done, LIST, REFRESH_TOKEN, Run, User, for_each_in_parallel, set_permissions},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, FULL_SCOPES, Fault, Flaw, GMAIL_HOST, World},
};

const HTML: (&str, &str) = ("Content-Type", "text/html; charset=UTF-8");
const FORBIDDEN: &str = "<!DOCTYPE html><title>Error 403 (Forbidden)!!1</title>";

/// The names of the points with this state.
fn points<'d>(document: &'d Value, state: &str) -> Vec<&'d str> {
    let all = document["points"].as_array().unwrap().iter();
    all.filter(|point| point["state"] == state).map(|point| point["name"].as_str().unwrap()).collect()
}

fn point<'d>(document: &'d Value, name: &str) -> &'d Value {
    let mut all = document["points"].as_array().unwrap().iter();
    all.find(|point| point["name"] == name).unwrap_or_else(|| panic!("no point {name}: {document}"))
}

/// The points that are not ok, for a test that fails.
fn brief(document: &Value) -> String {
    let all = document["points"].as_array().unwrap().iter().filter(|point| point["state"] != "ok");
    all.map(|p| format!("\n{} {}: {} [{}]", p["state"], p["name"], p["detail"], p["help"])).collect()
}

/// The cache as the program itself leaves it.
fn private(user: User) -> User {
    if user.cache_file().exists() {
        set_permissions(&user.cache_file(), 0o600);
    }
    user
}

/// The report about a user whose cache is private.
fn examined(user: &User) -> Value {
    set_permissions(&user.cache_file(), 0o600);
    report(&user.run(&["doctor"]).done())
}

/// The report of a run, whose exit code must agree with it.
fn report(done: &Done) -> Value {
    let document = done.json();
    assert_eq!(done.stderr, "");
    assert_eq!(document["ok"], done.code == 0, "{}", brief(&document));
    for point in document["points"].as_array().unwrap() {
        let is_fault = point["state"] == "fault";
        assert_eq!(point["cause"].is_string() && point["help"].is_string(), is_fault, "{point}");
        assert!(!is_fault || point["fix"].is_string(), "{point}");
    }
    document
}

/// A set-up with one fault: the point that is named, the cause, and how the fault comes about.
struct Row {
    point: &'static str,
    cause: &'static str,
    user: fn() -> User,
    spoil: fn(&User),
    run: for<'u> fn(Run<'u>) -> Run<'u>,
}

const fn row(point: &'static str, cause: &'static str) -> Row {
    Row { point, cause, user: User::with_refresh_token, spoil: |_| {}, run: |run| run }
}

impl Row {
    const fn of(self, user: fn() -> User) -> Row {
        Row { user, ..self }
    }

    const fn spoilt(self, spoil: fn(&User)) -> Row {
        Row { spoil, ..self }
    }

    const fn with(self, run: for<'u> fn(Run<'u>) -> Run<'u>) -> Row {
        Row { run, ..self }
    }
}

fn each_is_named_alone(rows: impl IntoIterator<Item = Row>) {
    for_each_in_parallel(rows, |row| {
        let user = private((row.user)());
        (row.spoil)(&user);
        let done = (row.run)(user.run(&["doctor"])).done();
        let document = report(&done);
        assert_eq!(points(&document, "fault"), [row.point], "{}: {}", row.cause, brief(&document));
        assert_eq!(point(&document, row.point)["help"], row.cause, "{}", brief(&document));
        let is_configured = row.point.starts_with("config.") || row.cause == "configuration";
        assert_eq!(done.code, if is_configured { 10 } else { 1 }, "{}", brief(&document));
        nothing_was_changed(&user);
    });
}

/// No link that could be opened, no mail.
fn nothing_was_changed(user: &User) {
    assert_eq!(user.world.broker(|broker| broker.live_sessions()), 0);
    assert_eq!(user.sent(), 0);
}

#[test]
fn a_healthy_set_up_has_no_fault_and_nothing_is_unknown_that_could_be_seen() {
    let user = private(User::with_refresh_token());
    let document = report(&user.run(&["doctor"]).done());
    assert_eq!(points(&document, "fault"), [""; 0]);
    assert_eq!(points(&document, "unknown"), ["auth0.rotation"]);
    assert_eq!(point(&document, "gmail.account")["detail"], "ada@example.com");
    nothing_was_changed(&user);
}

#[test]
fn after_a_whole_sign_in_nothing_is_unknown() {
    let user = User::ready_to_sign_in();
    user.sign_in();
    let document = report(&user.run(&["doctor"]).done());
    assert_eq!((points(&document, "fault"), points(&document, "unknown")), (vec![], vec![]));
}

#[test]
fn nothing_is_changed_not_even_the_time_of_the_cache_file() {
    for user in
        [User::with_refresh_token(), User::not_connected(), User::signed_in(), User::ready_to_sign_in()]
    {
        let modified = || user.cache_file().metadata().unwrap().modified().unwrap();
        let before = (user.cache(), modified(), crate::kit::files_in(&user.cache_directory()));
        let refresh_tokens = user.world.auth0(|tenant| tenant.live_refresh_tokens());
        report(&user.run(&["doctor"]).done());
        assert_eq!(before, (user.cache(), modified(), crate::kit::files_in(&user.cache_directory())));
        assert_eq!(user.world.auth0(|tenant| tenant.live_refresh_tokens()), refresh_tokens);
        nothing_was_changed(&user);
    }
}

#[test]
fn the_refresh_token_is_never_spent() {
    let user = private(User::with_refresh_token());
    let token = serde_json::from_value::<String>(user.cache()[REFRESH_TOKEN]["v"].clone()).unwrap();
    user.world.auth0(|tenant| tenant.rotation = true);
    report(&user.run(&["doctor"]).done());
    let spent = |e: &&crate::sandbox::Exchange| {
        let body = String::from_utf8_lossy(&e.request_body);
        e.path == "/oauth/token" && body.contains(&token) && body.contains("\"refresh_token\":")
    };
    assert_eq!(user.world.log().iter().filter(spent).count(), 0);
    user.run(&LIST).json();
}

#[test]
fn a_directory_of_certificates_is_in_effect_too() {
    let user = User::new();
    let certificates = user.home().join("certificates");
    std::fs::create_dir(&certificates).unwrap();
    // A directory of OpenSSL names each file by a hash of its subject.
    std::fs::copy(user.world.ca_path(), certificates.join("0a1b2c3d.0")).unwrap();
    let run = user.run(&["doctor"]).without("SSL_CERT_FILE");
    let document = report(&run.env("SSL_CERT_DIR", certificates.to_str().unwrap()).done());
    assert_eq!(points(&document, "fault"), [""; 0]);
    assert!(point(&document, "network.ca")["detail"].as_str().unwrap().contains("(SSL_CERT_DIR)"));
}

#[test]
fn a_fault_that_was_fixed_is_no_fault_after_the_next_sign_in() {
    let user = User::ready_to_sign_in();
    user.world.auth0(|tenant| tenant.rotation = true);
    user.sign_in();
    let document = examined(&user);
    assert_eq!(points(&document, "fault"), ["auth0.rotation"]);
    user.world.auth0(|tenant| {
        tenant.rotation = false;
        tenant.revoke_all_refresh_tokens();
    });
    user.expire_access_token();
    user.sign_in();
    assert_eq!(points(&examined(&user), "fault"), [""; 0]);
}

#[test]
fn a_new_user_is_told_to_sign_in() {
    let user = User::new();
    let document = report(&user.run(&["doctor"]).done());
    assert_eq!(points(&document, "fault"), [""; 0]);
    assert!(point(&document, "auth0.sign_in")["fix"].as_str().unwrap().contains("auth login"));
    let detail = point(&document, "gmail.account")["detail"].as_str().unwrap();
    assert!(detail.contains("since auth0.sign_in is unknown"), "{detail}");
    assert!(!user.cache_directory().exists());
    nothing_was_changed(&user);
}

#[test]
fn without_the_network_nothing_is_sent() {
    for user in [private(User::with_refresh_token()), User::new()] {
        let document = report(&user.run(&["doctor", "--offline"]).done());
        assert_eq!(points(&document, "unknown"), [""; 0]);
        assert!(points(&document, "ok").iter().all(|name| !name.starts_with("broker.")));
        assert!(user.world.log().is_empty());
        assert_eq!(user.world.connections(BROKER_HOST) + user.world.connections(GMAIL_HOST), 0);
    }
}

#[test]
fn a_fault_of_the_broker_is_named_alone() {
    each_is_named_alone([
        row("broker.api_key", "api_key_refused")
            .with(|run| run.env("MCS_GMAIL_LINKAUTH_API_KEY", "la_another_key_of_somebody")),
        row("broker.api_key", "api_key_refused").with(|run| run.without("MCS_GMAIL_LINKAUTH_API_KEY")),
        row("broker.provider", "oauth_provider_error")
            .spoilt(|user| user.world.broker(|b| b.provider_configured = false)),
        row("broker.provider", "oauth_provider_error")
            .of(User::new)
            .spoilt(|user| user.world.broker(|b| b.provider_configured = false)),
        row("broker.proxy", "proxy_disabled").spoilt(|user| user.world.broker(|b| b.proxy_enabled = false)),
        row("broker.proxy_domain", "domain_not_allowed")
            .spoilt(|user| user.world.broker(|b| b.proxy_allow = vec!["*.example.com".into()])),
        row("broker.proxy_domain", "ssrf_blocked")
            .with(|run| run.env("MCS_GMAIL_AUTH0_DOMAIN", "mcs-sandbx.eu.auth0.com")),
        row("broker.kind", "not_a_broker").spoilt(|user| user.world.broker(|b| b.is_another_service = true)),
        row("broker.reachable", "broker_failed").spoilt(|user| user.world.broker(|b| b.html_502 = true)),
        row("broker.kind", "not_a_broker").spoilt(|user| {
            user.world.fault(Fault::on(BROKER_HOST).always().status(200, &[HTML], "<html>Welcome"));
        }),
        row("broker.proxy", "broker_failed").spoilt(|user| {
            let fault = Fault::on(BROKER_HOST).path("/v1/proxy").always();
            user.world.fault(fault.status(500, &[("Content-Type", "text/plain")], "Internal Server Error"));
        }),
        row("auth0.tenant", "network_refused")
            .spoilt(|user| user.world.forbid(AUTH0_DOMAIN))
            .with(|run| run.env("MCS_GMAIL_AUTH0_VIA", "direct")),
        row("auth0.tenant", "broker_failed").spoilt(|user| {
            user.world.fault(Fault::on(AUTH0_DOMAIN).always().reset_before());
        }),
    ]);
}

#[test]
fn a_fault_of_the_tenant_is_named_alone() {
    each_is_named_alone([
        row("auth0.tenant", "ssrf_blocked").spoilt(|user| user.world.auth0(|t| t.exists = false)),
        row("auth0.client", "invalid_client")
            .with(|run| run.env("MCS_GMAIL_AUTH0_CLIENT_SECRET", "not-the-secret-of-this-client")),
        row("auth0.client", "invalid_client")
            .spoilt(|user| user.world.auth0(|t| t.client_error_is_access_denied = true))
            .with(|run| run.env("MCS_GMAIL_AUTH0_CLIENT_ID", "zZ1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV")),
        row("auth0.token_vault_grant", "unauthorized_client")
            .spoilt(|user| user.world.auth0(|t| t.token_vault_grant_enabled = false)),
        row("auth0.refresh_token_grant", "unauthorized_client")
            .spoilt(|user| user.world.auth0(|t| t.refresh_token_grant_enabled = false)),
        row("auth0.authorization_code_grant", "unauthorized_client")
            .spoilt(|user| user.world.auth0(|t| t.authorization_code_grant_enabled = false)),
        row("auth0.callback_url", "callback_url_mismatch")
            .spoilt(|user| user.world.auth0(|t| t.allowed_callbacks.clear())),
        row("auth0.audience", "service_not_found")
            .with(|run| run.env("MCS_GMAIL_AUTH0_AUDIENCE", "https://mcs-gmail/apis")),
        row("auth0.google_connection", "connection_not_enabled")
            .spoilt(|user| user.world.auth0(|t| t.sign_in_enabled = false)),
        row("auth0.mfa", "mfa_required").spoilt(|user| user.world.auth0(|t| t.mfa_required = true)),
    ]);
}

#[test]
fn a_fault_of_the_sign_in_is_named_alone() {
    each_is_named_alone([
        row("auth0.sign_in", "invalid_grant")
            .spoilt(|user| user.world.auth0(|t| t.revoke_all_refresh_tokens())),
        row("auth0.connected_account", "expired_after_seven_days").spoilt(|user| {
            user.run(&LIST).json();
            user.world.auth0(|t| t.revoke_connected_accounts());
        }),
        row("auth0.connected_account", "not_found_after_connecting").of(User::not_connected).spoilt(|user| {
            user.world.auth0(|t| t.google_offline_broken = true);
            user.approve(&user.run(&LIST).challenge());
            user.run(&LIST).fails(10);
            user.world.broker(|b| b.restart());
        }),
        row("auth0.rotation", "rotation_is_on").of(User::ready_to_sign_in).spoilt(|user| {
            user.world.auth0(|t| t.rotation = true);
            user.sign_in();
            user.world.broker(|b| b.restart());
        }),
        row("auth0.rotation", "rotation_is_on").of(User::ready_to_sign_in).spoilt(|user| {
            user.world.auth0(|t| t.rotation = true);
            user.sign_in();
            user.world.auth0(|t| t.revoke_all_refresh_tokens());
            user.world.broker(|b| b.restart());
        }),
        row("auth0.offline_access", "no_refresh_token").of(User::ready_to_sign_in).spoilt(|user| {
            user.world.auth0(|t| t.offline_access_allowed = false);
            user.approve(&user.run(&LIST).challenge());
            user.run(&LIST).fails(10);
            user.world.broker(|b| b.restart());
        }),
        row("auth0.refresh_token_grant", "unauthorized_client").of(User::ready_to_sign_in).spoilt(|user| {
            user.world.auth0(|t| t.refresh_token_grant_enabled = false);
            user.approve(&user.run(&LIST).challenge());
            user.run(&LIST).fails(10);
            user.world.broker(|b| b.restart());
        }),
        row("auth0.my_account", "my_account_not_authorised").of(User::not_connected).spoilt(|user| {
            user.world.auth0(|t| t.my_account_authorized = false);
            user.run(&LIST).fails(10);
        }),
        row("auth0.my_account", "my_account_not_authorised").of(User::not_connected).spoilt(|user| {
            user.world.auth0(|t| t.mrrt_scopes_granted.clear());
            user.run(&LIST).fails(10);
        }),
        row("auth0.my_account", "my_account_scopes").of(User::not_connected).spoilt(|user| {
            let fault = Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/connect").always();
            let body =
                json!({"type": "x", "status": 403, "title": "Forbidden", "detail": "Insufficient scope"});
            user.world.fault(fault.json(403, &body));
            user.run(&LIST).fails(10);
        }),
        row("auth0.my_account", "unmet_authentication_requirements").of(User::not_connected).spoilt(|user| {
            let fault = Fault::on(AUTH0_DOMAIN).path("/oauth/token").body_contains("/me/").always();
            user.world.fault(fault.json(403, &json!({"error": "unmet_authentication_requirements"})));
            user.run(&LIST).fails(10);
        }),
        row("auth0.my_account", "my_account_connection").of(User::not_connected).spoilt(|user| {
            user.world.auth0(|t| t.connected_accounts_enabled = false);
            user.run(&LIST).fails(10);
        }),
        row("auth0.callback_url", "callback_url_mismatch").of(User::not_connected).spoilt(|user| {
            user.world.auth0(|t| t.allowed_callbacks.clear());
            user.run(&LIST).fails(10);
        }),
    ]);
}

#[test]
fn a_fault_of_the_mailbox_is_named_alone() {
    each_is_named_alone([
        row("gmail.reachable", "gmail_html_403").spoilt(|user| {
            user.world.fault(Fault::on(GMAIL_HOST).always().status(403, &[HTML], FORBIDDEN));
        }),
        row("gmail.reachable", "network_refused").spoilt(|user| user.world.forbid(GMAIL_HOST)),
        row("gmail.api", "gmail_api_disabled")
            .spoilt(|user| user.world.gmail(|g| g.fail_part("", 403, "accessNotConfigured", 9))),
        row("gmail.token", "gmail_refused")
            .spoilt(|user| user.world.gmail(|g| g.fail_part("", 403, "domainPolicy", 9))),
        row("gmail.token", "token_refused")
            .of(User::signed_in)
            .spoilt(|user| user.world.google(|google| google.revoke_all())),
        row("gmail.scopes", "insufficient_permissions").of(User::not_connected).spoilt(|user| {
            user.world.auth0(|t| t.connect_account(&["openid", "email"]));
        }),
        row("gmail.scopes", "insufficient_permissions").of(User::not_connected).spoilt(|user| {
            let readonly = "https://www.googleapis.com/auth/gmail.readonly";
            user.world.auth0(|t| t.connect_account(&["openid", "email", readonly]));
        }),
        row("gmail.account", "wrong_account").with(|run| run.env("MCS_GMAIL_ACCOUNT", "eve@example.com")),
    ]);
}

#[test]
fn a_fault_of_the_network_is_named_alone() {
    each_is_named_alone([
        row("network.proxy", "proxy_unreachable").with(|run| run.env("HTTPS_PROXY", "http://127.0.0.1:1")),
        row("network.proxy", "proxy_authentication")
            .spoilt(|user| user.world.require_proxy_login("ada", "hunter2-hunter2")),
        row("network.proxy", "configuration").with(|run| run.env("HTTPS_PROXY", "ftp://proxy.example")),
        row("network.ca", "no_certificates").with(|run| run.env("SSL_CERT_FILE", "/nonexistent/ca.pem")),
        row("network.ca", "certificate_refused")
            .spoilt(|user| {
                let other = World::start();
                std::fs::copy(other.ca_path(), user.home().join("other.pem")).unwrap();
            })
            .with(|run| run.under(&["sh", "-c", "SSL_CERT_FILE=$HOME/other.pem exec \"$@\"", "sh"])),
        row("broker.reachable", "certificate_refused")
            .spoilt(|user| user.world.spoil_certificate(BROKER_HOST, Flaw::OtherName)),
        row("broker.reachable", "certificate_refused")
            .spoilt(|user| user.world.spoil_certificate(BROKER_HOST, Flaw::Expired)),
        row("clock", "clock_wrong").spoilt(|user| {
            user.world.spoil_certificate(BROKER_HOST, Flaw::NotYetValid);
            user.world.spoil_certificate(GMAIL_HOST, Flaw::NotYetValid);
        }),
        row("clock", "clock_wrong").spoilt(|user| user.world.set_clocks_ahead(3600)),
        row("clock", "clock_wrong").spoilt(|user| user.world.set_clocks_ahead(-86_400)),
        row("broker.reachable", "network_refused").spoilt(|user| user.world.forbid(BROKER_HOST)),
        row("broker.reachable", "broker_unreachable")
            .spoilt(|user| user.world.tolerate_unexpected())
            .with(|run| run.env("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://127.0.0.1:1")),
    ]);
}

#[test]
fn a_fault_of_the_configuration_is_named_alone() {
    each_is_named_alone([
        row("config.auth0_domain", "configuration").with(|run| run.without("MCS_GMAIL_AUTH0_DOMAIN")),
        row("config.auth0_domain", "configuration")
            .with(|run| run.env("MCS_GMAIL_AUTH0_DOMAIN", "dev-abc123.us.auth0.com")),
        row("config.auth0_client_id", "configuration").with(|run| run.without("MCS_GMAIL_AUTH0_CLIENT_ID")),
        row("config.auth0_client_secret", "configuration")
            .with(|run| run.env("MCS_GMAIL_AUTH0_CLIENT_SECRET", "...")),
        row("config.auth0_audience", "configuration").with(|run| run.without("MCS_GMAIL_AUTH0_AUDIENCE")),
        row("config.linkauth_broker_url", "configuration")
            .with(|run| run.env("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://broker.example.com/path")),
        row("config.linkauth_api_key", "configuration")
            .with(|run| run.env("MCS_GMAIL_LINKAUTH_API_KEY", "la_...")),
        row("config.settings", "configuration").with(|run| run.env("MCS_GMAIL_TIMEOUT", "soon")),
        row("config.settings", "configuration").with(|run| run.env("MCS_GMAIL_POLICI", "read")),
        row("config.settings", "configuration").with(|run| run.env("MCS_GMAIL_CREDENTIALS", "magic")),
        row("config.settings", "configuration").with(|run| run.env("MCS_GMAIL_CACHE_DIR", "cache")),
        row("config.settings", "configuration")
            .spoilt(|user| {
                user.configure("[accounts.work]\naccount = \"ada@example.com\"\n");
            })
            .with(|run| run.env("MCS_GMAIL_ACCOUNT", "wirk")),
        row("config.settings", "configuration")
            .spoilt(|user| {
                user.write_file("own.toml", "auth0_client_id = \"anotherClientId123\"\n");
            })
            .with(|run| run.arg("--config").arg("own.toml").without("MCS_GMAIL_AUTH0_CLIENT_ID")),
        row("config.file", "configuration").spoilt(|user| {
            user.configure("auth0_domain = \n");
        }),
        row("config.file", "configuration").spoilt(|user| {
            user.configure("auth0_domian = \"x\"\n");
        }),
        row("config.file", "cache_not_private").spoilt(|user| {
            let file = user.configure("auth0_client_secret = \"a-secret-that-others-see\"\n");
            set_permissions(&file, 0o644);
        }),
    ]);
}

#[test]
fn a_fault_of_the_cache_is_named_alone() {
    each_is_named_alone([
        row("cache.file", "cache_not_private").spoilt(|user| set_permissions(&user.cache_file(), 0o644)),
        row("cache.file", "cache_damaged").spoilt(|user| {
            user.write_file(".mcs/cache/mcs-gmail.json", "{\"linkauth:privkey\": ");
            set_permissions(&user.cache_file(), 0o600);
        }),
        row("cache.directory", "cache_not_private")
            .spoilt(|user| set_permissions(&user.cache_directory(), 0o777)),
        row("cache.directory", "cache_not_writable").of(User::new).spoilt(|user| {
            user.write_file(".mcs/cache", "a file");
        }),
        row("cache.writable", "cache_not_writable")
            .spoilt(|user| {
                set_permissions(&user.cache_file(), 0o400);
                set_permissions(&user.cache_directory(), 0o500);
            })
            .with(|run| run.unprivileged()),
        row("cache.writable", "cache_not_writable")
            .of(User::new)
            .spoilt(|user| set_permissions(user.home(), 0o500))
            .with(|run| run.unprivileged()),
        row("cache.lock", "cache_not_writable").spoilt(|user| {
            std::os::unix::fs::symlink("/etc/passwd", user.cache_directory().join("mcs-gmail.json.lock"))
                .unwrap();
        }),
    ]);
}

#[test]
fn what_passes_or_mends_itself_is_no_fault() {
    let limited = private(User::with_refresh_token());
    limited.world.auth0(|tenant| tenant.rate_limited = true);
    let revoked = private(User::with_refresh_token());
    revoked.run(&LIST).json();
    revoked.world.auth0(|tenant| tenant.revoke_google_tokens());
    let busy = private(User::with_refresh_token());
    busy.world.gmail(|gmail| gmail.quota_errors(9));
    let locked = private(User::with_refresh_token());
    let lock = std::fs::File::create(locked.cache_directory().join("mcs-gmail.json.lock")).unwrap();
    lock.lock().unwrap();
    for (user, unknown) in
        [(&limited, "auth0.client"), (&revoked, ""), (&busy, "gmail.token"), (&locked, "cache.lock")]
    {
        let document = report(&user.run(&["doctor"]).done());
        assert_eq!(points(&document, "fault"), [""; 0], "{unknown}: {}", brief(&document));
        let is_unknown = points(&document, "unknown").contains(&unknown);
        assert_eq!(is_unknown, !unknown.is_empty(), "{unknown}: {}", brief(&document));
    }
}

#[test]
fn a_server_that_does_not_answer_leaves_time_for_the_others() {
    let user = private(User::with_refresh_token());
    user.world.fault(Fault::on(BROKER_HOST).always().hang());
    let document = report(&user.run(&["doctor", "--timeout", "1"]).done());
    assert_eq!(points(&document, "fault"), ["broker.reachable"]);
    assert_eq!(point(&document, "gmail.reachable")["state"], "ok");
}

#[test]
fn a_secret_is_sent_only_to_endpoints_of_its_own_source_even_if_a_key_is_missing() {
    let user = private(User::with_refresh_token());
    user.write_file("own.toml", format!("linkauth_broker_url = \"https://{BROKER_HOST}\"\n"));
    let run = user.run(&["--config", "own.toml", "doctor"]).without("MCS_GMAIL_LINKAUTH_BROKER_URL");
    let document = report(&run.without("MCS_GMAIL_AUTH0_AUDIENCE").done());
    assert_eq!(points(&document, "fault"), ["config.auth0_audience", "config.settings"]);
    let key = user.world.broker(|broker| broker.api_keys[0].clone());
    for exchange in user.world.log() {
        assert!(!exchange.request_headers.iter().any(|(_, value)| value.contains(&key)), "{exchange:?}");
    }
}

#[test]
fn debugging_shows_the_requests_without_secrets() {
    let user = private(User::with_refresh_token());
    let done = user.run(&["doctor", "--debug=http"]).done();
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stderr.contains("/v1/sessions"), "{}", done.stderr);
}

#[test]
fn every_point_that_the_set_up_guide_names_exists() {
    let guide = include_str!("../../skill/references/setup.md");
    let user = private(User::with_refresh_token());
    let document = report(&user.run(&["doctor"]).done());
    let known: Vec<&str> = ["ok", "unknown"].iter().flat_map(|state| points(&document, state)).collect();
    let confirmed = guide.lines().filter(|line| line.starts_with("Confirmed by"));
    let mut seen = 0;
    for name in confirmed.flat_map(|line| line.split('`').skip(1).step_by(2)) {
        let is_point = name
            .split_once('.')
            .is_some_and(|(area, _)| area.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        if is_point && !name.contains(' ') {
            assert!(known.contains(&name), "{name}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn with_no_configuration_at_all_every_required_key_is_named() {
    let user = User::new();
    let mut run = user.run(&["doctor"]);
    for (name, _) in user.world.env().iter().filter(|(name, _)| name.starts_with("MCS_GMAIL_")) {
        run = run.without(name);
    }
    let done = run.done();
    let document = report(&done);
    assert_eq!(done.code, 10);
    let missing =
        ["auth0_domain", "auth0_client_id", "auth0_client_secret", "auth0_audience", "linkauth_broker_url"];
    assert_eq!(points(&document, "fault"), missing.map(|key| format!("config.{key}")));
    let fix = point(&document, "config.auth0_domain")["fix"].as_str().unwrap();
    assert!(fix.contains("MCS_GMAIL_AUTH0_DOMAIN") && fix.contains(".mcs/mcs-gmail.toml"), "{fix}");
    assert_eq!(point(&document, "gmail.reachable")["state"], "ok");
}

#[test]
fn other_credentials_have_their_own_points() {
    let user = private(User::signed_in());
    let token = user.world.issue_google_token(&FULL_SCOPES, 3600);
    let run = |credentials: &str| user.run(&["doctor"]).env("MCS_GMAIL_CREDENTIALS", credentials);
    let document = report(&run("token").env("MCS_GMAIL_ACCESS_TOKEN", &token).done());
    assert_eq!(points(&document, "fault"), [""; 0]);
    assert_eq!(point(&document, "gmail.account")["detail"], "ada@example.com");
    assert!(
        document["points"]
            .as_array()
            .unwrap()
            .iter()
            .all(|p| !p["name"].as_str().unwrap().starts_with("auth0"))
    );

    let refresh_token = user.world.signed_in_refresh_token();
    user.world.allow(AUTH0_DOMAIN);
    let document = report(&run("auth0").env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &refresh_token).done());
    assert_eq!((points(&document, "fault"), points(&document, "unknown")), (vec![], vec!["auth0.rotation"]));

    user.world.auth0(|tenant| tenant.disconnect_all());
    let document = report(&run("auth0").env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &refresh_token).done());
    assert_eq!(points(&document, "fault"), ["auth0.connected_account"]);
    user.world.auth0(|tenant| tenant.revoke_all_refresh_tokens());
    let document = report(&run("auth0").env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &refresh_token).done());
    assert_eq!(points(&document, "fault"), ["auth0.sign_in"]);

    let document = report(&run("linkauth").done());
    assert_eq!(points(&document, "fault"), [""; 0]);
    assert_eq!(point(&document, "broker.provider")["detail"], "google");
}

#[test]
fn without_the_brokers_proxy_its_points_do_not_matter() {
    let user = private(User::with_refresh_token());
    user.world.allow(AUTH0_DOMAIN);
    user.world.broker(|broker| broker.proxy_enabled = false);
    let document = report(&user.run(&["doctor"]).env("MCS_GMAIL_AUTH0_VIA", "direct").done());
    assert_eq!((points(&document, "fault"), points(&document, "unknown")), (vec![], vec!["auth0.rotation"]));
    assert!(document["points"].as_array().unwrap().iter().all(|p| p["name"] != "broker.proxy"));
}

#[test]
fn an_exchange_that_is_refused_for_its_form_says_nothing_of_the_client() {
    let user = private(User::with_refresh_token());
    let exchange =
        Fault::on(AUTH0_DOMAIN).path("/oauth/token").body_contains("federated-connection").always();
    user.world.fault(exchange.json(400, &json!({"error": "invalid_request", "error_description": "no"})));
    let document = report(&user.run(&["doctor"]).done());
    assert_eq!(points(&document, "fault"), [""; 0]);
    assert_eq!(point(&document, "auth0.client")["state"], "ok");
    let grant = point(&document, "auth0.token_vault_grant");
    assert_eq!(grant["state"], "unknown");
    assert!(grant["fix"].as_str().unwrap().contains("Connected Accounts for Token Vault"), "{grant}");
    let wrong = user.run(&["doctor"]).env("MCS_GMAIL_AUTH0_CLIENT_SECRET", "another-secret-than-this");
    assert_eq!(points(&report(&wrong.done()), "fault"), ["auth0.client"]);
}

#[test]
fn a_person_sees_the_fix_below_the_fault() {
    let user = private(User::with_refresh_token());
    user.world.broker(|broker| broker.proxy_enabled = false);
    let done = user.run(&["doctor", "--format", "table"]).done();
    assert_eq!((done.code, done.stderr.as_str()), (1, ""));
    let lines: Vec<&str> = done.stdout.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("fault    broker.proxy ")).unwrap();
    assert!(lines[at + 1].trim_start().starts_with("cause  The broker's proxy"), "{}", done.stdout);
    assert!(lines[at + 2].trim_start().starts_with("fix    Ask the broker's operator"), "{}", done.stdout);
    assert!(done.stdout.contains("mcs-gmail help proxy_disabled"), "{}", done.stdout);
    let last = &lines[lines.len() - 3..];
    assert!(last[0].starts_with("1 fault, ") && last[0].ends_with(" ok"), "{}", done.stdout);
    assert!(last[1].starts_with("next   broker.proxy: Ask the broker's operator"), "{}", done.stdout);
    assert_eq!(lines.iter().filter(|line| line.starts_with("fault")).count(), 1);
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{}", done.stdout);
}

#[test]
fn a_sign_in_that_is_pending_is_left_alone() {
    let user = User::without_poll_interval();
    let challenge = user.run(&LIST).challenge();
    user.approve(&challenge);
    let before = user.cache();
    let document = report(&user.run(&["doctor"]).done());
    assert_eq!(point(&document, "auth0.sign_in")["detail"], "a sign-in is pending");
    assert_eq!(user.cache(), before);
    // The credential was not fetched, so that the next run still gets it.
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
    assert_eq!(json!(points(&document, "fault")), json!([]));
}
