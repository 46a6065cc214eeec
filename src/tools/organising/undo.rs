//! What takes a change back. It is told only if it restores exactly what was there: the labels of each message are
//! compared before and after the change, which costs a person's run two more requests.

use std::collections::BTreeMap;

use super::super::outcome::Undo;
use crate::{
    gmail::{Gmail, change::Unit},
    spelling::shell_word,
};

/// The labels of more messages than this are not compared.
const MOST: usize = 100;
/// Messages that changed in different ways are put back by one command each, if they are not more than these.
const MOST_COMMANDS: usize = 2;
/// Labels that only Gmail can set.
const FIXED: [&str; 3] = ["SENT", "DRAFT", "CHAT"];

/// The labels of messages before a change.
pub(super) struct Before(Vec<(String, Vec<String>)>);

/// The labels that a change added to a message, and those that it removed.
type Difference = (Vec<String>, Vec<String>);

impl Before {
    /// `None` if the labels are too many or cannot be read, so that nothing will be known.
    pub(super) fn of(gmail: &Gmail<'_>, unit: Unit, ids: &[String]) -> Option<Before> {
        if ids.is_empty() || ids.len() > MOST {
            return None;
        }
        let known = match unit {
            Unit::Message => labelled(gmail, ids)?,
            Unit::Conversation => {
                let threads = gmail.threads_with_labels(ids).ok()?;
                let messages = threads.found.into_iter().flat_map(|(_, messages)| messages);
                messages.map(|message| (message.id, message.labels)).collect()
            }
        };
        (known.len() <= MOST).then_some(Before(known))
    }

    /// How many messages are not as they were, and what puts them back; `None` if that is not known.
    pub(super) fn compared(self, gmail: &Gmail<'_>) -> Option<(usize, Vec<Undo>)> {
        let ids: Vec<String> = self.0.iter().map(|(id, _)| id.clone()).collect();
        let after: BTreeMap<String, Vec<String>> = labelled(gmail, &ids)?.into_iter().collect();
        let mut ways: BTreeMap<Difference, Vec<String>> = BTreeMap::new();
        for (id, before) in self.0 {
            let after = after.get(&id)?;
            let without = |these: &[String], those: &[String]| {
                let mut left: Vec<String> = these.iter().filter(|l| !those.contains(l)).cloned().collect();
                left.sort();
                left
            };
            let difference = (without(after, &before), without(&before, after));
            if difference != Difference::default() {
                ways.entry(difference).or_default().push(id);
            }
        }
        let changed = ways.values().map(Vec::len).sum();
        if ways.len() > MOST_COMMANDS {
            return Some((changed, Vec::new()));
        }
        let undo: Option<Vec<Undo>> =
            ways.into_iter().map(|((added, removed), ids)| way_back(gmail, &added, &removed, ids)).collect();
        Some((changed, undo.unwrap_or_default()))
    }
}

/// The labels of the messages that exist.
fn labelled(gmail: &Gmail<'_>, ids: &[String]) -> Option<Vec<(String, Vec<String>)>> {
    let labels = gmail.labels_of(ids).ok()?;
    Some(ids.iter().cloned().zip(labels).filter_map(|(id, labels)| Some((id, labels.ok()?))).collect())
}

fn way_back(gmail: &Gmail<'_>, added: &[String], removed: &[String], ids: Vec<String>) -> Option<Undo> {
    let undo = |command, options: &str| Some(Undo { command, ids: ids.clone(), options: options.to_owned() });
    let words = |labels: &[String]| labels.join(" ");
    match (words(added).as_str(), words(removed).as_str()) {
        ("", "INBOX") => undo("move", "--to INBOX"),
        ("INBOX", "") => undo("archive", ""),
        ("TRASH", "INBOX") => undo("untrash", ""),
        ("INBOX", "TRASH") => undo("trash", ""),
        ("SPAM", "INBOX") => undo("unspam", ""),
        ("INBOX", "SPAM") => undo("spam", ""),
        ("", "UNREAD") => undo("mark-unread", ""),
        ("UNREAD", "") => undo("mark-read", ""),
        ("STARRED", "") => undo("unstar", ""),
        ("", "STARRED") => undo("star", ""),
        _ if added.iter().chain(removed).any(|label| FIXED.contains(&label.as_str())) => None,
        _ => {
            let known = gmail.labels().ok()?;
            let name =
                |id: &String| known.iter().find(|label| label.id == *id).map(|label| shell_word(&label.name));
            let option = |flag: &str, labels: &[String]| -> Option<Vec<String>> {
                labels.iter().map(|label| Some(format!("{flag} {}", name(label)?))).collect()
            };
            let options = [option("--add", removed)?, option("--remove", added)?].concat();
            undo("label", &options.join(" "))
        }
    }
}
