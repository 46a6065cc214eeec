//! Exports messages as they were received (RFC 5322), byte for byte: one file each, or all of them in one mailbox file.

use std::{io::Write, path::PathBuf};

use super::{
    Gmail,
    mbox::MboxWriter,
    save::{NewFile, Written, safe_name},
};
use crate::{
    disk::Destination,
    problem::{Code, Problem, Result},
};

/// A new file for one message or for several.
pub(crate) struct ExportFile {
    file: NewFile,
    as_mbox: bool,
}

impl ExportFile {
    pub(crate) fn create(destination: &Destination, name: &str, as_mbox: bool) -> Result<ExportFile> {
        Ok(ExportFile { file: NewFile::named(destination, name)?, as_mbox })
    }

    pub(crate) fn add(&mut self, gmail: &Gmail<'_>, id: &str) -> Result<Written> {
        let as_mbox = self.as_mbox;
        self.file.append(gmail, |out| gmail.export(id, as_mbox, out))
    }

    pub(crate) fn path(&self) -> String {
        self.file.path().display().to_string()
    }

    pub(crate) fn keep(self) -> Result<()> {
        self.file.keep().map(drop)
    }
}

impl Gmail<'_> {
    /// Writes a message to `out`. The size and hash are those of the message itself.
    pub(crate) fn export(&self, id: &str, as_mbox: bool, out: &mut dyn Write) -> Result<Written> {
        if !as_mbox {
            return self.write_message(id, out);
        }
        let mut mbox = MboxWriter::new(out);
        let written = self.write_message(id, &mut mbox)?;
        mbox.finish().map_err(|e| {
            Problem::new(Code::Failed, format!("cannot write the content: {e}"))
                .hint("Free some disk space, or write to another location.")
        })?;
        Ok(written)
    }

    /// Saves a message in a directory under its id.
    pub(crate) fn export_to(&self, id: &str, destination: &Destination) -> Result<(PathBuf, Written)> {
        let mut file = NewFile::numbered(destination, &safe_name(&format!("{id}.eml")))?;
        let written = file.append(self, |out| self.write_message(id, out))?;
        Ok((file.keep()?, written))
    }
}
