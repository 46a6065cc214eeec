//! The terms of a Gmail query: how they are combined, negated and written.
//!
//! Every value is quoted when a term is built, so quotes, parentheses and braces always match.

/// A search in Gmail's syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Everything,
    Nothing,
    /// A word of the query, and the word for its opposite.
    Word {
        is: String,
        isnt: String,
    },
    /// Gmail syntax as the user wrote it, with matching quotes and parentheses.
    Raw(String),
    /// Two or more terms, none of which is an `All`.
    All(Vec<Term>),
    /// Two or more terms, none of which is an `Any`.
    Any(Vec<Term>),
    /// The negation of a `Raw`, an `All` or an `Any`.
    Not(Box<Term>),
}

impl Term {
    pub(super) fn word(is: &str, isnt: &str) -> Term {
        Term::Word { is: is.to_owned(), isnt: isnt.to_owned() }
    }

    pub(super) fn plain(is: String) -> Term {
        let isnt = format!("-{is}");
        Term::Word { is, isnt }
    }

    /// `operator` with a value, which is quoted if Gmail would read it as more than a word. An empty value matches
    /// everything.
    pub(super) fn value(operator: &str, value: &str) -> Term {
        match clean(value).as_str() {
            "" => Term::Everything,
            value if is_plain(value) => Term::plain(format!("{operator}{value}")),
            value => Term::plain(format!("{operator}\"{value}\"")),
        }
    }

    /// The same with a value that is always quoted: words that must follow each other.
    pub(super) fn phrase(operator: &str, value: &str) -> Term {
        match clean(value).as_str() {
            "" => Term::Everything,
            value => Term::plain(format!("{operator}\"{value}\"")),
        }
    }

    pub(super) fn all(terms: Vec<Term>) -> Term {
        let mut kept = Vec::new();
        for term in terms {
            match term {
                Term::Nothing => return Term::Nothing,
                Term::Everything => {}
                Term::All(inner) => kept.extend(inner),
                term => kept.push(term),
            }
        }
        match kept.len() {
            0 => Term::Everything,
            1 => kept.remove(0),
            _ => Term::All(kept),
        }
    }

    pub(super) fn any(terms: Vec<Term>) -> Term {
        let mut kept = Vec::new();
        for term in terms {
            match term {
                Term::Everything => return Term::Everything,
                Term::Nothing => {}
                term => kept.push(term),
            }
        }
        match kept.len() {
            0 => Term::Nothing,
            1 => kept.remove(0),
            _ => Term::Any(kept),
        }
    }

    pub(super) fn not(self) -> Term {
        match self {
            Term::Everything => Term::Nothing,
            Term::Nothing => Term::Everything,
            Term::Word { is, isnt } => Term::Word { is: isnt, isnt: is },
            Term::Not(term) => *term,
            term => Term::Not(Box::new(term)),
        }
    }

    /// The whole query; empty for [`Term::Nothing`], which needs no request.
    pub(super) fn to_query(&self) -> String {
        match self {
            Term::All(terms) => join(terms),
            term => term.operand(),
        }
    }

    fn operand(&self) -> String {
        match self {
            Term::Everything | Term::Nothing => String::new(),
            Term::Word { is, .. } => is.clone(),
            Term::Raw(query) => format!("({query})"),
            Term::All(terms) => format!("({})", join(terms)),
            Term::Any(terms) => format!("{{{}}}", join(terms)),
            Term::Not(term) => format!("-{}", term.operand()),
        }
    }
}

fn join(terms: &[Term]) -> String {
    let words: Vec<String> = terms.iter().map(Term::operand).collect();
    words.join(" ")
}

/// Removes double quotes, which cannot be escaped in Gmail's syntax, and control characters.
fn clean(value: &str) -> String {
    let blank = value.replace(|c: char| c == '"' || c.is_control(), " ");
    let words: Vec<&str> = blank.split_whitespace().collect();
    words.join(" ")
}

/// Whether Gmail reads a value as one word: it is not an operator and has no parentheses and no leading `-` or `+`.
fn is_plain(value: &str) -> bool {
    let operator = ["OR", "AND", "NOT", "AROUND"].iter().any(|word| word.eq_ignore_ascii_case(value));
    !operator
        && value.starts_with(char::is_alphanumeric)
        && value.chars().all(|c| c.is_alphanumeric() || "!#$%&'+-./=?@^_~".contains(c))
}

/// Whether all quotes, parentheses and braces of a Gmail query match.
pub(super) fn is_balanced(query: &str) -> bool {
    let mut open = Vec::new();
    let mut quoted = false;
    for c in query.chars() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => open.push(')'),
            '{' => open.push('}'),
            ')' | '}' if open.pop() != Some(c) => return false,
            _ => {}
        }
    }
    !quoted && open.is_empty()
}
