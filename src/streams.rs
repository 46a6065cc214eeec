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

/// Names the terminal of stdin and stdout, if they are the same: the machine, the device and the session, each in
/// numbers. A new session at the same device is another terminal.
#[cfg(unix)]
pub(crate) fn terminal_name() -> Option<String> {
    let device = |stream| rustix::fs::fstat(stream).ok().map(|stat| stat.st_rdev);
    let (input, output) = (rustix::stdio::stdin(), rustix::stdio::stdout());
    if !rustix::termios::isatty(input) || device(input)? != device(output)? {
        return None;
    }
    let session = rustix::process::getsid(None).ok()?;
    let machine = rustix::system::uname();
    Some(format!(
        "{}:{:x}:{}",
        machine.nodename().to_string_lossy(),
        device(output)?,
        session.as_raw_nonzero()
    ))
}

/// The terminals of this system have no names here.
#[cfg(not(unix))]
pub(crate) fn terminal_name() -> Option<String> {
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
