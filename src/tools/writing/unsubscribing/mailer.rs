//! Sends the mail that leaves a list: once in a run, and once in a week.

use std::cell::OnceCell;

use serde_json::{Value, json};

use super::super::{
    Sent,
    answer::addressed,
    confirmed, delivery,
    journal::{IdempotencyKey, Journal},
    outgoing_ids,
    senders::{Senders, sender},
    stamp, unknown,
};
use crate::{
    address::Address,
    digest,
    gmail::{
        Gmail,
        read::origin::ListExit,
        send::{Purpose, Sender},
        write::{self, Outgoing},
    },
    problem::Result,
    store::Store,
};

pub(super) struct Mailer<'m> {
    gmail: &'m Gmail<'m>,
    store: &'m Store<'m>,
    senders: Senders<'m>,
    /// The addresses of the account, once they are needed.
    known: OnceCell<Vec<Sender>>,
    /// The sender's name from the configuration.
    name: Option<&'m str>,
}

impl<'m> Mailer<'m> {
    pub(super) fn new(gmail: &'m Gmail<'m>, store: &'m Store<'m>, name: Option<&'m str>) -> Mailer<'m> {
        Mailer { gmail, store, senders: Senders::new(store, gmail), known: OnceCell::new(), name }
    }

    /// Keeps what was learned about the account for later runs.
    pub(super) fn keep(&self) {
        self.senders.keep();
    }

    /// Sends the mail. Returns its id, and whether an earlier run sent it.
    pub(super) fn write(&self, received: &Value, exit: &ListExit) -> Result<(Option<String>, bool)> {
        let content = digest::hex(&json!([exit.to.canonical(), exit.subject, exit.text]).to_string());
        let key = IdempotencyKey::new(format!("unsubscribe-{content}"), content)?;
        let journal = Journal::open(self.store, Some(&key))?;
        if let Some(result) = journal.result() {
            return Ok((result["id"].as_str().map(str::to_owned), true));
        }
        if let Some(attempt) = journal.unknown_attempt() {
            if let Some(found) = attempt.find_sent(self.gmail)? {
                let sent = delivery::sent("sent", found, &attempt.ids, true, attempt.recipients);
                journal.done(&sent);
                return Ok((Some(sent.id), true));
            }
            if !journal.may_try_again() {
                return Err(unknown(&attempt.ids, journal.retry_after()));
            }
        }
        let mut message = self.message(received, exit)?;
        stamp(&mut message, journal.earlier_ids())?;
        write::gate(&message)?;
        Ok((Some(self.deliver(&message, &journal)?.id), false))
    }

    /// The mail, from the address that the list writes to.
    fn message(&self, received: &Value, exit: &ListExit) -> Result<Outgoing> {
        let known = self.known()?;
        let own: Vec<Address> = known.iter().map(|sender| sender.address.clone()).collect();
        Ok(Outgoing {
            from: sender(addressed(received, &own), known, self.name)?,
            to: vec![exit.to.clone()],
            subject: exit.subject.clone(),
            text: Some(exit.text.clone()),
            ..Outgoing::default()
        })
    }

    fn known(&self) -> Result<&[Sender]> {
        if self.known.get().is_none() {
            // Nobody else sets it.
            let _ = self.known.set(self.senders.all()?);
        }
        Ok(self.known.get().map_or(&[], Vec::as_slice))
    }

    fn deliver(&self, message: &Outgoing, journal: &Journal<'_>) -> Result<Sent> {
        let layout = write::lay_out(message)?;
        let ids = outgoing_ids(message);
        let recipients = message.recipient_lists();
        let begin = || journal.begin(&ids, &recipients);
        let delivery = self.gmail.deliver(&Purpose::Send, &layout, None, &begin);
        let (answer, verified) = confirmed(delivery, journal, &ids, || self.gmail.find_sent(&ids))?;
        let sent = delivery::sent("sent", answer, &ids, verified, recipients);
        journal.done(&sent);
        Ok(sent)
    }
}
