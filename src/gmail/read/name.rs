//! The name of an attachment: the sender's, however it is spelled, or one that says what the file is.
//!
//! It has no directories and no characters that could mislead a reader. `save` makes it safe for a file system.

use super::{charset, header, parameter::parameter, part::Part};
use crate::{
    characters::{self, Scrubbed, has_ink, is_bidi_control},
    gmail::html::Removed,
};

/// Gmail's names for parts without a name.
const NONAME: [&str; 2] = ["noname", "noname.eml"];
/// The longest subject, in characters, that names an attached message.
const LONGEST_SUBJECT: usize = 80;

/// Names for parts without a name, by their media type.
const USUAL_NAMES: [(&str, &str); 11] = [
    ("text/calendar", "invite.ics"),
    ("application/ics", "invite.ics"),
    ("application/pkcs7-mime", "smime.p7m"),
    ("application/x-pkcs7-mime", "smime.p7m"),
    ("application/pkcs7-signature", "smime.p7s"),
    ("application/x-pkcs7-signature", "smime.p7s"),
    ("application/pgp-signature", "signature.asc"),
    ("application/ms-tnef", "winmail.dat"),
    ("application/vnd.ms-tnef", "winmail.dat"),
    ("message/delivery-status", "delivery-status.txt"),
    ("text/rfc822-headers", "headers.txt"),
];

/// The usual ending for a media type, where several belong to it or where the type is not registered.
const ENDINGS: [(&str, &str); 48] = [
    ("application/javascript", "js"),
    ("application/ics", "ics"),
    ("application/msword", "doc"),
    ("application/pgp-encrypted", "asc"),
    ("application/pgp-keys", "asc"),
    ("application/pgp-signature", "asc"),
    ("application/pkcs7-mime", "p7m"),
    ("application/postscript", "ps"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-outlook", "msg"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.rar", "rar"),
    ("application/x-gzip", "gz"),
    ("application/x-pdf", "pdf"),
    ("application/x-pkcs7-mime", "p7m"),
    ("application/x-pkcs7-signature", "p7s"),
    ("application/x-rar-compressed", "rar"),
    ("application/x-zip-compressed", "zip"),
    ("application/xml", "xml"),
    ("audio/amr", "amr"),
    ("audio/mp3", "mp3"),
    ("audio/mp4", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/x-m4a", "m4a"),
    ("audio/x-wav", "wav"),
    ("image/jpeg", "jpg"),
    ("image/jpg", "jpg"),
    ("image/pjpeg", "jpg"),
    ("image/svg+xml", "svg"),
    ("image/vnd.microsoft.icon", "ico"),
    ("image/x-ms-bmp", "bmp"),
    ("image/x-png", "png"),
    ("message/delivery-status", "txt"),
    ("message/feedback-report", "txt"),
    ("message/disposition-notification", "txt"),
    ("message/global", "eml"),
    ("message/rfc822", "eml"),
    ("text/calendar", "ics"),
    ("text/javascript", "js"),
    ("text/markdown", "md"),
    ("text/plain", "txt"),
    ("text/rfc822-headers", "txt"),
    ("text/rtf", "rtf"),
    ("text/vcard", "vcf"),
    ("text/x-markdown", "md"),
    ("text/x-python", "py"),
    ("text/xml", "xml"),
    ("video/quicktime", "mov"),
];

/// The name of the attachment that is the `number`th of its message.
pub(super) fn file_name(part: Part<'_>, number: usize, removed: &mut Removed) -> String {
    let mime = part.mime();
    match senders_name(part, removed) {
        Some(name) => with_ending(name, &mime),
        None => name_by_kind(part, &mime, number, removed),
    }
}

/// The first name that is whole; else the first one.
fn senders_name(part: Part<'_>, removed: &mut Removed) -> Option<String> {
    let named = |header: &str, name: &str| parameter(part.header(header)?, name);
    let given = Some(part.given_name()).filter(|name| !NONAME.contains(name)).map(header::decoded);
    let spelled = [
        named("Content-Disposition", "filename"),
        named("Content-Type", "name"),
        given,
        named("Content-Disposition", "name"),
        named("Content-Type", "filename"),
    ];
    let mut names: Vec<(String, Removed)> =
        spelled.into_iter().flatten().filter_map(|name| shown(&name)).collect();
    let whole = names.iter().position(|(name, _)| !name.contains(char::REPLACEMENT_CHARACTER));
    if names.is_empty() {
        return None;
    }
    let (name, left_out) = names.swap_remove(whole.unwrap_or_default());
    removed.add(left_out);
    Some(name)
}

/// A name without directories and without characters that could mislead a reader, if more than an ending is left.
fn shown(name: &str) -> Option<(String, Removed)> {
    let mut removed = Removed::default();
    let name = visible(name.rsplit(['/', '\\']).next().unwrap_or_default(), &mut removed);
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let is_ending = name.strip_prefix('.').is_some_and(is_registered);
    (has_ink(name) && !is_ending).then(|| (name.to_owned(), removed))
}

/// The text on one line, without marks of direction, which would show `exe.fdp` as `pdf.exe`.
fn visible(text: &str, removed: &mut Removed) -> String {
    let (line, scrubbed) = characters::line(text);
    removed.characters(scrubbed);
    let directions = line.chars().filter(|c| is_bidi_control(*c)).count();
    removed.characters(Scrubbed { bidi: directions, invisible: 0 });
    line.replace(is_bidi_control, "").trim().to_owned()
}

/// `message.eml`, `image-1.png`, `attachment-2.pdf`.
fn name_by_kind(part: Part<'_>, mime: &str, number: usize, removed: &mut Removed) -> String {
    if let Some((_, name)) = USUAL_NAMES.iter().find(|(kind, _)| *kind == mime) {
        return (*name).to_owned();
    }
    if matches!(mime, "message/rfc822" | "message/global") {
        return message_name(part, removed);
    }
    let top = mime.split('/').next().unwrap_or_default();
    let kind = if ["image", "audio", "video"].contains(&top) { top } else { "attachment" };
    format!("{kind}-{number}.{}", ending(mime).unwrap_or("bin"))
}

/// An attached message is named by its subject, as mail programs save it.
fn message_name(part: Part<'_>, removed: &mut Removed) -> String {
    let subject = part.children().next().and_then(|inner| inner.header("Subject").map(str::to_owned));
    let subject = subject.or_else(|| subject_in(part.data()?)).unwrap_or_default();
    named_by(&header::decoded(&subject), removed)
}

/// The name of the file of a message with this subject.
pub(crate) fn message_file_name(subject: &str) -> String {
    named_by(subject, &mut Removed::default())
}

fn named_by(subject: &str, removed: &mut Removed) -> String {
    let subject = visible(subject, removed).replace(['/', '\\'], "-");
    let subject: String = subject.chars().take(LONGEST_SUBJECT).collect();
    let subject = subject.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if has_ink(subject) { format!("{subject}.eml") } else { "message.eml".to_owned() }
}

/// The subject in the source of a message.
fn subject_in(data: &str) -> Option<String> {
    let source = charset::base64(data);
    let source = charset::decode(&source, None);
    let mut lines = source.lines().take_while(|line| !line.is_empty());
    let is_subject = |line: &&str| line.get(..8).is_some_and(|name| name.eq_ignore_ascii_case("subject:"));
    let mut subject = lines.find(is_subject)?[8..].to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        subject.push('\n');
        subject.push_str(line);
    }
    Some(subject)
}

fn with_ending(name: String, mime: &str) -> String {
    match ending(mime) {
        Some(ending) if !has_ending(&name, mime) => format!("{name}.{ending}"),
        _ => name,
    }
}

/// Whether a program would recognise what follows the last full stop: not `Minutes of 3.May`. Texts have endings that
/// no list knows.
fn has_ending(name: &str, mime: &str) -> bool {
    let Some((_, ending)) = name.rsplit_once('.') else { return false };
    let is_short = ending.len() <= 8 && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_number = ending.bytes().all(|b| b.is_ascii_digit());
    mime.starts_with("text/") && is_short && !is_number || is_registered(ending)
}

fn is_registered(ending: &str) -> bool {
    mime_guess::from_ext(ending).first_raw().is_some()
}

/// The usual ending of files of this media type, without the full stop.
fn ending(mime: &str) -> Option<&'static str> {
    if let Some((_, ending)) = ENDINGS.iter().find(|(kind, _)| *kind == mime) {
        return Some(ending);
    }
    let (_, subtype) = mime.split_once('/')?;
    let known = mime_guess::get_mime_extensions_str(mime)?;
    known.iter().copied().find(|ending| *ending == subtype).or(if let [only] = known {
        Some(only)
    } else {
        None
    })
}
