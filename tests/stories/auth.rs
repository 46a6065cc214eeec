//! `auth status`, `auth login` and `auth list` say what is so: which account, whether Gmail can be used, what a person
//! has to do. A token of another account than the configured one is not used.

use serde_json::{Value, json};

use crate::{
    kit::{LIST, Run, User, for_each_in_parallel, url},
    sandbox::{BROKER_HOST, Fault, GMAIL_HOST},
};

const PROFILE: &str = "/gmail/v1/users/me/profile";

fn status(user: &User) -> (i32, Value) {
    let done = user.run(&["auth", "status"]).done();
    (done.code, done.json())
}

fn signed_in() -> User {
    let user = User::ready_to_sign_in();
    user.sign_in();
    user
}

#[test]
fn the_status_follows_the_sign_in_from_nothing_to_gmail() {
    let user = User::without_poll_interval();
    let (code, nothing) = status(&user);
    assert_eq!((code, &nothing["usable"], &nothing["pending"]), (4, &json!(false), &Value::Null));
    assert_eq!(nothing["visits"], json!({"done": 0, "needed": 2}));
    assert_eq!(user.world.count(BROKER_HOST, "POST", ""), 0, "a status opens no session");

    let first = user.run(&LIST).challenge();
    let (code, pending) = status(&user);
    assert_eq!((code, &pending["pending"]["url"]), (4, &first["url"]));
    assert!(pending["pending"]["expires_at"].as_str().unwrap().ends_with('Z'), "{pending}");

    user.approve(&first);
    let (code, between) = status(&user);
    assert_eq!((code, &between["signed_in"], &between["usable"]), (4, &json!(true), &json!(false)));
    assert_eq!((&between["visits"]["done"], &between["pending"]), (&json!(1), &Value::Null));
    assert!(between["reason"].as_str().unwrap().contains("Gmail"), "{between}");

    user.sign_in();
    let (code, done) = status(&user);
    assert_eq!((code, &done["usable"], &done["account"]), (0, &json!(true), &json!("ada@example.com")));
    assert_eq!(done["visits"], json!({"done": 2, "needed": 2}));
    assert!(done["scopes"].as_array().unwrap().contains(&json!("https://mail.google.com/")), "{done}");
    assert_eq!((&done["pending"], &done["reason"]), (&Value::Null, &Value::Null));
    assert_eq!(done["credentials"], "auth0-linkauth");
}

#[test]
fn the_status_shows_the_policy_and_where_it_comes_from() {
    let user = signed_in();
    assert_eq!(
        status(&user).1["policy"],
        json!({"access": "send", "access_source": "the default", "recipients": null})
    );
    let file = user.configure("[policy]\naccess = \"draft\"\nrecipients = [\"*@example.com\"]\n");
    let done = user.run(&["auth", "status"]).env("MCS_GMAIL_POLICY", "read").json();
    assert_eq!(done["policy"]["access"], "read");
    assert_eq!(done["policy"]["access_source"], "MCS_GMAIL_POLICY");
    let rule = json!([{"allow": ["*@example.com"], "source": file.display().to_string()}]);
    assert_eq!(done["policy"]["recipients"], rule);
}

#[test]
fn the_status_is_zero_only_if_gmail_can_be_used() {
    let user = signed_in();
    user.world.auth0(|t| t.revoke_google_tokens());
    assert_eq!(status(&user).0, 0, "a refused token is renewed");
    user.world.fault(Fault::on(GMAIL_HOST).path(PROFILE).always().unauthenticated());
    assert_eq!(status(&user).0, 6);

    let user = signed_in();
    user.world.forbid(GMAIL_HOST);
    let (code, document) = status(&user);
    assert_eq!((code, &document["usable"]), (6, &json!(false)));

    let user = signed_in();
    user.world.auth0(|t| {
        t.revoke_all_refresh_tokens();
        t.revoke_google_tokens();
    });
    let (code, document) = status(&user);
    assert_eq!((code, &document["signed_in"], &document["usable"]), (4, &json!(false), &json!(false)));
}

#[test]
fn login_ends_with_the_account_and_login_new_shows_a_fresh_link() {
    let user = User::ready_to_sign_in();
    let first = user.run(&["auth", "login"]).challenge();
    assert_eq!(url(&user.run(&["auth", "login"]).challenge()), url(&first));
    let fresh = user.run(&["auth", "login", "--new"]).challenge();
    assert_ne!(url(&fresh), url(&first));
    user.approve(&fresh);
    let second = user.run(&["auth", "login"]).challenge();
    assert_eq!(second["step"], "connect_account");
    let again = user.run(&["auth", "login", "--new"]).challenge();
    assert_eq!(again["step"], "connect_account", "what was done is not lost");
    assert_ne!(url(&second), url(&again));
    user.approve(&again);
    let table = user.run(&["auth", "login", "--format", "table"]).done();
    assert_eq!((table.code, table.stdout.as_str()), (0, "Signed in as ada@example.com\n"));
}

#[test]
fn login_fails_if_gmail_cannot_be_used() {
    let user = signed_in();
    user.world.fault(Fault::on(GMAIL_HOST).path(PROFILE).always().status(503, &[], ""));
    user.run(&["auth", "login"]).fails(8);
}

#[test]
fn the_status_leaves_the_name_of_the_wrong_account_for_the_next_link() {
    let user = User::ready_to_sign_in();
    becomes(&user, "eve@example.com");
    for _ in 0..2 {
        user.approve(&as_ada(&user, &LIST).challenge());
    }
    for _ in 0..2 {
        let done = as_ada(&user, &["auth", "status"]).done();
        assert_eq!(done.code, 4);
        assert!(done.json()["reason"].as_str().unwrap().contains("eve@example.com"), "{done:?}");
    }
    let message = as_ada(&user, &LIST).challenge()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("eve@example.com"), "{message}");
}

#[test]
fn the_status_leaves_the_causes_of_a_failed_visit_for_the_next_link() {
    for user in [User::ready_to_sign_in(), User::not_connected()] {
        user.refuse(&user.run(&LIST).challenge());
        user.run(&LIST).challenge();
        user.time_passes(std::time::Duration::from_secs(121));
        assert_eq!(status(&user).0, 4);
        // The broker fails before the link can be opened.
        user.world.fault(Fault::on(BROKER_HOST).method("POST").path("/v1/sessions").times(3).status(
            503,
            &[],
            "",
        ));
        user.run(&LIST).fails(8);
        let next = user.run(&LIST).challenge();
        assert!(next["message"].as_str().unwrap().contains("Applications tab"), "{next}");
        user.sign_in();
        assert!(user.cache().get("mcs-gmail:reason").is_none());
    }

    let user = User::with_refresh_token();
    user.world.auth0(|t| t.revoke_all_refresh_tokens());
    assert_eq!(status(&user).0, 4);
    let next = user.run(&LIST).challenge();
    assert!(next["message"].as_str().unwrap().contains("Auth0 refused the previous sign-in"), "{next}");
}

#[test]
fn a_run_that_fails_before_the_connect_visit_leaves_its_reason_for_the_next_one() {
    let user = User::not_connected();
    user.refuse(&user.run(&LIST).challenge());
    user.run(&LIST).challenge();
    user.time_passes(std::time::Duration::from_secs(121));
    let token = Fault::on(BROKER_HOST).path("/v1/proxy").body_contains("create:me:connected_accounts");
    user.world.fault(token.status(502, &[], "<html>"));
    user.run(&LIST).fails(8);
    let next = user.run(&LIST).challenge();
    assert!(next["message"].as_str().unwrap().contains("Applications tab"), "{next}");
}

fn as_ada<'u>(user: &'u User, args: &[&str]) -> Run<'u> {
    user.run(args).env("MCS_GMAIL_ACCOUNT", "ada@example.com")
}

/// Who is at the browser from now on.
fn becomes(user: &User, email: &str) {
    user.world.auth0(|t| t.email = email.into());
    user.world.google(|g| g.email = email.into());
}

#[test]
fn the_mail_of_another_account_than_the_configured_one_is_not_read_and_the_next_link_says_why() {
    for credentials in ["auth0-linkauth", "linkauth"] {
        let user = User::ready_to_sign_in();
        let run = || as_ada(&user, &LIST).env("MCS_GMAIL_CREDENTIALS", credentials);
        becomes(&user, "eve@example.com");
        let mut challenge = run().challenge();
        for _ in 0..2 {
            if !challenge["message"].as_str().unwrap().contains("eve@example.com") {
                user.approve(&challenge);
                challenge = run().challenge();
            }
        }
        let message = challenge["message"].as_str().unwrap();
        assert!(
            message.contains("eve@example.com") && message.contains("Choose ada@example.com"),
            "{message}"
        );
        assert_eq!(challenge["step"], "sign_in");
        assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/messages"), 0, "{credentials}");
        becomes(&user, "ada@example.com");
        user.approve(&challenge);
        let done = run().done();
        if done.code == 4 {
            user.approve(&done.challenge());
        }
        run().json();
    }
}

#[test]
fn a_later_visit_with_another_google_account_is_noticed() {
    for (credentials, account) in [
        ("auth0-linkauth", ""),
        ("auth0-linkauth", "ada@example.com"),
        ("linkauth", ""),
        ("linkauth", "ada@example.com"),
    ] {
        let user = User::ready_to_sign_in();
        let run = |args: &[&str]| {
            user.run(args).env("MCS_GMAIL_CREDENTIALS", credentials).env("MCS_GMAIL_ACCOUNT", account)
        };
        let sign_in = || {
            for _ in 0..2 {
                let done = run(&LIST).done();
                if done.code == 4 {
                    user.approve(&done.challenge());
                }
            }
            run(&LIST).done()
        };
        let address = || run(&["auth", "list"]).json()[0]["address"].clone();
        sign_in().json();
        assert_eq!(address(), "ada@example.com", "{credentials}");
        user.edit_cache(|cache| {
            cache.as_object_mut().unwrap().retain(|key, _| {
                let tokens = ["at:", "rt:", "auth0:", "linkauth:tokens"];
                !tokens.iter().any(|token| key.starts_with(token))
            });
        });
        becomes(&user, "eve@example.com");
        user.world.clear_log();
        let done = sign_in();
        if account.is_empty() {
            done.json();
            assert_eq!(address(), "eve@example.com", "{credentials}");
        } else {
            assert!(
                done.challenge()["message"].as_str().unwrap().contains("eve@example.com"),
                "{credentials}"
            );
            assert_eq!(
                user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/messages"),
                0,
                "{credentials}"
            );
        }
    }
}

#[test]
fn a_token_of_another_account_is_not_used_even_if_it_is_in_the_cache() {
    let user = User::with_refresh_token();
    as_ada(&user, &["auth", "login"]).json();
    user.world.auth0(|t| t.disconnect_all());
    becomes(&user, "eve@example.com");
    let token = user.world.issue_google_token(&crate::sandbox::FULL_SCOPES, 3600);
    user.edit_cache(|cache| {
        cache["at:gmail"] = json!({"v": token, "exp": 4_000_000_000.0});
        cache.as_object_mut().unwrap().remove("mcs-gmail:account");
    });
    as_ada(&user, &LIST).challenge();
    assert_eq!(user.world.count(GMAIL_HOST, "GET", "/gmail/v1/users/me/messages"), 0);
}

#[test]
fn an_address_that_cannot_be_asked_for_stops_only_those_who_configured_one() {
    let user = User::with_refresh_token();
    user.world.fault(Fault::on(GMAIL_HOST).path(PROFILE).always().status(403, &[], "{}"));
    as_ada(&user, &LIST).fails(6);
    let user = User::with_refresh_token();
    user.world.fault(Fault::on(GMAIL_HOST).path(PROFILE).always().status(403, &[], "{}"));
    user.run(&LIST).json();
}

#[test]
fn a_vault_that_does_not_know_the_address_gives_its_account_and_the_address_is_compared() {
    let user = User::not_connected();
    let run = |args: &[&str]| user.run(args).env("MCS_GMAIL_ACCOUNT", "Ada@Example.com");
    let challenge = run(&LIST).challenge();
    user.approve(&challenge);
    // The sandbox compares addresses exactly, so that the vault never finds "Ada@Example.com".
    run(&LIST).json();
    user.edit_cache(|cache| cache["at:gmail"]["exp"] = json!(1.0));
    run(&LIST).json();
}

#[test]
fn the_list_of_accounts_shows_who_is_signed_in_and_who_is_not_yet() {
    let user = User::ready_to_sign_in();
    assert_eq!(user.run(&["auth", "list"]).json(), json!([]));
    user.sign_in();
    user.run(&LIST).env("MCS_GMAIL_ACCOUNT", "grace@example.com").challenge();
    let rows = user.run(&["auth", "list"]).rows();
    let by = |name: &str, value: Value| rows.iter().find(|r| r[name] == value).unwrap();
    let ada = by("address", json!("ada@example.com"));
    assert_eq!(
        (&ada["signed_in"], &ada["selected"], &ada["pending"]),
        (&json!(true), &json!(true), &Value::Null)
    );
    assert_eq!(ada["credentials"], "auth0-linkauth");
    assert!(ada["last_used"].as_str().unwrap().ends_with('Z'), "{ada}");
    let grace = by("account", json!("grace@example.com"));
    assert_eq!((&grace["signed_in"], &grace["selected"]), (&json!(false), &json!(false)));
    assert_eq!(grace["pending"]["step"], "sign_in");
    assert_eq!(rows.len(), 2);

    user.run(&["auth", "logout"]).env("MCS_GMAIL_ACCOUNT", "grace@example.com").json();
    assert_eq!(user.run(&["auth", "list"]).rows().len(), 1);
    user.run(&LIST).json();
}

#[test]
fn the_list_of_accounts_gives_the_names_that_can_be_chosen() {
    let user = User::ready_to_sign_in();
    user.configure("[accounts.work]\naccount = \"ada@example.com\"\n\n[accounts.home]\n");
    for name in ["work", "home"] {
        user.run(&LIST).env("MCS_GMAIL_ACCOUNT", name).challenge();
    }
    let rows = user.run(&["auth", "list", "--account", "work"]).rows();
    let mut names: Vec<(&Value, &Value)> = rows.iter().map(|r| (&r["account"], &r["selected"])).collect();
    names.sort_by_key(|(name, _)| name.as_str().unwrap().to_owned());
    assert_eq!(names, [(&json!("home"), &json!(false)), (&json!("work"), &json!(true))]);
}

#[test]
fn accounts_that_run_at_the_same_time_never_share_a_token() {
    let names = ["ada@example.com", "grace@example.com", "eve@example.com"];
    let user = User::ready_to_sign_in();
    for name in names {
        becomes(&user, name);
        for _ in 0..2 {
            user.approve(&user.run(&LIST).env("MCS_GMAIL_ACCOUNT", name).challenge());
        }
        user.run(&LIST).env("MCS_GMAIL_ACCOUNT", name).json();
    }
    for_each_in_parallel(0..12, |n| {
        let name = names[n % 3];
        let whoami = user.run(&["whoami"]).env("MCS_GMAIL_ACCOUNT", name).json();
        assert_eq!(whoami["email"], name);
    });
    user.world.auth0(|t| t.revoke_google_tokens());
    for_each_in_parallel(0..12, |n| {
        let name = names[n % 3];
        assert_eq!(user.run(&["whoami"]).env("MCS_GMAIL_ACCOUNT", name).json()["email"], name);
    });
}

#[test]
fn a_configured_token_of_another_account_is_not_used() {
    let user = User::new();
    let token = |owner: &str| {
        let scopes = crate::sandbox::FULL_SCOPES.map(str::to_owned);
        user.world.google(|google| google.issue_for(owner.to_owned(), &scopes, 3600))
    };
    let (of_ada, of_bob) = (token("ada@example.com"), token("bob@example.org"));
    let with = |token: &str, account: &str, args: &[&str]| {
        user.world.clear_log();
        user.run(args)
            .env("MCS_GMAIL_CREDENTIALS", "token")
            .env("MCS_GMAIL_ACCESS_TOKEN", token)
            .env("MCS_GMAIL_ACCOUNT", account)
    };
    let profiles = || user.world.count(GMAIL_HOST, "GET", PROFILE);
    let send = ["send", "--to", "carl@example.org", "--subject", "s", "--body", "x"];
    for args in [&LIST[..], &send] {
        let error = with(&of_bob, "ada@example.com", args).fails(10);
        assert_eq!(error["message"], "the token belongs to bob@example.org, not to ada@example.com");
        assert_eq!((profiles(), user.world.log().len()), (1, 1));
    }
    // Whose token it is is asked once for each token.
    for (token, account, asked) in [
        (&of_ada, "Ada@Example.com", 1),
        (&of_ada, "ada@example.com", 0),
        (&of_bob, "bob@example.org", 1),
        (&of_ada, "ada@example.com", 1),
        (&of_bob, "", 0),
    ] {
        assert_eq!((with(token, account, &LIST).done().code, profiles()), (0, asked), "{account}");
    }
    assert_eq!(with(&of_bob, "ada@example.com", &LIST).done().code, 10, "the record is of another token");
    let nowhere = user.write_file("file", "");
    let run = user.run(&LIST).env("MCS_CACHE_DIR", nowhere.to_str().unwrap());
    let run = run.env("MCS_GMAIL_CREDENTIALS", "token").env("MCS_GMAIL_ACCESS_TOKEN", &of_ada);
    assert_eq!(run.env("MCS_GMAIL_ACCOUNT", "ada@example.com").done().code, 0, "a token needs no cache");
}
