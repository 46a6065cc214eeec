//! The fields that `--fields` chooses: members of a result, and members of these by paths such as
//! `attachments[].filename`.

use serde_json::{Map, Value, json};

use super::text::plain;

/// A member of a result, or one within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// As it was written.
    text: String,
    name: String,
    within: Vec<Step>,
}

/// One step of a path below the first name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    /// `[]`: every item of a list.
    Items,
    /// `[2]`: the item with this number, counted from 0.
    Item(usize),
}

impl Field {
    /// Reads a path. What is none is a name that no result has.
    pub(crate) fn parse(text: &str) -> Field {
        let path = || {
            let mut names = text.split('.').map(steps);
            let mut first = names.next()??;
            let Step::Member(name) = first.remove(0) else { return None };
            let rest: Option<Vec<Vec<Step>>> = names.collect();
            Some((name, [first, rest?.concat()].concat()))
        };
        let (name, within) = path().unwrap_or_else(|| (text.to_owned(), Vec::new()));
        Field { text: text.to_owned(), name, within }
    }

    /// The member with exactly this name.
    pub(crate) fn named(name: &str) -> Field {
        Field { text: name.to_owned(), name: name.to_owned(), within: Vec::new() }
    }

    /// The name of the member of the result.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The steps from this member on.
    pub(crate) fn within(&self) -> &[Step] {
        &self.within
    }

    /// The field as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The heading of a column.
    pub(super) fn heading(&self) -> String {
        self.text.to_uppercase().replace("[]", "").replace(['_', '.'], " ")
    }

    /// What the path leads to in an object, without JSON's quotes; several values are joined by commas.
    pub(super) fn cell(&self, object: &Map<String, Value>) -> String {
        let value = object.get(member_of(object, &self.name));
        let mut found = Vec::new();
        collect(value, &self.within, &mut found);
        found.into_iter().map(plain).collect::<Vec<_>>().join(", ")
    }
}

/// One name with the list steps that follow it.
fn steps(part: &str) -> Option<Vec<Step>> {
    let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
    let mut steps = vec![Step::Member(Some(name).filter(|name| !name.is_empty())?.to_owned())];
    while !rest.is_empty() {
        let (number, after) = rest.strip_prefix('[')?.split_once(']')?;
        steps.push(match number {
            "" => Step::Items,
            number if number.bytes().all(|b| b.is_ascii_digit()) => Step::Item(number.parse().ok()?),
            _ => return None,
        });
        rest = after;
    }
    Some(steps)
}

/// What is left of a list after a step: a name applies to each item of a list, too.
fn into_items(steps: &[Step], at: usize) -> Option<&[Step]> {
    match steps {
        [Step::Items, rest @ ..] => Some(rest),
        [Step::Item(number), rest @ ..] => (*number == at).then_some(rest),
        steps => Some(steps),
    }
}

fn collect<'v>(value: Option<&'v Value>, steps: &[Step], found: &mut Vec<&'v Value>) {
    match (value, steps) {
        (None, _) => {}
        (Some(value), []) => found.push(value),
        (Some(Value::Array(items)), steps) => {
            for (at, item) in items.iter().enumerate() {
                if let Some(rest) = into_items(steps, at) {
                    collect(Some(item), rest, found);
                }
            }
        }
        (Some(Value::Object(members)), [Step::Member(name), rest @ ..]) => {
            collect(members.get(member_of(members, name)), rest, found);
        }
        (Some(_), _) => {}
    }
}

/// Only the chosen fields, of an object or of each object in an array.
pub(super) fn select(value: Value, fields: &[Field]) -> Value {
    match value {
        // A page of a list: the fields select from its rows.
        Value::Object(mut object) if object.contains_key("next_page_token") => {
            if let Some(rows) = object.get_mut("messages") {
                *rows = select(std::mem::take(rows), fields);
            }
            Value::Object(object)
        }
        Value::Object(object) => {
            let names: Vec<(&str, &[Step])> =
                fields.iter().map(|field| (field.name(), field.within())).collect();
            members(object, &names)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| select(item, fields)).collect()),
        other => other,
    }
}

/// The members with these names, in this order, and of each what its paths lead to.
fn members(mut object: Map<String, Value>, names: &[(&str, &[Step])]) -> Value {
    let mut chosen = Map::new();
    let names: Vec<(&str, &[Step])> =
        names.iter().map(|(name, path)| (member_of(&object, name), *path)).collect();
    for (name, _) in &names {
        if let Some(value) = object.shift_remove(*name) {
            let paths = names.iter().filter(|(other, _)| other == name).map(|(_, path)| *path);
            if let Some(value) = within(value, &paths.collect::<Vec<_>>()) {
                chosen.insert((*name).to_owned(), value);
            }
        }
    }
    mark_snippet(&mut chosen);
    Value::Object(chosen)
}

/// What several paths lead to, in the structure that it stands in; nothing if they lead nowhere.
fn within<'p>(value: Value, paths: &[&'p [Step]]) -> Option<Value> {
    if paths.iter().any(|path| path.is_empty()) {
        return Some(value);
    }
    match value {
        Value::Array(items) => {
            let item = |(at, item)| {
                let paths: Vec<&'p [Step]> = paths.iter().filter_map(|path| into_items(path, at)).collect();
                (!paths.is_empty()).then(|| within(item, &paths)).flatten()
            };
            Some(Value::Array(items.into_iter().enumerate().filter_map(item).collect()))
        }
        Value::Object(object) => {
            let named = |path: &&'p [Step]| match path {
                [Step::Member(name), rest @ ..] => Some((name.as_str(), rest)),
                _ => None,
            };
            let names: Vec<(&str, &[Step])> = paths.iter().filter_map(named).collect();
            (!names.is_empty()).then(|| members(object, &names))
        }
        Value::Null => Some(Value::Null),
        _ => None,
    }
}

/// Gmail's preview repeats text that nobody sees in the mail, so it is never shown without this mark.
fn mark_snippet(chosen: &mut Map<String, Value>) {
    let has_text = chosen.get("snippet").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if has_text && !chosen.contains_key("untrusted") {
        chosen.insert("untrusted".to_owned(), json!(["snippet"]));
    }
}

/// The member that a field selects; `id` is accepted for the `uid` of a message.
pub(super) fn member_of<'n>(object: &Map<String, Value>, name: &'n str) -> &'n str {
    if name == "id" && !object.contains_key("id") { "uid" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(value: Value, fields: &str) -> Value {
        select(value, &fields.split(',').map(Field::parse).collect::<Vec<_>>())
    }

    fn mail() -> Value {
        json!({
            "uid": "1",
            "attachments": [{"filename": "a", "size": 1, "part_id": "2"}, {"filename": "b", "size": 2}],
            "references": {"to": ["x", "y"]},
            "messages": [{"uid": "5", "snippet": "hidden", "untrusted": ["snippet"]}, {"uid": "6"}],
        })
    }

    #[test]
    fn a_path_keeps_the_structure_in_which_the_member_stands() {
        for (fields, expected) in [
            ("attachments[].filename", json!({"attachments": [{"filename": "a"}, {"filename": "b"}]})),
            ("attachments.filename", json!({"attachments": [{"filename": "a"}, {"filename": "b"}]})),
            ("attachments[1].size", json!({"attachments": [{"size": 2}]})),
            ("attachments[9]", json!({"attachments": []})),
            ("attachments[].part_id", json!({"attachments": [{"part_id": "2"}, {}]})),
            ("references.to[0],id", json!({"references": {"to": ["x"]}, "uid": "1"})),
            ("uid.more", json!({})),
            ("references[]", json!({})),
        ] {
            assert_eq!(chosen(mail(), fields), expected, "{fields}");
        }
    }

    #[test]
    fn paths_with_the_same_beginning_are_merged_in_their_order() {
        let expected = json!({"attachments": [{"size": 1, "filename": "a"}, {"filename": "b"}], "uid": "1"});
        assert_eq!(chosen(mail(), "attachments[0].size,uid,attachments[].filename"), expected);
        let whole = chosen(mail(), "attachments[].size,attachments");
        assert_eq!(whole, json!({"attachments": mail()["attachments"]}));
    }

    #[test]
    fn a_preview_is_marked_wherever_it_stands() {
        let expected = json!({"messages": [{"snippet": "hidden", "untrusted": ["snippet"]}, {}]});
        assert_eq!(chosen(mail(), "messages[].snippet"), expected);
        assert_eq!(chosen(mail(), "messages[1].id"), json!({"messages": [{"uid": "6"}]}));
    }

    #[test]
    fn a_cell_has_all_values_of_a_path() {
        let Value::Object(object) = mail() else { panic!("not an object") };
        let cell = |field: &str| Field::parse(field).cell(&object);
        assert_eq!(cell("attachments[].filename"), "a, b");
        assert_eq!(cell("attachments[1].size"), "2");
        assert_eq!(cell("references.to"), "x, y");
        assert_eq!(
            (cell("messages[].id"), cell("id"), cell("uid.x")),
            ("5, 6".into(), "1".into(), String::new())
        );
    }

    #[test]
    fn what_is_no_path_is_a_name() {
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "[]",
            "a[",
            "a[x]",
            "a[-1]",
            "a[]b",
            "a]",
            "a[99999999999999999999]",
        ] {
            assert_eq!(Field::parse(text), Field::named(text), "{text}");
        }
    }
}
