//! The header of an outgoing message.

use mail_builder::headers::{Header, address, date::Date, message_id::MessageId, raw::Raw, text::Text};

use super::{ID_HEADER, Outgoing};
use crate::address::{Address, has_at};

/// The header fields of a message, without those of its body.
pub(super) fn head(message: &Outgoing) -> Vec<u8> {
    let mut head = Vec::new();
    if let Some(from) = &message.from {
        write(&mut head, "From", &mailbox(from));
    }
    let lists =
        [("To", &message.to), ("Cc", &message.cc), ("Bcc", &message.bcc), ("Reply-To", &message.reply_to)];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        write(&mut head, name, &address_list(list));
    }
    write(&mut head, "Subject", &subject_header(&message.subject));
    write(&mut head, "Date", &Date::new(message.date));
    write(&mut head, "Message-ID", &MessageId::new(&message.message_id));
    if let Some(id) = &message.in_reply_to {
        write(&mut head, "In-Reply-To", &MessageId::new(id));
    }
    if !message.references.is_empty() {
        write(&mut head, "References", &MessageId::new_list(message.references.iter()));
    }
    write(&mut head, ID_HEADER, &Raw::new(&message.lookup_id));
    head.extend(b"MIME-Version: 1.0\r\n");
    head
}

fn write(head: &mut Vec<u8>, name: &str, value: &impl Header) {
    head.extend(name.as_bytes());
    head.extend(b": ");
    value.write_header(head, name.len() + 2);
}

/// The value of an address header.
pub(crate) fn address_list(list: &[Address]) -> address::Address<'static> {
    address::Address::new_list(list.iter().map(mailbox).collect())
}

/// A name with an @ is left out: some programs read an address in a name as one more recipient.
fn mailbox(address: &Address) -> address::Address<'static> {
    let name = address.name().filter(|name| !has_at(name));
    address::Address::new_address(name.map(literal), address.email())
}

pub(crate) fn subject_header(subject: &str) -> Text<'static> {
    Text::new(literal(subject.trim()))
}

/// Text that looks like an encoded word must itself be encoded, or the recipient's program would decode it. The
/// library encodes it if it ends with a space, which mail programs remove.
fn literal(text: &str) -> String {
    if text.contains("=?") { format!("{text} ") } else { text.to_owned() }
}
