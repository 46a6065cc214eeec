//! Aligned columns that fit a terminal. Columns become narrower in steps, and if that is not enough, the least important
//! of them is left out. It knows nothing of what the columns show.

use super::styled::{Line, Style, cut, steady, width};

const GAP: usize = 2;
/// A column of this width has room for names of labels, even if the text is cut for them.
const WIDE: usize = 40;
/// No column is made wider than this where the width is not limited.
const WIDEST: usize = 100;
/// The columns in which most names are recognised.
const SHORT_NAME: usize = 8;

#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    heading: &'static str,
    /// A heading that is not known before.
    named: Option<String>,
    right: bool,
    /// The width that it never exceeds on a terminal.
    cap: Option<usize>,
    /// How narrow it may become, in each of the steps in which columns make room; empty if it may not.
    floors: &'static [usize],
    /// Columns with the lowest rank are left out first; those without one stay.
    rank: Option<u8>,
    /// The width of a terminal below which it is left out in any case.
    needs: usize,
}

impl Column {
    pub(super) fn new(heading: &'static str) -> Column {
        Column { heading, ..Column::default() }
    }

    pub(super) fn named(heading: String) -> Column {
        Column { named: Some(heading), ..Column::default() }
    }

    pub(super) fn right(self) -> Column {
        Column { right: true, ..self }
    }

    pub(super) fn at_most(self, cap: usize) -> Column {
        Column { cap: Some(cap), ..self }
    }

    pub(super) fn down_to(self, floors: &'static [usize]) -> Column {
        Column { floors, ..self }
    }

    pub(super) fn rank(self, rank: u8) -> Column {
        Column { rank: Some(rank), ..self }
    }

    pub(super) fn needs(self, needs: usize) -> Column {
        Column { needs, ..self }
    }

    fn title(&self) -> &str {
        self.named.as_deref().unwrap_or(self.heading)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    style: Style,
    /// What follows the text and is never cut.
    suffix: String,
    /// Names at the right end of the column, if there is room.
    names: String,
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Cell {
        Cell { text: steady(text.as_ref()), ..Cell::default() }
    }

    pub(super) fn style(self, style: Style) -> Cell {
        Cell { style, ..self }
    }

    pub(super) fn suffix(self, suffix: String) -> Cell {
        Cell { suffix, ..self }
    }

    pub(super) fn names(self, names: &str) -> Cell {
        Cell { names: steady(names), ..self }
    }

    fn width(&self) -> usize {
        let names = if self.names.is_empty() { 0 } else { width(&self.names) + GAP };
        width(&self.text) + width(&self.suffix) + names
    }

    /// What the text leaves, and a quarter of a wide column; nothing if a name would hardly be seen.
    fn room_for_names(&self, columns: usize) -> usize {
        let left = columns.saturating_sub(width(&self.text) + width(&self.suffix) + GAP);
        let least = if columns < WIDE { 0 } else { columns / 4 };
        let room = left.max(least);
        if room < width(&self.names).min(SHORT_NAME) { 0 } else { room }
    }

    fn add_to(&self, line: &mut Line, columns: usize, right: bool, last: bool) {
        let names = cut(&self.names, self.room_for_names(columns));
        let reserved = if names.is_empty() { 0 } else { width(&names) + GAP };
        let suffix = cut(&self.suffix, columns);
        let text = cut(&self.text, columns.saturating_sub(reserved + width(&suffix)));
        let blank = columns.saturating_sub(width(&text) + width(&suffix) + width(&names));
        if right {
            line.add(Style::Plain, &" ".repeat(blank));
        }
        line.add(self.style, &text);
        line.add(self.style, &suffix);
        let ends_here = last && names.is_empty();
        if !right && !ends_here {
            line.add(Style::Plain, &" ".repeat(blank));
        }
        line.add(Style::Name, &names);
    }
}

pub(super) struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    pub(super) fn new(columns: Vec<Column>) -> Grid {
        Grid { columns, rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// A heading and the rows. No line is wider than `total` columns, if that is known.
    pub(super) fn lines(mut self, total: Option<usize>) -> Vec<Line> {
        let narrow_for =
            |column: &Column| total.is_some_and(|total| column.rank.is_some() && total < column.needs);
        while let Some(at) = self.columns.iter().position(narrow_for) {
            self.leave_out(at);
        }
        let mut widths = self.natural(total.is_some());
        while let Some(total) = total {
            let over = narrow(&self.columns, &mut widths, total);
            let least = (0..self.columns.len()).filter(|at| self.columns[*at].rank.is_some());
            match least.min_by_key(|at| self.columns[*at].rank) {
                Some(least) if over => {
                    self.leave_out(least);
                    widths = self.natural(true);
                }
                _ => break,
            }
        }
        let heading: Vec<Cell> =
            self.columns.iter().map(|column| Cell::new(column.title()).style(Style::Dim)).collect();
        std::iter::once(&heading).chain(&self.rows).map(|row| self.line(row, &widths, total)).collect()
    }

    fn leave_out(&mut self, at: usize) {
        self.columns.remove(at);
        self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }

    /// The width of each column if there is room for all. Where there is no terminal, a long cell moves what follows it.
    fn natural(&self, capped: bool) -> Vec<usize> {
        let widest = |(at, column): (usize, &Column)| {
            let cells = self.rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
            let cap = if capped { column.cap } else { Some(WIDEST) };
            let cells = cap.map_or(cells, |cap| cells.min(cap));
            cells.max(width(column.title()))
        };
        self.columns.iter().enumerate().map(widest).collect()
    }

    fn line(&self, row: &[Cell], widths: &[usize], total: Option<usize>) -> Line {
        let mut line = Line::default();
        for (at, cell) in row.iter().enumerate() {
            let left = |line: &Line| total.map_or(usize::MAX, |total| total.saturating_sub(line.width()));
            if at > 0 {
                line.add(Style::Plain, &" ".repeat(GAP.min(left(&line))));
            }
            let left = left(&line);
            let columns = if total.is_some() { widths[at] } else { widths[at].max(cell.width()) };
            cell.add_to(&mut line, columns.min(left), self.columns[at].right, at + 1 == row.len());
        }
        line
    }
}

/// Narrows the columns in steps until they fit. Returns whether they are still too wide.
fn narrow(columns: &[Column], widths: &mut [usize], total: usize) -> bool {
    let over = |widths: &[usize]| {
        let gaps = GAP * widths.len().saturating_sub(1);
        (widths.iter().sum::<usize>() + gaps).saturating_sub(total)
    };
    let steps = columns.iter().map(|column| column.floors.len()).max().unwrap_or(0);
    for step in 0..steps {
        for (at, column) in columns.iter().enumerate().rev() {
            let Some(floor) = column.floors.get(step) else { continue };
            let room = widths[at].saturating_sub(*floor);
            widths[at] -= room.min(over(widths));
        }
    }
    over(widths) > 0
}
