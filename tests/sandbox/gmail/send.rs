//! Messages on their way out and in: messages.send, import and insert, the sender's addresses, and the headers
//! that Gmail adds or replaces.

use serde_json::{Value, json};

use super::facts::Facts;
use super::fault::Fault;
use super::messages::{labelled, parse_id, write_id};
use super::mime::{self, Part};
use super::store::{Content, Delivery};
use super::{Answer, Call, Gmail, Sent, base64url, words};

const RAW_MISSING: &str =
    "'raw' RFC822 payload message string or uploading message via /upload/* URL required";

/// The message of a call: uploaded, or `raw` of the JSON.
pub(super) fn raw_of(call: &Call, message: &Value) -> Result<Vec<u8>, Fault> {
    match (&call.media, message["raw"].as_str()) {
        (Some(media), _) => Ok(media.clone()),
        (None, Some(raw)) if !raw.is_empty() => {
            base64url::decode(raw).ok_or_else(|| Fault::invalid(RAW_MISSING))
        }
        _ => Err(Fault::invalid(RAW_MISSING)),
    }
}

impl Gmail {
    pub(super) fn messages_send(&mut self, call: &Call) -> Answer {
        let raw = raw_of(call, &call.body)?;
        let thread = self.thread_for(&raw, call.body["threadId"].as_str())?;
        self.transmit(raw, thread)
    }

    /// The asked-for thread, if the message fits into it as the guide requires: it names an ancestor of the thread and
    /// has its subject. Otherwise it begins a thread of its own.
    pub(super) fn thread_for(&self, raw: &[u8], asked: Option<&str>) -> Result<Option<u64>, Fault> {
        let Some(asked) = asked else { return Ok(None) };
        let id = parse_id(asked)?;
        let mails = self.store.thread(id);
        if mails.is_empty() {
            return Err(Fault::not_found());
        }
        let facts = Facts::of(&Part::parse(raw));
        let ancestors = facts.ancestors();
        let subject = words::base_subject(facts.subject());
        let answers = mails.iter().any(|mail| {
            mail.with_facts(|known| {
                known.message_id().is_some_and(|id| ancestors.contains(&id))
                    && words::base_subject(known.subject()) == subject
            })
        });
        Ok(answers.then_some(id))
    }

    /// Sends: recipients come from the headers, the copy lands in SENT, and in the inbox too if it is for oneself.
    pub(super) fn transmit(&mut self, raw: Vec<u8>, thread: Option<u64>) -> Answer {
        let recipients = check_recipients(&Part::parse(&raw))?;
        let raw = self.with_usual_headers(raw);
        let mut labels: Vec<String> = vec!["SENT".into()];
        if recipients.iter().any(|address| self.is_own(address)) {
            labels.extend(["UNREAD".into(), "INBOX".into()]);
        }
        let content = Content::Raw(raw.clone().into());
        let id = self.store.deliver(Delivery { content, labels, date: None, thread, alone: true });
        let mail = self.store.get(id).ok_or_else(Fault::not_found)?;
        let answer = labelled(mail);
        let labels = mail.labels.clone();
        self.sent.push(Sent { id: write_id(id), thread_id: write_id(mail.thread), raw, labels, recipients });
        Ok(answer)
    }

    pub(super) fn messages_import(&mut self, call: &Call) -> Answer {
        self.store_incoming(call, "dateHeader")
    }

    pub(super) fn messages_insert(&mut self, call: &Call) -> Answer {
        self.store_incoming(call, "receivedTime")
    }

    fn store_incoming(&mut self, call: &Call, default_source: &str) -> Answer {
        let raw = raw_of(call, &call.body)?;
        let named = call.body["labelIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let labels: Vec<String> = named.map(String::from).collect();
        if let Some(unknown) = labels.iter().find(|id| self.labels.by_id(id).is_none()) {
            return Err(Fault::invalid(format!("Invalid label: {unknown}")));
        }
        let thread = match call.body["threadId"].as_str() {
            None => None,
            asked => self.thread_for(&raw, asked)?,
        };
        let by_header = call.query("internalDateSource").unwrap_or(default_source) == "dateHeader";
        let date = by_header.then(|| date_header(&Part::parse(&raw))).flatten();
        let content = Content::Raw(raw.into());
        let id = self.store.deliver(Delivery { content, labels, date, thread, alone: false });
        self.reference_of(id)
    }

    /// `From` of an accepted address stays, anything else becomes the primary address; Date and Message-ID are added
    /// where missing, and the Message-ID is replaced if the switch says so.
    pub(super) fn with_usual_headers(&mut self, raw: Vec<u8>) -> Vec<u8> {
        let part = Part::parse(&raw);
        let from = words::addresses(part.header("From").unwrap_or_default());
        let mut head = Head::parse(&raw);
        if from.len() != 1 || !self.is_own(&from[0]) {
            let sender = format!("{} <{}>", self.owner_name, self.owner);
            head.set("From", &sender);
        }
        if part.header("Date").is_none() {
            head.set("Date", &rfc2822(self.store.now));
        }
        if part.header("Message-ID").is_none() || self.omit_message_id_on_send {
            let fresh = format!("<CA+{:016x}@mail.gmail.com>", self.store.dice().next());
            if let Some(original) = part.header("Message-ID") {
                head.set("X-Google-Original-Message-ID", original);
            }
            head.set("Message-ID", &fresh);
        }
        head.bytes()
    }

    /// The primary address or an alias that is not pending.
    fn is_own(&self, address: &str) -> bool {
        self.aliases.iter().any(|alias| {
            let accepted = alias["isPrimary"] == true || alias["verificationStatus"] != "pending";
            accepted && alias["sendAsEmail"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(address))
        })
    }

    pub(super) fn send_as_list(&mut self) -> Answer {
        Ok(json!({"sendAs": self.aliases}))
    }

    pub(super) fn send_as_get(&mut self, call: &Call) -> Answer {
        let asked = call.path("sendAsEmail");
        let alias = self.aliases.iter().find(|alias| {
            alias["sendAsEmail"].as_str().is_some_and(|address| address.eq_ignore_ascii_case(asked))
        });
        alias.cloned().ok_or_else(Fault::not_found)
    }
}

fn check_recipients(part: &Part) -> Result<Vec<String>, Fault> {
    let mut all = Vec::new();
    for name in ["To", "Cc", "Bcc"] {
        let addresses: Vec<String> = part.header_values(name).flat_map(words::addresses).collect();
        let good = |address: &String| {
            address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
                && !address.contains(char::is_whitespace)
        };
        if !addresses.iter().all(good) {
            return Err(Fault::invalid(format!("Invalid {name} header")));
        }
        all.extend(addresses);
    }
    if all.is_empty() { Err(Fault::invalid("Recipient address required")) } else { Ok(all) }
}

fn date_header(part: &Part) -> Option<i64> {
    let zoned = jiff::fmt::rfc2822::parse(part.header("Date")?).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// A `Date` header in UTC.
pub(super) fn rfc2822(millisecond: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millisecond).expect("the mailbox's clock is in range");
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The head of a message for editing; what is not touched stays byte for byte.
struct Head<'a> {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    body: &'a [u8],
}

impl Head<'_> {
    fn parse(raw: &[u8]) -> Head<'_> {
        let (head, body) = mime::split_head(raw);
        Head { fields: mime::raw_headers(head), body }
    }

    fn set(&mut self, name: &str, value: &str) {
        let line = format!(" {value}\r\n").into_bytes();
        match self.fields.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())) {
            Some((_, known)) => *known = line,
            None => self.fields.insert(0, (name.as_bytes().to_vec(), line)),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            out.extend_from_slice(name);
            out.push(b':');
            out.extend_from_slice(value);
            if !value.ends_with(b"\n") {
                out.extend_from_slice(b"\r\n");
            }
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(self.body);
        out
    }
}
