//! Row numbers: at a terminal, `read 3` means the third row of the list that this terminal showed last. What the numbers
//! stand for is kept with the cache; no request knows that there are any.

use serde_json::{Map, Value};

use super::Invocation;
use crate::{
    clock::Budget,
    config::Config,
    output::Memory,
    phrase::{Phrase, phrase},
    problem::{Problem, Result},
    spec::{self, RowKind, ToolId},
    spelling::command,
    store::{ShownList, Store, Terminals},
    tools::{Arguments, NumberedRow},
};

/// Records what this terminal shows, if it is one. Returns false where numbers would not work.
pub(super) fn memory<'r>(run: &Invocation<'r>, config: &Config, store: &'r Store<'r>) -> Memory<'r> {
    let terminal = run.console.shown_at();
    let directory = config.terminals_directory();
    Box::new(move |kind, ids| {
        let (Some(terminal), Ok(directory)) = (&terminal, &directory) else { return false };
        let kind = if ids.is_some() { kind.name() } else { "" };
        let list = ShownList::new(kind, ids.unwrap_or_default(), store.owner());
        Terminals::new(directory.clone()).set(terminal, &list).is_ok()
    })
}

/// Records that this terminal shows a list without numbers.
pub(super) fn take_numbers(run: &Invocation<'_>) {
    if let (Some(terminal), Ok(config)) = (run.console.shown_at(), run.config())
        && let Ok(directory) = config.terminals_directory()
    {
        // Where this cannot be recorded, no number is accepted either.
        let _ = Terminals::new(directory).set(&terminal, &ShownList::new("", &[], String::new()));
    }
}

/// The arguments with ids in place of row numbers, if a person gives them at a terminal.
pub(super) fn resolved(run: &Invocation<'_>, config: &Config, arguments: Arguments) -> Result<Arguments> {
    if !arguments.has_row_numbers() {
        return Ok(arguments);
    }
    let Some(terminal) = run.console.typed_at() else { return Ok(arguments) };
    let settings = config.access()?;
    let budget = Budget::new(config.timeout()?);
    let store = Store::open(settings.directory.clone(), settings.identity(), &budget, run.console);
    let shown = Terminals::new(config.terminals_directory()?).shown(&terminal).map(|list| {
        let is_own = list.kind.is_empty() || list.owner == store.owner();
        (list, is_own)
    });
    arguments.with_rows(&|row| id_of(row, shown.as_ref()))
}

/// The message that a person named with an id or with the number of a row.
pub(super) fn message(run: &Invocation<'_>, given: Value) -> Result<Value> {
    let Some(tool) = spec::tool("fetch_message") else { return Ok(given) };
    let arguments = Arguments::check(tool, Map::from_iter([(spec::UIDS.name.to_owned(), given.clone())]))?;
    let found = resolved(run, run.config()?, arguments)?;
    Ok(found.values().get(spec::UIDS.name).cloned().unwrap_or(given))
}

/// The id that a number stands for.
fn id_of(row: &NumberedRow<'_>, shown: Option<&(ShownList, bool)>) -> Result<String> {
    let number = row.number;
    let (list, is_own) = match shown {
        None => {
            let message =
                format!("{number} is a row number, and this terminal has shown no list for an hour");
            return Err(refused(message, row));
        }
        Some((list, _)) if list.kind.is_empty() => {
            return Err(refused(format!("{number} is a row number, and the last list had none"), row));
        }
        Some((list, is_own)) => (list, *is_own),
    };
    if !is_own {
        return Err(refused(format!("{number} is a row of a list of another account or another cache"), row));
    }
    if !row.accepted.iter().any(|kind| kind.name() == list.kind) {
        let wanted = row.accepted.first().map_or("message", |kind| kind.name());
        let message = format!("row {number} of the last list is a {}, not a {wanted}", list.kind);
        return Err(Problem::usage(message).hint(other_hint(&list.kind, row)));
    }
    let id = number.checked_sub(1).and_then(|at| list.ids.get(at));
    id.cloned().ok_or_else(|| match list.ids.len() {
        0 => refused(format!("there is no row {number}: the last list was empty"), row),
        1 => refused(format!("there is no row {number}: the last list has one row"), row),
        rows => refused(format!("there is no row {number}: the last list has {rows} rows"), row),
    })
}

fn refused(message: String, row: &NumberedRow<'_>) -> Problem {
    let list = match row.accepted.first() {
        Some(RowKind::Draft) => ToolId::ListDrafts,
        _ => ToolId::ListMessages,
    };
    Problem::usage(message).hint(phrase![
        "Run ",
        command(list),
        " and use one of its numbers, or give the whole id."
    ])
}

/// What takes a row of the kind that was shown.
fn other_hint(kind: &str, row: &NumberedRow<'_>) -> Phrase {
    let number = row.number;
    match kind {
        "conversation" if row.takes_threads => "Add --thread to change whole conversations.".into(),
        "conversation" => phrase!["Use ", command(ToolId::FetchThread), format!(" {number}.")],
        "draft" => phrase!["Use ", command(ToolId::FetchDraft), format!(" {number}.")],
        "message" => phrase!["Use ", command(ToolId::FetchMessage), format!(" {number}.")],
        _ => "Give the whole id.".into(),
    }
}
