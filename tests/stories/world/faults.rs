//! Faults, holds and hooks.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rsa::pkcs8::EncodePublicKey;
use serde_json::json;

use super::{Client, key};
use crate::sandbox::{AUTH0_DOMAIN, BROKER_HOST, Event, FULL_SCOPES, Fault, GMAIL_HOST, Verdict, World};

#[test]
fn a_fault_strikes_as_often_as_it_says() {
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
    for fault in [on().reset_before(), on().truncate(3), on().garbage("SSH-2.0-OpenSSH_9.6\r\n")] {
        world.fault(fault.clone());
        health().expect_err(&format!("{fault:?}"));
        assert_eq!(health().unwrap().status(), 200);
    }
    world.fault(on().hang());
    let hasty = Client::through(&world, &world.proxy_url(), Duration::from_secs(1));
    hasty.send("GET", &format!("https://{BROKER_HOST}/health"), &[], "").unwrap_err();
    assert_eq!(health().unwrap().status(), 200);
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
fn a_held_request_waits_for_its_release_and_others_pass() {
    let world = World::start();
    let hold = world.hold(Fault::on(GMAIL_HOST));
    std::thread::scope(|scope| {
        let held = scope.spawn(|| Client::new(&world).gmail("x").unwrap().status());
        hold.wait_for_arrival();
        assert_eq!(Client::new(&world).gmail("y").unwrap().status(), 401);
        assert_eq!(world.count(GMAIL_HOST, "GET", ""), 1);
        hold.release();
        assert_eq!(held.join().unwrap(), 401);
    });
    assert_eq!(world.count(GMAIL_HOST, "GET", ""), 2);
}
