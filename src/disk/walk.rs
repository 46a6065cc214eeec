//! Resolves a path one component at a time by descriptors, and opens what it leads to.
//!
//! The path that is judged is the one that was walked: no link is followed that was not resolved here, so nobody can
//! exchange a directory or a link between the check and the opening. What is missing is resolved by its name alone.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs::{File, Metadata},
    io::{self, ErrorKind},
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::{OsStrExt, OsStringExt},
    },
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Mode, OFlags},
    io::Errno,
};

use super::open::check_regular;

/// As many links as Linux follows (path_resolution(7)).
const MAX_LINKS: usize = 40;
#[cfg(any(target_os = "linux", target_os = "android"))]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEARCH: OFlags = OFlags::RDONLY;

/// Where a path leads.
pub(super) struct Walk {
    names: Vec<OsString>,
    /// The root, and the directories of the first names.
    directories: Vec<OwnedFd>,
    /// Why the rest could not be looked at.
    lost: Option<io::Error>,
    /// Whether a link of the system was followed, such as /proc/self/fd/3 or /dev/stdin.
    pub(super) through_system: bool,
}

impl Walk {
    /// Resolves an absolute path. It need not exist.
    pub(super) fn to(path: &Path) -> io::Result<Walk> {
        let root = rustix::fs::open("/", SEARCH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut walk = Walk { names: Vec::new(), directories: vec![root], lost: None, through_system: false };
        let mut left: VecDeque<OsString> = components(path).collect();
        let mut links = 0;
        while let Some(name) = left.pop_front() {
            match walk.step(name) {
                Some(_) if links == MAX_LINKS => walk.lost = Some(Errno::LOOP.into()),
                Some(target) => {
                    links += 1;
                    walk.through_system |= is_system(&walk.real());
                    if target.is_absolute() {
                        walk.truncate(0);
                    }
                    components(&target).rev().for_each(|name| left.push_front(name));
                }
                None => {}
            }
        }
        Ok(walk)
    }

    /// Goes on to a name; the target if it is a link.
    fn step(&mut self, name: OsString) -> Option<PathBuf> {
        if name == ".." {
            self.truncate(self.names.len().saturating_sub(1));
            return None;
        }
        if self.lost.is_none() {
            match self.enter().and_then(|()| self.link(&name)) {
                Ok(Some(target)) => return Some(target),
                Ok(None) => {}
                Err(e) => self.lost = Some(e),
            }
        }
        self.names.push(name);
        None
    }

    /// Opens the last name as a directory, unless it is open.
    fn enter(&mut self) -> io::Result<()> {
        let Some(name) = self.names.get(self.directories.len() - 1) else { return Ok(()) };
        let flags = SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(self.last(), name, flags, Mode::empty())?;
        self.directories.push(directory);
        Ok(())
    }

    /// The target of a name that is a link.
    fn link(&self, name: &OsStr) -> io::Result<Option<PathBuf>> {
        match rustix::fs::readlinkat(self.last(), name, Vec::new()) {
            Ok(target) => Ok(Some(PathBuf::from(OsString::from_vec(target.into_bytes())))),
            Err(Errno::INVAL | Errno::NOENT) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn last(&self) -> &OwnedFd {
        // The root is never removed.
        &self.directories[self.directories.len() - 1]
    }

    fn truncate(&mut self, length: usize) {
        self.names.truncate(length);
        self.directories.truncate(length + 1);
    }

    /// The path without links.
    pub(super) fn real(&self) -> PathBuf {
        Path::new("/").join(self.names.iter().collect::<PathBuf>())
    }

    /// Opens the file for reading if it is a regular one, and never waits.
    pub(super) fn open_file(mut self) -> io::Result<File> {
        if let Some(e) = self.lost.take() {
            return Err(e);
        }
        let name = self.names.last().filter(|_| self.directories.len() == self.names.len());
        let Some(name) = name else { return Err(io::Error::other("it is not a regular file")) };
        let directory = self.last();
        // A device can act on being opened.
        let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if !rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(directory, name, flags, Mode::empty())?);
        check_regular(&file.metadata()?)?;
        Ok(file)
    }

    /// Opens the directory, and creates it and its parents for this user only.
    pub(super) fn open_directory(mut self) -> io::Result<OpenDirectory> {
        if let Some(e) = self.lost.take().filter(|e| e.kind() != ErrorKind::NotFound) {
            return Err(e);
        }
        while let Some(name) = self.names.get(self.directories.len() - 1).cloned() {
            match self.enter() {
                Err(e) if e.kind() == ErrorKind::NotFound => {
                    match rustix::fs::mkdirat(self.last(), name, Mode::RWXU) {
                        Err(e) if e != Errno::EXIST => return Err(e.into()),
                        _ => self.enter()?,
                    }
                }
                result => result?,
            }
        }
        let path = self.real();
        let directory = self.directories.pop().ok_or(ErrorKind::NotFound)?;
        Ok(OpenDirectory { path, directory })
    }
}

/// A directory in which files are created, whatever its path leads to later.
pub(crate) struct OpenDirectory {
    path: PathBuf,
    directory: OwnedFd,
}

impl OpenDirectory {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a file that only this user can read. An error if the name is taken, even by a link.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(File::from(rustix::fs::openat(&self.directory, name, flags, mode)?))
    }

    /// Opens a regular file to read it, but no link.
    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.directory, name, flags, Mode::empty())?);
        check_regular(&file.metadata()?)?;
        Ok(file)
    }

    /// Opens a regular file to write at its end; a new one can be read by this user only.
    pub(crate) fn append(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY
            | OFlags::APPEND
            | OFlags::CREATE
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = File::from(rustix::fs::openat(&self.directory, name, flags, mode)?);
        check_regular(&file.metadata()?)?;
        Ok(file)
    }

    /// Whether there is anything with this name, even a link that leads nowhere.
    pub(crate) fn has(&self, name: &str) -> bool {
        rustix::fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// The names in it, in no order. An error if one is not UTF-8.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let entries = rustix::fs::Dir::new(rustix::fs::openat(&self.directory, ".", flags, Mode::empty())?)?;
        let name = |entry: rustix::io::Result<rustix::fs::DirEntry>| {
            let name = entry?.file_name().to_owned();
            name.into_string().map_err(|_| io::Error::other("the name of a file in it is not UTF-8"))
        };
        let names: io::Result<Vec<String>> = entries.map(name).collect();
        Ok(names?.into_iter().filter(|name| !matches!(name.as_str(), "." | "..")).collect())
    }

    /// Renames a file. It replaces a file that has the new name.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.directory, from, &self.directory, to)?)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.directory, name, AtFlags::empty())?)
    }
}

/// The names of a path; `.` and the root are left out.
fn components(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    names.collect::<Vec<_>>().into_iter()
}

/// Whether this is no file on a disk but a view of the system: processes, devices, descriptors.
pub(super) fn is_system(real: &Path) -> bool {
    ["/proc", "/sys", "/dev"].iter().any(|place| real.starts_with(place)) && !real.starts_with("/dev/shm")
}

/// Whether an open file belongs to procfs or sysfs, wherever that is mounted.
pub(super) fn is_of_system(file: &File) -> bool {
    #[cfg(target_os = "linux")]
    {
        let kind = rustix::fs::fstatfs(file.as_fd()).map(|fs| fs.f_type as u64 & 0xffff_ffff);
        kind.is_ok_and(|kind| [0x9fa0, 0x6265_6572].contains(&kind))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        false
    }
}

/// What names a file whatever its path: device and inode.
pub(super) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}
