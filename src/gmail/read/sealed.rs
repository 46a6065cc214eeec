//! Notes about text that only another program can read: encrypted messages, and the files of Outlook.

use super::{header, part::Part};

/// The line with which the text of an encrypted message begins (RFC 9580).
const ARMOR: &str = "-----BEGIN PGP MESSAGE-----";

/// Notes about the parts whose text is not shown, and about a body that is encrypted itself.
pub(super) fn notes(payload: Part<'_>, body: &str) -> Vec<String> {
    let mut notes: Vec<&str> = Vec::new();
    payload.walk((), |part, (), _| {
        notes.extend(note(part).filter(|note| !notes.contains(note)));
        (!part.is_message()).then_some(())
    });
    if body.lines().any(|line| line.trim() == ARMOR) {
        notes.push("encrypted OpenPGP text; open it in a mail program");
    }
    notes.into_iter().map(|note| format!("[{note}]")).collect()
}

fn note(part: Part<'_>) -> Option<&'static str> {
    let mime = part.mime();
    let name = header::clean(part.given_name()).to_lowercase();
    match (mime.as_str(), name.as_str()) {
        ("application/pkcs7-mime" | "application/x-pkcs7-mime", _) => Some(smime(part)),
        ("application/octet-stream", "smime.p7m") => Some(smime(part)),
        ("application/pgp-encrypted", _) => Some("encrypted OpenPGP message; open it in a mail program"),
        ("application/ms-tnef" | "application/vnd.ms-tnef", _) | (_, "winmail.dat" | "win.dat") => {
            Some("text or files of Outlook in winmail.dat; open it in Outlook")
        }
        ("application/x-microsoft-rpmsg-message", _) => {
            Some("protected Outlook message; open message.rpmsg in Outlook")
        }
        _ => None,
    }
}

fn smime(part: Part<'_>) -> &'static str {
    match part.parameter("smime-type").unwrap_or_default().to_ascii_lowercase().as_str() {
        "signed-data" => "signed S/MIME message; open smime.p7m in a mail program",
        "enveloped-data" | "authenveloped-data" | "authenveloped" => {
            "encrypted S/MIME message; open smime.p7m in a mail program"
        }
        _ => "encrypted or signed S/MIME message; open smime.p7m in a mail program",
    }
}
