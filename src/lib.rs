//! Gmail for agents, scripts and cron: one process, one operation.
//!
//! The library exists for the binary, the tests and the sandbox example. Its API is [`run`] and nothing else.
//! Data flows one way: arguments, configuration, access, gmail, output.

mod access;
mod address;
mod browser;
mod cli;
mod clock;
mod config;
mod gmail;
mod http;
mod input;
mod observer;
mod output;
mod policy;
mod problem;
mod random;
mod reference;
mod secret;
mod spec;
mod suggest;
mod tools;
mod url;

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    hash::{DefaultHasher, Hash, Hasher},
    process::ExitCode,
    time::Duration,
};

use serde_json::{Map, Value, json};

use crate::{
    access::{Access, Authority, Challenge},
    cli::{Action, Auth, Configuration, Format, Line, Options, Own, Stop, ToolStyle},
    clock::Deadline,
    config::{Config, Environment},
    gmail::{Gmail, history::Mark, messages::Listed},
    http::Http,
    observer::Observer,
    output::Console,
    problem::{Code, Problem, Result},
    spec::Tool,
    tools::{
        Arguments, Context, Outcome,
        writing::{self, Journal, Notes},
    },
};

/// Between two attempts of a run that waits for a person while the network is in trouble.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// How a run ended that was no failure.
enum End {
    Done,
    /// A person must sign in first; the link was printed.
    Challenged,
    /// Nothing was found, and `--fail-empty` asked to be told.
    Empty,
}

/// Runs one command line, the program's name first, and returns the exit status of the documentation.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let environment = Environment::read();
    let no_color = environment.get("NO_COLOR").is_some();
    let force_color = environment.get("CLICOLOR_FORCE").is_some_and(|v| v != "0");
    let args: Vec<OsString> = args.into_iter().collect();
    // Help hides what is not allowed; where the files cannot be understood, it shows what reads.
    let policy = || Config::load(None, Map::new(), environment.clone()).and_then(|c| c.policy());
    let level = || policy().map_or(spec::Level::Read, |p| p.level());
    let line = match cli::parse(&args, level) {
        Ok(line) => line,
        Err(stop) => return stopped(stop, &Console::new(&cli::glimpse(&args), no_color, force_color)),
    };
    let console = Console::new(&line.options.global, no_color, force_color);
    match perform(line, environment, &console) {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Challenged) => ExitCode::from(Code::AuthRequired.exit()),
        Ok(End::Empty) => ExitCode::from(Code::Empty.exit()),
        Err(problem) => failed(&problem, &console),
    }
}

fn stopped(stop: Stop, console: &Console) -> ExitCode {
    match stop {
        Stop::Shown(text) => match console.text(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => failed(&problem, console),
        },
        Stop::Wrong { message, hint } => failed(&Problem::usage(message).hint(hint), console),
    }
}

fn failed(problem: &Problem, console: &Console) -> ExitCode {
    console.problem(problem);
    ExitCode::from(problem.code().exit())
}

fn perform(line: Line, environment: Environment, console: &Console) -> Result<End> {
    let Line { options, action } = line;
    let (tool, arguments) = match action {
        Action::Tool { tool, arguments } => (tool, input::with_body(arguments)),
        Action::Own(Own::Exec { tool, json }) => exec(&tool, &json)?,
        Action::Own(own) => return own_command(&own, &options, environment, console),
    };
    if options.global.fields.as_deref() == Some("") {
        return list_fields(tool, console);
    }
    check_fields(tool, console)?;
    let arguments = Arguments::check(tool, input::with_ids(tool, arguments)?)?;
    let config = load(&options, environment, console)?;
    let policy = config.policy()?;
    policy.allows(writing::level(&arguments, &policy))?;
    let letter = writing::letter(&arguments, &policy, config.sender_name()?.as_deref())?;
    let as_json = options.global.format.is_some_and(|f| matches!(f, Format::Json | Format::Jsonl));
    if let Some(outcome) = writing::offline(&arguments, letter.as_ref(), as_json)? {
        return finish(outcome, console.rows(tool.answer), &options, console);
    }
    let access = config.access()?;
    let http = connect(&config, console)?;
    let authority = Authority::new(&access, &http, console);
    let journal = Journal::new(&authority);
    let progress = |line: &str| console.progress(Some(line));
    let context = Context { policy: &policy, letter, journal: &journal, as_json, progress: &progress };
    if let Some(outcome) = writing::repeated(&arguments, &context)? {
        return finish(outcome, console.rows(tool.answer), &options, console);
    }
    let claim = arguments.cursor().map(|name| authority.claim_cursor(name)).transpose()?;
    if let Some(None) = claim {
        console.debug("another run with this cursor is under way; it tells the news");
        return no_news(&arguments, &options, console);
    }
    let mark = arguments.cursor().map(|name| authority.cursor(name)).transpose()?.flatten();
    let arguments = arguments.with_mark(mark.as_deref().and_then(Mark::parse));
    operate(&arguments, &context, &authority, &http, &options, console, config.browser())
}

fn no_news(arguments: &Arguments, options: &Options, console: &Console) -> Result<End> {
    new_rows(arguments, options, console).finish()?;
    ended(&Listed::default(), options)
}

/// Takes the rows of a tool. For cron no news is no output, unless a format was asked for.
fn new_rows<'c>(arguments: &Arguments, options: &Options, console: &'c Console) -> output::Rows<'c> {
    let mut rows = console.rows(arguments.tool().answer);
    rows.silent_when_empty = arguments.cursor().is_some() && options.global.format.is_none();
    rows
}

/// The operation, with the one loop: when Google refuses the token, it is renewed once and the operation runs
/// once more. Rows that were already handed out are not handed out again.
fn operate(
    arguments: &Arguments,
    context: &Context<'_>,
    authority: &Authority<'_>,
    http: &Http<'_>,
    options: &Options,
    console: &Console,
    browser: Option<&OsStr>,
) -> Result<End> {
    let mut rows = new_rows(arguments, options, console);
    let mut access = authority.obtain();
    let mut renewed_at = None;
    let mut given = HashSet::new();
    loop {
        let token = match without_doubt(access, context.journal)? {
            Access::Token(token) => token,
            Access::Challenge(challenge) => {
                match wait_for_person(authority, http, challenge, options, console, browser)? {
                    Access::Token(token) => token,
                    Access::Challenge(challenge) => return challenged(&challenge, console),
                }
            }
        };
        let gmail = Gmail { http, token: &token };
        let outcome = tools::perform(arguments, context, &gmail, &mut |row| {
            // After a renewal the list begins again, perhaps with new mail on top.
            if given.insert(row_hash(&row)) { rows.push(row) } else { Ok(true) }
        });
        match outcome {
            // Once, and once more each time when rows came in between: a long list may outlive its token.
            Err(p) if p.code() == Code::TokenRefused && renewed_at.is_none_or(|at| at < rows.written) => {
                renewed_at = Some(rows.written);
                access = authority.renew(&token);
            }
            Err(p) if rows.written > 0 => return broken_off(p, rows),
            Err(p) if p.code() == Code::TokenRefused && context.journal.doubt().is_none() => {
                return Err(p.hint(
                    "A new token did not help. Sign in anew: mcs-gmail auth logout, then auth login.",
                ));
            }
            Ok(Outcome::News(listed, mark)) => {
                rows.finish()?;
                // The mark moves only when somebody got what stands before it.
                if let Some(name) = arguments.cursor().filter(|_| !console.is_closed()) {
                    authority.set_cursor(name, &mark.text())?;
                }
                return ended(&listed, options);
            }
            Ok(Outcome::Bytes(message, attachment)) => {
                let written = console.bytes(|out| gmail.write_attachment(&message, &attachment, out));
                return written.map(|_| End::Done);
            }
            other => return finish(told(other, context.journal)?, rows, options, console),
        }
    }
}

/// Tells rows apart in a few bytes each, so that a long list stays small.
fn row_hash(row: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.get("uid").unwrap_or(row).to_string().hash(&mut hasher);
    hasher.finish()
}

/// A list that ended before its end: what came is printed, and said to be not all.
fn broken_off(problem: Problem, rows: output::Rows<'_>) -> Result<End> {
    let written = rows.written;
    rows.finish()?;
    let partial = Problem::new(
        Code::Partial,
        format!("the list broke off after {written} rows: {}", problem.message()),
    )
    .hint("What was printed is right but not all; run the same command again.")
    .detail("rows", written)
    .detail("cause", problem.code().name());
    Err(match problem.wait() {
        Some(wait) => partial.retry_after(wait),
        None => partial,
    })
}

/// While nobody knows whether a message was sent, "sign in and run it again" would be the wrong answer.
fn without_doubt(access: Result<Access>, journal: &Journal<'_>) -> Result<Access> {
    match (access, journal.doubt()) {
        (Ok(Access::Challenge(_)) | Err(_), Some(attempt)) if journal.was_tried() => {
            Err(writing::unknown(&attempt, journal.retry_after()))
        }
        (access, _) => access,
    }
}

/// Whatever else failed: a send of this run without a known end is what has to be said.
fn told(outcome: Result<Outcome>, journal: &Journal<'_>) -> Result<Outcome> {
    match (outcome, journal.doubt()) {
        (Err(p), Some(attempt)) if journal.was_tried() && p.code() != Code::Unknown => {
            Err(writing::unknown(&attempt, journal.retry_after()).detail("cause", p.message()))
        }
        (outcome, _) => outcome,
    }
}

impl Notes for Authority<'_> {
    fn note(&self, key: &str) -> Result<Option<String>> {
        Authority::note(self, key)
    }

    fn swap_note(&self, key: &str, expected: Option<&str>, text: Option<&str>, until: f64) -> Result<bool> {
        Authority::swap_note(self, key, expected, text, until)
    }
}

fn finish(outcome: Outcome, rows: output::Rows<'_>, options: &Options, console: &Console) -> Result<End> {
    console.progress(None);
    match outcome {
        Outcome::Document(value) => console.document(&value).map(|()| End::Done),
        Outcome::Incomplete(value, problem) => console.document(&value).and(Err(problem)),
        Outcome::Text(text) => console.text(&text).map(|()| End::Done),
        Outcome::Rows(listed) => {
            rows.finish()?;
            ended(&listed, options)
        }
        Outcome::News(..) | Outcome::Bytes(..) => Ok(End::Done),
    }
}

/// How a run with rows ends: some may be missing, or there may be none.
fn ended(listed: &Listed, options: &Options) -> Result<End> {
    match tools::incomplete(listed) {
        Some(problem) => Err(problem),
        None if listed.rows == 0 && options.global.fail_empty => Ok(End::Empty),
        None => Ok(End::Done),
    }
}

fn challenged(challenge: &Challenge, console: &Console) -> Result<End> {
    console.challenge(challenge)?;
    Ok(End::Challenged)
}

/// Waits for a person where that was asked for, or where one sits at the terminal: until the sign-in is done,
/// the time is over, or the link is.
fn wait_for_person(
    authority: &Authority<'_>,
    http: &Http<'_>,
    first: Challenge,
    options: &Options,
    console: &Console,
    browser: Option<&OsStr>,
) -> Result<Access> {
    let at_terminal = console.has_person() && !options.global.no_input;
    let budget = match options.global.wait {
        Some(seconds) => Duration::from_secs(seconds),
        None if at_terminal => Duration::from_secs(900),
        None => Duration::ZERO,
    };
    let deadline = Deadline::after(budget);
    let mut shown = String::new();
    let mut challenge = first;
    while !deadline.left().is_zero() {
        if challenge.url != shown {
            console.progress(None);
            console.show_link(&challenge, options.global.qr);
            if at_terminal && browser::open(&challenge.url, browser).is_err() {
                console.debug("no browser could be opened");
            }
            shown.clone_from(&challenge.url);
        }
        pause(&challenge, deadline, console);
        http.start_over();
        match authority.obtain() {
            Ok(Access::Challenge(next)) => challenge = next,
            Ok(token) => {
                console.progress(None);
                return Ok(token);
            }
            // The person is still at it; trouble on the wire may be over at the next poll.
            Err(p) if p.code().retryable() && deadline.left() > RETRY_PAUSE => {
                console.debug(&format!("asking again: {p}"));
                let wait = p.wait().unwrap_or_default().max(RETRY_PAUSE);
                challenge.retry_after = wait.as_secs_f64();
            }
            Err(p) => return Err(p),
        }
    }
    console.progress(None);
    Ok(Access::Challenge(challenge))
}

/// Sleeps until the next poll makes sense, a spinner with the remaining time beside it.
fn pause(challenge: &Challenge, deadline: Deadline, console: &Console) {
    let end = Deadline::after(Duration::from_secs_f64(challenge.retry_after.clamp(0.1, 60.0)));
    while !end.left().is_zero() && !deadline.left().is_zero() {
        let left = challenge.expires_at.map_or(deadline.left().as_secs_f64(), |t| t - clock::now());
        let left = output::duration(left.max(0.0));
        console.progress(Some(&format!("waiting for the sign-in, {left} left")));
        std::thread::sleep(end.left().min(deadline.left()).min(Duration::from_secs(1)));
    }
}

fn own_command(own: &Own, options: &Options, environment: Environment, console: &Console) -> Result<End> {
    match own {
        Own::Exec { .. } => {}
        Own::Status => console.text(&reference::status(&policy_of(options, environment)?))?,
        Own::Tools { style } => {
            console.text(&reference::tools(tool_style(*style, options), &policy_of(options, environment)?))?
        }
        Own::Completions { shell } => console.text(reference::completions(*shell))?,
        Own::Man => console.text(reference::man())?,
        Own::Config(Configuration::Example) => console.text(&reference::config_example())?,
        Own::Config(Configuration::Path) => {
            let places = config::places(options.global.config.as_deref(), &environment);
            let rows: Vec<Value> = places
                .iter()
                .map(|p| json!({"path": p.display().to_string(), "exists": p.is_file()}))
                .collect();
            console.document(&rows.into())?;
        }
        Own::Auth(auth) => return auth_command(auth, options, environment, console),
    }
    Ok(End::Done)
}

/// What the files allow; a file that cannot be understood must not look like a permission.
fn policy_of(options: &Options, environment: Environment) -> Result<policy::Policy> {
    Config::load(options.global.config.as_deref(), options.settings.clone(), environment)?.policy()
}

/// `--format json` asks for JSON here too.
fn tool_style(style: ToolStyle, options: &Options) -> ToolStyle {
    match (style, options.global.format) {
        (ToolStyle::Text, Some(Format::Json | Format::Jsonl)) => ToolStyle::Json,
        (style, _) => style,
    }
}

fn auth_command(auth: &Auth, options: &Options, environment: Environment, console: &Console) -> Result<End> {
    let config = load(options, environment, console)?;
    let access = config.access()?;
    let http = connect(&config, console)?;
    let authority = Authority::new(&access, &http, console);
    match auth {
        Auth::Login => sign_in(&authority, &http, options, console, config.browser()),
        Auth::Wait => {
            let mut patient = options.clone();
            patient.global.wait.get_or_insert(600);
            sign_in(&authority, &http, &patient, console, config.browser())
        }
        Auth::Status { check } => auth_status(&authority, &http, *check, console),
        Auth::Logout { disconnect } => {
            let done = authority.logout(*disconnect)?;
            console.document(&json!({
                "signed_out": true, "revoked": done.revoked, "disconnected_accounts": done.disconnected,
            }))?;
            Ok(End::Done)
        }
    }
}

/// Signs in and does nothing else; says so when there is nothing to do.
fn sign_in(
    authority: &Authority<'_>,
    http: &Http<'_>,
    options: &Options,
    console: &Console,
    browser: Option<&OsStr>,
) -> Result<End> {
    let access = match authority.obtain()? {
        Access::Challenge(challenge) => {
            wait_for_person(authority, http, challenge, options, console, browser)?
        }
        token => token,
    };
    match access {
        Access::Challenge(challenge) => challenged(&challenge, console),
        Access::Token(_) => {
            console.document(&json!({"signed_in": true}))?;
            Ok(End::Done)
        }
    }
}

fn auth_status(authority: &Authority<'_>, http: &Http<'_>, check: bool, console: &Console) -> Result<End> {
    let account = if check { checked_account(authority, http)? } else { None };
    let status = authority.status()?;
    let mut document = json!({
        "signed_in": status.signed_in, "credentials": status.method,
        "access_token": status.has_token, "access_token_expires_at": status.token_expires_at.map(output::rfc3339),
        "pending": status.pending.as_ref().map(output::challenge_document),
        "cache_file": status.cache_file.display().to_string(),
    });
    if check {
        document["account"] = account.unwrap_or_default();
    }
    console.document(&document)?;
    Ok(End::Done)
}

/// The address behind the token, which is renewed once if Google refuses it; none when a person has to act.
fn checked_account(authority: &Authority<'_>, http: &Http<'_>) -> Result<Option<Value>> {
    let Access::Token(token) = authority.obtain()? else { return Ok(None) };
    let profile = match (Gmail { http, token: &token }).profile() {
        Err(p) if p.code() == Code::TokenRefused => match authority.renew(&token)? {
            Access::Token(token) => Gmail { http, token: &token }.profile()?,
            Access::Challenge(_) => return Ok(None),
        },
        other => other?,
    };
    Ok(profile.get("emailAddress").cloned())
}

fn load(options: &Options, environment: Environment, console: &Console) -> Result<Config> {
    let config = Config::load(options.global.config.as_deref(), options.settings.clone(), environment)?;
    config.warnings.iter().for_each(|w| console.warn(w));
    Ok(config)
}

/// The one client. Google goes through a configured proxy whatever NO_PROXY says: agent sandboxes list
/// `*.googleapis.com` there and then block the direct way.
fn connect<'c>(config: &Config, console: &'c Console) -> Result<Http<'c>> {
    Ok(Http::new(config.http()?, config.timeout()?, console, &[gmail::HOST, access::GOOGLE_TOKEN_HOST]))
}

/// The tool and the arguments of `exec`.
fn exec(name: &str, text: &str) -> Result<(&'static Tool, Map<String, Value>)> {
    let tool = spec::tool(name).ok_or_else(|| {
        let problem = Problem::usage(format!("there is no tool \"{name}\""));
        match suggest::nearest(name, spec::TOOLS.iter().map(|t| t.name)) {
            Some(nearest) => problem.hint(format!("Did you mean {nearest}?")),
            None => problem.hint("mcs-gmail tools lists them."),
        }
    })?;
    let text = if text == "-" { input::text()? } else { text.to_owned() };
    match serde_json::from_str(&text) {
        Ok(Value::Object(arguments)) if arguments.get("out_dir").is_some_and(|d| d == "-") => {
            Err(Problem::usage("exec answers with JSON; it cannot write an attachment to stdout")
                .hint("Give out_dir a directory."))
        }
        Ok(Value::Object(arguments)) => Ok((tool, arguments)),
        Ok(_) => Err(Problem::usage("the arguments are JSON, but no object")
            .hint(format!("Give an object, such as mcs-gmail exec {name} '{{}}'."))),
        Err(e) => Err(Problem::usage(format!("the arguments are not JSON: {e}"))
            .hint("Give one JSON object in single quotes, or - to read it from stdin.")),
    }
}

fn fields_of(tool: &Tool) -> &'static [&'static str] {
    let (spec::Answer::Rows { fields, .. } | spec::Answer::Document { fields }) = tool.answer;
    fields
}

/// Refuses names that this tool's result never has.
fn check_fields(tool: &Tool, console: &Console) -> Result<()> {
    let known = fields_of(tool);
    let Some(name) = console.fields().iter().find(|n| !known.contains(&n.as_str())) else { return Ok(()) };
    let problem = Problem::usage(format!("the result of {} has no member \"{name}\"", tool.name));
    Err(match suggest::nearest(name, known.iter().copied()) {
        Some(nearest) => {
            problem.hint(format!("Did you mean {nearest}? --fields at the end of the line lists them."))
        }
        None => problem.hint(format!("It has {}.", known.join(", "))),
    })
}

fn list_fields(tool: &Tool, console: &Console) -> Result<End> {
    console.names(fields_of(tool))?;
    Ok(End::Done)
}
