//! The elements that are open at one point of the document, and which of them an end tag closes.
//!
//! It follows the tree construction rules of WHATWG HTML (13.2.6) as far as they decide which text is inside which
//! element, since the reader's mail client follows them too. Positions are indexed by tag, so no tag has to
//! search the stack.

use std::collections::HashMap;

use super::{
    sheet::Name,
    style::{Hiding, Look, Style},
};

/// The effect of an element on the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `span` and every unknown element.
    Inline,
    /// Inline, but continued in the next block if it is not closed, such as `b` and `font`.
    Formatting,
    Link,
    Block,
    Paragraph {
        /// It has no margin, so no blank line is added.
        tight: bool,
    },
    Heading(usize),
    List {
        ordered: bool,
    },
    Item,
    Quote,
    Preformatted,
    Table,
    /// `tbody` and similar elements.
    RowGroup,
    Row,
    Cell {
        heads: bool,
    },
    Caption,
    /// `html` and `body`.
    Root,
    /// Never rendered: scripts, styles, fallbacks.
    Dropped,
    Break,
    Rule,
    Image,
    /// Empty elements without an effect on the text.
    Void,
}

impl Role {
    pub(super) fn of(name: &[u8]) -> Role {
        match name {
            b"a" => Role::Link,
            b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small" | b"strike"
            | b"strong" | b"tt" | b"u" => Role::Formatting,
            b"address" | b"article" | b"aside" | b"center" | b"dd" | b"details" | b"dialog" | b"div"
            | b"dl" | b"dt" | b"fieldset" | b"figcaption" | b"figure" | b"footer" | b"form" | b"header"
            | b"hgroup" | b"legend" | b"main" | b"nav" | b"search" | b"section" | b"summary" => Role::Block,
            b"p" => Role::Paragraph { tight: false },
            [b'h', level @ b'1'..=b'6'] => Role::Heading((level - b'0').into()),
            b"ul" | b"menu" | b"dir" => Role::List { ordered: false },
            b"ol" => Role::List { ordered: true },
            b"li" => Role::Item,
            b"blockquote" => Role::Quote,
            b"pre" | b"listing" | b"xmp" | b"plaintext" => Role::Preformatted,
            b"table" => Role::Table,
            b"tbody" | b"thead" | b"tfoot" | b"colgroup" => Role::RowGroup,
            b"tr" => Role::Row,
            b"td" => Role::Cell { heads: false },
            b"th" => Role::Cell { heads: true },
            b"caption" => Role::Caption,
            b"html" | b"body" => Role::Root,
            b"script" | b"style" | b"title" | b"template" | b"iframe" | b"noembed" | b"noframes"
            | b"object" | b"applet" | b"svg" | b"math" | b"audio" | b"video" | b"canvas" | b"select"
            | b"datalist" => Role::Dropped,
            b"br" => Role::Break,
            b"hr" => Role::Rule,
            b"img" | b"image" => Role::Image,
            b"area" | b"base" | b"basefont" | b"bgsound" | b"col" | b"embed" | b"frame" | b"head"
            | b"input" | b"keygen" | b"link" | b"meta" | b"param" | b"source" | b"track" | b"wbr" => {
                Role::Void
            }
            _ => Role::Inline,
        }
    }

    /// Whether the end tag of an inline element cannot close elements outside this one.
    pub(super) fn is_special(self) -> bool {
        !matches!(self, Role::Inline | Role::Formatting | Role::Link | Role::Dropped)
    }

    pub(super) fn is_formatting(self) -> bool {
        matches!(self, Role::Formatting | Role::Link)
    }

    /// Whether an end tag cannot close elements outside this one, except for the end tags of table parts.
    fn is_scope(self) -> bool {
        matches!(self, Role::Table | Role::Cell { .. } | Role::Caption | Role::Dropped)
    }

    /// Whether its start tag closes an open paragraph.
    pub(super) fn ends_paragraph(self) -> bool {
        use Role::*;
        matches!(
            self,
            Block | Paragraph { .. } | Heading(_) | List { .. } | Item | Quote | Preformatted | Table | Rule
        )
    }
}

/// How many names of tags are told apart, and how long they may be.
const MAX_TAGS: usize = 1000;
const MAX_NAME: usize = 64;

/// All headings share one name, since the end tag of a heading closes any heading.
fn key(name: &[u8]) -> &[u8] {
    if matches!(Role::of(name), Role::Heading(_)) { b"h1" } else { name }
}

/// An open element.
pub(super) struct Element {
    pub(super) tag: usize,
    pub(super) role: Role,
    /// For style rules that name ancestors.
    pub(super) names: Vec<Name>,
    pub(super) style: Style,
    pub(super) look: Look,
    /// The outermost element that hides this one.
    pub(super) hidden_by: Option<usize>,
    /// The text removed from it was counted.
    pub(super) counted: bool,
    /// It started something on the page that must be ended with it.
    pub(super) on_page: bool,
}

/// The open elements, outermost first.
#[derive(Default)]
pub(super) struct Stack {
    elements: Vec<Element>,
    tags: HashMap<Vec<u8>, usize>,
    /// The positions of the elements of each tag.
    open: Vec<Vec<usize>>,
    scopes: Vec<usize>,
    specials: Vec<usize>,
    lists: Vec<usize>,
}

impl Stack {
    /// The number of a tag name. After many different names the others share one that no end tag has.
    pub(super) fn tag(&mut self, name: &[u8]) -> usize {
        if let Some(tag) = self.known(name) {
            return tag;
        }
        let name = if self.tags.len() < MAX_TAGS && name.len() <= MAX_NAME { key(name) } else { b"" };
        if let Some(&tag) = self.tags.get(name) {
            return tag;
        }
        self.tags.insert(name.to_owned(), self.open.len());
        self.open.push(Vec::new());
        self.open.len() - 1
    }

    /// The number of a tag name that a start tag had.
    pub(super) fn known(&self, name: &[u8]) -> Option<usize> {
        self.tags.get(key(name)).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    pub(super) fn look(&self) -> Look {
        self.elements.last().map_or(Look::PAPER, |element| element.look)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Element> {
        self.elements.get_mut(at)
    }

    pub(super) fn last(&self) -> Option<&Element> {
        self.elements.last()
    }

    /// The names of the open elements, innermost first.
    pub(super) fn ancestors(&self) -> impl Iterator<Item = &[Name]> + Clone {
        self.elements.iter().rev().map(|element| element.names.as_slice())
    }

    pub(super) fn push(&mut self, element: Element) {
        let at = self.elements.len();
        self.open[element.tag].push(at);
        if element.role.is_scope() {
            self.scopes.push(at);
        }
        if element.role.is_special() {
            self.specials.push(at);
        }
        if matches!(element.role, Role::List { .. }) {
            self.lists.push(at);
        }
        self.elements.push(element);
        self.update_look(at);
    }

    pub(super) fn pop(&mut self) -> Option<Element> {
        let element = self.elements.pop()?;
        let at = self.elements.len();
        for positions in [&mut self.open[element.tag], &mut self.scopes, &mut self.specials, &mut self.lists]
        {
            positions.pop_if(|last| *last == at);
        }
        Some(element)
    }

    /// The innermost open element with this tag.
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        self.open[self.known(name)?].last().copied()
    }

    /// The element that an end tag of this name would close.
    pub(super) fn in_scope(&self, name: &[u8]) -> Option<usize> {
        let role = Role::of(name);
        let barrier = match role {
            Role::Table => None,
            Role::RowGroup | Role::Row | Role::Cell { .. } | Role::Caption => self.find(b"table"),
            Role::Item => self.scopes.last().copied().max(self.lists.last().copied()),
            Role::Inline => self.scopes.last().copied().max(self.specials.last().copied()),
            _ => self.scopes.last().copied(),
        };
        self.find(name).filter(|&at| barrier.is_none_or(|barrier| at >= barrier))
    }

    /// Whether a block was opened inside the element at `at` and is still open.
    pub(super) fn has_block_above(&self, at: usize) -> bool {
        self.specials.last().is_some_and(|&special| special > at)
    }

    /// Whether the current place is inside an element that is never rendered, such as `svg`.
    pub(super) fn in_dropped(&self) -> bool {
        self.scopes.last().is_some_and(|&at| self.elements[at].role == Role::Dropped)
    }

    /// Whether the innermost table has no open cell or caption.
    pub(super) fn between_cells(&self) -> bool {
        let table = self.find(b"table");
        table.is_some() && self.scopes.last().copied() == table
    }

    /// Removes the effect of the element at `at` on the elements inside it, which stay open.
    pub(super) fn neutralise(&mut self, at: usize) {
        let Some(element) = self.elements.get_mut(at) else { return };
        element.style = Style::default();
        element.role = Role::Inline;
        self.open[element.tag].pop_if(|last| *last == at);
        for inner in at..self.elements.len() {
            self.update_look(inner);
        }
    }

    /// Computes the look of an element from its parent's.
    fn update_look(&mut self, at: usize) {
        let (outer, inner) = self.elements.split_at_mut(at);
        let parent = outer.last();
        let Some(element) = inner.first_mut() else { return };
        element.look = parent.map_or(Look::PAPER, |parent| parent.look).with(&element.style);
        element.hidden_by = match parent.and_then(|parent| parent.hidden_by) {
            _ if !element.look.hides_text() => None,
            Some(outer) => Some(outer),
            None => Some(at),
        };
    }
}

impl Element {
    pub(super) fn new(tag: usize, role: Role, names: Vec<Name>, mut style: Style) -> Element {
        if role == Role::Dropped {
            style.apply(super::style::Effect::Hiding(Hiding::NotDrawn, true));
        }
        Element {
            tag,
            role,
            names,
            style,
            look: Look::PAPER,
            hidden_by: None,
            counted: false,
            on_page: false,
        }
    }

    /// A copy of the element, for formatting that continues after the block in which it was opened.
    pub(super) fn continued(&self) -> Element {
        Element::new(self.tag, self.role, self.names.clone(), self.style)
    }
}
