//! Drafts. The id of a draft stays the same while its message is replaced. How a message is changed is decided in
//! [`super::revision`].

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_URL_SAFE, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{
    Gmail, HOST, MAILBOX,
    batch::InnerCall,
    fetching::most_rows,
    id_of, incomplete, listed,
    lookup::SentDraft,
    messages::{self, PAGE},
    mime::Tree,
    needs::RowMembers,
    read::{self, DraftRow, Message, ReadOptions},
    recipients::raw_addresses,
    send::Sender,
    target,
    write::{ID_HEADER, Outgoing, is_id},
};
use crate::{
    characters::clean_line,
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::ToolId,
    spelling::command,
    url::segment,
};

/// A draft as Gmail stored it.
pub(crate) struct Draft {
    id: String,
    /// The whole message (RFC 5322).
    pub(crate) raw: Vec<u8>,
    thread: Option<String>,
    /// When Gmail stored it, in epoch milliseconds.
    stored_at: Option<i64>,
}

impl Draft {
    fn read(id: &str, draft: &Value) -> Result<Draft> {
        let message = draft.get("message").unwrap_or(&Value::Null);
        Ok(Draft {
            id: id.to_owned(),
            raw: raw_of(message)?,
            thread: message.get("threadId").and_then(Value::as_str).map(str::to_owned),
            stored_at: read::accepted_at(message),
        })
    }

    /// What its message shows once it was sent.
    pub(crate) fn when_sent(&self, message: &Outgoing) -> SentDraft {
        SentDraft::new(&self.id, &self.raw, &message.subject, self.stored_at)
    }

    /// The thread of a reply. If the message is alone in its thread, the thread disappears with it.
    pub(crate) fn thread(&self, message: &Outgoing) -> Option<&str> {
        self.thread.as_deref().filter(|_| message.in_reply_to.is_some())
    }
}

/// The ids of a draft and of its message.
type DraftIds = (String, String);

/// A list of drafts.
pub(crate) struct ListedDrafts {
    pub(crate) rows: Vec<DraftRow>,
    /// About how many there are if these are not all of them.
    pub(crate) about: Option<usize>,
    /// The ids of the first messages.
    pub(crate) begins: Vec<String>,
}

impl Gmail<'_> {
    /// The drafts, newest first. Those that `last` names, the messages of the last time, are fetched together with the list.
    pub(crate) fn list_drafts(
        &self,
        limit: u64,
        last: &[String],
        members: RowMembers,
    ) -> Result<ListedDrafts> {
        let mut known = HashMap::new();
        let mut first = None;
        if !last.is_empty() && !members.need_nothing() {
            let last = &last[..last.len().min(most_rows()).min(usize::try_from(limit).unwrap_or(usize::MAX))];
            let mut calls = vec![InnerCall::get(draft_page_path(limit, None))];
            let paths = members.message_paths();
            calls.extend(last.iter().map(|uid| InnerCall::get(paths.of(uid))));
            let mut answers = self.call_once(&calls, &mut self.pace()).unwrap_or_default().into_iter();
            first = answers.next().flatten();
            let found = last.iter().zip(answers);
            known.extend(
                found.filter_map(|(uid, row)| Some((uid.clone(), row.filter(|row| row["id"] == **uid)?))),
            );
        }
        let (drafts, about) = self.draft_ids(limit, first)?;
        let begins = drafts.iter().take(most_rows()).map(|(_, uid)| uid.clone()).collect();
        Ok(ListedDrafts { rows: self.draft_rows(&drafts, known, members)?, about, begins })
    }

    /// Draft ids and message ids, newest first, and about how many there are if these are not all of them. The first page
    /// may be known.
    fn draft_ids(&self, limit: u64, mut first: Option<Value>) -> Result<(Vec<DraftIds>, Option<usize>)> {
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let list = match first.take() {
                Some(list) => list,
                None => {
                    let path = draft_page_path(limit - found.len() as u64, token.as_deref());
                    self.read(&format!("https://{HOST}{path}"))?
                }
            };
            for draft in listed(&list, "drafts")? {
                let message = draft.get("message").ok_or_else(incomplete)?;
                found.push((id_of(draft)?.to_owned(), id_of(message)?.to_owned()));
            }
            let next = list.get("nextPageToken").and_then(Value::as_str);
            token = next.filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() || found.len() as u64 >= limit {
                let estimate = list.get("resultSizeEstimate").and_then(Value::as_u64).unwrap_or(0) as usize;
                let about = token.map(|_| estimate.max(found.len() + 1));
                return Ok((found, about));
            }
        }
    }

    /// The rows of these drafts, in this order, without those that no longer exist.
    fn draft_rows(
        &self,
        drafts: &[DraftIds],
        mut known: HashMap<String, Value>,
        members: RowMembers,
    ) -> Result<Vec<DraftRow>> {
        if members.need_nothing() {
            let row = |(id, uid): &DraftIds| DraftRow::of(id, uid, &Value::Null, false);
            return Ok(drafts.iter().map(row).collect());
        }
        let unknown = drafts.iter().filter(|(_, uid)| !known.contains_key(uid));
        let path_of = members.message_paths();
        let paths: Vec<String> = unknown.map(|(_, uid)| path_of.of(uid)).collect();
        let mut outcomes = self.get_each(&paths, &mut self.pace())?.into_iter();
        let mut rows = Vec::new();
        for (id, uid) in drafts {
            let Some(message) = known.remove(uid).map(Ok).or_else(|| outcomes.next()) else { break };
            match message {
                Ok(message) => rows.push(DraftRow::of(id, uid, &message, members.snippet)),
                Err(p) if p.code() == Code::NotFound => {}
                Err(p) => return Err(p),
            }
        }
        Ok(rows)
    }

    /// The id of the current message of a draft.
    pub(crate) fn draft_uid(&self, id: &str) -> Result<String> {
        let draft = self.draft_resource(id, "minimal")?;
        id_of(draft.get("message").ok_or_else(incomplete)?).map(str::to_owned)
    }

    pub(super) fn draft_resource(&self, id: &str, format: &str) -> Result<Value> {
        let found = self.get(&format!("/drafts/{}", segment(id)), &[("format", format)]);
        found.map_err(|p| named(p, id))
    }

    pub(crate) fn draft(&self, id: &str) -> Result<Draft> {
        Draft::read(id, &self.draft_resource(id, "raw")?)
    }

    /// The same, and the verified addresses of the account, in one request.
    pub(crate) fn draft_and_senders(&self, id: &str) -> Result<(Draft, Vec<Sender>)> {
        let path = format!("/gmail/v1/users/me/drafts/{}", segment(id));
        let call = InnerCall::get(target(&path, &[("format", "raw")]));
        let (found, senders) = self.with_senders(call).map_err(|p| named(p, id))?;
        Ok((Draft::read(id, &found.map_err(|p| named(p, id))?)?, senders))
    }

    /// The message of a draft as a person sees it.
    pub(crate) fn draft_message(&self, id: &str, options: &ReadOptions) -> Result<Message> {
        let mut draft = self.draft_resource(id, "full")?;
        let message = draft.get_mut("message").map(std::mem::take).ok_or_else(incomplete)?;
        self.completed(messages::checked(message)?, options)
    }

    pub(crate) fn delete_draft(&self, id: &str) -> Result<()> {
        let url = format!("{MAILBOX}{}", target(&format!("/drafts/{}", segment(id)), &[]));
        self.json("DELETE", &url, None).map_err(|p| named(p, id))?;
        Ok(())
    }

    /// A message as it was received (RFC 5322).
    pub(crate) fn raw_message(&self, id: &str) -> Result<Vec<u8>> {
        raw_of(&self.raw_answer(id)?)
    }

    pub(super) fn raw_answer(&self, id: &str) -> Result<Value> {
        let found = self.get(&format!("/messages/{}", segment(id)), &[("format", "raw")]);
        found.map_err(|p| messages::named(p, id))
    }
}

fn draft_page_path(left: u64, token: Option<&str>) -> String {
    let size = left.min(PAGE).to_string();
    let mut query = vec![("maxResults", size.as_str())];
    query.extend(token.map(|token| ("pageToken", token)));
    target("/gmail/v1/users/me/drafts", &query)
}

fn named(problem: Problem, id: &str) -> Problem {
    match problem.code() {
        Code::NotFound => Problem::not_found(format!("draft {id} not found"))
            .hint(phrase![
                "Use ",
                command(ToolId::ListDrafts),
                " to list the drafts. A draft that was sent no longer exists."
            ])
            .detail("draft_id", id),
        _ => problem.detail("draft_id", id),
    }
}

/// The bytes of a message. Gmail uses base64url both with and without padding.
pub(super) fn raw_of(message: &Value) -> Result<Vec<u8>> {
    let text = message.get("raw").and_then(Value::as_str).ok_or_else(incomplete)?;
    let padded = BASE64_URL_SAFE.decode(text);
    padded.or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))).map_err(|_| incomplete())
}

/// What the header of a message says: whom it goes to, and its ids.
pub(crate) fn head_of(raw: &[u8]) -> Outgoing {
    let tree = Tree::parse(raw);
    let header = |name: &str| tree.root().header(name).unwrap_or_default();
    let list = |name: &str| raw_addresses(raw, name);
    let id = |name: &str| Some(plain_id(&header(name))).filter(|id| is_id(id));
    Outgoing {
        from: list("From").into_iter().next(),
        to: list("To"),
        cc: list("Cc"),
        bcc: list("Bcc"),
        reply_to: list("Reply-To"),
        subject: clean_line(&read::decoded(&header("Subject"))),
        message_id: id("Message-ID").unwrap_or_default(),
        in_reply_to: id("In-Reply-To"),
        references: header("References").split_whitespace().map(plain_id).filter(|id| is_id(id)).collect(),
        lookup_id: id(ID_HEADER).unwrap_or_default(),
        ..Outgoing::default()
    }
}

fn plain_id(text: &str) -> String {
    text.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}
