//! Circumstances that a system makes: mounts, permissions that bind root too, the umask, limits.

use std::process::Command;

use super::Run;

impl Run<'_> {
    /// Runs it behind a line of shell script.
    pub fn behind(self, script: &str) -> Self {
        self.under(&["sh", "-c", &format!("{script} exec \"$@\""), "sh"])
    }

    /// Runs it with mounts of its own, made by a shell script. None where this machine permits no mounts.
    pub fn with_mounts(self, script: &str) -> Option<Self> {
        let options = ["-m", "-Urm"];
        let works = |option: &&&str| {
            let probe = Command::new("unshare").args([*option, "mount", "--bind", "/tmp", "/tmp"]).output();
            probe.is_ok_and(|done| done.status.success())
        };
        let option = options.iter().find(works)?;
        let script = format!("set -e; {script}; exec \"$@\"");
        Some(self.under(&["unshare", option, "sh", "-c", &script, "sh"]))
    }

    /// Runs it without the privileges by which root passes over permissions.
    pub fn unprivileged(self) -> Self {
        if rustix::process::geteuid().is_root() {
            let without = "-dac_override,-dac_read_search,-fowner,-chown";
            return self.under(&["setpriv", &format!("--bounding-set={without}"), "--inh-caps=-all"]);
        }
        self
    }
}
