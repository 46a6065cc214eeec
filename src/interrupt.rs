//! Ctrl-C while another program has the terminal: the pager, the editor, man. It belongs to that program, and would
//! otherwise end this process before it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{consts::SIGINT, flag::register_conditional_default};

/// Runs `work`, in which Ctrl-C does not end this process; afterwards it does again. A handler that was registered stays
/// for the rest of the process, so there is only one.
pub(crate) fn left_to_child<T>(work: impl FnOnce() -> T) -> T {
    static ENDS: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let ends = ENDS.get_or_init(|| {
        let ends = Arc::new(AtomicBool::new(false));
        let _ = register_conditional_default(SIGINT, Arc::clone(&ends));
        ends
    });
    ends.store(false, Ordering::SeqCst);
    let result = work();
    ends.store(true, Ordering::SeqCst);
    result
}
