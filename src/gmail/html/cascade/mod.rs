//! Computes the style of every element, with the style engine of Firefox and Servo.
//!
//! The screen is that of a mail client on a desktop: 800 pixels wide, in colour, light. Nothing is fetched.

mod animation;
mod cost;
mod hints;
mod judge;
mod node;
mod sheets;
mod states;

use std::{collections::HashMap, sync::Once};

use html5ever::tendril::StrTendril;
use selectors::matching::QuirksMode;
use style::{
    Atom,
    context::{
        RegisteredSpeculativePainter, RegisteredSpeculativePainters, SharedStyleContext, StyleContext,
        StyleSystemOptions,
    },
    device::{
        Device,
        servo::{FontMetricsProvider, MediaData},
    },
    font_metrics::FontMetrics,
    media_queries::MediaType,
    properties::{
        ComputedValues, Importance, PropertyDeclaration, PropertyDeclarationBlock, parse_style_attribute,
        style_structs::Font,
    },
    queries::values::PrefersColorScheme,
    selector_parser::SnapshotMap,
    servo::media_features::PointerCapabilities,
    servo_arc::Arc,
    shared_lock::{Locked, SharedRwLock, StylesheetGuards},
    stylesheets::{CssRuleType, UrlExtraData},
    stylist::Stylist,
    thread_state::{self, ThreadState},
    traversal::{DomTraversal, recalc_style_at},
    traversal_flags::TraversalFlags,
    values::{
        AtomIdent,
        computed::{CSSPixelLength, Length, font::GenericFontFamily},
        specified::{Color, color::ColorPropertyValue, font::QueryFontMetricsFlags},
    },
};

pub(super) use judge::{CONTENT_VISIBILITY, UNDECIDED};

use super::tree::{Data, Declared, Element, Link, Tree};

/// The width of the page in CSS pixels.
pub(super) const PAGE: f32 = 800.0;
const SCREEN: f32 = 600.0;

/// Computes the style of every element that is not inside one with `display: none`.
pub(super) fn run(tree: &Tree<'_>) {
    let (Some(root), Data::Document(document)) = (tree.root(), &tree.document.data) else { return };
    enable_properties();
    let quirks = document.quirks.get();
    let is_named = root.descendants().any(|node| node.element().is_some_and(sheets::has_sheet));
    Preparation::new(&document.lock, quirks, is_named).prepare(root);
    let mut stylist = Stylist::new(device(quirks), quirks);
    let guard = document.lock.read();
    let mut sheets = sheets::all(root, &document.lock, quirks);
    if cost::is_too_high(root, &sheets, stylist.device(), &guard) {
        sheets = sheets::hiding(&document.lock);
    }
    for sheet in sheets {
        stylist.append_stylesheet(sheet, &guard);
    }
    let guards = StylesheetGuards { author: &guard, ua_or_user: &guard };
    stylist.flush(&guards);
    let snapshots = SnapshotMap::new();
    thread_state::enter(ThreadState::LAYOUT);
    let recalculation = Recalculation(SharedStyleContext {
        stylist: &stylist,
        visited_styles_enabled: false,
        options: StyleSystemOptions::default(),
        guards,
        current_time_for_animations: 0.0,
        traversal_flags: TraversalFlags::empty(),
        snapshot_map: &snapshots,
        animations: Default::default(),
        registered_speculative_painters: &NoPainters,
    });
    let token = Recalculation::pre_traverse(root, &recalculation.0);
    if token.should_traverse() {
        style::driver::traverse_dom(&recalculation, token, None);
    }
    for node in root.descendants() {
        animation::finish(node, &stylist, &recalculation.0.guards);
    }
    thread_state::exit(ThreadState::LAYOUT);
}

struct Recalculation<'a>(SharedStyleContext<'a>);

impl<'a> DomTraversal<Link<'a>> for Recalculation<'_> {
    fn process_preorder<F: FnMut(Link<'a>)>(
        &self,
        context: &mut StyleContext<'_, Link<'a>>,
        node: Link<'a>,
        note_child: F,
    ) {
        if let Some(element) = node.element() {
            recalc_style_at(self, context, node, &mut node::styles(node), note_child);
            element.dirty.set(false);
        }
    }

    fn process_postorder(&self, _: &mut StyleContext<'_, Link<'a>>, _: Link<'a>) {}

    fn needs_postorder_traversal() -> bool {
        false
    }

    fn shared_context(&self) -> &SharedStyleContext<'_> {
        &self.0
    }
}

/// Gives the elements what the engine asks them for. Equal declarations are parsed once and shared, by which the engine
/// recognises elements of the same style.
struct Preparation<'l> {
    lock: &'l SharedRwLock,
    quirks: QuirksMode,
    /// Some sheet may name an id or a class.
    is_named: bool,
    url: UrlExtraData,
    declarations: HashMap<StrTendril, Arc<Locked<PropertyDeclarationBlock>>>,
}

impl<'l> Preparation<'l> {
    fn new(lock: &'l SharedRwLock, quirks: QuirksMode, is_named: bool) -> Preparation<'l> {
        Preparation { lock, quirks, is_named, url: sheets::nowhere(), declarations: HashMap::new() }
    }

    fn prepare(&mut self, root: Link<'_>) {
        for element in root.descendants().filter_map(|node| node.element()) {
            if let Some(declared) = self.declared(element) {
                drop(element.declared.set(Box::new(declared)));
            }
        }
    }

    /// What the attributes of an element say, if they say anything.
    fn declared(&mut self, element: &Element<'_>) -> Option<Declared> {
        let is_table =
            self.quirks == QuirksMode::Quirks && element.is_html() && &**element.local_name() == "table";
        let attributes = element.attributes.borrow();
        if attributes.is_empty() && !is_table {
            return None;
        }
        let mut declared = Declared::default();
        for attribute in attributes.iter().filter(|attribute| attribute.name.ns.is_empty()) {
            match &*attribute.name.local {
                "id" | "class" if !self.is_named => {}
                "id" if !attribute.value.is_empty() => declared.id = Some(Atom::from(&*attribute.value)),
                "class" => {
                    declared.classes = attribute.value.split_ascii_whitespace().map(AtomIdent::from).collect()
                }
                "style" => declared.declarations = Some(self.block(&attribute.value)),
                _ => {}
            }
        }
        let hints = hints::of(element).unwrap_or_default();
        if is_table {
            declared.hints = Some(self.table(&hints));
        } else if !hints.is_empty() {
            declared.hints = Some(self.block(&StrTendril::from(hints)));
        }
        let says_nothing = declared.id.is_none() && declared.classes.is_empty() && declared.hints.is_none();
        (!says_nothing || declared.declarations.is_some()).then_some(declared)
    }

    /// Without a proper doctype, tables take the colour of text from the body (Quirks Mode, 3.6).
    fn table(&mut self, hints: &str) -> Arc<Locked<PropertyDeclarationBlock>> {
        let mut block = parse_style_attribute(hints, &self.url, None, self.quirks, CssRuleType::Style);
        let color = ColorPropertyValue(Color::InheritFromBodyQuirk);
        block.push(PropertyDeclaration::Color(color), Importance::Normal);
        Arc::new(self.lock.wrap(block))
    }

    fn block(&mut self, css: &StrTendril) -> Arc<Locked<PropertyDeclarationBlock>> {
        if let Some(block) = self.declarations.get(css) {
            return block.clone();
        }
        let judged = judge::attribute(css);
        let parsed = parse_style_attribute(&judged, &self.url, None, self.quirks, CssRuleType::Style);
        let block = Arc::new(self.lock.wrap(parsed));
        self.declarations.insert(css.clone(), block.clone());
        block
    }
}

fn device(quirks_mode: QuirksMode) -> Device {
    Device::new(
        ComputedValues::initial_values_with_font_override(Font::initial_values()),
        Box::new(Metrics),
        MediaData {
            media_type: MediaType::screen(),
            viewport_size: euclid::Size2D::new(PAGE, SCREEN),
            device_size: euclid::Size2D::new(PAGE, SCREEN),
            device_pixel_ratio: euclid::Scale::new(1.0),
            quirks_mode,
            prefers_color_scheme: PrefersColorScheme::Light,
            primary_pointer_capabilities: PointerCapabilities::FINE | PointerCapabilities::HOVER,
            all_pointer_capabilities: PointerCapabilities::FINE | PointerCapabilities::HOVER,
        },
    )
}

/// The proportions of a common font, since no font is read.
#[derive(Debug)]
struct Metrics;

impl FontMetricsProvider for Metrics {
    fn query_font_metrics(
        &self,
        _: bool,
        _: &Font,
        size: CSSPixelLength,
        _: QueryFontMetricsFlags,
    ) -> FontMetrics {
        let part = |part: f32| Length::new(size.px() * part);
        FontMetrics {
            x_height: Some(part(0.5)),
            zero_advance_measure: Some(part(0.5)),
            cap_height: Some(part(0.7)),
            ic_width: Some(part(1.0)),
            ascent: part(0.9),
            ..FontMetrics::default()
        }
    }

    fn base_size_for_generic(&self, generic: GenericFontFamily) -> Length {
        Length::new(if generic == GenericFontFamily::Monospace { 13.0 } else { 16.0 })
    }
}

struct NoPainters;

impl RegisteredSpeculativePainters for NoPainters {
    fn get(&self, _: &Atom) -> Option<&dyn RegisteredSpeculativePainter> {
        None
    }
}

/// Turns on what browsers support and the engine, by default, does not.
fn enable_properties() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        macro_rules! enable {
            ($($name:tt)*) => { $(stylo_static_prefs::set_pref!($name, true);)* };
        }
        enable!(
            "layout.css.at-scope.enabled"
            "layout.css.background-clip.text.enabled"
            "layout.css.basic-shape-shape.enabled"
            "layout.css.columns.enabled"
            "layout.css.contain.enabled"
            "layout.css.first-line.enabled"
            "layout.css.font-size-adjust.enabled"
            "layout.css.has-selector.enabled"
            "layout.css.line-clamp.enabled"
            "layout.css.masking.enabled"
            "layout.css.nth-child-of.enabled"
            "layout.css.tree-counting-functions.enabled"
            "layout.css.webkit-text-fill-color.enabled"
            "layout.css.writing-mode.enabled"
            "layout.css.zoom.enabled"
        );
    });
}
