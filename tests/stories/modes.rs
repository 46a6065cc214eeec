//! The other credentials methods: a given refresh token, the broker's own Google client, a given access token,
//! Auth0 without the broker's proxy; and what is requested: scopes and account.

use serde_json::{Value, json};

use crate::{
    kit::{ACCESS_TOKEN, LIST, REFRESH_TOKEN, Run, User},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Exchange, FULL_SCOPES, GMAIL_HOST, google::TOKEN_HOST},
};

fn by<'u>(user: &'u User, method: &str) -> Run<'u> {
    user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", method)
}

/// The body of the first request that went there.
fn body_of(user: &User, host: &str, path: &str) -> Value {
    let log = user.world.log();
    let fits = |e: &&Exchange| e.host == host && e.path.starts_with(path) && e.method == "POST";
    serde_json::from_slice(&log.iter().find(fits).unwrap().request_body).unwrap()
}

#[test]
fn a_given_refresh_token_is_exchanged_directly_and_needs_no_broker() {
    let user = User::ready_to_sign_in();
    user.world.allow(AUTH0_DOMAIN);
    let login = user.world.signed_in_refresh_token();
    let run = || {
        by(&user, "auth0")
            .env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &login)
            .without("MCS_GMAIL_LINKAUTH_BROKER_URL")
            .without("MCS_GMAIL_AUTH0_AUDIENCE")
    };
    run().json();
    run().json();
    assert_eq!(user.world.count(BROKER_HOST, "", ""), 0);
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
    assert!(!std::fs::read_to_string(user.cache_file()).unwrap().contains(&login));
}

#[test]
fn a_given_refresh_token_is_used_instead_of_a_cached_one() {
    let user = User::ready_to_sign_in();
    user.world.allow(AUTH0_DOMAIN);
    let given = user.world.signed_in_refresh_token();
    user.write_cache(&json!({REFRESH_TOKEN: {"v": "v1.Mdead"}}));
    by(&user, "auth0").env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &given).json();
    assert_eq!(body_of(&user, AUTH0_DOMAIN, "/oauth/token")["subject_token"], json!(given));
}

#[test]
fn a_given_refresh_token_that_is_revoked_or_not_connected_is_reported() {
    let user = User::ready_to_sign_in();
    user.world.allow(AUTH0_DOMAIN);
    let bare = user.world.auth0(|t| t.sign_in());
    let run = || by(&user, "auth0").env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &bare);
    assert!(run().fails(10)["hint"].as_str().unwrap().contains("auth login"));
    user.world.auth0(|t| t.revoke_all_refresh_tokens());
    assert!(run().fails(10)["message"].as_str().unwrap().contains("auth0_refresh_token"));
    by(&user, "auth0").fails(10);
}

#[test]
fn auth0_can_be_reached_directly_where_the_network_allows_it() {
    let user = User::ready_to_sign_in();
    user.world.allow(AUTH0_DOMAIN);
    user.world.broker(|b| b.proxy_enabled = false);
    let run = || user.run(&LIST).env("MCS_GMAIL_AUTH0_VIA", "direct");
    user.approve_both_visits(run);
    run().json();
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/proxy"), 0);
    user.world.forbid(AUTH0_DOMAIN);
    user.expire_access_token();
    assert_eq!(run().fails(6)["host"], AUTH0_DOMAIN);
}

#[test]
fn the_brokers_own_google_client_gives_an_access_token_until_it_expires() {
    let user = User::ready_to_sign_in();
    let challenge = by(&user, "linkauth").challenge();
    let message = challenge["message"].as_str().unwrap();
    assert!(message.contains("One visit is enough"), "{message}");
    user.approve(&challenge);
    by(&user, "linkauth").json();
    let request = body_of(&user, BROKER_HOST, "/v1/sessions");
    assert_eq!((&request["oauth_provider"], &request["template"]), (&json!("google"), &json!("google_mail")));
    assert_eq!(request["oauth_extra_params"], json!({"access_type": "offline", "prompt": "consent"}));
    let left = user.lifetime_of(ACCESS_TOKEN);
    assert!((3500.0..3541.0).contains(&left), "{left}");
    user.world.clear_log();
    by(&user, "linkauth").json();
    assert_eq!(user.world.count(BROKER_HOST, "", ""), 0);
    user.expire_access_token();
    by(&user, "linkauth").challenge();
}

#[test]
fn the_refresh_token_of_google_is_never_a_bearer() {
    let user = User::ready_to_sign_in();
    let challenge = by(&user, "linkauth").challenge();
    user.approve(&challenge);
    by(&user, "linkauth").json();
    let refresh: Vec<String> = user.world.secrets().into_iter().filter(|s| s.starts_with("1//")).collect();
    assert_eq!(refresh.len(), 1);
    let log = user.world.log();
    let headers = log.iter().filter(|e| e.host == GMAIL_HOST).flat_map(|e| &e.request_headers);
    assert!(headers.into_iter().all(|(_, value)| !value.contains(&refresh[0])));
}

#[test]
fn ones_own_google_client_renews_without_a_visit() {
    let user = User::ready_to_sign_in();
    user.world.allow(TOKEN_HOST);
    let (id, secret) = user.world.google(|g| g.client.clone());
    let run = || {
        by(&user, "linkauth")
            .env("MCS_GMAIL_GOOGLE_CLIENT_ID", &id)
            .env("MCS_GMAIL_GOOGLE_CLIENT_SECRET", &secret)
    };
    let challenge = run().challenge();
    user.approve(&challenge);
    run().json();
    let expire = || user.expire_access_token();
    expire();
    run().json();
    assert_eq!(user.world.count(TOKEN_HOST, "POST", "/token"), 1);
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 1);

    expire();
    let error = run().env("MCS_GMAIL_GOOGLE_CLIENT_SECRET", "another-secret").fails(10);
    assert!(error["hint"].as_str().unwrap().contains("google_client_secret"), "{error}");
    by(&user, "linkauth").env("MCS_GMAIL_GOOGLE_CLIENT_ID", &id).fails(10);
    user.world.google(|g| g.revoke_refresh_tokens());
    assert_eq!(run().challenge()["step"], "sign_in");
}

#[test]
fn a_given_access_token_is_used_and_nothing_is_written() {
    let user = User::new();
    let token = user.world.issue_google_token(&FULL_SCOPES, 3600);
    let run = |token: &str| {
        let names = ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "LINKAUTH_BROKER_URL"];
        let run = by(&user, "token").env("MCS_GMAIL_ACCESS_TOKEN", token);
        names.iter().fold(run, |run, name| run.without(&format!("MCS_GMAIL_{name}")))
    };
    run(&token).json();
    assert!(!user.cache_file().exists());
    let error = run("ya29.revoked").fails(10);
    assert!(error["hint"].as_str().unwrap().contains("access_token"), "{error}");
    assert_eq!(user.world.count(BROKER_HOST, "", ""), 0);
}

#[test]
fn only_the_configured_scopes_are_requested() {
    let user = User::ready_to_sign_in();
    let run = || user.run(&["list", "--limit", "1", "--scopes", "gmail.readonly"]);
    user.approve_both_visits(run);
    run().json();
    let asked = body_of(&user, AUTH0_DOMAIN, "/me/v1/connected-accounts/connect")["scopes"].clone();
    let readonly = "https://www.googleapis.com/auth/gmail.readonly";
    assert_eq!(asked, json!(["openid", "profile", "email", readonly]));
}

#[test]
fn the_account_is_the_login_hint_at_every_step() {
    let user = User::ready_to_sign_in();
    let run = || user.run(&["list", "--limit", "1", "--account", "ada@example.com"]);
    user.approve_both_visits(run);
    run().json();
    let session = body_of(&user, BROKER_HOST, "/v1/sessions");
    assert_eq!(session["oauth_extra_params"]["login_hint"], "ada@example.com");
    let connect = body_of(&user, AUTH0_DOMAIN, "/me/v1/connected-accounts/connect");
    assert_eq!(connect["authorization_params"]["login_hint"], "ada@example.com");
    assert_eq!(body_of(&user, AUTH0_DOMAIN, "/oauth/token")["login_hint"], "ada@example.com");
}

#[test]
fn a_google_account_that_does_not_allow_gmail_is_reported_and_does_not_lead_to_a_sign_in() {
    let user = User::not_connected();
    user.world.auth0(|t| t.connect_account(&["openid", "email"]));
    let error = user.run(&LIST).fails(6);
    assert_eq!(error["granted_scope"], "openid email");
    assert!(error["hint"].as_str().unwrap().contains("logout --disconnect"), "{error}");
}

#[test]
fn a_credentials_method_that_does_not_exist_or_lacks_its_keys_is_a_configuration_error() {
    let user = User::new();
    assert!(by(&user, "auth").fails(10)["hint"].as_str().unwrap().contains("auth0-linkauth"));
    assert_eq!(by(&user, "token").fails(10)["missing"], json!(["access_token"]));
    let error = by(&user, "linkauth").without("MCS_GMAIL_LINKAUTH_BROKER_URL").fails(10);
    assert_eq!(error["missing"], json!(["linkauth_broker_url"]));
    assert_eq!(user.run(&LIST).env("MCS_GMAIL_AUTH0_VIA", "pigeon").fails(10)["code"], "configuration");
    assert_eq!(user.world.log().len(), 0);
}
