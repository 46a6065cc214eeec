//! `doctor`: judges the whole set-up from outside, from the configuration to the mailbox.
//!
//! It changes nothing: no mail, no session that could be used, no write to the cache, and no use of a refresh token
//! that could rotate it. Each stage judges the points whose preconditions hold; `report` says why the others were not.

mod auth0;
mod broker;
mod clocks;
mod gmail;
mod local;
mod reach;
mod report;
mod sign_in;

use std::time::Duration;

pub(crate) use self::report::{Finding, Report, State};
use self::{clocks::Clocks, local::Facts};
use crate::{
    access::GOOGLE_TOKEN_HOST,
    cli::Settings,
    clock::Budget,
    config::Environment,
    gmail::HOST as GMAIL_HOST,
    http::{Http, HttpSettings},
    observer::Observer,
};

/// The time that a stage may take, so that one server that does not answer leaves time for the others, and all of
/// them together are done before an agent's host ends the command.
const STAGE: Duration = Duration::from_secs(7);

/// Judges every point that matters for this configuration; without the network, only the local ones.
pub(crate) fn examine(
    settings: Settings,
    environment: Environment,
    observer: &dyn Observer,
    offline: bool,
) -> Report {
    let mut report = Report::new(offline);
    let mut facts = local::examine(&mut report, settings, environment);
    if let (false, Some(http)) = (offline, facts.as_mut().and_then(|facts| facts.http.take()))
        && let Some(facts) = &facts
    {
        examine_network(&mut report, facts, http, &Quiet(observer));
    }
    report.finish()
}

fn examine_network(report: &mut Report, facts: &Facts, settings: HttpSettings, observer: &dyn Observer) {
    let budget = Budget::new(facts.patience.unwrap_or(STAGE));
    let http = Http::new(settings, &budget, observer, &[GMAIL_HOST, GOOGLE_TOKEN_HOST]);
    let clocks = Clocks::default();
    let mut stage = Stage { report, facts, http: &http, budget: &budget, observer, clocks };
    reach::examine(&mut stage);
    stage.begin("checking the broker");
    let tenant_answer = broker::examine(&mut stage);
    stage.begin("checking Auth0");
    auth0::examine(&mut stage, tenant_answer);
    let token = sign_in::examine(&mut stage);
    stage.begin("checking Gmail");
    gmail::examine(&mut stage, token);
    stage.clocks.judge(stage.report);
}

/// What every stage works with.
struct Stage<'a> {
    report: &'a mut Report,
    facts: &'a Facts,
    http: &'a Http<'a>,
    budget: &'a Budget,
    observer: &'a dyn Observer,
    clocks: Clocks,
}

impl Stage<'_> {
    /// Begins the next stage, which has the whole time again.
    fn begin(&self, what: &str) {
        self.observer.progress(what);
        self.budget.start_over();
    }
}

/// Passes on progress and what `--debug` shows: warnings would repeat what the points say.
struct Quiet<'a>(&'a dyn Observer);

impl Observer for Quiet<'_> {
    fn warn(&self, line: &str) {
        self.0.debug(line);
    }

    fn debug(&self, line: &str) {
        self.0.debug(line);
    }

    fn wants_wire(&self) -> bool {
        self.0.wants_wire()
    }

    fn progress(&self, line: &str) {
        self.0.progress(line);
    }
}
