//! Shows the manual page in the pager of man(1) or mandoc(1), or as plain text where neither is installed.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// What shows a page from stdin: man of man-db, and mandoc, which macOS and the BSDs have.
const READERS: [(&str, &[&str]); 2] = [("man", &["-l", "-"]), ("mandoc", &["-a"])];

/// Shows a page in the ROFF format, and waits until the person has read it. Returns false where that is impossible.
pub(crate) fn show(page: &str) -> bool {
    READERS.iter().any(|(program, arguments)| show_with(program, arguments, page))
}

fn show_with(program: &str, arguments: &[&str], page: &str) -> bool {
    // The pager reads the keyboard from the terminal itself.
    let started = Command::new(program).args(arguments).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut man) = started else { return false };
    let shown = || {
        // If the person leaves the pager early, the rest is not read.
        let written = man.stdin.take().map(|mut input| input.write_all(page.as_bytes()));
        man.wait().is_ok_and(|status| status.success()) && written.is_some()
    };
    #[cfg(unix)]
    return crate::interrupt::left_to_child(shown);
    #[cfg(not(unix))]
    shown()
}

/// The page without its formatting. It knows what `build.rs` writes, and no more of ROFF.
pub(crate) fn plain(page: &str) -> String {
    let mut text = String::new();
    for line in page
        .lines()
        .filter(|line| !line.starts_with(".\\\"") && !line.starts_with(".ie") && !line.starts_with(".el"))
    {
        match line.strip_prefix('.').map(|request| request.split_once(' ').unwrap_or((request, ""))) {
            Some(("SH", title)) => text.push_str(&format!("\n{}\n", title.trim_matches('"'))),
            Some(("SS", title)) => text.push_str(&format!("\n  {}\n", title.trim_matches('"'))),
            Some(("TP" | "PP", _)) => text.push('\n'),
            Some(_) => {}
            None => text.push_str(&format!("    {}\n", unescaped(line))),
        }
    }
    format!("{}\n", unescaped(text.trim()))
}

fn unescaped(line: &str) -> String {
    let mut text = line.to_owned();
    for (escape, meaning) in [
        ("\\fB", ""),
        ("\\fI", ""),
        ("\\fR", ""),
        ("\\*(Aq", "'"),
        ("\\(aq", "'"),
        ("\\&", ""),
        ("\\-", "-"),
        ("\\\\", "\\"),
    ] {
        text = text.replace(escape, meaning);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_can_be_read_without_a_formatter() {
        let text = plain(crate::reference::MAN);
        for part in [
            "NAME\n",
            "\n  draft create\n",
            "--subject TEXT",
            "EXIT STATUS",
            "'from:alice is:unread newer_than:7d'",
            "\\Flagged",
        ] {
            assert!(text.contains(part), "{part}");
        }
        let rest =
            text.lines().find(|line| line.starts_with('.') || line.contains("\\f") || line.contains("\\-"));
        assert_eq!(rest, None);
    }
}
