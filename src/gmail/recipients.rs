//! Everyone to whom a message leads, from its bytes: recipients, and those who get the replies and receipts. Under a
//! recipients policy, a message whose head can be read in two ways is refused.

use mail_parser::{Header, MessageParser};

use super::write::is_id;
use crate::{
    address::{Address, account_for, parse_header},
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::ToolId,
    spelling::command,
};

/// The headers that name recipients, or people whom a recipient's mail program writes to.
const ADDRESSED: [&str; 10] = [
    "to",
    "cc",
    "bcc",
    "apparently-to",
    "reply-to",
    "mail-reply-to",
    "mail-followup-to",
    "disposition-notification-to",
    "return-receipt-to",
    "errors-to",
];

/// A header of a message: its name, and its value as it is written.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) value: Vec<u8>,
}

/// The addresses in every header that leads to people. Refused if any of it is not accounted for.
pub(crate) fn addressed(raw: &[u8]) -> Result<Vec<Address>> {
    let mut all = Vec::new();
    for field in fields(raw).map_err(unclear)? {
        if leads_to_people(field.name) {
            let found = account_for(&field.value);
            all.extend(found.map_err(|why| unclear(format!("its {} header: {why}", field.name)))?);
        }
    }
    Ok(all)
}

/// The addresses in the headers with this name, as far as they can be read.
pub(crate) fn raw_addresses(raw: &[u8], name: &str) -> Vec<Address> {
    let Some(message) = MessageParser::new().parse_headers(raw) else { return Vec::new() };
    let named = message.headers().iter().filter(|header| header.name.as_str().eq_ignore_ascii_case(name));
    let value = |header: &Header<'_>| {
        let bytes = raw.get(header.offset_start as usize..header.offset_end as usize).unwrap_or_default();
        parse_header(&String::from_utf8_lossy(bytes))
    };
    named.flat_map(value).collect()
}

/// Why the head of a message is not certain, if it is not.
pub(crate) fn check_head(raw: &[u8]) -> Result<(), String> {
    fields(raw).map(drop)
}

/// The id in the first header with this name, without `<>`.
pub(crate) fn raw_id(raw: &[u8], name: &str) -> Option<String> {
    let fields = fields(raw).ok()?;
    let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
    let id = std::str::from_utf8(field.value.trim_ascii()).ok()?;
    let id = id.trim_start_matches('<').trim_end_matches('>').to_owned();
    is_id(&id).then_some(id)
}

fn leads_to_people(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("resent-") {
        Some(rest) => !matches!(rest, "date" | "message-id"),
        None => ADDRESSED.contains(&name.as_str()),
    }
}

fn unclear(why: impl Into<String>) -> Problem {
    let message = format!("cannot check all recipients of the message: {}", why.into());
    Problem::new(Code::PolicyRefused, message).hint(phrase![
        "Write the addresses again in plain form with ",
        command(ToolId::UpdateDraft),
        ", or create a new draft."
    ])
}

/// The headers of a message, repeated ones too, or why its head is not certain.
pub(super) fn fields(raw: &[u8]) -> Result<Vec<Field<'_>>, String> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let end = raw[at..].iter().position(|b| *b == b'\n').map_or(raw.len(), |length| at + length + 1);
        let line = &raw[at..end];
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.contains(&b'\r') || text.contains(&0) {
            return Err("its headers contain a bare carriage return or a NUL".to_owned());
        }
        if text.is_empty() {
            let exact = line == b"\r\n" && raw[..at].ends_with(b"\r\n");
            check_below(&raw[end..], exact)?;
            break;
        }
        match (text[0], fields.last_mut()) {
            (b' ' | b'\t', Some(field)) => field.value.extend_from_slice(line),
            _ => fields.push(field(text)?),
        }
        at = end;
    }
    if fields.is_empty() { Err("it has no headers".to_owned()) } else { Ok(fields) }
}

fn field(line: &[u8]) -> Result<Field<'_>, String> {
    let colon = line.iter().position(|b| *b == b':').ok_or("its headers contain a line without a name")?;
    let name = line[..colon].trim_ascii_end();
    match std::str::from_utf8(name) {
        Ok(name) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Field { name, value: line[colon + 1..].to_vec() })
        }
        _ => Err("its headers contain an invalid name".to_owned()),
    }
}

/// Programs that accept only CRLF read on after an empty line with another line end, up to the next exact one.
fn check_below(body: &[u8], exact: bool) -> Result<(), String> {
    if exact {
        return Ok(());
    }
    let end = body.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or(body.len());
    let addressed = |line: &[u8]| field(line).is_ok_and(|field| leads_to_people(field.name));
    match body[..end].split(|b| matches!(b, b'\n' | b'\r')).any(addressed) {
        true => Err("it has an address header below an empty line without CRLF".to_owned()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::addressed;

    fn emails(raw: &str) -> Option<Vec<String>> {
        Some(addressed(raw.as_bytes()).ok()?.iter().map(crate::address::Address::email).collect())
    }

    #[test]
    fn every_header_that_leads_to_people_counts() {
        let raw = "to: a@b.example\r\nTO : b@b.example\r\nSubject: c@b.example\r\nbCC:\r\n d@b.example\r\n\
                   Resent-Bcc: e@b.example\r\nResent-Date: Fri, 1 Jan 2027 00:00:00 +0000\r\nReply-To: f@b.example\r\n\
                   Disposition-Notification-To: g@b.example\r\n\r\nBcc: h@b.example\r\n";
        let expected = ["a", "b", "d", "e", "f", "g"].map(|name| format!("{name}@b.example"));
        assert_eq!(emails(raw), Some(expected.to_vec()));
        assert_eq!(emails("To: a@b.example\n\ntext"), Some(vec!["a@b.example".to_owned()]));
    }

    #[test]
    fn a_head_that_can_be_read_in_two_ways_is_refused() {
        for raw in [
            "To: a@b.example\r\n\nBcc: eve@evil.example\r\n\r\nx",
            "To: a@b.example\n\nBcc: eve@evil.example\n\nx",
            "To: a@b.example\n\r\nBCC : eve@evil.example\r\n\r\nx",
            "\r\nTo: eve@evil.example\r\n\r\nx",
            " To: eve@evil.example\r\n\r\nx",
            "To: a@b.example\rBcc: eve@evil.example\r\n\r\nx",
            "To: a@b.example\r\nB\0cc: eve@evil.example\r\n\r\nx",
            "To: a@b.example\r\nBcc\u{200b}: eve@evil.example\r\n\r\nx",
            "To: a@b.example\r\nBcc eve@evil.example\r\n\r\nx",
            "From eve@evil.example Fri Jan 1 10:00:00 2027\r\nTo: a@b.example\r\n\r\nx",
            "Resent-X: eve\r\nTo: a@b.example\r\n\r\nx",
            "",
        ] {
            assert_eq!(emails(raw), None, "{raw:?}");
        }
    }
}
