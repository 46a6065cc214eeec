//! Settings beside filters and aliases: the vacation responder, and forwarding.

use serde_json::{Value, json};

use super::{Answer, Call, Gmail, fault::Fault};

/// Forwarding and the responder of a mailbox, as Google returns them.
#[derive(Clone)]
pub(super) struct Settings {
    vacation: Value,
    forwarding: Value,
    forwarding_addresses: Vec<Value>,
}

impl Settings {
    pub(super) fn new() -> Settings {
        Settings {
            vacation: json!({"enableAutoReply": false}),
            forwarding: json!({"enabled": false}),
            forwarding_addresses: Vec::new(),
        }
    }
}

impl Gmail {
    /// The user forwards all mail to an address that has agreed to it.
    pub(crate) fn forward_all(&mut self, address: &str) {
        let status = "accepted";
        self.settings
            .forwarding_addresses
            .push(json!({"forwardingEmail": address, "verificationStatus": status}));
        self.settings.forwarding =
            json!({"enabled": true, "emailAddress": address, "disposition": "archive"});
    }

    /// The responder as Gmail stores it.
    pub(crate) fn responder(&self) -> &Value {
        &self.settings.vacation
    }

    /// What the user has written in Gmail's settings.
    pub(crate) fn set_responder(&mut self, vacation: Value) {
        self.settings.vacation = vacation;
    }

    pub(super) fn vacation_get(&self) -> Answer {
        Ok(self.settings.vacation.clone())
    }

    pub(super) fn vacation_update(&mut self, call: &Call) -> Answer {
        let time = |name: &str| call.body[name].as_str().and_then(|time| time.parse::<i64>().ok());
        if time("startTime").zip(time("endTime")).is_some_and(|(start, end)| start >= end) {
            return Err(Fault::invalid("The start time must be before the end time"));
        }
        self.settings.vacation = call.body.clone();
        Ok(self.settings.vacation.clone())
    }

    pub(super) fn forwarding_get(&self) -> Answer {
        Ok(self.settings.forwarding.clone())
    }

    pub(super) fn forwarding_addresses(&self) -> Answer {
        let addresses = &self.settings.forwarding_addresses;
        Ok(if addresses.is_empty() { json!({}) } else { json!({"forwardingAddresses": addresses}) })
    }
}
