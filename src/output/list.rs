//! The lists of messages, conversations, drafts, folders and attachments, for a person.

use serde_json::{Map, Value};

use super::{
    Field,
    grid::{Cell, Column, Grid},
    styled::Style,
    text::{Reader, cell, grouped, one_line, plain},
    when::{list_date, size},
};
use crate::{
    address::parse_header,
    spec::{RowKind, id_member},
};

/// How a list is shown.
pub(super) struct View<'v> {
    pub(super) kind: RowKind,
    /// The folder whose rows these are.
    pub(super) folder: Option<&'v str>,
    /// The columns that were chosen.
    pub(super) chosen: Option<&'v [Field]>,
    /// How many rows have a number.
    pub(super) numbers: usize,
    /// Whether it is for a terminal: with short dates.
    pub(super) short: bool,
    /// Whether unread mail is bold.
    pub(super) color: bool,
    /// Whether addresses and times are shown in full.
    pub(super) verbose: bool,
}

/// The rows in columns.
pub(super) fn grid(rows: &[Value], view: &View<'_>) -> Grid {
    let objects: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let (mut columns, mut cells) = match (view.chosen, view.kind) {
        (Some(names), _) => chosen(&objects, names),
        (None, RowKind::Message) => messages(&objects, view),
        (None, RowKind::Conversation) => conversations(&objects, view),
        (None, RowKind::Draft) => drafts(&objects, view),
        (None, RowKind::Folder) => folders(&objects),
        (None, RowKind::Attachment) => attachments(&objects),
        (None, RowKind::Other(names)) => {
            chosen(&objects, &names.iter().map(|name| Field::named(name)).collect::<Vec<_>>())
        }
    };
    if view.numbers > 0 {
        columns.insert(0, Column::new("#").right());
        for (at, row) in cells.iter_mut().enumerate() {
            let number = if at < view.numbers { (at + 1).to_string() } else { String::new() };
            row.insert(0, Cell::new(number).style(Style::Dim));
        }
    }
    let mut grid = Grid::new(columns);
    cells.into_iter().for_each(|row| grid.row(row));
    grid
}

/// The member that says whether a message was answered.
pub(super) const ANSWERED: &str = "answered";

/// Stands for an empty subject.
pub(super) const NO_SUBJECT: &str = "(no subject)";

type Columns = (Vec<Column>, Vec<Vec<Cell>>);

const SUBJECT: &[usize] = &[40, 24, 18, 10];
const PEOPLE: &[usize] = &[18, 12, 10, 8];

fn marks() -> Column {
    Column::new("").rank(1)
}

fn date() -> Column {
    Column::new("DATE").right().rank(2)
}

fn people(heading: &'static str) -> Column {
    Column::new(heading).at_most(26).down_to(PEOPLE).rank(3)
}

fn subject() -> Column {
    Column::new("SUBJECT").down_to(SUBJECT)
}

/// Where rows have numbers, the subject needs the room more than the id on a narrow terminal.
fn id(view: &View<'_>) -> Column {
    Column::new("ID").rank(0).needs(if view.numbers > 0 { 70 } else { 0 })
}

fn messages(rows: &[&Map<String, Value>], view: &View<'_>) -> Columns {
    let seen = marks_of(rows, view);
    let row = |row: &&Map<String, Value>| {
        let style = if is_unread(row) && view.color { Style::Bold } else { Style::Plain };
        let failed = text(row, "failed");
        let about = if failed.is_empty() {
            about(row, style)
        } else {
            Cell::new(format!("cannot be read: {failed}")).style(Style::Dim)
        };
        vec![
            Cell::new(row_marks(row, &seen)),
            Cell::new(list_date(row, view.short && !view.verbose)),
            Cell::new(correspondent(row, view)).style(style),
            about.names(&label_names(row, view)),
            Cell::new(text(row, "uid")).style(Style::Dim),
        ]
    };
    let columns = vec![marks(), date(), people("FROM"), subject(), id(view)];
    without_blank(columns, rows.iter().map(row).collect(), seen.is_empty().then_some(0))
}

fn conversations(rows: &[&Map<String, Value>], view: &View<'_>) -> Columns {
    let seen = marks_of(rows, view);
    let row = |row: &&Map<String, Value>| {
        let style = if is_unread(row) && view.color { Style::Bold } else { Style::Plain };
        let senders = row.get("people").and_then(Value::as_array).into_iter().flatten();
        let senders: Vec<String> =
            senders.filter_map(Value::as_str).map(|one| names(one).join(", ")).collect();
        let count = row.get("count").and_then(Value::as_u64).filter(|count| *count > 1);
        vec![
            Cell::new(row_marks(row, &seen)),
            Cell::new(list_date(row, view.short && !view.verbose)),
            Cell::new(senders.join(", "))
                .suffix(count.map(|count| format!(" ({count})")).unwrap_or_default())
                .style(style),
            about(row, style).names(&label_names(row, view)),
            Cell::new(text(row, "thread_id")).style(Style::Dim),
        ]
    };
    let columns = vec![marks(), date(), people("PEOPLE").at_most(30), subject(), id(view)];
    without_blank(columns, rows.iter().map(row).collect(), seen.is_empty().then_some(0))
}

fn drafts(rows: &[&Map<String, Value>], view: &View<'_>) -> Columns {
    let row = |row: &&Map<String, Value>| {
        vec![
            Cell::new(list_date(row, view.short && !view.verbose)),
            Cell::new(names(text(row, "to")).join(", ")),
            about(row, Style::Plain),
            Cell::new(text(row, "draft_id")).style(Style::Dim),
        ]
    };
    (vec![date(), people("TO"), subject(), id(view)], rows.iter().map(row).collect())
}

/// The subject, or that there is none.
fn about(row: &Map<String, Value>, style: Style) -> Cell {
    match text(row, "subject") {
        "" => Cell::new(NO_SUBJECT).style(Style::Dim),
        subject => Cell::new(subject).style(style),
    }
}

fn folders(rows: &[&Map<String, Value>]) -> Columns {
    let number = |row: &Map<String, Value>, name: &str, style: Style| {
        let count = row.get(name).and_then(Value::as_u64);
        let style = if count == Some(0) { Style::Dim } else { style };
        Cell::new(count.map(grouped).unwrap_or_default()).style(style)
    };
    let is_long = rows.iter().any(|row| row.contains_key("label_list") || row.contains_key("color"));
    let row = |row: &&Map<String, Value>| {
        let has_unread = row.get("unread").and_then(Value::as_u64).is_some_and(|count| count > 0);
        let style = if has_unread { Style::Bold } else { Style::Plain };
        let mut cells = vec![
            Cell::new(text(row, "name")).style(style),
            number(row, "unread", style),
            number(row, "total", Style::Plain),
        ];
        let look = ["color", "label_list", "message_list"]
            .map(|member| Cell::new(text(row, member).replace('_', " ")));
        cells.extend(look.into_iter().filter(|_| is_long));
        cells
    };
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| place_of(text(row, "id")));
    let mut columns = vec![
        Column::new("FOLDER").down_to(&[30, 20, 10]),
        Column::new("UNREAD").right(),
        Column::new("MESSAGES").right().rank(0),
    ];
    let look = ["COLOR", "LABEL LIST", "MESSAGE LIST"].map(|heading| Column::new(heading).rank(1));
    columns.extend(look.into_iter().filter(|_| is_long));
    (columns, rows.iter().map(row).collect())
}

/// Where a folder stands: the inbox, the folders of Gmail, those of the user, states, and the tabs of the inbox.
pub(super) fn place_of(id: &str) -> usize {
    const FIRST: [&str; 5] = ["INBOX", "DRAFT", "SENT", "SPAM", "TRASH"];
    const STATES: [&str; 4] = ["CHAT", "IMPORTANT", "STARRED", "UNREAD"];
    match FIRST.iter().position(|first| *first == id) {
        Some(place) => place,
        None if STATES.contains(&id) || id.ends_with("_STAR") => FIRST.len() + 1,
        None if id.starts_with("CATEGORY_") => FIRST.len() + 2,
        None => FIRST.len(),
    }
}

/// Attachments, or the files that they were saved to.
fn attachments(rows: &[&Map<String, Value>]) -> Columns {
    let saved = rows.iter().any(|row| !text(row, "path").is_empty());
    let row = |row: &&Map<String, Value>| {
        let mut cells = vec![
            Cell::new(text(row, "part_id")),
            Cell::new(row.get("size").and_then(Value::as_u64).map(size).unwrap_or_default()),
        ];
        if saved {
            cells.push(Cell::new(text(row, "path")));
        } else {
            cells.push(Cell::new(text(row, "filename")));
            cells.push(Cell::new(text(row, "mime_type")).style(Style::Dim));
        }
        cells
    };
    let mut columns = vec![Column::new("PART"), Column::new("SIZE").right().rank(1)];
    if saved {
        columns.push(Column::new("SAVED AS").down_to(&[10]));
    } else {
        columns.push(Column::new("NAME").down_to(&[40, 24, 10]));
        columns.push(Column::new("TYPE").down_to(&[24, 12]).rank(0));
    }
    (columns, rows.iter().map(row).collect())
}

/// The chosen members, as they are.
fn chosen(rows: &[&Map<String, Value>], fields: &[Field]) -> Columns {
    let cells = |row: &&Map<String, Value>| {
        fields.iter().map(|field| Cell::new(cell(row, field, Reader::Person))).collect()
    };
    let column = |(at, field): (usize, &Field)| {
        let column = Column::named(field.heading());
        match field.text() {
            "uid" | "id" | "thread_id" | "draft_id" | "date" => column,
            "size" | "count" | "total" | "unread" | "number" => column.right(),
            _ if at + 1 == fields.len() => column.down_to(&[60, 20, 4]),
            _ => column.at_most(40).down_to(&[28, 12, 4]),
        }
    };
    (fields.iter().enumerate().map(column).collect(), rows.iter().map(cells).collect())
}

/// The columns without the one that no row fills.
fn without_blank(mut columns: Vec<Column>, mut rows: Vec<Vec<Cell>>, blank: Option<usize>) -> Columns {
    if let Some(at) = blank {
        columns.remove(at);
        rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }
    (columns, rows)
}

/// The marks, in the order of their places in the column. Bold type says that mail is unread, where there is any.
const MARKS: [char; 4] = ['N', '*', '@', 'r'];

fn has_mark(row: &Map<String, Value>, mark: char) -> bool {
    let is = |name: &str| row.get(name).and_then(Value::as_bool).unwrap_or(false);
    match mark {
        'N' => is_unread(row),
        '*' => labels(row).any(|(id, _)| id == "STARRED"),
        '@' => is("has_attachment"),
        _ => is(ANSWERED),
    }
}

/// The marks that at least one row has.
fn marks_of(rows: &[&Map<String, Value>], view: &View<'_>) -> Vec<char> {
    let shown = MARKS.into_iter().filter(|mark| *mark != 'N' || !view.color);
    shown.filter(|mark| rows.iter().any(|row| has_mark(row, *mark))).collect()
}

fn row_marks(row: &Map<String, Value>, marks: &[char]) -> String {
    marks.iter().map(|mark| if has_mark(row, *mark) { *mark } else { ' ' }).collect()
}

/// A message that is unread, or a conversation with one.
fn is_unread(row: &Map<String, Value>) -> bool {
    match row.get("unread") {
        Some(Value::Bool(unread)) => *unread,
        Some(count) => count.as_u64().is_some_and(|count| count > 0),
        None => false,
    }
}

/// The labels of a row: their ids and their names.
fn labels(row: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    let texts =
        |name: &str| row.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let ids: Vec<&str> = texts("labels").collect();
    let names: Vec<&str> = texts("label_names").collect();
    ids.into_iter().enumerate().map(move |(at, id)| (id, names.get(at).copied().unwrap_or(id)))
}

/// The names of the labels that say something: neither a state, nor a tab of the inbox, nor the folder that is listed.
fn label_names(row: &Map<String, Value>, view: &View<'_>) -> String {
    const SILENT: [&str; 7] = ["INBOX", "UNREAD", "STARRED", "IMPORTANT", "SENT", "DRAFT", "CHAT"];
    let is_folder = |id: &str, name: &str| {
        view.folder.is_some_and(|folder| folder.eq_ignore_ascii_case(name) || folder.eq_ignore_ascii_case(id))
    };
    let shown = labels(row)
        .filter(|(id, name)| !SILENT.contains(id) && !id.starts_with("CATEGORY_") && !is_folder(id, name));
    let name = |(id, name)| match (id, name) {
        ("TRASH", "TRASH") => "Trash".to_owned(),
        ("SPAM", "SPAM") => "Spam".to_owned(),
        (_, name) => name.to_owned(),
    };
    shown.map(name).collect::<Vec<_>>().join(", ")
}

/// Who wrote a message; for one of the user's own, whom it is for.
fn correspondent(row: &Map<String, Value>, view: &View<'_>) -> String {
    let has = |label: &str| labels(row).any(|(id, _)| id == label);
    let people = |header: &str| {
        if view.verbose { one_line(header) } else { names(header).join(", ") }
    };
    if has("DRAFT") || (has("SENT") && !has("INBOX")) {
        return format!("To: {}", people(text(row, "to")));
    }
    people(text(row, "from"))
}

/// The names in an address header. One that could be taken for an address is not shown instead of the real one.
pub(super) fn names(header: &str) -> Vec<String> {
    let addresses = parse_header(header);
    if addresses.is_empty() {
        return Some(one_line(header)).filter(|text| !text.trim().is_empty()).into_iter().collect();
    }
    let name = |address: &crate::address::Address| match address.name().map(str::trim) {
        Some(name) if !name.is_empty() && !name.contains(['@', '＠', '﹫']) => name.to_owned(),
        _ => address.email(),
    };
    addresses.iter().map(name).collect()
}

fn text<'r>(row: &'r Map<String, Value>, name: &str) -> &'r str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The id that a number stands for.
pub(super) fn id_of(row: &Value, kind: RowKind) -> Option<String> {
    let member = id_member(kind)?;
    row.get(member).map(plain).filter(|id| !id.is_empty())
}
