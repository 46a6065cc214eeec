//! `create_filter`, and what a filter does to the mail that is there.

use serde::Deserialize;

use super::{
    super::{
        Document, Outcome,
        arguments::{Arguments, Many},
        organising::UNCONFIRMED,
    },
    FilterMade, check, creatable, make_labels, with_labels,
};
use crate::{
    gmail::{
        Gmail,
        change::CHUNK,
        filters::{Filter, Ready},
        messages::Selection,
    },
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{ALSO_EXISTING, DRY_RUN, YES},
    spelling::{name, set},
};

/// The most ids of one request.
const ONE_PAGE: u64 = 500;

/// `create_filter`.
#[derive(Debug)]
pub(crate) struct CreateFilter {
    filter: Filter,
    create: bool,
    also_existing: bool,
    dry_run: bool,
    confirmed: bool,
}

#[derive(Deserialize)]
struct CreateArguments {
    from: Option<String>,
    to: Option<String>,
    subject: Option<String>,
    query: Option<String>,
    without: Option<String>,
    has_attachment: bool,
    larger: Option<i64>,
    smaller: Option<i64>,
    #[serde(default)]
    label: Many,
    archive: bool,
    mark_read: bool,
    star: bool,
    important: bool,
    not_important: bool,
    not_spam: bool,
    trash: bool,
    create: bool,
    also_existing: bool,
    dry_run: bool,
    yes: bool,
}

impl CreateFilter {
    pub(in crate::tools) fn parse(arguments: &Arguments) -> Result<CreateFilter> {
        let given: CreateArguments = arguments.read()?;
        let text = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let filter = Filter {
            from: text(given.from),
            to: text(given.to),
            subject: text(given.subject),
            query: text(given.query),
            without: text(given.without),
            has_attachment: given.has_attachment,
            larger: given.larger.map(size).transpose()?,
            smaller: given.smaller.map(size).transpose()?,
            label: given.label.values,
            archive: given.archive,
            mark_read: given.mark_read,
            star: given.star,
            important: given.important,
            not_important: given.not_important,
            not_spam: given.not_spam,
            trash: given.trash,
            ..Filter::default()
        };
        check(&filter)?;
        Ok(CreateFilter {
            filter,
            create: given.create,
            also_existing: given.also_existing,
            dry_run: given.dry_run,
            confirmed: given.yes,
        })
    }

    /// Nothing is created before the number of messages that it is applied to is accepted. One that exists is not created
    /// again, and is applied to them nevertheless.
    pub(in crate::tools) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let mut filters = gmail.filters()?;
        filters.ready(&self.filter, self.create).map_err(creatable)?;
        let found = if self.also_existing { Some(self.existing(gmail)?) } else { None };
        let mut made = Vec::new();
        if self.create && !self.dry_run {
            made = make_labels(gmail, std::slice::from_ref(&self.filter))?;
        }
        if !made.is_empty() {
            filters = gmail.filters()?;
        }
        let ready = filters.ready(&self.filter, self.create).map_err(creatable)?;
        let same = filters.same(&ready).map(str::to_owned);
        let created = same.is_none() && !self.dry_run;
        let create = || gmail.create_filter(&ready).map_err(|p| with_labels(p, &made));
        let id = if created { Some(create()?) } else { same };
        let modified = match &found {
            Some((ids, _)) if !self.dry_run => Some(apply(gmail, &ready, ids)?),
            _ => None,
        };
        let matched = found.map(|(_, matched)| matched);
        Ok(Outcome::Document(Document::FilterMade(Box::new(FilterMade {
            row: Filter { id, ..ready.filter }.into(),
            created,
            dry_run: self.dry_run,
            matched,
            modified,
            needs_yes: self.dry_run && matched.is_some_and(|count| count > UNCONFIRMED),
        }))))
    }

    /// The messages that it concerns, and about how many these are.
    fn existing(&self, gmail: &Gmail<'_>) -> Result<(Vec<String>, usize)> {
        let selection = Selection { query: self.filter.search(), ..Selection::default() };
        let all = self.confirmed && !self.dry_run;
        let found = gmail.ids(&selection, if all { u64::MAX } else { ONE_PAGE })?;
        let count = found.about.unwrap_or(found.ids.len());
        if count > UNCONFIRMED && !self.confirmed && !self.dry_run {
            let message = phrase![name(&ALSO_EXISTING), format!(" would change {count} messages")];
            return Err(Problem::usage(message)
                .hint(phrase!["Look with ", set(&DRY_RUN), ", then confirm with ", set(&YES), "."])
                .detail("found", count));
        }
        Ok((found.ids, count))
    }
}

/// A size as Gmail takes it.
fn size(bytes: i64) -> Result<i32> {
    i32::try_from(bytes).map_err(|_| {
        Problem::usage(format!("{bytes} bytes are more than a mail can have"))
            .hint("Give fewer bytes: a mail has at most 50 MB.")
    })
}

/// Does to these messages what the filter does to new ones.
fn apply(gmail: &Gmail<'_>, ready: &Ready, ids: &[String]) -> Result<usize> {
    let change = ready.change();
    for (at, chunk) in ids.chunks(CHUNK).enumerate() {
        let done = at * CHUNK;
        gmail.observer.count("changing", done, Some(ids.len()), "messages");
        gmail.change_all(chunk, &change).map_err(|p| match p.code() {
            Code::TokenRefused => p,
            _ => {
                let progress =
                    format!("the filter exists, but {done} of {} messages were changed: ", ids.len());
                Problem::new(Code::Partial, phrase![progress, p.phrases().0])
                    .hint("Run the same command again; changing a message twice does no harm.")
                    .detail("modified", done)
            }
        })?;
    }
    Ok(ids.len())
}
