//! Replaces the text and the HTML above the quoted mail. The quoted mail stays.

use serde_json::Value;

use super::{
    Changes, SEALED,
    cuts::Cuts,
    files::content,
    header::{set, with_line_ends_of},
    in_the_way, is_sealed,
    own::{Own, above_history},
    place::{Places, places},
    resource,
};
use crate::{
    gmail::{
        enclosure::{Enclosure, content_id},
        html::to_text,
        mime::{Part, Tree},
        quotation::quotation_page,
        read::{
            self, BodyPlaces, body_places, part_text,
            quotes::{Purpose, history},
        },
        write::{Entity, Piece, rendered},
    },
    problem::Result,
};

/// The line with which an encrypted text begins (RFC 9580).
const ARMOR: &str = "-----BEGIN PGP ";

/// The message with other bodies.
pub(super) fn changed(raw: &[u8], changes: &Changes<'_>, images: &[&Enclosure]) -> Result<Vec<u8>> {
    let tree = Tree::parse(raw);
    let old = Old::of(&tree)?;
    let new = old.revised(&tree, changes)?;
    let mut cuts = Cuts::new(raw);
    drop_replaced(&mut cuts, &tree, images);
    let place = |id: &Option<String>| id.as_deref().and_then(|id| tree.part(id));
    match (place(&old.places.text), place(&old.places.html), new.text, new.html) {
        (Some(text), Some(html), new_text, Some(new_html)) => {
            if let Some(new_text) = new_text {
                set_text(&mut cuts, text, "text/plain", &new_text);
            }
            set_html(&mut cuts, html, &new_html, images);
        }
        (Some(text), None, Some(new_text), None) => set_text(&mut cuts, text, "text/plain", &new_text),
        (None, Some(html), None, Some(new_html)) => set_html(&mut cuts, html, &new_html, images),
        (Some(part), _, text, html) | (None, Some(part), text, html) => {
            set_entity(&mut cuts, part, both(text, html, images));
        }
        (None, None, text, html) => insert(&mut cuts, tree.root(), both(text, html, images)),
    }
    cuts.bytes()
}

/// The bodies of a message.
#[derive(Default)]
pub(super) struct Bodies {
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

struct Old {
    places: BodyPlaces,
    bodies: Bodies,
    purpose: Purpose,
}

impl Old {
    fn of(tree: &Tree<'_>) -> Result<Old> {
        let resource = resource(tree);
        let blocked = |id: &str, why| Err(in_the_way(tree, id, why));
        let places = match body_places(&resource) {
            Ok(places) => places,
            Err(id) => return blocked(&id, "its text is in several parts"),
        };
        for id in [&places.text, &places.html].into_iter().flatten() {
            let part = tree.part(id);
            let above = std::iter::successors(part, |part| part.parent());
            if let Some(sealed) = above.into_iter().find(|part| is_sealed(part.mime())) {
                return blocked(sealed.id(), SEALED);
            }
        }
        let root = tree.root();
        if is_sealed(root.mime()) {
            return blocked("", SEALED);
        }
        let is_other_group = root.mime().starts_with("multipart/") && root.mime() != "multipart/mixed";
        if places == BodyPlaces::default() && is_other_group {
            return blocked("", "it has no text");
        }
        let text = |id: &Option<String>| id.as_deref().and_then(|id| part_text(&resource, id));
        let bodies = Bodies { text: text(&places.text), html: text(&places.html) };
        if let Some(id) = places.text.as_deref()
            && bodies.text.as_deref().is_some_and(|text| text.contains(ARMOR))
        {
            return blocked(id, SEALED);
        }
        Ok(Old { purpose: purpose(&resource), places, bodies })
    }

    /// The new bodies. The text and the HTML say the same: where only one is given, the other follows from it.
    fn revised(&self, tree: &Tree<'_>, changes: &Changes<'_>) -> Result<Bodies> {
        let quotes = self.quotes(tree, changes)?;
        let (old_text, old_html) = (self.bodies.text.as_deref(), self.bodies.html.as_deref());
        let own = self.own(changes);
        let has_html = old_html.is_some() || changes.html.is_some();
        let start = old_html.map(|html| &html[..self.divide(html).content]).unwrap_or_default();
        let html = has_html.then(|| own.html(&quotes, start));
        let is_given = changes.text.is_some() && (old_html.is_none() || changes.html.is_some());
        let wants_text = old_text.is_some() || is_given;
        let text = (wants_text || html.is_none()).then(|| own.text(&quotes));
        Ok(Bodies { text, html })
    }

    /// The quoted mail that stays.
    fn quotes(&self, tree: &Tree<'_>, changes: &Changes<'_>) -> Result<Bodies> {
        if let Some(quote) = changes.quote {
            return Ok(Bodies { text: Some(quote.text.clone()), html: Some(quote.html()) });
        }
        let (text, html) = (self.bodies.text.as_deref(), self.bodies.html.as_deref());
        let in_text = text.and_then(|text| history(text, self.purpose).map(|at| text[at..].to_owned()));
        let in_html = html.and_then(|html| self.divide(html).quote.map(|at| html[at..].to_owned()));
        let Some(html) = html.filter(|_| in_html.is_none()) else {
            let text = in_text.clone().or_else(|| in_html.as_deref().map(|html| to_text(html).text));
            return Ok(Bodies { text, html: in_html.or_else(|| in_text.as_deref().map(quotation_page)) });
        };
        let seen = || history(&to_text(html).text, self.purpose).is_some();
        if in_text.is_some() || seen() {
            let id = self.places.html.as_deref().unwrap_or_default();
            return Err(in_the_way(tree, id, "it is not certain where the quoted mail begins in its HTML"));
        }
        Ok(Bodies::default())
    }

    /// What was given, or else what is there.
    fn own(&self, changes: &Changes<'_>) -> Own {
        let given = |text: Option<&str>| text.map(str::to_owned);
        if changes.text.is_some() || changes.html.is_some() {
            return Own { text: given(changes.text), html: given(changes.html) };
        }
        let text = self.bodies.text.as_deref();
        let html = self.bodies.html.as_deref();
        Own {
            text: text.map(|text| above_history(text, self.purpose)),
            html: html.map(|html| html[..self.divide(html).quote.unwrap_or(html.len())].to_owned()),
        }
    }

    fn divide(&self, html: &str) -> Places {
        places(html, self.purpose == Purpose::Reply)
    }
}

fn purpose(resource: &Value) -> Purpose {
    let header = |name| read::header(resource, name);
    let answers = !header("In-Reply-To").is_empty() || !header("References").is_empty();
    Purpose::of(&header("Subject"), answers)
}

fn both<'e>(text: Option<String>, html: Option<String>, images: &[&'e Enclosure]) -> Entity<'e> {
    let text = text.map(|text| Entity::text("text/plain", &text));
    let html = html.map(|html| with_images(&html, images));
    Entity::group("multipart/alternative", text.into_iter().chain(html).collect())
}

fn with_images<'e>(html: &str, images: &[&'e Enclosure]) -> Entity<'e> {
    let images = images.iter().map(|image| Entity::File(image));
    Entity::group(
        "multipart/related",
        std::iter::once(Entity::text("text/html", html)).chain(images).collect(),
    )
}

/// Leaves out the images whose content ids the new ones have.
fn drop_replaced(cuts: &mut Cuts<'_>, tree: &Tree<'_>, images: &[&Enclosure]) {
    let is_replaced = |part: &Part<'_>| {
        let id = content_id(*part);
        part.parent().is_some_and(|group| group.mime() == "multipart/related")
            && part.children().len() == 0
            && id.is_some()
            && images.iter().any(|image| image.content_id == id)
    };
    for part in tree.outer_parts().filter(is_replaced) {
        cuts.write(part.range_with_delimiter(), Vec::new());
    }
}

fn set_html<'a>(cuts: &mut Cuts<'a>, part: Part<'_>, html: &str, images: &[&'a Enclosure]) {
    match images {
        [] => set_text(cuts, part, "text/html", html),
        images => set_entity(cuts, part, with_images(html, images)),
    }
}

/// Replaces the content of a text, with its charset and its encoding. The other fields of its header stay.
fn set_text(cuts: &mut Cuts<'_>, part: Part<'_>, kind: &'static str, text: &str) {
    let new = with_line_ends_of(part, &rendered(kind, text));
    let new = Tree::parse(&new);
    let new = new.root();
    for name in ["Content-Type", "Content-Transfer-Encoding", "Content-MD5"] {
        let field = new.fields().iter().find(|field| field.is(name, new.source()));
        set(cuts, part, name, field.map_or(&[][..], |field| &new.source()[field.whole.clone()]));
    }
    if part.parent().is_none() && part.header("MIME-Version").is_none() {
        set(cuts, part, "MIME-Version", b"MIME-Version: 1.0\r\n");
    }
    let line_end: &[u8] = if part.body_range().start == part.head().end { b"\r\n" } else { b"" };
    cuts.write(part.body_range(), [line_end, new.body()].concat());
}

/// Puts another part in the place of one. Of the message itself, only the content is replaced.
pub(super) fn set_entity<'a>(cuts: &mut Cuts<'a>, part: Part<'_>, entity: Entity<'a>) {
    let mut pieces = Vec::new();
    entity.write_to(&mut pieces);
    if part.parent().is_some() {
        return cuts.replace(part.range(), pieces);
    }
    let source = part.source();
    for field in part.fields() {
        if source[field.name.clone()].get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"content-")) {
            cuts.write(field.whole.clone(), Vec::new());
        }
    }
    if part.header("MIME-Version").is_none() {
        pieces.insert(0, Piece::Text(b"MIME-Version: 1.0\r\n".to_vec()));
    }
    cuts.replace(part.head().end..part.body_range().end, pieces);
}

/// Puts a part before the others, or before the file that is the whole message.
fn insert<'a>(cuts: &mut Cuts<'a>, root: Part<'_>, entity: Entity<'a>) {
    let first = root.children().next().filter(|_| root.mime() == "multipart/mixed");
    let Some((first, boundary)) = first.zip(root.boundary()) else {
        let is_empty = root.mime() == "multipart/mixed" || root.body().trim_ascii().is_empty();
        let file = (!is_empty).then(|| Entity::Whole(content(root)));
        let parts = std::iter::once(entity).chain(file).collect();
        return set_entity(cuts, root, Entity::group("multipart/mixed", parts));
    };
    let at = first.range().start;
    let mut pieces = Vec::new();
    entity.write_to(&mut pieces);
    pieces.push(Piece::Text(format!("\r\n--{boundary}\r\n").into_bytes()));
    cuts.replace(at..at, pieces);
}
