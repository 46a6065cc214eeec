//! Finds the Gmail label for the name of a folder.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Gmail, batch::InnerCall, incomplete, read, target};
use crate::{
    characters::{Scrubbed, line},
    phrase::phrase,
    problem::{Problem, Result},
    spec::ToolId,
    spelling::command,
    url::segment,
};

/// Labels that every mailbox has, with the folder names that people and mail programs use for them.
const SYSTEM: &[(&str, &[&str])] = &[
    ("INBOX", &["inbox"]),
    ("SENT", &["sent", "sent mail", "sent items", "sent messages"]),
    ("DRAFT", &["draft", "drafts"]),
    ("TRASH", &["trash", "bin", "deleted", "deleted items", "deleted messages"]),
    ("SPAM", &["spam", "junk", "junk e-mail", "junk email"]),
    ("STARRED", &["starred", "flagged"]),
    ("IMPORTANT", &["important"]),
    ("UNREAD", &["unread"]),
    ("CHAT", &["chat", "chats"]),
    ("CATEGORY_PERSONAL", &["primary", "category_primary"]),
    ("CATEGORY_SOCIAL", &["social"]),
    ("CATEGORY_PROMOTIONS", &["promotions"]),
    ("CATEGORY_UPDATES", &["updates"]),
    ("CATEGORY_FORUMS", &["forums"]),
];
/// The prefix of the labels that the tabs of the inbox show.
const TAB: &str = "CATEGORY_";
/// What is requested of each label.
pub(super) const FIELDS: &str = "labels(id,name,type)";
/// Names of the whole mailbox.
const EVERYTHING: &[&str] = &["", "all", "all mail"];
/// Prefixes of the system folders in IMAP.
const PREFIXES: &[&str] = &["[gmail]/", "[google mail]/"];

/// What the name of a folder refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    /// The whole mailbox: no filter.
    Everything,
    Label(String),
}

impl Folder {
    /// The id of its label; `None` for the whole mailbox.
    pub(crate) fn label(self) -> Option<String> {
        match self {
            Folder::Everything => None,
            Folder::Label(id) => Some(id),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) id: String,
    /// On one line, without characters that nobody sees.
    pub(crate) name: String,
    /// As Gmail stores it.
    pub(super) stored: String,
    removed: Scrubbed,
    pub(crate) user: bool,
}

impl Label {
    pub(super) fn new(id: &str, stored: &str, user: bool) -> Label {
        let (line, removed) = line(stored);
        let name = if line.is_empty() { id.to_owned() } else { line };
        Label { id: id.to_owned(), name, stored: stored.to_owned(), removed, user }
    }
}

/// A label with its message counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct FolderRow {
    pub(crate) name: String,
    pub(crate) id: String,
    /// `user` or `system`.
    pub(crate) r#type: String,
    pub(crate) total: u64,
    pub(crate) unread: u64,
    /// As `#rrggbb`; only of labels that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) color: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text_color: Option<String>,
    /// `show`, `show_if_unread` or `hide`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label_list: Option<String>,
    /// `show` or `hide`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_list: Option<String>,
    /// How many characters of each kind were left out of the name because nobody sees them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) removed: Map<String, Value>,
}

/// Where Gmail shows a label: our words and Gmail's.
pub(crate) const LABEL_LIST: [(&str, &str); 3] =
    [("show", "labelShow"), ("show_if_unread", "labelShowIfUnread"), ("hide", "labelHide")];

impl Gmail<'_> {
    pub(crate) fn labels(&self) -> Result<Vec<Label>> {
        self.labels_in(&self.get("/labels", &[("fields", FIELDS)])?)
    }

    fn labels_in(&self, list: &Value) -> Result<Vec<Label>> {
        self.notice(list);
        let labels = list.get("labels").and_then(Value::as_array).ok_or_else(incomplete)?;
        labels.iter().map(|found| label(found).ok_or_else(incomplete)).collect()
    }

    /// Remembers the names of the user's folders if this answer lists them.
    pub(super) fn notice(&self, answer: &Value) {
        let Some(list) = answer.get("labels").and_then(Value::as_array) else { return };
        let own = list.iter().filter_map(label).filter(|label| label.user).map(|label| label.name);
        self.folders.replace(Some(own.collect()));
    }

    /// Changes the remembered names after a change of the folders.
    pub(super) fn notice_change(&self, change: impl FnOnce(&mut Vec<String>)) {
        if let Some(names) = &mut *self.folders.borrow_mut() {
            change(names);
        }
    }

    /// The folder with this name or id, for every tool. A name that only a system folder can have needs no request. A
    /// label that the user created takes precedence over a system folder that people and mail programs call by the
    /// same name, such as "Deleted Items" or "Updates".
    pub(crate) fn folder(&self, name: &str) -> Result<Folder> {
        if let Some(folder) = reserved(name) {
            return Ok(folder);
        }
        named(&self.labels()?, name)
    }

    /// The same in an answer that lists the labels.
    pub(super) fn folder_in(&self, list: &Value, name: &str) -> Result<Folder> {
        named(&self.labels_in(list)?, name)
    }

    /// The message counts of each label, each with the id of the label; `long` adds how Gmail shows it.
    pub(crate) fn counted(&self, labels: &[Label], long: bool) -> Result<Vec<(String, Result<FolderRow>)>> {
        let paths: Vec<String> = labels.iter().map(|label| label_path(&label.id, long)).collect();
        let counts = self.get_each(&paths, &mut self.wide_pace())?;
        let row = |(label, counts): (&Label, Result<Value>)| {
            let row = counts.map(|counts| FolderRow {
                removed: read::counts_of(label.removed),
                ..folder_row(label, &counts)
            });
            (label.id.clone(), row)
        };
        Ok(labels.iter().zip(counts).map(row).collect())
    }
}

/// The list of labels, as a part of a batch.
pub(super) fn call() -> InnerCall {
    InnerCall::get(target("/gmail/v1/users/me/labels", &[("fields", FIELDS)]))
}

fn named(labels: &[Label], name: &str) -> Result<Folder> {
    match (find(labels, name), system(name)) {
        (Err(_), Some(folder)) => Ok(folder),
        (found, _) => found.map(|label| Folder::Label(label.id.clone())),
    }
}

/// A label with what Gmail's answer has of it.
pub(super) fn folder_row(label: &Label, answer: &Value) -> FolderRow {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let visibility = answer["labelListVisibility"].as_str();
    let shown = LABEL_LIST.iter().find(|(_, gmail)| Some(*gmail) == visibility);
    FolderRow {
        name: label.name.clone(),
        id: label.id.clone(),
        r#type: if label.user { "user" } else { "system" }.to_owned(),
        total: answer["messagesTotal"].as_u64().unwrap_or(0),
        unread: answer["messagesUnread"].as_u64().unwrap_or(0),
        color: text(&answer["color"]["backgroundColor"]),
        text_color: text(&answer["color"]["textColor"]),
        label_list: shown.map(|(ours, _)| (*ours).to_owned()),
        message_list: text(&answer["messageListVisibility"]),
        removed: Map::new(),
    }
}

fn label_path(id: &str, long: bool) -> String {
    let path = format!("/gmail/v1/users/me/labels/{}", segment(id));
    let fields = match long {
        true => "messagesTotal,messagesUnread,color,labelListVisibility,messageListVisibility",
        false => "messagesTotal,messagesUnread",
    };
    target(&path, &[("fields", fields)])
}

pub(super) fn label(value: &Value) -> Option<Label> {
    let (id, name) = (value.get("id")?.as_str()?, value.get("name")?.as_str()?);
    Some(Label::new(id, name, value.get("type").and_then(Value::as_str) == Some("user")))
}

/// A folder whose name is never a user's label: a system id, an IMAP name, ALL, or an empty name.
pub(crate) fn reserved(name: &str) -> Option<Folder> {
    let lower = name.trim().to_lowercase();
    let imap = PREFIXES.iter().any(|p| lower.starts_with(p));
    let id = SYSTEM.iter().any(|(id, _)| id.eq_ignore_ascii_case(&lower));
    (imap || id || matches!(name.trim(), "" | "ALL")).then(|| system(name)).flatten()
}

/// The other tabs of the inbox, if the label is one of them: a message is shown in one tab.
pub(crate) fn other_tabs(label: &str) -> Option<Vec<String>> {
    let tabs = SYSTEM.iter().map(|(id, _)| *id).filter(|id| id.starts_with(TAB));
    label.starts_with(TAB).then(|| tabs.filter(|id| *id != label).map(str::to_owned).collect())
}

/// A folder that every mailbox has, by any of its names, ignoring case.
pub(crate) fn system(name: &str) -> Option<Folder> {
    let lower = name.trim().to_lowercase();
    let bare = PREFIXES.iter().find_map(|p| lower.strip_prefix(p)).unwrap_or(&lower);
    if EVERYTHING.contains(&bare) {
        return Some(Folder::Everything);
    }
    let found = SYSTEM.iter().find(|(id, names)| names.contains(&bare) || id.eq_ignore_ascii_case(bare));
    found.map(|(id, _)| Folder::Label((*id).to_owned()))
}

/// The label with this id, with this name, or with this name ignoring case, in that order.
pub(crate) fn find<'l>(labels: &'l [Label], name: &str) -> Result<&'l Label> {
    let exact = labels.iter().find(|l| l.id == name).or_else(|| labels.iter().find(|l| l.stored == name));
    if let Some(label) = exact {
        return Ok(label);
    }
    let lower = line(name).0.to_lowercase();
    let shown: Vec<&Label> = labels.iter().filter(|l| l.name == name).collect();
    let similar = || labels.iter().filter(|l| l.name.to_lowercase() == lower).collect();
    let similar: Vec<&Label> = if shown.is_empty() { similar() } else { shown };
    match similar.as_slice() {
        [one] => Ok(one),
        [] => Err(unknown(labels, name)),
        several => {
            let names: Vec<String> = several.iter().map(|l| format!("{} ({})", l.name, l.id)).collect();
            Err(Problem::usage(format!("folder \"{name}\" is ambiguous: {}", names.join(", ")))
                .hint("Use the exact spelling or the id."))
        }
    }
}

fn unknown(labels: &[Label], name: &str) -> Problem {
    let lower = name.to_lowercase();
    let score = |l: &Label| {
        let candidate = l.name.to_lowercase();
        let last = candidate.rsplit('/').next().unwrap_or_default().to_owned();
        strsim::jaro_winkler(&lower, &candidate).max(strsim::jaro_winkler(&lower, &last))
    };
    let mut near: Vec<(f64, &str)> =
        labels.iter().map(|l| (score(l), l.name.as_str())).filter(|(s, _)| *s > 0.75).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<&str> = near.into_iter().take(3).map(|(_, n)| n).collect();
    let problem = Problem::not_found(format!("folder \"{name}\" not found"));
    if near.is_empty() {
        problem.hint(phrase!["Use ", command(ToolId::ListFolders), " to list the folders."])
    } else {
        problem.hint(format!("Did you mean {}?", near.join(" or "))).detail("nearest", near)
    }
}
