//! JSON Schema of the parameters of a tool.

use serde_json::{Map, Value, json};

use super::arguments::convert;
use crate::spec::{Kind, Parameter, Tool};

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
