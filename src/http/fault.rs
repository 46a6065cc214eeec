//! A request that got no response, or only a part of one: why, and whether the server may have seen the request.

use super::{connect::NoConnection, obstacle::explain};
use crate::{
    problem::{Code, Problem},
    url,
};

#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// False when the request certainly did not reach the server.
    pub(crate) sent: bool,
    pub(crate) origin: Origin,
    problem: Problem,
}

/// What has to be changed, so that a fault of the proxy is not taken for one of every host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Host,
    Proxy,
    /// The issuer of the certificate is not among the trusted ones.
    Trust,
    /// The certificate is not valid at this time.
    Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The proxy refused the host (403).
    ProxyRefused,
    /// A proxy that refuses its credentials, or that is none of the configured kind: no retry helps.
    Misconfigured,
    /// No connection: the name was not resolved, there was no route, or the connection was refused.
    Unreachable,
    /// The certificate is not trusted.
    Untrusted,
    TimedOut,
    /// The connection was closed or the response was not HTTP.
    Broken,
    TooLarge,
    /// What had to be done before the body was sent failed.
    Stopped,
}

impl Fault {
    /// `sent`: whether any byte of the body was read.
    pub(super) fn new(error: &ureq::Error, host: &str, sent: bool) -> Fault {
        if let ureq::Error::Other(inner) = error
            && let Some(failure) = inner.downcast_ref::<NoConnection>()
        {
            let (kind, problem) = explain(failure, host);
            return Fault { kind, sent: false, origin: failure.origin(), problem };
        }
        let (kind, problem) = explain_later(error, host);
        Fault { kind, sent, origin: Origin::Host, problem }
    }

    /// The request was stopped before its body: its head alone does nothing.
    pub(super) fn stopped(problem: Problem) -> Fault {
        Fault { kind: FaultKind::Stopped, sent: false, origin: Origin::Host, problem }
    }

    pub(super) fn unsupported_url(url: &str) -> Fault {
        let problem = Problem::configuration(format!(
            "cannot reach {}: only https:// URLs are supported",
            url::host(url)
        ));
        let problem = problem.hint("Set an https:// URL.");
        Fault { kind: FaultKind::Misconfigured, sent: false, origin: Origin::Host, problem }
    }

    /// Says whose server it is if it cannot be reached, and what to check.
    pub(crate) fn of(self, whose: &str, check: &str) -> Fault {
        if self.kind != FaultKind::Unreachable || self.origin != Origin::Host {
            return self;
        }
        Fault { problem: self.problem.introduced(whose).hint_also(check), ..self }
    }

    pub(super) fn text(&self) -> String {
        self.problem.message()
    }

    pub(crate) fn problem(self) -> Problem {
        self.problem
    }
}

/// What an error is after the connection was opened.
fn explain_later(error: &ureq::Error, host: &str) -> (FaultKind, Problem) {
    let reason = match error {
        ureq::Error::Timeout(_) => {
            let problem = Problem::temporary(format!("the request to {host} timed out"))
                .hint("Try again, or allow more time with --timeout.");
            return (FaultKind::TimedOut, problem);
        }
        ureq::Error::BodyExceedsLimit(_) => {
            let message = format!("the response from {host} is too large");
            return (
                FaultKind::TooLarge,
                Problem::new(Code::Failed, message).hint("Request less data at once."),
            );
        }
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Protocol(_) => "the response is not valid HTTP".to_owned(),
        other => other.to_string(),
    };
    let message = format!("the connection to {host} failed: {reason}");
    (FaultKind::Broken, Problem::temporary(message).hint("Run the same command again."))
}

/// The network policy of this environment blocks a host.
pub(super) fn network_refused(host: &str) -> Problem {
    Problem::new(Code::NetworkRefused, format!("the network policy here does not allow {host}"))
        .hint(format!(
            "Allow network egress to {host} (in Claude: Settings, Capabilities; in Claude Code: sandbox.network.allowedDomains \
             in ~/.claude/settings.json), then start a new session."
        ))
        .detail("host", host)
}
