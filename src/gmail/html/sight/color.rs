//! Colours as they appear on the screen, and how well text stands out from what is behind it.

use style::color::AbsoluteColor;

/// The lowest contrast (WCAG 2, "contrast ratio") at which text can be seen.
const VISIBLE: f32 = 1.25;

/// A colour in sRGB, each channel and the opacity from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rgba {
    pub(super) rgb: [f32; 3],
    pub(super) alpha: f32,
}

impl Rgba {
    pub(super) const WHITE: Rgba = Rgba { rgb: [1.0; 3], alpha: 1.0 };

    pub(super) fn of(color: AbsoluteColor) -> Rgba {
        let color = color.into_srgb_legacy();
        let channel = |value: f32| if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
        let components = color.components;
        Rgba {
            rgb: [channel(components.0), channel(components.1), channel(components.2)],
            alpha: channel(color.alpha),
        }
    }

    pub(super) fn faded(self, opacity: f32) -> Rgba {
        Rgba { alpha: self.alpha * opacity, ..self }
    }

    /// This colour painted over an opaque one.
    pub(super) fn over(self, ground: Rgba) -> Rgba {
        Rgba { rgb: mix(ground.rgb, self.rgb, self.alpha), alpha: 1.0 }
    }

    /// This colour painted over one that may let something through.
    pub(super) fn painted_on(self, below: Rgba) -> Rgba {
        let alpha = self.alpha + below.alpha * (1.0 - self.alpha);
        let part = if alpha == 0.0 { 0.0 } else { self.alpha / alpha };
        Rgba { rgb: mix(below.rgb, self.rgb, part), alpha }
    }

    /// The colour between two, at a part of the way.
    pub(super) fn between(self, other: Rgba, part: f32) -> Rgba {
        Rgba { rgb: mix(self.rgb, other.rgb, part), alpha: self.alpha + (other.alpha - self.alpha) * part }
    }

    /// Whether text of this colour is lost on an opaque ground.
    pub(super) fn is_lost_on(self, ground: Rgba) -> bool {
        let (text, ground) = (self.over(ground).luminance(), ground.luminance());
        (text.max(ground) + 0.05) / (text.min(ground) + 0.05) < VISIBLE
    }

    fn luminance(self) -> f32 {
        let linear = |c: f32| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let [r, g, b] = self.rgb.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

fn mix(from: [f32; 3], to: [f32; 3], part: f32) -> [f32; 3] {
    [0, 1, 2].map(|i| from[i] + (to[i] - from[i]) * part)
}
