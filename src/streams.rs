//! Which standard streams the process was started with, and at which terminal.
//!
//! Rust's runtime opens /dev/null in place of a closed stream, and its streams take EBADF for success. After that a
//! closed stdout looks like one that is discarded on purpose: Python and Node open /dev/null in the same way for that.
//! So a constructor looks at both streams before `main`. On Windows nothing is known, and every stream counts as open.

use std::sync::atomic::{AtomicBool, Ordering};

static NO_STDIN: AtomicBool = AtomicBool::new(false);
static NO_STDOUT: AtomicBool = AtomicBool::new(false);

/// Whether stdin was closed at the start, or cannot be read.
pub(crate) fn stdin_is_missing() -> bool {
    NO_STDIN.load(Ordering::Relaxed)
}

/// Whether stdout was closed at the start, or cannot be written.
pub(crate) fn stdout_is_missing() -> bool {
    NO_STDOUT.load(Ordering::Relaxed)
}

/// Whether stdout is a pipe whose reader has gone. What was written last may then be lost with it.
#[cfg(unix)]
pub(crate) fn stdout_lost_its_reader() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = rustix::stdio::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok() && watched[0].revents().contains(PollFlags::ERR)
}

/// Nothing is known of the readers of pipes.
#[cfg(not(unix))]
pub(crate) fn stdout_lost_its_reader() -> bool {
    false
}

/// Names the terminal that shows stdout, if it is one.
#[cfg(unix)]
pub(crate) fn terminal_of_stdout() -> Option<String> {
    terminal_name(&device(rustix::stdio::stdout())?)
}

/// Names the terminal at which a person typed the command: stdin, and stdout or stderr, are that terminal.
#[cfg(unix)]
pub(crate) fn terminal_of_stdin() -> Option<String> {
    let input = device(rustix::stdio::stdin())?;
    let outputs = [device(rustix::stdio::stdout()), device(rustix::stdio::stderr())];
    outputs.contains(&Some(input.clone())).then(|| terminal_name(&input)).flatten()
}

/// The number of a terminal's device.
#[cfg(unix)]
fn device(stream: rustix::fd::BorrowedFd<'_>) -> Option<String> {
    let number = rustix::fs::fstat(stream).ok()?.st_rdev;
    rustix::termios::isatty(stream).then(|| number.to_string())
}

/// The machine, the device and the session. A new session at the same device is another terminal.
#[cfg(unix)]
fn terminal_name(device: &str) -> Option<String> {
    let machine = rustix::system::uname();
    Some(format!("{}:{device}:{}", machine.nodename().to_string_lossy(), session()?))
}

/// The id of this session. In a PID namespace whose session began outside it is 0, which the library does not expect.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn session() -> Option<i32> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in parentheses: state, parent, group, session (proc_pid_stat(5)).
    let (_, after) = status.rsplit_once(')')?;
    after.split_whitespace().nth(3)?.parse().ok().filter(|session| *session > 0)
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn session() -> Option<i32> {
    rustix::process::getsid(None).ok().map(|session| session.as_raw_nonzero().get())
}

/// The terminals of this system have no names here.
#[cfg(not(unix))]
pub(crate) fn terminal_of_stdout() -> Option<String> {
    None
}

#[cfg(not(unix))]
pub(crate) fn terminal_of_stdin() -> Option<String> {
    None
}

/// It makes two system calls and uses nothing that the runtime sets up.
#[cfg(unix)]
#[ctor::ctor]
fn look() {
    use rustix::{fs::OFlags, stdio};
    let lacks = |stream, mode: OFlags| {
        let flags = rustix::fs::fcntl_getfl(stream);
        flags.map_or(true, |flags| ![mode, OFlags::RDWR].contains(&(flags & OFlags::RWMODE)))
    };
    NO_STDIN.store(lacks(stdio::stdin(), OFlags::RDONLY), Ordering::Relaxed);
    NO_STDOUT.store(lacks(stdio::stdout(), OFlags::WRONLY), Ordering::Relaxed);
}
