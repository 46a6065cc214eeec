//! Which address of the account a message comes from, and where the account wants the replies.

use crate::{
    address::Address,
    gmail::send::Sender,
    problem::{Problem, Result},
};

/// The given sender, if the account can send as it, or else the one that Gmail would use.
pub(super) fn sender(
    given: Option<Address>,
    senders: &[Sender],
    name: Option<&str>,
) -> Result<Option<Address>> {
    let default = || senders.iter().find(|s| s.default).or_else(|| senders.iter().find(|s| s.primary));
    let (known, given_name) = match &given {
        Some(address) if senders.is_empty() => return Ok(Some(address.clone())),
        Some(address) => {
            let same = |s: &&Sender| s.address.canonical() == address.canonical();
            (Some(senders.iter().find(same).ok_or_else(|| no_sender(address, senders))?), address.name())
        }
        None => (default(), None),
    };
    let Some(known) = known else { return Ok(None) };
    match given_name.or(name) {
        Some(name) => known.address.clone().with_name(name).map(Some),
        None => Ok(Some(known.address.clone())),
    }
}

fn no_sender(address: &Address, senders: &[Sender]) -> Problem {
    let usable: Vec<String> = senders.iter().map(|s| s.address.email()).collect();
    Problem::usage(format!("from: the account cannot send as {}", address.email()))
        .hint(format!("Use one of {}.", usable.join(", ")))
        .detail("usable", usable)
}

/// Where the account wants the replies to mail from this address.
pub(super) fn own_reply_to(from: Option<&Address>, senders: &[Sender]) -> Option<Address> {
    let from = from?.canonical();
    senders.iter().find(|sender| sender.address.canonical() == from)?.reply_to.clone()
}
