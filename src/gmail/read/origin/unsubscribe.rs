//! How a message offers to leave its list: List-Unsubscribe (RFC 2369) and List-Unsubscribe-Post (RFC 8058). All of it is
//! what the sender wrote.

use serde::Serialize;
use url::Url;

use super::{super::part::Part, Authentication};

const LIST: &str = "List-Unsubscribe";
const POST: &str = "List-Unsubscribe-Post";
/// The longest address of either kind.
const LONGEST: usize = 2_000;

/// What a message offers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Unsubscribe {
    /// The address to write to, as a URI with the subject and text that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mailto: Option<String>,
    /// The web address, of which nothing is known before it is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// Whether a request to `url` is all that it takes, and the sender signed that.
    pub(crate) one_click: bool,
}

impl Unsubscribe {
    /// `None` if the message offers nothing that can be used.
    pub(super) fn of(payload: Part<'_>, authentication: Option<&Authentication>) -> Option<Unsubscribe> {
        let uris: Vec<String> = uris(payload.header(LIST)?);
        let has_scheme = |uri: &&String, scheme: &str| {
            uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        let mailto = uris.iter().find(|uri| has_scheme(uri, "mailto:")).cloned();
        let web = |scheme: &str| {
            let urls = uris.iter().filter(|uri| has_scheme(uri, scheme));
            urls.filter_map(|uri| web_address(uri)).next()
        };
        let https = web("https:");
        let is_signed = || authentication.is_some_and(|a| a.signs(payload, &[LIST, POST]));
        let one_click = https.is_some() && promises_one_click(payload) && is_signed();
        let url = https.or_else(|| web("http:"));
        (mailto.is_some() || url.is_some()).then_some(Unsubscribe { mailto, url, one_click })
    }
}

/// Whether one request is said to be enough. RFC 8058 allows no other value.
pub(super) fn promises_one_click(payload: Part<'_>) -> bool {
    payload.header(POST).unwrap_or_default().trim().eq_ignore_ascii_case("List-Unsubscribe=One-Click")
}

/// The addresses in angle brackets, without blanks.
fn uris(value: &str) -> Vec<String> {
    let bracketed = value.split('<').skip(1).filter_map(|piece| Some(piece.split_once('>')?.0));
    let bare = bracketed.map(|uri| uri.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>());
    bare.filter(|uri| uri.len() <= LONGEST && uri.chars().all(|c| c.is_ascii_graphic())).collect()
}

/// A web address without credentials, in its normal form.
fn web_address(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let usable = url.username().is_empty() && url.password().is_none() && url.host().is_some();
    usable.then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn offered(headers: &[(&str, &str)]) -> Option<Unsubscribe> {
        let headers: Vec<Value> =
            headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        Unsubscribe::of(Part::payload(&json!({"payload": {"headers": headers}})), None)
    }

    #[test]
    fn the_addresses_of_the_header_are_given() {
        let both = offered(&[(LIST, "(leave) <mailto:leave@a.example?subject=x>,\r\n <http://a.example/1>, <HTTPS://A.example/2\r\n 3>")]).unwrap();
        assert_eq!(both.mailto.as_deref(), Some("mailto:leave@a.example?subject=x"));
        assert_eq!(both.url.as_deref(), Some("https://a.example/23"));
        assert_eq!(
            offered(&[(LIST, "<http://a.example/1>")]).unwrap().url.as_deref(),
            Some("http://a.example/1")
        );
    }

    #[test]
    fn what_is_no_address_is_not_offered() {
        for value in [
            "",
            "no",
            "https://a.example",
            "<ftp://a.example/>",
            "<javascript:alert(1)>",
            "<https://u:p@a.example/>",
            "<https://ä.example/>",
            "<>",
            "<https://>",
        ] {
            assert_eq!(offered(&[(LIST, value)]), None, "{value}");
        }
        assert_eq!(offered(&[("List-Help", "<https://a.example>")]), None);
        assert_eq!(offered(&[(LIST, &format!("<https://a.example/{}>", "x".repeat(3000)))]), None);
    }

    #[test]
    fn without_a_valid_signature_it_is_not_one_click() {
        let headers = [(LIST, "<https://a.example/>"), (POST, "List-Unsubscribe=One-Click")];
        assert!(!offered(&headers).unwrap().one_click);
    }
}
