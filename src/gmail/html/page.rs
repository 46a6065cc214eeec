//! The text as it is written: lines, the gaps between them, and what stands before them.
//!
//! Spaces and gaps are only remembered and written before the next word, so that nothing trails. Table rows are
//! written cell by cell, one under the other, and put on one line when the row ends and turns out to be short.

const MAX_QUOTES: usize = 5;
const MAX_INDENT: usize = 6;
/// A row of longer cells is no row of a data table but a layout.
const MAX_CELL: usize = 160;
/// A data table may say more in a cell, but this is not a row any more.
const MAX_DATA_CELL: usize = 600;

/// How far a block stands from what surrounds it.
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
    /// The quote depth of the line before.
    quotes_before: usize,
    lists: Vec<List>,
    /// Stands before the next line: a bullet, a number, a heading's `#`.
    marker: Option<String>,
    /// Lines begun so far, a marked one counting twice.
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

/// A cell of the row being written: where the page stood when it began.
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

    /// Makes at least this gap before what comes next.
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

    /// Ends a paragraph without margin; one that has only a space in it is a blank line.
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

    /// Ends the row of cells, if there is one, and puts it on one line where that reads well.
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

    /// Where the page stands, for [`Page::since`].
    pub(super) fn mark(&self) -> usize {
        self.out.len()
    }

    /// What was written since, on the last line of it, without the white space around it.
    pub(super) fn since(&self, mark: usize) -> &str {
        self.out.get(mark.max(self.content)..).unwrap_or_default().trim()
    }

    /// Writes behind the last word, even if a gap follows it.
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

    /// Writes what is due before a word: a line end, a prefix and a marker, or a space.
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
    /// Whether the cell can stand on a line with others.
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
