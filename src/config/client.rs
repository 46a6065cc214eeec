//! What the environment says about Claude Code, which runs our commands: where it keeps its settings and skills.

use std::path::{Path, PathBuf};

use super::{Config, Environment, paths, with_tilde};
use crate::problem::{Problem, Result};

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
}

impl Config {
    /// The directory that a sandbox must allow to be written, as people write it.
    pub(crate) fn written_directory(&self) -> Result<String> {
        let cache = self.cache_directory()?;
        let above = cache.parent().filter(|_| cache.ends_with(".mcs/cache"));
        Ok(with_tilde(above.unwrap_or(&cache), &self.environment))
    }
}
