//! The message resource: a MIME tree as Gmail's JSON, with part ids, attachment ids and snippets.

use serde_json::{Value, json};

use super::base64url;
use super::mime::Part;

/// How bodies are served. The defaults are what clients observe at Google.
#[derive(Clone, Copy, Debug)]
pub(super) struct Serving {
    /// Text of more bytes than this is served through an `attachmentId`.
    pub(super) inline_limit: usize,
    /// Text arrives in UTF-8 while `Content-Type` keeps the sender's charset.
    pub(super) convert_charsets: bool,
    /// Goes into attachment ids, which differ from fetch to fetch.
    pub(super) serial: u64,
}

/// `payload` of a full message.
pub(super) fn tree(message: u64, root: &Part, serving: Serving) -> Value {
    node(message, root, "", serving)
}

fn node(message: u64, part: &Part, part_id: &str, serving: Serving) -> Value {
    let mut value = json!({
        "partId": part_id,
        "mimeType": part.mime_type(),
        "filename": part.filename(),
        "headers": headers(part, None),
        "body": body(message, part, part_id, serving),
    });
    if !part.parts.is_empty() {
        let child_id =
            |index| if part_id.is_empty() { format!("{index}") } else { format!("{part_id}.{index}") };
        let children = part.parts.iter().enumerate();
        value["parts"] = children.map(|(i, child)| node(message, child, &child_id(i), serving)).collect();
    }
    value
}

/// `payload` of `format=metadata`: the headers asked for, all of them where none were named.
pub(super) fn metadata(root: &Part, names: &[&str]) -> Value {
    let wanted = (!names.is_empty()).then_some(names);
    json!({"mimeType": root.mime_type(), "headers": headers(root, wanted)})
}

fn headers(part: &Part, wanted: Option<&[&str]>) -> Value {
    let chosen = |name: &str| wanted.is_none_or(|names| names.iter().any(|n| n.eq_ignore_ascii_case(name)));
    let fields = part.headers.iter().filter(|(name, _)| chosen(name));
    fields.map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn body(message: u64, part: &Part, part_id: &str, serving: Serving) -> Value {
    let bytes = served_bytes(part, serving.convert_charsets);
    if bytes.is_empty() {
        return json!({"size": 0});
    }
    let text = part.mime_type().starts_with("text/") && part.filename().is_empty();
    if text && bytes.len() <= serving.inline_limit {
        json!({"size": bytes.len(), "data": base64url::encode(&bytes)})
    } else {
        let id = AttachmentId { message, part_id: part_id.into() }.write(serving.serial);
        json!({"attachmentId": id, "size": bytes.len()})
    }
}

/// The bytes of a body as the API serves them, in `data` or through attachments.get.
pub(super) fn served_bytes(part: &Part, convert_charsets: bool) -> Vec<u8> {
    let text = part.mime_type().starts_with("text/") && !part.is_attachment();
    if text && convert_charsets { to_utf8(part) } else { part.body.clone() }
}

/// UTF-8 stays, whatever was declared; the rest is converted from the declared charset if there is one.
fn to_utf8(part: &Part) -> Vec<u8> {
    let declared = part.charset().and_then(|c| encoding_rs::Encoding::for_label(c.as_bytes()));
    match declared {
        Some(encoding) if encoding == encoding_rs::UTF_8 => part.body.clone(),
        Some(encoding)
            if encoding == encoding_rs::ISO_2022_JP || std::str::from_utf8(&part.body).is_err() =>
        {
            encoding.decode(&part.body).0.into_owned().into_bytes()
        }
        _ => part.body.clone(),
    }
}

/// What an attachment id means. The id contains it, so that every id that was ever issued stays valid.
#[derive(Debug, PartialEq)]
pub(super) struct AttachmentId {
    pub(super) message: u64,
    pub(super) part_id: String,
}

const ID_PREFIX: &str = "ANGjdJ";

impl AttachmentId {
    /// Long, as Google's are, and different for every serial.
    fn write(&self, serial: u64) -> String {
        let plain = format!("{:016x}:{}:{serial:016x}:{}", self.message, self.part_id, "Gmail".repeat(20));
        let bytes = plain.into_bytes().into_iter().enumerate();
        let mixed: Vec<u8> =
            bytes.map(|(i, b)| b ^ (serial as u8).wrapping_mul(31).wrapping_add(i as u8)).collect();
        format!(
            "{ID_PREFIX}{}{}",
            base64url::encode(&[serial as u8]).trim_end_matches('='),
            base64url::encode(&mixed)
        )
    }

    pub(super) fn read(id: &str) -> Option<AttachmentId> {
        let (serial, mixed) = id.strip_prefix(ID_PREFIX)?.split_at_checked(2)?;
        let key = *base64url::decode(serial)?.first()?;
        let bytes = base64url::decode(mixed)?.into_iter().enumerate();
        let plain: Vec<u8> = bytes.map(|(i, b)| b ^ key.wrapping_mul(31).wrapping_add(i as u8)).collect();
        let plain = String::from_utf8(plain).ok()?;
        let mut fields = plain.split(':');
        let message = u64::from_str_radix(fields.next()?, 16).ok()?;
        Some(AttachmentId { message, part_id: fields.next()?.to_string() })
    }
}

/// Up to 200 characters of text, blanks collapsed, with the HTML entities that Gmail leaves in.
pub(super) fn snippet(text: &str) -> String {
    let flat: Vec<&str> = text.split_whitespace().collect();
    let cut: String = flat.join(" ").chars().take(200).collect();
    let mut escaped = String::with_capacity(cut.len());
    for c in cut.trim_end().chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
