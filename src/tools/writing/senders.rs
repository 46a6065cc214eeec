//! Which address of the account a message comes from, and where the account wants the replies.
//!
//! The default address is kept with the account for a day, so that a message without a sender of its own is sent in one
//! request. A change in Gmail's settings is noticed after that day, by any reply before, and by a message that names its
//! sender. Until then mail may have the old display name; an address that the account lost is replaced by Gmail itself.

use std::cell::RefCell;

use crate::{
    address::Address,
    clock, digest,
    gmail::{Gmail, send::Sender},
    problem::{Problem, Result},
    secret::Secret,
    store::{KeptSender, Records, Store},
};

/// Seconds for which the default address is kept: a day.
const RETENTION: f64 = 86_400.0;

/// The addresses that a run learned, and those that an earlier one did.
pub(super) struct Senders<'s> {
    store: &'s Store<'s>,
    gmail: &'s Gmail<'s>,
    seen: RefCell<Option<Vec<Sender>>>,
}

impl<'s> Senders<'s> {
    pub(super) fn new(store: &'s Store<'s>, gmail: &'s Gmail<'s>) -> Senders<'s> {
        Senders { store, gmail, seen: RefCell::default() }
    }

    /// All of them, from Gmail.
    pub(super) fn all(&self) -> Result<Vec<Sender>> {
        self.gmail.senders().inspect(|senders| self.see(senders))
    }

    /// The default one, if it is known without a request, or else all of them.
    pub(super) fn default(&self) -> Result<Vec<Sender>> {
        match self.kept().and_then(|kept| known(&kept)) {
            Some(sender) => Ok(vec![sender]),
            None => self.all(),
        }
    }

    /// Gmail listed these.
    pub(super) fn see(&self, senders: &[Sender]) {
        self.seen.replace(Some(senders.to_vec()));
    }

    /// Keeps the default address for later runs, if this run learned it anew.
    pub(super) fn keep(&self) {
        let sender = self.seen.borrow().as_deref().and_then(|senders| self.worth_keeping(senders));
        let Some(sender) = sender.filter(|_| self.has_account()) else { return };
        if let Err(problem) = self.store.set_sender(&sender) {
            self.gmail.observer.debug(&format!("the address of the sender is not kept: {problem}"));
        }
    }

    /// Whether there is an account to keep it with: a configured token alone needs no cache.
    fn has_account(&self) -> bool {
        let records = self.store.read();
        records.is_ok_and(|r| has_token(&r, self.gmail.token) || r.account().address.is_some())
    }

    fn worth_keeping(&self, senders: &[Sender]) -> Option<KeptSender> {
        let (default, primary) = (default_of(senders)?, senders.iter().find(|s| s.primary)?);
        let sender = KeptSender {
            address: default.address.email(),
            name: default.address.name().unwrap_or_default().to_owned(),
            reply_to: default.reply_to.as_ref().map(Address::email),
            mailbox: primary.address.email(),
            token: digest::base64url(self.gmail.token.expose()),
            at: clock::now(),
        };
        // A record that says the same is written again once it is half as old as it may become.
        let is_known = |kept: &KeptSender| {
            let (at, token) = (sender.at, sender.token.clone());
            sender.at - kept.at < RETENTION / 2.0 && KeptSender { at, token, ..kept.clone() } == sender
        };
        (!self.kept().is_some_and(|kept| is_known(&kept))).then_some(sender)
    }

    /// What is kept of the mailbox that the token opens.
    fn kept(&self) -> Option<KeptSender> {
        let records = self.store.read().ok()?;
        let account = records.account();
        let kept = account.sender?;
        let is_fresh = (0.0..RETENTION).contains(&(clock::now() - kept.at));
        let is_of_token = kept.token == digest::base64url(self.gmail.token.expose());
        // Another token of the same sign-in.
        let is_of_account = || {
            let same = |address: String| is_same_mailbox(&address, &kept.mailbox);
            has_token(&records, self.gmail.token) && account.address.is_some_and(same)
        };
        (is_fresh && (is_of_token || is_of_account())).then_some(kept)
    }
}

/// Whether the token is the one in the records.
fn has_token(records: &Records, token: &Secret) -> bool {
    records.access_token().is_some_and(|(recorded, _)| recorded == *token)
}

fn is_same_mailbox(a: &str, b: &str) -> bool {
    let person = |address: &str| Address::parse(address, "account").ok().map(|address| address.person());
    person(a).is_some_and(|a| person(b) == Some(a))
}

/// The kept address as a sender; `None` if the record is damaged.
fn known(kept: &KeptSender) -> Option<Sender> {
    let address = Address::parse(&kept.address, "sendAs").ok()?.with_name(&kept.name).ok()?;
    let reply_to = match &kept.reply_to {
        Some(reply_to) => Some(Address::parse(reply_to, "replyToAddress").ok()?),
        None => None,
    };
    Some(Sender { address, reply_to, signature: None, default: true, primary: kept.address == kept.mailbox })
}

/// The address that Gmail itself would use.
pub(super) fn default_of(senders: &[Sender]) -> Option<&Sender> {
    senders.iter().find(|s| s.default).or_else(|| senders.iter().find(|s| s.primary))
}

/// The given sender, if the account can send as it, or else the one that Gmail would use.
pub(super) fn sender(
    given: Option<Address>,
    senders: &[Sender],
    name: Option<&str>,
) -> Result<Option<Address>> {
    let (known, given_name) = match &given {
        Some(address) if senders.is_empty() => return Ok(Some(address.clone())),
        Some(address) => {
            let same = |s: &&Sender| s.address.canonical() == address.canonical();
            (Some(senders.iter().find(same).ok_or_else(|| no_sender(address, senders))?), address.name())
        }
        None => (default_of(senders), None),
    };
    let Some(known) = known else { return Ok(None) };
    match given_name.or(name) {
        Some(name) => known.address.clone().with_name(name).map(Some),
        None => Ok(Some(known.address.clone())),
    }
}

pub(super) fn no_sender(address: &Address, senders: &[Sender]) -> Problem {
    let usable: Vec<String> = senders.iter().map(|s| s.address.email()).collect();
    Problem::usage(format!("the account cannot send as {}", address.email()))
        .hint(format!("Use one of {}.", usable.join(", ")))
        .detail("usable", usable)
}

/// Where the account wants the replies to mail from this address.
pub(super) fn own_reply_to(from: Option<&Address>, senders: &[Sender]) -> Option<Address> {
    let from = from?.canonical();
    senders.iter().find(|sender| sender.address.canonical() == from)?.reply_to.clone()
}
