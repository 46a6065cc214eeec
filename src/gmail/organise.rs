//! Creates, renames and deletes labels. Nothing here deletes a message.

use serde_json::{Map, Value, json};

use super::{
    Gmail, MAILBOX,
    colors::LabelColor,
    incomplete,
    labels::{self, Folder, FolderRow, Label},
    target,
};
use crate::{
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::ToolId,
    spelling::command,
    url::segment,
};

/// A label that gets another name, with those below it.
pub(crate) struct Renaming {
    pub(crate) label: Label,
    /// Each as it is, and as it will be.
    pub(crate) renamed: Vec<(Label, Label)>,
    others: Vec<Label>,
    new_name: String,
}

/// How Gmail shows a label. What is not named stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    pub(crate) color: Option<LabelColor>,
    /// In Gmail's words.
    pub(crate) label_list: Option<&'static str>,
    /// Whether it is shown beside the subject in lists of messages.
    pub(crate) message_list: Option<bool>,
}

impl Look {
    fn json(&self) -> Value {
        let mut body = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            body.extend(value.map(|value| (name.to_owned(), value)));
        };
        set("color", self.color.map(LabelColor::json));
        set("labelListVisibility", self.label_list.map(Value::from));
        set(
            "messageListVisibility",
            self.message_list.map(|shown| if shown { "show" } else { "hide" }.into()),
        );
        Value::Object(body)
    }
}

/// A requested folder, and whether it was created.
pub(crate) struct Made {
    pub(crate) label: Label,
    pub(crate) created: bool,
    /// The names of the parent folders that were created as well.
    pub(crate) parents: Vec<String>,
}

/// What became of a label that was to be created.
enum Creation {
    Done(Label),
    /// A label with this name, or one that Gmail considers the same, exists.
    Exists,
}

impl Gmail<'_> {
    /// The folder with this name. It is created with its parents if it does not exist.
    pub(crate) fn make_folder(&self, name: &str) -> Result<Made> {
        check_name(name)?;
        if let Some(Folder::Label(id)) = labels::reserved(name) {
            let label = Label::new(&id, &id, false);
            return Ok(Made { label, created: false, parents: Vec::new() });
        }
        let known = self.labels()?;
        if let Some(label) = same_name(&known, name) {
            return Ok(Made { label: label.clone(), created: false, parents: Vec::new() });
        }
        let parents = self.make_parents(&known, name)?;
        match self.create_label(name)? {
            Creation::Done(label) => Ok(Made { label, created: true, parents }),
            Creation::Exists => Ok(Made { label: self.existing(name)?, created: false, parents }),
        }
    }

    /// Creates the missing parents of a folder; returns their names.
    fn make_parents(&self, known: &[Label], name: &str) -> Result<Vec<String>> {
        let mut created = Vec::new();
        for (at, _) in name.match_indices('/') {
            let parent = &name[..at];
            // A reserved name cannot be created, and Gmail does not require a parent.
            let exists = same_name(known, parent).is_some() || labels::reserved(parent).is_some();
            if !exists && matches!(self.create_label(parent)?, Creation::Done(_)) {
                created.push(parent.to_owned());
            }
        }
        Ok(created)
    }

    /// Creates a label that did not exist. If an answer was lost, Gmail may have created it, and then refuses the
    /// request that repeats it: the label is looked up.
    fn create_label(&self, name: &str) -> Result<Creation> {
        let body = json!({"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"});
        let url = format!("{MAILBOX}{}", target("/labels", &[]));
        let (created, tries) = self.counted_json("POST", &url, Some(&body));
        let exact = || Ok::<_, Problem>(self.labels()?.into_iter().find(|label| label.name == name));
        match created {
            Ok(value) => match labels::label(&value) {
                Some(label) => {
                    self.notice_change(|names| names.push(label.name.clone()));
                    Ok(Creation::Done(label))
                }
                None => exact()?.map(Creation::Done).ok_or_else(incomplete),
            },
            Err(p) if p.code() == Code::Conflict && tries > 1 => {
                Ok(exact()?.map_or(Creation::Exists, Creation::Done))
            }
            Err(p) if p.code() == Code::Conflict => Ok(Creation::Exists),
            Err(p) if p.code() == Code::Temporary => match exact() {
                Ok(Some(label)) => Ok(Creation::Done(label)),
                _ => Err(p),
            },
            Err(p) if p.code() == Code::Usage => {
                Err(Problem::usage(format!("Gmail does not allow a folder named \"{name}\""))
                    .hint("Choose another name; Gmail reserves some names."))
            }
            Err(p) => Err(p),
        }
    }

    /// The existing label that conflicts with a name.
    fn existing(&self, name: &str) -> Result<Label> {
        let found = self.labels()?.into_iter().find(|l| clash(&l.name) == clash(name));
        found.ok_or_else(|| {
            Problem::new(Code::Conflict, format!("\"{name}\" conflicts with another folder in Gmail")).hint(
                phrase![
                    "Choose another name. Use ",
                    command(ToolId::ListFolders),
                    " to list the existing ones."
                ],
            )
        })
    }

    /// What renaming a user label does: the label, and it and the labels below it with their new names. The label itself is the
    /// last, so that a call that was cut off can be repeated. A name that is taken is refused before anything is changed.
    pub(crate) fn renaming(&self, name: &str, new_name: &str) -> Result<Renaming> {
        check_name(new_name)?;
        let known = self.labels()?;
        let label = user_label(&known, name)?.clone();
        let below = format!("{}/", label.stored);
        let (mut moved, others): (Vec<Label>, Vec<Label>) =
            known.into_iter().partition(|l| l.id == label.id || l.stored.starts_with(&below));
        moved.sort_by(|a, b| b.stored.len().cmp(&a.stored.len()).then_with(|| a.stored.cmp(&b.stored)));
        let mut renamed = Vec::new();
        for old in &moved {
            let name = format!("{new_name}{}", &old.stored[label.stored.len()..]);
            check_name(&name)?;
            if others.iter().any(|other| clash(&other.stored) == clash(&name)) {
                return Err(taken(&name));
            }
            renamed.push((old.clone(), Label::new(&old.id, &name, old.user)));
        }
        Ok(Renaming { label, renamed, others, new_name: new_name.to_owned() })
    }

    /// Carries it out. If it stops half-way, the problem says which labels have their new names.
    pub(crate) fn rename(&self, renaming: &Renaming) -> Result<()> {
        let parents = self.make_parents(&renaming.others, &renaming.new_name)?;
        for (at, (old, new)) in renaming.renamed.iter().enumerate() {
            let url = format!("{MAILBOX}{}", target(&format!("/labels/{}", segment(&old.id)), &[]));
            let outcome = self.json("PATCH", &url, Some(&json!({"name": new.stored})));
            outcome.map_err(|p| if p.code() == Code::Conflict { taken(&new.name) } else { p }).map_err(
                |p| {
                    let (done, missing) = renaming.renamed.split_at(at);
                    stopped(p, done, missing, &parents)
                },
            )?;
            self.notice_change(|names| {
                names
                    .iter_mut()
                    .filter(|known| **known == old.name)
                    .for_each(|known| known.clone_from(&new.name));
            });
        }
        Ok(())
    }

    /// Changes how Gmail shows a user label, and returns it as it is then.
    pub(crate) fn edit_folder(&self, name: &str, look: &Look) -> Result<FolderRow> {
        let label = user_label(&self.labels()?, name)?.clone();
        let url = format!("{MAILBOX}{}", target(&format!("/labels/{}", segment(&label.id)), &[]));
        let answer = self.json("PATCH", &url, Some(&look.json()))?;
        Ok(labels::folder_row(&label, &answer))
    }

    /// Deletes a user label. Its messages stay and lose the label.
    pub(crate) fn delete_folder(&self, name: &str) -> Result<Label> {
        let label = user_label(&self.labels()?, name)?.clone();
        let url = format!("{MAILBOX}{}", target(&format!("/labels/{}", segment(&label.id)), &[]));
        match self.json("DELETE", &url, None) {
            // Not found is a success: an earlier try whose response was lost may have deleted it.
            Err(p) if p.code() != Code::NotFound => Err(p),
            _ => {
                self.notice_change(|names| names.retain(|known| *known != label.name));
                Ok(label)
            }
        }
    }
}

fn taken(name: &str) -> Problem {
    Problem::new(Code::Conflict, format!("folder \"{name}\" already exists")).hint(phrase![
        "Choose another name, or move the messages with ",
        command(ToolId::MoveMessage),
        "."
    ])
}

/// Names what was renamed before a failure, and what was not.
fn stopped(
    problem: Problem,
    done: &[(Label, Label)],
    missing: &[(Label, Label)],
    parents: &[String],
) -> Problem {
    let names = |labels: &[(Label, Label)], new: bool| -> Vec<String> {
        labels
            .iter()
            .map(|(old, renamed)| if new { renamed.name.clone() } else { old.name.clone() })
            .collect()
    };
    let problem =
        if parents.is_empty() { problem } else { problem.detail("created_parents", parents.to_vec()) };
    if done.is_empty() {
        return problem;
    }
    let message = phrase![
        format!("{} of {} folders were renamed: ", done.len(), done.len() + missing.len()),
        problem.phrases().0
    ];
    Problem::new(Code::Partial, message)
        .hint("Run the same command again to rename the rest.")
        .retryable_as(&problem)
        .detail("renamed", names(done, true))
        .detail("missing", names(missing, false))
        .detail("cause", problem.code().name())
}

fn user_label<'l>(known: &'l [Label], name: &str) -> Result<&'l Label> {
    let label = match (labels::reserved(name), labels::find(known, name)) {
        (Some(_), _) => None,
        (None, Err(_)) if labels::system(name).is_some() => None,
        (None, found) => Some(found?),
    };
    label.filter(|l| l.user).ok_or_else(|| {
        Problem::usage(format!("\"{name}\" is a system folder of Gmail, which cannot be renamed or deleted"))
            .hint("Choose a folder that a user created.")
    })
}

fn same_name<'l>(known: &'l [Label], name: &str) -> Option<&'l Label> {
    let lower = name.to_lowercase();
    known.iter().find(|l| l.name.to_lowercase() == lower)
}

/// Gmail considers names the same that differ only in case, or in `-` and `/`.
fn clash(name: &str) -> String {
    name.to_lowercase().replace('/', "-")
}

/// Refuses names that Gmail would refuse, with a better message.
fn check_name(name: &str) -> Result<()> {
    let flaw = if name.trim().is_empty() || labels::system(name) == Some(Folder::Everything) {
        "it is empty or means the whole mailbox"
    } else if name.chars().any(char::is_control) {
        "it contains a control character"
    } else if name.split('/').any(|level| level.trim() != level || level.is_empty()) {
        "it has an empty level, or spaces around one"
    } else if name.chars().count() > 225 {
        "it is longer than 225 characters"
    } else {
        return Ok(());
    };
    Err(Problem::usage(format!("invalid folder name {name:?}: {flaw}"))
        .hint("Use a name such as Work/Invoices."))
}
