//! Text for people: without control characters, on one line or cut to a width, and times in words.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Field;
use crate::characters::{is_bidi_control, is_line_separator, is_tag};

/// The text of a value without JSON's quotes; lists are joined by commas.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The text as one cell of one row: every line end and tab is a space.
pub(super) fn one_line(text: &str) -> String {
    let ends = |c: char| matches!(c, '\t'..='\r' | '\u{1c}'..='\u{1f}' | '\u{85}') || is_line_separator(c);
    harmless(&text.replace("\r\n", " ").replace(ends, " "))
}

/// Removes what could control a terminal or change how a text is read: control characters and marks of direction.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' if chars.peek() == Some(&'\n') => shown.push(c),
            c if is_line_separator(c) => shown.push(' '),
            c if c.is_control() || is_bidi_control(c) || is_tag(c) => {}
            c => shown.push(c),
        }
    }
    shown
}

/// JSON in which nothing controls a terminal or changes how a text is read. The data stay the same: JSON itself
/// escapes only the characters below the space, and the others can stand only in a string.
pub(super) fn json_escaped(json: &str) -> Cow<'_, str> {
    if json.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n')) {
        return Cow::Borrowed(json);
    }
    let acts =
        |c: char| c.is_control() && c != '\n' || is_bidi_control(c) || is_line_separator(c) || is_tag(c);
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if acts(c) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Who reads a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Person,
    Program,
}

/// One member of a row as one cell. Dates can be sorted, and labels have their names.
pub(super) fn cell(object: &Map<String, Value>, field: &Field, reader: Reader) -> String {
    let value = match field.text() {
        "date" => return date_cell(object, reader),
        "newest" if reader == Reader::Person => {
            return one_line(&local_time(object.get("newest").and_then(Value::as_str).unwrap_or_default()));
        }
        "labels" => object.get("label_names").or_else(|| object.get("labels")),
        _ => return one_line(&field.cell(object)),
    };
    one_line(&value.map(plain).unwrap_or_default())
}

/// When Google received the message, or else the date that the sender wrote, if it is a date.
fn date_cell(object: &Map<String, Value>, reader: Reader) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let written = text("date").unwrap_or_default();
    let time = text("internal_date").unwrap_or(written);
    let time = match jiff::fmt::rfc2822::parse(time) {
        Ok(zoned) => zoned.timestamp().to_string(),
        Err(_) => time.to_owned(),
    };
    one_line(&if reader == Reader::Person { local_time(&time) } else { time })
}

/// One line per object: a cell for each chosen field, whether it is present or not.
pub(super) fn tsv_document(value: &Value, fields: &[Field]) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| tsv_document(item, fields)).collect(),
        Value::Object(object) => {
            let cell = |field: &Field| cell(object, field, Reader::Program);
            let cells: Vec<String> = match fields {
                [] => object.keys().map(|name| cell(&Field::named(name))).collect(),
                fields => fields.iter().map(cell).collect(),
            };
            format!("{}\n", cells.join("\t"))
        }
        other => format!("{}\n", one_line(&plain(other))),
    }
}

/// A number with a comma between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let groups =
        digits.as_bytes()[first..].chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let head = Some(digits[..first].to_owned()).filter(|head| !head.is_empty());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

/// A time for a person, in the time zone of this machine.
pub(crate) fn local_time(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => {
            time.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
        }
        Err(_) => text.to_owned(),
    }
}

/// A time span in words.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds as u64 {
        s @ 0..120 => format!("{s} seconds"),
        s => format!("{} minutes", s / 60),
    }
}
