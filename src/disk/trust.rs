//! Whether somebody else could have written a file: its owner and its mode, judged as ssh judges its own files.
//!
//! A file must belong to the user or to root, and only they may write it. A group may write if nobody else is in it, as
//! with the umask 002 of Debian. File systems that store neither owners nor modes are not judged.

use std::{fs::Metadata, path::Path};

use crate::problem::Problem;

/// Why a file or directory is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// It belongs to this user.
    Owner(u32),
    /// Others may write it; the mode.
    Writable(u32),
}

impl Distrust {
    /// Whether a change of its mode would help.
    pub(crate) fn is_of_mode(self) -> bool {
        matches!(self, Distrust::Writable(_))
    }

    /// The problem with `path`. `subject` is the beginning of the sentence, up to a word for what `path` is. A cache can
    /// be removed; a configuration must not be, since it can hold a policy.
    pub(crate) fn problem(self, subject: &str, path: &Path, can_remove: bool) -> Problem {
        let word = shell_word(path);
        let removal =
            if can_remove { format!(", or remove the file with rm -f {word}") } else { String::new() };
        match self {
            Distrust::Owner(id) => Problem::configuration(format!("{subject} belongs to {}", user(id)))
                .hint(format!("Run sudo chown \"$(id -u)\" {word}{removal}.")),
            Distrust::Writable(mode) => {
                Problem::configuration(format!("{subject} can be changed by other users (mode {mode:04o})"))
                    .hint(format!("Run chmod go-w {word}."))
            }
        }
    }
}

/// Why this is not trusted, if so. `path` is where it is.
#[cfg(unix)]
pub(crate) fn distrust(metadata: &Metadata, path: &Path) -> Option<Distrust> {
    use std::os::unix::fs::MetadataExt;
    let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
    if !is_own(metadata) && owner != 0 && !is_unmapped(owner) {
        return keeps_modes(path).then_some(Distrust::Owner(owner));
    }
    // In a directory such as /tmp, only the owner of a file can replace it.
    let is_shared = metadata.is_dir() && mode & 0o1000 != 0;
    let by_group = mode & 0o020 != 0 && !is_private_group(metadata.gid());
    let is_writable = (mode & 0o002 != 0 || by_group) && !is_shared;
    (is_writable && keeps_modes(path)).then_some(Distrust::Writable(mode))
}

#[cfg(not(unix))]
pub(crate) fn distrust(_: &Metadata, _: &Path) -> Option<Distrust> {
    None
}

/// Whether it belongs to the current user.
#[cfg(unix)]
pub(crate) fn is_own(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
pub(crate) fn is_own(_: &Metadata) -> bool {
    true
}

/// Whether the user has no id in the namespace of this process, so that it is not known who it is
/// (user_namespaces(7)).
#[cfg(unix)]
fn is_unmapped(id: u32) -> bool {
    let Ok(map) = std::fs::read_to_string("/proc/self/uid_map") else { return false };
    let overflow = std::fs::read_to_string("/proc/sys/kernel/overflowuid").unwrap_or_default();
    let is_in = |line: &str| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        matches!(numbers[..], [start, _, count] if (start..start + count).contains(&u64::from(id)))
    };
    overflow.trim().parse() == Ok(id) && !map.lines().any(is_in)
}

/// Whether nobody but the current user and root is in this group, as far as the local files tell.
#[cfg(unix)]
fn is_private_group(group: u32) -> bool {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (users, groups) = (read("/etc/passwd"), read("/etc/group"));
    let me = rustix::process::geteuid().as_raw();
    let is_trusted = |id: &str| id.parse().is_ok_and(|id: u32| id == me || id == 0);
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let users: Vec<Vec<String>> = users.lines().map(fields).filter(|user| user.len() > 3).collect();
    let is_in_group = |field: &str| field.parse() == Ok(group);
    let Some(found) = groups.lines().map(fields).find(|g| g.len() > 3 && is_in_group(&g[2])) else {
        return false;
    };
    let mut members = found[3].split(',').filter(|name| !name.is_empty());
    members.all(|name| users.iter().any(|user| user[0] == name && is_trusted(&user[2])))
        && users.iter().filter(|user| is_in_group(&user[3])).all(|user| is_trusted(&user[2]))
}

/// Whether the file system stores owners and modes. Those of Windows, FUSE and shared folders do not (linux/magic.h):
/// msdos, exfat, ntfs, 9p, cifs, smb2, smb, fuse and virtiofs, vboxsf, vmhgfs, prl_fs.
#[cfg(target_os = "linux")]
pub(crate) fn keeps_modes(path: &Path) -> bool {
    const WITHOUT: [u64; 11] = [
        0x4d44,
        0x2011_bab0,
        0x7366_746e,
        0x0102_1997,
        0xff53_4d42,
        0xfe53_4d42,
        0x517b,
        0x6573_5546,
        0x786f_4256,
        0xbacb_acbc,
        0x7c7c_6673,
    ];
    !rustix::fs::statfs(path).is_ok_and(|fs| WITHOUT.contains(&(fs.f_type as u64 & 0xffff_ffff)))
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn keeps_modes(_: &Path) -> bool {
    true
}

/// A user for a message: `daemon, user id 1`.
pub(crate) fn user(id: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    // Users of a directory service have no name here.
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| format!("{name}, "))
    });
    format!("{}user id {id}", name.unwrap_or_default())
}

/// The path as one word of a shell command.
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
