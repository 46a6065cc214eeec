//! Waits for a person to sign in, if `--wait` was given or a person is at the terminal.

use std::time::Duration;

use super::{Connection, Invocation};
use crate::{
    access::{Access, Challenge},
    browser,
    clock::{self, Deadline},
    observer::Observer,
    output::duration,
    problem::Result,
};

/// How long a run waits for a person at the terminal.
pub(super) const AT_TERMINAL: Duration = Duration::from_secs(900);
/// The pause between two attempts while the network is failing.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// What ends a wait, apart from its time limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    SignedIn,
    /// Also another link, which someone has to pass on to the person.
    NewLink,
}

/// Waits until the sign-in is done or the time is up. A new link is shown as soon as there is one.
pub(super) fn for_person(
    run: &Invocation<'_>,
    connection: &Connection<'_>,
    first: Challenge,
    until: Until,
) -> Result<Access> {
    let at_terminal = run.has_person();
    let patience = run.patience().unwrap_or_default();
    let deadline = Deadline::after(patience);
    let mut shown = String::new();
    let mut challenge = first;
    let known = Some(challenge.url.clone()).filter(|_| !challenge.is_new);
    let is_news = |challenge: &Challenge| {
        until == Until::NewLink && !at_terminal && known.as_ref() != Some(&challenge.url)
    };
    while !is_news(&challenge) && !deadline.left().is_zero() {
        if challenge.url != shown {
            run.console.stop_progress();
            run.console.show_link(&challenge);
            if at_terminal && browser::open(&challenge.url, connection.browser).is_err() {
                run.console.debug("cannot open a browser");
            }
            shown.clone_from(&challenge.url);
        }
        pause(run, &challenge, deadline);
        connection.budget.start_over();
        match connection.obtain() {
            Ok(Access::Challenge(next)) => challenge = next,
            Ok(token) => {
                run.console.stop_progress();
                return Ok(token);
            }
            // The person may still be signing in, and the network may recover before the next poll.
            Err(p) if p.code().retryable() && deadline.left() > RETRY_PAUSE => {
                run.console.debug(&format!("polling again: {p}"));
                let wait = p.wait().unwrap_or_default().max(RETRY_PAUSE);
                challenge.retry_after = wait.as_secs_f64();
            }
            Err(p) => return Err(p),
        }
    }
    run.console.stop_progress();
    if challenge.is_current || patience.is_zero() {
        return Ok(Access::Challenge(challenge));
    }
    // The wait was shorter than the interval between polls, and the person may be done.
    connection.budget.start_over();
    connection.source.wait_for_poll();
    connection.obtain()
}

/// Sleeps until the next poll is due, with a spinner that shows the remaining time.
fn pause(run: &Invocation<'_>, challenge: &Challenge, deadline: Deadline) {
    let end = Deadline::after(Duration::from_secs_f64(challenge.retry_after.clamp(0.1, 60.0)));
    while !end.left().is_zero() && !deadline.left().is_zero() {
        let left = challenge.expires_at.map_or(deadline.left().as_secs_f64(), |t| t - clock::now());
        let left = duration(left.max(0.0));
        let doing = if challenge.confirmed {
            "code confirmed, waiting for the sign-in in the browser"
        } else {
            "waiting for the link to be opened"
        };
        run.console.progress(&format!("{doing}, {left} left"));
        std::thread::sleep(end.left().min(deadline.left()).min(Duration::from_secs(1)));
    }
}
