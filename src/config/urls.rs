//! The tenant's domain and the broker's URL in one spelling each, so that the same server is always the same identity.

use url::{Host, Url};

use crate::{
    problem::{Problem, Result},
    url as urls,
};

/// A tenant's domain without scheme, default port and final dot, in lower case. `subject` names key and source.
pub(super) fn domain(text: &str, subject: &str) -> Result<String> {
    let url = server(text, subject, "Give only the tenant's domain, such as dev-abc123.us.auth0.com.")?;
    match (url.scheme(), url.host_str()) {
        ("https", Some(host)) => Ok(url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))),
        _ => Err(Problem::configuration(format!("{subject} is not a domain name"))
            .hint("Give only the tenant's domain, without http://.")),
    }
}

/// A base URL, `https://host` or `https://host:port`: https, or http to this machine. `subject` names key and source.
pub(super) fn base(text: &str, subject: &str) -> Result<String> {
    let url = server(text, subject, "Give the address of the server, such as https://broker.example.com.")?;
    if !urls::is_https_or_loopback(&url) {
        return Err(Problem::configuration(format!("{subject} must begin with https://"))
            .hint("Give a URL that begins with https://."));
    }
    Ok(url.origin().ascii_serialization())
}

/// A URL that is only a server. `https://` may be missing.
fn server(text: &str, subject: &str, hint: &str) -> Result<Url> {
    let wrong = |what: &str| Err(Problem::configuration(format!("{subject} {what}")).hint(hint));
    let trimmed = text.trim_end_matches('/');
    let has_scheme = trimmed.contains("://")
        || ["http:", "https:"]
            .iter()
            .any(|s| trimmed.get(..s.len()).is_some_and(|t| t.eq_ignore_ascii_case(s)));
    let full = if has_scheme { trimmed.to_owned() } else { format!("https://{trimmed}") };
    let mut url = match Url::parse(&full) {
        Ok(url) if url.has_host() => url,
        Ok(_) => return wrong("has no host name"),
        Err(e) => return wrong(&format!("is not a URL: {e}")),
    };
    if full.contains('@') {
        return wrong("must not contain a user or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("must not contain a query or a fragment");
    }
    if !matches!(url.path(), "" | "/") {
        return wrong("must not contain a path");
    }
    // A final dot means the same server in DNS, but not in a certificate or an issuer.
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned)
        && url.set_host(Some(&host)).is_err()
    {
        return wrong("is not a host name");
    }
    if let Some(Host::Domain(name)) = url.host()
        && !name.split('.').all(is_label)
    {
        return wrong("is not a host name");
    }
    Ok(url)
}

/// Whether this can be a part of a host name. The underscore is not in the standard, but in use. URLs permit more, such
/// as `$` and commas.
fn is_label(label: &str) -> bool {
    !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_server_is_the_same() {
        for text in [
            "https://broker.example.org",
            "https://broker.example.org/",
            "https://broker.example.org//",
            "HTTPS://Broker.Example.ORG",
            "https://broker.example.org:443",
            "https://broker.example.org:443/",
            "broker.example.org",
            "broker.example.org:443",
            "https:broker.example.org",
            "https://broker.example.org.",
            "https://ｂroker.example.org",
        ] {
            assert_eq!(base(text, "S").unwrap(), "https://broker.example.org", "{text}");
            assert_eq!(domain(text, "S").unwrap(), "broker.example.org", "{text}");
        }
        assert_eq!(base("broker:8443", "S").unwrap(), "https://broker:8443");
        assert_eq!(domain("Tenant:8443/", "S").unwrap(), "tenant:8443");
        assert_eq!(base("https://bröker.example.org", "S").unwrap(), "https://xn--brker-kua.example.org");
        assert_eq!(domain("MÜLLER.example", "S").unwrap(), "xn--mller-kva.example");
        assert_eq!(base("HTTP://LocalHost:80", "S").unwrap(), "http://localhost");
        assert_eq!(base("a_b.example", "S").unwrap(), "https://a_b.example");
        assert_eq!(base("10.0.0.1:8443", "S").unwrap(), "https://10.0.0.1:8443");
        assert_eq!(base("http://[::1]:8080/", "S").unwrap(), "http://[::1]:8080");
    }

    #[test]
    fn what_is_more_than_a_server_is_refused_and_not_shown() {
        for (text, what) in [
            ("https://broker.example.org/hidden", "path"),
            ("broker.example.org/hidden/", "path"),
            ("broker.example.org\\hidden", "path"),
            ("https://https://hidden", "path"),
            ("https://broker.example.org?hidden", "query"),
            ("https://broker.example.org/?", "query"),
            ("https://broker.example.org#hidden", "fragment"),
            ("https://ada:hidden@broker.example.org", "user"),
            ("https://@broker.example.org", "user"),
            ("https://", "is not a URL"),
            ("https://broker.example.org:hidden", "is not a URL"),
            ("https://a b.example", "is not a URL"),
            ("https://$hidden", "is not a host name"),
            ("{hidden}", "is not a host name"),
            ("broker,example.org", "is not a host name"),
            ("https://broker.example.org;", "is not a host name"),
            ("https://broker..example.org", "is not a host name"),
            ("https://.example.org", "is not a host name"),
            ("broker.example.org..", "is not a host name"),
            ("/", "is not a URL"),
        ] {
            for told in [base(text, "S").unwrap_err().message(), domain(text, "S").unwrap_err().message()] {
                assert!(told.contains(what) && !told.contains("hidden"), "{text}: {told}");
            }
        }
        assert!(base("http://broker.example.org", "S").unwrap_err().message().contains("https://"));
        assert!(base("ftp://broker.example.org", "S").is_err());
        assert!(base("file:///etc/passwd", "S").is_err());
        assert!(domain("http://tenant.example", "S").is_err());
    }
}
