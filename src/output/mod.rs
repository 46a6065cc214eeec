//! The only writer of stdout and stderr, and the only module that knows whether there is a terminal.
//!
//! stdout carries the result, stderr everything else. A closed pipe is a success; a full disk is not.

mod challenge;
mod fields;
mod grid;
mod guide;
mod list;
mod messages;
mod page;
mod pager;
mod points;
mod progress;
mod qr;
mod reading;
mod rows;
mod styled;
mod text;
mod when;
mod wrap;

use std::{
    cell::{Cell, RefCell},
    io::{self, ErrorKind, IsTerminal, Write},
};

use serde::Serialize;
use serde_json::{Value, json};

use self::text::{harmless, json_escaped, one_line, tsv_document};
pub(crate) use self::{
    challenge::challenge_document,
    fields::{Field, Step},
    pager::PagerSetting,
    rows::{ListHead, Memory, Rows},
    text::{duration, local_time},
};
use self::{
    grid::{Column, Grid},
    progress::{Kind, Progress},
    reading::Screen,
    styled::{Line, painted, width},
};
use crate::{
    cli::{Color, Debug, Format, Global, Page},
    phrase::{Caller, phrase},
    problem::{Code, Problem, Result},
    secret::redact,
    spec::{Answer, Parameter, id_member},
    spelling::name,
    streams,
};

/// The colour settings of the environment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Colors {
    /// NO_COLOR is set.
    pub(crate) never: bool,
    /// CLICOLOR_FORCE is set.
    pub(crate) always: bool,
    /// TERM is `dumb`: no pager, and neither colours nor a line that is drawn again.
    pub(crate) dumb: bool,
}

/// What a document is, which decides how a person reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Messages,
    Conversations,
    /// Attachments with their texts.
    Files,
    /// Names and values.
    Members,
}

/// A list with its headings.
pub(crate) struct Table<'t> {
    pub(crate) headings: &'t [&'static str],
    pub(crate) rows: Vec<Vec<String>>,
    /// The sentence if there are no rows.
    pub(crate) nothing: &'t str,
}

pub(crate) struct Console {
    format: Format,
    /// Whether a format was given or configured and is JSON.
    asked_for_json: bool,
    caller: Caller,
    on_terminal: bool,
    stderr_terminal: bool,
    quiet: bool,
    debug: Option<Debug>,
    /// Whether stderr has colours.
    color: bool,
    /// Whether stdout has colours.
    color_out: bool,
    /// Whether the sign-in link is also shown as a QR code.
    qr: bool,
    fields: Option<Vec<Field>>,
    closed: Cell<bool>,
    /// Whether the result was remarked on.
    noted: Cell<bool>,
    /// The sign-in link that stderr showed last.
    shown_link: RefCell<String>,
    progress: Progress,
    /// Whether texts show every member.
    verbose: bool,
    /// `None` if nothing is paged.
    pager: Option<PagerSetting>,
}

impl Console {
    /// `format` was given or configured; without it, the place decides.
    pub(crate) fn new(global: &Global, format: Option<Format>, colors: Colors) -> Console {
        let on_terminal = io::stdout().is_terminal();
        let stderr_terminal = io::stderr().is_terminal();
        let color = |terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => colors.always || (terminal && !colors.never && !colors.dumb),
        };
        let fields = global.fields.as_ref().map(|names| {
            names.split(',').map(str::trim).filter(|n| !n.is_empty()).map(Field::parse).collect()
        });
        Console {
            format: format.unwrap_or(if on_terminal { Format::Table } else { Format::Json }),
            asked_for_json: format.is_some_and(|f| matches!(f, Format::Json | Format::Jsonl)),
            caller: if global.exec { Caller::Json } else { Caller::Line },
            on_terminal,
            stderr_terminal,
            quiet: global.quiet,
            debug: global.debug,
            color: color(stderr_terminal),
            color_out: color(on_terminal),
            qr: global.qr,
            fields,
            closed: Cell::new(false),
            noted: Cell::new(false),
            shown_link: RefCell::default(),
            progress: Progress::new(match (stderr_terminal && !global.quiet, colors.dumb) {
                (false, _) => Kind::Nothing,
                (true, true) => Kind::Line,
                (true, false) => Kind::Spinner,
            }),
            verbose: global.verbose,
            pager: None,
        }
    }

    /// Shows what is longer than the screen in a pager, if a person is at the terminal.
    pub(crate) fn paged(self, setting: PagerSetting, global: &Global, colors: Colors) -> Console {
        let pager =
            (self.has_person() && !global.no_pager && !global.no_input && !colors.dumb).then_some(setting);
        Console { pager, ..self }
    }

    pub(crate) fn asked_for_json(&self) -> bool {
        self.asked_for_json
    }

    /// Whether the output of this run is for machines.
    fn for_machines(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl)
    }

    /// Whether problems and warnings are documents: for machines, unless a person reads stderr who did not ask for JSON.
    fn reports_to_machines(&self) -> bool {
        self.for_machines() && (self.asked_for_json || !self.stderr_terminal)
    }

    /// Whether this run prints nothing but ids.
    pub(crate) fn prints_ids(&self) -> bool {
        self.format == Format::Ids
    }

    /// Whether this run prints pages for people.
    pub(crate) fn for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// Whether a person at a terminal is told in sentences what was done.
    pub(crate) fn tells_person(&self) -> bool {
        self.says_sentences() && self.has_person()
    }

    /// Whether what was done is told in a sentence: to people who did not ask for its members.
    pub(crate) fn says_sentences(&self) -> bool {
        self.for_people() && self.fields.is_none() && !self.verbose
    }

    /// Whether rows are seen as they come, or a person sees that work goes on.
    pub(crate) fn shows_progress(&self) -> bool {
        self.on_terminal || matches!(self.format, Format::Jsonl | Format::Tsv | Format::Ids)
    }

    /// Whether a person is at the terminal.
    pub(crate) fn has_person(&self) -> bool {
        self.on_terminal && self.stderr_terminal
    }

    /// An error if stdout was closed when the process started, so that a run which has something to tell ends before
    /// it does anything.
    pub(crate) fn expect_stdout(&self) -> Result<()> {
        if streams::stdout_is_missing() {
            return Err(Problem::new(Code::Failed, "cannot write the result: stdout is closed")
                .hint("Redirect stdout to a file, or to /dev/null to discard the result."));
        }
        Ok(())
    }

    /// Prints a part of the result, in the chosen format.
    fn stdout(&self, text: &str) -> Result<()> {
        if self.for_machines() { self.write(&json_escaped(text)) } else { self.write(&harmless(text)) }
    }

    fn write(&self, shown: &str) -> Result<()> {
        self.expect_stdout()?;
        if self.closed.get() {
            return Ok(());
        }
        let write = || {
            let mut out = io::stdout().lock();
            out.write_all(shown.as_bytes()).and_then(|()| out.flush())
        };
        match if self.on_terminal { self.progress.suspend(write) } else { write() } {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            Err(e) => Err(Problem::new(Code::Failed, format!("cannot write the result: {e}"))
                .hint("Free some space, or write to another file system.")),
        }
    }

    fn stderr(&self, line: &str) {
        let line = redact(line);
        // A failure cannot be reported anywhere.
        let write = || writeln!(io::stderr().lock(), "{line}");
        let _ = self.progress.suspend(write);
    }

    /// Prints a text that is the same in every format, such as help or the preview of a message.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        self.write(&harmless(text))
    }

    /// Prints a page of help, with its styles on a terminal.
    pub(crate) fn page_of_help(&self, page: &Page) -> Result<()> {
        self.write(if self.on_terminal && self.color_out { &page.styled } else { &page.plain })
    }

    /// Whether the reader closed stdout.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// stdout for bytes, with the parameter that saves them instead. An error on a terminal, and for `exec`.
    pub(crate) fn pipe(&self, instead: &Parameter) -> Result<Pipe<'_>> {
        if self.caller == Caller::Json {
            return Err(Problem::usage("exec prints JSON and cannot write the content to stdout")
                .hint(phrase!["Set ", name(instead), " to a path."]));
        }
        if self.on_terminal {
            return Err(Problem::usage("cannot write the content to a terminal").hint(phrase![
                "Redirect stdout to a file, or set ",
                name(instead),
                " to a path."
            ]));
        }
        Ok(Pipe { closed: &self.closed })
    }

    /// Prints the one document of a run.
    pub(crate) fn document(&self, value: &Value) -> Result<()> {
        self.reading(value, Layout::Members)
    }

    /// The same for a document that people read in a layout of its own.
    pub(crate) fn reading(&self, value: &Value, layout: Layout) -> Result<()> {
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
            (Format::Tsv | Format::Ids, _) => self.stdout(&tsv_document(&value, self.fields())),
            (Format::Table, _) if layout == Layout::Members => self.lines(&self.page(&value, layout)),
            (Format::Table, _) => self.paged_lines(&self.page(&value, layout)),
        }
    }

    /// A document for a person. Chosen fields have no other layout than names and values.
    fn page(&self, value: &Value, layout: Layout) -> Vec<Line> {
        let screen = Screen { columns: self.columns(), verbose: self.verbose };
        match layout {
            _ if self.fields.is_some() => page::document(value, Screen { verbose: true, ..screen }),
            Layout::Messages => reading::messages(value, screen),
            Layout::Conversations => reading::conversations(value, screen),
            Layout::Files => reading::files(value, screen),
            Layout::Members => page::document(value, screen),
        }
    }

    /// Prints lines for a person.
    fn lines(&self, lines: &[Line]) -> Result<()> {
        self.stop_progress();
        self.write(&painted(lines, self.color_out))
    }

    /// The same, in the pager if they are longer than the screen.
    fn paged_lines(&self, lines: &[Line]) -> Result<()> {
        self.stop_progress();
        self.on_screen(&painted(lines, self.color_out), lines.iter().map(Line::width))
    }

    /// Prints a text that is the same in every format, in the pager if it is longer than the screen.
    pub(crate) fn long_text(&self, text: &str) -> Result<()> {
        self.on_screen(&harmless(text), text.lines().map(width))
    }

    /// Prints a guide: laid out for a terminal, and as it is elsewhere.
    pub(crate) fn guide(&self, markdown: &str) -> Result<()> {
        match self.columns() {
            Some(columns) if self.format == Format::Table => self.lines(&guide::lines(markdown, columns)),
            _ => self.long_text(markdown),
        }
    }

    /// Prints a text whose lines have these widths.
    fn on_screen(&self, text: &str, widths: impl Iterator<Item = usize>) -> Result<()> {
        let size = self.on_terminal.then(terminal_size::terminal_size).flatten();
        if let (Some(pager), Some((columns, rows))) = (&self.pager, size) {
            let columns = usize::from(columns.0).max(1);
            let needed: usize = widths.map(|width| width.div_ceil(columns).max(1)).sum();
            if needed >= usize::from(rows.0) && !self.is_closed() && pager.show(text) {
                return Ok(());
            }
        }
        self.write(text)
    }

    /// Prints a short list that is no list of mail: columns for people, the document for anybody else.
    pub(crate) fn table(&self, document: &Value, table: &Table<'_>) -> Result<()> {
        if self.format != Format::Table || self.fields.is_some() {
            return self.document(document);
        }
        if table.rows.is_empty() {
            self.nothing(table.nothing, false);
            return self.write("");
        }
        let mut lines = Grid::new(table.headings.iter().map(|heading| Column::new(heading)).collect());
        table.rows.iter().for_each(|row| lines.row(row.iter().map(grid::Cell::new).collect()));
        self.write(&painted(&lines.lines(self.columns()), self.color_out))
    }

    /// Prints what a command has done: a sentence for people, a document for machines.
    pub(crate) fn statement(&self, sentence: &str, document: &Value) -> Result<()> {
        if self.for_machines() || !self.fields().is_empty() {
            return self.document(document);
        }
        self.stdout(&format!("{}\n", harmless(sentence)))
    }

    /// The fields that were chosen.
    pub(crate) fn fields(&self) -> &[Field] {
        self.fields.as_deref().unwrap_or_default()
    }

    fn select(&self, value: Value) -> Value {
        match &self.fields {
            Some(fields) => fields::select(value, fields),
            None => value,
        }
    }

    /// Prints a list of names: lines for people, an array for machines.
    pub(crate) fn names(&self, names: &[impl AsRef<str> + Serialize]) -> Result<()> {
        match self.format {
            Format::Json => self.stdout(&format!("{}\n", json!(names))),
            _ => self.stdout(
                &names.iter().map(|name| format!("{}\n", one_line(name.as_ref()))).collect::<String>(),
            ),
        }
    }

    /// Prints rows as they arrive, if the format allows it. Unless an empty list prints nothing, stdout must be open.
    pub(crate) fn rows(&self, answer: Answer, head: ListHead) -> Result<Rows<'_>> {
        if !head.silent_when_empty {
            self.expect_stdout()?;
        }
        let columns = match (&self.fields, answer) {
            _ if self.prints_ids() => vec![Field::named(id_member(head.kind).unwrap_or("uid"))],
            (Some(fields), _) => fields.clone(),
            (None, Answer::Rows { columns: names, .. } | Answer::Document { fields: names }) => {
                names.iter().map(|name| Field::named(name)).collect()
            }
        };
        Ok(Rows::new(self, columns, head))
    }

    /// The width of the terminal; `None` if stdout is not one.
    fn columns(&self) -> Option<usize> {
        const UNKNOWN: usize = 80;
        self.on_terminal.then(|| terminal_size::terminal_size().map_or(UNKNOWN, |(width, _)| width.0.into()))
    }

    /// Names the terminal at which a person typed the command.
    pub(crate) fn typed_at(&self) -> Option<String> {
        (self.caller == Caller::Line).then(streams::terminal_of_stdin).flatten()
    }

    /// Names the terminal that shows the result.
    pub(crate) fn shown_at(&self) -> Option<String> {
        self.on_terminal.then(streams::terminal_of_stdout).flatten()
    }

    /// Tells a person that a list is empty, on stderr.
    fn nothing(&self, sentence: &str, often_empty: bool) {
        let told = self.noted.get() || self.quiet || self.format != Format::Table;
        if !told && (self.stderr_terminal || !often_empty) {
            self.stderr(&one_line(sentence));
        }
    }
}

/// The columns that a page of text fills: those of the terminal, as far as lines stay readable.
pub(crate) fn page_width() -> usize {
    let columns = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    columns.map_or(80, |(width, _)| usize::from(width.0).clamp(40, 100))
}

/// stdout for bytes. It records when the reader closes it.
pub(crate) struct Pipe<'c> {
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
