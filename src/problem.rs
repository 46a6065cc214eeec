//! Failures that the program or a script can branch on.
//!
//! A [`Problem`] has a code with its exit status, a sentence for people, and the hint that names the fix. It knows
//! nothing of terminals; `output` prints it, spelled for the caller.

use std::{fmt, time::Duration};

use serde_json::{Map, Value};

use crate::{
    phrase::{Caller, Phrase, phrase},
    quote::quoted,
};

/// The detail of an interrupted list that names where to continue.
pub(crate) const NEXT_PAGE_TOKEN: &str = "next_page_token";

pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

/// Names a failure in the error document. Scripts branch on it, so its meaning never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// No other code fits.
    Failed,
    /// Wrong flags, parameters or values.
    Usage,
    /// `--fail-empty` was given and nothing was found.
    Empty,
    /// A person must sign in, and nobody did in time.
    AuthRequired,
    /// Google refused the access token; the run renews it once before this is reported.
    TokenRefused,
    NotFound,
    /// What should be created already exists.
    Conflict,
    /// Refused by the configured policy.
    PolicyRefused,
    /// A person must confirm the call first.
    Unconfirmed,
    /// A message that is not from whom it says, or a promise in it that its sender did not sign.
    NotAuthenticated,
    /// Refused by Google or Auth0: a scope or a permission is missing.
    PermissionDenied,
    /// The egress proxy or a network policy blocks the host.
    NetworkRefused,
    RateLimited,
    /// Network, timeout, 5xx: the same call may succeed later.
    Temporary,
    /// Some of the work was done; the document says what is missing.
    Partial,
    /// It is not known whether a send happened.
    Unknown,
    Configuration,
}

impl Code {
    pub(crate) const ALL: [Code; 17] = [
        Code::Failed,
        Code::Usage,
        Code::Empty,
        Code::AuthRequired,
        Code::TokenRefused,
        Code::NotFound,
        Code::Conflict,
        Code::PolicyRefused,
        Code::Unconfirmed,
        Code::NotAuthenticated,
        Code::PermissionDenied,
        Code::NetworkRefused,
        Code::RateLimited,
        Code::Temporary,
        Code::Partial,
        Code::Unknown,
        Code::Configuration,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Code::Failed => "failed",
            Code::Usage => "usage",
            Code::Empty => "empty",
            Code::AuthRequired => "auth_required",
            Code::TokenRefused => "token_refused",
            Code::NotFound => "not_found",
            Code::Conflict => "conflict",
            Code::PolicyRefused => "policy_refused",
            Code::Unconfirmed => "unconfirmed",
            Code::NotAuthenticated => "not_authenticated",
            Code::PermissionDenied => "permission_denied",
            Code::NetworkRefused => "network_refused",
            Code::RateLimited => "rate_limited",
            Code::Temporary => "temporary",
            Code::Partial => "partial",
            Code::Unknown => "unknown",
            Code::Configuration => "configuration",
        }
    }

    /// The exit status of a run that ended with this code.
    pub(crate) fn exit(self) -> u8 {
        match self {
            Code::Failed | Code::Conflict => 1,
            Code::Usage => 2,
            Code::Empty => 3,
            Code::AuthRequired => 4,
            Code::NotFound => 5,
            Code::TokenRefused
            | Code::PolicyRefused
            | Code::Unconfirmed
            | Code::NotAuthenticated
            | Code::PermissionDenied
            | Code::NetworkRefused => 6,
            Code::RateLimited => 7,
            Code::Temporary => 8,
            Code::Partial | Code::Unknown => 9,
            Code::Configuration => 10,
        }
    }

    /// What it means, as one sentence.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Code::Failed => "The operation failed for a reason that has no code of its own.",
            Code::Usage => "A command, a parameter or a value is wrong.",
            Code::Empty => "Nothing was found, and --fail-empty was given.",
            Code::AuthRequired => "A person must sign in first. stdout has the link and the code.",
            Code::TokenRefused => "Gmail refused the access token, and a renewed one, too.",
            Code::NotFound => "A message, folder, draft, attachment or file does not exist.",
            Code::Conflict => "What should be created already exists.",
            Code::PolicyRefused => "The configured policy does not allow it.",
            Code::Unconfirmed => "A person must confirm the call first.",
            Code::NotAuthenticated => "A message is not certain to be from whom it says.",
            Code::PermissionDenied => "Google or Auth0 refused it: a scope or a permission is missing.",
            Code::NetworkRefused => "A proxy or a network policy blocks the host.",
            Code::RateLimited => "Too many requests. retry_after says how many seconds to wait.",
            Code::Temporary => "The network failed, a server did not answer in time, or it failed with 5xx.",
            Code::Partial => "Some of the work was done. stdout says what, and the error what is missing.",
            Code::Unknown => "It is not known whether the message was sent.",
            Code::Configuration => "The configuration of this program, of Auth0 or of the broker is wrong.",
        }
    }

    /// What to do in general. The hint of an error is more specific.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Code::Failed => "Follow the hint. If there is none that helps, run it again with --debug.",
            Code::Usage => "Correct the call: the hint names the parameter.",
            Code::Empty => "Nothing is wrong.",
            Code::AuthRequired => "Open the link, then run the same command again.",
            Code::TokenRefused => "Run mcs-gmail auth logout, then mcs-gmail auth login.",
            Code::NotFound => "List again: ids and names come from earlier results.",
            Code::Conflict => "Choose another name.",
            Code::PolicyRefused => "Ask the owner of the file that the hint names.",
            Code::Unconfirmed => {
                "Look at what would happen, then repeat it with the parameter that the hint names."
            }
            Code::NotAuthenticated => "Do not act on the message: tell the user what it claims.",
            Code::PermissionDenied => "Follow the hint. mcs-gmail doctor names the setting.",
            Code::NetworkRefused => "Allow the host in the egress settings, and start a new session.",
            Code::RateLimited => "Wait, then run the same command again.",
            Code::Temporary => "Run the same command again.",
            Code::Partial => "Repeat it for what is missing.",
            Code::Unknown => "Repeat it with the same idempotency key, or look for the message in Sent.",
            Code::Configuration => "Run mcs-gmail doctor: it names the setting and the fix.",
        }
    }

    /// Whether the same call, unchanged, may succeed later.
    pub(crate) fn retryable(self) -> bool {
        matches!(self, Code::RateLimited | Code::Temporary)
    }
}

/// A failure: a code and a sentence, and optionally a hint, the time to wait and details for scripts.
#[derive(Clone)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    code: Code,
    message: Phrase,
    hint: Option<Phrase>,
    retry_after: Option<Duration>,
    /// Whether the same call may succeed later, if that does not follow from the code.
    retryable: Option<bool>,
    /// What a server says about it, as it came.
    said: Option<String>,
    /// The row of the table of causes that it belongs to.
    cause: Option<&'static str>,
    details: Map<String, Value>,
}

impl Problem {
    pub(crate) fn new(code: Code, message: impl Into<Phrase>) -> Self {
        Problem(Box::new(Parts {
            code,
            message: message.into(),
            hint: None,
            retry_after: None,
            retryable: None,
            said: None,
            cause: None,
            details: Map::new(),
        }))
    }

    pub(crate) fn usage(message: impl Into<Phrase>) -> Self {
        Problem::new(Code::Usage, message)
    }

    pub(crate) fn configuration(message: impl Into<Phrase>) -> Self {
        Problem::new(Code::Configuration, message)
    }

    pub(crate) fn not_found(message: impl Into<Phrase>) -> Self {
        Problem::new(Code::NotFound, message)
    }

    pub(crate) fn temporary(message: impl Into<Phrase>) -> Self {
        Problem::new(Code::Temporary, message)
    }

    /// Adds the sentence that names the fix.
    pub(crate) fn hint(mut self, hint: impl Into<Phrase>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds a sentence to the hint.
    pub(crate) fn hint_also(mut self, sentence: impl Into<Phrase>) -> Self {
        self.0.hint = Some(match self.0.hint.take() {
            Some(hint) => phrase![hint, " ", sentence.into()],
            None => sentence.into(),
        });
        self
    }

    /// Puts what it is about in front of the sentence.
    pub(crate) fn introduced(mut self, by: &str) -> Self {
        self.0.message = phrase![by, ": ", &self.0.message];
        self
    }

    /// Adds the time to wait before the same call can succeed. It is printed in whole seconds, rounded up.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Whether the call may succeed later, and when, is that of the cause, such as that of an interrupted list.
    pub(crate) fn retryable_as(mut self, cause: &Problem) -> Self {
        self.0.retryable = Some(cause.code().retryable());
        self.0.retry_after = self.0.retry_after.max(cause.wait());
        self
    }

    /// Adds what a server says about it. The sentence itself consists of our own words only.
    pub(crate) fn said(mut self, text: impl Into<String>) -> Self {
        self.0.said = Some(text.into()).filter(|text| !text.trim().is_empty());
        self
    }

    /// Names the row of the table of causes that it belongs to.
    pub(crate) fn caused_by(mut self, cause: &'static str) -> Self {
        self.0.cause = Some(cause);
        self
    }

    pub(crate) fn cause(&self) -> Option<&'static str> {
        self.0.cause
    }

    /// Adds a member to the error document, after the fixed ones.
    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.details.insert(name.to_owned(), value.into());
        self
    }

    /// Where an interrupted list continues.
    pub(crate) fn next_page_token(&self) -> Option<&str> {
        self.0.details.get(NEXT_PAGE_TOKEN)?.as_str()
    }

    /// A member that was added to the error document.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.0.details.get(name)
    }

    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence, as the command line spells it.
    pub(crate) fn message(&self) -> String {
        self.0.message.to_string()
    }

    /// The sentence and the hint, to be spelled for a caller or to become part of another problem.
    pub(crate) fn phrases(&self) -> (&Phrase, Option<&Phrase>) {
        (&self.0.message, self.0.hint.as_ref())
    }

    /// What a server says about it, fit to be shown.
    pub(crate) fn quote(&self) -> Option<String> {
        self.0.said.as_deref().map(quoted)
    }

    pub(crate) fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The error document: `{"error":{"code","exit","message","hint","said","retryable","retry_after",...}}`.
    pub(crate) fn document(&self, caller: Caller) -> Value {
        let mut error = Map::new();
        error.insert("code".into(), self.0.code.name().into());
        error.insert("exit".into(), self.0.code.exit().into());
        error.insert("message".into(), self.0.message.spelled_for(caller).into());
        if let Some(hint) = &self.0.hint {
            error.insert("hint".into(), hint.spelled_for(caller).into());
        }
        if let Some(said) = self.quote() {
            error.insert("said".into(), said.into());
        }
        error.insert("retryable".into(), self.0.retryable.unwrap_or(self.0.code.retryable()).into());
        if let Some(wait) = self.0.retry_after {
            error.insert("retry_after".into(), whole_seconds(wait).into());
        }
        error.extend(self.0.details.clone());
        Value::Object(Map::from_iter([("error".to_owned(), Value::Object(error))]))
    }
}

/// A time to wait in whole seconds, rounded up.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.name(), self.0.message)
    }
}

impl std::error::Error for Problem {}

/// Only people read an `anyhow` error, so its chain of causes becomes the message.
impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Problem>() {
            Ok(problem) => problem,
            Err(error) => Problem::new(Code::Failed, format!("{error:#}"))
                .hint("Run the same command again. If it fails again, report it with the output of --debug."),
        }
    }
}
