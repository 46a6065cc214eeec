//! One cache file for the Python packages and for us: theirs is continued, ours follows their format, and a
//! file that is not a cache is moved aside.

use serde_json::{Map, Value};

use crate::{
    kit::{ACCESS_TOKEN, LIST, REFRESH_TOKEN, User, members, permissions_of, set_permissions},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, FULL_SCOPES},
};

/// Someone new whose cache is this file of `tests/data/cache`, its placeholders filled in.
fn with_python_cache(name: &str) -> User {
    let user = User::ready_to_sign_in();
    user.run(&LIST).challenge();
    let made = user.cache();
    let path = format!("{}/tests/data/cache/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut text = std::fs::read_to_string(path).unwrap();
    let mut fill = |placeholder: &str, value: &str| {
        let inside_json = serde_json::to_string(value).unwrap();
        text = text.replace(placeholder, &inside_json[1..inside_json.len() - 1]);
    };
    fill("@PRIVATE_KEY@", made["linkauth:privkey"]["v"].as_str().unwrap());
    fill("@SESSIONS@", made["linkauth:sessions"]["v"].as_str().unwrap());
    fill("@REFRESH_TOKEN@", &user.world.signed_in_refresh_token());
    fill("@ACCESS_TOKEN@", &user.world.issue_google_token(&FULL_SCOPES, 3600));
    std::fs::write(user.cache_file(), text).unwrap();
    user.world.clear_log();
    user
}

/// The file as the documented format has it: an object of `{"v": text, "exp"?: number}`, read as Python does.
fn read_as_python(user: &User) -> Map<String, Value> {
    let Value::Object(entries) = user.cache() else { panic!("the file is not an object") };
    for (key, entry) in &entries {
        let entry = entry.as_object().unwrap_or_else(|| panic!("{key} is not an object"));
        assert!(entry["v"].is_string(), "{key}: v is not a text");
        assert!(entry.get("exp").is_none_or(Value::is_number), "{key}: exp is not a number");
        assert!(entry.keys().all(|k| k == "v" || k == "exp"), "{key} has an unknown member");
    }
    for key in ["linkauth:sessions", "linkauth:tokens"] {
        let Some(entry) = entries.get(key) else { continue };
        let inner: Map<String, Value> = serde_json::from_str(entry["v"].as_str().unwrap()).unwrap();
        for (name, value) in inner {
            match key {
                "linkauth:tokens" => assert!(value.is_string(), "{name}"),
                _ => assert_session(&name, &value),
            }
        }
    }
    entries
}

/// Python builds its session from these members and from no others.
fn assert_session(name: &str, session: &Value) {
    let members = members(session);
    assert_eq!(members, ["session_id", "code", "url", "poll_token", "interval"], "{name}");
    assert!(session["interval"].is_u64(), "{name}: {session}");
    assert!(members[..4].iter().all(|m| session[*m].is_string()), "{name}");
}

#[test]
fn someone_signed_in_by_python_stays_signed_in() {
    let user = with_python_cache("signed-in.json");
    user.run(&LIST).json();
    assert_eq!(user.world.count(BROKER_HOST, "", ""), 0);
    user.expire_access_token();
    user.run(&LIST).json();
    assert_eq!(user.world.count(AUTH0_DOMAIN, "POST", "/oauth/token"), 1);
}

#[test]
fn a_refresh_token_in_either_place_of_python_is_enough() {
    let user = with_python_cache("token-expired.json");
    user.run(&LIST).json();
    let user = with_python_cache("unknown-keys.json");
    user.run(&LIST).json();
}

#[test]
fn a_refresh_token_under_the_domain_as_it_is_configured_is_found() {
    let user = with_python_cache("unknown-keys.json");
    user.edit_cache(|cache| {
        let entry = cache.as_object_mut().unwrap().remove(REFRESH_TOKEN).unwrap();
        cache["rt:https://MCS-sandbox.eu.auth0.com"] = entry;
    });
    user.run(&LIST).env("MCS_GMAIL_AUTH0_DOMAIN", "https://MCS-sandbox.eu.auth0.com/").json();
}

#[test]
fn a_session_that_python_created_is_continued() {
    let user = with_python_cache("session-pending.json");
    let pending = user.run(&LIST).challenge();
    assert_eq!(user.world.count(BROKER_HOST, "POST", "/v1/sessions"), 0);
    user.approve(&pending);
    user.run(&LIST).json();
}

#[test]
fn a_session_of_python_that_the_broker_forgot_is_replaced() {
    let user = with_python_cache("session-forgotten.json");
    let challenge = user.run(&LIST).challenge();
    assert_ne!(challenge["code"], "TV6S-SLI6");
}

#[test]
fn a_key_that_python_made_is_used() {
    let user = with_python_cache("key-only.json");
    let key = user.cache()["linkauth:privkey"].clone();
    user.sign_in();
    assert_eq!(user.cache()["linkauth:privkey"], key);
}

#[test]
fn unknown_entries_are_kept_as_they_were() {
    let user = with_python_cache("unknown-keys.json");
    let before = user.cache();
    user.run(&LIST).json();
    user.run(&["auth", "logout"]).json();
    let after = user.cache();
    assert_eq!(before["other:program"], after["other:program"]);
    assert_eq!(before["strange"], after["strange"]);
}

#[test]
fn entries_of_the_wrong_type_count_as_absent() {
    let user = with_python_cache("wrong-types.json");
    user.sign_in();
}

#[test]
fn python_can_read_our_file_at_every_moment_of_a_sign_in() {
    let user = User::without_poll_interval();
    for expected in [&["linkauth:privkey", "linkauth:sessions"][..], &[REFRESH_TOKEN]] {
        let challenge = user.run(&LIST).challenge();
        let entries = read_as_python(&user);
        assert!(expected.iter().all(|key| entries.contains_key(*key)), "{:?}", entries.keys());
        user.approve(&challenge);
    }
    user.run(&LIST).json();
    let entries = read_as_python(&user);
    let tokens: Value = serde_json::from_str(entries["linkauth:tokens"]["v"].as_str().unwrap()).unwrap();
    assert_eq!(tokens["gmail"], entries[REFRESH_TOKEN]["v"]);
    let left = user.lifetime_of(ACCESS_TOKEN);
    assert!((3500.0..3541.0).contains(&left), "{left}");
    let pem = entries["linkauth:privkey"]["v"].as_str().unwrap();
    assert!(
        pem.starts_with("-----BEGIN PRIVATE KEY-----\nMII") && pem.ends_with("-----END PRIVATE KEY-----\n")
    );
    let text = std::fs::read_to_string(user.cache_file()).unwrap();
    assert!(text.contains("\n  \"linkauth:privkey\": {\n    \"v\": \""), "not indented by two");
}

#[test]
fn a_file_that_is_not_a_cache_is_moved_aside_with_a_warning() {
    for bytes in
        [&b"{\"at:gmail\": {\"v\": \"ya29"[..], b"[]", b"5", b"\"text\"", b"null", b"\xff\xfe\x00garbage"]
    {
        let user = User::new();
        user.write_file(".mcs/cache/mcs-gmail.json", bytes);
        let done = user.run(&LIST).done();
        done.challenge();
        let warning: Value = serde_json::from_str(done.stderr.lines().next().unwrap()).unwrap();
        let aside = moved_aside(&user);
        assert!(warning["warning"].as_str().unwrap().contains(aside[0].to_str().unwrap()), "{warning}");
        assert_eq!(std::fs::read(&aside[0]).unwrap(), bytes);
        read_as_python(&user);
    }
}

fn moved_aside(user: &User) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(user.cache_directory()).unwrap();
    let paths = files.map(|f| f.unwrap().path());
    paths.filter(|p| p.to_str().unwrap().contains(".corrupt-")).collect()
}

#[test]
fn an_empty_file_is_an_empty_cache() {
    for bytes in ["", "\n", "{}"] {
        let user = User::new();
        user.write_file(".mcs/cache/mcs-gmail.json", bytes);
        user.run(&LIST).challenge();
        assert!(moved_aside(&user).is_empty());
    }
}

#[test]
fn a_cache_that_others_may_read_is_restricted_to_its_owner() {
    let user = with_python_cache("token-expired.json");
    set_permissions(&user.cache_file(), 0o644);
    set_permissions(&user.cache_directory(), 0o755);
    user.run(&LIST).json();
    assert_eq!(permissions_of(&user.cache_file()), 0o600);
    assert_eq!(permissions_of(&user.cache_directory()), 0o700);
}

#[test]
fn a_directory_that_cannot_be_used_names_the_setting() {
    let user = User::new();
    user.write_file("a-file", "");
    for place in [user.home().join("a-file/below").display().to_string(), "/proc/nowhere".into()] {
        let error = user.run(&LIST).env("MCS_CACHE_DIR", &place).fails(10);
        assert!(error["hint"].as_str().unwrap().contains("MCS_CACHE_DIR"), "{error}");
    }
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn a_full_disk_is_noticed_before_a_credential_is_fetched_that_exists_only_once() {
    let user = User::ready_to_sign_in();
    let first = user.run(&LIST).challenge();
    user.approve(&first);
    user.world.clear_log();
    let full = ["sh", "-c", "ulimit -f 0; trap '' XFSZ; exec \"$@\"", "sh"];
    let error = user.run(&LIST).under(&full).fails(1);
    assert!(error["hint"].as_str().unwrap().contains("space"), "{error}");
    assert_eq!(user.world.count(BROKER_HOST, "GET", "/v1/sessions/"), 0);
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
}
