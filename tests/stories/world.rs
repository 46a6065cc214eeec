//! The sandbox itself, seen by a small client of its own: what the stories rely on when they blame the program.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rsa::{PrivateKey, pkcs8::EncodePublicKey, sha2::Sha256};
use serde_json::{Value, json};
use ureq::{Agent, Proxy, http, tls};

use crate::sandbox::{
    AUTH0_DOMAIN, BROKER_HOST, Event, FULL_SCOPES, Fault, GMAIL_HOST, Verdict, World,
    auth0::MY_ACCOUNT_SCOPES,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Client<'a> {
    agent: Agent,
    world: &'a World,
}

/// Status, headers and body.
type Answer = http::Response<Vec<u8>>;

impl<'a> Client<'a> {
    fn new(world: &'a World) -> Client<'a> {
        Client::through(world, &world.proxy_url())
    }

    fn through(world: &'a World, proxy: &str) -> Client<'a> {
        let ca = std::fs::read(world.ca_path()).unwrap();
        let roots: tls::RootCerts = vec![tls::Certificate::from_pem(&ca).unwrap()].into();
        let agent = Agent::config_builder()
            .tls_config(tls::TlsConfig::builder().root_certs(roots).build())
            .proxy(Some(Proxy::new(proxy).unwrap()))
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(3)))
            .user_agent("world-test (gzip)")
            .build();
        Client { agent: agent.into(), world }
    }

    fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            "" => self.agent.run(request.body(()).unwrap())?,
            body => self.agent.run(request.body(body.to_owned()).unwrap())?,
        };
        let (parts, mut body) = answer.into_parts();
        Ok(http::Response::from_parts(parts, body.read_to_vec()?))
    }

    fn broker(&self, method: &str, path: &str, bearer: &str, body: &Value) -> (u16, Value) {
        let key = self.world.broker(|b| b.api_keys[0].clone());
        let bearer = format!("Bearer {bearer}");
        let mut headers = vec![("X-API-Key", key.as_str()), ("Authorization", bearer.as_str())];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        if !text.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        let url = format!("https://{BROKER_HOST}{path}");
        let answer = self.send(method, &url, &headers, &text).unwrap();
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    fn create_session(&self, more: Value) -> Value {
        let mut body = json!({
            "public_key": BASE64_STANDARD.encode(key().to_public_key().to_public_key_der().unwrap().as_bytes()),
            "template": "api_key",
            "display_name": "mcs-gmail via Auth0",
            "oauth_provider": "auth0",
            "oauth_scopes": ["openid", "email", "offline_access"],
            "oauth_extra_params": {"audience": self.world.auth0(|t| t.audience.clone()), "connection": "google-oauth2"},
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, session) = self.broker("POST", "/v1/sessions", "", &body);
        assert_eq!(status, 201, "{session}");
        session
    }

    fn poll(&self, session: &Value) -> (u16, Value) {
        let path = format!("/v1/sessions/{}", session["session_id"].as_str().unwrap());
        self.broker("GET", &path, session["poll_token"].as_str().unwrap(), &Value::Null)
    }

    /// Calls Auth0 through the broker's proxy: the inner status and body.
    fn auth0(&self, method: &str, path: &str, bearer: Option<&str>, body: &Value) -> (u16, Value) {
        let mut headers = json!({"Content-Type": "application/json"});
        if let Some(bearer) = bearer {
            headers["Authorization"] = format!("Bearer {bearer}").into();
        }
        let mut call = json!({"method": method, "url": format!("https://{AUTH0_DOMAIN}{path}"), "timeout": 1, "headers": headers});
        if !body.is_null() {
            call["body"] = body.to_string().into();
        }
        let (status, answer) = self.broker("POST", "/v1/proxy", "", &call);
        assert_eq!(status, 200, "{answer}");
        let inner = answer["body"].as_str().unwrap();
        (answer["status_code"].as_u64().unwrap() as u16, serde_json::from_str(inner).unwrap_or(Value::Null))
    }

    fn token(&self, members: Value) -> (u16, Value) {
        let mut body =
            self.world.auth0(|t| json!({"client_id": t.client_id, "client_secret": t.client_secret}));
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.auth0("POST", "/oauth/token", None, &body)
    }

    fn exchange(&self, refresh_token: &str) -> (u16, Value) {
        self.token(json!({
            "grant_type": "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
            "subject_token": refresh_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token",
            "requested_token_type": "http://auth0.com/oauth/token-type/federated-connection-access-token",
            "connection": "google-oauth2",
        }))
    }

    fn my_account_token(&self, refresh_token: &str) -> (u16, Value) {
        self.token(json!({
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "audience": format!("https://{AUTH0_DOMAIN}/me/"),
            "scope": format!("openid profile offline_access {}", MY_ACCOUNT_SCOPES.join(" ")),
        }))
    }

    fn connect(&self, my_account: &str) -> Value {
        let body = json!({
            "connection": "google-oauth2",
            "redirect_uri": format!("https://{BROKER_HOST}/v1/oauth/callback"),
            "state": "q0Qh1mZ3rS5b7d9fA1cE2g",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "scopes": FULL_SCOPES,
            "authorization_params": {"prompt": "consent"},
        });
        let (status, answer) =
            self.auth0("POST", "/me/v1/connected-accounts/connect", Some(my_account), &body);
        assert_eq!(status, 201, "{answer}");
        answer
    }

    fn complete(&self, my_account: &str, connect: &Value, connect_code: &str) -> (u16, Value) {
        let body = json!({
            "auth_session": connect["auth_session"],
            "connect_code": connect_code,
            "redirect_uri": format!("https://{BROKER_HOST}/v1/oauth/callback"),
            "code_verifier": VERIFIER,
        });
        self.auth0("POST", "/me/v1/connected-accounts/complete", Some(my_account), &body)
    }

    fn gmail(&self, token: &str) -> Result<Answer, ureq::Error> {
        let url = format!("https://{GMAIL_HOST}/gmail/v1/users/me/profile");
        self.send("GET", &url, &[("Authorization", &format!("Bearer {token}"))], "")
    }
}

fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::new(&mut rand::rngs::SysRng, 2048).unwrap())
}

/// Decrypts what a ready poll answered.
fn open(poll: &Value) -> Option<Value> {
    let decode = |v: &Value| BASE64_STANDARD.decode(v.as_str()?).ok();
    let envelope: Value = serde_json::from_slice(&decode(&poll["ciphertext"])?).ok()?;
    let aes = key().oaep_decrypt::<Sha256>(&decode(&envelope["wrapped_key"])?).ok()?;
    let iv = decode(&envelope["iv"])?;
    let cipher = Aes256Gcm::new_from_slice(&aes).ok()?;
    let nonce = Nonce::try_from(iv.as_slice()).ok()?;
    serde_json::from_slice(&cipher.decrypt(&nonce, decode(&envelope["ciphertext"])?.as_slice()).ok()?).ok()
}

fn connect_session(client: &Client, connect: &Value) -> Value {
    let ticket = connect["connect_params"]["ticket"].as_str().unwrap();
    client.create_session(json!({
        "custom_authorize_url": format!("{}?ticket={ticket}", connect["connect_uri"].as_str().unwrap()),
        "custom_callback_params": ["connect_code"],
        "custom_state": "q0Qh1mZ3rS5b7d9fA1cE2g",
    }))
}

fn link(session: &Value) -> &str {
    session["url"].as_str().unwrap()
}

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
fn the_ciphertext_is_handed_out_once() {
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
fn a_refused_login_leaves_the_session_confirmed() {
    let world = World::start();
    let client = Client::new(&world);
    let session = client.create_session(json!({}));
    world.refuse(link(&session)).unwrap();
    assert_eq!(client.poll(&session).1["status"], "confirmed");
}

#[test]
fn a_session_ends_with_its_time_or_with_a_restart() {
    let world = World::start();
    let client = Client::new(&world);
    world.broker(|b| b.ttl_s = 1);
    let short = client.create_session(json!({}));
    world.broker(|b| b.ttl_s = 600);
    let long = client.create_session(json!({}));
    std::thread::sleep(Duration::from_millis(1050));
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
fn rotation_kills_the_family_of_a_token_that_is_used_twice() {
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
fn a_refresh_drops_silently_what_is_not_granted() {
    let world = World::start();
    let client = Client::new(&world);
    let refresh_token = world.signed_in_refresh_token();
    world.auth0(|t| t.mrrt_scopes_granted.clear());
    let (status, answer) = client.my_account_token(&refresh_token);
    assert_eq!((status, &answer["scope"]), (200, &json!("openid profile offline_access")));
}

#[test]
fn the_vault_hands_out_one_token_until_google_forgets_it() {
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

#[test]
fn requests_on_a_kept_connection_share_its_number() {
    let world = World::start();
    let client = Client::new(&world);
    let token = world.issue_google_token(&FULL_SCOPES, 3600);
    for _ in 0..3 {
        client.gmail(&token).unwrap();
    }
    assert_eq!((world.connections(GMAIL_HOST), world.count(GMAIL_HOST, "GET", "/gmail/v1")), (1, 3));
    let numbers: Vec<u64> = world.log().iter().map(|e| e.connection).collect();
    assert_eq!(numbers, [1, 1, 1]);
    client
        .agent
        .run(
            http::Request::get(format!("https://{GMAIL_HOST}/"))
                .header("Connection", "close")
                .body(())
                .unwrap(),
        )
        .unwrap();
    client.gmail(&token).unwrap();
    assert_eq!(world.connections(GMAIL_HOST), 2);
    world.clear_log();
    assert_eq!((world.connections(GMAIL_HOST), world.log().len()), (0, 0));
}

#[test]
fn hosts_off_the_allowlist_are_refused_with_the_proxys_403() {
    let world = World::start();
    world.forbid(GMAIL_HOST);
    let client = Client::new(&world);
    let error = client.gmail("x").unwrap_err().to_string();
    assert!(error.contains("403"), "{error}");
    let refused = &world.log()[0];
    assert_eq!(
        (refused.method.as_str(), refused.host.as_str(), refused.status),
        ("CONNECT", GMAIL_HOST, 403)
    );
    assert!(refused.answer_headers.contains(&("X-Proxy-Error".into(), "blocked-by-allowlist".into())));
    world.allow(GMAIL_HOST);
    assert_eq!(client.gmail("x").unwrap().status(), 401);
}

#[test]
fn an_unexpected_host_fails_the_test() {
    let world = World::start();
    let client = Client::new(&world);
    client.send("GET", "https://telemetry.example.org/", &[], "").unwrap_err();
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || drop(world)));
    let complaint = dropped.unwrap_err().downcast::<String>().unwrap();
    assert!(complaint.contains("telemetry.example.org:443"), "{complaint}");
}

#[test]
fn a_proxy_with_a_login_wants_it_decoded() {
    let world = World::start();
    world.require_proxy_login("ada", "p@ss:word");
    let error = Client::new(&world).gmail("x").unwrap_err().to_string();
    assert!(error.contains("407"), "{error}");
    let proxy = world.proxy_url().replace("http://", "http://ada:p%40ss%3Aword@");
    assert_eq!(Client::through(&world, &proxy).gmail("x").unwrap().status(), 401);
}

#[test]
fn a_fault_strikes_as_often_as_it_says_and_then_lets_go() {
    let world = World::start();
    let client = Client::new(&world);
    let token = world.issue_google_token(&FULL_SCOPES, 3600);
    world.fault(Fault::on(GMAIL_HOST).method("GET").path("/gmail").skip(1).times(2).status(
        503,
        &[("Retry-After", "1")],
        "busy",
    ));
    let statuses: Vec<u16> = (0..4).map(|_| client.gmail(&token).unwrap().status().as_u16()).collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[test]
fn faults_break_the_connection_in_the_ways_they_name() {
    let world = World::start();
    let client = Client::new(&world);
    let on = || Fault::on(BROKER_HOST).path("/health");
    let health = || client.send("GET", &format!("https://{BROKER_HOST}/health"), &[], "");
    for fault in [on().reset_before(), on().truncate(3), on().garbage("SSH-2.0-OpenSSH_9.6\r\n"), on().hang()]
    {
        world.fault(fault.clone());
        health().expect_err(&format!("{fault:?}"));
        assert_eq!(health().unwrap().status(), 200);
    }
    let start = std::time::Instant::now();
    world.fault(on().delay(Duration::from_millis(300)));
    health().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_fault_can_strike_at_the_egress_proxy() {
    let world = World::start();
    let client = Client::new(&world);
    world.fault(Fault::on(GMAIL_HOST).method("CONNECT").status(403, &[], "<html>blocked by policy</html>"));
    assert!(client.gmail("x").unwrap_err().to_string().contains("403"));
    assert_eq!(client.gmail("x").unwrap().status(), 401);
}

#[test]
fn a_reset_before_changes_nothing_and_a_reset_after_does() {
    let world = World::start();
    let client = Client::new(&world);
    let url = format!("https://{BROKER_HOST}/v1/sessions");
    let spki = BASE64_STANDARD.encode(key().to_public_key().to_public_key_der().unwrap().as_bytes());
    let body = json!({"public_key": spki, "oauth_provider": "auth0"}).to_string();
    let api_key = world.broker(|b| b.api_keys[0].clone());
    for (fault, sessions) in
        [(Fault::on(BROKER_HOST).reset_before(), 0), (Fault::on(BROKER_HOST).reset_after(), 1)]
    {
        world.fault(fault);
        client.send("POST", &url, &[("X-API-Key", &api_key)], &body).unwrap_err();
        assert_eq!(world.broker(|b| b.live_sessions()), sessions);
        assert_eq!(world.log().last().unwrap().status, 0);
    }
}

#[test]
fn faults_at_auth0_reach_the_client_through_the_broker() {
    let world = World::start();
    let client = Client::new(&world);
    let call = json!({"method": "POST", "url": format!("https://{AUTH0_DOMAIN}/oauth/token"), "timeout": 1});
    let outcome = |fault: Fault| {
        world.fault(fault);
        client.broker("POST", "/v1/proxy", "", &call)
    };
    assert_eq!(outcome(Fault::on(AUTH0_DOMAIN).reset_before()).1["title"], "Bad Gateway");
    assert_eq!(outcome(Fault::on(AUTH0_DOMAIN).hang()).1["title"], "Gateway Timeout");
    let (status, answer) = outcome(Fault::on(AUTH0_DOMAIN).status(500, &[], "<html>oops</html>"));
    assert_eq!(
        (status, &answer["status_code"], &answer["body"]),
        (200, &json!(500), &json!("<html>oops</html>"))
    );
    let inner = world.log().into_iter().filter(|e| e.inner).count();
    assert_eq!((inner, world.count(AUTH0_DOMAIN, "POST", "/oauth/token")), (3, 3));
}

#[test]
fn a_hook_sees_every_step_and_may_cut_there() {
    let world = World::start();
    let client = Client::new(&world);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    world.on_event(move |event| {
        let (number, answered) = match event {
            Event::Request { number, .. } => (*number, None),
            Event::Answer { number, status, .. } => (*number, Some(*status)),
        };
        sink.lock().unwrap().push((number, answered));
        if number == 4 { Verdict::Cut } else { Verdict::Go }
    });
    client.gmail("x").unwrap();
    client.gmail("x").unwrap_err();
    assert_eq!(*seen.lock().unwrap(), [(1, None), (2, Some(401)), (3, None), (4, Some(401))]);
}

#[test]
fn answers_are_compressed_for_clients_that_ask() {
    let world = World::start();
    let client = Client::new(&world);
    let compressed = |agent: &str| {
        let url = format!("https://{GMAIL_HOST}/gmail/v1/users/me/profile");
        let answer = client.send("GET", &url, &[("User-Agent", agent)], "").unwrap();
        let exchange = world.log().pop().unwrap();
        assert_eq!(*answer.body(), exchange.answer_body);
        exchange.sent < exchange.answer_body.len()
    };
    assert!(!compressed("plain/1.0"));
    assert!(compressed("program/1.0 (gzip)"));
}

#[test]
fn a_chunked_body_arrives_whole() {
    let world = World::start();
    world.tolerate_unexpected();
    let client = Client::new(&world);
    let body = vec![b'x'; 3_000_000];
    let url = format!("https://{BROKER_HOST}/v1/nowhere");
    let answer = client.agent.post(&url).send(ureq::SendBody::from_reader(&mut body.as_slice())).unwrap();
    assert_eq!(answer.status(), 404);
    let exchange = &world.log()[0];
    assert!(exchange.request_headers.contains(&("transfer-encoding".into(), "chunked".into())));
    assert!(exchange.request_body == body);
}

#[test]
fn the_proxy_speaks_nothing_but_connect() {
    let world = World::start();
    world.tolerate_unexpected();
    let address = world.proxy_url().replace("http://", "");
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let request = format!("GET http://{GMAIL_HOST}/ HTTP/1.1\r\nHost: {GMAIL_HOST}\r\n\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[test]
fn people_can_visit_the_pages_without_a_proxy() {
    let world = World::start();
    let client = Client::new(&world);
    let base = world.open_pages();
    let session = client.create_session(json!({}));
    assert!(link(&session).starts_with(&base));
    let browser: Agent =
        Agent::config_builder().proxy(None).max_redirects(0).http_status_as_error(false).build().into();
    let location =
        |answer: &http::Response<ureq::Body>| answer.headers()["Location"].to_str().unwrap().to_owned();
    let form = [("decision", "allow")];
    let confirmed = browser.post(link(&session)).send_form(form).unwrap();
    let authorize = browser.get(&location(&confirmed)).call().unwrap();
    let login = browser.get(&location(&authorize)).call().unwrap();
    let consent = location(&login);
    assert!(browser.get(&consent).call().unwrap().body_mut().read_to_string().unwrap().contains("<form"));
    let callback = browser.post(&consent).send_form(form).unwrap();
    let done = browser.get(&location(&callback)).call().unwrap();
    assert!(location(&done).ends_with("?status=success"));
    assert_eq!(client.poll(&session).1["status"], "ready");
}
