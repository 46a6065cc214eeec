//! What goes wrong on purpose: faults that wait for a matching request, and hooks that see every step.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    lock,
    wire::{Request, Response},
};

/// A fault, built up like a sentence:
/// `Fault::on(GMAIL_HOST).method("POST").path("/batch").skip(1).times(2).status(503, &[], "")`.
/// It strikes once unless `times` or `always` is used, and only for requests that fit every condition. The method
/// `CONNECT` strikes at the egress proxy, before there is TLS, and has to be named.
#[derive(Clone, Debug)]
pub struct Fault {
    host: String,
    method: Option<String>,
    path: String,
    member: Option<String>,
    skip: usize,
    times: usize,
    strike: Strike,
}

/// What happens to the request that was struck.
#[derive(Clone, Debug, Default)]
pub struct Strike {
    pub hold: Option<Hold>,
    pub delay: Duration,
    pub harm: Harm,
}

#[derive(Clone, Debug, Default)]
pub enum Harm {
    /// Only the delay.
    #[default]
    None,
    Status(Response),
    ResetBefore,
    ResetAfter,
    Truncate(usize),
    Garbage(Vec<u8>),
    Hang,
}

impl Fault {
    pub fn on(host: &str) -> Fault {
        Fault {
            host: host.to_owned(),
            method: None,
            path: String::new(),
            member: None,
            skip: 0,
            times: 1,
            strike: Strike::default(),
        }
    }

    pub fn method(mut self, method: &str) -> Fault {
        self.method = Some(method.to_owned());
        self
    }

    /// Only paths that begin like this.
    pub fn path(mut self, prefix: &str) -> Fault {
        self.path = prefix.to_owned();
        self
    }

    /// Only requests whose body contains this text, for endpoints that serve several purposes.
    pub fn body_contains(mut self, text: &str) -> Fault {
        self.member = Some(text.to_owned());
        self
    }

    /// Lets the first `count` fitting requests pass.
    pub fn skip(mut self, count: usize) -> Fault {
        self.skip = count;
        self
    }

    pub fn times(mut self, count: usize) -> Fault {
        self.times = count;
        self
    }

    pub fn always(self) -> Fault {
        self.times(usize::MAX)
    }

    /// Holds the request back before anything else; combines with every other harm.
    pub fn delay(mut self, delay: Duration) -> Fault {
        self.strike.delay = delay;
        self
    }

    /// Holds the request back until the holder releases it; combines with every harm.
    pub(super) fn held_by(mut self, hold: &Hold) -> Fault {
        self.strike.hold = Some(hold.clone());
        self
    }

    /// This JSON instead of the service's answer; the service does not see the request.
    pub fn json(self, status: u16, body: &Value) -> Fault {
        self.status(status, &[("Content-Type", "application/json")], body.to_string())
    }

    /// Google's answer to an access token that it does not accept.
    pub fn unauthenticated(self) -> Fault {
        self.json(
            401,
            &json!({"error": {"code": 401, "message": "Invalid Credentials", "status": "UNAUTHENTICATED"}}),
        )
    }

    /// This answer instead of the service's; the service does not see the request.
    pub fn status(self, status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Fault {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.harm(Harm::Status(Response { status, headers, body: body.into() }))
    }

    /// The connection closes unanswered; the service does not see the request.
    pub fn reset_before(self) -> Fault {
        self.harm(Harm::ResetBefore)
    }

    /// The service carries the request out, then the connection closes unanswered.
    pub fn reset_after(self) -> Fault {
        self.harm(Harm::ResetAfter)
    }

    /// The head of the answer announces the whole body, of which only this many bytes come.
    pub fn truncate(self, bytes: usize) -> Fault {
        self.harm(Harm::Truncate(bytes))
    }

    /// These raw bytes are sent instead of an HTTP answer.
    pub fn garbage(self, bytes: impl Into<Vec<u8>>) -> Fault {
        self.harm(Harm::Garbage(bytes.into()))
    }

    /// There is never an answer; the connection stays open.
    pub fn hang(self) -> Fault {
        self.harm(Harm::Hang)
    }

    fn harm(mut self, harm: Harm) -> Fault {
        self.strike.harm = harm;
        self
    }

    fn fits(&self, request: &Request) -> bool {
        self.host == request.host
            && self.method.as_ref().map_or(request.method != "CONNECT", |m| *m == request.method)
            && request.path.starts_with(&self.path)
            && self
                .member
                .as_ref()
                .is_none_or(|m| String::from_utf8_lossy(&request.body).contains(m.as_str()))
    }
}

/// What the first fault that fits does to this request. Faults still skipping count down.
pub fn strike(faults: &mut [Fault], request: &Request) -> Strike {
    for fault in faults.iter_mut().filter(|f| f.times > 0 && f.fits(request)) {
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        fault.times -= 1;
        return fault.strike.clone();
    }
    Strike::default()
}

/// A request that is held back, and the test that decides when it goes on.
#[derive(Clone, Debug, Default)]
pub struct Hold(Arc<(Mutex<Held>, Condvar)>);

#[derive(Debug, Default)]
struct Held {
    arrived: bool,
    released: bool,
}

impl Hold {
    /// Returns once a request has arrived and is being held.
    pub fn wait_for_arrival(&self) {
        let (state, changed) = &*self.0;
        let patience = Duration::from_secs(120);
        let (held, _) = changed
            .wait_timeout_while(lock(state), patience, |held| !held.arrived)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(held.arrived, "no request arrived in {patience:?}");
    }

    pub fn release(&self) {
        lock(&self.0.0).released = true;
        self.0.1.notify_all();
    }

    /// Keeps the calling connection until the release or the end of the world.
    pub(super) fn keep(&self, ended: impl Fn() -> bool) {
        let (state, changed) = &*self.0;
        let mut held = lock(state);
        held.arrived = true;
        changed.notify_all();
        while !held.released && !ended() {
            held = changed
                .wait_timeout(held, Duration::from_millis(20))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// A step of an exchange with the client. `number` counts the steps of the world from 1.
#[derive(Clone, Debug)]
pub enum Event {
    /// The request has arrived; no service has seen it.
    Request { number: u64, host: String, method: String, path: String },
    /// The service has done its work; no byte of the answer has left.
    Answer { number: u64, host: String, method: String, path: String, status: u16 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// The connection closes here and now.
    Cut,
}
