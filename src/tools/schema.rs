//! JSON Schema of the parameters and of the results of a tool, and whether a result is what it says.

use serde_json::{Map, Value, json};

use super::arguments::convert;
use crate::spec::{Answer, Field, Kind, Level, Parameter, Shape, TOOLS, Tool, ToolId, field_of};

/// The schema of the parameters.
pub(crate) fn schema(tool: &Tool) -> Value {
    let properties: Map<String, Value> =
        tool.for_models().map(|p| (p.name.to_owned(), parameter_schema(p))).collect();
    let required: Vec<&str> =
        tool.for_models().filter(|p| p.required && p.unless.is_none()).map(|p| p.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn parameter_schema(parameter: &Parameter) -> Value {
    let mut schema = match parameter.kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Integer { min } => json!({"type": "integer", "minimum": min}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Choice(names) => json!({"type": "string", "enum": names}),
        Kind::Many | Kind::Addresses => {
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
        }
    };
    schema["description"] = parameter.text.into();
    if let Some(default) = parameter.default {
        schema["default"] = convert(parameter, default.into()).unwrap_or_default();
    }
    schema
}

/// The schema of a result in JSON. Members without a value are left out, so none is required.
pub(crate) fn result_schema(tool: &Tool) -> Value {
    let one = result_object(tool);
    let several = |one: &Value| json!({"type": "array", "items": one});
    match (tool.answer, tool.id) {
        (Answer::Rows { .. }, ToolId::ListFolders) => several(&json!({"anyOf": [{"type": "string"}, one]})),
        (Answer::Rows { .. }, _) if has_pages(tool) => json!({"anyOf": [several(&one), page_schema(&one)]}),
        (Answer::Rows { .. }, _) => several(&one),
        (Answer::Document { .. }, ToolId::FetchMessage | ToolId::FetchThread) => {
            json!({"anyOf": [one, several(&one)]})
        }
        (Answer::Document { .. }, _) => one,
    }
}

/// The same as an object, which MCP requires: what is not one stands in its member `result`.
pub(crate) fn result_as_object(tool: &Tool) -> Value {
    let schema = result_schema(tool);
    if schema["type"] == "object" {
        return schema;
    }
    json!({"type": "object", "properties": {"result": schema}, "required": ["result"], "additionalProperties": false})
}

fn has_pages(tool: &Tool) -> bool {
    tool.parameters.iter().any(|parameter| parameter.name == "page_token")
}

fn page_schema(row: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "messages": {"type": "array", "items": row, "description": "The rows of this page."},
            "next_page_token": {
                "type": ["string", "null"],
                "description": "Token of the next page; null after the last one.",
            },
        },
        "required": ["messages", "next_page_token"],
        "additionalProperties": false,
    })
}

fn result_object(tool: &Tool) -> Value {
    object(tool.fields().iter().filter_map(|name| field_of(tool, name)))
}

fn object(fields: impl Iterator<Item = &'static Field>) -> Value {
    let properties: Map<String, Value> =
        fields.map(|field| (field.name.to_owned(), field_schema(field))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn field_schema(field: &'static Field) -> Value {
    let mut schema = match field.shape {
        Shape::Text => json!({"type": "string"}),
        Shape::MaybeText => json!({"type": ["string", "null"]}),
        Shape::Words(words) => json!({"type": "string", "enum": words}),
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::MaybeFlag => json!({"type": ["boolean", "null"]}),
        Shape::MaybeCount => json!({"type": ["integer", "null"], "minimum": 0}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::FlagOrCount => json!({"type": ["boolean", "integer"]}),
        Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Counts => json!({"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}),
        Shape::Object(fields) => object(fields.iter()),
        Shape::Objects(fields) => json!({"type": "array", "items": object(fields.iter())}),
        Shape::ResultsOf(id) => {
            let item = TOOLS.iter().find(|tool| tool.id == id).map(result_object);
            json!({"type": "array", "items": item})
        }
    };
    schema["description"] = field.text.into();
    schema
}

/// The hints of MCP. Destructive is what cannot be taken back, a sent mail among it.
pub(crate) fn annotations(tool: &Tool) -> Value {
    use ToolId as T;
    let writes = matches!(tool.id, T::SaveAttachments | T::ExportMessages | T::NewMessages);
    let reads = tool.level == Level::Read && !writes;
    let sends = matches!(
        tool.id,
        T::SendMessage
            | T::SendHtmlMessage
            | T::ReplyMessage
            | T::ForwardMessage
            | T::SendDraft
            | T::Unsubscribe
    );
    let destroys = matches!(tool.id, T::TrashMessage | T::DeleteFolder | T::UpdateDraft | T::DeleteDraft);
    let again = matches!(tool.id, T::RenameFolder | T::CreateDraft);
    json!({
        "readOnlyHint": reads, "destructiveHint": sends || destroys,
        "idempotentHint": !(sends || writes || again),
    })
}

/// The first member of a result that is not what the table says, with its value's type.
pub(crate) fn mismatch(tool: &Tool, value: &Value) -> Option<String> {
    let page = value.get("messages").filter(|_| has_pages(tool) && value.get("next_page_token").is_some());
    match page.unwrap_or(value) {
        Value::Array(items) => items.iter().find_map(|item| mismatch(tool, item)),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let declared = field_of(tool, name).filter(|_| tool.fields().contains(&name.as_str()));
            if declared.is_some_and(|field| fits(field.shape, value)) { None } else { Some(name.clone()) }
        }),
        Value::String(_) if tool.id == ToolId::ListFolders => None,
        other => Some(other.to_string()),
    }
}

fn fits(shape: Shape, value: &Value) -> bool {
    let all = |value: &Value, each: &dyn Fn(&Value) -> bool| {
        value.as_array().is_some_and(|items| items.iter().all(each))
    };
    let fits_object = |fields: &[Field], value: &Value| {
        let member = |(name, value): (&String, &Value)| {
            fields.iter().any(|field| field.name == name && fits(field.shape, value))
        };
        value.as_object().is_some_and(|members| members.iter().all(member))
    };
    match shape {
        Shape::Text => value.is_string(),
        Shape::MaybeText => value.is_string() || value.is_null(),
        Shape::Words(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Shape::Count => value.is_u64(),
        Shape::MaybeFlag => value.is_boolean() || value.is_null(),
        Shape::MaybeCount => value.is_u64() || value.is_null(),
        Shape::Flag => value.is_boolean(),
        Shape::FlagOrCount => value.is_boolean() || value.is_u64(),
        Shape::Texts => all(value, &Value::is_string),
        Shape::Counts => value.as_object().is_some_and(|members| members.values().all(Value::is_u64)),
        Shape::Object(fields) => fits_object(fields, value),
        Shape::Objects(fields) => all(value, &|item| fits_object(fields, item)),
        Shape::ResultsOf(id) => {
            let tool = TOOLS.iter().find(|tool| tool.id == id);
            tool.is_some_and(|tool| value.is_array() && mismatch(tool, value).is_none())
        }
    }
}
