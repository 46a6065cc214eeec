//! What search, snippets and threading need to know of a message, worked out once from its MIME tree.

use serde_json::Value;

use super::base64url;
use super::mime::{self, Part};
use super::payload;

/// A message in words.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) headers: Vec<(String, String)>,
    /// The readable text: the first text/plain, else the HTML without its tags.
    pub(super) text: String,
    pub(super) filenames: Vec<String>,
    pub(super) snippet: String,
}

impl Facts {
    pub(super) fn of(root: &Part) -> Facts {
        let text = text_of(root, "text/plain").or_else(|| text_of(root, "text/html")).unwrap_or_default();
        let mut filenames = Vec::new();
        collect_filenames(root, &mut filenames);
        Facts { headers: root.headers.clone(), snippet: payload::snippet(&text), text, filenames }
    }

    /// Of the header alone.
    pub(super) fn of_head(raw: &[u8]) -> Facts {
        let (head, _) = mime::split_head(raw);
        Facts { headers: mime::parse_headers(head), ..Facts::default() }
    }

    /// The same from a ready-made resource, which has no bytes to parse.
    pub(super) fn of_resource(message: &Value) -> Facts {
        let part = part_of(&message["payload"]);
        let snippet = message["snippet"].as_str().map(String::from);
        let facts = Facts::of(&part);
        Facts { snippet: snippet.unwrap_or_else(|| facts.snippet.clone()), ..facts }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The Message-ID without its brackets.
    pub(super) fn message_id(&self) -> Option<String> {
        self.header("Message-ID").map(|v| v.trim().trim_start_matches('<').trim_end_matches('>').to_string())
    }

    /// The ids that In-Reply-To and References name, without brackets.
    pub(super) fn ancestors(&self) -> Vec<String> {
        let fields = ["References", "In-Reply-To"].into_iter().filter_map(|name| self.header(name));
        fields
            .flat_map(|value| value.split(['<', '>', ' ', '\t', ',']))
            .filter(|id| id.contains('@'))
            .map(String::from)
            .collect()
    }

    pub(super) fn subject(&self) -> &str {
        self.header("Subject").unwrap_or_default()
    }
}

fn part_of(payload: &Value) -> Part {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    Part {
        headers: list(&payload["headers"]).iter().map(|h| (text(&h["name"]), text(&h["value"]))).collect(),
        body: payload
            .pointer("/body/data")
            .and_then(Value::as_str)
            .and_then(base64url::decode)
            .unwrap_or_default(),
        parts: list(&payload["parts"]).iter().map(part_of).collect(),
    }
}

fn text_of(part: &Part, kind: &str) -> Option<String> {
    if part.is_attachment() {
        return None;
    }
    if part.parts.is_empty() {
        let readable = part.mime_type() == kind && !part.body.is_empty();
        let text = readable.then(|| String::from_utf8_lossy(&payload::served_bytes(part, true)).into_owned());
        return text.map(|text| if kind == "text/html" { strip_tags(&text) } else { text });
    }
    part.parts.iter().find_map(|child| text_of(child, kind))
}

fn collect_filenames(part: &Part, names: &mut Vec<String>) {
    let name = part.filename();
    if !name.is_empty() {
        names.push(name);
    }
    part.parts.iter().for_each(|child| collect_filenames(child, names));
}

/// Hidden text stays in, as it does in Gmail's snippets.
fn strip_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let end = ["<style", "<script", "<title", "<!--"]
            .iter()
            .find(|tag| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
            .map_or(">", |tag| if *tag == "<!--" { "-->" } else { "</" });
        let after_tag = rest.find(end).map_or(rest.len(), |at| at + end.len());
        rest = &rest[after_tag..];
        if end == "</" {
            rest = rest.find('>').map_or("", |at| &rest[at + 1..]);
        }
        out.push(' ');
    }
    out.push_str(rest);
    let entities =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(out, |text, (entity, plain)| text.replace(entity, plain))
}
