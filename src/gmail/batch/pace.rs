//! How many calls a batch has, and when the next one is made. It knows neither calls nor the network.
//!
//! Gmail limits how many parts of a batch it takes at once, without saying how many, and how many quota units a user
//! spends in a minute. Both are 429 or 403; the difference is whether other parts of the same batch went through.

use std::time::Duration;

use crate::problem::{Code, Problem};

/// Gmail rate limits parts of larger batches.
const SIZE: usize = 25;
/// The largest batch that Gmail accepts.
const WIDE: usize = 100;

/// 6,000 units are refilled each minute (<https://developers.google.com/workspace/gmail/api/reference/quota>).
const UNIT: Duration = Duration::from_millis(10);
/// The units of `messages.get`, and of `labels.get`.
const MESSAGE: u32 = 20;
const LABEL: u32 = 1;

/// After so many batches in a row that went through, refusals are forgotten.
const RECOVERED: u32 = 3;
/// The size of batches that wait for their quota.
const METERED: usize = 10;

/// How many batches in a row must go through before a larger one is tried beyond a known limit.
const FIRST_PATIENCE: u32 = 8;
const LONGEST_PATIENCE: u32 = 64;

/// The number of calls in one batch: what Gmail took after parts were refused, half after other failures, more again after
/// successes.
#[derive(Debug)]
pub(crate) struct Pace {
    size: usize,
    /// When a larger size is tried, if Gmail takes only so many parts at once.
    patience: Option<u32>,
    /// The time in which the quota of one call is refilled, as it is documented.
    refill: Duration,
    /// The same as it was found, once the quota is used up.
    metered: Option<Duration>,
    /// Batches of which nothing went through, since some went through as a whole.
    refusals: u32,
    /// Batches in a row that went through as a whole.
    clean: u32,
    /// The endpoint failed: all further calls are single requests.
    pub(super) single: bool,
    /// Nothing more is asked for in this run.
    over: Option<Problem>,
}

/// Gmail takes only so many parts at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    size: usize,
    patience: u32,
}

/// What became of the calls of a batch, side calls not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Succeeded, or failed for good.
    pub(super) settled: usize,
    /// Refused because there were too many.
    pub(super) limited: usize,
    /// Failed for a moment for another reason.
    pub(super) failed: usize,
}

impl Count {
    fn asked(self) -> usize {
        self.settled + self.limited + self.failed
    }
}

/// When the next batch is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    AtOnce,
    Later,
}

impl Default for Pace {
    fn default() -> Self {
        Pace::of(SIZE, MESSAGE)
    }
}

impl Pace {
    pub(super) fn wide() -> Pace {
        Pace::of(WIDE, LABEL)
    }

    fn of(size: usize, units: u32) -> Pace {
        Pace {
            size,
            patience: None,
            refill: UNIT * units,
            metered: None,
            refusals: 0,
            clean: 0,
            single: false,
            over: None,
        }
    }

    /// The same with a limit that was found before.
    pub(super) fn within(self, limit: Option<Limit>) -> Pace {
        match limit {
            Some(Limit { size, patience }) => {
                Pace { size: self.size.min(size), patience: Some(patience), ..self }
            }
            None => self,
        }
    }

    /// The limit, as far as it is known.
    pub(super) fn limit(&self) -> Option<Limit> {
        self.patience.map(|patience| Limit { size: self.size, patience })
    }

    /// The number of calls in the next batch.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The number of calls in the next batch, and whether so many side calls ride in it. Only a known limit counts them.
    pub(super) fn share(&self, sides: usize) -> (usize, bool) {
        match self.patience {
            None => (self.size, true),
            Some(_) if self.size > sides => (self.size - sides, true),
            Some(_) => (self.size, false),
        }
    }

    /// Learns from a batch. `taken` is the number of its parts, side calls too, that were not refused.
    pub(super) fn learn(&mut self, count: Count, taken: usize) -> Next {
        if count.limited + count.failed == 0 {
            return self.learn_success();
        }
        let is_confirmed = std::mem::take(&mut self.clean) > 0;
        match count {
            Count { limited: 0, settled, .. } => {
                if settled == 0 || self.patience.is_none() {
                    self.slower(count);
                }
            }
            Count { settled: 0, .. } => self.learn_refusal(count, is_confirmed || taken > 0),
            Count { .. } => {
                self.size = taken.clamp(1, self.size);
                self.patience.get_or_insert(FIRST_PATIENCE);
                match &mut self.metered {
                    // What went through is what the quota was refilled by.
                    Some(refill) => *refill = refill.mul_f64(count.asked() as f64 / count.settled as f64),
                    None => return Next::AtOnce,
                }
            }
        }
        Next::Later
    }

    fn learn_success(&mut self) -> Next {
        self.clean += 1;
        if self.clean >= RECOVERED {
            self.refusals = 0;
        }
        let Some(refill) = self.metered else {
            self.faster();
            return Next::AtOnce;
        };
        self.metered = Some(refill / 2).filter(|refill| *refill > self.refill / 8);
        self.size = self.size.max((self.size * 2).min(METERED));
        Next::Later
    }

    /// Nothing of a batch went through. Once may be chance; twice is an empty quota. So is once in the size that was taken
    /// just before: that was what the quota had left, and not what Gmail takes at once.
    fn learn_refusal(&mut self, count: Count, is_confirmed: bool) {
        self.refusals += 1;
        let was_rest = self.patience.is_some() && !is_confirmed;
        match &mut self.metered {
            Some(refill) => *refill = refill.saturating_mul(2),
            None if self.refusals > 1 || was_rest => {
                self.patience = self.patience.take().filter(|_| !was_rest);
                self.metered = Some(self.refill);
                self.size = self.size.max(METERED);
            }
            None => self.slower(count),
        }
    }

    /// The time in which the quota of the next batch is refilled, of so many open calls; none before it is known that the
    /// quota is used up. The batch becomes smaller if that is more than half of the time that is left.
    pub(super) fn pause(&mut self, open: usize, left: Duration) -> Duration {
        let Some(refill) = self.metered else { return Duration::ZERO };
        let most = left.as_millis() / 2 / refill.as_millis().max(1);
        self.size = self.size.min(usize::try_from(most).unwrap_or(usize::MAX)).max(1);
        refill.saturating_mul(u32::try_from(self.size.min(open)).unwrap_or(u32::MAX))
    }

    /// Nothing more is asked for in this run.
    pub(super) fn end(&mut self, problem: Problem) {
        self.over = Some(problem);
    }

    /// Whether there is no time for more calls.
    pub(crate) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    pub(super) fn over(&self) -> Option<&Problem> {
        self.over.as_ref()
    }

    /// A few calls say nothing about the size.
    fn slower(&mut self, count: Count) {
        if count.asked() * 2 > self.size {
            self.size = (self.size / 2).max(1);
        }
    }

    fn faster(&mut self) {
        if let Some(patience) = &mut self.patience {
            if self.clean < *patience {
                return;
            }
            self.clean = 0;
            *patience = (*patience * 2).min(LONGEST_PATIENCE);
        }
        self.size = self.size.max((self.size + self.size.div_ceil(2)).min(SIZE));
    }
}

/// Whether a call was refused because there were too many.
pub(super) fn is_limited(problem: &Problem) -> bool {
    problem.code() == Code::RateLimited
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(settled: usize, limited: usize, failed: usize) -> Count {
        Count { settled, limited, failed }
    }

    #[test]
    fn the_size_that_was_taken_is_kept_and_a_larger_one_is_seldom_tried() {
        let mut pace = Pace::default();
        assert_eq!(pace.learn(count(10, 15, 0), 10), Next::AtOnce);
        let sizes: Vec<usize> = (0..200)
            .map(|_| {
                let size = pace.size();
                let taken = size.min(10);
                assert_eq!(pace.learn(count(taken, size - taken, 0), taken), Next::AtOnce);
                size
            })
            .collect();
        let larger = sizes.iter().filter(|size| **size > 10).count();
        assert!((1..10).contains(&larger) && sizes.iter().all(|size| *size >= 10), "{sizes:?}");
    }

    #[test]
    fn after_two_batches_of_which_nothing_went_through_the_quota_is_waited_for() {
        let (mut pace, minute) = (Pace::default(), Duration::from_secs(60));
        pace.learn(count(0, 25, 0), 0);
        assert_eq!((pace.size(), pace.pause(100, minute)), (12, Duration::ZERO));
        pace.learn(count(0, 12, 0), 0);
        assert_eq!((pace.size(), pace.pause(100, minute)), (12, Duration::from_millis(2400)));
        // Six went through in that time, so six more take as long.
        pace.learn(count(6, 6, 0), 6);
        assert_eq!((pace.size(), pace.pause(100, minute)), (6, Duration::from_millis(2400)));
        assert_eq!(pace.pause(1, minute), Duration::from_millis(400));
        assert!(pace.pause(100, Duration::from_secs(2)) <= Duration::from_secs(1));
        for _ in 0..5 {
            let size = pace.size();
            pace.learn(count(size, 0, 0), size);
        }
        assert_eq!(pace.pause(100, minute), Duration::ZERO, "the quota is no longer a matter");
    }

    #[test]
    fn a_limit_is_kept_for_other_calls_and_is_none_for_fewer() {
        let mut pace = Pace::default();
        assert_eq!(pace.limit(), None);
        pace.learn(count(10, 15, 0), 10);
        let limit = pace.limit();
        assert_eq!((Pace::default().within(limit).size(), Pace::wide().within(limit).size()), (10, 10));
        assert_eq!(Pace::default().within(limit).limit(), limit);
        assert_eq!(Pace::wide().within(None).size(), WIDE);
    }

    #[test]
    fn failures_of_another_kind_halve_the_size_unless_they_are_single() {
        let mut pace = Pace::default();
        pace.learn(count(20, 0, 5), 20);
        assert_eq!(pace.size(), 12);
        pace.learn(count(0, 0, 1), 0);
        assert_eq!(pace.size(), 12);
        pace.learn(count(12, 0, 0), 12);
        assert_eq!(pace.size(), 18);
    }
}
