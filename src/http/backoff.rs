//! Truncated exponential backoff with full jitter, inside the run's deadline.

use std::time::Duration;

use crate::{
    clock::Budget,
    observer::Observer,
    problem::{Code, Problem},
    random,
};

/// The reason of most retries.
pub(crate) const RATE_LIMITED: &str = "rate limited";

/// The upper bound of the first wait; it doubles with each try.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(32);
const MAX_TRIES: u32 = 5;
/// A quota of a minute is free again after it.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Backoff<'a> {
    tries: u32,
    max_tries: u32,
    waited: Duration,
    /// The longest time that all waits together may take.
    patience: Duration,
    budget: &'a Budget,
    observer: &'a dyn Observer,
}

impl<'a> Backoff<'a> {
    pub(super) fn new(budget: &'a Budget, observer: &'a dyn Observer) -> Self {
        Backoff {
            tries: 0,
            max_tries: MAX_TRIES,
            waited: Duration::ZERO,
            patience: Duration::MAX,
            budget,
            observer,
        }
    }

    /// Allows this many tries in all.
    pub(crate) fn at_most(self, max_tries: u32) -> Self {
        Backoff { max_tries, ..self }
    }

    /// Allows any number of tries, which wait for a minute in all: for a quota that is counted by the minute.
    pub(crate) fn patient(self) -> Self {
        Backoff { max_tries: u32::MAX, patience: PATIENCE, ..self }
    }

    /// The same, for the reason of a problem and for at least the wait that it names.
    pub(crate) fn again_after(&mut self, problem: &Problem) -> bool {
        let reason = if problem.code() == Code::RateLimited { RATE_LIMITED } else { "a request failed" };
        self.again(reason, problem.wait())
    }

    /// Sleeps before the next try and returns true. It sleeps for at least `asked`, the wait that the server
    /// requested. Returns false without sleeping when no try is left or the wait would pass the deadline.
    pub(crate) fn again(&mut self, reason: &str, asked: Option<Duration>) -> bool {
        self.tries += 1;
        if self.tries >= self.max_tries {
            return false;
        }
        let ceiling = FIRST_WAIT.saturating_mul(2u32.saturating_pow(self.tries - 1)).min(LONGEST_WAIT);
        let wait = ceiling.mul_f64(random::fraction()).max(asked.unwrap_or_default());
        if wait >= self.budget.deadline().left() || self.waited + wait > self.patience {
            return false;
        }
        self.waited += wait;
        self.observer.debug(&format!("retrying in {} ms", wait.as_millis()));
        self.observer.pausing(reason, wait);
        std::thread::sleep(wait);
        true
    }
}
