//! What Gmail found out about the sender of a received message, and how the message offers to leave its list.
//!
//! Everything but the header that Gmail added itself is what the sender wrote.

mod authentication;
mod exit;
mod results;
mod risk;
mod signature;
mod unsubscribe;

use serde_json::Value;

pub(crate) use self::{
    authentication::Authentication,
    exit::{ListExit, is_public},
    risk::{Risk, Signs, risks, shares_name},
    unsubscribe::Unsubscribe,
};
use super::{Border, labels, part::Part};

/// Who sent a message and to which list, as far as its headers tell.
#[derive(Debug)]
pub(crate) struct Origin {
    /// As [`super::Message::from`].
    pub(crate) from: String,
    /// The List-Id, without angle brackets.
    pub(crate) list: String,
    pub(crate) authentication: Option<Authentication>,
    pub(crate) unsubscribe: Option<Unsubscribe>,
    /// Whether it promises that one request leaves the list.
    pub(crate) promises_one_click: bool,
    /// Whether it is in spam.
    pub(crate) is_spam: bool,
}

impl Origin {
    pub(crate) fn of(resource: &Value) -> Origin {
        let (authentication, unsubscribe) = of(resource);
        let mut border = Border::new(resource);
        let id = border.header("list-id");
        let id = id.rsplit_once('<').and_then(|(_, id)| id.split_once('>')).map_or(id.as_str(), |(id, _)| id);
        Origin {
            from: border.sender(),
            list: id.trim().to_ascii_lowercase(),
            authentication,
            unsubscribe,
            is_spam: labels(resource).iter().any(|label| label == "SPAM"),
            promises_one_click: unsubscribe::promises_one_click(Part::payload(resource)),
        }
    }
}

/// What Gmail found out about the sender of a message, and how the message offers to leave its list.
pub(crate) fn of(resource: &Value) -> (Option<Authentication>, Option<Unsubscribe>) {
    let payload = Part::payload(resource);
    let authentication = Authentication::of(payload);
    let unsubscribe = Unsubscribe::of(payload, authentication.as_ref());
    (authentication, unsubscribe)
}

/// Whether a domain may speak for another one: it is the same, or that one lies below it. Who owns a domain further down
/// need not own the one above.
fn speaks_for(domain: &str, other: &str) -> bool {
    domain.contains('.')
        && (domain == other || other.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

/// A domain in lower case without a final dot; `None` if it has other characters than a name on the network.
fn domain_name(text: &str) -> Option<String> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    (!name.is_empty() && name.len() <= 253 && name.bytes().all(plain)).then_some(name)
}
