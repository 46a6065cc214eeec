//! The message that is answered or forwarded, with as few requests as possible.

use serde_json::{Value, json};

use crate::{
    gmail::{
        Gmail,
        enclosure::Enclosure,
        mime::Tree,
        read::{self, BodyKind, ReadOptions},
        send::Sender,
        source::Source,
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
    pub(crate) source: Option<Source>,
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
            original.source = Some(gmail.source(id)?).filter(|source| !source.is_empty());
        }
        Ok(original)
    }

    /// A message with its bytes, in one request.
    pub(crate) fn fetch_whole(gmail: &Gmail<'_>, id: &str) -> Result<Original> {
        let source = gmail.source(id)?;
        if source.is_empty() {
            return Original::fetch(gmail, id);
        }
        let payload = Tree::parse(source.bytes()).outline();
        Ok(Original::read(json!({"id": id, "payload": payload}), Some(source)))
    }

    fn read(resource: Value, source: Option<Source>) -> Original {
        let body = read::message(&resource, &OPTIONS).body;
        let html = read::html_source(&resource);
        Original { resource, body, html, source }
    }

    /// Unfolded and decoded.
    pub(crate) fn header(&self, name: &str) -> String {
        read::header(&self.resource, name)
    }

    /// The files of the message, without the parts that are sent with the HTML.
    pub(crate) fn files(&self, shown: &[String]) -> Vec<Enclosure> {
        let Some(source) = &self.source else { return Vec::new() };
        let tree = Tree::parse(source.bytes());
        let files = read::file_ids(&self.resource).into_iter().filter(|(id, _)| !shown.contains(id));
        files
            .filter_map(|(id, name)| Some(Enclosure::received(source, tree.part(&id)?, name.as_deref())))
            .collect()
    }

    /// The message as a file, without the recipients of whom the others do not know.
    pub(crate) fn as_file(&self) -> Option<Enclosure> {
        let name = read::message_file_name(&self.header("Subject"));
        Some(Enclosure::message(&name, self.source.as_ref()?, &["Bcc", "Resent-Bcc"]))
    }
}
