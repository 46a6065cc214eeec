//! The parts of a message that can be read, and the branches of its `multipart/alternative`.
//!
//! The parts of a `multipart/mixed` are read one after the other; of a `multipart/alternative`, one branch. This
//! file does not know what the parts say.

use super::{part::Part, report};

/// How a part is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `text/plain`, or a type that is read as it is.
    Plain,
    /// Another type of text.
    Other,
    Html,
    Calendar,
    /// What became of a message: a delivery status, a receipt, a complaint.
    Report,
}

impl Form {
    fn of(mime: &str) -> Option<Form> {
        Some(match mime {
            "text/plain" => Form::Plain,
            "text/html" => Form::Html,
            "text/calendar" | "text/x-vcalendar" | "application/ics" => Form::Calendar,
            // What only some programs show, and what they never do.
            "text/x-amp-html" | "text/watch-html" | "text/rfc822-headers" => return None,
            "text/css" | "text/javascript" | "text/ecmascript" => return None,
            mime if mime.starts_with("text/") => Form::Other,
            mime if report::is_report(mime) => Form::Report,
            _ => return None,
        })
    }
}

/// How many files and summaries are fetched for a body. The others are listed as attachments.
const MOST_FETCHED: usize = 10;

/// Whether a part of this type is a form of the body, and so is not an attachment.
pub(super) fn is_body(mime: &str) -> bool {
    matches!(
        mime,
        "text/plain"
            | "text/html"
            | "text/x-amp-html"
            | "text/watch-html"
            | "text/markdown"
            | "text/x-markdown"
            | "text/x-patch"
            | "text/x-diff"
            | "text/enriched"
            | "text/richtext"
    )
}

/// Which parts are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those that are sent as the body.
    Body,
    /// Files, too, that mail programs show: text with a name, and calendars. They are read where there is no body.
    Files,
}

impl Reach {
    /// `leads`: the part is a branch of an alternative or the first part of one, and so is the body, named or not.
    fn includes(self, part: Part<'_>, form: Form, is_root: bool, leads: bool) -> bool {
        let attached = part.disposition() == "attachment";
        let is_file = part.is_named() && !leads;
        match (form, self) {
            (Form::Report, _) => true,
            (Form::Calendar, Reach::Body) => !attached && (!is_file || part.parameter("method").is_some()),
            (Form::Calendar, Reach::Files) => true,
            (_, Reach::Body) => !attached && !is_file && !is_card(&part.mime()),
            (_, Reach::Files) => !attached || is_root,
        }
    }
}

/// A business card, which mail programs list as a file.
fn is_card(mime: &str) -> bool {
    matches!(mime, "text/vcard" | "text/x-vcard" | "text/directory")
}

/// A branch of a `multipart/alternative`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Branch {
    alternative: usize,
    index: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub(super) part: Part<'a>,
    pub(super) form: Form,
    /// Of the outermost alternative.
    branch: Option<Branch>,
    /// Of the innermost alternative within that branch.
    inner: Option<Branch>,
}

impl Leaf<'_> {
    /// Whether a file or a report must be fetched, for each of which Gmail needs a request.
    fn is_file_elsewhere(&self) -> bool {
        let is_file = self.part.is_named() || matches!(self.form, Form::Calendar | Form::Report);
        is_file && self.part.elsewhere().is_some()
    }
}

/// Where a part is.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The alternative of which the part is a branch.
    under: Option<usize>,
    branch: Option<Branch>,
    inner: Option<Branch>,
    /// Whether the part is a branch, or the first part of one.
    leads: bool,
}

impl Place {
    fn enter(self, index: usize) -> Place {
        let Some(alternative) = self.under else { return Place { leads: self.leads && index == 0, ..self } };
        let branch = Some(Branch { alternative, index });
        match self.branch {
            None => Place { under: None, branch, inner: None, leads: true },
            Some(_) => Place { under: None, inner: branch, leads: true, ..self },
        }
    }
}

/// The parts that can be read, in order.
pub(super) fn leaves(payload: Part<'_>, reach: Reach) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    let (mut alternatives, mut fetched, mut is_root) = (0, 0, true);
    payload.walk(Place::default(), |part, place, index| {
        let was_root = std::mem::replace(&mut is_root, false);
        let (place, mime) = (place.enter(index), part.mime());
        let is_file = part.is_attached() && !part.is_leaf() && !part.is_message();
        if is_file && !was_root && !place.leads && reach == Reach::Body {
            return None;
        }
        if mime == "multipart/alternative" {
            alternatives += 1;
            return Some(Place { under: Some(alternatives), ..place });
        }
        let form = Form::of(&mime).filter(|form| *form == Form::Report || part.is_leaf());
        if let Some(form) = form.filter(|form| reach.includes(part, *form, was_root, place.leads)) {
            let leaf = Leaf { part, form, branch: place.branch, inner: place.inner };
            fetched += usize::from(leaf.is_file_elsewhere());
            if !leaf.is_file_elsewhere() || fetched <= MOST_FETCHED {
                found.push(leaf);
            }
        }
        (!part.is_message()).then_some(place)
    });
    found
}

/// The parts of one alternative, or one part outside any.
pub(super) struct Block<'a> {
    /// The branch that a person sees: the last with HTML.
    pub(super) rich: Vec<Leaf<'a>>,
    /// The last branch with nothing but text.
    pub(super) plain: Vec<Leaf<'a>>,
    pub(super) calendars: Vec<Leaf<'a>>,
}

pub(super) fn blocks<'a>(leaves: &[Leaf<'a>]) -> Vec<Block<'a>> {
    let shares = |a: &Leaf<'_>, b: &Leaf<'_>| {
        a.branch.zip(b.branch).is_some_and(|(a, b)| a.alternative == b.alternative)
    };
    leaves.chunk_by(shares).map(Block::of).collect()
}

impl<'a> Block<'a> {
    fn of(leaves: &[Leaf<'a>]) -> Block<'a> {
        let has = |branch: &[Leaf<'_>], form| branch.iter().any(|leaf| leaf.form == form);
        let branches: Vec<&[Leaf<'a>]> = leaves.chunk_by(|a, b| a.branch == b.branch).collect();
        let rich = branches.iter().rfind(|branch| has(branch, Form::Html));
        let texts = || branches.iter().filter(|branch| !has(branch, Form::Html));
        let plain = texts().rfind(|branch| has(branch, Form::Plain));
        let plain =
            plain.or_else(|| texts().rfind(|branch| has(branch, Form::Other) || has(branch, Form::Report)));
        let mut calendars = leaves.iter().filter(|leaf| leaf.form == Form::Calendar);
        Block {
            rich: rich.map(|branch| seen(branch)).unwrap_or_default(),
            plain: plain.map(|branch| seen(branch)).unwrap_or_default(),
            calendars: calendars.next_back().copied().into_iter().collect(),
        }
    }
}

/// The parts of a branch. Of an alternative within it, those with HTML, or else its last branch.
fn seen<'a>(branch: &[Leaf<'a>]) -> Vec<Leaf<'a>> {
    let shares = |a: &Leaf<'_>, b: &Leaf<'_>| {
        a.inner.zip(b.inner).is_some_and(|(a, b)| a.alternative == b.alternative)
    };
    let texts = branch.iter().copied().filter(|leaf| leaf.form != Form::Calendar).collect::<Vec<_>>();
    let mut seen = Vec::with_capacity(texts.len());
    for group in texts.chunk_by(shares) {
        let is_html = |leaf: &&Leaf<'_>| leaf.form == Form::Html;
        let decisive = group.iter().rfind(is_html).or(group.last());
        let branch = decisive.and_then(|leaf| leaf.inner);
        seen.extend(group.iter().filter(|leaf| leaf.inner == branch));
    }
    seen
}
