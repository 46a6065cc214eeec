//! Lines of text with styles, and their width on a terminal. No text in them can control a terminal: it is cleaned when
//! it is added, and the styles are the only control sequences that are printed.

use unicode_width::UnicodeWidthChar;

use super::text::one_line;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    #[default]
    Plain,
    Bold,
    Dim,
    /// A name that the user gave, such as that of a label.
    Name,
    Good,
    Bad,
    Doubt,
}

impl Style {
    /// The parameters of SGR (ECMA-48 8.3.117).
    fn sgr(self) -> Option<&'static str> {
        match self {
            Style::Plain => None,
            Style::Bold => Some("1"),
            Style::Dim => Some("2"),
            Style::Name => Some("36"),
            Style::Good => Some("32"),
            Style::Bad => Some("31"),
            Style::Doubt => Some("33"),
        }
    }
}

/// One line, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(Vec<(Style, String)>);

impl Line {
    pub(super) fn new(style: Style, text: &str) -> Line {
        Line::default().and(style, text)
    }

    pub(super) fn and(mut self, style: Style, text: &str) -> Line {
        self.add(style, text);
        self
    }

    pub(super) fn add(&mut self, style: Style, text: &str) {
        let text = one_line(text);
        match self.0.last_mut() {
            Some((last, before)) if *last == style => before.push_str(&text),
            _ => self.0.push((style, text)),
        }
    }

    /// The same line, moved to the right.
    pub(super) fn indented(mut self, by: &str) -> Line {
        if !self.0.is_empty() {
            self.0.insert(0, (Style::Plain, by.to_owned()));
        }
        self
    }

    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| width(text)).sum()
    }

    /// As it is printed, without a line end.
    fn painted(&self, color: bool) -> String {
        let mut shown = String::new();
        for (at, (style, text)) in self.0.iter().enumerate() {
            let text = if at + 1 == self.0.len() { text.trim_end() } else { text };
            match style.sgr().filter(|_| color && !text.trim().is_empty()) {
                Some(sgr) => shown.push_str(&format!("\u{1b}[{sgr}m{text}\u{1b}[0m")),
                None => shown.push_str(text),
            }
        }
        shown
    }
}

/// The lines as they are printed.
pub(super) fn painted(lines: &[Line], color: bool) -> String {
    lines.iter().map(|line| line.painted(color).trim_end().to_owned() + "\n").collect()
}

/// The columns that a text takes. Terminals add up the widths of its characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text cut to a number of columns, with an ellipsis where it was cut.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
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
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// The text with only the first picture of each emoji sequence, since terminals disagree on the width of the whole:
/// no skin tone, no variant, nothing joined; a flag as its two letters.
pub(super) fn steady(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let (mut picture, mut joined) = (false, false);
    for c in text.chars() {
        match c {
            '\u{fe0e}' => {}
            '\u{fe0f}' => picture = true,
            '\u{20e3}' if picture => {}
            '\u{1f3fb}'..='\u{1f3ff}' if picture => {}
            '\u{200d}' if picture => joined = true,
            '\u{1f1e6}'..='\u{1f1ff}' => shown.extend(char::from_u32(c as u32 - 0x1f1e6 + 'A' as u32)),
            _ if joined => joined = false,
            c => {
                picture = c >= '\u{2190}' && c.width() == Some(2);
                shown.push(c);
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_takes_no_more_columns_than_it_may() {
        for text in
            ["plain words", "日本語のメール", "e\u{301}a\u{308}o\u{302}u\u{301}", "👩\u{200d}💻 📦 ❤\u{fe0f}"]
        {
            for columns in 0..=width(text) + 1 {
                let shown = cut(text, columns);
                assert!(width(&shown) <= columns, "{text} {columns}");
                assert_eq!(shown == text, columns >= width(text), "{text} {columns}");
            }
        }
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }

    #[test]
    fn an_emoji_sequence_is_its_first_picture() {
        for (text, shown) in [
            ("👩\u{200d}💻 hi", "👩 hi"),
            ("👍🏽 ok", "👍 ok"),
            ("❤\u{fe0f}\u{200d}🔥!", "❤!"),
            ("🇩🇪 Berlin", "DE Berlin"),
            ("1\u{fe0f}\u{20e3}", "1"),
            ("क\u{94d}\u{200d}ष", "क\u{94d}\u{200d}ष"),
        ] {
            assert_eq!(steady(text), shown);
        }
    }

    #[test]
    fn styles_are_the_only_control_sequences() {
        let mut line = Line::default();
        line.add(Style::Bold, "a\u{1b}[31mb");
        line.add(Style::Dim, "c\nd  ");
        assert_eq!(painted(&[line.clone()], true), "\u{1b}[1ma[31mb\u{1b}[0m\u{1b}[2mc d\u{1b}[0m\n");
        assert_eq!(painted(&[line], false), "a[31mbc d\n");
    }
}
