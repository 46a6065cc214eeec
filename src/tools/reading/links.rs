//! The addresses of Gmail's own pages.

use serde::{Deserialize, Serialize};

use crate::{
    gmail::{Gmail, messages::Listed, threads::LabelledMessage},
    phrase::phrase,
    problem::{Problem, Result},
    spec::ToolId,
    spelling::command,
    store::Store,
    tools::{Document, Outcome, arguments::Many, outcome::incomplete},
    url::with_query,
};

const PAGE: &str = "https://mail.google.com/mail/";

/// `fetch_link`.
#[derive(Debug, Deserialize)]
pub(crate) struct Links {
    thread_id: Many,
}

/// Where a person reads a conversation in Gmail.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Link {
    pub(crate) thread_id: String,
    pub(crate) url: String,
}

impl Links {
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>, store: &Store<'_>) -> Result<Outcome> {
        let threads = gmail.threads_with_labels(&self.thread_id.values)?;
        let missing: Vec<(String, Problem)> =
            threads.not_found.into_iter().map(|id| (id.clone(), not_found(&id))).collect();
        if let (true, [(_, problem)]) = (self.thread_id.single, missing.as_slice()) {
            return Err(problem.clone());
        }
        // Without it, the browser would show the account that it signed in to first.
        let address = match store.read().ok().and_then(|records| records.account().address) {
            Some(address) => Some(address),
            None => gmail.profile()?.email,
        };
        let page = match &address {
            Some(address) => with_query(PAGE, &[("authuser", address)]),
            None => PAGE.to_owned(),
        };
        let link = |(thread_id, messages): (String, Vec<LabelledMessage>)| {
            let url = format!("{page}#{}/{thread_id}", place(&messages));
            Link { thread_id, url }
        };
        let mut links: Vec<Link> = threads.found.into_iter().map(link).collect();
        if self.thread_id.single && links.len() == 1 {
            return Ok(Outcome::Document(Document::Link(links.remove(0))));
        }
        let problem = incomplete(&Listed { rows: links.len() as u64, missing, ..Listed::default() });
        Ok(match problem {
            Some(problem) => Outcome::Incomplete(Document::Links(links), problem),
            None => Outcome::Document(Document::Links(links)),
        })
    }
}

/// The view of Gmail that shows the conversation: "all" has none that is only in trash or spam.
fn place(messages: &[LabelledMessage]) -> &'static str {
    let all_in = |label: &str| messages.iter().all(|message| message.labels.iter().any(|l| l == label));
    match messages {
        [] => "all",
        _ if all_in("TRASH") => "trash",
        _ if all_in("SPAM") => "spam",
        _ => "all",
    }
}

fn not_found(id: &str) -> Problem {
    Problem::not_found(format!("message {id} was not found in Gmail"))
        .hint(phrase!["Run ", command(ToolId::ListMessages), " again: ids come from earlier results."])
        .detail("id", id)
}
