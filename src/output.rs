//! The only writer of stdout and stderr, and the only place that knows whether a terminal is there.
//!
//! stdout carries the result, stderr everything else. A closed pipe is a success; a full disk is not.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    io::{self, ErrorKind, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::{
    access::{Challenge, Step},
    cli::{Color, Format, Global},
    clock,
    observer::Observer,
    problem::{Code, Problem, Result, whole_seconds},
    spec::Answer,
};

/// More rows than a page has are worth a sign of life.
const PAGE: u64 = 500;

pub(crate) struct Console {
    pub(crate) format: Format,
    pub(crate) on_terminal: bool,
    stderr_terminal: bool,
    quiet: bool,
    debug: bool,
    color: bool,
    fields: Option<Vec<String>>,
    closed: Cell<bool>,
    progress: RefCell<Option<ProgressBar>>,
}

impl Console {
    /// `no_color` and `force_color` are what NO_COLOR and CLICOLOR_FORCE say.
    pub(crate) fn new(global: &Global, no_color: bool, force_color: bool) -> Console {
        let on_terminal = io::stdout().is_terminal();
        let stderr_terminal = io::stderr().is_terminal();
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => force_color || (on_terminal && stderr_terminal && !no_color),
        };
        let fields = global.fields.as_ref().map(|names| {
            names.split(',').map(str::trim).filter(|n| !n.is_empty()).map(canonical_field).collect()
        });
        Console {
            format: global.format.unwrap_or(if on_terminal { Format::Table } else { Format::Json }),
            on_terminal,
            stderr_terminal,
            quiet: global.quiet,
            debug: global.debug,
            color,
            fields,
            closed: Cell::new(false),
            progress: RefCell::new(None),
        }
    }

    /// Whether machines read this run's output.
    fn for_machines(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl)
    }

    /// Whether a person is there to see and to answer.
    pub(crate) fn has_person(&self) -> bool {
        self.on_terminal && self.stderr_terminal
    }

    fn stdout(&self, text: &str) -> Result<()> {
        if self.closed.get() {
            return Ok(());
        }
        let shown = if self.on_terminal { Cow::Owned(harmless(text)) } else { Cow::Borrowed(text) };
        let mut out = io::stdout().lock();
        match out.write_all(shown.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            Err(e) => Err(Problem::new(Code::Failed, format!("cannot write the result: {e}"))
                .hint("Free some space, or write to another place.")),
        }
    }

    fn stderr(&self, line: &str) {
        // Nobody is left to be told when this fails.
        let write = || writeln!(io::stderr().lock(), "{line}");
        let _ = match &*self.progress.borrow() {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
    }

    /// A text as it is, such as help.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        self.stdout(text)
    }

    /// Whether whoever read the result went away.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// The result of a run that is no text, as it comes. A terminal is not for bytes of a stranger.
    pub(crate) fn bytes<T>(&self, write: impl FnOnce(&mut dyn Write) -> Result<T>) -> Result<Option<T>> {
        if self.on_terminal {
            return Err(Problem::usage("an attachment does not go to a terminal")
                .hint("Redirect stdout to a file, or name a directory."));
        }
        let mut pipe = Pipe { closed: &self.closed };
        let written = write(&mut pipe);
        self.progress(None);
        match written {
            Err(_) if self.closed.get() => Ok(None),
            other => other.map(Some),
        }
    }

    /// The one document of a run.
    pub(crate) fn document(&self, value: &Value) -> Result<()> {
        if let (Some([]), Value::Object(object)) = (self.fields.as_deref(), value) {
            return self.names(&object.keys().map(String::as_str).collect::<Vec<_>>());
        }
        let value = self.select(value.clone());
        match (self.format, &value) {
            (Format::Json, _) => self.stdout(&format!("{value}\n")),
            (Format::Jsonl, Value::Array(items)) => {
                items.iter().try_for_each(|item| self.stdout(&format!("{item}\n")))
            }
            (Format::Jsonl, _) => self.stdout(&format!("{value}\n")),
            (Format::Tsv, _) => self.stdout(&tsv_document(&value, self.fields())),
            (Format::Table, _) => self.stdout(&self.page(&value)),
        }
    }

    /// The members that were asked for.
    pub(crate) fn fields(&self) -> &[String] {
        self.fields.as_deref().unwrap_or_default()
    }

    /// A list of names: lines for people, an array for machines.
    pub(crate) fn names(&self, names: &[&str]) -> Result<()> {
        match self.format {
            Format::Json => self.stdout(&format!("{}\n", json!(names))),
            _ => self.stdout(&names.iter().map(|n| format!("{n}\n")).collect::<String>()),
        }
    }

    /// Takes rows; prints them at once where the format allows it.
    pub(crate) fn rows(&self, answer: Answer) -> Rows<'_> {
        let columns = match (&self.fields, answer) {
            (Some(names), _) => names.clone(),
            (None, Answer::Rows { columns, .. }) => columns.iter().map(|c| c.to_string()).collect(),
            (None, Answer::Document { fields }) => fields.iter().map(|c| c.to_string()).collect(),
        };
        Rows { console: self, columns, kept: Vec::new(), written: 0, silent_when_empty: false }
    }

    /// Only the chosen members, of an object or of each object in an array.
    fn select(&self, value: Value) -> Value {
        let Some(names) = &self.fields else { return value };
        match value {
            // A page of a list: the rows are meant.
            Value::Object(mut object) if object.contains_key("next_page_token") => {
                let rows = object["messages"].take();
                object.insert("messages".into(), self.select(rows));
                Value::Object(object)
            }
            Value::Object(mut object) => Value::Object(
                names.iter().filter_map(|n| object.shift_remove(n).map(|v| (n.clone(), v))).collect(),
            ),
            Value::Array(items) => Value::Array(items.into_iter().map(|i| self.select(i)).collect()),
            other => other,
        }
    }

    /// A document for a person: members as lines, the body last.
    fn page(&self, value: &Value) -> String {
        let shown = match value {
            Value::Array(items) => items.iter().map(|i| self.page(i)).collect::<Vec<_>>().join("\n"),
            Value::Object(object) => page_of(object),
            other => format!("{}\n", plain(other)),
        };
        if self.on_terminal { harmless(&shown) } else { shown }
    }

    /// A sign-in that a person has to do. For machines it is the result; the link also goes to stderr, so that
    /// cron mails it.
    pub(crate) fn challenge(&self, challenge: &Challenge) -> Result<()> {
        let link = format!("sign-in needed: open {} (code {})", challenge.url, challenge.code);
        self.stderr(&format!("mcs-gmail: {}", harmless(&link)));
        match self.for_machines() || !self.on_terminal {
            true => self.stdout(&format!("{}\n", challenge_document(challenge))),
            false => self.stdout(&format!("{}\n", harmless(&challenge_message(challenge)))),
        }
    }

    /// The link for a person who waits at the terminal.
    pub(crate) fn show_link(&self, challenge: &Challenge, qr: bool) {
        if let Some(note) = &challenge.note {
            self.stderr(&harmless(note));
        }
        let what = match challenge.step {
            Step::SignIn => "Sign in (visit 1 of 2)",
            Step::SignInOnce => "Sign in and allow Gmail",
            Step::ConnectAccount => "Allow Gmail (visit 2 of 2)",
        };
        self.stderr(&format!(
            "{what}: open\n\n  {}\n\nand check that the page shows the code {}.",
            harmless(&challenge.url),
            harmless(&challenge.code)
        ));
        if qr && let Ok(code) = qrcode::QrCode::new(challenge.url.as_bytes()) {
            self.stderr(&code.render::<qrcode::render::unicode::Dense1x2>().build());
        }
    }

    /// A spinner or bar on stderr, where a person sees it; `None` takes it away.
    pub(crate) fn progress(&self, message: Option<&str>) {
        let mut slot = self.progress.borrow_mut();
        let Some(message) = message else {
            if let Some(bar) = slot.take() {
                bar.finish_and_clear();
            }
            return;
        };
        if !self.stderr_terminal || self.quiet {
            return;
        }
        let bar = slot.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::default_spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(harmless(message));
    }

    /// How a run failed: a document for machines, a line and a hint for people.
    pub(crate) fn problem(&self, problem: &Problem) {
        self.progress(None);
        if self.for_machines() {
            return self.stderr(&problem.document().to_string());
        }
        let label = if self.color { "\u{1b}[1;31mmcs-gmail:\u{1b}[0m" } else { "mcs-gmail:" };
        self.stderr(&format!("{label} {}", harmless(problem.message())));
        if let Some(hint) = problem.hint_text() {
            self.stderr(&format!("hint: {}", harmless(hint)));
        }
        if let Some(wait) = problem.wait() {
            self.stderr(&format!("try again in {} s", whole_seconds(wait)));
        }
    }
}

impl Observer for Console {
    fn warn(&self, line: &str) {
        match (self.quiet, self.for_machines()) {
            (true, _) => {}
            (false, true) => self.stderr(&json!({ "warning": line }).to_string()),
            (false, false) => self.stderr(&format!("warning: {}", harmless(line))),
        }
    }

    fn debug(&self, line: &str) {
        if self.debug {
            self.stderr(&format!("debug: {}", harmless(line)));
        }
    }

    fn progress(&self, line: &str) {
        Console::progress(self, Some(line));
    }
}

/// stdout for bytes; remembers that nobody reads any more.
struct Pipe<'c> {
    closed: &'c Cell<bool>,
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = io::stdout().lock().write_all(bytes).and_then(|()| self.flush());
        if let Err(e) = &written {
            self.closed.set(e.kind() == ErrorKind::BrokenPipe);
        }
        written.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().lock().flush()
    }
}

/// Rows on their way out.
pub(crate) struct Rows<'c> {
    console: &'c Console,
    columns: Vec<String>,
    /// Where the format needs all of them first.
    kept: Vec<Value>,
    pub(crate) written: u64,
    /// Print nothing rather than an empty array.
    pub(crate) silent_when_empty: bool,
}

impl Rows<'_> {
    /// False when nobody reads any more.
    pub(crate) fn push(&mut self, row: Value) -> Result<bool> {
        self.written += 1;
        self.tell();
        match self.console.format {
            Format::Json | Format::Table => self.kept.push(self.console.select(row)),
            Format::Jsonl => self.console.stdout(&format!("{}\n", self.console.select(row)))?,
            Format::Tsv => self.console.stdout(&self.tsv(&row))?,
        }
        Ok(!self.console.closed.get())
    }

    /// From the second page on a person sees how far it is, unless rows pass by anyway.
    fn tell(&self) {
        let passing = matches!(self.console.format, Format::Jsonl | Format::Tsv) && self.console.on_terminal;
        if self.written > PAGE && !passing && self.written.is_multiple_of(25) {
            self.console.progress(Some(&format!("{} messages so far", self.written)));
        }
    }

    /// Writes what was kept.
    pub(crate) fn finish(self) -> Result<()> {
        self.console.progress(None);
        if self.silent_when_empty && self.written == 0 {
            return Ok(());
        }
        match self.console.format {
            Format::Json => self.console.stdout(&format!("{}\n", Value::Array(self.kept))),
            Format::Table => self.console.stdout(&self.table()),
            Format::Jsonl | Format::Tsv => Ok(()),
        }
    }

    fn tsv(&self, row: &Value) -> String {
        format!("{}\n", self.cells(row, false).join("\t"))
    }

    fn cells(&self, row: &Value, for_person: bool) -> Vec<String> {
        let Value::Object(object) = row else { return vec![one_line(&plain(row))] };
        let cell = |name: &String| match object.get("internal_date").and_then(Value::as_str) {
            Some(time) if name == "date" && for_person => local_time(time),
            _ => one_line(&object.get(name).map(plain).unwrap_or_default()),
        };
        self.columns.iter().map(cell).collect()
    }

    /// Aligned columns; on a terminal the last one is cut to the width.
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self.kept.iter().map(|r| self.cells(r, true)).collect();
        let width = self.console.on_terminal.then(terminal_size::terminal_size).flatten();
        let width = width.map(|(w, _)| usize::from(w.0));
        let mut widths = vec![0; self.columns.len().max(1)];
        for row in &rows {
            for (at, cell) in row.iter().enumerate() {
                let cap = if cell_may_be_long(&self.columns, at) { 28 } else { 40 };
                widths[at] = widths[at].max(cell.width().min(cap));
            }
        }
        if let Some(total) = width {
            make_room(&mut widths, total);
        }
        rows.iter().map(|row| table_line(row, &widths, width)).collect()
    }
}

/// Narrows the columns behind the first one until the last has room to say something.
fn make_room(widths: &mut [usize], total: usize) {
    const LAST: usize = 20;
    let Some(last) = widths.len().checked_sub(1) else { return };
    let before = widths[..last].iter().map(|w| w + 2).sum::<usize>();
    let mut over = (before + LAST.min(widths[last])).saturating_sub(total);
    for width in widths[..last].iter_mut().skip(1).rev() {
        let taken = over.min(width.saturating_sub(5));
        *width -= taken;
        over -= taken;
    }
}

fn cell_may_be_long(columns: &[String], at: usize) -> bool {
    columns.get(at).is_some_and(|c| c == "from")
}

fn table_line(row: &[String], widths: &[usize], total: Option<usize>) -> String {
    let mut line = String::new();
    for (at, cell) in row.iter().enumerate() {
        let cell = harmless(cell);
        if at + 1 == row.len() {
            let left = total.map(|t| t.saturating_sub(line.width()));
            line.push_str(&left.map_or(cell.clone(), |left| cut(&cell, left)));
        } else {
            let cell = cut(&cell, widths[at]);
            line.push_str(&cell);
            line.push_str(&" ".repeat(widths[at].saturating_sub(cell.width()) + 2));
        }
    }
    format!("{}\n", line.trim_end())
}

/// The text in at most so many columns, with an ellipsis where it was cut.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= columns
    };
    format!("{}…", text.chars().take_while(fits).collect::<String>())
}

/// A member as people call it: the id of a message is its uid.
fn canonical_field(name: &str) -> String {
    if name == "id" { "uid".into() } else { name.to_owned() }
}

/// The text of a value without JSON's quotes; lists are joined.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\t', '\r', '\n'], " ")
}

/// Without what could drive a terminal: control characters and bidi overrides.
fn harmless(text: &str) -> String {
    let dangerous = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().filter(|c| !dangerous(*c)).collect()
}

fn page_of(object: &Map<String, Value>) -> String {
    let mut page = String::new();
    let hidden = ["untrusted", "body"];
    for (name, value) in object.iter().filter(|(n, v)| !hidden.contains(&n.as_str()) && !is_empty(v)) {
        match value {
            Value::Object(inner) => {
                let lines: Vec<String> = page_of(inner).lines().map(|l| format!("  {l}\n")).collect();
                page.push_str(&format!("{name}:\n{}", lines.concat()));
            }
            value => page.push_str(&format!("{name}: {}\n", one_line(&plain(value)))),
        }
    }
    if let Some(body) = object.get("body") {
        page.push_str(&format!("\n{}\n", plain(body).trim_end()));
    }
    page
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// One line an object: a cell for each member that was asked for, be it there or not.
fn tsv_document(value: &Value, fields: &[String]) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| tsv_document(item, fields)).collect(),
        Value::Object(object) if fields.is_empty() => {
            let cells: Vec<String> = object.values().map(|v| one_line(&plain(v))).collect();
            format!("{}\n", cells.join("\t"))
        }
        Value::Object(object) => {
            let cell = |name: &String| one_line(&object.get(name).map(plain).unwrap_or_default());
            format!("{}\n", fields.iter().map(cell).collect::<Vec<_>>().join("\t"))
        }
        other => format!("{}\n", one_line(&plain(other))),
    }
}

/// A time for a person, in the zone of this machine.
fn local_time(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => {
            time.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
        }
        Err(_) => text.to_owned(),
    }
}

/// RFC 3339 in UTC, for documents.
pub(crate) fn rfc3339(epoch: f64) -> String {
    let time = jiff::Timestamp::from_second(epoch as i64).unwrap_or_default();
    time.to_string()
}

/// The Python object and ours behind it.
pub(crate) fn challenge_document(challenge: &Challenge) -> Value {
    json!({
        "auth_required": true, "message": challenge_message(challenge),
        "url": challenge.url, "code": challenge.code, "scope": scope(challenge.step),
        "step": challenge.step.name(), "expires_at": challenge.expires_at.map(rfc3339),
        "retry_after": challenge.retry_after.ceil() as u64,
    })
}

/// The name by which the Python skill calls a step.
fn scope(step: Step) -> &'static str {
    match step {
        Step::SignIn | Step::SignInOnce => "gmail",
        Step::ConnectAccount => "gmail:connect",
    }
}

/// What the person has to do, in words that a model can repeat.
fn challenge_message(challenge: &Challenge) -> String {
    let state = if challenge.pending { "pending" } else { "required" };
    let scope = scope(challenge.step);
    let mut message = format!("Authentication {state} for '{scope}'. ");
    if let Some(note) = &challenge.note {
        message.push_str(&format!("{note} "));
    }
    let visit = match challenge.step {
        Step::SignIn => {
            "This is the first of two visits: sign in with Google. A new user gets a second link after it, to allow Gmail."
        }
        Step::SignInOnce => "One visit is enough: sign in with Google and allow access to Gmail.",
        Step::ConnectAccount => "This is the second and last visit: allow access to Gmail.",
    };
    if challenge.confirmed {
        message.push_str(&format!(
            "The visit to {} (code {}) was begun: finish it in the browser. {visit} If that page was closed or \
             access was refused, wait two minutes; then running the same command gives a new link. Afterwards \
             run the same command again.",
            challenge.url, challenge.code
        ));
        return message;
    }
    message.push_str(&format!(
        "Please open {} and check that the page shows the code: {}. {visit}",
        challenge.url, challenge.code
    ));
    if let Some(left) = challenge.expires_at.map(|t| t - clock::now()).filter(|l| *l > 0.0) {
        message.push_str(&format!(" The link lives for {}.", duration(left)));
    }
    message.push_str(" Afterwards run the same command again.");
    message
}

/// A time span in words.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds as u64 {
        s @ 0..120 => format!("{s} seconds"),
        s => format!("{} minutes", s / 60),
    }
}
