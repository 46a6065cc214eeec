//! The tools for existing drafts.

use serde::Deserialize;

use super::{
    super::{
        Document, Outcome, Receiver, ResultRow,
        arguments::Arguments,
        outcome::{DraftDeleted, DraftMessage, SNIPPET, Sent, WriteResult},
    },
    Dispatch, Journal, Letter, confirmed, outgoing_ids, sent, unknown,
};
use crate::{
    gmail::{
        Gmail,
        losses::Kept,
        messages::Listed,
        read::{BodyKind, ReadOptions},
        recipients,
        send::Purpose,
        write::{Layout, Outgoing},
    },
    phrase::{Phrase, phrase},
    policy::Policy,
    problem::{Problem, Result},
    spec::{TO, YES},
    spelling::{set, with},
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
        for row in gmail.draft_rows(&drafts, sink.wants(SNIPPET))? {
            listed.rows += 1;
            if !sink.row(ResultRow::Draft(row))? {
                break;
            }
        }
        Ok(Outcome::Rows(listed))
    }
}

/// A draft that a tool shows or sends.
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

    /// Sends the draft as it was read: what was checked is what is sent, even if the draft changes at the same time.
    pub(in crate::tools) fn send(
        &self,
        journal: &Journal<'_>,
        policy: &Policy,
        gmail: &Gmail<'_>,
    ) -> Result<Outcome> {
        let sent = match journal.unknown_attempt() {
            Some(attempt) => {
                let found = attempt.find_sent(gmail)?.ok_or_else(|| unknown(&attempt.ids, None))?;
                sent("sent", found, &attempt.ids, true, attempt.recipients)
            }
            None => self.deliver(journal, policy, gmail)?,
        };
        Ok(Outcome::Document(Document::Written(WriteResult::Now(sent))))
    }

    fn deliver(&self, journal: &Journal<'_>, policy: &Policy, gmail: &Gmail<'_>) -> Result<Sent> {
        let draft = gmail.draft(&self.draft_id)?;
        let message = draft.message()?;
        if policy.restricts_recipients() {
            policy.check_recipients(&recipients::addressed(&draft.raw)?)?;
            policy.check_recipients(&message.addressed())?;
        }
        self.check_recipients(&message)?;
        let (ids, recipients) = (outgoing_ids(&message), message.recipient_lists());
        journal.begin_draft(&ids, &recipients, draft.when_sent(&message))?;
        let purpose = Purpose::SendDraft(self.draft_id.clone());
        let layout = Layout::of_bytes(&draft.raw);
        let delivery = gmail.deliver(&purpose, &layout, draft.thread(&message));
        let find = || gmail.find_sent_draft(&ids, &draft.when_sent(&message));
        let (answer, verified) = confirmed(delivery, journal, &ids, find)?;
        Ok(sent("sent", answer, &ids, verified, recipients))
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

/// A deletion that was confirmed.
#[derive(Debug)]
pub(crate) struct DraftDeletion {
    draft_id: String,
}

#[derive(Deserialize)]
struct DeletionArguments {
    draft_id: String,
    yes: bool,
}

impl DraftDeletion {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<DraftDeletion> {
        let DeletionArguments { draft_id, yes } = arguments.read()?;
        if !yes {
            return Err(Problem::usage("deleting a draft must be confirmed").hint(phrase![
                "Confirm with ",
                set(&YES),
                ". A deleted draft cannot be restored."
            ]));
        }
        Ok(DraftDeletion { draft_id })
    }

    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        gmail.delete_draft(&self.draft_id)?;
        let deleted = DraftDeleted { draft_id: self.draft_id.clone(), deleted: true };
        Ok(Outcome::Document(Document::DraftDeleted(deleted)))
    }
}

/// The draft with the changes that the letter gives.
pub(super) fn updated(letter: &Letter, gmail: &Gmail<'_>, id: &str) -> Result<Dispatch> {
    let old = gmail.draft(id)?;
    let mut message = old.editable(Kept {
        to: letter.to.is_none(),
        cc: letter.cc.is_none(),
        bcc: letter.bcc.is_none(),
        reply_to: letter.reply_to.is_none(),
        from: letter.from.is_none(),
        bodies: letter.text.is_none() && letter.html.is_none(),
        attachments: letter.enclosures.is_empty(),
    })?;
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
    let thread = old.thread(&message).map(str::to_owned);
    Ok(Dispatch { message, thread, reply_to: Vec::new() })
}
