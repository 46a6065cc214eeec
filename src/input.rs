//! Reads stdin: a text, or message ids.

use std::io::IsTerminal;

use serde_json::Value;

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
