//! The text being written: lines, the gaps between them, and their prefixes.
//!
//! A space or gap is written only before the next word, so none is left at the end. The cells of a table row
//! are written one below the other and joined into one line at the end of the row if they are short.

const MAX_QUOTES: usize = 5;
const MAX_INDENT: usize = 6;
/// The longest cell in a row that is joined into one line; a row with longer cells is layout.
const MAX_CELL: usize = 160;
/// The same limit for a table that is marked as data.
const MAX_DATA_CELL: usize = 600;

/// The distance between a block and the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    Line,
    Paragraph,
}

#[derive(Default)]
pub(super) struct Page {
    out: String,
    gap: Option<Gap>,
    space: bool,
    /// Where the content of the current line begins.
    content: usize,
    quotes: usize,
    /// The quote depth of the previous line.
    quotes_before: usize,
    lists: Vec<List>,
    /// A bullet, a number or the `#` of a heading, to be written before the next line.
    marker: Option<String>,
    /// The number of lines so far; a line with a marker counts twice.
    lines: usize,
    tables: Vec<Table>,
}

struct List {
    ordered: bool,
    next: u32,
    fresh: bool,
}

/// A table that is being written.
struct Table {
    data: bool,
    row: Vec<Cell>,
}

/// A cell of the current row, and the state of the page at its start.
struct Cell {
    from: usize,
    to: usize,
    gap: Gap,
    lines: usize,
    nested: bool,
}

impl Page {
    pub(super) fn text(&mut self, text: &str, keeps_space: bool) {
        if keeps_space {
            return self.kept(text);
        }
        let blank = |c: char| c.is_whitespace() && c != '\u{3000}';
        for (at, word) in text.split(blank).enumerate() {
            self.space |= at > 0;
            if !word.is_empty() {
                self.begin();
                self.out.push_str(word);
            }
        }
    }

    fn kept(&mut self, text: &str) {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.line_break();
            }
            let starts = self.gap() > Gap::None;
            if line.is_empty() || starts && line.trim().is_empty() {
                continue;
            }
            self.begin();
            self.out.extend(line.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
        }
    }

    /// Requests at least this gap before the next text.
    pub(super) fn block(&mut self, gap: Gap) {
        if self.marker.is_none() {
            self.gap = Some(self.gap().max(gap));
        }
        self.space = false;
    }

    pub(super) fn line_break(&mut self) {
        self.gap = Some(if self.gap() == Gap::None { Gap::Line } else { Gap::Paragraph });
        self.space = false;
    }

    /// Ends a paragraph that has no margin. If it contains only a space, it is a blank line.
    pub(super) fn end_line(&mut self) {
        if self.space && self.gap() == Gap::Line {
            self.line_break();
        }
        self.block(Gap::Line);
    }

    pub(super) fn rule(&mut self) {
        self.block(Gap::Paragraph);
        if !self.out.is_empty() && !self.out.ends_with("---") {
            self.text("---", false);
            self.block(Gap::Paragraph);
        }
    }

    pub(super) fn heading(&mut self, level: usize) {
        self.block(Gap::Paragraph);
        self.marker = Some("#".repeat(level));
    }

    pub(super) fn end_heading(&mut self) {
        self.marker = None;
        self.block(Gap::Paragraph);
    }

    pub(super) fn quote(&mut self) {
        self.block(Gap::Paragraph);
        self.quotes += 1;
    }

    pub(super) fn end_quote(&mut self) {
        self.quotes = self.quotes.saturating_sub(1);
        self.block(Gap::Paragraph);
    }

    pub(super) fn list(&mut self, ordered: bool, start: u32) {
        self.block(self.list_gap());
        self.lists.push(List { ordered, next: start, fresh: true });
    }

    pub(super) fn end_list(&mut self) {
        self.lists.pop();
        self.block(self.list_gap());
    }

    fn list_gap(&self) -> Gap {
        if self.lists.is_empty() { Gap::Paragraph } else { Gap::Line }
    }

    pub(super) fn item(&mut self, number: Option<u32>) {
        self.marker = None;
        self.block(Gap::Line);
        let Some(list) = self.lists.last_mut() else {
            self.marker = Some("-".to_owned());
            return;
        };
        if !list.fresh {
            self.gap = Some(Gap::Line);
        }
        list.fresh = false;
        let number = number.unwrap_or(list.next);
        list.next = number.saturating_add(1);
        self.marker = Some(if list.ordered { format!("{number}.") } else { "-".to_owned() });
    }

    pub(super) fn end_item(&mut self) {
        self.marker = None;
        self.block(Gap::Line);
    }

    pub(super) fn table(&mut self, data: bool) {
        if let Some(cell) = self.tables.last_mut().and_then(|table| table.row.last_mut()) {
            cell.nested = true;
        }
        self.block(self.table_gap());
        self.tables.push(Table { data, row: Vec::new() });
    }

    pub(super) fn end_table(&mut self) {
        self.end_row();
        self.tables.pop();
        self.block(self.table_gap());
    }

    fn table_gap(&self) -> Gap {
        if self.tables.is_empty() { Gap::Paragraph } else { Gap::Line }
    }

    pub(super) fn row(&mut self) {
        self.end_row();
        self.block(Gap::Line);
    }

    pub(super) fn cell(&mut self, heads: bool) {
        self.block(Gap::Line);
        let (from, gap, lines) = (self.out.len(), self.gap(), self.lines);
        if let Some(table) = self.tables.last_mut() {
            table.data |= heads;
            table.row.push(Cell { from, to: from, gap, lines, nested: false });
        }
    }

    pub(super) fn end_cell(&mut self) {
        let (to, lines) = (self.out.len(), self.lines);
        if let Some(cell) = self.tables.last_mut().and_then(|table| table.row.last_mut()) {
            cell.to = to;
            cell.lines = lines - cell.lines;
        }
        self.block(Gap::Line);
    }

    /// Ends the current row, if there is one, and joins its cells into one line if they are short.
    pub(super) fn end_row(&mut self) {
        let prefix = self.prefix();
        let Some(table) = self.tables.last_mut() else { return };
        let data = table.data;
        let row = std::mem::take(&mut table.row);
        let Some(first) = row.first().filter(|_| row.iter().all(|cell| cell.fits(data))) else { return };
        let mut cells: Vec<String> =
            row.iter().map(|cell| cell.content(&self.out, prefix.trim_end())).collect();
        if !data {
            cells.retain(|cell| !cell.is_empty());
        }
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() < 2 {
            return;
        }
        self.out.truncate(first.from);
        self.gap = Some(first.gap);
        self.begin();
        self.out.push_str(&cells.join(" | "));
        self.block(Gap::Line);
    }

    /// The current end of the text, for [`Page::since`].
    pub(super) fn offset(&self) -> usize {
        self.out.len()
    }

    /// The text written since an offset, without leading and trailing white space; of several lines only the last.
    pub(super) fn since(&self, offset: usize) -> &str {
        self.out.get(offset.max(self.content)..).unwrap_or_default().trim()
    }

    /// Takes back what was written since an offset. Returns whether it was anything.
    pub(super) fn erase(&mut self, offset: usize) -> bool {
        let erases = self.out.get(offset..).is_some_and(|text| text.chars().any(char::is_alphanumeric));
        if erases {
            self.out.truncate(offset);
            self.content = self.content.min(offset);
            self.gap = Some(Gap::Line);
        }
        erases
    }

    /// Writes after the last word, before any gap that follows it.
    pub(super) fn attach(&mut self, text: &str) {
        self.out.push(' ');
        self.out.push_str(text);
    }

    pub(super) fn finish(mut self) -> String {
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    fn gap(&self) -> Gap {
        self.gap.unwrap_or(Gap::Line)
    }

    /// Writes what belongs before the next word: a line end with prefix and marker, or a space.
    fn begin(&mut self) {
        let gap = self.gap.replace(Gap::None).unwrap_or(Gap::Line);
        let space = std::mem::take(&mut self.space);
        if gap == Gap::None {
            if space {
                self.out.push(' ');
            }
            return;
        }
        if !self.out.is_empty() {
            self.out.push('\n');
            if gap == Gap::Paragraph {
                let shared = self.quotes.min(self.quotes_before).min(MAX_QUOTES);
                self.out.push_str("> ".repeat(shared).trim_end());
                self.out.push('\n');
            }
        }
        self.quotes_before = self.quotes;
        self.lines += 1;
        let mut prefix = self.prefix();
        if let Some(marker) = self.marker.take() {
            self.lines += 1;
            prefix.truncate(prefix.len() - if self.lists.is_empty() { 0 } else { 2 });
            prefix.push_str(&marker);
            prefix.push(' ');
        }
        self.out.push_str(&prefix);
        self.content = self.out.len();
    }

    fn prefix(&self) -> String {
        "> ".repeat(self.quotes.min(MAX_QUOTES)) + &"  ".repeat(self.lists.len().min(MAX_INDENT))
    }
}

impl Cell {
    /// Whether the cell is short enough to be joined with others.
    fn fits(&self, data: bool) -> bool {
        let len = self.to - self.from;
        !self.nested && if data { len <= MAX_DATA_CELL } else { self.lines <= 1 && len <= MAX_CELL }
    }

    fn content(&self, out: &str, prefix: &str) -> String {
        let lines = out.get(self.from..self.to).unwrap_or_default().lines();
        let words = lines
            .map(|line| line.strip_prefix(prefix).unwrap_or(line).trim())
            .filter(|line| !line.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }
}
