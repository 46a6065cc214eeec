//! The headers of messages without their bodies.

use serde_json::Value;

use super::{Gmail, change::is_id, identified, messages::named, target};
use crate::{
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
}
