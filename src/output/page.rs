//! Any other document for a person: names in words, and values beside them in one column.

use serde_json::{Map, Value};

use super::{
    reading::{Screen, text_lines},
    styled::{Line, Style, steady, width},
    text::{one_line, plain},
    when::moment,
    wrap::wrapped,
};

const INDENT: &str = "  ";
/// Longer lists are cut, unless everything is to be shown.
const MOST_ITEMS: usize = 10;
/// In bytes. A list of such texts is shown in lines.
const LONG_ITEM: usize = 30;

/// The document in lines. `names` are those of its members in words.
pub(super) fn document(value: &Value, screen: Screen) -> Vec<Line> {
    match value {
        Value::Array(items) => {
            let mut lines = Vec::new();
            for item in items {
                if !lines.is_empty() {
                    lines.push(Line::default());
                }
                lines.extend(document(item, screen));
            }
            lines
        }
        Value::Object(object) => members(object, screen),
        other => vec![Line::new(Style::Plain, &shown(other))],
    }
}

/// The members that say something; a text of several lines last.
fn members(object: &Map<String, Value>, screen: Screen) -> Vec<Line> {
    let columns = screen.columns;
    let is_text = |name: &str| matches!(name, "body" | "text");
    let said = object.iter().filter(|(name, value)| *name != "untrusted" && !is_empty(value));
    let (texts, said): (Vec<_>, Vec<_>) = said.partition(|(name, _)| is_text(name));
    let is_block = |value: &Value| value.is_object() || is_list_of_objects(value);
    let names = said.iter().filter(|(_, value)| !is_block(value)).map(|(name, _)| width(&words(name)) + 2);
    let names = names.max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, value) in said {
        let title = format!("{}:", words(name));
        if is_block(value) {
            lines.push(Line::new(Style::Dim, &title));
            let inner = columns.map(|columns| columns.saturating_sub(width(INDENT)));
            let inner = Screen { columns: inner, ..screen };
            lines.extend(document(value, inner).into_iter().map(|line| line.indented(INDENT)));
            continue;
        }
        let room = columns.map(|columns| columns.saturating_sub(names).max(1));
        let values = parts(value, screen.columns.is_none() || screen.verbose)
            .into_iter()
            .flat_map(|part| wrapped(&steady(&part), room));
        for (at, part) in values.enumerate() {
            let title = if at == 0 { title.as_str() } else { "" };
            let blank = " ".repeat(names.saturating_sub(width(title)));
            lines.push(Line::new(Style::Dim, title).and(Style::Plain, &blank).and(Style::Plain, &part));
        }
    }
    for (_, value) in texts {
        lines.push(Line::default());
        lines.extend(text_lines(&plain(value), columns));
    }
    lines
}

/// A list of words in one line, and one of longer texts, such as scopes, in one line each. Of a long list, such as the
/// ids of changed messages, only the first ones.
fn parts(value: &Value, whole: bool) -> Vec<String> {
    let Value::Array(items) = value else { return vec![shown(value)] };
    let most = if whole || items.len() <= MOST_ITEMS { items.len() } else { MOST_ITEMS - 2 };
    let mut texts: Vec<String> = items.iter().take(most).map(shown).collect();
    if most < items.len() {
        texts.push(format!("and {} more", items.len() - most));
    }
    if texts.iter().any(|text| text.len() > LONG_ITEM) { texts } else { vec![texts.join(", ")] }
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(Value::is_object))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => one_line(&moment(text).unwrap_or_else(|| text.clone())),
        other => one_line(&plain(other)),
    }
}

/// The name of a member in words: `Access token expires at`.
pub(super) fn words(name: &str) -> String {
    let known = match name {
        "uid" => "Id",
        "thread_id" => "Thread",
        "url" => "Link",
        "message_id" => "Message-ID",
        "in_reply_to" => "In-Reply-To",
        "internal_date" => "Received",
        "mime_type" => "Type",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str().replace('_', " "))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
