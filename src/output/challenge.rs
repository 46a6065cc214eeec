//! Prints a challenge: as the JSON document of the Python skill, as a message that a model can repeat, and as a link
//! for the person at the terminal.

use serde_json::{Value, json};

use super::{
    Console, qr,
    text::{duration, harmless},
};
use crate::{
    access::{Challenge, Step},
    clock::{self, rfc3339},
    problem::Result,
};

impl Console {
    /// Prints a challenge. For machines it is the result; the link also goes to stderr, so that cron mails it. Neither
    /// a terminal nor stderr shows a link that it has shown, or that stdout shows at the same terminal.
    pub(crate) fn challenge(&self, challenge: &Challenge) -> Result<()> {
        let told = *self.shown_link.borrow() == challenge.url;
        let machine = self.for_machines() || !self.on_terminal;
        if !told && !self.has_person() {
            self.link_line(challenge);
        }
        let text = if machine {
            challenge_document(challenge).to_string()
        } else if told {
            "The sign-in is not finished. Run the same command again when it is.".to_owned()
        } else if self.quiet {
            link_line(challenge)
        } else {
            challenge_message(challenge)
        };
        if !told {
            self.show_qr(challenge);
        }
        // Where ids are read, a document would be taken for one. The link is on stderr.
        if machine && self.prints_ids() { Ok(()) } else { self.stdout(&format!("{text}\n")) }
    }

    /// Marks a link as shown, so that it is not shown again.
    pub(crate) fn has_shown(&self, url: &str) {
        url.clone_into(&mut self.shown_link.borrow_mut());
    }

    /// Shows the link in one line on stderr, unless it has been shown.
    pub(crate) fn show_link_once(&self, challenge: &Challenge) {
        if *self.shown_link.borrow() != challenge.url {
            self.has_shown(&challenge.url);
            self.link_line(challenge);
            self.show_qr(challenge);
        }
    }

    /// Shows the link to the person who waits, unless it has been shown.
    pub(crate) fn show_link(&self, challenge: &Challenge) {
        if *self.shown_link.borrow() == challenge.url {
            return;
        }
        self.shown_link.borrow_mut().clone_from(&challenge.url);
        if self.quiet {
            self.link_line(challenge);
            return self.show_qr(challenge);
        }
        if let Some(reason) = &challenge.reason {
            self.stderr(&harmless(reason));
        }
        let visit = match challenge.step {
            Step::SignIn => "Sign in (visit 1 of 2)",
            Step::SignInOnce => "Sign in and allow Gmail",
            Step::ConnectAccount => "Allow Gmail (visit 2 of 2)",
        };
        self.stderr(&format!(
            "{visit}{}: open\n\n  {}\n\nand check that the page shows the code {}.",
            harmless(&for_account(challenge)),
            harmless(&challenge.url),
            harmless(&challenge.code)
        ));
        self.show_qr(challenge);
    }

    fn link_line(&self, challenge: &Challenge) {
        self.stderr(&harmless(&link_line(challenge)));
    }

    /// Shows the link as a QR code, if that was asked for.
    fn show_qr(&self, challenge: &Challenge) {
        let Some(drawing) = self.qr.then(|| qr::drawing(&challenge.url, self.color)).flatten() else {
            return;
        };
        let columns = self.stderr_terminal.then(terminal_size::terminal_size).flatten();
        if columns.is_some_and(|(terminal_size::Width(columns), _)| usize::from(columns) < drawing.width) {
            return self.stderr(&format!("The QR code requires a terminal of {} columns.", drawing.width));
        }
        self.stderr(&drawing.lines);
        if !self.color && !self.quiet {
            self.stderr("The QR code is drawn for a dark background; use --color always for any background.");
        }
    }
}

fn link_line(challenge: &Challenge) -> String {
    let account = for_account(challenge);
    format!("mcs-gmail: sign-in needed{account}: open {} (code {})", challenge.url, challenge.code)
}

/// Names the account, if one was chosen.
fn for_account(challenge: &Challenge) -> String {
    challenge.account.as_ref().map_or_else(String::new, |account| format!(" for {account}"))
}

/// The members of the Python skill, then ours.
pub(crate) fn challenge_document(challenge: &Challenge) -> Value {
    let mut document = json!({
        "auth_required": true, "message": challenge_message(challenge),
        "url": challenge.url, "code": challenge.code, "scope": scope(challenge.step),
        "step": challenge.step.name(), "expires_at": challenge.expires_at.map(rfc3339),
        "retry_after": challenge.retry_after.ceil() as u64,
    });
    if let Some(account) = &challenge.account {
        document["account"] = account.as_str().into();
    }
    document
}

/// The name of a step in the Python skill.
fn scope(step: Step) -> &'static str {
    match step {
        Step::SignIn | Step::SignInOnce => "gmail",
        Step::ConnectAccount => "gmail:connect",
    }
}

/// What the person must do, in words that a model can repeat.
fn challenge_message(challenge: &Challenge) -> String {
    let state = if challenge.is_new { "required" } else { "pending" };
    let scope = scope(challenge.step);
    let mut message = format!("Authentication {state} for '{scope}'. ");
    if let Some(reason) = &challenge.reason {
        message.push_str(&format!("{reason} "));
    }
    if let Some(account) = &challenge.account {
        message.push_str(&format!("This is for the account {account}. "));
    }
    let visit = match challenge.step {
        Step::SignIn => {
            "This is the first of two visits: sign in with Google. A new user then gets a second link, to allow access to Gmail."
        }
        Step::SignInOnce => "One visit is enough: sign in with Google and allow access to Gmail.",
        Step::ConnectAccount => "This is the second and last visit: allow access to Gmail.",
    };
    if challenge.confirmed {
        message.push_str(&format!(
            "The sign-in at {} (code {}) was started: finish it in the browser. {visit} Afterwards, run the same \
             command again. If the page was closed, showed an error, or access was denied, run \
             mcs-gmail auth login --new to get a new link.",
            challenge.url, challenge.code
        ));
        return message;
    }
    message.push_str(&format!(
        "Please open {} and check that the page shows the code: {}. {visit}",
        challenge.url, challenge.code
    ));
    if let Some(left) = challenge.expires_at.map(|t| t - clock::now()).filter(|l| *l > 0.0) {
        message.push_str(&format!(" The link expires in {}.", duration(left)));
    }
    message.push_str(" Afterwards, run the same command again.");
    message
}
