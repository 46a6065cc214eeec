//! What tools return: typed rows and documents, and how a list ended.
//!
//! The members of these types are the contract. The table lists them as `fields`; a test compares the two.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    exporting::ExportRow,
    filters::{FilterDeleted, FilterFile, FilterMade, FilterRow, FiltersApplied},
    importing::ImportRow,
    reading::{Counted, GroupRow, Link},
    writing::Unsubscribed,
};
use crate::{
    gmail::{
        Profile,
        labels::FolderRow,
        messages::{self, Listed},
        needs::RowMembers,
        read::{AttachmentRow, DraftRow, Message},
        settings::{Alias, Forwarding, Vacation},
        threads::Thread,
        write::Recipients,
    },
    phrase::{Phrase, phrase},
    problem::{Code, Problem, Result},
    spec::Parameter,
};

/// The member of a row with Gmail's preview, which rows have only if it was asked for.
const SNIPPET: &str = "snippet";
/// The member of a row that costs a question to Gmail, which rows have only if it was asked for or is shown.
const ANSWERED: &str = "answered";

/// What the rows of a list must have for this output.
pub(super) fn row_members(sink: &dyn Receiver) -> RowMembers {
    RowMembers::shown(&|member| match member {
        SNIPPET | ANSWERED => sink.wants(member),
        _ => sink.shows(member),
    })
}

/// How an operation ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The rows went to the sink.
    Rows(Listed),
    Document(Document),
    /// A document that is not complete, and why.
    Incomplete(Document, Problem),
    /// The bytes went to the sink.
    Bytes,
}

/// Receives the rows and bytes of an operation as they arrive.
pub(crate) trait Receiver {
    /// Receives a row. Returns false when no more are needed.
    fn row(&mut self, row: ResultRow) -> Result<bool>;

    /// Whether the member with this name was asked for.
    fn wants(&self, member: &str) -> bool;

    /// Whether the output has the member with this name if a row has it.
    fn shows(&self, member: &str) -> bool;

    /// Whether a person is told what was done, and how to take it back.
    fn is_for_person(&self) -> bool;

    /// stdout for bytes. An error if it cannot take them, such as a terminal; its hint names the parameter that saves them
    /// instead.
    fn bytes(&mut self, instead: &Parameter) -> Result<&mut dyn Write>;
}

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum ResultRow {
    Message(messages::Row),
    Conversation(messages::ThreadRow),
    FolderName(String),
    Folder(FolderRow),
    Attachment(AttachmentRow),
    Draft(DraftRow),
    Export(ExportRow),
    Import(ImportRow),
    Filter(Box<FilterRow>),
    Alias(Alias),
    Group(GroupRow),
}

impl ResultRow {
    /// Identifies a row within its list.
    pub(crate) fn key(&self) -> String {
        match self {
            ResultRow::Message(row) => row.uid.clone(),
            ResultRow::Conversation(row) => row.thread_id.clone(),
            ResultRow::FolderName(name) => name.clone(),
            ResultRow::Folder(row) => row.id.clone(),
            // A malformed message may have several parts with one id, or without any.
            ResultRow::Attachment(row) => json!(row).to_string(),
            ResultRow::Draft(row) => row.draft_id.clone(),
            ResultRow::Import(row) => row.number.to_string(),
            ResultRow::Export(row) => format!("{} {}", row.uid, row.path),
            ResultRow::Filter(row) => row.id(),
            ResultRow::Alias(row) => row.address.clone(),
            ResultRow::Group(row) => row.group.clone(),
        }
    }
}

/// The single result of a tool that returns no rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Document {
    Message(Box<Message>),
    Messages(Vec<Message>),
    /// With their texts.
    Attachments(Vec<AttachmentRow>),
    DraftMessage(Box<DraftMessage>),
    Thread(Thread),
    Threads(Vec<Thread>),
    Link(Link),
    Links(Vec<Link>),
    Page(RowPage),
    Profile(Profile),
    Counted(Counted),
    Changed(Changed),
    FolderMade(FolderMade),
    FolderEdited(FolderEdited),
    FolderRenamed(FolderRenamed),
    FolderDeleted(FolderDeleted),
    Written(WriteResult),
    Preview(Preview),
    DraftDeleted(DraftDeleted),
    Unsubscribed(Unsubscribed),
    FilterFile(FilterFile),
    FilterMade(Box<FilterMade>),
    FilterDeleted(Box<FilterDeleted>),
    FiltersApplied(FiltersApplied),
    Forwarding(Forwarding),
    Vacation(Vacation),
}

impl Document {
    /// The addresses, if it is one of Gmail's pages or several.
    pub(crate) fn urls(&self) -> Vec<&str> {
        match self {
            Document::Link(link) => vec![&link.url],
            Document::Links(links) => links.iter().map(|link| link.url.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it says that there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Document::Counted(counted) if counted.count == 0 && counted.exact)
    }

    /// Whether it comes from the cache, as an earlier run wrote it.
    pub(crate) fn is_recorded(&self) -> bool {
        matches!(self, Document::Written(WriteResult::Earlier(_)))
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RowPage {
    pub(crate) messages: Vec<ResultRow>,
    pub(crate) next_page_token: Option<String>,
}

/// A draft as its recipients would read it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DraftMessage {
    #[serde(flatten)]
    pub(super) message: Message,
    pub(super) draft_id: String,
}

/// The result of a change: the labels of a single message, or the number of messages changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Changed {
    #[serde(skip_serializing_if = "is_false")]
    pub(super) dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) labels: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) modified: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uids: Option<Vec<String>>,
    /// Flags without a counterpart in Gmail, as they were given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ignored: Vec<String>,
    /// How many messages the query matches; an estimate of Gmail if `more` is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) matched: Option<usize>,
    /// Whether the query matches more messages than `uids` lists.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) more: bool,
    /// Whether the change must be confirmed.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) needs_yes: bool,
    /// How many of the matching messages or conversations were changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed: Option<usize>,
    /// How many conversations were changed, and how many messages these have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conversations: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_ids: Option<Vec<String>>,
    /// The given ids of what is not in the trash, or not in spam, and stays where it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unchanged: Vec<String>,
    /// The given ids that do not exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_found: Vec<String>,
    /// For a person: the folder that was moved to.
    #[serde(skip)]
    pub(super) destination: Option<String>,
    /// For a person: how many messages are not as they were.
    #[serde(skip)]
    pub(super) touched: Option<usize>,
    /// For a person: what takes the change back.
    #[serde(skip)]
    pub(super) undo: Vec<Undo>,
}

/// A command line that takes a part of a change back: `mcs-gmail COMMAND IDS OPTIONS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undo {
    pub(crate) command: &'static str,
    pub(crate) ids: Vec<String>,
    pub(crate) options: String,
}

/// How Gmail shows a folder.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct FolderEdited {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text_color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) label_list: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_list: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct FolderMade {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created: bool,
    /// The names of the parent folders that were created as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parents: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct FolderName {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct FolderRenamed {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) dry_run: bool,
    /// Every folder whose name changed, including those below it.
    pub(super) renamed: Vec<FolderName>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct FolderDeleted {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) deleted: bool,
}

/// A message that was sent or stored as a draft.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Sent {
    /// `sent` or `drafted`.
    pub(super) status: String,
    /// The id of the message or of the draft.
    pub(super) id: String,
    pub(super) thread_id: Option<String>,
    pub(super) labels: Vec<String>,
    /// With angle brackets.
    pub(super) message_id: String,
    /// Whether Gmail's response was unclear and the message was then found in the mailbox.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) verified: bool,
    pub(super) recipients: Recipients,
    /// The id of the draft's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    /// For a person; `None` if it is not known.
    #[serde(skip)]
    pub(super) subject: Option<String>,
}

/// The result of a send: from this run, or as an earlier run recorded it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum WriteResult {
    Now(Sent),
    Earlier(Value),
}

/// A message as it would be sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Preview {
    /// `dry_run`.
    pub(super) status: String,
    /// RFC 5322 text.
    pub(crate) raw: String,
    pub(super) recipients: Recipients,
    /// The addresses that a reply goes to, if they are not simply the sender of the message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reply_goes_to: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) reply_to_differs: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct DraftDeleted {
    pub(super) draft_id: String,
    pub(super) deleted: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The rows of a list, or what failed if there are none and everything failed alike.
pub(super) fn rows_or_failure(mut listed: Listed) -> Result<Outcome> {
    let all_alike = listed.missing.windows(2).all(|two| two[0].1.code() == two[1].1.code());
    if listed.rows == 0 && all_alike && !listed.missing.is_empty() {
        return Err(listed.missing.swap_remove(0).1);
    }
    Ok(Outcome::Rows(listed))
}

/// The problem to report if some rows are missing.
pub(crate) fn incomplete(listed: &Listed) -> Option<Problem> {
    let Some((_, first)) = listed.missing.first() else { return unreadable(listed) };
    let count = listed.missing.len();
    let total = listed.rows + count as u64;
    let (message, hint) = first.phrases();
    // If every row is missing for the same reason, that reason is the result.
    let alike = listed.rows == 0 && listed.missing.iter().all(|(_, p)| p.code() == first.code());
    let (code, hint) = if alike {
        (first.code(), hint.cloned().unwrap_or_else(|| Phrase::from("Run the same command again.")))
    } else {
        let hint = "Read the missing ones by their uid, or run the same command again.";
        (Code::Partial, Phrase::from(hint))
    };
    let problem = Problem::new(code, phrase![format!("{count} of {total} could not be fetched: "), message])
        .hint(hint)
        .detail("missing", reasons(&listed.missing));
    let problem = match listed.failed.as_slice() {
        [] => problem,
        failed => problem.detail("failed", reasons(failed)),
    };
    Some(match listed.missing.iter().filter_map(|(_, p)| p.wait()).max() {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    })
}

/// The problem to report if some messages cannot be read and are not tried again.
fn unreadable(listed: &Listed) -> Option<Problem> {
    let (_, first) = listed.failed.first()?;
    let message =
        phrase![format!("{} of {} cannot be read: ", listed.failed.len(), listed.rows), first.phrases().0];
    let problem = Problem::new(Code::Partial, message)
        .hint("Open the failed messages in Gmail: the next run does not list them again.")
        .detail("failed", reasons(&listed.failed));
    Some(problem)
}

pub(super) fn reasons(failures: &[(String, Problem)]) -> Vec<Value> {
    let reason =
        |(id, p): &(String, Problem)| json!({"uid": id, "code": p.code().name(), "message": p.message()});
    failures.iter().map(reason).collect()
}
