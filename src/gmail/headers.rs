//! The headers of messages without their bodies.

use serde_json::Value;

use super::{
    Gmail,
    change::is_id,
    identified,
    messages::{Selection, named},
    read::Message,
    target,
};
use crate::{
    address::parse_header,
    problem::{Problem, Result},
    url::segment,
};

const HEAD: [(&str, &str); 2] =
    [("format", "metadata"), ("fields", "id,threadId,labelIds,internalDate,payload/headers")];

impl Gmail<'_> {
    /// All headers of each of these messages, in this order, or why there are none.
    pub(crate) fn headers_of(&self, ids: &[String]) -> Result<Vec<Result<Value>>> {
        // One malformed id would make Gmail refuse more than itself.
        let known: Vec<String> = ids.iter().filter(|id| is_id(id)).cloned().collect();
        let paths: Vec<String> = known
            .iter()
            .map(|id| target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &HEAD))
            .collect();
        let mut found = self.get_each(&paths, &mut self.pace())?.into_iter();
        let each = ids.iter().map(|id| {
            let head = if is_id(id) { found.next() } else { None };
            let head = head.unwrap_or_else(|| Err(Problem::not_found("not found")));
            head.and_then(identified).map_err(|problem| named(problem, id))
        });
        Ok(each.collect())
    }

    /// Whether the mailbox has no other message from the sender of this one. Asked in one request.
    pub(crate) fn is_first_mail(&self, message: &Message) -> Result<bool> {
        let Some(sender) = parse_header(&message.from).pop() else { return Ok(false) };
        let email = sender.email();
        if email.contains(['"', '\\', ' ']) {
            return Ok(false);
        }
        let query = format!("from:\"{email}\"");
        let found = self.ids(&Selection { query, spam_trash: true, ..Selection::default() }, 2)?;
        Ok(found.ids.iter().all(|id| *id == message.uid))
    }
}
