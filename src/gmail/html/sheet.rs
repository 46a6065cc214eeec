//! The `<style>` elements of a mail, and which of their rules apply to an element.
//!
//! It supports compound selectors of element, class and id, with ancestors, which is what mail clients support.
//! Other rules are ignored, as are those in media queries that do not match a desktop.

use std::{cell::Cell, collections::HashMap};

use html5gum::{Token, Tokenizer};

use super::{
    StartTag,
    css::{declarations, end_of, normal, pieces},
    style::{Declarations, Effect, Hiding, Style},
};

/// The number of a tag, `.class` or `#id` that occurs in a rule.
pub(super) type Name = u32;

const MAX_RULES: usize = 5_000;
/// The rules that are considered for one name. A mail with more of them is an attempt to be slow.
const MAX_PER_NAME: usize = 100;
const MAX_CLASSES: usize = 16;
/// How many ancestors are searched.
const MAX_REACH: usize = 64;
/// The limit of matching steps for one mail. An ordinary mail needs less than a hundredth of it.
const MAX_WORK: usize = 10_000_000;
/// The window size for media queries.
const DESKTOP: (f32, f32) = (1024.0, 768.0);

/// Names that an element must all have.
type Compound = Vec<Name>;

struct StyleRule {
    subject: Compound,
    /// The nearest first.
    ancestors: Vec<Compound>,
    /// The specificity: the number of ids, of classes and of elements.
    weight: (usize, usize, usize),
    block: usize,
}

#[derive(Default)]
pub(super) struct Sheet {
    names: HashMap<String, Name>,
    rules: Vec<StyleRule>,
    blocks: Vec<Declarations>,
    /// The rules by the last name of their subject.
    by_name: HashMap<Name, Vec<usize>>,
    work: Cell<usize>,
}

impl Sheet {
    /// Collects all style sheets of the document, since a later one also applies to earlier elements.
    pub(super) fn of(html: &str) -> Sheet {
        let mut sheet = Sheet::default();
        if !contains_style(html) {
            return sheet;
        }
        let mut media = None;
        let mut tokens = Tokenizer::new(html);
        while let Some(Ok(token)) = tokens.next() {
            match token {
                Token::StartTag(tag) => {
                    if let Some(state) = super::raw_text(&tag.name) {
                        tokens.set_state(state);
                    }
                    media = (*tag.name == b"style").then(|| attribute(&tag, b"media").unwrap_or_default());
                }
                Token::String(css) => {
                    if let Some(media) = media.take()
                        && media_applies(&normal(&media))
                    {
                        sheet.add(&String::from_utf8_lossy(&css));
                    }
                }
                _ => {}
            }
        }
        sheet
    }

    fn add(&mut self, css: &str) {
        let css = normal(css).replace("<!--", "").replace("-->", "");
        let mut rest = css.as_str();
        loop {
            // The end of a media block whose rules were added.
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '}' | ';'));
            let Some(at) = rest.find(['{', ';', '}']).filter(|_| self.rules.len() < MAX_RULES) else {
                return;
            };
            let (prelude, body) = (rest[..at].trim(), &rest[at + 1..]);
            let opens = rest.as_bytes()[at] == b'{';
            rest = body;
            if !opens || prelude.strip_prefix("@media").is_some_and(media_applies) {
                continue;
            }
            let end = end_of(body, b'}');
            let block = &body[..end.unwrap_or(body.len())];
            rest = end.map_or("", |end| &body[end + 1..]);
            if !prelude.starts_with('@') {
                self.rule(prelude, block);
            }
        }
    }

    fn rule(&mut self, selectors: &str, block: &str) {
        let effects = declarations(block);
        if effects.is_empty() {
            return;
        }
        self.blocks.push(effects);
        let block = self.blocks.len() - 1;
        for selector in selectors.split(',') {
            if self.rules.len() >= MAX_RULES {
                return;
            }
            let Some(rule) = self.selector(selector, block) else { continue };
            let Some(&key) = rule.subject.last() else { continue };
            let same = self.by_name.entry(key).or_default();
            if same.len() < MAX_PER_NAME {
                same.push(self.rules.len());
                self.rules.push(rule);
            }
        }
    }

    fn selector(&mut self, selector: &str, block: usize) -> Option<StyleRule> {
        let mut weight = (0, 0, 0);
        let mut compounds = Vec::new();
        for part in selector.split(|c: char| c.is_whitespace() || c == '>').filter(|part| !part.is_empty()) {
            let mut compound = Vec::new();
            for name in simple_names(part)? {
                match name.as_bytes()[0] {
                    b'#' => weight.0 += 1,
                    b'.' => weight.1 += 1,
                    b'*' => {}
                    _ => weight.2 += 1,
                }
                let next = self.names.len() as Name;
                compound.push(*self.names.entry(name.to_owned()).or_insert(next));
            }
            compounds.push(compound);
        }
        let subject = compounds.pop()?;
        compounds.reverse();
        Some(StyleRule { subject, ancestors: compounds, weight, block })
    }

    /// The names of an element that occur in rules.
    pub(super) fn names(&self, tag: &StartTag) -> Vec<Name> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        found.extend(self.names.get("*"));
        found.extend(self.names.get(&*String::from_utf8_lossy(&tag.name)));
        let classes = attribute(tag, b"class").unwrap_or_default();
        for class in classes.split_ascii_whitespace().take(MAX_CLASSES) {
            found.extend(self.names.get(&format!(".{}", class.to_ascii_lowercase())));
        }
        if let Some(id) = attribute(tag, b"id") {
            found.extend(self.names.get(&format!("#{}", id.trim().to_ascii_lowercase())));
        }
        found
    }

    /// Applies the matching rules and then the element's own style to `style`. Once a mail has used up
    /// [`MAX_WORK`], every element that rules name counts as hidden.
    pub(super) fn cascade<'a>(
        &self,
        names: &[Name],
        ancestors: impl Iterator<Item = &'a [Name]> + Clone,
        inline: &[(Effect, bool)],
        style: &mut Style,
    ) {
        if self.work.get() > MAX_WORK {
            style.apply(Effect::Hiding(Hiding::DisplayNone, !names.is_empty()));
            return;
        }
        let mut reached: Vec<usize> = Vec::new();
        for name in names {
            let candidates = self.by_name.get(name).into_iter().flatten();
            reached.extend(
                candidates.filter(|&&rule| self.reaches(&self.rules[rule], names, ancestors.clone())),
            );
        }
        reached.sort_unstable_by_key(|&rule| (self.rules[rule].weight, rule));
        reached.dedup();
        for important in [false, true] {
            let ruled = reached.iter().flat_map(|&rule| &self.blocks[self.rules[rule].block]);
            for &(effect, _) in ruled.chain(inline).filter(|(_, is_important)| *is_important == important) {
                style.apply(effect);
                self.worked(1);
            }
        }
    }

    fn reaches<'a>(
        &self,
        rule: &StyleRule,
        names: &[Name],
        ancestors: impl Iterator<Item = &'a [Name]>,
    ) -> bool {
        let has_all = |names: &[Name], compound: &Compound| {
            self.worked(1);
            compound.iter().all(|name| names.contains(name))
        };
        let mut above = ancestors.take(MAX_REACH);
        has_all(names, &rule.subject)
            && rule.ancestors.iter().all(|compound| above.any(|names| has_all(names, compound)))
    }

    fn worked(&self, steps: usize) {
        self.work.set(self.work.get() + steps);
    }
}

pub(super) fn attribute(tag: &StartTag, name: &[u8]) -> Option<String> {
    tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

fn contains_style(html: &str) -> bool {
    html.as_bytes().windows(6).any(|window| window.eq_ignore_ascii_case(b"<style"))
}

/// Splits `td.a.b#c` into `td`, `.a`, `.b`, `#c`; `None` if the selector has anything but names.
fn simple_names(compound: &str) -> Option<Vec<&str>> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let mut names = Vec::new();
    let mut rest = compound;
    while !rest.is_empty() {
        let sigil = rest.starts_with(['.', '#', '*']) as usize;
        let end = rest[sigil..].find(|c| !is_name(c)).map_or(rest.len(), |end| end + sigil);
        let name = &rest[..end];
        if name.is_empty() || (name.len() == sigil) != (name == "*") {
            return None;
        }
        names.push(name);
        rest = &rest[end..];
    }
    Some(names)
}

/// Whether a media query matches a desktop with a light colour scheme.
fn media_applies(query: &str) -> bool {
    query.trim().is_empty() || pieces(query, b',').any(|query| query.split(" and ").all(condition_holds))
}

fn condition_holds(condition: &str) -> bool {
    let condition = condition.trim().trim_start_matches("only ").trim();
    let Some(feature) = condition.strip_prefix('(') else { return matches!(condition, "all" | "screen") };
    let Some((name, value)) = feature.trim_end_matches(')').split_once(':') else { return false };
    let (name, value) = (name.trim(), value.trim());
    let px = || value.trim_end_matches("px").trim().parse::<f32>().ok();
    match name {
        "min-width" | "min-device-width" => px().is_some_and(|px| px <= DESKTOP.0),
        "max-width" | "max-device-width" => px().is_some_and(|px| px >= DESKTOP.0),
        "min-height" | "min-device-height" => px().is_some_and(|px| px <= DESKTOP.1),
        "max-height" | "max-device-height" => px().is_some_and(|px| px >= DESKTOP.1),
        "prefers-color-scheme" => value == "light",
        "orientation" => value == "landscape",
        _ => false,
    }
}
