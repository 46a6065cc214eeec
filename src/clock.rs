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

/// RFC 3339 in UTC, for documents.
pub(crate) fn rfc3339(epoch: f64) -> String {
    let time = jiff::Timestamp::from_second(epoch as i64).unwrap_or_default();
    time.to_string()
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

/// The time limit of a run, or of one attempt in a run that waits for a person. For long work it is the time without
/// progress.
#[derive(Debug)]
pub(crate) struct Budget {
    span: Duration,
    deadline: Cell<Deadline>,
    extends: Cell<bool>,
}

impl Budget {
    /// Starts now.
    pub(crate) fn new(span: Duration) -> Budget {
        Budget { span, deadline: Cell::new(Deadline::after(span)), extends: Cell::new(false) }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline.get()
    }

    /// Restarts with the whole span, since the time that a person takes does not count.
    pub(crate) fn start_over(&self) {
        self.deadline.set(Deadline::after(self.span));
    }

    /// Whether progress extends the limit from now on.
    pub(crate) fn extend_with_progress(&self, extends: bool) {
        self.extends.set(extends);
    }

    pub(crate) fn extends_with_progress(&self) -> bool {
        self.extends.get()
    }

    /// Something was done, such as a request that succeeded.
    pub(crate) fn progressed(&self) {
        if self.extends.get() {
            self.start_over();
        }
    }
}
