//! Whether other users can read a file with a secret. There is a warning only if `chmod` would help, because cron
//! mails every warning.

use std::path::Path;

/// Whether the file can be read by others and this user can change that.
#[cfg(unix)]
pub(super) fn should_be_private(path: &Path) -> bool {
    use crate::disk::{is_own, keeps_modes};
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = std::fs::metadata(path) else { return false };
    metadata.mode() & 0o044 != 0
        && is_own(&metadata)
        && is_writable_mount(path)
        && !is_immutable(path)
        && keeps_modes(path)
}

#[cfg(unix)]
fn is_writable_mount(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    !statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Whether the file has the attribute of `chattr +i`: then writing it fails with EPERM, and with EACCES where only the
/// mode is in the way.
#[cfg(unix)]
fn is_immutable(path: &Path) -> bool {
    use rustix::{fs::Access, io::Errno};
    rustix::fs::access(path, Access::WRITE_OK) == Err(Errno::PERM)
}

#[cfg(not(unix))]
pub(super) fn should_be_private(_: &Path) -> bool {
    false
}
