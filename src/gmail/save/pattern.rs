//! The names of files that are saved from many messages, made from what is known of each.

use jiff::tz::TimeZone;

use super::safe_name;
use crate::address::parse_header;

/// Characters of a subject in a name.
const SUBJECT: usize = 60;

/// What a name can be made from.
const PLACEHOLDERS: [&str; 9] = ["date", "time", "from", "subject", "name", "stem", "ext", "uid", "number"];

/// A name with placeholders: `{date}-{from}-{name}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Of(&'static str),
}

/// A file in a message, as far as its name can tell.
pub(crate) struct Named<'n> {
    pub(crate) uid: &'n str,
    /// The header From.
    pub(crate) from: &'n str,
    pub(crate) subject: &'n str,
    /// When Google received the message, in epoch milliseconds.
    pub(crate) received: Option<i64>,
    pub(crate) filename: &'n str,
    /// Its number among the files of the message, counted from 1.
    pub(crate) number: usize,
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Pattern, String> {
        if text.contains(['/', '\\']) {
            return Err("names a directory: files are saved in one directory".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("has a { without a }")?;
            let known = PLACEHOLDERS.iter().find(|known| **known == name);
            let known =
                known.ok_or_else(|| format!("has no {{{name}}}: use {{{}}}", PLACEHOLDERS.join("}, {")))?;
            pieces.extend((!before.is_empty()).then(|| Piece::Text(before.to_owned())));
            pieces.push(Piece::Of(known));
            rest = after;
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Text(rest.to_owned())));
        let has = |name: &str| {
            pieces.contains(&Piece::Of(match name {
                "name" => "name",
                _ => "ext",
            }))
        };
        if !has("name") && !has("ext") {
            // Programs tell files by their endings.
            pieces.push(Piece::Of("ext"));
        }
        Ok(Pattern { pieces })
    }

    /// The name of a file: safe, and in one directory.
    pub(crate) fn name(&self, of: &Named<'_>) -> String {
        let mut name = String::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Text(text) => name.push_str(text),
                Piece::Of("ext") => {
                    let ending = extension(of.filename);
                    // At the end without a dot before it, it is added with one.
                    let is_added = at + 1 == self.pieces.len() && !name.ends_with('.');
                    name.push_str(if is_added && !ending.is_empty() { "." } else { "" });
                    name.push_str(ending);
                }
                Piece::Of(what) => name.push_str(&value(what, of)),
            }
        }
        safe_name(&name)
    }
}

fn extension(filename: &str) -> &str {
    filename.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ending)| ending)
}

fn value(what: &str, of: &Named<'_>) -> String {
    let received = || {
        let time = jiff::Timestamp::from_millisecond(of.received?).ok()?;
        Some(TimeZone::system().to_datetime(time))
    };
    match what {
        "date" => received().map_or_else(|| "undated".to_owned(), |time| time.date().to_string()),
        "time" => received().map_or_else(String::new, |time| time.strftime("%H%M%S").to_string()),
        "from" => parse_header(of.from).first().map_or_else(|| "unknown".to_owned(), |from| from.email()),
        "subject" => of.subject.chars().take(SUBJECT).collect(),
        "stem" => {
            let ending = extension(of.filename);
            of.filename.strip_suffix(ending).unwrap_or(of.filename).trim_end_matches('.').to_owned()
        }
        "uid" => of.uid.to_owned(),
        "number" => of.number.to_string(),
        _ => of.filename.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(pattern: &str, filename: &str) -> String {
        let named = Named {
            uid: "18c9",
            from: "Bob <Bob@example.org>",
            subject: "Invoice 7/2026\u{202e}: final",
            received: Some(1_795_000_000_000),
            filename,
            number: 2,
        };
        Pattern::parse(pattern).unwrap().name(&named)
    }

    #[test]
    fn a_name_has_what_the_pattern_names() {
        assert_eq!(name("{uid}-{from}-{name}", "a.pdf"), "18c9-Bob@example.org-a.pdf");
        assert_eq!(name("{stem}_{number}.{ext}", "a.tar.gz"), "a.tar_2.gz");
        assert_eq!(name("{uid}", "a.pdf"), "18c9.pdf", "the ending stays");
        assert_eq!(name("{uid}", "README"), "18c9");
        assert_eq!(name("{subject}", "a.pdf"), "Invoice 7_2026_ final.pdf");
        assert_eq!(name("{date}-{name}", "a.pdf").len(), "2026-11-18-a.pdf".len());
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(name("{name}", "../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(name("{stem}", ".bashrc"), "bashrc");
        assert_eq!(name("--{name}", "x"), "_-x");
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_said() {
        for (pattern, said) in [("{nam}", "use {date}"), ("a/{name}", "directory"), ("{name", "without a }")]
        {
            assert!(Pattern::parse(pattern).unwrap_err().contains(said), "{pattern}");
        }
    }
}
