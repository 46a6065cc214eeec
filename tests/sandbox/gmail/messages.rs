//! The `messages` methods that read, sort and delete, and what the other resources need of them: pages,
//! selections and one message in a format.

use serde_json::{Value, json};

use super::fault::Fault;
use super::payload::{self, AttachmentId, Serving};
use super::search::{Context, Query};
use super::store::{Content, Mail, Place};
use super::{Answer, Call, Gmail, base64url};

const DEFAULT_PAGE: usize = 100;
const MAX_BATCH_IDS: usize = 1000;

/// Which messages a list selects.
pub(super) struct Selection {
    query: Query,
    labels: Vec<String>,
    with_spam_and_trash: bool,
}

/// How many rows a page has, and where the next one begins.
pub(super) struct Page {
    pub(super) size: usize,
    pub(super) after: Option<Place>,
}

impl Page {
    pub(super) fn token(mail: &Mail) -> Value {
        format!("{:013}{:020}", mail.date, mail.id).into()
    }

    fn parse_token(token: &str) -> Option<Place> {
        let (date, id) = token.split_at_checked(13)?;
        Some(Place { date: date.parse().ok()?, id: id.parse().ok()? })
    }
}

/// The id of a message, thread or parent in a path or body: 16 hexadecimal digits.
pub(super) fn parse_id(text: &str) -> Result<u64, Fault> {
    let hexadecimal = !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit());
    match u64::from_str_radix(text, 16) {
        Ok(id) if hexadecimal => Ok(id),
        _ => Err(Fault::invalid_id()),
    }
}

pub(super) fn write_id(id: u64) -> String {
    format!("{id:016x}")
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

impl Gmail {
    pub(super) fn selection(&self, call: &Call) -> Result<Selection, Fault> {
        let labels = call.all("labelIds");
        if let Some(unknown) = labels.iter().find(|id| self.labels.by_id(id).is_none()) {
            return Err(Fault::invalid(format!("Invalid label: {unknown}")));
        }
        let q = call.query("q").unwrap_or_default();
        if call.only_metadata() && !q.is_empty() {
            return Err(Fault::new(403, "forbidden", "Metadata scope does not support 'q' parameter"));
        }
        let query = Query::parse(q);
        let named = labels.iter().any(|id| matches!(*id, "SPAM" | "TRASH"));
        Ok(Selection {
            with_spam_and_trash: call.flag("includeSpamTrash") || named || query.names_spam_or_trash(),
            query,
            labels: labels.iter().map(|id| id.to_string()).collect(),
        })
    }

    pub(super) fn accepts(&self, selection: &Selection, mail: &Mail) -> bool {
        let hidden = mail.has("SPAM") || mail.has("TRASH");
        (selection.with_spam_and_trash || !hidden)
            && selection.labels.iter().all(|label| mail.has(label))
            && selection.query.matches(mail, &self.search_context())
    }

    pub(super) fn search_context(&self) -> Context<'_> {
        Context { labels: &self.labels, now: self.store.now, owner: &self.owner }
    }

    pub(super) fn page(&self, call: &Call) -> Result<Page, Fault> {
        let size = self.page_size(call);
        let after = match call.query("pageToken") {
            None => None,
            Some(token) => Some(Page::parse_token(token).ok_or_else(|| Fault::invalid("Invalid pageToken"))?),
        };
        Ok(Page { size, after })
    }

    pub(super) fn page_size(&self, call: &Call) -> usize {
        let asked: usize = call.query("maxResults").and_then(|n| n.parse().ok()).unwrap_or(DEFAULT_PAGE);
        if self.short_pages { asked.div_ceil(2) } else { asked }
    }

    pub(super) fn messages_list(&mut self, call: &Call) -> Answer {
        let selection = self.selection(call)?;
        let page = self.page(call)?;
        let mut found = self.store.after(page.after).filter(|mail| self.accepts(&selection, mail)).peekable();
        let rows: Vec<&Mail> = found.by_ref().take(page.size).collect();
        let more = found.peek().is_some();
        let items: Vec<Value> = rows.iter().map(|mail| reference(mail)).collect();
        Ok(list_answer("messages", items, rows.last().filter(|_| more).map(|mail| Page::token(mail))))
    }

    pub(super) fn messages_get(&mut self, call: &Call) -> Answer {
        let id = parse_id(call.path("id"))?;
        let serving = self.serving();
        let mail = self.store.get(id).ok_or_else(Fault::not_found)?;
        rendered(mail, call, serving)
    }

    /// A new serial for each fetch, unless attachment ids are to stay.
    pub(super) fn serving(&mut self) -> Serving {
        self.fetches += u64::from(self.attachment_ids_change);
        Serving {
            inline_limit: self.inline_limit,
            convert_charsets: self.convert_charsets,
            serial: self.fetches,
        }
    }

    pub(super) fn messages_modify(&mut self, call: &Call) -> Answer {
        let id = parse_id(call.path("id"))?;
        self.relabel(&[id], &texts(&call.body["addLabelIds"]), &texts(&call.body["removeLabelIds"]))?;
        self.reference_of(id)
    }

    /// Unknown ids are skipped silently, as Gmail does.
    pub(super) fn messages_batch_modify(&mut self, call: &Call) -> Answer {
        let ids = self.batch_ids(call)?;
        let (add, remove) = (texts(&call.body["addLabelIds"]), texts(&call.body["removeLabelIds"]));
        self.labels.check_change(&add, &remove)?;
        for id in ids {
            self.store.relabel(id, &add, &remove);
        }
        Ok(Value::Null)
    }

    pub(super) fn messages_batch_delete(&mut self, call: &Call) -> Answer {
        for id in self.batch_ids(call)? {
            self.remove(id);
        }
        Ok(Value::Null)
    }

    fn batch_ids(&self, call: &Call) -> Result<Vec<u64>, Fault> {
        let ids = texts(&call.body["ids"]);
        match ids.len() {
            0 => Err(Fault::invalid("No message ids specified")),
            n if n > MAX_BATCH_IDS => Err(Fault::invalid("Too many message ids specified")),
            _ => ids.into_iter().map(parse_id).collect(),
        }
    }

    /// The same change for several messages, all of which must exist.
    pub(super) fn relabel(&mut self, ids: &[u64], add: &[&str], remove: &[&str]) -> Result<(), Fault> {
        self.labels.check_change(add, remove)?;
        for id in ids {
            let mail = self.store.get(*id).ok_or_else(Fault::not_found)?;
            if mail.has("DRAFT") && !add.is_empty() {
                return Err(Fault::new(400, "failedPrecondition", "Precondition check failed."));
            }
        }
        for id in ids {
            self.store.relabel(*id, add, remove);
        }
        Ok(())
    }

    pub(super) fn messages_trash(&mut self, call: &Call) -> Answer {
        let id = parse_id(call.path("id"))?;
        self.store.relabel(id, &["TRASH"], &["INBOX", "SPAM"]);
        self.reference_of(id)
    }

    /// Takes the message out of the trash and nothing else: INBOX does not come back by itself.
    pub(super) fn messages_untrash(&mut self, call: &Call) -> Answer {
        let id = parse_id(call.path("id"))?;
        self.store.relabel(id, &[], &["TRASH"]);
        self.reference_of(id)
    }

    pub(super) fn messages_delete(&mut self, call: &Call) -> Answer {
        let id = parse_id(call.path("id"))?;
        self.store.get(id).ok_or_else(Fault::not_found)?;
        self.remove(id);
        Ok(Value::Null)
    }

    /// Final deletion; a draft's entry goes with its message.
    pub(super) fn remove(&mut self, id: u64) {
        self.store.delete(id);
        self.drafts.retain(|draft| draft.message != id);
    }

    pub(super) fn reference_of(&self, id: u64) -> Answer {
        self.store.get(id).map(labelled).ok_or_else(Fault::not_found)
    }

    pub(super) fn attachments_get(&mut self, call: &Call) -> Answer {
        let message = parse_id(call.path("messageId"))?;
        let mail = self.store.get(message).ok_or_else(Fault::not_found)?;
        let asked = call.path("id");
        if let Some(bytes) = self.attachments.get(asked) {
            return Ok(json!({"size": bytes.len(), "data": base64url::encode(bytes)}));
        }
        let id = AttachmentId::read(asked).filter(|id| id.message == message);
        let id = id.ok_or_else(|| Fault::invalid("Invalid attachment token"))?;
        let root = mail.parse();
        let part = root.at(&id.part_id).ok_or_else(Fault::not_found)?;
        let bytes = payload::served_bytes(part, self.convert_charsets);
        Ok(json!({"size": bytes.len(), "data": base64url::encode(&bytes)}))
    }
}

/// `{"messages":[..],"nextPageToken":..,"resultSizeEstimate":..}`; an empty list is left out. The estimate is as
/// rough as Gmail's: 201 while there is more.
pub(super) fn list_answer(name: &str, items: Vec<Value>, next: Option<Value>) -> Value {
    let estimate = if next.is_some() { 201 } else { items.len() };
    let mut answer = json!({});
    if !items.is_empty() {
        answer[name] = items.into();
    }
    if let Some(token) = next {
        answer["nextPageToken"] = token;
    }
    answer["resultSizeEstimate"] = estimate.into();
    answer
}

/// `id` and `threadId`.
pub(super) fn reference(mail: &Mail) -> Value {
    json!({"id": write_id(mail.id), "threadId": write_id(mail.thread)})
}

/// `id`, `threadId` and `labelIds`, the last only if there are any.
pub(super) fn labelled(mail: &Mail) -> Value {
    let mut value = reference(mail);
    if !mail.labels.is_empty() {
        value["labelIds"] = mail.labels.iter().map(String::as_str).collect();
    }
    value
}

/// One message in the format that the call asks for.
pub(super) fn rendered(mail: &Mail, call: &Call, serving: Serving) -> Answer {
    let format = call.query("format").unwrap_or("full");
    if call.only_metadata() && matches!(format, "full" | "raw") {
        let message = format!("Metadata scope doesn't allow format {}", format.to_uppercase());
        return Err(Fault::new(403, "forbidden", message));
    }
    let payload = match (&mail.content, format) {
        (_, "minimal" | "raw") => None,
        (Content::Resource(message), "full") => Some(message["payload"].clone()),
        (Content::Resource(message), _) => Some(resource_metadata(message, &call.all("metadataHeaders"))),
        (_, "metadata") => Some(payload::metadata(&mail.parse(), &call.all("metadataHeaders"))),
        _ => Some(payload::tree(mail.id, &mail.parse(), serving)),
    };
    let mut value = labelled(mail);
    let snippet = mail.with_facts(|facts| facts.snippet.clone());
    if !snippet.is_empty() {
        value["snippet"] = snippet.into();
    }
    if let Some(payload) = payload {
        value["payload"] = payload;
    }
    value["sizeEstimate"] = mail.size().into();
    value["historyId"] = mail.history.to_string().into();
    value["internalDate"] = mail.date.to_string().into();
    if format == "raw" {
        value["raw"] = base64url::encode(&mail.raw()).into();
    }
    Ok(value)
}

fn resource_metadata(message: &Value, names: &[&str]) -> Value {
    let wanted = |header: &&Value| {
        let name = header["name"].as_str().unwrap_or_default();
        names.is_empty() || names.iter().any(|n| n.eq_ignore_ascii_case(name))
    };
    let headers = message["payload"]["headers"].as_array().into_iter().flatten().filter(wanted);
    json!({"mimeType": message["payload"]["mimeType"], "headers": headers.cloned().collect::<Value>()})
}
