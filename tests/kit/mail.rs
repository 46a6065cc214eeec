//! Mail that a story puts into the mailbox, and mail that left it.

use mail_parser::{Addr, Address, Message, MessageParser};

use super::User;
use crate::sandbox::gmail::received;

impl User {
    /// A message arrives in the inbox; line ends may be `\n`. Gives its id.
    pub fn receive(&self, rfc5322: &str) -> String {
        self.receive_in(&["INBOX"], rfc5322)
    }

    /// A message arrives from another server. Gmail puts its own headers above it, with these results of its checks,
    /// such as `dmarc=pass header.from=example.org`.
    pub fn receive_checked(&self, results: &str, rfc5322: &str) -> String {
        self.receive(&format!("{}{rfc5322}", self.gmails_headers(results)))
    }

    /// These headers, with `\\n` as line end.
    pub fn gmails_headers(&self, results: &str) -> String {
        String::from_utf8(received(results)).unwrap().replace("\r\n", "\n")
    }

    /// A message arrives with these labels.
    pub fn receive_in(&self, labels: &[&str], rfc5322: &str) -> String {
        let raw = rfc5322.replace("\r\n", "\n").replace('\n', "\r\n");
        self.world.gmail(|gmail| gmail.add_raw(raw.as_bytes(), labels))
    }

    /// The ids of the newest messages in the inbox, as the mailbox itself has them.
    pub fn inbox(&self, count: usize) -> Vec<String> {
        let messages = self.world.gmail(|gmail| gmail.messages());
        let inbox = messages.into_iter().filter(|m| m.labels.iter().any(|l| l == "INBOX"));
        inbox.take(count).map(|m| m.id).collect()
    }

    pub fn has_label(&self, id: &str, label: &str) -> bool {
        self.world.gmail(|gmail| gmail.message(id).unwrap().labels).iter().any(|l| l == label)
    }

    /// The id of the message with this subject in the mailbox that every world starts with.
    pub fn id_of(&self, subject: &str) -> String {
        let id = self.world.gmail(|gmail| gmail.id_of_subject(subject));
        id.unwrap_or_else(|| panic!("no message with the subject {subject}"))
    }

    /// How many messages were sent.
    pub fn sent(&self) -> usize {
        self.world.gmail(|gmail| gmail.send_count())
    }

    /// The message that was sent last, as another parser reads it.
    pub fn last_sent(&self) -> Message<'static> {
        parse(&self.world.gmail(|gmail| gmail.sent().last().expect("something was sent").raw.clone()))
    }

    /// A message of the mailbox, as another parser reads it.
    pub fn message(&self, id: &str) -> Message<'static> {
        parse(&self.world.gmail(|gmail| gmail.message(id).unwrap().raw))
    }

    pub fn draft_ids(&self) -> Vec<String> {
        self.world.gmail(|gmail| gmail.draft_ids())
    }
}

fn parse(raw: &[u8]) -> Message<'static> {
    MessageParser::new().parse(raw).expect("a message").into_owned()
}

/// Every member of an address list.
pub fn names_and_emails(list: Option<&Address<'_>>) -> Vec<(String, String)> {
    let one = |a: &Addr<'_>| (a.name().unwrap_or_default().into(), a.address().unwrap_or_default().into());
    list.into_iter().flat_map(|list| list.iter()).map(one).collect()
}

pub fn emails(list: Option<&Address<'_>>) -> Vec<String> {
    names_and_emails(list).into_iter().map(|(_, email)| email).collect()
}
