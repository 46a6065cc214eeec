//! The tools that change the state of messages. The result for a single id has its labels, as in the Python skill;
//! for several ids or a query, it has the number of changed messages.

mod folders;

use serde::Deserialize;

pub(super) use self::folders::{CreateFolder, DeleteFolder, RenameFolder};
use super::{
    Document, Outcome,
    arguments::{Arguments, Many, unsupported},
    outcome::Changed,
    reading::{label, translate},
};
use crate::{
    gmail::{
        Gmail, flags,
        labels::Folder,
        messages::Selection,
        organise::{self, CHUNK, Trash},
        query::{Query, Syntax},
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ADD, DESTINATION, DRY_RUN, LIMIT, QUERY, REMOVE_LABEL, ToolId, UIDS, YES},
    spelling::{command, name, set},
};

/// A query that finds more messages than this must be confirmed.
const UNCONFIRMED: usize = 25;

/// A change to the state of messages.
#[derive(Debug)]
pub(crate) struct MessageChange {
    targets: Targets,
    state: MessageState,
    confirmed: bool,
    dry_run: bool,
}

/// The messages to change.
#[derive(Debug)]
enum Targets {
    /// A single id that was not in a list.
    One(String),
    Several(Vec<String>),
    Found {
        query: Query,
        limit: u64,
    },
}

/// The state to change the messages to.
#[derive(Debug)]
enum MessageState {
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
struct TargetArguments {
    #[serde(default)]
    uid: Many,
    query: Option<String>,
    limit: u64,
    yes: bool,
    dry_run: bool,
}

impl MessageChange {
    pub(super) fn parse(arguments: &Arguments) -> Result<MessageChange> {
        let given: TargetArguments = arguments.read()?;
        let (confirmed, dry_run) = (given.yes, given.dry_run);
        let targets = Targets::parse(arguments, given)?;
        Ok(MessageChange { targets, state: MessageState::parse(arguments)?, confirmed, dry_run })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let (change, ignored, place) = self.state.resolve(gmail, self.dry_run)?;
        let mut changed = match &self.targets {
            Targets::One(id) => self.change_one(gmail, id, &change)?,
            Targets::Several(ids) => self.change_all(gmail, ids, &change)?,
            Targets::Found { query, limit } => {
                self.change_all(gmail, &self.found(gmail, query, *limit, place)?, &change)?
            }
        };
        changed.ignored = ignored;
        Ok(Outcome::Document(Document::Changed(changed)))
    }

    fn found(
        &self,
        gmail: &Gmail<'_>,
        query: &Query,
        limit: u64,
        place: Option<String>,
    ) -> Result<Vec<String>> {
        let ids = match &query.ids {
            _ if query.nothing => Vec::new(),
            Some(ids) => ids.clone(),
            None => {
                let label = if query.any_folder { None } else { place };
                let (q, spam_trash) = (query.q.clone(), query.spam_trash);
                gmail.ids(&Selection { label, query: q, spam_trash, ..Selection::default() }, limit)?
            }
        };
        if ids.len() > UNCONFIRMED && !self.confirmed && !self.dry_run {
            let look = phrase!["List them with ", set(&DRY_RUN), ", then confirm with ", set(&YES)];
            return Err(Problem::usage(format!("the query finds {} messages", ids.len()))
                .hint(phrase![look, ", or set a smaller ", name(&LIMIT), "."])
                .detail("found", ids.len()));
        }
        Ok(ids)
    }

    fn change_one(&self, gmail: &Gmail<'_>, id: &str, change: &organise::Change) -> Result<Changed> {
        if self.dry_run {
            return Ok(planned(&[id.to_owned()]));
        }
        let labels = gmail.change(id, change)?;
        Ok(Changed { uid: Some(id.to_owned()), labels: Some(labels), ..Changed::default() })
    }

    fn change_all(&self, gmail: &Gmail<'_>, ids: &[String], change: &organise::Change) -> Result<Changed> {
        if self.dry_run {
            return Ok(planned(ids));
        }
        match ids {
            // Unlike the bulk endpoint, this one reports an id that does not exist.
            [id] => drop(gmail.change(id, change)?),
            _ => in_bulk(gmail, ids, change)?,
        }
        Ok(Changed { modified: Some(ids.len()), uids: Some(ids.to_vec()), ..Changed::default() })
    }
}

fn planned(ids: &[String]) -> Changed {
    Changed { dry_run: true, modified: Some(0), uids: Some(ids.to_vec()), ..Changed::default() }
}

/// Changes made before a failure are kept, so the problem says how many there were.
fn in_bulk(gmail: &Gmail<'_>, ids: &[String], change: &organise::Change) -> Result<()> {
    for (at, chunk) in ids.chunks(CHUNK).enumerate() {
        let done = at * CHUNK;
        match gmail.change_all(chunk, change) {
            Ok(()) => {}
            Err(p) if done == 0 || p.code() == Code::TokenRefused => return Err(p),
            Err(p) => {
                let progress = format!("{done} of {} messages were changed: ", ids.len());
                return Err(Problem::new(Code::Partial, phrase![progress, p.phrases().0])
                    .hint("Run the same command again; changing a message twice does no harm.")
                    .detail("modified", done)
                    .detail("remaining", ids[done..].to_vec()));
            }
        }
    }
    Ok(())
}

impl Targets {
    fn parse(arguments: &Arguments, given: TargetArguments) -> Result<Targets> {
        match (arguments.given(&UIDS), given.query) {
            (true, Some(_)) => Err(Problem::usage(phrase!["both ids and ", name(&QUERY), " were given"])
                .hint("Give one of them.")),
            (false, None) => {
                let needs = format!("{} requires message ids or ", arguments.tool.name);
                Err(Problem::usage(phrase![needs, name(&QUERY)]).hint(phrase![
                    "Give ids from a list or search, or ",
                    name(&QUERY),
                    " with a search."
                ]))
            }
            (false, Some(criteria)) => {
                Ok(Targets::Found { query: translate(&criteria, Syntax::Auto)?, limit: given.limit })
            }
            (true, None) if given.uid.single => Ok(Targets::One(given.uid.values.concat())),
            (true, None) => {
                let mut seen = std::collections::HashSet::new();
                let ids = given.uid.values.into_iter().filter(|id| seen.insert(id.clone()));
                Ok(Targets::Several(ids.collect()))
            }
        }
    }
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
    fn parse(arguments: &Arguments) -> Result<MessageState> {
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

    /// The change for Gmail, the flags that are ignored, and the folder that a query is restricted to.
    fn resolve(
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
                let change = relabelled(gmail, add, remove, *create && !dry_run)?;
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
) -> Result<organise::Change> {
    let made = |label: &String| match label_id(gmail, label) {
        Err(p) if p.code() == Code::NotFound && create => Ok(gmail.make_folder(label)?.label.id),
        other => other,
    };
    let mut change = organise::Change {
        add: add.iter().map(made).collect::<Result<_>>()?,
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
