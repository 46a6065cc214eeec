//! The message that is answered or forwarded, as a quotation below what the user writes: as text, and as HTML with the
//! images that it shows.

mod images;
mod original;
mod sanitise;
#[cfg(test)]
mod tests;

use super::{
    enclosure::Enclosure,
    reply::{self, html_lines},
};

use self::images::with_images;
pub(crate) use self::sanitise::sanitised;
pub(crate) use self::{images::shown_ids, original::Original};

/// A quotation in both forms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quote {
    pub(crate) text: String,
    /// What is put around the HTML of the message.
    frame: (String, &'static str),
    /// The HTML of the message, made safe; absent if it has none.
    content: Option<String>,
    /// The text of the message, for an HTML message that quotes a message without HTML.
    plain: String,
    /// The images that the HTML shows.
    pub(crate) images: Vec<Enclosure>,
    /// The ids of their parts in the message.
    pub(crate) shown: Vec<String>,
}

const REPLY_STYLE: &str = "margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex";
const FORWARD_STYLE: &str = "margin:0";

impl Quote {
    /// Below a reply. `taken` are the content ids that the reply uses itself.
    pub(crate) fn of_reply(original: &Original, taken: &[String]) -> Quote {
        let (from, date) = (original.header("From"), original.header("Date"));
        let head = reply::attribution_html(&from, &date);
        let text = reply::quote_text(&from, &date, &original.body);
        Quote::new(original, text, framed(&head, REPLY_STYLE), taken)
    }

    pub(crate) fn of_forward(original: &Original, taken: &[String]) -> Quote {
        let head = reply::forward_block_text(&original.resource, "");
        let head = html_lines(head.trim_end());
        let text = reply::forward_block_text(&original.resource, &original.body);
        Quote::new(original, text, framed(&format!("{head}<br><br>"), FORWARD_STYLE), taken)
    }

    fn new(original: &Original, text: String, start: String, taken: &[String]) -> Quote {
        let html = original.html.as_deref().and_then(sanitised);
        let (content, images) = match (html, &original.source) {
            (Some(html), Some(source)) => {
                let (html, images) = with_images(&html, source, taken);
                (Some(html), images)
            }
            (html, _) => (html, Vec::new()),
        };
        let (shown, images) = images.into_iter().map(|image| (image.part, image.enclosure)).unzip();
        let plain = original.body.clone();
        Quote { text, frame: (start, "</blockquote></div>"), content, plain, images, shown }
    }

    /// Whether the message has HTML, which an answer in text alone would lose.
    pub(crate) fn has_html(&self) -> bool {
        self.content.is_some()
    }

    pub(crate) fn html(&self) -> String {
        let (start, end) = &self.frame;
        match &self.content {
            Some(content) => format!("{start}{content}{end}"),
            None => format!("{start}{}{end}", html_lines(self.plain.trim_end())),
        }
    }
}

fn framed(head: &str, style: &str) -> String {
    format!(
        "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{head}<br></div>\
         <blockquote class=\"gmail_quote\" style=\"{style}\">"
    )
}

/// A text and a quotation below it.
pub(crate) fn joined_text(text: &str, quote: &str) -> String {
    match text.trim_end() {
        "" => format!("{}\n", quote.trim_end()),
        text => format!("{text}\n\n{}\n", quote.trim_end()),
    }
}

/// HTML and a quotation below it, within the body of the document.
pub(crate) fn joined_html(html: &str, quote: &str) -> String {
    if quote.is_empty() {
        return html.to_owned();
    }
    let lower = html.to_ascii_lowercase();
    let end = lower.rfind("</body").or_else(|| lower.rfind("</html")).unwrap_or(html.len());
    let gap = if html.trim().is_empty() { "" } else { "<br>" };
    format!("{}{gap}{quote}{}", &html[..end], &html[end..])
}

/// A quotation in text as HTML.
pub(crate) fn quotation_page(quote: &str) -> String {
    format!("<div class=\"gmail_quote\">{}</div>", html_lines(quote.trim_end()))
}

/// A text as HTML.
pub(crate) fn page(text: &str) -> String {
    format!("<div dir=\"ltr\">{}</div>", html_lines(&text.replace("\r\n", "\n")))
}
