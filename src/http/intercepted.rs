//! Answers that did not come from the host: those of an egress filter, of a proxy, or of a network's login page.

use super::{Reply, fault::network_refused, obstacle::status_text};
use crate::problem::{Code, Problem};

impl Reply {
    /// What answered in place of `host`; nothing if this may be its own answer.
    pub(crate) fn intercepted(&self, host: &str) -> Option<Problem> {
        match self.status {
            _ if self.refused_by_egress() => Some(network_refused(host)),
            403 if self.is_html() => Some(forbidden_page(host)),
            407 => Some(proxy_sign_in(host)),
            511 => Some(web_page(host, self.status)),
            200..=299 if self.is_html() => Some(web_page(host, self.status)),
            _ => None,
        }
    }
}

/// An egress filter and a host that refuses an address answer alike.
fn forbidden_page(host: &str) -> Problem {
    let message = format!(
        "403 Forbidden with a web page: either the network policy here does not allow {host}, or {host} refuses the address of this network"
    );
    Problem::new(Code::NetworkRefused, message)
        .hint(format!(
            "Allow network egress to {host} (in Claude: Settings, Capabilities); if it is allowed, use another network, since signing in again does not help."
        ))
        .detail("host", host)
        .detail("http_status", 403)
}

fn proxy_sign_in(host: &str) -> Problem {
    Problem::configuration(format!(
        "407 Proxy Authentication Required: a proxy on the way to {host} requires a sign-in"
    ))
    .hint("Name this proxy in HTTPS_PROXY, with user and password: http://user:password@host:port.")
    .detail("host", host)
    .detail("http_status", 407)
}

/// A web page, or a redirect to one, where there should be data.
pub(crate) fn web_page(host: &str, status: u16) -> Problem {
    let message = format!("received a web page instead of a response from {host} ({})", status_text(status));
    Problem::temporary(message)
        .hint("If this network has a login page, sign in to it in a browser; then try again.")
        .detail("host", host)
        .detail("http_status", status)
}
