//! The declarations that presentational attributes stand for (WHATWG HTML, 15.3).

use std::fmt::Write;

use style::servo::attr::{AttrValue, LengthOrPercentageOrAuto};

use super::super::tree::Element;

/// The declarations of an element's attributes, if it has any.
pub(super) fn of(element: &Element<'_>) -> Option<String> {
    if !element.is_html() || element.attributes.borrow().is_empty() {
        return None;
    }
    let mut css = String::new();
    for attribute in element.attributes.borrow().iter().filter(|attribute| attribute.name.ns.is_empty()) {
        declare(element.local_name(), &attribute.name.local, &attribute.value, &mut css);
    }
    (!css.is_empty()).then_some(css)
}

fn declare(tag: &str, name: &str, value: &str, css: &mut String) {
    match (tag, name) {
        ("body" | "marquee" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th", "bgcolor") => {
            color("background-color", value, css);
        }
        ("body" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th", "background")
            if !value.is_empty() =>
        {
            css.push_str("background-image:url(background);");
        }
        ("body", "text") | ("font", "color") => color("color", value, css),
        ("font", "size") => font_size(value, css),
        (
            "table" | "td" | "th" | "col" | "colgroup" | "img" | "object" | "embed" | "iframe" | "video"
            | "hr",
            "width",
        ) => {
            dimension("width", value, tag == "table" || tag == "td" || tag == "th", css);
        }
        (
            "table" | "td" | "th" | "tr" | "tbody" | "thead" | "tfoot" | "img" | "object" | "embed"
            | "iframe" | "video",
            "height",
        ) => {
            dimension(
                "height",
                value,
                matches!(tag, "table" | "td" | "th" | "tr" | "tbody" | "thead" | "tfoot"),
                css,
            );
        }
        ("td" | "th", "nowrap") => css.push_str("white-space:nowrap;"),
        ("pre", "wrap") => css.push_str("white-space:pre-wrap;"),
        ("img" | "object" | "embed" | "iframe" | "video", "hspace") => {
            dimension("margin-left", value, false, css);
            dimension("margin-right", value, false, css);
        }
        (_, "dir") if value.eq_ignore_ascii_case("rtl") => css.push_str("direction:rtl;"),
        (_, "dir") if value.eq_ignore_ascii_case("ltr") => css.push_str("direction:ltr;"),
        _ => {}
    }
}

pub(super) fn color(property: &str, value: &str, css: &mut String) {
    if let AttrValue::Color(_, Some(color)) = AttrValue::from_legacy_color(value.to_owned()) {
        let color = color.into_srgb_legacy();
        let [red, green, blue] =
            [color.components.0, color.components.1, color.components.2].map(|c| (c * 255.0).round());
        let _ = write!(css, "{property}:rgb({red},{green},{blue});");
    }
}

fn dimension(property: &str, value: &str, ignores_zero: bool, css: &mut String) {
    let value = value.to_owned();
    let parsed = if ignores_zero {
        AttrValue::from_nonzero_dimension(value)
    } else {
        AttrValue::from_dimension(value)
    };
    let AttrValue::Dimension(_, length) = parsed else { return };
    let _ = match length {
        LengthOrPercentageOrAuto::Auto => Ok(()),
        LengthOrPercentageOrAuto::Percentage(part) => write!(css, "{property}:{}%;", part * 100.0),
        LengthOrPercentageOrAuto::Length(length) => write!(css, "{property}:{}px;", length.to_f32_px()),
    };
}

/// The rules for parsing a legacy font size (WHATWG HTML, 15.3.4).
fn font_size(value: &str, css: &mut String) {
    let value = value.trim_start();
    let digits = value.trim_start_matches(['+', '-']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let Ok(number) = digits[..end].parse::<i64>() else { return };
    let size = match value.as_bytes().first() {
        Some(b'+') => number.saturating_add(3),
        Some(b'-') => 3_i64.saturating_sub(number),
        _ => number,
    };
    let name = match size {
        ..=1 => "x-small",
        2 => "small",
        3 => "medium",
        4 => "large",
        5 => "x-large",
        6 => "xx-large",
        7.. => "xxx-large",
    };
    let _ = write!(css, "font-size:{name};");
}
