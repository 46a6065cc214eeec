//! The input of `exec`: a tool by its contract name, and its parameters as a JSON object, which is given as an
//! argument, in a file or on stdin.

use serde_json::{Map, Value};

use super::{End, Invocation};
use crate::{
    disk, input,
    problem::{Problem, Result},
    spec::{self, AS_DATA, Blank, Kind, PARAMETERS, Parameter, Tool},
    suggest,
};

/// As much as stdin may have.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

pub(super) fn perform(name: &str, given: &str, run: &Invocation<'_>) -> Result<End> {
    let tool = tool_named(name)?;
    if run.options.global.fields.as_deref() == Some("") {
        return run.tool(tool, Map::new());
    }
    let text = match given.strip_prefix('@') {
        Some(path) => text_in(path, run)?,
        None if given == "-" => input::text()?,
        None => given.to_owned(),
    };
    let mut arguments = arguments(tool, &text)?;
    let takes_fence = tool.parameters.iter().any(|p| p.name == AS_DATA.name);
    if takes_fence && !arguments.contains_key(AS_DATA.name) && run.config()?.fences()? {
        arguments.insert(AS_DATA.name.to_owned(), true.into());
    }
    run.tool(tool, arguments)
}

fn tool_named(name: &str) -> Result<&'static Tool> {
    spec::tool(name).ok_or_else(|| {
        let problem = Problem::usage(format!("unknown tool \"{name}\""));
        let command = spec::TOOLS.iter().find(|tool| tool.command == name).map(|tool| tool.name);
        match command.or_else(|| suggest::nearest(name, spec::TOOLS.iter().map(|t| t.name))) {
            Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
            None => problem.hint("Run mcs-gmail tools to list the tools."),
        }
    })
}

/// The text of a file, which is subject to the policy as every file is that a caller names.
fn text_in(path: &str, run: &Invocation<'_>) -> Result<String> {
    let config = run.config()?;
    let files = config.file_access(&config.policy()?, run.has_person())?;
    let bytes = disk::read_up_to(files.open(path, &PARAMETERS)?, MAX_SIZE).map_err(|e| e.to_string());
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
    text.map_err(|what| {
        Problem::usage(format!("cannot read {path}: {what}"))
            .hint("Give the path of a JSON file in UTF-8 after @, up to 64 MB.")
    })
}

/// The parameters in a text.
fn arguments(tool: &Tool, text: &str) -> Result<Map<String, Value>> {
    // Editors for Windows put a byte order mark in front.
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(arguments)) if arguments.get("out_dir").is_some_and(|d| d == "-") => {
            Err(Problem::usage("exec prints JSON and cannot write an attachment to stdout")
                .hint("Set out_dir to a directory."))
        }
        Ok(Value::Object(given)) => Ok(without_blanks(tool, given)),
        Ok(_) => Err(Problem::usage("the parameters are not a JSON object")
            .hint(format!("Give a JSON object, as in mcs-gmail exec {} '{{}}'.", tool.name))),
        Err(e) => Err(Problem::usage(format!("the parameters are not valid JSON: {e}"))
            .hint("Give one JSON object in single quotes, @FILE to read it from a file, or - to read it from stdin.")),
    }
}

/// Models fill in every parameter of a schema: null, an empty string, and a list of nothing else mean that it is not
/// given. A parameter of which an empty string is a value keeps it.
fn without_blanks(tool: &Tool, mut given: Map<String, Value>) -> Map<String, Value> {
    let parameter = |name: &str| tool.parameters.iter().find(|p| p.name == name);
    given.retain(|name, value| parameter(name).is_none_or(|p| !is_blank(p, value)));
    // A complete message has its own subject and body.
    if given.contains_key(spec::RAW.name) {
        given.retain(|_, value| value != "");
    }
    given
}

fn is_blank(parameter: &Parameter, value: &Value) -> bool {
    let is_nothing = |value: &Value| value.is_null() || value == "";
    let takes_list = matches!(parameter.kind, Kind::Many | Kind::Addresses);
    match value {
        Value::String(text) => text.is_empty() && parameter.blank != Blank::Text,
        Value::Array(items) if items.is_empty() => takes_list && parameter.blank != Blank::List,
        Value::Array(items) => takes_list && items.iter().all(is_nothing),
        value => value.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn left(tool: &str, given: Value) -> Value {
        let given = given.as_object().unwrap().clone();
        without_blanks(spec::tool(tool).unwrap(), given).into()
    }

    #[test]
    fn an_empty_value_is_the_same_as_null_unless_it_means_something() {
        let blank = json!({"folder": "", "limit": "", "all": null, "threads": "", "page_token": null});
        assert_eq!(left("list_messages", blank), json!({}));
        // The first page is asked for with an empty token.
        assert_eq!(left("list_messages", json!({"page_token": ""})), json!({"page_token": ""}));
        assert_eq!(left("archive_message", json!({"uid": [""], "query": "x"})), json!({"query": "x"}));
        assert_eq!(left("archive_message", json!({"uid": [], "query": "x"})), json!({"query": "x"}));
        assert_eq!(left("archive_message", json!({"uid": ["a", null]})), json!({"uid": ["a", null]}));
        // A mail may have no subject and no text, if the caller says so.
        let sent =
            json!({"to": "b@example.org", "subject": "", "body": "", "cc": "", "bcc": [], "attach": [""]});
        let wanted = json!({"to": "b@example.org", "subject": "", "body": ""});
        assert_eq!(left("send_message", sent), wanted);
        let raw = json!({"raw": "m.eml", "to": "", "subject": "", "body": ""});
        assert_eq!(left("send_message", raw), json!({"raw": "m.eml"}));
        // What is not given of a draft stays, and an empty list removes.
        let update = json!({"draft_id": "r", "to": "", "subject": "", "body": "", "cc": [], "attach": []});
        assert_eq!(left("update_draft", update), json!({"draft_id": "r", "cc": []}));
        // What no tool knows is an error elsewhere.
        assert_eq!(left("get_profile", json!({"x": ""})), json!({"x": ""}));
    }
}
