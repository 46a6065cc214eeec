//! What a person sees of work that takes longer than a second: one line that is drawn again, and one that stays where a
//! terminal cannot draw. It appears by itself, also while a request is waited for.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::one_line;

/// Shorter work is not remarked on.
const DELAY: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody sees it.
    Nothing,
    /// One line, once, on a terminal that cannot draw.
    Line,
    /// A line that is drawn again.
    Spinner,
}

pub(super) struct Progress {
    kind: Kind,
    running: RefCell<Option<Running>>,
    /// Whether the one line was printed.
    told: Arc<AtomicBool>,
    /// The result itself appears on the terminal.
    muted: Cell<bool>,
}

struct Running {
    bar: ProgressBar,
    /// What is being done, as far as the work has said so.
    doing: String,
    /// Dropped when the work ends.
    ended: Option<Sender<()>>,
    watch: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn new(kind: Kind) -> Progress {
        Progress { kind, running: RefCell::default(), told: Arc::default(), muted: Cell::new(false) }
    }

    /// A request is sent to this host.
    pub(super) fn waiting(&self, host: &str) {
        self.with(|running, _| {
            let doing = running.doing.clone();
            running.bar.set_message(if doing.is_empty() { format!("waiting for {host}") } else { doing });
        });
    }

    /// The work has come this far.
    pub(super) fn say(&self, message: &str) {
        self.with(|running, _| {
            running.doing = one_line(message);
            running.bar.set_message(running.doing.clone());
        });
    }

    /// Nothing happens until a request is made again. This is certain to take a while, so it is shown at once.
    pub(super) fn pausing(&self, reason: &str, wait: Duration) {
        if wait < DELAY {
            return;
        }
        self.with(|running, this| {
            let pause = format!("{reason}, trying again in {} s", wait.as_secs_f64().ceil());
            running.bar.set_message(match running.doing.as_str() {
                "" => pause,
                doing => format!("{doing} ({pause})"),
            });
            running.end_watch();
            appear(&running.bar, this.kind, &this.told);
        });
    }

    /// Removes it from the terminal.
    pub(super) fn stop(&self) {
        if let Some(mut running) = self.running.borrow_mut().take() {
            running.end_watch();
            running.bar.finish_and_clear();
        }
    }

    /// Removes it for good, because the result appears on the same terminal.
    pub(super) fn mute(&self) {
        self.muted.set(true);
        self.stop();
    }

    /// Writes to the terminal while it is not there.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &*self.running.borrow() {
            Some(running) => running.bar.suspend(write),
            None => write(),
        }
    }

    fn with(&self, change: impl FnOnce(&mut Running, &Progress)) {
        if self.kind == Kind::Nothing || self.muted.get() {
            return;
        }
        let mut slot = self.running.borrow_mut();
        change(slot.get_or_insert_with(|| Running::new(self.kind, self.told.clone())), self);
    }
}

impl Running {
    fn new(kind: Kind, told: Arc<AtomicBool>) -> Running {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        let (ended, end) = channel::<()>();
        let watched = bar.clone();
        let watch = std::thread::spawn(move || {
            if end.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                appear(&watched, kind, &told);
            }
        });
        Running { bar, doing: String::new(), ended: Some(ended), watch: Some(watch) }
    }

    /// From now on it does not appear by itself.
    fn end_watch(&mut self) {
        drop(self.ended.take());
        if let Some(watch) = self.watch.take() {
            let _ = watch.join();
        }
    }
}

fn appear(bar: &ProgressBar, kind: Kind, told: &AtomicBool) {
    if kind == Kind::Spinner {
        // A second target would leave the line of the first one behind.
        if bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        }
    } else if !told.swap(true, Ordering::Relaxed) {
        // A failure cannot be reported anywhere.
        let _ = writeln!(io::stderr().lock(), "{} ...", bar.message());
    }
}
