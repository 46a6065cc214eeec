//! What several layers need of URLs: percent-encoding, the host, and whether it is this machine.

use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes one segment of a path, so that an id can never reach another endpoint. The dots of `.` and `..` are
/// encoded, too, since such segments would be resolved.
pub(crate) fn segment(text: &str) -> String {
    match text {
        "." | ".." => text.replace('.', "%2E"),
        _ => utf8_percent_encode(text, RESERVED).to_string(),
    }
}

/// A path with its query. A name may occur several times.
pub(crate) fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let pairs = query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED)));
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// The host of an absolute URL, with its port if it has one; for messages.
pub(crate) fn host(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or(url)
}

/// Whether a host is this machine: `localhost` or an address of the loopback range, in brackets or not.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a URL is https, or http to this machine; nothing else is requested or shown.
pub(crate) fn is_https_or_loopback(url: &::url::Url) -> bool {
    match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        assert_eq!(segment("../labels"), "..%2Flabels");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("r-1_2~3?x"), "r-1_2~3%3Fx");
    }

    #[test]
    fn loopback_is_the_whole_range() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "[::1]", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.evil.example", "128.0.0.1", "[::2]", "", "0.0.0.0"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
