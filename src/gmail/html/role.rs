//! The effect of an element on the text: what it starts and ends on the page.

use style::{
    properties::ComputedValues,
    values::specified::box_::{DisplayInside, DisplayOutside},
};

use super::tree::Element;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Inline,
    Link,
    Block,
    Paragraph {
        /// It has no margin, so no blank line is added.
        tight: bool,
    },
    Heading(usize),
    List {
        ordered: bool,
    },
    Item,
    Quote,
    Preformatted,
    Table,
    Row,
    Cell {
        heads: bool,
    },
    Caption,
    Break,
    Rule,
    Image,
    Input,
    Select,
    /// Never shown as text: drawings, and what a program would run or play.
    Dropped,
}

impl Role {
    /// The role of an element that is displayed in its own way.
    pub(super) fn of(element: &Element<'_>, style: &ComputedValues) -> Role {
        let role = if element.is_html() { Role::named(element) } else { Role::foreign(element) };
        let display = style.get_box().display;
        let is_block = display.outside() == DisplayOutside::Block;
        match role {
            Role::Inline if is_block && display.inside() == DisplayInside::Table => Role::Table,
            Role::Inline if is_block => Role::Block,
            Role::Block if display.outside() == DisplayOutside::Inline => Role::Inline,
            role => role,
        }
    }

    fn named(element: &Element<'_>) -> Role {
        match &**element.local_name() {
            "a" => Role::Link,
            // Word writes every line as a paragraph without a margin.
            "p" => Role::Paragraph {
                tight: element.attribute("class").is_some_and(|class| class.starts_with("Mso")),
            },
            "h1" => Role::Heading(1),
            "h2" => Role::Heading(2),
            "h3" => Role::Heading(3),
            "h4" => Role::Heading(4),
            "h5" => Role::Heading(5),
            "h6" => Role::Heading(6),
            "ul" | "menu" | "dir" => Role::List { ordered: false },
            "ol" => Role::List { ordered: true },
            "li" => Role::Item,
            "blockquote" => Role::Quote,
            "pre" | "listing" | "xmp" | "plaintext" | "textarea" => Role::Preformatted,
            "table" => Role::Table,
            "tr" => Role::Row,
            "td" => Role::Cell { heads: false },
            "th" => Role::Cell { heads: true },
            "caption" => Role::Caption,
            "br" => Role::Break,
            "hr" => Role::Rule,
            "img" => Role::Image,
            "input" => Role::Input,
            "select" => Role::Select,
            "iframe" | "fencedframe" | "noembed" | "noframes" | "applet" | "audio" | "video" | "meter"
            | "object" | "progress" => Role::Dropped,
            _ => Role::Inline,
        }
    }

    /// A formula has text; a drawing would have to be drawn to tell which of its text can be seen.
    fn foreign(element: &Element<'_>) -> Role {
        let is_hidden =
            matches!(&**element.local_name(), "svg" | "annotation" | "annotation-xml" | "mphantom");
        if is_hidden { Role::Dropped } else { Role::Inline }
    }
}
