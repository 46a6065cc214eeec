//! Sessions of the broker, the tenant of Auth0 and its Token Vault.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, connect_session, link, open};
use crate::sandbox::{AUTH0_DOMAIN, BROKER_HOST, FULL_SCOPES, World};

#[test]
fn a_new_user_gets_to_gmail_in_two_visits() {
    let world = World::start();
    let client = Client::new(&world);
    let session = client.create_session(json!({}));
    world.approve(link(&session)).unwrap();
    let login = open(&client.poll(&session).1).unwrap();
    let refresh_token = login["refresh_token"].as_str().unwrap();

    let (status, answer) = client.exchange(refresh_token);
    assert_eq!((status, &answer["error"]), (401, &json!("federated_connection_refresh_token_not_found")));

    let (_, my_account) = client.my_account_token(refresh_token);
    let my_account = my_account["access_token"].as_str().unwrap();
    let connect = client.connect(my_account);
    let session = connect_session(&client, &connect);
    world.approve(link(&session)).unwrap();
    let code = open(&client.poll(&session).1).unwrap();
    let code = code["connect_code"].as_str().unwrap();
    assert_eq!(client.complete(my_account, &connect, code).0, 201);
    assert_eq!(client.complete(my_account, &connect, code).0, 400, "the code is good for one time");

    let (status, token) = client.exchange(refresh_token);
    assert_eq!((status, &token["scope"]), (200, &json!(FULL_SCOPES.join(" "))));
    let token = token["access_token"].as_str().unwrap();
    assert_eq!(client.gmail(token).unwrap().status(), 200);
    assert_eq!(client.gmail("ya29.stranger").unwrap().status(), 401);

    for secret in [token, refresh_token, my_account, code, connect["auth_session"].as_str().unwrap()] {
        assert!(world.secrets().iter().any(|s| s == secret), "{secret} is not registered");
    }
    assert!(!world.secrets().iter().any(|s| link(&session).contains(s.as_str())));
}

#[test]
fn google_alone_issues_a_refresh_token_only_for_offline_access() {
    let world = World::start();
    let client = Client::new(&world);
    let scope = "https://www.googleapis.com/auth/gmail.modify";
    for (extra, offline) in [(json!({}), false), (json!({"access_type": "offline"}), true)] {
        let session = client.create_session(
            json!({"oauth_provider": "google", "oauth_scopes": [scope], "oauth_extra_params": extra}),
        );
        world.approve(link(&session)).unwrap();
        let tokens = open(&client.poll(&session).1).unwrap();
        assert_eq!(tokens["scope"], scope);
        assert_eq!(tokens.get("refresh_token").is_some(), offline);
        assert!(tokens["expires_at"].is_i64());
        assert_eq!(client.gmail(tokens["access_token"].as_str().unwrap()).unwrap().status(), 200);
    }
}

#[test]
fn a_second_poll_within_the_interval_is_told_to_slow_down() {
    let world = World::start();
    let client = Client::new(&world);
    let session = client.create_session(json!({}));
    assert_eq!(client.poll(&session).1["status"], "pending");
    let (status, answer) = client.poll(&session);
    assert_eq!((status, &answer["interval"]), (429, &json!(10)));
}

#[test]
fn the_ciphertext_is_returned_once() {
    let world = World::start();
    world.broker(|b| b.interval_s = 0);
    let client = Client::new(&world);
    let session = client.create_session(json!({}));
    world.confirm_only(link(&session)).unwrap();
    assert_eq!(client.poll(&session).1["status"], "confirmed");
    assert!(world.approve(link(&session)).is_err(), "the page does not survive a reload");

    let session = client.create_session(json!({}));
    world.approve(link(&session)).unwrap();
    assert_eq!(client.poll(&session).1["status"], "ready");
    let (status, answer) = client.poll(&session);
    assert_eq!((status, &answer["status"], &answer["ciphertext"]), (200, &json!("consumed"), &Value::Null));
}

#[test]
fn a_refused_sign_in_leaves_the_session_confirmed() {
    let world = World::start();
    let client = Client::new(&world);
    let session = client.create_session(json!({}));
    world.refuse(link(&session)).unwrap();
    assert_eq!(client.poll(&session).1["status"], "confirmed");
}

#[test]
fn a_session_ends_when_it_expires_or_the_broker_restarts() {
    let world = World::start();
    let client = Client::new(&world);
    world.broker(|b| b.ttl_s = 60);
    let short = client.create_session(json!({}));
    world.broker(|b| b.ttl_s = 600);
    let long = client.create_session(json!({}));
    world.grow_older(Duration::from_secs(60));
    assert_eq!(client.poll(&short).1["title"], "Session Not Found");
    assert_eq!(client.poll(&long).0, 200);
    world.broker(|b| b.restart());
    assert_eq!(client.poll(&long).0, 404);
}

#[test]
fn flawed_envelopes_cannot_be_opened() {
    let world = World::start();
    let client = Client::new(&world);
    for flaw in 0..3 {
        world.broker(|b| {
            b.wrong_key_envelope = flaw == 0;
            b.garbage_envelope = flaw == 1;
            b.unknown_algorithm = flaw == 2;
        });
        let session = client.create_session(json!({}));
        world.approve(link(&session)).unwrap();
        let (_, answer) = client.poll(&session);
        assert_eq!(answer["algorithm"] == "RSA-OAEP-256+AES-256-GCM", flaw != 2);
        assert_eq!(open(&answer).is_some(), flaw == 2);
    }
}

#[test]
fn the_broker_names_what_it_refuses() {
    let world = World::start();
    let client = Client::new(&world);
    let url = format!("https://{BROKER_HOST}/v1/sessions");
    let answer = client.send("POST", &url, &[], "{}").unwrap();
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!((answer.status().as_u16(), &body["detail"]["title"]), (401, &json!("API Key Required")));

    let call = |host: &str| json!({"method": "GET", "url": format!("https://{host}/x")});
    let title =
        |client: &Client, host: &str| client.broker("POST", "/v1/proxy", "", &call(host)).1["title"].clone();
    assert_eq!(title(&client, "login.example.org"), "Domain Not Allowed");
    assert_eq!(title(&client, "mistyped.auth0.com"), "SSRF Blocked");
    world.broker(|b| b.proxy_enabled = false);
    assert_eq!(title(&client, AUTH0_DOMAIN), "Proxy Disabled");
    world.broker(|b| b.html_502 = true);
    assert_eq!(client.send("GET", &format!("https://{BROKER_HOST}/health"), &[], "").unwrap().status(), 502);
}

#[test]
fn a_request_that_does_not_validate_fails_the_test() {
    let world = World::start();
    let client = Client::new(&world);
    let (status, answer) = client.broker("POST", "/v1/sessions", "", &json!({"ttl": "soon"}));
    assert_eq!((status, &answer["detail"][0]["loc"]), (422, &json!(["body", "public_key"])));
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || drop(world)));
    let complaint = dropped.unwrap_err().downcast::<String>().unwrap();
    assert!(complaint.contains("does not fit"), "{complaint}");
}

#[test]
fn rotation_revokes_the_family_of_a_token_that_is_used_twice() {
    let world = World::start();
    world.auth0(|t| t.rotation = true);
    let client = Client::new(&world);
    let first = world.signed_in_refresh_token();
    let (_, answer) = client.my_account_token(&first);
    let second = answer["refresh_token"].as_str().unwrap();
    assert_eq!(client.exchange(second).0, 200);
    assert_eq!(client.my_account_token(&first).0, 403);
    assert_eq!(client.exchange(second).1["error"], "invalid_grant");
}

#[test]
fn a_refresh_silently_drops_scopes_that_are_not_granted() {
    let world = World::start();
    let client = Client::new(&world);
    let refresh_token = world.signed_in_refresh_token();
    world.auth0(|t| t.mrrt_scopes_granted.clear());
    let (status, answer) = client.my_account_token(&refresh_token);
    assert_eq!((status, &answer["scope"]), (200, &json!("openid profile offline_access")));
}

#[test]
fn the_vault_returns_the_same_token_until_google_revokes_it() {
    let world = World::start();
    let client = Client::new(&world);
    let refresh_token = world.signed_in_refresh_token();
    let token = |client: &Client| client.exchange(&refresh_token).1["access_token"].clone();
    let first = token(&client);
    assert_eq!(token(&client), first);
    world.auth0(|t| t.revoke_google_tokens());
    assert_eq!(client.gmail(first.as_str().unwrap()).unwrap().status(), 401);
    assert_ne!(token(&client), first);
}

#[test]
fn accounts_are_listed_and_deleted() {
    let world = World::start();
    let client = Client::new(&world);
    let refresh_token = world.signed_in_refresh_token();
    let (_, token) = client.my_account_token(&refresh_token);
    let token = token["access_token"].as_str();
    let accounts = "/me/v1/connected-accounts/accounts";
    let (_, list) = client.auth0("GET", &format!("{accounts}?take=20"), token, &Value::Null);
    let id = list["accounts"][0]["id"].as_str().unwrap();
    assert_eq!(client.auth0("DELETE", &format!("{accounts}/{id}"), token, &Value::Null).0, 204);
    assert_eq!(client.exchange(&refresh_token).0, 401);
}
