//! Lists, searches and single messages. A list page takes two requests: one for the ids, one batch for the rows.

use serde_json::Value;

pub(crate) use super::read::Row;
use super::{Gmail, HOST, batch, change::Unit, id_of, incomplete, listed, read, reply, target};
use crate::{
    address::Address,
    problem::{Code, NEXT_PAGE_TOKEN, Problem, Result},
    url::segment,
};

/// The largest page of `messages.list`.
pub(super) const PAGE: u64 = 500;
const ROW_FIELDS: &str = "id,threadId,labelIds,snippet,internalDate,payload/headers";

/// What to list.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) label: Option<String>,
    /// In Gmail syntax; empty for everything.
    pub(crate) query: String,
    pub(crate) spam_trash: bool,
    pub(crate) limit: u64,
    pub(crate) page_token: Option<String>,
    /// Whether the rows have Gmail's snippets.
    pub(crate) snippets: bool,
    /// Whether messages are listed, or the conversations that have one of them.
    pub(crate) unit: Unit,
}

/// How a list ended.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) rows: u64,
    /// The messages that could not be fetched: their ids, and why.
    pub(crate) missing: Vec<(String, Problem)>,
    pub(crate) next_page_token: Option<String>,
    /// The messages that cannot be read and are not tried again: their ids, and why.
    pub(crate) failed: Vec<(String, Problem)>,
    /// Whether more messages wait for the next run.
    pub(crate) more: bool,
}

/// Receives rows as they come; returns false when no more are needed.
pub(crate) type Sink<'s> = dyn FnMut(Row) -> Result<bool> + 's;

pub(super) struct IdPage {
    pub(super) ids: Vec<String>,
    pub(super) next: Option<String>,
    /// Gmail's estimate of all pages together.
    estimate: usize,
}

/// The ids of a selection, newest first.
pub(crate) struct FoundIds {
    pub(crate) ids: Vec<String>,
    /// How many messages match, if that are more than `ids`. Gmail only estimates it.
    pub(crate) about: Option<usize>,
}

/// Where a list goes on: in a page of Gmail, after one of its messages. As text it is the token of the page, which may
/// be empty, with `@` and the id.
#[derive(Clone, Debug, Default)]
struct Place {
    page: Option<String>,
    after: Option<String>,
}

impl Place {
    fn parse(token: &str) -> Place {
        let (page, after) = token.split_once('@').map_or((token, None), |(page, id)| (page, Some(id)));
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Place { page: given(page), after: after.and_then(given) }
    }

    fn token(&self) -> Option<String> {
        let page = self.page.as_deref().unwrap_or_default();
        match &self.after {
            Some(id) => Some(format!("{page}@{id}")),
            None => self.page.clone(),
        }
    }

    /// The messages of the page that follow; all of them if the one before is gone.
    fn rest_of<'i>(&self, ids: &'i [String]) -> &'i [String] {
        let at = self.after.as_ref().and_then(|after| ids.iter().position(|id| id == after));
        &ids[at.map_or(0, |at| at + 1)..]
    }

    /// After these messages of the page.
    fn reached(&self, ids: &[String]) -> Place {
        let after = ids.last().cloned().or_else(|| self.after.clone());
        Place { page: self.page.clone(), after }
    }

    /// Adds the place to the problem that interrupted the list.
    fn named(&self, problem: Problem) -> Problem {
        match self.token() {
            Some(token) => problem.detail(NEXT_PAGE_TOKEN, token),
            None => problem,
        }
    }
}

impl Gmail<'_> {
    /// Passes the rows of a selection to the sink, newest first.
    pub(crate) fn list(&self, selection: &Selection, sink: &mut Sink<'_>) -> Result<Listed> {
        let mut listed = Listed::default();
        let mut place = selection.page_token.as_deref().map(Place::parse).unwrap_or_default();
        let mut left = selection.limit;
        loop {
            let size = if place.after.is_some() { PAGE } else { left.min(PAGE) };
            let page = self.page(selection, size, place.page.as_deref());
            let page = page.map_err(|problem| place.named(problem))?;
            let ids = place.rest_of(&page.ids);
            let wanted = &ids[..ids.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            let before = listed.rows + listed.missing.len() as u64;
            let outcome = self.rows(wanted, selection.snippets, &mut listed, sink);
            let more = outcome.map_err(|problem| {
                let done = listed.rows + listed.missing.len() as u64 - before;
                place.reached(&wanted[..usize::try_from(done).unwrap_or_default()]).named(problem)
            })?;
            left -= wanted.len() as u64;
            // The rest of a page that was begun elsewhere.
            let rest = wanted.len() < ids.len() && place.after.is_some();
            listed.next_page_token = if rest { place.reached(wanted).token() } else { page.next.clone() };
            if !more || left == 0 || listed.next_page_token.is_none() {
                return Ok(listed);
            }
            place = Place { page: page.next, after: None };
        }
    }

    pub(super) fn page(&self, selection: &Selection, size: u64, token: Option<&str>) -> Result<IdPage> {
        let size = size.to_string();
        let collection = selection.unit.collection();
        let fields = format!("{collection}/id,nextPageToken,resultSizeEstimate");
        let mut query = vec![("maxResults", size.as_str()), ("fields", fields.as_str())];
        if let Some(label) = &selection.label {
            query.push(("labelIds", label));
        }
        if !selection.query.is_empty() {
            query.push(("q", &selection.query));
        }
        let hidden = matches!(selection.label.as_deref(), Some("TRASH" | "SPAM"));
        if selection.spam_trash || hidden {
            query.push(("includeSpamTrash", "true"));
        }
        if let Some(token) = token.filter(|t| !t.is_empty()) {
            query.push(("pageToken", token));
        }
        let list = self.get(&format!("/{collection}"), &query)?;
        let ids = listed(&list, collection)?.iter().map(|message| id_of(message).map(str::to_owned));
        Ok(IdPage {
            ids: ids.collect::<Result<_>>()?,
            next: list.get("nextPageToken").and_then(Value::as_str).map(str::to_owned),
            estimate: list.get("resultSizeEstimate").and_then(Value::as_u64).unwrap_or_default() as usize,
        })
    }

    /// The ids of a selection, at most `most`.
    pub(crate) fn ids(&self, selection: &Selection, most: u64) -> Result<FoundIds> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut ids = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self.page(selection, PAGE.min((most - ids.len()) as u64), token.as_deref())?;
            ids.extend(page.ids);
            let cut = ids.len() > most;
            ids.truncate(most);
            token = page.next;
            if token.is_none() || ids.len() == most {
                let about = (cut || token.is_some()).then(|| page.estimate.max(ids.len() + 1));
                return Ok(FoundIds { ids, about });
            }
        }
    }

    /// Passes the rows of these messages to the sink, in this order. False when the sink needs no more.
    pub(crate) fn rows(
        &self,
        ids: &[String],
        snippets: bool,
        listed: &mut Listed,
        sink: &mut Sink<'_>,
    ) -> Result<bool> {
        let mut pace = batch::Pace::default();
        let mut rest = ids;
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(rest.len().min(pace.size()));
            for (id, outcome) in chunk.iter().zip(self.heads(chunk, &mut pace)?) {
                match outcome {
                    Ok(message) => {
                        listed.rows += 1;
                        if !sink(Row::of(&message, snippets))? {
                            return Ok(false);
                        }
                    }
                    Err(problem) => listed.missing.push((id.clone(), problem)),
                }
            }
            rest = later;
        }
        Ok(true)
    }

    /// The headers and labels of each of these messages, enough for a row.
    pub(super) fn heads(&self, ids: &[String], pace: &mut batch::Pace) -> Result<Vec<Result<Value>>> {
        let paths: Vec<String> = ids.iter().map(|id| row_path(id)).collect();
        let found = self.get_each(&paths, pace)?;
        Ok(found.into_iter().map(|message| message.and_then(|m| id_of(&m).map(|_| ()).map(|()| m))).collect())
    }

    /// A message as a person sees it.
    pub(crate) fn message(&self, id: &str, options: &read::ReadOptions) -> Result<read::Message> {
        Ok(seen(&self.resource(id, options)?, options))
    }

    /// A message as the API returns it, with the bodies that must be fetched separately.
    pub(crate) fn resource(&self, id: &str, options: &read::ReadOptions) -> Result<Value> {
        let path = format!("/messages/{}", segment(id));
        let mut message = self.get(&path, &[("format", "full")]).map_err(|p| named(p, id))?;
        let complete = id_of(&message).is_ok() && message.get("payload").is_some_and(Value::is_object);
        let Some(members) = message.as_object_mut().filter(|_| complete) else { return Err(incomplete()) };
        if options.body == read::BodyKind::Raw {
            // A response with format=raw has neither headers nor parts.
            let raw = self.get(&path, &[("format", "raw"), ("fields", "raw")])?;
            let raw = raw.get("raw").filter(|raw| raw.is_string()).cloned();
            members.insert("raw".to_owned(), raw.ok_or_else(incomplete)?);
        }
        self.complete(&mut message, options)?;
        Ok(message)
    }

    /// Fetches the bodies that `options` need and that are not in the resource.
    pub(super) fn complete(&self, message: &mut Value, options: &read::ReadOptions) -> Result<()> {
        let id = message["id"].as_str().unwrap_or_default().to_owned();
        for (part, attachment) in read::missing(message, options) {
            let data = self.attachment(&id, &attachment)?;
            read::fill(message, &part, &data);
        }
        Ok(())
    }

    /// The content of an attachment in base64url.
    pub(crate) fn attachment(&self, id: &str, attachment: &str) -> Result<String> {
        let path = format!("/messages/{}/attachments/{}", segment(id), segment(attachment));
        let answer = self.get(&path, &[])?;
        let is_empty = answer.get("size").and_then(Value::as_u64) == Some(0);
        match answer.get("data").and_then(Value::as_str) {
            Some(data) => Ok(data.to_owned()),
            None if is_empty => Ok(String::new()),
            None => Err(incomplete()),
        }
    }
}

/// A complete resource as a person sees it, with the recipients of a reply if they are not simply its sender.
pub(super) fn seen(resource: &Value, options: &read::ReadOptions) -> read::Message {
    let reply_to = reply::unusual(resource);
    read::message(resource, options).reply_goes_to(reply_to.iter().map(Address::email).collect())
}

/// Adds the message id to a problem.
pub(crate) fn named(problem: Problem, id: &str) -> Problem {
    match problem.code() {
        Code::NotFound => Problem::not_found(format!("message {id} not found"))
            .hint("Check the id with list or search; the message may have been deleted.")
            .detail("id", id),
        _ => problem.detail("id", id),
    }
}

/// The URL of a message's head.
pub(super) fn row_url(id: &str) -> String {
    format!("https://{HOST}{}", row_path(id))
}

fn row_path(id: &str) -> String {
    let path = format!("/gmail/v1/users/me/messages/{}", segment(id));
    let headers = ["From", "Subject", "Date"].map(|h| ("metadataHeaders", h));
    let mut query = vec![("format", "metadata"), ("fields", ROW_FIELDS)];
    query.extend(headers);
    target(&path, &query)
}
