//! The entries of the cache file: those that this program or the Python skill understands, and everything else as text.
//!
//! What is not understood is neither decoded nor changed, so that it costs little, however much it is.

use std::{io, rc::Rc};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Deserializer, Map, Value, json};

use crate::clock;

/// How the keys of the entries begin that may have a meaning for `records`.
const OURS: [&str; 5] = ["at:", "auth0:", "linkauth:", "mcs-gmail:", "rt:"];

/// The entries of the file, `{"key": {"v": "text", "exp": epoch seconds}}`. Their meaning is in `records`, which gives
/// them types.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Records {
    ours: Map<String, Value>,
    /// The members that somebody else wrote, with commas between them, as they stand in the file.
    foreign: Rc<str>,
}

impl Records {
    /// The text under a key, unless it has expired or has another form.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.get_until(key).map(|(text, _)| text)
    }

    /// The text, and its expiry in epoch seconds.
    pub(super) fn get_until(&self, key: &str) -> Option<(&str, Option<f64>)> {
        let entry = self.ours.get(key)?;
        let until = entry.get("exp").and_then(Value::as_f64);
        if until.is_some_and(|t| t <= clock::now()) {
            return None;
        }
        Some((entry.get("v")?.as_str()?, until))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.ours.keys().map(String::as_str)
    }

    pub(super) fn set(&mut self, key: &str, text: &str, until: Option<f64>) {
        let entry = match until {
            Some(t) => json!({"v": text, "exp": t}),
            None => json!({"v": text}),
        };
        self.ours.insert(key.to_owned(), entry);
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.ours.shift_remove(key);
    }

    /// Removes and returns the raw entries whose keys `ours` selects.
    pub(super) fn take(&mut self, ours: impl Fn(&str) -> bool) -> Map<String, Value> {
        let keys: Vec<String> = self.ours.keys().filter(|k| ours(k)).cloned().collect();
        keys.into_iter().filter_map(|k| self.ours.shift_remove(&k).map(|v| (k, v))).collect()
    }

    pub(super) fn put_back(&mut self, entries: Map<String, Value>) {
        self.ours.extend(entries);
    }

    /// A member of the JSON object that is the text under a key.
    pub(super) fn member(&self, key: &str, name: &str) -> Option<Value> {
        self.object(key).get(name).cloned()
    }

    pub(super) fn set_member(&mut self, key: &str, name: &str, value: Value) {
        let mut object = self.object(key);
        object.insert(name.to_owned(), value);
        self.set(key, &Value::Object(object).to_string(), None);
    }

    pub(super) fn remove_member(&mut self, key: &str, name: &str) {
        let mut object = self.object(key);
        if object.shift_remove(name).is_some() {
            self.set(key, &Value::Object(object).to_string(), None);
        }
    }

    /// The content of the file.
    pub(super) fn encoded(&self) -> io::Result<String> {
        let mut text = serde_json::to_string_pretty(&self.ours)?;
        if !self.foreign.is_empty() {
            text.truncate(if self.ours.is_empty() { 1 } else { text.len() - "\n}".len() });
            text.push_str(if self.ours.is_empty() { "\n  " } else { ",\n  " });
            text.push_str(&self.foreign);
            text.push_str("\n}");
        }
        text.push('\n');
        Ok(text)
    }

    fn object(&self, key: &str) -> Map<String, Value> {
        self.get(key).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// The entries of a file. Nothing if it is not a JSON object.
pub(super) fn parse(bytes: &[u8]) -> Option<Records> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut records = Records::default();
    if text.trim_ascii().is_empty() {
        return Some(records);
    }
    let mut foreign = String::new();
    let mut rest = text.trim_ascii().strip_prefix('{')?.trim_ascii_start();
    while !rest.starts_with('}') {
        let (key, after) = first::<String>(rest)?;
        let value = after.trim_ascii_start().strip_prefix(':')?;
        let end = if OURS.iter().any(|start| key.starts_with(start)) {
            let (entry, end) = first::<Value>(value)?;
            records.ours.insert(key, entry);
            end
        } else {
            let (_, end) = first::<IgnoredAny>(value)?;
            if !foreign.is_empty() {
                foreign.push_str(",\n  ");
            }
            foreign.push_str(&rest[..rest.len() - end.len()]);
            end
        };
        let end = end.trim_ascii_start();
        rest = match end.strip_prefix(',') {
            Some(next) => Some(next.trim_ascii_start()).filter(|next| next.starts_with('"'))?,
            None => Some(end).filter(|end| end.starts_with('}'))?,
        };
    }
    records.foreign = foreign.into();
    (rest == "}").then_some(records)
}

/// The first JSON value of a text, and what follows it.
fn first<'t, T: Deserialize<'t>>(text: &'t str) -> Option<(T, &'t str)> {
    let mut values = Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_foreign_stays_as_it_is_written_and_ours_can_be_changed() {
        let text = r#" {"a" :{"v":1e999, "w":[ ]},"rt:x":{"v":"1"},"a":null,"\u0062":"\ud800","at:y":7} "#;
        let mut records = parse(text.as_bytes()).unwrap();
        assert_eq!((records.get("rt:x"), records.get("a"), records.get("at:y")), (Some("1"), None, None));
        records.set("rt:x", "2", None);
        let written = records.encoded().unwrap();
        assert!(
            written.contains(r#""a" :{"v":1e999, "w":[ ]},"#) && written.contains(r#""\u0062":"\ud800""#)
        );
        assert!(written.ends_with("\"\n}\n") && written.starts_with("{\n  \"rt:x\": {"), "{written}");
        assert_eq!(parse(written.as_bytes()).unwrap(), records);
        records.remove("rt:x");
        records.remove("at:y");
        assert_eq!(parse(records.encoded().unwrap().as_bytes()).unwrap(), records);
    }

    #[test]
    fn what_is_no_json_object_has_no_entries() {
        for text in [
            "{",
            "{}}",
            "[]",
            "{\"a\":1,}",
            "{,}",
            "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "\"x\"",
            "{\"rt:\":1 2}",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        for text in ["", " \n", "{}", " { } ", "{\"a\":1}\n", "{\"a\":true}", "{\"rt:\":-0}"] {
            assert!(parse(text.as_bytes()).is_some(), "{text}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn a_deep_value_is_kept() {
        let text = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let records = parse(text.as_bytes()).unwrap();
        assert!(records.encoded().unwrap().contains(&text[1..text.len() - 1]));
    }
}
