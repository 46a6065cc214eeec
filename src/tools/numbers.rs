//! Row numbers among the given ids. A number has at most four digits, and an id of Gmail 16, so that neither can be taken
//! for the other.

use serde_json::Value;

use super::arguments::Arguments;
use crate::{
    problem::Result,
    spec::{Parameter, RowKind, Spelling},
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
            Some(Value::Array(items)) => items.iter().any(|item| number(item).is_some()),
            Some(value) => number(value).is_some(),
            None => false,
        })
    }

    /// The same with ids in place of row numbers.
    pub(crate) fn with_rows(mut self, look_up: LookUp<'_>) -> Result<Arguments> {
        let has_switch = self.tool.parameters.iter().any(|p| p.name == BY_THREAD);
        let by_thread = self.values().get(BY_THREAD) == Some(&Value::Bool(true));
        for parameter in self.tool.parameters {
            let Some(accepted) = accepted(parameter, by_thread) else { continue };
            let replaced = |value: &Value| match number(value) {
                Some(number) => {
                    let row = NumberedRow { number, accepted, takes_threads: has_switch };
                    look_up(&row).map(Value::from)
                }
                None => Ok(value.clone()),
            };
            match self.value_mut(parameter) {
                Some(Value::Array(items)) => {
                    *items = items.iter().map(replaced).collect::<Result<_>>()?;
                }
                Some(value) => *value = replaced(value)?,
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

fn number(value: &Value) -> Option<usize> {
    let digits = value.as_str()?;
    let is_number = digits.len() <= MOST_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}
