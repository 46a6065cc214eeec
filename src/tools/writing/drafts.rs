//! The tools for existing drafts.

use serde::Deserialize;

use super::{
    super::{
        Document, Outcome, Receiver, ResultRow,
        outcome::{DraftDeleted, DraftMessage, WriteResult},
    },
    Dispatch, Journal, Letter, confirmed, outgoing_ids, sent, unknown,
};
use crate::{
    gmail::{
        Gmail,
        messages::Listed,
        read::{BodyKind, ReadOptions},
        write::Outgoing,
    },
    phrase::{Phrase, phrase},
    policy::Policy,
    problem::{Problem, Result},
    spec::TO,
    spelling::with,
};

/// `list_drafts`.
#[derive(Debug, Deserialize)]
pub(crate) struct DraftListing {
    limit: u64,
}

impl DraftListing {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
        let drafts = gmail.draft_ids(self.limit)?;
        let mut listed = Listed::default();
        for row in gmail.draft_rows(&drafts)? {
            listed.rows += 1;
            if !sink.row(ResultRow::Draft(row))? {
                break;
            }
        }
        Ok(Outcome::Rows(listed))
    }
}

/// A draft that a tool shows, sends or deletes.
#[derive(Debug, Deserialize)]
pub(crate) struct DraftId {
    pub(super) draft_id: String,
}

impl DraftId {
    pub(in crate::tools) fn show(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let options = ReadOptions { body: BodyKind::Auto, max_body: None, headers: false, quotes: true };
        let message = gmail.message(&gmail.draft_uid(&self.draft_id)?, &options)?;
        let draft = DraftMessage { message, draft_id: self.draft_id.clone() };
        Ok(Outcome::Document(Document::DraftMessage(Box::new(draft))))
    }

    pub(in crate::tools) fn delete(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        gmail.delete_draft(&self.draft_id)?;
        let deleted = DraftDeleted { draft_id: self.draft_id.clone(), deleted: true };
        Ok(Outcome::Document(Document::DraftDeleted(deleted)))
    }

    /// Sends the draft unchanged. Its recipients are read first, since the policy applies to them, too.
    pub(in crate::tools) fn send(
        &self,
        journal: &Journal<'_>,
        policy: &Policy,
        gmail: &Gmail<'_>,
    ) -> Result<Outcome> {
        let (answer, ids, verified, recipients) = match journal.unknown_attempt() {
            Some(attempt) => match gmail.find_sent(&attempt.ids)? {
                Some(found) => (found, attempt.ids, true, attempt.recipients),
                None => return Err(unknown(&attempt.ids, None)),
            },
            None => {
                let message = gmail.draft(&self.draft_id)?.message;
                self.check_recipients(&message)?;
                policy.check_recipients(&message.recipients())?;
                let (ids, recipients) = (outgoing_ids(&message), message.recipient_lists());
                journal.begin(&ids, &recipients)?;
                let delivery = gmail.deliver_draft(&self.draft_id);
                let (answer, verified) = confirmed(delivery, journal, &ids, || gmail.find_sent(&ids))?;
                (answer, ids, verified, recipients)
            }
        };
        let sent = sent("sent", answer, &ids, verified, recipients);
        Ok(Outcome::Document(Document::Written(WriteResult::Now(sent))))
    }

    fn check_recipients(&self, message: &Outgoing) -> Result<()> {
        if !message.recipients().is_empty() {
            return Ok(());
        }
        let id = &self.draft_id;
        let update = Phrase::spelled(format!("mcs-gmail draft update {id}"), format!("update_draft of {id}"));
        let hint = phrase!["Add one: ", update, " with ", with(&TO, "someone@example.com"), "."];
        Err(Problem::usage(format!("the draft {id} has no recipients")).hint(hint))
    }
}

/// The draft with the changes that the letter gives.
pub(super) fn updated(letter: &Letter, gmail: &Gmail<'_>, id: &str) -> Result<Dispatch> {
    let old = gmail.draft(id)?;
    let mut message = old.message;
    let lists = [
        (&mut message.to, &letter.to),
        (&mut message.cc, &letter.cc),
        (&mut message.bcc, &letter.bcc),
        (&mut message.reply_to, &letter.reply_to),
    ];
    for (list, given) in lists {
        if let Some(given) = given {
            list.clone_from(given);
        }
    }
    if let Some(subject) = &letter.subject {
        message.subject.clone_from(subject);
    }
    if letter.from.is_some() {
        message.from.clone_from(&letter.from);
    }
    // The text and the HTML of a message say the same, so a new one replaces both.
    if letter.text.is_some() || letter.html.is_some() {
        message.text.clone_from(&letter.text);
        message.html.clone_from(&letter.html);
    }
    if !letter.enclosures.is_empty() {
        message.attachments.clone_from(&letter.enclosures);
    }
    // If the replaced message was alone in its thread, the thread disappears with it.
    let thread = old.thread.filter(|_| message.in_reply_to.is_some());
    Ok(Dispatch { message, thread })
}
