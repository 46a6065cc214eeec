//! A message (RFC 5322) as a tree of MIME parts (RFC 2045, RFC 2046) over its bytes.
//!
//! Every header field and every part knows where it begins and ends, so that a part can be taken out or replaced while
//! all other bytes stay as they are. What the parts mean is decided by [`super::read`], over [`Tree::payload`].

mod decode;
mod field;
mod payload;
mod split;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::Range};

pub(crate) use self::field::Field;
pub(super) use self::field::fields;
use self::{
    decode::decoded,
    split::{Piece, split},
};
use super::read::{is_message_type, mime_type, raw_parameter};

/// Parts below this depth are not taken apart.
const DEEPEST: usize = 256;
/// Parts beyond this number are not taken apart.
const MOST_PARTS: usize = 10_000;
/// A large message of many levels is not taken apart completely: every level is read again.
const MOST_LEVELS: usize = 30;
const MOST_READ: usize = 16 << 20;

/// Whether a part with these fields is a file, in base64, which is read nowhere.
pub(super) fn holds_file(source: &[u8], fields: &[Field]) -> bool {
    let text = |name: &str| Some(fields.iter().find(|field| field.is(name, source))?.text(source));
    text("Content-Type").is_some_and(|declared| is_file_type(&mime_type(&declared)))
        && text("Content-Transfer-Encoding")
            .is_some_and(|encoding| encoding.trim().eq_ignore_ascii_case("base64"))
}

/// Whether Gmail returns a part of this type apart from its message.
fn is_file_type(mime: &str) -> bool {
    ["application/", "audio/", "image/", "video/"].iter().any(|kind| mime.starts_with(kind))
}

/// The parts of a message. The first one is the message itself.
pub(crate) struct Tree<'a> {
    /// The message, and the attached messages that were encoded.
    sources: Vec<Cow<'a, [u8]>>,
    nodes: Vec<Node>,
}

struct Node {
    /// As Gmail numbers parts: empty for the message, `1.0` for the first part of its second part.
    id: String,
    /// The index of the bytes that the ranges refer to.
    source: usize,
    fields: Vec<Field>,
    /// See [`split::Piece`].
    delimiter: usize,
    /// The header section, without the empty line below it.
    head: Range<usize>,
    body: Range<usize>,
    mime: String,
    parent: Option<usize>,
    children: Vec<usize>,
    depth: usize,
}

/// A part of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Part<'t> {
    tree: &'t Tree<'t>,
    index: usize,
}

impl<'a> Tree<'a> {
    pub(crate) fn parse(raw: &'a [u8]) -> Tree<'a> {
        let mut tree = Tree { sources: vec![Cow::Borrowed(raw)], nodes: Vec::new() };
        tree.add(Place { source: 0, delimiter: 0, range: 0..raw.len(), parent: None, default: "text/plain" });
        let (mut next, mut read) = (0, 0);
        while let Some(node) = tree.nodes.get(next).filter(|_| read < MOST_READ + MOST_LEVELS * raw.len()) {
            read += node.body.len();
            tree.take_apart(next);
            next += 1;
        }
        tree
    }

    pub(crate) fn root(&self) -> Part<'_> {
        Part { tree: self, index: 0 }
    }

    /// The part with this id, as Gmail numbers parts.
    pub(crate) fn part(&self, id: &str) -> Option<Part<'_>> {
        self.parts().find(|part| part.id() == id)
    }

    /// All parts. A part comes after the one that contains it.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        (0..self.nodes.len()).map(|index| Part { tree: self, index })
    }

    /// The parts that are not within an attached message.
    pub(crate) fn outer_parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.parts().filter(|part| {
            let mut above = std::iter::successors(part.parent(), |part| part.parent());
            !above.any(|part| part.is_message())
        })
    }

    fn add(&mut self, place: Place) {
        let Place { source, delimiter, range, parent, default } = place;
        let bytes = &self.sources[source];
        let (fields, body) = fields(bytes, range.clone());
        let head = range.start..fields.last().map_or(range.start, |field| field.whole.end);
        let declared = fields.iter().find(|field| field.is("Content-Type", bytes));
        let mime = declared.map_or_else(|| default.to_owned(), |field| mime_type(&field.text(bytes)));
        let index = self.nodes.len();
        let (id, depth) = match parent {
            None => (String::new(), 0),
            Some(parent) => {
                let (above, number) = (&self.nodes[parent], self.nodes[parent].children.len());
                let id =
                    if above.id.is_empty() { number.to_string() } else { format!("{}.{number}", above.id) };
                (id, above.depth + 1)
            }
        };
        if let Some(parent) = parent {
            self.nodes[parent].children.push(index);
        }
        let children = Vec::new();
        self.nodes.push(Node { id, source, fields, delimiter, head, body, mime, parent, children, depth });
    }

    fn take_apart(&mut self, index: usize) {
        let part = Part { tree: self, index };
        if part.node().depth >= DEEPEST || self.nodes.len() >= MOST_PARTS {
            return;
        }
        if part.is_message() {
            self.open(index);
        } else if let Some(boundary) = part.boundary() {
            let digest = part.mime() == "multipart/digest";
            let default = if digest { "message/rfc822" } else { "text/plain" };
            let source = part.node().source;
            let body = part.node().body.clone();
            let pieces = split(&self.sources[source], body, boundary.as_bytes());
            let most = MOST_PARTS - self.nodes.len();
            for Piece { delimiter, range } in pieces.into_iter().take(most) {
                self.add(Place { source, delimiter, range, parent: Some(index), default });
            }
        }
    }

    /// Takes an attached message apart.
    fn open(&mut self, index: usize) {
        let part = Part { tree: self, index };
        let (source, range) = match part.decoded() {
            Cow::Borrowed(_) => (part.node().source, part.node().body.clone()),
            Cow::Owned(bytes) => {
                let range = 0..bytes.len();
                self.sources.push(Cow::Owned(bytes));
                (self.sources.len() - 1, range)
            }
        };
        let delimiter = range.start;
        self.add(Place { source, delimiter, range, parent: Some(index), default: "text/plain" });
    }
}

/// Where a part is.
struct Place {
    source: usize,
    delimiter: usize,
    range: Range<usize>,
    parent: Option<usize>,
    /// Its type if it does not say.
    default: &'static str,
}

impl<'t> Part<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.index]
    }

    /// The bytes to which its ranges refer.
    pub(crate) fn source(self) -> &'t [u8] {
        &self.tree.sources[self.node().source]
    }

    pub(crate) fn id(self) -> &'t str {
        &self.node().id
    }

    /// The type in lower case, without parameters.
    pub(crate) fn mime(self) -> &'t str {
        &self.node().mime
    }

    pub(crate) fn parent(self) -> Option<Part<'t>> {
        self.node().parent.map(|index| Part { index, ..self })
    }

    pub(crate) fn children(self) -> impl DoubleEndedIterator<Item = Part<'t>> + ExactSizeIterator {
        self.node().children.iter().map(move |index| Part { index: *index, ..self })
    }

    pub(crate) fn fields(self) -> &'t [Field] {
        &self.node().fields
    }

    /// The first field with this name, unfolded but not decoded.
    pub(crate) fn header(self, name: &str) -> Option<String> {
        let field = self.fields().iter().find(|field| field.is(name, self.source()))?;
        Some(field.text(self.source()))
    }

    /// Whether the part is a message of its own.
    pub(crate) fn is_message(self) -> bool {
        is_message_type(self.mime())
    }

    /// Where the part is, from its first header field to the end of its body.
    pub(crate) fn range(self) -> Range<usize> {
        self.node().head.start..self.node().body.end
    }

    /// Where the part is with the boundary above it.
    pub(crate) fn range_with_delimiter(self) -> Range<usize> {
        self.node().delimiter..self.node().body.end
    }

    /// Where its header fields are, without the empty line below them.
    pub(crate) fn head(self) -> Range<usize> {
        self.node().head.clone()
    }

    pub(crate) fn body_range(self) -> Range<usize> {
        self.node().body.clone()
    }

    /// The body as it was written, in its transfer encoding.
    pub(crate) fn body(self) -> &'t [u8] {
        &self.source()[self.body_range()]
    }

    /// The body without its transfer encoding. Of an attached message, this is the message.
    pub(crate) fn decoded(self) -> Cow<'t, [u8]> {
        if self.mime().starts_with("multipart/") {
            return Cow::Borrowed(self.body());
        }
        decoded(self.body(), &self.header("Content-Transfer-Encoding").unwrap_or_default())
    }

    /// The boundary between the parts of a multipart.
    pub(crate) fn boundary(self) -> Option<String> {
        let declared = self.header("Content-Type").filter(|_| self.mime().starts_with("multipart/"))?;
        let boundary = raw_parameter(&declared, "boundary")?;
        Some(boundary.trim_end().to_owned()).filter(|boundary| !boundary.is_empty())
    }
}
