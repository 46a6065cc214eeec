//! Requests by which `doctor` learns whether Gmail can be used: one without a token, and one with it.

use super::{Gmail, HOST, MAILBOX, Profile, classify, intercepted, reason, target};
use crate::{
    http::{Call, Fault, Http, Reply},
    problem::Problem,
    secret::Secret,
};

/// What Gmail, or something in its place, answered.
pub(crate) enum Standing {
    /// Gmail answers; the mailbox, if a token was sent.
    Works(Option<Profile>),
    /// A web page, or an egress proxy.
    Intercepted(Problem),
    TokenRefused(Problem),
    ApiDisabled(Problem),
    ScopeMissing(Problem),
    /// The administrator of the domain, or another refusal.
    Refused(Problem),
    /// It fails, or asks to wait.
    Failing(Problem),
}

/// Asks Gmail without a token, which it answers with 401 in JSON. Also returns the date of its answer.
pub(crate) fn reach(http: &Http<'_>) -> Result<(Standing, Option<f64>), Fault> {
    let reply = http.exchange(Call::new("GET", format!("{MAILBOX}{}", target("/profile", &[]))))?;
    let standing = match standing(&reply) {
        // Without a token, any answer in Gmail's form is as good as another.
        Standing::TokenRefused(_) | Standing::Refused(_) if reply.json().is_some() => Standing::Works(None),
        standing => standing,
    };
    Ok((standing, reply.date()))
}

impl Gmail<'_> {
    /// Asks whose mailbox it is, once.
    pub(crate) fn standing(http: &Http<'_>, token: &Secret) -> Result<Standing, Fault> {
        let call = Call::new("GET", format!("{MAILBOX}{}", target("/profile", &[]))).bearer(token);
        Ok(standing(&http.exchange(call)?))
    }
}

fn standing(reply: &Reply) -> Standing {
    if let Some(problem) = intercepted(reply) {
        return Standing::Intercepted(problem);
    }
    let body = reply.json().unwrap_or_default();
    if reply.status / 100 == 2 {
        return Standing::Works(Profile::read(&body));
    }
    let problem = classify(reply.status, &body, reply.now()).problem;
    match (reply.status, reason(&body)) {
        (401, _) => Standing::TokenRefused(problem),
        (403, "accessNotConfigured" | "SERVICE_DISABLED") => Standing::ApiDisabled(problem),
        (403, "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            Standing::ScopeMissing(problem)
        }
        (403, "rateLimitExceeded" | "userRateLimitExceeded" | "dailyLimitExceeded") | (429 | 500.., _) => {
            Standing::Failing(problem)
        }
        _ if body.is_null() => Standing::Intercepted(crate::http::web_page(HOST, reply.status)),
        _ => Standing::Refused(problem),
    }
}
