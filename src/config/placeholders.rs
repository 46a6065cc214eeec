//! Values that nobody filled in: the example's own ones, and what documents and templates write in their place.

use crate::spec::{Form, Key};

/// What documents write for a value of any kind, without what is between the letters.
const FILLERS: &[&str] = &[
    "changeme",
    "dummy",
    "example",
    "fillin",
    "fillme",
    "fillmein",
    "fixme",
    "insert",
    "inserthere",
    "nil",
    "none",
    "null",
    "placeholder",
    "redacted",
    "replace",
    "replaceme",
    "tbd",
    "todo",
    "undefined",
];
/// What they write for the first part of a domain.
const HOSTS: &[&str] =
    &["yourtenant", "yourdomain", "yourbroker", "tenant", "mytenant", "mydomain", "domain"];

/// Whether the value is a placeholder.
pub(super) fn is_placeholder(key: &Key, text: &str) -> bool {
    if key.placeholder && bare(text) == bare(key.example) {
        return true;
    }
    match key.form {
        Form::Text | Form::Path => false,
        _ if in_brackets(key, text) => true,
        // What only chooses among words or numbers is judged by what it chooses.
        _ if !key.filled_in() => false,
        _ => is_filler(key, text) || (key.names_server() && is_host_of_documents(key, text)),
    }
}

/// `<your-domain>` as the whole value; in a server also as a part of it, and in other brackets.
fn in_brackets(key: &Key, text: &str) -> bool {
    let encloses = |(open, close)| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close));
    (text.starts_with('<') && text.ends_with('>'))
        || (key.names_server() && [('<', '>'), ('{', '}')].into_iter().any(encloses))
        || (key.names_server() && text.starts_with('[') && text.ends_with(']') && !text.contains(':'))
}

fn is_filler(key: &Key, text: &str) -> bool {
    let letters = letters(text);
    let own = letters.as_str() == self::letters(key.name);
    let own_end = key.name.split_once('_').is_some_and(|(_, end)| self::letters(end) == letters);
    let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    own || own_end
        || FILLERS.contains(&letters.as_str())
        || parts.any(|part| part.eq_ignore_ascii_case("your"))
        || is_run(&letters)
        || has_long_run(text)
}

/// Whether the value consists of one letter, such as `xxx` or `***`.
fn is_run(letters: &str) -> bool {
    match letters.chars().next() {
        None => true,
        Some(first) => letters.len() >= 3 && letters.chars().all(|c| c == first),
    }
}

/// Whether letters were replaced, as in `la_xxxxxxxx`. Six of the same do not occur by chance.
fn has_long_run(text: &str) -> bool {
    ["xxxxxx", "XXXXXX", "******", "......"].into_iter().any(|run| text.contains(run))
}

/// Whether the value is a server that exists only in documents.
fn is_host_of_documents(key: &Key, text: &str) -> bool {
    let host = bare(text);
    let label = host.split('.').next().unwrap_or_default();
    let example = bare(key.example);
    let is_first_of_example = example.split('.').next() == Some(label) && label.contains('-');
    let of_letter =
        label.rsplit('-').next().is_some_and(|end| end.len() >= 3 && end.chars().all(|c| c == 'x'));
    HOSTS.contains(&letters(label).as_str()) || is_first_of_example || of_letter
}

/// A server without what does not matter: scheme, default port, final dot, case.
fn bare(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let text = text.strip_prefix("https://").unwrap_or(&text).trim_end_matches('/');
    let host = text.strip_suffix(":443").unwrap_or(text);
    host.strip_suffix('.').filter(|host| !host.ends_with('.')).unwrap_or(host).to_owned()
}

/// The letters and digits, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    fn found(key: &str, text: &str) -> bool {
        is_placeholder(spec::key(key).unwrap(), text)
    }

    #[test]
    fn the_placeholders_of_the_example_are_found_in_every_spelling() {
        for key in spec::KEYS.iter().filter(|key| key.placeholder) {
            assert!(found(key.name, key.example), "{}", key.name);
        }
        for text in ["https://DEV-abc123.us.auth0.com/", "dev-abc123.eu.auth0.com"] {
            assert!(found("auth0_domain", text), "{text}");
        }
        for text in ["broker.example.com", "HTTPS://broker.example.com:443/", "broker.example.com."] {
            assert!(found("linkauth_broker_url", text), "{text}");
        }
    }

    #[test]
    fn what_documents_write_is_found_for_every_key_that_must_be_filled_in() {
        let fillers = [
            "<your-value>",
            "your-value",
            "YOUR_VALUE",
            "your_value_here",
            "changeme",
            "CHANGE_ME",
            "change-me",
            "replace-me",
            "TODO",
            "xxx",
            "XXXXXXXX",
            "xxxx-xxxx",
            "***",
            "---",
            "null",
            "None",
            "undefined",
            "placeholder",
        ];
        for key in spec::KEYS.iter().filter(|key| key.filled_in()) {
            for text in fillers {
                assert!(found(key.name, text), "{} {text}", key.name);
            }
            assert!(found(key.name, key.name), "{}", key.name);
            assert!(found(key.name, &key.name.to_uppercase()), "{}", key.name);
        }
        for (key, text) in [
            ("auth0_domain", "YOUR_TENANT.auth0.com"),
            ("auth0_domain", "your-tenant.us.auth0.com"),
            ("auth0_domain", "https://yourtenant.eu.auth0.com/"),
            ("auth0_domain", "<your-tenant>.auth0.com"),
            ("auth0_domain", "{tenant}.auth0.com"),
            ("auth0_domain", "[your-domain]"),
            ("auth0_domain", "tenant.auth0.com"),
            ("auth0_domain", "dev-xxxxxxxx.us.auth0.com"),
            ("auth0_client_id", "client_id"),
            ("auth0_client_secret", "client-secret"),
            ("auth0_audience", "https://your-api"),
            ("auth0_audience", "<your-audience>"),
            ("linkauth_broker_url", "https://your-broker"),
            ("linkauth_broker_url", "https://<broker>"),
            ("linkauth_api_key", "la_xxxxxxxxxxxx"),
            ("linkauth_api_key", "api_key"),
            ("google_client_id", "xxxxxxxxxxxx.apps.googleusercontent.com"),
        ] {
            assert!(found(key, text), "{key} {text}");
        }
    }

    #[test]
    fn ordinary_values_are_not() {
        for (key, text) in [
            ("auth0_domain", "mcs-sandbox.eu.auth0.com"),
            ("auth0_domain", "login.yourstory.com"),
            ("auth0_domain", "dev-xyz1.us.auth0.com"),
            ("auth0_audience", "https://mcs-gmail/api"),
            ("auth0_audience", "https://api.example.com"),
            ("auth0_client_id", "x"),
            ("auth0_client_secret", "aB3_your4x-Zz.xxx"),
            ("linkauth_broker_url", "https://broker.sandbox.example"),
            ("linkauth_broker_url", "https://linkauth.example.org"),
            ("linkauth_broker_url", "http://localhost:8080"),
            ("linkauth_broker_url", "http://[::1]:8080"),
            ("linkauth_api_key", "key"),
            ("account", "none"),
            ("sender_name", "<3"),
            ("scopes", "gmail.modify"),
            ("proxy", "direct"),
            ("cache_dir", "/mnt/your/cache"),
        ] {
            assert!(!found(key, text), "{key} {text}");
        }
    }
}
