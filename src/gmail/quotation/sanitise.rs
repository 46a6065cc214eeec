//! Makes the HTML of a message safe to be quoted: balanced, without anything active, and without style sheets, which
//! would apply to the rest of the answer as well. Styles of single elements stay.

use std::{borrow::Cow, collections::HashSet};

use ammonia::Builder;
use html5gum::{DefaultEmitter, Token, Tokenizer};

/// Deeper documents, and those with more elements, are quoted as text: the library needs too much time for them.
const DEEPEST: usize = 1_000;
const MOST_ELEMENTS: usize = 100_000;
/// How often elements that are not closed can be repeated.
const MOST_REPEATED: usize = 2_000_000;

/// Elements beside those that the library allows.
const ELEMENTS: [&str; 7] = ["address", "big", "font", "label", "main", "section", "tfoot"];
/// Attributes of all elements.
const ATTRIBUTES: [&str; 20] = [
    "align",
    "alt",
    "background",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "class",
    "color",
    "dir",
    "face",
    "height",
    "lang",
    "nowrap",
    "role",
    "size",
    "style",
    "title",
    "valign",
    "width",
];
/// What a style may set: how an element looks, but not where it is outside the flow of the text.
const PROPERTIES: [&str; 77] = [
    "background",
    "background-color",
    "background-image",
    "background-position",
    "background-repeat",
    "background-size",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "box-sizing",
    "clear",
    "color",
    "direction",
    "display",
    "empty-cells",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-position",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "opacity",
    "overflow",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "unicode-bidi",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
];

/// `None` for a document that is too deep or too large.
pub(crate) fn sanitised(html: &str) -> Option<String> {
    if !is_within_limits(html) {
        return None;
    }
    let mut builder = Builder::default();
    builder
        .add_tags(ELEMENTS)
        .add_generic_attributes(ATTRIBUTES)
        .add_tag_attributes("img", ["src"])
        .add_clean_content_tags(["title", "noscript", "iframe", "object", "template", "select", "textarea"])
        .add_url_schemes(["cid", "data", "tel"])
        .filter_style_properties(HashSet::from(PROPERTIES))
        .attribute_filter(allowed)
        .link_rel(None);
    Some(builder.clean(html).to_string())
}

/// A `data:` URL may be an image, but not a page.
fn allowed<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let start: String = value.trim_start().chars().filter(|c| !c.is_ascii_control()).take(11).collect();
    let start = start.to_ascii_lowercase();
    let is_image = element == "img" && name == "src" && start.starts_with("data:image/");
    let is_bad = start.starts_with("data:") && !is_image;
    (!is_bad).then_some(Cow::Borrowed(value))
}

fn is_within_limits(html: &str) -> bool {
    let (mut depth, mut elements, mut formats, mut repeated) = (0usize, 0usize, 0usize, 0usize);
    // With the same emitter as `revision`, the machine is compiled once less.
    for Ok(token) in Tokenizer::new_with_emitter(html, DefaultEmitter::<usize>::new_with_span()) {
        match token {
            Token::StartTag(tag) => {
                depth += usize::from(!is_flat(&tag.name));
                formats += usize::from(is_format(&tag.name));
                elements += 1;
                repeated += formats;
            }
            Token::EndTag(tag) => {
                depth = depth.saturating_sub(usize::from(!is_flat(&tag.name)));
                formats = formats.saturating_sub(usize::from(is_format(&tag.name)));
            }
            _ => {}
        }
        if depth > DEEPEST || elements > MOST_ELEMENTS || repeated > MOST_REPEATED {
            return false;
        }
    }
    true
}

/// Whether an element has no content, or ends where the next of its kind begins.
fn is_flat(name: &[u8]) -> bool {
    const FLAT: [&[u8]; 17] = [
        b"area", b"br", b"col", b"dd", b"dt", b"hr", b"img", b"input", b"li", b"link", b"meta", b"option",
        b"p", b"td", b"th", b"tr", b"wbr",
    ];
    FLAT.contains(&name)
}

/// Whether an element that is not closed is repeated in every later paragraph (WHATWG HTML, 13.2.4.3).
fn is_format(name: &[u8]) -> bool {
    const FORMATS: [&[u8]; 14] = [
        b"a", b"b", b"big", b"code", b"em", b"font", b"i", b"nobr", b"s", b"small", b"strike", b"strong",
        b"tt", b"u",
    ];
    FORMATS.contains(&name)
}
