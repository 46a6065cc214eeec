//! Translates IMAP flags into changes of Gmail labels.
//!
//! It knows the system label for each flag. Any other word is the name of a user's label, which the caller looks up.

use super::change::Trash;
use crate::problem::{Problem, Result};

/// One flag, with its spelling in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    kind: FlagKind,
    written: String,
}

impl Flag {
    /// The word, if it could also be the name of a label: flags have a backslash or a `$` in front.
    pub(crate) fn ambiguous(&self) -> Option<&str> {
        let bare = self.kind != FlagKind::Label && !self.written.starts_with(['\\', '$']);
        bare.then_some(self.written.as_str())
    }

    /// The label that is called like this flag.
    pub(crate) fn as_label(&self) -> Flag {
        Flag { kind: FlagKind::Label, written: self.written.clone() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FlagKind {
    Seen,
    Flagged,
    Important,
    Deleted,
    Junk,
    NotJunk,
    Draft,
    /// A flag without a counterpart in Gmail.
    Ignored,
    /// A user's label.
    Label,
}

/// The names in lower case, without a backslash.
const FLAGS: [(&str, FlagKind); 17] = [
    ("seen", FlagKind::Seen),
    ("flagged", FlagKind::Flagged),
    ("important", FlagKind::Important),
    ("$important", FlagKind::Important),
    ("deleted", FlagKind::Deleted),
    ("$junk", FlagKind::Junk),
    ("junk", FlagKind::Junk),
    ("$notjunk", FlagKind::NotJunk),
    ("notjunk", FlagKind::NotJunk),
    ("nonjunk", FlagKind::NotJunk),
    ("draft", FlagKind::Draft),
    ("answered", FlagKind::Ignored),
    ("recent", FlagKind::Ignored),
    ("$forwarded", FlagKind::Ignored),
    ("$mdnsent", FlagKind::Ignored),
    ("$submitted", FlagKind::Ignored),
    ("$submitpending", FlagKind::Ignored),
];

/// The label changes for a list of flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FlagChange {
    /// System labels to add and to remove. No label is in both lists.
    pub(crate) add: Vec<String>,
    pub(crate) remove: Vec<String>,
    pub(crate) trash: Option<Trash>,
    /// Flags without a counterpart in Gmail, as they were written.
    pub(crate) ignored: Vec<String>,
    /// Names or ids of users' labels: to be added if the flags are set, or removed if they are removed.
    pub(crate) user: Vec<String>,
}

/// Parses flags separated by spaces or commas, with or without a backslash, ignoring case.
pub(crate) fn parse(flags: &str) -> Result<Vec<Flag>> {
    let words = flags.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let flags: Vec<Flag> = words.map(flag).collect::<Result<_>>()?;
    if flags.is_empty() {
        return Err(Problem::usage("flags: none given").hint("Give flags such as \\Seen \\Flagged."));
    }
    Ok(flags)
}

fn flag(word: &str) -> Result<Flag> {
    let name = word.strip_prefix('\\').unwrap_or(word);
    let known = FLAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let kind = match known {
        Some((_, kind)) => *kind,
        None if name != word || word.contains(char::is_control) => {
            return Err(Problem::usage(format!("flags: unknown flag {word:?}"))
                .hint("Use \\Seen, \\Flagged, \\Important, \\Deleted, or a label without a backslash."));
        }
        None => FlagKind::Label,
    };
    Ok(Flag { kind, written: word.to_owned() })
}

/// The label changes for setting or removing these flags.
pub(crate) fn change(flags: &[Flag], remove: bool) -> Result<FlagChange> {
    let mut change = FlagChange::default();
    for flag in flags {
        change.apply(flag, !remove)?;
    }
    match change.add.iter().find(|label| change.remove.contains(label)) {
        Some(label) => Err(Problem::usage(format!("flags: cannot both add and remove the label {label}"))
            .hint("Set or remove one of the flags in a second call.")),
        None => Ok(change),
    }
}

impl FlagChange {
    fn apply(&mut self, flag: &Flag, set: bool) -> Result<()> {
        match flag.kind {
            FlagKind::Seen => self.label("UNREAD", !set),
            FlagKind::Flagged => self.label("STARRED", set),
            FlagKind::Important => self.label("IMPORTANT", set),
            FlagKind::Deleted => self.trash = Some(if set { Trash::In } else { Trash::Out }),
            FlagKind::Junk => {
                self.label("SPAM", set);
                self.label("INBOX", !set);
            }
            FlagKind::NotJunk => self.label("SPAM", !set),
            FlagKind::Draft => {
                return Err(Problem::usage("flags: \\Draft cannot be set or removed")
                    .hint("Create, send or delete a draft instead."));
            }
            FlagKind::Ignored => push(&mut self.ignored, &flag.written),
            FlagKind::Label => push(&mut self.user, &flag.written),
        }
        Ok(())
    }

    fn label(&mut self, label: &str, add: bool) {
        push(if add { &mut self.add } else { &mut self.remove }, label);
    }
}

fn push(list: &mut Vec<String>, word: &str) {
    if !list.iter().any(|known| known == word) {
        list.push(word.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{FlagChange, Trash, change, parse};
    use crate::problem::Code;

    fn set(flags: &str) -> FlagChange {
        change(&parse(flags).unwrap(), false).unwrap()
    }

    fn removed(flags: &str) -> FlagChange {
        change(&parse(flags).unwrap(), true).unwrap()
    }

    fn labels(add: &[&str], remove: &[&str]) -> FlagChange {
        let owned = |list: &[&str]| list.iter().map(|&label| label.to_owned()).collect();
        FlagChange { add: owned(add), remove: owned(remove), ..FlagChange::default() }
    }

    #[test]
    fn every_flag_has_its_labels_in_both_directions() {
        for (flag, when_set, when_removed) in [
            ("\\Seen", labels(&[], &["UNREAD"]), labels(&["UNREAD"], &[])),
            ("\\Flagged", labels(&["STARRED"], &[]), labels(&[], &["STARRED"])),
            ("\\Important", labels(&["IMPORTANT"], &[]), labels(&[], &["IMPORTANT"])),
            ("$Important", labels(&["IMPORTANT"], &[]), labels(&[], &["IMPORTANT"])),
            ("$Junk", labels(&["SPAM"], &["INBOX"]), labels(&["INBOX"], &["SPAM"])),
            ("$NotJunk", labels(&[], &["SPAM"]), labels(&["SPAM"], &[])),
        ] {
            assert_eq!(set(flag), when_set, "{flag}");
            assert_eq!(removed(flag), when_removed, "{flag}");
        }
        assert_eq!(set("\\Deleted").trash, Some(Trash::In));
        assert_eq!(removed("\\Deleted").trash, Some(Trash::Out));
    }

    #[test]
    fn flags_are_separated_by_spaces_or_commas_and_case_and_backslash_do_not_matter() {
        let expected = labels(&["STARRED"], &["UNREAD"]);
        for flags in [
            "\\Seen \\Flagged",
            "\\Seen,\\Flagged",
            " \\SEEN , flagged,",
            "seen\t\\flagged\n",
            "Seen, Flagged Seen",
        ] {
            assert_eq!(set(flags), expected, "{flags}");
        }
    }

    #[test]
    fn flags_without_a_counterpart_are_listed_as_ignored() {
        let change = set("\\Answered \\Recent $Forwarded $mdnsent \\Seen");
        assert_eq!(change.ignored, ["\\Answered", "\\Recent", "$Forwarded", "$mdnsent"]);
        assert_eq!(change.remove, ["UNREAD"]);
    }

    #[test]
    fn other_words_are_labels() {
        let change = set("Work/Invoices Label_12 Ärger Work/Invoices");
        assert_eq!(change.user, ["Work/Invoices", "Label_12", "Ärger"]);
        assert!(change.add.is_empty() && change.ignored.is_empty());
    }

    #[test]
    fn invalid_and_contradictory_flags_are_usage_errors() {
        for flags in ["", " , ", "\\Unseen", "\\", "a\u{1}b"] {
            assert_eq!(parse(flags).unwrap_err().code(), Code::Usage, "{flags}");
        }
        for remove in [false, true] {
            for flags in ["\\Draft", "draft \\Seen", "$Junk $NotJunk"] {
                assert_eq!(
                    change(&parse(flags).unwrap(), remove).unwrap_err().code(),
                    Code::Usage,
                    "{flags}"
                );
            }
        }
    }
}
