//! Walks through a document, decides for each text whether it can be seen, and writes the page.

use style::{
    computed_values::visibility::T as Visibility,
    counter_style::CounterStyle,
    data::ElementDataWrapper,
    properties::ComputedValues,
    selector_parser::PseudoElement,
    servo_arc::Arc,
    values::{
        computed::{Content, MaxSize, Size},
        generics::counters::GenericContentItem,
    },
};

use super::{
    OddLink, Removed, Rendered,
    alt::Alternatives,
    claim, form,
    link::Links,
    page::{Gap, Page},
    role::Role,
    sight::{Covered, Look},
    tree::{Data, Element, Link, Tree},
};
use crate::characters::{has_ink, scrub_into};

/// A mail with more of them is odd enough.
const MOST_ODD_LINKS: usize = 50;
/// About how high a line of text is, in pixels.
const LINE_HEIGHT: f32 = 18.0;

/// Converts a document whose styles were computed.
pub(super) fn walk(tree: &Tree<'_>) -> Rendered {
    let (Some(root), Data::Document(document)) = (tree.root(), &tree.document.data) else {
        return Rendered::default();
    };
    let mut walk = Walk {
        window: Look::page(document),
        open: Vec::new(),
        page: Page::default(),
        links: Links::default(),
        alternatives: Alternatives::default(),
        removed: Removed::default(),
        odd_links: Vec::new(),
    };
    walk.tree(root);
    walk.removed.comments += document.comments.get();
    walk.removed.hidden += document.dropped.get();
    Rendered { text: walk.page.finish(), removed: walk.removed, links: walk.odd_links }
}

struct Walk<'a> {
    /// What is around the root element.
    window: Look,
    open: Vec<Frame<'a>>,
    page: Page,
    links: Links,
    alternatives: Alternatives,
    removed: Removed,
    odd_links: Vec<OddLink>,
}

/// An open element.
struct Frame<'a> {
    node: Link<'a>,
    style: Arc<ComputedValues>,
    look: Look,
    role: Role,
    /// Text directly inside it is not seen.
    hides: bool,
    /// The outermost of the open elements that hide this text without a gap.
    hidden_by: Option<usize>,
    /// The text removed from it was counted.
    counted: bool,
    link: Option<OpenLink>,
    /// Where its content starts on the page, and where the child before the current one does.
    start: usize,
    previous: usize,
    /// The height of the content so far, in pixels, and the characters of the current line.
    used: f32,
    line: usize,
}

impl Frame<'_> {
    /// The height of the content so far.
    fn height(&self) -> f32 {
        self.used + if self.line > 0 { LINE_HEIGHT } else { 0.0 }
    }

    /// The next line is not indented, and may be seen where the first one was not.
    fn end_first_line(&mut self) {
        if self.look.end_line() && self.hides {
            self.hides =
                !self.look.shows_text(&self.style, "") || self.node.element().is_some_and(hides_own_text);
            self.hidden_by = self.hidden_by.filter(|_| self.hides);
        }
    }

    fn end_line(&mut self) {
        self.used = self.height();
        self.line = 0;
    }

    /// Adds the height of an element that ends. The cells of a row stand beside each other.
    fn add(&mut self, inner: &Frame<'_>) {
        if !is_block(inner.role) {
            self.line += inner.line;
            self.used += inner.used;
            return;
        }
        let height = inner.look.height(inner.height());
        if self.role == Role::Row { self.used = self.used.max(height) } else { self.used += height }
    }
}

struct OpenLink {
    href: String,
    /// Where its text starts on the page.
    start: usize,
    /// It contains an image.
    pictured: bool,
}

impl<'a> Walk<'a> {
    /// Visits the nodes in order, without recursion.
    fn tree(&mut self, root: Link<'a>) {
        let mut next = Some(root);
        while let Some(node) = next {
            let enters = match &node.data {
                Data::Text(text) => {
                    self.text(&text.borrow());
                    false
                }
                Data::Element(element) => self.enter(node, element),
                Data::Comment | Data::Document(_) | Data::Fragment => false,
            };
            next = if enters && node.first().is_some() {
                node.first()
            } else {
                if enters {
                    self.leave();
                }
                self.after(node, root)
            };
        }
    }

    /// The node after the content of this one. Leaves the elements that end here.
    fn after(&mut self, node: Link<'a>, root: Link<'a>) -> Option<Link<'a>> {
        let mut at = node;
        loop {
            if std::ptr::eq(at, root) {
                return None;
            }
            if let Some(next) = at.next() {
                return Some(next);
            }
            at = at.parent()?;
            self.leave();
        }
    }

    /// Opens an element. Returns false if its content is not visited.
    fn enter(&mut self, node: Link<'a>, element: &Element<'a>) -> bool {
        let outer = self.open.last();
        let Some(style) = element.style() else {
            self.drop_content(node, element);
            return false;
        };
        let around = outer.map_or(&self.window, |frame| &frame.look);
        let role = Role::of(element, &style);
        let used = outer.map_or(0.0, Frame::height);
        let mut look = if is_block(role) && used > 0.0 && around.is_cut() {
            around.clone().below(used).inside(node, &style)
        } else {
            around.inside(node, &style)
        };
        if let Some(animated) = element.animated.get() {
            look = look.after(node, animated);
        }
        if role == Role::Table && has_collapsed_column(node) {
            look = look.gone();
        }
        self.cover(look.covers(around, &style));
        let outer = self.open.last();
        if look.is_gone() || role == Role::Dropped {
            if role == Role::Image && !outer.is_some_and(|frame| frame.look.is_gone()) {
                self.tracker(element, &style);
            }
            self.drop_content(node, element);
            return false;
        }
        if self.single(node, element, &style, &look, role) {
            return false;
        }
        self.open(node, element, style, look, role);
        true
    }

    /// Writes an element that has no content, or whose content is not written as it stands. Returns whether it is one.
    fn single(
        &mut self,
        node: Link<'a>,
        element: &Element<'_>,
        style: &ComputedValues,
        look: &Look,
        role: Role,
    ) -> bool {
        let sees_boxes = look.shows_boxes(style);
        match role {
            Role::Break => {
                self.alternatives.reset();
                self.open.iter_mut().for_each(Frame::end_first_line);
                self.open.last_mut().into_iter().for_each(Frame::end_line);
                if sees_boxes {
                    self.page.line_break();
                }
            }
            Role::Rule if sees_boxes => self.page.rule(),
            Role::Rule => {}
            Role::Image => self.image(element, style, sees_boxes),
            Role::Input => {
                let value = form::value(element);
                value.into_iter().for_each(|value| self.field(style, look, &value));
            }
            Role::Select => {
                form::options(node, element).iter().for_each(|option| self.field(style, look, option));
            }
            _ => return false,
        }
        true
    }

    /// Writes a text in a form field.
    fn field(&mut self, style: &ComputedValues, look: &Look, text: &str) {
        if look.shows_text(style, text) {
            self.write(style, &format!(" {text} "), look.struck);
        } else {
            self.removed.hidden += usize::from(has_ink(text));
        }
    }

    fn open(
        &mut self,
        node: Link<'a>,
        element: &Element<'a>,
        style: Arc<ComputedValues>,
        look: Look,
        role: Role,
    ) {
        let at = self.open.len();
        let outer = self.open.last().and_then(|frame| frame.hidden_by);
        let hides =
            !look.shows_text(&style, "") || hides_own_text(element) || hides_first_line(element, node, &look);
        let link = (role == Role::Link).then(|| OpenLink {
            href: element.attribute("href").map(|href| href.to_owned()).unwrap_or_default(),
            start: self.page.offset(),
            pictured: false,
        });
        if is_block(role) {
            self.alternatives.reset();
            if let Some(outer) = self.open.last_mut() {
                outer.end_line();
                outer.previous = self.page.offset();
            }
        }
        self.begin(element, role);
        let before = generated(element, &PseudoElement::Before);
        self.open.push(Frame {
            node,
            style,
            look,
            role,
            hides,
            hidden_by: if hides { outer.or(Some(at)) } else { None },
            counted: is_uncounted(element),
            link,
            start: self.page.offset(),
            previous: self.page.offset(),
            used: 0.0,
            line: 0,
        });
        if let Some((style, text)) = before {
            self.generated(&style, &text);
        }
        self.mark(role);
    }

    /// The text that a style puts in front of an item of a list.
    fn mark(&mut self, role: Role) {
        let Some(frame) = self.open.last().filter(|_| role == Role::Item) else { return };
        let style = frame.style.clone();
        if let CounterStyle::String(text) = &style.get_list().list_style_type.0 {
            self.generated(&style, text);
        }
    }

    /// Closes the innermost element.
    fn leave(&mut self) {
        let after = self
            .open
            .last()
            .and_then(|frame| frame.node.element())
            .and_then(|element| generated(element, &PseudoElement::After));
        if let Some((style, text)) = after {
            self.generated(&style, &text);
        }
        let Some(frame) = self.open.pop() else { return };
        if let Some(outer) = self.open.last_mut() {
            outer.add(&frame);
        }
        self.end(frame.role);
        if let Some(link) = frame.link {
            self.end_link(link);
        }
    }

    /// Starts an element on the page.
    fn begin(&mut self, element: &Element<'_>, role: Role) {
        let number = |name: &str| element.attribute(name).and_then(|text| text.trim().parse::<u32>().ok());
        match role {
            Role::Block | Role::Caption => self.page.block(Gap::Line),
            Role::Paragraph { tight: true } => self.page.block(Gap::Line),
            Role::Paragraph { tight: false } => self.page.block(Gap::Paragraph),
            Role::Preformatted => self.page.block(Gap::Paragraph),
            Role::Heading(level) => self.page.heading(level),
            Role::List { ordered } => self.page.list(ordered, number("start").unwrap_or(1)),
            Role::Item => self.page.item(number("value")),
            Role::Quote => self.page.quote(),
            Role::Table => self.page.table(number("border").is_some_and(|width| width > 0)),
            Role::Row => self.page.row(),
            Role::Cell { heads } => self.page.cell(heads),
            _ => {}
        }
    }

    /// Ends an element on the page.
    fn end(&mut self, role: Role) {
        if is_block(role) {
            self.alternatives.reset();
        }
        match role {
            Role::Block | Role::Caption => self.page.block(Gap::Line),
            Role::Paragraph { tight: true } => self.page.end_line(),
            Role::Paragraph { tight: false } | Role::Preformatted => self.page.block(Gap::Paragraph),
            Role::Heading(_) => self.page.end_heading(),
            Role::List { .. } => self.page.end_list(),
            Role::Item => self.page.end_item(),
            Role::Quote => self.page.end_quote(),
            Role::Table => self.page.end_table(),
            Role::Row => self.page.end_row(),
            Role::Cell { .. } => self.page.end_cell(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let Some(frame) = self.open.last_mut() else { return };
        if frame.hides || !frame.look.shows_text(&frame.style, text) {
            return self.hide(text);
        }
        let (style, struck) = (frame.style.clone(), frame.look.struck);
        let left = frame.look.fitting(&style).map(|fitting| fitting.saturating_sub(frame.line));
        frame.line += text.trim().chars().count();
        let Some((end, _)) = left.and_then(|left| text.char_indices().nth(left)) else {
            return self.write(&style, text, struck);
        };
        self.write(&style, &text[..end], struck);
        self.hide(&text[end..]);
    }

    /// Takes back what an element paints over.
    fn cover(&mut self, covered: Option<Covered>) {
        let Some(frame) = self.open.last() else { return };
        let from = match covered {
            None => return,
            Some(Covered::Box) => frame.start,
            Some(Covered::Before) => frame.previous,
        };
        self.removed.hidden += usize::from(self.page.erase(from));
    }

    /// Writes text that is seen.
    fn write(&mut self, style: &ComputedValues, text: &str, struck: bool) {
        let mut seen = String::with_capacity(text.len());
        self.removed.characters(scrub_into(text, &mut seen));
        if has_ink(&seen) {
            self.alternatives.reset();
            if reads_backwards(style) {
                seen = seen.chars().rev().collect();
            }
            if struck {
                seen = struck_out(&seen);
            }
        }
        self.page.text(&seen, keeps_space(style));
    }

    /// Counts the element that hides this text, once.
    fn hide(&mut self, text: &str) {
        let at = self.open.last().and_then(|frame| frame.hidden_by).or(self.open.len().checked_sub(1));
        let Some(frame) = at.and_then(|at| self.open.get_mut(at)) else { return };
        if !frame.counted && has_ink(text) {
            frame.counted = true;
            self.removed.hidden += 1;
        }
    }

    /// Counts an element of which nothing is seen, if it has text.
    fn drop_content(&mut self, node: Link<'a>, element: &Element<'_>) {
        let is_counted =
            !is_uncounted(element) && !self.open.last().is_some_and(|frame| is_uncounted_inside(frame.node));
        let has_text = || {
            node.descendants().any(|node| match &node.data {
                Data::Text(text) => {
                    !node.parent().is_some_and(is_uncounted_inside) && has_ink(&text.borrow())
                }
                _ => false,
            })
        };
        if is_counted && has_text() {
            self.removed.hidden += 1;
        }
    }

    /// Text that a style puts before or after the content of an element.
    fn generated(&mut self, style: &ComputedValues, text: &str) {
        let Some(frame) = self.open.last() else { return };
        let look = frame.look.inside(frame.node, style);
        if look.shows_text(style, text) {
            let struck = look.struck;
            self.write(style, text, struck);
        } else {
            self.hide(text);
        }
    }

    fn image(&mut self, element: &Element<'_>, style: &ComputedValues, is_seen: bool) {
        if self.tracker(element, style) || !is_seen || is_thin(style) {
            return;
        }
        if let Some(link) = self.open.iter_mut().rev().find_map(|frame| frame.link.as_mut()) {
            link.pictured = true;
        }
        let Some(alt) = element.attribute("alt").filter(|_| is_remote(element)) else { return };
        let is_legible = self.open.last().is_some_and(|frame| frame.look.shows_text(style, &alt));
        if !is_legible {
            self.removed.hidden += usize::from(has_ink(&alt));
            return;
        }
        if let Some(text) = self.alternatives.text(&alt, &mut self.removed) {
            self.page.text(&text, false);
        }
    }

    /// Counts a remote image of one pixel.
    fn tracker(&mut self, element: &Element<'_>, style: &ComputedValues) -> bool {
        let is_dot = |size: &Size| pixels(size).is_some_and(|size| size <= 1.0);
        let is_tracker =
            is_remote(element) && is_dot(&style.get_position().width) && is_dot(&style.get_position().height);
        self.removed.trackers += usize::from(is_tracker);
        is_tracker
    }

    fn end_link(&mut self, link: OpenLink) {
        let text = self.page.since(link.start);
        if text.is_empty() && !link.pictured {
            return;
        }
        if let Some(odd) = claim::judge(&link.href, text).filter(|odd| !self.odd_links.contains(odd))
            && self.odd_links.len() < MOST_ODD_LINKS
        {
            self.odd_links.push(odd);
        }
        let Some(target) = self.links.show(&link.href, text) else { return };
        if text.is_empty() {
            self.page.text(&format!("<{target}>"), false);
        } else {
            self.page.attach(&format!("<{target}>"));
        }
    }
}

/// Whether a column of a table is collapsed. Which cells are in it is not looked for.
fn has_collapsed_column(table: Link<'_>) -> bool {
    let columns =
        table.children().take(20).filter(|node| node.html("col").or(node.html("colgroup")).is_some());
    let mut columns = columns.flat_map(|node| node.descendants().take(50));
    columns.any(|node| {
        node.style().is_some_and(|style| style.get_inherited_box().visibility == Visibility::Collapse)
    })
}

fn is_block(role: Role) -> bool {
    !matches!(role, Role::Inline | Role::Link)
}

/// Every mail has these, so they are not counted as hidden text.
fn is_uncounted(element: &Element<'_>) -> bool {
    matches!(&**element.local_name(), "script" | "style" | "title" | "head" | "svg" | "template")
}

fn is_uncounted_inside(node: Link<'_>) -> bool {
    node.element().is_some_and(is_uncounted)
}

/// Whether text directly inside an element is not shown: in a closed `details`, and in a formula outside the elements
/// for text (MathML Core, 3.2).
fn hides_own_text(element: &Element<'_>) -> bool {
    let name = &**element.local_name();
    element.is_html() && name == "details" && !element.has("open")
        || element.is_math() && !matches!(name, "mi" | "mn" | "mo" | "ms" | "mtext")
}

/// Whether the style of the first line hides it. The first line may be all there is.
fn hides_first_line(element: &Element<'_>, node: Link<'_>, look: &Look) -> bool {
    let first_line =
        |styles: &ElementDataWrapper| styles.borrow().styles.pseudos.get(&PseudoElement::FirstLine).cloned();
    let style = element.styles.get().and_then(first_line);
    style.is_some_and(|style| !look.inside(node, &style).shows_text(&style, ""))
}

fn is_remote(element: &Element<'_>) -> bool {
    element.attribute("src").is_some_and(|source| {
        let source = source.trim_start();
        let starts =
            |start: &str| source.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        starts("http") || starts("//")
    })
}

fn pixels(size: &Size) -> Option<f32> {
    match size {
        Size::LengthPercentage(length) => length.0.to_length().map(|length| length.px()),
        _ => None,
    }
}

/// Whether an image is a spacer.
fn is_thin(style: &ComputedValues) -> bool {
    let position = style.get_position();
    let is_flat = |most: &MaxSize| match most {
        MaxSize::LengthPercentage(length) => length.0.to_length().is_some_and(|length| length.px() <= 2.0),
        _ => false,
    };
    [&position.width, &position.height].iter().any(|size| pixels(size).is_some_and(|size| size <= 2.0))
        || is_flat(&position.max_width)
        || is_flat(&position.max_height)
}

fn keeps_space(style: &ComputedValues) -> bool {
    use style::computed_values::white_space_collapse::T as Collapse;
    style.get_inherited_text().white_space_collapse != Collapse::Collapse
}

/// Whether the style shows the characters from right to left, whatever their own direction.
fn reads_backwards(style: &ComputedValues) -> bool {
    use style::computed_values::{direction::T as Direction, unicode_bidi::T as Bidi};
    style.get_inherited_box().direction == Direction::Rtl
        && matches!(style.get_text().unicode_bidi, Bidi::BidiOverride | Bidi::IsolateOverride)
}

/// Marks text that is no longer valid, such as an old price.
fn struck_out(text: &str) -> String {
    let inner = text.trim();
    let start = text.len() - text.trim_start().len();
    format!("{}~~{inner}~~{}", &text[..start], &text[start + inner.len()..])
}

/// The text that a style generates before or after the content of an element.
fn generated(element: &Element<'_>, pseudo: &PseudoElement) -> Option<(Arc<ComputedValues>, String)> {
    let styles = element.styles.get()?.borrow();
    let style = styles.styles.pseudos.get(pseudo)?.clone();
    let Content::Items(content) = &style.get_counters().content else { return None };
    let mut text = String::new();
    for item in content.items.iter() {
        if let GenericContentItem::String(part) = item {
            text.push_str(part);
        }
    }
    has_ink(&text).then_some((style, text))
}
