//! CSS syntax: splits a style sheet into its parts and reads declarations as [`Effect`]s.

use super::{
    color::Rgba,
    style::{Declarations, Effect, Hiding, Size},
};

/// Removes comments and escapes and changes to lower case. The other functions of this module expect such text.
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

/// Resolves the escape after a backslash. Punctuation becomes `_`, so that it is not read as syntax.
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

/// The position of the first `wanted` (an ASCII character) outside strings, parentheses and blocks.
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

/// Reads the declarations of a [`normal`] `style` attribute or rule block.
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
        _ => hiding(property, value).into_iter().for_each(|(kind, on)| add(Effect::Hiding(kind, on))),
    }
}

fn hiding(property: &str, value: &str) -> Option<(Hiding, bool)> {
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

/// An image that can be loaded, a gradient, or a function whose value is not known.
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

/// The argument of the function `name`.
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

/// The font size in the `font` shorthand: the first word that is a length, without the line height.
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

/// A length in CSS pixels; relative units are estimated.
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
