//! The pipeline: a command line becomes a request, and a request becomes an operation, which runs with a token and
//! ends in an outcome.
//!
//! It connects the layers and knows none of their details. The only loop is in `renew`.

mod auth;
mod builtin;
mod compose;
mod configure;
mod connection;
mod exec;
mod fields;
mod handler;
mod pages;
mod renew;
mod row_numbers;
mod skill;
mod told;
mod wait;

use std::{cell::RefCell, time::Duration};

use serde_json::{Map, Value, json};

use self::connection::Connection;
use crate::{
    access::{self, AccessSettings, Challenge, TokenSource},
    cli::{Action, Builtin, Line, Options},
    clock::Budget,
    config::{Config, Environment},
    gmail::{self, messages::Listed},
    http::Http,
    observer::Observer,
    output::{Console, Layout, ListHead, Rows},
    problem::{Code, Problem, Result},
    spec::{self, PAGE_TOKEN, Tool, ToolId, WAIT},
    spelling::with,
    store::Store,
    tools::{self, Arguments, Author, Document, Operation, Outcome, Preview, Request, RowPage, Telling},
};

/// How a run ended that did not fail.
pub(crate) enum End {
    Done,
    /// A person must sign in first; the challenge was printed.
    Challenged,
    /// Nothing was found, and `--fail-empty` was given.
    Empty,
    /// `doctor` found a fault and printed it.
    AtFault(Code),
}

/// Runs one command line.
pub(crate) fn perform(
    line: Line,
    config: Result<Config>,
    environment: Environment,
    console: &Console,
) -> Result<End> {
    let Line { options, action } = line;
    if options.settings.config_is_late && environment.is_launched() {
        return Err(late_config());
    }
    let run =
        Invocation { options: &options, config: &config, environment, console, opens: false, preview: None };
    let advised = |problem: Problem| match &config {
        Ok(config) => config.advised(problem),
        Err(_) => problem,
    };
    carry_out(action, run).map_err(advised)
}

fn carry_out(action: Action, run: Invocation<'_>) -> Result<End> {
    match action {
        Action::Tool { tool, arguments } => run.tool(tool, builtin::with_stdin_body(arguments)),
        Action::Builtin(Builtin::Exec { tool, json }) => exec::perform(&tool, &json, &run),
        Action::Builtin(Builtin::Open { ids }) => Invocation { opens: true, ..run }.open(&ids),
        Action::Builtin(_) if run.console.prints_ids() => {
            Err(Problem::usage("this command does not list ids").hint("Leave out --format ids."))
        }
        Action::Builtin(Builtin::Auth(command)) => auth::perform(&command, &run),
        Action::Builtin(Builtin::Skill(command)) => skill::perform(&command, &run),
        Action::Builtin(command) => builtin::perform(&command, &run),
    }
}

/// The permission rules of an agent's client allow a command with everything that follows it. Another configuration
/// is not to be among that.
fn late_config() -> Problem {
    Problem::usage("--config must stand in front of the command when the skill's launcher is used")
        .hint("Put --config FILE right after scripts/mcs-gmail.")
}

/// An agent may run `new` without a question, and nothing else with it.
fn commands_of_agents() -> Problem {
    Problem::new(Code::PolicyRefused, "--exec runs a command, which is left to people and their scripts")
        .hint("Leave out --exec, and read the messages from the result.")
}

/// What every command needs.
struct Invocation<'r> {
    options: &'r Options,
    config: &'r Result<Config>,
    environment: Environment,
    console: &'r Console,
    /// Whether the pages that are found are opened in the browser.
    opens: bool,
    /// Takes the preview of a message, which is then not printed.
    preview: Option<&'r RefCell<Option<Preview>>>,
}

impl Invocation<'_> {
    /// Finds Gmail's pages of these conversations, which [`Invocation::document`] opens.
    fn open(&self, ids: &[String]) -> Result<End> {
        let tool = spec::tool("fetch_link").ok_or_else(|| Problem::usage("no tool for pages"))?;
        self.tool(tool, Map::from_iter([("thread_id".to_owned(), json!(ids))]))
    }

    fn tool(&self, tool: &'static Tool, arguments: Map<String, Value>) -> Result<End> {
        if self.options.global.fields.as_deref() == Some("") {
            return self.console.names(&spec::paths_of(tool)).map(|()| End::Done);
        }
        fields::check_fields(tool, self.console)?;
        fields::check_ids(tool, self.console)?;
        if compose::is_wanted(self, tool, &arguments) {
            return compose::perform(self, tool, arguments);
        }
        self.call(tool, arguments)
    }

    /// What can be checked without a request to Gmail.
    fn check(&self, tool: &'static Tool, arguments: Map<String, Value>) -> Result<()> {
        let config = self.config()?;
        let arguments = row_numbers::resolved(self, config, Arguments::check(tool, arguments)?)?;
        let policy = config.policy()?;
        let files = config.file_access(&policy, self.has_person())?;
        let name = config.sender_name()?;
        let author = Author { name: name.as_deref(), signs: config.signs()? };
        Request::parse(&arguments, &policy, &files, author).map(drop)
    }

    fn call(&self, tool: &'static Tool, mut arguments: Map<String, Value>) -> Result<End> {
        // The option for the sign-in serves for news, too.
        if let (ToolId::NewMessages, Some(seconds @ 1..)) = (tool.id, self.options.global.wait)
            && !self.options.global.exec
        {
            arguments.insert(WAIT.name.to_owned(), seconds.into());
        }
        let arguments = Arguments::check(tool, arguments)?;
        let config = self.config_with_warnings()?;
        let arguments = row_numbers::resolved(self, config, arguments)?;
        let policy = config.policy()?;
        let files = config.file_access(&policy, self.has_person())?;
        let name = config.sender_name()?;
        let author = Author { name: name.as_deref(), signs: config.signs()? };
        let request = Request::parse(&arguments, &policy, &files, author)?;
        if request.handler().is_some() && (self.options.global.exec || self.environment.is_launched()) {
            return Err(commands_of_agents());
        }
        if let Some(outcome) = request.offline()? {
            return self.finish(outcome, tool, self.rows(tool, &request)?);
        }
        self.connected(config, |connection| {
            let operation = request.start(&policy, connection.store)?;
            let rows =
                self.rows(tool, &request)?.remembered(row_numbers::memory(self, config, connection.store));
            if operation.is_busy() {
                self.console.debug("skipped: another run with this cursor is in progress");
            }
            match operation.known() {
                Some(outcome) => self.finish(outcome, tool, rows),
                None => renew::operate(self, tool, &operation, connection, rows),
            }
        })
    }

    /// The configuration, or why it cannot be used.
    fn config(&self) -> Result<&Config> {
        self.config.as_ref().map_err(Problem::clone)
    }

    /// The same, with its warnings.
    fn config_with_warnings(&self) -> Result<&Config> {
        let config = self.config()?;
        config.warnings.iter().for_each(|warning| Observer::warn(self.console, warning));
        Ok(config)
    }

    /// Prints the rows of a tool. For cron, `new` prints nothing if there is no new mail, unless a format was given.
    fn rows(&self, tool: &Tool, request: &Request) -> Result<Rows<'_>> {
        let head = ListHead {
            kind: request.rows(tool),
            folder: request.folder().map(str::to_owned),
            nothing: request.nothing(),
            often_empty: request.cursor().is_some(),
            silent_when_empty: request.cursor().is_some() && self.options.global.format.is_none(),
        };
        self.console.rows(request.answer(tool), head)
    }

    /// Opens the connection and runs `work` with it. Google is reached through a configured proxy even if NO_PROXY
    /// excludes it: agent sandboxes list `*.googleapis.com` there and then block direct connections.
    fn connected(&self, config: &Config, work: impl FnOnce(&Connection<'_>) -> Result<End>) -> Result<End> {
        let settings: AccessSettings = config.access()?;
        let budget = Budget::new(config.timeout()?);
        let always_proxied = [gmail::HOST, access::GOOGLE_TOKEN_HOST];
        let http = Http::new(config.http()?, &budget, self.console, &always_proxied);
        let store = Store::open(settings.directory.clone(), settings.identity(), &budget, self.console)
            .remembering(config.remembers()?);
        // A run that waits for a person polls in its own time.
        let waits_for_poll = self.patience().is_none();
        let source = TokenSource::new(&settings, &http, &store, self.console, waits_for_poll);
        let folders = RefCell::default();
        let outcome = work(&Connection {
            folders: &folders,
            budget: &budget,
            http: &http,
            store: &store,
            source: &source,
            console: self.console,
            browser: config.browser(),
        });
        // For completion, which is of use to people only. Other runs write nothing that they do not need.
        if let Some(names) = folders.into_inner().filter(|_| self.console.has_person())
            && let Err(problem) = store.set_folders(&names)
        {
            self.console.debug(&format!("the names of the folders are not kept for completion: {problem}"));
        }
        outcome
    }

    /// How long this run waits for a person; `None` if it was not told, and no one is at the terminal.
    fn patience(&self) -> Option<Duration> {
        match self.options.global.wait {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => self.has_person().then_some(wait::AT_TERMINAL),
        }
    }

    /// Whether a person is at the terminal who may be asked.
    fn has_person(&self) -> bool {
        self.console.has_person() && !self.options.global.no_input
    }

    /// Prints an outcome.
    fn finish(&self, outcome: Outcome, tool: &Tool, rows: Rows<'_>) -> Result<End> {
        self.console.stop_progress();
        match outcome {
            Outcome::Document(Document::Preview(preview)) if self.preview.is_some() => {
                self.preview.iter().for_each(|slot| drop(slot.replace(Some(preview.clone()))));
            }
            Outcome::Document(Document::Preview(preview))
                if self.shows_text() && self.console.tells_person() =>
            {
                self.console.text(&told::message(&preview.raw, &self.own_address()))?;
            }
            Outcome::Document(Document::Preview(preview)) if self.shows_text() => {
                self.console.text(&preview.raw)?;
            }
            Outcome::Document(Document::Page(page)) if self.lists_pages() => self.page(&page, rows)?,
            Outcome::Incomplete(Document::Page(page), problem) if self.lists_pages() => {
                return self.page(&page, rows).and(Err(problem));
            }
            Outcome::Document(document) => {
                self.document(tool, &document)?;
                if document.is_empty() && self.options.global.fail_empty {
                    return Ok(End::Empty);
                }
            }
            Outcome::Incomplete(document, problem) => {
                return self.document(tool, &document).and(Err(problem));
            }
            Outcome::Rows(listed) => {
                rows.finish()?;
                return self.ended(&listed);
            }
            Outcome::Bytes => {}
        }
        Ok(End::Done)
    }

    /// The sender of a message that names none, as far as that is known without a request.
    fn own_address(&self) -> String {
        let known = || {
            let config = self.config().ok()?;
            let settings = config.access().ok()?;
            let budget = Budget::new(Duration::ZERO);
            let store = Store::open(settings.directory.clone(), settings.identity(), &budget, self.console);
            let address = store.read().ok()?.account().address.or(settings.address().map(str::to_owned))?;
            Some(match config.sender_name().ok().flatten() {
                Some(name) => format!("{name} <{address}>"),
                None => address,
            })
        };
        known().unwrap_or_else(|| "the default address of the account".to_owned())
    }

    /// Whether the preview of a message is printed as its text: unless JSON or a selection of fields was asked for.
    fn shows_text(&self) -> bool {
        !self.console.asked_for_json() && self.console.fields().is_empty()
    }

    /// Whether a page of a list is printed as the list is.
    fn lists_pages(&self) -> bool {
        self.console.for_people() || self.console.prints_ids()
    }

    /// Prints a page of a list as the list is printed, and what shows the next one.
    fn page(&self, page: &RowPage, mut rows: Rows<'_>) -> Result<()> {
        for row in &page.messages {
            rows.push(row)?;
        }
        rows.finish()?;
        if let Some(token) = &page.next_page_token {
            self.console.remark(&format!("continue with {}", with(&PAGE_TOKEN, token)));
        }
        Ok(())
    }

    fn document(&self, tool: &Tool, document: &Document) -> Result<()> {
        if matches!(document, Document::Page(_)) {
            row_numbers::take_numbers(self);
        }
        let value = json!(document);
        debug_assert!(
            document.is_recorded() || tools::mismatch(tool, &value).is_none(),
            "the result of {} is not what the table says: {:?}",
            tool.name,
            tools::mismatch(tool, &value)
        );
        let urls = document.urls();
        if self.opens {
            let opened = pages::open(&urls, self.config()?.browser())?;
            return self.console.statement(&opened, &value);
        }
        if !urls.is_empty() && self.console.says_sentences() {
            return self.console.statement(&urls.join("\n"), &value);
        }
        if let Some(sentence) = tools::sentence(tool, document).filter(|_| self.console.says_sentences()) {
            return self.console.statement(&told::with_undo(sentence, self.options), &value);
        }
        let layout = match document {
            Document::Message(_) | Document::Messages(_) | Document::DraftMessage(_) => Layout::Messages,
            Document::Thread(_) | Document::Threads(_) => Layout::Conversations,
            Document::Attachments(_) => Layout::Files,
            _ => Layout::Members,
        };
        self.console.reading(&value, layout)
    }

    /// How a run with rows ends: some may be missing, or there may be none.
    fn ended(&self, listed: &Listed) -> Result<End> {
        if listed.more {
            let note = "more new messages wait for the next run";
            if listed.in_portions {
                self.console.note(&note.into(), &[("more", true.into())]);
            } else {
                self.console.remark(note);
            }
        }
        if listed.gone > 0 {
            // Deleted after Gmail had listed them.
            self.console.debug(&format!("gone: {}", listed.gone));
        }
        if let Some(about) = listed.about {
            self.console.cut(listed.rows, about);
        }
        match tools::incomplete(listed) {
            Some(problem) => Err(problem),
            None if listed.rows == 0 && self.options.global.fail_empty => Ok(End::Empty),
            None => Ok(End::Done),
        }
    }

    fn challenged(&self, challenge: &Challenge) -> Result<End> {
        self.console.challenge(challenge)?;
        Ok(End::Challenged)
    }

    /// Whether a link is shown as cron needs it: one line on stderr, and nothing on stdout, which may be piped into a
    /// program that expects mail. A model always sees the link.
    fn is_regular_job(&self, operation: &Operation<'_>) -> bool {
        operation.telling() != Telling::Always && !self.options.global.exec && !self.has_person()
    }
}
