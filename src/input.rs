//! Reads stdin: a text, message ids, or the answers of a person at a terminal.

use std::io::{BufRead, IsTerminal};

use serde_json::Value;

mod terminal;

use crate::{
    disk,
    problem::{Problem, Result},
    streams,
};

/// More than any message, and than the ids of millions.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// The whole of stdin, which must be UTF-8.
pub(crate) fn text() -> Result<String> {
    String::from_utf8(bytes()?).map_err(|e| unreadable(&e.utf8_error(), "UTF-8 text"))
}

fn unreadable(what: &dyn std::fmt::Display, expected: &str) -> Problem {
    Problem::usage(format!("cannot read stdin: {what}")).hint(format!("Pass {expected}, up to 64 MB."))
}

/// The whole of stdin.
pub(crate) fn bytes() -> Result<Vec<u8>> {
    let unusable = if streams::stdin_is_missing() {
        Some("closed")
    } else {
        std::io::stdin().is_terminal().then_some("a terminal")
    };
    if let Some(what) = unusable {
        return Err(Problem::usage(format!("cannot read from stdin: it is {what}"))
            .hint("Pipe the input into the command, or redirect a file."));
    }
    disk::read_up_to(std::io::stdin(), MAX_SIZE).map_err(|e| unreadable(&e, "the content of a file"))
}

/// Whether a person can answer on stdin.
pub(crate) fn is_terminal() -> bool {
    !streams::stdin_is_missing() && std::io::stdin().is_terminal()
}

/// The next line that a person types, without its end; `None` when the input has ended.
pub(crate) fn line() -> Result<Option<String>> {
    typed(|byte| byte == b'\n')
}

/// The same, not shown while it is typed. `ask` is called once nothing is shown any more.
pub(crate) fn hidden_line(ask: impl FnOnce()) -> Result<Option<String>> {
    let hidden = terminal::hide().map_err(|e| {
        Problem::usage(format!("cannot hide what is typed: {e}"))
            .hint("Give the values with --from-env or --import FILE instead.")
    })?;
    ask();
    let line = typed(|byte| byte == b'\n' || byte == terminal::INTERRUPT);
    hidden.show();
    if line
        .as_ref()
        .is_ok_and(|line| line.as_ref().is_some_and(|line| line.ends_with(char::from(terminal::INTERRUPT))))
    {
        terminal::interrupt();
        return Ok(None);
    }
    line
}

/// The input up to an end, of which a line break is left out.
fn typed(is_end: impl Fn(u8) -> bool) -> Result<Option<String>> {
    let mut stdin = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        let buffer = stdin.fill_buf().map_err(|e| unreadable(&e, "a line"))?;
        let end = buffer.iter().position(|byte| is_end(*byte));
        let taken = end.map_or(buffer.len(), |at| at + 1);
        line.extend_from_slice(&buffer[..taken]);
        let has_ended = end.is_some() || taken == 0;
        stdin.consume(taken);
        if has_ended {
            break;
        }
    }
    let text = String::from_utf8(line).map_err(|e| unreadable(&e.utf8_error(), "UTF-8 text"))?;
    Ok((!text.is_empty()).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The ids on stdin: one per line, JSON lines with a `uid`, `id` or `thread_id`, or one JSON array of either.
pub(crate) fn ids() -> Result<Vec<Value>> {
    ids_in(&text()?)
}

fn ids_in(text: &str) -> Result<Vec<Value>> {
    if text.trim_start().starts_with('[') {
        let items: Vec<Value> =
            serde_json::from_str(text).map_err(|e| no_id(&format!("invalid JSON in line {}", e.line())))?;
        return items.into_iter().map(|item| id_of(&item).ok_or_else(|| no_id(&item.to_string()))).collect();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            if !line.starts_with('{') {
                return Ok(line.into());
            }
            serde_json::from_str(line).ok().and_then(|v| id_of(&v)).ok_or_else(|| no_id(line))
        })
        .collect()
}

fn id_of(item: &Value) -> Option<Value> {
    let id = if item.is_object() {
        ["uid", "id", "thread_id"].iter().find_map(|name| item.get(name))?
    } else {
        item
    };
    id.is_string().then(|| id.clone())
}

fn no_id(line: &str) -> Problem {
    let line: String = line.chars().take(60).collect();
    Problem::usage(format!("cannot find a message id on stdin in: {line}"))
        .hint("Pass one id per line, or the json or jsonl output of list or search.")
}
