//! The account that is signed in: its address, the state of its sign-in, and signing out.

use std::path::PathBuf;

use super::{
    Access, Challenge, Method, Step, TokenSource, Via,
    auth0::{MyAccount, Tenant},
    visit::recorded,
};
use crate::{
    digest,
    observer::Observer,
    problem::{Problem, Result},
    secret::Secret,
    store::{self, Account, Identity, Records, SIGN_IN},
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
    pub(crate) account: Account,
    /// Visits to the browser: how many are done, of how many.
    pub(crate) visits: (u8, u8),
}

/// What signing out did.
pub(crate) struct Logout {
    pub(crate) revoked: bool,
    pub(crate) disconnected: Option<usize>,
}

impl<'a> TokenSource<'a> {
    /// Whether the owner of the token must be asked for before it is used: for the first time, or because an account
    /// is configured that it may not belong to.
    pub(crate) fn is_unverified(&self) -> bool {
        self.is_unverified.get()
    }

    /// Whether an account is configured.
    pub(crate) fn has_account(&self) -> bool {
        self.settings.address().is_some()
    }

    /// Whether the token may belong to another account than the configured one.
    pub(super) fn is_doubtful(&self, records: &Records) -> bool {
        let Some(wanted) = self.settings.address() else { return false };
        let account = records.account();
        let is_its_token = self.given_token().is_none_or(|given| account.token == Some(given));
        !is_its_token || account.address.is_none_or(|address| !is_same_mailbox(&address, wanted))
    }

    /// The configured access token, as a record names it.
    fn given_token(&self) -> Option<String> {
        match &self.settings.method {
            Method::Token(token) => Some(digest::base64url(token.expose())),
            _ => None,
        }
    }

    /// Records whose token it is. The sign-in of another account than the configured one is forgotten; then this
    /// returns the challenge that says so.
    pub(crate) fn verify(&self, address: &str) -> Result<Option<Access>> {
        if let Some(token) = self.given_token() {
            return self.verify_given(address, token).map(|()| None);
        }
        let mut held = self.store.lock()?;
        let account = held.records.account();
        held.records.set_account(&Account { address: Some(address.to_owned()), ..account });
        if !self.is_doubtful(&held.records) {
            self.is_unverified.set(false);
            return held.save_if_possible().map(|()| None);
        }
        let wanted = self.settings.address().unwrap_or_default();
        match &self.settings.method {
            Method::Auth0LinkAuth { application, .. } => {
                held.records.forget_refresh_token(application.cache_names());
            }
            Method::LinkAuth { .. } => held.records.forget_refresh_token([""; 2]),
            Method::Auth0 { .. } | Method::Token(_) => return Err(of_another(address, wanted)),
        }
        held.records.set_reason(Some(&format!(
            "The previous visit connected {address}, but the configured account is {wanted}. Choose {wanted} in the \
             browser, or set account to {address}."
        )));
        held.save()?;
        drop(held);
        self.obtain().map(Some)
    }

    /// Compares the owner of the configured access token with the configured account.
    fn verify_given(&self, address: &str, token: String) -> Result<()> {
        if let Some(wanted) = self.settings.address().filter(|wanted| !is_same_mailbox(address, wanted)) {
            return Err(of_another(address, wanted));
        }
        self.is_unverified.set(false);
        let recorded = self.store.lock().and_then(|mut held| {
            let account = held.records.account();
            let address = Some(address.to_owned());
            held.records.set_account(&Account { address, token: Some(token), ..account });
            held.save_if_possible()
        });
        // A configured token needs no cache. Without one, the next run asks again.
        recorded.or_else(|problem| {
            self.observer.debug(&format!("cannot record whose token it is: {problem}"));
            Ok(())
        })
    }

    /// Forgets the pending visit, so that the next one gets a fresh link.
    pub(crate) fn drop_pending(&self) -> Result<()> {
        let mut held = self.store.lock()?;
        held.records.drop_session(SIGN_IN);
        held.records.drop_connect();
        held.save()
    }

    /// The state of the sign-in, without a request and without a write.
    pub(crate) fn status(&self) -> Result<Status> {
        let records = self.store.read()?;
        let token = match &self.settings.method {
            Method::Token(token) => Some((token.clone(), None)),
            _ => records.access_token(),
        };
        let (method, has_refresh_token, needed) = match &self.settings.method {
            Method::Auth0LinkAuth { application, .. } => {
                ("auth0-linkauth", records.refresh_token(application.cache_names()).is_some(), 2)
            }
            Method::Auth0 { .. } => ("auth0", true, 0),
            Method::LinkAuth { .. } => ("linkauth", records.google_refresh_token().is_some(), 1),
            Method::Token(_) => ("token", true, 0),
        };
        let done = if token.is_some() { needed } else { u8::from(has_refresh_token).min(needed) };
        Ok(Status {
            method,
            cache_file: self.store.path(),
            signed_in: has_refresh_token || token.is_some(),
            token_expires_at: token.as_ref().and_then(|(_, until)| *until),
            has_token: token.is_some(),
            pending: self.settings.method.broker().and_then(|broker| {
                pending(&records, &broker.url, self.settings.first_step(), self.settings.account.shown())
            }),
            account: records.account(),
            visits: (done, needed),
        })
    }

    /// Revokes the refresh token at Auth0 if there is one, and forgets all records of this identity. They are
    /// forgotten even if Auth0 cannot be reached; the problem is then returned.
    pub(crate) fn logout(&self, disconnect: bool) -> Result<Logout> {
        let mut held = self.store.lock()?;
        held.writable()?;
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
        self.store.forget_lists();
        self.store.forget_rows();
        held.save()?;
        outcome
    }

    fn revoke(&self, tenant: &Tenant<'_>, refresh_token: &Secret, disconnect: bool) -> Result<Logout> {
        let mut outcome = Logout { revoked: false, disconnected: None };
        let mut refresh_token = refresh_token.clone();
        if disconnect && let MyAccount::Token(granted) = tenant.my_account(&refresh_token)? {
            refresh_token = granted.refresh_token.unwrap_or(refresh_token);
            outcome.disconnected = Some(tenant.disconnect(&granted.access_token)?);
        }
        tenant.revoke(&refresh_token)?;
        outcome.revoked = true;
        Ok(outcome)
    }
}

/// The configured token belongs to `address`.
fn of_another(address: &str, wanted: &str) -> Problem {
    Problem::configuration(format!("the token belongs to {address}, not to {wanted}"))
        .hint(format!("Configure a token of {wanted}, or set account to {address}."))
}

/// An account that is signed in on this machine, or whose sign-in is pending.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// The account as it is configured.
    pub(crate) account: Option<String>,
    /// Its address, as Gmail reported it.
    pub(crate) address: Option<String>,
    /// The credentials method.
    pub(crate) method: Option<String>,
    pub(crate) signed_in: bool,
    /// When a token was last obtained for it, in epoch seconds.
    pub(crate) used_at: Option<f64>,
    pub(crate) pending: Option<Challenge>,
    /// Whether the configuration selects it.
    pub(crate) selected: bool,
}

/// The accounts in the cache.
pub(crate) fn accounts(
    directory: PathBuf,
    selected: Option<&Identity>,
    observer: &dyn Observer,
) -> Result<Vec<SignedIn>> {
    let all = store::all(directory, observer)?;
    let rows = all.iter().map(|(identity, records)| {
        let parts = identity.as_deref().unwrap_or_default();
        let (kind, name) = (parts.first(), parts.get(1..).and_then(<[String]>::last));
        let name = name.filter(|name| !name.is_empty());
        let broker = parts.get(1).map(String::as_str).unwrap_or_default();
        let account = records.account();
        let first = if kind.is_some_and(|k| k == "linkauth") { Step::SignInOnce } else { Step::SignIn };
        SignedIn {
            account: name.cloned(),
            address: account.address,
            method: kind.map(|kind| method(kind).to_owned()),
            signed_in: records.has_login(),
            used_at: account.used_at,
            pending: pending(records, broker, first, name.map(String::as_str)),
            selected: selected.is_some_and(|s| s.owns(identity.as_deref())),
        }
    });
    Ok(rows.filter(|row| row.signed_in || row.pending.is_some()).collect())
}

/// The credentials method of an identity.
fn method(kind: &str) -> &str {
    match kind {
        "auth0" => "auth0-linkauth",
        "auth0-given" => "auth0",
        other => other,
    }
}

/// The pending visit at this broker, if any.
fn pending(records: &Records, broker: &str, first: Step, account: Option<&str>) -> Option<Challenge> {
    match records.connect() {
        Some(connect) => recorded(records, broker, &connect.session_name(), Step::ConnectAccount, account),
        None => recorded(records, broker, SIGN_IN, first, account),
    }
}

/// Whether two addresses are one mailbox. Google ignores dots in consumer addresses
/// (<https://support.google.com/mail/answer/7436150>).
pub(crate) fn is_same_mailbox(a: &str, b: &str) -> bool {
    let canonical = |address: &str| {
        let address = address.to_ascii_lowercase();
        match address.rsplit_once('@') {
            Some((name, "gmail.com" | "googlemail.com")) => format!("{}@gmail.com", name.replace('.', "")),
            _ => address,
        }
    };
    canonical(a) == canonical(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_matter_only_outside_gmail() {
        assert!(is_same_mailbox("Ada.Lovelace@gmail.com", "adalovelace@googlemail.com"));
        assert!(is_same_mailbox("Ada@Example.com", "ada@example.com"));
        assert!(!is_same_mailbox("a.da@example.com", "ada@example.com"));
        assert!(!is_same_mailbox("ada@gmail.com", "eve@gmail.com"));
    }
}
