//! The text of an attached file, if it is a text: as it is, or as a person sees HTML, a calendar or a message.

use serde_json::{Map, Value, json};

use super::{
    Attachment, AttachmentRow, BodyKind, ReadOptions, Truncated,
    body::body,
    charset, counts,
    message::{cut, message},
    part::{Part, is_message_type},
};
use crate::gmail::mime::Tree;

/// The endings of files whose text is read as it is, whatever their media type.
const PLAIN: [&str; 34] = [
    "txt", "text", "csv", "tsv", "json", "jsonl", "ndjson", "xml", "xsd", "xsl", "svg", "yaml", "yml",
    "toml", "ini", "cfg", "conf", "log", "md", "markdown", "rst", "tex", "sql", "diff", "patch", "vcf",
    "srt", "vtt", "py", "rs", "c", "js", "ts", "sh",
];
/// The media types outside `text/` whose text is read as it is.
const PLAIN_TYPES: [&str; 11] = [
    "application/json",
    "application/xml",
    "application/csv",
    "application/yaml",
    "application/x-yaml",
    "application/toml",
    "application/sql",
    "application/javascript",
    "application/x-javascript",
    "application/x-sh",
    "application/x-ndjson",
];

/// The text of a file.
#[derive(Clone, Debug)]
pub(crate) struct FileText {
    pub(crate) text: String,
    /// `text`, `html_to_text` or `message`.
    pub(crate) kind: &'static str,
    pub(crate) truncated: Option<Truncated>,
    /// How many characters and words of each kind were left out.
    pub(crate) removed: Map<String, Value>,
}

/// How a file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// As a body with this media type.
    Body(&'static str),
    Message,
}

impl Attachment {
    /// Whether the file has a text.
    pub(crate) fn is_text(&self) -> bool {
        self.reader().is_some()
    }

    /// The text of the file, of at most `most` characters. `None` if it is not one after all.
    pub(crate) fn text(&self, data_base64url: &str, most: Option<usize>) -> Option<FileText> {
        let mut file = match self.reader()? {
            Reader::Message => message_text(&charset::base64(data_base64url)),
            Reader::Body(mime) => self.body_text(mime, data_base64url),
        };
        if file.text.contains('\u{0}') || file.text.starts_with("%PDF-") {
            return None;
        }
        file.truncated = most.and_then(|most| cut(&mut file.text, most));
        Some(file)
    }

    /// Whether the file is a message.
    pub(crate) fn is_message(&self) -> bool {
        self.reader() == Some(Reader::Message)
    }

    fn reader(&self) -> Option<Reader> {
        let name = self.filename.to_lowercase();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let mime = self.mime_type.as_str();
        let is_vague = mime.starts_with("text/") || mime == "application/octet-stream";
        Some(match (mime, ending) {
            _ if is_message_type(mime) => Reader::Message,
            (_, "eml") if is_vague => Reader::Message,
            ("text/rtf" | "text/richtext", "rtf") | ("text/rtf", _) => return None,
            ("text/html" | "application/xhtml+xml", _) => Reader::Body("text/html"),
            (_, "html" | "htm" | "xhtml") if is_vague => Reader::Body("text/html"),
            ("text/calendar" | "text/x-vcalendar" | "application/ics", _) => Reader::Body("text/calendar"),
            (_, "ics" | "vcs") if is_vague => Reader::Body("text/calendar"),
            ("text/enriched", _) => Reader::Body("text/enriched"),
            ("text/richtext", _) => Reader::Body("text/richtext"),
            _ if mime.starts_with("text/") || mime.ends_with("+json") || mime.ends_with("+xml") => {
                Reader::Body("text/plain")
            }
            _ if PLAIN_TYPES.contains(&mime) => Reader::Body("text/plain"),
            (_, ending) if is_vague && PLAIN.contains(&ending) => Reader::Body("text/plain"),
            _ => return None,
        })
    }

    fn body_text(&self, mime: &str, data_base64url: &str) -> FileText {
        let charset = self.charset.as_deref().map(|charset| format!("{mime}; charset=\"{charset}\""));
        let declared = charset.unwrap_or_else(|| mime.to_owned());
        let resource = json!({"payload": {
            "partId": "", "mimeType": mime, "filename": "",
            "headers": [{"name": "Content-Type", "value": declared}],
            "body": {"size": data_base64url.len(), "data": data_base64url},
        }});
        let shown = body(Part::payload(&resource), BodyKind::Auto);
        FileText { text: shown.text, kind: shown.kind, truncated: None, removed: counts(shown.removed) }
    }
}

impl AttachmentRow {
    /// The row with the text of the file; `None` if it is not a text.
    pub(crate) fn with_text(mut self, file: Option<FileText>) -> AttachmentRow {
        let Some(file) = file else { return AttachmentRow { text_type: Some("none".to_owned()), ..self } };
        if !file.text.is_empty() {
            self.untrusted.push("text".to_owned());
        }
        for (name, count) in file.removed {
            let known = self.removed.get(&name).and_then(Value::as_u64).unwrap_or_default();
            self.removed.insert(name, (known + count.as_u64().unwrap_or_default()).into());
        }
        let kind = file.kind.to_owned();
        AttachmentRow { text: Some(file.text), text_type: Some(kind), truncated: file.truncated, ..self }
    }
}

/// An attached message as a person sees it: who, what and when, and its text.
fn message_text(bytes: &[u8]) -> FileText {
    let resource = message_resource(bytes);
    let options = ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };
    let shown = message(&resource, &options);
    let headers = [
        ("From", &shown.from),
        ("To", &shown.to),
        ("Cc", &shown.cc),
        ("Subject", &shown.subject),
        ("Date", &shown.date),
    ];
    let head = headers.iter().filter(|(_, value)| !value.is_empty());
    let head: String = head.map(|(name, value)| format!("{name}: {value}\n")).collect();
    FileText {
        text: format!("{head}\n{}", shown.body),
        kind: "message",
        truncated: None,
        removed: shown.removed,
    }
}

/// The bytes of a content in base64url.
pub(crate) fn bytes(data_base64url: &str) -> Vec<u8> {
    charset::base64(data_base64url)
}

/// The resource of a message that came as bytes.
pub(crate) fn message_resource(bytes: &[u8]) -> Value {
    json!({"payload": Tree::parse(bytes).payload()})
}
