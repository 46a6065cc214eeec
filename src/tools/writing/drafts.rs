//! The tools for existing drafts.

use std::io::Read;

use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        Document, Outcome, Receiver, ResultRow,
        arguments::Arguments,
        outcome::{DraftDeleted, DraftMessage, Preview, Sent, WriteResult, row_members},
    },
    Journal, Letter, Senders, confirmed, outgoing_ids, sender, sent,
    signature::Signature,
    unknown,
};
use crate::{
    address::Address,
    gmail::{
        Gmail,
        drafts::{Draft, ListedDrafts, head_of},
        messages::Listed,
        quotation::{Original, Quote},
        read::{BodyKind, ReadOptions},
        recipients,
        revision::{Changes, Revision},
        send::{Delivery, Purpose},
        write::{Layout, Outgoing, Recipients},
    },
    phrase::{Phrase, phrase},
    policy::Policy,
    problem::{Code, Problem, Result},
    spec::{BODY, TO, YES},
    spelling::{name, set, with},
    store::Store,
};

/// `list_drafts`.
#[derive(Debug, Deserialize)]
pub(crate) struct DraftListing {
    limit: u64,
    all: bool,
}

impl DraftListing {
    pub(in crate::tools) fn run(
        &self,
        gmail: &Gmail<'_>,
        store: &Store<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<Outcome> {
        let limit = if self.all { u64::MAX } else { self.limit };
        let remembered = store.remembered(&json!(["drafts", limit]).to_string());
        let ListedDrafts { rows, about, begins } =
            gmail.list_drafts(limit, &remembered.likely(), row_members(sink))?;
        remembered.keep(&begins);
        let mut listed = Listed { about, ..Listed::default() };
        for row in rows {
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
        let message = gmail.draft_message(&self.draft_id, &options)?;
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
        let message = head_of(&draft.raw);
        if policy.restricts_recipients() {
            policy.check_recipients(&recipients::addressed(&draft.raw)?)?;
            policy.check_recipients(&message.addressed())?;
        }
        self.check_recipients(&message)?;
        let (ids, recipients) = (outgoing_ids(&message), message.recipient_lists());
        let begin = || journal.begin_draft(&ids, &recipients, draft.when_sent(&message));
        let purpose = Purpose::SendDraft(self.draft_id.clone());
        let layout = Layout::of_bytes(&draft.raw);
        let delivery = gmail.deliver(&purpose, &layout, draft.thread(&message), &begin);
        let find = || gmail.find_sent_draft(&ids, &draft.when_sent(&message));
        let (answer, verified) = confirmed(delivery, journal, &ids, find)?;
        let subject = Some(message.subject.clone());
        Ok(Sent { subject, ..sent("sent", answer, &ids, verified, recipients) })
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

/// What is changed of a draft besides what the letter gives.
#[derive(Debug)]
pub(super) struct Update<'a> {
    pub(super) draft_id: &'a str,
    /// Quote the answered message again.
    pub(super) requote: bool,
    pub(super) dry_run: bool,
}

impl Update<'_> {
    /// Replaces what the letter gives and leaves all other bytes of the draft as they are. It takes two requests, and
    /// two or three more to quote again.
    pub(super) fn run(&self, letter: &Letter, gmail: &Gmail<'_>, senders: &Senders<'_>) -> Result<Outcome> {
        let (draft, from, signature) = self.draft_and_sender(letter, gmail, senders)?;
        let signed = |body: &Option<String>, sign: fn(&Signature, &str) -> String| {
            body.as_ref().map(|body| signature.as_ref().map_or_else(|| body.clone(), |one| sign(one, body)))
        };
        let text = signed(&letter.text, Signature::below_text);
        let html = signed(&letter.html, Signature::below_html);
        let quote = if self.requote { Some(requoted(gmail, &draft.raw)?) } else { None };
        let images = quote.iter().flat_map(|quote| &quote.images);
        let changes = Changes {
            from,
            to: letter.to.as_deref(),
            cc: letter.cc.as_deref(),
            bcc: letter.bcc.as_deref(),
            reply_to: letter.reply_to.as_deref(),
            subject: letter.subject.as_deref(),
            text: text.as_deref(),
            html: html.as_deref(),
            enclosures: letter.enclosures.iter().chain(images).collect(),
            quote: quote.as_ref(),
        };
        let revision = Revision::new(&draft.raw, &changes)?;
        let layout = revision.layout()?;
        let message = head_of(&revision.bytes);
        let recipients = message.recipient_lists();
        if self.dry_run {
            return Ok(Outcome::Document(Document::Preview(shown(&layout, recipients)?)));
        }
        let purpose = Purpose::Draft(self.draft_id.to_owned());
        match gmail.deliver(&purpose, &layout, draft.thread(&message), &|| Ok(())) {
            Delivery::Done(answer) => {
                let sent = sent("drafted", answer, &outgoing_ids(&message), false, recipients);
                let sent = Sent { subject: Some(message.subject.clone()), ..sent };
                Ok(Outcome::Document(Document::Written(WriteResult::Now(sent))))
            }
            Delivery::Refused(problem) | Delivery::Doubtful(problem) => Err(problem),
        }
    }

    /// The draft, its new sender if one is given, and the signature of a new body.
    fn draft_and_sender(
        &self,
        letter: &Letter,
        gmail: &Gmail<'_>,
        senders: &Senders<'_>,
    ) -> Result<(Draft, Option<Address>, Option<Signature>)> {
        let signs = letter.signing.signs() && (letter.text.is_some() || letter.html.is_some());
        if letter.from.is_none() && !signs {
            return Ok((gmail.draft(self.draft_id)?, None, None));
        }
        let (draft, known) = gmail.draft_and_senders(self.draft_id)?;
        senders.see(&known);
        let from = match &letter.from {
            Some(from) => sender(Some(from.clone()), &known, letter.sender_name.as_deref())?,
            None => None,
        };
        let signature = match signs {
            true => {
                let written = recipients::raw_addresses(&draft.raw, "From");
                letter.signing.signature(gmail, from.as_ref().or(written.first()), &known)?
            }
            false => None,
        };
        Ok((draft, from, signature))
    }
}

/// The message that the draft answers, as a quotation.
fn requoted(gmail: &Gmail<'_>, raw: &[u8]) -> Result<Quote> {
    let not_found = |why: &str| {
        Problem::usage(format!("cannot quote the answered message again: {why}")).hint(phrase![
            "Give the whole text with ",
            name(&BODY),
            " instead."
        ])
    };
    let Some(id) = head_of(raw).in_reply_to else { return Err(not_found("the draft is not a reply")) };
    match gmail.with_message_ids(std::slice::from_ref(&id))?.remove(&id) {
        Some(uid) => Ok(Quote::of_reply(&Original::fetch(gmail, &uid)?, &[])),
        None => Err(not_found("it is no longer in the mailbox")),
    }
}

fn shown(layout: &Layout<'_>, recipients: Recipients) -> Result<Preview> {
    let mut raw = Vec::new();
    layout.reader().read_to_end(&mut raw).map_err(|error| {
        Problem::new(Code::Failed, format!("cannot read an attached file: {error}"))
            .hint("Check the attached files, then run the same command again.")
    })?;
    let raw = String::from_utf8_lossy(&raw).into_owned();
    Ok(Preview {
        status: "dry_run".to_owned(),
        raw,
        recipients,
        reply_goes_to: Vec::new(),
        reply_to_differs: false,
    })
}
