//! The only module that reads the clock: the time of day, and the time limit of a run.

use std::{
    cell::Cell,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Seconds since the epoch, as in the cache file and in Auth0's API.
pub(crate) fn now() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// The time by which something must be finished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(budget: Duration) -> Self {
        let start = Instant::now();
        // A budget that overflows the clock is reduced to a year.
        Deadline(start.checked_add(budget).unwrap_or_else(|| start + Duration::from_secs(31_536_000)))
    }

    /// The time left; zero once it has passed.
    pub(crate) fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// The time limit of a run, or of one attempt in a run that waits for a person.
#[derive(Debug)]
pub(crate) struct Budget {
    span: Duration,
    deadline: Cell<Deadline>,
}

impl Budget {
    /// Starts now.
    pub(crate) fn new(span: Duration) -> Budget {
        Budget { span, deadline: Cell::new(Deadline::after(span)) }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline.get()
    }

    /// Restarts with the whole span, since the time that a person takes does not count.
    pub(crate) fn start_over(&self) {
        self.deadline.set(Deadline::after(self.span));
    }
}
