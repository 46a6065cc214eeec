//! The tools that put messages into another state and keep the folders. One id answers with the message's labels
//! as the Python skill does, several with how many were changed.

use serde_json::{Value, json};

use super::Arguments;
use crate::{
    clock,
    gmail::{
        Gmail, flags,
        labels::Folder,
        messages::Selection,
        organise::{CHUNK, Change, Made, Trash},
        query::{self, Syntax},
    },
    problem::{Code, Problem, Result},
};

/// More messages than this from a query need `--yes`.
const UNASKED: usize = 25;

/// Adds and removes labels that every mailbox has.
pub(super) fn relabel(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    add: &[&str],
    remove: &[&str],
) -> Result<Value> {
    change(arguments, gmail, &labels(add, remove))
}

pub(super) fn trash(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    change(arguments, gmail, &Change { trash: Some(Trash::In), ..Change::default() })
}

/// The endpoint takes a message out of the trash and nothing else.
pub(super) fn untrash(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    change(arguments, gmail, &Change { trash: Some(Trash::Out), ..labels(&["INBOX"], &[]) })
}

fn labels(add: &[&str], remove: &[&str]) -> Change {
    let owned = |list: &[&str]| list.iter().map(|l| (*l).to_owned()).collect();
    Change { add: owned(add), remove: owned(remove), trash: None }
}

fn change(arguments: &Arguments, gmail: &Gmail<'_>, change: &Change) -> Result<Value> {
    let targets = targets(arguments, gmail, None)?;
    apply(arguments, gmail, &targets, change)
}

/// The messages that an operation is about.
struct Targets {
    ids: Vec<String>,
    /// One id that was given as such, which is answered as such.
    single: bool,
}

/// The ids that were given, or those that a query finds; `label` restricts the query to a folder.
fn targets(arguments: &Arguments, gmail: &Gmail<'_>, label: Option<String>) -> Result<Targets> {
    let (mut ids, several) = arguments.many("uid");
    match (arguments.given("uid"), arguments.text("query")) {
        (true, Some(_)) => {
            return Err(Problem::usage("ids and a query were given").hint("Give one of them."));
        }
        (false, None) => {
            return Err(Problem::usage(format!("{} needs message ids or a query", arguments.tool.name))
                .hint("Give ids as list or search shows them, or query with a search."));
        }
        (false, Some(criteria)) => {
            let ids = found(arguments, gmail, criteria, label)?;
            return Ok(Targets { ids, single: false });
        }
        (true, None) => {}
    }
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    Ok(Targets { ids, single: !several })
}

fn found(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    criteria: &str,
    label: Option<String>,
) -> Result<Vec<String>> {
    let zone = jiff::tz::TimeZone::system();
    let query = query::translate(criteria, Syntax::Auto, &zone, clock::now() as i64)?;
    let ids = match (query.nothing, query.ids) {
        (true, _) => Vec::new(),
        (false, Some(ids)) => ids,
        (false, None) => {
            let label = if query.any_folder { None } else { label };
            let selection =
                Selection { label, query: query.q, spam_trash: query.spam_trash, ..Selection::default() };
            gmail.ids(&selection, arguments.integer("limit").unwrap_or(UNASKED as u64))?
        }
    };
    if ids.len() > UNASKED && !arguments.flag("yes") && !arguments.flag("dry_run") {
        return Err(Problem::usage(format!("the query finds {} messages", ids.len()))
            .hint("Look at them with --dry-run, then go ahead with --yes, or set a smaller --limit.")
            .detail("found", ids.len()));
    }
    Ok(ids)
}

/// Changes the messages, or says which it would change.
fn apply(arguments: &Arguments, gmail: &Gmail<'_>, targets: &Targets, change: &Change) -> Result<Value> {
    if arguments.flag("dry_run") {
        return Ok(json!({"dry_run": true, "modified": 0, "uids": targets.ids}));
    }
    let ids = &targets.ids;
    match (targets.single, ids.as_slice()) {
        (true, [id]) => {
            let labels = gmail.change(id, change)?;
            Ok(json!({"uid": id, "labels": labels}))
        }
        (_, [id]) => {
            gmail.change(id, change)?;
            Ok(json!({"modified": 1, "uids": ids}))
        }
        _ => in_bulk(gmail, ids, change),
    }
}

/// What was done before a failure stays done, so the problem says where it stopped.
fn in_bulk(gmail: &Gmail<'_>, ids: &[String], change: &Change) -> Result<Value> {
    for (at, chunk) in ids.chunks(CHUNK).enumerate() {
        let done = at * CHUNK;
        match gmail.change_all(chunk, change) {
            Ok(()) => {}
            Err(p) if done == 0 || p.code() == Code::TokenRefused => return Err(p),
            Err(p) => {
                let said = format!("{done} of {} messages were changed: {}", ids.len(), p.message());
                return Err(Problem::new(Code::Partial, said)
                    .hint("Run the same command again; changing a message twice does no harm.")
                    .detail("modified", done)
                    .detail("remaining", ids[done..].to_vec()));
            }
        }
    }
    Ok(json!({"modified": ids.len(), "uids": ids}))
}

pub(super) fn move_messages(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    let destination = arguments.text("destination").unwrap_or_default();
    let from = match gmail.folder(arguments.text("folder").unwrap_or_default())? {
        Folder::Everything => None,
        Folder::Label(id) => Some(id),
    };
    let to = destination_label(arguments, gmail, destination)?;
    let targets = targets(arguments, gmail, from.clone())?;
    apply(arguments, gmail, &targets, &moved(from, to))
}

/// None: the message leaves its folder and goes nowhere else.
fn destination_label(arguments: &Arguments, gmail: &Gmail<'_>, name: &str) -> Result<Option<String>> {
    if name.trim().is_empty() {
        return Err(Problem::usage("destination is empty").hint("Name the folder to move to."));
    }
    if name.trim().eq_ignore_ascii_case("archive") {
        return Ok(None);
    }
    match gmail.folder(name) {
        Ok(Folder::Everything) => Ok(None),
        Ok(Folder::Label(id)) => settable(id, name).map(Some),
        Err(p) if p.code() == Code::NotFound && arguments.flag("create") => {
            if arguments.flag("dry_run") {
                return Ok(None);
            }
            Ok(Some(gmail.make_folder(name)?.label.id))
        }
        Err(p) => Err(p),
    }
}

/// Only Gmail itself says what was sent and what is a draft.
fn settable(id: String, name: &str) -> Result<String> {
    match matches!(id.as_str(), "SENT" | "DRAFT" | "CHAT") {
        true => Err(Problem::usage(format!("Gmail alone decides what is in \"{name}\""))
            .hint("Choose another folder.")),
        false => Ok(id),
    }
}

fn moved(from: Option<String>, to: Option<String>) -> Change {
    let removable = |id: &String| !matches!(id.as_str(), "SENT" | "DRAFT" | "CHAT" | "TRASH");
    let out_of_trash = from.as_deref() == Some("TRASH") && to.as_deref() != Some("TRASH");
    let remove: Vec<String> =
        from.into_iter().filter(removable).filter(|id| Some(id) != to.as_ref()).collect();
    match to {
        // Archive means out of the inbox, whatever else it is in.
        None if remove.is_empty() && !out_of_trash => {
            Change { remove: vec!["INBOX".to_owned()], ..Change::default() }
        }
        Some(to) if to == "TRASH" => Change { remove, trash: Some(Trash::In), ..Change::default() },
        to => Change { add: to.into_iter().collect(), remove, trash: out_of_trash.then_some(Trash::Out) },
    }
}

pub(super) fn set_flags(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    let remove = arguments.flag("remove");
    let flags = flags::parse(arguments.text("flags").unwrap_or_default())?;
    let wanted = flags::change(&flags, remove)?;
    let mut change = Change { add: wanted.add, remove: wanted.remove, trash: wanted.trash };
    for name in &wanted.user {
        let id = label_id(gmail, name)?;
        if remove { change.remove.push(id) } else { change.add.push(id) }
    }
    if change == Change::default() {
        return Err(Problem::usage(format!("Gmail has nothing like {}", wanted.ignored.join(" ")))
            .hint("Known are \\Seen, \\Flagged, \\Important, \\Deleted, $Junk, and the names of labels."));
    }
    let targets = targets(arguments, gmail, None)?;
    let mut answer = apply(arguments, gmail, &targets, &change)?;
    if !wanted.ignored.is_empty() {
        answer["ignored"] = wanted.ignored.into();
    }
    Ok(answer)
}

fn label_id(gmail: &Gmail<'_>, name: &str) -> Result<String> {
    match gmail.folder(name)? {
        Folder::Label(id) => settable(id, name),
        Folder::Everything => {
            Err(Problem::usage(format!("\"{name}\" is no label")).hint("mcs-gmail folders lists them."))
        }
    }
}

pub(super) fn label_messages(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    let (add, remove) = (arguments.many("add").0, arguments.many("remove").0);
    if add.is_empty() && remove.is_empty() {
        return Err(Problem::usage("no label to add or to remove").hint("Give add, remove, or both."));
    }
    let create = arguments.flag("create") && !arguments.flag("dry_run");
    let made = |name: &String| match label_id(gmail, name) {
        Err(p) if p.code() == Code::NotFound && create => Ok(gmail.make_folder(name)?.label.id),
        other => other,
    };
    let mut change = Change {
        add: add.iter().map(made).collect::<Result<_>>()?,
        remove: remove.iter().map(|name| label_id(gmail, name)).collect::<Result<_>>()?,
        trash: None,
    };
    if let Some(both) = change.add.iter().find(|id| change.remove.contains(id)) {
        return Err(Problem::usage(format!("{both} is to be added and removed")).hint("Give it once."));
    }
    // The trash has endpoints of its own.
    change.trash = match (without(&mut change.add, "TRASH"), without(&mut change.remove, "TRASH")) {
        (true, _) => Some(Trash::In),
        (_, true) => Some(Trash::Out),
        _ => None,
    };
    let targets = targets(arguments, gmail, None)?;
    apply(arguments, gmail, &targets, &change)
}

/// Takes an id out of a list; says whether it was there.
fn without(list: &mut Vec<String>, id: &str) -> bool {
    let before = list.len();
    list.retain(|known| known != id);
    before != list.len()
}

pub(super) fn create_folder(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    let Made { label, created, parents } = gmail.make_folder(arguments.text("name").unwrap_or_default())?;
    let mut answer = json!({"id": label.id, "name": label.name, "created": created});
    if !parents.is_empty() {
        answer["parents"] = parents.into();
    }
    Ok(answer)
}

pub(super) fn rename_folder(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    let text = |name| arguments.text(name).unwrap_or_default();
    let (label, renamed) = gmail.rename_folder(text("name"), text("new_name"))?;
    let rows: Vec<Value> = renamed.iter().map(|l| json!({"id": l.id, "name": l.name})).collect();
    Ok(json!({"id": label.id, "name": text("new_name"), "renamed": rows}))
}

pub(super) fn delete_folder(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Value> {
    if !arguments.flag("yes") {
        return Err(Problem::usage("deleting a folder needs a confirmation")
            .hint("Add --yes. Its messages stay in All Mail and lose the label."));
    }
    let label = gmail.delete_folder(arguments.text("name").unwrap_or_default())?;
    Ok(json!({"id": label.id, "name": label.name, "deleted": true}))
}
