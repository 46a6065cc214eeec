//! `count_messages` and `group_messages`: how many messages match a search, in all and by what they have in common.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::lists::{Search, note_elsewhere};
use crate::{
    address::parse_header,
    gmail::{
        Gmail,
        change::Unit,
        messages::{Listed, Row, Selection},
        needs::RowMembers,
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ALL, LIMIT, THREADS},
    spelling::name,
    store::Store,
    tools::{Document, Outcome, Receiver, ResultRow, arguments::Arguments},
};

/// `count_messages`.
#[derive(Debug)]
pub(crate) struct Counting {
    search: Search,
    estimate: bool,
    threads: bool,
}

#[derive(Deserialize)]
struct CountArguments {
    estimate: bool,
    threads: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct Counted {
    pub(in crate::tools) count: usize,
    pub(in crate::tools) exact: bool,
}

impl Counting {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<Counting> {
        let CountArguments { estimate, threads } = arguments.read()?;
        let search = Search::whole(arguments)?;
        if threads && search.ids().is_some() {
            return Err(Problem::usage(phrase![name(&THREADS), " cannot be used with message ids"])
                .hint("Leave it out, or search for the messages."));
        }
        Ok(Counting { search, estimate, threads })
    }

    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>, store: &Store<'_>) -> Result<Outcome> {
        let counted = |count, exact| Ok(Outcome::Document(Document::Counted(Counted { count, exact })));
        if self.search.finds_nothing() {
            return counted(0, true);
        }
        if let Some(ids) = self.search.ids() {
            let mut count = 0;
            for found in gmail.labels_of(&ids)? {
                match found {
                    Ok(_) => count += 1,
                    Err(p) if p.code() == Code::NotFound => {}
                    Err(p) => return Err(p),
                }
            }
            return counted(count, true);
        }
        let unit = if self.threads { Unit::Conversation } else { Unit::Message };
        let selection = Selection { unit, ..self.search.selection(gmail, store)? };
        if self.estimate {
            let (count, exact) = gmail.estimate(&selection)?;
            return counted(count, exact);
        }
        let mut count = 0;
        match gmail.count(&selection, &mut count) {
            Ok(()) => {}
            Err(problem) if count > 0 && problem.code() != Code::TokenRefused => {
                return Ok(Outcome::Incomplete(
                    Document::Counted(Counted { count, exact: false }),
                    interrupted(count, problem),
                ));
            }
            Err(problem) => return Err(problem),
        }
        if let Some(everywhere) = self.search.elsewhere(&selection).filter(|_| count == 0) {
            note_elsewhere(gmail, &everywhere);
        }
        counted(count, true)
    }
}

/// A count that ends early.
fn interrupted(count: usize, problem: Problem) -> Problem {
    let message = phrase![format!("the count was interrupted after {count}: "), problem.phrases().0];
    Problem::new(Code::Partial, message)
        .hint("Run it again, allow more time with --timeout, or ask for Gmail's estimate.")
        .retryable_as(&problem)
        .detail("cause", problem.code().name())
}

/// What the messages of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    Sender,
    Domain,
    Label,
    Day,
    Month,
}

/// `group_messages`.
#[derive(Debug)]
pub(crate) struct Grouping {
    search: Search,
    by: By,
    most: usize,
}

#[derive(Deserialize)]
struct GroupArguments {
    by: By,
    limit: u64,
    all: bool,
}

/// The messages that have something in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct GroupRow {
    pub(in crate::tools) group: String,
    /// Of a sender, from the newest message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    count: usize,
    newest: Option<String>,
    /// The members that senders wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    untrusted: Vec<String>,
}

impl Grouping {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<Grouping> {
        let GroupArguments { by, limit, all } = arguments.read()?;
        if all && arguments.given(&LIMIT) {
            return Err(Problem::usage(phrase!["both ", name(&LIMIT), " and ", name(&ALL), " were given"])
                .hint("Give one of them."));
        }
        let most = if all { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
        Ok(Grouping { search: Search::whole(arguments)?, by, most })
    }

    /// The sentence if there is no group.
    pub(in crate::tools) fn nothing(&self) -> String {
        self.search.nothing()
    }

    pub(in crate::tools) fn run(
        &self,
        gmail: &Gmail<'_>,
        store: &Store<'_>,
        sink: &mut dyn Receiver,
    ) -> Result<Outcome> {
        let mut groups = Groups { by: self.by, found: HashMap::new(), rows: 0 };
        let outcome = self.collect(gmail, store, &mut groups);
        // What was counted is shown, also if the rest cannot be.
        let mut listed = match &outcome {
            Err(problem) if groups.rows == 0 || problem.code() == Code::TokenRefused => {
                return Err(problem.clone());
            }
            _ => Listed::default(),
        };
        let rows = groups.sorted();
        let (shown, others) = rows.split_at(rows.len().min(self.most));
        for row in shown {
            listed.rows += 1;
            if !sink.row(ResultRow::Group(row.clone()))? {
                break;
            }
        }
        if !others.is_empty() {
            let messages: usize = others.iter().map(|row| row.count).sum();
            let note = format!("{} more groups have {messages} messages", others.len());
            gmail
                .observer
                .note(&note.into(), &[("groups", others.len().into()), ("messages", messages.into())]);
        }
        let of_messages = outcome?;
        Ok(Outcome::Rows(Listed { rows: listed.rows, ..of_messages }))
    }

    fn collect(&self, gmail: &Gmail<'_>, store: &Store<'_>, groups: &mut Groups) -> Result<Listed> {
        if self.search.finds_nothing() {
            return Ok(Listed::default());
        }
        let members: &[&str] = match self.by {
            By::Sender | By::Domain => &["from", "internal_date"],
            By::Label => &["label_names", "internal_date"],
            By::Day | By::Month => &["internal_date"],
        };
        let members = RowMembers::shown(&|member| members.contains(&member));
        let mut add = |row: Row| {
            groups.add(&row);
            if groups.rows.is_multiple_of(25) {
                gmail.observer.count("counting", groups.rows, None, "messages");
            }
            Ok(true)
        };
        if let Some(ids) = self.search.ids() {
            return gmail.rows(&ids, members, &mut add);
        }
        let selection = self.search.selection(gmail, store)?;
        if self.by == By::Label {
            return Self::by_label(gmail, &selection, groups);
        }
        let everywhere = self.search.elsewhere(&selection);
        let selection = Selection { members, limit: u64::MAX, ..selection };
        let listed = gmail.list(&selection, &mut add)?;
        if let Some(everywhere) = everywhere.filter(|_| listed.rows == 0 && listed.missing.is_empty()) {
            note_elsewhere(gmail, &everywhere);
        }
        Ok(listed)
    }

    /// Lists the ids with each label: a page of 500 costs 5 units, the labels of one message 20.
    fn by_label(gmail: &Gmail<'_>, selection: &Selection, groups: &mut Groups) -> Result<Listed> {
        let mut listed = Listed::default();
        for (label, count) in gmail.counts_by_label(selection)? {
            match count {
                Ok(0) => {}
                Ok(count) => {
                    groups.rows += count;
                    groups.found.insert(label, Found { name: String::new(), count, newest: None });
                }
                Err(problem) => listed.missing.push((label, problem)),
            }
        }
        Ok(listed)
    }
}

struct Found {
    name: String,
    count: usize,
    newest: Option<String>,
}

/// The groups so far. Only they are kept, and not the messages.
struct Groups {
    by: By,
    found: HashMap<String, Found>,
    rows: usize,
}

impl Groups {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        let sender = || parse_header(&row.from).into_iter().next();
        let (keys, name) = match self.by {
            By::Sender => {
                let sender = sender();
                let name = sender.as_ref().and_then(|sender| sender.name()).unwrap_or_default().to_owned();
                // What is no address is a group of its own.
                let key = sender.map_or_else(|| row.from.trim().to_owned(), |sender| sender.canonical());
                (vec![key], name)
            }
            By::Domain => (
                vec![sender().map(|sender| sender.domain().to_ascii_lowercase()).unwrap_or_default()],
                String::new(),
            ),
            By::Label => (row.label_names.clone().unwrap_or_default(), String::new()),
            By::Day => (vec![day_of(row).unwrap_or_default()], String::new()),
            By::Month => {
                let month = day_of(row).and_then(|day| day.get(..7).map(str::to_owned));
                (vec![month.unwrap_or_default()], String::new())
            }
        };
        for key in keys {
            let found = self.found.entry(key).or_insert_with(|| Found {
                name: String::new(),
                count: 0,
                newest: None,
            });
            found.count += 1;
            if found.count == 1 || row.internal_date > found.newest {
                found.newest.clone_from(&row.internal_date);
                found.name.clone_from(&name);
            }
        }
    }

    /// The largest first; days and months in their order.
    fn sorted(self) -> Vec<GroupRow> {
        let untrusted: &[&str] = match self.by {
            By::Sender => &["group", "name"],
            By::Domain => &["group"],
            By::Label | By::Day | By::Month => &[],
        };
        let mut rows: Vec<GroupRow> = self
            .found
            .into_iter()
            .map(|(group, Found { name, count, newest })| GroupRow {
                group,
                name,
                count,
                newest,
                untrusted: untrusted.iter().map(|member| (*member).to_owned()).collect(),
            })
            .collect();
        match self.by {
            By::Day | By::Month => rows.sort_unstable_by(|a, b| a.group.cmp(&b.group)),
            _ => rows.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.group.cmp(&b.group))),
        }
        rows
    }
}

/// The day on which Google received the message, in the time zone of this machine.
fn day_of(row: &Row) -> Option<String> {
    let time: jiff::Timestamp = row.internal_date.as_deref()?.parse().ok()?;
    Some(jiff::tz::TimeZone::system().to_datetime(time).date().to_string())
}
