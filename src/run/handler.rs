//! `new --exec`: a command of the user for each message, which gets it as JSON on stdin.

use std::{
    io::{ErrorKind, Write},
    process::{Command, Stdio},
};

use crate::problem::{Code, Problem, Result};

/// Runs the command through the shell, in the environment and with the streams of this process. An error if it does not
/// succeed.
pub(super) fn run(command: &str, id: &str, row: &str) -> Result<()> {
    let failed = |what: String| {
        Problem::new(Code::Failed, format!("{what}, at message {id}"))
            .hint("The cursor stays before this message: the next run begins with it.")
            .detail("id", id)
    };
    let mut child = shell(command)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|e| failed(format!("cannot run the command of --exec: {e}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(row.as_bytes()).and_then(|()| stdin.write_all(b"\n")) {
            // A command need not read the message.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("cannot pass the message to the command of --exec: {e}")));
            }
            _ => {}
        }
    }
    let status = child.wait().map_err(|e| failed(format!("cannot wait for the command of --exec: {e}")))?;
    if status.success() { Ok(()) } else { Err(failed(format!("the command of --exec failed ({status})"))) }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.args(["/C", command]);
    shell
}
