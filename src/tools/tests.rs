//! The table against the code: every parameter is read, every field is a member of the result.

use std::{cell::RefCell, collections::BTreeSet};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Visitor},
};
use serde_json::{Map, Value, json};

use super::{
    Arguments, Author, Request,
    exporting::ExportRow,
    filters::{FilterFile, FiltersApplied},
    importing::ImportRow,
    outcome::{Changed, DraftDeleted, FolderDeleted, FolderEdited, FolderMade, FolderRenamed, Preview, Sent},
    reading::{Counted, GroupRow, Link},
    writing::Unsubscribed,
};
use crate::{
    disk::FileAccess,
    gmail::{
        Profile,
        filters::Filter,
        labels::FolderRow,
        messages,
        read::{AttachmentRow, DraftRow, Message},
        settings::{Alias, Forwarding, Vacation},
        threads::Thread,
    },
    policy::{Policy, Rule},
    spec::{Kind, Level, Parameter, TOOLS, Tool, ToolId},
};

thread_local! {
    /// The fields of the types that arguments were read into.
    static READ: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// Called by [`Arguments::read`].
pub(super) fn note_read(fields: &'static [&'static str]) {
    READ.with_borrow_mut(|read| read.extend(fields));
}

/// A value that the parameter accepts.
fn example(tool: &Tool, parameter: &Parameter) -> Option<Value> {
    let value = match (parameter.name, parameter.kind) {
        ("uid", Kind::Text | Kind::Many) => json!("18c2f0a1b2c3d4e5"),
        ("to", _) => json!("ada@example.com"),
        ("file", _) if matches!(tool.id, ToolId::ImportFilters | ToolId::ApplyFilters) => {
            json!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/filters.json"))
        }
        ("file", _) => json!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
        ("query", _) if tool.id == ToolId::CreateFilter => json!("x"),
        ("archive", _) => json!(true),
        ("label_color", _) => json!("red"),
        ("flags", _) => json!("\\Seen"),
        ("add", _) => json!("Work"),
        ("html_body", _) if tool.id == ToolId::StartVacation => return None,
        ("body" | "html_body", Kind::Text) => json!("Hello"),
        ("yes", _)
            if matches!(tool.id, ToolId::DeleteFolder | ToolId::DeleteDraft | ToolId::DeleteFilter) =>
        {
            json!(true)
        }
        (_, Kind::Choice(choices)) if parameter.required => json!(choices[0]),
        _ if parameter.required => json!("x"),
        _ => return None,
    };
    Some(value)
}

#[test]
fn every_parameter_of_the_table_is_read_and_no_other() {
    let mut policy = Policy::default();
    let rule = Rule { access: Some(Level::Settings), extends: true, ..Rule::default() };
    policy.narrow(rule).unwrap();
    let known: BTreeSet<&str> = TOOLS.iter().flat_map(|t| t.parameters).map(|p| p.name).collect();
    for tool in TOOLS {
        READ.take();
        let given: Map<String, Value> =
            tool.parameters.iter().filter_map(|p| Some((p.name.to_owned(), example(tool, p)?))).collect();
        let arguments = Arguments::check(tool, given).unwrap();
        let files = FileAccess { has_person: true, ..FileAccess::default() };
        Request::parse(&arguments, &policy, &files, Author::default()).unwrap();
        let read = READ.take();
        for parameter in tool.parameters {
            assert!(read.contains(parameter.name), "{} does not read {}", tool.name, parameter.name);
        }
        for name in read {
            assert!(known.contains(name), "{} reads {name}, which no tool has", tool.name);
        }
    }
}

/// The fields of a struct, as serde sees them.
fn fields<T: DeserializeOwned>() -> Vec<&'static str> {
    struct Probe<'p>(&'p mut Vec<&'static str>);

    impl<'de> Deserializer<'de> for Probe<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(fields);
            Err(serde::de::Error::custom("probed"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("not a struct"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut found = Vec::new();
    let _ = T::deserialize(Probe(&mut found));
    found
}

/// The members of a filter, and others: serde sees no struct where one is flattened.
fn filter(others: &[&'static str]) -> Vec<&'static str> {
    [fields::<Filter>(), vec!["search", "actions"], others.to_vec()].concat()
}

/// Every member of the results of a tool, in their order.
fn members(id: ToolId) -> Vec<&'static str> {
    use ToolId as T;
    let row = fields::<messages::Row>();
    let of_news = ["resync", "more", "failed"];
    let listed = || row.iter().copied().filter(|name| !of_news.contains(name)).collect::<Vec<_>>();
    match id {
        T::ListFolders => fields::<FolderRow>(),
        T::ListMessages | T::SearchMessages => union(listed(), &fields::<messages::ThreadRow>()),
        T::CountMessages => fields::<Counted>(),
        T::GroupMessages => fields::<GroupRow>(),
        T::NewMessages => row,
        T::FetchMessage => fields::<Message>(),
        T::FetchDraft => [fields::<Message>(), vec!["draft_id"]].concat(),
        T::FetchThread => fields::<Thread>(),
        T::FetchLink => fields::<Link>(),
        T::SaveAttachments => fields::<AttachmentRow>(),
        T::ExportMessages => fields::<ExportRow>(),
        T::ImportMessages => fields::<ImportRow>(),
        T::GetProfile => fields::<Profile>(),
        T::MoveMessage
        | T::SetFlags
        | T::LabelMessage
        | T::ArchiveMessage
        | T::TrashMessage
        | T::UntrashMessage
        | T::MarkRead
        | T::MarkUnread
        | T::StarMessage
        | T::UnstarMessage
        | T::SpamMessage
        | T::UnspamMessage => fields::<Changed>(),
        T::CreateFolder => fields::<FolderMade>(),
        T::EditFolder => fields::<FolderEdited>(),
        T::RenameFolder => fields::<FolderRenamed>(),
        T::DeleteFolder => fields::<FolderDeleted>(),
        T::SendMessage
        | T::SendHtmlMessage
        | T::ReplyMessage
        | T::ForwardMessage
        | T::CreateDraft
        | T::UpdateDraft => union(fields::<Sent>(), &fields::<Preview>()),
        T::SendDraft => fields::<Sent>(),
        T::ListDrafts => fields::<DraftRow>(),
        T::DeleteDraft => fields::<DraftDeleted>(),
        T::Unsubscribe => fields::<Unsubscribed>(),
        T::ListFilters => filter(&[]),
        T::ExportFilters => fields::<FilterFile>(),
        T::CreateFilter => filter(&["created", "dry_run", "matched", "modified", "needs_yes"]),
        T::DeleteFilter => filter(&["deleted"]),
        T::ImportFilters | T::ApplyFilters => fields::<FiltersApplied>(),
        T::ListAliases => fields::<Alias>(),
        T::GetForwarding => fields::<Forwarding>(),
        T::GetVacation | T::StartVacation | T::StopVacation => fields::<Vacation>(),
    }
}

fn union(mut first: Vec<&'static str>, second: &[&'static str]) -> Vec<&'static str> {
    first.extend(second.iter().filter(|name| !first.contains(name)).copied().collect::<Vec<_>>());
    first
}

#[test]
fn the_fields_of_the_table_are_the_members_of_the_results() {
    for tool in TOOLS {
        assert_eq!(tool.fields(), members(tool.id), "{}", tool.name);
    }
}

#[test]
fn values_are_accepted_if_their_meaning_is_clear() {
    #[derive(Deserialize)]
    struct Given {
        folder: String,
        limit: u64,
    }
    let tool = crate::spec::tool("list_messages").unwrap();
    let given = |value: Value| Arguments::check(tool, value.as_object().unwrap().clone());
    let Given { folder, limit } = given(json!({"limit": "5", "folder": null})).unwrap().read().unwrap();
    assert_eq!((folder.as_str(), limit), ("INBOX", 5));
    for wrong in [json!({"limit": 0}), json!({"limit": "many"}), json!({"limit": 1.5}), json!({"limt": 5})] {
        assert!(given(wrong.clone()).is_err(), "{wrong}");
    }
}
