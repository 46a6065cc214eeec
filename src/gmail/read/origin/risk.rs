//! What a reader should weigh before a message is believed. Only its structure is judged, never its words.

use serde::Serialize;

use super::Authentication;
use crate::{
    address::{Address, parse_header},
    gmail::html::{OddLink, registrable},
};

/// The most links that are named.
const LINKS: usize = 10;

/// One thing to weigh.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Risk {
    /// One of the words in the table of fields.
    pub(crate) kind: String,
    pub(crate) detail: String,
}

impl Risk {
    pub(crate) fn new(kind: &str, detail: impl Into<String>) -> Risk {
        Risk { kind: kind.to_owned(), detail: detail.into() }
    }
}

/// What the risks of a message follow from.
pub(crate) struct Signs<'m> {
    pub(crate) from: &'m str,
    pub(crate) reply_to: &'m str,
    /// The address of the mailbox that the message came to; empty if it is not known.
    pub(crate) delivered_to: &'m str,
    pub(crate) authentication: Option<&'m Authentication>,
    pub(crate) links: &'m [OddLink],
}

pub(crate) fn risks(signs: &Signs<'_>) -> Vec<Risk> {
    let mut risks = Vec::new();
    if let Some(found) = signs.authentication.filter(|found| found.is_refuted()) {
        let words = format!("spf={}, dkim={}, dmarc={}", found.spf, found.dkim, found.dmarc);
        risks.push(Risk::new("not_authenticated", words));
    }
    if let Some(sender) = parse_header(signs.from).pop() {
        risks.extend(name_shows_address(&sender).map(|shown| Risk::new("name_shows_address", shown)));
        if sender.domain().split('.').any(|label| label.starts_with("xn--")) {
            risks.push(Risk::new("punycode", sender.domain()));
        }
        let own = parse_header(signs.delivered_to).pop();
        if let Some(own) = own.filter(|own| resembles(sender.domain(), own.domain())) {
            risks.push(Risk::new("resembles_own", format!("{} and {}", sender.email(), own.domain())));
        }
        let replies = parse_header(signs.reply_to);
        let elsewhere = replies.iter().filter(|to| registrable(to.domain()) != registrable(sender.domain()));
        let elsewhere: Vec<String> = elsewhere.map(Address::email).collect();
        if !elsewhere.is_empty() {
            risks.push(Risk::new("reply_to_elsewhere", elsewhere.join(", ")));
        }
    }
    for link in signs.links.iter().take(LINKS) {
        let risk = match link {
            OddLink::Elsewhere { named, target } => {
                Risk::new("link_elsewhere", format!("{named} leads to {target}"))
            }
            OddLink::Punycode(host) => Risk::new("punycode", host.as_str()),
        };
        if !risks.contains(&risk) {
            risks.push(risk);
        }
    }
    risks
}

/// Whether the same name stood for another owner's address.
pub(crate) fn shares_name(one: &Address, other: &Address) -> bool {
    let name = |address: &Address| address.name().unwrap_or_default().trim().to_lowercase();
    !name(one).is_empty()
        && name(one) == name(other)
        && registrable(one.domain()) != registrable(other.domain())
}

/// An address in the display name that is not the sender's.
fn name_shows_address(sender: &Address) -> Option<String> {
    let trim =
        |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).trim_end_matches('.').to_lowercase();
    let words = sender.name()?.split_whitespace().map(trim);
    let is_address = |word: &String| {
        word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
    };
    words.into_iter().find(|word| is_address(word) && *word != sender.canonical())
}

/// Whether a domain is not the other one, but a person might take it for that.
fn resembles(domain: &str, own: &str) -> bool {
    let (domain, own) = (registrable(domain), registrable(own));
    let differing = domain.bytes().zip(own.bytes()).filter(|(a, b)| a != b).count();
    let is_near = domain.len() == own.len() && own.len() > 6 && differing == 1;
    domain != own && (is_near || look(domain) == look(own))
}

/// A domain with what looks alike written alike.
fn look(domain: &str) -> String {
    let text = domain.replace("rn", "m").replace("vv", "w").replace('-', "");
    text.chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' => 'l',
            '5' => 's',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(from: &str, reply_to: &str) -> Vec<(String, String)> {
        let signs =
            Signs { from, reply_to, delivered_to: "ada@example.com", authentication: None, links: &[] };
        risks(&signs).into_iter().map(|risk| (risk.kind, risk.detail)).collect()
    }

    fn one(kind: &str, detail: &str) -> Vec<(String, String)> {
        vec![(kind.to_owned(), detail.to_owned())]
    }

    #[test]
    fn a_usual_message_has_none() {
        assert_eq!(kinds("Bob <bob@example.org>", ""), []);
        assert_eq!(kinds("Bob <bob@example.org>", "replies@mail.example.org"), []);
        assert_eq!(kinds("\"bob@example.org\" <bob@example.org>", ""), []);
        assert_eq!(kinds("Colleague <bob@mail.example.com>", ""), []);
        assert_eq!(kinds("", ""), []);
    }

    #[test]
    fn what_can_mislead_about_the_sender_is_named() {
        assert_eq!(
            kinds("\"Bank (service@bank.example)\" <x@evil.example>", ""),
            one("name_shows_address", "service@bank.example")
        );
        assert_eq!(
            kinds("Bob <bob@example.org>", "x@evil.example"),
            one("reply_to_elsewhere", "x@evil.example")
        );
        for near in ["examp1e.com", "exarnple.com", "exampla.com", "ex-ample.com"] {
            let address = format!("it@{near}");
            assert_eq!(
                kinds(&address, ""),
                one("resembles_own", &format!("{address} and example.com")),
                "{near}"
            );
        }
        assert_eq!(kinds("x@xn--exmple-cua.net", ""), one("punycode", "xn--exmple-cua.net"));
    }

    #[test]
    fn a_name_with_addresses_of_two_owners_is_shared() {
        let address = |text: &str| Address::parse(text, "from").unwrap();
        let bob = address("Bob Ray <bob@example.org>");
        assert!(shares_name(&bob, &address("bob ray <bob@evil.example>")));
        assert!(!shares_name(&bob, &address("Bob Ray <bob@mail.example.org>")));
        assert!(!shares_name(&bob, &address("Eve <bob@evil.example>")));
        assert!(!shares_name(&address("a@example.org"), &address("b@evil.example")));
    }
}
