//! From a row of the table and a JSON object to an operation: the arguments are checked here, once, for the
//! command line and for `exec`, and every tool is matched exhaustively.

mod organising;
pub(crate) mod writing;

use serde_json::{Map, Value, json};

use crate::{
    clock,
    gmail::{
        Gmail,
        labels::Folder,
        messages::{Listed, Selection, Sink},
        query::{self, Syntax},
        read,
    },
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
    /// Printed as it is.
    Text(String),
}

/// Arguments that have the types the table asks for.
#[derive(Debug)]
pub(crate) struct Arguments {
    tool: &'static Tool,
    values: Map<String, Value>,
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
            None => Ok(Arguments { tool, values }),
        }
    }

    pub(crate) fn tool(&self) -> &'static Tool {
        self.tool
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
    match crate::config::nearest(name, known.iter().copied()) {
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
    /// Told what takes long.
    pub(crate) progress: &'a dyn Fn(&str),
}

/// Runs one tool against a mailbox. Rows go to the sink as they come.
pub(crate) fn perform(
    arguments: &Arguments,
    context: &Context<'_>,
    gmail: &Gmail<'_>,
    sink: &mut Sink<'_>,
) -> Result<Outcome> {
    match arguments.tool.id {
        Id::ListFolders => list_folders(gmail, sink),
        Id::ListMessages => list_messages(arguments, gmail, sink),
        Id::SearchMessages => search_messages(arguments, gmail, sink),
        Id::FetchMessage => fetch_message(arguments, gmail),
        Id::SendMessage
        | Id::SendHtmlMessage
        | Id::ReplyMessage
        | Id::ForwardMessage
        | Id::CreateDraft
        | Id::UpdateDraft
        | Id::ListDrafts
        | Id::FetchDraft
        | Id::SendDraft
        | Id::DeleteDraft => writing::perform(arguments, context, gmail, sink),
        _ => organising::perform(arguments, gmail),
    }
}

fn list_folders(gmail: &Gmail<'_>, sink: &mut Sink<'_>) -> Result<Outcome> {
    let mut names: Vec<String> = gmail.labels()?.into_iter().map(|l| l.name).collect();
    names.sort_unstable();
    let mut listed = Listed::default();
    for name in names {
        listed.rows += 1;
        if !sink(Value::from(name))? {
            break;
        }
    }
    Ok(Outcome::Rows(listed))
}

fn list_messages(arguments: &Arguments, gmail: &Gmail<'_>, sink: &mut Sink<'_>) -> Result<Outcome> {
    let selection =
        Selection { label: label(gmail, arguments.text("folder"))?, labels: true, ..selection(arguments) };
    list(arguments, gmail, &selection, sink)
}

fn search_messages(arguments: &Arguments, gmail: &Gmail<'_>, sink: &mut Sink<'_>) -> Result<Outcome> {
    let syntax = arguments.text("syntax").and_then(Syntax::parse).unwrap_or(Syntax::Auto);
    let zone = jiff::tz::TimeZone::system();
    let criteria = arguments.text("criteria").unwrap_or_default();
    let query = query::translate(criteria, syntax, &zone, clock::now() as i64)?;
    if query.nothing {
        return Ok(Outcome::Rows(Listed::default()));
    }
    if let Some(ids) = &query.ids {
        let mut listed = Listed::default();
        gmail.rows(ids, false, &mut listed, sink)?;
        return Ok(Outcome::Rows(listed));
    }
    let label = if query.any_folder { None } else { label(gmail, arguments.text("folder"))? };
    let selection = Selection { label, query: query.q, spam_trash: query.spam_trash, ..selection(arguments) };
    list(arguments, gmail, &selection, sink)
}

fn selection(arguments: &Arguments) -> Selection {
    Selection {
        limit: arguments.integer("limit").unwrap_or(20),
        page_token: arguments.text("page_token").map(str::to_owned),
        ..Selection::default()
    }
}

/// With a page token (an empty one begins) the answer is an object that carries the next one.
fn list(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    selection: &Selection,
    sink: &mut Sink<'_>,
) -> Result<Outcome> {
    if !arguments.given("page_token") {
        return gmail.list(selection, sink).map(Outcome::Rows);
    }
    let mut rows = Vec::new();
    let listed = gmail.list(selection, &mut |row| {
        rows.push(row);
        Ok(true)
    })?;
    if let Some(problem) = incomplete(&listed) {
        return Err(problem.detail("messages", rows));
    }
    Ok(Outcome::Document(json!({"messages": rows, "next_page_token": listed.next_page_token})))
}

/// The problem to report beside rows that are not all there.
pub(crate) fn incomplete(listed: &Listed) -> Option<Problem> {
    let (_, first) = listed.missing.first()?;
    let count = listed.missing.len();
    let missing: Vec<Value> = listed
        .missing
        .iter()
        .map(|(id, p)| json!({"uid": id, "code": p.code().name(), "message": p.message()}))
        .collect();
    let problem = Problem::new(
        Code::Partial,
        format!("{count} of {} messages could not be had: {}", listed.rows + count as u64, first.message()),
    )
    .hint("The others were printed; read the missing ones by their uid, or run the same command again.")
    .detail("missing", missing);
    Some(match listed.missing.iter().filter_map(|(_, p)| p.wait()).max() {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    })
}

fn label(gmail: &Gmail<'_>, folder: Option<&str>) -> Result<Option<String>> {
    Ok(match gmail.folder(folder.unwrap_or_default())? {
        Folder::Everything => None,
        Folder::Label(id) => Some(id),
    })
}

fn fetch_message(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Outcome> {
    let body = match arguments.text("body") {
        Some("html") => read::BodyKind::Html,
        Some("raw") => read::BodyKind::Raw,
        Some("none") => read::BodyKind::None,
        _ => read::BodyKind::Auto,
    };
    let options = read::Options {
        body,
        max_body: arguments.integer("max_body").and_then(|n| usize::try_from(n).ok()),
        headers: arguments.flag("headers"),
        quotes: !arguments.flag("no_quotes"),
    };
    let (ids, several) = arguments.many("uid");
    let mut messages = Vec::with_capacity(ids.len());
    let mut missing = Vec::new();
    for id in &ids {
        match gmail.message(id, &options) {
            Ok(message) => messages.push(message),
            Err(p) if several && p.code() == Code::NotFound => missing.push((id.clone(), p)),
            Err(p) => return Err(p),
        }
    }
    if !several {
        return Ok(Outcome::Document(messages.pop().unwrap_or_default()));
    }
    match incomplete(&Listed { rows: messages.len() as u64, missing, next_page_token: None }) {
        Some(problem) => Err(problem.detail("messages", messages)),
        None => Ok(Outcome::Document(Value::from(messages))),
    }
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
