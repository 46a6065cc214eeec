//! The commands `auth login`, `auth status`, `auth wait` and `auth logout`.

use serde_json::json;

use super::{Connection, End, Invocation, wait};
use crate::{
    access::Access,
    cli::{Auth, Options},
    output::{challenge_document, rfc3339},
    problem::{Code, Result},
};

/// Seconds that `auth wait` waits, unless `--wait` is given.
const WAIT: u64 = 600;

pub(super) fn perform(command: &Auth, run: &Invocation<'_>) -> Result<End> {
    let config = run.config()?;
    run.connected(&config, |connection| match command {
        Auth::Login => sign_in(run, connection),
        Auth::Wait => {
            let mut options: Options = run.options.clone();
            options.global.wait.get_or_insert(WAIT);
            let patient =
                Invocation { options: &options, environment: run.environment.clone(), console: run.console };
            sign_in(&patient, connection)
        }
        Auth::Status { check } => status(run, connection, *check),
        Auth::Logout { disconnect } => logout(run, connection, *disconnect),
    })
}

/// Signs in and does nothing else. Succeeds at once if there is a token.
fn sign_in(run: &Invocation<'_>, connection: &Connection<'_>) -> Result<End> {
    let access = match connection.obtain()? {
        Access::Challenge(challenge) => wait::for_person(run, connection, challenge)?,
        token => token,
    };
    match access {
        Access::Challenge(challenge) => run.challenged(&challenge),
        Access::Token(_) => {
            run.console.document(&json!({"signed_in": true}))?;
            Ok(End::Done)
        }
    }
}

fn status(run: &Invocation<'_>, connection: &Connection<'_>, check: bool) -> Result<End> {
    let account = if check { account(run, connection)? } else { None };
    let status = connection.source.status()?;
    let mut document = json!({
        "signed_in": status.signed_in, "credentials": status.method,
        "access_token": status.has_token, "access_token_expires_at": status.token_expires_at.map(rfc3339),
        "pending": status.pending.as_ref().map(challenge_document),
        "cache_file": status.cache_file.display().to_string(),
    });
    if check {
        document["account"] = json!(account);
    }
    run.console.document(&document)?;
    Ok(End::Done)
}

/// The address of the account. The token is renewed once if Google refuses it; `None` if a person must sign in.
fn account(run: &Invocation<'_>, connection: &Connection<'_>) -> Result<Option<String>> {
    let Access::Token(token) = connection.obtain()? else { return Ok(None) };
    let profile = match connection.gmail(&token, run.console).profile() {
        Err(p) if p.code() == Code::TokenRefused => match connection.source.renew(&token)? {
            Access::Token(token) => connection.gmail(&token, run.console).profile()?,
            Access::Challenge(_) => return Ok(None),
        },
        other => other?,
    };
    Ok(profile.email)
}

fn logout(run: &Invocation<'_>, connection: &Connection<'_>, disconnect: bool) -> Result<End> {
    let done = connection.source.logout(disconnect)?;
    run.console.document(&json!({
        "signed_out": true, "revoked": done.revoked, "disconnected_accounts": done.disconnected,
    }))?;
    Ok(End::Done)
}
