//! Who is told what happens on the way: warnings, the lines of `--debug`, progress.

/// Told by the layers below; the console is the one that prints.
pub(crate) trait Observer {
    /// Something that is not a failure, but that a person should know.
    fn warn(&self, line: &str);
    /// One line of `--debug`; never given a secret.
    fn debug(&self, line: &str);
    /// How far something long has come, for a person at a terminal.
    fn progress(&self, _line: &str) {}
}
