//! The states that messages can be put into: read from the arguments, then resolved against the labels of the mailbox.

use serde::Deserialize;

use super::super::{
    arguments::{Arguments, Many, unsupported},
    reading::label,
};
use crate::{
    gmail::{
        Gmail, flags,
        labels::Folder,
        organise::{self, Trash},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ADD, DESTINATION, REMOVE_LABEL, ToolId},
    spelling::{command, name},
};

/// The state to change the messages to.
#[derive(Debug)]
pub(super) enum MessageState {
    /// System labels to add and to remove.
    Labels {
        add: &'static [&'static str],
        remove: &'static [&'static str],
    },
    Trash(Trash),
    Moved {
        destination: String,
        folder: String,
        create: bool,
    },
    Flags {
        flags: Vec<flags::Flag>,
        remove: bool,
    },
    UserLabels {
        add: Vec<String>,
        remove: Vec<String>,
        create: bool,
    },
}

#[derive(Deserialize)]
struct MoveArguments {
    destination: String,
    folder: String,
    create: bool,
}

/// The Python skill's `folder` has no effect.
#[derive(Deserialize)]
struct FlagArguments {
    flags: String,
    remove: bool,
    #[serde(rename = "folder")]
    _folder: String,
}

#[derive(Deserialize)]
struct LabelArguments {
    #[serde(default)]
    add: Many,
    #[serde(default)]
    remove: Many,
    create: bool,
}

impl MessageState {
    pub(super) fn parse(arguments: &Arguments) -> Result<MessageState> {
        Ok(match arguments.tool.id {
            ToolId::MoveMessage => MessageState::moved(arguments.read()?)?,
            ToolId::SetFlags => MessageState::flags(arguments.read()?)?,
            ToolId::LabelMessage => MessageState::user_labels(arguments.read()?)?,
            ToolId::TrashMessage => MessageState::Trash(Trash::In),
            ToolId::UntrashMessage => MessageState::Trash(Trash::Out),
            ToolId::MarkRead => MessageState::Labels { add: &[], remove: &["UNREAD"] },
            ToolId::MarkUnread => MessageState::Labels { add: &["UNREAD"], remove: &[] },
            ToolId::StarMessage => MessageState::Labels { add: &["STARRED"], remove: &[] },
            ToolId::UnstarMessage => MessageState::Labels { add: &[], remove: &["STARRED"] },
            ToolId::SpamMessage => MessageState::Labels { add: &["SPAM"], remove: &["INBOX"] },
            ToolId::UnspamMessage => MessageState::Labels { add: &["INBOX"], remove: &["SPAM"] },
            ToolId::ArchiveMessage => MessageState::Labels { add: &[], remove: &["INBOX"] },
            _ => return Err(unsupported(arguments)),
        })
    }

    fn moved(given: MoveArguments) -> Result<MessageState> {
        let MoveArguments { destination, folder, create } = given;
        if destination.trim().is_empty() {
            return Err(
                Problem::usage(phrase![name(&DESTINATION), " is empty"]).hint("Give the folder to move to.")
            );
        }
        Ok(MessageState::Moved { destination, folder, create })
    }

    fn flags(given: FlagArguments) -> Result<MessageState> {
        let flags = flags::parse(&given.flags)?;
        // A flag that cannot be set is reported before any request.
        flags::change(&flags, given.remove)?;
        Ok(MessageState::Flags { flags, remove: given.remove })
    }

    fn user_labels(given: LabelArguments) -> Result<MessageState> {
        let (add, remove) = (given.add.values, given.remove.values);
        if add.is_empty() && remove.is_empty() {
            return Err(Problem::usage("no label to add or to remove").hint(phrase![
                "Give ",
                name(&ADD),
                ", ",
                name(&REMOVE_LABEL),
                ", or both."
            ]));
        }
        Ok(MessageState::UserLabels { add, remove, create: given.create })
    }

    /// Whether it may create a folder.
    pub(super) fn creates(&self) -> bool {
        matches!(
            self,
            MessageState::Moved { create: true, .. } | MessageState::UserLabels { create: true, .. }
        )
    }

    /// The change for Gmail, the flags that are ignored, and the folder that a query is restricted to.
    pub(super) fn resolve(
        &self,
        gmail: &Gmail<'_>,
        dry_run: bool,
    ) -> Result<(organise::Change, Vec<String>, Option<String>)> {
        match self {
            MessageState::Labels { add, remove } => Ok((labels(add, remove), Vec::new(), None)),
            MessageState::Trash(Trash::In) => Ok((trash(Trash::In, labels(&[], &[])), Vec::new(), None)),
            // The endpoint takes a message out of the trash and does nothing else.
            MessageState::Trash(Trash::Out) => {
                Ok((trash(Trash::Out, labels(&["INBOX"], &[])), Vec::new(), None))
            }
            MessageState::Moved { destination, folder, create } => {
                let from = label(gmail, folder)?;
                let to = destination_label(gmail, destination, *create, dry_run)?;
                Ok((moved(from.clone(), to), Vec::new(), from))
            }
            MessageState::Flags { flags, remove } => {
                flagged(gmail, flags, *remove).map(|(change, ignored)| (change, ignored, None))
            }
            MessageState::UserLabels { add, remove, create } => {
                let change = relabelled(gmail, add, remove, *create, dry_run)?;
                Ok((change, Vec::new(), None))
            }
        }
    }
}

fn labels(add: &[&str], remove: &[&str]) -> organise::Change {
    let owned = |list: &[&str]| list.iter().map(|l| (*l).to_owned()).collect();
    organise::Change { add: owned(add), remove: owned(remove), trash: None }
}

fn trash(trash: Trash, change: organise::Change) -> organise::Change {
    organise::Change { trash: Some(trash), ..change }
}

/// `None` if the message is only removed from its folder.
fn destination_label(
    gmail: &Gmail<'_>,
    destination: &str,
    create: bool,
    dry_run: bool,
) -> Result<Option<String>> {
    if destination.trim().eq_ignore_ascii_case("archive") {
        return Ok(None);
    }
    match gmail.folder(destination) {
        Ok(Folder::Everything) => Ok(None),
        Ok(Folder::Label(id)) => settable(id, destination).map(Some),
        Err(p) if p.code() == Code::NotFound && create && dry_run => Ok(None),
        Err(p) if p.code() == Code::NotFound && create => Ok(Some(gmail.make_folder(destination)?.label.id)),
        Err(p) => Err(p),
    }
}

/// Refuses labels that only Gmail can set.
fn settable(id: String, folder: &str) -> Result<String> {
    if matches!(id.as_str(), "SENT" | "DRAFT" | "CHAT") {
        let message = format!("\"{folder}\" is managed by Gmail and cannot be added or removed");
        return Err(Problem::usage(message).hint("Choose another folder."));
    }
    Ok(id)
}

fn moved(from: Option<String>, to: Option<String>) -> organise::Change {
    let removable = |id: &String| !matches!(id.as_str(), "SENT" | "DRAFT" | "CHAT" | "TRASH");
    let leaves_trash = from.as_deref() == Some("TRASH") && to.as_deref() != Some("TRASH");
    let remove: Vec<String> =
        from.into_iter().filter(removable).filter(|id| Some(id) != to.as_ref()).collect();
    match to {
        // To archive a message is to remove it from the inbox, whatever other folder it is in.
        None if remove.is_empty() && !leaves_trash => labels(&[], &["INBOX"]),
        Some(to) if to == "TRASH" => trash(Trash::In, organise::Change { remove, ..Default::default() }),
        to => organise::Change {
            add: to.into_iter().collect(),
            remove,
            trash: leaves_trash.then_some(Trash::Out),
        },
    }
}

/// The change that the flags require, and the flags without a counterpart in Gmail.
fn flagged(
    gmail: &Gmail<'_>,
    flags: &[flags::Flag],
    remove: bool,
) -> Result<(organise::Change, Vec<String>)> {
    let wanted = flags::change(flags, remove)?;
    let mut change = organise::Change { add: wanted.add, remove: wanted.remove, trash: wanted.trash };
    for label in &wanted.user {
        let id = label_id(gmail, label)?;
        if remove { change.remove.push(id) } else { change.add.push(id) }
    }
    if change == organise::Change::default() {
        return Err(Problem::usage(format!("flags not supported by Gmail: {}", wanted.ignored.join(" ")))
            .hint("Use \\Seen, \\Flagged, \\Important, \\Deleted, $Junk or label names."));
    }
    Ok((change, wanted.ignored))
}

fn label_id(gmail: &Gmail<'_>, label: &str) -> Result<String> {
    match gmail.folder(label)? {
        Folder::Label(id) => settable(id, label),
        Folder::Everything => Err(Problem::usage(format!("\"{label}\" is not a label")).hint(phrase![
            "Use ",
            command(ToolId::ListFolders),
            " to list the labels."
        ])),
    }
}

fn relabelled(
    gmail: &Gmail<'_>,
    add: &[String],
    remove: &[String],
    create: bool,
    dry_run: bool,
) -> Result<organise::Change> {
    let made = |label: &String| match label_id(gmail, label) {
        Err(p) if p.code() == Code::NotFound && create && dry_run => Ok(None),
        Err(p) if p.code() == Code::NotFound && create => Ok(Some(gmail.make_folder(label)?.label.id)),
        other => other.map(Some),
    };
    let mut change = organise::Change {
        add: add.iter().filter_map(|label| made(label).transpose()).collect::<Result<_>>()?,
        remove: remove.iter().map(|label| label_id(gmail, label)).collect::<Result<_>>()?,
        trash: None,
    };
    if let Some(both) = change.add.iter().find(|id| change.remove.contains(id)) {
        let message = format!("cannot both add and remove the label {both}");
        return Err(Problem::usage(message).hint("Give each label once."));
    }
    // The trash has separate endpoints.
    change.trash = match (without(&mut change.add, "TRASH"), without(&mut change.remove, "TRASH")) {
        (true, _) => Some(Trash::In),
        (_, true) => Some(Trash::Out),
        _ => None,
    };
    Ok(change)
}

/// Removes an id from a list. Returns whether it was there.
fn without(list: &mut Vec<String>, id: &str) -> bool {
    let before = list.len();
    list.retain(|known| known != id);
    before != list.len()
}
