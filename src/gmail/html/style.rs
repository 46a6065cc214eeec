//! Whether text is visible: what an element declares ([`Style`]), and the result in its place ([`Look`]).

use super::color::Rgba;

/// A declaration that affects visibility or white space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Effect {
    Hiding(Hiding, bool),
    Visible(bool),
    Opacity(f32),
    Font(Size),
    Color(Rgba),
    /// The background colour; `None` resets it to that of the surrounding element.
    Fill(Option<Rgba>),
    /// A background whose colour is not known: an image, a gradient, a variable.
    Picture(bool),
    /// White space is preserved.
    Pre(bool),
}

/// Properties that can hide an element, alone or in combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hiding {
    DisplayNone,
    Overflow,
    Height,
    MaxHeight,
    LineHeight,
    Width,
    MaxWidth,
    MinHeight,
    MinWidth,
    Positioned,
    Left,
    Top,
    Right,
    Bottom,
    Indent,
    Margin,
    Clip,
    ClipPath,
    Transform,
    Filter,
    Zoom,
    ContentVisibility,
    /// An element that is never rendered, whatever its style.
    NotDrawn,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Size {
    Px(f32),
    /// Relative to the size of the surrounding text.
    Times(f32),
}

/// Effects in source order, each with whether it is `!important`.
pub(super) type Declarations = Vec<(Effect, bool)>;

/// What one element declares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Style {
    flags: u32,
    visible: Option<bool>,
    opacity: Option<f32>,
    font: Option<Size>,
    color: Option<Rgba>,
    fill: Option<Rgba>,
    picture: bool,
    pre: Option<bool>,
}

impl Style {
    pub(super) fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Hiding(flag, true) => self.flags |= 1 << flag as u32,
            Effect::Hiding(flag, false) => self.flags &= !(1 << flag as u32),
            Effect::Visible(visible) => self.visible = Some(visible),
            Effect::Opacity(opacity) => self.opacity = Some(opacity),
            Effect::Font(size) => self.font = Some(size),
            Effect::Color(color) => self.color = Some(color),
            Effect::Fill(fill) => self.fill = fill,
            Effect::Picture(picture) => self.picture = picture,
            Effect::Pre(pre) => self.pre = Some(pre),
        }
    }

    pub(super) fn has(&self, flag: Hiding) -> bool {
        self.flags & 1 << flag as u32 != 0
    }

    fn any(&self, flags: &[Hiding]) -> bool {
        flags.iter().any(|&flag| self.has(flag))
    }

    /// Whether neither the element nor its content is rendered.
    fn is_gone(&self) -> bool {
        use Hiding::*;
        let no_height = self.has(Height) && !self.has(MinHeight) || self.any(&[MaxHeight, LineHeight]);
        let no_width = self.has(Width) && !self.has(MinWidth) || self.has(MaxWidth);
        self.any(&[
            DisplayNone,
            NotDrawn,
            Indent,
            Margin,
            Clip,
            ClipPath,
            Transform,
            Filter,
            Zoom,
            ContentVisibility,
        ]) || self.has(Positioned) && self.any(&[Left, Top, Right, Bottom])
            || self.has(Overflow) && (no_height || no_width)
    }
}

/// How text at one place in the document is rendered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    gone: bool,
    visible: bool,
    opacity: f32,
    font: f32,
    color: Rgba,
    /// The background colour, if it is known.
    ground: Option<Rgba>,
    pre: bool,
}

impl Look {
    /// Black on white, the default of mail clients.
    pub(super) const PAPER: Look = Look {
        gone: false,
        visible: true,
        opacity: 1.0,
        font: 16.0,
        color: Rgba::BLACK,
        ground: Some(Rgba::WHITE),
        pre: false,
    };

    /// The look of an element with this style inside an element with this look.
    pub(super) fn with(&self, style: &Style) -> Look {
        let ground = match style.fill {
            _ if style.picture => None,
            Some(fill) if fill.is_opaque() => Some(fill),
            Some(fill) => self.ground.map(|ground| fill.over(ground)),
            None => self.ground,
        };
        let font = match style.font {
            Some(Size::Px(px)) => px,
            Some(Size::Times(times)) => self.font * times,
            None => self.font,
        };
        let opacity = self.opacity * style.opacity.unwrap_or(1.0);
        Look {
            gone: self.gone || style.is_gone() || opacity <= 0.05,
            visible: style.visible.unwrap_or(self.visible),
            opacity,
            font,
            color: style.color.unwrap_or(self.color),
            ground,
            pre: style.pre.unwrap_or(self.pre),
        }
    }

    /// Whether nothing inside is visible, whatever its own style.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Whether images are hidden. Unlike text, they are not hidden by a font size or colour.
    pub(super) fn hides_images(&self) -> bool {
        self.gone || !self.visible
    }

    pub(super) fn hides_text(&self) -> bool {
        self.hides_images()
            || self.font <= 1.0
            || self.color.is_transparent()
            || self.ground.is_some_and(|ground| self.color.is_lost_on(ground))
    }

    pub(super) fn keeps_space(&self) -> bool {
        self.pre
    }
}
