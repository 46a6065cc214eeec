//! The message that is answered or forwarded, with as few requests as possible.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    gmail::{
        Gmail,
        enclosure::Enclosure,
        mime::Tree,
        read::{self, BodyKind, ReadOptions},
        send::Sender,
    },
    problem::Result,
};

use super::images::shown_ids;

const OPTIONS: ReadOptions =
    ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };

pub(crate) struct Original {
    /// As the API returns it.
    pub(crate) resource: Value,
    /// The text that a person sees.
    pub(crate) body: String,
    /// The HTML as it was written.
    pub(crate) html: Option<String>,
    /// Its bytes, if they were fetched.
    pub(crate) raw: Option<Arc<Vec<u8>>>,
}

impl Original {
    /// A message whose files are not needed. It takes one request, and one more if its HTML shows images of its own.
    pub(crate) fn fetch(gmail: &Gmail<'_>, id: &str) -> Result<Original> {
        Original::read(gmail.resource(id, &OPTIONS)?, None).with_images(gmail, id)
    }

    /// The same, and the verified addresses of the account, in the same request.
    pub(crate) fn fetch_with_senders(gmail: &Gmail<'_>, id: &str) -> Result<(Original, Vec<Sender>)> {
        let (resource, senders) = gmail.resource_and_senders(id, &OPTIONS)?;
        Ok((Original::read(resource, None).with_images(gmail, id)?, senders))
    }

    fn with_images(self, gmail: &Gmail<'_>, id: &str) -> Result<Original> {
        let mut original = self;
        let ids = original.html.as_deref().map(shown_ids).unwrap_or_default();
        if !ids.is_empty() && read::has_content_ids(&original.resource, &ids) {
            original.raw = Some(gmail.raw_message(id)?).filter(|raw| !raw.is_empty()).map(Arc::new);
        }
        Ok(original)
    }

    /// A message with its bytes, in one request.
    pub(crate) fn fetch_whole(gmail: &Gmail<'_>, id: &str) -> Result<Original> {
        let (mut members, raw) = gmail.with_source(id)?;
        if raw.is_empty() {
            return Original::fetch(gmail, id);
        }
        members.insert("payload".to_owned(), Tree::parse(&raw).outline());
        Ok(Original::read(Value::Object(members), Some(Arc::new(raw))))
    }

    fn read(resource: Value, raw: Option<Arc<Vec<u8>>>) -> Original {
        let body = read::message(&resource, &OPTIONS).body;
        let html = read::html_source(&resource);
        Original { resource, body, html, raw }
    }

    /// Unfolded and decoded.
    pub(crate) fn header(&self, name: &str) -> String {
        read::header(&self.resource, name)
    }

    /// The files of the message, without the parts that are sent with the HTML.
    pub(crate) fn files(&self, shown: &[String]) -> Vec<Enclosure> {
        let Some(raw) = &self.raw else { return Vec::new() };
        let tree = Tree::parse(raw);
        let files = read::file_ids(&self.resource).into_iter().filter(|(id, _)| !shown.contains(id));
        files
            .filter_map(|(id, name)| Some(Enclosure::received(raw, tree.part(&id)?, name.as_deref())))
            .collect()
    }

    /// The message as a file, without the recipients of whom the others do not know.
    pub(crate) fn as_file(&self) -> Option<Enclosure> {
        let raw = self.raw.as_deref()?.as_slice();
        let tree = Tree::parse(raw);
        let root = tree.root();
        let mut message = Vec::with_capacity(raw.len());
        let mut at = 0;
        for field in
            root.fields().iter().filter(|field| ["Bcc", "Resent-Bcc"].iter().any(|name| field.is(name, raw)))
        {
            message.extend_from_slice(&raw[at..field.whole.start]);
            at = field.whole.end;
        }
        message.extend_from_slice(&raw[at..]);
        Some(Enclosure::message(&read::message_file_name(&self.header("Subject")), message))
    }
}
