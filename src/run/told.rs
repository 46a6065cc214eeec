//! The command line that takes a change back, as a person can run it.

use std::io;

use crate::{
    cli::Options,
    disk,
    spelling::shell_word,
    tools::{Sentence, Undo},
};

/// More ids than this go into a file, and not into the line.
const MOST_IDS: usize = 3;

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
