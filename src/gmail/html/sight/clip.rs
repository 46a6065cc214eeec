//! Shapes and masks that cut an element: `clip`, `clip-path`, `mask`.

use style::{
    properties::ComputedValues,
    values::{
        computed::{
            ClipRectOrAuto, Image, Length, LengthPercentage, PositionProperty,
            basic_shape::{BasicShape, ClipPath},
            position::Position,
        },
        generics::{
            basic_shape::{GenericBasicShape, GenericClipPath, GenericShapeRadius},
            length::GenericLengthPercentageOrAuto,
            position::GenericPositionOrAuto,
        },
    },
};

use super::{
    paint,
    place::{LINE, NARROW, Place},
};

/// Whether shape or mask hide all of an element inside `around`.
pub(super) fn hides(around: &Place, style: &ComputedValues) -> bool {
    let is_positioned =
        matches!(style.get_box().position, PositionProperty::Absolute | PositionProperty::Fixed);
    is_positioned && is_clipped(style) || path_hides(around, style) || opacity_of_mask(style) < 0.05
}

/// CSS Masking 1, 7.
fn is_clipped(style: &ComputedValues) -> bool {
    let ClipRectOrAuto::Rect(rect) = style.get_effects().clip else { return false };
    let edge = |edge: &GenericLengthPercentageOrAuto<Length>, auto: f32| match edge {
        GenericLengthPercentageOrAuto::LengthPercentage(length) => length.px(),
        GenericLengthPercentageOrAuto::Auto => auto,
    };
    edge(&rect.right, f32::MAX) - edge(&rect.left, 0.0).max(0.0) < NARROW
        || edge(&rect.bottom, f32::MAX) - edge(&rect.top, 0.0).max(0.0) < LINE
        || edge(&rect.top, 0.0) > 100.0
        || edge(&rect.left, 0.0) >= super::super::cascade::PAGE
}

fn path_hides(around: &Place, style: &ComputedValues) -> bool {
    let path: ClipPath = style.get_svg().clip_path.clone();
    let size = (around.width.max(1.0), around.height().unwrap_or(20.0).max(1.0));
    match path {
        GenericClipPath::None | GenericClipPath::Box(_) => false,
        // The shape that it refers to is not looked at.
        GenericClipPath::Url(_) => around.has_shapes,
        GenericClipPath::Shape(shape, _) => !shape_shows(&shape, size),
    }
}

fn shape_shows(shape: &BasicShape, (width, height): (f32, f32)) -> bool {
    let across = |length: &LengthPercentage| length.resolve(Length::new(width)).px();
    let down = |length: &LengthPercentage| length.resolve(Length::new(height)).px();
    let shows = |left: f32, top: f32, right: f32, bottom: f32| {
        let (left, top, right, bottom) = (left.max(0.0), top.max(0.0), right.min(width), bottom.min(height));
        right - left >= NARROW && bottom - top >= LINE.min(height * 0.4)
    };
    let centre = |position: &GenericPositionOrAuto<Position>| match position {
        GenericPositionOrAuto::Position(position) => (across(&position.horizontal), down(&position.vertical)),
        GenericPositionOrAuto::Auto => (width / 2.0, height / 2.0),
    };
    let radius = |radius: &GenericShapeRadius<LengthPercentage>, basis: f32, side: f32| match radius {
        GenericShapeRadius::Length(length) => length.0.resolve(Length::new(basis)).px(),
        _ => side / 2.0,
    };
    match shape {
        GenericBasicShape::Rect(inset) => {
            let rect = &inset.rect;
            shows(across(&rect.3), down(&rect.0), width - across(&rect.1), height - down(&rect.2))
        }
        GenericBasicShape::Circle(circle) => {
            let (x, y) = centre(&circle.position);
            let r = radius(&circle.radius, width.hypot(height) / 2.0_f32.sqrt(), width.min(height));
            shows(x - r, y - r, x + r, y + r)
        }
        GenericBasicShape::Ellipse(ellipse) => {
            let (x, y) = centre(&ellipse.position);
            let (rx, ry) =
                (radius(&ellipse.semiaxis_x, width, width), radius(&ellipse.semiaxis_y, height, height));
            shows(x - rx, y - ry, x + rx, y + ry)
        }
        GenericBasicShape::Polygon(polygon) => {
            let points: Vec<(f32, f32)> =
                polygon.coordinates.iter().map(|point| (across(&point.0), down(&point.1))).collect();
            let next = points.iter().cycle().skip(1);
            let area = points.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f32>().abs() / 2.0;
            let least = |side: fn(&(f32, f32)) -> f32| points.iter().map(side).fold(f32::MAX, f32::min);
            let most = |side: fn(&(f32, f32)) -> f32| points.iter().map(side).fold(f32::MIN, f32::max);
            area >= NARROW * LINE && shows(least(|p| p.0), least(|p| p.1), most(|p| p.0), most(|p| p.1))
        }
        // An arbitrary path cannot be judged.
        GenericBasicShape::PathOrShape(_) => false,
    }
}

/// The average opacity that a mask leaves. An image that is not fetched masks everything (CSS Masking 1, 6.1).
pub(super) fn opacity_of_mask(style: &ComputedValues) -> f32 {
    let masks = style.get_svg();
    let mut opacity: Option<f32> = None;
    for (at, image) in masks.mask_image.0.iter().enumerate() {
        let sizes = &masks.mask_size.0;
        let repeats = &masks.mask_repeat.0;
        let covers = paint::covers(
            (!sizes.is_empty()).then(|| &sizes[at % sizes.len()]),
            (!repeats.is_empty()).then(|| &repeats[at % repeats.len()]),
        );
        let layer = match image {
            Image::None => continue,
            _ if !covers => 0.0,
            image => {
                let colors = paint::colors(image, style);
                colors.iter().map(|color| color.alpha).sum::<f32>() / colors.len().max(1) as f32
            }
        };
        opacity = Some(opacity.unwrap_or(0.0).max(layer));
    }
    opacity.unwrap_or(1.0)
}
