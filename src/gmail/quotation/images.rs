//! The images that HTML shows by their content id (RFC 2392).

use percent_encoding::percent_decode_str;

use crate::gmail::{
    enclosure::{Enclosure, content_id},
    mime::{Part, Tree},
    source::Source,
};

/// How many images are sent with a quotation.
const MOST: usize = 200;

/// The content ids to which HTML refers, without `<>`.
pub(crate) fn shown_ids(html: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for (start, end) in references(html) {
        let id = decoded(&html[start..end]);
        if !ids.contains(&id) && ids.len() < MOST {
            ids.push(id);
        }
    }
    ids
}

fn decoded(id: &str) -> String {
    percent_decode_str(&id.replace("&amp;", "&")).decode_utf8_lossy().into_owned()
}

/// Where the ids are.
fn references(html: &str) -> Vec<(usize, usize)> {
    let lower = html.to_ascii_lowercase();
    let starts = lower.match_indices("cid:").filter(|(at, _)| {
        html[..*at]
            .chars()
            .next_back()
            .is_none_or(|before| matches!(before, '"' | '\'' | '=' | '(' | ' ' | ';'))
    });
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | '\\');
    let found = starts.map(|(at, mark)| {
        let start = at + mark.len();
        (start, start + html[start..].find(is_end).unwrap_or(html.len() - start))
    });
    found.filter(|(start, end)| start < end).collect()
}

/// An image that HTML shows.
pub(super) struct Image {
    /// The id of its part in the message.
    pub(super) part: String,
    /// Its content id in the message.
    old_id: String,
    pub(super) enclosure: Enclosure,
}

/// The HTML with ids that are not taken, and the images that it shows.
pub(super) fn with_images(html: &str, source: &Source, taken: &[String]) -> (String, Vec<Image>) {
    let tree = Tree::parse(source.bytes());
    let outer: Vec<Part<'_>> = tree.outer_parts().collect();
    let images: Vec<Image> =
        shown_ids(html).into_iter().filter_map(|id| image(source, &outer, id, taken)).collect();
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    for (start, end) in references(html) {
        let id = decoded(&html[start..end]);
        let shown = images.iter().find(|image| image.old_id == id);
        if let Some(new) =
            shown.and_then(|image| image.enclosure.content_id.as_ref()).filter(|new| **new != id)
        {
            out.push_str(&html[at..start]);
            out.push_str(new);
            at = end;
        }
    }
    out.push_str(&html[at..]);
    (out, images)
}

fn image(source: &Source, parts: &[Part<'_>], old_id: String, taken: &[String]) -> Option<Image> {
    let is_named =
        |part: &&Part<'_>| part.children().len() == 0 && content_id(**part).as_ref() == Some(&old_id);
    let part = parts.iter().find(is_named)?;
    let enclosure = Enclosure::shown(source, *part, &free_id(&old_id, taken));
    Some(Image { part: part.id().to_owned(), old_id, enclosure })
}

fn free_id(id: &str, taken: &[String]) -> String {
    let mut numbered = (1..).map(|number| format!("{number}.{id}"));
    match taken.iter().any(|known| known == id) {
        false => id.to_owned(),
        true => numbered.find(|new| !taken.contains(new)).unwrap_or_default(),
    }
}
