//! What the subject of a mail says about the text below the sender's own: it is answered, or it is passed on.

use super::words;

/// Why a mail repeats an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It answers the older mail, which is its history.
    Reply,
    /// It passes the older mail on, which is what the mail is about.
    Forward,
    Unknown,
}

impl Purpose {
    /// The outermost prefix decides: `Re: FW: plan` is a reply. `answers` is whether the mail names one that it answers.
    pub(crate) fn of(subject: &str, answers: bool) -> Purpose {
        let subject = without_tags(subject.trim());
        let forwarded = subject.to_lowercase().ends_with("(fwd)").then_some(Purpose::Forward);
        match prefix(subject).and_then(words::purpose_of).or(forwarded) {
            Some(purpose) => purpose,
            None if answers => Purpose::Reply,
            None => Purpose::Unknown,
        }
    }
}

/// The subject without the tags of lists and gateways before it, and without the bracket of `[Fwd: plan]`.
fn without_tags(mut subject: &str) -> &str {
    while let Some(rest) = subject.strip_prefix(['[', '【']) {
        match rest.split_once([']', '】']) {
            Some((tag, after)) if !tag.contains([':', '：']) => subject = after.trim_start(),
            _ => return rest,
        }
    }
    subject
}

/// What stands before the first colon, without a count as in `FW[2]:` or `Re(3):`.
fn prefix(subject: &str) -> Option<&str> {
    let (end, _) = subject.char_indices().take(20).find(|(_, c)| matches!(c, ':' | '：'))?;
    let is_count = |c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | '^' | '*' | '.' | ' ');
    Some(subject[..end].trim_end_matches(is_count).trim())
}
