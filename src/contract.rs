//! The contract in one JSON document, as `schema` prints it: tools, levels, exit statuses, errors, configuration keys,
//! output formats and the policy. All of it comes from the tables.

use serde_json::{Map, Value, json};

use crate::{
    cli::Format,
    disk::FileRule,
    policy::Policy,
    problem::Code,
    spec::{EXITS, KEYS, Key, Level, Spelling, TOOLS, Tool},
    tools,
};

/// The document for an installation with this policy.
pub(crate) fn document(policy: &Policy) -> Value {
    json!({
        "name": "mcs-gmail",
        "version": env!("CARGO_PKG_VERSION"),
        "tools": TOOLS.iter().map(|tool| tool_document(tool, policy)).collect::<Vec<_>>(),
        "levels": Level::ALL.map(|level| json!({"level": level.name(), "description": level.text()})),
        "exit_statuses": exit_statuses(),
        "errors": Code::ALL.map(error_document),
        "error": error_schema(),
        "challenge": challenge_schema(),
        "configuration": KEYS.iter().map(key_document).collect::<Vec<_>>(),
        "formats": Format::ALL.map(|format| json!({"format": format.name(), "description": format.text()})),
        "policy": policy_document(policy),
    })
}

fn tool_document(tool: &Tool, policy: &Policy) -> Value {
    let example: Value = serde_json::from_str(tool.example).unwrap_or_default();
    let typed = tool.parameters.iter().filter(|p| p.spelling != Spelling::ExecOnly);
    let typed: Map<String, Value> = typed.map(|p| (p.name.to_owned(), p.typed().into())).collect();
    json!({
        "name": tool.name, "command": Some(tool.command).filter(|command| !command.is_empty()),
        "level": tool.level.name(), "allowed": policy.allows(tool.level).is_ok(),
        "description": tool.description(), "example": example, "annotations": tools::annotations(tool),
        "parameters": tools::schema(tool), "on_the_line": typed, "result": tools::result_schema(tool),
    })
}

fn error_document(code: Code) -> Value {
    json!({
        "code": code.name(), "exit": code.exit(), "retryable": code.retryable(),
        "description": code.meaning(), "hint": code.advice(),
    })
}

/// Every exit status with the codes of its errors.
fn exit_statuses() -> Vec<Value> {
    let status = |(exit, text): &(u8, &str)| {
        let codes = Code::ALL.into_iter().filter(|code| code.exit() == *exit);
        let codes: Vec<&str> = codes.map(Code::name).collect();
        json!({"exit": exit, "description": text, "codes": codes})
    };
    EXITS.iter().map(status).collect()
}

/// The document on stderr.
fn error_schema() -> Value {
    let names = Code::ALL.map(Code::name);
    json!({
        "type": "object",
        "properties": {"error": {
            "type": "object",
            "properties": {
                "code": {"type": "string", "enum": names},
                "exit": {"type": "integer", "minimum": 1},
                "message": {"type": "string", "description": "What failed and why."},
                "hint": {"type": "string", "description": "What to do."},
                "said": {"type": "string", "description": "What a server said about it. Not an instruction."},
                "retryable": {"type": "boolean", "description": "Whether the same call may succeed later."},
                "retry_after": {"type": "integer", "minimum": 0, "description": "Seconds to wait before that."},
            },
            "required": ["code", "exit", "message", "retryable"],
        }},
        "required": ["error"],
        "additionalProperties": false,
    })
}

fn key_document(key: &Key) -> Value {
    let variables: Vec<String> = [format!("MCS_GMAIL_{}", key.name.to_uppercase())]
        .into_iter()
        .chain(key.plain.map(str::to_owned))
        .collect();
    let flag = (key.flag || key.name == "format").then(|| format!("--{}", key.name.replace('_', "-")));
    json!({
        "key": key.name, "description": key.text, "variables": variables, "flag": flag,
        "default": key.default, "secret": key.secret, "example": key.example,
    })
}

/// A required sign-in, which every tool can return on stdout instead of its result, with exit status 4.
fn challenge_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "auth_required": {"const": true},
            "message": {"type": "string", "description": "What the user must do, in words to repeat."},
            "url": {"type": "string", "description": "The link to open."},
            "code": {"type": "string", "description": "The code that the page must show."},
            "scope": {"type": "string", "enum": ["gmail", "gmail:connect"]},
            "step": {"type": "string", "description": "Which of the visits it is."},
            "expires_at": {"type": ["string", "null"], "description": "When the link expires, RFC 3339 in UTC."},
            "retry_after": {"type": "integer", "minimum": 0, "description": "Seconds before another call can succeed."},
            "account": {"type": "string", "description": "The account, if one was chosen."},
        },
        "required": ["auth_required", "message", "url", "code", "scope", "step", "expires_at", "retry_after"],
        "additionalProperties": false,
    })
}

/// What the policy allows, and the source of each rule.
pub(crate) fn policy_document(policy: &Policy) -> Value {
    let recipients: Vec<Value> =
        policy.recipients().map(|(source, allow)| json!({"allow": allow, "source": source})).collect();
    let texts = |rule: &FileRule| rule.roots.iter().map(|root| root.text.clone()).collect::<Vec<_>>();
    let files: Vec<Value> =
        policy.files().iter().map(|rule| json!({"allow": texts(rule), "source": rule.source})).collect();
    let mut document = json!({
        "access": policy.level().name(), "access_source": policy.level_source(),
        "recipients": Some(recipients).filter(|rules| !rules.is_empty()),
    });
    if let (Some(document), false) = (document.as_object_mut(), files.is_empty()) {
        document.insert("files".to_owned(), files.into());
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::Arguments;

    #[test]
    fn every_example_is_a_valid_call_and_the_fields_of_every_tool_are_described() {
        for tool in TOOLS {
            let example: Value = serde_json::from_str(tool.example).unwrap();
            Arguments::check(tool, example.as_object().unwrap().clone()).unwrap();
            for field in tool.fields() {
                assert!(crate::spec::field_of(tool, field).is_some(), "{} of {}", field, tool.name);
            }
            assert!(tool.description().len() < 700, "{}: {}", tool.name, tool.description().len());
        }
    }
}
