//! What a person is told in words of their own: a message before it is sent, and the command line that takes a change
//! back.

use std::io;

use crate::{
    address::Address,
    cli::Options,
    disk,
    gmail::shown::shown,
    spelling::shell_word,
    tools::{Sentence, Undo},
};

/// More ids than this go into a file, and not into the line.
const MOST_IDS: usize = 10;

/// The sentence about a change, with what takes it back if that is known.
pub(super) fn with_undo(sentence: Sentence, options: &Options) -> String {
    let lines: Option<Vec<String>> = sentence.undo.iter().map(|undo| line(undo, options).ok()).collect();
    match lines.filter(|lines| !lines.is_empty()) {
        Some(lines) => format!("{} (undo: {})", sentence.text, lines.join("; ")),
        None => sentence.text,
    }
}

fn line(undo: &Undo, options: &Options) -> io::Result<String> {
    let in_file = undo.ids.len() > MOST_IDS;
    let mut words = vec!["mcs-gmail".to_owned(), undo.command.to_owned()];
    if in_file {
        words.push("-".to_owned());
    } else {
        words.extend(undo.ids.iter().cloned());
    }
    words.extend(Some(undo.options.clone()).filter(|options| !options.is_empty()));
    if let Some(account) = options.settings.keys.get("account") {
        words.push(format!("--account {}", shell_word(account)));
    }
    if let Some(config) = &options.settings.config {
        words.push(format!("--config {}", shell_word(&config.to_string_lossy())));
    }
    if in_file {
        let path = disk::create_private("ids", format!("{}\n", undo.ids.join("\n")).as_bytes())?;
        words.push(format!("< {}", shell_word(&path.to_string_lossy())));
    }
    Ok(words.join(" "))
}

/// A message as it would be sent. `sender` is who sends one that names nobody.
pub(super) fn message(raw: &str, sender: &str) -> String {
    let shown = shown(raw);
    let head = &shown.head;
    let list = |people: &[Address]| people.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
    let from = head.from.as_ref().map_or_else(|| sender.to_owned(), Address::to_string);
    let files: Vec<String> =
        shown.files.iter().map(|(name, size)| format!("{name} ({size} bytes)")).collect();
    let lines = [
        ("From", from),
        ("To", list(&head.to)),
        ("Cc", list(&head.cc)),
        ("Bcc", list(&head.bcc)),
        ("Reply-To", list(&head.reply_to)),
        ("Subject", head.subject.clone()),
        ("Files", files.join(", ")),
    ];
    let lines = lines.iter().filter(|(_, value)| !value.is_empty());
    let head: String = lines.map(|(name, value)| format!("{:10}{value}\n", format!("{name}:"))).collect();
    format!("{head}\n{}\n", shown.text.trim_end())
}
