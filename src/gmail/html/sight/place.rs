//! Where the box of an element is, as far as its style says without laying out the page, and whether any of it can
//! be seen.

use euclid::default::Transform3D;
use selectors::matching::QuirksMode;
use style::{
    Zero,
    computed_values::{
        backface_visibility::T as Backface, float::T as Float, transform_style::T as TransformStyle,
    },
    properties::ComputedValues,
    values::{
        computed::{
            Inset, Length, LengthPercentage, Overflow, PositionProperty, TextAlign, Translate,
            transform::{Rotate, Scale},
        },
        generics::box_::GenericPerspective,
        specified::{
            Contain,
            box_::{DisplayInside, DisplayOutside},
        },
    },
};

use super::{
    super::{
        cascade::PAGE,
        tree::{Data, Document, Link},
    },
    clip,
    measures::{Measures, inset, margin},
};

/// The lowest box in which a line of text can be read, in pixels.
pub(super) const LINE: f32 = 8.0;
/// A box narrower than this hides its text.
pub(super) const NARROW: f32 = 3.0;
/// A box in which a person scrolls is at least this wide and high.
const NOTICED: f32 = 150.0;
/// How far above its place in the text a box is certain to be out of the page or over other text.
const ABOVE: f32 = 100.0;
/// How far below the page nobody looks.
const BELOW: f32 = 3000.0;
/// How much of the text of a box is measured.
const MEASURED: usize = 300;

/// The content box of an element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The left edge, from the left of the page.
    pub(super) x: f32,
    pub(super) width: f32,
    /// The height, if the style fixes it.
    height: Option<f32>,
    /// It or an element around it is positioned.
    positioned: bool,
    /// The innermost box that cuts off what is outside it.
    clip: Option<Clip>,
    /// The product of the scales of all transforms.
    pub(super) scale: f32,
    /// How far the first line is indented.
    pub(super) indent: f32,
    /// Percentages of a height that is not known are those of the window (Quirks Mode 3.5).
    pub(super) quirks: bool,
    /// The document has shapes to which `clip-path` may refer.
    pub(super) has_shapes: bool,
    /// The distance from which its content is seen, in pixels.
    perspective: Option<f32>,
    /// Its back is seen, and that of the elements inside it.
    turned: bool,
    /// The margins, borders and paddings above and below the content.
    pub(super) edges: f32,
}

#[derive(Clone, Copy, Debug)]
struct Clip {
    left: f32,
    right: f32,
    /// The height below the top of the current element, if the style fixes it.
    height: Option<f32>,
}

impl Place {
    pub(super) const PAGE: Place = Place {
        x: 0.0,
        width: PAGE,
        height: None,
        positioned: false,
        clip: None,
        scale: 1.0,
        indent: 0.0,
        quirks: false,
        has_shapes: false,
        perspective: None,
        turned: false,
        edges: 0.0,
    };

    /// The page of a document.
    pub(super) fn page(document: &Document) -> Place {
        let quirks = document.quirks.get() == QuirksMode::Quirks;
        Place { quirks, has_shapes: document.has_shapes.get(), ..Place::PAGE }
    }

    /// The place of an element inside this one; `None` if nothing of it can be seen.
    pub(super) fn inside(&self, node: Link<'_>, style: &ComputedValues) -> Option<Place> {
        if clip::hides(self, style) {
            return None;
        }
        let display = style.get_box().display;
        let is_inline =
            display.outside() == DisplayOutside::Inline && display.inside() == DisplayInside::Flow;
        if is_inline && !is_replaced(node) || display.is_contents() {
            return self.inline(style);
        }
        self.block(node, style)
    }

    /// Width, height, overflow and transforms do not apply to inline elements (CSS 2, 10.2).
    fn inline(&self, style: &ComputedValues) -> Option<Place> {
        let shift = margin(&style.get_margin().margin_left, self.width).unwrap_or(0.0);
        let mut place = Place { x: self.x + shift, ..*self };
        if style.get_box().position == PositionProperty::Relative {
            let (right, down) = self.offset(style);
            place.x += right;
            place.fall(down)?;
        }
        (shift > -ABOVE && place.x < PAGE).then_some(place)
    }

    fn block(&self, node: Link<'_>, style: &ComputedValues) -> Option<Place> {
        let display = style.get_box().display;
        let is_table = matches!(display.inside(), DisplayInside::Table);
        let is_part = matches!(display.outside(), DisplayOutside::InternalTable);
        if matches!(display.inside(), DisplayInside::TableColumn | DisplayInside::TableColumnGroup) {
            return None;
        }
        let mut size = Measures::of(self, node, style);
        let is_lone_cell = matches!(display.inside(), DisplayInside::TableCell) && !is_in_row(node);
        if is_lone_cell
            && style.get_box().overflow_x != Overflow::Visible
            && size.width.is_some_and(|w| w < NARROW)
        {
            return None;
        }
        if is_part || is_table {
            // The cells of a table are as large as their content at least.
            size.width = size.width.filter(|width| *width >= MEASURED as f32);
            size.height = None;
        }
        let inner = size.width.unwrap_or_else(|| size.fill(self.width));
        let is_inline = display.outside() == DisplayOutside::Inline;
        let mut place = Place {
            x: self.x + size.left + if is_inline { self.indent } else { 0.0 },
            width: inner,
            height: size.height,
            indent: style.get_inherited_text().text_indent.length.resolve(Length::new(inner)).px(),
            edges: size.edges,
            perspective: match &style.get_box().perspective {
                GenericPerspective::Length(length) => Some(length.0.px()),
                GenericPerspective::None => None,
            },
            ..*self
        };
        place.fall(size.top)?;
        let float = style.get_box().float;
        let position = style.get_box().position;
        // Text is measured only where its width decides.
        let is_moved = place.x < 0.0
            || float != Float::None
            || position != PositionProperty::Static
            || is_transformed(style);
        let text = if is_moved { extent(node, style).clamp(1.0, inner.max(1.0)) } else { 1.0 };
        let is_shrunk = is_inline
            || float != Float::None
            || matches!(position, PositionProperty::Absolute | PositionProperty::Fixed);
        let width = size.width.unwrap_or(if is_shrunk { text } else { inner });
        if float == Float::Right {
            place.x = self.x + self.width - size.margin_right - width;
        }
        let height = size.height.unwrap_or(20.0);
        place.put(self, style, width + size.sides, height)?;
        place.transform(self, style, (width, height), text.min(width))?;
        place.cut(node, style, &size, is_part || is_table)?;
        place.shows(place.x, text).then_some(place)
    }

    /// Moves a positioned box.
    fn put(&mut self, around: &Place, style: &ComputedValues, width: f32, height: f32) -> Option<()> {
        let position = style.get_box().position;
        match position {
            PositionProperty::Static => return Some(()),
            PositionProperty::Sticky => {}
            PositionProperty::Relative => {
                let (right, down) = around.offset(style);
                self.x += right;
                self.fall(down)?;
            }
            PositionProperty::Absolute | PositionProperty::Fixed => {
                self.absolute(around, style, width, height, position == PositionProperty::Fixed)?;
            }
        }
        self.positioned = true;
        Some(())
    }

    fn absolute(
        &mut self,
        around: &Place,
        style: &ComputedValues,
        width: f32,
        height: f32,
        is_fixed: bool,
    ) -> Option<()> {
        let block = if is_fixed || !around.positioned { Place::PAGE } else { *around };
        if !around.positioned || is_fixed {
            // Only what is positioned itself cuts it off.
            self.clip = None;
        }
        let margin_left = margin(&style.get_margin().margin_left, around.width).unwrap_or(0.0);
        match (
            inset(&style.get_position().left, block.width),
            inset(&style.get_position().right, block.width),
        ) {
            (Some(left), _) => self.x = block.x + left + margin_left,
            (None, Some(right)) => self.x = block.x + block.width - right - width,
            (None, None) => {}
        }
        let tall = block.height.unwrap_or(600.0);
        let top = inset(&style.get_position().top, tall);
        let bottom = inset(&style.get_position().bottom, tall);
        let y = top.or(bottom.map(|bottom| tall - bottom - height));
        let Some(y) = y else { return Some(()) };
        let is_above = if block.positioned { y + height <= -ABOVE } else { y + height <= 0.0 };
        let below = if is_fixed { tall } else { BELOW };
        if is_above || y >= below {
            return None;
        }
        self.fall_to(y)
    }

    /// How far a relatively positioned box is moved to the right and down.
    fn offset(&self, style: &ComputedValues) -> (f32, f32) {
        let (left, right) =
            (inset(&style.get_position().left, self.width), inset(&style.get_position().right, self.width));
        let tall = self.height.unwrap_or(0.0);
        let (top, bottom) =
            (inset(&style.get_position().top, tall), inset(&style.get_position().bottom, tall));
        (
            left.or(right.map(|right| -right)).unwrap_or(0.0),
            top.or(bottom.map(|bottom| -bottom)).unwrap_or(0.0),
        )
    }

    /// Moves the box down from where it would be, or up.
    fn fall(&mut self, down: f32) -> Option<()> {
        if down <= -ABOVE || down >= BELOW {
            return None;
        }
        self.fall_to(down)
    }

    fn fall_to(&mut self, down: f32) -> Option<()> {
        if let Some(height) = self.clip.as_mut().and_then(|clip| clip.height.as_mut()) {
            *height -= down;
            return (*height >= LINE / 2.0 && down > -ABOVE).then_some(());
        }
        Some(())
    }

    /// Applies the transforms of a box of this size, with text of this width at its start.
    fn transform(
        &mut self,
        around: &Place,
        style: &ComputedValues,
        (width, height): (f32, f32),
        text: f32,
    ) -> Option<()> {
        let matrix = matrix(style, width, height, around.perspective);
        let is_turned = matches!(&matrix, Some(Ok(matrix)) if matrix.m33 < 0.0) != around.turned;
        if is_turned && style.get_box().backface_visibility == Backface::Hidden {
            return None;
        }
        self.turned = is_turned && style.get_box().transform_style == TransformStyle::Preserve3d;
        let Some(matrix) = matrix else { return Some(()) };
        let matrix = matrix.ok()?;
        let is_finite = matrix.to_array().iter().all(|part| part.is_finite());
        if !is_finite || matrix.determinant().abs() < 1e-6 {
            return None;
        }
        let start = match style.get_inherited_text().text_align {
            TextAlign::Center | TextAlign::MozCenter => (width - text) / 2.0,
            TextAlign::Right | TextAlign::End | TextAlign::MozRight => width - text,
            _ => 0.0,
        };
        let corners = [(start, 0.0), (start + text, 0.0), (start + text, height), (start, height)];
        let mut moved = [(0.0, 0.0); 4];
        for (at, (x, y)) in corners.into_iter().enumerate() {
            let w = matrix.m14 * x + matrix.m24 * y + matrix.m44;
            // It is behind the eye.
            if w <= 0.001 {
                return None;
            }
            moved[at] = (
                (matrix.m11 * x + matrix.m21 * y + matrix.m41) / w,
                (matrix.m12 * x + matrix.m22 * y + matrix.m42) / w,
            );
        }
        let least = |side: fn(&(f32, f32)) -> f32| moved.iter().map(side).fold(f32::INFINITY, f32::min);
        let most = |side: fn(&(f32, f32)) -> f32| moved.iter().map(side).fold(f32::NEG_INFINITY, f32::max);
        let (left, right, top) = (least(|at| at.0), most(|at| at.0), least(|at| at.1));
        let next = moved.iter().cycle().skip(1);
        let area = moved.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f32>().abs() / 2.0;
        let part = area / (text * height).max(1.0);
        let seen = 10.0_f32.min(right - left);
        if part < 0.0025 || self.x + right < seen || self.x + left >= PAGE {
            return None;
        }
        self.scale *= part.sqrt();
        self.x += left - start.min(left.max(0.0));
        self.fall(top)
    }

    /// Cuts off what is outside the box, if it does not let it overflow.
    fn cut(&mut self, node: Link<'_>, style: &ComputedValues, size: &Measures, is_table: bool) -> Option<()> {
        let contain = style.get_box().contain;
        let paints = contain.contains(Contain::PAINT);
        let across = style.get_box().overflow_x != Overflow::Visible || paints;
        let down = style.get_box().overflow_y != Overflow::Visible || paints;
        // What the root and the body let overflow, the window scrolls to (CSS Overflow 3, 3.3).
        let is_window = node.html("html").or(node.html("body")).is_some();
        if is_table || is_window || !(across || down) {
            return Some(());
        }
        let contained = contain.contains(Contain::SIZE).then_some(0.0);
        let width = size.width.or(contained).map(|width| width + size.right);
        let height = size.height.or(contained).map(|height| height + size.bottom);
        let is_narrow = across && width.is_some_and(|width| width * self.scale < NARROW);
        let is_low = down && height.is_some_and(|height| height * self.scale < LINE);
        if is_narrow || is_low {
            return None;
        }
        // A person scrolls in a box that is large enough to be noticed.
        let scrolls = |overflow: Overflow, size: Option<f32>| {
            matches!(overflow, Overflow::Auto | Overflow::Scroll)
                && !paints
                && size.is_none_or(|size| size >= NOTICED)
        };
        let across = across && !scrolls(style.get_box().overflow_x, width);
        let down = down && !scrolls(style.get_box().overflow_y, height);
        let around = self.clip.unwrap_or(Clip { left: f32::MIN, right: f32::MAX, height: None });
        let left = if across { around.left.max(self.x) } else { around.left };
        let right =
            if across { around.right.min(self.x + width.unwrap_or(self.width)) } else { around.right };
        let height = if down { height.or(around.height) } else { around.height };
        self.clip = Some(Clip { left, right, height });
        (right - left > NARROW).then_some(())
    }

    /// Whether text of a width that starts at `x` can be seen.
    pub(super) fn shows(&self, x: f32, width: f32) -> bool {
        let (left, right) = self.clip.map_or((0.0, PAGE), |clip| (clip.left.max(0.0), clip.right.min(PAGE)));
        x + width > left && x < right
    }

    /// Whether a box around this place cuts off what is outside it, and is only as high as its content.
    pub(super) fn is_cut_to_content(&self) -> bool {
        self.clip.is_some_and(|clip| clip.height.is_none())
    }

    /// Whether a positioned box starts at the top left of the box around it.
    pub(super) fn is_at_top(&self, style: &ComputedValues) -> bool {
        let near = |edge: &Inset| inset(edge, 600.0).is_none_or(|edge| edge < 20.0);
        near(&style.get_position().top) && near(&style.get_position().left)
    }

    pub(super) fn height(&self) -> Option<f32> {
        self.height
    }

    /// Puts the element below content of this height; false if that is where a box around it cuts it off.
    pub(super) fn put_below(&mut self, used: f32) -> bool {
        used <= 0.0 || self.fall_to(used).is_some()
    }

    pub(super) fn is_cut(&self) -> bool {
        self.clip.is_some_and(|clip| clip.height.is_some())
    }

    /// How wide text may be before a box around this place cuts it off.
    pub(super) fn room(&self) -> Option<f32> {
        let right = self.clip.map(|clip| clip.right).filter(|right| *right < f32::MAX)?;
        Some((right - self.x - self.indent).max(0.0))
    }
}

/// Whether a positioned box is moved up over what comes before it.
pub(super) fn is_moved_up(style: &ComputedValues, around: &Place) -> bool {
    let up = margin(&style.get_margin().margin_top, around.width).unwrap_or(0.0);
    up.min(around.offset(style).1) <= -LINE
}

/// Whether a table cell is in a row of its own table, whose other cells and width may make it larger.
fn is_in_row(node: Link<'_>) -> bool {
    let row = node.parent().and_then(|parent| parent.style());
    row.is_some_and(|style| style.get_box().display.inside() == DisplayInside::TableRow)
}

fn is_transformed(style: &ComputedValues) -> bool {
    let style = style.get_box();
    !(matches!(style.translate, Translate::None)
        && matches!(style.rotate, Rotate::None)
        && matches!(style.scale, Scale::None)
        && style.transform.0.is_empty())
}

/// The transformation of a box of this size, if it has one; an error if it cannot be told.
fn matrix(
    style: &ComputedValues,
    width: f32,
    height: f32,
    perspective: Option<f32>,
) -> Option<Result<Transform3D<f32>, ()>> {
    if !is_transformed(style) {
        return None;
    }
    let style_box = style.get_box();
    let (translate, rotate, scale) = (&style_box.translate, &style_box.rotate, &style_box.scale);
    let transform = &style_box.transform;
    let across = |length: &LengthPercentage| length.resolve(Length::new(width)).px();
    let down = |length: &LengthPercentage| length.resolve(Length::new(height)).px();
    let reference = euclid::default::Rect::new(
        euclid::default::Point2D::new(Length::zero(), Length::zero()),
        euclid::default::Size2D::new(Length::new(width), Length::new(height)),
    );
    let Ok((mut matrix, _)) = transform.to_transform_3d_matrix(Some(&reference)) else {
        return Some(Err(()));
    };
    if let Scale::Scale(x, y, z) = *scale {
        matrix = matrix.then(&Transform3D::scale(x, y, z));
    }
    match *rotate {
        Rotate::Rotate(angle) => {
            matrix =
                matrix.then(&Transform3D::rotation(0.0, 0.0, 1.0, euclid::Angle::radians(angle.radians())));
        }
        Rotate::Rotate3D(x, y, z, angle) => {
            let length = (x * x + y * y + z * z).sqrt().max(f32::EPSILON);
            let angle = euclid::Angle::radians(angle.radians());
            matrix = matrix.then(&Transform3D::rotation(x / length, y / length, z / length, angle));
        }
        Rotate::None => {}
    }
    if let Translate::Translate(x, y, z) = translate {
        matrix = matrix.then(&Transform3D::translation(across(x), down(y), z.px()));
    }
    let origin = style.get_box().transform_origin.clone();
    let (x, y) = (across(&origin.horizontal), down(&origin.vertical));
    if let Some(distance) = perspective.filter(|distance| *distance > 0.0) {
        matrix = matrix.then(&Transform3D::perspective(distance));
    }
    Some(Ok(Transform3D::translation(-x, -y, 0.0).then(&matrix).then(&Transform3D::translation(x, y, 0.0))))
}

/// Whether an element is drawn as a whole, so that its size counts even inside a line.
fn is_replaced(node: Link<'_>) -> bool {
    node.element().is_some_and(|element| {
        matches!(
            &**element.local_name(),
            "img" | "input" | "svg" | "textarea" | "select" | "button" | "canvas" | "video"
        )
    })
}

/// About how wide the text of an element is on one line, in pixels.
fn extent(node: Link<'_>, style: &ComputedValues) -> f32 {
    let mut characters = 0;
    for node in node.descendants().take(MEASURED) {
        if let Data::Text(text) = &node.data {
            characters +=
                text.borrow().split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>();
        }
        if characters > MEASURED {
            break;
        }
    }
    width_of(characters, style)
}

/// About how wide so many characters are.
pub(super) fn width_of(characters: usize, style: &ComputedValues) -> f32 {
    characters as f32 * style.get_font().font_size.computed_size().px() * 0.6
}
