//! The clock of this machine against those of the servers.

use super::report::Report;
use crate::clock;

/// Seconds by which clocks may differ.
const TOLERANCE: f64 = 60.0;

/// By how many seconds each server that answered is ahead of this machine.
#[derive(Default)]
pub(super) struct Clocks(Vec<(&'static str, f64)>);

impl Clocks {
    /// A server has answered, with this `Date`.
    pub(super) fn saw(&mut self, server: &'static str, date: Option<f64>) {
        self.0.extend(date.map(|date| (server, date - clock::now())));
    }

    /// This machine is wrong if every server says so. One that is alone with it has a wrong clock itself.
    pub(super) fn judge(&self, report: &mut Report) {
        if !report.is_open("clock") {
            return;
        }
        let nearest = self.0.iter().min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let Some((server, ahead)) = nearest else {
            return report.unknown(
                "clock",
                "no server sent its time",
                "Compare the output of date -u with a clock.",
            );
        };
        if ahead.abs() > TOLERANCE {
            let word = if *ahead > 0.0 { "behind" } else { "ahead of" };
            let detail = format!("this machine is {} {word} {server}", in_words(ahead.abs()));
            return report.fault("clock", "clock_wrong", detail);
        }
        match self.0.iter().find(|(_, ahead)| ahead.abs() > TOLERANCE) {
            Some((wrong, ahead)) => {
                let word = if *ahead > 0.0 { "ahead" } else { "behind" };
                let detail = format!("agrees with {server}; {wrong} is {} {word}", in_words(ahead.abs()));
                report.unknown(
                    "clock",
                    detail,
                    &format!("Tell the operator of {wrong}: its clock is wrong."),
                );
            }
            None => report.ok("clock", format!("agrees with {server}")),
        }
    }
}

fn in_words(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match minutes {
        0..=120 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
