//! Where a query in Gmail's syntax wants to be searched, as far as it says so. Only the form is judged.

use super::syntax::Node;

/// The values of `is:` that are places and not states.
const IS_PLACES: [&str; 17] = [
    "snoozed",
    "chat",
    "chats",
    "sent",
    "draft",
    "drafts",
    "inbox",
    "trash",
    "bin",
    "spam",
    "archive",
    "archived",
    "anywhere",
    "all",
    "muted",
    "scheduled",
    "outbox",
];

/// What a query says about places.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// It names a place, or has a part that only matches outside the inbox.
    pub(super) named: bool,
    /// It names trash, spam or both.
    pub(super) hidden: bool,
    /// It names a message by its Message-ID.
    pub(super) message_id: bool,
}

impl Places {
    pub(super) fn of(query: &Node) -> Places {
        let mut places = Places::default();
        places.read(query, false);
        places
    }

    fn read(&mut self, node: &Node, negated: bool) {
        match node {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| self.read(node, negated)),
            Node::Not(node) => self.read(node, !negated),
            Node::Term { field, value } => self.term(field, value, negated),
            Node::Unread => {}
        }
    }

    fn term(&mut self, field: &str, value: &str, negated: bool) {
        let is_place = match field {
            "in" | "label" => !value.is_empty(),
            "is" => IS_PLACES.contains(&value),
            "rfc822msgid" => {
                self.message_id |= !negated && !value.is_empty();
                false
            }
            _ => false,
        };
        if negated {
            self.named |= is_place && matches!(value, "inbox" | "^i");
        } else if is_place {
            self.named = true;
            self.hidden |= matches!(value, "trash" | "bin" | "spam" | "anywhere");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::syntax::parse, Places};

    fn of(query: &str) -> (bool, bool) {
        let places = Places::of(&parse(query));
        (places.named, places.hidden)
    }

    #[test]
    fn a_place_or_the_outside_of_the_inbox_is_found_wherever_it_stands() {
        for query in [
            "in:sent",
            "-in:inbox",
            "-IS:Inbox from:bob",
            "from:bob -label:inbox",
            "-(in:inbox from:bob)",
            "-{in:inbox in:starred}",
            "-in:(inbox)",
            "(from:bob (-in:inbox))",
            "{from:bob -in:inbox}",
            "from:bob OR is:snoozed",
            "in:(sent OR work)",
            "--in:sent",
            "-(-in:sent)",
            "is:chat",
            "is:muted",
            "in:archive",
            "in:\"work\"",
            "label:(-inbox)",
            "+in:sent",
        ] {
            assert_eq!(of(query), (true, false), "{query}");
        }
        for query in
            ["in:trash", "is:spam", "in:anywhere", "in:(inbox trash)", "from:x OR in:spam", "--in:trash"]
        {
            assert_eq!(of(query), (true, true), "{query}");
        }
    }

    #[test]
    fn states_exclusions_and_quoted_text_are_not_places() {
        for query in [
            "",
            "is:unread",
            "is:starred -is:important",
            "\"in:sent\"",
            "\"a -in:inbox b\"",
            "subject:\"in:trash\"",
            "subject:(inbox trash)",
            "from:in",
            "-in:trash -label:work",
            "-(in:spam in:chats)",
            "in:",
            "category:promotions",
            "filename:in:sent",
            "within:sent",
        ] {
            assert_eq!(of(query), (false, false), "{query}");
        }
    }

    #[test]
    fn a_message_id_is_not_a_place() {
        let places = Places::of(&parse("rfc822msgid:a@b"));
        assert!(places.message_id && !places.named);
        assert!(!Places::of(&parse("-rfc822msgid:a@b")).message_id);
    }
}
