//! The one place that looks at the clock: the time of day, and the deadline of this run.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since the epoch, as the cache file and Auth0 count them.
pub(crate) fn now() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// When this run has to be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(budget: Duration) -> Self {
        let start = Instant::now();
        // A budget beyond what the clock can count is as good as a year.
        Deadline(start.checked_add(budget).unwrap_or_else(|| start + Duration::from_secs(31_536_000)))
    }

    /// What is left; zero when it has passed.
    pub(crate) fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}
