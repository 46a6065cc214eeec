//! Labels: the system's and the user's, their names, conflicts and counters, and the five `labels` methods.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::fault::Fault;
use super::{Answer, Call, Gmail};

const SYSTEM: &[&str] = &[
    "CHAT",
    "SENT",
    "INBOX",
    "IMPORTANT",
    "TRASH",
    "DRAFT",
    "SPAM",
    "CATEGORY_FORUMS",
    "CATEGORY_UPDATES",
    "CATEGORY_PERSONAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_SOCIAL",
    "YELLOW_STAR",
    "STARRED",
    "UNREAD",
];

/// Names that Gmail keeps for itself, compared without regard to case.
const RESERVED: &[&str] = &[
    "inbox",
    "sent",
    "draft",
    "drafts",
    "trash",
    "bin",
    "spam",
    "starred",
    "unread",
    "important",
    "chat",
    "chats",
    "muted",
    "snoozed",
    "scheduled",
    "all mail",
    "sent mail",
    "outbox",
    "archive",
];

/// Labels that only Gmail itself sets.
const SET_BY_GMAIL: &[&str] = &["SENT", "DRAFT", "CHAT"];

const MAX_NAME: usize = 225;

#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) id: String,
    pub(super) name: String,
    system: bool,
    message_visibility: Option<String>,
    list_visibility: Option<String>,
    color: Option<Value>,
}

impl Label {
    fn system(id: &str) -> Label {
        let hidden =
            id.starts_with("CATEGORY_") || matches!(id, "CHAT" | "STARRED" | "YELLOW_STAR" | "UNREAD");
        Label {
            id: id.into(),
            name: id.into(),
            system: true,
            message_visibility: id.starts_with("CATEGORY_").then(|| "hide".into()),
            list_visibility: hidden.then(|| "labelHide".into()),
            color: None,
        }
    }

    fn json(&self) -> Value {
        let mut value = json!({"id": self.id, "name": self.name});
        if let Some(visibility) = &self.message_visibility {
            value["messageListVisibility"] = visibility.as_str().into();
        }
        if let Some(visibility) = &self.list_visibility {
            value["labelListVisibility"] = visibility.as_str().into();
        }
        value["type"] = if self.system { "system" } else { "user" }.into();
        if let Some(color) = &self.color {
            value["color"] = color.clone();
        }
        value
    }
}

/// All labels of the mailbox, in the order of labels.list.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    all: Vec<Label>,
    next: u64,
}

impl Labels {
    pub(super) fn new() -> Labels {
        Labels { all: SYSTEM.iter().map(|id| Label::system(id)).collect(), next: 1 }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.all.iter().map(|label| label.name.clone()).collect()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Label> {
        self.all.iter().find(|label| label.id == id)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Label> {
        self.all.iter().find(|label| label.name == name)
    }

    pub(super) fn user(&self) -> impl Iterator<Item = &Label> {
        self.all.iter().filter(|label| !label.system)
    }

    /// The label that `label:` of a search means: names are written with `-` for blanks and specials.
    pub(super) fn searched(&self, word: &str) -> Option<&Label> {
        let wanted = search_name(word);
        self.all
            .iter()
            .find(|label| search_name(&label.name) == wanted || label.id.eq_ignore_ascii_case(word))
    }

    /// The id of a user label of that name, made if need be.
    pub(super) fn ensure(&mut self, name: &str) -> String {
        match self.by_name(name) {
            Some(label) => label.id.clone(),
            None => self.add(name).id.clone(),
        }
    }

    fn add(&mut self, name: &str) -> &mut Label {
        let id = format!("Label_{}", self.next);
        self.next += 1;
        self.all.push(Label {
            id,
            name: name.into(),
            system: false,
            message_visibility: Some("show".into()),
            list_visibility: Some("labelShow".into()),
            color: None,
        });
        self.all.last_mut().expect("just pushed")
    }

    /// Refuses what cannot be put on or taken off a message.
    pub(super) fn check_change(&self, add: &[&str], remove: &[&str]) -> Result<(), Fault> {
        if add.is_empty() && remove.is_empty() {
            return Err(Fault::invalid("No label add or removes specified"));
        }
        if add.len() > 100 || remove.len() > 100 {
            return Err(Fault::invalid("Too many labels in one request"));
        }
        let unknown =
            add.iter().chain(remove).find(|id| self.by_id(id).is_none() || SET_BY_GMAIL.contains(id));
        match (unknown, add.iter().find(|id| remove.contains(id))) {
            (Some(id), _) => Err(Fault::invalid(format!("Invalid label: {id}"))),
            (None, Some(id)) => {
                Err(Fault::invalid(format!("Cannot both add and remove the same label: {id}")))
            }
            (None, None) => Ok(()),
        }
    }

    fn check_name(&self, name: &str, own_id: &str) -> Result<(), Fault> {
        let reserved = RESERVED.contains(&name.to_lowercase().as_str()) || name.contains('^');
        if name.is_empty() || name != name.trim() || reserved || name.chars().count() > MAX_NAME {
            return Err(Fault::invalid("Invalid label name"));
        }
        let key = conflict_key(name);
        if self.all.iter().any(|label| label.id != own_id && conflict_key(&label.name) == key) {
            Err(Fault::new(409, "aborted", "Label name exists or conflicts"))
        } else {
            Ok(())
        }
    }
}

fn search_name(name: &str) -> String {
    name.to_lowercase().replace([' ', '/', '&', '(', ')'], "-")
}

/// Two names conflict when they differ only in case or in `-` versus `/`.
fn conflict_key(name: &str) -> String {
    name.to_lowercase().replace('/', "-")
}

impl Gmail {
    pub(super) fn labels_list(&mut self) -> Answer {
        Ok(json!({"labels": self.labels.all.iter().map(Label::json).collect::<Value>()}))
    }

    pub(super) fn labels_get(&mut self, call: &Call) -> Answer {
        let label = self.labels.by_id(call.path("id")).ok_or_else(Fault::not_found)?;
        let mut value = label.json();
        let (mut messages, mut unread) = (0, 0);
        let (mut threads, mut unread_threads) = (HashSet::new(), HashSet::new());
        for mail in self.store.newest_first().filter(|mail| mail.has(&label.id)) {
            messages += 1;
            threads.insert(mail.thread);
            if mail.has("UNREAD") {
                unread += 1;
                unread_threads.insert(mail.thread);
            }
        }
        value["messagesTotal"] = messages.into();
        value["messagesUnread"] = unread.into();
        value["threadsTotal"] = threads.len().into();
        value["threadsUnread"] = unread_threads.len().into();
        Ok(value)
    }

    pub(super) fn labels_create(&mut self, call: &Call) -> Answer {
        self.labels.check_name(call.body["name"].as_str().unwrap_or_default(), "")?;
        check_color(&call.body)?;
        let name = call.body["name"].as_str().unwrap_or_default();
        let label = self.labels.add(name);
        amend(label, &call.body);
        Ok(label.json())
    }

    /// labels.patch keeps what is not named; labels.update names everything (the description requires it).
    pub(super) fn labels_change(&mut self, call: &Call) -> Answer {
        let id = call.path("id");
        let label = self.labels.by_id(id).ok_or_else(Fault::not_found)?;
        if label.system {
            return Err(Fault::invalid("Invalid update request"));
        }
        if let Some(name) = call.body["name"].as_str() {
            self.labels.check_name(name, id)?;
        }
        check_color(&call.body)?;
        let label = self.labels.all.iter_mut().find(|label| label.id == id).ok_or_else(Fault::not_found)?;
        amend(label, &call.body);
        Ok(label.json())
    }

    pub(super) fn labels_delete(&mut self, call: &Call) -> Answer {
        let id = call.path("id");
        if self.labels.by_id(id).ok_or_else(Fault::not_found)?.system {
            return Err(Fault::invalid("Invalid delete request"));
        }
        self.store.forget_label(id);
        self.labels.all.retain(|label| label.id != id);
        Ok(Value::Null)
    }
}

fn amend(label: &mut Label, body: &Value) {
    let text = |name: &str| body[name].as_str().map(String::from);
    if let Some(name) = text("name") {
        label.name = name;
    }
    label.message_visibility = text("messageListVisibility").or(label.message_visibility.take());
    label.list_visibility = text("labelListVisibility").or(label.list_visibility.take());
    if body["color"].is_object() {
        label.color = Some(body["color"].clone());
    }
}

/// Both colours or none, each as `#rrggbb`. Google's palette is not repeated here.
fn check_color(body: &Value) -> Result<(), Fault> {
    let Some(color) = body.get("color") else { return Ok(()) };
    let is_color = |name: &str| {
        let digits = color[name].as_str().and_then(|c| c.strip_prefix('#')).unwrap_or_default();
        digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    if is_color("textColor") && is_color("backgroundColor") {
        Ok(())
    } else {
        Err(Fault::invalid("Invalid label color"))
    }
}
