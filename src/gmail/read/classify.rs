//! Which parts of a message are its body, and which are files. Every tool that reads, answers, forwards, saves or
//! changes a message decides by it.
//!
//! Every part that says something is one or the other. An invitation or a report is both: a summary of it is shown, and
//! it can be saved.

use std::collections::HashSet;

use super::{
    branches::{Form, Leaf, Reach, is_body, leaves},
    part::Part,
};

/// How files that consist of parts are given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// As their parts, which the API provides one by one.
    Part,
    /// As a whole.
    Whole,
}

/// The parts of the body. Named text is the body if there is no other.
pub(super) fn body_parts(payload: Part<'_>) -> Vec<Leaf<'_>> {
    let body = leaves(payload, Reach::Body);
    if body.iter().any(|leaf| is_text(leaf.form)) {
        return body;
    }
    let all = leaves(payload, Reach::Files);
    if all.len() > body.len() { all } else { body }
}

fn is_text(form: Form) -> bool {
    matches!(form, Form::Plain | Form::Other | Form::Html)
}

/// Every part that is a file. An attached message is one file: its own parts are given only if the message is not
/// there as a whole.
pub(super) fn files(payload: Part<'_>, unit: Unit) -> Vec<Part<'_>> {
    let shown = |leaf: &Leaf<'_>| is_body(&leaf.part.mime()) && leaf.part.disposition() != "attachment";
    let body: HashSet<_> =
        body_parts(payload).iter().filter(|leaf| shown(leaf)).map(|leaf| leaf.part.key()).collect();
    let mut found = Vec::new();
    let mut is_root = true;
    payload.walk(Above::default(), |part, above, index| {
        let was_root = std::mem::replace(&mut is_root, false);
        let place = above.enter(index, was_root);
        let mime = part.mime();
        let is_group = !part.is_leaf() && !part.is_message();
        if unit == Unit::Whole && is_group && !was_root && place.is_unit(part, &mime) {
            found.push(part);
            return None;
        }
        let is_file = part.is_attached() || place.in_file || part.is_leaf() && !is_body(&mime);
        if !is_group && is_file && !body.contains(&part.key()) {
            found.push(part);
        }
        let is_whole = part.data().is_some() || part.attachment_id().is_some();
        let in_file = place.in_file || is_group && !was_root && place.is_file(part);
        let below = Above { alternative: mime == "multipart/alternative", in_file, ..place };
        (!(part.is_message() && is_whole)).then_some(below)
    });
    found
}

/// Where a part is.
#[derive(Clone, Copy, Default)]
struct Above {
    /// Whether the group above it is an alternative.
    alternative: bool,
    /// Whether it is the first part of the message, of its first part, and so on.
    first: bool,
    /// Whether it is a branch of an alternative, or the first part of one.
    branch: bool,
    /// Whether it is within a file that consists of parts.
    in_file: bool,
}

impl Above {
    fn enter(self, index: usize, is_root: bool) -> Above {
        let first = is_root || self.first && index == 0;
        Above { first, branch: self.alternative || self.branch && index == 0, ..self }
    }

    fn is_file(self, group: Part<'_>) -> bool {
        group.is_attached() && !self.branch
    }

    /// Whether a group is kept together: a file, an encrypted message, or a signed one beside the body.
    fn is_unit(self, group: Part<'_>, mime: &str) -> bool {
        match mime {
            "multipart/encrypted" | "multipart/appledouble" => true,
            "multipart/signed" if !self.first && !self.branch => true,
            _ => self.is_file(group),
        }
    }
}
