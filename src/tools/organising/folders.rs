//! The tools that create, rename and delete folders.

use serde::Deserialize;

use super::super::{
    Document, Outcome,
    arguments::Arguments,
    outcome::{FolderDeleted, FolderMade, FolderName, FolderRenamed},
};
use crate::{
    gmail::{Gmail, organise::Made},
    phrase::phrase,
    problem::{Problem, Result},
    spec::YES,
    spelling::set,
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

#[derive(Debug, Deserialize)]
pub(crate) struct RenameFolder {
    name: String,
    new_name: String,
}

impl RenameFolder {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let (label, renamed) = gmail.rename_folder(&self.name, &self.new_name)?;
        let renamed = renamed.into_iter().map(|l| FolderName { id: l.id, name: l.name }).collect();
        let folder = FolderRenamed { id: label.id, name: self.new_name.clone(), renamed };
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
