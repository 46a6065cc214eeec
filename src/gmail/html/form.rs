//! The text that the fields of a form show.

use super::tree::{Element, Link};

/// The value of an `input` element. A hint in it has a style of its own, and is left out.
pub(super) fn value(element: &Element<'_>) -> Option<String> {
    let attribute =
        |name: &str| element.attribute(name).map(|value| value.to_owned()).filter(|value| !value.is_empty());
    match &*attribute("type").unwrap_or_default().to_ascii_lowercase() {
        "hidden" | "password" | "checkbox" | "radio" | "file" | "range" | "color" => None,
        "image" => attribute("alt"),
        "number" => attribute("value").filter(|value| value.parse::<f64>().is_ok()),
        "date" | "time" | "month" | "week" | "datetime-local" => attribute("value")
            .filter(|value| value.chars().all(|c| c.is_ascii_digit() || "-:.TW".contains(c))),
        _ => attribute("value"),
    }
}

/// The option of a `select` element that is chosen, or all its entries if it shows several.
pub(super) fn options(select: Link<'_>, element: &Element<'_>) -> Vec<String> {
    let shows_several = element.has("multiple")
        || element
            .attribute("size")
            .is_some_and(|size| size.trim().parse::<u32>().is_ok_and(|size| size > 1));
    let options = || select.descendants().filter(|node| node.html("option").is_some());
    let is_chosen = |node: &Link<'_>| node.element().is_some_and(|element| element.has("selected"));
    if !shows_several {
        return options().find(is_chosen).or_else(|| options().next()).map(label).into_iter().collect();
    }
    let entries = select.descendants().filter(|node| node.html("option").or(node.html("optgroup")).is_some());
    entries
        .filter(|node| node.style().is_some_and(|style| !style.get_box().display.is_none()))
        .map(label)
        .collect()
}

fn label(entry: Link<'_>) -> String {
    let label = entry.element().and_then(|element| element.attribute("label").map(|label| label.to_owned()));
    label.filter(|label| !label.is_empty()).unwrap_or_else(|| entry.own_text())
}
