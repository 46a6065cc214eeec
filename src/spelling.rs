//! How messages and hints name parameters and commands: as flags on the command line, as JSON for `exec`.

use crate::{
    phrase::Phrase,
    spec::{Parameter, TOOLS, ToolId},
};

/// The parameter itself: `--limit`, or `limit`.
pub(crate) fn name(parameter: &Parameter) -> Phrase {
    Phrase::spelled(parameter.typed(), parameter.name)
}

/// A switch that is on: `--yes`, or `"yes": true`.
pub(crate) fn set(parameter: &Parameter) -> Phrase {
    Phrase::spelled(parameter.typed(), format!("\"{}\": true", parameter.name))
}

/// A parameter with a value: `--to ada@example.com`, or `"to": "ada@example.com"`.
pub(crate) fn with(parameter: &Parameter, value: &str) -> Phrase {
    let line = if value.contains(' ') { format!("'{value}'") } else { value.to_owned() };
    let line = if parameter.is_option() { format!("{} {line}", parameter.typed()) } else { line };
    Phrase::spelled(line, format!("\"{}\": \"{value}\"", parameter.name))
}

/// The text as one word of a POSIX shell.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/_.-@:,+=%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A tool: `mcs-gmail search`, or `search_messages`.
pub(crate) fn command(id: ToolId) -> Phrase {
    match TOOLS.iter().find(|tool| tool.id == id) {
        Some(tool) => Phrase::spelled(format!("mcs-gmail {}", tool.command), tool.name),
        None => Phrase::default(),
    }
}

/// A search of the whole mailbox, as the caller would run it.
pub(crate) fn lookup(criteria: &str) -> Phrase {
    Phrase::spelled(
        format!("mcs-gmail search '{criteria}' --folder ALL"),
        format!("search_messages {{\"criteria\": \"{criteria}\", \"folder\": \"ALL\"}}"),
    )
}
