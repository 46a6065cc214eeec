//! Token Vault refuses the exchange: whatever the cause, the person gets the visit that helps, and no loop.

use serde_json::{Value, json};

use crate::{
    kit::{LIST, User, for_each_in_parallel, url},
    sandbox::{AUTH0_DOMAIN, Fault, auth0::Tenant},
};

const EXCHANGE: &str = "federated-connection-access-token";

/// The exchange is refused with this error, so many times.
fn refused(user: &User, times: usize, status: u16, body: &Value) {
    let exchange = Fault::on(AUTH0_DOMAIN).path("/oauth/token").body_contains(EXCHANGE);
    user.world.fault(exchange.times(times).json(status, body));
}

#[test]
fn an_account_whose_access_google_ended_is_connected_again() {
    for connects_once in [false, true] {
        let user = User::with_refresh_token();
        user.run(&LIST).json();
        user.world.auth0(|t| {
            t.connects_once = connects_once;
            t.revoke_connected_accounts();
        });
        let challenge = user.run(&LIST).challenge();
        assert_eq!(challenge["step"], "connect_account", "{connects_once}");
        user.approve(&challenge);
        user.run(&LIST).json();
        assert_eq!(user.world.auth0(|t| t.connected_accounts().len()), 1);
    }
}

#[test]
fn every_refusal_of_the_exchange_leads_to_the_step_that_helps() {
    let rows = [
        ("federated_connection_refresh_token_not_found", "connect_account"),
        ("federated_connection_refresh_token_flow_failed", "connect_account"),
        ("federated_connection_something_new", "connect_account"),
        ("tokenset_not_found", "connect_account"),
        ("tokenset_expired", "connect_account"),
        ("a_code_that_nobody_knows", "connect_account"),
        ("invalid_grant", "sign_in"),
        ("expired_token", "sign_in"),
    ];
    for_each_in_parallel(rows, |(code, step)| {
        for status in [401, 403] {
            let user = User::with_refresh_token();
            refused(&user, 1, status, &json!({"error": code, "error_description": "because"}));
            if code.starts_with("a_code") && status == 403 {
                user.run(&LIST).fails(10);
                continue;
            }
            let challenge = user.run(&LIST).challenge();
            assert_eq!(challenge["step"], step, "{status} {code}");
            user.sign_in();
        }
    });
}

#[test]
fn a_refusal_that_nobody_can_explain_offers_to_connect_once_and_then_is_an_error() {
    for body in
        [json!({"error": "a_new_code", "error_description": "because"}), json!({"message": "no"}), json!({})]
    {
        let user = User::with_refresh_token();
        refused(&user, usize::MAX, 401, &body);
        let challenge = user.run(&LIST).challenge();
        assert_eq!(challenge["step"], "connect_account", "{body}");
        user.approve(&challenge);
        for _ in 0..2 {
            let error = user.run(&LIST).fails(10);
            assert!(error["hint"].as_str().unwrap().contains("tenant's log"), "{error}");
        }
    }
}

#[test]
fn a_refusal_without_a_body_offers_to_connect_too() {
    let user = User::with_refresh_token();
    let exchange = Fault::on(AUTH0_DOMAIN).path("/oauth/token").body_contains(EXCHANGE);
    user.world.fault(exchange.status(401, &[], ""));
    assert_eq!(user.run(&LIST).challenge()["step"], "connect_account");
    user.sign_in();
}

#[test]
fn a_refused_account_that_stays_connected_whatever_is_tried_is_an_error() {
    for (code, exit) in [("a_new_code", 10), ("federated_connection_refresh_token_flow_failed", 10)] {
        let user = User::with_refresh_token();
        refused(&user, usize::MAX, 401, &json!({"error": code, "error_description": "because"}));
        let connect = Fault::on(AUTH0_DOMAIN).path("/me/v1/connected-accounts/connect");
        user.world.fault(connect.always().json(409, &json!({"title": "Conflict"})));
        for _ in 0..2 {
            user.world.clear_log();
            user.run(&LIST).fails(exit);
            assert!(user.world.count(AUTH0_DOMAIN, "", "") < 10, "{code}");
        }
    }
}

#[test]
fn a_refusal_with_another_cause_is_an_error_at_once() {
    let codes = ["invalid_client", "access_denied", "unauthorized_client", "mfa_required", "invalid_request"];
    for_each_in_parallel(codes, |code| {
        let user = User::with_refresh_token();
        refused(&user, usize::MAX, 401, &json!({"error": code, "error_description": "because"}));
        assert_eq!(user.run(&LIST).fails(10)["auth0_error"], code);
    });
}

#[test]
fn a_token_that_google_refused_is_forgotten_before_the_exchange() {
    let user = User::with_refresh_token();
    user.run(&LIST).json();
    user.world.auth0(Tenant::revoke_google_tokens);
    user.world.fault(Fault::on(AUTH0_DOMAIN).path("/oauth/token").always().status(503, &[], ""));
    for args in [&LIST[..], &["auth", "login"], &["auth", "status"]] {
        let done = user.run(args).done();
        assert_eq!(done.code, 8, "{args:?}: {done:?}");
        assert!(!done.stdout.contains("\"usable\":true"), "{args:?}: {done:?}");
    }
}

#[test]
fn a_visit_that_failed_names_the_likely_causes_in_the_next_message() {
    let causes = ["auth0_audience", "Allowed Callback URLs", "test user", "Applications tab"];
    for user in [User::ready_to_sign_in(), User::not_connected()] {
        let first = user.run(&LIST).challenge();
        user.refuse(&first);
        let started = user.run(&LIST).challenge();
        assert!(started["message"].as_str().unwrap().contains("auth login --new"), "{started}");
        user.time_passes(std::time::Duration::from_secs(121));
        for _ in 0..2 {
            let next = user.run(&LIST).challenge();
            assert_ne!(url(&first), url(&next));
            let message = next["message"].as_str().unwrap();
            causes.iter().for_each(|cause| assert!(message.contains(cause), "{cause}: {message}"));
        }
        user.sign_in();
    }
}

#[test]
fn a_configured_refresh_token_whose_account_google_ended_says_where_to_connect_it() {
    let user = User::with_refresh_token();
    user.world.allow(AUTH0_DOMAIN);
    let login = user.world.signed_in_refresh_token();
    user.world.auth0(Tenant::revoke_connected_accounts);
    let run =
        user.run(&LIST).env("MCS_GMAIL_CREDENTIALS", "auth0").env("MCS_GMAIL_AUTH0_REFRESH_TOKEN", &login);
    let error = run.fails(10);
    assert!(error["message"].as_str().unwrap().contains("Google no longer accepts it"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("auth login"), "{error}");
}
