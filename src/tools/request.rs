//! A call as a typed value, with one variant per kind of operation. The tool table, the parameters and the policy are
//! evaluated here, once; no lower layer looks up a parameter by name.

use super::{
    Document, Operation, Outcome,
    arguments::Arguments,
    exporting::Exporting,
    filters::{ApplyFilters, CreateFilter, DeleteFilter},
    importing::Import,
    news::NewMail,
    organising::{CreateFolder, DeleteFolder, EditFolder, MessageChange, RenameFolder},
    reading::{
        Collecting, Counting, FolderListing, Grouping, Links, Listing, MessageReading, SavedAttachments,
        Search, ThreadReading,
    },
    settings::SetVacation,
    writing::{self, Author, DraftDeletion, DraftId, DraftListing, Unsubscription, Writing},
};
use crate::{
    disk::FileAccess,
    policy::Policy,
    problem::Result,
    spec::{Answer, COLLECTED_COLUMNS, RowKind, THREAD_COLUMNS, Tool, ToolId},
    store::Store,
};

#[derive(Debug)]
pub(crate) enum Request {
    Folders(FolderListing),
    List(Listing),
    Search(Search),
    Count(Counting),
    Group(Grouping),
    Read(MessageReading),
    Thread(ThreadReading),
    Links(Links),
    Attachments(SavedAttachments),
    Collect(Box<Collecting>),
    Export(Exporting),
    Import(Import),
    New(NewMail),
    Profile,
    Change(MessageChange),
    CreateFolder(CreateFolder),
    EditFolder(EditFolder),
    RenameFolder(RenameFolder),
    DeleteFolder(DeleteFolder),
    Write(Box<Writing>),
    ListDrafts(DraftListing),
    ShowDraft(DraftId),
    SendDraft(DraftId),
    DeleteDraft(DraftDeletion),
    Unsubscribe(Unsubscription),
    Filters,
    ExportFilters,
    CreateFilter(Box<CreateFilter>),
    DeleteFilter(DeleteFilter),
    ApplyFilters(ApplyFilters),
    Aliases,
    Forwarding,
    Vacation,
    SetVacation(SetVacation),
}

impl Request {
    /// Turns arguments into a request, and checks what can be checked without a network: the access level, the
    /// message to write, its recipients as far as they are known, and the files. Files and stdin are read here.
    pub(crate) fn parse(
        arguments: &Arguments,
        policy: &Policy,
        files: &FileAccess,
        author: Author<'_>,
    ) -> Result<Request> {
        use ToolId as T;
        policy.allows(writing::level(arguments, policy)?)?;
        Ok(match arguments.tool.id {
            T::ListFolders => Request::Folders(arguments.read()?),
            T::ListMessages => Request::List(Listing::parse(arguments)?),
            T::SearchMessages => Request::Search(Search::parse(arguments)?),
            T::CountMessages => Request::Count(Counting::parse(arguments)?),
            T::GroupMessages => Request::Group(Grouping::parse(arguments)?),
            T::FetchMessage => Request::Read(arguments.read()?),
            T::FetchThread => Request::Thread(arguments.read()?),
            T::FetchLink => Request::Links(arguments.read()?),
            T::SaveAttachments => match Collecting::parse(arguments, files)? {
                Some(collecting) => Request::Collect(Box::new(collecting)),
                None => Request::Attachments(SavedAttachments::parse(arguments, files)?),
            },
            T::ExportMessages => Request::Export(Exporting::parse(arguments, files)?),
            T::ImportMessages => Request::Import(Import::parse(arguments, files)?),
            T::NewMessages => Request::New(NewMail::parse(arguments)?),
            T::GetProfile => Request::Profile,
            T::MoveMessage
            | T::SetFlags
            | T::LabelMessage
            | T::ArchiveMessage
            | T::TrashMessage
            | T::UntrashMessage
            | T::MarkRead
            | T::MarkUnread
            | T::StarMessage
            | T::UnstarMessage
            | T::SpamMessage
            | T::UnspamMessage => Request::Change(MessageChange::parse(arguments)?),
            T::CreateFolder => Request::CreateFolder(arguments.read()?),
            T::EditFolder => Request::EditFolder(EditFolder::parse(arguments)?),
            T::RenameFolder => Request::RenameFolder(arguments.read()?),
            T::DeleteFolder => Request::DeleteFolder(DeleteFolder::parse(arguments)?),
            T::SendMessage
            | T::SendHtmlMessage
            | T::ReplyMessage
            | T::ForwardMessage
            | T::CreateDraft
            | T::UpdateDraft => Request::Write(Box::new(Writing::parse(arguments, policy, files, author)?)),
            T::ListDrafts => Request::ListDrafts(arguments.read()?),
            T::FetchDraft => Request::ShowDraft(arguments.read()?),
            T::SendDraft => Request::SendDraft(arguments.read()?),
            T::DeleteDraft => Request::DeleteDraft(DraftDeletion::parse(arguments)?),
            T::Unsubscribe => Request::Unsubscribe(Unsubscription::parse(arguments, author.name)?),
            T::ListFilters => Request::Filters,
            T::ExportFilters => Request::ExportFilters,
            T::CreateFilter => Request::CreateFilter(Box::new(CreateFilter::parse(arguments)?)),
            T::DeleteFilter => Request::DeleteFilter(DeleteFilter::parse(arguments)?),
            T::ImportFilters | T::ApplyFilters => {
                Request::ApplyFilters(ApplyFilters::parse(arguments, files)?)
            }
            T::ListAliases => Request::Aliases,
            T::GetForwarding => Request::Forwarding,
            T::GetVacation => Request::Vacation,
            T::StartVacation | T::StopVacation => {
                Request::SetVacation(SetVacation::parse(arguments, policy, files)?)
            }
        })
    }

    /// The outcome of a call that needs no network: the preview of a message that is complete as given.
    pub(crate) fn offline(&self) -> Result<Option<Outcome>> {
        match self {
            Request::Write(writing) if writing.is_complete_preview() => {
                writing.preview().map(|p| Some(Outcome::Document(Document::Preview(p))))
            }
            _ => Ok(None),
        }
    }

    /// The form of the answer of its tool.
    pub(crate) fn answer(&self, tool: &Tool) -> Answer {
        let of_threads = match self {
            Request::List(listing) => listing.of_threads(),
            Request::Search(search) => search.of_threads(),
            _ => false,
        };
        match self {
            Request::Collect(_) => Answer::Rows { fields: tool.fields(), columns: COLLECTED_COLUMNS },
            _ if of_threads => Answer::Rows { fields: tool.fields(), columns: THREAD_COLUMNS },
            _ => tool.answer,
        }
    }

    /// What the rows of its answer are.
    pub(crate) fn rows(&self, tool: &Tool) -> RowKind {
        match (self, self.answer(tool)) {
            (_, Answer::Rows { columns: THREAD_COLUMNS, .. }) => RowKind::Conversation,
            (Request::List(_) | Request::Search(_) | Request::New(_), _) => RowKind::Message,
            (Request::ListDrafts(_), _) => RowKind::Draft,
            (Request::Folders(_), _) => RowKind::Folder,
            (Request::Attachments(_), _) => RowKind::Attachment,
            (_, Answer::Rows { columns, .. }) => RowKind::Other(columns),
            (_, Answer::Document { .. }) => RowKind::Other(&[]),
        }
    }

    /// The folder whose messages it lists, if it lists those of one.
    pub(crate) fn folder(&self) -> Option<&str> {
        match self {
            Request::List(listing) => Some(listing.folder()),
            Request::Search(search) => search.folder(),
            _ => None,
        }
    }

    /// What to tell a person if there is no row.
    pub(crate) fn nothing(&self) -> Option<String> {
        match self {
            Request::List(listing) => Some(listing.nothing()),
            Request::Search(search) => Some(search.nothing()),
            Request::Group(grouping) => Some(grouping.nothing()),
            Request::New(_) => Some("No new messages.".to_owned()),
            Request::ListDrafts(_) => Some("No drafts.".to_owned()),
            Request::Attachments(_) | Request::Collect(_) => Some("No attachments.".to_owned()),
            Request::Filters => Some("No filters.".to_owned()),
            _ => None,
        }
    }

    /// Whether it changes something or writes files.
    pub(super) fn changes(&self) -> bool {
        !matches!(
            self,
            Request::Folders(_)
                | Request::List(_)
                | Request::Search(_)
                | Request::Count(_)
                | Request::Group(_)
                | Request::Read(_)
                | Request::Thread(_)
                | Request::Links(_)
                | Request::New(_)
                | Request::Profile
                | Request::ListDrafts(_)
                | Request::ShowDraft(_)
                | Request::Filters
                | Request::ExportFilters
                | Request::Aliases
                | Request::Forwarding
                | Request::Vacation
        )
    }

    /// The cursor from which this call continues, if any.
    pub(crate) fn cursor(&self) -> Option<&str> {
        match self {
            Request::New(new) => Some(&new.cursor),
            _ => None,
        }
    }

    /// The command of the user that it runs, if any.
    pub(crate) fn handler(&self) -> Option<&str> {
        match self {
            Request::New(new) => new.handler(),
            _ => None,
        }
    }

    /// Prepares the request to run, with the state that is kept between attempts and between processes.
    pub(crate) fn start<'a>(&'a self, policy: &'a Policy, store: &'a Store<'a>) -> Result<Operation<'a>> {
        Operation::start(self, policy, store)
    }
}
