//! The measures of a box that its style fixes: size, margins, borders and paddings.

use style::{
    computed_values::box_sizing::T as Sizing,
    properties::ComputedValues,
    values::{
        computed::{
            GridTemplateComponent, Inset, Length, LengthPercentage, Margin, MaxSize, Size, TrackBreadth,
            TrackSize,
        },
        generics::grid::TrackListValue,
        specified::{
            BorderStyle,
            box_::{DisplayInside, DisplayOutside},
        },
    },
};

use super::{
    super::tree::Link,
    place::{LINE, Place},
};

/// The measures of a box that its style fixes.
pub(super) struct Measures {
    /// The size of the content.
    pub(super) width: Option<f32>,
    pub(super) height: Option<f32>,
    /// From the edge of the box around it to the content.
    pub(super) left: f32,
    pub(super) top: f32,
    /// Margins, borders and paddings at both sides.
    pub(super) sides: f32,
    pub(super) margin_right: f32,
    pub(super) edges: f32,
    /// The padding after the content, in which text that overflows can be seen.
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Measures {
    pub(super) fn of(around: &Place, node: Link<'_>, style: &ComputedValues) -> Measures {
        let basis = around.width;
        let display = style.get_box().display;
        // Margins do not apply to the parts of a table, and paddings only to its cells (CSS 2, 17.5).
        let is_part = display.outside() == DisplayOutside::InternalTable;
        let is_padded = !is_part || display.inside() == DisplayInside::TableCell;
        let pad = |side: &LengthPercentage| {
            if is_padded { side.resolve(Length::new(basis)).px().max(0.0) } else { 0.0 }
        };
        let margin = |side: &Margin| if is_part { None } else { margin(side, basis) };
        let padding = [
            pad(&style.get_padding().padding_left.0),
            pad(&style.get_padding().padding_right.0),
            pad(&style.get_padding().padding_top.0),
            pad(&style.get_padding().padding_bottom.0),
        ];
        let border = |width: &style::values::computed::BorderSideWidth, line: BorderStyle| {
            if line.none_or_hidden() { 0.0 } else { width.0.to_f32_px() }
        };
        let edge = style.get_border();
        let borders = [
            border(&edge.border_left_width, edge.border_left_style),
            border(&edge.border_right_width, edge.border_right_style),
            border(&edge.border_top_width, edge.border_top_style),
            border(&edge.border_bottom_width, edge.border_bottom_style),
        ];
        let margins = [
            margin(&style.get_margin().margin_left),
            margin(&style.get_margin().margin_right),
            margin(&style.get_margin().margin_top),
        ];
        let across = padding[0] + padding[1] + borders[0] + borders[1];
        let down = padding[2] + padding[3] + borders[2] + borders[3];
        let is_border_box = style.get_position().box_sizing == Sizing::BorderBox;
        let (less_across, less_down) = if is_border_box { (across, down) } else { (0.0, 0.0) };
        let width = bounded(
            size(&style.get_position().width, Some(basis)).or(flex_basis(node, style, basis)),
            size(&style.get_position().min_width, Some(basis)),
            most(&style.get_position().max_width, Some(basis)),
        );
        let tall = around.height().or(around.quirks.then_some(600.0));
        let height = bounded(
            size(&style.get_position().height, tall).or(flat_grid(style)),
            size(&style.get_position().min_height, tall),
            most(&style.get_position().max_height, tall),
        );
        Measures {
            width: width.map(|width| (width - less_across).max(0.0)),
            height: height.map(|height| (height - less_down).max(0.0)),
            left: margins[0].unwrap_or(0.0) + borders[0] + padding[0],
            top: margins[2].unwrap_or(0.0) + borders[2] + padding[2],
            sides: margins[0].unwrap_or(0.0) + margins[1].unwrap_or(0.0) + across,
            edges: margins[2].unwrap_or(0.0).max(0.0) + down,
            margin_right: margins[1].unwrap_or(0.0) + padding[1] + borders[1],
            right: padding[1],
            bottom: padding[3],
        }
    }

    /// The width of a box that fills the one around it.
    pub(super) fn fill(&self, around: f32) -> f32 {
        (around - self.sides).max(0.0)
    }
}

/// CSS 2, 10.4 and 10.7. A maximum alone bounds the box to it, which is all that is known.
fn bounded(size: Option<f32>, least: Option<f32>, most: Option<f32>) -> Option<f32> {
    let size = match (size, most) {
        (Some(size), Some(most)) => Some(size.min(most)),
        // A larger box would be as high as its content.
        (None, Some(most)) if most < LINE => Some(most),
        (size, _) => size,
    };
    size.map(|size| size.max(least.unwrap_or(0.0)))
}

/// The height of a grid whose rows have none.
fn flat_grid(style: &ComputedValues) -> Option<f32> {
    let position = style.get_position();
    let is_flat = |size: &TrackSize| match size {
        TrackSize::Breadth(TrackBreadth::Breadth(length)) => {
            length.to_length().is_some_and(|length| length.px() < LINE)
        }
        _ => false,
    };
    let flat = match &position.grid_template_rows {
        GridTemplateComponent::TrackList(list) => list.values.iter().all(|track| match track {
            TrackListValue::TrackSize(size) => is_flat(size),
            TrackListValue::TrackRepeat(_) => false,
        }),
        _ => !position.grid_auto_rows.0.is_empty() && position.grid_auto_rows.0.iter().all(is_flat),
    };
    let is_grid = style.get_box().display.inside() == DisplayInside::Grid;
    (is_grid && flat).then_some(0.0)
}

fn flex_basis(node: Link<'_>, style: &ComputedValues, basis: f32) -> Option<f32> {
    use style::values::generics::flex::GenericFlexBasis;
    let is_flex = node.parent()?.style()?.get_box().display.inside() == DisplayInside::Flex;
    if !is_flex || style.get_position().flex_grow.0 > 0.0 {
        return None;
    }
    match style.get_position().flex_basis.clone() {
        GenericFlexBasis::Size(base) => size(&base, Some(basis)),
        GenericFlexBasis::Content => None,
    }
}

fn size(size: &Size, basis: Option<f32>) -> Option<f32> {
    match size {
        Size::LengthPercentage(length) => definite(&length.0, basis),
        _ => None,
    }
}

fn most(size: &MaxSize, basis: Option<f32>) -> Option<f32> {
    match size {
        MaxSize::LengthPercentage(length) => definite(&length.0, basis),
        _ => None,
    }
}

/// A length, or a percentage of a length that is known.
fn definite(length: &LengthPercentage, basis: Option<f32>) -> Option<f32> {
    match (length.to_length(), basis) {
        (Some(length), _) => Some(length.px()),
        (None, Some(basis)) => Some(length.resolve(Length::new(basis)).px()),
        (None, None) => None,
    }
}

pub(super) fn margin(margin: &Margin, basis: f32) -> Option<f32> {
    match margin {
        Margin::LengthPercentage(length) => definite(length, Some(basis)),
        _ => None,
    }
}

pub(super) fn inset(inset: &Inset, basis: f32) -> Option<f32> {
    match inset {
        Inset::LengthPercentage(length) => definite(length, Some(basis)),
        _ => None,
    }
}
