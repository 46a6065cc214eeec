//! The proxy setting, and NO_PROXY by curl's rules.

use std::net::IpAddr;

use ureq::Proxy;

use crate::problem::{Problem, Result};

pub(crate) enum ProxySetting {
    Direct,
    Through(Proxy),
}

impl ProxySetting {
    /// `source` is the variable or key that errors name. The URL may contain a password and is never shown.
    pub(crate) fn url(text: &str, source: &str) -> Result<ProxySetting> {
        let known = ["http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"];
        let lower = text.trim().to_ascii_lowercase();
        let fits = !lower.contains("://") || known.iter().any(|s| lower.starts_with(s));
        // Names do not resolve inside a sandbox, so socks5 is treated as socks5h: the proxy resolves them.
        let text = if lower.starts_with("socks5://") {
            format!("socks5h://{}", &text.trim()["socks5://".len()..])
        } else {
            text.trim().to_owned()
        };
        let address = if lower.contains("://") { text.clone() } else { format!("http://{text}") };
        let fits = fits && url::Url::parse(&address).is_ok_and(|u| u.host_str().is_some());
        match Proxy::new(&text) {
            Ok(proxy) if fits => Ok(ProxySetting::Through(proxy)),
            _ => Err(Problem::configuration(format!("{source} is not a proxy URL"))
                .hint("Use http://host:port or socks5h://host:port, or set proxy = \"direct\".")),
        }
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
