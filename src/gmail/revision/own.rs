//! What the user writes above the quoted mail, and how both are joined.

use super::bodies::Bodies;
use crate::gmail::{
    html::to_text,
    quotation::{joined_html, joined_text, page},
    read::quotes::{Purpose, history},
};

/// What the user writes, in the forms that are given.
pub(super) struct Own {
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

impl Own {
    pub(super) fn text(&self, quotes: &Bodies) -> String {
        let text = match (&self.text, &self.html) {
            (Some(text), _) => text.clone(),
            (None, Some(html)) => to_text(html).text,
            (None, None) => String::new(),
        };
        match &quotes.text {
            Some(quote) if !introduces(&text, quote) => joined_text(&text, quote),
            _ => text,
        }
    }

    /// `start` is the beginning of the old document, which stays where only its text is replaced.
    pub(super) fn html(&self, quotes: &Bodies, start: &str) -> String {
        let quote = quotes.html.as_deref().unwrap_or_default();
        let Some(html) = &self.html else { return self.page(quotes, start) };
        if introduces(&to_text(html).text, &to_text(quote).text) {
            return html.clone();
        }
        joined_html(html, quote)
    }

    /// The text as HTML.
    fn page(&self, quotes: &Bodies, start: &str) -> String {
        let text = self.text.as_deref().unwrap_or_default();
        let quoted = quotes.text.as_deref().unwrap_or_default();
        let mut quote = quotes.html.as_deref().unwrap_or_default();
        let mut own = page(text);
        if introduces(text, quoted) {
            match repeats(text, quoted) {
                true => own = page(&above_history(text, Purpose::Reply)),
                false => quote = "",
            }
        }
        let end = if quote.is_empty() && !start.is_empty() { "</body></html>" } else { "" };
        format!("{start}{}{end}", joined_html(&own, quote))
    }
}

/// The text above the quoted mail.
pub(super) fn above_history(text: &str, purpose: Purpose) -> String {
    let end = history(text, purpose).unwrap_or(text.len());
    text[..end].trim_end().to_owned()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Whether a text has the line that introduces the quoted mail: its writer quotes the mail on purpose.
fn introduces(text: &str, quote: &str) -> bool {
    lines(quote).next().is_some_and(|first| lines(text).any(|line| line == first))
}

/// Whether a text has all lines of the quoted mail.
fn repeats(text: &str, quote: &str) -> bool {
    lines(quote).all(|quoted| lines(text).any(|line| line == quoted))
}
