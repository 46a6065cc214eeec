//! A request that got no response, or only a part of one: why, and whether the server may have seen the request.

use std::fmt;

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The proxy refused the host (403).
    ProxyRefused,
    /// The proxy refused its credentials (407).
    ProxyLogin,
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
        let (kind, unsent) = classify(&error, sent);
        Fault { kind, sent: sent && !unsent, host, text: error.to_string() }
    }

    pub(super) fn unsupported_url(url: &str) -> Fault {
        let text = "only https:// URLs are supported".to_owned();
        Fault { kind: FaultKind::Unreachable, sent: false, host: url::host(url).to_owned(), text }
    }

    /// The reason without the host.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn problem(self) -> Problem {
        let Fault { kind, host, text, .. } = self;
        match kind {
            FaultKind::ProxyRefused => network_refused(&host),
            FaultKind::ProxyLogin => {
                Problem::configuration(format!("cannot reach {host}: the proxy refused its credentials"))
                    .hint("Check the user and password in HTTPS_PROXY or in the key proxy.")
            }
            FaultKind::Unreachable => Problem::temporary(format!("cannot reach {host}: {text}"))
                .hint("Check the network and the proxy settings, then try again."),
            FaultKind::Untrusted => {
                Problem::configuration(format!("the certificate of {host} is not trusted: {text}"))
                    .hint("If a proxy intercepts TLS here, name its CA certificate in SSL_CERT_FILE.")
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
pub(crate) fn network_refused(host: &str) -> Problem {
    Problem::new(Code::NetworkRefused, format!("the network policy here does not allow {host}"))
        .hint(format!(
            "Allow network egress to {host} (in Claude: Settings, Capabilities), then start a new session."
        ))
        .detail("host", host)
}

/// What an error is, and whether it shows that the request was not sent.
fn classify(error: &ureq::Error, sent: bool) -> (FaultKind, bool) {
    use ureq::{Error, Timeout};
    match error {
        Error::ConnectProxyFailed(why) if status_in(why) == Some(403) => (FaultKind::ProxyRefused, true),
        Error::ConnectProxyFailed(why) if status_in(why) == Some(407) => (FaultKind::ProxyLogin, true),
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => (FaultKind::Unreachable, true),
        Error::HostNotFound | Error::ConnectionFailed | Error::BadUri(_) => (FaultKind::Unreachable, true),
        Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => (FaultKind::Unreachable, true),
        _ if is_untrusted(error) => (FaultKind::Untrusted, true),
        // A name that cannot be resolved is an I/O error without a specific kind.
        Error::Io(_) if !sent => (FaultKind::Unreachable, true),
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => (FaultKind::Unreachable, true),
        Error::Timeout(_) => (FaultKind::TimedOut, false),
        Error::BodyExceedsLimit(_) => (FaultKind::TooLarge, false),
        _ => (FaultKind::Broken, false),
    }
}

/// Whether the server's certificate was refused, which ureq may report as an I/O error.
fn is_untrusted(error: &ureq::Error) -> bool {
    let tls = match error {
        ureq::Error::Rustls(tls) => Some(tls),
        ureq::Error::Io(e) => e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        _ => None,
    };
    matches!(tls, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::General(_)))
}

/// The status of a proxy's refusal, which ureq has only in its text.
fn status_in(text: &str) -> Option<u16> {
    text.split(|c: char| !c.is_ascii_digit()).find(|n| n.len() == 3)?.parse().ok()
}
