//! Whether other users can read a file with a secret. There is a warning only if `chmod` would help, because cron
//! mails every warning.

use std::path::Path;

/// Whether the file can be read by others and this user can change that.
#[cfg(unix)]
pub(super) fn should_be_private(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = std::fs::metadata(path) else { return false };
    metadata.mode() & 0o044 != 0
        && metadata.uid() == rustix::process::geteuid().as_raw()
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

/// Whether the file system stores modes: those of Windows and of some shared folders do not (linux/magic.h).
#[cfg(target_os = "linux")]
fn keeps_modes(path: &Path) -> bool {
    const WITHOUT_MODES: [u64; 6] = [0x4d44, 0x2011_bab0, 0x7366_746e, 0x0102_1997, 0xff53_4d42, 0xfe53_4d42];
    !rustix::fs::statfs(path).is_ok_and(|fs| WITHOUT_MODES.contains(&(fs.f_type as u64 & 0xffff_ffff)))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn keeps_modes(_: &Path) -> bool {
    true
}

#[cfg(not(unix))]
pub(super) fn should_be_private(_: &Path) -> bool {
    false
}
