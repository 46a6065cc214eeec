//! A message taken apart: headers, nested parts, transfer encoding undone. Written for the sandbox alone, so that
//! it shares no mistake with the library that the product reads and writes mail with.

use super::base64url;
use super::words;

/// Deeper than any honest message, shallow enough for the stack of a test thread.
const MAX_DEPTH: usize = 200;

/// One node of the MIME tree. The root is the message itself.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// In order, names as written, values unfolded and RFC 2047 words decoded where they are used correctly.
    pub(super) headers: Vec<(String, String)>,
    /// The body of a leaf with its transfer encoding undone, still in the sender's charset. For an attached
    /// message the whole of it; for a multipart nothing.
    pub(super) body: Vec<u8>,
    pub(super) parts: Vec<Part>,
}

impl Part {
    pub(super) fn parse(raw: &[u8]) -> Part {
        parse_part(raw, 0)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Every value of a header that may be repeated.
    pub(super) fn header_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// In lower case; `text/plain` where none is declared.
    pub(super) fn mime_type(&self) -> String {
        let declared = self.header("Content-Type").unwrap_or_default();
        let kind = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind.contains('/') { kind } else { "text/plain".into() }
    }

    pub(super) fn charset(&self) -> Option<String> {
        parameter(self.header("Content-Type")?, "charset")
    }

    pub(super) fn is_attachment(&self) -> bool {
        let disposition = self.header("Content-Disposition").unwrap_or_default();
        !self.filename().is_empty() || disposition.trim_start().to_ascii_lowercase().starts_with("attachment")
    }

    /// Empty where the part has none; an attached message always has one.
    pub(super) fn filename(&self) -> String {
        let named = |header: &str, name: &str| parameter(self.header(header)?, name);
        let name = named("Content-Disposition", "filename").or_else(|| named("Content-Type", "name"));
        match name {
            Some(name) => name,
            None if self.mime_type() == "message/rfc822" => "noname.eml".into(),
            None => String::new(),
        }
    }

    /// The part at a Gmail part id such as `1.0`; the empty id is the root.
    pub(super) fn at(&self, part_id: &str) -> Option<&Part> {
        part_id.split('.').filter(|s| !s.is_empty()).try_fold(self, |part, index| {
            let index: usize = index.parse().ok()?;
            part.parts.get(index)
        })
    }
}

fn parse_part(raw: &[u8], depth: usize) -> Part {
    let (head, body) = split_head(raw);
    let headers = parse_headers(head);
    let mut part = Part { headers, ..Part::default() };
    let mime_type = part.mime_type();
    let boundary = part.header("Content-Type").and_then(|v| parameter(v, "boundary"));
    match boundary {
        Some(boundary) if mime_type.starts_with("multipart/") && depth < MAX_DEPTH => {
            part.parts = split_parts(body, &boundary).into_iter().map(|p| parse_part(p, depth + 1)).collect();
        }
        _ => part.body = undo_encoding(body, part.header("Content-Transfer-Encoding").unwrap_or_default()),
    }
    if mime_type == "message/rfc822" && depth < MAX_DEPTH {
        part.parts = vec![parse_part(&part.body, depth + 1)];
    }
    part
}

/// Head and body around the first empty line, whatever the line ends are.
pub(super) fn split_head(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    while let Some(length) = raw[start..].iter().position(|b| *b == b'\n') {
        let line = &raw[start..start + length];
        if line.is_empty() || line == b"\r" {
            return (&raw[..start], &raw[start + length + 1..]);
        }
        start += length + 1;
    }
    (raw, &[])
}

/// The header fields as written, folding included: `(name, value)` in bytes.
pub(super) fn raw_headers(head: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for line in head.split_inclusive(|b| *b == b'\n') {
        match (line.first(), fields.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, value))) => value.extend_from_slice(line),
            _ => {
                if let Some(colon) = line.iter().position(|b| *b == b':') {
                    fields.push((line[..colon].to_vec(), line[colon + 1..].to_vec()));
                }
            }
        }
    }
    fields
}

pub(super) fn parse_headers(head: &[u8]) -> Vec<(String, String)> {
    let decoded = raw_headers(head).into_iter().map(|(name, value)| {
        let text = match String::from_utf8(value) {
            Ok(text) => text,
            Err(bytes) => encoding_rs::WINDOWS_1252.decode(bytes.as_bytes()).0.into_owned(),
        };
        (String::from_utf8_lossy(&name).trim().to_string(), words::decode(&unfold(&text)))
    });
    decoded.collect()
}

/// Folds become one blank.
fn unfold(value: &str) -> String {
    let lines: Vec<&str> =
        value.trim().split('\n').map(|line| line.trim_matches(['\r', '\t', ' '])).collect();
    lines.join(" ")
}

pub(super) fn split_parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    let mut position = 0;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii_end();
        let closing = text.strip_suffix(b"--").is_some_and(|t| t == delimiter.as_bytes());
        if text == delimiter.as_bytes() || closing {
            parts.extend(open.map(|start| without_line_end(&body[start..position])));
            open = (!closing).then_some(position + line.len());
        }
        position += line.len();
        if closing {
            return parts;
        }
    }
    parts.extend(open.map(|start| &body[start.min(body.len())..]));
    parts
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn undo_encoding(body: &[u8], encoding: &str) -> Vec<u8> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "base64" => base64url::decode_mime(body),
        "quoted-printable" => undo_quoted_printable(body),
        _ => body.to_vec(),
    }
}

pub(super) fn undo_quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&first, tail)) = rest.split_first() {
        let hex = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
        rest = match (first, tail) {
            (b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => after,
            (b'=', _) => match (hex(0), hex(1)) {
                (Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    &tail[2..]
                }
                _ => {
                    out.push(first);
                    tail
                }
            },
            _ => {
                out.push(first);
                tail
            }
        };
    }
    out
}

/// A parameter of a structured header, unquoted; RFC 2231 values and continuations are put together.
pub(super) fn parameter(header: &str, name: &str) -> Option<String> {
    let all = parameters(header);
    let plain = |wanted: &str| all.iter().find(|(n, _)| n == wanted).map(|(_, v)| v.clone());
    if let Some(value) = plain(&format!("{name}*")) {
        return Some(extended(&value));
    }
    if let Some(value) = plain(name) {
        return Some(words::decode(&value));
    }
    let mut joined = String::new();
    for section in 0.. {
        match (plain(&format!("{name}*{section}*")), plain(&format!("{name}*{section}"))) {
            (Some(value), _) | (None, Some(value)) => joined.push_str(&value),
            (None, None) => break,
        }
    }
    (!joined.is_empty()).then(|| extended(&joined))
}

/// `charset'language'percent-encoded`; without the quotes only the percent encoding is undone.
fn extended(value: &str) -> String {
    let (charset, text) = match value.splitn(3, '\'').collect::<Vec<_>>()[..] {
        [charset, _, text] => (charset, text),
        _ => ("utf-8", value),
    };
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    encoding.decode(&bytes).0.into_owned()
}

fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, tail)| tail);
    while let Some((name, tail)) = rest.split_once('=') {
        let name = name.trim_matches([';', ' ', '\t']).to_ascii_lowercase();
        let (value, after) = match tail.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let end = tail.find(';').unwrap_or(tail.len());
                (tail[..end].trim().to_string(), &tail[end..])
            }
        };
        found.push((name, value));
        rest = after;
    }
    found
}

fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}
