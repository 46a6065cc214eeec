//! Replaces the files of a message. What its HTML shows stays, and so do invitations.

use std::collections::HashSet;

use super::{SEALED, bodies::set_entity, cuts::Cuts, in_the_way, is_sealed, resource};
use crate::{
    gmail::{
        enclosure::{Enclosure, content_id},
        mime::{Part, Tree},
        quotation::shown_ids,
        read::{self, html_source},
        write::{Entity, Layout, Piece},
    },
    problem::Result,
};

/// The message without its files.
pub(super) fn without_files(raw: &[u8]) -> Result<Vec<u8>> {
    let tree = Tree::parse(raw);
    let root = tree.root();
    let mut gone = files(&tree)?;
    // A group without parts is no group.
    let groups = tree.parts().filter(|part| part.children().len() > 0 && !part.is_message());
    for group in groups.collect::<Vec<_>>().into_iter().rev() {
        if group.children().all(|child| gone.contains(child.id())) {
            gone.insert(group.id());
        }
    }
    let mut cuts = Cuts::new(raw);
    if gone.contains(root.id()) {
        set_entity(&mut cuts, root, Entity::text("text/plain", ""));
        return cuts.bytes();
    }
    for part in tree.parts().filter(|part| gone.contains(part.id())) {
        cuts.write(part.range_with_delimiter(), Vec::new());
    }
    cuts.bytes()
}

/// The ids of the parts to be replaced.
fn files<'t>(tree: &'t Tree<'_>) -> Result<HashSet<&'t str>> {
    if is_sealed(tree.root().mime()) {
        return Err(in_the_way(tree, "", SEALED));
    }
    let resource = resource(tree);
    let shown = html_source(&resource).map(|html| shown_ids(&html)).unwrap_or_default();
    let body: HashSet<String> = read::body_ids(&resource).into_iter().collect();
    let is_kept =
        |part: &Part<'_>| body.contains(part.id()) || content_id(*part).is_some_and(|id| shown.contains(&id));
    let mut files = HashSet::new();
    let ids = read::file_ids(&resource);
    for part in ids.iter().filter_map(|(id, _)| tree.part(id)).filter(|part| !is_kept(part)) {
        let mut above = std::iter::successors(part.parent(), |part| part.parent());
        if let Some(sealed) = above.find(|part| is_sealed(part.mime())) {
            return Err(in_the_way(tree, sealed.id(), SEALED));
        }
        files.insert(part.id());
    }
    Ok(files)
}

/// The message with these files after its other parts.
pub(super) fn with_files<'a>(raw: &'a [u8], files: &[&'a Enclosure]) -> Result<Layout<'a>> {
    let tree = Tree::parse(raw);
    let root = tree.root();
    let mut cuts = Cuts::new(raw);
    match (root.children().last(), root.boundary()) {
        (Some(last), Some(boundary)) if root.mime() == "multipart/mixed" => {
            let mut pieces = Vec::new();
            for file in files {
                pieces.push(Piece::Text(format!("\r\n--{boundary}\r\n").into_bytes()));
                Entity::File(file).write_to(&mut pieces);
            }
            let end = last.range().end;
            cuts.replace(end..end, pieces);
        }
        _ => {
            let content = Entity::Whole(content(root));
            let parts = std::iter::once(content).chain(files.iter().map(|file| Entity::File(file)));
            set_entity(&mut cuts, root, Entity::Group("multipart/mixed", parts.collect()));
        }
    }
    Layout::of(cuts.pieces())
}

/// The content of a message as a part of another one.
pub(super) fn content(root: Part<'_>) -> Vec<u8> {
    let mut part = Vec::new();
    let source = root.source();
    for field in root.fields() {
        if source[field.name.clone()].get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"content-")) {
            part.extend_from_slice(&source[field.whole.clone()]);
        }
    }
    part.extend_from_slice(&source[root.head().end..root.body_range().end]);
    part
}
