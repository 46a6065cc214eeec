//! What a run has to work with Gmail: the network, the store and tokens, which belong to the configured account.

use std::{
    cell::{Cell, RefCell},
    ffi::OsStr,
    path::Path,
};

use crate::{
    access::{Access, Challenge, TokenSource},
    clock::Budget,
    gmail::Gmail,
    http::Http,
    observer::Observer,
    output::Console,
    problem::{Code, Problem, Result},
    secret::Secret,
    store::Store,
};

/// The network, the store and the source of tokens, for one run.
pub(super) struct Connection<'a> {
    pub(super) budget: &'a Budget,
    pub(super) http: &'a Http<'a>,
    pub(super) store: &'a Store<'a>,
    pub(super) source: &'a TokenSource<'a>,
    pub(super) console: &'a Console,
    /// The names of the user's folders, if an answer of this run listed them.
    pub(super) folders: &'a RefCell<Option<Vec<String>>>,
    /// The value of BROWSER.
    pub(super) browser: Option<&'a OsStr>,
}

/// Whose mailbox a token opens.
pub(super) enum Mailbox {
    Of {
        address: String,
        token: Secret,
    },
    /// The token was refused, and a person must sign in.
    After(Box<Challenge>),
}

impl Connection<'_> {
    pub(super) fn gmail<'g>(&'g self, token: &'g Secret) -> Gmail<'g> {
        let taken = Cell::default();
        let directory = self.store.path().parent().map(Path::to_owned).unwrap_or_default();
        Gmail { http: self.http, token, observer: self.console, folders: self.folders, directory, taken }
    }

    /// An access token of the configured account, or a challenge.
    pub(super) fn obtain(&self) -> Result<Access> {
        self.verified(self.source.obtain()?)
    }

    /// Replaces a token that Gmail refused.
    pub(super) fn renew(&self, token: &Secret) -> Result<Access> {
        self.verified(self.source.renew(token)?)
    }

    /// Asks Gmail whose mailbox a token opens. A refused token is renewed once.
    pub(super) fn mailbox(&self, mut token: Secret) -> Result<Mailbox> {
        let profile = match self.gmail(&token).profile() {
            Err(problem) if problem.code() == Code::TokenRefused => {
                match self.source.renew(&token)? {
                    Access::Token(renewed) => token = renewed,
                    Access::Challenge(challenge) => return Ok(Mailbox::After(Box::new(challenge))),
                }
                self.gmail(&token).profile()
            }
            outcome => outcome,
        };
        let address = profile?.email.ok_or_else(|| {
            Problem::temporary("Gmail did not say whose mailbox it is").hint("Run the same command again.")
        })?;
        Ok(Mailbox::Of { address, token })
    }

    /// Asks once whose token it is. It is used only if it belongs to the configured account.
    fn verified(&self, access: Access) -> Result<Access> {
        let token = match access {
            Access::Token(token) if self.source.is_unverified() => token,
            access => return Ok(access),
        };
        match self.mailbox(token.clone()) {
            Ok(Mailbox::Of { address, token }) => {
                Ok(self.source.verify(&address)?.unwrap_or(Access::Token(token)))
            }
            Ok(Mailbox::After(challenge)) => Ok(Access::Challenge(*challenge)),
            // The operation meets the same failure, or it does not need the address.
            Err(problem) if !self.source.has_account() => {
                self.console.debug(&format!("cannot ask for the address of the account: {problem}"));
                Ok(Access::Token(token))
            }
            Err(problem) => Err(problem),
        }
    }
}
