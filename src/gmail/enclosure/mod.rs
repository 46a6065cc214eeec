//! Files that are sent with a message: their types, their checks, and their content as a stream of base64.
//!
//! A file is read in small pieces while the message is sent, so it is never held in memory.

mod received;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};

pub(crate) use self::received::{Received, content_id};
use crate::characters::{breaks_header, reorders};
use crate::disk::{read_at, read_up_to};
use crate::problem::{Problem, Result};

/// Gmail's limit for a message with encoded enclosures (35 MiB).
pub(crate) const MAX_MESSAGE: u64 = 36_700_160;
const OCTETS: &str = "application/octet-stream";
const MAX_FILENAME: usize = 255;
/// RFC 2045 6.8: 57 bytes make a line of 76 characters.
const LINE: usize = 57;
const READ_AT_ONCE: usize = LINE * 1024;
/// A text file up to this size is read to determine its charset.
const MAX_CHARSET_CHECK: u64 = 1024 * 1024;

#[derive(Clone, Debug)]
pub(crate) struct Enclosure {
    pub(crate) filename: String,
    /// `type/subtype` without parameters.
    pub(crate) mime_type: String,
    pub(crate) content: Content,
    /// Without `<>`. If present and the message has an HTML body, the enclosure is an inline image.
    pub(crate) content_id: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A part of another message with its header, which is sent as it is.
    Entity(Received),
    /// A file that is read when the message is sent. It was opened when it was checked, and is not opened again.
    File(Arc<OpenFile>),
}

/// An open file, its length when it was checked, and its path for messages.
#[derive(Debug)]
pub(crate) struct OpenFile {
    file: File,
    length: u64,
    path: String,
}

impl Enclosure {
    /// A file that was opened at this path.
    pub(crate) fn from_file(path: &str, file: File) -> Result<Enclosure> {
        let length = file.metadata().map(|metadata| metadata.len()).map_err(|error| {
            Problem::usage(format!("cannot read the attachment {path}: {error}"))
                .hint("Give the path of an existing file that you can read.")
        })?;
        if encoded_len(length) > MAX_MESSAGE {
            return Err(too_large(&format!("the attachment {path}"), encoded_len(length)));
        }
        let filename = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        check_filename(&filename)?;
        Ok(Enclosure {
            mime_type: guess_type(&filename),
            filename,
            content: Content::File(Arc::new(OpenFile { file, length, path: path.to_owned() })),
            content_id: None,
        })
    }

    /// The type in the header of the part. A composite type must not be encoded as base64 (RFC 2046 5.1, 5.2.1), but
    /// every enclosure is.
    pub(crate) fn wire_type(&self) -> &str {
        let kind = self.mime_type.split('/').next().unwrap_or_default();
        let composite = kind.eq_ignore_ascii_case("multipart") || kind.eq_ignore_ascii_case("message");
        if composite { OCTETS } else { &self.mime_type }
    }

    /// `utf-8` for text that is valid UTF-8. The charset of any other text is not known.
    pub(crate) fn charset(&self) -> Option<&'static str> {
        let is_text = self.mime_type.get(..5).is_some_and(|kind| kind.eq_ignore_ascii_case("text/"));
        (is_text && self.content.is_utf8()).then_some("utf-8")
    }
}

impl Content {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Content::Entity(part) => part.len(),
            Content::File(file) => file.length,
        }
    }

    /// The length of [`Content::encoded`].
    pub(crate) fn encoded_len(&self) -> u64 {
        encoded_len(self.len())
    }

    /// The content as base64 in lines of 76 characters, with CRLF between them but not at the end.
    pub(crate) fn encoded(&self) -> Base64Lines<'_> {
        Base64Lines { content: self, source: None, left: self.len(), text: Vec::new(), given: 0 }
    }

    fn reader(&self) -> Box<dyn Read + '_> {
        match self {
            Content::Entity(part) => part.reader(),
            Content::File(file) => Box::new(FromStart { file: &file.file, at: 0 }),
        }
    }

    fn is_utf8(&self) -> bool {
        match self {
            _ if self.len() > MAX_CHARSET_CHECK => false,
            _ => read_up_to(self.reader(), MAX_CHARSET_CHECK)
                .is_ok_and(|bytes| std::str::from_utf8(&bytes).is_ok()),
        }
    }
}

/// Reads a file from its start, whatever other readers of it do.
struct FromStart<'f> {
    file: &'f File,
    at: u64,
}

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = read_at(self.file, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn encoded_len(len: u64) -> u64 {
    let text = len.div_ceil(3) * 4;
    text + text.saturating_sub(1) / 76 * 2
}

/// See [`Content::encoded`]. It fails if the length of the file has changed.
pub(crate) struct Base64Lines<'a> {
    content: &'a Content,
    source: Option<Box<dyn Read + 'a>>,
    left: u64,
    text: Vec<u8>,
    given: usize,
}

impl Base64Lines<'_> {
    fn refill(&mut self) -> io::Result<()> {
        let is_first = self.source.is_none();
        let source = match &mut self.source {
            Some(source) => source,
            empty => empty.insert(self.content.reader()),
        };
        let wanted = self.left.min(READ_AT_ONCE as u64);
        let mut bytes = Vec::with_capacity(READ_AT_ONCE);
        source.take(wanted).read_to_end(&mut bytes)?;
        self.left -= bytes.len() as u64;
        let grew = self.left == 0 && source.read(&mut [0])? > 0;
        if grew || (bytes.len() as u64) < wanted {
            return Err(io::Error::other(self.content.changed()));
        }
        self.text.clear();
        self.given = 0;
        for (at, line) in bytes.chunks(LINE).enumerate() {
            if at > 0 || !is_first {
                self.text.extend(b"\r\n");
            }
            self.text.extend(STANDARD.encode(line).as_bytes());
        }
        Ok(())
    }
}

impl Content {
    fn changed(&self) -> String {
        match self {
            Content::Entity(_) => "the attachment changed while it was being sent".to_owned(),
            Content::File(file) => format!("{} changed while it was being sent", file.path),
        }
    }
}

impl Read for Base64Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() && (self.left > 0 || self.source.is_none()) {
            self.refill()?;
        }
        let read = (&self.text[self.given..]).read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

/// Guesses the type of a file from its name.
pub(crate) fn guess_type(filename: &str) -> String {
    mime_guess::from_path(filename).first_raw().unwrap_or(OCTETS).to_owned()
}

pub(crate) fn too_large(what: &str, encoded: u64) -> Problem {
    Problem::usage(format!(
        "{what} is too large: {encoded} bytes when encoded, but Gmail's limit for a message is {MAX_MESSAGE}"
    ))
    .hint("Attach no more than about 25 MB in total, and share larger files as links.")
}

/// Refuses names with a path, or with characters that break or reorder a line.
pub(crate) fn check_filename(name: &str) -> Result<()> {
    let flaw = if name.trim().is_empty() || matches!(name, "." | "..") {
        "it is empty"
    } else if name.chars().any(|c| breaks_header(c) || reorders(c)) {
        "it contains characters that break or reorder a line"
    } else if name.contains(['/', '\\']) {
        "it contains a path separator"
    } else if name.len() > MAX_FILENAME {
        "it is longer than 255 bytes"
    } else {
        return Ok(());
    };
    Err(Problem::usage(format!("invalid attachment name {name:?}: {flaw}"))
        .hint("Use a plain file name such as report.pdf."))
}

/// Accepts `token/token` (RFC 2045 5.1) without parameters.
pub(crate) fn check_type(mime_type: &str) -> Result<()> {
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&b))
    };
    let parts = mime_type.split_once('/');
    if mime_type.len() <= 127 && parts.is_some_and(|(kind, sub)| is_token(kind) && is_token(sub)) {
        return Ok(());
    }
    Err(Problem::usage(format!("invalid MIME type {mime_type:?}"))
        .hint("Use the form type/subtype, for example application/pdf."))
}

#[cfg(test)]
mod tests;
