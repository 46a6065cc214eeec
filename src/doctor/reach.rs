//! Whether the broker and Gmail answer. What keeps both away is the fault of the proxy, the certificates or the clock.

use super::Stage;
use crate::{
    access::{BrokerClient, Standing},
    gmail::{HOST, standing},
    http::{Fault, FaultKind, Origin},
    problem::{Code, Problem},
};

/// The points of the two servers that every run needs, with the causes for a server that cannot be reached.
const BROKER: (&str, &str) = ("broker.reachable", "broker_unreachable");
const GMAIL: (&str, &str) = ("gmail.reachable", "gmail_unreachable");

pub(super) fn examine(stage: &mut Stage<'_>) {
    let mut faults = Vec::new();
    let mut reached = 0;
    stage.begin("looking for the broker");
    if stage.report.can_judge(BROKER.0)
        && let Some(broker) = &stage.facts.broker
    {
        match (BrokerClient { http: stage.http, broker }).health() {
            Ok((standing, date)) => {
                stage.clocks.saw("the broker", date);
                reached += 1;
                judge_broker(stage, &broker.url, standing);
            }
            Err(fault) => faults.push((BROKER, fault)),
        }
    }
    stage.begin("looking for Gmail");
    if stage.report.can_judge(GMAIL.0) {
        match standing::reach(stage.http) {
            Ok((standing, date)) => {
                stage.clocks.saw("Gmail", date);
                reached += 1;
                judge_gmail(stage, standing);
            }
            Err(fault) => faults.push((GMAIL, fault)),
        }
    }
    let is_everywhere = |origin: Origin| reached == 0 && faults.iter().all(|(_, f)| f.origin == origin);
    let (no_trust, wrong_time) = (is_everywhere(Origin::Trust), is_everywhere(Origin::Time));
    for ((name, cause), fault) in faults {
        match fault.origin {
            Origin::Proxy => blame_proxy(stage, name, &fault.problem()),
            Origin::Trust if no_trust => {
                // A variable that names no certificates is the reason then.
                if !stage.report.is_fault("network.ca") {
                    stage.report.fault_of("network.ca", "certificate_refused", &fault.problem());
                }
                stage.report.skip(name, "network.ca");
            }
            Origin::Time if wrong_time => {
                stage.report.fault_of("clock", "clock_wrong", &fault.problem());
                stage.report.skip(name, "clock");
            }
            _ => unreachable(stage, name, cause, fault),
        }
    }
}

/// A host that cannot be reached, for a reason of its own.
fn unreachable(stage: &mut Stage<'_>, name: &str, cause: &str, fault: Fault) {
    let cause = match fault.kind {
        FaultKind::ProxyRefused => "network_refused",
        FaultKind::Untrusted => "certificate_refused",
        _ => cause,
    };
    stage.report.fault_of(name, cause, &fault.problem());
}

fn blame_proxy(stage: &mut Stage<'_>, name: &str, problem: &Problem) {
    let status = problem.member("http_status").and_then(serde_json::Value::as_u64);
    let cause = if matches!(status, Some(401 | 407)) { "proxy_authentication" } else { "proxy_unreachable" };
    stage.report.fault_of("network.proxy", cause, problem);
    stage.report.skip(name, "network.proxy");
}

fn judge_broker(stage: &mut Stage<'_>, url: &str, standing: Standing) {
    match standing {
        Standing::Good => stage.report.ok(BROKER.0, url),
        Standing::NotABroker(problem) => {
            stage.report.ok(BROKER.0, url);
            stage.report.fault_of("broker.kind", "not_a_broker", &problem);
        }
        Standing::Intercepted(problem) => intercepted(stage, BROKER, "network_refused", &problem),
        Standing::Failing(problem) if problem.code() == Code::RateLimited => {
            stage.report.unknown_of(BROKER.0, &problem);
        }
        Standing::Failing(problem) | Standing::KeyRefused(problem) | Standing::NoProvider(problem) => {
            stage.report.fault_of(BROKER.0, "broker_failed", &problem);
        }
    }
}

fn judge_gmail(stage: &mut Stage<'_>, standing: standing::Standing) {
    use standing::Standing;
    match standing {
        Standing::Intercepted(problem) => intercepted(stage, GMAIL, "gmail_html_403", &problem),
        Standing::Failing(problem) => stage.report.unknown_of(GMAIL.0, &problem),
        _ => stage.report.ok(GMAIL.0, HOST),
    }
}

/// Something answered in the place of the server. `page` is the cause for a web page with status 403.
fn intercepted(stage: &mut Stage<'_>, (name, cause): (&str, &str), page: &str, problem: &Problem) {
    let status = problem.member("http_status").and_then(serde_json::Value::as_u64);
    match (problem.code(), status) {
        (_, Some(407)) => blame_proxy(stage, name, problem),
        (Code::NetworkRefused, Some(403)) => stage.report.fault_of(name, page, problem),
        (Code::NetworkRefused, _) => stage.report.fault_of(name, "network_refused", problem),
        _ => stage.report.fault_of(name, cause, problem),
    }
}
