//! A TCP connection to a host with several addresses, as RFC 8305 (Happy Eyeballs) opens it.
//!
//! Families alternate and attempts overlap, so that a family that swallows packets costs one delay and not the whole
//! time limit. It knows nothing of proxies and TLS.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::Why;

/// The time that an attempt has for itself before the next one starts beside it (RFC 8305 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
const MAX_ADDRESSES: usize = 16;

/// Connects to the first address that answers, until the deadline.
pub(super) fn dial(host: &str, port: u16, deadline: Instant) -> Result<TcpStream, Why> {
    let addresses = alternating(resolve(host, port, deadline)?);
    let stream = race(&addresses, ATTEMPT_DELAY, deadline).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Why::TimedOut,
        _ => Why::Unreachable(error),
    })?;
    stream.set_nodelay(true).map_err(Why::Unreachable)?;
    Ok(stream)
}

/// The addresses of a host. The system's resolver has no time limit of its own, so it runs in a thread.
pub(super) fn resolve(host: &str, port: u16, deadline: Instant) -> Result<Vec<SocketAddr>, Why> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let (report, reports) = mpsc::channel();
    let name = host.to_owned();
    let look_up = move || {
        let found = (name.as_str(), port).to_socket_addrs();
        // Nobody listens once the deadline has passed.
        let _ = report.send(found.map(|all| all.take(MAX_ADDRESSES).collect::<Vec<_>>()));
    };
    thread::Builder::new().spawn(look_up).map_err(Why::Lookup)?;
    let found = reports.recv_timeout(left(deadline)).map_err(|_| Why::LookupTimedOut)?;
    let addresses = found.map_err(Why::Lookup)?;
    if addresses.is_empty() {
        return Err(Why::Lookup(io::Error::other("it has no address")));
    }
    Ok(addresses)
}

/// Alternates between the families and keeps the order of the system within each (RFC 8305 4).
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let starts_with_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == starts_with_v6);
    let longest = first.len().max(second.len());
    (0..longest).flat_map(|i| [first.get(i), second.get(i)]).flatten().copied().collect()
}

/// Starts with the first address, and with the next one whenever `delay` has passed or an attempt has failed. The
/// first success wins; the attempts that lose end with their threads.
fn race(addresses: &[SocketAddr], delay: Duration, deadline: Instant) -> io::Result<TcpStream> {
    if let [only] = addresses {
        return TcpStream::connect_timeout(only, left(deadline));
    }
    let (report, reports) = mpsc::channel();
    let mut waiting = addresses.iter().copied();
    let mut running = 0;
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    loop {
        if let Some(address) = waiting.next() {
            let report = report.clone();
            let attempt = move || report.send(TcpStream::connect_timeout(&address, left(deadline)));
            match thread::Builder::new().spawn(attempt) {
                Ok(_) => running += 1,
                Err(error) => last = error,
            }
        }
        if running == 0 && waiting.len() == 0 {
            return Err(last);
        }
        let patience = if waiting.len() > 0 { delay.min(left(deadline)) } else { left(deadline) };
        match reports.recv_timeout(patience) {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                running -= 1;
                last = error;
            }
            Err(_) if deadline <= Instant::now() => return Err(io::ErrorKind::TimedOut.into()),
            Err(_) => {}
        }
    }
}

/// The time left, which is never zero: the system takes a time limit of zero for an error.
pub(super) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    /// A port that swallows connection requests: its queue is full, and nobody accepts. The queue holds the
    /// connections that are returned.
    fn silent() -> (TcpListener, Vec<TcpStream>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let patience = Duration::from_millis(200);
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
            queue.push(stream);
            assert!(queue.len() < 10_000, "the queue is never full");
        }
        (listener, queue)
    }

    fn closed() -> SocketAddr {
        TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
    }

    #[test]
    fn families_alternate_and_keep_their_order() {
        let parse = |text: &str| -> Vec<SocketAddr> {
            text.split_whitespace().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443)).collect()
        };
        for (given, wanted) in [
            ("::1 ::2 ::3 1.1.1.1 2.2.2.2", "::1 1.1.1.1 ::2 2.2.2.2 ::3"),
            ("1.1.1.1 2.2.2.2 ::1", "1.1.1.1 ::1 2.2.2.2"),
            ("::1 ::2", "::1 ::2"),
            ("1.1.1.1", "1.1.1.1"),
            ("", ""),
        ] {
            assert_eq!(alternating(parse(given)), parse(wanted), "{given}");
        }
    }

    #[test]
    fn an_address_that_swallows_packets_costs_one_delay() {
        let good = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (dead, _queue) = silent();
        let addresses = [dead.local_addr().unwrap(), good.local_addr().unwrap()];
        let start = Instant::now();
        let stream = race(&addresses, ATTEMPT_DELAY, soon()).unwrap();
        let took = start.elapsed();
        assert_eq!(stream.peer_addr().unwrap(), addresses[1]);
        assert!(ATTEMPT_DELAY <= took && took < ATTEMPT_DELAY * 4, "{took:?}");
    }

    #[test]
    fn an_address_that_refuses_costs_nothing() {
        let good = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let start = Instant::now();
        let addresses = [closed(), closed(), good.local_addr().unwrap()];
        race(&addresses, Duration::from_secs(3), soon()).unwrap();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }

    #[test]
    fn a_slow_address_still_wins_when_all_others_fail() {
        let (dead, mut queue) = silent();
        let addresses = [dead.local_addr().unwrap(), closed()];
        let accepting = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            // The queue drains, and the request that was swallowed is repeated after a second.
            queue.clear();
            let _ = dead.incoming().count();
        });
        race(&addresses, Duration::from_millis(10), soon()).unwrap();
        assert!(!accepting.is_finished());
    }

    #[test]
    fn without_a_success_the_last_error_is_told_or_the_time_out() {
        let error = race(&[closed(), closed()], ATTEMPT_DELAY, soon()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let (dead, _queue) = silent();
        let address = dead.local_addr().unwrap();
        for addresses in [&[address][..], &[address, address]] {
            let deadline = Instant::now() + Duration::from_millis(400);
            let error = race(addresses, ATTEMPT_DELAY, deadline).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }
}
