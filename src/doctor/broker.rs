//! The broker: its kind, API key, OAuth client and proxy.

use super::Stage;
use crate::{
    access::{BrokerClient, Relay, Standing, Tenant, tenant_in},
    http::Fault,
    problem::{Code, Problem},
};

/// What came through the broker's proxy from the tenant: whether it is one, and its date.
pub(super) type TenantAnswer = Option<(bool, Option<f64>)>;

pub(super) fn examine(stage: &mut Stage<'_>) -> TenantAnswer {
    let facts = stage.facts;
    let broker = facts.broker.as_ref()?;
    let client = BrokerClient { http: stage.http, broker };
    if stage.report.can_judge("broker.kind") {
        judge_kind_and_key(stage, &client);
    }
    if stage.report.can_judge("broker.provider") {
        judge_provider(stage, &client);
    }
    let application = facts.application.as_ref()?;
    if !stage.report.can_judge("broker.proxy") {
        return None;
    }
    let tenant = Tenant { application, http: stage.http, through: None };
    judge_proxy(stage, &client, &tenant.discovery_url())
}

fn judge_kind_and_key(stage: &mut Stage<'_>, client: &BrokerClient<'_>) {
    let standing = match client.key() {
        Ok(standing) => standing,
        Err(fault) => return stage.report.unknown_of("broker.kind", &fault.problem()),
    };
    let report = &mut *stage.report;
    match standing {
        Standing::NotABroker(problem) => return report.fault_of("broker.kind", "not_a_broker", &problem),
        Standing::Failing(problem) if problem.code() == Code::Temporary => {
            return report.fault_of("broker.kind", "broker_failed", &problem);
        }
        Standing::Failing(problem) | Standing::Intercepted(problem) | Standing::NoProvider(problem) => {
            return report.unknown_of("broker.kind", &problem);
        }
        Standing::Good | Standing::KeyRefused(_) => report.ok("broker.kind", "LinkAuth"),
    }
    if !report.can_judge("broker.api_key") {
        return;
    }
    match standing {
        Standing::KeyRefused(problem) => report.fault_of("broker.api_key", "api_key_refused", &problem),
        _ if client.broker.api_key.is_some() => report.ok("broker.api_key", "accepted"),
        _ => report.ok("broker.api_key", "not required"),
    }
}

fn judge_provider(stage: &mut Stage<'_>, client: &BrokerClient<'_>) {
    let name = if stage.facts.credentials == "linkauth" { "google" } else { "auth0" };
    match client.provider(name) {
        Ok(Standing::Good) => stage.report.ok("broker.provider", name),
        Ok(Standing::NoProvider(problem)) => {
            let said = problem.quote().unwrap_or_default();
            let detail = format!("the broker has no OAuth client \"{name}\" ({said})");
            stage.report.fault("broker.provider", "oauth_provider_error", detail);
        }
        Ok(
            Standing::KeyRefused(problem)
            | Standing::NotABroker(problem)
            | Standing::Intercepted(problem)
            | Standing::Failing(problem),
        ) => stage.report.unknown_of("broker.provider", &problem),
        Err(fault) => stage.report.unknown_of("broker.provider", &fault.problem()),
    }
}

fn judge_proxy(stage: &mut Stage<'_>, client: &BrokerClient<'_>, url: &str) -> TenantAnswer {
    let relay = client.try_relay(url).map_err(Fault::problem);
    let report = &mut *stage.report;
    let domain = stage.facts.application.as_ref().map_or("", |a| &a.domain);
    let mut pass = |fault: Option<(&str, &str, Problem)>| {
        report.ok("broker.proxy", "switched on");
        match &fault {
            Some((name, cause, problem)) if *name == "broker.proxy_domain" => {
                report.fault_of(name, cause, problem);
            }
            _ => report.ok("broker.proxy_domain", format!("{domain} is allowed")),
        }
        if let Some(("auth0.tenant", cause, problem)) = &fault {
            report.fault_of("auth0.tenant", cause, problem);
        }
    };
    match relay {
        Ok(Relay::Reached(upstream)) => {
            pass(None);
            return Some(tenant_in(&upstream));
        }
        Ok(Relay::DomainNotAllowed(problem)) => {
            pass(Some(("broker.proxy_domain", "domain_not_allowed", problem)));
        }
        Ok(Relay::Blocked(problem)) => pass(Some(("broker.proxy_domain", "ssrf_blocked", problem))),
        Ok(Relay::Unreached(problem)) => pass(Some(("auth0.tenant", "broker_failed", problem))),
        Ok(Relay::Disabled(problem)) => report.fault_of("broker.proxy", "proxy_disabled", &problem),
        Ok(Relay::Other(problem)) if problem.code() == Code::Temporary => {
            report.fault_of("broker.proxy", "broker_failed", &problem);
        }
        Ok(Relay::Other(problem)) | Err(problem) => report.unknown_of("broker.proxy", &problem),
    }
    None
}
