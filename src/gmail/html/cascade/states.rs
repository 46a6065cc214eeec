//! Whether an element is in the state that a pseudo-class names, in a mail that nobody has touched.

use style::selector_parser::{AttrValue, Lang, NonTSPseudoClass, extended_filtering};

use super::super::tree::{Element, Node};

pub(super) fn is_link(element: &Element<'_>) -> bool {
    element.is_html() && matches!(&**element.local_name(), "a" | "area") && element.has("href")
}

/// Selectors 4 and WHATWG HTML, 4.16.3.
pub(super) fn matches(node: &Node<'_>, element: &Element<'_>, class: &NonTSPseudoClass) -> bool {
    use NonTSPseudoClass as Class;
    let name = if element.is_html() { &**element.local_name() } else { "" };
    let is_control =
        matches!(name, "button" | "input" | "select" | "textarea" | "fieldset" | "optgroup" | "option");
    let takes_value = matches!(name, "input" | "select" | "textarea");
    match class {
        Class::AnyLink | Class::Link => is_link(element),
        Class::Checked => {
            name == "input" && element.has("checked") || name == "option" && element.has("selected")
        }
        Class::Default => {
            name == "input" && element.has("checked") || name == "option" && element.has("selected")
        }
        Class::Defined => !name.contains('-'),
        Class::Disabled => is_control && element.has("disabled"),
        Class::Enabled => is_control && !element.has("disabled"),
        Class::Open => matches!(name, "details" | "dialog") && element.has("open"),
        Class::Required => takes_value && element.has("required"),
        Class::Optional => takes_value && !element.has("required"),
        Class::Valid => takes_value && !element.has("required") || matches!(name, "form" | "fieldset"),
        Class::Invalid => takes_value && element.has("required") && !element.has("value"),
        Class::PlaceholderShown => {
            matches!(name, "input" | "textarea") && element.has("placeholder") && !element.has("value")
        }
        Class::ReadWrite => is_writable(name, element),
        Class::ReadOnly => !is_writable(name, element),
        Class::Indeterminate => name == "progress" && !element.has("value"),
        Class::Lang(lang) => speaks(node, None, lang),
        _ => false,
    }
}

fn is_writable(name: &str, element: &Element<'_>) -> bool {
    let editable =
        element.attribute("contenteditable").is_some_and(|value| !value.eq_ignore_ascii_case("false"));
    let text = matches!(name, "input" | "textarea") && !element.has("readonly") && !element.has("disabled");
    editable || text
}

/// Whether the language of an element, its own or inherited, is in one of the wanted ranges (RFC 4647).
pub(super) fn speaks(node: &Node<'_>, lang: Option<Option<AttrValue>>, wanted: &Lang) -> bool {
    let own = || {
        let mut up = std::iter::successors(node.parent(), |node| node.parent());
        let of = |element: &Element<'_>| element.attribute("lang").map(|lang| lang.to_owned());
        node.element().and_then(of).or_else(|| up.find_map(|node| node.element().and_then(of)))
    };
    let lang = lang.map_or_else(own, |lang| lang.map(|lang| lang.to_string())).unwrap_or_default();
    extended_filtering(&lang, wanted)
}
