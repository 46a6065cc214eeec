//! Several accounts in one configuration: which one is chosen, which keys and which policy apply to it, and whose
//! tokens are used.

use std::fs;

use serde_json::{Value, json};

use crate::{
    kit::{LIST, Run, User},
    sandbox::{AUTH0_DOMAIN, BROKER_HOST, GMAIL_HOST},
};

const TWO: &str = "\
account = \"private\"

[accounts.private]
account = \"ada@example.com\"

[accounts.work]
account = \"Ada@Work.example\"
policy.access = \"read\"
";

/// What the login page of the next sign-in would be told, with these arguments before the command.
fn login_hint(user: &User, options: &[&str]) -> Value {
    user.world.clear_log();
    user.run(&[options, &LIST].concat()).challenge();
    let log = user.world.log();
    let session = log.iter().find(|e| e.host == BROKER_HOST && e.path == "/v1/sessions").unwrap();
    let body: Value = serde_json::from_slice(&session.request_body).unwrap();
    fn find(value: &Value) -> Option<Value> {
        match value {
            Value::Object(members) => {
                members.get("login_hint").cloned().or_else(|| members.values().find_map(find))
            }
            _ => None,
        }
    }
    find(&body).unwrap_or_default()
}

/// Approves the visits that are needed: the tenant may know the Google account already.
fn sign_in<'u>(user: &User, run: impl Fn() -> Run<'u>) {
    for _ in 0..3 {
        let done = run().done();
        if done.code == 0 {
            return;
        }
        user.approve(&done.challenge());
    }
    panic!("the sign-in does not end");
}

#[test]
fn a_sign_in_names_the_account_that_it_is_for() {
    let user = User::ready_to_sign_in();
    assert!(user.run(&LIST).challenge().get("account").is_none());
    user.configure(TWO);
    for (account, shown) in [("work", "Ada@Work.example"), ("grace@example.com", "grace@example.com")] {
        let done = user.run(&["list", "--account", account]).done();
        let challenge = done.challenge();
        assert_eq!(challenge["account"], shown);
        assert!(challenge["message"].as_str().unwrap().contains(&format!("for the account {shown}. ")));
        assert!(done.stderr.contains(&format!("sign-in needed for {shown}: open ")), "{}", done.stderr);
        let again = user.run(&["auth", "status", "--account", account]).done().json();
        assert_eq!(again["pending"]["account"], shown);
    }
}

#[test]
fn an_account_is_chosen_by_its_name_or_its_address_and_signs_in_by_its_address() {
    let user = User::ready_to_sign_in();
    for (options, hint) in [
        (&[][..], json!("ada@example.com")),
        (&["--account", "work"], json!("Ada@Work.example")),
        (&["--account", "grace@example.com"], json!("grace@example.com")),
    ] {
        user.configure(TWO);
        assert_eq!(login_hint(&user, options), hint, "{options:?}");
    }
    // The same account under another name has the same pending link.
    let link = |account: &str| {
        let challenge = user.run(&LIST).env("MCS_GMAIL_ACCOUNT", account).challenge();
        challenge["url"].as_str().unwrap().to_owned()
    };
    let work = link("work");
    for name in ["Work", "ada@work.example", "ADA@WORK.EXAMPLE", " work "] {
        assert_eq!(link(name), work, "{name}");
    }
    assert_ne!(link("private"), work);
    assert_eq!(link("grace@example.com"), link("Grace@Example.com"));
    // The flag is stronger than the variable, and the variable than the key.
    let both = user.run(&["--account", "work", "list"]).env("MCS_GMAIL_ACCOUNT", "private").challenge();
    assert_eq!(both["url"], work.as_str());
}

#[test]
fn each_account_keeps_its_own_sign_in_while_they_take_turns() {
    let user = User::ready_to_sign_in();
    let ids = ["clientOfWork", "clientOfPrivate"];
    let file = user.configure(&format!(
        "[accounts.work]\nauth0_client_id = \"{}\"\n[accounts.private]\nauth0_client_id = \"{}\"\n",
        ids[0], ids[1]
    ));
    let run = |account: &str| {
        user.run(&["--account", account, "list", "--limit", "1"]).without("MCS_GMAIL_AUTH0_CLIENT_ID")
    };
    for (account, id) in ["work", "private"].iter().zip(ids) {
        user.world.auth0(|tenant| tenant.client_id = id.into());
        user.world.broker(|broker| broker.auth0_client_id = id.into());
        sign_in(&user, || run(account));
    }
    user.world.clear_log();
    for account in ["work", "private", "work"] {
        run(account).json();
    }
    assert_eq!(user.world.count(AUTH0_DOMAIN, "", ""), 0, "an access token was lost");
    // A refresh token is only sent with the client that it was issued to.
    user.expire_access_token();
    user.world.auth0(|tenant| tenant.client_id = ids[0].into());
    run("work").json();
    // One of them signs out, and the other stays.
    let listed = || {
        let rows = user.run(&["auth", "list"]).rows();
        let mut names: Vec<String> = rows.iter().map(|r| r["account"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(listed(), ["private", "work"]);
    let logout = user.run(&["auth", "logout", "--account", "work"]).without("MCS_GMAIL_AUTH0_CLIENT_ID");
    assert_eq!(logout.json()["revoked"], true);
    assert_eq!(listed(), ["private"]);
    run("work").challenge();
    user.world.auth0(|tenant| tenant.client_id = ids[1].into());
    run("private").json();
    // Without an account, nothing is known of either.
    let none = user.run(&LIST).without("MCS_GMAIL_AUTH0_CLIENT_ID").fails(10);
    assert!(none["hint"].as_str().unwrap().contains("--account (work, private)"), "{none}");
    fs::remove_file(file).unwrap();
}

#[test]
fn a_section_overrides_the_file_and_is_overridden_by_a_variable() {
    let user = User::new();
    let place = |name: &str| format!("https://{name}.sandbox.example");
    for name in ["top", "section", "variable"] {
        user.world.forbid(&format!("{name}.sandbox.example"));
    }
    user.configure(&format!(
        "linkauth_broker_url = \"{}\"\n[accounts.work]\nlinkauth_broker_url = \"{}\"\n[accounts.other]\n",
        place("top"),
        place("section")
    ));
    let host = |account: &str, variable: bool| {
        let args = [&["--account", account][..], &LIST].concat();
        let run = user.run(&args).without("MCS_GMAIL_LINKAUTH_BROKER_URL");
        let run = if variable { run.env("LINKAUTH_BROKER_URL", &place("variable")) } else { run };
        run.fails(6)["host"].as_str().unwrap().split('.').next().unwrap().to_owned()
    };
    assert_eq!(host("other", false), "top");
    assert_eq!(host("work", false), "section");
    assert_eq!(host("work", true), "variable");
}

#[test]
fn an_unknown_account_is_an_error_that_lists_the_known_ones() {
    let user = User::new();
    user.configure(TWO);
    for args in [&LIST[..], &["tools"], &["status"], &["auth", "status"], &["exec", "list_messages"]] {
        let error = user.run(args).env("MCS_GMAIL_ACCOUNT", "wrok").fails(10);
        assert!(error["message"].as_str().unwrap().contains("account (MCS_GMAIL_ACCOUNT)"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("Did you mean work?"), "{error}");
        assert_eq!(error["accounts"], json!(["private", "work"]));
    }
    let far = user.run(&["--account", "zzz", "list"]).fails(10);
    assert!(far["hint"].as_str().unwrap().contains("private, work"), "{far}");
    let file = user.configure(&TWO.replace("\"private\"", "\"nobody\""));
    let key = user.run(&LIST).fails(10);
    assert!(key["message"].as_str().unwrap().contains(&format!("{}:1", file.display())), "{key}");
    // Two accounts with one address can only be told apart by their names.
    user.configure(&TWO.replace("Ada@Work.example", "ada@example.com"));
    let both = user.run(&["--account", "ada@example.com", "list"]).fails(10);
    assert!(both["hint"].as_str().unwrap().contains("private, work"), "{both}");
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn without_sections_a_name_is_only_a_name() {
    let user = User::ready_to_sign_in();
    assert_eq!(login_hint(&user, &["--account", "work"]), Value::Null);
    let link = |account: &str| user.run(&["--account", account, "list"]).challenge()["url"].clone();
    assert_eq!(link("work"), link("work"));
    assert_ne!(link("work"), link("private"));
    assert_ne!(link("work"), user.run(&LIST).challenge()["url"]);
}

#[test]
fn an_account_that_is_only_an_address_keeps_the_sign_in_of_earlier_versions() {
    let user = User::ready_to_sign_in();
    user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "ada@example.com").challenge();
    let identity = user.cache()["mcs-gmail:identity"]["v"].as_str().unwrap().to_owned();
    let parts: Vec<String> = serde_json::from_str(&identity).unwrap();
    assert_eq!((parts.len(), parts[5].as_str()), (6, "ada@example.com"));
}

#[test]
fn a_login_whose_owner_is_not_known_is_not_claimed_by_an_account_that_has_only_a_name() {
    for toml in ["[accounts.work]\n[accounts.private]\n", ""] {
        let user = User::with_refresh_token();
        user.configure(toml);
        let work = user.run(&["--account", "work", "list"]).challenge();
        assert_eq!(work["step"], "sign_in", "{toml}");
        let rows = user.run(&["--account", "work", "auth", "list"]).rows();
        let by = |selected: bool| rows.iter().find(|r| r["selected"] == selected).unwrap();
        assert_eq!((&by(false)["signed_in"], &by(false)["account"]), (&json!(true), &Value::Null));
        assert_eq!((&by(true)["signed_in"], &by(true)["account"]), (&json!(false), &json!("work")));
        user.run(&["--account", "work", "auth", "logout"]).json();
        // It is still there for the configuration without an account.
        fs::remove_file(user.home().join(".mcs/mcs-gmail.toml")).unwrap();
        user.run(&LIST).json();
    }
}

#[test]
fn the_policy_of_a_section_narrows_and_applies_only_to_its_account() {
    let user = User::signed_in();
    let draft = |account: &str| {
        user.run(&["--account", account, "send", "--to", "bob@example.org", "--subject", "s", "--body", "x"])
    };
    let text = format!("{TWO}[policy]\naccess = \"draft\"\n[accounts.wide.policy]\naccess = \"send\"\n");
    let file = user.configure(&text);
    let source = |account: &str| draft(account).fails(6)["source"].as_str().unwrap().to_owned();
    let file = file.display().to_string();
    assert_eq!(source("work"), format!("{file} [accounts.work]"));
    assert_eq!(source("ada@work.example"), format!("{file} [accounts.work]"));
    assert_eq!(source("private"), file);
    assert_eq!(source("wide"), file);
    // In one file, two accounts with the same address are two sets of rights.
    user.configure(&format!("{TWO}[accounts.desk]\naccount = \"ada@work.example\"\n"));
    assert!(user.run(&["--account", "desk", "tools"]).done().stdout.contains("create_draft"));
    user.configure(&text);
    let names = |account: &str| user.run(&["--account", account, "tools"]).done().stdout;
    assert!(names("private").contains("create_draft") && !names("work").contains("create_draft"));
    // Another file does not widen it, under whatever name it has the account.
    let own = user.write_file("own.toml", "[accounts.me]\naccount = \"ada@work.example\"\n");
    let error = user.run(&["--account", "me", "--config", own.to_str().unwrap(), "star", "1"]).fails(6);
    assert!(error["source"].as_str().unwrap().ends_with("[accounts.work]"), "{error}");
    assert_eq!(user.world.count(GMAIL_HOST, "", ""), 0);
}

#[test]
fn mistakes_in_a_section_are_reported_with_their_line() {
    let user = User::new();
    let other = "[accounts.other]\nauth0_domain = \"x.example\"\n";
    for (section, line, also) in [
        ("[accounts.work]\nauth0_domian = \"x\"\n", 4, "Did you mean auth0_domain?"),
        ("[accounts.work]\naccount = \"ada\"\n", 4, "email address"),
        ("[accounts.work]\naccount = 5\n", 4, "email address"),
        ("[accounts.work]\nauth0_domain = {a = 1}\n", 4, "string"),
        ("[accounts.work]\nauth0_domain = \"${X}\"\n", 4, "not expanded"),
        ("[accounts.work.policy]\naccess = \"all\"\n", 4, "all"),
        ("[accounts.work.policy]\nacess = \"read\"\n", 4, "acess"),
        ("[accounts.work]\npolicy = \"read\"\n", 4, "table"),
        ("[accounts.work.accounts.x]\n", 3, "accounts"),
        ("[accounts]\nwork = 5\n", 4, "[accounts.NAME]"),
        ("[accounts.\"\"]\n", 3, "empty"),
        ("[accounts.\" work\"]\n", 3, "blanks"),
        ("[accounts.'\"work\"']\n", 3, "quotes"),
        ("[accounts.\"ada@work.example\"]\ntimeot = 3\n", 4, "timeout"),
    ] {
        let file = user.configure(&format!("{other}{section}"));
        let run = user.run(&["--account", "work", "list"]).without("MCS_GMAIL_AUTH0_DOMAIN");
        let error = run.fails(10);
        let told = format!("{} {}", error["message"], error["hint"]).replace("\\\"", "\"");
        assert!(
            told.contains(&format!("{}:{line}", file.display())) && told.contains(also),
            "{section}: {told}"
        );
    }
    let long = format!("[accounts.{}]\n", "x".repeat(65));
    user.configure(&long);
    assert!(user.run(&LIST).fails(10)["message"].as_str().unwrap().contains("64"));
    let long = "x".repeat(65);
    assert!(user.run(&["--account", &long, "list"]).fails(10)["message"].as_str().unwrap().contains("64"));
    user.configure("");
    let json = user.write_file("own.json", "{\"accounts\": {\n\"work\": {\n\"timeot\": 3}}}");
    let error = user.run(&["--config", json.to_str().unwrap(), "list"]).fails(10);
    assert!(error["message"].as_str().unwrap().contains("own.json:3"), "{error}");
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn accounts_with_tokens_of_their_own_have_cursors_of_their_own() {
    let user = User::new();
    let token = || user.world.issue_google_token(&crate::sandbox::FULL_SCOPES, 3600);
    user.configure(&format!(
        "credentials = \"token\"\n[accounts.work]\naccess_token = \"{}\"\n[accounts.private]\naccess_token = \"{}\"\n",
        token(),
        token()
    ));
    crate::kit::set_permissions(&user.home().join(".mcs/mcs-gmail.toml"), 0o600);
    let new =
        |account: &str| user.run(&["--account", account, "new", "--cursor", "inbox", "--format", "json"]);
    new("work").json();
    user.receive("From: b@example.org\nSubject: Hi\n\nHello\n");
    // The first run of this account only begins its cursor.
    assert_eq!(new("private").rows().len(), 0);
    assert_eq!(new("work").rows().len(), 1);
    assert_eq!(new("work").rows().len(), 0);
}
