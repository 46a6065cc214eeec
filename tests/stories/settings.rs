//! Settings that would mislead: bytes that are not UTF-8, paths that are not absolute, values that were pasted wrongly.
//! Each is an error that names key and source before any request, or means what it says.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
};

use serde_json::Value;

use crate::{
    kit::{LIST, REFRESH_TOKEN, Run, User, files_in},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST},
};

/// A name with a Latin-1 byte in it.
fn latin1(text: &str) -> OsString {
    OsString::from_vec(text.chars().map(|c| c as u8).collect())
}

/// The error of a run that ends before any request, names this, and does not show the value.
fn refused(user: &User, run: Run<'_>, named: &[&str]) -> Value {
    let error = run.fails(10);
    let told = format!("{} {}", error["message"], error["hint"]);
    for name in named {
        assert!(told.contains(name), "{name} in {told}");
    }
    assert!(!told.contains("h1dden"), "{told}");
    assert_eq!(user.world.log().len(), 0, "{told}");
    error
}

#[test]
fn a_variable_that_is_not_utf8_is_named_and_never_counts_as_unset() {
    let user = User::signed_in();
    for name in [
        "MCS_GMAIL_POLICY",
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "MCS_GMAIL_AUTH0_DOMAIN",
        "MCS_GMAIL_AUTH0_CLIENT_SECRET",
        "MCS_GMAIL_LINKAUTH_API_KEY",
        "MCS_GMAIL_CREDENTIALS",
        "MCS_GMAIL_ACCOUNT",
        "MCS_GMAIL_SENDER_NAME",
        "MCS_GMAIL_TIMEOUT",
        "MCS_GMAIL_SCOPES",
        "TZ",
    ] {
        refused(&user, user.run(&LIST).env_os(name, latin1("h1dden\u{e9}")), &[name, "UTF-8"]);
    }
    refused(
        &user,
        user.run(&["tools"]).env_os("MCS_GMAIL_POLICY", latin1("read\u{a0}")),
        &["MCS_GMAIL_POLICY"],
    );
    let plain = user.run(&LIST).without("MCS_GMAIL_AUTH0_CLIENT_ID");
    refused(&user, plain.env_os("AUTH0_CLIENT_ID", latin1("h1dden\u{e9}")), &["AUTH0_CLIENT_ID"]);
    // A variable that is overruled is not read.
    user.run(&["list", "--limit", "1", "--timeout", "30"])
        .env_os("MCS_GMAIL_TIMEOUT", latin1("\u{e9}"))
        .json();
    // Help is shown with the least that could be allowed.
    let help = user.run(&["--help"]).env_os("MCS_GMAIL_POLICY", latin1("\u{e9}")).done();
    assert!(help.code == 0 && !help.stdout.contains("Send an email"), "{help:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn paths_may_consist_of_any_bytes() {
    let user = User::signed_in();
    let place = user.home().join(latin1("caf\u{e9}"));
    fs::create_dir(&place).unwrap();
    let cache = user.cache_file();
    for name in ["MCS_CACHE_DIR", "MCS_GMAIL_CACHE_DIR"] {
        fs::copy(&cache, place.join("mcs-gmail.json")).unwrap();
        user.run(&LIST).env("HOME", "/nowhere").env_os(name, &place).json();
        assert!(files_in_bytes(&place).contains(&"mcs-gmail.json".into()));
        fs::remove_file(place.join("mcs-gmail.json")).unwrap();
    }
    // The home, and with it the user's own file and its policy.
    let home = place.join("home");
    fs::create_dir_all(home.join(".mcs/cache")).unwrap();
    fs::copy(&cache, home.join(".mcs/cache/mcs-gmail.json")).unwrap();
    fs::write(home.join(".mcs/mcs-gmail.toml"), "[policy]\naccess = \"read\"\n").unwrap();
    user.run(&LIST).env_os("HOME", &home).json();
    user.run(&["star", "1"]).env_os("HOME", &home).fails(6);
    // A file that is named, and the file of a skill.
    let file = place.join("own.toml");
    fs::write(&file, "[policy]\naccess = \"read\"\n").unwrap();
    user.run(&["star", "1"]).env_os("MCS_GMAIL_CONFIG", &file).fails(6);
    user.run(&["star", "1", "--config"]).arg(&file).fails(6);
    fs::write(place.join("SKILL.md"), "").unwrap();
    fs::write(place.join("config.toml"), "[policy]\naccess = \"read\"\n").unwrap();
    user.run(&["star", "1"]).env_os("MCS_GMAIL_SKILL_DIR", &place).fails(6);
    // Certificates.
    let ca = place.join("ca.pem");
    fs::copy(user.world.ca_path(), &ca).unwrap();
    user.run(&LIST).env_os("SSL_CERT_FILE", &ca).json();
    user.run(&LIST).without("SSL_CERT_FILE").env_os("CURL_CA_BUNDLE", &ca).json();
}

fn files_in_bytes(directory: &std::path::Path) -> Vec<OsString> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

#[test]
fn an_argument_that_is_not_utf8_is_named() {
    let user = User::signed_in();
    for (args, value, named) in [
        (&["attachments", "1", "--out-dir"][..], "caf\u{e9}", "--out-dir"),
        (&["send", "--to", "b@example.org", "--attach"], "caf\u{e9}.pdf", "--attach"),
        (&["list"], "--limit=\u{e9}", "--limit"),
        (&["list", "--account"], "caf\u{e9}", "--account"),
        (&["search"], "caf\u{e9}", "caf"),
    ] {
        let error = user.run(args).arg(latin1(value)).fails(2);
        let told = error["message"].as_str().unwrap();
        assert!(told.contains(named) && told.contains("UTF-8"), "{told}");
    }
    // The path before it is not to blame.
    let run = user.run(&["search", "--config"]).arg(latin1("/\u{e9}")).arg(latin1("x\u{e9}"));
    assert!(run.fails(2)["message"].as_str().unwrap().contains("\"x"), "the wrong argument");
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn a_path_that_is_not_absolute_is_refused_and_nothing_is_written() {
    let user = User::new();
    let repository = user.home().join("repository");
    fs::create_dir(&repository).unwrap();
    fs::create_dir_all(repository.join("~/x")).unwrap();
    let before = files_in(&repository);
    for value in ["cache", "./cache", "../cache", "$HOME/x", "%h/x", "~ada/x", "%USERPROFILE%\\x", "a~/x"] {
        let run = || user.run(&LIST).inside(&repository);
        for name in ["MCS_CACHE_DIR", "MCS_GMAIL_CACHE_DIR"] {
            refused(&user, run().env_os(name, value), &[name, "cache_dir", "absolute"]);
        }
        refused(&user, run().env_os("HOME", value), &["HOME", "absolute"]);
        refused(&user, run().env_os("MCS_GMAIL_CONFIG", value), &["MCS_GMAIL_CONFIG"]);
        refused(&user, run().env_os("MCS_GMAIL_SKILL_DIR", value), &["MCS_GMAIL_SKILL_DIR"]);
        let file = user.configure(&format!("\ncache_dir = '{value}'\n"));
        refused(&user, run(), &[&format!("{}:2", file.display()), "cache_dir"]);
        fs::remove_file(file).unwrap();
    }
    refused(&user, user.run(&LIST).inside(&repository).env("HOME", "~"), &["HOME"]);
    refused(&user, user.run(&["status"]).inside(&repository).env("HOME", "."), &["HOME"]);
    assert_eq!(files_in(&repository), before);
}

#[test]
fn a_tilde_is_the_home_directory_wherever_a_path_is_given() {
    let user = User::signed_in();
    let elsewhere = user.home().join("else where");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(user.cache_file(), elsewhere.join("mcs-gmail.json")).unwrap();
    let run = || user.run(&LIST).inside(std::path::Path::new("/"));
    run().env("MCS_CACHE_DIR", "~/else where").json();
    run().env("MCS_CACHE_DIR", " ~/else where/ ").json();
    let file = user.configure("cache_dir = \"~/else where\"\n");
    run().json();
    fs::rename(file, user.home().join("own.toml")).unwrap();
    run().env("MCS_GMAIL_CONFIG", "~/own.toml").json();
    run().arg("--config").arg("~/own.toml").json();
    // On the command line a file may be named from here, as for every command.
    user.run(&LIST).arg("--config").arg("own.toml").json();
    fs::rename(elsewhere.join("mcs-gmail.json"), user.home().join("mcs-gmail.json")).unwrap();
    run().env("MCS_CACHE_DIR", "~").json();
}

/// Values that are wrong for every key, and what the error says.
const PASTED: [(&str, &str); 12] = [
    ("\"h1dden\"", "quotes"),
    ("\u{201c}h1dden\u{201d}", "quotes"),
    ("'h1dden'", "quotes"),
    ("\u{2018}h1dden\u{2019}", "quotes"),
    ("${h1dden}", "not expanded"),
    ("$HIDDEN_h1dden", "not expanded"),
    ("{{ h1dden }}", "not expanded"),
    ("hid\u{200b}h1dden", "U+200B"),
    ("\u{feff}h1dden", "U+FEFF"),
    ("h1dden\u{202e}", "U+202E"),
    ("h1dden\u{1b}[0m", "U+001B"),
    ("h1dden\nh1dden", "line break"),
];

#[test]
fn a_pasted_value_is_refused_with_key_and_source_and_is_never_shown() {
    let user = User::new();
    let keys =
        ["auth0_domain", "auth0_client_id", "auth0_client_secret", "auth0_audience", "linkauth_broker_url"];
    let more = ["linkauth_api_key", "scopes", "account", "cache_dir", "proxy", "timeout"];
    for key in keys.into_iter().chain(more) {
        let variable = format!("MCS_GMAIL_{}", key.to_uppercase());
        for (value, what) in PASTED {
            refused(&user, user.run(&LIST).env_os(&variable, value), &[key, &variable, what]);
            let toml = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let toml = toml.replace('\u{1b}', "\\u001b");
            let file = user.configure(&format!("# first\n{key} = \"{toml}\"\n"));
            let place = format!("{}:2", file.display());
            refused(&user, user.run(&LIST).without(&variable), &[key, &place, what]);
            fs::remove_file(file).unwrap();
        }
    }
    for (value, what) in PASTED {
        refused(&user, user.run(&LIST).env_os("HTTPS_PROXY", value), &["HTTPS_PROXY", what]);
        // Blanks of every kind separate the names of a list.
        if what != "line break" {
            refused(&user, user.run(&LIST).env_os("NO_PROXY", value), &["NO_PROXY", what]);
        }
        refused(&user, user.run(&LIST).arg("--account").arg(value), &["--account", what]);
        refused(&user, user.run(&LIST).env_os("MCS_GMAIL_POLICY", value), &["MCS_GMAIL_POLICY", what]);
        let send = ["send", "--to", "b@example.org", "--subject", "s", "--body", "x", "--sender-name"];
        refused(&user, user.run(&send).arg(value), &["--sender-name", what]);
    }
    assert!(!user.cache_file().exists());
}

#[test]
fn keys_and_tokens_are_whole_and_on_one_line() {
    let user = User::new();
    for (method, key) in [
        ("auth0-linkauth", "auth0_client_secret"),
        ("auth0-linkauth", "linkauth_api_key"),
        ("auth0", "auth0_refresh_token"),
        ("token", "access_token"),
        ("linkauth", "google_client_secret"),
    ] {
        let variable = format!("MCS_GMAIL_{}", key.to_uppercase());
        for (value, what) in [
            ("hid\nh1dden", "line break"),
            ("hid\r\nh1dden", "line break"),
            ("hid h1dden", "blank"),
            ("hid\th1dden", "U+0009"),
            ("hid\u{a0}h1dden", "blank"),
            ("h1dden...", "shortened"),
            ("h1dden***", "masked"),
            ("h1dden\u{2013}x", "U+2013"),
            ("\"h1dden\"", "quotes"),
            ("<h1dden>", "placeholder"),
        ] {
            let run = user.run(&LIST).env_os("MCS_GMAIL_CREDENTIALS", method).env_os(&variable, value);
            refused(&user, run.env("MCS_GMAIL_GOOGLE_CLIENT_ID", "x"), &[key, &variable, what]);
        }
    }
    // Blanks around a value, such as the line end of a file, do no harm.
    let user = User::with_refresh_token();
    let secret = user.world.auth0(|tenant| tenant.client_secret.clone());
    user.run(&LIST).env_os("MCS_GMAIL_AUTH0_CLIENT_SECRET", format!(" {secret}\r\n")).json();
}

#[test]
fn the_example_with_one_value_forgotten_is_refused_before_any_request() {
    let user = User::new();
    let example = user.run(&["config", "example"]).done().stdout;
    user.configure(&example);
    for (key, variable) in [
        ("auth0_domain", "MCS_GMAIL_AUTH0_DOMAIN"),
        ("auth0_client_id", "MCS_GMAIL_AUTH0_CLIENT_ID"),
        ("auth0_client_secret", "MCS_GMAIL_AUTH0_CLIENT_SECRET"),
        ("linkauth_broker_url", "MCS_GMAIL_LINKAUTH_BROKER_URL"),
    ] {
        refused(&user, user.run(&LIST).without(variable), &[key, "mcs-gmail.toml:", "placeholder"]);
    }
    let optional = example.replace("# linkauth_api_key", "linkauth_api_key");
    user.configure(&optional);
    refused(
        &user,
        user.run(&LIST).without("MCS_GMAIL_LINKAUTH_API_KEY"),
        &["linkauth_api_key", "placeholder"],
    );
    let token = user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", "token");
    refused(&user, token.env("MCS_GMAIL_ACCESS_TOKEN", "ya29...."), &["access_token", "placeholder"]);
}

#[test]
fn bearer_before_an_access_token_is_dropped() {
    let user = User::new();
    let token = user.world.issue_google_token(&crate::sandbox::FULL_SCOPES, 3600);
    for value in [format!("Bearer {token}"), format!("bearer  {token}\n"), format!("BEARER\t{token}")] {
        let run = user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", "token");
        run.env_os("MCS_GMAIL_ACCESS_TOKEN", value).json();
    }
}

#[test]
fn every_spelling_of_the_same_servers_is_the_same_sign_in() {
    let user = User::with_refresh_token();
    user.run(&LIST).json();
    user.world.clear_log();
    for broker in
        ["HTTPS://BROKER.sandbox.example:443/", "broker.sandbox.example", "https://broker.sandbox.example."]
    {
        user.run(&LIST).env_os("MCS_GMAIL_LINKAUTH_BROKER_URL", broker).json();
    }
    for domain in [
        "https://MCS-sandbox.eu.auth0.com:443/",
        "HTTPS://mcs-sandbox.eu.auth0.com",
        "mcs-sandbox.eu.auth0.com.",
    ] {
        user.run(&LIST).env_os("MCS_GMAIL_AUTH0_DOMAIN", domain).json();
    }
    assert_eq!(user.world.count(BROKER_HOST, "", "") + user.world.count(AUTH0_DOMAIN, "", ""), 0);
    user.expire_access_token();
    let odd = user.run(&LIST).env("MCS_GMAIL_AUTH0_DOMAIN", "https://MCS-Sandbox.eu.auth0.com:443/");
    odd.env("MCS_GMAIL_LINKAUTH_BROKER_URL", "Broker.Sandbox.Example:443").json();
    assert!(user.cache()[REFRESH_TOKEN].is_object());
}

#[test]
fn a_token_that_was_replaced_stays_under_no_spelling_of_the_domain() {
    const DOMAIN: &str = "MCS_GMAIL_AUTH0_DOMAIN";
    let user = User::with_refresh_token();
    user.world.auth0(|tenant| tenant.rotation = true);
    user.run(&LIST).env(DOMAIN, "https://mcs-sandbox.eu.auth0.com/").json();
    user.expire_access_token();
    user.run(&LIST).json();
    user.expire_access_token();
    user.run(&LIST).env(DOMAIN, "MCS-Sandbox.eu.auth0.com").json();
    user.run(&["auth", "logout"]).json();
    let cache = user.cache().to_string();
    assert!(!cache.contains("\"rt:"), "{cache}");
}

#[test]
fn what_a_secret_or_a_name_may_contain_is_accepted() {
    let user = User::new();
    for secret in ["p$(w{{x", "\"secret", "secret'", "a...b", "$2b$10$x", "v1.M-_.~+/=="] {
        let run = user.run(&["auth", "status"]).env("MCS_GMAIL_AUTH0_CLIENT_SECRET", secret);
        assert_eq!(run.env("MCS_GMAIL_LINKAUTH_API_KEY", secret).done().code, 4, "{secret}");
    }
    let send =
        ["send", "--to", "bob@example.org", "--subject", "x", "--body", "y", "--dry-run", "--format", "json"];
    for name in ["O'Brien", "أحمد\u{200f}", "Ada 👩\u{200d}💻"] {
        user.run(&send).env("MCS_GMAIL_SENDER_NAME", name).json();
    }
    // A host that is called like the key.
    let error = user.run(&LIST).env("MCS_GMAIL_PROXY", "proxy:1").fails(8);
    assert_eq!(error["proxy"], "proxy:1");
}

#[test]
fn what_nobody_replaced_in_a_path_a_host_or_a_token_is_refused() {
    let user = User::new();
    for (name, value, what) in [
        ("MCS_CACHE_DIR", "/home/$h1dden/cache", "not expanded"),
        ("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://$h1dden", "host name"),
        ("MCS_GMAIL_LINKAUTH_BROKER_URL", "HTTPS://Broker.Example.com:443", "placeholder"),
        ("MCS_GMAIL_AUTH0_DOMAIN", "{h1dden}", "placeholder"),
        ("MCS_GMAIL_AUTH0_DOMAIN", "mcs-sandbox..eu.auth0.com", "host name"),
    ] {
        refused(&user, user.run(&LIST).env(name, value), &[name, what]);
    }
    let token = user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", "token");
    refused(&user, token.env("MCS_GMAIL_ACCESS_TOKEN", "Bearer "), &["MCS_GMAIL_ACCESS_TOKEN", "Bearer"]);
}

#[test]
fn more_than_a_server_is_refused() {
    let user = User::new();
    for (value, what) in [
        ("https://broker.sandbox.example/h1dden", "path"),
        ("https://broker.sandbox.example/?h1dden", "query"),
        ("https://broker.sandbox.example#h1dden", "fragment"),
        ("https://ada:h1dden@broker.sandbox.example", "password"),
        ("https://h1dden@broker.sandbox.example", "user"),
    ] {
        for key in ["linkauth_broker_url", "auth0_domain"] {
            let variable = format!("MCS_GMAIL_{}", key.to_uppercase());
            refused(&user, user.run(&LIST).env_os(&variable, value), &[key, &variable, what]);
        }
    }
    let insecure = user.run(&LIST).env("MCS_GMAIL_AUTH0_DOMAIN", "http://mcs-sandbox.eu.auth0.com");
    refused(&user, insecure, &["auth0_domain"]);
}

#[test]
fn the_name_of_a_directory_is_shown_as_far_as_it_is_text() {
    let user = User::new();
    let place: PathBuf = user.home().join(OsStr::from_bytes(b"caf\xe9")).join("own.toml");
    let gone = user.run(&LIST).env_os("MCS_GMAIL_CONFIG", &place).fails(10);
    assert!(gone["message"].as_str().unwrap().contains("caf"), "{gone}");
}
