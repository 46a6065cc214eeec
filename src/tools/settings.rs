//! The tools for settings beside filters: the addresses to send from, forwarding, and the vacation responder.

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::{Document, Outcome, Receiver, ResultRow, arguments::Arguments, writing::body_of};
use crate::{
    clock,
    disk::FileAccess,
    gmail::{
        Gmail,
        messages::Listed,
        settings::{Vacation, VacationChange},
    },
    phrase::phrase,
    policy::Policy,
    problem::{Code, Problem, Result},
    spec::{BODY, BODY_FILE, FIRST_DAY, HTML_BODY, HTML_FILE, LAST_DAY, Parameter, ToolId},
    spelling::name,
};

/// `list_aliases`.
pub(super) fn aliases(gmail: &Gmail<'_>, sink: &mut dyn Receiver) -> Result<Outcome> {
    let mut listed = Listed::default();
    for alias in gmail.aliases()? {
        listed.rows += 1;
        if !sink.row(ResultRow::Alias(alias))? {
            break;
        }
    }
    Ok(Outcome::Rows(listed))
}

/// `get_forwarding`.
pub(super) fn forwarding(gmail: &Gmail<'_>) -> Result<Outcome> {
    gmail.forwarding().map(|forwarding| Outcome::Document(Document::Forwarding(forwarding)))
}

/// `get_vacation`.
pub(super) fn vacation(gmail: &Gmail<'_>) -> Result<Outcome> {
    gmail.vacation().map(|vacation| Outcome::Document(Document::Vacation(vacation.shown())))
}

/// `start_vacation` and `stop_vacation`.
#[derive(Debug)]
pub(crate) struct SetVacation {
    change: VacationChange,
    dry_run: bool,
}

#[derive(Deserialize)]
struct StartArguments {
    subject: Option<String>,
    body: Option<String>,
    body_file: Option<String>,
    html_body: Option<String>,
    html_file: Option<String>,
    first_day: Option<String>,
    last_day: Option<String>,
    contacts_only: bool,
    domain_only: bool,
    dry_run: bool,
}

impl SetVacation {
    pub(super) fn parse(arguments: &Arguments, policy: &Policy, files: &FileAccess) -> Result<SetVacation> {
        if arguments.tool.id == ToolId::StopVacation {
            let change = VacationChange { enabled: false, ..VacationChange::default() };
            return Ok(SetVacation { change, dry_run: false });
        }
        // Whoever writes gets an answer.
        if policy.restricts_recipients() {
            let message = "automatic replies go to everyone who writes, but the policy restricts recipients";
            return Err(Problem::new(Code::PolicyRefused, message)
                .hint("Turn them on in Gmail's settings, or remove recipients from the policy."));
        }
        let given: StartArguments = arguments.read()?;
        let text = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let body = text(body_of(given.body, &BODY, given.body_file, &BODY_FILE, files)?);
        let html_body = text(body_of(given.html_body, &HTML_BODY, given.html_file, &HTML_FILE, files)?);
        if given.subject.as_deref().is_some_and(|subject| subject.contains(char::is_control)) {
            return Err(Problem::usage("a subject is one line without control characters")
                .hint("Remove the line break."));
        }
        if body.is_some() && html_body.is_some() {
            return Err(Problem::usage(phrase![
                "both ",
                name(&BODY),
                " and ",
                name(&HTML_BODY),
                " were given"
            ])
            .hint("Give one of them: Gmail sends only the HTML if there are both."));
        }
        let first = given.first_day.as_deref().map(|text| day(text, &FIRST_DAY)).transpose()?;
        let last = given.last_day.as_deref().map(|text| day(text, &LAST_DAY)).transpose()?;
        if first.zip(last).is_some_and(|(first, last)| last < first) {
            return Err(Problem::usage(phrase![name(&LAST_DAY), " is before ", name(&FIRST_DAY)])
                .hint("Exchange them, or leave one of them out."));
        }
        let starts = first.map(|day| beginning(day, &FIRST_DAY)).transpose()?;
        // Gmail takes the moment at which it ends.
        let after = last.map(|day| day.checked_add(1.day()).map_err(|_| wrong(&LAST_DAY, &day.to_string())));
        let ends = after.transpose()?.map(|day| beginning(day, &LAST_DAY)).transpose()?;
        if ends.is_some_and(|ends| ends as f64 <= clock::now() * 1000.0) {
            return Err(
                Problem::usage(phrase![name(&LAST_DAY), " is over"]).hint("Give today or a later day.")
            );
        }
        let change = VacationChange {
            enabled: true,
            subject: given.subject,
            body,
            html_body,
            period: Some((starts, ends)),
            contacts_only: Some(given.contacts_only),
            domain_only: Some(given.domain_only),
        };
        Ok(SetVacation { change, dry_run: given.dry_run })
    }

    pub(super) fn run(&self, gmail: &Gmail<'_>) -> Result<Outcome> {
        let changed = gmail.vacation()?.changed(&self.change);
        if self.change.enabled && !changed.has_text() {
            return Err(Problem::usage("an automatic reply requires a subject or a text").hint(phrase![
                "Give ",
                name(&BODY),
                ": there is none from before."
            ]));
        }
        let shown = match self.dry_run {
            true => Vacation { is_stored: false, ..changed.shown() },
            false => gmail.set_vacation(&changed)?.shown(),
        };
        Ok(Outcome::Document(Document::Vacation(shown)))
    }
}

fn day(text: &str, parameter: &'static Parameter) -> Result<Date> {
    // A time of day would be lost.
    let day: Option<Date> = text.trim().parse().ok();
    day.filter(|day| day.to_string() == text.trim()).ok_or_else(|| wrong(parameter, text))
}

/// Midnight of the user's time zone, in epoch milliseconds.
fn beginning(day: Date, parameter: &'static Parameter) -> Result<i64> {
    let midnight = TimeZone::system().to_timestamp(day.at(0, 0, 0, 0));
    midnight.map(|midnight| midnight.as_millisecond()).map_err(|_| wrong(parameter, &day.to_string()))
}

fn wrong(parameter: &'static Parameter, text: &str) -> Problem {
    Problem::usage(phrase![name(parameter), format!(": {text:?} is not a day")])
        .hint("Write it as 2026-12-24.")
}
