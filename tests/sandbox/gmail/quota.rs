//! What Gmail counts and limits: the quota units of each method, for a project that is new since May 2026
//! (<https://developers.google.com/workspace/gmail/api/reference/quota>), and the parts of a batch that it takes at once.
//!
//! Each part of a batch counts as the call that it is. A call counts whatever comes of it, such as 404 or 500; one
//! without a valid token, that is no method, or that is too much at this moment, does not.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The quota units of one call, by the method's id without `gmail.users.`.
pub(super) fn units(method: &str) -> u64 {
    match method {
        "getProfile" | "labels.list" | "labels.get" | "settings.sendAs.list" | "settings.sendAs.get" => 1,
        "settings.filters.list" | "settings.getVacation" | "settings.getAutoForwarding" => 1,
        "settings.forwardingAddresses.list" => 1,
        "settings.filters.create" | "settings.filters.delete" | "settings.updateVacation" => 5,
        "history.list" => 2,
        "labels.create" | "labels.update" | "labels.patch" | "labels.delete" => 5,
        "messages.list" | "messages.modify" | "messages.untrash" | "drafts.list" => 5,
        "messages.delete" | "drafts.create" | "drafts.delete" => 10,
        "threads.list" | "threads.modify" | "threads.untrash" => 10,
        "drafts.update" => 15,
        "messages.get" | "messages.trash" | "messages.attachments.get" | "drafts.get" => 20,
        "threads.trash" | "threads.delete" => 20,
        "messages.import" | "messages.insert" => 25,
        "threads.get" => 40,
        "messages.batchModify" | "messages.batchDelete" => 50,
        "messages.send" | "drafts.send" => 100,
        other => panic!("the units of {other} are not in the table"),
    }
}

/// The units that a user may spend, refilled all the time.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    most: f64,
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Allowance {
    pub(super) fn new(most: u64, per_second: u64) -> Allowance {
        let most = most as f64;
        Allowance { most, per_second: per_second as f64, left: most, at: Instant::now() }
    }

    /// As if so much time had passed.
    pub(super) fn grow_older(&mut self, by: Duration) {
        self.left = (self.left + by.as_secs_f64() * self.per_second).min(self.most);
    }

    /// Whether these units are left; then they are spent.
    pub(super) fn spend(&mut self, units: u64) -> bool {
        let passed = self.at.elapsed();
        self.at += passed;
        self.grow_older(passed);
        let enough = self.left >= units as f64;
        if enough {
            self.left -= units as f64;
        }
        enough
    }
}

/// How many parts of a batch are taken at once: of the next one, the one after it, and so on. The last limit stays.
#[derive(Clone, Debug, Default)]
pub(super) struct PartLimits(VecDeque<usize>);

impl PartLimits {
    pub(super) fn new(limits: &[usize]) -> PartLimits {
        PartLimits(limits.iter().copied().collect())
    }

    pub(super) fn next(&mut self) -> usize {
        let limit = self.0.front().copied();
        if self.0.len() > 1 {
            self.0.pop_front();
        }
        limit.unwrap_or(usize::MAX)
    }
}
