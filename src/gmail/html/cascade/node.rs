//! Shows the tree to the style engine, through the traits that it requires.
//!
//! The engine marks some of their methods `unsafe` because it may call them from several threads; here it has one.
#![allow(unsafe_code, reason = "the traits have unsafe methods; no implementation has an unsafe block")]

use std::{
    hash::{Hash, Hasher},
    ptr::NonNull,
};

use app_units::Au;
use html5ever::{LocalName, Namespace, local_name, ns};
use selectors::{
    OpaqueElement,
    attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint},
    bloom::{BLOOM_HASH_MASK, BloomFilter},
    matching::{ElementSelectorFlags, MatchingContext, QuirksMode, VisitedHandlingMode},
    sink::Push,
};
use style::{
    Atom, CaseSensitivityExt,
    applicable_declarations::ApplicableDeclarationBlock,
    bloom::each_relevant_element_hash,
    context::SharedStyleContext,
    data::{ElementDataMut, ElementDataRef, ElementDataWrapper},
    dom::{LayoutIterator, NodeInfo, OpaqueNode, TDocument, TElement, TNode, TShadowRoot},
    properties::PropertyDeclarationBlock,
    rule_tree::{CascadeLevel, CascadeOrigin},
    selector_parser::{AttrValue, Lang, NonTSPseudoClass, PseudoElement, SelectorImpl},
    servo_arc::{Arc, ArcBorrow},
    shared_lock::{Locked, SharedRwLock},
    stylesheets::layer_rule::LayerOrder,
    stylist::CascadeData,
    values::{AtomIdent, AtomString, specified::Display},
};
use stylo_dom::ElementState;

use super::super::tree::{Data, Element, Link, Node};
use super::states;

impl NodeInfo for &Node<'_> {
    fn is_element(&self) -> bool {
        self.element().is_some()
    }

    fn is_text_node(&self) -> bool {
        matches!(self.data, Data::Text(_))
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Node<'_> {}

impl Hash for Node<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self, state);
    }
}

impl<'a> TDocument for Link<'a> {
    type ConcreteNode = Link<'a>;

    fn as_node(&self) -> Link<'a> {
        self
    }

    fn is_html_document(&self) -> bool {
        true
    }

    fn quirks_mode(&self) -> QuirksMode {
        if let Data::Document(document) = &self.data { document.quirks.get() } else { QuirksMode::NoQuirks }
    }

    fn shared_lock(&self) -> &SharedRwLock {
        match &self.data {
            Data::Document(document) => &document.lock,
            _ => unreachable!("only the document is a document"),
        }
    }
}

/// There are none.
impl<'a> TShadowRoot for Link<'a> {
    type ConcreteNode = Link<'a>;

    fn as_node(&self) -> Link<'a> {
        self
    }

    fn host(&self) -> Link<'a> {
        self
    }

    fn style_data<'b>(&self) -> Option<&'b CascadeData>
    where
        Self: 'b,
    {
        None
    }
}

impl<'a> TNode for Link<'a> {
    type ConcreteElement = Link<'a>;
    type ConcreteDocument = Link<'a>;
    type ConcreteShadowRoot = Link<'a>;

    fn parent_node(&self) -> Option<Link<'a>> {
        self.parent()
    }

    fn first_child(&self) -> Option<Link<'a>> {
        self.first()
    }

    fn last_child(&self) -> Option<Link<'a>> {
        self.last()
    }

    fn prev_sibling(&self) -> Option<Link<'a>> {
        self.previous()
    }

    fn next_sibling(&self) -> Option<Link<'a>> {
        self.next()
    }

    fn owner_doc(&self) -> Link<'a> {
        std::iter::successors(Some(*self), |node| node.parent()).last().unwrap_or(self)
    }

    fn is_in_document(&self) -> bool {
        true
    }

    fn traversal_parent(&self) -> Option<Link<'a>> {
        self.parent().and_then(|parent| parent.as_element())
    }

    fn opaque(&self) -> OpaqueNode {
        OpaqueNode(address(self).as_ptr() as usize)
    }

    fn debug_id(self) -> usize {
        address(self).as_ptr() as usize
    }

    fn as_element(&self) -> Option<Link<'a>> {
        self.element().is_some().then_some(self)
    }

    fn as_document(&self) -> Option<Link<'a>> {
        matches!(self.data, Data::Document(_)).then_some(self)
    }

    fn as_shadow_root(&self) -> Option<Link<'a>> {
        None
    }
}

/// Identifies a node.
fn address(node: &Node<'_>) -> NonNull<()> {
    NonNull::from(node).cast()
}

/// The element behind a node that the engine treats as one.
fn element<'n, 'a>(node: &'n Node<'a>) -> &'n Element<'a> {
    match &node.data {
        Data::Element(element) => element,
        _ => unreachable!("the engine asks `as_element` first"),
    }
}

impl<'a> selectors::Element for Link<'a> {
    type Impl = SelectorImpl;

    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::from_ptr(address(self))
    }

    fn parent_element(&self) -> Option<Link<'a>> {
        TNode::traversal_parent(self)
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Link<'a>> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Link<'a>> {
        std::iter::successors(self.previous(), |node| node.previous()).find(|node| node.is_element())
    }

    fn next_sibling_element(&self) -> Option<Link<'a>> {
        std::iter::successors(self.next(), |node| node.next()).find(|node| node.is_element())
    }

    fn first_element_child(&self) -> Option<Link<'a>> {
        self.children().find(|node| node.is_element())
    }

    fn is_html_element_in_html_document(&self) -> bool {
        element(self).is_html()
    }

    fn has_local_name(&self, name: &LocalName) -> bool {
        element(self).name.local == *name
    }

    fn has_namespace(&self, namespace: &Namespace) -> bool {
        element(self).name.ns == *namespace
    }

    fn is_same_type(&self, other: &Self) -> bool {
        element(self).name == element(other).name
    }

    fn attr_matches(
        &self,
        namespace: &NamespaceConstraint<&style::Namespace>,
        name: &style::LocalName,
        operation: &AttrSelectorOperation<&AtomString>,
    ) -> bool {
        element(self).attributes.borrow().iter().any(|attribute| {
            let in_namespace = match namespace {
                NamespaceConstraint::Any => true,
                NamespaceConstraint::Specific(namespace) => attribute.name.ns == namespace.0,
            };
            in_namespace && attribute.name.local == name.0 && operation.eval_str(&attribute.value)
        })
    }

    fn match_non_ts_pseudo_class(
        &self,
        class: &NonTSPseudoClass,
        _: &mut MatchingContext<'_, SelectorImpl>,
    ) -> bool {
        states::matches(self, element(self), class)
    }

    fn match_pseudo_element(&self, _: &PseudoElement, _: &mut MatchingContext<'_, SelectorImpl>) -> bool {
        false
    }

    fn apply_selector_flags(&self, flags: ElementSelectorFlags) {
        let add = |node: &Node<'_>, flags| element(node).selector_flags.update(|set| set | flags);
        add(self, flags.for_self());
        if let Some(parent) = selectors::Element::parent_element(self) {
            add(parent, flags.for_parent());
        }
    }

    fn is_link(&self) -> bool {
        states::is_link(element(self))
    }

    fn is_html_slot_element(&self) -> bool {
        false
    }

    fn has_id(&self, id: &AtomIdent, case: CaseSensitivity) -> bool {
        element(self).id().is_some_and(|own| case.eq_atom(own, id))
    }

    fn has_class(&self, name: &AtomIdent, case: CaseSensitivity) -> bool {
        element(self).classes().iter().any(|class| case.eq_atom(class, name))
    }

    fn has_custom_state(&self, _: &AtomIdent) -> bool {
        false
    }

    fn imported_part(&self, _: &AtomIdent) -> Option<AtomIdent> {
        None
    }

    fn is_part(&self, _: &AtomIdent) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        self.children().all(|child| match &child.data {
            Data::Text(text) => text.borrow().is_empty(),
            Data::Comment => true,
            _ => false,
        })
    }

    fn is_root(&self) -> bool {
        self.parent().is_some_and(|parent| matches!(parent.data, Data::Document(_)))
    }

    fn add_element_unique_hashes(&self, filter: &mut BloomFilter) -> bool {
        each_relevant_element_hash(*self, |hash| filter.insert_hash(hash & BLOOM_HASH_MASK));
        true
    }
}

impl<'a> TElement for Link<'a> {
    type ConcreteNode = Link<'a>;
    type TraversalChildrenIterator = Children<'a>;

    fn as_node(&self) -> Link<'a> {
        self
    }

    fn traversal_children(&self) -> LayoutIterator<Children<'a>> {
        LayoutIterator(Children(self.first()))
    }

    fn is_html_element(&self) -> bool {
        element(self).is_html()
    }

    fn is_mathml_element(&self) -> bool {
        element(self).name.ns == ns!(mathml)
    }

    fn is_svg_element(&self) -> bool {
        element(self).name.ns == ns!(svg)
    }

    fn style_attribute(&self) -> Option<ArcBorrow<'_, Locked<PropertyDeclarationBlock>>> {
        element(self).declared.get()?.declarations.as_ref().map(Arc::borrow_arc)
    }

    fn animation_rule(&self, _: &SharedStyleContext<'_>) -> Option<Arc<Locked<PropertyDeclarationBlock>>> {
        None
    }

    fn transition_rule(&self, _: &SharedStyleContext<'_>) -> Option<Arc<Locked<PropertyDeclarationBlock>>> {
        None
    }

    fn state(&self) -> ElementState {
        ElementState::empty()
    }

    fn has_part_attr(&self) -> bool {
        false
    }

    fn exports_any_part(&self) -> bool {
        false
    }

    fn id(&self) -> Option<&Atom> {
        element(self).id()
    }

    fn each_class<F: FnMut(&AtomIdent)>(&self, callback: F) {
        element(self).classes().iter().for_each(callback);
    }

    fn each_custom_state<F: FnMut(&AtomIdent)>(&self, _: F) {}

    fn each_attr_name<F: FnMut(&style::LocalName)>(&self, mut callback: F) {
        for attribute in element(self).attributes.borrow().iter() {
            callback(style::LocalName::cast(&attribute.name.local));
        }
    }

    fn has_dirty_descendants(&self) -> bool {
        element(self).dirty.get()
    }

    fn has_snapshot(&self) -> bool {
        false
    }

    fn handled_snapshot(&self) -> bool {
        true
    }

    unsafe fn set_handled_snapshot(&self) {}

    unsafe fn set_dirty_descendants(&self) {
        element(self).dirty.set(true);
    }

    unsafe fn unset_dirty_descendants(&self) {
        element(self).dirty.set(false);
    }

    fn store_children_to_process(&self, _: isize) {}

    fn did_process_child(&self) -> isize {
        0
    }

    unsafe fn ensure_data(&self) -> ElementDataMut<'_> {
        styles(self)
    }

    unsafe fn clear_data(&self) {}

    fn has_data(&self) -> bool {
        element(self).styles.get().is_some()
    }

    fn borrow_data(&self) -> Option<ElementDataRef<'_>> {
        element(self).styles.get().map(ElementDataWrapper::borrow)
    }

    fn mutate_data(&self) -> Option<ElementDataMut<'_>> {
        element(self).styles.get().map(ElementDataWrapper::borrow_mut)
    }

    fn skip_item_display_fixup(&self) -> bool {
        false
    }

    fn may_have_animations(&self) -> bool {
        false
    }

    fn set_may_have_animations(&self) {}

    fn has_animations(&self, _: &SharedStyleContext<'_>) -> bool {
        false
    }

    fn has_css_animations(&self, _: &SharedStyleContext<'_>, _: Option<PseudoElement>) -> bool {
        false
    }

    fn has_css_transitions(&self, _: &SharedStyleContext<'_>, _: Option<PseudoElement>) -> bool {
        false
    }

    fn shadow_root(&self) -> Option<Link<'a>> {
        None
    }

    fn containing_shadow(&self) -> Option<Link<'a>> {
        None
    }

    fn lang_attr(&self) -> Option<AttrValue> {
        element(self).attribute("lang").map(|lang| AttrValue::from(&*lang))
    }

    fn match_element_lang(&self, lang: Option<Option<AttrValue>>, wanted: &Lang) -> bool {
        states::speaks(self, lang, wanted)
    }

    fn is_html_document_body_element(&self) -> bool {
        element(self).name.local == local_name!("body")
            && selectors::Element::parent_element(self)
                .is_some_and(|parent| selectors::Element::is_root(&parent))
    }

    fn synthesize_presentational_hints_for_legacy_attributes<V>(&self, _: VisitedHandlingMode, hints: &mut V)
    where
        V: Push<ApplicableDeclarationBlock>,
    {
        if let Some(declarations) = element(self).declared.get().and_then(|declared| declared.hints.as_ref())
        {
            let level = CascadeLevel::new(CascadeOrigin::PresHints);
            hints.push(ApplicableDeclarationBlock::from_declarations(
                declarations.clone(),
                level,
                LayerOrder::root(),
            ));
        }
    }

    fn local_name(&self) -> &LocalName {
        &element(self).name.local
    }

    fn namespace(&self) -> &Namespace {
        &element(self).name.ns
    }

    fn query_container_size(&self, _: &Display) -> euclid::default::Size2D<Option<Au>> {
        // Container queries become media queries before the engine reads them.
        euclid::default::Size2D::new(None, None)
    }

    fn has_selector_flags(&self, flags: ElementSelectorFlags) -> bool {
        element(self).selector_flags.get().contains(flags)
    }

    fn relative_selector_search_direction(&self) -> ElementSelectorFlags {
        element(self).selector_flags.get()
            & ElementSelectorFlags::RELATIVE_SELECTOR_SEARCH_DIRECTION_ANCESTOR_SIBLING
    }

    fn get_attr(&self, name: &style::LocalName, namespace: &style::Namespace) -> Option<String> {
        let attributes = element(self).attributes.borrow();
        let is_it = |name_: &html5ever::QualName| name_.local == name.0 && name_.ns == namespace.0;
        attributes
            .iter()
            .find(|attribute| is_it(&attribute.name))
            .map(|attribute| attribute.value.to_string())
    }
}

/// The styles of an element, empty at first.
pub(super) fn styles<'n>(node: &'n Node<'_>) -> ElementDataMut<'n> {
    element(node).styles.get_or_init(ElementDataWrapper::default).borrow_mut()
}

pub(in super::super) struct Children<'a>(Option<Link<'a>>);

impl<'a> Iterator for Children<'a> {
    type Item = Link<'a>;

    fn next(&mut self) -> Option<Link<'a>> {
        let node = self.0?;
        self.0 = node.next();
        Some(node)
    }
}
