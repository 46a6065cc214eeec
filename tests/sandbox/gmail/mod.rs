//! Gmail API v1 for the tests: a stateful mailbox without sockets, used through `handle`. Every request is checked against
//! Google's own description of the API; one that violates it is answered with 400 and kept for the test's report.
//! Switches and faults let a story choose how this Gmail behaves.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use serde_json::{Value, json};

use crate::sandbox::{
    lock,
    wire::{Request, Response},
};

mod base64url;
mod batch;
mod call;
mod control;
mod dice;
mod drafts;
mod facts;
mod fault;
mod fields;
mod filters;
mod history;
mod labels;
mod mailbox;
mod messages;
mod mime;
mod payload;
mod quota;
mod schema;
mod search;
mod send;
mod settings;
mod store;
mod terms;
mod threads;
mod words;

pub(crate) use batch::BatchMode;
use call::Call;
use drafts::Draft;
use fault::Fault;
use labels::Labels;
use quota::{Allowance, PartLimits};
pub use schema::DISCOVERY;
use store::Store;

/// The owner of every mailbox.
pub(crate) const OWNER: &str = "ada@example.com";
/// 2026-11-20T12:00:00Z, the moment the newest message of a fresh mailbox came.
pub(crate) const BASE_TIME: i64 = 1_795_176_000_000;

/// What a method answers: JSON, `Null` for 204, or a refusal.
type Answer = Result<Value, Fault>;
/// Granted scopes of a bearer token; `None` for one that is unknown or expired.
type Scopes<'a> = &'a dyn Fn(&str) -> Option<Vec<String>>;

/// A message as it lies in the mailbox.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) thread_id: String,
    pub(crate) labels: Vec<String>,
    /// RFC 5322; empty for a message that came as a ready-made resource.
    pub(crate) raw: Vec<u8>,
}

/// A message that left the mailbox.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) thread_id: String,
    /// The sender's copy, with `Bcc` and the headers that Gmail adds.
    pub(crate) raw: Vec<u8>,
    pub(crate) labels: Vec<String>,
    /// The addresses it went to, in lower case: To, Cc, Bcc.
    pub(crate) recipients: Vec<String>,
}

/// One mailbox and its service.
#[derive(Clone)]
pub(crate) struct Gmail {
    /// What `/batch/gmail/v1` and `/batch` do.
    pub(crate) batch_mode: BatchMode,
    /// Parts of a batch come back in another order than they were asked for.
    pub(crate) shuffle_batch_parts: bool,
    /// Lists give half of `maxResults` a page, though there is more.
    pub(crate) short_pages: bool,
    /// Attachment ids differ with every fetch; the old ones stay valid.
    pub(crate) attachment_ids_change: bool,
    /// Text parts arrive in UTF-8 while their `Content-Type` keeps the sender's charset.
    pub(crate) convert_charsets: bool,
    /// Text bodies of more bytes than this are served through an `attachmentId`.
    pub(crate) inline_limit: usize,
    /// Sending replaces the Message-ID of the client.
    pub(crate) omit_message_id_on_send: bool,
    /// history.list answers 404 below this id.
    pub(crate) history_floor: u64,
    /// `Retry-After` in seconds on every 429 and 503.
    pub(crate) retry_after: Option<u64>,
    /// Each request that the API description does not allow, with the reason. A test fails if there is any.
    pub(crate) requests_not_in_schema: Vec<String>,
    /// The method ids that were called, inner calls of batches included, refused ones too.
    pub(crate) calls: Vec<String>,
    /// The number of inner calls of each batch.
    pub(crate) batches: Vec<usize>,
    /// The quota units of the calls.
    pub(crate) units: u64,
    /// Address of the account; the services set it to the owner of the token.
    pub owner: String,
    owner_name: String,
    aliases: Vec<Value>,
    filters: Vec<Value>,
    next_filter: usize,
    settings: settings::Settings,
    store: Store,
    labels: Labels,
    drafts: Vec<Draft>,
    sent: Vec<Sent>,
    attachments: HashMap<String, Vec<u8>>,
    faults: Vec<OrderedFault>,
    quota_errors: usize,
    allowance: Option<Allowance>,
    part_limits: PartLimits,
    fetches: u64,
}

/// A fault that a story asked for.
#[derive(Clone)]
struct OrderedFault {
    /// In the path or the body of a request; for a lost answer, in the method id.
    needle: String,
    fault: Fault,
    times: usize,
    /// The call is carried out, only its answer is lost.
    after: bool,
}

impl Gmail {
    /// A mailbox of about 300 messages, the same for the same seed.
    pub(crate) fn new(seed: u64) -> Gmail {
        let mut gmail = Gmail::empty(seed);
        mailbox::fill(&mut gmail, seed);
        gmail
    }

    /// What came today and yesterday, on top of the rest. `now` is in epoch milliseconds.
    pub(crate) fn fill_today(&mut self, now: i64) {
        mailbox::fill_today(self, now);
    }

    /// A copy of [`Gmail::new`] with seed 1, filled once per process: filling takes a quarter of a second.
    pub(crate) fn usual() -> Gmail {
        static FILLED: LazyLock<Mutex<Gmail>> = LazyLock::new(|| Mutex::new(Gmail::new(1)));
        lock(&FILLED).clone()
    }

    /// A mailbox without messages and user labels.
    pub(crate) fn empty(seed: u64) -> Gmail {
        Gmail {
            batch_mode: BatchMode::On,
            shuffle_batch_parts: false,
            short_pages: false,
            attachment_ids_change: true,
            convert_charsets: true,
            inline_limit: 1 << 20,
            omit_message_id_on_send: false,
            history_floor: 8_120_000,
            retry_after: None,
            requests_not_in_schema: Vec::new(),
            calls: Vec::new(),
            batches: Vec::new(),
            units: 0,
            owner: OWNER.into(),
            owner_name: "Ada Lovelace".into(),
            aliases: vec![primary_alias()],
            filters: Vec::new(),
            next_filter: 0,
            settings: settings::Settings::new(),
            store: Store::new(BASE_TIME, seed),
            labels: Labels::new(),
            drafts: Vec::new(),
            sent: Vec::new(),
            attachments: HashMap::new(),
            faults: Vec::new(),
            quota_errors: 0,
            allowance: None,
            part_limits: PartLimits::default(),
            fetches: 0,
        }
        .with_usual_aliases()
    }

    fn with_usual_aliases(mut self) -> Gmail {
        self.add_alias("ada.l@example.org", "Ada L.", true);
        self.add_alias("ada@pending.example", "Ada", false);
        self
    }

    /// Answers one request. `scopes_of` gives the scopes of a bearer token.
    pub(crate) fn handle(&mut self, request: &Request, scopes_of: Scopes) -> Response {
        if batch::is_batch(&request.path) {
            self.batch(request, scopes_of)
        } else {
            self.single(request, scopes_of)
        }
    }

    fn single(&mut self, request: &Request, scopes_of: Scopes) -> Response {
        let pretty = request.query_value("prettyPrint").as_deref() != Some("false");
        let response = match self.answer(request, scopes_of) {
            Ok(Value::Null) => Response::empty(204),
            Ok(value) => fault::render(200, &value, pretty),
            Err(fault) => fault.response(pretty),
        };
        self.with_retry_after(response)
    }

    fn with_retry_after(&self, response: Response) -> Response {
        match self.retry_after {
            Some(seconds) if matches!(response.status, 429 | 503) => {
                response.with_header("Retry-After", &seconds.to_string())
            }
            _ => response,
        }
    }

    fn answer(&mut self, request: &Request, scopes_of: Scopes) -> Answer {
        let scopes = bearer(request).and_then(scopes_of).ok_or_else(Fault::unauthenticated)?;
        let call = Call::read(request, scopes).map_err(|why| self.not_in_schema(request, &why))?;
        self.calls.push(call.method.id.clone());
        let units = quota::units(call.name());
        if self.allowance.as_mut().is_some_and(|allowance| !allowance.spend(units)) {
            return Err(Fault::ordered(403, "rateLimitExceeded"));
        }
        self.units += units;
        if !call.method.allows(&call.scopes) {
            return Err(Fault::scope_missing());
        }
        self.check_owner(&call)?;
        self.ordered_fault(request)?;
        let mask = call.mask().map_err(|mask| Fault::invalid_mask(&mask))?;
        let answer = self.dispatch(&call)?;
        if let Err(why) = schema::schema().judge_answer(call.method, &answer) {
            self.requests_not_in_schema
                .push(format!("the sandbox's own answer to {}: {why}", call.method.id));
        }
        self.lost_answer(&call)?;
        Ok(mask.apply(answer))
    }

    fn dispatch(&mut self, call: &Call) -> Answer {
        match call.name() {
            "getProfile" => self.profile(),
            "labels.list" => self.labels_list(),
            "labels.get" => self.labels_get(call),
            "labels.create" => self.labels_create(call),
            "labels.patch" | "labels.update" => self.labels_change(call),
            "labels.delete" => self.labels_delete(call),
            "messages.list" => self.messages_list(call),
            "messages.get" => self.messages_get(call),
            "messages.modify" => self.messages_modify(call),
            "messages.batchModify" => self.messages_batch_modify(call),
            "messages.trash" => self.messages_trash(call),
            "messages.untrash" => self.messages_untrash(call),
            "messages.delete" => self.messages_delete(call),
            "messages.batchDelete" => self.messages_batch_delete(call),
            "messages.send" => self.messages_send(call),
            "messages.import" => self.messages_import(call),
            "messages.insert" => self.messages_insert(call),
            "messages.attachments.get" => self.attachments_get(call),
            "threads.list" => self.threads_list(call),
            "threads.get" => self.threads_get(call),
            "threads.modify" => self.threads_modify(call),
            "threads.trash" => self.threads_trash(call),
            "threads.untrash" => self.threads_untrash(call),
            "threads.delete" => self.threads_delete(call),
            "drafts.create" => self.drafts_create(call),
            "drafts.update" => self.drafts_update(call),
            "drafts.get" => self.drafts_get(call),
            "drafts.list" => self.drafts_list(call),
            "drafts.send" => self.drafts_send(call),
            "drafts.delete" => self.drafts_delete(call),
            "history.list" => self.history_list(call),
            "settings.sendAs.list" => self.send_as_list(),
            "settings.sendAs.get" => self.send_as_get(call),
            "settings.getVacation" => self.vacation_get(),
            "settings.updateVacation" => self.vacation_update(call),
            "settings.getAutoForwarding" => self.forwarding_get(),
            "settings.forwardingAddresses.list" => self.forwarding_addresses(),
            "settings.filters.list" => self.filters_list(),
            "settings.filters.create" => self.filters_create(call),
            "settings.filters.delete" => self.filters_delete(call),
            other => Err(Fault::new(501, "notImplemented", format!("the sandbox has no {other}"))),
        }
    }

    fn profile(&mut self) -> Answer {
        Ok(json!({
            "emailAddress": self.owner,
            "messagesTotal": self.store.len(),
            "threadsTotal": self.store.thread_count(),
            "historyId": self.store.history.to_string(),
        }))
    }

    fn check_owner(&self, call: &Call) -> Result<(), Fault> {
        let user = call.path("userId");
        if user == "me" || user.eq_ignore_ascii_case(&self.owner) {
            Ok(())
        } else {
            Err(Fault::new(403, "delegationDenied", format!("Delegation denied for {}", self.owner)))
        }
    }

    fn not_in_schema(&mut self, request: &Request, why: &str) -> Fault {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        self.requests_not_in_schema.push(format!("{} {}{query}: {why}", request.method, request.path));
        Fault::bad_request(why)
    }

    fn ordered_fault(&mut self, request: &Request) -> Result<(), Fault> {
        if self.quota_errors > 0 {
            self.quota_errors -= 1;
            return Err(Fault::ordered(429, "rateLimitExceeded"));
        }
        let body = String::from_utf8_lossy(&request.body);
        let target = format!("{}?{}", request.path, request.query);
        self.strike(false, |needle| target.contains(needle) || body.contains(needle))
    }

    fn lost_answer(&mut self, call: &Call) -> Result<(), Fault> {
        let id = call.method.id.clone();
        self.strike(true, |needle| id.contains(needle))
    }

    fn strike(&mut self, after: bool, concerns: impl Fn(&str) -> bool) -> Result<(), Fault> {
        let mut waiting = self.faults.iter_mut().filter(|fault| fault.after == after && fault.times > 0);
        match waiting.find(|fault| concerns(&fault.needle)) {
            Some(fault) => {
                fault.times -= 1;
                Err(fault.fault.clone())
            }
            None => Ok(()),
        }
    }
}

/// `verificationStatus` is absent for the primary address.
fn primary_alias() -> Value {
    json!({
        "sendAsEmail": OWNER,
        "displayName": "Ada Lovelace",
        "replyToAddress": "",
        "signature": "<div dir=\"ltr\">Ada Lovelace<br>Analytical Engines Ltd</div>",
        "isPrimary": true,
        "isDefault": true,
        "treatAsAlias": false,
    })
}

pub fn bearer(request: &Request) -> Option<&str> {
    request.header("Authorization")?.strip_prefix("Bearer ")
}

/// The headers that Gmail puts above a message that it receives from another server, with the results of its checks.
pub fn received(results: &str) -> Vec<u8> {
    format!(
        "Delivered-To: {OWNER}\r\n\
         Received: by 2002:a05:6a10:1a2b:b0:5c1:2d3e:4f50 with SMTP id a1csp1;\r\n        Fri, 20 Nov 2026 12:00:01 -0800 (PST)\r\n\
         X-Google-Smtp-Source: AGHT+IE0123456789\r\n\
         X-Received: by 2002:a05:6a10:1a2b:b0:5c1:2d3e:4f50 with SMTP id a1;\r\n        Fri, 20 Nov 2026 12:00:01 -0800 (PST)\r\n\
         ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=google.com; s=arc-20240605; b=x\r\n\
         ARC-Authentication-Results: i=1; mx.google.com;\r\n       {results}\r\n\
         Return-Path: <bounce@mail.example>\r\n\
         Received: from mail.example (mail.example. [192.0.2.1])\r\n        by mx.google.com with ESMTPS id a1\r\n        \
         for <{OWNER}>\r\n        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n        \
         Fri, 20 Nov 2026 12:00:01 -0800 (PST)\r\n\
         Received-SPF: pass (google.com: domain of bounce@mail.example designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;\r\n\
         Authentication-Results: mx.google.com;\r\n       {results}\r\n"
    )
    .into_bytes()
}
