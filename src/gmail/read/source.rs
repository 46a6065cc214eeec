//! The body of a message as it was written, for those who send it on or change it. Nothing is left out of it.

use serde_json::Value;

use super::{
    body::{preformatted, unflowed},
    branches::{Form, Leaf, Reach, blocks, leaves},
    classify::body_parts,
    part::Part,
};

/// The ids of the parts that are the body of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BodyPlaces {
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
}

/// Where the body is. A text with a name may be a file, and so is not its place. If the body is in several places, the
/// error is the id of the part that is too many.
pub(crate) fn body_places(message: &Value) -> Result<BodyPlaces, String> {
    let payload = Part::payload(message);
    let leaves = leaves(payload, Reach::Body);
    let texts: Vec<Leaf<'_>> =
        leaves.into_iter().filter(|leaf| !matches!(leaf.form, Form::Calendar | Form::Report)).collect();
    let id = |leaf: &Leaf<'_>| leaf.part.id().to_owned();
    let mut places = BodyPlaces::default();
    if let [block, others @ ..] = &blocks(&texts)[..] {
        let too_many = others.iter().flat_map(|block| block.rich.iter().chain(&block.plain)).next();
        let too_many = too_many.or(block.rich.get(1)).or(block.plain.get(1));
        if let Some(leaf) = too_many {
            return Err(id(leaf));
        }
        places = BodyPlaces { text: block.plain.first().map(id), html: block.rich.first().map(id) };
    }
    let known = |leaf: &&Leaf<'_>| {
        let part = Some(id(leaf));
        (part == places.text && leaf.part.mime() == "text/plain") || part == places.html
    };
    match texts.iter().find(|leaf| !known(leaf)).map(id).or_else(|| other_form(payload)) {
        Some(part) => Err(part),
        None => Ok(places),
    }
}

/// A form of the body that only some programs show.
fn other_form(payload: Part<'_>) -> Option<String> {
    let mut found = None;
    payload.walk((), |part, (), _| {
        let is_form = matches!(part.mime().as_str(), "text/x-amp-html" | "text/watch-html");
        if is_form && !part.is_attached() {
            found.get_or_insert_with(|| part.id().to_owned());
        }
        (!part.is_message()).then_some(())
    });
    found
}

/// The text of the part with this id, with `\n` as the only line end.
pub(crate) fn part_text(message: &Value, id: &str) -> Option<String> {
    let mut found = None;
    Part::payload(message).walk((), |part, (), _| {
        if part.id() == id && part.is_leaf() && found.is_none() {
            found = Some(unflowed(part, part.text()));
        }
        Some(())
    });
    found
}

/// The HTML of a message; `None` if it has none. Texts beside it are in it as preformatted text.
pub(crate) fn html_source(message: &Value) -> Option<String> {
    let leaves = body_parts(Part::payload(message));
    let blocks = blocks(&leaves);
    if blocks.iter().all(|block| block.rich.is_empty()) {
        return None;
    }
    let shown =
        blocks.iter().flat_map(|block| if block.rich.is_empty() { &block.plain } else { &block.rich });
    let source = shown.map(|leaf| match leaf.form {
        Form::Html => leaf.part.text(),
        Form::Report => String::new(),
        _ => preformatted(&unflowed(leaf.part, leaf.part.text())),
    });
    Some(source.collect::<Vec<_>>().join("\n"))
}
