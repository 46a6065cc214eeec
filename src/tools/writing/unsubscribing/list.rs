//! The mailing lists of messages, and how each can be left.

use serde_json::Value;
use url::Url;

use super::Left;
use crate::{
    address::parse_header,
    gmail::read::{
        self,
        origin::{ListExit, Origin, is_public},
    },
    http::not_public,
    phrase::phrase,
    policy::Policy,
    problem::{Code, Problem, Result},
    spec::{ONE_CLICK, ToolId},
    spelling::{command, name, set},
};

/// A mailing list: the messages of one sender with one List-Id.
pub(super) struct List {
    key: (String, String),
    /// Newest first; the newest one says how to leave.
    uids: Vec<String>,
    resource: Value,
    origin: Origin,
}

/// What leaves a list.
pub(super) enum Step {
    Write(ListExit),
    Request(Url),
}

/// The lists of some messages, newest first, and the messages that cannot be read.
#[derive(Default)]
pub(super) struct Sorted {
    pub(super) lists: Vec<List>,
    pub(super) failed: Vec<(String, Problem)>,
}

/// Sorts these messages, whose headers are given.
pub(super) fn lists(ids: &[String], heads: Vec<Result<Value>>) -> Result<Sorted> {
    let (mut messages, mut failed) = (Vec::new(), Vec::new());
    for (id, head) in ids.iter().zip(heads) {
        match head {
            Ok(resource) => messages.push((id.clone(), resource)),
            Err(problem) if problem.code() == Code::TokenRefused => return Err(problem),
            Err(problem) => failed.push((id.clone(), problem)),
        }
    }
    messages.sort_by_key(|(_, resource)| std::cmp::Reverse(read::accepted_at(resource)));
    let mut lists: Vec<List> = Vec::new();
    for (id, resource) in messages {
        let origin = Origin::of(&resource);
        let sender = parse_header(&origin.from).pop().map_or_else(|| origin.from.clone(), |a| a.canonical());
        let key = (sender, origin.list.clone());
        match lists.iter_mut().find(|list| list.key == key) {
            Some(list) => list.uids.push(id),
            None => lists.push(List { key, uids: vec![id], resource, origin }),
        }
    }
    Ok(Sorted { lists, failed })
}

impl List {
    /// The id of its newest message.
    pub(super) fn newest(&self) -> &str {
        self.uids.first().map(String::as_str).unwrap_or_default()
    }

    /// Whether its messages say how to leave it.
    pub(super) fn is_list(&self) -> bool {
        self.origin.unsubscribe.is_some()
    }

    pub(super) fn into_uids(self) -> Vec<String> {
        self.uids
    }

    pub(super) fn resource(&self) -> &Value {
        &self.resource
    }

    /// How it is left. An error if that is not possible or not allowed.
    pub(super) fn step(&self, one_click: bool, policy: &Policy) -> Result<Step> {
        let step = if one_click { self.request(policy) } else { self.mail(policy) };
        step.map_err(|problem| problem.detail("id", self.newest()))
    }

    /// Refuses messages to which any answer does harm.
    fn check(&self) -> Result<()> {
        let newest = self.newest();
        if self.origin.is_spam {
            return Err(Problem::new(
                Code::Unconfirmed,
                format!("message {newest} is in spam: leaving its list tells the sender that you exist"),
            )
            .hint(phrase![
                "If it is not spam, take it out with ",
                command(ToolId::UnspamMessage),
                " first."
            ]));
        }
        if self.origin.authentication.as_ref().is_some_and(|found| found.is_refuted()) {
            return Err(Problem::new(
                Code::NotAuthenticated,
                format!("message {newest} is not from {}, as it says", self.origin.from),
            )
            .hint("Do not answer it: tell the user that its sender is forged, or mark it as spam."));
        }
        Ok(())
    }

    fn mail(&self, policy: &Policy) -> Result<Step> {
        self.check()?;
        let offer = self.origin.unsubscribe.as_ref().ok_or_else(|| self.no_offer())?;
        let Some(mailto) = &offer.mailto else {
            let problem =
                Problem::not_found(format!("the list of message {} is not left by mail", self.newest()));
            let hint = if offer.one_click {
                phrase!["Look at its web address, then leave with ", set(&ONE_CLICK), "."]
            } else {
                phrase!["Show the user the address in unsubscribe of the message; do not open it."]
            };
            return Err(problem.hint(hint));
        };
        let exit = ListExit::parse(mailto).map_err(|why| {
            Problem::new(Code::Failed, format!("the mail address of the list is not used: {why}"))
                .hint("Show the user the address in unsubscribe of the message.")
        })?;
        policy.check_recipients(std::slice::from_ref(&exit.to))?;
        Ok(Step::Write(exit))
    }

    fn request(&self, policy: &Policy) -> Result<Step> {
        self.check()?;
        let offer = self.origin.unsubscribe.as_ref().ok_or_else(|| self.no_offer())?;
        if policy.restricts_recipients() {
            let what =
                "the policy restricts who may be written to, and a web address cannot be compared with that";
            return Err(Problem::new(Code::PolicyRefused, what).hint(phrase![
                "Leave the list by mail, without ",
                name(&ONE_CLICK),
                "."
            ]));
        }
        if !offer.one_click {
            let (code, what) = if self.origin.promises_one_click && offer.url.is_some() {
                (Code::NotAuthenticated, "is not signed by its sender")
            } else {
                (Code::NotFound, "is not offered")
            };
            let message = format!("leaving the list of message {} by one request {what}", self.newest());
            return Err(Problem::new(code, message).hint(phrase![
                "Leave the list by mail, without ",
                name(&ONE_CLICK),
                "."
            ]));
        }
        let url = offer.url.as_deref().and_then(|url| Url::parse(url).ok());
        let url = url.ok_or_else(|| self.no_offer())?;
        if !is_public(&url) {
            return Err(not_public(url.host_str().unwrap_or_default()));
        }
        Ok(Step::Request(url))
    }

    fn no_offer(&self) -> Problem {
        Problem::not_found(format!("message {} does not say how to leave a mailing list", self.newest()))
            .hint("Look for a link in its text, and show it to the user; or let a filter sort such mail.")
    }

    /// What would be done.
    pub(super) fn row(&self, step: &Step) -> Left {
        let mut row = Left {
            uids: self.uids.clone(),
            from: self.origin.from.clone(),
            list: self.origin.list.clone(),
            status: "dry_run".to_owned(),
            ..Left::default()
        };
        match step {
            Step::Write(exit) => {
                row.to = Some(exit.to.email());
                row.subject = Some(exit.subject.clone());
                row.text = Some(exit.text.clone()).filter(|text| !text.is_empty());
            }
            Step::Request(url) => row.url = Some(url.to_string()),
        }
        let written = [
            ("from", !row.from.is_empty()),
            ("list", !row.list.is_empty()),
            ("to", row.to.is_some()),
            ("subject", row.subject.is_some()),
            ("text", row.text.is_some()),
            ("url", row.url.is_some()),
        ];
        let written = written.into_iter().filter(|(_, is_there)| *is_there);
        row.untrusted = written.map(|(name, _)| name.to_owned()).collect();
        row
    }
}
