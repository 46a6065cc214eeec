//! What `doctor` found: for each point ok, a fault with its cause, or unknown with where to look.
//!
//! A point whose preconditions do not hold is not judged, so that one cause is one fault.

use serde_json::{Value, json};

use crate::{
    problem::{Code, Problem},
    spec::{self, Cause, POINTS, Point},
};

/// The cause of a value that is missing or wrong.
const CONFIGURATION: &str = "configuration";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Fault,
    Unknown,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Fault => "fault",
            State::Unknown => "unknown",
        }
    }
}

/// What is known about a point.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) state: State,
    pub(crate) detail: String,
    /// The cause of a fault.
    pub(crate) cause: Option<&'static Cause>,
    /// How to fix a fault, or where to look for what is unknown.
    pub(crate) fix: Option<String>,
    /// The point that is in the way of this one, which was therefore not judged.
    pub(crate) needs: Option<&'static str>,
}

/// The points that matter for this configuration, each with what was found.
pub(crate) struct Report {
    entries: Vec<(&'static Point, Option<Finding>)>,
}

impl Report {
    /// No point is judged yet. Without the network, only the local ones matter.
    pub(super) fn new(offline: bool) -> Report {
        let points = POINTS.iter().filter(|point| point.is_local || !offline);
        Report { entries: points.map(|point| (point, None)).collect() }
    }

    /// Keeps only the points that matter for these credentials.
    pub(super) fn keep_those_of(&mut self, credentials: &str) {
        self.entries.retain(|(point, _)| point.methods.contains(&credentials));
    }

    /// Leaves out a point that does not matter.
    pub(super) fn omit(&mut self, name: &str) {
        self.entries.retain(|(point, _)| point.name != name);
    }

    pub(super) fn ok(&mut self, name: &str, detail: impl Into<String>) {
        self.set(name, State::Ok, detail.into(), None, None);
    }

    /// A fault with a cause of the table, whose fix is shown.
    pub(super) fn fault(&mut self, name: &str, cause: &str, detail: impl Into<String>) {
        let cause = spec::cause(cause);
        debug_assert!(cause.is_some(), "{name} has no cause in the table");
        self.set(name, State::Fault, detail.into(), cause, cause.map(|c| c.fix.to_owned()));
    }

    /// A fault whose fix is known more exactly than in the table.
    pub(super) fn fault_with(&mut self, name: &str, cause: &str, detail: impl Into<String>, fix: &str) {
        self.fault(name, cause, detail);
        if let Some(finding) = self.finding_mut(name) {
            finding.fix = Some(fix.to_owned());
        }
    }

    /// A problem that a run would report: its sentence and its hint.
    pub(super) fn fault_of(&mut self, name: &str, cause: &str, problem: &Problem) {
        let (message, hint) = problem.phrases();
        self.fault(name, cause, said(message.to_string(), problem));
        if let (Some(hint), Some(finding)) = (hint, self.finding_mut(name)) {
            finding.fix = Some(hint.to_string());
        }
    }

    /// What cannot be seen from here, and where to look.
    pub(super) fn unknown(&mut self, name: &str, detail: impl Into<String>, look: &str) {
        self.set(name, State::Unknown, detail.into(), None, Some(look.to_owned()));
    }

    /// What this run could not find out, for a reason that may pass.
    pub(super) fn unknown_of(&mut self, name: &str, problem: &Problem) {
        let (message, hint) = problem.phrases();
        let hint = hint.map(ToString::to_string);
        self.set(name, State::Unknown, said(message.to_string(), problem), None, hint);
    }

    fn set(
        &mut self,
        name: &str,
        state: State,
        detail: String,
        cause: Option<&'static Cause>,
        fix: Option<String>,
    ) {
        debug_assert!(spec::point(name).is_some(), "{name} is not in the table of points");
        if let Some((_, found)) = self.entries.iter_mut().find(|(point, _)| point.name == name) {
            *found = Some(Finding { state, detail, cause, fix, needs: None });
        }
    }

    /// A point that is not judged because of another one.
    pub(super) fn skip(&mut self, name: &str, because: &'static str) {
        self.set(name, State::Unknown, String::new(), None, None);
        if let Some(finding) = self.finding_mut(name) {
            finding.needs = Some(because);
        }
    }

    fn finding_mut(&mut self, name: &str) -> Option<&mut Finding> {
        self.entries.iter_mut().find(|(point, _)| point.name == name)?.1.as_mut()
    }

    fn finding(&self, name: &str) -> Option<&Finding> {
        self.entries.iter().find(|(point, _)| point.name == name)?.1.as_ref()
    }

    pub(super) fn is_ok(&self, name: &str) -> bool {
        self.finding(name).is_some_and(|finding| finding.state == State::Ok)
    }

    pub(super) fn is_fault(&self, name: &str) -> bool {
        self.finding(name).is_some_and(|finding| finding.state == State::Fault)
    }

    /// Whether a point matters for this configuration.
    pub(super) fn is_listed(&self, name: &str) -> bool {
        self.entries.iter().any(|(point, _)| point.name == name)
    }

    /// Whether a point is among those that matter, and not judged yet.
    pub(super) fn is_open(&self, name: &str) -> bool {
        self.entries.iter().any(|(point, found)| point.name == name && found.is_none())
    }

    /// Whether a point can be judged now: it matters, was not judged, and what it needs holds.
    pub(super) fn can_judge(&self, name: &str) -> bool {
        self.is_open(name) && self.blocked_by(name).is_none()
    }

    /// What is in the way of a point: what was said so, or the first of its preconditions that does not hold.
    fn blocked_by(&self, name: &str) -> Option<&'static str> {
        if let Some(because) = self.finding(name).and_then(|finding| finding.needs) {
            return Some(because);
        }
        let needs = spec::point(name)?.needs;
        let matters = |needed: &&&'static str| self.entries.iter().any(|(point, _)| point.name == **needed);
        needs.iter().filter(matters).find(|needed| !self.is_ok(needed)).copied()
    }

    /// Says of every point that was not judged which one is in its way.
    pub(super) fn finish(mut self) -> Report {
        let is_open = |found: &Option<Finding>| found.as_ref().is_none_or(|f| f.needs.is_some());
        let open = self.entries.iter().filter(|(_, found)| is_open(found)).map(|(point, _)| point.name);
        let roots: Vec<(&'static str, Option<&'static str>)> =
            open.map(|name| (name, self.root_of(name))).collect();
        for (name, root) in roots {
            let detail = match root {
                Some(root) if self.is_fault(root) => format!("not checked, since {root} is at fault"),
                Some(root) => format!("not checked, since {root} is unknown"),
                None => "not checked".to_owned(),
            };
            self.set(name, State::Unknown, detail, None, None);
            if let Some(finding) = self.finding_mut(name) {
                finding.needs = root;
            }
        }
        self
    }

    /// The point in the way of this one, and in the way of that one, to the first that was judged: it stands for those
    /// in its own way.
    fn root_of(&self, name: &str) -> Option<&'static str> {
        let mut root = None;
        while let Some(next) = self.blocked_by(root.unwrap_or(name)) {
            root = Some(next);
            if self.finding(next).is_some_and(|finding| finding.needs.is_none()) {
                break;
            }
        }
        root
    }

    /// What to do next: the fix of the first fault, or else what makes the first unknown point known that others need.
    pub(crate) fn next(&self) -> Option<(&'static Point, &str)> {
        let first = |state: State| self.findings().find(|(_, finding)| finding.state == state);
        let is_needed = |name: &str| self.findings().any(|(_, finding)| finding.needs == Some(name));
        let (point, finding) = first(State::Fault).or_else(|| {
            let mut unknown = self.findings().filter(|(_, finding)| finding.state == State::Unknown);
            unknown.find(|(point, _)| is_needed(point.name))
        })?;
        Some((point, finding.fix.as_deref()?))
    }

    /// Every point with what was found, in order.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&'static Point, &Finding)> {
        self.entries.iter().filter_map(|(point, found)| Some((*point, found.as_ref()?)))
    }

    /// How many points have this state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.findings().filter(|(_, finding)| finding.state == state).count()
    }

    /// The code of a run that found a fault: that of a wrong configuration if there is one.
    pub(crate) fn code(&self) -> Option<Code> {
        let mut found = None;
        for (point, finding) in self.findings().filter(|(_, finding)| finding.state == State::Fault) {
            if point.name.starts_with("config.") || finding.cause.is_some_and(|c| c.name == CONFIGURATION) {
                return Some(Code::Configuration);
            }
            found = Some(Code::Failed);
        }
        found
    }

    /// `{"ok","points":[{"name","state","detail","cause","fix","step","help","about"}]}`.
    pub(crate) fn document(&self) -> Value {
        let points: Vec<Value> = self.findings().map(|(point, finding)| row(point, finding)).collect();
        json!({ "ok": self.code().is_none(), "points": points })
    }
}

fn row(point: &Point, finding: &Finding) -> Value {
    let step = finding.cause.map(|cause| cause.steps.join(", ")).filter(|steps| !steps.is_empty());
    json!({
        "name": point.name, "state": finding.state.name(), "detail": finding.detail,
        "cause": finding.cause.map(|cause| cause.cause), "fix": finding.fix,
        "step": step, "help": finding.cause.map(|cause| cause.name), "about": point.text,
    })
}

/// The sentence, with what a server says about it.
fn said(message: String, problem: &Problem) -> String {
    match problem.quote() {
        Some(quote) => format!("{message} ({quote})"),
        None => message,
    }
}
