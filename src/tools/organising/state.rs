//! The states that messages can be put into: read from the arguments, then resolved against the labels of the mailbox.

use serde::Deserialize;

use super::{
    super::{
        arguments::{Arguments, Many, unsupported},
        reading::label,
    },
    place::Place,
};
use crate::{
    gmail::{
        Gmail,
        change::{Change, Trash},
        flags,
        labels::{self, Folder},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ADD, DESTINATION, FOLDER, REMOVE_LABEL, ToolId},
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
        /// Whether the folder was given, or is the default.
        folder_given: bool,
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
            ToolId::MoveMessage => MessageState::moved(arguments.read()?, arguments.given(&FOLDER))?,
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

    fn moved(given: MoveArguments, folder_given: bool) -> Result<MessageState> {
        let MoveArguments { destination, folder, create } = given;
        if destination.trim().is_empty() {
            return Err(
                Problem::usage(phrase![name(&DESTINATION), " is empty"]).hint("Give the folder to move to.")
            );
        }
        Ok(MessageState::Moved { destination, folder, folder_given, create })
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

    /// The folder to move to, as it was given.
    pub(super) fn destination(&self) -> Option<&str> {
        match self {
            MessageState::Moved { destination, .. } => Some(destination),
            _ => None,
        }
    }

    /// Whether it may create a folder.
    pub(super) fn creates(&self) -> bool {
        matches!(
            self,
            MessageState::Moved { create: true, .. } | MessageState::UserLabels { create: true, .. }
        )
    }

    /// The change for Gmail, and where a query finds the messages for it.
    pub(super) fn resolve(&self, gmail: &Gmail<'_>, dry_run: bool) -> Result<Resolved> {
        let resolved = |change: Change| {
            let place = Place::of(&change);
            Resolved { change, ignored: Vec::new(), place }
        };
        match self {
            MessageState::Labels { add, remove } => Ok(resolved(relabel(add, remove))),
            MessageState::Trash(Trash::In) => Ok(resolved(trash(Trash::In, Change::default()))),
            // The endpoint takes a message out of the trash and does nothing else.
            MessageState::Trash(Trash::Out) => Ok(resolved(trash(Trash::Out, relabel(&["INBOX"], &[])))),
            MessageState::Moved { destination, folder, folder_given, create } => {
                let from = label(gmail, folder)?;
                let to = destination_label(gmail, destination, *create, dry_run)?;
                let place = Place::Folder { label: from.clone(), given: *folder_given };
                Ok(Resolved { change: moved(from, to), ignored: Vec::new(), place })
            }
            MessageState::Flags { flags, remove } => {
                let (change, ignored) = flagged(gmail, flags, *remove)?;
                Ok(Resolved { ignored, ..resolved(change) })
            }
            MessageState::UserLabels { add, remove, create } => {
                let resolved = resolved(relabelled(gmail, add, remove, *create, dry_run)?);
                Ok(Resolved { place: resolved.place.beyond_inbox(), ..resolved })
            }
        }
    }

    /// The label without which the change would only put a message into the inbox.
    pub(super) fn restores(&self, change: &Change) -> Option<&'static str> {
        let to_inbox = !matches!(self, MessageState::Moved { .. } | MessageState::UserLabels { .. })
            && change.add.iter().any(|label| label == "INBOX");
        to_inbox.then(|| Place::of(change).required()).flatten()
    }
}

/// A state in terms of the mailbox.
pub(super) struct Resolved {
    pub(super) change: Change,
    /// Flags without a counterpart in Gmail.
    pub(super) ignored: Vec<String>,
    pub(super) place: Place,
}

fn relabel(add: &[&str], remove: &[&str]) -> Change {
    let owned = |list: &[&str]| list.iter().map(|l| (*l).to_owned()).collect();
    Change { add: owned(add), remove: owned(remove), trash: None }
}

fn trash(trash: Trash, change: Change) -> Change {
    Change { trash: Some(trash), ..change }
}

/// `None` if the message is only removed from its folder.
fn destination_label(
    gmail: &Gmail<'_>,
    destination: &str,
    create: bool,
    dry_run: bool,
) -> Result<Option<String>> {
    match gmail.folder(destination) {
        Err(p) if p.code() == Code::NotFound && destination.trim().eq_ignore_ascii_case("archive") => {
            Ok(None)
        }
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

fn moved(from: Option<String>, to: Option<String>) -> Change {
    let removable = |id: &String| !matches!(id.as_str(), "SENT" | "DRAFT" | "CHAT" | "TRASH");
    let leaves_trash = from.as_deref() == Some("TRASH") && to.as_deref() != Some("TRASH");
    let tabs = to.as_deref().and_then(labels::other_tabs).unwrap_or_default();
    // A tab is a part of the inbox, so a message that moves there stays in it.
    let keeps =
        |id: &String| Some(id) == to.as_ref() || tabs.contains(id) || (id == "INBOX" && !tabs.is_empty());
    let mut remove: Vec<String> = from.into_iter().filter(|id| removable(id) && !keeps(id)).collect();
    remove.extend(tabs.iter().cloned());
    match to {
        // To archive a message is to remove it from the inbox, whatever other folder it is in.
        None if remove.is_empty() && !leaves_trash => relabel(&[], &["INBOX"]),
        Some(to) if to == "TRASH" => trash(Trash::In, Change { remove, ..Default::default() }),
        to => Change { add: to.into_iter().collect(), remove, trash: leaves_trash.then_some(Trash::Out) },
    }
}

/// The change that the flags require, and the flags without a counterpart in Gmail.
fn flagged(gmail: &Gmail<'_>, flags: &[flags::Flag], remove: bool) -> Result<(Change, Vec<String>)> {
    let wanted = flags::change(&or_labels(gmail, flags)?, remove)?;
    let mut change = Change { add: wanted.add, remove: wanted.remove, trash: wanted.trash };
    for label in &wanted.user {
        let id = label_id(gmail, label)?;
        if remove { change.remove.push(id) } else { change.add.push(id) }
    }
    if change == Change::default() {
        return Err(Problem::usage(format!("flags not supported by Gmail: {}", wanted.ignored.join(" ")))
            .hint("Use \\Seen, \\Flagged, \\Important, \\Deleted, $Junk or label names."));
    }
    Ok((change, wanted.ignored))
}

/// The flags, but a word that is also the name of a user's label is that label.
fn or_labels(gmail: &Gmail<'_>, flags: &[flags::Flag]) -> Result<Vec<flags::Flag>> {
    if flags.iter().all(|flag| flag.ambiguous().is_none()) {
        return Ok(flags.to_vec());
    }
    let known = gmail.labels()?;
    let is_label =
        |word: &str| labels::reserved(word).is_none() && labels::find(&known, word).is_ok_and(|l| l.user);
    let meant = |flag: &flags::Flag| {
        if flag.ambiguous().is_some_and(is_label) { flag.as_label() } else { flag.clone() }
    };
    Ok(flags.iter().map(meant).collect())
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
) -> Result<Change> {
    let made = |label: &String| match label_id(gmail, label) {
        Err(p) if p.code() == Code::NotFound && create && dry_run => Ok(None),
        Err(p) if p.code() == Code::NotFound && create => Ok(Some(gmail.make_folder(label)?.label.id)),
        other => other.map(Some),
    };
    let mut change = Change {
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
