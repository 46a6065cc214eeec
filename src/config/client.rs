//! What the environment says about Claude Code, which runs our commands: where it keeps its settings and skills, and
//! whether its sandbox is around this process.

use std::path::{Path, PathBuf};

use super::{Config, Environment, paths, with_tilde};
use crate::problem::{Problem, Result};

/// The cause of problems with a cache that cannot be written, in the table of causes.
const NOT_WRITABLE: &str = "cache_not_writable";

impl Environment {
    /// The directory of Claude Code with settings and skills: `CLAUDE_CONFIG_DIR`, or else `~/.claude`.
    pub(crate) fn client_directory(&self) -> Result<PathBuf> {
        match self.bytes("CLAUDE_CONFIG_DIR") {
            Some(given) => paths::absolute(given, "CLAUDE_CONFIG_DIR", self),
            None => Ok(paths::home(self)?.ok_or_else(paths::no_home)?.join(".claude")),
        }
    }

    /// A path on the command line.
    pub(crate) fn typed_path(&self, given: &Path, option: &str) -> Result<PathBuf> {
        let path = paths::typed(given, option, self)?;
        std::path::absolute(&path)
            .map_err(|e| Problem::usage(format!("{option}: {e}")).hint("Give the path of a directory."))
    }

    /// Whether the sandbox of Claude Code on the user's machine may be what forbids something. Its variables are those of
    /// the published sandbox-runtime and of the client's shell; in the cloud there are no settings to change.
    fn is_in_client(&self) -> bool {
        let is_set = |name: &&str| self.bytes(name).is_some();
        let of_cloud = ["CLAUDE_CODE_REMOTE", "IS_SANDBOX"];
        ["SANDBOX_RUNTIME", "CLAUDECODE"].iter().any(is_set) && !of_cloud.iter().any(is_set)
    }
}

impl Config {
    /// The directory that a sandbox must allow to be written, as people write it.
    pub(crate) fn written_directory(&self) -> Result<String> {
        // Not the directory above it, which has the configuration with its policy.
        Ok(with_tilde(&self.cache_directory()?, &self.environment))
    }

    /// The same problem; if it is a cache that the client's sandbox does not let us write, with its fix.
    pub(crate) fn advised(&self, problem: Problem) -> Problem {
        let directory = self.written_directory();
        let Some(directory) = directory.ok().filter(|_| problem.cause() == Some(NOT_WRITABLE)) else {
            return problem;
        };
        if !self.environment.is_in_client() {
            return problem;
        }
        problem.hint(format!(
            "Add \"{directory}\" to sandbox.filesystem.allowWrite in ~/.claude/settings.json, or set MCS_CACHE_DIR (or the key cache_dir) to a directory that can be written to."
        ))
    }
}
