//! What is painted behind text, and how filters and blending change both.

use style::{
    properties::ComputedValues,
    values::{
        computed::{Filter, Gradient, Image, Length, LengthPercentage, background::BackgroundSize},
        generics::{
            NonNegative,
            image::{GenericGradient, GenericGradientItem},
            length::GenericLengthPercentageOrAuto,
        },
        specified::background::{BackgroundRepeat, BackgroundRepeatKeyword},
    },
};

use super::{super::cascade::PAGE, color::Rgba};

/// At how many places a gradient is looked at.
const SAMPLES: usize = 16;
/// The part of the ground on which text must be seen.
const SEEN: f32 = 0.3;

/// The opaque colours behind text: one, or several that stand for equal parts of a gradient.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    colors: Vec<Rgba>,
    /// An element painted it, not the window.
    painted: bool,
}

impl Ground {
    pub(super) fn paper() -> Ground {
        Ground { colors: vec![Rgba::WHITE], painted: false }
    }

    /// Whether text of these colours, equal parts of its glyphs, is lost on this ground.
    pub(super) fn swallows(&self, text: &[Rgba], seen_through: &Sight) -> bool {
        let pairs = self.colors.len().max(text.len());
        let pair = |at: usize| (self.colors[at * self.colors.len() / pairs], text[at * text.len() / pairs]);
        let seen =
            (0..pairs).map(pair).filter(|&(ground, text)| seen_through.tells_apart(ground, text)).count();
        (seen as f32) < SEEN * pairs as f32
    }

    /// The ground after a layer was painted over it.
    pub(super) fn under(&self, layer: &[Rgba]) -> Ground {
        if layer.iter().all(|color| color.alpha == 0.0) {
            return self.clone();
        }
        let parts = self.colors.len().max(layer.len());
        let part =
            |at: usize| layer[at * layer.len() / parts].over(self.colors[at * self.colors.len() / parts]);
        let mut colors: Vec<Rgba> = (0..parts).map(part).collect();
        colors.dedup();
        Ground { colors, painted: true }
    }

    fn first(&self) -> Rgba {
        self.colors.first().copied().unwrap_or(Rgba::WHITE)
    }
}

/// Everything through which a group of elements is seen: opacity, filters, blending.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    opacity: f32,
    filters: Vec<Filter>,
    /// The ground behind the outermost group.
    behind: Option<Rgba>,
    /// A background was painted inside the group, so that the filters change the ground, too.
    paints: bool,
    blend: Option<Blend>,
}

type Blend = style::computed_values::mix_blend_mode::T;

impl Sight {
    pub(super) fn clear() -> Sight {
        Sight { opacity: 1.0, filters: Vec::new(), behind: None, paints: false, blend: None }
    }

    pub(super) fn opacity(&self) -> f32 {
        self.opacity
    }

    /// What is seen through this and through the effects of one more element on `ground`.
    pub(super) fn through(&self, style: &ComputedValues, ground: &Ground) -> Sight {
        let effects = style.get_effects();
        let mut sight = self.clone();
        let blend = style.get_effects().mix_blend_mode;
        if effects.opacity < 1.0 || !effects.filter.0.is_empty() || blend != Blend::Normal {
            sight.behind = sight.behind.or(Some(ground.first()));
            // What the window paints is not blended with (Compositing and Blending 1, 3.4).
            let blend = if ground.painted { blend } else { Blend::Normal };
            sight.opacity *= effects.opacity.clamp(0.0, 1.0);
            sight.filters.extend(effects.filter.0.iter().cloned());
            for filter in effects.filter.0.iter() {
                if let Filter::Opacity(part) = filter {
                    sight.opacity *= part.0.clamp(0.0, 1.0);
                }
            }
            sight.blend = if blend == Blend::Normal { sight.blend } else { Some(blend) };
        }
        sight
    }

    pub(super) fn faded(&mut self, opacity: f32) {
        self.opacity *= opacity;
    }

    pub(super) fn painted(&mut self) {
        self.paints |= self.behind.is_some();
    }

    /// Whether the blur is so strong that text cannot be read.
    pub(super) fn is_blurred(&self) -> bool {
        self.filters.iter().any(|filter| matches!(filter, Filter::Blur(radius) if radius.px() > 6.0))
    }

    fn tells_apart(&self, ground: Rgba, text: Rgba) -> bool {
        let behind = self.behind.unwrap_or(ground);
        let mut seen = text.over(ground);
        let mut beside = ground;
        for filter in &self.filters {
            seen = filtered(seen, filter);
            if self.paints {
                beside = filtered(beside, filter);
            }
        }
        if let Some(mode) = self.blend {
            seen = blended(behind, seen, mode);
            if self.paints {
                beside = blended(behind, beside, mode);
            }
        }
        let seen = seen.faded(self.opacity).over(behind);
        let beside = if self.paints { beside.faded(self.opacity).over(behind) } else { beside };
        !seen.is_lost_on(beside)
    }
}

/// Filter Effects 1, 9.
fn filtered(color: Rgba, filter: &Filter) -> Rgba {
    let each =
        |change: &dyn Fn(f32) -> f32| Rgba { rgb: color.rgb.map(|c| change(c).clamp(0.0, 1.0)), ..color };
    let gray = 0.2126 * color.rgb[0] + 0.7152 * color.rgb[1] + 0.0722 * color.rgb[2];
    match filter {
        Filter::Brightness(amount) => each(&|c| c * amount.0),
        Filter::Contrast(amount) => each(&|c| (c - 0.5) * amount.0 + 0.5),
        Filter::Invert(amount) => each(&|c| c + (1.0 - 2.0 * c) * amount.0),
        Filter::Grayscale(amount) => each(&|c| c + (gray - c) * amount.0),
        Filter::Saturate(amount) => each(&|c| gray + (c - gray) * amount.0),
        _ => color,
    }
}

/// Compositing and Blending 1, 5: the modes that work on each channel. The others keep the hue or lightness of one of
/// the two, and are not judged.
fn blended(ground: Rgba, color: Rgba, mode: Blend) -> Rgba {
    let channel = |b: f32, s: f32| match mode {
        Blend::Multiply => b * s,
        Blend::Screen => b + s - b * s,
        Blend::Overlay => hard_light(s, b),
        Blend::HardLight | Blend::SoftLight => hard_light(b, s),
        Blend::Darken => b.min(s),
        Blend::Lighten => b.max(s),
        Blend::ColorDodge if b == 0.0 => 0.0,
        Blend::ColorDodge => (b / (1.0 - s).max(0.001)).min(1.0),
        Blend::ColorBurn if b >= 1.0 => 1.0,
        Blend::ColorBurn => 1.0 - ((1.0 - b) / s.max(0.001)).min(1.0),
        Blend::Difference => (b - s).abs(),
        Blend::Exclusion => b + s - 2.0 * b * s,
        // They take the lightness of the ground.
        Blend::Hue | Blend::Saturation | Blend::Color => b,
        Blend::PlusLighter => (b + s).min(1.0),
        _ => s,
    };
    Rgba { rgb: [0, 1, 2].map(|i| channel(ground.rgb[i], color.rgb[i])), ..color }
}

fn hard_light(b: f32, s: f32) -> f32 {
    if s <= 0.5 {
        b * 2.0 * s
    } else {
        let s = 2.0 * s - 1.0;
        b + s - b * s
    }
}

/// The layers of an element's background, the lowest first, with the glyphs that `background-clip: text` paints.
pub(super) struct Background {
    pub(super) layers: Vec<Vec<Rgba>>,
    pub(super) glyphs: Vec<Vec<Rgba>>,
}

pub(super) fn background(style: &ComputedValues) -> Background {
    use style::computed_values::background_clip::single_value::T as Clip;
    let background = style.get_background();
    let clips = &background.background_clip.0;
    let clip = |at: usize| if clips.is_empty() { Clip::BorderBox } else { clips[at % clips.len()] };
    let mut found = Background { layers: Vec::new(), glyphs: Vec::new() };
    let images = &background.background_image.0;
    let lowest = clip(images.len().saturating_sub(1));
    let mut add = |colors: Vec<Rgba>, clip: Clip| {
        if clip == Clip::Text { found.glyphs.push(colors) } else { found.layers.push(colors) }
    };
    add(vec![Rgba::of(style.resolve_color(&background.background_color))], lowest);
    for (at, image) in images.iter().enumerate().rev() {
        let size = cycled(&background.background_size.0, at);
        let repeat = cycled(&background.background_repeat.0, at);
        if covers(size, repeat) {
            add(colors(image, style), clip(at));
        }
    }
    for shadow in
        style.get_effects().box_shadow.0.iter().filter(|shadow| shadow.inset && shadow.spread.px() > 10.0)
    {
        add(vec![Rgba::of(style.resolve_color(&shadow.base.color))], Clip::BorderBox);
    }
    found
}

fn cycled<T>(values: &[T], at: usize) -> Option<&T> {
    (!values.is_empty()).then(|| &values[at % values.len()])
}

/// Whether an image covers its element, as far as can be told without its own size.
pub(super) fn covers(size: Option<&BackgroundSize>, repeat: Option<&BackgroundRepeat>) -> bool {
    let Some(BackgroundSize::ExplicitSize { width, height }) = size else { return true };
    let side = |side: &GenericLengthPercentageOrAuto<NonNegative<LengthPercentage>>,
                repeat: Option<BackgroundRepeatKeyword>| match side {
        GenericLengthPercentageOrAuto::Auto => true,
        GenericLengthPercentageOrAuto::LengthPercentage(side) => {
            let part = side.0.to_percentage().map(|part| part.0);
            let px = side.0.resolve(Length::new(PAGE)).px();
            part.map_or(px > 0.0, |part| part > 0.0)
                && (repeat != Some(BackgroundRepeatKeyword::NoRepeat)
                    || part.is_some_and(|part| part >= 1.0)
                    || px >= PAGE)
        }
    };
    side(width, repeat.map(|repeat| repeat.0)) && side(height, repeat.map(|repeat| repeat.1))
}

/// The colours of an image: those of a gradient at equal distances. Nothing is known of an image that is fetched, so
/// that the colour below it counts.
pub(super) fn colors(image: &Image, style: &ComputedValues) -> Vec<Rgba> {
    let nothing = vec![Rgba { alpha: 0.0, ..Rgba::WHITE }];
    match image {
        Image::Gradient(gradient) => samples(gradient, style).unwrap_or(nothing),
        Image::Image(color) => vec![Rgba::of(style.resolve_color(color))],
        Image::ImageSet(set) => {
            set.items.get(set.selected_index).map_or(nothing, |item| colors(&item.image, style))
        }
        _ => nothing,
    }
}

fn samples(gradient: &Gradient, style: &ComputedValues) -> Option<Vec<Rgba>> {
    let color = |color| Rgba::of(style.resolve_color(color));
    let place = |at: &LengthPercentage| at.resolve(Length::new(PAGE)).px() / PAGE;
    let stops: Vec<(Rgba, Option<f32>)> = match gradient {
        GenericGradient::Linear { items, .. } | GenericGradient::Radial { items, .. } => items
            .iter()
            .filter_map(|item| match item {
                GenericGradientItem::SimpleColorStop(stop) => Some((color(stop), None)),
                GenericGradientItem::ComplexColorStop { color: stop, position } => {
                    Some((color(stop), Some(place(position))))
                }
                GenericGradientItem::InterpolationHint(_) => None,
            })
            .collect(),
        GenericGradient::Conic { items, .. } => items
            .iter()
            .filter_map(|item| match item {
                GenericGradientItem::SimpleColorStop(stop) => Some((color(stop), None)),
                GenericGradientItem::ComplexColorStop { color: stop, .. } => Some((color(stop), None)),
                GenericGradientItem::InterpolationHint(_) => None,
            })
            .collect(),
    };
    let stops = placed(&stops)?;
    Some((0..SAMPLES).map(|at| at_part(&stops, (at as f32 + 0.5) / SAMPLES as f32)).collect())
}

/// Gives every stop a place (CSS Images 3, 3.5.3).
fn placed(stops: &[(Rgba, Option<f32>)]) -> Option<Vec<(Rgba, f32)>> {
    let last = stops.len().checked_sub(1)?;
    let mut placed: Vec<(Rgba, f32)> = Vec::with_capacity(stops.len());
    for (at, &(color, place)) in stops.iter().enumerate() {
        let before = placed.last().map_or(0.0, |&(_, place)| place);
        let place = place.unwrap_or_else(|| match at {
            0 => 0.0,
            _ => {
                let next = stops[at..].iter().position(|(_, place)| place.is_some());
                let (steps, end) =
                    next.map_or((last - at, 1.0), |next| (next, stops[at + next].1.unwrap_or(1.0)));
                before + (end.max(before) - before) / (steps + 1) as f32
            }
        });
        placed.push((
            color,
            if at == last && stops[at].1.is_none() { 1.0_f32.max(before) } else { place.max(before) },
        ));
    }
    Some(placed)
}

fn at_part(stops: &[(Rgba, f32)], part: f32) -> Rgba {
    let Some(after) = stops.iter().position(|&(_, place)| place > part) else {
        return stops.last().map_or(Rgba::WHITE, |&(color, _)| color);
    };
    let (next, end) = stops[after];
    let Some(&(color, start)) = after.checked_sub(1).and_then(|before| stops.get(before)) else {
        return next;
    };
    color.between(next, (part - start) / (end - start).max(f32::EPSILON))
}
