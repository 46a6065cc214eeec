//! Rewrites the CSS that the style engine does not know and browsers do, so that it is not lost: what cannot be judged
//! hides.
//!
//! `content-visibility` becomes a custom property. A declaration with a function or property that only browsers know is
//! marked by another. Media features and pseudo-classes that the engine does not know are replaced by their truth on the
//! screen of a desktop, in a mail that nobody has touched. A sheet that is nested too deeply hides everything.

use std::borrow::Cow;

use cssparser::{ParseError, ParseErrorKind, Parser, SourcePosition, Token};

/// How deeply blocks and functions may be nested. Real sheets need less than ten levels.
const MAX_DEPTH: usize = 64;
/// The largest sheet, in bytes. The largest of real mail have a fifth of it.
const MAX_SHEET: usize = 300_000;

/// The custom property that marks an element with a declaration that cannot be judged.
pub(in super::super) const UNDECIDED: &str = "mcs-undecided";

/// The custom property that stands for `content-visibility`.
pub(in super::super) const CONTENT_VISIBILITY: &str = "mcs-content-visibility";

/// Functions that are newer than the style engine.
const NEW_FUNCTIONS: [&str; 7] =
    ["if", "calc-size", "anchor", "anchor-size", "random", "inherit", "contrast-color"];

/// Properties that the engine does not know and that can hide text: they move it, or paint over its glyphs.
const NEW_PROPERTIES: [&str; 4] =
    ["offset", "offset-path", "-webkit-text-stroke", "-webkit-text-stroke-width"];

/// Pseudo-classes that the engine does not know, and selectors that match the same elements.
const PSEUDO_CLASSES: [(&str, &str); 22] = [
    ("-webkit-any-link", ":any-link"),
    ("-webkit-autofill", NEVER),
    ("-webkit-full-screen", NEVER),
    ("active-view-transition", NEVER),
    ("autofill", NEVER),
    ("buffering", NEVER),
    ("current", NEVER),
    ("fullscreen", NEVER),
    ("future", NEVER),
    ("heading", ":is(h1, h2, h3, h4, h5, h6)"),
    ("modal", NEVER),
    ("muted", NEVER),
    ("past", NEVER),
    ("paused", NEVER),
    ("picture-in-picture", NEVER),
    ("playing", NEVER),
    ("popover-open", NEVER),
    ("seeking", NEVER),
    ("stalled", NEVER),
    ("target-current", NEVER),
    ("user-invalid", NEVER),
    ("user-valid", NEVER),
];
/// Matches nothing.
const NEVER: &str = ":not(*)";

/// Values that the engine does not know or takes for others, and values that mean what they mean in browsers.
const OLD_VALUES: [(&str, &str); 6] = [
    ("-webkit-box", "flow-root"),
    ("-webkit-inline-box", "inline-block"),
    ("buttonface", "#efefef"),
    ("buttonhighlight", "#efefef"),
    ("buttonshadow", "#efefef"),
    ("threedface", "#efefef"),
];

/// Media features that the engine does not know, and the values that are true. A feature alone is true if it has any.
///
/// Whether there is a mouse differs between desktop and phone: both answers are true, so that neither shows text that
/// the other hides.
const FEATURES: [(&str, &[&str]); 22] = [
    ("any-hover", &["hover", "none"]),
    ("any-pointer", &["fine", "coarse", "none"]),
    ("color", &["8"]),
    ("color-gamut", &["srgb"]),
    ("color-index", &[]),
    ("display-mode", &["browser"]),
    ("dynamic-range", &["standard"]),
    ("forced-colors", &[]),
    ("grid", &[]),
    ("hover", &["hover", "none"]),
    ("inverted-colors", &[]),
    ("monochrome", &[]),
    ("overflow-block", &["scroll"]),
    ("overflow-inline", &["scroll"]),
    ("pointer", &["fine", "coarse", "none"]),
    ("prefers-contrast", &[]),
    ("prefers-reduced-data", &[]),
    ("prefers-reduced-motion", &[]),
    ("prefers-reduced-transparency", &[]),
    ("scripting", &[]),
    ("update", &["fast"]),
    ("video-dynamic-range", &["standard"]),
];

/// A sheet that hides everything.
pub(super) const HIDING: &str = "* { display: none !important }";

/// A change of the source: the text between two positions is replaced.
struct Edit {
    from: usize,
    to: usize,
    text: &'static str,
    /// In which kind of statement it is made.
    only: Option<Ending>,
}

/// How a statement ended: with a block, as rules do, or without, as declarations do.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Rule,
    Declaration,
}

/// A sheet, rewritten.
pub(super) fn sheet(css: &str) -> Cow<'_, str> {
    let hidden = Cow::Borrowed(HIDING);
    if css.len() > MAX_SHEET { hidden } else { rewritten(css, Context::Rules).map_or(hidden, Cow::from) }
}

/// The value of a `style` attribute, rewritten.
pub(super) fn attribute(css: &str) -> Cow<'_, str> {
    let hidden = Cow::Borrowed("display: none !important");
    if css.len() > MAX_SHEET {
        hidden
    } else {
        rewritten(css, Context::Declarations).map_or(hidden, Cow::from)
    }
}

/// Returns `None` if it is nested too deeply.
fn rewritten(css: &str, context: Context) -> Option<Cow<'_, str>> {
    let has_containers = css.contains('\\') || css.to_ascii_lowercase().contains("container-type");
    let mut reading = Reading { edits: Vec::new(), has_containers };
    reading.block(&mut Parser::new(css), context, &mut None, 0).ok()?;
    if reading.edits.is_empty() {
        return Some(Cow::Borrowed(css));
    }
    reading.edits.sort_by_key(|edit| edit.from);
    let mut out = String::with_capacity(css.len() + 100);
    let mut at = 0;
    for edit in reading.edits.iter() {
        out.push_str(css.get(at..edit.from)?);
        out.push_str(edit.text);
        at = edit.to;
    }
    out.push_str(css.get(at..)?);
    Some(Cow::Owned(out))
}

/// What the content of a block is.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    /// Rules at the top of a sheet.
    Rules,
    /// Declarations, or rules nested in a rule.
    Declarations,
    /// Arguments or conditions in parentheses or brackets.
    Inside,
}

struct Reading {
    edits: Vec<Edit>,
    /// Some element may be a container.
    has_containers: bool,
}

/// The declaration or rule that is being read.
struct Statement {
    from: usize,
    tokens: usize,
    /// The name of its at-rule.
    at_rule: Option<String>,
    undecided: bool,
    /// The place of the keyword of a container query, which becomes a media query.
    container: Option<(usize, usize)>,
    /// It has a condition that no media query has.
    unlike_media: bool,
    /// A colon was the last token, at this place.
    colon: Option<usize>,
    /// The changes that depend on how the statement ends.
    edits: Vec<Edit>,
}

impl Statement {
    fn new(at: SourcePosition) -> Statement {
        Statement {
            from: at.byte_index(),
            tokens: 0,
            at_rule: None,
            undecided: false,
            container: None,
            unlike_media: false,
            colon: None,
            edits: Vec::new(),
        }
    }
}

type Read = Result<(), ParseError<()>>;

impl Reading {
    /// Reads a block, or the arguments of a function that belongs to the statement `outer`.
    fn block(
        &mut self,
        css: &mut Parser<'_>,
        context: Context,
        outer: &mut Option<Statement>,
        depth: usize,
    ) -> Read {
        if depth > MAX_DEPTH {
            return Err(ParseError { kind: ParseErrorKind::Custom(()) });
        }
        let mut own = Statement::new(css.position());
        loop {
            let at = css.position();
            let Ok(token) = css.next_including_whitespace_and_comments().cloned() else {
                self.end(&mut own, Ending::Declaration);
                return Ok(());
            };
            if let Token::CurlyBracketBlock = token {
                css.parse_nested_block(|css| self.block(css, Context::Declarations, &mut None, depth + 1))?;
            }
            match token {
                Token::CurlyBracketBlock | Token::Semicolon if context != Context::Inside => {
                    let is_rule = token == Token::CurlyBracketBlock || context == Context::Rules;
                    self.end(&mut own, if is_rule { Ending::Rule } else { Ending::Declaration });
                    own = Statement::new(css.position());
                }
                Token::WhiteSpace(_) | Token::Comment(_) | Token::CDO | Token::CDC => {}
                _ => {
                    let statement = outer.as_mut().unwrap_or(&mut own);
                    self.token(css, &token, context, statement, (at, depth))?;
                    statement.colon = (token == Token::Colon).then(|| at.byte_index());
                    statement.tokens += 1;
                }
            }
        }
    }

    fn end(&mut self, statement: &mut Statement, ending: Ending) {
        if let Some((from, to)) = statement.container {
            let text = match (self.has_containers, statement.unlike_media) {
                // Every element is a container for the style of its content.
                (_, true) => "@media all, ",
                (false, false) => "@media print and ",
                (true, false) => "@media ",
            };
            self.edits.push(Edit { from, to, text, only: None });
        }
        let made = statement.edits.drain(..).filter(|edit| edit.only.is_none_or(|only| only == ending));
        self.edits.extend(made);
    }

    fn token(
        &mut self,
        css: &mut Parser<'_>,
        token: &Token<'_>,
        context: Context,
        statement: &mut Statement,
        (at, depth): (SourcePosition, usize),
    ) -> Read {
        match token {
            Token::AtKeyword(name) if statement.tokens == 0 => {
                statement.at_rule = Some(name.to_ascii_lowercase());
                if name.eq_ignore_ascii_case("container") {
                    statement.container = Some((at.byte_index(), css.position().byte_index()));
                }
                if name.eq_ignore_ascii_case("starting-style") {
                    self.edits.push(Edit {
                        from: at.byte_index(),
                        to: css.position().byte_index(),
                        text: "@media all",
                        only: None,
                    });
                }
            }
            Token::Ident(name) => {
                if statement.colon.is_some() {
                    pseudo_class(css, statement, name);
                }
                let new_name = OLD_VALUES.iter().find(|(old, _)| name.eq_ignore_ascii_case(old));
                if statement.container.is_some() && context != Context::Inside {
                    // The name of the container. Any is taken for the page.
                    if !name.eq_ignore_ascii_case("not") {
                        let to = css.position().byte_index();
                        self.edits.push(Edit { from: at.byte_index(), to, text: "", only: None });
                    }
                } else if context == Context::Declarations && statement.tokens == 0 {
                    property(css, statement, name, at);
                } else if context == Context::Inside {
                    self.feature(css, statement, name, at);
                } else if let Some((_, text)) = new_name {
                    statement.edits.push(Edit {
                        from: at.byte_index(),
                        to: css.position().byte_index(),
                        text,
                        only: Some(Ending::Declaration),
                    });
                }
            }
            Token::Function(name) => {
                function(statement, name);
                statement.unlike_media |= statement.container.is_some();
                let colon = statement.colon;
                self.inside(css, statement, depth)?;
                if let Some(colon) = colon {
                    direction(css, statement, name, colon, at);
                }
            }
            Token::ParenthesisBlock | Token::SquareBracketBlock => self.inside(css, statement, depth)?,
            _ => {}
        }
        Ok(())
    }

    fn inside(&mut self, css: &mut Parser<'_>, statement: &mut Statement, depth: usize) -> Read {
        let mut outer = Some(std::mem::replace(statement, Statement::new(css.position())));
        let read = css.parse_nested_block(|css| self.block(css, Context::Inside, &mut outer, depth + 1));
        if let Some(outer) = outer {
            *statement = outer;
        }
        read
    }

    /// Replaces a media feature that the engine does not know by its truth.
    fn feature(&mut self, css: &mut Parser<'_>, statement: &mut Statement, name: &str, at: SourcePosition) {
        if statement.container.is_some() {
            let text = match &*name.to_ascii_lowercase() {
                "inline-size" => "width",
                "block-size" => "height",
                _ => return,
            };
            self.edits.push(Edit {
                from: at.byte_index(),
                to: css.position().byte_index(),
                text,
                only: None,
            });
            return;
        }
        let is_media = matches!(statement.at_rule.as_deref(), Some("media" | "import"));
        let plain = name.to_ascii_lowercase();
        let (plain, bound) = match plain.strip_prefix("min-").or(plain.strip_prefix("max-")) {
            Some(rest) => (rest.to_owned(), true),
            None => (plain, false),
        };
        let Some((_, values)) = FEATURES.iter().find(|(feature, _)| is_media && *feature == plain) else {
            return;
        };
        let from = css.position();
        let is_true = match css.try_parse(|css| css.expect_colon()) {
            Err(_) => !values.is_empty(),
            Ok(()) => {
                while css.next().is_ok() {}
                let value = css.slice_from(from).trim_start_matches([':', ' ']).trim();
                let rest = ["no-preference", "none", "0"].contains(&value) && values.is_empty();
                bound && !values.is_empty() || values.contains(&value) || rest
            }
        };
        let text = if is_true { "min-width:0px" } else { "min-width:99999px" };
        self.edits.push(Edit { from: at.byte_index(), to: css.position().byte_index(), text, only: None });
    }
}

/// Marks a statement whose value cannot be judged.
fn mark(statement: &mut Statement) {
    if !statement.undecided && statement.at_rule.is_none() {
        statement.undecided = true;
        statement.edits.push(Edit {
            from: statement.from,
            to: statement.from,
            text: ";--mcs-undecided:1;",
            only: Some(Ending::Declaration),
        });
    }
}

fn function(statement: &mut Statement, name: &str) {
    let is_new = name.starts_with("--") || NEW_FUNCTIONS.iter().any(|new| name.eq_ignore_ascii_case(new));
    if is_new && statement.tokens > 0 {
        mark(statement);
    }
}

/// Whether the value that follows does nothing: `none`, or a stroke without a width, as Apple Mail writes it.
fn is_harmless(css: &mut Parser<'_>) -> bool {
    let start = css.state();
    let mut is_harmless = true;
    loop {
        match css.next() {
            Err(_) | Ok(Token::Semicolon) => break,
            Ok(Token::Dimension { value, .. } | Token::Number { value, .. }) => is_harmless &= *value < 1.0,
            Ok(Token::Ident(name)) => {
                let draws = ["thin", "medium", "thick"];
                is_harmless &= !draws.iter().any(|width| name.eq_ignore_ascii_case(width));
            }
            Ok(Token::Function(_)) => is_harmless = false,
            Ok(_) => {}
        }
    }
    css.reset(&start);
    is_harmless
}

fn property(css: &mut Parser<'_>, statement: &mut Statement, name: &str, at: SourcePosition) {
    if NEW_PROPERTIES.iter().any(|new| name.eq_ignore_ascii_case(new)) {
        if !is_harmless(css) {
            mark(statement);
        }
        return;
    }
    let is_foreign = name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("-moz-"));
    let text = if name.eq_ignore_ascii_case("content-visibility") {
        "--mcs-content-visibility"
    } else if name.starts_with("--mcs-") || is_foreign {
        "--other"
    } else {
        return;
    };
    statement.edits.push(Edit {
        from: at.byte_index(),
        to: css.position().byte_index(),
        text,
        only: Some(Ending::Declaration),
    });
}

fn pseudo_class(css: &mut Parser<'_>, statement: &mut Statement, name: &str) {
    let Some(colon) = statement.colon else { return };
    let Some((_, text)) = PSEUDO_CLASSES.iter().find(|(class, _)| name.eq_ignore_ascii_case(class)) else {
        return;
    };
    let to = css.position().byte_index();
    statement.edits.push(Edit { from: colon, to, text, only: Some(Ending::Rule) });
}

/// Replaces `:dir()` by what it means in a document without text of the other direction.
fn direction(css: &mut Parser<'_>, statement: &mut Statement, name: &str, colon: usize, at: SourcePosition) {
    if name.eq_ignore_ascii_case("dir") {
        let is_rtl = css.slice_from(at).to_ascii_lowercase().contains("rtl");
        let text =
            if is_rtl { ":is([dir=rtl i], [dir=rtl i] *)" } else { ":not([dir=rtl i], [dir=rtl i] *)" };
        let to = css.position().byte_index();
        statement.edits.push(Edit { from: colon, to, text, only: Some(Ending::Rule) });
    } else if ["-webkit-any", "matches"].iter().any(|old| name.eq_ignore_ascii_case(old)) {
        let to = at.byte_index() + name.len();
        statement.edits.push(Edit { from: at.byte_index(), to, text: "is", only: Some(Ending::Rule) });
    }
}
