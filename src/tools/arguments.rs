//! The given parameters, converted to the types in the table. They are checked once, in the same way for the command
//! line and for `exec`; a request then reads them into its own fields.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    input,
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{Kind, Parameter, Spelling, Tool},
    spelling::name,
    suggest,
};

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(super) tool: &'static Tool,
    values: Map<String, Value>,
}

impl Arguments {
    /// Checks the given parameters. Values whose meaning is clear are accepted ("5" for 5); null counts as not given.
    /// An id of `-` is replaced with the ids on stdin.
    pub(crate) fn check(tool: &'static Tool, mut given: Map<String, Value>) -> Result<Arguments> {
        let mut values = Map::new();
        let has = |given: &Map<String, Value>, name: &str| given.get(name).is_some_and(|v| !v.is_null());
        let replaced = |p: &&Parameter| p.unless.is_some_and(|other| has(&given, other));
        let replaced: Vec<&str> = tool.parameters.iter().filter(replaced).map(|p| p.name).collect();
        for parameter in tool.parameters {
            match given.shift_remove(parameter.name).filter(|v| !v.is_null()) {
                Some(value) => {
                    let value = with_stdin_ids(parameter, value)?;
                    values.insert(parameter.name.to_owned(), convert(parameter, value)?);
                }
                None if parameter.required && !replaced.contains(&parameter.name) => {
                    return Err(missing(tool, parameter));
                }
                None => {}
            }
        }
        match given.keys().next() {
            Some(unknown) => Err(unknown_parameter(tool, unknown)),
            None => Ok(Arguments { tool, values }),
        }
    }

    /// The parameters that are the fields of `T`, with the defaults of the table. A parameter of another tool counts
    /// as not given, so that tools can share a type.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(Fields(self))
            .map_err(|e| bug(format!("cannot read the parameters of {}: {e}", self.tool.name)))
    }

    pub(super) fn given(&self, parameter: &Parameter) -> bool {
        self.values.contains_key(parameter.name)
    }

    /// All given parameters.
    pub(crate) fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    pub(super) fn value_mut(&mut self, parameter: &Parameter) -> Option<&mut Value> {
        self.values.get_mut(parameter.name)
    }

    fn value(&self, name: &str) -> Option<Value> {
        let default = || {
            let parameter = self.tool.parameters.iter().find(|p| p.name == name)?;
            convert(parameter, parameter.default?.into()).ok()
        };
        self.values.get(name).cloned().or_else(default)
    }
}

/// The problem if a tool reaches the parser of another kind of request.
pub(super) fn unsupported(arguments: &Arguments) -> Problem {
    bug(format!("{} was parsed as another kind of request", arguments.tool.name))
}

fn bug(message: String) -> Problem {
    Problem::new(Code::Failed, message).hint("This is a bug in mcs-gmail; please report it.")
}

/// Reads a struct whose fields are parameters.
struct Fields<'a>(&'a Arguments);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = serde_json::Error;

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        #[cfg(test)]
        super::tests::note_read(fields);
        let value = |field: &&str| Some((field.to_string(), self.0.value(field)?));
        let values: Map<String, Value> = fields.iter().filter_map(value).collect();
        Value::Object(values).deserialize_struct(name, fields, visitor)
    }

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        Value::Object(self.0.values.clone()).deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The values of a parameter that accepts several, and whether a list was given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "OneOrMany")]
pub(super) struct Many {
    pub(super) values: Vec<String>,
    /// A single value that was not in a list.
    pub(super) single: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Many {
    fn from(given: OneOrMany) -> Many {
        match given {
            OneOrMany::One(value) => Many { values: vec![value], single: true },
            OneOrMany::Many(values) => Many { values, single: false },
        }
    }
}

/// Replaces an id of `-` with the ids on stdin.
fn with_stdin_ids(parameter: &Parameter, value: Value) -> Result<Value> {
    if parameter.kind != Kind::Many || parameter.spelling != Spelling::Positional {
        return Ok(value);
    }
    let given = match value {
        Value::Array(given) => given,
        one if one == "-" => vec![one],
        one => return Ok(one),
    };
    let Some(at) = given.iter().position(|v| v == "-") else { return Ok(given.into()) };
    Ok([&given[..at], &input::ids()?, &given[at + 1..]].concat().into())
}

/// The value as the type of the parameter.
pub(super) fn convert(parameter: &Parameter, value: Value) -> Result<Value> {
    let wrong = |expected: &str| {
        let message = phrase![name(parameter), format!(" must be {expected}, not {}", short(&value))];
        Err(Problem::usage(message)
            .hint(phrase![name(parameter), ": ", parameter.text])
            .detail("parameter", parameter.name))
    };
    match (parameter.kind, &value) {
        (Kind::Text, Value::String(_)) => Ok(value),
        (Kind::Text, Value::Number(n)) => Ok(Value::from(n.to_string())),
        (Kind::Text, Value::Bool(given)) if parameter.bare.is_some() => {
            Ok(Value::from(if *given { parameter.bare.unwrap_or_default() } else { "none" }))
        }
        (Kind::Text, _) => wrong("a string"),
        (Kind::Integer { min }, _) => match whole_number(&value) {
            Some(n) if n >= min => Ok(Value::from(n)),
            _ => wrong(&format!("a whole number, {min} or more")),
        },
        (Kind::Boolean, _) => match boolean(&value) {
            Some(b) => Ok(Value::Bool(b)),
            None => wrong("true or false"),
        },
        (Kind::Choice(words), _) => match value.as_str().map(|text| text.trim().to_lowercase()) {
            Some(word) if words.contains(&word.as_str()) => Ok(Value::from(word)),
            _ => wrong(&format!("one of {}", words.join(", "))),
        },
        (Kind::Addresses, Value::String(_)) => Ok(value),
        (Kind::Addresses, Value::Array(items)) if items.iter().all(Value::is_string) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Ok(Value::from(items.join(", ")))
        }
        (Kind::Addresses, _) => wrong("a string with commas, or a list of strings"),
        (Kind::Many, _) => match strings(&value) {
            Some(values) => Ok(values),
            None => wrong("a string or a list of strings, none of them empty"),
        },
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => {
            n.as_i64().or_else(|| n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Number(n) => n.as_u64().filter(|n| *n < 2).map(|n| n == 1),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A string, or a list of them; numbers are taken as their digits.
fn strings(value: &Value) -> Option<Value> {
    let one = |v: &Value| match v {
        Value::String(s) if !s.trim().is_empty() => Some(s.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => items.iter().map(one).collect::<Option<Vec<_>>>().map(Value::from),
        single => one(single).map(Value::from),
    }
}

/// A value for a message, cut so that a whole mail never appears in an error.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

fn missing(tool: &Tool, parameter: &Parameter) -> Problem {
    Problem::usage(phrase![format!("{} requires ", tool.name), name(parameter)])
        .hint(phrase![name(parameter), ": ", parameter.text])
        .detail("parameter", parameter.name)
}

fn unknown_parameter(tool: &Tool, given: &str) -> Problem {
    let known: Vec<&str> = tool.parameters.iter().map(|p| p.name).collect();
    let problem =
        Problem::usage(format!("unknown parameter \"{given}\" for {}", tool.name)).detail("parameter", given);
    match suggest::nearest(given, known.iter().copied()) {
        Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
        None if known.is_empty() => problem.hint("Omit it: this tool has no parameters."),
        None => problem.hint(format!("Use only {}.", known.join(", "))),
    }
}
