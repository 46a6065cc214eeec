//! Bad input and broken services: each fault has its exit code, its error document and its hint.

use std::fs;

use serde_json::json;

use crate::{
    kit::{LIST, User, files_in, for_each_in_parallel, permissions_of, set_permissions},
    sandbox::{BROKER_HOST, Fault, GMAIL_HOST, World},
};

#[test]
fn wrong_parameters_are_usage_errors_that_name_them_without_a_request() {
    let user = User::signed_in();
    for (args, named) in [
        (&["exec", "list_mesages", "{}"][..], "list_mesages"),
        (&["exec", "list_messages", "{"], "JSON"),
        (&["exec", "list_messages", "[1]"], "not a JSON object"),
        (&["exec", "list_messages", r#"{"limit":[]}"#], "limit"),
        (&["exec", "list_messages", r#"{"limit":2.5}"#], "limit"),
        (&["exec", "list_messages", r#"{"limti":2}"#], "limti"),
        (&["exec", "list_messages", r#"{"folder":{}}"#], "folder"),
        (&["exec", "fetch_message", "{}"], "uid"),
        (&["exec", "fetch_message", r#"{"uid":"1","headers":"maybe"}"#], "headers"),
        (&["list", "--limit", "0"], "limit"),
        (&["list", "--limit", "-3"], "limit"),
        (&["list", "--limit", "abc"], "limit"),
        (&["list", "--nonsense"], "--nonsense"),
        (&["search", "--unread"], "--unread"),
        (&["list", "--folder", "--limit"], "--folder=--limit"),
        (&["read"], "UID"),
        (&["serach", "x"], "serach"),
        (&["search", "SINCE 31-Feb-2025"], "31-Feb-2025"),
        (&["read", "ID", "--body", "pdf"], "body"),
        (&["--format", "json"], "a command is missing"),
    ] {
        let error = user.run(args).fails(2);
        assert_eq!(error["code"], "usage", "{args:?}");
        let text = format!("{} {}", error["message"], error["hint"]);
        assert!(text.contains(named), "{args:?}: {error}");
    }
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn a_misspelt_tool_parameter_or_folder_gets_the_nearest_name() {
    let user = User::signed_in();
    let hint = |args: &[&str], code| user.run(args).fails(code)["hint"].as_str().unwrap().to_owned();
    assert!(hint(&["exec", "list_mesages"], 2).contains("list_messages"));
    assert!(hint(&["exec", "list_messages", r#"{"fodler":"x"}"#], 2).contains("folder"));
    assert!(hint(&["list", "--folder", "Work/Invoises"], 5).contains("Work/Invoices"));
}

#[test]
fn an_id_with_a_slash_or_a_question_mark_stays_one_segment_of_the_path() {
    let user = User::signed_in();
    for id in ["../labels", "a/b", "x?alt=media", "..", ".", "a#b", "%2e%2e", "ü", "18c9f2a4b5d6e7f8/trash"]
    {
        let error = user.run(&["read", id]).done();
        assert!([2, 5].contains(&error.code), "{id}: {error:?}");
        error.error();
    }
    assert!(!user.world.log().is_empty());
    for exchange in user.world.log() {
        assert!(exchange.path.starts_with("/gmail/v1/users/me/messages/"), "{}", exchange.path);
        assert_eq!(exchange.path.matches('/').count(), 6, "{}", exchange.path);
    }
}

#[test]
fn an_unknown_message_is_not_found() {
    let user = User::signed_in();
    let error = user.run(&["read", "18c9f2a4b5d6e7f8"]).fails(5);
    assert_eq!((&error["code"], &error["id"]), (&json!("not_found"), &json!("18c9f2a4b5d6e7f8")));
}

#[test]
fn missing_keys_are_named_with_their_variable_and_the_file() {
    let user = User::new();
    let error = user
        .run(&["list"])
        .without("MCS_GMAIL_AUTH0_DOMAIN")
        .without("MCS_GMAIL_LINKAUTH_BROKER_URL")
        .fails(10);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("auth0_domain") && message.contains("MCS_GMAIL_LINKAUTH_BROKER_URL"),
        "{message}"
    );
    assert!(error["hint"].as_str().unwrap().contains("mcs-gmail.toml"), "{error}");
    assert_eq!(error["missing"], json!(["auth0_domain", "linkauth_broker_url"]));
    assert!(!user.cache_file().exists());
}

#[test]
fn an_invalid_configuration_file_is_reported_with_its_line_and_the_nearest_key() {
    let user = User::new();
    for (text, place, also) in [
        ("auth0_domain = \"a\"\nauth0_domian = \"b\"\n", ":2", "auth0_domain"),
        ("auth0_domain = \"a\"\n\nauth0_client_id = = 3\n", ":3", "own.toml"),
        ("\ntimeout = {a = 1}\n", ":2", "timeout"),
        ("[policy]\naccess = \"everything\"\n", ":2", "everything"),
        ("[policy]\nacess = \"read\"\n", ":2", "acess"),
    ] {
        let path = user.write_file("own.toml", text);
        let error = user.run(&["list", "--config", path.to_str().unwrap()]).fails(10);
        let told = format!("{} {}", error["message"], error["hint"]);
        assert!(told.contains(&format!("own.toml{place}")) && told.contains(also), "{text}: {told}");
    }
    let gone = user.run(&["list", "--config", "/nowhere/x.toml"]).fails(10);
    assert!(gone["message"].as_str().unwrap().contains("/nowhere/x.toml"));
}

#[test]
fn the_first_of_variable_plain_name_and_file_wins() {
    let user = User::new();
    let places = ["variable", "plain", "file"].map(|p| format!("{p}.example.com"));
    for host in &places {
        user.world.forbid(host);
    }
    user.configure(&format!("linkauth_broker_url = \"https://{}\"\n", places[2]));
    // The host that is requested shows whose value won.
    for first in 0..3 {
        let mut run = user.run(&["list"]).without("MCS_GMAIL_LINKAUTH_BROKER_URL");
        if first == 0 {
            run = run.env("MCS_GMAIL_LINKAUTH_BROKER_URL", &format!("https://{}", places[0]));
        }
        if first <= 1 {
            run = run.env("LINKAUTH_BROKER_URL", &format!("https://{}", places[1]));
        }
        assert_eq!(run.fails(6)["host"], places[first].as_str());
    }
}

#[test]
fn keys_of_two_files_do_not_mix() {
    let user = User::new();
    user.configure("sender_name = \"Ada\"\n");
    user.write_file(".config/mcs-gmail/config.toml", "linkauth_api_key = \"of-another-broker\"\n");
    let error = user.run(&["list"]).without("MCS_GMAIL_LINKAUTH_API_KEY").fails(10);
    assert!(error["message"].as_str().unwrap().contains("requires an API key"), "{error}");
}

#[test]
fn an_empty_flag_is_a_usage_error() {
    let user = User::new();
    for flag in ["--account=", "--sender-name=", "--scopes=", "--timeout=", "--access="] {
        user.run(&["list", flag]).fails(2);
    }
    assert_eq!(fs::read_dir(user.home()).unwrap().count(), 0);
}

#[test]
fn a_certificate_that_the_first_file_does_not_cover_is_checked_against_all_others() {
    let user = User::signed_in();
    let other = World::start();
    let wrong = other.ca_path().display().to_string();
    let right = user.world.ca_path().display().to_string();
    let run = user.run(&LIST).env("SSL_CERT_FILE", &wrong);
    run.env("NODE_EXTRA_CA_CERTS", &right).json();
    let error = user.run(&["list"]).env("SSL_CERT_FILE", &wrong).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("SSL_CERT_FILE"), "{error}");
}

#[test]
fn an_unknown_field_is_a_usage_error_with_the_nearest_name() {
    let user = User::signed_in();
    assert!(user.run(&["list", "--fields", "sbject"]).fails(2)["hint"].as_str().unwrap().contains("subject"));
    user.run(&["search", "--fields", "is:unread"]).fails(2);
    assert_eq!(user.world.log().len(), 0);
    let names = user.run(&["list", "--fields"]).json();
    assert!(names.as_array().unwrap().contains(&json!("subject")));
    let rows = user.run(&["list", "--limit", "1", "--fields", "id,subject"]).json();
    assert_eq!(rows[0].as_object().unwrap().len(), 2);
}

#[test]
fn a_link_that_is_not_a_web_page_is_neither_shown_nor_opened() {
    let user = User::new();
    for url in
        ["file:///etc/passwd", "https://a/\u{1b}]0;x\u{7}", "javascript:alert(1)", "http://evil.example"]
    {
        let body = json!({"session_id": "a", "code": "AB", "url": url, "poll_token": "p", "interval": 5});
        user.world.fault(Fault::on(BROKER_HOST).times(3).json(201, &body));
        let done = user.run(&["list"]).done();
        assert_eq!(done.code, 10, "{done:?}");
        assert!(!done.stderr.contains("passwd") && !done.stderr.contains('\u{1b}'), "{done:?}");
    }
}

#[test]
fn stdin_without_ids_is_refused_and_an_array_is_understood() {
    let user = User::signed_in();
    let listed = user.run(&["list", "--limit", "2"]).done();
    let read = user.run(&["read", "-", "--body", "none"]).stdin(listed.stdout).rows();
    assert_eq!(read.len(), 2);
    for text in ["{\"uid\":", "{\"subject\":\"x\"}", "[1, 2]", "[{\"uid\":\"a\"}"] {
        assert!(user.run(&["trash", "-"]).stdin(text).fails(2)["hint"].is_string());
    }
}

#[test]
fn wrong_values_of_keys_are_configuration_errors() {
    let user = User::new();
    for (name, value, named) in [
        ("MCS_GMAIL_LINKAUTH_BROKER_URL", "http://broker.example.com", "https://"),
        ("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://broker.example.com/x", "linkauth_broker_url"),
        ("MCS_GMAIL_AUTH0_DOMAIN", "https://x/y", "auth0_domain"),
        ("MCS_GMAIL_CREDENTIALS", "magic", "magic"),
        ("MCS_GMAIL_AUTH0_VIA", "pigeon", "pigeon"),
        ("MCS_GMAIL_TIMEOUT", "soon", "timeout"),
        ("MCS_GMAIL_POLICY", "all", "all"),
        ("HTTPS_PROXY", "garbage://x", "HTTPS_PROXY"),
    ] {
        let error = user.run(&["list"]).env(name, value).fails(10);
        let told = format!("{} {}", error["message"], error["hint"]);
        assert!(told.contains(named), "{name}={value}: {told}");
    }
}

#[test]
fn a_cache_directory_that_cannot_be_used_names_the_variable() {
    let user = User::new();
    let blocked = user.write_file("file", "");
    let error = user.run(&["list"]).env("MCS_CACHE_DIR", blocked.join("x").to_str().unwrap()).fails(10);
    assert!(error["hint"].as_str().unwrap().contains("MCS_CACHE_DIR"), "{error}");
}

#[test]
fn a_corrupt_cache_file_is_moved_aside_and_the_sign_in_starts_over() {
    let user = User::signed_in();
    for text in ["{\"at:gmail\": {\"v\"", "[]", "17", "\u{0}\u{0}"] {
        fs::write(user.cache_file(), text).unwrap();
        let done = user.run(&["list"]).done();
        done.challenge();
        assert!(done.stderr.contains("corrupt-"), "{}", done.stderr);
        assert!(user.cache()["linkauth:privkey"].is_object());
        fs::remove_file(user.cache_file()).unwrap();
    }
    let kept = files_in(&user.cache_directory());
    assert_eq!(kept.iter().filter(|name| name.contains("corrupt-")).count(), 4);
}

#[test]
fn the_cache_is_readable_by_its_owner_only() {
    let user = User::new();
    user.run(&LIST).challenge();
    assert_eq!(permissions_of(&user.cache_file()), 0o600);
    assert_eq!(permissions_of(&user.cache_directory()), 0o700);
    set_permissions(&user.cache_file(), 0o644);
    user.run(&LIST).challenge();
    assert_eq!(permissions_of(&user.cache_file()), 0o600);
}

#[test]
fn a_broker_that_is_down_wrong_or_blocked_is_told_apart() {
    let user = User::new();
    let wrong_key = user.run(&["list"]).env("MCS_GMAIL_LINKAUTH_API_KEY", "la_wrong").fails(10);
    assert!(wrong_key["hint"].as_str().unwrap().contains("linkauth_api_key"));
    user.world.broker(|b| b.html_502 = true);
    assert_eq!(user.run(&["list"]).fails(8)["code"], "temporary");
    user.world.broker(|b| b.html_502 = false);
    user.world.fault(Fault::on(BROKER_HOST).times(3).status(
        200,
        &[("Content-Type", "text/html")],
        "<html>hi</html>",
    ));
    assert!(user.run(&["list"]).fails(10)["hint"].as_str().unwrap().contains("linkauth_broker_url"));
    user.world.forbid(BROKER_HOST);
    let refused = user.run(&["list"]).fails(6);
    assert_eq!((&refused["code"], &refused["host"]), (&json!("network_refused"), &json!(BROKER_HOST)));
    assert!(refused["hint"].as_str().unwrap().contains("sandbox.network.allowedDomains"), "{refused}");
}

#[test]
fn answers_that_are_html_truncated_or_garbage_are_reported_without_a_panic() {
    let html = ("Content-Type", "text/html");
    let on = || Fault::on(GMAIL_HOST).method("GET");
    let broken = [
        (on().status(403, &[html], "<!DOCTYPE html>no"), 6, "network_refused"),
        (on().status(200, &[html], "<html>hello</html>"), 8, "temporary"),
        (on().truncate(10), 8, "temporary"),
        (on().garbage(b"nonsense\r\n\r\n".to_vec()), 8, "temporary"),
        (on().reset_before(), 8, "temporary"),
        (on().status(503, &[], "{}"), 8, "temporary"),
        (on().status(429, &[("Retry-After", "60")], "{}"), 7, "rate_limited"),
    ];
    for_each_in_parallel(broken, |(fault, code, name)| {
        let user = User::signed_in();
        user.world.fault(fault.always());
        assert_eq!(user.run(&LIST).fails(code)["code"], name);
    });
    let user = User::signed_in();
    user.world.fault(on().always().hang());
    assert_eq!(user.run(&["list", "--timeout", "2"]).fails(8)["code"], "temporary");
    user.world.forbid(GMAIL_HOST);
    assert_eq!(user.run(&["list"]).fails(6)["host"], GMAIL_HOST);
}

#[test]
fn a_proxy_that_refuses_the_credentials_is_a_configuration_error_and_the_password_is_not_shown() {
    let user = User::signed_in();
    user.world.require_proxy_login("ada", "pa%ss@word");
    let port = user.world.proxy_url().rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    let proxy = |login: &str| format!("http://{login}@127.0.0.1:{port}");
    let wrong = user.run(&["list"]).env("HTTPS_PROXY", &proxy("ada:hunter2hunter2")).done();
    assert_eq!(wrong.code, 10, "{wrong:?}");
    assert!(!wrong.stderr.contains("hunter2"), "{}", wrong.stderr);
    let right = user.run(&LIST).env("HTTPS_PROXY", &proxy("ada:pa%25ss%40word")).done();
    assert_eq!(right.code, 0, "{right:?}");
}

#[test]
fn each_final_refusal_by_google_has_its_exit_code() {
    let user = User::signed_in();
    for (status, reason, code, exit) in [
        (403, "insufficientPermissions", "permission_denied", 6),
        (403, "accessNotConfigured", "configuration", 10),
        (403, "domainPolicy", "permission_denied", 6),
        (403, "dailyLimitExceeded", "rate_limited", 7),
        (400, "failedPrecondition", "failed", 1),
        (400, "invalidArgument", "usage", 2),
    ] {
        let body = json!({"error": {"code": status, "message": "no", "errors": [{"reason": reason}]}});
        user.world.fault(Fault::on(GMAIL_HOST).json(status, &body));
        let error = user.run(&["list"]).fails(exit);
        assert_eq!((&error["code"], &error["reason"]), (&json!(code), &json!(reason)));
    }
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let user = User::signed_in();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (code, stderr) = user.run(&LIST).with_stdout(full);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("cannot write"));
}
