//! What the caller asked to write: addresses, subject, bodies and files. Files and stdin are read here, once per
//! process.

use std::fs::File;

use serde::Deserialize;

use super::{
    super::arguments::{Arguments, Many},
    signature::{Signing, without_body},
};
use crate::{
    address::{Address, parse_list},
    disk::{self, FileAccess},
    gmail::{
        enclosure::{Enclosure, MAX_MESSAGE},
        write::{Outgoing, is_id},
    },
    input,
    phrase::phrase,
    problem::{Problem, Result},
    spec::{ATTACH, BODY, BODY_FILE, HTML_BODY, HTML_FILE, INLINE, Parameter, ToolId},
    spelling::name,
};

/// `None` where nothing was given, which a draft keeps as it is.
#[derive(Debug, Default)]
pub(super) struct Letter {
    pub(super) from: Option<Address>,
    pub(super) to: Option<Vec<Address>>,
    pub(super) cc: Option<Vec<Address>>,
    pub(super) bcc: Option<Vec<Address>>,
    pub(super) reply_to: Option<Vec<Address>>,
    pub(super) subject: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) enclosures: Vec<Enclosure>,
    /// The sender's name from the configuration.
    pub(super) sender_name: Option<String>,
    pub(super) signing: Signing,
}

/// What the configuration says about the author of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Author<'c> {
    pub(crate) name: Option<&'c str>,
    /// Whether messages have the signature of their sender.
    pub(crate) signs: bool,
}

/// The parameters that the writing tools share; no tool has all of them.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct LetterArguments {
    from: Option<String>,
    to: Option<String>,
    cc: Option<String>,
    bcc: Option<String>,
    reply_to: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    text_body: Option<String>,
    body_file: Option<String>,
    html_body: Option<String>,
    html_file: Option<String>,
    attach: Many,
    inline: Many,
    unescape_newlines: bool,
    signature: Option<String>,
}

impl Letter {
    pub(super) fn read(arguments: &Arguments, files: &FileAccess, author: Author<'_>) -> Result<Letter> {
        let mut given: LetterArguments = arguments.read()?;
        let (text, html) = bodies(&mut given, files)?;
        let optional =
            matches!(arguments.tool.id, ToolId::ForwardMessage | ToolId::CreateDraft | ToolId::UpdateDraft);
        if !optional && text.is_none() && html.is_none() {
            return Err(no_body());
        }
        let list = |field: &str, text: &Option<String>| {
            text.as_deref().map(|text| parse_list(text, field)).transpose()
        };
        let from = match given.from.as_deref().filter(|from| !from.trim().is_empty()) {
            Some(from) => Some(named(Address::parse(from, "from")?, author.name)?),
            None => None,
        };
        let signing = Signing::read(given.signature.as_deref(), author.signs)?;
        let has_body = text.is_some() || html.is_some();
        if signing.is_asked() && !has_body && arguments.tool.id == ToolId::UpdateDraft {
            return Err(without_body());
        }
        let enclosures = enclosures(&given, html.is_some(), files)?;
        Ok(Letter {
            from,
            to: list("to", &given.to)?,
            cc: list("cc", &given.cc)?,
            bcc: list("bcc", &given.bcc)?,
            reply_to: list("reply_to", &given.reply_to)?,
            subject: given.subject,
            text,
            html,
            enclosures,
            sender_name: author.name.map(str::to_owned),
            signing,
        })
    }

    /// The outgoing message as far as the letter gives it.
    pub(super) fn message(&self) -> Outgoing {
        Outgoing {
            from: self.from.clone(),
            to: self.to.clone().unwrap_or_default(),
            cc: self.cc.clone().unwrap_or_default(),
            bcc: self.bcc.clone().unwrap_or_default(),
            reply_to: self.reply_to.clone().unwrap_or_default(),
            subject: self.subject.clone().unwrap_or_default(),
            text: self.text.clone(),
            html: self.html.clone(),
            attachments: self.enclosures.clone(),
            ..Outgoing::default()
        }
    }
}

fn no_body() -> Problem {
    let bodies = phrase!["Give ", name(&BODY), " or ", name(&HTML_BODY), ", or ", name(&BODY_FILE), " or "];
    Problem::usage("the message has no body").hint(phrase![
        bodies,
        name(&HTML_FILE),
        " with a path, or - for stdin."
    ])
}

/// A given name takes precedence over the configured one.
fn named(address: Address, configured: Option<&str>) -> Result<Address> {
    match (address.name(), configured) {
        (None, Some(name)) => address.with_name(name),
        _ => Ok(address),
    }
}

fn bodies(given: &mut LetterArguments, files: &FileAccess) -> Result<(Option<String>, Option<String>)> {
    let is_stdin = |file: &Option<String>| file.as_deref() == Some("-");
    if is_stdin(&given.body_file) && is_stdin(&given.html_file) {
        return Err(
            Problem::usage("both bodies cannot be read from stdin").hint("Read one of them from a file.")
        );
    }
    let unescape = given.unescape_newlines;
    let shape = |text: String| if unescape { unescaped(&text) } else { text };
    let text = given.body.take().or_else(|| given.text_body.take());
    let text = body_of(text, &BODY, given.body_file.take(), &BODY_FILE, files)?.map(shape);
    let html = body_of(given.html_body.take(), &HTML_BODY, given.html_file.take(), &HTML_FILE, files)?;
    let html = html.map(shape);
    // Models send an empty text for an alternative that they do not have.
    let html = html.filter(|html| !html.is_empty());
    let text = text.filter(|text| !text.is_empty() || html.is_none());
    Ok((text, html))
}

/// The given text, or the text in the file.
pub(in crate::tools) fn body_of(
    text: Option<String>,
    text_parameter: &Parameter,
    file: Option<String>,
    file_parameter: &Parameter,
    files: &FileAccess,
) -> Result<Option<String>> {
    match (text, file.as_deref().filter(|path| !path.is_empty())) {
        (Some(text), Some(_)) if !text.is_empty() => {
            let message =
                phrase!["both ", name(text_parameter), " and ", name(file_parameter), " were given"];
            Err(Problem::usage(message).hint("Give one of them."))
        }
        (_, Some("-")) => input::text().map(Some),
        (_, Some(path)) => text_in(files.open(path, file_parameter)?, path, file_parameter).map(Some),
        (text, None) => Ok(text),
    }
}

/// The text of a file. The error does not show any of it.
fn text_in(file: File, path: &str, parameter: &Parameter) -> Result<String> {
    let bytes = disk::read_up_to(file, MAX_MESSAGE).map_err(|e| e.to_string());
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
    text.map_err(|what| {
        Problem::usage(phrase![name(parameter), format!(": cannot read {path}: {what}")])
            .hint("Give the path of a text file in UTF-8, up to 36 MB.")
    })
}

/// Replaces the two characters `\n` with the line break that they were meant to be.
fn unescaped(text: &str) -> String {
    text.replace("\\r\\n", "\n").replace("\\n", "\n")
}

fn enclosures(given: &LetterArguments, has_html: bool, files: &FileAccess) -> Result<Vec<Enclosure>> {
    let paths = given.attach.values.iter();
    let mut all: Vec<Enclosure> =
        paths.map(|path| Enclosure::from_file(path, files.open(path, &ATTACH)?)).collect::<Result<_>>()?;
    for pair in &given.inline.values {
        let Some((id, path)) = pair.split_once('=').filter(|(id, _)| is_id(id)) else {
            return Err(Problem::usage(phrase![name(&INLINE), format!(": {pair:?} is not CID=PATH")])
                .hint("Write it as logo=images/logo.png, and <img src=\"cid:logo\"> in the HTML."));
        };
        if !has_html {
            return Err(Problem::usage("inline images require an HTML body").hint(phrase![
                "Use ",
                name(&ATTACH),
                " for files."
            ]));
        }
        let mut image = Enclosure::from_file(path, files.open(path, &INLINE)?)?;
        image.content_id = Some(id.to_owned());
        all.push(image);
    }
    Ok(all)
}
