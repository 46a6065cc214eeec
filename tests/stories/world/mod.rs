//! The sandbox itself, tested with a small client of its own, so that a story that fails is the program's fault.

use std::{sync::OnceLock, time::Duration};

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rsa::{PrivateKey, pkcs8::EncodePublicKey, sha2::Sha256};
use serde_json::{Value, json};
use ureq::{Agent, Proxy, http, tls};

use crate::{
    kit::PATIENCE,
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, FULL_SCOPES, GMAIL_HOST, World, auth0::MY_ACCOUNT_SCOPES},
};

mod faults;
mod network;
mod sign_in;

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
        Client::through(world, &world.proxy_url(), PATIENCE)
    }

    /// A client of this proxy that waits so long for an answer.
    fn through(world: &'a World, proxy: &str, patience: Duration) -> Client<'a> {
        let ca = std::fs::read(world.ca_path()).unwrap();
        let roots: tls::RootCerts = vec![tls::Certificate::from_pem(&ca).unwrap()].into();
        let agent = Agent::config_builder()
            .tls_config(tls::TlsConfig::builder().root_certs(roots).build())
            .proxy(Some(Proxy::new(proxy).unwrap()))
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(patience))
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
