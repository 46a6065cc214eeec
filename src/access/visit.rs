//! One visit of a person to the browser: its session at the broker, from opening it to the credential.
//!
//! It does not know which of the visits it is, or what the credential is for.

use serde_json::{Map, Value};

use super::{
    Challenge, Step, TokenSource, envelope,
    linkauth::{Broker, NewSession, Poll},
};
use crate::{
    clock,
    problem::{Problem, Result},
    store::{Held, Records, Session, SessionTimes},
};

/// Why there is a new link after an earlier one.
pub(super) const UNFINISHED: &str =
    "The previous sign-in was not completed: its link has expired, or the sign-in was not finished.";

/// A link that nobody has opened is not shown if it expires in fewer seconds than this.
const MIN_TIME_LEFT: f64 = 15.0;
/// Seconds that a person may stay at the provider's page. A confirmed link cannot be opened again, and the broker
/// does not report that access was denied there or that the window was closed.
const GRACE: f64 = 120.0;

/// The outcome of a visit so far.
pub(super) enum Visit {
    /// The credential. Its session is still recorded, so that one write can replace it with the content of the
    /// credential.
    Done(Map<String, Value>),
    Waiting(Challenge),
}

impl<'a> TokenSource<'a> {
    /// Polls the pending visit, or opens a new one.
    pub(super) fn visit(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        name: &str,
        step: Step,
        request: NewSession,
        mut reason: Option<String>,
    ) -> Result<Visit> {
        if held.records.session(name).is_some() {
            if let Some(visit) = self.poll_visit(held, broker, name, step, None)? {
                return Ok(visit);
            }
            reason = reason.or_else(|| Some(UNFINISHED.into()));
        }
        self.open(held, broker, name, step, request, reason).map(Visit::Waiting)
    }

    /// Polls a pending session if a poll is due. `None` if the session can no longer return a credential.
    pub(super) fn poll_visit(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        name: &str,
        step: Step,
        also_expires: Option<f64>,
    ) -> Result<Option<Visit>> {
        let Some(session) = held.records.session(name) else { return Ok(None) };
        let times = held.records.session_times(name);
        let expires_at = earliest(times.expires_at, also_expires);
        let now = clock::now();
        let early = times.next_poll > now && times.next_poll - now < 120.0;
        if early && expires_at.is_none_or(|t| t > now) {
            return Ok(Some(Visit::Waiting(challenge(&session, step, expires_at, times, now))));
        }
        // Recorded before the poll, so that the next run does not poll too early if this one is killed. A disk that
        // cannot be written must fail now, not after a credential has arrived, which the broker returns only once.
        let mut times = SessionTimes { next_poll: now + session.interval, ..times };
        held.records.set_session_times(name, times);
        held.save()?;
        match self.broker(broker).poll(&session)? {
            Poll::Waiting { confirmed, interval } => {
                let now = clock::now();
                if confirmed {
                    times.confirmed_at.get_or_insert(now);
                }
                let unusable = match times.confirmed_at {
                    Some(at) => now - at > GRACE,
                    None => expires_at.is_some_and(|t| t - now < MIN_TIME_LEFT),
                };
                if unusable {
                    held.records.drop_session(name);
                    return Ok(None);
                }
                times.next_poll = now + interval.clamp(0.0, 60.0);
            }
            Poll::TooEarly { interval } => times.next_poll = clock::now() + interval.clamp(0.0, 60.0),
            Poll::Ready { envelope, algorithm } => {
                return Ok(self.unwrap(held, name, &envelope, algorithm)?.map(Visit::Done));
            }
            Poll::Gone => {
                held.records.drop_session(name);
                return Ok(None);
            }
        }
        held.records.set_session_times(name, times);
        held.save()?;
        Ok(Some(Visit::Waiting(challenge(&session, step, expires_at, times, clock::now()))))
    }

    /// Opens the envelope. If that fails, the session and the key pair are dropped.
    fn unwrap(
        &self,
        held: &mut Held<'_>,
        name: &str,
        envelope: &str,
        algorithm: Option<String>,
    ) -> Result<Option<Map<String, Value>>> {
        if let Some(algorithm) = algorithm.filter(|a| a != envelope::ALGORITHM) {
            held.records.drop_session(name);
            held.save()?;
            return Err(Problem::configuration(format!(
                "the broker uses the encryption {algorithm:?}, which is not supported"
            ))
            .hint("Update mcs-gmail, or ask the broker's operator about its version."));
        }
        let opened = match held.records.private_key() {
            Some(pem) => envelope::open(&pem, envelope),
            None => Err(anyhow::anyhow!("the private key is missing")),
        };
        match opened {
            Ok(credential) => Ok(Some(credential)),
            Err(e) => {
                self.observer.debug(&format!("cannot open the credential: {e}"));
                held.records.drop_session(name);
                held.records.forget_private_key();
                Ok(None)
            }
        }
    }

    /// Opens a session at the broker and records it. The private key is on disk before the broker gets the public
    /// one.
    pub(super) fn open(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        name: &str,
        step: Step,
        request: NewSession,
        reason: Option<String>,
    ) -> Result<Challenge> {
        let public_key = self.public_key(&mut held.records)?;
        held.save()?;
        let (session, expires_at) = self.broker(broker).create(&public_key, &request)?;
        let now = clock::now();
        // The broker measures the interval between polls, so the first poll may come at any time.
        let times = SessionTimes { expires_at, next_poll: now, confirmed_at: None };
        held.records.set_session(name, &session, times);
        held.save()?;
        let challenge = challenge(&session, step, expires_at, times, now);
        Ok(Challenge { pending: false, reason, retry_after: session.interval, ..challenge })
    }

    /// Our public key. A key pair is generated if there is none, or if it cannot be used.
    fn public_key(&self, records: &mut Records) -> Result<String> {
        let existing = records.private_key().and_then(|pem| envelope::public_key(&pem).ok());
        if let Some(public) = existing {
            return Ok(public);
        }
        let pem = envelope::generate()?;
        records.set_private_key(&pem);
        Ok(envelope::public_key(&pem)?)
    }
}

pub(super) fn challenge(
    session: &Session,
    step: Step,
    expires_at: Option<f64>,
    times: SessionTimes,
    now: f64,
) -> Challenge {
    Challenge {
        step,
        url: session.url.clone(),
        code: session.code.clone(),
        expires_at,
        retry_after: (times.next_poll - now).max(0.0),
        pending: true,
        confirmed: times.confirmed_at.is_some(),
        reason: None,
    }
}

pub(super) fn earliest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
