//! The body of a message: which of its parts a person reads, and their text.
//!
//! The parts of a `multipart/mixed` are read one after the other. Of a `multipart/alternative`, one branch is read.
//! Attached text is not part of the body.

use super::{BodyKind, ReadOptions, calendar, flowed, part::Part};
use crate::gmail::html::{self, Removed, Rendered};

/// The longest text that only refers to the HTML, in characters without its links.
const LONGEST_STUB: usize = 250;

/// Phrases in a text that only refers the reader to the HTML.
const STUBS: [&str; 20] = [
    "support html",
    "html email",
    "html e-mail",
    "html mail",
    "html message",
    "html version",
    "html format",
    "html compatible",
    "html-compatible",
    "html capable",
    "html-capable",
    "html viewer",
    "view in html",
    "view html",
    "enable html",
    "in your browser",
    "in a browser",
    "html-fähig",
    "html-ansicht",
    "im browser",
];

/// A body, its type as in [`super::Message::body_type`], and what was removed from it.
#[derive(Default)]
pub(super) struct ShownBody {
    pub(super) text: String,
    pub(super) kind: &'static str,
    pub(super) removed: Removed,
}

impl ShownBody {
    pub(super) fn new(kind: &'static str, text: String) -> ShownBody {
        ShownBody { text, kind, ..ShownBody::default() }
    }

    /// Appends the text of the next part after an empty line.
    fn append(&mut self, rendered: Rendered) {
        self.removed.add(rendered.removed);
        if self.text.trim().is_empty() {
            self.text = rendered.text;
        } else if !rendered.text.trim().is_empty() {
            self.text.truncate(self.text.trim_end().len());
            self.text.push_str("\n\n");
            self.text.push_str(&rendered.text);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Html,
    Calendar,
}

impl Form {
    fn of(mime: &str) -> Option<Form> {
        match mime {
            "text/plain" | "text/markdown" | "text/x-markdown" | "text/x-patch" | "text/x-diff" => {
                Some(Form::Plain)
            }
            "text/html" => Some(Form::Html),
            "text/calendar" => Some(Form::Calendar),
            _ => None,
        }
    }
}

/// Whether a part of this type is a form of the body, and so is not an attachment.
pub(super) fn is_body(mime: &str) -> bool {
    let form = Form::of(mime).is_some_and(|form| form != Form::Calendar);
    form || matches!(mime, "text/x-amp-html" | "text/watch-html")
}

/// A branch of an outermost `multipart/alternative`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Branch {
    alternative: usize,
    index: usize,
}

#[derive(Clone, Copy)]
struct Leaf<'a> {
    part: Part<'a>,
    form: Form,
    branch: Option<Branch>,
}

impl Leaf<'_> {
    fn shares_alternative(&self, other: &Leaf<'_>) -> bool {
        match (self.branch, other.branch) {
            (Some(ours), Some(theirs)) => ours.alternative == theirs.alternative,
            _ => false,
        }
    }

    /// Whether the text is empty or only refers to the HTML. A body that Gmail omits is too large for either.
    fn is_stub(&self) -> bool {
        if self.part.elsewhere().is_some() {
            return false;
        }
        let text = self.part.text().to_lowercase();
        let words: Vec<&str> = text.split_whitespace().filter(|word| !word.contains("://")).collect();
        let text = words.join(" ");
        text.is_empty()
            || text.chars().count() <= LONGEST_STUB && STUBS.iter().any(|stub| text.contains(stub))
    }
}

/// The place of a part: outside any alternative, directly under one, or inside a branch.
#[derive(Clone, Copy)]
enum Place {
    Outside,
    Under(usize),
    Within(Branch),
}

impl Place {
    fn branch(self) -> Option<Branch> {
        if let Place::Within(branch) = self { Some(branch) } else { None }
    }
}

/// All parts that can be read, in order.
fn leaves(payload: Part<'_>) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    let mut alternatives = 0;
    payload.walk(Place::Outside, |part, place, index| {
        if part.is_attached() {
            return None;
        }
        let place = match place {
            Place::Under(alternative) => Place::Within(Branch { alternative, index }),
            Place::Outside if part.mime() == "multipart/alternative" => {
                alternatives += 1;
                return Some(Place::Under(alternatives));
            }
            place => place,
        };
        if part.is_leaf()
            && let Some(form) = Form::of(&part.mime())
        {
            found.push(Leaf { part, form, branch: place.branch() });
        }
        Some(place)
    });
    found
}

/// The parts that are read, in order.
fn chosen(payload: Part<'_>, kind: BodyKind) -> Vec<Leaf<'_>> {
    let forms = match kind {
        BodyKind::Auto => [Form::Plain, Form::Html],
        BodyKind::Html => [Form::Html, Form::Plain],
        BodyKind::Raw | BodyKind::None => return Vec::new(),
    };
    let leaves = leaves(payload);
    let rich = leaves.iter().any(|leaf| leaf.form == Form::Html);
    let mut chosen = Vec::new();
    for block in leaves.chunk_by(Leaf::shares_alternative) {
        let readable = forms.iter().map(|form| branch(block, *form, rich));
        chosen.extend(readable.into_iter().find(|leaves| !leaves.is_empty()).unwrap_or_default());
    }
    if chosen.is_empty() {
        chosen.extend(leaves.iter().find(|leaf| leaf.form == Form::Calendar));
    }
    chosen
}

/// The parts of this form in one branch: the first branch with text or, since it is the richest, the last with HTML.
fn branch<'a>(block: &[Leaf<'a>], form: Form, rich: bool) -> Vec<Leaf<'a>> {
    let useful = |leaf: &Leaf<'_>| leaf.form == form && !(rich && form == Form::Plain && leaf.is_stub());
    let leaves: Vec<Leaf<'a>> = block.iter().copied().filter(useful).collect();
    let decisive = if form == Form::Html { leaves.last() } else { leaves.first() };
    let branch = decisive.and_then(|leaf| leaf.branch);
    leaves.into_iter().filter(|leaf| leaf.branch == branch).collect()
}

/// See [`super::missing`].
pub(super) fn missing(payload: Part<'_>, options: &ReadOptions) -> Vec<(String, String)> {
    let leaves = chosen(payload, options.body);
    let missing = leaves.iter().filter_map(|leaf| {
        let attachment_id = leaf.part.elsewhere()?;
        Some((leaf.part.id().to_owned(), attachment_id.to_owned()))
    });
    missing.collect()
}

pub(super) fn body(payload: Part<'_>, kind: BodyKind) -> ShownBody {
    let leaves = chosen(payload, kind);
    let body = match kind {
        BodyKind::Html if leaves.iter().any(|leaf| leaf.form == Form::Html) => as_html(&leaves),
        _ => as_text(&leaves),
    };
    if !body.text.trim().is_empty() {
        return body;
    }
    if let Some(rendered) = plain(payload) {
        let mut body = ShownBody { kind: "text", ..body };
        body.append(rendered);
        return body;
    }
    match sealed(payload) {
        Some(note) => ShownBody { kind: "text", text: note, ..body },
        None => body,
    }
}

/// Any text, for a message whose HTML has no visible text: a reference to the HTML is better than nothing.
fn plain(payload: Part<'_>) -> Option<Rendered> {
    let leaves = leaves(payload);
    let mut texts = leaves.iter().filter(|leaf| leaf.form == Form::Plain).map(text);
    texts.find(|rendered| !rendered.text.trim().is_empty())
}

fn as_text(leaves: &[Leaf<'_>]) -> ShownBody {
    let mut body = ShownBody::new(if leaves.is_empty() { "none" } else { "text" }, String::new());
    for leaf in leaves {
        if leaf.form == Form::Html {
            body.kind = "html_to_text";
        }
        body.append(text(leaf));
    }
    body
}

/// The source of the HTML parts, with the text parts between them as preformatted HTML.
fn as_html(leaves: &[Leaf<'_>]) -> ShownBody {
    let mut body = ShownBody::new("html", String::new());
    for leaf in leaves {
        let mut rendered = match leaf.form {
            Form::Html => html::clean(&leaf.part.text()),
            Form::Plain | Form::Calendar => text(leaf),
        };
        if leaf.form != Form::Html {
            rendered.text = preformatted(&rendered.text);
        }
        body.append(rendered);
    }
    body
}

fn text(leaf: &Leaf<'_>) -> Rendered {
    let text = leaf.part.text();
    match leaf.form {
        Form::Html => html::to_text(&text),
        Form::Calendar => html::clean(&calendar::summary(&text)),
        Form::Plain => html::clean(&unflowed(leaf.part, text)),
    }
}

fn unflowed(part: Part<'_>, text: String) -> String {
    let is = |name, value| part.parameter(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
    if is("format", "flowed") { flowed::join(&text, is("delsp", "yes")) } else { text }
}

fn preformatted(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<pre>{text}</pre>")
}

/// A note in place of the body of an encrypted message.
fn sealed(payload: Part<'_>) -> Option<String> {
    let mut note = None;
    payload.walk((), |part, (), _| {
        let what = match part.mime().as_str() {
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                let kind = part.parameter("smime-type").unwrap_or_default().to_ascii_lowercase();
                Some(match kind.as_str() {
                    "signed-data" => "signed S/MIME message; open smime.p7m",
                    "enveloped-data" | "authenveloped-data" => "encrypted S/MIME message; open smime.p7m",
                    _ => "encrypted or signed S/MIME message; open smime.p7m",
                })
            }
            "application/pgp-encrypted" => Some("encrypted OpenPGP message; open it"),
            _ => None,
        };
        note = note.or(what);
        (!part.mime().starts_with("message/")).then_some(())
    });
    note.map(|note| format!("[{note} in a mail program]"))
}
