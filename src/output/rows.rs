//! Rows as JSON, JSON lines, TSV or an aligned table.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{
    Console, Pipe,
    text::{Reader, cell, cut, harmless, one_line, plain},
};
use crate::{cli::Format, problem::Result, spec::Parameter, streams};

/// Progress is shown for lists that are longer than one page.
const PAGE: u64 = 500;

const LABELS: &str = "labels";
const LABEL_NAMES: &str = "label_names";

/// Prints the rows of a list to stdout.
pub(crate) struct Rows<'c> {
    console: &'c Console,
    columns: Vec<String>,
    /// The rows, if the format is printed as a whole.
    kept: Vec<Value>,
    pub(crate) written: u64,
    silent_when_empty: bool,
}

impl<'c> Rows<'c> {
    pub(super) fn new(console: &'c Console, columns: Vec<String>, silent_when_empty: bool) -> Self {
        Rows { console, columns, kept: Vec::new(), written: 0, silent_when_empty }
    }

    /// Whether the member with this name was asked for.
    pub(crate) fn wants(&self, member: &str) -> bool {
        self.console.fields().iter().any(|field| field == member)
    }

    /// Whether a row is printed with this member. Texts show the names of labels, and no more members than columns.
    pub(crate) fn shows(&self, member: &str) -> bool {
        let is_column = |name: &str| self.columns.iter().any(|column| column == name);
        match self.console.for_machines() {
            true => self.console.fields.is_none() || is_column(member),
            false => is_column(member) || (member == LABEL_NAMES && is_column(LABELS)),
        }
    }

    /// stdout for bytes, instead of rows.
    pub(crate) fn pipe(&self, instead: &Parameter) -> Result<Pipe<'c>> {
        self.console.pipe(instead)
    }

    /// Prints or keeps a row. Returns false once the reader has closed stdout.
    pub(crate) fn push(&mut self, row: Value) -> Result<bool> {
        match self.console.format {
            Format::Json => self.kept.push(self.console.select(row)),
            Format::Table => self.kept.push(row),
            Format::Jsonl => self.console.stdout(&format!("{}\n", self.console.select(row)))?,
            Format::Tsv => self.console.stdout(&self.tsv(&row))?,
        }
        self.written += 1;
        self.show_progress();
        Ok(!self.console.closed.get())
    }

    /// Shows progress from the second page on, unless the rows themselves appear on the terminal.
    fn show_progress(&self) {
        let visible = matches!(self.console.format, Format::Jsonl | Format::Tsv) && self.console.on_terminal;
        if self.written > PAGE && !visible && self.written.is_multiple_of(25) {
            self.console.show_progress(&format!("{} messages so far", self.written));
        }
    }

    /// Whether rows are printed as they come.
    pub(crate) fn are_printed(&self) -> bool {
        matches!(self.console.format, Format::Jsonl | Format::Tsv)
    }

    /// Prints the rows that were kept. Returns false if the reader closed stdout before it had all rows.
    pub(crate) fn finish(self) -> Result<bool> {
        self.console.stop_progress();
        if self.written == 0 && self.silent_when_empty {
            return Ok(true);
        }
        match self.console.format {
            Format::Json => self.console.stdout(&format!("{}\n", Value::Array(self.kept)))?,
            Format::Table => self.console.stdout(&self.table())?,
            Format::Jsonl | Format::Tsv => {}
        }
        Ok(!self.console.is_closed() && (self.written == 0 || !streams::stdout_lost_its_reader()))
    }

    fn tsv(&self, row: &Value) -> String {
        format!("{}\n", self.cells(row, Reader::Program).join("\t"))
    }

    fn cells(&self, row: &Value, reader: Reader) -> Vec<String> {
        let Value::Object(object) = row else { return vec![one_line(&plain(row))] };
        self.columns.iter().map(|name| cell(object, name, reader)).collect()
    }

    /// Aligned columns; on a terminal the last one is cut to the width.
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self.kept.iter().map(|r| self.cells(r, Reader::Person)).collect();
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

/// Narrows the columns after the first one until the last has enough room.
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
    columns.get(at).is_some_and(|c| matches!(c.as_str(), "from" | "people"))
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
