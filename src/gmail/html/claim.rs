//! Links whose text names another place than the one they lead to, and hosts that are not spelled in ASCII. It judges the
//! structure only, and decodes no redirect: a link to a click counter leads to the click counter.

use url::Url;

use super::link::unwrap_redirect;

/// A link that can mislead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OddLink {
    /// The host or address in its text, and the one that it leads to.
    Elsewhere { named: String, target: String },
    /// A host with letters outside ASCII, in its form in ASCII.
    Punycode(String),
}

/// The domains below which strangers register names, besides the ones of countries such as `co.uk`.
const SHARED: [&str; 10] = [
    "github.io",
    "blogspot.com",
    "web.app",
    "pages.dev",
    "vercel.app",
    "netlify.app",
    "herokuapp.com",
    "azurewebsites.net",
    "cloudfront.net",
    "workers.dev",
];
const SECOND_LEVEL: [&str; 9] = ["co", "com", "org", "net", "ac", "gov", "edu", "or", "ne"];
/// Ends of names of files that are also those of domains.
const FILES: [&str; 16] =
    ["md", "py", "rs", "sh", "pl", "so", "zip", "mov", "js", "ts", "cs", "rb", "vb", "hs", "go", "kt"];
/// Top-level domains of more than two letters that a text may name without `www.` or `https://`.
const USUAL: [&str; 14] = [
    "com", "org", "net", "info", "biz", "edu", "gov", "mil", "app", "dev", "bank", "shop", "online",
    "example",
];

/// The part of a host that belongs to one owner, as far as its form tells.
pub(crate) fn registrable(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    let mut ends = host.rmatch_indices('.').map(|(at, _)| at);
    let (last, second, third) = (ends.next(), ends.next(), ends.next());
    let (Some(last), Some(second)) = (last, second) else { return host };
    let pair = &host[second + 1..];
    let is_shared = SHARED.contains(&pair)
        || (host.len() - last - 1 == 2 && SECOND_LEVEL.contains(&&host[second + 1..last]));
    match (is_shared, third) {
        (false, _) => pair,
        (true, Some(third)) => &host[third + 1..],
        (true, None) => host,
    }
}

/// What is odd about a link.
pub(super) fn judge(href: &str, text: &str) -> Option<OddLink> {
    let href = href.trim();
    let unwrapped = unwrap_redirect(href);
    let url = Url::parse(unwrapped.as_deref().unwrap_or(href)).ok()?;
    if url.scheme() == "mailto" {
        let target = url.path().to_ascii_lowercase();
        let named = text.split_whitespace().find_map(named_address)?;
        return (named != target && !target.contains('%')).then_some(OddLink::Elsewhere { named, target });
    }
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let target = url.host_str()?.to_ascii_lowercase();
    let named = named_host(text);
    if let Some(named) = named.filter(|named| registrable(named) != registrable(&target)) {
        return Some(OddLink::Elsewhere { named, target });
    }
    target.split('.').any(|label| label.starts_with("xn--")).then_some(OddLink::Punycode(target))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/')
}

fn named_address(word: &str) -> Option<String> {
    let word = bare(word);
    let (local, domain) = word.split_once('@')?;
    (!local.is_empty() && domain.contains('.') && !domain.contains('@')).then(|| word.to_ascii_lowercase())
}

/// The host that a text names: with `https://` or `www.` anywhere, or as its only word.
fn named_host(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().map(bare).filter(|word| !word.is_empty());
    let (first, second) = (words.next()?, words.next());
    let is_lone = second.is_none();
    [Some(first), second].into_iter().flatten().chain(words).find_map(|word| host_in(word, is_lone))
}

fn host_in(word: &str, is_lone: bool) -> Option<String> {
    let lower = word.to_lowercase();
    let rest = ["https://", "http://"].iter().find_map(|scheme| lower.strip_prefix(scheme));
    let is_named = rest.is_some() || lower.starts_with("www.");
    let place = rest.unwrap_or(&lower);
    let host = place.split(['/', '?', '#', ':']).next()?;
    let top = host.rsplit_once('.')?.1;
    let is_usual = || USUAL.contains(&top) || (top.len() == 2 && !FILES.contains(&top));
    if host.contains('@') || !(is_named || (is_lone && is_usual())) {
        return None;
    }
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    let host = url.host_str()?.to_owned();
    let plain = |label: &str| !label.is_empty();
    host.split('.').all(plain).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere(named: &str, target: &str) -> Option<OddLink> {
        Some(OddLink::Elsewhere { named: named.to_owned(), target: target.to_owned() })
    }

    #[test]
    fn a_text_that_names_another_host_is_odd() {
        let bank = elsewhere("www.bank.example", "evil.example");
        assert_eq!(judge("https://evil.example/login", "Sign in at www.bank.example now"), bank);
        assert_eq!(judge("https://evil.example/", "https://www.bank.example/login"), bank);
        assert_eq!(
            judge("http://bank.example.evil.example/", "bank.example"),
            elsewhere("bank.example", "bank.example.evil.example")
        );
        assert_eq!(judge("http://192.0.2.1/", "bank.example"), elsewhere("bank.example", "192.0.2.1"));
        assert_eq!(judge("https://b.github.io/", "a.github.io"), elsewhere("a.github.io", "b.github.io"));
        assert_eq!(judge("https://b.co.uk/", "www.a.co.uk"), elsewhere("www.a.co.uk", "b.co.uk"));
        assert_eq!(
            judge("mailto:x@evil.example", "Ask help@bank.example"),
            elsewhere("help@bank.example", "x@evil.example")
        );
    }

    #[test]
    fn a_text_that_names_the_same_owner_or_no_host_is_not() {
        for (href, text) in [
            ("https://login.bank.example/x", "www.bank.example"),
            ("https://bank.example/x", "https://login.bank.example"),
            ("https://evil.example", "Sign in"),
            ("https://evil.example", "README.md"),
            ("https://evil.example", "Node.js"),
            ("https://evil.example", "see bank.example for more"),
            ("https://evil.example", "e.g."),
            ("https://evil.example", "3.5"),
            ("https://evil.example", "ada@bank.example"),
            ("mailto:help@bank.example?subject=x", "HELP@bank.example"),
            (
                "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fbank.example%2F",
                "bank.example",
            ),
            ("tel:123", "www.bank.example"),
            ("no url", "www.bank.example"),
        ] {
            assert_eq!(judge(href, text), None, "{href} {text}");
        }
    }

    #[test]
    fn a_host_outside_ascii_is_odd() {
        assert_eq!(
            judge("https://аpple.example/", "Sign in"),
            Some(OddLink::Punycode("xn--pple-43d.example".to_owned()))
        );
        assert_eq!(
            judge("https://xn--mnchen-3ya.example/", "München"),
            Some(OddLink::Punycode("xn--mnchen-3ya.example".to_owned()))
        );
    }
}
