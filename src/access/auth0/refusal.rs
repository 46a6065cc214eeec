//! What an error of Auth0 means for the person who set it up.
//!
//! Errors are classified by status and code; texts are only shown.

use std::time::Duration;

use serde_json::Value;

use super::{Tenant, Upstream, rate_limit_wait};
use crate::{
    problem::{Code, Problem},
    quote::quoted,
};

impl Tenant<'_> {
    /// Explains an error of the token endpoint. Most are caused by the set-up.
    pub(super) fn token_refused(&self, upstream: &Upstream, value: &Value, error: &str) -> Problem {
        let said = describe(value);
        let configuration = |message: &str, hint: &str| {
            let problem = Problem::configuration(message).said(&*said).hint(hint);
            if error.is_empty() { problem } else { problem.detail("auth0_error", quoted(error)) }
        };
        match (upstream.status, error) {
            (429, _) | (_, "too_many_requests") => rate_limited(upstream),
            (500.., _) => Problem::temporary(format!("Auth0 failed with HTTP {}", upstream.status))
                .hint("Try again in a minute."),
            (_, "invalid_client") | (401, "access_denied") => configuration(
                "Auth0 refused the application's client id or secret",
                "Check auth0_client_id and auth0_client_secret, and that they belong to this auth0_domain.",
            )
            .caused_by("invalid_client"),
            (_, "unauthorized_client") => configuration(
                "the Auth0 application is not allowed to use this grant",
                "In Auth0, Application, Advanced, Grant Types: switch on Authorization Code, Refresh Token and Token Vault; the application must be a Regular Web Application.",
            )
            .caused_by("unauthorized_client"),
            (_, "mfa_required") => configuration(
                "Auth0 requires a second factor, which Token Vault cannot provide",
                "In Auth0, Security, Multi-factor Auth: set the policy to Never for this tenant or application.",
            )
            .caused_by("mfa_required"),
            (_, "unmet_authentication_requirements") => configuration(
                "the My Account API requires a second factor",
                "Relax the step-up policy of the My Account API, or sign in again with mcs-gmail auth login.",
            )
            .caused_by("unmet_authentication_requirements"),
            (_, "access_denied" | "invalid_request") if said.contains("/me/") => configuration(
                "the application is not allowed to use the My Account API",
                "In Auth0: authorise the application on the My Account API and switch it on under Multi-Resource Refresh Token.",
            )
            .caused_by("my_account_not_authorised"),
            (_, "access_denied") => configuration(
                "a rule, Action or policy in Auth0 denied access",
                "Check the tenant's log (Monitoring, Logs).",
            ),
            (_, "invalid_request") => configuration(
                "Auth0 rejected the request as invalid",
                "Check that the google-oauth2 connection has Connected Accounts for Token Vault switched on.",
            ),
            _ if value.is_null() => self.unexpected(upstream),
            _ => configuration("Auth0 refused the request", "Check the tenant's log (Monitoring, Logs)."),
        }
    }

    pub(super) fn my_account_refused(&self, upstream: &Upstream, value: &Value) -> Problem {
        let said = describe(value);
        let configuration =
            |message: &str, hint: &str| Problem::configuration(message).said(&*said).hint(hint);
        let field = value.pointer("/validation_errors/0/field").and_then(Value::as_str).unwrap_or_default();
        match upstream.status {
            400 if field == "redirect_uri" => configuration(
                "the broker's callback URL is not allowed in Auth0",
                "In Auth0, Application, Allowed Callback URLs: add https://<broker>/v1/oauth/callback.",
            )
            .caused_by("my_account_redirect_uri"),
            400 | 404 => configuration(
                "Auth0 could not start connecting the Google account",
                "In Auth0, Connections, google-oauth2: switch on the purpose Connected Accounts for Token Vault, and enable the application on the Applications tab.",
            )
            .caused_by("my_account_connection"),
            401 => configuration(
                "Auth0 refused its own My Account token",
                "Activate the My Account API of the tenant, then run the same command again.",
            )
            .caused_by("my_account_not_authorised"),
            403 => configuration(
                "the application is not allowed to connect accounts",
                "In Auth0, My Account API, Application Access: grant the Connected Accounts scopes to the application.",
            )
            .caused_by("my_account_scopes"),
            429 => rate_limited(upstream),
            500.. => Problem::temporary(format!("Auth0 failed with HTTP {}", upstream.status))
                .hint("Try again in a minute."),
            _ => configuration(
                "Auth0's My Account API refused the request",
                "Check the tenant's log (Monitoring, Logs).",
            ),
        }
    }

    pub(super) fn unexpected(&self, upstream: &Upstream) -> Problem {
        let domain = &self.application.domain;
        Problem::configuration(format!("{domain} is not an Auth0 tenant (HTTP {})", upstream.status))
            .hint("Check auth0_domain.")
            .detail("http_status", upstream.status)
    }
}

fn rate_limited(upstream: &Upstream) -> Problem {
    let wait = rate_limit_wait(upstream).unwrap_or(Duration::from_secs(30));
    Problem::new(Code::RateLimited, "rate limited by Auth0")
        .retry_after(wait)
        .hint("Wait, then run the same command again.")
}

/// The message in an error body, in any of Auth0's formats; never the body itself.
pub(super) fn describe(value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let validation = value.pointer("/validation_errors/0/detail").and_then(Value::as_str);
    let said =
        text("error_description").or(text("message")).or(validation).or(text("detail")).or(text("title"));
    match (said, text("error")) {
        (Some(said), Some(error)) => format!("{error}: {said}"),
        (Some(said), None) => said.to_owned(),
        (None, Some(error)) => error.to_owned(),
        (None, None) => String::new(),
    }
}
