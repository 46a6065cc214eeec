//! From nothing to a configuration: `config init` asks or imports, `config show` says what is in effect.

use std::fs;

use serde_json::{Value, json};

use crate::kit::{LIST, User, files_in, permissions_of, set_permissions};

const FILE: &str = ".mcs/mcs-gmail.toml";

/// The variables of the environment that configure the sandbox.
const VARIABLES: [&str; 6] = [
    "MCS_GMAIL_AUTH0_DOMAIN",
    "MCS_GMAIL_AUTH0_CLIENT_ID",
    "MCS_GMAIL_AUTH0_CLIENT_SECRET",
    "MCS_GMAIL_AUTH0_AUDIENCE",
    "MCS_GMAIL_LINKAUTH_BROKER_URL",
    "MCS_GMAIL_LINKAUTH_API_KEY",
];

/// A user of whom nothing is configured, and the values that would be.
fn unconfigured() -> (User, Vec<(String, String)>) {
    let user = User::ready_to_sign_in();
    set_permissions(&user.cache_file(), 0o600);
    let values = user.world.env().into_iter();
    let values = values.filter_map(|(name, value)| {
        let name = name.to_string();
        VARIABLES.contains(&name.as_str()).then(|| (name, value.to_string()))
    });
    let values = values.collect();
    (user, values)
}

fn run<'u>(user: &'u User, args: &[&str]) -> crate::kit::Run<'u> {
    VARIABLES.iter().fold(user.run(args), |run, name| run.without(name))
}

fn value<'v>(values: &'v [(String, String)], variable: &str) -> &'v str {
    &values.iter().find(|(name, _)| name == variable).unwrap().1
}

fn written(user: &User) -> String {
    fs::read_to_string(user.home().join(FILE)).unwrap()
}

fn told(error: &Value) -> String {
    format!("{} {}", error["message"].as_str().unwrap(), error["hint"].as_str().unwrap())
}

/// The members of a key in `config show`.
fn shown(document: &Value, key: &str) -> Value {
    document["keys"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone()
}

const QUIET: &str = "env -u MCS_GMAIL_AUTH0_DOMAIN -u MCS_GMAIL_AUTH0_CLIENT_ID -u MCS_GMAIL_AUTH0_CLIENT_SECRET \
    -u MCS_GMAIL_AUTH0_AUDIENCE -u MCS_GMAIL_LINKAUTH_BROKER_URL -u MCS_GMAIL_LINKAUTH_API_KEY ";

#[test]
fn a_person_is_asked_for_six_values_and_secrets_are_not_shown() {
    let (user, values) = unconfigured();
    let Some(mut terminal) = user.terminal(&format!("{QUIET} mcs-gmail config init")) else { return };
    let answers =
        ["DOMAIN", "CLIENT_ID", "CLIENT_SECRET", "AUDIENCE"].map(|name| format!("MCS_GMAIL_AUTH0_{name}"));
    terminal.expect("1/6");
    terminal.expect("Auth0 dashboard, Applications");
    for (wrong, what) in [("YOUR_TENANT.auth0.com", "placeholder"), ("a b", "blank"), ("", "required")] {
        terminal.expect("auth0_domain: ");
        terminal.types(wrong);
        terminal.expect(what);
    }
    for name in &answers {
        let question = format!("{}: ", name.trim_start_matches("MCS_GMAIL_").to_lowercase());
        terminal.expect(&question);
        if name.ends_with("AUDIENCE") {
            // A paste that came one question late.
            terminal.types(value(&values, "MCS_GMAIL_AUTH0_CLIENT_ID"));
            terminal.expect("looks like a secret");
            terminal.expect(&question);
        }
        terminal.types(value(&values, name));
        if name.ends_with("SECRET") {
            terminal.expect("Received, not shown.");
        }
    }
    terminal.expect("linkauth_broker_url: ");
    terminal.types(value(&values, "MCS_GMAIL_LINKAUTH_BROKER_URL"));
    terminal.expect("linkauth_api_key (Enter for none): ");
    terminal.types(value(&values, "MCS_GMAIL_LINKAUTH_API_KEY"));
    let (code, screen) = terminal.ends();
    assert!(
        code == Some(0) && screen.contains("mcs-gmail.toml") && screen.contains("auth0.tenant"),
        "{screen}"
    );
    for secret in ["MCS_GMAIL_AUTH0_CLIENT_SECRET", "MCS_GMAIL_LINKAUTH_API_KEY"] {
        assert!(!screen.contains(value(&values, secret)), "{screen}");
    }
    assert_eq!(permissions_of(&user.home().join(FILE)), 0o600);
    assert_eq!(permissions_of(&user.home().join(".mcs")), 0o700);
    assert_eq!(
        files_in(&user.home().join(".mcs")),
        ["cache", "mcs-gmail.toml"],
        "nothing else is left there"
    );
    user.approve(&run(&user, &LIST).challenge());
}

#[test]
fn a_set_up_that_is_interrupted_writes_nothing_and_leaves_the_terminal_as_it_was() {
    let (user, _) = unconfigured();
    let line = format!("{QUIET} sh -c 'mcs-gmail config init; echo code $?; stty -a'");
    let Some(mut terminal) = user.terminal(&line) else { return };
    terminal.expect("auth0_domain: ");
    terminal.types("mcs-sandbox.eu.auth0.com");
    terminal.expect("auth0_client_id: ");
    terminal.types("abc");
    terminal.expect("auth0_client_secret: ");
    terminal.presses('h');
    terminal.presses('\u{3}');
    let (_, screen) = terminal.ends();
    assert!(
        screen.contains("code 130") && screen.contains(" echo ") && screen.contains("isig icanon"),
        "{screen}"
    );
    assert!(!user.home().join(FILE).exists());
    // The end of the input, as by Ctrl-D.
    let mut terminal = user.terminal(&format!("{QUIET} mcs-gmail config init")).unwrap();
    terminal.expect("auth0_domain: ");
    terminal.presses('\u{4}');
    let (code, screen) = terminal.ends();
    assert!(code == Some(2) && screen.contains("Nothing was written"), "{screen}");
    assert!(!user.home().join(FILE).exists());
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let user = User::new();
    let error = user.run(&["config", "init"]).fails(2);
    assert!(told(&error).contains("--from-env") && told(&error).contains("--import"), "{error}");
    let Some(terminal) = user.terminal("mcs-gmail config init --no-input") else { return };
    assert_eq!(terminal.ends().0, Some(2));
    let Some(terminal) = user.terminal("mcs-gmail config init < /dev/null") else { return };
    assert_eq!(terminal.ends().0, Some(2));
    // Nor by an agent, whose client allows a command with everything that follows it.
    for launcher in ["MCS_GMAIL_LAUNCHED", "MCS_GMAIL_SKILL_DIR"] {
        let error = user.run(&["config", "init", "--from-env"]).env(launcher, "/skill").fails(2);
        assert!(told(&error).contains("launcher"), "{error}");
    }
    assert!(!user.home().join(FILE).exists());
}

#[test]
fn the_variables_become_a_file() {
    let (user, values) = unconfigured();
    let made = user.run(&["config", "init", "--from-env"]).json();
    assert_eq!(made["written"], user.home().join(FILE).display().to_string());
    assert_eq!(made["keys"].as_array().unwrap().len(), 6);
    let text = written(&user);
    for (name, value) in &values {
        assert!(
            text.contains(&format!("{} = \"{value}\"", name.trim_start_matches("MCS_GMAIL_").to_lowercase()))
        );
    }
    assert_eq!(permissions_of(&user.home().join(FILE)), 0o600);
    user.approve(&run(&user, &LIST).challenge());
    // The plain variables of the guide, and a restriction.
    let plain = |run: crate::kit::Run<'_>| {
        let set = values
            .iter()
            .fold(run, |run, (name, value)| run.env(name.trim_start_matches("MCS_GMAIL_"), value));
        set.env("MCS_GMAIL_POLICY", "read").json()
    };
    let own = user.home().join("own/dir/own.toml");
    plain(run(&user, &["config", "init", "--from-env", "--config"]).arg(&own));
    assert_eq!((permissions_of(&own), permissions_of(own.parent().unwrap())), (0o600, 0o700));
    let error = run(&user, &["star", "1", "--config"]).arg(&own).fails(6);
    assert!(told(&error).contains("own.toml"), "the policy is in the file: {error}");
    // One value is missing, or wrong.
    let error =
        user.run(&["config", "init", "--from-env", "--config", "x.toml"]).without(VARIABLES[1]).fails(10);
    assert_eq!(error["missing"], json!(["auth0_client_id"]));
    let wrong =
        user.run(&["config", "init", "--from-env", "--config", "x.toml"]).env(VARIABLES[0], "changeme");
    assert!(told(&wrong.fails(10)).contains(VARIABLES[0]));
    assert!(!user.home().join("x.toml").exists());
}

#[test]
fn the_files_of_the_python_skill_are_imported() {
    let (user, values) = unconfigured();
    let get = |name: &str| value(&values, &format!("MCS_GMAIL_{name}"));
    let env = format!(
        "\u{feff}# Auth0\r\nexport AUTH0_DOMAIN=\"{}\"\r\nAUTH0_CLIENT_ID='{}' # the application\r\n\
         AUTH0_CLIENT_SECRET = {}\r\n\r\nMCS_GMAIL_AUTH0_AUDIENCE={} # ours wins\r\nAUTH0_AUDIENCE=other\r\n\
         LINKAUTH_BROKER_URL={}\r\nLINKAUTH_API_KEY=\"{}\"\r\nDATABASE_URL=h1dden\r\nMCS_CACHE_DIR=~/cache\r\n",
        get("AUTH0_DOMAIN"),
        get("AUTH0_CLIENT_ID"),
        get("AUTH0_CLIENT_SECRET"),
        get("AUTH0_AUDIENCE"),
        get("LINKAUTH_BROKER_URL"),
        get("LINKAUTH_API_KEY"),
    );
    let toml: String = values
        .iter()
        .map(|(name, value)| {
            format!("{} = '{value}'\n", name.trim_start_matches("MCS_GMAIL_").to_lowercase())
        })
        .collect();
    let json: serde_json::Map<String, Value> = values
        .iter()
        .map(|(name, value)| (name.trim_start_matches("MCS_GMAIL_").to_lowercase(), json!(value)))
        .collect();
    for (name, content) in [
        ("skill/.env", env.clone()),
        ("skill/prod.env", env),
        ("skill/config.toml", format!("# skill\n{toml}")),
        ("skill/config.json", json!(json).to_string()),
    ] {
        let path = user.write_file(name, content);
        let made = run(&user, &["config", "init", "--import"]).arg(&path).json();
        assert!(made["keys"].as_array().unwrap().len() >= 6, "{made}");
        assert!(!written(&user).contains("h1dden"));
        let shown = run(&user, &["config", "show"]).json();
        assert_eq!(shown["faults"], json!([]), "{name}");
        for key in ["auth0_domain", "auth0_client_id", "auth0_audience", "linkauth_broker_url"] {
            assert_eq!(self::shown(&shown, key)["value"], get(&key.to_uppercase()), "{name} {key}");
        }
        assert_eq!(run(&user, &["auth", "status"]).env("MCS_CACHE_DIR", "~/x").done().code, 4);
        fs::remove_file(user.home().join(FILE)).unwrap();
    }
}

#[test]
fn what_cannot_be_imported_is_named_and_not_shown() {
    let user = User::new();
    for (name, content, what) in [
        ("a.env", "AUTH0_DOMAIN=x.eu.auth0.com\nh1dden\n", "a.env:2"),
        ("b.env", "AUTH0_CLIENT_SECRET=\"h1dden\n", "b.env:1"),
        ("c.env", "AUTH0_DOMAIN=x.eu.auth0.com\n", "auth0_client_id"),
        ("d.env", "AUTH0_DOMAIN=<h1dden>\n", "AUTH0_DOMAIN"),
        ("e.env", "MCS_GMAIL_AUTH0_DOMIAN=h1dden\n", "MCS_GMAIL_AUTH0_DOMIAN"),
        ("f.toml", "auth0_domain = h1dden\n", "f.toml:1"),
        ("g.json", "{\"auth0_domain\": h1dden}", "g.json"),
        ("h.toml", "[policy]\naccess = \"read\"\n", "already"),
        ("i.toml", "auth0_domain = true\n", "auth0_domain"),
        ("j.env", "AUTH0_CLIENT_SECRET=$h1dden\n", "AUTH0_CLIENT_SECRET"),
    ] {
        let path = user.write_file(name, content);
        let error = run(&user, &["config", "init", "--import"]).arg(&path).done();
        assert!(error.code == 2 || error.code == 10, "{name}: {error:?}");
        let text = told(&error.error());
        assert!(text.contains(what) && !text.contains("h1dden"), "{name}: {text}");
    }
    let error = run(&user, &["config", "init", "--import", "gone"]).fails(2);
    assert!(told(&error).contains("gone"), "{error}");
    assert!(!user.home().join(FILE).exists());
}

#[test]
fn an_existing_file_stays_unless_it_may_be_changed_and_then_keeps_everything_else() {
    let (user, values) = unconfigured();
    let old = "# mine\r\nauth0_domain = \"old.eu.auth0.com\" # old\r\ntimeout = 30\n\n[policy]\naccess = \"read\" # no more\n\
               [accounts.work]\naccount = \"ada@example.org\"\nsender_name = \"Ada\"\n";
    let file = user.configure(old);
    let error = user.run(&["config", "init", "--from-env"]).fails(1);
    assert!(error["code"] == "conflict" && told(&error).contains("--force"), "{error}");
    assert_eq!(written(&user), old);
    user.run(&["config", "init", "--from-env", "--force"]).json();
    let new = written(&user);
    let sections = old.split_once("\n[policy]").unwrap().1;
    assert!(new.contains("# mine\r\n") && new.contains("timeout = 30\n") && new.ends_with(sections), "{new}");
    let line = format!("auth0_domain = \"{}\" # old\r\n", value(&values, VARIABLES[0]));
    assert!(new.contains(&line) && !new.contains("old.eu"), "{new}");
    let status = run(&user, &["config", "show"]).json();
    assert_eq!((&status["policy"]["access"], &status["faults"]), (&json!("read"), &json!([])));
    // It can be done again, and what cannot be changed is not.
    user.run(&["config", "init", "--from-env", "--force"]).json();
    assert_eq!(written(&user), new);
    for odd in [
        "auth0_domain = \"\"\"\nold.eu.auth0.com\"\"\"\n",
        "auth0_domain = \n",
        "[policy]\naccess = \"all\"\nx = 1",
    ] {
        user.configure(odd);
        let done = user.run(&["config", "init", "--from-env", "--force"]).done();
        assert!(done.code == 10 || odd.contains("policy"), "{done:?}");
        assert!(written(&user) == odd || odd.contains("policy"), "{odd}");
    }
    // A link stays one.
    let elsewhere = user.write_file("dotfiles/mcs.toml", "timeout = 30\n");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    user.run(&["config", "init", "--from-env", "--force"]).json();
    assert!(file.is_symlink() && fs::read_to_string(elsewhere).unwrap().contains("timeout = 30\n"));
}

#[test]
fn present_values_can_be_kept_at_the_terminal() {
    let (user, values) = unconfigured();
    user.run(&["config", "init", "--from-env"]).json();
    let before = written(&user);
    let Some(mut terminal) = user.terminal(&format!("{QUIET} mcs-gmail config init --force")) else { return };
    terminal.expect(&format!("auth0_domain [{}]: ", value(&values, VARIABLES[0])));
    terminal.types("other.eu.auth0.com");
    for _ in 0..5 {
        terminal.expect("/6 ");
        terminal.expect("Where: ");
        terminal.types("");
    }
    let (code, screen) = terminal.ends();
    assert!(
        code == Some(1) && screen.contains("other.eu.auth0.com"),
        "the other tenant is at fault: {screen}"
    );
    assert!(screen.contains("auth0_client_secret (Enter keeps the present one)"), "{screen}");
    assert_eq!(written(&user), before.replace(value(&values, VARIABLES[0]), "other.eu.auth0.com"));
}

#[test]
fn every_value_is_shown_with_its_source_but_no_secret() {
    let user = User::new();
    let file = user.configure(
        "timeout = 20\nproxy = \"http://ada:h1dden@proxy.example:3128\"\nformat = \"jsonl\"\n\
         [policy]\naccess = \"organise\"\nrecipients = [\"*@example.org\"]\nfiles = [\".\"]\n\
         [accounts.work]\naccount = \"ada@example.org\"\nsender_name = \"Ada\"\npolicy.access = \"read\"\n",
    );
    let run = |args: &[&str]| user.run(&[&["config", "show", "--account", "work"], args].concat());
    let document = run(&["--format", "json"]).json();
    let source = |key: &str| shown(&document, key)["source"].as_str().unwrap_or_default().to_owned();
    assert_eq!(source("timeout"), format!("{}:1", file.display()));
    assert_eq!(source("sender_name"), format!("{}:10", file.display()));
    assert_eq!(source("auth0_domain"), "MCS_GMAIL_AUTH0_DOMAIN");
    assert_eq!((source("account"), source("format")), ("--account".into(), "--format".into()));
    assert_eq!(
        (source("credentials"), shown(&document, "scopes")["set"].clone()),
        ("default".into(), json!(false))
    );
    assert_eq!(shown(&document, "proxy")["value"], "http://proxy.example:3128");
    for secret in ["auth0_client_secret", "linkauth_api_key"] {
        let row = shown(&document, secret);
        assert_eq!((&row["value"], &row["set"], &row["secret"]), (&Value::Null, &json!(true), &json!(true)));
    }
    assert_eq!(document["policy"]["access"], "read");
    assert_eq!(document["policy"]["access_source"], format!("{} [accounts.work]", file.display()));
    assert_eq!(document["policy"]["recipients"][0]["source"], file.display().to_string());
    let text = run(&["--format", "text"]).done().stdout;
    assert!(text.contains("[accounts.work]") && text.contains("set, not shown"), "{text}");
    assert!(!format!("{document}{text}").contains("h1dden"), "{document}");
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn what_is_broken_does_not_hide_the_rest() {
    let user = User::new();
    let shown_with = |set: &[(&str, &str)]| {
        let run = set.iter().fold(user.run(&["config", "show"]), |run, (name, value)| run.env(name, value));
        let done = run.done();
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
        assert!(!done.stdout.contains("h1dden"), "{done:?}");
        done.json()
    };
    let document = shown_with(&[
        ("MCS_GMAIL_TIMEOUT", "soon"),
        ("MCS_GMAIL_AUTH0_CLIENT_ID", "\"h1dden\""),
        ("MCS_GMAIL_LINKAUTH_BROKER_URL", "https://x/h1dden"),
        ("MCS_GMAIL_FORMAT", "xml"),
        ("MCS_GMAIL_CREDENTIALS", "magic"),
        ("MCS_GMAIL_UNKNOWN", "h1dden"),
        ("HTTPS_PROXY", "h1dden://x y"),
    ]);
    for key in ["timeout", "auth0_client_id", "linkauth_broker_url", "format", "credentials"] {
        let row = shown(&document, key);
        assert!(row["fault"]["message"].as_str().unwrap().contains(&key.to_uppercase()), "{row}");
        assert_eq!(row["value"], Value::Null, "{row}");
    }
    let faults = document["faults"].to_string();
    assert!(faults.contains("MCS_GMAIL_UNKNOWN") && faults.contains("HTTPS_PROXY"), "{faults}");
    assert_eq!(shown(&document, "auth0_domain")["value"], "mcs-sandbox.eu.auth0.com");
    // A file that cannot be read, a policy that makes no sense, an account that does not exist.
    user.configure("timeout = \n");
    let document = shown_with(&[]);
    assert!(document["faults"][0]["message"].as_str().unwrap().contains("mcs-gmail.toml:1"), "{document}");
    assert_eq!(document["faults"].as_array().unwrap().len(), 1);
    user.configure("[policy]\naccess = \"all\"\n[accounts.work]\n");
    let document = shown_with(&[("MCS_GMAIL_ACCOUNT", "wrok")]);
    assert_eq!(document["policy"], Value::Null);
    let all = document.to_string();
    assert!(all.contains("unknown access level") && all.contains("Did you mean work"), "{all}");
    let document = shown_with(&[("MCS_GMAIL_CONFIG", "/nowhere/x.toml")]);
    assert!(document["faults"].to_string().contains("/nowhere/x.toml"));
    let document = shown_with(&[("HOME", "relative")]);
    assert!(document.to_string().contains("HOME is not"), "{document}");
}

#[test]
fn every_placeholder_is_refused_from_every_source() {
    let user = User::new();
    for (key, variants) in [
        (
            "auth0_domain",
            &["<your-domain>", "YOUR_TENANT.auth0.com", "your-tenant.eu.auth0.com", "tenant.auth0.com"][..],
        ),
        ("auth0_client_id", &["your-client-id", "YOUR_CLIENT_ID", "<client id>", "client_id"]),
        ("auth0_client_secret", &["your-client-secret", "changeme", "***", "..."]),
        ("auth0_audience", &["<your-audience>", "YOUR_API_IDENTIFIER", "https://your-api"]),
        (
            "linkauth_broker_url",
            &["https://your-broker", "https://broker.example.com:443/", "https://<broker>"],
        ),
        ("linkauth_api_key", &["your-api-key", "la_xxxxxxxx", "changeme"]),
    ] {
        let variable = format!("MCS_GMAIL_{}", key.to_uppercase());
        for text in variants.iter().chain(&["xxx", "CHANGEME", "todo"]) {
            let error = user.run(&LIST).env(&variable, text).fails(10);
            assert!(told(&error).contains(&variable), "{key} {text}: {error}");
            let file = user.configure(&format!("{key} = \"{text}\"\n"));
            let error = user.run(&LIST).without(&variable).fails(10);
            assert!(told(&error).contains("mcs-gmail.toml:1"), "{key} {text}: {error}");
            fs::remove_file(file).unwrap();
        }
    }
    assert_eq!(user.world.log().len(), 0);
}

#[test]
fn a_broker_that_cannot_be_reached_is_named_with_its_port_its_key_and_the_source() {
    let user = User::ready_to_sign_in();
    let file = user.configure("linkauth_broker_url = \"http://127.0.0.1:1\"\n");
    for (run, source) in [
        (
            user.run(&LIST).env("MCS_GMAIL_LINKAUTH_BROKER_URL", "http://127.0.0.1:1"),
            "MCS_GMAIL_LINKAUTH_BROKER_URL",
        ),
        (user.run(&LIST).without("MCS_GMAIL_LINKAUTH_BROKER_URL"), file.to_str().unwrap()),
    ] {
        let error = run.env("MCS_GMAIL_TIMEOUT", "3").fails(8);
        assert!(error["message"].as_str().unwrap().contains("the broker at http://127.0.0.1:1"), "{error}");
        let hint = error["hint"].as_str().unwrap();
        assert!(
            hint.contains("linkauth_broker_url") && hint.contains(source) && hint.contains("doctor"),
            "{error}"
        );
    }
}
