//! Row numbers among the given ids: `3`, and where several ids are accepted also `2-4` and `2,3`. A number has at most four
//! digits, and an id of Gmail 16, so that neither can be taken for the other.

use serde_json::Value;

use super::arguments::Arguments;
use crate::{
    problem::{Problem, Result},
    spec::{Kind, Parameter, RowKind, Spelling},
};

const MOST_DIGITS: usize = 4;
/// The switch that makes ids those of conversations.
const BY_THREAD: &str = "thread";

/// A row number in place of an id.
pub(crate) struct NumberedRow<'r> {
    pub(crate) number: usize,
    /// The kinds of rows that the parameter accepts.
    pub(crate) accepted: &'r [RowKind],
    /// Whether the tool can take conversations with another switch.
    pub(crate) takes_threads: bool,
}

/// Gives the id of a row.
type LookUp<'l> = &'l dyn Fn(&NumberedRow<'_>) -> Result<String>;

impl Arguments {
    pub(crate) fn has_row_numbers(&self) -> bool {
        let numbered = |p: &&Parameter| accepted(p, false).is_some();
        self.tool.parameters.iter().filter(numbered).any(|p| match self.values().get(p.name) {
            Some(Value::Array(items)) => items.iter().any(|item| numbers(item).is_some()),
            Some(value) => numbers(value).is_some(),
            None => false,
        })
    }

    /// The same with ids in place of row numbers.
    pub(crate) fn with_rows(mut self, look_up: LookUp<'_>) -> Result<Arguments> {
        let has_switch = self.tool.parameters.iter().any(|p| p.name == BY_THREAD);
        let by_thread = self.values().get(BY_THREAD) == Some(&Value::Bool(true));
        for parameter in self.tool.parameters {
            let Some(accepted) = accepted(parameter, by_thread) else { continue };
            let id = |number: &usize| {
                let row = NumberedRow { number: *number, accepted, takes_threads: has_switch };
                look_up(&row).map(Value::from)
            };
            let ids = |value: &Value| match numbers(value) {
                Some(numbers) => numbers.iter().map(id).collect::<Result<Vec<Value>>>(),
                None => Ok(vec![value.clone()]),
            };
            match self.value_mut(parameter) {
                Some(Value::Array(items)) => {
                    let found: Vec<Vec<Value>> = items.iter().map(ids).collect::<Result<_>>()?;
                    *items = found.concat();
                }
                Some(value) => {
                    let mut found = ids(value)?;
                    match (found.len(), parameter.kind) {
                        (1, _) => *value = found.remove(0),
                        (_, Kind::Many) => *value = found.into(),
                        _ => return Err(one_only(value)),
                    }
                }
                None => {}
            }
        }
        Ok(self)
    }
}

/// The kinds of rows whose ids a parameter takes; `None` if it takes none.
fn accepted(parameter: &Parameter, by_thread: bool) -> Option<&'static [RowKind]> {
    if parameter.spelling != Spelling::Positional {
        return None;
    }
    match parameter.name {
        "uid" if by_thread => Some(&[RowKind::Conversation, RowKind::Message]),
        "uid" => Some(&[RowKind::Message]),
        "thread_id" => Some(&[RowKind::Conversation, RowKind::Message]),
        "draft_id" => Some(&[RowKind::Draft]),
        _ => None,
    }
}

fn one_only(value: &Value) -> Problem {
    let given = value.as_str().unwrap_or_default();
    Problem::usage(format!("{given} are several rows, and this command takes one"))
        .hint("Give one row number.")
}

/// The row numbers that a value names: one, a range, or several between commas.
fn numbers(value: &Value) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for part in value.as_str()?.split(',') {
        match part.split_once('-') {
            None => found.push(number(part)?),
            Some((first, last)) => found.extend(number(first)?..=number(last)?),
        }
    }
    Some(found).filter(|found| !found.is_empty())
}

fn number(digits: &str) -> Option<usize> {
    let is_number = (1..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}
