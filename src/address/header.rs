//! The strict reading of an address header: every character belongs to an address or to a name that no program can
//! take for one, or the header is refused. The policy decides by the result.
//!
//! RFC 5322 3.4, without routes, quoted local parts, domain literals and the obsolete syntax.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Address, addr_spec};
use crate::characters::{breaks_header, is_invisible};

/// Gmail's limit is 500 recipients.
const MAX_HEADER: usize = 65_536;
/// Charsets in which an @ is the byte 0x40. In UTF-7, for example, it is not.
const CHARSETS: [&str; 9] =
    ["utf-8", "us-ascii", "iso-8859-", "windows-12", "koi8-", "gb", "big5", "euc-", "shift_jis"];

type Strict<T> = Result<T, &'static str>;

enum Token<'a> {
    Word(&'a str),
    Quoted(&'a str),
    /// What is between `<` and `>`.
    Angle(&'a str),
    Mark(char),
}

/// The addresses of a header value as it is written in the message, or why some of it is not accounted for.
pub(crate) fn account_for(value: &[u8]) -> Strict<Vec<Address>> {
    if value.len() > MAX_HEADER {
        return Err("it is longer than 64 kB");
    }
    let text = std::str::from_utf8(value).map_err(|_| "it is not valid UTF-8")?;
    let text = text.replace("\r\n", "").replace('\n', "").replace('\t', " ");
    if text.chars().any(|c| breaks_header(c) || is_invisible(c)) {
        return Err("it contains control or invisible characters");
    }
    check_encoded_words(&text)?;
    let (tokens, has_comment) = tokens(&text)?;
    let name_has_at = tokens.iter().any(|token| matches!(token, Token::Quoted(name) if has_at(name)));
    if name_has_at && (has_comment || text.contains('\\') || text.contains("=?")) {
        return Err("a name in it contains an @");
    }
    addresses(&tokens)
}

fn tokens(text: &str) -> Strict<(Vec<Token<'_>>, bool)> {
    let mut tokens = Vec::new();
    let mut has_comment = false;
    let mut rest = text.trim_start_matches(' ');
    while let Some(first) = rest.chars().next() {
        let inner = &rest[first.len_utf8()..];
        rest = match first {
            '"' => {
                let end = quote_end(inner).ok_or("a quote is not closed")?;
                tokens.push(Token::Quoted(&inner[..end]));
                &inner[end + 1..]
            }
            '(' => {
                has_comment = true;
                comment(inner)?
            }
            '<' => {
                let end = inner.find('>').ok_or("a `<` is not closed")?;
                tokens.push(Token::Angle(&inner[..end]));
                &inner[end + 1..]
            }
            ',' | ';' | ':' => {
                tokens.push(Token::Mark(first));
                inner
            }
            '>' | ')' | '[' | ']' | '\\' => return Err("it contains characters outside an address"),
            _ => {
                let end = rest.find(|c| " \"()<>,;:[]\\".contains(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(&rest[..end]));
                &rest[end..]
            }
        }
        .trim_start_matches(' ');
    }
    Ok((tokens, has_comment))
}

fn quote_end(inner: &str) -> Option<usize> {
    let mut escaped = false;
    inner.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// What follows a comment, whose text is plain.
fn comment(inner: &str) -> Strict<&str> {
    let end = inner.find(')').ok_or("a comment is not closed")?;
    let text = &inner[..end];
    if has_at(text) || text.contains(['(', '\\', '"', '<', '>', ',', ';', ':']) || text.contains("=?") {
        return Err("a comment in it can be read as an address");
    }
    Ok(&inner[end + 1..])
}

/// Addresses separated by commas, and groups of them: `Team: a@example.com, b@example.com;`.
fn addresses(tokens: &[Token<'_>]) -> Strict<Vec<Address>> {
    let mut found = Vec::new();
    let mut item: Vec<&Token<'_>> = Vec::new();
    let (mut in_group, mut after_group) = (false, false);
    for token in tokens {
        match token {
            Token::Mark(',') => {
                found.extend(mailbox(&item)?);
                item.clear();
                after_group = false;
            }
            Token::Mark(':') if !in_group && is_group_name(&item) => {
                in_group = true;
                item.clear();
            }
            Token::Mark(';') if in_group => {
                found.extend(mailbox(&item)?);
                item.clear();
                (in_group, after_group) = (false, true);
            }
            Token::Mark(_) => return Err("it has a `:` or `;` outside a group"),
            _ if after_group => return Err("it has text after a group"),
            token => item.push(token),
        }
    }
    if in_group {
        return Err("a group is not closed");
    }
    found.extend(mailbox(&item)?);
    Ok(found)
}

fn is_group_name(item: &[&Token<'_>]) -> bool {
    let plain = |token: &&Token<'_>| match token {
        Token::Word(text) | Token::Quoted(text) => !has_at(text),
        _ => false,
    };
    !item.is_empty() && item.iter().all(plain)
}

/// `a@example.com` or `Name <a@example.com>`; none if there is nothing between two commas.
fn mailbox(item: &[&Token<'_>]) -> Strict<Option<Address>> {
    let address = match item {
        [] => return Ok(None),
        [Token::Word(address)] => address,
        [name @ .., Token::Angle(address)] => {
            for token in name {
                match token {
                    Token::Word(word) if has_at(word) => return Err("it has an @ outside an address"),
                    Token::Word(_) | Token::Quoted(_) => {}
                    _ => return Err("it has two addresses without a comma between them"),
                }
            }
            address
        }
        _ => return Err("it has text that is not an address"),
    };
    plain_address(address).map(Some)
}

/// An address that needs no conversion: the domain is ASCII and complete, the local part has no quotes.
fn plain_address(text: &str) -> Strict<Address> {
    let domain = text.rsplit_once('@').map(|(_, domain)| domain);
    match (addr_spec(text), domain) {
        (Ok(address), Some(domain)) if !text.starts_with('"') => {
            if domain.eq_ignore_ascii_case(address.domain()) {
                Ok(address)
            } else {
                Err("the domain of an address is not written in its plain form")
            }
        }
        _ => Err("it contains an invalid address"),
    }
}

/// Refuses encoded words (RFC 2047) with an @: programs that decode them too early see another address.
fn check_encoded_words(text: &str) -> Strict<()> {
    let mut rest = text;
    while let Some(start) = rest.find("=?") {
        let fields: Vec<&str> = rest[start + 2..].splitn(4, '?').collect();
        let [charset, encoding, word, after] = fields[..] else { return Err("an encoded word is broken") };
        let Some(after) = after.strip_prefix('=') else { return Err("an encoded word is broken") };
        let charset = charset.to_ascii_lowercase();
        let known = CHARSETS.iter().any(|name| charset.starts_with(name));
        let has_at = match encoding {
            "Q" | "q" => has_at(word) || word.contains("=40"),
            "B" | "b" => BASE64_STANDARD.decode(word).map_or(true, |bytes| bytes.contains(&b'@')),
            _ => true,
        };
        if !known || has_at {
            return Err("an encoded word in it can be read as an address");
        }
        rest = after;
    }
    Ok(())
}

/// Whether the text has an @, or a character that some programs turn into one.
pub(crate) fn has_at(text: &str) -> bool {
    text.contains(['@', '\u{fe6b}', '\u{ff20}'])
}

#[cfg(test)]
mod tests {
    use super::account_for;

    fn emails(value: &str) -> Option<Vec<String>> {
        let found = account_for(value.as_bytes()).ok()?;
        Some(found.iter().map(super::Address::email).collect())
    }

    #[test]
    fn plain_headers_are_accounted_for() {
        for (value, expected) in [
            ("bob@example.org", vec!["bob@example.org"]),
            (
                " Bob <BOB@Example.ORG>,\r\n\t\"Last, First\" <a@b.example> ",
                vec!["BOB@example.org", "a@b.example"],
            ),
            ("=?utf-8?Q?M=C3=BCller=2C_Bob?= <bob@example.org>", vec!["bob@example.org"]),
            (
                "=?UTF-8?B?TcO8bGxlcg==?= <bob@example.org>, a@b.example",
                vec!["bob@example.org", "a@b.example"],
            ),
            ("undisclosed-recipients:;", vec![]),
            (
                "Team: a@b.example, \"B\" <b@b.example>;, c@b.example",
                vec!["a@b.example", "b@b.example", "c@b.example"],
            ),
            ("bob@example.org (Bob)", vec!["bob@example.org"]),
            ("\"bob@example.org\" <bob@example.org>", vec!["bob@example.org"]),
            ("Bob \"the, Builder\" <bob@example.org>, ,", vec!["bob@example.org"]),
            ("Müller <bob@example.org>", vec!["bob@example.org"]),
            ("", vec![]),
        ] {
            assert_eq!(emails(value), Some(expected.into_iter().map(str::to_owned).collect()), "{value}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for value in [
            "a..b@example.org",
            ".a@example.org",
            "b@host",
            "b@example.org.",
            "<@evil.example:bob@example.org>",
            "@evil.example:bob@example.org",
            "bob@example.org eve@evil.example",
            "eve@evil.example <bob@example.org>",
            "<eve@evil.example> <bob@example.org>",
            "<bob@example.org> eve@evil.example",
            "bob@example.org (eve@evil.example)",
            "bob@example.org (a (b) eve)",
            "bob(x)@example.org",
            "bob @example.org",
            "bob@ example.org",
            "< bob@example.org>",
            "<bob@example.org",
            "\"bob@example.org",
            "\"x\\\" <eve@evil.example>, y\" <bob@example.org>",
            "\"eve@evil.example,\" =?utf-8?q?=22?= <bob@example.org>",
            "=?utf-8?q?eve=40evil.example=2C?= <bob@example.org>",
            "=?utf-8?q?eve=40evil.example?=",
            "=?utf-8?q?eve=40evil.example=2C?=@example.org",
            "=?utf-8?b?ZXZlQGV2aWwuZXhhbXBsZSw=?= <bob@example.org>",
            "=?utf-7?q?eve+AEA-evil.example,?= <bob@example.org>",
            "=?utf-8?q?eve <bob@example.org>",
            "\"eve\"@example.org",
            "bob@[192.0.2.1]",
            "bob@b\u{fc}cher.example",
            "bob@example.org; eve@evil.example",
            "eve@evil.example: bob@example.org;",
            "a: b: c@example.org;;",
            "Team: a@b.example",
            "bob\u{200b}@example.org",
            "bob@example.org\0",
            "bob@example.org\r, eve@evil.example",
            "bob\\@example.org",
            "nobody",
        ] {
            assert_eq!(emails(value), None, "{value}");
        }
        assert!(account_for(b"b\xfcb <bob@example.org>").is_err());
        assert!(account_for(format!("{}@example.org", "a".repeat(70)).as_bytes()).is_err());
        assert!(account_for("a@b.example,".repeat(9000).as_bytes()).is_err());
    }
}
