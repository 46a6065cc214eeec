//! Words in headers and texts: RFC 2047 encoded words, address lists, and the whole words that Gmail's search compares.

use super::{base64url, mime};

/// Decodes encoded words that are separate, as Gmail does. Inside a quoted string, glued to other text, or in an
/// unknown charset, they stay: those are the leftovers that clients see.
pub(super) fn decode(value: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut blank = String::new();
    for token in value.split_inclusive(' ') {
        let word = token.trim_end_matches(' ');
        match encoded_word(word).filter(|_| !quoted) {
            Some((charset, bytes)) => match &mut pending {
                Some((known, collected)) if known.eq_ignore_ascii_case(&charset) => collected.extend(bytes),
                Some(_) => {
                    flush(&mut out, &mut pending);
                    pending = Some((charset, bytes));
                }
                None => {
                    out.push_str(&blank);
                    pending = Some((charset, bytes));
                }
            },
            None => {
                flush(&mut out, &mut pending);
                out.push_str(&blank);
                out.push_str(word);
                quoted ^= word.matches('"').count() % 2 == 1;
            }
        }
        blank = token[word.len()..].to_string();
    }
    flush(&mut out, &mut pending);
    out + &blank
}

fn flush(out: &mut String, pending: &mut Option<(String, Vec<u8>)>) {
    if let Some((charset, bytes)) = pending.take() {
        let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap_or(encoding_rs::UTF_8);
        out.push_str(&encoding.decode(&bytes).0);
    }
}

fn encoded_word(word: &str) -> Option<(String, Vec<u8>)> {
    let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let [charset, encoding, text] = inner.splitn(3, '?').collect::<Vec<_>>()[..] else { return None };
    encoding_rs::Encoding::for_label(charset.split('*').next()?.as_bytes())?;
    let bytes = match encoding {
        "B" | "b" => base64url::decode(text)?,
        "Q" | "q" => mime::undo_quoted_printable(text.replace('_', " ").as_bytes()),
        _ => return None,
    };
    Some((charset.split('*').next().unwrap_or_default().to_string(), bytes))
}

/// The bare addresses of a header value: the text in `<>`, else the item itself. Commas in quotes, comments
/// and group syntax are understood well enough for a test.
pub(super) fn addresses(value: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let (mut quoted, mut depth) = (false, 0);
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            ',' | ';' if !quoted && depth == 0 => items.push(String::new()),
            ':' if !quoted && depth == 0 => items.last_mut().expect("never empty").clear(),
            c if depth == 0 => items.last_mut().expect("never empty").push(c),
            _ => {}
        }
    }
    items.iter().filter_map(|item| bare(item)).collect()
}

fn bare(item: &str) -> Option<String> {
    let address = match (item.rfind('<'), item.rfind('>')) {
        (Some(open), Some(close)) if open < close => &item[open + 1..close],
        _ => item,
    };
    let address = address.trim();
    (!address.is_empty()).then(|| address.to_ascii_lowercase())
}

/// Lower-case words. An ideograph or kana is a word of its own, since these scripts put no blanks.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        if is_cjk(c) {
            words.push(c.to_string());
            open = false;
        } else if c.is_alphanumeric() {
            match (open, words.last_mut()) {
                (true, Some(word)) => word.extend(c.to_lowercase()),
                _ => words.push(c.to_lowercase().collect()),
            }
            open = true;
        } else {
            open = false;
        }
    }
    words
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Whether `hay` contains `needle` as consecutive whole words. Without any word nothing is found.
pub(super) fn contains(hay: &[String], needle: &[String]) -> bool {
    !needle.is_empty() && hay.windows(needle.len()).any(|window| window == needle)
}

/// The subject without reply and forward prefixes, for threading.
pub(super) fn base_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    while let Some((prefix, tail)) = rest.split_once(':') {
        let known = ["re", "fwd", "fw", "aw", "wg", "sv", "antw"];
        if !known.contains(&prefix.trim().to_lowercase().as_str()) {
            break;
        }
        rest = tail.trim_start();
    }
    rest.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
