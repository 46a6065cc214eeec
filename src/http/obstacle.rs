//! Why a connection was not opened, in one sentence that names the party whose failure it is, with its hint.

use super::{
    certificate::{self, defect},
    connect::{Answer, NoConnection, Party, Refusal, Way, Why},
    fault::{FaultKind, Origin, network_refused},
    proxy::{Protocol, Proxy},
};
use crate::{problem::Problem, url::is_loopback};

/// The first byte of a TLS alert.
const TLS_ALERT: u8 = 0x15;

/// What it is for code that reacts, and what it is for people.
pub(super) fn explain(failure: &NoConnection, host: &str) -> (FaultKind, Problem) {
    let NoConnection { party, why, way, short_of_time } = failure;
    let (kind, problem) = match (party, way) {
        (Party::Proxy, Way::Through(proxy)) => {
            let (kind, problem) = at_proxy(why, proxy, host);
            (kind, problem.detail("proxy", proxy.address()))
        }
        (_, way) => at_host(why, host, way),
    };
    if matches!(why, Why::TimedOut | Why::LookupTimedOut) && *short_of_time {
        let more_time = "If the network is slow, allow more time with --timeout.";
        return (FaultKind::TimedOut, problem.hint_also(more_time));
    }
    (kind, problem)
}

impl NoConnection {
    /// Whether it is about this host, or about all of them.
    pub(super) fn origin(&self) -> Origin {
        match (self.party, &self.why) {
            (Party::Proxy, Why::Answered(answer)) if !matches!(answer.status, 300..=401 | 407 | 511) => {
                Origin::Host
            }
            (Party::Proxy, Why::Socks(Refusal::NotAllowed | Refusal::NoRoute(_))) => Origin::Host,
            (Party::Proxy, _) => Origin::Proxy,
            (Party::Host, Why::Tls(error)) => certificate::origin(error),
            (Party::Host, _) => Origin::Host,
        }
    }
}

const CHECK_THE_NETWORK: &str = "Check the address, the network and its DNS, then try again";

const SIGN_IN_TO_THE_NETWORK: &str =
    "Sign in to this network in a browser if it has a login page, then try again.";

fn unreachable(message: String, hint: impl Into<String>) -> (FaultKind, Problem) {
    (FaultKind::Unreachable, Problem::temporary(message).hint(hint.into()))
}

fn misconfigured(message: String, hint: impl Into<String>) -> (FaultKind, Problem) {
    (FaultKind::Misconfigured, Problem::configuration(message).hint(hint.into()))
}

fn at_host(why: &Why, host: &str, way: &Way) -> (FaultKind, Problem) {
    let (through, hint) = match way {
        Way::Through(proxy) => (format!(" through the proxy {proxy}"), format!("{CHECK_THE_NETWORK}.")),
        // localhost never uses a proxy.
        Way::Around(proxy) if !is_loopback(host) => {
            let source = &proxy.source;
            let hint = format!("Remove {host} from NO_PROXY if only the proxy in {source} reaches it.");
            (String::new(), hint)
        }
        Way::Around(_) => (String::new(), format!("{CHECK_THE_NETWORK}.")),
        Way::Direct => (
            String::new(),
            format!("{CHECK_THE_NETWORK}; where only a proxy reaches the Internet, set HTTPS_PROXY."),
        ),
    };
    match why {
        Why::Lookup(error) => unreachable(format!("cannot resolve {host}: {}", reason(error)), hint),
        Why::LookupTimedOut => {
            unreachable(format!("cannot resolve {host}: no answer from DNS in time"), hint)
        }
        Why::Unreachable(error) => unreachable(format!("cannot reach {host}: {error}"), hint),
        Why::TimedOut => unreachable(format!("cannot reach {host}{through}: no answer in time"), hint),
        Why::Closed => {
            unreachable(format!("{host} closed the connection{through} before the request was sent"), hint)
        }
        Why::Tls(error) => match defect(error, host) {
            Some((what, hint)) => {
                let problem = Problem::configuration(format!("the certificate of {host} {what}")).hint(hint);
                (FaultKind::Untrusted, problem)
            }
            None => unreachable(
                format!("TLS with {host}{through} failed: {}", tls_reason(error)),
                "Check the address and the proxy settings; the login page of a network may be answering instead.",
            ),
        },
        Why::Io(text) => unreachable(format!("cannot reach {host}{through}: {text}"), hint),
        Why::Answered(_) | Why::NotHttp(_) | Why::Socks(_) => {
            unreachable(format!("cannot reach {host}{through}"), hint)
        }
    }
}

fn at_proxy(why: &Why, proxy: &Proxy, host: &str) -> (FaultKind, Problem) {
    let source = &proxy.source;
    let check = format!("Check {source} and that the proxy is running, then try again.");
    match why {
        Why::Lookup(error) => unreachable(
            format!("cannot resolve the proxy {proxy}: {}", reason(error)),
            format!("Check {source}, the network and its DNS, then try again."),
        ),
        Why::LookupTimedOut => {
            unreachable(format!("cannot resolve the proxy {proxy}: no answer from DNS in time"), check)
        }
        Why::Unreachable(error) => unreachable(format!("cannot reach the proxy {proxy}: {error}"), check),
        Why::TimedOut => unreachable(format!("the proxy {proxy} did not answer in time"), check),
        Why::Closed => unreachable(
            format!("the proxy {proxy} closed the connection without an answer"),
            format!(
                "Try again; if it keeps failing, check {source}: the proxy may require https:// or socks5h://."
            ),
        ),
        Why::Tls(error) => match defect(error, &proxy.host) {
            Some((what, hint)) => {
                let message = format!("the certificate of the proxy {proxy} {what}");
                (FaultKind::Untrusted, Problem::configuration(message).hint(hint))
            }
            None => misconfigured(
                format!("TLS with the proxy {proxy} failed: {}", tls_reason(error)),
                format!("Check {source}: write http:// if the proxy does not use TLS."),
            ),
        },
        Why::Answered(answer) => answered(answer, proxy, host),
        Why::NotHttp(first) => not_http(*first, proxy),
        Why::Socks(refusal) => refused(refusal, proxy, host),
        Why::Io(text) => unreachable(format!("cannot use the proxy {proxy}: {text}"), check),
    }
}

/// CONNECT was answered with another status than a success.
fn answered(answer: &Answer, proxy: &Proxy, host: &str) -> (FaultKind, Problem) {
    let source = &proxy.source;
    let status = status_text(answer.status);
    let (kind, problem) = match answer.status {
        403 => (FaultKind::ProxyRefused, network_refused(host)),
        401 | 407 => login_refused(&answer.schemes, proxy),
        300..=399 => unreachable(
            format!("the proxy {proxy} redirects the connection to {host} ({status})"),
            SIGN_IN_TO_THE_NETWORK,
        ),
        511 => unreachable(
            format!(
                "the proxy {proxy} requires a sign-in to the network before it connects to {host} ({status})"
            ),
            SIGN_IN_TO_THE_NETWORK,
        ),
        408 | 425 | 429 | 500 | 502..=504 | 506.. => unreachable(
            format!("the proxy {proxy} cannot connect to {host}: {status}"),
            format!(
                "Try again; if it keeps failing, check the address {host} and tell the operator of the proxy."
            ),
        ),
        _ => misconfigured(
            format!("the proxy {proxy} does not connect to {host}: {status}"),
            format!("Check {source}: the server at this address may not be a proxy for HTTPS."),
        ),
    };
    (kind, problem.detail("http_status", answer.status))
}

/// 407, or 401 as some proxies answer. Only the scheme Basic is supported.
fn login_refused(schemes: &[String], proxy: &Proxy) -> (FaultKind, Problem) {
    let source = &proxy.source;
    let basic = schemes.is_empty() || schemes.iter().any(|s| s.eq_ignore_ascii_case("basic"));
    let offered =
        if schemes.is_empty() { String::new() } else { format!(" (offered: {})", schemes.join(", ")) };
    let (kind, problem) = match (basic, &proxy.login) {
        (false, _) => misconfigured(
            format!(
                "the proxy {proxy} requires a sign-in with {}, and only Basic is supported",
                schemes.join(" or ")
            ),
            format!("Run a local proxy that signs in there, such as px or cntlm, and name it in {source}."),
        ),
        (true, Some(_)) => misconfigured(
            format!("the proxy {proxy} refused the user and password{offered}"),
            format!(
                "Check user and password in {source}; write special characters percent-encoded (@ as %40)."
            ),
        ),
        (true, None) => misconfigured(
            format!("the proxy {proxy} requires a user and password{offered}"),
            format!("Add them to {source}: http://user:password@{}.", proxy.address()),
        ),
    };
    (kind, problem.detail("schemes", schemes))
}

fn not_http(first: u8, proxy: &Proxy) -> (FaultKind, Problem) {
    let source = &proxy.source;
    if first == TLS_ALERT {
        return misconfigured(
            format!("the proxy {proxy} requires TLS"),
            format!("Write https:// in {source}."),
        );
    }
    misconfigured(
        format!("the proxy {proxy} did not answer in HTTP"),
        format!(
            "Check {source}: the server at this address is not an HTTP proxy; for a SOCKS proxy, write socks5h://."
        ),
    )
}

fn refused(refusal: &Refusal, proxy: &Proxy, host: &str) -> (FaultKind, Problem) {
    let source = &proxy.source;
    match refusal {
        Refusal::NotAllowed => (FaultKind::ProxyRefused, network_refused(host)),
        Refusal::NoRoute(why) => unreachable(
            format!("the proxy {proxy} cannot connect to {host}: {why}"),
            format!(
                "Try again; if it keeps failing, check the address {host} and tell the operator of the proxy."
            ),
        ),
        Refusal::LoginRequired if proxy.login.is_none() && proxy.protocol == Protocol::Socks5 => {
            misconfigured(
                format!("the proxy {proxy} requires a sign-in"),
                format!("Add user and password to {source}: socks5h://user:password@{}.", proxy.address()),
            )
        }
        Refusal::LoginRequired => misconfigured(
            format!("the proxy {proxy} requires a sign-in of a kind that is not supported"),
            format!(
                "Use another proxy in {source}, or one that accepts a user and password over socks5h://."
            ),
        ),
        Refusal::LoginRefused => misconfigured(
            format!("the proxy {proxy} refused the user and password"),
            format!(
                "Check user and password in {source}; write special characters percent-encoded (@ as %40)."
            ),
        ),
        Refusal::Unsupported(what) => misconfigured(
            format!("the proxy {proxy} does not support {what}"),
            format!("Use another proxy in {source}, such as socks5h:// or http://."),
        ),
        Refusal::NotSocks(b'H') => misconfigured(
            format!("the proxy {proxy} answered in HTTP"),
            format!("Write http:// in {source}."),
        ),
        Refusal::NotSocks(_) => misconfigured(
            format!("the proxy {proxy} did not respond in the protocol given in its URL"),
            format!("Check {source}: the kinds are http://, https://, socks4a:// and socks5h://."),
        ),
    }
}

/// A failed look-up, without the words of the standard library.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}

/// A handshake that failed for another reason than the certificate.
fn tls_reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => "the answer is not TLS".to_owned(),
        rustls::Error::AlertReceived(alert) => format!("it was refused ({alert:?})"),
        rustls::Error::PeerIncompatible(_) => "no TLS version or cipher suite in common".to_owned(),
        other => other.to_string(),
    }
}

/// Such as `503 Service Unavailable`.
pub(super) fn status_text(status: u16) -> String {
    let known = ureq::http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason());
    known.map_or_else(|| format!("HTTP {status}"), |name| format!("{status} {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_time_names_the_way_that_was_taken_too() {
        let proxy = Proxy {
            protocol: Protocol::Http,
            host: "proxy.example".to_owned(),
            port: 3128,
            login: None,
            source: "HTTPS_PROXY".to_owned(),
        };
        let rows = [
            (Party::Proxy, Way::Through(proxy.clone()), "Check HTTPS_PROXY"),
            (Party::Host, Way::Through(proxy.clone()), "Check the address"),
            (Party::Host, Way::Around(proxy), "NO_PROXY"),
            (Party::Host, Way::Direct, "set HTTPS_PROXY"),
        ];
        for (party, way, check) in rows {
            for why in [Why::TimedOut, Why::LookupTimedOut] {
                let failure = NoConnection { party, why, way: way.clone(), short_of_time: true };
                let (kind, problem) = explain(&failure, "gmail.googleapis.com");
                let hint = problem.phrases().1.unwrap().to_string();
                assert_eq!(kind, FaultKind::TimedOut);
                assert!(hint.contains(check) && hint.ends_with("allow more time with --timeout."), "{hint}");
            }
        }
    }
}
