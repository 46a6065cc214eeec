//! The `q` parameter: Gmail's search syntax read into a tree. `OR` binds tighter than the blank, `{}` is or,
//! a field before a group holds for every word in it, and an unknown operator is searched for as words.
//! What a term means for a message is in `terms.rs`.

use super::labels::Labels;
use super::store::Mail;
use super::terms;

/// What a search needs to know beside the message.
pub(super) struct Context<'a> {
    pub(super) labels: &'a Labels,
    /// Epoch milliseconds.
    pub(super) now: i64,
    pub(super) owner: &'a str,
}

#[derive(Debug, PartialEq)]
pub(super) struct Query(Node);

#[derive(Debug, PartialEq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// The field is empty for plain words.
    Term {
        field: String,
        value: String,
    },
}

impl Query {
    pub(super) fn parse(q: &str) -> Query {
        let mut parser = Parser { rest: q.trim_start() };
        let mut all = parser.sequence("", None);
        // A stray closing bracket ends nothing.
        while !parser.rest.is_empty() {
            parser.skip(1);
            all.extend(parser.sequence("", None));
        }
        Query(Node::All(all))
    }

    pub(super) fn matches(&self, mail: &Mail, context: &Context) -> bool {
        self.0.matches(mail, context)
    }

    /// `in:spam`, `in:trash` or `in:anywhere` is part of it, so spam and trash are not left out.
    pub(super) fn names_spam_or_trash(&self) -> bool {
        self.0.names_spam_or_trash()
    }
}

impl Node {
    fn matches(&self, mail: &Mail, context: &Context) -> bool {
        match self {
            Node::All(nodes) => nodes.iter().all(|node| node.matches(mail, context)),
            Node::Any(nodes) => nodes.iter().any(|node| node.matches(mail, context)),
            Node::Not(node) => !node.matches(mail, context),
            Node::Term { field, value } => terms::matches(field, value, mail, context),
        }
    }

    fn names_spam_or_trash(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(Node::names_spam_or_trash),
            Node::Not(node) => node.names_spam_or_trash(),
            Node::Term { field, value } => {
                let place = matches!(value.to_lowercase().as_str(), "spam" | "trash" | "anywhere");
                matches!(field.as_str(), "in" | "label" | "is") && place
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start();
    }

    /// Units up to `close` (consumed) or the end.
    fn sequence(&mut self, field: &str, close: Option<char>) -> Vec<Node> {
        let mut units = Vec::new();
        loop {
            match self.rest.chars().next() {
                None => return units,
                Some(c @ (')' | '}')) => {
                    if close == Some(c) {
                        self.skip(1);
                    }
                    return units;
                }
                Some(_) => units.extend(self.unit(field)),
            }
        }
    }

    /// An atom, or several joined by `OR`.
    fn unit(&mut self, field: &str) -> Option<Node> {
        let mut choices: Vec<Node> = self.atom(field).into_iter().collect();
        while self.keyword("OR") {
            choices.extend(self.atom(field));
        }
        match choices.len() {
            0 | 1 => choices.pop(),
            _ => Some(Node::Any(choices)),
        }
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = self.rest.strip_prefix(word).is_some_and(|tail| tail.starts_with([' ', '(', '{', '"']));
        if found {
            self.skip(word.len());
        }
        found
    }

    fn atom(&mut self, field: &str) -> Option<Node> {
        while self.keyword("AND") {}
        match self.rest.chars().next()? {
            '-' if self.rest[1..].starts_with(|c: char| !c.is_whitespace()) => {
                self.skip(1);
                self.atom(field).map(|node| Node::Not(Box::new(node)))
            }
            '(' => {
                self.skip(1);
                Some(Node::All(self.sequence(field, Some(')'))))
            }
            '{' => {
                self.skip(1);
                Some(Node::Any(self.sequence(field, Some('}'))))
            }
            '"' => self.quoted(field),
            ')' | '}' => None,
            _ => self.word(field),
        }
    }

    fn quoted(&mut self, field: &str) -> Option<Node> {
        let inner = &self.rest[1..];
        let end = inner.find('"').unwrap_or(inner.len());
        let value = inner[..end].to_string();
        self.rest = inner.get(end + 1..).unwrap_or_default().trim_start();
        (!value.trim().is_empty()).then(|| Node::Term { field: field.into(), value })
    }

    fn word(&mut self, field: &str) -> Option<Node> {
        let end =
            self.rest.find(|c: char| c.is_whitespace() || "(){}\"".contains(c)).unwrap_or(self.rest.len());
        let text = &self.rest[..end];
        match text.split_once(':') {
            Some((name, value)) if terms::is_field(name) => {
                let name = name.to_lowercase();
                self.rest = &self.rest[text.len() - value.len()..];
                if value.is_empty() {
                    self.field_value(&name)
                } else {
                    self.skip(value.len());
                    Some(Node::Term { field: name, value: value.into() })
                }
            }
            _ => {
                self.skip(end);
                Some(Node::Term { field: field.into(), value: text.into() })
            }
        }
    }

    /// What follows `field:` without being a word: a phrase or a group; nothing at all means no condition.
    fn field_value(&mut self, field: &str) -> Option<Node> {
        match self.rest.chars().next() {
            Some('(' | '{' | '"') => self.atom(field),
            _ => {
                self.skip(0);
                None
            }
        }
    }
}
