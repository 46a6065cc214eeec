//! The tools that create, rename and delete folders.

use serde::Deserialize;

use super::super::{
    Document, Outcome,
    arguments::Arguments,
    outcome::{FolderDeleted, FolderEdited, FolderMade, FolderName, FolderRenamed},
};
use crate::{
    gmail::{
        Gmail,
        colors::LabelColor,
        labels::{FolderRow, LABEL_LIST, Label},
        organise::{Look, Made},
    },
    phrase::phrase,
    problem::{Problem, Result},
    spec::{COLOR, YES},
    spelling::{name, set},
};

#[derive(Debug, Deserialize)]
pub(crate) struct CreateFolder {
    name: String,
}

impl CreateFolder {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let Made { label, created, parents } = gmail.make_folder(&self.name)?;
        let made = FolderMade { id: label.id, name: label.name, created, parents };
        Ok(Outcome::Document(Document::FolderMade(made)))
    }
}

/// `edit_folder`.
#[derive(Debug)]
pub(crate) struct EditFolder {
    name: String,
    look: Look,
}

#[derive(Deserialize)]
struct EditArguments {
    name: String,
    label_color: Option<String>,
    label_list: Option<String>,
    message_list: Option<String>,
}

impl EditFolder {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<EditFolder> {
        let given: EditArguments = arguments.read()?;
        let color = given.label_color.as_deref().map(|color| {
            LabelColor::parse(color).map_err(|why| {
                Problem::usage(phrase![name(&COLOR), format!(": {why}")]).hint("Use one of these.")
            })
        });
        let in_list = |word: &str| LABEL_LIST.iter().find(|(ours, _)| *ours == word).map(|(_, gmail)| *gmail);
        let look = Look {
            color: color.transpose()?,
            label_list: given.label_list.as_deref().and_then(in_list),
            message_list: given.message_list.map(|word| word == "show"),
        };
        if look.color.is_none() && look.label_list.is_none() && look.message_list.is_none() {
            return Err(Problem::usage("nothing is changed").hint(phrase![
                "Give ",
                name(&COLOR),
                ", or say where Gmail shows the folder."
            ]));
        }
        Ok(EditFolder { name: given.name, look })
    }

    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let row = gmail.edit_folder(&self.name, &self.look)?;
        let FolderRow { id, name, color, text_color, label_list, message_list, .. } = row;
        let edited = FolderEdited { id, name, color, text_color, label_list, message_list };
        Ok(Outcome::Document(Document::FolderEdited(edited)))
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct RenameFolder {
    name: String,
    new_name: String,
    dry_run: bool,
}

impl RenameFolder {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let renaming = gmail.renaming(&self.name, &self.new_name)?;
        if !self.dry_run {
            gmail.rename(&renaming)?;
        }
        let named = |(_, new): &(_, Label)| FolderName { id: new.id.clone(), name: new.name.clone() };
        // The folder itself is the first for the reader.
        let renamed = renaming.renamed.iter().rev().map(named).collect();
        let (id, dry_run) = (renaming.label.id, self.dry_run);
        let folder = FolderRenamed { id, name: self.new_name.clone(), dry_run, renamed };
        Ok(Outcome::Document(Document::FolderRenamed(folder)))
    }
}

/// A deletion that was confirmed.
#[derive(Debug)]
pub(crate) struct DeleteFolder {
    name: String,
}

#[derive(Deserialize)]
struct DeleteArguments {
    name: String,
    yes: bool,
}

impl DeleteFolder {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<DeleteFolder> {
        let DeleteArguments { name, yes } = arguments.read()?;
        if !yes {
            let hint =
                phrase!["Confirm with ", set(&YES), ". The messages stay in All Mail and lose the label."];
            return Err(Problem::usage("deleting a folder must be confirmed").hint(hint));
        }
        Ok(DeleteFolder { name })
    }

    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let label = gmail.delete_folder(&self.name)?;
        let folder = FolderDeleted { id: label.id, name: label.name, deleted: true };
        Ok(Outcome::Document(Document::FolderDeleted(folder)))
    }
}
