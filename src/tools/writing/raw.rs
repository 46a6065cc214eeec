//! A message that is complete as given (RFC 5322), and is sent or stored as a draft byte for byte.

use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        arguments::Arguments,
        outcome::{Preview, Sent},
    },
    Journal, Writing, confirmed, sender,
};
use crate::{
    address::Address,
    digest,
    disk::{self, FileAccess},
    gmail::{
        Gmail,
        enclosure::{MAX_MESSAGE, too_large},
        recipients::{addressed, check_head, raw_addresses, raw_id},
        send::{OutgoingIds, Purpose, Sender},
        write::{Layout, Recipients, no_recipient},
    },
    input,
    phrase::phrase,
    policy::Policy,
    problem::{Problem, Result},
    spec::RAW,
    spelling::name,
};

/// The parameters that do not describe a message.
const BESIDE: [&str; 5] = ["raw", "draft", "or_draft", "dry_run", "idempotency_key"];

#[derive(Debug)]
pub(super) struct RawMessage {
    bytes: Vec<u8>,
    from: Vec<Address>,
    recipients: Recipients,
    /// Without `<>`.
    message_id: Option<String>,
}

#[derive(Deserialize)]
struct RawArguments {
    raw: Option<String>,
}

impl RawMessage {
    /// Reads the file, if one is given.
    pub(super) fn read(arguments: &Arguments, files: &FileAccess) -> Result<Option<RawMessage>> {
        let RawArguments { raw } = arguments.read()?;
        let Some(path) = raw else { return Ok(None) };
        // A switch that is off does not describe a message either.
        let given = arguments.values().iter().filter(|(_, value)| **value != false);
        if let Some(other) = given.map(|(name, _)| name).find(|name| !BESIDE.contains(&name.as_str())) {
            let message = phrase![name(&RAW), format!(": cannot be combined with {other}")];
            return Err(Problem::usage(message)
                .hint("Change the file, or give all parts of the message as parameters."));
        }
        let bytes = match path.as_str() {
            "-" => input::bytes()?,
            path => disk::read_up_to(files.open(path, &RAW)?, MAX_MESSAGE)
                .map_err(|e| unusable(path, &e.to_string()))?,
        };
        if bytes.len() as u64 > MAX_MESSAGE {
            return Err(too_large("the message", bytes.len() as u64));
        }
        check_head(&bytes).map_err(|why| unusable(&path, &why))?;
        let list = |name: &str| raw_addresses(&bytes, name);
        let emails = |name: &str| list(name).iter().map(Address::email).collect();
        let recipients = Recipients { to: emails("To"), cc: emails("Cc"), bcc: emails("Bcc") };
        let (from, message_id) = (list("From"), raw_id(&bytes, "Message-ID"));
        Ok(Some(RawMessage { bytes, from, recipients, message_id }))
    }

    /// Checks what can be checked without a request.
    pub(super) fn check(&self, purpose: &Purpose, policy: &Policy) -> Result<()> {
        if self.from.len() > 1 {
            return Err(Problem::usage("the message has several senders")
                .hint("Keep one address in its From header."));
        }
        if *purpose != Purpose::Send {
            return Ok(());
        }
        let Recipients { to, cc, bcc } = &self.recipients;
        if to.is_empty() && cc.is_empty() && bcc.is_empty() {
            return Err(no_recipient().hint("Add a To, Cc or Bcc header to it."));
        }
        if policy.restricts_recipients() {
            policy.check_recipients(&addressed(&self.bytes)?)?;
        }
        Ok(())
    }

    pub(super) fn check_sender(&self, senders: &[Sender]) -> Result<()> {
        match self.from.first() {
            Some(from) => sender(Some(from.clone()), senders, None).map(drop),
            None => Ok(()),
        }
    }

    pub(super) fn preview(&self) -> Preview {
        Preview {
            status: "dry_run".to_owned(),
            raw: String::from_utf8_lossy(&self.bytes).into_owned(),
            recipients: self.recipients.clone(),
            reply_goes_to: Vec::new(),
            reply_to_differs: false,
        }
    }

    pub(super) fn fingerprint(&self, arguments: &Arguments) -> Result<String> {
        let unreadable = |e| unusable("stdin", &format!("{e}"));
        let content = digest::of_reader(self.bytes.as_slice()).map_err(unreadable)?;
        Ok(digest::hex(&json!([arguments.tool.name, content]).to_string()))
    }

    /// The ids by which this attempt is found again: none if the mailbox has a message with them already.
    fn ids(&self, gmail: &Gmail<'_>) -> Result<OutgoingIds> {
        let mut ids = OutgoingIds { message_id: String::new(), lookup_id: String::new() };
        if let Some(id) = &self.message_id
            && gmail.with_message_ids(std::slice::from_ref(id))?.is_empty()
        {
            ids.message_id.clone_from(id);
        }
        Ok(ids)
    }

    pub(super) fn deliver(
        &self,
        writing: &Writing,
        journal: &Journal<'_>,
        gmail: &Gmail<'_>,
    ) -> Result<Sent> {
        let ids = self.ids(gmail)?;
        let begin = || journal.begin(&ids, &self.recipients);
        let delivery = gmail.deliver(&writing.purpose, &Layout::of_bytes(&self.bytes), None, &begin);
        let (answer, verified) = confirmed(delivery, journal, &ids, || writing.find(&ids, gmail))?;
        let message_id = self.message_id.clone().unwrap_or_default();
        let sent =
            writing.sent(answer, &OutgoingIds { message_id, ..ids }, verified, self.recipients.clone());
        journal.done(&sent);
        Ok(sent)
    }
}

fn unusable(path: &str, why: &str) -> Problem {
    Problem::usage(phrase![name(&RAW), format!(": {path} is not a message: {why}")])
        .hint("Give a file in the format of RFC 5322: headers, an empty line, and the body.")
}
