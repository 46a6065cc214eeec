//! What kind of message a call writes, with the parameters that only this kind has.

use serde::Deserialize;

use super::{answer::Forwarding, raw::RawMessage, unsupported};
use crate::{
    phrase::phrase,
    problem::{Problem, Result},
    spec::{AS_ATTACHMENT, NO_ATTACHMENTS, ToolId},
    spelling::name,
    tools::arguments::Arguments,
};

/// What the message is made from, besides the letter.
#[derive(Debug)]
pub(super) enum MessageKind {
    New,
    Reply {
        uid: String,
        all: bool,
        quote: bool,
        confirmed: bool,
        anyway: bool,
    },
    Forward {
        uid: String,
        how: Forwarding,
    },
    Update {
        draft_id: String,
        requote: bool,
    },
    /// It is complete as given, and the letter is empty.
    Raw(RawMessage),
}

#[derive(Deserialize)]
struct ReplyArguments {
    uid: String,
    all: bool,
    no_quote: bool,
    confirm_reply_to: bool,
    anyway: bool,
}

#[derive(Deserialize)]
struct ForwardArguments {
    uid: String,
    no_attachments: bool,
    as_attachment: bool,
}

impl ForwardArguments {
    fn forwarding(&self) -> Result<Forwarding> {
        match (self.as_attachment, self.no_attachments) {
            (true, true) => {
                let given =
                    phrase!["both ", name(&AS_ATTACHMENT), " and ", name(&NO_ATTACHMENTS), " were given"];
                Err(Problem::usage(given).hint("Give one of them."))
            }
            (true, false) => Ok(Forwarding::AsFile),
            (false, true) => Ok(Forwarding::WithoutFiles),
            (false, false) => Ok(Forwarding::WithFiles),
        }
    }
}

#[derive(Deserialize)]
struct UpdateArguments {
    draft_id: String,
    requote: bool,
}

impl MessageKind {
    pub(super) fn parse(arguments: &Arguments) -> Result<MessageKind> {
        Ok(match arguments.tool.id {
            ToolId::ReplyMessage => {
                let ReplyArguments { uid, all, no_quote, confirm_reply_to, anyway } = arguments.read()?;
                MessageKind::Reply { uid, all, quote: !no_quote, confirmed: confirm_reply_to, anyway }
            }
            ToolId::ForwardMessage => {
                let given: ForwardArguments = arguments.read()?;
                MessageKind::Forward { how: given.forwarding()?, uid: given.uid }
            }
            ToolId::UpdateDraft => {
                let UpdateArguments { draft_id, requote } = arguments.read()?;
                MessageKind::Update { draft_id, requote }
            }
            ToolId::SendMessage | ToolId::SendHtmlMessage | ToolId::CreateDraft => MessageKind::New,
            _ => return Err(unsupported(arguments)),
        })
    }
}
