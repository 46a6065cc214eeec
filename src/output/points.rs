//! The report of `doctor`: aligned lines for people, with cause and fix below a fault, and a document for machines.

use serde_json::Value;
use terminal_size::{Width, terminal_size};

use super::{
    Console, harmless,
    styled::{Line, Style},
};
use crate::{
    cli::Format,
    doctor::{Finding, Report, State},
    problem::Result,
    spec::Point,
};

/// The widest line, and the width where there is no terminal.
const WIDEST: usize = 100;
/// Columns of the state and the blanks after it.
const STATE: usize = 9;

impl Console {
    /// Prints the report of `doctor`.
    pub(crate) fn report(&self, report: &Report) -> Result<()> {
        match self.format {
            Format::Table if self.fields().is_empty() => {
                let page = self.page_of_report(report);
                self.lines(&page.lines().map(colored).collect::<Vec<_>>())
            }
            Format::Tsv => {
                let mut document = report.document();
                self.document(&document.get_mut("points").map(std::mem::take).unwrap_or(Value::Null))
            }
            _ => self.document(&report.document()),
        }
    }

    fn page_of_report(&self, report: &Report) -> String {
        let width =
            terminal_size().filter(|_| self.on_terminal).map_or(WIDEST, |(Width(w), _)| usize::from(w));
        let width = width.clamp(40, WIDEST);
        let longest = report.findings().map(|(point, _)| point.name.len()).max().unwrap_or_default();
        // Where there is no room beside the names, what is known goes below them.
        let names = if width >= STATE + longest + 32 { longest + 2 } else { 0 };
        let mut page: String =
            report.findings().map(|(point, finding)| self.lines_of(point, finding, names, width)).collect();
        let counts = [State::Fault, State::Unknown, State::Ok].map(|state| report.count(state));
        let faults = if counts[0] == 1 { "1 fault".to_owned() } else { format!("{} faults", counts[0]) };
        page.push_str(&format!("\n{faults}, {} unknown, {} ok\n", counts[1], counts[2]));
        page
    }

    fn lines_of(&self, point: &Point, finding: &Finding, names: usize, width: usize) -> String {
        let mut lines = format!("{:<STATE$}", finding.state.name());
        let indent = STATE + names;
        let detail = wrapped(&finding.detail, width - indent, indent);
        if names == 0 {
            lines.push_str(&format!("{}\n{}{detail}\n", point.name, " ".repeat(STATE)));
        } else {
            lines.push_str(&format!("{:<names$}{detail}\n", point.name));
        }
        for (label, text) in notes(finding) {
            let margin = STATE + 7;
            lines.push_str(&format!(
                "{}{label:<7}{}\n",
                " ".repeat(STATE),
                wrapped(&text, width - margin, margin)
            ));
        }
        lines
    }
}

/// A line with the state in its colour, if it begins with one.
fn colored(line: &str) -> Line {
    const COLORS: [(State, Style); 3] =
        [(State::Ok, Style::Good), (State::Fault, Style::Bad), (State::Unknown, Style::Doubt)];
    let begins = |(state, _): &&(State, Style)| line.starts_with(state.name());
    match COLORS.iter().find(begins) {
        Some((state, style)) => {
            let (name, rest) = line.split_at(state.name().len());
            Line::new(*style, name).and(Style::Plain, rest)
        }
        None => Line::new(Style::Plain, line),
    }
}

/// The lines below a point.
fn notes(finding: &Finding) -> Vec<(&'static str, String)> {
    let fix = finding.fix.clone();
    let Some(cause) = finding.cause else {
        return fix.map(|look| ("look", look)).into_iter().collect();
    };
    let mut notes = vec![("cause", cause.cause.to_owned())];
    notes.extend(fix.map(|fix| ("fix", fix)));
    let steps =
        if cause.steps.is_empty() { String::new() } else { format!("step {}; ", cause.steps.join(", ")) };
    notes.push(("more", format!("{steps}mcs-gmail help {}", cause.name)));
    notes
}

/// The text in lines of this width, all but the first one indented.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let mut lines = String::new();
    let mut used = 0;
    for word in harmless(text).split_whitespace() {
        if used > 0 && used + 1 + word.width() > width {
            lines.push_str(&format!("\n{}", " ".repeat(indent)));
            used = 0;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += word.width();
    }
    lines
}
