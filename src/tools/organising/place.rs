//! Where the query of a tool finds its messages: in the natural place of the change, unless the query names another.

use super::super::reading;
use crate::gmail::{
    change::{Change, Trash},
    messages::Selection,
    query::Query,
};

/// The natural place of the messages for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The folder of `move`; without a label, the whole mailbox.
    Folder {
        label: Option<String>,
        given: bool,
    },
    /// Messages with this label, whatever the query names: the change concerns no other.
    Only(&'static str),
    Inbox,
    /// Everywhere but where the change puts them.
    Outside(&'static str),
    /// Everywhere but in trash and spam.
    Mail,
}

impl Place {
    pub(super) fn of(change: &Change) -> Place {
        let adds = |label: &str| change.add.iter().any(|l| l == label);
        let removes = |label: &str| change.remove.iter().any(|l| l == label);
        match change.trash {
            Some(Trash::Out) => Place::Only("TRASH"),
            Some(Trash::In) => Place::Outside("trash"),
            None if removes("SPAM") => Place::Only("SPAM"),
            None if adds("SPAM") => Place::Outside("spam"),
            None if change.add.is_empty() && change.remove == ["INBOX"] => Place::Inbox,
            None => Place::Mail,
        }
    }

    /// The label that the messages of the change must have.
    pub(super) fn required(&self) -> Option<&'static str> {
        match self {
            Place::Only(label) => Some(label),
            _ => None,
        }
    }

    /// The place for a change that concerns archived mail, too.
    pub(super) fn beyond_inbox(self) -> Place {
        if self == Place::Inbox { Place::Mail } else { self }
    }

    /// Whether the query takes the place of a default folder, and looks into trash or spam.
    pub(super) fn yields_to_hidden(&self, query: &Query) -> bool {
        matches!(self, Place::Folder { given, .. } if !given || query.any_folder) && query.spam_trash
    }

    /// What to list for the query.
    pub(super) fn selection(&self, query: &Query) -> Selection {
        let asked =
            Selection { query: query.q.clone(), spam_trash: query.spam_trash, ..Selection::default() };
        let names_place = query.names_place || query.any_folder;
        match self {
            Place::Folder { label, given } => {
                Selection { label: reading::place(query, label.clone(), *given).flatten(), ..asked }
            }
            Place::Only(label) => Selection { label: Some((*label).to_owned()), ..asked },
            Place::Inbox if !names_place => Selection { label: Some("INBOX".to_owned()), ..asked },
            Place::Outside(place) if !names_place => {
                // In front, since the query may have brackets or quotes that are not closed.
                let q = if query.q.is_empty() { String::new() } else { format!(" ({})", query.q) };
                Selection { query: format!("-in:{place}{q}"), spam_trash: true, ..asked }
            }
            _ => asked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Place, Trash};

    #[test]
    fn the_place_follows_from_the_change() {
        let change = |add: &[&str], remove: &[&str], trash| {
            let owned = |list: &[&str]| list.iter().map(|&label| label.to_owned()).collect();
            Place::of(&Change { add: owned(add), remove: owned(remove), trash })
        };
        assert_eq!(change(&["INBOX"], &[], Some(Trash::Out)), Place::Only("TRASH"));
        assert_eq!(change(&["INBOX"], &["SPAM"], None), Place::Only("SPAM"));
        assert_eq!(change(&[], &[], Some(Trash::In)), Place::Outside("trash"));
        assert_eq!(change(&["SPAM"], &["INBOX"], None), Place::Outside("spam"));
        assert_eq!(change(&[], &["INBOX"], None), Place::Inbox);
        assert_eq!(change(&["Label_1"], &["INBOX"], None), Place::Mail);
        assert_eq!(change(&[], &["UNREAD"], None), Place::Mail);
    }
}
