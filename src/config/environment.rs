//! The environment, read once. A value keeps its bytes, because a path may consist of any; all others must be UTF-8.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
};

use crate::{
    cli::Format,
    output::{Colors, PagerSetting},
    problem::{Problem, Result},
    spec::{KEYS, Key},
    suggest,
};

const PREFIX: &str = "MCS_GMAIL_";
/// The variables with the prefix that belong to no key. The launcher sets the last one.
const OTHERS: [&str; 5] =
    ["MCS_GMAIL_CONFIG", "MCS_GMAIL_POLICY", "MCS_GMAIL_PAGER", "MCS_GMAIL_SKILL_DIR", "MCS_GMAIL_LAUNCHED"];

pub(super) fn variable(key: &Key) -> String {
    format!("{PREFIX}{}", key.name.to_uppercase())
}

/// A snapshot of the environment.
#[derive(Clone)]
pub(crate) struct Environment(HashMap<OsString, OsString>);

impl Environment {
    /// Reads the environment of the process, once.
    pub(crate) fn read() -> Self {
        Environment(std::env::vars_os().collect())
    }

    /// An environment of these variables; the last one of a name counts.
    pub(crate) fn made_of<N: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Environment(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of a variable whose bytes are used as they are: a path, a command. A blank one counts as absent.
    pub(super) fn bytes(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !is_blank(value))
    }

    /// The value of a variable as text. A blank one counts as absent.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>> {
        self.bytes(name).map(|value| text(value, name)).transpose()
    }

    /// The first of these variables that is set, with its name.
    pub(super) fn first(&self, names: &[&'static str]) -> Result<Option<(&'static str, &str)>> {
        for name in names {
            if let Some(value) = self.text(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }

    /// Refuses variables that would be taken for something else than they say.
    pub(super) fn check(&self) -> Result<()> {
        // Without this check, the library for dates would take such a value for none.
        self.text("TZ")?;
        self.check_names()
    }

    /// Refuses a variable with our prefix that means nothing: a misspelt `MCS_GMAIL_POLICY` must not mean that there is
    /// no policy.
    pub(super) fn check_names(&self) -> Result<()> {
        let is_ours = |name: &str| name.get(..PREFIX.len()).is_some_and(|p| p.eq_ignore_ascii_case(PREFIX));
        let is_key = |name: &str| KEYS.iter().any(|key| name == variable(key));
        let set = self.0.iter().filter(|(_, value)| !is_blank(value));
        let names = set.map(|(name, _)| name.to_string_lossy());
        let mut unknown: Vec<_> =
            names.filter(|n| is_ours(n) && !OTHERS.contains(&&**n) && !is_key(n)).collect();
        unknown.sort();
        let Some(name) = unknown.first() else { return Ok(()) };
        let known: Vec<String> = KEYS.iter().map(variable).chain(OTHERS.map(str::to_owned)).collect();
        let nearest = suggest::nearest(&name.to_uppercase(), known.iter().map(String::as_str));
        let hint = match nearest {
            Some(nearest) => format!("Did you mean {nearest}? Otherwise, unset {name}."),
            None => format!("Unset {name}. Run mcs-gmail config example to list the keys."),
        };
        Err(Problem::configuration(format!("unknown variable {name}")).hint(hint))
    }

    /// Whether the launcher of the skill started this process. It sets the first variable only for a program that is not
    /// its own.
    pub(crate) fn is_launched(&self) -> bool {
        ["MCS_GMAIL_LAUNCHED", "MCS_GMAIL_SKILL_DIR"].into_iter().any(|name| self.bytes(name).is_some())
    }

    /// The output format, if it is a valid one.
    pub(super) fn format(&self) -> Option<Format> {
        Format::of_setting(self.bytes("MCS_GMAIL_FORMAT")?.to_str()?.trim())
    }

    /// The pager, which an empty variable switches off.
    pub(crate) fn pager(&self) -> PagerSetting {
        let command = ["MCS_GMAIL_PAGER", "PAGER"].iter().find_map(|name| self.0.get(OsStr::new(name)));
        PagerSetting { command: command.cloned(), has_options: self.0.contains_key(OsStr::new("LESS")) }
    }

    /// The command of the user's editor.
    pub(crate) fn editor(&self) -> Option<&OsStr> {
        self.bytes("VISUAL").or_else(|| self.bytes("EDITOR"))
    }

    pub(crate) fn colors(&self) -> Colors {
        Colors {
            never: self.bytes("NO_COLOR").is_some(),
            always: self.bytes("CLICOLOR_FORCE").is_some_and(|v| v != "0"),
            dumb: self.bytes("TERM").is_some_and(|v| v == "dumb"),
        }
    }
}

/// The text of a value. `source` is the variable or flag that errors name; the value may be secret.
pub(super) fn text<'v>(value: &'v OsStr, source: &str) -> Result<&'v str> {
    value.to_str().ok_or_else(|| {
        Problem::configuration(format!("the value of {source} is not UTF-8"))
            .hint(format!("Set {source} again, in UTF-8. A copied value may contain a hidden character."))
    })
}

fn is_blank(value: &OsStr) -> bool {
    value.to_str().is_some_and(|text| text.trim().is_empty())
}
