//! What is asked for of a message or a conversation: as much as the members of its row are made of. A list that shows
//! nothing but ids asks for no message at all.

use super::{change::Unit, target};
use crate::url::segment;

/// A part of Gmail's resource of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Thread,
    Labels,
    Time,
    Snippet,
    From,
    Subject,
    Date,
    To,
}

use Part::{Date, From, Labels, Snippet, Subject, Thread, Time, To};

/// What the members of rows are made of; the others need nothing but the id.
const SOURCES: &[(&str, &[Part])] = &[
    ("from", &[From]),
    ("to", &[To]),
    ("subject", &[Subject]),
    // Texts show the time, and so do conversations.
    ("date", &[Date, Time]),
    ("internal_date", &[Time]),
    ("snippet", &[Snippet]),
    ("thread_id", &[Thread]),
    ("labels", &[Labels]),
    ("label_names", &[Labels]),
    ("unread", &[Labels]),
    ("in", &[Labels]),
    ("answered", &[Labels, Thread]),
    // Marks are searched for by the time of the rows.
    ("has_attachment", &[Time]),
    ("people", &[From]),
    ("count", &[Time]),
    ("removed", &[From, To, Subject, Date]),
    ("untrusted", &[From, To, Subject, Date]),
];

/// The members that rows have because they are shown, and what they need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowMembers {
    /// Gmail's snippet.
    pub(crate) snippet: bool,
    pub(crate) label_names: bool,
    pub(crate) has_attachment: bool,
    pub(crate) answered: bool,
    /// The parts as bits.
    parts: u8,
}

impl RowMembers {
    /// The members that are shown.
    pub(crate) fn shown(shows: &dyn Fn(&str) -> bool) -> RowMembers {
        let parts = SOURCES.iter().filter(|(member, _)| shows(member)).flat_map(|(_, parts)| *parts);
        RowMembers {
            snippet: shows("snippet"),
            label_names: shows("label_names"),
            has_attachment: shows("has_attachment"),
            answered: shows("answered"),
            parts: parts.fold(0, |parts, part| parts | bit(*part)),
        }
    }

    /// The same, with labels: they decide which messages are listed.
    pub(super) fn with_labels(self) -> RowMembers {
        RowMembers { parts: self.parts | bit(Labels), ..self }
    }

    fn has(self, part: Part) -> bool {
        self.parts & bit(part) != 0
    }

    /// Whether the list of ids has everything.
    pub(super) fn only_ids(self) -> bool {
        self.parts & !bit(Thread) == 0
    }

    /// Whether ids are all that is shown.
    pub(super) fn need_nothing(self) -> bool {
        self.parts == 0
    }

    /// What is asked for of each message or conversation in a list of ids.
    pub(super) fn list_fields(self, unit: Unit) -> &'static str {
        let names_thread = unit == Unit::Message && self.only_ids() && self.has(Thread);
        if names_thread { "(id,threadId)" } else { "/id" }
    }

    /// The path of a message.
    pub(super) fn message_path(self, id: &str) -> String {
        self.message_paths().of(id)
    }

    /// The paths of messages.
    pub(super) fn message_paths(self) -> Paths {
        let fields = [(Thread, "threadId"), (Labels, "labelIds"), (Snippet, "snippet")];
        let headers = [(From, "From"), (Subject, "Subject"), (Date, "Date"), (To, "To")];
        self.paths("messages", "id,internalDate", &self.named(&fields), &self.named(&headers))
    }

    /// The paths of conversations. The times put their messages in their order.
    pub(super) fn thread_paths(self) -> Paths {
        let headers = [(From, "From"), (Subject, "Subject")];
        let labels = self.named(&[(Labels, "labelIds")]);
        self.paths("threads", "id,internalDate", &labels, &self.named(&headers))
    }

    fn named(self, parts: &[(Part, &'static str)]) -> Vec<&'static str> {
        parts.iter().filter(|(part, _)| self.has(*part)).map(|(_, name)| *name).collect()
    }

    fn paths(self, collection: &str, always: &str, fields: &[&str], headers: &[&str]) -> Paths {
        let mut fields = [&[always], fields].concat();
        fields.extend((!headers.is_empty()).then_some("payload/headers"));
        let fields = match collection {
            "threads" => format!("id,messages({})", fields.join(",")),
            _ => fields.join(","),
        };
        let format = if headers.is_empty() { "minimal" } else { "metadata" };
        let mut query = vec![("format", format), ("fields", &fields)];
        query.extend(headers.iter().map(|header| ("metadataHeaders", *header)));
        Paths { start: format!("/gmail/v1/users/me/{collection}/"), end: target("", &query) }
    }
}

/// The paths of messages or conversations of which the same is asked for.
pub(super) struct Paths {
    start: String,
    /// The query.
    end: String,
}

impl Paths {
    pub(super) fn of(&self, id: &str) -> String {
        format!("{}{}{}", self.start, segment(id), self.end)
    }
}

fn bit(part: Part) -> u8 {
    1 << part as u8
}

#[cfg(test)]
mod tests {
    use super::RowMembers;

    #[test]
    fn a_message_is_asked_for_what_its_members_are_made_of() {
        for (members, expected) in [
            ("uid", "minimal&fields=id%2CinternalDate"),
            ("unread", "minimal&fields=id%2CinternalDate%2ClabelIds"),
            ("subject", "metadata&fields=id%2CinternalDate%2Cpayload%2Fheaders&metadataHeaders=Subject"),
        ] {
            let path = RowMembers::shown(&|member| member == members).message_path("18c9");
            let expected = format!("/gmail/v1/users/me/messages/18c9?format={expected}&prettyPrint=false");
            assert_eq!(path, expected);
        }
    }

    #[test]
    fn ids_need_no_message() {
        let only_ids = |members: &[&str]| RowMembers::shown(&|member| members.contains(&member)).only_ids();
        assert!(only_ids(&["uid"]) && only_ids(&["uid", "thread_id"]));
        assert!(
            !only_ids(&["uid", "internal_date"]) && !only_ids(&["has_attachment"]) && !only_ids(&["count"])
        );
    }
}
