//! The tools that only look: arguments become a selection, an id or a filter, and what Gmail gives becomes rows
//! or a document.

use std::path::Path;

use serde_json::{Value, json};

use super::{Arguments, Outcome, ValueSink, incomplete, value};
use crate::{
    clock,
    gmail::{
        Gmail,
        history::Filter,
        labels::Folder,
        messages::{Listed, Row, Selection},
        query::{self, Query, Syntax},
        read::{self, Attachment},
    },
    problem::{Code, Problem, Result},
};

pub(super) fn list_folders(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    let mut labels = gmail.labels()?;
    labels.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let rows: Vec<(String, Result<Value>)> = match arguments.flag("counts") {
        true => gmail.counted(&labels)?.into_iter().map(|(id, row)| (id, row.map(|r| value(&r)))).collect(),
        false => labels.into_iter().map(|l| (l.id, Ok(Value::from(l.name)))).collect(),
    };
    let mut listed = Listed::default();
    for (id, row) in rows {
        match row {
            Err(problem) => listed.missing.push((id, problem)),
            Ok(row) => {
                listed.rows += 1;
                if !sink(row)? {
                    break;
                }
            }
        }
    }
    Ok(Outcome::Rows(listed))
}

pub(super) fn list_messages(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    let selection = Selection { label: label(gmail, arguments.text("folder"))?, ..selection(arguments) };
    list(arguments, gmail, &selection, sink)
}

pub(super) fn search_messages(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    let syntax = arguments.text("syntax").map(Value::from).unwrap_or_default();
    let syntax: Syntax = serde_json::from_value(syntax).unwrap_or_default();
    let query = translate(arguments.text("criteria").unwrap_or_default(), syntax)?;
    if query.nothing {
        return list_of(arguments, sink, |_| Ok(Listed::default()));
    }
    if let Some(ids) = &query.ids {
        return list_of(arguments, sink, |sink| {
            let mut listed = Listed::default();
            gmail.rows(ids, &mut listed, &mut |row: Row| sink(value(&row))).map(|_| listed)
        });
    }
    let elsewhere = query.any_folder || (query.names_place && !arguments.given("folder"));
    let label = if elsewhere { None } else { label(gmail, arguments.text("folder"))? };
    let selection = Selection { label, query: query.q, spam_trash: query.spam_trash, ..selection(arguments) };
    list(arguments, gmail, &selection, sink)
}

/// Dates are days of this machine's time zone.
fn translate(criteria: &str, syntax: Syntax) -> Result<Query> {
    query::translate(criteria, syntax, &jiff::tz::TimeZone::system(), clock::now() as i64)
}

fn selection(arguments: &Arguments) -> Selection {
    Selection {
        limit: arguments.integer("limit").unwrap_or(20),
        page_token: arguments.text("page_token").map(str::to_owned),
        ..Selection::default()
    }
}

fn list(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    selection: &Selection,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    list_of(arguments, sink, |sink| gmail.list(selection, &mut |row: Row| sink(value(&row))))
}

/// With a page token (an empty one begins) the answer is an object that carries the next one.
fn list_of(
    arguments: &Arguments,
    sink: &mut ValueSink<'_>,
    work: impl FnOnce(&mut ValueSink<'_>) -> Result<Listed>,
) -> Result<Outcome> {
    if !arguments.given("page_token") {
        return work(sink).map(Outcome::Rows);
    }
    let mut rows = Vec::new();
    let listed = work(&mut |row| {
        rows.push(row);
        Ok(true)
    })?;
    let problem = incomplete(&listed);
    let document = json!({"messages": rows, "next_page_token": listed.next_page_token});
    Ok(match problem {
        Some(problem) => Outcome::Incomplete(document, problem),
        None => Outcome::Document(document),
    })
}

fn label(gmail: &Gmail<'_>, folder: Option<&str>) -> Result<Option<String>> {
    Ok(match gmail.folder(folder.unwrap_or_default())? {
        Folder::Everything => None,
        Folder::Label(id) => Some(id),
    })
}

fn options(arguments: &Arguments, quotes: bool) -> read::ReadOptions {
    let body = arguments.text("body").map(Value::from).unwrap_or_default();
    read::ReadOptions {
        body: serde_json::from_value(body).unwrap_or_default(),
        max_body: arguments.integer("max_body").and_then(|n| usize::try_from(n).ok()),
        headers: arguments.flag("headers"),
        quotes,
    }
}

pub(super) fn fetch_message(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Outcome> {
    let options = options(arguments, !arguments.flag("no_quotes"));
    let (ids, several) = arguments.many("uid");
    let mut messages = Vec::with_capacity(ids.len());
    let mut missing = Vec::new();
    for id in &ids {
        match gmail.message(id, &options) {
            Ok(message) => messages.push(value(&message)),
            Err(p) if several && p.code() == Code::NotFound => missing.push((id.clone(), p)),
            Err(p) => return Err(p),
        }
    }
    if !several {
        return Ok(Outcome::Document(messages.pop().unwrap_or_default()));
    }
    match incomplete(&Listed { rows: messages.len() as u64, missing, next_page_token: None }) {
        Some(problem) => Ok(Outcome::Incomplete(Value::from(messages), problem)),
        None => Ok(Outcome::Document(Value::from(messages))),
    }
}

pub(super) fn fetch_thread(arguments: &Arguments, gmail: &Gmail<'_>) -> Result<Outcome> {
    let id = arguments.text("thread_id").unwrap_or_default();
    gmail
        .thread(id, &options(arguments, arguments.flag("quotes")))
        .map(|thread| Outcome::Document(value(&thread)))
}

pub(super) fn save_attachments(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    let uid = arguments.text("uid").unwrap_or_default();
    let chosen = chosen(arguments, uid, gmail.attachments(uid)?)?;
    let directory = arguments.text("out_dir");
    if directory == Some("-") {
        return only(chosen).map(|attachment| Outcome::Bytes(uid.to_owned(), Box::new(attachment)));
    }
    let mut listed = Listed::default();
    for attachment in &chosen {
        let mut row = attachment.row();
        if let Some(directory) = directory {
            match gmail.save(uid, attachment, Path::new(directory)) {
                Ok((path, written)) => {
                    row.size = written.size;
                    row.path = Some(path.display().to_string());
                    row.sha256 = Some(written.sha256);
                }
                // What was saved before is told; a token that was refused is renewed first.
                Err(p) if listed.rows > 0 && p.code() != Code::TokenRefused => {
                    listed.missing.push((format!("{uid}, part {}", attachment.part_id), p));
                    continue;
                }
                Err(p) => return Err(p),
            }
        }
        listed.rows += 1;
        if !sink(value(&row))? {
            break;
        }
    }
    Ok(Outcome::Rows(listed))
}

/// Those that were asked for by part or name. Asking for one that is not there is an error.
fn chosen(arguments: &Arguments, uid: &str, all: Vec<Attachment>) -> Result<Vec<Attachment>> {
    let (parts, names) = (arguments.many("part").0, arguments.many("name").0);
    if parts.is_empty() && names.is_empty() {
        return Ok(all);
    }
    let named = |a: &Attachment, name: &String| a.filename.to_lowercase() == name.to_lowercase();
    let absent_part = parts.iter().find(|part| all.iter().all(|a| a.part_id != **part));
    let absent_name = names.iter().find(|name| !all.iter().any(|a| named(a, name)));
    if let Some(absent) = absent_part.or(absent_name) {
        let there: Vec<String> = all.iter().map(|a| format!("{} ({})", a.filename, a.part_id)).collect();
        let problem = Problem::not_found(format!("message {uid} has no attachment \"{absent}\""));
        return Err(match there.is_empty() {
            true => problem.hint("It has none at all."),
            false => problem.hint(format!("It has {}.", there.join(", "))),
        });
    }
    let wanted = |a: &Attachment| parts.contains(&a.part_id) || names.iter().any(|name| named(a, name));
    Ok(all.into_iter().filter(wanted).collect())
}

fn only(mut chosen: Vec<Attachment>) -> Result<Attachment> {
    match (chosen.len(), chosen.pop()) {
        (1, Some(attachment)) => Ok(attachment),
        (0, _) => Err(Problem::not_found("the message has no attachment").hint("read shows its text.")),
        (count, _) => Err(Problem::usage(format!("stdout takes one attachment, and these are {count}"))
            .hint("Choose one with --part or --name, or give a directory.")),
    }
}

pub(super) fn new_messages(
    arguments: &Arguments,
    gmail: &Gmail<'_>,
    sink: &mut ValueSink<'_>,
) -> Result<Outcome> {
    let since = arguments.mark.as_ref().filter(|_| !arguments.flag("from_now"));
    let Some(since) = since else {
        // Checked on the first run too, so that cron does not find a wrong name the next day.
        label(gmail, arguments.text("folder"))?;
        return gmail.position().map(|mark| Outcome::News(Listed::default(), mark));
    };
    let query = translate(arguments.text("query").unwrap_or_default(), Syntax::Auto)?;
    if query.ids.is_some() || query.nothing {
        return Err(
            Problem::usage("this query cannot match new mail").hint("Search for words, senders or states.")
        );
    }
    let elsewhere = query.any_folder || (query.names_place && !arguments.given("folder"));
    let label = if elsewhere { None } else { label(gmail, arguments.text("folder"))? };
    let filter = Filter { label, query: query.q, limit: arguments.integer("limit") };
    let news = gmail.news(since, &filter, &mut |row: Row| sink(value(&row)));
    news.map(|(listed, position)| Outcome::News(listed, position))
}

pub(super) fn get_profile(gmail: &Gmail<'_>) -> Result<Outcome> {
    gmail.profile().map(|profile| Outcome::Document(value(&profile)))
}
