//! Lists, searches and single messages. A list page takes two requests: one for the ids, one batch for the rows.

use serde_json::{Value, json};

pub(crate) use super::read::{Row, ThreadRow};
use super::{
    Gmail,
    batch::{self, InnerCall},
    beside::Beside,
    change::Unit,
    fetching::{Fetching, PathsOf, most_rows},
    id_of, identified, incomplete, listed,
    memory::Memory,
    needs::RowMembers,
    paging::Place,
    read, reply, target,
};
use crate::{
    address::Address,
    problem::{Code, Problem, Result},
    url::segment,
};

/// The largest page of `messages.list`.
pub(super) const PAGE: u64 = 500;

/// What to list.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) label: Option<String>,
    /// Another label that its messages have.
    pub(crate) also: Option<String>,
    /// In Gmail syntax; empty for everything.
    pub(crate) query: String,
    pub(crate) spam_trash: bool,
    pub(crate) limit: u64,
    pub(crate) page_token: Option<String>,
    pub(crate) members: RowMembers,
    /// Whether messages are listed, or the conversations that have one of them.
    pub(crate) unit: Unit,
    /// The ids with which the list began last time.
    pub(crate) last: Vec<String>,
    /// The rows of the last time, if they are remembered.
    pub(crate) memory: Option<Memory>,
    /// The name of the folder, if the label is only the one that it had last time: Gmail's labels, which are listed
    /// together with the first page, decide.
    pub(crate) assumed: Option<String>,
}

impl Selection {
    /// The parameters that select.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let also = self.also.iter().filter(|also| self.label.as_ref() != Some(also));
        let label = self.label.iter().chain(also).map(|label| ("labelIds", label.clone()));
        let query = Some(&self.query).filter(|q| !q.is_empty()).map(|q| ("q", q.clone()));
        let hidden = self.spam_trash || matches!(self.label.as_deref(), Some("TRASH" | "SPAM"));
        label.chain(query).chain(hidden.then(|| ("includeSpamTrash", "true".to_owned()))).collect()
    }

    /// Those of them that have this label, too.
    pub(super) fn with(&self, label: &str) -> Selection {
        Selection {
            label: self.label.clone(),
            also: Some(label.to_owned()),
            query: self.query.clone(),
            spam_trash: self.spam_trash,
            unit: self.unit,
            ..Selection::default()
        }
    }

    /// Tells this list from others, whatever its rows show.
    pub(crate) fn name(&self) -> String {
        json!([self.unit.collection(), self.parameters(), self.limit]).to_string()
    }

    /// Tells its rows from others.
    pub(crate) fn name_of_rows(&self) -> String {
        json!([self.name(), self.members.message_path("")]).to_string()
    }

    /// The parameters of one of its pages.
    fn page_query(&self, size: u64) -> Vec<(&'static str, String)> {
        let items = format!("{}{}", self.unit.collection(), self.members.list_fields(self.unit));
        let fields = format!("{items},nextPageToken,resultSizeEstimate");
        let mut query = vec![("maxResults", size.to_string()), ("fields", fields)];
        query.extend(self.parameters());
        query
    }

    /// The path of its first page.
    pub(super) fn page_path(&self, size: u64) -> String {
        let query = self.page_query(size);
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        target(&format!("/gmail/v1/users/me/{}", self.unit.collection()), &query)
    }
}

/// How a list ended.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) rows: u64,
    /// The messages that could not be fetched: their ids, and why.
    pub(crate) missing: Vec<(String, Problem)>,
    /// How many were deleted after Gmail had listed them. They are not missing: a list that began later has no row of
    /// them either.
    pub(crate) gone: u64,
    pub(crate) next_page_token: Option<String>,
    /// How many there are, if these are not all of them. Gmail only estimates it.
    pub(crate) about: Option<usize>,
    /// The messages that cannot be read and are not tried again: their ids, and why.
    pub(crate) failed: Vec<(String, Problem)>,
    /// Whether more messages wait for the next run.
    pub(crate) more: bool,
    /// Whether no limit was given, and the list is cut nevertheless.
    pub(crate) in_portions: bool,
    /// The ids with which the list begins, if it was listed from its beginning and its rows were fetched.
    pub(crate) begins: Option<Vec<String>>,
    /// The rows to remember, if the list was asked to.
    pub(crate) memory: Option<Memory>,
    /// Whether the folder may have another label than the assumed one. Nothing was listed then.
    pub(crate) misplaced: bool,
}

/// Receives rows as they come; returns false when no more are needed.
pub(crate) type Sink<'s> = dyn FnMut(Row) -> Result<bool> + 's;

pub(super) struct IdPage {
    pub(super) ids: Vec<String>,
    /// The conversations of the ids, if they were asked for.
    threads: Vec<Value>,
    pub(super) next: Option<String>,
    /// Gmail's estimate of all pages together.
    pub(super) estimate: usize,
}

/// The ids of a selection, newest first.
pub(crate) struct FoundIds {
    pub(crate) ids: Vec<String>,
    /// How many messages match, if that are more than `ids`. Gmail only estimates it.
    pub(crate) about: Option<usize>,
}

/// Receives the id of a row, what was fetched of it, and what is known beside it. Returns false when no more are needed.
pub(super) type Visit<'v> = dyn FnMut(&str, Result<Value>, &mut Beside) -> Result<bool> + 'v;

/// Receives what was fetched, its mark for attachments, and what is known beside it.
type Take<'t> = dyn FnMut(&Value, Option<bool>, &Beside) -> Result<bool> + 't;

impl IdPage {
    pub(super) fn read(list: &Value, unit: Unit) -> Result<IdPage> {
        let items = listed(list, unit.collection())?;
        let threads = items.iter().map(|item| item["threadId"].clone());
        Ok(IdPage {
            ids: items.iter().map(|item| id_of(item).map(str::to_owned)).collect::<Result<_>>()?,
            threads: threads.collect(),
            next: list.get("nextPageToken").and_then(Value::as_str).map(str::to_owned),
            estimate: list.get("resultSizeEstimate").and_then(Value::as_u64).unwrap_or_default() as usize,
        })
    }

    /// Visits ids of which nothing more is needed; `passed` are before them.
    fn each_id(
        &self,
        passed: usize,
        wanted: &[String],
        beside: &mut Beside,
        visit: &mut Visit<'_>,
    ) -> Result<bool> {
        for (at, id) in wanted.iter().enumerate() {
            let thread = self.threads.get(passed + at);
            if !visit(id, Ok(json!({"id": id, "threadId": thread})), beside)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Gmail<'_> {
    /// Passes the rows of a selection to the sink, newest first.
    pub(crate) fn list(&self, selection: &Selection, sink: &mut Sink<'_>) -> Result<Listed> {
        self.list_each(selection, RowMembers::message_paths, &mut |message, mark, beside| {
            sink(beside.complete(Row::of(message, beside.members.snippet), mark))
        })
    }

    /// Passes the conversations of a selection to the sink, newest first.
    pub(crate) fn list_threads(
        &self,
        selection: &Selection,
        sink: &mut dyn FnMut(ThreadRow) -> Result<bool>,
    ) -> Result<Listed> {
        self.list_each(selection, RowMembers::thread_paths, &mut |thread, _, beside| {
            sink(beside.complete_thread(ThreadRow::of(thread)))
        })
    }

    /// Fetches each of a selection by its path, and passes it on with its mark for attachments.
    fn list_each(&self, selection: &Selection, paths: PathsOf, take: &mut Take<'_>) -> Result<Listed> {
        let mut listed = Listed::default();
        let mut place = selection.page_token.as_deref().map(Place::parse).unwrap_or_default();
        let mut fetching = Fetching::new(paths, Beside::of(selection, &place), self.pace());
        let only_ids = selection.members.only_ids();
        let mut left = selection.limit;
        loop {
            let size = if place.after.is_some() { PAGE } else { left.min(PAGE) };
            let is_first = place == Place::default();
            let assumes = is_first && selection.assumed.is_some();
            if is_first && !only_ids {
                fetching.memory.clone_from(&selection.memory);
            }
            let may_know = fetching.memory.is_some() || !selection.last.is_empty();
            let guesses = assumes || (is_first && !only_ids && may_know);
            let page = guesses.then(|| self.page_with_rows(selection, size, &mut fetching)).flatten();
            if assumes && page.is_none() {
                return Ok(Listed { misplaced: true, ..listed });
            }
            let page = page.map_or_else(|| self.page(selection, size, place.page.as_deref()), Ok);
            let page = page.map_err(|problem| place.named(problem))?;
            let (passed, ids) = place.split(&page.ids);
            let wanted = &ids[..ids.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            if is_first && !only_ids {
                listed.begins = Some(wanted[..wanted.len().min(most_rows())].to_vec());
            }
            let (mut done, mut time) = (0, None);
            let mut visit = |id: &str, outcome: Result<Value>, beside: &mut Beside| {
                done += 1;
                let mark = beside.has_attachment(id);
                match outcome {
                    Ok(resource) => {
                        listed.rows += 1;
                        time = read::newest_at(&resource);
                        take(&resource, mark, beside)
                    }
                    Err(problem) if problem.code() == Code::NotFound => {
                        listed.gone += 1;
                        Ok(true)
                    }
                    Err(problem) => {
                        listed.missing.push((id.to_owned(), problem));
                        Ok(true)
                    }
                }
            };
            let outcome = match only_ids {
                true => page.each_id(passed.len(), wanted, &mut fetching.beside, &mut visit),
                false => self.each(passed, wanted, &mut fetching, &mut visit),
            };
            let go_on = outcome.map_err(|problem| place.reached(&wanted[..done]).named(problem))?;
            left -= wanted.len() as u64;
            let next = place.next(page.next, time);
            // The rest of a page that was begun elsewhere.
            let rest = wanted.len() < ids.len() && place.after.is_some();
            listed.next_page_token = if rest { place.reached(wanted).token() } else { next.token() };
            if !go_on || left == 0 || listed.next_page_token.is_none() {
                let more = listed.next_page_token.is_some();
                listed.about = more.then(|| page.estimate.max(listed.rows as usize + 1));
                listed.memory = fetching.memory;
                return Ok(listed);
            }
            place = next;
        }
    }

    pub(super) fn page(&self, selection: &Selection, size: u64, token: Option<&str>) -> Result<IdPage> {
        let query = selection.page_query(size);
        let mut query: Vec<(&str, &str)> =
            query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if let Some(token) = token.filter(|t| !t.is_empty()) {
            query.push(("pageToken", token));
        }
        let list = self.get(&format!("/{}", selection.unit.collection()), &query)?;
        IdPage::read(&list, selection.unit)
    }

    /// The ids of a selection, at most `most`.
    pub(crate) fn ids(&self, selection: &Selection, most: u64) -> Result<FoundIds> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut ids = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self.page(selection, PAGE.min((most - ids.len()) as u64), token.as_deref())?;
            ids.extend(page.ids);
            self.observer.count("finding", ids.len(), None, selection.unit.plural());
            let cut = ids.len() > most;
            ids.truncate(most);
            token = page.next;
            if token.is_none() || ids.len() == most {
                let about = (cut || token.is_some()).then(|| page.estimate.max(ids.len() + 1));
                return Ok(FoundIds { ids, about });
            }
        }
    }

    /// Passes the rows of these messages to the sink, in this order.
    pub(crate) fn rows(&self, ids: &[String], members: RowMembers, sink: &mut Sink<'_>) -> Result<Listed> {
        let mut listed = Listed::default();
        let mut fetching = Fetching::new(RowMembers::message_paths, Beside::new(members), self.pace());
        self.each(&[], ids, &mut fetching, &mut |id, outcome, beside| match outcome {
            Ok(message) => {
                listed.rows += 1;
                sink(beside.complete(Row::of(&message, members.snippet), None))
            }
            Err(problem) => {
                listed.missing.push((id.to_owned(), problem));
                Ok(true)
            }
        })?;
        Ok(listed)
    }

    /// The labels of each of these messages, and what else a row needs. The questions of `beside` ride along.
    pub(super) fn heads(
        &self,
        ids: &[String],
        beside: &mut Beside,
        pace: &mut batch::Pace,
    ) -> Result<Vec<Result<Value>>> {
        let members = beside.members.with_labels();
        let paths = members.message_paths();
        let calls: Vec<InnerCall> = ids.iter().map(|id| InnerCall::get(paths.of(id))).collect();
        let (found, answers) = self.call_each(&calls, &beside.questions(ids.len()), pace)?;
        answers.iter().flatten().for_each(|answer| self.notice(answer));
        beside.learn(answers);
        Ok(found.into_iter().map(|message| message.and_then(identified)).collect())
    }

    /// A message as a person sees it.
    pub(crate) fn message(&self, id: &str, options: &read::ReadOptions) -> Result<read::Message> {
        Ok(self.shown(&self.resource(id, options)?, options))
    }

    /// A complete resource as a person sees it.
    pub(super) fn shown(&self, resource: &Value, options: &read::ReadOptions) -> read::Message {
        let message = seen(resource, options);
        if !message.folded_unmarked {
            return message;
        }
        // Answers can be among the lines that are not shown. What the older messages have is no answer.
        let mut older = self.older_messages(resource);
        if older.is_empty() { message } else { seen_in_thread(resource, options, &mut older) }
    }

    /// A message as the API returns it, with the bodies that must be fetched separately.
    pub(crate) fn resource(&self, id: &str, options: &read::ReadOptions) -> Result<Value> {
        let path = format!("/messages/{}", segment(id));
        let found = self.get(&path, &[("format", "full")]).map_err(|p| named(p, id))?;
        let mut message = checked(found)?;
        if let (read::BodyKind::Raw, Some(members)) = (options.body, message.as_object_mut()) {
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

/// A resource in the format `full`, if nothing of it is missing that every message has.
pub(super) fn checked(message: Value) -> Result<Value> {
    let complete = id_of(&message).is_ok() && message.get("payload").is_some_and(Value::is_object);
    if complete { Ok(message) } else { Err(incomplete()) }
}

/// A complete resource as a person sees it, with the recipients of a reply if they are not simply its sender.
pub(super) fn seen(resource: &Value, options: &read::ReadOptions) -> read::Message {
    answerable(read::message(resource, options), resource)
}

/// The same for a message of a conversation. Its lines are added to those of the older messages.
pub(super) fn seen_in_thread(
    resource: &Value,
    options: &read::ReadOptions,
    older: &mut read::Known,
) -> read::Message {
    answerable(read::message_of_thread(resource, options, older), resource)
}

fn answerable(message: read::Message, resource: &Value) -> read::Message {
    message.with_origin(resource).reply_goes_to(reply::unusual(resource).iter().map(Address::email).collect())
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
