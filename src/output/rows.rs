//! Rows as JSON, JSON lines, TSV, ids, or columns for a person.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Console, Field, Pipe,
    list::{self, View},
    styled::painted,
    text::{Reader, cell, json_escaped, one_line, plain},
};
use crate::{
    cli::Format,
    observer::Observer,
    problem::Result,
    spec::{Parameter, RowKind, id_member},
    streams,
};

/// The last row that has a number.
const MOST_NUMBERS: usize = 500;

const LABELS: &str = "labels";
const LABEL_NAMES: &str = "label_names";

/// What a list consists of.
#[derive(Clone, Debug)]
pub(crate) struct ListHead {
    pub(crate) kind: RowKind,
    /// The folder whose rows these are.
    pub(crate) folder: Option<String>,
    /// The sentence for an empty list.
    pub(crate) nothing: Option<String>,
    /// Whether it is often empty and runs in cron, which mails every word.
    pub(crate) often_empty: bool,
    /// Whether nothing is printed for an empty list instead of an empty array.
    pub(crate) silent_when_empty: bool,
}

/// Remembers the rows that a terminal shows, in their order; none for rows without numbers. Returns whether that
/// succeeded.
pub(crate) type Memory<'c> = Box<dyn Fn(RowKind, Option<&[String]>) -> bool + 'c>;

/// Prints the rows of a list to stdout.
pub(crate) struct Rows<'c> {
    console: &'c Console,
    columns: Vec<Field>,
    head: ListHead,
    /// The rows for a person, whose columns depend on all of them.
    kept: Vec<Value>,
    /// The JSON array of the rows, as far as there are any. It is printed whole, because a run prints one document.
    array: String,
    pub(crate) written: u64,
    memory: Option<Memory<'c>>,
}

impl<'c> Rows<'c> {
    pub(super) fn new(console: &'c Console, columns: Vec<Field>, head: ListHead) -> Self {
        Rows { console, columns, head, kept: Vec::new(), array: String::new(), written: 0, memory: None }
    }

    /// Rows that commands accept by their numbers.
    pub(crate) fn remembered(self, memory: Memory<'c>) -> Self {
        Rows { memory: Some(memory), ..self }
    }

    /// Whether the layout of messages is shown, with everything that belongs to it.
    fn has_layout(&self) -> bool {
        self.console.format == Format::Table && self.console.fields.is_none()
    }

    /// Whether the member with this name was asked for, or costs a question and is part of the layout.
    pub(crate) fn wants(&self, member: &str) -> bool {
        let shown = member == list::ANSWERED && self.head.kind == RowKind::Message && self.has_layout();
        shown || self.console.fields().iter().any(|field| field.name() == member)
    }

    /// Whether a row is printed with this member. Texts show the names of labels, and no more members than they need.
    pub(crate) fn shows(&self, member: &str) -> bool {
        let is_column = |name: &str| self.columns.iter().any(|column| column.name() == name);
        match self.console.for_machines() {
            true => self.console.fields.is_none() || is_column(member),
            false if self.has_layout() => true,
            false => is_column(member) || (member == LABEL_NAMES && is_column(LABELS)),
        }
    }

    /// Whether all members of a row are wanted.
    pub(crate) fn has_no_fields(&self) -> bool {
        self.console.fields.is_none()
    }

    /// Whether a person at a terminal reads the result in sentences.
    pub(crate) fn is_for_person(&self) -> bool {
        self.console.tells_person()
    }

    /// stdout for bytes, instead of rows.
    pub(crate) fn pipe(&self, instead: &Parameter) -> Result<Pipe<'c>> {
        self.console.pipe(instead)
    }

    /// Prints or keeps a row. Returns false once the reader has closed stdout.
    pub(crate) fn push(&mut self, row: &impl Serialize) -> Result<bool> {
        match self.console.format {
            Format::Json => {
                self.array.push(if self.array.is_empty() { '[' } else { ',' });
                self.array.push_str(&json_escaped(&self.json(row)));
            }
            Format::Table => self.kept.push(json!(row)),
            Format::Jsonl => self.console.stdout(&format!("{}\n", self.json(row)))?,
            Format::Tsv => self.console.stdout(&self.tsv(&json!(row)))?,
            Format::Ids => self.console.stdout(&self.ids(&json!(row)))?,
        }
        self.written += 1;
        self.show_progress();
        Ok(!self.console.closed.get())
    }

    /// A row with the chosen members.
    pub(crate) fn json(&self, row: &impl Serialize) -> String {
        match (&self.console.fields, serde_json::to_string(row)) {
            (None, Ok(text)) => text,
            _ => self.console.select(json!(row)).to_string(),
        }
    }

    /// Shows how far it is, unless the rows themselves appear on the terminal.
    fn show_progress(&self) {
        if self.are_printed() && self.console.on_terminal {
            self.console.progress.mute();
        } else if self.written.is_multiple_of(25) {
            let things = format!("{}s", self.head.kind.name());
            self.console.count("listing", self.written as usize, None, &things);
        }
    }

    /// Whether rows are printed as they come.
    pub(crate) fn are_printed(&self) -> bool {
        matches!(self.console.format, Format::Jsonl | Format::Tsv | Format::Ids)
    }

    /// Prints the rows that were kept. Returns false if the reader closed stdout before it had all rows.
    pub(crate) fn finish(self) -> Result<bool> {
        self.console.stop_progress();
        let numbers = self.numbers();
        if self.written == 0 {
            if let Some(nothing) = &self.head.nothing {
                self.console.nothing(nothing, self.head.often_empty);
            }
            if self.head.silent_when_empty {
                return Ok(true);
            }
        }
        match self.console.format {
            Format::Json if self.array.is_empty() => self.console.write("[]\n")?,
            Format::Json => self.console.write(&(self.array + "]\n"))?,
            Format::Table if self.kept.is_empty() => self.console.write("")?,
            Format::Table => self.console.write(&self.table(numbers))?,
            Format::Jsonl | Format::Tsv | Format::Ids => {}
        }
        Ok(!self.console.is_closed() && (self.written == 0 || !streams::stdout_lost_its_reader()))
    }

    /// How many rows have a number. A number is shown only if it was remembered what it stands for; a list without
    /// numbers takes those of the list before it.
    fn numbers(&self) -> usize {
        let is_for_person = self.console.on_terminal && id_member(self.head.kind).is_some();
        let Some(memory) = self.memory.as_ref().filter(|_| is_for_person) else { return 0 };
        if self.console.format != Format::Table {
            memory(self.head.kind, None);
            return 0;
        }
        let ids = self.kept.iter().take(MOST_NUMBERS).map_while(|row| list::id_of(row, self.head.kind));
        let ids: Vec<String> = ids.collect();
        if memory(self.head.kind, Some(&ids)) { ids.len() } else { 0 }
    }

    fn tsv(&self, row: &Value) -> String {
        format!("{}\n", self.cells(row, Reader::Program).join("\t"))
    }

    /// A line with the id, if the row has one.
    fn ids(&self, row: &Value) -> String {
        let id = self.columns.first().and_then(|column| row.get(column.name())).and_then(Value::as_str);
        id.map(|id| format!("{}\n", one_line(id))).unwrap_or_default()
    }

    fn cells(&self, row: &Value, reader: Reader) -> Vec<String> {
        let Value::Object(object) = row else { return vec![one_line(&plain(row))] };
        self.columns.iter().map(|column| cell(object, column, reader)).collect()
    }

    /// Aligned columns, which on a terminal fit its width.
    fn table(&self, numbers: usize) -> String {
        if !self.kept.iter().any(Value::is_object) {
            let mut names: Vec<String> = self.kept.iter().map(|name| one_line(&plain(name))).collect();
            if self.head.kind == RowKind::Folder {
                names.sort_by_key(|name| list::place_of(name));
            }
            return names.iter().map(|name| format!("{name}\n")).collect();
        }
        let view = View {
            kind: self.head.kind,
            folder: self.head.folder.as_deref(),
            chosen: self.console.fields.as_deref(),
            numbers,
            short: self.console.on_terminal,
            color: self.console.color_out,
            verbose: self.console.verbose,
        };
        painted(&list::grid(&self.kept, &view).lines(self.console.columns()), self.console.color_out)
    }
}
