//! Reads a query in Gmail's syntax into a tree, so that its form can be judged. It is lenient as Gmail is: every text
//! has a tree. It does not know what an operator means.

/// Nesting beyond this is not read.
const MAX_DEPTH: usize = 50;

/// A part of a query.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// An operator without its colon, or an empty one for a word, and its value without quotes; both in lower case.
    Term {
        field: String,
        value: String,
    },
    /// Nested too deeply.
    Unread,
}

/// The tree of a query. `OR` binds closer than the blank; `{}` is or; an operator before a group applies to every
/// word in it.
pub(super) fn parse(query: &str) -> Node {
    let mut reader = Reader { rest: query };
    let mut nodes = Vec::new();
    while !reader.rest.is_empty() {
        nodes.push(reader.sequence(None, 0));
        // A closing bracket that closes nothing.
        reader.skip(1);
    }
    one_or(nodes, Node::All)
}

fn one_or(mut nodes: Vec<Node>, several: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.remove(0) } else { several(nodes) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, characters: usize) {
        let end = self.rest.char_indices().nth(characters).map_or(self.rest.len(), |(at, _)| at);
        self.rest = &self.rest[end..];
    }

    /// Terms that must all match, up to a closing bracket or the end.
    fn sequence(&mut self, close: Option<char>, depth: usize) -> Node {
        let mut nodes = Vec::new();
        while let Some(node) = self.alternatives(close, depth) {
            nodes.push(node);
        }
        one_or(nodes, Node::All)
    }

    /// Terms joined by `OR`, or a single one.
    fn alternatives(&mut self, close: Option<char>, depth: usize) -> Option<Node> {
        let mut choices = vec![self.term(close, depth)?];
        while self.keyword("OR") {
            choices.extend(self.term(close, depth));
        }
        Some(one_or(choices, Node::Any))
    }

    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest[word.len()..].starts_with(|c: char| c.is_whitespace() || "({\"".contains(c));
        if found {
            self.rest = &rest[word.len()..];
        }
        found
    }

    fn term(&mut self, close: Option<char>, depth: usize) -> Option<Node> {
        while self.keyword("AND") {}
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        if Some(first) == close || (matches!(first, ')' | '}') && depth == 0) {
            return None;
        }
        match first {
            ')' | '}' => {
                self.skip(1);
                Some(Node::All(Vec::new()))
            }
            '-' => {
                self.skip(1);
                let inner = self.operand(close, depth).unwrap_or(Node::All(Vec::new()));
                Some(Node::Not(Box::new(inner)))
            }
            '+' => {
                self.skip(1);
                self.operand(close, depth).or(Some(Node::All(Vec::new())))
            }
            _ => self.operand(close, depth),
        }
    }

    /// A group or a word. There is none after a `-` at the end.
    fn operand(&mut self, close: Option<char>, depth: usize) -> Option<Node> {
        match self.rest.chars().next()? {
            c if Some(c) == close || c.is_whitespace() => None,
            '-' | '+' if depth < MAX_DEPTH => self.term(close, depth + 1),
            '(' | '{' if depth >= MAX_DEPTH => {
                self.rest = "";
                Some(Node::Unread)
            }
            '(' => {
                self.skip(1);
                let node = self.sequence(Some(')'), depth + 1);
                self.skip(1);
                Some(node)
            }
            '{' => {
                self.skip(1);
                let choices = std::iter::from_fn(|| self.alternatives(Some('}'), depth + 1)).collect();
                self.skip(1);
                Some(one_or(choices, Node::Any))
            }
            _ => Some(self.word(depth)),
        }
    }

    fn word(&mut self, depth: usize) -> Node {
        let mut quoted = false;
        let ends = |c: char| {
            quoted ^= c == '"';
            !quoted && (c.is_whitespace() || "(){}".contains(c))
        };
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let word = word.to_lowercase();
        // A colon inside quotes is part of the text.
        let (field, value) =
            word.split_once(':').filter(|(field, _)| !field.contains('"')).unwrap_or(("", &word));
        if value.is_empty() && !field.is_empty() && self.rest.starts_with(['(', '{']) {
            return match self.operand(None, depth + 1) {
                Some(group) => applied(field, group),
                None => Node::All(Vec::new()),
            };
        }
        Node::Term { field: field.to_owned(), value: value.trim_matches('"').to_owned() }
    }
}

/// The group with the operator that stands before it.
fn applied(operator: &str, node: Node) -> Node {
    let all = |nodes: Vec<Node>| nodes.into_iter().map(|node| applied(operator, node)).collect();
    match node {
        Node::All(nodes) => Node::All(all(nodes)),
        Node::Any(nodes) => Node::Any(all(nodes)),
        Node::Not(node) => Node::Not(Box::new(applied(operator, *node))),
        Node::Term { field, value } if field.is_empty() => Node::Term { field: operator.to_owned(), value },
        node => node,
    }
}
