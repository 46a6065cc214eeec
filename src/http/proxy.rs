//! The proxy setting, and NO_PROXY by curl's rules.

use std::{fmt, net::IpAddr};

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    problem::{Problem, Result},
    secret::Secret,
};

pub(crate) enum ProxySetting {
    Direct,
    Through(Proxy),
}

/// A proxy, and where its setting came from.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(super) protocol: Protocol,
    /// A name or an address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<Login>,
    /// The variable or key, for messages.
    pub(super) source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Https,
    Socks4,
    Socks4a,
    Socks5,
}

/// Decoded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Login {
    pub(super) user: Secret,
    pub(super) password: Secret,
}

impl ProxySetting {
    /// `source` is the variable or key that errors name. The URL may contain a password and is never shown.
    pub(crate) fn url(text: &str, source: &str) -> Result<ProxySetting> {
        parse(text.trim(), source).map(ProxySetting::Through).ok_or_else(|| {
            Problem::configuration(format!("{source} is not a proxy URL")).hint(
                "Use http://host:port or socks5h://host:port, or set proxy = \"direct\". Write special characters of user and password percent-encoded (@ as %40).",
            )
        })
    }
}

fn parse(text: &str, source: &str) -> Option<Proxy> {
    let address = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&address).ok()?;
    let (protocol, port) = match url.scheme() {
        "http" => (Protocol::Http, 80),
        "https" => (Protocol::Https, 443),
        "socks4" => (Protocol::Socks4, 1080),
        "socks4a" => (Protocol::Socks4a, 1080),
        // Names do not resolve inside a sandbox, so socks5 is treated as socks5h: the proxy resolves them.
        "socks5" | "socks5h" => (Protocol::Socks5, 1080),
        _ => return None,
    };
    // An @ after the host is a password with a slash or a question mark that was not encoded; the host would be a
    // part of it.
    let after_host = [Some(url.path()), url.query(), url.fragment()];
    if after_host.iter().flatten().any(|part| part.contains('@')) {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(Secret::new);
    let login = match (url.username(), url.password()) {
        ("", None) => None,
        (user, password) => {
            Some(Login { user: decoded(user)?, password: decoded(password.unwrap_or_default())? })
        }
    };
    // SOCKS counts the bytes of each in one byte.
    let fits = |login: &Login| match protocol {
        Protocol::Http | Protocol::Https => true,
        _ => login.user.expose().len() < 256 && login.password.expose().len() < 256,
    };
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    let proxy = Proxy { protocol, host, port: url.port().unwrap_or(port), login, source: source.to_owned() };
    (!proxy.host.is_empty() && proxy.login.as_ref().is_none_or(fits)).then_some(proxy)
}

impl Proxy {
    /// Host and port.
    pub(super) fn address(&self) -> String {
        let Proxy { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// The name of an HTTPS proxy in its certificate, as a URL.
    pub(super) fn uri(&self) -> Option<ureq::http::Uri> {
        format!("https://{}/", self.address()).parse().ok()
    }
}

/// As messages name it: never with user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} set in {}", self.address(), self.source)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Whether NO_PROXY excludes a host, by curl's rules.
pub(super) fn bypasses(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let ip: Option<IpAddr> = host.parse().ok();
    list.split([',', ' ', '\t']).filter(|e| !e.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let (Some(ip), Some((network, bits))) = (ip, entry.split_once('/')) {
            return in_network(ip, network, bits);
        }
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, p)) if !name.contains(':') && p.parse::<u16>().is_ok() => {
                (name, p.parse::<u16>().ok())
            }
            _ => (entry, None),
        };
        let name = name.to_ascii_lowercase();
        let name = name.trim_start_matches('*').trim_start_matches('.').trim_matches(['[', ']']);
        let name = name.trim_end_matches('.');
        let same =
            host == name || (ip.is_none() && host.strip_suffix(name).is_some_and(|h| h.ends_with('.')));
        same && wanted.is_none_or(|p| p == port)
    })
}

fn in_network(ip: IpAddr, network: &str, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (ip, network.parse()) {
        (IpAddr::V4(ip), Ok(IpAddr::V4(net))) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            ip.to_bits() & mask == net.to_bits() & mask
        }
        (IpAddr::V6(ip), Ok(IpAddr::V6(net))) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            ip.to_bits() & mask == net.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_url_is_taken_apart() {
        for (text, protocol, address) in [
            ("http://proxy.example:3128", Protocol::Http, "proxy.example:3128"),
            ("proxy.example:3128/", Protocol::Http, "proxy.example:3128"),
            ("HTTP://Proxy.Example", Protocol::Http, "proxy.example:80"),
            ("https://proxy.example", Protocol::Https, "proxy.example:443"),
            ("socks5://127.0.0.1", Protocol::Socks5, "127.0.0.1:1080"),
            ("socks5h://127.0.0.1:80", Protocol::Socks5, "127.0.0.1:80"),
            ("socks4a://[::1]:1", Protocol::Socks4a, "[::1]:1"),
            ("http://a:b@[::1]:3128", Protocol::Http, "[::1]:3128"),
        ] {
            let proxy = parse(text, "HTTPS_PROXY").unwrap();
            assert_eq!((proxy.protocol, proxy.address().as_str()), (protocol, address), "{text}");
            assert_eq!(
                format!("{proxy} {proxy:?}"),
                format!("{0} {0}", format!("{address} set in HTTPS_PROXY"))
            );
        }
        let login = parse("http://ada:p%40ss%2F:w@h:1", "").unwrap().login.unwrap();
        assert_eq!((login.user.expose(), login.password.expose()), ("ada", "p@ss/:w"));
        let login = parse("ada@h:1", "").unwrap().login.unwrap();
        assert_eq!((login.user.expose(), login.password.expose()), ("ada", ""));
    }

    #[test]
    fn what_is_not_a_proxy_url_is_refused() {
        let long = format!("socks5h://{}:b@h:1", "a".repeat(256));
        for text in [
            "",
            "http://",
            "ftp://h:1",
            "garbage://x",
            "http://h:99999",
            "http://ada:pa#ss@h:1",
            "http://ada:12/3@h:1",
            "http://ada:12?3@h:1",
            "http://ada:12#3@h:1",
            "http://a:%ff@h:1",
            &long,
        ] {
            assert!(parse(text, "HTTPS_PROXY").is_none(), "{text}");
        }
    }

    #[test]
    fn no_proxy_follows_curl() {
        let gmail = "gmail.googleapis.com";
        for list in [
            "gmail.googleapis.com",
            "googleapis.com",
            ".googleapis.com",
            "*.googleapis.com",
            "*",
            "a, GMAIL.GoogleAPIs.com",
            "x gmail.googleapis.com:443",
        ] {
            assert!(bypasses(list, gmail, 443), "{list}");
        }
        for list in ["", "mail.googleapis.com", "ogleapis.com", "gmail.googleapis.com:80", "10.0.0.0/8"] {
            assert!(!bypasses(list, gmail, 443), "{list}");
        }
        assert!(bypasses("127.0.0.0/8,::1", "127.3.2.1", 443));
        assert!(bypasses("127.0.0.0/8,::1", "[::1]", 443));
        assert!(!bypasses("10.0.0.0/8", "11.0.0.1", 443));
    }
}
