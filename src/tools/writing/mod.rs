//! The tools that write mail: new messages, replies, forwards and drafts of them. Everything that can be checked
//! without a request is checked when the call is parsed. The [`Journal`] ensures that a message is sent only once.

mod answer;
mod delivery;
mod drafts;
mod journal;
mod kind;
mod letter;
mod raw;
mod senders;
mod signature;
mod unsubscribing;

use serde::Deserialize;
use serde_json::json;

pub(crate) use self::letter::Author;
use self::{
    delivery::{confirmed, outgoing_ids, sent, unknown},
    drafts::Update,
    journal::IdempotencyKey,
    kind::MessageKind,
    letter::Letter,
    raw::RawMessage,
    senders::{Senders, own_reply_to, sender},
};
pub(super) use self::{
    drafts::{DraftDeletion, DraftId, DraftListing},
    journal::Journal,
    letter::body_of,
    unsubscribing::{Unsubscribed, Unsubscription},
};
use super::{
    Document, Outcome,
    arguments::{Arguments, unsupported},
    outcome::{Preview, Sent, WriteResult},
};
use crate::{
    address::Address,
    clock, digest,
    disk::FileAccess,
    gmail::{
        Gmail,
        enclosure::Content,
        quotation::Original,
        send::{Delivered, OutgoingIds, Purpose, Sender},
        write::{self, Outgoing, Recipients},
    },
    phrase::phrase,
    policy::Policy,
    problem::{Code, Problem, Result},
    random,
    spec::{CONFIRM_REPLY_TO, Level, ToolId},
    spelling::set,
    store::Store,
};

/// A message to write, and what to do with it.
#[derive(Debug)]
pub(crate) struct Writing {
    kind: MessageKind,
    purpose: Purpose,
    dry_run: bool,
    key: Option<IdempotencyKey>,
    letter: Letter,
}

#[derive(Deserialize)]
struct DeliveryArguments {
    draft_id: Option<String>,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    or_draft: bool,
    #[serde(default)]
    dry_run: bool,
    idempotency_key: Option<String>,
    /// Nobody is asked here.
    #[serde(rename = "yes", default)]
    _yes: bool,
}

/// The access level that a call requires. It can be lower than the tool's level, since a draft is not sent.
pub(super) fn level(arguments: &Arguments, policy: &Policy) -> Result<Level> {
    match arguments.tool.id {
        ToolId::SendMessage | ToolId::SendHtmlMessage | ToolId::ReplyMessage | ToolId::ForwardMessage => {
            let sends = purpose(arguments, &arguments.read()?, policy)? == Purpose::Send;
            Ok(if sends { Level::Send } else { Level::Draft })
        }
        _ => Ok(arguments.tool.level),
    }
}

/// A draft is created if it was requested, or if it was accepted and the policy does not allow sending.
fn purpose(arguments: &Arguments, given: &DeliveryArguments, policy: &Policy) -> Result<Purpose> {
    let as_draft = given.draft || (given.or_draft && policy.level() == Level::Draft);
    Ok(match (arguments.tool.id, &given.draft_id) {
        (ToolId::UpdateDraft, Some(id)) => Purpose::Draft(id.clone()),
        (ToolId::CreateDraft, _) => Purpose::NewDraft,
        (
            ToolId::SendMessage | ToolId::SendHtmlMessage | ToolId::ReplyMessage | ToolId::ForwardMessage,
            _,
        ) => {
            if as_draft {
                Purpose::NewDraft
            } else {
                Purpose::Send
            }
        }
        _ => return Err(unsupported(arguments)),
    })
}

impl Writing {
    pub(super) fn parse(
        arguments: &Arguments,
        policy: &Policy,
        files: &FileAccess,
        author: Author<'_>,
    ) -> Result<Writing> {
        let given: DeliveryArguments = arguments.read()?;
        let purpose = purpose(arguments, &given, policy)?;
        let (kind, letter) = match RawMessage::read(arguments, files)? {
            Some(raw) => (MessageKind::Raw(raw), Letter::default()),
            None => (MessageKind::parse(arguments)?, Letter::read(arguments, files, author)?),
        };
        let key = match given.idempotency_key.filter(|_| !given.dry_run) {
            Some(key) => Some(IdempotencyKey::new(key, fingerprint(arguments, &kind, &letter)?)?),
            None => None,
        };
        let writing = Writing { kind, purpose, dry_run: given.dry_run, key, letter };
        writing.check(policy)?;
        Ok(writing)
    }

    /// Checks the recipients and the text as far as they are known without a request.
    fn check(&self, policy: &Policy) -> Result<()> {
        if let MessageKind::Raw(raw) = &self.kind {
            return raw.check(&self.purpose, policy);
        }
        let mut message = self.letter.message();
        if self.purpose == Purpose::Send {
            policy.check_recipients(&message.addressed())?;
        }
        stamp(&mut message, None)?;
        if self.purpose == Purpose::Send && matches!(self.kind, MessageKind::New) {
            write::gate(&message)
        } else {
            write::lay_out(&message).map(drop)
        }
    }

    pub(super) fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    /// Whether this only shows a message that is complete as given.
    pub(super) fn is_complete_preview(&self) -> bool {
        // A signature is in Gmail's settings.
        let is_complete = match self.kind {
            MessageKind::New => !self.letter.signing.signs(),
            MessageKind::Raw(_) => true,
            _ => false,
        };
        self.dry_run && is_complete
    }

    pub(super) fn preview(&self) -> Result<Preview> {
        if let MessageKind::Raw(raw) = &self.kind {
            return Ok(raw.preview());
        }
        let mut message = self.letter.message();
        stamp(&mut message, None)?;
        preview(&message, &[])
    }

    pub(super) fn run(
        &self,
        journal: &Journal<'_>,
        policy: &Policy,
        gmail: &Gmail<'_>,
        store: &Store<'_>,
    ) -> Result<Outcome> {
        let senders = Senders::new(store, gmail);
        let outcome = self.write(journal, policy, gmail, &senders);
        senders.keep();
        outcome
    }

    fn write(
        &self,
        journal: &Journal<'_>,
        policy: &Policy,
        gmail: &Gmail<'_>,
        senders: &Senders<'_>,
    ) -> Result<Outcome> {
        // A message that may have been sent already is looked up before anything else.
        if let Some(written) = self.earlier_result(journal, gmail)? {
            return Ok(Outcome::Document(Document::Written(written)));
        }
        if let MessageKind::Update { draft_id, requote } = &self.kind {
            let update = Update { draft_id, requote: *requote, dry_run: self.dry_run };
            return update.run(&self.letter, gmail, senders);
        }
        if let MessageKind::Raw(raw) = &self.kind {
            raw.check_sender(&senders.all()?)?;
            let sent = raw.deliver(self, journal, gmail)?;
            return Ok(Outcome::Document(Document::Written(WriteResult::Now(sent))));
        }
        let (mut dispatch, senders) = self.dispatch(gmail, senders)?;
        let message = &mut dispatch.message;
        message.from = sender(message.from.take(), &senders, self.letter.sender_name.as_deref())?;
        // Whoever sends a draft later cannot tell who chose its address for replies.
        let as_is = self.letter.reply_to.is_some()
            || matches!(self.kind, MessageKind::Update { .. })
            || (self.purpose != Purpose::Send && policy.restricts_recipients());
        let own_reply_to = if as_is { None } else { own_reply_to(message.from.as_ref(), &senders) };
        stamp(message, journal.earlier_ids())?;
        if self.purpose == Purpose::Send {
            write::gate(message)?;
            policy.check_recipients(&message.addressed())?;
            self.check_reply_to(&dispatch.reply_to)?;
        }
        // The owner of the account chose it, so the policy does not apply to it.
        dispatch.message.reply_to.extend(own_reply_to);
        let message = &dispatch.message;
        Ok(Outcome::Document(if self.dry_run {
            Document::Preview(preview(message, &dispatch.reply_to)?)
        } else {
            Document::Written(WriteResult::Now(self.deliver(&dispatch, journal, gmail)?))
        }))
    }

    /// What is sent, and the addresses of the account as far as they matter for it.
    fn dispatch(&self, gmail: &Gmail<'_>, senders: &Senders<'_>) -> Result<(Dispatch, Vec<Sender>)> {
        if let MessageKind::Reply { uid, all, quote, anyway, .. } = &self.kind {
            let (original, known) = Original::fetch_with_senders(gmail, uid)?;
            senders.see(&known);
            let dispatch = answer::reply(&self.letter, gmail, &known, &original, *all, *quote, *anyway)?;
            return Ok((dispatch, known));
        }
        // One that is given is compared with those of the account.
        let asks = self.letter.from.is_some() || self.letter.signing.signs();
        let known = if asks { senders.all()? } else { senders.default()? };
        let signature = self.letter.signing.signature(gmail, self.letter.from.as_ref(), &known)?;
        let dispatch = match &self.kind {
            MessageKind::Forward { uid, how } => {
                answer::forward(&self.letter, gmail, uid, *how, signature.as_ref())?
            }
            _ => {
                let mut message = self.letter.message();
                signature.iter().for_each(|signature| signature.sign(&mut message, false));
                Dispatch { message, thread: None, reply_to: Vec::new() }
            }
        };
        Ok((dispatch, known))
    }

    /// Refuses to send a reply to people whom only its sender chose, unless that was confirmed.
    fn check_reply_to(&self, reply_to: &[Address]) -> Result<()> {
        let confirmed = matches!(self.kind, MessageKind::Reply { confirmed: true, .. });
        if reply_to.is_empty() || confirmed || self.dry_run {
            return Ok(());
        }
        let emails: Vec<String> = reply_to.iter().map(Address::email).collect();
        let message =
            format!("the message asks for replies to {}, not only to its sender", emails.join(", "));
        let hint = phrase![
            "Ask the user about these addresses, then confirm them with ",
            set(&CONFIRM_REPLY_TO),
            "."
        ];
        Err(Problem::new(Code::Unconfirmed, message)
            .hint(hint)
            .detail("reply_goes_to", emails)
            .detail("reply_to_differs", true))
    }

    /// The result of an earlier attempt whose outcome was unknown, if the message is now in the mailbox.
    fn earlier_result(&self, journal: &Journal<'_>, gmail: &Gmail<'_>) -> Result<Option<WriteResult>> {
        if let Some(result) = journal.result() {
            return Ok(Some(WriteResult::Earlier(result)));
        }
        let Some(attempt) = journal.unknown_attempt() else { return Ok(None) };
        if let Some(found) = self.find(&attempt.ids, gmail)? {
            let sent = self.sent(found, &attempt.ids, true, attempt.recipients);
            journal.done(&sent);
            return Ok(Some(WriteResult::Now(sent)));
        }
        // A run that was killed long ago and left nothing in the mailbox did not send.
        if journal.may_try_again() { Ok(None) } else { Err(unknown(&attempt.ids, journal.retry_after())) }
    }

    fn find(&self, ids: &OutgoingIds, gmail: &Gmail<'_>) -> Result<Option<Delivered>> {
        if self.purpose == Purpose::Send { gmail.find_sent(ids) } else { gmail.find_draft(ids) }
    }

    fn deliver(&self, dispatch: &Dispatch, journal: &Journal<'_>, gmail: &Gmail<'_>) -> Result<Sent> {
        let Dispatch { message, thread, .. } = dispatch;
        let layout = write::lay_out(message)?;
        let ids = outgoing_ids(message);
        let recipients = message.recipient_lists();
        let begin = || journal.begin(&ids, &recipients);
        let delivery = gmail.deliver(&self.purpose, &layout, thread.as_deref(), &begin);
        let (answer, verified) = confirmed(delivery, journal, &ids, || self.find(&ids, gmail))?;
        let subject = Some(message.subject.clone());
        let sent = Sent { subject, ..self.sent(answer, &ids, verified, recipients) };
        journal.done(&sent);
        Ok(sent)
    }

    fn sent(&self, answer: Delivered, ids: &OutgoingIds, verified: bool, recipients: Recipients) -> Sent {
        let status = if self.purpose == Purpose::Send { "sent" } else { "drafted" };
        sent(status, answer, ids, verified, recipients)
    }
}

/// An outgoing message and the thread that it belongs to.
struct Dispatch {
    message: Outgoing,
    thread: Option<String>,
    /// The recipients of a reply, if they are not simply its sender.
    reply_to: Vec<Address>,
}

fn preview(message: &Outgoing, reply_to: &[Address]) -> Result<Preview> {
    Ok(Preview {
        status: "dry_run".to_owned(),
        raw: String::from_utf8_lossy(&write::compose(message)?).into_owned(),
        recipients: message.recipient_lists(),
        reply_goes_to: reply_to.iter().map(Address::email).collect(),
        reply_to_differs: !reply_to.is_empty(),
    })
}

/// Identifies a message by everything that was given, with the bodies and files as they were read.
fn fingerprint(arguments: &Arguments, kind: &MessageKind, letter: &Letter) -> Result<String> {
    if let MessageKind::Raw(raw) = kind {
        return raw.fingerprint(arguments);
    }
    let mut given = arguments.values().clone();
    for name in ["idempotency_key", "dry_run"] {
        given.shift_remove(name);
    }
    given.sort_keys();
    let attached = letter.enclosures.iter().map(|enclosure| content_digest(&enclosure.content));
    let attached = attached.collect::<Result<Vec<_>>>()?;
    Ok(digest::hex(&json!([arguments.tool.name, given, letter.text, letter.html, attached]).to_string()))
}

fn content_digest(content: &Content) -> Result<String> {
    digest::of_reader(content.encoded()).map_err(|error| {
        Problem::usage(format!("cannot read an attachment: {error}"))
            .hint("Run the same command again without changing the attached files.")
    })
}

/// Sets date and ids. A second attempt of the same message carries the same ids.
fn stamp(message: &mut Outgoing, earlier: Option<OutgoingIds>) -> Result<()> {
    message.date = clock::now() as i64;
    match earlier {
        Some(OutgoingIds { message_id, lookup_id }) => {
            message.message_id = message_id;
            message.lookup_id = lookup_id;
        }
        None => {
            let domain = message.from.as_ref().map_or("gmail.com", Address::domain);
            message.message_id = write::new_message_id(domain, random::bytes()?);
            message.lookup_id = format!("{:032x}", u128::from_be_bytes(random::bytes()?));
        }
    }
    Ok(())
}
