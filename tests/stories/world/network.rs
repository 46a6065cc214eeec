//! The egress proxy, connections and their contents, and the pages for browsers.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use serde_json::json;
use ureq::{Agent, http};

use super::{Client, link};
use crate::{
    kit::PATIENCE,
    sandbox::{BROKER_HOST, FULL_SCOPES, GMAIL_HOST, World},
};

#[test]
fn a_round_trip_is_taken_for_tcp_connect_tls_and_each_request() {
    let world = World::start();
    let client = Client::new(&world);
    let token = world.issue_google_token(&FULL_SCOPES, 3600);
    world.set_round_trip(Duration::from_millis(50));
    let start = Instant::now();
    client.gmail(&token).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(4 * 50));
    let start = Instant::now();
    client.gmail(&token).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(50));
    world.set_round_trip(Duration::ZERO);
    client.gmail(&token).unwrap();
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
fn a_proxy_with_credentials_compares_them_decoded() {
    let world = World::start();
    world.require_proxy_login("ada", "p@ss:word");
    let error = Client::new(&world).gmail("x").unwrap_err().to_string();
    assert!(error.contains("407"), "{error}");
    let proxy = world.proxy_url().replace("http://", "http://ada:p%40ss%3Aword@");
    assert_eq!(Client::through(&world, &proxy, PATIENCE).gmail("x").unwrap().status(), 401);
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
fn the_proxy_supports_only_connect() {
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
