//! Saves attachments and messages to disk: they are fetched, decoded and hashed as a stream, so that a large one needs
//! little memory, and written under safe names. A file that could not be written completely is removed.

mod decoder;
mod name;

use std::{
    fs::File,
    io::{self, ErrorKind, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde_json::Value;

use self::decoder::Decoder;
pub(crate) use self::name::safe_name;
use super::{Gmail, MAILBOX, broken, incomplete, messages::named, read, refusal, target};
use crate::{
    disk::{Destination, OpenDirectory},
    http::{Call, Flow, Streamed},
    phrase::phrase,
    problem::{Code, Problem, Result},
    spec::{BODY_KIND, ToolId},
    spelling::{command, with},
    url::segment,
};

const AT_ONCE: usize = 64 * 1024;

/// The number of bytes that were written, and their SHA-256 in hexadecimal.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

impl Gmail<'_> {
    /// The attachments of a message, with the ids to fetch them in this run.
    pub(crate) fn attachments(&self, id: &str) -> Result<Vec<read::Attachment>> {
        let path = format!("/messages/{}", segment(id));
        let message = self.get(&path, &[("format", "full"), ("fields", "payload")]);
        let message = message.map_err(|p| named(p, id))?;
        if message.get("payload").is_some_and(Value::is_object) {
            Ok(read::attachments(&message))
        } else {
            Err(incomplete())
        }
    }

    /// Writes an attachment to a new file in a directory and returns its path.
    pub(crate) fn save(
        &self,
        message: &str,
        attachment: &read::Attachment,
        destination: &Destination,
    ) -> Result<(PathBuf, Written)> {
        let mut file = NewFile::numbered(destination, &safe_name(&attachment.filename))?;
        let written = file.append(self, |out| self.write_attachment(message, attachment, out));
        let written = written.map_err(|p| p.detail("part_id", attachment.part_id.as_str()))?;
        Ok((file.keep()?, written))
    }

    /// Writes the bytes of an attachment to `out`.
    pub(crate) fn write_attachment(
        &self,
        message: &str,
        attachment: &read::Attachment,
        out: &mut dyn Write,
    ) -> Result<Written> {
        if let Some(data) = &attachment.data {
            let mut decoder = Decoder::new(out);
            decoder.take(Value::from(data.as_str()).to_string().as_bytes())?;
            return decoder.finish();
        }
        let Some(attachment_id) = &attachment.attachment_id else {
            return Err(Problem::not_found(format!("Gmail does not provide part {}", attachment.part_id))
                .hint(phrase![
                    "Read the whole message: ",
                    command(ToolId::FetchMessage),
                    " with ",
                    with(&BODY_KIND, "raw"),
                    "."
                ]));
        };
        let path = format!("/messages/{}/attachments/{}", segment(message), segment(attachment_id));
        self.write_bytes(&target(&path, &[("fields", "data")]), out)
    }

    /// Writes a message to `out` as it was received (RFC 5322).
    pub(crate) fn write_message(&self, id: &str, out: &mut dyn Write) -> Result<Written> {
        let path = target(&format!("/messages/{}", segment(id)), &[("format", "raw"), ("fields", "raw")]);
        self.write_bytes(&path, out).map_err(|p| named(p, id))
    }

    /// Writes the bytes that a response has as its only string.
    fn write_bytes(&self, path: &str, out: &mut dyn Write) -> Result<Written> {
        let mut decoder = Decoder::new(out);
        let mut flow = self.open(path)?;
        let mut buffer = vec![0; AT_ONCE];
        loop {
            match flow.more(&mut buffer).map_err(|fault| broken(fault).problem)? {
                0 => return decoder.finish(),
                count => decoder.take(&buffer[..count])?,
            }
        }
    }

    fn open(&self, path: &str) -> Result<Flow<'_>> {
        let url = format!("{MAILBOX}{path}");
        let mut backoff = self.http.backoff();
        loop {
            let refusal = match self.http.stream(Call::new("GET", &*url).bearer(self.token)) {
                Ok(Streamed::Flowing(flow)) => return Ok(flow),
                Ok(Streamed::Whole(reply)) => refusal(&reply),
                Err(fault) => broken(fault),
            };
            if !refusal.temporary || !backoff.again(refusal.problem.wait()) {
                return Err(refusal.problem);
            }
        }
    }
}

/// A file that only this user can read. It is removed unless it is kept.
pub(super) struct NewFile {
    directory: OpenDirectory,
    file: File,
    name: String,
    path: PathBuf,
    kept: bool,
}

impl NewFile {
    /// Creates a file. If the name is taken, a number is added: `report (2).pdf`.
    pub(super) fn numbered(destination: &Destination, name: &str) -> Result<NewFile> {
        NewFile::first_of(destination, (1..10_000).map(|number| numbered(name, number)))
    }

    /// Creates a file with this name. An error if the name is taken.
    pub(super) fn named(destination: &Destination, name: &str) -> Result<NewFile> {
        NewFile::first_of(destination, std::iter::once(name.to_owned()))
    }

    fn first_of(destination: &Destination, names: impl Iterator<Item = String>) -> Result<NewFile> {
        let directory = destination.open()?;
        let mut taken: io::Error = ErrorKind::AlreadyExists.into();
        for name in names {
            match directory.create(&name) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => taken = e,
                Err(e) => return Err(destination.unusable(&e)),
                Ok(file) => {
                    let path = destination.path_of(&name);
                    return Ok(NewFile { directory, file, name, path, kept: false });
                }
            }
        }
        Err(destination.unusable(&taken))
    }

    /// Appends what `write` writes. If the connection breaks, it is written again from the same place.
    pub(super) fn append(
        &mut self,
        gmail: &Gmail<'_>,
        write: impl Fn(&mut dyn Write) -> Result<Written>,
    ) -> Result<Written> {
        let start = self.file.stream_position().map_err(|e| unwritable(&self.path, &e))?;
        let mut backoff = gmail.http.backoff();
        loop {
            let outcome = write(&mut self.file);
            if outcome.is_ok() {
                return outcome;
            }
            let cut = self.file.set_len(start).and_then(|()| self.file.seek(SeekFrom::Start(start)));
            cut.map_err(|e| unwritable(&self.path, &e))?;
            match outcome {
                Err(p) if p.code() == Code::Temporary && backoff.again(p.wait()) => {}
                outcome => return outcome,
            }
        }
    }

    /// Completes the file and returns its path.
    pub(super) fn keep(mut self) -> Result<PathBuf> {
        self.file.sync_all().map_err(|e| unwritable(&self.path, &e))?;
        self.kept = true;
        Ok(self.path.clone())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.directory.remove(&self.name);
        }
    }
}

/// `report.pdf`, `report (2).pdf`, ...
fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (n, Some((stem, extension))) if !stem.is_empty() => format!("{stem} ({n}).{extension}"),
        (n, _) => format!("{name} ({n})"),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(Code::Failed, format!("cannot write {}: {error}", path.display()))
        .hint("Free some disk space, or save to another directory.")
}

#[cfg(test)]
mod tests;
