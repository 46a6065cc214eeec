//! `unsubscribe`: leaves the mailing lists of messages. The addresses are a stranger's, so each is checked before anything
//! goes to it, and the policy applies.

mod list;
mod mailer;

use serde::{Deserialize, Serialize};

use self::{
    list::{List, Sorted, Step},
    mailer::Mailer,
};
use crate::{
    gmail::Gmail,
    phrase::phrase,
    policy::Policy,
    problem::{Code, Problem, Result},
    spec::{DRY_RUN, YES},
    spelling::set,
    store::Store,
    tools::{
        Document, Outcome,
        arguments::Arguments,
        organising::{Selected, TargetArguments, Targets},
        outcome::reasons,
    },
};

/// A call of `unsubscribe`.
#[derive(Debug)]
pub(crate) struct Unsubscription {
    targets: Targets,
    one_click: bool,
    confirmed: bool,
    dry_run: bool,
    /// The sender's name from the configuration.
    sender_name: Option<String>,
}

#[derive(Deserialize)]
struct OneClick {
    one_click: bool,
}

/// The lists that were left, or would be.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Unsubscribed {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::tools) dry_run: bool,
    pub(in crate::tools) unsubscribed: Vec<Left>,
    /// What a query found that is not from a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    no_list: Vec<String>,
    /// How many messages the query matches; an estimate of Gmail if `more` is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    matched: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    more: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    needs_yes: bool,
}

impl Unsubscribed {
    /// Nothing for a dry run, whose addresses are to be read.
    pub(in crate::tools) fn sentence(&self) -> Option<String> {
        if self.dry_run {
            return None;
        }
        Some(match self.unsubscribed.as_slice() {
            [] => "No mailing list found".to_owned(),
            [one] => {
                let how = match (&one.to, &one.url) {
                    (Some(to), _) if one.earlier => format!("a mail to {to} was sent before"),
                    (Some(to), _) => format!("a mail to {to} was sent"),
                    (None, Some(url)) => format!("{url} accepted the request"),
                    (None, None) => "done".to_owned(),
                };
                format!("Left the list of {}: {how}", one.from)
            }
            many => format!("Left {} mailing lists", many.len()),
        })
    }
}

/// One list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Left {
    pub(super) uids: Vec<String>,
    pub(in crate::tools) from: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) list: String,
    /// `sent`, `requested` or `dry_run`.
    pub(super) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::tools) to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::tools) url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) earlier: bool,
    pub(super) untrusted: Vec<String>,
}

impl Unsubscription {
    pub(in crate::tools) fn parse(
        arguments: &Arguments,
        sender_name: Option<&str>,
    ) -> Result<Unsubscription> {
        let given: TargetArguments = arguments.read()?;
        let OneClick { one_click } = arguments.read()?;
        let (confirmed, dry_run) = (given.yes, given.dry_run);
        let targets = Targets::parse(arguments, given)?;
        Ok(Unsubscription {
            targets,
            one_click,
            confirmed,
            dry_run,
            sender_name: sender_name.map(str::to_owned),
        })
    }

    pub(in crate::tools) fn run(
        &self,
        policy: &Policy,
        gmail: &Gmail<'_>,
        store: &Store<'_>,
    ) -> Result<Outcome> {
        let selected = self.targets.select(gmail, self.confirmed, self.dry_run)?;
        let Sorted { lists, mut failed } = list::lists(&selected.ids, gmail.headers_of(&selected.ids)?)?;
        let mut open = Vec::with_capacity(lists.len());
        let mut no_list = Vec::new();
        for list in lists {
            if selected.matched.is_some() && !list.is_list() {
                no_list.extend(list.into_uids());
                continue;
            }
            match list.step(self.one_click, policy) {
                Ok(step) => open.push((list, step)),
                Err(problem) => failed.push((list.newest().to_owned(), problem)),
            }
        }
        self.check_confirmed(&open)?;
        let mailer = Mailer::new(gmail, store, self.sender_name.as_deref());
        let mut left = Vec::with_capacity(open.len());
        for (list, step) in &open {
            match self.carry_out(list, step, gmail, &mailer) {
                Ok(row) => left.push(row),
                Err(problem) if problem.code() == Code::TokenRefused => return Err(problem),
                Err(problem) => failed.push((list.newest().to_owned(), problem)),
            }
        }
        mailer.keep();
        let asks = open.iter().any(|(_, step)| matches!(step, Step::Request(_)));
        let done = Unsubscribed { no_list, ..self.done(left, selected, asks) };
        ended(done, failed)
    }

    /// Nothing is requested before its address was shown.
    fn check_confirmed(&self, open: &[(List, Step)]) -> Result<()> {
        let urls = open.iter().filter_map(|(_, step)| match step {
            Step::Request(url) => Some(url.to_string()),
            Step::Write(_) => None,
        });
        let urls: Vec<String> = urls.collect();
        let (Some(first), false) = (urls.first(), self.confirmed || self.dry_run) else { return Ok(()) };
        let message = match urls.len() {
            1 => format!("this would send a request to {first}"),
            many => format!("this would send requests to {many} addresses, such as {first}"),
        };
        let hint = phrase!["Look at them with ", set(&DRY_RUN), ", then confirm with ", set(&YES), "."];
        Err(Problem::new(Code::Unconfirmed, message).hint(hint).detail("urls", urls))
    }

    fn carry_out(&self, list: &List, step: &Step, gmail: &Gmail<'_>, mailer: &Mailer<'_>) -> Result<Left> {
        let row = list.row(step);
        if self.dry_run {
            return Ok(row);
        }
        match step {
            Step::Request(url) => {
                gmail.http.one_click(url)?;
                Ok(Left { status: "requested".to_owned(), ..row })
            }
            Step::Write(exit) => {
                let (id, earlier) = mailer.write(list.resource(), exit)?;
                Ok(Left { status: "sent".to_owned(), id, earlier, ..row })
            }
        }
    }

    fn done(&self, unsubscribed: Vec<Left>, selected: Selected, asks: bool) -> Unsubscribed {
        let Selected { matched, more, needs_yes, .. } = selected;
        let needs_yes = self.dry_run && (needs_yes || asks);
        let no_list = Vec::new();
        Unsubscribed { dry_run: self.dry_run, unsubscribed, no_list, matched, more, needs_yes }
    }
}

/// The result. A failure of all lists is the result itself if they failed alike.
fn ended(done: Unsubscribed, mut failed: Vec<(String, Problem)>) -> Result<Outcome> {
    let Some((id, first)) = failed.first() else {
        return Ok(Outcome::Document(Document::Unsubscribed(done)));
    };
    let total = done.unsubscribed.len() + failed.len();
    if total == 1 {
        return Err(failed.swap_remove(0).1);
    }
    let message = phrase![
        format!("{} of {total} mailing lists were not left, such as that of {id}: ", failed.len()),
        first.phrases().0
    ];
    let alike = failed.iter().all(|(_, problem)| problem.code() == first.code());
    let nothing = done.unsubscribed.is_empty();
    let code = if alike && nothing { first.code() } else { Code::Partial };
    let problem = Problem::new(code, message)
        .hint("Try those in failed one by one; the others are not left again.")
        .detail("failed", reasons(&failed));
    if nothing { Err(problem) } else { Ok(Outcome::Incomplete(Document::Unsubscribed(done), problem)) }
}
