//! One visit of a person to the browser: the session at the broker that stands behind it, from its opening to the
//! credential. Which visit it is and what the credential is for is not known here.

use serde_json::{Map, Value};

use super::{
    Authority, Challenge, LINK_LOST, Step,
    cache::{Entries, Held},
    envelope,
    linkauth::{Broker, NewSession, Poll},
    records::{Notes, Session},
};
use crate::{
    clock,
    problem::{Problem, Result},
};

/// A link with less life than this is not worth showing while nobody has opened it, in seconds.
const SHORT_LIFE: f64 = 15.0;
/// So long a person may be at the provider's, in seconds. A link that was confirmed cannot be opened again, and
/// the broker never says that the login was refused or its window closed.
const GRACE: f64 = 120.0;

/// What one visit to the browser came to.
pub(super) enum Visit {
    /// The credential; its session is still recorded, so that it goes in the same write that stores this.
    Done(Map<String, Value>),
    Waiting(Challenge),
}

impl<'a> Authority<'a> {
    /// One visit to the browser: asks for the pending one, or opens a new one.
    pub(super) fn visit(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        name: &str,
        step: Step,
        request: NewSession,
        mut note: Option<String>,
    ) -> Result<Visit> {
        if held.entries.session(name).is_some() {
            if let Some(visit) = self.ask(held, broker, name, step, None)? {
                return Ok(visit);
            }
            note = note.or_else(|| Some(LINK_LOST.into()));
        }
        self.open(held, broker, name, step, request, note).map(Visit::Waiting)
    }

    /// Asks for a pending session, if it may be asked for now. None when it is gone for good.
    pub(super) fn ask(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        name: &str,
        step: Step,
        also_expires: Option<f64>,
    ) -> Result<Option<Visit>> {
        let Some(session) = held.entries.session(name) else { return Ok(None) };
        let notes = held.entries.notes(name);
        let expires_at = earliest(notes.expires_at, also_expires);
        let now = clock::now();
        let early = notes.next_poll > now && notes.next_poll - now < 120.0;
        if early && expires_at.is_none_or(|t| t > now) {
            return Ok(Some(Visit::Waiting(challenge(&session, step, expires_at, notes, now))));
        }
        // Noted before asking: a killed run must not make the next one ask too early, and a disk that cannot
        // be written must show now, not when a credential has come that exists only once.
        let mut notes = Notes { next_poll: now + session.interval, ..notes };
        held.entries.set_notes(name, notes);
        held.save()?;
        match self.broker(broker).poll(&session)? {
            Poll::Waiting { confirmed, interval } => {
                let now = clock::now();
                if confirmed {
                    notes.confirmed_at.get_or_insert(now);
                }
                let worthless = match notes.confirmed_at {
                    Some(at) => now - at > GRACE,
                    None => expires_at.is_some_and(|t| t - now < SHORT_LIFE),
                };
                if worthless {
                    held.entries.drop_session(name);
                    return Ok(None);
                }
                notes.next_poll = now + interval.clamp(0.0, 60.0);
            }
            Poll::TooEarly { interval } => notes.next_poll = clock::now() + interval.clamp(0.0, 60.0),
            Poll::Ready { envelope, algorithm } => {
                return Ok(self.unwrap(held, name, &envelope, algorithm)?.map(Visit::Done));
            }
            Poll::Gone => {
                held.entries.drop_session(name);
                return Ok(None);
            }
        }
        held.entries.set_notes(name, notes);
        held.save()?;
        Ok(Some(Visit::Waiting(challenge(&session, step, expires_at, notes, clock::now()))))
    }

    /// Opens the envelope. One that cannot be opened is lost with its session, and so is the key pair.
    fn unwrap(
        &self,
        held: &mut Held<'_>,
        name: &str,
        envelope: &str,
        algorithm: Option<String>,
    ) -> Result<Option<Map<String, Value>>> {
        if let Some(algorithm) = algorithm.filter(|a| a != envelope::ALGORITHM) {
            held.entries.drop_session(name);
            held.save()?;
            return Err(Problem::configuration(format!(
                "the broker encrypts with {algorithm:?}, which is not supported"
            ))
            .hint("Update mcs-gmail, or ask the broker's operator about its version."));
        }
        let opened = match held.entries.private_key() {
            Some(pem) => envelope::open(&pem, envelope),
            None => Err(anyhow::anyhow!("the private key is gone")),
        };
        match opened {
            Ok(credential) => Ok(Some(credential)),
            Err(e) => {
                self.observer.debug(&format!("credential lost: {e}"));
                held.entries.drop_session(name);
                held.entries.forget_private_key();
                Ok(None)
            }
        }
    }

    /// Opens a session at the broker and records it. The private key is on disk before.
    pub(super) fn open(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        name: &str,
        step: Step,
        request: NewSession,
        note: Option<String>,
    ) -> Result<Challenge> {
        let public_key = self.public_key(&mut held.entries)?;
        held.save()?;
        let (session, expires_at) = self.broker(broker).create(&public_key, &request)?;
        let now = clock::now();
        // The broker counts from poll to poll, so the first one may come at any time.
        let notes = Notes { expires_at, next_poll: now, confirmed_at: None };
        held.entries.set_session(name, &session, notes);
        held.save()?;
        let challenge = challenge(&session, step, expires_at, notes, now);
        Ok(Challenge { pending: false, note, retry_after: session.interval, ..challenge })
    }

    /// Our public key; a key pair is made when there is none or when it cannot be used.
    fn public_key(&self, entries: &mut Entries) -> Result<String> {
        let existing = entries.private_key().and_then(|pem| envelope::public_key(&pem).ok());
        if let Some(public) = existing {
            return Ok(public);
        }
        let pem = envelope::generate()?;
        entries.set_private_key(&pem);
        Ok(envelope::public_key(&pem)?)
    }
}

pub(super) fn challenge(
    session: &Session,
    step: Step,
    expires_at: Option<f64>,
    notes: Notes,
    now: f64,
) -> Challenge {
    Challenge {
        step,
        url: session.url.clone(),
        code: session.code.clone(),
        expires_at,
        retry_after: (notes.next_poll - now).max(0.0),
        pending: true,
        confirmed: notes.confirmed_at.is_some(),
        note: None,
    }
}

pub(super) fn earliest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
