//! Values for a new configuration file: from the environment, from a file of variables (`.env`), or from the
//! `config.toml` or `config.json` of the Python skill. No error shows anything of such a file but the names in it.

use std::path::Path;

use serde_json::{Map, Value};

use super::{
    check_value, encoding,
    environment::{self, Environment},
    files::{MAX_SIZE, parse, text_for, wrong_kind},
    policy, variables,
};
use crate::{
    disk,
    problem::{Problem, Result},
    spec::{KEYS, Key, Level, key},
};

/// The value of a key, checked.
pub(crate) struct Setting {
    pub(crate) key: &'static Key,
    pub(crate) text: String,
}

/// What a source sets.
#[derive(Default)]
pub(crate) struct Imported {
    pub(crate) settings: Vec<Setting>,
    /// A restriction that must not get lost.
    pub(crate) access: Option<Level>,
    /// The names of what is not imported.
    pub(crate) ignored: Vec<String>,
}

impl Imported {
    /// Every key that is set as a variable.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Imported> {
        environment.check_names()?;
        Imported::of_variables(environment, |name| name.to_owned())
    }

    /// What a file sets. Its name decides what it is: `.toml`, `.json`, or else variables.
    pub(crate) fn from_file(path: &Path) -> Result<Imported> {
        let shown = path.display();
        let unreadable = |what: &dyn std::fmt::Display| {
            Problem::usage(format!("cannot read {shown}: {what}"))
                .hint("Give the path of the .env, config.toml or config.json to import.")
        };
        let file = disk::open_regular(path).map_err(|e| unreadable(&e))?;
        let bytes = disk::read_up_to(file, MAX_SIZE).map_err(|e| unreadable(&e))?;
        let text = encoding::decode(&bytes).map_err(|what| unreadable(&what))?;
        if path.extension().is_some_and(|e| e == "toml" || e == "json") {
            return Imported::of_members(parse(path, &text)?, path);
        }
        let variables = Environment::made_of(variables_in(&text, path)?);
        variables.check_names()?;
        Imported::of_variables(&variables, |name| format!("{shown}: {name}"))
    }

    fn of_variables(environment: &Environment, source: impl Fn(&str) -> String) -> Result<Imported> {
        let mut imported = Imported::default();
        for key in KEYS {
            for name in variables(key) {
                let Some(value) = environment.bytes(&name) else { continue };
                imported.add(key, environment::text(value, &source(&name))?, &source(&name))?;
                break;
            }
        }
        if let Some(text) = environment.text("MCS_GMAIL_POLICY")? {
            imported.access = Some(policy::level(text.trim(), &source("MCS_GMAIL_POLICY"))?);
        }
        Ok(imported)
    }

    fn of_members(members: Map<String, Value>, path: &Path) -> Result<Imported> {
        let mut imported = Imported::default();
        for (name, value) in &members {
            let place = format!("{}: {name}", path.display());
            match key(name) {
                Some(key) => {
                    let text = text_for(key, value).ok_or_else(|| wrong_kind(&place, name, "a string"))?;
                    if !text.trim().is_empty() {
                        imported.add(key, &text, &place)?;
                    }
                }
                None if ["policy", "accounts"].contains(&name.as_str()) => {
                    return Err(Problem::usage(format!(
                        "{} is a configuration of mcs-gmail already",
                        path.display()
                    ))
                    .hint("Copy the file to ~/.mcs/mcs-gmail.toml, or name it with --config FILE."));
                }
                None => imported.ignored.push(name.clone()),
            }
        }
        Ok(imported)
    }

    fn add(&mut self, key: &'static Key, text: &str, source: &str) -> Result<()> {
        let text = text.trim();
        check_value(key, text, &format!("{} ({source})", key.name))?;
        self.settings.push(Setting { key, text: text.to_owned() });
        Ok(())
    }

    /// The keys that a sign-in requires and that are not set.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let is_set = |name: &str| self.settings.iter().any(|setting| setting.key.name == name);
        let usual = |setting: &Setting| setting.key.name != "credentials" || setting.text == "auth0-linkauth";
        if !self.settings.iter().all(usual) {
            return Vec::new();
        }
        KEYS.iter().filter(|key| !key.optional && !is_set(key.name)).map(|key| key.name).collect()
    }
}

/// The variables in a file, as a shell and python-dotenv read it: `export`, quotes, comments. Nothing is expanded.
fn variables_in(text: &str, path: &Path) -> Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let pair = variable(line).ok_or_else(|| {
            Problem::usage(format!("{}:{}: not a line of the form NAME=VALUE", path.display(), number + 1))
                .hint("Fix the line. A file in TOML must be called .toml, and one in JSON .json.")
        })?;
        variables.push(pair);
    }
    Ok(variables)
}

fn variable(line: &str) -> Option<(String, String)> {
    let bare = line.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
    let (name, value) = bare.unwrap_or(line).split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    Some((name.to_owned(), unquoted(value.trim())?)).filter(|_| is_name)
}

/// The value without its quotes and the comment after it.
fn unquoted(value: &str) -> Option<String> {
    let mut chars = value.chars();
    let Some(quote) = chars.next().filter(|c| ['"', '\''].contains(c)) else {
        let end = value
            .char_indices()
            .zip(value.chars().skip(1))
            .find(|((_, c), next)| c.is_whitespace() && *next == '#');
        let end = if value.starts_with('#') { 0 } else { end.map_or(value.len(), |((at, _), _)| at) };
        return Some(value[..end].trim_end().to_owned());
    };
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => {
                let rest = chars.as_str().trim_start();
                return (rest.is_empty() || rest.starts_with('#')).then_some(text);
            }
            '\\' if quote == '"' => match chars.next()? {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                c if ['"', '\\', '$', '`'].contains(&c) => text.push(c),
                c => text.extend(['\\', c]),
            },
            c => text.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        variables_in(text, Path::new(".env")).unwrap()
    }

    #[test]
    fn variables_are_read_as_a_shell_reads_them() {
        for (line, value) in [
            ("A=b", "b"),
            ("  export A = b  ", "b"),
            ("A=b # comment", "b"),
            ("A=b#c", "b#c"),
            ("A=\"b # c\" # d", "b # c"),
            ("A='b \"c\" \\n'", "b \"c\" \\n"),
            ("A=\"b \\\"c\\\" \\\\ \\$ \\x\"", "b \"c\" \\ $ \\x"),
            ("A=", ""),
            ("A=# nothing", ""),
            ("A=\"\"", ""),
            ("A=b=c", "b=c"),
            ("A=https://x#y", "https://x#y"),
        ] {
            assert_eq!(read(line), [("A".to_owned(), value.to_owned())], "{line}");
        }
        let text = "# first\r\n\r\nexport A=1\r\nB=2\r\nA=3\r\n";
        assert_eq!(read(text).len(), 3);
        for wrong in ["A", "A B=c", "=b", "A=\"b", "A=\"b\" c", "exportA b"] {
            assert!(variables_in(wrong, Path::new(".env")).is_err(), "{wrong}");
        }
    }
}
