//! One node of a message's payload, as far as it can be trusted to have a shape: any member may be missing or
//! of another type, and reads as empty then.

use serde_json::Value;

use super::{charset, header};

/// Deeper than any mail program nests; beyond it nothing is read.
const DEEPEST: usize = 100;

#[derive(Clone, Copy)]
pub(super) struct Part<'a>(&'a Value);

impl<'a> Part<'a> {
    /// The root of a message resource.
    pub(super) fn payload(message: &'a Value) -> Self {
        Part(&message["payload"])
    }

    pub(super) fn id(self) -> &'a str {
        self.0["partId"].as_str().unwrap_or_default()
    }

    /// In lower case and without parameters. What has no type is text (RFC 2045).
    pub(super) fn mime(self) -> String {
        let mime = self.0["mimeType"].as_str().unwrap_or_default();
        match mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase() {
            mime if mime.is_empty() => "text/plain".to_owned(),
            mime => mime,
        }
    }

    pub(super) fn headers(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let headers = self.0["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
        headers.iter().filter_map(|header| Some((header["name"].as_str()?, header["value"].as_str()?)))
    }

    /// The first of that name, as it stands.
    pub(super) fn header(self, name: &str) -> Option<&'a str> {
        self.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A parameter of the `Content-Type`.
    pub(super) fn parameter(self, name: &str) -> Option<String> {
        parameter(self.header("Content-Type")?, name)
    }

    /// `inline`, `attachment` or empty.
    pub(super) fn disposition(self) -> String {
        let value = self.header("Content-Disposition").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    pub(super) fn content_id(self) -> Option<String> {
        let id = self.header("Content-ID")?.trim().trim_start_matches('<').trim_end_matches('>');
        (!id.is_empty()).then(|| id.to_owned())
    }

    /// The sender's name for it, without directories and whatever else could fool a reader; may be empty.
    pub(super) fn filename(self) -> String {
        let name = header::clean(self.0["filename"].as_str().unwrap_or_default());
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control() && !is_bidi(*c)).collect();
        match name.trim() {
            "." | ".." => String::new(),
            name => name.to_owned(),
        }
    }

    pub(super) fn size(self) -> u64 {
        self.0["body"]["size"].as_u64().unwrap_or_default()
    }

    pub(super) fn attachment_id(self) -> Option<&'a str> {
        self.0["body"]["attachmentId"].as_str().filter(|id| !id.is_empty())
    }

    pub(super) fn data(self) -> Option<&'a str> {
        self.0["body"]["data"].as_str().filter(|data| !data.is_empty())
    }

    /// Where its body is yet to be fetched from.
    pub(super) fn elsewhere(self) -> Option<&'a str> {
        self.attachment_id().filter(|_| self.data().is_none())
    }

    /// The text as it was written, with line feeds only.
    pub(super) fn text(self) -> String {
        let bytes = charset::base64(self.data().unwrap_or_default());
        let label = match self.parameter("charset") {
            None if self.mime() == "text/html" => charset::label_in_html(&bytes),
            label => label,
        };
        line_feeds(&charset::decode(&bytes, label.as_deref()))
    }

    /// Something to open or save on its own: no part of what a reader sees as the message.
    pub(super) fn is_attached(self) -> bool {
        let named = self.0["filename"].as_str().is_some_and(|name| !name.is_empty());
        named || self.disposition() == "attachment" || self.mime().starts_with("message/")
    }

    pub(super) fn children(self) -> impl DoubleEndedIterator<Item = Part<'a>> + ExactSizeIterator {
        let parts = self.0["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().map(Part)
    }

    pub(super) fn is_leaf(self) -> bool {
        self.children().len() == 0 && !self.mime().starts_with("multipart/")
    }

    /// This part and those below it, in order; `enter` says whether to look inside of one, and what its
    /// children are told. The stack is ours: a sender decides about the depth.
    pub(super) fn walk<T: Copy>(self, start: T, mut enter: impl FnMut(Part<'a>, T, usize) -> Option<T>) {
        let mut stack = vec![(self, start, 0, 0)];
        while let Some((part, told, depth, index)) = stack.pop() {
            let Some(tell) = enter(part, told, index) else { continue };
            if depth < DEEPEST {
                let below = part.children().enumerate().rev();
                stack.extend(below.map(|(index, child)| (child, tell, depth + 1, index)));
            }
        }
    }
}

/// `\r\n`, `\r\r\n` and a lone `\r` are line ends.
fn line_feeds(text: &str) -> String {
    if !text.contains('\r') {
        return text.to_owned();
    }
    let mut lines = String::with_capacity(text.len());
    let mut returns = 0;
    for c in text.chars() {
        match c {
            '\r' => returns += 1,
            '\n' => {
                lines.push('\n');
                returns = 0;
            }
            c => {
                lines.extend(std::iter::repeat_n('\n', returns));
                returns = 0;
                lines.push(c);
            }
        }
    }
    lines.extend(std::iter::repeat_n('\n', returns));
    lines
}

/// `name` of `type/subtype; name="value"` (RFC 2045), quotes undone.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut quoted = false;
    let parts = value.split(|c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    });
    parts.skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        key.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

/// Marks that turn the direction of text, which make `exe.pdf` of `fdp.exe`.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
