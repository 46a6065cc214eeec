//! One part of a message's payload. Any member may be missing or have the wrong type, and is then read as empty.

use serde_json::Value;

use super::{
    charset::{self, Hints},
    header,
    parameter::parameter,
};

/// Parts below this depth are ignored; a response that nests more deeply is refused before.
const DEEPEST: usize = 256;

/// A part, and the root of its message.
#[derive(Clone, Copy)]
pub(super) struct Part<'a>(&'a Value, &'a Value);

impl<'a> Part<'a> {
    /// The root part of a message resource.
    pub(super) fn payload(message: &'a Value) -> Self {
        Part(&message["payload"], &message["payload"])
    }

    /// Tells the parts of a message apart, whatever their ids are.
    pub(super) fn key(self) -> *const Value {
        self.0
    }

    pub(super) fn value(self) -> &'a Value {
        self.0
    }

    pub(super) fn id(self) -> &'a str {
        self.0["partId"].as_str().unwrap_or_default()
    }

    /// The type in lower case, without parameters. A part without a type is text (RFC 2045).
    pub(super) fn mime(self) -> String {
        mime_type(self.0["mimeType"].as_str().unwrap_or_default())
    }

    pub(super) fn headers(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let headers = self.0["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
        headers.iter().filter_map(|header| Some((header["name"].as_str()?, header["value"].as_str()?)))
    }

    /// The first header with this name, unchanged.
    pub(super) fn header(self, name: &str) -> Option<&'a str> {
        self.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A parameter of the `Content-Type` that is one word.
    pub(super) fn parameter(self, name: &str) -> Option<String> {
        let value = parameter(self.header("Content-Type")?, name)?;
        value.split(|c: char| c == ',' || c.is_whitespace()).find(|word| !word.is_empty()).map(str::to_owned)
    }

    /// `inline`, `attachment` or empty.
    pub(super) fn disposition(self) -> String {
        let value = self.header("Content-Disposition").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    pub(super) fn content_id(self) -> Option<String> {
        let id = header::clean(self.header("Content-ID")?);
        let id = id.trim_start_matches('<').trim_end_matches('>');
        (!id.is_empty()).then(|| id.to_owned())
    }

    /// The name that Gmail gives the file; may be empty.
    pub(super) fn given_name(self) -> &'a str {
        self.0["filename"].as_str().unwrap_or_default()
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

    /// The attachment id of a body that must be fetched.
    pub(super) fn elsewhere(self) -> Option<&'a str> {
        self.attachment_id().filter(|_| self.data().is_none())
    }

    /// The text with `\n` as the only line end.
    pub(super) fn text(self) -> String {
        let bytes = charset::base64(self.data().unwrap_or_default());
        let label = self.parameter("charset");
        let decode = if self.mime() == "text/html" { charset::decode_html } else { charset::decode_with };
        line_feeds(&decode(&bytes, label.as_deref(), || Hints::of(Part(self.1, self.1))))
    }

    /// The message that is attached as this part, if its parts are known.
    pub(super) fn attached_message(self) -> Option<Part<'a>> {
        let message = self.children().next().filter(|_| is_message_type(&self.mime()))?;
        Some(Part(message.0, message.0))
    }

    pub(super) fn is_named(self) -> bool {
        !self.given_name().is_empty()
    }

    /// Whether the part is a message, or tells what became of one.
    pub(super) fn is_message(self) -> bool {
        self.mime().starts_with("message/")
    }

    /// Whether the part is a file or a message to be opened on its own, rather than a part of the body.
    pub(super) fn is_attached(self) -> bool {
        self.is_named() || self.disposition() == "attachment" || self.is_message()
    }

    pub(super) fn children(self) -> impl DoubleEndedIterator<Item = Part<'a>> + ExactSizeIterator {
        let parts = self.0["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().map(move |part| Part(part, self.1))
    }

    pub(super) fn is_leaf(self) -> bool {
        self.children().len() == 0 && !self.mime().starts_with("multipart/")
    }

    /// Visits this part and those below it, in order. `enter` gets a part, a value from its parent and its index, and
    /// returns the value for its children, or `None` to skip them. It does not recurse, since the sender controls the
    /// depth.
    pub(super) fn walk<T: Copy>(self, start: T, mut enter: impl FnMut(Part<'a>, T, usize) -> Option<T>) {
        let mut stack = vec![(self, start, 0, 0)];
        while let Some((part, value, depth, index)) = stack.pop() {
            let Some(value) = enter(part, value, index) else { continue };
            if depth < DEEPEST {
                let children = part.children().enumerate().rev();
                stack.extend(children.map(|(index, child)| (child, value, depth + 1, index)));
            }
        }
    }
}

/// The type that a Content-Type header names.
pub(crate) fn mime_type(declared: &str) -> String {
    let mime = header::clean(declared);
    // Some programs separate the parameters by a space or a comma.
    let end = mime.find(|c: char| matches!(c, ';' | ',') || c.is_whitespace()).unwrap_or(mime.len());
    match mime[..end].to_ascii_lowercase() {
        mime if mime.is_empty() || mime == "text" => "text/plain".to_owned(),
        mime => mime,
    }
}

/// Whether a part of this type is a message of its own (RFC 2046 5.2.1, RFC 6532, RFC 5537).
pub(crate) fn is_message_type(mime: &str) -> bool {
    matches!(mime, "message/rfc822" | "message/global" | "message/news")
}

/// Replaces the line ends `\r\n`, `\r\r\n` and `\r` by `\n`.
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
