//! From arguments to a message as far as they say it. Files and stdin are read here, once a run.

use std::path::Path;

use super::super::Arguments;
use crate::{
    address::{Address, parse_list},
    gmail::{
        enclosure::Enclosure,
        write::{Outgoing, is_id},
    },
    input,
    problem::{Problem, Result},
    spec::Id,
};

/// What is to be written.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) message: Outgoing,
    /// Whether there was a subject, which may be empty.
    pub(super) has_subject: bool,
    /// The name of the configuration.
    pub(super) sender_name: Option<String>,
}

pub(super) fn read(arguments: &Arguments, sender_name: Option<&str>) -> Result<Letter> {
    let (text, html) = bodies(arguments)?;
    let needs_body = !matches!(arguments.tool.id, Id::ForwardMessage | Id::CreateDraft | Id::UpdateDraft);
    if needs_body && text.is_none() && html.is_none() {
        return Err(Problem::usage("the message has no body")
            .hint("Give body or html_body, or body_file or html_file with a path or - for stdin."));
    }
    let list = |name: &str| parse_list(arguments.text(name).unwrap_or_default(), name);
    let from = match arguments.text("from").filter(|from| !from.trim().is_empty()) {
        Some(from) => Some(named(Address::parse(from, "from")?, sender_name)?),
        None => None,
    };
    let attachments = attachments(arguments, html.is_some())?;
    let message = Outgoing {
        from,
        to: list("to")?,
        cc: list("cc")?,
        bcc: list("bcc")?,
        reply_to: list("reply_to")?,
        subject: arguments.text("subject").unwrap_or_default().to_owned(),
        text,
        html,
        attachments,
        ..Outgoing::default()
    };
    let has_subject = arguments.given("subject");
    Ok(Letter { message, has_subject, sender_name: sender_name.map(str::to_owned) })
}

/// A name that was typed wins over the configured one.
fn named(address: Address, name: Option<&str>) -> Result<Address> {
    match (address.name(), name) {
        (None, Some(name)) => address.with_name(name),
        _ => Ok(address),
    }
}

fn bodies(arguments: &Arguments) -> Result<(Option<String>, Option<String>)> {
    let stdin = |name: &str| arguments.text(name) == Some("-");
    if stdin("body_file") && stdin("html_file") {
        return Err(Problem::usage("both bodies are to come from stdin").hint("Put one of them into a file."));
    }
    let text_name = if arguments.tool.id == Id::SendHtmlMessage { "text_body" } else { "body" };
    let unescape = arguments.flag("unescape_newlines");
    let shape = |text: String| if unescape { unescaped(&text) } else { text };
    let text = body(arguments, text_name, "body_file")?.map(shape);
    let html = body(arguments, "html_body", "html_file")?.map(shape);
    // Models send an empty text for an alternative they do not have.
    let html = html.filter(|html| !html.is_empty());
    let text = text.filter(|text| !text.is_empty() || html.is_none());
    Ok((text, html))
}

fn body(arguments: &Arguments, name: &str, file: &str) -> Result<Option<String>> {
    let given = arguments.text(name).map(str::to_owned);
    match (given, arguments.text(file).filter(|path| !path.is_empty())) {
        (Some(text), Some(_)) if !text.is_empty() => {
            Err(Problem::usage(format!("{name} and {file} were given")).hint("Give one of them."))
        }
        (_, Some("-")) => input::text().map(Some),
        (_, Some(path)) => std::fs::read_to_string(path).map(Some).map_err(|e| {
            Problem::usage(format!("{file}: {path} cannot be read: {e}"))
                .hint("Give the path of a text file in UTF-8.")
        }),
        (given, None) => Ok(given),
    }
}

/// The two characters `\n` as the line break they were meant to be.
fn unescaped(text: &str) -> String {
    text.replace("\\r\\n", "\n").replace("\\n", "\n")
}

fn attachments(arguments: &Arguments, has_html: bool) -> Result<Vec<Enclosure>> {
    let files = arguments.many("attach").0;
    let mut all: Vec<Enclosure> =
        files.iter().map(|path| Enclosure::from_path(Path::new(path))).collect::<Result<_>>()?;
    for pair in arguments.many("inline").0 {
        let Some((id, path)) = pair.split_once('=').filter(|(id, _)| is_id(id)) else {
            return Err(Problem::usage(format!("inline: {pair:?} is not CID=PATH"))
                .hint("Write it as logo=images/logo.png, and <img src=\"cid:logo\"> in the HTML."));
        };
        if !has_html {
            return Err(Problem::usage("inline images need an HTML body").hint("Use attach for files."));
        }
        let mut image = Enclosure::from_path(Path::new(path))?;
        image.content_id = Some(id.to_owned());
        all.push(image);
    }
    Ok(all)
}
