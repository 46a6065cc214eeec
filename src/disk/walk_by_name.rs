//! Resolves a path by its name, where files cannot be opened relative to a directory. What was opened is compared with
//! the path that was judged, as far as the system tells.

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::open::open_regular;

/// Where a path leads.
pub(super) struct Walk {
    path: PathBuf,
    real: PathBuf,
    pub(super) through_system: bool,
}

impl Walk {
    /// Resolves an absolute path. It need not exist.
    pub(super) fn to(path: &Path) -> io::Result<Walk> {
        let real = path.ancestors().find_map(|above| {
            let real = fs::canonicalize(above).ok()?;
            let rest = path.strip_prefix(above).ok()?;
            Some(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
        });
        let real = real.unwrap_or_else(|| path.to_owned());
        let unresolved = real.components().any(|part| part == std::path::Component::ParentDir);
        if unresolved {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Walk { path: path.to_owned(), real, through_system: false })
    }

    /// The path without links.
    pub(super) fn real(&self) -> PathBuf {
        self.real.clone()
    }

    pub(super) fn open_file(self) -> io::Result<File> {
        let file = open_regular(&self.real)?;
        self.check()?;
        Ok(file)
    }

    pub(super) fn open_directory(self) -> io::Result<OpenDirectory> {
        fs::create_dir_all(&self.real)?;
        self.check()?;
        Ok(OpenDirectory { path: self.real })
    }

    fn check(&self) -> io::Result<()> {
        let now = fs::canonicalize(&self.path)?;
        if now == self.real { Ok(()) } else { Err(io::Error::other("it was exchanged meanwhile")) }
    }
}

/// A directory in which files are created.
pub(crate) struct OpenDirectory {
    path: PathBuf,
}

impl OpenDirectory {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a file. An error if the name is taken.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(self.path.join(name))
    }

    /// Opens a regular file to read it.
    pub(crate) fn read(&self, name: &str) -> io::Result<File> {
        open_regular(&self.path.join(name))
    }

    /// Opens a file to write at its end.
    pub(crate) fn append(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).open(self.path.join(name))
    }

    /// Whether there is anything with this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path.join(name)).is_ok()
    }

    /// The names in it, in no order. An error if one is not UTF-8.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.path)?;
        let names: io::Result<Vec<_>> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
        let name = |name: std::ffi::OsString| {
            name.into_string().map_err(|_| io::Error::other("the name of a file in it is not UTF-8"))
        };
        names?.into_iter().map(name).collect()
    }

    /// Renames a file. It replaces a file that has the new name.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }
}

pub(super) fn is_system(real: &Path) -> bool {
    real.to_string_lossy().starts_with(r"\\.\")
}

pub(super) fn is_of_system(_: &File) -> bool {
    false
}

pub(super) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
