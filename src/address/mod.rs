//! Mail addresses: parsing, checking, comparing.
//!
//! Input is parsed strictly ([`parse_list`]): text that could be read in more than one way is refused, since the
//! policy decides by the result. Headers of received mail are parsed leniently ([`parse_header`]). In both cases an
//! [`Address`] is safe to write into a header.

mod header;

use std::fmt;

pub(crate) use self::header::{account_for, has_at};
use crate::{
    characters::{breaks_header, clean_line, is_invisible, reorders},
    problem::{Problem, Result},
};

/// RFC 5321 4.5.3.1: octets of a local part, and of a whole address.
const MAX_LOCAL: usize = 64;
const MAX_EMAIL: usize = 254;
const MAX_NAME: usize = 255;

/// A mailbox. The local part is kept as typed, without quotes. It may contain UTF-8, which requires SMTPUTF8 (RFC 6531)
/// on all servers up to the recipient's: Gmail supports it, but not every server does. The domain is lower-case ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    name: Option<String>,
    local: String,
    domain: String,
}

/// Why a text is not a valid address, and how to fix it.
#[derive(Debug)]
struct Flaw {
    what: &'static str,
    fix: &'static str,
}

const LONE: &str = "Write `ada@example.com` or `Ada Lovelace <ada@example.com>`, separated by commas.";
const QUOTE: &str = "Put a name with special characters in double quotes: `\"Last, First\" <a@example.com>`.";
const ONE_BY_ONE: &str = "List the plain addresses one by one, separated by commas.";
const DOMAIN: &str = "Check the part after the @: it must be a full domain name such as example.com.";
const RETYPE: &str = "Type the address by hand: a copied address can contain invisible characters.";

const fn flaw<T>(what: &'static str, fix: &'static str) -> Result<T, Flaw> {
    Err(Flaw { what, fix })
}

impl Address {
    /// Parses one address, with or without a name. `field` is its name in errors.
    pub(crate) fn parse(text: &str, field: &str) -> Result<Address> {
        let mut list = parse_list(text, field)?;
        match (list.pop(), list.is_empty()) {
            (Some(address), true) => Ok(address),
            _ => Err(Problem::usage(format!("{field}: must be exactly one address")).hint(LONE)),
        }
    }

    /// The same mailbox with another display name, or without one if it is empty.
    pub(crate) fn with_name(self, name: &str) -> Result<Address> {
        let name = name.trim();
        check_name(name).map_err(|flaw| flaw.problem("name", name))?;
        Ok(self.named(name))
    }

    fn named(self, name: &str) -> Address {
        Address { name: (!name.is_empty()).then(|| name.to_owned()), ..self }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The part before the @, without quotes.
    pub(crate) fn local(&self) -> &str {
        &self.local
    }

    /// The part after the @: lower-case ASCII, with international names as punycode, without a final dot.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// `local@domain` as written in a header, with quotes around the local part if necessary.
    pub(crate) fn email(&self) -> String {
        format!("{}@{}", written_local(&self.local), self.domain)
    }

    /// For comparison only: two addresses with the same value are the same mailbox. Only ASCII is folded, since
    /// other letters have lower-case forms in ASCII: the Kelvin sign that of k.
    pub(crate) fn canonical(&self) -> String {
        self.email().to_ascii_lowercase()
    }

    /// For the question whether an address is one's own: Google delivers `ada+shop@` to `ada@`, and at gmail.com, which
    /// is also called googlemail.com, the dots in the name do not count. Never for who may receive mail.
    pub(crate) fn person(&self) -> String {
        let (local, domain) = (self.local.to_ascii_lowercase(), self.domain.to_ascii_lowercase());
        let name = local.split_once('+').map_or(local.as_str(), |(name, _)| name);
        // An address that begins with a plus has no other name.
        let name = if name.is_empty() { local.as_str() } else { name };
        match domain.as_str() {
            "gmail.com" | "googlemail.com" => format!("{}@gmail.com", name.replace('.', "")),
            _ => format!("{name}@{domain}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => f.write_str(&self.email()),
            Some(name) if name.chars().all(|c| c.is_alphanumeric() || " -_'".contains(c)) => {
                write!(f, "{name} <{}>", self.email())
            }
            Some(name) => write!(f, "{} <{}>", quoted(name), self.email()),
        }
    }
}

impl Flaw {
    fn problem(self, field: &str, piece: &str) -> Problem {
        Problem::usage(format!("{field}: invalid address `{}`: {}", visible(piece), self.what)).hint(self.fix)
    }
}

/// Parses a list separated by commas or semicolons, and skips empty items. Comments, groups, routes, IP literals and
/// control characters are refused, since mail programs disagree on their meaning.
pub(crate) fn parse_list(text: &str, field: &str) -> Result<Vec<Address>> {
    if let Some(piece) = text.split([',', ';']).find(|piece| piece.contains(breaks_header)) {
        let flaw = Flaw { what: "it contains a control character or a line break", fix: ONE_BY_ONE };
        return Err(flaw.problem(field, piece));
    }
    let mut addresses = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, later) = next_piece(rest).map_err(|flaw| flaw.problem(field, rest))?;
        let piece = piece.trim_matches(' ');
        if !piece.is_empty() {
            addresses.push(mailbox(piece).map_err(|flaw| flaw.problem(field, piece))?);
        }
        rest = later;
    }
    Ok(addresses)
}

/// The addresses in a header of a received mail. Groups are flattened, and invalid addresses are skipped.
pub(crate) fn parse_header(text: &str) -> Vec<Address> {
    let unfolded: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let header = format!("To: {unfolded}\r\n\r\n");
    let Some(message) = mail_parser::MessageParser::new().parse_headers(header.as_bytes()) else {
        return Vec::new();
    };
    let Some(list) = message.to() else { return Vec::new() };
    let usable = |found: &mail_parser::Addr<'_>| {
        let address = addr_spec(found.address()?.trim()).ok()?;
        Some(address.named(&clean_name(found.name().unwrap_or_default())))
    };
    list.iter().filter_map(usable).collect()
}

/// Splits at the next separator.
fn next_piece(text: &str) -> Result<(&str, &str), Flaw> {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            ',' | ';' if !angle => return Ok((&text[..at], &text[at + 1..])),
            ',' | ';' => return flaw("a `<` is not closed", LONE),
            '<' if !angle => angle = true,
            '>' if angle => angle = false,
            '<' | '>' => return flaw("its angle brackets do not match", LONE),
            '(' | ')' => return flaw("comments in parentheses are not accepted", QUOTE),
            ':' => return flaw("groups, routes and URLs are not accepted", ONE_BY_ONE),
            '[' | ']' => return flaw("IP addresses are not accepted as a domain", DOMAIN),
            '\\' => return flaw("it has a backslash outside quotes", QUOTE),
            _ => {}
        }
    }
    if quoted || angle {
        return flaw("a quote or a `<` is not closed", LONE);
    }
    Ok((text, ""))
}

/// Parses `addr-spec` or `phrase <addr-spec>`, whose brackets and quotes match.
fn mailbox(piece: &str) -> Result<Address, Flaw> {
    let Some(open) = unquoted_angle(piece) else { return addr_spec(piece) };
    let (phrase, bracketed) = piece.split_at(open);
    let Some(inner) = bracketed[1..].strip_suffix('>') else {
        return flaw("it has text after the `>`", LONE);
    };
    let name = display_name(phrase)?;
    Ok(addr_spec(inner.trim_matches(' '))?.named(&name))
}

fn unquoted_angle(piece: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    piece.char_indices().find_map(|(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => return Some(at),
            _ => {}
        }
        None
    })
}

/// Words and quoted strings, joined by single spaces.
fn display_name(phrase: &str) -> Result<String, Flaw> {
    let mut name = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in phrase.trim_matches(' ').chars() {
        match c {
            _ if escaped => {
                escaped = false;
                name.push(c);
            }
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '@' if !quoted => return flaw("it has an unquoted @ before the `<`", QUOTE),
            ' ' if !quoted && name.ends_with(' ') => {}
            _ => name.push(c),
        }
    }
    let name = name.trim();
    check_name(name)?;
    Ok(name.to_owned())
}

fn check_name(name: &str) -> Result<(), Flaw> {
    if name.chars().any(|c| breaks_header(c) || reorders(c)) {
        return flaw("the name contains characters that break or reorder a line", RETYPE);
    }
    if name.chars().count() > MAX_NAME {
        return flaw("the name is longer than 255 characters", "Shorten the name.");
    }
    Ok(())
}

/// Makes a name from a received mail safe to write into a header.
fn clean_name(name: &str) -> String {
    let name = clean_line(name);
    name.chars().take(MAX_NAME).collect::<String>().trim().to_owned()
}

/// Parses `local@domain` (RFC 5322 3.4.1, without comments and folding).
fn addr_spec(text: &str) -> Result<Address, Flaw> {
    if text.chars().any(|c| breaks_header(c) || is_invisible(c)) {
        return flaw("it contains invisible characters", RETYPE);
    }
    let (local, domain) = match text.strip_prefix('"') {
        Some(rest) => quoted_local(rest)?,
        None => dotted_local(text)?,
    };
    let domain = domain_name(domain)?;
    let address = Address { name: None, local, domain };
    // RFC 2047 5 forbids it, but some programs decode it. A backslash in quotes could hide it before this.
    if address.local.contains("=?") {
        return flaw("it contains an encoded word", LONE);
    }
    if written_local(&address.local).len() > MAX_LOCAL {
        return flaw("the part before the @ is longer than 64 bytes", LONE);
    }
    if address.email().len() > MAX_EMAIL {
        return flaw("it is longer than 254 bytes", LONE);
    }
    Ok(address)
}

fn dotted_local(text: &str) -> Result<(String, &str), Flaw> {
    let Some((local, domain)) = text.split_once('@') else { return flaw("it has no @", LONE) };
    if domain.contains('@') {
        return flaw("it has more than one @", LONE);
    }
    if text.contains(char::is_whitespace) {
        return flaw("it contains a space", LONE);
    }
    if !is_dot_atom(local) {
        return flaw("the part before the @ is empty, or has invalid characters or dots", LONE);
    }
    Ok((local.to_owned(), domain))
}

/// Parses the text after an opening quote: content, closing quote, @, domain.
fn quoted_local(rest: &str) -> Result<(String, &str), Flaw> {
    let mut local = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => local.extend(chars.next().map(|(_, escaped)| escaped)),
            '"' => {
                let Some(domain) = rest[at + 1..].strip_prefix('@') else {
                    return flaw("the address after a quoted name must be in `<` and `>`", LONE);
                };
                if local.is_empty() || domain.contains(char::is_whitespace) {
                    return flaw("it contains a space, or has nothing before the @", LONE);
                }
                return Ok((local, domain));
            }
            c => local.push(c),
        }
    }
    flaw("a quote is not closed", LONE)
}

/// Lower-case ASCII with at least one dot. International names are converted as in browsers (UTS 46).
fn domain_name(text: &str) -> Result<String, Flaw> {
    // The URL parser would decode percent escapes.
    if text.contains('%') {
        return flaw("the domain contains a percent sign", DOMAIN);
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let Ok(host) = url::Host::parse(text) else { return flaw("the domain is not valid", DOMAIN) };
    let url::Host::Domain(domain) = host else {
        return flaw("IP addresses are not accepted as a domain", DOMAIN);
    };
    if !domain.contains('.') {
        return flaw("the domain has no dot", DOMAIN);
    }
    if domain.len() > 253 || !domain.split('.').all(is_label) {
        return flaw("the domain is not valid", DOMAIN);
    }
    Ok(domain)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// `atext` of RFC 5322, and UTF-8 of RFC 6531 without the characters that are normalised to ASCII punctuation.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || (!c.is_ascii()
            && !c.is_whitespace()
            && !is_invisible(c)
            && !matches!(c, '\u{2024}'..='\u{2026}' | '\u{fe50}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff5e}'))
}

fn written_local(local: &str) -> String {
    if is_dot_atom(local) { local.to_owned() } else { quoted(local) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A shortened text for an error message, with control and invisible characters escaped.
fn visible(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(80) {
        if breaks_header(c) || is_invisible(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
