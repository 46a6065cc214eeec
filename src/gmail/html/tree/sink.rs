//! Builds the tree as html5ever's tree builder says.

use std::{
    borrow::Cow,
    cell::{Cell, OnceCell, RefCell},
};

use html5ever::{
    Attribute, LocalName, Namespace, QualName,
    interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink},
    tendril::StrTendril,
};
use selectors::matching::{self, ElementSelectorFlags};
use typed_arena::Arena;

use super::{Data, Document, Element, Link, Node, Tree};

/// How many nodes a document may have. The rest of a larger one is dropped and counted.
const MAX_NODES: usize = 60_000;

pub(super) struct Sink<'a> {
    arena: &'a Arena<Node<'a>>,
    document: Link<'a>,
    /// How deeply the element is nested that receives the next text.
    level: Cell<u16>,
    nodes: Cell<usize>,
    /// Receives everything that does not belong to the tree.
    limbo: Link<'a>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(arena: &'a Arena<Node<'a>>) -> Sink<'a> {
        let document = arena.alloc(Node::new(Data::Document(Box::new(Document::new()))));
        let limbo = arena.alloc(Node::new(Data::Fragment));
        Sink { arena, document, level: Cell::new(0), nodes: Cell::new(0), limbo }
    }

    pub(super) fn level(&self) -> u16 {
        self.level.get()
    }

    pub(super) fn is_full(&self) -> bool {
        self.nodes.get() >= MAX_NODES
    }

    /// Counts something that is dropped because of a limit.
    pub(super) fn drop_one(&self) {
        if let Data::Document(document) = &self.document.data {
            document.dropped.update(|count| count + 1);
        }
    }

    pub(super) fn count_comment(&self) {
        if let Data::Document(document) = &self.document.data {
            document.comments.update(|count| count + 1);
        }
    }

    fn node(&self, data: Data<'a>) -> Link<'a> {
        self.nodes.update(|count| count + 1);
        self.arena.alloc(Node::new(data))
    }

    /// Puts a node into a parent, and notes how deep it is.
    fn enter(&self, parent: Link<'a>, child: Link<'a>, insert: impl FnOnce()) {
        child.level.set(parent.level.get().saturating_add(1));
        if child.element().is_some_and(|element| !is_void(element.local_name())) {
            self.level.set(child.level.get());
        }
        insert();
    }

    /// Text that follows text becomes one node with it.
    fn text(&self, before: Option<Link<'a>>, text: StrTendril) -> Option<Link<'a>> {
        if let Some(Data::Text(written)) = before.map(|node| &node.data) {
            written.borrow_mut().push_tendril(&text);
            return None;
        }
        Some(self.node(Data::Text(RefCell::new(text))))
    }
}

impl<'a> TreeSink for Sink<'a> {
    type Handle = Link<'a>;
    type Output = Tree<'a>;
    type ElemName<'n>
        = Name<'n>
    where
        Self: 'n;

    fn finish(self) -> Tree<'a> {
        Tree { document: self.document }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Link<'a> {
        self.document
    }

    fn elem_name<'n>(&'n self, target: &'n Link<'a>) -> Name<'n> {
        static NOTHING: QualName =
            QualName { prefix: None, ns: html5ever::ns!(), local: html5ever::local_name!("") };
        Name(target.element().map_or(&NOTHING, |element| &element.name))
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Link<'a> {
        if let Data::Document(document) = &self.document.data
            && &*name.local == "clipPath"
        {
            document.has_shapes.set(true);
        }
        self.node(Data::Element(Box::new(Element {
            name,
            attributes: RefCell::new(attributes),
            template: flags.template.then(|| self.node(Data::Fragment)),
            annotates_html: flags.mathml_annotation_xml_integration_point,
            declared: OnceCell::new(),
            styles: OnceCell::new(),
            animated: OnceCell::new(),
            selector_flags: Cell::new(ElementSelectorFlags::empty()),
            dirty: Cell::new(false),
        })))
    }

    fn create_comment(&self, _: StrTendril) -> Link<'a> {
        self.node(Data::Comment)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Link<'a> {
        self.node(Data::Comment)
    }

    fn append(&self, parent: &Link<'a>, child: NodeOrText<Link<'a>>) {
        let child = match child {
            NodeOrText::AppendNode(node) => Some(node),
            NodeOrText::AppendText(text) => self.text(parent.last(), text),
        };
        child.into_iter().for_each(|child| self.enter(parent, child, || parent.append(child)));
    }

    fn append_based_on_parent_node(
        &self,
        element: &Link<'a>,
        previous: &Link<'a>,
        child: NodeOrText<Link<'a>>,
    ) {
        if element.parent().is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn pop(&self, node: &Link<'a>) {
        self.level.set(node.level.get().saturating_sub(1));
    }

    fn get_template_contents(&self, target: &Link<'a>) -> Link<'a> {
        target.element().and_then(|element| element.template).unwrap_or(self.limbo)
    }

    fn same_node(&self, x: &Link<'a>, y: &Link<'a>) -> bool {
        std::ptr::eq(*x, *y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        let Data::Document(document) = &self.document.data else { return };
        document.quirks.set(match mode {
            QuirksMode::Quirks => matching::QuirksMode::Quirks,
            QuirksMode::LimitedQuirks => matching::QuirksMode::LimitedQuirks,
            QuirksMode::NoQuirks => matching::QuirksMode::NoQuirks,
        });
    }

    fn append_before_sibling(&self, sibling: &Link<'a>, child: NodeOrText<Link<'a>>) {
        let child = match child {
            NodeOrText::AppendNode(node) => Some(node),
            NodeOrText::AppendText(text) => self.text(sibling.previous(), text),
        };
        let parent = sibling.parent().unwrap_or(self.limbo);
        child.into_iter().for_each(|child| self.enter(parent, child, || sibling.insert_before(child)));
    }

    fn add_attrs_if_missing(&self, target: &Link<'a>, attributes: Vec<Attribute>) {
        let Some(element) = target.element() else { return };
        let mut existing = element.attributes.borrow_mut();
        for attribute in attributes {
            if existing.iter().all(|other| other.name != attribute.name) {
                existing.push(attribute);
            }
        }
    }

    fn remove_from_parent(&self, target: &Link<'a>) {
        target.detach();
    }

    fn reparent_children(&self, node: &Link<'a>, new_parent: &Link<'a>) {
        while let Some(child) = node.first() {
            new_parent.append(child);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, node: &Link<'a>) -> bool {
        node.element().is_some_and(|element| element.annotates_html)
    }

    fn allow_declarative_shadow_roots(&self, _: &Link<'a>) -> bool {
        false
    }
}

/// The name of an element, or an empty name for another node.
#[derive(Debug)]
pub(super) struct Name<'n>(&'n QualName);

impl ElemName for Name<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

/// Whether elements of this name have no end tag, so that they are never open (WHATWG HTML, 13.1.2).
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}
