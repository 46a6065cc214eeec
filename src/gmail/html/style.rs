//! CSS declarations, as far as they decide whether text can be seen: what an element asks for ([`Style`]) and
//! what comes of it in its place ([`Look`]).

use super::color::Rgba;

/// One declaration that matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Effect {
    Hiding(Hiding, bool),
    Visible(bool),
    Opacity(f32),
    Font(Size),
    Color(Rgba),
    /// The colour of the background; `None` makes it that of the surroundings again.
    Fill(Option<Rgba>),
    /// A background that cannot be compared with: an image, a gradient, a variable.
    Picture(bool),
    /// White space is kept as it was written.
    Pre(bool),
}

/// Properties that hide, alone or together with others; each holds whether its value does.
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
    /// `dialog` and its like: markup that is not drawn whatever the style says.
    NotDrawn,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Size {
    Px(f32),
    /// Times the size of the surroundings.
    Times(f32),
}

/// Effects in source order, each with whether it is `!important`.
pub(super) type Declarations = Vec<(Effect, bool)>;

/// What one element asks for.
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

    /// Whether the element and all in it take no part in what is drawn.
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

/// How text at one place in the document comes out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    gone: bool,
    visible: bool,
    opacity: f32,
    font: f32,
    color: Rgba,
    /// The colour behind the text, where it is known.
    ground: Option<Rgba>,
    pre: bool,
}

impl Look {
    /// Black on white, as a mail client starts.
    pub(super) const PAPER: Look = Look {
        gone: false,
        visible: true,
        opacity: 1.0,
        font: 16.0,
        color: Rgba::BLACK,
        ground: Some(Rgba::WHITE),
        pre: false,
    };

    /// The look of an element of this style inside one of this look.
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

    /// Nothing inside can be seen, whatever its own style.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Pictures are hidden by less than text is: size and colour of type do not matter to them.
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

/// CSS without comments and escapes, in lower case: what the functions of this module expect.
pub(super) fn normal(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(['/', '\\']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("/*") {
            out.push(' ');
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if let Some(escape) = rest.strip_prefix('\\') {
            rest = unescape(escape, &mut out);
        } else {
            out.push('/');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out.make_ascii_lowercase();
    out
}

/// Resolves what follows a backslash. Punctuation becomes `_`, so that it cannot be taken for syntax.
fn unescape<'a>(escape: &'a str, out: &mut String) -> &'a str {
    let digits = escape.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
    let (c, rest) = if digits > 0 {
        let c = u32::from_str_radix(&escape[..digits], 16).ok().and_then(char::from_u32);
        let rest = &escape[digits..];
        (c, rest.strip_prefix(|c: char| c.is_ascii_whitespace()).unwrap_or(rest))
    } else {
        let mut rest = escape.chars();
        (rest.next(), rest.as_str())
    };
    out.push(c.filter(|c| c.is_alphanumeric() || *c == '-').unwrap_or('_'));
    rest
}

/// Splits at `separator`, but not inside strings, parentheses or blocks.
pub(super) fn pieces(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match end_of(text, separator) {
            Some(at) => {
                rest = Some(&text[at + 1..]);
                Some(&text[..at])
            }
            None => rest.take(),
        }
    })
}

/// Where `wanted` (an ASCII character) first stands outside strings, parentheses and blocks.
pub(super) fn end_of(text: &str, wanted: u8) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open || byte == b'\n' => quote = None,
            (Some(_), _) => {}
            (None, _) if byte == wanted && depth == 0 => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// Reads the declarations of a `style` attribute or of a rule's block, both made [`normal`].
pub(super) fn declarations(block: &str) -> Declarations {
    let mut found = Vec::new();
    for declaration in pieces(block, b';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let (value, important) = match value.rsplit_once('!') {
            Some((value, word)) if word.trim() == "important" => (value, true),
            _ => (value, false),
        };
        effects(property.trim(), value.trim(), &mut |effect| found.push((effect, important)));
    }
    found
}

fn effects(property: &str, value: &str, add: &mut dyn FnMut(Effect)) {
    if value.is_empty() || matches!(value, "inherit" | "unset" | "revert") {
        return;
    }
    match property {
        "visibility" => add(Effect::Visible(!matches!(value, "hidden" | "collapse"))),
        "opacity" => fraction(value).into_iter().for_each(|opacity| add(Effect::Opacity(opacity))),
        "font-size" => size(value).into_iter().for_each(|size| add(Effect::Font(size))),
        "font" => font(value).into_iter().for_each(|size| add(Effect::Font(size))),
        "color" | "-webkit-text-fill-color" => {
            Rgba::parse(value).into_iter().for_each(|color| add(Effect::Color(color)));
        }
        "background" | "background-color" | "background-image" => background(property, value, add),
        "white-space" => add(Effect::Pre(value.starts_with("pre") || value == "break-spaces")),
        _ => flag(property, value).into_iter().for_each(|(flag, on)| add(Effect::Hiding(flag, on))),
    }
}

fn flag(property: &str, value: &str) -> Option<(Hiding, bool)> {
    let thin = || length(value).is_some_and(|px| px <= 1.0);
    let some = || length(value).is_some_and(|px| px > 1.0);
    let before = || length(value).is_some_and(|px| px <= -500.0);
    let outside = || length(value).is_some_and(|px| px <= -500.0 || px >= 5000.0);
    Some(match property {
        "display" => (Hiding::DisplayNone, value == "none"),
        "content-visibility" => (Hiding::ContentVisibility, value == "hidden"),
        "overflow" | "overflow-x" | "overflow-y" => {
            (Hiding::Overflow, value.split(' ').any(|word| matches!(word, "hidden" | "clip")))
        }
        "height" => (Hiding::Height, thin()),
        "max-height" => (Hiding::MaxHeight, thin()),
        "line-height" => (Hiding::LineHeight, length(value).is_some_and(|px| px <= 0.05)),
        "width" => (Hiding::Width, thin()),
        "max-width" => (Hiding::MaxWidth, thin()),
        "min-height" => (Hiding::MinHeight, some()),
        "min-width" => (Hiding::MinWidth, some()),
        "position" => (Hiding::Positioned, value != "static"),
        "left" => (Hiding::Left, outside()),
        "top" => (Hiding::Top, outside()),
        "right" => (Hiding::Right, outside()),
        "bottom" => (Hiding::Bottom, outside()),
        "text-indent" => (Hiding::Indent, before()),
        "margin" => (Hiding::Margin, value.split(' ').filter_map(length).any(|px| px <= -500.0)),
        "margin-left" | "margin-top" | "margin-right" => (Hiding::Margin, before()),
        "clip" => (Hiding::Clip, clips_all(value)),
        "clip-path" => (Hiding::ClipPath, clips_path(value)),
        "transform" => (Hiding::Transform, moves_away(value)),
        "filter" => {
            (Hiding::Filter, argument(value, "opacity").and_then(fraction).is_some_and(|n| n <= 0.05))
        }
        "zoom" | "scale" => (Hiding::Zoom, fraction(value).is_some_and(|n| n <= 0.05)),
        _ => return None,
    })
}

fn background(property: &str, value: &str, add: &mut dyn FnMut(Effect)) {
    let mut fill = None;
    let mut picture = false;
    for word in pieces(value, b' ') {
        let word = word.trim_end_matches(',');
        match Rgba::parse(word) {
            Some(color) => fill = Some(color),
            None => picture |= is_picture(word),
        }
    }
    if property != "background-image" {
        add(Effect::Fill(fill));
    }
    if property != "background-color" || picture {
        add(Effect::Picture(picture));
    }
}

/// An image that can load, a gradient, or a function whose value is not known here.
fn is_picture(word: &str) -> bool {
    match word.split_once('(') {
        Some(("url", address)) => {
            let address = address.trim_start_matches(['"', '\'', ' ']);
            ["http", "//", "cid:", "data:image"].iter().any(|scheme| address.starts_with(scheme))
        }
        Some((function, _)) => !matches!(function, "rgb" | "rgba" | "hsl" | "hsla"),
        None => false,
    }
}

/// `rect(0,0,0,0)` and every other rectangle without area.
fn clips_all(value: &str) -> bool {
    let Some(edges) = argument(value, "rect") else { return false };
    let edges: Vec<f32> = edges.split([',', ' ']).filter_map(length).collect();
    matches!(edges[..], [top, right, bottom, left] if bottom - top <= 1.0 || right - left <= 1.0)
}

fn clips_path(value: &str) -> bool {
    let percent = |text: &str| text.trim().trim_end_matches('%').parse::<f32>().ok();
    let first = |name| argument(value, name).and_then(|list| list.split([' ', ',']).next()).and_then(percent);
    first("inset").is_some_and(|n| n >= 50.0)
        || argument(value, "circle").and_then(length).is_some_and(|n| n <= 1.0)
}

fn moves_away(value: &str) -> bool {
    let shrinks = |name| {
        argument(value, name)
            .is_some_and(|list| list.split(',').filter_map(fraction).any(|n| n.abs() <= 0.05))
    };
    let shifts = |name| {
        argument(value, name).is_some_and(|list| list.split(',').filter_map(length).any(|px| px <= -500.0))
    };
    ["scale", "scalex", "scaley", "scale3d"].into_iter().any(shrinks)
        || ["translate", "translatex", "translatey", "translate3d"].into_iter().any(shifts)
}

/// What stands between the parentheses of the function `name`.
fn argument<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(')').find_map(|call| {
        let (function, argument) = call.split_once('(')?;
        (function.trim() == name).then_some(argument)
    })
}

fn fraction(text: &str) -> Option<f32> {
    let text = text.trim();
    let number = text.trim_end_matches('%').parse::<f32>().ok()?;
    Some(if text.ends_with('%') { number / 100.0 } else { number })
}

fn size(value: &str) -> Option<Size> {
    match value {
        "smaller" | "larger" => return Some(Size::Times(1.0)),
        "xx-small" | "x-small" | "small" | "medium" | "large" | "x-large" | "xx-large" | "initial" => {
            return Some(Size::Px(16.0));
        }
        _ => {}
    }
    match dimension(value)? {
        (number, "em") => Some(Size::Times(number)),
        (number, "%") => Some(Size::Times(number / 100.0)),
        _ => length(value).map(Size::Px),
    }
}

/// The size in the `font` shorthand: the first word that is a length, up to its line height.
fn font(value: &str) -> Option<Size> {
    let mut words =
        value.split(' ').filter(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
    words.find_map(|word| {
        let (size_word, line) = word.split_once('/').map_or((word, false), |(size, _)| (size, true));
        let (number, unit) = dimension(size_word)?;
        let is_weight = unit.is_empty() && number >= 100.0 && !line;
        if is_weight { None } else { size(size_word) }
    })
}

/// A length in CSS pixels; relative units by what they usually come to.
fn length(text: &str) -> Option<f32> {
    let (number, unit) = dimension(text)?;
    let px = match unit {
        "" | "px" => 1.0,
        "pt" => 1.333,
        "pc" | "em" | "rem" => 16.0,
        "ex" | "ch" => 8.0,
        "%" | "vw" | "vh" | "vmin" | "vmax" => 10.0,
        "in" => 96.0,
        "cm" => 37.8,
        "mm" => 3.78,
        _ => return None,
    };
    Some(number * px)
}

fn dimension(text: &str) -> Option<(f32, &str)> {
    let text = text.trim();
    let text = text.strip_prefix("calc(").map_or(text, |inner| inner.trim_end_matches(')').trim());
    let bytes = text.as_bytes();
    let is_number = |at: usize| match bytes[at] {
        b'0'..=b'9' | b'.' => true,
        b'+' | b'-' => at == 0 || bytes[at - 1] == b'e',
        b'e' => at > 0 && matches!(bytes.get(at + 1), Some(b'0'..=b'9' | b'-' | b'+')),
        _ => false,
    };
    let end = (0..bytes.len()).find(|&at| !is_number(at)).unwrap_or(bytes.len());
    let number = text[..end].parse::<f32>().ok()?;
    Some((number, text[end..].trim()))
}
