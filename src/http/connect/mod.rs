//! How a connection is opened: to the host or to the proxy, through the proxy, and TLS inside.
//!
//! ureq's own connector tells a proxy's failure and a host's only by texts, and tries addresses one after the other.
//! Everything here ends in a [`NoConnection`], which says whose failure it is; `obstacle` makes a sentence of it.

mod dial;
mod socks;
mod tcp;
mod tunnel;

use std::{fmt, io, net::IpAddr, time::Instant};

use ureq::{
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::{
            ConnectionDetails, Connector, NextTimeout, RustlsConnector, Transport, TransportAdapter, time,
        },
    },
};

use self::{
    dial::Dialler,
    socks::{Failure, Target},
    tcp::{Tcp, Tunnel},
};
pub(super) use self::{socks::Refusal, tunnel::Answer};
use super::proxy::{Protocol, Proxy};

/// A connection that was not opened. Nothing of the request was sent.
#[derive(Debug)]
pub(super) struct NoConnection {
    pub(super) party: Party,
    pub(super) why: Why,
    pub(super) way: Way,
    /// Whether the time limit of the run is shorter than that of a connection.
    pub(super) short_of_time: bool,
}

/// How a host is reached.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Direct,
    Through(Proxy),
    /// Directly, although there is a proxy: NO_PROXY excludes the host.
    Around(Proxy),
}

/// Whose failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Host,
    Proxy,
}

#[derive(Debug)]
pub(super) enum Why {
    Lookup(io::Error),
    LookupTimedOut,
    Unreachable(io::Error),
    TimedOut,
    /// The connection was closed or reset before there was an answer.
    Closed,
    Tls(rustls::Error),
    /// The proxy answered CONNECT with another status than a success.
    Answered(Answer),
    /// The proxy did not answer CONNECT in HTTP; the first byte of its answer.
    NotHttp(u8),
    Socks(Refusal),
    Io(String),
}

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?}", self.party, self.why)
    }
}

impl std::error::Error for NoConnection {}

impl From<ureq::Error> for Why {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Why::TimedOut,
            ureq::Error::Rustls(error) => Why::Tls(error),
            ureq::Error::Io(error) => Why::from(error),
            other => Why::Io(other.to_string()),
        }
    }
}

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        let inner = error.get_ref();
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Why::Tls(tls.clone());
        }
        if let Some(ureq::Error::Timeout(_)) = inner.and_then(|inner| inner.downcast_ref()) {
            return Why::TimedOut;
        }
        match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => Why::Closed,
            _ => Why::Io(error.to_string()),
        }
    }
}

/// Opens connections directly or through a proxy.
pub(super) struct Route {
    way: Way,
    dialler: Dialler,
    to_host: RustlsConnector,
    to_proxy: RustlsConnector,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("way", &self.way).finish_non_exhaustive()
    }
}

impl Connector for Route {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.open(details).map(Some).map_err(|(party, why)| {
            let short_of_time = details.timeout.reason == ureq::Timeout::Global;
            ureq::Error::Other(Box::new(NoConnection { party, why, way: self.way.clone(), short_of_time }))
        })
    }
}

impl Route {
    pub(super) fn new(way: Way) -> Route {
        Route {
            way,
            dialler: Dialler::default(),
            to_host: RustlsConnector::default(),
            to_proxy: RustlsConnector::default(),
        }
    }

    fn open(&self, details: &ConnectionDetails<'_>) -> Result<Box<dyn Transport>, (Party, Why)> {
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = details.uri.port_u16().unwrap_or(if details.needs_tls() { 443 } else { 80 });
        let deadline = deadline(details);
        let transport = match &self.way {
            Way::Through(proxy) => {
                self.through(proxy, host, port, details).map_err(|why| (Party::Proxy, why))?
            }
            Way::Direct | Way::Around(_) => {
                let stream = self.dialler.dial(host, port, deadline).map_err(|why| (Party::Host, why))?;
                Box::new(Tcp::new(stream))
            }
        };
        if !details.needs_tls() {
            return Ok(transport);
        }
        encrypted(&self.to_host, transport, details.uri, details).map_err(|why| (Party::Host, why))
    }

    /// A connection to the host through the proxy.
    fn through(
        &self,
        proxy: &Proxy,
        host: &str,
        port: u16,
        details: &ConnectionDetails<'_>,
    ) -> Result<Box<dyn Transport>, Why> {
        let deadline = deadline(details);
        let stream = self.dialler.dial(&proxy.host, proxy.port, deadline)?;
        let mut transport: Box<dyn Transport> = Box::new(Tcp::new(stream));
        if proxy.protocol == Protocol::Https {
            let uri = proxy.uri().ok_or_else(|| Why::Io("the host is not valid in a URL".to_owned()))?;
            transport = encrypted(&self.to_proxy, transport, &uri, details)?;
        }
        if matches!(proxy.protocol, Protocol::Http | Protocol::Https) {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            let authority = format!("{host}:{port}");
            tunnel::connect(&mut *transport, &authority, proxy.login.as_ref(), || remaining(details))?;
            return Ok(Box::new(Tunnel(transport)));
        }
        self.through_socks(proxy, transport, host, port, details)
    }

    fn through_socks(
        &self,
        proxy: &Proxy,
        transport: Box<dyn Transport>,
        host: &str,
        port: u16,
        details: &ConnectionDetails<'_>,
    ) -> Result<Box<dyn Transport>, Why> {
        let mut wire = TransportAdapter::new(transport, details.current_time.clone());
        wire.set_timeout(remaining(details));
        let outcome = match proxy.protocol {
            Protocol::Socks5 => socks::version_5(&mut wire, host, port, proxy.login.as_ref()),
            Protocol::Socks4a => socks::version_4(&mut wire, Target::Name(host), port),
            _ => {
                // Version 4 knows no names, only IPv4 addresses.
                let addresses = self.dialler.resolve(host, port, deadline(details))?;
                let address = addresses.iter().find_map(|address| match address.ip() {
                    IpAddr::V4(ip) => Some(ip),
                    IpAddr::V6(_) => None,
                });
                let address = address.ok_or(Why::Socks(Refusal::Unsupported("IPv6 addresses")))?;
                socks::version_4(&mut wire, Target::Address(address), port)
            }
        };
        outcome.map_err(|failure| match failure {
            Failure::Io(error) => Why::from(error),
            Failure::Refused(refusal) => Why::Socks(refusal),
        })?;
        Ok(wire.into_inner())
    }
}

/// TLS to the host of a URL, inside a connection.
fn encrypted(
    tls: &RustlsConnector,
    transport: Box<dyn Transport>,
    uri: &Uri,
    details: &ConnectionDetails<'_>,
) -> Result<Box<dyn Transport>, Why> {
    let details = ConnectionDetails {
        uri,
        addrs: details.resolver.empty(),
        config: details.config,
        // All requests of an agent have the same roots; for a single request they would be parsed anew.
        request_level: false,
        resolver: details.resolver,
        now: details.now,
        timeout: details.timeout,
        current_time: details.current_time.clone(),
        run_connector: details.run_connector.clone(),
        register_shutdown: details.register_shutdown.clone(),
    };
    let transport = tls.connect(&details, Some(transport)).map_err(Why::from)?;
    transport.map(|t| Box::new(t) as Box<dyn Transport>).ok_or(Why::Closed)
}

/// When the connection must be open.
fn deadline(details: &ConnectionDetails<'_>) -> Instant {
    let start = match details.now {
        time::Instant::Exact(instant) => instant,
        _ => Instant::now(),
    };
    start.checked_add(*details.timeout.after).unwrap_or_else(|| start + super::CONNECT_TIMEOUT)
}

fn remaining(details: &ConnectionDetails<'_>) -> NextTimeout {
    let after = deadline(details).saturating_duration_since(Instant::now());
    NextTimeout { after: after.into(), ..details.timeout }
}

/// Leaves it to the [`Route`] to resolve names: through a proxy, the host's name is not resolved here.
#[derive(Debug)]
pub(super) struct Unresolved;

impl Resolver for Unresolved {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}
