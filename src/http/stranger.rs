//! The one request that goes to an address which a stranger chose: it unsubscribes from a mailing list (RFC 8058 3.2).
//!
//! It carries nothing of the user's, follows no redirect, and never goes to this machine or network.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs},
    time::Duration,
};

use url::Url;

use super::{Body, Call, Http, ProxySetting, bypasses};
use crate::problem::{Code, Problem, Result};

const FORM: &[u8] = b"List-Unsubscribe=One-Click";
const TIME_LIMIT: Duration = Duration::from_secs(15);

impl Http<'_> {
    /// Unsubscribes by one POST. The address must be one with https and the name of a public host.
    pub(crate) fn one_click(&self, url: &Url) -> Result<()> {
        let host = url.host_str().unwrap_or_default();
        // A proxy resolves the name itself. Otherwise a name of this network is refused before anything is sent to it; a
        // name that changes in between would have no certificate there.
        if !self.is_proxied(host) && !resolves_publicly(host) {
            return Err(not_public(host));
        }
        let call = Call::new("POST", url.as_str())
            .body("application/x-www-form-urlencoded", Body::Bytes(FORM))
            .timeout(TIME_LIMIT)
            .label(format!("https://{host}/... (unsubscribe)"));
        let reply = self.exchange(call).map_err(|fault| explained(fault.problem(), host))?;
        match reply.status {
            200..=299 => Ok(()),
            300..=399 => Err(Problem::new(Code::Failed, format!("{host} redirects, which is not followed"))
                .hint("Unsubscribe by mail, or let the user open the address.")),
            500.. => Err(Problem::temporary(format!("{host} failed with HTTP {}", reply.status))
                .hint("Try again later, or unsubscribe by mail.")),
            status => {
                let message = format!("{host} refused to unsubscribe with HTTP {status}");
                Err(Problem::new(Code::Failed, message)
                    .hint("Unsubscribe by mail, or let the user open the address."))
            }
        }
    }

    fn is_proxied(&self, host: &str) -> bool {
        matches!(self.settings.proxy, ProxySetting::Through(_))
            && !bypasses(&self.settings.no_proxy, host, 443)
    }
}

fn explained(problem: Problem, host: &str) -> Problem {
    if problem.code() != Code::NetworkRefused {
        return problem;
    }
    problem.hint(format!(
        "Unsubscribe by mail instead, or allow {host} in the egress settings: an agent's sandbox reaches few hosts."
    ))
}

/// The refusal of an address of this machine or network.
pub(crate) fn not_public(host: &str) -> Problem {
    Problem::new(Code::NetworkRefused, format!("{host} is not a public host"))
        .hint("Unsubscribe by mail, or let the user open the address.")
}

fn resolves_publicly(host: &str) -> bool {
    let Ok(addresses) = (host, 443).to_socket_addrs() else {
        // The request meets the same failure, and explains it.
        return true;
    };
    addresses.into_iter().all(|address| is_public(address.ip()))
}

/// Whether an address can be that of a server on the internet (IANA special-purpose registries).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18))
}

/// Only global unicast addresses; those that stand for an IPv4 address are as public as that.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, ..] = ip.segments();
    let embedded = |at: usize| {
        let bytes = ip.octets();
        is_public_v4(Ipv4Addr::new(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]))
    };
    match (a, b) {
        (0, _) if ip.to_ipv4_mapped().is_some() => embedded(12),
        (0x64, 0xff9b) => c == 0 && embedded(12),
        (0x2002, _) => embedded(2),
        // Teredo hides its IPv4 address.
        (0x2001, 0) => false,
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_network_are_not_public() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("192.0.1.1", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.0.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("198.18.0.1", false),
            ("2606:4700::1", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("fd12::1", false),
            ("ff02::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::7f00:1", false),
            ("64:ff9b::808:808", true),
            ("2002:7f00:1::", false),
            ("2001:0:1::", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
        assert!(!resolves_publicly("localhost"));
    }
}
