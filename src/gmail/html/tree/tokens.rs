//! Passes the tokens of html5gum to the tree builder of html5ever, within limits.
//!
//! html5ever's own tokenizer takes time quadratic in the number of attributes of a tag.

use std::{collections::HashSet, convert::Infallible};

use html5ever::{
    Attribute, LocalName, QualName,
    interface::TreeSink,
    tendril::StrTendril,
    tokenizer::{Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult, states::RawKind},
    tree_builder::{TreeBuilder, TreeBuilderOpts},
};
use html5gum::{
    Emitter, ForwardingEmitter, Span, State, Tokenizer,
    emitters::callback::{Callback, CallbackEmitter, CallbackEvent},
};
use typed_arena::Arena;

use super::{
    Link, Node, Tree,
    sink::{Sink, is_void},
};
use crate::characters::has_ink;

/// How many elements browsers nest.
const MAX_OPEN: u16 = 512;
/// How many attributes a tag may have.
const MAX_ATTRIBUTES: usize = 200;

pub(super) fn parse<'a>(arena: &'a Arena<Node<'a>>, html: &str) -> Tree<'a> {
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new(Sink::new(arena), options);
    let passer = Passer { builder: &builder, tag: None, state: None, deep: Deep::default() };
    let emitter = Bridge(CallbackEmitter::new(passer));
    Tokenizer::new_with_emitter(html, emitter).for_each(drop);
    let TreeBuilder { sink, .. } = builder;
    sink.finish()
}

struct Bridge<'t, 'a>(CallbackEmitter<Passer<'t, 'a>>);

struct Passer<'t, 'a> {
    builder: &'t TreeBuilder<Link<'a>, Sink<'a>>,
    tag: Option<Tag>,
    state: Option<State>,
    deep: Deep,
}

/// The elements that are nested more deeply than browsers nest them. Browsers make them siblings.
#[derive(Default)]
struct Deep {
    /// For each whether it may hide its text.
    open: Vec<bool>,
    hiding: usize,
}

impl Deep {
    fn enter(&mut self, tag: &Tag) {
        let hides = tag
            .attrs
            .iter()
            .any(|attribute| matches!(&*attribute.name.local, "style" | "class" | "id" | "hidden"))
            || !matches!(
                &*tag.name,
                "a" | "b"
                    | "blockquote"
                    | "div"
                    | "em"
                    | "font"
                    | "i"
                    | "li"
                    | "ol"
                    | "p"
                    | "span"
                    | "strong"
                    | "table"
                    | "tbody"
                    | "td"
                    | "tr"
                    | "u"
                    | "ul"
            );
        self.hiding += usize::from(hides);
        self.open.push(hides);
    }

    /// Closes one of them. Returns false if none is open.
    fn leave(&mut self) -> bool {
        let last = self.open.pop();
        self.hiding -= usize::from(last == Some(true));
        last.is_some()
    }
}

impl<'a> Passer<'_, 'a> {
    fn sink(&self) -> &Sink<'a> {
        &self.builder.sink
    }

    fn pass(&mut self, token: Token) {
        self.state = match self.builder.process_token(token, 1) {
            TokenSinkResult::Plaintext => Some(State::PlainText),
            TokenSinkResult::RawData(RawKind::Rcdata) => Some(State::RcData),
            TokenSinkResult::RawData(RawKind::Rawtext) => Some(State::RawText),
            TokenSinkResult::RawData(_) => Some(State::ScriptData),
            _ => None,
        };
    }

    fn start_tag(&mut self, tag: Tag) {
        if self.sink().is_full() {
            return;
        }
        let is_deep = self.sink().level() >= MAX_OPEN || tag.attrs.len() > MAX_ATTRIBUTES;
        if is_deep && !is_void(&tag.name) && !is_raw(&tag.name) {
            return self.deep.enter(&tag);
        }
        self.pass(Token::TagToken(tag));
    }

    fn end_tag(&mut self, name: &[u8]) {
        if !self.deep.leave() {
            self.pass(Token::TagToken(end_tag(name)));
        }
    }

    fn text(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        if self.sink().is_full() || self.deep.hiding > 0 {
            if has_ink(&text) {
                self.sink().drop_one();
            }
            return;
        }
        for (at, part) in text.split('\0').enumerate() {
            if at > 0 {
                self.pass(Token::NullCharacterToken);
            }
            if !part.is_empty() {
                self.pass(Token::CharacterTokens(StrTendril::from_slice(part)));
            }
        }
    }

    /// Counts a comment, unless it is a condition around text that is shown, as in `<![if !mso]>`.
    fn comment(&mut self, comment: &[u8]) {
        let marker = String::from_utf8_lossy(comment);
        let marker = marker.trim_matches(|c| matches!(c, '<' | '!' | '>' | '-' | ' '));
        let is_condition = marker.starts_with('[') && marker.find(']') == Some(marker.len() - 1);
        if !is_condition && !marker.trim().is_empty() {
            self.sink().count_comment();
        }
    }
}

impl Callback<Infallible, ()> for Passer<'_, '_> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name } => self.tag = Some(start_tag(name)),
            CallbackEvent::AttributeName { name } => {
                self.tag.iter_mut().for_each(|tag| add_attribute(tag, name))
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some(attribute) = self.tag.as_mut().and_then(|tag| tag.attrs.last_mut()) {
                    attribute.value.push_slice(&String::from_utf8_lossy(value));
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                if let Some(tag) = self.tag.take() {
                    self.start_tag(Tag { self_closing, ..unique(tag) });
                }
            }
            CallbackEvent::EndTag { name } => self.end_tag(name),
            CallbackEvent::String { value } => self.text(value),
            CallbackEvent::Comment { value } => self.comment(value),
            CallbackEvent::Doctype { name, public_identifier, system_identifier, force_quirks } => {
                let name = Some(name).filter(|name| !name.is_empty()).map(tendril);
                self.pass(Token::DoctypeToken(Doctype {
                    name,
                    public_id: public_identifier.map(tendril),
                    system_id: system_identifier.map(tendril),
                    force_quirks,
                }));
            }
            CallbackEvent::Error(_) => {}
        }
        None
    }
}

fn tendril(bytes: &[u8]) -> StrTendril {
    StrTendril::from_slice(&String::from_utf8_lossy(bytes))
}

fn start_tag(name: &[u8]) -> Tag {
    Tag { kind: TagKind::StartTag, ..end_tag(name) }
}

fn end_tag(name: &[u8]) -> Tag {
    let name = LocalName::from(&*String::from_utf8_lossy(name));
    Tag {
        kind: TagKind::EndTag,
        name,
        self_closing: false,
        attrs: Vec::new(),
        had_duplicate_attributes: false,
    }
}

fn add_attribute(tag: &mut Tag, name: &[u8]) {
    let name = QualName::new(None, html5ever::ns!(), LocalName::from(&*String::from_utf8_lossy(name)));
    if tag.attrs.is_empty() {
        // Most elements have one, and a vector has room for four.
        tag.attrs.reserve_exact(1);
    }
    tag.attrs.push(Attribute { name, value: StrTendril::new() });
}

/// Keeps the first of the attributes of each name.
fn unique(mut tag: Tag) -> Tag {
    if tag.attrs.len() < 2 {
        return tag;
    }
    let mut names = HashSet::new();
    tag.attrs.retain(|attribute| names.insert(attribute.name.local.clone()));
    tag
}

impl<'t, 'a> ForwardingEmitter for Bridge<'t, 'a> {
    type Token = Infallible;

    fn inner(&mut self) -> &mut impl Emitter<Token = Infallible> {
        &mut self.0
    }

    fn emit_eof(&mut self) {
        self.0.emit_eof();
        let builder = self.0.callback_mut().builder;
        let _ = builder.process_token(Token::EOFToken, 1);
        builder.end();
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        let _ = self.0.emit_current_tag();
        self.0.callback_mut().state.take()
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&mut self) -> bool {
        self.0.callback_mut().builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Whether the content of elements of this name is not markup (WHATWG HTML, 13.2.6.4).
fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "iframe" | "noembed" | "noframes" | "plaintext" | "script" | "style" | "textarea" | "title" | "xmp"
    )
}
