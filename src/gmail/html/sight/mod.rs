//! Whether a person can see the text of an element, from its computed style.
//!
//! The page is not laid out. What a style says about a box is enough for the ways in which text is hidden; where it is
//! not, the text counts as hidden.

mod clip;
mod color;
mod measures;
mod paint;
mod place;

use color::Rgba;
use paint::{Ground, Sight};
use place::Place;
use style::{
    computed_values::{
        clear::T as Clear, float::T as Float, text_wrap_mode::T as Wrap, visibility::T as Visibility,
    },
    custom_properties::Name,
    properties::ComputedValues,
    servo_arc::Arc,
    values::{
        computed::{Content, Length, Overflow, PositionProperty, TextDecorationLine},
        generics::{
            counters::GenericContentItem,
            font::{GenericFontSizeAdjust, GenericLineHeight},
        },
        specified::box_::{DisplayInside, DisplayOutside},
    },
};

use super::{
    cascade,
    tree::{Data, Document, Link},
};
use crate::characters::has_ink;

/// The smallest text that can be read, in pixels.
const SMALLEST: f32 = 5.0;
/// How far the number of a list item may hang out of the page, in pixels.
const HANGING: f32 = 50.0;
/// Text that is fainter is not seen.
const FAINTEST: f32 = 0.05;

/// What an element paints over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Covered {
    /// Everything before it in the box around it.
    Box,
    /// What comes directly before it.
    Before,
}

/// How the content of an element is seen.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// Nothing inside is seen, whatever its own style.
    gone: bool,
    place: Place,
    sight: Sight,
    ground: Ground,
    /// The ground of the innermost block.
    block_ground: Ground,
    /// Text must be seen on this ground, too, since the element may lie outside the box that paints the other.
    outside: Option<Ground>,
    /// The colours of the glyphs, where a background is painted on them.
    glyphs: Option<Vec<Rgba>>,
    /// The text is struck out.
    pub(super) struck: bool,
}

impl Look {
    /// The white page of a document.
    pub(super) fn page(document: &Document) -> Look {
        Look {
            gone: false,
            place: Place::page(document),
            sight: Sight::clear(),
            ground: Ground::paper(),
            block_ground: Ground::paper(),
            outside: None,
            glyphs: None,
            struck: false,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// The look of something of which nothing is seen.
    pub(super) fn gone(&self) -> Look {
        Look { gone: true, ..self.clone() }
    }

    /// The look of the content of an element inside this one.
    pub(super) fn inside(&self, node: Link<'_>, style: &ComputedValues) -> Look {
        if self.gone
            || style.get_box().display.is_none()
            || is_undecided(style)
            || is_replaced_by_image(style)
        {
            return self.gone();
        }
        let Some(place) = self.place.inside(node, style) else { return self.gone() };
        let mut sight = self.sight.through(style, &self.ground);
        sight.faded(clip::opacity_of_mask(style));
        let is_gone = sight.opacity() <= FAINTEST || sight.is_blurred() || skips_content(style);
        let is_block = is_block(style);
        let below = if is_block { &self.block_ground } else { &self.ground };
        let background = paint::background(style);
        let paints =
            self.paints(style, &place) && background.layers.iter().flatten().any(|color| color.alpha > 0.0);
        let ground = if paints {
            sight.painted();
            background.layers.iter().fold(below.clone(), |ground, layer| ground.under(layer))
        } else {
            below.clone()
        };
        let glyphs = background.glyphs.into_iter().rfind(|layer| layer.iter().any(|color| color.alpha > 0.0));
        let outside = match paints {
            true => None,
            false if self.lies_outside(node, style, &place) => Some(Ground::paper()),
            false => self.outside.clone(),
        };
        let line = style.get_text().text_decoration_line;
        Look {
            gone: is_gone,
            place,
            sight,
            block_ground: if is_block { ground.clone() } else { self.block_ground.clone() },
            ground,
            outside,
            glyphs: glyphs.or_else(|| self.glyphs.clone()),
            struck: self.struck || line.contains(TextDecorationLine::LINE_THROUGH),
        }
    }

    /// Whether an element paints a ground behind its text.
    fn paints(&self, style: &ComputedValues, place: &Place) -> bool {
        let display = style.get_box().display;
        let is_table = matches!(display.outside(), DisplayOutside::InternalTable)
            || matches!(display.inside(), DisplayInside::Table);
        let is_flat =
            !is_table && is_block(style) && place.height().is_some_and(|height| height < place::LINE);
        !display.is_contents() && !is_flat && style.get_inherited_box().visibility == Visibility::Visible
    }

    /// Whether an element may lie outside the box around it.
    fn lies_outside(&self, node: Link<'_>, style: &ComputedValues, place: &Place) -> bool {
        let position = style.get_box().position;
        let is_absolute = matches!(position, PositionProperty::Absolute | PositionProperty::Fixed);
        let is_right = place.x >= self.place.x + self.place.width;
        is_absolute && self.place.height().is_none_or(|height| height < 2.0 * place::LINE)
            || is_right
            || style.get_box().float != Float::None && is_only_floats(node)
    }

    /// The look after animations have ended.
    pub(super) fn after(&self, node: Link<'_>, animated: &[Arc<ComputedValues>]) -> Look {
        let hides = |style: &Arc<ComputedValues>| !self.inside(node, style).shows_text(style, "");
        if animated.iter().any(hides) { self.gone() } else { self.clone() }
    }

    /// The look of an element that comes after content of this height in the box around it.
    pub(super) fn below(mut self, used: f32) -> Look {
        self.gone |= !self.place.put_below(used);
        self
    }

    /// Whether a box around it cuts off what is outside it.
    pub(super) fn is_cut(&self) -> bool {
        self.place.is_cut()
    }

    /// How much of the height around it an element takes whose content has this height.
    pub(super) fn height(&self, content: f32) -> f32 {
        self.place.height().unwrap_or(content) + self.place.edges
    }

    /// How many characters fit on a line before a box cuts them off, if one does and the line does not wrap.
    pub(super) fn fitting(&self, style: &ComputedValues) -> Option<usize> {
        let wraps = style.get_inherited_text().text_wrap_mode == Wrap::Wrap;
        let room = self.place.room().filter(|_| !wraps)?;
        // Narrow characters of a common font.
        Some((room / (font_size(style) * 0.4).max(1.0)) as usize)
    }

    /// Whether an element paints over what comes before it: all of the box around it, or what it is moved up to.
    pub(super) fn covers(&self, around: &Look, style: &ComputedValues) -> Option<Covered> {
        let is_behind = style.get_position().z_index.integer_or(0) < 0;
        let is_visible = style.get_inherited_box().visibility == Visibility::Visible;
        if style.get_box().position == PositionProperty::Static || self.gone || is_behind || !is_visible {
            return None;
        }
        let ground = paint::background(style);
        if !ground.layers.iter().flatten().any(|color| color.alpha > 0.9) {
            return None;
        }
        match style.get_box().position {
            PositionProperty::Absolute | PositionProperty::Fixed => {
                let wide = self.place.width >= 0.5 * around.place.width.min(cascade::PAGE);
                (wide && self.place.is_at_top(style)).then_some(Covered::Box)
            }
            _ => place::is_moved_up(style, &around.place).then_some(Covered::Before),
        }
    }

    /// Ends the first line of a block. Returns whether it was indented.
    pub(super) fn end_line(&mut self) -> bool {
        std::mem::take(&mut self.place.indent) != 0.0
    }

    /// Whether images and controls of this style are seen.
    pub(super) fn shows_boxes(&self, style: &ComputedValues) -> bool {
        !self.gone && style.get_inherited_box().visibility == Visibility::Visible
    }

    /// Whether text directly inside an element of this style is seen.
    pub(super) fn shows_text(&self, style: &ComputedValues, text: &str) -> bool {
        self.shows_boxes(style)
            && self.is_legible(style)
            && self.is_placed(style, text)
            && self.has_contrast(style)
    }

    fn is_legible(&self, style: &ComputedValues) -> bool {
        let font = font_size(style);
        let spacing = style.get_inherited_text().letter_spacing.clone().0.resolve(Length::new(font)).px();
        let line = match style.get_font().line_height {
            GenericLineHeight::Normal => font * 1.2,
            GenericLineHeight::Number(times) => font * times.0,
            GenericLineHeight::Length(length) => length.0.px(),
        };
        let is_flat = line < place::LINE && self.place.is_cut_to_content();
        let masked = style.get_inherited_text()._webkit_text_security
            != style::computed_values::_webkit_text_security::T::None;
        font * self.place.scale >= SMALLEST && spacing > -0.35 * font && !is_flat && !masked
    }

    /// Whether the first line of the text is on the page.
    fn is_placed(&self, style: &ComputedValues, text: &str) -> bool {
        let indent = self.place.indent;
        if indent == 0.0 {
            return true;
        }
        let characters = text.trim().chars().take(300).count();
        let width = place::width_of(characters, style);
        // A list hangs its numbers into the margin.
        let start = self.place.x + indent;
        indent.abs() < cascade::PAGE && (self.place.shows(start, width) || indent < 0.0 && start > -HANGING)
    }

    fn has_contrast(&self, style: &ComputedValues) -> bool {
        let text = style.get_inherited_text();
        let fill = Rgba::of(style.resolve_color(&text._webkit_text_fill_color));
        let colors = match &self.glyphs {
            Some(glyphs) => glyphs
                .iter()
                .map(|below| if below.alpha > 0.0 { fill.painted_on(*below) } else { fill })
                .collect(),
            None => vec![fill],
        };
        let shadowed = text.text_shadow.0.iter().any(|shadow| {
            let color = Rgba::of(style.resolve_color(&shadow.color));
            let near = shadow.horizontal.px().abs() < 30.0 && shadow.vertical.px().abs() < 30.0;
            near && shadow.blur.0.px() < 12.0 && !self.ground.swallows(&[color], &self.sight)
        });
        let outside = self.outside.as_ref().is_some_and(|ground| ground.swallows(&colors, &self.sight));
        shadowed || !outside && !self.ground.swallows(&colors, &self.sight)
    }
}

/// Whether an element is no part of a line.
fn is_block(style: &ComputedValues) -> bool {
    let display = style.get_box().display;
    !display.is_contents()
        && (display.outside() != DisplayOutside::Inline || display.inside() != DisplayInside::Flow)
}

/// Whether the box around an element has only floating content, so that it is not behind it.
fn is_only_floats(node: Link<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let contains = |style: &ComputedValues| {
        let inside = style.get_box().display.inside();
        !matches!(inside, DisplayInside::Flow)
            || style.get_box().overflow_x != Overflow::Visible
            || style.get_box().float != Float::None
            || matches!(style.get_box().position, PositionProperty::Absolute | PositionProperty::Fixed)
    };
    if parent.style().is_none_or(|style| contains(&style)) {
        return false;
    }
    parent.children().take(64).all(|child| match &child.data {
        Data::Text(text) => !has_ink(&text.borrow()),
        Data::Element(_) => child.style().is_none_or(|style| {
            let style = style.get_box();
            style.float != Float::None
                || style.display.is_none()
                || style.clear == Clear::None && !has_text(child)
        }),
        _ => true,
    })
}

fn has_text(node: Link<'_>) -> bool {
    node.descendants().take(64).any(|node| matches!(&node.data, Data::Text(text) if has_ink(&text.borrow())))
}

/// The size of the font, after it is adjusted to the height of small letters, which are half as high as the font.
fn font_size(style: &ComputedValues) -> f32 {
    let size = style.get_font().font_size.computed_size().px();
    match &style.get_font().font_size_adjust {
        GenericFontSizeAdjust::None => size,
        GenericFontSizeAdjust::ExHeight(factor) | GenericFontSizeAdjust::ChWidth(factor) => {
            size * factor.0 / 0.5
        }
        GenericFontSizeAdjust::CapHeight(factor) => size * factor.0 / 0.7,
        GenericFontSizeAdjust::IcWidth(factor) | GenericFontSizeAdjust::IcHeight(factor) => size * factor.0,
    }
}

/// Whether an image takes the place of the content of an element.
fn is_replaced_by_image(style: &ComputedValues) -> bool {
    match &style.get_counters().content {
        Content::Items(content) => {
            content.items.iter().any(|item| matches!(item, GenericContentItem::Image(_)))
        }
        _ => false,
    }
}

/// Whether the content of an element is skipped (CSS Contain 2, 4). It is not for an inline element.
fn skips_content(style: &ComputedValues) -> bool {
    let display = style.get_box().display;
    let applies = !(display.is_inline_flow() || matches!(display.inside(), DisplayInside::Contents));
    applies
        && custom(style, cascade::CONTENT_VISIBILITY)
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("hidden"))
}

fn is_undecided(style: &ComputedValues) -> bool {
    custom(style, cascade::UNDECIDED).is_some()
}

/// The value of a custom property.
fn custom(style: &ComputedValues, name: &str) -> Option<String> {
    let properties = style.custom_properties();
    if properties.inherited.is_empty() && properties.non_inherited.is_empty() {
        return None;
    }
    properties.get_for_cssom(&Name::from(name)).map(|value| value.to_variable_value().css.clone())
}
