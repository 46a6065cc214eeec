//! Reads an Authentication-Results header (RFC 8601). Parts of it repeat what the sender said to the server, so a header
//! that could be read in two ways is not read at all.

/// One result: `method=word` and its properties, such as `header.from=example.org`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MethodResult {
    pub(super) method: String,
    pub(super) word: String,
    properties: Vec<(String, String)>,
}

impl MethodResult {
    /// The property with this name, such as `header.i`, if it occurs once.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let mut named = self.properties.iter().filter(|(found, _)| found == name);
        let (_, value) = named.next()?;
        named.next().is_none().then_some(value)
    }
}

/// The longest header that is read.
const LONGEST: usize = 8 << 10;

/// The server that wrote the header, and its results. `None` if the header is malformed or could mean something else.
pub(super) fn parse(value: &str) -> Option<(String, Vec<MethodResult>)> {
    if value.len() > LONGEST {
        return None;
    }
    let mut sections = sections(value)?.into_iter();
    let id = sections.next()?;
    // A version may follow the name of the server.
    let server = match id.as_slice() {
        [Token::Word(server)] => server,
        [Token::Word(server), Token::Word(version)] if version == "1" => server,
        _ => return None,
    };
    let mut results = Vec::new();
    for section in sections {
        match section.as_slice() {
            // After the last semicolon, or no results.
            [] => {}
            [Token::Word(none)] if none.eq_ignore_ascii_case("none") => {}
            tokens => results.push(result(tokens)?),
        }
    }
    Some((server.to_ascii_lowercase(), results))
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Equals,
}

/// The tokens between semicolons, without comments.
fn sections(value: &str) -> Option<Vec<Vec<Token>>> {
    let mut sections = vec![Vec::new()];
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\r' | '\n' => 1,
            ';' => {
                sections.push(Vec::new());
                1
            }
            '=' => {
                sections.last_mut()?.push(Token::Equals);
                1
            }
            '(' => comment(rest)?,
            '"' => {
                let (text, length) = quoted(rest)?;
                push_text(sections.last_mut()?, text, rest, value);
                length
            }
            '!'..='~' if !matches!(first, ')' | '\\' | ',' | '<' | '>') => {
                let ends = |c: char| {
                    !c.is_ascii_graphic() || matches!(c, ';' | '=' | '(' | ')' | '"' | '\\' | '<' | '>')
                };
                let length = rest.find(ends).unwrap_or(rest.len());
                push_text(sections.last_mut()?, rest[..length].to_owned(), rest, value);
                length
            }
            _ => return None,
        };
        rest = &rest[length..];
    }
    Some(sections)
}

/// Adds a text, which continues the word before it if nothing is between them: `"a b"@example.org`, or the value of
/// `header.b=abc=`.
fn push_text(section: &mut Vec<Token>, text: String, rest: &str, value: &str) {
    let before = value[..value.len() - rest.len()].chars().next_back();
    let adjoins = before.is_some_and(|c| c.is_ascii_graphic() && !matches!(c, ';' | '=' | ')'));
    match section.last_mut() {
        Some(Token::Word(word)) if adjoins => word.push_str(&text),
        _ => section.push(Token::Word(text)),
    }
}

/// The length of the comment that begins here. Gmail's comments repeat addresses; quotes, escapes and comments within
/// them could be meant to end them early.
fn comment(text: &str) -> Option<usize> {
    let end = text.find(')')?;
    let inner = &text[1..end];
    (!inner.contains(['(', '"', '\\', ';'])).then_some(end + 1)
}

/// The content of the quoted string that begins here, and its length.
fn quoted(text: &str) -> Option<(String, usize)> {
    let end = 1 + text[1..].find('"')?;
    let inner = &text[1..end];
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    (!inner.contains(['\\', ';', '(', ')']) && inner.chars().all(plain)).then(|| (inner.to_owned(), end + 1))
}

/// `method[/version]=word [name=value ...]`. A value may contain equals signs.
fn result(tokens: &[Token]) -> Option<MethodResult> {
    let [Token::Word(method), Token::Equals, Token::Word(word), rest @ ..] = tokens else { return None };
    let method = method.split('/').next()?.to_ascii_lowercase();
    let mut properties: Vec<(String, String)> = Vec::new();
    let mut rest = rest;
    while let [token, after @ ..] = rest {
        match (token, after) {
            (Token::Word(name), [Token::Equals, Token::Word(value), after @ ..]) => {
                properties.push((name.to_ascii_lowercase(), value.clone()));
                rest = after;
            }
            (Token::Equals, [Token::Word(more), after @ ..]) => {
                let (_, value) = properties.last_mut()?;
                value.push('=');
                value.push_str(more);
                rest = after;
            }
            (Token::Equals, []) => {
                properties.last_mut()?.1.push('=');
                rest = after;
            }
            _ => return None,
        }
    }
    Some(MethodResult { method, word: word.to_ascii_lowercase(), properties })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GMAIL: &str = "mx.google.com;\r\n       dkim=pass header.i=@news.example header.s=s1 header.b=AbC/+x12;\r\n       \
        spf=pass (google.com: domain of bounce+1=ada=example.com@news.example designates 192.0.2.1 as permitted sender) \
        smtp.mailfrom=\"bounce+1=ada=example.com@news.example\";\r\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=news.example";

    #[test]
    fn a_header_of_gmail_is_read() {
        let (server, results) = parse(GMAIL).unwrap();
        assert_eq!(server, "mx.google.com");
        let words: Vec<_> = results.iter().map(|r| (r.method.as_str(), r.word.as_str())).collect();
        assert_eq!(words, [("dkim", "pass"), ("spf", "pass"), ("dmarc", "pass")]);
        assert_eq!(results[0].property("header.i"), Some("@news.example"));
        assert_eq!(results[0].property("header.b"), Some("AbC/+x12"));
        assert_eq!(results[1].property("smtp.mailfrom"), Some("bounce+1=ada=example.com@news.example"));
        assert_eq!(results[2].property("header.from"), Some("news.example"));
    }

    #[test]
    fn equals_signs_and_local_parts_in_quotes_belong_to_the_value() {
        let (_, results) = parse("mx.google.com; dkim=pass header.b=ab=; spf=pass smtp.mailfrom=prvs=1=a@b.example; spf=pass smtp.mailfrom=\"a b\"@c.example").unwrap();
        assert_eq!(results[0].property("header.b"), Some("ab="));
        assert_eq!(results[1].property("smtp.mailfrom"), Some("prvs=1=a@b.example"));
        assert_eq!(results[2].property("smtp.mailfrom"), Some("a b@c.example"));
    }

    #[test]
    fn versions_and_a_header_without_results_are_read() {
        assert_eq!(parse("mx.google.com 1; none").unwrap(), ("mx.google.com".to_owned(), vec![]));
        let (_, results) = parse("MX.google.com; dmarc/1=fail header.from=a.example;").unwrap();
        assert_eq!((results[0].method.as_str(), results[0].word.as_str()), ("dmarc", "fail"));
        assert_eq!(results[0].property("header.from"), Some("a.example"));
    }

    #[test]
    fn what_a_sender_could_have_smuggled_in_is_not_read() {
        for value in [
            "",
            ";",
            "mx.google.com.evil.example extra; dmarc=pass",
            "mx.google.com; spf=fail (domain of \"x) ; dmarc=pass header.from=bank.example (\"@evil.example)",
            "mx.google.com; spf=fail (domain of x\\) ; dmarc=pass header.from=bank.example (@evil.example)",
            "mx.google.com; spf=fail (a (b) ; dmarc=pass)",
            "mx.google.com; spf=fail smtp.mailfrom=\"x; dmarc=pass header.from=bank.example\"@evil.example",
            "mx.google.com; spf=fail smtp.mailfrom=\"x",
            "mx.google.com; spf=fail (never closed",
            "mx.google.com; spf=fail )",
            "mx.google.com; =pass",
            "mx.google.com; dmarc",
            "mx.google.com; dmarc=pass header.from",
            "mx.google.com; dmarc=päss",
            "(comment",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
        assert_eq!(parse(&format!("mx.google.com; spf=pass ({})", "x".repeat(9000))), None);
    }

    #[test]
    fn a_property_that_occurs_twice_is_none() {
        let (_, results) =
            parse("a.example; dmarc=pass header.from=a.example header.from=b.example").unwrap();
        assert_eq!(results[0].property("header.from"), None);
    }
}
