//! Reports the state of the sign-in from the records alone, and signs out.

use std::path::PathBuf;

use super::{
    Challenge, Method, Step, TokenSource, Via,
    auth0::{Grant, Tenant},
    visit::{challenge, earliest},
};
use crate::{
    clock,
    problem::Result,
    secret::Secret,
    store::{Records, SIGN_IN},
};

/// The state of the sign-in according to the records.
pub(crate) struct Status {
    pub(crate) method: &'static str,
    pub(crate) cache_file: PathBuf,
    pub(crate) signed_in: bool,
    /// In epoch seconds.
    pub(crate) token_expires_at: Option<f64>,
    pub(crate) has_token: bool,
    pub(crate) pending: Option<Challenge>,
}

/// What signing out did.
pub(crate) struct Logout {
    pub(crate) revoked: bool,
    pub(crate) disconnected: Option<usize>,
}

impl<'a> TokenSource<'a> {
    /// The state of the sign-in, without a request and without a write.
    pub(crate) fn status(&self) -> Result<Status> {
        let records = self.store.read()?;
        let token = match &self.settings.method {
            Method::Token(token) => Some((token.clone(), None)),
            _ => records.access_token(),
        };
        let (method, has_refresh_token) = match &self.settings.method {
            Method::Auth0LinkAuth { application, .. } => {
                ("auth0-linkauth", records.refresh_token(application.cache_names()).is_some())
            }
            Method::Auth0 { .. } => ("auth0", true),
            Method::LinkAuth { .. } => ("linkauth", records.google_refresh_token().is_some()),
            Method::Token(_) => ("token", true),
        };
        Ok(Status {
            method,
            cache_file: self.store.path(),
            signed_in: has_refresh_token || token.is_some(),
            token_expires_at: token.as_ref().and_then(|(_, until)| *until),
            has_token: token.is_some(),
            pending: pending(&records, self.settings.first_step()),
        })
    }

    /// Revokes the refresh token at Auth0 if there is one, and forgets all records of this identity. They are
    /// forgotten even if Auth0 cannot be reached; the problem is then returned.
    pub(crate) fn logout(&self, disconnect: bool) -> Result<Logout> {
        let mut held = self.store.lock()?;
        let (tenant, refresh_token) = match &self.settings.method {
            Method::Auth0LinkAuth { application, broker, via } => (
                Some(self.tenant(application, (*via == Via::Broker).then_some(broker))),
                held.records.refresh_token(application.cache_names()),
            ),
            Method::Auth0 { application, refresh_token } => (
                Some(self.tenant(application, None)),
                held.records.rotated_refresh_token().or_else(|| Some(refresh_token.clone())),
            ),
            _ => (None, None),
        };
        let outcome = match (tenant, refresh_token) {
            (Some(tenant), Some(token)) => self.revoke(&tenant, &token, disconnect),
            _ => Ok(Logout { revoked: false, disconnected: None }),
        };
        held.records.forget_all();
        held.save()?;
        outcome
    }

    fn revoke(&self, tenant: &Tenant<'_>, refresh_token: &Secret, disconnect: bool) -> Result<Logout> {
        let mut outcome = Logout { revoked: false, disconnected: None };
        let mut refresh_token = refresh_token.clone();
        if disconnect && let Grant::Token(granted) = tenant.my_account(&refresh_token)? {
            refresh_token = granted.refresh_token.unwrap_or(refresh_token);
            outcome.disconnected = Some(tenant.disconnect(&granted.access_token)?);
        }
        tenant.revoke(&refresh_token)?;
        outcome.revoked = true;
        Ok(outcome)
    }
}

/// The pending visit, if any.
fn pending(records: &Records, first: Step) -> Option<Challenge> {
    let connect = records.connect();
    let (name, step) = match &connect {
        Some(connect) => (connect.session_name(), Step::ConnectAccount),
        None => (SIGN_IN.to_owned(), first),
    };
    let session = records.session(&name)?;
    let times = records.session_times(&name);
    let expires_at = earliest(times.expires_at, connect.map(|c| c.expires_at));
    let now = clock::now();
    expires_at.is_none_or(|t| t > now).then(|| challenge(&session, step, expires_at, times, now))
}
