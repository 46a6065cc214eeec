//! What stderr tells besides the result: problems, warnings, notes, questions, progress and the lines of `--debug`.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    Console,
    text::{grouped, harmless, json_escaped, one_line},
    wrap,
};
use crate::{
    cli::{Debug, Format},
    observer::Observer,
    phrase::Phrase,
    problem::{Problem, whole_seconds},
    secret::redact,
};

impl Console {
    /// Prints a question or a part of one on stderr, without a line end after it.
    pub(crate) fn prompt(&self, text: &str) {
        self.stop_progress();
        let _ = write!(io::stderr().lock(), "{}", redact(&harmless(text)));
    }

    /// Explains on stderr what is asked, in lines that fit the terminal.
    pub(crate) fn explain(&self, text: &str) {
        for line in text.lines().flat_map(|line| wrap::wrapped(line, self.columns())) {
            self.stderr(&harmless(&line));
        }
    }

    /// Tells the person who was asked what is wrong with the answer.
    pub(crate) fn problem_in_dialogue(&self, problem: &Problem) {
        let (message, hint) = problem.phrases();
        self.explain(&format!("{message}."));
        if let Some(hint) = hint {
            self.explain(&hint.to_string());
        }
    }

    /// Prints a sentence after its label on stderr, in lines that fit the terminal.
    fn sentence(&self, label: &str, text: &str) {
        let size = self.stderr_terminal.then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
        // The lines after the first one are moved to the right.
        let columns = size.map(|(columns, _)| usize::from(columns.0).saturating_sub(2).max(20));
        let lines = wrap::wrapped_at_words(&format!("{label} {}", one_line(text)), columns).join("\n  ");
        match lines.strip_prefix(label) {
            Some(rest) if self.color && label == "mcs-gmail:" => {
                self.stderr(&format!("\u{1b}[1;31m{label}\u{1b}[0m{rest}"));
            }
            _ => self.stderr(&lines),
        }
    }

    /// Removes the progress from the terminal.
    pub(crate) fn stop_progress(&self) {
        self.progress.stop();
    }

    /// Tells a person something about the result, on stderr. Machines find it in the result.
    pub(crate) fn remark(&self, line: &str) {
        if !self.quiet && !self.for_machines() {
            self.stderr(&format!("note: {}", one_line(line)));
        }
    }

    /// Tells a person that a list was cut, and what shows more of it. Programs ask for pages.
    pub(crate) fn cut(&self, rows: u64, about: usize) {
        if self.format == Format::Table || (self.on_terminal && !self.for_machines()) {
            let (rows, about) = (grouped(rows), grouped(about as u64));
            self.remark(&format!("{rows} of about {about} (--limit, --all)"));
        }
    }

    /// Prints a problem: a document for machines, a line and a hint for people.
    pub(crate) fn problem(&self, problem: &Problem) {
        self.stop_progress();
        if self.reports_to_machines() {
            return self.stderr(&json_escaped(&problem.document(self.caller).to_string()));
        }
        let (message, hint) = problem.phrases();
        self.sentence("mcs-gmail:", &message.spelled_for(self.caller));
        if let Some(said) = problem.quote() {
            self.stderr(&format!("said: {said}"));
        }
        if let Some(Value::Array(ids)) = problem.member("not_found") {
            let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
            self.sentence("not found:", &ids.join(", "));
        }
        if let Some(hint) = hint {
            self.sentence("hint:", &hint.spelled_for(self.caller));
        }
        if let Some(wait) = problem.wait() {
            self.stderr(&format!("try again in {} s", whole_seconds(wait)));
        }
    }
}

impl Observer for Console {
    fn warn(&self, line: &str) {
        if self.quiet {
            return;
        }
        if self.reports_to_machines() {
            self.stderr(&json_escaped(&json!({ "warning": line }).to_string()));
        } else {
            self.sentence("warning:", line);
        }
    }

    fn note(&self, note: &Phrase, members: &[(&str, Value)]) {
        if self.quiet {
            return;
        }
        self.noted.set(true);
        let text = note.spelled_for(self.caller);
        if !self.reports_to_machines() {
            return self.stderr(&format!("note: {}", one_line(&text)));
        }
        let mut document = json!({ "note": text });
        for (name, value) in members {
            document[name] = value.clone();
        }
        self.stderr(&json_escaped(&document.to_string()));
    }

    fn debug(&self, line: &str) {
        if self.debug.is_some() {
            self.stderr(&format!("debug: {}", one_line(line)));
        }
    }

    fn wants_wire(&self) -> bool {
        self.debug == Some(Debug::Http)
    }

    fn progress(&self, line: &str) {
        self.progress.say(line);
    }

    fn count(&self, doing: &str, done: usize, all: Option<usize>, things: &str) {
        let (shown, total) = (grouped(done as u64), grouped(all.unwrap_or(done) as u64));
        let one = things.trim_end_matches('s');
        self.progress.say(&match (all, done) {
            (Some(1), _) => format!("{doing} 1 {one}"),
            (Some(_), 0) => format!("{doing} {total} {things}"),
            (Some(_), _) => format!("{doing}, {shown} of {total} {things}"),
            (None, 1) => format!("{doing}, 1 {one} so far"),
            (None, _) => format!("{doing}, {shown} {things} so far"),
        });
    }

    fn waiting(&self, host: &str) {
        self.progress.waiting(host);
    }

    fn pausing(&self, reason: &str, wait: Duration) {
        self.progress.pausing(reason, wait);
    }
}
