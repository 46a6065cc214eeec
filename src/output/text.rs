//! Text for people: without control characters, on one line or cut to a width, and times in words.

use serde_json::{Map, Value};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::field_of;
use crate::characters::{is_bidi_control, is_tag};

/// The text of a value without JSON's quotes; lists are joined by commas.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.replace(['\t', '\r', '\n'], " ")
}

/// Removes what could control a terminal: control characters and bidi overrides.
pub(super) fn harmless(text: &str) -> String {
    let dangerous = |c: char| (c.is_control() && c != '\n' && c != '\t') || is_bidi_control(c) || is_tag(c);
    text.chars().filter(|c| !dangerous(*c)).collect()
}

/// The text cut to a number of columns, with an ellipsis where it was cut.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= columns
    };
    format!("{}…", text.chars().take_while(fits).collect::<String>())
}

/// An object as lines, the body last.
pub(super) fn page_of(object: &Map<String, Value>) -> String {
    let mut page = String::new();
    let hidden = ["untrusted", "body"];
    for (name, value) in object.iter().filter(|(n, v)| !hidden.contains(&n.as_str()) && !is_empty(v)) {
        match value {
            Value::Object(inner) => {
                let lines: Vec<String> = page_of(inner).lines().map(|l| format!("  {l}\n")).collect();
                page.push_str(&format!("{name}:\n{}", lines.concat()));
            }
            value => page.push_str(&format!("{name}: {}\n", one_line(&plain(value)))),
        }
    }
    if let Some(body) = object.get("body") {
        page.push_str(&format!("\n{}\n", plain(body).trim_end()));
    }
    page
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// One line per object: a cell for each chosen field, whether it is present or not.
pub(super) fn tsv_document(value: &Value, fields: &[String]) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| tsv_document(item, fields)).collect(),
        Value::Object(object) if fields.is_empty() => {
            let cells: Vec<String> = object.values().map(|v| one_line(&plain(v))).collect();
            format!("{}\n", cells.join("\t"))
        }
        Value::Object(object) => {
            let cell =
                |name: &String| one_line(&object.get(field_of(object, name)).map(plain).unwrap_or_default());
            format!("{}\n", fields.iter().map(cell).collect::<Vec<_>>().join("\t"))
        }
        other => format!("{}\n", one_line(&plain(other))),
    }
}

/// A time for a person, in the time zone of this machine.
pub(super) fn local_time(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => {
            time.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
        }
        Err(_) => text.to_owned(),
    }
}

/// RFC 3339 in UTC, for documents.
pub(crate) fn rfc3339(epoch: f64) -> String {
    let time = jiff::Timestamp::from_second(epoch as i64).unwrap_or_default();
    time.to_string()
}

/// A time span in words.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds as u64 {
        s @ 0..120 => format!("{s} seconds"),
        s => format!("{} minutes", s / 60),
    }
}
