//! Every document of a run against what `schema` says about it. The validator knows the keywords that `schema` uses and
//! no others, so that a misspelt one is noticed.

use std::{process::Command, sync::OnceLock};

use serde_json::{Map, Value};

use super::Done;

/// What `schema` prints where nothing is configured.
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcs-gmail"));
        let output = command.arg("schema").env_clear().env("HOME", "/nonexistent").output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

/// Fails the test if a document of the run is not what the contract says.
pub(super) fn check(args: &[String], done: &Done) {
    for line in done.stderr.lines().filter(|line| line.starts_with("{\"error\"")) {
        let document = serde_json::from_str(line).unwrap();
        assert_eq!(violation(&document, &schema()["error"]), None, "{line}");
    }
    let Some(tool) = tool_of(args).filter(|_| prints_documents(args)) else { return };
    let Some(documents) = documents(&done.stdout) else { return };
    let result = &tool["result"];
    // A result that another version recorded may have more members.
    let is_recorded = args.iter().any(|arg| arg == "--idempotency-key");
    let wrong = |value: &Value| match &value["auth_required"] {
        Value::Bool(true) => violation(value, &schema()["challenge"]),
        _ => violation(value, result).filter(|why| !(is_recorded && why.ends_with("is not declared"))),
    };
    let rows = Value::Array(documents.clone());
    let violations = documents.iter().filter_map(wrong).next();
    let of_rows = violation(&rows, result);
    // A list as JSON lines is one document per row.
    if let (Some(violation), Some(_)) = (violations, of_rows) {
        panic!("{args:?}: {violation} in {}", done.stdout);
    }
}

/// The tool that is run: the parts of the line before it are not looked at.
fn tool_of(args: &[String]) -> Option<&'static Value> {
    let tools = schema()["tools"].as_array().unwrap();
    let words: Vec<&str> = args.iter().take(2).map(String::as_str).collect();
    let is_called = |tool: &&Value| match (words.as_slice(), tool["command"].as_str()) {
        (["exec", name], _) => tool["name"] == *name,
        (words, Some(command)) => words.starts_with(&command.split(' ').collect::<Vec<_>>()),
        (_, None) => false,
    };
    tools.iter().find(is_called)
}

/// Whether stdout has documents: neither the names of fields nor the bytes of a file.
fn prints_documents(args: &[String]) -> bool {
    let value_of = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        Some(args.get(at + 1).map_or("", String::as_str))
    };
    value_of("--fields").is_none_or(|names| !names.is_empty() && !names.starts_with("--"))
        && value_of("--out-dir") != Some("-")
}

/// The document on stdout, or one per line.
fn documents(stdout: &str) -> Option<Vec<Value>> {
    match serde_json::from_str(stdout) {
        Ok(document @ (Value::Object(_) | Value::Array(_))) => Some(vec![document]),
        Ok(_) => None,
        Err(_) => {
            let lines: Option<Vec<Value>> =
                stdout.lines().map(|line| serde_json::from_str(line).ok()).collect();
            lines.filter(|lines| !lines.is_empty() && lines.iter().all(Value::is_object))
        }
    }
}

/// Why a document does not match a JSON Schema.
pub fn violation(value: &Value, schema: &Value) -> Option<String> {
    let schema = schema.as_object().unwrap_or_else(|| panic!("not a schema: {schema}"));
    schema.iter().find_map(|(keyword, rule)| match keyword.as_str() {
        "description" | "default" => None,
        "type" => of_type(value, rule),
        "enum" => (!rule.as_array().unwrap().contains(value)).then(|| format!("{value} is none of {rule}")),
        "const" => (value != rule).then(|| format!("{value} is not {rule}")),
        "minimum" => {
            value.as_f64().filter(|number| *number < rule.as_f64().unwrap()).map(|n| format!("{n} < {rule}"))
        }
        "anyOf" => any_of(value, rule),
        "items" => value.as_array().into_iter().flatten().find_map(|item| violation(item, rule)),
        "properties" => properties(value, rule),
        "required" => {
            let names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            let object = value.as_object()?;
            names.filter(|name| !object.contains_key(*name)).map(|name| format!("{name} is missing")).next()
        }
        "additionalProperties" => additional(value.as_object()?, schema, rule),
        other => panic!("the validator does not know {other}"),
    })
}

fn of_type(value: &Value, rule: &Value) -> Option<String> {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("the validator does not know the type {other}"),
    };
    let fits = match rule {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    };
    (!fits).then(|| format!("{value} is not of the type {rule}"))
}

fn any_of(value: &Value, rule: &Value) -> Option<String> {
    let all: Vec<Option<String>> = rule.as_array().unwrap().iter().map(|one| violation(value, one)).collect();
    let whys: Option<Vec<String>> = all.into_iter().collect();
    whys.map(|whys| whys.join("; and "))
}

fn properties(value: &Value, rule: &Value) -> Option<String> {
    let rules = rule.as_object().unwrap();
    value
        .as_object()?
        .iter()
        .find_map(|(name, member)| violation(member, rules.get(name)?).map(|why| format!("{name}: {why}")))
}

fn additional(object: &Map<String, Value>, schema: &Map<String, Value>, rule: &Value) -> Option<String> {
    let known = schema.get("properties").and_then(Value::as_object);
    let is_known = |name: &str| known.is_some_and(|known| known.contains_key(name));
    let mut others = object.iter().filter(|(name, _)| !is_known(name));
    match rule {
        Value::Bool(true) => None,
        Value::Bool(false) => others.next().map(|(name, _)| format!("{name} is not declared")),
        rule => others.find_map(|(name, member)| violation(member, rule).map(|why| format!("{name}: {why}"))),
    }
}
