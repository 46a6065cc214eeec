//! IMAP SEARCH (RFC 3501 6.4.4, `YOUNGER` and `OLDER` of RFC 5032, Gmail's `X-GM-*`) as a tree.
//!
//! This is about form only: which word is a key, how many values follow, where parentheses close. Whether a
//! value makes sense, and what it means to Gmail, is for the translation.

use crate::problem::Problem;

/// Nobody nests deeper by hand; the parser and the translation recurse.
const DEEPEST: usize = 50;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TokenKind {
    Open,
    Close,
    Atom,
    Quoted,
}

/// A word of the criteria; `at` counts characters from 1.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    at: usize,
    kind: TokenKind,
}

impl Token {
    pub(super) fn fault(&self, what: &str) -> Problem {
        let Token { text, at, .. } = self;
        Problem::usage(format!("criteria, character {at}: `{text}` {what}"))
            .hint("IMAP criteria look like FROM \"alice\" UNSEEN SINCE 01-Jan-2025")
            .detail("position", *at)
            .detail("token", text.as_str())
    }
}

/// The text is not IMAP, and why. `certain` where it was on its way to being nothing else.
pub(super) struct Misfit {
    pub(super) problem: Problem,
    pub(super) certain: bool,
}

impl From<Problem> for Misfit {
    fn from(problem: Problem) -> Self {
        Misfit { problem, certain: false }
    }
}

pub(super) enum SearchKey {
    List(Vec<SearchKey>),
    Not(Box<SearchKey>),
    Or(Box<(SearchKey, SearchKey)>),
    Simple(SimpleKey),
}

/// A key with its values, as many as [`Meaning::arity`] says.
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

/// What a key is to Gmail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    All,
    /// A state, and its opposite, in Gmail's words.
    Is(&'static str, &'static str),
    /// A state that Gmail does not have, and what to do instead.
    Absent(&'static str),
    /// An operator with a word.
    Field(&'static str),
    /// An operator with a phrase.
    Phrase(&'static str),
    Since,
    Before,
    On,
    Younger,
    Older,
    Size(&'static str),
    Label,
    NoLabel,
    Header,
    Uid,
    /// A bare set of numbers or ids.
    Sequence,
    MessageId,
    Thread,
    Raw,
}

const ANSWERED: &str = "search in:sent for the answers, or look at the thread";
const RECENT: &str = "UNSEEN or SINCE come nearest";

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
    ("X-GM-LABELS", Meaning::Label),
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

/// Reads the whole text. `strict` is for a text that may as well be Gmail's: key words in upper case only, a
/// lone number is no sequence set, and there has to be a key that is one by its name.
pub(super) fn keys(text: &str, strict: bool) -> Result<Vec<SearchKey>, Misfit> {
    let mut parser = Parser {
        end: text.chars().count() + 1,
        tokens: tokens(text)?.into_iter().peekable(),
        named: false,
        strict,
    };
    parser.charset()?;
    let keys = parser.list(0)?;
    if let Some(token) = parser.tokens.next() {
        return Err(token.fault("closes nothing").into());
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
            return Err(token.fault("needs a blank in front of it"));
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

/// `\"` and `\\` are the escapes; any other backslash stands for itself, as in `"\Seen"`.
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
    Err(token.fault("lacks its closing quote"))
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    /// The character behind the last.
    end: usize,
    strict: bool,
    /// Whether a key by its name was met.
    named: bool,
}

impl Parser {
    /// `CHARSET x` in front says how the bytes of a literal are to be read. Ours are text already.
    fn charset(&mut self) -> Result<(), Misfit> {
        let strict = self.strict;
        let Some(token) = self.tokens.next_if(|token| is(token, "CHARSET", strict)) else {
            return Ok(());
        };
        let value = self.value(&token)?;
        let known = ["UTF-8", "US-ASCII"];
        if known.iter().any(|name| name.eq_ignore_ascii_case(&value.text)) {
            return Ok(());
        }
        Err(value.fault("is not a charset that is known here; use UTF-8").into())
    }

    /// Keys up to a closing parenthesis or the end; at least one.
    fn list(&mut self, depth: usize) -> Result<Vec<SearchKey>, Misfit> {
        let mut keys = vec![self.key(depth)?];
        while self.tokens.peek().is_some_and(|token| token.kind != TokenKind::Close) {
            keys.push(self.key(depth)?);
        }
        Ok(keys)
    }

    fn key(&mut self, depth: usize) -> Result<SearchKey, Misfit> {
        let Some(token) = self.tokens.next() else {
            return Err(self.missing("a search key").into());
        };
        if depth > DEEPEST {
            let problem = token.fault("is nested too deep");
            return Err(Misfit { problem, certain: true });
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
            TokenKind::Atom => self.leaf(token),
            TokenKind::Close | TokenKind::Quoted => {
                Err(token.fault("stands where a search key belongs").into())
            }
        }
    }

    fn group(&mut self, open: &Token, depth: usize) -> Result<SearchKey, Misfit> {
        let keys = self.list(depth + 1)?;
        match self.tokens.next() {
            Some(_) => Ok(SearchKey::List(keys)),
            None => Err(open.fault("is never closed").into()),
        }
    }

    fn leaf(&mut self, name: Token) -> Result<SearchKey, Misfit> {
        let found = meaning(&name.text).filter(|_| !self.strict || is_upper(&name.text));
        let Some(meaning) = found else {
            return match is_sequence(&name.text, self.strict) {
                true => Ok(SearchKey::Simple(SimpleKey {
                    meaning: Meaning::Sequence,
                    values: vec![name.clone()],
                    name,
                })),
                false => Err(name.fault("is not an IMAP search key").into()),
            };
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
            .ok_or_else(|| key.fault("needs a value behind it"))
    }

    fn missing(&self, what: &str) -> Problem {
        let at = self.end;
        Problem::usage(format!("criteria, character {at}: {what} is missing"))
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

/// A sequence set, or where nothing else can be meant a bare number or Gmail ids.
fn is_sequence(text: &str, strict: bool) -> bool {
    let set = text.bytes().all(|b| b.is_ascii_digit() || b":,*".contains(&b));
    let ids = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b',');
    match strict {
        true => set && text.contains([':', ',', '*']),
        false => set || (ids && text.len() > 10),
    }
}
