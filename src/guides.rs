//! The guides for people, which `help TOPIC` prints, and the explanation of one error code or cause.
//!
//! The texts are those of `skill/references`, so that a person who has only the binary has them, too.

use crate::{
    problem::Code,
    spec::{Area, CAUSES, Cause, EXITS, FILES, KEYS, POINTS, Point, VARIABLES},
};

/// A guide: its name for `help`, one line about it, and its text in Markdown.
pub(crate) struct Guide {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    text: Text,
}

enum Text {
    Fixed(&'static str),
    Generated(fn() -> String),
    /// Not Markdown, but lines that are shown as they are.
    Plain(fn() -> String),
}

impl Guide {
    pub(crate) fn is_markdown(&self) -> bool {
        !matches!(self.text, Text::Plain(_))
    }

    pub(crate) fn text(&self) -> String {
        match self.text {
            Text::Fixed(text) => text.to_owned(),
            Text::Generated(text) | Text::Plain(text) => text(),
        }
    }
}

pub(crate) const GUIDES: &[Guide] = &[
    Guide {
        name: "setup",
        about: "The way from nothing to the first mail: Google Cloud, Auth0, broker, each host",
        text: Text::Fixed(include_str!("../skill/references/setup.md")),
    },
    Guide {
        name: "troubleshooting",
        about: "Error codes and causes, with the fix for each",
        text: Text::Generated(troubleshooting),
    },
    Guide {
        name: "recipes",
        about: "Cron, timers, digests, attachments, many mailboxes",
        text: Text::Fixed(include_str!("../skill/references/recipes.md")),
    },
    Guide {
        name: "migrating",
        about: "What stays and what changes for users of the Python skill",
        text: Text::Fixed(include_str!("../skill/references/migrating.md")),
    },
    Guide {
        name: "environment",
        about: "Variables and files that the program reads",
        text: Text::Plain(environment),
    },
    Guide { name: "exit-codes", about: "What each exit status means", text: Text::Plain(exit_codes) },
];

/// What `help` lists of this, each with one line about it.
pub(crate) const TOPICS: &[(&str, &str)] = &[
    (GUIDES[0].name, GUIDES[0].about),
    (GUIDES[1].name, GUIDES[1].about),
    (GUIDES[2].name, GUIDES[2].about),
    (GUIDES[3].name, GUIDES[3].about),
    (GUIDES[4].name, GUIDES[4].about),
    (GUIDES[5].name, GUIDES[5].about),
    ("ERROR", "Any error code, exit status or cause: its meaning and what to do"),
];

/// The guide with this name.
pub(crate) fn guide(name: &str) -> Option<&'static Guide> {
    GUIDES.iter().find(|guide| guide.name.eq_ignore_ascii_case(name))
}

/// What an error code, a cause, an exit status or a point of `doctor` means, and what to do. Upper and lower case are the same,
/// and so are blanks, `-` and `_`.
pub(crate) fn explain(name: &str) -> Option<String> {
    let plain = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let name = plain(name);
    let codes = Code::ALL.into_iter().filter(|c| c.name() == name || c.exit().to_string() == name);
    let mut parts: Vec<String> = codes.map(code_text).collect();
    let rows = CAUSES.iter().filter(|c| names(c).any(|n| plain(n) == name));
    parts.extend(rows.map(cause_text));
    if parts.is_empty() {
        let status = EXITS.iter().find(|(status, _)| status.to_string() == name);
        parts.extend(status.map(|(status, about)| format!("exit status {status}\n  {about}\n")));
    }
    parts.extend(POINTS.iter().filter(|point| plain(point.name) == name).map(point_text));
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Every name that [`explain`] knows, for suggestions and completions.
pub(crate) fn explained() -> impl Iterator<Item = &'static str> {
    let points = POINTS.iter().map(|point| point.name);
    Code::ALL.into_iter().map(Code::name).chain(CAUSES.iter().flat_map(names)).chain(points)
}

fn names(cause: &'static Cause) -> impl Iterator<Item = &'static str> {
    std::iter::once(cause.name).chain(cause.also.iter().copied())
}

fn point_text(point: &Point) -> String {
    let needs = if point.needs.is_empty() {
        String::new()
    } else {
        format!("  It is judged after {}.\n", point.needs.join(", "))
    };
    format!("{} (a point of mcs-gmail doctor)\n  ok means: {}\n{needs}", point.name, point.text)
}

fn code_text(code: Code) -> String {
    let retry = if code.retryable() { " The same command may succeed later." } else { "" };
    format!(
        "{} (exit status {})\n  {}{retry}\n  {}\n",
        code.name(),
        code.exit(),
        code.meaning(),
        code.advice()
    )
}

fn cause_text(cause: &'static Cause) -> String {
    let mut text = format!(
        "{}\n  Seen:  {}\n  Cause: {}\n  Fix:   {}\n",
        cause.name, cause.seen, cause.cause, cause.fix
    );
    if !cause.steps.is_empty() {
        text.push_str(&format!("  Steps: {} of mcs-gmail help setup\n", cause.steps.join(", ")));
    }
    text
}

/// `skill/references/troubleshooting.md`.
pub(crate) fn troubleshooting() -> String {
    let mut page = String::from(
        "# Troubleshooting\n\n\
         Generated by `mcs-gmail help troubleshooting`; do not edit.\n\n\
         Run `mcs-gmail doctor` first: it checks the whole set-up, changes nothing, and names the cause. Every error of\n\
         the program has a `code` and a `hint`; `mcs-gmail help NAME` prints the row of a code or a cause below.\n\n\
         To start fresh, run `mcs-gmail auth logout --disconnect`, then `mcs-gmail auth login`. It is never necessary to\n\
         delete the cache file. Steps such as A3 are those of [setup.md](setup.md).\n\n\
         ## Error codes\n\n| code | exit | meaning | what to do |\n|---|---|---|---|\n",
    );
    for code in Code::ALL {
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            code.name(),
            code.exit(),
            code.meaning(),
            code.advice()
        ));
    }
    for area in Area::ALL {
        page.push_str(&format!(
            "\n## {}\n\n| name | seen | cause | fix | steps |\n|---|---|---|---|---|\n",
            area.title()
        ));
        for cause in CAUSES.iter().filter(|c| c.area == area) {
            page.push_str(&format!(
                "| `{}` | {} | {} | {} | {} |\n",
                cause.name,
                cell(cause.seen),
                cell(cause.cause),
                cell(cause.fix),
                cause.steps.join(", ")
            ));
        }
    }
    page.push_str(
        "\n## Points of doctor\n\n\
         `mcs-gmail doctor` exits with 0 if nothing is at fault, with 10 if the configuration is, and with 1 for any other\n\
         fault. `unknown` is no fault: it says where to look for what cannot be seen from outside.\n",
    );
    page.push_str("\n| point | `ok` means |\n|---|---|\n");
    for point in POINTS {
        page.push_str(&format!("| `{}` | {} |\n", point.name, cell(point.text)));
    }
    page
}

fn environment() -> String {
    let mut text = String::from("Variables\n");
    for key in KEYS {
        let plain = key.plain.map(|name| format!(" or {name}")).unwrap_or_default();
        text.push_str(&format!("  MCS_GMAIL_{}{plain}\n      {}\n", key.name.to_uppercase(), key.text));
    }
    VARIABLES.iter().for_each(|(name, about)| text.push_str(&format!("  {name}\n      {about}\n")));
    text.push_str("\nFiles\n");
    FILES.iter().for_each(|(path, about)| text.push_str(&format!("  {path}\n      {about}\n")));
    text
}

fn exit_codes() -> String {
    let rows = EXITS.iter().map(|(status, about)| format!("{status:>4}  {about}\n"));
    format!("{}\nmcs-gmail help STATUS names its error codes.\n", rows.collect::<String>())
}

/// The text as a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_troubleshooting_is_up_to_date() {
        assert!(
            include_str!("../skill/references/troubleshooting.md") == troubleshooting(),
            "run: mcs-gmail help troubleshooting > skill/references/troubleshooting.md"
        );
    }

    #[test]
    fn every_step_of_a_cause_is_a_heading_of_the_set_up_guide() {
        let guide = guide("setup").unwrap().text();
        for cause in CAUSES {
            for step in cause.steps {
                assert!(guide.contains(&format!("\n### {step}. ")), "{}: {step}", cause.name);
            }
        }
    }

    #[test]
    fn the_list_of_exit_statuses_has_those_of_every_error_code() {
        for code in Code::ALL {
            assert!(EXITS.iter().any(|(status, _)| *status == code.exit()), "{}", code.name());
        }
    }

    #[test]
    fn help_lists_every_guide() {
        for guide in GUIDES {
            assert!(TOPICS.contains(&(guide.name, guide.about)), "{}", guide.name);
        }
    }

    #[test]
    fn names_of_causes_are_unique() {
        for cause in CAUSES {
            assert_eq!(CAUSES.iter().filter(|c| c.name == cause.name).count(), 1, "{}", cause.name);
        }
    }

    #[test]
    fn an_error_code_of_a_server_is_explained_with_every_cause() {
        let text = explain("federated_connection_refresh_token_not_found").unwrap();
        for part in ["not_found_after_connecting", "seven days", "Offline Access"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(explain("Rate-Limited").unwrap().starts_with("rate_limited (exit status 7)"));
        assert!(explain("10").unwrap().starts_with("configuration (exit status 10)"));
        assert!(explain("nonsense").is_none());
        for name in [
            "403 JSON",
            "403 HTML",
            "challenge loops",
            "cache not writable",
            "blocked egress",
            "Expired token",
        ] {
            assert!(explain(name).is_some(), "{name}");
        }
    }
}
