//! The tenant's pages: signing in at `/authorize`, and allowing Gmail with a connect ticket.

use std::time::Instant;

use super::{CONNECTION, Tenant};
use crate::sandbox::{
    AUTH0_DOMAIN,
    mint::token,
    pages::{self, Decision},
    wire::{Request, Response},
};

/// A consent page that is open in a browser.
pub(super) enum Page {
    SignIn(Code),
    /// The connect flow with this ticket.
    Connect(String),
}

/// What a sign-in was asked for: kept with the page first, then with the code.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) challenge: String,
    pub(super) scopes: Vec<String>,
    pub(super) user: String,
    pub(super) with_audience: bool,
}

impl Tenant {
    pub(super) fn authorize(&mut self, request: &Request) -> Response {
        let value = |name: &str| request.query_value(name).unwrap_or_default();
        let error = |text: &str| pages::notice(403, "Oops!, something went wrong", text);
        if value("client_id") != self.client_id {
            return error("Unknown client");
        }
        if !self.allowed_callbacks.contains(&value("redirect_uri")) {
            return error(
                "Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.",
            );
        }
        let login = Code {
            redirect_uri: value("redirect_uri"),
            state: value("state"),
            challenge: value("code_challenge"),
            scopes: value("scope").split_whitespace().map(str::to_owned).collect(),
            user: self.email.clone(),
            with_audience: !value("audience").is_empty(),
        };
        if let Some(description) = self.login_error(&login, request) {
            let pairs = [("error", "invalid_request"), ("error_description", &description)];
            return back(&login.redirect_uri, &login.state, &pairs);
        }
        self.open_page(Page::SignIn(login))
    }

    /// What is wrong with a sign-in whose redirect is known to be allowed.
    fn login_error(&self, login: &Code, request: &Request) -> Option<String> {
        let value = |name: &str| request.query_value(name);
        let audience = value("audience").unwrap_or_default();
        if value("response_type").as_deref() != Some("code") {
            Some("Unsupported response type".into())
        } else if !audience.is_empty() && audience != self.audience {
            Some(format!("Service not found: {audience}"))
        } else if value("connection").is_some_and(|c| c != CONNECTION) {
            Some("the connection was not found".into())
        } else if !self.sign_in_enabled {
            Some("the connection is not enabled".into())
        } else if login.state.is_empty() || login.scopes.is_empty() {
            Some("Missing required parameter".into())
        } else if login.challenge.len() != 43 || value("code_challenge_method").as_deref() != Some("S256") {
            Some("Parameter 'code_challenge' must use S256".into())
        } else {
            None
        }
    }

    pub(super) fn open_ticket(&mut self, request: &Request) -> Response {
        let ticket = request.query_value("ticket").unwrap_or_default();
        let now = Instant::now();
        let valid = |c: &&super::Connect| c.ticket == ticket && c.code.is_none() && c.expires > now;
        match self.connects.iter().find(valid) {
            Some(_) => self.open_page(Page::Connect(ticket)),
            None => {
                pages::notice(400, "Oops!, something went wrong", "The ticket is invalid or has expired.")
            }
        }
    }

    fn open_page(&mut self, page: Page) -> Response {
        let id = token::<16>();
        self.pages.insert(id.clone(), page);
        pages::redirect(&format!("https://{AUTH0_DOMAIN}/u/consent?id={id}"))
    }

    pub(super) fn consent(&mut self, request: &Request) -> Response {
        let id = request.query_value("id").unwrap_or_default();
        if request.method == "GET" {
            return match self.pages.get(&id) {
                Some(page) => page.show(&self.email),
                None => expired(),
            };
        }
        let Some(decision) = Decision::of(&request.body) else {
            return pages::notice(400, "Bad request", "The form has no decision.");
        };
        match self.pages.remove(&id) {
            Some(Page::SignIn(login)) => self.finish_login(login, decision),
            Some(Page::Connect(ticket)) => self.finish_consent(&ticket, decision),
            None => expired(),
        }
    }

    fn finish_login(&mut self, login: Code, decision: Decision) -> Response {
        if decision == Decision::Deny {
            return denied(&login.redirect_uri, &login.state);
        }
        let code = self.mint.secret("");
        let answer = back(&login.redirect_uri, &login.state, &[("code", &code)]);
        self.codes.insert(code, login);
        answer
    }

    fn finish_consent(&mut self, ticket: &str, decision: Decision) -> Response {
        let now = Instant::now();
        let Some(connect) = self.connects.iter_mut().find(|c| c.ticket == ticket && c.expires > now) else {
            return expired();
        };
        if decision == Decision::Deny {
            return denied(&connect.redirect_uri, &connect.state);
        }
        let code = self.mint.secret("");
        connect.code = Some(code.clone());
        back(&connect.redirect_uri, &connect.state, &[("connect_code", &code)])
    }
}

impl Page {
    fn show(&self, email: &str) -> Response {
        match self {
            Page::SignIn(_) => {
                let text = format!("Sign in to mcs-sandbox with Google as {email}?");
                pages::question("Sign in", &text, "Sign in", "Cancel")
            }
            Page::Connect(_) => {
                let text = format!("mcs-gmail wants to read, compose and send the mail of {email}.");
                pages::question("Google: allow access to Gmail", &text, "Allow", "Deny")
            }
        }
    }
}

fn expired() -> Response {
    pages::notice(400, "Oops!, something went wrong", "This page has expired. Please start again.")
}

fn denied(redirect_uri: &str, state: &str) -> Response {
    let pairs = [("error", "access_denied"), ("error_description", "User did not authorize the request")];
    back(redirect_uri, state, &pairs)
}

fn back(redirect_uri: &str, state: &str, pairs: &[(&str, &str)]) -> Response {
    let mut address = url::Url::parse(redirect_uri).expect("allowed callbacks are URLs");
    address.query_pairs_mut().extend_pairs(pairs);
    if !state.is_empty() {
        address.query_pairs_mut().append_pair("state", state);
    }
    pages::redirect(address.as_str())
}
