//! The messages that arrived since the last run with the same cursor.

use serde::Deserialize;

use super::{label, place, translate};
use crate::{
    gmail::{
        Gmail,
        history::{Filter, Position},
        messages::Listed,
        query::{Query, Syntax},
    },
    problem::{Problem, Result},
    spec::FOLDER,
    tools::{Receiver, ResultRow, arguments::Arguments, outcome::SNIPPET},
};

/// `new_messages`.
#[derive(Debug)]
pub(crate) struct NewMail {
    pub(in crate::tools) cursor: String,
    query: Query,
    /// `None` if the query decides where to search.
    folder: Option<String>,
    limit: Option<u64>,
    from_now: bool,
}

#[derive(Deserialize)]
struct NewMailArguments {
    cursor: String,
    folder: String,
    #[serde(default)]
    query: String,
    limit: Option<u64>,
    from_now: bool,
}

impl NewMail {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<NewMail> {
        let NewMailArguments { cursor, folder, query, limit, from_now } = arguments.read()?;
        let query = translate(&query, Syntax::Auto)?;
        if query.ids.is_some() || query.nothing {
            return Err(Problem::usage("this query cannot match new mail")
                .hint("Search for words, senders or states."));
        }
        let folder = place(&query, folder, arguments.given(&FOLDER));
        Ok(NewMail { cursor, query, folder, limit, from_now })
    }

    /// Passes the messages that arrived after `since` to the sink. Without it, or with `from_now`, only the position
    /// is returned.
    pub(in crate::tools) fn run(
        &self,
        since: Option<&Position>,
        gmail: &Gmail<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<(Listed, Position)> {
        // Looked up on the first run, too, so that cron reports an unknown folder at once.
        let label = self.folder.as_deref().map_or(Ok(None), |folder| label(gmail, folder))?;
        let Some(since) = since.filter(|_| !self.from_now) else {
            return gmail.position().map(|position| (Listed::default(), position));
        };
        let snippets = sink.wants(SNIPPET);
        let filter = Filter { label, query: self.query.q.clone(), limit: self.limit, snippets };
        gmail.news(since, &filter, &mut |row| sink.row(ResultRow::Message(row)))
    }
}
