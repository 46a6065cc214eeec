//! Puts a message into the mailbox without sending it.
//!
//! Wire facts: <https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/import>.

use super::{
    Gmail,
    send::{Delivered, Delivery, Purpose},
    write::Layout,
};
use crate::problem::{Code, Problem, Result};

/// The largest message that Gmail imports, in bytes.
pub(crate) const MAX_IMPORT: usize = 157_286_400;

impl Gmail<'_> {
    /// Imports a message with these labels. If Gmail's answer is lost, the message is looked up by its Message-ID, which
    /// no other message of the mailbox may have.
    pub(crate) fn import(
        &self,
        raw: &[u8],
        labels: &[String],
        message_id: Option<&str>,
    ) -> Result<Delivered> {
        let purpose = Purpose::Import(labels.to_vec());
        match self.deliver(&purpose, &Layout::of_bytes(raw), None, &|| Ok(())) {
            Delivery::Done(stored) => Ok(stored),
            Delivery::Refused(problem) => Err(problem),
            Delivery::Doubtful(why) => match message_id.map(|id| self.imported(id, labels)) {
                Some(Ok(Some(stored))) => Ok(stored),
                Some(Err(p)) if p.code() == Code::TokenRefused => Err(p),
                _ => Err(unknown(&why)),
            },
        }
    }

    fn imported(&self, message_id: &str, labels: &[String]) -> Result<Option<Delivered>> {
        let ids = [message_id.to_owned()];
        self.look_up(|| {
            let found = self.with_message_ids(&ids)?;
            Ok(found.into_values().next().map(|id| Delivered {
                id,
                thread_id: None,
                labels: labels.to_vec(),
                uid: None,
            }))
        })
    }
}

fn unknown(why: &Problem) -> Problem {
    Problem::new(Code::Unknown, "it is unknown whether Gmail imported the message")
        .hint("Run the same command again: messages with a Message-ID that the mailbox has are skipped.")
        .detail("cause", why.message())
}
