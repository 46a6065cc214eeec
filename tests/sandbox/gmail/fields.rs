//! Partial answers: the `fields` parameter. Grammar: a comma list of paths, `a/b` for a nested member, `a(b,c)`
//! for a sub-selection, `*` for every member. Arrays are selected element by element.

use serde_json::{Map, Value};

/// A parsed mask. No members means: everything below.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mask {
    members: Vec<(String, Mask)>,
}

impl Mask {
    /// `None` if the text is not a mask.
    pub(super) fn parse(text: &str) -> Option<Mask> {
        let mut rest = text;
        let mask = selection(&mut rest)?;
        rest.is_empty().then_some(mask)
    }

    /// Every path that the mask names, root first.
    pub(super) fn paths(&self) -> Vec<Vec<&str>> {
        let mut paths = Vec::new();
        for (name, inner) in &self.members {
            if inner.members.is_empty() {
                paths.push(vec![name.as_str()])
            } else {
                paths.extend(inner.paths().into_iter().map(|tail| [vec![name.as_str()], tail].concat()))
            }
        }
        paths
    }

    pub(super) fn apply(&self, value: Value) -> Value {
        match value {
            _ if self.members.is_empty() => value,
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.apply(item)).collect()),
            Value::Object(object) => Value::Object(self.select(object)),
            scalar => scalar,
        }
    }

    fn select(&self, object: Map<String, Value>) -> Map<String, Value> {
        let chosen = |name: &str| self.members.iter().find(|(n, _)| n == name || n == "*");
        object
            .into_iter()
            .filter_map(|(name, value)| chosen(&name).map(|(_, inner)| (name, inner.apply(value))))
            .collect()
    }

    fn merge(&mut self, name: String, inner: Mask) {
        match self.members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if known.members.is_empty() || inner.members.is_empty() => known.members.clear(),
            Some((_, known)) => inner.members.into_iter().for_each(|(n, m)| known.merge(n, m)),
            None => self.members.push((name, inner)),
        }
    }
}

fn selection(rest: &mut &str) -> Option<Mask> {
    let mut mask = Mask::default();
    loop {
        let (name, inner) = item(rest)?;
        mask.merge(name, inner);
        match rest.strip_prefix(',') {
            Some(tail) => *rest = tail,
            None => return Some(mask),
        }
    }
}

fn item(rest: &mut &str) -> Option<(String, Mask)> {
    let end = rest.find(['/', '(', ')', ',']).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(end);
    let name = name.trim();
    if name.is_empty() || !(name == "*" || name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
        return None;
    }
    *rest = tail;
    let inner = if let Some(tail) = rest.strip_prefix('/') {
        *rest = tail;
        let (child, mask) = item(rest)?;
        Mask { members: vec![(child, mask)] }
    } else if let Some(tail) = rest.strip_prefix('(') {
        *rest = tail;
        let mask = selection(rest)?;
        *rest = rest.strip_prefix(')')?;
        mask
    } else {
        Mask::default()
    };
    Some((name.to_string(), inner))
}
