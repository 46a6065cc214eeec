//! What all threads of a world share: the services, the log, the faults, the gate, and the complaints.
//!
//! Here a request meets its fault and its service; sockets are in `server`.

use std::{
    collections::{BTreeSet, HashMap},
    net::{Shutdown, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{
    BROKER_HOST, GMAIL_HOST,
    broker::{Call, proxy::Relayed},
    faults::{self, Event, Fault, Harm, Verdict},
    lock,
    services::Services,
    tls::Authority,
    wire::{MISFIT, Request, Response},
};

/// One request of the program and what it got.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Number of the TLS connection, counted from 1; 0 for a refused CONNECT.
    pub connection: u64,
    pub host: String,
    /// `CONNECT` for one that was refused; those that succeed are not logged.
    pub method: String,
    pub path: String,
    pub query: String,
    /// 0 when the connection ended without an answer.
    pub status: u16,
    pub request_headers: Vec<(String, String)>,
    pub request_body: Vec<u8>,
    pub answer_headers: Vec<(String, String)>,
    /// Before compression, and whole even if a fault cut it.
    pub answer_body: Vec<u8>,
    /// Bytes of the body that went out, after compression.
    pub sent: usize,
    /// Made by the broker's `/v1/proxy`, on behalf of the program.
    pub inner: bool,
}

impl Exchange {
    pub fn new(request: &Request, answer: Option<&Response>) -> Exchange {
        Exchange {
            connection: request.connection,
            host: request.host.clone(),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            status: answer.map_or(0, |a| a.status),
            request_headers: request.headers.clone(),
            request_body: request.body.clone(),
            answer_headers: answer.map(|a| a.headers.clone()).unwrap_or_default(),
            answer_body: answer.map(|a| a.body.clone()).unwrap_or_default(),
            sent: 0,
            inner: false,
        }
    }
}

/// How a request ended.
pub enum Outcome {
    Answer(Response),
    /// This answer, of whose body only so many bytes are sent.
    Truncated(Response, usize),
    /// These bytes instead of an answer.
    Garbage(Vec<u8>),
    /// No answer: the connection closes.
    Gone,
    /// There was no answer for as long as the client would wait.
    TimedOut,
}

/// The egress proxy's rules.
#[derive(Default)]
pub struct Gate {
    allowed: BTreeSet<String>,
    forbidden: BTreeSet<String>,
    /// User and password, decoded.
    pub login: Option<(String, String)>,
}

impl Gate {
    pub fn allow(&mut self, host: &str) {
        self.forbidden.remove(host);
        self.allowed.insert(host.to_owned());
    }

    pub fn forbid(&mut self, host: &str) {
        self.allowed.remove(host);
        self.forbidden.insert(host.to_owned());
    }

    pub fn allows(&self, host: &str) -> bool {
        self.allowed.contains(host)
    }

    /// Whether a test allowed or forbade this host.
    pub fn knows(&self, host: &str) -> bool {
        self.allowed.contains(host) || self.forbidden.contains(host)
    }
}

type Hook = Box<dyn FnMut(&Event) -> Verdict + Send>;

pub struct Shared {
    pub services: Services,
    pub authority: Authority,
    pub log: Mutex<Vec<Exchange>>,
    pub handshakes: Mutex<HashMap<String, usize>>,
    pub faults: Mutex<Vec<Fault>>,
    pub hook: Mutex<Option<Hook>>,
    gate: Mutex<Gate>,
    events: AtomicU64,
    connections: AtomicU64,
    /// In milliseconds.
    round_trip: AtomicU64,
    tolerant: AtomicBool,
    surprises: Mutex<Vec<String>>,
    panics: Mutex<Vec<String>>,
    stopped: Mutex<bool>,
    stop: Condvar,
    sockets: Mutex<HashMap<u64, TcpStream>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Shared {
    pub fn new() -> Shared {
        let mut gate = Gate::default();
        gate.allow(BROKER_HOST);
        gate.allow(GMAIL_HOST);
        Shared {
            services: Services::new(),
            authority: Authority::new(),
            log: Mutex::default(),
            handshakes: Mutex::default(),
            faults: Mutex::default(),
            hook: Mutex::default(),
            gate: Mutex::new(gate),
            events: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            round_trip: AtomicU64::new(0),
            tolerant: AtomicBool::new(false),
            surprises: Mutex::default(),
            panics: Mutex::default(),
            stopped: Mutex::new(false),
            stop: Condvar::new(),
            sockets: Mutex::default(),
            threads: Mutex::default(),
        }
    }

    pub fn gate(&self) -> MutexGuard<'_, Gate> {
        lock(&self.gate)
    }

    /// Applies a fault, then lets the service handle the request. The client waits no longer than `patience`.
    pub fn outcome(&self, request: &Request, patience: Duration) -> Outcome {
        self.struck(request, patience, || self.answer(request))
    }

    /// What a fault makes of a request that would otherwise get this answer.
    pub fn struck(&self, request: &Request, patience: Duration, answer: impl Fn() -> Response) -> Outcome {
        let strike = faults::strike(&mut lock(&self.faults), request);
        if let Some(hold) = strike.hold {
            hold.keep(|| self.stopped());
        }
        self.pause(strike.delay.min(patience));
        if strike.delay > patience {
            return Outcome::TimedOut;
        }
        match strike.harm {
            Harm::None => Outcome::Answer(answer()),
            Harm::Status(instead) => Outcome::Answer(instead),
            Harm::ResetBefore => Outcome::Gone,
            Harm::ResetAfter => {
                answer();
                Outcome::Gone
            }
            Harm::Truncate(bytes) => Outcome::Truncated(answer(), bytes),
            Harm::Garbage(bytes) => Outcome::Garbage(bytes),
            Harm::Hang => {
                self.pause(patience);
                Outcome::TimedOut
            }
        }
    }

    /// The service's answer. What it found wrong with the request, or with itself, becomes a complaint.
    pub fn answer(&self, request: &Request) -> Response {
        let relay = |call: &Call| self.relay(call);
        let answer = catch_unwind(AssertUnwindSafe(|| self.services.answer(request, &relay)));
        let Request { method, host, path, .. } = request;
        let Ok(mut answer) = answer else {
            lock(&self.panics).push(format!("the handler of {method} {host}{path} panicked"));
            return Response::text(500, "text/plain", "Internal Server Error");
        };
        if let Some(reason) = answer.header(MISFIT) {
            // Browsers have no connection of ours, and may request anything.
            if request.connection != 0 {
                self.surprise(format!("{method} {host}{path} does not fit: {reason}"));
            }
            answer.headers.retain(|(name, _)| name != MISFIT);
        }
        let tells_time = *host != BROKER_HOST || lock(&self.services.broker).tells_time;
        if tells_time && answer.header("Date").is_none() {
            answer = answer.with_header("Date", &self.services.clock.http_date());
        }
        answer
    }

    /// Makes a call for the broker's proxy.
    fn relay(&self, call: &Call) -> Relayed {
        let outcome = self.outcome(&call.request, call.timeout);
        let answer = match &outcome {
            Outcome::Answer(answer) => Some(answer),
            _ => None,
        };
        self.record(Exchange { inner: true, ..Exchange::new(&call.request, answer) });
        match outcome {
            Outcome::Answer(answer) => Relayed::Answer(answer),
            Outcome::TimedOut => Relayed::TimedOut,
            Outcome::Truncated(..) | Outcome::Gone => {
                Relayed::Broken("Server disconnected without sending a response.".into())
            }
            Outcome::Garbage(_) => Relayed::Broken("illegal status line".into()),
        }
    }

    pub fn record(&self, exchange: Exchange) {
        lock(&self.log).push(exchange);
    }

    /// Tells the hook; `status` once there is an answer.
    pub fn event(&self, request: &Request, status: Option<u16>) -> Verdict {
        let mut hook = lock(&self.hook);
        let number = self.events.fetch_add(1, Ordering::SeqCst) + 1;
        let Some(hook) = hook.as_mut() else { return Verdict::Go };
        let (host, method, path) = (request.host.clone(), request.method.clone(), request.path.clone());
        hook(&match status {
            None => Event::Request { number, host, method, path },
            Some(status) => Event::Answer { number, host, method, path, status },
        })
    }

    /// Counts a finished handshake and numbers its connection.
    pub fn connected(&self, host: &str) -> u64 {
        *lock(&self.handshakes).entry(host.to_owned()).or_default() += 1;
        self.connections.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn surprise(&self, text: String) {
        lock(&self.surprises).push(text);
    }

    pub fn tolerate_unexpected(&self) {
        self.tolerant.store(true, Ordering::SeqCst);
    }

    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = lock(&self.panics).clone();
        if !self.tolerant.load(Ordering::SeqCst) {
            complaints.extend(lock(&self.surprises).iter().cloned());
        }
        complaints
    }

    /// Sleeps, at most until the world ends.
    pub fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let stopped = lock(&self.stopped);
            drop(self.stop.wait_timeout_while(stopped, time, |stopped| !*stopped));
        }
    }

    pub fn set_round_trip(&self, time: Duration) {
        self.round_trip.store(u64::try_from(time.as_millis()).expect("milliseconds"), Ordering::SeqCst);
    }

    /// Takes as long as a message to the service and back takes on the network.
    pub fn travel(&self) {
        self.pause(Duration::from_millis(self.round_trip.load(Ordering::SeqCst)));
    }

    pub fn stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    pub fn stop(&self) {
        *lock(&self.stopped) = true;
        self.stop.notify_all();
    }

    /// Keeps a handle on a connection until its thread releases it.
    pub fn hold(&self, id: u64, socket: TcpStream) {
        lock(&self.sockets).insert(id, socket);
    }

    pub fn adopt(&self, thread: JoinHandle<()>) {
        let mut threads = lock(&self.threads);
        threads.retain(|t| !t.is_finished());
        threads.push(thread);
    }

    pub fn release(&self, id: u64) {
        lock(&self.sockets).remove(&id);
    }

    pub fn close_connections(&self) {
        for socket in lock(&self.sockets).values() {
            // The client may have closed it already.
            let _ = socket.shutdown(Shutdown::Both);
        }
        let threads = std::mem::take(&mut *lock(&self.threads));
        for thread in threads {
            if thread.join().is_err() {
                lock(&self.panics).push("a connection's thread panicked".into());
            }
        }
    }
}
