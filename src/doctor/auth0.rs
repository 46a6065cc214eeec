//! The tenant: its application, grants, callback, API and connection, judged with tokens and codes that do not exist.

use super::{Stage, broker::TenantAnswer};
use crate::{
    access::{Application, BrokerClient, Login, Tenant, Verdict},
    problem::{Code, Problem, Result},
};

const AT_APPLICATION: &str = "In Auth0, open the application, Settings, Advanced Settings, Grant Types.";

pub(super) fn examine(stage: &mut Stage<'_>, through_broker: TenantAnswer) {
    let Some(application) = &stage.facts.application else { return };
    let tenant = tenant(stage, application);
    if stage.report.can_judge("auth0.tenant") {
        judge_tenant(stage, &tenant, through_broker);
    }
    if stage.report.can_judge("auth0.client") {
        judge_client(stage, &tenant);
    }
    let callback = stage.facts.broker.as_ref().map(|broker| format!("{}/v1/oauth/callback", broker.url));
    if stage.report.can_judge("auth0.refresh_token_grant") {
        let verdict = tenant.try_refresh();
        judge_grant(stage, "auth0.refresh_token_grant", verdict);
    }
    let Some(callback) = callback else { return };
    if stage.report.can_judge("auth0.authorization_code_grant") {
        let verdict = tenant.try_code(&callback);
        judge_grant(stage, "auth0.authorization_code_grant", verdict);
    }
    if stage.report.can_judge("auth0.callback_url") {
        judge_login(stage, &tenant, &callback);
    }
}

/// The tenant, reached as every run reaches it.
pub(super) fn tenant<'s>(stage: &Stage<'s>, application: &'s Application) -> Tenant<'s> {
    let http = stage.http;
    let broker = stage.facts.broker.as_ref().filter(|_| stage.facts.through_broker);
    Tenant { application, http, through: broker.map(|broker| BrokerClient { http, broker }) }
}

fn judge_tenant(stage: &mut Stage<'_>, tenant: &Tenant<'_>, through_broker: TenantAnswer) {
    let domain = &tenant.application.domain;
    let (is_tenant, date) = match through_broker.map_or_else(|| tenant.discovery(), Ok) {
        Ok(answer) => answer,
        Err(problem) => return unreachable(stage, &problem),
    };
    stage.clocks.saw("Auth0", date);
    if is_tenant {
        stage.report.ok("auth0.tenant", domain);
    } else {
        stage.report.fault("auth0.tenant", "ssrf_blocked", format!("{domain} is not an Auth0 tenant"));
    }
}

/// Auth0 is reached directly, and is not reached.
fn unreachable(stage: &mut Stage<'_>, problem: &Problem) {
    let cause = match problem.code() {
        Code::NetworkRefused => "network_refused",
        Code::Configuration => "certificate_refused",
        _ => "ssrf_blocked",
    };
    stage.report.fault_of("auth0.tenant", cause, problem);
}

fn judge_client(stage: &mut Stage<'_>, tenant: &Tenant<'_>) {
    let id = &tenant.application.id;
    let exchange = tenant.try_exchange(None, None);
    // An exchange can be refused before the client is looked at; a refresh tells about the client, too.
    let refresh = matches!(exchange, Ok(Verdict::Unclear(_))).then(|| tenant.try_refresh());
    let report = &mut *stage.report;
    match refresh.as_ref().unwrap_or(&exchange) {
        Ok(Verdict::WrongClient) => {
            let detail = format!("Auth0 refuses the client id {id}, or its secret");
            report.fault("auth0.client", "invalid_client", detail);
        }
        Ok(Verdict::Unclear(problem)) | Err(problem) => report.unknown_of("auth0.client", problem),
        Ok(_) => {
            report.ok("auth0.client", id);
            judge_grant(stage, "auth0.token_vault_grant", exchange);
        }
    }
}

/// What an answer about no token or no code says about the grant.
fn judge_grant(stage: &mut Stage<'_>, name: &str, verdict: Result<Verdict>) {
    let report = &mut *stage.report;
    match verdict {
        Ok(Verdict::GrantMissing) => {
            report.fault(name, "unauthorized_client", "Auth0 says that the grant is not allowed");
        }
        Ok(Verdict::SecondFactor) => {
            report.ok(name, "allowed");
            report.fault("auth0.mfa", "mfa_required", "Auth0 asks for a second factor");
        }
        Ok(Verdict::Granted(_) | Verdict::TokenRefused | Verdict::NotConnected) => report.ok(name, "allowed"),
        Ok(Verdict::WrongClient) => report.unknown(name, "Auth0 refused the client", AT_APPLICATION),
        Ok(Verdict::Unclear(problem)) | Err(problem) => report.unknown_of(name, &problem),
    }
}

fn judge_login(stage: &mut Stage<'_>, tenant: &Tenant<'_>, callback: &str) {
    let audience = &tenant.application.audience;
    let login = tenant.try_login(callback);
    let report = &mut *stage.report;
    let allowed =
        |report: &mut super::Report| report.ok("auth0.callback_url", format!("{callback} is allowed"));
    match login {
        Ok(Login::Continues) => {
            allowed(report);
            report.ok("auth0.audience", audience);
            report.ok("auth0.google_connection", "can be used to sign in");
        }
        Ok(Login::CallbackRefused) => {
            let detail = format!("Auth0 does not allow {callback}");
            let fix = format!("In Auth0, add {callback} to the Allowed Callback URLs of the application.");
            report.fault_with("auth0.callback_url", "callback_url_mismatch", detail, &fix);
        }
        Ok(Login::UnknownAudience) => {
            allowed(report);
            report.fault("auth0.audience", "service_not_found", format!("Auth0 has no API \"{audience}\""));
        }
        Ok(Login::ConnectionRefused) => {
            allowed(report);
            report.ok("auth0.audience", audience);
            let detail = "Auth0 does not offer google-oauth2 to the application";
            report.fault("auth0.google_connection", "connection_not_enabled", detail);
        }
        Ok(Login::Unclear(said)) => report.unknown(
            "auth0.callback_url",
            format!("Auth0 does not begin a sign-in ({said})"),
            "In Auth0, look at Monitoring, Logs.",
        ),
        Err(problem) => report.unknown_of("auth0.callback_url", &problem),
    }
}
