//! Receives what happens during a run: warnings, the lines of `--debug`, progress.

use std::time::Duration;

use serde_json::Value;

use crate::phrase::Phrase;

/// Called by the lower layers; the console implements it and prints.
pub(crate) trait Observer {
    /// Something that is not a failure but that a person should know.
    fn warn(&self, line: &str);
    /// One line of `--debug`. It must not contain a secret.
    fn debug(&self, line: &str);
    /// Whether `debug` also receives the headers and bodies of requests, without secrets.
    fn wants_wire(&self) -> bool {
        false
    }
    /// A remark on the result, with what it says as members.
    fn note(&self, _note: &Phrase, _members: &[(&str, Value)]) {}
    /// The progress of a long operation, for a person at a terminal.
    fn progress(&self, _line: &str) {}
    /// How many of these things are done, of all if that is known.
    fn count(&self, _doing: &str, _done: usize, _all: Option<usize>, _things: &str) {}
    /// A request is sent to this host, which may take a while.
    fn waiting(&self, _host: &str) {}
    /// Nothing happens for this long, for this reason; then a request is made again.
    fn pausing(&self, _reason: &str, _wait: Duration) {}
}
