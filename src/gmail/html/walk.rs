//! Walks through a document tag by tag: tracks the open elements, decides what is visible, writes the page.

use super::{
    Removed, Rendered, StartTag,
    color::Rgba,
    css::{declarations, normal},
    deep::{Deep, MAX_OPEN},
    link::Links,
    page::{Gap, Page},
    sheet::{Sheet, attribute},
    stack::{Element, Role, Stack},
    style::{Effect, Hiding, Style},
};
use crate::characters::{has_ink, line, scrub_into};

/// Longer alternative text is cut: it could hide instructions.
const MAX_ALT: usize = 120;
/// How many unclosed formatting elements continue after the end of a block.
const MAX_CARRIED: usize = 16;
/// How far up the stack a misnested end tag of a formatting element is matched.
const MAX_MISNESTED: usize = 64;

pub(super) struct Walk<'a> {
    sheet: &'a Sheet,
    stack: Stack,
    deep: Deep,
    page: Page,
    links: Links,
    /// The open links, innermost last.
    open_links: Vec<OpenLink>,
    removed: Removed,
}

struct OpenLink {
    href: String,
    /// Where its text starts on the page.
    start: usize,
    /// It contains an image.
    pictured: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(sheet: &'a Sheet) -> Self {
        Walk {
            sheet,
            stack: Stack::default(),
            deep: Deep::default(),
            page: Page::default(),
            links: Links::default(),
            open_links: Vec::new(),
            removed: Removed::default(),
        }
    }

    pub(super) fn open(&mut self, tag: &StartTag) {
        let role = Role::of(&tag.name);
        // Down there, leaving more open keeps hidden what is hidden.
        if self.deep.is_empty() {
            self.close_implied(tag, role);
        }
        match role {
            Role::Void => {}
            Role::Break if self.is_drawn() => self.page.line_break(),
            Role::Rule if self.is_drawn() => self.page.rule(),
            Role::Break | Role::Rule => {}
            Role::Image => self.image(tag),
            Role::Dropped if tag.self_closing && matches!(&**tag.name, b"svg" | b"math") => {}
            Role::Root if self.stack.len() > 1 || self.stack.find(&tag.name).is_some() => {}
            Role::RowGroup | Role::Row | Role::Cell { .. } | Role::Caption
                if self.stack.find(b"table").is_none() => {}
            _ => self.enter(tag, role),
        }
    }

    /// Closes the elements that the start tag of this element ends implicitly.
    fn close_implied(&mut self, tag: &StartTag, role: Role) {
        if role.is_special() && self.stack.in_dropped() {
            for foreign in [b"svg".as_slice(), b"math"] {
                self.close_if_open(foreign);
            }
        }
        if role.ends_paragraph() {
            self.close_if_open(b"p");
        }
        match role {
            Role::Item => self.close_if_open(b"li"),
            Role::Link => self.close_formatting(b"a"),
            Role::Heading(_) if self.stack.last().is_some_and(|e| matches!(e.role, Role::Heading(_))) => {
                self.close_if_open(b"h1");
            }
            Role::Block if matches!(&**tag.name, b"dt" | b"dd") => {
                self.close_if_open(b"dt");
                self.close_if_open(b"dd");
            }
            Role::Table if self.stack.between_cells() => self.close_if_open(b"table"),
            Role::Cell { .. } => self.end_table_parts(&[b"td", b"th", b"caption"]),
            Role::Row => self.end_table_parts(&[b"td", b"th", b"caption", b"tr"]),
            Role::RowGroup | Role::Caption => {
                self.end_table_parts(&[
                    b"td",
                    b"th",
                    b"caption",
                    b"tr",
                    b"tbody",
                    b"thead",
                    b"tfoot",
                    b"colgroup",
                ]);
            }
            _ => {}
        }
    }

    fn end_table_parts(&mut self, names: &[&[u8]]) {
        for name in names {
            self.close_if_open(name);
        }
    }

    fn close_if_open(&mut self, name: &[u8]) {
        if let Some(at) = self.stack.in_scope(name) {
            self.close_from(at);
        }
    }

    fn enter(&mut self, tag: &StartTag, role: Role) {
        let role = if is_word_line(tag, role) { Role::Paragraph { tight: true } } else { role };
        let names = self.sheet.names(tag);
        let style = self.style(tag, role, &names);
        let number = self.stack.tag(&tag.name);
        if self.stack.len() >= MAX_OPEN {
            if role.is_special() && self.is_drawn() {
                self.page.block(Gap::Line);
            }
            let hides = role == Role::Dropped || self.stack.look().with(&style).hides_text();
            return self.deep.open(number, hides);
        }
        let mut element = Element::new(number, role, names, style);
        // Every mail has these, so they are not counted as hidden text.
        element.counted = matches!(&**tag.name, b"script" | b"style" | b"title" | b"svg" | b"math");
        element.on_page = !self.stack.look().with(&element.style).is_gone();
        if element.on_page {
            self.begin(tag, role);
        }
        self.stack.push(element);
    }

    fn style(&self, tag: &StartTag, role: Role, names: &[u32]) -> Style {
        let mut style = hints(tag, role);
        let inline = attribute(tag, b"style").map(|css| declarations(&normal(&css))).unwrap_or_default();
        self.sheet.cascade(names, self.stack.ancestors(), &inline, &mut style);
        style
    }

    /// Starts an element on the page.
    fn begin(&mut self, tag: &StartTag, role: Role) {
        let number = |name: &[u8]| attribute(tag, name).and_then(|text| text.trim().parse::<u32>().ok());
        match role {
            Role::Block | Role::Caption => self.page.block(Gap::Line),
            Role::Paragraph { tight: true } => self.page.block(Gap::Line),
            Role::Paragraph { tight: false } => self.page.block(Gap::Paragraph),
            Role::Preformatted => self.page.block(Gap::Paragraph),
            Role::Heading(level) => self.page.heading(level),
            Role::List { ordered } => self.page.list(ordered, number(b"start").unwrap_or(1)),
            Role::Item => self.page.item(number(b"value")),
            Role::Quote => self.page.quote(),
            Role::Table => self.page.table(number(b"border").is_some_and(|width| width > 0)),
            Role::Row => self.page.row(),
            Role::Cell { heads } => self.page.cell(heads),
            Role::Link => self.open_links.push(OpenLink {
                href: attribute(tag, b"href").unwrap_or_default(),
                start: self.page.offset(),
                pictured: false,
            }),
            _ => {}
        }
    }

    /// Ends an element on the page.
    fn end(&mut self, role: Role) {
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
            Role::Link => self.end_link(),
            _ => {}
        }
    }

    pub(super) fn close(&mut self, name: &[u8]) {
        if self.stack.known(name).is_some_and(|number| self.deep.close(number)) {
            return;
        }
        let open = self.stack.len();
        self.close_shallow(name);
        if self.stack.len() < open {
            self.deep.clear();
        }
    }

    /// Closes an element of the tree.
    fn close_shallow(&mut self, name: &[u8]) {
        match Role::of(name) {
            Role::Break if self.is_drawn() => self.page.line_break(),
            Role::Break | Role::Rule | Role::Image | Role::Void | Role::Root => {}
            role if role.is_formatting() => self.close_formatting(name),
            Role::Paragraph { .. } if self.stack.in_scope(name).is_none() && self.is_drawn() => {
                self.page.block(Gap::Paragraph);
            }
            _ => self.close_if_open(name),
        }
    }

    /// Closes the element at `at` and all elements inside it. Formatting that was not closed is continued.
    fn close_from(&mut self, at: usize) {
        let mut carried = Vec::new();
        while self.stack.len() > at {
            let Some(element) = self.stack.pop() else { return };
            if element.on_page {
                self.end(element.role);
            }
            if matches!(element.role, Role::Cell { .. } | Role::Caption) {
                carried.clear();
            }
            let continues =
                element.role.is_formatting() && self.stack.len() > at && element.style != Style::default();
            if continues && carried.len() < MAX_CARRIED {
                carried.push(element.continued());
            }
        }
        carried.into_iter().rev().for_each(|element| self.stack.push(element));
    }

    /// Closes a formatting element. Blocks that are open inside it stay open.
    fn close_formatting(&mut self, name: &[u8]) {
        let Some(at) = self.stack.in_scope(name) else { return };
        if !self.stack.has_block_above(at) {
            return self.close_from(at);
        }
        if self.stack.len() - at > MAX_MISNESTED {
            return;
        }
        if let Some(element) = self.stack.get_mut(at) {
            let (role, on_page) = (element.role, std::mem::take(&mut element.on_page));
            if on_page {
                self.end(role);
            }
            self.stack.neutralise(at);
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        let look = self.stack.look();
        if look.hides_text() {
            return self.hide(text);
        }
        if self.deep.hides() {
            self.removed.hidden += usize::from(has_ink(text) && self.deep.count_hidden());
            return;
        }
        let mut seen = String::with_capacity(text.len());
        self.removed.characters(scrub_into(text, &mut seen));
        self.page.text(&seen, look.keeps_space());
    }

    /// Counts the element that hides this text, once.
    fn hide(&mut self, text: &str) {
        let by = self.stack.last().and_then(|element| element.hidden_by);
        let Some(element) = by.and_then(|at| self.stack.get_mut(at)) else { return };
        if !element.counted && has_ink(text) {
            element.counted = true;
            self.removed.hidden += 1;
        }
    }

    pub(super) fn comment(&mut self, comment: &[u8]) {
        // `<![if !mso]>` and `<!--<![endif]-->` enclose text that is shown.
        let marker = String::from_utf8_lossy(comment);
        let marker = marker.trim_matches(|c| matches!(c, '<' | '!' | '>' | '-' | ' '));
        let is_condition = marker.starts_with('[') && marker.find(']') == Some(marker.len() - 1);
        let is_blank = marker.trim().is_empty();
        if !is_condition && !is_blank {
            self.removed.comments += 1;
        }
    }

    fn image(&mut self, tag: &StartTag) {
        let names = self.sheet.names(tag);
        let style = self.style(tag, Role::Image, &names);
        let source = attribute(tag, b"src").unwrap_or_default();
        let scheme = source.trim().split(':').next().unwrap_or_default().to_ascii_lowercase();
        let is_remote = scheme.starts_with("http") || scheme.starts_with("//");
        let is_dot = style.has(Hiding::Width) && style.has(Hiding::Height);
        if is_remote && is_dot && !self.stack.look().is_gone() {
            self.removed.trackers += 1;
            return;
        }
        let is_spacer = style.has(Hiding::Width) || style.has(Hiding::Height);
        if is_spacer || self.deep.hides() || self.stack.look().with(&style).hides_images() {
            return;
        }
        if let Some(link) = self.open_links.last_mut() {
            link.pictured = true;
        }
        let alt = attribute(tag, b"alt").and_then(|alt| meaning(&alt, &mut self.removed));
        if let Some(alt) = alt.filter(|_| is_remote) {
            self.page.text(&format!("[{alt}]"), false);
        }
    }

    fn end_link(&mut self) {
        let Some(link) = self.open_links.pop() else { return };
        let text = self.page.since(link.start);
        if text.is_empty() && !link.pictured {
            return;
        }
        let Some(target) = self.links.show(&link.href, text) else { return };
        if text.is_empty() {
            self.page.text(&format!("<{target}>"), false);
        } else {
            self.page.attach(&format!("<{target}>"));
        }
    }

    fn is_drawn(&self) -> bool {
        !self.stack.look().is_gone() && !self.deep.hides()
    }

    pub(super) fn finish(mut self) -> Rendered {
        self.close_from(0);
        Rendered { text: self.page.finish(), removed: self.removed }
    }
}

/// The style that the attributes of an element imply. CSS rules override it.
fn hints(tag: &StartTag, role: Role) -> Style {
    let mut style = Style::default();
    let has = |name: &[u8]| tag.attributes.contains_key(name);
    let color = |name: &[u8]| attribute(tag, name).and_then(|text| Rgba::attribute(&text));
    let undrawn = has(b"hidden") || *tag.name == b"dialog"[..] && !has(b"open");
    let mut apply = |effect| style.apply(effect);
    apply(Effect::Hiding(Hiding::DisplayNone, undrawn));
    if role == Role::Preformatted || *tag.name == b"textarea"[..] {
        apply(Effect::Pre(true));
    }
    if role == Role::Link && has(b"href") {
        apply(Effect::Color(Rgba::LINK));
    }
    if role == Role::Image {
        let is_thin =
            |name: &[u8]| attribute(tag, name).is_some_and(|n| matches!(n.trim(), "0" | "1" | "0px" | "1px"));
        apply(Effect::Hiding(Hiding::Width, is_thin(b"width")));
        apply(Effect::Hiding(Hiding::Height, is_thin(b"height")));
    }
    if let Some(fill) = color(b"bgcolor") {
        apply(Effect::Fill(Some(fill)));
    }
    if attribute(tag, b"background").is_some_and(|address| !address.trim().is_empty()) {
        apply(Effect::Picture(true));
    }
    if let Some(color) = color(if role == Role::Root { b"text" } else { b"color" }) {
        apply(Effect::Color(color));
    }
    style
}

/// Word writes every line as a paragraph without a margin.
fn is_word_line(tag: &StartTag, role: Role) -> bool {
    matches!(role, Role::Paragraph { .. })
        && attribute(tag, b"class").is_some_and(|class| class.starts_with("Mso"))
}

/// The alternative text of an image, unless it means nothing: a file name, a single character, a placeholder.
fn meaning(alt: &str, removed: &mut Removed) -> Option<String> {
    let (alt, scrubbed) = line(alt);
    removed.characters(scrubbed);
    let is_file = alt.rsplit_once('.').is_some_and(|(_, ending)| {
        matches!(
            ending.to_ascii_lowercase().as_str(),
            "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "bmp"
        )
    });
    let is_stub = matches!(
        alt.to_ascii_lowercase().as_str(),
        "image" | "img" | "picture" | "photo" | "spacer" | "logo"
    );
    if is_file || is_stub || alt.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        return None;
    }
    let short: String = alt.chars().take(MAX_ALT).collect();
    Some(if short.len() < alt.len() { short + "…" } else { short })
}
