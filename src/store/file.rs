//! The cache file on the disk: where it really is, whether it can be written, and how its content is replaced.
//!
//! A symbolic link stays, and the file that it leads to is replaced. A file that cannot be replaced, such as a single
//! mounted file, is overwritten. It knows nothing of entries and locks.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
};

use crate::disk;

/// A cache with hundreds of accounts and thousands of sent notes is smaller.
const MAX_SIZE: u64 = 16 * 1024 * 1024;
/// As many links as Linux follows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// The file to which a path leads over symbolic links. It need not exist, but its directory must.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..=MAX_LINKS {
        match fs::read_link(&path) {
            // A relative link starts at the directory of the link.
            Ok(to) => path = path.parent().map_or(to.clone(), |directory| directory.join(&to)),
            // InvalidInput: not a link.
            Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => return Ok(path),
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other("its symbolic links form a loop"))
}

/// Reads an open file.
pub(super) fn read(file: File) -> io::Result<Vec<u8>> {
    disk::read_up_to(file, MAX_SIZE)
}

/// An error if neither the file nor its directory can be written.
pub(super) fn check_writable(path: &Path) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    match access(path, false) {
        Ok(()) => Ok(()),
        // Its directory does not matter: a file that is mounted read-only or immutable cannot be replaced.
        Err(e) if is_locked_down(&e) && path.exists() => Err(e),
        Err(_) => access(directory, true),
    }
}

/// Whether this process may write there, and search if it is a directory.
pub(super) fn access(path: &Path, directory: bool) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::Access;
        let mode = if directory { Access::WRITE_OK | Access::EXEC_OK } else { Access::WRITE_OK };
        Ok(rustix::fs::access(path, mode)?)
    }
    #[cfg(not(unix))]
    {
        let _ = (path, directory);
        Ok(())
    }
}

/// EROFS, or EPERM as opposed to the EACCES of missing permissions.
fn is_locked_down(error: &io::Error) -> bool {
    #[cfg(unix)]
    let immutable = rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::PERM);
    #[cfg(not(unix))]
    let immutable = false;
    immutable || error.kind() == ErrorKind::ReadOnlyFilesystem
}

/// Whether an error means that writing there is not permitted, as opposed to a failing or full disk.
pub(super) fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Replaces the content; readers see the old one or the new one. `temporary` is in the same directory.
pub(super) fn replace(path: &Path, temporary: &Path, content: &[u8]) -> io::Result<()> {
    check_size_limit(content.len())?;
    match write_beside(path, temporary, content) {
        Err((e, step)) if path.is_file() && step.leaves_only_overwriting(&e) => overwrite(path, content),
        Err((e, _)) => Err(e),
        Ok(()) => {
            // Some file systems cannot sync a directory; the rename is valid anyway.
            let _ = path.parent().map(|directory| File::open(directory).and_then(|d| d.sync_all()));
            Ok(())
        }
    }
}

/// Creates a file with this content. It is an error if there is one.
pub(super) fn create(path: &Path, temporary: &Path, content: &[u8]) -> io::Result<()> {
    check_size_limit(content.len())?;
    if fs::symlink_metadata(path).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    if let Err((e, _)) = write_aside(temporary, content) {
        let _ = fs::remove_file(temporary);
        return Err(e);
    }
    // A link never replaces a file; some file systems have none.
    let created = match fs::hard_link(temporary, path) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => fs::rename(temporary, path),
        linked => linked,
    };
    let _ = fs::remove_file(temporary);
    created
}

/// Moves broken content to another file. What cannot be renamed is copied and emptied.
pub(super) fn move_aside(path: &Path, aside: &Path) -> io::Result<()> {
    match fs::rename(path, aside) {
        Err(e) if Step::Rename.leaves_only_overwriting(&e) => {
            let content = read(disk::open_regular(path)?)?;
            let create = || private().write(true).create_new(true).open(aside);
            let mut copy = with_private_umask(create)?;
            copy.write_all(&content).and_then(|()| copy.sync_all())?;
            unfollowed(OpenOptions::new().write(true).truncate(true)).open(path)?.sync_all()
        }
        result => result,
    }
}

/// Where the writing of a temporary file failed.
#[derive(Clone, Copy)]
enum Step {
    Create,
    Write,
    Rename,
}

impl Step {
    /// Whether the directory is closed to this process, or the file is a mount of its own.
    fn leaves_only_overwriting(self, error: &io::Error) -> bool {
        match self {
            Step::Create => is_denied(error),
            Step::Write => false,
            Step::Rename => matches!(
                error.kind(),
                ErrorKind::ResourceBusy | ErrorKind::CrossesDevices | ErrorKind::PermissionDenied
            ),
        }
    }
}

/// Writes a temporary file and renames it. It does not stay if a step fails.
fn write_beside(path: &Path, temporary: &Path, content: &[u8]) -> Result<(), (io::Error, Step)> {
    let written = write_aside(temporary, content);
    let replaced = written.and_then(|()| fs::rename(temporary, path).map_err(|e| (e, Step::Rename)));
    if replaced.is_err() {
        let _ = fs::remove_file(temporary);
    }
    replaced
}

/// Writes a new temporary file. It stays if the second step fails.
fn write_aside(temporary: &Path, content: &[u8]) -> Result<(), (io::Error, Step)> {
    let _ = fs::remove_file(temporary);
    let create = || private().write(true).create_new(true).open(temporary);
    let mut file = with_private_umask(create).map_err(|e| (e, Step::Create))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|e| (e, Step::Write))
}

/// Writes over the old content. It is padded with blanks to the old length and then cut, and written by one call, so
/// that a process that is killed leaves valid JSON. If the machine crashes, the file can be a mixture of both, which
/// reads as broken: the sign-in is then lost. If the disk is full, the old content is restored.
fn overwrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = unfollowed(OpenOptions::new().read(true).write(true)).open(path)?;
    let mut old = Vec::new();
    file.read_to_end(&mut old)?;
    let mut padded = content.to_vec();
    padded.resize(content.len().max(old.len()), b' ');
    check_size_limit(padded.len())?;
    let written = put(&mut file, &padded, content.len());
    if written.is_err() {
        let _ = put(&mut file, &old, old.len());
    }
    written
}

fn put(file: &mut File, content: &[u8], length: usize) -> io::Result<()> {
    file.rewind()?;
    file.write_all(content)?;
    file.set_len(length as u64)?;
    file.sync_all()
}

/// An error if the file would exceed RLIMIT_FSIZE, because the signal SIGXFSZ would end the process in the middle of
/// the write.
fn check_size_limit(length: usize) -> io::Result<()> {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
        if limit.is_some_and(|limit| length as u64 > limit) {
            return Err(rustix::io::Errno::FBIG.into());
        }
    }
    #[cfg(not(unix))]
    let _ = length;
    Ok(())
}

/// Creates a directory and its parents, for its owner only.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    with_private_umask(|| builder.create(path))
}

/// Opens a file for a lock, and creates it if it is missing. A link is not followed: its owner would choose what is
/// created and locked.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    if path.is_symlink() {
        return Err(io::Error::other("it is a symbolic link"));
    }
    let open = || {
        let mut options = private();
        let options = unfollowed(options.read(true).write(true).create(true).truncate(false));
        with_private_umask(|| options.open(path))
    };
    let file = match open() {
        // A umask can have taken the permissions of its owner.
        Err(e) if e.kind() == ErrorKind::PermissionDenied && widen(path) => open(),
        result => result,
    }?;
    disk::check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Opens an existing lock that cannot be written, and follows no link.
pub(super) fn open_foreign_lock(path: &Path) -> io::Result<File> {
    let file = unfollowed(OpenOptions::new().read(true)).open(path)?;
    disk::check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Adds that a link is not followed, and that a pipe does not block.
fn unfollowed(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits() as i32);
    }
    options
}

/// Options for a file that only its owner can read from the first byte on.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates something with exactly the mode that is given, whatever the umask of the user.
fn with_private_umask<T>(create: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    {
        let before = rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        let created = create();
        rustix::process::umask(before);
        created
    }
    #[cfg(not(unix))]
    create()
}

/// Removes the access of group and others from an own file or directory. Errors are ignored: the file system may keep
/// no modes.
pub(super) fn narrow(opened: &File, mode: u32) {
    change_own_mode(opened, |found| if found & 0o077 == 0 { found } else { mode });
}

/// Removes only the right of group and others to write.
pub(super) fn protect(opened: &File) {
    change_own_mode(opened, |found| if found & 0o1000 == 0 { found & !0o022 } else { found });
}

fn change_own_mode(opened: &File, change: impl FnOnce(u32) -> u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(metadata) = opened.metadata() else { return };
        let found = metadata.permissions().mode() & 0o7777;
        let mode = change(found);
        if mode != found && disk::is_own(&metadata) {
            let _ = opened.set_permissions(fs::Permissions::from_mode(mode));
        }
    }
    #[cfg(not(unix))]
    let _ = (opened, change);
}

/// Gives the owner of a lock file access to it; false if the mode was not the reason.
fn widen(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // There is no link in its place, and the directory is not open to others.
        fs::symlink_metadata(path)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o600 != 0o600)
            && fs::set_permissions(path, fs::Permissions::from_mode(0o600)).is_ok()
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
