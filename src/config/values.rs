//! Values that are checked before they are used: the tenant's domain and base URLs.

use url::Url;

use crate::{
    problem::{Problem, Result},
    url as urls,
};

/// A tenant's domain without scheme and slash, in lower case.
pub(super) fn domain_name(text: &str) -> Result<String> {
    let bare = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/');
    let url = Url::parse(&format!("https://{bare}/")).ok();
    match url {
        Some(url) if url.path() == "/" && url.query().is_none() && !bare.contains(['@', ' ', '/', '#']) => {
            Ok(bare.to_ascii_lowercase())
        }
        _ => Err(Problem::configuration(format!("auth0_domain \"{text}\" is not a domain name"))
            .hint("Give only the tenant's domain, such as dev-abc123.us.auth0.com.")),
    }
}

/// A base URL without its trailing slash: https, or http to this machine.
pub(super) fn base_url(key: &str, text: &str) -> Result<String> {
    let wrong = |why: &str| {
        Problem::configuration(format!("{key} {why}")).hint("Give a URL such as https://broker.example.com.")
    };
    let url = Url::parse(text).map_err(|e| wrong(&format!("is not a URL: {e}")))?;
    if !urls::is_https_or_loopback(&url) {
        return Err(wrong("must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("must not contain a user, a password or a query"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}
