//! A secret is sent only to endpoints from its own source: whoever can set a variable, an option or a file cannot have
//! the secrets of another source sent to a server of their own.

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    kit::{LIST, Run, User, set_permissions},
    sandbox::{BROKER_HOST, GMAIL_HOST},
};

const SECRETS: [&str; 2] = ["auth0_client_secret", "linkauth_api_key"];
const ENDPOINTS: [&str; 4] = ["linkauth_broker_url", "auth0_domain", "auth0_client_id", "auth0_audience"];

/// The settings of the world: keys and values.
fn settings(user: &User) -> Vec<(String, String)> {
    let keys = user.world.env().into_iter();
    keys.filter_map(|(name, value)| Some((name.strip_prefix("MCS_GMAIL_")?.to_lowercase(), value))).collect()
}

/// The settings with one of these names, as TOML.
fn toml(user: &User, names: &[&str]) -> String {
    let chosen = settings(user).into_iter().filter(|(key, _)| names.contains(&key.as_str()));
    chosen.map(|(key, value)| format!("{key} = {value:?}\n")).collect()
}

/// A run without these variables.
fn without<'u>(user: &User, run: Run<'u>, names: &[&str]) -> Run<'u> {
    let chosen = settings(user).into_iter().filter(|(key, _)| names.contains(&key.as_str()));
    chosen.fold(run, |run, (key, _)| run.without(&format!("MCS_GMAIL_{}", key.to_uppercase())))
}

fn all() -> Vec<&'static str> {
    [&SECRETS[..], &ENDPOINTS].concat()
}

/// The user's own file has every setting, and the environment has none.
fn configured_by_file(user: &User) -> PathBuf {
    private(user.configure(&toml(user, &all())))
}

/// A file with secrets that only its owner reads.
fn private(file: PathBuf) -> PathBuf {
    set_permissions(&file, 0o600);
    file
}

/// The error of a run that sends nothing and names both sources.
fn refused(user: &User, run: Run<'_>, named: &[&str]) -> Value {
    let error = run.fails(10);
    let message = error["message"].as_str().unwrap();
    for name in named {
        assert!(message.contains(name), "{name} in {message}");
    }
    assert_eq!(user.world.log().len(), 0, "{message}");
    error
}

#[test]
fn a_variable_cannot_have_the_secrets_of_a_file_sent_elsewhere() {
    let user = User::ready_to_sign_in();
    let file = configured_by_file(&user);
    let file = file.to_str().unwrap();
    let run = |args: &[&str]| without(&user, user.run(args), &all());
    for (variable, value) in [
        ("LINKAUTH_BROKER_URL", "https://evil.example"),
        ("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://evil.example"),
        // The same server is no exception: the owner of the file did not name it there.
        ("MCS_GMAIL_LINKAUTH_BROKER_URL", &format!("https://{BROKER_HOST}")),
        ("AUTH0_DOMAIN", "evil.eu.auth0.com"),
        ("MCS_GMAIL_AUTH0_DOMAIN", "evil.eu.auth0.com"),
        ("AUTH0_CLIENT_ID", "another"),
        ("MCS_GMAIL_AUTH0_AUDIENCE", "https://another/api"),
        ("MCS_GMAIL_AUTH0_VIA", "direct"),
        ("MCS_GMAIL_AUTH0_VIA", "broker"),
    ] {
        for args in [&LIST[..], &["auth", "login"], &["auth", "status"], &["auth", "logout"]] {
            refused(&user, run(args).env(variable, value), &[variable, file]);
        }
    }
    // The policy does not matter, and neither does a login in the cache.
    private(user.configure(&format!("{}[policy]\naccess = \"read\"\n", toml(&user, &all()))));
    refused(&user, run(&LIST).env("LINKAUTH_BROKER_URL", "https://evil.example"), &["LINKAUTH_BROKER_URL"]);
    user.cache_refresh_token(&user.world.signed_in_refresh_token());
    refused(&user, run(&LIST).env("AUTH0_DOMAIN", "evil.eu.auth0.com"), &["AUTH0_DOMAIN"]);
    // What is no endpoint may come from anywhere.
    run(&LIST).env("MCS_GMAIL_TIMEOUT", "30").env("MCS_GMAIL_SENDER_NAME", "Ada").json();
    // A secret from the environment does not belong to the endpoints of the file that has its own.
    run(&LIST).env("MCS_GMAIL_LINKAUTH_API_KEY", &settings(&user).pop().unwrap().1).json();
}

#[test]
fn the_secrets_of_every_method_are_bound() {
    let user = User::new();
    for (method, secrets, endpoint, value) in [
        ("auth0", "auth0_refresh_token = \"v1.M\"", "MCS_GMAIL_AUTH0_DOMAIN", "evil.eu.auth0.com"),
        ("auth0", "auth0_refresh_token = \"v1.M\"", "AUTH0_CLIENT_ID", "another"),
        ("linkauth", "", "LINKAUTH_BROKER_URL", "https://evil.example"),
        ("linkauth", "google_client_secret = \"GOCSPX\"", "MCS_GMAIL_GOOGLE_CLIENT_ID", "7.apps.example"),
    ] {
        let all = all();
        user.configure(&format!("credentials = \"{method}\"\n{}{secrets}\n", toml(&user, &all)));
        let run = without(&user, user.run(&LIST), &all);
        refused(&user, run.env(endpoint, value), &[endpoint, "mcs-gmail.toml:"]);
        // The method itself is no endpoint, and each of them finds its secrets bound.
        user.configure(&format!("{}{secrets}\n", toml(&user, &all)));
        let run = without(&user, user.run(&LIST), &all).env("MCS_GMAIL_CREDENTIALS", method);
        refused(&user, run.env(endpoint, value), &[endpoint, "mcs-gmail.toml:"]);
    }
    // A refresh token in the environment is not sent to the tenant of a file that was named.
    let named = user.write_file("named.toml", toml(&user, &all()));
    let run = without(&user, user.run(&LIST), &all()).env("MCS_GMAIL_CREDENTIALS", "auth0");
    let run = run.env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", "v1.M").arg("--config").arg(&named);
    refused(&user, run, &["MCS_GMAIL_AUTH0_REFRESH_TOKEN", "named.toml"]);
    // An access token goes only to Gmail, wherever it comes from.
    let user = User::signed_in();
    let token = user.world.issue_google_token(&["https://www.googleapis.com/auth/gmail.modify"], 600);
    let named = user.write_file("named.toml", "credentials = \"token\"\n");
    user.run(&LIST).env("MCS_GMAIL_ACCESS_TOKEN", &token).arg("--config").arg(&named).json();
    assert_eq!(user.world.log().len(), user.world.count(GMAIL_HOST, "", ""));
}

#[test]
fn secrets_of_the_environment_go_to_a_file_in_the_usual_places_but_not_to_one_that_was_named() {
    let user = User::with_refresh_token();
    let named = user.write_file("elsewhere/named.toml", toml(&user, &ENDPOINTS));
    let run = || without(&user, user.run(&LIST), &ENDPOINTS);
    for endpoint in ENDPOINTS {
        let one = user.write_file("elsewhere/one.toml", toml(&user, &[endpoint]));
        let run = || without(&user, user.run(&LIST), &[endpoint]);
        refused(&user, run().arg("--config").arg(&one), &["MCS_GMAIL_", "one.toml:1", endpoint]);
    }
    refused(&user, run().arg("--config").arg(&named), &["MCS_GMAIL_", "named.toml"]);
    refused(&user, run().env("MCS_GMAIL_CONFIG", named.to_str().unwrap()), &["MCS_GMAIL_", "named.toml"]);
    let own = user.configure(&toml(&user, &ENDPOINTS));
    run().json();
    run().arg("--config").arg(&own).json();
    // A name that leads there is no other file, and one that leads away from there is.
    let link = user.home().join("link.toml");
    std::os::unix::fs::symlink(&own, &link).unwrap();
    run().arg("--config").arg(&link).json();
    // A file that was named and has its own secrets is complete.
    let complete = private(user.write_file("elsewhere/complete.toml", toml(&user, &all())));
    without(&user, user.run(&LIST), &all()).arg("--config").arg(&complete).json();
}

#[test]
fn the_section_of_an_account_and_its_file_are_one_source() {
    let user = User::with_refresh_token();
    let (endpoints, secrets) = (toml(&user, &ENDPOINTS), toml(&user, &SECRETS));
    for file in [
        format!("account = \"work\"\n{secrets}\n[accounts.work]\n{endpoints}"),
        format!("account = \"work\"\n{endpoints}\n[accounts.work]\n{secrets}"),
    ] {
        user.configure(&file);
        let run = || without(&user, user.run(&["auth", "login", "--no-input"]), &all());
        assert_eq!(run().done().code, 4);
        user.world.clear_log();
        refused(&user, run().env("LINKAUTH_BROKER_URL", "https://evil.example"), &["LINKAUTH_BROKER_URL"]);
    }
}

#[test]
fn what_decides_where_a_secret_goes_is_not_an_option() {
    let user = User::new();
    for name in [
        "linkauth_broker_url",
        "auth0_domain",
        "auth0_client_id",
        "auth0_audience",
        "auth0_via",
        "credentials",
        "proxy",
        "cache_dir",
        "google_client_id",
    ] {
        let option = format!("--{}", name.replace('_', "-"));
        for line in [[option.as_str(), "x"].to_vec(), vec![&format!("{option}=x")]] {
            let error = user.run(&[&LIST[..], &line].concat()).fails(2);
            let hint = error["hint"].as_str().unwrap();
            assert!(hint.contains(name) && hint.contains("--config"), "{error}");
        }
    }
    let help = user.run(&["list", "--help"]).done().stdout;
    assert!(
        help.contains("--config") && help.contains("--account") && !help.contains("broker-url"),
        "{help}"
    );
    assert_eq!(user.world.log().len(), 0);
}
