//! The tree that a browser builds from HTML (WHATWG HTML, 13.2.6).
//!
//! The nodes live in an arena and refer to each other. They are built by [`sink`] from the tokens that [`tokens`]
//! passes on, and never change after [`Tree::parse`].

mod sink;
mod tokens;

use std::{
    cell::{Cell, OnceCell, Ref, RefCell},
    fmt,
};

use html5ever::{Attribute, LocalName, QualName, tendril::StrTendril};
use selectors::matching::{ElementSelectorFlags, QuirksMode};
use style::{
    Atom,
    data::ElementDataWrapper,
    properties::{ComputedValues, PropertyDeclarationBlock},
    servo_arc::Arc,
    shared_lock::{Locked, SharedRwLock},
    values::AtomIdent,
};
use typed_arena::Arena;

pub(super) type Link<'a> = &'a Node<'a>;
type Place<'a> = Cell<Option<Link<'a>>>;

/// A node. The style engine requires that a reference to it has the size of a pointer.
pub(super) struct Node<'a> {
    parent: Place<'a>,
    previous: Place<'a>,
    next: Place<'a>,
    first: Place<'a>,
    last: Place<'a>,
    level: Cell<u16>,
    pub(super) data: Data<'a>,
}

pub(super) enum Data<'a> {
    Document(Box<Document>),
    /// The content of a `template`, which is never shown.
    Fragment,
    Text(RefCell<StrTendril>),
    Element(Box<Element<'a>>),
    Comment,
}

pub(super) struct Document {
    pub(super) lock: SharedRwLock,
    pub(super) quirks: Cell<QuirksMode>,
    /// Comments with a meaning for neither browsers nor mail clients.
    pub(super) comments: Cell<usize>,
    /// It has a `clipPath`, to which a style may refer.
    pub(super) has_shapes: Cell<bool>,
    /// Elements and texts that were dropped because the document is too large or nested too deeply.
    pub(super) dropped: Cell<usize>,
}

pub(super) struct Element<'a> {
    pub(super) name: QualName,
    pub(super) attributes: RefCell<Vec<Attribute>>,
    template: Option<Link<'a>>,
    annotates_html: bool,
    /// The rest is for the style engine and is set once the tree is complete.
    pub(super) declared: OnceCell<Box<Declared>>,
    pub(super) styles: OnceCell<ElementDataWrapper>,
    /// The styles that animations give it at their end.
    pub(super) animated: OnceCell<Box<[Arc<ComputedValues>]>>,
    pub(super) selector_flags: Cell<ElementSelectorFlags>,
    pub(super) dirty: Cell<bool>,
}

/// What the attributes of an element say about its style. Most elements of a large document have none.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) id: Option<Atom>,
    pub(super) classes: Vec<AtomIdent>,
    /// Those of its `style` attribute.
    pub(super) declarations: Option<Arc<Locked<PropertyDeclarationBlock>>>,
    /// Those that its presentational attributes stand for.
    pub(super) hints: Option<Arc<Locked<PropertyDeclarationBlock>>>,
}

/// A document that was parsed.
pub(super) struct Tree<'a> {
    pub(super) document: Link<'a>,
}

impl<'a> Tree<'a> {
    pub(super) fn parse(arena: &'a Arena<Node<'a>>, html: &str) -> Tree<'a> {
        tokens::parse(arena, html)
    }

    pub(super) fn root(&self) -> Option<Link<'a>> {
        self.document.children().find(|node| node.element().is_some())
    }
}

impl Document {
    fn new() -> Document {
        Document {
            lock: SharedRwLock::new(),
            quirks: Cell::new(QuirksMode::NoQuirks),
            comments: Cell::new(0),
            has_shapes: Cell::new(false),
            dropped: Cell::new(0),
        }
    }
}

impl<'a> Element<'a> {
    pub(super) fn local_name(&self) -> &LocalName {
        &self.name.local
    }

    pub(super) fn id(&self) -> Option<&Atom> {
        self.declared.get()?.id.as_ref()
    }

    pub(super) fn classes(&self) -> &[AtomIdent] {
        self.declared.get().map_or(&[], |declared| &declared.classes)
    }

    pub(super) fn is_html(&self) -> bool {
        self.name.ns == html5ever::ns!(html)
    }

    pub(super) fn is_math(&self) -> bool {
        self.name.ns == html5ever::ns!(mathml)
    }

    /// The computed style; `None` inside an element without a box.
    pub(super) fn style(&self) -> Option<Arc<ComputedValues>> {
        self.styles.get()?.borrow().styles.get_primary().cloned()
    }

    /// The value of an attribute without a namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<Ref<'_, str>> {
        let attributes = self.attributes.borrow();
        let find = |attribute: &Attribute| attribute.name.ns.is_empty() && *attribute.name.local == *name;
        let at = attributes.iter().position(find)?;
        Some(Ref::map(attributes, |attributes| &*attributes[at].value))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }
}

impl<'a> Node<'a> {
    fn new(data: Data<'a>) -> Node<'a> {
        Node {
            parent: Cell::default(),
            previous: Cell::default(),
            next: Cell::default(),
            first: Cell::default(),
            last: Cell::default(),
            level: Cell::default(),
            data,
        }
    }

    pub(super) fn parent(&self) -> Option<Link<'a>> {
        self.parent.get()
    }

    pub(super) fn previous(&self) -> Option<Link<'a>> {
        self.previous.get()
    }

    pub(super) fn next(&self) -> Option<Link<'a>> {
        self.next.get()
    }

    pub(super) fn first(&self) -> Option<Link<'a>> {
        self.first.get()
    }

    pub(super) fn last(&self) -> Option<Link<'a>> {
        self.last.get()
    }

    /// How deep it is in the tree.
    pub(super) fn level(&self) -> u16 {
        self.level.get()
    }

    pub(super) fn children(&self) -> impl Iterator<Item = Link<'a>> + use<'a> {
        std::iter::successors(self.first(), |node| node.next())
    }

    /// The node and all nodes below it, in the order of the document.
    pub(super) fn descendants(&'a self) -> impl Iterator<Item = Link<'a>> + use<'a> {
        let mut next = Some(self);
        std::iter::from_fn(move || {
            let node = next?;
            next = node.first().or_else(|| {
                let mut up = Some(node);
                loop {
                    let at = up.filter(|at| !std::ptr::eq(*at, self))?;
                    if at.next().is_some() {
                        return at.next();
                    }
                    up = at.parent();
                }
            });
            Some(node)
        })
    }

    pub(super) fn element(&self) -> Option<&Element<'a>> {
        if let Data::Element(element) = &self.data { Some(element) } else { None }
    }

    /// The computed style of the element; `None` for another node.
    pub(super) fn style(&self) -> Option<Arc<ComputedValues>> {
        self.element()?.style()
    }

    /// The element, if it is an HTML element of this name.
    pub(super) fn html(&self, name: &str) -> Option<&Element<'a>> {
        self.element().filter(|element| element.is_html() && **element.local_name() == *name)
    }

    /// The text of the text nodes directly inside this one.
    pub(super) fn own_text(&self) -> String {
        let mut text = String::new();
        for child in self.children() {
            if let Data::Text(part) = &child.data {
                text.push_str(&part.borrow());
            }
        }
        text
    }

    fn append(&'a self, child: Link<'a>) {
        child.detach();
        child.parent.set(Some(self));
        child.previous.set(self.last());
        match self.last() {
            Some(last) => last.next.set(Some(child)),
            None => self.first.set(Some(child)),
        }
        self.last.set(Some(child));
    }

    fn insert_before(&'a self, child: Link<'a>) {
        child.detach();
        child.parent.set(self.parent());
        child.previous.set(self.previous());
        child.next.set(Some(self));
        match self.previous() {
            Some(previous) => previous.next.set(Some(child)),
            None => self.parent().into_iter().for_each(|parent| parent.first.set(Some(child))),
        }
        self.previous.set(Some(child));
    }

    fn detach(&self) {
        let (previous, next) = (self.previous.take(), self.next.take());
        let Some(parent) = self.parent.take() else { return };
        match previous {
            Some(previous) => previous.next.set(next),
            None => parent.first.set(next),
        }
        match next {
            Some(next) => next.previous.set(previous),
            None => parent.last.set(previous),
        }
    }
}

/// The style engine requires it, and prints it in assertions.
impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Data::Element(element) => write!(f, "<{}>", element.local_name()),
            Data::Document(_) | Data::Fragment => f.write_str("document"),
            Data::Text(_) => f.write_str("text"),
            Data::Comment => f.write_str("comment"),
        }
    }
}
