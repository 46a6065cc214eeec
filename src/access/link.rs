//! What a person is asked to open and to compare: the link of a session, which must belong to the broker, and its code.

use url::Url;

use crate::{problem::Problem, store::Session, url::is_https_or_loopback};

/// Characters of the longest link that is shown.
const MAX_LINK: usize = 300;

/// The session with its link in one spelling, if both the link and the code may be shown to a person. `broker` is its
/// base URL. They are checked when they come from the broker and when they come from the cache.
pub(super) fn showable(session: Session, broker: &str) -> Option<Session> {
    let url = page(&session.url, broker).filter(|_| is_code(&session.code))?;
    Some(Session { url, ..session })
}

/// A link on this host, in the spelling of the URL standard: https, or http to this machine, without a user.
fn page(link: &str, broker: &str) -> Option<String> {
    // The parser would remove line breaks and blanks.
    if link.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (page, broker) = (Url::parse(link).ok()?, Url::parse(broker).ok()?);
    let is_shown = is_https_or_loopback(&page)
        && page.host() == broker.host()
        && page.username().is_empty()
        && page.password().is_none()
        && page.as_str().len() <= MAX_LINK;
    is_shown.then(|| page.into())
}

/// Whether this is a code to compare, as the broker issues it: four to sixteen capitals, digits and hyphens.
pub(super) fn is_code(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    (4..=16).contains(&text.len()) && text.bytes().all(is_part)
}

pub(super) fn foreign(broker: &str, link: &str) -> Problem {
    let problem = Problem::configuration(format!(
        "the broker at {broker} returned a sign-in link or code that is not shown: the link is not on its host, or one of the two is malformed"
    ))
    .hint("Set linkauth_broker_url to the public address of the broker, with which its links begin.");
    match Url::parse(link).ok().and_then(|url| url.host_str().map(str::to_owned)) {
        Some(host) => problem.said(host),
        None => problem,
    }
}
