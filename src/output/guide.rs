//! A guide in Markdown as a page for a terminal: paragraphs broken at its width, tables as columns or, where they do not
//! fit, row by row. Only our own guides are printed with it.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{
    styled::{Line, Style, width},
    wrap::wrapped_at_words,
};

/// The widest line of text.
const WIDEST: usize = 96;
const INDENT: &str = "    ";

/// The lines of a guide on a terminal with this many columns.
pub(super) fn lines(markdown: &str, columns: usize) -> Vec<Line> {
    let mut page = Page { columns: columns.min(WIDEST), ..Page::default() };
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    Parser::new_ext(markdown, options).for_each(|event| page.event(event));
    page.lines
}

#[derive(Default)]
struct Page {
    columns: usize,
    lines: Vec<Line>,
    /// The text of the block that is being read.
    text: String,
    /// For each list that is open, the number of its next item; `None` for one without numbers.
    lists: Vec<Option<u64>>,
    /// What stands before the first line of an item.
    mark: Option<String>,
    rows: Vec<Vec<String>>,
    /// The address of the link that is being read.
    link: Option<String>,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.text.push_str(&text),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::TaskListMarker(_) => self.text.push_str("[ ] "),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::List(first) => {
                self.item();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => self.mark = Some(self.next_mark()),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::Link { dest_url, .. } => {
                self.link = Some(dest_url.into_string()).filter(|url| url.starts_with("https://"));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.gap();
                let text = std::mem::take(&mut self.text);
                self.lines.push(Line::new(Style::Bold, &text));
            }
            TagEnd::Paragraph if self.lists.is_empty() => {
                self.gap();
                let text = std::mem::take(&mut self.text);
                self.block(&text, "", "");
            }
            TagEnd::Paragraph | TagEnd::Item => self.item(),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::CodeBlock => self.code(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                self.rows.last_mut().into_iter().for_each(|row| row.push(cell.clone()));
            }
            TagEnd::Table => self.table(),
            TagEnd::Link => {
                let url = self.link.take().filter(|url| !url.ends_with(&self.text));
                self.text.extend(url.map(|url| format!(" ({url})")));
            }
            _ => {}
        }
    }

    /// An empty line, unless there is one or nothing is above it.
    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    /// The number of the next item, or a bullet.
    fn next_mark(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(next)) => {
                *next += 1;
                format!("{}. ", *next - 1)
            }
            _ => "- ".to_owned(),
        }
    }

    /// The text so far as an item of the innermost list, or as more of it.
    fn item(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let margin = " ".repeat(3 * self.lists.len().saturating_sub(1));
        let mark = self.mark.take().unwrap_or_else(|| "  ".to_owned());
        let rest = format!("{margin}{}", " ".repeat(mark.len()));
        self.block(&text, &format!("{margin}{mark}"), &rest);
    }

    /// A paragraph, with what stands before its first line and before the others.
    fn block(&mut self, text: &str, first: &str, rest: &str) {
        for (at, line) in
            wrapped_at_words(text, Some(self.columns.saturating_sub(width(rest)))).iter().enumerate()
        {
            let lead = if at == 0 { first } else { rest };
            self.lines.push(Line::new(Style::Plain, &format!("{lead}{line}")));
        }
    }

    fn code(&mut self) {
        self.gap();
        for line in std::mem::take(&mut self.text).lines() {
            self.lines.push(Line::new(Style::Name, line).indented(INDENT));
        }
    }

    fn table(&mut self) {
        self.gap();
        let rows = std::mem::take(&mut self.rows);
        let count = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widest = |at: usize| rows.iter().filter_map(|row| Some(width(row.get(at)?))).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count).map(widest).collect();
        if widths.iter().sum::<usize>() + 2 * count.saturating_sub(1) <= self.columns {
            return rows.iter().enumerate().for_each(|(at, row)| self.row(row, &widths, at == 0));
        }
        let Some((head, rows)) = rows.split_first() else { return };
        for (at, row) in rows.iter().enumerate() {
            if at > 0 {
                self.gap();
            }
            self.record(head, row);
        }
    }

    /// A row of a table that fits.
    fn row(&mut self, row: &[String], widths: &[usize], is_head: bool) {
        let cells = row.iter().zip(widths);
        let text: String =
            cells.map(|(cell, columns)| format!("{cell}{}", " ".repeat(columns - width(cell) + 2))).collect();
        self.lines.push(Line::new(if is_head { Style::Dim } else { Style::Plain }, text.trim_end()));
    }

    /// A row of a table that does not fit: its first cell, and the others below it with their names.
    fn record(&mut self, head: &[String], row: &[String]) {
        let Some((first, others)) = row.split_first() else { return };
        self.lines.push(Line::new(Style::Bold, first));
        for (name, cell) in head.iter().skip(1).zip(others).filter(|(_, cell)| !cell.is_empty()) {
            self.block(&format!("{name}: {cell}"), INDENT, &format!("{INDENT}  "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::styled::painted, *};

    fn shown(markdown: &str, columns: usize) -> Vec<String> {
        painted(&lines(markdown, columns), false).lines().map(str::to_owned).collect()
    }

    #[test]
    fn paragraphs_lists_and_code_are_laid_out_for_the_width() {
        let text = "# Set up\n\nOne two `three` **four**\nfive six.\n\n1. First item that is long\n2. Second, see [tools](tools.md)\n   - [ ] [site](https://example.org)\n\n```sh\nmcs-gmail list --limit 5 --folder INBOX\n```\n";
        assert_eq!(
            shown(text, 24),
            [
                "Set up",
                "",
                "One two three four five",
                "six.",
                "",
                "1. First item that is",
                "   long",
                "2. Second, see tools",
                "   - [ ] site",
                "     (https://example.org)",
                "",
                "    mcs-gmail list --limit 5 --folder INBOX",
            ]
        );
    }

    #[test]
    fn a_table_that_does_not_fit_is_shown_row_by_row() {
        let table = "| key | meaning |\n|---|---|\n| a | one |\n| b | some more words |\n";
        assert_eq!(shown(table, 40), ["key  meaning", "a    one", "b    some more words"]);
        assert_eq!(
            shown(table, 18),
            ["a", "    meaning: one", "", "b", "    meaning:", "      some more", "      words"]
        );
    }
}
