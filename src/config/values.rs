//! Values that were pasted wrongly: quotes and invisible characters from a document, a variable that nothing expanded,
//! the example's own value. They are refused before any request, and never shown, since they may be secret.

use super::placeholders::is_placeholder;
use crate::{
    characters::{is_direction_mark, is_invisible, is_joiner, is_variation_selector},
    problem::{Problem, Result},
    spec::{Form, Key},
};

/// What is wrong with a value, to follow its name, and how to fix it.
pub(super) struct Flaw {
    pub(super) what: String,
    pub(super) fix: &'static str,
}

const RETYPE: &str = "Type the value by hand, or copy it again from its source.";
const ONE_LINE: &str = "Put the value on one line.";
const ONE_WORD: &str = "Copy the value again: it is one word, without blanks or line breaks.";
const FILL_IN: &str = "Replace it with the value of your own installation.";

/// Checks the value of a key. `subject` names key and source in errors.
pub(super) fn check(key: &Key, text: &str, subject: &str) -> Result<()> {
    let flaw = flaw(text, key.form)
        .or_else(|| half_quoted(text).filter(|_| key.form == Form::Word && !key.secret))
        .or_else(|| placeholder(key, text))
        .or_else(|| own_name(key, text))
        .or_else(|| token_flaw(text).filter(|_| key.secret || key.name.ends_with("_client_id")));
    flaw.map_or(Ok(()), |Flaw { what, fix }| {
        Err(Problem::configuration(format!("{subject} {what}")).hint(fix))
    })
}

/// What is wrong with a value of this form, whatever its key.
pub(super) fn flaw(text: &str, form: Form) -> Option<Flaw> {
    let in_path = || form == Form::Path && text.split('/').skip(1).any(is_variable);
    if is_unexpanded(text) || in_path() {
        return new(
            "contains a variable that was not expanded",
            "Write the value itself: variables are not expanded here.",
        );
    }
    in_quotes(text).or_else(|| hidden(text, form)).or_else(|| match form {
        Form::Word if text.contains(char::is_whitespace) => new("contains a blank", ONE_WORD),
        _ => None,
    })
}

fn new(what: &str, fix: &'static str) -> Option<Flaw> {
    Some(Flaw { what: what.to_owned(), fix })
}

fn in_quotes(text: &str) -> Option<Flaw> {
    let mut chars = text.chars();
    let both = chars.next().is_some_and(is_quote) && chars.next_back().is_some_and(is_quote);
    if both { new("begins and ends with quotes", "Remove the quotes.") } else { None }
}

/// A secret can begin or end with any character, and is not checked for this.
fn half_quoted(text: &str) -> Option<Flaw> {
    let half = text.starts_with(is_quote) || text.ends_with(is_quote);
    if half { new("has a quote at one end", "Remove the quote.") } else { None }
}

/// Line breaks and characters that nobody sees.
fn hidden(text: &str, form: Form) -> Option<Flaw> {
    if text.contains(['\n', '\r']) {
        return new("contains a line break", if form == Form::Word { ONE_WORD } else { ONE_LINE });
    }
    if let Some(c) = text.chars().find(|c| c.is_control()) {
        return new(&format!("contains the control character {}", code_point(c)), RETYPE);
    }
    let is_useful = |c| match form {
        Form::Text => is_joiner(c) || is_variation_selector(c) || is_direction_mark(c),
        Form::Path => is_joiner(c) || is_variation_selector(c),
        Form::Word | Form::Words | Form::Boolean => false,
    };
    let c = text.chars().find(|c| is_invisible(*c) && !is_useful(*c))?;
    new(&format!("contains the invisible character {}", code_point(c)), RETYPE)
}

fn placeholder(key: &Key, text: &str) -> Option<Flaw> {
    is_placeholder(key, text)
        .then(|| Flaw { what: "is still the placeholder of an example".into(), fix: FILL_IN })
}

/// `AUTH0_DOMAIN=...` as the value: the whole line was pasted. A colon needs a blank: `proxy:3128` is a proxy.
fn own_name(key: &Key, text: &str) -> Option<Flaw> {
    let (name, _) = text.split_once('=').or_else(|| text.split_once(": "))?;
    let name = name.trim().trim_start_matches("MCS_GMAIL_");
    let own = name.eq_ignore_ascii_case(key.name) || key.plain.is_some_and(|p| name.eq_ignore_ascii_case(p));
    own.then(|| Flaw { what: "begins with its own name".into(), fix: "Give only what follows the name." })
}

/// Ids, keys and tokens are printable ASCII: most of them travel in a header.
fn token_flaw(text: &str) -> Option<Flaw> {
    let at_an_end = |mark| text.starts_with(mark) || text.ends_with(mark);
    if at_an_end("...") || at_an_end("***") || text.contains('…') {
        return Some(Flaw { what: "was shortened or masked".into(), fix: "Copy the whole value." });
    }
    let strange = text.chars().find(|c| !c.is_ascii_graphic())?;
    let what = format!("contains {}, which cannot occur in an id, key or token", code_point(strange));
    Some(Flaw { what, fix: RETYPE })
}

/// Whether a shell or a template was expected to replace the text or a part of it: `${X}`, `$(x)`, `{{ x }}`, and as
/// the whole of it `$X`, `%X%`.
fn is_unexpanded(text: &str) -> bool {
    is_template(text) || is_variable(text)
}

fn is_template(text: &str) -> bool {
    let encloses = |open, close| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close));
    text.contains("${") || encloses("$(", ")") || encloses("{{", "}}")
}

/// Whether the whole text is `$X` or `%X%`.
fn is_variable(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part)
    };
    let between = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    text.strip_prefix('$').or(between).is_some_and(is_name)
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", c as u32)
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '´' | '«' | '»' | '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}'
        | '\u{2032}'..='\u{2036}' | '\u{300c}'..='\u{300f}' | '\u{301d}'..='\u{301f}' | '\u{ff02}' | '\u{ff07}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    fn told(key: &str, text: &str) -> Option<String> {
        check(spec::key(key).unwrap(), text, "SUBJECT").err().map(|problem| problem.message())
    }

    #[test]
    fn what_comes_along_with_a_pasted_value_is_refused_and_the_value_is_not_shown() {
        for (key, text, what) in [
            ("auth0_client_id", "\"hidden\"", "quotes"),
            ("auth0_client_id", "“hidden”", "quotes"),
            ("auth0_client_id", "‘hidden’", "quotes"),
            ("auth0_client_id", "„hidden“", "quotes"),
            ("auth0_client_id", "«hidden»", "quotes"),
            ("auth0_client_id", "''", "quotes"),
            ("auth0_client_id", "\"hidden", "one end"),
            ("auth0_client_id", "hidden”", "one end"),
            ("auth0_client_id", "${hidden}", "not expanded"),
            ("auth0_client_id", "$hidden", "not expanded"),
            ("auth0_client_id", "%hidden%", "not expanded"),
            ("auth0_client_id", "$(cat hidden)", "not expanded"),
            ("auth0_client_id", "{{ hidden }}", "not expanded"),
            ("auth0_client_id", "<hidden>", "placeholder"),
            ("auth0_client_id", "hid\u{200b}den", "U+200B"),
            ("auth0_client_id", "\u{feff}hidden", "U+FEFF"),
            ("auth0_client_id", "hidden\u{202e}", "U+202E"),
            ("auth0_client_id", "hid\u{ad}den", "U+00AD"),
            ("auth0_client_id", "hid\u{0}den", "U+0000"),
            ("auth0_client_id", "hid\u{9b}den", "U+009B"),
            ("auth0_client_id", "hid\u{a0}den", "blank"),
            ("auth0_client_id", "AUTH0_CLIENT_ID=hidden", "own name"),
            ("auth0_client_id", "auth0_client_id: hidden", "blank"),
            ("auth0_client_secret", "hid\nden", "line break"),
            ("access_token", "hid\r\nden", "line break"),
            ("access_token", "hidden…", "masked"),
            ("access_token", "hidden***", "masked"),
            ("linkauth_api_key", "hid–den", "U+2013"),
            ("scopes", "hidden\u{200d}", "U+200D"),
            ("sender_name", "“hidden”", "quotes"),
            ("sender_name", "hid\u{202e}den\u{200f}", "U+202E"),
            ("auth0_domain", "hidden\u{200e}", "U+200E"),
            ("cache_dir", "/mnt/${hidden}", "not expanded"),
            ("cache_dir", "/home/$hidden/cache", "not expanded"),
            ("cache_dir", "/home/%hidden%/cache", "not expanded"),
            ("auth0_client_secret", "$hidden_1", "not expanded"),
            ("auth0_client_secret", "%hidden%", "not expanded"),
            ("auth0_client_secret", "hid${den", "not expanded"),
            ("auth0_client_secret", "$(cat hidden)", "not expanded"),
            ("auth0_client_secret", "{{hidden}}", "not expanded"),
            ("auth0_client_secret", "...hidden", "masked"),
            ("proxy", "proxy=hidden", "own name"),
        ] {
            let told = told(key, text).unwrap_or_default();
            assert!(told.contains(what) && told.starts_with("SUBJECT "), "{text:?}: {told}");
            assert!(!told.contains("hid"), "{told}");
        }
    }

    #[test]
    fn ordinary_values_pass() {
        for (key, text) in [
            ("auth0_domain", "mcs-sandbox.eu.auth0.com"),
            ("auth0_audience", "My API's \"identifier\""),
            ("auth0_audience", "https://mcs-gmail/api"),
            ("auth0_client_secret", "a-B_c.$d%e'f\"g{h}"),
            ("auth0_client_secret", "x$(y{{z"),
            ("auth0_client_secret", "$2b.10"),
            ("linkauth_api_key", "\"key"),
            ("linkauth_api_key", "key'"),
            ("linkauth_api_key", "k...e***y"),
            ("access_token", "ya29.a0AfH6SMB-x_y..z"),
            ("auth0_refresh_token", "v1.M-_.~+/="),
            ("proxy", "proxy:3128"),
            ("scopes", "gmail.modify https://mail.google.com/"),
            ("account", "work"),
            ("sender_name", "Ada \"The Countess\" Lovelace"),
            ("sender_name", "نام\u{200c}ها ❤\u{fe0f} <3"),
            ("sender_name", "O'"),
            ("sender_name", "أحمد\u{200f} (\u{200e}Ahmad\u{200e})"),
            ("cache_dir", "/mnt/C$/👩\u{200d}💻"),
            ("cache_dir", "/mnt/c/$Recycle.Bin/$1"),
            ("timeout", "40"),
            ("credentials", "token"),
            ("sender_name", "'"),
        ] {
            assert_eq!(told(key, text), None, "{key} {text:?}");
        }
    }
}
