//! What comes on stdin: a body, the arguments of `exec`, or the ids of messages.

use std::io::{IsTerminal, Read};

use serde_json::{Map, Value};

use crate::{
    problem::{Problem, Result},
    spec::{self, Tool},
};

pub(crate) fn text() -> Result<String> {
    if std::io::stdin().is_terminal() {
        return Err(Problem::usage("- reads from stdin, which is a terminal").hint("Pipe something into it."));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|e| Problem::usage(format!("cannot read stdin: {e}")).hint("It must be UTF-8 text."))?;
    Ok(text)
}

/// Replaces an id argument of `-` by the ids on stdin: one a line, or JSON lines with a `uid` or `id`.
pub(crate) fn with_ids(tool: &Tool, mut arguments: Map<String, Value>) -> Result<Map<String, Value>> {
    let many = tool
        .parameters
        .iter()
        .filter(|p| p.kind == spec::Kind::Many && p.spelling == spec::Spelling::Positional);
    for parameter in many {
        let given: Vec<Value> = match arguments.get(parameter.name) {
            Some(Value::Array(given)) => given.clone(),
            Some(one) => vec![one.clone()],
            None => continue,
        };
        let Some(at) = given.iter().position(|v| v == "-") else { continue };
        let (before, after) = (&given[..at], &given[at + 1..]);
        let ids = [before, &ids_in(&text()?)?, after].concat();
        arguments.insert(parameter.name.into(), ids.into());
    }
    Ok(arguments)
}

/// The ids in a text: one a line, JSON lines with a `uid` or `id`, or one JSON array of either.
fn ids_in(text: &str) -> Result<Vec<Value>> {
    if text.trim_start().starts_with('[') {
        let items: Vec<Value> =
            serde_json::from_str(text).map_err(|e| no_id(&format!("JSON that ends at line {}", e.line())))?;
        return items.into_iter().map(|item| id_of(&item).ok_or_else(|| no_id(&item.to_string()))).collect();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| match line.starts_with('{') {
            true => serde_json::from_str(line).ok().and_then(|v| id_of(&v)).ok_or_else(|| no_id(line)),
            false => Ok(line.into()),
        })
        .collect()
}

fn id_of(item: &Value) -> Option<Value> {
    let id = if item.is_object() { item.get("uid").or_else(|| item.get("id"))? } else { item };
    id.is_string().then(|| id.clone())
}

fn no_id(line: &str) -> Problem {
    let line: String = line.chars().take(60).collect();
    Problem::usage(format!("there is no id on stdin in: {line}"))
        .hint("Give one id a line, or what list and search print as json or jsonl.")
}

/// On the line a body of `-` is the one on stdin.
pub(crate) fn with_body(mut arguments: Map<String, Value>) -> Map<String, Value> {
    for (body, file) in [("body", "body_file"), ("html_body", "html_file")] {
        if arguments.get(body).and_then(Value::as_str) == Some("-") {
            arguments.shift_remove(body);
            arguments.insert(file.to_owned(), "-".into());
        }
    }
    arguments
}
