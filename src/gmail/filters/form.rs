//! A filter in three forms: as people read and write it, as Gmail stores it, and as the search that finds its mail.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    gmail::labels::Label,
    problem::{Problem, Result},
    spelling::shell_word,
};

/// Labels that nobody else can set.
const SET_BY_GMAIL: [&str; 3] = ["SENT", "DRAFT", "CHAT"];

/// A filter as people read and write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only of a filter that Gmail has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// In Gmail's search syntax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    /// What a message must not have, in the same syntax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) without: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) has_attachment: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) exclude_chats: bool,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) larger: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) smaller: Option<i32>,
    /// Names of labels to add.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) label: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) archive: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) mark_read: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) star: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) important: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) not_important: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) not_spam: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) trash: bool,
    /// Names of labels to remove, other than those above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unlabel: Vec<String>,
    /// The address that Gmail forwards to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forward: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Filter {
    pub(crate) fn has_criteria(&self) -> bool {
        !self.search().is_empty()
    }

    pub(crate) fn has_actions(&self) -> bool {
        !self.actions().is_empty()
    }

    /// The search that finds the mail that it concerns.
    pub(crate) fn search(&self) -> String {
        let mut terms = Vec::new();
        for (field, value) in [("from", &self.from), ("to", &self.to), ("subject", &self.subject)] {
            terms.extend(value.as_ref().map(|value| format!("{field}:({value})")));
        }
        terms.extend(self.query.as_ref().map(|query| format!("({query})")));
        terms.extend(self.without.as_ref().map(|query| format!("-{{{query}}}")));
        terms.extend(self.has_attachment.then(|| "has:attachment".to_owned()));
        terms.extend(self.larger.map(|size| format!("larger:{size}")));
        terms.extend(self.smaller.map(|size| format!("smaller:{size}")));
        // Alone it would concern all mail, and Gmail does not take it for a criterion.
        terms.extend((self.exclude_chats && !terms.is_empty()).then(|| "-in:chats".to_owned()));
        terms.join(" ")
    }

    /// The options of `filter create` that create it; `None` if it does what these cannot say.
    pub(crate) fn options(&self) -> Option<String> {
        if self.exclude_chats || !self.unlabel.is_empty() || self.forward.is_some() {
            return None;
        }
        let Value::Object(members) = json!(self) else { return None };
        let mut options = Vec::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != "id") {
            let name = name.replace('_', "-");
            let mut option = |value: &str| options.push(format!("--{name}={}", shell_word(value)));
            match value {
                Value::Array(values) => values.iter().filter_map(Value::as_str).for_each(option),
                Value::String(text) => option(text),
                Value::Number(number) => option(&number.to_string()),
                _ => options.push(format!("--{name}")),
            }
        }
        Some(options.join(" "))
    }

    /// What it does, each in a few words.
    pub(crate) fn actions(&self) -> Vec<String> {
        let words = [
            (self.archive, "archive"),
            (self.mark_read, "mark read"),
            (self.star, "star"),
            (self.important, "mark important"),
            (self.not_important, "never important"),
            (self.not_spam, "never spam"),
            (self.trash, "trash"),
        ];
        let words = words.into_iter().filter(|(is_set, _)| *is_set).map(|(_, word)| word.to_owned());
        let added = self.label.iter().map(|name| format!("label {name}"));
        let removed = self.unlabel.iter().map(|name| format!("remove label {name}"));
        let forwarded = self.forward.iter().map(|address| format!("forward to {address}"));
        added.chain(words).chain(removed).chain(forwarded).collect()
    }

    /// The actions that add or remove a system label.
    fn switches(&mut self) -> [(&'static str, bool, &mut bool); 7] {
        [
            ("STARRED", true, &mut self.star),
            ("IMPORTANT", true, &mut self.important),
            ("TRASH", true, &mut self.trash),
            ("INBOX", false, &mut self.archive),
            ("UNREAD", false, &mut self.mark_read),
            ("IMPORTANT", false, &mut self.not_important),
            ("SPAM", false, &mut self.not_spam),
        ]
    }
}

/// A filter as Gmail stores it, in a form that can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wire {
    from: String,
    to: String,
    subject: String,
    query: String,
    without: String,
    has_attachment: bool,
    exclude_chats: bool,
    size: Option<(bool, i32)>,
    /// Ids of labels, sorted.
    add: Vec<String>,
    remove: Vec<String>,
    forward: String,
}

impl Wire {
    /// The filter of a resource of Gmail. What is missing has its default.
    pub(super) fn read(resource: &Value) -> Wire {
        let (criteria, action) = (&resource["criteria"], &resource["action"]);
        let text = |value: &Value| squeezed(value.as_str().unwrap_or_default());
        let flag = |name: &str| criteria[name].as_bool().unwrap_or_default();
        let ids = |name: &str| {
            let list = action[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            sorted(list.map(str::to_owned).collect())
        };
        let size =
            criteria["size"].as_i64().and_then(|size| i32::try_from(size).ok()).filter(|size| *size > 0);
        let is_larger = match criteria["sizeComparison"].as_str() {
            Some("larger") => Some(true),
            Some("smaller") => Some(false),
            _ => None,
        };
        Wire {
            from: text(&criteria["from"]),
            to: text(&criteria["to"]),
            subject: text(&criteria["subject"]),
            query: text(&criteria["query"]),
            without: text(&criteria["negatedQuery"]),
            has_attachment: flag("hasAttachment"),
            exclude_chats: flag("excludeChats"),
            size: is_larger.zip(size),
            add: ids("addLabelIds"),
            remove: ids("removeLabelIds"),
            forward: text(&action["forward"]),
        }
    }

    /// What a person wrote, with the ids of the labels to add and to remove.
    pub(super) fn of(
        filter: &Filter,
        added: &dyn Fn(&String) -> Result<String>,
        removed: &dyn Fn(&String) -> Result<String>,
    ) -> Result<Wire> {
        let text = |value: &Option<String>| squeezed(value.as_deref().unwrap_or_default());
        let mut add = filter.label.iter().map(added).collect::<Result<Vec<String>>>()?;
        let mut remove = filter.unlabel.iter().map(removed).collect::<Result<Vec<String>>>()?;
        for (label, adds, is_set) in filter.clone().switches() {
            if *is_set {
                (if adds { &mut add } else { &mut remove }).push(label.to_owned());
            }
        }
        Ok(Wire {
            from: text(&filter.from),
            to: text(&filter.to),
            subject: text(&filter.subject),
            query: text(&filter.query),
            without: text(&filter.without),
            has_attachment: filter.has_attachment,
            exclude_chats: filter.exclude_chats,
            size: filter.larger.map(|size| (true, size)).or(filter.smaller.map(|size| (false, size))),
            add: sorted(add),
            remove: sorted(remove),
            forward: text(&filter.forward),
        })
    }

    /// Refuses what Gmail would refuse, or would understand in another way than it is shown.
    pub(super) fn check(&self) -> Result<()> {
        let texts = [&self.from, &self.to, &self.subject, &self.query, &self.without];
        if let Some(text) = texts.into_iter().find(|text| !is_balanced(text)) {
            return Err(Problem::usage(format!("a bracket or quotation mark of \"{text}\" is not closed"))
                .hint("Close it: the rest of the criteria would count as a part of it."));
        }
        if self.size.is_some_and(|(_, size)| size < 1) {
            return Err(Problem::usage("a size of a filter is not a number of bytes").hint("Give 1 or more."));
        }
        let refused = |id: &&String| SET_BY_GMAIL.contains(&id.as_str());
        if let Some(id) = self.add.iter().chain(&self.remove).find(refused) {
            return Err(Problem::usage(format!("a filter cannot change the label {id}"))
                .hint("Leave it out: only Gmail itself sets it."));
        }
        if let Some(id) = self.add.iter().find(|id| self.remove.contains(id)) {
            return Err(Problem::usage(format!("a filter adds and removes the same label: {id}"))
                .hint("Leave one of them out."));
        }
        Ok(())
    }

    /// As people read it.
    pub(super) fn filter(&self, id: &str, known: &[Label]) -> Filter {
        let text = |value: &String| Some(value.clone()).filter(|text| !text.is_empty());
        let name = |id: &String| {
            let label = known.iter().find(|label| label.id == *id);
            label.map_or_else(|| id.clone(), |label| label.name.clone())
        };
        let mut filter = Filter {
            id: Some(id.to_owned()),
            from: text(&self.from),
            to: text(&self.to),
            subject: text(&self.subject),
            query: text(&self.query),
            without: text(&self.without),
            has_attachment: self.has_attachment,
            exclude_chats: self.exclude_chats,
            larger: self.size.filter(|(is_larger, _)| *is_larger).map(|(_, size)| size),
            smaller: self.size.filter(|(is_larger, _)| !*is_larger).map(|(_, size)| size),
            forward: text(&self.forward),
            ..Filter::default()
        };
        let (mut add, mut remove) = (self.add.clone(), self.remove.clone());
        for (label, adds, is_set) in filter.switches() {
            let list = if adds { &mut add } else { &mut remove };
            *is_set = list.iter().any(|id| id == label);
            list.retain(|id| id != label);
        }
        filter.label = add.iter().map(name).collect();
        filter.unlabel = remove.iter().map(name).collect();
        filter
    }

    /// The body of a request. Gmail takes members that are not empty only.
    pub(super) fn json(&self) -> Value {
        let mut criteria = Map::new();
        let texts = [
            ("from", &self.from),
            ("to", &self.to),
            ("subject", &self.subject),
            ("query", &self.query),
            ("negatedQuery", &self.without),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            criteria.insert(name.to_owned(), json!(text));
        }
        for (name, is_set) in [("hasAttachment", self.has_attachment), ("excludeChats", self.exclude_chats)] {
            criteria.extend(is_set.then(|| (name.to_owned(), json!(true))));
        }
        if let Some((is_larger, size)) = self.size {
            criteria.insert("size".to_owned(), json!(size));
            let comparison = if is_larger { "larger" } else { "smaller" };
            criteria.insert("sizeComparison".to_owned(), json!(comparison));
        }
        let mut action = Map::new();
        for (name, ids) in [("addLabelIds", &self.add), ("removeLabelIds", &self.remove)] {
            action.extend((!ids.is_empty()).then(|| (name.to_owned(), json!(ids))));
        }
        action.extend((!self.forward.is_empty()).then(|| ("forward".to_owned(), json!(self.forward))));
        json!({"criteria": criteria, "action": action})
    }

    /// The labels that it adds and removes.
    pub(super) fn labels(&self) -> (&[String], &[String]) {
        (&self.add, &self.remove)
    }
}

/// Whether every bracket and quotation mark is closed, so that a search around the text means what it shows.
fn is_balanced(text: &str) -> bool {
    let (mut open, mut quoted) = (Vec::new(), false);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => open.push(')'),
            '{' => open.push('}'),
            ')' | '}' if open.pop() != Some(character) => return false,
            _ => {}
        }
    }
    open.is_empty() && !quoted
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
