//! The sockets of the world: the CONNECT proxy with TLS inside it, and the plain listener for browsers.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rustls::{ServerConnection, StreamOwned};

use super::{
    AUTH0_DOMAIN, BROKER_HOST, GMAIL_HOST,
    faults::Verdict,
    google::ACCOUNTS_HOST,
    http1::{Message, Peer, encode},
    services::Services,
    shared::{Exchange, Outcome, Shared},
    wire::{Request, Response},
};

/// Longer than any client waits for an answer.
const FOREVER: Duration = Duration::from_secs(3600);

/// The paths of the other hosts' pages on the plain listener.
const FOREIGN_PAGES: [(&str, &str); 2] = [("/auth0-tenant", AUTH0_DOMAIN), ("/google", ACCOUNTS_HOST)];

/// How one connection is served, from its first byte to its end.
pub type Serve = fn(&Shared, TcpStream) -> io::Result<()>;

/// A port on the loopback, with a thread for each connection.
pub struct Listener {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    pub fn start(shared: &Arc<Shared>, serve: Serve) -> Listener {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on the loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let accepting = shared.clone();
        let thread = std::thread::spawn(move || accept(&accepting, &listener, serve));
        Listener { address, shared: shared.clone(), thread: Some(thread) }
    }

    /// Takes no more connections. The world must have been stopped.
    pub fn stop(&mut self) {
        debug_assert!(self.shared.stopped(), "the accepting thread looks whether the world has ended");
        // The accepting thread checks the flag after this connection; if nothing accepts it, the thread has ended.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("accepting connections does not panic");
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener, serve: Serve) {
    static SOCKETS: AtomicU64 = AtomicU64::new(0);
    for socket in listener.incoming() {
        if shared.stopped() {
            return;
        }
        let Ok(socket) = socket else { continue };
        let Ok(handle) = socket.try_clone() else { continue };
        let id = SOCKETS.fetch_add(1, Ordering::SeqCst);
        shared.hold(id, handle);
        let serving = shared.clone();
        shared.adopt(std::thread::spawn(move || {
            serve_to_the_end(&serving, serve, socket);
            serving.release(id);
        }));
    }
}

fn serve_to_the_end(shared: &Shared, serve: Serve, socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let Ok(handle) = socket.try_clone() else { return };
    match serve(shared, socket) {
        // `InvalidData` is what this side makes of bytes that are not HTTP; TLS errors wrap rustls' own.
        Err(error) if error.kind() == io::ErrorKind::InvalidData && !is_tls(&error) => {
            shared.surprise(format!("a client did not send HTTP: {error}"));
        }
        _ => {}
    }
    let _ = handle.shutdown(Shutdown::Both);
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// A connection of the program: CONNECT, then TLS in the name of the host, then requests.
pub fn serve_proxy(shared: &Shared, socket: TcpStream) -> io::Result<()> {
    serve_connect(shared, socket)
}

pub fn serve_connect<S: Read + Write>(shared: &Shared, mut socket: S) -> io::Result<()> {
    // For TCP, then for the CONNECT.
    shared.travel();
    let mut peer = Peer::new(&mut socket);
    let Some(hello) = peer.next()? else { return Ok(()) };
    shared.travel();
    let Some(host) = open_tunnel(shared, &mut peer, &hello)? else { return Ok(()) };
    serve_host(shared, socket, &host)
}

/// TLS in the name of the host, then requests.
pub fn serve_host<S: Read + Write>(shared: &Shared, mut socket: S, host: &str) -> io::Result<()> {
    shared.travel();
    let mut tls = ServerConnection::new(shared.authority.config_for(host)).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)?;
    }
    if tls.server_name() != Some(host) {
        shared.surprise(format!("TLS for {:?} inside a CONNECT to {host}", tls.server_name()));
    }
    let connection = shared.connected(host);
    let mut peer = Peer::new(StreamOwned::new(tls, socket));
    while let Some(message) = peer.next()? {
        let keep_alive = message.keep_alive;
        let request = to_request(shared, host, message, connection);
        shared.travel();
        match exchange(shared, &mut peer, &request, keep_alive)? {
            After::Next => {}
            After::Close => break,
            After::Abandon => return Ok(()),
        }
    }
    peer.stream.conn.send_close_notify();
    peer.stream.flush()
}

/// Answers a CONNECT. The host if the tunnel is open, nothing if it was refused or a fault struck.
fn open_tunnel<S: Read + Write>(
    shared: &Shared,
    peer: &mut Peer<&mut S>,
    hello: &Message,
) -> io::Result<Option<String>> {
    if hello.method != "CONNECT" {
        shared.surprise(format!("{} {} was sent to the proxy without a CONNECT", hello.method, hello.target));
        let refusal = Response::text(400, "text/plain", "This proxy supports only CONNECT.\n");
        peer.send(&encode(&refusal, false, false, false).whole())?;
        return Ok(None);
    }
    let (host, port) = hello.target.rsplit_once(':').unwrap_or((&hello.target, ""));
    let request = Request {
        method: "CONNECT".into(),
        host: host.to_owned(),
        path: String::new(),
        query: String::new(),
        headers: hello.headers.clone(),
        body: Vec::new(),
        connection: 0,
    };
    let answer = match shared.struck(&request, FOREVER, || admit(shared, &request, port)) {
        Outcome::Answer(answer) if answer.status == 200 => {
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            return Ok(Some(host.to_owned()));
        }
        Outcome::Answer(answer) | Outcome::Truncated(answer, _) => Some(answer),
        Outcome::Garbage(bytes) => {
            peer.send(&bytes)?;
            None
        }
        Outcome::Gone | Outcome::TimedOut => None,
    };
    shared.record(Exchange::new(&request, answer.as_ref()));
    if let Some(refusal) = answer {
        peer.send(&encode(&refusal, false, false, false).whole())?;
    }
    Ok(None)
}

/// What the egress proxy says to a CONNECT.
fn admit(shared: &Shared, request: &Request, port: &str) -> Response {
    let gate = shared.gate();
    let host = request.host.as_str();
    if gate.login.as_ref().is_some_and(|login| !proves(request, login)) {
        return Response::empty(407).with_header("Proxy-Authenticate", "Basic realm=\"sandbox\"");
    }
    if port != "443" || !gate.allows(host) {
        if port != "443" || !gate.knows(host) {
            shared.surprise(format!("an unexpected host was asked for: {host}:{port}"));
        }
        return Response::text(403, "text/plain", "blocked-by-allowlist\n")
            .with_header("X-Proxy-Error", "blocked-by-allowlist");
    }
    if !Services::serves(host) {
        let answer = Response::text(502, "text/plain", "could not resolve host\n");
        return answer.with_header("X-Proxy-Error", "dns-failure");
    }
    Response::empty(200)
}

fn proves(connect: &Request, (user, password): &(String, String)) -> bool {
    let wanted = BASE64_STANDARD.encode(format!("{user}:{password}"));
    connect.header("Proxy-Authorization").and_then(|v| v.strip_prefix("Basic ")) == Some(wanted.as_str())
}

fn to_request(shared: &Shared, host: &str, message: Message, connection: u64) -> Request {
    if message.header("Host").map(|h| h.trim_end_matches(":443")) != Some(host) {
        shared.surprise(format!("Host {:?} on a connection to {host}", message.header("Host")));
    }
    let (path, query) = message.target.split_once('?').unwrap_or((&message.target, ""));
    Request {
        method: message.method,
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: message.headers,
        body: message.body,
        connection,
    }
}

/// What becomes of a connection after an exchange.
enum After {
    Next,
    /// The end of TLS, then of the connection.
    Close,
    /// The connection breaks off.
    Abandon,
}

/// One request and its answer.
fn exchange<S: Read + Write>(
    shared: &Shared,
    peer: &mut Peer<S>,
    request: &Request,
    keep_alive: bool,
) -> io::Result<After> {
    let (bytes, after) = match outcome_unless_cut(shared, request) {
        Outcome::Answer(answer) => {
            let after = if keep_alive { After::Next } else { After::Close };
            (send_off(shared, request, &answer, keep_alive, usize::MAX), after)
        }
        Outcome::Truncated(answer, limit) => {
            (send_off(shared, request, &answer, keep_alive, limit), After::Abandon)
        }
        Outcome::Garbage(bytes) => {
            shared.record(Exchange::new(request, None));
            (bytes, After::Abandon)
        }
        Outcome::Gone | Outcome::TimedOut => {
            shared.record(Exchange::new(request, None));
            return Ok(After::Abandon);
        }
    };
    peer.send(&bytes)?;
    Ok(after)
}

/// The outcome, unless the hook cuts the connection before or after the service handles the request.
fn outcome_unless_cut(shared: &Shared, request: &Request) -> Outcome {
    if shared.event(request, None) == Verdict::Cut {
        return Outcome::Gone;
    }
    let outcome = shared.outcome(request, FOREVER);
    if let Outcome::Answer(answer) | Outcome::Truncated(answer, _) = &outcome
        && shared.event(request, Some(answer.status)) == Verdict::Cut
    {
        return Outcome::Gone;
    }
    outcome
}

/// The bytes of an answer, logged before they leave: a test that has the answer finds it in the log.
fn send_off(
    shared: &Shared,
    request: &Request,
    answer: &Response,
    keep_alive: bool,
    limit: usize,
) -> Vec<u8> {
    let mut bytes = encode(answer, keep_alive, wants_gzip(request), request.method == "HEAD");
    bytes.body.truncate(limit);
    shared.record(Exchange { sent: bytes.body.len(), ..Exchange::new(request, Some(answer)) });
    bytes.whole()
}

/// Google compresses only for clients that also say so in their name.
fn wants_gzip(request: &Request) -> bool {
    let says = |header: &str| request.header(header).is_some_and(|v| v.contains("gzip"));
    says("Accept-Encoding") && (request.host != GMAIL_HOST || says("User-Agent"))
}

/// A connection of a person's browser: pages only, without faults and without a log.
pub fn serve_pages(shared: &Shared, socket: TcpStream) -> io::Result<()> {
    let base = format!("http://{}", socket.local_addr()?);
    let mut peer = Peer::new(socket);
    while let Some(message) = peer.next()? {
        let keep_alive = message.keep_alive;
        let answer = answer_browser(shared, message, &base);
        let bytes = encode(&answer, keep_alive, false, false);
        peer.send(&bytes.whole())?;
        if !keep_alive {
            break;
        }
    }
    Ok(())
}

fn answer_browser(shared: &Shared, message: Message, base: &str) -> Response {
    let (path, query) = message.target.split_once('?').unwrap_or((&message.target, ""));
    if path == "/favicon.ico" {
        return Response::empty(404);
    }
    let foreign = FOREIGN_PAGES.iter().find_map(|(prefix, host)| Some((path.strip_prefix(prefix)?, *host)));
    let (path, host) = foreign.unwrap_or((path, BROKER_HOST));
    let request = Request {
        method: message.method,
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: message.headers,
        body: message.body,
        connection: 0,
    };
    let mut answer = shared.answer(&request);
    for (name, value) in &mut answer.headers {
        if name == "Location" {
            *value = reachable(value, base);
        }
    }
    answer
}

/// Turns the address of a service into the one under which this listener serves it.
fn reachable(address: &str, base: &str) -> String {
    let foreign = FOREIGN_PAGES.iter().map(|(prefix, host)| (*host, *prefix));
    for (host, prefix) in foreign.chain([(BROKER_HOST, "")]) {
        if let Some(rest) = address.strip_prefix(&format!("https://{host}")) {
            return format!("{base}{prefix}{rest}");
        }
    }
    address.to_owned()
}
