//! What a command has done, as one sentence for a person.

use super::{
    Document,
    outcome::{Changed, Sent, Undo, WriteResult},
    reading::Counted,
};
use crate::{
    gmail::settings::Vacation,
    spec::{Tool, ToolId},
};

/// The sentence, and what takes the change back.
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) undo: Vec<Undo>,
}

/// `None` for a result that is read, and not only noticed.
pub(crate) fn sentence(tool: &Tool, document: &Document) -> Option<Sentence> {
    let text = match document {
        Document::Changed(changed) if !changed.dry_run => {
            return Some(Sentence { text: changed_text(tool.id, changed), undo: changed.undo.clone() });
        }
        Document::Counted(Counted { count, exact: true }) => count.to_string(),
        Document::Counted(Counted { count, exact: false }) => format!("about {count}"),
        Document::Written(WriteResult::Now(sent)) => written_text(tool.id, sent),
        Document::DraftDeleted(deleted) => format!("Draft {} deleted", deleted.draft_id),
        Document::FolderMade(made) if made.created => format!("Folder {} created", made.name),
        Document::FolderMade(made) => format!("Folder {} already exists", made.name),
        Document::FolderEdited(edited) => format!("Folder {} changed", edited.name),
        Document::FolderRenamed(renamed) if renamed.dry_run => return None,
        Document::FolderRenamed(renamed) => match renamed.renamed.len() {
            0 | 1 => format!("Folder {} renamed", renamed.name),
            many => format!("Folder {} renamed, with {} below it", renamed.name, many - 1),
        },
        Document::FolderDeleted(deleted) => {
            format!("Folder {} deleted; its messages stay in All Mail", deleted.name)
        }
        Document::Unsubscribed(done) => done.sentence()?,
        Document::FilterMade(made) => return Some(Sentence { text: made.sentence()?, undo: made.undo() }),
        Document::FilterDeleted(deleted) => {
            return Some(Sentence { text: deleted.sentence(), undo: deleted.undo() });
        }
        Document::FiltersApplied(applied) => applied.sentence()?,
        Document::Vacation(vacation) if tool.id == ToolId::StartVacation => started_text(vacation)?,
        Document::Vacation(_) if tool.id == ToolId::StopVacation => "Automatic replies are off".to_owned(),
        _ => return None,
    };
    Some(Sentence { text, undo: Vec::new() })
}

/// Nothing for a dry run, which shows the whole reply.
fn started_text(vacation: &Vacation) -> Option<String> {
    let days = match (&vacation.first_day, &vacation.last_day) {
        (None, None) => String::new(),
        (Some(first), None) => format!(" from {first} on"),
        (None, Some(last)) => format!(" until {last}"),
        (Some(first), Some(last)) => format!(" from {first} to {last}"),
    };
    let to = match (vacation.contacts_only, vacation.domain_only) {
        (false, false) => "",
        (true, _) => ", to your contacts only",
        (false, true) => ", to your organisation only",
    };
    vacation.is_stored.then(|| format!("Automatic replies are on{days}{to}"))
}

fn written_text(tool: ToolId, sent: &Sent) -> String {
    let found =
        if sent.verified { " (Gmail's answer was unclear, but the message is in the mailbox)" } else { "" };
    if sent.status == "sent" {
        return format!("Sent {}to {}{found}", subject(sent), people(sent));
    }
    let done = if tool == ToolId::UpdateDraft { "changed" } else { "created" };
    let recipients = Some(people(sent)).filter(|people| people != NOBODY);
    let recipients = recipients.map(|people| format!("to {people}")).unwrap_or_default();
    let what = format!("{}{recipients}", subject(sent));
    let what = if what.is_empty() { String::new() } else { format!(": {}", what.trim_end()) };
    format!("Draft {} {done}{what}{found}", sent.id)
}

const NOBODY: &str = "nobody";

/// The subject with a space after it; nothing if it is not known.
fn subject(sent: &Sent) -> String {
    match &sent.subject {
        Some(subject) if subject.trim().is_empty() => "a message without a subject ".to_owned(),
        Some(subject) => format!("\"{subject}\" "),
        None => String::new(),
    }
}

/// Everyone to whom it went; of many only the first.
fn people(sent: &Sent) -> String {
    const MOST: usize = 4;
    let all = &sent.recipients;
    let all: Vec<&str> = [&all.to, &all.cc, &all.bcc].into_iter().flatten().map(String::as_str).collect();
    match all.as_slice() {
        [] => NOBODY.to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] if all.len() <= MOST => format!("{} and {last}", first.join(", ")),
        [first, ..] => format!("{first} and {} others", all.len() - 1),
    }
}

fn changed_text(tool: ToolId, changed: &Changed) -> String {
    let count = changed.changed.or(changed.conversations).or(changed.modified).unwrap_or(1);
    if changed.matched == Some(0) {
        return "No message matches the query".to_owned();
    }
    let what = match (changed.conversations, changed.messages) {
        (Some(conversations), Some(messages)) => {
            format!("{} ({})", counted(conversations, "conversation"), counted(messages, "message"))
        }
        _ => counted(count, "message"),
    };
    let what = match (changed.more, changed.matched) {
        (true, Some(matched)) => format!("{what} of about {matched}"),
        _ => what,
    };
    if changed.touched == Some(0) && count > 0 {
        return format!("{}: {what}", already(tool));
    }
    let text = match tool {
        ToolId::ArchiveMessage => format!("Archived {what}"),
        ToolId::TrashMessage => format!("Moved {what} to the trash"),
        ToolId::UntrashMessage => format!("Moved {what} out of the trash"),
        ToolId::MarkRead => format!("Marked {what} as read"),
        ToolId::MarkUnread => format!("Marked {what} as unread"),
        ToolId::StarMessage => format!("Starred {what}"),
        ToolId::UnstarMessage => format!("Removed the star from {what}"),
        ToolId::SpamMessage => format!("Reported {what} as spam"),
        ToolId::UnspamMessage => format!("Moved {what} out of spam"),
        ToolId::MoveMessage => match &changed.destination {
            Some(destination) => format!("Moved {what} to {destination}"),
            None => format!("Moved {what}"),
        },
        ToolId::SetFlags => format!("Changed the flags of {what}"),
        _ => format!("Changed the labels of {what}"),
    };
    let text = match changed.ignored.as_slice() {
        [] => text,
        ignored => format!("{text}; Gmail has no flag {}", ignored.join(" ")),
    };
    match changed.unchanged.len() {
        0 => text,
        others => format!("{text}; {others} stayed in place"),
    }
}

/// What is said of messages that were as they should be.
fn already(tool: ToolId) -> &'static str {
    match tool {
        ToolId::ArchiveMessage => "Already out of the inbox",
        ToolId::TrashMessage => "Already in the trash",
        ToolId::UntrashMessage => "Not in the trash",
        ToolId::MarkRead => "Already read",
        ToolId::MarkUnread => "Already unread",
        ToolId::StarMessage => "Already starred",
        ToolId::UnstarMessage => "Not starred",
        ToolId::SpamMessage => "Already in spam",
        ToolId::UnspamMessage => "Not in spam",
        ToolId::MoveMessage => "Already there",
        _ => "Nothing to change",
    }
}

fn counted(number: usize, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}
