//! Estimates how long the rules of a document take to match, before they are matched.
//!
//! A browser shows a slow page late. Here a document that would take too long counts as hidden.

use std::collections::HashMap;

use html5ever::LocalName;
use selectors::parser::{Component, Selector};
use style::{
    device::Device,
    selector_parser::SelectorImpl,
    shared_lock::SharedRwLockReadGuard,
    stylesheets::{CssRule, CustomMediaMap, DocumentStyleSheet, StylesheetInDocument},
    values::AtomIdent,
};

use super::super::tree::Link;

/// How many steps matching may take: about a tenth of a second. A newsletter of a megabyte needs a hundredth of them.
const MOST: usize = 15_000_000;

/// How many elements there are of each kind.
#[derive(Default)]
struct Census<'t> {
    elements: usize,
    depth: usize,
    tags: HashMap<&'t LocalName, usize>,
    names: HashMap<&'t AtomIdent, usize>,
}

/// Whether matching the rules of these sheets takes too long.
pub(super) fn is_too_high(
    root: Link<'_>,
    sheets: &[DocumentStyleSheet],
    device: &Device,
    guard: &SharedRwLockReadGuard<'_>,
) -> bool {
    let census = Census::of(root);
    let media = CustomMediaMap::default();
    let mut steps = 0_usize;
    for sheet in sheets {
        for rule in sheet.contents(guard).effective_rules(device, &media, guard) {
            let CssRule::Style(rule) = rule else { continue };
            for selector in rule.read_with(guard).selectors.slice() {
                steps =
                    steps.saturating_add(census.matching(selector).saturating_mul(census.weight(selector)));
            }
        }
    }
    steps > MOST
}

impl<'t> Census<'t> {
    fn of(root: Link<'t>) -> Census<'t> {
        let mut census = Census::default();
        for node in root.descendants() {
            let Some(element) = node.element() else { continue };
            census.elements += 1;
            census.depth = census.depth.max(usize::from(node.level()));
            *census.tags.entry(element.local_name()).or_default() += 1;
            for class in element.classes() {
                *census.names.entry(class).or_default() += 1;
            }
            if let Some(id) = element.id() {
                *census.names.entry(AtomIdent::cast(id)).or_default() += 1;
            }
        }
        census
    }

    /// How many elements the last part of a selector may match.
    fn matching(&self, selector: &Selector<SelectorImpl>) -> usize {
        let counts = selector.iter().filter_map(|component| match component {
            Component::LocalName(name) => Some(self.tags.get(&name.lower_name.0).copied().unwrap_or(0)),
            Component::Class(name) | Component::ID(name) => Some(self.names.get(name).copied().unwrap_or(0)),
            _ => None,
        });
        counts.min().unwrap_or(self.elements)
    }

    /// How many steps it takes to match one element.
    fn weight(&self, selector: &Selector<SelectorImpl>) -> usize {
        let parts = selector.iter_raw_match_order().map(|component| match component {
            Component::Combinator(combinator) if combinator.is_ancestor() => self.depth,
            // A sibling may have as many siblings before it as there are elements.
            Component::Combinator(combinator) if combinator.is_sibling() => 1 + self.elements / 20,
            Component::Is(list) | Component::Where(list) | Component::Negation(list) => {
                list.slice().iter().map(|inner| self.weight(inner)).fold(0, usize::saturating_add)
            }
            Component::Has(list) => self.elements.saturating_mul(list.len()),
            Component::NthOf(list) => {
                list.selectors().iter().map(|inner| self.weight(inner)).fold(8, usize::saturating_add)
            }
            _ => 1,
        });
        parts.fold(1, usize::saturating_add)
    }
}
