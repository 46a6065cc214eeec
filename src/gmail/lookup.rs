//! Looks up a message that Gmail may have accepted. Only what is certainly the message counts: it has one of the ids
//! of the attempt, or it took the place of a draft and agrees with it in recipients, subject and date.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use serde_json::Value;

use super::{
    Gmail, read,
    recipients::raw_addresses,
    reply::header,
    send::{Delivered, OutgoingIds},
    target,
    write::{ID_HEADER, is_id},
};
use crate::{
    address::{Address, parse_header},
    characters::clean_line,
    problem::{Code, Result},
    url::segment,
};

/// The pauses before each look-up: Gmail may not find a message immediately after it was sent.
const LOOKS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(700), Duration::from_secs(2), Duration::from_secs(5)];
/// How many of the newest sent messages are searched.
const NEWEST: &str = "20";
/// What is compared of a sent message.
const HEADERS: [&str; 6] = ["Message-ID", ID_HEADER, "To", "Cc", "Bcc", "Subject"];

/// What a message shows that was sent from a draft: another program may have written it, without an id of ours.
#[derive(Clone, Debug)]
pub(crate) struct SentDraft {
    pub(crate) draft_id: String,
    recipients: BTreeSet<String>,
    subject: String,
    /// When Gmail stored the draft, in epoch milliseconds of its own clock: it was sent later.
    stored_at: Option<i64>,
}

impl SentDraft {
    pub(crate) fn new(draft_id: &str, raw: &[u8], subject: &str, stored_at: Option<i64>) -> SentDraft {
        let lists = ["to", "cc", "bcc"].into_iter().flat_map(|name| raw_addresses(raw, name));
        SentDraft {
            draft_id: draft_id.to_owned(),
            recipients: lists.map(|address| address.canonical()).collect(),
            subject: clean_line(subject),
            stored_at,
        }
    }

    fn is_before(&self, message: &Value) -> bool {
        self.stored_at.zip(read::accepted_at(message)).is_some_and(|(stored, sent)| sent >= stored)
    }

    fn is_like(&self, message: &Value) -> bool {
        let list = |name| parse_header(header(message, name));
        let recipients = ["To", "Cc", "Bcc"].into_iter().flat_map(list).map(|a: Address| a.canonical());
        !self.recipients.is_empty()
            && self.is_before(message)
            && self.recipients == recipients.collect()
            && self.subject == clean_line(&read::header(message, "Subject"))
    }
}

impl Gmail<'_> {
    /// Looks up a message that may have been sent, for several seconds.
    pub(crate) fn find_sent(&self, ids: &OutgoingIds) -> Result<Option<Delivered>> {
        self.look_up(|| {
            let found = match self.sent_by_id(ids)? {
                None => self.sent_by_header(ids)?,
                found => found,
            };
            Ok(found.as_ref().and_then(Delivered::read))
        })
    }

    /// Looks up the message of a draft that may have been sent, for several seconds.
    pub(crate) fn find_sent_draft(&self, ids: &OutgoingIds, draft: &SentDraft) -> Result<Option<Delivered>> {
        self.look_up(|| {
            let mut found = self.sent_by_id(ids)?.filter(|message| draft.is_before(message));
            if found.is_none() {
                found = self.sent_by_header(ids)?;
            }
            if found.is_none() && self.is_gone(&draft.draft_id)? {
                found = self.newest_sent()?.into_iter().find(|message| draft.is_like(message));
            }
            Ok(found.as_ref().and_then(Delivered::read))
        })
    }

    /// Looks up a draft that may have been created, for several seconds.
    pub(crate) fn find_draft(&self, ids: &OutgoingIds) -> Result<Option<Delivered>> {
        if !is_id(&ids.message_id) {
            return Ok(None);
        }
        let q = format!("rfc822msgid:{}", ids.message_id);
        self.look_up(|| {
            let list = self.get("/drafts", &[("q", &q), ("maxResults", "1")])?;
            let Some(id) = list.pointer("/drafts/0/id").and_then(Value::as_str) else { return Ok(None) };
            let draft = self.draft_resource(id, "metadata")?;
            let message = draft.get("message").unwrap_or(&Value::Null);
            let ours = id_header(message, "Message-ID") == ids.message_id
                || (is_id(&ids.lookup_id) && id_header(message, ID_HEADER) == ids.lookup_id);
            Ok(Delivered::read(&draft).filter(|_| ours))
        })
    }

    /// The ids of the messages, anywhere in the mailbox, that have one of these Message-IDs (without `<>`).
    pub(crate) fn with_message_ids(&self, ids: &[String]) -> Result<HashMap<String, String>> {
        let path = |id: &String| {
            let q = format!("rfc822msgid:{id}");
            let query =
                [("q", &*q), ("maxResults", "1"), ("includeSpamTrash", "true"), ("fields", "messages/id")];
            target("/gmail/v1/users/me/messages", &query)
        };
        let found = self.get_each(&ids.iter().map(path).collect::<Vec<_>>(), &mut self.pace())?;
        let mut known = HashMap::new();
        for (message_id, list) in ids.iter().zip(found) {
            let uid = list?.pointer("/messages/0/id").and_then(Value::as_str).map(str::to_owned);
            known.extend(uid.map(|uid| (message_id.clone(), uid)));
        }
        Ok(known)
    }

    pub(super) fn look_up(&self, look: impl Fn() -> Result<Option<Delivered>>) -> Result<Option<Delivered>> {
        let mut outcome = Ok(None);
        for pause in LOOKS {
            if !pause.is_zero() && pause >= self.http.deadline().left() {
                break;
            }
            std::thread::sleep(pause);
            outcome = look();
            let again = matches!(&outcome, Ok(None))
                || outcome.as_ref().is_err_and(|p| matches!(p.code(), Code::Temporary | Code::RateLimited));
            if !again {
                break;
            }
        }
        outcome
    }

    fn sent_by_id(&self, ids: &OutgoingIds) -> Result<Option<Value>> {
        if !is_id(&ids.message_id) {
            return Ok(None);
        }
        let q = format!("rfc822msgid:{} in:anywhere", ids.message_id);
        let list = self.get("/messages", &[("q", &q), ("maxResults", "5"), ("fields", "messages/id")])?;
        let ours = |message: &Value| id_header(message, "Message-ID") == ids.message_id;
        Ok(self.sent_among(&list)?.into_iter().find(ours))
    }

    /// It is not documented that Gmail keeps a Message-ID, so [`ID_HEADER`] is searched as well.
    fn sent_by_header(&self, ids: &OutgoingIds) -> Result<Option<Value>> {
        if !is_id(&ids.lookup_id) {
            return Ok(None);
        }
        let ours = |message: &Value| id_header(message, ID_HEADER) == ids.lookup_id;
        Ok(self.newest_sent()?.into_iter().find(ours))
    }

    fn newest_sent(&self) -> Result<Vec<Value>> {
        let query = [("labelIds", "SENT"), ("maxResults", NEWEST), ("fields", "messages/id")];
        self.sent_among(&self.get("/messages", &query)?)
    }

    /// The listed messages that were sent, with their headers.
    fn sent_among(&self, list: &Value) -> Result<Vec<Value>> {
        let mut query =
            vec![("format", "metadata"), ("fields", "id,threadId,labelIds,internalDate,payload/headers")];
        query.extend(HEADERS.map(|name| ("metadataHeaders", name)));
        let path = |id: &str| target(&format!("/gmail/v1/users/me/messages/{}", segment(id)), &query);
        let listed = list.get("messages").and_then(Value::as_array).into_iter().flatten();
        let paths: Vec<String> = listed.filter_map(|m| m.get("id")?.as_str()).map(path).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.get_each(&paths, &mut self.pace())?;
        Ok(found.into_iter().flatten().filter(is_sent).collect())
    }

    fn is_gone(&self, draft_id: &str) -> Result<bool> {
        match self.draft_uid(draft_id) {
            Ok(_) => Ok(false),
            Err(p) if p.code() == Code::NotFound => Ok(true),
            Err(p) => Err(p),
        }
    }
}

fn id_header<'a>(message: &'a Value, name: &str) -> &'a str {
    header(message, name).trim().trim_start_matches('<').trim_end_matches('>')
}

fn is_sent(message: &Value) -> bool {
    read::labels(message).iter().any(|label| label == "SENT")
}
