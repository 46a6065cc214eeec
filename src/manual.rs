//! Shows the manual page in the pager of man(1).

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Shows a page in the ROFF format, and waits until the person has read it. Returns false where that is impossible.
pub(crate) fn show(page: &str) -> bool {
    // man reads the keyboard from the terminal itself.
    let started = Command::new("man").args(["-l", "-"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut man) = started else { return false };
    // If the person leaves the pager early, the rest is not read.
    let written = man.stdin.take().map(|mut input| input.write_all(page.as_bytes()));
    man.wait().is_ok_and(|status| status.success()) && written.is_some()
}
