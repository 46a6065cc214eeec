//! The result of `read`: a whole message as a person sees it.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Attachment, AttachmentRow, BodyKind, Border, ReadOptions, attachments,
    body::{self, ShownBody},
    charset, counts, header, internal_date, labels,
    origin::{self, Authentication, Risk, Signs, Unsubscribe},
    part::Part,
    quoted_sender,
    quotes::{Known, Purpose, fold_quotes},
    text,
};
use crate::{
    characters,
    gmail::html::{self, OddLink, Removed},
};

/// How many characters of the body make a snippet; Gmail's own are about as long.
const SNIPPET: usize = 200;

/// A message. The members up to `body` are those of the Python skill, in its order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Message {
    pub(crate) uid: String,
    pub(crate) thread_id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) cc: String,
    pub(crate) subject: String,
    pub(crate) date: String,
    pub(crate) labels: Vec<String>,
    pub(crate) snippet: String,
    pub(crate) body: String,
    /// `text`, `html_to_text`, `html`, `raw` or `none`.
    pub(crate) body_type: String,
    pub(crate) message_id: String,
    pub(crate) in_reply_to: String,
    pub(crate) references: String,
    pub(crate) reply_to: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) bcc: String,
    /// When Google received it, RFC 3339 in UTC.
    pub(crate) internal_date: Option<String>,
    /// In bytes, as Gmail estimates it.
    pub(crate) size: Option<u64>,
    pub(crate) attachments: Vec<AttachmentRow>,
    /// How much of each kind was left out because a person would not see it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) removed: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) truncated: Option<Truncated>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) quoted_lines_folded: usize,
    /// Whether some of these lines have no quote marks, so that answers may be among them.
    #[serde(skip)]
    pub(crate) folded_unmarked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) headers: Option<Vec<HeaderRow>>,
    /// The whole message, if its bytes are not UTF-8, so that `body` cannot show them exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body_base64: Option<String>,
    /// The addresses that a reply goes to, if they are not simply the sender.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reply_goes_to: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reply_to_differs: bool,
    /// What Gmail found out about the sender, if it received the message from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authenticated: Option<Authentication>,
    /// How the message offers to leave its list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unsubscribe: Option<Unsubscribe>,
    /// What to weigh before it is believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) risk: Vec<Risk>,
    /// The links in its text that can mislead.
    #[serde(skip)]
    pub(crate) odd_links: Vec<OddLink>,
    /// The part that it is attached as, if it is a message in another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part_id: Option<String>,
    /// The members whose text the sender controls: nothing in them is an instruction.
    pub(crate) untrusted: Vec<String>,
}

/// The length of a body that was cut, in characters.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Truncated {
    pub(crate) total: usize,
    pub(crate) shown: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct HeaderRow {
    pub(crate) name: String,
    pub(crate) value: String,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Builds the message that `options` ask for from a complete resource.
pub(crate) fn message(resource: &Value, options: &ReadOptions) -> Message {
    built(resource, Shown::new(resource, options, None), options)
}

/// The same for a message of a conversation. Of its history, only the lines of older messages are folded; its own lines
/// are added to them.
pub(crate) fn message_of_thread(resource: &Value, options: &ReadOptions, older: &mut Known) -> Message {
    built(resource, Shown::new(resource, options, Some(older)), options)
}

fn built(resource: &Value, shown: Shown, options: &ReadOptions) -> Message {
    let files = attachments(resource);
    let mut border = Border { message: resource, removed: shown.removed };
    for file in &files {
        border.removed.add(file.removed);
    }
    let headers = options.headers.then(|| headers(&mut border));
    let snippet = shown.body.snippet();
    let mut header = |name: &str| border.header(name);
    let mut message = Message {
        uid: text(resource, "id"),
        thread_id: text(resource, "threadId"),
        from: quoted_sender(header("from")),
        to: header("to"),
        cc: header("cc"),
        subject: header("subject"),
        date: header("date"),
        labels: labels(resource),
        snippet,
        body: shown.body.text,
        body_type: shown.body.kind.to_owned(),
        message_id: header("message-id"),
        in_reply_to: header("in-reply-to"),
        references: header("references"),
        reply_to: header("reply-to"),
        bcc: header("bcc"),
        internal_date: internal_date(resource),
        size: resource["sizeEstimate"].as_u64(),
        attachments: files.iter().map(Attachment::row).collect(),
        removed: Map::new(),
        truncated: shown.truncated,
        quoted_lines_folded: shown.folded,
        folded_unmarked: shown.unmarked,
        headers,
        body_base64: shown.exact,
        reply_goes_to: Vec::new(),
        reply_to_differs: false,
        authenticated: None,
        unsubscribe: None,
        risk: Vec::new(),
        odd_links: shown.body.links,
        part_id: None,
        untrusted: Vec::new(),
    };
    message.removed = counts(border.removed);
    message.untrusted = message.untrusted();
    message
}

impl Message {
    /// Says that a reply goes to these addresses, if there are any, and not simply to the sender.
    pub(crate) fn reply_goes_to(mut self, addresses: Vec<String>) -> Message {
        if !addresses.is_empty() {
            self.untrusted.push("reply_goes_to".to_owned());
        }
        Message { reply_to_differs: !addresses.is_empty(), reply_goes_to: addresses, ..self }
    }

    /// Adds what Gmail found out about the sender, and how to leave the list. Not for a message that is attached to
    /// another one: its headers are all the sender's.
    pub(crate) fn with_origin(mut self, resource: &Value) -> Message {
        let own = self.labels.iter().any(|label| matches!(label.as_str(), "SENT" | "DRAFT"));
        if own {
            return self;
        }
        let (authenticated, unsubscribe) = origin::of(resource);
        if unsubscribe.is_some() {
            self.untrusted.push("unsubscribe".to_owned());
        }
        let delivered_to = header::clean(Part::payload(resource).header("Delivered-To").unwrap_or_default());
        let signs = Signs {
            from: &self.from,
            reply_to: &self.reply_to,
            delivered_to: &delivered_to,
            authentication: authenticated.as_ref(),
            links: &self.odd_links,
        };
        let risk = origin::risks(&signs);
        Message { authenticated, unsubscribe, ..self }.with_risks(risk)
    }

    /// Adds what else is to be weighed.
    pub(crate) fn with_risks(mut self, risks: Vec<Risk>) -> Message {
        if self.risk.is_empty() && !risks.is_empty() {
            // It repeats what the sender wrote.
            self.untrusted.push("risk".to_owned());
        }
        self.risk.extend(risks);
        self
    }

    fn untrusted(&self) -> Vec<String> {
        let texts = [
            ("from", &self.from),
            ("to", &self.to),
            ("cc", &self.cc),
            ("subject", &self.subject),
            ("date", &self.date),
            ("snippet", &self.snippet),
            ("body", &self.body),
            ("message_id", &self.message_id),
            ("in_reply_to", &self.in_reply_to),
            ("references", &self.references),
            ("reply_to", &self.reply_to),
            ("bcc", &self.bcc),
        ];
        let lists = [
            ("attachments", self.attachments.is_empty()),
            ("headers", self.headers.as_ref().is_none_or(Vec::is_empty)),
            ("body_base64", self.body_base64.is_none()),
        ];
        let members = texts.into_iter().map(|(name, text)| (name, text.is_empty())).chain(lists);
        members.filter(|(_, empty)| !empty).map(|(name, _)| name.to_owned()).collect()
    }
}

fn headers(border: &mut Border<'_>) -> Vec<HeaderRow> {
    let headers = Part::payload(border.message).headers();
    let mut clean = |text: &str| header::counted(text, &mut border.removed);
    headers.map(|(name, value)| HeaderRow { name: clean(name), value: clean(value) }).collect()
}

/// The body as the options ask for it, and what was left out of it.
struct Shown {
    body: ShownBody,
    removed: Removed,
    folded: usize,
    unmarked: bool,
    truncated: Option<Truncated>,
    /// The raw message in base64, if `body` cannot show it exactly.
    exact: Option<String>,
}

impl Shown {
    fn new(resource: &Value, options: &ReadOptions, older: Option<&mut Known>) -> Shown {
        let mut exact = None;
        let mut body = match options.body {
            BodyKind::None => ShownBody::new("none", String::new()),
            BodyKind::Raw => {
                let bytes = charset::base64(resource["raw"].as_str().unwrap_or_default());
                let text = String::from_utf8_lossy(&bytes);
                exact = matches!(text, Cow::Owned(_)).then(|| BASE64_STANDARD.encode(&bytes));
                ShownBody::new("raw", text.into_owned())
            }
            kind => body::body(Part::payload(resource), kind),
        };
        let removed = body.removed;
        let (mut folded, mut unmarked) = (0, false);
        if matches!(body.kind, "text" | "html_to_text") {
            let result =
                (!options.quotes).then(|| fold_quotes(&body.text, purpose(resource), older.as_deref()));
            if let Some(older) = older {
                older.add(&body.text);
            }
            if let Some(result) = result {
                (body.text, folded, unmarked) = (result.text, result.lines, result.unmarked);
            }
        }
        let truncated = options.max_body.and_then(|most| cut(&mut body.text, most));
        let exact = exact.filter(|_| truncated.is_none());
        Shown { body, removed, folded, unmarked, truncated, exact }
    }
}

/// Why a message repeats an older one, if it does.
fn purpose(resource: &Value) -> Purpose {
    let answers = ["in-reply-to", "references"].iter().any(|name| !header(resource, name).is_empty());
    Purpose::of(&header(resource, "subject"), answers)
}

impl ShownBody {
    /// The beginning of the text that a person sees, on one line. Gmail's own snippets repeat hidden text. The text is
    /// clean already: what the cut leaves of a sequence of characters is dropped without being counted.
    fn snippet(&self) -> String {
        let text = match self.kind {
            "text" | "html_to_text" => Cow::Borrowed(self.text.as_str()),
            "html" => Cow::Owned(html::to_text(&self.text).text),
            _ => Cow::Borrowed(""),
        };
        let start: String = text.chars().take(SNIPPET).collect();
        characters::clean_line(&start)
    }
}

/// Cuts a text after `most` characters, or at a line end shortly before.
pub(super) fn cut(text: &mut String, most: usize) -> Option<Truncated> {
    let (end, _) = text.char_indices().nth(most)?;
    let total = text.chars().count();
    let line_end = text[..end].rfind('\n').map(|at| at + 1);
    let end = line_end.filter(|at| *at >= end - end / 5).unwrap_or(end);
    text.truncate(end);
    Some(Truncated { total, shown: text.chars().count() })
}
