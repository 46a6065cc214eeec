//! One visit of a person to the browser: its session at the broker, from opening it to the credential.
//!
//! It does not know what the credential is for. A visit is only called pending after a poll that this run made, or
//! that another process made since this run began.

use std::{cell::Cell, thread};

use serde_json::{Map, Value};

use super::{
    Challenge, Step, TokenSource, envelope, link,
    linkauth::{Broker, Poll, Sealed, Waiting},
    opening::{NewSession, Opened, PublicKey},
};
use crate::{
    clock,
    problem::{Code, Problem, Result},
    store::{Held, Records, Session, SessionTimes},
};

/// A link that nobody has opened is not shown if it expires in fewer seconds than this.
const MIN_TIME_LEFT: f64 = 15.0;
/// Seconds that a person may stay at the provider's page. A confirmed link cannot be opened again, and the broker
/// does not report that access was denied there or that the window was closed.
const GRACE: f64 = 120.0;
/// A poll that is due this many seconds later than was recorded: the clock has been set back since.
const CLOCK_TOLERANCE: f64 = 1.0;

/// The outcome of a visit so far.
pub(super) enum Visit {
    /// Its session is still recorded, so that one write can replace it with the content of the credential.
    Done(Credential),
    Waiting(Challenge),
}

/// The state of a visit that was opened before.
pub(super) enum Polled {
    Visit(Visit),
    /// It can no longer return a credential, for this reason. Its session is forgotten.
    Over(String),
}

impl From<Challenge> for Polled {
    fn from(challenge: Challenge) -> Polled {
        Polled::Visit(Visit::Waiting(challenge))
    }
}

/// What the broker returned for a visit.
pub(super) struct Credential {
    pub(super) members: Map<String, Value>,
    /// The broker's clock, by which the times in it are meant.
    pub(super) date: Option<f64>,
}

/// A session that is recorded, and what is known about it.
struct Pending<'v> {
    name: &'v str,
    step: Step,
    account: Option<&'v str>,
    session: Session,
    times: SessionTimes,
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
        held.writable()?;
        if let Some(session) = held.records.session(name) {
            match self.poll_visit(held, broker, name, session, step)? {
                Polled::Over(why) => reason = reason.or(Some(why)),
                Polled::Visit(visit) => return Ok(visit),
            }
        }
        self.require_visit(held, reason.as_deref(), "No one has signed in yet.")?;
        let opened = self.open(held, broker, request)?;
        self.begin(held, name, step, opened, None, reason).map(Visit::Waiting)
    }

    /// Polls the session recorded under this name, if a poll is due.
    pub(super) fn poll_visit(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        name: &str,
        session: Session,
        step: Step,
    ) -> Result<Polled> {
        let Some(session) = link::showable(session, &broker.url) else {
            held.records.drop_session(name);
            return Ok(Polled::Over("The recorded sign-in link was not valid.".to_owned()));
        };
        let times = held.records.session_times(name);
        let mut pending = Pending { name, step, account: self.settings.account.shown(), session, times };
        let now = clock::now();
        if pending.is_early(now) {
            let is_current = pending.times.asked_at.is_some_and(|at| at >= self.began);
            return Ok(Challenge { is_current, ..pending.challenge(now) }.into());
        }
        match self.poll(held, broker, &mut pending)? {
            Poll::Waiting(seen) => {
                if let Some(why) = pending.update(&seen, now, broker) {
                    held.records.drop_session(name);
                    return Ok(Polled::Over(why));
                }
                self.keep(held, &pending).map(Polled::from)
            }
            Poll::TooEarly { interval } => {
                pending.slow_down(interval);
                let challenge = self.keep(held, &pending)?;
                Ok(Challenge { is_current: false, ..challenge }.into())
            }
            Poll::Ready(sealed) => self.unseal(held, &pending, sealed),
            Poll::Gone => {
                held.records.drop_session(name);
                Ok(Polled::Over(pending.failed(broker)))
            }
        }
    }

    /// Polls. The next poll is recorded before this one, so that the next run does not poll too early if this run is
    /// killed. A disk that cannot be written must fail now, not after a credential has arrived, which the broker
    /// returns only once.
    fn poll(&self, held: &mut Held<'_>, broker: &'a Broker, pending: &mut Pending<'_>) -> Result<Poll> {
        let before = pending.times.clone();
        pending.poll_again_in(pending.session.interval);
        held.records.set_session_times(pending.name, &pending.times);
        held.save()?;
        let poll = self.broker(broker).poll(&pending.session);
        if poll.is_err() {
            // A poll that failed did not use up the interval.
            held.records.set_session_times(pending.name, &before);
            held.save()?;
        }
        poll
    }

    /// Records what a poll has shown.
    fn keep(&self, held: &mut Held<'_>, pending: &Pending<'_>) -> Result<Challenge> {
        held.records.set_session_times(pending.name, &pending.times);
        held.save()?;
        Ok(pending.challenge(clock::now()))
    }

    /// Opens the envelope. If that fails, the session and the key pair are dropped.
    fn unseal(&self, held: &mut Held<'_>, pending: &Pending<'_>, sealed: Sealed) -> Result<Polled> {
        let Sealed { envelope, algorithm, date } = sealed;
        if let Some(algorithm) = algorithm.filter(|a| a != envelope::ALGORITHM) {
            held.records.drop_session(pending.name);
            held.save()?;
            return Err(Problem::configuration("the broker uses an encryption that is not supported")
                .said(algorithm)
                .hint("Update mcs-gmail, or ask the broker's operator about its version."));
        }
        let opened = match held.records.private_key() {
            Some(pem) => envelope::open(&pem, &envelope),
            None => Err(anyhow::anyhow!("the private key is missing")),
        };
        match opened {
            Ok(members) => Ok(Polled::Visit(Visit::Done(Credential { members, date }))),
            Err(e) => {
                self.observer.debug(&format!("cannot open the credential: {e}"));
                held.records.drop_session(pending.name);
                held.records.forget_private_key();
                Ok(Polled::Over("The result of the previous sign-in could not be decrypted.".to_owned()))
            }
        }
    }

    /// Opens a session at the broker. The private key is on disk before the broker gets the public one. A key pair is
    /// generated if there is none, or if it cannot be used, while the connection to the broker is opened.
    pub(super) fn open(
        &self,
        held: &mut Held<'_>,
        broker: &'a Broker,
        request: NewSession,
    ) -> Result<Opened> {
        let client = self.broker(broker);
        if let Some(public) = held.records.private_key().and_then(|pem| envelope::public_key(&pem).ok()) {
            held.save()?;
            return client.create(&request, PublicKey::Known(public));
        }
        thread::scope(|scope| {
            let mut generating = Some(scope.spawn(envelope::generate));
            let is_kept = Cell::new(false);
            let mut keep = || -> Result<String> {
                is_kept.set(true);
                let pair = generating.take().and_then(|generating| generating.join().ok());
                let pair = pair.unwrap_or_else(|| Err(anyhow::anyhow!("no key pair was generated")))?;
                held.records.set_private_key(&pair.pem);
                held.save()?;
                Ok(pair.public)
            };
            let opened = client.create(&request, PublicKey::Awaited(&mut keep));
            // The next run has the key even if the broker did not come to ask for it.
            if !is_kept.get() {
                keep()?;
            }
            opened
        })
    }

    /// A visit is required. The reason is recorded, since this run may not come to start the visit. Fails if this
    /// source only reports the state of the sign-in.
    pub(super) fn require_visit(
        &self,
        held: &mut Held<'_>,
        reason: Option<&str>,
        otherwise: &str,
    ) -> Result<()> {
        held.records.set_reason(reason);
        if held.writable().is_ok() {
            held.save()?;
        }
        if !self.only_looks {
            return Ok(());
        }
        Err(Problem::new(Code::AuthRequired, reason.unwrap_or(otherwise))
            .hint("Run mcs-gmail auth login to get a link."))
    }

    /// Records a session. `also_expires`: seconds after which the visit is useless, whatever the broker thinks.
    pub(super) fn begin(
        &self,
        held: &mut Held<'_>,
        name: &str,
        step: Step,
        opened: Opened,
        also_expires: Option<f64>,
        reason: Option<String>,
    ) -> Result<Challenge> {
        let now = clock::now();
        let Opened { session, expires_at, date } = opened;
        let there = date.unwrap_or(now);
        let broker_expires_at = earliest(expires_at, also_expires.map(|seconds| there + seconds));
        let times = SessionTimes {
            // Without the broker's clock, ours may be so wrong that the link seems to have expired already.
            expires_at: broker_expires_at.map(|at| now + at - there).filter(|at| *at > now),
            broker_expires_at,
            // The broker measures the interval between polls, so the first poll may come at any time.
            next_poll: now,
            poll_wait: 0.0,
            asked_at: None,
            polled_at: None,
            confirmed_at: None,
            reason,
        };
        held.records.set_session(name, &session, &times);
        held.records.set_reason(None);
        held.save()?;
        let pending = Pending { name, step, account: self.settings.account.shown(), session, times };
        let retry_after = pending.session.interval;
        Ok(Challenge { is_new: true, retry_after, ..pending.challenge(now) })
    }
}

impl Pending<'_> {
    /// Whether the broker would refuse a poll now. A link that has expired meanwhile is polled at once.
    fn is_early(&self, now: f64) -> bool {
        self.wait(now) > 0.0 && self.times.expires_at.is_none_or(|at| at > now)
    }

    /// Seconds until the next poll is due.
    fn wait(&self, now: f64) -> f64 {
        let wait = self.times.next_poll - now;
        if wait > self.times.poll_wait + CLOCK_TOLERANCE { 0.0 } else { wait.max(0.0) }
    }

    fn poll_again_in(&mut self, seconds: f64) {
        self.times.poll_wait = seconds;
        self.times.next_poll = clock::now() + seconds;
    }

    /// Takes over what a poll has shown that was sent at `asked_at`. Returns why the visit is over, if it is.
    fn update(&mut self, seen: &Waiting, asked_at: f64, broker: &Broker) -> Option<String> {
        let now = clock::now();
        // The broker's clock decides: ours may be wrong, or may have been set.
        let there = seen.date.unwrap_or(now);
        let left = seen.date.and_then(|there| self.seconds_left(seen, there));
        self.times.asked_at = Some(asked_at);
        self.times.polled_at = Some(now);
        self.poll_again_in(seen.interval);
        if let Some(left) = left {
            self.times.expires_at = Some(now + left);
        }
        if seen.confirmed {
            let at = *self.times.confirmed_at.get_or_insert(there);
            return (there - at > GRACE).then(|| self.failed(broker));
        }
        let ending = left.is_some_and(|left| left < MIN_TIME_LEFT);
        ending.then(|| "The previous link has expired.".to_owned())
    }

    fn seconds_left(&self, seen: &Waiting, there: f64) -> Option<f64> {
        earliest(seen.expires_at, self.times.broker_expires_at).map(|at| at - there)
    }

    /// The broker refused a poll as too early. It counts from the last poll that it accepted.
    fn slow_down(&mut self, interval: f64) {
        let now = clock::now();
        let since_accepted = self.times.polled_at.map(|at| at + self.session.interval - now);
        self.poll_again_in(since_accepted.filter(|wait| *wait > 0.0 && *wait < interval).unwrap_or(interval));
    }

    fn challenge(&self, now: f64) -> Challenge {
        Challenge {
            step: self.step,
            url: self.session.url.clone(),
            code: self.session.code.clone(),
            account: self.account.map(str::to_owned),
            expires_at: self.times.expires_at,
            retry_after: self.wait(now),
            is_new: false,
            is_current: true,
            confirmed: self.times.confirmed_at.is_some(),
            reason: self.times.reason.clone(),
        }
    }

    /// Why the next visit is needed, if this one came to no result.
    fn failed(&self, broker: &Broker) -> String {
        let what = match self.times.confirmed_at {
            Some(_) => "The previous visit was started, but not finished.",
            None => "The previous sign-in was not completed: its link has expired, or the visit failed.",
        };
        format!("{what} {}", likely_causes(broker, self.step))
    }
}

/// What usually makes a visit fail, by what the person saw in the browser.
fn likely_causes(broker: &Broker, step: Step) -> String {
    let test_user = "\"Access blocked\" at Google: add the account as a test user of the Google project, or publish the app.";
    if step == Step::SignInOnce {
        return format!("If the browser showed an error, check the set-up. {test_user}");
    }
    format!(
        "If the browser showed an error, check the set-up. {test_user} \"Callback URL mismatch\": in Auth0, add \
         {}/v1/oauth/callback to the application's Allowed Callback URLs. \"Service not found\": check auth0_audience. \
         No Google button, or the connection is not enabled: enable the application on the Applications tab of the \
         connection google-oauth2.",
        broker.url
    )
}

/// The pending visit with this name at this broker, as it is recorded.
pub(super) fn recorded(
    records: &Records,
    broker: &str,
    name: &str,
    step: Step,
    account: Option<&str>,
) -> Option<Challenge> {
    let session = link::showable(records.session(name)?, broker)?;
    let times = records.session_times(name);
    let now = clock::now();
    let pending = Pending { name, step, account, session, times };
    let open = pending.times.expires_at.is_none_or(|at| at > now);
    open.then(|| pending.challenge(now))
}

fn earliest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
