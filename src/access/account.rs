//! What is known about the sign-in without asking anybody, and the end of it.

use std::path::PathBuf;

use super::{
    Authority, Challenge, Method, Step, Via,
    auth0::{Grant, Tenant},
    cache::Entries,
    records::SIGN_IN,
    visit::{challenge, earliest},
};
use crate::{clock, problem::Result, secret::Secret};

/// What is known about the sign-in without asking anybody.
pub(crate) struct Status {
    pub(crate) method: &'static str,
    pub(crate) cache_file: PathBuf,
    pub(crate) signed_in: bool,
    /// Epoch seconds.
    pub(crate) token_expires_at: Option<f64>,
    pub(crate) has_token: bool,
    pub(crate) pending: Option<Challenge>,
}

/// What a logout did.
pub(crate) struct Logout {
    pub(crate) revoked: bool,
    pub(crate) disconnected: Option<usize>,
}

impl<'a> Authority<'a> {
    /// What the records say, without a request and without a write.
    pub(crate) fn status(&self) -> Result<Status> {
        let mut entries = self.cache.read()?;
        entries.adopt(&self.identity());
        let token = match &self.settings.method {
            Method::Token(token) => Some((token.clone(), None)),
            _ => entries.access_token(),
        };
        let (method, login) = match &self.settings.method {
            Method::Auth0LinkAuth { application, .. } => {
                ("auth0-linkauth", entries.refresh_token(application.cache_names()).is_some())
            }
            Method::Auth0 { .. } => ("auth0", true),
            Method::LinkAuth { .. } => ("linkauth", entries.google_refresh_token().is_some()),
            Method::Token(_) => ("token", true),
        };
        Ok(Status {
            method,
            cache_file: self.cache.path(),
            signed_in: login || token.is_some(),
            token_expires_at: token.as_ref().and_then(|(_, until)| *until),
            has_token: token.is_some(),
            pending: pending(&entries, self.first_step()),
        })
    }

    /// Revokes the login at Auth0 if there is one, and forgets all records of this identity. They are
    /// forgotten even when Auth0 cannot be reached; the problem is then reported.
    pub(crate) fn logout(&self, disconnect: bool) -> Result<Logout> {
        let mut held = self.hold()?;
        let (tenant, login) = match &self.settings.method {
            Method::Auth0LinkAuth { application, broker, via } => (
                Some(self.tenant(application, (*via == Via::Broker).then_some(broker))),
                held.entries.refresh_token(application.cache_names()),
            ),
            Method::Auth0 { application, refresh_token } => (
                Some(self.tenant(application, None)),
                held.entries.successor().or_else(|| Some(refresh_token.clone())),
            ),
            _ => (None, None),
        };
        let outcome = match (tenant, login) {
            (Some(tenant), Some(login)) => self.revoke(&tenant, &login, disconnect),
            _ => Ok(Logout { revoked: false, disconnected: None }),
        };
        held.entries.forget_all();
        held.save()?;
        outcome
    }

    fn revoke(&self, tenant: &Tenant<'_>, login: &Secret, disconnect: bool) -> Result<Logout> {
        let mut outcome = Logout { revoked: false, disconnected: None };
        let mut login = login.clone();
        if disconnect && let Grant::Token(granted) = tenant.my_account(&login)? {
            login = granted.refresh_token.unwrap_or(login);
            outcome.disconnected = Some(tenant.disconnect(&granted.access_token)?);
        }
        tenant.revoke(&login)?;
        outcome.revoked = true;
        Ok(outcome)
    }
}

/// The pending visit, if any.
fn pending(entries: &Entries, first: Step) -> Option<Challenge> {
    let connect = entries.connect();
    let (name, step) = match &connect {
        Some(connect) => (connect.session_name(), Step::ConnectAccount),
        None => (SIGN_IN.to_owned(), first),
    };
    let session = entries.session(&name)?;
    let notes = entries.notes(&name);
    let expires_at = earliest(notes.expires_at, connect.map(|c| c.expires_at));
    let now = clock::now();
    expires_at.is_none_or(|t| t > now).then(|| challenge(&session, step, expires_at, notes, now))
}
