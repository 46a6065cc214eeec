//! A message in the form in which the Gmail API returns it, made from its bytes.

use base64::{Engine, prelude::BASE64_URL_SAFE};
use serde_json::{Map, Value, json};

use super::{Part, Tree, is_file_type};
use crate::gmail::read::{header_text, parameter};

impl Tree<'_> {
    /// The message as the `payload` of a message resource with `format=full`. All bodies are in it.
    pub(crate) fn payload(&self) -> Value {
        self.root().payload()
    }

    /// The same with the ids of attachments in place of their content, as Gmail returns it.
    pub(crate) fn outline(&self) -> Value {
        self.root().made(false)
    }
}

impl Part<'_> {
    /// The part as a member of `parts` in a message resource. Of an attached message, the message is its only part.
    pub(crate) fn payload(self) -> Value {
        self.made(true)
    }

    fn made(self, with_files: bool) -> Value {
        let mut members = vec![self];
        let mut at = 0;
        while let Some(part) = members.get(at) {
            members.extend(part.children());
            at += 1;
        }
        // From the last to the first, so that all parts of a part are complete before it.
        let mut done: Vec<Option<Value>> = vec![None; self.tree.nodes.len()];
        for part in members.into_iter().rev() {
            let children: Vec<Value> = part.children().filter_map(|child| done[child.index].take()).collect();
            done[part.index] = Some(part.resource(children, with_files));
        }
        done.swap_remove(self.index).unwrap_or_default()
    }

    fn resource(self, children: Vec<Value>, with_files: bool) -> Value {
        let source = self.source();
        let headers = self.fields().iter().filter(|field| !field.name.is_empty()).map(|field| {
            let name = String::from_utf8_lossy(&source[field.name.clone()]).trim().to_owned();
            json!({"name": name, "value": header_text(&source[field.value.clone()])})
        });
        let mut resource = Map::new();
        resource.insert("partId".to_owned(), self.id().into());
        resource.insert("mimeType".to_owned(), self.mime().into());
        resource.insert("filename".to_owned(), self.filename().into());
        resource.insert("headers".to_owned(), headers.collect());
        resource.insert("body".to_owned(), self.content(!children.is_empty(), with_files));
        if !children.is_empty() {
            resource.insert("parts".to_owned(), children.into());
        }
        Value::Object(resource)
    }

    fn content(self, has_parts: bool, with_files: bool) -> Value {
        if self.mime().starts_with("multipart/") && has_parts {
            return json!({"size": 0});
        }
        if is_file_type(self.mime()) && !with_files {
            return json!({"size": self.body().len(), "attachmentId": self.id()});
        }
        let bytes = self.decoded();
        json!({"size": bytes.len(), "data": BASE64_URL_SAFE.encode(&bytes)})
    }

    /// The name that Gmail gives a part; empty if it has none.
    fn filename(self) -> String {
        let named = |header: &str, name: &str| parameter(&self.header(header)?, name);
        let name = named("Content-Disposition", "filename").or_else(|| named("Content-Type", "name"));
        match name {
            Some(name) => name,
            None if self.is_message() => "noname.eml".to_owned(),
            None => String::new(),
        }
    }
}
