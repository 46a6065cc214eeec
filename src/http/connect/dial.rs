//! A TCP connection to a host with several addresses, as RFC 8305 (Happy Eyeballs) opens it.
//!
//! Families alternate and attempts overlap, so that a family that swallows packets costs one delay and not the whole
//! time limit. It knows nothing of proxies and TLS.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use super::Why;

/// The time that an attempt has for itself before the next one starts beside it (RFC 8305 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
const MAX_ADDRESSES: usize = 16;

type Found = io::Result<Vec<SocketAddr>>;

/// Resolves and connects, and remembers for the rest of the run what costs time.
#[derive(Debug, Default)]
pub(super) struct Dialler {
    /// Look-ups that have not answered yet. With a dead name server, the system asks the next one after five seconds:
    /// a retry waits for the same answer instead of asking anew.
    pending: Mutex<Vec<(String, Receiver<Found>)>>,
    /// Whether the last connection was to an IPv6 address.
    last_was_v6: Mutex<Option<bool>>,
}

impl Dialler {
    /// Connects to the first address that answers, until the deadline.
    pub(super) fn dial(&self, host: &str, port: u16, deadline: Instant) -> Result<TcpStream, Why> {
        let addresses = self.resolve(host, port, deadline)?;
        let mut last_was_v6 = self.last_was_v6.lock().unwrap_or_else(PoisonError::into_inner);
        let v6_first = last_was_v6.unwrap_or_else(|| addresses.first().is_some_and(SocketAddr::is_ipv6));
        let addresses = alternating(addresses, v6_first);
        let stream = race(&addresses, ATTEMPT_DELAY, deadline).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Why::TimedOut,
            _ => Why::Unreachable(error),
        })?;
        *last_was_v6 = stream.peer_addr().ok().map(|address| address.is_ipv6());
        stream.set_nodelay(true).map_err(Why::Unreachable)?;
        Ok(stream)
    }

    /// The addresses of a host. The system's resolver has no time limit of its own, so it runs in a thread.
    pub(super) fn resolve(&self, host: &str, port: u16, deadline: Instant) -> Result<Vec<SocketAddr>, Why> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let name = format!("{host}:{port}");
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pending.iter().position(|(pending, _)| *pending == name);
        let answer = match known {
            Some(index) => pending.swap_remove(index).1,
            None => look_up(name.clone()).map_err(Why::Lookup)?,
        };
        match answer.recv_timeout(left(deadline)) {
            Ok(Ok(addresses)) if addresses.is_empty() => {
                Err(Why::Lookup(io::Error::other("it has no address")))
            }
            Ok(found) => found.map_err(Why::Lookup),
            Err(_) => {
                pending.push((name, answer));
                Err(Why::LookupTimedOut)
            }
        }
    }
}

fn look_up(name: String) -> io::Result<Receiver<Found>> {
    let (report, answer) = mpsc::channel();
    let ask = move || {
        let found = name.to_socket_addrs();
        // The run may have ended.
        let _ = report.send(found.map(|all| all.take(MAX_ADDRESSES).collect()));
    };
    thread::Builder::new().spawn(ask)?;
    Ok(answer)
}

/// Alternates between the families and keeps the order of the system within each (RFC 8305 4).
fn alternating(addresses: Vec<SocketAddr>, v6_first: bool) -> Vec<SocketAddr> {
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == v6_first);
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
        for (given, v6_first, wanted) in [
            ("::1 ::2 ::3 1.1.1.1 2.2.2.2", true, "::1 1.1.1.1 ::2 2.2.2.2 ::3"),
            ("::1 ::2 1.1.1.1", false, "1.1.1.1 ::1 ::2"),
            ("1.1.1.1 2.2.2.2 ::1", false, "1.1.1.1 ::1 2.2.2.2"),
            ("::1 ::2", false, "::1 ::2"),
            ("1.1.1.1", true, "1.1.1.1"),
            ("", true, ""),
        ] {
            assert_eq!(alternating(parse(given), v6_first), parse(wanted), "{given}");
        }
    }

    #[test]
    fn a_retry_waits_for_the_look_up_that_is_under_way() {
        let dialler = Dialler::default();
        let (report, answer) = mpsc::channel();
        dialler.pending.lock().unwrap().push(("slow.invalid:443".to_owned(), answer));
        let resolve = |ms| dialler.resolve("slow.invalid", 443, Instant::now() + Duration::from_millis(ms));
        assert!(matches!(resolve(1), Err(Why::LookupTimedOut)));
        report.send(Ok(vec![closed()])).unwrap();
        assert_eq!(resolve(1000).unwrap().len(), 1);
        assert!(dialler.pending.lock().unwrap().is_empty());
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
