//! Faults of the network name the party whose fault it is: the proxy with its setting, the host, a certificate, or
//! whatever answers in their place.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    kit::{LIST, User, for_each_in_parallel},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, Fault, Flaw, GMAIL_HOST},
};

const HTML: (&str, &str) = ("Content-Type", "text/html; charset=UTF-8");
const FORBIDDEN: &str = "<!DOCTYPE html><title>403</title><p>Your client does not have permission";

/// A server at `host:port` that is not the proxy it is taken for: it serves each connection like this.
fn impostor(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // It ends with the test program.
    std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

/// One that reads once and answers with these bytes.
fn answering(answer: impl Into<Vec<u8>>) -> String {
    let answer = answer.into();
    impostor(move |mut socket| {
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(&answer);
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let _ = socket.read_to_end(&mut Vec::new());
    })
}

/// One that reads what it takes for a whole CONNECT once, and passes everything on to the proxy at `address`.
fn reading_once(address: String) -> String {
    impostor(move |mut client| {
        let mut head = [0; 4096];
        let length = client.read(&mut head).unwrap_or_default();
        if !head[..length].ends_with(b"\r\n\r\n") {
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            return;
        }
        let mut server = TcpStream::connect(&address).unwrap();
        server.write_all(&head[..length]).unwrap();
        let (requests, answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        for (mut from, mut to) in [(requests, server), (answers, client)] {
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
        }
    })
}

/// An address at which nothing listens: the kernel never gives this port to a socket that asks for any.
const CLOSED: &str = "127.0.0.1:1";

/// Message and hint.
fn told(error: &Value) -> String {
    format!("{} {}", error["message"].as_str().unwrap(), error["hint"].as_str().unwrap())
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named_with_the_setting_it_came_from_and_without_its_password() {
    let user = User::signed_in();
    let (address, unknown) = (CLOSED, "no-such-proxy.invalid:3128");
    let file = user.write_file("own.toml", format!("proxy = \"http://ada:hunter2@{address}\"\n"));
    let (file, of_file) = (file.to_str().unwrap(), format!("the key proxy ({}:1)", file.display()));
    let rows = [
        ("HTTPS_PROXY", address, "HTTPS_PROXY"),
        ("https_proxy", address, "https_proxy"),
        ("ALL_PROXY", address, "ALL_PROXY"),
        ("all_proxy", unknown, "all_proxy"),
        ("MCS_GMAIL_PROXY", unknown, "the key proxy (MCS_GMAIL_PROXY)"),
        ("", address, of_file.as_str()),
    ];
    for_each_in_parallel(rows, |(variable, address, source)| {
        let mut run = user.run(&["list", "--timeout", "4", "--config", file]).without("HTTPS_PROXY");
        if !variable.is_empty() {
            let other = user.write_file(&format!("{variable}.toml"), "");
            run = user.run(&["list", "--timeout", "4", "--config", other.to_str().unwrap()]);
            run = run.without("HTTPS_PROXY").env(variable, &format!("http://ada:hunter2@{address}"));
        }
        let done = run.done();
        assert_eq!(done.code, 8, "{variable}: {done:?}");
        let error = done.error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&format!("the proxy {address} set in {source}")), "{message}");
        assert!(error["hint"].as_str().unwrap().contains(source), "{error}");
        assert_eq!((&error["code"], &error["proxy"]), (&json!("temporary"), &json!(address)));
        assert!(!message.contains(GMAIL_HOST), "{message}");
        assert!(!done.stderr.contains("hunter2") && !done.stderr.contains("ada"), "{}", done.stderr);
    });
}

#[test]
fn a_proxy_that_reads_only_once_gets_the_whole_connect() {
    let user = User::signed_in();
    let proxy = reading_once(user.world.proxy_url().replace("http://", ""));
    user.run(&LIST).env("HTTPS_PROXY", &format!("http://{proxy}")).json();
    // The longest head: a login that fills a good part of what the proxy reads.
    let login = format!("ada:{}", "p".repeat(1500));
    user.run(&LIST).env("HTTPS_PROXY", &format!("http://{login}@{proxy}")).json();
    assert_eq!(user.world.connections(GMAIL_HOST), 2);
}

#[test]
fn a_host_that_cannot_be_reached_is_named_with_the_way_that_was_taken() {
    let user = User::new();
    let unknown = ("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://broker.no-such-host.invalid");
    let host = "broker.no-such-host.invalid";
    let direct =
        user.run(&["list", "--timeout", "3"]).without("HTTPS_PROXY").env(unknown.0, unknown.1).fails(8);
    assert!(direct["message"].as_str().unwrap().contains(&format!("cannot resolve {host}")), "{direct}");
    assert!(direct["hint"].as_str().unwrap().contains("HTTPS_PROXY"), "{direct}");
    let around =
        user.run(&["list", "--timeout", "3"]).env("NO_PROXY", ".invalid").env(unknown.0, unknown.1).fails(8);
    assert!(around["message"].as_str().unwrap().contains(&format!("cannot resolve {host}")), "{around}");
    assert!(around["hint"].as_str().unwrap().contains("NO_PROXY"), "{around}");
    // The proxy's own look-up fails.
    user.world.allow(host);
    let through = user.run(&["list", "--timeout", "3"]).env(unknown.0, unknown.1).fails(8);
    let message = through["message"].as_str().unwrap();
    assert!(message.contains("the proxy 127.0.0.1:") && message.contains("502 Bad Gateway"), "{message}");
    assert!(message.contains(host), "{message}");
    // Nothing listens there.
    let refused = user.run(&["list", "--timeout", "3"]).env(unknown.0, &format!("http://{CLOSED}")).fails(8);
    let told = told(&refused);
    assert!(told.contains("cannot reach 127.0.0.1") && !told.contains("NO_PROXY"), "{told}");
}

#[test]
fn a_server_that_is_not_the_configured_proxy_is_a_configuration_error_that_names_the_proxy() {
    let tls_alert = [0x15, 3, 1, 0, 2, 2, 70];
    let bad_request = "HTTP/1.1 400 Bad Request\r\n\r\n";
    let rows: [(&str, &[u8], &str); 8] = [
        ("http", b"SSH-2.0-OpenSSH_9.9\r\n", "did not answer in HTTP"),
        ("http", &tls_alert, "Write https:// in"),
        ("http", b"HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found"),
        ("http", b"HTTP/1.1 501 Not Implemented\r\n\r\n", "501 Not Implemented"),
        ("https", bad_request.as_bytes(), "write http:// if the proxy does not use TLS"),
        ("socks5h", bad_request.as_bytes(), "Write http:// in"),
        ("socks5h", &[4, 0], "did not respond in the protocol given in its URL"),
        ("socks4a", &[0, 93, 0, 0, 0, 0, 0, 0], "requires a sign-in of a kind that is not supported"),
    ];
    for_each_in_parallel(rows, |(scheme, answer, wanted)| {
        let user = User::signed_in();
        let address = answering(answer);
        let error = user.run(&LIST).env("HTTPS_PROXY", &format!("{scheme}://{address}")).fails(10);
        let told = told(&error);
        assert!(told.contains(wanted) && told.contains(&format!("{address} set in HTTPS_PROXY")), "{told}");
    });
}

#[test]
fn a_proxy_that_fails_is_named_and_the_run_may_be_repeated() {
    let answers: [(&str, &[u8], &str); 8] = [
        ("http", b"", "closed the connection without an answer"),
        ("http", b"HTTP/1.1 503 Service Unavailable\r\n\r\n<html>busy</html>", "503 Service Unavailable"),
        ("http", b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", "302 Found"),
        ("http", b"HTTP/1.1 511 Whatever\r\n\r\n", "requires a sign-in to the network"),
        ("socks5h", &[5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0], "the connection was refused"),
        ("socks5h", &[5, 0, 5, 4, 0, 1, 0, 0, 0, 0, 0, 0], "the host is unreachable or was not found"),
        ("socks4a", &[0, 91, 0, 0, 0, 0, 0, 0], "rejected or failed"),
        ("http", b"HTTP/1.1 200 OK\r\n\r\nno TLS follows", "the answer is not TLS"),
    ];
    for_each_in_parallel(answers, |(scheme, answer, wanted)| {
        let user = User::signed_in();
        let address = answering(answer);
        let run = user.run(&["list", "--timeout", "3"]).env("all_proxy", &format!("{scheme}://{address}"));
        let error = run.without("HTTPS_PROXY").fails(8);
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains(wanted) && message.contains(&format!("{address} set in all_proxy")),
            "{message}"
        );
    });
    let silent = impostor(|socket| {
        std::thread::spawn(move || (socket, std::thread::sleep(Duration::from_secs(60))));
    });
    for scheme in ["http", "https", "socks5h"] {
        let user = User::signed_in();
        let run = user.run(&["list", "--timeout", "1"]).env("HTTPS_PROXY", &format!("{scheme}://{silent}"));
        let error = run.fails(8);
        assert!(error["message"].as_str().unwrap().contains(&format!("the proxy {silent}")), "{error}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("--timeout") && hint.contains("HTTPS_PROXY"), "{error}");
    }
}

#[test]
fn a_refused_sign_in_at_the_proxy_names_the_schemes_offered() {
    let head = "HTTP/1.1 407 Proxy Authentication Required\r\n";
    let negotiate = "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n";
    let basic = "Proxy-Authenticate: Basic realm=\"corp, Digest\"\r\nProxy-Authenticate: Negotiate\r\n\r\n";
    for (offer, login, schemes, wanted) in [
        (negotiate, "", json!(["Negotiate", "NTLM"]), "only Basic is supported"),
        (negotiate, "ada:hunter2@", json!(["Negotiate", "NTLM"]), "px or cntlm"),
        (basic, "", json!(["Basic", "Negotiate"]), "http://user:password@"),
        (basic, "ada:hunter2@", json!(["Basic", "Negotiate"]), "refused the user and password"),
        ("\r\n", "ada:hunter2@", json!([]), "percent-encoded"),
    ] {
        let user = User::signed_in();
        let address = answering(format!("{head}{offer}"));
        let error = user.run(&LIST).env("HTTPS_PROXY", &format!("http://{login}{address}")).fails(10);
        let told = told(&error);
        assert!(told.contains(wanted) && told.contains("HTTPS_PROXY"), "{told}");
        assert!(!told.contains("hunter2") && !told.contains("ada"), "{told}");
        assert_eq!((&error["schemes"], &error["http_status"]), (&schemes, &json!(407)));
    }
    let user = User::signed_in();
    let expired = answering("HTTP/1.1 401 Unauthorized\r\n\r\n");
    let error = user.run(&LIST).env("HTTPS_PROXY", &format!("http://ada:hunter2@{expired}")).fails(10);
    assert!(told(&error).contains("refused the user and password"), "{error}");
}

#[test]
fn connect_leaves_in_one_write() {
    let user = User::signed_in();
    let address = impostor(|mut socket| {
        let mut buffer = [0; 4096];
        let length = socket.read(&mut buffer).unwrap();
        let whole = buffer[..length].ends_with(b"\r\n\r\n");
        let status = if whole { "407 Whole" } else { "404 Partial" };
        let _ = socket.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes());
    });
    let proxy = format!("http://ada:{}@{address}", "secret".repeat(40));
    assert_eq!(user.run(&LIST).env("HTTPS_PROXY", &proxy).fails(10)["http_status"], 407);
}

#[test]
fn proxies_over_tls_and_socks_work_with_and_without_a_login() {
    let user = User::signed_in();
    let proxies = [user.world.open_secure_proxy(), user.world.open_socks_proxy()];
    for proxy in &proxies {
        user.run(&LIST).env("HTTPS_PROXY", proxy).json();
    }
    user.world.forbid(GMAIL_HOST);
    for proxy in &proxies {
        let error = user.run(&LIST).env("HTTPS_PROXY", proxy).fails(6);
        assert_eq!((&error["code"], &error["host"]), (&json!("network_refused"), &json!(GMAIL_HOST)));
    }
    user.world.allow(GMAIL_HOST);
    user.world.require_proxy_login("ada", "p@ss:word");
    for proxy in &proxies {
        let login = |login: &str| proxy.replace("://", &format!("://{login}@"));
        user.run(&LIST).env("HTTPS_PROXY", &login("ada:p%40ss%3Aword")).json();
        let refused = user.run(&LIST).env("HTTPS_PROXY", &login("ada:p%40ss")).fails(10);
        assert!(told(&refused).contains("refused the user and password"), "{refused}");
        let missing = user.run(&LIST).env("HTTPS_PROXY", proxy).fails(10);
        assert!(told(&missing).contains("user:password@localhost"), "{missing}");
    }
}

#[test]
fn a_proxy_url_with_a_password_that_was_not_encoded_is_refused_before_any_packet() {
    let user = User::signed_in();
    for login in ["ada:12/34@", "ada:12?34@", "ada:12#34@", "ada:hunter#2@"] {
        let proxy = user.world.proxy_url().replace("://", &format!("://{login}"));
        let done = user.run(&LIST).env("HTTPS_PROXY", &proxy).done();
        assert_eq!(done.code, 10, "{login}: {done:?}");
        assert!(told(&done.error()).contains("percent-encoded"), "{}", done.stderr);
        assert!(!done.stderr.contains("12") && !done.stderr.contains("hunter"), "{}", done.stderr);
    }
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn a_refused_certificate_gives_the_cure_of_its_own_defect() {
    let rows = [
        (Flaw::Expired, "expired on 2021-02-03 00:00 UTC, and the time here is 20", "date of this machine"),
        (Flaw::NotYetValid, "not valid before 2090-02-03 00:00 UTC", "Set the date of this machine"),
        (Flaw::OtherName, "is for another host: portal.hotel.example", "typo"),
        (Flaw::Ca, "is a CA certificate", "Issue a server certificate for"),
        (Flaw::ClientOnly, "is not meant for servers", "serverAuth"),
    ];
    for_each_in_parallel(rows, |(flaw, message, hint)| {
        let user = User::signed_in();
        user.world.spoil_certificate(GMAIL_HOST, flaw);
        let error = user.run(&LIST).fails(10);
        let (said, cure) = (error["message"].as_str().unwrap(), error["hint"].as_str().unwrap());
        assert!(
            said.contains(&format!("the certificate of {GMAIL_HOST}")) && said.contains(message),
            "{said}"
        );
        assert!(cure.contains(hint) && !cure.contains("SSL_CERT_FILE"), "{cure}");
        let proxy = user.world.open_secure_proxy();
        user.world.spoil_certificate("localhost", flaw);
        let error = user.run(&LIST).env("HTTPS_PROXY", &proxy).fails(10);
        let said = error["message"].as_str().unwrap();
        assert!(said.contains("the certificate of the proxy localhost:") && said.contains(message), "{said}");
    });
}

#[test]
fn a_forbidden_web_page_names_both_causes_and_both_cures() {
    let both = |error: &Value, host: &str| {
        let told = told(error);
        for part in [
            "403 Forbidden",
            "network policy",
            "address of this network",
            "Allow network egress",
            "signing in again",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!((&error["code"], &error["http_status"]), (&json!("network_refused"), &json!(403)));
        assert_eq!(error["host"], host);
    };
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).always().status(403, &[HTML], FORBIDDEN));
    both(&user.run(&LIST).fails(6), GMAIL_HOST);
    both(&user.run(&["read", "18c9f2a4b5d6e7f8"]).fails(6), GMAIL_HOST);

    let user = User::new();
    user.world.fault(Fault::on(BROKER_HOST).always().status(403, &[HTML], FORBIDDEN));
    both(&user.run(&LIST).fails(6), BROKER_HOST);

    let user = User::with_refresh_token();
    user.world.allow(AUTH0_DOMAIN);
    user.world.fault(Fault::on(AUTH0_DOMAIN).always().status(403, &[HTML], FORBIDDEN));
    both(&user.run(&LIST).env("MCS_GMAIL_AUTH0_VIA", "direct").fails(6), AUTH0_DOMAIN);

    // The same with the header of an egress filter has one cause only.
    let user = User::signed_in();
    let headers = [HTML, ("X-Deny-Reason", "host_not_allowed")];
    user.world.fault(Fault::on(GMAIL_HOST).always().status(403, &headers, FORBIDDEN));
    assert!(!told(&user.run(&LIST).fails(6)).contains("signing in"));
}

#[test]
fn the_login_page_of_a_network_is_recognised() {
    let page = "<html><title>Welcome to our hotel</title></html>";
    let moved = [("Location", "https://portal.hotel.example/"), HTML];
    for (status, headers) in [(200, &[HTML][..]), (302, &moved), (511, &[HTML])] {
        let user = User::signed_in();
        user.world.fault(Fault::on(GMAIL_HOST).always().status(status, headers, page));
        let error = user.run(&LIST).fails(8);
        assert!(told(&error).contains("login page"), "{error}");
        assert_eq!((&error["host"], &error["http_status"]), (&json!(GMAIL_HOST), &json!(status)));
    }
    let user = User::signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).always().status(407, &[HTML], page));
    assert!(told(&user.run(&LIST).fails(10)).contains("HTTPS_PROXY"));
}

#[test]
fn a_time_to_wait_for_is_judged_by_the_clock_of_the_server() {
    let user = User::signed_in();
    let server_time = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let until = ("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT");
    let said = r#"{"error":{"code":429,"message":"Limit exceeded. Retry after 1994-11-06T08:51:37.000Z"}}"#;
    let rows = [
        (429, &[server_time, until][..], "{}", 7),
        (503, &[server_time, until], "{}", 8),
        (429, &[server_time], said, 7),
    ];
    for (status, headers, body, code) in rows {
        user.world.clear_faults();
        user.world.fault(Fault::on(GMAIL_HOST).always().status(status, headers, body));
        assert_eq!(user.run(&LIST).fails(code)["retry_after"], 120, "{status} {body}");
    }
}
