//! Shows a text in the user's pager. A pager that was closed is a success, and one that does not exist no failure: the
//! text then goes to stdout.

use std::{
    ffi::{OsStr, OsString},
    io::{ErrorKind, Write},
    process::{Command, Stdio},
};

/// The exit codes of a shell that cannot run a command (POSIX 2.8.2).
const NOT_RUN: [i32; 2] = [126, 127];
/// less, if it is installed.
const USUAL: &str = "command -v less >/dev/null 2>&1 || exit 127; exec less";

/// What the environment says about the pager.
#[derive(Clone, Debug, Default)]
pub(crate) struct PagerSetting {
    /// `MCS_GMAIL_PAGER`, or else `PAGER`; an empty one means that there is none.
    pub(crate) command: Option<OsString>,
    /// Whether `LESS` is set.
    pub(crate) has_options: bool,
}

impl PagerSetting {
    /// The command line for a shell; `None` if nothing is to be paged.
    fn line(&self) -> Option<OsString> {
        match &self.command {
            None => Some(USUAL.into()),
            Some(command) if is_none(command) => None,
            Some(command) => Some(command.clone()),
        }
    }

    /// Shows the text. Returns false if there is no pager, so that nothing was shown.
    #[cfg(unix)]
    pub(super) fn show(&self, text: &str) -> bool {
        let Some(line) = self.line() else { return false };
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).stdin(Stdio::piped());
        if !self.has_options {
            // It ends if one screen is enough, passes colours on, and leaves the text on the terminal; as git has it.
            command.env("LESS", "FRX");
        }
        // Ctrl-C stops a search in the pager.
        crate::interrupt::left_to_child(|| run(&mut command, text))
    }

    #[cfg(not(unix))]
    pub(super) fn show(&self, text: &str) -> bool {
        let command = self.command.as_ref().filter(|command| !is_none(command));
        command.is_some_and(|program| run(Command::new(program).stdin(Stdio::piped()), text))
    }
}

fn run(command: &mut Command, text: &str) -> bool {
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut input) = child.stdin.take()
        && let Err(e) = input.write_all(text.as_bytes())
        && e.kind() != ErrorKind::BrokenPipe
    {
        let _ = child.kill();
    }
    child.wait().is_ok_and(|status| !status.code().is_some_and(|code| NOT_RUN.contains(&code)))
}

fn is_none(command: &OsStr) -> bool {
    command.to_str().is_some_and(|text| matches!(text.trim(), "" | "cat"))
}
