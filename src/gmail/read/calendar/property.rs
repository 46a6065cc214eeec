//! The lines of a calendar (RFC 5545, 3.1): `NAME;PARAMETER=x;PARAMETER="y":value`.

/// A property with its parameters as they are written.
pub(super) struct Property {
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

/// The lines of a calendar. One that starts with a space continues the line before.
pub(super) fn lines(calendar: &str) -> impl Iterator<Item = String> {
    let mut lines = calendar.lines().peekable();
    std::iter::from_fn(move || {
        let mut line = lines.next()?.to_owned();
        while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t'])) {
            line.push_str(&more[1..]);
        }
        Some(line)
    })
}

/// The text before the first `end` that is not in quotes, and the text after it.
fn split_unquoted(text: &str, end: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = text.find(|c| {
        quoted ^= c == '"';
        c == end && !quoted
    })?;
    Some((&text[..at], &text[at + end.len_utf8()..]))
}

impl Property {
    pub(super) fn parse(line: &str) -> Option<Property> {
        let (head, value) = split_unquoted(line, ':')?;
        let (name, mut rest) = split_unquoted(head, ';').unwrap_or((head, ""));
        let mut parameters = Vec::new();
        while !rest.is_empty() {
            let (parameter, more) = split_unquoted(rest, ';').unwrap_or((rest, ""));
            if let Some((key, value)) = parameter.split_once('=') {
                parameters.push((key.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()));
            }
            rest = more;
        }
        // A name may have a group before it.
        let name = name.rsplit('.').next().unwrap_or_default().trim().to_ascii_uppercase();
        Some(Property { name, parameters, value: value.to_owned() })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value with its line breaks.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut chars = self.value.trim().chars();
        while let Some(c) = chars.next() {
            match (c, chars.as_str().chars().next()) {
                ('\\', Some(escaped)) => {
                    chars.next();
                    text.push(if matches!(escaped, 'n' | 'N') { '\n' } else { escaped });
                }
                _ => text.push(c),
            }
        }
        text
    }

    /// The value on one line.
    pub(super) fn line(&self) -> String {
        one_line(&self.text())
    }

    /// `CN=Ada:mailto:ada@example.com` as `Ada <ada@example.com>`.
    pub(super) fn person(&self) -> String {
        let address = without_scheme(&self.value);
        let name = self.parameter("CN").map(|name| one_line(&unescaped(name))).unwrap_or_default();
        if name.is_empty() || name.eq_ignore_ascii_case(address) {
            return one_line(address);
        }
        format!("{name} <{}>", one_line(address))
    }
}

pub(super) fn without_scheme(value: &str) -> &str {
    let value = value.trim().trim_matches('"');
    match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &value[7..],
        _ => value,
    }
}

/// A parameter value may have `^'`, `^n` and `^^` for a quote, a line break and `^` (RFC 6868).
fn unescaped(value: &str) -> String {
    value.replace("^'", "\"").replace("^n", "\n").replace("^^", "^")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
