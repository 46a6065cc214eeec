//! The body of a message: what a person reads of its parts, as text.
//!
//! A person sees the HTML. The plain text beside it is given if it says the same; if not, its words are counted as
//! removed. Summaries of invitations and reports follow the text. Attached text is not part of the body.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use super::{
    BodyKind, ReadOptions,
    branches::{Block, Form, Leaf, Reach, blocks, leaves},
    calendar,
    classify::body_parts,
    enriched, flowed,
    part::Part,
    report, sealed, words,
};
use crate::{
    characters::has_ink,
    gmail::html::{self, OddLink, Removed, Rendered},
};

/// A body, its type as in [`super::Message::body_type`], and what was removed from it.
#[derive(Default)]
pub(super) struct ShownBody {
    pub(super) text: String,
    pub(super) kind: &'static str,
    pub(super) removed: Removed,
    /// The links that can mislead.
    pub(super) links: Vec<OddLink>,
}

impl ShownBody {
    pub(super) fn new(kind: &'static str, text: String) -> ShownBody {
        ShownBody { text, kind, ..ShownBody::default() }
    }

    fn is_blank(&self) -> bool {
        !has_ink(&self.text)
    }

    /// Appends a text after an empty line.
    fn append(&mut self, text: &str) {
        if self.text.trim().is_empty() {
            text.clone_into(&mut self.text);
        } else if !text.trim().is_empty() {
            self.text.truncate(self.text.trim_end().len());
            self.text.push_str("\n\n");
            self.text.push_str(text);
        }
    }

    /// Appends what comes next. The type is that of HTML if any text comes from HTML.
    fn extend(&mut self, mut next: ShownBody) {
        self.removed.add(next.removed);
        self.links.append(&mut next.links);
        match (self.is_blank(), next.is_blank()) {
            (true, false) => self.kind = next.kind,
            (false, true) => {}
            _ if next.kind == "html_to_text" => self.kind = next.kind,
            _ => {}
        }
        self.append(&next.text);
    }
}

/// See [`super::missing`].
pub(super) fn missing(payload: Part<'_>, options: &ReadOptions) -> Vec<(String, String)> {
    let kind = options.body;
    if matches!(kind, BodyKind::Raw | BodyKind::None) {
        return Vec::new();
    }
    let body = body_parts(payload);
    let elsewhere = elsewhere(&body, kind);
    if !elsewhere.is_empty() {
        return elsewhere;
    }
    match with_files(payload, &body) {
        Some(files) if read(&body, kind).is_blank() => self::elsewhere(&files, kind),
        _ => elsewhere,
    }
}

/// The body and the files that are read where it is blank; `None` if there are no such files.
fn with_files<'a>(payload: Part<'a>, body: &[Leaf<'a>]) -> Option<Vec<Leaf<'a>>> {
    let files = leaves(payload, Reach::Files);
    (files.len() > body.len()).then_some(files)
}

/// The parts that are read and that Gmail left out: `(partId, attachmentId)`.
fn elsewhere(leaves: &[Leaf<'_>], kind: BodyKind) -> Vec<(String, String)> {
    let blocks = blocks(leaves);
    let as_html = is_source(&blocks, kind);
    let read = blocks
        .iter()
        .flat_map(|block| needed(block, kind).chain(block.calendars.iter().filter(|_| !as_html)));
    let missing = read.filter_map(|leaf| {
        let attachment_id = leaf.part.elsewhere().filter(|_| leaf.part.children().len() == 0)?;
        Some((leaf.part.id().to_owned(), attachment_id.to_owned()))
    });
    missing.collect()
}

/// The parts of a block that decide what is shown.
fn needed<'b, 'a>(block: &'b Block<'a>, kind: BodyKind) -> impl Iterator<Item = &'b Leaf<'a>> {
    let (plain, rich) = match kind {
        BodyKind::Auto => (&block.plain[..], &block.rich[..]),
        BodyKind::Plain if !block.plain.is_empty() => (&block.plain[..], &[][..]),
        _ if block.rich.is_empty() => (&block.plain[..], &[][..]),
        _ => (&[][..], &block.rich[..]),
    };
    plain.iter().chain(rich)
}

pub(super) fn body(payload: Part<'_>, kind: BodyKind) -> ShownBody {
    let leaves = body_parts(payload);
    let mut body = read(&leaves, kind);
    if body.is_blank()
        && let Some(files) = with_files(payload, &leaves)
    {
        body = read(&files, kind);
    }
    if body.kind != "html" {
        let was_blank = body.is_blank();
        for note in sealed::notes(payload, &body.text) {
            body.append(&note);
        }
        if was_blank && !body.is_blank() {
            body.kind = "text";
        }
    }
    body
}

/// Whether HTML is returned as it was sent.
fn is_source(blocks: &[Block<'_>], kind: BodyKind) -> bool {
    kind == BodyKind::Html && blocks.iter().any(|block| !block.rich.is_empty())
}

/// The text of the parts, and then of the invitations among them.
fn read(leaves: &[Leaf<'_>], kind: BodyKind) -> ShownBody {
    let blocks = blocks(leaves);
    if is_source(&blocks, kind) {
        let mut body = ShownBody::new("html", String::new());
        for leaf in blocks.iter().flat_map(|block| needed(block, kind)) {
            append_source(&mut body, leaf);
        }
        return body;
    }
    let mut body = ShownBody::new(if leaves.is_empty() { "none" } else { "text" }, String::new());
    for block in &blocks {
        body.extend(shown(block, kind));
    }
    append_invitations(&mut body, &blocks);
    body
}

/// Appends a summary of each invitation. Its description is left out below a text, which says the same.
fn append_invitations(body: &mut ShownBody, blocks: &[Block<'_>]) {
    let mut known = HashSet::new();
    for leaf in blocks.iter().flat_map(|block| &block.calendars) {
        let method = leaf.part.parameter("method").unwrap_or_default();
        let setting =
            calendar::Setting { method: &method, zone: TimeZone::system(), described: body.is_blank() };
        let Rendered { text, removed, links } = calendar::summary(&leaf.part.text(), setting);
        if known.insert(text.clone()) {
            body.extend(ShownBody { text, kind: "text", removed, links });
        }
    }
}

/// What a person reads of a block. Where the plain text says something else than the HTML, its words are counted.
fn shown(block: &Block<'_>, kind: BodyKind) -> ShownBody {
    if kind != BodyKind::Auto || block.plain.is_empty() || block.rich.is_empty() {
        return text(needed(block, kind));
    }
    if block.rich.iter().all(|leaf| leaf.part.text().trim().is_empty()) {
        return text(&block.plain);
    }
    let (mut plain, mut rich) = (text(&block.plain), text(&block.rich));
    let comparison = words::compare(&plain.text, &rich.text);
    if comparison.is_same {
        // A person sees the HTML.
        plain.links = rich.links;
        return plain;
    }
    rich.removed.alternative += comparison.words;
    rich
}

fn text<'b, 'a: 'b>(leaves: impl IntoIterator<Item = &'b Leaf<'a>>) -> ShownBody {
    let mut body = ShownBody::new("text", String::new());
    for leaf in leaves {
        let kind = if leaf.form == Form::Html { "html_to_text" } else { "text" };
        let Rendered { text, removed, links } = rendered(leaf);
        body.extend(ShownBody { text, kind, removed, links });
    }
    body
}

fn rendered(leaf: &Leaf<'_>) -> Rendered {
    let Leaf { part, form, .. } = leaf;
    match (form, part.mime().as_str()) {
        (Form::Html, _) => html::to_text(&part.text()),
        (Form::Report, _) => html::clean(&report::summary(*part)),
        (_, mime @ ("text/enriched" | "text/richtext")) => {
            let mut removed = Removed::default();
            let mut rendered = html::clean(&enriched::plain(&part.text(), mime, &mut removed));
            rendered.removed.add(removed);
            rendered
        }
        _ => html::clean(&unflowed(*part, part.text())),
    }
}

/// Appends the source of HTML, or another text as preformatted HTML.
fn append_source(body: &mut ShownBody, leaf: &Leaf<'_>) {
    let mut next = if leaf.form == Form::Html { html::clean(&leaf.part.text()) } else { rendered(leaf) };
    if leaf.form != Form::Html {
        next.text = preformatted(&next.text);
    }
    body.removed.add(next.removed);
    body.append(&next.text);
}

pub(super) fn unflowed(part: Part<'_>, text: String) -> String {
    let is = |name, value| part.parameter(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
    if is("format", "flowed") { flowed::join(&text, is("delsp", "yes")) } else { text }
}

pub(super) fn preformatted(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<pre>{text}</pre>")
}
