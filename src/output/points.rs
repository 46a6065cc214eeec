//! The report of `doctor`: aligned lines for people, with cause and fix below a fault, and a document for machines.

use serde_json::Value;

use super::{
    Console,
    styled::{Line, Style, painted, width},
};
use crate::{
    cli::Format,
    doctor::{Finding, Report, State},
    problem::Result,
    spec::Point,
};

/// The widest line, and the width where there is no terminal.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;
/// Columns of the state, and those of a label below a point, with the blanks after each.
const STATE: usize = 9;
const LABEL: usize = 7;
/// Columns that a detail needs to stand beside the names; otherwise it stands below them.
const DETAIL: usize = 30;

impl Console {
    /// Prints the report of `doctor`.
    pub(crate) fn report(&self, report: &Report) -> Result<()> {
        match self.format {
            Format::Table if self.fields().is_empty() => {
                self.stop_progress();
                let lines = page(report, self.columns().unwrap_or(WIDEST));
                self.write(&painted(&lines, self.color_out))
            }
            Format::Tsv => {
                let mut document = report.document();
                self.document(&document.get_mut("points").map(std::mem::take).unwrap_or(Value::Null))
            }
            _ => self.document(&report.document()),
        }
    }
}

fn page(report: &Report, columns: usize) -> Vec<Line> {
    let columns = columns.clamp(NARROWEST, WIDEST);
    let longest = report.findings().map(|(point, _)| width(point.name)).max().unwrap_or_default();
    let beside = STATE + longest + 2;
    let beside = (columns >= beside + DETAIL).then_some(beside);
    let mut lines = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    // What is to be done stands last, where a terminal shows it.
    let mut findings: Vec<_> = report.findings().collect();
    findings.sort_by_key(|(_, finding)| match finding.state {
        State::Ok => 0,
        State::Unknown if finding.needs.is_some() => 1,
        State::Unknown => 2,
        State::Fault => 3,
    });
    for (point, finding) in findings {
        lines.extend(lines_of(point, finding, beside, columns));
        let is_new = finding.cause.is_none_or(|cause| !told.contains(&cause.name));
        told.extend(finding.cause.map(|cause| cause.name));
        for (label, text) in notes(finding, is_new) {
            lines.extend(labelled(label, &text, STATE, columns));
        }
    }
    lines.push(Line::default());
    let [faults, unknown, ok] = [State::Fault, State::Unknown, State::Ok].map(|state| report.count(state));
    let plural = if faults == 1 { "" } else { "s" };
    lines.push(Line::new(Style::Plain, &format!("{faults} fault{plural}, {unknown} unknown, {ok} ok")));
    if let Some((point, fix)) = report.next() {
        lines.extend(labelled("next", &format!("{}: {fix}", point.name), 0, columns));
    }
    lines
}

/// A point with its detail.
fn lines_of(point: &Point, finding: &Finding, beside: Option<usize>, columns: usize) -> Vec<Line> {
    let (style, of_name) = match finding.state {
        State::Ok => (Style::Good, Style::Plain),
        State::Fault => (Style::Bad, Style::Bold),
        State::Unknown => (Style::Doubt, Style::Plain),
    };
    let blanks = " ".repeat(STATE - finding.state.name().len());
    let mut first =
        Line::new(style, finding.state.name()).and(Style::Plain, &blanks).and(of_name, point.name);
    let skipped = finding.needs.map(|needs| format!("needs {needs}"));
    let of_detail = if skipped.is_some() { Style::Dim } else { Style::Plain };
    let detail = skipped.as_deref().unwrap_or(&finding.detail);
    let margin = beside.unwrap_or(STATE);
    let mut details = wrapped(detail, columns - margin).into_iter();
    let mut lines = Vec::new();
    if let Some(beside) = beside {
        first.add(Style::Plain, &" ".repeat(beside - STATE - width(point.name)));
        first.add(of_detail, &details.next().unwrap_or_default());
    }
    lines.push(first);
    let margin = " ".repeat(margin);
    lines.extend(details.map(|detail| Line::new(Style::Plain, &margin).and(of_detail, &detail)));
    lines
}

/// What stands below a point. A cause is explained once.
fn notes(finding: &Finding, is_new: bool) -> Vec<(&'static str, String)> {
    let fix = finding.fix.clone();
    let Some(cause) = finding.cause else {
        return fix.map(|look| ("look", look)).into_iter().collect();
    };
    let mut notes: Vec<(&str, String)> = fix.map(|fix| ("fix", fix)).into_iter().collect();
    if !is_new {
        return notes;
    }
    notes.insert(0, ("cause", cause.cause.to_owned()));
    let steps = match cause.steps {
        [] => String::new(),
        [step] => format!(", and step {step} of mcs-gmail help setup"),
        steps => format!(", and steps {} of mcs-gmail help setup", steps.join(", ")),
    };
    notes.push(("more", format!("mcs-gmail help {}{steps}", cause.name)));
    notes
}

/// A text after its label, in lines that stand at this margin.
fn labelled(label: &str, text: &str, margin: usize, columns: usize) -> Vec<Line> {
    let mut label = format!("{}{label:<LABEL$}", " ".repeat(margin));
    let lines = wrapped(text, columns - margin - LABEL).into_iter();
    lines
        .map(|text| {
            let before = std::mem::replace(&mut label, " ".repeat(margin + LABEL));
            Line::new(Style::Dim, &before).and(Style::Plain, &text)
        })
        .collect()
}

/// The text in lines of so many columns, cut between words. A longer word has a line of its own.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
