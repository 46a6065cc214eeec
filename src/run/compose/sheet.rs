//! What a person edits: a head with the addresses, the subject and the files, an empty line, and the text.

use crate::{
    address::Address,
    gmail::shown::Shown,
    problem::{Problem, Result},
};

/// The names of the head, in the order in which they are shown.
const NAMES: [&str; 7] = ["From", "To", "Cc", "Bcc", "Reply-To", "Subject", "Attach"];
/// Those that are shown although they are empty.
const OFFERED: [&str; 4] = ["To", "Cc", "Bcc", "Subject"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) cc: String,
    pub(super) bcc: String,
    pub(super) reply_to: String,
    pub(super) subject: String,
    pub(super) attach: Vec<String>,
    pub(super) body: String,
}

impl Sheet {
    /// A message that was composed, such as a reply with its quotation.
    pub(super) fn of(message: &Shown) -> Sheet {
        let list =
            |addresses: &[Address]| addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
        let head = &message.head;
        Sheet {
            to: list(&head.to),
            cc: list(&head.cc),
            bcc: list(&head.bcc),
            reply_to: list(&head.reply_to),
            subject: head.subject.clone(),
            body: message.text.trim_end().to_owned(),
            ..Sheet::default()
        }
    }

    /// The values of a name in the head.
    fn values(&self, name: &str) -> Vec<&str> {
        let one = match name {
            "From" => &self.from,
            "To" => &self.to,
            "Cc" => &self.cc,
            "Bcc" => &self.bcc,
            "Reply-To" => &self.reply_to,
            "Subject" => &self.subject,
            _ => return self.attach.iter().map(String::as_str).collect(),
        };
        vec![one]
    }

    /// The text for the editor, with these remarks above it.
    pub(super) fn text(&self, remarks: &[String]) -> String {
        let mut text: String = remarks.iter().map(|remark| format!("# {remark}\n")).collect();
        for name in NAMES {
            for value in self.values(name) {
                if !value.is_empty() || OFFERED.contains(&name) {
                    text.push_str(format!("{name}: {value}").trim_end());
                    text.push('\n');
                }
            }
        }
        format!("{text}\n{}\n", self.body)
    }

    /// Reads what was edited.
    pub(super) fn parse(text: &str) -> Result<Sheet> {
        let text = text.replace("\r\n", "\n");
        let (head, body) = parts(&text);
        let mut sheet = Sheet { body: body.trim_end().to_owned(), ..Sheet::default() };
        let mut lines: Vec<String> = Vec::new();
        for line in head.lines().filter(|line| !line.starts_with('#')) {
            match lines.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
                Some(last) => last.push_str(&format!(" {}", line.trim())),
                None => lines.push(line.to_owned()),
            }
        }
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            let (name, value) = line.split_once(':').ok_or_else(|| unknown(line))?;
            let name = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name.trim()));
            let value = value.trim().to_owned();
            let place = match *name.ok_or_else(|| unknown(line))? {
                "From" => &mut sheet.from,
                "To" => &mut sheet.to,
                "Cc" => &mut sheet.cc,
                "Bcc" => &mut sheet.bcc,
                "Reply-To" => &mut sheet.reply_to,
                "Subject" => &mut sheet.subject,
                _ => {
                    sheet.attach.extend(Some(value).filter(|path| !path.is_empty()));
                    continue;
                }
            };
            match (place.is_empty(), value.is_empty()) {
                (_, true) => {}
                (true, false) => *place = value,
                (false, false) => *place = format!("{place}, {value}"),
            }
        }
        Ok(sheet)
    }
}

/// The head and the body. An empty line among the names of the head does not end it: it slips in easily.
fn parts(text: &str) -> (&str, &str) {
    let name_of = |line: &str| {
        let name = line.split_once(':').map(|(name, _)| name.trim().to_owned());
        name.filter(|name| NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)))
    };
    let mut seen: Vec<String> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = text[at..].lines().next().unwrap_or_default();
        let next = text[at + line.len()..].trim_start_matches('\n').lines().next().unwrap_or_default();
        let is_new = |name: String| !seen.iter().any(|known| known.eq_ignore_ascii_case(&name));
        if line.is_empty() && !name_of(next).is_some_and(is_new) {
            return (&text[..at], text[at..].strip_prefix('\n').unwrap_or_default());
        }
        seen.extend(name_of(line));
        at += line.len() + 1;
    }
    (text, "")
}

fn unknown(line: &str) -> Problem {
    let line: String = line.chars().take(60).collect();
    Problem::usage(format!("the head of the message has an unknown line: \"{line}\"")).hint(format!(
        "Begin each line above the first empty line with one of {}, or with #.",
        NAMES.map(|name| format!("{name}:")).join(" ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_edited_is_read_as_it_was() {
        let sheet = Sheet {
            to: "Bob <bob@example.org>, carol@example.org".to_owned(),
            subject: "Re: Lunch: at noon".to_owned(),
            attach: vec!["a b.pdf".to_owned(), "c.txt".to_owned()],
            body: "Hello\n\nTo: you\n# no remark".to_owned(),
            ..Sheet::default()
        };
        assert_eq!(Sheet::parse(&sheet.text(&["A remark.".to_owned()])).unwrap(), sheet);
        let text = Sheet::default().text(&[]);
        assert_eq!(text, "To:\nCc:\nBcc:\nSubject:\n\n\n");
        assert_eq!(Sheet::parse(&text).unwrap(), Sheet::default());
    }

    #[test]
    fn the_head_is_read_as_people_write_it() {
        let text =
            "to: a@example.org,\r\n  b@example.org\r\nCC:c@example.org\r\nTo: d@example.org\r\n\r\nHi\r\n";
        let sheet = Sheet::parse(text).unwrap();
        assert_eq!(sheet.to, "a@example.org, b@example.org, d@example.org");
        assert_eq!((sheet.cc.as_str(), sheet.body.as_str()), ("c@example.org", "Hi"));
        assert_eq!(Sheet::parse("\nonly text\n").unwrap().body, "only text");
        let sheet = Sheet::parse("To: a@example.org\n\nCc:\nSubject: x\n\nTo: all\n").unwrap();
        assert_eq!((sheet.subject.as_str(), sheet.body.as_str()), ("x", "To: all"));
        assert!(Sheet::parse("Hello Bob,\n\nhow are you?").is_err());
        assert!(Sheet::parse("X-Other: y\n\nz").is_err());
    }
}
