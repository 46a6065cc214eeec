//! The terminal on stdin while a person types a secret: nothing is shown.
//!
//! Ctrl-C ends the line instead of the process, which would leave the terminal without echo; it is then passed on.

use std::io;

/// The character of Ctrl-C.
pub(super) const INTERRUPT: u8 = 3;

/// What the terminal was set to.
#[cfg(unix)]
pub(super) struct Hidden(rustix::termios::Termios);

#[cfg(unix)]
pub(super) fn hide() -> io::Result<Hidden> {
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
    let before = tcgetattr(rustix::stdio::stdin())?;
    let mut hidden = before.clone();
    hidden.local_modes -= LocalModes::ECHO | LocalModes::ISIG;
    hidden.local_modes |= LocalModes::ICANON | LocalModes::ECHONL;
    hidden.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &hidden)?;
    Ok(Hidden(before))
}

#[cfg(unix)]
impl Hidden {
    pub(super) fn show(self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // It cannot fail where it has just succeeded, and nothing could be done about it.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Ends this process as Ctrl-C does.
#[cfg(unix)]
pub(super) fn interrupt() {
    use rustix::process::{Signal, getpid, kill_process};
    let _ = kill_process(getpid(), Signal::INT);
}

#[cfg(not(unix))]
pub(super) struct Hidden;

#[cfg(not(unix))]
pub(super) fn hide() -> io::Result<Hidden> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
impl Hidden {
    pub(super) fn show(self) {}
}

#[cfg(not(unix))]
pub(super) fn interrupt() {}
