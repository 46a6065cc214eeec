//! The one place that looks at the clock: the time of day, and the time that a run may take.

use std::{
    cell::Cell,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Seconds since the epoch, as the cache file and Auth0 count them.
pub(crate) fn now() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// When something has to be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(budget: Duration) -> Self {
        let start = Instant::now();
        // More than the clock can count is taken for a year.
        Deadline(start.checked_add(budget).unwrap_or_else(|| start + Duration::from_secs(31_536_000)))
    }

    /// What is left; zero when it has passed.
    pub(crate) fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// The time that a run may take, or one attempt of a run that waits for a person.
#[derive(Debug)]
pub(crate) struct Budget {
    span: Duration,
    deadline: Cell<Deadline>,
}

impl Budget {
    /// Runs from now.
    pub(crate) fn new(span: Duration) -> Budget {
        Budget { span, deadline: Cell::new(Deadline::after(span)) }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline.get()
    }

    /// Grants the whole span again: the time that a person took does not count.
    pub(crate) fn start_over(&self) {
        self.deadline.set(Deadline::after(self.span));
    }
}
