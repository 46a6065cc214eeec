//! From a row of the table and a JSON object to an operation: the arguments are checked here, once, for the
//! command line and for `exec`, and every tool is matched exhaustively.

mod organising;
mod reading;
pub(crate) mod writing;

use serde_json::{Map, Value, json};

use crate::{
    gmail::{Gmail, history::Position, messages::Listed, read::Attachment},
    policy::Policy,
    problem::{Code, Problem, Result},
    spec::{Id, Kind, Parameter, Spelling, Tool},
};

/// What an operation came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Rows went to the sink.
    Rows(Listed),
    Document(Value),
    /// A document that is not complete, and why.
    Incomplete(Value, Problem),
    /// Printed as it is.
    Text(String),
    /// Rows of new mail went to the sink; once they are out, this mark stands behind them.
    News(Listed, Position),
    /// The bytes of this attachment of a message are the result.
    Bytes(String, Box<Attachment>),
}

/// Arguments that have the types the table asks for.
#[derive(Debug)]
pub(crate) struct Arguments {
    tool: &'static Tool,
    values: Map<String, Value>,
    /// Where the mail was read up to the last time, for the tool that asks for it.
    mark: Option<Position>,
}

impl Arguments {
    /// Checks what was given. Values whose meaning is plain are accepted ("5" for 5); null counts as not given.
    pub(crate) fn check(tool: &'static Tool, mut given: Map<String, Value>) -> Result<Arguments> {
        let mut values = Map::new();
        for parameter in tool.parameters {
            match given.shift_remove(parameter.name).filter(|v| !v.is_null()) {
                Some(value) => {
                    values.insert(parameter.name.to_owned(), convert(parameter, value)?);
                }
                None if parameter.required => return Err(missing(tool, parameter)),
                None => {}
            }
        }
        match given.keys().next() {
            Some(unknown) => Err(unknown_parameter(tool, unknown)),
            None => Ok(Arguments { tool, values, mark: None }),
        }
    }

    pub(crate) fn tool(&self) -> &'static Tool {
        self.tool
    }

    /// The name of the mark that this call goes on from, if it is one that does.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.text("cursor")
    }

    pub(crate) fn with_mark(mut self, mark: Option<Position>) -> Arguments {
        self.mark = mark;
        self
    }

    /// The value or the table's default, as text.
    fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(value) => value.as_str(),
            None => self.default(name),
        }
    }

    fn integer(&self, name: &str) -> Option<u64> {
        match self.values.get(name) {
            Some(value) => value.as_u64(),
            None => self.default(name)?.parse().ok(),
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.values.get(name).and_then(Value::as_bool).unwrap_or(self.default(name) == Some("true"))
    }

    /// The values, and whether they were given as a list.
    fn many(&self, name: &str) -> (Vec<String>, bool) {
        let text = |v: &Value| v.as_str().map(str::to_owned);
        match self.values.get(name) {
            Some(Value::Array(items)) => (items.iter().filter_map(text).collect(), true),
            Some(value) => (text(value).into_iter().collect(), false),
            None => (Vec::new(), true),
        }
    }

    fn given(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    fn default(&self, name: &str) -> Option<&'static str> {
        self.tool.parameters.iter().find(|p| p.name == name)?.default
    }
}

fn convert(parameter: &Parameter, value: Value) -> Result<Value> {
    let wrong = |expected: &str| {
        Err(Problem::usage(format!("{} must be {expected}, not {}", parameter.name, short(&value)))
            .hint(format!("{}: {}", parameter.name, parameter.text))
            .detail("parameter", parameter.name))
    };
    match (parameter.kind, &value) {
        (Kind::Text, Value::String(_)) => Ok(value),
        (Kind::Text, Value::Number(n)) => Ok(Value::from(n.to_string())),
        (Kind::Text, _) => wrong("a text"),
        (Kind::Integer { min }, _) => match whole_number(&value) {
            Some(n) if n >= min => Ok(Value::from(n)),
            _ => wrong(&format!("a whole number, {min} or more")),
        },
        (Kind::Boolean, Value::Bool(_)) => Ok(value),
        (Kind::Boolean, Value::String(text)) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "0" | "" => Ok(Value::Bool(false)),
            _ => wrong("true or false"),
        },
        (Kind::Boolean, Value::Number(n)) if n.as_u64().is_some_and(|n| n < 2) => {
            Ok(Value::Bool(n.as_u64() == Some(1)))
        }
        (Kind::Boolean, _) => wrong("true or false"),
        (Kind::Choice(names), Value::String(text)) => {
            let text = text.trim().to_lowercase();
            match names.contains(&text.as_str()) {
                true => Ok(Value::from(text)),
                false => wrong(&format!("one of {}", names.join(", "))),
            }
        }
        (Kind::Choice(names), _) => wrong(&format!("one of {}", names.join(", "))),
        (Kind::Addresses, Value::String(_)) => Ok(value),
        (Kind::Addresses, Value::Array(items)) if items.iter().all(Value::is_string) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Ok(Value::from(items.join(", ")))
        }
        (Kind::Addresses, _) => wrong("a text with commas, or a list of texts"),
        (Kind::Many, _) => match texts(&value) {
            Some(values) => Ok(values),
            None => wrong("a text or a list of texts, none of them empty"),
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

/// A text, or a list of them; numbers stand for their digits.
fn texts(value: &Value) -> Option<Value> {
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

/// A value for a message: cut, so that a whole mail never stands in an error.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

fn missing(tool: &Tool, parameter: &Parameter) -> Problem {
    Problem::usage(format!("{} needs {}", tool.name, parameter.name))
        .hint(format!("{}: {}", parameter.name, parameter.text))
        .detail("parameter", parameter.name)
}

fn unknown_parameter(tool: &Tool, name: &str) -> Problem {
    let known: Vec<&str> = tool.parameters.iter().map(|p| p.name).collect();
    let problem =
        Problem::usage(format!("{} has no parameter \"{name}\"", tool.name)).detail("parameter", name);
    match crate::suggest::nearest(name, known.iter().copied()) {
        Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
        None if known.is_empty() => problem.hint("It takes no parameters."),
        None => problem.hint(format!("Its parameters: {}.", known.join(", "))),
    }
}

/// What an operation may need beside its arguments.
pub(crate) struct Context<'a> {
    pub(crate) policy: &'a Policy,
    /// What a writing tool was given.
    pub(crate) letter: Option<writing::Letter>,
    pub(crate) journal: &'a writing::Journal<'a>,
    /// Whether a message is shown as a JSON document rather than as its text.
    pub(crate) as_json: bool,
}

/// Receives rows as JSON values as they come; returns false when no more are needed.
pub(crate) type ValueSink<'s> = dyn FnMut(Value) -> Result<bool> + 's;

fn value(result: &impl serde::Serialize) -> Value {
    serde_json::to_value(result).unwrap_or_default()
}

/// Runs one tool against a mailbox. Rows go to the sink as they come.
pub(crate) fn perform(
    arguments: &Arguments,
    context: &Context<'_>,
    gmail: &Gmail<'_>,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    match arguments.tool.id {
        Id::ListFolders => reading::list_folders(arguments, gmail, sink),
        Id::ListMessages => reading::list_messages(arguments, gmail, sink),
        Id::SearchMessages => reading::search_messages(arguments, gmail, sink),
        Id::FetchMessage => reading::fetch_message(arguments, gmail),
        Id::FetchThread => reading::fetch_thread(arguments, gmail),
        Id::SaveAttachments => reading::save_attachments(arguments, gmail, sink),
        Id::NewMessages => reading::new_messages(arguments, gmail, sink),
        Id::GetProfile => reading::get_profile(gmail),
        Id::MoveMessage => organising::move_messages(arguments, gmail).map(Outcome::Document),
        Id::SetFlags => organising::set_flags(arguments, gmail).map(Outcome::Document),
        Id::LabelMessage => organising::label_messages(arguments, gmail).map(Outcome::Document),
        Id::ArchiveMessage => organising::relabel(arguments, gmail, &[], &["INBOX"]).map(Outcome::Document),
        Id::TrashMessage => organising::trash(arguments, gmail).map(Outcome::Document),
        Id::UntrashMessage => organising::untrash(arguments, gmail).map(Outcome::Document),
        Id::MarkRead => organising::relabel(arguments, gmail, &[], &["UNREAD"]).map(Outcome::Document),
        Id::MarkUnread => organising::relabel(arguments, gmail, &["UNREAD"], &[]).map(Outcome::Document),
        Id::StarMessage => organising::relabel(arguments, gmail, &["STARRED"], &[]).map(Outcome::Document),
        Id::UnstarMessage => organising::relabel(arguments, gmail, &[], &["STARRED"]).map(Outcome::Document),
        Id::SpamMessage => {
            organising::relabel(arguments, gmail, &["SPAM"], &["INBOX"]).map(Outcome::Document)
        }
        Id::UnspamMessage => {
            organising::relabel(arguments, gmail, &["INBOX"], &["SPAM"]).map(Outcome::Document)
        }
        Id::CreateFolder => organising::create_folder(arguments, gmail).map(Outcome::Document),
        Id::RenameFolder => organising::rename_folder(arguments, gmail).map(Outcome::Document),
        Id::DeleteFolder => organising::delete_folder(arguments, gmail).map(Outcome::Document),
        Id::SendMessage
        | Id::SendHtmlMessage
        | Id::ReplyMessage
        | Id::ForwardMessage
        | Id::CreateDraft
        | Id::UpdateDraft => writing::write_message(arguments, context, gmail),
        Id::ListDrafts => writing::drafts::list(arguments, gmail, sink),
        Id::FetchDraft => writing::drafts::fetch(arguments, gmail),
        Id::SendDraft => writing::drafts::send(arguments, context, gmail),
        Id::DeleteDraft => writing::drafts::delete(arguments, gmail),
    }
}

/// The problem to report beside rows that are not all there.
pub(crate) fn incomplete(listed: &Listed) -> Option<Problem> {
    let (_, first) = listed.missing.first()?;
    let count = listed.missing.len();
    // Where nothing at all came, and all for one reason, that reason is what happened.
    let alike = listed.rows == 0 && listed.missing.iter().all(|(_, p)| p.code() == first.code());
    let (code, hint) = match alike {
        true => (first.code(), first.hint_text().unwrap_or("Run the same command again.")),
        false => (
            Code::Partial,
            "The others were printed; read the missing ones by their uid, or run the same command again.",
        ),
    };
    let missing: Vec<Value> = listed
        .missing
        .iter()
        .map(|(id, p)| json!({"uid": id, "code": p.code().name(), "message": p.message()}))
        .collect();
    let problem = Problem::new(
        code,
        format!("{count} of {} could not be had: {}", listed.rows + count as u64, first.message()),
    )
    .hint(hint)
    .detail("missing", missing);
    Some(match listed.missing.iter().filter_map(|(_, p)| p.wait()).max() {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    })
}

/// The JSON schema of a tool's arguments.
pub(crate) fn schema(tool: &Tool) -> Value {
    let properties: Map<String, Value> =
        tool.parameters.iter().map(|p| (p.name.to_owned(), parameter_schema(p))).collect();
    let required: Vec<&str> = tool.parameters.iter().filter(|p| p.required).map(|p| p.name).collect();
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
        schema["default"] = convert(parameter, Value::from(default)).unwrap_or_default();
    }
    schema
}

/// Whether a parameter is typed as `--name`.
pub(crate) fn is_option(parameter: &Parameter) -> bool {
    matches!(parameter.spelling, Spelling::Option | Spelling::Named(_))
}
