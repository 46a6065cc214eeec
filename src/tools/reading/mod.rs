//! The tools that only read: they take a selection, an id or a filter, and return rows or a document.

mod attachments;
mod collecting;
mod counting;
mod fence;
mod links;
mod lists;
mod messages;

pub(super) use self::{
    attachments::SavedAttachments,
    collecting::Collecting,
    counting::{Counted, Counting, GroupRow, Grouping},
    links::{Link, Links},
    lists::{FolderListing, Listing, Search},
    messages::{MessageReading, ThreadReading},
};
use crate::{
    clock,
    gmail::{
        Gmail,
        labels::Folder,
        query::{self, Query, Syntax},
    },
    problem::Result,
};

/// Days are those of this machine's time zone.
pub(super) fn translate(criteria: &str, syntax: Syntax) -> Result<Query> {
    query::translate(criteria, syntax, &jiff::tz::TimeZone::system(), clock::now() as i64)
}

/// The folder to search, unless the query searches elsewhere.
pub(super) fn place<F>(query: &Query, folder: F, given: bool) -> Option<F> {
    let elsewhere = query.any_folder || (!given && (query.names_place || query.names_message));
    (!elsewhere).then_some(folder)
}

/// The label of a folder; `None` for the whole mailbox.
pub(super) fn label(gmail: &Gmail<'_>, folder: &str) -> Result<Option<String>> {
    gmail.folder(folder).map(Folder::label)
}
