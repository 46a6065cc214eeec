//! Where in HTML the quoted mail begins, as a place in the source.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// The places in a body of HTML that divide it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Where the content of `body` begins.
    pub(super) content: usize,
    /// Where the quoted mail begins.
    pub(super) quote: Option<usize>,
}

/// `answers` is whether the message is known to answer another one, which says enough to trust a mark that people use
/// as well.
pub(super) fn places(html: &str, answers: bool) -> Places {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut places = Places::default();
    let mut trusted = None;
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        let Token::StartTag(tag) = token else { continue };
        if tag.name.as_slice() == b"body" && places.content == 0 {
            places.content = tag.span.end;
        } else if is_quote(&tag) {
            places.quote = Some(tag.span.start);
            break;
        } else if answers && tag.name.as_slice() == b"blockquote" && trusted.is_none() {
            trusted = Some(tag.span.start);
        }
    }
    let is_place = |at: &usize| html.is_char_boundary(*at);
    places.quote = places.quote.or(trusted).filter(is_place);
    if !is_place(&places.content) {
        places.content = 0;
    }
    places
}

/// The marks of Gmail, Apple Mail, Thunderbird, Outlook and Yahoo.
fn is_quote(tag: &StartTag<usize>) -> bool {
    let attribute = |name: &str| {
        let found = tag.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase()).unwrap_or_default()
    };
    let class = attribute("class");
    let has_class = |names: &[&str]| class.split_ascii_whitespace().any(|word| names.contains(&word));
    match tag.name.as_slice() {
        b"blockquote" => attribute("type") == "cite" || has_class(&["gmail_quote"]),
        b"div" | b"p" => {
            let id = attribute("id");
            has_class(&["gmail_quote", "gmail_quote_container", "yahoo_quoted", "moz-cite-prefix"])
                || matches!(
                    id.trim_start_matches("x_"),
                    "divrplyfwdmsg" | "appendonsend" | "mail-editor-reference-message-container"
                )
        }
        _ => false,
    }
}
