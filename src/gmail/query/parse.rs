//! Parses IMAP SEARCH (RFC 3501 6.4.4, `YOUNGER` and `OLDER` of RFC 5032, Gmail's `X-GM-*`) into a tree.
//!
//! It decides which words are keys, how many values follow, and how parentheses match. It does not check the values
//! and knows nothing of their meaning in Gmail.

use crate::problem::Problem;

/// The parser and the translation recurse, so the depth must be limited.
const DEEPEST: usize = 50;
const EXAMPLE: &str = "Write IMAP criteria as in FROM \"alice\" UNSEEN SINCE 01-Jan-2025.";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TokenKind {
    Open,
    Close,
    Atom,
    Quoted,
}

/// A word of the criteria.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    /// Its position in characters, from 1.
    at: usize,
    kind: TokenKind,
}

impl Token {
    pub(super) fn fault(&self, what: &str) -> Problem {
        let Token { text, at, .. } = self;
        Problem::usage(format!("criteria, character {at}: `{text}` {what}"))
            .hint(EXAMPLE)
            .detail("position", *at)
            .detail("token", text.as_str())
    }
}

/// The text is not valid IMAP.
pub(super) struct NotImap {
    pub(super) problem: Problem,
    /// It is certainly meant as IMAP.
    pub(super) certain: bool,
}

impl From<Problem> for NotImap {
    fn from(problem: Problem) -> Self {
        NotImap { problem, certain: false }
    }
}

pub(super) enum SearchKey {
    List(Vec<SearchKey>),
    Not(Box<SearchKey>),
    Or(Box<(SearchKey, SearchKey)>),
    Simple(SimpleKey),
}

/// A key with its values; [`Meaning::arity`] is their number.
pub(super) struct SimpleKey {
    pub(super) meaning: Meaning,
    pub(super) values: Vec<Token>,
    name: Token,
}

impl SimpleKey {
    pub(super) fn value(&self, index: usize) -> &str {
        &self.values[index].text
    }

    pub(super) fn fault(&self, what: &str) -> Problem {
        self.name.fault(&format!("cannot be searched: {what}"))
    }
}

/// The meaning of a key in Gmail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    All,
    /// A state and its opposite, in Gmail's syntax.
    Is(&'static str, &'static str),
    /// A state that Gmail does not have, and a hint.
    Absent(&'static str),
    /// An operator with a word as its value.
    Field(&'static str),
    /// An operator with a phrase as its value.
    Phrase(&'static str),
    Since,
    Before,
    On,
    Younger,
    Older,
    Size(&'static str),
    Label,
    NoLabel,
    /// Gmail's own key, in which only names with a backslash are Gmail's.
    GmailLabel,
    Header,
    Uid,
    /// A set of numbers or ids without a key.
    Sequence,
    MessageId,
    Thread,
    Raw,
}

const ANSWERED: &str = "Search in:sent for the replies, or read the thread.";
const RECENT: &str = "Use UNSEEN or SINCE instead.";

const KEYS: &[(&str, Meaning)] = &[
    ("ALL", Meaning::All),
    ("SEEN", Meaning::Is("is:read", "is:unread")),
    ("UNSEEN", Meaning::Is("is:unread", "is:read")),
    ("NEW", Meaning::Is("is:unread", "is:read")),
    ("FLAGGED", Meaning::Is("is:starred", "-is:starred")),
    ("UNFLAGGED", Meaning::Is("-is:starred", "is:starred")),
    ("DELETED", Meaning::Is("in:trash", "-in:trash")),
    ("UNDELETED", Meaning::Is("-in:trash", "in:trash")),
    ("DRAFT", Meaning::Is("in:drafts", "-in:drafts")),
    ("UNDRAFT", Meaning::Is("-in:drafts", "in:drafts")),
    ("ANSWERED", Meaning::Absent(ANSWERED)),
    ("UNANSWERED", Meaning::Absent(ANSWERED)),
    ("RECENT", Meaning::Absent(RECENT)),
    ("OLD", Meaning::Absent(RECENT)),
    ("FROM", Meaning::Field("from:")),
    ("TO", Meaning::Field("to:")),
    ("CC", Meaning::Field("cc:")),
    ("BCC", Meaning::Field("bcc:")),
    ("SUBJECT", Meaning::Phrase("subject:")),
    ("BODY", Meaning::Phrase("")),
    ("TEXT", Meaning::Phrase("")),
    ("SINCE", Meaning::Since),
    ("SENTSINCE", Meaning::Since),
    ("BEFORE", Meaning::Before),
    ("SENTBEFORE", Meaning::Before),
    ("ON", Meaning::On),
    ("SENTON", Meaning::On),
    ("YOUNGER", Meaning::Younger),
    ("OLDER", Meaning::Older),
    ("LARGER", Meaning::Size("larger")),
    ("SMALLER", Meaning::Size("smaller")),
    ("KEYWORD", Meaning::Label),
    ("UNKEYWORD", Meaning::NoLabel),
    ("X-GM-LABELS", Meaning::GmailLabel),
    ("HEADER", Meaning::Header),
    ("UID", Meaning::Uid),
    ("X-GM-MSGID", Meaning::MessageId),
    ("X-GM-THRID", Meaning::Thread),
    ("X-GM-RAW", Meaning::Raw),
];

impl Meaning {
    /// How many values follow the key.
    fn arity(self) -> usize {
        match self {
            Meaning::All | Meaning::Is(..) | Meaning::Absent(_) | Meaning::Sequence => 0,
            Meaning::Header => 2,
            _ => 1,
        }
    }
}

fn meaning(name: &str) -> Option<Meaning> {
    let row = KEYS.iter().find(|row| row.0.eq_ignore_ascii_case(name));
    row.map(|row| row.1)
}

pub(super) fn is_date_key(name: &str) -> bool {
    let row = KEYS.iter().find(|row| row.0 == name);
    row.is_some_and(|row| matches!(row.1, Meaning::Since | Meaning::Before | Meaning::On))
}

/// Parses the whole text. `strict` is for a text that may be in Gmail's syntax: keys must be in upper case, a single
/// number is not a sequence set, and at least one key must have a name.
pub(super) fn keys(text: &str, strict: bool) -> Result<Vec<SearchKey>, NotImap> {
    let mut parser = Parser {
        end: text.chars().count() + 1,
        tokens: tokens(text)?.into_iter().peekable(),
        named: false,
        strict,
    };
    parser.charset()?;
    let keys = parser.list(0)?;
    if let Some(token) = parser.tokens.next() {
        return Err(token.fault("has no opening parenthesis").into());
    }
    if strict && !parser.named {
        return Err(parser.missing("a search key").into());
    }
    Ok(keys)
}

fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = text.chars().zip(1..).peekable();
    let mut glued = false;
    while let Some(&(c, at)) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
            glued = false;
            continue;
        }
        let token = match c {
            '(' | ')' => {
                chars.next();
                let kind = if c == '(' { TokenKind::Open } else { TokenKind::Close };
                Token { text: c.into(), at, kind }
            }
            '"' => quoted(&mut chars, at)?,
            _ => atom(&mut chars, at),
        };
        let word = matches!(token.kind, TokenKind::Atom | TokenKind::Quoted);
        if word && glued {
            return Err(token.fault("must have a space before it"));
        }
        glued = word;
        tokens.push(token);
    }
    Ok(tokens)
}

type Chars<'a> = std::iter::Peekable<std::iter::Zip<std::str::Chars<'a>, std::ops::RangeFrom<usize>>>;

fn atom(chars: &mut Chars<'_>, at: usize) -> Token {
    let mut text = String::new();
    while let Some((c, _)) = chars.next_if(|(c, _)| !c.is_whitespace() && !matches!(c, '(' | ')' | '"')) {
        text.push(c);
    }
    Token { text, at, kind: TokenKind::Atom }
}

/// The escapes are `\"` and `\\`. Any other backslash is kept, as in `"\Seen"`.
fn quoted(chars: &mut Chars<'_>, at: usize) -> Result<Token, Problem> {
    let mut text = String::new();
    chars.next();
    while let Some((c, _)) = chars.next() {
        match c {
            '"' => return Ok(Token { text, at, kind: TokenKind::Quoted }),
            '\\' => match chars.next_if(|(next, _)| matches!(next, '"' | '\\')) {
                Some((escaped, _)) => text.push(escaped),
                None => text.push(c),
            },
            c => text.push(c),
        }
    }
    let token = Token { text, at, kind: TokenKind::Quoted };
    Err(token.fault("has no closing quote"))
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// The position after the last character.
    end: usize,
    strict: bool,
    /// Whether a key with a name was found.
    named: bool,
}

impl Parser {
    /// `CHARSET x` at the start declares the charset of literals. It has no effect, since the criteria are text.
    fn charset(&mut self) -> Result<(), NotImap> {
        let strict = self.strict;
        let Some(token) = self.tokens.next_if(|token| is(token, "CHARSET", strict)) else {
            return Ok(());
        };
        let value = self.value(&token)?;
        let known = ["UTF-8", "US-ASCII"];
        if known.iter().any(|name| name.eq_ignore_ascii_case(&value.text)) {
            return Ok(());
        }
        Err(value.fault("is not a supported charset; use UTF-8").into())
    }

    /// One or more keys, up to a closing parenthesis or the end.
    fn list(&mut self, depth: usize) -> Result<Vec<SearchKey>, NotImap> {
        let mut keys = vec![self.key(depth)?];
        while self.tokens.peek().is_some_and(|token| token.kind != TokenKind::Close) {
            keys.push(self.key(depth)?);
        }
        Ok(keys)
    }

    fn key(&mut self, depth: usize) -> Result<SearchKey, NotImap> {
        let Some(token) = self.tokens.next() else {
            return Err(self.missing("a search key").into());
        };
        if depth > DEEPEST {
            let problem = token.fault("is nested too deeply");
            return Err(NotImap { problem, certain: true });
        }
        match token.kind {
            TokenKind::Open => self.group(&token, depth),
            TokenKind::Atom if is(&token, "NOT", self.strict) => {
                Ok(SearchKey::Not(Box::new(self.key(depth + 1)?)))
            }
            TokenKind::Atom if is(&token, "OR", self.strict) => {
                let first = self.key(depth + 1)?;
                Ok(SearchKey::Or(Box::new((first, self.key(depth + 1)?))))
            }
            TokenKind::Atom => self.simple(token),
            TokenKind::Close | TokenKind::Quoted => Err(token.fault("is not a search key").into()),
        }
    }

    fn group(&mut self, open: &Token, depth: usize) -> Result<SearchKey, NotImap> {
        let keys = self.list(depth + 1)?;
        match self.tokens.next() {
            Some(_) => Ok(SearchKey::List(keys)),
            None => Err(open.fault("is not closed").into()),
        }
    }

    fn simple(&mut self, name: Token) -> Result<SearchKey, NotImap> {
        let found = meaning(&name.text).filter(|_| !self.strict || is_upper(&name.text));
        let Some(meaning) = found else {
            if !is_sequence(&name.text, self.strict) {
                return Err(name.fault("is not an IMAP search key").into());
            }
            let values = vec![name.clone()];
            return Ok(SearchKey::Simple(SimpleKey { meaning: Meaning::Sequence, values, name }));
        };
        self.named = true;
        let mut values = Vec::new();
        for _ in 0..meaning.arity() {
            values.push(self.value(&name)?);
        }
        Ok(SearchKey::Simple(SimpleKey { meaning, values, name }))
    }

    fn value(&mut self, key: &Token) -> Result<Token, Problem> {
        self.tokens
            .next_if(|token| matches!(token.kind, TokenKind::Atom | TokenKind::Quoted))
            .ok_or_else(|| key.fault("requires a value"))
    }

    fn missing(&self, what: &str) -> Problem {
        let at = self.end;
        Problem::usage(format!("criteria, character {at}: {what} is missing"))
            .hint(EXAMPLE)
            .detail("position", at)
            .detail("token", "")
    }
}

fn is(token: &Token, name: &str, strict: bool) -> bool {
    token.kind == TokenKind::Atom
        && token.text.eq_ignore_ascii_case(name)
        && (!strict || is_upper(&token.text))
}

fn is_upper(text: &str) -> bool {
    !text.bytes().any(|b| b.is_ascii_lowercase())
}

/// Whether a word is a sequence set or, unless `strict`, a number or a list of Gmail ids.
fn is_sequence(text: &str, strict: bool) -> bool {
    let set = text.bytes().all(|b| b.is_ascii_digit() || b":,*".contains(&b));
    let ids = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b',');
    if strict { set && text.contains([':', ',', '*']) } else { set || (ids && text.len() > 10) }
}
