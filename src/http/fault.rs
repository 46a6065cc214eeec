//! A request that got no response, or only a part of one: why, and whether the server may have seen the request.

use std::fmt;

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
    host: String,
    text: String,
    /// What is known better than by the kind, if no connection was opened.
    explained: Option<Problem>,
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
}

impl Fault {
    /// `sent`: whether any byte of the body was read.
    pub(super) fn new(error: ureq::Error, host: String, sent: bool) -> Fault {
        if let ureq::Error::Other(inner) = &error
            && let Some(failure) = inner.downcast_ref::<NoConnection>()
        {
            let (kind, problem) = explain(failure, &host);
            return Fault { kind, sent: false, host, text: problem.message(), explained: Some(problem) };
        }
        Fault { kind: classify(&error), sent, host, text: error.to_string(), explained: None }
    }

    pub(super) fn unsupported_url(url: &str) -> Fault {
        let text = "only https:// URLs are supported".to_owned();
        Fault {
            kind: FaultKind::Unreachable,
            sent: false,
            host: url::host(url).to_owned(),
            text,
            explained: None,
        }
    }

    /// The reason without the host.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn problem(self) -> Problem {
        let Fault { kind, host, text, explained, .. } = self;
        if let Some(problem) = explained {
            return problem;
        }
        match kind {
            FaultKind::ProxyRefused => network_refused(&host),
            FaultKind::Unreachable | FaultKind::Untrusted | FaultKind::Misconfigured => {
                Problem::temporary(format!("cannot reach {host}: {text}"))
                    .hint("Check the network and the proxy settings, then try again.")
            }
            FaultKind::TimedOut => Problem::temporary(format!("the request to {host} timed out"))
                .hint("Try again, or allow more time with --timeout."),
            FaultKind::Broken => Problem::temporary(format!("the connection to {host} failed: {text}"))
                .hint("Run the same command again."),
            FaultKind::TooLarge => {
                Problem::new(Code::Failed, format!("the response from {host} is too large"))
                    .hint("Request less data at once.")
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.text)
    }
}

/// The network policy of this environment blocks a host.
pub(super) fn network_refused(host: &str) -> Problem {
    Problem::new(Code::NetworkRefused, format!("the network policy here does not allow {host}"))
        .hint(format!(
            "Allow network egress to {host} (in Claude: Settings, Capabilities), then start a new session."
        ))
        .detail("host", host)
}

/// What an error after the connection was opened is.
fn classify(error: &ureq::Error) -> FaultKind {
    match error {
        ureq::Error::BadUri(_) => FaultKind::Unreachable,
        ureq::Error::Timeout(_) => FaultKind::TimedOut,
        ureq::Error::BodyExceedsLimit(_) => FaultKind::TooLarge,
        _ => FaultKind::Broken,
    }
}
