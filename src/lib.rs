//! Gmail for agents, scripts and cron: one process, one operation.
//!
//! The library exists for the binary, the tests and the sandbox example. Its API is [`run`] and nothing else.

use std::{ffi::OsString, process::ExitCode};

mod clock;
mod gmail;
mod policy;
mod problem;
mod secret;

pub fn run(_args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::SUCCESS
}
