//! Sentences that name parameters and commands as the caller spells them: flags and commands on the command line,
//! parameter and tool names for `exec`.

use std::fmt;

/// Who made the call, and therefore reads the phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A command line was typed.
    Line,
    /// `exec` was called with a tool name and a JSON object.
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fragment {
    Text(String),
    Spelled { line: String, json: String },
}

/// Text in pieces, each of which can have two spellings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Phrase(Vec<Fragment>);

impl Phrase {
    /// A name that is spelled differently on the command line and in JSON.
    pub(crate) fn spelled(line: impl Into<String>, json: impl Into<String>) -> Phrase {
        Phrase(vec![Fragment::Spelled { line: line.into(), json: json.into() }])
    }

    pub(crate) fn spelled_for(&self, caller: Caller) -> String {
        let spell = |piece: &Fragment| match (piece, caller) {
            (Fragment::Text(text), _) => text.clone(),
            (Fragment::Spelled { line, .. }, Caller::Line) => line.clone(),
            (Fragment::Spelled { json, .. }, Caller::Json) => json.clone(),
        };
        self.0.iter().map(spell).collect()
    }
}

impl From<String> for Phrase {
    fn from(text: String) -> Phrase {
        Phrase(vec![Fragment::Text(text)])
    }
}

impl From<&str> for Phrase {
    fn from(text: &str) -> Phrase {
        Phrase::from(text.to_owned())
    }
}

impl From<&Phrase> for Phrase {
    fn from(phrase: &Phrase) -> Phrase {
        phrase.clone()
    }
}

impl FromIterator<Phrase> for Phrase {
    fn from_iter<T: IntoIterator<Item = Phrase>>(phrases: T) -> Phrase {
        Phrase(phrases.into_iter().flat_map(|phrase| phrase.0).collect())
    }
}

/// As the command line spells it.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled_for(Caller::Line))
    }
}

/// Concatenates texts and phrases into one phrase.
macro_rules! phrase {
    ($($piece:expr),+ $(,)?) => {
        [$($crate::phrase::Phrase::from($piece)),+].into_iter().collect::<$crate::phrase::Phrase>()
    };
}
pub(crate) use phrase;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_decides_the_spelling() {
        let yes = Phrase::spelled("--yes", "\"yes\": true");
        let hint = phrase!["Add ", &yes, "."];
        assert_eq!(hint.spelled_for(Caller::Line), "Add --yes.");
        assert_eq!(hint.spelled_for(Caller::Json), "Add \"yes\": true.");
        assert_eq!(phrase!["First, ", hint].to_string(), "First, Add --yes.");
    }
}
