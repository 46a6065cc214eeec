//! The commands `auth login`, `auth status`, `auth list`, `auth wait` and `auth logout`.

use serde_json::{Value, json};

use super::{
    End, Invocation,
    connection::{Connection, Mailbox},
    wait,
};
use crate::{
    access::{Access, Challenge, SignedIn, accounts},
    cli::{Auth, Options},
    clock::rfc3339,
    config::Config,
    contract::policy_document,
    output::{Table, challenge_document, local_time},
    policy::Policy,
    problem::{Code, Problem, Result},
};

/// Seconds that `auth wait` waits, unless `--wait` is given.
const WAIT: u64 = 600;

pub(super) fn perform(command: &Auth, run: &Invocation<'_>) -> Result<End> {
    run.console.expect_stdout()?;
    let config = run.config_with_warnings()?;
    match command {
        Auth::Login { new } => run.connected(config, |connection| {
            if *new {
                connection.source.drop_pending()?;
            }
            sign_in(run, connection, wait::Until::SignedIn)
        }),
        Auth::Wait => {
            let mut options: Options = run.options.clone();
            options.global.wait.get_or_insert(WAIT);
            let environment = run.environment.clone();
            let patient = Invocation {
                options: &options,
                config: run.config,
                environment,
                console: run.console,
                opens: false,
                preview: None,
            };
            patient.connected(config, |connection| sign_in(&patient, connection, wait::Until::NewLink))
        }
        Auth::Status { .. } => {
            let policy = config.policy()?;
            run.connected(config, |connection| status(run, connection, &policy))
        }
        Auth::List => {
            let selected = config.access().ok().map(|settings| settings.identity());
            let accounts = accounts(config.cache_directory()?, selected.as_ref(), run.console)?;
            let document = accounts.iter().map(|account| account_row(account, config)).collect();
            let table = Table {
                headings: &["", "ACCOUNT", "ADDRESS", "STATE", "LAST USED"],
                rows: accounts.iter().map(|account| account_cells(account, config)).collect(),
                nothing: "No accounts. Run mcs-gmail auth login to sign in.",
            };
            run.console.table(&document, &table).map(|()| End::Done)
        }
        Auth::Logout { disconnect } => {
            run.connected(config, |connection| logout(run, connection, *disconnect))
        }
    }
}

/// Signs in and does nothing else. Gmail is asked whose mailbox it is, so that success means that it can be used.
fn sign_in(run: &Invocation<'_>, connection: &Connection<'_>, until: wait::Until) -> Result<End> {
    let mut access = connection.obtain()?;
    loop {
        let token = match access {
            Access::Token(token) => token,
            Access::Challenge(challenge) => match wait::for_person(run, connection, challenge, until)? {
                Access::Token(token) => token,
                Access::Challenge(challenge) => return run.challenged(&challenge),
            },
        };
        match connection.mailbox(token)? {
            Mailbox::Of { address, .. } => {
                let document = json!({"signed_in": true, "account": address});
                run.console.statement(&format!("Signed in as {address}"), &document)?;
                return Ok(End::Done);
            }
            Mailbox::After(challenge) => access = Access::Challenge(*challenge),
        }
    }
}

/// Whether Gmail can be used, and what is known about the sign-in. No visit is started.
fn status(run: &Invocation<'_>, connection: &Connection<'_>, policy: &Policy) -> Result<End> {
    let source = connection.source.looking();
    if run.options.global.wait != Some(0) {
        source.wait_for_poll();
    }
    let connection = Connection { source: &source, ..*connection };
    let needed = needed_visit(&connection);
    let status = source.status()?;
    let (pending, failure) = match needed {
        Ok(visit) => (visit, None),
        Err(problem) => (status.pending, Some(problem)),
    };
    let person_needed = failure.as_ref().map_or(pending.is_some(), |p| p.code() == Code::AuthRequired);
    let reason = failure.as_ref().map(Problem::to_string);
    let account = status.account;
    run.console.document(&json!({
        "usable": pending.is_none() && failure.is_none(),
        "signed_in": status.signed_in,
        "account": account.address,
        "credentials": status.method,
        "scopes": account.scopes.as_deref().map(|scopes| scopes.split(' ').collect::<Vec<_>>()),
        "access_token": status.has_token,
        "access_token_expires_at": status.token_expires_at.map(rfc3339),
        "visits": {"done": status.visits.0, "needed": status.visits.1},
        "pending": pending.as_ref().map(challenge_document),
        "reason": reason,
        "policy": policy_document(policy),
        "cache_file": status.cache_file.display().to_string(),
    }))?;
    match failure {
        _ if person_needed => Ok(End::Challenged),
        Some(problem) => Err(problem),
        None => Ok(End::Done),
    }
}

/// The visit that must be finished before Gmail can be used; `None` if Gmail accepts the sign-in.
fn needed_visit(connection: &Connection<'_>) -> Result<Option<Challenge>> {
    let token = match connection.obtain()? {
        Access::Token(token) => token,
        Access::Challenge(challenge) => return Ok(Some(challenge)),
    };
    match connection.mailbox(token)? {
        Mailbox::Of { address, .. } => connection.source.verify(&address).map(|_| None),
        Mailbox::After(challenge) => Ok(Some(*challenge)),
    }
}

fn account_row(account: &SignedIn, config: &Config) -> Value {
    let pending = account.pending.as_ref();
    // What --account takes.
    let name = account.account.as_deref().map(|name| config.account_name(name).unwrap_or(name));
    json!({
        "account": name, "address": account.address, "credentials": account.method,
        "signed_in": account.signed_in, "last_used": account.used_at.map(rfc3339),
        "pending": pending.map(|c| json!({"step": c.step.name(), "url": c.url, "expires_at": c.expires_at.map(rfc3339)})),
        "selected": account.selected,
    })
}

/// The same for a person. A configured name stands beside the address.
fn account_cells(account: &SignedIn, config: &Config) -> Vec<String> {
    let name = account.account.as_deref().map(|name| config.account_name(name).unwrap_or(name));
    let address = account.address.as_deref().unwrap_or_default();
    let state = match (account.signed_in, &account.pending) {
        (true, _) => "signed in",
        (false, Some(_)) => "link pending",
        (false, None) => "signed out",
    };
    vec![
        if account.selected { "*" } else { "" }.to_owned(),
        name.unwrap_or("(default)").to_owned(),
        address.to_owned(),
        state.to_owned(),
        account.used_at.map(|time| local_time(&rfc3339(time))).unwrap_or_default(),
    ]
}

fn logout(run: &Invocation<'_>, connection: &Connection<'_>, disconnect: bool) -> Result<End> {
    let done = connection.source.logout(disconnect)?;
    run.console.document(&json!({
        "signed_out": true, "revoked": done.revoked, "disconnected_accounts": done.disconnected,
    }))?;
    Ok(End::Done)
}
