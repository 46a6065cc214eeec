//! IMAP flags, as mail tools speak of them, turned into changes of Gmail labels.
//!
//! It knows which system label a flag stands for. Which label a word of the user's own means is resolved elsewhere.

use super::organise::Trash;
use crate::problem::{Problem, Result};

/// One flag, named as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    kind: FlagKind,
    written: String,
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
    /// Gmail has nothing like it.
    Ignored,
    /// A label of the user.
    Label,
}

/// Names in lower case without their backslash.
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

/// What has to be done to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FlagChange {
    /// System labels to add and to remove; no label is in both.
    pub(crate) add: Vec<String>,
    pub(crate) remove: Vec<String>,
    pub(crate) trash: Option<Trash>,
    /// Flags that Gmail has no counterpart for, as written.
    pub(crate) ignored: Vec<String>,
    /// Names or ids of labels, still to be resolved, that are added, or removed when flags are removed.
    pub(crate) user: Vec<String>,
}

/// Flags separated by blanks or commas, with or without backslash, in any case.
pub(crate) fn parse(flags: &str) -> Result<Vec<Flag>> {
    let words = flags.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let flags: Vec<Flag> = words.map(flag).collect::<Result<_>>()?;
    match flags.is_empty() {
        true => Err(Problem::usage("flags: none given").hint("Write them as in `\\Seen \\Flagged`.")),
        false => Ok(flags),
    }
}

fn flag(word: &str) -> Result<Flag> {
    let name = word.strip_prefix('\\').unwrap_or(word);
    let known = FLAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let kind = match known {
        Some((_, kind)) => *kind,
        None if name != word || word.contains(char::is_control) => {
            return Err(Problem::usage(format!("flags: {word:?} is no flag"))
                .hint("Known are \\Seen, \\Flagged, \\Important, \\Deleted; a label has no backslash."));
        }
        None => FlagKind::Label,
    };
    Ok(Flag { kind, written: word.to_owned() })
}

/// What setting these flags means, or removing them.
pub(crate) fn change(flags: &[Flag], remove: bool) -> Result<FlagChange> {
    let mut change = FlagChange::default();
    for flag in flags {
        change.apply(flag, !remove)?;
    }
    match change.add.iter().find(|label| change.remove.contains(label)) {
        Some(label) => Err(Problem::usage(format!("flags: they contradict each other about {label}"))
            .hint("Set one of them, and remove the other in a second call.")),
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
                return Err(Problem::usage("flags: \\Draft can be neither set nor removed")
                    .hint("Create a draft instead; sending or deleting it ends it."));
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
    fn blanks_and_commas_separate_and_neither_case_nor_backslash_matters() {
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
    fn flags_without_a_counterpart_are_named_as_ignored() {
        let change = set("\\Answered \\Recent $Forwarded $mdnsent \\Seen");
        assert_eq!(change.ignored, ["\\Answered", "\\Recent", "$Forwarded", "$mdnsent"]);
        assert_eq!(change.remove, ["UNREAD"]);
    }

    #[test]
    fn other_words_are_labels_as_they_were_written() {
        let change = set("Work/Invoices Label_12 Ärger Work/Invoices");
        assert_eq!(change.user, ["Work/Invoices", "Label_12", "Ärger"]);
        assert!(change.add.is_empty() && change.ignored.is_empty());
    }

    #[test]
    fn what_cannot_be_done_is_a_usage_error() {
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
