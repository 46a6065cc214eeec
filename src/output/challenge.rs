//! Prints a challenge: as the JSON document of the Python skill, as a message that a model can repeat, and as a link
//! for the person at the terminal.

use serde_json::{Value, json};

use super::{
    Console,
    text::{duration, harmless, rfc3339},
};
use crate::{
    access::{Challenge, Step},
    clock,
    problem::Result,
};

impl Console {
    /// Prints a challenge. For machines it is the result; the link also goes to stderr, so that cron mails it.
    pub(crate) fn challenge(&self, challenge: &Challenge) -> Result<()> {
        let link = format!("sign-in needed: open {} (code {})", challenge.url, challenge.code);
        self.stderr(&format!("mcs-gmail: {}", harmless(&link)));
        if self.for_machines() || !self.on_terminal {
            self.stdout(&format!("{}\n", challenge_document(challenge)))
        } else {
            self.stdout(&format!("{}\n", harmless(&challenge_message(challenge))))
        }
    }

    /// Shows the link to the person who waits at the terminal.
    pub(crate) fn show_link(&self, challenge: &Challenge, qr: bool) {
        if let Some(reason) = &challenge.reason {
            self.stderr(&harmless(reason));
        }
        let visit = match challenge.step {
            Step::SignIn => "Sign in (visit 1 of 2)",
            Step::SignInOnce => "Sign in and allow Gmail",
            Step::ConnectAccount => "Allow Gmail (visit 2 of 2)",
        };
        self.stderr(&format!(
            "{visit}: open\n\n  {}\n\nand check that the page shows the code {}.",
            harmless(&challenge.url),
            harmless(&challenge.code)
        ));
        if qr && let Ok(code) = qrcode::QrCode::new(challenge.url.as_bytes()) {
            self.stderr(&code.render::<qrcode::render::unicode::Dense1x2>().build());
        }
    }
}

/// The members of the Python skill, then ours.
pub(crate) fn challenge_document(challenge: &Challenge) -> Value {
    json!({
        "auth_required": true, "message": challenge_message(challenge),
        "url": challenge.url, "code": challenge.code, "scope": scope(challenge.step),
        "step": challenge.step.name(), "expires_at": challenge.expires_at.map(rfc3339),
        "retry_after": challenge.retry_after.ceil() as u64,
    })
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
    let state = if challenge.pending { "pending" } else { "required" };
    let scope = scope(challenge.step);
    let mut message = format!("Authentication {state} for '{scope}'. ");
    if let Some(reason) = &challenge.reason {
        message.push_str(&format!("{reason} "));
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
            "The sign-in at {} (code {}) was started: finish it in the browser. {visit} If the page was closed or \
             access was denied, wait two minutes; the command then shows a new link. Afterwards, \
             run the same command again.",
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
