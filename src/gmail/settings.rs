//! Settings of the mailbox beside its filters: the addresses to send from, forwarding, and the vacation responder.
//!
//! <https://developers.google.com/workspace/gmail/api/guides/vacation_settings>,
//! <https://developers.google.com/workspace/gmail/api/guides/alias_and_signature_settings>.

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Gmail, MAILBOX, html, incomplete, permitted, target};
use crate::{clock, problem::Result};

const SETTINGS: &str = "/gmail/v1/users/me/settings";

/// An address that mail can be sent from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Alias {
    pub(crate) address: String,
    pub(crate) name: String,
    /// Whether new mail comes from it.
    pub(crate) default: bool,
    pub(crate) primary: bool,
    /// Whether Gmail lets mail be sent from it.
    pub(crate) verified: bool,
    /// Where its replies go, if that is another address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<String>,
    /// As text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<String>,
}

/// What is forwarded, and which addresses could be forwarded to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Forwarding {
    /// Whether all mail is forwarded.
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// What becomes of forwarded mail in the mailbox: `keep`, `archive`, `trash` or `mark_read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<String>,
    pub(crate) addresses: Vec<ForwardingAddress>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct ForwardingAddress {
    pub(crate) address: String,
    pub(crate) verified: bool,
}

/// The vacation responder.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Vacation {
    pub(crate) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// Its text: what is sent, if there is no HTML, or else the text of the HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) html_body: Option<String>,
    /// RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) starts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ends: Option<String>,
    /// The days of the user's time zone on which there are replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_day: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) contacts_only: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) domain_only: bool,
    /// For a person: whether Gmail has it.
    #[serde(skip)]
    pub(crate) is_stored: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What is changed of the vacation responder; the rest stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct VacationChange {
    pub(crate) enabled: bool,
    pub(crate) subject: Option<String>,
    /// Text or HTML, in place of either.
    pub(crate) body: Option<String>,
    pub(crate) html_body: Option<String>,
    /// When it starts and ends, in epoch milliseconds; `None` for at once and for no end.
    pub(crate) period: Option<(Option<i64>, Option<i64>)>,
    pub(crate) contacts_only: Option<bool>,
    pub(crate) domain_only: Option<bool>,
}

/// The responder as Gmail stores it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredVacation(Map<String, Value>);

impl StoredVacation {
    pub(crate) fn has_text(&self) -> bool {
        ["responseSubject", "responseBodyPlainText", "responseBodyHtml"]
            .iter()
            .any(|name| self.text(name).is_some())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    /// As people read it.
    pub(crate) fn shown(&self) -> Vacation {
        let flag = |name: &str| self.0.get(name).and_then(Value::as_bool).unwrap_or_default();
        let time =
            |name: &str| -> Option<i64> { self.0.get(name)?.as_str()?.parse().ok().filter(|time| *time > 0) };
        let told = |name: &str| time(name).map(|time| clock::rfc3339(time as f64 / 1000.0));
        let day = |milliseconds: i64| {
            let time = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
            Some(TimeZone::system().to_datetime(time).date().to_string())
        };
        let html_body = self.text("responseBodyHtml");
        let body = html_body
            .as_ref()
            .map(|html| html::to_text(html).text)
            .or_else(|| self.text("responseBodyPlainText"));
        Vacation {
            enabled: flag("enableAutoReply"),
            subject: self.text("responseSubject"),
            body,
            html_body,
            starts: told("startTime"),
            ends: told("endTime"),
            first_day: time("startTime").and_then(day),
            // It ends when the next day begins.
            last_day: time("endTime").and_then(|time| day(time - 1)),
            contacts_only: flag("restrictToContacts"),
            domain_only: flag("restrictToDomain"),
            is_stored: true,
        }
    }

    /// With a change. Gmail prefers HTML to text, so that one replaces the other.
    pub(crate) fn changed(&self, change: &VacationChange) -> StoredVacation {
        let mut stored = self.0.clone();
        let mut set = |name: &str, value: Option<Value>| match value {
            Some(value) => drop(stored.insert(name.to_owned(), value)),
            None => drop(stored.shift_remove(name)),
        };
        set("enableAutoReply", Some(change.enabled.into()));
        if let Some(subject) = &change.subject {
            set("responseSubject", Some(json!(subject)));
        }
        if change.body.is_some() || change.html_body.is_some() {
            set("responseBodyPlainText", change.body.as_ref().map(|text| json!(text)));
            set("responseBodyHtml", change.html_body.as_ref().map(|html| json!(html)));
        }
        if let Some((starts, ends)) = change.period {
            // Gmail writes numbers of 64 bits as text.
            set("startTime", starts.map(|time| json!(time.to_string())));
            set("endTime", ends.map(|time| json!(time.to_string())));
        }
        for (name, value) in
            [("restrictToContacts", change.contacts_only), ("restrictToDomain", change.domain_only)]
        {
            if let Some(value) = value {
                set(name, Some(value.into()));
            }
        }
        StoredVacation(stored)
    }
}

impl Gmail<'_> {
    /// Every address of the account, verified or not.
    pub(crate) fn aliases(&self) -> Result<Vec<Alias>> {
        let list = self.get("/settings/sendAs", &[])?;
        let list = list.get("sendAs").and_then(Value::as_array).ok_or_else(incomplete)?;
        list.iter().map(|found| alias(found).ok_or_else(incomplete)).collect()
    }

    pub(crate) fn forwarding(&self) -> Result<Forwarding> {
        let paths =
            ["autoForwarding", "forwardingAddresses"].map(|name| target(&format!("{SETTINGS}/{name}"), &[]));
        let mut answers = self.get_each(&paths, &mut self.pace())?.into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err(incomplete()));
        let (automatic, known) = (next()?, next()?);
        let kept = match automatic["disposition"].as_str() {
            Some("leaveInInbox") => Some("keep"),
            Some("archive") => Some("archive"),
            Some("trash") => Some("trash"),
            Some("markRead") => Some("mark_read"),
            _ => None,
        };
        let address = |found: &Value| {
            let address = found["forwardingEmail"].as_str()?.to_owned();
            Some(ForwardingAddress { address, verified: found["verificationStatus"] == "accepted" })
        };
        let addresses = known["forwardingAddresses"].as_array().into_iter().flatten();
        Ok(Forwarding {
            enabled: automatic["enabled"].as_bool().unwrap_or_default(),
            address: automatic["emailAddress"].as_str().filter(|a| !a.is_empty()).map(str::to_owned),
            kept: kept.map(str::to_owned),
            addresses: addresses.map(|found| address(found).ok_or_else(incomplete)).collect::<Result<_>>()?,
        })
    }

    pub(crate) fn vacation(&self) -> Result<StoredVacation> {
        match self.get("/settings/vacation", &[])? {
            Value::Object(members) => Ok(StoredVacation(members)),
            _ => Err(incomplete()),
        }
    }

    /// Replaces the whole responder; the answer has what Gmail made of it.
    pub(crate) fn set_vacation(&self, vacation: &StoredVacation) -> Result<StoredVacation> {
        let url = format!("{MAILBOX}{}", target("/settings/vacation", &[]));
        match self.json("PUT", &url, Some(&Value::Object(vacation.0.clone()))).map_err(permitted)? {
            Value::Object(members) => Ok(StoredVacation(members)),
            _ => Err(incomplete()),
        }
    }
}

fn alias(value: &Value) -> Option<Alias> {
    let text = |name: &str| value[name].as_str().filter(|text| !text.trim().is_empty());
    let signature = text("signature").map(|html| html::to_text(html).text).filter(|text| !text.is_empty());
    let primary = value["isPrimary"] == true;
    Some(Alias {
        address: text("sendAsEmail")?.to_owned(),
        name: text("displayName").unwrap_or_default().to_owned(),
        default: value["isDefault"] == true,
        primary,
        // The primary address and those that an administrator manages have no status.
        verified: text("verificationStatus").is_none_or(|status| status == "accepted"),
        reply_to: text("replyToAddress").map(str::to_owned),
        signature,
    })
}
